create table cs_health.scorecard (
    id integer generated always as identity primary key,
    code text not null,
    version integer constraint scorecard_version_is_positive check (version > 0),
    document jsonb not null,
    created_at timestamptz not null default pg_catalog.now(),
    created_by text not null default current_user,
    constraint scorecard_version_once_per_code unique (code, version),
    constraint scorecard_code_is_the_documents check (document ->> 'code' = code)
);
create unique index scorecard_one_draft_per_code on cs_health.scorecard (code) where version is null;
comment on table cs_health.scorecard is
    'Versioned scorecards. A published row is never changed, a new version is added; rows of customer_health name the '
    'one they were scored with';
comment on column cs_health.scorecard.version is 'Counted per code from 1; null = a draft, one per code';
comment on column cs_health.scorecard.document is
    'The document with measures compiled to positions; save_scorecard() does that';

create table cs_health.scorecard_rule (
    segment text,
    plan_code text references cs_health.plan (code) on update cascade on delete cascade,
    scorecard_id integer not null references cs_health.scorecard (id),
    constraint scorecard_rule_once_per_segment_and_plan unique nulls not distinct (segment, plan_code)
);
comment on table cs_health.scorecard_rule is
    'Which tenants are scored with which scorecard: the rule for a tenant''s segment and plan, else the one for its '
    'plan, else the one for its segment, else the one with neither. use_scorecard() sets rules';

create table cs_health.scorecard_change (
    id bigint generated always as identity primary key,
    changed_at timestamptz not null default pg_catalog.now(),
    changed_by text not null default current_user,
    action text not null
        constraint scorecard_change_action_is_known check (action in ('publish', 'use', 'rollback', 'stop')),
    segment text,
    plan_code text,
    scorecard_id integer references cs_health.scorecard (id),
    previous_id integer references cs_health.scorecard (id)
);
comment on table cs_health.scorecard_change is
    'What was put to use, when, for whom and by whom, so that charts can mark it; scorecard_id is null when a rule was '
    'taken away';
