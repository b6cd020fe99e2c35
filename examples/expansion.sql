-- Who could grow, and who is left alone although it could?
with ranked as (
    select s.*, row_number() over (partition by s.held_reason is null order by s.potential_arr desc nulls last, s.id) as nr
    from cs_health_v1.expansion_signals as s
    where s.status in ('new', 'contacted')
)
select case when held_reason is null then 'to contact' else 'held: ' || held_reason end as what, tenant_name as customer,
    signal_type, motion, current_plan, recommended_plan, potential_arr::bigint, signal_details
from ranked
where nr <= 4
order by held_reason is not null, nr;
