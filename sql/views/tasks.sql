create or replace view cs_health_v1.tasks with (security_invoker = true) as
select k.id, k.tenant_id, t.name as tenant_name, k.kind, k.title, k.detail, e.playbook_name, k.due_on,
    k.status = 'open' and k.due_on < cs_health._today() as overdue, k.assignee, k.status, k.outcome, k.note,
    k.execution_id, k.step_no, t.csm, k.created_at, k.ended_at, k.ended_by
from cs_health.task as k
join cs_health.tenant as t on t.id = k.tenant_id
left join cs_health.playbook_execution as e on e.tenant_id = k.tenant_id and e.id = k.execution_id;
comment on view cs_health_v1.tasks is
    'What a colleague has to do about a customer

Ask for status=eq.open&order=due_on to see what is next; complete_task() ends one.';
comment on column cs_health_v1.tasks.id is 'The task';
comment on column cs_health_v1.tasks.tenant_id is 'The customer';
comment on column cs_health_v1.tasks.tenant_name is 'Name of the customer';
comment on column cs_health_v1.tasks.kind is
    'call, internal, no_recipient, delivery_failed, escalation, advocacy or manual';
comment on column cs_health_v1.tasks.title is 'What to do';
comment on column cs_health_v1.tasks.detail is 'Why, and what helps to do it';
comment on column cs_health_v1.tasks.playbook_name is 'The playbook that it is a step of; null = of none';
comment on column cs_health_v1.tasks.due_on is 'The day by which it is to be done';
comment on column cs_health_v1.tasks.overdue is 'Open and past that day';
comment on column cs_health_v1.tasks.assignee is 'E-mail of the colleague';
comment on column cs_health_v1.tasks.status is 'open, done or cancelled';
comment on column cs_health_v1.tasks.outcome is 'How it went';
comment on column cs_health_v1.tasks.note is 'In the words of whoever did it';
comment on column cs_health_v1.tasks.execution_id is 'The execution that it is a step of';
comment on column cs_health_v1.tasks.step_no is 'The step that it is';
comment on column cs_health_v1.tasks.csm is 'E-mail of the customer success manager';
comment on column cs_health_v1.tasks.created_at is 'When it was made';
comment on column cs_health_v1.tasks.ended_at is 'When it was done or cancelled';
comment on column cs_health_v1.tasks.ended_by is 'Who did or cancelled it';

create or replace function cs_health_v1.complete_task(task uuid, outcome text, note text default null) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.task as k where k.id = task), 'task', 'tasks');
    perform cs_health.complete_task(task, outcome, note);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.complete_task(uuid, text, text) is
    'Ends a task and says how it went

An unknown task gives 404, one that is not open 409.';

create or replace function cs_health_v1.create_task(
    tenant uuid, title text, detail text default null, due_on date default null, assignee text default null)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    perform cs_health._require_listed(
        exists (select from cs_health.tenant as t where t.id = tenant), 'tenant', 'health-scores');
    return cs_health.create_task(tenant, title, detail, due_on, assignee);
end
$$;
comment on function cs_health_v1.create_task(uuid, text, text, date, text) is
    'Makes a task by hand

Due today and yours unless you say otherwise; returns the task. An unknown customer gives 404, other values 400.';

create or replace function cs_health_v1.snooze_task(task uuid, until date, reason text default null) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.task as k where k.id = task), 'task', 'tasks');
    perform cs_health.snooze_task(task, until, reason);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.snooze_task(uuid, date, text) is
    'Puts a task off

To a day after today, at most a year ahead; its note says so, with the reason if there is one. An unknown task gives
404, another day 400, a task that is not open 409.';

create or replace function cs_health_v1.reassign_task(task uuid, assignee text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.task as k where k.id = task), 'task', 'tasks');
    perform cs_health.reassign_task(task, assignee);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.reassign_task(uuid, text) is
    'Gives a task to another colleague

An unknown task gives 404, somebody who is no colleague 400, a task that is not open 409.';
