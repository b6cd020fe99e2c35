-- A prediction in words: factors, what to do, when.

create function cs_health._churn_parts_json(measures real[], document jsonb) returns jsonb
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select jsonb_agg(jsonb_build_object('measure', p.feature, 'position', p.position, 'value', p.value,
        'baseline', p.baseline, 'contribution', p.contribution, 'unit', f.unit, 'window_days', f.window_days))
    from cs_health._churn_parts(measures, document) as p
    join jsonb_to_recordset(document -> 'features') as f(measure text, unit text, window_days integer)
        on f.measure = p.feature
$$;
comment on function cs_health._churn_parts_json(real[], jsonb) is
    'What every feature contributes to the log-odds, as _risk_factors() takes it';

create function cs_health.churn_factors(
    measures real[], model jsonb, previous real[] default null, locale text default 'en', top integer default 5)
returns jsonb
language sql stable cost 10000
set search_path = pg_catalog, pg_temp as $$
    select cs_health._risk_factors(cs_health._churn_log_odds(measures, p.part),
        cs_health._churn_parts_json(measures, p.part), previous, locale, top)
    from (select cs_health._prediction_part(model) as part offset 0) as p
$$;
comment on function cs_health.churn_factors(real[], jsonb, real[], text, integer) is
    'Why a churn model sees a risk: the measures that raise it most (at most `top`), each with value, typical value '
    '(baseline), contribution in log-odds, percentage points that the probability would fall without it, and a '
    'sentence in English or Spanish. measures: a vector of customer_health; previous: that of 30 days before, null = '
    'unknown; model: a compiled document. Without any factor, or without measures, an empty array';

create function cs_health.churn_actions(factors jsonb, locale text default 'en', top integer default 3) returns jsonb
language sql stable cost 10000
set search_path = pg_catalog, pg_temp as $$
    select cs_health._recommended_actions(factors, locale, top)
$$;
comment on function cs_health.churn_actions(jsonb, text, integer) is
    'What to do about the factors of churn_factors(): at most `top` actions in English or Spanish, each with the '
    'factor it answers and the predefined playbook that fits';

create function cs_health.explain_prediction(tenant_id uuid, as_of date default null)
returns table (
    feature text, value double precision, baseline double precision, contribution double precision, reason text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    chosen record;
    language text := cs_health._language(explain_prediction.tenant_id, null);
begin
    perform cs_health._require_tenant(explain_prediction.tenant_id);
    select h.measures, m.document, b.measures as previous into chosen
    from cs_health.customer_health as h
    join cs_health.churn_model as m on m.id = h.churn_model_id
    left join cs_health.customer_health as b
        on b.tenant_id = h.tenant_id and b.as_of = h.as_of - 30 and not b.provisional
    where h.tenant_id = explain_prediction.tenant_id and h.as_of = coalesce(explain_prediction.as_of, h.as_of)
    order by h.as_of desc limit 1;
    if chosen.document is null then
        raise exception 'tenant % has no prediction%', explain_prediction.tenant_id,
            coalesce(' of ' || explain_prediction.as_of, '')
            using errcode = 'invalid_parameter_value', hint = 'Its days are listed in cs_health.churn_prediction.';
    end if;
    return query
    select 'intercept', null::double precision, null::double precision, (chosen.document -> 'intercept')::float8, null
    union all
    select * from (
        select p.feature, p.value, p.baseline, p.contribution, cs_health._risk_factor_text(p.feature, p.value,
            chosen.previous[p.position]::double precision, p.baseline, p.contribution, f.unit, f.window_days, language)
        from cs_health._churn_parts(chosen.measures, chosen.document) as p
        join jsonb_to_recordset(chosen.document -> 'features') as f(measure text, unit text, window_days integer)
            on f.measure = p.feature
        order by abs(p.contribution) desc, p.feature
    ) as p;
end
$$;
comment on function cs_health.explain_prediction(uuid, date) is
    'A stored prediction (default: the latest) to the last digit: the contributions of all features and the intercept '
    'add up to its log-odds. value: the measure on that day, null = not observed, which contributes 0; baseline: what '
    'is typical. Unknown tenants and days without a prediction: 22023';
