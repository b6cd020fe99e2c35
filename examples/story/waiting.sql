-- What waits for a CSM's word, why it was started, and what is at stake?
select e.tenant_name as customer, e.playbook_name as playbook, e.csm,
    (select string_agg(concat_ws(' ', replace(r ->> 'fact', '_', ' '), r ->> 'actual', 'is', r ->> 'op', r ->> 'value'),
        ', ') from jsonb_array_elements(e.trigger) as r) as because, e.arr::bigint, e.steps_total as steps
from cs_health_v1.playbook_executions as e
where e.status = 'waiting'
order by e.arr desc nulls last, e.tenant_name
limit 5;
