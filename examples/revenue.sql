-- What did recurring revenue do in the last six months, and what became of the customers of a year before?
select to_char(month, 'YYYY-MM') as month, round(mrr_start) as mrr_start, round(new + reactivation) as won,
    round(expansion) as expansion, round(contraction) as contraction, round(churn) as churn, round(mrr_end) as mrr_end,
    round((100 * nrr_12m)::numeric, 1) as nrr_percent, round((100 * grr_12m)::numeric, 1) as grr_percent,
    round((100 * logo_churn_12m)::numeric, 1) as churn_percent
from cs_health_v1.revenue
order by month desc
limit 6;
