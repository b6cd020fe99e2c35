-- What data_quality() finds: nothing in sound data, and each fault on its own side of the edge.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set client_min_messages = warning;
set timezone = 'UTC';

create function public.t(i integer) returns uuid language sql immutable as
    $$ select ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid $$;
-- What a check says: how many, and of which tenants or what else
create function public.found(code text) returns text language sql as $$
    select concat_ws(' ', q.count, (
        select string_agg(regexp_replace(e, '00000000-0000-4000-8000-0*', 't'), ', ' order by e)
        from unnest(q.examples) as e))
    from cs_health.data_quality() as q where q.code = found.code
$$;

select plan(70);

select set_config('cs_health.now', '2026-03-10 12:00+00', false) is not null;
select is((select sum(q.count) from cs_health.data_quality() as q), 0::numeric, 'nothing is wrong where nothing is');
select is((select d.status from cs_health.doctor() as d where d.item = 'data'), 'ok', 'doctor() says so');
select ok(q.severity in ('error', 'warning', 'info') and q.finding <> '' and q.remedy <> '' and q.examples = '{}',
    q.code || ' has its words')
from cs_health.data_quality() as q;

-- a sound company
insert into cs_health.csm (email, name) values ('ana@us.test', 'Ana');
insert into cs_health.plan (code, name, kind, rank, monthly_price) values ('pro', 'Pro', 'base', 1, 100),
    ('max', 'Max', 'base', 2, 300), ('extra', 'Extra', 'add_on', 1, 50);
insert into cs_health.plan_limit (plan_code, metric, limit_value) values ('pro', 'seats', 10), ('max', 'seats', 50),
    ('pro', 'exports', 0), ('extra', 'exports', 100);
insert into cs_health.tenant (id, name, plan_code, csm, signed_up_at, contract_ends_on)
select public.t(i), 'Tenant ' || i, 'pro', 'ana@us.test', '2025-01-01', '2026-02-08' from generate_series(1, 9) as i;
insert into cs_health.contact (tenant_id, name, email) select t.id, 'Eva', 'eva@them.test' from cs_health.tenant as t;
insert into cs_health.event (tenant_id, user_id, kind, occurred_at)
select t.id, 'u', 'login', '2026-03-09 10:00+00' from cs_health.tenant as t;
insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value)
values (public.t(1), 'seats', '2026-03-01', 10, null);
insert into cs_health.tenant_add_on (tenant_id, plan_code) values (public.t(1), 'extra');
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change) values
    (public.t(1), '2025-01-01', 'new', 100), (public.t(1), '2025-05-01', 'churn', -100),
    (public.t(1), '2025-07-01', 'reactivation', 90);
call cs_health.fold_events();
select is((select string_agg(q.code || ' ' || q.examples::text, ', ') from cs_health.data_quality() as q
    where q.count > 0), null, 'nothing is wrong in a sound company: a contract that ended 30 days ago, a limit that '
    'only an add-on has, a customer that came back');
select is((select d.detail from cs_health.doctor() as d where d.item = 'data'),
    'nothing is wrong in the rows that came in', 'and doctor() has nothing to say');

-- events
insert into cs_health.event (tenant_id, user_id, kind, occurred_at)
select public.t(i), 'u', 'login', '2026-03-09 10:00+00' from generate_series(91, 97) as i, generate_series(1, 2);
insert into cs_health.event (tenant_id, user_id, kind, occurred_at) values (public.t(1), 'u', 'login', '2031-01-01');
call cs_health.fold_events();
select is(public.found('unknown_tenant'), '7 t91, t92, t93, t94, t95', 'ids that no tenant has, five of them named');
select matches(public.found('rejected_events'), '^1 .', 'other rejected events by reason');
insert into cs_health.tenant (id, name, plan_code, csm, signed_up_at, status)
select public.t(i), 'New ' || i, 'pro', 'ana@us.test', at, status
from (values (11, timestamptz '2026-03-03 00:00+00', 'active'), (12, '2026-03-02 23:59+00', 'active'),
    (13, null, 'active'), (14, '2025-01-01', 'trial')) as v(i, at, status);
insert into cs_health.contact (tenant_id, name, email)
select public.t(i), 'Eva', 'eva@them.test' from generate_series(11, 14) as i;
select is(public.found('never_seen'), '2 t12, t13', 'active, older than 7 days, and never an event');
select set_config('cs_health.now', '2026-03-16 12:00+00', false) is not null;
select is(public.found('feed_quiet'), '0', 'an event 6 days before yesterday is not long ago');
select set_config('cs_health.now', '2026-03-17 12:00+00', false) is not null;
select is(public.found('feed_quiet'), '1 event', 'one of 7 days before is');
select set_config('cs_health.now', '2026-03-10 12:00+00', false) is not null;

-- plans and limits
insert into cs_health.plan (code, name, kind, rank, monthly_price) values ('custom', 'Custom', 'base', 3, null);
select is(public.found('plan_without_price'), '1 custom', 'a plan without a price');
insert into cs_health.plan_limit (plan_code, metric, limit_value) values ('custom', 'seats', 0);
select is(public.found('limit_of_zero'), '1 custom seats', 'a limit of zero');
insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value)
values (public.t(2), 'seats', '2026-03-01', 5, 0), (public.t(2), 'seats', '2026-03-02', 5, 0);
select is(public.found('usage_limit_of_zero'), '1 t2 seats', 'a limit of zero in usage, once');
begin;
update cs_health.tenant set status = 'churned', churned_on = '2026-03-05' where id = public.t(2);
select is(public.found('usage_limit_of_zero'), '0', 'not of who left');
rollback;
begin;
insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value)
values (public.t(2), 'seats', '2026-03-03', 5, 10), (public.t(2), 'exports', '2026-03-02', 5, 0);
select is(public.found('usage_limit_of_zero'), '1 t2 exports', 'it goes when usage with the real limit is loaded');
insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value)
values (public.t(2), 'exports', '2026-03-03', 5, null);
select is(public.found('usage_limit_of_zero'), '0', 'or without one');
rollback;
update cs_health.tenant set plan_code = null where id in (public.t(3), public.t(4), public.t(5));
insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value)
values (public.t(3), 'seats', '2026-03-01', 80, 100), (public.t(4), 'seats', '2026-03-01', 80.01, 100),
    (public.t(5), 'seats', '2026-02-01', 99, 100), (public.t(5), 'seats', '2026-03-01', 50, 100),
    (public.t(4), 'storage', '2026-03-01', 100, 100);
select is(public.found('full_without_plan'), '1 t4',
    'without a plan and above 80 %: not at 80.0 %, not in the past, once for two metrics');
select is(public.found('without_plan'), '3 t3, t4, t5', 'active tenants without a plan');
update cs_health.tenant set plan_code = 'extra' where id = public.t(5);
select is(public.found('add_on_as_plan'), '1 t5', 'an add-on as plan');
insert into cs_health.tenant_add_on (tenant_id, plan_code) values (public.t(2), 'max');
select is(public.found('plan_as_add_on'), '1 t2 max', 'a base plan as add-on');

-- people and contracts
update cs_health.tenant set csm = null where id = public.t(6);
select is(public.found('without_csm'), '1 t6', 'without a CSM');
update cs_health.contact set opted_out_at = now() where tenant_id = public.t(7);
update cs_health.contact set bounced_at = now() where tenant_id = public.t(8);
insert into cs_health.contact (tenant_id, name, email) values (public.t(8), 'Ida', 'ida@them.test');
delete from cs_health.contact where tenant_id = public.t(9);
select is(public.found('without_contact'), '2 t7, t9', 'nobody may be written to');
select is(public.found('contact_bounced'), '1 t8', 'a bounced address');
update cs_health.tenant set contract_ends_on = '2026-02-07' where id = public.t(1);
select is(public.found('contract_is_over'), '1 t1', 'a contract that ended 31 days ago');

-- measures and revenue
insert into cs_health.measure (code, position, unit, window_days, description, higher_is_better, step, effort, watched,
    builtin, query, failed_at, failure)
select 'late', max(m.position) + 1, 'count', 0, 'Late', true, 1, 1, false, false, 'select 1', now(), 'no such table'
from cs_health.measure as m;
select is(public.found('measure_fails'), '1 late', 'a measure whose query failed');
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change) values
    (public.t(2), '2025-01-01', 'churn', -10), (public.t(3), '2025-01-01', 'new', 10),
    (public.t(3), '2025-02-01', 'reactivation', 10), (public.t(4), '2025-01-01', 'new', 10),
    (public.t(4), '2025-03-01', 'contraction', -30);
select is(public.found(f), w, f)
from (values
    ('churn_without_mrr', '1 t2 2025-01-01: churn of a customer that never paid'),
    ('reactivation_without_churn', '1 t3 2025-02-01: reactivation of a customer that pays already'),
    ('negative_mrr', '2 t2 2025-01-01: MRR falls to -10.00, t4 2025-03-01: MRR falls to -20.00')) as v(f, w);
select is((select string_agg(f.fault, ', ') from cs_health._revenue_faults() as f
    where f.fault not in (select w.code from cs_health._quality_words() as w)), null,
    'every fault of revenue has its words');
select is((select coalesce(string_agg(m.f[1], ', ') filter (where w.code is null), '') || count(distinct w.code)
    from pg_proc as p cross join regexp_matches(p.prosrc, '''([a-z]+(?:_[a-z]+)+)''', 'g') as m(f)
    left join cs_health._quality_words() as w on w.code = m.f[1]
    where p.oid = 'cs_health._revenue_faults'::regproc), '9',
    'also those that this company does not have');

-- who is no customer is no fault
update cs_health.tenant set status = 'paused' where id in (public.t(6), public.t(7));
select is(public.found('without_csm'), '0', 'a paused tenant needs no CSM');
select is(public.found('without_contact'), '1 t9', 'and no contact');
select is((select d.status || ': ' || d.detail from cs_health.doctor() as d where d.item = 'data'),
    'error: never_seen (2), negative_mrr (2), churn_without_mrr (1), reactivation_without_churn (1), '
    'full_without_plan (1), limit_of_zero (1), usage_limit_of_zero (1), add_on_as_plan (1), '
    'plan_as_add_on (1), plan_without_price (1), without_plan (2), without_contact (1), contact_bounced (1), '
    'contract_is_over (1)', 'doctor() names them but for what it says anyway');
select is((select d.remedy from cs_health.doctor() as d where d.item = 'data'),
    'SELECT * FROM cs_health.data_quality() WHERE count > 0; says what is meant and what to do.',
    'and where to read on');
select results_eq('select * from cs_health_v1.data_quality', 'select * from cs_health.data_quality()',
    'the API has the same');


-- feeds
create function public.feed(code text) returns text language sql as $$
    select concat_ws(' ', f.state, f.last_on, f.rows, f.usual, f.tenants) from cs_health.feeds() as f
    where f.feed = feed.code
$$;
select is((select array_agg(f.feed) from cs_health.feeds() as f), '{event,feedback,revenue,ticket,usage}',
    'every feed, also those that never delivered');
select is(public.feed('ticket'), 'never 0', 'never');
insert into cs_health.ticket (tenant_id, id, opened_at) values (public.t(1), 'a', '2026-03-01 00:00+00'),
    (public.t(1), 'b', '2026-02-28 23:59+00'), (public.t(2), 'c', '2026-03-01 23:59+00');
select is(public.feed('ticket'), 'live 2026-03-01 2 2', 'the rows of the latest day; tickets go quiet never');
insert into cs_health.feedback (tenant_id, kind, score, answered_at)
values (public.t(3), 'nps', 5, '2025-09-11 12:00+00');
select is(public.feed('feedback'), 'live 2025-09-11 1 1', 'within its window of 180 days up to yesterday');
update cs_health.feedback set answered_at = '2025-09-10 12:00+00';
select is(public.feed('feedback'), 'quiet 2025-09-10 1 1', 'a day later it is quiet');
select is((select f.state || ' ' || f.last_on || ' ' || f.rows from cs_health.feeds() as f where f.feed = 'event'),
    (select case when max(d.day) > '2026-03-02' then 'live' else 'quiet' end || ' ' || max(d.day) || ' '
        || (array_agg(d.rows_received order by d.day desc))[1] from cs_health.feed_day as d where d.feed = 'event'),
    'events as they were folded');
select is((select f.tenants from cs_health.feeds() as f where f.feed = 'event'),
    (select count(distinct a.tenant_id) from cs_health.activity as a), 'and of how many customers');
select is((select f.rows || ' ' || f.tenants from cs_health.feeds() as f where f.feed = 'usage'),
    (select count(*) filter (where u.measured_at::date = (select max(x.measured_at)::date from cs_health.usage as x))
        || ' ' || count(distinct u.tenant_id) from cs_health.usage as u), 'usage');
select is((select f.rows || ' ' || f.tenants from cs_health.feeds() as f where f.feed = 'revenue'), (
    select count(*) filter (where r.occurred_on = (select max(x.occurred_on) from cs_health.revenue_event as x))
        || ' ' || count(distinct r.tenant_id) from cs_health.revenue_event as r), 'revenue');
insert into cs_health.feed_day (feed, day, rows_received)
select 'event', '2026-03-10'::date - 7 * i, 10 * i from generate_series(0, 5) as i
on conflict (feed, day) do update set rows_received = excluded.rows_received;
select is((select f.last_on || ' ' || f.rows || ' ' || f.usual from cs_health.feeds() as f where f.feed = 'event'),
    '2026-03-10 0 25', 'and what is usual on such a day');
select results_eq('select * from cs_health_v1.feeds()', 'select * from cs_health.feeds()', 'the API has the same');

select finish();
