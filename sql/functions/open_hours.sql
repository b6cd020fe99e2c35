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

create function cs_health._is_open(zone text, at timestamptz) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select l.local::time >= s.open_from and l.local::time < s.open_until and cs_health._is_working_day(l.local::date)
    from cs_health.settings as s, (select timezone(zone, at) as local) as l
$$;
comment on function cs_health._is_open(text, timestamptz) is 'Whether messages may go out at a moment';

create function cs_health._next_open(zone text, at timestamptz) returns timestamptz
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    opening timestamp;
    opens timestamptz;
begin
    if cs_health._is_open(zone, at) then
        return at;
    end if;
    opening := timezone(zone, at)::date + (select s.open_from from cs_health.settings as s);
    for n in 0..366 loop
        opens := timezone(zone, opening + n * interval '1 day');
        if opens > at and cs_health._is_open(zone, opens) then -- no day whose clock leaps over the open hours
            return opens;
        end if;
    end loop;
    return null;
end
$$;
comment on function cs_health._next_open(text, timestamptz) is
    'The moment itself when messages may go out then, else the next moment at which they may; null when a whole year '
    'has none';
