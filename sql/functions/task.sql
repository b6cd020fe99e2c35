-- What colleagues have to do: tasks from playbooks, from messages that could not be sent, and by hand.

create function cs_health._open_task(
    tenant_id uuid, kind text, title text, detail text, assignee text, due_on date, source_key text,
    execution_id uuid default null, step_no integer default null)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    made uuid;
begin
    insert into cs_health.task as t (
        tenant_id, source_key, kind, title, detail, assignee, due_on, execution_id, step_no, created_at)
    values (tenant_id, source_key, kind, left(title, 300), detail, assignee, due_on, execution_id, step_no,
        cs_health._now())
    on conflict on constraint task_source_key_key do nothing
    returning t.id into made;
    return made;
end
$$;
comment on function cs_health._open_task(uuid, text, text, text, text, date, text, uuid, integer) is
    'Makes a task and returns its id; null when its source_key was there already';

create function cs_health._lock_task(
    id uuid, out tenant_id uuid, out kind text, out title text, out execution_id uuid, out step_no integer)
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    task cs_health.task;
begin
    select t.* into task from cs_health.task as t where t.id = _lock_task.id;
    if task.execution_id is not null then -- in the order in which the runner locks
        perform from cs_health.playbook_execution as e
        where e.tenant_id = task.tenant_id and e.id = task.execution_id
        for update;
    end if;
    select t.* into task from cs_health.task as t where t.tenant_id = task.tenant_id and t.id = _lock_task.id
    for update;
    if task.id is null then
        raise exception 'task % does not exist', coalesce(_lock_task.id::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'cs_health.task lists them.';
    end if;
    if task.status <> 'open' then
        raise exception 'task % is % already', task.id, task.status
            using errcode = 'object_not_in_prerequisite_state', detail = format('%s ended it at %s.',
                task.ended_by, task.ended_at), hint = 'Make a new one with create_task().';
    end if;
    tenant_id := task.tenant_id;
    kind := task.kind;
    title := task.title;
    execution_id := task.execution_id;
    step_no := task.step_no;
end
$$;
comment on function cs_health._lock_task(uuid) is 'Locks an open task, after its execution; others are refused';

create function cs_health._require_colleague(name text, email text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    if cs_health._is_colleague(email) is not true then
        raise exception '% must be a colleague, not %', name,
            coalesce(regexp_replace(left(email, 50), '[^ -~]', '?', 'g'), 'null')
            using errcode = 'invalid_parameter_value',
                hint = 'Pass the e-mail of somebody in cs_health.csm, or add him or her there.';
    end if;
end
$$;
comment on function cs_health._require_colleague(text, text) is 'Refuses e-mails that are no colleague''s';

create function cs_health._require_text(name text, value text, longest integer) returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp as $$
begin
    if (value ~ '[^[:space:]]') is not true then
        raise exception '% is empty', name
            using errcode = 'invalid_parameter_value', hint = 'Say it in a few words.';
    end if;
    if length(value) > longest then
        raise exception '% has % characters, at most %', name, length(value), longest
            using errcode = 'invalid_parameter_value', hint = 'Shorten it.';
    end if;
end
$$;
comment on function cs_health._require_text(text, text, integer) is 'Refuses texts that are null, blank or too long';

create function cs_health.create_task(
    tenant_id uuid, title text, detail text default null, due_on date default null, assignee text default null)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    due date := coalesce(create_task.due_on, cs_health._today());
    who text := coalesce(create_task.assignee, nullif(cs_health.current_csm(), ''),
        cs_health._assignee(create_task.tenant_id));
begin
    perform cs_health._require_tenant(create_task.tenant_id);
    perform cs_health._require_text('title', create_task.title, 255);
    if create_task.detail is not null then
        perform cs_health._require_text('detail', create_task.detail, 10000);
    end if;
    if (due between cs_health._today() and cs_health._today() + 3650) is not true then
        raise exception 'due_on must be from % to %, not %', cs_health._today(), cs_health._today() + 3650, due
            using errcode = 'invalid_parameter_value', hint = 'Leave it out for today.';
    end if;
    if who is not null then
        perform cs_health._require_colleague('assignee', who);
    end if;
    return cs_health._open_task(create_task.tenant_id, 'manual', create_task.title, create_task.detail, who, due,
        'manual ' || gen_random_uuid());
end
$$;
comment on function cs_health.create_task(uuid, text, text, date, text) is
    'Makes a task by hand and returns its id: title of at most 255 characters, detail of at most 10000 or null, due_on '
    'from today on (default: today in settings.time_zone), assignee a colleague''s e-mail (default: the CSM who asks, '
    'else the tenant''s). Anything else is refused (22023)';

create function cs_health.complete_task(id uuid, outcome text, note text default null) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    task record;
begin
    task := cs_health._lock_task(complete_task.id);
    perform cs_health._require_text('outcome', complete_task.outcome, 100);
    if complete_task.note is not null then
        perform cs_health._require_text('note', complete_task.note, 10000);
    end if;
    update cs_health.task as t
    set status = 'done', outcome = complete_task.outcome,
        note = nullif(left(concat_ws(E'\n', complete_task.note, t.note), 10000), ''), ended_at = cs_health._now(),
        ended_by = cs_health._author()
    where t.tenant_id = task.tenant_id and t.id = complete_task.id;
    insert into cs_health.touchpoint (tenant_id, kind, direction, at, channel, actor, detail)
    values (task.tenant_id,
        case when complete_task.outcome = 'meeting_booked' then 'meeting_booked'
            when task.kind = 'call' then 'call' else 'note' end,
        case when task.kind = 'call' then 'outbound' else 'internal' end,
        cs_health._now(), case when task.kind = 'call' then 'call' end, cs_health._author(),
        concat_ws(': ', task.title, complete_task.outcome, complete_task.note));
    if task.kind in ('call', 'internal') and exists (
        select from cs_health.playbook_step as s
        where s.tenant_id = task.tenant_id and s.execution_id = task.execution_id and s.step_no = task.step_no
            and s.status = 'queued' and s.outbox_id is null)
    then
        perform cs_health._put_step(task.tenant_id, task.execution_id, task.step_no, 'done', complete_task.outcome,
            actor => cs_health._author());
        if complete_task.outcome = 'resolved' then
            perform cs_health._end_execution(task.tenant_id, task.execution_id, 'exited', 'resolved',
                cs_health._author());
        end if;
    end if;
end
$$;
comment on function cs_health.complete_task(uuid, text, text) is
    'Ends a task with an outcome of at most 100 characters (reached, no_answer, meeting_booked, resolved, … or a word '
    'of yours) and a note of at most 10000 or null. The outcome becomes a touchpoint, and the step of the playbook '
    'that the task came from is done; resolved ends the playbook for the tenant, as resolve_execution() does. Unknown '
    'tasks are refused (22023), and those that ended (55000)';

create function cs_health.reassign_task(id uuid, assignee text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    task record;
begin
    task := cs_health._lock_task(reassign_task.id);
    perform cs_health._require_colleague('assignee', reassign_task.assignee);
    update cs_health.task as t set assignee = reassign_task.assignee
    where t.tenant_id = task.tenant_id and t.id = reassign_task.id;
    if task.execution_id is not null then
        perform cs_health._note(task.tenant_id, task.execution_id, cs_health._author(), 'task reassigned',
            step_no => task.step_no, reason => reassign_task.assignee);
    end if;
end
$$;
comment on function cs_health.reassign_task(uuid, text) is
    'Gives an open task to another colleague, by e-mail. Unknown tasks and people who are no colleagues are refused '
    '(22023), and tasks that ended (55000)';

create function cs_health.snooze_task(id uuid, until date, reason text default null) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    task record;
    today date := cs_health._today();
    last_day date := (cs_health._today() + interval '1 year')::date;
    due date;
begin
    task := cs_health._lock_task(snooze_task.id);
    if (snooze_task.until between today + 1 and last_day) is not true then
        raise exception 'until must be from % to %, not %', today + 1, last_day,
            coalesce(snooze_task.until::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'Put it off to a day after today, within a year.';
    end if;
    if snooze_task.reason is not null then
        perform cs_health._require_text('reason', snooze_task.reason, 2000);
    end if;
    select t.due_on into due from cs_health.task as t where t.tenant_id = task.tenant_id and t.id = snooze_task.id;
    update cs_health.task as t
    set due_on = snooze_task.until,
        note = left(concat_ws(E'\n', concat_ws(': ', due || ' → ' || snooze_task.until, snooze_task.reason), t.note),
            10000)
    where t.tenant_id = task.tenant_id and t.id = snooze_task.id;
    if task.execution_id is not null then
        perform cs_health._note(task.tenant_id, task.execution_id, cs_health._author(), 'task snoozed',
            step_no => task.step_no, reason => left(concat_ws(': ', snooze_task.until, snooze_task.reason), 2000));
    end if;
end
$$;
comment on function cs_health.snooze_task(uuid, date, text) is
    'Moves the day by which an open task is to be done to one after today, at most a year ahead. Its note says from '
    'when to when, and the reason (at most 2000 characters) if there is one. Unknown tasks and other days are refused '
    '(22023), and tasks that ended (55000)';

create function cs_health._tell_overdue() returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    task cs_health.task;
    told integer := 0;
begin
    for task in
        select t.* from cs_health.task as t
        where t.status = 'open' and t.overdue_at is null and t.due_on < cs_health._today()
        order by t.due_on
        limit 500 for update skip locked
    loop
        update cs_health.task as t set overdue_at = cs_health._now()
        where t.tenant_id = task.tenant_id and t.id = task.id;
        perform cs_health._emit('task.overdue', task.tenant_id, jsonb_build_object('task_id', task.id, 'kind',
            task.kind, 'title', task.title, 'assignee', task.assignee, 'due_on', task.due_on), task.id::text);
        told := told + 1;
    end loop;
    return told;
end
$$;
comment on function cs_health._tell_overdue() is
    'Emits task.overdue of tasks that were due before today and are still open, once each; returns how many';
