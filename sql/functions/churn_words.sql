-- What drives a customer's risk of leaving and what to do about it, in words, English and Spanish.

create function cs_health._factor_label(measure text, locale text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    label text := cs_health._measure_label(measure, locale);
begin
    if locale = 'es' then
        label := regexp_replace(regexp_replace(label, '^(el|la) (número de )?', ''), '^medida «(.*)»$', E'\\1');
    end if;
    return cs_health._first_upper(label);
end
$$;
comment on function cs_health._factor_label(text, text) is
    'What a measure is called at the head of a sentence; in Spanish without article, one of your own without quotes';

create function cs_health._numbers_apart(
    a double precision, b double precision, unit text, locale text, decimals integer, out a_text text, out b_text text)
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
declare
    digits integer;
begin
    foreach digits in array array[decimals, 1, 2, 3, 4, 6, 9] loop
        a_text := cs_health._number(a, unit, locale, digits);
        b_text := cs_health._number(b, unit, locale, digits);
        exit when a = b or a_text <> b_text;
    end loop;
end
$$;
comment on function cs_health._numbers_apart(double precision, double precision, text, text, integer) is
    'Two values as text: with the decimals asked for, else those of _number(), and more where different values would '
    'look alike';

create function cs_health._days_text(shown text, locale text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
begin
    return shown || case when locale = 'es' then ' día' else ' day' end || case when shown <> '1' then 's' else '' end;
end
$$;

comment on function cs_health._days_text(text, text) is 'A number, as text, of days';

create function cs_health._typical_text(shown text, baseline double precision, unit text, locale text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
begin
    if locale = 'es' then
        return ', cuando lo habitual ' || case when unit = 'ratio' then 'es un '
            when unit = 'points' or abs(baseline) < 2 then 'es ' else 'son ' end || shown;
    end if;
    return ', typical ' || shown;
end
$$;
comment on function cs_health._typical_text(text, double precision, text, text) is
    'The half-sentence that compares with the typical customer; shown is the baseline as text';

create function cs_health._growth_text(measure text, value double precision, baseline double precision, locale text)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    shown text;
    typical text;
begin
    select n.a_text, n.b_text into shown, typical
    from cs_health._numbers_apart(abs(value), abs(baseline), 'ratio', locale, null) as n;
    if locale = 'es' then
        return case measure when 'mau_growth' then cs_health._factor_label('mau', locale) else 'Consumo medido' end
            || ': ' || case when shown = '0 %' then 'sin cambios' else shown || case when value > 0 then ' más'
                else ' menos' end end
            || ' en 30 días, cuando lo habitual es '
            || case when typical = '0 %' then 'que no haya cambios' else 'un ' || typical || case when baseline > 0
                then ' más' else ' menos' end end;
    end if;
    return case measure when 'mau_growth' then cs_health._factor_label('mau', locale) else 'Metered use' end
        || ' ' || case when shown = '0 %' then 'unchanged' else shown || case when value > 0 then ' up'
            else ' down' end end
        || ' in 30 days, typical '
        || case when typical = '0 %' then 'no change' else typical || case when baseline > 0 then ' up'
            else ' down' end end;
end
$$;
comment on function cs_health._growth_text(text, double precision, double precision, text) is
    'The sentence of mau_growth and usage_growth: the change that their value is, not how that has changed';

create function cs_health._state_text(measure text, shown text, typical text, locale text) returns text
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
begin
    if locale = 'es' then
        return case measure
            when 'open_tickets' then shown || case shown when '1' then ' ticket abierto' else ' tickets abiertos' end
                || typical
            when 'days_since_active' then case shown when '0' then '0 días desde la última actividad'
                else 'Sin actividad desde hace ' || cs_health._days_text(shown, locale) end || typical
            when 'tenure_days' then 'Cliente desde hace ' || cs_health._days_text(shown, locale) || typical
            when 'days_to_renewal' then case
                when shown = '0' then 'La renovación es hoy'
                when shown like '-%' then
                    'La renovación venció hace ' || cs_health._days_text(substr(shown, 2), locale)
                else case shown when '1' then 'Falta ' else 'Faltan ' end || cs_health._days_text(shown, locale)
                    || ' para la renovación' end
        end;
    end if;
    return case measure
        when 'open_tickets' then shown || case shown when '1' then ' open ticket' else ' open tickets' end || typical
        when 'days_since_active' then case shown when '0' then '0 days since the last activity'
            else 'Nobody has been active for ' || cs_health._days_text(shown, locale) end || typical
        when 'tenure_days' then 'Customer for ' || cs_health._days_text(shown, locale) || typical
        when 'days_to_renewal' then case
            when shown = '0' then 'Renewal is due today'
            when shown like '-%' then 'Renewal was ' || cs_health._days_text(substr(shown, 2), locale) || ' ago'
            else cs_health._days_text(shown, locale) || ' to renewal' end
    end;
end
$$;
comment on function cs_health._state_text(text, text, text, text) is
    'The sentence of measures that one does not tell as a name and its value; null for all others. shown is the value '
    'as text, typical what _typical_text() gives';

create function cs_health._is_told_in_units(measure text, unit text) returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce(
        unit in ('points', 'days', 'tickets') and measure not in ('active_days', 'active_days_90', 'tickets_per_user'),
        false);
end
$$;
comment on function cs_health._is_told_in_units(text, text) is
    'Whether a change is told in points, days or tickets, not in per cent of what it was before';

create function cs_health._is_notable(
    measure text, value double precision, previous double precision, unit text) returns boolean
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
begin
    return coalesce(abs(previous) < 'infinity', false) and value <> previous
        and abs(value::numeric - previous::numeric) >= case
            when unit = 'ratio' then 0.05
            when measure = 'nps' then 5
            when measure in ('csat', 'review') then 0.5
            when cs_health._is_told_in_units(measure, unit) then 1
            else abs(previous::numeric) / 10 end;
end
$$;
comment on function cs_health._is_notable(text, double precision, double precision, text) is
    'Whether a change is worth a sentence: 5 percentage points of a ratio, 5 points of NPS, 0.5 of CSAT and reviews, '
    '1 of other points, days and tickets, 10 % of everything else';

create function cs_health._factor_change_text(
    measure text, value double precision, previous double precision, unit text, locale text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    label text := cs_health._factor_label(measure, locale);
    difference numeric := abs(value::numeric - previous::numeric);
    is_up boolean := value > previous;
    is_absolute boolean := unit = 'ratio' or cs_health._is_told_in_units(measure, unit);
    amount text;
    before text;
    after text;
begin
    -- below 10 two decimals, lest the percentage belie them
    select n.a_text, n.b_text into before, after
    from cs_health._numbers_apart(previous, value, unit, locale,
        case when not is_absolute and least(abs(previous), abs(value)) < 10 then 2 end) as n;
    if is_absolute then
        -- the difference of the numbers that are shown
        amount := cs_health._number(abs(translate(after, ', %', '.')::double precision
            - translate(before, ', %', '.')::double precision), 'count', locale, 1);
        amount := case unit
            when 'ratio' then amount
                || case when locale = 'es' then ' puntos porcentuales' else ' percentage points' end
            when 'points' then amount || case when locale = 'es' then ' punto' else ' point' end
                || case when amount <> '1' then 's' else '' end
            when 'days' then cs_health._days_text(amount, locale)
            else amount end;
    elsif previous > 0 and value >= 0 and difference <= 10 * previous::numeric then
        -- what has not gone to the last one must not look as if it had
        amount := cs_health._number(least(100 * difference / previous::numeric,
            case when is_up or value = 0 then 1000 else 99 end)::double precision, 'count', locale) || ' %';
    end if;
    if locale = 'es' then
        return label || ': ' || coalesce(amount || ' ', '') || case when is_up then 'más' else 'menos' end
            || case when amount is null then ' que hace' else ' en' end
            || ' 30 días (' || before || ' → ' || after || ')';
    end if;
    return label || case when is_absolute then '' else coalesce(' ' || amount, '') end
        || case when is_up then ' up' else ' down' end
        || case when is_absolute then ' by ' || amount else '' end
        || ' in 30 days (' || before || ' → ' || after || ')';
end
$$;
comment on function cs_health._factor_change_text(text, double precision, double precision, text, text) is
    'How a measure changed in 30 days. Per cent of nothing, of something negative and above 1,000 are left out';

create function cs_health._risk_factor_text(
    measure text, value double precision, previous double precision, baseline double precision,
    contribution double precision, unit text, window_days integer, locale text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    shown text;
    typical text;
begin
    if not coalesce(abs(value) < 'infinity' and abs(baseline) < 'infinity', false) then
        return null;
    end if;
    if measure in ('mau_growth', 'usage_growth') then
        return cs_health._growth_text(measure, value, baseline, locale);
    end if;
    if measure not in ('days_since_active', 'tenure_days', 'days_to_renewal')
        and value <> baseline and (value > previous) = (value > baseline)
        and cs_health._is_notable(measure, value, previous, unit)
    then
        return cs_health._factor_change_text(measure, value, previous, unit, locale);
    end if;
    select n.a_text, n.b_text into shown, typical
    from cs_health._numbers_apart(value, baseline, unit, locale, null) as n;
    typical := cs_health._typical_text(typical, baseline, unit, locale);
    if measure in ('open_tickets', 'days_since_active', 'tenure_days', 'days_to_renewal') then
        return cs_health._state_text(measure, shown, typical, locale);
    end if;
    return cs_health._factor_label(measure, locale) || case when locale = 'es' then ': ' else ' ' end
        || case when unit = 'days' and measure !~ '^active_days' then cs_health._days_text(shown, locale) else shown end
        || typical
        || case when window_days > 0 then ' (' || cs_health._days_text(window_days::text, locale) || ')' else '' end;
end
$$;
comment on function cs_health._risk_factor_text(
    text, double precision, double precision, double precision, double precision, text, integer, text) is
    'What a measure says for or against a customer, in a sentence. Where the customer''s own value 30 days before '
    '(previous) is known, the change since is notable (_is_notable()) and leads away from the baseline, that change; '
    'else the comparison with the baseline, the typical customer''s value. A value counts for or against as it lies '
    'above or below the baseline, so that the sign of the contribution adds nothing to this. Growth, days since '
    'activity, tenure and renewal are changes or countdowns themselves and never told as changes. Null where value or '
    'baseline is not observed';

create function cs_health._action_text(action text, measure text, locale text) returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    if locale = 'es' then
        return case action
            when 're_engage_users' then
                'Llamar al contacto principal, averiguar qué frena el uso y fijar una sesión de trabajo'
            when 'win_back_lost_users' then
                'Identificar a los usuarios que han dejado de entrar, preguntarles el motivo y ayudarles a volver'
            when 'train_on_features' then
                'Elegir dos funciones sin usar que encajen con los objetivos del cliente y organizar una formación'
            when 'resolve_tickets' then
                'Repasar los tickets con soporte, fijar un plazo para los pendientes y comunicárselo al cliente'
            when 'follow_up_feedback' then
                'Llamar a quienes dieron las peores valoraciones y decirles qué va a cambiar y cuándo'
            when 'review_plan_limits' then
                'Comparar el uso del cliente con los límites de su plan y proponerle el plan que mejor encaje'
            when 'prepare_renewal' then
                'Reunirse con quien decide, presentar los resultados obtenidos y acordar la renovación'
            when 'review_measure' then
                'Revisar con el cliente ' || cs_health._measure_label(measure, locale)
                || ' y acordar quién hace qué y para cuándo'
            when 'stay_in_touch' then
                'Mantener el contacto habitual: ningún factor sobre el que se pueda actuar eleva el riesgo'
        end;
    end if;
    return case action
        when 're_engage_users' then
            'Call the main contact, find out what keeps users away and set a date for a working session'
        when 'win_back_lost_users' then
            'List the users who have stopped coming, ask them why and help them to return'
        when 'train_on_features' then
            'Pick two unused features that serve the customer''s goals and hold a training session'
        when 'resolve_tickets' then
            'Go through the tickets with support, set a date for those pending and tell the customer'
        when 'follow_up_feedback' then
            'Call those who gave the lowest ratings and tell them what will change and when'
        when 'review_plan_limits' then
            'Compare the customer''s use with the limits of the plan and propose the plan that fits best'
        when 'prepare_renewal' then
            'Meet the decision-maker, present the results achieved and settle the terms of the renewal'
        when 'review_measure' then
            'Go through "' || cs_health._measure_label(measure, locale)
            || '" with the customer and agree on who does what by when'
        when 'stay_in_touch' then
            'Keep up the usual contact: nothing that can be acted on raises the risk'
    end;
end
$$;
comment on function cs_health._action_text(text, text, text) is
    'What a CSM does next; only review_measure names the measure';

create function cs_health._risk_action(measure text, locale text) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    action text := case
        when measure in ('tenure_days', 'arr', 'users_ever') then null
        when measure in ('dau', 'wau', 'mau', 'mau_previous', 'avg_dau', 'stickiness', 'active_days', 'events',
            'events_previous', 'logins', 'minutes', 'new_users', 'days_since_active', 'usage_growth', 'qau',
            'active_days_90', 'events_90')
            then 're_engage_users'
        when measure in ('mau_growth', 'lost_users') then 'win_back_lost_users'
        when measure in ('features_used', 'adoption') then 'train_on_features'
        when measure in ('open_tickets', 'mean_resolution_hours', 'tickets_per_user') then 'resolve_tickets'
        when measure in ('nps', 'csat', 'review') then 'follow_up_feedback'
        when measure in ('usage_ratio', 'features_available') then 'review_plan_limits'
        when measure = 'days_to_renewal' then 'prepare_renewal'
        when measure is not null then 'review_measure' end;
begin
    if action is not null then
        return jsonb_build_object('action', action, 'text', cs_health._action_text(action, measure, locale),
            'playbook', case measure when 'usage_ratio' then 'expansion' else 'reactivation' end);
    end if;
    return null;
end
$$;
comment on function cs_health._risk_action(text, text) is
    'What to do where a measure raises the risk: action, text and the predefined playbook that fits. Null for '
    'tenure_days, arr and users_ever, about which nobody can do anything';

create function cs_health._risk_factors(
    log_odds double precision, parts jsonb, previous real[], locale text, top integer default 5) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    factors jsonb;
begin
    select jsonb_agg(jsonb_build_object('rank', f.rank, 'measure', f.measure, 'value', f.value, 'previous', f.before,
            'baseline', f.baseline, 'unit', f.unit, 'window_days', f.window_days,
            'contribution', trim_scale(round(f.contribution::numeric, 4)),
            -- sigmoid(x) is (1 + tanh(x / 2)) / 2, which cannot overflow
            'percentage_points', case when abs(log_odds) <= 'infinity' then
                trim_scale(round((50 * (tanh(log_odds / 2) - tanh((log_odds - f.contribution) / 2)))::numeric, 2)) end,
            'text', cs_health._risk_factor_text(f.measure, f.value, f.before, f.baseline, f.contribution, f.unit,
                f.window_days, locale)) order by f.rank)
    into factors
    from (
        select row_number() over (order by p.contribution desc, p."position", p.measure) as rank, p.*,
            case when abs(previous[p."position"]) < 'infinity' then previous[p."position"]::text::double precision end
                as before
        from jsonb_to_recordset(parts) as p(measure text, "position" integer, value double precision,
            baseline double precision, contribution double precision, unit text, window_days integer)
        where p.contribution > 0.005 and p.contribution < 'infinity'
            and abs(p.value) < 'infinity' and abs(p.baseline) < 'infinity'
        order by rank
        limit greatest(top, 0)
    ) as f;
    return coalesce(factors, '[]');
end
$$;
comment on function cs_health._risk_factors(double precision, jsonb, real[], text, integer) is
    'What raises a customer''s risk of leaving most, in words. log_odds is the prediction''s, parts its [{"measure", '
    '"position", "value", "baseline", "contribution", "unit", "window_days"}], previous the customer''s vector 30 days '
    'before or null. Contributions above 0.005 of measures with a value are listed, the largest first, top at most: '
    'contribution in log-odds, percentage_points = 100 x (sigmoid(log_odds) - sigmoid(log_odds - contribution))';

create function cs_health._recommended_actions(factors jsonb, locale text, top integer default 3) returns jsonb
language plpgsql stable strict
set search_path = pg_catalog, pg_temp as $$
declare
    actions jsonb;
begin
    select jsonb_agg(jsonb_build_object('rank', a.rank, 'action', a.answer ->> 'action', 'text', a.answer ->> 'text',
            'playbook', case when a.factor ->> 'measure' = 'usage_ratio'
                and coalesce((a.factor ->> 'value')::double precision <= 0.8, true) then 'reactivation'
                else a.answer ->> 'playbook' end,
            'factor', a.factor ->> 'measure', 'reason', a.factor ->> 'text') order by a.rank)
    into actions
    from (
        select row_number() over (order by d.nr) as rank, d.*
        from (
            select distinct on (r.answer ->> 'text') f.nr, f.factor, r.answer
            from jsonb_array_elements(factors) with ordinality as f(factor, nr)
            cross join lateral cs_health._risk_action(f.factor ->> 'measure', locale) as r(answer)
            where r.answer is not null
            order by r.answer ->> 'text', f.nr
        ) as d
        order by d.nr
        limit greatest(top, 1)
    ) as a;
    return coalesce(actions, jsonb_build_array(jsonb_build_object('rank', 1, 'action', 'stay_in_touch',
        'text', cs_health._action_text('stay_in_touch', null, locale), 'playbook', null, 'factor', null,
        'reason', null)));
end
$$;
comment on function cs_health._recommended_actions(jsonb, text, integer) is
    'What to do about the factors of _risk_factors(), in their order, top at most (1 or more), each thing once, with '
    'the first factor that asks for it and the predefined playbook that can be started: expansion where more than 80 % '
    'of a limit is used, else reactivation. Where nothing can be done about any of them, or there is none: '
    'stay_in_touch';
