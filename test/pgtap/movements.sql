-- Movements from what customers pay at a month's end: of which kind, once only, in order, and what is refused.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = warning;
select plan(21);

create function public.t(i integer) returns uuid language sql immutable as
    $$ select ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid $$;
insert into cs_health.tenant (id, name) select public.t(i), 'Tenant ' || i from generate_series(1, 9) as i;
create table public.paid (day date, tenant_id uuid, mrr numeric);
create function public.source(day date) returns text language sql as $$
    select format('select p.tenant_id, p.mrr from public.paid as p where p.day = %L -- of that day', day)
$$;
create function public.bring(day date) returns bigint language sql as $$
    with brought as (
        insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change)
        select m.* from cs_health.movements_from_mrr(bring.day, public.source(bring.day)) as m
        returning 1
    )
    select count(*) from brought
$$;
insert into public.paid values
    ('2026-01-31', public.t(1), 100), ('2026-01-31', public.t(2), 50), ('2026-01-31', public.t(2), 25.255),
    ('2026-01-31', public.t(3), 10), ('2026-01-31', public.t(4), 0), ('2026-01-31', public.t(5), 7),
    ('2026-02-28', public.t(1), 120), ('2026-02-28', public.t(2), 60), ('2026-02-28', public.t(4), 5),
    ('2026-02-28', public.t(5), 7),
    ('2026-03-31', public.t(1), 120), ('2026-03-31', public.t(3), 10), ('2026-03-31', public.t(4), 5);
select is(public.bring('2026-01-31'), 4::bigint, 'a first month');
select is(public.bring('2026-02-28'), 4::bigint, 'a second');
select is(public.bring('2026-03-31'), 3::bigint, 'a third');
select results_eq('select tenant_id, occurred_on, kind, mrr_change from cs_health.revenue_event order by 1, 2', $$values
    (public.t(1), date '2026-01-31', 'new', 100.00), (public.t(1), '2026-02-28', 'expansion', 20.00),
    (public.t(2), '2026-01-31', 'new', 75.26), (public.t(2), '2026-02-28', 'contraction', -15.26),
    (public.t(2), '2026-03-31', 'churn', -60.00),
    (public.t(3), '2026-01-31', 'new', 10.00), (public.t(3), '2026-02-28', 'churn', -10.00),
    (public.t(3), '2026-03-31', 'reactivation', 10.00),
    (public.t(4), '2026-02-28', 'new', 5.00),
    (public.t(5), '2026-01-31', 'new', 7.00), (public.t(5), '2026-03-31', 'churn', -7.00)$$,
    'rows of a customer are summed and rounded to cents; who is not named pays nothing');
select is(public.bring('2026-03-31'), 0::bigint, 'the same month again adds nothing');
select is_empty('select * from cs_health._revenue_faults()', 'and nothing contradicts itself');
select set_config('cs_health.now', '2026-04-15 12:00+00', false);
select results_eq('select mrr_end, customers_end from cs_health.revenue_by_month(''2026-01-01'')',
    $$select sum(p.mrr)::numeric(14, 2), count(distinct p.tenant_id) filter (where p.mrr > 0)
        from (select day, tenant_id, round(sum(mrr), 2) as mrr from public.paid group by 1, 2) as p
        group by p.day order by p.day$$, 'months end with what was paid');

-- A correction takes back what went below nothing
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change)
values (public.t(6), '2026-03-31', 'contraction', -5), (public.t(7), '2026-03-31', 'contraction', -5);
insert into public.paid values ('2026-04-14', public.t(1), 120), ('2026-04-14', public.t(3), 10),
    ('2026-04-14', public.t(4), 5), ('2026-04-14', public.t(6), 8);
select results_eq('select tenant_id, kind, mrr_change
    from cs_health.movements_from_mrr(''2026-04-14'', public.source(''2026-04-14'')) order by 1',
    $$values (public.t(6), 'new', 13.00), (public.t(7), 'new', 5.00)$$, 'from below nothing');

select is_empty('select * from cs_health.movements_from_mrr(''2026-02-28'', public.source(''2026-02-28''))',
    'an earlier month as it was recorded adds nothing, whatever came later');
select throws_like('select * from cs_health.movements_from_mrr(''2026-01-31'', ''select tenant_id, mrr + case tenant_id
        when public.t(1) then 20 else 0 end from (values (public.t(1), 100), (public.t(2), 75.26), (public.t(3), 10),
            (public.t(5), 7)) as v(tenant_id, mrr)'')', '%1 has movements after 2026-01-31',
    'one that differs is refused, though it is what is paid today');
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change)
values (public.t(8), '2026-03-01', 'contraction', -9), (public.t(8), '2026-03-02', 'expansion', 4),
    (public.t(9), '2026-03-01', 'new', 2), (public.t(9), '2026-03-02', 'churn', -3);
select results_eq('select tenant_id, kind, mrr_change
    from cs_health.movements_from_mrr(''2026-04-14'', public.source(''2026-04-14'')) where tenant_id >= public.t(8)
    order by 1', $$values (public.t(8), 'new', 5.00), (public.t(9), 'reactivation', 1.00)$$,
    'up to nothing: new of a customer that never paid, else a reactivation');
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change)
select m.* from cs_health.movements_from_mrr('2026-04-14', public.source('2026-04-14')) as m;
select is_empty('select * from cs_health._revenue_faults() as f where f.occurred_on = ''2026-04-14''',
    'what it adds contradicts nothing');
select throws_like('select * from cs_health.movements_from_mrr(''2026-04-14'',
    ''select public.t(1), 5e10 from generate_series(1, 2)'')', '%1 pays 100000000000%', 'the limit is that of the sum');
select throws_like(
    'select * from cs_health.movements_from_mrr(''2026-04-14'', ''select public.t(1), 99999999999.995'')',
    '%1 pays 99999999999.995', 'in whole cents');
select throws_ok('select * from cs_health.movements_from_mrr(''2026-02-28'', public.source(''2026-01-31''))', '22023',
    null, 'a month before others is refused where it would change them');
select throws_like('select * from cs_health.movements_from_mrr(''2026-03-30'', ''select public.t(1), 5'')',
    '%has movements after 2026-03-30', 'and says so');
select throws_like('select * from cs_health.movements_from_mrr(''2026-04-14'', ''select public.t(1), -5'')',
    'tenant 00000000-0000-4000-8000-000000000001 pays -5', 'no less than nothing');
select throws_like('select * from cs_health.movements_from_mrr(''2026-04-14'', ''select public.t(1), null'')',
    'tenant 00000000-0000-4000-8000-000000000001 pays null', 'no null');
select throws_like('select * from cs_health.movements_from_mrr(''2026-04-14'', ''select null, 1'')',
    'tenant null pays 1', 'nobody');
select throws_like('select * from cs_health.movements_from_mrr(''2026-04-14'', ''selec'')',
    'the query cannot be read: syntax error at or near %', 'no query');
select lives_ok('select * from cs_health.movements_from_mrr(''2026-04-14'', ''select public.t(99), 1'')',
    'a customer that does not exist is for the table to refuse');
select * from finish();
