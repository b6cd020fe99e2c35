-- What the peers share: raw rows of :tenants tenants, the components that do not come from activity, the formula, and
-- where results go. The result table is lighter than ours: no vector, no explanation, one index.
create table bench.raw as select * from bench.activity(1, :tenants, 60, 1);
create index on bench.raw (tenant_id, user_id, day, feature);
analyze bench.raw;

create view bench.other as
select t.id as tenant_id,
    (select count(*) from cs_health.plan_feature as p where p.plan_code = t.plan_code) as features_available,
    coalesce(k.open_tickets, 0) as open_tickets, n.nps
from cs_health.tenant as t
left join (
    select tenant_id, count(*) as open_tickets from cs_health.ticket
    where opened_at < current_date and (resolved_at is null or resolved_at >= current_date) group by tenant_id
) as k on k.tenant_id = t.id
left join (
    select tenant_id,
        100.0 * (count(*) filter (where score >= 9) - count(*) filter (where score <= 6)) / count(*) as nps
    from cs_health.feedback where kind = 'nps' and answered_at < current_date and answered_at >= current_date - 180
    group by tenant_id
) as n on n.tenant_id = t.id;

create function bench.overall(
    user_days bigint, mau bigint, mau_previous bigint, features_used bigint, features_available bigint,
    open_tickets bigint, nps numeric)
returns integer language sql immutable parallel safe as $$
    select round(sum(w.weight * w.score) / sum(w.weight))::integer
    from (values
        (30, case when mau = 0 then 0 else round(least(100, 100.0 * user_days / (30 * mau))) end),
        (25, round(least(100, 100.0 * features_used / features_available))),
        (20, round((nps + 100) / 2)),
        (15, greatest(0, 100 - 10 * open_tickets)),
        (10, case when mau = 0 then 0 when mau_previous = 0 then 100
            else round(greatest(0, least(100, 100.0 * (mau - mau_previous) / mau_previous))) end)
    ) as w(weight, score) where w.score is not null
$$;

create table bench.result (tenant_id uuid, as_of date, overall_score integer, primary key (tenant_id, as_of));
