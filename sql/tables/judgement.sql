create table cs_health.health_override (
    tenant_id uuid not null references cs_health.tenant (id) on delete cascade,
    id uuid not null default pg_catalog.gen_random_uuid(),
    category text not null
        constraint health_override_category_is_known check (category in ('healthy', 'neutral', 'at_risk', 'critical')),
    reason text not null
        constraint health_override_reason_fits check (reason ~ '[^[:space:]]' and pg_catalog.length(reason) <= 2000),
    set_by text not null constraint health_override_has_an_author check (set_by <> ''),
    set_at timestamptz not null default pg_catalog.now()
        constraint health_override_set_at_in_range
            check (set_at between '1000-01-01 00:00+00' and '9999-12-31 00:00+00'),
    expires_on date not null,
    computed_category text constraint health_override_computed_category_is_known
        check (computed_category in ('healthy', 'neutral', 'at_risk', 'critical')),
    computed_score smallint
        constraint health_override_computed_score_in_range check (computed_score between 0 and 100),
    ended_at timestamptz,
    ended_by text,
    primary key (tenant_id, id),
    -- A day of play on either side: which day it is depends on settings.time_zone
    constraint health_override_lives_at_most_90_days
        check (expires_on between (pg_catalog.timezone('UTC', set_at))::date - 1
            and (pg_catalog.timezone('UTC', set_at))::date + 91),
    constraint health_override_ended_after_it_was_set
        check (ended_at >= set_at and pg_catalog.isfinite(ended_at))
);
comment on table cs_health.health_override is
    'Categories that a CSM set in place of the computed ones; override_health() sets them, end_override() ends them. '
    'Shown instead of the computed category while it lives; scores and stored rows are never changed by it';
comment on column cs_health.health_override.set_by is 'E-mail of the CSM, or the role where no token says who it was';
comment on column cs_health.health_override.expires_on is 'Its last day, in settings.time_zone';
comment on column cs_health.health_override.computed_category is
    'The computed category when it was set; null = nothing was scored yet';
comment on column cs_health.health_override.computed_score is
    'The overall score when it was set; null = nothing was scored yet';
comment on column cs_health.health_override.ended_at is
    'When it was ended or the next one was set, which may be after it expired; null = neither yet';
comment on column cs_health.health_override.ended_by is 'Who ended it or set the next one';
create unique index health_override_one_at_a_time on cs_health.health_override (tenant_id) where ended_at is null;

create table cs_health.pulse (
    tenant_id uuid not null references cs_health.tenant (id) on delete cascade,
    id uuid not null default pg_catalog.gen_random_uuid(),
    rating smallint not null constraint pulse_rating_in_range check (rating between 1 and 5),
    comment text constraint pulse_comment_fits check (pg_catalog.length(comment) between 1 and 2000),
    csm text not null constraint pulse_has_an_author check (csm <> ''),
    at timestamptz not null default pg_catalog.now()
        constraint pulse_time_in_range check (at between '1000-01-01 00:00+00' and '9999-12-31 00:00+00'),
    primary key (tenant_id, id)
);
comment on table cs_health.pulse is
    'What CSMs think of a customer, 1 (bad) to 5 (good), with a comment; record_pulse() adds one. No score follows '
    'from it';
comment on column cs_health.pulse.csm is 'E-mail of the CSM, or the role where no token says who it was';
create index pulse_tenant_at_idx on cs_health.pulse (tenant_id, at);
