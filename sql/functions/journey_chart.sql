-- A journey as data to draw.

create function cs_health.journey_chart(tenant_id uuid, "from" date default null, "to" date default null)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    zone text := cs_health._time_zone();
    locale text;
    first_day date := "from";
    last_day date := coalesce("to", cs_health._today());
begin
    perform cs_health._require_tenant(tenant_id);
    locale := cs_health._language(tenant_id, null);
    first_day := coalesce(first_day, (
        select min(e.entered_on) from cs_health.journey_entry as e where e.tenant_id = tenant_id),
        last_day - 365);
    if not isfinite(first_day) or not isfinite(last_day) or first_day > last_day then
        raise exception 'no period from % to %', first_day, last_day
            using errcode = 'invalid_parameter_value', hint = 'Give a first day that is not after the last.';
    end if;
    return (
        select jsonb_build_object(
            'tenant_id', t.id, 'name', t.name, 'from', first_day, 'to', last_day, 'locale', locale,
            'signed_up_on', timezone(zone, t.signed_up_at)::date, 'churned_on', t.churned_on,
            'stages', coalesce((
                select jsonb_agg(jsonb_build_object('stage', e.stage,
                    'name', coalesce(case locale when 'es' then s.name_es else s.name_en end, e.stage),
                    'from', greatest(e.entered_on, first_day),
                    'to', least(coalesce(e.left_on, last_day + 1), last_day + 1),
                    'reason', e.reason) order by e.entered_on, e.left_on nulls last)
                from cs_health.journey_entry as e
                left join cs_health.journey_stage as s on s.code = e.stage
                where e.tenant_id = t.id and e.entered_on <= last_day
                    and (e.left_on is null or e.left_on > first_day)
                    and e.left_on is distinct from e.entered_on), '[]'),
            'scores', coalesce((
                select jsonb_agg(jsonb_build_object('day', h.as_of, 'score',
                    case when h.coverage >= 0.5 then h.overall_score end,
                    'category', case when h.coverage >= 0.5 then h.category end) order by h.as_of)
                from cs_health.customer_health as h
                where h.tenant_id = t.id and h.as_of between first_day and last_day and not h.provisional), '[]'),
            'marks', coalesce((
                select jsonb_agg(jsonb_build_object('day', m.day, 'kind', m.kind, 'text', m.text)
                    order by m.day, m.kind, m.text)
                from cs_health._chart_marks(t.id, zone) as m
                where m.day between first_day and last_day), '[]'),
            'touchpoints', coalesce((
                select jsonb_agg(jsonb_build_object('week', w.week, 'inbound', w.inbound, 'outbound', w.outbound,
                    'internal', w.internal) order by w.week)
                from (
                    select date_trunc('week', timezone(zone, p.at))::date as week,
                        count(*) filter (where p.direction = 'inbound') as inbound,
                        count(*) filter (where p.direction = 'outbound') as outbound,
                        count(*) filter (where p.direction = 'internal') as internal
                    from cs_health.touchpoint as p
                    where p.tenant_id = t.id and p.at >= timezone(zone, first_day::timestamp)
                        and p.at < timezone(zone, (last_day + 1)::timestamp)
                    group by 1
                ) as w), '[]'))
        from cs_health.tenant as t where t.id = tenant_id);
end
$$;
comment on function cs_health.journey_chart(uuid, date, date) is
    'A customer''s journey from a day to a day (default: from its first entry to today) as data to draw: stages (from '
    'the first day in it to the first after it, both within the period), scores by day (null on days with less than '
    'half observed), marks (scorecard: it was scored by another one from that day on; incident: a data incident; '
    'milestone; meeting; override; churn_alert; notice) and touchpoints by week, which begins on Monday. Unknown '
    'tenants are refused (22023)';

create function cs_health._chart_marks(tenant uuid, zone text)
returns table (day date, kind text, text text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    return query
    select c.as_of, 'scorecard', format('%s %s', s.code, s.version)
    from (
        select h.as_of, h.scorecard_id, lag(h.scorecard_id) over (order by h.as_of) as before
        from cs_health.customer_health as h where h.tenant_id = tenant and not h.provisional
    ) as c
    join cs_health.scorecard as s on s.id = c.scorecard_id
    where c.scorecard_id <> c.before
    union all
    select i.as_of, 'incident', string_agg(i.measure || ' ' || i.kind, ', ' order by i.measure)
    from cs_health.data_incident as i where i.status = 'open' group by i.as_of
    union all
    select timezone(zone, p.at)::date, case p.kind when 'milestone' then 'milestone' else 'meeting' end, p.detail
    from cs_health.touchpoint as p
    where p.tenant_id = tenant and p.kind in ('milestone', 'meeting_held')
    union all
    select timezone(zone, o.set_at)::date, 'override', o.category
    from cs_health.health_override as o where o.tenant_id = tenant
    union all
    select a.started_on, 'churn_alert', a.level from cs_health.churn_alert as a where a.tenant_id = tenant
    union all
    select t.churn_notice_on, 'notice', null from cs_health.tenant as t
    where t.id = tenant and t.churn_notice_on is not null;
end
$$;
comment on function cs_health._chart_marks(uuid, text) is 'What a chart of a tenant marks, by day';
