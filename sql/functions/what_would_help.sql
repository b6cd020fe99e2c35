-- What would lift a score into the next category.

create function cs_health._help_options(
    measures real[], scorecard jsonb, options integer, positions integer[], steps double precision[],
    efforts double precision[])
returns table (option integer, overall_score integer, category text, effort real, changes jsonb)
as 'MODULE_PATHNAME', 'csh_help_options' language c immutable strict parallel safe;

create function cs_health.what_would_help(measures real[], scorecard jsonb, options integer default 3)
returns table (option integer, overall_score integer, category text, effort real, changes jsonb)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select h.option, h.overall_score, h.category, h.effort, h.changes
    from (
        select array_agg(m.position order by m.position) as positions, array_agg(m.step order by m.position) as steps,
            array_agg(m.effort order by m.position) as efforts
        from cs_health.measure as m
        where m.step is not null and m.effort is not null
    ) as c
    cross join lateral cs_health._help_options(
        measures, scorecard, coalesce(options, 3), c.positions, c.steps, c.efforts) as h
    order by h.option
$$;
comment on function cs_health.what_would_help(real[], jsonb, integer) is
    'The cheapest sets of changes that lift a score to the next category (40, 60, 80), each with other measures: score '
    'and category afterwards, effort (steps x effort of a step, from cs_health.measure), and changes as [{"measure", '
    '"from", "to", "points"}]. score(what_if()) gives the same; no change can be left out or be a step smaller. '
    'Measures that count, are observed, not at their best and have an effort are moved, ratios by their base. Sets of '
    'three at most, larger ones where no such set will do. options: 1 to 20 (22003). No rows for a healthy score, or '
    'where nothing reaches the category';

create function cs_health._move_text(
    measure text, value_from double precision, value_to double precision, unit text, locale text, out words text,
    out is_plural boolean)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    difference text := cs_health._number(abs(value_to - value_from), 'count', locale);
    counted text;
begin
    is_plural := difference <> '1';
    select case when locale = 'es' and is_plural then c.es_plural when locale = 'es' then c.es
        when is_plural then c.en_plural else c.en end into counted
    from (values
        ('dau', 'user on the day', 'users on the day', 'usuario en el día', 'usuarios en el día'),
        ('wau', 'weekly user', 'weekly users', 'usuario semanal', 'usuarios semanales'),
        ('mau', 'monthly user', 'monthly users', 'usuario mensual', 'usuarios mensuales'),
        ('avg_dau', 'daily user', 'daily users', 'usuario diario', 'usuarios diarios'),
        ('active_days', 'active day', 'active days', 'día con actividad', 'días con actividad'),
        ('events', 'event', 'events', 'evento', 'eventos'),
        ('logins', 'login', 'logins', 'inicio de sesión', 'inicios de sesión'),
        ('features_used', 'feature', 'features', 'función', 'funciones'),
        ('new_users', 'new user', 'new users', 'usuario nuevo', 'usuarios nuevos'),
        ('lost_users', 'lost user', 'lost users', 'usuario perdido', 'usuarios perdidos'),
        ('days_since_active', 'day without activity', 'days without activity', 'día sin actividad',
            'días sin actividad'),
        ('open_tickets', 'open ticket', 'open tickets', 'ticket abierto', 'tickets abiertos')
    ) as c(code, en, en_plural, es, es_plural)
    where c.code = measure;
    if counted is not null then
        words := case
            when locale = 'es' then concat_ws(' ', difference, counted,
                case when value_to > value_from then 'más' else 'menos' end)
            else concat_ws(' ', difference, case when value_to > value_from then 'more' else 'fewer' end, counted) end;
        return;
    end if;
    is_plural := false;
    words := format(
        case when locale = 'es' and unit = 'ratio' then '%s del %s al %s' when locale = 'es' then '%s de %s a %s'
            else '%s from %s to %s' end,
        cs_health._measure_label(measure, locale), cs_health._number(value_from, unit, locale),
        cs_health._number(value_to, unit, locale));
end
$$;
comment on function cs_health._move_text(text, double precision, double precision, text, text) is
    'A change that helps in words, and whether they are plural';

create function cs_health._help_text(changes jsonb, tenant_name text, category text, locale text,
    out described jsonb, out sentence text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    change record;
    part text;
    parts text[] := '{}';
    is_plural boolean;
begin
    described := '[]';
    for change in
        select c.value, t.words, t.is_plural, (c.value ->> 'points')::numeric as points
        from jsonb_array_elements(changes) with ordinality as c(value, nr)
        join cs_health.measure as m on m.code = c.value ->> 'measure'
        cross join lateral cs_health._move_text(m.code, (c.value ->> 'from')::double precision,
            (c.value ->> 'to')::double precision, m.unit, locale) as t
        order by c.nr
    loop
        described := described || jsonb_build_array(change.value || jsonb_build_object('text', change.words));
        part := format('%s (%s%s)', change.words, case when change.points > 0 then '+' else '' end,
            translate(trim_scale(round(change.points, 1))::text, '.', case locale when 'es' then ',' else '.' end));
        parts := parts || part;
        is_plural := change.is_plural;
    end loop;
    is_plural := is_plural or cardinality(parts) > 1;
    sentence := cs_health._first_upper(concat_ws(
        case locale when 'es' then ' y ' else ' and ' end,
        nullif(array_to_string(parts[:cardinality(parts) - 1], ', '), ''), parts[cardinality(parts)]))
        || format(
            case when locale = 'es' and is_plural then ' llevan a %s a %s' when locale = 'es' then ' lleva a %s a %s'
                when is_plural then ' lift %s to %s' else ' lifts %s to %s' end,
            tenant_name,
            cs_health._category_label(category, locale));
end
$$;
comment on function cs_health._help_text(jsonb, text, text, text) is
    'Changes that help, each with its words, and one sentence of them all';

create function cs_health.what_would_help(tenant_id uuid, locale text default null)
returns table (
    option integer, overall_score integer, category text, effort real, changes jsonb, sentence text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    language text;
    latest record;
begin
    if tenant_id is null then
        raise exception 'tenant_id must not be null'
            using errcode = 'null_value_not_allowed', hint = 'Name a tenant.';
    end if;
    perform cs_health._require_tenant(what_would_help.tenant_id);
    language := cs_health._language(what_would_help.tenant_id, locale);
    select h.measures, c.document, t.name into latest
    from cs_health.customer_health as h
    join cs_health.scorecard as c on c.id = h.scorecard_id
    join cs_health.tenant as t on t.id = h.tenant_id
    where h.tenant_id = what_would_help.tenant_id
    order by h.as_of desc
    limit 1;
    if not found then
        raise exception 'tenant % has no score', tenant_id
            using errcode = 'invalid_parameter_value',
                hint = 'It was never scored; CALL cs_health.recalculate() scores yesterday.';
    end if;
    return query
    select h.option, h.overall_score, h.category, h.effort, w.described, w.sentence
    from cs_health.what_would_help(latest.measures, latest.document) as h
    cross join lateral cs_health._help_text(h.changes, latest.name, h.category, language) as w
    order by h.option;
end
$$;
comment on function cs_health.what_would_help(uuid, text) is
    'What would lift a tenant''s latest stored score to the next category, at most three options, in words too: each '
    'change has "text", and sentence says it all, in the language (en, es) given, else that of whoever asks, else of '
    'its CSM. Unknown tenants and languages and tenants without a score are refused (22023), null too (22004). No '
    'rows for a healthy score, or where nothing reaches the category. Name the argument: '
    'what_would_help(''…'', locale => ''es'')';
