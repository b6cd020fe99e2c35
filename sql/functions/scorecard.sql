-- Scorecard documents: compiled, versioned, put to use.

create function cs_health._compile_input(input jsonb, path text) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    known cs_health.measure;
begin
    if input ->> 'measure' is null then
        return input; -- check_scorecard() says what is missing
    end if;
    select m.* into known from cs_health.measure as m where m.code = input ->> 'measure';
    if known.code is null then
        raise exception 'scorecard: unknown measure "%" at %.measure',
            regexp_replace(left(input ->> 'measure', 60), '[^ -~]', '?', 'g'), path
            using errcode = 'invalid_parameter_value',
                hint = 'Known measures are listed in cs_health.measure; register_measure() adds your own.';
    end if;
    return input || jsonb_build_object('position', known.position, 'unit', known.unit, 'window_days',
        known.window_days);
end
$$;

create function cs_health.compile_scorecard(document jsonb) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    component record;
    item record;
    compiled jsonb := document;
    path text[];
    part text;
begin
    if document is null then
        raise exception 'scorecard: the document must not be null'
            using errcode = 'null_value_not_allowed', hint = 'doc/scorecard.md describes the format.';
    end if;
    if octet_length(document::text) > 262144 then
        perform cs_health.check_scorecard(document); -- refuses it before any work is done
    end if;
    for component in
        select c.key, c.value from jsonb_each(
            case jsonb_typeof(document -> 'components') when 'object' then document -> 'components' else '{}' end) as c
        where jsonb_typeof(c.value -> 'measures') = 'array'
    loop
        for item in
            select i.value, i.ordinality - 1 as index
            from jsonb_array_elements(component.value -> 'measures') with ordinality as i
            where jsonb_typeof(i.value) = 'object'
        loop
            path := array['components', component.key, 'measures', item.index::text];
            part := format('components.%s.measures[%s]', component.key, item.index);
            compiled := jsonb_set(compiled, path, cs_health._compile_input(item.value, part));
            if jsonb_typeof(item.value -> 'only_if') = 'object' then
                compiled := jsonb_set(compiled, path || '{only_if}'::text[],
                    cs_health._compile_input(item.value -> 'only_if', part || '.only_if'));
            end if;
            if jsonb_typeof(item.value -> 'else') = 'object' then
                compiled := jsonb_set(compiled, path || '{else}'::text[],
                    cs_health._compile_input(item.value -> 'else', part || '.else'));
            end if;
        end loop;
    end loop;
    perform cs_health.check_scorecard(compiled);
    return compiled;
end
$$;
comment on function cs_health.compile_scorecard(jsonb) is
    'The document with the position, unit and window of every measure it names; faults are refused with their path '
    '(22023)';

create function cs_health.save_scorecard(document jsonb) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    compiled jsonb := cs_health.compile_scorecard(document);
    saved integer;
begin
    perform from cs_health.settings for update; -- one version at a time
    select s.id into saved from cs_health.scorecard as s
    where s.code = compiled ->> 'code' and s.document = compiled
    order by s.version desc limit 1;
    if saved is null then
        insert into cs_health.scorecard (code, version, document)
        select compiled ->> 'code', coalesce(max(s.version), 0) + 1, compiled
        from cs_health.scorecard as s where s.code = compiled ->> 'code'
        returning id into saved;
    end if;
    return saved;
end
$$;
comment on function cs_health.save_scorecard(jsonb) is
    'Compiles a document and keeps it as the next version of its code; the same document again gives the same '
    'version. Returns the scorecard''s id';

create function cs_health.scorecard_preview(document jsonb)
returns table (category text, tenants_now bigint, tenants_then bigint)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    compiled jsonb := cs_health.compile_scorecard(document);
    latest date := (select max(r.as_of) from cs_health.run as r where r.finished_at is not null);
begin
    return query
    select c.category, count(s.now_category) filter (where s.now_category = c.category),
        count(s.then_category) filter (where s.then_category = c.category)
    from (values ('healthy'), ('neutral'), ('at_risk'), ('critical')) as c(category)
    left join (
        select h.category as now_category, (cs_health.score(h.measures, compiled)).category as then_category
        from cs_health.customer_health as h where h.as_of = latest and h.coverage >= 0.5
    ) as s on c.category in (s.now_category, s.then_category)
    group by c.category
    order by min(array_position(array['healthy', 'neutral', 'at_risk', 'critical'], c.category));
end
$$;
comment on function cs_health.scorecard_preview(jsonb) is
    'How many tenants each category has now and would have under a draft, on the latest scored day (coverage 0.5 or '
    'more)';

create function cs_health.use_scorecard(code text, version integer default null) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    chosen cs_health.scorecard;
    below bigint;
    everybody bigint;
begin
    select s.* into chosen from cs_health.scorecard as s
    where s.code = use_scorecard.code and (use_scorecard.version is null or s.version = use_scorecard.version)
    order by s.version desc limit 1;
    if chosen.id is null then
        raise exception 'scorecard "%" does not exist',
            concat_ws(' version ', use_scorecard.code, use_scorecard.version::text)
            using errcode = 'undefined_object',
                hint = 'Scorecards are listed in cs_health.scorecard; save_scorecard() adds one.';
    end if;
    update cs_health.settings set scorecard_id = chosen.id;
    select sum(p.tenants_then) filter (where p.category in ('at_risk', 'critical')), sum(p.tenants_then)
    into below, everybody from cs_health.scorecard_preview(chosen.document) as p;
    if below * 2 > everybody then
        raise warning 'scorecard "%": % of % tenants fall below 60', chosen.code, below, everybody
            using hint = 'Compare with cs_health.scorecard_preview() before anybody acts on these scores.';
    end if;
    return chosen.id;
end
$$;
comment on function cs_health.use_scorecard(text, integer) is
    'Scores with a scorecard (its latest version by default) from the next run on; warns when more than half of the '
    'tenants fall below 60. Histories are scored again, so that the change is no trend. Returns the scorecard''s id';

create function cs_health._spec_scorecard() returns jsonb
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select $json${
        "format": 1,
        "code": "spec",
        "name": "The specification's formulas",
        "missing": "redistribute",
        "components": {
            "engagement": {"weight": 30, "measures": [
                {"measure": "stickiness", "weight": 1, "curve": [[0, 0], [1, 100]],
                    "else": {"measure": "mau", "curve": [[0, 0]]}},
                {"measure": "avg_dau", "weight": 0},
                {"measure": "mau", "weight": 0},
                {"measure": "logins", "weight": 0},
                {"measure": "minutes", "weight": 0},
                {"measure": "features_used", "weight": 0}]},
            "adoption": {"weight": 25, "measures": [
                {"measure": "adoption", "weight": 1, "curve": [[0, 0], [1, 100]]},
                {"measure": "features_used", "weight": 0},
                {"measure": "features_available", "weight": 0}]},
            "satisfaction": {"weight": 20, "measures": [
                {"measure": "nps", "weight": 50, "curve": [[-100, 0], [100, 100]]},
                {"measure": "csat", "weight": 30, "curve": [[1, 0], [5, 100]]},
                {"measure": "review", "weight": 20, "curve": [[1, 0], [5, 100]]}]},
            "support": {"weight": 15, "measures": [
                {"measure": "open_tickets", "weight": 1, "curve": [[0, 100], [10, 0]]},
                {"measure": "mean_resolution_hours", "weight": 0}]},
            "growth": {"weight": 10, "measures": [
                {"measure": "mau_growth", "weight": 1, "curve": [[0, 0], [1, 100]],
                    "only_if": {"measure": "tenure_days", "at_least": 30},
                    "else": {"measure": "mau", "curve": [[0, 0], [1, 100]]}},
                {"measure": "new_users", "weight": 0}]}
        }
    }$json$::jsonb
$$;
comment on function cs_health._spec_scorecard() is 'The scorecard that install() puts to use';
