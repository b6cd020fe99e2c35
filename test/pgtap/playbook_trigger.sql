-- Playbooks in the nightly run: who enters, who does not and why, and which days start nothing.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set time zone 'UTC';
set client_min_messages = error;
\ir include/playbook.sql

insert into cs_health.tenant (id, name, signed_up_at, arr)
select pg_temp.uuid(n), 'Tenant ' || n, '2025-01-01', 1000 * n from generate_series(1, 9) as n;
select pg_temp.put(n, 's', 80, 0), pg_temp.put(n, 'g', 80, 0) from generate_series(1, 9) as n \g /dev/null
select pg_temp.put(1, 's', 40, 0) \g /dev/null
select pg_temp.playbook('low', '{"fact": "overall_score", "op": "<", "value": 60}');
call pg_temp.night(0);
select as_of, triggers, playbooks, phase from cs_health.run;
select tenant_id, overall_score, coverage from cs_health.customer_health;
select pg_temp.standings('low'), pg_temp.executions('low');
select pg_temp.put(2, 's', 40, 1),pg_temp.put(3, 's', 40, 1), pg_temp.put(1, 's', 80, 1);
call pg_temp.night(1);
select pg_temp.standings('low'), pg_temp.executions('low');
select * from cs_health.playbook_execution; select * from cs_health.playbook_step; select * from cs_health.playbook_history;
