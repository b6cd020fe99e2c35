-- :tenants customers with a movement in each of the last 24 closed months, in the order in which they come about
set session_replication_role = replica; -- without looking up each of the customers
insert into cs_health.tenant (id, name)
select md5('tenant ' || i)::uuid, 'Tenant ' || i from generate_series(1, :tenants) as i;
select format($$
    insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change)
    select md5('tenant ' || i)::uuid,
        (date_trunc('month', now()) - make_interval(months => %1$s, days => -(i * 7 + %2$s * 11) %% 28))::date,
        case when %2$s = 1 then 'new' when (i + %2$s) %% 3 = 0 then 'contraction' else 'expansion' end,
        case when %2$s = 1 then 100.5 + i %% 1000 when (i + %2$s) %% 3 = 0 then -10 - i %% 9 else 12.25 + i %% 40 end
    from generate_series(1, %3$s) as i$$, 25 - m, m, :tenants)
from generate_series(1, 24) as m \gexec
