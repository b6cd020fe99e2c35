create or replace view cs_health_v1.data_incidents with (security_invoker = true) as
select i.as_of, i.measure, i.kind, i.reason, i.status, i.checked_at, i.closed_at, i.accepted_at, i.accepted_by
from cs_health.data_incident as i;
comment on view cs_health_v1.data_incidents is
    'Data incidents

Measures that broke for most tenants at once, by day. While open the measure counts as not observed on that day '
    'and nothing is triggered by its scores';
comment on column cs_health_v1.data_incidents.as_of is 'The day';
comment on column cs_health_v1.data_incidents.measure is 'The measure';
comment on column cs_health_v1.data_incidents.kind is 'lost, fell or quiet, see measure_check.incident';
comment on column cs_health_v1.data_incidents.reason is 'What was seen, with numbers';
comment on column cs_health_v1.data_incidents.status is
    'open, closed (the rows arrived) or accepted (somebody said that the numbers are right)';
comment on column cs_health_v1.data_incidents.checked_at is 'When the day was last looked at';
comment on column cs_health_v1.data_incidents.closed_at is 'When a check found it in order';
comment on column cs_health_v1.data_incidents.accepted_at is 'When it was accepted';
comment on column cs_health_v1.data_incidents.accepted_by is 'Who accepted it';
