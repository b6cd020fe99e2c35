create table cs_health.activity (
    tenant_id uuid not null,
    segment integer not null,
    segments integer not null,
    pack bytea not null,
    primary key (tenant_id, segment),
    constraint activity_segment_in_range check (segment >= 0 and segment < segments)
) with (fillfactor = 50);
comment on table cs_health.activity is
    'Folded events: per tenant packs of who was active on which of the last 128 days, and daily counters. Users are '
    'keyed hashes: pseudonymous, still personal data';
comment on column cs_health.activity.segments is 'Into how many segments the tenant''s users are split; a power of two';
comment on column cs_health.activity.pack is 'Format in doc/architecture.md; read it with presence_stats()';
alter table cs_health.activity alter column pack set storage external;

create table cs_health.fold (
    partition integer primary key constraint fold_partition_in_range check (partition between 0 and 15),
    folded_at timestamptz not null
);
comment on table cs_health.fold is 'When each partition of the inbox was last folded whole';

create table cs_health.feature_activity (
    tenant_id uuid not null,
    feature text not null,
    pack bytea not null,
    primary key (tenant_id, feature)
);
comment on table cs_health.feature_activity is
    'Packs of who used which feature, kept while settings.feature_users is on; pseudonymous, still personal data';
