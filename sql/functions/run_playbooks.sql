-- The step runner: what is due goes out once, or says why not; what was handed out is followed to its end.

create function cs_health._step_verdict(tenant_id uuid, started_at timestamptz, condition jsonb) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    replied boolean := exists (
        select from cs_health.touchpoint as t
        where t.tenant_id = _step_verdict.tenant_id and t.direction = 'inbound'
            and t.at between started_at and cs_health._now());
    days integer := cs_health._condition_days(condition);
    facts jsonb := cs_health.facts(tenant_id);
    past jsonb := '[]';
    verdict boolean;
    unanswered boolean;
begin
    if days > 1 then
        past := coalesce(cs_health._fact_days(tenant_id, (
            select h.as_of from cs_health.current_health as h where h.tenant_id = _step_verdict.tenant_id), days), '[]')
            - 0;
    end if;
    verdict := cs_health.condition_matches(
        jsonb_build_array(facts || jsonb_build_object('replied_since_start', replied)) || past, condition);
    unanswered := cs_health.condition_matches(
        jsonb_build_array(facts || jsonb_build_object('replied_since_start', false)) || past, condition);
    return case
        when verdict then null
        when verdict is null then 'condition_unknown'
        when unanswered then 'replied'
        else 'condition' end;
end
$$;
comment on function cs_health._step_verdict(uuid, timestamptz, jsonb) is
    'Null when a step''s condition holds, else why not: replied when it would hold had nobody replied since the start, '
    'condition, or condition_unknown when a fact is not observed. A reply is an inbound touchpoint';

create function cs_health._next_contact(tenant_id uuid, zone text, at timestamptz) returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp as $$
    with handed as (
        select timezone(zone, s.handed_at)::date as day from cs_health.playbook_step as s
        where s.tenant_id = _next_contact.tenant_id and s.handed_at > at - interval '8 days'
            and s.status in ('queued', 'sent', 'done')
            and (s.contact_id is not null or s.channel = 'in_app')
    )
    select greatest(at, timezone(zone, d.day + s.open_from))
    from cs_health.settings as s
    cross join (select timezone(zone, at)::date + n as day from generate_series(0, 7) as n) as d
    where (select count(*) from handed as h where h.day = d.day) < s.contacts_per_day
        and (select count(*) from handed as h where h.day >= d.day - 6) < s.contacts_per_week
    order by d.day limit 1
$$;
comment on function cs_health._next_contact(uuid, text, timestamptz) is
    'From when on another message may go to the people of a tenant, as settings.contacts_per_day and '
    'contacts_per_week allow: the moment itself or a later day; null when they allow none at all';

create function cs_health._emit_step(
    kind text, tenant_id uuid, execution_id uuid, step_no integer, source_key text)
returns integer
language sql
set search_path = pg_catalog, pg_temp as $$
    select cs_health._emit(kind, e.tenant_id, jsonb_build_object('execution_id', e.id, 'playbook_id', e.playbook_id,
        'playbook', e.playbook_name, 'step_no', s.step_no, 'day', s.day, 'action', s.action, 'channel', s.channel,
        'status', s.status, 'reason', s.reason), source_key)
    from cs_health.playbook_execution as e
    join cs_health.playbook_step as s on s.tenant_id = e.tenant_id and s.execution_id = e.id
    where e.tenant_id = _emit_step.tenant_id and e.id = _emit_step.execution_id and s.step_no = _emit_step.step_no
$$;
comment on function cs_health._emit_step(text, uuid, uuid, integer, text) is 'Emits step.due or step.done';

create function cs_health._message(prepared cs_health._prepared_step) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select case prepared.way
        when 'slack' then cs_health._slack_message(prepared.colleague, prepared.subject, prepared.body)
        else jsonb_strip_nulls(jsonb_build_object(
            'to', prepared.recipient, 'to_name', prepared.recipient_name,
            'from_name', case when prepared.customer then prepared.sender_name
                else (select s.company_name from cs_health.settings as s) end,
            'reply_to', case when prepared.customer then prepared.sender end,
            'subject', prepared.subject, 'text', prepared.body, 'unsubscribe', prepared.customer)) end
$$;
comment on function cs_health._message(cs_health._prepared_step) is
    'The payload of a Slack message or mail. Answers of customers go to their CSM, or to whoever stands in';

create function cs_health._report_undeliverable(
    tenant_id uuid, execution_id uuid, step_no integer, kind text, why text)
returns uuid
language sql
set search_path = pg_catalog, pg_temp as $$
    select cs_health._open_task(t.id, kind,
        format(case l.locale
            when 'es' then case when kind = 'no_recipient' then 'Nadie a quien escribir en %s'
                when s.contact_id is null then 'No se pudo entregar un mensaje a %2$s sobre %1$s'
                else 'No se pudo entregar un mensaje a %s' end
            else case when kind = 'no_recipient' then 'Nobody to write to at %s'
                when s.contact_id is null then 'A message to %2$s about %1$s could not be delivered'
                else 'A message to %s could not be delivered' end end, t.name,
            coalesce((select cs_health._one_line(c.name) from cs_health.csm as c where c.email = s.recipient),
                s.recipient, '-')),
        concat_ws(' ', format(case l.locale when 'es' then 'Paso %s (%s) del playbook «%s».'
            else 'Step %s (%s) of playbook "%s".' end, s.step_no, s.action, e.playbook_name),
            case when kind = 'no_recipient' then case l.locale
                when 'es' then 'Añada un contacto que no se haya dado de baja, o márquelo como principal.'
                else 'Add a contact who has not opted out, or mark one as primary.' end end, why),
        l.assignee, cs_health._next_working_day(cs_health._today()),
        concat_ws(' ', kind, e.id, case when kind <> 'no_recipient' or s.channel <> 'email' then s.step_no end), e.id,
        s.step_no)
    from cs_health.playbook_execution as e
    join cs_health.playbook_step as s on s.tenant_id = e.tenant_id and s.execution_id = e.id
    join cs_health.tenant as t on t.id = e.tenant_id
    cross join lateral (
        select a.assignee, coalesce(c.locale, g.locale) as locale
        from (select cs_health._assignee(t.id) as assignee) as a
        cross join cs_health.settings as g left join cs_health.csm as c on c.email = a.assignee
    ) as l
    where e.tenant_id = _report_undeliverable.tenant_id and e.id = _report_undeliverable.execution_id
        and s.step_no = _report_undeliverable.step_no
$$;
comment on function cs_health._report_undeliverable(uuid, uuid, integer, text, text) is
    'Makes a task for the CSM: kind delivery_failed, or no_recipient, of which all mails of an execution make one';

create function cs_health._hand_out(
    tenant_id uuid, execution_id uuid, step_no integer, definition jsonb, prepared cs_health._prepared_step)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    key text := format('%s %s', execution_id, step_no);
    message uuid;
begin
    if prepared.contact_id is not null then
        if not cs_health._hold_contact(tenant_id, prepared.contact_id) then
            return null;
        end if;
        perform from cs_health.contact as c
        where c.tenant_id = tenant_id and c.id = prepared.contact_id and c.email = prepared.recipient
            and c.opted_out_at is null and c.bounced_at is null;
        if not found then
            return null;
        end if;
    end if;
    if prepared.way in ('slack', 'email') then
        message := cs_health._enqueue(prepared.channel, 'message', cs_health._message(prepared), 'step ' || key,
            tenant_id, execution_id, step_no);
        if prepared.customer then
            perform cs_health._limit_message(message, tenant_id);
        end if;
    elsif prepared.way in ('call', 'internal') then
        perform cs_health._open_task(tenant_id, prepared.way,
            coalesce(prepared.subject, replace(definition ->> 'action', '_', ' ')), prepared.body, prepared.colleague,
            cs_health._next_working_day(cs_health._today() + coalesce((definition ->> 'due_days')::integer, 0)),
            'step ' || key, execution_id, step_no);
    elsif prepared.way = 'in_app' then
        insert into cs_health.in_app_message (
            tenant_id, execution_id, step_no, locale, title, body, link, created_at, expires_at)
        values (tenant_id, execution_id, step_no, prepared.locale, prepared.subject, prepared.body, prepared.link,
            cs_health._now(), cs_health._now() + interval '30 days')
        on conflict on constraint in_app_message_once_per_step do nothing;
        insert into cs_health.touchpoint (tenant_id, kind, direction, at, channel, actor, detail)
        values (tenant_id, 'in_app', 'outbound', cs_health._now(), 'in_app', prepared.sender, prepared.subject);
    elsif prepared.way = 'automatic' then
        perform cs_health._record_signal(tenant_id, definition ->> 'signal', null);
    end if;
    update cs_health.playbook_step as s
    set channel = prepared.way, contact_id = prepared.contact_id, recipient = prepared.recipient,
        subject = prepared.subject, body = prepared.body, outbox_id = message, handed_at = cs_health._now()
    where s.tenant_id = tenant_id and s.execution_id = execution_id and s.step_no = step_no;
    perform cs_health._put_step(tenant_id, execution_id, step_no,
        case when prepared.way in ('slack', 'email', 'call', 'internal') then 'queued' else 'done' end);
    perform cs_health._emit_step('step.due', tenant_id, execution_id, step_no, key);
    return prepared.way;
end
$$;
comment on function cs_health._hand_out(uuid, uuid, integer, jsonb, cs_health._prepared_step) is
    'Hands a step out in this transaction: message into the outbox, task, banner or signal, and the event step.due; '
    'null, and nothing happens, when its contact has just changed or another session has it';

create function cs_health._after_error(code text) returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select cs_health._now() + case code when '55P03' then interval '5 min' else interval '1 day' end
$$;
comment on function cs_health._after_error(text) is
    'When a step that failed with this SQLSTATE is tried again: a lock that was not to be had is there soon';

create function cs_health._is_too_late(tenant_id uuid, execution_id uuid, step_no integer, stuck boolean)
returns boolean
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select s.due_at < cs_health._now() - interval '14 days' or s.status <> 'pending' and (
        s.planned_at < cs_health._now() - interval '14 days' or exists (
            select from cs_health.playbook_step as l
            where l.tenant_id = s.tenant_id and l.execution_id = s.execution_id and l.day > s.day
                and (l.handed_at is not null or stuck and l.planned_at <= cs_health._now())))
    from cs_health.playbook_step as s
    where s.tenant_id = _is_too_late.tenant_id and s.execution_id = _is_too_late.execution_id
        and s.step_no = _is_too_late.step_no
$$;
comment on function cs_health._is_too_late(uuid, uuid, integer, boolean) is
    'Whether a step was due or held for more than 14 days, or held until one of a later day was handed out; or, when '
    'it is stuck still, until one of a later day is due. A message that was not sent in time counts as held';

create function cs_health._run_step(tenant_id uuid, execution_id uuid, step_no integer) returns text
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    now timestamptz := cs_health._now();
    execution cs_health.playbook_execution;
    definition jsonb;
    customer_zone text;
    zone text;
    tomorrow timestamptz;
    moment timestamptz;
    verdict text;
    prepared cs_health._prepared_step;
begin
    if cs_health._is_too_late(tenant_id, execution_id, step_no, false) then
        return cs_health._put_step(tenant_id, execution_id, step_no, 'skipped', 'too_late');
    end if;
    prepared := cs_health._prepare_step(tenant_id, execution_id, step_no, false);
    select e.* into execution from cs_health.playbook_execution as e
    where e.tenant_id = tenant_id and e.id = execution_id;
    definition := execution.steps -> (step_no - 1);
    verdict := cs_health._forbidden(tenant_id, execution.playbook_id, prepared.customer);
    if verdict is not null then
        return cs_health._put_step(tenant_id, execution_id, step_no, 'skipped', verdict);
    end if;
    select t.time_zone into customer_zone from cs_health.tenant as t where t.id = tenant_id;
    zone := case when prepared.customer then customer_zone else cs_health._time_zone() end;
    tomorrow := coalesce(cs_health._next_open(zone, now + interval '1 day'), now + interval '1 day');
    if prepared.way in ('slack', 'email', 'in_app') then
        moment := cs_health._next_open(zone, now);
        if moment is distinct from now then
            return cs_health._put_step(tenant_id, execution_id, step_no, 'pending', 'closed',
                coalesce(moment, tomorrow));
        end if;
    end if;
    if definition ? 'if' then
        verdict := cs_health._step_verdict(tenant_id, coalesce(execution.approved_at, execution.created_at),
            definition -> 'if');
        if verdict is not null then
            return cs_health._put_step(tenant_id, execution_id, step_no, 'skipped', verdict);
        end if;
    end if;
    if prepared.problem in ('no_next_plan', 'no_plan') then
        return cs_health._put_step(tenant_id, execution_id, step_no, 'skipped', prepared.problem);
    end if;
    if prepared.problem <> 'no_recipient' then
        if cs_health._is_too_late(tenant_id, execution_id, step_no, true) then
            return cs_health._put_step(tenant_id, execution_id, step_no, 'skipped', 'too_late');
        end if;
        return cs_health._put_step(tenant_id, execution_id, step_no, 'held', prepared.problem, tomorrow);
    end if;
    if execution.dry_run or (select p.dry_run from cs_health.cs_playbook as p where p.id = execution.playbook_id) then
        update cs_health.playbook_step as s
        set channel = prepared.way, recipient = prepared.recipient, subject = prepared.subject, body = prepared.body
        where s.tenant_id = tenant_id and s.execution_id = execution_id and s.step_no = step_no;
        return cs_health._put_step(tenant_id, execution_id, step_no, 'skipped',
            concat_ws(': ', 'dry_run', prepared.problem));
    end if;
    if prepared.problem = 'no_recipient' then
        perform cs_health._report_undeliverable(tenant_id, execution_id, step_no, 'no_recipient', null);
        return cs_health._put_step(tenant_id, execution_id, step_no, 'done', 'no_recipient');
    end if;
    if definition @> '{"approve": true}' and not exists (
        select from cs_health.playbook_step as s
        where s.tenant_id = tenant_id and s.execution_id = execution_id and s.step_no = step_no
            and s.approved_by is not null)
    then
        return cs_health._put_step(tenant_id, execution_id, step_no, 'approval');
    end if;
    if prepared.customer then
        moment := cs_health._next_contact(tenant_id, customer_zone, now);
        if moment is distinct from now then
            return cs_health._put_step(tenant_id, execution_id, step_no, 'pending', 'contact_budget',
                coalesce(cs_health._next_open(zone, moment), tomorrow));
        end if;
    end if;
    return cs_health._hand_out(tenant_id, execution_id, step_no, definition, prepared);
end
$$;
comment on function cs_health._run_step(uuid, uuid, integer) is
    'Does a step that is due, or moves, holds or skips it with the reason; null when it is left as it is, since its '
    'contact is just changing. Messages keep to open hours, those to '
    'people of the tenant in its time zone, those to colleagues in settings.time_zone; tasks, signals and webhooks go '
    'out at any hour';

create function cs_health._run_due_steps(most integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    now timestamptz := cs_health._now();
    -- A tenant at a time, so that two sessions cannot spend its contact budget twice. Nothing here waits for a lock,
    -- and a cursor takes no lock ahead of its turn.
    due cursor for
        select t.id
        from cs_health.playbook_step as s
        join cs_health.playbook_execution as e on e.tenant_id = s.tenant_id and e.id = s.execution_id
        join cs_health.tenant as t on t.id = s.tenant_id
        where s.status in ('pending', 'held') and s.due_at <= now and e.status = 'running' and e.told is not null
            and t.status in ('active', 'trial')
        order by s.due_at
        for no key update of t skip locked;
    tenant uuid;
    execution uuid;
    step integer;
    message text;
    before integer;
    tenants integer := 0;
    done integer := 0;
begin
    open due;
    loop
        fetch due into tenant;
        exit when not found;
        before := done;
        for execution in
            select e.id from cs_health.playbook_execution as e
            left join cs_health.cs_playbook as p on p.id = e.playbook_id
            where e.tenant_id = tenant and e.status = 'running' and e.told is not null
            order by array_position(array['urgent', 'high', 'medium', 'low'], p.priority), e.created_at, e.id
            for update of e skip locked
        loop
            for step in
                select s.step_no from cs_health.playbook_step as s
                where s.tenant_id = tenant and s.execution_id = execution and s.status in ('pending', 'held')
                    and s.due_at <= now
                order by s.step_no
                for update skip locked
            loop
                begin
                    done := done + (cs_health._run_step(tenant, execution, step) is not null)::integer;
                exception
                    when transaction_rollback then
                        raise;
                    when others then -- one step that cannot be done must not keep the others from it
                        get stacked diagnostics message = message_text;
                        perform cs_health._put_step(tenant, execution, step, 'held',
                            format('error %s: %s', sqlstate, left(message, 300)),
                            cs_health._after_error(sqlstate));
                        raise warning 'step % of execution % is held: %', step, execution, message;
                        done := done + 1;
                end;
            end loop;
        end loop;
        tenants := tenants + (done > before)::integer;
        exit when tenants >= most;
    end loop;
    close due;
    return done;
end
$$;
comment on function cs_health._run_due_steps(integer) is
    'Does the steps that are due of at most so many tenants that no other session holds; returns how many steps. '
    'Playbooks with a higher priority come first. Executions whose start webhooks were not told of wait for that';

create function cs_health._settle_step(tenant_id uuid, execution_id uuid, step_no integer) returns text
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    step cs_health.playbook_step;
    message cs_health.outbox;
    why text;
begin
    select s.* into step from cs_health.playbook_step as s
    where s.tenant_id = tenant_id and s.execution_id = execution_id and s.step_no = step_no
    for update skip locked;
    if not found or not cs_health._hold_contact(tenant_id, step.contact_id) then
        return null;
    end if;
    select o.* into message from cs_health.outbox as o where o.id = step.outbox_id;
    if message.state in ('pending', 'claimed') then -- requeue() was faster
        return null;
    end if;
    if message.state = 'sent' then
        if step.contact_id is not null then
            insert into cs_health.touchpoint (tenant_id, kind, direction, at, channel, actor, detail)
            select t.id, step.channel, 'outbound', cs_health._now(), step.channel, message.payload ->> 'reply_to',
                step.subject
            from cs_health.tenant as t where t.id = tenant_id; -- which may be gone
            update cs_health.contact as c set bounced_at = null
            where c.tenant_id = tenant_id and c.id = step.contact_id and c.email = step.recipient
                and c.bounced_at < message.claimed_at;
        end if;
        return cs_health._put_step(tenant_id, execution_id, step_no, 'sent');
    end if;
    if message.state = 'cancelled' then
        return cs_health._put_step(tenant_id, execution_id, step_no, 'skipped', case when exists (
            select from cs_health.contact as c
            where c.tenant_id = tenant_id and c.id = step.contact_id and c.opted_out_at is not null)
            then 'opted_out' else 'delivery_cancelled' end);
    end if;
    if cs_health._is_hard_bounce(message.last_status, message.last_error) then
        update cs_health.contact as c set bounced_at = cs_health._now()
        where c.tenant_id = tenant_id and c.id = step.contact_id and c.email = step.recipient
            and c.bounced_at is null;
    end if;
    why := coalesce(nullif(concat_ws(' ', case when strpos(coalesce(message.last_error, ''),
        message.last_status::text) = 0 then message.last_status end, message.last_error), ''), 'unknown');
    perform cs_health._report_undeliverable(tenant_id, execution_id, step_no, 'delivery_failed',
        concat_ws(': ', step.recipient, why));
    return cs_health._put_step(tenant_id, execution_id, step_no, 'failed', 'delivery: ' || why);
end
$$;
comment on function cs_health._settle_step(uuid, uuid, integer) is
    'Gives a step the end of its message: sent, with a touchpoint when it went to a person of the tenant; failed, with '
    'a task for the CSM; skipped, when it was cancelled; null when it has not ended or another session has it';

create function cs_health._settle_steps(most integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    tenant uuid;
    execution uuid;
    step integer;
    settled integer := 0;
begin
    for tenant, execution in
        select e.tenant_id, e.id from cs_health.playbook_execution as e
        where (e.tenant_id, e.id) in (
            select s.tenant_id, s.execution_id
            from cs_health.playbook_step as s left join cs_health.outbox as o on o.id = s.outbox_id
            where s.status = 'queued' and s.outbox_id is not null
                and (o.id is null or o.state in ('sent', 'dead', 'cancelled')))
        for update skip locked
    loop
        for step in
            select s.step_no from cs_health.playbook_step as s left join cs_health.outbox as o on o.id = s.outbox_id
            where s.tenant_id = tenant and s.execution_id = execution and s.status = 'queued'
                and s.outbox_id is not null and (o.id is null or o.state in ('sent', 'dead', 'cancelled'))
            order by s.step_no
        loop
            begin
                settled := settled + (cs_health._settle_step(tenant, execution, step) is not null)::integer;
            exception
                when transaction_rollback then
                    raise;
                when others then -- one step that cannot be settled must not keep the others from it
                    raise warning 'step % of execution % is not settled: %', step, execution, left(sqlerrm, 300);
            end;
        end loop;
        exit when settled >= most;
    end loop;
    return settled;
end
$$;
comment on function cs_health._settle_steps(integer) is
    'Brings steps up to date with the outbox, about so many, and returns how many; those that cannot be settled keep '
    'no others from it. A message that is gone has ended as well';

create function cs_health._tell_steps(most integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    tenant uuid;
    execution uuid;
    step integer;
    step_status text;
    silent boolean;
    told integer := 0;
begin
    for tenant, execution, silent in
        select e.tenant_id, e.id, e.dry_run from cs_health.playbook_execution as e
        where (e.tenant_id, e.id) in (
            select s.tenant_id, s.execution_id from cs_health.playbook_step as s
            where s.told_at is null and s.status in ('sent', 'done', 'skipped', 'failed'))
            and e.told is not null
        limit most for update skip locked
    loop
        for step, step_status in
            update cs_health.playbook_step as s set told_at = clock_timestamp()
            where s.tenant_id = tenant and s.execution_id = execution and s.step_no in (
                select l.step_no from cs_health.playbook_step as l
                where l.tenant_id = tenant and l.execution_id = execution and l.told_at is null
                    and l.status in ('sent', 'done', 'skipped', 'failed')
                for no key update skip locked)
            returning s.step_no, s.status
        loop
            if not silent then
                perform cs_health._emit_step('step.done', tenant, execution, step,
                    format('%s %s %s', execution, step, step_status));
            end if;
            told := told + 1;
        end loop;
        perform cs_health._close_finished(tenant, execution);
    end loop;
    return told;
end
$$;
comment on function cs_health._tell_steps(integer) is
    'Emits step.done for steps that ended, whoever ended them, and closes executions that have none left; of at most '
    'so many executions. Returns how many steps';

create function cs_health._send_tests(most integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    channel text := cs_health._channel_of_kind('email');
    test cs_health.playbook_test;
    execution cs_health.playbook_execution;
    prepared cs_health._prepared_step;
    sent integer := 0;
begin
    if channel is null then
        return 0;
    end if;
    for test in
        select p.* from cs_health.playbook_test as p order by p.asked_at limit most for update skip locked
    loop
        select e.* into execution from cs_health.playbook_execution as e
        where e.tenant_id = test.tenant_id and e.id = test.execution_id;
        begin
            prepared := cs_health._prepare_step(test.tenant_id, test.execution_id, test.step_no, true);
            perform cs_health._enqueue(channel, 'message', jsonb_strip_nulls(jsonb_build_object(
                'to', test.recipient,
                'to_name', (select c.name from cs_health.csm as c where c.email = test.recipient),
                'from_name', prepared.sender_name,
                'subject', concat_ws(' ', '[Test]', coalesce(prepared.subject,
                    replace(execution.steps -> (test.step_no - 1) ->> 'action', '_', ' '))),
                'text', concat_ws(E'\n\n', prepared.body, prepared.link), 'unsubscribe', false)),
                format('test %s %s %s %s', execution.id, test.step_no, md5(test.recipient),
                    extract(epoch from test.asked_at)), test.tenant_id);
        exception
            when transaction_rollback then
                raise;
            when others then
                perform cs_health._note(test.tenant_id, test.execution_id, 'engine', 'test failed',
                    step_no => test.step_no, reason => left(sqlerrm, 300));
        end;
        delete from cs_health.playbook_test as p
        where p.tenant_id = test.tenant_id and p.execution_id = test.execution_id and p.step_no = test.step_no
            and p.recipient = test.recipient;
        sent := sent + 1;
    end loop;
    return sent;
end
$$;
comment on function cs_health._send_tests(integer) is 'Mails at most so many of the tests asked for; returns how many';

create function cs_health._work_on_playbooks(phase integer) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    case phase
        when 1 then
            perform cs_health._return_deferred('00000000-0000-0000-0000-000000000000',
                'ffffffff-ffff-ffff-ffff-ffffffffffff');
            perform cs_health._withdraw_banners();
            return cs_health._withdraw_messages(1000) = 1000;
        when 2 then
            return cs_health._settle_steps(100) + cs_health._report_dead_alerts(100) > 0;
        when 3 then
            -- Events go in the order of their transactions: playbook.started, steps, playbook.finished
            if cs_health._tell_executions() > 0 then
                return true;
            end if;
            return cs_health._release_messages(20) + cs_health._run_due_steps(20) > 0;
        when 4 then
            if cs_health._tell_steps(100) > 0 then
                return true;
            end if;
            return cs_health._tell_executions() + cs_health._tell_overdue() + cs_health._tell_signal_changes() > 0;
        when 5 then
            return cs_health._send_tests(50) > 0;
        when 6 then
            perform cs_health.send_digests();
            return false;
    end case;
end
$$;
comment on function cs_health._work_on_playbooks(integer) is
    'A piece of one of the six phases of run_playbooks(); false when nothing is left of it that no other session holds';

create procedure cs_health.run_playbooks()
language plpgsql as $$
declare
    more pg_catalog.bool;
begin
    perform cs_health._require_autocommit('run_playbooks()');
    for phase in 1..6 loop
        more := true;
        while more loop
            more := cs_health._work_on_playbooks(phase);
            commit;
        end loop;
    end loop;
end
$$;
comment on procedure cs_health.run_playbooks() is
    'Follows messages to their end, does the steps of playbooks that are due, tells webhooks what happened, and '
    'sends the tests that were asked for and the morning digests. Deferred signals whose day has come are new again. '
    'A commit for every few tenants; several sessions share the work. Call it every minute';
