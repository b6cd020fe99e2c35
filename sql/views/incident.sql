create or replace view cs_health.data_incident with (security_invoker = true) as
select c.as_of, c.measure, c.incident as kind, c.reason,
    case when c.accepted_at is not null then 'accepted' when c.closed_at is not null then 'closed' else 'open' end
        as status,
    c.checked_at, c.closed_at, c.accepted_at, c.accepted_by
from cs_health.measure_check as c
where c.incident is not null;
comment on view cs_health.data_incident is
    'Measures that broke for most tenants at once, by day. While open the measure counts as not observed on that day '
    'and nothing is triggered by its scores';
comment on column cs_health.data_incident.as_of is 'The day';
comment on column cs_health.data_incident.measure is 'The measure';
comment on column cs_health.data_incident.kind is 'lost, fell or quiet, see measure_check.incident';
comment on column cs_health.data_incident.reason is 'What was seen, with numbers';
comment on column cs_health.data_incident.status is
    'open, closed (the rows arrived) or accepted (somebody said that the numbers are right)';
comment on column cs_health.data_incident.checked_at is 'When the day was last looked at';
comment on column cs_health.data_incident.closed_at is 'When a check found it in order';
comment on column cs_health.data_incident.accepted_at is 'When it was accepted';
comment on column cs_health.data_incident.accepted_by is 'Who accepted it';
