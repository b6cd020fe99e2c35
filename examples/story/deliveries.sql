-- Was everything that was committed received, and anything else? (demo.received: the keys in the receivers' own ledgers)
with received as (
    select r.id, count(*) as times from demo.received as r group by r.id
)
select coalesce(o.channel, 'nobody knows') as channel, count(o.id) as committed,
    count(*) filter (where o.state = 'sent') as sent, count(r.id) as received,
    count(*) filter (where o.id is not null and r.id is null) as lost,
    count(*) filter (where o.id is null) as never_committed, count(*) filter (where r.times > 1) as received_twice
from cs_health.outbox as o
full join received as r on r.id = o.id
group by o.channel
order by o.channel;
