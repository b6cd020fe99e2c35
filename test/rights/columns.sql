-- What the small letters of relations.tsv mean: which columns of a table, and who
\ir prelude.sql
select concat_ws(E'\t', s.name, s.verb, string_agg(s.asker, ' ' order by s.place), s.columns)
from (
    select c.name, c.verb, c.verb_nr, c.asker, c.place, string_agg(a.attname, ' ' order by a.attnum) as columns
    from cell as c
    join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        and has_column_privilege(c.asker, c.oid, a.attnum, c.verb)
    where c.letter in ('r', 'a', 'w')
    group by c.name, c.verb, c.verb_nr, c.asker, c.place
) as s
group by s.name, s.verb, s.verb_nr, s.columns
order by s.name collate "C", s.verb_nr, min(s.place);
