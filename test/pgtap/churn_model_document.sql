-- Documents of churn models: what is refused, what they predict against SQL that spells the formulas out, explanations
-- that add up, the cache of models read, and compiling.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
\set SHOW_CONTEXT never
begin;
set local client_min_messages = warning;
select setseed(0.42) \g /dev/null

-- mau 18 is (18 - 10) / 4 = 2 sd and adds -1; mau_growth -(e^3 - 1) is (-3 + 2) / 0.5 = -2 sd and adds -0.5
create function pg_temp.model() returns jsonb language sql immutable as $$
    select '{"format": 1, "version": "test-1", "trained": false, "lead_days": 30, "horizon_days": 60,
        "base_rate": 0.0625, "intercept": -4.5, "features": [
        {"measure": "mau", "position": 3, "transform": "none", "low": 0, "high": 30, "mean": 10, "sd": 4,
            "coefficient": -0.5},
        {"measure": "mau_growth", "position": 5, "transform": "log", "mean": -2, "sd": 0.5, "coefficient": 0.25}],
        "covariance": [[0.04, 0.01, 0], [0.01, 0.09, -0.02], [0, -0.02, 0.25]],
        "risk_bands": {"medium": 1, "high": 3, "critical": 8}}'::jsonb
$$;
create function pg_temp.model(path text, value jsonb) returns jsonb language sql immutable as $$
    select jsonb_set(pg_temp.model(), path::text[], value)
$$;
-- One model for every n, so that none is taken for another
create function pg_temp.numbered(n integer) returns jsonb language sql immutable as $$
    select pg_temp.model('{intercept}', to_jsonb(n / 7.0::double precision))
$$;

-- Models and vectors drawn at random: few and many features, both transforms, bounds on either side
create function pg_temp.random_feature(code text, "position" integer) returns jsonb language sql volatile as $$
    select jsonb_build_object('measure', code, 'position', position, 'transform', t.transform,
            'mean', random() * 8 - 4, 'sd', 0.1 + random() * 5, 'coefficient', random() * 3 - 1.5)
        || case when random() < 0.3 then jsonb_build_object('low', random() * 10 - 10) else '{}' end
        || case when random() < 0.3 then jsonb_build_object('high', random() * 30) else '{}' end
    from (select case when random() < 0.5 then 'log' else 'none' end as transform) as t
$$;
create temp table random_model as
select n as id, jsonb_build_object('format', 1, 'version', 'random-' || n, 'trained', true, 'lead_days', 30,
    'horizon_days', 60, 'base_rate', 0.01 + random() / 10, 'intercept', random() * 6 - 5, 'features',
    (select coalesce(jsonb_agg(pg_temp.random_feature(b.code, b.position)), '[]')
    from cs_health.builtin_measures() as b where random() < (n % 11) / 10.0),
    'risk_bands', '{"medium": 1, "high": 3, "critical": 8}'::jsonb) as model
from generate_series(0, 199) as n;
create temp table random_row as
select m.id, m.model, n, (select array_agg(case when random() < 0.8 then random() * 60 - 20 end::real order by i)
    from generate_series(1, 20 + n % 10) as i where m.id >= 0) as measures
from random_model as m, generate_series(1, 50) as n;

-- The formulas once more, in SQL
create temp table term as
select r.id, r.n, f.nr, f.value ->> 'measure' as measure, (f.value ->> 'position')::integer as "position", v.value,
    case when v.value is null then 0 else (case when f.value ->> 'transform' = 'log'
        then sign(v.clipped) * ln(1 + abs(v.clipped)) else v.clipped end - (f.value ->> 'mean')::double precision)
        / (f.value ->> 'sd')::double precision end as input,
    (f.value ->> 'coefficient')::double precision as coefficient
from random_row as r
cross join lateral jsonb_array_elements(r.model -> 'features') with ordinality as f(value, nr)
cross join lateral (
    select w.value, least(greatest(w.value, (f.value ->> 'low')::double precision),
        (f.value ->> 'high')::double precision) as clipped
    from (select r.measures[(f.value ->> 'position')::integer]::double precision as value) as w) as v;
create temp table expected as
select r.id, r.n, r.model, r.measures, t.x, coalesce(t.inputs, '{}') as inputs,
    (r.model ->> 'intercept')::double precision + coalesce(t.sum, 0) as log_odds
from random_row as r
left join (
    select id, n, array_agg(value order by nr) as x, array_agg(input order by nr) as inputs,
        sum(coefficient * input) as sum
    from term group by id, n) as t using (id, n);

create function pg_temp.refusal(call text, out state text, out message text, out hint text)
language plpgsql set search_path = cs_health, pg_temp, pg_catalog as $$
begin
    execute 'select ' || call;
    state := 'accepted';
exception when others then
    get stacked diagnostics state = returned_sqlstate, message = message_text, hint = pg_exception_hint;
end
$$;
create temp table cases (
    nr integer generated always as identity, call text, state text, message text, hint text default 'churn-model-doc');
-- What test/unit/churn_model.c says about faults holds here too: one of each kind, through jsonb
insert into cases (call, state, message) values
    ('check_model(''[]'')', '22023', 'churn model: the document must be an object, not \[\]'),
    ('check_model(''7'')', '22023', 'churn model: the document must be an object, not 7'),
    ('check_model(''null'')', '22023', 'churn model: the document must be an object, not null'),
    ('check_model(''{}'')', '22023', 'churn model: format must be 1, not null'),
    ('check_model(pg_temp.model(''{format}'', ''1.5''))', '22023', 'format must be 1, not 1.5'),
    ('check_model(pg_temp.model() - ''version'')', '22023', 'version must be a text of 1 to 20 bytes, not null'),
    ('check_model(pg_temp.model(''{version}'', ''"Ü%n"''))', '22023', 'version must be made of a-z.*, not "\?\?%n"$'),
    ('check_model(pg_temp.model(''{trained}'', ''"yes"''))', '22023', 'trained must be true or false, not "yes"'),
    ('check_model(pg_temp.model(''{lead_days}'', ''366''))', '22023', 'lead_days must be a number from 0 to 365'),
    ('check_model(pg_temp.model(''{horizon_days}'', ''1.5''))', '22023', 'horizon_days must be a whole number'),
    ('check_model(pg_temp.model(''{base_rate}'', ''0''))', '22023', 'base_rate must be above 0 and below 1, not 0'),
    ('check_model(pg_temp.model(''{base_rate}'', ''1''))', '22023', 'base_rate must be above 0 and below 1, not 1'),
    ('check_model(pg_temp.model(''{intercept}'', ''1e400''))', '22023', 'intercept must be a number from -1e.06 to'),
    ('check_model(pg_temp.model(''{intercept}'', ''"-1"''))', '22023', 'intercept must be a number .*, not "-1"'),
    ('check_model(pg_temp.model(''{features}'', ''{}''))', '22023', 'features must be an array of 0 to 500 features'),
    ('check_model(pg_temp.model(''{features}'', (select jsonb_agg(i) from generate_series(1, 501) as i)))',
        '22023', 'features must be an array of 0 to 500 features'),
    ('check_model(pg_temp.model(''{features,1}'', ''7''))', '22023', 'features\[1\] must be an object, not 7'),
    ('check_model(pg_temp.model(''{features,1,measure}'', ''"mau"''))', '22023',
        'features\[1\].position must be the position of the measure, not 5'),
    ('check_model(pg_temp.model(''{features,1}'', pg_temp.model() #> ''{features,0}''))', '22023',
        'features\[1\].measure must be one that no feature before has, not "mau"'),
    ('check_model(pg_temp.model(''{features,1,measure}'', ''""''))', '22023', 'features\[1\].measure must be a text'),
    ('check_model(pg_temp.model(''{features,1,position}'', ''0''))', '22023', 'features\[1\].position must be a num'),
    ('check_model(pg_temp.model(''{features,1,unit}'', ''7''))', '22023', 'features\[1\].unit must be a text of 1 to'),
    ('check_model(pg_temp.model(''{features,1,window_days}'', ''-1''))', '22023', 'features\[1\].window_days must be'),
    ('check_model(pg_temp.model(''{features,1,transform}'', ''"sqrt"''))', '22023',
        'features\[1\].transform must be "none" or "log", not "sqrt"'),
    ('check_model(pg_temp.model(''{features,0,low}'', ''"0"''))', '22023', 'features\[0\].low must be a number from'),
    ('check_model(pg_temp.model(''{features,0,high}'', ''0''))', '22023', 'features\[0\].high must be greater than'),
    ('check_model(pg_temp.model(''{features,0,high}'', ''1e300''))', '22023', 'features\[0\].high must be a number'),
    ('check_model(pg_temp.model(''{features,1,mean}'', ''90''))', '22023', 'features\[1\].mean must be a number from'),
    ('check_model(pg_temp.model(''{features,1,sd}'', ''0''))', '22023', 'features\[1\].sd must be a number from 1e-1'),
    ('check_model(pg_temp.model(''{features,1,coefficient}'', ''-1e7''))', '22023', 'features\[1\].coefficient must'),
    ('check_model(pg_temp.model(''{covariance}'', ''[[1]]''))', '22023', 'covariance must be an array of 3, the int'),
    ('check_model(pg_temp.model(''{covariance,2}'', ''[0, 0]''))', '22023', 'covariance\[2\] must be an array of 3'),
    ('check_model(pg_temp.model(''{covariance,2,1}'', ''0.02''))', '22023',
        'covariance\[2\]\[1\] must be the same as covariance\[1\]\[2\], not 0.02'),
    ('check_model(pg_temp.model(''{covariance,2,2}'', ''-1''))', '22023', 'covariance\[2\]\[2\] must be a number fro'),
    ('check_model(pg_temp.model(''{covariance,2,2}'', ''0.001''))', '22023',
        'covariance\[2\]\[1\] must be a covariance that its variances allow, not -0.02'),
    ('check_model(pg_temp.model() - ''risk_bands'')', '22023', 'risk_bands must be an object, not null'),
    ('check_model(pg_temp.model(''{risk_bands,medium}'', ''0''))', '22023', 'risk_bands.medium must be greater than 0'),
    ('check_model(pg_temp.model(''{risk_bands,high}'', ''8''))', '22023', 'risk_bands.critical must be greater than'),
    ('check_model(pg_temp.model(''{x}'', (repeat(''['', 2000) || repeat('']'', 2000))::jsonb))', '22023',
        'churn model: the document is not usable JSON: .*deep'),
    ('logit_probability(''{1,2}'', ''{}'')', '22023', 'format must be 1, not null'),
    ('logit_explain(''{1,2}'', ''[]'')', '22023', 'the document must be an object'),
    ('risk_level(0.5, ''7'')', '22023', 'the document must be an object'),
    ('_churn_probability(''{}'', ''{}'')', '22023', 'format must be 1, not null'),
    ('compile_model(null)', '22004', 'churn model: the document must not be null'),
    ('compile_model(''7'')', '22023', 'the document must be an object, not 7'),
    ('compile_model(pg_temp.model(''{features}'', ''5''))', '22023', 'features must be an array'),
    ('compile_model(pg_temp.model(''{features,1}'', ''"mau"''))', '22023', 'features\[1\] must be an object'),
    ('compile_model(pg_temp.model(''{features,1,measure}'', ''5''))', '22023', 'features\[1\].measure must be a text'),
    ('compile_model(pg_temp.model(''{features,1,sd}'', ''0''))', '22023', 'features\[1\].sd must be a number');
insert into cases (call, state, message, hint) values
    ('check_model(pg_temp.model(''{format}'', ''2''))', '22023', 'format must be 1, not 2', 'ALTER EXTENSION'),
    ('check_model(pg_temp.model(''{x}'', to_jsonb(repeat(''x'', 300000))))', '54000',
        'churn model: the document has 30.* bytes, at most 262144', 'Leave out'),
    ('check_model(pg_temp.model(''{x}'', to_jsonb(repeat(''x'', 10000000))))', '54000', 'the document has 100.* bytes',
        'Leave out'),
    ('_churn_log_odds(''{}'', pg_temp.model(''{x}'', to_jsonb(repeat(''x'', 10000000))))', '54000', 'has 100.* bytes',
        'Leave out'),
    ('compile_model(pg_temp.model(''{x}'', to_jsonb(repeat(''x'', 300000))))', '54000', 'has 300', 'Leave out'),
    ('compile_model(pg_temp.model(''{features,1,measure}'', ''"Glück%n"''))', '22023',
        'churn model: unknown measure "Gl\?ck%n" at features\[1\].measure', 'cs_health.measure; register_measure'),
    ('logit_probability(''{1}'', pg_temp.model())', '2202E', 'x has 1 elements, the model has 2 features', 'order of'),
    ('logit_probability(''{1,2,3}'', pg_temp.model())', '2202E', 'x has 3 elements, the model has 2', 'order of'),
    ('logit_probability(''{}'', pg_temp.model())', '2202E', 'x has 0 elements, the model has 2 features', 'order of'),
    ('logit_explain(''{1}'', pg_temp.model())', '2202E', 'x has 1 elements, the model has 2 features', 'order of'),
    ('logit_probability(''{1,NaN}'', pg_temp.model())', '22003', 'x\[2\] must be finite, not NaN', 'Pass null'),
    ('logit_probability(''{Infinity,1}'', pg_temp.model())', '22003', 'x\[1\] must be finite, not Inf', 'Pass null'),
    ('logit_explain(''{1,-Infinity}'', pg_temp.model())', '22003', 'x\[2\] must be finite, not -Infinity', 'Pass null'),
    ('logit_probability(''{1,1e39}'', pg_temp.model())', '22003', 'x\[2\] must be from -3.4.* to 3.4.*38', 'Pass null'),
    ('logit_probability(''{{1,2}}'', pg_temp.model())', '2202E', 'x must have one dimension, not 2', 'plain list'),
    ('logit_probability(''[0:1]={1,2}'', pg_temp.model())', '2202E', 'x must start at subscript 1', 'subscript'),
    ('logit_probability(array_fill(1::float8, array[1001]), pg_temp.model())', '54000', 'x has 1001 elements', '^$'),
    ('_churn_log_odds(''{NaN}'', pg_temp.model())', '22003', 'measures\[1\] must be finite, not NaN', 'Pass null'),
    ('_churn_probability(''{{1}}'', pg_temp.model())', '2202E', 'measures must have one dimension', 'plain list'),
    ('_churn_inputs(array_fill(1::real, array[1001]), pg_temp.model())', '54000', 'measures has 1001 elements', '^$'),
    ('_churn_parts(''{1}'', pg_temp.model() #- ''{features,1,position}'')',
        '22023', 'churn model: features\[1\] has no position', 'compile_model'),
    ('_churn_half_width(''{1}'', pg_temp.model() #- ''{features,0,position}'')',
        '22023', 'churn model: features\[0\] has no position', 'compile_model'),
    ('risk_level(-0.01, pg_temp.model())', '22003', 'probability must be from 0 to 1, not -0.01', 'Pass null'),
    ('risk_level(1.01, pg_temp.model())', '22003', 'probability must be from 0 to 1, not 1.01', 'Pass null'),
    ('risk_level(''NaN'', pg_temp.model())', '22003', 'probability must be finite, not NaN', 'Pass null'),
    ('risk_level(''Infinity'', pg_temp.model())', '22003', 'probability must be finite, not Infinity', 'Pass null');

select plan((select count(*)::integer from cases) + 38);

select is(concat_ws(' | ', r.state, case when r.message ~ c.message then c.message else r.message end,
    case when r.hint ~ c.hint then c.hint else r.hint end), concat_ws(' | ', c.state, c.message, c.hint),
    left(c.call, 150))
from cases as c cross join lateral pg_temp.refusal(c.call) as r order by c.nr;

-- By hand
select is(cs_health.check_model(pg_temp.model()), true, 'a usable document');
select is(cs_health.check_model((select m.model from random_model as m where m.id = 0)), true, 'one without features');
select is(cs_health.check_model(pg_temp.model('{metrics}', '{"auc": 0.7}')), true, 'other keys are nobody''s business');
select is(cs_health.check_model(('{"format": 2, ' || substr(pg_temp.model()::text, 2))::jsonb), true,
    'of a key written twice the last one counts');
select is(cs_health.check_model(null), null, 'null is null');
select is(cs_health._churn_log_odds('{NULL,NULL,18}', pg_temp.model()), -5.5::double precision,
    '-4.5 - 0.5 x (18 - 10) / 4');
select is(cs_health._churn_log_odds('{}', pg_temp.model()), -4.5::double precision,
    'nothing observed, all at the mean');
select is(round(cs_health.logit_probability('{18,NULL}', pg_temp.model())::numeric, 14), 0.00407013771590,
    'as a probability: 1 / (1 + exp(5.5))');
select is(cs_health._churn_probability('{NULL,NULL,18}', pg_temp.model()),
    (1 / (1 + exp(5.5::double precision)))::real, 'in four bytes');
select is(cs_health.logit_probability(null, pg_temp.model()), null, 'no values, no probability');
select is(cs_health.logit_probability('{1,2}', null), null, 'no model, none either');
select results_eq($$select * from cs_health.logit_explain(array[100, null], pg_temp.model())$$,
    $$values ('mau', 100::double precision, 10::double precision, -2.5::double precision),
        ('mau_growth', null, -(exp(2::double precision) - 1), 0)$$,
    'explained: value as it is, baseline on the measure''s scale, contribution with the bound');
select results_eq($$select * from cs_health._churn_parts('{NULL,NULL,NULL,NULL,0}', pg_temp.model())$$,
    $$values ('mau', 3, null::double precision, 10::double precision, 0::double precision),
        ('mau_growth', 5, 0, -(exp(2::double precision) - 1), 1)$$, 'and of a vector');
select is_empty($$select cs_health.logit_explain(null, pg_temp.model())$$, 'nothing to explain');
select is(cs_health._churn_inputs('{NULL,NULL,-5}', pg_temp.model()), array[-2.5, 0]::double precision[],
    'inputs of a regression');
select is(cs_health._churn_inputs('{1}', (select m.model from random_model as m where m.id = 0)), '{}',
    'without features there are none');
-- u = (1, 2, -4), since ln(1 + 0) + 2 is 4 sd: 0.04 + 4 x 0.09 + 16 x 0.25 + 2 (2 x 0.01 + 8 x -0.02)
select ok(abs(cs_health._churn_half_width('{NULL,NULL,18,NULL,0}', pg_temp.model())
    - 1.6448536269514722 * sqrt(4.12)) < 1e-12, 'half-width of the 90 % interval');
select is(cs_health._churn_half_width('{1}', pg_temp.model() - 'covariance'), null, 'unknown without a covariance');
select is((select string_agg(cs_health.risk_level(p, pg_temp.model()), ' ' order by p)
    from unnest(array[0, 0.0624, 0.0625, 0.1874, 0.1875, 0.4999, 0.5, 1]) as p),
    'low low medium medium high high critical critical', 'levels begin at their lift');
select is(cs_health.risk_level(null, pg_temp.model()), null, 'no probability, no level');

-- 10,000 rows of 200 random models
select ok((select count(*) = 10000 and count(distinct id) = 200 and min(cardinality(inputs)) = 0
    and max(cardinality(inputs)) = (select count(*) from cs_health.measure) from expected),
    'as many as that, with none to all features');
select ok((select bool_or(value is null) and bool_or(abs(input) > 3)
        and count(distinct measure) = (select count(*) from cs_health.measure) from term), 'with and without values');
select is((select count(*) from expected as e
    where abs(cs_health._churn_log_odds(e.measures, e.model) - e.log_odds) > 1e-12 * greatest(1, abs(e.log_odds))),
    0::bigint, 'log-odds are those of the formula');
select is((select count(*) from expected as e
    cross join lateral (select coalesce(sum(p.contribution), 0) as sum
        from cs_health._churn_parts(e.measures, e.model) as p) as s
    where abs(cs_health._churn_log_odds(e.measures, e.model) - (e.model ->> 'intercept')::double precision - s.sum)
        > 1e-12), 0::bigint, 'intercept and contributions sum to the log-odds');
select is((select count(*) from expected as e
    where abs(cs_health.logit_probability(coalesce(e.x, '{}'), e.model) * (1 + exp(-e.log_odds)) - 1) > 1e-11),
    0::bigint, 'probabilities are 1 / (1 + exp(-log-odds))');
select is((select count(*) from expected as e
    where abs(cs_health._churn_probability(e.measures, e.model)
        / cs_health.logit_probability(coalesce(e.x, '{}'), e.model) - 1) < 1e-7 is not true
        and e.log_odds > -85), -- below, four bytes hold less
    0::bigint, 'values in order and a vector give the same');
select is((select count(*) from expected as e
    where (select coalesce(max(abs(a.input - b.input)), 0)
        from unnest(cs_health._churn_inputs(e.measures, e.model), e.inputs) as a(input, other)
        cross join lateral (select a.other as input) as b) > 1e-11
        or cardinality(cs_health._churn_inputs(e.measures, e.model)) <> cardinality(e.inputs)),
    0::bigint, 'inputs are those of the formula');
select is((select count(*) from term as t
    full join (select e.id, e.n, p.* from expected as e
        cross join lateral cs_health._churn_parts(e.measures, e.model) as p) as p
        on p.id = t.id and p.n = t.n and p.feature = t.measure
    where (p.position, p.value) is distinct from (t.position, t.value)
        or abs(p.contribution - t.coefficient * t.input) < 1e-12 is not true), 0::bigint, 'and so is every part');
select is((select count(*) from expected as e
    where (select array_agg(p) from (select p.feature, p.value, p.baseline, p.contribution
            from cs_health._churn_parts(e.measures, e.model) as p) as p)::text
        is distinct from (select array_agg(p) from cs_health.logit_explain(coalesce(e.x, '{}'), e.model) as p)::text),
    0::bigint, 'logit_explain() and _churn_parts() say the same');
select is((select count(*) from random_model as m
    cross join lateral jsonb_array_elements(m.model -> 'features') with ordinality as f(value, nr)
    join lateral (select p.baseline, row_number() over () as nr
        from cs_health._churn_parts('{}', m.model) as p) as p on p.nr = f.nr
    where abs(p.baseline - case f.value ->> 'transform' when 'log'
        then sign((f.value ->> 'mean')::double precision) * (exp(abs((f.value ->> 'mean')::double precision)) - 1)
        else (f.value ->> 'mean')::double precision end) > 1e-11), 0::bigint, 'baselines undo the transform');

-- The half-width from a covariance A A', summed in full
create temp table half_width as
select e.n, jsonb_set(e.model, '{covariance}', c.covariance) as model, e.measures, c.covariance,
    array_prepend(1::double precision, e.inputs) as u
from expected as e
cross join lateral (
    select jsonb_agg(r.row order by r.i) as covariance
    from (select a.i, jsonb_agg((select sum(sin(a.i * k * 1.7) * sin(b.i * k * 1.7))
            from generate_series(1, 40) as k) order by b.i) as row
        from generate_series(0, cardinality(e.inputs)) as a(i), generate_series(0, cardinality(e.inputs)) as b(i)
        group by a.i) as r) as c
where e.n = 7 and e.id < 60;
select is((select count(*) from half_width as h
    where abs(cs_health._churn_half_width(h.measures, h.model) - 1.6448536269514722 * sqrt((
        select sum(h.u[i + 1] * h.u[j + 1] * (h.covariance -> i ->> j)::double precision)
        from generate_series(0, cardinality(h.u) - 1) as i, generate_series(0, cardinality(h.u) - 1) as j)))
        < 1e-9 is not true), 0::bigint, 'half-widths of 60 models');

-- More models than are kept, in turns, and one that fails among them
select is((select count(*) from generate_series(1, 3000) as n
    where cs_health._churn_log_odds('{}', pg_temp.numbered(n * 7 % 23)) <> (n * 7 % 23) / 7.0::double precision),
    0::bigint, '23 models in turns');
create function pg_temp.changing() returns bigint language plpgsql as $$
declare
    document jsonb := pg_temp.numbered(0);
    wrong bigint := 0;
begin
    for n in 1..2000 loop
        document := jsonb_set(document, '{intercept}', to_jsonb(n % 13 - 6));
        wrong := wrong + (cs_health._churn_log_odds('{}', document) <> n % 13 - 6)::integer;
        if n % 5 = 0 then
            begin
                perform cs_health._churn_log_odds('{}', document || '{"trained": 1}');
                wrong := wrong + 1;
            exception when invalid_parameter_value then
                null;
            end;
        end if;
    end loop;
    return wrong;
end
$$;
select is(pg_temp.changing(), 0::bigint, 'a variable whose document changes, and documents that are refused');
create temp table stored (id integer, model jsonb);
alter table stored alter model set storage external;
insert into stored
select n, jsonb_set(pg_temp.numbered(n), '{notes}', to_jsonb(repeat(md5(n::text), 200)))
from generate_series(1, 12) as n;
select is((select count(*) from stored as s, generate_series(1, 5) as n
    where cs_health._churn_log_odds('{}', s.model) <> s.id / 7.0::double precision), 0::bigint,
    'documents stored out of line');

-- Whatever the arrays and models hold, the answer is a number, or no internal error
create temp table hostile as
select v.value::real[] as measures, m.model
from (values ('{}'), ('{NULL}'), ('{{1},{2}}'), ('[5:6]={1,2}'), ('[-1:0]={1,2}'), ('{NaN,1}'), ('{1,-Infinity}'),
    ('{-0,1e-44}'), ('{3e38,-3e38}'), (array_fill(3e38, array[29])::text), (array_fill(-3e38, array[29])::text),
    (array_fill(1, array[1000])::text), (array_fill(1, array[1001])::text)) as v(value)
cross join (
    select m.model from random_model as m where m.id in (0, 1, 5, 10)
    union all
    select jsonb_set(pg_temp.model('{features,0,sd}', '0.000000000000001'), '{features,0,coefficient}', '-1000000')
    union all
    select pg_temp.model('{features,0}', '{"measure": "a", "position": 1000, "transform": "none",
        "mean": -1000000000000000, "sd": 0.000000000000001, "coefficient": 1000000}')
    union all
    select pg_temp.model('{covariance}', '[[1e15, 1e15, 1e15], [1e15, 1e15, 1e15], [1e15, 1e15, 1e15]]')
    union all
    select pg_temp.model('{intercept}', '-1e6')
    union all
    select v.value from (values ('{}'::jsonb), ('1e400'), ('"x"'), ('[[[[[[]]]]]]')) as v(value)) as m;
create function pg_temp.outcome(call text, measures anyarray, model jsonb) returns text language plpgsql as $$
declare
    answer double precision;
begin
    execute 'select ' || call into answer using measures, model;
    return case when answer in ('NaN', 'Infinity', '-Infinity') then answer::text else 'fine' end;
exception when others then
    return sqlstate;
end
$$;
create temp table outcome as
select c.call, case when c.call ~ 'logit' then pg_temp.outcome(c.call, h.measures::double precision[], h.model)
    else pg_temp.outcome(c.call, h.measures, h.model) end as result
from hostile as h
cross join (values ('cs_health.logit_probability($1, $2)'),
    ('(select sum(contribution) from cs_health.logit_explain($1, $2))'), ('cs_health._churn_log_odds($1, $2)'),
    ('cs_health._churn_probability($1, $2)'), ('(select sum(z) from unnest(cs_health._churn_inputs($1, $2)) as z)'),
    ('(select sum(contribution) from cs_health._churn_parts($1, $2))'), ('cs_health._churn_half_width($1, $2)'),
    ('(cs_health.risk_level(cs_health.logit_probability($1, $2), $2) is not null)::integer')) as c(call);
select bag_eq('select distinct result from outcome', $$values ('fine'), ('22003'), ('22023'), ('2202E'), ('54000')$$,
    'hostile values end in numbers or in errors of the caller');
select is((select count(distinct call) from outcome where result = 'fine'), 8::bigint, 'every function answered');

-- Compiling
select cs_health.register_measure('invoices_late', 'invoices', 'Invoices paid late', window_days => 90) \g /dev/null
select is((select jsonb_agg(f.value - '{transform,mean,sd,coefficient}'::text[] order by f.nr)
    from jsonb_array_elements(cs_health.compile_model(pg_temp.model('{features}', '[
        {"measure": "nps", "transform": "none", "mean": 20, "sd": 30, "coefficient": -0.3},
        {"measure": "invoices_late", "position": 999, "transform": "log", "mean": 1, "sd": 1, "coefficient": 0.4}]')
        - 'covariance') -> 'features') with ordinality as f(value, nr)),
    (select jsonb_agg(jsonb_build_object('measure', m.code, 'position', m.position, 'unit', m.unit, 'window_days',
        m.window_days) order by m.code desc)
    from cs_health.measure as m where m.code in ('nps', 'invoices_late')),
    'measures are given their positions, units and windows, in the order of the document');
select is((select cs_health.compile_model(m.model) ->> 'features' from random_model as m where m.id = 0), '[]',
    'no feature, nothing to compile');

select finish();
rollback;
