create or replace view cs_health_v1.playbook_executions with (security_invoker = true) as
select e.id, e.playbook_id, e.playbook_name, e.tenant_id, t.name as tenant_name, e.status, e.created_at, e.created_by,
    e.trigger, e.triggered_as_of, e.started_on, n.step_no as next_step_no, n.action as next_action,
    n.channel as next_channel, n.status as next_status, n.due_at as next_due_at, n.reason as next_reason,
    (select count(*) from cs_health.playbook_step as s
     where s.tenant_id = e.tenant_id and s.execution_id = e.id and s.ended_at is not null) as steps_over,
    jsonb_array_length(e.steps) as steps_total, t.csm, p.priority, t.arr, e.dry_run, e.approved_at, e.approved_by,
    e.ended_at, e.outcome,
    cs_health._reasons_text(e.trigger, coalesce((select cs_health._asker_language()), c.locale,
        (select g.locale from cs_health.settings as g))) as why
from cs_health.playbook_execution as e
join cs_health.tenant as t on t.id = e.tenant_id
left join cs_health.csm as c on c.email = t.csm
left join cs_health.cs_playbook as p on p.id = e.playbook_id
left join lateral (
    select s.step_no, s.action, s.channel, s.status, s.due_at, s.reason from cs_health.playbook_step as s
    where s.tenant_id = e.tenant_id and s.execution_id = e.id
        and s.status in ('pending', 'approval', 'held', 'queued')
    order by s.step_no limit 1
) as n on true;
comment on view cs_health_v1.playbook_executions is
    'Playbooks that run, or ran, for a customer: who, why, and what comes next

Those with status waiting are yours to approve.';
comment on column cs_health_v1.playbook_executions.id is 'The execution';
comment on column cs_health_v1.playbook_executions.playbook_id is 'The playbook';
comment on column cs_health_v1.playbook_executions.playbook_name is 'Its name when the execution was made';
comment on column cs_health_v1.playbook_executions.tenant_id is 'The customer';
comment on column cs_health_v1.playbook_executions.tenant_name is 'Name of the customer';
comment on column cs_health_v1.playbook_executions.status is
    'waiting (for approval), running, paused, finished, exited, cancelled, or observed: a hold-out, nothing was sent';
comment on column cs_health_v1.playbook_executions.created_at is 'When it was made';
comment on column cs_health_v1.playbook_executions.created_by is 'engine, or who started it by hand';
comment on column cs_health_v1.playbook_executions.trigger is 'Why: what held, with the values it held with';
comment on column cs_health_v1.playbook_executions.triggered_as_of is 'The scored day that started it; null = by hand';
comment on column cs_health_v1.playbook_executions.started_on is
    'Its day 0, in the customer''s time zone; null = not started';
comment on column cs_health_v1.playbook_executions.next_step_no is 'The first step that is not over; null = none';
comment on column cs_health_v1.playbook_executions.next_action is 'What it does';
comment on column cs_health_v1.playbook_executions.next_channel is 'Over which channel';
comment on column cs_health_v1.playbook_executions.next_status is 'pending, approval, held or queued';
comment on column cs_health_v1.playbook_executions.next_due_at is 'When it is tried next';
comment on column cs_health_v1.playbook_executions.next_reason is 'Why it was moved or is held';
comment on column cs_health_v1.playbook_executions.steps_over is 'How many steps are over';
comment on column cs_health_v1.playbook_executions.steps_total is 'How many steps it has';
comment on column cs_health_v1.playbook_executions.csm is 'E-mail of the customer success manager who owns it';
comment on column cs_health_v1.playbook_executions.priority is 'Of the playbook: low, medium, high or urgent';
comment on column cs_health_v1.playbook_executions.arr is
    'The customer''s annual recurring revenue in the currency of settings';
comment on column cs_health_v1.playbook_executions.dry_run is 'True: goes through all steps and sends nothing';
comment on column cs_health_v1.playbook_executions.approved_at is 'When it was approved; null = not, or no need';
comment on column cs_health_v1.playbook_executions.approved_by is 'Who approved it';
comment on column cs_health_v1.playbook_executions.ended_at is 'When it ended; null = not yet';
comment on column cs_health_v1.playbook_executions.outcome is 'How it ended';
comment on column cs_health_v1.playbook_executions.why is
    'What held when it was made, in words and in your language; null = nothing did, it was started by hand';

create or replace function cs_health_v1.approve_execution(execution uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.playbook_execution as e where e.id = execution), 'execution',
        'playbook-executions');
    perform cs_health.approve_execution(execution);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.approve_execution(uuid) is
    'Lets an execution run that waits for approval

An unknown one gives 404, one that does not wait 409.';

create or replace function cs_health_v1.pause_execution(execution uuid, reason text default null) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.playbook_execution as e where e.id = execution), 'execution',
        'playbook-executions');
    perform cs_health.pause_execution(execution, reason);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.pause_execution(uuid, text) is
    'Stops an execution until resume_execution()

An unknown one gives 404, one that does not run 409.';

create or replace function cs_health_v1.resume_execution(execution uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.playbook_execution as e where e.id = execution), 'execution',
        'playbook-executions');
    perform cs_health.resume_execution(execution);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.resume_execution(uuid) is
    'Lets a paused execution go on

Its remaining steps come later by as long as it was paused. An unknown one gives 404, one that is not paused 409.';

create or replace function cs_health_v1.cancel_execution(execution uuid, reason text default null) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.playbook_execution as e where e.id = execution), 'execution',
        'playbook-executions');
    perform cs_health.cancel_execution(execution, reason);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.cancel_execution(uuid, text) is
    'Ends an execution and its remaining steps

An unknown one gives 404, one that has ended 409.';

create or replace function cs_health_v1.resolve_execution(execution uuid, outcome text default 'resolved') returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.playbook_execution as e where e.id = execution), 'execution',
        'playbook-executions');
    perform cs_health.resolve_execution(execution, outcome);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.resolve_execution(uuid, text) is
    'Ends an execution because its purpose is reached

An unknown one gives 404, one that has ended 409.';
