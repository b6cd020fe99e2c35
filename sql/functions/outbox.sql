-- The way out: what is to be sent is written in the transaction that causes it.

create function cs_health._wake_worker() returns void
as 'MODULE_PATHNAME', 'csh_wake_worker' language c volatile parallel unsafe;
comment on function cs_health._wake_worker() is
    'Wakes the delivery worker of this database when the transaction commits; without a worker nothing happens';

create function cs_health._enqueue(
    channel text, kind text, payload jsonb, source_key text, tenant_id uuid default null,
    execution_id uuid default null, step_no integer default null)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    key uuid;
begin
    insert into cs_health.outbox as o (source_key, channel, kind, tenant_id, execution_id, step_no, payload)
    values (source_key, channel, kind, tenant_id, execution_id, step_no, payload)
    on conflict on constraint outbox_source_key_key do nothing
    returning o.id into key;
    if key is null then
        return (select o.id from cs_health.outbox as o where o.source_key = _enqueue.source_key);
    end if;
    perform cs_health._wake_worker();
    return key;
end
$$;
comment on function cs_health._enqueue(text, text, jsonb, text, uuid, uuid, integer) is
    'Puts a message into the outbox and returns its id; a source_key that is there already gives that row''s id';

create function cs_health._emit(kind text, tenant_id uuid, data jsonb, source_key text) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    told integer;
begin
    begin
        insert into cs_health.outbox (source_key, channel, kind, tenant_id, payload)
        select format('event %s %s to %s', kind, source_key, c.code), c.code, kind, tenant_id,
            cs_health._event(kind, tenant_id, data, source_key)
        from cs_health._channels_for(kind) as c(code)
        on conflict on constraint outbox_source_key_key do nothing;
        get diagnostics told = row_count;
    exception
        when transaction_rollback then
            raise;
        when others then -- one event that cannot be told must not keep the others from it
            raise warning 'event % % is not told: %', kind, left(source_key, 100), left(sqlerrm, 300);
            return 0;
    end;
    if told > 0 then
        perform cs_health._wake_worker();
    end if;
    return told;
end
$$;
comment on function cs_health._emit(text, uuid, jsonb, text) is
    'Tells an event to every webhook channel that wants its kind, once per source_key; returns how many that were. '
    'One that cannot be told, for example since it is too large, is left out with a warning. '
    'doc/events.md describes kinds and data';

-- Sending: claim, COMMIT, send, complete, COMMIT. Deliveries keep to the real time, whatever cs_health.now says.

create function cs_health._claim_outbox(
    consumer text, channels text[], max_rows integer, lease interval, margin interval default null,
    since timestamptz default '-infinity')
returns table (
    id uuid, attempt integer, channel text, channel_kind text, kind text, tenant_id uuid, payload jsonb,
    created_at timestamptz, lease_until timestamptz, secret text, host text, port integer, tls text,
    from_address text, from_name text, unsubscribe text, timeout_seconds integer)
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_seqscan = off
set enable_bitmapscan = off
set jit = off as $$
#variable_conflict use_column
declare
    started timestamptz := clock_timestamp();
    wanted integer := max_rows;
    place record;
    in_flight integer;
    room integer;
    allowance double precision;
    pace double precision; -- what a second allows
    until timestamptz;
begin
    -- Whoever holds a channel's row decides how much of it is in flight; others come back later instead of waiting.
    for place in
        select c.*
        from cs_health.channel as c
        cross join lateral (
            select o.next_attempt_at from cs_health.outbox as o
            where o.channel = c.code and o.state in ('pending', 'claimed') and o.next_attempt_at >= since
                and (o.send_before is null or o.send_before > started)
            order by o.next_attempt_at limit 1) as due
        where c.enabled and (c.closed_until is null or c.closed_until <= started)
            and (channels is null or c.code = any (channels)) and due.next_attempt_at <= started
        order by due.next_attempt_at
        for no key update of c skip locked
    loop
        exit when wanted <= 0;
        update cs_health.outbox as o
        set state = 'dead', ended_at = started, lease_until = null, claimed_by = null,
            last_error = 'none of its attempts came to an end'
        where o.id in (
            select l.id from cs_health.outbox as l
            where l.channel = place.code and l.state = 'claimed' and l.lease_until between since and started
                and l.attempt - l.requeued_at_attempt >= place.max_attempts
            for no key update skip locked);
        select count(*) into in_flight from cs_health.outbox as o
        where o.channel = place.code and o.state = 'claimed' and o.lease_until > started;
        room := least(wanted, case when place.failures >= cs_health._failures_that_close() then 1
            else place.max_inflight end - in_flight);
        if margin is not null then -- the worker: no channel holds more than what stays free
            room := least(room, (wanted - in_flight + 1) / 2);
        end if;
        pace := cs_health._pace(place.kind, place.per_second);
        if pace is not null then
            allowance := least(greatest(pace, 1), coalesce(
                case when place.allowance_from < started + interval '1 minute' -- else the clock was ahead
                    then pace * extract(epoch from started - place.allowance_from) end, 'infinity'));
            room := least(room, floor(allowance)::integer);
        end if;
        continue when room <= 0;
        until := started + greatest(lease, make_interval(secs => 2 * place.timeout_seconds) + margin);
        return query
        with picked as materialized (
            select o.id from cs_health.outbox as o
            where o.channel = place.code and o.state in ('pending', 'claimed')
                and o.next_attempt_at between since and started
                and (o.send_before is null or o.send_before > started)
            order by o.next_attempt_at
            limit room
            for no key update skip locked)
        update cs_health.outbox as o
        set state = 'claimed', attempt = o.attempt + 1, claimed_by = consumer, claimed_at = started,
            lease_until = until, next_attempt_at = until
        from picked as p
        where o.id = p.id
        returning o.id, o.attempt, o.channel, place.kind, o.kind, o.tenant_id, o.payload, o.created_at, o.lease_until,
            place.secret, place.host, place.port, place.tls, place.from_address, place.from_name, place.unsubscribe,
            place.timeout_seconds;
        get diagnostics room = row_count;
        wanted := wanted - room;
        if pace is not null and room > 0 then
            update cs_health.channel as c
            set allowance_from = started - make_interval(secs => (allowance - room) / pace)
            where c.code = place.code;
        end if;
    end loop;
end
$$;
comment on function cs_health._claim_outbox(text, text[], integer, interval, interval, timestamptz) is
    'claim_outbox() without its checks, of what became due since then only; a lease lasts at least twice the '
    'channel''s timeout, and the margin. With a margin, max_rows is all the worker has room for, and no channel gets '
    'so much that it then holds more than what stays free';

create function cs_health.claim_outbox(
    consumer text, channels text[] default null, max_rows integer default 20, lease interval default '60 s')
returns table (
    id uuid, attempt integer, channel text, channel_kind text, kind text, tenant_id uuid, payload jsonb,
    created_at timestamptz, lease_until timestamptz, secret text, host text, port integer, tls text,
    from_address text, from_name text, unsubscribe text, timeout_seconds integer)
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    if consumer is null or length(consumer) not between 1 and 100 or consumer = cs_health._worker_name() then
        raise exception 'consumer must be a name of your own with at most 100 characters, not "%"', left(consumer, 100)
            using errcode = 'invalid_parameter_value',
                hint = 'Pass what tells your consumer from others, such as its host name and process id.';
    end if;
    if max_rows is null or max_rows not between 1 and 1000 then
        raise exception 'max_rows must be from 1 to 1000, not %', coalesce(max_rows::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'Claim what you can send within the lease.';
    end if;
    if lease is null or lease not between interval '0' and interval '1 day' then
        raise exception 'lease must be from 0 to 1 day, not %', coalesce(lease::text, 'null')
            using errcode = 'invalid_parameter_value',
                hint = 'Pass the time in which you surely call complete_outbox().';
    end if;
    return query select c.* from cs_health._claim_outbox(consumer, channels, max_rows, lease) as c;
end
$$;
comment on function cs_health.claim_outbox(text, text[], integer, interval) is
    'Takes up to max_rows messages that are due, for as long as the lease: COMMIT, send them, then call '
    'complete_outbox() with id and attempt. Only of these channels (null = all) that are enabled and not closed, and '
    'at most channel.max_inflight of each at the same time. A channel that another claim is just reading is skipped, '
    'so call again. A message whose lease runs out is given to the next who asks. secret names the file with the '
    'channel''s secret';

create function cs_health._retry_delay(tries integer) returns interval
language sql volatile strict
set search_path = pg_catalog, pg_temp as $$
    select make_interval(secs => least(14400, 10 * power(3, least(tries, 20) - 1)) * (0.9 + 0.2 * random()))
$$;
comment on function cs_health._retry_delay(integer) is
    'How long to wait after that many attempts: 10 s, 30 s, 90 s … at most 4 hours, 10 % more or less by chance';

create function cs_health._is_hard_bounce(status integer, error text) returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select coalesce(status in (550, 551, 553) and error ~ E'\\m5\\.1\\.([0-6]|10) to RCPT', false)
$$;
comment on function cs_health._is_hard_bounce(integer, text) is
    'Whether a mail server says that the recipient''s address is not good, by an enhanced status 5.1.x (RFC 3463, '
    'section 3.2) in last_error; 5.1.7 to 5.1.9 are about the sender. What else it refuses says nothing of the address';

create function cs_health._is_rejected_sender(status integer, error text) returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select coalesce(status between 550 and 559 and error ~ ' to RCPT', false)
        and not cs_health._is_hard_bounce(status, error)
$$;
comment on function cs_health._is_rejected_sender(integer, text) is
    'Whether a mail server refused the recipient for another reason than the address, which others may meet as well';

create function cs_health.complete_outbox(
    id uuid, attempt integer, outcome text, status integer default null, error text default null,
    retry_after interval default null)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    message record;
    ended timestamptz := clock_timestamp();
    tries integer;
    wait interval := case when retry_after is not null
        then least(greatest(retry_after, interval '1 s'), interval '1 day') end;
    line text := left(regexp_replace(error, '[[:cntrl:]]+', ' ', 'g'), 500);
begin
    if outcome is null or outcome not in ('sent', 'retry', 'dead') then
        raise exception 'outcome must be sent, retry or dead, not %', coalesce('"' || left(outcome, 50) || '"', 'null')
            using errcode = 'invalid_parameter_value',
                hint = 'Say retry for whatever may be mended without changing the message.';
    end if;
    select o.channel, o.requeued_at_attempt, o.claimed_at, c.max_attempts, c.failures into message
    from cs_health.outbox as o join cs_health.channel as c on c.code = o.channel
    where o.id = id and o.attempt = attempt and o.state = 'claimed'
    for no key update of o;
    if not found then
        return false;
    end if;
    tries := attempt - message.requeued_at_attempt;
    if outcome = 'retry' then
        perform cs_health._count_failure(message.channel, retry_after);
        if tries >= message.max_attempts then
            outcome := 'dead';
        end if;
    elsif status in (403, 404, 410) or outcome = 'dead' and cs_health._is_rejected_sender(status, error) then
        perform cs_health._count_failure(message.channel, null);
    elsif outcome = 'sent' and message.failures > 0 then
        update cs_health.channel as c set failures = 0 where c.code = message.channel;
    end if;
    update cs_health.outbox as o
    set state = case outcome when 'retry' then 'pending' else outcome end,
        next_attempt_at = case outcome when 'retry' then ended + coalesce(wait, cs_health._retry_delay(tries))
            else o.claimed_at end,
        ended_at = case when outcome <> 'retry' then ended end, lease_until = null, claimed_by = null,
        last_status = status, last_error = line
    where o.id = id;
    insert into cs_health.delivery_attempt (outbox_id, attempt, started_at, ended_at, outcome, status, error)
    values (id, attempt, message.claimed_at, ended, outcome, status, line);
    return true;
end
$$;
comment on function cs_health.complete_outbox(uuid, integer, text, integer, text, interval) is
    'Says how an attempt that claim_outbox() gave out ended: sent; retry (after retry_after, at most a day, or after '
    '10 s, 30 s … 4 hours; dead once channel.max_attempts are used); dead. status is the receiver''s, error tells '
    'people what went wrong: put no address or secret into it. False, and nothing happens, when that attempt is no '
    'longer yours: its lease ran out and somebody else claimed it, or it has been completed';

create function cs_health.requeue(id uuid) returns boolean
language plpgsql strict
set search_path = pg_catalog, pg_temp as $$
begin
    perform from cs_health.playbook_execution as e join cs_health.outbox as o
        on o.tenant_id = e.tenant_id and o.execution_id = e.id
    where o.id = requeue.id and o.state = 'dead'
    for update of e; -- run_playbooks() may be settling its step
    update cs_health.outbox as o
    set state = 'pending', requeued_at_attempt = o.attempt, next_attempt_at = clock_timestamp(), ended_at = null,
        send_before = case when o.send_before is not null then '-infinity'::timestamptz end
    where o.id = requeue.id and o.state = 'dead';
    if not found then
        return false;
    end if;
    perform cs_health._put_step(s.tenant_id, s.execution_id, s.step_no, 'queued', actor => cs_health._author())
    from cs_health.outbox as o
    join cs_health.playbook_step as s
        on s.tenant_id = o.tenant_id and s.execution_id = o.execution_id and s.step_no = o.step_no
    where o.id = requeue.id and s.outbox_id = o.id and s.status = 'failed';
    perform cs_health._wake_worker();
    return true;
end
$$;
comment on function cs_health.requeue(uuid) is
    'Tries a dead message again, under the same key and with all of channel.max_attempts; false when it is not dead. '
    'The step of a playbook that failed with it is queued again; what it says to people of a tenant goes once the next '
    'run_playbooks() finds that it still may';

create function cs_health.requeue_channel(code text) returns integer
language plpgsql strict
set search_path = pg_catalog, pg_temp as $$
begin
    perform cs_health._require_channel(code);
    return (
        select count(*) filter (where cs_health.requeue(d.id))
        from (
            select o.id from cs_health.outbox as o where o.channel = code and o.state = 'dead'
            order by o.tenant_id, o.execution_id, o.id
        ) as d);
end
$$;
comment on function cs_health.requeue_channel(text) is
    'requeue() for all dead messages of a channel, once what was wrong with it is mended; returns how many';

create function cs_health.cancel_delivery(id uuid) returns boolean
language plpgsql strict
set search_path = pg_catalog, pg_temp as $$
begin
    update cs_health.outbox as o
    set state = 'cancelled', ended_at = clock_timestamp(), lease_until = null, claimed_by = null
    where o.id = cancel_delivery.id
        and (o.state = 'pending' or o.state = 'claimed' and o.lease_until <= clock_timestamp());
    return found;
end
$$;
comment on function cs_health.cancel_delivery(uuid) is
    'Takes back a message that waits; false when it is being sent at this moment, or has ended';
