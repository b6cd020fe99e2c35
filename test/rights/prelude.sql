-- What the tables of this folder are about: roles in the order of their columns, and what of the schemas one may have
-- rights on.
set client_min_messages = warning;
create temporary table asker (place integer primary key generated always as identity, name text);
insert into asker (name)
values ('cs_health_admin'), ('cs_health_csm_all'), ('cs_health_csm'), ('cs_health_tenant'), ('cs_health_ingest'),
    ('cs_health_worker'), ('cs_health_authenticator'), ('outsider');
create temporary view relation as
select c.oid, c.relname, c.relkind, c.relacl, c.relowner, c.relrowsecurity, c.relispartition, c.reloptions,
    c.relnamespace::regnamespace::text as schema, c.oid::regclass::text as name
from pg_class as c
where c.relnamespace::regnamespace::text in ('cs_health', 'cs_health_v1') and c.relkind in ('r', 'p', 'v', 'm', 'f', 'S');
create temporary view routine as
select p.oid, p.proname, p.prokind, p.prosecdef, p.proleakproof, p.provolatile, p.proconfig, p.prosrc, p.proacl,
    p.proowner, l.lanname, p.pronamespace::regnamespace::text as schema, p.oid::regprocedure::text as name
from pg_proc as p
join pg_language as l on l.oid = p.prolang
where p.pronamespace::regnamespace::text in ('cs_health', 'cs_health_v1');
create temporary view cell as
select r.oid, r.relname, r.relkind, r.relispartition, r.schema, r.name, a.place, a.name as asker, v.verb, v.nr as verb_nr,
    case when has_table_privilege(a.name, r.oid, v.verb) then upper(v.letter)
        when v.verb in ('select', 'insert', 'update') and has_any_column_privilege(a.name, r.oid, v.verb) then v.letter
        else '-' end as letter
from relation as r
cross join asker as a
cross join (values (1, 'select', 'r'), (2, 'insert', 'a'), (3, 'update', 'w'), (4, 'delete', 'd')) as v(nr, verb, letter)
where r.relkind <> 'S';
