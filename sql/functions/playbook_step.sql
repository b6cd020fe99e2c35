-- A step before it is done: what it will say and to whom, and what a CSM can do about it.

create type cs_health._prepared_step as (
    way text,
    channel text,
    customer boolean,
    contact_id uuid,
    recipient text,
    recipient_name text,
    colleague text,
    sender text,
    sender_name text,
    locale text,
    subject text,
    body text,
    link text,
    missing text[],
    problem text
);
comment on type cs_health._prepared_step is
    'What a step would be now. way: slack, email, in_app, call, internal, automatic or webhook; channel: code of the '
    'channel in the outbox; customer: whether people of the tenant get it; colleague: who gets it or its task; sender: '
    'the CSM in whose name it goes out; missing: fields without a value; problem: why it cannot go out';

create function cs_health._channel_of_kind(kind text) returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select c.code from cs_health.channel as c
    where c.kind = _channel_of_kind.kind and c.enabled
        and (c.kind <> 'webhook' or c.event_kinds is null or 'step.due' = any (c.event_kinds))
    order by c.code limit 1
$$;
comment on function cs_health._channel_of_kind(text) is
    'Code of an enabled channel of a kind over which a step can go; null when there is none';

create function cs_health._way(definition jsonb) returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select case
        when w.planned not in ('slack', 'email') or cs_health._channel_of_kind(w.planned) is not null then w.planned
        when w.fallback = 'email' and cs_health._channel_of_kind('email') is not null then 'email'
        when w.planned = 'slack' or w.fallback = 'internal' then 'internal'
        else w.planned end
    from (select definition ->> 'channel' as planned, definition ->> 'fallback' as fallback) as w
$$;
comment on function cs_health._way(jsonb) is
    'How a step goes out now: over its channel, its fallback where that is not set up, and a Slack message for which '
    'nothing is set up as a task';

create function cs_health._prepare_step(tenant_id uuid, execution_id uuid, step_no integer, preview boolean)
returns cs_health._prepared_step
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    execution cs_health.playbook_execution;
    definition jsonb;
    addressee text;
    to_colleague boolean;
    contact cs_health.contact;
    tenant cs_health.tenant;
    settings cs_health.settings;
    subject_text text;
    body_text text;
    link_text text;
    texts text;
    fields jsonb := '{}';
    way text;
    channel text;
    customer boolean;
    recipient text;
    recipient_name text;
    colleague text;
    sender text;
    sender_name text;
    locale text;
    subject text;
    body text;
    link text;
    missing text[] := '{}';
    problem text;
begin
    select e.* into execution from cs_health.playbook_execution as e
    where e.tenant_id = _prepare_step.tenant_id and e.id = _prepare_step.execution_id;
    definition := execution.steps -> (step_no - 1);
    addressee := coalesce(definition ->> 'to', 'csm');
    to_colleague := addressee in ('csm', 'manager');
    select t.* into tenant from cs_health.tenant as t where t.id = _prepare_step.tenant_id;
    select s.* into settings from cs_health.settings as s;
    way := cs_health._way(definition);
    if way in ('slack', 'email', 'webhook') then
        channel := cs_health._channel_of_kind(way);
    end if;
    customer := way = 'in_app' or way = 'email' and not to_colleague;
    colleague := cs_health._assignee(tenant.id, case when addressee = 'manager' then 'manager' else 'csm' end);
    sender := cs_health._assignee(tenant.id);
    sender_name := coalesce((select c.name from cs_health.csm as c where c.email = sender), settings.company_name);
    select c.* into contact from cs_health.contact as c
    where c.tenant_id = tenant.id
        and c.id = cs_health._recipient(tenant.id, case when to_colleague then 'champion' else addressee end);
    if customer then
        locale := coalesce(case when way = 'email' then contact.locale end, tenant.locale);
    else
        locale := coalesce((select c.locale from cs_health.csm as c where c.email = colleague), settings.locale);
    end if;
    if way = 'email' and not to_colleague then
        recipient := contact.email;
        recipient_name := contact.name;
    elsif way in ('slack', 'email', 'call', 'internal') then
        recipient := colleague;
        recipient_name := (select c.name from cs_health.csm as c where c.email = colleague);
    end if;

    subject_text := cs_health._step_text(definition -> 'subject', locale);
    body_text := cs_health._step_text(definition -> 'template', locale);
    link_text := definition ->> 'link';
    if definition ->> 'channel' = 'slack' and way <> 'slack' then
        subject_text := cs_health._slack_plain(subject_text);
        body_text := cs_health._slack_plain(body_text);
    end if;
    texts := concat_ws(' ', subject_text, body_text, link_text);
    if cs_health.template_fields(texts) <> '{}' then
        -- A param that was null at the start may have been decided since
        fields := cs_health._template_values(tenant.id, contact.id, locale,
            coalesce((select p.params from cs_health.cs_playbook as p where p.id = execution.playbook_id), '{}')
                || jsonb_strip_nulls(execution.params));
        missing := cs_health._missing_fields(texts, fields);
    end if;
    problem := case
        when way = 'email' and recipient is null
            or contact.id is null and exists (select from unnest(missing) as m where m like 'contact.%')
            then 'no_recipient'
        when way in ('email', 'webhook') and channel is null then 'no_channel'
        when way = 'automatic' and tenant.plan_code is null then 'no_plan'
        when exists (select from unnest(missing) as m where starts_with(m, 'next_plan.'))
            and cs_health._offered_plan(tenant.id) is null
            and exists (select from cs_health.plan as p where p.code = tenant.plan_code) then 'no_next_plan'
        when missing @> array['csm.booking_url'] then 'no_booking_url'
        when exists (select from unnest(missing) as m where m like 'params.%') then 'no_offer'
        when missing <> '{}' then 'missing_field: ' || array_to_string(missing, ', ') end;
    if missing <> '{}' and preview then
        fields := fields || (select jsonb_object_agg(m, format('[%s]', m)) from unnest(missing) as m);
    end if;
    if missing = '{}' or preview then
        subject := cs_health.render_template(subject_text, fields,
            case when way = 'slack' and not preview then 'slack' else 'header' end);
        body := cs_health.render_template(body_text, fields,
            case when way = 'slack' and not preview then 'slack' else 'text' end);
    end if;
    if missing = '{}' then
        link := cs_health.render_template(link_text, fields, 'url');
    end if;
    return row(way, channel, customer, case when way = 'email' and customer then contact.id end, recipient,
        cs_health._one_line(recipient_name), colleague, sender, cs_health._one_line(sender_name), locale, subject, body,
        link, missing, problem)::cs_health._prepared_step;
end
$$;
comment on function cs_health._prepare_step(uuid, uuid, integer, boolean) is
    'What a step of an execution would be now: channel, people, texts. A text that lacks values is not rendered, in a '
    'preview it is with the names of the fields in brackets, and not escaped for Slack';

create function cs_health._tenant_of_step(execution_id uuid, step_no integer) returns uuid
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    execution cs_health.playbook_execution;
begin
    select e.* into execution from cs_health.playbook_execution as e where e.id = _tenant_of_step.execution_id;
    if execution.id is null then
        raise exception 'execution % does not exist', coalesce(_tenant_of_step.execution_id::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'cs_health.playbook_execution lists them.';
    end if;
    if (step_no between 1 and jsonb_array_length(execution.steps)) is not true then
        raise exception 'step % does not exist', coalesce(step_no::text, 'null')
            using errcode = 'invalid_parameter_value', detail = format('Playbook "%s" has %s steps.',
                execution.playbook_name, jsonb_array_length(execution.steps)), hint = 'Steps count from 1.';
    end if;
    return execution.tenant_id;
end
$$;
comment on function cs_health._tenant_of_step(uuid, integer) is
    'The tenant whose execution has such a step; executions and steps that do not exist are refused';

create function cs_health._lock_step(execution_id uuid, step_no integer, states text[]) returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    tenant uuid := cs_health._tenant_of_step(execution_id, step_no);
    execution_status text;
    step_status text;
begin
    select e.status into execution_status from cs_health.playbook_execution as e
    where e.tenant_id = tenant and e.id = _lock_step.execution_id
    for update;
    if (execution_status in ('waiting', 'running', 'paused')) is not true then
        raise exception 'execution % is % already', execution_id, coalesce(execution_status, 'gone')
            using errcode = 'object_not_in_prerequisite_state',
                hint = 'Start the playbook anew with execute_playbook().';
    end if;
    select s.status into step_status from cs_health.playbook_step as s
    where s.tenant_id = tenant and s.execution_id = _lock_step.execution_id and s.step_no = _lock_step.step_no;
    if coalesce(step_status, 'waiting') <> all (states) then
        raise exception 'step % is %', step_no,
            coalesce(step_status, 'part of an execution that waits for approval')
            using errcode = 'object_not_in_prerequisite_state', detail = format('This can be done while it is %s.',
                array_to_string(states, ' or ')), hint = 'cs_health.playbook_step tells how far an execution is.';
    end if;
    return tenant;
end
$$;
comment on function cs_health._lock_step(uuid, integer, text[]) is
    'Locks the execution of a step and returns its tenant, provided that the step is in one of these states; a step of '
    'an execution that was not approved yet has no row and the state waiting';

create function cs_health.preview_step(execution_id uuid, step_no integer)
returns table (channel text, recipient text, subject text, body text, missing text[], due_at timestamptz)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    tenant uuid := cs_health._tenant_of_step(preview_step.execution_id, preview_step.step_no);
    prepared cs_health._prepared_step;
    step cs_health.playbook_step;
begin
    select s.* into step from cs_health.playbook_step as s
    where s.tenant_id = tenant and s.execution_id = preview_step.execution_id and s.step_no = preview_step.step_no;
    if coalesce(step.handed_at is not null or step.subject is not null or step.body is not null, false) then
        return query select step.channel, step.recipient, step.subject, step.body, '{}'::text[], step.due_at;
        return;
    end if;
    prepared := cs_health._prepare_step(tenant, preview_step.execution_id, preview_step.step_no, true);
    return query select prepared.way, prepared.recipient, prepared.subject, prepared.body, prepared.missing,
        step.due_at;
end
$$;
comment on function cs_health.preview_step(uuid, integer) is
    'What a step of an execution says: the channel it goes over (a fallback where its own is not set up), the address '
    'or colleague that gets it, subject, text, the fields that have no value yet (in the text their names stand in '
    'brackets), and when it is due (null until the execution is approved). Rendered with what is known now; of a step '
    'that was handed out, what it said. Unknown executions and steps are refused (22023)';

create function cs_health.edit_step(
    execution_id uuid, step_no integer, subject text default null, body text default null)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    tenant uuid := cs_health._lock_step(edit_step.execution_id, edit_step.step_no, '{waiting,pending,approval,held}');
    execution cs_health.playbook_execution;
    definition jsonb;
    to_slack boolean;
begin
    select e.* into execution from cs_health.playbook_execution as e
    where e.tenant_id = tenant and e.id = edit_step.execution_id;
    definition := execution.steps -> (edit_step.step_no - 1);
    to_slack := definition ->> 'channel' = 'slack';
    definition := definition || jsonb_strip_nulls(jsonb_build_object(
        'subject', case when to_slack then cs_health._slack_literal(edit_step.subject) else edit_step.subject end,
        'template', case when to_slack then cs_health._slack_literal(edit_step.body) else edit_step.body end));
    perform cs_health.check_steps(jsonb_build_array(definition), execution.params);
    update cs_health.playbook_execution as e
    set steps = jsonb_set(e.steps, array[(edit_step.step_no - 1)::text], definition)
    where e.tenant_id = tenant and e.id = edit_step.execution_id;
    update cs_health.playbook_step as s
    set edited_by = cs_health._author(),
        due_at = case s.status when 'held' then cs_health._now() else s.due_at end
    where s.tenant_id = tenant and s.execution_id = edit_step.execution_id and s.step_no = edit_step.step_no;
    perform cs_health._note(tenant, edit_step.execution_id, cs_health._author(), 'step edited',
        step_no => edit_step.step_no);
end
$$;
comment on function cs_health.edit_step(uuid, integer, text, text) is
    'Changes subject and text of a step of one execution; null leaves what there is. Fields may stand in them as in '
    'the playbook, doc/playbook-document.md lists them; in Slack they are shown to the letter. A '
    'step that is held is tried again at once. Unknown executions, steps and fields, and texts for steps that have '
    'none, are refused (22023); so are steps that were handed out or ended (55000), and texts of more than '
    '64 KB (54000)';

create function cs_health.send_test(execution_id uuid, step_no integer, recipient text default null) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    tenant uuid := cs_health._tenant_of_step(send_test.execution_id, send_test.step_no);
    who text := coalesce(send_test.recipient, nullif(cs_health.current_csm(), ''));
begin
    perform cs_health._require_csm('recipient', who);
    if not exists (
        select from cs_health.playbook_execution as e
        where e.tenant_id = tenant and e.id = send_test.execution_id
            and e.steps -> (send_test.step_no - 1) ? 'template')
    then
        raise exception 'step % has no text', send_test.step_no
            using errcode = 'invalid_parameter_value', hint = 'Test a step that says something.';
    end if;
    if cs_health._channel_of_kind('email') is null then
        raise exception 'no e-mail channel is enabled'
            using errcode = 'object_not_in_prerequisite_state', hint = 'doc/delivery.md says how to set one up.';
    end if;
    insert into cs_health.playbook_test (tenant_id, execution_id, step_no, recipient, asked_at)
    values (tenant, send_test.execution_id, send_test.step_no, who, cs_health._now())
    on conflict on constraint playbook_test_pkey do nothing;
    perform cs_health._note(tenant, send_test.execution_id, cs_health._author(), 'test asked for',
        step_no => send_test.step_no, reason => who);
end
$$;
comment on function cs_health.send_test(uuid, integer, text) is
    'Lets the next run_playbooks() mail a step, as it would be now, to a colleague in cs_health.csm (default: the CSM '
    'who asks), with [Test] before the subject; fields without a value stand in brackets. Nothing else happens to the '
    'step. Unknown executions, steps, recipients, and steps without a text are refused (22023); without an e-mail '
    'channel everything is (55000)';

create function cs_health.approve_step(execution_id uuid, step_no integer) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    tenant uuid := cs_health._lock_step(approve_step.execution_id, approve_step.step_no, '{pending,approval,held}');
begin
    update cs_health.playbook_step as s
    set approved_by = cs_health._author(), status = case s.status when 'approval' then 'pending' else s.status end
    where s.tenant_id = tenant and s.execution_id = approve_step.execution_id and s.step_no = approve_step.step_no;
    perform cs_health._note(tenant, approve_step.execution_id, cs_health._author(), 'step approved',
        step_no => approve_step.step_no);
end
$$;
comment on function cs_health.approve_step(uuid, integer) is
    'Lets a step that waits for approval go out, or one that is not due yet go out when it is. Open hours and budgets '
    'hold all the same. Unknown executions and steps are refused (22023), steps that were handed out or ended, or '
    'whose execution was not approved yet, too (55000)';

create function cs_health.skip_step(execution_id uuid, step_no integer, reason text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    tenant uuid := cs_health._lock_step(skip_step.execution_id, skip_step.step_no, '{pending,approval,held}');
begin
    perform cs_health._require_text('reason', skip_step.reason, 2000);
    perform cs_health._put_step(tenant, skip_step.execution_id, skip_step.step_no, 'skipped', skip_step.reason,
        actor => cs_health._author());
end
$$;
comment on function cs_health.skip_step(uuid, integer, text) is
    'Leaves a step of an execution out, with a reason of at most 2000 characters; the others go on. Unknown executions '
    'and steps are refused (22023), steps that were handed out or ended, or whose execution was not approved yet, too '
    '(55000)';

create function cs_health._put_step(
    tenant_id uuid, execution_id uuid, step_no integer, status text, reason text default null,
    due_at timestamptz default null, actor text default 'engine')
returns text
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    before record;
begin
    update cs_health.playbook_step as s
    set status = status, reason = reason, due_at = coalesce(due_at, s.due_at), told_at = null,
        ended_at = case when status in ('sent', 'done', 'skipped', 'failed') then cs_health._now() end
    from cs_health.playbook_step as b
    where s.tenant_id = tenant_id and s.execution_id = execution_id and s.step_no = step_no
        and b.tenant_id = s.tenant_id and b.execution_id = s.execution_id and b.step_no = s.step_no
    returning b.status, b.reason into before;
    if (before.status, before.reason) is distinct from (status, reason) then
        perform cs_health._note(tenant_id, execution_id, actor,
            'step ' || case when status = 'pending' then 'moved' else status end, step_no => step_no, reason => reason);
    end if;
    return status;
end
$$;
comment on function cs_health._put_step(uuid, uuid, integer, text, text, timestamptz, text) is
    'Gives a step a status, a reason and a time to try it next, and notes what is new in the history';

create function cs_health._step_reason(reason text, language text) returns text
language sql immutable
set search_path = pg_catalog, pg_temp as $$
    select coalesce((
        select case language when 'es' then w.es else w.en end
            || case when w.code in ('missing_field', 'delivery') then coalesce(': ' || r.detail, '') else '' end
        from (values
            ('closed', 'outside open hours', 'fuera del horario'),
            ('contact_budget', 'enough messages for now', 'ya hay bastantes mensajes por ahora'),
            ('condition', 'its condition does not hold', 'no se cumple su condición'),
            ('condition_unknown', 'whether its condition holds is unknown', 'no se sabe si se cumple su condición'),
            ('replied', 'the customer has replied', 'el cliente ha respondido'),
            ('no_recipient', 'nobody to write to', 'nadie a quien escribir'),
            ('no_channel', 'its channel is not set up', 'su canal no está configurado'),
            ('no_booking_url', 'the CSM has no booking link', 'el CSM no tiene enlace de reserva'),
            ('no_offer', 'the offer is not decided', 'falta decidir la oferta'),
            ('no_next_plan', 'there is no higher plan', 'no hay un plan superior'),
            ('no_plan', 'the customer has no plan', 'el cliente no tiene plan'),
            ('missing_field', 'no value for', 'falta el valor de'),
            ('too_late', 'it was held for too long', 'estuvo retenido demasiado tiempo'),
            ('opted_out', 'the contact has opted out', 'el contacto se ha dado de baja'),
            ('bounced', 'the address of the contact bounces', 'la dirección del contacto rebota'),
            ('address_changed', 'the contact has another address now', 'el contacto tiene ahora otra dirección'),
            ('contact_deleted', 'the contact was deleted', 'el contacto se ha borrado'),
            ('late', 'its time has passed, it waits for the next', 'pasó su hora, espera a la siguiente'),
            ('holdout', 'the customer is a hold-out', 'el cliente está en el grupo de control'),
            ('notice', 'the customer has given notice', 'el cliente ha anunciado su baja'),
            ('at_risk', 'nothing is sold to a customer at risk', 'no se vende a un cliente en riesgo'),
            ('archived', 'the playbook is archived', 'el playbook está archivado'),
            ('playbook_deleted', 'the playbook was deleted', 'el playbook se ha borrado'),
            ('tenant_deleted', 'the customer was deleted', 'el cliente se ha borrado'),
            ('tenant_paused', 'the customer is paused', 'el cliente está en pausa'),
            ('tenant_churned', 'the customer has left', 'el cliente se ha marchado'),
            ('tenant_internal', 'the customer is internal', 'el cliente es interno'),
            ('exited', 'the playbook reached its goal', 'el playbook alcanzó su objetivo'),
            ('cancelled', 'the playbook was cancelled', 'el playbook se canceló'),
            ('delivery_cancelled', 'the message was taken back', 'el mensaje se retiró'),
            ('delivery', 'the message could not be delivered', 'no se pudo entregar el mensaje'),
            ('dry_run', 'dry run', 'ensayo')) as w(code, en, es)
        where w.code = r.code), reason)
    from (
        select split_part(reason, ': ', 1) as code, substring(reason from ': (.*)') as detail
    ) as r
$$;
comment on function cs_health._step_reason(text, text) is
    'playbook_step.reason in words; what is no code, such as what somebody wrote or an error, as it is';
