-- How did one customer come to today's score? (here: the one with most money at risk)
with chosen as (
    select tenant_id from cs_health_v1.health_scores where tenant_status = 'active' and data_status = 'ok'
    order by arr * (100 - overall_score) desc nulls last, tenant_id limit 1
)
select h.as_of, h.overall_score as score, h.engagement_score as engagement, h.adoption_score as adoption,
    h.satisfaction_score as satisfaction, h.support_score as support, h.growth_score as growth, h.category, h.trend
from chosen as c
cross join lateral cs_health_v1.health_score_history(c.tenant_id) as h
where (h.as_of - (select max(as_of) from cs_health.run)) % 7 = 0
order by h.as_of desc
limit 8;
