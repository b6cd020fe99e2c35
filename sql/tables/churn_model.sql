create table cs_health.churn_model (
    id integer generated always as identity primary key,
    version text not null constraint churn_model_version_once unique
        constraint churn_model_version_is_a_name check (version ~ '^[a-z0-9._-]{1,20}$'),
    status text not null default 'candidate'
        constraint churn_model_status_is_known check (status in ('candidate', 'active', 'retired')),
    document jsonb not null,
    created_at timestamptz not null default pg_catalog.now(),
    created_by text not null default current_user,
    published_at timestamptz,
    retired_at timestamptz,
    -- What a list of predictions needs of the document, which is large enough to be stored out of line
    trained boolean generated always as ((document -> 'trained')::boolean) stored,
    lead_days integer generated always as ((document -> 'lead_days')::integer) stored,
    horizon_days integer generated always as ((document -> 'horizon_days')::integer) stored,
    base_rate double precision generated always as ((document -> 'base_rate')::double precision) stored,
    medium_from double precision generated always as ((document -> 'base_rate')::double precision
        * (document -> 'risk_bands' -> 'medium')::double precision) stored,
    high_from double precision generated always as ((document -> 'base_rate')::double precision
        * (document -> 'risk_bands' -> 'high')::double precision) stored,
    critical_from double precision generated always as ((document -> 'base_rate')::double precision
        * (document -> 'risk_bands' -> 'critical')::double precision) stored,
    constraint churn_model_version_is_the_documents check (document ->> 'version' = version),
    constraint churn_model_is_compiled
        check (not pg_catalog.jsonb_path_exists(document, '$.features[*] ? (!(exists (@.position)))')),
    constraint churn_model_statistics_are_readable check (
        coalesce(pg_catalog.jsonb_typeof(document -> 'metrics'), 'null') in ('object', 'null')
        and coalesce(pg_catalog.jsonb_typeof(document -> 'training'), 'null') in ('object', 'null')
        and coalesce(pg_catalog.jsonb_typeof(document -> 'fit'), 'null') in ('object', 'null')
        and coalesce(pg_catalog.jsonb_typeof(document -> 'calibration'), 'null') in ('array', 'null')
        and coalesce(pg_catalog.jsonb_typeof(document -> 'audit'), 'null') in ('array', 'null')
        and coalesce(pg_catalog.jsonb_typeof(document -> 'left_out'), 'null') in ('array', 'null')
        and coalesce(document ->> 'trained_at', '2000-01-01') ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}'
        and coalesce(document #>> '{training,known_on}', '2000-01-01') ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$')
);
create unique index churn_model_one_active on cs_health.churn_model (status) where status = 'active';
comment on table cs_health.churn_model is
    'Churn models. A document is never changed, training adds a new candidate; at most one model is active. Rows of '
    'customer_health name the one that their prediction comes from';
comment on column cs_health.churn_model.status is
    'candidate: not in use yet; active: predicts from the next run on; retired: was in use';
comment on column cs_health.churn_model.document is
    'Features, coefficients, training statistics and figures out of time; churn_model_card() shows them';
comment on column cs_health.churn_model.trained is 'False: an expert''s guess that has seen no data';
comment on column cs_health.churn_model.lead_days is 'The window of the probability begins so many days ahead';
comment on column cs_health.churn_model.horizon_days is 'How many days the window of the probability has';
comment on column cs_health.churn_model.base_rate is
    'Share of the customers at risk that leave within a window, as trained';
comment on column cs_health.churn_model.medium_from is 'Probability from which the risk level is medium';
comment on column cs_health.churn_model.high_from is 'Probability from which the risk level is high';
comment on column cs_health.churn_model.critical_from is 'Probability from which the risk level is critical';

create table cs_health.churn_model_change (
    id bigint generated always as identity primary key,
    changed_at timestamptz not null default pg_catalog.now(),
    changed_by text not null default current_user,
    action text not null
        constraint churn_model_change_action_is_known check (action in ('publish', 'rollback')),
    model_id integer not null references cs_health.churn_model (id),
    previous_id integer references cs_health.churn_model (id),
    forced text[]
);
comment on table cs_health.churn_model_change is 'Which churn model was put to use, when and by whom';
comment on column cs_health.churn_model_change.previous_id is 'The model that was active before; null = none';
comment on column cs_health.churn_model_change.forced is 'What the gate found and force passed over; null = nothing';
