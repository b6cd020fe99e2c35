create or replace view cs_health_v1.touchpoints with (security_invoker = true) as
select p.id, p.tenant_id, t.name as tenant_name, t.csm, p.at, p.kind, p.direction, p.channel, p.actor, p.detail,
    p.next_step, p.next_step_on
from cs_health.touchpoint as p
join cs_health.tenant as t on t.id = p.tenant_id;
comment on view cs_health_v1.touchpoints is
    'Contacts and milestones of customers

log_touchpoint() adds one; journey() has them among all else that happened.';
comment on column cs_health_v1.touchpoints.id is 'The touchpoint';
comment on column cs_health_v1.touchpoints.tenant_id is 'The customer';
comment on column cs_health_v1.touchpoints.tenant_name is 'Name of the customer';
comment on column cs_health_v1.touchpoints.csm is 'E-mail of the customer success manager';
comment on column cs_health_v1.touchpoints.at is 'When it was';
comment on column cs_health_v1.touchpoints.kind is
    'email, call, meeting_booked, meeting_held, reply, note, milestone, in_app or a word of yours';
comment on column cs_health_v1.touchpoints.direction is 'inbound, outbound or internal';
comment on column cs_health_v1.touchpoints.channel is
    'How: email, call, calendar, in_app, product, ...; null = not said';
comment on column cs_health_v1.touchpoints.actor is 'Who on our side; null = not said';
comment on column cs_health_v1.touchpoints.detail is 'What was said or reached; of messages the subject';
comment on column cs_health_v1.touchpoints.next_step is 'What was agreed on; null = nothing';
comment on column cs_health_v1.touchpoints.next_step_on is 'By when';

create or replace function cs_health_v1.log_touchpoint(
    tenant uuid, kind text, detail text, direction text default null, at timestamptz default null,
    channel text default null, next_step text default null, next_step_on date default null)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    perform cs_health._require_listed(
        exists (select from cs_health.tenant as t where t.id = tenant), 'tenant', 'health-scores');
    return cs_health.log_touchpoint(tenant, kind, detail, direction, at, channel, next_step, next_step_on);
end
$$;
comment on function cs_health_v1.log_touchpoint(uuid, text, text, text, timestamptz, text, text, date) is
    'Notes a contact with a customer, or a milestone

kind is email, call, meeting_booked, meeting_held, reply, note, milestone or a word of yours. A milestone with the
detail first_value ends the onboarding. An unknown customer gives 404, other values 400.';
