-- What administrators see of the outbox: never what is said, nor to whom
create or replace view cs_health_v1.deliveries with (security_invoker = true) as
select o.id, o.channel, o.kind, o.tenant_id, o.execution_id, o.step_no, o.state, o.attempt, o.next_attempt_at,
    o.lease_until, o.claimed_by, o.created_at, o.ended_at, o.last_status, o.last_error
from cs_health.outbox as o;
comment on view cs_health_v1.deliveries is
    'Messages and events on their way, without what they say';
comment on column cs_health_v1.deliveries.id is 'The delivery, and the idempotency key of its attempts';
comment on column cs_health_v1.deliveries.channel is 'Code of the channel';
comment on column cs_health_v1.deliveries.kind is 'Kind of event, or message';
comment on column cs_health_v1.deliveries.tenant_id is 'The customer that it is about; null = none';
comment on column cs_health_v1.deliveries.execution_id is 'The execution that it is a step of';
comment on column cs_health_v1.deliveries.step_no is 'The step that it is';
comment on column cs_health_v1.deliveries.state is 'pending, claimed, sent, dead (given up) or cancelled';
comment on column cs_health_v1.deliveries.attempt is 'How often it was tried';
comment on column cs_health_v1.deliveries.next_attempt_at is 'When it is tried next, while pending';
comment on column cs_health_v1.deliveries.lease_until is 'Until when whoever claimed it may take';
comment on column cs_health_v1.deliveries.claimed_by is 'Who claimed it last';
comment on column cs_health_v1.deliveries.created_at is 'When it was handed over';
comment on column cs_health_v1.deliveries.ended_at is 'When it was sent, given up or cancelled';
comment on column cs_health_v1.deliveries.last_status is 'HTTP or SMTP status of the last attempt';
comment on column cs_health_v1.deliveries.last_error is 'What went wrong in the last attempt';

create or replace view cs_health_v1.channel_status with (security_invoker = true) as
select s.channel, s.kind, s.enabled, s.pending, s.in_flight, s.dead, s.oldest, s.p95_seconds, s.failures,
    s.closed_until, s.problem
from cs_health.delivery_status() as s;
comment on view cs_health_v1.channel_status is
    'How each channel does';
comment on column cs_health_v1.channel_status.channel is 'Code of the channel';
comment on column cs_health_v1.channel_status.kind is 'slack, email or webhook';
comment on column cs_health_v1.channel_status.enabled is 'Whether it is used';
comment on column cs_health_v1.channel_status.pending is 'Deliveries that wait';
comment on column cs_health_v1.channel_status.in_flight is 'Deliveries that are being sent';
comment on column cs_health_v1.channel_status.dead is 'Deliveries that were given up';
comment on column cs_health_v1.channel_status.oldest is 'When the oldest that waits was handed over';
comment on column cs_health_v1.channel_status.p95_seconds is
    'Seconds that 95 % of the last hour''s deliveries took at most; null = there were none';
comment on column cs_health_v1.channel_status.failures is 'Failures in a row';
comment on column cs_health_v1.channel_status.closed_until is 'Nothing is sent before; null = it is open';
comment on column cs_health_v1.channel_status.problem is 'What is wrong with its secret; null = nothing';
