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

create function cs_health._feed_is_live(feed_code text, as_of date) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    day_end timestamptz := cs_health._end_of(as_of);
    latest date;
    live_days integer;
begin
    if feed_code = 'ticket' then
        return exists (select from cs_health.ticket where opened_at < day_end);
    end if;
    select window_days into live_days from cs_health.feed where code = feed_code;
    select max(day) into latest from cs_health.feed_day where feed = feed_code and day <= as_of;
    return coalesce(latest > as_of - live_days, false);
end
$$;

create function cs_health._require_autocommit(what text) returns void
as 'MODULE_PATHNAME', 'csh_require_autocommit' language c volatile strict;
