-- A page comes along an index: that of the one CSM whose customers whoever asks may see, or that of all, which only
-- arms without conditions of their own are read along; who stands in for others has theirs sorted. _listed_csm() says
-- which it is, the policies of shown_health what may be seen. What only some ask for is looked up beside the rows.
create or replace view cs_health_v1.health_scores with (security_invoker = true) as
select
    cs_health.health_id(h.tenant_id, h.as_of) as id,
    h.tenant_id,
    h.overall_score,
    h.engagement_score,
    h.adoption_score,
    h.satisfaction_score,
    h.support_score,
    h.growth_score,
    h.category,
    h.trend,
    cs_health.score_breakdown(d.measures, c.document) as score_breakdown,
    h.churn_probability,
    h.calculated_at,
    h.as_of,
    h.coverage,
    h.data_status,
    d.churn_probability::double precision as churn_probability_exact,
    case when h.coverage >= 0.5 or h.override_category is not null
        then cs_health.recommended_action(h.category, coalesce((select cs_health._asker_language()),
            (select m.locale from cs_health.csm as m where m.email = h.csm),
            (select g.locale from cs_health.settings as g))) end as recommended_action,
    h.tenant_name,
    h.tenant_status,
    h.plan_code,
    h.segment,
    h.csm,
    h.arr,
    h.contract_ends_on,
    h.provisional,
    c.code as scorecard,
    c.version as scorecard_version,
    h.computed_category,
    h.override_category,
    h.override_reason,
    h.override_by,
    h.override_expires_on,
    p.rating::integer as pulse,
    p.comment as pulse_comment,
    p.csm as pulse_by,
    p.at as pulse_at,
    cs_health.score_text(h.overall_score, cs_health.score_interval(d.measures, c.document)) as score_text,
    (cs_health.score_interval(d.measures, c.document))[1] as score_low,
    (cs_health.score_interval(d.measures, c.document))[2] as score_high,
    case when h.tenant_status = 'active' and h.coverage >= 0.5 and not h.provisional
        then round(cs_health._peer_percentile((
            select k.lower_than from cs_health.peer_group as k
            where k.as_of = h.as_of and k.segment is not distinct from h.segment
                and k.plan_code is not distinct from h.plan_code), h.overall_score)::numeric, 1)
        end as peer_percentile
from (
    select s.*, s.csm as arm from cs_health.shown_health as s
    union all
    select s.*, ''::text from cs_health.shown_health as s
    union all
    select s.*, '+'::text from cs_health.shown_health as s
    where s.csm = any ((select cs_health.current_csms())::text[])
) as h
left join cs_health.scorecard as c on c.id = h.scorecard_id
left join lateral ( -- distinct on says that there is at most one, so that queries without a pulse leave it out
    select distinct on (q.tenant_id) q.tenant_id, q.rating, q.comment, q.csm, q.at
    from cs_health.pulse as q where q.tenant_id = h.tenant_id
    order by q.tenant_id, q.at desc limit 1
) as p on p.tenant_id = h.tenant_id
left join lateral (
    select distinct on (x.tenant_id) x.tenant_id, x.measures, x.churn_probability
    from cs_health.customer_health as x
    where x.tenant_id = h.tenant_id and x.as_of = h.as_of
        and x.calculated_at = h.calculated_at -- else it is being scored again and says something else
    order by x.tenant_id limit 1
) as d on d.tenant_id = h.tenant_id
where h.arm = (select cs_health._listed_csm());
comment on view cs_health_v1.health_scores is
    'Every customer''s current health

One row per tenant: the latest scored day, or today where recalculate_tenant() was called since. While an override
lives, its category is shown in place of the computed one.';
comment on column cs_health_v1.health_scores.id is 'Derived from tenant_id and as_of';
comment on column cs_health_v1.health_scores.overall_score is 'Composite score, 0-100';
comment on column cs_health_v1.health_scores.category is
    'healthy, neutral, at_risk or critical; the override''s while one lives, otherwise the computed one';
comment on column cs_health_v1.health_scores.trend is 'improving, stable or declining over the last 30 scores';
comment on column cs_health_v1.health_scores.score_breakdown is
    'Every signal with value, unit, window, weight and points';
comment on column cs_health_v1.health_scores.churn_probability is
    'Two decimals; churn_probability_exact has full precision';
comment on column cs_health_v1.health_scores.coverage is 'Share of the scorecard''s weight that was observed, 0-1';
comment on column cs_health_v1.health_scores.data_status is 'no data while coverage is below 0.5';
comment on column cs_health_v1.health_scores.recommended_action is
    'What to do for this category, in your language; null without data, unless an override lives';
comment on column cs_health_v1.health_scores.tenant_id is 'The customer';
comment on column cs_health_v1.health_scores.engagement_score is '100 x mean daily / monthly active users of 30 days';
comment on column cs_health_v1.health_scores.adoption_score is '100 x features used / features available';
comment on column cs_health_v1.health_scores.satisfaction_score is 'Weighted mean of NPS, CSAT and reviews';
comment on column cs_health_v1.health_scores.support_score is '100 - 10 x open tickets';
comment on column cs_health_v1.health_scores.growth_score is 'Month-over-month growth of the active users in per cent';
comment on column cs_health_v1.health_scores.calculated_at is 'When the row was computed';
comment on column cs_health_v1.health_scores.as_of is 'The day that the scores are of';
comment on column cs_health_v1.health_scores.churn_probability_exact is
    'Churn probability in full precision; null until a churn model is in use';
comment on column cs_health_v1.health_scores.tenant_name is 'Name of the customer';
comment on column cs_health_v1.health_scores.tenant_status is
    'trial, active, paused, churned or internal; only active ones count in objectives';
comment on column cs_health_v1.health_scores.plan_code is 'The customer''s plan';
comment on column cs_health_v1.health_scores.segment is 'The customer''s segment';
comment on column cs_health_v1.health_scores.csm is 'E-mail of the customer success manager';
comment on column cs_health_v1.health_scores.arr is 'Annual recurring revenue in the currency of settings';
comment on column cs_health_v1.health_scores.contract_ends_on is 'End of the contract; null = open-ended';
comment on column cs_health_v1.health_scores.provisional is 'Stored by recalculate_tenant() before the day was over';
comment on column cs_health_v1.health_scores.scorecard is 'Code of the scorecard';
comment on column cs_health_v1.health_scores.scorecard_version is 'Version of the scorecard';
comment on column cs_health_v1.health_scores.computed_category is 'The category that follows from the score';
comment on column cs_health_v1.health_scores.override_category is 'Category of the override that lives; null = none';
comment on column cs_health_v1.health_scores.override_reason is 'Why it was set';
comment on column cs_health_v1.health_scores.override_by is 'Who set it';
comment on column cs_health_v1.health_scores.override_expires_on is 'Its last day';
comment on column cs_health_v1.health_scores.pulse is 'Latest pulse of a CSM, 1 (bad) to 5 (good); null = none';
comment on column cs_health_v1.health_scores.pulse_comment is 'Comment of the latest pulse';
comment on column cs_health_v1.health_scores.pulse_by is 'Who gave it';
comment on column cs_health_v1.health_scores.pulse_at is 'When it was given';

comment on column cs_health_v1.health_scores.score_text is
    'The score for people, with its interval when part of the weight is missing: 71 (52-86)';
comment on column cs_health_v1.health_scores.score_low is
    'The score if the components that were not observed were 0; overall_score when all were observed';
comment on column cs_health_v1.health_scores.score_high is
    'The score if the components that were not observed were 100';
comment on column cs_health_v1.health_scores.peer_percentile is
    'Share of the active customers of the same segment and plan that score lower, 0-100; null with fewer than 10 '
    'peers, without data, and for customers that are not active';

create or replace function cs_health_v1.health_score_history(
    tenant uuid, "from" date default null, "to" date default null, max_rows integer default 400)
returns table (
    as_of date, overall_score integer, engagement_score integer, adoption_score integer, satisfaction_score integer,
    support_score integer, growth_score integer, category text, trend text, coverage real, score_breakdown jsonb,
    churn_probability numeric, calculated_at timestamptz, provisional boolean, scorecard text, scorecard_version
        integer, computed_category text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    if not exists (select from cs_health.tenant as t where t.id = tenant) then
        raise exception 'unknown tenant' using errcode = 'PT404', hint = 'Tenants are listed at health-scores.';
    end if;
    if "from" > "to" then
        raise exception 'no days from % to %', "from", "to"
            using errcode = 'invalid_parameter_value', hint = 'Give the earlier day first.';
    end if;
    return query
    select h.as_of, h.overall_score::integer, h.engagement_score::integer, h.adoption_score::integer,
        h.satisfaction_score::integer, h.support_score::integer, h.growth_score::integer,
        cs_health._shown_category(tenant, h.as_of, h.category), h.trend, h.coverage,
        cs_health.score_breakdown(h.measures, c.document), h.churn_probability::numeric(3, 2), h.calculated_at,
        h.provisional, c.code, c.version, h.category
    from cs_health.customer_health as h
    left join cs_health.scorecard as c on c.id = h.scorecard_id
    where h.tenant_id = tenant and h.as_of >= coalesce("from", '-infinity')
        and h.as_of <= coalesce("to", 'infinity')
    order by h.as_of desc
    limit max_rows;
end
$$;
comment on function cs_health_v1.health_score_history(uuid, date, date, integer) is
    'A tenant''s scores, latest first

At most max_rows days, from and to included. category is the one of an override that lived at the end of the day,
otherwise the computed one. An unknown tenant gives 404, days in the wrong order 400.';
