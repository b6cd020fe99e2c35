-- Why did the score of the customer who moved most in 30 days change? (the parts sum exactly to the change)
with span as (
    select max(as_of) as today from cs_health.run where finished_at is not null
), moved as (
    select a.tenant_id, t.name, b.as_of as "from", a.as_of as "to", b.overall_score as before, a.overall_score as after
    from span as s
    join cs_health.customer_health as a on a.as_of = s.today
    join cs_health.customer_health as b on b.tenant_id = a.tenant_id and b.as_of = s.today - 30
    join cs_health.tenant as t on t.id = a.tenant_id
    where t.status = 'active'
    order by abs(a.overall_score - b.overall_score) desc, t.name
    limit 1
), part as (
    select e.rank, e.cause, e.component, e.points, e.reason
    from moved as m cross join lateral cs_health.explain_change(m.tenant_id, m."from", m."to") as e
)
select p.rank as "#", p.cause, p.component, p.points, p.reason from part as p
union all
select null, 'sum', null, sum(p.points), (
    select format('%s: %s - %s = %s', m.name, m.after, m.before, m.after - m.before) from moved as m)
from part as p
order by 1 nulls last;
