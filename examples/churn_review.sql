-- Of those that left since the model could know: how many were flagged, how many days ahead, and who was missed?
with reviewed as (
    select r.*
    from cs_health.churn_model as m
    cross join lateral cs_health.churn_alert_review(
        (m.document #>> '{training,known_on}')::date + m.lead_days, version => m.version) as r
    where m.status = 'active'
)
select outcome, count(*) as left_tenants,
    percentile_cont(0.5) within group (order by days_ahead) as median_days_ahead,
    (array_agg(tenant_name || coalesce(': ' || reason, '') order by churned_on desc, tenant_name))[1] as for_example
from reviewed
group by outcome
order by outcome;
