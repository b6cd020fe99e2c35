-- Scores on trial: what another scorecard would have said, and how well scores told who would leave.

create function cs_health._ranking_quality(scores integer[], leaving bigint[], staying bigint[])
returns table (auc double precision, bottom_decile_lift double precision)
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    with counted as (
        select u.score, u.p, u.q, u.p + u.q as n, sum(u.p) over () as all_p, sum(u.q) over () as all_q,
            sum(u.p + u.q) over () / 10 as decile,
            coalesce(sum(u.q) over (order by u.score desc rows between unbounded preceding and 1 preceding), 0)
                as above,
            sum(u.p + u.q) over (order by u.score) - u.p - u.q as below
        from unnest(scores, leaving, staying) as u(score, p, q)
        where u.score is not null and u.p + u.q > 0
    )
    select (sum(c.p * (c.above + c.q / 2.0)) / nullif(min(c.all_p) * min(c.all_q), 0))::double precision,
        (sum(c.p * least(c.n, greatest(0, c.decile - c.below)) / c.n)
            / nullif(min(c.decile) * min(c.all_p) / (min(c.all_p) + min(c.all_q)), 0))::double precision
    from counted as c
$$;
comment on function cs_health._ranking_quality(integer[], bigint[], bigint[]) is
    'How well low scores tell who leaves, from the number of leaving and staying cases of each score. AUC: the share '
    'of pairs of one that left and one that stayed in which the first had the lower score, ties count half (Mann and '
    'Whitney, 1947). Lift: how many times as many of the lowest tenth leave as of all, the score on the border of the '
    'tenth in proportion. Null when nobody left or nobody stayed';

create function cs_health._trial_days("from" date, "to" date, document jsonb, horizon_days integer)
returns table (scorecard_id integer, before integer, after integer, leaves boolean, days bigint)
language sql stable
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- a misjudged one over a million tenant-days takes longer than all the rest
set jit = off
as $$
    select d.scorecard_id, d.before, d.after, d.leaves, count(*)
    from (
        select h.scorecard_id, case when h.coverage >= 0.5 then h.overall_score::integer end as before,
            cs_health._overall(h.measures, document) as after,
            case when h.as_of + horizon_days >= (select cs_health._today()) or t.id is null or t.status = 'internal'
                    or t.churn_notice_on <= h.as_of or t.churned_on <= h.as_of then null
                else coalesce(t.churned_on <= h.as_of + horizon_days, false) end as leaves
        from cs_health.customer_health as h
        left join cs_health.tenant as t on t.id = h.tenant_id
        where h.as_of >= "from" and h.as_of <= "to" and not h.provisional
    ) as d
    group by d.scorecard_id, d.before, d.after, d.leaves
$$;
comment on function cs_health._trial_days(date, date, jsonb, integer) is
    'Stored tenant-days by their score before and after, null where there is no data, and by whether the tenant left '
    'within the horizon; null where that is not known yet, where notice had been given, and for internal tenants';

create function cs_health._trial_leavers("from" date, "to" date, document jsonb)
returns table (tenant_id uuid, scorecard_id integer, last_score integer, lead_days integer)
language sql stable
set search_path = pg_catalog, pg_temp
set jit = off as $$
    select d.tenant_id, (array_agg(d.scorecard_id order by d.as_of desc))[1],
        (array_agg(d.score order by d.as_of desc))[1],
        case when (array_agg(d.score order by d.as_of desc))[1] < 60 then min(d.churned_on)
            - coalesce(max(d.as_of) filter (where d.score >= 60), min(d.as_of) - 1) - 1 end
    from (
        select h.tenant_id, h.as_of, h.scorecard_id, t.churned_on,
            case when document is not null then cs_health._overall(h.measures, document)
                when h.coverage >= 0.5 then h.overall_score::integer end as score
        from cs_health.tenant as t
        join cs_health.customer_health as h on h.tenant_id = t.id
        where t.churned_on >= "from" and t.churned_on <= "to" and t.status <> 'internal'
            and h.as_of >= "from" and h.as_of <= "to" and h.as_of <= t.churned_on and not h.provisional
    ) as d
    where d.score is not null
    group by d.tenant_id
$$;
comment on function cs_health._trial_leavers(date, date, jsonb) is
    'Tenants that left: their last score, and for how many days it had been below 60 without a break when they left; '
    'null when it was not';

create function cs_health._require_period("from" date, "to" date, horizon_days integer) returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp as $$
begin
    if not isfinite("from") or not isfinite("to") or "from" > "to" then
        raise exception 'no period from % to %', "from", "to"
            using errcode = 'invalid_parameter_value', hint = 'Give a first day that is not after the last.';
    end if;
    if horizon_days is null or horizon_days not between 1 and 730 then
        raise exception 'horizon_days must be from 1 to 730, not %', coalesce(horizon_days::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'Leave it out for 90 days.';
    end if;
end
$$;

create function cs_health.score_trial(
    "from" date default null, "to" date default null, horizon_days integer default 90)
returns table (
    scorecard text, version integer, tenant_days bigint, judged_days bigint, leaving_days bigint,
    auc double precision, bottom_decile_lift double precision, left_tenants bigint, left_while_healthy bigint,
    median_lead_days double precision)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    last_day date := coalesce(score_trial."to",
        (select max(r.as_of) from cs_health.run as r where r.finished_at is not null), cs_health._today() - 1);
    first_day date := coalesce(score_trial."from", least(last_day, last_day - 365));
begin
    perform cs_health._require_period(first_day, last_day, score_trial.horizon_days);
    return query
    with scored as (
        select d.scorecard_id, d.before as score, sum(d.days)::bigint as days,
            coalesce(sum(d.days) filter (where d.leaves), 0)::bigint as p,
            coalesce(sum(d.days) filter (where not d.leaves), 0)::bigint as q
        from cs_health._trial_days(first_day, last_day, null, score_trial.horizon_days) as d
        where d.before is not null
        group by d.scorecard_id, d.before
    ), ranked as (
        select s.scorecard_id, sum(s.days)::bigint as days, sum(s.p + s.q)::bigint as judged, sum(s.p)::bigint as p,
            array_agg(s.score) as scores, array_agg(s.p) as leaving, array_agg(s.q) as staying
        from scored as s group by s.scorecard_id
    ), leavers as (
        select l.scorecard_id, count(*) as n, count(*) filter (where l.last_score >= 80) as healthy,
            percentile_cont(0.5) within group (order by l.lead_days) as lead_days
        from cs_health._trial_leavers(first_day, last_day, null) as l group by l.scorecard_id
    )
    select c.code, c.version, r.days, r.judged, r.p, k.auc, k.bottom_decile_lift, coalesce(l.n, 0),
        coalesce(l.healthy, 0), l.lead_days
    from ranked as r
    join cs_health.scorecard as c on c.id = r.scorecard_id
    cross join lateral cs_health._ranking_quality(r.scores, r.leaving, r.staying) as k
    left join leavers as l on l.scorecard_id = r.scorecard_id
    order by c.code, c.version;
end
$$;
comment on function cs_health.score_trial(date, date, integer) is
    'How well stored scores told who would leave, by scorecard, over a period (default: the year up to the latest '
    'scored day). tenant_days: scores with data; judged_days: those whose horizon (default 90 days) has passed, of '
    'tenants that had not given notice; leaving_days: those whose tenant left within it. auc: the share of pairs of'
    ' a leaving and a staying day in which the first has the lower score, 0.5 = no skill. bottom_decile_lift: how '
    'many times as many of the lowest tenth leave as of all. left_tenants, left_while_healthy: who left in the '
    'period, and whose last score was 80 or more. median_lead_days: how long the score of those whose last one was '
    'below 60 had been there. Null where nobody left';

create function cs_health.scorecard_preview(
    document jsonb, "from" date default null, "to" date default null, horizon_days integer default 90)
returns table (section text, item text, before numeric, after numeric)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    compiled jsonb := cs_health.compile_scorecard(document);
    last_day date := coalesce("to",
        (select max(r.as_of) from cs_health.run as r where r.finished_at is not null), cs_health._today() - 1);
    first_day date := coalesce("from", last_day);
begin
    perform cs_health._require_period(first_day, last_day, horizon_days);
    return query
    with days as materialized (
        select d.before, d.after, d.leaves, d.days,
            coalesce(cs_health.health_category(d.before), 'no data') as category_before,
            coalesce(cs_health.health_category(d.after), 'no data') as category_after
        from cs_health._trial_days(first_day, last_day, compiled, horizon_days) as d
    ), kinds as (
        select k.category, k.place
        from unnest(array['healthy', 'neutral', 'at_risk', 'critical', 'no data']) with ordinality as k(category, place)
    ), sides as (
        select s.side, s.score, sum(d.days)::bigint as days,
            coalesce(sum(d.days) filter (where d.leaves), 0)::bigint as p,
            coalesce(sum(d.days) filter (where not d.leaves), 0)::bigint as q
        from days as d cross join lateral (values ('before', d.before), ('after', d.after)) as s(side, score)
        where s.score is not null
        group by s.side, s.score
    ), summed as (
        select s.side, sum(s.days * s.score) / sum(s.days) as mean, sum(s.p) as p, sum(s.q) as q,
            array_agg(s.score) as scores, array_agg(s.p) as leaving, array_agg(s.q) as staying
        from sides as s group by s.side
    ), medians as (
        select distinct on (m.side) m.side, m.score
        from (
            select s.side, s.score, sum(s.days) over (partition by s.side order by s.score) as up_to,
                sum(s.days) over (partition by s.side) as days
            from sides as s
        ) as m
        where m.up_to * 2 >= m.days order by m.side, m.score
    ), leavers as (
        select w.side, count(*) as n, count(*) filter (where w.last_score >= 80) as healthy,
            percentile_cont(0.5) within group (order by w.lead_days) as lead_days
        from (
            select 'before' as side, l.last_score, l.lead_days
            from cs_health._trial_leavers(first_day, last_day, null) as l
            union all
            select 'after', l.last_score, l.lead_days
            from cs_health._trial_leavers(first_day, last_day, compiled) as l
        ) as w group by w.side
    ), figures as (
        select f.place, f.item, s.side, f.value
        from summed as s
        left join medians as m on m.side = s.side
        left join leavers as l on l.side = s.side
        cross join lateral cs_health._ranking_quality(s.scores, s.leaving, s.staying) as k
        cross join lateral (values
            (31, 'mean', round(s.mean, 1)), (32, 'median', m.score::numeric), (41, 'auc', round(k.auc::numeric, 3)),
            (42, 'bottom_decile_lift', round(k.bottom_decile_lift::numeric, 2)),
            (43, 'leaving_days', s.p), (44, 'staying_days', s.q), (45, 'left_tenants', coalesce(l.n, 0)),
            (46, 'left_while_healthy', coalesce(l.healthy, 0)),
            (47, 'median_lead_days', l.lead_days::numeric)) as f(place, item, value)
    )
    select w.section, w.item, w.before, w.after
    from (
        select k.place, 'category' as section, k.category as item,
            coalesce((select sum(d.days) from days as d where d.category_before = k.category), 0) as before,
            coalesce((select sum(d.days) from days as d where d.category_after = k.category), 0) as after
        from kinds as k
        union all
        select 10 * a.place + b.place, 'migration', format('%s to %s', a.category, b.category),
            null, coalesce(sum(d.days), 0)
        from kinds as a
        cross join kinds as b
        join days as d on d.category_before = a.category and d.category_after = b.category
        where a.place <> b.place
        group by a.place, b.place, a.category, b.category
        union all
        select 100 * f.place, case when f.place < 40 then 'score' else 'churn' end, f.item,
            min(f.value) filter (where f.side = 'before'), min(f.value) filter (where f.side = 'after')
        from figures as f group by f.place, f.item
    ) as w
    order by w.place;
end
$$;
comment on function cs_health.scorecard_preview(jsonb, date, date, integer) is
    'What a scorecard, saved or not, would have made of stored days (default: the latest): `before` is as stored, '
    '`after` under the document. Sections: category, tenant-days in each; migration, tenant-days that change category, '
    'in `after`; score, mean and median; churn, how well each tells who leaves within the horizon, as in '
    'score_trial(). Nothing is stored. Faults of the document: 22023 with their path';
