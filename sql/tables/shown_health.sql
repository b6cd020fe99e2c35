-- Pages of a category in the order of its scores come along one index, those of a CSM along the other. Every row is
-- written anew every night: half of each page is left for that, so that no index is touched where score and category
-- stay, as most do. What is generated stands last, so that health_to_show has the other columns in their order.
create table cs_health.shown_health (
    tenant_id uuid primary key references cs_health.tenant (id) on delete cascade,
    as_of date not null,
    overall_score integer not null,
    engagement_score integer not null,
    adoption_score integer not null,
    satisfaction_score integer not null,
    support_score integer not null,
    growth_score integer not null,
    provisional boolean not null,
    computed_category text not null,
    trend text not null,
    scorecard_id integer not null,
    coverage real not null,
    churn_probability numeric(3, 2),
    calculated_at timestamptz not null,
    override_category text,
    override_reason text,
    override_by text,
    override_expires_on date,
    tenant_name text not null,
    tenant_status text not null,
    plan_code text,
    segment text,
    csm text,
    arr numeric(14, 2),
    contract_ends_on date,
    category text not null generated always as (coalesce(override_category, computed_category)) stored,
    data_status text not null generated always as (case when coverage < 0.5 then 'no data' else 'ok' end) stored
) with (fillfactor = 50);
comment on table cs_health.shown_health is
    'What health_scores lists: of each customer the row of customer_health that is current, the override that lives, '
    'and what the list says of the customer, as health_to_show finds them. _show_health() writes it, triggers keep it';
comment on column cs_health.shown_health.as_of is 'The day that the row is of';
comment on column cs_health.shown_health.provisional is 'Stored by recalculate_tenant() before the day was over';
comment on column cs_health.shown_health.computed_category is 'The category that follows from the score';
comment on column cs_health.shown_health.coverage is 'Share of the scorecard''s weight that was observed, 0-1';
comment on column cs_health.shown_health.churn_probability is 'Rounded to two decimals; null = no model was in use';
comment on column cs_health.shown_health.override_category is 'Category of the override that lives; null = none';
comment on column cs_health.shown_health.override_reason is 'Why it was set';
comment on column cs_health.shown_health.override_by is 'Who set it';
comment on column cs_health.shown_health.override_expires_on is 'Its last day';
comment on column cs_health.shown_health.csm is 'E-mail of the CSM, for the policies too';
comment on column cs_health.shown_health.category is 'healthy, neutral, at_risk or critical, as shown';
comment on column cs_health.shown_health.data_status is 'no data while coverage is below 0.5';
create index shown_health_category_idx on cs_health.shown_health (category, overall_score);
create index shown_health_csm_idx on cs_health.shown_health (csm, category, overall_score);
create index shown_health_override_idx on cs_health.shown_health (override_expires_on)
    where override_category is not null;
