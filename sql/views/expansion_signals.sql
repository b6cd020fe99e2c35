-- The fields of the specification first, in its order
create or replace view cs_health_v1.expansion_signals with (security_invoker = true) as
select s.id, s.tenant_id, s.signal_type, s.current_plan, s.recommended_plan, s.potential_arr, s.signal_details,
    s.status, s.detected_at, t.name as tenant_name, t.csm, t.arr, s.changed_at, s.changed_by, s.note
from cs_health.expansion_signal as s
join cs_health.tenant as t on t.id = s.tenant_id;
comment on view cs_health_v1.expansion_signals is
    'Signs that a customer could grow: which, how much, what became of it

set_signal_status() moves one on.';
comment on column cs_health_v1.expansion_signals.id is 'The signal';
comment on column cs_health_v1.expansion_signals.tenant_id is 'The customer';
comment on column cs_health_v1.expansion_signals.signal_type is 'usage_limit, feature_request or user_growth';
comment on column cs_health_v1.expansion_signals.current_plan is 'The plan when it was detected';
comment on column cs_health_v1.expansion_signals.recommended_plan is 'The plan to offer; null = none fits';
comment on column cs_health_v1.expansion_signals.potential_arr is
    'Additional annual recurring revenue on that plan, in the currency of settings; null = not known';
comment on column cs_health_v1.expansion_signals.signal_details is 'What was seen';
comment on column cs_health_v1.expansion_signals.status is 'new, contacted, won, lost or deferred';
comment on column cs_health_v1.expansion_signals.detected_at is 'When it was detected';
comment on column cs_health_v1.expansion_signals.tenant_name is 'Name of the customer';
comment on column cs_health_v1.expansion_signals.csm is 'E-mail of the customer success manager';
comment on column cs_health_v1.expansion_signals.arr is 'Annual recurring revenue today';
comment on column cs_health_v1.expansion_signals.changed_at is 'When its status changed last; null = never';
comment on column cs_health_v1.expansion_signals.changed_by is 'Who changed it';
comment on column cs_health_v1.expansion_signals.note is 'In the words of whoever changed it';

create or replace function cs_health_v1.set_signal_status(signal uuid, status text, note text default null) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.expansion_signal as s where s.id = signal), 'signal', 'expansion-signals');
    perform cs_health.set_signal_status(signal, status, note);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.set_signal_status(uuid, text, text) is
    'Moves an expansion signal to another status

new, contacted, won, lost or deferred. An unknown signal gives 404, another word 400, a move that makes no sense 409.';
