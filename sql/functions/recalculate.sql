-- The nightly run: measures and scores of a day in batches, each committed, resumable after a crash.
-- Procedures that commit cannot fix their search_path, so they hold nothing but qualified calls; even a comparison
-- stands in a small function of its own.

create function cs_health._customers(day date) returns setof uuid
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select t.id from cs_health.tenant as t
    where (t.signed_up_at is null or t.signed_up_at < (select cs_health._end_of(day)))
        and (t.churned_on is null or t.churned_on >= day)
$$;
comment on function cs_health._customers(date) is 'Who was a customer on a day: signed up by then, not churned before';

create function cs_health._customers_without_score(day date) returns bigint
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select count(*) from cs_health._customers(day) as c(id)
    where not exists (select from cs_health.customer_health as h where h.tenant_id = c.id and h.as_of = day)
$$;
comment on function cs_health._customers_without_score(date) is 'How many customers of a day have no row of it';

create function cs_health._begin_run(day date, rescore boolean, triggers boolean default false) returns date
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    known cs_health.run;
    size integer;
    rules jsonb;
    model integer;
    tenants bigint;
    batch_count integer;
begin
    if day > cs_health._today() - 1 then
        raise exception 'day % is not over yet', day
            using errcode = 'invalid_parameter_value',
                detail = format('In time zone %s it is %s.', cs_health._time_zone(), cs_health._today()),
                hint = 'Use cs_health.health_now(tenant_id) for scores that include today.';
    end if;
    perform from cs_health.settings for update; -- one plan at a time
    select r.* into known from cs_health.run as r where r.as_of = day;
    if known.phase <> 'finished' and known.rescore >= rescore then
        update cs_health.run as r
        set resumed_at = clock_timestamp(), done_before = r.done, triggers = r.triggers and _begin_run.triggers
        where r.as_of = day;
        return day;
    end if;
    if known.phase = 'finished' and not rescore
        and not (cs_health._in_reach(day) and cs_health._customers_without_score(day) > 0) then
        return null;
    end if;
    perform cs_health._require_reach(day);
    perform cs_health._ensure_partition(day);
    perform cs_health._ensure_partition((day + interval '1 month')::date);
    select s.batch_tenants into size from cs_health.settings as s;
    rules := case when known.reopened then known.scorecard_rules else cs_health._scorecard_rules() end;
    if (rules @> '[{"segment": null, "plan_code": null}]') is not true then
        raise exception 'no scorecard is in use for tenants that no rule names'
            using errcode = 'object_not_in_prerequisite_state', hint = 'SELECT cs_health.use_scorecard(''spec'');';
    end if;
    model := case when known.reopened then known.churn_model_id else (
        select m.id from cs_health.churn_model as m where m.status = 'active') end;
    delete from cs_health.run_batch as b where b.as_of = day;
    insert into cs_health.run as r (
        as_of, scorecard_rules, churn_model_id, rescore, triggers, batches, total, started_at, resumed_at)
    values (day, rules, model, rescore, _begin_run.triggers and known.finished_at is null
            and not exists (select from cs_health.run as l where l.as_of > day),
        0, 0, clock_timestamp(), clock_timestamp())
    on conflict on constraint run_pkey do update -- finished_at stays: what was finished once can be read meanwhile
    set phase = 'measures', scorecard_rules = excluded.scorecard_rules, churn_model_id = excluded.churn_model_id,
        rescore = excluded.rescore, triggers = excluded.triggers, playbooks = null, done = 0, done_before = 0,
        rate = null, eta = null, started_at = excluded.started_at, resumed_at = excluded.resumed_at;
    insert into cs_health.run_batch (as_of, batch, low, high)
    select day, b.batch, b.low,
        lead(b.low, 1, 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid) over (order by b.batch)
    from (
        select (n.row - 1) / size as batch,
            case when n.row = 1 then '00000000-0000-0000-0000-000000000000'::uuid else n.id end as low
        from (select t.id, row_number() over (order by t.id) as row from cs_health.tenant as t) as n
        where (n.row - 1) % size = 0
    ) as b;
    get diagnostics batch_count = row_count;
    select count(*) into tenants from cs_health._customers(day);
    update cs_health.run as r set batches = batch_count, total = tenants where r.as_of = day;
    return day;
end
$$;
comment on function cs_health._begin_run(date, boolean, boolean) is
    'Plans the batches of a day, or takes up an unfinished run; null when the day is finished and no tenant is '
    'missing. `triggers` says whether it may start playbooks, which it does only for the newest day and only once';

create function cs_health._prepare_measures(day date) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    run cs_health.run;
    held text;
begin
    select r.* into run from cs_health.run as r where r.as_of = day for update;
    if run.phase is distinct from 'measures' then
        return;
    end if;
    if not run.reopened then
        perform cs_health._refresh_own_measures(day, null, false);
    end if;
    if run.finished_at is not null and not run.rescore then -- tenants that came since are scored as the others were
        update cs_health.run as r set phase = 'score' where r.as_of = day;
        return;
    end if;
    perform cs_health._check_measures(day);
    update cs_health.run as r
    set phase = 'score', hidden_positions = cs_health._hidden_positions(day, r.scorecard_rules)
    where r.as_of = day;
    held := cs_health._triggers_held(day);
    if held is not null then
        update cs_health.run as r set triggers = false where r.as_of = day;
        raise warning '%: measures are suspect and count as not observed: %', day, held
            using hint = 'Rows that arrive late close the incident with the next run_due(); accept_incident() says '
                'that the numbers are right.';
    elsif run.triggers then
        perform cs_health._watch_playbooks(day);
    end if;
end
$$;
comment on function cs_health._prepare_measures(date) is
    'The phase before scoring: measures of your own, the incident guard, and which playbooks to watch for; whoever '
    'comes second waits and finds it done';

-- What is called in here reads the rows just written with as_of = (select day). The statistics know nothing of a day
-- that is being written, so that as_of = day looks like a single row, found along the index of the lists: each batch
-- would read the whole day. Of a value that it does not know the planner expects as many rows as of any other day; the
-- month beside it leaves the other partitions out.
create function cs_health._score_batch(day date, slice integer, slices integer) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- for thousands of tenants at a time one misjudged nested loop takes longer than all the rest
set plan_cache_mode = force_custom_plan -- a plan made for health_now() in this session would be one for a single tenant
set jit = off
set work_mem = '64MB'
as $$
declare
    claimed cs_health.run_batch;
    run cs_health.run;
    previous_day date := cs_health._previous_day(day);
    prediction jsonb;
    scored integer;
begin
    -- The lock lasts until the commit; forget_tenant() waits for it, so that no batch brings back what it has erased.
    select b.* into claimed from cs_health.run_batch as b
    where b.as_of = day and b.done_at is null
    order by b.batch % slices <> slice, b.batch
    limit 1 for update skip locked;
    if claimed.batch is null then
        return false;
    end if;
    select r.* into run from cs_health.run as r where r.as_of = day;
    select cs_health._prediction_part(m.document) into prediction
    from cs_health.churn_model as m where m.id = run.churn_model_id;
    if run.rescore then
        delete from cs_health.customer_health as h
        where h.as_of = day and h.tenant_id >= claimed.low and h.tenant_id < claimed.high;
    else
        delete from cs_health.customer_health as h
        where h.as_of = day and h.tenant_id >= claimed.low and h.tenant_id < claimed.high and h.provisional;
    end if;
    insert into cs_health.customer_health (
        tenant_id, as_of, overall_score, engagement_score, adoption_score, satisfaction_score, support_score,
        growth_score, category, trend, scorecard_id, coverage, churn_probability, churn_model_id, calculated_at,
        measures, history)
    select s.tenant_id, s.as_of, s.overall_score, s.engagement_score, s.adoption_score, s.satisfaction_score,
        s.support_score, s.growth_score, s.category, s.trend, s.scorecard_id, s.coverage, s.churn_probability,
        s.churn_model_id, clock_timestamp(), s.measures, s.history
    from cs_health._scored(day, claimed.low, claimed.high, run.scorecard_rules,
        run.hidden_positions, previous_day, run.churn_model_id, prediction) as s
    where run.rescore or run.finished_at is null or not exists (
        select from cs_health.customer_health as h where h.tenant_id = s.tenant_id and h.as_of = day);
    get diagnostics scored = row_count;
    perform cs_health._follow_journey(day, claimed.low, claimed.high, run.rescore);
    if run.triggers then
        perform cs_health._detect_signals(day, claimed.low, claimed.high);
    end if;
    if run.triggers and run.playbooks is not null then
        perform cs_health._judge_tenants(day, claimed.low, claimed.high, run.playbooks);
    end if;
    update cs_health.run_batch as b set done_at = clock_timestamp() where b.as_of = day and b.batch = claimed.batch;
    update cs_health.run as r
    set done = r.done + scored,
        rate = (r.done + scored - r.done_before) / greatest(extract(epoch from clock_timestamp() - r.resumed_at), 1e-3),
        eta = clock_timestamp() + (clock_timestamp() - r.resumed_at)
            * (greatest(r.total - r.done - scored, 0) / greatest(r.done + scored - r.done_before, 1)::double precision)
    where r.as_of = day
    returning r.* into run;
    if run.batches > 1 then
        raise notice '%: % of % tenants scored, % a second, done by %',
            day, run.done, run.total, run.rate::bigint, to_char(run.eta, 'HH24:MI:SS');
    end if;
    return true;
end
$$;
comment on function cs_health._score_batch(date, integer, integer) is
    'Claims a batch that nobody else holds, its own slice''s first, scores it, follows the journeys, looks for '
    'expansion signals and sees for whom a playbook''s trigger begins or ceases to hold; false when none is left to '
    'claim';

create function cs_health._finish_run(day date) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    triggers boolean;
begin
    perform from cs_health.settings for update;
    if exists (select from cs_health.run_batch as b where b.as_of = day and b.done_at is null) then
        return false;
    end if;
    delete from cs_health.run_batch as b where b.as_of = day;
    delete from cs_health.customer_health as h where h.provisional and h.as_of <= day;
    if not exists (select from cs_health.run as r where r.as_of > day) then
        update cs_health.tenant as t set arr = m.arr
        from (
            select r.tenant_id, greatest(sum(r.mrr_change), 0) * 12 as arr from cs_health.revenue_event as r
            where r.occurred_on <= (date_trunc('month', (day + 1)::timestamp) - interval '1 day')::date
            group by r.tenant_id
        ) as m
        where t.id = m.tenant_id and t.arr is distinct from m.arr and m.arr < 1e12; -- more than the column holds
        perform cs_health._count_peers(day);
    end if;
    -- else the planner knows nothing of the day, and the next run's batches read all of it
    execute format('analyze cs_health.%I (tenant_id, as_of, category, provisional)',
        'customer_health_' || to_char(day, 'YYYY_MM'));
    update cs_health.run as r
    set phase = 'finished', finished_at = clock_timestamp(), eta = null, reopened = false
    where r.as_of = day and r.phase <> 'finished'
    returning r.triggers into triggers;
    perform cs_health._after_run(day);
    if triggers then
        perform cs_health._start_playbooks(day);
    end if;
    return true;
end
$$;
comment on function cs_health._finish_run(date) is
    'Closes a run when all of its batches are done; of the latest day brings tenant.arr up to date with the MRR '
    'movements (less than 0 is 0, what does not fit is left alone), counts peers, tells what is new, and ends and '
    'starts executions of playbooks. False while another session still works on it';

create procedure cs_health._score_day(
    day date, slice integer, slices integer, rescore boolean, triggers boolean)
language plpgsql as $$
declare
    planned pg_catalog.date;
    later pg_catalog.date;
    more boolean := true;
begin
    planned := cs_health._begin_run(day, rescore, triggers);
    commit;
    if planned is null then
        perform cs_health._relink_history(day);
        commit;
        return;
    end if;
    perform cs_health._prepare_measures(day);
    commit;
    while more loop
        more := cs_health._score_batch(day, slice, slices);
        commit;
    end loop;
    perform cs_health._finish_run(day);
    commit;
    for later in select cs_health._days_resting_on(day) loop
        perform cs_health._relink_history(later);
        commit;
    end loop;
end
$$;
comment on procedure cs_health._score_day(date, integer, integer, boolean, boolean) is
    'Scores a day with what is folded, one commit per batch; playbooks start only where `triggers` allows it';

create procedure cs_health.recalculate(
    as_of date default null, slice integer default 0, slices integer default 1, rescore boolean default false)
language plpgsql as $$
declare
    day pg_catalog.date;
begin
    perform cs_health._require_autocommit('recalculate()');
    day := cs_health._day_to_score(as_of, slice, slices);
    call cs_health.fold_events();
    call cs_health._score_day(day, slice, slices, rescore, true);
    perform cs_health._show_news();
    commit;
end
$$;
comment on procedure cs_health.recalculate(date, integer, integer, boolean) is
    'Folds the inbox and scores every tenant as of a day that is over (default: yesterday in settings.time_zone). '
    'Commits per batch, takes up where a killed run stopped; of a finished day it scores only tenants that came '
    'since, `rescore` scores it again with late events. Several sessions with their own slice of `slices` share the '
    'work';

create function cs_health._day_to_score(as_of date, slice integer, slices integer) returns date
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    if slices is null or slices < 1 or slice is null or slice < 0 or slice >= slices then
        raise exception 'slice % of % does not exist', slice, slices
            using errcode = 'invalid_parameter_value', hint = 'Slices count from 0 to slices - 1.';
    end if;
    if not isfinite(as_of) then
        raise exception 'as_of must be a day, not %', as_of
            using errcode = 'invalid_parameter_value', hint = 'Leave it out for yesterday.';
    end if;
    return coalesce(as_of, cs_health._today() - 1);
end
$$;
comment on function cs_health._day_to_score(date, integer, integer) is
    'The day a run is for, after its arguments were checked';

create function cs_health._next_due_day() returns date
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    yesterday date := cs_health._today() - 1;
    unfinished date;
    latest date;
    reach date := cs_health._newest_event() - 60;
begin
    select min(r.as_of) filter (where r.phase <> 'finished' and r.as_of >= coalesce(reach, r.as_of)),
        max(r.as_of) filter (where r.finished_at is not null)
    into unfinished, latest from cs_health.run as r;
    if unfinished is not null then
        return unfinished;
    end if;
    if latest >= yesterday then
        return null;
    end if;
    return greatest(coalesce(latest + 1, yesterday), reach);
end
$$;
comment on function cs_health._next_due_day() is
    'The first day that still has to be scored: an unfinished one, else the day after the latest; null when none';

create procedure cs_health.run_due()
language plpgsql as $$
declare
    day pg_catalog.date;
    before pg_catalog.date;
begin
    perform cs_health._require_autocommit('run_due()');
    call cs_health.fold_events();
    for day in select cs_health._days_to_rescore() loop
        call cs_health._score_day(day, 0, 1, true, false);
    end loop;
    loop
        day := cs_health._next_due_day();
        if day is null then
            exit;
        end if;
        if cs_health._same_day(day, before) then
            raise notice 'another session is working on %', day;
            exit;
        end if;
        call cs_health._score_day(day, 0, 1, false, true);
        before := day;
    end loop;
    perform cs_health._show_news();
    commit;
    call cs_health.apply_retention();
end
$$;
comment on procedure cs_health.run_due() is
    'Scores again the days of data incidents that are over, then every day that is over and not scored yet, in order, '
    'and applies the retention. Safe to call at any time and from several sessions; what pg_cron calls';

create function cs_health._same_day(a date, b date) returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select a is not distinct from b
$$;

create procedure cs_health.replay("from" date, "to" date default null, rescore boolean default false)
language plpgsql as $$
declare
    day pg_catalog.date;
    until pg_catalog.timestamptz;
begin
    perform cs_health._require_autocommit('replay()');
    for day in select cs_health._replay_days("from", "to") loop
        if cs_health._starts_chunk(day, "from") then
            until := cs_health._hold_folds(cs_health._replay_fold_end(day, "to"));
            commit;
            call cs_health.fold_events(until);
        end if;
        call cs_health._score_day(day, 0, 1, rescore, false);
    end loop;
    perform cs_health._hold_folds(null);
    commit;
    perform cs_health._show_news();
    commit;
end
$$;
comment on procedure cs_health.replay(date, date, boolean) is
    'Folds and scores history day by day, from the first to the last day (default: yesterday). Events are folded at '
    'most 30 days ahead of the day scored, well within reach. Every day is scored with the events, answers, tickets, '
    'usage and revenue up to it; plans, contract ends and features are those of today';

create function cs_health._hold_folds(until timestamptz) returns timestamptz
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    delete from cs_health.replaying as r where r.pid = pg_backend_pid() or cs_health._is_gone(r.pid);
    if until is not null then
        insert into cs_health.replaying (pid, fold_until) values (pg_backend_pid(), until);
    end if;
    return until;
end
$$;
comment on function cs_health._hold_folds(timestamptz) is
    'While this session replays, folds of other sessions leave later events alone: folding them would put the days to '
    'come out of reach. Null ends it, and so does the end of the session';

create function cs_health._is_gone(process integer) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select not exists (select from pg_stat_get_activity(process))
$$;

create function cs_health._replay_days("from" date, "to" date) returns setof date
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    last_day date := coalesce("to", cs_health._today() - 1);
begin
    if "from" is null or not isfinite("from") or not isfinite(last_day) or "from" > last_day then
        raise exception 'cannot replay from % to %', "from", last_day
            using errcode = 'invalid_parameter_value', hint = 'Give a first day that is not after the last.';
    end if;
    return query select d::date from generate_series("from"::timestamp, last_day::timestamp, interval '1 day') as d;
end
$$;
create function cs_health._starts_chunk(day date, first_day date) returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select (day - first_day) % 30 = 0
$$;
create function cs_health._replay_fold_end(day date, last_day date) returns timestamptz
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select cs_health._end_of(least(day + 29, coalesce(last_day, cs_health._today() - 1)))
$$;

create function cs_health._ensure_partition(day date) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    first_day date := date_trunc('month', day::timestamp)::date;
    name text := 'customer_health_' || to_char(day, 'YYYY_MM');
begin
    if to_regclass(format('cs_health.%I', name)) is not null then
        return;
    end if;
    perform from cs_health.settings for update;
    if to_regclass(format('cs_health.%I', name)) is not null then
        return;
    end if;
    -- Made apart and attached: CREATE ... PARTITION OF would lock out every reader of the parent.
    execute format('create table cs_health.%I (like cs_health.customer_health including defaults including '
        'constraints)', name);
    execute format('alter table cs_health.%I enable row level security', name);
    execute format('alter table cs_health.%I owner to %s', name, (
        select c.relowner::regrole from pg_class as c where c.oid = 'cs_health.customer_health'::regclass));
    execute format('comment on table cs_health.%I is %L', name, 'customer_health of ' || to_char(day, 'YYYY-MM'));
    execute format('alter table cs_health.customer_health attach partition cs_health.%I for values from (%L) to (%L)',
        name, first_day, (first_day + interval '1 month')::date);
end
$$;
comment on function cs_health._ensure_partition(date) is
    'Makes the partition of customer_health for the month of a day, unless it is there';

create function cs_health._previous_day(day date) returns date
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select max(r.as_of) from cs_health.run as r
    where r.as_of < day and r.as_of > day - 30 and r.finished_at is not null
$$;
comment on function cs_health._previous_day(date) is 'The scored day whose ring of past scores a day goes on with';

create function cs_health._days_resting_on(day date) returns setof date
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select r.as_of from cs_health.run as r
    where r.as_of > day and r.as_of < day + 30 and r.finished_at is not null
    order by r.as_of
$$;
comment on function cs_health._days_resting_on(date) is 'Scored days in whose ring of past scores a day stands';

create function cs_health._relink_history(day date) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    previous_day date := cs_health._previous_day(day);
begin
    update cs_health.customer_health as h
    set history = n.history, trend = cs_health._history_trend(n.history)
    from (
        select c.tenant_id, cs_health._history_push(
            case when p.scorecard_id = c.scorecard_id then p.history
                when p.tenant_id is not null
                    then cs_health._rescored_history(c.tenant_id, previous_day, s.document) end,
            coalesce(day - previous_day - 1, 0),
            nullif(get_byte(c.history, length(c.history) - 1), 255)) as history
        from cs_health.customer_health as c
        join cs_health.scorecard as s on s.id = c.scorecard_id
        left join cs_health.customer_health as p on p.tenant_id = c.tenant_id and p.as_of = previous_day
        where c.as_of = day and not c.provisional
    ) as n
    where h.as_of = day and h.tenant_id = n.tenant_id and h.history <> n.history;
end
$$;
comment on function cs_health._relink_history(date) is
    'Makes the rings of past scores of a scored day go on from the day before it, where days before it were scored '
    'later';
