create or replace view cs_health_v1.disagreements with (security_invoker = true) as
select
    d.tenant_id, d.tenant_name, d.csm, d.arr, d.as_of, d.overall_score, d.category, d.risk_level,
    d.churn_probability, d.pulse, d.pulse_by, d.pulse_at, d.pulse_comment,
    array_remove(array[case when d.score_high then 'score' end, case when d.risk_low then 'model' end,
        case when d.pulse >= 4 then 'pulse' end], null) as optimists,
    array_remove(array[case when d.score_low then 'score' end, case when d.risk_high then 'model' end,
        case when d.pulse <= 2 then 'pulse' end], null) as pessimists,
    cs_health._agreed_since(d.tenant_id, d.as_of, case when d.score_high or d.score_low then d.category end,
        d.risk_low, d.risk_high,
        case when d.pulse >= 4 or d.pulse <= 2 then timezone(d.time_zone, ( -- the first of those that said the same
            select min(q.at) from cs_health.pulse as q
            where q.tenant_id = d.tenant_id and q.at <= d.pulse_at and q.at > coalesce((
                select max(x.at) from cs_health.pulse as x
                where x.tenant_id = d.tenant_id and x.at < d.pulse_at
                    and case when d.pulse >= 4 then x.rating < 4 else x.rating > 2 end), '-infinity')))::date
            end) as since,
    cs_health._disagreement_action(
        array_remove(array[case when d.score_high then 'score' end, case when d.risk_low then 'model' end,
            case when d.pulse >= 4 then 'pulse' end], null),
        array_remove(array[case when d.score_low then 'score' end, case when d.risk_high then 'model' end,
            case when d.pulse <= 2 then 'pulse' end], null), d.locale) as what_to_do,
    d.override_category, d.override_reason, d.override_by, d.override_expires_on
from (
    select h.tenant_id, t.name as tenant_name, t.csm, t.arr, h.as_of, h.overall_score::integer as overall_score,
        h.category, cs_health._risk_level(h.churn_probability, m.medium_from, m.high_from, m.critical_from)
            as risk_level,
        h.churn_probability::double precision as churn_probability,
        h.category = 'healthy' as score_high, h.category = 'critical' as score_low,
        coalesce(h.churn_probability < m.medium_from, false) as risk_low,
        coalesce(h.churn_probability >= m.high_from, false) as risk_high,
        p.rating::integer as pulse, p.csm as pulse_by, p.at as pulse_at, p.comment as pulse_comment,
        o.category as override_category, o.reason as override_reason, o.set_by as override_by,
        o.expires_on as override_expires_on, g.time_zone,
        coalesce((select cs_health._asker_language()), c.locale, g.locale) as locale
    from cs_health.current_health as h
    join cs_health.tenant as t on t.id = h.tenant_id
    left join cs_health.csm as c on c.email = t.csm
    left join cs_health.churn_model as m on m.id = h.churn_model_id
    cross join cs_health.settings as g
    left join (
        select distinct on (q.tenant_id) q.tenant_id, q.rating, q.comment, q.csm, q.at
        from cs_health.pulse as q where q.at >= (select cs_health._now() - interval '60 days')
        order by q.tenant_id, q.at desc
    ) as p on p.tenant_id = h.tenant_id
    left join cs_health.health_override as o
        on o.tenant_id = h.tenant_id and o.ended_at is null and o.expires_on >= (select cs_health._today())
    where h.coverage >= 0.5 and t.status = 'active' and t.churn_notice_on is null
) as d
where (d.score_high or d.risk_low or coalesce(d.pulse >= 4, false))
    and (d.score_low or d.risk_high or coalesce(d.pulse <= 2, false));
comment on view cs_health_v1.disagreements is
    'Customers of whom score, churn model and CSM say opposite things

Good is what the score says of healthy ones, the model of those at low risk, a pulse of 4 or 5 within 60 days; bad is
critical, high or critical risk, a pulse of 1 or 2. Of active customers with enough data that gave no notice.';
comment on column cs_health_v1.disagreements.tenant_id is 'The customer';
comment on column cs_health_v1.disagreements.tenant_name is 'Name of the customer';
comment on column cs_health_v1.disagreements.csm is 'E-mail of the customer success manager';
comment on column cs_health_v1.disagreements.arr is 'Annual recurring revenue in the currency of settings';
comment on column cs_health_v1.disagreements.as_of is 'The day that score and risk are of';
comment on column cs_health_v1.disagreements.overall_score is 'Composite score, 0-100';
comment on column cs_health_v1.disagreements.category is 'The computed category; an override stands beside it';
comment on column cs_health_v1.disagreements.risk_level is 'What the churn model says: low, medium, high or critical';
comment on column cs_health_v1.disagreements.churn_probability is 'Its probability of leaving; null = no model';
comment on column cs_health_v1.disagreements.pulse is 'Latest pulse of the last 60 days, 1 to 5; null = none';
comment on column cs_health_v1.disagreements.pulse_by is 'Who gave it';
comment on column cs_health_v1.disagreements.pulse_at is 'When it was given';
comment on column cs_health_v1.disagreements.pulse_comment is 'Its comment';
comment on column cs_health_v1.disagreements.optimists is 'Who says that all is well: score, model, pulse';
comment on column cs_health_v1.disagreements.pessimists is 'Who says that it is not: score, model, pulse';
comment on column cs_health_v1.disagreements.since is
    'Since which day they all have said so; at most 90 days are looked at';
comment on column cs_health_v1.disagreements.what_to_do is 'Whose words to check, in your language';
comment on column cs_health_v1.disagreements.override_category is 'Category of the override that lives; null = none';
comment on column cs_health_v1.disagreements.override_reason is 'Why it was set';
comment on column cs_health_v1.disagreements.override_by is 'Who set it';
comment on column cs_health_v1.disagreements.override_expires_on is 'Its last day';

create or replace view cs_health_v1.missed_churn with (security_invoker = true) as
select p.tenant_id, p.tenant_name, p.csm, p.churned_on, p.arr_lost, p.verdict, p.reason, p.alerted_on, p.lead_days,
    p.fired, p.suppressed
from cs_health.churn_postmortem() as p
where p.verdict <> 'flagged' or p.alerted_on is null;
comment on view cs_health_v1.missed_churn is
    'Customers that left within a year without having been flagged in time, or without anybody being told, and what
there was to see

fired and suppressed are lists of what pointed at it and of what was held back: on, days_before, what, text.';
comment on column cs_health_v1.missed_churn.tenant_id is 'The customer that was';
comment on column cs_health_v1.missed_churn.tenant_name is 'Its name';
comment on column cs_health_v1.missed_churn.csm is 'E-mail of the customer success manager';
comment on column cs_health_v1.missed_churn.churned_on is 'Last day as a customer';
comment on column cs_health_v1.missed_churn.arr_lost is
    '12 x the MRR that the last day with a churn movement took, in the currency of settings; null = none within a '
    'month of the departure';
comment on column cs_health_v1.missed_churn.verdict is
    'flagged late, missed, no data or not predicted; flagged where nobody was told of it';
comment on column cs_health_v1.missed_churn.reason is 'Why, in words';
comment on column cs_health_v1.missed_churn.alerted_on is 'When its CSM was told; null = never';
comment on column cs_health_v1.missed_churn.lead_days is 'How many days ahead; null = never';
comment on column cs_health_v1.missed_churn.fired is 'What pointed at it, in the order of days';
comment on column cs_health_v1.missed_churn.suppressed is 'What was held back, and why';
