-- Tasks and banners: made, completed, given to others, overdue.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = error;
select * from no_plan();
set cs_health.now = '2026-11-27 10:00+00';      -- a Friday
\ir include/playbooks.sql
select public.customer(1) is not null;

-- By hand
select cs_health.create_task(public.t(1), 'Ring them') as made \gset
select results_eq($$select kind, title, detail, assignee, due_on, status, created_at from cs_health.task$$, $$values
    ('manual', 'Ring them', null, 'ana@us.test', '2026-11-27'::date, 'open', '2026-11-27 10:00+00'::timestamptz)$$,
        'a task by hand');
select isnt(cs_health.create_task(public.t(1), 'Ring them', 'Soon', '2026-12-01', 'mia@us.test'), :'made',
    'twice is two tasks');
select results_eq($$select detail, assignee, due_on from cs_health.task where assignee = 'mia@us.test'$$,
    $$values ('Soon', 'mia@us.test', '2026-12-01'::date)$$, 'as it was asked for');
select throws_ok('select cs_health.create_task(' || args || ')', '22023', said, said)
from (values
    ('public.t(9), ''x''', null),
    ('null, ''x''', null),
    ('public.t(1), null', 'title is empty'), ('public.t(1), '' ''', 'title is empty'),
    ('public.t(1), repeat(''x'', 256)', 'title has 256 characters, at most 255'),
    ('public.t(1), ''x'', repeat(''x'', 10001)', 'detail has 10001 characters, at most 10000'),
    ('public.t(1), ''x'', null, ''2026-11-26''', 'due_on must be from 2026-11-27 to 2036-11-24, not 2026-11-26'),
    ('public.t(1), ''x'', null, ''infinity''', 'due_on must be from 2026-11-27 to 2036-11-24, not infinity'),
    ('public.t(1), ''x'', null, null, ''eva1@them.test''', 'assignee must be a colleague, not eva1@them.test'))
        as c(args, said);

-- Dates and times that are none, whoever writes
select throws_ok('update cs_health.task set ' || name || ' = ''' || value || '''', '23514', null, name || ' ' || value)
from unnest('{due_on,created_at,overdue_at,ended_at}'::text[]) as name,
    unnest('{infinity,-infinity,0999-12-31,10000-01-02}'::text[]) as value;

-- Given to others
select cs_health.reassign_task(:'made', 'mia@us.test')::text = 'x';
select is((select assignee from cs_health.task where id = :'made'), 'mia@us.test', 'given to another');
select throws_ok(format('select cs_health.reassign_task(%L, %L)', :'made', 'eva1@them.test'), '22023',
    'assignee must be a colleague, not eva1@them.test');
select throws_ok(format('select cs_health.reassign_task(%L, null)', :'made'), '22023',
    'assignee must be a colleague, not null');
select throws_ok($$select cs_health.reassign_task(public.t(9), 'mia@us.test')$$, '22023',
    'task 00000000-0000-4000-8000-000000000009 does not exist');

-- Put off
set cs_health.now = '2026-11-27 23:00+00';
select cs_health.create_task(public.t(1), 'Later', null, '2026-11-27', 'mia@us.test') as later \gset
select cs_health.snooze_task(:'later', '2026-11-30')::text = 'x';
select results_eq(format('select due_on, status, assignee, note from cs_health.task where id = %L', :'later'),
    $$values ('2026-11-30'::date, 'open', 'mia@us.test', '2026-11-27 → 2026-11-30')$$, 'put off, and said so');
select cs_health.snooze_task(:'later', '2026-11-28', 'They are on a fair')::text = 'x';
select is((select note from cs_health.task where id = :'later'),
    E'2026-11-30 → 2026-11-28: They are on a fair\n2026-11-27 → 2026-11-30', 'with the reason, the latest first');
select cs_health.snooze_task(:'later', '2027-11-27')::text = 'x';
select is((select due_on from cs_health.task where id = :'later'), '2027-11-27', 'a year ahead');
select throws_ok(format('select cs_health.snooze_task(%L, %s)', :'later', args), '22023', said, said)
from (values ('''2026-11-27''', 'until must be from 2026-11-28 to 2027-11-27, not 2026-11-27'),
    ('''2027-11-28''', 'until must be from 2026-11-28 to 2027-11-27, not 2027-11-28'),
    ('''infinity''', 'until must be from 2026-11-28 to 2027-11-27, not infinity'),
    ('null', 'until must be from 2026-11-28 to 2027-11-27, not null'),
    ('''2026-11-30'', '' ''', 'reason is empty'),
    ('''2026-11-30'', repeat(''x'', 2001)', 'reason has 2001 characters, at most 2000')) as c(args, said);
select throws_ok($$select cs_health.snooze_task(public.t(9), '2026-11-30')$$, '22023',
    'task 00000000-0000-4000-8000-000000000009 does not exist');
select throws_ok($$select cs_health_v1.snooze_task(public.t(9), '2026-11-30')$$, 'PT404', 'unknown task');
select cs_health_v1.snooze_task(:'later', '2026-11-30')::text = 'x';
select cs_health.complete_task(:'later', 'reached', 'At last')::text = 'x';
select is((select note from cs_health.task where id = :'later'), E'At last\n2027-11-27 → 2026-11-30\n'
    '2026-11-28 → 2027-11-27\n2026-11-30 → 2026-11-28: They are on a fair\n2026-11-27 → 2026-11-30',
    'what was noted stays when it is done');
select throws_ok(format('select cs_health.snooze_task(%L, %L)', :'later', '2026-11-30'), '55000',
    format('task %s is done already', :'later'));
select throws_ok(format('select cs_health_v1.snooze_task(%L, %L)', :'later', '2026-11-30'), 'PT409',
    'not possible in this state');
delete from cs_health.task where id = :'later';
delete from cs_health.touchpoint;
set cs_health.now = '2026-11-27 10:00+00';

-- Completed
select throws_ok(format('select cs_health.complete_task(%L, null)', :'made'), '22023', 'outcome is empty');
select throws_ok(format('select cs_health.complete_task(%L, repeat(%L, 101))', :'made', 'x'), '22023',
    'outcome has 101 characters, at most 100');
select throws_ok(format('select cs_health.complete_task(%L, %L, %L)', :'made', 'x', ''), '22023', 'note is empty');
select throws_ok($$select cs_health.complete_task(null, 'x')$$, '22023', 'task null does not exist');
select cs_health.complete_task(:'made', 'meeting_booked', 'Monday')::text = 'x';
select results_eq(format($$select status, outcome, note, ended_by = public.me(), ended_at from cs_health.task
    where id = %L$$,
    :'made'), $$values ('done', 'meeting_booked', 'Monday', true, '2026-11-27 10:00+00'::timestamptz)$$, 'done');
select results_eq('select kind, direction, channel, detail, at from cs_health.touchpoint', $$values
    ('meeting_booked', 'internal', null, 'Ring them: meeting_booked: Monday', '2026-11-27 10:00+00'::timestamptz)$$,
    'the outcome is a touchpoint');
select throws_ok(format('select cs_health.%s', replace(call, 'ID', :'made')), '55000',
    format('task %s is done already', :'made'), call)
from (values ('complete_task(''ID'', ''x'')'), ('reassign_task(''ID'', ''mia@us.test'')')) as c(call);

-- Overdue: told once, on the day after
select is((select count(*) from cs_health.outbox where kind = 'task.overdue'), 0::bigint, 'nothing is overdue yet');
set cs_health.now = '2026-12-01 23:59+00';
call cs_health.run_playbooks();
select is((select count(*) from cs_health.outbox where kind = 'task.overdue'), 0::bigint,
    'on its day a task is in time');
set cs_health.now = '2026-12-02 00:00+00';
call cs_health.run_playbooks();
set cs_health.now = '2026-12-03 00:00+00';
call cs_health.run_playbooks();
select results_eq($$select payload -> 'data' from cs_health.outbox where kind = 'task.overdue'$$, $$
    select jsonb_build_object('task_id', id, 'kind', 'manual', 'title', 'Ring them', 'assignee', 'mia@us.test',
        'due_on', '2026-12-01')
    from cs_health.task where status = 'open'$$, 'told once, the day after');
select is((select overdue_at from cs_health.task where status = 'open'), '2026-12-02 00:00+00'::timestamptz,
    'and noted when');

-- A task of a playbook: its end is the end of its step; cancelled with its execution
select public.customer(i) is not null from generate_series(2, 3) as i;
set cs_health.now = '2026-12-04 10:00+00';
create temp table run as select i, public.start(i, jsonb_build_array(
    '{"day": 0, "action": "talk", "channel": "call", "subject": "Call", "template": "Ask", "due_days": 1}'::jsonb,
    '{"day": 0, "action": "banner", "channel": "in_app", "subject": "B", "template": "C"}'::jsonb)) as run
        from generate_series(2, 3) as i;
call cs_health.run_playbooks();
select is((select array_agg(due_on) from cs_health.task where kind = 'call'), '{2026-12-07,2026-12-07}'::date[],
    'due on a Saturday is due on Monday');
select is((select string_agg(state, ',' order by step_no) from public.step join run on run = execution_id where i = 2),
    'call queued,in_app done', 'the step of an open task is open');
select cs_health.snooze_task(id, '2026-12-09', 'Ill')::text = 'x' from cs_health.task where kind = 'call'
    and tenant_id = public.t(2);
select is((select array_agg(concat_ws(' ', h.action, h.step_no, h.reason)) from cs_health.playbook_history as h
    join run on run = h.execution_id where i = 2 and h.action like 'task%'), '{"task snoozed 1 2026-12-09: Ill"}',
    'put off, the history of the playbook says so');
select cs_health.complete_task(id, 'reached')::text = 'x' from cs_health.task where kind = 'call'
    and tenant_id = public.t(2);
select cs_health.cancel_execution(run, 'enough')::text = 'x' from run where i = 3;
call cs_health.run_playbooks();
select is((select string_agg(state, ',' order by step_no) from public.step join run on run = execution_id where i = 2),
    'call done reached,in_app done', 'completed, the step is done');
select is((select status from cs_health.playbook_execution join run on run = id where i = 2), 'finished',
    'and the playbook over');
select results_eq($$select direction, channel from cs_health.touchpoint where kind = 'call'$$, $$values ('outbound',
    'call')$$,
    'a call is one');
select is((select status from cs_health.task where kind = 'call' and tenant_id = public.t(3)), 'cancelled',
    'cancelled, its task is too');
select is((select string_agg(state, ',' order by step_no) from public.step join run on run = execution_id where i = 3),
    'call cancelled,in_app done', 'and the step');
select throws_ok(format('select cs_health.complete_task(%L, %L)', id, 'x'), '55000',
    format('task %s is cancelled already', id))
from cs_health.task where tenant_id = public.t(3);

-- Banners
select results_eq('select title, body, link, locale, expires_at,
    shown_at from cs_health.in_app_messages(public.t(2))', $$values
    ('B', 'C', null, 'es', '2027-01-03 10:00+00'::timestamptz, null::timestamptz)$$, 'the banner of a tenant');
select id as banner from cs_health.in_app_messages(public.t(2)) \gset
select is((select count(*) from cs_health.in_app_messages(public.t(3))), 0::bigint, 'a cancelled playbook shows none');
select cs_health.in_app_shown(:'banner')::text = 'x';
set cs_health.now = '2026-12-04 11:00+00';
select cs_health.in_app_shown(:'banner')::text = 'x';
select cs_health.in_app_clicked(:'banner')::text = 'x';
select results_eq('select shown_at, clicked_at,
    dismissed_at from cs_health.in_app_message where tenant_id = public.t(2)', $$values
    ('2026-12-04 10:00+00'::timestamptz, '2026-12-04 11:00+00'::timestamptz, null::timestamptz)$$,
        'the first time counts');
select is((select count(*) from cs_health.in_app_messages(public.t(2))), 1::bigint, 'it is shown on');
set cs_health.now = '2026-12-04 12:00+00';
select cs_health.in_app_dismissed(:'banner')::text = 'x';
select cs_health.in_app_clicked(:'banner')::text = 'x';
select results_eq('select shown_at, clicked_at,
    dismissed_at from cs_health.in_app_message where tenant_id = public.t(2)', $$values
    ('2026-12-04 10:00+00'::timestamptz, '2026-12-04 11:00+00'::timestamptz, '2026-12-04 12:00+00'::timestamptz)$$,
        'dismissed');
select is((select count(*) from cs_health.in_app_messages(public.t(2))), 0::bigint, 'is shown no more');
update cs_health.in_app_message set dismissed_at = null where id = :'banner';
set cs_health.now = '2027-01-03 10:00+00';
select is((select count(*) from cs_health.in_app_messages(public.t(2))), 0::bigint, 'nor when it expired');
select throws_ok(format('select cs_health.%s(public.t(9))', f), '22023',
    'in-app message 00000000-0000-4000-8000-000000000009 does not exist', f)
from unnest('{in_app_shown,in_app_clicked,in_app_dismissed}'::text[]) as f;
select throws_ok('select cs_health.in_app_shown(null)', '22023', 'in-app message null does not exist');
select throws_ok('select cs_health.in_app_messages(public.t(9))', '22023');
-- Resolved: the playbook that it came from ends, but for a task about a delivery
select public.customer(30) is not null;
select public.start(30, '[{"day": 0, "action": "talk", "channel": "call", "subject": "Call", "template": "Ask"},
    {"day": 3, "action": "look", "channel": "internal", "subject": "Look", "template": "Look"}]') as run \gset
call cs_health.run_playbooks();
select cs_health._open_task(public.t(30), 'delivery_failed', 'Bounced', null, 'ana@us.test', '2026-11-30', 'bounced',
    :'run', 1) as bounced \gset
select cs_health.complete_task(:'bounced', 'resolved')::text = 'x';
select is((select e.status from cs_health.playbook_execution as e where e.id = :'run'), 'running',
    'that a delivery is resolved ends nothing');
select cs_health.complete_task(k.id, 'resolved')::text = 'x' from cs_health.task as k
where k.kind = 'call' and k.execution_id = :'run';
select is((select (e.status, e.outcome)::text from cs_health.playbook_execution as e where e.id = :'run'),
    '(exited,resolved)', 'resolved ends the playbook');
select is((select string_agg(concat_ws(' ', s.status, s.reason), ', ' order by s.step_no)
    from cs_health.playbook_step as s where s.execution_id = :'run'), 'done resolved, cancelled',
    'the step is done, later ones are not');

select * from finish();
