-- Expansion signals of a nightly run: when there is one and when not, what it says, held, brought up to date, ceased,
-- back from being deferred. Most days are written by hand; nights run at the end, so this file is not one transaction.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = error;
select * from no_plan();
\ir include/scored_days.sql
set cs_health.now = '2026-03-04 03:00+00';

insert into cs_health.plan (code, name, kind, rank, monthly_price) values
    ('s', 'S', 'base', 1, 100), ('m', 'M', 'base', 2, 250.55), ('l', 'L', 'base', 3, null), ('x', 'X', 'base', 9, null),
    ('seats', 'Seats', 'add_on', 4, 40), ('reports', 'Reports', 'add_on', 5, 20);
insert into cs_health.feature (code, name)
select f, upper(f) from unnest(array['tasks', 'api', 'report', 'sso', 'never']) as f;
insert into cs_health.plan_feature (plan_code, feature) values ('s', 'tasks'), ('m', 'tasks'), ('m', 'api'),
    ('l', 'tasks'), ('l', 'api'), ('l', 'sso'), ('reports', 'report'), ('x', 'never');
insert into cs_health.plan_limit (plan_code, metric, limit_value) values ('s', 'seats', 10000), ('m', 'seats', 20000),
    ('l', 'seats', 50000), ('s', 'rows', 0), ('m', 'rows', 100), ('l', 'rows', 100);
create function public.tenants(low integer, high integer, plan text default 's', status text default 'active')
returns void language sql as $$
    insert into cs_health.tenant (id, name, plan_code, status, churned_on)
    select public.t(i), 'T' || i, plan, status, case status when 'churned' then date '2026-01-01' end
    from generate_series(low, high) as i
$$;
-- A scored day of a tenant: its use of seats, measured at noon, and its users; null = not observed
create function public.day(
    i integer, day date, used numeric default null, mau real default null, mau_previous real default null,
    tenure real default 400, score integer default 70, level text default 'low', coverage real default 1,
    limit_value numeric default null)
returns void language plpgsql as $$
begin
    perform public.ran(day.day);
    perform public.scored(public.t(i), day.day, score, level, coverage);
    insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value)
    select public.t(i), 'seats', day.day + time '12:00', day.used, day.limit_value where day.used is not null;
    update cs_health.customer_health as h
    set measures = (
        select array_agg(case m.code when 'usage_ratio' then (day.used / coalesce(day.limit_value, p.limit_value))::real
            when 'mau' then mau when 'mau_previous' then mau_previous when 'tenure_days' then tenure
            else h.measures[k.position] end order by k.position)
        from generate_series(1, 40) as k(position)
        left join cs_health.measure as m on m.position = k.position
        left join cs_health.tenant as t on t.id = h.tenant_id
        left join cs_health.plan_limit as p on p.plan_code = t.plan_code and p.metric = 'seats')
    where h.tenant_id = public.t(i) and h.as_of = day.day;
end
$$;
create function public.detect(day date) returns integer language sql as $$
    select cs_health._detect_signals(day, '00000000-0000-0000-0000-000000000000',
        'ffffffff-ffff-ffff-ffff-ffffffffffff')
$$;
create view public.signal as
select ltrim(split_part(e.tenant_id::text, '-', 5), '0')::integer as i, e.id, e.signal_type, e.current_plan::text,
    e.recommended_plan::text, e.motion, e.potential_arr, e.signal_details as details, e.status, e.held_reason,
    e.ceased_on, e.refreshed_at, e.deferred_until
from cs_health.expansion_signal as e;

-- usage_limit: strictly above 80 %, in numbers as they are
select public.tenants(1, 7) is null as made \g /dev/null
select public.day(1, '2026-03-03', 8000), public.day(2, '2026-03-03', 8001), public.day(3, '2026-03-03', 8000.0000001),
    public.day(4, '2026-03-03', 7999.9999999), public.day(5, '2026-03-03', 0.8, limit_value => 1),
    public.day(6, '2026-03-03', 0.80000000000000000001, limit_value => 1),
    public.day(7, '2026-03-03', 12000) \g /dev/null
select is(public.detect('2026-03-03'), 4, 'four signals');
select results_eq('select i, details - ''growth_per_day'' from public.signal where signal_type = ''usage_limit''
    order by i',
    $$values (2, '{"metric": "seats", "used": 8001, "limit": 10000, "usage_ratio": 0.8001, "as_of": "2026-03-03",
        "hit_on": null, "hit_from": null, "hit_until": null}'::jsonb),
    (3, '{"metric": "seats", "used": 8000.0000001, "limit": 10000, "usage_ratio": 0.8, "as_of": "2026-03-03",
        "hit_on": null, "hit_from": null, "hit_until": null}'),
    (6, '{"metric": "seats", "used": 0.80000000000000000001, "limit": 1, "usage_ratio": 0.8, "as_of": "2026-03-03",
        "hit_on": null, "hit_from": null, "hit_until": null}'),
    (7, '{"metric": "seats", "used": 12000, "limit": 10000, "usage_ratio": 1.2, "as_of": "2026-03-03",
        "hit_on": "2026-03-03", "hit_from": "2026-03-03", "hit_until": "2026-03-03"}')$$,
    '80.0 % is none, 80.01 % is, and so is the least above');
select is(public.detect('2026-03-03'), 0, 'again there is none');
select is((select count(*) from cs_health.outbox where kind = 'signal.detected'), 4::bigint, 'each is told once');
select is((select count(*) from public.signal where refreshed_at is not null), 0::bigint, 'nothing is touched');
select results_eq('select distinct current_plan, recommended_plan, motion, potential_arr, status from public.signal
    where i in (2, 7)', $$values ('s', 'm', 'upsell', 1806.60, 'new')$$, 'the next plan, and what a year of it adds');

-- Who may have none
select public.tenants(10, 10, null), public.tenants(11, 11, 's', 'trial'), public.tenants(12, 12, 's', 'paused'),
    public.tenants(13, 13, 's', 'internal'), public.tenants(14, 14, 's', 'churned'), public.tenants(15, 16) \g /dev/null
select public.day(i, '2026-03-03', 9000, limit_value => 10000) from generate_series(10, 15) as i \g /dev/null
insert into cs_health.usage (tenant_id, metric, measured_at, used) values
    (public.t(16), 'rows', '2026-03-03', 5), (public.t(16), 'unknown', '2026-03-03', 5);
select public.day(16, '2026-03-03') \g /dev/null
update cs_health.customer_health set measures[(cs_health._signal_places()).usage_ratio] = 0.9
where tenant_id = public.t(16);
select is(public.detect('2026-03-03'), 1, 'only the active one with a plan and a limit above 0');
select results_eq('select i from public.signal where i between 10 and 16', 'values (15)', 'has a signal');

-- The day on which the limit is hit, with an interval
select public.tenants(20, 22) \g /dev/null
insert into cs_health.usage (tenant_id, metric, measured_at, used)
select public.t(20), 'seats', date '2026-03-03' - d + time '06:00', 8500 - 50 * d + 10 * (d % 2)
from generate_series(1, 40) as d;
insert into cs_health.usage (tenant_id, metric, measured_at, used)
values (public.t(22), 'seats', '2026-02-20 06:00+00', '1e-400');
select public.day(i, '2026-03-03', 8500) from generate_series(20, 22) as i \g /dev/null
select is(public.detect('2026-03-03'), 3, 'three more, 1e-400 is a number like others');
select results_eq($$select (s.details ->> 'hit_on')::date, (s.details ->> 'hit_from')::date,
        (s.details ->> 'hit_until')::date, (s.details ->> 'growth_per_day')::numeric from public.signal as s
    where s.i = 20$$,
    $$select f.hit_on, f.hit_from, f.hit_until, round(f.growth_per_day::numeric, 6)
    from cs_health.usage_forecast(public.t(20), '2026-03-03') as f$$, 'as usage_forecast() says');
select ok((s.details ->> 'hit_on')::date between '2026-04-01' and '2026-04-04'
    and (s.details ->> 'hit_from')::date <= (s.details ->> 'hit_on')::date
    and (s.details ->> 'hit_until')::date >= (s.details ->> 'hit_on')::date
    and (s.details ->> 'growth_per_day')::numeric between 49 and 51,
        '1500 left at 50 a day: a month; ' || s.details::text)
from public.signal as s where s.i = 20;
select is((s.details ->> 'hit_on'), null, 'one point tells no day') from public.signal as s where s.i = 21;
select is((select array_agg(s.recommended_plan order by s.i) from public.signal as s where s.i in (20, 21)),
    '{m,m}', 'the cheapest plan with room for the forecast of 90 days, 13,000');

-- user_growth: at least 1.2 times, at least 5 more, two runs in a row
select public.tenants(30, 41) \g /dev/null
select public.day(30, d, null, 30, 25), public.day(31, d, null, 24, 20), public.day(32, d, null, 29, 24.5),
    public.day(33, d, null, 11, 10), public.day(34, d, null, 119, 100), public.day(35, d, null, 120, 100),
    public.day(36, d, null, 5, 0), public.day(37, d, null, null, 20), public.day(38, d, null, 30, null),
    public.day(39, d, null, 30, 20, 59), public.day(40, d, null, 30, 20, 60), public.day(41, d, null, 30, 20, null)
from unnest(array[date '2026-03-02', '2026-03-03']) as d \g /dev/null
select is(public.detect('2026-03-03'), 4, 'four grow');
select results_eq($$select i, details from public.signal where signal_type = 'user_growth' order by i$$, $$values
    (30, '{"mau": 30, "mau_previous": 25, "growth": 0.2, "since": "2026-03-02"}'::jsonb),
    (35, '{"mau": 120, "mau_previous": 100, "growth": 0.2, "since": "2026-03-02"}'),
    (40, '{"mau": 30, "mau_previous": 20, "growth": 0.5, "since": "2026-03-02"}'),
    (41, '{"mau": 30, "mau_previous": 20, "growth": 0.5, "since": "2026-03-02"}')$$,
    '1.2 times and 5 more; not 4 more, not 1.19 times, not from nobody, not in the first 60 days, not unobserved');
select public.tenants(45, 46) \g /dev/null
select public.day(45, '2026-03-03', null, 30, 20), public.day(46, '2026-03-03', null, 30, 20),
    public.day(46, '2026-03-02', null, 21, 20) \g /dev/null
select is(public.detect('2026-03-03'), 0, 'one run is not enough');

-- feature_request: what neither the plan nor an add-on has, within 90 days
select public.tenants(50, 56), public.tenants(57, 57, 'x'), public.tenants(58, 58, 'seats') \g /dev/null
select public.day(i, '2026-03-03') from generate_series(50, 58) as i \g /dev/null
insert into cs_health.feature_demand (tenant_id, feature, requested, denied, first_on, last_on) values
    (public.t(50), 'api', 1, 2, '2026-01-01', '2026-03-01'), (public.t(50), 'sso', 0, 7, '2026-01-01', '2026-02-01'),
    (public.t(50), 'tasks', 90, 0, '2026-01-01', '2026-02-01'), (public.t(51), 'tasks', 5, 5, '2026-01-01',
        '2026-03-01'),
    (public.t(52), 'api', 1, 0, '2025-12-03', '2025-12-03'), (public.t(53), 'api', 0, 1, '2025-12-04', '2025-12-04'),
    (public.t(54), 'dark mode', 9, 9, '2026-03-01', '2026-03-01'), (public.t(55), 'report', 0, 1, '2026-03-01',
        '2026-03-01'),
    (public.t(56), 'report', 1, 0, '2026-03-01', '2026-03-01'), (public.t(57), 'api', 1, 0, '2026-03-01', '2026-03-01'),
    (public.t(58), 'api', 1, 0, '2026-03-01', '2026-03-01');
insert into cs_health.tenant_add_on (tenant_id, plan_code) values (public.t(55), 'reports');
select is(public.detect('2026-03-03'), 4, 'four ask');
select results_eq($$select i, details, recommended_plan, motion, potential_arr from public.signal
    where signal_type = 'feature_request' order by i$$, $$values
    (50, '{"features": [{"feature": "sso", "requested": 0, "denied": 7, "last_on": "2026-02-01"},
        {"feature": "api", "requested": 1, "denied": 2, "last_on": "2026-03-01"}]}'::jsonb, 'l', 'upsell', null),
    (53, '{"features": [{"feature": "api", "requested": 0, "denied": 1, "last_on": "2025-12-04"}]}', 'm', 'upsell',
        1806.60),
    (56, '{"features": [{"feature": "report", "requested": 1, "denied": 0, "last_on": "2026-03-01"}]}', 'reports',
        'cross_sell', 240.00),
    (57, '{"features": [{"feature": "api", "requested": 1, "denied": 0, "last_on": "2026-03-01"}]}', null, null,
        null)$$,
    'features of the catalogue, up to 89 days back, not those of an add-on; a plan without a price, an add-on, none');

-- Held, and free again
select public.tenants(60, 66) \g /dev/null
update cs_health.tenant set churn_notice_on = '2026-03-01' where id = public.t(62);
select public.day(60, '2026-03-03', 9000, score => 59), public.day(61, '2026-03-03', 9000, level => 'high'),
    public.day(62, '2026-03-03', 9000, score => 20, level => 'critical'), public.day(63, '2026-03-03', 9000,
        score => 90),
    public.day(64, '2026-03-03', 9000, score => 20), public.day(65, '2026-03-03', 9000, score => 50, coverage => 0.4),
    public.day(66, '2026-03-03', 9000, score => 60, level => 'medium') \g /dev/null
insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, expires_on) values
    (public.t(63), 'critical', 'They quarrel', 'x', '2026-03-01', '2026-04-01'),
    (public.t(64), 'neutral', 'They are fine', 'x', '2026-03-01', '2026-04-01');
select is(public.detect('2026-03-03'), 7, 'signals of tenants at risk are noted too');
select results_eq('select i, held_reason from public.signal where i between 60 and 66 order by i', $$values
    (60, 'at_risk'), (61, 'churn_risk'), (62, 'churn_notice'), (63, 'at_risk'), (64, null), (65, null), (66, null)$$,
    'held: category as shown, risk, notice; not by an override that says fine, nor without data');
select is((select payload -> 'data' ->> 'held_reason' from cs_health.outbox
    where kind = 'signal.detected' and tenant_id = public.t(60)), 'at_risk', 'the event says so');
select is((select array_agg(cs_health.facts(public.t(i)) ->> 'open_signals' order by i)
    from unnest(array[60, 66]) as i),
    '{[],"[\"usage_limit\"]"}', 'a held signal is not open');

-- The next night: what changed, what went, what is not known
set cs_health.now = '2026-03-05 03:00+00';
create temp table before as select * from public.signal;
select public.ran('2026-03-04'), public.scored(public.t(i), '2026-03-04') from generate_series(1, 66) as i
where i not between 10 and 14 \g /dev/null
select public.day(2, '2026-03-04', 8000), public.day(7, '2026-03-04', 12500), public.day(15, '2026-03-04'),
    public.day(20, '2026-03-04', 8550), public.day(30, '2026-03-04', null, 31, 25), public.day(35, '2026-03-04', null,
        119, 100),
    public.day(40, '2026-03-04'), public.day(41, '2026-03-04', null, 30, 20), public.day(60, '2026-03-04', 9000),
    public.day(61, '2026-03-04', 9000, level => 'high'), public.day(66, '2026-03-04', 9000, level => 'critical')
        \g /dev/null
insert into cs_health.tenant_add_on (tenant_id, plan_code) values (public.t(56), 'reports');
update cs_health.feature_demand set denied = 3, last_on = '2026-03-04' where tenant_id = public.t(53);
update cs_health.tenant set plan_code = 'm' where id = public.t(21);
update cs_health.tenant set status = 'paused' where id = public.t(3);
select public.day(21, '2026-03-04', 19000) \g /dev/null
select is(public.detect('2026-03-04'), 0, 'nothing new');
select is((select count(*) from cs_health.outbox where kind = 'signal.detected'), (select count(*) from before),
    'nothing told again');
select results_eq($$select s.i, s.signal_type, s.ceased_on from public.signal as s where s.ceased_on is not null
    order by s.i$$,
    $$values (2, 'usage_limit', date '2026-03-04'), (3, 'usage_limit', '2026-03-04'), (35, 'user_growth', '2026-03-04'),
        (56, 'feature_request', '2026-03-04')$$,
    'ceased: below the limit again, paused, no longer growing, bought; not what is not observed');
select is((select array_agg(cs_health.facts(public.t(i)) ->> 'open_signals' order by i)
    from unnest(array[2, 30, 35]) as i),
    '{[],"[\"user_growth\"]",[]}', 'whose cause has ceased is not open');
select results_eq($$select s.i, s.details ->> 'used', s.held_reason, s.current_plan, s.recommended_plan, s.refreshed_at
    from public.signal as s where s.i in (7, 20, 21, 60, 61, 66) order by s.i$$, $$values
    (7, '12500', null, 's', 'm', timestamptz '2026-03-05 03:00+00'), (20, '8550', null, 's', 'm',
        '2026-03-05 03:00+00'),
    (21, '19000', null, 'm', 'l', '2026-03-05 03:00+00'), (60, '9000', null, 's', 'm', '2026-03-05 03:00+00'),
    (61, '9000', 'churn_risk', 's', 'm', '2026-03-05 03:00+00'), (66, '9000', 'churn_risk', 's', 'm',
        '2026-03-05 03:00+00')$$,
    'use, plan and offer of today; held and free again');
select is(s.details, '{"mau": 31, "mau_previous": 25, "growth": 0.24, "since": "2026-03-02"}'::jsonb,
    'growth goes on since its first day') from public.signal as s where s.i = 30;
select is((select count(*) from public.signal as s join before as b on b.id = s.id
    where s.i in (41, 50, 57) and s.refreshed_at is not null), 0::bigint, 'what says the same is left alone');
select is((s.details #>> '{features,0,denied}')::integer, 3, 'asked again') from public.signal as s where s.i = 53;
set cs_health.now = '2026-03-06 03:00+00';
select public.ran('2026-03-05'), public.day(2, '2026-03-05', 8400), public.day(35, '2026-03-05', null, 130, 100)
    \g /dev/null
select is(public.detect('2026-03-05'), 0, 'a cause that comes back is no new signal while the old one is open');
select results_eq('select i, ceased_on from public.signal where i in (2, 35) order by i',
    $$values (2, null::date), (35, '2026-03-04')$$, 'but goes on; growth takes two runs again');

-- A limit that is gone is observed: who has bought a plan without one is not told that it is near
select public.tenants(70, 73) \g /dev/null
insert into cs_health.plan (code, name, rank, monthly_price) values ('free', 'Without limits', 7, 900);
select public.day(i, '2026-03-05', 9000) from generate_series(70, 73) as i \g /dev/null
select is(public.detect('2026-03-05'), 4, 'near the limit');
set cs_health.now = '2026-03-06 04:00+00';
select public.ran('2026-03-05'), public.day(i, '2026-03-05') from generate_series(70, 73) as i \g /dev/null
update cs_health.tenant set plan_code = 'free' where id in (public.t(70), public.t(71));
delete from cs_health.usage where tenant_id = public.t(71);
delete from cs_health.customer_health where tenant_id = public.t(73) and as_of = '2026-03-05';
delete from cs_health.usage where tenant_id = public.t(72);
select is(public.detect('2026-03-05'), 0, 'looked at again');
select results_eq('select i, ceased_on from public.signal where i between 70 and 73 order by i',
    $$values (70, date '2026-03-05'), (71, null), (72, null), (73, null)$$,
    'it is used, and nothing limits it; what is not observed, or not scored, goes on');

-- Settled, and again
select cs_health.set_signal_status(s.id, 'lost') from public.signal as s where s.i = 7 \g /dev/null
set cs_health.now = '2026-03-07 03:00+00';
select public.day(7, '2026-03-06', 12500) \g /dev/null
select is(public.detect('2026-03-06'), 0, 'a signal that was settled is not there again the next day');
begin;
update cs_health.tenant set plan_code = 'm' where id = public.t(7);
update cs_health.usage set used = 19000 where tenant_id = public.t(7) and measured_at > '2026-03-06';
select is(public.detect('2026-03-06'), 1, 'but on another plan');
rollback;
begin;
update cs_health.expansion_signal set changed_at = changed_at - interval '90 days' where tenant_id = public.t(7);
update cs_health.expansion_signal_change set changed_at = changed_at - interval '90 days'
where tenant_id = public.t(7);
select cs_health.set_signal_status(s.id, 'lost', 'They prefer another') from public.signal as s
where s.i = 7 and s.status = 'lost' \g /dev/null
select is(public.detect('2026-03-06'), 1, 'or after 90 days, although a note came later');
rollback;

-- Deferred ones come back on their day, whether a night runs or not
select cs_health.set_signal_status(s.id, 'deferred', null, '2026-03-09') from public.signal as s where s.i in (20, 21)
    \g /dev/null
set cs_health.now = '2026-03-08 23:59+00';
call cs_health.run_playbooks();
select is((select count(*) from public.signal where status = 'deferred'), 2::bigint, 'not before it');
set cs_health.now = '2026-03-09 00:00+00';
select is(cs_health._detect_signals('2026-03-06', public.t(20), public.t(21)), 0, 'the night of a batch');
select results_eq('select i, status, deferred_until from public.signal where i in (20, 21) order by i',
    $$values (20, 'new', null::date), (21, 'deferred', '2026-03-09')$$, 'brings back its own');
call cs_health.run_playbooks();
select results_eq($$select before, after, changed_by, changed_at from cs_health.expansion_signal_change
    where tenant_id in (public.t(20), public.t(21)) and after = 'new'$$, $$values
    ('deferred', 'new', 'engine', timestamptz '2026-03-09 00:00+00'), ('deferred', 'new', 'engine',
        '2026-03-09 00:00+00')$$,
    'run_playbooks() the others; by the engine');
select is((select count(*) from cs_health.outbox
    where kind = 'signal.status_changed' and payload -> 'data' ->> 'to' = 'new'),
    2::bigint, 'which is told');

-- Of one tenant, as the step of a playbook asks for it
select is(cs_health._record_signal(public.t(20), 'usage_limit'), (select s.id from public.signal as s where s.i = 20),
    'a step finds the signal of the night');
select throws_like($$select cs_health._record_signal(public.t(10), 'usage_limit')$$, '%has no plan',
    'without a plan: none');

-- Nights
\set ON_ERROR_STOP off
truncate cs_health.expansion_signal cascade;
delete from cs_health.run;
delete from cs_health.customer_health;
delete from cs_health.tenant;
select public.tenants(1, 4), public.tenants(5, 5, null), public.tenants(101, 112) \g /dev/null
update cs_health.tenant set arr = 1000;
insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value)
select public.t(i), 'seats', '2026-03-10 12:00+00', case i when 1 then 8000 else 8001 end, 10000
from generate_series(1, 5) as i;
set cs_health.now = '2026-03-12 03:00+00';
call cs_health.replay('2026-03-09', '2026-03-11');
select is((select count(*) from public.signal), 0::bigint, 'history that is replayed makes no signals');
set cs_health.now = '2026-03-13 03:00+00';
call cs_health.recalculate();
select results_eq('select i, signal_type from public.signal order by 1',
    $$values (2, 'usage_limit'), (3, 'usage_limit'), (4, 'usage_limit')$$, 'a night does');
call cs_health.recalculate(rescore => true);
select is((select count(*) from public.signal where refreshed_at is not null), 0::bigint,
    'the same day again does nothing');

-- A night on which a measure breaks for everybody looks for nothing
update cs_health.tenant set arr = null;
update cs_health.usage set used = 9999 where tenant_id = public.t(1);
set cs_health.now = '2026-03-14 03:00+00';
call cs_health.recalculate();
select is((select count(*) from cs_health.measure_check where as_of = '2026-03-13' and incident is not null), 1::bigint,
    'a data incident');
select is((select count(*) from public.signal where i = 1), 0::bigint, 'holds signals, too');
update cs_health.tenant set arr = 1000;
set cs_health.now = '2026-03-15 03:00+00';
call cs_health.recalculate();
select is((select count(*) from public.signal where i = 1), 1::bigint, 'until a night without');

select * from finish();
