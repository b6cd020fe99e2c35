-- Which contracts end in the next 60 days, and what is to be expected of each?
select tenant_name as customer, contract_ends_on, arr::bigint, forecast, reason, trend, csm
from cs_health_v1.renewals
where due_within <= 60
order by forecast = 'commit', forecast, arr desc nulls last, tenant_name
limit 10;
