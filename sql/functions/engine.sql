-- The one definition of every measure; the nightly run, live scores and tenant_measures() all read it.

create function cs_health._newest_event() returns date
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select max(f.day) from cs_health.feed_day as f where f.feed = 'event'
$$;

create function cs_health._in_reach(day date) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select day >= '2000-01-01' and day >= coalesce(cs_health._newest_event() - 60, day)
$$;
comment on function cs_health._in_reach(date) is 'Whether the windows of activity of a day are still whole';

create function cs_health._require_reach(day date) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    if day < '2000-01-01' then
        raise exception 'day % is before the year 2000', day
            using errcode = 'invalid_parameter_value', hint = 'Activity is kept from 2000-01-01 on.';
    end if;
    if not cs_health._in_reach(day) then
        raise exception 'day % is out of reach', day
            using errcode = 'invalid_parameter_value',
                detail = format('Activity is kept whole for the 60 days before the newest event, which is of %s.',
                    cs_health._newest_event()),
                hint = 'Vectors of days that were scored stand in customer_health. To score history, load its events '
                    'and call replay() before anything else folds them.';
    end if;
end
$$;
comment on function cs_health._require_reach(date) is 'Refuses days whose windows of activity are no longer whole';

create function cs_health._measures(as_of date, low uuid, high uuid)
returns table (tenant_id uuid, measures double precision[])
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_nestloop = off
set jit = off
as $$
-- Tenants with low <= id < high, or the one tenant when both are the same.
#variable_conflict use_column
declare
    day_end timestamptz := cs_health._end_of(as_of);
    end_30 timestamptz := cs_health._end_of(as_of - 30);
    end_90 timestamptz := cs_health._end_of(as_of - 90);
    usage_days integer := (select f.window_days from cs_health.feed as f where f.code = 'usage');
    usage_from timestamptz := cs_health._end_of(as_of - usage_days);
    usage_before_from timestamptz := cs_health._end_of(as_of - 30 - usage_days);
    answers_from timestamptz := cs_health._end_of(
        as_of - (select f.window_days from cs_health.feed as f where f.code = 'feedback'));
    month_end date := (date_trunc('month', (as_of + 1)::timestamp) - interval '1 day')::date;
    events_live boolean := cs_health._feed_is_live('event', as_of);
    tickets_live boolean := cs_health._feed_is_live('ticket', as_of);
    has_revenue boolean := exists (select from cs_health.revenue_event as r where r.occurred_on <= month_end);
    zone text := cs_health._time_zone();
    own_measures boolean := exists (select from cs_health.measure as m where not m.builtin);
begin
    perform cs_health._require_reach(as_of);
    return query
    with plans as (
        select p.plan_code, count(*)::integer as features from cs_health.plan_feature as p group by p.plan_code
    ), tenants as (
        select t.id as tenant_id, t.plan_code, t.contract_ends_on, t.arr,
            timezone(zone, t.signed_up_at)::date as signed_up_on, p.features as features_available
        from cs_health.tenant as t left join plans as p on p.plan_code = t.plan_code
        where t.id >= low and t.id <= high and (t.id < high or low = high)
            and (t.signed_up_at is null or timezone(zone, t.signed_up_at)::date <= as_of)
            and (t.churned_on is null or t.churned_on >= as_of)
    ), small as (
        select a.tenant_id, a.pack from cs_health.activity as a
        where a.tenant_id >= low and a.tenant_id <= high and a.segments = 1 and events_live
    ), large as (
        select a.tenant_id,
            cs_health._presence_measures_agg(a.pack, as_of, t.features_available) as measures
        from cs_health.activity as a join tenants as t on t.tenant_id = a.tenant_id
        where a.tenant_id >= low and a.tenant_id <= high and a.segments > 1 and events_live
        group by a.tenant_id
    ), answers as (
        select distinct on (f.tenant_id, f.kind, coalesce(f.user_id, f.id::text)) f.tenant_id, f.kind, f.score
        from cs_health.feedback as f
        where f.tenant_id >= low and f.tenant_id <= high
            and f.answered_at < day_end and f.answered_at >= answers_from
        order by f.tenant_id, f.kind, coalesce(f.user_id, f.id::text), f.answered_at desc, f.id
    ), satisfaction as (
        select a.tenant_id,
            cs_health.nps(a.score) filter (where a.kind = 'nps') as nps,
            avg(a.score::double precision) filter (where a.kind = 'csat') as csat,
            avg(a.score::double precision) filter (where a.kind = 'review') as review
        from answers as a group by a.tenant_id
    ), support as (
        select k.tenant_id,
            count(*) filter (where k.resolved_at is null or k.resolved_at >= day_end) as open_tickets,
            count(*) filter (where k.opened_at >= end_30) as opened,
            avg(extract(epoch from k.resolved_at - k.opened_at)::double precision / 3600)
                filter (where k.resolved_at < day_end) as mean_resolution_hours
        from cs_health.ticket as k
        where k.tenant_id >= low and k.tenant_id <= high and k.opened_at < day_end
            and (k.resolved_at is null or k.resolved_at >= end_90)
        group by k.tenant_id
    ), metered as (
        select distinct on (u.tenant_id, u.metric) u.tenant_id, u.metric, u.used, u.limit_value
        from cs_health.usage as u
        where u.tenant_id >= low and u.tenant_id <= high
            and u.measured_at < day_end and u.measured_at >= usage_from
        order by u.tenant_id, u.metric, u.measured_at desc
    ), metered_before as (
        select distinct on (u.tenant_id, u.metric) u.tenant_id, u.metric, u.used
        from cs_health.usage as u
        where u.tenant_id >= low and u.tenant_id <= high
            and u.measured_at < end_30 and u.measured_at >= usage_before_from
        order by u.tenant_id, u.metric, u.measured_at desc
    ), nearest as (
        select distinct on (m.tenant_id) m.tenant_id,
            m.used / nullif(coalesce(m.limit_value, l.limit_value), 0) as ratio,
            (m.used - b.used) / nullif(b.used, 0) as growth
        from metered as m
        join tenants as t on t.tenant_id = m.tenant_id
        left join cs_health.plan_limit as l on l.plan_code = t.plan_code and l.metric = m.metric
        left join metered_before as b on b.tenant_id = m.tenant_id and b.metric = m.metric
        order by m.tenant_id, m.used / nullif(coalesce(m.limit_value, l.limit_value), 0) desc nulls last, m.metric
    ), revenue as (
        select r.tenant_id, sum(r.mrr_change) * 12 as arr
        from cs_health.revenue_event as r
        where has_revenue and r.tenant_id >= low and r.tenant_id <= high and r.occurred_on <= month_end
        group by r.tenant_id
    ), activity as (
        select t.tenant_id, coalesce(l.measures, case
            when events_live then cs_health._presence_measures(s.pack, as_of, t.features_available)
            else array_fill(null::double precision, array[18]) end) as m
        from tenants as t
        left join small as s on s.tenant_id = t.tenant_id
        left join large as l on l.tenant_id = t.tenant_id
    )
    select t.tenant_id,
        a.m || array[
            f.nps, f.csat, f.review,
            case when tickets_live then coalesce(k.open_tickets, 0) end,
            k.mean_resolution_hours,
            case when tickets_live then coalesce(k.opened, 0) / nullif(a.m[3], 0) end,
            case when n.ratio > 1e9 then 1e9 else n.ratio end, case when n.growth > 1e9 then 1e9 else n.growth end,
            case when t.signed_up_on <= as_of then as_of - t.signed_up_on end,
            t.contract_ends_on - as_of,
            coalesce(r.arr, t.arr)::double precision
        ]::double precision[] || case when own_measures then cs_health._own_measures(t.tenant_id, as_of) end
    from tenants as t
    join activity as a on a.tenant_id = t.tenant_id
    left join satisfaction as f on f.tenant_id = t.tenant_id
    left join support as k on k.tenant_id = t.tenant_id
    left join nearest as n on n.tenant_id = t.tenant_id
    left join revenue as r on r.tenant_id = t.tenant_id;
end
$$;
comment on function cs_health._measures(date, uuid, uuid) is
    'Measures by position of the tenants of a range that were customers on a day: signed up by then, not churned '
    'before. With the event feed live, silence is 0 users, not missing data; before any ticket of any tenant, tickets '
    'are not observed';

create function cs_health._own_measures(tenant uuid, day date) returns double precision[]
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select array_agg(v.value order by p.position)
    from generate_series((select count(*) + 1 from cs_health.builtin_measures()),
        (select max(m.position) from cs_health.measure as m)) as p(position)
    left join cs_health.measure as m on m.position = p.position and not m.builtin
    left join lateral (
        select v.value from cs_health.measure_value as v
        where v.tenant_id = tenant and v.measure = m.code and case
            -- a query says every day anew what there is; today it has not been asked yet
            when m.query is not null then v.as_of = least(day, cs_health._today() - 1)
            else v.as_of <= day and v.as_of > day - case m.window_days when 0 then 31 else m.window_days end end
        order by v.as_of desc limit 1
    ) as v on true
$$;
comment on function cs_health._own_measures(uuid, date) is 'Values of the measures behind the built-in ones';

create function cs_health._scored(day date, low uuid, high uuid, card integer) returns setof cs_health.health_row
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_nestloop = off
set jit = off
as $$
declare
    document jsonb := (select s.document from cs_health.scorecard as s where s.id = card);
    previous_day date := cs_health._previous_day(day);
begin
    return query
    select x.tenant_id, day, (x.health).overall_score, (x.health).engagement_score, (x.health).adoption_score,
        (x.health).satisfaction_score, (x.health).support_score, (x.health).growth_score, (x.health).category,
        cs_health._history_trend(x.history), (x.health).coverage, card, x.measures, x.history, null::timestamptz
    from (
        select w.tenant_id, w.measures, w.health,
            cs_health._history_push(w.past, coalesce(day - previous_day - 1, 0),
                case when (w.health).coverage >= 0.5 then (w.health).overall_score end) as history
        from (
            select v.tenant_id, v.measures, cs_health.score(v.measures, document) as health,
                case when p.scorecard_id = card then p.history
                    when p.tenant_id is not null then cs_health._rescored_history(v.tenant_id, previous_day, document)
                end as past
            from (
                select m.tenant_id, cs_health.to_vector(m.measures) as measures
                from cs_health._measures(day, low, high) as m
                offset 0
            ) as v
            left join cs_health.customer_health as p
                on p.tenant_id = v.tenant_id and p.as_of = previous_day and p.tenant_id >= low and p.tenant_id <= high
            offset 0
        ) as w
        offset 0
    ) as x;
end
$$;
comment on function cs_health._scored(date, uuid, uuid, integer) is
    'The scores of the tenants of a range on a day, as stored and as shown live: low <= id < high, or one tenant when '
    'both are the same';

create function cs_health._rescored_history(tenant uuid, until date, document jsonb) returns bytea
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    stored record;
    history bytea;
    before date;
begin
    for stored in
        select s.as_of, case when (s.health).coverage >= 0.5 then (s.health).overall_score end as score
        from (
            select h.as_of, cs_health.score(h.measures, document) as health
            from cs_health.customer_health as h
            where h.tenant_id = tenant and h.as_of <= until and h.as_of > until - 29
            offset 0
        ) as s
        order by s.as_of
    loop
        history := cs_health._history_push(history, coalesce(stored.as_of - before - 1, 0), stored.score);
        before := stored.as_of;
    end loop;
    return history;
end
$$;
comment on function cs_health._rescored_history(uuid, date, jsonb) is
    'The last scores of a tenant under another scorecard, so that a change of scorecard is no trend';

create function cs_health.tenant_measures(tenant_id uuid, as_of date)
returns table (measure text, value double precision)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    if tenant_id is null or as_of is null then
        raise exception 'tenant_id and as_of must not be null'
            using errcode = 'null_value_not_allowed', hint = 'Name a tenant and a day.';
    end if;
    perform cs_health._require_tenant(tenant_measures.tenant_id);
    return query
    select m.code, v.value
    from cs_health._measures(tenant_measures.as_of, tenant_measures.tenant_id, tenant_measures.tenant_id) as t
    cross join lateral unnest(t.measures) with ordinality as v(value, position)
    join cs_health.measure as m on m.position = v.position
    order by v.position;
end
$$;
comment on function cs_health.tenant_measures(uuid, date) is
    'Every measure of a tenant on a day, computed from the sources in double precision; null = not observed, no row '
    'when it was no customer that day. Units and windows are in cs_health.measure. Days more than 60 before the '
    'newest event are out of reach (22023)';

create function cs_health.feature_usage(tenant_id uuid, as_of date)
returns table (feature text, users bigint, events bigint, last_used_on date)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    perform cs_health._require_tenant(feature_usage.tenant_id);
    if not (select g.feature_users from cs_health.settings as g) then
        raise exception 'users per feature are not kept'
            using errcode = 'object_not_in_prerequisite_state',
                hint = 'UPDATE cs_health.settings SET feature_users = true; events folded from then on will count.';
    end if;
    return query
    select f.feature, (s.stats).mau::bigint, (s.stats).events::bigint, (s.stats).last_active_on
    from cs_health.feature_activity as f
    cross join lateral (select cs_health.presence_stats(f.pack, feature_usage.as_of) as stats offset 0) as s
    where f.tenant_id = feature_usage.tenant_id and (s.stats).events + (s.stats).mau > 0
    order by (s.stats).mau desc, f.feature;
end
$$;
comment on function cs_health.feature_usage(uuid, date) is
    'Which features a tenant used in the last 30 days: users, events, and the last day with a user. Kept while '
    'settings.feature_users is on, otherwise an error (55000)';

create function cs_health._require_tenant(tenant uuid) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from cs_health.tenant as t where t.id = tenant) then
        raise exception 'tenant % does not exist', tenant
            using errcode = 'invalid_parameter_value', hint = 'Tenants are listed in cs_health.tenant.';
    end if;
end
$$;
comment on function cs_health._require_tenant(uuid) is 'Refuses ids that no tenant has';

create function cs_health.register_measure(
    code text, unit text, description text, query text default null, window_days integer default 0,
    higher_is_better boolean default null)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    given integer;
begin
    if exists (select from cs_health.measure as m where m.code = register_measure.code and m.builtin) then
        raise exception 'measure "%" comes with the extension', code
            using errcode = 'duplicate_object', hint = 'Choose another code.';
    end if;
    update cs_health.measure as m
    set unit = register_measure.unit, window_days = register_measure.window_days, query = register_measure.query,
        description = register_measure.description, higher_is_better = register_measure.higher_is_better
    where m.code = register_measure.code
    returning m.position into given;
    if given is null then
        insert into cs_health.measure as m (code, position, unit, window_days, description, higher_is_better, query)
        values (code, nextval('cs_health.measure_position'), unit, window_days, description, higher_is_better, query)
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
    'yourself';

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
                'select %L, $1, q.* from (%s\n) as q(tenant_id, value) where q.value is not null '
                'and exists (select from cs_health.tenant as t where t.id = q.tenant_id)', own.code, own.query)
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
