create table cs_health.event (
    tenant_id uuid not null,
    user_id text constraint event_user_id_fits check (pg_catalog.octet_length(user_id) <= 1000),
    occurred_at timestamptz not null default pg_catalog.now()
        constraint event_time_in_range
            check (occurred_at between '1000-01-01 00:00+00' and '9999-12-31 00:00+00'),
    kind text not null constraint event_kind_fits check (pg_catalog.length(kind) between 1 and 100),
    feature text constraint event_feature_fits check (pg_catalog.length(feature) between 1 and 200),
    minutes real not null default 0 constraint event_minutes_in_range check (minutes between 0 and 100000),
    quantity integer not null default 1 constraint event_quantity_in_range check (quantity between 0 and 1000000000)
) partition by hash (tenant_id);
comment on table cs_health.event is
    'Inbox of what users do: insert or COPY into it, fold_events() empties it into activity. It has no index and no '
    'foreign key; what cannot be used ends in event_rejected';
comment on column cs_health.event.user_id is 'Your id of the user; null = the event counts, nobody was active';
comment on column cs_health.event.kind is 'login, feature, feature_request, feature_denied or a word of your own';
comment on column cs_health.event.feature is 'Code of the feature that was used, asked for or denied';
comment on column cs_health.event.minutes is 'Minutes spent; kept to a tenth';
comment on column cs_health.event.quantity is 'How many events the row stands for; 0 = presence only';

create table cs_health.event_00 partition of cs_health.event for values with (modulus 16, remainder 0);
create table cs_health.event_01 partition of cs_health.event for values with (modulus 16, remainder 1);
create table cs_health.event_02 partition of cs_health.event for values with (modulus 16, remainder 2);
create table cs_health.event_03 partition of cs_health.event for values with (modulus 16, remainder 3);
create table cs_health.event_04 partition of cs_health.event for values with (modulus 16, remainder 4);
create table cs_health.event_05 partition of cs_health.event for values with (modulus 16, remainder 5);
create table cs_health.event_06 partition of cs_health.event for values with (modulus 16, remainder 6);
create table cs_health.event_07 partition of cs_health.event for values with (modulus 16, remainder 7);
create table cs_health.event_08 partition of cs_health.event for values with (modulus 16, remainder 8);
create table cs_health.event_09 partition of cs_health.event for values with (modulus 16, remainder 9);
create table cs_health.event_10 partition of cs_health.event for values with (modulus 16, remainder 10);
create table cs_health.event_11 partition of cs_health.event for values with (modulus 16, remainder 11);
create table cs_health.event_12 partition of cs_health.event for values with (modulus 16, remainder 12);
create table cs_health.event_13 partition of cs_health.event for values with (modulus 16, remainder 13);
create table cs_health.event_14 partition of cs_health.event for values with (modulus 16, remainder 14);
create table cs_health.event_15 partition of cs_health.event for values with (modulus 16, remainder 15);

create table cs_health.event_rejected (
    tenant_id uuid not null,
    user_id text,
    occurred_at timestamptz not null,
    kind text not null,
    feature text,
    minutes real not null,
    quantity integer not null,
    reason text not null,
    rejected_at timestamptz not null default pg_catalog.now()
);
comment on table cs_health.event_rejected is
    'Events that could not be folded and why; mend the cause, then release_rejected() puts them back into the inbox';
create index event_rejected_reason_idx on cs_health.event_rejected (reason, rejected_at);

create table cs_health.feedback (
    tenant_id uuid not null references cs_health.tenant (id) on delete cascade,
    id uuid not null default pg_catalog.gen_random_uuid(),
    kind text not null constraint feedback_kind_is_known check (kind in ('nps', 'csat', 'review')),
    score smallint not null,
    user_id text constraint feedback_user_id_fits check (pg_catalog.octet_length(user_id) <= 1000),
    comment text,
    answered_at timestamptz not null default pg_catalog.now()
        constraint feedback_time_in_range
            check (answered_at between '1000-01-01 00:00+00' and '9999-12-31 00:00+00'),
    primary key (tenant_id, id),
    constraint feedback_score_is_in_range_of_its_kind
        check (score between case kind when 'nps' then 0 else 1 end and case kind when 'nps' then 10 else 5 end)
);
comment on table cs_health.feedback is
    'Answers: nps 0-10, csat 1-5, review 1-5. The latest of each respondent within 180 days counts; an answer without '
    'user_id counts for itself';
-- Covers what the nightly run reads, so that it takes a stretch of the index instead of a page for each answer
create index feedback_tenant_answered_idx on cs_health.feedback (tenant_id, answered_at)
    include (kind, score, user_id, id);

create table cs_health.ticket (
    tenant_id uuid not null references cs_health.tenant (id) on delete cascade,
    id text not null,
    opened_at timestamptz not null constraint ticket_opened_at_in_range
            check (opened_at between '1000-01-01 00:00+00' and '9999-12-31 00:00+00'),
    resolved_at timestamptz constraint ticket_resolved_at_in_range
            check (resolved_at between '1000-01-01 00:00+00' and '9999-12-31 00:00+00'),
    severity text not null default 'normal'
        constraint ticket_severity_is_known check (severity in ('low', 'normal', 'high', 'urgent')),
    primary key (tenant_id, id),
    constraint ticket_resolved_not_before_opened check (resolved_at >= opened_at)
);
-- As with feedback: all that the nightly run reads of a ticket
create index ticket_tenant_times_idx on cs_health.ticket (tenant_id, opened_at) include (resolved_at);
comment on table cs_health.ticket is 'Support cases; open while resolved_at is null';
comment on column cs_health.ticket.id is 'The id in your help desk, so that loading again updates instead of repeating';

create table cs_health.usage (
    tenant_id uuid not null references cs_health.tenant (id) on delete cascade,
    metric text not null constraint usage_metric_fits check (pg_catalog.length(metric) between 1 and 200),
    measured_at timestamptz not null constraint usage_time_in_range
            check (measured_at between '1000-01-01 00:00+00' and '9999-12-31 00:00+00'),
    used numeric not null constraint usage_in_range check (used between 0 and 1e15),
    limit_value numeric constraint usage_limit_in_range check (limit_value between 0 and 1e15),
    primary key (tenant_id, metric, measured_at)
);
comment on table cs_health.usage is 'Metered quantities, such as seats or storage';
comment on column cs_health.usage.limit_value is 'The limit, where it is not the plan''s';

create table cs_health.revenue_event (
    tenant_id uuid not null references cs_health.tenant (id) on delete cascade,
    id uuid not null default pg_catalog.gen_random_uuid(),
    occurred_on date not null constraint revenue_event_day_is_finite check (pg_catalog.isfinite(occurred_on)),
    kind text not null constraint revenue_event_kind_is_known
        check (kind in ('new', 'expansion', 'contraction', 'churn', 'reactivation')),
    mrr_change numeric(14, 2) not null constraint revenue_event_in_range check (mrr_change between -1e11 and 1e11),
    primary key (tenant_id, id),
    constraint revenue_event_sign_fits_its_kind check (
        case when kind in ('contraction', 'churn') then mrr_change < 0 else mrr_change > 0 end)
);
comment on table cs_health.revenue_event is 'Movements of monthly recurring revenue; losses are negative';
-- As with feedback: all that the nightly run and revenue_by_month() read, customer by customer without sorting
create index revenue_event_tenant_day_idx on cs_health.revenue_event (tenant_id, occurred_on) include (mrr_change);

create table cs_health.touchpoint (
    tenant_id uuid not null references cs_health.tenant (id) on delete cascade,
    id uuid not null default pg_catalog.gen_random_uuid(),
    kind text not null constraint touchpoint_kind_fits check (pg_catalog.length(kind) between 1 and 100),
    direction text not null default 'internal'
        constraint touchpoint_direction_is_known check (direction in ('inbound', 'outbound', 'internal')),
    at timestamptz not null default pg_catalog.now()
        constraint touchpoint_time_in_range
            check (at between '1000-01-01 00:00+00' and '9999-12-31 00:00+00'),
    channel text,
    actor text,
    detail text,
    next_step text,
    next_step_on date,
    primary key (tenant_id, id)
);
comment on table cs_health.touchpoint is
    'Contacts and milestones: email, call, meeting_booked, meeting_held, reply, note, milestone, ...';
create index touchpoint_tenant_at_idx on cs_health.touchpoint (tenant_id, at);
create index touchpoint_first_value_idx on cs_health.touchpoint (tenant_id, at)
    where kind = 'milestone' and detail = 'first_value';
