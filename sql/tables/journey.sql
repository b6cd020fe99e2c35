create table cs_health.journey_stage (
    code text primary key constraint journey_stage_code_is_one check (code ~ '^[a-z][a-z0-9_]{0,49}$'),
    name_en text not null constraint journey_stage_name_en_is_a_name
        check (name_en !~ '[[:cntrl:]]' and pg_catalog.length(name_en) between 1 and 100),
    name_es text not null constraint journey_stage_name_es_is_a_name
        check (name_es !~ '[[:cntrl:]]' and pg_catalog.length(name_es) between 1 and 100),
    place integer not null unique constraint journey_stage_place_in_range check (place between 1 and 10000),
    entry_conditions jsonb,
    exit_conditions jsonb,
    expected_days integer constraint journey_stage_expected_days_in_range check (expected_days between 1 and 36500),
    builtin boolean not null default false,
    enabled boolean not null default true,
    constraint journey_stage_has_conditions check (
        case when code in ('churned', 'onboarding') then entry_conditions is null
            else entry_conditions is not null or code = 'activated' end),
    constraint journey_stage_exit_needs_entry check (exit_conditions is null or entry_conditions is not null),
    constraint journey_stage_first_and_last_stay check (enabled or code not in ('churned', 'onboarding'))
);
comment on table cs_health.journey_stage is
    'Stages of a customer''s journey; save_stage() and remove_stage() change them, doc/journey.md tells how they are '
    'judged';
comment on column cs_health.journey_stage.place is
    'The stage with the lowest place whose conditions hold is the customer''s; so the journey leads from high to low '
    'ones';
comment on column cs_health.journey_stage.entry_conditions is
    'When a customer enters, as doc/conditions.md describes them; null for churned (tenant.churned_on), onboarding '
    '(where nothing else holds) and where activated means the milestone first_value and nothing else';
comment on column cs_health.journey_stage.exit_conditions is
    'When a customer leaves although no stage with a lower place holds; null = as soon as the entry conditions, their '
    'for_days left aside, are false';
comment on column cs_health.journey_stage.expected_days is
    'After so many days in it a customer counts as stalled; null = it may stay for ever';
comment on column cs_health.journey_stage.enabled is 'Customers enter enabled stages only';

insert into cs_health.journey_stage (
    code, name_en, name_es, place, entry_conditions, exit_conditions, expected_days, builtin)
values
    ('churned', 'Churned', 'De baja', 10, null, null, null, true),
    ('at_risk', 'At risk', 'En riesgo', 20, '{"all": [
        {"any": [
            {"fact": "tenure_days", "op": ">=", "value": 90},
            {"fact": "tenure_days", "op": "known", "value": false}]},
        {"any": [
            {"fact": "category", "op": "in", "value": ["at_risk", "critical"], "for_days": 3},
            {"fact": "risk_level", "op": "in", "value": ["high", "critical"]}]}]}', '{"all": [
        {"fact": "overall_score", "op": ">=", "value": 65, "for_days": 3},
        {"any": [
            {"fact": "risk_level", "op": "in", "value": ["low", "medium"]},
            {"fact": "risk_level", "op": "known", "value": false}]}]}', 30, true),
    ('renewing', 'Renewing', 'En renovación', 30,
        '{"fact": "days_to_renewal", "op": "<=", "value": 90}', null, 90, true),
    ('adopted', 'Adopted', 'Adoptado', 40, '{"fact": "adoption", "op": ">=", "value": 0.5, "for_days": 7}',
        '{"fact": "adoption", "op": "<", "value": 0.4, "for_days": 7}', null, true),
    ('activated', 'Activated', 'Activado', 50, '{"all": [
        {"fact": "active_days", "op": ">=", "value": 5},
        {"fact": "features_used", "op": ">=", "value": 3}]}', null, 180, true),
    ('onboarding', 'Onboarding', 'Incorporación', 60, null, null, 90, true);

create table cs_health.journey_entry (
    tenant_id uuid not null,
    entered_on date not null constraint journey_entry_entered_on_is_finite check (pg_catalog.isfinite(entered_on)),
    stage text not null,
    left_on date,
    reason text not null constraint journey_entry_reason_is_known check (reason in (
        'sign_up', 'first_value', 'conditions', 'otherwise', 'first_seen', 'churned')),
    primary key (tenant_id, entered_on, stage),
    constraint journey_entry_left_after_it_was_entered check (left_on >= entered_on)
);
create unique index journey_entry_present_idx on cs_health.journey_entry (tenant_id) where left_on is null;
comment on table cs_health.journey_entry is
    'In which stage a customer was from when to when; written by the nightly run and by replays, forward in time only';
comment on column cs_health.journey_entry.entered_on is 'First day in the stage';
comment on column cs_health.journey_entry.left_on is 'First day in the next one; null = in it now';
comment on column cs_health.journey_entry.reason is
    'sign_up; first_value: the milestone; conditions: its entry conditions held; otherwise: those of no stage did; '
    'first_seen: it was in it when it was looked at for the first time, so nobody knows since when; churned';
