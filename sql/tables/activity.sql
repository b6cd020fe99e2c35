-- One table, although the inbox has sixteen partitions: so the fold of one changes one in sixteen of the packs on a
-- page, and the room that the page keeps free is enough for their new versions, one fold after the other. A pack stays
-- in its row, up to a page: as out-of-line pieces every fold would leave dead ones behind.
create table cs_health.activity (
    tenant_id uuid not null,
    segment integer not null,
    segments integer not null,
    pack bytea not null,
    primary key (tenant_id, segment),
    constraint activity_segment_in_range check (segment >= 0 and segment < segments)
) with (fillfactor = 70, toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0.1);
comment on table cs_health.activity is
    'Folded events: per tenant packs of who was active on which of the last 127 days, and daily counters. Users are '
    'keyed hashes: pseudonymous, still personal data';
comment on column cs_health.activity.segments is
    'Into how many segments the tenant''s users are split, a power of two; segment 0 is always there';
comment on column cs_health.activity.pack is 'Format in src/core/presence.h; read it with presence_stats()';
alter table cs_health.activity alter column pack set storage external;

create table cs_health.fold (
    partition integer primary key constraint fold_partition_in_range check (partition between 0 and 15),
    folded_at timestamptz
);
insert into cs_health.fold (partition) select p from pg_catalog.generate_series(0, 15) as p;
comment on table cs_health.fold is 'When each partition of the inbox was last folded whole; folding locks its row';

create table cs_health.feature_activity (
    tenant_id uuid not null,
    feature text not null,
    pack bytea not null,
    primary key (tenant_id, feature)
);
comment on table cs_health.feature_activity is
    'Packs of who used which feature, kept while settings.feature_users is on; pseudonymous, still personal data';

create table cs_health.feature_demand (
    tenant_id uuid not null,
    feature text not null,
    requested bigint not null,
    denied bigint not null,
    first_on date not null,
    last_on date not null,
    primary key (tenant_id, feature),
    constraint feature_demand_counts_something check (requested >= 0 and denied >= 0 and requested + denied > 0),
    constraint feature_demand_days_are_in_order check (first_on <= last_on)
);
create index feature_demand_last_on_idx on cs_health.feature_demand (last_on);
comment on table cs_health.feature_demand is
    'Features that users asked for or were denied, folded from events: how often and when, not by whom';
comment on column cs_health.feature_demand.requested is 'Quantities of events of kind feature_request, summed up';
comment on column cs_health.feature_demand.denied is 'Quantities of events of kind feature_denied, summed up';

create table cs_health.replaying (
    pid integer primary key constraint replaying_pid_is_a_process check (pid > 0),
    fold_until timestamptz not null
);
comment on table cs_health.replaying is 'Sessions in the midst of replay(): other folds leave later events alone';
