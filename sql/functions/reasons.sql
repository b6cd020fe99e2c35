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
    select trim_scale(round(value, digits))::text
$$;

-- What is left to say of a component that another scorecard builds from other measures
create function cs_health._generic_reason(component jsonb) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select string_agg(format('%s %s', m.value ->> 'measure', cs_health._plain((m.value ->> 'value')::numeric, 2)), ', ')
    from jsonb_array_elements(component -> 'measures') as m
    where (m.value ->> 'observed')::boolean and (m.value ->> 'weight')::numeric > 0
$$;

create function cs_health._signed(value numeric) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case when round(value) > 0 then '+' else '' end || round(value)
$$;

create function cs_health._reason(component text, signals jsonb, locale text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case component || ' ' || case locale when 'es' then 'es' else 'en' end
        when 'engagement en' then case when cs_health._signal(signals, 'engagement', 'mau') = 0
            then 'nobody was active in 30 days'
            else cs_health._plain(cs_health._signal(signals, 'engagement', 'avg_dau'), 1) || ' of '
                || cs_health._plain(cs_health._signal(signals, 'engagement', 'mau'))
                || ' monthly users come on an average day' end
        when 'engagement es' then case when cs_health._signal(signals, 'engagement', 'mau') = 0
            then 'sin usuarios activos en 30 días'
            else 'en un día medio entran '
                || translate(cs_health._plain(cs_health._signal(signals, 'engagement', 'avg_dau'), 1), '.', ',')
                || ' de ' || cs_health._plain(cs_health._signal(signals, 'engagement', 'mau'))
                || ' usuarios mensuales' end
        when 'adoption en' then cs_health._plain(cs_health._signal(signals, 'adoption', 'features_used')) || ' of '
            || cs_health._plain(cs_health._signal(signals, 'adoption', 'features_available')) ||
                ' features used in 30 days'
        when 'adoption es' then cs_health._plain(cs_health._signal(signals, 'adoption', 'features_used')) || ' de '
            || cs_health._plain(cs_health._signal(signals, 'adoption', 'features_available'))
            || ' funciones usadas en 30 días'
        when 'satisfaction en' then nullif(concat_ws(', ',
            'NPS ' || cs_health._plain(cs_health._signal(signals, 'satisfaction', 'nps')),
            'CSAT ' || trim_scale(round(cs_health._signal(signals, 'satisfaction', 'csat'), 1)) || ' of 5',
            'reviews ' || trim_scale(round(cs_health._signal(signals, 'satisfaction', 'review'), 1)) || ' of 5'), '')
        when 'satisfaction es' then nullif(concat_ws(', ',
            'NPS ' || cs_health._plain(cs_health._signal(signals, 'satisfaction', 'nps')),
            'CSAT ' || translate(cs_health._plain(cs_health._signal(signals, 'satisfaction', 'csat'), 1), '.', ',')
                || ' de 5',
            'reseñas ' || translate(cs_health._plain(cs_health._signal(signals, 'satisfaction', 'review'), 1), '.', ',')
                || ' de 5'), '')
        when 'support en' then cs_health._plain(cs_health._signal(signals, 'support', 'open_tickets')) ||
            ' open tickets'
        when 'support es' then cs_health._plain(cs_health._signal(signals, 'support', 'open_tickets'))
            || ' tickets abiertos'
        when 'growth en' then case when cs_health._signal(signals, 'growth', 'mau') = 0
            then 'nobody was active in 60 days' else 'monthly users changed by '
            || cs_health._signed(100 * cs_health._signal(signals, 'growth', 'mau_growth')) || ' % in 30 days' end
        when 'growth es' then case when cs_health._signal(signals, 'growth', 'mau') = 0
            then 'sin usuarios activos en 60 días' else 'los usuarios mensuales variaron un '
            || cs_health._signed(100 * cs_health._signal(signals, 'growth', 'mau_growth')) || ' % en 30 días' end
    end
$$;

create function cs_health.score_reasons(score_breakdown jsonb, locale text default 'en')
returns table (rank integer, component text, score integer, points_lost numeric, reason text)
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select row_number() over (order by c.lost desc, c.key)::integer, c.key, c.score, c.lost,
        coalesce(cs_health._reason(c.key, score_breakdown -> 'components', locale), cs_health._generic_reason(c.value))
    from (
        select e.key, e.value, (e.value ->> 'score')::integer as score,
            round((e.value ->> 'share')::numeric * (100 - (e.value ->> 'score')::integer), 1) as lost
        from jsonb_each(score_breakdown -> 'components') as e
        where (e.value ->> 'observed')::boolean
    ) as c
    where c.lost > 0
$$;
comment on function cs_health.score_reasons(jsonb, text) is
    'What keeps a score below 100, the costliest component first: points lost (share x (100 - score)) and the numbers '
    'behind it in words, English or Spanish. Takes the breakdown that score_breakdown() gives';
