create or replace function cs_health_v1.whoami()
returns table (
    email text, name text, role text, locale text, today date, scored_through date, currency text, time_zone text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    asker_email text := nullif(cs_health.current_csm(), '');
    asker_role text := cs_health._asker_role();
begin
    if asker_role is null or asker_role = 'tenant' then -- who may read nothing about the installation
        return query select asker_email, null::text, asker_role, null::text, null::date, null::date, null::text,
            null::text;
        return;
    end if;
    return query
    select asker_email, c.name, asker_role, coalesce(c.locale, g.locale), cs_health._today(),
        nullif(cs_health._latest_scored_day(), '-infinity'), g.currency, g.time_zone
    from cs_health.settings as g
    left join cs_health.csm as c on c.email = asker_email;
end
$$;
comment on function cs_health_v1.whoami() is
    'Who asks, and what the installation goes by

One row. email is the token''s; name and locale are the colleague''s (null and the language of settings where the e-mail
is nobody''s); role is csm, csm_all, admin, tenant or owner; today is the day in time_zone, scored_through the latest
scored day (null = none yet), currency that of every amount. A customer''s user gets email and role only.';
