-- Churn models as documents: checked, compiled, and what they predict. doc/churn-model-document.md has the format.

create function cs_health.check_model(model jsonb) returns boolean
as 'MODULE_PATHNAME', 'csh_check_model' language c immutable strict parallel safe;
comment on function cs_health.check_model(jsonb) is
    'True for a usable document of a churn model; otherwise an error (22023, too large 54000) that names the path of '
    'the fault. Null in, null out';

create function cs_health.logit_probability(x double precision[], model jsonb) returns double precision
as 'MODULE_PATHNAME', 'csh_logit_probability' language c immutable strict parallel safe;
comment on function cs_health.logit_probability(double precision[], jsonb) is
    'The probability (0-1) a churn model gives to values in the order of its features: 1 / (1 + exp(-(intercept + sum '
    'of contributions))). A null element is not observed and counts as the mean. Another number of values than of '
    'features (2202E), NaN, infinities and what four bytes cannot hold (22003) and faulty documents (22023) are '
    'refused. Null in, null out';

create function cs_health.logit_explain(x double precision[], model jsonb) returns setof cs_health.logit_part
as 'MODULE_PATHNAME', 'csh_logit_explain' language c immutable strict parallel safe;
comment on function cs_health.logit_explain(double precision[], jsonb) is
    'What each feature adds to the log-odds that logit_probability() rests on, in the order of the document; the '
    'model''s intercept and the contributions sum to the log-odds. Refuses the same. Null in, no row';

create function cs_health._churn_log_odds(measures real[], model jsonb) returns double precision
as 'MODULE_PATHNAME', 'csh_churn_log_odds' language c immutable strict parallel safe;
comment on function cs_health._churn_log_odds(real[], jsonb) is
    'The log-odds of a vector of customer_health under a compiled model; what lies beyond its end is not observed';

create function cs_health._churn_probability(measures real[], model jsonb) returns real
as 'MODULE_PATHNAME', 'csh_churn_probability' language c immutable strict parallel safe;
comment on function cs_health._churn_probability(real[], jsonb) is
    'The probability of a vector of customer_health under a compiled model';

create function cs_health._churn_inputs(measures real[], model jsonb) returns double precision[]
as 'MODULE_PATHNAME', 'csh_churn_inputs' language c immutable strict parallel safe;
comment on function cs_health._churn_inputs(real[], jsonb) is
    'The features of a vector as a regression takes them: transformed, in standard deviations from the mean, 0 where '
    'not observed';

create function cs_health._churn_parts(measures real[], model jsonb)
returns table (
    feature text, "position" integer, value double precision, baseline double precision,
    contribution double precision)
as 'MODULE_PATHNAME', 'csh_churn_parts' language c immutable strict parallel safe;
comment on function cs_health._churn_parts(real[], jsonb) is
    'What logit_explain() says, of a vector and with positions';

create function cs_health._churn_coverage(measures real[], model jsonb) returns double precision
as 'MODULE_PATHNAME', 'csh_churn_coverage' language c immutable strict parallel safe;
comment on function cs_health._churn_coverage(real[], jsonb) is
    'How much of a model a vector has, 0-1: the share of the absolute coefficients whose measures are observed';

create function cs_health._churn_half_width(measures real[], model jsonb) returns double precision
as 'MODULE_PATHNAME', 'csh_churn_half_width' language c immutable strict parallel safe;
comment on function cs_health._churn_half_width(real[], jsonb) is
    'Half the width of the 90 % Wald interval of the log-odds of a vector; null for a model without a covariance';

create function cs_health.risk_level(probability double precision, model jsonb) returns text
as 'MODULE_PATHNAME', 'csh_risk_level' language c immutable strict parallel safe;
comment on function cs_health.risk_level(double precision, jsonb) is
    'low, medium, high or critical: the last level whose lift the probability reaches, as a multiple of the model''s '
    'base rate. Probabilities outside 0-1 are refused (22003). Null in, null out';

create function cs_health.compile_model(document jsonb) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    compiled jsonb := document;
    unknown record;
begin
    if document is null then
        raise exception 'churn model: the document must not be null'
            using errcode = 'null_value_not_allowed', hint = 'doc/churn-model-document.md describes the format.';
    end if;
    if octet_length(document::text) > 262144 then
        perform cs_health.check_model(document); -- refuses it before any work is done
    end if;
    if jsonb_typeof(document -> 'features') = 'array' then
        select f.value ->> 'measure' as measure, f.nr - 1 as index into unknown
        from jsonb_array_elements(document -> 'features') with ordinality as f(value, nr)
        where jsonb_typeof(f.value -> 'measure') = 'string'
            and not exists (select from cs_health.measure as m where m.code = f.value ->> 'measure')
        order by f.nr limit 1;
        if found then
            raise exception 'churn model: unknown measure "%" at features[%].measure',
                regexp_replace(left(unknown.measure, 60), '[^ -~]', '?', 'g'), unknown.index
                using errcode = 'invalid_parameter_value',
                    hint = 'Known measures are listed in cs_health.measure; register_measure() adds your own.';
        end if;
        compiled := jsonb_set(document, '{features}', (
            select coalesce(jsonb_agg(case when m.code is null then f.value else f.value || jsonb_build_object(
                'position', m.position, 'unit', m.unit, 'window_days', m.window_days) end order by f.nr), '[]')
            from jsonb_array_elements(document -> 'features') with ordinality as f(value, nr)
            left join cs_health.measure as m
                on jsonb_typeof(f.value -> 'measure') = 'string' and m.code = f.value ->> 'measure'));
    end if;
    perform cs_health.check_model(compiled);
    return compiled;
end
$$;
comment on function cs_health.compile_model(jsonb) is
    'The document of a churn model with the position, unit and window of every measure it names, checked; unknown '
    'measures and other faults are refused with their path (22023), null with 22004';
