-- Conditions: documents that say when a playbook starts, for whom, when it ends and whether a step is due.
-- doc/conditions.md has the format.

create function cs_health.check_condition(condition jsonb, scope text default 'trigger') returns boolean
as 'MODULE_PATHNAME', 'csh_check_condition' language c immutable strict parallel safe;
comment on function cs_health.check_condition(jsonb, text) is
    'True for a usable condition; otherwise an error (22023, too large 54000) that names the path of the fault. scope: '
    'trigger for what starts, limits or ends a playbook, step for the "if" of a step, which also knows '
    'replied_since_start, stage for the entry conditions of a stage, which must not name the stage. Whether a measure '
    'of your own exists is not checked. Null in, null out';

create function cs_health.condition_matches(facts jsonb, condition jsonb) returns boolean
as 'MODULE_PATHNAME', 'csh_match_condition' language c immutable strict parallel safe;
comment on function cs_health.condition_matches(jsonb, jsonb) is
    'Whether facts fulfil a condition; null where that is not known. facts: an object of facts as cs_health.facts() '
    'gives it, or an array of such, the newest day first, for comparisons with for_days; a day that is null or missing '
    'is not known. What is missing or null in an object was not observed. Faulty conditions and facts of another type '
    'are refused (22023), too large ones too (54000). Null in, null out';

create function cs_health._condition_reasons(facts jsonb, condition jsonb) returns jsonb
as 'MODULE_PATHNAME', 'csh_explain_condition' language c immutable strict parallel safe;
comment on function cs_health._condition_reasons(jsonb, jsonb) is
    'The comparisons that hold and speak for a condition, an array of {"fact", "op", "value", "actual", "for_days"}; '
    'those below "not" turned round. Takes and refuses what condition_matches() does';

create function cs_health._place_measures(condition jsonb) returns jsonb
language plpgsql stable strict
set search_path = pg_catalog, pg_temp as $$
begin
    if condition ? 'not' then
        return jsonb_build_object('not', cs_health._place_measures(condition -> 'not'));
    elsif condition ?| '{all,any}' then
        return (
            select jsonb_build_object(j.key, jsonb_agg(cs_health._place_measures(p.value) order by p.nr))
            from jsonb_each(condition) as j
            cross join lateral jsonb_array_elements(j.value) with ordinality as p(value, nr)
            group by j.key);
    end if;
    return condition || coalesce((
        select jsonb_build_object('position', m.position) from cs_health.measure as m
        where case when m.builtin then m.code else 'own.' || m.code end = condition ->> 'fact'), '{}');
end
$$;
comment on function cs_health._place_measures(jsonb) is
    'What _compile_condition() does, of a condition that was checked';

create function cs_health._compile_condition(condition jsonb) returns jsonb
language plpgsql stable strict
set search_path = pg_catalog, pg_temp as $$
begin
    perform cs_health.check_condition(condition);
    return cs_health._place_measures(condition);
end
$$;
comment on function cs_health._compile_condition(jsonb) is
    'A condition with the position of every measure it names, as _condition_hits() takes it; a measure of your own '
    'that does not exist gets none and counts as not observed';

create function cs_health._condition_hits(
    measures real[], numbers double precision[], words text[], open_signals text[], documents jsonb)
returns integer[]
as 'MODULE_PATHNAME', 'csh_condition_hits' language c immutable parallel safe;
comment on function cs_health._condition_hits(real[], double precision[], text[], text[], jsonb) is
    'Which of an array of compiled conditions hold on a day: their places from 1, negative where they hold if '
    'comparisons with for_days do, so that days before have to be looked at; null where none does. '
    'measures: the stored vector. numbers: overall, engagement, adoption, satisfaction, support and '
    'growth score, coverage, churn_probability. words: category, trend, risk_level, plan, segment, stage, status. Null '
    'arrays and elements are not known, nor overall score and category at a coverage of 0';

create function cs_health._component_scores(measures real[], scorecard jsonb) returns double precision[]
as 'MODULE_PATHNAME', 'csh_component_scores' language c immutable strict parallel safe;
comment on function cs_health._component_scores(real[], jsonb) is
    'The five component scores in the order of the specification; null where nothing was observed and the stored row '
    'has a neutral 50';
