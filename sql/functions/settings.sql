-- Small readers of the settings that many functions share.

create function cs_health._time_zone() returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select time_zone from cs_health.settings
$$;

create function cs_health._now() returns timestamptz
as 'MODULE_PATHNAME', 'csh_now' language c stable;
comment on function cs_health._now() is
    'now(), or what a superuser set cs_health.now to: tests and demonstrations run playbooks through weeks in seconds';

create function cs_health._today() returns date
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select timezone(cs_health._time_zone(), cs_health._now())::date
$$;

create function cs_health._end_of(day date) returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select timezone(cs_health._time_zone(), (day + 1)::timestamp)
$$;

create function cs_health._require_autocommit(what text) returns void
as 'MODULE_PATHNAME', 'csh_require_autocommit' language c volatile strict;
