create or replace view cs_health_v1.revenue with (security_invoker = true) as
select r.* from cs_health.revenue_by_month() as r;
comment on view cs_health_v1.revenue is
    'Monthly recurring revenue: movements, retention and churn of the last 24 closed months

In the currency of settings, of the customers that you see. mrr_start + new + reactivation + expansion - contraction - '
    'churn = mrr_end. Rates are fractions of the customers that paid twelve months before.';
comment on column cs_health_v1.revenue.month is 'First day of the month';
comment on column cs_health_v1.revenue.mrr_start is 'MRR at the end of the month before';
comment on column cs_health_v1.revenue.new is 'MRR of customers that had never paid before';
comment on column cs_health_v1.revenue.reactivation is
    'MRR of customers that had paid before, but not the month before';
comment on column cs_health_v1.revenue.expansion is 'What customers pay more than the month before';
comment on column cs_health_v1.revenue.contraction is 'What customers pay less than the month before, positive';
comment on column cs_health_v1.revenue.churn is 'What those paid the month before who pay nothing now, positive';
comment on column cs_health_v1.revenue.mrr_end is 'MRR at the end of the month';
comment on column cs_health_v1.revenue.customers_start is 'Customers that paid at the end of the month before';
comment on column cs_health_v1.revenue.customers_new is 'Customers that pay for the first time';
comment on column cs_health_v1.revenue.customers_reactivated is 'Customers that pay again';
comment on column cs_health_v1.revenue.customers_churned is 'Customers that pay no more';
comment on column cs_health_v1.revenue.customers_end is 'Customers that pay at the end of the month';
comment on column cs_health_v1.revenue.cohort_customers is
    'Customers that paid twelve months before; the rates are theirs';
comment on column cs_health_v1.revenue.nrr_12m is 'Net revenue retention: what the cohort pays now / paid then';
comment on column cs_health_v1.revenue.grr_12m is
    'Gross revenue retention: the same with nobody paying more than then, at most 1';
comment on column cs_health_v1.revenue.logo_churn_12m is 'Share of the cohort that pays nothing now';
comment on column cs_health_v1.revenue.revenue_churn_12m is
    'Share of the cohort''s MRR of then that was of customers that pay nothing now';
comment on column cs_health_v1.revenue.expansion_rate_12m is 'Share of the cohort that pays more than then';

create or replace view cs_health_v1.value_at_risk with (security_invoker = true) as
select v.category, v.component, count(*) as customers, coalesce(sum(v.arr), 0) as arr,
    count(*) filter (where v.arr is null) as arr_unknown
from (
    select t.arr,
        case when o.category is not null then o.category when h.coverage >= 0.5 then h.category else 'no data' end
            as category,
        case when h.coverage >= 0.5 then cs_health._costliest_component(h.measures, c.document) end as component
    from cs_health.tenant as t
    cross join cs_health.settings as g
    left join cs_health.current_health as h on h.tenant_id = t.id
    left join cs_health.scorecard as c on c.id = h.scorecard_id
    left join cs_health.health_override as o
        on o.tenant_id = t.id and o.ended_at is null and o.expires_on >= timezone(g.time_zone, cs_health._now())::date
    where t.status in ('active', 'paused')
) as v
group by v.category, v.component;
comment on view cs_health_v1.value_at_risk is
    'Contract value by category of health and by the component that costs most points

Each active or paused customer counts once, so rows add up. The category is the one shown, an override''s where one '
    'lives; no data where less than half was observed.';
comment on column cs_health_v1.value_at_risk.category is 'healthy, neutral, at_risk, critical or no data';
comment on column cs_health_v1.value_at_risk.component is
    'The component that costs these customers'' scores most points; null where none costs any or there is no data';
comment on column cs_health_v1.value_at_risk.customers is 'How many customers';
comment on column cs_health_v1.value_at_risk.arr is 'Their annual recurring revenue in the currency of settings';
comment on column cs_health_v1.value_at_risk.arr_unknown is 'Those of them whose revenue is not known';
