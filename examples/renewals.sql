-- Which contracts end in the next 60 days, the weakest first?
select tenant_name as customer, contract_ends_on, overall_score as score, category, trend, arr::bigint, csm,
    recommended_action
from cs_health_v1.health_scores
where contract_ends_on between as_of and as_of + 60 and tenant_status = 'active'
order by overall_score, arr desc, tenant_name
limit 10;
