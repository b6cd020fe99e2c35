create or replace function cs_health_v1.digest_today()
returns table (section text, line text, place bigint, total bigint)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select d.section, d.line, d.place, d.total from cs_health.digest_today() as d
$$;
comment on function cs_health_v1.digest_today() is
    'Your morning digest as it is now

A row for each line, in order: the heading of its section, the line, its place in the section, and how many there are in
all, of which the first are given. In your language; no row where there is nothing to tell.';
