-- Churn alerts: who is at high risk of leaving since when, and the one message about it.

create function cs_health._follow_churn_risk(day date, previous_day date) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- as in _score_batch()
set plan_cache_mode = force_custom_plan
set jit = off
set work_mem = '64MB' as $$
begin
    with high as materialized (
        select h.tenant_id, h.churn_probability, h.churn_model_id,
            cs_health._risk_level(h.churn_probability, m.medium_from, m.high_from, m.critical_from) as level
        from cs_health.customer_health as h
        join cs_health.churn_model as m on m.id = h.churn_model_id and h.churn_probability >= m.high_from
        where h.as_of = day and not h.provisional and h.coverage >= 0.5
    ), going_on as (
        update cs_health.churn_alert as a
        set last_high_on = day,
            level = case when h.level = 'critical' then 'critical' else a.level end,
            probability = case when h.level = 'critical' and a.level = 'high' then h.churn_probability
                else a.probability end
        from high as h
        where a.tenant_id = h.tenant_id and a.ended_on is null
        returning a.tenant_id
    ), risen as (
        select n.*, r.assignee, t.arr * n.churn_probability::numeric as at_risk,
            case when n.compared_with is null then 'baseline' when n.churn_model_id <> n.model_before then 'model'
                when n.level_before in ('high', 'critical') then 'baseline' else 'message' end as told
        from (
            select h.*, p.tenant_id as compared_with, p.churn_model_id as model_before,
                case when p.coverage >= 0.5 then cs_health._risk_level(p.churn_probability, b.medium_from, b.high_from,
                    b.critical_from) end as level_before
            from high as h
            left join cs_health.customer_health as p
                on p.tenant_id = h.tenant_id and p.as_of = previous_day and not p.provisional
            left join cs_health.churn_model as b on b.id = p.churn_model_id
            where not exists (select from going_on as g where g.tenant_id = h.tenant_id)
        ) as n
        join cs_health.tenant as t on t.id = n.tenant_id and t.status <> 'internal' and t.churned_on is null
            and t.churn_notice_on is null
        join cs_health._duty_roster() as r on r.csm = coalesce(t.csm, '')
    )
    insert into cs_health.churn_alert (
        tenant_id, started_on, last_high_on, level_before, level, probability, churn_model_id, told)
    select r.tenant_id, day, day, r.level_before, r.level, r.churn_probability, r.churn_model_id,
        case when r.told = 'message' and row_number() over (partition by r.assignee, r.told
            order by r.at_risk desc nulls last, r.tenant_id) > 10 then 'summary' else r.told end
    from risen as r;
    update cs_health.churn_alert as a set ended_on = day
    where a.ended_on is null and (a.last_high_on <= day - 14 or not exists (
        select from cs_health.tenant as t
        where t.id = a.tenant_id and t.churned_on is null and t.churn_notice_on is null));
end
$$;
comment on function cs_health._follow_churn_risk(date, date) is
    'Goes on with the episodes of tenants whose risk is high or critical, begins those of tenants whose risk rose to '
    'it, and ends those of tenants below it for 14 days, gone or going. Told are those that rose since the previous '
    'day under the same model: ten for each colleague, those with most ARR at risk, and the others in a summary';

create function cs_health._alert_document(alert_id uuid, language text) returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select jsonb_build_object('alert_id', a.id, 'day', a.started_on, 'from', a.level_before,
        'to', a.level, 'probability', trim_scale(round(a.probability::numeric, 4)),
        'times_the_usual', trim_scale(round((a.probability / m.base_rate)::numeric, 1)),
        'window_from', a.started_on + m.lead_days + 1,
        'window_to', a.started_on + m.lead_days + m.horizon_days,
        'model_version', m.version, 'trained', m.trained, 'arr', t.arr, 'currency', g.currency, 'holdout', t.holdout,
        'reasons', (
            select coalesce(jsonb_agg(jsonb_build_object('measure', r.value -> 'measure', 'value', r.value -> 'value',
                'baseline', r.value -> 'baseline', 'text', r.value -> 'text') order by r.ordinality), '[]')
            from jsonb_array_elements(f.factors) with ordinality as r),
        'action', (cs_health.churn_actions(f.factors, language, 1) -> 0) - '{rank,reason}'::text[])
    from cs_health.churn_alert as a
    join cs_health.churn_model as m on m.id = a.churn_model_id
    cross join cs_health.settings as g
    join cs_health.tenant as t on t.id = a.tenant_id
    join cs_health.customer_health as h on h.tenant_id = a.tenant_id and h.as_of = a.started_on
    left join cs_health.customer_health as b
        on b.tenant_id = a.tenant_id and b.as_of = a.started_on - 30 and not b.provisional
    cross join lateral (
        select cs_health.churn_factors(h.measures, m.document, b.measures, language, 3) as factors offset 0) as f
    where a.id = alert_id
$$;
comment on function cs_health._alert_document(uuid, text) is
    'The data of the event churn.alert: from, to, three reasons and one action, with numbers';

create function cs_health._alert_line(alert jsonb, language text) returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select case when language = 'es' then format('ARR: %s. Probabilidad de que se marche entre el %s y el %s: %s, %s '
            'veces lo habitual.', n.arr, n."from", n."to", n.probability, n.times)
        else format('ARR: %s. Probability that it leaves between %s and %s: %s, %s times the usual.', n.arr, n."from",
            n."to", n.probability, n.times) end
    from (
        select coalesce(cs_health._money_text(round((alert ->> 'arr')::numeric), language), '?') as arr,
            cs_health._date_text((alert ->> 'window_from')::date, language) as "from",
            cs_health._date_text((alert ->> 'window_to')::date, language) as "to",
            cs_health._number((alert ->> 'probability')::double precision, 'ratio', language) as probability,
            cs_health._number((alert ->> 'times_the_usual')::double precision, 'count', language, 1) as times
    ) as n
$$;
comment on function cs_health._alert_line(jsonb, text) is 'ARR, probability and window of an alert in a sentence';

create function cs_health._alert_subject(tenant_name text, alert jsonb, language text) returns text
language sql immutable
set search_path = pg_catalog, pg_temp as $$
    select case when language = 'es' then format('%s: riesgo de abandono %s%s', tenant_name,
            cs_health._risk_label(alert ->> 'to', language),
            ' (antes ' || cs_health._risk_label(alert ->> 'from', language) || ')')
        else format('%s: risk of leaving %s%s', tenant_name, alert ->> 'to', ' (was ' || (alert ->> 'from') || ')') end
$$;
comment on function cs_health._alert_subject(text, jsonb, text) is 'An alert in one line';

create function cs_health._alert_text(tenant_id uuid, tenant_name text, alert jsonb, language text) returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select concat_ws(E'\n\n',
        cs_health._alert_line(alert, language),
        case when not (alert ->> 'trained')::boolean
            then cs_health._model_notice('{"trained": false}', language) end,
        case when language = 'es' then E'Por qué:\n' else E'Why:\n' end || (
            select string_agg(format('%s. %s', r.ordinality, r.value ->> 'text'), E'\n' order by r.ordinality)
            from jsonb_array_elements(alert -> 'reasons') with ordinality as r),
        case when language = 'es' then 'Siguiente paso: ' else 'Next step: ' end || (alert #>> '{action,text}') || '.',
        case when (alert ->> 'holdout')::boolean then
            case when language = 'es' then 'Este cliente está en el grupo de control: ningún playbook actúa sobre él.'
                else 'This customer is a hold-out: no playbook runs for it.' end end,
        cs_health._tenant_link(tenant_id))
$$;
comment on function cs_health._alert_text(uuid, text, jsonb, text) is
    'What a colleague reads of an alert: how much, why, what to do, where to look';

create function cs_health._send_churn_alerts(day date) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    alert record;
    document jsonb;
    tenant_name text;
    subject text;
    body text;
    wanted boolean := exists (select from cs_health._channels_for('churn.alert'));
begin
    for alert in
        select a.tenant_id, a.id, a.told, t.name, r.assignee, r.locale
        from cs_health.churn_alert as a
        join cs_health.tenant as t on t.id = a.tenant_id
        join cs_health._duty_roster() as r on r.csm = coalesce(t.csm, '')
        where a.started_on = day and (a.told = 'message' or wanted and a.told = 'summary')
        order by t.arr * a.probability::numeric desc nulls last, a.tenant_id
    loop
        document := cs_health._alert_document(alert.id, alert.locale);
        perform cs_health._emit('churn.alert', alert.tenant_id, document, alert.id::text);
        continue when alert.told <> 'message';
        tenant_name := cs_health._one_line(alert.name);
        subject := cs_health._alert_subject(tenant_name, document, alert.locale);
        body := cs_health._alert_text(alert.tenant_id, tenant_name, document, alert.locale);
        if cs_health._tell_colleague(alert.assignee, subject, body, 'churn alert ' || alert.id, alert.tenant_id) is null
        then
            perform cs_health._open_task(alert.tenant_id, 'internal', subject, body, alert.assignee, cs_health._today(),
                'churn alert ' || alert.id);
        end if;
    end loop;
    perform cs_health._send_alert_summaries(day);
end
$$;
comment on function cs_health._send_churn_alerts(date) is
    'One message for every episode that began on a day and is to be told, to the CSM or who does the work: over Slack, '
    'else by e-mail, else a task. Those beyond ten get one summary together';

create function cs_health._send_alert_summaries(day date) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    rest record;
    subject text;
    body text;
begin
    for rest in
        select r.assignee, r.locale, count(*) as n, (array_agg(a.tenant_id order by a.place))[1] as first_tenant,
            string_agg(a.line, E'\n' order by a.place) filter (where a.place <= 50) as lines
        from (
            select l.*, format('- %s: %s, %s%s', cs_health._one_line(l.name), cs_health._risk_label(l.level, l.locale),
                    cs_health._number(l.probability, 'ratio', l.locale), ', '
                        || cs_health._money_text(round(l.arr), l.locale)) as line
            from (
                select a.tenant_id, a.level, a.probability, t.name, t.arr, r.locale, r.assignee,
                    row_number() over (partition by r.assignee
                        order by t.arr * a.probability::numeric desc nulls last, a.tenant_id) as place
                from cs_health.churn_alert as a
                join cs_health.tenant as t on t.id = a.tenant_id
                join cs_health._duty_roster() as r on r.csm = coalesce(t.csm, '')
                where a.started_on = day and a.told = 'summary'
            ) as l
        ) as a
        join (select distinct r.assignee, r.locale from cs_health._duty_roster() as r) as r
            on r.assignee is not distinct from a.assignee
        group by r.assignee, r.locale
    loop
        subject := format(case when rest.locale = 'es' then '%s clientes más con riesgo de abandono alto o crítico'
            else '%s more customers at high or critical risk of leaving' end, rest.n);
        body := rest.lines || case when rest.n > 50 then E'\n- …' else '' end;
        if cs_health._tell_colleague(rest.assignee, subject, body,
            format('churn alerts %s %s', day, rest.assignee)) is null then
            perform cs_health._open_task(rest.first_tenant, 'internal', subject, body, rest.assignee,
                cs_health._today(),
                format('churn alerts %s %s', day, rest.assignee));
        end if;
    end loop;
end
$$;
comment on function cs_health._send_alert_summaries(date) is
    'One message for each colleague with all the episodes of a day that are not told on their own; at most 50 of them '
    'by name';

create function cs_health._said(payload jsonb, out subject text, out body text)
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case when payload ? 'subject' then payload ->> 'subject'
            else replace(replace(replace(substring(t.said from E'^[^\n]*?\\*([^\n]*)\\*'), '&lt;', '<'), '&gt;', '>'),
                '&amp;', '&') end,
        case when payload ? 'subject' then t.said
            else replace(replace(replace(substring(t.said from E'^[^\n]*\n(.*)'), '&lt;', '<'), '&gt;', '>'),
                '&amp;', '&') end
    from (select payload ->> 'text' as said) as t
$$;
comment on function cs_health._said(jsonb) is
    'Subject and text of what _tell_colleague() put into the outbox, as they were before Slack';

create function cs_health._report_dead_alerts(most integer) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    lost record;
    reported integer := 0;
begin
    for lost in
        select o.source_key, o.payload, t.id as tenant_id
        from cs_health.outbox as o
        cross join lateral (
            select t.id from cs_health.tenant as t
            left join cs_health.churn_alert as a
                on a.tenant_id = t.id and o.tenant_id is null and a.told = 'summary'
                and o.source_key like format('churn alerts %s %%', a.started_on)
            where t.id = coalesce(o.tenant_id, a.tenant_id)
            order by t.arr * a.probability::numeric desc nulls last, t.id
            limit 1
        ) as t
        where o.state = 'dead' and o.source_key like 'churn alert%' and o.kind = 'message'
            and not exists (select from cs_health.task as k where k.source_key = o.source_key)
        order by o.source_key
        limit most for update of o skip locked
    loop
        perform cs_health._open_task(lost.tenant_id, 'internal', w.subject, w.body,
            cs_health._assignee(lost.tenant_id), cs_health._today(), lost.source_key)
        from cs_health._said(lost.payload) as w;
        reported := reported + 1;
    end loop;
    return reported;
end
$$;
comment on function cs_health._report_dead_alerts(integer) is
    'Makes a task of each of so many alerts and summaries of alerts that could not be delivered, once; returns how '
    'many. One of a summary stands with the tenant with most ARR at risk';
