-- A trial of a playbook over stored days: what would have happened had it been activated on the first. Reads only.

create function cs_health._simulated_period("from" date, "to" date, out first_day date, out last_day date)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    last_day := coalesce("to", (select max(r.as_of) from cs_health.run as r where r.finished_at is not null),
        cs_health._today() - 1);
    first_day := coalesce("from", least(last_day, last_day - 30));
    if not isfinite(first_day) or not isfinite(last_day) or first_day > last_day then
        raise exception 'no period from % to %', first_day, last_day
            using errcode = 'invalid_parameter_value', hint = 'Give a first day that is not after the last.';
    end if;
end
$$;
comment on function cs_health._simulated_period(date, date) is
    'The days of a simulation, by default the 31 up to the latest scored one';

create function cs_health._simulated_days("from" date, "to" date) returns setof date
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select r.as_of from cs_health.run as r
    where r.finished_at is not null and r.as_of between "from" and "to" and r.hidden_positions is null
    order by r.as_of
$$;
comment on function cs_health._simulated_days(date, date) is
    'Days that are scored and have no open data incident, on which alone anything begins or ends';

create function cs_health._still_match(
    playbook_id uuid, day date, tenants uuid[], sinces date[], standings text[], first_day boolean)
returns table (tenant_id uuid, since date, standing text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- arrays of all tenants are joined, whose sizes no plan knows
set jit = off
as $$
#variable_conflict use_column
declare
    low constant uuid := '00000000-0000-0000-0000-000000000000';
    high constant uuid := 'ffffffff-ffff-ffff-ffff-ffffffffffff';
    watched jsonb := cs_health._watched(_still_match.playbook_id);
    missing uuid[];
    w record;
begin
    select u.* into w from cs_health._unpack_watched(watched) as u;
    return query
    select n.tenant_id, coalesce(n.since, day), case
        when n.standing is null and first_day then 'baseline'
        when coalesce(n.standing, 'missing_data') not in ('missing_data', 'onboarding') then n.standing
        else cs_health._standing(n.tenant_id, day, coalesce(n.since, day), n.coverage, n.scorecard_id,
            n.churn_model_id, w.min_coverage, w.include_onboarding, w.by_scores, w.by_churn) end
    from (
        select h.*, s.since, s.standing from cs_health._playbook_hits(day, low, high, watched) as h
        left join unnest(tenants, sinces, standings) as s(tenant_id, since, standing) on s.tenant_id = h.tenant_id
        offset 0
    ) as n
    where n.since is not null or n.sure or cs_health._holds(n.tenant_id, day, w.trigger, w.audience);
    select array_agg(t.id) into missing
    from unnest(tenants) as t(id)
    left join cs_health._playbook_hits(day, low, high, watched) as h on h.tenant_id = t.id
    where h.tenant_id is null;
    return query -- those of whom it is not known
    select s.*
    from unnest(tenants, sinces, standings) as s(tenant_id, since, standing)
    join unnest(missing) as t(id) on t.id = s.tenant_id
    left join cs_health._playbook_hits(day, low, high, cs_health._opposite(watched), missing) as h
        on h.tenant_id = s.tenant_id and h.sure and (h.coverage >= 0.5 or not (w.by_scores or w.by_churn))
    where h.tenant_id is null;
end
$$;
comment on function cs_health._still_match(uuid, date, uuid[], date[], text[], boolean) is
    'Who matches a playbook on a stored day, given who did before and how they stood; _judge_tenants() without a table';

create function cs_health.simulate_playbook(playbook_id uuid, "from" date default null, "to" date default null)
returns table (day date, tenant_id uuid, tenant text, outcome text, reason text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- as in _still_match()
set jit = off
as $$
#variable_conflict use_column
declare
    playbook cs_health.cs_playbook;
    period record;
    last_step integer;
    first_day boolean := true;
    tenants uuid[] := '{}'; -- who matches now, since when, and how it stands
    sinces date[] := '{}';
    standings text[] := '{}';
    waited uuid[] := '{}'; -- who waits, and the reason that was given
    waited_for text[] := '{}';
    open uuid[] := '{}'; -- executions and the scored day on which each began
    opened date[] := '{}';
    past uuid[] := '{}'; -- executions and the scored day on which each ended
    past_on date[] := '{}';
    queue uuid[];
    reasons text[];
    entered uuid[];
    ended uuid[];
begin
    perform cs_health._require_playbook(simulate_playbook.playbook_id, array['active', 'paused', 'archived']);
    select p.* into playbook from cs_health.cs_playbook as p where p.id = simulate_playbook.playbook_id;
    select p.* into period from cs_health._simulated_period("from", "to") as p;
    select coalesce(max((s ->> 'day')::integer), 0) into last_step from jsonb_array_elements(playbook.steps) as s;
    for day in select d from cs_health._simulated_days(period.first_day, period.last_day) as d loop
        select array_agg(m.tenant_id), array_agg(m.since), array_agg(m.standing) into tenants, sinces, standings
        from cs_health._still_match(playbook.id, day, tenants, sinces, standings, first_day) as m;
        first_day := false;
        return query
        select day, t.id, t.name::text, case s.standing when 'baseline' then 'baseline' else 'held' end,
            nullif(s.standing, 'baseline')
        from unnest(tenants, sinces, standings) as s(id, since, standing) join cs_health.tenant as t on t.id = s.id
        where s.since = day and s.standing <> 'candidate' order by t.id;
        return query
        select day, t.id, t.name::text, 'leave', 'no longer matches'
        from unnest(waited) as q(id)
        join cs_health.tenant as t on t.id = q.id
        left join unnest(tenants) as s(id) on s.id = q.id
        where s.id is null order by t.id;
        -- what ends
        ended := array(
            select o.id from unnest(open, opened) as o(id, since)
            where day - o.since > last_step or cs_health._holds(o.id, day,
                playbook.exit_conditions, since => o.since + 1));
        return query
        select day, t.id, t.name::text, case when day - o.since > last_step then 'finish' else 'exit' end,
            case when day - o.since > last_step then 'all steps are over' else 'goal reached' end
        from unnest(open, opened) as o(id, since)
        join unnest(ended) as n(id) on n.id = o.id
        join cs_health.tenant as t on t.id = o.id order by t.id;
        past := past || ended;
        past_on := past_on || array_fill(day, array[cardinality(ended)]);
        select coalesce(array_agg(o.id), '{}'), coalesce(array_agg(o.since), '{}') into open, opened
        from unnest(open, opened) as o(id, since)
        left join unnest(ended) as n(id) on n.id = o.id
        where n.id is null;
        -- who enters
        select coalesce(array_agg(c.tenant_id order by c.place), '{}'), array_agg(c.reason order by c.place)
        into queue, reasons
        from cs_health._simulated_queue(day,
            array(select s.id from unnest(tenants, standings) as s(id, standing) where s.standing = 'candidate'), open,
            array(select o.id from unnest(past, past_on) as o(id, ended_on)
                where day - o.ended_on < playbook.cooldown_days), playbook.max_new_per_day) as c;
        return query
        select day, t.id, t.name::text, case when q.reason is null then 'enter' else 'wait' end, q.reason
        from unnest(queue, reasons) with ordinality as q(id, reason, place)
        join cs_health.tenant as t on t.id = q.id
        left join unnest(waited, waited_for) as w(id, reason) on w.id = q.id
        where q.reason is null or q.reason is distinct from w.reason order by q.place;
        select coalesce(array_agg(q.id), '{}'), coalesce(array_agg(q.reason), '{}') into waited, waited_for
        from unnest(queue, reasons) as q(id, reason) where q.reason is not null;
        entered := array(select q.id from unnest(queue, reasons) as q(id, reason) where q.reason is null);
        open := open || entered;
        opened := opened || array_fill(day, array[cardinality(entered)]);
        standings := array(
            select case when n.id is not null then 'enrolled' else s.standing end
            from unnest(tenants, standings) with ordinality as s(id, standing, nr)
            left join unnest(entered) as n(id) on n.id = s.id order by s.nr);
    end loop;
end
$$;
comment on function cs_health.simulate_playbook(uuid, date, date) is
    'What a playbook would have done had it been activated on the first of some stored days (default: the 31 up to '
    'the latest) and approved at once. outcome: baseline, matched on the first day; enter; wait, with the reason '
    'capacity, cooldown or running, once until that changes; held, with the reason configuration, missing_data, '
    'holdout or onboarding; leave, matched no longer while it waited; exit, its exit condition held; finish, its '
    'last day had passed. Days with an open data incident count as they would have. Plan, segment, status, ARR and '
    'hold-outs are those of today; what really ran is left aside. Reads only. Unknown ids and days in the wrong '
    'order are refused (22023)';

create function cs_health._simulated_queue(
    day date, candidates uuid[], running uuid[], cooling uuid[], capacity integer)
returns table (tenant_id uuid, reason text, place bigint)
language sql stable
set search_path = pg_catalog, pg_temp
set enable_nestloop = off
as $$
    select w.id, case when w.obstacle is not null then w.obstacle when w.place > capacity then 'capacity' end, w.place
    from (
        select c.id, c.obstacle, row_number() over (partition by c.obstacle is null
            order by t.arr * h.churn_probability::numeric desc nulls last, t.arr desc nulls last, c.id) as place
        from (
            select u.id, case when r.id is not null then 'running' when l.id is not null then 'cooldown' end as obstacle
            from unnest(candidates) as u(id)
            left join (select distinct a.id from unnest(running) as a(id)) as r on r.id = u.id
            left join (select distinct a.id from unnest(cooling) as a(id)) as l on l.id = u.id
        ) as c
        join cs_health.tenant as t on t.id = c.id
        left join cs_health.customer_health as h on h.tenant_id = c.id and h.as_of = day and not h.provisional
    ) as w
$$;
comment on function cs_health._simulated_queue(date, uuid[], uuid[], uuid[], integer) is
    'Who of the candidates enters, reason null, and why the others wait; _waiting_tenants() without a table';

create function cs_health.simulate_playbook_days(
    playbook_id uuid, "from" date default null, "to" date default null)
returns table (
    day date, baseline bigint, entered bigint, waiting bigint, held bigint, "left" bigint, exited bigint,
    finished bigint)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    period record;
begin
    select p.* into period from cs_health._simulated_period("from", "to") as p;
    return query
    select d.day, count(*) filter (where s.outcome = 'baseline'), count(*) filter (where s.outcome = 'enter'),
        (sum(sum((s.outcome = 'wait')::integer - s.waited)) over (order by d.day))::bigint,
        count(*) filter (where s.outcome = 'held'),
        count(*) filter (where s.outcome = 'leave'), count(*) filter (where s.outcome = 'exit'),
        count(*) filter (where s.outcome = 'finish')
    from cs_health._simulated_days(period.first_day, period.last_day) as d(day)
    left join (
        select o.*, coalesce((lag(o.outcome) over (partition by o.tenant_id order by o.day, o.nr) = 'wait')::integer, 0)
            as waited
        from cs_health.simulate_playbook(simulate_playbook_days.playbook_id, "from", "to") with ordinality
            as o(day, tenant_id, tenant, outcome, reason, nr)
    ) as s on s.day = d.day
    group by d.day order by d.day;
end
$$;
comment on function cs_health.simulate_playbook_days(uuid, date, date) is
    'simulate_playbook() in figures, one row for each scored day: how many tenants were the baseline, entered, waited '
    'that day, were held back, left while they waited, and whose execution exited or finished. Takes and refuses what '
    'simulate_playbook() does';
