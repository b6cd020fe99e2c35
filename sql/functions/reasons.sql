-- Why a score is what it is, in numbered sentences.

create function cs_health._signal(components jsonb, component text, measure text) returns numeric
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select (m.value ->> 'value')::numeric
    from jsonb_array_elements(components -> component -> 'measures') as m
    where m.value ->> 'measure' = measure and m.value ->> 'value' is not null
    limit 1
$$;

create function cs_health._plain(value numeric, digits integer default 0) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select coalesce(trim_scale(round(value, digits))::text, '?')
$$;

create function cs_health._reason(component text, signals jsonb, locale text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case component || ' ' || case locale when 'es' then 'es' else 'en' end
        when 'engagement en' then case when cs_health._signal(signals, 'engagement', 'mau') = 0
            then 'nobody was active in 30 days'
            else format('%s of %s monthly users come on an average day',
                cs_health._plain(cs_health._signal(signals, 'engagement', 'avg_dau'), 1),
                cs_health._plain(cs_health._signal(signals, 'engagement', 'mau'))) end
        when 'engagement es' then case when cs_health._signal(signals, 'engagement', 'mau') = 0
            then 'sin usuarios activos en 30 días'
            else format('en un día medio entran %s de %s usuarios mensuales',
                cs_health._plain(cs_health._signal(signals, 'engagement', 'avg_dau'), 1),
                cs_health._plain(cs_health._signal(signals, 'engagement', 'mau'))) end
        when 'adoption en' then format('%s of %s features used in 30 days',
            cs_health._plain(cs_health._signal(signals, 'adoption', 'features_used')),
            cs_health._plain(cs_health._signal(signals, 'adoption', 'features_available')))
        when 'adoption es' then format('%s de %s funciones usadas en 30 días',
            cs_health._plain(cs_health._signal(signals, 'adoption', 'features_used')),
            cs_health._plain(cs_health._signal(signals, 'adoption', 'features_available')))
        when 'satisfaction en' then concat_ws(', ',
            'NPS ' || cs_health._plain(cs_health._signal(signals, 'satisfaction', 'nps')),
            'CSAT ' || trim_scale(round(cs_health._signal(signals, 'satisfaction', 'csat'), 1)) || ' of 5',
            'reviews ' || trim_scale(round(cs_health._signal(signals, 'satisfaction', 'review'), 1)) || ' of 5')
        when 'satisfaction es' then concat_ws(', ',
            'NPS ' || cs_health._plain(cs_health._signal(signals, 'satisfaction', 'nps')),
            'CSAT ' || trim_scale(round(cs_health._signal(signals, 'satisfaction', 'csat'), 1)) || ' de 5',
            'reseñas ' || trim_scale(round(cs_health._signal(signals, 'satisfaction', 'review'), 1)) || ' de 5')
        when 'support en' then format('%s open tickets',
            cs_health._plain(cs_health._signal(signals, 'support', 'open_tickets')))
        when 'support es' then format('%s tickets abiertos',
            cs_health._plain(cs_health._signal(signals, 'support', 'open_tickets')))
        when 'growth en' then coalesce('monthly users changed by '
            || to_char(100 * cs_health._signal(signals, 'growth', 'mau_growth'), 'FMSG999990') || ' % in 30 days',
            'nobody was active in 60 days')
        when 'growth es' then coalesce('los usuarios mensuales variaron un '
            || to_char(100 * cs_health._signal(signals, 'growth', 'mau_growth'), 'FMSG999990') || ' % en 30 días',
            'sin usuarios activos en 60 días')
    end
$$;

create function cs_health.score_reasons(score_breakdown jsonb, locale text default 'en')
returns table (rank integer, component text, score integer, points_lost numeric, reason text)
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select row_number() over (order by c.lost desc, c.key)::integer, c.key, c.score, c.lost,
        cs_health._reason(c.key, score_breakdown -> 'components', locale)
    from (
        select e.key, (e.value ->> 'score')::integer as score,
            round((e.value ->> 'share')::numeric * (100 - (e.value ->> 'score')::integer), 1) as lost
        from jsonb_each(score_breakdown -> 'components') as e
        where (e.value ->> 'observed')::boolean
    ) as c
    where c.lost > 0
$$;
comment on function cs_health.score_reasons(jsonb, text) is
    'What keeps a score below 100, the costliest component first: points lost (share x (100 - score)) and the numbers '
    'behind '
    'it in words, English or Spanish. Takes the breakdown that score_breakdown() gives';
