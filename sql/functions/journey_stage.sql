-- Stages of the journey: what they are, and in which one a customer is. The nightly run follows every customer forward
-- in time; stored days can be walked again.

create function cs_health._is_onboarding(tenant_id uuid, as_of date default null) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan as $$
begin
    return (
        select coalesce(timezone(g.time_zone, t.signed_up_at)::date >= d.day - 90, false) and not exists (
            select from cs_health.touchpoint as p
            where p.tenant_id = t.id and p.kind = 'milestone' and p.detail = 'first_value'
                and p.at < cs_health._end_of(d.day))
        from cs_health.tenant as t
        cross join cs_health.settings as g
        cross join lateral (select coalesce(_is_onboarding.as_of, cs_health._today()) as day) as d
        where t.id = _is_onboarding.tenant_id);
end
$$;
comment on function cs_health._is_onboarding(uuid, date) is
    'Whether playbooks leave a tenant alone as new: signed up at most 90 days before (default: before today) and no '
    'touchpoint of kind milestone with detail first_value yet; false where the sign-up is not known. Apart from the '
    'stage of its journey, which may be another for long. Null for an unknown tenant';

create function cs_health._stage_on(tenant_id uuid, day date) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan as $$
begin
    return (
        select e.stage from cs_health.journey_entry as e
        where e.tenant_id = _stage_on.tenant_id and e.entered_on <= day and (e.left_on is null or e.left_on > day));
end
$$;
comment on function cs_health._stage_on(uuid, date) is
    'The stage a tenant was in on a day; null before it was looked at for the first time';

create function cs_health._require_stage_name(name text, what text) returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp as $$
begin
    if (length(name) between 1 and 100 and name !~ '[[:cntrl:]]') is not true then
        raise exception '% must have 1 to 100 characters and no control characters, not %', what,
            coalesce(regexp_replace(left(name, 20), '[^ -~]', '?', 'g'), 'null')
            using errcode = 'invalid_parameter_value', hint = 'Give the stage a name in both languages.';
    end if;
end
$$;

create function cs_health.save_stage(
    code text, name_en text, name_es text, place integer, entry_conditions jsonb, expected_days integer default null,
    exit_conditions jsonb default null)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    taken text := (select s.code from cs_health.journey_stage as s where s.place = place and s.code <> code);
begin
    if (code ~ '^[a-z][a-z0-9_]{0,49}$') is not true then
        raise exception 'code must be a lower-case word of at most 50 characters, not %',
            coalesce(regexp_replace(left(code, 20), '[^ -~]', '?', 'g'), 'null')
            using errcode = 'invalid_parameter_value', hint = 'Letters, digits and _, beginning with a letter.';
    end if;
    perform cs_health._require_stage_name(name_en, 'name_en'), cs_health._require_stage_name(name_es, 'name_es');
    if (place between 1 and 10000) is not true or taken is not null then
        raise exception 'place must be a free one from 1 to 10000, not %', place
            using errcode = 'invalid_parameter_value',
                detail = coalesce('It is that of ' || taken || '.', 'It is out of range.'),
                hint = 'The places taken are listed in cs_health.journey_stage; lower ones are looked at first.';
    end if;
    if (expected_days between 1 and 36500) is false then
        raise exception 'expected_days must be from 1 to 36500 or null, not %', expected_days
            using errcode = 'invalid_parameter_value', hint = 'Null lets customers stay for ever.';
    end if;
    if code in ('churned', 'onboarding') and entry_conditions is not null then
        raise exception 'stage % has no entry conditions', code
            using errcode = 'invalid_parameter_value', hint = 'Pass null: tenant.churned_on says who has left, and '
                'onboarding is where no other stage fits.';
    end if;
    if entry_conditions is null
        and (code not in ('churned', 'onboarding', 'activated') or exit_conditions is not null) then
        raise exception 'stage % needs entry conditions', code
            using errcode = 'invalid_parameter_value', hint = 'doc/conditions.md describes them.';
    end if;
    perform cs_health.check_condition(entry_conditions, 'stage'),
        cs_health.check_condition(jsonb_build_object('not', entry_conditions), 'stage')
    where entry_conditions is not null;
    perform cs_health.check_condition(exit_conditions, 'stage') where exit_conditions is not null;
    insert into cs_health.journey_stage as s (
        code, name_en, name_es, place, entry_conditions, exit_conditions, expected_days)
    values (code, name_en, name_es, place, entry_conditions, exit_conditions, expected_days)
    on conflict on constraint journey_stage_pkey do update
    set name_en = excluded.name_en, name_es = excluded.name_es, place = excluded.place,
        entry_conditions = excluded.entry_conditions, exit_conditions = excluded.exit_conditions,
        expected_days = excluded.expected_days, enabled = true;
end
$$;
comment on function cs_health.save_stage(text, text, text, integer, jsonb, integer, jsonb) is
    'Adds a stage of the journey or changes one: its code, names in English and Spanish, place (lower ones are looked '
    'at first), entry conditions (doc/conditions.md; the stage itself is no fact in them), after how many days in it a '
    'customer counts as stalled (null = never), and exit conditions (null = when the entry conditions fail). Counts '
    'from the next run on; retrace_journeys() walks stored days again. churned and onboarding have no conditions, '
    'activated may have none. Faults: 22023, as check_condition()';

create function cs_health.remove_stage(code text) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    known cs_health.journey_stage;
begin
    select s.* into known from cs_health.journey_stage as s where s.code = code for update;
    if known.code is null then
        raise exception 'stage % does not exist', coalesce(regexp_replace(left(code, 20), '[^ -~]', '?', 'g'), 'null')
            using errcode = 'invalid_parameter_value', hint = 'Stages are listed in cs_health.journey_stage.';
    end if;
    if known.code in ('churned', 'onboarding') then
        raise exception 'stage % cannot be removed', known.code
            using errcode = 'invalid_parameter_value', hint = 'Every journey begins with onboarding, and who has left '
                'is churned.';
    end if;
    if known.builtin or exists (select from cs_health.journey_entry as e where e.stage = known.code) then
        update cs_health.journey_stage as s set enabled = false where s.code = known.code;
        return false;
    end if;
    delete from cs_health.journey_stage as s where s.code = known.code;
    return true;
end
$$;
comment on function cs_health.remove_stage(text) is
    'Takes a stage out of the journey: true when it is gone; false when it is only disabled, because journeys tell of '
    'it or it comes with the extension, and save_stage() enables it again. Who is in it moves on with the next run. '
    'churned and onboarding stay; they and unknown stages are refused (22023)';

create function cs_health._stages_to_judge(day date)
returns table (
    nr bigint, code text, entering jsonb, leaving jsonb, entering_compiled jsonb, leaving_compiled jsonb,
    days_known boolean)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select row_number() over (order by s.place), s.code, c.entering, l.leaving,
        cs_health._compile_condition(c.entering), cs_health._compile_condition(l.leaving), (
            select count(*) from cs_health.run as r
            where r.as_of <= day and r.as_of > day - w.least_days and (r.finished_at is not null or r.as_of = day)
        ) = w.least_days
    from cs_health.journey_stage as s
    cross join lateral (
        -- what never holds: then only the milestone activates
        select coalesce(s.entry_conditions, '{"fact": "coverage", "op": ">", "value": 1}') as entering) as c
    cross join lateral (
        select coalesce(s.exit_conditions, jsonb_build_object('not', c.entering)) as leaving) as l
    cross join lateral (
        select coalesce(min(d::integer) filter (where d::integer > 1), 1) as least_days
        from jsonb_path_query(c.entering, 'strict $.**.for_days') as d) as w
    where s.enabled and s.code not in ('churned', 'onboarding')
$$;
comment on function cs_health._stages_to_judge(date) is
    'Enabled stages with conditions in the order in which they are looked at. days_known: whether enough days are '
    'scored for the shortest for_days to hold';

create function cs_health._take_back_entries(low uuid, high uuid, first_day date, with_dates boolean) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    zone text := cs_health._time_zone();
    changed uuid[];
begin
    with gone as (
        delete from cs_health.journey_entry as e
        where e.tenant_id >= low and e.tenant_id < high and (
            e.entered_on >= first_day and (with_dates or e.reason in ('conditions', 'otherwise', 'first_seen'))
            or e.left_on is null and e.stage = 'churned' and exists (
                select from cs_health.tenant as t
                where t.id = e.tenant_id and t.churned_on is not null
                    and e.entered_on <> greatest(t.churned_on, timezone(zone, t.signed_up_at)::date)))
        returning e.tenant_id
    )
    select array_agg(distinct g.tenant_id) into changed from gone as g;
    if changed is null then
        return;
    end if;
    update cs_health.journey_entry as e set left_on = null
    from (
        select distinct on (l.tenant_id) l.tenant_id, l.entered_on, l.stage from cs_health.journey_entry as l
        where l.tenant_id >= low and l.tenant_id < high and l.tenant_id = any (changed)
        order by l.tenant_id, l.entered_on desc, l.left_on desc nulls first
    ) as l
    where e.tenant_id = l.tenant_id and e.entered_on = l.entered_on and e.stage = l.stage;
end
$$;
comment on function cs_health._take_back_entries(uuid, uuid, date, boolean) is
    'Takes back stages that tenants, low <= id < high, entered from a day on, so that the days can be judged again; '
    'those that a date says (sign-up, milestone, churn) only where asked for. And a churn that has another day now';

create function cs_health._place_of(
    tenant_id uuid, day date, present integer, entering_hits integer[], leaving_hits integer[], reached integer,
    entering jsonb[], leaving jsonb[], days_known boolean[])
returns integer
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    for place in 1..cardinality(entering) loop
        if place = any (entering_hits) or place = reached then
            return place;
        elsif -place = any (entering_hits) then
            if place = present or days_known[place] and cs_health._holds(tenant_id, day, entering[place]) then
                return place;
            end if;
        elsif place = present and (place = any (leaving_hits)) is not true then -- what is not known ends no stage
            if (-place = any (leaving_hits)) is not true
                or cs_health._holds(tenant_id, day, leaving[place]) is not true then
                return place;
            end if;
        end if;
    end loop;
    return null;
end
$$;
comment on function cs_health._place_of(
    uuid, date, integer, integer[], integer[], integer, jsonb[], jsonb[], boolean[]) is
    'The first stage that a tenant is in on a day, by its place among those with conditions; null = none. present: the '
    'one it was in; hits: those of _condition_hits() on the conditions to enter and to leave; reached: the one that a '
    'milestone says';

create function cs_health._stage_changes(day date, low uuid, high uuid)
returns table (
    tenant_id uuid, signed_up_on date, first_value_on date, present text, stage text, entered_on date, reason text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- as in _score_batch()
set plan_cache_mode = force_custom_plan
set jit = off
set work_mem = '64MB'
as $$
#variable_conflict use_column
declare
    zone text := cs_health._time_zone();
    day_end timestamptz := cs_health._end_of(day);
    month_start date := date_trunc('month', day::timestamp);
    month_end date := month_start + interval '1 month' - interval '1 day';
    codes text[];
    entering jsonb[];
    leaving jsonb[];
    days_known boolean[];
    entering_compiled jsonb;
    leaving_compiled jsonb;
    components boolean;
    signals boolean;
    activated integer;
begin
    select array_agg(s.code order by s.nr), array_agg(s.entering order by s.nr), array_agg(s.leaving order by s.nr),
        array_agg(s.days_known order by s.nr), jsonb_agg(s.entering_compiled order by s.nr),
        jsonb_agg(s.leaving_compiled order by s.nr),
        bool_or(jsonb_path_exists(jsonb_build_array(s.entering, s.leaving),
            'strict $.**.fact ? (@ like_regex "_score$" && @ != "overall_score")')),
        bool_or(jsonb_path_exists(jsonb_build_array(s.entering, s.leaving), 'strict $.**.fact ? (@ == "open_signals")'))
    into codes, entering, leaving, days_known, entering_compiled, leaving_compiled, components, signals
    from cs_health._stages_to_judge(day) as s;
    activated := array_position(codes, 'activated');
    return query
    select x.id, x.signed_up_on, x.first_value_on, x.present, x.stage,
        case when x.stage = 'churned' then greatest(x.churned_on, x.signed_up_on)
            when x.why = 'first_value' then greatest(x.first_value_on, x.entered_on, x.signed_up_on)
            else day end,
        case when x.why in ('conditions', 'otherwise') and (x.signed_up_on >= day - 7) is not true
            -- looked up for each, not by reading the whole tables
            and (x.present is null or (select count(*) from cs_health.journey_entry as b
                where b.tenant_id = x.id and b.reason not in ('sign_up', 'first_value')) = 0
                and (select max(h.as_of) from cs_health.customer_health as h
                    where h.tenant_id = x.id and h.as_of < day and not h.provisional) is null)
            then 'first_seen' else x.why end
    from (
        select w.*,
            case when w.churned_on is not null then 'churned' when w.place is not null then codes[w.place]
                when activated is not null and (w.present in ('activated', 'adopted') or exists (
                    select from cs_health.journey_entry as b
                    where b.tenant_id = w.id and b.stage in ('activated', 'adopted'))) then 'activated'
                else 'onboarding' end as stage,
            case when w.churned_on is not null then 'churned'
                when w.place is null then 'otherwise'
                when w.place = activated and w.first_value_on is not null
                    and coalesce(w.present, 'onboarding') = 'onboarding' then 'first_value'
                when w.place = activated and (w.place = any (w.hits)) is not true then 'otherwise'
                else 'conditions' end as why
        from (
            select c.*, case when c.churned_on is null then cs_health._place_of(c.id, day,
                array_position(codes, c.present), c.hits, c.left_hits,
                case when c.first_value_on is not null then activated end, entering, leaving, days_known) end as place
            from (
                select t.id, timezone(zone, t.signed_up_at)::date as signed_up_on,
                    case when t.churned_on <= day then t.churned_on end as churned_on,
                    e.stage as present, e.entered_on, h.hits, h.measures, h.numbers, h.words, h.signals,
                    case when h.hits is null or codes[abs(h.hits[1])] <> e.stage then cs_health._condition_hits(
                        h.measures, h.numbers, h.words, h.signals, leaving_compiled) end as left_hits, (
                        select timezone(zone, min(p.at))::date from cs_health.touchpoint as p
                        where p.tenant_id = t.id and p.kind = 'milestone' and p.detail = 'first_value'
                            and p.at < day_end) as first_value_on
                from cs_health.tenant as t
                left join cs_health.journey_entry as e
                    on e.tenant_id = t.id and e.left_on is null and e.tenant_id >= low and e.tenant_id < high
                left join (
                    select f.*,
                        cs_health._condition_hits(f.measures, f.numbers, f.words, f.signals, entering_compiled)
                            as hits
                    from (
                        select h.tenant_id, k.measures,
                            k.score || case when components then cs_health._component_scores(k.measures, c.document)
                                else array[null, null, null, null, null]::double precision[] end
                                || array[k.coverage, k.churn_probability]::double precision[] as numbers,
                            array[k.category, k.trend,
                                cs_health._risk_level(k.churn_probability, m.medium_from, m.high_from,
                                    m.critical_from),
                                t.plan_code, t.segment, null, t.status] as words,
                            case when signals then array(select jsonb_array_elements_text(
                                cs_health._tenant_facts(t.id, day) -> 'open_signals')) else '{}' end as signals
                        from cs_health.customer_health as h
                        join cs_health.tenant as t on t.id = h.tenant_id and t.id >= low and t.id < high
                        join cs_health.scorecard as c on c.id = h.scorecard_id
                        left join cs_health.churn_model as m on m.id = h.churn_model_id
                        left join lateral (
                            -- as in _fact_days(): of a day with less than half observed nothing is known
                            select h.measures, h.overall_score as score, h.coverage, h.churn_probability, h.category,
                                h.trend
                            where h.coverage >= 0.5
                        ) as k on true
                        where h.as_of = (select day) -- as _score_batch() says
                            and h.as_of between month_start and month_end
                            and not h.provisional and h.tenant_id >= low and h.tenant_id < high
                        offset 0
                    ) as f
                    offset 0
                ) as h on h.tenant_id = t.id
                where t.id >= low and t.id < high and t.status <> 'internal'
                    and (e.entered_on is null or e.entered_on <= day or t.churned_on <= day)
                    and case when t.churned_on <= day then e.stage is distinct from 'churned'
                        when h.tenant_id is null or t.signed_up_at >= day_end then false
                        when e.stage is null then true
                        -- most tenants stay where they are, which has to be seen at a glance
                        when h.hits is not null then case
                            when codes[abs(h.hits[1])] = e.stage then abs(h.hits[1]) > coalesce(activated, 10000)
                            -- a for_days for which there are not enough days yet
                            when h.hits[1] < 0 and not days_known[-h.hits[1]] and codes[abs(h.hits[2])] = e.stage
                                then abs(h.hits[2]) > coalesce(activated, 10000)
                            else true end
                        when e.stage = 'onboarding' then activated is not null and exists (
                            select from cs_health.touchpoint as p
                            where p.tenant_id = t.id and p.kind = 'milestone' and p.detail = 'first_value'
                                and p.at < day_end)
                        else e.stage <> 'activated' or activated is null end
                offset 0
            ) as c
            offset 0
        ) as w
        offset 0
    ) as x
    where x.stage is distinct from x.present;
end
$$;
comment on function cs_health._stage_changes(date, uuid, uuid) is
    'Tenants, low <= id < high, that are in another stage on a scored day than in their open entry (present, null = '
    'none yet), which stage, since when and why. The first stage whose conditions hold; what is not known neither '
    'begins nor ends one. Where nothing holds: activated for those that ever were, else onboarding. first_seen: where '
    'the tenant signed up more than seven days before and no earlier day is scored';

create function cs_health._follow_journey(
    day date, low uuid, high uuid, rescored boolean default false, retrace boolean default false)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set jit = off as $$
#variable_conflict use_column
declare
    tenants uuid[];
    sign_ups date[];
    first_values date[];
    presents text[];
    stages text[];
    days date[];
    reasons text[];
begin
    if not retrace and exists (
        select from cs_health.run as r where r.as_of > day and r.finished_at is not null) then
        return 0;
    end if;
    perform cs_health._take_back_entries(low, high, case when rescored then day else 'infinity' end, false);
    select array_agg(c.tenant_id), array_agg(c.signed_up_on), array_agg(c.first_value_on), array_agg(c.present),
        array_agg(c.stage), array_agg(c.entered_on), array_agg(c.reason)
    into tenants, sign_ups, first_values, presents, stages, days, reasons
    from cs_health._stage_changes(day, low, high) as c;
    if tenants is null then
        return 0;
    end if;
    if 'churned' = any (stages) then -- a churn that is told late undoes what came after it
        delete from cs_health.journey_entry as e
        using unnest(tenants, stages, days) as c(id, stage, entered_on)
        where e.tenant_id = c.id and c.stage = 'churned' and e.entered_on > c.entered_on;
    end if;
    update cs_health.journey_entry as e set left_on = c.entered_on
    from unnest(tenants, presents, days) as c(id, present, entered_on)
    where c.present is not null and e.tenant_id = c.id and (e.left_on is null or e.left_on > c.entered_on);
    insert into cs_health.journey_entry as e (tenant_id, entered_on, stage, left_on, reason)
    select n.id, n.entered_on, n.stage, lead(n.entered_on) over (partition by n.id order by n.nr), n.reason
    from (
        select c.id, s.*
        from unnest(tenants, sign_ups, first_values, presents, stages, days, reasons)
            as c(id, sign_up, first_value, present, stage, entered_on, reason)
        cross join lateral (
            select 1 as nr, 'onboarding' as stage, c.sign_up as entered_on, 'sign_up' as reason
            where c.present is null and c.sign_up is not null
            union all
            select 2, 'activated', greatest(c.first_value, c.sign_up), 'first_value'
            where c.present is null and greatest(c.first_value, c.sign_up) < c.entered_on and c.stage <> 'activated'
                and c.first_value is not null
            union all
            select 3, c.stage, c.entered_on, c.reason
            where c.present is not null or c.sign_up is null or c.stage <> 'onboarding'
        ) as s
    ) as n
    on conflict on constraint journey_entry_pkey do update
        set left_on = excluded.left_on, reason = excluded.reason;
    return cardinality(tenants);
end
$$;
comment on function cs_health._follow_journey(date, uuid, uuid, boolean, boolean) is
    'Notes which tenants, low <= id < high, entered another stage on a scored day; returns how many. A journey goes '
    'forward: days before one that is finished change nothing, unless journeys are retraced. Rescored: what the day '
    'itself began is judged anew';

create function cs_health._retraced_days("from" date) returns setof date
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    first_stored date;
    first_day date;
begin
    if not isfinite("from") then
        raise exception 'from must be a day, not %', "from"
            using errcode = 'invalid_parameter_value', hint = 'Leave it out for all that is stored.';
    end if;
    perform from cs_health.settings for update; -- no run begins meanwhile
    if exists (select from cs_health.run as r where r.phase <> 'finished') then
        raise exception 'a run is not finished'
            using errcode = 'object_not_in_prerequisite_state',
                hint = 'CALL cs_health.run_due(); finishes it, then call retrace_journeys() again.';
    end if;
    first_stored := (select min(h.as_of) from cs_health.customer_health as h where not h.provisional);
    if "from" < first_stored then
        raise exception 'from must be % or later, not %', first_stored, "from"
            using errcode = 'invalid_parameter_value', detail = 'No scores of earlier days are stored.',
                hint = 'Leave it out for all that is stored.';
    end if;
    first_day := coalesce("from", first_stored, 'infinity');
    perform cs_health._take_back_entries('00000000-0000-0000-0000-000000000000',
        'ffffffff-ffff-ffff-ffff-ffffffffffff', first_day, true);
    if "from" is null and first_stored is not null then
        -- whoever was looked at on stored days only begins anew, with the dates of now
        delete from cs_health.journey_entry as e
        where not exists (
            select from cs_health.journey_entry as j
            where j.tenant_id = e.tenant_id and j.reason in ('conditions', 'otherwise', 'first_seen'));
    end if;
    return query
    select r.as_of from cs_health.run as r where r.as_of >= first_day and r.finished_at is not null order by r.as_of;
end
$$;
comment on function cs_health._retraced_days(date) is
    'Takes back all that journeys have from a day on (null: the first that is stored), and returns the scored days to '
    'walk again';

create function cs_health._retrace_day(day date) returns void
language sql
set search_path = pg_catalog, pg_temp as $$
    select cs_health._follow_journey(day, '00000000-0000-0000-0000-000000000000',
        'ffffffff-ffff-ffff-ffff-ffffffffffff', retrace => true)
$$;

create procedure cs_health.retrace_journeys("from" date default null)
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    day date;
begin
    for day in select d from cs_health._retraced_days("from") as d loop
        perform cs_health._retrace_day(day);
    end loop;
end
$$;
comment on procedure cs_health.retrace_journeys(date) is
    'Walks all journeys again over the scored days from a day on (default: all that are stored), with the stages as '
    'they are defined now; after save_stage(), or when history was replayed behind days that were scored before. One '
    'transaction. Plans, segments, statuses and open signals are those of now. What journeys have of days whose scores '
    'are gone stays. Refused while a run is unfinished (55000), and from a day before the first that is stored (22023)';
