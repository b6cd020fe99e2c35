-- The one definition of every measure; the nightly run, live scores and tenant_measures() all read it.

create function cs_health._newest_event() returns date
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select max(f.day) from cs_health.feed_day as f where f.feed = 'event'
$$;

create function cs_health._in_reach(day date) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select day >= '2000-01-01' and day >= coalesce(cs_health._newest_event() - 60, day)
$$;
comment on function cs_health._in_reach(date) is
    'Whether the windows of activity of a day, but for those of a quarter, are still whole';

create function cs_health._require_reach(day date) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    if day < '2000-01-01' then
        raise exception 'day % is before the year 2000', day
            using errcode = 'invalid_parameter_value', hint = 'Activity is kept from 2000-01-01 on.';
    end if;
    if not cs_health._in_reach(day) then
        raise exception 'day % is out of reach', day
            using errcode = 'invalid_parameter_value',
                detail = format('Activity is kept whole for the 60 days before the newest event, which is of %s.',
                    cs_health._newest_event()),
                hint = 'Vectors of days that were scored stand in customer_health. To score history, load its events '
                    'and call replay() before anything else folds them.';
    end if;
end
$$;
comment on function cs_health._require_reach(date) is 'Refuses days whose windows of activity are no longer whole';

create function cs_health._measures(as_of date, low uuid, high uuid)
returns table (tenant_id uuid, segment text, plan_code text, measures double precision[])
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
-- Tenants with low <= id < high, or the one tenant when both are the same.
#variable_conflict use_column
declare
    w record;
begin
    -- All that is the same for every tenant, asked for at once: a live score shall not wait for a dozen questions.
    select g.time_zone as zone, timezone(g.time_zone, cs_health._now())::date - 1 as yesterday,
        timezone(g.time_zone, (as_of + 1)::timestamp) as day_end,
        timezone(g.time_zone, (as_of - 29)::timestamp) as end_30,
        timezone(g.time_zone, (as_of - 89)::timestamp) as end_90,
        timezone(g.time_zone, (as_of + 1 - u.window_days)::timestamp) as usage_from,
        timezone(g.time_zone, (as_of - 29 - u.window_days)::timestamp) as usage_before_from,
        timezone(g.time_zone, (as_of + 1 - f.window_days)::timestamp) as answers_from,
        (date_trunc('month', (as_of + 1)::timestamp) - interval '1 day')::date as month_end,
        (select max(d.day) from cs_health.feed_day as d where d.feed = 'event') as newest_event,
        (select min(d.day) from cs_health.feed_day as d where d.feed = 'event') as oldest_event,
        coalesce((select max(d.day) from cs_health.feed_day as d where d.feed = 'event' and d.day <= as_of)
            > as_of - e.window_days, false) as events_live,
        exists (select from cs_health.ticket as k
            where k.opened_at < timezone(g.time_zone, (as_of + 1)::timestamp)) as tickets_live,
        exists (select from cs_health.revenue_event) as has_revenue,
        exists (select from cs_health.measure as m where not m.builtin) as has_own,
        exists (select from cs_health.tenant_add_on) as has_add_ons
    into w
    from cs_health.settings as g, cs_health.feed as e, cs_health.feed as u, cs_health.feed as f
    where e.code = 'event' and u.code = 'usage' and f.code = 'feedback';
    if as_of < '2000-01-01' or as_of < w.newest_event - 60 then -- as _in_reach() has it
        perform cs_health._require_reach(as_of); -- says why
    end if;
    return query
    with plans as (
        select p.plan_code, count(*)::integer as features from cs_health.plan_feature as p group by p.plan_code
    ), add_ons as (
        select a.tenant_id, a.plan_code from cs_health._add_ons(_measures.as_of) as a
        where w.has_add_ons and a.tenant_id >= low and a.tenant_id <= high
    ), added_features as ( -- beyond the plan's own
        select a.tenant_id, count(distinct f.feature)::integer as features
        from add_ons as a
        join cs_health.tenant as t on t.id = a.tenant_id
        join cs_health.plan_feature as f on f.plan_code = a.plan_code
        where not exists (
            select from cs_health.plan_feature as o where o.plan_code = t.plan_code and o.feature = f.feature)
        group by a.tenant_id
    ), answers as (
        select distinct on (f.tenant_id, f.kind, coalesce(f.user_id, f.id::text) collate "C")
            f.tenant_id, f.kind, f.score
        from cs_health.feedback as f
        where f.tenant_id >= low and f.tenant_id <= high
            and f.answered_at < w.day_end and f.answered_at >= w.answers_from
        order by f.tenant_id, f.kind, coalesce(f.user_id, f.id::text) collate "C", f.answered_at desc, f.id
    ), satisfaction as (
        -- counted by hand: averages and nps() keep an array per tenant, which takes longer than all the rest here
        select c.tenant_id, 100 * (c.promoters - c.detractors) / nullif(c.nps_answers, 0)::double precision as nps,
            c.csat_sum / nullif(c.csat_answers, 0)::double precision as csat,
            c.review_sum / nullif(c.answers - c.nps_answers - c.csat_answers, 0)::double precision as review
        from (
            select a.tenant_id, count(*) as answers,
                count(*) filter (where a.kind = 'nps') as nps_answers,
                count(*) filter (where a.kind = 'nps' and a.score >= 9) as promoters,
                count(*) filter (where a.kind = 'nps' and a.score <= 6) as detractors,
                count(*) filter (where a.kind = 'csat') as csat_answers,
                sum(a.score) filter (where a.kind = 'csat') as csat_sum,
                sum(a.score) filter (where a.kind = 'review') as review_sum
            from answers as a group by a.tenant_id
        ) as c
    ), support as (
        select k.tenant_id,
            count(*) filter (where k.resolved_at is null or k.resolved_at >= w.day_end) as open_tickets,
            count(*) filter (where k.opened_at >= w.end_30) as opened,
            sum(extract(epoch from k.resolved_at - k.opened_at)::double precision / 3600)
                filter (where k.resolved_at < w.day_end)
                / nullif(count(*) filter (where k.resolved_at < w.day_end), 0) as mean_resolution_hours
        from cs_health.ticket as k
        where k.tenant_id >= low and k.tenant_id <= high and k.opened_at < w.day_end
            and (k.resolved_at is null or k.resolved_at >= w.end_90)
        group by k.tenant_id
    ), metered as (
        select m.tenant_id, m.metric, m.used, m.used / nullif(m.limit_value, 0) as ratio
        from cs_health._metered(w.usage_from, w.day_end, _measures.as_of, low, high) as m
    ), metered_before as (
        select distinct on (u.tenant_id, u.metric) u.tenant_id, u.metric, u.used
        from cs_health.usage as u
        where u.tenant_id >= low and u.tenant_id <= high
            and u.measured_at < w.end_30 and u.measured_at >= w.usage_before_from
        order by u.tenant_id, u.metric, u.measured_at desc
    ), nearest as (
        select distinct on (m.tenant_id) m.tenant_id, m.ratio, (m.used - b.used) / nullif(b.used, 0) as growth
        from metered as m
        left join metered_before as b on b.tenant_id = m.tenant_id and b.metric = m.metric
        order by m.tenant_id, m.ratio desc nulls last, m.metric
    ), revenue as (
        select r.tenant_id, greatest(sum(r.mrr_change), 0) * 12 as arr
        from cs_health.revenue_event as r
        where w.has_revenue and r.tenant_id >= low and r.tenant_id <= high and r.occurred_on <= w.month_end
        group by r.tenant_id
    ), own as (
        select v.tenant_id, array_agg(v.position) as positions, array_agg(v.value) as values
        from (
            select distinct on (v.tenant_id, m.position) v.tenant_id, m.position, v.value
            from cs_health.measure as m
            cross join lateral (
                -- a query says every day anew what there is; today it has not been asked yet
                select v.tenant_id, v.value, v.as_of from cs_health.measure_value as v
                where m.query is not null and v.measure = m.code and v.tenant_id >= low and v.tenant_id <= high
                    and v.as_of = least(_measures.as_of, w.yesterday)
                union all
                select v.tenant_id, v.value, v.as_of from cs_health.measure_value as v
                where m.query is null and v.measure = m.code and v.tenant_id >= low and v.tenant_id <= high
                    and v.as_of <= _measures.as_of
                    and v.as_of > _measures.as_of - case m.window_days when 0 then 31 else m.window_days end
            ) as v
            where w.has_own and not m.builtin
            order by v.tenant_id, m.position, v.as_of desc
        ) as v
        group by v.tenant_id
    )
    select t.id, t.segment, t.plan_code, cs_health._join_measures(
        case
            when not w.events_live then null
            when a.segments > 1 then (
                select cs_health._presence_measures_agg(s.pack, _measures.as_of, e.features)
                from cs_health.activity as s where s.tenant_id = t.id)
            else cs_health._presence_measures(a.pack, _measures.as_of, e.features)
        end,
        f.nps, f.csat, f.review,
        case when w.tickets_live then coalesce(k.open_tickets, 0) end, k.mean_resolution_hours,
        case when w.tickets_live then coalesce(k.opened, 0) end,
        case when n.ratio > 1e9 then 1e9 else n.ratio end::double precision,
        case when n.growth > 1e9 then 1e9 else n.growth end::double precision,
        _measures.as_of - timezone(w.zone, t.signed_up_at)::date, t.contract_ends_on - _measures.as_of,
        (coalesce(r.arr, t.arr) * 100)::bigint / 100::double precision, -- to a double, numerics go by way of text
        o.positions, o.values,
        -- where packs no longer have the quarter of every tenant, it is nobody's
        case when _measures.as_of >= w.newest_event - 37 then _measures.as_of - w.oldest_event + 1 end)
    from cs_health.tenant as t
    left join plans as p on p.plan_code = t.plan_code
    left join added_features as x on x.tenant_id = t.id
    cross join lateral (
        select case when x.features is null then p.features else coalesce(p.features, 0) + x.features end as features
    ) as e
    left join cs_health.activity as a
        on a.tenant_id = t.id and a.segment = 0 and a.tenant_id >= low and a.tenant_id <= high
    left join satisfaction as f on f.tenant_id = t.id
    left join support as k on k.tenant_id = t.id
    left join nearest as n on n.tenant_id = t.id
    left join revenue as r on r.tenant_id = t.id
    left join own as o on o.tenant_id = t.id
    where t.id >= low and t.id <= high and (t.id < high or low = high)
        and (t.signed_up_at is null or t.signed_up_at < w.day_end)
        and (t.churned_on is null or t.churned_on >= _measures.as_of);
end
$$;
comment on function cs_health._measures(date, uuid, uuid) is
    'Measures by position of the tenants of a range that were customers on a day: signed up by then, not churned '
    'before; beside them what decides on the scorecard. With the event feed live, silence is 0 users, not missing '
    'data; before any ticket of any tenant, tickets are not observed';

-- Without a search_path of its own, so that it becomes part of the statement that calls it and its rows are not kept in
-- between; hence the operators by their full names. Each OFFSET 0 keeps score() from running once for every field.
create function cs_health._scored(
    day date, low uuid, high uuid, rules jsonb, hidden integer[], previous_day date, model integer,
    prediction jsonb)
returns setof cs_health.health_row
language sql stable as $$
    select x.tenant_id, day, (x.health).overall_score, (x.health).engagement_score, (x.health).adoption_score,
        (x.health).satisfaction_score, (x.health).support_score, (x.health).growth_score, (x.health).category,
        cs_health._history_trend(x.history), (x.health).coverage, x.card,
        cs_health._churn_probability(x.measures, prediction), case when prediction is not null then model end,
        x.measures, x.history,
        null::pg_catalog.timestamptz
    from (
        select w.tenant_id, w.card, w.measures, w.health,
            cs_health._history_push(w.past, coalesce(
                day operator(pg_catalog.-) previous_day operator(pg_catalog.-) 1, 0), case
                when (w.health).coverage operator(pg_catalog.>=) 0.5::pg_catalog.float4
                    then (w.health).overall_score end) as history
        from (
            select v.tenant_id, c.id as card, v.measures, cs_health.score(v.measures, c.document) as health,
                case when p.scorecard_id operator(pg_catalog.=) c.id then p.history
                    when p.tenant_id is not null
                        then cs_health._rescored_history(v.tenant_id, previous_day, c.document)
                end as past
            from (
                select m.tenant_id, coalesce(b.id, p.id, s.id, e.id) as card, case
                    when hidden is null then cs_health.to_vector(m.measures)
                    else cs_health._hide_measures(cs_health.to_vector(m.measures), hidden) end as measures
                from cs_health._measures(day, low, high) as m
                left join pg_catalog.jsonb_to_recordset(rules) as b(segment text, plan_code text, id integer)
                    on b.segment operator(pg_catalog.=) m.segment and b.plan_code operator(pg_catalog.=) m.plan_code
                left join pg_catalog.jsonb_to_recordset(rules) as p(segment text, plan_code text, id integer)
                    on p.plan_code operator(pg_catalog.=) m.plan_code and p.segment is null
                left join pg_catalog.jsonb_to_recordset(rules) as s(segment text, plan_code text, id integer)
                    on s.segment operator(pg_catalog.=) m.segment and s.plan_code is null
                join pg_catalog.jsonb_to_recordset(rules) as e(segment text, plan_code text, id integer)
                    on e.segment is null and e.plan_code is null
                offset 0
            ) as v
            join cs_health.scorecard as c on c.id operator(pg_catalog.=) v.card
            left join cs_health.customer_health as p
                on p.tenant_id operator(pg_catalog.=) v.tenant_id and p.as_of operator(pg_catalog.=) previous_day
                and p.tenant_id operator(pg_catalog.>=) low and p.tenant_id operator(pg_catalog.<=) high
            offset 0
        ) as w
        offset 0
    ) as x
$$;
comment on function cs_health._scored(date, uuid, uuid, jsonb, integer[], date, integer, jsonb) is
    'The scores of the tenants of a range on a day, as stored and as shown live: low <= id < high, or one tenant when '
    'both are the same; with the scorecards that the rules give them, without the measures that are hidden. The ring '
    'of past scores is that of the previous scored day and goes on. `prediction` is what of the churn model `model` '
    'predicts, null = no predictions';

create function cs_health._rescored_history(tenant uuid, until date, document jsonb) returns bytea
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- called for every tenant of the first run with another scorecard
as $$
declare
    stored record;
    history bytea;
    before date;
begin
    for stored in
        select s.as_of, case when (s.health).coverage >= 0.5 then (s.health).overall_score end as score
        from (
            select h.as_of, cs_health.score(h.measures, document) as health
            from cs_health.customer_health as h
            where h.tenant_id = tenant and h.as_of <= until and h.as_of > until - 29
            offset 0
        ) as s
        order by s.as_of
    loop
        history := cs_health._history_push(history, coalesce(stored.as_of - before - 1, 0), stored.score);
        before := stored.as_of;
    end loop;
    return history;
end
$$;
comment on function cs_health._rescored_history(uuid, date, jsonb) is
    'The last scores of a tenant under another scorecard, so that a change of scorecard is no trend';

create function cs_health.tenant_measures(tenant_id uuid, as_of date)
returns table (measure text, value double precision)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    if tenant_id is null or as_of is null then
        raise exception 'tenant_id and as_of must not be null'
            using errcode = 'null_value_not_allowed', hint = 'Name a tenant and a day.';
    end if;
    perform cs_health._require_tenant(tenant_measures.tenant_id);
    return query
    select m.code, t.measures[m.position]
    from cs_health._measures(tenant_measures.as_of, tenant_measures.tenant_id, tenant_measures.tenant_id) as t
    cross join cs_health.measure as m
    order by m.position;
end
$$;
comment on function cs_health.tenant_measures(uuid, date) is
    'Every measure of a tenant on a day, computed from the sources in double precision; null = not observed, no row '
    'when it was no customer that day. Units and windows are in cs_health.measure. Days more than 60 before the '
    'newest event are out of reach (22023); on those more than 37 before it windows of 90 days may be cut off and are '
    'then not observed';

create function cs_health.feature_usage(tenant_id uuid, as_of date)
returns table (feature text, users bigint, events bigint, last_used_on date)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    perform cs_health._require_tenant(feature_usage.tenant_id);
    if not (select g.feature_users from cs_health.settings as g) then
        raise exception 'users per feature are not kept'
            using errcode = 'object_not_in_prerequisite_state',
                hint = 'UPDATE cs_health.settings SET feature_users = true; events folded from then on will count.';
    end if;
    return query
    select f.feature, (s.stats).mau::bigint, (s.stats).events::bigint, (s.stats).last_active_on
    from cs_health.feature_activity as f
    cross join lateral (select cs_health.presence_stats(f.pack, feature_usage.as_of) as stats offset 0) as s
    where f.tenant_id = feature_usage.tenant_id and (s.stats).events + (s.stats).mau > 0
    order by (s.stats).mau desc, f.feature;
end
$$;
comment on function cs_health.feature_usage(uuid, date) is
    'Which features a tenant used in the last 30 days: users, events, and the last day with a user. Kept while '
    'settings.feature_users is on, otherwise an error (55000)';

create function cs_health._require_tenant(tenant uuid) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from cs_health.tenant as t where t.id = tenant) then
        raise exception 'tenant % does not exist', tenant
            using errcode = 'invalid_parameter_value', hint = 'Tenants are listed in cs_health.tenant.';
    end if;
end
$$;
comment on function cs_health._require_tenant(uuid) is 'Refuses ids that no tenant has';
