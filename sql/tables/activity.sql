create table cs_health.activity (
    tenant_id uuid not null,
    segment integer not null,
    segments integer not null,
    pack bytea not null,
    primary key (tenant_id, segment),
    constraint activity_segment_in_range check (segment >= 0 and segment < segments)
) partition by hash (tenant_id);
comment on table cs_health.activity is
    'Folded events: per tenant packs of who was active on which of the last 128 days, and daily counters. Users are '
    'keyed hashes: pseudonymous, still personal data';
comment on column cs_health.activity.segments is 'Into how many segments the tenant''s users are split; a power of two';
comment on column cs_health.activity.pack is 'Format in doc/architecture.md; read it with presence_stats()';
alter table cs_health.activity alter column pack set storage external;

-- The same partitions as those of event: folding one of the inbox touches one of these. Half of each page stays
-- free, so that a new version of a pack finds room beside the old one.
create table cs_health.activity_00 partition of cs_health.activity for values with (modulus 16, remainder 0)
    with (fillfactor = 50);
create table cs_health.activity_01 partition of cs_health.activity for values with (modulus 16, remainder 1)
    with (fillfactor = 50);
create table cs_health.activity_02 partition of cs_health.activity for values with (modulus 16, remainder 2)
    with (fillfactor = 50);
create table cs_health.activity_03 partition of cs_health.activity for values with (modulus 16, remainder 3)
    with (fillfactor = 50);
create table cs_health.activity_04 partition of cs_health.activity for values with (modulus 16, remainder 4)
    with (fillfactor = 50);
create table cs_health.activity_05 partition of cs_health.activity for values with (modulus 16, remainder 5)
    with (fillfactor = 50);
create table cs_health.activity_06 partition of cs_health.activity for values with (modulus 16, remainder 6)
    with (fillfactor = 50);
create table cs_health.activity_07 partition of cs_health.activity for values with (modulus 16, remainder 7)
    with (fillfactor = 50);
create table cs_health.activity_08 partition of cs_health.activity for values with (modulus 16, remainder 8)
    with (fillfactor = 50);
create table cs_health.activity_09 partition of cs_health.activity for values with (modulus 16, remainder 9)
    with (fillfactor = 50);
create table cs_health.activity_10 partition of cs_health.activity for values with (modulus 16, remainder 10)
    with (fillfactor = 50);
create table cs_health.activity_11 partition of cs_health.activity for values with (modulus 16, remainder 11)
    with (fillfactor = 50);
create table cs_health.activity_12 partition of cs_health.activity for values with (modulus 16, remainder 12)
    with (fillfactor = 50);
create table cs_health.activity_13 partition of cs_health.activity for values with (modulus 16, remainder 13)
    with (fillfactor = 50);
create table cs_health.activity_14 partition of cs_health.activity for values with (modulus 16, remainder 14)
    with (fillfactor = 50);
create table cs_health.activity_15 partition of cs_health.activity for values with (modulus 16, remainder 15)
    with (fillfactor = 50);

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

create table cs_health.replaying (
    pid integer primary key constraint replaying_pid_is_a_process check (pid > 0),
    fold_until timestamptz not null
);
comment on table cs_health.replaying is 'Sessions in the midst of replay(): other folds leave later events alone';
