-- How many customers are how well, and who moved: against figures counted by hand.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
begin;
set local client_min_messages = warning;
select * from no_plan();
\ir include/scored_days.sql
\ir include/roles.sql

set local cs_health.now = '2026-03-10 12:00+00';
create function public.line(csm text default null, segment text default null) returns text language sql as $$
    select string_agg(concat_ws(' ', left(p.category, 3), p.tenants, p.arr::integer, p.arr_at_risk,
        coalesce(p.tenants_30_days_ago::text, '?')), ', ')
    from cs_health.portfolio(line.csm, line.segment) as p
$$;
select is(public.line(), 'hea 0 0 0.00 ?, neu 0 0 0.00 ?, at_ 0 0 0.00 ?, cri 0 0 0.00 ?, no  0 0 0.00 ?',
    'without customers: zeros, and unknown what was');

insert into cs_health.csm (email, name, locale) values ('ana@us.test', 'Ana Gil', 'es'), ('bob@us.test', 'Bob', 'en');
insert into cs_health.tenant (id, name, csm, arr, segment, signed_up_at)
select public.t(i), 'Tenant ' || i, case when i <= 4 then 'ana@us.test' else 'bob@us.test' end, i * 1000,
    case when i % 2 = 0 then 'smb' else 'large' end, '2025-01-01'
from generate_series(1, 12) as i;
select is(public.line(), 'hea 0 0 0.00 ?, neu 0 0 0.00 ?, at_ 0 0 0.00 ?, cri 0 0 0.00 ?, no  12 78000 0.00 ?',
    'before anything is scored nothing is known of any');
select public.ran('2026-03-09'), public.ran('2026-03-02'), public.ran('2026-02-07'), public.ran('2026-02-06');
-- now: 1 healthy, 2 neutral, 3 at risk, 4 critical, 5 no data, 6 healthy by an override, 7 never scored
select public.scored(public.t(i), '2026-03-09', s, coverage => c)
from (values (1, 85, 1), (2, 65, 1), (3, 45, 1), (4, 20, 1), (5, 90, 0.4), (6, 20, 1)) as v(i, s, c);
update cs_health.customer_health set churn_probability = 0.25;
-- 8 is paused, 9 left after that day, 10 before it, 11 came after it, 12 is on trial
update cs_health.tenant set status = 'paused' where id = public.t(8);
update cs_health.tenant set status = 'churned', churned_on = '2026-02-20' where id = public.t(9);
update cs_health.tenant set status = 'churned', churned_on = '2026-02-07' where id = public.t(10);
update cs_health.tenant set signed_up_at = '2026-02-08' where id = public.t(11);
update cs_health.tenant set status = 'trial' where id = public.t(12);
update cs_health.tenant set arr = null where id = public.t(2);
insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, expires_on) values
    (public.t(6), 'healthy', 'x', 'bob@us.test', '2026-03-01', '2026-03-10'),
    (public.t(1), 'critical', 'x', 'ana@us.test', '2026-02-01', '2026-02-10');
select is(public.line(), 'hea 2 7000 1750.00 0, neu 1 0 0.00 0, at_ 1 3000 750.00 0, cri 1 4000 1000.00 1, '
    'no  3 23000 1250.00 7', 'active ones by what is shown of them; then only an override was known');
select public.scored(public.t(i), '2026-02-07', s, coverage => c)
from (values (1, 85, 1), (2, 85, 1), (3, 85, 1), (4, 45, 1), (5, 90, 0.5), (6, 20, 0.4), (8, 85, 1), (9, 20, 1),
    (10, 20, 1), (12, 20, 1)) as v(i, s, c);
select is(public.line(), 'hea 2 7000 1750.00 3, neu 1 0 0.00 0, at_ 1 3000 750.00 1, cri 1 4000 1000.00 2, '
    'no  3 23000 1250.00 2', 'and who was how well 30 days before, those that left since included');
select is(public.line('ana@us.test'), 'hea 1 1000 250.00 2, neu 1 0 0.00 0, at_ 1 3000 750.00 1, cri 1 4000 1000.00 1, '
    'no  0 0 0.00 0', 'of a CSM');
select is(public.line(null, 'smb'), 'hea 1 6000 1500.00 1, neu 1 0 0.00 0, at_ 0 0 0.00 1, cri 1 4000 1000.00 0, '
    'no  0 0 0.00 1', 'of a segment');
select is(public.line('bob@us.test', 'large'), 'hea 0 0 0.00 1, neu 0 0 0.00 0, at_ 0 0 0.00 0, cri 0 0 0.00 1, '
    'no  3 23000 1250.00 1', 'of both');
select is(public.line('nobody'), 'hea 0 0 0.00 0, neu 0 0 0.00 0, at_ 0 0 0.00 0, cri 0 0 0.00 0, no  0 0 0.00 0',
    'of nobody');
select is((select sum(p.tenants) from cs_health.portfolio() as p),
    (select count(*)::numeric from cs_health.tenant as t where t.status = 'active'), 'every active customer once');
select results_eq('select category, tenants, arr from cs_health.portfolio() where tenants > 0 order by category',
    $$select category, count(*), coalesce(sum(arr), 0) from cs_health_v1.tenants where status = 'active' group by 1
        order by 1$$, 'as tenants has them');
delete from cs_health.run where as_of = '2026-02-07';
select is((select p.tenants_30_days_ago from cs_health.portfolio() as p where p.category = 'healthy'), 0::bigint,
    'a day that was not scored: the one before it');
delete from cs_health.run where as_of = '2026-02-06';
select is((select p.tenants_30_days_ago from cs_health.portfolio() as p where p.category = 'healthy'), null::bigint,
    'none at all: not known');
select public.ran('2026-02-07');
select results_eq('select * from cs_health_v1.portfolio()', 'select * from cs_health.portfolio()',
    'the API has the same');
select results_eq($$select * from cs_health_v1.portfolio(csm => 'ana@us.test', segment => 'smb')$$,
    $$select * from cs_health.portfolio('ana@us.test', 'smb')$$, 'narrowed too');
select is(public.said('cs_health_csm', 'ana@us.test', 'select string_agg(tenants::text, '' '') from
    cs_health_v1.portfolio()'), '1 1 1 1 0', 'a CSM has the own ones');
select is(public.said('cs_health_csm', 'bob@us.test', 'select string_agg(tenants::text, '' '') from
    cs_health_v1.portfolio()'), '1 0 0 0 3', 'another his');
select is(public.said('cs_health_csm_all', 'bob@us.test', 'select string_agg(tenants::text, '' '') from
    cs_health_v1.portfolio()'), '2 1 1 1 3', 'who sees all has all');
select is(public.said(r, null, 'select count(*) from cs_health_v1.portfolio()'), '42501', r || ' has none')
from unnest(array['cs_health_tenant', 'cs_health_ingest']) as r;

-- Movers over the week to 9 March
create function public.moves(days integer default 7, most integer default 10) returns text language sql as $$
    select string_agg(m.tenant_name || ' ' || m.score_from || '→' || m.score_to, ', ')
    from cs_health.movers(moves.days, moves.most) as m
$$;
select is(public.moves(), null, 'nobody moved whom nobody knew then');
select public.scored(public.t(i), '2026-03-02', s, coverage => c)
from (values (1, 65, 1), (2, 75, 1), (3, 45, 1), (4, 50, 1), (5, 10, 1), (6, 10, 1), (8, 90, 1)) as v(i, s, c);
select public.scored(public.t(8), '2026-03-09', 10);
select is(public.moves(), 'Tenant 4 50→20, Tenant 2 75→65, Tenant 1 65→85, Tenant 6 10→20',
    'the greatest fall first, then the greatest rise; not who stayed, is paused or hardly observed');
select is(public.moves(7, 1), 'Tenant 4 50→20', 'the first is a fall');
select is(public.moves(7, 2), 'Tenant 4 50→20, Tenant 1 65→85', 'half of the rows are for rises');
select is(public.moves(7, 3), 'Tenant 4 50→20, Tenant 2 75→65, Tenant 1 65→85', 'or less than half');
select public.scored(public.t(6), '2026-03-02', 20);
select is(public.moves(7, 3), 'Tenant 4 50→20, Tenant 2 75→65, Tenant 1 65→85',
    'what one does not need is the other''s');
select is(public.moves(8), public.moves(30), 'from a day that was not scored to the one before it');
select is(public.moves(30), 'Tenant 3 85→45, Tenant 4 45→20, Tenant 2 85→65', 'over a month');
select is(public.moves(1000), null, 'longer than anything is kept');
select results_eq($$select tenant_id, csm, arr, change, category_from, category_to, day_from, day_to
        from cs_health.movers(max_rows => 2)$$,
    $$values (public.t(4), 'ana@us.test', 4000.00, -30, 'at_risk', 'critical', '2026-03-02'::date, '2026-03-09'::date),
        (public.t(1), 'ana@us.test', 1000.00, 20, 'neutral', 'healthy', '2026-03-02', '2026-03-09')$$, 'what is told');
insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, ended_at, expires_on) values
    (public.t(4), 'healthy', 'x', 'ana@us.test', '2026-03-01', '2026-03-03 00:00+00', '2026-03-12'),
    (public.t(4), 'neutral', 'y', 'ana@us.test', '2026-03-05', null, '2026-03-12');
select is((select m.category_from || ' ' || m.category_to from cs_health.movers(max_rows => 1) as m),
    'healthy neutral', 'categories as people saw them');

-- Why: an open ticket more, and what else there is
update cs_health.customer_health as h set measures[m.position] = case h.as_of when '2026-03-02' then 0 else 10 end
from cs_health.measure as m where m.code = 'open_tickets';
select is((select m.reason from cs_health.movers(max_rows => 1) as m),
    (select e.reason from cs_health.explain_change(public.t(4), '2026-03-02', '2026-03-09', 'en') as e
        where e.measure = 'open_tickets'), 'the reason is the part that moved it most');
select is(public.said('cs_health_csm', 'ana@us.test', 'select reason from cs_health_v1.movers(max_rows => 1)'),
    (select e.reason from cs_health.explain_change(public.t(4), '2026-03-02', '2026-03-09', 'es') as e
        where e.measure = 'open_tickets'), 'in the language of whoever asks');
insert into cs_health.scorecard (code, version, document)
select 'spec', 77, jsonb_set(c.document, '{components,support,weight}', '90')
from cs_health.scorecard as c where c.id = 1;
update cs_health.customer_health set scorecard_id = (select c.id from cs_health.scorecard as c where c.version = 77)
where as_of = '2026-03-09';
select matches((select m.reason from cs_health.movers(max_rows => 1) as m),
    'Scorecard spec \d+ was replaced by spec 77',
    'another scorecard is told of');
select is((select count(*) from cs_health.movers() as m where m.reason is null or m.reason = ''), 0::bigint,
    'each has a reason');

select throws_ok('select * from cs_health_v1.movers(' || args || ')', '22023', said, said)
from (values ('0', 'days must be from 1 to 1000, not 0'), ('1001', 'days must be from 1 to 1000, not 1001'),
    ('null', 'days must be from 1 to 1000, not null'), ('7, 0', 'max_rows must be from 1 to 100, not 0'),
    ('7, 101', 'max_rows must be from 1 to 100, not 101'), ('7, null', 'max_rows must be from 1 to 100, not null'))
    as c(args, said);
select is(public.said('cs_health_csm', 'bob@us.test', 'select count(*) from cs_health_v1.movers()'), '0',
    'a CSM sees whom he looks after');

select finish();
rollback;
