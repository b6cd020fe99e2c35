-- What has happened with the largest customer lately?
select j.at::date as day, j.kind, j.direction, j.channel, j.title
from (
    select t.id from cs_health.tenant as t where t.status = 'active' order by t.arr desc nulls last, t.id limit 1
) as t
cross join lateral cs_health_v1.journey(t.id, "limit" => 12) as j;
