-- Small readers of the settings that many functions share.

create function cs_health._time_zone() returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select time_zone from cs_health.settings
$$;

create function cs_health._today() returns date
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select timezone(cs_health._time_zone(), now())::date
$$;

create function cs_health._end_of(day date) returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select timezone(cs_health._time_zone(), (day + 1)::timestamp)
$$;

create function cs_health._require_autocommit(what text) returns void
as 'MODULE_PATHNAME', 'csh_require_autocommit' language c volatile strict;
