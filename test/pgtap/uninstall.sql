-- The data outlives the extension: uninstall(), DROP EXTENSION and install() in every order, and what install()
-- restores.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
begin;
set local client_min_messages = warning;
set local search_path = public, pg_catalog;

select plan(39);

-- Every row of every table, as one checksum a table
create function public.contents() returns table (name text, row_count bigint, checksum text) language plpgsql as $$
begin
    for name in
        select c.relname from pg_class as c
        where c.relnamespace = 'cs_health'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        order by c.relname
    loop
        execute format('select count(*), md5(string_agg(t::text, '','' order by t::text)) from cs_health.%I as t', name)
        into row_count, checksum;
        return next;
    end loop;
end
$$;

-- Everything that install() makes: tables and views with rights, columns, constraints, indexes, policies, API functions
create view public.installed as
select 'relation' as kind, c.oid::regclass::text as name,
    concat_ws(' ', c.relkind, c.relrowsecurity, c.relacl, obj_description(c.oid, 'pg_class'),
        case c.relkind when 'v' then pg_get_viewdef(c.oid) end) as definition
from pg_class as c
where c.relnamespace::regnamespace::text in ('cs_health', 'cs_health_v1') and c.relkind in ('r', 'p', 'v', 'i', 'I')
union all
select 'column', format('%s.%s', a.attrelid::regclass, a.attname),
    concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod), a.attnotnull, col_description(a.attrelid, a.attnum))
from pg_attribute as a join pg_class as c on c.oid = a.attrelid
where c.relnamespace::regnamespace::text in ('cs_health', 'cs_health_v1') and c.relkind in ('r', 'p', 'v')
    and a.attnum > 0 and not a.attisdropped
union all
select 'constraint', format('%s.%s', c.conrelid::regclass, c.conname), pg_get_constraintdef(c.oid)
from pg_constraint as c where c.connamespace::regnamespace::text = 'cs_health'
union all
select 'policy', format('%s.%s', p.polrelid::regclass, p.polname),
    concat_ws(' ', p.polcmd, p.polroles::regrole[], pg_get_expr(p.polqual, p.polrelid),
        pg_get_expr(p.polwithcheck, p.polrelid))
from pg_policy as p
union all
select 'function', p.oid::regprocedure::text, concat_ws(' ', p.prosrc, p.proacl, obj_description(p.oid, 'pg_proc'))
from pg_proc as p where p.pronamespace::regnamespace::text = 'cs_health_v1';

create function public.differences(before text) returns text language plpgsql as $$
declare
    found text;
begin
    execute format('select string_agg(distinct concat_ws('' '', kind, name), '', '') from (
        (select * from %1$I except select * from public.installed)
        union all (select * from public.installed except select * from %1$I)) as d', before) into found;
    return found;
end
$$;

-- Something in every kind of table
insert into cs_health.tenant (id, name, signed_up_at)
select gen_random_uuid(), 'Tenant ' || i, now() - interval '100 days' from generate_series(1, 5) as i;
insert into cs_health.event (tenant_id, user_id, occurred_at, kind)
select t.id, 'u' || d % 3, now() - d * interval '1 day', 'login'
from cs_health.tenant as t cross join generate_series(1, 40) as d;
do $$ begin perform cs_health._fold_partition(p, null) from generate_series(0, 15) as p; end $$;
insert into cs_health.event (tenant_id, user_id, kind) select t.id, 'waiting', 'login' from cs_health.tenant as t;
insert into cs_health.feedback (tenant_id, kind, score) select t.id, 'nps', 9 from cs_health.tenant as t;
insert into cs_health.ticket (tenant_id, id, opened_at) select t.id, 'a', now() from cs_health.tenant as t;
do $$ begin perform cs_health.recalculate_tenant(t.id) from cs_health.tenant as t; end $$;
do $$
begin
    perform cs_health.save_scorecard(jsonb_set(cs_health._spec_scorecard(), '{code}', '"mine"'));
    perform cs_health.publish_scorecard('mine');
    perform cs_health.use_scorecard('mine');
end
$$;
create temp table rows_before as select * from public.contents();
create temp table secret as select * from cs_health.hash_secret;
create temp table card as select s.scorecard_id, c.code from cs_health.scorecard_rule as s
join cs_health.scorecard as c on c.id = s.scorecard_id;
create temp table made as select * from public.installed;
select is((select sum(row_count) from rows_before where name in ('tenant', 'event', 'activity', 'feedback', 'ticket',
    'customer_health', 'hash_secret')), 31::numeric, 'there are rows to lose');

-- In use, it cannot be dropped by accident
select throws_ok('drop extension cs_health', '2BP01', null, 'DROP EXTENSION is refused while its code is in use');
select results_eq('select * from public.contents()', 'select * from rows_before', 'and nothing is lost');

-- Twice is once
select lives_ok('call cs_health.install()', 'install() runs again');
select results_eq('select * from public.contents()', 'select * from rows_before', 'changes no row');
select is(public.differences('made'), null, 'and no object');

-- Away, and back
select lives_ok('call cs_health.uninstall()', 'uninstall()');
select results_eq('select * from public.contents()', 'select * from rows_before', 'uninstall() keeps every row');
select hasnt_schema('cs_health_v1', 'the API is gone');
select is((select count(*) from pg_policy as p join pg_class as c on c.oid = p.polrelid
    where c.relnamespace = 'cs_health'::regnamespace), 0::bigint, 'so are the policies');
select lives_ok('call cs_health.uninstall()', 'uninstall() runs again');
select lives_ok('drop extension cs_health', 'then DROP EXTENSION works, without CASCADE');
select results_eq('select * from public.contents()', 'select * from rows_before', 'and keeps every row');
select is((select count(*) from pg_proc as p where p.pronamespace = 'cs_health'::regnamespace), 0::bigint,
    'no function is left');
update cs_health.tenant set name = 'Renamed' where name = 'Tenant 1';
select lives_ok('create extension cs_health', 'CREATE EXTENSION finds the schema with its tables');
select lives_ok('call cs_health.install()', 'install() takes them up');
select is((select count(*) from cs_health_v1.health_scores as h where h.tenant_name = 'Renamed'), 1::bigint,
    'the list shows what was changed meanwhile');
update cs_health.tenant set name = 'Tenant 1' where name = 'Renamed';
select results_eq('select * from public.contents()', 'select * from rows_before', 'with every row');
select results_eq('select s.scorecard_id, c.code from cs_health.scorecard_rule as s
    join cs_health.scorecard as c on c.id = s.scorecard_id', 'select * from card', 'the scorecard in use is the same');
select results_eq('select * from cs_health.hash_secret', 'select * from secret', 'so is the key of the pseudonyms');
select is(public.differences('made'), null, 'and so is every object');
select is((select count(*) from cs_health.tenant as t
    where (cs_health.health_now(t.id)).overall_score is not null), 5::bigint, 'tenants are scored as before');
select throws_ok('drop extension cs_health', '2BP01', null, 'and it is in use again');

-- What is missing comes back
call cs_health.install_roles();
create temp table with_roles as select * from public.installed;
select isnt((select count(*) from pg_policy), 0::bigint, 'with roles there are policies');
drop policy cs_health_csm_select on cs_health.tenant;
drop view cs_health_v1.health_scores cascade;
drop function cs_health_v1.health_score_history(uuid, date, date, integer);
alter table cs_health.scorecard drop constraint scorecard_document_is_usable;
alter table cs_health.tenant disable row level security;
revoke select on cs_health.tenant from cs_health_csm;
select isnt(public.differences('with_roles'), null, 'policy, view, function, constraint, right and security are gone');
call cs_health.install();
select is(public.differences('with_roles'), null, 'install() restores them');
drop schema cs_health_v1 cascade;
call cs_health.install();
select is(public.differences('with_roles'), null, 'and the whole API');

-- The way of a migration: a part that is not recorded is run
delete from cs_health.installed_part where path = 'tables/run.sql';
drop table cs_health.run_batch, cs_health.run, cs_health.retention cascade;
select isnt(public.differences('with_roles'), null, 'the tables of a part are gone');
call cs_health.install();
select is(public.differences('with_roles'), null, 'install() runs the part that is not recorded');
select is((select count(*) from cs_health.installed_part where path = 'tables/run.sql'), 1::bigint, 'and records it');
select results_eq('select * from public.contents() where name not in (''installed_part'', ''run'', ''run_batch'')',
    'select * from rows_before where name not in (''installed_part'', ''run'', ''run_batch'')',
    'the others keep their rows');

-- Everything away
select lives_ok('call cs_health.uninstall(drop_data => true)', 'uninstall(drop_data => true)');
select is((select count(*) from pg_class as c where c.relnamespace = 'cs_health'::regnamespace
    and c.relkind in ('r', 'p', 'v', 'm', 'S', 'i', 'I')), 0::bigint, 'leaves no table');
select lives_ok('drop extension cs_health', 'DROP EXTENSION');
select is((select count(*) from pg_depend as d
    where d.refclassid = 'pg_namespace'::regclass and d.refobjid = 'cs_health'::regnamespace), 0::bigint,
    'leaves an empty schema');

-- A schema that somebody else has prepared could hold anything
drop schema cs_health;
create role cs_health_test_untrusted;
create schema cs_health authorization cs_health_test_untrusted;
select throws_matching('create extension cs_health', 'schema "cs_health" belongs to role "cs_health_test_untrusted"',
    'CREATE EXTENSION refuses the schema of an untrusted role');
select throws_ok('create extension cs_health', '42501', null, 'for lack of trust');
alter schema cs_health owner to current_user;
select lives_ok('create extension cs_health', 'it accepts that of the installing role');
select lives_ok('call cs_health.install()', 'and install() begins anew');

select finish();
rollback;
