-- A company of :tenants, of copies of the customers that are there: their scores of the days that lists and figures compare,
-- contacts, stages, signals, tasks and revenue.
set client_min_messages = warning;
create temporary table copy as
select t.id as original, md5(t.id::text || n)::uuid as id, n
from cs_health.tenant as t
cross join generate_series(1, (select :tenants / count(*)::integer from cs_health.tenant) - 1) as n;

create function pg_temp.copy_rows(relation regclass, changed jsonb default '{}', condition text default 'true') returns void
language plpgsql as $$
declare
    columns text[] := (
        select array_agg(a.attname::text order by a.attnum) from pg_attribute as a
        where a.attrelid = relation and a.attnum > 0 and not a.attisdropped and a.attidentity <> 'a' and a.attgenerated = '');
begin
    execute format('insert into %1$s (%2$s) select %3$s from %1$s as o join pg_temp.copy as c on c.original = o.%4$I where %5$s', relation,
        (select string_agg(quote_ident(n), ', ') from unnest(columns) as n),
        (select string_agg(coalesce(changed ->> n, format('o.%I', n)), ', ' order by p)
            from unnest(columns) with ordinality as u(n, p)),
        case when 'tenant_id' = any (columns) then 'tenant_id' else 'id' end, condition);
end
$$;
select pg_temp.copy_rows('cs_health.tenant',
    '{"id": "c.id", "external_id": "null", "parent_id": "null", "name": "left(o.name, 240) || '' '' || c.n"}');
select pg_temp.copy_rows(r.relation::regclass, '{"tenant_id": "c.id"}')
from unnest('{cs_health.contact,cs_health.journey_entry,cs_health.revenue_event}'::text[]) as r(relation);
select pg_temp.copy_rows('cs_health.customer_health', '{"tenant_id": "c.id"}',
    'o.as_of in (select max(r.as_of) - d from cs_health.run as r, unnest(array[0, 1, 7, 30]) as d group by d)');
select pg_temp.copy_rows('cs_health.expansion_signal', '{"tenant_id": "c.id", "id": "gen_random_uuid()"}');
select pg_temp.copy_rows('cs_health.task', '{"tenant_id": "c.id", "id": "gen_random_uuid()", "execution_id": "null", "step_no": "null",
    "source_key": "o.source_key || '' '' || c.n"}', 'c.n <= 4');
select cs_health._show_health();
analyze;
