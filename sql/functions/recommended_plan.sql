-- What a tenant's plan and add-ons cover, and what would cover more.

-- Without a search_path of its own, so that it becomes part of the statement that calls it.
create function cs_health._add_ons(day date) returns table (tenant_id uuid, plan_code text)
language sql stable as $$
    select a.tenant_id, a.plan_code
    from cs_health.tenant_add_on as a
    join cs_health.plan as p on p.code operator(pg_catalog.=) a.plan_code and p.kind operator(pg_catalog.=) 'add_on'
    where a.since is null or a.since operator(pg_catalog.<=) day
$$;
comment on function cs_health._add_ons(date) is 'The add-ons that tenants have on a day; base plans are none';

create function cs_health._metered(
    measured_from timestamptz, measured_before timestamptz, day date, low uuid, high uuid)
returns table (tenant_id uuid, metric text, measured_at timestamptz, used numeric, limit_value numeric)
language sql stable as $$
    select m.tenant_id, m.metric, m.measured_at, m.used,
        coalesce(m.limit_value, l.limit_value operator(pg_catalog.+) coalesce(x.limit_value, 0))
    from (
        select distinct on (u.tenant_id, u.metric) u.tenant_id, u.metric, u.measured_at, u.used, u.limit_value
        from cs_health.usage as u
        where u.tenant_id operator(pg_catalog.>=) low and u.tenant_id operator(pg_catalog.<=) high
            and u.measured_at operator(pg_catalog.<) measured_before
            and u.measured_at operator(pg_catalog.>=) measured_from
        order by u.tenant_id, u.metric, u.measured_at desc
    ) as m
    join cs_health.tenant as t on t.id operator(pg_catalog.=) m.tenant_id
        and t.id operator(pg_catalog.>=) low and t.id operator(pg_catalog.<=) high
    left join cs_health.plan_limit as l
        on l.plan_code operator(pg_catalog.=) t.plan_code and l.metric operator(pg_catalog.=) m.metric
    left join (
        select a.tenant_id, l.metric, pg_catalog.sum(l.limit_value) as limit_value
        from cs_health._add_ons(day) as a
        join cs_health.plan_limit as l on l.plan_code operator(pg_catalog.=) a.plan_code
        where a.tenant_id operator(pg_catalog.>=) low and a.tenant_id operator(pg_catalog.<=) high
        group by a.tenant_id, l.metric
    ) as x on x.tenant_id operator(pg_catalog.=) m.tenant_id and x.metric operator(pg_catalog.=) m.metric
$$;
comment on function cs_health._metered(timestamptz, timestamptz, date, uuid, uuid) is
    'What the tenants of a range (low <= id <= high) used of each metric at last within a time, and their limit of it '
    'on a day: their own, or else that of the plan with what add-ons add to it; null = not limited';

create function cs_health._has_feature(tenant_id uuid, plan_code text, feature text, day date) returns boolean
language sql stable as $$
    select exists (
        select from cs_health.plan_feature as f
        where f.plan_code operator(pg_catalog.=) _has_feature.plan_code
            and f.feature operator(pg_catalog.=) _has_feature.feature)
        or exists (
            select from cs_health._add_ons(day) as a
            join cs_health.plan_feature as f on f.plan_code operator(pg_catalog.=) a.plan_code
            where a.tenant_id operator(pg_catalog.=) _has_feature.tenant_id
                and f.feature operator(pg_catalog.=) _has_feature.feature)
$$;
comment on function cs_health._has_feature(uuid, text, text, date) is
    'Whether a tenant''s plan or an add-on that it has on a day entitles it to a feature';

create function cs_health._recommended_plans(tenants uuid[], metrics text[], needs numeric[], features text[])
returns table (nr bigint, tenant_id uuid, motion text, plan_code text, monthly_gain numeric)
language sql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
    with wish as materialized ( -- limit_value: of the metric as it is now, null = not limited
        select u.nr, u.tenant_id, u.metric, u.need, u.feature, p.code, p.rank, p.monthly_price, a.added,
            coalesce(m.limit_value, l.limit_value + a.added) as limit_value
        from unnest(tenants, metrics, needs, features) with ordinality as u(tenant_id, metric, need, feature, nr)
        join cs_health.tenant as t on t.id = u.tenant_id
        join cs_health.plan as p on p.code = t.plan_code
        cross join (
            select n.today, timezone(n.zone, (n.today - 90)::timestamp) as measured_from,
                timezone(n.zone, (n.today + 1)::timestamp) as measured_before
            from (select cs_health._today() as today, cs_health._time_zone() as zone offset 0) as n offset 0) as d
        left join cs_health.plan_limit as l on l.plan_code = p.code and l.metric = u.metric
        left join lateral (
            select m.limit_value from cs_health.usage as m
            where m.tenant_id = u.tenant_id and m.metric = u.metric
                and m.measured_at >= d.measured_from and m.measured_at < d.measured_before
            order by m.measured_at desc limit 1) as m on true
        cross join lateral (
            select coalesce(sum(x.limit_value), 0) as added
            from cs_health._add_ons(d.today) as o
            join cs_health.plan_limit as x on x.plan_code = o.plan_code and x.metric = u.metric
            where o.tenant_id = u.tenant_id) as a
        where u.feature is null or not cs_health._has_feature(u.tenant_id, p.code, u.feature, d.today)
    ), larger as materialized ( -- base plans that have all that another one has, and are no cheaper
        select p.code as from_plan, n.code, n.rank, n.monthly_price - p.monthly_price as gain
        from (select distinct w.code, w.rank, w.monthly_price from wish as w) as p
        join cs_health.plan as n on n.kind = 'base' and n.rank > p.rank
        where (n.monthly_price < p.monthly_price) is not true
            and not exists (
                select from cs_health.plan_feature as f
                where f.plan_code = p.code and not exists (
                    select from cs_health.plan_feature as h where h.plan_code = n.code and h.feature = f.feature))
            and not exists (
                select from cs_health.plan_limit as h
                left join cs_health.plan_limit as l on l.plan_code = p.code and l.metric = h.metric
                where h.plan_code = n.code and (h.limit_value >= l.limit_value) is not true)
    ), candidate as (
        select w.*, 'upsell' as motion, n.code as option, n.rank as option_rank, n.gain
        from wish as w join larger as n on n.from_plan = w.code
        union all
        select w.*, 'cross_sell', n.code, n.rank, n.monthly_price
        from wish as w
        join cs_health.plan as n on n.kind = 'add_on' and not exists (
            select from cs_health.tenant_add_on as o where o.tenant_id = w.tenant_id and o.plan_code = n.code)
    )
    select distinct on (c.nr) c.nr, c.tenant_id, c.motion, c.option, c.gain
    from candidate as c
    left join cs_health.plan_limit as l on l.plan_code = c.option and l.metric = c.metric
    cross join lateral (
        select case when c.motion = 'cross_sell' then c.limit_value + l.limit_value
            else coalesce(l.limit_value + c.added, 'infinity') end as limit_value) as then_
    where (c.motion = 'upsell' or num_nonnulls(c.metric, c.feature) > 0)
        and (c.metric is null
            or then_.limit_value > c.limit_value and (then_.limit_value < c.need) is not true)
        and (c.feature is null or exists (
            select from cs_health.plan_feature as f where f.plan_code = c.option and f.feature = c.feature))
    order by c.nr, c.gain nulls last, c.option_rank, c.option
$$;
comment on function cs_health._recommended_plans(uuid[], text[], numeric[], text[]) is
    'recommended_plan() of many wishes at once, numbered as they stand in the arrays, whose missing ends are null; a '
    'wish without a recommendation has no row';

create function cs_health.recommended_plan(
    tenant_id uuid, metric text default null, need numeric default null, feature text default null)
returns table (motion text, plan_code text, monthly_gain numeric)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    perform cs_health._require_tenant(recommended_plan.tenant_id);
    if recommended_plan.need is not null and recommended_plan.metric is null then
        raise exception 'need % without a metric', recommended_plan.need
            using errcode = 'invalid_parameter_value', hint = 'Say of which metric so much is needed.';
    end if;
    if recommended_plan.need < 0 or recommended_plan.need = 'NaN' then
        raise exception 'need must be at least 0, not %', recommended_plan.need
            using errcode = 'invalid_parameter_value', hint = 'Leave it out for just more than now.';
    end if;
    return query
    select r.motion, r.plan_code, r.monthly_gain
    from cs_health._recommended_plans(array[recommended_plan.tenant_id], array[recommended_plan.metric],
        array[recommended_plan.need], array[recommended_plan.feature]) as r;
end
$$;
comment on function cs_health.recommended_plan(uuid, text, numeric, text) is
    'What to offer a tenant that needs more of a metric, or a feature, or both, or just a larger plan: the cheapest '
    'base plan of a higher rank that keeps every feature and limit of the present one (motion upsell), or the cheapest '
    'add-on that it does not have yet (cross_sell), whichever adds less to the monthly price; with it, the limit is '
    'larger than now and at least need. monthly_gain: what it adds to the price, null when a price is not known; such '
    'plans come last, plans that cost less than the present one not at all. No row: no plan, what it asks for it '
    'already has or the metric is not limited, or nothing covers it. Unknown tenants, need without metric or below 0: '
    '22023';
