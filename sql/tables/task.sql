create table cs_health.task (
    tenant_id uuid not null,
    id uuid not null default pg_catalog.gen_random_uuid(),
    source_key text not null unique constraint task_source_key_fits check (pg_catalog.length(source_key) <= 300),
    kind text not null constraint task_kind_is_known check (kind in (
        'call', 'internal', 'no_recipient', 'delivery_failed', 'escalation', 'advocacy', 'manual')),
    title text not null constraint task_title_fits check (pg_catalog.length(title) <= 300),
    detail text constraint task_detail_fits check (pg_catalog.length(detail) <= 100000),
    assignee text,
    due_on date not null constraint task_due_on_in_range check (due_on between '1000-01-01' and '9999-12-31'),
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
    constraint task_times_in_range check (
        least(created_at, overdue_at, ended_at) >= '1000-01-01 00:00+00'
        and greatest(created_at, overdue_at, ended_at) <= '9999-12-31 00:00+00'),
    primary key (tenant_id, id)
);
create index task_id_idx on cs_health.task (id);
create index task_assignee_idx on cs_health.task (assignee, due_on) where status = 'open';
create index task_due_idx on cs_health.task (due_on, id) where status = 'open';
create index task_untold_idx on cs_health.task (due_on) where status = 'open' and overdue_at is null;
comment on table cs_health.task is 'What a colleague has to do about a tenant';
comment on column cs_health.task.source_key is 'What it was made from, so that nothing makes it twice';
comment on column cs_health.task.kind is
    'call and internal: steps of a playbook, internal also what could not be told over any channel; '
    'no_recipient and delivery_failed: a message that could not be sent; '
    'escalation: a tenant became critical; advocacy: ask for a testimonial or referral; manual: by hand';
comment on column cs_health.task.assignee is
    'E-mail of the colleague: the CSM or who stands in, the manager, else settings.fallback_assignee';
comment on column cs_health.task.outcome is
    'How it went: reached, no_answer, meeting_booked, resolved, … or a word of yours';
comment on column cs_health.task.overdue_at is 'When task.overdue was told of it';
