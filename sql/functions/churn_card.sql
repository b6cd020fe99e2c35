-- A churn model in figures, for people.

create function cs_health._card_number(value jsonb, digits integer) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case jsonb_typeof(value) when 'number' then round(value::numeric, digits)::text end
$$;

create function cs_health._card_percent(value jsonb) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case jsonb_typeof(value) when 'number' then
        case when value::numeric < 0.1 then round(100 * value::numeric, 2) else round(100 * value::numeric, 1) end
        || ' %' end
$$;

create function cs_health._model_notice(document jsonb, locale text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case when document -> 'trained' = 'true' then null
        when locale = 'es' then 'Estimación de expertos: este modelo no se ha entrenado con datos propios. Indica una '
            'dirección, no una probabilidad medida.'
        else 'An expert''s guess: this model was not trained on your data. It tells a direction, not a measured '
            'probability.' end
$$;
comment on function cs_health._model_notice(jsonb, text) is
    'What has to be said beside every prediction of a model that was not trained; null for a trained one';

create function cs_health.churn_model_card(version text default null)
returns table (section text, item text, value text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    model cs_health.churn_model;
    d jsonb;
    m jsonb;
begin
    select c.* into model from cs_health.churn_model as c
    where case when churn_model_card.version is null then c.status = 'active'
        else c.version = churn_model_card.version end;
    if model.id is null then
        raise exception 'churn model "%" does not exist', coalesce(churn_model_card.version, '(active)')
            using errcode = 'undefined_object', hint = 'Models are listed in cs_health.churn_model.';
    end if;
    d := model.document;
    m := coalesce(d -> 'metrics', '{}');
    return query
    select c.section, c.item, c.value
    from (
        select 10 as place, 'model' as section, 'version' as item, model.version as value
        union all select 11, 'model', 'status', model.status
        union all select 12, 'model', 'trained', case when model.trained then 'on ' || left(d ->> 'trained_at', 10)
            else 'no' end
        union all select 13, 'model', 'notice', cs_health._model_notice(d, 'en')
        union all select 14, 'model', 'predicts', format(
            'leaving between %s and %s days after the day, of those who are customers until then',
            model.lead_days + 1, model.lead_days + model.horizon_days)
        union all select 15, 'model', 'base rate', cs_health._card_percent(d -> 'base_rate')
            || case when model.trained then '' else ', assumed' end
        union all select 16, 'model', 'risk levels', format('medium from %s, high from %s, critical from %s',
            cs_health._card_percent(to_jsonb(model.medium_from)), cs_health._card_percent(to_jsonb(model.high_from)),
            cs_health._card_percent(to_jsonb(model.critical_from)))
        union all select 20, 'training', 'rows', t.rows || ' with ' || t.events || ' churns'
        from jsonb_to_record(d -> 'training') as t(rows text, events text)
        union all select 21, 'training', 'days', t.first_day || ' to ' || t.last_day
        from jsonb_to_record(d -> 'training') as t(first_day text, last_day text)
        union all select 22, 'training', 'outcomes known on', d #>> '{training,known_on}'
        union all select 23, 'training', 'labels', left(d #>> '{training,labels}', 200)
        union all select 24, 'training', 'ridge penalty', d #>> '{fit,l2}'
        union all select 25, 'training', 'condition number', cs_health._card_number(d #> '{fit,condition_number}', 1)
        union all select 30, 'judged on later days', 'rows', (m ->> 'rows') || ' with ' || (m ->> 'events') || ' churns'
        union all select 31, 'judged on later days', 'AUC', cs_health._card_number(m -> 'auc', 3)
            || ', at a confidence of 99 % at least ' || cs_health._card_number(m -> 'auc_low', 3)
        union all select 32, 'judged on later days', 'average precision', cs_health._card_number(m -> 'pr_auc', 3)
            || ', base rate ' || cs_health._card_number(m -> 'event_rate', 3)
        union all select 33, 'judged on later days', 'Brier score', cs_health._card_number(m -> 'brier', 5)
            || ', base rate for everybody ' || cs_health._card_number(m -> 'brier_base', 5)
        union all select 34, 'judged on later days', 'log loss', cs_health._card_number(m -> 'log_loss', 5)
            || ', base rate for everybody ' || cs_health._card_number(m -> 'log_loss_base', 5)
        union all select 35, 'judged on later days', 'calibration error',
            cs_health._card_number(m -> 'calibration_error', 4)
        union all select 36, 'judged on later days', 'lift of the highest tenth',
            cs_health._card_number(m -> 'lift_10', 2)
        union all select 37, 'judged on later days', 'flagged high or critical',
            format('%s, of whom %s left', m ->> 'flagged', m ->> 'flagged_left') where m ? 'flagged'
        union all select 38, 'judged on later days', 'mean prediction', cs_health._card_percent(m -> 'predicted')
            || ', left ' || cs_health._card_percent(m -> 'event_rate')
        union all select 40 + c.ordinality, 'calibration', format('%s to %s',
            cs_health._card_percent(c.value -> 'from'), cs_health._card_percent(c.value -> 'to')),
            format('predicted %s, left %s (%s of %s)',
            cs_health._card_percent(c.value -> 'predicted'), cs_health._card_percent(c.value -> 'observed'),
            c.value ->> 'churned', c.value ->> 'rows')
        from jsonb_array_elements(d -> 'calibration') with ordinality as c
        union all select 100, 'coefficients', 'intercept', concat_ws(', ', cs_health._card_number(d -> 'intercept', 4),
            'standard error ' || cs_health._card_number(d #> '{fit,intercept_std_error}', 4))
        union all select 100 + f.ordinality, 'coefficients', f.value ->> 'measure', concat_ws(', ',
            cs_health._card_number(f.value -> 'coefficient', 4) || ' per standard deviation',
            'standard error ' || cs_health._card_number(f.value -> 'std_error', 4),
            'p ' || cs_health._p_value((f.value -> 'coefficient')::double precision,
                case jsonb_typeof(f.value -> 'std_error') when 'number'
                    then (f.value -> 'std_error')::double precision end),
            'typical ' || cs_health._card_number(to_jsonb(t.baseline), 3))
        from jsonb_array_elements(d -> 'features') with ordinality as f
        join cs_health._churn_parts('{}', d) as t on t.feature = f.value ->> 'measure'
        union all select 700 + o.ordinality, 'left out', o.value ->> 'measure',
            format('its coefficient would have been %s, against what the measure means', o.value ->> 'coefficient')
        from jsonb_array_elements(d -> 'left_out') with ordinality as o
        union all select 1300 + a.ordinality, 'each measure alone', a.value ->> 'measure', 'AUC ' || (a.value ->> 'auc')
        from jsonb_array_elements(d -> 'audit') with ordinality as a
        union all select 2000 + row_number() over (), 'gate', case when f.forceable then 'suspicion' else 'refusal' end,
            f.fault from cs_health._model_faults(d) as f
        union all select 3000, 'must not be used for', 'people', 'It ranks companies by what their accounts did; it '
            'says nothing about persons and must not decide about any'
        union all select 3001, 'must not be used for', 'causes', 'A factor that goes with leaving need not cause it: '
            'changing it is no promise that the customer stays'
        union all select 3002, 'must not be used for', 'other windows', format('The probability is that of leaving '
            'from '
            'day %s to day %s; it is neither that of a year nor that of tomorrow', model.lead_days + 1,
            model.lead_days + model.horizon_days)
        union all select 3003, 'must not be used for', 'single decisions', 'Prices, terms and access must not depend '
            'on one customer''s probability; it is right about groups'
    ) as c
    where c.value is not null
    order by c.place;
end
$$;
comment on function cs_health.churn_model_card(text) is
    'A churn model (default: the active one) in figures: what it predicts, what it was trained on, how it did on later '
    'days beside the base rate, predicted against observed churn, coefficients per standard deviation with standard '
    'errors and p-values (Wald; those of a ridge fit lean towards the prior), what was left out and why, how well each '
    'measure alone does, what the gate says, and what it must not be used for. Unknown: 42704';

create function cs_health._p_value(coefficient double precision, std_error double precision) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    -- 2 (1 - Phi(z)) by Abramowitz and Stegun 26.2.17, whose error is below 7.5e-8; PostgreSQL 15 has no erfc()
    select case when p.value is null then null when p.value < 0.0001 then '< 0.0001'
        else round(p.value::numeric, 4)::text end
    from (
        select 2 * exp(-z * z / 2) / sqrt(2 * pi()) * (t * (0.319381530 + t * (-0.356563782
            + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))))) as value
        from (
            select z.z, 1 / (1 + 0.2316419 * z.z) as t
            from (select least(abs(coefficient / nullif(std_error, 0)), 30) as z where std_error > 0) as z
        ) as z
    ) as p
$$;
comment on function cs_health._p_value(double precision, double precision) is
    'Two-sided p-value of a coefficient (Wald), as text with four decimals; null without a standard error';
