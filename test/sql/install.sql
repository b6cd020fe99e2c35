-- install() makes everything, a second call changes nothing
\set SHOW_CONTEXT never
set client_min_messages = warning;
call cs_health.install();
select count(*) > 0 as has_tables from pg_class where relnamespace = 'cs_health'::regnamespace and relkind in ('r',
    'p');
create table before as select path, installed_at from cs_health.installed_part;
call cs_health.install();
select count(*) as parts_run_again from cs_health.installed_part join before using (path)
where installed_part.installed_at <> before.installed_at;
drop table before;
select code, version from cs_health.scorecard order by id;
select r.segment, r.plan_code, c.code from cs_health.scorecard_rule as r
join cs_health.scorecard as c on c.id = r.scorecard_id;
select schema_version = cs_health.version() as current from cs_health.settings;
select count(*) as measures, min(position), max(position) from cs_health.measure;

-- no table without row-level security, no view that runs with its owner's rights
select c.relname from pg_class as c
where c.relnamespace = 'cs_health'::regnamespace and c.relkind in ('r', 'p') and not c.relrowsecurity;
select c.relname from pg_class as c
where c.relnamespace = 'cs_health_v1'::regnamespace and c.relkind = 'v'
    and not coalesce(c.reloptions @> array['security_invoker=true'], false);
