create or replace view cs_health_v1.scorecard_marks with (security_invoker = true) as
select c.id, c.changed_at, timezone(g.time_zone, c.changed_at)::date as day, c.action, c.segment, c.plan_code,
    s.code as scorecard, s.version, p.code as previous_scorecard, p.version as previous_version, c.changed_by
from cs_health.scorecard_change as c
cross join cs_health.settings as g
left join cs_health.scorecard as s on s.id = c.scorecard_id
left join cs_health.scorecard as p on p.id = c.previous_id;
comment on view cs_health_v1.scorecard_marks is
    'Changes of scorecards, to be marked in charts

One row per rule that changed; scores follow from the next run on.';
comment on column cs_health_v1.scorecard_marks.id is 'Number of the change';
comment on column cs_health_v1.scorecard_marks.changed_at is 'When it was made';
comment on column cs_health_v1.scorecard_marks.day is 'The day of that in settings.time_zone';
comment on column cs_health_v1.scorecard_marks.action is 'publish, use, rollback or stop';
comment on column cs_health_v1.scorecard_marks.segment is 'Segment whose tenants it concerns; null = of all';
comment on column cs_health_v1.scorecard_marks.plan_code is 'Plan whose tenants it concerns; null = of all';
comment on column cs_health_v1.scorecard_marks.scorecard is
    'Code of the scorecard now; null when a rule was taken away';
comment on column cs_health_v1.scorecard_marks.version is 'Its version';
comment on column cs_health_v1.scorecard_marks.previous_scorecard is 'Code of the scorecard before; null when none';
comment on column cs_health_v1.scorecard_marks.previous_version is 'Its version';
comment on column cs_health_v1.scorecard_marks.changed_by is 'Who changed it';
