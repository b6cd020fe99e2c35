-- What must hold when things happen in an unusual order.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = warning;
select plan(46);

create function public.t(i integer) returns uuid language sql immutable as
    $$ select ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid $$;
create function public.measure(i integer, code text, day date default current_date - 1) returns double precision
language sql as $$ select m.value from cs_health.tenant_measures(public.t(i), day) as m where m.measure = code $$;

insert into cs_health.tenant (id, name) select public.t(i), 'Tenant ' || i from generate_series(1, 6) as i;
insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature)
select public.t(i), 'user ' || u, current_date - d + time '12:00', 'feature', 'board'
from generate_series(1, 5) as i cross join generate_series(1, 4) as u cross join generate_series(1, 70) as d
where (d + u) % (i + 1) = 0;
call cs_health.recalculate();
select is((select count(*) from cs_health_v1.health_scores), 6::bigint, 'one row per tenant');

-- A tenant that comes after the run
insert into cs_health.tenant (id, name) values (public.t(7), 'Late');
select is((select status from cs_health.doctor() where item = 'scores' and detail like '1 tenants came%'), 'info',
    'doctor() tells of a tenant without a score');
create temp table before as select tenant_id, xmin::text as written_by from cs_health.customer_health;
call cs_health.recalculate();
select is((select count(*) from cs_health_v1.health_scores), 7::bigint, 'recalculate() scores a tenant that came late');
select is((select count(*) from before as b join cs_health.customer_health as h using (tenant_id)
    where h.xmin::text = b.written_by), 6::bigint, 'and writes no other row');

-- A rescore must not empty what is read meanwhile
select cs_health._begin_run(current_date - 1, true);
select is((select count(*) from cs_health_v1.health_scores), 7::bigint, 'a planned rescore leaves the list whole');
call cs_health.run_due();
select is((select phase from cs_health.run), 'finished', 'and run_due() finishes it');
select cs_health._begin_run(current_date - 3, false);
call cs_health.recalculate(current_date - 3, rescore => true);
select ok((select rescore from cs_health.run where as_of = current_date - 3),
    'rescore is obeyed where a plain run was left unfinished');

-- History scored after a later day: the ring is linked
call cs_health.replay(current_date - 12);
select is((select length(history) from cs_health.customer_health
    where tenant_id = public.t(1) and as_of = current_date - 1), 12, 'yesterday goes on from days scored later');
create temp table replayed as select tenant_id, as_of, xmin::text as written_by from cs_health.customer_health;
call cs_health.replay(current_date - 12);
select is((select count(*) from replayed as b join cs_health.customer_health as h using (tenant_id, as_of)
    where h.xmin::text <> b.written_by), 0::bigint, 'a second replay changes nothing');

-- Provisional rows
select cs_health.recalculate_tenant(public.t(1)) is not null;
update cs_health.customer_health set as_of = as_of + 1 where provisional; -- as if the night had been missed
select cs_health.recalculate_tenant(public.t(1)) is not null;
select is((select count(*) from cs_health_v1.health_scores where tenant_id = public.t(1)), 1::bigint,
    'two provisional days, one row');
select is((select count(*) from cs_health.customer_health where provisional), 1::bigint, 'the older one is gone');

-- Usage without a limit or a past is not observed, not enormous
insert into cs_health.usage (tenant_id, metric, measured_at, used) values (public.t(1), 'calls', now() - interval
    '2 days', 50);
select is(public.measure(1, 'usage_ratio'), null, 'no limit, no ratio');
select is(public.measure(1, 'usage_growth'), null, 'no past, no growth');
insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value) values
    (public.t(2), 'calls', now() - interval '2 days', 50, 1e-12);
select is(public.measure(2, 'usage_ratio'), 1e9::double precision, 'an absurd ratio is cut');

-- Own measures: a query says anew what there is, a broken one stops nobody, a position is never given twice
create table public.invoice (tenant_id uuid, due_on date);
insert into public.invoice values (public.t(1), current_date - 40);
select is(cs_health.register_measure('overdue', 'invoices', 'Invoices past due', query =>
    'select tenant_id, count(*) from public.invoice where due_on < $1 group by tenant_id -- with a remark'), 100,
    'own measures begin at 100');
select is(public.measure(1, 'overdue'), 1::double precision, 'the measure has a value');
delete from public.invoice;
call cs_health.recalculate(current_date - 1, rescore => true);
select is(public.measure(1, 'overdue'), null, 'and none once the query has no row for the tenant');
drop table public.invoice;
call cs_health.recalculate(current_date - 1, rescore => true);
select is((select phase from cs_health.run where as_of = current_date - 1), 'finished',
    'a broken measure stops no run');
select ok((select failure from cs_health.measure where code = 'overdue') like '%invoice%', 'its failure is kept');
select is((select status from cs_health.doctor() where item = 'measure overdue'), 'warning', 'and shown by doctor()');
delete from cs_health.measure_value where measure = 'overdue';
delete from cs_health.measure where code = 'overdue';
select is(cs_health.register_measure('other', 'things', 'Another'), 101, 'a position is never given twice');
insert into cs_health.measure_value (tenant_id, measure, as_of, value) values (public.t(1), 'other', current_date -
    20, 7);
select is(public.measure(1, 'other'), 7::double precision, 'an inserted value counts for its window');
select cs_health.register_measure('other', 'things', 'Another', window_days => 365);
select ok((select keep_days from cs_health.retention where table_name = 'measure_value') >= 365,
    'values are kept for as long as the window looks back');

-- What a step is and costs is the owner's to say
select results_eq($$select step, effort, watched from cs_health.measure where code = 'other'$$,
    'values (null::double precision, null::double precision, true)',
    'a measure that is neither good nor bad has no step');
select cs_health.register_measure('other', 'things', 'Another', window_days => 365, higher_is_better => false);
select cs_health.register_measure('share', 'ratio', 'A share', higher_is_better => true);
select results_eq($$select step, effort from cs_health.measure where code in ('other', 'share') order by position$$,
    'values (1::double precision, 1::double precision), (0.05, 1)', 'others have one of 1, or of 0.05 for a ratio');
update cs_health.measure set step = 3, effort = null, watched = false where code in ('share', 'nps');
select cs_health.register_measure('share', 'ratio', 'A share, once more', higher_is_better => true);
select results_eq($$select description, step, effort, watched from cs_health.measure where code = 'share'$$,
    $$values ('A share, once more', 3::double precision, null::double precision, false)$$,
    'registering a measure anew leaves them alone');
call cs_health.install();
select results_eq($$select step, effort, watched from cs_health.measure where code = 'nps'$$,
    'values (3::double precision, null::double precision, false)', 'and so does install()');
select throws_ok($$update cs_health.measure set step = 0 where code = 'nps'$$, '23514', null, 'a step is not 0');
select throws_ok($$update cs_health.measure set effort = 'NaN' where code = 'nps'$$, '23514', null,
    'an effort is a number');

-- Folding while another session replays: later events wait
create temp table held as select max(pid) as pid from pg_stat_activity where pid <> pg_backend_pid() and pid is not
    null;
insert into cs_health.replaying select pid, current_date - 5 from held;
insert into cs_health.event (tenant_id, user_id, occurred_at, kind) values
    (public.t(3), 'x', current_date - 8 + time '12:00', 'login'), (public.t(3), 'x', current_date - 2 + time '12:00',
        'login');
call cs_health.fold_events();
select is((select count(*) from cs_health.event), 1::bigint, 'a fold leaves events after the replay alone');
delete from cs_health.replaying;
insert into cs_health.replaying values (2147483646, current_date - 5);
call cs_health.fold_events();
select is((select count(*) from cs_health.event), 0::bigint, 'and takes them when that session is gone');

-- Timestamps that no calendar of a time zone can hold
select throws_ok($$insert into cs_health.event (tenant_id, kind, occurred_at)
    values (public.t(1), 'x', '294276-12-31 23:59:59+00')$$, '23514', null, 'an event of the year 294276 is refused');
select throws_ok($$insert into cs_health.ticket (tenant_id, id, opened_at)
    values (public.t(1), 'x', '4714-11-24 00:00:00+00 BC')$$, '23514', null, 'a ticket of 4714 BC too');

-- Days begin and end in the company's time zone
update cs_health.settings set time_zone = 'Pacific/Auckland';
set timezone = 'America/New_York';
insert into cs_health.tenant (id, name) values (public.t(8), 'Auckland');
insert into cs_health.event (tenant_id, user_id, occurred_at, kind) values
    (public.t(8), 'last minute', timestamp '2026-04-05 23:59:59' at time zone 'Pacific/Auckland', 'login'),
    (public.t(8), 'first minute', timestamp '2026-04-05 00:00:00' at time zone 'Pacific/Auckland', 'login'),
    (public.t(8), 'day before', timestamp '2026-04-04 23:59:59' at time zone 'Pacific/Auckland', 'login'),
    (public.t(8), 'day after', timestamp '2026-04-06 00:00:00' at time zone 'Pacific/Auckland', 'login');
delete from cs_health.feed_day; -- so that those days are within reach again
update cs_health.activity set pack = pack where false;
call cs_health.fold_events();
select is((select (s).dau from (select cs_health.presence_stats(a.pack, '2026-04-05') as s from cs_health.activity as a
    where a.tenant_id = public.t(8)) as x), 2::double precision, 'two users on the day the clocks went back');
select is((select (s).mau from (select cs_health.presence_stats(a.pack, '2026-04-06') as s from cs_health.activity as a
    where a.tenant_id = public.t(8)) as x), 4::double precision, 'four in the month');
insert into cs_health.ticket (tenant_id, id, opened_at, resolved_at) values
    (public.t(8), 'a', timestamp '2026-04-05 23:59:59' at time zone 'Pacific/Auckland', null),
    (public.t(8), 'b', timestamp '2026-04-06 00:00:00' at time zone 'Pacific/Auckland', null),
    (public.t(8), 'c', '2026-04-01', timestamp '2026-04-06 00:00:00' at time zone 'Pacific/Auckland');
select is(public.measure(8, 'open_tickets', '2026-04-05'), 2::double precision, 'tickets open at the end of that day');
select is(public.measure(8, 'open_tickets', '2026-04-06'), 2::double precision, 'and of the next');
update cs_health.settings set time_zone = 'UTC';
reset timezone;

-- Erasure, uninstall, rights
select is(cs_health.forget_tenant(public.t(99)), 0::bigint, 'an unknown tenant has nothing to erase');
insert into cs_health.tenant (id, name, parent_id) values (public.t(9), 'Subsidiary', public.t(1));
select ok(cs_health.forget_tenant(public.t(1)) > 0, 'a parent can be erased');
select is((select parent_id from cs_health.tenant where id = public.t(9)), null, 'its subsidiary stays');
create view public.report as select tenant_name, overall_score from cs_health_v1.health_scores;
select throws_ok('call cs_health.uninstall()', '2BP01', null,
    'uninstall() refuses while a view of ours rests on the API');
call cs_health.install_roles();
set role cs_health_admin;
select throws_ok($$update cs_health.measure set query = 'select 1' where code = 'other'$$, '42501', null,
    'an administrator cannot change what runs with the owner''s rights');
select throws_ok($$insert into cs_health.retention values ('hash_secret', 'secret', 1)$$, '42501', null,
    'nor what retention deletes');
select is_empty('delete from cs_health.scorecard returning code', 'nor delete a published scorecard');
select is_empty('delete from cs_health.scorecard_rule returning scorecard_id', 'nor the rule for everybody');
select throws_ok($$select cs_health.accept_incident('mau')$$, '22023', null, 'but may accept incidents');
reset role;
drop owned by cs_health_admin, cs_health_csm_all, cs_health_csm, cs_health_tenant, cs_health_ingest,
    cs_health_worker, cs_health_authenticator;
drop role cs_health_admin, cs_health_csm_all, cs_health_csm, cs_health_tenant, cs_health_ingest,
    cs_health_worker, cs_health_authenticator;
select * from finish();
