-- Every role on every table and view: r(ead), a(dd), w(rite), d(elete); a small letter where only some columns are meant,
-- which columns.tsv names. Partitions stand in one line as long as they are alike.
\ir prelude.sql
select '# ' || string_agg(a.name, ' ' order by a.place) from asker as a;
with line as (
    select c.oid, c.name, c.relispartition,
        string_agg(c.letter, '' order by c.place, c.verb_nr) as letters
    from cell as c group by c.oid, c.name, c.relispartition
), named as (
    select case when l.relispartition then 'every partition of ' || pg_partition_root(l.oid)::text else l.name end as name,
        l.letters
    from line as l
)
select regexp_replace(n.letters, '(....)(?=.)', '\1 ', 'g') || E'\t' || n.name
from named as n group by n.name, n.letters order by n.name collate "C", n.letters collate "C";
