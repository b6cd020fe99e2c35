-- What does every CSM's book look like today?
select csm, count(*) as customers, round(avg(overall_score)) as mean_score,
    count(*) filter (where category = 'critical') as critical, count(*) filter (where trend = 'declining') as declining,
    sum(arr) filter (where category in ('at_risk', 'critical'))::bigint as arr_below_60
from cs_health_v1.health_scores
where tenant_status = 'active' and data_status = 'ok'
group by csm
order by arr_below_60 desc nulls last, csm;
