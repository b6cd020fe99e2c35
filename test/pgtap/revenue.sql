-- Revenue by month: the identity and every figure on a thousand random histories against plain SQL, the edges of
-- months, what contradicts itself, what is refused, and sums however they are cut.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = warning;
select plan(69);

create function public.t(i integer) returns uuid language sql immutable as
    $$ select ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid $$;
select set_config('cs_health.now', '2026-03-15 12:00+00', false);

-- A thousand customers with up to forty movements in four years, in no order: gains and losses of any cents, losses of
-- all, some of more than all. Every tenth begins long before; what a movement is called does not matter.
select setseed(0.42);
insert into cs_health.tenant (id, name) select public.t(i), 'Tenant ' || i from generate_series(1, 1000) as i;
create temp table movement (tenant_id uuid, occurred_on date, mrr_change numeric);
do $$
declare
    mrr numeric;
    change numeric;
    day date;
begin
    for i in 1..1000 loop
        mrr := 0;
        day := date '2022-01-31' + floor(random() * 900)::integer - case when i % 10 = 0 then 9000 else 0 end;
        for k in 1..floor(random() * 40)::integer loop
            change := case
                when mrr <= 0 then round((0.01 + random() * 10 ^ (i % 6))::numeric, 2)
                when random() < 0.2 then -mrr
                when random() < 0.02 then -mrr - round((random() * 50)::numeric, 2)
                else round((mrr * (random() - 0.4)::numeric), 2) end;
            continue when change = 0;
            mrr := mrr + change;
            insert into movement values (public.t(i), day, change);
            day := day + floor(random() * 70)::integer;
            exit when day > '2026-03-31';
        end loop;
    end loop;
end
$$;
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change)
select m.tenant_id, m.occurred_on, case when m.mrr_change > 0 then 'expansion' else 'contraction' end, m.mrr_change
from movement as m order by random();
analyze cs_health.revenue_event;
select cmp_ok((select count(*) from movement), '>', 9000::bigint, 'a thousand histories');
select cmp_ok((select count(distinct tenant_id) from movement), '>', 900::bigint, 'most of them with movements');

-- The same from month-end balances, one row per customer and month
create temp table balance as
select t.id as tenant_id, m.month, greatest(coalesce(sum(v.mrr_change), 0), 0) as mrr
from cs_health.tenant as t
cross join lateral (
    select x::date as month from generate_series(timestamp '1990-01-01', '2026-02-01', '1 month') as x
) as m
left join movement as v on v.tenant_id = t.id and v.occurred_on < m.month + interval '1 month'
group by t.id, m.month;
create temp table compared as
select b.*, coalesce(lag(b.mrr) over w, 0) as before, coalesce(max(b.mrr) over earlier, 0) > 0 as has_paid,
    lag(b.mrr, 12) over w as then
from balance as b
window w as (partition by b.tenant_id order by b.month),
    earlier as (partition by b.tenant_id order by b.month rows between unbounded preceding and 1 preceding);
create type public.figures as (
    month date, mrr_start numeric, new numeric, reactivation numeric, expansion numeric, contraction numeric,
    churn numeric, mrr_end numeric, customers_start bigint, customers_new bigint, customers_reactivated bigint,
    customers_churned bigint, customers_end bigint, cohort_customers bigint, nrr_12m numeric, grr_12m numeric,
    logo_churn_12m numeric, revenue_churn_12m numeric, expansion_rate_12m numeric);
create function public.expected(first_month date, last_month date) returns setof public.figures language sql as $$
    select c.month, sum(c.before),
        coalesce(sum(c.mrr) filter (where c.before = 0 and not c.has_paid), 0),
        coalesce(sum(c.mrr) filter (where c.before = 0 and c.has_paid), 0),
        coalesce(sum(c.mrr - c.before) filter (where c.before > 0 and c.mrr > c.before), 0),
        coalesce(sum(c.before - c.mrr) filter (where c.mrr > 0 and c.mrr < c.before), 0),
        coalesce(sum(c.before) filter (where c.mrr = 0), 0), sum(c.mrr),
        count(*) filter (where c.before > 0), count(*) filter (where c.before = 0 and c.mrr > 0 and not c.has_paid),
        count(*) filter (where c.before = 0 and c.mrr > 0 and c.has_paid),
        count(*) filter (where c.before > 0 and c.mrr = 0), count(*) filter (where c.mrr > 0),
        count(*) filter (where c.then > 0),
        round(sum(c.mrr) filter (where c.then > 0) / nullif(sum(c.then), 0), 12),
        round(sum(least(c.mrr, c.then)) / nullif(sum(c.then), 0), 12),
        round(count(*) filter (where c.then > 0 and c.mrr = 0) / nullif(count(*) filter (where c.then > 0), 0)::numeric,
            12),
        round(coalesce(sum(c.then) filter (where c.mrr = 0), 0) / nullif(sum(c.then), 0), 12),
        round(count(*) filter (where c.then > 0 and c.mrr > c.then)
            / nullif(count(*) filter (where c.then > 0), 0)::numeric, 12)
    from pg_temp.compared as c where c.month >= first_month and c.month <= last_month
    group by c.month order by c.month
$$;
create function public.found(first_month date, last_month date) returns setof public.figures language sql as $$
    select r.month, r.mrr_start, r.new, r.reactivation, r.expansion, r.contraction, r.churn, r.mrr_end,
        r.customers_start, r.customers_new, r.customers_reactivated, r.customers_churned, r.customers_end,
        r.cohort_customers, round(r.nrr_12m::numeric, 12), round(r.grr_12m::numeric, 12),
        round(r.logo_churn_12m::numeric, 12), round(r.revenue_churn_12m::numeric, 12),
        round(r.expansion_rate_12m::numeric, 12)
    from cs_health.revenue_by_month(first_month, last_month) as r
$$;
select results_eq(
    'select * from public.found(''2022-01-01'', ''2026-02-28'')',
    'select * from public.expected(''2022-01-01'', ''2026-02-01'')',
    'every figure of fifty months is what plain SQL makes of month-end balances');
select results_eq(
    'select * from public.found(''1996-05-20'', ''2001-04-01'')',
    'select * from public.expected(''1996-05-01'', ''2001-04-01'')',
    'also of months with few customers, and with none twelve months before');
select results_eq(
    'select * from public.found(''2024-06-15'', ''2024-06-01'')',
    'select * from public.expected(''2024-06-01'', ''2024-06-01'')',
    'also of a single month, whatever its day');
select is((select count(*) from cs_health.revenue_by_month('1995-01-01', '2026-02-01')), 374::bigint, '374 months');
select is((select count(*) from cs_health.revenue_by_month('1995-01-01', '2026-02-01') as r
    where r.mrr_start + r.new + r.reactivation + r.expansion - r.contraction - r.churn <> r.mrr_end), 0::bigint,
    'MRR at the start and its movements are MRR at the end, to the cent, in every one of them');
select is((select count(*) from cs_health.revenue_by_month('1995-01-01', '2026-02-01') as r
    where r.customers_start + r.customers_new + r.customers_reactivated - r.customers_churned <> r.customers_end),
    0::bigint, 'so it is with customers');
select is((select count(*) from (
    select r.mrr_start, lag(r.mrr_end) over (order by r.month) as before, r.customers_start,
        lag(r.customers_end) over (order by r.month) as customers_before
    from cs_health.revenue_by_month('1995-01-01', '2026-02-01') as r) as x
    where x.mrr_start <> x.before or x.customers_start <> x.customers_before), 0::bigint,
    'a month begins as the one before ended');
select cmp_ok((select least(sum(r.new), sum(r.reactivation), sum(r.expansion), sum(r.contraction), sum(r.churn))
    from cs_health.revenue_by_month('2024-06-01', '2026-02-01') as r), '>', 0::numeric,
    'and there are movements of each kind');
select is((select count(*) from cs_health.revenue_by_month('1995-01-01', '2026-02-01') as r
    where r.grr_12m > 1 or r.grr_12m > r.nrr_12m or r.grr_12m > 1 - r.revenue_churn_12m + 1e-12), 0::bigint,
    'gross retention is at most 1, at most the net one, and what churn leaves');
select is((select count(*) from cs_health.revenue_by_month('1995-01-01', '2026-02-01') as r
    where (r.cohort_customers = 0) <> (r.nrr_12m is null) or (r.nrr_12m is null) <> (r.expansion_rate_12m is null)
        or (r.nrr_12m is null) <> (r.grr_12m is null) or (r.nrr_12m is null) <> (r.logo_churn_12m is null)
        or (r.nrr_12m is null) <> (r.revenue_churn_12m is null)), 0::bigint,
    'rates are null just where there is no cohort');

-- However the sums are cut
create temp table reference as select * from cs_health.revenue_by_month('2022-01-01', '2026-02-01');
create function public.same_sums(hint text) returns text language sql as $$
    select is((select count(*) from (
        select * from cs_health.revenue_by_month('2022-01-01', '2026-02-01')
        except select * from pg_temp.reference) as x),
        0::bigint, hint)
$$;
set enable_indexonlyscan = off;
set enable_indexscan = off;
select public.same_sums('sorted, not by index');
set enable_sort = off;
select public.same_sums('hashed');
set work_mem = '64kB';
select public.same_sums('hashed and spilled');
reset enable_sort;
reset work_mem;
reset enable_indexonlyscan;
reset enable_indexscan;
set parallel_setup_cost = 0;
set parallel_tuple_cost = 0;
set min_parallel_table_scan_size = 0;
set min_parallel_index_scan_size = 0;
select public.same_sums('in parallel');
set enable_hashagg = off;
select public.same_sums('in parallel, sorted');
reset all;
select set_config('cs_health.now', '2026-03-15 12:00+00', false);
select is((
    select cs_health._revenue_combine(cs_health._revenue_combine(null, a.s), cs_health._revenue_combine(b.s, null))
    from (select cs_health._revenue_sums(h.history, 24264, 50) filter (where h.nr % 3 = 0) as s,
            cs_health._revenue_sums(h.history, 24264, 50) filter (where h.nr % 3 <> 0) as rest
        from (select row_number() over () as nr, cs_health._mrr_history(m.occurred_on, m.mrr_change) as history
            from movement as m group by m.tenant_id) as h) as a,
        lateral (select a.rest as s) as b),
    (select cs_health._revenue_sums(h.history, 24264, 50)
        from (select cs_health._mrr_history(m.occurred_on, m.mrr_change) as history
            from movement as m group by m.tenant_id) as h),
    'two parts of the customers add up to all');
select is((
    select count(*) from (
        select cs_health._mrr_history(m.occurred_on, m.mrr_change) as whole,
            cs_health._mrr_combine(
                cs_health._mrr_history(m.occurred_on, m.mrr_change) filter (where m.mrr_change > 0),
                cs_health._mrr_history(m.occurred_on, m.mrr_change) filter (where m.mrr_change < 0)) as joined
        from movement as m group by m.tenant_id) as h
    where (select cs_health._revenue_sums(x.whole, 24264, 50) from (select h.whole) as x)
        <> (select cs_health._revenue_sums(x.joined, 24264, 50) from (select h.joined) as x)),
    0::bigint, 'so do two parts of one customer''s movements');

-- Cents: as numeric rounds, whatever the form of the number
create temp table amount as
select (case when i % 7 = 0 then round(x::numeric, i % 6) when i % 7 = 1 then x::numeric::numeric(14, 2)
    when i % 7 = 2 then trunc(x::numeric) * 10000 when i % 7 = 3 then x::numeric / 1e6
    when i % 7 = 4 then (trunc(x::numeric) + 0.005) when i % 7 = 5 then trunc(x::numeric)::numeric(30, 10)
    else x::numeric end) as x
from (select i, (random() * 10 ^ (i % 12))::float8 as x from generate_series(1, 20000) as i) as r;
insert into amount values (0.01), (0.005), (0.0049), (0.1), (1), (9999), (9999.99), (10000), (99999999), (1e11), (1e12),
    (12345678901234.56), (9e16), (0.010000), (1e-30), (100), (1000000.10);
select is((select string_agg(a.x::text, ' ') from amount as a
    where (cs_health._revenue_step(null, cs_health._mrr_step(null, '2022-01-05', a.x), 24264, 1))[9]
        <> round(a.x, 2) * 100), null, 'amounts are rounded to cents as numeric does');
select is((select string_agg(a.x::text, ' ') from amount as a
    where a.x < 1e14 and (cs_health._revenue_step(null, cs_health._mrr_step(cs_health._mrr_step(null, '2022-01-05',
        1e14), '2022-02-05', -a.x), 24265, 1))[9] <> (1e14 - round(a.x, 2)) * 100), null, 'negative ones, too');

-- The edges of months and of today
truncate cs_health.revenue_event;
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change) values
    (public.t(1), '2024-02-29', 'new', 100), (public.t(1), '2025-03-01', 'expansion', 10.55),
    (public.t(1), '2026-02-28', 'contraction', -0.55), (public.t(1), '2026-03-01', 'expansion', 1),
    (public.t(1), '2026-03-15', 'expansion', 2), (public.t(1), '2026-03-16', 'expansion', 4),
    (public.t(2), '2025-02-28', 'new', 50), (public.t(2), '2025-12-31', 'churn', -50),
    (public.t(2), '2026-01-01', 'reactivation', 30), (public.t(3), '2026-02-01', 'new', 7);
select results_eq(
    'select min(month), max(month), count(*) from cs_health.revenue_by_month()',
    $$values (date '2024-03-01', date '2026-02-01', 24::bigint)$$, 'without days the last 24 closed months');
select results_eq('select month, mrr_end from cs_health.revenue_by_month(''2026-02-10'')',
    $$values (date '2026-02-01', 147.00)$$, 'from a day on: to the last closed month');
select results_eq('select month, mrr_start, mrr_end from cs_health.revenue_by_month(''2026-02-10'', ''2026-03-01'')',
    $$values (date '2026-02-01', 140.55, 147.00), ('2026-03-01', 147.00, 150.00)$$,
    'the running month is shown when asked for, up to today');
select results_eq('select month, mrr_end from cs_health.revenue_by_month(''2026-03-01'', ''2027-01-01'')',
    $$values (date '2026-03-01', 150.00)$$, 'and none after it');
select results_eq($$
    select mrr_start, new, reactivation, expansion, contraction, churn, mrr_end, customers_start, customers_new,
        customers_reactivated, customers_churned, customers_end, cohort_customers, nrr_12m, grr_12m, logo_churn_12m,
        revenue_churn_12m, expansion_rate_12m
    from cs_health.revenue_by_month('2025-12-01', '2026-02-01')$$,
    $$values (160.55, 0.00, 0.00, 0.00, 0.00, 50.00, 110.55, 2::bigint, 0::bigint, 0::bigint, 1::bigint, 1::bigint,
            1::bigint, 1.1055::float8, 1::float8, 0::float8, 0::float8, 1::float8),
        (110.55, 0.00, 30.00, 0.00, 0.00, 0.00, 140.55, 1, 0, 1, 0, 2, 1, 1.1055, 1, 0, 0, 1),
        (140.55, 7.00, 0.00, 0.00, 0.55, 0.00, 147.00, 2, 1, 0, 0, 3, 2, 140 / 150.0::float8, 130 / 150.0::float8, 0, 0,
            0.5)$$,
    'a customer that left and came back, and one that is new');
select results_eq('select new from cs_health.revenue_by_month(''2024-02-01'', ''2024-02-01'')', 'values (100.00)',
    'the last day of February belongs to it');
update cs_health.settings set time_zone = 'Asia/Tokyo';
select set_config('cs_health.now', '2026-02-28 16:00+00', false);
select is((select max(month) from cs_health.revenue_by_month()), date '2026-02-01',
    'a month is closed when it is over in the business time zone');
select set_config('cs_health.now', '2026-02-28 14:00+00', false);
select is((select max(month) from cs_health.revenue_by_month()), date '2026-01-01', 'and not before');
update cs_health.settings set time_zone = 'UTC';
select set_config('cs_health.now', '2026-03-15 12:00+00', false);
select results_eq('select * from cs_health_v1.revenue', 'select * from cs_health.revenue_by_month()',
    'the view has the same');
truncate cs_health.revenue_event;
select results_eq('select sum(mrr_start + new + reactivation + expansion + contraction + churn + mrr_end), count(*),
        count(nrr_12m) from cs_health.revenue_by_month()',
    'values (0.00, 24::bigint, 0::bigint)', 'without any movement every month is 0 and has no rates');

-- Movements that contradict themselves
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change) values
    (public.t(10), '2025-01-10', 'new', 10), (public.t(10), '2025-02-10', 'contraction', -25),
    (public.t(10), '2025-03-10', 'expansion', 5), (public.t(10), '2025-04-10', 'expansion', 40),
    (public.t(11), '2025-01-10', 'churn', -10),
    (public.t(12), '2025-01-10', 'reactivation', 10),
    (public.t(13), '2025-01-10', 'new', 10), (public.t(13), '2025-02-10', 'reactivation', 10),
    (public.t(14), '2025-01-10', 'new', 10), (public.t(14), '2025-02-10', 'churn', -4),
    (public.t(15), '2025-01-10', 'new', 10), (public.t(15), '2025-02-10', 'churn', -10),
    (public.t(15), '2025-03-10', 'new', 10), (public.t(15), '2025-04-10', 'churn', -10),
    (public.t(15), '2025-05-10', 'churn', -1),
    (public.t(16), '2025-01-10', 'expansion', 10),
    (public.t(17), '2025-01-10', 'new', 10), (public.t(17), '2028-01-10', 'expansion', 10),
    (public.t(18), '2025-01-10', 'new', 10), (public.t(19), '2025-01-10', 'new', 10),
    -- and those that do not: all of a day is taken together
    (public.t(20), '2025-01-10', 'new', 10), (public.t(20), '2025-02-10', 'churn', -10),
    (public.t(20), '2025-02-10', 'reactivation', 20), (public.t(20), '2025-03-10', 'churn', -20),
    (public.t(20), '2025-06-10', 'reactivation', 5), (public.t(20), '2025-06-10', 'expansion', 5),
    (public.t(20), '2025-07-10', 'contraction', -3);
update cs_health.tenant set status = 'churned', churned_on = '2025-12-31' where id = public.t(18);
update cs_health.tenant set status = 'churned', churned_on = '2026-03-02' where id = public.t(20);
update cs_health.tenant set status = 'internal' where id = public.t(19);
select results_eq('select tenant_id, fault, occurred_on, detail from cs_health._revenue_faults()', $$values
    (public.t(10), 'negative_mrr', date '2025-02-10', 'MRR falls to -15.00'),
    (public.t(10), 'change_without_mrr', '2025-03-10', 'change of an MRR that there is not'),
    (public.t(10), 'change_without_mrr', '2025-04-10', 'change of an MRR that there is not'),
    (public.t(11), 'churn_without_mrr', '2025-01-10', 'churn of a customer that never paid'),
    (public.t(11), 'negative_mrr', '2025-01-10', 'MRR falls to -10.00'),
    (public.t(12), 'reactivation_without_churn', '2025-01-10', 'reactivation of a customer that never paid'),
    (public.t(13), 'reactivation_without_churn', '2025-02-10', 'reactivation of a customer that pays already'),
    (public.t(14), 'churn_leaves_mrr', '2025-02-10', 'churn that leaves an MRR of 6.00'),
    (public.t(15), 'new_after_paying', '2025-03-10', 'new, although the customer has paid before'),
    (public.t(15), 'churn_without_mrr', '2025-05-10', 'churn of a customer that pays nothing'),
    (public.t(15), 'negative_mrr', '2025-05-10', 'MRR falls to -1.00'),
    (public.t(16), 'change_without_mrr', '2025-01-10', 'change of an MRR that there is not'),
    (public.t(17), 'far_future', '2028-01-10', 'more than a year ahead'),
    (public.t(18), 'churned_but_paying', '2025-12-31', 'status churned, yet an MRR of 10.00'),
    (public.t(19), 'internal_but_paying', '2025-01-10', 'status internal, yet an MRR of 10.00')$$,
    'every contradiction is told, once');
select results_eq(
    'select month, mrr_start, expansion, contraction, churn, mrr_end, reactivation
        from cs_health.revenue_by_month(''2025-02-01'', ''2025-04-30'')',
    $$values (date '2025-02-01', 100.00, 20.00, 4.00, 20.00, 96.00, 0.00),
        ('2025-03-01', 96.00, 0.00, 0.00, 20.00, 86.00, 10.00),
        ('2025-04-01', 86.00, 0.00, 0.00, 10.00, 106.00, 30.00)$$,
    'in figures, less than nothing is nothing, and what a movement is called does not matter');
truncate cs_health.revenue_event;
select is_empty('select * from cs_health._revenue_faults()', 'without movements there is nothing to tell');

-- What is refused
create function public.refused(call text, state text, message text, name text) returns text language sql as $$
    select throws_ok('select cs_health.' || call, state, message, name)
$$;
select public.refused('revenue_by_month(''2026-03-01'')', '22023', 'no period from 2026-03-01 to 2026-02-01',
    'a first month after the last closed one');
select public.refused('revenue_by_month(''2025-03-01'', ''2025-02-28'')', '22023',
    'no period from 2025-03-01 to 2025-02-28', 'a first month after the last');
select public.refused('revenue_by_month(''-infinity'')', '22023', 'no period from -infinity to 2026-02-01', 'no day');
select public.refused('revenue_by_month(''infinity'')', '22023', 'no period from infinity to 2026-02-01', 'no day');
select public.refused('revenue_by_month(null, ''infinity'')', '22023', 'no period from 2024-04-01 to infinity',
    'no day');
select public.refused('revenue_by_month(null, ''-infinity'')', '22023', 'no period from -infinity to -infinity',
    'no day');
select public.refused('revenue_by_month(''0001-01-01 BC'')', '22023', 'no period from 0001-01-01 BC to 2026-02-01',
    'a day before all');
select public.refused('revenue_by_month(''1900-01-01'', ''2026-01-01'')', '22023',
    'a period of 1513 months is too long', 'too long a period');
select lives_ok('select * from cs_health.revenue_by_month(''1926-04-01'', ''2026-03-01'')', 'just not too long');
select public.refused('_mrr_step(null, ''infinity'', 1)', '22008', 'occurred_on must be a day, not infinity', 'no day');
select public.refused('_mrr_step(null, ''2026-01-01'', ''NaN'')', '0A000', 'cannot convert NaN to bigint', 'NaN');
select public.refused('_mrr_step(null, ''2026-01-01'', ''Infinity'')', '0A000', 'cannot convert infinity to bigint',
    'infinity');
select public.refused('_mrr_step(null, ''2026-01-01'', 1e17)', '22003', 'bigint out of range', 'too much');
select public.refused('_mrr_step(cs_health._mrr_step(null, ''2026-01-01'', 9e16), ''2026-01-02'', 9e16)', '22003',
    'revenue adds up to more than can be counted in cents', 'too much in a month');
select public.refused('_revenue_sums(cs_health._mrr_step(cs_health._mrr_step(null, ''2026-01-01'', 9e16), '
    '''2026-02-02'', 9e16), 24312, 2)', '22003', 'revenue adds up to more than can be counted in cents',
    'too much in two months');
select public.refused('_revenue_sums(x, 24312, 1) from (select cs_health._mrr_step(null, ''2026-01-01'', 9e16) as x '
    'from generate_series(1, 2)) as y', '22003', 'revenue adds up to more than can be counted in cents',
    'too much of two customers');
select public.refused('_revenue_combine(x, x) from (select cs_health._revenue_sums(cs_health._mrr_step(null, '
    '''2026-01-01'', 9e16), 24312, 1) as x) as y', '22003', 'revenue adds up to more than can be counted in cents',
    'too much of two parts');
select public.refused('_mrr_step(''\x00'', ''2026-01-01'', 1)', '22P03', 'history of revenue is corrupt', 'no history');
select public.refused('_mrr_step(''\x05000000'', ''2026-01-01'', 1)', '22P03', 'history of revenue is corrupt',
    'a history that counts too much');
select public.refused('_mrr_combine(''\x05000000'', ''\x0500'')', '22P03', 'history of revenue is corrupt',
    'no history to join');
select public.refused('_revenue_sums(''\x05'', 1, 1)', '22P03', 'history of revenue is corrupt', 'no history to sum');
select public.refused('_revenue_sums(convert_to(null, ''utf8''), 1, 1201)', '22003',
    'months must be from 0 to 1200, not 1201', 'too many months');
select public.refused('_revenue_sums(null, null, 1)', '22004', 'first month and number of months must not be null',
    'no first month');
select public.refused('_revenue_sums(null, m, 1) from generate_series(1, 2) as m', '22023',
    'months must be the same in all rows of a group', 'different months');
select public.refused('_revenue_combine(''{1,0}'', ''{2,0}'')', '22023',
    'months must be the same in all rows of a group', 'parts of different months');
select public.refused('_revenue_step(''{1}'', null, 1, 0)', '22P03', 'state of revenue is corrupt', 'no state');
select public.refused('_revenue_step(''{1,1}'', null, 1, 1)', '22P03', 'state of revenue is corrupt', 'short state');
select public.refused('_revenue_step(''{1,null}'', null, 1, 1)', '22P03', 'state of revenue is corrupt',
    'null in state');
select public.refused('_revenue_step(''{{1,0}}'', null, 1, 0)', '2202E', 'state must have one dimension, not 2',
    'a state of two dimensions');
select is(cs_health._mrr_step(null, null, 1), null, 'no day is no movement');
select is(cs_health._mrr_combine(null, null), null, 'no histories make none');
select is(cs_health._revenue_combine(null, null), null, 'no sums make none');
select is((select cs_health._mrr_history(null, null) from generate_series(1, 3)), null,
    'rows without all are left out');
select is((select (cs_health._revenue_sums(null, 24312, 1))[9]), 0::bigint,
    'a customer without history has no revenue');
select is((select (cs_health._revenue_sums(cs_health._mrr_step(null, '4713-01-01 BC', 5), 24312, 1))[9]), 500::bigint,
    'however old');

select * from finish();
