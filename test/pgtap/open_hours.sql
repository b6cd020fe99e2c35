-- Open hours: weekends, holidays, zones, and the nights in which clocks are changed.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = warning;
select plan(42);
set timezone = 'Pacific/Auckland';      -- of the session, which must not matter

-- 09:00 to 18:00, Monday to Friday; 2026-11-23 is a Monday
select is(cs_health._next_open('UTC', at::timestamptz), due::timestamptz, what)
from (values
    ('2026-11-23 09:00+00', '2026-11-23 09:00+00', 'the first minute is open'),
    ('2026-11-23 12:34:56.789+00', '2026-11-23 12:34:56.789+00', 'an open moment stays as it is'),
    ('2026-11-23 17:59:59.999999+00', '2026-11-23 17:59:59.999999+00', 'so does the last one'),
    ('2026-11-23 18:00+00', '2026-11-24 09:00+00', 'at closing time it is closed'),
    ('2026-11-23 08:59:59.999999+00', '2026-11-23 09:00+00', 'before opening time too'),
    ('2026-11-23 00:00+00', '2026-11-23 09:00+00', 'midnight waits for the morning'),
    ('2026-11-27 18:00+00', '2026-11-30 09:00+00', 'Friday evening waits for Monday'),
    ('2026-11-28 12:00+00', '2026-11-30 09:00+00', 'Saturday noon too'),
    ('2026-11-29 23:59+00', '2026-11-30 09:00+00', 'and Sunday night')
) as c(at, due, what);
insert into cs_health.holiday (day, name)
values ('2026-11-30', 'One'), ('2026-12-01', 'Two'), ('2026-12-25', 'Christmas');
select is(cs_health._next_open('UTC', at::timestamptz), due::timestamptz, what)
from (values
    ('2026-11-27 18:00+00', '2026-12-02 09:00+00', 'holidays after a weekend are waited for'),
    ('2026-11-30 12:00+00', '2026-12-02 09:00+00', 'noon of a holiday is closed'),
    ('2026-12-24 18:00+00', '2026-12-28 09:00+00', 'a holiday before a weekend'),
    ('2026-12-24 17:59+00', '2026-12-24 17:59+00', 'the day before a holiday is open until it closes')
) as c(at, due, what);
select is(cs_health._is_working_day('2026-12-01'), false, 'a holiday is no working day');
select is(cs_health._is_working_day('2026-12-05'), false, 'nor is a Saturday');
select is(cs_health._is_working_day('2026-12-02'), true, 'a Wednesday is');
select is(cs_health._next_working_day('2026-11-28'), '2026-12-02'::date, 'the next working day after both');
select is(cs_health._next_working_day('2026-12-02'), '2026-12-02'::date, 'a working day is its own');

-- The zone is the receiver's
select is(cs_health._next_open('Asia/Tokyo', '2026-12-02 09:30+00'), '2026-12-03 00:00+00'::timestamptz,
    'half past six in the evening in Tokyo waits for nine there');
select is(cs_health._next_open('America/Los_Angeles', '2026-12-02 09:30+00'), '2026-12-02 17:00+00'::timestamptz,
    'half past one in the night in Los Angeles waits for nine there');
select is(cs_health._next_open('Pacific/Kiritimati', '2026-12-04 04:00+00'), '2026-12-06 19:00+00'::timestamptz,
    'Friday evening fourteen hours ahead of UTC');
select is(cs_health._next_open('Asia/Kathmandu', '2026-12-02 03:14+00'), '2026-12-02 03:15+00'::timestamptz,
    'zones with quarters of an hour');

-- Nothing is open for a year
update cs_health.settings set open_weekdays = '{1}';
insert into cs_health.holiday (day, name)
select d::date, 'Closed' from generate_series('2026-12-01'::timestamp, '2027-12-31', '1 day') as d
where extract(isodow from d) = 1 on conflict do nothing;
select is(cs_health._next_open('UTC', '2026-12-02 12:00+00'), null, 'a year without an open day has no next moment');
select is(cs_health._next_working_day('2026-12-02'), '2026-12-02'::date, 'and every day is as good as another');
delete from cs_health.holiday;

-- Nights in which clocks are changed: forward and back in five zones, by an hour and by half an hour, at midnight and
-- at
-- two. Hours that lie in the change, around it and beside it; every quarter of an hour of three days. `open` says it
-- again without _next_open().
update cs_health.settings set open_weekdays = '{1,2,3,4,5,6,7}';
create function public.open(zone text, at timestamptz) returns boolean language sql as $$
    select to_char(timezone(zone, at), 'HH24:MI:SS') >= s.open_from::text
        and to_char(timezone(zone, at), 'HH24:MI:SS') < s.open_until::text
    from cs_health.settings as s
$$;
create temp table change (zone text, at timestamptz);
insert into change values
    ('Europe/Madrid', '2026-03-29 01:00+00'), ('Europe/Madrid', '2026-10-25 01:00+00'),
    ('America/New_York', '2026-03-08 07:00+00'), ('America/New_York', '2026-11-01 06:00+00'),
    ('Australia/Lord_Howe', '2026-10-03 15:30+00'), ('Australia/Lord_Howe', '2026-04-04 15:00+00'),
    ('America/Santiago', '2026-09-06 04:00+00'), ('America/Santiago', '2026-04-05 03:00+00'),
    ('Europe/London', '2026-03-29 01:00+00'), ('Europe/London', '2026-10-25 01:00+00');
select is((select count(*) from change
    where timezone(zone, at) - timezone(zone, at - interval '1 microsecond') between '-1 minute' and '1 minute'),
    0::bigint, 'the clock of each zone is changed in that moment');
create temp table moment as
select c.zone, c.at + n * interval '15 minutes' as at
from change as c, generate_series(-120, 120) as n;
create temp table seen (zone text, at timestamptz, due timestamptz, is_open boolean, next_open timestamptz);
select format('update cs_health.settings set open_from = %L, open_until = %L', h.opens, h.closes),
    'truncate seen',
    $$insert into seen
    select m.*, min(m.at) filter (where m.is_open) over (
        partition by m.zone, date_part('year', m.at), date_part('month', m.at) < 7
        order by m.at rows between current row and unbounded following)
    from (
        select zone, at, cs_health._next_open(zone, at) as due, public.open(zone, at) as is_open from moment) as m$$,
    format($$select is((select count(*) from seen
        where due is null or due < at or due > at + interval '50 hours' or not public.open(zone, due)),
        0::bigint, 'due times are open and never early: %s to %s')$$, h.opens, h.closes),
    format($$select is((select count(*) from seen where due > next_open and not %L::boolean), 0::bigint,
        'and no open quarter of an hour is passed by: %s to %s')$$, h.in_change, h.opens, h.closes)
from (values
    ('09:00', '18:00', false), ('00:00', '24:00', false), ('03:00', '04:00', false), ('04:00', '23:00', false),
    -- An hour that the clock leaps over, or shows twice: one of the two is left out
    ('02:00', '03:00', true), ('02:15', '02:45', true), ('00:00', '01:00', true), ('01:30', '02:30', true)
) as h(opens, closes, in_change) \gexec
update cs_health.settings set open_from = '02:30', open_until = '02:45';
select is(cs_health._next_open('Europe/Madrid', '2026-03-29 00:00+00'), '2026-03-30 00:30+00'::timestamptz,
    'a quarter of an hour within the hour that is lacking');
select * from finish();
