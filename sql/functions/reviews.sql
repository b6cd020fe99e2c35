-- What to learn from: customers of whom score, model and CSM say different things, and those that left.

create function cs_health._agreed_since(
    tenant uuid, day date, said_category text, said_low boolean, said_high boolean, pulse_day date)
returns date
language sql stable cost 10000
set search_path = pg_catalog, pg_temp as $$
    select greatest(min(h.as_of), pulse_day)
    from cs_health.customer_health as h
    where h.tenant_id = tenant and h.as_of <= day and h.as_of > coalesce((
        select max(x.as_of)
        from cs_health.customer_health as x
        left join cs_health.churn_model as m on m.id = x.churn_model_id
        where x.tenant_id = tenant and x.as_of < day and x.as_of >= day - 90
            and (x.coverage < 0.5 or x.category <> said_category
                or said_low and (x.churn_probability < m.medium_from) is not true
                or said_high and (x.churn_probability >= m.high_from) is not true)), day - 91)
$$;
comment on function cs_health._agreed_since(uuid, date, text, boolean, boolean, date) is
    'Since when, within 90 days, score and model have said what they say on a day: the category (null = whatever), a '
    'low or a high risk; a pulse since `pulse_day`';

create function cs_health._disagreement_action(optimists text[], pessimists text[], locale text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case locale when 'es' then w.es else w.en end
    from (values
        (1, 'pulse' = any (pessimists),
            'Write down what the numbers do not show: set an override with a reason, and ask which feed could have '
            'shown it',
            'Anotar lo que los números no muestran: corregir la categoría con un motivo, y pensar qué fuente '
            'podría haberlo mostrado'),
        (2, 'pulse' = any (optimists),
            'Check the pulse against the reasons: when did you last speak with a decision maker? Then give it again',
            'Contrastar la valoración con los motivos: ¿cuándo se habló por última vez con quien decide? Después, '
            'valorar de nuevo'),
        (3, 'model' = any (pessimists),
            'Read why the model sees a risk, and call: it may see what the score leaves out',
            'Leer por qué el modelo ve un riesgo, y llamar: puede ver lo que la puntuación no recoge'),
        (4, true,
            'Low, but like customers that stay: ask what they need and whether the plan fits; no escalation for this '
            'alone',
            'Baja, pero como la de clientes que se quedan: preguntar qué necesitan y si el plan encaja; esto solo no '
            'justifica una escalada')
    ) as w(place, fits, en, es)
    where w.fits order by w.place limit 1
$$;
comment on function cs_health._disagreement_action(text[], text[], text) is
    'What to do about a disagreement: whose words to check, in English or Spanish (locale es)';

create function cs_health._trace_word(word text, language text) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select coalesce(case when language = 'es' then case word
        when 'candidate' then 'candidato' when 'enrolled' then 'inscrito'
        when 'baseline' then 'ya lo cumplía al activarse' when 'configuration' then 'cambio de configuración'
        when 'missing_data' then 'faltan datos'
        when 'holdout' then 'grupo de control' when 'onboarding' then 'en incorporación'
        when 'capacity' then 'sin capacidad' when 'cooldown' then 'aún en el periodo de espera'
        when 'not_active' then 'no activo' when 'at_risk' then 'en riesgo'
        when 'waiting' then 'en espera' when 'running' then 'en curso' when 'paused' then 'en pausa'
        when 'finished' then 'terminado' when 'exited' then 'objetivo alcanzado' when 'cancelled' then 'cancelado'
        when 'observed' then 'solo observado'
        when 'usage_limit' then 'límite de uso' when 'feature_request' then 'petición de función'
        when 'user_growth' then 'crecimiento de usuarios'
        when 'new' then 'nueva' when 'contacted' then 'contactada' when 'won' then 'ganada' when 'lost' then 'perdida'
        when 'deferred' then 'aplazada' end end, replace(word, '_', ' '))
$$;
comment on function cs_health._trace_word(text, text) is
    'A standing in the queue of a playbook or its reason, the status of an execution, the type or status of a signal '
    'in words, English or Spanish (language es)';

create function cs_health._churn_trace("from" date, "to" date, reach integer, language text)
returns table (tenant_id uuid, fired boolean, on_day date, what text, detail text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    spanish boolean := language = 'es';
    zone text := cs_health._time_zone();
    grades constant text[] := array['healthy', 'neutral', 'at_risk', 'critical'];
begin
    return query
    with gone as materialized (
        select t.id, t.churned_on, t.churn_notice_on, t.holdout, t.churned_on - reach as first_day
        from cs_health.tenant as t
        where t.churned_on >= _churn_trace."from" and t.churned_on <= _churn_trace."to"
    ), days as materialized (
        select g.id, h.as_of, h.category, h.coverage, h.scorecard_id,
            lag(h.category) over w as category_before, lag(h.coverage) over w as coverage_before,
            lag(h.scorecard_id) over w as scorecard_before
        from gone as g
        cross join lateral ( -- leaver by leaver: all days of everybody are far more
            select d.as_of, d.category, d.coverage, d.scorecard_id from cs_health.customer_health as d
            where d.tenant_id = g.id and d.as_of >= g.first_day and d.as_of <= g.churned_on and not d.provisional
            offset 0
        ) as h
        window w as (partition by g.id order by h.as_of)
    ), executions as materialized (
        select g.id, e.id as execution_id, e.playbook_name, e.status, e.started_on, e.outcome,
            timezone(zone, e.created_at)::date as created_on, g.first_day, g.churned_on
        from gone as g
        join cs_health.playbook_execution as e on e.tenant_id = g.id
        where timezone(zone, e.created_at)::date between g.first_day and g.churned_on
    )
    -- what fired
    select g.id, true, g.churn_notice_on, 'notice', case when spanish then 'anunció su baja' else 'gave notice' end
    from gone as g where g.churn_notice_on <= g.churned_on
    union all
    select g.id, a.told in ('message', 'summary'), a.started_on,
        case when a.told in ('message', 'summary') then 'alert' else 'alert_not_told' end,
        format(case when spanish then 'riesgo %s, %s %%' else 'risk %s, %s %%' end,
            cs_health._risk_label(a.level, language), round(100 * a.probability::numeric, 1))
            || case a.told when 'message' then '' when 'summary' then case when spanish
                    then '; en un resumen con otras' else '; in a summary with others' end
                when 'baseline' then case when spanish then '; ya era así al empezar a mirar, no se avisó a nadie'
                    else '; it was so when first looked at, nobody was told' end
                else case when spanish then '; por un modelo nuevo, no se avisó a nadie'
                    else '; another model sees it so, nobody was told' end end
    from gone as g
    join cs_health.churn_alert as a on a.tenant_id = g.id
        and a.started_on <= g.churned_on and coalesce(a.ended_on, 'infinity') > g.first_day
    union all
    select d.id, true, min(d.as_of), 'category', format(case when spanish then 'bajó a %s' else 'fell to %s' end,
        cs_health._category_label(d.category, language))
    from days as d
    where d.coverage >= 0.5 and d.coverage_before >= 0.5 and d.scorecard_id = d.scorecard_before
        and array_position(grades, d.category) > array_position(grades, d.category_before)
    group by d.id, d.category
    union all
    select e.id, true, e.started_on, 'playbook', concat_ws(': ', e.playbook_name,
        coalesce(e.outcome, cs_health._trace_word(e.status, language)))
    from executions as e where e.started_on <= e.churned_on and e.status <> 'observed'
    union all
    select g.id, true, timezone(zone, k.created_at)::date, 'escalation', k.title
    from gone as g join cs_health.task as k on k.tenant_id = g.id and k.kind = 'escalation'
    where timezone(zone, k.created_at)::date between g.first_day and g.churned_on
    union all
    select g.id, true, timezone(zone, s.detected_at)::date, 'expansion_signal',
        concat_ws(': ', cs_health._trace_word(s.signal_type, language), cs_health._trace_word(s.status, language))
    from gone as g join cs_health.expansion_signal as s on s.tenant_id = g.id
    where timezone(zone, s.detected_at)::date between g.first_day and g.churned_on
    union all
    select g.id, true, timezone(zone, p.at)::date, 'pulse',
        format(case when spanish then 'valoración %s de 5' else 'pulse %s of 5' end, p.rating)
    from gone as g join cs_health.pulse as p on p.tenant_id = g.id and p.rating <= 2
    where timezone(zone, p.at)::date between g.first_day and g.churned_on
    union all
    -- a colleague's word against the computed category: a warning where it is worse, a calming one where it is better
    select g.id, o.grade > o.computed_grade, o.set_on, 'override', format(case when spanish
            then 'mostrado como %s en lugar de %s' else 'shown as %s instead of %s' end,
        cs_health._category_label(o.category, language), cs_health._category_label(o.computed_category, language))
    from gone as g
    join (
        select v.tenant_id, v.category, v.computed_category, timezone(zone, v.set_at)::date as set_on,
            least(v.expires_on, timezone(zone, v.ended_at)::date) as last_day,
            array_position(grades, v.category) as grade, array_position(grades, v.computed_category) as computed_grade
        from cs_health.health_override as v
    ) as o on o.tenant_id = g.id and o.grade <> o.computed_grade
    where o.set_on <= g.churned_on and o.last_day >= g.first_day
    -- what was held back
    union all
    select g.id, false, null, 'holdout', case when spanish then 'grupo de control: ningún playbook actúa sobre él'
        else 'hold-out: no playbook runs for it' end
    from gone as g where g.holdout
    union all
    select e.id, false, e.created_on, case when e.status = 'observed' then 'holdout' else 'not_approved' end,
        concat_ws(': ', e.playbook_name, e.outcome)
    from executions as e where e.status = 'observed' or e.started_on is null
    union all
    select e.id, false, timezone(zone, s.planned_at)::date, 'step', format('%s, D+%s %s: %s', e.playbook_name, s.day,
        s.action, cs_health._step_reason(s.reason, language))
    from executions as e
    join cs_health.playbook_step as s on s.tenant_id = e.id and s.execution_id = e.execution_id
    where s.reason is not null and s.status in ('approval', 'held', 'skipped', 'failed', 'cancelled')
        and split_part(s.reason, ': ', 1) not in ('condition', 'replied', 'exited', 'tenant_churned')
        and timezone(zone, s.planned_at)::date <= e.churned_on
    union all
    select e.id, false, min(timezone(zone, n.at)::date), 'contact_budget', format(case when spanish
        then '%s: mensajes aplazados por el límite de contactos' else '%s: messages put off by the contact budget' end,
        e.playbook_name)
    from executions as e
    join cs_health.playbook_history as n on n.tenant_id = e.id and n.execution_id = e.execution_id
        and n.reason = 'contact_budget'
    group by e.id, e.playbook_name
    union all
    select s.tenant_id, false, s.since, 'queue', concat_ws(', ', p.name, cs_health._trace_word(s.standing, language),
        cs_health._trace_word(s.reason, language))
    from gone as g
    join (
        select n.tenant_id, n.playbook_id, n.since, n.standing, n.reason, null::date as left_on
        from cs_health.playbook_state as n where n.standing <> 'enrolled'
        union all
        select m.tenant_id, m.playbook_id, m.since, m.standing, m.reason, m.left_on
        from cs_health.playbook_missed as m
    ) as s on s.tenant_id = g.id and coalesce(s.left_on, g.churned_on) = g.churned_on
    left join cs_health.cs_playbook as p on p.id = s.playbook_id
    union all
    select d.id, false, min(d.as_of), 'no_data', format(case when spanish
        then '%s días con menos de la mitad de los datos' else '%s days with less than half of the data' end, count(*))
    from days as d where d.coverage < 0.5
    group by d.id
    union all
    select g.id, false, min(c.as_of), 'incident', format(case when spanish then '%s sin contar en %s días'
        else '%s not counted on %s days' end, cs_health._measure_label(c.measure, language), count(*))
    from gone as g
    join cs_health.measure_check as c on c.as_of between g.first_day and g.churned_on and c.incident is not null
        and c.accepted_at is null
    group by g.id, c.measure
    union all
    select g.id, false, min(r.as_of), 'not_told', format(case when spanish
        then '%s días calculados después o repetidos, sin avisar a nadie'
        else '%s days scored later or again, telling nobody' end, count(*))
    from gone as g
    join cs_health.run as r on r.as_of between g.first_day and g.churned_on and r.told_at is null
    group by g.id;
end
$$;
comment on function cs_health._churn_trace(date, date, integer, text) is
    'What pointed at the departure of those who left in a period within so many days before, and what of it was held '
    'back (fired false): one row each, in English or Spanish (language es)';

create function cs_health.churn_postmortem(
    "from" date default null, "to" date default null, locale text default null)
returns table (
    tenant_id uuid, tenant_name text, csm text, churned_on date, arr_lost numeric, verdict text, reason text,
    alerted_on date, lead_days integer, fired jsonb, suppressed jsonb)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    last_day date := coalesce(churn_postmortem."to", cs_health._today() - 1);
    first_day date := coalesce(churn_postmortem."from", last_day - 365);
    language text := cs_health._language(null, churn_postmortem.locale);
    reach integer := coalesce((
        select m.lead_days + m.horizon_days from cs_health.churn_model as m where m.status = 'active'), 90);
begin
    return query
    with reviewed as materialized ( -- which refuses what is no period and no language
        select r.* from cs_health.churn_alert_review(first_day, last_day, null, language) as r
    ), traced as materialized (
        select e.tenant_id, e.fired, jsonb_agg(jsonb_build_object('on', e.on_day, 'days_before',
            r.churned_on - e.on_day, 'what', e.what, 'text', e.detail) order by e.on_day, e.what, e.detail) as entries
        from (
            select c.* from cs_health._churn_trace(first_day, last_day, reach, language) as c
            union all
            select r.tenant_id, true, r.flagged_on, 'prediction', format(case language when 'es'
                then 'el modelo vio un riesgo %s, como mucho %s %%'
                else 'the model saw a risk of %s, at most %s %%' end,
                cs_health._risk_label(r.highest_level, language), round(100 * r.highest_probability::numeric, 1))
            from reviewed as r where r.flagged_on is not null
        ) as e
        join reviewed as r on r.tenant_id = e.tenant_id
        group by e.tenant_id, e.fired
    )
    select r.tenant_id, r.tenant_name, t.csm, r.churned_on, (
            select -12 * sum(v.mrr_change) from cs_health.revenue_event as v
            where v.tenant_id = r.tenant_id and v.occurred_on between r.churned_on - 31 and r.churned_on + 31
            group by v.occurred_on having bool_or(v.kind = 'churn') and sum(v.mrr_change) < 0
            order by v.occurred_on desc limit 1),
        r.outcome, case
            when r.outcome <> 'flagged' or a.alerted_on is not null then r.reason
            when language = 'es' then 'No se avisó a nadie' else 'Nobody was told' end,
        a.alerted_on, r.churned_on - a.alerted_on, coalesce(f.entries, '[]'),
        coalesce(s.entries, '[]')
    from reviewed as r
    join cs_health.tenant as t on t.id = r.tenant_id
    left join cs_health._alerted_leavers(first_day, last_day) as a on a.tenant_id = r.tenant_id
    left join traced as f on f.tenant_id = r.tenant_id and f.fired
    left join traced as s on s.tenant_id = r.tenant_id and not s.fired
    order by r.churned_on desc, r.tenant_name, r.tenant_id;
end
$$;
comment on function cs_health.churn_postmortem(date, date, text) is
    'Everybody who left in a period (default: the last year), to learn from: the verdict and reason of '
    'churn_alert_review(), and of who was flagged whether nobody was told; when the first alert of the '
    'episode was told and how many days ahead (null = it was not); '
    'and within the reach of the churn model before the departure, arrays of {on, days_before, what, text}: what '
    'fired (prediction, alert, category, playbook, escalation, expansion_signal, pulse, override, notice) and what was '
    'suppressed (alert_not_told, holdout, not_approved, step, contact_budget, queue, no_data, incident, override, '
    'not_told). arr_lost: 12 x the MRR that the last day with a churn movement took, within a month of the '
    'departure, null = none. Other languages than '
    'en and es and empty periods: 22023';
