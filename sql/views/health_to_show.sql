create or replace view cs_health.health_to_show with (security_invoker = true) as
select h.tenant_id, h.as_of, h.overall_score::integer as overall_score, h.engagement_score::integer as engagement_score,
    h.adoption_score::integer as adoption_score, h.satisfaction_score::integer as satisfaction_score,
    h.support_score::integer as support_score, h.growth_score::integer as growth_score, h.provisional,
    h.category as computed_category, h.trend, h.scorecard_id, h.coverage,
    h.churn_probability::numeric(3, 2) as churn_probability, h.calculated_at, o.category as override_category,
    o.reason as override_reason, o.set_by as override_by, o.expires_on as override_expires_on, t.name as tenant_name,
    t.status as tenant_status, t.plan_code, t.segment, t.csm, t.arr, t.contract_ends_on
from cs_health.current_health as h
join cs_health.tenant as t on t.id = h.tenant_id
left join cs_health.health_override as o
    on o.tenant_id = h.tenant_id and o.ended_at is null and o.expires_on >= (select cs_health._today());
comment on view cs_health.health_to_show is
    'What shown_health has to have, found anew: current_health, the override that lives, and the customer';
comment on column cs_health.health_to_show.tenant_id is 'The customer';
comment on column cs_health.health_to_show.as_of is 'The day that the row is of';
comment on column cs_health.health_to_show.overall_score is 'Composite score, 0-100';
comment on column cs_health.health_to_show.engagement_score is 'Score of the component, 0-100';
comment on column cs_health.health_to_show.adoption_score is 'Score of the component, 0-100';
comment on column cs_health.health_to_show.satisfaction_score is 'Score of the component, 0-100';
comment on column cs_health.health_to_show.support_score is 'Score of the component, 0-100';
comment on column cs_health.health_to_show.growth_score is 'Score of the component, 0-100';
comment on column cs_health.health_to_show.provisional is 'Stored by recalculate_tenant() before the day was over';
comment on column cs_health.health_to_show.computed_category is 'The category that follows from the score';
comment on column cs_health.health_to_show.trend is 'improving, stable or declining over the last 30 scores';
comment on column cs_health.health_to_show.scorecard_id is 'The scorecard of the scores';
comment on column cs_health.health_to_show.coverage is 'Share of the scorecard''s weight that was observed, 0-1';
comment on column cs_health.health_to_show.churn_probability is 'Rounded to two decimals; null = no model was in use';
comment on column cs_health.health_to_show.calculated_at is 'When the row was computed';
comment on column cs_health.health_to_show.override_category is 'Category of the override that lives; null = none';
comment on column cs_health.health_to_show.override_reason is 'Why it was set';
comment on column cs_health.health_to_show.override_by is 'Who set it';
comment on column cs_health.health_to_show.override_expires_on is 'Its last day';
comment on column cs_health.health_to_show.tenant_name is 'Name of the customer';
comment on column cs_health.health_to_show.tenant_status is 'trial, active, paused, churned or internal';
comment on column cs_health.health_to_show.plan_code is 'The customer''s plan';
comment on column cs_health.health_to_show.segment is 'The customer''s segment';
comment on column cs_health.health_to_show.csm is 'E-mail of the customer success manager';
comment on column cs_health.health_to_show.arr is 'Annual recurring revenue in the currency of settings';
comment on column cs_health.health_to_show.contract_ends_on is 'End of the contract; null = open-ended';

do $$
begin
    if not exists (
        select from pg_trigger as t where t.tgrelid = 'cs_health.tenant'::regclass and t.tgname = 'tenant_shown') then
        perform cs_health._show_health(); -- nothing has kept it since uninstall()
    end if;
end $$;
call cs_health._ensure_trigger('health_override', 'health_override_shown', 'insert or update or delete for each row',
    'cs_health._show_change()');
call cs_health._ensure_trigger('tenant', 'tenant_shown', 'update for each row when ('
    'old.name is distinct from new.name or old.status is distinct from new.status '
    'or old.plan_code is distinct from new.plan_code or old.segment is distinct from new.segment '
    'or old.csm is distinct from new.csm or old.arr is distinct from new.arr '
    'or old.contract_ends_on is distinct from new.contract_ends_on)', 'cs_health._show_change()');
