-- Who asks, for pages that greet: the part somebody plays, and the language he or she reads.

create function cs_health._asker_role() returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select case
        when pg_has_role(current_user, c.relowner, 'usage') then 'owner'
        else (
            select r.role from unnest(array['admin', 'csm_all', 'csm', 'tenant']) with ordinality as r(role, nr)
            where cs_health._has_role('cs_health_' || r.role)
            order by r.nr limit 1) end
    from pg_class as c where c.oid = to_regclass('cs_health.settings')
$$;
comment on function cs_health._asker_role() is
    'owner, admin, csm_all, csm or tenant, by the role in use, the one with most rights; null = none of them';

create function cs_health._asker_language() returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select coalesce((select c.locale from cs_health.csm as c where c.email = (select cs_health.current_csm())),
        (select g.locale from cs_health.settings as g), 'en')
$$;
comment on function cs_health._asker_language() is 'The language of the colleague who asks, else that of settings';
