-- Who did what, when and why in the playbook that was approved last?
with chosen as (
    select e.id from cs_health_v1.playbook_executions as e
    where e.approved_at is not null
    order by e.approved_at desc, e.tenant_name limit 1
)
select to_char(h.at, 'YYYY-MM-DD HH24:MI') as at, h.actor as who, 'D+' || s.day as day, s.action as step, s.channel,
    h.action as what, h.reason as why
from chosen as c
join cs_health_v1.playbook_history as h on h.execution_id = c.id
left join cs_health_v1.playbook_steps as s on s.execution_id = h.execution_id and s.step_no = h.step_no
order by h.id;
