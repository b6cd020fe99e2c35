create table cs_health.customer_health (
    tenant_id uuid not null,
    as_of date not null,
    overall_score smallint not null constraint customer_health_overall_score_in_range check (overall_score between 0
        and 100),
    engagement_score smallint not null
        constraint customer_health_engagement_score_in_range check (engagement_score between 0 and 100),
    adoption_score smallint not null
        constraint customer_health_adoption_score_in_range check (adoption_score between 0 and 100),
    satisfaction_score smallint not null
        constraint customer_health_satisfaction_score_in_range check (satisfaction_score between 0 and 100),
    support_score smallint not null
        constraint customer_health_support_score_in_range check (support_score between 0 and 100),
    growth_score smallint not null
        constraint customer_health_growth_score_in_range check (growth_score between 0 and 100),
    provisional boolean not null default false,
    category text not null
        constraint customer_health_category_is_known check (category in ('healthy', 'neutral', 'at_risk', 'critical')),
    trend text not null
        constraint customer_health_trend_is_known check (trend in ('improving', 'stable', 'declining')),
    scorecard_id integer not null,
    coverage real not null constraint customer_health_coverage_in_range check (coverage between 0 and 1),
    churn_probability real
        constraint customer_health_churn_probability_in_range check (churn_probability between 0 and 1),
    churn_model_id integer,
    calculated_at timestamptz not null,
    measures real[] not null,
    history bytea not null,
    constraint customer_health_pkey primary key (tenant_id, as_of)
) partition by range (as_of);
comment on table cs_health.customer_health is
    'One row per tenant and day: scores, the vector of measures they follow from, and the last 30 scores. The '
    'breakdown is derived when read';
comment on column cs_health.customer_health.provisional is
    'Stored by recalculate_tenant() before its day was over; the nightly run replaces it';
comment on column cs_health.customer_health.scorecard_id is 'The scorecard of the scores';
comment on column cs_health.customer_health.coverage is
    'Share of the scorecard''s weight that was observed, 0-1; below 0.5 the row is shown as no data';
comment on column cs_health.customer_health.churn_probability is
    'Probability of leaving within the window of the churn model; null = no model was in use';
comment on column cs_health.customer_health.churn_model_id is 'The churn model of the probability';
comment on column cs_health.customer_health.measures is
    'Measures by position, see cs_health.measure; null = not observed';
comment on column cs_health.customer_health.history is
    'The overall scores of the last 30 days, oldest first, one byte each, 255 = not scored or no data';
create index customer_health_category_idx on cs_health.customer_health (as_of, category);
create index customer_health_provisional_idx on cs_health.customer_health (as_of, tenant_id) where provisional;
