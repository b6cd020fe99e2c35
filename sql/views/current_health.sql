-- Without a CTE, so that it becomes part of the query on it
create or replace view cs_health.current_health with (security_invoker = true) as
select n.* from cs_health.customer_health as n
where n.as_of = cs_health._latest_scored_day()
    and not n.provisional
    and not exists (
        select from cs_health.customer_health as p
        where p.tenant_id = n.tenant_id and p.provisional
            and p.as_of > cs_health._latest_scored_day())
union all
select p.* from cs_health.customer_health as p
where p.provisional and p.as_of > cs_health._latest_scored_day();
comment on view cs_health.current_health is
    'The current row of every customer in customer_health: the latest scored day, or today where recalculate_tenant() '
    'was called since';
comment on column cs_health.current_health.tenant_id is 'The customer';
comment on column cs_health.current_health.as_of is 'The day that the row is of';
comment on column cs_health.current_health.overall_score is 'Composite score, 0-100';
comment on column cs_health.current_health.engagement_score is 'Score of the component, 0-100';
comment on column cs_health.current_health.adoption_score is 'Score of the component, 0-100';
comment on column cs_health.current_health.satisfaction_score is 'Score of the component, 0-100';
comment on column cs_health.current_health.support_score is 'Score of the component, 0-100';
comment on column cs_health.current_health.growth_score is 'Score of the component, 0-100';
comment on column cs_health.current_health.provisional is 'Stored by recalculate_tenant() before the day was over';
comment on column cs_health.current_health.category is 'healthy, neutral, at_risk or critical, as computed';
comment on column cs_health.current_health.trend is 'improving, stable or declining over the last 30 scores';
comment on column cs_health.current_health.scorecard_id is 'The scorecard of the scores';
comment on column cs_health.current_health.coverage is 'Share of the scorecard''s weight that was observed, 0-1';
comment on column cs_health.current_health.churn_probability is
    'Probability of leaving within the window of the churn model; null = no model was in use';
comment on column cs_health.current_health.churn_model_id is 'The churn model of the probability';
comment on column cs_health.current_health.calculated_at is 'When the row was computed';
comment on column cs_health.current_health.measures is
    'Measures by position, see cs_health.measure; null = not observed';
comment on column cs_health.current_health.history is 'The overall scores of the last 30 days, one byte each';

-- Only an arm without conditions of its own becomes part of the query on a union, and only then a page of a category
-- comes along the index of scores: so the conditions of the first arm stand below. The second has the rows of today,
-- the third those with an override; unless_* names the tenant of a row that another arm may have.
create or replace view cs_health.shown_health with (security_invoker = true) as
select h.tenant_id, h.as_of, h.overall_score, h.engagement_score, h.adoption_score, h.satisfaction_score,
    h.support_score, h.growth_score, h.provisional, h.category, h.computed_category, h.trend, h.scorecard_id,
    h.coverage, h.churn_probability, h.calculated_at, h.measures, h.override_category, h.override_reason,
    h.override_by, h.override_expires_on
from (
    select n.tenant_id, n.as_of, n.overall_score::integer as overall_score, n.engagement_score, n.adoption_score,
        n.satisfaction_score, n.support_score, n.growth_score, n.provisional, n.category,
        n.category as computed_category, n.trend, n.scorecard_id, n.coverage, n.churn_probability, n.calculated_at,
        n.measures, null::text as override_category, null::text as override_reason, null::text as override_by,
        null::date as override_expires_on, n.as_of as day, n.provisional as excluded,
        n.tenant_id as unless_provisional, n.tenant_id as unless_overridden
    from cs_health.customer_health as n
    union all
    select p.tenant_id, p.as_of, p.overall_score::integer, p.engagement_score, p.adoption_score, p.satisfaction_score,
        p.support_score, p.growth_score, p.provisional, coalesce(o.category, p.category), p.category, p.trend,
        p.scorecard_id, p.coverage, p.churn_probability, p.calculated_at, p.measures, o.category, o.reason, o.set_by,
        o.expires_on, cs_health._latest_scored_day(),
        false as excluded, null::uuid as unless_provisional, null::uuid as unless_overridden
    from cs_health.customer_health as p
    left join cs_health.health_override as o
        on o.tenant_id = p.tenant_id and o.ended_at is null
        and o.expires_on >= (select timezone(g.time_zone, now())::date from cs_health.settings as g)
    where p.provisional and p.as_of > cs_health._latest_scored_day()
    union all
    select n.tenant_id, n.as_of, n.overall_score::integer, n.engagement_score, n.adoption_score, n.satisfaction_score,
        n.support_score, n.growth_score, n.provisional, o.category, n.category, n.trend, n.scorecard_id, n.coverage,
        n.churn_probability, n.calculated_at, n.measures, o.category, o.reason, o.set_by, o.expires_on, n.as_of,
        n.provisional, n.tenant_id, null::uuid as unless_overridden
    from cs_health.health_override as o
    cross join lateral ( -- with an offset, so that it is looked up for each override
        select x.* from cs_health.customer_health as x
        where x.tenant_id = o.tenant_id and x.as_of = cs_health._latest_scored_day()
        offset 0
    ) as n
    where o.ended_at is null
        and o.expires_on >= (select timezone(g.time_zone, now())::date from cs_health.settings as g)
) as h
where h.day = cs_health._latest_scored_day()
    and not h.excluded
    and (h.unless_provisional in (
        select p.tenant_id from cs_health.customer_health as p
        where p.provisional and p.as_of > cs_health._latest_scored_day()
    )) is not true
    and not exists (
        select from cs_health.health_override as o
        where o.tenant_id = h.unless_overridden and o.ended_at is null
            and o.expires_on >= (select timezone(g.time_zone, now())::date from cs_health.settings as g));
comment on view cs_health.shown_health is
    'current_health with the category that is shown: the override''s while one lives, otherwise the computed one';
comment on column cs_health.shown_health.tenant_id is 'The customer';
comment on column cs_health.shown_health.as_of is 'The day that the row is of';
comment on column cs_health.shown_health.overall_score is 'Composite score, 0-100';
comment on column cs_health.shown_health.engagement_score is 'Score of the component, 0-100';
comment on column cs_health.shown_health.adoption_score is 'Score of the component, 0-100';
comment on column cs_health.shown_health.satisfaction_score is 'Score of the component, 0-100';
comment on column cs_health.shown_health.support_score is 'Score of the component, 0-100';
comment on column cs_health.shown_health.growth_score is 'Score of the component, 0-100';
comment on column cs_health.shown_health.provisional is 'Stored by recalculate_tenant() before the day was over';
comment on column cs_health.shown_health.category is 'healthy, neutral, at_risk or critical, as shown';
comment on column cs_health.shown_health.computed_category is 'The category that follows from the score';
comment on column cs_health.shown_health.trend is 'improving, stable or declining over the last 30 scores';
comment on column cs_health.shown_health.scorecard_id is 'The scorecard of the scores';
comment on column cs_health.shown_health.coverage is 'Share of the scorecard''s weight that was observed, 0-1';
comment on column cs_health.shown_health.churn_probability is
    'Probability of leaving within the window of the churn model; null = no model was in use';
comment on column cs_health.shown_health.calculated_at is 'When the row was computed';
comment on column cs_health.shown_health.measures is 'Measures by position, see cs_health.measure; null = not observed';
comment on column cs_health.shown_health.override_category is 'Category of the override that lives; null = none';
comment on column cs_health.shown_health.override_reason is 'Why it was set';
comment on column cs_health.shown_health.override_by is 'Who set it';
comment on column cs_health.shown_health.override_expires_on is 'Its last day';
