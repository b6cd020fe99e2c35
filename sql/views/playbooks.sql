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
