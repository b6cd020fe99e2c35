-- The data-incident guard: a measure that breaks for most tenants at once is our fault, not theirs.

create function cs_health._usual_rows(day date)
returns table (received bigint, usual double precision)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select coalesce((select f.rows_received from cs_health.feed_day as f where f.feed = 'event' and f.day = $1), 0),
        (select case when count(*) = 4 then percentile_cont(0.5) within group (order by w.rows_received) end
            from (
                select coalesce(f.rows_received, 0) as rows_received
                from generate_series(1, 8) as k
                left join cs_health.feed_day as f on f.feed = 'event' and f.day = $1 - 7 * k
                where $1 - 7 * k >= (select min(d.day) from cs_health.feed_day as d where d.feed = 'event')
                    and not exists (select from cs_health.holiday as y where y.day = $1 - 7 * k)
                    and not exists (
                        select from cs_health.measure_check as c
                        where c.as_of = $1 - 7 * k and c.incident = 'quiet' and c.closed_at is null
                            and c.accepted_at is null)
                order by k limit 4
            ) as w)
$$;
comment on function cs_health._usual_rows(date) is
    'Events received for a day, and the median of the same weekday''s last four that were no holiday and had no quiet '
    'incident; null while there are not four within eight weeks';

create function cs_health._measure_checks(day date)
returns table (
    measure text, tenants integer, observed integer, positive integer, had integer, lost integer,
    median double precision, expected double precision, incident text, reason text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- as in _score_batch()
set jit = off
set work_mem = '64MB'
as $$
#variable_conflict use_column
declare
    first_id constant uuid := '00000000-0000-0000-0000-000000000000';
    sample_end uuid := coalesce((select t.id from cs_health.tenant as t order by t.id offset 20000 limit 1),
        'ffffffff-ffff-ffff-ffff-ffffffffffff');
    before date := cs_health._previous_day(_measure_checks.day);
    weekday text := to_char(_measure_checks.day, 'FMDay') || 's';
    -- of days scored late, as _measures() has it
    quarter constant text[] := '{qau,active_days_90,events_90,users_ever}';
    quarter_lost boolean := _measure_checks.day < cs_health._newest_event() - 37;
    holiday boolean := exists (select from cs_health.holiday as y where y.day = _measure_checks.day);
    events record;
begin
    select r.received, r.usual into events from cs_health._usual_rows(_measure_checks.day) as r;
    return query
    with today as materialized (
        select m.tenant_id, cs_health.to_vector(m.measures) as measures
        from cs_health._measures(_measure_checks.day, first_id, sample_end) as m
    ), yesterday as (
        select h.tenant_id, h.measures from cs_health.customer_health as h
        where h.as_of = before and not h.provisional and h.tenant_id < sample_end
    ), counted as (
        -- of measures that are not watched only whether they are there
        select k.code, v.value, count(*) as n, count(*) filter (where v.had) as had
        from today as t
        left join yesterday as y on y.tenant_id = t.tenant_id
        cross join cs_health.measure as k
        cross join lateral (
            select
                case when k.watched or t.measures[k.position] is null then t.measures[k.position] else 0 end as value,
                y.measures[k.position] is not null as had
        ) as v
        group by k.code, v.value
    ), summed as (
        select c.code, sum(c.n)::integer as tenants,
            coalesce(sum(c.n) filter (where c.value is not null), 0)::integer as observed,
            coalesce(sum(c.n) filter (where c.value > 0), 0)::integer as positive,
            sum(c.had)::integer as had, coalesce(sum(c.had) filter (where c.value is null), 0)::integer as lost
        from counted as c group by c.code
    ), medians as (
        select distinct on (r.code) r.code, r.value as median
        from (
            select c.code, c.value, sum(c.n) over (partition by c.code order by c.value) as up_to
            from counted as c where c.value is not null
        ) as r
        join summed as s on s.code = r.code
        where r.up_to * 2 >= s.observed
        order by r.code, r.value
    ), usual as (
        select w.measure, percentile_cont(0.5) within group (order by w.median) as median
        from (
            select c.measure, c.median, c.positive >= 0.6 * c.observed as telling,
                row_number() over (partition by c.measure order by c.as_of desc) as row
            from cs_health.measure_check as c
            where c.as_of in (select _measure_checks.day - 7 * k from generate_series(1, 8) as k)
                and c.median is not null
                and not exists (select from cs_health.holiday as y where y.day = c.as_of)
                and (c.incident is null or c.closed_at is not null or c.accepted_at is not null)
        ) as w
        where w.row <= 4
        group by w.measure having count(*) = 4 and bool_and(w.telling)
    ), judged as (
        select s.code, s.tenants, s.observed, s.positive, m.median, u.median as expected,
            case when p.measure is not null then w.had else s.had end as had,
            case when p.measure is not null then greatest(w.had - s.observed, 0) else s.lost end as lost,
            k.watched and s.observed >= 10
                and m.median < u.median * case when o.incident = 'fell' then 0.75 else 0.5 end as fell,
            k.code = 'dau' and not holiday and events.usual >= 50
                and events.received < events.usual * case when o.incident = 'quiet' then 0.5 else 0.1 end as quiet,
            case when o.incident = 'lost' then 0.1 else 0.6 end as bearable,
            (k.builtin or k.watched) and (k.builtin or not holiday) and not (quarter_lost and k.code = any (quarter))
                as judge
        from summed as s
        join cs_health.measure as k on k.code = s.code
        left join medians as m on m.code = s.code and k.watched
        left join usual as u on u.measure = s.code
        left join cs_health.measure_check as o -- an incident of this day ends later than it began
            on o.as_of = _measure_checks.day and o.measure = s.code and o.incident is not null and o.closed_at is null
        left join cs_health.measure_check as p -- one of the day before, whose rows do not have what was hidden
            on p.as_of = before and p.measure = s.code and p.incident is not null and p.closed_at is null
                and p.accepted_at is null
        cross join lateral (select case when p.incident = 'lost' then p.had else p.observed end as had) as w
    ), named as (
        select j.*, case when j.quiet then 'quiet'
            when j.judge and j.had >= 10 and j.lost > j.bearable * j.had then 'lost'
            when j.judge and j.fell then 'fell' end as incident
        from judged as j
    )
    select n.code, n.tenants, n.observed, n.positive, n.had, n.lost, n.median::double precision,
        n.expected::double precision, n.incident,
        case n.incident
            when 'quiet' then format('%s events arrived, against %s on the last four %s', events.received,
                round(events.usual), weekday)
            when 'lost' then format('%s of %s tenants that had it have it no more', n.lost, n.had)
            when 'fell' then format('its median is %s, against %s on the last four %s', round(n.median::numeric, 3),
                round(n.expected::numeric, 3), weekday) end
    from named as n;
end
$$;
comment on function cs_health._measure_checks(date) is
    'Looks at every measure of a day on a fixed sample, the tenants with the 20,000 lowest ids, and says which are '
    'suspect: lost by more than 60 % of the tenants that had it (10 or more); watched, and the median below half of '
    'that of the same weekday''s last four; or, for users active on the day, a feed with less than a tenth of its '
    'usual rows (50 or more) that is no holiday. An incident that is open ends at half of '
    'them, at nine of ten found again, at three quarters of the median';

create function cs_health._check_measures(day date) returns void
language sql
set search_path = pg_catalog, pg_temp as $$
    insert into cs_health.measure_check as c (
        as_of, measure, tenants, observed, positive, had, lost, median, expected, incident, reason)
    select $1, k.measure, k.tenants, k.observed, k.positive, k.had, k.lost, k.median, k.expected, k.incident, k.reason
    from cs_health._measure_checks($1) as k
    on conflict on constraint measure_check_pkey do update
    set tenants = excluded.tenants, observed = excluded.observed, positive = excluded.positive, had = excluded.had,
        lost = excluded.lost, median = excluded.median, expected = excluded.expected, checked_at = clock_timestamp(),
        incident = coalesce(excluded.incident, c.incident), reason = coalesce(excluded.reason, c.reason),
        closed_at = case when excluded.incident is null and c.incident is not null and c.accepted_at is null
            then coalesce(c.closed_at, clock_timestamp()) end
$$;
comment on function cs_health._check_measures(date) is
    'Keeps what the guard sees of a day; an incident that it does not see any more is closed';

create function cs_health._hidden_positions(day date, rules jsonb) returns integer[]
language sql stable
set search_path = pg_catalog, pg_temp as $$
    with suspect as (
        select m.code, m.position
        from cs_health.measure_check as c join cs_health.measure as m on m.code = c.measure
        where c.as_of = day and c.incident is not null and c.closed_at is null and c.accepted_at is null
    )
    select array_agg(distinct p.position)
    from (
        select s.position from suspect as s
        union all
        select (i.item #>> '{else,position}')::integer
        from (select distinct (r.value ->> 'id')::integer as id from jsonb_array_elements(rules) as r) as r
        join cs_health.scorecard as c on c.id = r.id
        cross join lateral jsonb_path_query(c.document, '$.components.*.measures[*] ? (exists (@.else))') as i(item)
        join suspect as s on s.code = i.item ->> 'measure'
    ) as p
$$;
comment on function cs_health._hidden_positions(date, jsonb) is
    'Positions of the measures that count as not observed on a day because of an open incident, and of those that '
    'would stand in for them in a scorecard: a zero must not take the place of what is not known. Null: there is none';

create function cs_health._days_to_rescore() returns setof date
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    open record;
    first_day date;
    accepted date[] := '{}';
begin
    for open in
        select c.as_of, array_agg(c.measure) filter (where c.accepted_at is null) as measures, r.hidden_positions
        from cs_health.measure_check as c
        join cs_health.run as r on r.as_of = c.as_of and r.finished_at is not null
        where c.incident is not null and c.closed_at is null and cs_health._in_reach(c.as_of)
            and (c.accepted_at is null or r.hidden_positions is not null)
        group by c.as_of, r.hidden_positions order by c.as_of
    loop
        if open.hidden_positions is distinct from cs_health._hidden_positions(open.as_of,
            (select r.scorecard_rules from cs_health.run as r where r.as_of = open.as_of)) then
            accepted := accepted || open.as_of;
        end if;
        continue when open.measures is null;
        perform cs_health._refresh_own_measures(open.as_of, m.code, false)
        from cs_health.measure as m where m.query is not null and m.code = any (open.measures);
        if first_day is null and exists (select from cs_health._measure_checks(open.as_of) as k
            where k.measure = any (open.measures) and k.incident is null) then
            first_day := open.as_of;
        end if;
    end loop;
    update cs_health.run as r set reopened = true
    where r.finished_at is not null and cs_health._in_reach(r.as_of)
        and (r.as_of >= first_day or r.as_of = any (accepted));
    -- The latest first: a run that is killed in between leaves the incident open, and the next begins again.
    return query select r.as_of from cs_health.run as r where r.reopened order by r.as_of desc;
end
$$;
comment on function cs_health._days_to_rescore() is
    'Days to score again, the latest first, which it marks as reopened: those of incidents that somebody has accepted, '
    'and, from the first day on whose incident is over since its rows have arrived, every day. Asks the queries of '
    'your own measures with an incident anew';

create function cs_health.accept_incident(measure text, day date default null) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    accepted integer;
begin
    update cs_health.measure_check as c set accepted_at = clock_timestamp(), accepted_by = current_user
    where c.measure = accept_incident.measure and c.as_of = coalesce(accept_incident.day, c.as_of)
        and c.incident is not null and c.closed_at is null and c.accepted_at is null;
    get diagnostics accepted = row_count;
    if accepted = 0 then
        raise exception 'measure "%" has no open incident%', accept_incident.measure,
            coalesce(' on ' || accept_incident.day, '')
            using errcode = 'invalid_parameter_value', hint = 'Open incidents are listed in cs_health.data_incident.';
    end if;
    return accepted;
end
$$;
comment on function cs_health.accept_incident(text, date) is
    'Says that the numbers of a measure are right although the guard suspects them, on one day or on all days that are '
    'open. The next run_due() scores those days again with them. Returns how many days; none: 22023';

create function cs_health._triggers_held(day date) returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select string_agg(format('%s: %s', c.measure, c.reason), '; ' order by c.measure)
    from cs_health.measure_check as c
    where c.as_of = day and c.incident is not null and c.closed_at is null and c.accepted_at is null
$$;
comment on function cs_health._triggers_held(date) is
    'Why nothing may be triggered by the scores of a day; null when nothing is held';
