-- Tables, views and rights as ordinary objects of whoever installs; the extension itself owns code only.

create procedure cs_health.install()
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    part record;
    installed text;
    clash text;
begin
    perform pg_advisory_xact_lock(hashtextextended('cs_health install', 0));
    if cs_health.version() <> (select e.extversion from pg_extension as e where e.extname = 'cs_health') then
        raise exception 'the loaded library is version %, the extension is version %', cs_health.version(),
            (select e.extversion from pg_extension as e where e.extname = 'cs_health')
            using errcode = 'object_not_in_prerequisite_state',
                hint = 'Run ALTER EXTENSION cs_health UPDATE, and open a new session so that the new library is '
                    'loaded.';
    end if;
    if to_regclass('cs_health.installed_part') is null then
        create table cs_health.installed_part (
            path text primary key,
            installed_at timestamptz not null default now()
        );
        comment on table cs_health.installed_part is 'Parts of install() that are run only once, and when they were';
    end if;
    for part in select s.* from cs_health._install_steps() as s order by s.step loop
        continue when part.kind = 'once'
            and exists (select from cs_health.installed_part as i where i.path = part.path);
        execute format('call cs_health.%I()', part.procedure_name);
        if part.kind = 'once' then
            insert into cs_health.installed_part (path) values (part.path);
        end if;
    end loop;
    perform cs_health._secure_tables();
    insert into cs_health.settings default values on conflict do nothing;
    select string_agg(m.code, ', ') into clash
    from cs_health.measure as m join cs_health.builtin_measures() as b on b.code = m.code where not m.builtin;
    if clash is not null then
        raise exception 'measures that come with this version have the codes of your own: %', clash
            using errcode = 'duplicate_object',
                hint = 'Rename yours in cs_health.measure and in the scorecards that name them, then call install() '
                    'again.';
    end if;
    -- What the owner may change (step, effort, watched) is only set on measures that are missing.
    insert into cs_health.measure (
        code, position, unit, window_days, description, higher_is_better, step, effort, watched, builtin)
    select b.code, b.position, b.unit, b.window_days, b.description, b.higher_is_better, b.step, b.effort, b.watched,
        true
    from cs_health.builtin_measures() as b
    on conflict (code) do update
        set unit = excluded.unit, window_days = excluded.window_days, description = excluded.description,
            higher_is_better = excluded.higher_is_better
    where measure.builtin;
    perform cs_health._ship_scorecard(cs_health._spec_scorecard());
    perform cs_health._ship_scorecard(cs_health._b2b_scorecard());
    if not exists (select from cs_health.scorecard_rule) then
        perform cs_health.use_scorecard('spec');
    end if;
    perform cs_health._ship_churn_model(cs_health._prior_model());
    perform cs_health._ship_playbooks();
    perform cs_health._log_new_sequences();
    select s.schema_version into installed from cs_health.settings as s;
    update cs_health.settings set schema_version = cs_health.version();
    notify pgrst, 'reload schema';
    raise notice '%', case when installed is null then 'cs_health ' || cs_health.version() || ' installed'
        else 'cs_health ' || cs_health.version() || ' checked (was ' || installed || ')' end;
end
$$;
comment on procedure cs_health.install() is
    'Creates the tables, views and policies as objects of the calling role, or brings them up to this version: what '
    'is missing is made, what is there keeps its rows. Tells PostgREST to read the schema again. Safe to call again; '
    'never commits';

create function cs_health._log_new_sequences() returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    name regclass;
begin
    for name in
        select c.oid from pg_class as c
        where c.relnamespace = 'cs_health'::regnamespace and c.relkind = 'S' and c.xmin = pg_current_xact_id()::xid
    loop
        execute format('select setval(%L, s.last_value, s.is_called) from %s as s', name, name);
    end loop;
end
$$;
comment on function cs_health._log_new_sequences() is
    'With wal_level minimal a sequence that is made and used in one transaction gives the same numbers again after a '
    'crash, for it takes its next 32 values for logged; setting it makes it log the very next one';

create function cs_health._secure_tables() returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    relation record;
begin
    for relation in
        select c.relname as name from pg_class as c
        where c.relnamespace = 'cs_health'::regnamespace and c.relkind in ('r', 'p') and not c.relrowsecurity
    loop
        execute format('alter table cs_health.%I enable row level security', relation.name);
    end loop;
end
$$;
comment on function cs_health._secure_tables() is
    'Row-level security on every table, partitions too, so that what no policy allows stays hidden';

create procedure cs_health.uninstall(drop_data boolean default false)
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    thing record;
begin
    perform pg_advisory_xact_lock(hashtextextended('cs_health install', 0));
    perform cs_health.unschedule();
    -- Without cascade: what others have built on the API is theirs, and stops this with a list of it. Functions first,
    -- some of which return rows of views, and these all in one statement, since some rest on others.
    for thing in
        select p.oid::regprocedure as name from pg_proc as p where p.pronamespace = to_regnamespace('cs_health_v1')
    loop
        execute format('drop routine %s', thing.name);
    end loop;
    for thing in
        select string_agg(c.oid::regclass::text, ', ') as names from pg_class as c
        where c.relnamespace in (to_regnamespace('cs_health_v1'), to_regnamespace('cs_health')) and c.relkind = 'v'
        having count(*) > 0
    loop
        execute 'drop view ' || thing.names;
    end loop;
    drop schema if exists cs_health_v1;
    for thing in
        select p.polname as name, c.relname as relation from pg_policy as p join pg_class as c on c.oid = p.polrelid
        where c.relnamespace = 'cs_health'::regnamespace and p.polname like E'cs\\_health\\_%'
    loop
        execute format('drop policy %I on cs_health.%I', thing.name, thing.relation);
    end loop;
    for thing in
        select c.conname as name, r.relname as relation
        from pg_constraint as c join pg_class as r on r.oid = c.conrelid
        where r.relnamespace = 'cs_health'::regnamespace and c.contype = 'c' and exists (
            select from pg_depend as d
            join pg_depend as e on e.classid = d.refclassid and e.objid = d.refobjid and e.deptype = 'e'
            where d.classid = 'pg_constraint'::regclass and d.objid = c.oid and d.refclassid = 'pg_proc'::regclass)
    loop
        execute format('alter table cs_health.%I drop constraint %I', thing.relation, thing.name);
    end loop;
    for thing in
        select t.tgname as name, r.relname as relation
        from pg_trigger as t join pg_class as r on r.oid = t.tgrelid join pg_proc as p on p.oid = t.tgfoid
        where r.relnamespace = 'cs_health'::regnamespace and p.pronamespace = 'cs_health'::regnamespace
    loop
        execute format('drop trigger %I on cs_health.%I', thing.name, thing.relation);
    end loop;
    if not drop_data then
        raise notice 'the data stays in schema cs_health; DROP EXTENSION cs_health works now, install() takes it up '
            'again';
        return;
    end if;
    for thing in
        select c.relname as name from pg_class as c
        where c.relnamespace = 'cs_health'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
    loop
        execute format('drop table if exists cs_health.%I cascade', thing.name);
    end loop;
end
$$;
comment on procedure cs_health.uninstall(boolean) is
    'Takes away what depends on the extension''s code (API, checks, policies), so that DROP EXTENSION works, and '
    'refuses while objects of yours rest on it (2BP01); with drop_data also every table in schema cs_health. The only '
    'thing that ever deletes data as a whole';

create procedure cs_health.install_roles()
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    role_name text;
    authenticator constant text := 'cs_health_authenticator';
begin
    foreach role_name in array array[
        'cs_health_admin', 'cs_health_csm_all', 'cs_health_csm', 'cs_health_tenant', 'cs_health_ingest',
        'cs_health_worker']
    loop
        if to_regrole(role_name) is null then
            execute format('create role %I nologin', role_name);
        end if;
    end loop;
    if to_regrole(authenticator) is null then
        execute format('create role %I login noinherit', authenticator);
        -- Nobody reads what comes later, and meanwhile the connection would be missing to everybody else
        execute format('alter role %I set statement_timeout = ''20s''', authenticator);
        -- else each page is planned anew, which takes longer than reading it
        execute format('alter role %I set plan_cache_mode = force_generic_plan', authenticator);
    end if;
    foreach role_name in array array[
        'cs_health_admin', 'cs_health_csm_all', 'cs_health_csm', 'cs_health_tenant']
    loop
        if not exists (
            select from pg_auth_members as m
            where m.roleid = to_regrole(role_name) and m.member = to_regrole(authenticator)) then
            execute format('grant %I to %I', role_name, authenticator);
        end if;
    end loop;
    -- Before install() there is nothing to give rights on; it gives them itself.
    if to_regclass('cs_health.customer_health') is not null and to_regnamespace('cs_health_v1') is not null then
        call cs_health._install_security();
    end if;
end
$$;
comment on procedure cs_health.install_roles() is
    'Creates the roles cs_health_admin, cs_health_csm_all, cs_health_csm, cs_health_tenant, cs_health_ingest, '
    'cs_health_worker and cs_health_authenticator where they are missing, and gives them their rights. '
    'The last one is PostgREST''s: it logs in (set its password yourself), has 20 seconds for a statement, '
    'no rights, and may become an administrator, CSM or customer''s user. Roles '
    'belong to the whole cluster, so this is a call of its own';
