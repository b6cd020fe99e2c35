-- The life of playbooks and their executions: activated, started, approved, paused, ended.

create function cs_health.playbook_by_code(code text) returns uuid
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    found_id uuid := (select p.id from cs_health.cs_playbook as p where p.code = playbook_by_code.code);
begin
    if found_id is null then
        raise exception 'playbook "%" does not exist', regexp_replace(left(code, 60), '[^ -~]', '?', 'g')
            using errcode = 'invalid_parameter_value', hint = 'Playbooks are listed in cs_health.cs_playbook.';
    end if;
    return found_id;
end
$$;
comment on function cs_health.playbook_by_code(text) is
    'Id of the playbook with a code, which other functions take; unknown codes are refused (22023)';

create function cs_health._require_playbook(playbook_id uuid, allowed text[]) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    playbook cs_health.cs_playbook;
begin
    select p.* into playbook from cs_health.cs_playbook as p where p.id = playbook_id;
    if playbook.id is null then
        raise exception 'playbook % does not exist', playbook_id
            using errcode = 'invalid_parameter_value',
                hint = 'Playbooks are listed in cs_health.cs_playbook; playbook_by_code() finds one by its code.';
    end if;
    if playbook.status <> all (allowed) then
        raise exception 'playbook "%" is %', playbook.name, playbook.status
            using errcode = 'object_not_in_prerequisite_state', hint = case playbook.status
                when 'archived' then 'It has ended; copy it into a new row of cs_health.cs_playbook.'
                else 'activate_playbook() puts it to work.' end;
    end if;
end
$$;
comment on function cs_health._require_playbook(uuid, text[]) is 'Refuses unknown playbooks and those in other states';

create function cs_health._lock_playbook(playbook_id uuid, allowed text[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    perform from cs_health.settings for update; -- as runs do: no baseline is taken twice
    perform from cs_health.cs_playbook as p where p.id = playbook_id for update;
    perform cs_health._require_playbook(playbook_id, allowed);
end
$$;
comment on function cs_health._lock_playbook(uuid, text[]) is
    'As _require_playbook(); keeps runs and others that change playbooks waiting';

create function cs_health.activate_playbook(playbook_id uuid)
returns table (as_of date, tenants bigint, ready bigint, arr numeric, arr_at_risk numeric)
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    latest cs_health.run;
begin
    perform cs_health._lock_playbook(activate_playbook.playbook_id, array['active', 'paused']);
    perform cs_health._drop_unwatched(); -- of this one too, if it was paused without pause_playbook()
    update cs_health.cs_playbook as p set status = 'active'
    where p.id = activate_playbook.playbook_id and p.status <> 'active';
    select r.* into latest from cs_health.run as r where r.finished_at is not null order by r.as_of desc limit 1;
    if latest.as_of is not null and latest.hidden_positions is null then
        perform cs_health._take_baseline(activate_playbook.playbook_id, latest.as_of);
    end if;
    return query
    select (select w.since from cs_health.playbook_watch as w where w.playbook_id = activate_playbook.playbook_id),
        count(b.tenant_id), count(b.tenant_id) filter (where b.obstacle is null), sum(b.arr), sum(b.arr_at_risk)
    from cs_health.baseline_tenants(activate_playbook.playbook_id) as b;
end
$$;
comment on function cs_health.activate_playbook(uuid) is
    'Puts a playbook to work: tenants that match its trigger from the next run on enter it. Those that match already '
    'are its baseline and stay out until enrol_existing(). Returns the baseline: as_of, the scored day it was taken '
    'on (null: the next run takes it, since nothing is scored yet or the latest day has a data incident), how many '
    'tenants, how many of them could enter now, their ARR, and ARR x churn probability. Unknown ids are refused '
    '(22023), archived playbooks too (55000)';

create function cs_health._take_baseline(playbook_id uuid, day date) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    watched jsonb := cs_health._watched(_take_baseline.playbook_id);
    playbook record;
begin
    select w.* into playbook from cs_health._unpack_watched(watched) as w;
    if not playbook.baseline then
        return;
    end if;
    delete from cs_health.playbook_state as s where s.playbook_id = playbook.playbook_id;
    insert into cs_health.playbook_state (tenant_id, playbook_id, since, standing)
    select h.tenant_id, playbook.playbook_id, day, 'baseline'
    from cs_health._playbook_hits(day, '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff',
        watched) as h
    where h.sure or cs_health._holds(h.tenant_id, day, playbook.trigger, playbook.audience);
    perform cs_health._keep_watch(watched, day);
end
$$;
comment on function cs_health._take_baseline(uuid, date) is
    'Notes who matches a playbook on a stored day, and that runs watch for it from then on; does nothing where they do '
    'already';

create function cs_health._keep_watch(watched jsonb, day date) returns void
language sql
set search_path = pg_catalog, pg_temp as $$
    insert into cs_health.playbook_watch as w (playbook_id, trigger_conditions, audience, since)
    select n.playbook_id, n.trigger, n.audience, day
    from cs_health._unpack_watched(watched) as n
    join cs_health.cs_playbook as p on p.id = n.playbook_id
    where n.baseline
    on conflict on constraint playbook_watch_pkey do update
    set trigger_conditions = excluded.trigger_conditions, audience = excluded.audience, since = excluded.since
$$;
comment on function cs_health._keep_watch(jsonb, date) is 'Notes that playbooks have their baseline, and what it is of';

create function cs_health.baseline_tenants(playbook_id uuid)
returns table (
    tenant_id uuid, tenant text, since date, overall_score integer, category text, churn_probability real, arr numeric,
    arr_at_risk numeric, obstacle text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    day date := (select max(r.as_of) from cs_health.run as r where r.finished_at is not null);
begin
    perform cs_health._require_playbook(baseline_tenants.playbook_id, array['active', 'paused', 'archived']);
    return query
    select w.tenant_id, t.name, s.since, h.overall_score::integer, h.category, h.churn_probability, t.arr,
        round(t.arr * h.churn_probability::numeric, 2), w.obstacle
    from cs_health._waiting_tenants(baseline_tenants.playbook_id,
        '{baseline,configuration,missing_data}', day) as w
    join cs_health.playbook_state as s
        on s.tenant_id = w.tenant_id and s.playbook_id = baseline_tenants.playbook_id
    join cs_health.tenant as t on t.id = w.tenant_id
    left join cs_health.customer_health as h on h.tenant_id = w.tenant_id and h.as_of = day and not h.provisional
    order by w.obstacle is not null, w.place;
end
$$;
comment on function cs_health.baseline_tenants(uuid) is
    'Tenants that match a playbook and that runs leave to people: they matched before it was activated, or since its '
    'scorecard or model changed, or since something is no longer observed. In the order in which enrol_existing() '
    'takes them: most ARR at risk first, figures of the latest scored day. obstacle: why one could not enter now, '
    'null = nothing. Unknown ids are refused (22023)';

create function cs_health.enrol_existing(playbook_id uuid, max_tenants integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    perform cs_health._lock_playbook(enrol_existing.playbook_id, array['active']);
    if max_tenants is null or max_tenants < 1 then
        raise exception 'max_tenants must be at least 1, not %', coalesce(max_tenants::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'baseline_tenants() lists who would enter, in order.';
    end if;
    return cs_health._enrol_tenants(enrol_existing.playbook_id,
        '{baseline,configuration,missing_data}',
        (select max(r.as_of) from cs_health.run as r where r.finished_at is not null), max_tenants,
        cs_health._author());
end
$$;
comment on function cs_health.enrol_existing(uuid, integer) is
    'Lets at most max_tenants of baseline_tenants() enter a playbook now, most ARR at risk first, and returns how many '
    'did; max_new_per_day does not bind it, hold-outs, cooldown and the other brakes do. Unknown ids and numbers below '
    '1 are refused (22023), playbooks that are not active too (55000)';

create function cs_health.pause_playbook(playbook_id uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    perform cs_health._lock_playbook(pause_playbook.playbook_id, array['active', 'paused']);
    update cs_health.cs_playbook as p set status = 'paused'
    where p.id = pause_playbook.playbook_id and p.status <> 'paused';
    perform cs_health._drop_unwatched();
end
$$;
comment on function cs_health.pause_playbook(uuid) is
    'No tenant enters a playbook until activate_playbook(), which takes a new baseline; executions go on. Unknown ids '
    'are refused (22023), archived playbooks too (55000)';

create function cs_health.archive_playbook(playbook_id uuid) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    ended bigint;
begin
    perform cs_health._lock_playbook(archive_playbook.playbook_id, array['active', 'paused', 'archived']);
    update cs_health.cs_playbook as p set status = 'archived'
    where p.id = archive_playbook.playbook_id and p.status <> 'archived';
    perform cs_health._drop_unwatched();
    select count(*) filter (where cs_health._end_execution(e.tenant_id, e.id, 'cancelled', 'playbook is archived',
        cs_health._author())) into ended
    from (
        select o.tenant_id, o.id from cs_health.playbook_execution as o
        where o.playbook_id = archive_playbook.playbook_id and o.ended_at is null order by o.tenant_id offset 0
    ) as e;
    return ended;
end
$$;
comment on function cs_health.archive_playbook(uuid) is
    'Ends a playbook for good and cancels its open executions; returns how many. Unknown ids are refused (22023)';

create function cs_health._note(
    tenant_id uuid, execution_id uuid, actor text, action text, step_no integer default null, reason text default null)
returns void
language sql
set search_path = pg_catalog, pg_temp as $$
    insert into cs_health.playbook_history (tenant_id, execution_id, at, actor, step_no, action, reason)
    values ($1, $2, cs_health._now(), $3, $5, $4, $6)
$$;
comment on function cs_health._note(uuid, uuid, text, text, integer, text) is
    'Adds what happened to an execution to its history';

create function cs_health._first_day(zone text) returns date
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select n.at::date + (n.at::time >= g.open_until)::integer
    from cs_health.settings as g cross join (select timezone(zone, cs_health._now()) as at) as n
$$;
comment on function cs_health._first_day(text) is
    'Day 0 of what starts now: today in a time zone, tomorrow once it is closed there. A run at night is still the day '
    'before further west, whose evening would leave no day between the first two steps';

create function cs_health._step_time(zone text, started_on date, day integer) returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select case day when 0 then greatest(o.at, cs_health._now()) else o.at end
    from cs_health.settings as g cross join timezone(zone, started_on + day + g.open_from) as o(at)
$$;
comment on function cs_health._step_time(text, date, integer) is
    'When a step is due: when the hours open on its day in a time zone, on day 0 not before now';

create function cs_health._scored_day(tenant_id uuid) returns date
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select max(h.as_of) from cs_health.customer_health as h
    where h.tenant_id = _scored_day.tenant_id and not h.provisional
$$;
comment on function cs_health._scored_day(uuid) is 'The latest scored day of a tenant; null = there is none';

create function cs_health._trigger_reasons(playbook_id uuid, tenant_id uuid, day date) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select case when day is null then '[]' else cs_health._condition_reasons(cs_health._fact_days(
        _trigger_reasons.tenant_id, day, cs_health._condition_days(p.trigger_conditions)), p.trigger_conditions) end
    from cs_health.cs_playbook as p where p.id = _trigger_reasons.playbook_id
$$;
comment on function cs_health._trigger_reasons(uuid, uuid, date) is
    'What of a playbook''s trigger held for a tenant as of a scored day; empty when none is scored';

create function cs_health._create_execution(
    playbook_id uuid, tenant_id uuid, status text, day date, actor text, reason text default null)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    playbook cs_health.cs_playbook;
    made uuid;
    reached boolean := false;
begin
    select p.* into playbook from cs_health.cs_playbook as p where p.id = _create_execution.playbook_id;
    if day is not null then
        reached := actor <> 'engine' and coalesce(
            cs_health._holds(_create_execution.tenant_id, day, playbook.exit_conditions), false);
    end if;
    insert into cs_health.playbook_execution (
        tenant_id, playbook_id, playbook_name, status, created_at, created_by, started_on, triggered_as_of, trigger,
        steps, params, exit_conditions, dry_run, ended_at)
    select t.id, playbook.id, playbook.name, _create_execution.status, cs_health._now(), actor,
        case when _create_execution.status = 'running' then cs_health._first_day(t.time_zone) end,
        case when actor = 'engine' then day end, cs_health._trigger_reasons(playbook.id, t.id, day), playbook.steps,
        playbook.params,
        case when not reached then playbook.exit_conditions end, playbook.dry_run,
        case when _create_execution.status = 'observed' then cs_health._now() end
    from cs_health.tenant as t where t.id = _create_execution.tenant_id
    on conflict (tenant_id, playbook_id) where status in ('waiting', 'running', 'paused') do nothing
    returning id into made;
    if made is null then
        return null;
    end if;
    perform cs_health._note(_create_execution.tenant_id, made, actor,
        case _create_execution.status when 'running' then 'started' else _create_execution.status end, null, reason);
    if reached then
        perform cs_health._note(_create_execution.tenant_id, made, actor, 'without exit', null,
            'the exit condition held already');
    end if;
    if _create_execution.status = 'running' then
        perform cs_health._plan_steps(_create_execution.tenant_id, made);
    end if;
    if _create_execution.status <> 'observed' then
        update cs_health.playbook_state as s set standing = 'enrolled', reason = null
        where s.tenant_id = _create_execution.tenant_id and s.playbook_id = playbook.id;
    end if;
    return made;
end
$$;
comment on function cs_health._create_execution(uuid, uuid, text, date, text, text) is
    'Makes an execution: waiting, running from today on, or observed; null when one of that playbook is open for the '
    'tenant. `day`: the scored day whose facts are the reasons; null = none is scored. Where the exit condition holds '
    'already when a person starts it, the execution has none';

create function cs_health._plan_steps(tenant_id uuid, execution_id uuid) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    planned integer;
begin
    insert into cs_health.playbook_step (tenant_id, execution_id, step_no, day, action, channel, due_at, planned_at)
    select e.tenant_id, e.id, s.step_no, s.day, s.action, s.channel, p.at, p.at
    from cs_health.playbook_execution as e
    join cs_health.tenant as t on t.id = e.tenant_id
    cross join lateral (
        select s.step_no::integer, (s.step ->> 'day')::integer as day, s.step ->> 'action' as action,
            s.step ->> 'channel' as channel
        from jsonb_array_elements(e.steps) with ordinality as s(step, step_no)
    ) as s
    cross join cs_health._step_time(t.time_zone, e.started_on, s.day) as p(at)
    where e.tenant_id = _plan_steps.tenant_id and e.id = _plan_steps.execution_id and e.started_on is not null
    on conflict on constraint playbook_step_pkey do nothing;
    get diagnostics planned = row_count;
    return planned;
end
$$;
comment on function cs_health._plan_steps(uuid, uuid) is
    'Makes the steps of an execution that has started, each due when the hours open on its day in the tenant''s time '
    'zone, those of day 0 not before now; returns how many';

create function cs_health._lock_execution(
    execution_id uuid, allowed text[], what text, reason text default null)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    execution cs_health.playbook_execution;
begin
    select e.* into execution from cs_health.playbook_execution as e where e.id = execution_id for update;
    if execution.id is null then
        raise exception 'execution % does not exist', execution_id
            using errcode = 'invalid_parameter_value',
                hint = 'Executions are listed in cs_health.playbook_execution.';
    end if;
    if execution.status <> all (allowed) then
        raise exception 'execution % is % and cannot be %', execution.id, execution.status, what
            using errcode = 'object_not_in_prerequisite_state',
                hint = format('Only one that is %s can.', array_to_string(allowed, ' or '));
    end if;
    if length(reason) > 2000 then
        raise exception 'reason has % characters, at most 2000', length(reason)
            using errcode = 'invalid_parameter_value', hint = 'Shorten it.';
    end if;
    return execution.tenant_id;
end
$$;
comment on function cs_health._lock_execution(uuid, text[], text, text) is
    'Locks an execution in one of the allowed states and returns its tenant; refuses unknown ids, other states and '
    'reasons that are too long. Whoever changes steps locks their execution first';

create function cs_health._require_customer(tenant_id uuid) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    tenant cs_health.tenant;
begin
    perform cs_health._require_tenant(_require_customer.tenant_id);
    select t.* into tenant from cs_health.tenant as t where t.id = _require_customer.tenant_id;
    if tenant.status in ('churned', 'paused', 'internal') then
        raise exception 'tenant % is %', tenant.id, tenant.status
            using errcode = 'object_not_in_prerequisite_state', hint = 'Playbooks run for active and trial tenants.';
    end if;
    if tenant.holdout then
        raise exception 'tenant % is a hold-out', tenant.id
            using errcode = 'object_not_in_prerequisite_state',
                detail = 'Hold-outs are left alone by every playbook, to measure what playbooks are worth.',
                hint = 'Set tenant.holdout to false first.';
    end if;
end
$$;
comment on function cs_health._require_customer(uuid) is 'Refuses tenants for whom no playbook may run';

create function cs_health.execute_playbook(playbook_id uuid, tenant_id uuid, note text default null) returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    made uuid;
begin
    perform cs_health._require_playbook(execute_playbook.playbook_id, array['active', 'paused']);
    if length(execute_playbook.note) > 2000 then
        raise exception 'note has % characters, at most 2000', length(execute_playbook.note)
            using errcode = 'invalid_parameter_value', hint = 'Shorten it.';
    end if;
    perform cs_health._require_customer(execute_playbook.tenant_id);
    made := cs_health._create_execution(execute_playbook.playbook_id, execute_playbook.tenant_id, 'running',
        cs_health._scored_day(execute_playbook.tenant_id), cs_health._author(), nullif(execute_playbook.note, ''));
    if made is null then
        raise exception 'playbook % runs for tenant % already', execute_playbook.playbook_id,
            execute_playbook.tenant_id
            using errcode = 'unique_violation',
                hint = 'See cs_health.playbook_execution; approve, resume or cancel that execution.';
    end if;
    return made;
end
$$;
comment on function cs_health.execute_playbook(uuid, uuid, text) is
    'Starts a playbook for a tenant by hand and returns the id of the execution, which runs at once, whatever trigger, '
    'cooldown and coverage say, paused playbooks included; `note` says why. Unknown ids are refused (22023), so are '
    'archived playbooks, hold-outs and tenants that are churned, paused or internal (55000), and a second execution '
    'while one is open (23505)';

create function cs_health.approve_execution(execution_id uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    tenant uuid := cs_health._lock_execution(approve_execution.execution_id, array['waiting'], 'approved');
    playbook_status text;
begin
    perform cs_health._require_customer(tenant);
    select p.status into playbook_status
    from cs_health.playbook_execution as e join cs_health.cs_playbook as p on p.id = e.playbook_id
    where e.tenant_id = tenant and e.id = approve_execution.execution_id;
    if coalesce(playbook_status, 'archived') = 'archived' then
        raise exception 'the playbook of execution % is %', approve_execution.execution_id,
            coalesce(playbook_status, 'gone')
            using errcode = 'object_not_in_prerequisite_state', hint = 'Cancel it with cancel_execution().';
    end if;
    update cs_health.playbook_execution as e
    set status = 'running', started_on = cs_health._first_day(t.time_zone), approved_at = cs_health._now(),
        approved_by = cs_health._author()
    from cs_health.tenant as t
    where e.tenant_id = tenant and e.id = approve_execution.execution_id and t.id = e.tenant_id;
    perform cs_health._note(tenant, approve_execution.execution_id, cs_health._author(), 'approved');
    perform cs_health._plan_steps(tenant, approve_execution.execution_id);
end
$$;
comment on function cs_health.approve_execution(uuid) is
    'Lets an execution run that waited for approval; today is its day 0. Unknown ids are refused (22023), so are '
    'executions that do not wait or whose playbook is archived or gone, and tenants for whom no playbook may run '
    '(55000)';

create function cs_health.pause_execution(execution_id uuid, reason text default null) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    tenant uuid := cs_health._lock_execution(pause_execution.execution_id, array['running'], 'paused', reason);
begin
    update cs_health.playbook_execution as e set status = 'paused', paused_at = cs_health._now()
    where e.tenant_id = tenant and e.id = pause_execution.execution_id;
    perform cs_health._note(tenant, pause_execution.execution_id, cs_health._author(), 'paused', null, reason);
end
$$;
comment on function cs_health.pause_execution(uuid, text) is
    'Holds a running execution until resume_execution(); what is in the outbox already still goes, on its day. A '
    'reason has at most 2000 characters. Unknown ids are refused (22023), executions that do not run too (55000)';

create function cs_health.resume_execution(execution_id uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    tenant uuid := cs_health._lock_execution(resume_execution.execution_id, array['paused'], 'resumed');
    zone text;
    days integer;
begin
    perform cs_health._require_customer(tenant);
    select t.time_zone, timezone(t.time_zone, cs_health._now())::date - timezone(t.time_zone, e.paused_at)::date
    into zone, days
    from cs_health.playbook_execution as e join cs_health.tenant as t on t.id = e.tenant_id
    where e.tenant_id = tenant and e.id = resume_execution.execution_id;
    update cs_health.playbook_step as s
    set due_at = timezone(zone, timezone(zone, s.due_at) + days * interval '1 day'),
        planned_at = timezone(zone, timezone(zone, s.planned_at) + days * interval '1 day')
    where s.tenant_id = tenant and s.execution_id = resume_execution.execution_id
        and s.status in ('pending', 'approval', 'held') and days > 0;
    update cs_health.playbook_execution as e set status = 'running', paused_at = null
    where e.tenant_id = tenant and e.id = resume_execution.execution_id;
    perform cs_health._note(tenant, resume_execution.execution_id, cs_health._author(), 'resumed');
    perform cs_health._close_finished(tenant, resume_execution.execution_id);
end
$$;
comment on function cs_health.resume_execution(uuid) is
    'Lets a paused execution go on: its remaining steps move by as many days as it was paused, in the tenant''s time '
    'zone. Unknown ids are refused (22023), so are executions that are not paused and tenants for whom no playbook '
    'may run (55000)';

create function cs_health.cancel_execution(execution_id uuid, reason text default null) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    tenant uuid := cs_health._lock_execution(cancel_execution.execution_id, array['waiting', 'running', 'paused'],
        'cancelled', reason);
begin
    perform cs_health._end_execution(tenant, cancel_execution.execution_id, 'cancelled',
        coalesce(nullif(reason, ''), 'cancelled'), cs_health._author());
end
$$;
comment on function cs_health.cancel_execution(uuid, text) is
    'Ends an execution: remaining steps, open tasks and banners of it are taken back, and with the next '
    'run_playbooks() what still waits to be sent to the customer. A reason has at most 2000 characters. Unknown '
    'ids are refused (22023), executions that have ended too (55000)';

create function cs_health.resolve_execution(execution_id uuid, outcome text default 'resolved') returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    tenant uuid := cs_health._lock_execution(resolve_execution.execution_id, array['waiting', 'running', 'paused'],
        'resolved', outcome);
begin
    perform cs_health._end_execution(tenant, resolve_execution.execution_id, 'exited',
        coalesce(nullif(outcome, ''), 'resolved'), cs_health._author());
end
$$;
comment on function cs_health.resolve_execution(uuid, text) is
    'Says that what a playbook was started for is settled, and how, in at most 2000 characters; ends the execution as '
    'cancel_execution() does. Unknown ids are refused (22023), executions that have ended too (55000)';

create function cs_health._end_execution(
    tenant_id uuid, execution_id uuid, status text, outcome text, actor text, still text default null)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    update cs_health.playbook_execution as e
    set status = _end_execution.status, outcome = _end_execution.outcome, ended_at = cs_health._now(), paused_at = null
    where e.tenant_id = _end_execution.tenant_id and e.id = _end_execution.execution_id and e.ended_at is null
        and e.status = coalesce(still, e.status);
    if not found then
        return false;
    end if;
    update cs_health.playbook_step as s set status = 'cancelled', ended_at = cs_health._now()
    where s.tenant_id = _end_execution.tenant_id and s.execution_id = _end_execution.execution_id
        and (s.status in ('pending', 'approval', 'held') or s.status = 'queued' and s.outbox_id is null);
    update cs_health.task as k set status = 'cancelled', ended_at = cs_health._now(), ended_by = actor
    where k.tenant_id = _end_execution.tenant_id and k.execution_id = _end_execution.execution_id
        and k.status = 'open';
    update cs_health.in_app_message as m set expires_at = cs_health._now()
    where m.tenant_id = _end_execution.tenant_id and m.execution_id = _end_execution.execution_id
        and m.expires_at > cs_health._now();
    perform cs_health._note(_end_execution.tenant_id, _end_execution.execution_id, actor, _end_execution.status, null,
        _end_execution.outcome);
    return true;
end
$$;
comment on function cs_health._end_execution(uuid, uuid, text, text, text, text) is
    'Ends an open execution with what is left of it; false when it had ended already, or is not `still` in the status '
    'that was the reason';

create function cs_health._close_finished(tenant_id uuid, execution_id uuid) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform from cs_health.playbook_execution as e
    where e.tenant_id = _close_finished.tenant_id and e.id = _close_finished.execution_id and e.status = 'running'
    for update;
    if not found or exists (
        select from cs_health.playbook_step as s
        where s.tenant_id = _close_finished.tenant_id and s.execution_id = _close_finished.execution_id
            and s.status in ('pending', 'approval', 'held', 'queued')) then
        return false;
    end if;
    update cs_health.playbook_execution as e
    set status = 'finished', outcome = 'all steps are over', ended_at = cs_health._now()
    where e.tenant_id = _close_finished.tenant_id and e.id = _close_finished.execution_id;
    perform cs_health._note(_close_finished.tenant_id, _close_finished.execution_id, 'engine', 'finished');
    return true;
end
$$;
comment on function cs_health._close_finished(uuid, uuid) is
    'Finishes a running execution when none of its steps is open any more; says whether it did';

create function cs_health._tell_executions() returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    execution record;
    told integer := 0;
begin
    for execution in
        select e.*, e.ended_at is not null and u.tenant_id is null as over
        from cs_health.playbook_execution as e
        left join lateral ( -- step.done of its last steps comes before playbook.finished
            select s.tenant_id from cs_health.playbook_step as s
            where s.tenant_id = e.tenant_id and s.execution_id = e.id and s.told_at is null
                and s.status in ('sent', 'done', 'skipped', 'failed')
            limit 1
        ) as u on true
        where e.started_on is not null
            and (e.told is null or e.told = 'started' and e.ended_at is not null and u.tenant_id is null)
        order by e.created_at
        for update of e skip locked
    loop
        if execution.told is null then
            perform cs_health._emit('playbook.started', execution.tenant_id, jsonb_build_object(
                'execution_id', execution.id, 'playbook_id', execution.playbook_id,
                'playbook', execution.playbook_name, 'trigger', execution.trigger,
                'started_by', coalesce(execution.approved_by, execution.created_by), 'dry_run', execution.dry_run),
                execution.id::text);
        end if;
        if execution.over then
            perform cs_health._emit('playbook.finished', execution.tenant_id, jsonb_build_object(
                'execution_id', execution.id, 'playbook_id', execution.playbook_id,
                'playbook', execution.playbook_name, 'status', execution.status, 'outcome', execution.outcome,
                'dry_run', execution.dry_run),
                execution.id::text);
        end if;
        update cs_health.playbook_execution as e
        set told = case when execution.over then 'finished' else 'started' end
        where e.tenant_id = execution.tenant_id and e.id = execution.id;
        told := told + 1;
    end loop;
    return told;
end
$$;
comment on function cs_health._tell_executions() is
    'Tells webhooks of executions that have started or ended since it was called last; returns how many. Apart from '
    'the functions that start and end them, so that colleagues who call those need no right on the outbox';
