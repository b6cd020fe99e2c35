-- From the inbox of events into packs of activity, each event exactly once.

-- Users of a segment: few, so that one late event rewrites little. A tenant is split once a segment holds four times as
-- many.
create function cs_health._segment_users() returns integer
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select 64
$$;

create function cs_health._waiting_partitions() returns setof integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    waiting integer[];
begin
    select array_agg(w.partition order by w.partition) into waiting
    from (values
        (0, exists (select from cs_health.event_00)), (1, exists (select from cs_health.event_01)),
        (2, exists (select from cs_health.event_02)), (3, exists (select from cs_health.event_03)),
        (4, exists (select from cs_health.event_04)), (5, exists (select from cs_health.event_05)),
        (6, exists (select from cs_health.event_06)), (7, exists (select from cs_health.event_07)),
        (8, exists (select from cs_health.event_08)), (9, exists (select from cs_health.event_09)),
        (10, exists (select from cs_health.event_10)), (11, exists (select from cs_health.event_11)),
        (12, exists (select from cs_health.event_12)), (13, exists (select from cs_health.event_13)),
        (14, exists (select from cs_health.event_14)), (15, exists (select from cs_health.event_15))
    ) as w(partition, waits)
    where w.waits;
    -- One that another session holds at the moment keeps its date until the next fold
    update cs_health.fold as f set folded_at = now()
    from (
        select e.partition from cs_health.fold as e where e.partition <> all (coalesce(waiting, '{}'))
        for update skip locked
    ) as e
    where f.partition = e.partition;
    return query select unnest(waiting);
end
$$;
comment on function cs_health._waiting_partitions() is
    'Which partitions of the inbox have events; the others are as good as folded, and dated so';

create function cs_health._fold_partition(partition integer, until timestamptz) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_hashjoin = off -- what the planner knows of an inbox is out of date by nature, and tenants are looked up
set enable_mergejoin = off
set enable_sort = off
set work_mem = '64MB'
set jit = off
as $$
declare
    held timestamptz;
    inbox text := 'event_' || lpad(partition::text, 2, '0');
    gone bigint := pg_stat_get_xact_tuples_deleted(format('cs_health.%I', inbox)::regclass);
    folded bigint;
    large uuid[];
begin
    perform from cs_health.fold as f where f.partition = _fold_partition.partition for update;
    if until is null then
        select min(r.fold_until) into held from cs_health.replaying as r
        where r.pid <> pg_backend_pid() and not cs_health._is_gone(r.pid);
    end if;
    -- Every part of one statement sees the same rows, so what goes is exactly what is counted; reading the inbox again
    -- is cheaper than keeping what the DELETE would return. Should somebody delete or move events meanwhile, the two
    -- differ, and all of it is taken back.
    execute format($query$
        with gone as (
            delete from cs_health.%1$I as e where e.occurred_at < $1
        ), delta as (
            select e.tenant_id, cs_health.presence_agg(
                cs_health.user_key($5, e.tenant_id, e.user_id),
                case when e.kind not in ('feature_request', 'feature_denied')
                    then cs_health.feature_key($5, e.feature) end,
                timezone($2, e.occurred_at)::date,
                case when e.kind = 'login' then e.quantity else 0 end,
                e.minutes::double precision,
                e.quantity) as pack
            from cs_health.%1$I as e
            where e.occurred_at < $1 and e.occurred_at >= $6 and e.occurred_at <= $7
            group by e.tenant_id
        ), sized as materialized (
            select d.tenant_id, d.pack, coalesce(a.segments, 1) as segments, a.ctid as place,
                a.tenant_id is not null or exists (select from cs_health.tenant as t where t.id = d.tenant_id) as known
            from (select d.tenant_id, d.pack from delta as d order by d.tenant_id offset 0) as d -- as they lie on disk
            left join cs_health.activity as a on a.tenant_id = d.tenant_id and a.segment = 0
        ), unknown as (
            select z.tenant_id from sized as z where not z.known
        ), rejected as (
            insert into cs_health.event_rejected
                (tenant_id, user_id, occurred_at, kind, feature, minutes, quantity, reason)
            select e.tenant_id, e.user_id, e.occurred_at, e.kind, e.feature, e.minutes, e.quantity, case
                when not exists (select from cs_health.tenant as t where t.id = e.tenant_id) then 'unknown tenant'
                when e.occurred_at > $7 then 'in the future'
                else 'before the year 2000' end
            from cs_health.%1$I as e
            where e.occurred_at < $1
                and (e.occurred_at < $6 or e.occurred_at > $7 or e.tenant_id in (select u.tenant_id from unknown as u))
            returning 1
        ), days as (
            select timezone($2, e.occurred_at)::date as day, count(*) as rows_received
            from cs_health.%1$I as e
            where e.occurred_at < $1 and e.occurred_at >= $6 and e.occurred_at <= $7
                and e.tenant_id not in (select u.tenant_id from unknown as u)
            group by 1 order by 1 -- in one order, so that two folds cannot wait for each other
        ), received as (
            insert into cs_health.feed_day as f (feed, day, rows_received)
            select 'event', d.day, d.rows_received from days as d
            on conflict (feed, day) do update set rows_received = f.rows_received + excluded.rows_received
        ), used as (
            insert into cs_health.feature_activity as f (tenant_id, feature, pack)
            select e.tenant_id, e.feature, cs_health.presence_agg(
                cs_health.user_key($5, e.tenant_id, e.user_id), null, timezone($2, e.occurred_at)::date, 0,
                e.minutes::double precision, e.quantity)
            from cs_health.%1$I as e
            where $4 and e.occurred_at < $1 and e.occurred_at >= $6 and e.occurred_at <= $7
                and e.tenant_id not in (select u.tenant_id from unknown as u)
                and e.feature is not null and e.kind not in ('feature_request', 'feature_denied')
            group by e.tenant_id, e.feature
            on conflict (tenant_id, feature) do update set pack = cs_health.presence_merge(f.pack, excluded.pack)
        ), wished as (
            insert into cs_health.feature_demand as f (tenant_id, feature, requested, denied, first_on, last_on)
            select e.tenant_id, e.feature,
                coalesce(sum(e.quantity) filter (where e.kind = 'feature_request'), 0),
                coalesce(sum(e.quantity) filter (where e.kind = 'feature_denied'), 0),
                min(timezone($2, e.occurred_at))::date, max(timezone($2, e.occurred_at))::date
            from cs_health.%1$I as e
            where e.kind in ('feature_request', 'feature_denied') and e.feature is not null and e.quantity > 0
                and e.occurred_at < $1 and e.occurred_at >= $6 and e.occurred_at <= $7
                and e.tenant_id not in (select u.tenant_id from unknown as u)
            group by e.tenant_id, e.feature
            on conflict (tenant_id, feature) do update set requested = f.requested + excluded.requested,
                denied = f.denied + excluded.denied, first_on = least(f.first_on, excluded.first_on),
                last_on = greatest(f.last_on, excluded.last_on)
        ), merged as ( -- tenants of one segment, where they were just found
            update cs_health.activity as a set pack = cs_health.presence_merge(a.pack, z.pack)
            from sized as z
            where a.ctid = z.place and a.tenant_id = z.tenant_id and a.segment = 0 and z.known and z.segments = 1
            returning a.tenant_id, octet_length(a.pack) as size
        ), part as (
            select z.tenant_id, s.segment, z.segments, s.segment_pack as pack
            from sized as z cross join lateral cs_health.presence_segments(z.pack, z.segments) as s
            where z.known and z.segments > 1
        ), updated as (
            update cs_health.activity as a set pack = cs_health.presence_merge(a.pack, p.pack)
            from part as p where a.tenant_id = p.tenant_id and a.segment = p.segment
            returning a.tenant_id, a.segment, octet_length(a.pack) as size
        ), inserted as (
            insert into cs_health.activity as a (tenant_id, segment, segments, pack)
            select z.tenant_id, 0, 1, z.pack from sized as z where z.known and z.place is null
            union all
            select p.tenant_id, p.segment, p.segments, p.pack from part as p
            where (p.tenant_id, p.segment) not in (select u.tenant_id, u.segment from updated as u)
            returning a.tenant_id, octet_length(a.pack) as size
        )
        select coalesce((select sum(d.rows_received) from days as d), 0) + (select count(*) from rejected), array(
            select m.tenant_id from merged as m where m.size > $3
            union select u.tenant_id from updated as u where u.size > $3
            union select i.tenant_id from inserted as i where i.size > $3)
        $query$, inbox)
    into folded, large
    using coalesce(until, held, 'infinity'), cs_health._time_zone(),
        4 * 24 * cs_health._segment_users(), -- 24 bytes a user

        (select g.feature_users from cs_health.settings as g), (select h.secret from cs_health.hash_secret as h),
        timestamptz '2000-01-02 00:00+00', cs_health._now() + interval '1 day';
    gone := pg_stat_get_xact_tuples_deleted(format('cs_health.%I', inbox)::regclass) - gone;
    if gone <> folded and current_setting('track_counts')::boolean then
        raise exception 'events were changed while they were folded'
            using errcode = 'serialization_failure',
                detail = format('%s rows left %s, %s were counted.', gone, inbox, folded),
                hint = 'Nothing was folded: call fold_events() again. Only insert into event.';
    end if;
    perform cs_health._split_segments(l.tenant_id) from unnest(large) as l(tenant_id);
    if until is null and held is null then
        update cs_health.fold as f set folded_at = now() where f.partition = _fold_partition.partition;
    end if;
    return folded;
end
$$;
comment on function cs_health._fold_partition(integer, timestamptz) is
    'Folds one partition of the inbox, events before `until` only when it is given; returns how many rows left the '
    'inbox';

create function cs_health._split_segments(tenant uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    users bigint;
    current_segments integer;
    wanted integer := 1;
begin
    select sum(cs_health.presence_size(a.pack)), max(a.segments) into users, current_segments
    from cs_health.activity as a where a.tenant_id = tenant;
    while wanted * cs_health._segment_users() < users and wanted < 16777216 loop
        wanted := wanted * 2;
    end loop;
    if wanted <= current_segments then
        return;
    end if;
    -- Ordering makes every old row go before the first new one comes, so that their keys cannot meet.
    with old as (
        delete from cs_health.activity as a where a.tenant_id = tenant
        returning a.segment, a.pack
    ), ordered as (
        select o.* from old as o order by o.segment
    )
    insert into cs_health.activity (tenant_id, segment, segments, pack)
    select tenant, s.segment, wanted, s.segment_pack
    from ordered as o cross join lateral cs_health.presence_segments(o.pack, wanted) as s
    where s.segment > 0 or o.segment = 0; -- each cut has a segment 0, but only that of the old one has the counters
end
$$;
comment on function cs_health._split_segments(uuid) is
    'Cuts a tenant''s packs into as many segments as its users ask for';

create procedure cs_health.fold_events(until timestamptz default null)
language plpgsql as $$
declare
    partition integer;
begin
    perform cs_health._require_autocommit('fold_events()');
    for partition in select cs_health._waiting_partitions() loop
        commit; -- holding no other partition's row while waiting for this one
        perform cs_health._fold_partition(partition, until);
        commit;
    end loop;
    perform cs_health._end_shown_overrides();
    commit;
    perform cs_health._show_news();
    commit;
end
$$;
comment on procedure cs_health.fold_events(timestamptz) is
    'Folds the inbox `event` into `activity`, one commit per partition; events at or after `until` stay. Each event '
    'counts exactly once, whatever is killed and however many sessions fold. Unusable events go to event_rejected. '
    'Takes overrides whose last day is over from the list';

create function cs_health.release_rejected(only_reason text default null) returns bigint
language sql
set search_path = pg_catalog, pg_temp as $$
    with released as (
        delete from cs_health.event_rejected as r where only_reason is null or r.reason = only_reason
        returning r.tenant_id, r.user_id, r.occurred_at, r.kind, r.feature, r.minutes, r.quantity
    ), inserted as (
        insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature, minutes, quantity)
        select r.* from released as r
        returning 1
    )
    select count(*) from inserted
$$;
comment on function cs_health.release_rejected(text) is
    'Puts rejected events (of one reason, or all) back into the inbox, once their cause is mended; returns how many';

create function cs_health.folded_at() returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select case when count(f.folded_at) = 16 then min(f.folded_at) end from cs_health.fold as f
$$;
comment on function cs_health.folded_at() is
    'The time up to which all events are counted; null before the first complete fold';
