-- A careful single query: count(distinct) over the raw rows, which its index delivers in order.
insert into bench.result (tenant_id, as_of, overall_score)
select o.tenant_id, current_date - 1, bench.overall(
    p.user_days, p.mau, p.mau_previous, p.features_used, o.features_available, o.open_tickets, o.nps)
from bench.other as o
join (
    select tenant_id,
        count(distinct (user_id, day)) filter (where day >= current_date - 30) as user_days,
        count(distinct user_id) filter (where day >= current_date - 30) as mau,
        count(distinct user_id) filter (where day < current_date - 30) as mau_previous,
        count(distinct feature) filter (where day >= current_date - 30) as features_used
    from bench.raw where day >= current_date - 60 and day < current_date
    group by tenant_id
) as p on p.tenant_id = o.tenant_id;
