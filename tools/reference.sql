-- Writes doc/reference.md from the catalogue: psql -XAtq -f tools/reference.sql (after install() and install_roles()).
\pset footer off
\echo '# Reference'
\echo
\echo 'Made from the comments in the catalogue by `make reference`; edit them there. Scorecard documents: [scorecard.md](scorecard.md).'
\echo
\echo '## Measures'
\echo
\echo 'Window 0 means as it stands on the day; windows are (day - n, day]. Step, effort and watched are what `install()` begins with; see the'
\echo 'columns of [measure](#measure).'
\echo
\echo '| Position | Measure | Unit | Window (days) | Higher is better | Step | Effort | Watched | |'
\echo '|---|---|---|---|---|---|---|---|---|'
select format('| %s | %s | %s | %s | %s | %s | %s | %s | %s |', position, code, unit, window_days,
    case higher_is_better when true then 'yes' when false then 'no' else '' end, step, effort,
    case when watched then 'yes' else 'no' end, description)
from cs_health.measure where builtin order by position;

\echo
\echo '## Functions, procedures and aggregates'
select E'\n### ' || p.proname || E'\n\n`' || n.nspname || '.' || p.proname || '(' || pg_get_function_arguments(p.oid) || ')`'
    || coalesce(' → `' || pg_get_function_result(p.oid) || '`', ' (procedure)')
    || E'\n\n' || obj_description(p.oid, 'pg_proc')
from pg_proc as p join pg_namespace as n on n.oid = p.pronamespace
where n.nspname in ('cs_health', 'cs_health_v1') and p.proname !~ '^_'
order by n.nspname, p.proname, pg_get_function_arguments(p.oid);

\echo
\echo '## Tables and views'
select E'\n### ' || c.relname || E'\n\n' || obj_description(c.oid, 'pg_class') || E'\n\n| Column | Type | Null | |\n|---|---|---|---|\n'
    || string_agg(format('| %s | %s | %s | %s |', a.attname, format_type(a.atttypid, a.atttypmod),
        case when a.attnotnull then 'no' else 'yes' end, coalesce(col_description(c.oid, a.attnum), '')), E'\n' order by a.attnum)
from pg_class as c join pg_namespace as n on n.oid = c.relnamespace join pg_attribute as a on a.attrelid = c.oid
where n.nspname in ('cs_health', 'cs_health_v1') and c.relkind in ('r', 'p', 'v') and not c.relispartition
    and a.attnum > 0 and not a.attisdropped
group by c.oid, c.relname, n.nspname
order by n.nspname, c.relname;
