create table cs_health.task (
    tenant_id uuid not null,
    id uuid not null default pg_catalog.gen_random_uuid(),
    source_key text not null unique constraint task_source_key_fits check (pg_catalog.length(source_key) <= 300),
    kind text not null constraint task_kind_is_known check (kind in (
        'call', 'internal', 'no_recipient', 'delivery_failed', 'escalation', 'advocacy', 'manual')),
    title text not null constraint task_title_fits check (pg_catalog.length(title) <= 300),
    detail text constraint task_detail_fits check (pg_catalog.length(detail) <= 100000),
    assignee text,
    due_on date not null,
    status text not null default 'open'
        constraint task_status_is_known check (status in ('open', 'done', 'cancelled')),
    outcome text constraint task_outcome_fits check (pg_catalog.length(outcome) <= 200),
    note text constraint task_note_fits check (pg_catalog.length(note) <= 10000),
    execution_id uuid,
    step_no integer,
    created_at timestamptz not null,
    overdue_at timestamptz,
    ended_at timestamptz,
    ended_by text,
    primary key (tenant_id, id)
);
create index task_id_idx on cs_health.task (id);
create index task_assignee_idx on cs_health.task (assignee, due_on) where status = 'open';
create index task_due_idx on cs_health.task (due_on) where status = 'open';
comment on table cs_health.task is 'What a colleague has to do about a tenant';
comment on column cs_health.task.source_key is 'What it was made from, so that nothing makes it twice';
comment on column cs_health.task.kind is
    'call and internal: steps of a playbook; no_recipient and delivery_failed: a message that could not be sent; '
    'escalation: a tenant became critical; advocacy: ask for a testimonial or referral; manual: by hand';
comment on column cs_health.task.assignee is
    'E-mail of the colleague: the CSM or who stands in, the manager, else settings.fallback_assignee';
comment on column cs_health.task.outcome is
    'How it went: reached, no_answer, meeting_booked, resolved, … or a word of yours';
comment on column cs_health.task.overdue_at is 'When task.overdue was told of it';

create table cs_health.in_app_message (
    tenant_id uuid not null,
    id uuid not null default pg_catalog.gen_random_uuid(),
    execution_id uuid not null,
    step_no integer not null,
    locale text not null constraint in_app_message_locale_is_known check (locale in ('en', 'es')),
    title text not null,
    body text not null,
    link text constraint in_app_message_link_is_https check (link ~ '^https://'),
    created_at timestamptz not null,
    expires_at timestamptz not null,
    shown_at timestamptz,
    clicked_at timestamptz,
    dismissed_at timestamptz,
    primary key (tenant_id, id),
    constraint in_app_message_once_per_step unique (tenant_id, execution_id, step_no)
);
create index in_app_message_id_idx on cs_health.in_app_message (id);
comment on table cs_health.in_app_message is 'Banners for a tenant''s users; your product shows them';
comment on column cs_health.in_app_message.shown_at is 'When it was shown first';

create table cs_health.churn_alert (
    tenant_id uuid not null,
    id uuid not null default pg_catalog.gen_random_uuid(),
    started_on date not null,
    last_high_on date not null,
    ended_on date,
    level_before text,
    level text not null constraint churn_alert_level_is_known check (level in ('high', 'critical')),
    probability real not null,
    churn_model_id integer not null,
    told text not null constraint churn_alert_told_is_known check (told in ('message', 'summary', 'baseline', 'model')),
    primary key (tenant_id, id)
);
create unique index churn_alert_id_idx on cs_health.churn_alert (id);
create index churn_alert_started_idx on cs_health.churn_alert (started_on);
create unique index churn_alert_one_open on cs_health.churn_alert (tenant_id) where ended_on is null;
comment on table cs_health.churn_alert is
    'Episodes of high churn risk: begun when the risk level rose to high or critical, ended after 14 days below high; '
    'each is told once';
comment on column cs_health.churn_alert.last_high_on is 'The latest scored day on which it was high or critical';
comment on column cs_health.churn_alert.level_before is 'Level of the day compared with; null = unknown';
comment on column cs_health.churn_alert.level is 'The highest level of the episode';
comment on column cs_health.churn_alert.probability is 'Probability of leaving on the day that level was reached';
comment on column cs_health.churn_alert.told is
    'message: the CSM was told; summary: in one message with others, being more than ten that day; told nobody: '
    'baseline (it was high when first looked at) and model (another churn model sees it so)';

create table cs_health.expansion_signal (
    tenant_id uuid not null,
    id uuid not null default pg_catalog.gen_random_uuid(),
    signal_type text not null constraint expansion_signal_type_is_known
        check (signal_type in ('usage_limit', 'feature_request', 'user_growth')),
    current_plan varchar(50) not null,
    recommended_plan varchar(50),
    potential_arr numeric(10, 2) constraint expansion_signal_potential_arr_in_range check (potential_arr >= 0),
    signal_details jsonb not null default '{}',
    status text not null default 'new' constraint expansion_signal_status_is_known
        check (status in ('new', 'contacted', 'won', 'lost', 'deferred')),
    detected_at timestamptz not null,
    changed_at timestamptz,
    changed_by text,
    note text constraint expansion_signal_note_fits check (pg_catalog.length(note) <= 10000),
    primary key (tenant_id, id)
);
create unique index expansion_signal_id_idx on cs_health.expansion_signal (id);
create unique index expansion_signal_one_open on cs_health.expansion_signal (tenant_id, signal_type)
    where status in ('new', 'contacted', 'deferred');
comment on table cs_health.expansion_signal is 'Signs that a tenant could grow: which, how much, what became of it';
comment on column cs_health.expansion_signal.current_plan is 'Code of the plan when it was detected; empty = none';
comment on column cs_health.expansion_signal.recommended_plan is 'Code of the next base plan by rank; null = none';
comment on column cs_health.expansion_signal.potential_arr is
    'Additional annual recurring revenue on the recommended plan, in the currency of settings; null = a price is '
    'missing, or the difference does not fit';
comment on column cs_health.expansion_signal.signal_details is 'What was seen, an object';

create table cs_health.expansion_signal_change (
    tenant_id uuid not null,
    signal_id uuid not null,
    id bigint generated always as identity,
    before text not null constraint expansion_signal_change_before_fits check (pg_catalog.length(before) <= 20),
    after text not null constraint expansion_signal_change_after_fits check (pg_catalog.length(after) <= 20),
    note text constraint expansion_signal_change_note_fits check (pg_catalog.length(note) <= 10000),
    changed_at timestamptz not null,
    changed_by text not null,
    told_at timestamptz,
    primary key (tenant_id, signal_id, id),
    foreign key (tenant_id, signal_id) references cs_health.expansion_signal (tenant_id, id) on delete cascade
);
create index expansion_signal_change_untold_idx on cs_health.expansion_signal_change (id) where told_at is null;
comment on table cs_health.expansion_signal_change is
    'What became of expansion signals: who, when, from which status to which; rows are added only';
comment on column cs_health.expansion_signal_change.told_at is 'When signal.status_changed was told of it';

create table cs_health.digest (
    day date primary key,
    sent integer not null,
    sent_at timestamptz not null
);
comment on table cs_health.digest is
    'Days whose morning digests are made, and how many colleagues had anything to read';
