-- A team that saw it coming: presence per user and day is kept as events arrive, without repeats and in the order of
-- its key, so that the query needs neither distinct nor sort.
insert into bench.result (tenant_id, as_of, overall_score)
select o.tenant_id, current_date - 1, bench.overall(
    p.user_days, p.mau, p.mau_previous, f.features_used, o.features_available, o.open_tickets, o.nps)
from bench.other as o
join (
    select tenant_id, sum(days)::bigint as user_days, count(*) filter (where days > 0) as mau,
        count(*) filter (where earlier > 0) as mau_previous
    from (
        select tenant_id, user_id, count(*) filter (where day >= current_date - 30) as days,
            count(*) filter (where day < current_date - 30) as earlier
        from bench.presence where day >= current_date - 60 and day < current_date
        group by tenant_id, user_id
    ) as u
    group by tenant_id
) as p on p.tenant_id = o.tenant_id
join (
    select tenant_id, count(*) as features_used
    from (
        select tenant_id, feature from bench.feature_presence
        where day >= current_date - 30 and day < current_date group by tenant_id, feature
    ) as d
    group by tenant_id
) as f on f.tenant_id = o.tenant_id;
