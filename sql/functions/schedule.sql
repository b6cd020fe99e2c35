-- pg_cron only knocks; what is due is decided by run_due().

create function cs_health.schedule(cron text default '0 3 * * *') returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from pg_extension where extname = 'pg_cron') then
        raise exception 'extension pg_cron is not installed in database "%"', current_database()
            using errcode = 'object_not_in_prerequisite_state',
                hint = 'Add pg_cron to shared_preload_libraries, set cron.database_name to this database, restart, and '
                    'run CREATE EXTENSION pg_cron. Or let any scheduler send CALL cs_health.run_due().';
    end if;
    execute 'select cron.schedule($1, $2, $3)' using 'cs_health run_due', cron, 'CALL cs_health.run_due()';
    execute 'select cron.schedule($1, $2, $3)' using 'cs_health fold_events', '* * * * *',
        'CALL cs_health.fold_events()';
    execute 'select cron.schedule($1, $2, $3)' using 'cs_health run_playbooks', '* * * * *',
        'CALL cs_health.run_playbooks()';
end
$$;
comment on function cs_health.schedule(text) is
    'Lets pg_cron score every night (default 03:00, in pg_cron''s time zone, which is GMT before 1.5), and every '
    'minute fold the inbox and take the steps of playbooks that are due. Calling it again changes the time. Without '
    'pg_cron: an error (55000) that says what to do';

create function cs_health.unschedule() returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    removed integer := 0;
begin
    if exists (select from pg_extension where extname = 'pg_cron') then
        execute 'select count(cron.unschedule(jobid)) from cron.job where jobname in ($1, $2, $3)'
        into removed using 'cs_health run_due', 'cs_health fold_events', 'cs_health run_playbooks';
    end if;
    return removed;
end
$$;
comment on function cs_health.unschedule() is 'Takes our jobs out of pg_cron; returns how many there were';
