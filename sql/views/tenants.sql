create or replace view cs_health_v1.tenants with (security_invoker = true) as
select t.id, t.external_id, t.name, t.status, t.plan_code, t.segment, t.csm, c.name as csm_name, t.arr, t.signed_up_at,
    t.contract_ends_on, t.churn_notice_on, t.churned_on, h.overall_score::integer as overall_score,
    coalesce(o.category, case when h.coverage >= 0.5 then h.category end, 'no data') as category, h.trend, h.coverage,
    h.churn_probability::double precision as churn_probability,
    cs_health._risk_level(h.churn_probability::double precision, m.medium_from, m.high_from, m.critical_from)
        as risk_level,
    e.stage, t.holdout, t.parent_id,
    coalesce(case (select cs_health._language(null, null)) when 'es' then s.name_es else s.name_en end, e.stage)
        as stage_name
from cs_health.tenant as t
left join cs_health.csm as c on c.email = t.csm
left join cs_health.current_health as h on h.tenant_id = t.id
left join cs_health.churn_model as m on m.id = h.churn_model_id
left join cs_health.health_override as o
    on o.tenant_id = t.id and o.ended_at is null and o.expires_on >= (select cs_health._today())
left join cs_health.journey_entry as e on e.tenant_id = t.id and e.left_on is null
left join cs_health.journey_stage as s on s.code = e.stage;
comment on view cs_health_v1.tenants is
    'Customers, with what a list of them shows

Every one that you see, also those that left or were never scored: ask for status=eq.active where you mean customers.
health_scores has all that a score is made of.';
comment on column cs_health_v1.tenants.id is 'The customer';
comment on column cs_health_v1.tenants.external_id is 'Its id in your own system';
comment on column cs_health_v1.tenants.name is 'Its name';
comment on column cs_health_v1.tenants.status is 'trial, active, paused, churned or internal';
comment on column cs_health_v1.tenants.plan_code is 'Its plan';
comment on column cs_health_v1.tenants.segment is 'Its segment';
comment on column cs_health_v1.tenants.csm is 'E-mail of the customer success manager; null = nobody''s';
comment on column cs_health_v1.tenants.csm_name is 'Name of the customer success manager';
comment on column cs_health_v1.tenants.arr is
    'Annual recurring revenue in the currency of settings; null = not known';
comment on column cs_health_v1.tenants.signed_up_at is 'Since when it is a customer; null = not known';
comment on column cs_health_v1.tenants.contract_ends_on is 'End of the contract; null = open-ended';
comment on column cs_health_v1.tenants.churn_notice_on is 'When it gave notice; null = it has not';
comment on column cs_health_v1.tenants.churned_on is 'Its last day as a customer; null = still one';
comment on column cs_health_v1.tenants.overall_score is 'Composite score, 0-100; null = not scored';
comment on column cs_health_v1.tenants.category is
    'healthy, neutral, at_risk or critical, the override''s while one lives; no data where less than half was observed';
comment on column cs_health_v1.tenants.trend is 'improving, stable or declining over the last 30 scores';
comment on column cs_health_v1.tenants.coverage is 'Share of the scorecard''s weight that was observed, 0-1';
comment on column cs_health_v1.tenants.churn_probability is
    'Probability of leaving within the window of the churn model, full precision; null = no model was in use';
comment on column cs_health_v1.tenants.risk_level is 'low, medium, high or critical; null as the probability';
comment on column cs_health_v1.tenants.stage is
    'Stage of its journey: onboarding, activated, adopted, renewing, at_risk, churned or the code of a stage of yours';
comment on column cs_health_v1.tenants.holdout is 'Watched, but left alone by playbooks';
comment on column cs_health_v1.tenants.parent_id is 'The customer that it belongs to; null = to none';
comment on column cs_health_v1.tenants.stage_name is 'The name of the stage in your language';

create or replace view cs_health_v1.contacts with (security_invoker = true) as
select c.tenant_id, c.id, c.name, c.email, c.role, c.locale, c.is_primary, c.opted_out_at, c.bounced_at
from cs_health.contact as c;
comment on view cs_health_v1.contacts is 'People at customers; personal data';
comment on column cs_health_v1.contacts.tenant_id is 'The customer';
comment on column cs_health_v1.contacts.id is 'The contact';
comment on column cs_health_v1.contacts.name is 'Name';
comment on column cs_health_v1.contacts.email is 'Address';
comment on column cs_health_v1.contacts.role is 'champion, executive_sponsor, admin, billing or user';
comment on column cs_health_v1.contacts.locale is 'en or es; null = the customer''s';
comment on column cs_health_v1.contacts.is_primary is 'Whether messages go here where nobody has the role asked for';
comment on column cs_health_v1.contacts.opted_out_at is 'When it asked for no more messages; null = it has not';
comment on column cs_health_v1.contacts.bounced_at is 'When a mail to it came back; null = none has';

create or replace view cs_health_v1.colleagues with (security_invoker = true) as
select c.email, c.name, c.manager_email, c.away_until, c.stands_in, coalesce(n.tenants, 0) as tenants, c.disabled_at
from cs_health.csm as c
left join (
    select t.csm, count(*) as tenants from cs_health.tenant as t where t.csm is not null group by t.csm
) as n on n.csm = c.email;
comment on view cs_health_v1.colleagues is
    'Those who look after customers, to choose one from

Nothing can be given to those who are disabled: ask for disabled_at=is.null where one is to be chosen for that.';
comment on column cs_health_v1.colleagues.email is 'E-mail, which everything goes by';
comment on column cs_health_v1.colleagues.name is 'Name';
comment on column cs_health_v1.colleagues.manager_email is 'E-mail of the manager; null = none';
comment on column cs_health_v1.colleagues.away_until is 'Last day away; null or past = there';
comment on column cs_health_v1.colleagues.stands_in is 'E-mail of who takes over until then';
comment on column cs_health_v1.colleagues.tenants is
    'Customers that he or she looks after, of any status, as far as you see them';
comment on column cs_health_v1.colleagues.disabled_at is
    'Since when he or she is refused, customers of his or hers are to be handed over; null = is not';
