-- What a churn model learns from, day by day against plain SQL, and how training and judging days are kept apart.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set client_min_messages = warning;
begin;

create function pg_temp.tenant(nr integer) returns uuid language sql immutable as $$
    select ('00000000-0000-4000-8000-' || lpad(nr::text, 12, '0'))::uuid
$$;
-- Finished days 200 to 1 days ago, but for a gap, and tenants of every kind
do $$ begin perform cs_health._ensure_partition(current_date - d) from generate_series(0, 230, 20) as d; end $$;
insert into cs_health.run (as_of, phase, scorecard_rules, rescore, batches, total, started_at, resumed_at, finished_at)
select current_date - d, 'finished', '[]', false, 0, 0, now(), now(), now()
from generate_series(1, 200) as d where d not between 120 and 124;
insert into cs_health.tenant (id, name, status, churned_on, churn_notice_on) values
    (pg_temp.tenant(1), 'stays', 'active', null, null),
    (pg_temp.tenant(2), 'leaves', 'churned', current_date - 70, null),
    (pg_temp.tenant(3), 'announced', 'churned', current_date - 70, current_date - 120),
    (pg_temp.tenant(4), 'announced, still there', 'active', null, current_date - 100),
    (pg_temp.tenant(5), 'ours', 'internal', null, null),
    (pg_temp.tenant(6), 'on trial', 'trial', null, null),
    (pg_temp.tenant(7), 'left long ago', 'churned', current_date - 190, null),
    (pg_temp.tenant(8), 'no data', 'active', null, null),
    (pg_temp.tenant(9), 'last day of a window', 'churned', current_date - 1, null),
    (pg_temp.tenant(10), 'left today', 'churned', current_date, null);
insert into cs_health.customer_health (
    tenant_id, as_of, overall_score, engagement_score, adoption_score, satisfaction_score, support_score, growth_score,
    provisional, category, trend, scorecard_id, coverage, calculated_at, measures, history)
select t.id, d.day, 50, 50, 50, 50, 50, 50, d.day = current_date - 61 and t.name = 'on trial', 'at_risk', 'stable', 1,
    case t.name when 'no data' then 0.4 else 1 end, now(), '{}', '\x'
from cs_health.tenant as t
cross join (select r.as_of as day from cs_health.run as r) as d
where t.churned_on is null or t.churned_on >= d.day;

create function pg_temp.labels(lead integer, horizon integer, every integer)
returns table (name text, days_ago integer, churned boolean) language sql as $$
    select t.name, current_date - l.as_of, l.churned
    from cs_health.churn_labels(lead, horizon, every) as l join cs_health.tenant as t on t.id = l.tenant_id
$$;
-- The same from the definitions, over all days
create function pg_temp.defined(lead integer, horizon integer)
returns table (name text, days_ago integer, churned boolean) language sql as $$
    select t.name, current_date - h.as_of, t.churned_on is not null and t.churned_on <= h.as_of + lead + horizon
    from cs_health.customer_health as h join cs_health.tenant as t on t.id = h.tenant_id
    where h.as_of + lead + horizon <= current_date - 1 and not h.provisional and h.coverage >= 0.5
        and t.status <> 'internal' and coalesce(t.churn_notice_on > h.as_of, true)
        and coalesce(t.churned_on > h.as_of + lead, true)
$$;

select plan(28);

select set_eq(format('select * from pg_temp.labels(%s, %s, 1)', w.lead, w.horizon),
    format('select * from pg_temp.defined(%s, %s)', w.lead, w.horizon), format('every day, %s + %s', w.lead, w.horizon))
from (values (30, 30), (0, 60), (0, 1), (29, 31), (100, 50)) as w(lead, horizon);
select set_eq('select distinct days_ago from pg_temp.labels(30, 30, null)', array[61, 91, 125, 155, 185],
    'days are a horizon apart, and a missing one is passed over');
select set_eq('select distinct days_ago from pg_temp.labels(30, 60, null)', array[91, 151], 'whatever the horizon is');
select is((select array_agg(days_ago order by days_ago) from pg_temp.labels(30, 30,
    null) where name = 'leaves' and churned),
    '{125}', 'each churn counts once');
select is((select array_agg(days_ago order by days_ago) from pg_temp.labels(30, 30, null) where name = 'leaves'),
    '{125,155,185}', 'and who leaves before the window begins is left out');
select is((select array_agg(days_ago order by days_ago) from pg_temp.labels(30, 30, null) where name = 'announced'),
    '{125,155,185}', 'after a notice a tenant leaves the risk set, before it stays');
select is((select array_agg(days_ago order by days_ago) from pg_temp.labels(30, 30, null) where name ~ 'still there'),
    '{125,155,185}', 'so does one whose end has not come');
select is((select churned from pg_temp.labels(30, 30, null) where name = 'last day of a window' and days_ago = 61),
    true,
    'the last day of a window is in it');
select is((select churned from pg_temp.labels(30, 30, null) where name = 'left today' and days_ago = 61), false,
    'the day after is not');
select is((select count(*) from pg_temp.labels(30, 30, 1) where name in ('ours', 'no data')), 0::bigint,
    'neither internal tenants nor days without data count');
select is((select count(*) from pg_temp.labels(30, 30, null) where name = 'on trial' and days_ago = 61), 0::bigint,
    'nor provisional rows');
select throws_ok('select * from cs_health.churn_labels(' || a || ')', '22023')
from unnest(array['-1', 'null', '366', '30, 0', '30, null', '30, 731', '30, 30, 0']) as a;

-- Splitting by time
create function pg_temp.split(window_days integer) returns text language plpgsql as $$
declare
    cut date;
begin
    cut := cs_health._split_training(window_days);
    return (select format('%s: %s train, %s judge, %s dropped', current_date - cut,
            string_agg(distinct (current_date - t.as_of)::text, ' ') filter (where not t.evaluation),
            string_agg(distinct (current_date - t.as_of)::text, ' ') filter (where t.evaluation),
            100 * 5 - count(*))
        from pg_temp.cs_health_training as t);
exception when others then
    return sqlerrm;
end
$$;
create procedure pg_temp.rows(churns integer[]) language plpgsql as $$
begin
    perform cs_health._training_rows('select null::uuid, null::date, true');
    insert into pg_temp.cs_health_training (tenant_id, as_of, churned, measures)
    select gen_random_uuid(), current_date - a.age, n <= churns[a.nr], '{}'
    from unnest(array[61, 91, 121, 151, 181]) with ordinality as a(age, nr), generate_series(1, 100) as n;
end
$$;
call pg_temp.rows('{10,10,10,10,10}');
select is(pg_temp.split(60), '91: 151 181 train, 61 91 judge, 100 dropped',
    'the latest days with a quarter of the churns judge, those whose window was over then train');
call pg_temp.rows('{30,10,10,10,10}');
select is(pg_temp.split(60), '61: 121 151 181 train, 61 judge, 100 dropped', 'one day that has a quarter is enough');
call pg_temp.rows('{7,1,0,10,10}');
select is(pg_temp.split(60), '91: 151 181 train, 61 91 judge, 100 dropped', 'eight at least');
call pg_temp.rows('{10,10,10,10,10}');
select is(pg_temp.split(30), '91: 121 151 181 train, 61 91 judge, 0 dropped', 'a window may end on the day itself');
call pg_temp.rows('{10,10,10,9,10}');
select is(pg_temp.split(60), 'insufficient history: 19 churns to train on and 20 later ones to judge by',
    '19 are too few');
call pg_temp.rows('{1,1,1,1,3}');
select is(pg_temp.split(60), 'insufficient history: 7 churns to train on and 0 later ones to judge by',
    'seven do not judge');

select * from finish();
rollback;
