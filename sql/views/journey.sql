create or replace view cs_health.current_stage with (security_invoker = true) as
select t.id as tenant_id, t.name as tenant_name, t.csm, t.arr, e.stage,
    coalesce(case l.language when 'es' then s.name_es else s.name_en end, e.stage) as stage_name,
    e.entered_on as since, e.reason, d.today - e.entered_on as days, s.expected_days,
    coalesce(d.today - e.entered_on > s.expected_days, false) as stalled,
    d.signed_up_on, v.first_value_on,
    case when v.first_value_on < d.signed_up_on then 0 else v.first_value_on - d.signed_up_on end as first_value_days
from cs_health.journey_entry as e
join cs_health.tenant as t on t.id = e.tenant_id
cross join cs_health.settings as g
left join cs_health.journey_stage as s on s.code = e.stage
cross join (select cs_health._language(null, null) as language offset 0) as l
cross join lateral (
    select timezone(g.time_zone, now())::date as today, timezone(g.time_zone, t.signed_up_at)::date as signed_up_on
) as d
left join lateral (
    select timezone(g.time_zone, min(p.at))::date as first_value_on from cs_health.touchpoint as p
    where p.tenant_id = t.id and p.kind = 'milestone' and p.detail = 'first_value' and p.at <= now()
) as v on true
where e.left_on is null and t.status <> 'internal';
comment on view cs_health.current_stage is
    'In which stage of its journey each customer is, since when, whether it is stalled there, and when it had its '
    'first value; internal tenants left out';
comment on column cs_health.current_stage.tenant_id is 'The customer';
comment on column cs_health.current_stage.tenant_name is 'Name of the customer';
comment on column cs_health.current_stage.csm is 'E-mail of the customer success manager';
comment on column cs_health.current_stage.arr is 'Annual recurring revenue today';
comment on column cs_health.current_stage.stage is
    'onboarding, activated, adopted, renewing, at_risk, churned or the code of a stage of yours';
comment on column cs_health.current_stage.stage_name is 'Its name in your language';
comment on column cs_health.current_stage.since is
    'First day in it; with the reason first_seen at the latest since then';
comment on column cs_health.current_stage.reason is
    'Why it entered: sign_up, first_value, conditions, otherwise (no stage''s conditions held), first_seen (it was in '
    'it when first looked at), churned';
comment on column cs_health.current_stage.days is 'Days in it so far';
comment on column cs_health.current_stage.expected_days is 'After how many it is stalled; null = never';
comment on column cs_health.current_stage.stalled is 'Whether it is in it for longer than expected';
comment on column cs_health.current_stage.signed_up_on is 'Day of the sign-up; null = not known';
comment on column cs_health.current_stage.first_value_on is
    'Day of its first milestone first_value; null = not yet';
comment on column cs_health.current_stage.first_value_days is 'Days from the sign-up to that';

create or replace view cs_health_v1.journey_stages with (security_invoker = true) as
select j.tenant_id, j.tenant_name, j.csm, j.arr, j.stage, j.stage_name, j.since, j.reason, j.days, j.expected_days,
    j.stalled, j.signed_up_on, j.first_value_on, j.first_value_days
from cs_health.current_stage as j;
comment on view cs_health_v1.journey_stages is
    'In which stage of its journey each customer is

Since when, for how long, and whether it is stalled there; and when it had its first value.';
comment on column cs_health_v1.journey_stages.tenant_id is 'The customer';
comment on column cs_health_v1.journey_stages.tenant_name is 'Name of the customer';
comment on column cs_health_v1.journey_stages.csm is 'E-mail of the customer success manager';
comment on column cs_health_v1.journey_stages.arr is 'Annual recurring revenue today';
comment on column cs_health_v1.journey_stages.stage is
    'onboarding, activated, adopted, renewing, at_risk, churned or the code of a stage of yours';
comment on column cs_health_v1.journey_stages.stage_name is 'Its name in your language';
comment on column cs_health_v1.journey_stages.since is
    'First day in it; with the reason first_seen at the latest since then';
comment on column cs_health_v1.journey_stages.reason is
    'Why it entered: sign_up, first_value, conditions, otherwise (no stage''s conditions held), first_seen (it was in '
    'it when first looked at), churned';
comment on column cs_health_v1.journey_stages.days is 'Days in it so far';
comment on column cs_health_v1.journey_stages.expected_days is 'After how many it is stalled; null = never';
comment on column cs_health_v1.journey_stages.stalled is 'Whether it is in it for longer than expected';
comment on column cs_health_v1.journey_stages.signed_up_on is 'Day of the sign-up; null = not known';
comment on column cs_health_v1.journey_stages.first_value_on is
    'Day of its first milestone first_value; null = not yet';
comment on column cs_health_v1.journey_stages.first_value_days is 'Days from the sign-up to that';

create or replace view cs_health_v1.stalled with (security_invoker = true) as
select j.tenant_id, j.tenant_name, j.csm, j.arr, j.stage, j.stage_name, j.since, j.days, j.expected_days,
    j.days - j.expected_days as days_over
from cs_health.current_stage as j
where j.stalled;
comment on view cs_health_v1.stalled is
    'Customers that are in a stage of their journey for longer than expected

save_stage() says how long that is.';
comment on column cs_health_v1.stalled.tenant_id is 'The customer';
comment on column cs_health_v1.stalled.tenant_name is 'Name of the customer';
comment on column cs_health_v1.stalled.csm is 'E-mail of the customer success manager';
comment on column cs_health_v1.stalled.arr is 'Annual recurring revenue today';
comment on column cs_health_v1.stalled.stage is 'The stage';
comment on column cs_health_v1.stalled.stage_name is 'Its name in your language';
comment on column cs_health_v1.stalled.since is 'First day in it';
comment on column cs_health_v1.stalled.days is 'Days in it so far';
comment on column cs_health_v1.stalled.expected_days is 'How many were expected';
comment on column cs_health_v1.stalled.days_over is 'How many it is beyond that';

create or replace function cs_health_v1.journey(
    tenant uuid, before timestamptz default null, before_id text default null, "limit" integer default 50)
returns table (
    at timestamptz, id text, source text, kind text, direction text, channel text, actor text, title text, detail text,
    links jsonb)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    perform cs_health._require_listed(
        exists (select from cs_health.tenant as t where t.id = tenant), 'tenant', 'health-scores');
    return query select j.* from cs_health.journey(tenant, before, before_id, "limit") as j;
end
$$;
comment on function cs_health_v1.journey(uuid, timestamptz, text, integer) is
    'All that happened with a customer, the newest first

Touchpoints, answers, tickets, revenue, stages, categories, alerts, the notice to leave, signals, overrides, pulses and
playbooks in one list. The next page: before and before_id are at and id of the last item. An unknown customer gives
404, a limit beyond 1-1000 400.';

create or replace function cs_health_v1.journey_chart(
    tenant uuid, "from" date default null, "to" date default null)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    perform cs_health._require_listed(
        exists (select from cs_health.tenant as t where t.id = tenant), 'tenant', 'health-scores');
    return cs_health.journey_chart(tenant, "from", "to");
end
$$;
comment on function cs_health_v1.journey_chart(uuid, date, date) is
    'A customer''s journey as data to draw

Stages, scores by day, marks and touchpoints by week. An unknown customer gives 404.';

create or replace function cs_health_v1.journey_funnel("from" date default null, "to" date default null)
returns table (
    stage text, name text, place integer, sign_ups bigint, reached bigint, share double precision,
    median_days double precision, days_unknown bigint, in_it_now bigint)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select f.* from cs_health.journey_funnel("from", "to") as f
$$;
comment on function cs_health_v1.journey_funnel(date, date) is
    'How far the customers came that signed up in a period

By stage: how many of them ever reached it, their share, the median days to it. The latest sign-ups had less time.';

create or replace function cs_health_v1.time_to_first_value("from" date default null, "to" date default null)
returns table (
    sign_ups bigint, reached bigint, share double precision, median_days double precision,
    slow_days double precision, waiting bigint)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select f.* from cs_health.time_to_first_value("from", "to") as f
$$;
comment on function cs_health_v1.time_to_first_value(date, date) is
    'How soon the customers that signed up in a period had their first value

Of those who had it the median of days, and the days within which nine of ten had it.';
