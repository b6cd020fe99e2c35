-- Why a score changed.

create function cs_health.change_parts(
    measures_from real[], scorecard_from jsonb, measures_to real[], scorecard_to jsonb)
returns table (cause text, component text, measure text, points numeric)
as 'MODULE_PATHNAME', 'csh_change_parts' language c immutable strict parallel safe;
comment on function cs_health.change_parts(real[], jsonb, real[], jsonb) is
    'Why the overall score changed between two vectors under their scorecards: points by cause (measure, '
    'configuration, missing_data, rounding), the component each moved most, and the measure. They are Shapley values '
    '(L. S. Shapley, "A value for n-person games", 1953; beyond 16 causes in a component an estimate from 4,096 fixed '
    'orders, each walked both ways) in hundredths and sum exactly to the change; only what is not 0 is given, largest '
    'first, rounding (-1 to 1) last. doc/explain.md has the rules. Null in, no row; what score() refuses is refused';

create function cs_health._stored_day(tenant uuid, day date)
returns table (measures real[], document jsonb, scorecard text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    nearest text;
begin
    return query
    select h.measures, c.document, format('%s %s', c.code, c.version)
    from cs_health.customer_health as h
    join cs_health.scorecard as c on c.id = h.scorecard_id
    where h.tenant_id = tenant and h.as_of = day;
    if found then
        return;
    end if;
    select string_agg(n.as_of::text, ' and ' order by n.as_of) into nearest
    from (
        (select h.as_of from cs_health.customer_health as h
        where h.tenant_id = tenant and h.as_of < day order by h.as_of desc limit 1)
        union all
        (select h.as_of from cs_health.customer_health as h
        where h.tenant_id = tenant and h.as_of > day order by h.as_of limit 1)
    ) as n;
    raise exception 'tenant % has no score of %', tenant, day
        using errcode = 'invalid_parameter_value', hint = coalesce('The nearest scored days are ' || nearest || '.',
            'It was never scored; CALL cs_health.recalculate() scores yesterday, replay() history.');
end
$$;
comment on function cs_health._stored_day(uuid, date) is
    'What the stored score of a day followed from; a day without one is refused with the nearest that have one (22023)';

create function cs_health._weighted_items(measures real[], document jsonb)
returns table (component text, nr bigint, measure text, observed boolean, guard text, at_least double precision)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select c.key, i.nr, coalesce(i.item ->> 'stands_in_for', i.item ->> 'measure'), (i.item ->> 'observed')::boolean,
        i.item #>> '{only_if,measure}', (i.item #>> '{only_if,at_least}')::double precision
    from jsonb_each(cs_health.score_breakdown(measures, document) -> 'components') as c
    cross join lateral jsonb_array_elements(c.value -> 'measures') with ordinality as i(item, nr)
    where (c.value ->> 'weight')::integer > 0 and (i.item ->> 'weight')::numeric > 0
$$;
comment on function cs_health._weighted_items(real[], jsonb) is
    'The measures that count in a scorecard, whether each was observed, and what guards it';

create function cs_health._guarded_text(
    guard text, value_from double precision, value_to double precision, documents jsonb[], locale text)
returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select string_agg(distinct format(
        case locale when 'es' then '; el límite para %s es %s' else '; the bound for %s is %s' end,
        cs_health._measure_label(i.measure, locale), cs_health._number(i.at_least, m.unit, locale)), '')
    from unnest(documents) as d(document)
    cross join lateral cs_health._weighted_items('{}', d.document) as i
    left join cs_health.measure as m on m.code = i.guard
    where i.guard = _guarded_text.guard
        and coalesce(value_from::real < i.at_least::real, false)
            <> coalesce(value_to::real < i.at_least::real, false)
$$;
comment on function cs_health._guarded_text(text, double precision, double precision, jsonb[], text) is
    'What begins or ceases to count because a measure passed the bound of an only_if';

create function cs_health._missing_text(measures_from real[], measures_to real[], documents jsonb[], locale text)
returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select concat_ws('; ',
        case locale when 'es' then 'Ya no se observa: ' else 'Not observed any more: ' end
            || string_agg(cs_health._measure_label(w.measure, locale), ', ' order by w.position) filter (where w.gone),
        case locale when 'es' then 'Ahora se observa: ' else 'Newly observed: ' end
            || string_agg(cs_health._measure_label(w.measure, locale), ', ' order by w.position)
                filter (where not w.gone))
    from (
        select distinct a.measure, a.observed as gone, m.position
        from unnest(documents) as d(document)
        cross join lateral cs_health._weighted_items(measures_from, d.document) as a
        join lateral cs_health._weighted_items(measures_to, d.document) as b
            on b.component = a.component and b.nr = a.nr and b.observed <> a.observed
        join cs_health.measure as m on m.code = a.measure
        left join cs_health.measure as g on g.code = a.guard
        where coalesce(measures_from[g.position] < a.at_least::real, false)
            = coalesce(measures_to[g.position] < a.at_least::real, false)
    ) as w
$$;
comment on function cs_health._missing_text(real[], real[], jsonb[], text) is
    'Which measures are no longer observed, and which are for the first time';

create function cs_health._override_text(tenant uuid, "from" date, "to" date, locale text) returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    with lived as (
        select distinct on (d.day) d.day, o.id, o.category, o.set_by, o.expires_on, o.reason
        from cs_health.settings as g
        cross join (values ("from"), ("to")) as d(day)
        join cs_health.health_override as o on o.tenant_id = tenant and o.expires_on >= d.day
            and o.set_at < timezone(g.time_zone, (d.day + 1)::timestamp)
            and (o.ended_at is null or o.ended_at >= timezone(g.time_zone, (d.day + 1)::timestamp))
        order by d.day, o.set_at desc
    )
    select case
        when b.id is not null then format(case locale
            when 'es' then 'Categoría fijada en «%s» por %s hasta el %s: %s'
            else 'Category set to %s by %s through %s: %s' end,
            trim(both '«»' from cs_health._category_label(b.category, locale)), b.set_by, b.expires_on, b.reason)
        else format(case locale
            when 'es' then 'Ya no rige la categoría «%s» que fijó %s'
            else 'The category %s set by %s has ceased to apply' end,
            trim(both '«»' from cs_health._category_label(a.category, locale)), a.set_by) end
    from (select l.* from lived as l where l.day = "from") as a
    full join (select l.* from lived as l where l.day = "to") as b on true
    where a.id is distinct from b.id
$$;
comment on function cs_health._override_text(uuid, date, date, text) is
    'What a CSM''s override changed between the ends of two days; null when nothing';

create function cs_health.explain_change(tenant_id uuid, "from" date, "to" date, locale text default null)
returns table (
    rank integer, cause text, component text, measure text, value_from double precision, value_to double precision,
    unit text, window_days integer, points numeric, reason text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    language text;
    a record;
    b record;
begin
    if tenant_id is null or "from" is null or "to" is null then
        raise exception 'tenant_id, from and to must not be null'
            using errcode = 'null_value_not_allowed', hint = 'Name a tenant and two days.';
    end if;
    perform cs_health._require_tenant(explain_change.tenant_id);
    language := cs_health._language(explain_change.tenant_id, locale);
    select s.* into a from cs_health._stored_day(explain_change.tenant_id, "from") as s;
    select s.* into b from cs_health._stored_day(explain_change.tenant_id, "to") as s;
    return query
    select p.nr::integer, p.cause, p.component, p.measure, v.value_from, v.value_to, m.unit, m.window_days, p.points,
        case p.cause
            when 'measure' then
                cs_health._change_text(p.measure, v.value_from, v.value_to, m.unit, m.window_days, language)
                || coalesce(cs_health._guarded_text(p.measure, v.value_from, v.value_to,
                    array[a.document, b.document], language), '')
            when 'missing_data' then
                cs_health._missing_text(a.measures, b.measures, array[a.document, b.document], language)
            when 'configuration' then format(case language
                when 'es' then 'El modelo de puntuación %s se sustituyó por %s'
                else 'Scorecard %s was replaced by %s' end, a.scorecard, b.scorecard)
            when 'override' then o.reason
            else case language when 'es' then 'Redondeo' else 'Rounding' end
        end
    from cs_health._override_text(explain_change.tenant_id, "from", "to", language) as o(reason)
    cross join lateral (
        select c.cause, c.component, c.measure, c.points,
            row_number() over (order by c.cause = 'rounding', c.nr nulls last) as nr
        from (
            select k.cause, k.component, k.measure, k.points, k.nr
            from cs_health.change_parts(a.measures, a.document, b.measures, b.document)
                with ordinality as k(cause, component, measure, points, nr)
            union all
            select 'override', null, null, 0.00, null where o.reason is not null
        ) as c
    ) as p
    left join cs_health.measure as m on m.code = p.measure
    cross join lateral (
        -- by way of text, since 0.31 in four bytes would otherwise read 0.310000002384186
        select a.measures[m.position]::text::double precision as value_from,
            b.measures[m.position]::text::double precision as value_to) as v
    order by p.nr;
end
$$;
comment on function cs_health.explain_change(uuid, date, date, text) is
    'Why a tenant''s score changed between two scored days: the points of change_parts() with the values behind them '
    'and a reason in words, in the language (en, es) given, else that of whoever asks, else of its CSM. The points '
    'sum exactly to the change; an override that began or ended between has a row with 0 points, since it changes the '
    'category and not the score; a later day first explains backwards. Days without a score (the hint has the '
    'nearest), unknown tenants and languages are refused (22023), nulls too (22004)';
