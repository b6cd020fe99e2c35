-- Whatever the clock does, a step goes out at most once and never early: nights in which clocks are changed, clocks
-- that
-- are set forward and back, days on which nothing runs.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = error;
select * from no_plan();
set cs_health.now = '2026-01-01 00:00+00';
\ir include/playbooks.sql
update cs_health.settings set contacts_per_day = 100, contacts_per_week = 100, open_weekdays = '{1,2,3,4,5,6,7}';
create function public.days(n integer) returns jsonb language sql as $$
    select jsonb_agg(public.mail(d)) from generate_series(0, n) as d
$$;
create view public.timing as
select s.tenant_id, s.step_no, s.handed_at, t.time_zone, timezone(t.time_zone, s.handed_at) as local,
    e.started_on + s.day as day,
    s.planned_at
from cs_health.playbook_step as s
join cs_health.playbook_execution as e on e.tenant_id = s.tenant_id and e.id = s.execution_id
join cs_health.tenant as t on t.id = s.tenant_id;
create function public.run_at(at timestamptz) returns table (setting text, call text) language sql as $$
    select format('set cs_health.now = %L', at), 'call cs_health.run_playbooks()'
$$;

-- Five zones, forward and back; a step a day from two days before to three days after, the runner twice an hour
create temp table change (i integer generated always as identity, zone text, at timestamptz);
insert into change (zone, at) values
    ('Europe/Madrid', '2026-03-29 01:00+00'), ('Europe/Madrid', '2026-10-25 01:00+00'),
    ('America/New_York', '2026-03-08 07:00+00'), ('America/New_York', '2026-11-01 06:00+00'),
    ('Australia/Lord_Howe', '2026-10-03 15:30+00'), ('Australia/Lord_Howe', '2026-04-04 15:00+00'),
    ('America/Santiago', '2026-09-06 04:00+00'), ('America/Santiago', '2026-04-05 03:00+00'),
    ('Europe/London', '2026-03-29 01:00+00'), ('Europe/London', '2026-10-25 01:00+00');
select public.customer(i, zone) is not null from change;
select r.setting, case when n = 0 then format('do $x$begin perform public.start(%s, public.days(5)); end$x$', i) end,
    r.call
from change as c, generate_series(0, 288) as n,
    public.run_at(timezone(c.zone, timezone(c.zone, c.at)::date - 2 + time '00:00') + n * interval '30 minutes') as r
order by date_trunc('day', c.at), c.zone, n \gexec
select is((select count(*) from timing), 60::bigint, 'ten times six steps');
select results_eq('select time_zone, day, local from timing where local is distinct from day + time ''09:00'' ',
    'select null::text, null::date, null::timestamp where false',
        'each at nine by the clock of the customer, on its day');
select is((select count(*) from cs_health.outbox where kind = 'message'), 60::bigint, 'and once');
select is((select count(distinct timezone('UTC', handed_at)::time) from timing where time_zone = 'Europe/Madrid'),
    2::bigint,
    'which is another hour of UTC after the change');

-- Hours that begin within the hour that is leapt over
update cs_health.settings set open_from = '02:30';
set cs_health.now = '2026-03-28 00:00+00';
select public.customer(20) is not null;
select public.start(20, public.days(2)) is not null;
select r.* from generate_series('2026-03-28 00:00+00'::timestamptz, '2026-03-31', '15 minutes') as at,
    public.run_at(at) as r \gexec
select results_eq('select local from timing where tenant_id = public.t(20) order by step_no',
    $$values ('2026-03-28 02:30'::timestamp),
    ('2026-03-29 03:30'), ('2026-03-30 02:30')$$, 'half past two, or half past three where there is no half past two');
update cs_health.settings set open_from = '09:00';

-- The clock is set forward and back, between any two runs
select public.customer(i) is not null from generate_series(30, 41) as i;
create temp table jump as
select 30 + row_number() over (order by by, at)::integer - 1 as i, by::interval, at::integer
from unnest('{01:00,04:00,-01:00,-24:00}'::text[]) as by, unnest('{5,9,33}'::text[]) as at;
select r.setting, case when n = 0 then format('do $x$begin perform public.start(%s, public.days(4)); end$x$', i) end,
    r.call
from jump, generate_series(0, 140) as n, public.run_at('2026-06-01 00:00+00'::timestamptz + i * interval '20 days'
    + n * interval '1 hour' + case when n >= at then by else '0' end) as r
order by i, n \gexec
select is((select count(*) from timing where tenant_id >= public.t(30) and handed_at is not null), 60::bigint,
    'every step goes out');
select is((select count(*) from timing where tenant_id >= public.t(30)
    and (handed_at < planned_at or local::time < '09:00' or local::time >= '18:00')), 0::bigint,
    'none early, none at night');
select is((select count(*) from cs_health.outbox where kind = 'message'), 123::bigint, 'each once');
select is((select max(handed_at - planned_at) < '4:00' from timing where tenant_id >= public.t(30)), true,
    'and on its day, at most as late as the clock leapt');

-- Nothing runs for 1 to 30 days; then all that is due goes out, a message a day where the budget says so
select public.customer(100 + i) is not null from generate_series(1, 30) as i;
set cs_health.now = '2028-01-10 10:00+00';
select public.start(100 + i, public.days(10)) is not null from generate_series(1, 30) as i;
call cs_health.run_playbooks();
select is((select count(*) from timing where tenant_id between public.t(101) and public.t(130)
    and handed_at is not null), 30::bigint,
    'day 0');
select case when n = 0 then 'update cs_health.playbook_execution set status = ''paused'', paused_at = now()'
        when n between 1
            and 30 then format('update cs_health.playbook_execution set status = ''running'', paused_at = null
            where tenant_id = %L', public.t(100 + n)) end, r.*
from generate_series(0, 42) as n, public.run_at('2028-01-10 10:00+00'::timestamptz + n * interval '1 day') as r \gexec
select results_eq($$select count(*), count(distinct (tenant_id, step_no)) from timing
        where tenant_id between public.t(101) and public.t(130) and handed_at is not null$$, $$values (215::bigint,
            215::bigint)$$,
    'after any number of days every step that was due for less than 14 days goes out');
select is((select count(*) from cs_health.playbook_step where tenant_id between public.t(101) and public.t(130)
    and status = 'skipped' and reason = 'too_late'), 115::bigint, 'the others are skipped, with the reason');
select is((select count(*) from cs_health.outbox where kind = 'message'), 123 + 215::bigint, 'once');
select is((select count(*) from timing where handed_at < planned_at), 0::bigint, 'none early');
select is((select count(*) from timing where tenant_id between public.t(101) and public.t(130)
    and handed_at > greatest(planned_at, '2028-01-10 10:00+00'::timestamptz
        + (right(tenant_id::text, 3)::integer - 100) * interval '1 day') + interval '1 day'), 0::bigint,
            'none later than the first run');
select * from finish();
