create table cs_health.expansion_signal (
    tenant_id uuid not null,
    id uuid not null default pg_catalog.gen_random_uuid(),
    signal_type text not null constraint expansion_signal_type_is_known
        check (signal_type in ('usage_limit', 'feature_request', 'user_growth')),
    current_plan varchar(50) not null,
    recommended_plan varchar(50),
    potential_arr numeric(10, 2) constraint expansion_signal_potential_arr_in_range check (potential_arr >= 0),
    signal_details jsonb not null default '{}',
    status text not null default 'new' constraint expansion_signal_status_is_known
        check (status in ('new', 'contacted', 'won', 'lost', 'deferred')),
    detected_at timestamptz not null,
    changed_at timestamptz,
    changed_by text,
    note text constraint expansion_signal_note_fits check (pg_catalog.length(note) <= 10000),
    primary key (tenant_id, id)
);
create unique index expansion_signal_id_idx on cs_health.expansion_signal (id);
create unique index expansion_signal_one_open on cs_health.expansion_signal (tenant_id, signal_type)
    where status in ('new', 'contacted', 'deferred');
comment on table cs_health.expansion_signal is 'Signs that a tenant could grow: which, how much, what became of it';
comment on column cs_health.expansion_signal.current_plan is 'Code of the plan when it was detected; empty = none';
comment on column cs_health.expansion_signal.recommended_plan is 'Code of the next base plan by rank; null = none';
comment on column cs_health.expansion_signal.potential_arr is
    'Additional annual recurring revenue on the recommended plan, in the currency of settings; null = a price is '
    'missing, or the difference does not fit';
comment on column cs_health.expansion_signal.signal_details is 'What was seen, an object';

create table cs_health.expansion_signal_change (
    tenant_id uuid not null,
    signal_id uuid not null,
    id bigint generated always as identity,
    before text not null constraint expansion_signal_change_before_fits check (pg_catalog.length(before) <= 20),
    after text not null constraint expansion_signal_change_after_fits check (pg_catalog.length(after) <= 20),
    note text constraint expansion_signal_change_note_fits check (pg_catalog.length(note) <= 10000),
    changed_at timestamptz not null,
    changed_by text not null,
    told_at timestamptz,
    primary key (tenant_id, signal_id, id),
    foreign key (tenant_id, signal_id) references cs_health.expansion_signal (tenant_id, id) on delete cascade
);
create index expansion_signal_change_untold_idx on cs_health.expansion_signal_change (id) where told_at is null;
comment on table cs_health.expansion_signal_change is
    'What became of expansion signals: who, when, from which status to which; rows are added only';
comment on column cs_health.expansion_signal_change.told_at is 'When signal.status_changed was told of it';
