-- Who gets it: which contact of a tenant, which colleague.

create function cs_health._present(email text, day date) returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    with recursive chain as (
        select c.email, c.stands_in, c.away_until >= _present.day as away, array[c.email] as seen
        from cs_health.csm as c where c.email = _present.email
        union all
        select n.email, n.stands_in, n.away_until >= _present.day, c.seen || n.email
        from chain as c join cs_health.csm as n on n.email = c.stands_in
        where c.away and n.email <> all (c.seen)
    )
    select case when exists (select from chain)
        then (select c.email from chain as c where c.away is not true)
        else _present.email end
$$;
comment on function cs_health._present(text, date) is
    'A colleague, or while he or she is away whoever stands in, or stands in for that one; null when all are away';

create function cs_health._assignee(tenant_id uuid, role text default 'csm') returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select case role
        when 'manager' then coalesce(p.manager, s.fallback_assignee, c.manager_email, p.csm, t.csm)
        else coalesce(p.csm, p.manager, s.fallback_assignee, t.csm) end
    from cs_health.settings as s
    cross join cs_health.tenant as t
    left join cs_health.csm as c on c.email = t.csm
    cross join lateral (
        select cs_health._present(t.csm, cs_health._today()) as csm,
            cs_health._present(c.manager_email, cs_health._today()) as manager
    ) as p
    where t.id = _assignee.tenant_id
$$;
comment on function cs_health._assignee(uuid, text) is
    'E-mail of the colleague for a tenant: its CSM (role csm) or the CSM''s manager (role manager), who stands in for '
    'them, else the manager, settings.fallback_assignee; null when there is nobody at all';

create function cs_health._is_colleague(email text) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select exists (select from cs_health.csm as c where _is_colleague.email in (c.email, c.manager_email))
        or exists (select from cs_health.settings as s where s.fallback_assignee = _is_colleague.email)
$$;
comment on function cs_health._is_colleague(text) is
    'Whether an e-mail is that of a CSM, of a manager, or settings.fallback_assignee';

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
    'The contact of a tenant with a role, else its primary one; nobody who opted out or whose mail came back. Null when '
    'there is none';

create function cs_health.opt_out(email text) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    contacts integer;
begin
    if (opt_out.email ~ '^[^@[:space:]]+@[^@[:space:]]+$') is not true then
        raise exception 'email must be an address, not %',
            coalesce(regexp_replace(left(opt_out.email, 50), '[^ -~]', '?', 'g'), 'null')
            using errcode = 'invalid_parameter_value', hint = 'Pass the address alone, without a name.';
    end if;
    update cs_health.contact as c set opted_out_at = coalesce(c.opted_out_at, cs_health._now())
    where lower(c.email) = lower(opt_out.email);
    get diagnostics contacts = row_count;
    return contacts;
end
$$;
comment on function cs_health.opt_out(text) is
    'Notes that a person wants no more messages: every contact with this e-mail, in any spelling of upper and lower '
    'case, is left alone by playbooks from now on, and what waits to be sent to it is withdrawn. Returns how many '
    'contacts that were, 0 when nobody has it. What is no address is refused (22023)';
