-- What the roles are, what they may become, and what they may do to schemas, sequences and the database
\ir prelude.sql
select concat_ws(E'\t', a.name, concat_ws(' ', case when r.rolcanlogin then 'login' else 'nologin' end,
        case when r.rolinherit then 'inherit' else 'noinherit' end, case when r.rolsuper then 'superuser' end,
        case when r.rolbypassrls then 'bypassrls' end, case when r.rolcreaterole then 'createrole' end,
        case when r.rolcreatedb then 'createdb' end, case when r.rolreplication then 'replication' end),
    'member of ' || coalesce((
        select string_agg(m.roleid::regrole::text, ' ' order by m.roleid::regrole::text)
        from pg_auth_members as m where m.member = r.oid), 'nothing'),
    'schemas ' || coalesce((
        select string_agg(n.nspname || case when has_schema_privilege(a.name, n.oid, 'create') then ' (create)' else '' end,
            ' ' order by n.nspname)
        from pg_namespace as n where n.nspname in ('cs_health', 'cs_health_v1')
            and (has_schema_privilege(a.name, n.oid, 'usage') or has_schema_privilege(a.name, n.oid, 'create'))),
        'none'),
    'sequences ' || (
        select count(*) from relation as s where s.relkind = 'S'
            and has_sequence_privilege(a.name, s.oid, 'usage, select, update')))
from asker as a left join pg_roles as r on r.rolname = a.name
order by a.place;
