-- Packs of activity against plain SQL over the same rows: whichever way a pack is made, every statistic of every day is
-- what count(distinct ...) says.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
begin;
set local client_min_messages = warning;

-- Not temporary, since workers of a parallel plan cannot read temporary tables
create table public.seen (
    tenant integer, user_key bigint, feature_key bigint, day date, logins integer, minutes double precision,
    events integer, bucket integer);
create table public.as_of (day date);
insert into public.as_of (day) select '2024-06-30'::date - d from generate_series(-45, 60) as d;

-- Tenants 1 to 12: random rows, some months older than what a bitmap reaches, some without user or feature. The more
-- users the sparser; tenants from 9 on have gone silent.
do 'begin perform setseed(0.5); end';
insert into public.seen
select t,
    case when random() < 0.95 then hashtextextended((random() * t * t)::integer::text, t) end,
    case when random() < 0.5 then hashtextextended((random() * 10)::integer::text, 0) end,
    '2024-06-30'::date - case when t > 8 then 20 * (t - 7) else 0 end - (random() * random() * 60 * t)::integer,
    (random() * 2)::integer, (random() * 500)::integer / 10.0, (random() * 1000)::integer, (random() * 5)::integer
from generate_series(1, 12) as t, generate_series(1, 1200);

-- Tenants from 100 on: a user, a pause, and then another visit of the same user, of another one, or of nobody
insert into public.seen
select 100 + 3 * p.nr + v.visitor, u.user_key, null, u.day, 1, 0.1, 1, u.bucket
from unnest(array[0, 1, 29, 30, 63, 64, 65, 127, 128, 129, 192, 256, 500]) with ordinality as p(days, nr)
cross join generate_series(0, 2) as v(visitor)
cross join lateral (values
    (hashtextextended('first', 0), '2024-06-30'::date - p.days - 1, 0),
    (hashtextextended('first', 0), '2024-06-30'::date - p.days, 0),
    (case v.visitor when 0 then hashtextextended('first', 0) when 1 then hashtextextended('second', 0) end,
        '2024-06-30'::date, 1)) as u(user_key, day, bucket);

create aggregate public.by_adding(bigint, bigint, date, integer, double precision, integer) (
    sfunc = cs_health.presence_add, stype = bytea);
create aggregate public.by_merging(bytea) (sfunc = cs_health.presence_merge, stype = bytea);

create temp table pack as
select s.tenant, cs_health.presence_agg(s.user_key, s.feature_key, s.day, s.logins, s.minutes, s.events) as pack
from public.seen as s group by s.tenant;

create temp table packed as
select p.tenant, a.day as as_of, (s.stats).*
from pack as p
cross join public.as_of as a
cross join lateral (select cs_health.presence_stats(p.pack, a.day) as stats offset 0) as s;

create temp table plain as
with known as (
    select s.*, a.day as as_of from public.seen as s join public.as_of as a on s.day <= a.day
), by_user as (
    select k.tenant, k.as_of, k.user_key, min(k.day) as first_day,
        bool_or(k.day > k.as_of - 30) as month, bool_or(k.day > k.as_of - 60 and k.day <= k.as_of - 30) as month_before
    from known as k where k.user_key is not null group by k.tenant, k.as_of, k.user_key
), moved as (
    select b.tenant, b.as_of, count(*) filter (where b.month and b.first_day > b.as_of - 30) as new_users,
        count(*) filter (where b.month_before and not b.month) as lost_users
    from by_user as b group by b.tenant, b.as_of
), counted as (
    select k.tenant, k.as_of,
        count(distinct k.user_key) filter (where k.day = k.as_of) as dau,
        count(distinct k.user_key) filter (where k.day > k.as_of - 7) as wau,
        count(distinct k.user_key) filter (where k.day > k.as_of - 14 and k.day <= k.as_of - 7) as wau_previous,
        count(distinct k.user_key) filter (where k.day > k.as_of - 30) as mau,
        count(distinct k.user_key) filter (where k.day > k.as_of - 60 and k.day <= k.as_of - 30) as mau_previous,
        count(distinct (k.user_key, k.day)) filter (where k.user_key is not null and k.day > k.as_of - 30) as user_days,
        count(distinct k.day) filter (where k.user_key is not null and k.day > k.as_of - 30) as active_days,
        sum(k.events) filter (where k.day > k.as_of - 30) as events,
        sum(k.events) filter (where k.day > k.as_of - 60 and k.day <= k.as_of - 30) as events_previous,
        sum(k.logins) filter (where k.day > k.as_of - 30) as logins,
        sum(k.minutes::numeric) filter (where k.day > k.as_of - 30) as minutes,
        count(distinct k.feature_key) filter (where k.day > k.as_of - 30) as features_used,
        min(k.day) filter (where k.user_key is not null) as first_active_on,
        max(k.day) filter (where k.user_key is not null) as last_active_on
    from known as k group by k.tenant, k.as_of
)
select p.tenant, a.day as as_of, coalesce(c.dau, 0) as dau, coalesce(c.wau, 0) as wau,
    coalesce(c.wau_previous, 0) as wau_previous, coalesce(c.mau, 0) as mau, coalesce(c.mau_previous, 0) as mau_previous,
    coalesce(c.user_days, 0) as user_days, coalesce(c.active_days, 0) as active_days, coalesce(c.events, 0) as events,
    coalesce(c.events_previous, 0) as events_previous, coalesce(c.logins, 0) as logins,
    coalesce(c.minutes, 0) as minutes, coalesce(c.features_used, 0) as features_used,
    coalesce(m.new_users, 0) as new_users, coalesce(m.lost_users, 0) as lost_users, c.first_active_on, c.last_active_on
from pack as p
cross join public.as_of as a
left join counted as c on c.tenant = p.tenant and c.as_of = a.day
left join moved as m on m.tenant = p.tenant and m.as_of = a.day;

select plan(16 + 5 + 13 + 3 + 4 + 8);

-- One assertion per statistic, over all tenants and days
create function pg_temp.differing(field text) returns bigint language plpgsql as $$
declare
    n bigint;
begin
    execute format('select count(*) from packed as k join plain as p using (tenant, as_of)
        where round(k.%1$I::numeric, 6) is distinct from p.%1$I::numeric', field) into n;
    return n + (select abs((select count(*) from packed) - (select count(*) from plain)));
end
$$;
select is(pg_temp.differing(f.field), 0::bigint, f.field || ' is what plain SQL counts')
from unnest('{dau,wau,wau_previous,mau,mau_previous,user_days,active_days,events,events_previous,logins,minutes,'
    'features_used,new_users,lost_users}'::text[]) as f(field);
select is(count(*), 0::bigint, 'first_active_on is the first day of any user, however old')
from packed as k join plain as p using (tenant, as_of) where k.first_active_on is distinct from p.first_active_on;
select is(count(*), 0::bigint, 'last_active_on is the last day of any user, however old')
from packed as k join plain as p using (tenant, as_of) where k.last_active_on is distinct from p.last_active_on;

-- The quarter likewise, and not observed exactly where users, or perhaps events, of it are no longer in the pack
create temp table quarter as
select p.tenant, a.day as as_of, s.measures[30] as qau, s.measures[31] as active_days_90, s.measures[32] as events_90,
    s.measures[33] as users_ever, q.*
from pack as p
cross join public.as_of as a
cross join lateral (select cs_health._presence_measures(p.pack, a.day, null) as measures offset 0) as s
cross join lateral (
    select count(distinct k.user_key) filter (where k.day > a.day - 90) as users,
        count(distinct k.day) filter (where k.user_key is not null and k.day > a.day - 90) as days,
        coalesce(sum(k.events) filter (where k.day > a.day - 90), 0) as events,
        count(distinct k.user_key) as ever,
        coalesce(bool_or(k.user_key is not null and k.day > a.day - 90 and k.day <= n.newest - 127), false)
            as users_cut,
        a.day - 90 < n.newest - 128 as events_cut
    from (select max(s.day) as newest from public.seen as s where s.tenant = p.tenant) as n
    left join public.seen as k on k.tenant = p.tenant and k.day <= a.day
    group by n.newest
) as q;
select is((select count(*) from quarter where qau is distinct from case when not users_cut then users end), 0::bigint,
    'qau is what plain SQL counts, or not observed');
select is((select count(*) from quarter where active_days_90 is distinct from case when not users_cut then days end),
    0::bigint, 'so is active_days_90');
select is((select count(*) from quarter where events_90 is distinct from case when not events_cut then events end),
    0::bigint, 'and events_90');
select is((select count(*) from quarter where users_ever is distinct from ever), 0::bigint,
    'users_ever is always what plain SQL counts');
select is((
    select array[bool_or(users_cut and not events_cut), bool_or(events_cut and not users_cut),
        bool_or(users_cut and events_cut), bool_or(not users_cut and users > 0 and as_of <= '2024-05-20'),
        bool_or((users_cut or events_cut) and as_of >= '2024-05-24')]
    from quarter), '{t,t,t,t,f}', 'all cases are there; up to 37 days before the newest all is whole');

-- Days since active, after a silence and on return
select is(
    (select array[(cs_health._presence_measures(k.pack, '2024-06-29', null))[18],
        (cs_health._presence_measures(k.pack, '2024-06-30', null))[18],
        (cs_health._presence_measures(k.pack, '2025-06-30', null))[18]]
     from pack as k where k.tenant = 100 + 3 * p.nr),
    array[greatest(p.days - 1, 0), 0, 365]::double precision[],
    format('days since active on the day before, on and a year after a return after %s days', p.days))
from unnest(array[0, 1, 29, 30, 63, 64, 65, 127, 128, 129, 192, 256, 500]) with ordinality as p(days, nr) order by p.nr;

-- The data is of the kind that could go wrong
select cmp_ok(count(distinct s.tenant), '>=', 5::bigint, 'many tenants have rows older than a bitmap reaches')
from public.seen as s where s.day < '2024-06-30'::date - 127;
select cmp_ok(max(cs_health.presence_size(p.pack)), '>', 100::bigint, 'some have more than a hundred users')
from pack as p;
select cmp_ok(count(*), '>', 30::bigint, 'and new and lost users on many days') from plain as p
where p.new_users > 0 and p.lost_users > 0;

-- Another way to the pack, the same bytes
select is((
    select count(*) from pack join (
        select s.tenant, cs_health.presence_agg(
            s.user_key, s.feature_key, s.day, s.logins, s.minutes, s.events order by s.day desc, s.user_key) as pack
        from public.seen as s group by s.tenant) as other using (tenant)
    where pack.pack is distinct from other.pack), 0::bigint, 'rows in another order give the same pack');
select is((
    select count(*) from pack join (
        select s.tenant, cs_health.presence_agg(
            s.user_key, s.feature_key, s.day, s.logins, s.minutes, s.events order by random()) as pack
        from public.seen as s group by s.tenant) as other using (tenant)
    where pack.pack is distinct from other.pack), 0::bigint, 'so do rows in random order');
select is((
    select count(*) from pack join (
        select s.tenant, public.by_adding(
            s.user_key, s.feature_key, s.day, s.logins, s.minutes, s.events order by random()) as pack
        from public.seen as s group by s.tenant) as other using (tenant)
    where pack.pack is distinct from other.pack), 0::bigint, 'so does adding row by row');
select is((
    select count(*) from pack join (
        select b.tenant, public.by_merging(b.pack order by random()) as pack from (
            select s.tenant, cs_health.presence_agg(
                s.user_key, s.feature_key, s.day, s.logins, s.minutes, s.events) as pack
            from public.seen as s group by s.tenant, s.bucket) as b
        group by b.tenant) as other using (tenant)
    where pack.pack is distinct from other.pack), 0::bigint, 'so does merging the packs of arbitrary parts');

-- Segments add up to the whole
select is((
    select count(*) from pack as p cross join public.as_of as a
    where cs_health._presence_measures(p.pack, a.day, 7) is distinct from (
        select cs_health._presence_measures_agg(k.part, a.day, 7) from (
            select s.segment_pack as part from cs_health.presence_segments(p.pack, n.segments) as s) as k)),
    0::bigint, format('the measures of %s segments are those of the whole', n.segments))
from unnest(array[1, 2, 4, 8]) as n(segments);
select is((
    select count(*) from pack as p where p.pack is distinct from (
        select public.by_merging(s.segment_pack order by s.segment) from cs_health.presence_segments(p.pack, 8) as s)),
    0::bigint, 'segments merge back into the pack');

-- A parallel plan
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
set local max_parallel_workers_per_gather = 3;
analyze public.seen;
create function pg_temp.plan_of(query text) returns text language plpgsql as $$
declare
    line text;
    whole text := '';
begin
    for line in execute 'explain (costs off) ' || query loop
        whole := whole || line || E'\n';
    end loop;
    return whole;
end
$$;
prepare in_parallel as
select s.tenant, cs_health.presence_agg(s.user_key, s.feature_key, s.day, s.logins, s.minutes, s.events) as pack
from public.seen as s group by s.tenant;
select matches(pg_temp.plan_of('execute in_parallel'), 'Finalize .*Aggregate.*Gather.*Partial .*Aggregate',
    'the aggregate is computed in parallel');
create temp table parallel_pack as execute in_parallel;
select is((select count(*) from pack join parallel_pack as other using (tenant)
    where pack.pack is distinct from other.pack), 0::bigint, 'with the same packs');
select is((select count(*) from parallel_pack), (select count(*) from pack), 'of all tenants');

select finish();
rollback;
