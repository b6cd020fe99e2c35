-- :tenants customers with a movement in each of the last 24 closed months, in the order in which they came about
insert into cs_health.tenant (id, name, signed_up_at)
select md5('tenant ' || i)::uuid, 'Tenant ' || i, now() - interval '3 years' from generate_series(1, :tenants) as i
on conflict do nothing;
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change)
select md5('tenant ' || i)::uuid,
    (date_trunc('month', now()) - make_interval(months => 25 - m, days => -(i * 7 + m * 11) % 28))::date,
    case when m = 1 then 'new' when (i + m) % 3 = 0 then 'contraction' else 'expansion' end,
    case when m = 1 then 100 + i % 1000 + 0.5 when (i + m) % 3 = 0 then -(10 + (i % 9)) else 12.25 + i % 40 end
from generate_series(1, 24) as m, generate_series(1, :tenants) as i
order by m, hashint4(i);
