-- What judges a churn model: against scikit-learn, by hand, and in every way of cutting the rows into parts.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
\set SHOW_CONTEXT never
begin;
set local client_min_messages = warning;
set local search_path = public, pg_catalog;

select plan(656);

-- The samples of test/reference/metrics.py
create function pg_temp.samples()
returns table (sample integer, label boolean, score float8, probability float8, fraction float8, step bigint)
language plpgsql as $$
declare
    x bigint := 1;
    n bigint;
    grid bigint;
    unit float8;
    kind bigint;
begin
    for i in 1..1000 loop
        sample := i;
        x := x * 48271 % 2147483647;
        n := 1 + x % case when i % 10 = 0 then 5 else 300 end;
        x := x * 48271 % 2147483647;
        grid := (array[1, 2, 4, 10, 20, 64, 1000, 1000000])[1 + x % 8];
        x := x * 48271 % 2147483647;
        unit := (array[1, 0.125, 1e-300, 1e300]::float8[])[1 + x % 4];
        x := x * 48271 % 2147483647;
        kind := x % 20;
        x := x * 48271 % 2147483647;
        fraction := case when i % 2 = 0 then (array[0.01, 0.1, 0.2, 0.5, 1]::float8[])[1 + x % 5]
            else (x % 1000 + 1) / 1000::float8 end;
        for k in 1..n loop
            x := x * 48271 % 2147483647;
            step := x % (grid + 1);
            x := x * 48271 % 2147483647;
            label := kind = 1 or kind > 1 and case when kind < 8 then x % 4 = 0 else x % (grid + 2) <= step end;
            score := (2 * step - grid)::float8 * unit;
            probability := step / grid::float8;
            return next;
        end loop;
    end loop;
end
$$;
create table public.sample as select * from pg_temp.samples();
analyze public.sample;

create temp table expected (sample integer, rows bigint, events bigint, steps numeric, roc_auc float8, pr_auc float8,
    brier_score float8, log_loss float8, calibration_error float8, lift_at float8);
\copy expected from 'test/reference/metrics.csv' csv header

create temp table measured as
select s.sample, count(*) as rows, count(*) filter (where s.label) as events, sum(s.step) as steps,
    cs_health.roc_auc(s.label, s.score), cs_health.pr_auc(s.label, s.score),
    cs_health.brier_score(s.label, s.probability), cs_health.log_loss(s.label, s.probability),
    cs_health.calibration_error(s.label, s.probability), cs_health.lift_at(s.label, s.score, s.fraction)
from public.sample as s group by s.sample;

create temp view compared as
select e.sample, f.*
from expected as e join measured as m using (sample)
cross join lateral (values ('roc_auc', e.roc_auc, m.roc_auc), ('pr_auc', e.pr_auc, m.pr_auc),
    ('brier_score', e.brier_score, m.brier_score), ('log_loss', e.log_loss, m.log_loss),
    ('calibration_error', e.calibration_error, m.calibration_error), ('lift_at', e.lift_at, m.lift_at))
    as f(metric, expected, measured);

select results_eq('select sample, rows, events, steps from expected order by sample',
    'select sample, rows, events, steps::numeric from measured order by sample',
    'the samples are those of the reference');
select is((select count(*) from expected), 1000::bigint, 'all 1,000 of them');
select is((select count(*) filter (where e.events = 0) > 20 and count(*) filter (where e.events = e.rows) > 20
    and count(*) filter (where e.rows < 5) > 20 from expected as e), true, 'some with one class, some tiny');
select is((select count(*) from compared as c where c.metric = m.metric and c.expected is not null
        and abs(c.expected - c.measured) <= 1e-12) + (select count(*) from compared as c
        where c.metric = m.metric and c.expected is null and c.measured is null),
    1000::bigint, format('%s as scikit-learn has it: %s differ at most', m.metric,
        (select max(abs(c.expected - c.measured)) from compared as c where c.metric = m.metric)))
from (values ('roc_auc'), ('pr_auc'), ('brier_score'), ('log_loss'), ('calibration_error'), ('lift_at')) as m(metric);

-- By hand
create temp table small (name text, label boolean, score float8, probability float8);
insert into small values
    ('four', true, 0.9, 0.9), ('four', true, 0.4, 0.4), ('four', false, 0.5, 0.5), ('four', false, 0.1, 0.1),
    ('tied', true, 7, 0.5), ('tied', false, 7, 0.5), ('tied', false, 7, 0.5), ('tied', false, 7, 0.5),
    ('events', true, 1, 1), ('events', true, 2, 0.5),
    ('others', false, 1, 0), ('others', false, 2, 0.5),
    ('zeros', true, 0, 0), ('zeros', false, -0.0::float8, -0.0::float8),
    ('border', true, 3, 1), ('border', true, 2, 1), ('border', false, 2, 0), ('border', false, 2, 0),
    ('border', false, 1, 0);
select is((select cs_health.roc_auc(s.label, s.score) from small as s where s.name = c.name), c.roc,
    format('roc_auc of %s', c.name))
from (values ('four', 0.75), ('tied', 0.5), ('events', null), ('others', null), ('zeros', 0.5),
    ('border', 5 / 6.0::float8), ('none', null)) as c(name, roc);
select is((select round(cs_health.pr_auc(s.label, s.score)::numeric, 12) from small as s where s.name = c.name),
    round(c.pr, 12), format('pr_auc of %s', c.name))
from (values ('four', (1 + 2 / 3.0) / 2), ('tied', 0.25), ('events', 1), ('others', null), ('zeros', 0.5),
    ('border', (1 + 0.5) / 2), ('none', null)) as c(name, pr);
select is((select round(cs_health.lift_at(s.label, s.score, c.fraction)::numeric, 12) from small as s
    where s.name = c.name), round(c.lift, 12), format('lift_at %s of %s', c.fraction, c.name))
from (values ('four', 0.25, 2), ('four', 0.5, 1), ('four', 0.75, 4 / 3.0), ('four', 0.375, 4 / 3.0), ('four', 1, 1),
    ('four', 1e-300, 2), ('four', 5e-324, 2), ('tied', 0.1, 1), ('tied', 0.5, 1), ('events', 0.3, 1),
    ('others', 0.5, null), ('border', 0.2, 2.5), ('border', 0.4, (1 + 1 / 3.0) / 2 / 0.4),
    ('border', 0.9, 2 / 4.5 / 0.4), ('none', 0.5, null)) as c(name, fraction, lift);
select is((select round(cs_health.brier_score(s.label, s.probability)::numeric, 12) from small as s
    where s.name = c.name), round(c.brier, 12), format('brier_score of %s', c.name))
from (values ('four', (0.01 + 0.36 + 0.25 + 0.01) / 4), ('tied', 0.25), ('events', 0.125), ('others', 0.125),
    ('zeros', 0.5), ('border', 0), ('none', null)) as c(name, brier);
select is((select round(cs_health.log_loss(s.label, s.probability)::numeric, 12) from small as s where s.name = c.name),
    round(c.loss::numeric, 12), format('log_loss of %s', c.name))
from (values ('four', -(2 * ln(0.9) + ln(0.4) + ln(0.5)) / 4), ('tied', ln(2.0)), ('events', ln(2.0) / 2),
    ('others', ln(2.0) / 2), ('zeros', 26 * ln(2.0)), ('border', 0), ('none', null)) as c(name, loss);
select is((select round(cs_health.calibration_error(s.label, s.probability)::numeric, 12) from small as s
    where s.name = c.name), round(c.error, 12), format('calibration_error of %s', c.name))
from (values ('four', (0.1 + 0.6 + 0.5 + 0.1) / 4), ('tied', 0.25), ('events', 0.25), ('others', 0.25), ('zeros', 0.5),
    ('border', 0), ('none', null)) as c(name, error);

-- An edge belongs to the bin below, however the tenth was computed: apart the two would come to (1 - p + q) / 2
select is((select round(cs_health.calibration_error(v.label, v.p)::numeric, 12)
        from (values (true, b / 10::float8), (false, b / 10::float8 - 0.05)) as v(label, p)),
    round(abs(1 - (2 * b / 10.0 - 0.05)) / 2, 12), format('%s is in the bin below', b / 10::float8))
from generate_series(1, 10) as b where b <> 5;
select is((select round(cs_health.calibration_error(v.label, v.p)::numeric, 12)
        from (values (true, 0.1::float8 * b), (false, 0.1::float8 * b + 1e-9)) as v(label, p)),
    round((1 - 0.1 * b + 0.1 * b + 1e-9) / 2, 12), format('%s + 1e-9 is in the bin above', 0.1::float8 * b))
from generate_series(1, 9) as b;
select is((select abs(cs_health.log_loss(v.label, v.p) / 2::float8 ^ -52 - 1) <= 1e-12
    from (values (true, 1::float8), (false, 0)) as v(label, p)), true, 'a certain and right forecast loses 2^-52');

-- Nulls
select results_eq(
    $$select cs_health.roc_auc(v.label, v.s), cs_health.pr_auc(v.label, v.s), cs_health.lift_at(v.label, v.s, 0.5),
        cs_health.brier_score(v.label, v.s), cs_health.log_loss(v.label, v.s), cs_health.calibration_error(v.label, v.s)
    from (values (null, 0.3::float8), (true, 0.75), (true, null), (false, 0.25), (null, null), (null, 'NaN'))
        as v(label, s)$$,
    $$values (1::float8, 1::float8, 2::float8, 0.0625::float8, -ln(0.75::float8), 0.25::float8)$$,
    'rows without label or score are left out');
select results_eq(
    $$select cs_health.roc_auc(v.label, v.s), cs_health.pr_auc(v.label, v.s), cs_health.lift_at(v.label, v.s, 0.5),
        cs_health.brier_score(v.label, v.s), cs_health.log_loss(v.label, v.s), cs_health.calibration_error(v.label, v.s)
    from (values (true, null::float8), (null, 0.5)) as v(label, s)$$,
    $$values (null::float8, null::float8, null::float8, null::float8, null::float8, null::float8)$$,
    'when nothing is left there is no figure');

-- Refused
create function pg_temp.refused(call text, state text, message text, hint text)
returns setof text language plpgsql as $$
declare
    got_hint text;
begin
    execute 'select cs_health.' || call;
    return next fail(call || ' is refused');
exception when others then
    get stacked diagnostics got_hint = pg_exception_hint;
    return next is(sqlstate, state, call || ': ' || state);
    return next matches(sqlerrm, message, call || ': message');
    return next matches(got_hint, hint, call || ': hint');
end
$$;
select pg_temp.refused(format('%s(true, %L%s)', a.name, v.value, a.more), '22003',
    format('score must be finite, not %s', v.value), 'Pass null')
from (values ('roc_auc', ''), ('pr_auc', ''), ('lift_at', ', 0.5')) as a(name, more)
cross join (values ('NaN'), ('Infinity'), ('-Infinity')) as v(value);
select pg_temp.refused(format('%s(true, %L)', a.name, v.value), '22003', 'probability must be .*not ' || v.value,
    'Pass null')
from (values ('brier_score'), ('log_loss'), ('calibration_error')) as a(name)
cross join (values ('NaN'), ('Infinity'), ('-Infinity'), ('-0.001'), ('1.001')) as v(value);
select pg_temp.refused(format('lift_at(true, 1, %L)', v.fraction), '22023', v.message, 'share of the rows')
from (values ('0', 'fraction must be above 0 and at most 1, not 0'), ('-0.5', 'not -0.5'), ('1.5', 'not 1.5'),
    ('NaN', 'not NaN'), ('Infinity', 'not Infinity'), (null, 'fraction must not be null')) as v(fraction, message);
select pg_temp.refused('lift_at(null, null, 2)', '22023', 'not 2', 'share');
select pg_temp.refused('lift_at(true, 1, v.f) from (values (0.1), (0.1), (0.2)) as v(f)', '22023',
    'fraction must be the same in all rows of a group, not 0.1 and 0.2', 'Group by');
select pg_temp.refused('_ranking_combine(cs_health._lift_step(null, true, 1, 0.1), '
    'cs_health._lift_step(null, true, 1, 0.2))', '22023', 'not 0.1 and 0.2', 'Group by');
select pg_temp.refused('_lift_final(cs_health._ranking_step(null, true, 1))', '22P03', 'has no fraction', 'lift_at');

-- States that nobody made
create temp table good as select cs_health._ranking_step(cs_health._ranking_step(null, true, 1), false, 2) as state;
create temp table bad as
select b.what, b.state
from good as g cross join lateral (values
    ('nothing', '\x'::bytea), ('one byte', '\x31'), ('half a header', substr(g.state, 1, 19)),
    ('half a score', substr(g.state, 1, 27)), ('too few scores', substr(g.state, 1, 28)),
    ('another magic', set_byte(g.state, 0, 0)), ('more events than room', set_byte(g.state, 4, 200)),
    ('a billion events', set_byte(g.state, 7, 255)), ('as many others', set_byte(g.state, 11, 255)),
    ('counts whose sum overflows', overlay(g.state placing '\xffffffff01000000' from 5)),
    ('a fraction above 1', overlay(g.state placing '\x0000000000000040' from 13)),
    ('a negative fraction', overlay(g.state placing '\x000000000000f0bf' from 13)),
    ('NaN for a fraction', overlay(g.state placing '\x000000000000f87f' from 13))) as b(what, state);
select pg_temp.refused(format(f.call, b.state), '22P03', 'corrupt', 'same version')
from bad as b cross join (values ('_roc_auc_final(%L)'), ('_pr_auc_final(%L)'), ('_lift_final(%L)'),
    ('_ranking_step(%L, true, 1)'), ('_lift_step(%L, true, 1, 0.1)'), ('_ranking_combine(null, %L)')) as f(call);
select pg_temp.refused(format('_ranking_combine(%L, %L)', b.state, g.state), '22P03', 'corrupt', 'same version')
from bad as b cross join good as g;
select pg_temp.refused(format('_roc_auc_final(%L)', overlay(g.state placing '\x000000000000f87f' from 21)), '22P03',
    'corrupt', 'same version') from good as g;
select is(cs_health._roc_auc_final(substr(g.state, 1, 28) || substr(g.state, length(g.state) - 7)), 0::float8,
    'a state without free room is a state') from good as g;

create temp table good_sums as select cs_health._calibration_step(null, true, 0.75) as state;
select pg_temp.refused(format(f.call, b.state), '22P03', 'state of a calibration', 'same version')
from good_sums as g
cross join lateral (values ('{}'::float8[]), ('{1}'), (g.state[1:43]), (array_fill(null::float8, array[44])),
    (array_fill('NaN'::float8, array[44])), (array_fill('Infinity'::float8, array[44])),
    (array_fill(-1::float8, array[44])), (array_fill(0.5::float8, array[44])), (array_fill(1e300::float8, array[44])),
    (array[2::float8] || g.state[2:44]), (g.state[1:2] || 37::float8 || g.state[4:44]),
    (array_fill(0::float8, array[42]) || '{1,0}'::float8[])) as b(state)
cross join (values ('_brier_score_final(%L)'), ('_log_loss_final(%L)'), ('_calibration_error_final(%L)'),
    ('_calibration_step(%L, true, 0.5)'), ('_calibration_combine(null, %L)')) as f(call);
select throws_ok(format('select cs_health._brier_score_final(%L)', g.state || g.state), '54000', null,
    'a state twice as long is refused') from good_sums as g;
select throws_ok(format('select cs_health._brier_score_final(%L)', array[g.state]), '2202E', null,
    'so is one of two dimensions') from good_sums as g;
select is(cs_health._brier_score_final(array_fill(0::float8, array[44])), null, 'sums of no row give no figure');

-- Called by hand, nothing changes its arguments
select results_eq(
    $$select g.state = b.state, cs_health._roc_auc_final(g.state), cs_health._roc_auc_final(more.state),
        g.state = b.state
    from good as g join good as b on true
    cross join lateral (select cs_health._ranking_step(g.state, true, 3) as state) as more$$,
    $$values (true, 0::float8, 0.5::float8, true)$$, 'a state that a step begins with stays as it was');
select results_eq(
    $$select cs_health._roc_auc_final(cs_health._ranking_combine(g.state, g.state)), cs_health._roc_auc_final(g.state)
    from good as g$$, $$values (0::float8, 0::float8)$$, 'so do states that are combined');
select results_eq(
    $$select cs_health._brier_score_final(cs_health._calibration_combine(g.state,
        cs_health._calibration_step(g.state, true, 0.5))), cs_health._brier_score_final(g.state) from good_sums as g$$,
    $$values (0.125::float8, 0.0625::float8)$$, 'and sums');
with recursive steps(n, state) as (
    select 1, cs_health._ranking_step(null, true, 1)
    union all
    select n + 1, cs_health._ranking_step(state, n % 2 = 0, n) from steps where n < 40)
select is(array_agg(distinct length(state) order by length(state)), array[148, 276, 532],
    'and it grows no more than the rows do') from steps;
select is(cs_health._ranking_combine(null, null), null, 'nothing and nothing is nothing');
select is(cs_health._calibration_combine(null, null), null, 'for sums too');

-- Any parts, in any order, kept in a table in between
create aggregate public.ranking_of(boolean, float8) (sfunc = cs_health._ranking_step, stype = bytea);
create aggregate public.lift_of(boolean, float8, float8) (sfunc = cs_health._lift_step, stype = bytea);
create aggregate public.union_of(bytea) (sfunc = cs_health._ranking_combine, stype = bytea);
create aggregate public.sums_of(boolean, float8) (sfunc = cs_health._calibration_step, stype = float8[]);
create aggregate public.total_of(float8[]) (sfunc = cs_health._calibration_combine, stype = float8[]);
select setseed(0.5);
create table public.part as
select s.sample, floor(random() * 5) as part, public.ranking_of(s.label, s.score) as ranking,
    public.lift_of(s.label, s.score, s.fraction) as lift, public.sums_of(s.label, s.probability) as sums
from public.sample as s group by s.sample, 2;
create temp table joined as
select p.sample, public.union_of(p.ranking order by random()) as ranking,
    public.union_of(p.lift order by random()) as lift,
    public.total_of(p.sums order by random()) as sums
from public.part as p group by p.sample;
select is((select count(*) from measured as m join joined as j using (sample)
    where m.roc_auc is not distinct from cs_health._roc_auc_final(j.ranking)
        and m.pr_auc is not distinct from cs_health._pr_auc_final(j.ranking)
        and m.lift_at is not distinct from cs_health._lift_final(j.lift)
        and abs(m.brier_score - cs_health._brier_score_final(j.sums)) <= 1e-12
        and abs(m.log_loss - cs_health._log_loss_final(j.sums)) <= 1e-12
        and abs(m.calibration_error - cs_health._calibration_error_final(j.sums)) <= 1e-12), 1000::bigint,
    'parts of every sample, combined in any order, give the same');

-- A parallel plan, for all rows and by sample
create function pg_temp.plan_of(query text) returns text language plpgsql as $$
declare
    line text;
    whole text := '';
begin
    for line in execute 'explain (costs off) ' || query loop
        whole := whole || line || E'\n';
    end loop;
    return whole;
end
$$;
prepare judge as
select s.sample, cs_health.roc_auc(s.label, s.score), cs_health.pr_auc(s.label, s.score),
    cs_health.lift_at(s.label, s.score, 0.1), cs_health.brier_score(s.label, s.probability),
    cs_health.log_loss(s.label, s.probability), cs_health.calibration_error(s.label, s.probability)
from public.sample as s group by s.sample;
prepare judge_all as
select 0 as sample, cs_health.roc_auc(s.label, s.score), cs_health.pr_auc(s.label, s.score),
    cs_health.lift_at(s.label, s.score, 0.1), cs_health.brier_score(s.label, s.probability),
    cs_health.log_loss(s.label, s.probability), cs_health.calibration_error(s.label, s.probability)
from public.sample as s;
set local max_parallel_workers_per_gather = 0;
create temp table serial as execute judge;
create temp table serial_all as execute judge_all;
set local max_parallel_workers_per_gather = 3;
set local parallel_setup_cost = 0;
set local parallel_tuple_cost = 0;
set local min_parallel_table_scan_size = 0;
discard plans;
select matches(pg_temp.plan_of('execute judge'), 'Finalize .*Aggregate.*Gather.*Partial .*Aggregate',
    'by sample it is computed in parallel');
select matches(pg_temp.plan_of('execute judge_all'), 'Finalize Aggregate.*Gather.*Partial Aggregate',
    'for all rows too');
create temp table parallel as execute judge;
create temp table parallel_all as execute judge_all;
select is((select count(*) from (table serial union all table serial_all) as a
    join (table parallel union all table parallel_all) as b using (sample)
    where (a.roc_auc, a.pr_auc, a.lift_at) is not distinct from (b.roc_auc, b.pr_auc, b.lift_at)
        and abs(a.brier_score - b.brier_score) <= 1e-12 and abs(a.log_loss - b.log_loss) <= 1e-12
        and abs(a.calibration_error - b.calibration_error) <= 1e-12), 1001::bigint, 'with the same figures');

-- Windows: the state goes on after each figure
create temp view ordered as
select s.*, row_number() over () as nr from public.sample as s where s.sample in (1, 2, 3);
create temp table kept as select o.* from ordered as o;
select is((
    select count(*) from (
        select k.nr, k.sample, cs_health.roc_auc(k.label, k.score) over w as roc_auc,
            cs_health.pr_auc(k.label, k.score) over w as pr_auc,
            cs_health.lift_at(k.label, k.score, 0.3) over w as lift,
            cs_health.log_loss(k.label, k.probability) over w as log_loss
        from kept as k window w as (partition by k.sample order by k.nr)) as w
    where (w.roc_auc, w.pr_auc, w.lift) is not distinct from (
            select (cs_health.roc_auc(k.label, k.score), cs_health.pr_auc(k.label, k.score),
                cs_health.lift_at(k.label, k.score, 0.3))
            from kept as k where k.sample = w.sample and k.nr <= w.nr)
        and abs(w.log_loss - (select cs_health.log_loss(k.label, k.probability) from kept as k
            where k.sample = w.sample and k.nr <= w.nr)) <= 1e-12),
    (select count(*) from kept), 'a running figure is that of the rows so far');
select is((
    select count(*) from (
        select k.nr, cs_health.roc_auc(k.label, k.score) over (order by k.nr rows 30 preceding) as roc_auc
        from kept as k) as w
    where w.roc_auc is not distinct from (select cs_health.roc_auc(k.label, k.score) from kept as k
        where k.nr between w.nr - 30 and w.nr)),
    (select count(*) from kept), 'so is that of a moving window');

-- Many rows: sums do not drift, whatever the order
create table public.many as
select i % 10 = 0 as label, case when i % 10 = 0 then 0.5 else i / 200001::float8 end as p
from generate_series(1, 200000) as i;
select is((select max(f.brier) - min(f.brier) <= 1e-15 and max(f.loss) - min(f.loss) <= 1e-15
        and max(f.error) - min(f.error) <= 1e-15
    from (
        select cs_health.brier_score(m.label, m.p order by m.p) as brier,
            cs_health.log_loss(m.label, m.p order by m.p) as loss,
            cs_health.calibration_error(m.label, m.p order by m.p) as error from public.many as m
        union all
        select cs_health.brier_score(m.label, m.p order by m.p desc),
            cs_health.log_loss(m.label, m.p order by m.p desc),
            cs_health.calibration_error(m.label, m.p order by m.p desc) from public.many as m
        union all
        select cs_health.brier_score(m.label, m.p order by md5(m.p::text)),
            cs_health.log_loss(m.label, m.p order by md5(m.p::text)),
            cs_health.calibration_error(m.label, m.p order by md5(m.p::text)) from public.many as m) as f), true,
    'sums of 200,000 rows do not depend on their order');
select is((select abs(cs_health.roc_auc(m.label, m.p) - (
        select (sum((m.p < 0.5)::integer) + sum((m.p = 0.5)::integer) / 2.0::float8) / count(*)
        from public.many as m where not m.label)) <= 1e-15 from public.many as m), true, 'pairs of 200,000 rows');

select finish();
rollback;
