create table cs_health.channel (
    code text primary key constraint channel_code_is_a_name check (code ~ '^[a-z][a-z0-9_]{0,49}$'),
    kind text not null constraint channel_kind_is_known check (kind in ('slack', 'email', 'webhook')),
    enabled boolean not null default true,
    description text,
    secret text constraint channel_secret_is_a_file_name check (secret ~ '^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$'),
    host text constraint channel_host_is_a_name check (host ~ '^[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?$'),
    port integer constraint channel_port_in_range check (port between 1 and 65535),
    tls text not null default 'starttls' constraint channel_tls_is_known check (tls in ('starttls', 'tls')),
    from_address text,
    from_name text constraint channel_from_name_is_a_name
        check (from_name !~ '[[:cntrl:]]' and pg_catalog.length(from_name) between 1 and 255),
    unsubscribe text,
    event_kinds text[],
    per_second real constraint channel_per_second_in_range check (per_second > 0 and per_second <= 10000),
    max_inflight integer not null default 8
        constraint channel_max_inflight_in_range check (max_inflight between 1 and 100),
    timeout_seconds integer not null default 15
        constraint channel_timeout_seconds_in_range check (timeout_seconds between 1 and 300),
    max_attempts integer not null default 12
        constraint channel_max_attempts_in_range check (max_attempts between 1 and 100),
    failures integer not null default 0,
    closed_until timestamptz,
    allowance_from timestamptz,
    constraint channel_email_is_complete check (kind <> 'email' or (host is not null and from_address is not null)),
    constraint channel_secret_is_given check (kind = 'email' or secret is not null)
);
create unique index channel_one_of_a_kind on cs_health.channel (kind) where enabled and kind in ('slack', 'email');
comment on table cs_health.channel is
    'Where messages go: at most one enabled Slack and e-mail channel, any number of webhooks';
comment on column cs_health.channel.secret is
    'Name of a file in cs_health.secret_dir, a JSON document: {"url": …} for slack, {"url": …, "key": …} for webhook, '
    '{"user": …, "password": …} for e-mail. Secrets stand in no table';
comment on column cs_health.channel.host is 'SMTP server, e-mail only';
comment on column cs_health.channel.unsubscribe is 'mailto: or https: address for List-Unsubscribe, e-mail only';
comment on column cs_health.channel.event_kinds is 'Kinds of events a webhook gets; null = all of doc/events.md';
comment on column cs_health.channel.per_second is 'Deliveries a second; null = 1 for slack, else no limit';
comment on column cs_health.channel.failures is 'Failures in a row, that the breaker counts';
comment on column cs_health.channel.closed_until is 'Nothing is sent before, after too many failures in a row, '
    'after an answer that asks to wait, or for ever after close_channel()';
comment on column cs_health.channel.allowance_from is 'Since when what per_second allows has not been used';

create table cs_health.outbox (
    id uuid primary key default pg_catalog.gen_random_uuid(),
    source_key text not null unique constraint outbox_source_key_fits check (pg_catalog.length(source_key) <= 300),
    channel text not null references cs_health.channel (code) on update cascade,
    kind text not null,
    tenant_id uuid,
    execution_id uuid,
    step_no integer,
    payload jsonb not null constraint outbox_payload_fits
        check (pg_catalog.octet_length(payload::text) <= 262144),
    state text not null default 'pending' constraint outbox_state_is_known
        check (state in ('pending', 'claimed', 'sent', 'dead', 'cancelled')),
    attempt integer not null default 0,
    requeued_at_attempt integer not null default 0,
    next_attempt_at timestamptz not null default pg_catalog.now(),
    send_before timestamptz,
    lease_until timestamptz,
    claimed_by text,
    claimed_at timestamptz,
    created_at timestamptz not null default pg_catalog.now(),
    ended_at timestamptz,
    last_status integer,
    last_error text constraint outbox_last_error_fits check (pg_catalog.length(last_error) <= 500)
);
create index outbox_due_idx on cs_health.outbox (channel, next_attempt_at) where state in ('pending', 'claimed');
create index outbox_claimed_idx on cs_health.outbox (channel, lease_until) where state = 'claimed';
create index outbox_dead_idx on cs_health.outbox (channel) where state = 'dead';
create index outbox_dead_alert_idx on cs_health.outbox (source_key)
    where state = 'dead' and source_key like 'churn alert%';
create index outbox_sent_idx on cs_health.outbox (ended_at) where state = 'sent';
create index outbox_tenant_idx on cs_health.outbox (tenant_id);
comment on table cs_health.outbox is
    'Messages on their way: written in the transaction that causes them, sent by the delivery worker or by '
    'claim_outbox() and complete_outbox(). Each ends as sent, dead or cancelled';
comment on column cs_health.outbox.id is 'Idempotency key of every attempt, and part of the Message-ID of a mail';
comment on column cs_health.outbox.source_key is 'What it was made from, so that nothing makes it twice';
comment on column cs_health.outbox.kind is 'Kind of event, or message for what a playbook, alert or digest says';
comment on column cs_health.outbox.payload is 'What is sent, rendered; personal data';
comment on column cs_health.outbox.state is
    'pending; claimed: somebody is sending it until lease_until; sent: the receiver took it; dead: given up, requeue() '
    'tries again; cancelled';
comment on column cs_health.outbox.attempt is 'How often it was claimed; the number of the attempt that runs';
comment on column cs_health.outbox.requeued_at_attempt is
    'Attempts before the last requeue(), which do not count against channel.max_attempts';
comment on column cs_health.outbox.next_attempt_at is 'When it is due; of a claimed one, lease_until';
comment on column cs_health.outbox.send_before is
    'From then on it is not sent until run_playbooks() found that it still may go; null = no limit. What a playbook '
    'says to people of a tenant has one';
comment on column cs_health.outbox.last_status is 'HTTP or SMTP status of the last attempt';
comment on column cs_health.outbox.last_error is 'What went wrong, without address or secret';

create table cs_health.delivery_attempt (
    outbox_id uuid not null references cs_health.outbox (id) on delete cascade,
    attempt integer not null,
    started_at timestamptz not null,
    ended_at timestamptz not null,
    outcome text not null constraint delivery_attempt_outcome_is_known
        check (outcome in ('sent', 'retry', 'dead')),
    status integer,
    error text constraint delivery_attempt_error_fits check (pg_catalog.length(error) <= 500),
    primary key (outbox_id, attempt)
);
comment on table cs_health.delivery_attempt is 'Every attempt to deliver whose end is known';

create table cs_health.delivery_worker (
    only_row boolean primary key default true constraint delivery_worker_has_one_row check (only_row),
    pid integer not null,
    started_at timestamptz not null,
    seen_at timestamptz not null,
    sent bigint not null default 0,
    failed bigint not null default 0
);
comment on table cs_health.delivery_worker is 'The background worker that delivers, as it last said';
comment on column cs_health.delivery_worker.sent is 'Deliveries since it started';
