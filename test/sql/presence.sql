-- packs of activity, one observation at a time
\set SHOW_CONTEXT never
create temporary table pack as
select cs_health.presence_add(cs_health.presence_add(cs_health.presence_add(null,
    1, 10, '2026-03-01', 1, 12.34, 2), 2, null, '2026-03-31'), 1, 11, '2026-04-10', 0, 0.04, 0) as pack;
select (cs_health.presence_stats(pack, '2026-03-31')).* from pack;
select (cs_health.presence_stats(pack, '2026-04-10')).* from pack;
select octet_length(pack), cs_health.presence_size(pack), cs_health.presence_size(cs_health.presence_forget(pack, 1))
    from pack;
select (cs_health.presence_stats(pack, '2026-02-02')).mau from pack;
select (cs_health.presence_stats(pack, '2026-02-01')).mau from pack;
select s.segment, octet_length(s.segment_pack) from pack, cs_health.presence_segments(pack, 4) as s;
select cs_health.presence_segments(pack, 3) from pack;
select cs_health.presence_stats(substr(pack, 1, 20), '2026-04-10') from pack;
select cs_health.presence_stats(substr(pack, 1, 11), '2026-04-10') from pack;
select cs_health.presence_stats(set_byte(pack, 0, 9), '2026-04-10') from pack;
select cs_health.presence_stats(set_byte(pack, 1, 33), '2026-04-10') from pack;
select cs_health.presence_add(null, 1, 1, '1999-12-31');
select cs_health.presence_add(null, 1, 1, 'infinity');
select cs_health.presence_add(null, 1, 1, null);
select cs_health.presence_add(null, 1, 1, '2026-01-01', -1);
select cs_health.presence_add(null, 1, 1, '2026-01-01', 1, 'NaN');
select cs_health._presence_agg_step(null, 1, 1, '2026-01-01', 0, 0, 0);

-- the same pack in any order and any split
create temporary table seen as
select (i * 7919 % 41)::bigint * 3000000000 - 60000000000 as u, (i % 7)::bigint as f, date '2026-01-01' + (i * 31 %
    150) as d, i % 5 as n
from generate_series(1, 3000) as i;
select count(distinct p) as packs, max(cs_health.presence_size(p)) as users from (
    select cs_health.presence_agg(u, f, d, n, n / 2.0, 1) as p from seen
    union all select cs_health.presence_agg(u, f, d, n, n / 2.0, 1 order by d desc, u) from seen
    union all select cs_health.presence_merge(
        (select cs_health.presence_agg(u, f, d, n, n / 2.0, 1) from seen where d < '2026-03-01'),
        (select cs_health.presence_agg(u, f, d, n, n / 2.0, 1) from seen where d >= '2026-03-01'))
) as x;
select s.mau = count(distinct u) filter (where d > date '2026-05-01' - 30 and d <= '2026-05-01') as mau,
    s.user_days = count(distinct (u, d)) filter (where d > date '2026-05-01' - 30 and d <= '2026-05-01') as user_days,
    s.features_used = count(distinct f) filter (where d > date '2026-05-01' - 30 and d <= '2026-05-01') as features,
    s.events = count(*) filter (where d > date '2026-05-01' - 30 and d <= '2026-05-01') as events,
    s.events_previous = count(*) filter (where d > date '2026-05-01' - 60 and d <= date '2026-05-01' - 30) as previous,
    s.minutes = sum(n / 2.0) filter (where d > date '2026-05-01' - 30 and d <= '2026-05-01') as minutes
from seen, cs_health.presence_stats((select cs_health.presence_agg(u, f, d, n, n / 2.0, 1) from seen), '2026-05-01')
    as s
group by s.mau, s.user_days, s.features_used, s.events, s.events_previous, s.minutes;
select cs_health.nps(s) from unnest(array[10, 9, 8, 0, null]) as s;
select cs_health.nps(s) from unnest(array[]::integer[]) as s;
select cs_health.nps(11);
select cs_health.presence_agg(1, 1, d, 0, 0, 0) is null as nothing from seen where false;
