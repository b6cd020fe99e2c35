-- Measures of your own: any SQL that gives one number per tenant.

create function cs_health.test_measure(query text, as_of date default null)
returns table (
    tenants bigint, unknown_tenants bigint, empty_rows bigint, repeated_tenants bigint, impossible_values bigint,
    minimum double precision, median double precision, maximum double precision, problem text)
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    message text;
begin
    if query is null then
        raise exception 'query must not be null'
            using errcode = 'null_value_not_allowed',
                hint = 'Pass a query of (tenant_id uuid, value double precision).';
    end if;
    begin
        return query execute format($sql$
            with answer as materialized (
                select a.tenant_id::uuid as tenant_id, a.value::double precision as value
                from (%s
                ) as a(tenant_id, value)
            ), checked as (
                select a.tenant_id, a.value, t.id is not null as known, a.value between -1e37 and 1e37 as possible,
                    count(a.value) over (partition by a.tenant_id) as times
                from answer as a left join cs_health.tenant as t on t.id = a.tenant_id
            ), counted as (
                select count(distinct c.tenant_id) filter (where c.known and c.value is not null) as tenants,
                    count(distinct coalesce(c.tenant_id::text, '')) filter (where not c.known) as unknown_tenants,
                    count(*) filter (where c.value is null) as empty_rows,
                    count(distinct c.tenant_id) filter (where c.known and c.times > 1) as repeated_tenants,
                    count(*) filter (where c.known and not c.possible) as impossible_values,
                    min(c.value) filter (where c.known and c.possible) as minimum,
                    percentile_cont(0.5) within group (order by c.value) filter (where c.known and c.possible)
                        as median,
                    max(c.value) filter (where c.known and c.possible) as maximum
                from checked as c
            )
            select c.*, case
                when c.repeated_tenants > 0 then format('%%s tenants have several values; aggregate the query by '
                    'tenant_id', c.repeated_tenants)
                when c.impossible_values > 0 then format('%%s values are NaN, infinite or beyond 1e37; leave them out '
                    'or divide by nullif(..., 0)', c.impossible_values)
                when c.tenants = 0 then 'no tenant has a value; tenant_id must be cs_health.tenant.id' end
            from counted as c$sql$, query)
        using coalesce(test_measure.as_of, cs_health._today() - 1);
    exception when others then
        get stacked diagnostics message = message_text;
        if sqlstate ~ '^(40|53|55|57|58)' then
            raise; -- not the query's fault: deadlock, resources, cancelled
        end if;
        raise exception 'the query cannot be run: %', message
            using errcode = 'invalid_parameter_value',
                hint = 'It must return (tenant_id uuid, value double precision), one row per tenant, and may use $1, '
                    'the day. Names outside pg_catalog need their schema.';
    end;
end
$$;
comment on function cs_health.test_measure(text, date) is
    'Tries a query for register_measure() on a day (default: yesterday) and keeps nothing: how many tenants have a '
    'value, ids that no tenant has, rows without a value (both are left out), tenants with several values, values that '
    'are not finite, the range, and `problem`: what has to be mended before it can be registered, null when nothing. A '
    'query that cannot be run: 22023';

create function cs_health.register_measure(
    code text, unit text, description text, query text default null, window_days integer default 0,
    higher_is_better boolean default null)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    given integer;
    movable boolean := higher_is_better is not null;
    step double precision := case when movable then case unit when 'ratio' then 0.05 else 1 end end;
    effort double precision := case when movable then 1 end;
begin
    if exists (select from cs_health.measure as m where m.code = register_measure.code and m.builtin) then
        raise exception 'measure "%" comes with the extension', code
            using errcode = 'duplicate_object', hint = 'Choose another code.';
    end if;
    update cs_health.measure as m
    set unit = register_measure.unit, window_days = register_measure.window_days, query = register_measure.query,
        description = register_measure.description, higher_is_better = register_measure.higher_is_better,
        step = case when movable = (m.higher_is_better is not null) then m.step else step end,
        effort = case when movable = (m.higher_is_better is not null) then m.effort else effort end
    where m.code = register_measure.code
    returning m.position into given;
    if given is null then
        insert into cs_health.measure as m (
            code, position, unit, window_days, description, higher_is_better, step, effort, query)
        values (code, nextval('cs_health.measure_position'), unit, window_days, description, higher_is_better, step,
            effort, query)
        returning m.position into given;
    end if;
    update cs_health.retention as r set keep_days = greatest(r.keep_days, register_measure.window_days + 61)
    where r.table_name = 'measure_value';
    perform cs_health._refresh_own_measures(cs_health._today() - 1, code, true);
    return given;
end
$$;
comment on function cs_health.register_measure(text, text, text, text, integer, boolean) is
    'Adds a measure of your own, or changes one, and returns its position. `query` gives (tenant_id uuid, value) and '
    'may use $1, the day; it is tried at once and run before each scoring. Without a query, insert into measure_value '
    'yourself. Where higher_is_better is null nobody can move it; otherwise a step is 1 (0.05 for unit ratio) and '
    'costs an effort of 1 until you change that in cs_health.measure';

create function cs_health._refresh_own_measures(day date, only_code text, strict boolean) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    own record;
    message text;
begin
    for own in
        select m.code, m.query from cs_health.measure as m
        where m.query is not null and (only_code is null or m.code = only_code) order by m.position
    loop
        begin
            delete from cs_health.measure_value as v where v.measure = own.code and v.as_of = day;
            execute format(
                E'insert into cs_health.measure_value (measure, as_of, tenant_id, value) '
                'select %L, $1, t.id, q.value::double precision from (%s\n) as q(tenant_id, value) '
                'join cs_health.tenant as t on t.id = q.tenant_id::uuid where q.value is not null',
                own.code, own.query)
            using day;
            update cs_health.measure as m set failed_at = null, failure = null
            where m.code = own.code and m.failed_at is not null;
        exception when others then
            get stacked diagnostics message = message_text;
            if sqlstate ~ '^(40|53|55|57|58)' then
                raise; -- not the query's fault: deadlock, resources, cancelled
            end if;
            if strict then
                raise exception 'measure "%" cannot be computed: %', own.code, message
                    using errcode = 'invalid_parameter_value',
                        hint = 'Its query must return (tenant_id uuid, value double precision), one finite value per '
                            'tenant.';
            end if;
            update cs_health.measure as m set failed_at = clock_timestamp(), failure = message where m.code = own.code;
            raise warning 'measure "%" cannot be computed: %', own.code, message;
        end;
    end loop;
end
$$;
comment on function cs_health._refresh_own_measures(date, text, boolean) is
    'Runs the queries of measures of your own and keeps their values of a day. Unless strict, one that fails is noted '
    'and not observed, so that it cannot stop the scores of everybody';
