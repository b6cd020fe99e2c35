create table cs_health.settings (
    only_row boolean primary key default true constraint settings_has_one_row check (only_row),
    currency text not null default 'EUR' constraint settings_currency_is_iso_4217 check (currency ~ '^[A-Z]{3}$'),
    locale text not null default 'en' constraint settings_locale_is_known check (locale in ('en', 'es')),
    time_zone text not null default 'UTC'
        constraint settings_time_zone_exists check (pg_catalog.timezone(time_zone, 'epoch'::timestamptz) is not null),
    feature_users boolean not null default false,
    batch_tenants integer not null default 20000
        constraint settings_batch_tenants_in_range check (batch_tenants between 1 and 1000000),
    schema_version text
);
comment on table cs_health.settings is 'What holds for the whole installation; exactly one row';
comment on column cs_health.settings.currency is 'ISO 4217 code of every amount of money';
comment on column cs_health.settings.locale is 'Language of texts where a tenant or colleague has none';
comment on column cs_health.settings.time_zone is
    'Where a day begins and ends. Days that are already folded keep the zone they were folded in';
comment on column cs_health.settings.feature_users is
    'Whether folding also keeps who uses which feature, for feature_usage(); that takes a key per user and feature';
comment on column cs_health.settings.batch_tenants is 'Tenants scored between two commits of a run';
comment on column cs_health.settings.schema_version is 'Version of the extension whose install() ran last';

insert into cs_health.settings default values;

create table cs_health.hash_secret (
    only_row boolean primary key default true constraint hash_secret_has_one_row check (only_row),
    secret bytea not null constraint hash_secret_has_16_bytes check (pg_catalog.octet_length(secret) = 16)
);
comment on table cs_health.hash_secret is
    'Key of the user pseudonyms in activity, drawn at the first install(). Nobody but the owner may read it';

insert into cs_health.hash_secret (secret)
values (pg_catalog.substr(pg_catalog.sha256(
    pg_catalog.uuid_send(pg_catalog.gen_random_uuid()) || pg_catalog.uuid_send(pg_catalog.gen_random_uuid())), 1, 16));

create table cs_health.feed (
    code text primary key,
    window_days integer constraint feed_window_is_positive check (window_days > 0),
    description text not null,
    constraint feed_window_is_given check (window_days is not null or code in ('ticket', 'revenue'))
);
comment on table cs_health.feed is 'The kinds of input and how long each counts as live after its latest row';
comment on column cs_health.feed.window_days is 'Days after its latest row that a feed counts as live; null = for ever';

insert into cs_health.feed (code, window_days, description) values
    ('event', 7, 'What users do in the product'),
    ('ticket', null, 'Support cases'),
    ('feedback', 180, 'NPS, CSAT and reviews'),
    ('usage', 35, 'Metered quantities'),
    ('revenue', null, 'MRR movements');

create table cs_health.feed_day (
    feed text not null references cs_health.feed (code),
    day date not null,
    rows_received bigint not null,
    primary key (feed, day)
);
comment on table cs_health.feed_day is 'How many rows a feed has delivered for a day, over all tenants';
