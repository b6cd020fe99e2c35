-- Of whom do score, churn model and CSM say opposite things?
select tenant_name as customer, arr::bigint, csm, array_to_string(optimists, ', ') as "all is well",
    array_to_string(pessimists, ', ') as "it is not", overall_score as score, risk_level as risk, pulse, since, what_to_do
from cs_health_v1.disagreements
order by arr desc nulls last, tenant_id
limit 5;
