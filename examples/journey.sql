-- What has happened with a customer lately, from every source?
select t.name as customer, j.at::date as day, j.source, j.kind, j.channel, left(j.title, 70) as title
from (
    select t.id, t.name from cs_health.tenant as t
    where t.status = 'active'
    order by (select count(*) from cs_health.playbook_execution as e where e.tenant_id = t.id) desc, t.arr desc nulls last, t.id
    limit 1
) as t
cross join lateral cs_health_v1.journey(t.id, "limit" => 15) as j
order by j.at desc;
