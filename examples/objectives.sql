-- How many customers are above 70? (target of the specification: 80 %)
select count(*) filter (where overall_score > 70) as above_70, count(*) as customers,
    round(100.0 * count(*) filter (where overall_score > 70) / nullif(count(*), 0), 1) as percent, 80 as target
from cs_health_v1.health_scores
where tenant_status = 'active' and data_status = 'ok';
