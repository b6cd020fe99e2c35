-- Who could grow, and who is left alone although it could?
with ranked as (
    select s.*, row_number() over (partition by s.held_reason is null, s.signal_type
        order by s.potential_arr desc nulls last, s.id) as nr
    from cs_health_v1.expansion_signals as s
    where s.status in ('new', 'contacted') and s.ceased_on is null
)
select coalesce('held: ' || held_reason, 'to contact') as what, tenant_name as customer, case signal_type
        when 'usage_limit' then format('%s of %s %s', signal_details ->> 'used', signal_details ->> 'limit',
            signal_details ->> 'metric')
            || coalesce(', full on ' || (signal_details ->> 'hit_on') || format(' (%s to %s)', signal_details ->> 'hit_from',
                coalesce(signal_details ->> 'hit_until', '…')), '')
        when 'feature_request' then (
            select string_agg(f ->> 'feature', ', ') || ' asked for' from jsonb_array_elements(signal_details -> 'features') as f)
        else format('%s users, %s the month before', signal_details ->> 'mau', signal_details ->> 'mau_previous')
    end as seen,
    motion, current_plan, recommended_plan as offer, potential_arr::bigint
from ranked
where nr <= 2
order by held_reason is not null, potential_arr desc nulls last, id;
