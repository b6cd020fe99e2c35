-- Facts: what conditions are about, read from the stored day and from what is known of the tenant. A run asks for them
-- tenant by tenant, so their plans are kept.

create function cs_health._tenant_facts(tenant_id uuid, as_of date default null) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan as $$
begin
    return (select jsonb_build_object('plan', t.plan_code, 'segment', t.segment, 'status', t.status,
        'stage', cs_health._stage_on(t.id, coalesce(_tenant_facts.as_of, cs_health._today())),
        'open_signals', coalesce((
            select jsonb_agg(s.signal_type order by s.signal_type) from cs_health.expansion_signal as s
            where s.tenant_id = t.id and s.status in ('new', 'contacted') and s.held_reason is null
                and s.ceased_on is null), '[]'))
    from cs_health.tenant as t
    where t.id = _tenant_facts.tenant_id);
end
$$;
comment on function cs_health._tenant_facts(uuid, date) is
    'Facts that are not kept of every day, as they stand now; only the stage is that of as_of';

create function cs_health._stored_facts(tenant_id uuid, "from" date, "to" date, names text[] default null)
returns table (as_of date, coverage real, facts jsonb)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set extra_float_digits = 1 -- so that every stored number comes back as it is
as $$
#variable_conflict use_column
begin
    return query
    select h.as_of, h.coverage,
        coalesce((
            select jsonb_object_agg(n.name, h.measures[m.position])
            from cs_health.measure as m
            cross join lateral (select case when m.builtin then m.code else 'own.' || m.code end as name) as n
            where names is null or n.name = any (names)
        ), '{}') || jsonb_build_object(
            'overall_score', case when h.coverage > 0 then h.overall_score end,
            'engagement_score', s.score[1], 'adoption_score', s.score[2],
            'satisfaction_score', s.score[3], 'support_score', s.score[4], 'growth_score', s.score[5],
            'coverage', h.coverage, 'category', case when h.coverage > 0 then h.category end, 'trend', h.trend,
            'churn_probability', h.churn_probability, 'risk_level', cs_health._risk_level(
                h.churn_probability::double precision, m.medium_from, m.high_from, m.critical_from))
    from cs_health.customer_health as h
    join cs_health.scorecard as c on c.id = h.scorecard_id
    cross join lateral (select cs_health._component_scores(h.measures, c.document) as score offset 0) as s
    left join cs_health.churn_model as m on m.id = h.churn_model_id
    where h.tenant_id = _stored_facts.tenant_id and h.as_of between "from" and "to";
end
$$;
comment on function cs_health._stored_facts(uuid, date, date, text[]) is
    'Facts of the stored days of a tenant, of measures those of these names (null = all); null in an object is not '
    'observed';

create function cs_health.facts(tenant_id uuid, as_of date default null) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    day date := coalesce(facts.as_of, (
        select h.as_of from cs_health.current_health as h where h.tenant_id = facts.tenant_id));
begin
    perform cs_health._require_tenant(facts.tenant_id);
    return cs_health._tenant_facts(facts.tenant_id, facts.as_of)
        || coalesce((select f.facts from cs_health._stored_facts(facts.tenant_id, day, day) as f), '{}');
end
$$;
comment on function cs_health.facts(uuid, date) is
    'All facts of a tenant that conditions can name, of a stored day (default: the current row): measures, scores, '
    'category, trend, coverage, churn_probability and risk_level of that day, null where not observed and left out '
    'where the day has no row; plan, segment, status and open_signals as they stand now, the stage of the journey as '
    'it was on that day (default: today), null before the first run. Unknown tenants are refused (22023)';

create function cs_health._fact_days(tenant_id uuid, as_of date, days integer, names text[] default null)
returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select jsonb_agg(case when n.ago = 0
        then cs_health._tenant_facts(_fact_days.tenant_id, _fact_days.as_of)
            || case when f.coverage >= 0.5 then f.facts else '{}' end
        else case when f.coverage >= 0.5 then f.facts end end order by n.ago)
    from generate_series(0, least(days, 90) - 1) as n(ago)
    left join cs_health._stored_facts(
        _fact_days.tenant_id, _fact_days.as_of - least(days, 90) + 1, _fact_days.as_of, names) as f
        on f.as_of = _fact_days.as_of - n.ago
    where _fact_days.tenant_id is not null and _fact_days.as_of is not null
$$;
comment on function cs_health._fact_days(uuid, date, integer, text[]) is
    'Facts of a day and of those before it, the newest first, at most 90, as condition_matches() takes them; of '
    'measures those of these names (null = all). What is '
    'stored of a day with a coverage below 0.5 is left out; plan, stage and the like are known of the newest day '
    'whatever its coverage';
