-- Conditions in words, English and Spanish.

create function cs_health._fact_label(fact text, locale text) returns text
language plpgsql stable strict
set search_path = pg_catalog, pg_temp as $$
declare
    label text;
begin
    select case locale when 'es' then l.es else l.en end into label
    from (values
        ('overall_score', 'overall score', 'la puntuación global'),
        ('engagement_score', 'engagement score', 'la puntuación de uso'),
        ('adoption_score', 'adoption score', 'la puntuación de adopción'),
        ('satisfaction_score', 'satisfaction score', 'la puntuación de satisfacción'),
        ('support_score', 'support score', 'la puntuación de soporte'),
        ('growth_score', 'growth score', 'la puntuación de crecimiento'),
        ('coverage', 'coverage', 'la cobertura de datos'),
        ('churn_probability', 'churn probability', 'la probabilidad de baja'),
        ('category', 'category', 'la categoría'),
        ('trend', 'trend', 'la tendencia'),
        ('risk_level', 'risk level', 'el nivel de riesgo'),
        ('plan', 'plan', 'el plan'),
        ('segment', 'segment', 'el segmento'),
        ('stage', 'stage', 'la etapa'),
        ('status', 'status', 'el estado'),
        ('open_signals', 'list of open signals', 'la lista de señales abiertas'),
        ('replied_since_start', 'reply since the start', 'la respuesta desde el inicio')
    ) as l(fact, en, es)
    where l.fact = _fact_label.fact;
    return coalesce(label, cs_health._measure_label(regexp_replace(fact, '^own[.]', ''), locale));
end
$$;
comment on function cs_health._fact_label(text, text) is
    'What a fact is called within a sentence; the Spanish names are singular and bring their article';

create function cs_health._fact_word(fact text, word text, locale text) returns text
language sql stable strict
set search_path = pg_catalog, pg_temp as $$
    select format(case when fact in ('plan', 'segment') and locale <> 'es' then '"%s"' when locale = 'es' then '«%s»'
        else '%s' end, coalesce(case
            when fact in ('plan', 'segment') then word
            when fact = 'stage' then (
                select case when s.builtin then lower(n.name) else n.name end
                from cs_health.journey_stage as s
                cross join lateral (select case locale when 'es' then s.name_es else s.name_en end as name) as n
                where s.code = word)
            when fact = 'category' then trim(both '«»' from cs_health._category_label(word, locale))
            when locale = 'es' then case word
                when 'improving' then 'al alza' when 'stable' then 'estable' when 'declining' then 'a la baja'
                when 'low' then 'bajo' when 'medium' then 'medio' when 'high' then 'alto' when 'critical' then 'crítico'
                when 'trial' then 'en prueba' when 'active' then 'activo' when 'paused' then 'en pausa'
                when 'churned' then 'de baja' when 'internal' then 'interno'
                when 'usage_limit' then 'límite de uso' when 'feature_request' then 'petición de función'
                when 'user_growth' then 'crecimiento de usuarios' end
        end, replace(word, '_', ' ')))
$$;
comment on function cs_health._fact_word(text, text, text) is
    'A word that a fact can have, for a sentence; names of yours, and all in Spanish, in quotation marks';

create function cs_health._comparison_text(leaf jsonb, locale text) returns text
language plpgsql stable strict
set search_path = pg_catalog, pg_temp as $$
declare
    fact text := leaf ->> 'fact';
    wanted text := leaf ->> 'op';
    value jsonb := leaf -> 'value';
    shown text;
    pattern text;
begin
    case jsonb_typeof(value)
        when 'boolean' then
            wanted := case wanted when 'known' then '' else 'reply ' end || (value::boolean = (wanted <> '<>'));
        when 'number' then
            shown := cs_health._number(value::double precision, coalesce((
                select m.unit from cs_health.measure as m
                where case when m.builtin then m.code else 'own.' || m.code end = fact),
                case when fact in ('coverage', 'churn_probability') then 'ratio' end, ''), locale, 15);
        else
            wanted := case wanted when '=' then 'in' when '<>' then 'not_in' else wanted end;
            select string_agg(cs_health._fact_word(fact, w.word, locale), case when locale <> 'es' then ' or '
                when wanted = 'not_in' then ' ni ' else ' o ' end order by w.nr) into shown
            from jsonb_array_elements_text(case jsonb_typeof(value) when 'array' then value
                else jsonb_build_array(value) end) with ordinality as w(word, nr);
    end case;
    select case locale when 'es' then p.es else p.en end into pattern
    from (values
        ('<', '%1$s below %2$s', '%1$s es inferior a %2$s'),
        ('<=', '%1$s at most %2$s', '%1$s no supera %2$s'),
        ('>', '%1$s above %2$s', '%1$s supera %2$s'),
        ('>=', '%1$s at least %2$s', '%1$s es de al menos %2$s'),
        ('=', '%1$s exactly %2$s', '%1$s es %2$s'),
        ('<>', '%1$s other than %2$s', '%1$s no es %2$s'),
        ('in', '%1$s %2$s', '%1$s es %2$s'),
        ('not_in', '%1$s other than %2$s', '%1$s no es %2$s'),
        ('contains', 'an open signal of %2$s', 'hay una señal abierta de %2$s'),
        ('not_contains', 'no open signal of %2$s', 'no hay ninguna señal abierta de %2$s'),
        ('true', '%1$s known', '%1$s tiene valor'),
        ('false', '%1$s not known', '%1$s no tiene valor'),
        ('reply true', 'a reply since the start', 'hay respuesta desde el inicio'),
        ('reply false', 'no reply since the start', 'no hay respuesta desde el inicio')
    ) as p(op, en, es)
    where p.op = wanted;
    return format(pattern, cs_health._fact_label(fact, locale), shown)
        || case when (leaf -> 'for_days')::integer > 1
            then format(case locale when 'es' then ' durante %s días' else ' for %s days' end, leaf -> 'for_days')
            else '' end;
end
$$;
comment on function cs_health._comparison_text(jsonb, text) is 'One comparison of a condition, or one reason, in words';

create function cs_health._join_conditions(condition jsonb, locale text, inside text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    joined text := case when condition ? 'all' then 'all' when condition ? 'any' then 'any' end;
    answer text;
begin
    if condition ? 'not' then
        return case locale when 'es' then 'no se cumple' else 'not' end
            || format(' (%s)', cs_health._join_conditions(condition -> 'not', locale, null));
    elsif joined is null then
        return cs_health._comparison_text(condition, locale);
    end if;
    select string_agg(cs_health._join_conditions(p.value, locale, case when jsonb_array_length(condition -> joined) > 1
        then joined else inside end), case when locale = 'es' then case joined when 'all' then ' y ' else ' o ' end
        else case joined when 'all' then ' and ' else ' or ' end end order by p.nr) into answer
    from jsonb_array_elements(condition -> joined) with ordinality as p(value, nr);
    return format(case when inside <> joined and jsonb_array_length(condition -> joined) > 1 then '(%s)'
        else '%s' end, answer);
end
$$;
comment on function cs_health._join_conditions(jsonb, text, text) is
    'What condition_text() says, of a condition that was checked; inside: all or any, what it stands in';

create function cs_health.condition_text(condition jsonb, locale text default 'en') returns text
language plpgsql stable strict
set search_path = pg_catalog, pg_temp as $$
begin
    perform cs_health.check_condition(condition, 'step');
    return cs_health._join_conditions(condition, cs_health._language(null, locale), null);
end
$$;
comment on function cs_health.condition_text(jsonb, text) is
    'A condition in words, English (en) or Spanish (es), such as: overall score below 60 for 3 days. Ratios are in per '
    'cent. Faulty conditions and other locales are refused (22023). Null in, null out';

create function cs_health._reasons_text(reasons jsonb, locale text) returns text
language sql stable strict
set search_path = pg_catalog, pg_temp as $$
    select string_agg(cs_health._comparison_text(r.leaf, locale), '; ' order by r.nr)
    from jsonb_array_elements(reasons) with ordinality as r(leaf, nr)
$$;
comment on function cs_health._reasons_text(jsonb, text) is
    'The comparisons that _condition_reasons() gave, in words; null = there are none';
