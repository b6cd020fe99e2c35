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
    latest cs_health.scorecard;
    saved integer;
begin
    perform from cs_health.settings for update; -- one change at a time
    delete from cs_health.scorecard as s where s.code = compiled ->> 'code' and s.version is null;
    select s.* into latest from cs_health.scorecard as s where s.code = compiled ->> 'code'
    order by s.version desc limit 1;
    if latest.document = compiled then
        return latest.id;
    end if;
    insert into cs_health.scorecard (code, document) values (compiled ->> 'code', compiled) returning id into saved;
    return saved;
end
$$;
comment on function cs_health.save_scorecard(jsonb) is
    'Compiles a document and keeps it as the draft of its code, in place of the draft before; nothing is scored with '
    'it until publish_scorecard(). Returns its id, or that of the latest version when the document says the same';

create function cs_health.publish_scorecard(code text) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    draft cs_health.scorecard;
    published record;
begin
    perform from cs_health.settings for update;
    delete from cs_health.scorecard as s where s.code = publish_scorecard.code and s.version is null
    returning s.* into draft;
    if draft.id is null then
        raise exception 'scorecard "%" has no draft', publish_scorecard.code
            using errcode = 'undefined_object',
                hint = 'save_scorecard(document) keeps one, unless the document is the latest version''s already: then '
                    'use_scorecard(code) is enough.';
    end if;
    insert into cs_health.scorecard (code, version, document)
    select draft.code, coalesce(max(s.version), 0) + 1, draft.document
    from cs_health.scorecard as s where s.code = draft.code
    returning id, version into published;
    perform cs_health._move_scorecard_rules(null, published.id, 'publish');
    return published.version;
end
$$;
comment on function cs_health.publish_scorecard(text) is
    'Makes the draft of a code its next version, never to be changed again. Tenants that are scored with the code '
    'change to it from the next run on; for others use_scorecard() does. Returns the version. No draft: 42704';

create function cs_health.rollback_scorecard(code text) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    current record;
    earlier record;
begin
    perform from cs_health.settings for update;
    select s.id, s.version into current
    from cs_health.scorecard_rule as r join cs_health.scorecard as s on s.id = r.scorecard_id
    where s.code = rollback_scorecard.code
    order by s.version desc limit 1;
    select p.id, p.version into earlier
    from cs_health.scorecard_change as c join cs_health.scorecard as p on p.id = c.previous_id
    where c.scorecard_id = current.id and c.action <> 'rollback' and p.code = rollback_scorecard.code
    order by c.id desc limit 1;
    if earlier.id is null then
        raise exception 'scorecard "%" was not in use before %', rollback_scorecard.code,
            coalesce('version ' || current.version, 'now')
            using errcode = 'undefined_object',
                hint = 'use_scorecard() changes to another code or version; cs_health.scorecard lists them all.';
    end if;
    perform cs_health._move_scorecard_rules(current.id, earlier.id, 'rollback');
    return earlier.version;
end
$$;
comment on function cs_health.rollback_scorecard(text) is
    'Tenants scored with the newest version in use of a code go back to the one that was in use before it, from the '
    'next run on. Returns that version; 42704 when there is none';

create function cs_health._move_scorecard_rules(from_card integer, to_card integer, action text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    concerns_all boolean;
begin
    with moved as (
        select r.segment, r.plan_code, r.scorecard_id
        from cs_health.scorecard_rule as r
        join cs_health.scorecard as s on s.id = r.scorecard_id
        join cs_health.scorecard as t on t.code = s.code
        where t.id = to_card and s.id <> to_card and s.id = coalesce(from_card, s.id)
    ), logged as (
        insert into cs_health.scorecard_change (action, segment, plan_code, scorecard_id, previous_id)
        select _move_scorecard_rules.action, m.segment, m.plan_code, to_card, m.scorecard_id from moved as m
    ), changed as (
        update cs_health.scorecard_rule as r set scorecard_id = to_card
        from moved as m
        where r.segment is not distinct from m.segment and r.plan_code is not distinct from m.plan_code
        returning r.segment is null and r.plan_code is null as is_default
    )
    select bool_or(c.is_default) into concerns_all from changed as c;
    if concerns_all then
        perform cs_health._warn_of_low_scores(to_card);
    end if;
end
$$;
comment on function cs_health._move_scorecard_rules(integer, integer, text) is
    'Rules that name the one version of a code, or any when that is null, name the other from now on, and the change '
    'is noted';

create function cs_health._share_below_60(document jsonb) returns double precision
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select avg((cs_health._overall(h.measures, document) < 60)::integer)
    from cs_health.customer_health as h
    where h.as_of = (select max(r.as_of) from cs_health.run as r where r.finished_at is not null)
$$;
comment on function cs_health._share_below_60(jsonb) is
    'The share of tenants with data that would be at risk or critical on the latest scored day; null without any';

create function cs_health._warn_of_low_scores(card integer) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    chosen record;
    better text;
begin
    select s.code, cs_health._share_below_60(s.document) as below into chosen
    from cs_health.scorecard as s where s.id = card;
    if chosen.below is null or chosen.below <= 0.5 then
        return;
    end if;
    select s.code into better
    from (
        select distinct on (v.code) v.code, cs_health._share_below_60(v.document) as below
        from cs_health.scorecard as v where v.version is not null and v.code <> chosen.code
        order by v.code, v.version desc
    ) as s
    where s.below <= 0.5
    order by s.below, s.code limit 1;
    raise warning 'scorecard "%": % %% of the tenants fall below 60', chosen.code, round(chosen.below * 100)
        using hint = coalesce(format('Under scorecard "%s" fewer than half would. ', better), '')
            || 'Compare with cs_health.scorecard_preview() before anybody acts on these scores.';
end
$$;
comment on function cs_health._warn_of_low_scores(integer) is
    'Warns when more than half of the tenants with data would be at risk or critical under a scorecard, and names one '
    'under which they would not';

create function cs_health.use_scorecard(
    code text, version integer default null, segment text default null, plan_code text default null)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    chosen record;
    previous integer;
begin
    perform from cs_health.settings for update;
    select s.id, s.code into chosen from cs_health.scorecard as s
    where s.code = use_scorecard.code and s.version is not null
        and (use_scorecard.version is null or s.version = use_scorecard.version)
    order by s.version desc limit 1;
    if chosen.id is null then
        raise exception 'scorecard "%" does not exist',
            concat_ws(' version ', use_scorecard.code, use_scorecard.version::text)
            using errcode = 'undefined_object',
                hint = 'Scorecards are listed in cs_health.scorecard; save_scorecard() keeps a draft, '
                    'publish_scorecard() makes it a version.';
    end if;
    if use_scorecard.plan_code is not null
        and not exists (select from cs_health.plan as p where p.code = use_scorecard.plan_code) then
        raise exception 'plan "%" does not exist', use_scorecard.plan_code
            using errcode = 'undefined_object', hint = 'Plans are listed in cs_health.plan.';
    end if;
    select r.scorecard_id into previous from cs_health.scorecard_rule as r
    where r.segment is not distinct from use_scorecard.segment
        and r.plan_code is not distinct from use_scorecard.plan_code;
    if previous is distinct from chosen.id then
        insert into cs_health.scorecard_rule as r (segment, plan_code, scorecard_id)
        values (use_scorecard.segment, use_scorecard.plan_code, chosen.id)
        on conflict on constraint scorecard_rule_once_per_segment_and_plan
        do update set scorecard_id = excluded.scorecard_id;
        insert into cs_health.scorecard_change (action, segment, plan_code, scorecard_id, previous_id)
        values ('use', use_scorecard.segment, use_scorecard.plan_code, chosen.id, previous);
    end if;
    if use_scorecard.segment is null and use_scorecard.plan_code is null then
        perform cs_health._warn_of_low_scores(chosen.id);
    end if;
    return chosen.id;
end
$$;
comment on function cs_health.use_scorecard(text, integer, text, text) is
    'Scores with a published scorecard (its latest version by default) from the next run on: the tenants of a segment, '
    'of a plan, of both, or, with neither, all that no other rule names. Warns when more than half of the tenants fall '
    'below 60. Histories are scored again, so that the change is no trend. Returns the scorecard''s id; unknown '
    'scorecards and plans: 42704';

create function cs_health.stop_scorecard(segment text default null, plan_code text default null) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    previous integer;
begin
    if stop_scorecard.segment is null and stop_scorecard.plan_code is null then
        raise exception 'the scorecard of all other tenants cannot be stopped'
            using errcode = 'invalid_parameter_value',
                hint = 'Name a segment or a plan, or put another scorecard to use with use_scorecard().';
    end if;
    delete from cs_health.scorecard_rule as r
    where r.segment is not distinct from stop_scorecard.segment
        and r.plan_code is not distinct from stop_scorecard.plan_code
    returning r.scorecard_id into previous;
    if previous is null then
        return false;
    end if;
    insert into cs_health.scorecard_change (action, segment, plan_code, previous_id)
    values ('stop', stop_scorecard.segment, stop_scorecard.plan_code, previous);
    return true;
end
$$;
comment on function cs_health.stop_scorecard(text, text) is
    'Takes back what use_scorecard() ruled for a segment, a plan or both; the next wider rule counts again. False when '
    'there was none';

create function cs_health.scorecard_document(code text, version integer default null) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    document jsonb;
begin
    select s.document into document from cs_health.scorecard as s
    where s.code = scorecard_document.code
        and (scorecard_document.version is null or s.version = scorecard_document.version)
    order by s.version desc nulls first limit 1;
    if document is null then
        raise exception 'scorecard "%" does not exist',
            concat_ws(' version ', scorecard_document.code, scorecard_document.version::text)
            using errcode = 'undefined_object', hint = 'Scorecards are listed in cs_health.scorecard.';
    end if;
    return document;
end
$$;
comment on function cs_health.scorecard_document(text, integer) is
    'The document of a version, by default of the draft, else of the latest version. Unknown: 42704';

create function cs_health._scorecard_rules() returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select jsonb_agg(jsonb_build_object('segment', r.segment, 'plan_code', r.plan_code, 'id', r.scorecard_id)
        order by r.segment, r.plan_code)
    from cs_health.scorecard_rule as r
$$;
comment on function cs_health._scorecard_rules() is 'The rules in use, as a run keeps them';

create function cs_health._ship_scorecard(document jsonb) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    compiled jsonb := cs_health.compile_scorecard(document);
begin
    insert into cs_health.scorecard (code, version, document)
    select compiled ->> 'code', coalesce(max(s.version), 0) + 1, compiled
    from cs_health.scorecard as s where s.code = compiled ->> 'code'
    having bool_and(s.document <> compiled) is not false;
end
$$;
comment on function cs_health._ship_scorecard(jsonb) is
    'Adds a scorecard that comes with the extension as a version of its code unless it is there. Who uses an earlier '
    'one goes on with that until use_scorecard()';
