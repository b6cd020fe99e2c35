-- Expansion signals in the nightly run: who comes near a limit, asks for what the plan lacks, or grows. Cheap tests on
-- the day's vectors leave a few tenants, for whom the sources are read.

create function cs_health._held_reason(
    churn_notice_on date, coverage real, category text, override_category text, risk_level text)
returns text
language sql immutable parallel safe as $$
    select case
        when churn_notice_on is not null then 'churn_notice'
        when coalesce(override_category, case when coverage operator(pg_catalog.>=) 0.5::pg_catalog.float4
            then category end) operator(pg_catalog.=) any (array['at_risk', 'critical']) then 'at_risk'
        when risk_level operator(pg_catalog.=) any (array['high', 'critical']) then 'churn_risk' end
$$;
comment on function cs_health._held_reason(date, real, text, text, text) is
    'Why nothing is sold to a tenant: churn_notice, at_risk (its category as shown, which needs a coverage of 0.5 '
    'unless it is an override''s) or churn_risk (a risk level of high or critical); null = it may be';

create function cs_health._held_now(tenant_id uuid) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan as $$
begin
    return (
        select cs_health._held_reason(t.churn_notice_on, h.coverage, h.category, o.category, cs_health._risk_level(
            h.churn_probability::double precision, m.medium_from, m.high_from, m.critical_from))
        from cs_health.tenant as t
        left join cs_health.current_health as h on h.tenant_id = t.id
        left join cs_health.churn_model as m on m.id = h.churn_model_id
        left join cs_health.health_override as o
            on o.tenant_id = t.id and o.ended_at is null and o.expires_on >= cs_health._today()
        where t.id = _held_now.tenant_id);
end
$$;
comment on function cs_health._held_now(uuid) is '_held_reason() of a tenant as it stands now';

create function cs_health._usage_signals(day date, tenants uuid[], plans text[])
returns table (tenant_id uuid, details jsonb, metric text, need numeric)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_nestloop = on -- a few tenants of very many
set jit = off as $$
#variable_conflict use_column
declare
    zone text := cs_health._time_zone();
    day_end timestamptz := cs_health._end_of(day);
    usage_from timestamptz := cs_health._end_of(day - (select f.window_days from cs_health.feed as f
        where f.code = 'usage'));
begin
    return query
    with near as materialized (
        select distinct on (c.id) c.id, m.metric, m.used, n.limit_value, timezone(zone, m.measured_at)::date as as_of
        from unnest(tenants, plans) as c(id, plan_code)
        cross join lateral (
            select distinct on (u.metric) u.metric, u.used, u.limit_value, u.measured_at
            from cs_health.usage as u
            where u.tenant_id = c.id and u.measured_at >= usage_from and u.measured_at < day_end
            order by u.metric, u.measured_at desc
        ) as m
        left join cs_health.plan_limit as l on l.plan_code = c.plan_code and l.metric = m.metric
        cross join lateral (
            select coalesce(m.limit_value, l.limit_value + coalesce((
                select sum(x.limit_value) from cs_health._add_ons(day) as a
                join cs_health.plan_limit as x on x.plan_code = a.plan_code and x.metric = m.metric
                where a.tenant_id = c.id), 0)) as limit_value
        ) as n
        where n.limit_value > 0 and m.used > 0.8 * n.limit_value
        order by c.id, m.used / n.limit_value desc, m.metric
    ), forecast as materialized (
        select f.* from (
            select array_agg(n.id order by n.id) as ids, array_agg(n.metric order by n.id) as metrics,
                array_agg(n.limit_value order by n.id) as limits
            from near as n
        ) as a
        cross join lateral cs_health._usage_forecasts(a.ids, a.metrics, a.limits, day) as f
    )
    select n.id, jsonb_build_object('metric', n.metric, 'used', n.used, 'limit', n.limit_value,
        'usage_ratio', trim_scale(round(n.used / n.limit_value, 6)), 'as_of', n.as_of,
        'hit_on', day + f.days_to_limit, 'hit_from', day + f.days_from, 'hit_until', day + f.days_until,
        'growth_per_day', trim_scale(round(f.growth_per_day::numeric, 6))),
        n.metric, greatest(n.used, f.used_at_90::numeric)
    from (select row_number() over (order by n.id) as nr, n.* from near as n) as n
    join forecast as f on f.nr = n.nr;
end
$$;
comment on function cs_health._usage_signals(date, uuid[], text[]) is
    'Which of some tenants, of these plans, used more than 80 % of a limit on a day, exactly: of the metric nearest '
    'to its limit what is used, the limit, and when usage_forecast() says it is reached. need: what is used, or will '
    'be in 90 days if that is more';

create function cs_health._is_unlimited(tenant_id uuid, day date) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan as $$
begin
    return (
        select coalesce(bool_and((u.limit_value > 0) is not true), false)
        from cs_health._metered(cs_health._end_of(day - (select f.window_days from cs_health.feed as f
            where f.code = 'usage')), cs_health._end_of(day), day, _is_unlimited.tenant_id, _is_unlimited.tenant_id)
            as u);
end
$$;
comment on function cs_health._is_unlimited(uuid, date) is
    'Whether a tenant was metered up to a day, and no metric of it has a limit above 0: then nothing is near to it';

create function cs_health._feature_signals(day date, tenants uuid[], plans text[])
returns table (tenant_id uuid, details jsonb, feature text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_nestloop = on
set jit = off as $$
#variable_conflict use_column
begin
    return query
    select w.id, jsonb_build_object('features', jsonb_agg(jsonb_build_object('feature', w.feature,
        'requested', w.requested, 'denied', w.denied, 'last_on', w.last_on) order by w.place)),
        min(w.feature) filter (where w.place = 1)
    from (
        select c.id, d.feature, d.requested, d.denied, d.last_on, row_number() over (partition by c.id
            order by d.requested + d.denied desc, d.last_on desc, d.feature) as place
        from unnest(tenants, plans) as c(id, plan_code)
        join cs_health.feature_demand as d on d.tenant_id = c.id and d.last_on > day - 90
        join cs_health.feature as f on f.code = d.feature
        where exists (select from cs_health.plan_feature as o where o.plan_code = c.plan_code)
            and not cs_health._has_feature(c.id, c.plan_code, d.feature, day)
    ) as w
    where w.place <= 20
    group by w.id;
end
$$;
comment on function cs_health._feature_signals(date, uuid[], text[]) is
    'Which of some tenants, of these plans, asked for features of the catalogue, or were denied them, within the 90 '
    'days up to a day, that neither plan nor add-ons have: up to 20, and the one that is wanted most. Of a plan '
    'without any feature in the catalogue nothing is known';

-- Without a search_path of its own, as it is asked of every tenant
create function cs_health._grows(measures real[], mau integer, mau_previous integer, tenure_days integer)
returns boolean
language sql immutable parallel safe as $$
    select case when measures[tenure_days] operator(pg_catalog.<) 60::pg_catalog.float4 then false
        else measures[mau_previous] operator(pg_catalog.>) 0::pg_catalog.float4
            and measures[mau]::pg_catalog.float8 operator(pg_catalog.*) 5::pg_catalog.float8
                operator(pg_catalog.>=) (measures[mau_previous]::pg_catalog.float8
                    operator(pg_catalog.*) 6::pg_catalog.float8)
            and measures[mau] operator(pg_catalog.-) measures[mau_previous]
                operator(pg_catalog.>=) 5::pg_catalog.float4 end
$$;
comment on function cs_health._grows(real[], integer, integer, integer) is
    'Whether the users of 30 days are at least 1.2 times those of the 30 days before and at least 5 more, in whole '
    'numbers; not from nobody, and not before both months are over since the sign-up. Null = not observed';

create function cs_health._growth_signals(day date, previous_day date, tenants uuid[])
returns table (tenant_id uuid, details jsonb)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_nestloop = on
set jit = off as $$
#variable_conflict use_column
declare
    month_start date := date_trunc('month', day::timestamp);
    month_end date := month_start + interval '1 month' - interval '1 day';
begin
    return query
    select h.tenant_id, jsonb_build_object('mau', h.measures[k.mau]::bigint,
        'mau_previous', h.measures[k.mau_previous]::bigint,
        'growth', trim_scale(round(h.measures[k.mau]::numeric / h.measures[k.mau_previous]::numeric - 1, 4)),
        'since', previous_day)
    from unnest(tenants) as c(id)
    cross join cs_health._signal_places() as k
    join cs_health.customer_health as h on h.tenant_id = c.id
        and h.as_of = (select day) and h.as_of between month_start and month_end -- as _score_batch() says
    join cs_health.customer_health as b on b.tenant_id = c.id and b.as_of = previous_day
    where not h.provisional and not b.provisional and cs_health._grows(h.measures, k.mau, k.mau_previous, k.tenure_days)
        and cs_health._grows(b.measures, k.mau, k.mau_previous, k.tenure_days);
end
$$;
comment on function cs_health._growth_signals(date, date, uuid[]) is
    'Which of some tenants grow on two scored days in a row, _grows() says how much';

create function cs_health._signal_places(
    out usage_ratio integer, out mau integer, out mau_previous integer, out tenure_days integer)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select min(m.position) filter (where m.code = 'usage_ratio'), min(m.position) filter (where m.code = 'mau'),
        min(m.position) filter (where m.code = 'mau_previous'), min(m.position) filter (where m.code = 'tenure_days')
    from cs_health.measure as m where m.builtin
$$;
comment on function cs_health._signal_places() is 'Where the measures that signals follow from stand in a vector';

create function cs_health._signal_candidates(day date, low uuid, high uuid)
returns table (tenant_id uuid, plan_code text, held_reason text, usage boolean, asks boolean, grows boolean)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set enable_nestloop = on
set jit = off
as $$
#variable_conflict use_column
declare
    place record;
    today date := cs_health._today();
    month_start date := date_trunc('month', day::timestamp);
    month_end date := month_start + interval '1 month' - interval '1 day';
    near uuid[];
    asking uuid[];
begin
    select k.* into place from cs_health._signal_places() as k;
    select array_agg(r.tenant_id) into near from cs_health.customer_health as r
    where r.as_of = (select day) and r.as_of between month_start and month_end -- as _score_batch() says
        and not r.provisional and r.tenant_id >= low and r.tenant_id < high
        and (r.measures[place.usage_ratio] > 0.7999::real
            or cs_health._grows(r.measures, place.mau, place.mau_previous, place.tenure_days));
    select array_agg(distinct f.tenant_id) into asking from cs_health.feature_demand as f
    where f.tenant_id >= low and f.tenant_id < high and f.last_on > day - 90;
    near := array(
        select unnest(near)
        union select unnest(asking)
        union select e.tenant_id from cs_health.expansion_signal as e
        where e.tenant_id >= low and e.tenant_id < high and e.status in ('new', 'contacted', 'deferred'));
    return query
    select t.id, case when t.status = 'active' then t.plan_code end,
        cs_health._held_reason(t.churn_notice_on, h.coverage, h.category, o.category, cs_health._risk_level(
            h.churn_probability::double precision, m.medium_from, m.high_from, m.critical_from)),
        h.measures[place.usage_ratio] > 0.7999::real, d.tenant_id is not null,
        cs_health._grows(h.measures, place.mau, place.mau_previous, place.tenure_days)
    from unnest(near) as n(id)
    join cs_health.tenant as t on t.id = n.id and t.id >= low and t.id < high
    left join cs_health.customer_health as h on h.tenant_id = n.id and h.as_of = (select day)
        and h.as_of between month_start and month_end and not h.provisional
        and h.tenant_id >= low and h.tenant_id < high
    left join unnest(asking) as d(tenant_id) on d.tenant_id = n.id
    left join cs_health.churn_model as m on m.id = h.churn_model_id
    left join cs_health.health_override as o
        on o.tenant_id = n.id and o.tenant_id >= low and o.tenant_id < high and o.ended_at is null
            and o.expires_on >= today;
end
$$;
comment on function cs_health._signal_candidates(date, uuid, uuid) is
    'Tenants of a batch, just scored, that may have a signal, and those with one that is open. plan_code: null = no '
    'plan, or not active: there is none; usage, grows: null = not observed on the day';

create function cs_health._recommendations(tenants uuid[], metrics text[], needs numeric[], features text[])
returns table (nr bigint, motion text, plan_code text, potential_arr numeric)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select r.nr, r.motion, r.plan_code,
        case when r.monthly_gain * 12 between 0 and 99999999.99 then r.monthly_gain * 12 end
    from cs_health._recommended_plans(tenants, metrics, needs, features) as r
$$;
comment on function cs_health._recommendations(uuid[], text[], numeric[], text[]) is
    'What to offer for signals, numbered as they stand in the arrays: motion, plan and what a year of it adds; null '
    'where a price is missing or the amount does not fit';

create function cs_health._signals_seen(
    day date, usage_of uuid[], usage_plans text[], asking uuid[], asking_plans text[], growing uuid[])
returns table (
    tenant_id uuid, signal_type text, details jsonb, motion text, recommended_plan text, potential_arr numeric)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off as $$
#variable_conflict use_column
declare
    seen record;
begin
    select array_agg(s.tenant_id) as tenants, array_agg(s.signal_type) as types, array_agg(s.details) as details,
        array_agg(s.metric) as metrics, array_agg(s.need) as needs, array_agg(s.feature) as features
    into seen
    from (
        select u.tenant_id, 'usage_limit' as signal_type, u.details, u.metric, u.need, null as feature
        from cs_health._usage_signals(day, usage_of, usage_plans) as u
        union all
        select f.tenant_id, 'feature_request', f.details, null, null, f.feature
        from cs_health._feature_signals(day, asking, asking_plans) as f
        union all
        select g.tenant_id, 'user_growth', g.details, null, null, null
        from cs_health._growth_signals(day, cs_health._previous_day(day), growing) as g
    ) as s;
    return query
    select u.tenant_id, u.signal_type, u.details, r.motion, r.plan_code, r.potential_arr
    from unnest(seen.tenants, seen.types, seen.details) with ordinality as u(tenant_id, signal_type, details, nr)
    left join cs_health._recommendations(seen.tenants, seen.metrics, seen.needs, seen.features) as r on r.nr = u.nr;
end
$$;
comment on function cs_health._signals_seen(date, uuid[], text[], uuid[], text[], uuid[]) is
    'The signals of a scored day among tenants that may have them: by usage and by what they ask for, with their '
    'plans, and by growth';

create function cs_health._detect_signals(day date, low uuid, high uuid) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
set work_mem = '64MB'
as $$
declare
    possible record;
    found record;
begin
    perform cs_health._return_deferred(low, high);
    select array_agg(c.tenant_id) as tenants, array_agg(c.plan_code) as plans, array_agg(c.held_reason) as held,
        array_agg(c.usage is null) as usage_unknown, array_agg(c.grows is distinct from false) as growth_unknown,
        array_agg(c.tenant_id) filter (where c.plan_code is not null and c.usage) as usage_of,
        array_agg(c.plan_code) filter (where c.plan_code is not null and c.usage) as usage_plans,
        array_agg(c.tenant_id) filter (where c.plan_code is not null and c.asks) as asking,
        array_agg(c.plan_code) filter (where c.plan_code is not null and c.asks) as asking_plans,
        array_agg(c.tenant_id) filter (where c.plan_code is not null and c.grows) as growing
    into possible from cs_health._signal_candidates(day, low, high) as c;
    if possible.tenants is null then
        return 0;
    end if;
    with candidate as materialized (
        select c.* from unnest(possible.tenants, possible.plans, possible.held, possible.usage_unknown,
            possible.growth_unknown) as c(tenant_id, plan_code, held, usage_unknown, growth_unknown)
    ), seen as materialized (
        select s.*, c.held, c.plan_code
        from cs_health._signals_seen(day, possible.usage_of, possible.usage_plans, possible.asking,
            possible.asking_plans, possible.growing) as s
        join candidate as c on c.tenant_id = s.tenant_id
    ), known as materialized (
        select e.tenant_id, e.id, e.signal_type, c.held, case
                when s.tenant_id is not null then null
                when e.ceased_on is not null then e.ceased_on
                when c.plan_code is not null and (
                    e.signal_type = 'usage_limit' and c.usage_unknown and not cs_health._is_unlimited(e.tenant_id, day)
                    or e.signal_type = 'user_growth' and c.growth_unknown) then null
                else day end as ceased_on,
            coalesce(s.plan_code, e.current_plan) as current_plan, coalesce(case
                when e.signal_type = 'user_growth' and e.ceased_on is null and e.signal_details ? 'since'
                    then s.details || jsonb_build_object('since', e.signal_details -> 'since')
                else s.details end, e.signal_details) as details,
            case when s.tenant_id is null then e.motion else s.motion end as motion,
            case when s.tenant_id is null then e.recommended_plan else s.recommended_plan end as recommended_plan,
            case when s.tenant_id is null then e.potential_arr else s.potential_arr end as potential_arr
        from cs_health.expansion_signal as e
        join candidate as c on c.tenant_id = e.tenant_id
        left join seen as s on s.tenant_id = e.tenant_id and s.signal_type = e.signal_type
        where e.tenant_id >= low and e.tenant_id < high and e.status in ('new', 'contacted', 'deferred')
    ), refreshed as (
        update cs_health.expansion_signal as e
        set current_plan = k.current_plan, recommended_plan = k.recommended_plan, motion = k.motion,
            potential_arr = k.potential_arr, signal_details = k.details, held_reason = k.held,
            ceased_on = k.ceased_on, refreshed_at = cs_health._now()
        from known as k
        where e.tenant_id = k.tenant_id and e.id = k.id and e.tenant_id >= low and e.tenant_id < high
            and e.status in ('new', 'contacted', 'deferred')
            and (e.current_plan, e.recommended_plan, e.motion, e.potential_arr, e.signal_details, e.held_reason,
                e.ceased_on) is distinct from (k.current_plan, k.recommended_plan, k.motion, k.potential_arr, k.details,
                k.held, k.ceased_on)
    ), made as (
        insert into cs_health.expansion_signal (
            tenant_id, signal_type, current_plan, recommended_plan, motion, potential_arr, signal_details, held_reason,
            detected_at)
        select s.tenant_id, s.signal_type, s.plan_code, s.recommended_plan, s.motion, s.potential_arr, s.details,
            s.held, cs_health._now()
        from seen as s
        where not exists (
            select from known as k where k.tenant_id = s.tenant_id and k.signal_type = s.signal_type)
            and not exists ( -- whoever said no is not asked again the next day
                select from cs_health.expansion_signal as e
                where e.tenant_id = s.tenant_id and e.signal_type = s.signal_type and e.status in ('won', 'lost')
                    and e.current_plan = s.plan_code and e.changed_at > cs_health._now() - interval '90 days')
        on conflict (tenant_id, signal_type) where status in ('new', 'contacted', 'deferred') do nothing
        returning tenant_id, id
    )
    select array_agg(m.tenant_id) as tenants, array_agg(m.id) as ids into found from made as m;
    if exists (select from cs_health._channels_for('signal.detected')) then
        perform cs_health._tell_signal(f.tenant_id, f.id) from unnest(found.tenants, found.ids) as f(tenant_id, id);
    end if;
    return coalesce(cardinality(found.ids), 0);
end
$$;
comment on function cs_health._detect_signals(date, uuid, uuid) is
    'Looks for signals among the tenants of a batch that has just been scored: notes and tells new ones, brings those '
    'that are open up to date where what they say has changed, and marks those whose cause has gone. What is not '
    'observed changes nothing. For 90 days after one was won or lost, none of its kind is new while the plan is the '
    'same. Returns how many are new';
