-- Logistic regression: maximum likelihood and ridge over the rows of any query, a pass of an aggregate per step.

create type cs_health.logit_result as (
    coefficients double precision[],
    std_errors double precision[],
    log_likelihood double precision,
    iterations integer,
    converged boolean,
    separated boolean,
    aliased integer[],
    condition_number double precision,
    row_count bigint,
    event_count bigint,
    covariance double precision[]
);
comment on type cs_health.logit_result is 'A logistic regression; see logit_fit()';

create function cs_health._logit_moments_row(state double precision[], y boolean, x double precision[])
returns double precision[]
as 'MODULE_PATHNAME', 'csh_logit_moments_row' language c immutable parallel safe;
create function cs_health._logit_moments_combine(a double precision[], b double precision[]) returns double precision[]
as 'MODULE_PATHNAME', 'csh_logit_moments_combine' language c immutable parallel safe;
create function cs_health._logit_moments_final(state double precision[]) returns double precision[]
as 'MODULE_PATHNAME', 'csh_logit_moments_final' language c immutable parallel safe;
create aggregate cs_health._logit_moments(y boolean, x double precision[]) (
    sfunc = cs_health._logit_moments_row, stype = double precision[], combinefunc = cs_health._logit_moments_combine,
    finalfunc = cs_health._logit_moments_final, parallel = safe);
comment on aggregate cs_health._logit_moments(boolean, double precision[]) is
    'The first pass: counts, means, ranges and co-moments of the features. src/core/logit.h has the layout';

create function cs_health._logit_step_row(
    state double precision[], y boolean, x double precision[], fit double precision[])
returns double precision[]
as 'MODULE_PATHNAME', 'csh_logit_step_row' language c immutable parallel safe;
create function cs_health._logit_step_combine(a double precision[], b double precision[]) returns double precision[]
as 'MODULE_PATHNAME', 'csh_logit_step_combine' language c immutable parallel safe;
create function cs_health._logit_step_final(state double precision[]) returns double precision[]
as 'MODULE_PATHNAME', 'csh_logit_step_final' language c immutable parallel safe;
create aggregate cs_health._logit_step(y boolean, x double precision[], fit double precision[]) (
    sfunc = cs_health._logit_step_row, stype = double precision[], combinefunc = cs_health._logit_step_combine,
    finalfunc = cs_health._logit_step_final, parallel = safe);
comment on aggregate cs_health._logit_step(boolean, double precision[], double precision[]) is
    'The pass of a Newton step: log likelihood, gradient and Hessian at the coefficients of a fit, which is read at '
    'the first row only';

create function cs_health._logit_start(
    moments double precision[], l2 double precision, prior double precision[], max_iterations integer,
    tolerance double precision)
returns double precision[]
as 'MODULE_PATHNAME', 'csh_logit_fit_start' language c immutable parallel safe;
comment on function cs_health._logit_start(
    double precision[], double precision, double precision[], integer, double precision) is
    'The fit to begin with: moments standardised, aliased columns put out, the first step made';

create function cs_health._logit_next(fit double precision[], sums double precision[]) returns double precision[]
as 'MODULE_PATHNAME', 'csh_logit_fit_next' language c immutable parallel safe;
comment on function cs_health._logit_next(double precision[], double precision[]) is
    'The next fit from the sums of a pass. Its fifth element tells whether another is needed (0), it converged (1) or '
    'the iterations are used up (2)';

create function cs_health._logit_result(fit double precision[], sums double precision[])
returns cs_health.logit_result
as 'MODULE_PATHNAME', 'csh_logit_fit_result' language c immutable parallel safe;
comment on function cs_health._logit_result(double precision[], double precision[]) is
    'A finished fit in the units of the features, with the sums of its last pass';

create function cs_health._logit_rows(source text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    hint constant text :=
        'It must return (y boolean, x double precision[]). Names outside pg_catalog need their schema.';
    message text;
    columns bigint;
    label text;
    features text;
begin
    if source is null then
        raise exception 'source must not be null'
            using errcode = 'null_value_not_allowed', hint = 'Pass a query of (y boolean, x double precision[]).';
    end if;
    begin
        execute format(
            E'select (select count(*) from jsonb_object_keys(to_jsonb(row(q.*)))), pg_typeof(q.y), pg_typeof(q.x) '
            'from (select) as one left join (select * from (%s\n) as source(y, x) limit 0) as q on true', source)
        into columns, label, features;
    exception when others then
        get stacked diagnostics message = message_text;
        if sqlstate ~ '^(40|53|55|57|58)' then
            raise; -- not the query's fault: deadlock, resources, cancelled
        end if;
        raise exception 'the query cannot be run: %', message
            using errcode = 'invalid_parameter_value', hint = hint;
    end;
    if columns <> 2 then
        raise exception 'the query returns % columns, not 2', columns
            using errcode = 'invalid_parameter_value', hint = hint;
    end if;
    if label <> 'boolean' then
        raise exception 'the query returns a label of type %, not boolean', label
            using errcode = 'invalid_parameter_value', hint = 'Compare: y = 1, or status = ''churned''. ' || hint;
    end if;
    if features not in ('double precision[]', 'real[]', 'numeric[]', 'bigint[]', 'integer[]', 'smallint[]') then
        raise exception 'the query returns features of type %, not an array of numbers', features
            using errcode = 'invalid_parameter_value', hint = 'Write array[...], with booleans as x::integer. ' || hint;
    end if;
    return format(E'(select y, x%s from (%s\n) as source(y, x)) as q(y, x)',
        case when features <> 'double precision[]' then '::double precision[]' end, source);
end
$$;
comment on function cs_health._logit_rows(text) is
    'The rows of a query as what stands behind FROM, q with y boolean and x double precision[]; refuses other queries '
    'without running them (22023)';

create function cs_health._logit_fit(
    source text, l2 double precision, prior double precision[], max_iterations integer, tolerance double precision)
returns cs_health.logit_result
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    running constant double precision := 0;
    converged constant double precision := 1;
    rows text := cs_health._logit_rows(source);
    fit double precision[];
    sums double precision[];
begin
    execute 'select cs_health._logit_moments(q.y, q.x) from ' || rows into sums;
    fit := cs_health._logit_start(sums, l2, prior, max_iterations, tolerance);
    loop
        execute 'select cs_health._logit_step(q.y, q.x, $1) from ' || rows into sums using fit;
        fit := cs_health._logit_next(fit, sums);
        exit when fit[5] <> running;
    end loop;
    if fit[5] <> converged then
        raise warning 'the regression has not converged in % iterations', max_iterations
            using hint = 'Pass more max_iterations; where the labels are nearly separated, pass l2.';
    end if;
    return cs_health._logit_result(fit, sums);
end
$$;
comment on function cs_health._logit_fit(
    text, double precision, double precision[], integer, double precision) is
    'logit_fit() whose penalty draws each coefficient to that of the prior, one per feature in its own unit, null = 0';

create function cs_health.logit_fit(
    source text, l2 double precision default 0, max_iterations integer default 50,
    tolerance double precision default 1e-10)
returns cs_health.logit_result
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select cs_health._logit_fit(source, l2, null, max_iterations, tolerance)
$$;
comment on function cs_health.logit_fit(text, double precision, integer, double precision) is
    'Logistic regression over the rows of `source`, a query of (y boolean, x double precision[]), run once per '
    'iteration with the rights of the caller: coefficients (intercept first, in the units of the features), std_errors '
    '(null for aliased columns), log_likelihood without the penalty, aliased columns (from 1; coefficient 0), '
    'condition_number of the correlations of the others, covariance. `l2` penalises l2 / 2 x the squares of the slopes '
    'of standardised columns. '
    'Separated labels without l2, labels all alike, rows that differ between iterations and queries of another shape '
    'are refused (22023), null (22004), NaN and what is beyond 1e150 (22003), more than 500 features (54000). After '
    'max_iterations a warning and converged = false. doc/logit.md has the rules';
