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
