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
    motion text constraint expansion_signal_motion_is_known check (motion in ('upsell', 'cross_sell')),
    held_reason text constraint expansion_signal_held_reason_is_known
        check (held_reason in ('at_risk', 'churn_risk', 'churn_notice')),
    refreshed_at timestamptz,
    ceased_on date,
    deferred_until date
        constraint expansion_signal_deferred_until_is_finite check (pg_catalog.isfinite(deferred_until)),
    won_arr numeric(10, 2) constraint expansion_signal_won_arr_in_range check (won_arr >= 0),
    primary key (tenant_id, id),
    constraint expansion_signal_deferred_until_fits_status check ((deferred_until is null) = (status <> 'deferred')),
    constraint expansion_signal_won_arr_fits_status check (won_arr is null or status = 'won')
);
create unique index expansion_signal_id_idx on cs_health.expansion_signal (id);
create index expansion_signal_deferred_idx on cs_health.expansion_signal (deferred_until) where status = 'deferred';
create unique index expansion_signal_one_open on cs_health.expansion_signal (tenant_id, signal_type)
    where status in ('new', 'contacted', 'deferred');
comment on table cs_health.expansion_signal is 'Signs that a tenant could grow: which, how much, what became of it';
comment on column cs_health.expansion_signal.current_plan is 'Code of the plan when it was last refreshed';
comment on column cs_health.expansion_signal.recommended_plan is
    'Code of the plan to offer, a base plan or an add-on; null = none fits';
comment on column cs_health.expansion_signal.potential_arr is
    'Additional annual recurring revenue on the recommended plan, in the currency of settings; null = a price is '
    'missing, or the difference does not fit';
comment on column cs_health.expansion_signal.signal_details is 'What was seen, an object; doc/expansion.md';
comment on column cs_health.expansion_signal.status is
    'new, contacted, deferred (comes back as new), won or lost (both final)';
comment on column cs_health.expansion_signal.motion is
    'upsell: a higher base plan; cross_sell: an add-on; null = nothing is recommended';
comment on column cs_health.expansion_signal.held_reason is
    'Why nothing is sold to the tenant now: churn_notice, at_risk (its category as shown) or churn_risk (its risk '
    'level is high or critical); null = free';
comment on column cs_health.expansion_signal.refreshed_at is
    'When the nightly run last changed what it says; null = never';
comment on column cs_health.expansion_signal.ceased_on is
    'Day since which the cause is no longer seen; null = it still is';
comment on column cs_health.expansion_signal.deferred_until is 'Day on which a deferred signal becomes new again';
comment on column cs_health.expansion_signal.won_arr is
    'Annual recurring revenue that was won; null = not won, or not known';

create table cs_health.expansion_signal_change (
    tenant_id uuid not null,
    signal_id uuid not null,
    id bigint generated always as identity,
    before text not null constraint expansion_signal_change_before_is_known
        check (before in ('new', 'contacted', 'won', 'lost', 'deferred')),
    after text not null constraint expansion_signal_change_after_is_known
        check (after in ('new', 'contacted', 'won', 'lost', 'deferred')),
    note text constraint expansion_signal_change_note_fits check (pg_catalog.length(note) <= 10000),
    changed_at timestamptz not null,
    changed_by text not null,
    deferred_until date,
    told_at timestamptz,
    primary key (tenant_id, signal_id, id),
    foreign key (tenant_id, signal_id) references cs_health.expansion_signal (tenant_id, id) on delete cascade
);
create index expansion_signal_change_untold_idx on cs_health.expansion_signal_change (id)
    where told_at is null and (before <> after or deferred_until is not null);
comment on table cs_health.expansion_signal_change is
    'What became of expansion signals: who, when, from which status to which, the same where only a day, a note or an '
    'amount was added; rows are added only';
comment on column cs_health.expansion_signal_change.deferred_until is
    'Until when, where it was deferred or that day was changed';
comment on column cs_health.expansion_signal_change.told_at is
    'When signal.status_changed was told of it; null = not yet, or it is a note or an amount, which is not told';
