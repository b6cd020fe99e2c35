-- a day's run on what fold.sql left; all dates lie in the past, so nothing depends on today
\set SHOW_CONTEXT never
set client_min_messages = warning;
update cs_health.settings set batch_tenants = 2;
insert into cs_health.ticket (tenant_id, id, opened_at, resolved_at) values
    ('00000000-0000-0000-0000-000000000001', 'a', '2026-06-20', null),
    ('00000000-0000-0000-0000-000000000001', 'b', '2026-06-20', '2026-06-21 12:00+00'),
    ('00000000-0000-0000-0000-000000000002', 'c', '2026-07-20', null);
insert into cs_health.feedback (tenant_id, kind, score, user_id, answered_at) values
    ('00000000-0000-0000-0000-000000000001', 'nps', 2, 'user 1', '2026-05-01'),
    ('00000000-0000-0000-0000-000000000001', 'nps', 9, 'user 1', '2026-06-01'),
    ('00000000-0000-0000-0000-000000000001', 'csat', 4, 'user 2', '2026-06-01'),
    ('00000000-0000-0000-0000-000000000001', 'nps', 0, 'user 3', '2025-06-01');
insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value) values
    ('00000000-0000-0000-0000-000000000001', 'seats', '2026-05-20', 40, 50), ('00000000-0000-0000-0000-000000000001',
        'seats', '2026-06-29', 45, 50),
    ('00000000-0000-0000-0000-000000000001', 'storage', '2026-06-29', 1, 50);
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change) values
    ('00000000-0000-0000-0000-000000000001', '2026-01-01', 'new', 100), ('00000000-0000-0000-0000-000000000001',
        '2026-07-01', 'expansion', 50);
call cs_health.recalculate('2026-06-30');
select as_of, phase, done, total, batches, eta from cs_health.run;
select tenant_id, overall_score as overall, engagement_score as e, adoption_score as a, satisfaction_score as s,
    support_score as u,
    growth_score as g, category, trend, coverage, encode(history, 'hex') as history
from cs_health.customer_health order by tenant_id;
select measure, value from cs_health.tenant_measures('00000000-0000-0000-0000-000000000001', '2026-06-30');
select id = cs_health.health_id(tenant_id, as_of) as derived, tenant_name, overall_score, data_status,
    recommended_action, scorecard
from cs_health_v1.health_scores order by tenant_name;

-- again changes nothing, rescore does
create temporary table before as select tenant_id, as_of, xmin::text as written_by from cs_health.customer_health;
call cs_health.recalculate('2026-06-30');
select count(*) as unchanged from before join cs_health.customer_health as h using (tenant_id, as_of) where
    h.xmin::text = before.written_by;
insert into cs_health.event (tenant_id, user_id, occurred_at, kind)
select '00000000-0000-0000-0000-000000000002', 'late user', day, 'login' from generate_series(timestamptz
    '2026-06-10', '2026-06-30', '1 day') as day;
call cs_health.recalculate('2026-06-30', rescore => true);
select tenant_id, overall_score, engagement_score from cs_health.customer_health where tenant_id =
    '00000000-0000-0000-0000-000000000002';

-- days in a row, then days that cannot be
call cs_health.replay('2026-07-01', '2026-07-08');
select as_of, overall_score, trend, length(history) from cs_health.customer_health
where tenant_id = '00000000-0000-0000-0000-000000000001' order by as_of;
select count(*) from cs_health_v1.health_score_history('00000000-0000-0000-0000-000000000001', '2026-07-01',
    '2026-07-03');
select * from cs_health_v1.health_score_history('77777777-0000-0000-0000-000000000001');
call cs_health.recalculate('2026-01-01');
\set VERBOSITY terse
call cs_health.recalculate('2999-01-01');
\set VERBOSITY default
call cs_health.recalculate('infinity');
call cs_health.recalculate('2026-06-30', 2, 2);
call cs_health.replay('2026-07-08', '2026-07-01');
begin;
call cs_health.recalculate('2026-06-30');
rollback;

-- a change of scorecard is no trend: the ring is scored again
select cs_health.use_scorecard('mine') > 0 as used;
call cs_health.replay('2026-07-09', '2026-07-09');
select h.overall_score, encode(h.history, 'hex') as history,
    (select string_agg(lpad(to_hex((cs_health.score(p.measures, c.document)).overall_score), 2, '0'), '' order by
        p.as_of)
        from cs_health.customer_health as p where p.tenant_id = h.tenant_id) = encode(h.history, 'hex') as rescored
from cs_health.customer_health as h join cs_health.scorecard as c on c.id = h.scorecard_id
where h.tenant_id = '00000000-0000-0000-0000-000000000001' and h.as_of = '2026-07-09';
select cs_health.use_scorecard('spec') > 0 as used;

-- measures of one's own
select cs_health.register_measure('seats_bought', 'seats', 'Seats bought',
    'select id, 25 + 0 * ($1 - date ''2026-01-01'') from cs_health.tenant');
call cs_health.replay('2026-07-10', '2026-07-10');
select measure, value from cs_health.tenant_measures('00000000-0000-0000-0000-000000000001', '2026-07-10') where
    measure = 'seats_bought';
select cs_health.register_measure('broken', 'x', 'Fails', 'select 1');
select cs_health.register_measure('mau', 'x', 'Comes with the extension');
select cs_health.register_measure('Bad name', 'x', 'Bad');
select measures[100] from cs_health.customer_health where as_of = '2026-07-10' and tenant_id =
    '00000000-0000-0000-0000-000000000001';

-- tried before it is registered
\pset expanded on
select * from cs_health.test_measure('select id, extract(day from $1)::integer from cs_health.tenant', '2026-07-10');
select * from cs_health.test_measure(
    'select id, case when name > ''B'' then ''NaN'' else 1::float8 end from cs_health.tenant
    union all select ''77777777-0000-0000-0000-000000000001'', 5
    union all select ''00000000-0000-0000-0000-000000000001'', 7
    union all select ''00000000-0000-0000-0000-000000000001'', null');
select * from cs_health.test_measure('select id, 1 from cs_health.tenant where false -- nobody');
\pset expanded off
