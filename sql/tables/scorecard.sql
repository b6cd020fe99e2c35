create table cs_health.scorecard (
    id integer generated always as identity primary key,
    code text not null,
    version integer not null,
    document jsonb not null,
    created_at timestamptz not null default pg_catalog.now(),
    created_by text not null default current_user,
    constraint scorecard_version_once_per_code unique (code, version),
    constraint scorecard_code_is_the_documents check (document ->> 'code' = code)
);
comment on table cs_health.scorecard is
    'Versioned scorecards. A row is never changed, a new version is added; rows of customer_health name the one they '
    'were scored with';
comment on column cs_health.scorecard.document is
    'The document with measures compiled to positions; save_scorecard() does that';

alter table cs_health.settings
    add constraint settings_scorecard_exists foreign key (scorecard_id) references cs_health.scorecard (id);
