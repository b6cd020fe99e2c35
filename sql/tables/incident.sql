create table cs_health.measure_check (
    as_of date not null,
    measure text not null references cs_health.measure (code) on update cascade on delete cascade,
    tenants integer not null,
    observed integer not null,
    positive integer not null,
    had integer not null,
    lost integer not null,
    median double precision,
    expected double precision,
    incident text constraint measure_check_incident_is_known check (incident in ('lost', 'fell', 'quiet')),
    reason text,
    checked_at timestamptz not null default pg_catalog.clock_timestamp(),
    closed_at timestamptz,
    accepted_at timestamptz,
    accepted_by text,
    primary key (as_of, measure)
);
comment on table cs_health.measure_check is
    'What the incident guard saw of every measure before a day was scored, on a sample of at most 20,000 tenants';
comment on column cs_health.measure_check.tenants is 'Tenants of the sample';
comment on column cs_health.measure_check.observed is 'How many of them had the measure';
comment on column cs_health.measure_check.positive is 'How many of them had more than 0, of watched measures';
comment on column cs_health.measure_check.had is
    'How many had it on the scored day before, or on the last one before an incident that is still open';
comment on column cs_health.measure_check.lost is 'How many of those had it no more';
comment on column cs_health.measure_check.median is 'Median over the sample, of watched measures';
comment on column cs_health.measure_check.expected is
    'Median of the same weekday''s last four medians, if on each of those days 60 % of the tenants had more than 0: '
    'where half of them have nothing a median tells nothing';
comment on column cs_health.measure_check.incident is
    'lost: more than 60 % of the tenants that had the measure lost it. fell: its median fell below half of what was '
    'expected. quiet: its feed delivered less than a tenth of the same weekday''s usual rows, and it was no holiday. '
    'Null: none was ever seen';
comment on column cs_health.measure_check.closed_at is 'When a later check found the measure in order again';
comment on column cs_health.measure_check.accepted_at is 'When somebody said that the numbers are right as they are';

create table cs_health.holiday (
    day date primary key constraint holiday_is_a_day check (pg_catalog.isfinite(day)),
    name text not null
);
comment on table cs_health.holiday is
    'Days on which hardly anybody works: that hardly any event arrives on them is no data incident';
