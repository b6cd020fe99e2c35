create or replace view cs_health_v1.playbook_queue with (security_invoker = true) as
select s.playbook_id, p.name as playbook_name, s.tenant_id, t.name as tenant_name, t.csm, s.standing, s.since, s.reason,
    t.arr, h.churn_probability::double precision as churn_probability,
    (t.arr * h.churn_probability::numeric)::numeric(14, 2) as arr_at_risk
from cs_health.playbook_state as s
join cs_health.cs_playbook as p on p.id = s.playbook_id
join cs_health.tenant as t on t.id = s.tenant_id
left join cs_health.current_health as h on h.tenant_id = s.tenant_id
where s.standing <> 'enrolled';
comment on view cs_health_v1.playbook_queue is
    'Customers that match an active playbook and are not in it, and why not

Candidates enter by themselves, most ARR at risk first; those of the baseline only after enrol_existing().';
comment on column cs_health_v1.playbook_queue.playbook_id is 'The playbook';
comment on column cs_health_v1.playbook_queue.playbook_name is 'Its name';
comment on column cs_health_v1.playbook_queue.tenant_id is 'The customer';
comment on column cs_health_v1.playbook_queue.tenant_name is 'Name of the customer';
comment on column cs_health_v1.playbook_queue.csm is 'E-mail of the customer success manager';
comment on column cs_health_v1.playbook_queue.standing is
    'candidate; baseline: matched before the playbook was activated; configuration: matches since a scorecard, model '
    'or plan changed; missing_data; holdout: watched only; onboarding: too new';
comment on column cs_health_v1.playbook_queue.since is 'The day since which it matches';
comment on column cs_health_v1.playbook_queue.reason is 'Why a candidate was not enrolled yet';
comment on column cs_health_v1.playbook_queue.arr is 'Annual recurring revenue in the currency of settings';
comment on column cs_health_v1.playbook_queue.churn_probability is 'Its current probability of leaving; null = none';
comment on column cs_health_v1.playbook_queue.arr_at_risk is 'arr x churn_probability, by which candidates are taken';
