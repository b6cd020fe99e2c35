-- The same ten customers computed by plain SQL from the raw events: equal?
-- (demo.event keeps a copy of what was loaded; the extension itself folds events away.)
with today as (
    select max(as_of) as day from cs_health.run where finished_at is not null
), chosen as (
    select h.*, d.day from cs_health_v1.health_scores as h cross join today as d
    where h.tenant_status = 'active' and h.data_status = 'ok' and h.arr is not null and not h.provisional
    order by round(h.arr * (100 - h.overall_score) / 100) desc, h.tenant_id
    limit 10
), presence as (
    select c.tenant_id, c.day,
        count(distinct (e.user_id, e.occurred_at::date)) filter (where e.occurred_at >= c.day - 29) as user_days,
        count(distinct e.user_id) filter (where e.occurred_at >= c.day - 29) as mau,
        count(distinct e.user_id) filter (where e.occurred_at < c.day - 29) as mau_previous,
        count(distinct e.feature) filter (where e.occurred_at >= c.day - 29
            and e.kind not in ('feature_request', 'feature_denied')) as features_used
    from chosen as c
    left join demo.event as e on e.tenant_id = c.tenant_id
        and e.occurred_at >= c.day - 59 and e.occurred_at < c.day + 1
    group by c.tenant_id, c.day
), latest_answer as (
    select distinct on (f.tenant_id, f.kind, coalesce(f.user_id, f.id::text)) f.tenant_id, f.kind, f.score
    from cs_health.feedback as f join chosen as c on c.tenant_id = f.tenant_id
    where f.answered_at < c.day + 1 and f.answered_at >= c.day - 179
    order by f.tenant_id, f.kind, coalesce(f.user_id, f.id::text), f.answered_at desc, f.id
), satisfaction as (
    select tenant_id,
        sum(weight * score) / sum(weight) as score
    from (
        select tenant_id, 50 as weight, (100.0 * (count(*) filter (where score >= 9)
            - count(*) filter (where score <= 6)) / count(*) + 100) / 2 as score
        from latest_answer where kind = 'nps' group by tenant_id
        union all
        select tenant_id, case kind when 'csat' then 30 else 20 end, (avg(score) - 1) / 4 * 100
        from latest_answer where kind <> 'nps' group by tenant_id, kind
    ) as parts
    group by tenant_id
), components as (
    select p.tenant_id,
        case when p.mau = 0 then 0 else least(100, 100.0 * p.user_days / (30 * p.mau)) end as engagement,
        least(100, 100.0 * p.features_used / nullif((
            select count(*) from cs_health.plan_feature as pf join cs_health.tenant as t on t.plan_code = pf.plan_code
            where t.id = p.tenant_id), 0)) as adoption,
        (select s.score from satisfaction as s where s.tenant_id = p.tenant_id) as satisfaction,
        greatest(0, 100 - 10 * (
            select count(*) from cs_health.ticket as k
            where k.tenant_id = p.tenant_id and k.opened_at < p.day + 1
                and (k.resolved_at is null or k.resolved_at >= p.day + 1))) as support,
        case when t.signed_up_at::date > p.day - 30 then null
            when p.mau = 0 then 0 when p.mau_previous = 0 then 100
            else greatest(0, least(100, 100.0 * (p.mau - p.mau_previous) / p.mau_previous)) end as growth
    from presence as p join cs_health.tenant as t on t.id = p.tenant_id
), rounded as (
    select tenant_id, round(engagement) as engagement, round(adoption) as adoption, round(satisfaction) as satisfaction,
        round(support) as support, round(growth) as growth
    from components
), scored as (
    select r.*, (
        select round(sum(w.weight * w.score) / sum(w.weight))
        from (values (30, engagement), (25, adoption), (20, satisfaction), (15, support), (10, growth)) as w(weight,
            score)
        where w.score is not null) as overall
    from rounded as r
)
select c.tenant_name as customer, c.overall_score as stored, s.overall as plain_sql,
    (c.overall_score, c.engagement_score, c.adoption_score, c.satisfaction_score, c.support_score, c.growth_score)
    = (s.overall, s.engagement, coalesce(s.adoption, 50), coalesce(s.satisfaction, 50), s.support, coalesce(s.growth,
        50))
    as equal
from chosen as c join scored as s on s.tenant_id = c.tenant_id
order by round(c.arr * (100 - c.overall_score) / 100) desc, c.tenant_id;
