-- The fields of the specification first, in its order. Simple enough to be written through: POST creates a playbook.
create or replace view cs_health_v1.playbooks with (security_invoker = true) as
select p.id, p.name, p.trigger_type, p.trigger_conditions, p.steps, p.auto_execute, p.priority, p.status, p.code,
    p.params, p.audience, p.exit_conditions, p.cooldown_days, p.max_new_per_day, p.min_coverage, p.include_onboarding,
    p.dry_run, p.shipped, p.created_at, p.created_by,
    (select count(*) from cs_health.playbook_state as s where s.playbook_id = p.id and s.standing = 'candidate')
        as candidates,
    (select count(*) from cs_health.playbook_state as s where s.playbook_id = p.id and s.standing = 'baseline')
        as baseline,
    (select count(*) from cs_health.playbook_execution as e where e.playbook_id = p.id and e.status = 'waiting')
        as waiting,
    (select count(*) from cs_health.playbook_execution as e
     where e.playbook_id = p.id and e.status in ('running', 'paused')) as running
from cs_health.cs_playbook as p;
comment on view cs_health_v1.playbooks is
    'Sequences of actions on a trigger

POST creates one, paused unless status says otherwise; conditions, steps and texts are checked, and a fault is named
with its path. The counts are of the customers that you see.';
alter view cs_health_v1.playbooks alter column created_by set default cs_health._author();
comment on column cs_health_v1.playbooks.id is 'The playbook';
comment on column cs_health_v1.playbooks.name is 'Its name';
comment on column cs_health_v1.playbooks.trigger_type is 'health_drop, churn_risk, expansion or onboarding';
comment on column cs_health_v1.playbooks.trigger_conditions is
    'Condition that starts it for a customer on the day that it begins to hold';
comment on column cs_health_v1.playbooks.steps is 'What is done on which day after the start';
comment on column cs_health_v1.playbooks.auto_execute is
    'False: an execution waits until a CSM approves it; true: it runs at once';
comment on column cs_health_v1.playbooks.priority is 'low, medium, high or urgent';
comment on column cs_health_v1.playbooks.status is 'active, paused or archived; only active ones start anything';
comment on column cs_health_v1.playbooks.code is 'Short name; null for one without';
comment on column cs_health_v1.playbooks.params is 'Values that its texts name; null = not set yet';
comment on column cs_health_v1.playbooks.audience is
    'Condition that a customer has to fulfil as well; null = everybody';
comment on column cs_health_v1.playbooks.exit_conditions is
    'Condition that ends an execution on the day that it holds; null = none';
comment on column cs_health_v1.playbooks.cooldown_days is 'Days after an execution ended before the next may start';
comment on column cs_health_v1.playbooks.max_new_per_day is 'How many customers enter a day; the others wait';
comment on column cs_health_v1.playbooks.min_coverage is 'Customers of whom less was observed are left alone, 0-1';
comment on column cs_health_v1.playbooks.include_onboarding is
    'Whether it is also for customers before their first value, at most 90 days';
comment on column cs_health_v1.playbooks.dry_run is 'Its executions go through all steps and send nothing';
comment on column cs_health_v1.playbooks.shipped is 'Comes with cs_health';
comment on column cs_health_v1.playbooks.created_at is 'When it was created';
comment on column cs_health_v1.playbooks.created_by is 'Who created it';
comment on column cs_health_v1.playbooks.candidates is 'Customers that match and wait to be enrolled';
comment on column cs_health_v1.playbooks.baseline is
    'Customers that matched before it was activated and are left alone until enrol_existing()';
comment on column cs_health_v1.playbooks.waiting is 'Executions that wait for approval';
comment on column cs_health_v1.playbooks.running is 'Executions that run or are paused';

create or replace function cs_health_v1.execute_playbook(playbook uuid, tenant uuid, note text default null)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.cs_playbook as p where p.id = playbook), 'playbook', 'playbooks');
    perform cs_health._require_listed(
        exists (select from cs_health.tenant as t where t.id = tenant), 'tenant', 'health-scores');
    return cs_health.execute_playbook(playbook, tenant, note);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.execute_playbook(uuid, uuid, text) is
    'Starts a playbook for a customer by hand

Goes on even where its conditions do not hold; returns the execution. Unknown ones give 404, a second open execution
409, so does an archived playbook or a customer that left.';

create or replace function cs_health_v1.activate_playbook(playbook uuid)
returns table (as_of date, tenants bigint, ready bigint, arr numeric, arr_at_risk numeric)
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.cs_playbook as p where p.id = playbook), 'playbook', 'playbooks');
    return query select r.* from cs_health.activate_playbook(playbook) as r;
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.activate_playbook(uuid) is
    'Lets a playbook start by itself

Customers that match already are its baseline and are left alone until enrol_existing(); returns how many, how many of
these could enter now, their ARR, and the part of it at risk. An unknown one gives 404, an archived one 409.';

create or replace function cs_health_v1.pause_playbook(playbook uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.cs_playbook as p where p.id = playbook), 'playbook', 'playbooks');
    perform cs_health.pause_playbook(playbook);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.pause_playbook(uuid) is
    'Lets a playbook start nothing more

Executions that run go on. An unknown one gives 404, an archived one 409.';

create or replace function cs_health_v1.archive_playbook(playbook uuid) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.cs_playbook as p where p.id = playbook), 'playbook', 'playbooks');
    return cs_health.archive_playbook(playbook);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.archive_playbook(uuid) is
    'Ends a playbook for good, and its executions

Returns how many were cancelled. An unknown one gives 404.';

create or replace function cs_health_v1.enrol_existing(playbook uuid, max_tenants integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.cs_playbook as p where p.id = playbook), 'playbook', 'playbooks');
    return cs_health.enrol_existing(playbook, max_tenants);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.enrol_existing(uuid, integer) is
    'Lets customers that runs leave to people into a playbook, most ARR at risk first

At most so many; returns how many. An unknown playbook gives 404, one that is not active 409.';

create or replace function cs_health_v1.baseline_tenants(playbook uuid)
returns table (
    tenant_id uuid, tenant text, since date, overall_score integer, category text, churn_probability real, arr numeric,
    arr_at_risk numeric, obstacle text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    perform cs_health._require_listed(
        exists (select from cs_health.cs_playbook as p where p.id = playbook), 'playbook', 'playbooks');
    return query select b.* from cs_health.baseline_tenants(playbook) as b;
end
$$;
comment on function cs_health_v1.baseline_tenants(uuid) is
    'Whom enrol_existing() would let into a playbook, in that order

obstacle says why one could not enter now; null = nothing. An unknown playbook gives 404.';

create or replace function cs_health_v1.simulate_playbook(
    playbook uuid, "from" date default null, "to" date default null)
returns table (day date, tenant_id uuid, tenant text, outcome text, reason text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    perform cs_health._require_listed(
        exists (select from cs_health.cs_playbook as p where p.id = playbook), 'playbook', 'playbooks');
    return query select s.* from cs_health.simulate_playbook(playbook, "from", "to") as s;
end
$$;
comment on function cs_health_v1.simulate_playbook(uuid, date, date) is
    'What a playbook would have done in some stored days, by default the last 31

Customer by customer: baseline, enter, wait, held, leave, exit or finish, with the reason. For administrators. An
unknown playbook gives 404, days in the wrong order 400.';

create or replace function cs_health_v1.simulate_playbook_days(
    playbook uuid, "from" date default null, "to" date default null)
returns table (
    day date, baseline bigint, entered bigint, waiting bigint, held bigint, "left" bigint, exited bigint,
    finished bigint)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    perform cs_health._require_listed(
        exists (select from cs_health.cs_playbook as p where p.id = playbook), 'playbook', 'playbooks');
    return query select s.* from cs_health.simulate_playbook_days(playbook, "from", "to") as s;
end
$$;
comment on function cs_health_v1.simulate_playbook_days(uuid, date, date) is
    'The same in figures, a row for each scored day

How many were the baseline, entered, waited, were held back, left while they waited, and ended. For administrators.';

create or replace function cs_health_v1.create_playbook(playbook jsonb) returns cs_health_v1.playbooks
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    part text;
    made uuid;
    created cs_health_v1.playbooks;
    fault text;
begin
    perform cs_health._check_document('playbook', playbook, '{
        "name": "string", "trigger_type": "string", "trigger_conditions": "object", "steps": "array",
        "auto_execute": "boolean", "priority": "string", "status": "string", "code": "string", "params": "object",
        "audience": "object", "exit_conditions": "object", "cooldown_days": "number", "max_new_per_day": "number",
        "min_coverage": "number", "include_onboarding": "boolean", "dry_run": "boolean"}',
        '{name,trigger_type,trigger_conditions,steps}');
    -- The path of a fault begins with its part of the document
    for part in
        select u.name from unnest('{params,steps,trigger_conditions,audience,exit_conditions}'::text[]) as u(name)
        where playbook ->> u.name is not null
    loop
        begin
            case part
                when 'params' then perform cs_health.check_params(playbook -> part);
                when 'steps' then
                    perform cs_health.check_steps(playbook -> part,
                        coalesce(nullif(playbook -> 'params', 'null'), '{}'));
                else perform cs_health.check_condition(playbook -> part);
            end case;
        exception when invalid_parameter_value or program_limit_exceeded then
            get stacked diagnostics fault = pg_exception_hint;
            raise exception 'playbook.%: %', part, regexp_replace(sqlerrm, '^(steps|params|condition): ', '')
                using errcode = 'invalid_parameter_value', hint = nullif(fault, '');
        end;
    end loop;
    select string_agg(format('%I', k.name), ', ') into part
    from jsonb_each(playbook) as k(name, value) where k.value <> 'null';
    execute format('insert into cs_health.cs_playbook (%1$s, created_by) select %1$s, cs_health._author() '
        'from jsonb_populate_record(null::cs_health.cs_playbook, $1) returning id', part) into made using playbook;
    perform cs_health._respond(201, '/playbooks?id=eq.' || made);
    select p.* into created from cs_health_v1.playbooks as p where p.id = made;
    return created;
exception
    when check_violation then
        get stacked diagnostics fault = constraint_name;
        raise exception 'playbook.% is out of range', regexp_replace(fault, '^cs_playbook_', '')
            using errcode = 'invalid_parameter_value', hint = 'doc/playbook-document.md has the values.';
    when string_data_right_truncation or numeric_value_out_of_range or invalid_text_representation then
        raise exception 'playbook: %', sqlerrm
            using errcode = 'invalid_parameter_value', hint = 'doc/playbook-document.md has the values.';
end
$$;
comment on function cs_health_v1.create_playbook(jsonb) is
    'Creates a playbook

POST /playbooks. playbook: name, trigger_type, trigger_conditions and steps, and any other column of playbooks that is
no count; paused unless status says otherwise. Answers 201 with the playbook and its Location. A fault gives 400 and is
named with its path, such as playbook.steps: $[2].template; a code that is taken gives 409. For administrators.';

create or replace function cs_health_v1.start_playbook(playbook uuid, request jsonb) returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    tenant uuid;
    answer jsonb;
    there uuid;
    way_out text;
begin
    perform cs_health._check_document('request', request, '{"tenant_id": "string", "idempotency_key": "string"}',
        '{tenant_id}');
    tenant := cs_health._document_uuid('request.tenant_id', request ->> 'tenant_id');
    perform cs_health._require_listed(
        exists (select from cs_health.cs_playbook as p where p.id = playbook), 'playbook', 'playbooks');
    perform cs_health._require_listed(
        exists (select from cs_health.tenant as t where t.id = tenant), 'tenant', 'health-scores');
    answer := cs_health.start_playbook(playbook, tenant,
        coalesce(request ->> 'idempotency_key', cs_health._request_header('idempotency-key')));
    perform cs_health._respond(202, '/playbook_executions?id=eq.' || (answer ->> 'execution_id'));
    return answer;
exception
    when unique_violation then
        get stacked diagnostics way_out = constraint_name;
        if way_out = 'idempotency_key_pkey' then
            raise exception 'key of another request' using errcode = 'PT422', detail = sqlerrm,
                hint = 'Make a new key for a new start.';
        end if;
        select e.id into there from cs_health.playbook_execution as e
        where e.tenant_id = tenant and e.playbook_id = playbook and e.status in ('waiting', 'running', 'paused');
        if there is null then
            perform cs_health._refuse_state('an execution was open', 'Try again.');
        end if;
        perform cs_health._refuse_existing(there::text, 'Approve, resume or cancel that execution.',
            '/playbook_executions?id=eq.' || there);
    when object_not_in_prerequisite_state then
        get stacked diagnostics way_out = pg_exception_hint;
        perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.start_playbook(uuid, jsonb) is
    'Starts a playbook for a customer by hand

POST /playbooks/{id}/execute. request: tenant_id. Goes on even where its conditions do not hold. Answers 202 with
execution_id, status, playbook_id, tenant_id, started_on and dry_run, and the Location of the execution. With a header
Idempotency-Key, or idempotency_key in the request, the same answer is repeated for 24 hours, and nothing is started
again; the same key for another start gives 422. Unknown ones give 404; an open execution 409 with its id as details and
its Location; an archived playbook or a customer that left 409.';
