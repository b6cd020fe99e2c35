create or replace view cs_health_v1.churn_alerts with (security_invoker = true) as
select a.id, a.tenant_id, t.name as tenant_name, t.csm, t.arr, a.level_before, a.level,
    a.probability::double precision as probability, m.version::varchar(20) as model_version, m.trained, a.started_on,
    a.last_high_on, a.ended_on
from cs_health.churn_alert as a
join cs_health.tenant as t on t.id = a.tenant_id
left join cs_health.churn_model as m on m.id = a.churn_model_id;
comment on view cs_health_v1.churn_alerts is
    'Episodes of high churn risk, each told to the CSM once

An episode begins when the risk level rises to high or critical and ends after 14 days below high.';
comment on column cs_health_v1.churn_alerts.id is 'The episode';
comment on column cs_health_v1.churn_alerts.tenant_id is 'The customer';
comment on column cs_health_v1.churn_alerts.tenant_name is 'Name of the customer';
comment on column cs_health_v1.churn_alerts.csm is 'E-mail of the customer success manager';
comment on column cs_health_v1.churn_alerts.arr is 'Annual recurring revenue in the currency of settings';
comment on column cs_health_v1.churn_alerts.level_before is 'Risk level before it began; null = none was known';
comment on column cs_health_v1.churn_alerts.level is 'Highest risk level of the episode: high or critical';
comment on column cs_health_v1.churn_alerts.probability is 'Probability of leaving when it was raised';
comment on column cs_health_v1.churn_alerts.model_version is 'Version of the churn model that raised it';
comment on column cs_health_v1.churn_alerts.trained is 'False: the model was an expert''s guess that has seen no data';
comment on column cs_health_v1.churn_alerts.started_on is 'The scored day on which it began';
comment on column cs_health_v1.churn_alerts.last_high_on is 'The last day on which the level was high or critical';
comment on column cs_health_v1.churn_alerts.ended_on is 'The day on which it ended; null = it has not';
