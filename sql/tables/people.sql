create table cs_health.csm (
    email text primary key constraint csm_email_has_an_at check (email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    name text not null constraint csm_name_is_a_name
        check (name !~ '[[:cntrl:]]' and pg_catalog.length(name) between 1 and 255),
    manager_email text constraint csm_manager_email_has_an_at check (manager_email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    slack_member_id text constraint csm_slack_member_id_is_one check (slack_member_id ~ '^[UW][A-Z0-9]{1,30}$'),
    booking_url text constraint csm_booking_url_is_https check (booking_url ~ '^https://'),
    locale text not null default 'en' constraint csm_locale_is_known check (locale in ('en', 'es')),
    away_until date,
    stands_in text references cs_health.csm (email) on update cascade on delete set null,
    disabled_at timestamptz constraint csm_disabled_at_in_range
        check (disabled_at between '1000-01-01 00:00+00' and '9999-12-31 00:00+00')
);
comment on table cs_health.csm is 'Our colleagues who look after tenants';
comment on column cs_health.csm.slack_member_id is
    'Member ID in Slack, as the profile shows it (U… or W…), for mentions; null = the name is written instead';
comment on column cs_health.csm.booking_url is 'Where a customer books a call, for example Calendly';
comment on column cs_health.csm.stands_in is 'Who takes over until away_until, and from disabled_at on';
comment on column cs_health.csm.disabled_at is
    'Since when the colleague is refused and sees no customer, as disable_colleague() sets it; null = is not';

create index csm_stands_in_idx on cs_health.csm (stands_in) where stands_in is not null;

create table cs_health.tenant (
    id uuid primary key default pg_catalog.gen_random_uuid()
        constraint tenant_id_is_not_the_max_uuid check (id <> 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
    external_id text unique,
    name text not null constraint tenant_name_fits
        check (name !~ '[[:cntrl:]]' and pg_catalog.length(name) between 1 and 255),
    parent_id uuid references cs_health.tenant (id),
    status text not null default 'active'
        constraint tenant_status_is_known check (status in ('trial', 'active', 'paused', 'churned', 'internal')),
    plan_code text references cs_health.plan (code) on update cascade,
    segment text,
    csm text references cs_health.csm (email) on update cascade on delete set null,
    locale text not null default 'es' constraint tenant_locale_is_known check (locale in ('en', 'es')),
    time_zone text not null default 'UTC'
        constraint tenant_time_zone_exists check (pg_catalog.timezone(time_zone, 'epoch'::timestamptz) is not null),
    signed_up_at timestamptz constraint tenant_signed_up_at_in_range
            check (signed_up_at between '1000-01-01 00:00+00' and '9999-12-31 00:00+00'),
    contract_ends_on date constraint tenant_contract_ends_on_in_range
        check (contract_ends_on between '1000-01-01' and '9999-12-31'),
    churn_notice_on date constraint tenant_churn_notice_on_in_range
        check (churn_notice_on between '1000-01-01' and '9999-12-31'),
    churned_on date constraint tenant_churned_on_in_range
        check (churned_on between '1000-01-01' and '9999-12-31'),
    arr numeric(14, 2) constraint tenant_arr_in_range check (arr between 0 and 1e12),
    holdout boolean not null default false,
    constraint tenant_is_not_its_own_parent check (parent_id <> id),
    constraint tenant_churned_after_sign_up
        check (churned_on >= (pg_catalog.timezone('UTC', signed_up_at))::date - 1),
    constraint tenant_status_fits_churned_on check ((status = 'churned') = (churned_on is not null))
);
comment on table cs_health.tenant is 'A customer company';
comment on column cs_health.tenant.external_id is 'Its id in your own system';
comment on column cs_health.tenant.status is 'Only active tenants count in objectives and get campaigns';
comment on column cs_health.tenant.signed_up_at is
    'Start of the relation; null = unknown, then age-dependent rules do not apply';
comment on column cs_health.tenant.contract_ends_on is 'End of the current contract; null = open-ended';
comment on column cs_health.tenant.churned_on is 'Last day as a customer; days after it are not scored';
comment on column cs_health.tenant.arr is
    'Annual recurring revenue under contract: what lists and alerts value the customer at. The measure arr goes by MRR '
    'movements where there are some; keep both in step';
comment on column cs_health.tenant.holdout is
    'Watched, but left alone by every playbook, to measure what playbooks are worth';
create index tenant_csm_idx on cs_health.tenant (csm, id);
create index tenant_parent_idx on cs_health.tenant (parent_id);
create index tenant_plan_idx on cs_health.tenant (plan_code);

create table cs_health.tenant_add_on (
    tenant_id uuid not null references cs_health.tenant (id) on delete cascade,
    plan_code text not null references cs_health.plan (code) on update cascade,
    since date constraint tenant_add_on_since_is_finite check (pg_catalog.isfinite(since)),
    primary key (tenant_id, plan_code)
);
create index tenant_add_on_plan_idx on cs_health.tenant_add_on (plan_code);
comment on table cs_health.tenant_add_on is
    'Add-ons that a tenant has beside its plan. Their limits and features are added to the plan''s; rows of base plans '
    'count for nothing';
comment on column cs_health.tenant_add_on.since is 'The first day on which it counts; null = always';

create table cs_health.contact (
    tenant_id uuid not null references cs_health.tenant (id) on delete cascade,
    id uuid not null default pg_catalog.gen_random_uuid(),
    name text not null constraint contact_name_is_a_name
        check (name !~ '[[:cntrl:]]' and pg_catalog.length(name) between 0 and 255),
    email text not null constraint contact_email_has_an_at check (email ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    role text not null default 'user'
        constraint contact_role_is_known check (role in ('champion', 'executive_sponsor', 'admin', 'billing', 'user')),
    locale text constraint contact_locale_is_known check (locale in ('en', 'es')),
    is_primary boolean not null default false,
    opted_out_at timestamptz,
    bounced_at timestamptz,
    primary key (tenant_id, id),
    constraint contact_email_once_per_tenant unique (tenant_id, email)
);
comment on table cs_health.contact is 'People at a tenant whom we may write to; personal data';
create unique index contact_one_primary_per_tenant on cs_health.contact (tenant_id) where is_primary;
