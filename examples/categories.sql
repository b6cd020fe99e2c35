-- How many customers and how much money stand in each category?
select category, count(*) as customers, round(100.0 * count(*) / sum(count(*)) over (), 1) as percent,
    sum(arr)::bigint as arr, round(100 * sum(arr) / sum(sum(arr)) over (), 1) as percent_of_arr
from cs_health_v1.health_scores
where tenant_status = 'active' and data_status = 'ok'
group by category
order by array_position(array['healthy', 'neutral', 'at_risk', 'critical'], category);
