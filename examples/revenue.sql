-- Where did the revenue of the last six months come from, and where did it go?
select to_char(month, 'YYYY-MM') as month, mrr_start::bigint, new::bigint, reactivation::bigint, expansion::bigint,
    contraction::bigint, churn::bigint, mrr_end::bigint, round(100 * nrr_12m::numeric, 1) as nrr,
    round(100 * grr_12m::numeric, 1) as grr, round(100 * logo_churn_12m::numeric, 1) as logo_churn
from cs_health.revenue_by_month()
order by month desc
limit 6;
