-- A schema of our name that an untrusted role prepared could capture our calls, so only schemas of those who could
-- do anyway what the installer can are accepted.
do $$
declare
    owner_name name;
begin
    select r.rolname into owner_name
    from pg_catalog.pg_namespace n
    join pg_catalog.pg_roles r on r.oid operator(pg_catalog.=) n.nspowner
    where n.nspname operator(pg_catalog.=) 'cs_health'
        and not r.rolsuper
        and r.rolname operator(pg_catalog.<>) current_user
        and r.oid operator(pg_catalog.<>) (
            select d.datdba from pg_catalog.pg_database d
            where d.datname operator(pg_catalog.=) pg_catalog.current_database());
    if found then
        raise exception 'schema "cs_health" belongs to role "%"', owner_name
            using errcode = 'insufficient_privilege',
                hint = 'Only a superuser, the owner of the database or the installing role may own it. '
                    'If you trust what is in it, run ALTER SCHEMA cs_health OWNER TO CURRENT_USER first.';
    end if;
end $$;
