create table cs_health.measure (
    code text primary key constraint measure_code_is_a_name check (code ~ '^[a-z][a-z0-9_]{0,62}$'),
    "position" integer not null constraint measure_position_is_unique unique
        constraint measure_position_in_range check ("position" between 1 and 1000),
    unit text not null constraint measure_unit_fits check (pg_catalog.octet_length(unit) between 1 and 31),
    window_days integer not null default 0
        constraint measure_window_in_range check (window_days between 0 and 3660),
    description text not null,
    higher_is_better boolean,
    step double precision constraint measure_step_is_positive check (step > 0 and step < 'infinity'),
    effort double precision constraint measure_effort_is_positive check (effort > 0 and effort < 'infinity'),
    watched boolean not null default true,
    query text,
    failed_at timestamptz,
    failure text,
    builtin boolean not null default false
);
comment on table cs_health.measure is 'Catalogue of measures; a position in the vector is never given twice';
comment on column cs_health.measure."position" is 'Subscript in the vectors of customer_health';
comment on column cs_health.measure.window_days is 'Days looked back on; 0 = as it stands on the day';
comment on column cs_health.measure.step is
    'How much one step of improvement is, in the measure''s unit; null = it cannot be moved. Yours to change';
comment on column cs_health.measure.effort is
    'What one step costs relative to those of other measures; null = nobody can take one directly. Yours to change';
comment on column cs_health.measure.watched is
    'Whether the guard against data incidents watches the median of all tenants: levels over a month, not changes, and '
    'not figures of a day or a week, which follow the calendar. Yours to change';
comment on column cs_health.measure.failure is 'Why its query could not be run last time; it is not observed then';
comment on column cs_health.measure.query is
    'Your own SQL: a query of (tenant_id uuid, value double precision), $1 is the day; null for built-in measures and '
    'for values you insert yourself';

-- Positions of your own measures; those below 100 are kept for measures that come with the extension.
create sequence cs_health.measure_position as integer minvalue 100 maxvalue 1000 owned by cs_health.measure.position;

create table cs_health.measure_value (
    tenant_id uuid not null references cs_health.tenant (id) on delete cascade,
    measure text not null references cs_health.measure (code) on update cascade,
    as_of date not null,
    value double precision not null
        constraint measure_value_is_finite check (value between -1e37 and 1e37),
    primary key (tenant_id, measure, as_of)
);
create index measure_value_day_idx on cs_health.measure_value (measure, as_of, tenant_id) include (value);
comment on table cs_health.measure_value is
    'Values of measures of your own. Of those you insert the latest within the measure''s window (31 days for window '
    '0) counts; a measure with a query has the values of its last run';
