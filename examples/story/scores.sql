-- How did the customer whose playbook was approved last come down, and how is it now? (every fourth day)
with chosen as (
    select e.tenant_id, e.tenant_name, e.triggered_as_of from cs_health_v1.playbook_executions as e
    where e.approved_at is not null
    order by e.approved_at desc, e.tenant_name limit 1
)
select c.tenant_name as customer, h.as_of, h.as_of - c.triggered_as_of as days, h.overall_score as score,
    h.engagement_score as engagement, h.adoption_score as adoption, h.satisfaction_score as satisfaction,
    h.support_score as support, h.category, h.trend,
    round(100 * h.churn_probability::numeric, 1) || ' %' as may_leave
from chosen as c
join cs_health.customer_health as h on h.tenant_id = c.tenant_id and not h.provisional
    and h.as_of >= c.triggered_as_of - 24 and (h.as_of - c.triggered_as_of) % 4 = 0
order by h.as_of;
