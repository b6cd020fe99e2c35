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
