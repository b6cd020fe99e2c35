create or replace view cs_health_v1.data_quality with (security_invoker = true) as
select q.code, q.severity, q.count, q.examples, q.finding, q.remedy from cs_health.data_quality() as q;
comment on view cs_health_v1.data_quality is
    'What is wrong in the data

Every check, also those that found nothing (count 0).';
comment on column cs_health_v1.data_quality.code is 'The check';
comment on column cs_health_v1.data_quality.severity is 'How bad a finding is: error, warning or info';
comment on column cs_health_v1.data_quality.count is 'How many there are';
comment on column cs_health_v1.data_quality.examples is 'Up to five of them: ids of tenants, codes, reasons';
comment on column cs_health_v1.data_quality.finding is 'What it means';
comment on column cs_health_v1.data_quality.remedy is 'What to do';
