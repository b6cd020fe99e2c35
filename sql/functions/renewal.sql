-- What is said of a contract that comes to its end.

create function cs_health._renewal_reason(
    churned_on date, churn_notice_on date, has_data boolean, score integer, category text, risk_level text, locale text)
returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select case
        when churned_on is not null then
            case locale when 'es' then 'Se marchó el ' else 'Left on ' end || cs_health._date_text(churned_on, locale)
        when churn_notice_on is not null then
            case locale when 'es' then 'Avisó de su baja el ' else 'Gave notice on ' end
            || cs_health._date_text(churn_notice_on, locale)
        when not has_data then case locale when 'es' then 'Sin datos' else 'No data' end
        else concat_ws(', ',
            case locale when 'es' then format('Salud %s (categoría %s)', coalesce(score::text, 'desconocida'),
                    l.category)
                else format('Health %s (%s)', coalesce(score::text, 'unknown'), l.category) end,
            case locale when 'es' then 'riesgo de abandono ' || l.risk else l.risk || ' risk of leaving' end)
        end
    from (
        select case when locale = 'es' and category = 'critical' then 'crítica' -- as «categoría» wants it
                else trim(both '«»' from cs_health._category_label(category, locale)) end as category,
            cs_health._risk_label(risk_level, locale) as risk
    ) as l
$$;
comment on function cs_health._renewal_reason(date, date, boolean, integer, text, text, text) is
    'Why the renewal is expected, at risk or lost: English or Spanish (locale es)';
