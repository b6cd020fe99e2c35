-- What a plan and add-ons cover: the measures that count them, and which plan is recommended.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set time zone 'UTC';
set client_min_messages = warning;
begin;

create function public.t(n integer) returns uuid language sql immutable return lpad(to_hex(n), 32, '0')::uuid;

select plan(67);

insert into cs_health.feature (code, name) select f, upper(f) from unnest('{a,b,c,d}'::text[]) as f;
insert into cs_health.plan (code, name, kind, rank, monthly_price) values
    ('s', 'S', 'base', 1, 100), ('m', 'M', 'base', 2, 200), ('l', 'L', 'base', 3, 300), ('x', 'X', 'base', 4, null),
    ('same', 'Of the same rank', 'base', 1, 101), ('cheap', 'Costs less', 'base', 3, 90),
    ('narrow', 'Less storage', 'base', 3, 110), ('fewer', 'Without A', 'base', 3, 105),
    ('seats5', 'Seats', 'add_on', 1, 30), ('seats20', 'More seats', 'add_on', 2, 90),
    ('plus', 'Plus C', 'add_on', 1, 120), ('ask', 'D on request', 'add_on', 4, null);
insert into cs_health.plan_feature (plan_code, feature)
select p.plan, f from (values ('s', 'a'), ('m', 'a,b'), ('l', 'a,b,c'), ('x', 'a,b,c,d'), ('same', 'a,b,c,d'),
    ('cheap', 'a,b'), ('narrow', 'a,b'), ('fewer', 'b'), ('plus', 'c'), ('ask', 'd')) as p(plan, features)
cross join lateral unnest(string_to_array(p.features, ',')) as f;
insert into cs_health.plan_limit (plan_code, metric, limit_value) values
    ('s', 'seats', 10), ('m', 'seats', 20), ('l', 'seats', 50), ('same', 'seats', 100), ('cheap', 'seats', 100),
    ('narrow', 'seats', 100), ('fewer', 'seats', 100), ('seats5', 'seats', 5), ('seats20', 'seats', 20),
    ('s', 'storage', 100), ('m', 'storage', 100), ('l', 'storage', 500), ('narrow', 'storage', 50),
    ('plus', 'api', 1000);
insert into cs_health.tenant (id, name, plan_code)
select public.t(c.tenant), 'Tenant ' || c.tenant, c.plan
from (values (1, 's'), (2, 'l'), (3, 'x'), (4, null), (5, 's'), (6, 's'), (7, 's'), (8, 's'), (9, 's'))
    as c(tenant, plan);
insert into cs_health.tenant_add_on (tenant_id, plan_code, since) values
    (public.t(5), 'seats5', null), (public.t(6), 'seats5', current_date + 1), (public.t(8), 'plus', current_date - 9),
    (public.t(8), 'seats20', current_date - 40), (public.t(9), 'l', null), (public.t(4), 'plus', null);
insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value) values
    (public.t(7), 'seats', now() - interval '9 days', 8, 30), (public.t(7), 'seats', now() - interval '2 days', 30, 40),
    -- neither what somebody dates into the future nor what was measured long ago
    (public.t(7), 'seats', now() + interval '300 days', 1, 1000),
    (public.t(1), 'seats', now() - interval '92 days', 8, 1000),
    (public.t(5), 'seats', now() - interval '2 days', 9, null),
    (public.t(8), 'seats', now() - interval '2 days', 15, null),
    (public.t(9), 'seats', now() - interval '2 days', 8, null),
    (public.t(8), 'api', now() - interval '2 days', 5000, null),
    (public.t(6), 'seats', now() - interval '2 days', 9, null);

-- Recommendations
create function public.recommended(tenant integer, metric text, need numeric, feature text) returns text
language sql stable as $$
    select coalesce((
        select concat_ws(' ', r.motion, r.plan_code, coalesce(r.monthly_gain::text, 'null'))
        from cs_health.recommended_plan(public.t(tenant), metric, need, feature) as r), 'none')
$$;
select is(public.recommended(c.tenant, c.metric, c.need, c.feature), c.expected, c.name)
from (values
    (1, 'seats', null, null, 'cross_sell seats5 30.00', 'an add-on that costs less than a larger plan'),
    (1, 'seats', 15, null, 'cross_sell seats5 30.00', 'one that covers the need to the last'),
    (1, 'seats', 15.001, null, 'cross_sell seats20 90.00', 'one that does not'),
    (1, 'seats', 31, null, 'upsell l 200.00', 'only a larger plan is enough'),
    (1, 'seats', 50, null, 'upsell l 200.00', 'to the last'),
    (1, 'seats', 50.5, null, 'upsell x null', 'a plan without a row does not limit'),
    (1, 'seats', 5, null, 'cross_sell seats5 30.00', 'a need that is covered asks for more than now all the same'),
    (1, 'seats', 'infinity', null, 'upsell x null', 'without a limit'),
    (1, 'storage', null, null, 'upsell l 200.00', 'a plan with as much as now is not larger'),
    (1, 'storage', 501, null, 'upsell x null', 'prices on request come last'),
    (1, 'api', 5, null, 'none', 'what is not limited needs nothing'),
    (1, 'luck', null, null, 'none', 'nobody has heard of the metric'),
    (1, null, null, 'b', 'upsell m 100.00', 'a feature of a larger plan'),
    (1, null, null, 'c', 'cross_sell plus 120.00', 'a feature of an add-on'),
    (1, null, null, 'd', 'cross_sell ask null', 'without prices, rank and code decide'),
    (1, null, null, 'a', 'none', 'a feature that it has'),
    (1, null, null, 'luck', 'none', 'a feature that no plan has'),
    (1, 'seats', 12, 'c', 'upsell l 200.00', 'both at once'),
    (1, 'seats', 12, 'd', 'upsell x null', 'both, on request'),
    (1, null, null, null, 'upsell m 100.00', 'just a larger plan'),
    (2, null, null, null, 'upsell x null', 'the next one has no price'),
    (2, 'seats', null, null, 'cross_sell seats5 30.00', 'add-ons are for every plan'),
    (3, null, null, null, 'none', 'the largest plan'),
    (3, 'seats', 100, null, 'none', 'which limits nothing'),
    (4, null, null, null, 'none', 'no plan'),
    (4, 'seats', 5, null, 'none', 'no plan, no limit'),
    (5, 'seats', 15, null, 'cross_sell seats20 90.00', 'an add-on that it has counts'),
    (5, 'seats', 25, null, 'cross_sell seats20 90.00', 'and is not offered again'),
    (5, 'seats', 55, null, 'upsell l 200.00', 'it adds to larger plans, too'),
    (5, 'seats', 55.5, null, 'upsell x null', 'to the last'),
    (6, 'seats', 11, null, 'cross_sell seats20 90.00', 'one that begins tomorrow is neither counted nor offered'),
    (7, 'seats', 41, null, 'cross_sell seats5 30.00', 'a limit of its own takes the place of the plan''s'),
    (7, 'seats', 46, null, 'cross_sell seats20 90.00', 'and add-ons add to it'),
    (7, 'seats', 61, null, 'upsell x null', 'larger plans have their own limits'),
    (8, null, null, 'c', 'none', 'a feature that it has by an add-on'),
    (8, 'seats', 30, null, 'cross_sell seats5 30.00', 'an add-on may be followed by another'),
    (9, null, null, 'c', 'cross_sell plus 120.00', 'a base plan as an add-on counts for nothing'),
    (9, 'seats', 10, null, 'cross_sell seats5 30.00', 'nor does its limit'))
    as c(tenant, metric, need, feature, expected, name);
select throws_ok($$select * from cs_health.recommended_plan(public.t(99))$$, '22023');
select throws_ok($$select * from cs_health.recommended_plan(null)$$, '22023');
select throws_ok($$select * from cs_health.recommended_plan(public.t(1), need => 5)$$, '22023',
    'need 5 without a metric', 'need without metric');
select throws_ok(format($$select * from cs_health.recommended_plan(public.t(1), 'seats', %L)$$, n), '22023',
    'need must be at least 0, not ' || n, n || ' is no need') from unnest(array['NaN', '-1']) as n;
update cs_health.plan set monthly_price = null where code = 's';
select is(public.recommended(1, null, null, 'b'), 'upsell m null', 'without the present price no gain is known');
select is(public.recommended(1, null, null, 'c'), 'cross_sell plus 120.00', 'but that of an add-on is');
update cs_health.plan set monthly_price = 100 where code = 's';
update cs_health.plan set monthly_price = 100 where code = 'm';
select is(public.recommended(1, null, null, 'b'), 'upsell m 0.00', 'a plan that costs the same');
update cs_health.plan set monthly_price = 200 where code = 'm';

-- Measures
create function public.measured(tenant integer, measure text, ago integer default 1) returns numeric
language sql stable as $$
    select round(m.value::numeric, 4) from cs_health.tenant_measures(public.t(tenant), current_date - ago) as m
    where m.measure = measured.measure
$$;
insert into cs_health.event (tenant_id, user_id, kind, feature, occurred_at)
select t.id, 'u', 'feature', 'a', now() - interval '2 days' from cs_health.tenant as t;
select cs_health._fold_partition(p, null) from generate_series(0, 15) as p \g /dev/null
select is(public.measured(c.tenant, c.measure, c.ago), c.expected, c.name)
from (values
    (5, 'usage_ratio', 1, 0.6, '9 of 10 and 5 seats'), (6, 'usage_ratio', 1, 0.9, 'not before its first day'),
    (7, 'usage_ratio', 1, 0.75, 'a limit of its own is the whole limit'),
    (8, 'usage_ratio', 1, 0.5, '15 of 10 and 20 seats; api is not limited, whatever the add-on adds'),
    (9, 'usage_ratio', 1, 0.8, 'a base plan adds nothing'),
    (1, 'features_available', 1, 1, 'of the plan'), (8, 'features_available', 1, 2, 'of plan and add-on'),
    (8, 'features_available', 20, null, 'before events there are none'),
    (4, 'features_available', 1, 1, 'of an add-on alone'), (9, 'features_available', 1, 1, 'not of a base plan'))
    as c(tenant, measure, ago, expected, name);
insert into cs_health.plan_feature (plan_code, feature) values ('plus', 'a');
select is(public.measured(8, 'features_available'), 2.0000, 'a feature in plan and add-on is one');

-- Many at once, against plans tried one after the other
do $$
begin
    perform setseed(0.25);
    insert into cs_health.plan (code, name, kind, rank, monthly_price)
    select 'p' || n, 'P', case when n % 3 = 0 then 'add_on' else 'base' end, (random() * 5)::integer,
        case when random() < 0.85 then (random() * 20)::integer * 10 end
    from generate_series(1, 24) as n;
    insert into cs_health.plan_feature (plan_code, feature)
    select p.code, f.code from cs_health.plan as p cross join cs_health.feature as f
    where p.code ~ '^p\d' and random() < case p.kind when 'base' then 0.3 + p.rank * 0.12 else 0.3 end;
    insert into cs_health.plan_limit (plan_code, metric, limit_value)
    select p.code, m, (random() * 5)::integer * 5 + p.rank * 5
    from cs_health.plan as p cross join unnest('{seats,storage,api}'::text[]) as m
    where p.code ~ '^p\d' and random() < case p.kind when 'base' then 0.8 else 0.4 end;
    insert into cs_health.tenant (id, name, plan_code)
    select public.t(100 + n), 'Random ' || n, 'p' || (n % 24 + 1) from generate_series(1, 60) as n
    where n % 24 % 3 <> 2;
    insert into cs_health.tenant_add_on (tenant_id, plan_code, since)
    select t.id, p.code, current_date - 2 + (random() * 4)::integer
    from cs_health.tenant as t cross join cs_health.plan as p
    where t.name ~ '^Random' and p.kind = 'add_on' and random() < 0.15;
    insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value)
    select t.id, m, now() - d * interval '1 day', 1, case when random() < 0.5 then (random() * 8)::integer * 5 end
    from cs_health.tenant as t cross join unnest('{seats,api}'::text[]) as m cross join generate_series(1, 2) as d
    where t.name ~ '^Random' and random() < 0.3;
end
$$;
create table public.wish as
select row_number() over (order by t.id, m, f, n) as nr, t.id, m as metric, n as need, f as feature
from cs_health.tenant as t
cross join unnest('{seats,storage,api,null}'::text[]) as m cross join unnest('{a,d,null}'::text[]) as f
cross join unnest('{12,30,null}'::numeric[]) as n
where t.name ~ '^Random' and (m is not null or n is null);

-- Whether a plan is a recommendation, rule by rule; what it adds to the price where it is
create function public.fits(wish public.wish, option cs_health.plan) returns boolean language plpgsql stable as $$
declare
    present cs_health.plan;
    mine text[];
    limit_now numeric;
    limit_then numeric;
    added numeric := 0;
    part numeric;
    metric record;
    add_on record;
begin
    select p.* into present from cs_health.tenant as t join cs_health.plan as p on p.code = t.plan_code
    where t.id = wish.id;
    mine := array(select f.feature from cs_health.plan_feature as f where f.plan_code = present.code);
    select l.limit_value into limit_now from cs_health.plan_limit as l
    where l.plan_code = present.code and l.metric = wish.metric;
    for add_on in select a.* from cs_health.tenant_add_on as a where a.tenant_id = wish.id loop
        if add_on.plan_code = option.code then
            return false;
        end if;
        continue when add_on.since > current_date;
        mine := mine || array(select f.feature from cs_health.plan_feature as f where f.plan_code = add_on.plan_code);
        select l.limit_value into part from cs_health.plan_limit as l
        where l.plan_code = add_on.plan_code and l.metric = wish.metric;
        added := added + coalesce(part, 0);
    end loop;
    limit_now := limit_now + added;
    select u.limit_value into part from cs_health.usage as u
    where u.tenant_id = wish.id and u.metric = wish.metric order by u.measured_at desc limit 1;
    limit_now := coalesce(part, limit_now);
    if wish.feature = any (mine) then
        return false;
    end if;
    if wish.feature is not null and wish.feature not in (
        select f.feature from cs_health.plan_feature as f where f.plan_code = option.code) then
        return false;
    end if;
    select l.limit_value into limit_then from cs_health.plan_limit as l
    where l.plan_code = option.code and l.metric = wish.metric;
    if option.kind = 'add_on' then
        if wish.metric is null then
            return wish.feature is not null;
        end if;
        limit_then := limit_now + limit_then;
        return coalesce(limit_then > limit_now and limit_then >= coalesce(wish.need, 0), false);
    end if;
    if option.rank <= present.rank or option.monthly_price < present.monthly_price then
        return false;
    end if;
    if exists (
        select f.feature from cs_health.plan_feature as f where f.plan_code = present.code
        except select f.feature from cs_health.plan_feature as f where f.plan_code = option.code) then
        return false;
    end if;
    for metric in select l.* from cs_health.plan_limit as l where l.plan_code = option.code loop
        select l.limit_value into part from cs_health.plan_limit as l
        where l.plan_code = present.code and l.metric = metric.metric;
        if part is null or part > metric.limit_value then
            return false;
        end if;
    end loop;
    if wish.metric is null then
        return true;
    end if;
    limit_then := coalesce(limit_then + added, 'infinity');
    return coalesce(limit_then > limit_now and limit_then >= coalesce(wish.need, 0), false);
end
$$;
create table public.one_by_one as
select distinct on (w.nr) w.nr, w.id, case p.kind when 'base' then 'upsell' else 'cross_sell' end as motion, p.code,
    case p.kind when 'base' then p.monthly_price - n.monthly_price else p.monthly_price end as gain
from public.wish as w
join cs_health.tenant as t on t.id = w.id
join cs_health.plan as n on n.code = t.plan_code
join cs_health.plan as p on public.fits(w, p)
order by w.nr, 5 nulls last, p.rank, p.code;
create table public.at_once as
select r.* from (
    select array_agg(w.id order by w.nr) as tenants, array_agg(w.metric order by w.nr) as metrics,
        array_agg(w.need order by w.nr) as needs, array_agg(w.feature order by w.nr) as features
    from public.wish as w) as w
cross join lateral cs_health._recommended_plans(w.tenants, w.metrics, w.needs, w.features) as r;
select cmp_ok(count(*), '>', 500::bigint, 'wishes') from public.wish;
select ok(count(*) filter (where motion = 'upsell') > 50 and count(*) filter (where motion = 'cross_sell') > 50
    and count(*) < (select count(*) from public.wish) - 50, 'some upsell, some cross-sell, some nothing')
from public.at_once;
select set_eq('select * from public.at_once', 'select * from public.one_by_one',
    'all at once as one plan after the other');
select is_empty($$select w.nr, s.*, a.* from public.wish as w
    left join lateral cs_health.recommended_plan(w.id, w.metric, w.need, w.feature) as s on true
    left join public.at_once as a on a.nr = w.nr
    where (s.motion, s.plan_code, s.monthly_gain) is distinct from (a.motion, a.plan_code, a.monthly_gain)$$,
    'and as one wish after the other');
select is_empty($$select * from cs_health._recommended_plans(null, null, null, null)$$, 'no wishes');
select is((select r.plan_code
    from cs_health._recommended_plans(array[null, public.t(99), public.t(1)], '{}', null, null) as r
    where r.nr = 3), 'm', 'unknown tenants have none, and missing ends are null');

-- What cannot be
select throws_ok($$insert into cs_health.tenant_add_on values (public.t(1), 'unknown')$$, '23503');
select throws_ok($$insert into cs_health.tenant_add_on values (public.t(1), 'plus', 'infinity')$$, '23514');
update cs_health.plan set code = 'plus c' where code = 'plus';
select is((select count(*) from cs_health.tenant_add_on as a
    where a.plan_code = 'plus c' and a.tenant_id <= public.t(9)), 2::bigint,
    'a plan takes its add-ons along when its code changes');

-- Forgotten with the tenant
insert into cs_health.feature_demand values (public.t(8), 'd', 1, 0, current_date, current_date);
select cs_health.forget_tenant(public.t(8)) \g /dev/null
select is((select count(*) from cs_health.tenant_add_on as a where a.tenant_id = public.t(8))
    + (select count(*) from cs_health.feature_demand), 0::bigint, 'a tenant is forgotten with both');

select * from finish();
rollback;
