-- Which contracts end in the next 60 days, and what is to be expected of each?
select tenant_name as customer, contract_ends_on, arr::bigint, forecast, reason, trend, csm
from cs_health_v1.renewals
where due_within <= 60
order by forecast = 'commit', forecast, arr desc nulls last, tenant_name
limit 10;
-- Which renewals of the next 90 days are in danger?
select tenant_name as customer, contract_ends_on, days_to_renewal as days, arr::bigint, overall_score as score, category, trend,
    risk_level as risk, forecast, reason
from cs_health_v1.renewals
where days_to_renewal <= 90 and forecast <> 'commit'
order by arr desc nulls last, tenant_id
limit 8;
