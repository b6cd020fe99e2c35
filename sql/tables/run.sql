create table cs_health.run (
    as_of date primary key,
    phase text not null default 'measures'
        constraint run_phase_is_known check (phase in ('measures', 'score', 'finished')),
    scorecard_rules jsonb not null,
    churn_model_id integer,
    hidden_positions integer[],
    reopened boolean not null default false,
    rescore boolean not null,
    triggers boolean not null default false,
    playbooks jsonb,
    batches integer not null,
    done bigint not null default 0,
    done_before bigint not null default 0,
    total bigint not null,
    rate double precision,
    eta timestamptz,
    started_at timestamptz not null,
    resumed_at timestamptz not null,
    finished_at timestamptz,
    told_at timestamptz,
    shown_at timestamptz
);
comment on table cs_health.run is 'Every scored day and how far its run has got';
comment on column cs_health.run.scorecard_rules is
    'Rules as they were when the run began: segment, plan_code and the id of the scorecard';
comment on column cs_health.run.churn_model_id is
    'The churn model that was active when the run began; null = none';
comment on column cs_health.run.hidden_positions is
    'Positions of the measures that the incident guard held back on the day; see data_incident';
comment on column cs_health.run.reopened is
    'To be scored again because a data incident is over: with the scorecards and values of your own that it had';
comment on column cs_health.run.rescore is 'Rows of an earlier run of the same day are replaced';
comment on column cs_health.run.triggers is
    'Whether it may start playbooks: the newest day, scored for the first time, not by replay() and not held by the '
    'incident guard';
comment on column cs_health.run.playbooks is
    'Playbooks that were active when scoring began: what it watches for, and whether this run takes their baseline; '
    'null = none is watched';
comment on column cs_health.run.done is 'Tenants scored so far';
comment on column cs_health.run.done_before is 'Tenants scored before the run was resumed';
comment on column cs_health.run.total is 'Tenants to score, as counted at the start';
comment on column cs_health.run.rate is 'Tenants per second since the run was started or resumed';
comment on column cs_health.run.told_at is
    'When alerts, escalations and events of the day were made; null: it was not the newest day, or a data incident '
    'holds them back';
comment on column cs_health.run.shown_at is 'When the list was written with it as the latest day';
comment on column cs_health.run.eta is 'When it will be finished at that rate';

create table cs_health.run_batch (
    as_of date not null references cs_health.run (as_of) on delete cascade,
    batch integer not null,
    low uuid not null,
    high uuid not null,
    done_at timestamptz,
    primary key (as_of, batch)
);
comment on table cs_health.run_batch is
    'Ranges [low, high) of tenants of an unfinished run; each is scored in one transaction';

create table cs_health.retention (
    table_name text primary key constraint retention_table_is_known check (table_name in (
        'churn_alert', 'customer_health', 'event_rejected', 'feature_demand', 'feed_day', 'feedback',
        'health_override', 'idempotency_key', 'in_app_message', 'measure_check', 'measure_value', 'outbox',
        'playbook_execution', 'playbook_missed', 'playbook_step', 'pulse', 'task', 'ticket', 'touchpoint', 'usage')),
    column_name text not null,
    keep_days integer constraint retention_keep_days_is_positive check (keep_days > 0)
);
comment on table cs_health.retention is
    'How long rows are kept, of playbook_step what they say; change it with set_retention()';

insert into cs_health.retention (table_name, column_name, keep_days) values
    ('churn_alert', 'ended_on', 1100),
    ('customer_health', 'as_of', 1100),
    ('event_rejected', 'rejected_at', 90),
    ('feature_demand', 'last_on', 400),
    ('feed_day', 'day', 400),
    ('feedback', 'answered_at', null),
    ('health_override', 'expires_on', null),
    ('idempotency_key', 'created_at', 1),
    ('in_app_message', 'expires_at', 400),
    ('measure_check', 'as_of', 400),
    ('measure_value', 'as_of', 120),
    ('outbox', 'ended_at', 90),
    ('playbook_execution', 'ended_at', 1100),
    ('playbook_missed', 'left_on', 1100),
    ('playbook_step', 'ended_at', 400),
    ('pulse', 'at', null),
    ('task', 'ended_at', 400),
    ('ticket', 'resolved_at', null),
    ('touchpoint', 'at', null),
    ('usage', 'measured_at', 400);
