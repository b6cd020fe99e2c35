-- Forecasts of limits: against statsmodels, and what is refused.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set client_min_messages = warning;
begin;

select plan(38);

-- The series of test/reference/limit_forecast.py: 80 % prediction intervals of statsmodels' get_prediction()
create temp table expected (
    days integer[], used double precision[], limit_value double precision, growth double precision,
    used_at_90 double precision, days_to_limit integer, days_from integer, days_until integer);
\copy expected from 'test/reference/limit_forecast.csv' csv header
select is((select count(*) from expected), 200::bigint, '200 series');
select is_empty($$select e.days, f.growth_per_day, e.growth from expected as e
    cross join lateral cs_health.limit_forecast(e.days, e.used, e.limit_value) as f
    where abs(f.growth_per_day - e.growth) > 1e-9 * greatest(abs(e.growth), 1)
        or abs(f.used_at_90 - e.used_at_90) > 1e-9 * greatest(abs(e.used_at_90), 1)
        or f.points <> cardinality(e.days)$$, 'slopes and values in 90 days are those of statsmodels');
select is_empty($$select e.days, f.*, e.days_to_limit, e.days_from, e.days_until from expected as e
    cross join lateral cs_health.limit_forecast(e.days, e.used, e.limit_value) as f
    where (f.days_to_limit, f.days_from, f.days_until) is distinct from (e.days_to_limit, e.days_from, e.days_until)$$,
    'so are the days and their intervals');
select cmp_ok(count(e.days_to_limit), '>', 100::bigint, 'most of them reach their limit') from expected as e;
select cmp_ok(count(*), '>', 10::bigint, 'some of these without a last day')
from expected as e where e.days_to_limit is not null and e.days_until is null;

-- Nulls
create function pg_temp.forecast(days integer[], used double precision[], limit_value double precision default 110)
returns text language sql as $$
    select concat_ws(' ', f.points, round(f.growth_per_day::numeric, 3), round(f.used_at_90::numeric, 3),
        f.days_to_limit, f.days_from, f.days_until)
    from cs_health.limit_forecast(days, used, limit_value) as f
$$;
select is(pg_temp.forecast('{-20,-15,-10,-5,0}', '{80,85,90,95,100}'), '5 1.000 190.000 10 10 10', 'a line');
select is(pg_temp.forecast('{-20,-17,-15,-10,-5,-1,0}', '{80,null,85,90,95,null,100}'), '5 1.000 190.000 10 10 10',
    'a day without a measurement is left out');
select is(pg_temp.forecast('{-20,-15,-10,-5,0}', '{80,85,90,95,null}'), '4', 'and may leave too few for a line');
select is(pg_temp.forecast('{-20,-15,-10,-5,0}', '{null,null,null,null,null}'), '0', 'or none');
select is(pg_temp.forecast('{}', '{}'), '0', 'nothing measured');
select is(pg_temp.forecast('{0}', '{110}'), '1 0 0 0', 'one value that is the limit');
select is(pg_temp.forecast('{0}', '{0}', 0), '1', 'a limit of 0 is not reached');
select is(f.points, null, 'null in, null out') from cs_health.limit_forecast(null, '{1}', 1) as f;
select is(f.points, null, 'no limit, no forecast') from cs_health.limit_forecast('{0}', '{1}', null) as f;

-- What is refused
select throws_ok(format('select cs_health.limit_forecast(%s)', c.arguments), c.state, c.message, c.message)
from (values
    ('''{-1,0}'', ''{1}'', 5', '2202E', 'used has 1 elements, days has 2'),
    ('''{-1,null}'', ''{1,2}'', 5', '22004', 'days must not have nulls'),
    ('''{-1,1}'', ''{1,2}'', 5', '22003', 'days[2] must be from -36500 to 0, not 1'),
    ('''{-1,0}'', ''{1,NaN}'', 5', '22003', 'used[2] must be finite, not NaN'),
    ('''{-1,0}'', ''{-1,2}'', 5', '22003', 'used[1] must be from 0 to 1e+15, not -1'),
    ('''{0}'', ''{1}'', ''Infinity''', '22003', 'limit_value must be finite, not Infinity'),
    ('''{0}'', ''{1}'', 5, 0', '22003', 'horizon_days must be from 1 to 3650, not 0'),
    ('''{0}'', ''{1}'', 5, 3651', '22003', 'horizon_days must be from 1 to 3650, not 3651'),
    ('''{{0}}'', ''{{1}}'', 5', '2202E', 'days must have one dimension, not 2'),
    ('array_fill(0, array[1001]), array_fill(1::float8, array[1001]), 5', '54000',
        'days has 1001 elements, at most 1000 are allowed')) as c(arguments, state, message);

-- Of a tenant: the last measurement of each of 13 weeks, in the zone of settings, against its limits with add-ons
update cs_health.settings set time_zone = 'America/Bogota'; -- five hours behind
insert into cs_health.plan (code, name, kind) values ('p', 'P', 'base'), ('extra', 'Extra', 'add_on');
insert into cs_health.plan_limit (plan_code, metric, limit_value)
values ('p', 'seats', 100), ('extra', 'seats', 10), ('p', 'zero', 0);
insert into cs_health.tenant (id, name, plan_code) values ('00000000-0000-4000-8000-000000000001', 'One', 'p');
insert into cs_health.tenant_add_on (tenant_id, plan_code, since)
values ('00000000-0000-4000-8000-000000000001', 'extra', '2026-06-21');
insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value)
select '00000000-0000-4000-8000-000000000001', v.metric, v.at, v.used, v.limit_value
from (
    -- the last moment of each week that ends on a day like 30 June, and others that do not count
    select 'seats' as metric, timestamptz '2026-07-01 04:59:59+00' - w * interval '7 days' as at, 100 - 7 * w as used,
        null::numeric as limit_value
    from generate_series(0, 12) as w
    union all
    select 'seats', timestamptz '2026-07-01 05:00+00' - w * interval '7 days', 7, null
    from generate_series(0, 13) as w
    union all
    select 'seats', timestamptz '2026-06-30 17:00+00' - d * interval '1 day', 8, null from generate_series(0, 90) as d
    union all
    select m, timestamptz '2026-06-30 17:00+00' - d * interval '5 days', 10 - d, l
    from (values ('own', 40), ('free', null), ('zero', null)) as m(m, l) cross join generate_series(0, 6) as d
    union all
    select 'gone', '2026-01-01', 1, null) as v;
create function pg_temp.usage_on(day date) returns setof text language sql as $$
    select concat_ws(' ', f.metric, trim_scale(f.used), '/', f.limit_value, '=', f.usage_ratio,
        timezone('America/Bogota', f.measured_at)::date, 'grows', round(f.growth_per_day::numeric, 2),
        'hits', f.hit_on, f.hit_from, f.hit_until, 'of', f.points,
        round(f.used_at_90::numeric, 1))
    from cs_health.usage_forecast('00000000-0000-4000-8000-000000000001', day) as f
$$;
select is(f.line, e.line, 'on 30 June: ' || split_part(e.line, ' ', 1))
from (select row_number() over () as nr, u.line from pg_temp.usage_on('2026-06-30') as u(line)) as f
full join (values
    (1, 'seats 100 / 110 = 0.9091 2026-06-30 grows 1.00 hits 2026-07-10 2026-07-10 2026-07-10 of 13 190.0'),
    (2, 'own 10 / 40 = 0.2500 2026-06-30 grows 0.20 hits 2026-11-27 2026-11-27 2026-11-27 of 5 28.0'),
    (3, 'free 10 / = 2026-06-30 grows 0.20 hits of 5 28.0'),
    (4, 'zero 10 / 0 = 2026-06-30 grows 0.20 hits of 5 28.0')) as e(nr, line) using (nr);
select is((select u.line from pg_temp.usage_on('2026-06-16') as u(line) where u.line ~ '^seats'),
    'seats 86 / 100 = 0.8600 2026-06-16 grows 1.00 hits 2026-06-30 2026-06-30 2026-06-30 of 11 176.0',
    'before its add-on');
select is_empty($$select * from pg_temp.usage_on('2025-06-30')$$, 'before anything was measured');
select is_empty($$select * from pg_temp.usage_on(current_date + 200)$$, 'long after');
-- The least and the most that may be noted
update cs_health.plan_limit set limit_value = 1e15 where metric = 'seats';
update cs_health.usage set used = 1e15 where measured_at = '2026-07-01 04:59:59+00' and metric = 'seats';
update cs_health.usage set used = '1e-400' where measured_at < '2026-07-01 04:00+00' and metric = 'seats';
select is(concat_ws(' ', f.limit_value, f.points), '2000000000000000 13', '1e-400 and 2e15')
from cs_health.usage_forecast('00000000-0000-4000-8000-000000000001', '2026-06-30') as f where f.metric = 'seats';
update cs_health.usage set limit_value = '1e-400' where metric = 'seats';
select is(f.points, 13, 'a limit that is next to nothing')
from cs_health.usage_forecast('00000000-0000-4000-8000-000000000001', '2026-06-30') as f where f.metric = 'seats';
select ok(count(*) >= 0, 'today') from cs_health.usage_forecast('00000000-0000-4000-8000-000000000001');
select throws_ok(format('select * from cs_health.usage_forecast(%s)', c.arguments), c.state, null::text, c.arguments)
from (values ('null', '22023'), ('''00000000-0000-4000-8000-000000000002''', '22023'),
    ('''00000000-0000-4000-8000-000000000001'', ''infinity''', '22008'),
    ('''00000000-0000-4000-8000-000000000001'', ''1999-12-31''', '22008')) as c(arguments, state);

select * from finish();
rollback;
