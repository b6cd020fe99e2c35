create or replace view cs_health.churn_prediction with (security_invoker = true) as
select
    cs_health.health_id(h.tenant_id, h.as_of) as id,
    h.tenant_id,
    h.as_of,
    h.churn_probability::double precision as probability,
    cs_health._risk_level(h.churn_probability::double precision, m.medium_from, m.high_from, m.critical_from)
        as risk_level,
    cs_health._prediction_confidence(h.coverage::double precision, cs_health._churn_coverage(h.measures, m.document),
        cs_health._churn_half_width(h.measures, m.document), m.trained) as confidence,
    m.version as model_version,
    m.trained,
    h.as_of + m.lead_days + 1 as window_from,
    h.as_of + m.lead_days + m.horizon_days as window_to,
    m.base_rate,
    h.calculated_at as created_at,
    h.churn_model_id,
    h.coverage,
    h.provisional
from cs_health.customer_health as h
join cs_health.churn_model as m on m.id = h.churn_model_id
where h.churn_probability is not null;
comment on view cs_health.churn_prediction is
    'Every stored prediction, one row per tenant and day; cs_health_v1.churn_predictions has the current ones with '
    'reasons and actions';

comment on column cs_health.churn_prediction.id is 'Derived from tenant_id and as_of';
comment on column cs_health.churn_prediction.tenant_id is 'The customer';
comment on column cs_health.churn_prediction.as_of is 'The day that the prediction is of';
comment on column cs_health.churn_prediction.probability is
    'Probability of leaving from window_from to window_to, given that it is still a customer then';
comment on column cs_health.churn_prediction.risk_level is 'low, medium, high or critical';
comment on column cs_health.churn_prediction.confidence is
    'Coverage x share of the model that was observed x how narrow the 90 % interval of the log-odds is; at most 0.30 '
    'for a model that was not trained';
comment on column cs_health.churn_prediction.model_version is 'Version of the churn model';
comment on column cs_health.churn_prediction.trained is 'False: an expert''s guess that has seen no data';
comment on column cs_health.churn_prediction.window_from is 'First day of the window of the probability';
comment on column cs_health.churn_prediction.window_to is 'Last day of the window of the probability';
comment on column cs_health.churn_prediction.base_rate is
    'Share of the customers at risk that leaves within such a window';
comment on column cs_health.churn_prediction.created_at is 'When it was computed';
comment on column cs_health.churn_prediction.churn_model_id is 'The churn model, see cs_health.churn_model';
comment on column cs_health.churn_prediction.coverage is 'Share of the scorecard''s weight that was observed, 0-1';
comment on column cs_health.churn_prediction.provisional is 'Stored by recalculate_tenant() before the day was over';

create or replace view cs_health_v1.churn_predictions with (security_invoker = true) as
select
    cs_health.health_id(h.tenant_id, h.as_of) as id,
    h.tenant_id,
    h.churn_probability::numeric(3, 2) as probability,
    cs_health._risk_level(h.churn_probability::double precision, m.medium_from, m.high_from, m.critical_from)
        as risk_level,
    cs_health._predicted_churn_date(h.as_of, m.lead_days, m.horizon_days, h.churn_probability::double precision,
        t.contract_ends_on)
        as predicted_churn_date,
    coalesce(cs_health.churn_factors(h.measures, m.document, b.measures, l.language, 5), '[]') as top_risk_factors,
    coalesce(cs_health.churn_actions(cs_health.churn_factors(h.measures, m.document, b.measures, l.language, 5),
        l.language, 3), '[]') as recommended_actions,
    m.version::varchar(20) as model_version,
    cs_health._prediction_confidence(h.coverage::double precision, cs_health._churn_coverage(h.measures, m.document),
        cs_health._churn_half_width(h.measures, m.document), m.trained)::numeric(3, 2) as confidence,
    h.calculated_at as created_at,
    h.as_of,
    h.churn_probability::double precision as probability_exact,
    h.as_of + m.lead_days + 1 as window_from,
    h.as_of + m.lead_days + m.horizon_days as window_to,
    m.base_rate,
    h.churn_probability / m.base_rate as times_the_usual,
    m.trained,
    cs_health._model_notice(m.document, l.language) as notice,
    case when h.coverage < 0.5 then 'no data' else 'ok' end as data_status,
    h.overall_score::integer as overall_score,
    t.name as tenant_name,
    t.status as tenant_status,
    t.churn_notice_on,
    t.plan_code,
    t.segment,
    t.csm,
    t.arr,
    (t.arr * h.churn_probability::numeric)::numeric(14, 2) as arr_at_risk,
    t.contract_ends_on,
    h.provisional
from cs_health.current_health as h
join cs_health.tenant as t on t.id = h.tenant_id
join cs_health.churn_model as m on m.id = h.churn_model_id
left join cs_health.csm as c on c.email = t.csm
left join cs_health.customer_health as b
    on b.tenant_id = h.tenant_id and b.as_of = h.as_of - 30 and not b.provisional
cross join cs_health.settings as g
cross join lateral (select coalesce((select cs_health._asker_language()), c.locale, g.locale) as language) as l
where h.churn_probability is not null;
comment on view cs_health_v1.churn_predictions is
    'Who is likely to leave, when, why, and what to do

One row per tenant: the probability of leaving within [window_from, window_to], given that it is still a customer '
    'then. While `notice` is '
    'not null the model was not trained: take the order, not the number.';
comment on column cs_health_v1.churn_predictions.id is 'Derived from tenant_id and as_of';
comment on column cs_health_v1.churn_predictions.tenant_id is 'The customer';
comment on column cs_health_v1.churn_predictions.probability is
    'Probability of leaving from window_from to window_to, given that it is still a customer then; two decimals, '
    'probability_exact has full precision';
comment on column cs_health_v1.churn_predictions.risk_level is
    'low, medium, high or critical, by how many times the usual rate the probability is';
comment on column cs_health_v1.churn_predictions.predicted_churn_date is
    'When the probability of having left passes 50 %, at the end of the contract where that comes later; null beyond '
    '365 days';
comment on column cs_health_v1.churn_predictions.top_risk_factors is
    'What raises the risk most: value, typical value, log-odds, percentage points, and a sentence in the CSM''s '
    'language';
comment on column cs_health_v1.churn_predictions.recommended_actions is
    'What to do, each with the factor it answers and the predefined playbook that fits';
comment on column cs_health_v1.churn_predictions.model_version is 'Version of the churn model';
comment on column cs_health_v1.churn_predictions.confidence is
    'Coverage x share of the model that was observed x how narrow the 90 % interval of the log-odds is; at most 0.30 '
    'for a model that was not trained';
comment on column cs_health_v1.churn_predictions.created_at is 'When it was computed';
comment on column cs_health_v1.churn_predictions.as_of is 'The day that it is of';
comment on column cs_health_v1.churn_predictions.probability_exact is 'The probability in full precision';
comment on column cs_health_v1.churn_predictions.window_from is 'First day of the window of the probability';
comment on column cs_health_v1.churn_predictions.window_to is 'Last day of the window of the probability';
comment on column cs_health_v1.churn_predictions.base_rate is
    'Share of the customers at risk that leaves within such a window';
comment on column cs_health_v1.churn_predictions.times_the_usual is 'probability_exact / base_rate';
comment on column cs_health_v1.churn_predictions.trained is 'False: an expert''s guess that has seen no data';
comment on column cs_health_v1.churn_predictions.notice is
    'What has to be said beside the number of a model that was not trained; null for a trained one';
comment on column cs_health_v1.churn_predictions.data_status is 'no data while coverage is below 0.5';
comment on column cs_health_v1.churn_predictions.overall_score is 'The health score of the same day';
comment on column cs_health_v1.churn_predictions.tenant_name is 'Name of the customer';
comment on column cs_health_v1.churn_predictions.tenant_status is 'trial, active, paused, churned or internal';
comment on column cs_health_v1.churn_predictions.churn_notice_on is 'When it gave notice; null = it has not';
comment on column cs_health_v1.churn_predictions.plan_code is 'The customer''s plan';
comment on column cs_health_v1.churn_predictions.segment is 'The customer''s segment';
comment on column cs_health_v1.churn_predictions.csm is 'E-mail of the customer success manager';
comment on column cs_health_v1.churn_predictions.arr is 'Annual recurring revenue in the currency of settings';
comment on column cs_health_v1.churn_predictions.arr_at_risk is 'arr x probability_exact';
comment on column cs_health_v1.churn_predictions.contract_ends_on is 'End of the contract; null = open-ended';
comment on column cs_health_v1.churn_predictions.provisional is
    'Stored by recalculate_tenant() before the day was over';

create or replace function cs_health_v1.explain_prediction(tenant uuid, as_of date default null)
returns table (
    feature text, value double precision, baseline double precision, contribution double precision, reason text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    if not exists (select from cs_health.tenant as t where t.id = tenant) then
        raise exception 'unknown tenant' using errcode = 'PT404', hint = 'Tenants are listed at churn-predictions.';
    end if;
    if not exists (
        select from cs_health.customer_health as h
        where h.tenant_id = tenant and h.as_of = coalesce(explain_prediction.as_of, h.as_of)
            and h.churn_probability is not null) then
        raise exception 'no prediction of that day'
            using errcode = 'PT404', hint = 'Leave as_of out for the latest.';
    end if;
    return query select e.* from cs_health.explain_prediction(tenant, explain_prediction.as_of) as e;
end
$$;
comment on function cs_health_v1.explain_prediction(uuid, date) is
    'A prediction to the last digit

The contributions of all features and the intercept add up to the log-odds; each with its value, what is typical, and '
    'a sentence in your language. An unknown tenant or a day without a prediction gives 404.';

create or replace function cs_health_v1.churn_model_card()
returns table (section text, item text, value text)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select c.section, c.item, c.value from cs_health.churn_model_card() as c
$$;
comment on function cs_health_v1.churn_model_card() is
    'The churn model in use, in figures

What it predicts, what it was trained on, how it did on later days, its coefficients, and what it must not be used '
    'for.';

create or replace function cs_health_v1.churn_alert_review("from" date default null, "to" date default null)
returns table (
    tenant_id uuid, tenant_name text, churned_on date, outcome text, flagged_on date, days_ahead integer,
    highest_level text, highest_probability double precision, reason text)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select r.* from cs_health.churn_alert_review("from", "to") as r
$$;
comment on function cs_health_v1.churn_alert_review(date, date) is
    'Customers that left: flagged or missed, how many days ahead, and why

By the predictions as they were stored; by default those of the last year.';

create or replace view cs_health_v1.churn_model_status with (security_invoker = true) as
select s.model_version, s.trained, s.verdict, s.reasons, s.remedy from cs_health.churn_model_status() as s;
comment on view cs_health_v1.churn_model_status is
    'Whether the churn model still holds

One row: verdict ok, retrain, train or wait, why, and what to call. For those who see every customer.';
comment on column cs_health_v1.churn_model_status.model_version is 'Version of the active churn model';
comment on column cs_health_v1.churn_model_status.trained is 'False: an expert''s guess that has seen no data';
comment on column cs_health_v1.churn_model_status.verdict is
    'ok; retrain: see reasons; train: not trained, but could be; wait: not enough has happened to train on';
comment on column cs_health_v1.churn_model_status.reasons is 'Why, one sentence each';
comment on column cs_health_v1.churn_model_status.remedy is
    'The call that trains a model, for train and retrain; its candidate is then to be published';
