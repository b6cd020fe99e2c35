-- The made-up company: the same every time, complete, and hard enough that no single measure gives the leavers away.
-- The calls that fold and score commit, so this file is not one transaction.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set time zone 'UTC';
set client_min_messages = warning;

create temp table digest (generation integer, name text, rows bigint, sum text);
create procedure pg_temp.take_digests(generation integer) language plpgsql as $$
declare
    name text;
begin
    foreach name in array array['plan', 'feature', 'plan_feature', 'plan_limit', 'csm', 'tenant', 'tenant_add_on',
        'contact', 'event',
        'feedback', 'ticket', 'pulse', 'usage', 'revenue_event', 'touchpoint']
    loop
        execute format($query$
            insert into digest
            select %s, %L, count(*), md5(string_agg(x.line, ' ' order by x.line))
            from (select t::text as line from cs_health.%I as t) as x
            $query$, generation, name, name);
    end loop;
end $$;
-- Area under the ROC curve, whichever direction is the better one.
create function pg_temp.auc(x double precision[], y boolean[]) returns double precision language sql as $$
    select greatest(a.auc, 1 - a.auc)
    from (
        select (sum(r.rank) filter (where r.y) - r.ones * (r.ones + 1) / 2) / nullif(r.ones * (r.n - r.ones), 0) as auc
        from (
            select u.y, rank() over (order by u.x) + (count(*) over (partition by u.x) - 1) / 2.0 as rank,
                count(*) filter (where u.y) over () as ones, count(*) over () as n
            from unnest(x, y) as u(x, y)
        ) as r
        group by r.ones, r.n
    ) as a
$$;
create procedure pg_temp.forget_everybody() language plpgsql as $$
begin
    perform cs_health.forget_tenant(t.id)
    from (select t.id from cs_health.tenant as t order by t.parent_id is null, t.id) as t;
end $$;

select plan(30);

-- what it refuses
select throws_ok('call cs_health.make_demo(0)', '22023');
select throws_ok('call cs_health.make_demo(10, 1000)', '22023');
select throws_ok('call cs_health.make_demo(10, 10, null)', '22023');
select is(
    (select string_agg(p.parameter, ', ') from cs_health._demo_parameters() as p
        where not p.value between p.low and p.high),
    null, 'every parameter lies within the range seen in data');

-- the same arguments, the same rows
call cs_health.make_demo(150, 120, 7);
call pg_temp.take_digests(1);
select throws_ok('call cs_health.make_demo(10)', '55000');
call pg_temp.forget_everybody();
select is((select count(*) from cs_health.event) + (select count(*) from cs_health.touchpoint), 0::bigint,
    'nothing is left');
call cs_health.make_demo(150, 120, 7);
call pg_temp.take_digests(2);
select is(
    (select string_agg(a.name, ', ' order by a.name) from digest as a join digest as b using (name)
        where a.generation = 1 and b.generation = 2 and a.sum = b.sum and a.rows = b.rows and a.rows > 0),
    'contact, csm, event, feature, feedback, plan, plan_feature, plan_limit, pulse, revenue_event, tenant, '
    'tenant_add_on, ticket, touchpoint, usage',
    'the same arguments give the same rows in every table');
call pg_temp.forget_everybody();

-- a company large enough for statistics, with the default seed
call cs_health.make_demo(1000, 120);
select is((select count(*) from cs_health.tenant), 1000::bigint, '1000 tenants');
select is((select count(distinct t.name) from cs_health.tenant as t), 1000::bigint, 'names are distinct');
select ok(bool_and(s.share between 0.3 and 0.7) and count(*) = 2, 'both languages')
from (select count(*) / 1000.0 as share from cs_health.tenant as t group by t.locale) as s;
select is((select string_agg(distinct t.status, ', ' order by t.status) from cs_health.tenant as t),
    'active, churned, internal, paused, trial', 'every status occurs');
select ok(count(*) > 10, 'some have a parent company') from cs_health.tenant as t where t.parent_id is not null;
select ok(count(*) between 15 and 100, 'tenants sign up during the period')
from cs_health.tenant as t where t.signed_up_at >= current_date - 120;
select ok(count(*) between 15 and 100 and min(t.churned_on) >= current_date - 120 and max(t.churned_on) < current_date,
    'tenants leave during the period')
from cs_health.tenant as t where t.status = 'churned';
select is(
    (select count(*) from cs_health.event as e join cs_health.tenant as t on t.id = e.tenant_id
        where e.occurred_at >= current_date or e.occurred_at < current_date - 120
            or e.occurred_at < t.signed_up_at::date or e.occurred_at >= t.churned_on + 1),
    0::bigint, 'events lie within the period and within the relation');
create temp table daily as
select date_trunc('day', e.occurred_at) as day, count(*) as events from cs_health.event as e group by 1;
select is((select count(*) from daily), 120::bigint, 'events on every day');
select ok((select sum(d.events) from daily as d) between 800000 and 3000000, 'a million events or two');
select ok(
    avg(d.events) filter (where extract(isodow from d.day) >= 6)
        < 0.5 * avg(d.events) filter (where extract(isodow from d.day) < 6),
    'weekends are quiet')
from daily as d;
select ok(count(*) filter (where r.kind = 'expansion') > 100 and count(*) filter (where r.kind = 'contraction') > 10
    and count(*) filter (where r.kind = 'reactivation') > 0 and count(*) filter (where r.kind = 'churn') > 0,
    'revenue moves in every way') from cs_health.revenue_event as r;
select is(
    (select count(*) from cs_health.tenant as t
        where t.arr is distinct from 12 * coalesce(
            (select sum(r.mrr_change) from cs_health.revenue_event as r where r.tenant_id = t.id), 0)),
    0::bigint, 'movements of revenue sum to a twelfth of the ARR');
-- leavers: user-days of the last 20 days against those of 50 to 70 days before
with leaver as (
    select t.id,
        count(*) filter (where e.occurred_at >= t.churned_on - 19) as late,
        count(*) filter (where e.occurred_at >= t.churned_on - 69 and e.occurred_at < t.churned_on - 49) as early
    from cs_health.tenant as t left join cs_health.event as e on e.tenant_id = t.id and e.kind = 'login'
    where t.churned_on >= current_date - 50 and t.signed_up_at < t.churned_on - 80
    group by t.id
)
select ok(
    count(*) filter (where l.late < 0.6 * l.early) > 2 and count(*) filter (where l.late > 0.7 * l.early) > 2,
    'some leave after a decline, some without') from leaver as l;
select ok(count(*) filter (where s.silent) between 10 and 100, 'silent tenants that stay')
from (
    select not exists (select from cs_health.event as e where e.tenant_id = t.id) as silent
    from cs_health.tenant as t where t.status = 'active'
) as s;

-- folded and scored: some days with sixty more to come, and yesterday
call cs_health.replay(current_date - 68, current_date - 61);
call cs_health.recalculate();
select is((select count(*) from cs_health.event), 0::bigint, 'every event is folded');
select is((select count(*) from cs_health.event_rejected), 0::bigint, 'none is rejected');
-- the weeks after Christmas leave nobody healthy under the specification's formulas
select ok(count(distinct h.category) >= case when extract(doy from current_date) between 45 and 358 then 4 else 3 end,
    'every category occurs')
from cs_health.customer_health as h where h.as_of = current_date - 1;
select ok(avg((h.category = 'critical')::integer) < 0.4, 'critical is not the rule')
from cs_health.customer_health as h where h.as_of = current_date - 1;
select ok(avg((h.coverage < 0.5)::integer) < 0.05, 'scores rest on data')
from cs_health.customer_health as h where h.as_of = current_date - 1;

create temp table seen as
select v.code, v.x, t.status = 'churned' as leaves,
    coalesce(t.churned_on > h.as_of and t.churned_on <= h.as_of + 60, false) as leaves_soon, h.as_of, t.id
from cs_health.customer_health as h
join cs_health.tenant as t on t.id = h.tenant_id and t.status in ('active', 'paused', 'churned')
cross join lateral (
    select m.code, h.measures[m.position]::double precision from cs_health.measure as m
    union all select 'lack of health', 100 - h.overall_score) as v(code, x)
where v.x is not null;
-- with fewer than 20 leavers a measure's area says nothing
select is(
    (select string_agg(a.code || ' ' || round(a.auc::numeric, 3), ', ' order by a.code) from (
        select s.code, pg_temp.auc(array_agg(s.x), array_agg(s.leaves_soon)) as auc
        from seen as s where s.as_of < current_date - 60 group by s.code
        having count(distinct s.id) filter (where s.leaves_soon) >= 20) as a where a.auc > 0.85),
    null, 'no measure alone tells who leaves within 60 days (AUC at most 0.85)');
select is(
    (select string_agg(a.code || ' ' || round(a.auc::numeric, 3), ', ' order by a.code) from (
        select s.code, pg_temp.auc(array_agg(s.x), array_agg(s.leaves)) as auc
        from seen as s group by s.code
        having count(distinct s.id) filter (where s.leaves) >= 20) as a where a.auc > 0.85),
    null, 'no measure alone tells who leaves at all (AUC at most 0.85)');
select ok(pg_temp.auc(array_agg(s.x), array_agg(s.leaves_soon)) between 0.6 and 0.85
    and avg(s.x) filter (where s.leaves_soon) > avg(s.x) filter (where not s.leaves_soon),
    'but the score has some power (AUC 0.60 to 0.85)')
from seen as s where s.code = 'lack of health' and s.as_of < current_date - 60;

select * from finish();
