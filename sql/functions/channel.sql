-- Channels: whether and how fast they are used, and how they do.

create function cs_health.check_email_address(address text) returns boolean
as 'MODULE_PATHNAME', 'csh_check_email_address' language c immutable strict parallel safe;
comment on function cs_health.check_email_address(text) is
    'True for an address that mail can be sent to: ASCII, one @, no blanks, quotes or control characters, at most 254 '
    'bytes; anything else is refused (22023). Write other scripts in a domain as xn--…';

create function cs_health._check_unsubscribe(address text) returns boolean
as 'MODULE_PATHNAME', 'csh_check_unsubscribe' language c immutable strict parallel safe;
comment on function cs_health._check_unsubscribe(text) is
    'True for mailto:ADDRESS or an https address that fits into List-Unsubscribe; anything else is refused (22023)';

create function cs_health._secret_problem(name text) returns text
as 'MODULE_PATHNAME', 'csh_secret_problem' language c volatile;
comment on function cs_health._secret_problem(text) is
    'Why the secret of that name cannot be used, without its contents; null when it can';

create function cs_health._failures_that_close() returns integer
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select 5
$$;
comment on function cs_health._failures_that_close() is 'So many failures in a row close a channel for a while';

create function cs_health._pace(kind text, per_second real) returns real
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select coalesce(per_second, case kind when 'slack' then 1 end)
$$;
comment on function cs_health._pace(text, real) is
    'Messages a second that a channel takes: what is set, else 1 for Slack, which refuses more; null = no limit';

create function cs_health._worker_name() returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select 'cs_health delivery'
$$;
comment on function cs_health._worker_name() is 'claimed_by of what the delivery worker sends';

create function cs_health._require_channel(code text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from cs_health.channel as c where c.code = _require_channel.code) then
        raise exception 'unknown channel "%"', left(code, 50)
            using errcode = 'invalid_parameter_value', hint = 'SELECT code FROM cs_health.channel; shows all.';
    end if;
end
$$;

create function cs_health._count_failure(code text, retry_after interval) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    right_now timestamptz := clock_timestamp();
begin
    -- What was in flight when a channel closed says nothing new.
    update cs_health.channel as c
    set failures = c.failures + 1,
        closed_until = case when c.failures + 1 >= cs_health._failures_that_close() then right_now
            + least(300, 2 * power(2, least(c.failures + 1 - cs_health._failures_that_close(), 10)))
            * interval '1 s' else c.closed_until end
    where c.code = _count_failure.code and (c.closed_until is null or c.closed_until <= right_now);
    update cs_health.channel as c
    set closed_until = greatest(c.closed_until, right_now + least(retry_after, interval '5 min'))
    where c.code = _count_failure.code and retry_after > interval '0';
end
$$;
comment on function cs_health._count_failure(text, interval) is
    'Closes a channel after 5 failures in a row for 2 s, 4 s … 5 minutes, and when its receiver asked to wait';

create function cs_health.close_channel(code text) returns void
language plpgsql strict
set search_path = pg_catalog, pg_temp as $$
begin
    perform cs_health._require_channel(code);
    update cs_health.channel as c set closed_until = 'infinity' where c.code = close_channel.code;
end
$$;
comment on function cs_health.close_channel(text) is
    'Sends nothing through a channel until open_channel(); messages wait, and what is being sent is finished';

create function cs_health.open_channel(code text) returns void
language plpgsql strict
set search_path = pg_catalog, pg_temp as $$
begin
    perform cs_health._require_channel(code);
    update cs_health.channel as c set closed_until = null, failures = 0 where c.code = open_channel.code;
    update cs_health.outbox as o set next_attempt_at = clock_timestamp()
    where o.channel = open_channel.code and o.state = 'pending' and o.next_attempt_at > clock_timestamp();
    perform cs_health._wake_worker();
end
$$;
comment on function cs_health.open_channel(text) is
    'Uses a channel again at once, whether close_channel() or failures closed it; messages that wait for their next '
    'attempt are tried now';

create function cs_health._channel_test(code text, recipient text, source_key text) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select case c.kind
        when 'slack' then jsonb_build_object('text', t.said)
        when 'email' then jsonb_build_object('to', recipient, 'subject', 'Test', 'text', t.said)
        else cs_health._event('channel.test', null, jsonb_build_object('text', t.said), source_key) end
    from cs_health.channel as c
    cross join (select 'cs_health can write to this channel.' as said) as t
    where c.code = _channel_test.code and starts_with(source_key, format('test %s ', c.code))
        and (c.kind <> 'email' or cs_health._is_colleague(recipient))
$$;
comment on function cs_health._channel_test(text, text, text) is
    'The payload of a test of a channel, the only message that administrators may write; null when its source_key does '
    'not say so, and for a mail to somebody who is no colleague';

create function cs_health.test_channel(code text, recipient text default null) returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    channel record;
    key text := format('test %s %s', code, gen_random_uuid());
begin
    perform cs_health._require_channel(code);
    select c.kind, c.enabled into channel from cs_health.channel as c where c.code = code;
    if not channel.enabled then
        raise exception 'channel "%" is not enabled', code
            using errcode = 'object_not_in_prerequisite_state',
                hint = 'UPDATE cs_health.channel SET enabled = true for it.';
    end if;
    if (channel.kind = 'email') <> (recipient is not null) then
        raise exception 'recipient of a test must be given for e-mail, and only there'
            using errcode = 'invalid_parameter_value',
                hint = 'SELECT cs_health.test_channel(''email'', ''you@example.com'');';
    end if;
    if recipient is not null then
        perform cs_health.check_email_address(recipient);
        perform cs_health._require_colleague('recipient', recipient);
    end if;
    return cs_health._enqueue(code, 'channel.test', cs_health._channel_test(code, recipient, key), key);
end
$$;
comment on function cs_health.test_channel(text, text) is
    'Sends a test message through a channel, by e-mail to the recipient, who must be a CSM, a manager or '
    'settings.fallback_assignee; returns its id in the outbox, where the result can be read';

create function cs_health.delivery_status()
returns table (
    channel text, kind text, enabled boolean, pending bigint, in_flight bigint, dead bigint,
    oldest timestamptz, p95_seconds double precision, failures integer, closed_until timestamptz, problem text)
language sql
set search_path = pg_catalog, pg_temp as $$
    select c.code, c.kind, c.enabled, o.pending, o.in_flight, d.dead, o.oldest, l.p95_seconds, c.failures,
        case when c.closed_until > clock_timestamp() then c.closed_until end, cs_health._secret_problem(c.secret)
    from cs_health.channel as c
    left join lateral (
        select count(*) filter (where o.state = 'pending' or o.lease_until <= clock_timestamp()) as pending,
            count(*) filter (where o.state = 'claimed' and o.lease_until > clock_timestamp()) as in_flight,
            min(o.created_at) as oldest
        from cs_health.outbox as o where o.channel = c.code and o.state in ('pending', 'claimed')) as o on true
    left join lateral (
        select count(*) as dead from cs_health.outbox as o where o.channel = c.code and o.state = 'dead') as d on true
    left join (
        select o.channel, percentile_cont(0.95) within group (
            order by extract(epoch from o.ended_at - o.created_at)::double precision) as p95_seconds
        from cs_health.outbox as o
        where o.state = 'sent' and o.ended_at > clock_timestamp() - interval '1 hour'
        group by o.channel) as l on l.channel = c.code
    order by c.code
$$;
comment on function cs_health.delivery_status() is
    'How each channel does: messages that wait, are being sent and are dead; when the oldest that waits was written; '
    'seconds from writing to delivery that 95 % of the last hour''s took at most; failures in a row; until when it is '
    'closed; what is wrong with its secret';
