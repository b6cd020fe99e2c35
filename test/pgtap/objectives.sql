-- The five objectives against figures that were counted by hand.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set client_min_messages = warning;
set timezone = 'UTC';
\ir include/scored_days.sql

-- An objective in a line
create function public.line(objective text, locale text default 'en') returns text language sql as $$
    select concat_ws(' ', coalesce(o.today::text, '?'), coalesce(o.last_month::text, '?'), coalesce(o.trend, '?'),
        coalesce(o.reached::text, '?'), o.sample, o.as_of)
    from cs_health.objectives(line.locale) as o where o.objective = line.objective
$$;
create function public.excluded(objective text) returns text language sql as $$
    select o.excluded from cs_health.objectives('en') as o where o.objective = excluded.objective
$$;

select plan(52);

select set_config('cs_health.now', '2026-03-10 12:00+00', false) is not null;

-- nothing is there yet
select is((select string_agg(o.objective, ' ') from cs_health.objectives() as o),
    'nrr churn_rate alert_lead_time expansion_rate healthy_share', 'the five, in the order of the specification');
select is((select count(*) from cs_health.objectives() as o
    where o.today is null and o.last_month is null and o.trend is null and o.reached is null and o.sample = 0),
    5::bigint, 'without data nothing is known, and nothing fails');
select results_eq(
    'select objective, unit, target_low, target_high from cs_health.objectives()',
    $$values ('nrr', 'ratio', 1.15, 1.20), ('churn_rate', 'ratio', null, 0.05), ('alert_lead_time', 'days', 30, null),
        ('expansion_rate', 'ratio', 0.25, null), ('healthy_share', 'ratio', 0.80, null)$$,
    'the targets of the specification');

-- Ten customers pay 100 each since 2024. Until the end of January 1 grew and 3 shrank, 4 left; in February 2 grew
insert into cs_health.tenant (id, name) select public.t(i), 'Tenant ' || i from generate_series(1, 12) as i;
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change)
select public.t(i), date '2024-06-01', 'new', 100 from generate_series(1, 10) as i
union all select public.t(1), '2025-09-05', 'expansion', 50
union all select public.t(2), '2026-02-28', 'expansion', 30
union all select public.t(3), '2025-10-05', 'contraction', -50
union all select public.t(4), '2026-01-31', 'churn', -100
union all select public.t(5), '2026-03-01', 'churn', -100 -- the running month does not count yet
union all select public.t(11), '2025-06-01', 'new', 500;
select is(public.line('nrr'), '0.9300 0.9000 improving false 10 2026-02-28',
    'NRR: (150 + 130 + 50 + 0 + 6 x 100) / 1000, and who came later does not count');
select is(public.line('churn_rate'), '0.1000 0.1000 stable false 10 2026-02-28', 'churn: one of ten');
select is(public.line('expansion_rate'), '0.2000 0.1000 improving false 10 2026-02-28', 'expansion: two of ten');
select is(public.excluded(o), '1 paying customers that did not pay twelve months before; 1 active ones without MRR '
    'movements', 'what ' || o || ' leaves out') from unnest(array['nrr', 'churn_rate', 'expansion_rate']) as o;
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change) values
    (public.t(6), '2026-02-10', 'expansion', 219);
select is(public.line('nrr'), '1.1490 0.9000 improving false 10 2026-02-28', 'NRR 1.149 is not 1.15');
update cs_health.revenue_event set mrr_change = 220 where mrr_change = 219;
select is(public.line('nrr'), '1.1500 0.9000 improving true 10 2026-02-28', 'NRR 1.15 is');
update cs_health.revenue_event set mrr_change = 620 where mrr_change = 220;
select is(public.line('nrr'), '1.5500 0.9000 improving true 10 2026-02-28', 'above 1.20 it is reached as well');
select is(public.line('expansion_rate'), '0.3000 0.1000 improving true 10 2026-02-28', 'a rate of 0.3 reaches 0.25');
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change) values
    (public.t(4), '2026-02-02', 'reactivation', 1);
select is(public.line('churn_rate'), '0.0000 0.1000 improving true 10 2026-02-28', 'less churn is an improvement');
insert into cs_health.tenant (id, name) select public.t(i), 'Tenant ' || i from generate_series(101, 110) as i;
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change)
select public.t(i), date '2024-06-01', 'new', 100 from generate_series(101, 110) as i
union all select public.t(101), '2026-02-03', 'churn', -100;
select is(public.line('churn_rate'), '0.0500 0.0500 stable false 20 2026-02-28',
    'the target is below 5 %, and 5 % is not');

-- Alerts run since November. Who left when, and when what was known
insert into cs_health.run (as_of, phase, scorecard_rules, rescore, batches, total, started_at, resumed_at, finished_at,
    told_at)
values ('2025-11-01', 'finished', '[]', false, 0, 0, now(), now(), '2025-11-02', '2025-11-02');
insert into cs_health.tenant (id, name, status, churned_on)
select public.t(i), 'Gone ' || i, 'churned', d from (values (20, date '2026-02-10'), (21, '2026-03-01'),
    (22, '2026-02-20'), (23, '2026-02-25'), (24, '2025-11-30'), (25, '2026-02-28'), (26, '2026-03-10'),
    (27, '2025-03-09')) as g(i, d);
insert into cs_health.churn_alert (tenant_id, started_on, last_high_on, ended_on, level, probability, churn_model_id,
    told)
select public.t(i), a.started_on, a.started_on, a.ended_on, 'high', 0.2, 1, a.told
from (values (20, date '2025-12-22', null::date, 'message'), (20, '2026-02-01', null, 'summary'),
    (21, '2026-01-20', '2026-02-25', 'summary'), (23, '2025-12-01', null, 'baseline'),
    (24, '2025-11-20', null, 'message'), (25, '2025-11-02', '2025-11-20', 'message'),
    (22, '2026-02-21', null, 'message')) as a(i, started_on, ended_on, told)
where i <> 20 or a.told = 'message';
select is(public.line('alert_lead_time'), '45.0 ? ? false 2 2026-03-09',
    'lead time: the median of 50 and 40 days, but most that left were missed');
select is(public.excluded('alert_lead_time'),
    '3 that left without an alert (60 %), 1 of them seen at high risk without telling anybody; '
    '1 that left before alerts had run for 30 days',
    'missed: without an alert, told nobody, an episode long over; who left today or a year ago does not count');
update cs_health.tenant set churned_on = '2025-12-01' where id = public.t(24);
select is(public.excluded('alert_lead_time'),
    '3 that left without an alert (50 %), 1 of them seen at high risk without telling anybody; 0 that left before '
    'alerts had run for 30 days', 'after 30 days of alerts an alert could have come');
select is(public.line('alert_lead_time'), '40.0 11.0 improving false 3 2026-03-09',
    'and a month before it was 11 days');
delete from cs_health.tenant where id in (public.t(22), public.t(23), public.t(24), public.t(25));
select is(public.line('alert_lead_time'), '45.0 ? ? true 2 2026-03-09', 'reached when most were alerted 30 days ahead');
update cs_health.churn_alert set started_on = started_on + 11 where tenant_id = public.t(21);
select is(public.line('alert_lead_time'), '39.5 ? ? true 2 2026-03-09', 'half a day is told');
update cs_health.churn_alert set started_on = started_on + 20 where tenant_id = public.t(20);
select is(public.line('alert_lead_time'), '29.5 ? ? true 2 2026-03-09', 'one of two was alerted 30 days ahead: half');
update cs_health.churn_alert set started_on = started_on + 1 where tenant_id = public.t(20);
select is(public.line('alert_lead_time'), '29.0 ? ? false 2 2026-03-09', 'less than 30 days are too few');
begin;
update cs_health.churn_alert set started_on = '2025-12-27' where tenant_id = public.t(20);
update cs_health.tenant set churned_on = '2026-02-09' where id = public.t(21);
delete from cs_health.churn_alert where tenant_id = public.t(21);
select is(public.line('alert_lead_time'), '45.0 ? ? true 1 2026-03-09', 'half of all, where the other half was missed');
delete from cs_health.churn_alert;
select is(public.line('alert_lead_time'), '? ? ? false 0 2026-03-09', 'when all were missed it is not reached');
rollback;
insert into cs_health.churn_alert (tenant_id, started_on, last_high_on, ended_on, level, probability, churn_model_id,
    told)
values (public.t(21), '2025-12-31', '2026-01-02', '2026-01-10', 'high', 0.2, 1, 'message');
select is(public.line('alert_lead_time'), '44.5 ? ? true 2 2026-03-09',
    'of several episodes within reach the first counts');

-- Health: three active ones with enough data, one of them above 70; others do not count
select public.ran(d) from unnest('{2026-02-07,2026-03-09}'::date[]) as d;
update cs_health.tenant set status = 'trial' where id = public.t(12);
update cs_health.tenant set status = 'paused' where id = public.t(11);
update cs_health.tenant set status = 'internal' where id = public.t(10);
select public.scored(public.t(i), '2026-03-09', s, coverage => c)
from (values (1, 71, 1.0), (2, 70, 1.0), (3, 20, 0.5), (4, 99, 0.49), (10, 99, 1), (11, 99, 1), (12, 99, 1))
    as v(i, s, c);
select public.scored(public.t(i), '2026-02-07', s)
from (values (1, 71), (2, 71), (3, 20), (20, 99), (21, 80), (26, 10), (11, 99)) as v(i, s);
select is(public.line('healthy_share'), '0.3333 0.6667 worsening false 3 2026-03-09',
    'healthy: above 70, active, coverage of 0.5 or more; who left since counts in the month before');
select is(public.excluded('healthy_share'), '17 active ones without enough data; 0 that had left; '
    '3 on trial, paused or internal',
    'what it leaves out: of 20 active ones on that day 3 had enough data, most no score at all');
begin;
update cs_health.tenant set status = 'churned', churned_on = '2026-03-09' where id = public.t(3);
update cs_health.tenant set signed_up_at = '2026-03-10' where id = public.t(109);
update cs_health.tenant set signed_up_at = '2026-03-09 23:59+00' where id = public.t(110);
select is(public.excluded('healthy_share'), '16 active ones without enough data; 1 that had left; '
    '3 on trial, paused or internal', 'who had a score on its last day had left; who came later was no customer yet');
rollback;
select public.scored(public.t(i), '2026-03-09', 71) from generate_series(2, 3) as i;
select public.scored(public.t(101), '2026-03-09', 71);
select public.scored(public.t(102), '2026-03-09', 70);
select is(public.line('healthy_share'), '0.8000 0.6667 improving true 5 2026-03-09', '80 % reach the target');
delete from cs_health.run where as_of = '2026-02-07';
select public.ran('2026-02-01');
select is(public.line('healthy_share'), '0.8000 ? ? true 5 2026-03-09', 'a day too far from a month before is none');
insert into cs_health.customer_health
select (jsonb_populate_record(h, '{"as_of": "2026-03-10", "provisional": true, "overall_score": 1}')).*
from cs_health.customer_health as h where h.as_of = '2026-03-09';
select is(public.line('healthy_share'), '0.8000 ? ? true 5 2026-03-09', 'what is provisional does not count');

-- small changes are no trend
select is(cs_health._objective_trend(c, 0.005), w, format('a change of %s is %s', c, coalesce(w, 'unknown')))
from (values (0.0049, 'stable'), (-0.0049, 'stable'), (0.005, 'improving'), (-0.005, 'worsening'), (0, 'stable'),
    (null, null)) as v(c, w);

-- words
select is((select string_agg(o.title, ', ') from cs_health.objectives('es') as o),
    'Retención neta de ingresos (NRR), Tasa anual de abandono, Antelación de la alerta de abandono, '
    'Tasa de expansión, Clientes con una salud superior a 70', 'in Spanish');
select is((select count(distinct o.formula) from cs_health.objectives(l) as o where o.formula ~ '/|median'), 5::bigint,
    'each with its formula in ' || l) from unnest(array['en', 'es']) as l;
select is((select count(*) from cs_health.objectives('es') as o where o.excluded ~ 'that|with|and '), 0::bigint,
    'what is left out is told in Spanish');
select throws_ok('select * from cs_health.objectives(''fr'')', '22023', 'locale "fr" is not known');
select throws_ok('select * from cs_health.objectives('''')', '22023');
insert into cs_health.csm (email, name, locale) values ('ana@us.test', 'Ana', 'es');
select set_config('request.jwt.claims', '{"email": "ana@us.test"}', false) is not null;
select is((select o.title from cs_health_v1.objectives as o where o.objective = 'churn_rate'), 'Tasa anual de abandono',
    'a CSM reads them in the own language');
select set_config('request.jwt.claims', '', false) is not null;
update cs_health.settings set locale = 'es';
select is((select o.title from cs_health.objectives() as o where o.objective = 'churn_rate'), 'Tasa anual de abandono',
    'others in that of settings');
select results_eq('select * from cs_health_v1.objectives', 'select * from cs_health.objectives()',
    'the API has the same');
select ok(o.benchmark <> '' and o.title <> '' and o.formula <> '' and o.excluded <> '', o.objective || ' has its words')
from cs_health.objectives('en') as o;

select finish();
