create table cs_health.idempotency_key (
    author text not null,
    key text not null constraint idempotency_key_key_fits check (pg_catalog.length(key) between 1 and 200),
    playbook_id uuid not null,
    tenant_id uuid not null,
    answer jsonb not null,
    created_at timestamptz not null,
    primary key (author, key)
);
comment on table cs_health.idempotency_key is
    'What start_playbook() answered to whom, to be repeated for 24 hours when it is called with the same key';
