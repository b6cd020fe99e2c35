-- The scored day, said so that plans leave out the partitions of all other months.

create function cs_health._scored_day_support(internal) returns internal
as 'MODULE_PATHNAME', 'csh_scored_day_support' language c immutable strict;
comment on function cs_health._scored_day_support(internal) is 'What _scored_day() tells the planner';

create function cs_health._scored_day(looked_up date) returns date
language sql stable parallel safe
support cs_health._scored_day_support
set search_path = pg_catalog, pg_temp as $$
    select looked_up
$$;
comment on function cs_health._scored_day(date) is
    'The newest finished day of run, -infinity where there is none, for views; the argument must look it up. Plans '
    'have the day itself in place of it and leave out the partitions of other months; _scored_day_changes() sees to it '
    'that they are made anew when it changes';

create function cs_health._scored_day_changes() returns trigger
as 'MODULE_PATHNAME', 'csh_scored_day_changes' language c;
comment on function cs_health._scored_day_changes() is 'Makes every session plan anew what asks for the scored day';
