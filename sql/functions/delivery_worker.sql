-- What the delivery worker asks for.

create function cs_health._release_leases() returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    released integer;
begin
    update cs_health.outbox as o
    set state = 'pending', next_attempt_at = clock_timestamp(), lease_until = null, claimed_by = null
    from cs_health.channel as c
    where c.code = o.channel and o.state = 'claimed' and o.claimed_by = cs_health._worker_name()
        and o.attempt - o.requeued_at_attempt < c.max_attempts;
    get diagnostics released = row_count;
    update cs_health.outbox as o set lease_until = clock_timestamp(), next_attempt_at = clock_timestamp()
    where o.state = 'claimed' and o.claimed_by = cs_health._worker_name();
    return released;
end
$$;
comment on function cs_health._release_leases() is
    'Gives back what the worker before was sending; what has used its attempts is left for claim_outbox() to end as '
    'dead';

create function cs_health._worker_poll(
    pid integer, started_at timestamptz, sent bigint, failed bigint, since timestamptz default '-infinity',
    out due timestamptz, out oldest timestamptz)
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off as $$
begin
    if pid is not null then
        insert into cs_health.delivery_worker as w (pid, started_at, seen_at, sent, failed)
        values (pid, started_at, clock_timestamp(), sent, failed)
        on conflict on constraint delivery_worker_pkey do update
        set pid = excluded.pid, started_at = excluded.started_at, seen_at = excluded.seen_at, sent = excluded.sent,
            failed = excluded.failed;
    end if;
    select min(greatest(first.next_attempt_at, c.closed_until,
            case when c.allowance_from < clock_timestamp() + interval '1 minute' then c.allowance_from end
            + make_interval(secs => 1 / cs_health._pace(c.kind, c.per_second)))),
        min(first.next_attempt_at)
    into due, oldest
    from cs_health.channel as c
    cross join lateral (
        select o.next_attempt_at from cs_health.outbox as o
        where o.channel = c.code and o.state in ('pending', 'claimed') and o.next_attempt_at >= since
            and (o.send_before is null or o.send_before > clock_timestamp())
        order by o.next_attempt_at limit 1) as first
    where c.enabled;
end
$$;
comment on function cs_health._worker_poll(integer, timestamptz, bigint, bigint, timestamptz) is
    'When the next message can be sent, and for when the oldest was meant, of those meant for since or later; and how '
    'the worker does is written down, unless pid is null';
