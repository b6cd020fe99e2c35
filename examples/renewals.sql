-- Which renewals of the next 90 days are in danger?
select tenant_name as customer, contract_ends_on, days_to_renewal as days, arr::bigint, overall_score as score, category, trend,
    risk_level as risk, forecast, reason
from cs_health_v1.renewals
where days_to_renewal <= 90 and forecast <> 'commit'
order by arr desc nulls last, tenant_id
limit 8;
