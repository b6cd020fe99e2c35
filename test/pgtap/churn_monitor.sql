-- Whether a churn model still holds: drift by hand, past predictions against what happened, the verdict, and the
-- review of those that left.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set client_min_messages = warning;
begin;

create function pg_temp.tenant(nr integer) returns uuid language sql immutable as $$
    select ('00000000-0000-4000-8000-' || lpad(nr::text, 12, '0'))::uuid
$$;
create function pg_temp.status() returns text language sql as $$
    select concat_ws(' ', s.model_version, s.verdict, nullif(array_to_string(s.reasons, '; '), ''))
    from cs_health.churn_model_status() as s
$$;
create function pg_temp.remedy() returns text language sql as $$
    select s.remedy from cs_health.churn_model_status() as s
$$;
-- The partitions that a query reads
create function pg_temp.scans() returns table (part regclass, scans bigint) language sql as $$
    select i.inhrelid::regclass, s.seq_scan + coalesce(s.idx_scan, 0)
    from pg_inherits as i join pg_stat_xact_user_tables as s on s.relid = i.inhrelid
    where i.inhparent = 'cs_health.customer_health'::regclass
$$;
create function pg_temp.parts_read(query text) returns regclass[] language plpgsql as $$
declare
    before jsonb := (select jsonb_object_agg(s.part::oid, s.scans) from pg_temp.scans() as s);
begin
    execute query;
    return (select array_agg(s.part order by s.part::oid) from pg_temp.scans() as s
        where s.scans > (before -> s.part::oid::text)::bigint);
end
$$;
create function pg_temp.parts_of(days date[]) returns regclass[] language sql as $$
    select array_agg(distinct h.tableoid::regclass order by h.tableoid::regclass)
    from cs_health.customer_health as h where h.as_of = any (days)
$$;

select plan(75);

-- Nothing yet
select is(pg_temp.status(), 'prior-1 wait it was not trained; stored history has 0 churns to learn from: needed are 20 '
    'to train on and 8 of days that are at least 60 days later', 'without history there is nothing to train on');
select is(pg_temp.remedy(), null, 'nor to call');
select is((select count(*) from cs_health.churn_drift()), 0::bigint,
    'a model without training statistics has no drift');
select is((select count(*) from cs_health.churn_track()), 0::bigint, 'nor a past');
select throws_ok('select * from cs_health.churn_track(days => 0)', '22023');
select throws_ok('select * from cs_health.churn_track(days => null)', '22023');
select throws_ok('select * from cs_health.churn_track(''nobody'')', '42704');

-- A trained model of one measure: 10 % not observed, 30 % in each of the bins below 1, from 1 to below 2, and from 2
insert into cs_health.churn_model (version, document)
select 'one', cs_health.compile_model('{
    "format": 1, "version": "one", "trained": true, "lead_days": 30, "horizon_days": 30, "base_rate": 0.1,
    "intercept": -2, "risk_bands": {"medium": 1, "high": 3, "critical": 8}, "trained_at": "2026-01-01",
    "metrics": {"auc": 0.8, "auc_low": 0.7, "log_loss": 0.3, "log_loss_base": 0.4},
    "features": [{"measure": "csat", "transform": "none", "mean": 3, "sd": 1, "coefficient": -1,
        "cuts": [1, 2], "shares": [0.1, 0.3, 0.3, 0.3]}]}'::jsonb || jsonb_build_object('trained_at', now()));
select cs_health.publish_model('one') \g /dev/null
select cs_health._ensure_partition(current_date - d) from generate_series(0, 230, 20) as d \g /dev/null
insert into cs_health.tenant (id, name) select pg_temp.tenant(n), 'Tenant ' || n from generate_series(1, 200) as n;
insert into cs_health.run (as_of, phase, scorecard_rules, rescore, batches, total, started_at, resumed_at, finished_at)
select current_date - d, 'finished', '[]', false, 0, 0, now(), now(), now() - (d - 1) * interval '1 day'
from generate_series(1, 230) as d;
create procedure pg_temp.day(day date, csat text, probability double precision default 0.1) language plpgsql as $$
begin
    delete from cs_health.customer_health as h where h.as_of = day;
    execute format($sql$
        insert into cs_health.customer_health (
            tenant_id, as_of, overall_score, engagement_score, adoption_score, satisfaction_score, support_score,
            growth_score, category, trend, scorecard_id, coverage, churn_probability, churn_model_id, calculated_at,
                measures,
            history)
        select pg_temp.tenant(n), d.day, 50, 50, 50, 50, 50, 50, 'at_risk', 'stable', 1, 1, %L, m.id, d.day + 1,
            array_fill(null::real, array[19]) || (%s)::real, '\x'
        from generate_series(1, 200) as n, cs_health.churn_model as m, (select %L::date) as d(day)
        where m.version = 'one'$sql$, probability, csat, day);
end
$$;

-- Drift
call pg_temp.day(current_date - 1, 'case when n <= 20 then null when n <= 80 then 0.5 when n <= 140 then 1 else 2 end');
select is((select (round(d.psi::numeric, 12), d.verdict, d.not_observed_then, d.not_observed_now)::text
    from cs_health.churn_drift() as d), '(0.000000000000,stable,0.1,0.1)', 'the same shares: no drift');
call pg_temp.day(current_date - 1,
    'case when n <= 20 then null when n <= 120 then 0.5 when n <= 160 then 1.5 else 9 end');
-- (.5 - .3) ln (.5 / .3) + 2 (.2 - .3) ln (.2 / .3)
select is((select round(d.psi::numeric, 12) from cs_health.churn_drift() as d),
    round((0.2 * ln(5 / 3.0) - 0.2 * ln(2 / 3.0))::numeric, 12), 'drift, by hand');
select is((select d.verdict from cs_health.churn_drift() as d), 'moved', 'from 0.1 on moved');
call pg_temp.day(current_date - 1, 'case when n <= 120 then null when n <= 180 then 0.5 else 3 end');
select is((select d.verdict from cs_health.churn_drift() as d), 'shifted', 'from 0.25 on shifted');
select ok((select d.psi from cs_health.churn_drift() as d) between 0.5 and 10,
    'an empty bin makes it large, not infinite');
-- 80 answers, 60 of 0.5 and 20 of 3, mean 3 and coefficient -1: 60 x 2.5 / 200
select is((select round(d.log_odds::numeric, 12) from cs_health.churn_drift() as d), 0.75,
    'what it does to predictions');
select is(pg_temp.status(), format('one retrain CSAT is no longer what it was in training (PSI %s), which moves the '
    'mean prediction by +0.75 in log-odds', (select round(d.psi::numeric, 2) from cs_health.churn_drift() as d)),
    'which is a reason to train again');
select is(pg_temp.remedy(), 'CALL cs_health.train_churn_model(horizon_days => 30);', 'with the window as it is');
select is((select status || ': ' || remedy from cs_health.doctor() where item = 'churn model'),
    'warning: CALL cs_health.train_churn_model(horizon_days => 30); then publish_model().', 'as doctor() says');
-- chi2 of 3 degrees of freedom is above 16.27 once in a thousand times, of 10 above 29.59
select ok(cs_health._psi_by_chance(4, 200, 100) / (16.27 * 0.015) between 0.98 and 1.02, 'what chance does');
select ok(cs_health._psi_by_chance(11, 100, null) / (29.59 / 100) between 0.99 and 1.01,
    'with training rows that nobody counted');
update cs_health.churn_model set document = document || '{"training": {"rows": 2}}' where version = 'one';
select is((select d.verdict from cs_health.churn_drift() as d), 'stable', 'a shift that chance explains is none');
update cs_health.churn_model set document = document || '{"training": {"rows": 1000}}' where version = 'one';
select is((select d.verdict from cs_health.churn_drift() as d), 'shifted', 'on more rows it is one');
update cs_health.churn_model set document = document - 'training' where version = 'one';
call pg_temp.day(current_date - 1, 'case when n <= 120 then null when n <= 150 then 4.5 else 2.3 end');
select is((select d.verdict || round(d.log_odds::numeric, 3) from cs_health.churn_drift() as d), 'shifted-0.050',
    'a shift');
select is(pg_temp.status(), 'one ok', 'that moves no prediction is none');
call pg_temp.day(current_date - 1, 'case when n <= 20 then null when n <= 80 then 0.5 when n <= 140 then 1 else 2 end');
select is(pg_temp.status(), 'one ok', 'without it there is none');

-- Past predictions: two days whose windows are over, the later one's scored by a replay
call pg_temp.day(current_date - 61, '3', 0.1);
call pg_temp.day(current_date - 91, '3', 0.1);
update cs_health.customer_health set calculated_at = now() where as_of = current_date - 61;
update cs_health.customer_health as h
set churn_probability = case when t.nr <= 20 then 0.4 when t.nr <= 100 then 0.1 else 0.05 end
from (select pg_temp.tenant(n) as id, n as nr from generate_series(1, 200) as n) as t
where t.id = h.tenant_id and h.as_of = current_date - 91;
update cs_health.tenant as t set status = 'churned', churned_on = current_date - 50
from (select pg_temp.tenant(n) as id from generate_series(1, 200) as n
    where n <= 8 or n between 21 and 28 or n between 101 and 105) as n where n.id = t.id;
select is((select array_agg(k.as_of) from cs_health.churn_track() as k), array[current_date - 91],
    'a day that was scored after its window began is no prediction');
select is((select k.tenants || ' ' || k.churned from cs_health.churn_track() as k), '200 21', 'tenants and churns');
select is((select round(k.predicted::numeric, 6) from cs_health.churn_track() as k), 0.105, 'the mean probability');
select is((select k.observed from cs_health.churn_track() as k), 0.105::float8, 'beside what came');
select is((select k.flagged || ' ' || k.flagged_churned from cs_health.churn_track() as k), '20 8',
    'flagged, and rightly');
select is((select round(k.auc::numeric, 9) from cs_health.churn_track() as k), (
    select round((sum(case when a.p > b.p then 1.0 when a.p = b.p then 0.5 else 0 end) / count(*))::numeric, 9)
    from (values (4, 8), (2, 8), (1, 5)) as a(p, times), (values (4, 12), (2, 72), (1, 95)) as b(p, times),
        generate_series(1, a.times) as i, generate_series(1, b.times) as j), 'AUC, pair by pair');
select is((select round(k.lift_10::numeric, 9) from cs_health.churn_track() as k), round(8 / 20.0 / 0.105, 9),
    'lift of the highest tenth');
select is((select round(k.brier_base::numeric, 9) from cs_health.churn_track() as k),
    round((21 * 0.9 * 0.9 + 179 * 0.01) / 200, 9), 'Brier score of the base rate');
select is(pg_temp.status(), 'one ok', 'nothing to object to');
select is(pg_temp.remedy(), null, 'nor to do');
select is(pg_temp.parts_read('select * from cs_health.churn_track(''one'', 2)'),
    pg_temp.parts_of(array[current_date - 91, current_date - 61]), 'no more is read than the days'' partitions');
select is((select count(*) from cs_health.churn_track('prior-1')), 0::bigint, 'another model has no past');
select cmp_ok(cardinality(pg_temp.parts_read('select * from cs_health.churn_drift()')), '<=', 2,
    'drift reads the months of the last week');
select is((select count(*) from cs_health.churn_track('one')), 1::bigint, 'this one has');
update cs_health.tenant as t set churn_notice_on = current_date - 95 where t.id = pg_temp.tenant(1);
select is((select k.tenants || ' ' || k.churned from cs_health.churn_track() as k), '199 20',
    'whoever gave notice is out');
update cs_health.tenant as t set churn_notice_on = null where t.id = pg_temp.tenant(1);
update cs_health.tenant as t set status = 'churned', churned_on = current_date - 50 where t.status = 'active'
    and t.id <= pg_temp.tenant(170) and t.id > pg_temp.tenant(100);
select alike(pg_temp.status(), 'one retrain%it expected 21 churns, % came%',
    'churns that come out otherwise are a reason');
select alike(pg_temp.status(), '%hardly told who would leave (AUC 0.% on % churns)%',
    'so are predictions that rank nothing');
create temp table leavers as select t.id, t.churned_on from cs_health.tenant as t where t.status = 'churned';
update cs_health.tenant set status = 'active', churned_on = null;
update cs_health.tenant as t set status = 'churned', churned_on = current_date - 50
from (select pg_temp.tenant(n) as id from generate_series(1, 200) as n
    where n between 21 and 24 or n between 101 and 104) as n where n.id = t.id;
select is((select round(k.auc::numeric, 2) || ' ' || k.lift_10 from cs_health.churn_track() as k), '0.47 0',
    'eight churns against the ranking');
select is(pg_temp.status(), 'one ok', 'may be chance');
update cs_health.churn_model set document = document || '{"trained_at": "2020-01-01"}' where version = 'one';
select alike(pg_temp.status(), '%it was trained more than a year ago%', 'age is a reason');

-- Days end in the time zone of the settings
update cs_health.settings set time_zone = 'Etc/GMT+11';
select max(d) as day from cs_health._label_days(30, 30, 30) as d \gset
call pg_temp.day(:'day', '3');
update cs_health.customer_health set calculated_at = timezone('UTC', :'day'::date + 31 + interval '10 hours')
where as_of = :'day';
select is((select max(k.as_of) from cs_health.churn_track() as k), :'day', 'its last hour is before the window');
update cs_health.customer_health set calculated_at = calculated_at + interval '2 hours' where as_of = :'day';
select isnt((select max(k.as_of) from cs_health.churn_track() as k), :'day', 'the next one is not');
update cs_health.settings set time_zone = 'UTC';

-- The review
delete from cs_health.customer_health;
update cs_health.tenant set status = 'active', churned_on = null;
create procedure pg_temp.predicted(nr integer, days_ago integer, probability double precision, coverage real default 1)
language sql as $$
    insert into cs_health.customer_health (
        tenant_id, as_of, overall_score, engagement_score, adoption_score, satisfaction_score, support_score,
        growth_score, category, trend, scorecard_id, coverage, churn_probability, churn_model_id, calculated_at,
            measures,
        history)
    select pg_temp.tenant(nr), current_date - days_ago, 50, 50, 50, 50, 50, 50, 'at_risk',
        'stable', 1, coverage, probability,
        m.id, current_date - days_ago + 1, array_fill(null::real, array[19]) || 5::real, '\x'
    from cs_health.churn_model as m where m.version = 'one'
$$;
update cs_health.tenant set status = 'churned', churned_on = current_date - 10 where id <= pg_temp.tenant(6);
update cs_health.tenant set status = 'internal' where id = pg_temp.tenant(7);
call pg_temp.predicted(1, 50, 0.35);   -- 40 days before
call pg_temp.predicted(1, 30, 0.05);
call pg_temp.predicted(2, 50, 0.29);
call pg_temp.predicted(2, 30, 0.31);   -- 20 days before
call pg_temp.predicted(3, 50, 0.15);
call pg_temp.predicted(3, 30, 0.05);
call pg_temp.predicted(4, 50, 0.9, 0.4);
call pg_temp.predicted(5, 90, 0.9);    -- 80 days before: out of lead + horizon
call pg_temp.predicted(6, 10, 0.9);    -- the day it left
create function pg_temp.review(nr integer) returns text language sql as $$
    select concat_ws(', ', r.outcome, current_date - r.flagged_on, r.days_ahead, r.highest_level, r.reason)
    from cs_health.churn_alert_review(locale => 'en') as r where r.tenant_id = pg_temp.tenant(nr)
$$;
select is(pg_temp.review(1), 'flagged, 50, 40, high', 'flagged in time');
select is(pg_temp.review(2), 'flagged late, 30, 20, high, The signs came late', 'flagged late');
select is(pg_temp.review(3), 'missed, medium, Risk at most 1.5 times the usual; what reassured: CSAT 5, '
    'typical 3 (180 days)',
    'missed, and why');
select is(pg_temp.review(4), 'no data, Less than half of the data was observed on those days', 'no data');
select is(pg_temp.review(5), 'not predicted, No prediction of those days', 'too early to count');
select is(pg_temp.review(6), 'not predicted, No prediction of those days', 'too late to be one');
select is((select count(*) from cs_health.churn_alert_review()), 6::bigint, 'nobody else');
select is((select count(*) from cs_health.churn_alert_review(current_date - 9)), 0::bigint, 'in the period only');

update cs_health.customer_health set calculated_at = now() where tenant_id = pg_temp.tenant(1);
select alike(pg_temp.review(1), 'missed, low, %', 'what a replay said later warned nobody');
update cs_health.customer_health set calculated_at = as_of + 1 where tenant_id = pg_temp.tenant(1);
update cs_health.tenant set churn_notice_on = current_date - 40 where id = pg_temp.tenant(2);
select is(pg_temp.review(2), 'missed, medium, Risk at most 2.9 times the usual; what reassured: '
    'CSAT 5, typical 3 (180 days)', 'after the notice it was known anyway');
update cs_health.tenant set churn_notice_on = null where id = pg_temp.tenant(2);
call pg_temp.predicted(3, 20, 0.9, 0.4);
select is(pg_temp.review(3), 'missed, medium, Risk at most 1.5 times the usual; what reassured: '
    'CSAT 5, typical 3 (180 days)', 'a day without data is not the highest');
select is((
        select r.reason from cs_health.churn_alert_review(locale => 'es') as r where r.tenant_id = pg_temp.tenant(3)),
    'Riesgo como mucho 1,5× lo habitual; tranquilizaba: CSAT: 5, cuando lo habitual es 3 (180 días)', 'in Spanish');
-- as another model would have said: csat 5 of everybody, log-odds -2 - (5 - 3) = -4
select is((select string_agg(distinct concat_ws(' ', r.outcome, round(r.highest_probability::numeric, 4)), ', ')
    from cs_health.churn_alert_review(version => 'one') as r where r.tenant_id <= pg_temp.tenant(3)), 'missed 0.0180',
    'by a model that is named');
update cs_health.churn_model set document = document || jsonb_build_object('training', jsonb_build_object('known_on',
    current_date - 40)) where version = 'one';
select is((select min(current_date - r.flagged_on) || ' ' || string_agg(distinct r.outcome, ', ' order by r.outcome)
    from cs_health.churn_alert_review(version => 'one') as r), null, 'nobody was flagged by it');
select is((select string_agg(r.outcome, ', '
        order by r.tenant_id) from cs_health.churn_alert_review(version => 'one') as r),
    'missed, missed, missed, not predicted, not predicted, not predicted', 'days that its training knew do not count');
select throws_ok('select * from cs_health.churn_alert_review(version => ''nobody'')', '42704');
select throws_ok('select * from cs_health.churn_alert_review(''2026-01-02'', ''2026-01-01'')', '22023');
select throws_ok('select * from cs_health.churn_alert_review(locale => ''fr'')', '22023');

-- What there is to train on
select cs_health.publish_model('prior-1', true) \g /dev/null
delete from cs_health.customer_health;
update cs_health.tenant set status = 'active', churned_on = null;
create procedure pg_temp.leave(tenants int4range, days_ago integer) language sql as $$
    update cs_health.tenant as t set status = 'churned', churned_on = current_date - days_ago
    from generate_series(lower(tenants), upper(tenants) - 1) as n where t.id = pg_temp.tenant(n)
$$;
do $$
begin
    for days_ago in 61..211 by 30 loop
        call pg_temp.day(current_date - days_ago, format('(n * 7 + %s) %% 11 / 2.0', days_ago));
    end loop;
end
$$;
call pg_temp.leave('[1,8]', 10);
call pg_temp.leave('[11,30]', 50);
select is(pg_temp.status(), 'prior-1 wait it was not trained; stored history has 28 churns to learn from: needed are '
    '20 to train on and 8 of days that are at least 60 days later', 'enough churns, too close to each other');
call pg_temp.leave('[11,30]', 80);
select is(pg_temp.status(), 'prior-1 train it was not trained; stored history has 28 churns to learn from',
    'apart by a window of 60 days');
select is(pg_temp.remedy(), 'CALL cs_health.train_churn_model(horizon_days => 30);', 'not by one of 90');
select throws_like('call cs_health.train_churn_model()', 'insufficient history%', 'which training refuses');
do $$ begin execute pg_temp.remedy(); end $$;
select is((select m.horizon_days from cs_health.churn_model as m where m.version = 'churn-1'), 30, 'the call works');
select is((select status || ': ' || remedy from cs_health.doctor() where item = 'churn model'),
    'info: CALL cs_health.train_churn_model(horizon_days => 30); then publish_model(): doc/first-churn-model.md.',
    'and doctor() names it');
call pg_temp.leave('[11,30]', 150);
select is(pg_temp.remedy(), 'CALL cs_health.train_churn_model();', 'the model''s own window comes first');
select ok(pg_temp.parts_read('select * from cs_health.churn_model_status()')
    <@ pg_temp.parts_of(array[current_date - 91, current_date - 151, current_date - 211]), 'on no days but its own');
do $$ begin execute pg_temp.remedy(); end $$;
select is((select m.horizon_days from cs_health.churn_model as m where m.version = 'churn-2'), 60,
    'that call works too');
update cs_health.tenant set status = 'active', churned_on = null where id = pg_temp.tenant(30);
select alike(pg_temp.status(), 'prior-1 wait %', 'one less is too few');
select is(cs_health._train_call(14, 90), 'CALL cs_health.train_churn_model(lead_days => 14, horizon_days => 90);',
    'a window of its own');

-- Ids that follow the time of sign-up
insert into cs_health.tenant (id, name) select pg_temp.tenant(n), 'Tenant ' || n from generate_series(1001, 7000) as n;
insert into cs_health.customer_health (
    tenant_id, as_of, overall_score, engagement_score, adoption_score, satisfaction_score, support_score, growth_score,
    category, trend, scorecard_id, coverage, calculated_at, measures, history)
select pg_temp.tenant(n), current_date - 1, 50, 50, 50, 50, 50, 50, 'at_risk', 'stable', 1, 1, now(),
    array[n]::real[], '\x'
from generate_series(1001, 7000) as n;
select ok(count(*) > 4500 and avg(s.measures[1]) between 3950 and 4050, 'the sample is not of the oldest customers')
from cs_health._monitor_sample(current_date) as s(measures);

select * from finish();
rollback;
