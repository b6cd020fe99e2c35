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
    event jsonb := jsonb_build_object('id', md5(kind || ' ' || source_key)::uuid, 'kind', kind, 'version', 1,
        'occurred_at', to_char(timezone('UTC', cs_health._now()), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'tenant_id', tenant_id, 'data', data);
    told integer;
begin
    insert into cs_health.outbox (source_key, channel, kind, tenant_id, payload)
    select format('event %s %s to %s', kind, source_key, c.code), c.code, kind, tenant_id, event
    from cs_health.channel as c
    where c.kind = 'webhook' and c.enabled and (c.event_kinds is null or kind = any (c.event_kinds))
    on conflict on constraint outbox_source_key_key do nothing;
    get diagnostics told = row_count;
    if told > 0 then
        perform cs_health._wake_worker();
    end if;
    return told;
end
$$;
comment on function cs_health._emit(text, uuid, jsonb, text) is
    'Tells an event to every webhook channel that wants its kind, once per source_key; returns how many that were. '
    'doc/events.md describes kinds and data';
