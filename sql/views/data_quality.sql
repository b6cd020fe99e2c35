create or replace view cs_health_v1.data_quality with (security_invoker = true) as
select q.code, q.severity, q.count, q.examples, q.finding, q.remedy from cs_health.data_quality() as q;
comment on view cs_health_v1.data_quality is
    'What is wrong in the data

Every check, also those that found nothing (count 0).';
comment on column cs_health_v1.data_quality.code is 'The check';
comment on column cs_health_v1.data_quality.severity is 'How bad a finding is: error, warning or info';
comment on column cs_health_v1.data_quality.count is 'How many there are';
comment on column cs_health_v1.data_quality.examples is 'Up to five of them: ids of tenants, codes, reasons';
comment on column cs_health_v1.data_quality.finding is 'What it means';
comment on column cs_health_v1.data_quality.remedy is 'What to do';

create or replace function cs_health_v1.feeds()
returns table (
    feed text, description text, state text, last_on date, window_days integer, rows bigint, usual double precision,
    tenants bigint)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select f.feed, f.description, f.state, f.last_on, f.window_days, f.rows, f.usual, f.tenants
    from cs_health.feeds() as f
$$;
comment on function cs_health_v1.feeds() is
    'What comes in, feed by feed

state is live, quiet (nothing within window_days, so what rests on it is not observed) or never; rows are those of the
latest day, usual what is usual for events on that weekday; tenants of whom there is anything. For those who see every
customer.';
