-- Which five customers put the most revenue at risk of leaving, why, and what to do? (ARR x probability)
with worst as (
    select p.*, row_number() over (order by arr_at_risk desc, tenant_id) as place
    from cs_health_v1.churn_predictions as p
    where tenant_status = 'active' and data_status = 'ok' and churn_notice_on is null and arr is not null
    order by arr_at_risk desc, tenant_id
    limit 5
)
select w.place as "#", w.tenant_name as customer, w.risk_level as risk,
    round(100 * w.probability_exact::numeric, 1) || ' %' as probability, w.confidence, w.arr::bigint,
    w.arr_at_risk::bigint as at_risk, w.predicted_churn_date as predicted,
    concat_ws(E'\n',
        (select string_agg(format('%s. %s (+%s points)', f.value ->> 'rank', f.value ->> 'text',
            round((f.value -> 'percentage_points')::numeric, 1)), E'\n' order by f.value -> 'rank')
        from jsonb_array_elements(w.top_risk_factors) as f where (f.value -> 'rank')::integer <= 3),
        '-> ' || (w.recommended_actions -> 0 ->> 'text'),
        w.notice) as "reasons and what to do"
from worst as w
order by 1;
