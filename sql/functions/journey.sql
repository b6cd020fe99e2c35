-- The journey of a customer as one list, and of many as a funnel.

-- Every part has an index for the newest rows of a tenant, or few rows; the policies of whoever asks apply to each.
create function cs_health._journey_items(tenant uuid, before timestamptz, before_id text, most integer)
returns setof cs_health.journey_item
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- planning fifteen tables anew would take longer than reading them
as $$
#variable_conflict use_variable
declare
    zone text := cs_health._time_zone();
    -- later ones have not happened
    before_day date := least(timezone(cs_health._time_zone(), before)::date, cs_health._today());
    touchpoints cs_health.journey_item[];
    since timestamptz := '-infinity'; -- what is older than a full page of touchpoints is not on it
begin
    touchpoints := array(
        select row(p.at, 'touchpoint:' || p.id, 'touchpoint', p.kind, p.direction, p.channel, p.actor,
            p.detail, p.next_step || coalesce(' (' || p.next_step_on || ')', ''),
            jsonb_build_object('touchpoint_id', p.id))::cs_health.journey_item
        from cs_health.touchpoint as p
        where p.tenant_id = tenant and p.at <= before
            and (p.at < before or ('touchpoint:' || p.id) collate "C" < before_id)
        order by p.at desc, p.id desc limit most);
    if cardinality(touchpoints) = most then
        since := (touchpoints[most]).at;
    end if;
    return query
    select i.* from (
        select t.* from unnest(touchpoints) as t
        union all
        (select x.at, x.id, 'feedback', f.kind, 'inbound', null, f.user_id, f.score::text, f.comment,
            jsonb_build_object('feedback_id', f.id)
        from cs_health.feedback as f
        cross join lateral (select f.answered_at as at, 'feedback:' || f.id as id) as x
        where f.tenant_id = tenant and f.answered_at between since and before
            and (f.answered_at < before or x.id collate "C" < before_id)
        order by f.answered_at desc, f.id desc limit most)
        union all
        (select k.opened_at, x.id, 'ticket', 'opened', 'inbound', null, null, k.id, k.severity,
            jsonb_build_object('ticket_id', k.id)
        from cs_health.ticket as k
        cross join lateral (select 'ticket:' || k.id || ':opened' as id) as x
        where k.tenant_id = tenant and k.opened_at between since and before
            and (k.opened_at < before or x.id collate "C" < before_id)
        order by k.opened_at desc, x.id collate "C" desc limit most)
        union all
        (select k.resolved_at, x.id, 'ticket', 'resolved', 'outbound', null, null, k.id, k.severity,
            jsonb_build_object('ticket_id', k.id)
        from cs_health.ticket as k
        cross join lateral (select 'ticket:' || k.id || ':resolved' as id) as x
        where k.tenant_id = tenant and k.resolved_at between since and before
            and (k.resolved_at < before or x.id collate "C" < before_id)
        order by k.resolved_at desc, x.id collate "C" desc limit most)
        union all
        (select x.at, x.id, 'revenue', r.kind, 'internal', null, null, r.mrr_change::text, null,
            jsonb_build_object('revenue_event_id', r.id)
        from cs_health.revenue_event as r
        cross join lateral (
            select timezone(zone, r.occurred_on::timestamp) as at, 'revenue:' || r.id as id) as x
        where r.tenant_id = tenant and r.occurred_on <= before_day
            and (x.at < before or x.at = before and x.id collate "C" < before_id)
        order by r.occurred_on desc, r.id desc limit most)
        union all
        select x.at, x.id, x.source, x.kind, x.direction, x.channel, x.actor, x.title, x.detail, x.links
        from cs_health._journey_events(tenant, zone) as x
        where x.at < before or x.at = before and x.id collate "C" < before_id
    ) as i
    order by i.at desc, i.id collate "C" desc limit most;
end
$$;
comment on function cs_health._journey_items(uuid, timestamptz, text, integer) is
    'The newest items of a journey before a moment and id, but for changes of category';

create function cs_health._journey_events(tenant uuid, zone text) returns setof cs_health.journey_item
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
declare
    language text := cs_health._language(tenant, null);
begin
    return query
    select e.created_at, 'playbook:' || e.id || ':started', 'playbook', 'started', 'internal', null::text, e.created_by,
        e.playbook_name, nullif(e.status, 'finished'),
        jsonb_build_object('execution_id', e.id, 'playbook_id', e.playbook_id)
    from cs_health.playbook_execution as e where e.tenant_id = tenant
    union all
    select e.ended_at, 'playbook:' || e.id || ':' || e.status, 'playbook', e.status, 'internal', null, 'engine',
        e.playbook_name, e.outcome, jsonb_build_object('execution_id', e.id, 'playbook_id', e.playbook_id)
    from cs_health.playbook_execution as e where e.tenant_id = tenant and e.ended_at is not null
    union all
    select a.at, 'banner:' || m.id || ':' || a.kind, 'banner', a.kind, 'inbound', 'in_app', null, m.title, null,
        jsonb_build_object('in_app_message_id', m.id, 'execution_id', m.execution_id, 'step_no', m.step_no)
    from cs_health.in_app_message as m
    cross join lateral (values
        ('shown', m.shown_at), ('clicked', m.clicked_at), ('dismissed', m.dismissed_at)) as a(kind, at)
    where m.tenant_id = tenant and a.at is not null
    union all
    select timezone(zone, e.entered_on::timestamp), 'stage:' || e.entered_on || ':' || row_number() over (
            partition by e.entered_on order by e.left_on, s.place desc) || ':' || e.stage, 'stage', e.stage,
        'internal', null, null, coalesce(case language when 'es' then s.name_es else s.name_en end, e.stage), e.reason,
        jsonb_build_object('stage', e.stage)
    from cs_health.journey_entry as e
    left join cs_health.journey_stage as s on s.code = e.stage
    where e.tenant_id = tenant
    union all
    select timezone(zone, t.churn_notice_on::timestamp), 'churn_notice:' || t.churn_notice_on, 'churn_notice', 'given',
        'inbound', null, null, null, null, jsonb_build_object('churn_notice_on', t.churn_notice_on)
    from cs_health.tenant as t where t.id = tenant and t.churn_notice_on is not null
    union all
    select timezone(zone, c.day::timestamp), 'churn_alert:' || a.id || ':' || c.kind, 'churn_alert', c.kind, 'internal',
        null, 'engine', c.level, c.detail, jsonb_build_object('churn_alert_id', a.id)
    from cs_health.churn_alert as a
    cross join lateral (values
        ('started', a.started_on, a.level, round(100 * a.probability::numeric, 1) || ' %'),
        ('ended', a.ended_on, a.level, null)) as c(kind, day, level, detail)
    where a.tenant_id = tenant and c.day is not null
    union all
    select s.detected_at, 'signal:' || s.id || ':detected', 'signal', s.signal_type, 'internal', null, 'engine',
        s.recommended_plan::text, s.potential_arr::text, jsonb_build_object('signal_id', s.id)
    from cs_health.expansion_signal as s where s.tenant_id = tenant
    union all
    select c.changed_at, 'signal:' || c.signal_id || ':' || c.id, 'signal', c.after, 'internal', null, c.changed_by,
        s.signal_type, c.note, jsonb_build_object('signal_id', c.signal_id)
    from cs_health.expansion_signal_change as c
    join cs_health.expansion_signal as s on s.tenant_id = tenant and s.id = c.signal_id
    where c.tenant_id = tenant
    union all
    select x.at, 'override:' || o.id || ':' || x.kind, 'override', x.kind, 'internal', null, x.actor, o.category,
        x.detail, jsonb_build_object('override_id', o.id)
    from cs_health.health_override as o
    cross join lateral (values ('set', o.set_at, o.set_by, o.reason), ('ended', o.ended_at, o.ended_by, null))
        as x(kind, at, actor, detail)
    where o.tenant_id = tenant and x.at is not null
    union all
    select p.at, 'pulse:' || p.id, 'pulse', 'pulse', 'internal', null, p.csm, p.rating::text, p.comment,
        jsonb_build_object('pulse_id', p.id)
    from cs_health.pulse as p where p.tenant_id = tenant;
end
$$;
comment on function cs_health._journey_events(uuid, text) is
    'Items of a journey of which a tenant has few: playbooks, banners, stages, the notice to leave, alerts, signals, '
    'overrides, pulses';

create function cs_health._category_changes(tenant uuid, "from" date, "to" date)
returns setof cs_health.journey_item
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
as $$
#variable_conflict use_variable
declare
    zone text := cs_health._time_zone();
    earlier date := ( -- the change on the first day is one from the day before it
        select h.as_of from cs_health.customer_health as h
        where h.tenant_id = tenant and h.as_of < "from" and h.as_of >= "from" - 60 and h.coverage >= 0.5
            and not h.provisional
        order by h.as_of desc limit 1);
begin
    return query
    select timezone(zone, c.as_of::timestamp), 'category:' || c.as_of, 'category', c.category, 'internal', null::text,
        'engine', c.category_before || ' → ' || c.category, c.score_before || ' → ' || c.overall_score,
        jsonb_build_object('as_of', c.as_of)
    from (
        select h.as_of, h.category, h.overall_score, lag(h.category) over days as category_before,
            lag(h.overall_score) over days as score_before
        from cs_health.customer_health as h
        where h.tenant_id = tenant and h.as_of between coalesce(earlier, "from") and "to" and h.coverage >= 0.5
            and not h.provisional
        window days as (order by h.as_of)
    ) as c
    where c.category <> c.category_before and c.as_of >= "from";
end
$$;
comment on function cs_health._category_changes(uuid, date, date) is
    'Days of a period on which a tenant''s computed category was another than on the scored day before (at most 60 '
    'days before the first); days with less than half observed are passed over';

create function cs_health.journey(
    tenant_id uuid, before timestamptz default null, before_id text default null, "limit" integer default 50)
returns setof cs_health.journey_item
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan as $$
#variable_conflict use_variable
declare
    zone text := cs_health._time_zone();
    until timestamptz := coalesce(before, 'infinity');
    items cs_health.journey_item[];
    first_day date;
    last_day date;
begin
    perform cs_health._require_tenant(tenant_id);
    if ("limit" between 1 and 1000) is not true then
        raise exception 'limit must be from 1 to 1000, not %', "limit"
            using errcode = 'invalid_parameter_value', hint = 'Take the next page with before and before_id.';
    end if;
    if until = '-infinity' then
        return;
    end if;
    items := array(select i from cs_health._journey_items(tenant_id, until, before_id, "limit") as i);
    -- only as far back as the page reaches: the scores of years stand in as many partitions
    select min(r.as_of), max(r.as_of) into first_day, last_day from cs_health.run as r where r.finished_at is not null;
    if cardinality(items) = "limit" then
        first_day := greatest(first_day, timezone(zone, (items["limit"]).at)::date);
    end if;
    last_day := least(last_day, timezone(zone, until)::date);
    return query
    select n.* from (
        select i.* from unnest(items) as i
        union all
        select c.* from cs_health._category_changes(tenant_id, first_day, last_day) as c
        where c.at < until or c.at = until and c.id collate "C" < before_id
    ) as n
    order by n.at desc, n.id collate "C" desc
    limit "limit";
end
$$;
comment on function cs_health.journey(uuid, timestamptz, text, integer) is
    'All that happened with a customer, the newest first, a page of at most `limit` (1-1000): touchpoints (messages, '
    'banners and tasks of playbooks among them), answers, tickets, revenue, stages, categories, churn alerts, the '
    'notice to leave, expansion signals, overrides, pulses, playbooks that started and ended. The next page: before '
    'and before_id are at and id of the last item. What is of a day stands at its beginning in settings.time_zone. '
    'Unknown tenants are refused (22023)';

create function cs_health._signed_up_between("from" date, "to" date)
returns table (tenant_id uuid, signed_up_on date, first_value_on date)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off as $$
#variable_conflict use_column
declare
    zone text := cs_health._time_zone();
    last_day date := coalesce("to", cs_health._today());
    first_day date := coalesce("from", (last_day - interval '1 year')::date + 1);
begin
    if not isfinite(first_day) or not isfinite(last_day) or first_day > last_day then
        raise exception 'no period from % to %', first_day, last_day
            using errcode = 'invalid_parameter_value', hint = 'Give a first day that is not after the last.';
    end if;
    return query
    select t.id, timezone(zone, t.signed_up_at)::date,
        timezone(zone, case when v.at is not null then greatest(v.at, t.signed_up_at) end)::date
    from cs_health.tenant as t
    left join (
        select p.tenant_id, min(p.at) as at from cs_health.touchpoint as p
        where p.kind = 'milestone' and p.detail = 'first_value' and p.at <= cs_health._now()
        group by p.tenant_id
    ) as v on v.tenant_id = t.id
    where t.status <> 'internal' and t.signed_up_at >= timezone(zone, first_day::timestamp)
        and t.signed_up_at < timezone(zone, (last_day + 1)::timestamp);
end
$$;
comment on function cs_health._signed_up_between(date, date) is
    'Tenants that signed up in a period, by default the year up to today, and the day of their first value, if it has '
    'come';

create function cs_health.journey_funnel("from" date default null, "to" date default null)
returns table (
    stage text, name text, place integer, sign_ups bigint, reached bigint, share double precision,
    median_days double precision, days_unknown bigint, in_it_now bigint)
language sql stable
set search_path = pg_catalog, pg_temp
set jit = off as $$
    with signed as materialized (
        select s.tenant_id, s.signed_up_on from cs_health._signed_up_between("from", "to") as s
    ), entered as (
        select e.stage, e.tenant_id, min(e.entered_on) filter (where e.reason <> 'first_seen') - min(s.signed_up_on)
            as days, bool_or(e.left_on is null) as present
        from signed as s join cs_health.journey_entry as e on e.tenant_id = s.tenant_id
        group by e.stage, e.tenant_id
    )
    select s.code, case cs_health._language(null, null) when 'es' then s.name_es else s.name_en end, s.place,
        n.sign_ups, count(e.tenant_id), count(e.tenant_id) / nullif(n.sign_ups, 0)::double precision,
        percentile_cont(0.5) within group (order by e.days), count(e.tenant_id) - count(e.days),
        count(*) filter (where e.present)
    from cs_health.journey_stage as s
    cross join (select count(*) as sign_ups from signed) as n
    left join entered as e on e.stage = s.code
    where s.enabled or e.stage is not null
    group by s.code, s.name_en, s.name_es, s.place, n.sign_ups
    order by s.place desc
$$;
comment on function cs_health.journey_funnel(date, date) is
    'Of the customers that signed up in a period (default: the year up to today; internal ones left out): how many '
    'ever reached each stage, their share of all (null without sign-ups), the median days from sign-up to it, of how '
    'many the day is not known (they were in it when first looked at) and so not in the median, and how many are in '
    'it now. The latest sign-ups had less time: compare periods that are over';

create function cs_health.time_to_first_value("from" date default null, "to" date default null)
returns table (
    sign_ups bigint, reached bigint, share double precision, median_days double precision,
    slow_days double precision, waiting bigint)
language sql stable
set search_path = pg_catalog, pg_temp
set jit = off as $$
    select count(*), count(s.first_value_on), count(s.first_value_on) / nullif(count(*), 0)::double precision,
        percentile_cont(0.5) within group (order by s.first_value_on - s.signed_up_on),
        percentile_cont(0.9) within group (order by s.first_value_on - s.signed_up_on),
        count(*) filter (where s.first_value_on is null and s.signed_up_on >= cs_health._today() - 90)
    from cs_health._signed_up_between("from", "to") as s
$$;
comment on function cs_health.time_to_first_value(date, date) is
    'Of the customers that signed up in a period (default: the year up to today): how many had their first value, the '
    'first touchpoint of kind milestone with detail first_value, their share of all, the days from sign-up to it '
    '(median, and slow_days within which nine of ten had it), and how many of the last 90 days still wait for it';
