-- The formulas, categories and trends of the specification (section 2) at their boundaries, against values worked out
-- by hand; then whole vectors under the scorecard that follows the specification.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
begin;

create temp table cases (nr integer generated always as identity, call text, expected text);

-- 100 x mean daily active users / monthly active users; nobody at all is for the caller to judge
insert into cases (call, expected) values
    ('engagement_score(0, 10)', '0'),
    ('engagement_score(3.9, 10)', '39'),
    ('engagement_score(4, 10)', '40'),
    ('engagement_score(5.9, 10)', '59'),
    ('engagement_score(6, 10)', '60'),
    ('engagement_score(7.9, 10)', '79'),
    ('engagement_score(8, 10)', '80'),
    ('engagement_score(9.9, 10)', '99'),
    ('engagement_score(10, 10)', '100'),
    ('engagement_score(12, 10)', '100'),            -- more a day than a month: clamped
    ('engagement_score(1, 200)', '1'),              -- 0.5
    ('engagement_score(0.98, 200)', '0'),           -- 0.49
    ('engagement_score(79, 200)', '40'),            -- 39.5
    ('engagement_score(78.8, 200)', '39'),          -- 39.4
    ('engagement_score(119, 200)', '60'),           -- 59.5
    ('engagement_score(118.8, 200)', '59'),         -- 59.4
    ('engagement_score(159, 200)', '80'),           -- 79.5
    ('engagement_score(158.8, 200)', '79'),         -- 79.4
    ('engagement_score(199, 200)', '100'),          -- 99.5
    ('engagement_score(1, 3)', '33'),
    ('engagement_score(2, 3)', '67'),
    ('engagement_score(1e307, 1e308)', '10'),
    ('engagement_score(0, 0)', null),
    ('engagement_score(5, 0)', null),
    ('engagement_score(null, 10)', null),
    ('engagement_score(10, null)', null);

-- 100 x features used / features available
insert into cases (call, expected) values
    ('adoption_score(0, 1)', '0'),
    ('adoption_score(1, 1)', '100'),
    ('adoption_score(39, 100)', '39'),
    ('adoption_score(40, 100)', '40'),
    ('adoption_score(59, 100)', '59'),
    ('adoption_score(60, 100)', '60'),
    ('adoption_score(79, 100)', '79'),
    ('adoption_score(80, 100)', '80'),
    ('adoption_score(1, 200)', '1'),                -- 0.5
    ('adoption_score(1, 201)', '0'),                -- 0.4975
    ('adoption_score(79, 200)', '40'),              -- 39.5
    ('adoption_score(119, 200)', '60'),             -- 59.5
    ('adoption_score(159, 200)', '80'),             -- 79.5
    ('adoption_score(199, 200)', '100'),            -- 99.5
    ('adoption_score(198, 200)', '99'),
    ('adoption_score(5, 4)', '100'),                -- more than the plan has: clamped
    ('adoption_score(2147483647, 2147483647)', '100'),
    ('adoption_score(1, 2147483647)', '0'),
    ('adoption_score(1073741824, 2147483647)', '50'),
    ('adoption_score(0, 0)', null),
    ('adoption_score(3, 0)', null),
    ('adoption_score(null, 3)', null),
    ('adoption_score(3, null)', null);

-- weights 50, 30, 20 over those present of: (nps + 100) / 2, (csat - 1) / 4 x 100, (review - 1) / 4 x 100
insert into cases (call, expected) values
    ('satisfaction_score(-100, null, null)', '0'),
    ('satisfaction_score(-22, null, null)', '39'),
    ('satisfaction_score(-21, null, null)', '40'),  -- 39.5
    ('satisfaction_score(-20, null, null)', '40'),
    ('satisfaction_score(0, null, null)', '50'),
    ('satisfaction_score(18, null, null)', '59'),
    ('satisfaction_score(19, null, null)', '60'),   -- 59.5
    ('satisfaction_score(20, null, null)', '60'),
    ('satisfaction_score(58, null, null)', '79'),
    ('satisfaction_score(59, null, null)', '80'),   -- 79.5
    ('satisfaction_score(60, null, null)', '80'),
    ('satisfaction_score(-99, null, null)', '1'),   -- 0.5
    ('satisfaction_score(-99.2, null, null)', '0'), -- 0.4
    ('satisfaction_score(99, null, null)', '100'),  -- 99.5
    ('satisfaction_score(100, null, null)', '100'),
    ('satisfaction_score(null, 1, null)', '0'),
    ('satisfaction_score(null, 2.56, null)', '39'),
    ('satisfaction_score(null, 2.58, null)', '40'), -- 39.5
    ('satisfaction_score(null, 2.6, null)', '40'),
    ('satisfaction_score(null, 3, null)', '50'),
    ('satisfaction_score(null, 3.36, null)', '59'),
    ('satisfaction_score(null, 3.4, null)', '60'),
    ('satisfaction_score(null, 4.16, null)', '79'),
    ('satisfaction_score(null, 4.2, null)', '80'),
    ('satisfaction_score(null, 5, null)', '100'),
    ('satisfaction_score(null, null, 1)', '0'),
    ('satisfaction_score(null, null, 3.02)', '51'), -- 50.5
    ('satisfaction_score(null, null, 5)', '100'),
    ('satisfaction_score(100, 5, 5)', '100'),
    ('satisfaction_score(-100, 1, 1)', '0'),
    ('satisfaction_score(100, 1, 1)', '50'),
    ('satisfaction_score(-100, 5, 1)', '30'),
    ('satisfaction_score(-100, 1, 5)', '20'),
    ('satisfaction_score(40, 4.2, 3.5)', '72'),     -- (50 x 70 + 30 x 80 + 20 x 62.5) / 100 = 71.5
    ('satisfaction_score(100, 1, null)', '63'),     -- 5000 / 80 = 62.5
    ('satisfaction_score(-100, 5, null)', '38'),    -- 3000 / 80 = 37.5
    ('satisfaction_score(100, null, 1)', '71'),     -- 5000 / 70
    ('satisfaction_score(-100, null, 5)', '29'),    -- 2000 / 70
    ('satisfaction_score(null, 5, 1)', '60'),
    ('satisfaction_score(null, 1, 5)', '40'),
    ('satisfaction_score(null, null, null)', null);

-- 100 - 10 x open tickets
insert into cases (call, expected) values
    ('support_score(0)', '100'),
    ('support_score(1)', '90'),
    ('support_score(2)', '80'),
    ('support_score(3)', '70'),
    ('support_score(4)', '60'),
    ('support_score(5)', '50'),
    ('support_score(6)', '40'),
    ('support_score(7)', '30'),
    ('support_score(9)', '10'),
    ('support_score(10)', '0'),
    ('support_score(11)', '0'),
    ('support_score(2147483647)', '0'),
    ('support_score(null)', null);

-- month-over-month growth in per cent; shrinking is 0, from nobody to somebody 100
insert into cases (call, expected) values
    ('growth_score(100, 100)', '0'),
    ('growth_score(99, 100)', '0'),
    ('growth_score(0, 100)', '0'),
    ('growth_score(139, 100)', '39'),
    ('growth_score(140, 100)', '40'),
    ('growth_score(159, 100)', '59'),
    ('growth_score(160, 100)', '60'),
    ('growth_score(179, 100)', '79'),
    ('growth_score(180, 100)', '80'),
    ('growth_score(200, 100)', '100'),
    ('growth_score(201, 100)', '100'),
    ('growth_score(201, 200)', '1'),                -- 0.5
    ('growth_score(200.98, 200)', '0'),             -- 0.49
    ('growth_score(279, 200)', '40'),               -- 39.5
    ('growth_score(319, 200)', '60'),               -- 59.5
    ('growth_score(359, 200)', '80'),               -- 79.5
    ('growth_score(399, 200)', '100'),              -- 99.5
    ('growth_score(4, 3)', '33'),
    ('growth_score(5, 3)', '67'),
    ('growth_score(1.1e308, 1e308)', '10'),
    ('growth_score(5, 0)', '100'),
    ('growth_score(0.001, 0)', '100'),
    ('growth_score(0, 0)', null),
    ('growth_score(null, 10)', null),
    ('growth_score(10, null)', null);

-- weights 30, 25, 20, 15, 10; the weight of a null one goes to the others in proportion
insert into cases (call, expected) values
    ('overall_score(0, 0, 0, 0, 0)', '0'),
    ('overall_score(39, 39, 39, 39, 39)', '39'),
    ('overall_score(40, 40, 40, 40, 40)', '40'),
    ('overall_score(59, 59, 59, 59, 59)', '59'),
    ('overall_score(60, 60, 60, 60, 60)', '60'),
    ('overall_score(79, 79, 79, 79, 79)', '79'),
    ('overall_score(80, 80, 80, 80, 80)', '80'),
    ('overall_score(100, 100, 100, 100, 100)', '100'),
    ('overall_score(100, 0, 0, 0, 0)', '30'),
    ('overall_score(0, 100, 0, 0, 0)', '25'),
    ('overall_score(0, 0, 100, 0, 0)', '20'),
    ('overall_score(0, 0, 0, 100, 0)', '15'),
    ('overall_score(0, 0, 0, 0, 100)', '10'),
    ('overall_score(20, 60, 85, 90, 3)', '52'),     -- 6 + 15 + 17 + 13.5 + 0.3 = 51.8
    ('overall_score(0, 2, 0, 0, 0)', '1'),          -- 0.5
    ('overall_score(1, 0, 1, 0, 0)', '1'),          -- 0.5
    ('overall_score(0, 0, 0, 3, 0)', '0'),          -- 0.45
    ('overall_score(0, 0, 0, 3, 1)', '1'),          -- 0.55
    ('overall_score(40, 39, 40, 39, 39)', '40'),    -- 39.5
    ('overall_score(40, 39, 39, 40, 39)', '39'),    -- 39.45
    ('overall_score(60, 59, 60, 59, 59)', '60'),    -- 59.5
    ('overall_score(60, 59, 59, 60, 59)', '59'),    -- 59.45
    ('overall_score(80, 79, 80, 79, 79)', '80'),    -- 79.5
    ('overall_score(80, 79, 79, 80, 79)', '79'),    -- 79.45
    ('overall_score(100, 99, 100, 99, 99)', '100'), -- 99.5
    ('overall_score(80, null, null, null, null)', '80'),
    ('overall_score(100, 0, null, null, null)', '55'),  -- 3000 / 55 = 54.5454
    ('overall_score(null, 100, 0, null, null)', '56'),  -- 2500 / 45 = 55.5556
    ('overall_score(null, null, 100, 0, null)', '57'),  -- 2000 / 35 = 57.1429
    ('overall_score(null, null, null, 100, 0)', '60'),  -- 1500 / 25
    ('overall_score(100, null, null, null, 0)', '75'),  -- 3000 / 40
    ('overall_score(1, null, 0, null, 0)', '1'),        -- 30 / 60 = 0.5
    ('overall_score(null, 40, null, 39, 39)', '40'),    -- 39.5
    ('overall_score(0, null, null, null, 1)', '0'),     -- 10 / 40
    ('overall_score(null, null, null, null, null)', null);

insert into cases (call, expected) values
    ('health_category(0)', 'critical'),
    ('health_category(1)', 'critical'),
    ('health_category(38)', 'critical'),
    ('health_category(39)', 'critical'),
    ('health_category(40)', 'at_risk'),
    ('health_category(41)', 'at_risk'),
    ('health_category(58)', 'at_risk'),
    ('health_category(59)', 'at_risk'),
    ('health_category(60)', 'neutral'),
    ('health_category(61)', 'neutral'),
    ('health_category(78)', 'neutral'),
    ('health_category(79)', 'neutral'),
    ('health_category(80)', 'healthy'),
    ('health_category(81)', 'healthy'),
    ('health_category(100)', 'healthy'),
    ('health_category(null)', null);

-- The rise of the line over the days seen, against 5 points to enter a trend and 2.5 to leave it. With n daily scores
-- it is (n - 1) x sum((x - mean x) x y) / sum((x - mean x)^2); the denominator is 28 for 7 scores, 42 for 8, 60 for 9.
insert into cases (call, expected) values
    ('health_trend(null)', null),
    ('health_trend(''{}'')', 'stable'),
    ('health_trend(''{50}'')', 'stable'),
    ('health_trend(''{0,20,40,60,80,100}'')', 'stable'),                    -- six scores are too few
    ('health_trend(''{50,50,50,50,50,50,50}'')', 'stable'),
    ('health_trend(''{50,51,52,53,54,55,56}'')', 'improving'),              -- 6
    ('health_trend(''{56,55,54,53,52,51,50}'')', 'declining'),              -- -6
    ('health_trend(''{50,51,52,52,53,54,55}'')', 'stable'),                 -- 6 x 22 / 28 = 4.71
    ('health_trend(''{55,54,53,52,52,51,50}'')', 'stable'),                 -- -4.71
    ('health_trend(''{50,50,50,50,52,51,54,55}'')', 'stable'),              -- 7 x 30 / 42 = 5 is still noise
    ('health_trend(''{50,50,50,50,52,51,54,56}'')', 'improving'),           -- 7 x 33.5 / 42 = 5.58
    ('health_trend(''{50,51,52,53,54,55,56,53}'')', 'improving'),           -- 6, then 7 x 28 / 42 = 4.67: stays
    ('health_trend(''{50,51,52,53,54,55,56,53,50}'')', 'stable'),           -- then 8 x 16 / 60 = 2.13: left
    ('health_trend(''{56,55,54,53,52,51,50,53}'')', 'declining'),           -- -6, then -4.67: stays
    ('health_trend(''{56,55,54,53,52,51,50,53,56}'')', 'stable'),           -- then -2.13: left
    ('health_trend(''{50,NULL,51,NULL,52,NULL,53,NULL,54,NULL,55,NULL,56}'')', 'improving'),
    ('health_trend(''{50,NULL,52,NULL,54,NULL,56,NULL,58,NULL,60,NULL}'')', 'stable'),  -- six scores
    ('health_trend(array_fill(null::smallint, array[30]))', 'stable'),
    ('health_trend(array_fill(0::smallint, array[20]) || array_fill(80::smallint, array[30]))', 'stable'),
    ('health_trend(array(select d::smallint from generate_series(70, 99) as d))', 'improving'),
    ('health_trend(array(select (99 - d)::smallint from generate_series(0, 29) as d))', 'declining'),
    ('health_trend(array(select (50 + d % 2 * 4)::smallint from generate_series(1, 30) as d))', 'stable');

create temp table vectors (nr integer generated always as identity, name text, measures jsonb, expected text);

-- A vector from names; what is not named is not observed
create function pg_temp.vector(named jsonb) returns real[] language sql as $$
    select array_agg((named ->> b.code)::real order by b."position") from cs_health.builtin_measures() as b
$$;

-- expected: overall, engagement, adoption, satisfaction, support, growth, category, coverage; an unobserved one is 50
insert into vectors (name, measures, expected) values
    ('nothing observed', '{}', '(50,50,50,50,50,50,at_risk,0)'),
    ('all at their best', '{"stickiness": 1, "adoption": 1, "nps": 100, "csat": 5, "review": 5, "open_tickets": 0,
        "mau_growth": 1, "tenure_days": 100}', '(100,100,100,100,100,100,healthy,1)'),
    ('all at their worst', '{"stickiness": 0, "adoption": 0, "nps": -100, "csat": 1, "review": 1, "open_tickets": 10,
        "mau_growth": -1, "tenure_days": 100}', '(0,0,0,0,0,0,critical,1)'),
    ('a good tenant under the letter of the specification', '{"stickiness": 0.2, "adoption": 0.6, "nps": 70,
        "csat": 4.4, "review": 4.4, "open_tickets": 1, "mau_growth": 0.03, "tenure_days": 100}',
        '(52,20,60,85,90,3,at_risk,1)'),
    ('silence: nobody active is engagement 0 and growth 0, both observed', '{"mau": 0, "mau_previous": 0}',
        '(0,0,50,50,50,0,critical,0.4)'),
    ('silence in a plan of ten features', '{"mau": 0, "mau_previous": 0, "features_used": 0,
        "features_available": 10, "adoption": 0}', '(0,0,0,50,50,0,critical,0.65)'),
    ('all users lost', '{"mau": 0, "mau_previous": 10, "mau_growth": -1}', '(0,0,50,50,50,0,critical,0.4)'),
    ('from nobody to somebody is growth 100', '{"mau": 5, "mau_previous": 0, "stickiness": 0.5, "tenure_days": 30}',
        '(63,50,50,50,50,100,neutral,0.4)'),                    -- (30 x 50 + 10 x 100) / 40 = 62.5
    ('on day 29 growth is not observed', '{"mau": 5, "mau_previous": 0, "stickiness": 0.5, "tenure_days": 29}',
        '(50,50,50,50,50,50,at_risk,0.3)'),
    ('on day 29 measured growth is not observed either', '{"stickiness": 0.8, "mau_growth": 1, "tenure_days": 29}',
        '(80,80,50,50,50,50,healthy,0.3)'),
    ('on day 30 it is', '{"stickiness": 0.8, "mau_growth": 1, "tenure_days": 30}', '(85,80,50,50,50,100,healthy,0.4)'),
    ('of unknown age it is', '{"stickiness": 0.8, "mau_growth": 1}', '(85,80,50,50,50,100,healthy,0.4)'),
    ('nobody on day 0 still has engagement 0', '{"mau": 0, "mau_previous": 0, "tenure_days": 0}',
        '(0,0,50,50,50,50,critical,0.3)'),
    ('engagement alone', '{"stickiness": 0.4}', '(40,40,50,50,50,50,at_risk,0.3)'),
    ('adoption alone', '{"adoption": 0.39}', '(39,50,39,50,50,50,critical,0.25)'),
    ('satisfaction alone', '{"nps": 20}', '(60,50,50,60,50,50,neutral,0.2)'),
    ('support alone', '{"open_tickets": 2}', '(80,50,50,50,80,50,healthy,0.15)'),
    ('growth alone', '{"mau_growth": 0.79}', '(79,50,50,50,50,79,neutral,0.1)'),
    ('half of 0.5', '{"stickiness": 0.005}', '(1,1,50,50,50,50,critical,0.3)'),
    ('39.5', '{"adoption": 0.395}', '(40,50,40,50,50,50,at_risk,0.25)'),
    ('39.4', '{"adoption": 0.394}', '(39,50,39,50,50,50,critical,0.25)'),
    ('59.5', '{"adoption": 0.595}', '(60,50,60,50,50,50,neutral,0.25)'),
    ('79.5', '{"mau_growth": 0.795}', '(80,50,50,50,50,80,healthy,0.1)'),
    ('beyond the ends', '{"stickiness": 1.5, "adoption": 2, "open_tickets": 15, "mau_growth": -3}',
        '(69,100,100,50,0,0,neutral,0.8)'),                     -- 5500 / 80 = 68.75
    ('NPS and CSAT share the weight of the review', '{"nps": 100, "csat": 1}', '(63,50,50,63,50,50,neutral,0.2)'),
    ('reviews alone', '{"review": 4}', '(75,50,50,75,50,50,neutral,0.2)'),
    ('shown signals have no weight', '{"logins": 9, "minutes": 9, "mean_resolution_hours": 9, "new_users": 9}',
        '(50,50,50,50,50,50,at_risk,0)'),
    ('two components share the weight of three', '{"stickiness": 1, "adoption": 0}',
        '(55,100,0,50,50,50,at_risk,0.55)'),                    -- 3000 / 55 = 54.5454
    ('the components are rounded first', '{"stickiness": 0.396, "adoption": 0.394, "nps": -20, "open_tickets": 6,
        "mau_growth": 0.394}', '(40,40,39,40,40,39,at_risk,1)'); -- 12 + 9.75 + 8 + 6 + 3.9 = 39.65

select plan((select count(*)::integer from cases) + (select count(*)::integer from vectors) + 7);

create function pg_temp.answer(call text) returns text language plpgsql as $$
declare
    answer text;
begin
    execute 'select (cs_health.' || call || ')::text' into answer;
    return answer;
exception when others then
    return sqlstate || ' ' || sqlerrm;
end
$$;

select is(pg_temp.answer(c.call), c.expected, c.call) from cases as c order by c.nr;

select is(
    cs_health.score(pg_temp.vector(v.measures), cs_health._spec_scorecard())::text, v.expected, 'score: ' || v.name)
from vectors as v order by v.nr;

select is(cs_health.score('{}', cs_health._spec_scorecard())::text, '(50,50,50,50,50,50,at_risk,0)',
    'an empty vector observes nothing');
select is(cs_health.score('{7}', cs_health._spec_scorecard())::text, '(50,50,50,50,50,50,at_risk,0)',
    'positions beyond the end of the vector are not observed');
select is(
    cs_health.score(pg_temp.vector('{"adoption": 0.6}') || array[1, 2, 3]::real[], cs_health._spec_scorecard())::text,
    '(60,50,60,50,50,50,neutral,0.25)', 'positions that no component names do not matter');
select is(cs_health.score(null, cs_health._spec_scorecard())::text, null, 'a null vector has no score');

-- The scorecard and the functions are two ways to the same numbers.
select is(count(*), 0::bigint, 'engagement of score() is engagement_score() on 5,000 ratios')
from generate_series(0, 100) as mau cross join generate_series(0, 100, 2) as dau
where mau > 0 and cs_health.engagement_score(dau, mau) is distinct from
    (cs_health.score(pg_temp.vector(jsonb_build_object('stickiness', dau / mau::real)), cs_health._spec_scorecard()))
        .engagement_score;
select is(count(*), 0::bigint, 'growth of score() is growth_score() on 1,600 pairs')
from generate_series(1, 40) as previous cross join generate_series(1, 40) as current
where cs_health.growth_score(current, previous) is distinct from (cs_health.score(
    pg_temp.vector(jsonb_build_object('mau_growth', (current - previous) / previous::real)),
    cs_health._spec_scorecard())).growth_score;
select is(count(*), 0::bigint, 'satisfaction of score() is satisfaction_score() on 1,025 answers')
from generate_series(-100, 100, 5) as nps
cross join generate_series(1, 5) as csat cross join generate_series(1, 5) as review
where cs_health.satisfaction_score(nps, csat, review) is distinct from (cs_health.score(
    pg_temp.vector(jsonb_build_object('nps', nps, 'csat', csat, 'review', review)),
    cs_health._spec_scorecard())).satisfaction_score;

select finish();
rollback;
