create or replace view cs_health_v1.playbook_history with (security_invoker = true) as
select h.id, h.execution_id, h.tenant_id, t.name as tenant_name, e.playbook_name, h.at, h.actor, h.step_no, h.action,
    h.reason
from cs_health.playbook_history as h
join cs_health.playbook_execution as e on e.tenant_id = h.tenant_id and e.id = h.execution_id
join cs_health.tenant as t on t.id = h.tenant_id;
comment on view cs_health_v1.playbook_history is 'Everything that happened to executions: who, when, what and why';
comment on column cs_health_v1.playbook_history.id is 'In the order of what happened';
comment on column cs_health_v1.playbook_history.execution_id is 'The execution';
comment on column cs_health_v1.playbook_history.tenant_id is 'The customer';
comment on column cs_health_v1.playbook_history.tenant_name is 'Name of the customer';
comment on column cs_health_v1.playbook_history.playbook_name is 'Name of the playbook';
comment on column cs_health_v1.playbook_history.at is 'When it happened';
comment on column cs_health_v1.playbook_history.actor is 'engine, or the colleague';
comment on column cs_health_v1.playbook_history.step_no is 'The step that it concerns; null = the execution';
comment on column cs_health_v1.playbook_history.action is 'What happened';
comment on column cs_health_v1.playbook_history.reason is 'Why';
