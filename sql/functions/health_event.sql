-- Events that follow a run: what changed with customers and with the data. doc/events.md describes them.

create function cs_health._event(kind text, tenant_id uuid, data jsonb, source_key text) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select jsonb_build_object('id', md5(kind || ' ' || source_key)::uuid, 'kind', kind, 'version', 1,
        'occurred_at', to_char(timezone('UTC', cs_health._now()), 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'tenant_id', tenant_id, 'data', data)
$$;
comment on function cs_health._event(text, uuid, jsonb, text) is 'The document of an event as webhooks get it';

create function cs_health._channels_for(kind text) returns setof text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select c.code from cs_health.channel as c
    where c.kind = 'webhook' and c.enabled and (c.event_kinds is null or $1 = any (c.event_kinds))
$$;
comment on function cs_health._channels_for(text) is 'Webhook channels that want a kind of event';

create function cs_health._tell_health_changes(day date, previous_day date) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- as in _score_batch()
set plan_cache_mode = force_custom_plan
set jit = off
set work_mem = '64MB' as $$
declare
    told integer;
begin
    if not exists (select from cs_health._channels_for('health.category_changed'))
        and not exists (select from cs_health._channels_for('health.trend_changed')) then
        return 0;
    end if;
    insert into cs_health.outbox (source_key, channel, kind, tenant_id, payload)
    select format('event %s %s to %s', c.kind, c.key, w.channel), w.channel, c.kind, c.tenant_id,
        cs_health._event(c.kind, c.tenant_id, jsonb_build_object('day', day, 'from', c.before, 'to', c.after,
            'overall_score_from', c.score_before, 'overall_score_to', c.score_after, 'cause', c.cause), c.key)
    from (
        select k.kind, k.before, k.after, h.tenant_id, format('%s %s', h.tenant_id, day) as key,
            p.overall_score as score_before, h.overall_score as score_after,
            case when h.scorecard_id <> p.scorecard_id then 'scorecard' when h.coverage <> p.coverage then 'data'
                else 'customer' end as cause
        from cs_health.customer_health as h
        join cs_health.customer_health as p on p.tenant_id = h.tenant_id
        join cs_health.tenant as t on t.id = h.tenant_id and t.status <> 'internal'
        cross join lateral (values ('health.category_changed', p.category, h.category),
            ('health.trend_changed', p.trend, h.trend)) as k(kind, before, after)
        where h.as_of = day and not h.provisional and h.coverage >= 0.5
            and p.as_of = previous_day and not p.provisional and p.coverage >= 0.5
            and (h.category <> p.category or h.trend <> p.trend) and k.before <> k.after
    ) as c
    join (
        select n.kind, w.channel
        from unnest(array['health.category_changed', 'health.trend_changed']) as n(kind)
        cross join lateral cs_health._channels_for(n.kind) as w(channel)
    ) as w on w.kind = c.kind
    on conflict on constraint outbox_source_key_key do nothing;
    get diagnostics told = row_count;
    if told > 0 then
        perform cs_health._wake_worker();
    end if;
    return told;
end
$$;
comment on function cs_health._tell_health_changes(date, date) is
    'Tells whose category or trend is another than on the previous day; days on which less than half was observed say '
    'nothing. Returns how many messages that are';

create function cs_health._tell_incidents(day date) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    told integer;
begin
    insert into cs_health.outbox (source_key, channel, kind, payload)
    select format('event data.incident %s to %s', i.key, i.channel), i.channel, 'data.incident',
        cs_health._event('data.incident', null, jsonb_build_object('day', i.as_of, 'measure', i.measure,
            'kind', i.incident, 'reason', i.reason, 'status', i.status), i.key)
    from (
        select c.*, w.channel, s.status, format('%s %s %s', c.measure, c.as_of, s.status) as key
        from cs_health.measure_check as c
        cross join lateral cs_health._channels_for('data.incident') as w(channel)
        cross join lateral (select case when c.accepted_at is not null then 'accepted'
            when c.closed_at is not null then 'closed' else 'open' end as status) as s
        where c.incident is not null
            -- how it ended is for those who know that it began
            and case when s.status = 'open' then c.as_of = day else c.as_of > day - 60 and exists (
                select from cs_health.outbox as o where o.source_key
                    = format('event data.incident %s %s open to %s', c.measure, c.as_of, w.channel)) end
    ) as i
    on conflict on constraint outbox_source_key_key do nothing;
    get diagnostics told = row_count;
    if told > 0 then
        perform cs_health._wake_worker();
    end if;
    return told;
end
$$;
comment on function cs_health._tell_incidents(date) is
    'Tells of the data incidents of a day, and how earlier ones ended. Returns how many messages that are';

create function cs_health._day_to_compare(day date) returns date
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select coalesce(max(r.as_of) filter (where r.told_at is not null), max(r.as_of))
    from cs_health.run as r
    where r.as_of < day and r.as_of > day - 30 and r.finished_at is not null
$$;
comment on function cs_health._day_to_compare(date) is
    'The latest scored day that was told, else the latest scored one: what changed is told against it, so that a day '
    'skipped loses nothing';

create function cs_health._after_run(day date) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    run cs_health.run;
    previous_day date;
begin
    select r.* into run from cs_health.run as r where r.as_of = day for update;
    if run.as_of is null or exists (select from cs_health.run as r where r.as_of > day and r.finished_at is not null)
        or exists (select from cs_health.replaying as p where p.pid = pg_backend_pid()) then
        return;
    end if;
    perform cs_health._tell_incidents(day);
    if run.told_at is not null or day < cs_health._today() - 2 or cs_health._triggers_held(day) is not null then
        return;
    end if;
    previous_day := cs_health._day_to_compare(day);
    perform cs_health._tell_health_changes(day, previous_day);
    perform cs_health._follow_churn_risk(day, previous_day);
    perform cs_health._send_churn_alerts(day);
    perform cs_health._open_escalations(day, previous_day);
    perform cs_health._open_advocacy(day);
    update cs_health.run as r set told_at = clock_timestamp() where r.as_of = day;
end
$$;
comment on function cs_health._after_run(date) is
    'What follows a scored day and is not a playbook: events, churn alerts, escalations, advocacy. Only the newest '
    'day, and only while it is news (yesterday or the day before), so that neither a replay nor catching up tells '
    'history; once, whatever is scored again. While a data incident is open it waits until the day is scored without '
    'it';
