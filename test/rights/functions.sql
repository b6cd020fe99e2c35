-- Every role on every function and procedure: x = may call it
\ir prelude.sql
select '# ' || string_agg(a.name, ' ' order by a.place) from asker as a;
select string_agg(case when has_function_privilege(a.name, r.oid, 'execute') then 'x' else '-' end, '' order by a.place)
    || E'\t' || r.name
from routine as r cross join asker as a
group by r.schema, r.name order by r.schema desc, r.name collate "C";
