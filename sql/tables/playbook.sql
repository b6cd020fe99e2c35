create table cs_health.cs_playbook (
    id uuid primary key default pg_catalog.gen_random_uuid(),
    code text unique constraint cs_playbook_code_is_a_name check (code ~ '^[a-z][a-z0-9_]{0,49}$'),
    name varchar(255) not null constraint cs_playbook_name_is_given check (name <> ''),
    trigger_type text not null constraint cs_playbook_trigger_type_is_known
        check (trigger_type in ('health_drop', 'churn_risk', 'expansion', 'onboarding')),
    trigger_conditions jsonb not null,
    steps jsonb not null,
    auto_execute boolean not null default false,
    priority text not null default 'medium'
        constraint cs_playbook_priority_is_known check (priority in ('low', 'medium', 'high', 'urgent')),
    status text not null default 'paused'
        constraint cs_playbook_status_is_known check (status in ('active', 'paused', 'archived')),
    params jsonb not null default '{}',
    audience jsonb,
    exit_conditions jsonb,
    cooldown_days integer not null default 90
        constraint cs_playbook_cooldown_days_in_range check (cooldown_days between 0 and 3650),
    max_new_per_day integer not null default 20
        constraint cs_playbook_max_new_per_day_in_range check (max_new_per_day between 0 and 1000000),
    min_coverage real not null default 0.5
        constraint cs_playbook_min_coverage_in_range check (min_coverage between 0 and 1),
    include_onboarding boolean not null default false,
    dry_run boolean not null default false,
    shipped boolean not null default false,
    created_at timestamptz not null default pg_catalog.now(),
    created_by text not null default current_user
);
comment on table cs_health.cs_playbook is
    'Sequences of actions on a trigger; doc/playbooks.md describes conditions, steps and texts';
comment on column cs_health.cs_playbook.code is 'Short name by which functions find it; null for one without';
comment on column cs_health.cs_playbook.trigger_conditions is 'Starts for a tenant on the day that this begins to hold';
comment on column cs_health.cs_playbook.steps is 'What is done on which day after the start, an array';
comment on column cs_health.cs_playbook.auto_execute is
    'False: an execution waits until a CSM approves it; true: it runs at once';
comment on column cs_health.cs_playbook.status is
    'Only active ones start anything; executions that run go on while it is paused, and end when it is archived';
comment on column cs_health.cs_playbook.params is 'Values that its texts name as {{params.…}}; null = not set yet';
comment on column cs_health.cs_playbook.audience is 'Condition that a tenant has to fulfil as well; null = everybody';
comment on column cs_health.cs_playbook.exit_conditions is 'Ends an execution on the day that it holds; null = none';
comment on column cs_health.cs_playbook.cooldown_days is 'Days after an execution ended before the next may start';
comment on column cs_health.cs_playbook.max_new_per_day is
    'How many tenants enter a day, those with most ARR at risk first; the others wait';
comment on column cs_health.cs_playbook.min_coverage is 'Tenants of whom less was observed are left alone';
comment on column cs_health.cs_playbook.include_onboarding is
    'Whether it is also for tenants before their first value, at most 90 days';
comment on column cs_health.cs_playbook.dry_run is 'Its executions go through all steps and send nothing';
comment on column cs_health.cs_playbook.shipped is
    'Comes with the extension; install() leaves it alone once it is there';

create table cs_health.playbook_watch (
    playbook_id uuid primary key references cs_health.cs_playbook (id) on delete cascade,
    trigger_conditions jsonb not null,
    audience jsonb,
    since date not null
);
comment on table cs_health.playbook_watch is
    'What the engine is watching for: who matched on `since` is the baseline. A playbook that is activated, or whose '
    'conditions change, gets a new baseline';

create table cs_health.playbook_state (
    tenant_id uuid not null,
    playbook_id uuid not null,
    since date not null,
    standing text not null constraint playbook_state_standing_is_known check (standing in (
        'candidate', 'enrolled', 'baseline', 'configuration', 'missing_data', 'holdout', 'onboarding')),
    reason text,
    primary key (tenant_id, playbook_id)
);
create index playbook_state_playbook_idx on cs_health.playbook_state (playbook_id, standing);
comment on table cs_health.playbook_state is
    'Tenants that match the trigger of an active playbook now, since when, and what became of it';
comment on column cs_health.playbook_state.standing is
    'candidate: waits to be enrolled; enrolled; baseline: matched before the playbook was activated; configuration: '
    'matches since its scorecard or the churn model changed; missing_data: since something is no longer observed, '
    'until it is again; holdout: watched only; onboarding: too new, until it is not';
comment on column cs_health.playbook_state.reason is 'Why a candidate was not enrolled yet';

create table cs_health.playbook_missed (
    tenant_id uuid not null,
    playbook_id uuid not null,
    since date not null,
    standing text not null,
    reason text,
    left_on date not null,
    primary key (tenant_id, playbook_id, since)
);
comment on table cs_health.playbook_missed is
    'Tenants that left while they matched a playbook and were not in it: their playbook_state, for churn_postmortem()';
comment on column cs_health.playbook_missed.left_on is 'Their last day as a customer';

create table cs_health.playbook_execution (
    tenant_id uuid not null,
    id uuid not null default pg_catalog.gen_random_uuid(),
    playbook_id uuid not null,
    playbook_name text not null,
    status text not null constraint playbook_execution_status_is_known check (status in (
        'waiting', 'running', 'paused', 'finished', 'exited', 'cancelled', 'observed')),
    created_at timestamptz not null,
    created_by text not null,
    started_on date,
    triggered_as_of date,
    trigger jsonb not null
        constraint playbook_execution_trigger_fits check (pg_catalog.octet_length(trigger::text) <= 262144)
        constraint playbook_execution_trigger_is_an_array check (pg_catalog.jsonb_typeof(trigger) = 'array'),
    steps jsonb not null constraint playbook_execution_steps_fits
        check (pg_catalog.octet_length(steps::text) <= 262144),
    params jsonb not null constraint playbook_execution_params_fits
        check (pg_catalog.octet_length(params::text) <= 262144),
    exit_conditions jsonb,
    dry_run boolean not null default false,
    approved_at timestamptz,
    approved_by text,
    paused_at timestamptz,
    ended_at timestamptz,
    outcome text constraint playbook_execution_outcome_fits check (pg_catalog.length(outcome) <= 2000),
    told text constraint playbook_execution_told_is_known check (told in ('started', 'finished')),
    primary key (tenant_id, id),
    constraint playbook_execution_started_on_in_range check (started_on between '1000-01-01' and '9999-12-31'),
    constraint playbook_execution_triggered_as_of_in_range
        check (triggered_as_of between '1000-01-01' and '9999-12-31'),
    constraint playbook_execution_times_in_range check (
        least(created_at, approved_at, paused_at, ended_at) >= '1000-01-01 00:00+00'
        and greatest(created_at, approved_at, paused_at, ended_at) <= '9999-12-31 00:00+00'),
    constraint playbook_execution_paused_fits_status check ((paused_at is null) = (status <> 'paused')),
    constraint playbook_execution_ended_fits_status
        check ((ended_at is null) = (status in ('waiting', 'running', 'paused')))
);
create unique index playbook_execution_one_open on cs_health.playbook_execution (tenant_id, playbook_id)
    where status in ('waiting', 'running', 'paused');
create unique index playbook_execution_id_idx on cs_health.playbook_execution (id);
create index playbook_execution_untold_idx on cs_health.playbook_execution (created_at)
    where started_on is not null and (told is null or told = 'started' and ended_at is not null);
create index playbook_execution_open_idx on cs_health.playbook_execution (playbook_id, status)
    where status in ('waiting', 'running', 'paused');
create index playbook_execution_playbook_idx on cs_health.playbook_execution (playbook_id, created_at);
comment on table cs_health.playbook_execution is 'A playbook that runs, or ran, for a tenant';
comment on column cs_health.playbook_execution.status is
    'waiting: for approval; running; paused; finished: every step is over; exited: its exit condition held or somebody '
    'said resolved; cancelled; observed: a hold-out, nothing was sent';
comment on column cs_health.playbook_execution.created_by is 'engine, or who started it by hand';
comment on column cs_health.playbook_execution.started_on is 'Day 0, in the tenant''s time zone; null = not started';
comment on column cs_health.playbook_execution.triggered_as_of is 'The scored day that started it; null = by hand';
comment on column cs_health.playbook_execution.trigger is 'What held, with the values it held with';
comment on column cs_health.playbook_execution.steps is 'The playbook''s steps as they were at the start';
comment on column cs_health.playbook_execution.outcome is 'How it ended, in a word or sentence';
comment on column cs_health.playbook_execution.told is
    'The last event about it that webhooks got: playbook.started or playbook.finished';

create table cs_health.playbook_step (
    tenant_id uuid not null,
    execution_id uuid not null,
    step_no integer not null constraint playbook_step_step_no_counts_from_1 check (step_no >= 1),
    day integer not null,
    action text not null,
    channel text not null,
    status text not null default 'pending' constraint playbook_step_status_is_known check (status in (
        'pending', 'approval', 'held', 'queued', 'sent', 'done', 'skipped', 'failed', 'cancelled')),
    due_at timestamptz not null,
    planned_at timestamptz not null,
    reason text constraint playbook_step_reason_fits check (pg_catalog.length(reason) <= 2000),
    recipient text,
    subject text constraint playbook_step_subject_fits check (pg_catalog.length(subject) <= 10000),
    body text constraint playbook_step_body_fits check (pg_catalog.length(body) <= 262144),
    edited_by text,
    approved_by text,
    contact_id uuid,
    outbox_id uuid,
    handed_at timestamptz,
    ended_at timestamptz,
    told_at timestamptz,
    constraint playbook_step_times_in_range check (
        least(due_at, planned_at, handed_at, ended_at, told_at) >= '1000-01-01 00:00+00'
        and greatest(due_at, planned_at, handed_at, ended_at, told_at) <= '9999-12-31 00:00+00'),
    primary key (tenant_id, execution_id, step_no),
    foreign key (tenant_id, execution_id) references cs_health.playbook_execution (tenant_id, id) on delete cascade
);
create index playbook_step_due_idx on cs_health.playbook_step (due_at) where status in ('pending', 'held');
create index playbook_step_queued_idx on cs_health.playbook_step (outbox_id) where status = 'queued';
create index playbook_step_outbox_idx on cs_health.playbook_step (outbox_id) where outbox_id is not null;
create index playbook_step_untold_idx on cs_health.playbook_step (ended_at)
    where told_at is null and status in ('sent', 'done', 'skipped', 'failed');
comment on table cs_health.playbook_step is 'The steps of executions: when each is due and what became of it';
comment on column cs_health.playbook_step.step_no is 'Place in the array of steps, from 1';
comment on column cs_health.playbook_step.status is
    'pending: not due yet, or moved; approval: waits for a CSM; held: something is missing, see reason; queued: handed '
    'to the outbox, or to a colleague as a task; sent: the receiver took it; done: task completed, banner or automatic '
    'action made; skipped; failed: the receiver refused it for good; cancelled with its execution';
comment on column cs_health.playbook_step.due_at is 'When it is tried next';
comment on column cs_health.playbook_step.planned_at is 'When it was due by its day, before closed hours or budgets';
comment on column cs_health.playbook_step.reason is
    'Why it was moved, held, skipped or failed: closed, contact_budget, replied, no_recipient, no_booking_url, '
    'no_offer, condition, late, too_late, holdout, notice, …';
comment on column cs_health.playbook_step.recipient is 'Address or colleague that it went to; personal data';
comment on column cs_health.playbook_step.subject is
    'Subject as it was handed out; null = not yet, preview_step() shows what it will be';
comment on column cs_health.playbook_step.body is 'Text as it was handed out';
comment on column cs_health.playbook_step.edited_by is
    'Who changed its text, which then stands in the execution''s steps';
comment on column cs_health.playbook_step.contact_id is 'Contact of the tenant that it went to; null = a colleague';
comment on column cs_health.playbook_step.handed_at is
    'When it was handed to the outbox, shown as a banner, or made a task; what contact budgets count';
comment on column cs_health.playbook_step.told_at is 'When step.done was told of it';

create table cs_health.playbook_history (
    tenant_id uuid not null,
    execution_id uuid not null,
    id bigint generated always as identity,
    at timestamptz not null,
    actor text not null,
    step_no integer,
    action text not null constraint playbook_history_action_fits check (pg_catalog.length(action) <= 100),
    reason text constraint playbook_history_reason_fits check (pg_catalog.length(reason) <= 2000),
    primary key (tenant_id, execution_id, id),
    foreign key (tenant_id, execution_id) references cs_health.playbook_execution (tenant_id, id) on delete cascade
);
comment on table cs_health.playbook_history is
    'Everything that happened to an execution: who, when, what and why; rows are added only';
comment on column cs_health.playbook_history.actor is 'engine, or the colleague';

create table cs_health.playbook_test (
    tenant_id uuid not null,
    execution_id uuid not null,
    step_no integer not null constraint playbook_test_step_no_counts_from_1 check (step_no >= 1),
    recipient text not null,
    asked_at timestamptz not null,
    primary key (tenant_id, execution_id, step_no, recipient),
    foreign key (tenant_id, execution_id) references cs_health.playbook_execution (tenant_id, id) on delete cascade
);
comment on table cs_health.playbook_test is
    'Tests that send_test() asked for, until run_playbooks() sends them: so nobody who may ask can write to the outbox';
comment on column cs_health.playbook_test.recipient is 'The colleague who gets it';
