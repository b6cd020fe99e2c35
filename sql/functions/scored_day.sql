-- The latest scored day, said so that plans leave out the partitions of all other months.

create function cs_health._latest_scored_day_support(internal) returns internal
as 'MODULE_PATHNAME', 'csh_latest_scored_day_support' language c immutable strict;
comment on function cs_health._latest_scored_day_support(internal) is 'What _latest_scored_day() tells the planner';

create function cs_health._latest_scored_day() returns date
language sql stable parallel safe
support cs_health._latest_scored_day_support
set search_path = pg_catalog, pg_temp as $$
    select coalesce(max(r.as_of), '-infinity') from cs_health.run as r where r.finished_at is not null
$$;
comment on function cs_health._latest_scored_day() is
    'The newest finished day of run, -infinity where there is none. Plans have the day itself in place of it and leave '
    'out the partitions of other months; _scored_day_changes() sees to it that they are made anew when it changes';

create function cs_health._scored_day_changes() returns trigger
as 'MODULE_PATHNAME', 'csh_scored_day_changes' language c;
comment on function cs_health._scored_day_changes() is
    'Makes every session plan anew what asks for the latest scored day';
