create or replace view cs_health_v1.approvals with (security_invoker = true) as
select a.tenant_id, t.name as tenant_name, t.csm, t.arr, a.execution_id, a.step_no, a.playbook_name, p.priority,
    a.action, a.channel, a.due_at,
    format(case
        when l.language = 'es' and a.step_no is null then 'Empezar «%1$s» (%2$s %3$s)'
        when l.language = 'es' then 'Dejar salir el paso %4$s de «%1$s»'
        when a.step_no is null then 'Start "%1$s" (%2$s %3$s)'
        else 'Let step %4$s of "%1$s" go out' end,
        cs_health._one_line(a.playbook_name), a.steps, case
            when l.language = 'es' then case a.steps when 1 then 'paso' else 'pasos' end
            else case a.steps when 1 then 'step' else 'steps' end end, a.step_no) as what,
    cs_health._reasons_text(a.trigger, l.language) as why
from (
    select e.tenant_id, e.id as execution_id, null::integer as step_no, e.playbook_id, e.playbook_name,
        null::text as action, null::text as channel, e.created_at as due_at, e.trigger,
        jsonb_array_length(e.steps) as steps
    from cs_health.playbook_execution as e where e.status = 'waiting'
    union all
    select s.tenant_id, s.execution_id, s.step_no, e.playbook_id, e.playbook_name, s.action, s.channel, s.due_at,
        e.trigger, jsonb_array_length(e.steps)
    from cs_health.playbook_execution as e
    join cs_health.playbook_step as s on s.tenant_id = e.tenant_id and s.execution_id = e.id
    where e.status = 'running' and s.status = 'approval'
) as a
join cs_health.tenant as t on t.id = a.tenant_id
left join cs_health.cs_playbook as p on p.id = a.playbook_id
cross join (select cs_health._language(null, null) as language offset 0) as l;
comment on view cs_health_v1.approvals is
    'What waits for your approval: playbooks to start, and steps to let go

A row without step_no is an execution, for approve_execution() or cancel_execution(); one with is a step, for
approve_step() or skip_step(). preview_step() shows what it says.';
comment on column cs_health_v1.approvals.tenant_id is 'The customer';
comment on column cs_health_v1.approvals.tenant_name is 'Name of the customer';
comment on column cs_health_v1.approvals.csm is 'E-mail of the customer success manager';
comment on column cs_health_v1.approvals.arr is 'Annual recurring revenue in the currency of settings';
comment on column cs_health_v1.approvals.execution_id is 'The execution';
comment on column cs_health_v1.approvals.step_no is 'The step; null = the execution as a whole';
comment on column cs_health_v1.approvals.playbook_name is 'Name of the playbook';
comment on column cs_health_v1.approvals.priority is 'Of the playbook: low, medium, high or urgent';
comment on column cs_health_v1.approvals.action is 'What the step does; null for an execution';
comment on column cs_health_v1.approvals.channel is 'Over which channel; null for an execution';
comment on column cs_health_v1.approvals.due_at is
    'When the step is due: past = it is late; of an execution since when it waits';
comment on column cs_health_v1.approvals.what is 'What to approve, in your language';
comment on column cs_health_v1.approvals.why is
    'What held when the execution was made, in your language; null = it was started by hand';
