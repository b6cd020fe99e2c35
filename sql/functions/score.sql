-- The formulas of the specification, scorecards, categories, trends and what to do about them.
-- All are immutable, read no table, and take null as "not observed"; impossible values are refused (22003).

create function cs_health.engagement_score(avg_dau double precision, mau double precision) returns integer
as 'MODULE_PATHNAME', 'csh_engagement_score' language c immutable strict parallel safe;
comment on function cs_health.engagement_score(double precision, double precision) is
    '100 x mean daily active users of 30 days / monthly active users (specification, section 2); null when mau is 0';

create function cs_health.adoption_score(used integer, available integer) returns integer
as 'MODULE_PATHNAME', 'csh_adoption_score' language c immutable strict parallel safe;
comment on function cs_health.adoption_score(integer, integer) is
    '100 x features used / features available (specification, section 2), at most 100; null when none is available';

create function cs_health.satisfaction_score(nps double precision, csat double precision, review double precision)
returns integer
as 'MODULE_PATHNAME', 'csh_satisfaction_score' language c immutable parallel safe;
comment on function cs_health.satisfaction_score(double precision, double precision, double precision) is
    'Weighted mean of NPS (-100..100, weight 50), CSAT (1..5, weight 30) and reviews (1..5, weight 20), each brought '
    'to 0-100, over those that are not null; null when all are';

create function cs_health.support_score(open_tickets integer) returns integer
as 'MODULE_PATHNAME', 'csh_support_score' language c immutable strict parallel safe;
comment on function cs_health.support_score(integer) is
    '100 - 10 x open tickets (specification, section 2), at least 0';

create function cs_health.growth_score(current double precision, previous double precision) returns integer
as 'MODULE_PATHNAME', 'csh_growth_score' language c immutable strict parallel safe;
comment on function cs_health.growth_score(double precision, double precision) is
    'Month-over-month growth in per cent (specification, section 2), 0 to 100. From 0 to more is 100, from 0 to 0 null';

create function cs_health.overall_score(
    engagement integer, adoption integer, satisfaction integer, support integer, growth integer)
returns integer
as 'MODULE_PATHNAME', 'csh_overall_score' language c immutable parallel safe;
comment on function cs_health.overall_score(integer, integer, integer, integer, integer) is
    'Mean of the components with the weights 30, 25, 20, 15, 10 (specification, section 2), halves up; the weight of '
    'a null component is shared among the others; null when all are null';

create function cs_health.health_category(score integer) returns text
as 'MODULE_PATHNAME', 'csh_health_category' language c immutable strict parallel safe;
comment on function cs_health.health_category(integer) is
    'healthy (80-100), neutral (60-79), at_risk (40-59) or critical (0-39), by the specification, section 2';

create function cs_health.health_trend(scores smallint[]) returns text
as 'MODULE_PATHNAME', 'csh_health_trend' language c immutable strict parallel safe;
comment on function cs_health.health_trend(smallint[]) is
    'improving, stable or declining: the rise of a least-squares line through the last 30 daily scores (oldest first) '
    'against a noise band of 5 points, with hysteresis at half of it. Nulls are days without a score; fewer than 7 '
    'are stable';

create function cs_health._history_push(history bytea, gap integer, score integer) returns bytea
as 'MODULE_PATHNAME', 'csh_history_push' language c immutable parallel safe;
create function cs_health._history_trend(history bytea) returns text
as 'MODULE_PATHNAME', 'csh_history_trend' language c immutable strict parallel safe;

create function cs_health.score(measures real[], scorecard jsonb) returns cs_health.health_result
as 'MODULE_PATHNAME', 'csh_score_vector' language c immutable strict parallel safe;
comment on function cs_health.score(real[], jsonb) is
    'Scores a vector of measures with a scorecard document. Positions beyond the vector''s end are not observed. NaN '
    'and infinities (22003), arrays of several dimensions (2202E) and faulty documents (22023, with the path) are '
    'refused';

create function cs_health._overall(measures real[], scorecard jsonb) returns integer
as 'MODULE_PATHNAME', 'csh_overall_of_vector' language c immutable strict parallel safe;
comment on function cs_health._overall(real[], jsonb) is
    'Only the overall score of score(), null where less than half of the weight was observed; for going through much '
    'history';

create function cs_health._costliest_component(measures real[], scorecard jsonb) returns text
as 'MODULE_PATHNAME', 'csh_costliest_component' language c immutable strict parallel safe;
comment on function cs_health._costliest_component(real[], jsonb) is
    'The observed component that costs the score most points, as score_reasons() ranks them; null where none costs any';

create function cs_health.score_interval(measures real[], scorecard jsonb) returns integer[]
as 'MODULE_PATHNAME', 'csh_score_interval' language c immutable strict parallel safe cost 100; -- as score_breakdown()
comment on function cs_health.score_interval(real[], jsonb) is
    'Between which scores the overall score would lie if the components that were not observed were known: [lowest, '
    'highest], with 0 and with 100 for each of them. Both are the score itself when everything was observed';

create function cs_health.score_text(score integer, score_interval integer[]) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select score || case when score_interval[1] < score_interval[2]
        then format(' (%s-%s)', score_interval[1], score_interval[2]) else '' end
$$;
comment on function cs_health.score_text(integer, integer[]) is
    'A score for people, with its interval when part of the weight is missing: 71 (52-86)';

create function cs_health.score_breakdown(measures real[], scorecard jsonb) returns jsonb
as 'MODULE_PATHNAME', 'csh_score_breakdown' language c immutable strict parallel safe
    cost 1000; -- so that only what a page shows is explained, not all that was sorted for it
comment on function cs_health.score_breakdown(real[], jsonb) is
    'The reasoning behind score(): per component score, weight, share and points, and every signal with value, unit, '
    'window and weight. The points add up to the overall score before it is rounded';

create function cs_health.check_scorecard(document jsonb) returns boolean
as 'MODULE_PATHNAME', 'csh_check_scorecard' language c immutable strict parallel safe;
comment on function cs_health.check_scorecard(jsonb) is
    'True for a usable scorecard document; otherwise an error (22023) that names the path of the fault';

create function cs_health.recommended_action(category text, locale text default 'en') returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case locale
        when 'es' then case category
            when 'healthy' then 'Buscar expansión, testimonios y referidos'
            when 'neutral' then 'Contacto proactivo y formación adicional'
            when 'at_risk' then 'Playbook de reactivación y llamada del CSM'
            when 'critical' then 'Escalación inmediata y patrocinador ejecutivo'
        end
        else case category
            when 'healthy' then 'Look for expansion, testimonials and referrals'
            when 'neutral' then 'Engage proactively, offer extra training'
            when 'at_risk' then 'Start the reactivation playbook, CSM call'
            when 'critical' then 'Escalate at once, involve the executive sponsor'
        end
    end
$$;
comment on function cs_health.recommended_action(text, text) is
    'What the specification (section 2) recommends for a category, in English or Spanish (locale es); null for an '
    'unknown category';
