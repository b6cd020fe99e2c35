-- When messages may go out: hours, weekdays and holidays of the settings, in the time zone of whoever gets them.

create function cs_health._is_working_day(day date) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select extract(isodow from _is_working_day.day)::integer = any (s.open_weekdays)
        and not exists (select from cs_health.holiday as y where y.day = _is_working_day.day)
    from cs_health.settings as s
$$;
comment on function cs_health._is_working_day(date) is 'Whether a day is one of settings.open_weekdays and no holiday';

create function cs_health._next_working_day(day date) returns date
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select coalesce((
        select d.day from (select _next_working_day.day + n as day from generate_series(0, 366) as n) as d
        where cs_health._is_working_day(d.day)
        order by d.day limit 1), _next_working_day.day)
$$;
comment on function cs_health._next_working_day(date) is
    'The day itself or the first working day after it; the day itself when a whole year has none';

create function cs_health._next_open(zone text, at timestamptz) returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp as $$
    -- On a day whose clock leaps over the open hours they end before they begin: it has none
    select greatest(at, h.opens)
    from (
        select d.day, timezone(zone, d.day + s.open_from) as opens, timezone(zone, d.day + s.open_until) as closes
        from cs_health.settings as s,
            (select timezone(zone, at)::date + n as day from generate_series(0, 366) as n) as d
    ) as h
    where at < h.closes and h.opens < h.closes and cs_health._is_working_day(h.day)
    order by h.day limit 1
$$;
comment on function cs_health._next_open(text, timestamptz) is
    'The moment itself when messages may go out then, else the next moment at which they may; null when a whole year '
    'has none';
