-- Logistic regression: fits against algebra and against each other in parts, at other scales and in other orders; what
-- has no answer; and how it is refused. test/t/016_logit.pl has the reference values.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
\set SHOW_CONTEXT never
set client_min_messages = error;
create schema lab;

select plan(102);

-- A number that looks random and is the same everywhere
create function lab.noise(seed integer, n integer) returns double precision language sql immutable as $$
    select (hashint8extended(n, seed)::numeric / 2 ^ 64 + 0.5)::double precision
$$;
create function lab.fit(source text, l2 double precision default 0, max_iterations integer default 50)
returns cs_health.logit_result language sql as $$ select f from cs_health.logit_fit(source, l2, max_iterations) as f $$;
-- The largest difference of two lists, relative to the second
create function lab.off(a double precision[], b double precision[]) returns double precision language sql as $$
    select max(case when u.a is not distinct from u.b then 0 else coalesce(abs(u.a - u.b) / nullif(abs(u.b), 0), 1) end)
    from unnest(a, b) as u(a, b)
$$;
-- The largest element of the gradient: 0 where the penalised likelihood is greatest
create function lab.gradient(source text, coefficients double precision[], l2 double precision default 0)
returns double precision language plpgsql as $$
declare
    worst double precision;
begin
    execute format($sql$
        with source as (select y, x from (%s) as s(y, x)), fitted as (
            select f.x, f.y::integer - 1 / (1 + exp(-f.eta)) as residual
            from (select s.y, s.x, $1[1] + (select sum(u.x * $1[u.j + 1])
                from unnest(s.x) with ordinality as u(x, j)) as eta from source as s) as f)
        select greatest(abs((select sum(residual) from fitted)), max(abs(g.gradient))) from (
            select sum(f.residual * u.x) / stddev_pop(u.x) - $2 * $1[u.j + 1] * stddev_pop(u.x) as gradient
            from fitted as f cross join lateral unnest(f.x) with ordinality as u(x, j) group by u.j) as g$sql$, source)
    into worst using coefficients, l2;
    return worst;
end
$$;
-- How a call is refused
create function lab.refusal(source text, l2 double precision default 0, out state text, out message text, out hint text)
language plpgsql as $$
begin
    perform cs_health.logit_fit(source, l2);
exception when others then
    get stacked diagnostics state = returned_sqlstate, message = message_text, hint = pg_exception_hint;
end
$$;

create table lab.sample (part integer not null, y boolean not null, x double precision[] not null)
partition by hash (part);
select format('create table lab.sample_%1$s partition of lab.sample for values with (modulus 7, remainder %1$s)', i)
from generate_series(0, 6) as i \gexec
-- Features in 1/1024, so that an offset of 1e9 changes none of them
insert into lab.sample
select n, lab.noise(0, n) < 1 / (1 + exp(1.5 - f.x[1] + 0.5 * f.x[2] - 0.7 * f.x[4])), f.x
from generate_series(1, 20000) as n cross join lateral (
    select array_agg(round(1024 * (2 * lab.noise(j, n) - 1 + 0.8 * lab.noise(9, n))) / 1024 order by j)
        ::double precision[] as x
    from generate_series(1, 5) as j where n > 0) as f;
analyze lab.sample;
create table lab.answer as select (lab.fit('select y, x from lab.sample')).*;
create table lab.ridge as select (lab.fit('select y, x from lab.sample', 3)).*;

-- What a logistic regression is
select ok(converged and not separated and iterations between 3 and 7 and aliased = '{}', 'it converges')
from lab.answer;
select is((select (row_count, event_count)::text from lab.answer),
    (select (count(*), count(*) filter (where y))::text from lab.sample), 'rows and events');
select cmp_ok((select lab.gradient('select y, x from lab.sample', coefficients) from lab.answer), '<', 1e-8::float8,
    'the gradient is 0');
select cmp_ok((select lab.gradient('select y, x from lab.sample', coefficients, 3) from lab.ridge), '<', 1e-8::float8,
    'with the penalty too');
select cmp_ok(lab.off(array[(select log_likelihood from lab.answer)], array[(
    select sum(case when s.y then -ln(1 + exp(-e.eta)) else -ln(1 + exp(e.eta)) end)
    from lab.sample as s cross join lab.answer as a cross join lateral (
        select a.coefficients[1] + sum(u.x * a.coefficients[u.j + 1]) as eta
        from unnest(s.x) with ordinality as u(x, j)) as e)]), '<', 1e-12::float8, 'the log likelihood');
select ok(r.log_likelihood < a.log_likelihood and r.std_errors[2] < a.std_errors[2], 'a penalty costs likelihood')
from lab.answer as a, lab.ridge as r;
select cmp_ok(lab.off(array(select sqrt(covariance[i][i]) from generate_series(1, 6) as i order by i), std_errors), '<',
    1e-15::float8, 'the diagonal of the covariance') from lab.answer;
select ok((select bool_and(a.covariance[i][j] = a.covariance[j][i]
        and a.covariance[i][j] ^ 2 < a.covariance[i][i] * a.covariance[j][j])
    from lab.answer as a, generate_series(1, 6) as i, generate_series(1, 6) as j where i <> j), 'which is one');

-- A table of two by two has a closed form: log odds, and sqrt(1/a + 1/b + 1/c + 1/d)
create temp view four as select i <= 40 as y, array[(i % 10 < case when i <= 40 then 6 else 3 end)::integer] as x
from generate_series(1, 100) as i;
select unnest(array[cmp_ok(lab.off(f.coefficients, array[ln(e.y0::float8 / e.n0),
    ln(e.y1::float8 * e.n0 / (e.n1 * e.y0))]), '<', 1e-12::float8, 'two by two: the log odds ratio'),
    cmp_ok(lab.off(f.std_errors, array[sqrt(1.0 / e.y0 + 1.0 / e.n0), sqrt(1.0 / e.y0 + 1.0 / e.n0 + 1.0 / e.y1
    + 1.0 / e.n1)]::float8[]), '<', 1e-9::float8, 'and its standard error')])
from lab.fit('select y, x from pg_temp.four') as f, (
    select count(*) filter (where y and x[1] = 0) as y0, count(*) filter (where not y and x[1] = 0) as n0,
        count(*) filter (where y and x[1] = 1) as y1, count(*) filter (where not y and x[1] = 1) as n1 from four) as e;
select unnest(array[cmp_ok(lab.off(f.coefficients, array[ln(2.0 / 3)]::float8[]), '<', 1e-15::float8,
    'no features: the log odds'),
    is(f.condition_number, 1::float8, 'and nothing correlated')])
from lab.fit('select i <= 4, ''{}''::integer[] from generate_series(1, 10) as i') as f;
select cmp_ok(lab.off(array[f.condition_number], array[sqrt((1 + e.r) / (1 - e.r))]), '<', 1e-9::float8,
    'two features: sqrt((1 + r) / (1 - r))')
from lab.fit('select y, x[1:2] from lab.sample') as f, (select corr(x[1], x[2]) as r from lab.sample) as e;

-- Every type of number
select is((lab.fit(format('select y, x::%s from pg_temp.four', t))).coefficients,
    (lab.fit('select y, x::float8[] from pg_temp.four')).coefficients, t)
from unnest(array['smallint[]', 'integer[]', 'bigint[]', 'real[]', 'numeric[]']) as t;
select is((lab.fit('values (true, array[1.0]), (false, array[2]), (true, array[3]), (false, array[1]) -- that is all'))
    .row_count, 4::bigint, 'a query may be VALUES and end in a comment');

-- In whatever parts
create function lab.close(label text, source text default 'select y, x from lab.sample') returns setof text
language sql as $$
    select cmp_ok(greatest(lab.off(f.coefficients, a.coefficients), lab.off(f.std_errors, a.std_errors),
        lab.off(array[f.log_likelihood], array[a.log_likelihood])), '<', 1e-12::float8, label)
    from lab.fit(source) as f, lab.answer as a
$$;
create function lab.plan(source text) returns text language plpgsql as $$
declare
    fit double precision[];
    line text;
    plan text := '';
begin
    select cs_health._logit_start(cs_health._logit_moments(s.y, s.x), 0, null, 50, 1e-10) into fit from lab.sample as s;
    for line in execute 'explain (costs off) select cs_health._logit_step(q.y, q.x, $1) from '
        || cs_health._logit_rows(source) using fit
    loop
        plan := plan || line || E'\n';
    end loop;
    return plan;
end
$$;
select lab.close('in reverse', 'select y, x from lab.sample order by part desc');
select lab.close('sorted by label', 'select y, x from lab.sample order by y');
set enable_partitionwise_aggregate = on;
set max_parallel_workers_per_gather = 0;
select matches(lab.plan('select y, x from lab.sample'), 'Append\s+->  Partial Aggregate', 'partition by partition');
select lab.close('is the same');
reset enable_partitionwise_aggregate;
set max_parallel_workers_per_gather = 2;
set parallel_setup_cost = 0;
set parallel_tuple_cost = 0;
set min_parallel_table_scan_size = 0;
select matches(lab.plan('select y, x from lab.sample'), 'Finalize Aggregate\s+->  Gather.*\s+->  Partial Aggregate',
    'with workers');
select lab.close('is the same');
select lab.close('with workers that see no row', 'select y, x from lab.sample where part > 0 and x is not null');
reset max_parallel_workers_per_gather;
reset parallel_setup_cost;
reset parallel_tuple_cost;
reset min_parallel_table_scan_size;

-- At other offsets, scales and in other orders
select unnest(array[is((select round(lab.off(f.coefficients[2:], a.coefficients[2:])::numeric, 12)
    from lab.answer as a), 0.0, 'an offset of 1e9 changes no slope'),
    cmp_ok((select lab.off(f.std_errors[2:], a.std_errors[2:]) from lab.answer as a), '<', 1e-11::float8,
    'nor its standard error'),
    cmp_ok((select abs(f.coefficients[1] + 1e9 * (f.coefficients[2] - f.coefficients[3]) - a.coefficients[1])
    from lab.answer as a), '<', 1e-5::float8, 'and the intercept by what it must')])
from lab.fit('select y, array[x[1] + 1e9, x[2] - 1e9, x[3], x[4], x[5]] from lab.sample') as f;
select unnest(array[cmp_ok((select lab.off(array[f.coefficients[1], f.coefficients[2] * s.k, f.coefficients[3] / s.k]
        || f.coefficients[4:], a.coefficients) from lab.answer as a), '<', 1e-12::float8, 'scaled by ' || s.k),
    cmp_ok((select lab.off(array[f.std_errors[1], f.std_errors[2] * s.k, f.std_errors[3] / s.k] || f.std_errors[4:],
        a.std_errors) from lab.answer as a), '<', 1e-12::float8, 'with its standard errors')])
from (values (1e3::float8), (1e-60), (1e120)) as s(k) cross join lateral
    lab.fit(format('select y, array[x[1] * %1$s::float8, x[2] / %1$s::float8, x[3], x[4], x[5]] from lab.sample', s.k))
    as f;
select cmp_ok((select lab.off(array[f.coefficients[2] * 1e120, f.coefficients[3] / 1e120] || f.coefficients[4:],
        r.coefficients[2:]) from lab.ridge as r), '<', 1e-12::float8, 'a ridge knows no scale')
from lab.fit('select y, array[x[1] * 1e120, x[2] / 1e120, x[3], x[4], x[5]]::float8[] from lab.sample', 3) as f;
select cmp_ok((select lab.off(array[f.coefficients[1], f.coefficients[4], f.coefficients[5], f.coefficients[2],
        f.coefficients[6], f.coefficients[3]], a.coefficients) from lab.answer as a), '<', 1e-12::float8,
    'columns in another order')
from lab.fit('select y, array[x[3], x[5], x[1], x[2], x[4]] from lab.sample') as f;
select cmp_ok((select lab.off(f.coefficients, array(select -c from unnest(a.coefficients) as c)) from lab.answer as a),
    '<', 1e-12::float8, 'the other label is the other sign')
from lab.fit('select not y, x from lab.sample') as f;

-- Columns that say nothing of their own
select unnest(array[is(f.aliased, '{2,4,7}', 'constant, doubled and summed columns are aliased to those before them'),
    cmp_ok((select lab.off(f.coefficients[1:2] || f.coefficients[4] || f.coefficients[6:7] || f.coefficients[9:],
        a.coefficients) from lab.answer as a), '<', 1e-9::float8, 'and change nothing'),
    is(array_positions(f.std_errors, null), '{3,5,8}', 'they have no standard error'),
    is((select sum(abs(c)) from unnest(f.covariance[3:3]) as c), 0::float8, 'and no covariance')])
from lab.fit('select y, array[x[1], 7, x[2], 2 * x[1], x[3], x[4], x[1] - 3 * x[2] + x[4], x[5]] from lab.sample') as f;
select unnest(array[is(f.aliased, '{3}', 'a ridge puts out only what is constant'),
    is(f.condition_number, 'Infinity', 'and tells how far columns repeat each other'),
    cmp_ok(lab.off(array[f.coefficients[2]], array[f.coefficients[3]]), '<', 1e-9::float8, 'equal ones share alike')])
from lab.fit('select y, array[x[1], x[1], 7, x[2]] from lab.sample', 1) as f;
select unnest(array[ok(f.converged and f.aliased = '{}' and f.condition_number between 1e3 and 1e5,
        'nearly the same column is none: condition ' || f.condition_number::integer),
    cmp_ok((select abs(f.coefficients[2] + f.coefficients[7] - a.coefficients[2]) from lab.answer as a), '<',
        0.2::float8, 'together they say what one says'),
    cmp_ok(lab.gradient('select y, x || x[1] + 1e-4 * lab.noise(20, part) from lab.sample', f.coefficients), '<',
        1e-6::float8, 'at the optimum')])
from lab.fit('select y, x || x[1] + 1e-4 * lab.noise(20, part) from lab.sample') as f;

-- Separated and nearly so
select matches((lab.refusal('select i > 5, array[i] from generate_series(1, 9) as i')).message,
    'completely separated by the features, most of all by x\[1\]', 'separated by a threshold');
select matches((lab.refusal('select y or x[1] > 0.9, array[x[2], (x[1] > 0.9)::integer] from lab.sample')).message,
    'quasi-completely separated by the features, most of all by x\[2\]', 'by a group that has one label only');
select matches((lab.refusal('select x[1] + x[2] - x[3] > 0.3, x from lab.sample')).message, 'completely separated',
    'by three features together');
select is((lab.refusal('select i > 5, array[i] from generate_series(1, 9) as i')).state, '22023', 'the state');
select matches((lab.refusal('select i > 5, array[i] from generate_series(1, 9) as i')).hint, 'Pass l2', 'the hint');
select ok(f.converged and f.separated and f.coefficients[2] between 0.1 and 10, 'a ridge has an answer and says so')
from lab.fit('select i > 5, array[i] from generate_series(1, 9) as i', 1) as f;
select ok(f.converged and not f.separated and f.coefficients[2] > 20 and f.iterations < 20,
    'one row across the threshold is enough: ' || round(f.coefficients[2]) || ' after ' || f.iterations)
from lab.fit('select (x[1] > 0.4) <> (part = 77), array[x[1]] from lab.sample') as f;
select ok(f.converged and f.coefficients[3] between 5 and 20, 'and one in the group')
from lab.fit('select (y or x[1] > 0.9) and part <> (select min(part) from lab.sample where x[1] > 0.9),
    array[x[2], (x[1] > 0.9)::integer] from lab.sample') as f;
select ok(f.converged and f.iterations < 12 and abs(f.coefficients[2] - (ln(15 / 5.0) - ln(100.0 / 19880))) < 0.5,
    'a rare feature of great effect after ' || f.iterations)
from lab.fit('select case when part <= 20 then part > 5 else part % 200 = 0 end, array[(part <= 20)::integer, x[1]]
    from lab.sample') as f;
select ok(f.converged and f.event_count = 20 and f.coefficients[1] < -5, 'one event in a thousand')
from lab.fit('select part % 1000 = 0, x from lab.sample') as f;
select ok(f.converged and lab.gradient('select y, array[exp(3 * x[1]) ^ 2] from lab.sample', f.coefficients) < 1e-8,
    'a long tail')
from lab.fit('select y, array[exp(3 * x[1]) ^ 2] from lab.sample') as f;

-- What else has no answer
create temp table refused (label text, source text, l2 double precision, state text, message text, hint text);
insert into refused values
    ('no query', null, 0, '22004', 'source must not be null', 'Pass a query'),
    ('no SQL', 'hello', 0, '22023', 'the query cannot be run: syntax error', 'It must return'),
    ('no table', 'select y, x from lab.nothing', 0, '22023', 'relation "lab.nothing" does not exist', 'schema'),
    ('writing', 'with d as (delete from lab.answer returning true) select true, array[1] from d', 0, '22023',
        'data-modifying', 'It must return'),
    ('two statements', 'select true, array[1]; select 1', 0, '22023', 'syntax error', 'It must return'),
    ('a column too few', 'select true', 0, '22023', '1 columns available', 'It must return'),
    ('a column too many', 'select true, array[1], 1', 0, '22023', 'returns 3 columns, not 2', 'It must return'),
    ('labels of numbers', 'select 1, array[1]', 0, '22023', 'label of type integer, not boolean', 'Compare'),
    ('features of words', 'select true, array[''a'']', 0, '22023', 'of type text\[\], not an array', 'array\['),
    ('a single feature', 'select true, 1.5', 0, '22023', 'of type numeric, not an array', 'array\['),
    ('division by 0', 'select i > 3, array[1 / (i - 5)] from generate_series(1, 9) as i', 0, '22012', 'division', ''),
    ('no row', 'select y, x from lab.sample where false', 1, '22023', 'no rows', 'Widen'),
    ('one row', 'select y, x from lab.sample limit 1', 1, '22023', 'one row only', 'Widen'),
    ('one label', 'select y, x from lab.sample where y limit 99', 1, '22023', 'all 99 labels are true', 'no penalty'),
    ('other label', 'select y, x from lab.sample where not y limit 9', 1, '22023', 'all 9 labels are false', 'Widen'),
    ('few rows', 'select part % 2 = 0, x from lab.sample limit 5', 0, '22023', '5 rows are too few .* 5 features',
        'l2'),
    ('null label', 'select case when i < 9 then i > 4 end, array[i] from generate_series(1, 9) as i', 1, '22004',
        'y must not be null', 'Leave out'),
    ('null features', 'select i > 4, case when i < 9 then array[i] end from generate_series(1, 9) as i', 1, '22004',
        'x must not be null', 'Leave out'),
    ('null feature', 'select i > 4, array[i, nullif(i, 5)] from generate_series(1, 9) as i', 1, '22004',
        'x\[2\] must not be null', 'coalesce'),
    ('ragged rows', 'select i > 4, array_fill(i, array[1 + i / 5]) from generate_series(1, 9) as i', 1, '22023',
        'as many elements in every row, not 1 in one and 2', 'same features'),
    ('tables', 'select i > 4, array[[i]] from generate_series(1, 9) as i', 1, '2202E', 'one dimension', 'plain list'),
    ('NaN', 'select i > 4, array[1, i, ''NaN'']::float8[] from generate_series(1, 9) as i', 1, '22003',
        'x\[3\] must be finite, not NaN', 'Leave out'),
    ('infinity', 'select i > 4, array[''-Infinity'']::float8[] from generate_series(1, 9) as i', 1, '22003',
        'x\[1\] must be finite, not -Infinity', 'Leave out'),
    ('too large', 'select i > 4, array[i, 1e151 * i] from generate_series(1, 9) as i', 1, '22003', 'x\[2\].*1e\+151',
        'Rescale'),
    ('too small', 'select i > 4, array[i, 1e-151 * i]::float8[] from generate_series(1, 9) as i', 1, '22003',
        'spread of x\[2\] is too small', 'Rescale'),
    ('too many', 'select i > 4, array_fill(i, array[501]) from generate_series(1, 9) as i', 1, '54000',
        '501 elements, at most 500', ''),
    ('other rows each time', 'select random() < 0.5, array[random()] from generate_series(1, 999)', 1, '22023',
        'other rows each time', 'in a table'),
    ('negative l2', 'select y, x from lab.sample', -1, '22023', 'l2 must be from 0', 'default'),
    ('NaN l2', 'select y, x from lab.sample', 'NaN', '22023', 'l2 must be from 0 .* not NaN', 'default'),
    ('null l2', 'select y, x from lab.sample', null, '22004', 'l2 must not be null', 'default'),
    ('collinear for so little l2', 'select y, x || x[1] from lab.sample', 1e-12, '22023', 'is too small to decide',
        'larger l2');
select ok(f.state = r.state and f.message ~ r.message and coalesce(f.hint, '') ~ r.hint,
    format('%s: %s %s', r.label, f.state, f.message))
from refused as r cross join lateral lab.refusal(r.source, r.l2) as f;
select throws_ok(format('select cs_health.logit_fit(''select y, x from lab.sample'', 0, %s)', o.options), o.state,
    o.message, o.message)
from (values ('0', '22023', 'max_iterations must be from 1 to 10000, not 0'),
    ('null', '22004', 'max_iterations must not be null'),
    ('50, 0', '22023', 'tolerance must be from 1e-15 to 0.01, not 0'),
    ('50, 1', '22023', 'tolerance must be from 1e-15 to 0.01, not 1')) as o(options, state, message);
select ok(not f.converged and f.iterations = 2 and f.log_likelihood < a.log_likelihood, 'stopped before the end')
from lab.answer as a, lab.fit('select y, x from lab.sample', 0, 2) as f;

-- The prior
select cmp_ok(lab.off(f.coefficients, r.coefficients), '<', 1e-12::float8, 'no prior is a prior of 0')
from lab.ridge as r,
    cs_health._logit_fit('select y, x from lab.sample', 3, '{0,0,null,0,null}', 50, 1e-10) as f;
select cmp_ok(lab.off(f.coefficients[2:], '{1,-2,3,-4,5}'), '<', 1e-4::float8, 'a strong penalty leaves the prior')
from cs_health._logit_fit('select y, x from lab.sample', 1e9, '{1,-2,3,-4,5}', 50, 1e-10) as f;
select throws_ok($$select cs_health._logit_fit('select y, x from lab.sample', 1, '{1}', 50, 1e-10)$$, '22023',
    'prior must have an element per feature: 5, not 1', 'one element per feature');

-- Tampered states, and calls beside the aggregate
select throws_ok($$select cs_health._logit_next('{1,2,3}', '{1,2,3}')$$, '22P03', null, 'a state that is none');
select throws_ok($$select cs_health._logit_moments_row(null, true, '{1}')$$, '0A000', null, 'only in the aggregate');
select throws_ok($$select cs_health._logit_step(true, array[1]::float8[], '{2,1,3}')$$, '22P03', null, 'a forged fit');

-- A long fit can be cancelled
create table lab.wide as select part % 3 = 0 as y, (select array_agg(lab.noise(j, part))
    from generate_series(1, 400) as j where part > 0) as x from lab.sample where part <= 600;
create function lab.cancelled_after(source text) returns interval language plpgsql as $$
declare
    began constant timestamptz := clock_timestamp();
begin
    perform cs_health.logit_fit(source, 1);
    return null;
exception when query_canceled then
    return clock_timestamp() - began;
end
$$;
set statement_timeout = '50ms';
select lab.cancelled_after('select s.y, s.x from lab.wide as s, generate_series(1, 20)') as after \gset
reset statement_timeout;
select ok(:'after'::interval between '40 ms' and '400 ms', 'cancelled after ' || :'after');

select finish();
