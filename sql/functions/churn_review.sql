-- Past churners: who was flagged, how long before, and who was missed and why.

create function cs_health.churn_alert_review(
    "from" date default null, "to" date default null, version text default null, locale text default null)
returns table (
    tenant_id uuid, tenant_name text, churned_on date, outcome text, flagged_on date, days_ahead integer,
    highest_level text, highest_probability double precision, reason text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    last_day date := coalesce(churn_alert_review."to", cs_health._today() - 1);
    first_day date := coalesce(churn_alert_review."from", last_day - 365);
    language text := cs_health._language(null, churn_alert_review.locale);
    judge cs_health.churn_model;
    part jsonb;
    known_on date;
    zone text := cs_health._time_zone();
    reach integer := (select max(m.lead_days + m.horizon_days) from cs_health.churn_model as m);
begin
    if first_day > last_day or first_day < '1000-01-01' or last_day > '9999-12-31' then
        raise exception 'no period from % to %', first_day, last_day
            using errcode = 'invalid_parameter_value', hint = 'Give a first day that is not after the last.';
    end if;
    if churn_alert_review.version is not null then
        select m.* into judge from cs_health.churn_model as m where m.version = churn_alert_review.version;
        if judge.id is null then
            raise exception 'churn model "%" does not exist', left(churn_alert_review.version, 60)
                using errcode = 'undefined_object', hint = 'Models are listed in cs_health.churn_model.';
        end if;
        part := cs_health._prediction_part(judge.document);
        known_on := (judge.document #>> '{training,known_on}')::date;
    end if;
    return query
    with left_tenants as (
        select t.id, t.name, t.churned_on, t.churn_notice_on from cs_health.tenant as t
        where t.churned_on >= first_day and t.churned_on <= last_day and t.status <> 'internal'
    ), predicted as (
        select l.id, h.as_of, h.coverage, h.measures, m.id as model_id,
            m.lead_days, m.horizon_days, m.high_from, m.medium_from, m.critical_from,
            case when part is null then h.churn_probability::double precision
                else cs_health._churn_probability(h.measures, part)::double precision end as probability
        from left_tenants as l
        cross join lateral ( -- leaver by leaver: all days of everybody are far more
            select d.as_of, d.coverage, d.measures, d.churn_probability, d.churn_model_id, d.calculated_at
            from cs_health.customer_health as d
            where d.tenant_id = l.id and not d.provisional
                and d.as_of < least(l.churned_on, l.churn_notice_on) and d.as_of >= l.churned_on - reach
            offset 0
        ) as h
        join cs_health.churn_model as m on m.id = coalesce(judge.id, h.churn_model_id)
        where h.as_of >= l.churned_on - m.lead_days - m.horizon_days
            -- what a replay or a second run stored after the window had begun warned nobody
            and case when judge.id is null then h.churn_probability is not null
                    and h.calculated_at < timezone(zone, (h.as_of + m.lead_days + 1)::timestamp)
                else known_on is null or h.as_of >= known_on end
    ), summed as (
        select l.id, l.name, l.churned_on, count(p.as_of) as days, max(p.coverage) as coverage,
            max(p.lead_days) as lead_days,
            min(p.as_of) filter (where p.probability >= p.high_from and p.coverage >= 0.5) as flagged_on,
            max(p.probability) filter (where p.coverage >= 0.5) as highest
        from left_tenants as l left join predicted as p on p.id = l.id
        group by l.id, l.name, l.churned_on
    ), worst_day as (
        select distinct on (p.id) p.id, p.model_id, p.measures from predicted as p
        where p.coverage >= 0.5
        order by p.id, p.probability desc, p.as_of
    ), judged as (
        select s.*, cs_health._risk_level(s.highest, m.medium_from, m.high_from, m.critical_from) as level,
            m.base_rate, m.document, w.measures,
            case when s.days = 0 then 'not predicted' when s.coverage < 0.5 then 'no data'
                when s.flagged_on is null then 'missed'
                when s.churned_on - s.flagged_on < s.lead_days then 'flagged late' else 'flagged' end as verdict
        from summed as s
        left join worst_day as w on w.id = s.id
        left join cs_health.churn_model as m on m.id = w.model_id
    )
    select j.id, j.name, j.churned_on, j.verdict, j.flagged_on, j.churned_on - j.flagged_on, j.level, j.highest,
        cs_health._review_reason(j.verdict, j.level, j.highest / j.base_rate, j.measures, j.document, language)
    from judged as j
    order by j.churned_on desc, j.name;
end
$$;
comment on function cs_health.churn_alert_review(date, date, text, text) is
    'Everybody who left in a period (default: the last year): flagged (risk high or critical at least lead_days '
    'before, days_ahead says when first), flagged late, missed, no data, or not predicted, and why. Days from lead + '
    'horizon before they left count, until they gave notice. Without a version by the predictions as they were stored '
    'before their window began; with one as that model would have said, on days that its training did not know. reason '
    'in the language of whoever asks, or en or es. How many of those flagged stayed is in churn_track()';

create function cs_health._review_reason(
    verdict text, level text, lift double precision, measures real[], document jsonb, locale text)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    calm text;
    spanish boolean := locale = 'es';
begin
    if verdict = 'not predicted' then
        return case when spanish then 'Sin predicción guardada de esos días' else 'No prediction of those days' end;
    elsif verdict = 'no data' then
        return case when spanish then 'Menos de la mitad de los datos observados en esos días'
            else 'Less than half of the data was observed on those days' end;
    elsif verdict = 'flagged' then
        return null;
    elsif verdict = 'flagged late' then
        return case when spanish then 'Las señales llegaron tarde' else 'The signs came late' end;
    end if;
    select string_agg(t.text, '; ' order by t.contribution) into calm
    from (
        select p.contribution, cs_health._risk_factor_text(p.feature, p.value, null, p.baseline, p.contribution,
            f.unit, f.window_days, locale) as text
        from cs_health._churn_parts(measures, cs_health._prediction_part(document)) as p
        join jsonb_to_recordset(document -> 'features') as f(measure text, unit text, window_days integer)
            on f.measure = p.feature
        where p.contribution < -0.1 order by p.contribution limit 2
    ) as t;
    return format(
        case when spanish then 'Riesgo como mucho %s× lo habitual' else 'Risk at most %s times the usual' end,
        translate(round(lift::numeric, 1)::text, '.', case when spanish then ',' else '.' end))
        || coalesce(case when spanish then '; tranquilizaba: ' else '; what reassured: ' end || calm, '');
end
$$;
comment on function cs_health._review_reason(text, text, double precision, real[], jsonb, text) is
    'Why somebody who left was missed, in words';
