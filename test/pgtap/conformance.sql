-- The entity customer_health of the specification (section 3), field by field: as the API shows it, as it is stored,
-- and in rows that a run has made.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set client_min_messages = warning;

-- What the specification says. shown_as: the type in the API, where UUID is uuid, INT integer, ENUM text, JSON jsonb,
-- DECIMAL(3,2) numeric(3,2) and TIMESTAMP timestamp with time zone. stored_as: null where the field is derived on read.
create temp table field (
    nr integer generated always as identity, name text, shown_as text, stored_as text, required boolean,
    low numeric, high numeric, words text[]);
insert into field (name, shown_as, stored_as, required, low, high, words) values
    ('id', 'uuid', null, true, null, null, null),
    ('tenant_id', 'uuid', 'uuid', true, null, null, null),
    ('overall_score', 'integer', 'smallint', true, 0, 100, null),
    ('engagement_score', 'integer', 'smallint', true, 0, 100, null),
    ('adoption_score', 'integer', 'smallint', true, 0, 100, null),
    ('satisfaction_score', 'integer', 'smallint', true, 0, 100, null),
    ('support_score', 'integer', 'smallint', true, 0, 100, null),
    ('growth_score', 'integer', 'smallint', true, 0, 100, null),
    ('category', 'text', 'text', true, null, null, '{healthy,neutral,at_risk,critical}'),
    ('trend', 'text', 'text', true, null, null, '{improving,stable,declining}'),
    ('score_breakdown', 'jsonb', null, true, null, null, null),
    ('churn_probability', 'numeric(3,2)', 'real', false, 0, 1, null),
    ('calculated_at', 'timestamp with time zone', 'timestamp with time zone', true, null, null, null);

-- The five components with the signals the specification names for each, as measures of the breakdown
create temp table signal (component text, weight integer, measure text);
insert into signal (component, weight, measure) values
    ('engagement', 30, 'logins'), ('engagement', 30, 'minutes'), ('engagement', 30, 'features_used'),
    ('adoption', 25, 'features_used'), ('adoption', 25, 'features_available'),
    ('satisfaction', 20, 'nps'), ('satisfaction', 20, 'csat'), ('satisfaction', 20, 'review'),
    ('support', 15, 'open_tickets'), ('support', 15, 'mean_resolution_hours'),
    ('growth', 10, 'mau_growth'), ('growth', 10, 'new_users');

create function pg_temp.tenant(nr integer) returns uuid language sql immutable as $$
    select ('00000000-0000-4000-8000-' || lpad(nr::text, 12, '0'))::uuid
$$;

-- A busy tenant, a silent one, one that signed up yesterday and one without a plan
insert into cs_health.plan (code, name) values ('basic', 'Basic');
insert into cs_health.feature (code, name) select 'f' || f, 'Feature ' || f from generate_series(1, 5) as f;
insert into cs_health.plan_feature (plan_code, feature) select 'basic', 'f' || f from generate_series(1, 5) as f;
insert into cs_health.tenant (id, name, plan_code, signed_up_at) values
    (pg_temp.tenant(1), 'Busy', 'basic', now() - interval '300 days'),
    (pg_temp.tenant(2), 'Silent', 'basic', now() - interval '300 days'),
    (pg_temp.tenant(3), 'New', 'basic', now() - interval '1 day'),
    (pg_temp.tenant(4), 'Planless', null, null);
insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature, minutes)
select pg_temp.tenant(1), 'u' || d % 7, now() - d * interval '1 day', case d % 2 when 0 then 'login' else 'feature' end,
    case d % 2 when 1 then 'f' || d % 5 + 1 end, 7
from generate_series(1, 60) as d;
insert into cs_health.feedback (tenant_id, kind, score, user_id, answered_at) values
    (pg_temp.tenant(1), 'nps', 9, 'u1', now() - interval '2 days'),
    (pg_temp.tenant(1), 'csat', 4, 'u1', now() - interval '2 days'),
    (pg_temp.tenant(1), 'review', 5, 'u1', now() - interval '2 days');
insert into cs_health.ticket (tenant_id, id, opened_at, resolved_at) values
    (pg_temp.tenant(1), 't1', now() - interval '3 days', now() - interval '2 days'),
    (pg_temp.tenant(1), 't2', now() - interval '3 days', null);
call cs_health.replay((now() at time zone 'UTC')::date - 3);

create temp table first_ids as select v.tenant_id, v.as_of, v.id from cs_health_v1.health_scores as v;

-- A row like the busy tenant's with some fields changed; returns the error it is refused with, or null
create function pg_temp.refusal(change jsonb) returns text language plpgsql as $$
begin
    insert into cs_health.customer_health
    select (jsonb_populate_record(h, jsonb_build_object('tenant_id', gen_random_uuid()) || change)).*
    from cs_health.customer_health as h where h.tenant_id = pg_temp.tenant(1) order by h.as_of desc limit 1;
    raise sqlstate 'PT200';
exception
    when sqlstate 'PT200' then return null;
    when others then return sqlstate;
end
$$;

create temp table refused (field text, value jsonb, expected text);
insert into refused (field, value, expected)
select f.name, v.value, '23514' from field as f cross join lateral (
    values (to_jsonb(f.low - 1)), (to_jsonb(f.high + 1))) as v(value)
where f.low is not null;
insert into refused (field, value, expected)
select f.name, v.value, '23514' from field as f cross join (
    values ('"unknown"'::jsonb), ('""'), ('"Healthy"'), ('" stable"')) as v(value)
where f.words is not null;
insert into refused (field, value, expected)
select f.name, 'null', '23502' from field as f where f.required and f.stored_as is not null;
insert into refused (field, value, expected) values
    ('churn_probability', '"NaN"', '23514'),
    ('churn_probability', '-0.01', '23514'),
    ('churn_probability', '1.01', '23514');
insert into refused (field, value, expected)
select f.name, v.value, null from field as f cross join lateral (
    values (to_jsonb(f.low)), (to_jsonb(f.high))) as v(value)
where f.low is not null;
insert into refused (field, value, expected)
select f.name, to_jsonb(w.word), null from field as f cross join lateral unnest(f.words) as w(word);
insert into refused (field, value, expected) values ('churn_probability', 'null', null);

select plan((3 * (select count(*) from field) + (select count(*) from refused) + (select count(*) from signal))::integer
    + 12);

-- the API
select is(
    (select format_type(a.atttypid, a.atttypmod) from pg_attribute as a
     where a.attrelid = 'cs_health_v1.health_scores'::regclass and a.attname = f.name),
    f.shown_as, 'the API shows ' || f.name || ' as ' || f.shown_as)
from field as f order by f.nr;

-- the table
select is(
    (select format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
     from pg_attribute as a where a.attrelid = 'cs_health.customer_health'::regclass and a.attname = f.name),
    f.stored_as || case when f.required then ' not null' else '' end,
    f.name || coalesce(' is stored as ' || f.stored_as, ' is derived'))
from field as f order by f.nr;
select is(pg_temp.refusal(jsonb_build_object(r.field, r.value)), r.expected, format('%s %s %s', r.field, r.value,
    case when r.expected is null then 'is stored' else 'is refused' end))
from refused as r order by r.expected, r.field, r.value;
select is(
    (select string_agg(a.attname, ', ' order by k.nr) from pg_constraint as c
     cross join lateral unnest(c.conkey) with ordinality as k(attnum, nr)
     join pg_attribute as a on a.attrelid = c.conrelid and a.attnum = k.attnum
     where c.conrelid = 'cs_health.customer_health'::regclass and c.contype = 'p'),
    'tenant_id, as_of', 'one row per tenant and day');

-- rows
select is((select count(*) from cs_health_v1.health_scores), 4::bigint, 'every tenant has a score');
select is(
    (select count(*) from cs_health_v1.health_scores as v where (to_jsonb(v) ->> f.name) is null), 0::bigint,
    'no row lacks ' || f.name)
from field as f where f.required order by f.nr;
select is(
    (select count(*) from cs_health_v1.health_scores as v where (to_jsonb(v) ->> f.name) is null), 0::bigint,
    'with a churn model in use, as from the start, no row lacks ' || f.name)
from field as f where not f.required order by f.nr;
select is((select count(distinct h.id) from (
        select cs_health.health_id(c.tenant_id, c.as_of) as id from cs_health.customer_health as c) as h),
    (select count(*) from cs_health.customer_health), 'no two rows have the same id');
select is((select count(*) from cs_health.customer_health), 10::bigint, 'three days of three tenants, one of the new');
select ok(bool_and(substr(v.id::text, 15, 1) = '8'), 'ids are uuids of version 8')
from cs_health_v1.health_scores as v;

call cs_health.recalculate((now() at time zone 'UTC')::date - 1, rescore => true);
select set_eq('select tenant_id, as_of, id from cs_health_v1.health_scores', 'select * from first_ids',
    'an id stays when the day is scored again');

select is(v.category, cs_health.health_category(v.overall_score), 'the category is that of the score')
from cs_health_v1.health_scores as v where v.tenant_id = pg_temp.tenant(1);
select ok(
    (select bool_and((m.value ->> 'observed') is not null and m.value ? 'value' and m.value ? 'unit'
            and m.value ? 'window_days' and m.value ? 'weight')
     from jsonb_array_elements(v.score_breakdown -> 'components' -> s.component -> 'measures') as m
     where m.value ->> 'measure' = s.measure)
    and (v.score_breakdown #>> array['components', s.component, 'weight'])::integer = s.weight,
    format('the breakdown of %s (%s %%) has %s', s.component, s.weight, s.measure))
from signal as s cross join cs_health_v1.health_scores as v where v.tenant_id = pg_temp.tenant(1)
order by s.component, s.measure;
select is((select array_agg(k order by k) from jsonb_object_keys(v.score_breakdown -> 'components') as k),
    '{adoption,engagement,growth,satisfaction,support}', 'the breakdown has the five components')
from cs_health_v1.health_scores as v where v.tenant_id = pg_temp.tenant(2);
select is((v.score_breakdown ->> 'overall_score')::integer, v.overall_score, 'the breakdown explains the score shown')
from cs_health_v1.health_scores as v where v.tenant_id = pg_temp.tenant(1);
select is(round((
        select sum((c.value ->> 'points')::numeric) from jsonb_each(v.score_breakdown -> 'components') as c)),
    v.overall_score::numeric, 'the points of the components add up to the score')
from cs_health_v1.health_scores as v where v.tenant_id = pg_temp.tenant(1);

update cs_health.customer_health set churn_probability = 0.0042;
select is(v.churn_probability::text, '0.00', 'churn_probability has two decimals')
from cs_health_v1.health_scores as v where v.tenant_id = pg_temp.tenant(1);
select is(round(v.churn_probability_exact::numeric, 6), 0.0042, 'and stands beside itself in full precision')
from cs_health_v1.health_scores as v where v.tenant_id = pg_temp.tenant(1);

select finish();
