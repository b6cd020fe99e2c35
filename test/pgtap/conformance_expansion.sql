-- The entity expansion_signal of the specification (section 3), field by field: as the API shows it, in the table, and
-- in rows of every kind that a nightly run has made; the endpoints of section 5.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set client_min_messages = warning;

-- What the specification says. shown_as: the type in the API, where UUID is uuid, ENUM text, VARCHAR(50) character
-- varying(50), DECIMAL(10,2) numeric(10,2), JSON jsonb and TIMESTAMP timestamp with time zone.
create temp table field (
    nr integer generated always as identity, name text, shown_as text, required boolean, words text[]);
insert into field (name, shown_as, required, words) values
    ('id', 'uuid', true, null),
    ('tenant_id', 'uuid', true, null),
    ('signal_type', 'text', true, '{usage_limit,feature_request,user_growth}'),
    ('current_plan', 'character varying(50)', true, null),
    ('recommended_plan', 'character varying(50)', false, null),
    ('potential_arr', 'numeric(10,2)', false, null),
    ('signal_details', 'jsonb', true, null),
    ('status', 'text', true, '{new,contacted,won,lost,deferred}'),
    ('detected_at', 'timestamp with time zone', true, null);

create function pg_temp.tenant(nr integer) returns uuid language sql immutable as $$
    select ('00000000-0000-4000-8000-' || lpad(nr::text, 12, '0'))::uuid
$$;
-- 1 uses 80.01 % of its limit, 2 just 80.0 %, 3 was denied a feature, 4 grows, 5 has the largest plan, 6 none
insert into cs_health.plan (code, name, rank, monthly_price)
values ('basic', 'Basic', 1, 100), ('pro', 'Pro', 2, 250.5), ('max', 'Max', 3, null);
insert into cs_health.feature (code, name) values ('f1', 'Tasks'), ('f2', 'Reports');
insert into cs_health.plan_feature (plan_code, feature) values ('basic', 'f1'), ('pro', 'f1'), ('pro', 'f2'),
    ('max', 'f1'), ('max', 'f2');
insert into cs_health.plan_limit (plan_code, metric, limit_value)
values ('basic', 'seats', 10000), ('pro', 'seats', 20000), ('max', 'seats', 10000);
insert into cs_health.tenant (id, name, plan_code, signed_up_at)
select pg_temp.tenant(nr), 'Tenant ' || nr, case nr when 5 then 'max' when 6 then null else 'basic' end,
    now() - interval '300 days'
from generate_series(1, 6) as nr;
insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value)
select pg_temp.tenant(nr), 'seats', current_date - interval '12 hours', case nr when 2 then 8000 else 8001 end,
    case nr when 6 then 10000 end
from unnest(array[1, 2, 5, 6]) as nr;
insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature)
select pg_temp.tenant(3), 'u', current_date - interval '2 days', 'feature_denied', 'f2'
union all
select pg_temp.tenant(nr), 'u' || u, current_date - d + interval '1 hour', 'login', null
from generate_series(1, 6) as nr, generate_series(1, 12) as u, generate_series(1, 59) as d
where d <= 28 or nr <> 4 or u <= 6;

call cs_health.replay(current_date - 2, current_date - 2);
call cs_health.recalculate();

select plan((4 * (select count(*) from field) + (select sum(cardinality(words)) from field))::integer + 29);

-- as the API and the table have it
select is(
    (select format_type(a.atttypid, a.atttypmod) from pg_attribute as a
     where a.attrelid = 'cs_health_v1.expansion_signals'::regclass and a.attname = f.name and a.attnum = f.nr),
    f.shown_as, format('%s is shown as %s, at place %s', f.name, f.shown_as, f.nr))
from field as f order by f.nr;
select is(
    (select format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
     from pg_attribute as a where a.attrelid = 'cs_health.expansion_signal'::regclass and a.attname = f.name),
    f.shown_as || case when f.required then ' not null' else '' end,
    format('%s is %s', f.name, case when f.required then 'required' else 'optional' end))
from field as f order by f.nr;
select ok(exists (
    select from pg_description as d join pg_attribute as a on a.attrelid = d.objoid and a.attnum = d.objsubid
    where d.objoid = 'cs_health_v1.expansion_signals'::regclass and a.attname = f.name),
    f.name || ' is described') from field as f order by f.nr;
select ok(not f.required or (
    select bool_and(to_jsonb(s) -> f.name <> 'null') from cs_health_v1.expansion_signals as s),
    format('%s is %s in every row', f.name, case when f.required then 'there' else 'or is not' end))
from field as f order by f.nr;

-- what a night finds
select results_eq(
    'select tenant_id, signal_type, current_plan::text, recommended_plan::text, potential_arr, status
        from cs_health_v1.expansion_signals order by 1, 2',
    $$values (pg_temp.tenant(1), 'usage_limit', 'basic', 'pro', 1806.00, 'new'),
        (pg_temp.tenant(3), 'feature_request', 'basic', 'pro', 1806.00, 'new'),
        (pg_temp.tenant(4), 'user_growth', 'basic', 'pro', 1806.00, 'new'),
        (pg_temp.tenant(5), 'usage_limit', 'max', null, null, 'new')$$,
    'above 80 % of a limit, a feature that was denied, growth on two days; none at 80.0 % and none without a plan');
select is(s.signal_details - 'growth_per_day', jsonb_build_object('metric', 'seats', 'used', 8001, 'limit', 10000,
    'usage_ratio', 0.8001, 'as_of', current_date - 1, 'hit_on', null, 'hit_from', null, 'hit_until', null),
    'details of use')
from cs_health_v1.expansion_signals as s where s.tenant_id = pg_temp.tenant(1);
select is(s.signal_details, jsonb_build_object('features', jsonb_build_array(jsonb_build_object('feature', 'f2',
    'requested', 0, 'denied', 1, 'last_on', current_date - 2))), 'of what was denied')
from cs_health_v1.expansion_signals as s where s.tenant_id = pg_temp.tenant(3);
select is(s.signal_details, jsonb_build_object('mau', 12, 'mau_previous', 6, 'growth', 1, 'since', current_date - 2),
    'of growth') from cs_health_v1.expansion_signals as s where s.tenant_id = pg_temp.tenant(4);

-- every status can be reached, by the functions behind PUT /expansion-signals/{id}
create function pg_temp.reached(path text) returns text language plpgsql as $$
declare
    signal uuid;
    status text;
begin
    update cs_health.expansion_signal as e set changed_at = e.changed_at - interval '90 days' -- or it rests
    where e.tenant_id = pg_temp.tenant(2);
    signal := cs_health._record_signal(pg_temp.tenant(2), 'usage_limit');
    foreach status in array string_to_array(path, ' ') loop
        perform cs_health_v1.set_signal_status(signal, status,
            deferred_until => case status when 'deferred' then cs_health._today() + 1 end);
    end loop;
    return (select e.status from cs_health_v1.expansion_signals as e where e.id = signal);
end
$$;
select is(pg_temp.reached(v.path), regexp_replace(v.path, '.* ', ''), v.path)
from (values ('new'), ('contacted'), ('deferred'), ('won'), ('contacted lost')) as v(path);
select is(pg_temp.reached('deferred contacted won'), 'won', 'from deferred on to won');
-- every word of the specification is stored, no other
create function pg_temp.refusal(change jsonb) returns text language plpgsql as $$
begin
    insert into cs_health.expansion_signal
    select (jsonb_populate_record(null::cs_health.expansion_signal, jsonb_build_object('tenant_id', gen_random_uuid(),
        'id', gen_random_uuid(), 'signal_type', 'usage_limit', 'current_plan', 'basic', 'signal_details', '{}'::jsonb,
        'status', 'new', 'detected_at', now(), 'deferred_until', case change ->> 'status' when 'deferred'
            then date '2026-01-01' end) || change)).*;
    return 'stored';
exception when others then
    return sqlstate;
end
$$;
select is(pg_temp.refusal(jsonb_build_object(f.name, w.word)), 'stored', format('%s %s', f.name, w.word))
from field as f cross join lateral unnest(f.words) as w(word) order by f.nr, w.word;
select is(pg_temp.refusal(jsonb_build_object(f.name, w.word)), '23514', format('not %s "%s"', f.name, w.word))
from field as f cross join (values (''), ('New'), ('unknown')) as w(word)
where f.words is not null order by f.nr, w.word;
select is(pg_temp.refusal(c.change), c.expected, c.change::text)
from (values ('{"current_plan": null}'::jsonb, '23502'), ('{"signal_details": null}', '23502'),
    ('{"detected_at": null}', '23502'), ('{"potential_arr": -1}', '23514'),
    ('{"potential_arr": 99999999.99}', 'stored'),
    ('{"potential_arr": 1e8}', '22003'), ('{"status": "deferred", "deferred_until": null}', '23514'),
    ('{"deferred_until": "2026-01-01"}', '23514'), ('{"won_arr": 1}', '23514'),
    ('{"status": "won", "won_arr": -1}', '23514'), ('{"status": "won", "won_arr": 0}', 'stored'),
    ('{"motion": "resell"}', '23514'), ('{"held_reason": "other"}', '23514')) as c(change, expected);

select finish();
