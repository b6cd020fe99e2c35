create or replace view cs_health.override_record with (security_invoker = true) as
select
    o.tenant_id,
    t.name as tenant_name,
    o.id,
    o.category,
    o.reason,
    o.set_by,
    o.set_at,
    o.expires_on,
    o.ended_at,
    o.ended_by,
    d.last_day,
    o.computed_category,
    a.category as computed_category_after,
    t.churned_on,
    case
        when d.last_day is null or o.computed_category is null then 'open'
        when d.set_grade > d.computed_grade then
            case when d.has_left or s.worst_grade >= d.set_grade then 'right'
                when d.today > d.last_day + 90 then 'wrong' else 'open' end
        when d.has_left then 'wrong'
        when d.set_grade < d.computed_grade then
            case when s.best_grade <= d.set_grade then 'right' when a.as_of is not null then 'wrong' else 'open' end
        when a.as_of is null then 'open'
        when a.category = o.category then 'right'
        else 'wrong'
    end as verdict
from cs_health.health_override as o
join cs_health.tenant as t on t.id = o.tenant_id
cross join cs_health.settings as g
cross join lateral (
    select array['healthy', 'neutral', 'at_risk', 'critical'] as grades, timezone(g.time_zone, now())::date as today
) as c
cross join lateral (
    select c.today,
        array_position(c.grades, o.category) as set_grade,
        array_position(c.grades, o.computed_category) as computed_grade,
        e.last_day,
        t.churned_on between timezone(g.time_zone, o.set_at)::date and least(e.last_day + 90, c.today) as has_left
    from (
        select case when o.ended_at is not null or o.expires_on < c.today
            then least(o.expires_on, timezone(g.time_zone, o.ended_at)::date) end as last_day
    ) as e
) as d
left join lateral (
    select h.as_of, h.category
    from cs_health.customer_health as h
    where h.tenant_id = o.tenant_id and not h.provisional and h.coverage >= 0.5
        and h.as_of between d.last_day and d.last_day + 90
    order by h.as_of limit 1
) as a on true
cross join lateral (
    select min(array_position(c.grades, h.category)) as best_grade,
        max(array_position(c.grades, h.category)) as worst_grade
    from cs_health.customer_health as h
    where h.tenant_id = o.tenant_id and not h.provisional and h.coverage >= 0.5
        and h.as_of between timezone(g.time_zone, o.set_at)::date and coalesce(a.as_of, d.last_day)
) as s;
comment on view cs_health.override_record is
    'Every override and whether it was right, judged by the category that was computed when it was set, by the '
    'scored days from the day it was set to the first at or after its last day (within 90 days of that), and by '
    'whether the customer left by 90 days after its last day. More pessimistic than computed: right if the customer '
    'left or the computed category was the override''s or a worse one on any of those days, wrong when 90 days have '
    'passed without. More optimistic: wrong if the customer left; otherwise right if the computed category was the '
    'override''s or a better one on any of those days, wrong if not. Equal to the computed one: right if the '
    'computed category was the same on the first scored day at or after its last and the customer did not leave, '
    'otherwise wrong. open while it lives, while this cannot be told yet, and for ever where nothing was computed '
    'when it was set';
comment on column cs_health.override_record.tenant_id is 'The customer';
comment on column cs_health.override_record.tenant_name is 'Name of the customer';
comment on column cs_health.override_record.id is 'The override, unique within the tenant';
comment on column cs_health.override_record.category is 'Category that was shown while it lived';
comment on column cs_health.override_record.reason is 'Why it was set';
comment on column cs_health.override_record.set_by is 'Who set it';
comment on column cs_health.override_record.set_at is 'When it was set';
comment on column cs_health.override_record.expires_on is 'Its last day unless it was ended before';
comment on column cs_health.override_record.ended_at is
    'When it was ended or the next one was set; null = neither yet';
comment on column cs_health.override_record.ended_by is 'Who ended it or set the next one';
comment on column cs_health.override_record.last_day is 'The day it stopped living; null while it lives';
comment on column cs_health.override_record.computed_category is
    'The computed category when it was set; null = nothing was scored yet';
comment on column cs_health.override_record.computed_category_after is
    'The computed category on the first scored day at or after last_day; null = not scored within 90 days of it';
comment on column cs_health.override_record.churned_on is 'Last day as a customer; null = still one';
comment on column cs_health.override_record.verdict is 'right, wrong or open';

create or replace view cs_health_v1.override_record with (security_invoker = true) as
select r.tenant_id, r.tenant_name, r.id, r.category, r.reason, r.set_by, r.set_at, r.expires_on, r.ended_at, r.ended_by,
    r.last_day, r.computed_category, r.computed_category_after, r.churned_on, r.verdict
from cs_health.override_record as r;
comment on view cs_health_v1.override_record is
    'Every override of a category, and whether it was right

Pessimistic ones are right if the computed category came down to them or the customer left by 90 days after; optimistic
ones if it came up to them and the customer stayed; those that agreed if it stayed.';
comment on column cs_health_v1.override_record.tenant_id is 'The customer';
comment on column cs_health_v1.override_record.tenant_name is 'Name of the customer';
comment on column cs_health_v1.override_record.id is 'The override, unique within the tenant';
comment on column cs_health_v1.override_record.category is 'Category that was shown while it lived';
comment on column cs_health_v1.override_record.reason is 'Why it was set';
comment on column cs_health_v1.override_record.set_by is 'Who set it';
comment on column cs_health_v1.override_record.set_at is 'When it was set';
comment on column cs_health_v1.override_record.expires_on is 'Its last day unless it was ended before';
comment on column cs_health_v1.override_record.ended_at is
    'When it was ended or the next one was set; null = neither yet';
comment on column cs_health_v1.override_record.ended_by is 'Who ended it or set the next one';
comment on column cs_health_v1.override_record.last_day is 'The day it stopped living; null while it lives';
comment on column cs_health_v1.override_record.computed_category is
    'The computed category when it was set; null = nothing was scored yet';
comment on column cs_health_v1.override_record.computed_category_after is
    'The computed category on the first scored day at or after last_day; null = not scored within 90 days of it';
comment on column cs_health_v1.override_record.churned_on is 'Last day as a customer; null = still one';
comment on column cs_health_v1.override_record.verdict is 'right, wrong or open';

create or replace view cs_health_v1.override_accuracy with (security_invoker = true) as
select r.set_by, count(*) as overrides, count(*) filter (where r.verdict = 'right') as right,
    count(*) filter (where r.verdict = 'wrong') as wrong, count(*) filter (where r.verdict = 'open') as open
from cs_health.override_record as r
group by r.set_by;
comment on view cs_health_v1.override_accuracy is 'How often each CSM''s overrides were right';
comment on column cs_health_v1.override_accuracy.set_by is 'Who set them';
comment on column cs_health_v1.override_accuracy.overrides is 'How many, those that live included';
comment on column cs_health_v1.override_accuracy.right is 'How many were right';
comment on column cs_health_v1.override_accuracy.wrong is 'How many were wrong';
comment on column cs_health_v1.override_accuracy.open is 'How many cannot be judged yet';

create or replace view cs_health_v1.pulses with (security_invoker = true) as
select p.tenant_id, t.name as tenant_name, p.rating::integer as rating, p.comment, p.csm, p.at
from cs_health.pulse as p
join cs_health.tenant as t on t.id = p.tenant_id;
comment on view cs_health_v1.pulses is 'What CSMs think of their customers';
comment on column cs_health_v1.pulses.tenant_id is 'The customer';
comment on column cs_health_v1.pulses.tenant_name is 'Name of the customer';
comment on column cs_health_v1.pulses.rating is '1 (bad) to 5 (good)';
comment on column cs_health_v1.pulses.comment is 'In the CSM''s words';
comment on column cs_health_v1.pulses.csm is 'Who gave it';
comment on column cs_health_v1.pulses.at is 'When it was given';

create or replace function cs_health_v1.override_health(tenant uuid, category text, reason text, expires_on date)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from cs_health.tenant as t where t.id = override_health.tenant) then
        raise exception 'unknown tenant' using errcode = 'PT404', hint = 'Tenants are listed at health-scores.';
    end if;
    return cs_health.override_health(
        override_health.tenant, override_health.category, override_health.reason, override_health.expires_on);
end
$$;
comment on function cs_health_v1.override_health(uuid, text, text, date) is
    'Shows a category of your own for a customer

With a reason (at most 2000 characters), through expires_on (at most 90 days ahead); takes the place of an override that
is there and returns its id. An unknown tenant gives 404, other values 400, a second override at the same moment 409.';

create or replace function cs_health_v1.end_override(tenant uuid) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from cs_health.tenant as t where t.id = end_override.tenant) then
        raise exception 'unknown tenant' using errcode = 'PT404', hint = 'Tenants are listed at health-scores.';
    end if;
    return cs_health.end_override(end_override.tenant);
end
$$;
comment on function cs_health_v1.end_override(uuid) is
    'Shows the computed category of a customer again

False when no override lived. An unknown tenant gives 404.';

create or replace function cs_health_v1.record_pulse(tenant uuid, rating integer, comment text default null)
returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from cs_health.tenant as t where t.id = record_pulse.tenant) then
        raise exception 'unknown tenant' using errcode = 'PT404', hint = 'Tenants are listed at health-scores.';
    end if;
    return cs_health.record_pulse(record_pulse.tenant, record_pulse.rating, record_pulse.comment);
end
$$;
comment on function cs_health_v1.record_pulse(uuid, integer, text) is
    'Notes what you think of a customer

1 (bad) to 5 (good), with a comment (at most 2000 characters). It never changes a score. An unknown tenant gives 404,
other values 400.';
