-- What administrators do by the API about deliveries and data, and what is refused.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set time zone 'UTC';
set client_min_messages = error;
\ir include/scored_days.sql
select plan(25);

-- deliveries
insert into cs_health.channel (code, kind, secret) values ('a', 'webhook', 'a.json'), ('b', 'webhook', 'b.json');
select cs_health._enqueue(c, 'test', '{}', c || n)
from unnest(array['a', 'a', 'a', 'b']) with ordinality as x(c, n) \g /dev/null
create function pg_temp.one(key text) returns uuid language sql stable as
    $$ select o.id from cs_health.outbox as o where o.source_key = key $$;
create function pg_temp.states() returns text language sql stable as
    $$ select string_agg(o.source_key || ' ' || o.state, ', ' order by o.source_key) from cs_health.outbox as o $$;
update cs_health.outbox set state = 'dead', ended_at = now(), attempt = 12 where source_key <> 'a3';
select is(pg_temp.states(), 'a1 dead, a2 dead, a3 pending, b4 dead', 'three were given up');
select lives_ok(format('select cs_health_v1.requeue_delivery(%L)', pg_temp.one('a1')), 'one is tried again');
select is(pg_temp.states(), 'a1 pending, a2 dead, a3 pending, b4 dead', 'that one');
select throws_ok(format('select cs_health_v1.requeue_delivery(%L)', pg_temp.one('a1')), 'PT409',
    'not possible in this state', 'not one that waits already');
select throws_ok('select cs_health_v1.requeue_delivery(gen_random_uuid())', 'PT404', 'unknown delivery', 'not none');
select throws_ok('select cs_health_v1.requeue_delivery(null)', 'PT404', 'unknown delivery', 'not null');
select is(cs_health_v1.requeue_channel('a'), 1, 'what is left of a channel');
select is(pg_temp.states(), 'a1 pending, a2 pending, a3 pending, b4 dead', 'of that channel only');
select is(cs_health_v1.requeue_channel('a'), 0, 'nothing is left then');
select throws_ok($$select cs_health_v1.requeue_channel('c')$$, 'PT404', 'unknown channel', 'of no channel');

-- data incidents
insert into cs_health.measure_check (as_of, measure, tenants, observed, positive, had, lost, incident, reason) values
    ('2026-03-08', 'nps', 100, 1, 1, 90, 89, 'lost', 'gone'), ('2026-03-09', 'nps', 100, 1, 1, 90, 89, 'lost', 'gone'),
    ('2026-03-09', 'open_tickets', 100, 90, 9, 90, 0, null, null);
create function pg_temp.incidents() returns text language sql stable as $$
    select string_agg(format('%s %s %s', i.as_of, i.measure, i.status), ', ' order by i.as_of)
    from cs_health_v1.data_incidents as i
$$;
select lives_ok($$select cs_health_v1.accept_incident('nps', '2026-03-08')$$, 'one is accepted');
select is(pg_temp.incidents(), '2026-03-08 nps accepted, 2026-03-09 nps open', 'of that day');
select throws_ok($$select cs_health_v1.accept_incident('nps', '2026-03-08')$$, 'PT409',
    'not possible in this state', 'once');
select throws_ok($$select cs_health_v1.accept_incident('nps', '2026-03-07')$$, 'PT404', 'unknown incident',
    'not of another day');
select throws_ok($$select cs_health_v1.accept_incident('open_tickets', '2026-03-09')$$, 'PT404', 'unknown incident',
    'not a measure that is in order');
select throws_ok('select cs_health_v1.accept_incident(null, null)', 'PT404', 'unknown incident', 'not null');

-- runs and the worker
select public.ran('2026-03-08'), public.ran('2026-03-09') \g /dev/null
update cs_health.run set hidden_positions = '{3,4}' where as_of = '2026-03-09';
select is((select string_agg(format('%s %s %s', r.as_of, r.phase, r.measures_held), ', ' order by r.as_of)
    from cs_health_v1.runs as r), '2026-03-08 finished 0, 2026-03-09 finished 2', 'the runs');
delete from cs_health.delivery_worker;
select is((select count(*) from cs_health_v1.delivery_workers), 0::bigint, 'no worker was ever seen');
insert into cs_health.delivery_worker (pid, started_at, seen_at, sent, failed)
values (1, now() - interval '1 day', now() - interval '5 minutes', 7, 2);
select is((select row(w.sent, w.failed, w.running)::text from cs_health_v1.delivery_workers as w), '(7,2,t)',
    'one that runs');
update cs_health.delivery_worker set seen_at = now() - interval '11 minutes';
select is((select w.running from cs_health_v1.delivery_workers as w), false, 'one that is gone');

-- rights
begin;
call cs_health.install_roles();
set local role cs_health_csm_all;
select lives_ok('select * from cs_health_v1.runs', 'colleagues see the runs');
select throws_ok('select cs_health_v1.requeue_channel(''b'')', '42501', null, 'to send again is an administrator''s');
select throws_ok('select cs_health_v1.accept_incident(''nps'', ''2026-03-09'')', '42501', null, 'so are incidents');
set local role cs_health_admin;
select is(cs_health_v1.requeue_channel('b'), 1, 'who does it');
select lives_ok($$select cs_health_v1.accept_incident('nps', '2026-03-09')$$, 'and that');
rollback;

select * from finish();
