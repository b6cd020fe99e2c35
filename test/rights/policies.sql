-- Which rows: what each policy compares before it lets a row be read or changed ("using") or written ("check")
\ir prelude.sql
select concat_ws(E'\t', s.name, case s.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
        when 'd' then 'delete' else 'all' end, string_agg(s.asker, ' ' order by s.asker), 'using ' || s.rows,
    'check ' || s.written)
from (
    select r.name, p.polcmd, n::regrole::text as asker,
        regexp_replace(pg_get_expr(p.polqual, p.polrelid), '\s+', ' ', 'g') as rows,
        regexp_replace(pg_get_expr(p.polwithcheck, p.polrelid), '\s+', ' ', 'g') as written
    from pg_policy as p join relation as r on r.oid = p.polrelid cross join unnest(p.polroles) as n
) as s
group by s.name, s.polcmd, s.rows, s.written
order by s.name collate "C", s.polcmd, min(s.asker) collate "C";
