-- What doctor() says of playbooks and deliveries: nothing to do at first, then each thing that can be wrong.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set client_min_messages = warning;

-- How doctor() judges an item; with a remedy wherever it is no more than information
create function pg_temp.said(of_item text) returns text language sql as $$
    select string_agg(concat_ws(': ', d.status, d.detail,
        case when d.status in ('warning', 'error') and d.remedy is null then 'no remedy' end), '; ')
    from cs_health.doctor() as d where d.item = of_item
$$;

select plan(37);

select is(pg_temp.said('playbooks'), 'ok: 0 active; 0 executions wait for approval, 0 of them for more than 7 days',
    'nothing waits');
select is(pg_temp.said('steps'), 'ok: 0 steps are due for more than an hour', 'no step is late');
select is(pg_temp.said('channels'), 'info: none: nothing can be sent', 'no channel');
select is(pg_temp.said('deliveries'), 'ok: none waits', 'no delivery');
select is(pg_temp.said(i), null, i || ' is not mentioned')
from unnest(array['held steps', 'approvals', 'assignee', 'playbook Lost', 'channel hook']) as i;

-- playbooks
insert into cs_health.csm (email, name) values ('ana@example.com', 'Ana');
insert into cs_health.tenant (name, csm) values ('One', 'ana@example.com'), ('Two', null), ('Three', null);
insert into cs_health.cs_playbook (name, trigger_type, status, trigger_conditions, params, steps)
select n.name, 'health_drop', n.status, '{"any": [{"fact": "own.invoices_late", "op": ">", "value": 3},
        {"not": {"fact": "own.seats", "op": ">", "value": 3}}]}',
    '{"percent": null, "unused": null, "days": 7}',
    '[{"day": 0, "action": "offer", "channel": "call", "subject": "own.car", "template":
        "{{ params.percent }} % for {{params.days}} days, {{own.visits}} visits. own.words are none of it."}]'
from (values ('Lost', 'active'), ('Resting', 'paused')) as n(name, status);
insert into cs_health.measure (code, position, unit, window_days, description, higher_is_better, step, effort, watched,
    builtin, query)
select 'seats', max(m.position) + 1, 'count', 0, 'Seats', true, 1, 1, false, false, 'select 1'
from cs_health.measure as m;
select is(pg_temp.said('playbook Lost'),
    'warning: its texts name what is not set: percent; '
        'warning: it names measures that nobody registered: own.invoices_late, own.visits',
    'an active playbook whose texts and conditions name what is not there');
select is(pg_temp.said('playbook Resting'), null, 'a paused one may be unfinished');
select is(pg_temp.said('assignee'), 'warning: 2 active tenants have no CSM, and settings.fallback_assignee is not set',
    'whose tasks are nobody''s');
update cs_health.settings set fallback_assignee = 'lead@example.com';
select is(pg_temp.said('assignee'), null, 'unless there is somebody to fall back to');
update cs_health.cs_playbook set params = '{"percent": 10, "unused": null, "days": 7}' where name = 'Lost';
select is(pg_temp.said('playbook Lost'),
    'warning: it names measures that nobody registered: own.invoices_late, own.visits', 'what is set is no fault');

insert into cs_health.playbook_execution (tenant_id, playbook_id, playbook_name, status, created_at, created_by,
    started_on, trigger, steps, params)
select t.id, p.id, p.name, case t.name when 'One' then 'running' else 'waiting' end,
    cs_health._now() - case t.name when 'Two' then interval '8 days' else '1 day' end, 'engine',
    case t.name when 'One' then current_date end, '[]', p.steps, p.params
from cs_health.tenant as t, cs_health.cs_playbook as p where p.name = 'Lost';
insert into cs_health.playbook_step (tenant_id, execution_id, step_no, day, action, channel, status, due_at, planned_at,
    reason)
select e.tenant_id, e.id, s.nr, 0, 'offer', 'email', s.status, cs_health._now() - s.late, now(), s.reason
from cs_health.playbook_execution as e, (values (1, 'held', interval '2 days', 'no_booking_url'),
    (2, 'held', '1 s', 'no_offer'), (3, 'held', '1 s', 'no_offer'), (4, 'approval', '25 hours', null),
    (5, 'approval', '23 hours', null), (6, 'pending', '59 minutes', null), (7, 'done', '9 days', null),
    (8, 'pending', '-1 day', null)) as s(nr, status, late, reason)
where e.status = 'running';
select is(pg_temp.said('playbooks'),
    'warning: 1 active; 2 executions wait for approval, 1 of them for more than 7 days', 'an execution waits too long');
select is(pg_temp.said('held steps'), 'warning: something is missing: no_booking_url (1), no_offer (2)',
    'steps that are held, by reason');
select is(pg_temp.said('approvals'), 'warning: 1 steps wait for approval for more than a day',
    'steps that wait for approval');
select is(pg_temp.said('steps'), 'ok: 0 steps are due for more than an hour', 'a step is due for 59 minutes');
update cs_health.playbook_step set due_at = due_at - interval '2 minutes' where step_no = 6;
select is(pg_temp.said('steps'), 'warning: 1 steps are due for more than an hour',
    'for more than an hour: nobody calls run_playbooks()');
update cs_health.playbook_execution set status = 'paused', paused_at = now() where status = 'running';
select is(pg_temp.said('steps'), 'ok: 0 steps are due for more than an hour', 'unless the execution is paused');

select is(pg_temp.said('run_playbooks'),
    'warning: it fails, or nobody has called it for an hour: 1 things wait to be told or sent', 'a start is not told');
update cs_health.playbook_execution set told = 'started' where started_on is not null;
update cs_health.playbook_step set status = 'done', ended_at = cs_health._now() - interval '59 minutes'
where step_no = 6;
select is(pg_temp.said('run_playbooks'), null, 'or not for long');
update cs_health.playbook_step set ended_at = ended_at - interval '2 minutes' where step_no = 6;
select is(pg_temp.said('run_playbooks'),
    'warning: it fails, or nobody has called it for an hour: 1 things wait to be told or sent', 'or it fails');
update cs_health.playbook_step set told_at = now() where step_no = 6;

-- deliveries
insert into cs_health.channel (code, kind, secret) values ('hook', 'webhook', 'nowhere'), ('slack', 'slack', 'nowhere');
select is(pg_temp.said('channels'), 'ok: hook, slack', 'channels');
select matches(pg_temp.said('channel hook'), '^error: its secret cannot be used: ', 'a secret that is not there');
update cs_health.channel set enabled = false where code = 'hook';
select is(pg_temp.said('channel hook'), null, 'of a channel that is used');
insert into cs_health.outbox (source_key, channel, kind, payload, state, next_attempt_at, ended_at)
select n::text, c.code, 'message', '{}', case n when 1 then 'dead' else 'pending' end, now() - n * interval '1 minute',
    case n when 1 then now() end
from (values ('hook')) as c(code), generate_series(1, 5) as n;
select is(pg_temp.said('deliveries'), 'ok: none waits', 'what waits in a channel that is not used');
select is(pg_temp.said('channel hook'),
    'warning: 1 deliveries were given up; warning: 4 deliveries wait in it, and it is not enabled',
    'is told of that channel');
update cs_health.outbox set channel = 'slack', next_attempt_at = next_attempt_at - interval '1 s';
select matches(pg_temp.said('deliveries'), '^warning: 1 wait since .*; no worker was ever seen$',
    'a message that has waited for 5 minutes');
update cs_health.outbox set send_before = now() - interval '1 s' where source_key = '5';
select is(pg_temp.said('deliveries'), 'ok: none waits', 'but for one that may not be sent before the morning');
update cs_health.outbox set send_before = null;
select matches(pg_temp.said('channel slack'), 'warning: 1 deliveries were given up', 'a delivery that was given up');
update cs_health.channel set closed_until = now() + interval '1 minute', failures = 5 where code = 'slack';
select matches(pg_temp.said('channel slack'), 'warning: nothing is sent before .*, after 5 failures in a row',
    'a channel that is closed');
select is(pg_temp.said('deliveries'), 'ok: none waits', 'whose messages wait for that');

-- bounces
insert into cs_health.contact (tenant_id, name, email, role, bounced_at)
select t.id, 'C' || n, n || '@them.test', 'user', cs_health._now() - case n when 11 then interval '25 h' else '1 h' end
from cs_health.tenant as t, generate_series(1, 11) as n where t.name = 'One';
select is(pg_temp.said('bounces'), null, 'ten contacts whose mail came back within a day');
update cs_health.contact set bounced_at = cs_health._now() where email = '11@them.test';
select is(pg_temp.said('bounces'),
    'warning: 11 contacts are not written to any more, since their mail came back within a day', 'more than ten');

-- stages
insert into cs_health.cs_playbook (name, trigger_type, status, trigger_conditions, exit_conditions, steps, params)
select 'Staged', 'health_drop', 'active', '{"not": {"fact": "stage", "op": "in", "value": ["established", "adopted"]}}',
    '{"fact": "stage", "op": "=", "value": "renewing"}', p.steps, '{"discount_percent": 5, "free_days": 5}'
from cs_health.cs_playbook as p where p.code = 'reactivation';
select is(pg_temp.said('playbook Staged'), 'warning: it names stages that there are not: established',
    'a stage that is misspelt');
select cs_health.remove_stage('renewing') \g /dev/null
select is(pg_temp.said('playbook Staged'), 'warning: it names stages that there are not: established, renewing',
    'or disabled');

select finish();
