-- When a metered quantity will reach its limit.

create function cs_health.limit_forecast(
    days integer[], used double precision[], limit_value double precision, horizon_days integer default 365,
    out growth_per_day double precision, out days_to_limit integer, out days_from integer, out days_until integer,
    out points integer, out used_at_90 double precision)
as 'MODULE_PATHNAME', 'csh_limit_forecast_of' language c immutable strict parallel safe cost 100;
comment on function cs_health.limit_forecast(integer[], double precision[], double precision, integer) is
    'Follows a least-squares line through what was used on days (0 = today, negative = before; in any order) until it '
    'reaches the limit. growth_per_day: its slope; used_at_90: its value in 90 days, at least 0; both null with fewer '
    'than 5 points or less than 14 days between the first and the last. days_to_limit: the first day from today that '
    'the line is at the limit; days_from, days_until: the same for the upper and the lower end of the 80 % prediction '
    'interval; null = not within horizon_days (1 to 3650), without growth, or with a limit of 0. All three are 0 when '
    'the latest point is at the limit or above. A null in used is a day without a measurement; any other null gives '
    'null or, in days, is refused (22004). Days outside -36500..0 and values outside 0..1e15, NaN among them, are '
    'refused (22003), so are arrays of different lengths (2202E) and of more than 1000 elements (54000)';

create function cs_health._usage_forecasts(tenants uuid[], metrics text[], limits numeric[], as_of date)
returns table (
    nr bigint, growth_per_day double precision, days_to_limit integer, days_from integer, days_until integer,
    points integer, used_at_90 double precision)
language sql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
    -- Thirteen looks into the index, however often a metric is measured
    with week as materialized (
        select timezone(cs_health._time_zone(), (_usage_forecasts.as_of - 7 * k - 6)::timestamp) as starts_at,
            timezone(cs_health._time_zone(), (_usage_forecasts.as_of - 7 * k + 1)::timestamp) as ends_at
        from generate_series(0, 12) as k
    ), zone as materialized (
        select cs_health._time_zone() as name
    )
    select w.nr, f.growth_per_day, f.days_to_limit, f.days_from, f.days_until, f.points, f.used_at_90
    from unnest(tenants, metrics, limits) with ordinality as w(tenant_id, metric, limit_value, nr)
    cross join lateral ( -- rounded, since 1e-400 does not fit double precision
        select coalesce(array_agg(timezone(z.name, u.measured_at)::date - _usage_forecasts.as_of), '{}') as days,
            coalesce(array_agg(round(u.used, 30)::double precision), '{}') as used
        from week as k
        cross join zone as z
        cross join lateral (
            select u.measured_at, u.used from cs_health.usage as u
            where u.tenant_id = w.tenant_id and u.metric = w.metric
                and u.measured_at >= k.starts_at and u.measured_at < k.ends_at
            order by u.measured_at desc limit 1) as u
    ) as p
    cross join lateral cs_health.limit_forecast(p.days, p.used,
        least(round(coalesce(w.limit_value, 0), 30), 1e15)::double precision) as f
$$;
comment on function cs_health._usage_forecasts(uuid[], text[], numeric[], date) is
    'limit_forecast() of metrics of many tenants at once, numbered as they stand in the arrays: of the last '
    'measurement of each of the 13 weeks up to a day. A limit of null = not limited';

create function cs_health.usage_forecast(tenant_id uuid, as_of date default null)
returns table (
    metric text, used numeric, limit_value numeric, usage_ratio numeric, measured_at timestamptz,
    growth_per_day double precision, hit_on date, hit_from date, hit_until date, used_at_90 double precision,
    points integer)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    day date := coalesce(usage_forecast.as_of, cs_health._today());
    zone text := cs_health._time_zone();
begin
    perform cs_health._require_tenant(usage_forecast.tenant_id);
    if day not between '2000-01-01' and '2999-12-31' then
        raise exception 'as_of must be from 2000-01-01 to 2999-12-31, not %', day
            using errcode = 'datetime_field_overflow', hint = 'Leave it out for today.';
    end if;
    return query
    with metered as (
        select m.metric, m.used, m.limit_value, m.measured_at
        from cs_health._metered(timezone(zone, (day - 90)::timestamp), timezone(zone, (day + 1)::timestamp), day,
            usage_forecast.tenant_id, usage_forecast.tenant_id) as m
    )
    select m.metric, m.used, m.limit_value, round(m.used / nullif(m.limit_value, 0), 4), m.measured_at,
        f.growth_per_day, day + f.days_to_limit, day + f.days_from, day + f.days_until, f.used_at_90, f.points
    from metered as m
    cross join lateral cs_health._usage_forecasts(
        array[usage_forecast.tenant_id], array[m.metric], array[m.limit_value], day) as f
    order by 4 desc nulls last, m.metric;
end
$$;
comment on function cs_health.usage_forecast(uuid, date) is
    'What a tenant used of each metric at last in the 13 weeks up to a day (null = today), its limit with add-ons '
    '(null = not limited), and when it will be reached: limit_forecast() of the last measurement of each of these '
    'weeks. Nearest to its limit first. Unknown tenants: 22023, days outside 2000-2999: 22008';
