-- The fields of the specification first, in its order
create or replace view cs_health_v1.expansion_signals with (security_invoker = true) as
select s.id, s.tenant_id, s.signal_type, s.current_plan, s.recommended_plan, s.potential_arr, s.signal_details,
    s.status, s.detected_at, t.name as tenant_name, t.csm, t.arr, s.changed_at, s.changed_by, s.note,
    s.motion, s.held_reason, s.refreshed_at, s.ceased_on, s.deferred_until, s.won_arr
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
comment on column cs_health_v1.expansion_signals.motion is
    'upsell: a higher plan; cross_sell: an add-on; null = nothing is recommended';
comment on column cs_health_v1.expansion_signals.held_reason is
    'Why nothing shall be sold now: churn_notice, at_risk or churn_risk; null = free';
comment on column cs_health_v1.expansion_signals.refreshed_at is
    'When the nightly run last changed what it says; null = never';
comment on column cs_health_v1.expansion_signals.ceased_on is
    'Day since which the cause is no longer seen; null = it still is';
comment on column cs_health_v1.expansion_signals.deferred_until is 'Day on which a deferred signal becomes new again';
comment on column cs_health_v1.expansion_signals.won_arr is
    'Annual recurring revenue that was won; null = not won, or not known';

create or replace view cs_health_v1.signal_conversion with (security_invoker = true) as
select k.signal_type,
    count(s.id) filter (where s.is_open and s.status = 'new') as new,
    count(s.id) filter (where s.is_open and s.status = 'contacted') as contacted,
    count(s.id) filter (where s.is_open and s.status = 'deferred') as deferred,
    count(s.id) filter (where s.is_open and s.held_reason is not null) as held,
    count(s.id) filter (where s.status = 'won') as won,
    count(s.id) filter (where s.status = 'lost') as lost,
    round(count(s.id) filter (where s.status = 'won')
        / nullif(count(s.id) filter (where s.status in ('won', 'lost')), 0)::numeric, 4) as win_rate,
    coalesce(sum(s.won_arr), 0) as won_arr,
    coalesce(sum(s.potential_arr) filter (where s.is_open), 0) as open_potential_arr,
    round((percentile_cont(0.5) within group (order by s.days_to_close)
        filter (where s.status in ('won', 'lost')))::numeric, 1)
        as median_days_to_close
from unnest(array['usage_limit', 'feature_request', 'user_growth']) with ordinality as k(signal_type, place)
left join (
    select e.id, e.signal_type, e.status, e.held_reason, e.potential_arr, e.won_arr,
        e.ceased_on is null and t.status = 'active' and e.status in ('new', 'contacted', 'deferred') as is_open,
        extract(epoch from coalesce((
            select min(c.changed_at) from cs_health.expansion_signal_change as c
            where e.status in ('won', 'lost') and c.tenant_id = e.tenant_id and c.signal_id = e.id
                and c.after = e.status), e.changed_at) - e.detected_at)::double precision / 86400 as days_to_close
    from cs_health.expansion_signal as e
    join cs_health.tenant as t on t.id = e.tenant_id
) as s on s.signal_type = k.signal_type
group by k.signal_type, k.place
order by k.place;
comment on view cs_health_v1.signal_conversion is
    'What became of expansion signals, by type

Counts of now; a signal that is held is counted by its status as well. One whose cause has ceased, or whose customer is
not active, is not counted as open: not in new, contacted, deferred, held and open_potential_arr.';
comment on column cs_health_v1.signal_conversion.signal_type is 'usage_limit, feature_request or user_growth';
comment on column cs_health_v1.signal_conversion.new is 'Nobody has spoken to the customer yet';
comment on column cs_health_v1.signal_conversion.contacted is 'Somebody has';
comment on column cs_health_v1.signal_conversion.deferred is 'Put off until a day';
comment on column cs_health_v1.signal_conversion.held is
    'Of these three, how many are held since the customer is at risk';
comment on column cs_health_v1.signal_conversion.won is 'Sold';
comment on column cs_health_v1.signal_conversion.lost is 'Not sold';
comment on column cs_health_v1.signal_conversion.win_rate is 'won / (won + lost); null while nothing is settled';
comment on column cs_health_v1.signal_conversion.won_arr is
    'Annual recurring revenue that was won, as far as it was noted, in the currency of settings';
comment on column cs_health_v1.signal_conversion.open_potential_arr is
    'potential_arr of those counted in new, contacted and deferred, where it is known';
comment on column cs_health_v1.signal_conversion.median_days_to_close is
    'Days from detection to won or lost; null while nothing is settled';

create or replace function cs_health_v1.set_signal_status(
    signal uuid, status text, note text default null, deferred_until date default null, won_arr numeric default null)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    way_out text;
begin
    perform cs_health._require_listed(
        exists (select from cs_health.expansion_signal as s where s.id = signal), 'signal', 'expansion-signals');
    perform cs_health.set_signal_status(signal, status, note, deferred_until, won_arr);
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    perform cs_health._refuse_state(sqlerrm, way_out);
end
$$;
comment on function cs_health_v1.set_signal_status(uuid, text, text, date, numeric) is
    'Moves an expansion signal to another status

From new to contacted, deferred or lost; from contacted to won, lost or deferred; from deferred to contacted, won, lost
or another date. deferred_until: a day after today, with deferred; won_arr: what a year of it brings, with won. An
unknown signal gives 404, another word or value 400, a move that makes no sense 409.';

create or replace function cs_health_v1.update_expansion_signal(signal uuid, change jsonb)
returns cs_health_v1.expansion_signals
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    changed cs_health_v1.expansion_signals;
    way_out text;
begin
    perform cs_health._check_document('change', change,
        '{"status": "string", "deferred_until": "string", "won_arr": "number", "note": "string"}');
    perform cs_health._require_listed(
        exists (select from cs_health.expansion_signal as s where s.id = signal), 'signal', 'expansion-signals');
    perform cs_health.set_signal_status(signal, coalesce(change ->> 'status', s.status), change ->> 'note',
        cs_health._document_day('change.deferred_until', change ->> 'deferred_until'),
        (change ->> 'won_arr')::numeric)
    from cs_health.expansion_signal as s where s.id = signal;
    select s.* into changed from cs_health_v1.expansion_signals as s where s.id = signal;
    return changed;
exception when object_not_in_prerequisite_state then
    get stacked diagnostics way_out = pg_exception_hint;
    raise exception 'no such move' using errcode = 'PT422', detail = sqlerrm, hint = way_out;
end
$$;
comment on function cs_health_v1.update_expansion_signal(uuid, jsonb) is
    'Says what became of an expansion signal

PUT /expansion-signals/{id}. change: any of status (contacted, won, lost, deferred), deferred_until (a day after today,
with deferred), won_arr (what a year of it brings, with won) and note (at most 2000 characters); what is left out or
null stays. Returns the signal. An unknown one gives 404, other keys, types and values 400, a move that makes no sense
422.';
