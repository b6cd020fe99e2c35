-- Contacts and milestones that colleagues write down.

create function cs_health.log_touchpoint(
    tenant_id uuid, kind text, detail text, direction text default null, at timestamptz default null,
    channel text default null, next_step text default null, next_step_on date default null)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    made uuid;
    happened timestamptz := coalesce(at, cs_health._now());
begin
    perform cs_health._require_tenant(tenant_id);
    if (kind ~ '^[a-z][a-z0-9_]{0,49}$') is not true then
        raise exception 'kind must be a lower-case word of at most 50 characters, not %',
            coalesce(regexp_replace(left(kind, 20), '[^ -~]', '?', 'g'), 'null')
            using errcode = 'invalid_parameter_value',
                hint = 'Pass email, call, meeting_booked, meeting_held, reply, note, milestone or a word of yours.';
    end if;
    if kind = 'hand_over' then
        raise exception 'a touchpoint of kind hand_over is not logged by hand'
            using errcode = 'invalid_parameter_value', hint = 'reassign_tenants() and hand_over() write it.';
    end if;
    if (length(detail) between 1 and 10000) is not true or length(next_step) > 1000 or length(channel) > 100 then
        raise exception 'detail must have 1 to 10000 characters, next_step at most 1000, channel at most 100'
            using errcode = 'invalid_parameter_value', hint = 'Say in a sentence what happened.';
    end if;
    if (direction in ('inbound', 'outbound', 'internal')) is false then
        raise exception 'direction must be inbound, outbound or internal, not %',
            regexp_replace(left(direction, 20), '[^ -~]', '?', 'g')
            using errcode = 'invalid_parameter_value', hint = 'Leave it out for what the kind says.';
    end if;
    if happened not between '2000-01-01 00:00+00' and cs_health._now() + interval '1 minute' then
        raise exception 'at must be between 2000 and now, not %', happened
            using errcode = 'invalid_parameter_value', hint = 'What lies ahead is a next step, or a task.';
    end if;
    if not isfinite(next_step_on) or next_step is null and next_step_on is not null then
        raise exception 'next_step_on must be the day of a next step, not %', next_step_on
            using errcode = 'invalid_parameter_value', hint = 'Pass next_step too.';
    end if;
    insert into cs_health.touchpoint as p (
        tenant_id, kind, direction, at, channel, actor, detail, next_step, next_step_on)
    values (tenant_id, kind, coalesce(direction, case when kind = 'reply' then 'inbound'
            when kind in ('email', 'call', 'meeting_booked', 'meeting_held') then 'outbound' else 'internal' end),
        happened, channel, cs_health._author(), detail, next_step, next_step_on)
    returning p.id into made;
    return made;
end
$$;
comment on function cs_health.log_touchpoint(uuid, text, text, text, timestamptz, text, text, date) is
    'Notes a contact with a customer, or a milestone, under your name, and returns its id. kind: email, call, '
    'meeting_booked, meeting_held, reply, note, milestone or a word of yours, but not hand_over; detail: at most 10000 '
    'characters, first_value for the milestone that activates; direction (default: a reply is inbound, contacts are '
    'outbound, the rest internal); at (default: now, never later); channel, next step and its day are free. Anything '
    'else: 22023';
