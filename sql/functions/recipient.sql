-- Who gets it: which contact of a tenant, which colleague.

create function cs_health._present(email text, day date) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    person text := email;
    seen text[] := '{}';
    away boolean;
    stand_in text;
begin
    loop
        select c.away_until >= day or c.disabled_at is not null, c.stands_in into away, stand_in
        from cs_health.csm as c where c.email = person;
        if away is not true then
            return person;
        end if;
        seen := seen || person;
        if stand_in is null or stand_in = any (seen) then
            return null;
        end if;
        person := stand_in;
    end loop;
end
$$;
comment on function cs_health._present(text, date) is
    'A colleague, or while he or she is away or disabled whoever stands in, or stands in for that one; null when all '
    'are away';

create function cs_health._assignee(tenant_id uuid, role text default 'csm') returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    today date := cs_health._today();
    csm text;
    manager text;
    fallback text;
begin
    select t.csm, c.manager_email, s.fallback_assignee into csm, manager, fallback
    from cs_health.settings as s
    join cs_health.tenant as t on t.id = _assignee.tenant_id
    left join cs_health.csm as c on c.email = t.csm;
    if role = 'manager' then
        return coalesce(cs_health._present(manager, today), fallback, manager, cs_health._present(csm, today), csm);
    end if;
    return coalesce(cs_health._present(csm, today), cs_health._present(manager, today), fallback, csm);
end
$$;
comment on function cs_health._assignee(uuid, text) is
    'E-mail of the colleague for a tenant: its CSM (role csm) or the CSM''s manager (role manager), who stands in for '
    'them, else the manager, settings.fallback_assignee; null when there is nobody at all';

create function cs_health._is_colleague(email text) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select (exists (select from cs_health.csm as c where _is_colleague.email in (c.email, c.manager_email))
            or exists (select from cs_health.settings as s where s.fallback_assignee = _is_colleague.email))
        and not exists (
            select from cs_health.csm as c where c.email = _is_colleague.email and c.disabled_at is not null)
$$;
comment on function cs_health._is_colleague(text) is
    'Whether an e-mail is that of a CSM, of a manager, or settings.fallback_assignee, and of nobody who is disabled';

create function cs_health._recipient(tenant_id uuid, role text) returns uuid
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select c.id from cs_health.contact as c
    where c.tenant_id = _recipient.tenant_id and c.opted_out_at is null and c.bounced_at is null
        and (c.role = _recipient.role or c.is_primary)
    order by c.role <> _recipient.role, not c.is_primary, c.name, c.id
    limit 1
$$;
comment on function cs_health._recipient(uuid, text) is
    'The contact of a tenant with a role, else its primary one; nobody who opted out or whose mail came back. Null '
    'when there is none';

create function cs_health._opt_out(email text, of_tenant uuid default null, contact_id uuid default null)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    contacts integer;
    messages uuid[];
begin
    update cs_health.contact as c set opted_out_at = coalesce(c.opted_out_at, cs_health._now())
    where (c.tenant_id, c.id) in (
        select l.tenant_id, l.id from cs_health.contact as l
        where (lower(l.email) = lower(_opt_out.email) or l.id = _opt_out.contact_id)
            and l.tenant_id = coalesce(of_tenant, l.tenant_id)
        order by l.tenant_id, l.id
        for no key update);
    get diagnostics contacts = row_count;
    messages := array(
        select o.id
        from cs_health.outbox as o
        join cs_health.playbook_step as s
            on s.tenant_id = o.tenant_id and s.execution_id = o.execution_id and s.step_no = o.step_no
        left join cs_health.contact as c on c.tenant_id = s.tenant_id and c.id = s.contact_id
        where o.state in ('pending', 'claimed') and s.outbox_id = o.id
            and (lower(c.email) = lower(_opt_out.email) or s.contact_id = _opt_out.contact_id)
            and s.tenant_id = coalesce(of_tenant, s.tenant_id)
        order by o.id
        for no key update of o);
    -- A message to a former address; whoever may not read addresses of steps leaves that to run_playbooks().
    if has_column_privilege('cs_health.playbook_step', 'recipient', 'select') then
        messages := messages || array(
            select o.id
            from cs_health.outbox as o
            join cs_health.playbook_step as s
                on s.tenant_id = o.tenant_id and s.execution_id = o.execution_id and s.step_no = o.step_no
            where o.state in ('pending', 'claimed') and s.outbox_id = o.id and s.contact_id is not null
                and lower(s.recipient) = lower(_opt_out.email) and s.tenant_id = coalesce(of_tenant, s.tenant_id)
            order by o.id
            for no key update of o);
    end if;
    -- What is being sent at this moment cannot be taken back, but is not tried again.
    update cs_health.outbox as o set send_before = '-infinity' where o.id = any (messages);
    update cs_health.outbox as o
    set state = 'cancelled', ended_at = clock_timestamp(), lease_until = null, claimed_by = null,
        last_error = 'opted_out'
    where o.id = any (messages) and cs_health._waits(o.state, o.lease_until);
    return contacts;
end
$$;
comment on function cs_health._opt_out(text, uuid, uuid) is
    'Notes that whoever has this e-mail, or is this contact, wants no more messages, of one tenant or of all, and '
    'withdraws what waits to be sent there; returns how many contacts those were';

create function cs_health.opt_out(email text) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    if (opt_out.email ~ '^[^@[:space:]]+@[^@[:space:]]+$') is not true then
        raise exception 'email must be an address, not %',
            coalesce(regexp_replace(left(opt_out.email, 50), '[^ -~]', '?', 'g'), 'null')
            using errcode = 'invalid_parameter_value', hint = 'Pass the address alone, without a name.';
    end if;
    return cs_health._opt_out(email);
end
$$;
comment on function cs_health.opt_out(text) is
    'Notes that a person wants no more messages: every contact with this e-mail, in any spelling of upper and lower '
    'case, is left alone by playbooks from now on, and what waits to be sent to it is withdrawn. Returns how many '
    'contacts that were, 0 when nobody has it. What is no address is refused (22023)';

create function cs_health.opt_out_delivery(id uuid) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    step record;
    email text;
begin
    select s.tenant_id, s.contact_id into step
    from cs_health.playbook_step as s where s.outbox_id = opt_out_delivery.id;
    if not found and not exists (select from cs_health.outbox as o where o.id = opt_out_delivery.id) then
        raise exception 'unknown delivery %', coalesce(opt_out_delivery.id::text, 'null')
            using errcode = 'invalid_parameter_value',
                hint = 'Pass the id in the address of List-Unsubscribe, or SELECT cs_health.opt_out(email);';
    end if;
    if step.contact_id is null then
        return 0;
    end if;
    select c.email into email from cs_health.contact as c
    where c.tenant_id = step.tenant_id and c.id = step.contact_id;
    if not found then
        select s.recipient into email from cs_health.playbook_step as s where s.outbox_id = opt_out_delivery.id;
    end if;
    return cs_health._opt_out(email, step.tenant_id, step.contact_id);
end
$$;
comment on function cs_health.opt_out_delivery(uuid) is
    'opt_out() for whom a message of a playbook was sent to, by the id that its List-Unsubscribe has: its contact, and '
    'others of the same tenant with that e-mail. Returns how many contacts that were, 0 for what went to no contact. '
    'An id that neither a step nor the outbox has is refused (22023)';
