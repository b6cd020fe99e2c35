-- The step runner on a simulated clock: what goes out when, to whom, and why something does not.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = error;
select * from no_plan();
set cs_health.now = '2026-11-23 10:00+00';      -- a Monday
\ir include/playbooks.sql

-- From day 0 to day 21
select public.customer(1) is not null;
select public.start(1, jsonb_build_array(
    '{"day": 0, "action": "alert", "channel": "slack", "subject": "{{tenant.name}} fell",
        "template": "See {{link.tenant}}"}'::jsonb,
    public.mail(1),
    public.mail(3,
        '{"approve": true, "template": {"es": "Reserve: {{csm.booking_url}}", "en": "Book: {{csm.booking_url}}"}}'),
    '{"day": 5, "action": "banner", "channel": "in_app", "subject": "More", "template": "For {{tenant.name}}",
        "link": "https://us.test/?t={{tenant.name}}"}'::jsonb,
    '{"day": 7, "action": "talk", "channel": "call", "subject": "Call {{contact.name}}", "template": "Ask.",
        "due_days": 5}'::jsonb,
    '{"day": 12, "action": "tell", "channel": "webhook"}'::jsonb,
    '{"day": 14, "action": "escalate", "channel": "internal", "to": "manager", "subject": "No answer",
        "template": "Help",
        "if": {"fact": "replied_since_start", "op": "=", "value": false}}'::jsonb,
    public.mail(21, '{"template": "{{params.discount}} % off"}')), '{"discount": null}') as run \gset
select format('set cs_health.now = %L', at), 'call cs_health.run_playbooks()',
    'do ''begin perform public.deliver(); end''',
    case at when '2026-11-26 14:00+00' then format('select cs_health.approve_step(%L, 3)::text = ''x''', :'run')
        when '2026-12-03 14:00+00' then $$select cs_health.complete_task(t.id, 'reached', 'They are fine')::text = 'x'
            from cs_health.task as t where t.kind = 'call'$$
        when '2026-12-15 14:00+00' then $$update cs_health.cs_playbook set params = '{"discount": 10}'$$ end
from generate_series('2026-11-23 10:00+00'::timestamptz, '2026-12-17', '1 hour') as at \gexec
select results_eq(format('select step_no, state, handed, recipient, subject,
    body from public.step where execution_id = %L
        order by step_no', :'run'), $$values
    (1, 'slack sent', '11-23 10:00', 'ana@us.test', 'Tenant 1 fell',
        'See https://dash.test/#/customer/00000000-0000-4000-8000-000000000001'),
    (2, 'email sent', '11-24 08:00', 'eva1@them.test', 'Hello Tenant 1', 'Dear Eva, yours Ana Gil'),
    (3, 'email sent', '11-26 15:00', 'eva1@them.test', 'Hello Tenant 1', 'Reserve: https://book.test/ana'),
    (4, 'in_app done', '11-30 08:00', null, 'More', 'For Tenant 1'),
    (5, 'call done reached', '11-30 08:00', 'ana@us.test', 'Call Eva Sol', 'Ask.'),
    (6, 'webhook done', '12-05 08:00', null, null, null),
    (7, 'internal queued', '12-07 08:00', 'mia@us.test', 'No answer', 'Help'),
    (8, 'email sent', '12-16 08:00', 'eva1@them.test', 'Hello Tenant 1', '10 % off')$$,
    'each step goes out once, on its day, over its channel, in its words; weekends,
        approval and an offer are waited for');
select results_eq($$select kind, title, detail, assignee, due_on, status, outcome from cs_health.task
    order by created_at$$,
    $$values ('call', 'Call Eva Sol', 'Ask.', 'ana@us.test', '2026-12-07'::date, 'done', 'reached'),
        ('internal', 'No answer', 'Help', 'mia@us.test', '2026-12-07', 'open', null)$$,
    'calls and internal steps are tasks, due on working days');
select is((select status from cs_health.playbook_execution where id = :'run'), 'running',
    'an open task keeps it running');
select cs_health.complete_task(id, 'handled')::text = 'x' from cs_health.task where kind = 'internal';
call cs_health.run_playbooks();
select is((select status from cs_health.playbook_execution where id = :'run'), 'finished', 'and its end finishes it');
select is((select count(*) from cs_health.outbox), (select count(distinct source_key) from cs_health.outbox),
    'nothing goes out under two keys');
select results_eq($$select kind, count(*) from cs_health.outbox where channel <> 'hook' group by 1$$,
    $$values ('message', 4::bigint)$$, 'four messages');
select results_eq($$select kind, count(*) from cs_health.outbox where channel = 'hook' group by 1 order by 1$$,
    $$values ('playbook.finished', 1::bigint), ('playbook.started', 1), ('step.done', 8), ('step.due', 8),
        ('task.overdue', 1)$$, 'and the events');
select is((select payload -> 'data' from cs_health.outbox where kind = 'step.due'
    and payload -> 'data' ->> 'step_no' = '2'),
    jsonb_build_object('execution_id', :'run', 'playbook_id', (select id from cs_health.cs_playbook
        where name = 'Care'),
        'playbook', 'Care', 'step_no', 2, 'day', 1, 'action', 'write', 'channel', 'email', 'status', 'queued', 'reason',
        null), 'step.due says which step');
select is((select count(*) from cs_health.outbox where channel = 'hook' and payload::text ~ 'them.test'), 0::bigint,
    'no address of a customer is in an event');
select is((select payload from cs_health.outbox where source_key = format('step %s 2', :'run')),
    '{"to": "eva1@them.test",
    "to_name": "Eva Sol", "from_name": "Ana Gil", "reply_to": "ana@us.test", "subject": "Hello Tenant 1",
    "text": "Dear Eva, yours Ana Gil", "unsubscribe": true}', 'a mail to a customer');
select is((select payload from cs_health.outbox where source_key = format('step %s 1', :'run')),
    jsonb_build_object('text',
    E'<@U0ANA> *Tenant 1 fell*\nSee https://dash.test/#/customer/00000000-0000-4000-8000-000000000001'),
        'a Slack message');
select results_eq($$select kind, direction, channel, actor, detail from cs_health.touchpoint where kind <> 'note'
        order by at$$, $$values
    ('email', 'outbound', 'email', 'ana@us.test', 'Hello Tenant 1'), ('email', 'outbound', 'email', 'ana@us.test',
        'Hello Tenant 1'), ('in_app', 'outbound', 'in_app', 'ana@us.test', 'More'), ('call', 'outbound', 'call',
        public.me(), 'Call Eva Sol: reached: They are fine'), ('email', 'outbound', 'email', 'ana@us.test',
        'Hello Tenant 1')$$, 'what was said to the customer is a touchpoint');
select results_eq(format($$select step_no, action, reason from cs_health.playbook_history where execution_id = %L
        and step_no in (3, 4, 8) order by id$$, :'run'), $$values
    (3, 'step approval', null), (3, 'step approved', null), (3, 'step queued', null), (3, 'step sent', null),
    (4, 'step moved', 'closed'), (4, 'step done', null),
    (8, 'step held', 'no_offer'), (8, 'step queued', null), (8, 'step sent', null)$$, 'the history says why');
select is((select link from cs_health.in_app_message), 'https://us.test/?t=Tenant%201',
    'the link of a banner is escaped');

-- Somebody replied: that step alone is skipped
set cs_health.now = '2026-11-23 10:00+00';
select public.customer(2) is not null;
insert into cs_health.touchpoint (tenant_id, kind, direction, at) values
    (public.t(2), 'reply', 'inbound', '2026-11-22 22:59:59+00'), (public.t(2), 'email', 'outbound',
        '2026-11-24 10:00+00'),
    (public.t(2), 'meeting_held', 'internal', '2026-11-24 10:00+00');
select public.start(2, jsonb_build_array(
    public.mail(1, '{"if": {"fact": "replied_since_start", "op": "=", "value": false}}'),
    public.mail(3, '{"if": {"all": [{"fact": "replied_since_start", "op": "=", "value": false},
        {"fact": "status", "op": "=", "value": "active"}]}}'),
    public.mail(4, '{"if": {"fact": "status", "op": "=", "value": "trial"}}'),
    public.mail(5, '{"if": {"fact": "overall_score", "op": "<", "value": 60}}'),
    public.mail(6, '{"if": {"fact": "overall_score", "op": "<", "value": 60, "for_days": 3}}'),
    public.mail(7, '{"if": {"any": [{"fact": "status", "op": "=", "value": "trial"},
        {"fact": "replied_since_start", "op": "=", "value": true}]}}'))) as run \gset
set cs_health.now = '2026-11-24 12:00+00';
call cs_health.run_playbooks();
select public.deliver() > 0;
call cs_health.run_playbooks();
insert into cs_health.touchpoint (tenant_id, kind, direction, at)
values (public.t(2), 'reply', 'inbound', '2026-11-24 20:00+00');
set cs_health.now = '2026-12-04 12:00+00';
call cs_health.run_playbooks();
select results_eq(format('select step_no, state from public.step where execution_id = %L order by 1', :'run'), $$values
    (1, 'email sent'), (2, 'email skipped replied'), (3, 'email skipped condition'),
    (4, 'email skipped condition_unknown'), (5, 'email skipped condition_unknown'), (6, 'email queued')$$,
    'conditions of steps: a reply since day 0, other facts, facts that are not known');

-- A reply in the morning before the start is none
insert into cs_health.touchpoint (tenant_id, kind, direction, at)
values (public.t(1), 'reply', 'inbound', '2026-12-04 11:59+00');
select public.start(1, jsonb_build_array(
    public.mail(0, '{"if": {"fact": "replied_since_start", "op": "=", "value": false}}'))) as run \gset
call cs_health.run_playbooks();
select is((select state from public.step where execution_id = :'run'), 'email queued',
    'a reply counts from the moment of the start');
select public.deliver() > 0;

-- Nobody to write to, nothing to offer, no channel
select public.customer(3) is not null;
update cs_health.contact set opted_out_at = now() where tenant_id = public.t(3);
select public.start(3, jsonb_build_array(public.mail(0),
    '{"day": 0, "action": "talk", "channel": "call", "subject": "Call {{contact.name}}", "template": "Ask"}'::jsonb))
        as run \gset
call cs_health.run_playbooks();
call cs_health.run_playbooks();
select results_eq(format('select step_no, state from public.step where execution_id = %L order by 1', :'run'),
    $$values (1, 'email done no_recipient'), (2, 'call done no_recipient')$$, 'nobody to write to');
select results_eq($$select kind, title, detail, assignee from cs_health.task where tenant_id = public.t(3)
    order by step_no$$,
    format($$values ('no_recipient', 'Nadie a quien escribir en Tenant 3', 'Paso 1 (write) del playbook «Care». %1$s',
        'ana@us.test'), ('no_recipient', 'Nadie a quien escribir en Tenant 3',
        'Paso 2 (talk) del playbook «Care». %1$s', 'ana@us.test')$$,
        'Añada un contacto que no se haya dado de baja, o márquelo como principal.'), 'is a task for the CSM');
select public.customer(4) is not null;
update cs_health.csm set booking_url = null;
select public.start(4, jsonb_build_array(public.mail(0, '{"template": "Book {{csm.booking_url}}"}'),
    public.mail(0, '{"template": "{{next_plan.name}} for {{params.discount}}"}'),
    public.mail(0, '{"template": "{{next_plan.name}}"}')), '{"discount": null}') as run \gset
call cs_health.run_playbooks();
select results_eq(format('select step_no, state, due from public.step where execution_id = %L order by 1', :'run'),
    $$values
    (1, 'email held no_booking_url', '12-07 08:00'), (2, 'email held no_offer', '12-07 08:00'),
    (3, 'email held missing_field: next_plan.name', '12-07 08:00')$$,
        'what is missing is said, and tried again on the next day');
update cs_health.csm set booking_url = 'https://book.test/x';
set cs_health.now = '2026-12-07 07:59+00';
call cs_health.run_playbooks();
select is((select count(*) from public.step where execution_id = :'run' and state ~ 'held'), 3::bigint, 'not before');
set cs_health.now = '2026-12-07 08:00+00';
update cs_health.channel set enabled = false where kind = 'email';
call cs_health.run_playbooks();
select is((select state from public.step where execution_id = :'run' and step_no = 1), 'email held no_channel',
    'no mail channel');
update cs_health.channel set enabled = true;
set cs_health.now = '2026-12-08 08:00+00';
call cs_health.run_playbooks();
select is((select state from public.step where execution_id = :'run' and step_no = 1), 'email queued',
    'the address is there now');
set cs_health.now = '2026-12-09 08:00+00';
call cs_health.run_playbooks();
select is((select array_agg(reason order by id) from cs_health.playbook_history where execution_id = :'run'
    and step_no = 2),
    array['no_offer', 'no_channel', 'no_offer'], 'a step that is held for the same reason again is noted once');

select is((select array_agg(reason order by step_no) from cs_health.playbook_step where execution_id = :'run'
    and status = 'held'), array['no_offer', 'missing_field: next_plan.name'], 'they wait');
set cs_health.now = '2026-12-18 12:00+00';
call cs_health.run_playbooks();
select is((select string_agg(state, ', ' order by step_no) from public.step where execution_id = :'run'
    and step_no > 1), 'email held no_offer, email held missing_field: next_plan.name', 'for 14 days');
set cs_health.now = '2026-12-21 12:00+00';
call cs_health.run_playbooks();
select is((select string_agg(state, ', ' order by step_no) from public.step where execution_id = :'run'
    and step_no > 1), 'email skipped too_late, email skipped too_late', 'then it is too late');

-- The largest plan; a step that is held until a later day comes
set cs_health.now = '2026-12-04 12:00+00';
insert into cs_health.plan (code, name, rank) values ('pro', 'Pro', 1), ('max', 'Max', 2);
select public.customer(i) is not null from generate_series(20, 22) as i;
update cs_health.tenant set plan_code = case id when public.t(20) then 'max' when public.t(21) then 'pro' end
where id in (public.t(20), public.t(21), public.t(22));
create temp table larger as
select i, public.start(i, '[{"day": 0, "action": "look", "channel": "internal", "subject": "{{next_plan.name}}",
    "template": "Look"}]') as run from generate_series(20, 22) as i;
call cs_health.run_playbooks();
select results_eq('select i, state from public.step join larger on run = execution_id order by i',
    $$values (20, 'internal skipped no_next_plan'), (21, 'internal queued'),
        (22, 'internal held missing_field: next_plan.name')$$,
    'nothing is offered beyond the largest plan; an unknown one may become known');
select public.start(20, '[{"day": 0, "action": "look", "channel": "internal", "subject": "{{params.price}}",
    "template": "Look"}, {"day": 0, "action": "look", "channel": "internal", "subject": "Look", "template": "Look"},
    {"day": 4, "action": "look", "channel": "internal", "subject": "Look", "template": "Look"}]',
    '{"price": null}') as run \gset
call cs_health.run_playbooks();
set cs_health.now = '2026-12-07 12:00+00';
call cs_health.run_playbooks();
select is((select state from public.step where execution_id = :'run' and step_no = 1), 'internal held no_offer',
    'a step of its own day does not overtake it');
set cs_health.now = '2026-12-08 12:00+00';
call cs_health.run_playbooks();
select is((select string_agg(state, ', ' order by step_no) from public.step where execution_id = :'run'),
    'internal skipped too_late, internal queued, internal queued', 'one of a later day does');

-- Ways out when a channel is not set up
set cs_health.now = '2026-12-09 10:00+00';
select public.customer(5) is not null;
update cs_health.channel set enabled = false where kind = 'slack';
create temp table way as select public.start(5, jsonb_build_array(
    '{"day": 0, "action": "a", "channel": "slack", "subject": "S", "template": "T", "fallback": "email"}'::jsonb,
    '{"day": 0, "action": "b_c", "channel": "slack", "template": "T"}'::jsonb,
    '{"day": 0, "action": "b", "channel": "slack", "subject": "S", "template": "T", "fallback": "internal"}'::jsonb))
        as run;
call cs_health.run_playbooks();
select results_eq('select step_no, state, recipient from public.step join way on run = execution_id order by 1',
    $$values
    (1, 'email queued', 'ana@us.test'), (2, 'internal queued', 'ana@us.test'), (3, 'internal queued', 'ana@us.test')$$,
    'a Slack message goes by mail or becomes a task');
select is((select payload from cs_health.outbox as o join way on o.execution_id = run and o.kind = 'message'),
    '{"to": "ana@us.test",
    "to_name": "Ana Gil", "from_name": "Acme", "subject": "S", "text": "T",
        "unsubscribe": false}', 'a mail to a colleague');
select is((select title from cs_health.task join way on execution_id = run where step_no = 2), 'b c',
    'a task has a title');
update cs_health.channel set enabled = false where kind in ('email', 'webhook');
truncate way;
insert into way select public.start(5, jsonb_build_array(public.mail(0, '{"fallback": "internal"}'),
    '{"day": 0, "action": "tell", "channel": "webhook"}'::jsonb,
    '{"day": 0, "action": "a", "channel": "slack", "subject": "S", "template": "T", "fallback": "email"}'::jsonb));
call cs_health.run_playbooks();
select results_eq('select step_no, state from public.step join way on run = execution_id order by 1', $$values
    (1, 'internal queued'), (2, 'webhook held no_channel'), (3, 'internal queued')$$, 'without any channel too');
update cs_health.channel set enabled = true;

-- Budgets: a message a day and three in seven days, of all playbooks; the more urgent one first
set cs_health.now = '2026-11-30 08:00+00';
select public.customer(6) is not null;
create temp table budget as
select 'low' as name, public.start(6, jsonb_build_array(public.mail(0), public.mail(1)), '{}', false, 'low') as run
union all
select 'urgent', public.start(6, jsonb_build_array(public.mail(0), public.mail(0)), '{}', false, 'urgent');
select format('set cs_health.now = %L', at), 'call cs_health.run_playbooks()',
    'do ''begin perform public.deliver(); end'''
from generate_series('2026-11-30 08:00+00'::timestamptz, '2026-12-09', '4 hours') as at \gexec
select results_eq($$select name, step_no, state, handed from public.step join budget on run = execution_id
    order by handed$$,
    $$values ('urgent', 1, 'email sent', '11-30 08:00'), ('urgent', 2, 'email sent', '12-01 08:00'),
        ('low', 1, 'email sent', '12-02 08:00'), ('low', 2, 'email sent', '12-07 08:00')$$,
    'one a day, three in seven days, in the order of priority');
select results_eq($$select h.step_no, h.action, h.reason from cs_health.playbook_history as h
    join budget on run = execution_id
        where name = 'low' and h.step_no = 2 order by id$$, $$values (2, 'step moved', 'contact_budget'),
        (2, 'step queued', null), (2, 'step sent', null)$$, 'and said');
set cs_health.now = '2026-12-09 12:00+00';
update cs_health.settings set contacts_per_week = 0;
select public.customer(7) is not null;
select public.start(7, jsonb_build_array(public.mail(0),
    '{"day": 0, "action": "a", "channel": "slack", "template": "T"}'::jsonb))
    as run \gset
call cs_health.run_playbooks();
select is((select state from public.step where execution_id = :'run' and step_no = 1), 'email pending contact_budget',
    'a budget of none: it waits');
select is((select state from public.step where execution_id = :'run' and step_no = 2), 'slack queued',
    'colleagues have no budget');
update cs_health.outbox as o set state = 'dead', ended_at = now(), last_status = 410
where o.source_key = format('step %s 2', :'run');
call cs_health.run_playbooks();
select is((select title from cs_health.task where execution_id = :'run' and step_no = 2 and kind = 'delivery_failed'),
    'No se pudo entregar un mensaje a Ana Gil sobre Tenant 7', 'a dead message to a colleague names who it was to');
update cs_health.settings set contacts_per_week = 3;

-- Opted out while the mail waits; mail that is refused
select public.customer(i) is not null from generate_series(8, 11) as i;
create temp table sent as select i, public.start(i, jsonb_build_array(public.mail(0))) as run from generate_series(8,
    11) as i;
call cs_health.run_playbooks();
select is((select string_agg(state, ',') from public.step join sent on run = execution_id),
    'email queued,email queued,email '
    'queued,email queued', 'four mails wait');
select cs_health.opt_out('eva8@them.test') = 0;
call cs_health.run_playbooks();
select is((select state from public.step join sent on run = execution_id where i = 8), 'email skipped opted_out',
    'whoever opts out is not written to any more');
select is((select state from cs_health.outbox as o join sent on run = o.execution_id where i = 8
    and o.kind = 'message'),
    'cancelled', 'the mail is withdrawn');
update cs_health.outbox as o set state = 'dead', ended_at = now(), last_status = s.status, last_error = s.error
from (values (9, 550, 'SMTP 550 5.1.1 to RCPT'), (10, 554, 'refused after DATA'),
    (11, 550, 'SMTP 550 5.7.1 to RCPT')) as s(i, status,
    error)
join sent on sent.i = s.i
where o.execution_id = run and o.kind = 'message';
call cs_health.run_playbooks();
select results_eq($$select i, state from public.step join sent on run = execution_id where i > 8 order by i$$, $$values
    (9, 'email failed delivery: SMTP 550 5.1.1 to RCPT'), (10, 'email failed delivery: 554 refused after DATA'),
    (11, 'email failed delivery: SMTP 550 5.7.1 to RCPT')$$, 'dead messages are failed steps');
select results_eq($$select tenant_id from cs_health.contact where bounced_at is not null$$, $$values (public.t(9))$$,
    'only a recipient that does not exist is not written to again');
select is((select count(*) from cs_health.task where kind = 'delivery_failed'
    and detail ~ 'eva[0-9]+@them.test: (SMTP )?55'),
    3::bigint,
    'the CSM is told by a task');
select is((select count(*) from cs_health.playbook_execution join sent on run = id where status = 'finished'),
    4::bigint,
    'the executions are over');
select is(cs_health.requeue(o.id), true, 'a message that is requeued')
from cs_health.outbox as o join sent on run = o.execution_id where i = 10 and o.kind = 'message';
select is((select state from public.step join sent on run = execution_id where i = 10), 'email queued',
    'has its step queued again');
select is(cs_health.opt_out_delivery((select o.id from cs_health.outbox as o join sent on run = o.execution_id
    where i = 9 and o.kind = 'message')), 1, 'whoever got a mail can opt out by its id');
select results_eq($$select tenant_id from cs_health.contact where opted_out_at is not null
    order by email desc limit 1$$,
    $$values (public.t(9))$$, 'nobody else does');
select is(cs_health.opt_out_delivery(cs_health._enqueue((select c.code from cs_health.channel as c limit 1),
    'channel.test', '{"to": "eva10@them.test"}', 'by hand')), 0, 'what no playbook sent went to no contact');
select throws_ok($$select cs_health.opt_out_delivery('00000000-0000-0000-0000-000000000000')$$, '22023',
    'unknown delivery 00000000-0000-0000-0000-000000000000');
select throws_ok($$select cs_health.opt_out_delivery(null)$$, '22023', 'unknown delivery null');
update cs_health.outbox as o set state = 'sent', ended_at = now() from sent where o.execution_id = run and i = 10
    and kind = 'message';
call cs_health.run_playbooks();
select is((select state from public.step join sent on run = execution_id where i = 10), 'email sent',
    'sent after all, once requeued');

-- Dry run
select public.customer(12) is not null;
create temp table before as select (select count(*) from cs_health.outbox) as messages, (select count(*)
    from cs_health.task) as tasks;
select public.start(12, jsonb_build_array(public.mail(0, '{"approve": true}'),
    '{"day": 0, "action": "talk", "channel": "call", "subject": "Call", "template": "Ask"}'::jsonb,
    '{"day": 0, "action": "tell", "channel": "webhook"}'::jsonb,
    '{"day": 0, "action": "banner", "channel": "in_app", "subject": "B", "template": "C"}'::jsonb,
    public.mail(0, '{"to": "billing"}')), '{}', true) as run \gset
call cs_health.run_playbooks();
select results_eq(format('select state, subject, body,
    handed from public.step where execution_id = %L order by step_no', :'run'),
    $$values ('email skipped dry_run', 'Hello Tenant 12', 'Dear Eva, yours Ana Gil', null::text),
    ('call skipped dry_run', 'Call', 'Ask', null), ('webhook skipped dry_run', null, null, null),
    ('in_app skipped dry_run', 'B', 'C', null), ('email skipped dry_run: no_recipient', null, null, null)$$,
    'a dry run renders everything');
select is((select messages from before) + 2, (select count(*) from cs_health.outbox),
    'and sends nothing but that it ran');
select is((select tasks from before), (select count(*) from cs_health.task), 'nor makes a task');
select is((select status from cs_health.playbook_execution where id = :'run'), 'finished', 'and ends');

-- One step that cannot be done leaves the others alone
select public.customer(i) is not null from generate_series(13, 14) as i;
create temp table poison as select i, public.start(i, jsonb_build_array(public.mail(0),
    '{"day": 0, "action": "a", "channel": "slack", "template": "T"}'::jsonb)) as run from generate_series(13, 14) as i;
update cs_health.playbook_execution set steps = jsonb_set(steps, '{0,template}', '"{{nothing.known}}"')
where id = (select run from poison where i = 13);
call cs_health.run_playbooks();
select results_eq('select i, step_no, regexp_replace(state, ''(error .....).*'', ''\1'') from public.step
        join poison on run = execution_id order by 1,
            2', $$values (13, 1, 'email held error 22023'), (13, 2, 'slack queued'),
    (14, 1, 'email queued'), (14, 2, 'slack queued')$$, 'an error holds its step only');

-- Texts that customers can write are text everywhere
select public.customer(15) is not null;
update cs_health.tenant set name = E'<!channel> {{csm.email}} \u202e& Co' where id = public.t(15);
update cs_health.contact set name = E'Eva\u202e Bcc: all@them.test' where tenant_id = public.t(15);
select public.start(15, jsonb_build_array(public.mail(0, '{"template": "{{tenant.name}}"}'),
    '{"day": 0, "action": "a", "channel": "slack", "subject": "{{tenant.name}}",
        "template": "{{contact.name}}"}'::jsonb)) as run \gset
call cs_health.run_playbooks();
select is((select payload ->> 'text' from cs_health.outbox where source_key = format('step %s 2', :'run')) ~ '<!|\r',
    false, 'no mention of a channel comes from data');
select is((select payload ->> 'subject' from cs_health.outbox where source_key = format('step %s 1',
    :'run')) ~ E'[\r\n]', false,
    'no line break in a subject');
select is((select payload ->> 'text' from cs_health.outbox where source_key = format('step %s 1',
    :'run')) ~ '{{csm.email}}',
    true, 'a value is not rendered again');

-- Who does not run: paused executions and tenants that are no customers now
select public.customer(i) is not null from generate_series(16, 17) as i;
create temp table idle as select i, public.start(i, jsonb_build_array(public.mail(0))) as run from generate_series(16,
    17) as i;
select cs_health.pause_execution(run)::text = 'x' from idle where i = 16;
update cs_health.tenant set status = 'paused' where id = public.t(17);
call cs_health.run_playbooks();
select is((select string_agg(state, ',') from public.step join idle on run = execution_id),
    'email pending,email pending', 'nothing goes out');
select cs_health.resume_execution(run)::text = 'x' from idle where i = 16;
call cs_health.run_playbooks();
select is((select state from public.step join idle on run = execution_id where i = 16), 'email queued',
    'it goes on when resumed');

-- Signals
select public.customer(19) is not null;
select public.start(19, '[{"day": 0, "action": "detect", "channel": "automatic", "signal": "usage_limit"}]') as run
\gset
call cs_health.run_playbooks();
select results_eq(format('select state from public.step where execution_id = %L', :'run'),
    $$values ('automatic skipped no_plan')$$, 'without a plan there is nothing to sell');
insert into cs_health.plan (code, name) values ('only', 'Only');
update cs_health.tenant set plan_code = 'only' where id = public.t(19);
select public.start(19, '[{"day": 0, "action": "detect", "channel": "automatic", "signal": "usage_limit"},
    {"day": 0, "action": "again", "channel": "automatic", "signal": "usage_limit"}]') as run \gset
call cs_health.run_playbooks();
select results_eq('select signal_type, status from cs_health.expansion_signal', $$values ('usage_limit', 'new')$$,
    'an automatic step notes a signal, one of a kind');
select results_eq(format('select state from public.step where execution_id = %L', :'run'),
    $$values ('automatic done'), ('automatic done')$$, 'and is done');
select cs_health.set_signal_status(id, 'contacted')::text = 'x' from cs_health.expansion_signal;
call cs_health.run_playbooks();
select is((select count(*) from cs_health.outbox where kind like 'signal.%'), 2::bigint, 'both are told');

-- A step that cannot be settled keeps no other from it
select public.customer(i) is not null from generate_series(40, 42) as i;
select public.start(i, jsonb_build_array(public.mail(0))) is not null from generate_series(40, 42) as i;
call cs_health.run_playbooks();
update cs_health.outbox set state = 'sent', ended_at = now()
where kind = 'message' and tenant_id in (public.t(40), public.t(41), public.t(42));
create function public.refuse() returns trigger language plpgsql as $$ begin raise exception 'not this one'; end $$;
create trigger refuse before update on cs_health.playbook_step for each row
    when (new.status = 'sent' and new.tenant_id in (public.t(40), public.t(41))) execute function public.refuse();
select is(sum(cs_health._settle_steps(1)), 1::bigint, 'two steps that cannot be settled let a third pass');
drop trigger refuse on cs_health.playbook_step;
call cs_health.run_playbooks();

-- A tenant that was deleted meanwhile stops nobody
select public.customer(18) is not null;
select public.start(18, jsonb_build_array(public.mail(0), public.mail(1))) as run \gset
call cs_health.run_playbooks();
delete from cs_health.tenant where id = public.t(18);
select public.deliver() >= 0;
set cs_health.now = '2026-12-11 10:00+00';
call cs_health.run_playbooks();
select results_eq(format('select state from public.step where execution_id = %L order by step_no', :'run'),
    $$values ('email sent'), ('email pending')$$, 'what was sent is known, nothing more is sent');

-- Overdue
select is((select count(*) from cs_health.outbox where kind = 'task.overdue'),
    (select count(*) from cs_health.task where overdue_at is not null), 'each overdue task is told once');
-- The order of events
select is((select count(*) from cs_health.outbox as a
    join cs_health.outbox as b on b.payload -> 'data' ->> 'execution_id' = a.payload -> 'data' ->> 'execution_id'
    where a.kind = 'playbook.started' and b.kind ~ '^step' and b.created_at <= a.created_at), 0::bigint,
    'playbook.started goes before the events of its steps');
select is((select count(*) from cs_health.outbox as a
    join cs_health.outbox as b on b.payload -> 'data' ->> 'execution_id' = a.payload -> 'data' ->> 'execution_id'
    where a.kind = 'playbook.finished' and b.kind ~ '^step' and b.created_at >= a.created_at
        and a.tenant_id <> public.t(10)), 0::bigint, -- whose mail was sent after all, when it was over
    'playbook.finished after them');
select * from finish();
