create or replace view cs_health_v1.objectives with (security_invoker = true) as
select o.objective, o.title, o.unit, o.target_low, o.target_high, o.benchmark, o.today, o.last_month, o.trend,
    o.reached, o.formula, o.excluded, o.sample, o.as_of
from cs_health.objectives() as o;
comment on view cs_health_v1.objectives is
    'The five objectives: target, today, last month

A CSM sees them over the own customers. Titles, formulas and what is left out are in the language of whoever asks.';
comment on column cs_health_v1.objectives.objective is
    'nrr, churn_rate, alert_lead_time, expansion_rate or healthy_share';
comment on column cs_health_v1.objectives.title is 'Its name for people';
comment on column cs_health_v1.objectives.unit is 'ratio (a fraction: 1.15 is 115 %) or days';
comment on column cs_health_v1.objectives.target_low is 'At least this much; null = the target has no lower end';
comment on column cs_health_v1.objectives.target_high is
    'For churn_rate: below this; otherwise the upper end of the target, which may be passed; null = none';
comment on column cs_health_v1.objectives.benchmark is 'What others reach';
comment on column cs_health_v1.objectives.today is 'The value as of as_of; null = not known, see excluded';
comment on column cs_health_v1.objectives.last_month is 'The value a month before; null = not known';
comment on column cs_health_v1.objectives.trend is
    'improving or worsening by half a point or a day and more, otherwise stable; null = not known';
comment on column cs_health_v1.objectives.reached is
    'Whether today fulfils the target; null = not known. Of the lead time whether at least half of all that left were '
    'alerted 30 days before: false also where nobody was and today is not known';
comment on column cs_health_v1.objectives.formula is 'How it is computed';
comment on column cs_health_v1.objectives.excluded is 'How many customers it leaves out, and why';
comment on column cs_health_v1.objectives.sample is 'How many customers it rests on';
comment on column cs_health_v1.objectives.as_of is 'The day that the value is of';
