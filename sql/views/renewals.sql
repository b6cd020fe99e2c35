create or replace view cs_health_v1.renewals with (security_invoker = true) as
select x.tenant_id, x.tenant_name, x.csm, x.plan_code, x.segment, x.contract_ends_on, x.days_to_renewal, x.due_within,
    x.arr, x.forecast,
    cs_health._renewal_reason(x.churned_on, x.churn_notice_on, x.has_data, x.overall_score, x.category, x.risk_level,
        x.locale) as reason,
    x.overall_score, x.category, x.trend, case when x.has_data then 'ok' else 'no data' end as data_status,
    x.churn_probability, x.risk_level, x.churn_notice_on, x.churn_probability_exact,
    (x.arr * case x.forecast when 'lost' then 1 else x.churn_probability_exact::numeric end)::numeric(14, 2)
        as arr_at_risk
from (
    select r.*,
        case
            when r.churned_on is not null or r.churn_notice_on is not null then 'lost'
            when not r.has_data or r.category in ('at_risk', 'critical') or r.risk_level in ('high', 'critical')
                then 'at_risk'
            else 'commit' end as forecast
    from (
        select t.id as tenant_id, t.name as tenant_name, t.csm, t.plan_code, t.segment, t.contract_ends_on,
            t.contract_ends_on - d.today as days_to_renewal,
            case when t.contract_ends_on <= d.today + 30 then 30 when t.contract_ends_on <= d.today + 60 then 60
                when t.contract_ends_on <= d.today + 90 then 90 else 180 end as due_within,
            t.arr, t.churned_on, t.churn_notice_on, h.overall_score::integer as overall_score,
            coalesce(o.category, h.category) as category, h.trend,
            h.coverage is not null and h.coverage >= 0.5 or o.category is not null as has_data,
            h.churn_probability::numeric(3, 2) as churn_probability,
            h.churn_probability::double precision as churn_probability_exact,
            cs_health._risk_level(h.churn_probability::double precision, m.medium_from, m.high_from, m.critical_from)
                as risk_level,
            coalesce((select cs_health._asker_language()), c.locale, d.locale) as locale
        from cs_health.tenant as t
        join (
            select timezone(g.time_zone, cs_health._now())::date as today, g.locale from cs_health.settings as g
        ) as d on t.contract_ends_on >= d.today and t.contract_ends_on <= d.today + 180
        left join cs_health.csm as c on c.email = t.csm
        left join cs_health.current_health as h on h.tenant_id = t.id
        left join cs_health.churn_model as m on m.id = h.churn_model_id
        left join cs_health.health_override as o
            on o.tenant_id = t.id and o.ended_at is null and o.expires_on >= d.today
        where t.status in ('active', 'paused', 'churned')
    ) as r
) as x;
comment on view cs_health_v1.renewals is
    'Contracts that end within 180 days, with health, risk and what to expect

The forecast is lost where the customer has given notice or left, at_risk where its category is at_risk or critical, '
    'its risk of leaving high or critical, or nothing is known of it, else commit.';
comment on column cs_health_v1.renewals.tenant_id is 'The customer';
comment on column cs_health_v1.renewals.tenant_name is 'Name of the customer';
comment on column cs_health_v1.renewals.csm is 'E-mail of the customer success manager';
comment on column cs_health_v1.renewals.plan_code is 'The customer''s plan';
comment on column cs_health_v1.renewals.segment is 'The customer''s segment';
comment on column cs_health_v1.renewals.contract_ends_on is 'End of the contract, in the business time zone';
comment on column cs_health_v1.renewals.days_to_renewal is 'Days until then; 0 = today';
comment on column cs_health_v1.renewals.due_within is 'The first of 30, 60, 90 and 180 days that it falls into';
comment on column cs_health_v1.renewals.arr is
    'Annual recurring revenue in the currency of settings; null = not known';
comment on column cs_health_v1.renewals.forecast is 'commit, at_risk or lost';
comment on column cs_health_v1.renewals.reason is 'Why, in your language';
comment on column cs_health_v1.renewals.overall_score is 'Composite score, 0-100; null = never scored';
comment on column cs_health_v1.renewals.category is
    'healthy, neutral, at_risk or critical; the override''s while one lives, otherwise the computed one';
comment on column cs_health_v1.renewals.trend is 'improving, stable or declining over the last 30 scores';
comment on column cs_health_v1.renewals.data_status is
    'no data where less than half was observed and no override lives';
comment on column cs_health_v1.renewals.churn_probability is
    'Churn probability, two decimals; null until a churn model is in use';
comment on column cs_health_v1.renewals.risk_level is 'low, medium, high or critical; null as the probability';
comment on column cs_health_v1.renewals.churn_notice_on is 'When it gave notice; null = it has not';
comment on column cs_health_v1.renewals.churn_probability_exact is
    'Churn probability in full precision; null until a churn model is in use';
comment on column cs_health_v1.renewals.arr_at_risk is
    'arr x churn_probability_exact, all of arr where the forecast is lost; null where either is not known. By it the '
    'worst renewals come first';

create or replace view cs_health_v1.renewal_forecast with (security_invoker = true) as
select d.days as due_within, f.forecast, count(r.tenant_id) as customers, coalesce(sum(r.arr), 0) as arr,
    count(r.tenant_id) filter (where r.arr is null) as arr_unknown
from unnest(array[30, 60, 90, 180]) as d(days)
cross join unnest(array['commit', 'at_risk', 'lost']) as f(forecast)
left join cs_health_v1.renewals as r on r.due_within <= d.days and r.forecast = f.forecast
group by d.days, f.forecast;
comment on view cs_health_v1.renewal_forecast is
    'What comes up for renewal within 30, 60, 90 and 180 days, and what to expect of it

Each period contains the shorter ones, so rows of one period add up, not those of several.';
comment on column cs_health_v1.renewal_forecast.due_within is 'Within how many days the contracts end';
comment on column cs_health_v1.renewal_forecast.forecast is 'commit, at_risk or lost, as in renewals';
comment on column cs_health_v1.renewal_forecast.customers is 'How many contracts';
comment on column cs_health_v1.renewal_forecast.arr is 'Their annual recurring revenue in the currency of settings';
comment on column cs_health_v1.renewal_forecast.arr_unknown is 'Those of them whose revenue is not known';
