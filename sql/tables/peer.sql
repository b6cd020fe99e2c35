create table cs_health.peer_group (
    as_of date not null,
    segment text,
    plan_code text,
    tenants integer not null,
    lower_than integer[] not null
        constraint peer_group_has_all_scores check (pg_catalog.cardinality(lower_than) = 102),
    constraint peer_group_once_per_day unique nulls not distinct (as_of, segment, plan_code)
);
comment on table cs_health.peer_group is
    'How the active tenants with data of a segment and plan scored on the latest day, so that a tenant can be placed '
    'among its peers without anybody reading theirs';
comment on column cs_health.peer_group.lower_than is 'How many scored lower than 0, 1, ... 101';
