-- Playbooks in the nightly run: for whom a trigger begins or ceases to hold, who enters, whose execution ends. Runs and
-- nothing else write playbook_watch and playbook_state, but for activate_playbook() and its kin.

create function cs_health._watched(playbook_id uuid default null) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select jsonb_agg(jsonb_build_object('id', p.id, 'trigger', p.trigger_conditions, 'audience', p.audience,
        'min_coverage', p.min_coverage, 'include_onboarding', p.include_onboarding, 'baseline',
        (w.trigger_conditions = p.trigger_conditions and w.audience is not distinct from p.audience) is not true)
        order by p.id)
    from cs_health.cs_playbook as p
    left join cs_health.playbook_watch as w on w.playbook_id = p.id
    where p.id = _watched.playbook_id or _watched.playbook_id is null and p.status = 'active'
$$;
comment on function cs_health._watched(uuid) is
    'What a run watches for, as it keeps it in run.playbooks: of the active playbooks, or of one. baseline: it was not '
    'watched before, or for something else';

create function cs_health._unpack_watched(watched jsonb)
returns table (
    place integer, playbook_id uuid, trigger jsonb, audience jsonb, min_coverage real, include_onboarding boolean,
    baseline boolean, by_scores boolean, by_churn boolean)
language sql immutable
set search_path = pg_catalog, pg_temp
rows 10 as $$
    select w.place::integer, (w.entry ->> 'id')::uuid, w.entry -> 'trigger', nullif(w.entry -> 'audience', 'null'),
        (w.entry ->> 'min_coverage')::real, (w.entry ->> 'include_onboarding')::boolean,
        (w.entry ->> 'baseline')::boolean,
        jsonb_path_exists(w.entry, 'strict $.**.fact ? (@ like_regex "_score$" || @ == "category" || @ == "trend"
            || @ == "coverage")'),
        jsonb_path_exists(w.entry, 'strict $.**.fact ? (@ == "churn_probability" || @ == "risk_level")')
    from jsonb_array_elements(watched) with ordinality as w(entry, place)
$$;
comment on function cs_health._unpack_watched(jsonb) is
    'run.playbooks as rows. by_scores and by_churn: whether the conditions name what follows from the scorecard or '
    'from the churn model';

create function cs_health._condition_days(condition jsonb) returns integer
language sql immutable
set search_path = pg_catalog, pg_temp as $$
    select coalesce(max(d::integer), 1) from jsonb_path_query(condition, 'strict $.**.for_days') as d
$$;
comment on function cs_health._condition_days(jsonb) is 'How many days a condition, or several in an array, look back';

create function cs_health._playbook_hits(day date, low uuid, high uuid, watched jsonb, among uuid[] default null)
returns table (
    tenant_id uuid, place integer, sure boolean, coverage real, scorecard_id integer, churn_model_id integer)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- as in _score_batch()
set plan_cache_mode = force_custom_plan
set jit = off
set work_mem = '64MB'
as $$
#variable_conflict use_column
declare
    documents jsonb;
    components boolean := jsonb_path_exists(watched, 'strict $.**.fact ? (@ like_regex "_score$"
        && @ != "overall_score")');
    stages boolean := jsonb_path_exists(watched, 'strict $.**.fact ? (@ == "stage")');
    month_start date := date_trunc('month', day::timestamp);
    month_end date := month_start + interval '1 month' - interval '1 day';
begin
    select jsonb_agg(cs_health._compile_condition(case when w.audience is null then w.trigger
        else jsonb_build_object('all', jsonb_build_array(w.trigger, w.audience)) end) order by w.place) into documents
    from cs_health._unpack_watched(watched) as w;
    return query
    select n.tenant_id, abs(n.hit), n.hit > 0, n.coverage, n.scorecard_id, n.churn_model_id
    from (
        select j.tenant_id, unnest(j.hits) as hit, j.coverage, j.scorecard_id, j.churn_model_id
        from (
            select h.tenant_id, h.coverage, h.scorecard_id, h.churn_model_id, cs_health._condition_hits(h.measures,
                h.overall_score || case when components then cs_health._component_scores(h.measures, c.document)
                    else array[null, null, null, null, null]::double precision[] end
                    || array[h.coverage, h.churn_probability]::double precision[],
                array[h.category, h.trend,
                    cs_health._risk_level(h.churn_probability, m.medium_from, m.high_from, m.critical_from),
                    t.plan_code, t.segment, j.stage, t.status],
                coalesce(s.open_signals, '{}'), documents) as hits
            from cs_health.customer_health as h
            join cs_health.tenant as t on t.id = h.tenant_id and t.id >= low and t.id < high and t.status = 'active'
                and (among is null or t.id = any (among))
            join cs_health.scorecard as c on c.id = h.scorecard_id
            left join cs_health.churn_model as m on m.id = h.churn_model_id
            left join cs_health.journey_entry as j -- as _stage_on() has it
                on stages and j.tenant_id = h.tenant_id and j.entered_on <= day
                and (j.left_on is null or j.left_on > day)
                and j.tenant_id >= low and j.tenant_id < high
            left join (
                select e.tenant_id, array_agg(e.signal_type) as open_signals from cs_health.expansion_signal as e
                where e.tenant_id >= low and e.tenant_id < high and e.status in ('new', 'contacted')
                    and e.held_reason is null and e.ceased_on is null
                group by e.tenant_id
            ) as s on s.tenant_id = h.tenant_id
            where h.as_of = (select day) and h.as_of between month_start and month_end -- as _score_batch() says
                and not h.provisional and h.tenant_id >= low and h.tenant_id < high
                and (among is null or h.tenant_id = any (among))
            offset 0
        ) as j
        where j.hits is not null
    ) as n;
end
$$;
comment on function cs_health._playbook_hits(date, uuid, uuid, jsonb, uuid[]) is
    'Which active tenants, low <= id < high, match which of the watched playbooks on a scored day. Not sure: if the '
    'for_days of its conditions hold too, see _holds(). Beside them what _standing() asks for';

create function cs_health._holds(
    tenant_id uuid, day date, condition jsonb, audience jsonb default null, since date default null)
returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_nestloop = on -- both as planned for a single tenant, although called from a batch
set plan_cache_mode = force_generic_plan
as $$
declare
    facts jsonb := cs_health._fact_days(tenant_id, day,
        least(cs_health._condition_days(jsonb_build_array(condition, audience)), day - since + 1), array(
            select n #>> '{}' from jsonb_path_query(jsonb_build_array(condition, audience), 'strict $.**.fact') as n));
begin
    return cs_health.condition_matches(facts, condition)
        and (audience is null or cs_health.condition_matches(facts, audience));
end
$$;
comment on function cs_health._holds(uuid, date, jsonb, jsonb, date) is
    'Whether a condition, and the audience where there is one, holds for a tenant as of a stored day, for_days '
    'included; null = unknown. Days before `since` are not known';

create function cs_health._opposite(watched jsonb) returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp as $$
    select jsonb_agg(jsonb_build_object('id', w.playbook_id, 'trigger', jsonb_build_object('not', c.condition))
        order by w.place)
    from cs_health._unpack_watched(watched) as w
    cross join lateral (values (w.trigger), (w.audience)) as c(condition)
    where c.condition is not null
$$;
comment on function cs_health._opposite(jsonb) is
    'What _playbook_hits() is surely hit by when a playbook definitely matches no longer, its for_days left aside. '
    'What is not known hits neither a condition nor its opposite';

create function cs_health._standing(
    tenant_id uuid, day date, since date, coverage real, scorecard_id integer, churn_model_id integer,
    min_coverage real, include_onboarding boolean, by_scores boolean, by_churn boolean)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_nestloop = on
set plan_cache_mode = force_generic_plan
as $$
begin
    return (
        select case
            when t.holdout then 'holdout'
            when not include_onboarding and t.signed_up_at >= cs_health._end_of(day - 91)
                and cs_health._is_onboarding(t.id, day) then 'onboarding'
            when by_scores and p.scorecard_id <> _standing.scorecard_id
                or by_churn and p.scorecard_id is not null
                    and p.churn_model_id is distinct from _standing.churn_model_id then 'configuration'
            when _standing.coverage < min_coverage or (by_scores or by_churn) and _standing.coverage < p.coverage
                then 'missing_data'
            else 'candidate' end
        from cs_health.tenant as t
        left join lateral (
            select h.coverage, h.scorecard_id, h.churn_model_id from cs_health.customer_health as h
            where h.tenant_id = t.id and h.as_of < since and h.as_of >= since - 30 and not h.provisional
                and not exists (
                    select from cs_health.run as r where r.as_of = h.as_of and r.hidden_positions is not null)
            order by h.as_of desc limit 1
        ) as p on true
        where t.id = _standing.tenant_id);
end
$$;
comment on function cs_health._standing(
    uuid, date, date, real, integer, integer, real, boolean, boolean, boolean) is
    'What becomes of a tenant that matches since a day: candidate, or why not. Coverage, scorecard and model are '
    'compared with those of its last row before, days with a data incident left out';

create function cs_health._drop_unwatched() returns void
language sql
set search_path = pg_catalog, pg_temp as $$
    delete from cs_health.playbook_watch as w
    where not exists (select from cs_health.cs_playbook as p where p.id = w.playbook_id and p.status = 'active');
    delete from cs_health.playbook_state as s
    where not exists (select from cs_health.cs_playbook as p where p.id = s.playbook_id and p.status = 'active');
$$;
comment on function cs_health._drop_unwatched() is 'Forgets who matches playbooks that are not active any more';

create function cs_health._watch_playbooks(day date) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    watched jsonb := cs_health._watched();
begin
    perform cs_health._drop_unwatched();
    delete from cs_health.playbook_state as s
    using cs_health._unpack_watched(watched) as w
    where s.playbook_id = w.playbook_id and w.baseline;
    update cs_health.run as r set playbooks = watched where r.as_of = day;
end
$$;
comment on function cs_health._watch_playbooks(date) is
    'Writes down which playbooks the run of a day watches for. Those that were not watched before, or for something '
    'else, get their baseline in it, whoever activated or changed them';

create function cs_health._judge_tenants(day date, low uuid, high uuid, watched jsonb) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    held record;
    missing uuid[]; -- tenants that have a state and do not match
begin
    for held in
        with playbooks as materialized (
            select w.* from cs_health._unpack_watched(watched) as w
        ), changes as materialized (
            select coalesce(h.tenant_id, s.tenant_id) as tenant_id, coalesce(h.place, s.place) as place, h.sure,
                h.coverage, h.scorecard_id, h.churn_model_id, s.since, s.standing
            from cs_health._playbook_hits(day, low, high, watched) as h
            full join (
                select n.tenant_id, w.place, n.since, n.standing
                from cs_health.playbook_state as n join playbooks as w on w.playbook_id = n.playbook_id
                where n.tenant_id >= low and n.tenant_id < high
            ) as s on s.tenant_id = h.tenant_id and s.place = h.place
            where h.tenant_id is null or s.tenant_id is null or s.standing in ('missing_data', 'onboarding')
                or s.standing = 'configuration' and s.since > day - 30
        ), begun as (
            insert into cs_health.playbook_state (tenant_id, playbook_id, since, standing)
            select c.tenant_id, w.playbook_id, day, case when w.baseline then 'baseline' else
                cs_health._standing(c.tenant_id, day, day, c.coverage, c.scorecard_id, c.churn_model_id,
                    w.min_coverage, w.include_onboarding, w.by_scores, w.by_churn) end
            from changes as c join playbooks as w on w.place = c.place
            where c.since is null and (c.sure or cs_health._holds(c.tenant_id, day, w.trigger, w.audience))
            on conflict on constraint playbook_state_pkey do nothing
            returning tenant_id, playbook_id, standing
        ), lifted as (
            update cs_health.playbook_state as u set standing = n.standing, since = day
            from (
                select c.tenant_id, w.playbook_id, cs_health._standing(c.tenant_id, day, c.since, c.coverage,
                    c.scorecard_id, c.churn_model_id, w.min_coverage, w.include_onboarding, w.by_scores,
                    w.by_churn) as standing
                from changes as c join playbooks as w on w.place = c.place
                where c.standing in ('missing_data', 'onboarding', 'configuration') and c.sure is not null
                offset 0
            ) as n
            where u.tenant_id = n.tenant_id and u.tenant_id >= low and u.tenant_id < high
                and u.playbook_id = n.playbook_id and u.standing <> n.standing
            returning u.tenant_id, u.playbook_id, u.standing
        )
        select n.tenant_id, n.playbook_id, n.standing from begun as n where n.standing = 'holdout'
        union all
        select n.tenant_id, n.playbook_id, n.standing from lifted as n where n.standing = 'holdout'
        union all
        select c.tenant_id, null, 'missing' from changes as c where c.sure is null
    loop
        if held.standing = 'holdout' then
            perform cs_health._observe(held.tenant_id, held.playbook_id, day);
        else
            missing := missing || held.tenant_id;
        end if;
    end loop;
    if missing is null then
        return;
    end if;
    with gone as (
        delete from cs_health.playbook_state as s
        using cs_health._unpack_watched(watched) as w
        where s.playbook_id = w.playbook_id and s.tenant_id = any (missing) and not exists (
            select from cs_health.tenant as t
            where t.id = s.tenant_id and t.id = any (missing) and t.status = 'active')
        returning s.tenant_id, s.playbook_id, s.since, s.standing, s.reason
    )
    insert into cs_health.playbook_missed (tenant_id, playbook_id, since, standing, reason, left_on)
    select g.tenant_id, g.playbook_id, g.since, g.standing, g.reason, t.churned_on
    from gone as g join cs_health.tenant as t on t.id = g.tenant_id and t.churned_on is not null
    where g.standing <> 'enrolled'
    on conflict on constraint playbook_missed_pkey do nothing;
    delete from cs_health.playbook_state as s
    using cs_health._playbook_hits(day, low, high, cs_health._opposite(watched), missing) as h
    join cs_health._unpack_watched(cs_health._opposite(watched)) as w on w.place = h.place
    where s.tenant_id = h.tenant_id and s.tenant_id = any (missing) and s.playbook_id = w.playbook_id and h.sure
        and (h.coverage >= 0.5 or not (w.by_scores or w.by_churn));
end
$$;
comment on function cs_health._judge_tenants(date, uuid, uuid, jsonb) is
    'Compares who matches on a day, just scored, with who did: new matches get a state, those that definitely match '
    'no longer lose theirs, all others are left as they are. Who was held for a change of scorecard or model is a '
    'candidate when that is taken back within 30 days';

create function cs_health._start_playbooks(day date) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    watched jsonb := (select r.playbooks from cs_health.run as r where r.as_of = day);
begin
    perform cs_health._keep_watch(watched, day);
    perform cs_health._drop_unwatched();
    perform cs_health._end_executions(day, watched);
    if day >= cs_health._today() - 1 then -- while days are caught up on, who enters is left to the last of them
        perform cs_health._enrol(day);
    end if;
    perform cs_health._tell_executions();
end
$$;
comment on function cs_health._start_playbooks(date) is
    'Closes a run for playbooks: baselines become what the next run compares with, executions end, and candidates '
    'enter';

create function cs_health._end_executions(day date, watched jsonb) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set jit = off as $$
declare
    execution record;
    outcome text;
    ended integer := 0;
begin
    for execution in
        select e.tenant_id, e.id, e.exit_conditions, e.started_on, e.created_at, t.time_zone, case
                when t.id is null then 'tenant is gone'
                when t.status in ('churned', 'paused', 'internal') then 'tenant is ' || t.status
                when p.id is null then 'playbook is gone'
                when p.status = 'archived' then 'playbook is archived'
                when p.trigger_type = 'expansion' and cs_health._held_now(t.id) is not null then 'tenant is at risk'
                end as out_of_it,
            p.trigger_type = 'expansion' and not exists (
                select from cs_health.expansion_signal as g
                where g.tenant_id = e.tenant_id and g.status = 'won' and g.changed_at >= e.created_at) as not_won,
            e.status = 'waiting' and p.status = 'active' and s.tenant_id is null and e.triggered_as_of <= day
                and e.playbook_id in (select w.playbook_id from cs_health._unpack_watched(watched) as w) as unmatched
        from cs_health.playbook_execution as e
        left join cs_health.tenant as t on t.id = e.tenant_id
        left join cs_health.cs_playbook as p on p.id = e.playbook_id
        left join cs_health.playbook_state as s on s.tenant_id = e.tenant_id and s.playbook_id = e.playbook_id
        where e.status in ('waiting', 'running', 'paused')
        order by e.tenant_id, e.id
    loop
        begin
            outcome := case
                when execution.out_of_it is not null then execution.out_of_it
                when execution.exit_conditions is not null and cs_health._holds(execution.tenant_id, day,
                    execution.exit_conditions, since => coalesce(execution.started_on,
                        timezone(execution.time_zone, execution.created_at)::date))
                    then case when execution.not_won then 'no longer called for' else 'goal reached' end
                when execution.unmatched then 'no longer matches' end;
            if outcome is not null then
                ended := ended + cs_health._end_execution(execution.tenant_id, execution.id,
                    case when outcome in ('goal reached', 'no longer called for', 'tenant is at risk') then 'exited'
                        else 'cancelled' end, outcome, 'engine',
                    case outcome when 'no longer matches' then 'waiting' end)::integer;
            end if;
        exception
            when transaction_rollback then
                raise;
            when others then -- one execution that cannot be judged must not keep the run from finishing
                raise warning 'execution % cannot be judged: %', execution.id, sqlerrm;
        end;
    end loop;
    return ended;
end
$$;
comment on function cs_health._end_executions(date, jsonb) is
    'Ends open executions whose exit condition holds as of a day, days before their start left aside, whose tenant '
    'or playbook is out of it, of expansion playbooks those of tenants at risk, or that still wait for approval '
    'although their trigger holds no longer; returns how many. One that cannot be judged goes on, with a warning';

create function cs_health._enrol(day date) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    playbook cs_health.cs_playbook;
    entered_today integer;
    entered integer := 0;
begin
    for playbook in
        select p.* from cs_health.cs_playbook as p
        join cs_health.playbook_watch as w on w.playbook_id = p.id
        where p.status = 'active'
        order by array_position(array['urgent', 'high', 'medium', 'low'], p.priority), p.created_at, p.id
    loop
        select count(*) into entered_today from cs_health.playbook_execution as e
        where e.playbook_id = playbook.id and e.created_at >= cs_health._end_of(cs_health._today() - 1)
            and e.created_by = 'engine' and e.status <> 'observed';
        entered := entered + cs_health._enrol_tenants(playbook.id, '{candidate}', day,
            playbook.max_new_per_day - entered_today, 'engine');
    end loop;
    return entered;
end
$$;
comment on function cs_health._enrol(date) is
    'Lets candidates enter, as many a calendar day and playbook as max_new_per_day says; returns how many';

create function cs_health._waiting_tenants(playbook_id uuid, standings text[], day date)
returns table (tenant_id uuid, obstacle text, place bigint)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off as $$
#variable_conflict use_column
declare
    playbook cs_health.cs_playbook;
begin
    select p.* into playbook from cs_health.cs_playbook as p where p.id = _waiting_tenants.playbook_id;
    return query
    select w.tenant_id, w.obstacle, row_number() over (partition by w.obstacle is null
        order by w.arr * w.churn_probability desc nulls last, w.arr desc nulls last, w.tenant_id)
    from (
        select s.tenant_id, t.arr, h.churn_probability::numeric, case
            when t.status is distinct from 'active' then 'not_active'
            when t.holdout then 'holdout'
            when h.coverage is null or h.coverage < playbook.min_coverage then 'missing_data'
            when playbook.trigger_type = 'expansion' and cs_health._held_now(t.id) is not null then 'at_risk'
            when e.running then 'running'
            when e.ended_at > cs_health._now() - playbook.cooldown_days * interval '1 day' then 'cooldown'
            when not playbook.include_onboarding and t.signed_up_at >= cs_health._end_of(day - 91)
                and cs_health._is_onboarding(t.id, day) then 'onboarding' end as obstacle
        from cs_health.playbook_state as s
        left join cs_health.tenant as t on t.id = s.tenant_id
        left join cs_health.customer_health as h
            on h.tenant_id = s.tenant_id and h.as_of = day and not h.provisional
        left join (
            select x.tenant_id, bool_or(x.ended_at is null) as running,
                max(x.ended_at) filter (where x.started_on is not null or x.status = 'observed') as ended_at
            from cs_health.playbook_execution as x
            where x.playbook_id = playbook.id and (x.ended_at is null or not x.dry_run or playbook.dry_run)
            group by x.tenant_id
        ) as e on e.tenant_id = s.tenant_id
        where s.playbook_id = playbook.id and s.standing = any (_waiting_tenants.standings)
    ) as w;
end
$$;
comment on function cs_health._waiting_tenants(uuid, text[], date) is
    'Tenants of some standings with what keeps them from entering a playbook now, and the order in which those enter '
    'whom nothing keeps: most ARR at risk (arr x churn probability) first, then most ARR';

create function cs_health._enrol_tenants(
    playbook_id uuid, standings text[], day date, capacity integer, actor text)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    initial constant text := (
        select case when p.auto_execute then 'running' else 'waiting' end
        from cs_health.cs_playbook as p where p.id = _enrol_tenants.playbook_id);
    entering uuid;
    entered integer := 0;
begin
    for entering in
        with waiting as (
            select w.tenant_id, w.obstacle is null and w.place <= capacity as enters,
                coalesce(w.obstacle, 'capacity') as reason, w.place
            from cs_health._waiting_tenants(_enrol_tenants.playbook_id, _enrol_tenants.standings, day) as w
        ), noted as (
            update cs_health.playbook_state as s set reason = w.reason
            from waiting as w
            where s.playbook_id = _enrol_tenants.playbook_id and s.tenant_id = w.tenant_id
                and s.standing = 'candidate'
                and not w.enters and s.reason is distinct from w.reason
        )
        select w.tenant_id from waiting as w where w.enters order by w.place
    loop
        entered := entered + (cs_health._create_execution(_enrol_tenants.playbook_id, entering, initial, day, actor)
            is not null)::integer;
    end loop;
    return entered;
end
$$;
comment on function cs_health._enrol_tenants(uuid, text[], date, integer, text) is
    'Lets at most `capacity` tenants of some standings enter a playbook; candidates that stay behind get the reason. '
    'Returns how many entered';

create function cs_health._cools_down(tenant_id uuid, playbook_id uuid) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select exists (
        select from cs_health.playbook_execution as e
        join cs_health.cs_playbook as p on p.id = e.playbook_id
        where e.tenant_id = _cools_down.tenant_id and e.playbook_id = _cools_down.playbook_id
            and (e.started_on is not null or e.status = 'observed')
            and (not e.dry_run or p.dry_run)
            and e.ended_at > cs_health._now() - p.cooldown_days * interval '1 day')
$$;
comment on function cs_health._cools_down(uuid, uuid) is
    'Whether an execution that had started ended less than cooldown_days ago; what was a dry run binds dry runs only';

create function cs_health._observe(tenant_id uuid, playbook_id uuid, day date) returns uuid
language sql
set search_path = pg_catalog, pg_temp as $$
    select cs_health._create_execution($2, $1, 'observed', day, 'engine') where not cs_health._cools_down($1, $2)
$$;
comment on function cs_health._observe(uuid, uuid, date) is
    'Records that a hold-out would have entered, to compare it with those that did';
