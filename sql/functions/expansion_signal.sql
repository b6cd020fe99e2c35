-- Expansion signals: how they are noted, and what becomes of them.

create function cs_health._record_signal(tenant_id uuid, signal_type text, details jsonb default null) returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    found_details jsonb := coalesce(nullif(_record_signal.details, '{}'),
        cs_health._signal_details(_record_signal.tenant_id, _record_signal.signal_type));
    made cs_health.expansion_signal;
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
    insert into cs_health.expansion_signal as e (
        tenant_id, signal_type, current_plan, recommended_plan, potential_arr, signal_details, detected_at)
    select t.id, _record_signal.signal_type, coalesce(t.plan_code, ''), n.code,
        case when g.gain between 0 and 99999999.99 then g.gain end, found_details, cs_health._now()
    from cs_health.tenant as t
    left join cs_health.plan as p on p.code = t.plan_code
    left join cs_health.plan as n on n.code = cs_health._next_plan(t.plan_code)
    cross join lateral (select (n.monthly_price - p.monthly_price) * 12 as gain) as g
    where t.id = _record_signal.tenant_id
    on conflict (tenant_id, signal_type) where status in ('new', 'contacted', 'deferred') do nothing
    returning e.* into made;
    if made.id is null then
        return (
            select e.id from cs_health.expansion_signal as e
            where e.tenant_id = _record_signal.tenant_id and e.signal_type = _record_signal.signal_type
                and e.status in ('new', 'contacted', 'deferred'));
    end if;
    perform cs_health._emit('signal.detected', made.tenant_id, jsonb_build_object('signal_id', made.id,
        'signal_type', made.signal_type, 'current_plan', made.current_plan, 'recommended_plan', made.recommended_plan,
        'potential_arr', made.potential_arr, 'currency', (select s.currency from cs_health.settings as s),
        'details', made.signal_details), made.id::text);
    return made.id;
end
$$;
comment on function cs_health._record_signal(uuid, text, jsonb) is
    'Notes an expansion signal and returns its id; while one of the type is open for the tenant, that one''s. details: '
    'an object; null or {} = what the measures say. Unknown tenants and types and other details: 22023';

create function cs_health._signal_details(tenant_id uuid, signal_type text) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select coalesce((
        select jsonb_build_object('usage_ratio', h.measures[m.position], 'as_of', h.as_of)
        from cs_health.current_health as h
        join cs_health.measure as m on m.code = 'usage_ratio'
        where signal_type = 'usage_limit' and h.tenant_id = _signal_details.tenant_id
            and h.measures[m.position] > 0.8::real), '{}')
$$;
comment on function cs_health._signal_details(uuid, text) is
    'What the current measures say about a signal: of usage_limit the share of the limit that is used, above 0.8';

create function cs_health.set_signal_status(id uuid, status text, note text default null) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    known cs_health.expansion_signal;
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
    select e.* into known from cs_health.expansion_signal as e where e.id = set_signal_status.id for update;
    if known.id is null then
        raise exception 'expansion signal % does not exist', coalesce(set_signal_status.id::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'Signals are listed in cs_health.expansion_signal.';
    end if;
    if set_signal_status.status <> known.status and (known.status in ('won', 'lost')
        or set_signal_status.status = 'new') then
        raise exception 'a signal that is % cannot become %', known.status, set_signal_status.status
            using errcode = 'object_not_in_prerequisite_state',
                hint = case when known.status in ('won', 'lost')
                    then 'It is settled; the next sign of growth opens a new signal.'
                    else 'Pass contacted, won, lost or deferred.' end;
    end if;
    update cs_health.expansion_signal as e
    set status = set_signal_status.status, note = coalesce(nullif(set_signal_status.note, ''), e.note),
        changed_at = cs_health._now(), changed_by = cs_health._author()
    where e.tenant_id = known.tenant_id and e.id = known.id;
    insert into cs_health.expansion_signal_change (tenant_id, signal_id, before, after, note, changed_at, changed_by)
    select known.tenant_id, known.id, known.status, set_signal_status.status, nullif(set_signal_status.note, ''),
        cs_health._now(), cs_health._author()
    where set_signal_status.status <> known.status;
end
$$;
comment on function cs_health.set_signal_status(uuid, text, text) is
    'Says what became of an expansion signal: from new, contacted or deferred to contacted, won, lost or deferred, '
    'with a note of at most 2000 characters (null or empty leaves the one there is). The status that it has may be '
    'set again. Unknown signals and statuses: 22023; other moves: 55000';

create function cs_health._tell_signal_changes() returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    change record;
    told integer := 0;
begin
    for change in
        select c.tenant_id, c.signal_id, c.id, c.before, c.after, e.signal_type, e.potential_arr
        from cs_health.expansion_signal_change as c
        join cs_health.expansion_signal as e on e.tenant_id = c.tenant_id and e.id = c.signal_id
        where c.told_at is null
        order by c.id
        limit 500 for update of c skip locked
    loop
        perform cs_health._emit('signal.status_changed', change.tenant_id, jsonb_build_object(
            'signal_id', change.signal_id, 'signal_type', change.signal_type, 'from', change.before, 'to', change.after,
            'potential_arr', change.potential_arr, 'currency', (select s.currency from cs_health.settings as s)),
            format('%s %s', change.signal_id, change.id));
        update cs_health.expansion_signal_change as c set told_at = cs_health._now()
        where c.tenant_id = change.tenant_id and c.signal_id = change.signal_id and c.id = change.id;
        told := told + 1;
    end loop;
    return told;
end
$$;
comment on function cs_health._tell_signal_changes() is
    'Emits signal.status_changed of changes that are not told yet, at most 500; returns how many. Apart from '
    'set_signal_status(), so that a CSM needs no right on the outbox';
