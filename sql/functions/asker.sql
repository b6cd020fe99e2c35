-- Who asks: the part somebody plays, and the language he or she reads.

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

-- This and the next in PL/pgSQL, which keeps its plan: views ask once in each statement.
create function cs_health._accepted_language(header text) returns text
language plpgsql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
begin
    return (
        select l.tag
        from string_to_table(lower(header), ',') with ordinality as p(part, nr)
        cross join lateral (
            select substring(p.part from '^[[:space:]]*(en|es)(-[a-z0-9-]+)?[[:space:]]*(;|$)') as tag, coalesce(
                substring(p.part from ';[[:space:]]*q[[:space:]]*=[[:space:]]*([01]([.][0-9]{0,3})?)')::numeric, 1)
                as weight
        ) as l
        where l.tag is not null and l.weight > 0
        order by l.weight desc, p.nr limit 1);
end
$$;
comment on function cs_health._accepted_language(text) is
    'en or es, whichever a header Accept-Language prefers; null = neither';

-- The header is found by its pattern, since what is no JSON shall be no error here.
create function cs_health._asker_language() returns text
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce(
        cs_health._accepted_language(substring(
            current_setting('request.headers', true) from '"accept-language"[[:space:]]*:[[:space:]]*"([^"]*)"')),
        (select c.locale from cs_health.csm as c
        where c.email = nullif(current_setting('request.jwt.claims', true), '')::json ->> 'email'));
end
$$;
comment on function cs_health._asker_language() is
    'The language that the request asks for (Accept-Language), else that of the colleague who asks; null = neither '
    'says. For what somebody reads now; messages are in the language of their recipients';

create function cs_health._language(tenant uuid, locale text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    language text := coalesce(locale, cs_health._asker_language(), (
        select coalesce(c.locale, g.locale) from cs_health.settings as g
        left join cs_health.tenant as t on t.id = tenant
        left join cs_health.csm as c on c.email = t.csm), 'en');
begin
    if language not in ('en', 'es') then
        raise exception 'locale "%" is not known', regexp_replace(left(language, 20), '[^ -~]', '?', 'g')
            using errcode = 'invalid_parameter_value', hint = 'Pass en or es, or null for the language of the reader.';
    end if;
    return language;
end
$$;
comment on function cs_health._language(uuid, text) is
    'The language asked for, else that of _asker_language(), of the tenant''s CSM, of settings; only en and es';
