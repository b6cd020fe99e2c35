-- Expansion signals: how they are noted, and what becomes of them.

create function cs_health._record_signal(tenant_id uuid, signal_type text, details jsonb default null) returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    found_details jsonb := coalesce(_record_signal.details, '{}');
    plan text;
    seen record;
    made uuid;
begin
    perform cs_health._require_tenant(_record_signal.tenant_id);
    if (_record_signal.signal_type in ('usage_limit', 'feature_request', 'user_growth')) is not true then
        raise exception 'signal_type must be usage_limit, feature_request or user_growth, not %',
            coalesce(regexp_replace(left(_record_signal.signal_type, 20), '[^ -~]', '?', 'g'), 'null')
            using errcode = 'invalid_parameter_value', hint = 'Pass one of these three.';
    end if;
    if jsonb_typeof(found_details) <> 'object' or length(found_details::text) > 65536 then
        raise exception 'details must be a JSON object of at most 65536 characters, not % of %',
            jsonb_typeof(found_details), length(found_details::text)
            using errcode = 'invalid_parameter_value', hint = 'Leave it out for what the measures say.';
    end if;
    select t.plan_code into plan from cs_health.tenant as t where t.id = _record_signal.tenant_id;
    if plan is null then
        raise exception 'tenant % has no plan', _record_signal.tenant_id
            using errcode = 'invalid_parameter_value', hint = 'Set plan_code in cs_health.tenant.';
    end if;
    made := (
        select e.id from cs_health.expansion_signal as e
        where e.tenant_id = _record_signal.tenant_id and e.signal_type = _record_signal.signal_type
            and (e.status in ('new', 'contacted', 'deferred') -- or, as in _detect_signals(), rests
                or e.current_plan = plan and e.changed_at > cs_health._now() - interval '90 days')
        order by e.status in ('won', 'lost'), e.changed_at desc limit 1);
    if made is not null then
        return made;
    end if;
    select s.* into seen
    from cs_health._signals_of(_record_signal.tenant_id) as s where s.signal_type = _record_signal.signal_type;
    if _record_signal.details is not null and _record_signal.details <> '{}' then
        seen.details := found_details;
    end if;
    if seen.signal_type is null then
        select r.motion, r.plan_code, r.potential_arr into seen.motion, seen.recommended_plan, seen.potential_arr
        from cs_health._recommendations(array[_record_signal.tenant_id], null, null, null) as r;
    end if;
    insert into cs_health.expansion_signal as e (
        tenant_id, signal_type, current_plan, recommended_plan, motion, potential_arr, signal_details, held_reason,
        detected_at)
    values (_record_signal.tenant_id, _record_signal.signal_type, plan, seen.recommended_plan, seen.motion,
        seen.potential_arr, coalesce(seen.details, '{}'), cs_health._held_now(_record_signal.tenant_id),
        cs_health._now())
    on conflict (tenant_id, signal_type) where status in ('new', 'contacted', 'deferred') do nothing
    returning e.id into made;
    if made is null then
        return (
            select e.id from cs_health.expansion_signal as e
            where e.tenant_id = _record_signal.tenant_id and e.signal_type = _record_signal.signal_type
                and e.status in ('new', 'contacted', 'deferred'));
    end if;
    perform cs_health._tell_signal(_record_signal.tenant_id, made);
    return made;
end
$$;
comment on function cs_health._record_signal(uuid, text, jsonb) is
    'Notes an expansion signal and returns its id; while one of the type is open for the tenant, and for 90 days after '
    'it was won or lost on the present plan, that one''s. details: an object; null or {} = what is seen of the current '
    'day, {} where nothing is. Unknown tenants and types, tenants without a plan and other details: 22023';

create function cs_health._signals_of(tenant_id uuid)
returns table (signal_type text, details jsonb, motion text, recommended_plan text, potential_arr numeric)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select s.signal_type, s.details, s.motion, s.recommended_plan, s.potential_arr
    from (
        select h.as_of from cs_health.current_health as h where h.tenant_id = _signals_of.tenant_id
    ) as h
    cross join lateral (
        select array[t.id] as id, array[t.plan_code] as plan_code from cs_health.tenant as t
        where t.id = _signals_of.tenant_id and t.plan_code is not null) as t
    cross join lateral cs_health._signals_seen(h.as_of, t.id, t.plan_code, t.id, t.plan_code, t.id) as s
$$;
comment on function cs_health._signals_of(uuid) is 'The signals of a tenant as of its current day';

create function cs_health._tell_signal(tenant_id uuid, signal_id uuid) returns integer
language sql
set search_path = pg_catalog, pg_temp as $$
    select cs_health._emit('signal.detected', e.tenant_id, jsonb_build_object('signal_id', e.id,
        'signal_type', e.signal_type, 'current_plan', e.current_plan, 'recommended_plan', e.recommended_plan,
        'motion', e.motion, 'potential_arr', e.potential_arr, 'currency', (
            select s.currency from cs_health.settings as s), 'held_reason', e.held_reason,
        'details', e.signal_details), e.id::text)
    from cs_health.expansion_signal as e
    where e.tenant_id = _tell_signal.tenant_id and e.id = _tell_signal.signal_id
$$;
comment on function cs_health._tell_signal(uuid, uuid) is 'Emits signal.detected';

create function cs_health._is_signal_move(before text, after text) returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select coalesce(before = after or after = any (case before
        when 'new' then array['contacted', 'deferred', 'lost']
        when 'contacted' then array['won', 'lost', 'deferred']
        when 'deferred' then array['contacted', 'won', 'lost'] end), false)
$$;
comment on function cs_health._is_signal_move(text, text) is
    'Whether a colleague may bring a signal from one status to another; back to new only the engine does';

create function cs_health._may_move(before jsonb, after jsonb) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select cs_health._is_signal_move(before ->> 'status', after ->> 'status')
        and case when after ->> 'status' = before ->> 'status'
            then (after -> 'changed_at', after -> 'changed_by')
                is not distinct from (before -> 'changed_at', before -> 'changed_by')
            else after ->> 'changed_by' = cs_health._author() and after -> 'changed_at' = to_jsonb(cs_health._now()) end
        and (after -> 'deferred_until' in (before -> 'deferred_until', 'null')
            or (after ->> 'deferred_until')::date > cs_health._today())
$$;
comment on function cs_health._may_move(jsonb, jsonb) is
    'Whether a CSM may change an expansion signal like that: in the own name, now, and put off to a day to come';

create function cs_health._noted_status(tenant_id uuid, signal_id uuid) returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select coalesce((
        select c.after from cs_health.expansion_signal_change as c
        where c.tenant_id = _noted_status.tenant_id and c.signal_id = _noted_status.signal_id
        order by c.id desc limit 1), 'new')
$$;
comment on function cs_health._noted_status(uuid, uuid) is
    'The status that a signal has by its history, which goes on from there';

create function cs_health.set_signal_status(
    id uuid, status text, note text default null, deferred_until date default null, won_arr numeric default null)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    known cs_health.expansion_signal;
    until date;
    moved boolean;
    new_note text;
    amount numeric;
begin
    if (set_signal_status.status in ('new', 'contacted', 'won', 'lost', 'deferred')) is not true then
        raise exception 'status must be new, contacted, won, lost or deferred, not %',
            coalesce(regexp_replace(left(set_signal_status.status, 20), '[^ -~]', '?', 'g'), 'null')
            using errcode = 'invalid_parameter_value', hint = 'Pass one of these five.';
    end if;
    if length(set_signal_status.note) > 2000 then
        raise exception 'note has % characters, at most 2000', length(set_signal_status.note)
            using errcode = 'invalid_parameter_value', hint = 'Shorten it.';
    end if;
    if set_signal_status.won_arr is not null and set_signal_status.status <> 'won' then
        raise exception 'won_arr goes with won, not with %', set_signal_status.status
            using errcode = 'invalid_parameter_value', hint = 'Leave it out.';
    end if;
    if (set_signal_status.won_arr between 0 and 99999999.99) is false then -- NaN is larger than all
        raise exception 'won_arr must be between 0 and 99999999.99, not %', set_signal_status.won_arr
            using errcode = 'invalid_parameter_value', hint = 'Pass what a year of it brings, or leave it out.';
    end if;
    if set_signal_status.deferred_until is not null and set_signal_status.status <> 'deferred' then
        raise exception 'deferred_until goes with deferred, not with %', set_signal_status.status
            using errcode = 'invalid_parameter_value', hint = 'Leave it out.';
    end if;
    select e.* into known from cs_health.expansion_signal as e where e.id = set_signal_status.id for update;
    if known.id is null then
        raise exception 'expansion signal % does not exist', coalesce(set_signal_status.id::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'Signals are listed in cs_health.expansion_signal.';
    end if;
    if not cs_health._is_signal_move(known.status, set_signal_status.status) then
        raise exception 'a signal that is % cannot become %', known.status, set_signal_status.status
            using errcode = 'object_not_in_prerequisite_state', hint = case known.status
                when 'new' then 'Pass contacted, deferred or lost; what was won was contacted before.'
                when 'contacted' then 'Pass won, lost or deferred.'
                when 'deferred' then 'Pass contacted, won or lost; it becomes new by itself on its date.'
                else 'It is settled; the next sign of growth opens a new signal.' end;
    end if;
    if set_signal_status.status = 'deferred' then
        until := coalesce(set_signal_status.deferred_until, known.deferred_until);
        if (until > cs_health._today() and isfinite(until)) is not true
            and until is distinct from known.deferred_until then
            raise exception 'deferred_until must be a day after today, not %', until
                using errcode = 'invalid_parameter_value', hint = 'Pass the day on which it shall come back.';
        end if;
        if until is null then
            raise exception 'deferred_until is missing'
                using errcode = 'invalid_parameter_value', hint = 'Pass the day on which it shall come back.';
        end if;
    end if;
    moved := set_signal_status.status <> known.status;
    new_note := coalesce(nullif(set_signal_status.note, ''), known.note);
    amount := coalesce(set_signal_status.won_arr, known.won_arr);
    update cs_health.expansion_signal as e
    set status = set_signal_status.status, note = new_note, deferred_until = until, won_arr = amount,
        changed_at = case when moved then cs_health._now() else e.changed_at end,
        changed_by = case when moved then cs_health._author() else e.changed_by end
    where e.tenant_id = known.tenant_id and e.id = known.id;
    insert into cs_health.expansion_signal_change (
        tenant_id, signal_id, before, after, note, changed_at, changed_by, deferred_until)
    select known.tenant_id, known.id, cs_health._noted_status(known.tenant_id, known.id), set_signal_status.status,
        nullif(set_signal_status.note, ''), cs_health._now(), cs_health._author(),
        case when moved or until <> known.deferred_until then until end
    where moved or until <> known.deferred_until
        or (new_note, amount) is distinct from (known.note, known.won_arr);
end
$$;
comment on function cs_health.set_signal_status(uuid, text, text, date, numeric) is
    'Says what became of an expansion signal: from new to contacted, deferred or lost; from contacted to won, lost '
    'or deferred; from deferred to contacted, won, lost, or deferred until another day. The status that it has may '
    'be set again, to add to it. note: at most 2000 characters, null or empty leaves the one there is. '
    'deferred_until: a day after today on which it becomes new again, required when it becomes deferred. won_arr: '
    'what a year of what was won brings, null = not known. Unknown signals and statuses, and values that do not go '
    'with the status: 22023; other moves: 55000';

create function cs_health._return_deferred(low uuid, high uuid) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    back integer;
begin
    with due as (
        select e.tenant_id, e.id from cs_health.expansion_signal as e
        where e.status = 'deferred' and e.deferred_until <= cs_health._today()
            and e.tenant_id >= low and e.tenant_id < high
        for update skip locked
    ), returned as (
        update cs_health.expansion_signal as e
        set status = 'new', deferred_until = null, changed_at = cs_health._now(), changed_by = 'engine'
        from due as d
        where e.tenant_id = d.tenant_id and e.id = d.id
        returning e.tenant_id, e.id
    )
    insert into cs_health.expansion_signal_change (tenant_id, signal_id, before, after, changed_at, changed_by)
    select r.tenant_id, r.id, 'deferred', 'new', cs_health._now(), 'engine' from returned as r;
    get diagnostics back = row_count;
    return back;
end
$$;
comment on function cs_health._return_deferred(uuid, uuid) is
    'Makes deferred signals of a range of tenants new again whose day has come; returns how many';

create function cs_health._tell_signal_changes() returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    change record;
    told integer := 0;
begin
    for change in
        select c.tenant_id, c.signal_id, c.id, c.before, c.after, e.signal_type, e.potential_arr,
            e.won_arr, c.deferred_until
        from cs_health.expansion_signal_change as c
        join cs_health.expansion_signal as e on e.tenant_id = c.tenant_id and e.id = c.signal_id
        where c.told_at is null and (c.before <> c.after or c.deferred_until is not null)
        order by c.id
        limit 500 for update of c skip locked
    loop
        perform cs_health._emit('signal.status_changed', change.tenant_id, jsonb_build_object(
            'signal_id', change.signal_id, 'signal_type', change.signal_type, 'from', change.before, 'to', change.after,
            'potential_arr', change.potential_arr, 'won_arr', case change.after when 'won' then change.won_arr end,
            'deferred_until', change.deferred_until, 'currency', (select s.currency from cs_health.settings as s)),
            format('%s %s', change.signal_id, change.id));
        update cs_health.expansion_signal_change as c set told_at = cs_health._now()
        where c.tenant_id = change.tenant_id and c.signal_id = change.signal_id and c.id = change.id;
        told := told + 1;
    end loop;
    return told;
end
$$;
comment on function cs_health._tell_signal_changes() is
    'Emits signal.status_changed of changes that are not told yet, at most 500, without those that only add a note or '
    'an amount; returns how many. Apart from '
    'set_signal_status(), so that a CSM needs no right on the outbox';
