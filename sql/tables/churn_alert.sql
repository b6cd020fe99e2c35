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
