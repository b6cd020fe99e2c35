-- Messages to customers that wait: what must no longer go is withdrawn, what waited too long goes through budget and
-- open hours again.

create function cs_health._forbidden(tenant_id uuid, playbook_id uuid, customer boolean) returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select case
        when p.id is null then 'playbook_deleted'
        when p.status = 'archived' then 'archived'
        when customer and t.holdout then 'holdout'
        when customer and t.churn_notice_on is not null and p.trigger_type <> 'churn_risk' then 'notice'
        when customer and p.trigger_type = 'expansion' and cs_health._held_now(t.id) is not null then 'at_risk' end
    from cs_health.tenant as t
    left join cs_health.cs_playbook as p on p.id = _forbidden.playbook_id
    where t.id = _forbidden.tenant_id
$$;
comment on function cs_health._forbidden(uuid, uuid, boolean) is
    'Why a playbook does nothing more for a tenant: playbook_deleted, archived, and for what people of the tenant get '
    'holdout, notice when it gave notice, which only playbooks against churn answer, or at_risk when nothing is to be '
    'sold to it; null when it may';

create function cs_health._limit_message(id uuid, tenant_id uuid) returns void
language sql
set search_path = pg_catalog, pg_temp as $$
    update cs_health.outbox as o
    set send_before = clock_timestamp() + greatest(interval '1 hour',
        timezone(t.time_zone, timezone(t.time_zone, cs_health._now())::date + s.open_until) - cs_health._now())
    from cs_health.tenant as t, cs_health.settings as s
    where o.id = _limit_message.id and t.id = _limit_message.tenant_id
$$;
comment on function cs_health._limit_message(uuid, uuid) is
    'Lets a message to people of a tenant go until the open hours of their day end, and at least for an hour. Business '
    'time tells how long that is; it counts from the real time, which deliveries keep to';

create function cs_health._waits(state text, lease_until timestamptz) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select state = 'pending' or state = 'claimed' and lease_until <= clock_timestamp()
$$;
comment on function cs_health._waits(text, timestamptz) is 'Whether nobody is sending a message that has not ended';

create function cs_health._withdrawal(tenant_id uuid, execution_id uuid, step_no integer) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    why text;
    condition jsonb;
    started_at timestamptz;
begin
    select case
            when s.status not in ('queued', 'failed') then s.status
            when t.id is null then 'tenant_deleted'
            when t.status not in ('active', 'trial') then 'tenant_' || t.status
            when c.id is null then 'contact_deleted'
            when c.opted_out_at is not null then 'opted_out'
            when c.bounced_at is not null then 'bounced'
            when lower(c.email) <> lower(s.recipient) then 'address_changed'
            when e.status not in ('running', 'paused', 'finished') then e.status
            when p.dry_run then 'dry_run'
            when o.send_before <= clock_timestamp()
                and cs_health._is_too_late(s.tenant_id, s.execution_id, s.step_no, false) then 'too_late'
            else cs_health._forbidden(t.id, e.playbook_id, true) end,
        e.steps -> (s.step_no - 1) -> 'if', coalesce(e.approved_at, e.created_at)
    into why, condition, started_at
    from cs_health.playbook_step as s
    join cs_health.playbook_execution as e on e.tenant_id = s.tenant_id and e.id = s.execution_id
    left join cs_health.outbox as o on o.id = s.outbox_id
    left join cs_health.tenant as t on t.id = s.tenant_id
    left join cs_health.contact as c on c.tenant_id = s.tenant_id and c.id = s.contact_id
    left join cs_health.cs_playbook as p on p.id = e.playbook_id
    where s.tenant_id = _withdrawal.tenant_id and s.execution_id = _withdrawal.execution_id
        and s.step_no = _withdrawal.step_no;
    if why is null and condition is not null then
        why := cs_health._step_verdict(tenant_id, started_at, condition);
    end if;
    return why;
end
$$;
comment on function cs_health._withdrawal(uuid, uuid, integer) is
    'Why the message of a step, handed out already, must not go to the customer any more; null when it may';

create function cs_health._hold_contact(tenant_id uuid, id uuid) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    perform from cs_health.contact as c where c.tenant_id = _hold_contact.tenant_id and c.id = _hold_contact.id
    for no key update skip locked;
    return found or not exists (
        select from cs_health.contact as c
        where c.tenant_id = _hold_contact.tenant_id and c.id = _hold_contact.id);
end
$$;
comment on function cs_health._hold_contact(uuid, uuid) is
    'Keeps a contact as it is until the transaction ends; false when another session has it. So opt_out() comes '
    'before, and is seen, or waits, and then finds the message';

create function cs_health._hold_message(tenant_id uuid, execution_id uuid, step_no integer) returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    message uuid;
    contact uuid;
begin
    select o.id, s.contact_id into message, contact
    from cs_health.playbook_step as s join cs_health.outbox as o on o.id = s.outbox_id
    where s.tenant_id = _hold_message.tenant_id and s.execution_id = _hold_message.execution_id
        and s.step_no = _hold_message.step_no and cs_health._waits(o.state, o.lease_until)
    for no key update skip locked;
    return case when cs_health._hold_contact(tenant_id, contact) then message end;
end
$$;
comment on function cs_health._hold_message(uuid, uuid, integer) is
    'Locks a step, its message that waits, and its contact; null when another session has one of them, or when the '
    'message does not wait';

create function cs_health._withdraw_message(
    tenant_id uuid, execution_id uuid, step_no integer, message uuid, why text)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    if cs_health.cancel_delivery(message) is not true then
        return false;
    end if;
    update cs_health.outbox as o set last_error = why where o.id = message;
    perform cs_health._put_step(tenant_id, execution_id, step_no, 'skipped', why)
    from cs_health.playbook_step as s
    where s.tenant_id = tenant_id and s.execution_id = execution_id and s.step_no = step_no
        and s.status in ('queued', 'failed');
    return true;
end
$$;
comment on function cs_health._withdraw_message(uuid, uuid, integer, uuid, text) is
    'Cancels a message that waits and skips its step, unless that is over; false when it does not wait any more';

create function cs_health._withdraw_messages(most integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    step record;
    message uuid;
    why text;
    withdrawn integer := 0;
begin
    for step in
        select s.tenant_id, s.execution_id, s.step_no
        from cs_health.outbox as o
        join cs_health.playbook_step as s
            on s.tenant_id = o.tenant_id and s.execution_id = o.execution_id and s.step_no = o.step_no
        where o.state in ('pending', 'claimed') and cs_health._waits(o.state, o.lease_until)
            and s.outbox_id = o.id and s.contact_id is not null
    loop
        begin
            why := cs_health._withdrawal(step.tenant_id, step.execution_id, step.step_no);
        exception
            when transaction_rollback then
                raise;
            when others then -- one message that cannot be judged must not keep the others waiting
                raise warning 'step % of execution % cannot be judged: %', step.step_no, step.execution_id, sqlerrm;
                continue;
        end;
        continue when why is null;
        perform from cs_health.playbook_execution as e
        where e.tenant_id = step.tenant_id and e.id = step.execution_id
        for update skip locked;
        continue when not found;
        message := cs_health._hold_message(step.tenant_id, step.execution_id, step.step_no);
        if cs_health._withdraw_message(step.tenant_id, step.execution_id, step.step_no, message, why) then
            withdrawn := withdrawn + 1;
            exit when withdrawn >= most;
        end if;
    end loop;
    return withdrawn;
end
$$;
comment on function cs_health._withdraw_messages(integer) is
    'Cancels at most so many messages to customers that wait and must not go any more, and skips their steps with the '
    'reason; returns how many';

create function cs_health._late_messages(of_tenant uuid default null)
returns table (tenant_id uuid, execution_id uuid, step_no integer, planned_at timestamptz)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select s.tenant_id, s.execution_id, s.step_no, s.planned_at
    from cs_health.outbox as o
    join cs_health.playbook_step as s
        on s.tenant_id = o.tenant_id and s.execution_id = o.execution_id and s.step_no = o.step_no
    join cs_health.playbook_execution as e on e.tenant_id = s.tenant_id and e.id = s.execution_id
    where o.state in ('pending', 'claimed') and o.send_before <= clock_timestamp()
        and cs_health._waits(o.state, o.lease_until) and s.outbox_id = o.id
        and e.status in ('running', 'finished') and s.tenant_id = coalesce(of_tenant, s.tenant_id)
        and (s.reason is null or s.due_at <= cs_health._now())
$$;
comment on function cs_health._late_messages(uuid) is
    'Steps, of a tenant or of all, whose message was not sent in time and may be tried now';

create function cs_health._can_send(message uuid) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select exists (
        select from cs_health.outbox as o join cs_health.channel as c on c.code = o.channel
        where o.id = message and c.enabled
            and (c.closed_until is null or c.closed_until < clock_timestamp() + interval '1 hour'))
$$;
comment on function cs_health._can_send(uuid) is
    'Whether the channel of a message is enabled, and open before the hour is over that a message has at least';

create function cs_health._release_message(tenant_id uuid, execution_id uuid, step_no integer) returns text
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    now timestamptz := cs_health._now();
    zone text := (select t.time_zone from cs_health.tenant as t where t.id = tenant_id);
    message uuid := cs_health._hold_message(tenant_id, execution_id, step_no);
    why text;
    moment timestamptz;
begin
    if message is null then
        return null;
    end if;
    why := cs_health._withdrawal(tenant_id, execution_id, step_no);
    if why is not null then
        perform cs_health._withdraw_message(tenant_id, execution_id, step_no, message, why);
        return 'skipped';
    end if;
    -- It was not sent when it was handed out, so it does not count against the budget of that day.
    update cs_health.playbook_step as s set handed_at = null
    where s.tenant_id = tenant_id and s.execution_id = execution_id and s.step_no = step_no;
    if not cs_health._can_send(message) then
        return cs_health._put_step(tenant_id, execution_id, step_no, 'queued', 'no_channel',
            coalesce(cs_health._next_open(zone, now + interval '1 day'), now + interval '1 day'));
    end if;
    moment := cs_health._next_open(zone, now);
    if moment = now then
        moment := cs_health._next_open(zone, cs_health._next_contact(tenant_id, zone, now));
    end if;
    if moment is distinct from now then
        return cs_health._put_step(tenant_id, execution_id, step_no, 'queued', 'late',
            coalesce(moment, now + interval '1 day'));
    end if;
    update cs_health.outbox as o
    set state = 'pending', next_attempt_at = clock_timestamp(), lease_until = null, claimed_by = null
    where o.id = message;
    perform cs_health._limit_message(message, tenant_id);
    perform cs_health._wake_worker();
    update cs_health.playbook_step as s set handed_at = now
    where s.tenant_id = tenant_id and s.execution_id = execution_id and s.step_no = step_no;
    return cs_health._put_step(tenant_id, execution_id, step_no, 'queued');
end
$$;
comment on function cs_health._release_message(uuid, uuid, integer) is
    'Lets a late message go under the same key, withdraws it, or says when it is tried next as channel, open hours and '
    'budget allow; null when another session has it';

create function cs_health._release_messages(most integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    late cursor for
        select t.id from cs_health.tenant as t
        where t.id in (select l.tenant_id from cs_health._late_messages() as l)
        for no key update of t skip locked;
    step record;
    before integer;
    tenants integer := 0;
    tried integer := 0;
begin
    for tenant in late loop
        before := tried;
        for step in
            select l.execution_id, l.step_no
            from cs_health._late_messages(tenant.id) as l
            join cs_health.playbook_execution as e on e.tenant_id = tenant.id and e.id = l.execution_id
            order by l.planned_at, l.execution_id, l.step_no
            for update of e skip locked
        loop
            begin
                tried := tried
                    + (cs_health._release_message(tenant.id, step.execution_id, step.step_no) is not null)::integer;
            exception
                when transaction_rollback then
                    raise;
                when others then -- what cannot be judged does not go, and keeps nothing else from it
                    perform cs_health._put_step(tenant.id, step.execution_id, step.step_no, 'queued',
                        format('error %s: %s', sqlstate, left(sqlerrm, 300)), cs_health._after_error(sqlstate));
                    raise warning 'step % of execution % is not sent: %', step.step_no, step.execution_id, sqlerrm;
                    tried := tried + 1;
            end;
        end loop;
        tenants := tenants + (tried > before)::integer;
        exit when tenants >= most;
    end loop;
    return tried;
end
$$;
comment on function cs_health._release_messages(integer) is
    'Lets messages whose send_before has passed go again, as budget and open hours allow, of at most so many tenants '
    'that no other session holds; returns how many it looked at';
