-- Texts with {{fields}}: which fields there are, what they stand for, and filling them in.

create function cs_health.template_fields(template text) returns text[]
as 'MODULE_PATHNAME', 'csh_template_fields' language c immutable strict parallel safe;
comment on function cs_health.template_fields(text) is
    'The fields that a text names as {{field}}, each once, in their order. Unknown fields and braces that do not match '
    'are refused (22023), more than 64 KB with 54000. doc/playbook-document.md lists the fields. Null in, null out';

create function cs_health._missing_fields(template text, fields jsonb) returns text[]
as 'MODULE_PATHNAME', 'csh_missing_fields' language c immutable strict parallel safe;
comment on function cs_health._missing_fields(text, jsonb) is
    'Those of template_fields() that have no value: absent, null or blank';

create function cs_health.render_template(template text, fields jsonb, escape text default 'text') returns text
as 'MODULE_PATHNAME', 'csh_render_template' language c immutable strict parallel safe;
comment on function cs_health.render_template(text, jsonb, text) is
    'A text with its fields filled in. fields: an object of names and texts or numbers. escape says where the text '
    'goes: text (mail, tasks), slack, html, url (a link) or header (one line, such as a subject). Values come without '
    'control characters and line breaks, cut after 2,000 characters, and escaped for that place; the text around them '
    'stands as it is. A field without a value, a link that does not begin with https:// and what template_fields() '
    'refuses: 22023; more than 256 KB: 54000. Null in, null out';

create function cs_health._amount_text(amount numeric, locale text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case locale when 'es' then translate(n.english, ',.', '.,') else n.english end
    from (
        select to_char(amount, case when amount = round(amount) then 'FM999,999,999,999,999,990'
            else 'FM999,999,999,999,999,990.00' end) as english
    ) as n
$$;
comment on function cs_health._amount_text(numeric, text) is
    'A number with its thousands set apart as the language has it, with two decimals unless it is whole; null for null';

create function cs_health._money_text(amount numeric, locale text) returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select cs_health._amount_text(amount, _money_text.locale) || ' ' || s.currency from cs_health.settings as s
$$;
comment on function cs_health._money_text(numeric, text) is
    'An amount in the currency of settings, as it is written in the language; null for null';

create function cs_health._trend_label(trend text, locale text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case locale
        when 'es' then case trend when 'improving' then 'al alza' when 'stable' then 'estable'
            when 'declining' then 'a la baja' end
        else trend end
$$;
comment on function cs_health._trend_label(text, text) is 'A trend in words, English or Spanish (locale es)';

create function cs_health._risk_label(risk_level text, locale text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case locale
        when 'es' then case risk_level when 'low' then 'bajo' when 'medium' then 'medio' when 'high' then 'alto'
            when 'critical' then 'crítico' end
        else risk_level end
$$;
comment on function cs_health._risk_label(text, text) is 'A risk level in words, English or Spanish (locale es)';

create function cs_health._first_name(name text) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select coalesce(substring(trim(regexp_replace(name, '^.*,', '')) from E'^(?:\\S*\\.\\s+)*(\\S*[^.\\s])(?:\\s|$)'),
        trim(name))
$$;
comment on function cs_health._first_name(text) is
    'The first word of a name that is not abbreviated, after the comma where there is one: Ana of "Dra. Ana Gil" and '
    'of "Gil, Ana"; the name as it is where there is none';

create function cs_health._tenant_link(tenant_id uuid) returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select coalesce(rtrim(s.dashboard_url, '/') || '/#/customer/', '') || tenant_id from cs_health.settings as s
$$;
comment on function cs_health._tenant_link(uuid) is
    'Where the dashboard shows a tenant; its bare id while settings.dashboard_url is not set';

create function cs_health._next_plan(plan_code text) returns text
language sql stable strict
set search_path = pg_catalog, pg_temp as $$
    select n.code
    from cs_health.plan as p
    join cs_health.plan as n on n.kind = 'base' and n.rank > p.rank
    where p.code = plan_code
    order by n.rank, n.code limit 1
$$;
comment on function cs_health._next_plan(text) is 'Code of the next larger base plan; null for the largest';

create function cs_health._offered_plan(tenant_id uuid) returns text
language sql stable strict
set search_path = pg_catalog, pg_temp as $$
    select case when e.id is null then cs_health._next_plan(t.plan_code)
        when e.recommended_plan <> t.plan_code and not exists (
            select from cs_health.tenant_add_on as o
            where o.tenant_id = t.id and o.plan_code = e.recommended_plan) then p.code end
    from cs_health.tenant as t
    left join cs_health.expansion_signal as e
        on e.tenant_id = t.id and e.signal_type = 'usage_limit' and e.status in ('new', 'contacted')
            and e.held_reason is null and e.ceased_on is null
    left join cs_health.plan as p on p.code = e.recommended_plan
    where t.id = _offered_plan.tenant_id
$$;
comment on function cs_health._offered_plan(uuid) is
    'Code of the plan or add-on that the open signal usage_limit of a tenant recommends; without such a signal of the '
    'next larger base plan. Null: it recommends none, or what the tenant has bought since; or there is no larger one';

create function cs_health._plan_benefits(plan_code text, than_plan text, locale text) returns text
language sql stable strict
set search_path = pg_catalog, pg_temp as $$
    select string_agg(b.benefit, ', ' order by b.place, b.benefit)
    from (
        select 1 as place, replace(l.metric, '_', ' ') || ': ' || cs_health._amount_text(l.limit_value, locale)
            || case when p.kind = 'add_on' then case locale when 'es' then ' más' else ' more' end
                else coalesce(case locale when 'es' then ' en lugar de ' else ' instead of ' end
                    || cs_health._amount_text(o.limit_value, locale), '') end as benefit
        from cs_health.plan_limit as l
        join cs_health.plan as p on p.code = l.plan_code
        left join cs_health.plan_limit as o on o.plan_code = than_plan and o.metric = l.metric
        where l.plan_code = _plan_benefits.plan_code
            and l.limit_value > case p.kind when 'add_on' then 0 else coalesce(o.limit_value, 0) end
        union all
        (select 2, f.name
        from cs_health.plan_feature as p
        join cs_health.feature as f on f.code = p.feature
        where p.plan_code = _plan_benefits.plan_code and not exists (
            select from cs_health.plan_feature as o where o.plan_code = than_plan and o.feature = p.feature)
        order by f.name limit 6)
    ) as b
$$;
comment on function cs_health._plan_benefits(text, text, text) is
    'What a plan has that another one lacks, or an add-on adds to it: larger limits, and up to six features; null when '
    'nothing is known';

create function cs_health._health_values(tenant_id uuid, locale text) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    unknown text := case locale when 'es' then 'sin datos' else 'unknown' end;
    row record;
    reasons text;
begin
    select h.*, h.coverage >= 0.5 as is_known, c.document, o.category as override_category into row
    from cs_health.settings as g
    left join cs_health.current_health as h on h.tenant_id = _health_values.tenant_id
    left join cs_health.scorecard as c on c.id = h.scorecard_id
    left join cs_health.health_override as o
        on o.tenant_id = _health_values.tenant_id and o.ended_at is null and o.expires_on >= cs_health._today();
    if row.is_known then
        select string_agg(r.reason, '; ' order by r.rank) into reasons
        from cs_health.score_reasons(cs_health.score_breakdown(row.measures, row.document), locale) as r
        where r.rank <= 3 and r.reason is not null;
        reasons := coalesce(reasons,
            case locale when 'es' then 'nada le resta puntos' else 'nothing costs it points' end);
    end if;
    return jsonb_build_object(
        'health.overall_score', case when row.is_known then row.overall_score::text else unknown end,
        'health.category', coalesce(cs_health._category_label(coalesce(row.override_category,
            case when row.is_known then row.category end), locale), unknown),
        'health.trend', coalesce(case when row.is_known then cs_health._trend_label(row.trend, locale) end, unknown),
        'health.reasons', coalesce(reasons, unknown))
        || (
            select coalesce(jsonb_object_agg(case when m.builtin then 'measure.' else 'own.' end || m.code,
                case m.unit when 'money' then cs_health._money_text(row.measures[m."position"]::text::numeric, locale)
                    else cs_health._number(row.measures[m."position"]::text::double precision, m.unit, locale) end),
                '{}')
            from cs_health.measure as m where abs(row.measures[m."position"]) < 'infinity');
end
$$;
comment on function cs_health._health_values(uuid, text) is
    'The health.*, measure.* and own.* fields of a tenant: its current day in words';

create function cs_health._churn_values(tenant_id uuid, locale text) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    unknown text := case locale when 'es' then 'sin datos' else 'unknown' end;
    row record;
    reasons text;
begin
    select h.churn_probability::text::double precision as probability, m.trained,
        cs_health._risk_level(h.churn_probability::double precision, m.medium_from, m.high_from, m.critical_from)
            as risk_level,
        cs_health.churn_factors(h.measures, m.document, b.measures, locale, 3) as factors
    into row
    from cs_health.current_health as h
    join cs_health.churn_model as m on m.id = h.churn_model_id
    left join cs_health.customer_health as b
        on b.tenant_id = h.tenant_id and b.as_of = h.as_of - 30 and not b.provisional
    where h.tenant_id = _churn_values.tenant_id and h.churn_probability is not null;
    if row.probability is null then
        return jsonb_build_object('churn.probability', unknown, 'churn.risk_level', unknown, 'churn.reasons', unknown);
    end if;
    select string_agg(f.value ->> 'text', '; ' order by f.nr) into reasons
    from jsonb_array_elements(row.factors) with ordinality as f(value, nr);
    return jsonb_build_object(
        'churn.probability', cs_health._number(row.probability, 'ratio', locale)
            || case when row.trained then '' when locale = 'es' then ' (estimación de expertos)'
                else ' (experts'' estimate)' end,
        'churn.risk_level', cs_health._risk_label(row.risk_level, locale),
        'churn.reasons', coalesce(reasons, case locale when 'es' then 'ningún factor destaca'
            else 'no factor stands out' end));
end
$$;
comment on function cs_health._churn_values(uuid, text) is
    'The churn.* fields of a tenant: its current prediction in words, marked as an estimate while the model is not '
    'trained';

create function cs_health._param_values(params jsonb, locale text) returns jsonb
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select coalesce(jsonb_object_agg('params.' || p.key, case jsonb_typeof(p.value)
        when 'number' then translate(trim_scale((p.value #>> '{}')::numeric)::text, '.',
            case locale when 'es' then ',' else '.' end)
        when 'boolean' then case locale || ' ' || (p.value #>> '{}') when 'es true' then 'sí' when 'es false' then 'no'
            when 'en true' then 'yes' else 'no' end
        else p.value #>> '{}' end), '{}')
    from jsonb_each(params) as p
$$;
comment on function cs_health._param_values(jsonb, text) is 'The params.* fields: numbers and truth in the language';

create function cs_health._template_values(tenant_id uuid, contact_id uuid, locale text, params jsonb) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    language text := cs_health._language(_template_values.tenant_id, locale);
    unknown text := case language when 'es' then 'sin datos' else 'unknown' end;
    health jsonb;
    known jsonb;
begin
    perform cs_health._require_tenant(_template_values.tenant_id);
    health := cs_health._health_values(_template_values.tenant_id, language);
    select jsonb_build_object(
        'tenant.name', t.name,
        'tenant.plan', p.name,
        'tenant.arr', coalesce(health ->> 'measure.arr', cs_health._money_text(t.arr, language), unknown),
        'contact.name', k.name,
        'contact.first_name', cs_health._first_name(k.name),
        'csm.name', coalesce(c.name, g.company_name),
        'csm.email', a.csm,
        'csm.booking_url', c.booking_url,
        'manager.email', cs_health._assignee(t.id, 'manager'),
        'next_plan.name', n.name,
        'next_plan.benefits', cs_health._plan_benefits(n.code, p.code, language),
        'next_plan.monthly_price', cs_health._money_text(n.monthly_price, language),
        'company.name', g.company_name,
        'link.tenant', cs_health._tenant_link(t.id))
    into known
    from cs_health.tenant as t
    cross join cs_health.settings as g
    cross join lateral (select cs_health._assignee(t.id) as csm) as a
    left join cs_health.csm as c on c.email = a.csm
    left join cs_health.plan as p on p.code = t.plan_code
    left join cs_health.plan as n on n.code = cs_health._offered_plan(t.id)
    left join cs_health.contact as k on k.tenant_id = t.id and k.id = _template_values.contact_id
    where t.id = _template_values.tenant_id;
    return jsonb_strip_nulls(known || health
        || cs_health._churn_values(_template_values.tenant_id, language)
        || cs_health._param_values(coalesce(params, '{}'), language));
end
$$;
comment on function cs_health._template_values(uuid, uuid, text, jsonb) is
    'What every field stands for today, for render_template(): of a tenant, one of its contacts (null = none), a '
    'playbook''s params, in a language (null = that of the CSM). Fields without a value are absent, but tenant.arr, '
    'health.* and churn.*, which colleagues read, say so in words. Unknown tenants and languages: 22023';
