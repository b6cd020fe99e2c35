create or replace view cs_health_v1.playbook_steps with (security_invoker = true) as
select s.execution_id, s.tenant_id, t.name as tenant_name, e.playbook_name, s.step_no, s.day, s.action, s.channel,
    s.status, s.due_at, s.planned_at, s.reason, s.recipient, s.subject, s.body, s.edited_by, s.approved_by, s.ended_at,
    o.state as delivery_state, o.attempt as delivery_attempts,
    case when o.state = 'pending' then o.next_attempt_at end as delivery_next_attempt_at,
    o.last_status as delivery_status, o.last_error as delivery_error
from cs_health.playbook_step as s
join cs_health.playbook_execution as e on e.tenant_id = s.tenant_id and e.id = s.execution_id
join cs_health.tenant as t on t.id = s.tenant_id
left join cs_health.outbox as o on o.id = s.outbox_id and o.tenant_id = s.tenant_id;
comment on view cs_health_v1.playbook_steps is
    'The steps of executions: when each is due, what it says, and how its delivery went. For customer success '
    'managers: administrators may not read messages, so they get 42501 here and read playbook_history';
comment on column cs_health_v1.playbook_steps.execution_id is 'The execution';
comment on column cs_health_v1.playbook_steps.tenant_id is 'The customer';
comment on column cs_health_v1.playbook_steps.tenant_name is 'Name of the customer';
comment on column cs_health_v1.playbook_steps.playbook_name is 'Name of the playbook';
comment on column cs_health_v1.playbook_steps.step_no is 'Place among the steps, from 1';
comment on column cs_health_v1.playbook_steps.day is 'Day after the start';
comment on column cs_health_v1.playbook_steps.action is 'What it does';
comment on column cs_health_v1.playbook_steps.channel is
    'slack, email, in_app, call, internal, automatic or webhook';
comment on column cs_health_v1.playbook_steps.status is
    'pending, approval (waits for a CSM), held (something is missing), queued, sent, done, skipped, failed or '
    'cancelled';
comment on column cs_health_v1.playbook_steps.due_at is 'When it is tried next';
comment on column cs_health_v1.playbook_steps.planned_at is 'When it was due by its day';
comment on column cs_health_v1.playbook_steps.reason is 'Why it was moved, held, skipped or failed';
comment on column cs_health_v1.playbook_steps.recipient is 'Address or colleague that it went to';
comment on column cs_health_v1.playbook_steps.subject is
    'Subject as it was handed out; preview_step() shows what it will be';
comment on column cs_health_v1.playbook_steps.body is 'Text as it was handed out';
comment on column cs_health_v1.playbook_steps.edited_by is 'Who edited it';
comment on column cs_health_v1.playbook_steps.approved_by is 'Who approved it';
comment on column cs_health_v1.playbook_steps.ended_at is 'When it was over; null = not yet';
comment on column cs_health_v1.playbook_steps.delivery_state is
    'pending, claimed, sent, dead or cancelled; null = nothing was to be delivered, or it is long ago';
comment on column cs_health_v1.playbook_steps.delivery_attempts is 'How often delivery was tried';
comment on column cs_health_v1.playbook_steps.delivery_next_attempt_at is 'When delivery is tried next';
comment on column cs_health_v1.playbook_steps.delivery_status is 'HTTP or SMTP status of the last attempt';
comment on column cs_health_v1.playbook_steps.delivery_error is 'What went wrong in the last attempt';

create or replace function cs_health_v1.preview_step(execution uuid, step integer)
returns table (channel text, recipient text, subject text, body text, missing text[], due_at timestamptz)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    perform cs_health._require_listed(
        exists (select from cs_health.playbook_execution as e
            where e.id = execution and step between 1 and jsonb_array_length(e.steps)), 'step', 'playbook-executions');
    return query select p.* from cs_health.preview_step(execution, step) as p;
end
$$;
comment on function cs_health_v1.preview_step(uuid, integer) is
    'What a step says, to whom, and what is missing

As it would go out now, or as it did. An unknown step gives 404.';

create or replace function cs_health_v1.edit_step(
    execution uuid, step integer, subject text default null, body text default null) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.playbook_execution as e
            where e.id = execution and step between 1 and jsonb_array_length(e.steps)), 'step', 'playbook-executions');
    perform cs_health.edit_step(execution, step, subject, body);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.edit_step(uuid, integer, text, text) is
    'Changes what a step says before it goes out

null leaves what there is; fields such as {{contact.name}} are filled in as before. An unknown step gives 404, an
unknown field 400, a step that is over 409.';

create or replace function cs_health_v1.send_test(execution uuid, step integer) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.playbook_execution as e
            where e.id = execution and step between 1 and jsonb_array_length(e.steps)), 'step', 'playbook-executions');
    perform cs_health.send_test(execution, step);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.send_test(uuid, integer) is
    'Sends the message of a step to yourself

Marked as a test; nobody else gets it. An unknown step gives 404.';

create or replace function cs_health_v1.approve_step(execution uuid, step integer) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.playbook_execution as e
            where e.id = execution and step between 1 and jsonb_array_length(e.steps)), 'step', 'playbook-executions');
    perform cs_health.approve_step(execution, step);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.approve_step(uuid, integer) is
    'Lets a step go out that waits for approval

An unknown step gives 404, one that does not wait 409.';

create or replace function cs_health_v1.skip_step(execution uuid, step integer, reason text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.playbook_execution as e
            where e.id = execution and step between 1 and jsonb_array_length(e.steps)), 'step', 'playbook-executions');
    perform cs_health.skip_step(execution, step, reason);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.skip_step(uuid, integer, text) is
    'Leaves a step out, with a reason

An unknown step gives 404, one that is over 409.';
