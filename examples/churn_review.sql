-- Of those that left lately: how many were flagged, how many days ahead, and who was missed?
with reviewed as (
    select r.* from cs_health.churn_alert_review(current_date - 90, version => (
        select m.version from cs_health.churn_model as m where m.status = 'active')) as r
)
select outcome, count(*) as left_tenants,
    percentile_cont(0.5) within group (order by days_ahead) as median_days_ahead,
    (array_agg(tenant_name || coalesce(': ' || reason, '') order by churned_on desc, tenant_name))[1] as for_example
from reviewed
group by outcome
order by outcome;
