-- The rows of bench.activity() of tenants :first to :last, from :oldest to :youngest days ago, as packs: what folding
-- them would have left. Each user's and feature's key is made once instead of for every row.
set client_min_messages = warning;
set work_mem = '256MB';
set jit = off;
insert into cs_health.activity (tenant_id, segment, segments, pack)
select p.tenant_id, 0, 1, p.pack
from (
    select t.id as tenant_id, (
        select cs_health.presence_agg(
            t.users[u], f.keys[1 + (i + u + d) % 12], current_date - d, 0, 0, 1)
        from generate_series(:youngest, :oldest) as d cross join generate_series(1, 20) as u
        where (hashint8(i::bigint * 7919 + u * 104729 + d * 1299709) & 2147483647) % 5 < 2) as pack
    from generate_series(:first, :last) as i
    cross join cs_health.hash_secret as s
    cross join lateral (
        select array_agg(cs_health.feature_key(s.secret, 'f' || n) order by n) as keys
        from generate_series(0, 11) as n) as f
    cross join lateral (select md5('tenant ' || i)::uuid as id) as m
    cross join lateral (
        select m.id, array_agg(cs_health.user_key(s.secret, m.id, 'user ' || n) order by n) as users
        from generate_series(1, 20) as n) as t
    offset 0
) as p
where p.pack is not null
order by p.tenant_id;
