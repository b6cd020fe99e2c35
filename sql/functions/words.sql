-- Measures and their values in words, English and Spanish.

create function cs_health._category_label(category text, locale text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case locale
        when 'es' then case category when 'healthy' then 'saludable' when 'neutral' then 'neutral'
            when 'at_risk' then '«en riesgo»' when 'critical' then 'crítico' end
        else replace(category, '_', ' ') end
$$;
comment on function cs_health._category_label(text, text) is 'A category in words, English or Spanish (locale es)';

create function cs_health._measure_label(code text, locale text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    label text;
begin
    select case locale when 'es' then l.es else l.en end into label
    from (values
        ('dau', 'users of the day', 'el número de usuarios del día'),
        ('wau', 'weekly users', 'el número de usuarios semanales'),
        ('mau', 'monthly users', 'el número de usuarios mensuales'),
        ('mau_previous', 'users of the month before', 'el número de usuarios del mes anterior'),
        ('mau_growth', 'user growth', 'el crecimiento de usuarios'),
        ('avg_dau', 'average daily users', 'la media de usuarios diarios'),
        ('stickiness', 'stickiness', 'la fidelidad de uso'),
        ('active_days', 'active days', 'el número de días con actividad'),
        ('events', 'events', 'el número de eventos'),
        ('events_previous', 'events of the month before', 'el número de eventos del mes anterior'),
        ('logins', 'logins', 'el número de inicios de sesión'),
        ('minutes', 'time in the product', 'el tiempo de uso'),
        ('features_used', 'features used', 'el número de funciones usadas'),
        ('features_available', 'features available', 'el número de funciones disponibles'),
        ('adoption', 'feature adoption', 'la adopción de funciones'),
        ('new_users', 'new users', 'el número de usuarios nuevos'),
        ('lost_users', 'lost users', 'el número de usuarios perdidos'),
        ('days_since_active', 'days without activity', 'el número de días sin actividad'),
        ('nps', 'NPS', 'el NPS'),
        ('csat', 'CSAT', 'el CSAT'),
        ('review', 'mean review', 'la nota media de las reseñas'),
        ('open_tickets', 'open tickets', 'el número de tickets abiertos'),
        ('mean_resolution_hours', 'mean time to resolution', 'el tiempo medio de resolución'),
        ('tickets_per_user', 'tickets per user', 'el número de tickets por usuario'),
        ('usage_ratio', 'use of the limit', 'el uso del límite contratado'),
        ('usage_growth', 'growth of metered use', 'el crecimiento del consumo medido'),
        ('tenure_days', 'days as a customer', 'la antigüedad en días'),
        ('days_to_renewal', 'days to renewal', 'el número de días hasta la renovación'),
        ('arr', 'annual recurring revenue', 'el ingreso recurrente anual'),
        ('qau', 'quarterly users', 'el número de usuarios trimestrales'),
        ('active_days_90', 'active days of the quarter', 'el número de días con actividad del trimestre'),
        ('events_90', 'events of the quarter', 'el número de eventos del trimestre'),
        ('users_ever', 'users ever seen', 'el número de usuarios vistos alguna vez')
    ) as l(code, en, es)
    where l.code = _measure_label.code;
    if label is null then
        select coalesce(nullif(m.description, ''), m.code) into label
        from cs_health.measure as m where m.code = _measure_label.code;
        label := format(case locale when 'es' then 'la medida «%s»' else '%s' end, coalesce(label, code));
    end if;
    return label;
end
$$;
comment on function cs_health._measure_label(text, text) is
    'What a measure is called within a sentence, one of your own by its description. The Spanish names are singular '
    'and bring their article, so that any verb fits';

create function cs_health._first_upper(sentence text) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select upper(left(sentence, 1)) || substr(sentence, 2)
$$;

create function cs_health._number(value double precision, unit text, locale text, digits integer default null)
returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
declare
    shown numeric := case unit when 'ratio' then 100 * value::numeric else value::numeric end;
begin
    return translate(
        trim_scale(round(shown, coalesce(digits, case when abs(shown) < 10 then 1 else 0 end)))::text, '.',
        case locale when 'es' then ',' else '.' end)
        || case unit when 'ratio' then ' %' when 'hours' then ' h' when 'minutes' then ' min' else '' end;
end
$$;
comment on function cs_health._number(double precision, text, text, integer) is
    'A value of a measure as text: ratios in per cent, one decimal below 10 unless digits are given, in Spanish with a '
    'decimal comma';

create function cs_health._change_text(
    measure text, value_from double precision, value_to double precision, unit text, window_days integer, locale text)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    label text := cs_health._first_upper(cs_health._measure_label(measure, locale));
    before text := cs_health._number(value_from, unit, locale);
    after text := cs_health._number(value_to, unit, locale);
    digits integer;
begin
    foreach digits in array array[1, 2, 3, 4, 6, 9] loop
        exit when before is distinct from after;
        before := cs_health._number(value_from, unit, locale, digits);
        after := cs_health._number(value_to, unit, locale, digits);
    end loop;
    if locale = 'es' then
        return label
            || case when value_to > value_from then ' subió' when value_to < value_from then ' bajó' else ' pasó' end
            || case when before is null then ' de no tener valor' when unit = 'ratio' then ' del ' else ' de ' end
            || coalesce(before, '')
            || case when after is null then ' a no tener valor' when unit = 'ratio' then ' al ' else ' a ' end
            || coalesce(after, '')
            || case window_days when 0 then '' when 1 then ' (1 día)' else format(' (%s días)', window_days) end;
    end if;
    return label
        || case when value_to > value_from then ' rose' when value_to < value_from then ' fell' else ' went' end
        || ' from ' || coalesce(before, 'no value') || ' to ' || coalesce(after, 'no value')
        || case window_days when 0 then '' when 1 then ' (1 day)' else format(' (%s days)', window_days) end;
end
$$;
comment on function cs_health._change_text(text, double precision, double precision, text, integer, text) is
    'A sentence that says how a measure changed: value, comparison and period. Two values that would look alike are '
    'given more decimals';
