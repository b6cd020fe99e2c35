create table cs_health.digest (
    day date primary key,
    sent integer not null,
    sent_at timestamptz not null
);
comment on table cs_health.digest is
    'Days whose morning digests are made, and how many colleagues had anything to read';
