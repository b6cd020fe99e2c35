-- Who moved most in 30 days?
with span as (
    select max(as_of) as today from cs_health.run where finished_at is not null
)
select t.name as customer, b.overall_score as score_then, a.overall_score as score_now,
    a.overall_score - b.overall_score as change, a.category, a.trend, t.csm
from span as s
join cs_health.customer_health as a on a.as_of = s.today
join cs_health.customer_health as b on b.tenant_id = a.tenant_id and b.as_of = s.today - 30
join cs_health.tenant as t on t.id = a.tenant_id
where t.status = 'active'
order by abs(a.overall_score - b.overall_score) desc, t.name
limit 10;
