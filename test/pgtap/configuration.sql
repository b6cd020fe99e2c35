-- A score that falls on the day of another scorecard: held while that is in use, a candidate when it is taken back.
-- Runs commit, so this file is not one transaction.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set time zone 'UTC';
set client_min_messages = error;
\ir include/playbook.sql
select plan(5);

insert into cs_health.tenant (id, name, signed_up_at, arr)
select pg_temp.uuid(n), 'Tenant ' || n, '2025-01-01', 1000 * n from generate_series(1, 30) as n;
select pg_temp.put(n, 's', 80, 0), pg_temp.put(n, 'g', 80, 0) from generate_series(1, 30) as n \g /dev/null
select pg_temp.put(n, 's', 62, 0), pg_temp.put(n, 'g', 62, 0) from generate_series(7, 8) as n \g /dev/null
select pg_temp.playbook('low', '{"fact": "overall_score", "op": "<", "value": 60}') \g /dev/null
call pg_temp.night(0);
select is(pg_temp.standings('low'), null, 'nobody matches');

select cs_health.save_scorecard(jsonb_set(pg_temp.card('plain', 's'), '{components,growth,measures,0,curve}',
    '[[0, 0], [100, 20]]')), cs_health.publish_scorecard('plain') \g /dev/null
select pg_temp.put(7, 's', 40, 1) \g /dev/null
call pg_temp.night(1);
select is(pg_temp.standings('low'), 'configuration 7 8', 'on the day of another scorecard nobody enters');
call pg_temp.night(2);
select is(pg_temp.standings('low'), 'configuration 7 8', 'nor while it is in use');

select cs_health.rollback_scorecard('plain') \g /dev/null
call pg_temp.night(3);
select is(pg_temp.standings('low'), 'enrolled 7',
    'taken back, who has fallen enters, the other does not match any more');
select is((select s.since from cs_health.playbook_state as s where s.tenant_id = pg_temp.uuid(7)), pg_temp.day(3),
    'as of that day');
select finish();
