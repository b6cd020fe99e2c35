create table cs_health.settings (
    only_row boolean primary key default true constraint settings_has_one_row check (only_row),
    currency text not null default 'EUR' constraint settings_currency_is_iso_4217 check (currency ~ '^[A-Z]{3}$'),
    locale text not null default 'en' constraint settings_locale_is_known check (locale in ('en', 'es')),
    time_zone text not null default 'UTC'
        constraint settings_time_zone_exists check (pg_catalog.timezone(time_zone, 'epoch'::timestamptz) is not null),
    feature_users boolean not null default false,
    batch_tenants integer not null default 20000
        constraint settings_batch_tenants_in_range check (batch_tenants between 1 and 1000000),
    company_name text constraint settings_company_name_is_a_name
        check (company_name !~ '[[:cntrl:]]' and pg_catalog.length(company_name) between 1 and 255),
    dashboard_url text constraint settings_dashboard_url_is_https check (dashboard_url ~ '^https://'),
    fallback_assignee text
        constraint settings_fallback_assignee_has_an_at check (fallback_assignee ~ '^[^@[:space:]]+@[^@[:space:]]+$'),
    contacts_per_day integer not null default 1
        constraint settings_contacts_per_day_in_range check (contacts_per_day between 0 and 100),
    contacts_per_week integer not null default 3
        constraint settings_contacts_per_week_in_range check (contacts_per_week between 0 and 100),
    open_from time not null default '09:00',
    open_until time not null default '18:00',
    open_weekdays integer[] not null default '{1,2,3,4,5}' constraint settings_open_weekdays_are_iso
        check (open_weekdays <@ '{1,2,3,4,5,6,7}' and open_weekdays <> '{}'),
    digest_at time default '08:00',
    schema_version text,
    constraint settings_open_hours_are_in_order check (open_from < open_until)
);
comment on table cs_health.settings is 'What holds for the whole installation; exactly one row';
comment on column cs_health.settings.currency is 'ISO 4217 code of every amount of money';
comment on column cs_health.settings.locale is 'Language of texts where a tenant or colleague has none';
comment on column cs_health.settings.time_zone is
    'Where a day begins and ends. Days that are already folded keep the zone they were folded in';
comment on column cs_health.settings.feature_users is
    'Whether folding also keeps who uses which feature, for feature_usage(); that takes a key per user and feature';
comment on column cs_health.settings.batch_tenants is 'Tenants scored between two commits of a run';
comment on column cs_health.settings.company_name is 'Your company or product, as texts to customers name it';
comment on column cs_health.settings.dashboard_url is 'Where the dashboard is; links in messages begin with it';
comment on column cs_health.settings.fallback_assignee is
    'E-mail of the colleague who gets what concerns tenants without CSM and manager';
comment on column cs_health.settings.contacts_per_day is
    'Messages of playbooks to the people of a tenant, in a day of its time zone';
comment on column cs_health.settings.contacts_per_week is 'As contacts_per_day, in 7 days';
comment on column cs_health.settings.open_from is
    'Messages of playbooks go out from then on, in the time zone of the tenant';
comment on column cs_health.settings.open_until is 'Messages of playbooks go out until then';
comment on column cs_health.settings.open_weekdays is 'Days on which they go out, 1 = Monday; not on a holiday';
comment on column cs_health.settings.digest_at is
    'When CSMs get their morning digest, in settings.time_zone; null = never';
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
