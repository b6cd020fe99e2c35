-- What ends an execution, and who comes back: exits count from the start, whatever was observed; dry runs, and those
-- whom runs leave to people.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set time zone 'UTC';
set client_min_messages = error;
\ir include/playbook.sql
select plan(17);

insert into cs_health.tenant (id, name, signed_up_at, arr)
select pg_temp.uuid(n), 'Tenant ' || n, case n when 1 then pg_temp.day(0) else '2025-01-01' end, 1000 * n
from generate_series(1, 8) as n;
select pg_temp.put(n, 's', 80, 0), pg_temp.put(n, 'g', 80, 0) from generate_series(2, 8) as n \g /dev/null
select pg_temp.playbook('new', '{"fact": "stage", "op": "=", "value": "onboarding"}', '{"onboarding": true,
    "min_coverage": 0, "exit": {"fact": "stage", "op": "=", "value": "activated"}}') as new,
    pg_temp.playbook('low', '{"fact": "overall_score", "op": "<", "value": 60}', '{"dry_run": true,
    "exit": {"fact": "overall_score", "op": ">=", "value": 65, "for_days": 3}}') as low,
    pg_temp.playbook('growth', '{"fact": "growth_score", "op": "<", "value": 60}', '{"auto": false,
    "exit": {"fact": "own.s", "op": ">=", "value": 65, "for_days": 2}}') as growth \gset
update cs_health.cs_playbook set steps = '[{"day": 365, "action": "wait", "channel": "internal", "to": "csm",
    "subject": "x", "template": "x"}]' where code in ('new', 'low', 'growth');
update cs_health.tenant set status = 'trial' where id = pg_temp.uuid(1);
call pg_temp.night(0);

-- A customer of whom nothing is observed
update cs_health.tenant set status = 'active' where id = pg_temp.uuid(1);
call pg_temp.night(1);
select is((select max(h.coverage) from cs_health.customer_health as h where h.tenant_id = pg_temp.uuid(1)), 0::real,
    'a new customer without data');
select is((select e.trigger -> 0 ->> 'actual' from cs_health.playbook_execution as e
    where e.playbook_id = :'new' and e.tenant_id = pg_temp.uuid(1)), 'onboarding', 'enters, with the reason');
insert into cs_health.touchpoint (tenant_id, kind, detail, at)
values (pg_temp.uuid(1), 'milestone', 'first_value', pg_temp.day(2) + time '12:00');
call pg_temp.night(2);
select is(pg_temp.executions('new'), 'exited 1', 'and its first value ends the onboarding');

-- By hand: tenant 2 is well, 3 has been for two days, of 4 the exit is far
select pg_temp.put(3, 's', 40, 3), pg_temp.put(4, 's', 40, 3) \g /dev/null
update cs_health.cs_playbook set status = 'paused' where code = 'low';
call pg_temp.night(3);
select pg_temp.put(3, 's', 80, 4) \g /dev/null
call pg_temp.night(4);
call pg_temp.night(5);
update cs_health.cs_playbook set dry_run = false where code = 'low';
select cs_health.execute_playbook(:'low', pg_temp.uuid(n)) from generate_series(2, 4) as n \g /dev/null
select is((select string_agg(coalesce(e.exit_conditions ->> 'value', 'none'), ', ' order by e.tenant_id)
    from cs_health.playbook_execution as e where e.playbook_id = :'low'), 'none, 65, 65',
    'an exit that holds at the start ends nothing');
select is((select string_agg(h.action || ': ' || h.reason, ', ') from cs_health.playbook_history as h
    where h.tenant_id = pg_temp.uuid(2) and h.reason is not null), 'without exit: the exit condition held already',
    'as the history says');
call pg_temp.night(6);
call pg_temp.night(7);
select is(pg_temp.executions('low'), 'running 2 3 4', 'days before the start do not count');
call pg_temp.night(8);
select is(pg_temp.executions('low'), 'exited 3, running 2 4', 'three nights after it do');
call pg_temp.night(9);
select is(pg_temp.executions('low'), 'exited 3, running 2 4', 'the other goes on');

-- Approved: days before it do not count either
select pg_temp.put(5, 'g', 40, 10), pg_temp.put(5, 's', 60, 10) \g /dev/null
call pg_temp.night(10);
select pg_temp.put(5, 's', 80, 11) \g /dev/null
call pg_temp.night(11);
select cs_health.approve_execution(e.id) from cs_health.playbook_execution as e where e.playbook_id = :'growth'
\g /dev/null
call pg_temp.night(12);
select is(pg_temp.executions('growth'), 'running 5', 'one day after the approval is not two');
call pg_temp.night(13);
select is(pg_temp.executions('growth'), 'exited 5', 'two are');

-- Cooldown: a dry run costs the real one nothing, and the next dry run its own
update cs_health.cs_playbook set status = 'active', dry_run = true where code = 'low';
call pg_temp.night(14);
select pg_temp.put(6, 's', 40, 15) \g /dev/null
call pg_temp.night(15);
select cs_health.resolve_execution(e.id) from cs_health.playbook_execution as e
where e.playbook_id = :'low' and e.tenant_id = pg_temp.uuid(6) \g /dev/null
select is(cs_health._cools_down(pg_temp.uuid(6), :'low'), true, 'a dry run has its cooldown');
select pg_temp.put(6, 's', 80, 16) \g /dev/null
call pg_temp.night(16);
select pg_temp.put(6, 's', 40, 17) \g /dev/null
call pg_temp.night(17);
select is((select s.reason from cs_health.playbook_state as s
    where s.playbook_id = :'low' and s.tenant_id = pg_temp.uuid(6)), 'cooldown', 'which holds the next dry run back');
update cs_health.cs_playbook set dry_run = false where code = 'low';
call pg_temp.night(18);
select is((select string_agg(e.status || ' ' || e.dry_run, ', ' order by e.created_at)
    from cs_health.playbook_execution as e where e.playbook_id = :'low' and e.tenant_id = pg_temp.uuid(6)),
    'exited true, running false', 'and not the real one');
select is(cs_health._cools_down(pg_temp.uuid(6), :'low'), false, 'nor hold-outs');

-- Those whom runs leave to people: 7 matches since its scorecard changed, 8 since a part was not observed any more
select pg_temp.put(7, 's', 62, 19), pg_temp.put(7, 'g', 62, 19) \g /dev/null
call pg_temp.night(19);
select cs_health.save_scorecard(jsonb_set(pg_temp.card('plain', 's'), '{components,growth,measures,0,curve}',
    '[[0, 0], [100, 20]]')), cs_health.publish_scorecard('plain') \g /dev/null
call pg_temp.night(20);
select pg_temp.put(8, 'g', null, 21), pg_temp.put(8, 's', 50, 21) \g /dev/null
call pg_temp.night(21);
select is(pg_temp.standings('low') ~ 'configuration 7.*missing_data 8$', true, 'runs let neither enter');
select set_eq(format('select b.tenant, b.obstacle from cs_health.baseline_tenants(%L) as b where b.tenant in
    (''Tenant 7'', ''Tenant 8'')', :'low'), $$values ('Tenant 7', null), ('Tenant 8', null)$$, 'they are listed');
select cs_health.enrol_existing(:'low', 10) \g /dev/null
select is(pg_temp.standings('low') ~ 'enrolled .*7 8$', true, 'and enter when somebody says so');
select finish();
