-- Banners: your product asks for them and says what became of them.

create function cs_health.in_app_messages(tenant_id uuid)
returns table (
    id uuid, locale text, title text, body text, link text, created_at timestamptz, expires_at timestamptz,
    shown_at timestamptz)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    perform cs_health._require_tenant(in_app_messages.tenant_id);
    return query
        select m.id, m.locale, m.title, m.body, m.link, m.created_at, m.expires_at, m.shown_at
        from cs_health.in_app_message as m
        where m.tenant_id = in_app_messages.tenant_id and m.dismissed_at is null and m.expires_at > cs_health._now()
        order by m.created_at, m.id;
end
$$;
comment on function cs_health.in_app_messages(uuid) is
    'The banners to show to a tenant''s users now, oldest first: neither dismissed nor expired. Texts are plain, so '
    'escape them; link is https or null. Unknown tenants are refused (22023)';

create function cs_health._withdraw_banners() returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    withdrawn integer;
begin
    update cs_health.in_app_message as m set expires_at = cs_health._now()
    where (m.tenant_id, m.id) in (
        select l.tenant_id, l.id
        from cs_health.in_app_message as l
        join cs_health.playbook_execution as e on e.tenant_id = l.tenant_id and e.id = l.execution_id
        where l.expires_at > cs_health._now() and l.dismissed_at is null
            and cs_health._forbidden(l.tenant_id, e.playbook_id, true) is not null
        for no key update of l skip locked);
    get diagnostics withdrawn = row_count;
    return withdrawn;
end
$$;
comment on function cs_health._withdraw_banners() is
    'Ends banners whose playbook may not address people of the tenant any more; returns how many';

create function cs_health._mark_in_app(id uuid, what text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    update cs_health.in_app_message as m
    set shown_at = coalesce(m.shown_at, cs_health._now()),
        clicked_at = case what when 'clicked' then coalesce(m.clicked_at, cs_health._now()) else m.clicked_at end,
        dismissed_at = case what when 'dismissed' then coalesce(m.dismissed_at, cs_health._now())
            else m.dismissed_at end
    where m.id = _mark_in_app.id;
    if not found then
        raise exception 'in-app message % does not exist', coalesce(_mark_in_app.id::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'in_app_messages(tenant_id) lists those to show.';
    end if;
end
$$;
comment on function cs_health._mark_in_app(uuid, text) is
    'Notes that a banner was shown, clicked or dismissed; the first time counts, and whoever clicked or dismissed it '
    'was shown it';

create function cs_health.in_app_shown(id uuid) returns void
language sql
set search_path = pg_catalog, pg_temp as $$
    select cs_health._mark_in_app(in_app_shown.id, 'shown')
$$;
comment on function cs_health.in_app_shown(uuid) is
    'Say that a banner was shown; the first time counts. An unknown id is refused (22023)';

create function cs_health.in_app_clicked(id uuid) returns void
language sql
set search_path = pg_catalog, pg_temp as $$
    select cs_health._mark_in_app(in_app_clicked.id, 'clicked')
$$;
comment on function cs_health.in_app_clicked(uuid) is
    'Say that somebody followed a banner''s link; the first time counts. An unknown id is refused (22023)';

create function cs_health.in_app_dismissed(id uuid) returns void
language sql
set search_path = pg_catalog, pg_temp as $$
    select cs_health._mark_in_app(in_app_dismissed.id, 'dismissed')
$$;
comment on function cs_health.in_app_dismissed(uuid) is
    'Say that somebody closed a banner; it is shown no more. An unknown id is refused (22023)';
