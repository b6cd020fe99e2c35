-- From the inbox of events into packs of activity, each event exactly once.

-- A tenant's users are split when a segment holds far more than this, so that one late event rewrites little.
create function cs_health._segment_users() returns integer
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select 100
$$;

create function cs_health._fold_partition(partition integer, until timestamptz) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    zone text := cs_health._time_zone();
    number text := lpad(partition::text, 2, '0');
    held timestamptz;
    waiting bigint;
    folded bigint := 0;
    large uuid[];
begin
    perform from cs_health.fold as f where f.partition = _fold_partition.partition for update;
    if until is null then
        select min(r.fold_until) into held from cs_health.replaying as r
        where r.pid <> pg_backend_pid() and not cs_health._is_gone(r.pid);
    end if;
    execute format('select count(*) from (select from cs_health.%I limit 2000) as e', 'event_' || number) into waiting;
    -- What the planner knows of an inbox is out of date by nature; a handful of events must not scan every tenant.
    perform set_config('enable_hashjoin', (waiting >= 2000)::text, true),
        set_config('enable_mergejoin', (waiting >= 2000)::text, true);
    if waiting > 0 then
        execute format($query$
            with gone as (
                delete from cs_health.%1$I as e where $1 is null or e.occurred_at < $1
                returning e.tenant_id, e.user_id, e.occurred_at, e.kind, e.feature, e.minutes, e.quantity
            ), judged as (
                select g.*, timezone($2, g.occurred_at)::date as day,
                    case
                        when t.id is null then 'unknown tenant'
                        when g.occurred_at > now() + interval '1 day' then 'in the future'
                        when g.occurred_at < timestamptz '2000-01-02 00:00+00' then 'before the year 2000'
                    end as reason
                from gone as g left join cs_health.tenant as t on t.id = g.tenant_id
            ), rejected as (
                insert into cs_health.event_rejected
                    (tenant_id, user_id, occurred_at, kind, feature, minutes, quantity, reason)
                select j.tenant_id, j.user_id, j.occurred_at, j.kind, j.feature, j.minutes, j.quantity, j.reason
                from judged as j where j.reason is not null
            ), received as (
                insert into cs_health.feed_day as f (feed, day, rows_received)
                select 'event', j.day, count(*) from judged as j where j.reason is null
                group by j.day order by j.day -- in one order, so that two folds cannot wait for each other
                on conflict (feed, day) do update set rows_received = f.rows_received + excluded.rows_received
            ), delta as (
                select j.tenant_id, cs_health.presence_agg(
                    cs_health.user_key(s.secret, j.tenant_id, j.user_id),
                    case when j.kind not in ('feature_request', 'feature_denied')
                        then cs_health.feature_key(s.secret, j.feature) end,
                    j.day,
                    case when j.kind = 'login' then j.quantity else 0 end,
                    j.minutes::double precision,
                    j.quantity) as pack
                from judged as j cross join cs_health.hash_secret as s
                where j.reason is null
                group by j.tenant_id
            ), used as (
                insert into cs_health.feature_activity as f (tenant_id, feature, pack)
                select j.tenant_id, j.feature, cs_health.presence_agg(
                    cs_health.user_key(s.secret, j.tenant_id, j.user_id), null, j.day, 0,
                    j.minutes::double precision, j.quantity)
                from judged as j cross join cs_health.hash_secret as s
                where $4 and j.reason is null and j.feature is not null
                    and j.kind not in ('feature_request', 'feature_denied')
                group by j.tenant_id, j.feature
                on conflict (tenant_id, feature) do update set pack = cs_health.presence_merge(f.pack, excluded.pack)
            ), sized as (
                select d.tenant_id, d.pack, coalesce(
                    (select a.segments from cs_health.%2$I as a where a.tenant_id = d.tenant_id limit 1), 1) as segments
                from delta as d
                offset 0
            ), part as (
                select z.tenant_id, n.segment, z.segments, case z.segments
                    when 1 then z.pack else cs_health.presence_slice(z.pack, n.segment, z.segments) end as pack
                from sized as z cross join lateral generate_series(0, z.segments - 1) as n(segment)
            ), updated as (
                update cs_health.%2$I as a set pack = cs_health.presence_merge(a.pack, p.pack)
                from part as p
                where a.tenant_id = p.tenant_id and a.segment = p.segment and p.pack is not null
                returning a.tenant_id, a.segment, octet_length(a.pack) as size
            ), inserted as (
                insert into cs_health.%2$I as a (tenant_id, segment, segments, pack)
                select p.tenant_id, p.segment, p.segments, p.pack from part as p
                where p.pack is not null and not exists (
                    select from updated as u where u.tenant_id = p.tenant_id and u.segment = p.segment)
                returning a.tenant_id, octet_length(a.pack) as size
            )
            select (select count(*) from gone), array(
                select u.tenant_id from updated as u where u.size > $3
                union select i.tenant_id from inserted as i where i.size > $3)
            $query$, 'event_' || number, 'activity_' || number)
        into folded, large
        using coalesce(until, held), zone, 3 * 28 * cs_health._segment_users(), (select g.feature_users from
            cs_health.settings as g);
        perform cs_health._split_segments(l.tenant_id) from unnest(large) as l(tenant_id);
    end if;
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
        returning a.segment, a.segments, a.pack
    ), ordered as (
        select o.* from old as o order by o.segment
    ), cut as (
        select n.segment, cs_health.presence_slice(o.pack, n.segment, wanted) as pack
        from ordered as o
        cross join lateral generate_series(
            o.segment * (wanted / o.segments), (o.segment + 1) * (wanted / o.segments) - 1) as n(segment)
    )
    insert into cs_health.activity (tenant_id, segment, segments, pack)
    select tenant, c.segment, wanted, c.pack from cut as c where c.pack is not null;
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
    for partition in 0..15 loop
        perform cs_health._fold_partition(partition, until);
        commit;
    end loop;
end
$$;
comment on procedure cs_health.fold_events(timestamptz) is
    'Folds the inbox `event` into `activity`, one commit per partition; events at or after `until` stay. Each event '
    'counts exactly once, whatever is killed and however many sessions fold. Unusable events go to event_rejected';

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
