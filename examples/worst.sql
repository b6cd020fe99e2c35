-- Which customers put the most money at risk, and why? (ARR x points below 100)
with worst as (
    select tenant_name, overall_score, category, trend, arr, csm, score_breakdown,
        round(arr * (100 - overall_score) / 100) as value_at_risk
    from cs_health_v1.health_scores
    where tenant_status = 'active' and data_status = 'ok' and arr is not null
    order by value_at_risk desc, tenant_id
    limit 10
)
select row_number() over (order by w.value_at_risk desc, w.tenant_name) as "#", w.tenant_name as customer,
    w.overall_score as score, w.category, w.trend, w.arr::bigint, w.value_at_risk::bigint as at_risk,
    (select string_agg(format('%s. %s %s (-%s): %s', r.rank, r.component, r.score, r.points_lost, r.reason), E'\n'
        order by r.rank) from cs_health.score_reasons(w.score_breakdown) as r where r.rank <= 3) as reasons
from worst as w
order by 1;
