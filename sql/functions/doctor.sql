-- What is wrong, and what to do about it.

create function cs_health.doctor()
returns table (item text, status text, detail text, remedy text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    yesterday date;
    library text := cs_health.version();
    extension text := (select e.extversion from pg_extension as e where e.extname = 'cs_health');
    settings record;
    has_cron boolean := exists (select from pg_extension where extname = 'pg_cron');
    jobs integer := 0;
    latest date;
    missing text;
    rejected record;
    feed record;
    tenants bigint;
    blank bigint;
    overrides record;
    findings record;
begin
    if to_regclass('cs_health.settings') is null then
        return query select 'install', 'error', 'the tables are missing', 'CALL cs_health.install();';
        return;
    end if;
    select s.schema_version, s.time_zone into settings from cs_health.settings as s;
    yesterday := cs_health._today() - 1;
    return query select 'version',
        case when library = extension and extension = settings.schema_version then 'ok' else 'error' end,
        format('library %s, extension %s, tables %s', library, extension, settings.schema_version),
        case when library <> extension then 'ALTER EXTENSION cs_health UPDATE; then open a new session.'
            when extension is distinct from settings.schema_version then 'CALL cs_health.install();' end;
    select string_agg(p.proname, ', ') into missing
    from pg_proc as p
    where p.pronamespace = 'cs_health'::regnamespace
        and has_function_privilege('public', p.oid, 'execute');
    return query select 'rights', case when missing is null then 'ok' else 'warning' end,
        coalesce('everybody may execute ' || missing, 'nothing is open to everybody'),
        case when missing is not null then 'REVOKE EXECUTE ON FUNCTION ... FROM PUBLIC;' end;
    select string_agg(r.name, ', ') into missing
    from unnest(array['cs_health_admin', 'cs_health_csm_all', 'cs_health_csm', 'cs_health_tenant',
        'cs_health_ingest', 'cs_health_worker', 'cs_health_authenticator']) as r(name)
    where not exists (select from pg_roles as p where p.rolname = r.name);
    return query select 'roles', case when missing is null then 'ok' else 'info' end,
        coalesce('missing: ' || missing, 'all seven exist'),
        case when missing is not null then
            'CALL cs_health.install_roles(); if others than the owner are to read scores.' end;
    return query select 'roles', 'error', format('%s can do more than it should', r.rolname),
        format('ALTER ROLE %I %s NOSUPERUSER NOBYPASSRLS NOCREATEROLE NOCREATEDB NOREPLICATION; since who asks is '
            'what a session claims.', r.rolname,
            case r.rolname when 'cs_health_authenticator' then 'NOINHERIT' else 'NOLOGIN' end)
    from pg_roles as r
    where (r.rolname in ('cs_health_csm_all', 'cs_health_csm', 'cs_health_tenant') and r.rolcanlogin
            or r.rolname = 'cs_health_authenticator' and r.rolinherit
            or r.rolname in ('cs_health_admin', 'cs_health_csm_all', 'cs_health_csm', 'cs_health_tenant',
                'cs_health_ingest', 'cs_health_worker', 'cs_health_authenticator')
                and (r.rolsuper or r.rolbypassrls or r.rolcreaterole or r.rolcreatedb or r.rolreplication));
    if exists (select from pg_roles where rolname = 'cs_health_csm_all')
        and not has_function_privilege('cs_health_csm_all', 'cs_health.score_breakdown(real[], jsonb)', 'execute') then
        return query select 'roles', 'error', 'the roles have no rights',
            'The owner of the tables needs EXECUTE on all routines in schema cs_health WITH GRANT OPTION; then CALL '
            'cs_health.install_roles();';
    end if;
    if has_cron then
        execute 'select count(*) from cron.job where jobname in ($1, $2, $3) and active'
        into jobs using 'cs_health run_due', 'cs_health fold_events', 'cs_health run_playbooks';
    end if;
    return query select 'schedule', case when jobs = 3 then 'ok' else 'warning' end,
        case when jobs > 0 then format('%s of 3 jobs of pg_cron', jobs)
            when has_cron then 'pg_cron is there, but does not call us' else 'no pg_cron in this database' end,
        case when jobs = 3 then null
            when has_cron then 'SELECT cs_health.schedule();'
            else 'Install pg_cron and SELECT cs_health.schedule(); or let any scheduler send CALL '
                'cs_health.run_due(); and CALL cs_health.run_playbooks();' end;
    select count(*) into tenants from cs_health.tenant;
    return query select 'tenants', case when tenants > 0 then 'ok' else 'warning' end, format('%s tenants', tenants),
        case when tenants = 0 then 'Insert your customers into cs_health.tenant; see doc/bring-your-own-data.md.' end;
    select max(r.as_of) filter (where r.finished_at is not null) into latest from cs_health.run as r;
    return query select 'scores', case when latest >= yesterday then 'ok' else 'warning' end,
        coalesce('complete up to ' || latest, 'no day has been scored'),
        case when latest >= yesterday then null else 'CALL cs_health.run_due();' end;
    select string_agg(r.as_of::text, ', ' order by r.as_of) into missing
    from cs_health.run as r where r.phase <> 'finished' and cs_health._in_reach(r.as_of);
    return query select 'runs', case when missing is null then 'ok' else 'warning' end,
        coalesce('unfinished: ' || missing, 'none is unfinished'),
        case when missing is not null then 'CALL cs_health.run_due(); takes them up where they stopped.' end;
    select string_agg(r.as_of::text, ', ' order by r.as_of) into missing
    from cs_health.run as r where r.phase <> 'finished' and not cs_health._in_reach(r.as_of);
    if missing is not null then
        return query select 'runs', 'warning', 'unfinished and out of reach: ' || missing,
            'They cannot be finished any more: DELETE FROM cs_health.run WHERE as_of IN (...);';
    end if;
    select string_agg(d.day::date::text, ', ' order by d.day) into missing
    from generate_series(greatest(latest - 30, (select min(r.as_of) from cs_health.run as r))::timestamp, latest,
        '1 day')
        as d(day)
    where not exists (select from cs_health.run as r where r.as_of = d.day::date);
    if missing is not null then
        return query select 'runs', 'info', 'days never scored: ' || missing,
            'CALL cs_health.replay(first day, last day);';
    end if;
    blank := cs_health._customers_without_score(latest);
    if blank > 0 then
        return query select 'scores', 'info', format('%s tenants came after the run of %s', blank, latest),
            'The next run scores them; CALL cs_health.recalculate(); does it now.';
    end if;
    return query select 'fold', case when cs_health.folded_at() > now() - interval '1 day' then 'ok' else 'warning' end,
        coalesce('the inbox was last folded at ' || cs_health.folded_at(), 'the inbox has never been folded'),
        case when cs_health.folded_at() > now() - interval '1 day' then null else 'CALL cs_health.fold_events();' end;
    return query select 'replay', 'info', format('session %s lets others fold events before %s only', r.pid,
        r.fold_until),
        format('When it is not replaying any more: SELECT pg_terminate_backend(%s);', r.pid)
    from cs_health.replaying as r where not cs_health._is_gone(r.pid);
    return query select 'measure ' || m.code, 'warning', m.failure, 'Mend its query with cs_health.register_measure().'
    from cs_health.measure as m where m.failed_at is not null order by m.code;
    return query select 'incident ' || i.measure, 'warning', format('%s: %s', case when count(*) = 1
            then min(i.as_of)::text else format('%s days from %s to %s', count(*), min(i.as_of), max(i.as_of)) end,
            (array_agg(i.reason order by i.as_of desc))[1]),
        format('Rows that arrive late close it with the next run_due(). If the numbers are right: SELECT '
            'cs_health.accept_incident(%L);', i.measure)
    from cs_health.data_incident as i
    where i.status = 'open' and cs_health._in_reach(i.as_of) -- what is out of reach stays as it is
    group by i.measure order by i.measure;
    for feed in
        select f.code, f.window_days, f.latest from cs_health._feed_state() as f order by f.code
    loop
        return query select 'feed ' || feed.code,
            case when feed.latest is null then case feed.code when 'event' then 'warning' else 'info' end
                when feed.latest <= yesterday - feed.window_days then 'warning' else 'ok' end,
            coalesce('latest row is of ' || feed.latest, 'never delivered a row')
                || coalesce((
                    select format('; %s rows on %s, usually %s on that weekday', u.received, yesterday, round(u.usual))
                    from cs_health._usual_rows(yesterday) as u
                    where feed.code = 'event' and u.usual is not null), ''),
            case when feed.latest is null then
                format('What rests on it is not observed. Load cs_health.%s if you have it.',
                    case feed.code when 'revenue' then 'revenue_event' else feed.code end)
                when feed.latest <= yesterday - feed.window_days
                    then 'The feed has gone quiet: its measures are not observed until rows arrive.' end;
    end loop;
    for rejected in
        select e.reason, count(*) as events, count(distinct e.tenant_id) as tenants from cs_health.event_rejected as e
        group by e.reason order by e.reason
    loop
        return query select 'rejected events', 'warning',
            format('%s events of %s tenants: %s', rejected.events, rejected.tenants, rejected.reason),
            format('Look at cs_health.event_rejected, mend the cause, then SELECT cs_health.release_rejected(%L);',
                rejected.reason);
    end loop;
    select string_agg(format('%s (%s)', q.code, q.found), ', ' order by q.place) as found,
        case when bool_or(q.severity = 'error') then 'error' when bool_or(q.severity = 'warning') then 'warning'
            else 'info' end as status
    into findings
    from (
        select w.code, w.severity, w.place, count(*) as found
        from (
            select n.code from cs_health._quality_findings() as n
            union all
            select r.fault from cs_health._revenue_faults() as r
        ) as f
        join cs_health._quality_words() as w on w.code = f.code
        where f.code not in ('unknown_tenant', 'rejected_events', 'feed_quiet', 'measure_fails') -- said above
        group by w.code, w.severity, w.place
    ) as q;
    return query select 'data', case when findings.found is null then 'ok' else findings.status end,
        coalesce(findings.found, 'nothing is wrong in the rows that came in'),
        case when findings.found is not null then
            'SELECT * FROM cs_health.data_quality() WHERE count > 0; says what is meant and what to do.' end;
    if latest is not null then
        select count(*) into blank from cs_health.customer_health as h where h.as_of = latest and h.coverage < 0.5;
        return query select 'coverage', case when blank = 0 then 'ok' else 'info' end,
            format('%s tenants are shown as no data', blank),
            case when blank > 0 then 'Less than half of the scorecard''s weight was observed for them; load the feeds '
                'above.' end;
    end if;
    if exists (
        select from cs_health.run as r having max(r.finished_at) > coalesce(max(r.shown_at), '-infinity')
            and max(r.finished_at) < now() - interval '10 minutes') then
        return query select 'list', 'warning', 'health_scores does not show yet what was scored last',
            'CALL cs_health.fold_events(); pg_locks has who holds cs_health.shown_health.';
    end if;
    return query select 'churn model', case s.verdict when 'ok' then 'ok' when 'retrain' then 'warning' else 'info' end,
        concat_ws(': ', s.model_version, nullif(array_to_string(s.reasons, '; '), '')),
        s.remedy || ' then publish_model()'
            || case s.verdict when 'train' then ': doc/first-churn-model.md.' else '.' end
    from cs_health.churn_model_status() as s;
    select count(*) as living, count(*) filter (where o.expires_on <= yesterday + 8) as soon into overrides
    from cs_health.health_override as o where o.ended_at is null and o.expires_on > yesterday;
    if overrides.living > 0 then
        return query select 'overrides', 'info',
            format('%s categories are overridden, %s of these only for the next 7 days', overrides.living,
                overrides.soon),
            case when overrides.soon > 0 then 'Where it still holds, set it again: cs_health.override_health().' end;
    end if;
    return query select f.* from cs_health._playbook_findings() as f;
    return query select f.* from cs_health._delivery_findings() as f;
end
$$;
comment on function cs_health.doctor() is
    'Every prerequisite and feed: status (ok, info, warning, error), what was found, and the remedy';
