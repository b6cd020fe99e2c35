-- What may never be in the catalogue. Each query returns a row for each offence; the statements after "flaw" make one,
-- which shows that the query finds it. Run psql -f test/rights/lints.sql on a database of your own: no row is good.
\ir prelude.sql

-- lint: a table or partition without row-level security
-- flaw: alter table cs_health.contact disable row level security
select r.name from relation as r where r.relkind in ('r', 'p') and not r.relrowsecurity;

-- lint: a policy on a table that does not heed policies
-- flaw: alter table cs_health.task disable row level security
select r.name, p.polname from pg_policy as p join relation as r on r.oid = p.polrelid where not r.relrowsecurity;

-- lint: a policy for everybody
-- flaw: create policy open on cs_health.contact using (true)
select r.name, p.polname from pg_policy as p join relation as r on r.oid = p.polrelid where 0 = any (p.polroles);

-- lint: a view with the rights of its owner
-- flaw: alter view cs_health_v1.tasks reset (security_invoker)
select r.name from relation as r where r.relkind = 'v' and 'security_invoker=true' <> all (coalesce(r.reloptions, '{}'));

-- lint: something that keeps rows past row-level security
-- flaw: create materialized view cs_health_v1.copy as table cs_health.contact
select r.name from relation as r where r.relkind in ('m', 'f');

-- lint: a function with the rights of its owner
-- flaw: alter function cs_health.forget_tenant(uuid) security definer
select r.name from routine as r where r.prosecdef;

-- lint: a function that claims to leak nothing
-- flaw: alter function cs_health._plain(numeric, integer) leakproof
select r.name from routine as r where r.proleakproof;

-- lint: a function that looks for names where its caller says; those that commit or become part of a statement cannot help it
-- flaw: alter function cs_health.current_csm() reset search_path
select r.name from routine as r
where r.lanname in ('sql', 'plpgsql')
    and 'search_path=pg_catalog, pg_temp' <> all (coalesce(r.proconfig, '{}'))
    and r.proname not in ('_score_day', 'apply_retention', 'fold_events', 'recalculate', 'replay', 'run_due',
        'run_playbooks', '_scored', '_risk_level', '_add_ons', '_has_feature', '_held_reason', '_grows', '_metered',
        'churn_predictions', 'expansion_signals', 'playbook_executions', 'tasks');

-- lint: a right for everybody
-- flaw: grant select on cs_health_v1.tasks to public
select r.name from relation as r cross join aclexplode(r.relacl) as g where g.grantee = 0
union all
select r.name || '.' || a.attname from relation as r
join pg_attribute as a on a.attrelid = r.oid cross join aclexplode(a.attacl) as g where g.grantee = 0
union all
select r.name from routine as r
cross join aclexplode(coalesce(r.proacl, acldefault('f', r.proowner))) as g where g.grantee = 0
union all
select n.nspname from pg_namespace as n cross join aclexplode(n.nspacl) as g
where n.nspname in ('cs_health', 'cs_health_v1') and g.grantee = 0;

-- lint: a right on a partition by its own name
-- flaw: grant insert on cs_health.event_00 to cs_health_ingest
select r.name, g.grantee::regrole from relation as r cross join aclexplode(r.relacl) as g
where r.relispartition and g.grantee <> r.relowner;

-- lint: a right that no one needs here: to empty, to refer to, to put triggers on, to give away
-- flaw: grant references on cs_health.tenant to cs_health_csm
select r.name, g.grantee::regrole, g.privilege_type from relation as r cross join aclexplode(r.relacl) as g
join asker as a on a.name = g.grantee::regrole::text
where g.is_grantable or g.privilege_type not in ('SELECT', 'INSERT', 'UPDATE', 'DELETE');

-- lint: a right without a policy, or a policy without a right
-- flaw: grant select on cs_health.hash_secret to cs_health_csm_all
with allowed as (
    select c.name, c.asker, c.verb from cell as c where c.letter <> '-' and c.relkind in ('r', 'p')
), ruled as (
    select r.name, n::regrole::text as asker,
        case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update' when 'd' then 'delete' end as verb
    from pg_policy as p join relation as r on r.oid = p.polrelid cross join unnest(p.polroles) as n
)
(table allowed except table ruled) union all (table ruled except table allowed);

-- lint: default rights that would open what is made later
-- flaw: alter default privileges in schema cs_health grant select on tables to cs_health_csm
select d.defaclnamespace::regnamespace from pg_default_acl as d
where d.defaclnamespace = 0 or d.defaclnamespace::regnamespace::text in ('cs_health', 'cs_health_v1');

-- lint: something else than views and functions in the API
-- flaw: create table cs_health_v1.note (body text)
select r.name from relation as r where r.schema = 'cs_health_v1' and r.relkind <> 'v'
union all select r.name from routine as r where r.schema = 'cs_health_v1' and r.prokind <> 'f';

-- lint: a function of the API that says that it only reads and calls one that writes, which a GET would find out
-- flaw: alter function cs_health_v1.approve_execution(uuid) stable
select r.name, w.proname from routine as r
cross join regexp_matches(r.prosrc, 'cs_health\.(\w+)\(', 'g') as called(name)
join routine as w on w.schema = 'cs_health' and w.proname = called.name[1] and w.provolatile = 'v' and w.prokind = 'f'
where r.schema = 'cs_health_v1' and r.provolatile <> 'v'
    and not exists (
        select from routine as o where o.schema = 'cs_health' and o.proname = w.proname and o.provolatile <> 'v')
union all
select r.name, null from routine as r
where r.schema = 'cs_health_v1' and r.provolatile <> 'v' and r.prosrc ~* '\m(insert into|update|delete from|truncate)\s+cs_health';

-- lint: a view of the API that reads a secret
-- flaw: create view cs_health_v1.peek with (security_invoker = true) as select payload from cs_health.outbox
select distinct v.name, s.name, s.attname
from (
    select r.oid, r.name, a.attnum, a.attname from relation as r
    join pg_attribute as a on a.attrelid = r.oid
    where (r.name, a.attname) in (('cs_health.channel', 'secret'), ('cs_health.outbox', 'payload'),
        ('cs_health.hash_secret', 'secret'), ('cs_health.delivery_attempt', 'error'))
) as s
join pg_depend as d on d.refclassid = 'pg_class'::regclass and d.refobjid = s.oid and d.refobjsubid = s.attnum
    and d.classid = 'pg_rewrite'::regclass
join pg_rewrite as w on w.oid = d.objid
join relation as v on v.oid = w.ev_class and v.schema = 'cs_health_v1';

-- lint: a key with which whoever adds rows can try whether another customer has one. Keys of tasks end in a random uuid
-- flaw: create unique index on cs_health.touchpoint (detail)
select r.name, i.indexrelid::regclass from pg_index as i
join relation as r on r.oid = i.indrelid and not r.relispartition
join pg_attribute as t on t.attrelid = r.oid and t.attname = 'tenant_id'
where i.indisunique and t.attnum <> all (i.indkey)
    -- one's own keys are compared with one's own
    and not exists (
        select from pg_attribute as a where a.attrelid = r.oid and a.attnum = any (i.indkey) and a.attname in ('author', 'owner'))
    and exists (
        select from pg_attribute as a
        where a.attrelid = r.oid and a.attnum = any (i.indkey) and a.atttypid <> 'uuid'::regtype
            and (has_column_privilege('cs_health_csm', r.oid, a.attnum, 'insert, update')
                or has_column_privilege('cs_health_tenant', r.oid, a.attnum, 'insert, update')))
    and i.indexrelid::regclass::text <> 'cs_health.task_source_key_key';

-- lint: a role that can more than it should, or may become what it should not
-- flaw: grant cs_health_admin to cs_health_csm
select a.name, r.rolname::text from asker as a join pg_roles as r on r.rolname = a.name
where r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication
    or r.rolcanlogin <> (a.name in ('cs_health_authenticator', 'outsider'))
    or r.rolname = 'cs_health_authenticator' and r.rolinherit
union all
select a.name, m.roleid::regrole::text from asker as a join pg_auth_members as m on m.member = to_regrole(a.name)
where (a.name, m.roleid::regrole::text) not in (select 'cs_health_authenticator', 'cs_health_' || n
    from unnest('{admin,csm_all,csm,tenant}'::text[]) as n);

-- lint: a schema in which a role of ours could put something that others then find
-- flaw: grant create on schema public to cs_health_csm
select n.nspname, a.name from pg_namespace as n cross join asker as a
where n.nspname !~ '^pg_(toast_)?temp_' and has_schema_privilege(a.name, n.oid, 'create')
union all
select d.datname, a.name from pg_database as d cross join asker as a
where d.datname = current_database() and has_database_privilege(a.name, d.oid, 'create');
