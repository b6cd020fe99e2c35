-- Deterministic data: :tenants tenants of 20 users over 60 days, each user active on two days of five. Activity is a
-- function, so that it can be written as raw rows, as events or, at sizes whose raw rows would fill the disk, as packs.
\set ON_ERROR_STOP on
set client_min_messages = warning;
create extension cs_health;
call cs_health.install();
create schema bench;

insert into cs_health.feature (code, name) select 'f' || i, 'Feature ' || i from generate_series(0, 9) as i;
insert into cs_health.plan (code, name) values ('pro', 'Pro');
insert into cs_health.plan_feature (plan_code, feature) select 'pro', code from cs_health.feature;
insert into cs_health.tenant (id, name, plan_code, signed_up_at, contract_ends_on, arr)
select md5('tenant ' || i)::uuid, 'Tenant ' || i, 'pro', current_date - 400, current_date + 1 + i % 365,
    1200 + i % 50000
from generate_series(1, :tenants) as i
order by 1;
insert into cs_health.ticket (tenant_id, id, opened_at)
select md5('tenant ' || i)::uuid, 'ticket ' || k, current_date - 3 - k
from generate_series(1, :tenants) as i cross join generate_series(1, 3) as k where (i + k) % 4 = 0;
insert into cs_health.feedback (tenant_id, kind, score, user_id, answered_at)
select md5('tenant ' || i)::uuid, 'nps', (i * 7 + u) % 11, 'user ' || u, current_date - 20
from generate_series(1, :tenants) as i cross join generate_series(1, 3) as u where (i + u) % 3 = 0;

-- Who did what, from so many days ago until so many days ago
create function bench.activity(first_tenant integer, last_tenant integer, oldest integer, youngest integer)
returns table (tenant_id uuid, user_id text, day date, feature text) language sql stable as $$
    select t.id, 'user ' || u, current_date - d, 'f' || (i + u + d) % 12
    from generate_series(first_tenant, last_tenant) as i
    cross join lateral (select md5('tenant ' || i)::uuid as id) as t
    cross join generate_series(youngest, oldest) as d
    cross join generate_series(1, 20) as u
    where (hashint8(i::bigint * 7919 + u * 104729 + d * 1299709) & 2147483647) % 5 < 2
$$;
analyze;
