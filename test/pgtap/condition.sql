-- Conditions and facts: every refusal with its path, three values, days, four bytes, words; and 5,000 random conditions
-- against PostgreSQL's own logic.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
\set SHOW_CONTEXT never
set time zone 'UTC';
begin;
set local client_min_messages = warning;
set local cs_health.now = '2026-03-15 12:00+00';
select plan(307);

create function pg_temp.leaf(fact text, op text, value jsonb, days integer default null) returns jsonb
language sql as $$
    select jsonb_strip_nulls(jsonb_build_object('fact', fact, 'op', op, 'for_days', days))
        || jsonb_build_object('value', value)
$$;
create function pg_temp.tenant(n integer) returns uuid language sql immutable as $$
    select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid
$$;
-- How a query is refused: code, message and whether a hint says what to do
create function pg_temp.refusal(call text) returns text language plpgsql as $$
declare
    state text;
    message text;
    hint text;
begin
    execute 'select ' || call;
    return 'accepted';
exception when others then
    get stacked diagnostics state = returned_sqlstate, message = message_text, hint = pg_exception_hint;
    return state || case when hint = '' then ' without a hint ' else ' ' end || message;
end
$$;

-- Documents
select is(pg_temp.refusal(format('cs_health.check_condition(%L)', c.condition)), '22023 condition: ' || c.message,
    c.message)
from (values
    ('null', '$ must be an object, not null'),
    ('[]', '$ must be an object, not []'),
    ('"x"', '$ must be an object, not "x"'),
    ('{}', '$.fact must be the name of a fact, not null'),
    ('{"fakt": 1}', 'unknown key "fakt" in $'),
    ('{"all": [], "any": []}', 'unknown key "any" in $'),
    ('{"all": []}', '$.all must be an array of 1 to 100 conditions, not []'),
    ('{"any": {}}', '$.any must be an array of 1 to 100 conditions, not {}'),
    ('{"all": [7]}', '$.all[0] must be an object, not 7'),
    ('{"not": null}', '$.not must be an object, not null'),
    ('{"not": {"any": [{"fact": "mau", "op": "known", "value": true}, {"all": [{"fact": 1}]}]}}',
        '$.not.any[1].all[0].fact must be the name of a fact, not 1'),
    ('{"fact": "luck"}', 'unknown fact "luck" at $.fact'),
    ('{"fact": "Glück"}', 'unknown fact "Gl??ck" at $.fact'),
    ('{"fact": "own."}', 'unknown fact "own." at $.fact'),
    ('{"fact": "own.A"}', 'unknown fact "own.A" at $.fact'),
    ('{"fact": "replied_since_start"}', '$.fact must be a fact of a day, not "replied_since_start"'),
    ('{"fact": "mau"}', '$.op must be <, <=, >, >=, =, <> or known for mau, not null'),
    ('{"fact": "mau", "op": "in"}', '$.op must be <, <=, >, >=, =, <> or known for mau, not "in"'),
    ('{"fact": "own.a", "op": ["<"]}', '$.op must be <, <=, >, >=, =, <> or known for own.a, not ["<"]'),
    ('{"fact": "coverage", "op": "contains"}',
        '$.op must be <, <=, >, >=, =, <> or known for coverage, not "contains"'),
    ('{"fact": "plan", "op": ">"}', '$.op must be =, <>, in, not_in or known for plan, not ">"'),
    ('{"fact": "open_signals", "op": "in"}', '$.op must be contains, not_contains or known for open_signals, not "in"'),
    ('{"fact": "mau", "op": "<"}', '$.value must be a number from -1e+15 to 1e+15, not null'),
    ('{"fact": "mau", "op": "<", "value": "1"}', '$.value must be a number from -1e+15 to 1e+15, not "1"'),
    ('{"fact": "mau", "op": "<", "value": 1e16}',
        '$.value must be a number from -1e+15 to 1e+15, not 10000000000000000'),
    ('{"all": [{"fact": "overall_score", "op": "<", "value": 60.5}, {"fact": "growth_score", "op": "<", "value": -1}]}',
        '$.all[1].value must be a number from 0 to 100, not -1'),
    ('{"fact": "churn_probability", "op": ">", "value": 20}', '$.value must be a number from 0 to 1, not 20'),
    ('{"fact": "mau", "op": "known", "value": 1}', '$.value must be true or false, not 1'),
    ('{"fact": "category", "op": "=", "value": "sick"}',
        '$.value must be healthy, neutral, at_risk or critical, not "sick"'),
    ('{"fact": "category", "op": "in", "value": "healthy"}',
        '$.value must be an array of 1 to 100 words, not "healthy"'),
    ('{"fact": "category", "op": "in", "value": ["healthy", null]}',
        '$.value[1] must be healthy, neutral, at_risk or critical, not null'),
    ('{"fact": "trend", "op": "<>", "value": "up"}', '$.value must be improving, stable or declining, not "up"'),
    ('{"fact": "risk_level", "op": "=", "value": "at_risk"}',
        '$.value must be low, medium, high or critical, not "at_risk"'),
    ('{"fact": "stage", "op": "=", "value": ""}', '$.value must be a text of 1 to 255 bytes, not ""'),
    ('{"fact": "status", "op": "=", "value": "gone"}',
        '$.value must be trial, active, paused, churned or internal, not "gone"'),
    ('{"fact": "open_signals", "op": "contains", "value": "limit"}',
        '$.value must be usage_limit, feature_request or user_growth, not "limit"'),
    ('{"fact": "plan", "op": "=", "value": ""}', '$.value must be a text of 1 to 255 bytes, not ""'),
    ('{"fact": "segment", "op": "not_in", "value": []}', '$.value must be an array of 1 to 100 words, not []'),
    ('{"fact": "mau", "op": "<", "value": 1, "for_days": 0}', '$.for_days must be a number from 1 to 90, not 0'),
    ('{"fact": "mau", "op": "<", "value": 1, "for_days": 91}', '$.for_days must be a number from 1 to 90, not 91'),
    ('{"fact": "mau", "op": "<", "value": 1, "for_days": 1.5}', '$.for_days must be a whole number, not 1.5'),
    ('{"fact": "mau", "op": "<", "value": 1, "for_days": "3"}', '$.for_days must be a number from 1 to 90, not "3"'),
    ('{"fact": "plan", "op": "=", "value": "a", "for_days": 1}', '$.for_days must be left out for plan'),
    ('{"fact": "status", "op": "=", "value": "trial", "for_days": 2}', '$.for_days must be left out for status'),
    ('{"fact": "mau", "op": "<", "value": 1, "position": 3}', 'unknown key "position" in $')
) as c(condition, message);
select is(pg_temp.refusal(
    'cs_health.check_condition(''{"fact": "replied_since_start", "op": "=", "value": 1}'', ''step'')'),
    '22023 condition: $.value must be true or false, not 1', 'in a step replies are facts');
select ok(cs_health.check_condition(pg_temp.leaf('replied_since_start', '=', 'false'), 'step'), 'and can be asked for');
select is(pg_temp.refusal('cs_health.check_condition(''{}'', E''Step\n%'')'),
    '22023 scope must be trigger, step or stage, not "Step?%"', 'scopes');
select is(pg_temp.refusal($$cs_health.check_condition(to_jsonb(repeat('x', 1000000)))$$),
    '54000 condition: the document has 1000012 bytes, at most 65536 are read', 'refused before it is unpacked');
select is(pg_temp.refusal($$cs_health.check_condition(jsonb_build_object('fact', repeat('x', 66000)))$$),
    '54000 condition: the document has 66012 bytes, at most 65536 are read', 'refused before it is parsed');
select is(pg_temp.refusal(
    $$cs_health.check_condition((repeat('{"not": ', 16) || '{"fact": 1}' || repeat('}', 16))::jsonb)$$),
    '22023 condition: $' || repeat('.not', 16) || ' is nested deeper than 16 levels', 'depth');
select is(pg_temp.refusal($$cs_health.check_condition((repeat('{"not": ', 40) || '{}' || repeat('}', 40))::jsonb)$$),
    '22023 condition: $' || repeat('.not', 16) || ' is nested deeper than 16 levels', 'and more of it');
select is(pg_temp.refusal($$cs_health.check_condition((repeat('[', 3000) || repeat(']', 3000))::jsonb)$$),
    '22023 condition: the document is not usable JSON: nesting too deep', 'arrays');
select ok(cs_health.check_condition((select jsonb_build_object('any', jsonb_agg(pg_temp.leaf('mau', '<', to_jsonb(n))))
    from generate_series(1, 100) as n)), '100 comparisons');
select is(pg_temp.refusal($$cs_health.check_condition((select jsonb_build_object('any', jsonb_build_array(
        jsonb_build_object('all', jsonb_agg(l)), jsonb_build_object('all', jsonb_agg(l))))
    from (select pg_temp.leaf('mau', '<', to_jsonb(n)) as l from generate_series(1, 51) as n) as l))$$),
    '22023 condition: $.any[1].all[49] is one comparison too many, at most 100 are read', 'not more');
select is(cs_health.check_condition(null), null, 'null in, null out');
create temp table guarded (condition jsonb check (cs_health.check_condition(condition)));
select lives_ok($$insert into guarded values (null), ('{"fact": "overall_score", "op": "<", "value": 60}')$$,
    'a CHECK lets them in');
select throws_ok($$insert into guarded values ('{"fact": "overall_score", "op": "<"}')$$, '22023',
    'condition: $.value must be a number from 0 to 100, not null', 'and refuses with the path');

-- Three values: those of PostgreSQL itself
create temp table truth (condition jsonb, value boolean);
insert into truth values
    (pg_temp.leaf('mau', '<', '1'), false), (pg_temp.leaf('nps', '<', '1'), null),
    (pg_temp.leaf('mau', '<', '9'), true);
select is(cs_health.condition_matches('{"mau": 5}', jsonb_build_object('not', a.condition)), not a.value,
    format('not %s', coalesce(a.value::text, 'unknown'))) from truth as a;
select is(cs_health.condition_matches('{"mau": 5}', jsonb_build_object('all', array[a.condition, b.condition])),
    a.value and b.value, format('%s and %s', coalesce(a.value::text, 'unknown'), coalesce(b.value::text, 'unknown')))
from truth as a cross join truth as b;
select is(cs_health.condition_matches('{"mau": 5}', jsonb_build_object('any', array[a.condition, b.condition])),
    a.value or b.value, format('%s or %s', coalesce(a.value::text, 'unknown'), coalesce(b.value::text, 'unknown')))
from truth as a cross join truth as b;

-- Comparisons
select is(cs_health.condition_matches(c.facts::jsonb, c.condition), c.expected,
    format('%s of %s', c.condition - 'for_days', c.facts))
from (values
    ('{"mau": 5}', pg_temp.leaf('mau', '<', '5'), false),
    ('{"mau": 5}', pg_temp.leaf('mau', '<=', '5'), true),
    ('{"mau": 5}', pg_temp.leaf('mau', '>', '5'), false),
    ('{"mau": 5}', pg_temp.leaf('mau', '>=', '5'), true),
    ('{"mau": 5}', pg_temp.leaf('mau', '=', '5.0'), true),
    ('{"mau": 5}', pg_temp.leaf('mau', '<>', '5'), false),
    ('{"mau": null}', pg_temp.leaf('mau', '<>', '5'), null),
    ('{"mau": null}', pg_temp.leaf('mau', 'known', 'false'), true),
    ('{"mau": 0}', pg_temp.leaf('mau', 'known', 'false'), false),
    ('{}', pg_temp.leaf('plan', 'known', 'true'), false),
    ('{"plan": "a"}', pg_temp.leaf('plan', '=', '"a"'), true),
    ('{"plan": "a"}', pg_temp.leaf('plan', '<>', '"a"'), false),
    ('{"plan": "é"}', pg_temp.leaf('plan', 'in', '["e", "é"]'), true),
    ('{"plan": "a"}', pg_temp.leaf('plan', 'not_in', '["b", "c"]'), true),
    ('{"plan": "b"}', pg_temp.leaf('plan', 'not_in', '["b", "c"]'), false),
    ('{"plan": null}', pg_temp.leaf('plan', 'not_in', '["b"]'), null),
    ('{"open_signals": []}', pg_temp.leaf('open_signals', 'contains', '"user_growth"'), false),
    ('{"open_signals": ["usage_limit", "user_growth"]}',
        pg_temp.leaf('open_signals', 'contains', '"user_growth"'), true),
    ('{"open_signals": ["usage_limit"]}', pg_temp.leaf('open_signals', 'not_contains', '"user_growth"'), true),
    ('{}', pg_temp.leaf('open_signals', 'not_contains', '"user_growth"'), null),
    ('{"replied_since_start": false}', pg_temp.leaf('replied_since_start', '=', 'false'), true),
    ('{"replied_since_start": true}', pg_temp.leaf('replied_since_start', '=', 'false'), false),
    ('{"mau": 1}', pg_temp.leaf('replied_since_start', '=', 'false'), null),
    ('{"own.late": 3}', pg_temp.leaf('own.late', '>', '2'), true),
    ('{"late": 3}', pg_temp.leaf('own.late', '>', '2'), null),
    ('{"mau": 3, "new_fact": 1}', pg_temp.leaf('mau', '>', '2'), true)
) as c(facts, condition, expected);

-- Four bytes
select is(cs_health.condition_matches(jsonb_build_object(c.fact, c.stored), pg_temp.leaf(c.fact, c.op, c.value)),
    c.expected, format('%s %s %s %s', c.fact, c.stored, c.op, c.value))
from (values
    ('usage_ratio', 0.8::real::double precision, '>', '0.8'::jsonb, false),
    ('usage_ratio', 0.8::real::double precision, '>=', '0.8', true),
    ('usage_ratio', 0.8::real::double precision, '=', '0.8', true),
    ('usage_ratio', 0.7::real::double precision, '<', '0.7', false),
    ('usage_ratio', 0.7::real::double precision, '<=', '0.7', true),
    ('usage_ratio', 0.8000001, '>', '0.8', true),
    ('churn_probability', 0.3::real::double precision, '<=', '0.3', true),
    ('coverage', 0.55::real::double precision, '=', '0.55', true),
    ('arr', 1e30, '>', '1e15', true),
    ('own.debt', -1e30, '<', '-1e15', true)
) as c(fact, stored, op, value, expected);

-- Days
select is(cs_health.condition_matches(c.facts::jsonb, c.condition), c.expected,
    format('%s for days: %s', c.condition, c.facts))
from (select c.facts, case when c.turn then jsonb_build_object('not', l.leaf) else l.leaf end, c.expected
    from (values
        ('[{"mau": 1}, {"mau": 2}, {"mau": 3}]', false, true),
        ('[{"mau": 1}, {"mau": 2}, {"mau": 3}, {"mau": 9}]', false, true),
        ('[{"mau": 1}, {"mau": 2}, {"mau": 9}]', false, false),
        ('[{"mau": 9}, {"mau": 2}, {"mau": 3}]', false, false),
        ('[{"mau": 1}, {"mau": null}, {"mau": 3}]', false, null),
        ('[{"mau": 1}, null, {"mau": 3}]', false, null),
        ('[null, {"mau": 2}, {"mau": 3}]', false, null),
        ('[{"mau": 1}, null, {"mau": 9}]', false, false),
        ('[{"mau": 1}, {"mau": 2}]', false, null),
        ('[]', false, null),
        ('{"mau": 1}', false, null),
        ('{"mau": 9}', false, false),
        ('{}', false, null),
        ('{"mau": 1}', true, null),
        ('{"mau": 9}', true, true),
        ('[{"mau": 1}, null, {"mau": 9}]', true, true)) as c(facts, turn, expected)
    cross join (select pg_temp.leaf('mau', '<', '5', 3) as leaf) as l) as c(facts, condition, expected);
select is(cs_health.condition_matches('[null, {"mau": 1}]', pg_temp.leaf('mau', 'known', 'false')), null,
    'of a day that is not known nobody can say what was observed');

-- Facts that are no facts
select is(pg_temp.refusal(format('cs_health.condition_matches(%L, %L)', c.facts, c.condition)), c.message, c.message)
from (values
    ('7', pg_temp.leaf('mau', '<', '1'), '22023 facts must be an object or an array of objects, not 7'),
    ('null', pg_temp.leaf('mau', '<', '1'), '22023 facts must be an object or an array of objects, not null'),
    ('["x"]', pg_temp.leaf('mau', '<', '1'), '22023 facts[0] must be an object, not "x"'),
    ('{"mau": "x"}', pg_temp.leaf('mau', '<', '1'), '22023 facts.mau must be a number, not "x"'),
    ('[{"mau": 0}, {"mau": []}]', pg_temp.leaf('mau', '<', '1', 2), '22023 facts[1].mau must be a number, not []'),
    ('{"plan": 7}', pg_temp.leaf('plan', '=', '"a"'), '22023 facts.plan must be a text, not 7'),
    ('{"open_signals": {}}', pg_temp.leaf('open_signals', 'contains', '"user_growth"'),
        '22023 facts.open_signals must be an array of at most 100 texts, not {}'),
    ('{}', '{}', '22023 condition: $.fact must be the name of a fact, not null')
) as c(facts, condition, message);
select is(pg_temp.refusal($$cs_health.condition_matches(to_jsonb(repeat('x', 9000000)), '{}')$$),
    '54000 facts: the document has 9000012 bytes, at most 4194304 are read', 'facts of nine megabytes');
select is(cs_health.condition_matches(null, pg_temp.leaf('mau', '<', '1')), null, 'no facts');
select is(cs_health.condition_matches('{}', null), null, 'no condition');

-- Customers: 1 of whom all is known, 2 of whom little is, 3 without a row
insert into cs_health.plan (code, name) values ('basic', 'Basic'), ('pro', 'Pro');
insert into cs_health.tenant (id, name, plan_code, segment, status, signed_up_at) values
    (pg_temp.tenant(1), 'One', 'pro', 'large', 'active', '2025-12-15 08:00+00'),
    (pg_temp.tenant(2), 'Two', null, null, 'trial', null),
    (pg_temp.tenant(3), 'Three', 'basic', 'small', 'active', '2025-12-14 08:00+00');
select cs_health.register_measure('late_invoices', 'invoices', 'Invoices paid late') \g /dev/null
select cs_health._ensure_partition('2026-03-01') \g /dev/null
create function pg_temp.vector(own real) returns real[] language sql as $$
    select array_agg(case m.code when 'mau' then 10 when 'avg_dau' then 4 when 'stickiness' then 0.4 when 'nps' then -20
        when 'usage_ratio' then 0.8 when 'late_invoices' then own end::real order by n.n)
    from generate_series(1, (select max(m.position) from cs_health.measure as m)) as n(n)
    left join cs_health.measure as m on m.position = n.n
$$;
insert into cs_health.customer_health (tenant_id, as_of, overall_score, engagement_score, adoption_score,
    satisfaction_score, support_score, growth_score, category, trend, scorecard_id, coverage, churn_probability,
    churn_model_id, calculated_at, measures, history)
select pg_temp.tenant(1), '2026-03-14'::date - n, 50 + n, 40, 50, 41, 50, 50, 'at_risk', 'declining', c.id,
    case n when 2 then 0.4 else 0.6 end, 0.3, m.id, now(), pg_temp.vector(3.3), '\xff'::bytea
from generate_series(0, 4) as n
cross join (select c.id from cs_health.scorecard as c where c.code = 'spec') as c
cross join (select m.id from cs_health.churn_model as m where m.status = 'active') as m
where n <> 3
union all
select pg_temp.tenant(2), '2026-03-14', 50, 50, 50, 50, 50, 50, 'at_risk', 'stable', c.id, 0, null, null, now(), '{}',
    '\xff'::bytea
from cs_health.scorecard as c where c.code = 'spec';
insert into cs_health.run (as_of, scorecard_rules, batches, total, started_at, resumed_at, finished_at, phase, rescore)
values ('2026-03-14', cs_health._scorecard_rules(), 0, 0, now(), now(), now(), 'finished', false);
insert into cs_health.expansion_signal (tenant_id, signal_type, current_plan, status, deferred_until,
    detected_at) values
    (pg_temp.tenant(1), 'user_growth', 'pro', 'contacted', null, now()),
    (pg_temp.tenant(1), 'usage_limit', 'pro', 'new', null, now()),
    (pg_temp.tenant(1), 'feature_request', 'pro', 'won', null, now()),
    (pg_temp.tenant(1), 'feature_request', 'pro', 'deferred', '2026-12-01', now());
insert into cs_health.journey_entry (tenant_id, entered_on, stage, left_on, reason) values
    (pg_temp.tenant(1), '2025-12-15', 'onboarding', '2026-03-12', 'sign_up'),
    (pg_temp.tenant(1), '2026-03-12', 'activated', '2026-03-12', 'first_value'),
    (pg_temp.tenant(1), '2026-03-12', 'adopted', null, 'conditions');
create temp table fact as select n, cs_health.facts(pg_temp.tenant(n)) as f from generate_series(1, 3) as n;

select is((select f -> c.fact from fact where n = 1), c.value, format('%s is %s', c.fact, c.value))
from (values ('mau', '10'::jsonb), ('nps', '-20'), ('usage_ratio', '0.8'), ('stickiness', '0.4'),
    ('own.late_invoices', '3.3'), ('csat', 'null'), ('overall_score', '50'), ('engagement_score', '40'),
    ('satisfaction_score', '40'), ('adoption_score', 'null'), ('support_score', 'null'), ('growth_score', '100'),
    ('coverage', '0.6'), ('category', '"at_risk"'), ('trend', '"declining"'), ('churn_probability', '0.3'),
    ('risk_level', '"critical"'), ('plan', '"pro"'), ('segment', '"large"'), ('status', '"active"'),
    ('stage', '"adopted"'), ('open_signals', '["usage_limit", "user_growth"]'), ('late_invoices', null),
    ('replied_since_start', null)) as c(fact, value);
select is((select array_agg(k order by k) from fact, jsonb_object_keys(f) as k where n = 1),
    (select array_agg(k order by k) from (
        select case when m.builtin then m.code else 'own.' || m.code end as k from cs_health.measure as m
        union all
        select unnest('{overall_score,engagement_score,adoption_score,satisfaction_score,support_score,growth_score,
            coverage,churn_probability,category,trend,risk_level,plan,segment,stage,status,
            open_signals}'::text[])) as k),
    'these are all');
select is((select jsonb_strip_nulls(f) from fact where n = 2),
    '{"coverage": 0, "trend": "stable", "status": "trial", "open_signals": []}',
    'where nothing was observed the neutral scores are no facts');
select is((select f from fact where n = 3),
    '{"plan": "basic", "segment": "small", "status": "active", "stage": null, "open_signals": []}',
    'without a row there is what is known of the customer');
select is(cs_health.facts(pg_temp.tenant(1), '2026-03-13') -> 'overall_score', '51', 'of another day');
select is(cs_health.facts(pg_temp.tenant(1), '2026-03-11') ? 'overall_score', false, 'of a day without a row');
select is(cs_health.facts(pg_temp.tenant(1), 'infinity') ->> 'plan', 'pro', 'of a day that never comes');
select is(pg_temp.refusal('cs_health.facts(''00000000-0000-4000-8000-00000000dead'')'),
    '22023 tenant 00000000-0000-4000-8000-00000000dead does not exist', 'of nobody');
select is(pg_temp.refusal('cs_health.facts(null)'), '22023 tenant <NULL> does not exist', 'of null');
set local extra_float_digits = -10;
select is(cs_health.facts(pg_temp.tenant(1)) -> 'own.late_invoices', '3.3', 'digits that a session hides are facts');
reset extra_float_digits;

select is((select jsonb_agg(d.value -> 'overall_score' order by d.nr)
    from jsonb_array_elements(cs_health._fact_days(pg_temp.tenant(1), '2026-03-14', 6)) with ordinality
        as d(value, nr)),
    '[50, 51, null, null, 54, null]', 'days: no data on the third, no row on the fourth and sixth');
select is(cs_health._fact_days(pg_temp.tenant(1), '2026-03-14', 6) -> 3, 'null', 'a day without a row is null');
select is((select jsonb_agg(d.value ? 'plan' order by d.nr)
    from jsonb_array_elements(cs_health._fact_days(pg_temp.tenant(1), '2026-03-14', 2)) with ordinality
        as d(value, nr)),
    '[true, false]', 'what is not kept daily belongs to the newest day');
select is(jsonb_array_length(cs_health._fact_days(pg_temp.tenant(1), '2026-03-14', 2000000000)), 90, 'no more than 90');
select is(cs_health._fact_days(pg_temp.tenant(1), '2026-03-14', 0), null, 'no day');
select is(cs_health._fact_days(pg_temp.tenant(1), null, 2), null, 'of no day');
select is(cs_health.condition_matches(cs_health._fact_days(pg_temp.tenant(1), '2026-03-14', days),
    pg_temp.leaf('overall_score', '<', '60', days)), expected, format('below 60 for %s days', days))
from (values (1, true), (2, true), (3, null)) as c(days, expected);
select is(cs_health.condition_matches(cs_health._fact_days(pg_temp.tenant(1), '2026-03-14', 5),
    pg_temp.leaf('overall_score', '<', '54', 5)), false, 'a day that fails decides, whatever others are');

-- The stage, and who is new to playbooks
select is(cs_health._stage_on(pg_temp.tenant(1), day), stage, format('on %s in stage %s', day, stage))
from (values ('2025-12-14'::date, null), ('2025-12-15', 'onboarding'), ('2026-03-11', 'onboarding'),
    ('2026-03-12', 'adopted'), ('2036-01-01', 'adopted'), (null, null)) as c(day, stage);
select is(cs_health._stage_on(pg_temp.tenant(2), '2026-03-14'), null, 'of whom there is no journey yet');
select is(cs_health.facts(pg_temp.tenant(1), '2026-03-11') ->> 'stage', 'onboarding', 'facts know that of their day');
select is(cs_health._is_onboarding(pg_temp.tenant(1), day), new, format('signed up on 2025-12-15, on %s: %s', day, new))
from (values ('2026-03-14'::date, true), ('2026-03-15', true), ('2026-03-16', false)) as c(day, new);
select is(cs_health._is_onboarding(pg_temp.tenant(2)), false, 'without a known sign-up');
select is(cs_health._is_onboarding(pg_temp.tenant(99)), null, 'of nobody');
insert into cs_health.touchpoint (tenant_id, kind, detail, at) values
    (pg_temp.tenant(1), 'milestone', 'kick-off', '2026-01-01'),
    (pg_temp.tenant(1), 'note', 'first_value', '2026-01-01'),
    (pg_temp.tenant(1), 'milestone', 'first_value', '2026-03-10 10:00+00');
select is(cs_health._is_onboarding(pg_temp.tenant(1), day), new,
    format('first value on 2026-03-10, on %s: %s', day, new))
from (values ('2026-03-09'::date, true), ('2026-03-10', false), (null, false)) as c(day, new);

-- Compiling
select is(cs_health._compile_condition(c.condition), c.compiled, c.compiled::text)
from (values
    (pg_temp.leaf('mau', '<', '5', 2), pg_temp.leaf('mau', '<', '5', 2) || '{"position": 3}'),
    (pg_temp.leaf('overall_score', '<', '5'), pg_temp.leaf('overall_score', '<', '5')),
    (pg_temp.leaf('own.none', '<', '5'), pg_temp.leaf('own.none', '<', '5')),
    (pg_temp.leaf('own.mau', '<', '5'), pg_temp.leaf('own.mau', '<', '5')),
    (jsonb_build_object('any', array[pg_temp.leaf('plan', '=', '"a"'), jsonb_build_object('not', jsonb_build_object(
            'all', array[pg_temp.leaf('nps', '<', '0')]))]),
        jsonb_build_object('any', array[pg_temp.leaf('plan', '=', '"a"'), jsonb_build_object('not', jsonb_build_object(
            'all', array[pg_temp.leaf('nps', '<', '0') || '{"position": 19}']))]))
) as c(condition, compiled);
select is((cs_health._compile_condition(pg_temp.leaf('own.late_invoices', '<', '5')) -> 'position')::integer,
    (select m.position from cs_health.measure as m where m.code = 'late_invoices'), 'a measure of one''s own');
select is(pg_temp.refusal('cs_health._compile_condition(''{"all": [{}]}'')'),
    '22023 condition: $.all[0].fact must be the name of a fact, not null', 'faults');
select is(cs_health._compile_condition(null), null, 'nothing to compile');

-- Verdicts of a run: 1 it holds, 2 it holds if its for_days do, 0 it does not or is not known
create function pg_temp.condition_verdicts(
    measures real[], numbers double precision[], words text[], open_signals text[], documents jsonb)
returns integer[] language sql as $$
    select case when h.hits is not null then array(
        select case when p = any (h.hits) then 1 when -p = any (h.hits) then 2 else 0 end
        from generate_series(1, jsonb_array_length(documents)) as p order by p) end
    from (select cs_health._condition_hits(measures, numbers, words, open_signals, documents) as hits) as h
$$;
create function pg_temp.verdicts(variadic conditions jsonb[]) returns integer[] language sql as $$
    select pg_temp.condition_verdicts('{NULL,NULL,10}', '{50,40,NULL,NULL,NULL,NULL,0.6,0.3}',
        '{at_risk,declining,critical,pro,large,onboarding,active}', '{usage_limit}',
        (select jsonb_agg(cs_health._compile_condition(c) order by nr)
        from unnest(conditions) with ordinality as c(c, nr)))
$$;
select is(pg_temp.verdicts(pg_temp.leaf('mau', '<', '11'), pg_temp.leaf('mau', '<', '11', 2),
    pg_temp.leaf('mau', '<', '9', 2), pg_temp.leaf('nps', '<', '9', 2), pg_temp.leaf('nps', 'known', 'false')),
    '{1,2,0,0,1}', 'it holds, may hold, does not, is not known');
select is(pg_temp.verdicts(jsonb_build_object('not', pg_temp.leaf('mau', '<', '11', 2)),
    jsonb_build_object('not', pg_temp.leaf('mau', '<', '9', 2)),
    jsonb_build_object('not', pg_temp.leaf('nps', '<', '9', 2)),
    jsonb_build_object('any', array[pg_temp.leaf('mau', '<', '11', 2), pg_temp.leaf('mau', '=', '10')]),
    jsonb_build_object('all', array[pg_temp.leaf('mau', '<', '11', 2), pg_temp.leaf('nps', '=', '10')])),
    '{2,1,2,1,0}', 'days that are not looked at yet, below not, any and all');
select is(pg_temp.verdicts(pg_temp.leaf('overall_score', '=', '50'), pg_temp.leaf('engagement_score', '=', '40'),
    pg_temp.leaf('adoption_score', 'known', 'false'), pg_temp.leaf('coverage', '=', '0.6'),
    pg_temp.leaf('churn_probability', '>', '0.2'), pg_temp.leaf('category', '=', '"at_risk"'),
    pg_temp.leaf('trend', '=', '"declining"'), pg_temp.leaf('risk_level', 'in', '["high", "critical"]'),
    pg_temp.leaf('plan', '=', '"pro"'), pg_temp.leaf('segment', '=', '"large"'),
    pg_temp.leaf('stage', '=', '"onboarding"'), pg_temp.leaf('status', '<>', '"trial"'),
    pg_temp.leaf('open_signals', 'contains', '"usage_limit"')), array_fill(1, array[13]), 'every place of the arrays');
select is(pg_temp.verdicts(pg_temp.leaf('mau', '<', '5'), pg_temp.leaf('nps', '<', '5')), null, 'null when all are 0');
select is(pg_temp.condition_verdicts(null, null, null, null, jsonb_build_array(pg_temp.leaf('mau', 'known', 'false'),
    pg_temp.leaf('plan', 'known', 'false'), pg_temp.leaf('open_signals', 'known', 'false'),
    pg_temp.leaf('coverage', 'known', 'false'))), '{1,1,1,1}', 'nulls are not known');
select is(pg_temp.condition_verdicts('{}', array[50, null, null, null, null, null, c.coverage, null],
    '{at_risk,stable,NULL,NULL,NULL,NULL,NULL}', null, jsonb_build_array(pg_temp.leaf('overall_score', '<', '60'),
    pg_temp.leaf('category', '=', '"at_risk"'), pg_temp.leaf('trend', '=', '"stable"'))), c.expected,
    format('the score at a coverage of %s', coalesce(c.coverage::text, 'null')))
from (values (0::double precision, '{0,0,1}'::integer[]), (0.01, '{1,1,1}'), (null, '{1,1,1}'))
    as c(coverage, expected);
select is(pg_temp.condition_verdicts('{1}', null, null, null, '[]'), null, 'no conditions');
select is(pg_temp.condition_verdicts('{1}', null, null, null, null), null, 'null for conditions');
select is(pg_temp.refusal('cs_health._condition_hits(' || c.call || ')'), c.message, c.message)
from (values
    ('''{NaN}'', null, null, null, ''[]''', '22003 measures[1] must be finite, not NaN'),
    ('''{{1}}'', null, null, null, ''[]''', '2202E measures must have one dimension, not 2'),
    ('null, ''{1}'', null, null, ''[]''', '2202E numbers must have 8 elements, not 1'),
    ('null, ''{1,2,3,4,5,6,7,Infinity}'', null, null, ''[]''', '22003 numbers[8] must be finite, not Infinity'),
    ('null, null, ''{}'', null, ''[]''', '2202E words must have 7 elements, not 0'),
    ('null, null, ''{{a,b}}'', null, ''[]''', '2202E words must have one dimension, not 2'),
    ('null, null, null, ''[0:1]={a,b}'', ''[]''', '2202E open_signals must start at subscript 1, not 0'),
    ('null, null, null, null, ''{}''', '22023 conditions: the document must be an array of at most 1000 conditions'),
    ('null, null, null, null, ''7''', '22023 conditions: the document must be an array of at most 1000 conditions'),
    ('null, null, null, null, ''[null]''', '22023 condition: $[0] must be an object, not null'),
    ('null, null, null, null, ''[{"fact": "mau", "op": "<", "value": 1, "position": 4}]''',
        '22023 condition: $[0].position must be the position of the measure, not 4'),
    ('null, null, null, null, ''[{"fact": "replied_since_start", "op": "=", "value": true}]''',
        '22023 condition: $[0].fact must be a fact of a day, not "replied_since_start"'),
    ('null, null, null, null, (select jsonb_agg(n) from generate_series(1, 1001) as n)',
        '22023 conditions: the document must be an array of at most 1000 conditions')
) as c(call, message);
select is(pg_temp.condition_verdicts(null, null, null, array[null, 'user_growth'],
    jsonb_build_array(pg_temp.leaf('open_signals', 'contains', '"user_growth"'))), '{1}', 'a null signal is none');

-- Documents are read once: more of them than are kept, in turns, one that fails among them, and some stored out of line
create function pg_temp.turns() returns bigint language plpgsql as $$
declare
    wrong bigint := 0;
begin
    for n in 1..3000 loop
        wrong := wrong + (pg_temp.condition_verdicts(array[null, null, n % 7]::real[], null, null, null,
            jsonb_build_array(pg_temp.leaf('mau', '=', to_jsonb(n % 13))))
            is distinct from case when n % 7 = n % 13 then '{1}'::integer[] end)::integer;
        if n % 5 = 0 then
            begin
                perform pg_temp.condition_verdicts(null, null, null, null,
                    jsonb_build_array(pg_temp.leaf('mau', '=', to_jsonb(n % 13)), pg_temp.leaf('luck', '=', '1')));
                wrong := wrong + 1;
            exception when invalid_parameter_value then
                null;
            end;
        end if;
    end loop;
    return wrong;
end
$$;
select is(pg_temp.turns(), 0::bigint, '13 documents in turns, and others that are refused');
create temp table stored (id integer, documents jsonb);
alter table stored alter documents set storage external;
insert into stored
select n, jsonb_build_array(pg_temp.leaf('mau', '=', to_jsonb(n)), pg_temp.leaf('plan', 'in', (
    select jsonb_agg(md5(format('%s %s', n, i))) from generate_series(1, 100) as i)))
from generate_series(1, 9) as n;
select is((select count(*) from stored as s, generate_series(1, 5) as n
    where pg_temp.condition_verdicts(array[null, null, s.id]::real[], null,
        array[null, null, null, md5(s.id || ' 100'), null, null, null], null, s.documents) = '{1,1}'), 45::bigint,
    'documents stored out of line');

-- Reasons
select is(cs_health._condition_reasons(c.facts::jsonb, c.condition), c.reasons::jsonb, c.reasons)
from (values
    ('{"mau": 5}', pg_temp.leaf('mau', '<', '9'),
        '[{"fact": "mau", "op": "<", "value": 9, "actual": 5, "for_days": 1}]'),
    ('{"mau": 5}', pg_temp.leaf('mau', '<', '5'), '[]'),
    ('{}', pg_temp.leaf('mau', '<', '5'), '[]'),
    ('{}', jsonb_build_object('not', pg_temp.leaf('mau', 'known', 'true')),
        '[{"fact": "mau", "op": "known", "value": false, "actual": null, "for_days": 1}]'),
    ('{"mau": 5, "plan": "é\"x"}', jsonb_build_object('any', array[jsonb_build_object('not',
        pg_temp.leaf('plan', 'in', '["a"]')), pg_temp.leaf('mau', '>', '9')]),
        '[{"fact": "plan", "op": "not_in", "value": ["a"], "actual": "é\"x", "for_days": 1}]'),
    ('[{"mau": 5}, {"mau": 6}]', pg_temp.leaf('mau', '<', '9', 2),
        '[{"fact": "mau", "op": "<", "value": 9, "actual": 5, "for_days": 2}]'),
    ('[{"mau": 5}]', pg_temp.leaf('mau', '<', '9', 2), '[]')
) as c(facts, condition, reasons);
select is(pg_temp.refusal('cs_health._condition_reasons(''[]'', ''{}'')'),
    '22023 condition: $.fact must be the name of a fact, not null', 'reasons of no condition');
select is(pg_temp.refusal('cs_health._condition_reasons(''{"mau": []}'', pg_temp.leaf(''mau'', ''<'', ''1''))'),
    '22023 facts.mau must be a number, not []', 'reasons of no facts');

-- In words
create temp table worded (condition jsonb, en text, es text);
insert into worded values
    (pg_temp.leaf('overall_score', '<', '60', 3), 'overall score below 60 for 3 days',
        'la puntuación global es inferior a 60 durante 3 días'),
    (pg_temp.leaf('overall_score', '>=', '65', 1), 'overall score at least 65',
        'la puntuación global es de al menos 65'),
    (pg_temp.leaf('usage_ratio', '>', '0.8'), 'use of the limit above 80 %',
        'el uso del límite contratado supera 80 %'),
    (pg_temp.leaf('churn_probability', '<=', '0.0125'), 'churn probability at most 1.25 %',
        'la probabilidad de baja no supera 1,25 %'),
    (pg_temp.leaf('csat', '=', '3.5'), 'CSAT exactly 3.5', 'el CSAT es 3,5'),
    (pg_temp.leaf('arr', '<>', '12345.5'), 'annual recurring revenue other than 12345.5',
        'el ingreso recurrente anual no es 12345,5'),
    (pg_temp.leaf('own.late_invoices', '>', '2'), 'Invoices paid late above 2',
        'la medida «Invoices paid late» supera 2'),
    (pg_temp.leaf('own.none', '>', '2'), 'none above 2', 'la medida «none» supera 2'),
    (pg_temp.leaf('nps', 'known', 'false'), 'NPS not known', 'el NPS no tiene valor'),
    (pg_temp.leaf('nps', 'known', 'true', 2), 'NPS known for 2 days', 'el NPS tiene valor durante 2 días'),
    (pg_temp.leaf('category', '=', '"at_risk"'), 'category at risk', 'la categoría es «en riesgo»'),
    (pg_temp.leaf('category', '<>', '"healthy"'), 'category other than healthy', 'la categoría no es «saludable»'),
    (pg_temp.leaf('risk_level', 'in', '["high", "critical"]', 2), 'risk level high or critical for 2 days',
        'el nivel de riesgo es «alto» o «crítico» durante 2 días'),
    (pg_temp.leaf('trend', 'in', '["declining"]'), 'trend declining', 'la tendencia es «a la baja»'),
    (pg_temp.leaf('stage', '=', '"onboarding"'), 'stage onboarding', 'la etapa es «incorporación»'),
    (pg_temp.leaf('plan', 'not_in', '["a_b", "c%s"]'), 'plan other than "a_b" or "c%s"',
        'el plan no es «a_b» ni «c%s»'),
    (pg_temp.leaf('open_signals', 'contains', '"usage_limit"'), 'an open signal of usage limit',
        'hay una señal abierta de «límite de uso»'),
    (pg_temp.leaf('open_signals', 'not_contains', '"user_growth"'), 'no open signal of user growth',
        'no hay ninguna señal abierta de «crecimiento de usuarios»'),
    (pg_temp.leaf('replied_since_start', '=', 'false'), 'no reply since the start', 'no hay respuesta desde el inicio'),
    (pg_temp.leaf('replied_since_start', '<>', 'false'), 'a reply since the start', 'hay respuesta desde el inicio'),
    (jsonb_build_object('all', array[pg_temp.leaf('mau', '<', '5'), jsonb_build_object('any', array[
            pg_temp.leaf('plan', '=', '"a"'), pg_temp.leaf('status', '=', '"trial"')])]),
        'monthly users below 5 and (plan "a" or status trial)',
        'el número de usuarios mensuales es inferior a 5 y (el plan es «a» o el estado es «en prueba»)'),
    (jsonb_build_object('any', array[jsonb_build_object('all', array[pg_temp.leaf('mau', '<', '5')]),
            jsonb_build_object('any', array[pg_temp.leaf('plan', '=', '"a"'), pg_temp.leaf('nps', '<', '0')])]),
        'monthly users below 5 or plan "a" or NPS below 0',
        'el número de usuarios mensuales es inferior a 5 o el plan es «a» o el NPS es inferior a 0'),
    (jsonb_build_object('all', array[jsonb_build_object('all', array[jsonb_build_object('any', array[
            pg_temp.leaf('plan', '=', '"a"'), pg_temp.leaf('nps', '<', '0')])]), pg_temp.leaf('mau', '<', '5')]),
        '(plan "a" or NPS below 0) and monthly users below 5',
        '(el plan es «a» o el NPS es inferior a 0) y el número de usuarios mensuales es inferior a 5'),
    (jsonb_build_object('not', jsonb_build_object('all', array[pg_temp.leaf('mau', '<', '5'),
            pg_temp.leaf('nps', '<', '0')])), 'not (monthly users below 5 and NPS below 0)',
        'no se cumple (el número de usuarios mensuales es inferior a 5 y el NPS es inferior a 0)');
select is(cs_health.condition_text(w.condition), w.en, w.en) from worded as w;
select is(cs_health.condition_text(w.condition, 'es'), w.es, w.es) from worded as w;
select ok(bool_and(cs_health.condition_text(pg_temp.leaf(f.fact, 'known', 'true'), locale) <> ''),
    'every fact has a name in ' || locale)
from jsonb_object_keys((select f from fact where n = 1) || '{"replied_since_start": true}') as f(fact)
cross join (values ('en'), ('es')) as l(locale)
group by locale order by locale;
select is(pg_temp.refusal('cs_health.condition_text(''{"all": []}'')'),
    '22023 condition: $.all must be an array of 1 to 100 conditions, not []', 'no words for what is no condition');
select is(pg_temp.refusal('cs_health.condition_text(pg_temp.leaf(''mau'', ''<'', ''1''), ''fr'')'),
    '22023 locale "fr" is not known', 'nor in other languages');
select is(cs_health.condition_text(null), null, 'null in, null out');

-- 5,000 conditions drawn at random, of 40 customers of five days each
select setseed(0.17) is null \g /dev/null
create function pg_temp.one_of(variadic choices text[]) returns text language sql volatile as $$
    select choices[1 + floor(random() * cardinality(choices))::integer]
$$;
create function pg_temp.random_leaf() returns jsonb language plpgsql volatile as $$
declare
    fact text := pg_temp.one_of('mau', 'mau', 'nps', 'usage_ratio', 'csat', 'users_ever', 'own.late_invoices',
        'own.none', 'overall_score', 'overall_score', 'engagement_score', 'satisfaction_score', 'growth_score',
        'coverage', 'churn_probability', 'category', 'trend', 'risk_level', 'plan', 'segment', 'stage', 'status',
        'open_signals');
    words jsonb := ('{"category": ["healthy", "neutral", "at_risk", "critical"],
        "trend": ["improving", "stable", "declining"], "risk_level": ["low", "medium", "high", "critical"],
        "plan": ["basic", "pro", "other"], "segment": ["large", "small"], "stage": ["onboarding", "adopted"],
        "status": ["trial", "active"], "open_signals": ["usage_limit", "feature_request", "user_growth"]
        }'::jsonb) -> fact;
    op text := case when random() < 0.08 then 'known' when fact = 'open_signals'
        then pg_temp.one_of('contains', 'not_contains') when words is not null
        then pg_temp.one_of('=', '<>', 'in', 'not_in') else pg_temp.one_of('<', '<=', '>', '>=', '=', '<>') end;
    word jsonb := words -> floor(random() * jsonb_array_length(words))::integer;
begin
    return pg_temp.leaf(fact, op,
        case when op = 'known' then to_jsonb(random() < 0.5) when op in ('in', 'not_in')
                then case when random() < 0.5 then jsonb_build_array(word) else words - 0 end
            when word is not null then word when fact ~ '_score$' then to_jsonb(10 * floor(random() * 11))
            else to_jsonb(round(random()::numeric, 1)) end,
        case when random() < 0.3 and fact not in ('plan', 'segment', 'stage', 'status', 'open_signals')
            then 1 + floor(random() * 4)::integer end);
end
$$;
create function pg_temp.random_condition(depth integer) returns jsonb language plpgsql volatile as $$
declare
    kind text := case when random() < 0.2 * depth then 'leaf' else pg_temp.one_of('all', 'any', 'any', 'not') end;
begin
    return case kind when 'leaf' then pg_temp.random_leaf()
        when 'not' then jsonb_build_object('not', pg_temp.random_condition(depth + 1))
        else jsonb_build_object(kind, (select jsonb_agg(pg_temp.random_condition(depth + 1))
            from generate_series(1, 1 + floor(random() * 3)::integer) as n)) end;
end
$$;
-- The same as an expression over f, an array of a customer's facts by day: three values are PostgreSQL's own
create function pg_temp.sql_of(condition jsonb) returns text language plpgsql as $$
declare
    fact text := condition ->> 'fact';
    op text := condition ->> 'op';
    value jsonb := condition -> 'value';
begin
    if condition ? 'not' then
        return format('(not %s)', pg_temp.sql_of(condition -> 'not'));
    elsif fact is null then
        return (select format('(%s)', string_agg(pg_temp.sql_of(p), case j.key when 'all' then ' and ' else ' or ' end))
            from jsonb_each(condition) as j, jsonb_array_elements(j.value) as p);
    end if;
    return (
        select format('(%s)', string_agg(case
            when op = 'known' then format('case when f[%s] is not null then (f[%1$s] ->> %L is not null) = %s end',
                d, fact, value)
            when fact = 'open_signals' then format('%s ((f[%s] -> %L) ? %L)', case op when 'contains' then '' else 'not'
                end, d, fact, value #>> '{}')
            when op in ('in', 'not_in') then format('%s (f[%s] ->> %L = any (%L))',
                case op when 'in' then '' else 'not' end, d, fact, array(select jsonb_array_elements_text(value)))
            when jsonb_typeof(value) = 'string' then format('f[%s] ->> %L %s %L', d, fact, op, value #>> '{}')
            else format('(f[%s] ->> %L)::real %s (%s)::real', d, fact, op, value) end, ' and '))
        from generate_series(1, coalesce((condition -> 'for_days')::integer, 1)) as d);
end
$$;
create temp table document as
select n / 10 as batch, n % 10 as place, pg_temp.random_condition(0) as condition from generate_series(0, 4999) as n;
update cs_health.tenant as t set churned_on = '2020-01-01', status = 'churned', signed_up_at = '2019-01-01';
insert into cs_health.tenant (id, name, plan_code, segment, status, signed_up_at)
select pg_temp.tenant(100 + n), 'Customer ' || n, (array['basic', 'pro', null])[1 + n % 3],
    (array['large', null, 'small', 'other'])[1 + n % 4], (array['active', 'trial'])[1 + n % 2],
    '2026-03-10'::timestamptz - n * interval '6 days'
from generate_series(1, 40) as n;
insert into cs_health.journey_entry (tenant_id, entered_on, stage, reason)
select pg_temp.tenant(100 + n), '2026-01-01', (array['onboarding', 'adopted'])[1 + n % 2], 'conditions'
from generate_series(1, 40) as n where n % 7 > 0;
insert into cs_health.expansion_signal (tenant_id, signal_type, current_plan, detected_at)
select pg_temp.tenant(100 + n), s.kind, 'pro', now()
from generate_series(1, 40) as n, unnest(array['usage_limit', 'feature_request', 'user_growth']) as s(kind)
where random() < 0.3;
insert into cs_health.customer_health (tenant_id, as_of, overall_score, engagement_score, adoption_score,
    satisfaction_score, support_score, growth_score, category, trend, scorecard_id, coverage, churn_probability,
    churn_model_id, calculated_at, measures, history)
select pg_temp.tenant(100 + n), '2026-03-14'::date - d, 10 * floor(random() * 11), 50, 50, 50, 50, 50,
    pg_temp.one_of('healthy', 'neutral', 'at_risk', 'critical'), pg_temp.one_of('improving', 'stable', 'declining'),
    c.id, 0.5 + floor(random() * 6) / 10, p.probability, case when p.probability is not null then m.id end, now(), (
        select array_agg(case when random() < 0.8 then floor(random() * 11) / 10 end::real order by i)
        from generate_series(1, 30 + (random() * 75)::integer) as i where n <> 0), '\xff'::bytea
from generate_series(1, 40) as n
cross join generate_series(0, 4) as d
cross join lateral (select case when random() < 0.9 then (array[0.005, 0.02, 0.1, 0.3])[1 + floor(random() * 4 + 0 * n
    * d)::integer] end as probability) as p
cross join (select c.id from cs_health.scorecard as c where c.code = 'spec') as c
cross join (select m.id from cs_health.churn_model as m where m.status = 'active') as m
where d < 2 or random() < 0.8;
create temp table customer as
select h.tenant_id, h.measures, array[h.overall_score, s.score[1], s.score[2], s.score[3], s.score[4], s.score[5],
        h.coverage, h.churn_probability] as numbers,
    array[h.category, h.trend, cs_health._risk_level(h.churn_probability::double precision, m.medium_from, m.high_from,
        m.critical_from), t.plan_code, t.segment, cs_health._stage_on(t.id, h.as_of), t.status] as words,
    array(select e.signal_type from cs_health.expansion_signal as e where e.tenant_id = t.id) as signals,
    cs_health.facts(t.id, h.as_of) as facts, cs_health._fact_days(t.id, h.as_of, 4) as days
from cs_health.customer_health as h
join cs_health.tenant as t on t.id = h.tenant_id
join cs_health.scorecard as c on c.id = h.scorecard_id
left join cs_health.churn_model as m on m.id = h.churn_model_id
cross join lateral (select cs_health._component_scores(h.measures, c.document) as score) as s
where h.as_of = '2026-03-14' and t.id > pg_temp.tenant(100);
create temp table verdict as
select c.tenant_id, d.batch,
    pg_temp.condition_verdicts(c.measures, c.numbers, c.words, c.signals, d.documents) as verdicts
from (
    select d.batch, jsonb_agg(cs_health._compile_condition(d.condition) order by d.place) as documents
    from document as d group by d.batch) as d
cross join lateral (select c.* from customer as c where d.batch is not null offset 0) as c;
create temp table judged as
select d.batch, d.place, c.tenant_id, coalesce(v.verdicts[d.place + 1], 0) as verdict,
    cs_health.condition_matches(c.facts, d.condition) as today,
    cs_health.condition_matches(c.days, d.condition) as past
from document as d
join verdict as v on v.batch = d.batch
join customer as c on c.tenant_id = v.tenant_id
where (d.place + d.batch) % 10 = right(c.tenant_id::text, 1)::integer;
create function pg_temp.by_sql()
returns table (batch integer, place integer, tenant_id uuid, today boolean, past boolean)
language plpgsql as $$
declare
    document record;
begin
    for document in select d.* from document as d order by d.batch, d.place loop
        return query execute format('select %s, %s, c.tenant_id, %s, %s from pg_temp.reference as c
            where right(c.tenant_id::text, 1)::integer = %s', document.batch, document.place,
            replace(pg_temp.sql_of(document.condition), 'f[', 'c.today['),
            replace(pg_temp.sql_of(document.condition), 'f[', 'c.days['), (document.place + document.batch) % 10);
    end loop;
end
$$;
create temp table reference as
select c.tenant_id, array[c.facts] as today,
    array(select case when jsonb_typeof(d.value) = 'object' then d.value end
        from jsonb_array_elements(c.days) with ordinality as d(value, nr) order by d.nr) as days
from customer as c;
create temp table by_sql as select * from pg_temp.by_sql();
select ok((select count(*) = 20000 and count(distinct (j.batch, j.place)) = 5000 from judged as j), '20,000 verdicts');
select ok((select min(n) > 500 from (select count(*) as n from judged as j group by j.verdict) as n)
    and (select count(*) = 3 and min(n) > 500 from (select count(*) as n from judged as j group by j.past) as n),
    'each of them more than 500 times');
select is((select count(*) from judged as j where (j.verdict = 1) <> (j.today is true)), 0::bigint,
    'what holds today is 1, and nothing else is');
select is((select count(*) from judged as j where j.past and j.verdict = 0), 0::bigint,
    'what days before make true was 1 or 2');
select is((select count(*) from judged as j where j.verdict = 1 and j.past is not true), 0::bigint,
    'and no day before overturns a 1');
select is((select count(*) from judged as j join by_sql as s using (batch, place, tenant_id)
    where j.today is distinct from s.today), 0::bigint, 'today is what PostgreSQL makes of it');
select is((select count(*) from judged as j join by_sql as s using (batch, place, tenant_id)
    where j.past is distinct from s.past), 0::bigint, 'and so are all days');
select ok((select bool_and(jsonb_typeof(cs_health._condition_reasons(c.days, d.condition)) = 'array')
    from document as d, customer as c where d.batch % 100 = 0), 'all of them can be explained');
select ok((select bool_and(cs_health.condition_text(d.condition, l) <> '')
    from document as d, unnest(array['en', 'es']) as l where d.batch % 20 = 0), 'and be told in words');

select finish();
rollback;
