-- What would lift the customers with most money at risk to the next category? (ARR x points below 100)
with worst as (
    select tenant_id, tenant_name, overall_score, category, round(arr * (100 - overall_score) / 100) as value_at_risk
    from cs_health_v1.health_scores
    where tenant_status = 'active' and data_status = 'ok' and arr is not null
    order by value_at_risk desc, tenant_id
    limit 5
)
select row_number() over (order by w.value_at_risk desc, w.tenant_name) as "#", w.tenant_name as customer,
    w.overall_score as score, w.category, w.value_at_risk::bigint as at_risk,
    coalesce((
        select string_agg(format('%s. %s (effort %s)', h.option, h.sentence, h.effort), E'\n' order by h.option)
        from cs_health_v1.what_would_help(w.tenant_id) as h), 'nothing that can be moved is enough') as what_would_help
from worst as w
order by 1;
