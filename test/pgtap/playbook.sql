-- The life of playbooks and of executions: baseline and approval, starts by hand, pause and resume, every end; what is
-- refused. Runs commit, so this file is not one transaction.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set time zone 'UTC';
set client_min_messages = error;
\ir include/playbook.sql
select plan(147);

-- Who must stand in for the delivery of steps
create function pg_temp.step(execution uuid, n integer, status text) returns void language sql as $$
    update cs_health.playbook_step as s set status = step.status where s.execution_id = execution and s.step_no = n
$$;
create function pg_temp.execution(n integer) returns uuid language sql as $$
    select e.id from cs_health.playbook_execution as e where e.tenant_id = pg_temp.uuid(n)
    order by e.created_at desc, e.ended_at is null desc limit 1
$$;
create function pg_temp.steps(n integer) returns text language sql as $$
    select string_agg(s.status || ' ' || to_char(s.due_at, 'DD HH24:MI'), ', ' order by s.step_no)
    from cs_health.playbook_step as s where s.execution_id = pg_temp.execution(n)
$$;
create function pg_temp.history(n integer) returns text language sql as $$
    select string_agg(concat_ws(' ', h.actor, h.action, h.reason), ', ' order by h.id)
    from cs_health.playbook_history as h where h.execution_id = pg_temp.execution(n)
$$;
select set_config('request.jwt.claims', '{"email": "ana@csm.example"}', false) \g /dev/null

-- 5,000 tenants below 60 on day one
insert into cs_health.tenant (id, name, signed_up_at, arr)
select pg_temp.uuid(n), 'Tenant ' || n, '2025-01-01', n % 1000 * 10 from generate_series(1, 5010) as n;
insert into cs_health.measure_value (tenant_id, measure, as_of, value)
select pg_temp.uuid(n), m, pg_temp.day(0), case when n <= 10 then 80 else 40 end
from generate_series(1, 5010) as n, unnest(array['s', 'g']) as m;
update cs_health.tenant set holdout = true where id = pg_temp.uuid(1999);
\set below_60 '{"fact": "overall_score", "op": "<", "value": 60}'
select pg_temp.playbook('rescue', :'below_60', '{"status": "paused", "auto": false}') as rescue \gset
select is((select a::text from cs_health.activate_playbook(:'rescue') as a), '(,0,0,,)',
    'before anything is scored the next run takes the baseline');
call pg_temp.night(0);
select is((select count(*) from cs_health.playbook_state as s where s.standing = 'baseline'), 5000::bigint,
    '5,000 match on day one');
call pg_temp.night(1);
select is((select count(*) from cs_health.playbook_execution), 0::bigint, 'and none of them enters');
select is((select a::text from cs_health.activate_playbook(:'rescue') as a),
    (select (pg_temp.day(0), 5000, 4999, sum(t.arr), sum(round(t.arr * h.churn_probability::numeric, 2)))::text
    from cs_health.tenant as t
    join cs_health.customer_health as h on h.tenant_id = t.id and h.as_of = pg_temp.day(1)
    where t.id > pg_temp.uuid(10)), 'activating it again shows the same baseline');
select is((select array_agg(b.tenant order by b.nr) from (
        select row_number() over () as nr, b.* from cs_health.baseline_tenants(:'rescue') as b) as b where b.nr <= 3),
    array['Tenant 999', 'Tenant 2999', 'Tenant 3999'], 'listed by what is at stake');
select is((select (b.tenant, b.overall_score, b.category, b.since, b.arr, b.obstacle)::text
    from cs_health.baseline_tenants(:'rescue') as b where b.obstacle is not null),
    '("Tenant 1999",40,at_risk,2026-03-02,9990.00,holdout)', 'with what is in the way');
select is(cs_health.enrol_existing(:'rescue', 3), 3, 'after approval so many enter');
select is(pg_temp.executions('rescue'), 'waiting 999 2999 3999', 'the first of the list, hold-outs left out');
select is(pg_temp.history(2999), 'ana@csm.example waiting', 'by whom stands in the history');
select is(cs_health.enrol_existing(:'rescue', 5000), 4996, 'all that are left');
select is(cs_health.enrol_existing(:'rescue', 5000), 0, 'nobody is');
select is((select count(*) from cs_health.playbook_step), 0::bigint, 'nothing is planned while they wait');
call pg_temp.night(2);
select is((select count(*) from cs_health.playbook_execution as e where e.status = 'waiting'), 4999::bigint,
    'and they wait until somebody approves them');

-- Approval, pause, resume
select pg_temp.set_now('2026-03-05 15:00') \g /dev/null
update cs_health.tenant set time_zone = 'America/Bogota' where id = pg_temp.uuid(999);
select cs_health.approve_execution(pg_temp.execution(999)), cs_health.approve_execution(pg_temp.execution(2999))
\g /dev/null
select is((select (e.status, e.started_on, e.approved_by, e.approved_at)::text from cs_health.playbook_execution as e
    where e.id = pg_temp.execution(999)), '(running,2026-03-05,ana@csm.example,"2026-03-05 15:00:00+00")', 'approved');
select is(pg_temp.steps(999), 'pending 05 15:00, pending 08 14:00, pending 12 14:00',
    'planned from 09:00 of the tenant on, day 0 not before now');
select is(pg_temp.steps(2999), 'pending 05 15:00, pending 08 09:00, pending 12 09:00', 'each by its own clock');
select is(pg_temp.history(999), 'ana@csm.example waiting, ana@csm.example approved', 'by whom');
select pg_temp.step(pg_temp.execution(999), 1, 'done') \g /dev/null
select cs_health.pause_execution(pg_temp.execution(999), 'on holiday') \g /dev/null
select is((select (e.status, e.paused_at)::text from cs_health.playbook_execution as e
    where e.id = pg_temp.execution(999)), '(paused,"2026-03-05 15:00:00+00")', 'paused');
select pg_temp.set_now('2026-03-08 12:00') \g /dev/null
select cs_health.resume_execution(pg_temp.execution(999)) \g /dev/null
select is(pg_temp.steps(999), 'done 05 15:00, pending 11 14:00, pending 15 14:00',
    'what is left moves by the days of the pause, and stays at its time of day');
select is((select (e.status, e.paused_at)::text from cs_health.playbook_execution as e
    where e.id = pg_temp.execution(999)), '(running,)', 'and it runs');
select is(pg_temp.history(999), 'ana@csm.example waiting, ana@csm.example approved, '
    'ana@csm.example paused on holiday, ana@csm.example resumed', 'all of it is kept');
update cs_health.tenant set time_zone = 'Europe/Madrid' where id = pg_temp.uuid(2999);
select cs_health.pause_execution(pg_temp.execution(2999)) \g /dev/null
select pg_temp.set_now('2026-03-30 08:00') \g /dev/null
select cs_health.resume_execution(pg_temp.execution(2999)) \g /dev/null
select is((select string_agg(to_char(timezone('Europe/Madrid', s.due_at), 'DD HH24:MI'), ', ' order by s.step_no)
    from cs_health.playbook_step as s where s.execution_id = pg_temp.execution(2999)), '27 16:00, 30 10:00, 03 10:00',
    'over a change of the clocks too');
select cs_health.pause_execution(pg_temp.execution(2999)), cs_health.resume_execution(pg_temp.execution(2999))
\g /dev/null
select is((select to_char(timezone('Europe/Madrid', s.due_at), 'DD HH24:MI') from cs_health.playbook_step as s
    where s.execution_id = pg_temp.execution(2999) and s.step_no = 2), '30 10:00',
    'a pause within a day moves nothing');

-- Finished
select is(cs_health._close_finished(pg_temp.uuid(999), pg_temp.execution(999)), false, 'not while a step is open');
select pg_temp.step(pg_temp.execution(999), 2, 'queued'), pg_temp.step(pg_temp.execution(999), 3, 'skipped')
\g /dev/null
select is(cs_health._close_finished(pg_temp.uuid(999), pg_temp.execution(999)), false, 'nor while one is on its way');
select pg_temp.step(pg_temp.execution(999), 2, 'failed') \g /dev/null
select is(cs_health._close_finished(pg_temp.uuid(999), pg_temp.execution(999)), true, 'then it is finished');
select is(cs_health._close_finished(pg_temp.uuid(999), pg_temp.execution(999)), false, 'once');
select is((select (e.status, e.outcome, e.ended_at)::text from cs_health.playbook_execution as e
    where e.id = pg_temp.execution(999)), '(finished,"all steps are over","2026-03-30 08:00:00+00")', 'and says so');
select cs_health.pause_execution(pg_temp.execution(2999)) \g /dev/null
update cs_health.playbook_step as s set status = 'done' where s.execution_id = pg_temp.execution(2999);
select is(cs_health._close_finished(pg_temp.uuid(2999), pg_temp.execution(2999)), false,
    'a paused one does not finish');
select cs_health.resume_execution(pg_temp.execution(2999)) \g /dev/null
select is((select e.status from cs_health.playbook_execution as e where e.id = pg_temp.execution(2999)), 'finished',
    'before it is resumed');

-- By hand
insert into cs_health.channel (code, kind, secret) values ('hook', 'webhook', 'hook');
select cs_health._tell_executions() \g /dev/null
delete from cs_health.outbox;
select cs_health.execute_playbook(:'rescue', pg_temp.uuid(1), 'asked for it') as by_hand \gset
select is((select (e.status, e.created_by, e.started_on, e.triggered_as_of, e.trigger)::text
    from cs_health.playbook_execution as e where e.id = :'by_hand'),
    '(running,ana@csm.example,2026-03-30,,[])', 'a start by hand needs no condition');
select is(pg_temp.history(1), 'ana@csm.example started asked for it', 'and keeps the note');
select is(pg_temp.steps(1), 'pending 30 09:00, pending 02 09:00, pending 06 09:00', 'its steps are planned');
select is((select count(*) from cs_health.outbox), 0::bigint, 'who starts it writes nothing into the outbox');
select is(cs_health._tell_executions(), 1, 'webhooks are told of it later');
select is(cs_health._tell_executions(), 0, 'once');
select is((select o.payload -> 'data' from cs_health.outbox as o), jsonb_build_object('execution_id', :'by_hand',
    'playbook_id', :'rescue', 'playbook', 'rescue', 'trigger', '[]'::jsonb, 'started_by', 'ana@csm.example',
    'dry_run', false), 'with who started it');
select throws_ok(format('select cs_health.execute_playbook(%L, pg_temp.uuid(1))', :'rescue'), '23505',
    format('playbook %s runs for tenant %s already', :'rescue', pg_temp.uuid(1)), 'no second one while it is open');
select cs_health.execute_playbook(:'rescue', pg_temp.uuid(2999)) \g /dev/null
select is((select e.trigger -> 0 ->> 'actual' from cs_health.playbook_execution as e
    where e.id = pg_temp.execution(2999)), '40',
    'where the condition holds that is kept, and the cooldown binds no hand');
select is((select v.why from cs_health_v1.playbook_executions as v where v.id = :'by_hand'), null,
    'nothing held, so there is nothing to say why');
select is((select v.why from cs_health_v1.playbook_executions as v where v.id = pg_temp.execution(2999)),
    'overall score below 60', 'elsewhere it is said in words');
update cs_health.settings set locale = 'es';
select is((select v.why from cs_health_v1.playbook_executions as v where v.id = pg_temp.execution(2999)),
    'la puntuación global es inferior a 60', 'in the language that is set');
update cs_health.settings set locale = 'en';
select cs_health.pause_playbook(:'rescue') \g /dev/null
select isnt(cs_health.execute_playbook(:'rescue', pg_temp.uuid(2)), null, 'nor does a paused playbook');
update cs_health.tenant set status = 'trial' where id = pg_temp.uuid(3);
update cs_health.tenant set status = 'paused' where id = pg_temp.uuid(4);
update cs_health.tenant set status = 'internal' where id = pg_temp.uuid(5);
update cs_health.tenant set status = 'churned', churned_on = '2026-03-20' where id = pg_temp.uuid(6);
select isnt(cs_health.execute_playbook(:'rescue', pg_temp.uuid(3)), null, 'trial tenants have playbooks by hand');
select throws_ok(format('select cs_health.execute_playbook(%L, pg_temp.uuid(%s))', :'rescue', n), '55000',
    format('tenant %s is %s', pg_temp.uuid(n), what), what || ' ones have not')
from (values (4, 'paused'), (5, 'internal'), (6, 'churned'), (1999, 'a hold-out')) as c(n, what);

-- Ends
insert into cs_health.task (tenant_id, source_key, kind, title, due_on, execution_id, created_at)
select pg_temp.uuid(1), 'a', 'call', 'Call', '2026-04-01', :'by_hand', cs_health._now();
insert into cs_health.task (tenant_id, source_key, kind, title, due_on, created_at)
select pg_temp.uuid(1), 'b', 'manual', 'Other', '2026-04-01', cs_health._now();
insert into cs_health.in_app_message (tenant_id, execution_id, step_no, locale, title, body, created_at, expires_at)
select pg_temp.uuid(1), :'by_hand', 3, 'en', 'Hi', 'Hi', cs_health._now(), cs_health._now() + interval '7 days';
select pg_temp.step(:'by_hand', 1, 'sent'), pg_temp.step(:'by_hand', 2, 'held') \g /dev/null
select pg_temp.set_now('2026-03-31 08:00') \g /dev/null
select cs_health.cancel_execution(:'by_hand', 'wrong customer') \g /dev/null
select is((select (e.status, e.outcome, e.ended_at)::text from cs_health.playbook_execution as e
    where e.id = :'by_hand'), '(cancelled,"wrong customer","2026-03-31 08:00:00+00")', 'cancelled');
select is(pg_temp.steps(1), 'sent 30 09:00, cancelled 02 09:00, cancelled 06 09:00', 'with the steps that were left');
select is((select string_agg(k.source_key || ' ' || k.status, ', ' order by k.source_key) from cs_health.task as k),
    'a cancelled, b open', 'and its open tasks');
select is((select m.expires_at from cs_health.in_app_message as m), '2026-03-31 08:00+00', 'and its banners');
select is(pg_temp.history(1), 'ana@csm.example started asked for it, ana@csm.example cancelled wrong customer',
    'with reason');
select cs_health._tell_executions() \g /dev/null
select is((select count(*) from cs_health.outbox as o where o.kind = 'playbook.finished'
    and o.tenant_id = pg_temp.uuid(1)), 0::bigint, 'its end waits until the ends of its steps are told');
update cs_health.playbook_step as s set told_at = now() where s.execution_id = :'by_hand';
select cs_health._tell_executions() \g /dev/null
select is((select o.payload -> 'data' from cs_health.outbox as o
    where o.kind = 'playbook.finished' and o.tenant_id = pg_temp.uuid(1)), jsonb_build_object('execution_id',
    :'by_hand', 'playbook_id', :'rescue', 'playbook', 'rescue', 'status', 'cancelled', 'outcome', 'wrong customer',
    'dry_run', false),
    'and webhooks hear of it');
select cs_health.resolve_execution(pg_temp.execution(2)), cs_health.resolve_execution(pg_temp.execution(3), 'renewed')
\g /dev/null
select is((select string_agg(e.status || ' ' || e.outcome, ', ' order by e.tenant_id)
    from cs_health.playbook_execution as e where e.tenant_id in (pg_temp.uuid(2), pg_temp.uuid(3))),
    'exited resolved, exited renewed', 'resolved is an exit');
select cs_health.execute_playbook(:'rescue', pg_temp.uuid(7)), cs_health.pause_execution(pg_temp.execution(7)),
    cs_health.cancel_execution(pg_temp.execution(7)) \g /dev/null
select is((select (e.status, e.outcome, e.paused_at)::text from cs_health.playbook_execution as e
    where e.id = pg_temp.execution(7)), '(cancelled,cancelled,)', 'a paused one can be cancelled');

-- Playbooks: pause forgets who matches, archive ends
select is((select count(*) from cs_health.playbook_state), 0::bigint, 'a paused playbook watches for nobody');
select is((select a.tenants from cs_health.activate_playbook(:'rescue') as a), 5000::bigint,
    'activated again its baseline is of the latest day, taken at once');
select is((select w.since from cs_health.playbook_watch as w), pg_temp.day(2), 'which it notes');
select is((select count(*) from cs_health.playbook_execution as e where e.status = 'waiting'), 4997::bigint,
    'what waited waits on');
select is(cs_health.archive_playbook(:'rescue'), 4998, 'archiving cancels what is open');
select is(cs_health.archive_playbook(:'rescue'), 0, 'once');
select is((select count(*) from cs_health.playbook_watch), 0::bigint, 'and watches no more');
select pg_temp.playbook('dry', :'below_60', '{"status": "paused", "dry_run": true}') as dry \gset
select cs_health.execute_playbook(:'dry', pg_temp.uuid(8)) \g /dev/null
select is((select e.dry_run from cs_health.playbook_execution as e where e.id = pg_temp.execution(8)), true,
    'executions of a dry run know it');
update cs_health.cs_playbook set steps = steps - 1, params = '{"discount": 1}' where code = 'dry';
select is((select jsonb_array_length(e.steps) || e.params::text from cs_health.playbook_execution as e
    where e.id = pg_temp.execution(8)), '3{}', 'and keep the steps and params they began with');

-- What is refused
create function pg_temp.refusal(call text) returns text language plpgsql as $$
declare
    state text;
    message text;
    hint text;
begin
    execute 'select ' || call;
    return 'accepted';
exception when others then
    get stacked diagnostics state = returned_sqlstate, message = message_text, hint = pg_exception_hint;
    return state || ' ' || regexp_replace(message, '[0-9a-f]{8}-[0-9a-f-]{27}', 'ID') || ' | ' || hint;
end
$$;
select is(pg_temp.refusal(format('cs_health.%s(pg_temp.uuid(0)%s)', f.name, f.more)),
    '22023 execution ID does not exist | Executions are listed in cs_health.playbook_execution.', f.name)
from (values ('approve_execution', ''), ('pause_execution', ', ''x'''), ('resume_execution', ''),
    ('cancel_execution', ''), ('resolve_execution', '')) as f(name, more);
select is(pg_temp.refusal(format('cs_health.%s(pg_temp.uuid(0)%s)', f.name, f.more)),
    '22023 playbook ID does not exist | '
    'Playbooks are listed in cs_health.cs_playbook; playbook_by_code() finds one by its code.', f.name)
from (values ('activate_playbook', ''), ('pause_playbook', ''), ('archive_playbook', ''), ('enrol_existing', ', 5'),
    ('baseline_tenants', ''), ('execute_playbook', ', pg_temp.uuid(1)')) as f(name, more);
select is(pg_temp.refusal(c.call), c.answer, c.call) from (values
    ('cs_health.playbook_by_code(E''x\ny'')',
        '22023 playbook "x?y" does not exist | Playbooks are listed in cs_health.cs_playbook.'),
    ('cs_health.playbook_by_code(null)',
        '22023 playbook "<NULL>" does not exist | Playbooks are listed in cs_health.cs_playbook.'),
    ('cs_health.activate_playbook(null)', '22023 playbook <NULL> does not exist | Playbooks are listed in '
        'cs_health.cs_playbook; playbook_by_code() finds one by its code.'),
    ('cs_health.approve_execution(null)',
        '22023 execution <NULL> does not exist | Executions are listed in cs_health.playbook_execution.'),
    ('cs_health.approve_execution(pg_temp.execution(8))',
        '55000 execution ID is running and cannot be approved | Only one that is waiting can.'),
    ('cs_health.resume_execution(pg_temp.execution(8))',
        '55000 execution ID is running and cannot be resumed | Only one that is paused can.'),
    ('cs_health.pause_execution(pg_temp.execution(999))',
        '55000 execution ID is finished and cannot be paused | Only one that is running can.'),
    ('cs_health.cancel_execution(pg_temp.execution(999))',
        '55000 execution ID is finished and cannot be cancelled | Only one that is waiting or running or paused can.'),
    ('cs_health.pause_execution(pg_temp.execution(8), repeat(''x'', 2001))',
        '22023 reason has 2001 characters, at most 2000 | Shorten it.'),
    ('cs_health.execute_playbook(cs_health.playbook_by_code(''dry''), pg_temp.uuid(9), repeat(''x'', 2001))',
        '22023 note has 2001 characters, at most 2000 | Shorten it.'),
    ('cs_health.execute_playbook(cs_health.playbook_by_code(''dry''), pg_temp.uuid(0))',
        '22023 tenant ID does not exist | Tenants are listed in cs_health.tenant.'),
    ('cs_health.execute_playbook(cs_health.playbook_by_code(''rescue''), pg_temp.uuid(9))',
        '55000 playbook "rescue" is archived | It has ended; copy it into a new row of cs_health.cs_playbook.'),
    ('cs_health.activate_playbook(cs_health.playbook_by_code(''rescue''))',
        '55000 playbook "rescue" is archived | It has ended; copy it into a new row of cs_health.cs_playbook.'),
    ('cs_health.enrol_existing(cs_health.playbook_by_code(''dry''), 5)',
        '55000 playbook "dry" is paused | activate_playbook() puts it to work.')) as c(call, answer);
select cs_health.activate_playbook(:'dry') \g /dev/null
select is(pg_temp.refusal(format('cs_health.enrol_existing(%L, %s)', :'dry', n)), format(
    '22023 max_tenants must be at least 1, not %s | baseline_tenants() lists who would enter, in order.', n), n)
from unnest(array['0', '-1', 'null']) as n;

-- CHECKs, whoever writes
select throws_like(format('insert into cs_health.cs_playbook (name, trigger_type, steps, trigger_conditions, '
    'audience, exit_conditions) select ''x'', ''expansion'', p.steps, %s from cs_health.cs_playbook as p '
    'where p.code = ''dry''', c.values), c.message, c.message)
from (values
    ('''{"fact": "mood", "op": "=", "value": 1}'', null, null', '%mood%'),
    ('''{"fact": "stage", "op": "=", "value": "onboarding"}'', ''{"any": []}'', null', '%$.any%'),
    ('''{"fact": "stage", "op": "=", "value": "onboarding"}'', null, ''{"fact": "trend", "op": "<", "value": 1}''',
        '%$.op%')) as c(values, message);
select is((select count(*) from cs_health.cs_playbook as p where p.name = 'x'), 0::bigint, 'none of them is there');
select throws_ok(format('update cs_health.%s set %s = %L', c.relation, c.name, v.value), '23514', null,
    concat_ws(' ', c.relation, c.name, v.value))
from (
    select 'playbook_execution' as relation, unnest(
        '{started_on,triggered_as_of,created_at,approved_at,paused_at,ended_at}'::text[]) as name
    union all select 'playbook_step', unnest('{due_at,planned_at,handed_at,ended_at,told_at}'::text[])
) as c cross join unnest('{infinity,-infinity,0999-12-31,10000-01-02}'::text[]) as v(value);
select throws_ok(format('update cs_health.playbook_execution set trigger = %L', v.value), '23514', null, v.value)
from unnest(array['{"a": 1}', '"x"', 'null', '1', to_json(repeat('x', 300000))::text]) as v(value);

select finish();
