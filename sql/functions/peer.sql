-- Where a tenant stands among those like it.

create function cs_health._count_peers(day date) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- as in _score_batch()
set enable_sort = off -- nobody knows beforehand how few groups there are, and sorting a million rows takes longer
set jit = off
as $$
begin
    delete from cs_health.peer_group;
    insert into cs_health.peer_group (as_of, segment, plan_code, tenants, lower_than)
    with counted as (
        select t.segment, t.plan_code, h.overall_score as score, count(*)::integer as n
        from cs_health.customer_health as h
        join cs_health.tenant as t on t.id = h.tenant_id
        where h.as_of = day and not h.provisional and h.coverage >= 0.5 and t.status = 'active'
        group by t.segment, t.plan_code, h.overall_score
    ), summed as (
        select c.segment, c.plan_code, s.score,
            coalesce(sum(c.n) filter (where c.score < s.score), 0)::integer as below, sum(c.n)::integer as tenants
        from counted as c cross join generate_series(0, 101) as s(score)
        group by c.segment, c.plan_code, s.score
    )
    select day, s.segment, s.plan_code, min(s.tenants), array_agg(s.below order by s.score)
    from summed as s group by s.segment, s.plan_code
    having min(s.tenants) > 10; -- a smaller group would give its members' scores away
end
$$;
comment on function cs_health._count_peers(date) is
    'Counts the scores of a day by segment and plan with more than ten active tenants, in place of those counted '
    'before';

create function cs_health._peer_percentile(lower_than integer[], score integer) returns double precision
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case when lower_than[102] > 10 then 100 * (lower_than[score + 1]
        + greatest(lower_than[score + 2] - lower_than[score + 1] - 1, 0) / 2.0) / (lower_than[102] - 1) end
$$;
comment on function cs_health._peer_percentile(integer[], integer) is
    'The share of peers (0-100) that score lower, half of those that score the same, the tenant itself, which is among '
    'the counted, left out; null with fewer than 10 peers';
