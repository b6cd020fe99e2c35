-- Deterministic data: TENANTS tenants of 20 users over 60 days, each user active on two days of five.
\set ON_ERROR_STOP on
set client_min_messages = warning;
create extension cs_health;
call cs_health.install();
insert into cs_health.feature (code, name) select 'f' || i, 'Feature ' || i from generate_series(0, 9) as i;
insert into cs_health.plan (code, name) values ('pro', 'Pro');
insert into cs_health.plan_feature (plan_code, feature) select 'pro', code from cs_health.feature;
insert into cs_health.tenant (id, name, plan_code, signed_up_at)
select md5('tenant ' || i)::uuid, 'Tenant ' || i, 'pro', current_date - 400 from generate_series(1, :tenants) as i;
insert into cs_health.ticket (tenant_id, id, opened_at)
select md5('tenant ' || i)::uuid, 'ticket ' || k, current_date - 3 - k
from generate_series(1, :tenants) as i cross join generate_series(1, 3) as k where (i + k) % 4 = 0;
insert into cs_health.feedback (tenant_id, kind, score, user_id, answered_at)
select md5('tenant ' || i)::uuid, 'nps', (i * 7 + u) % 11, 'user ' || u, current_date - 20
from generate_series(1, :tenants) as i cross join generate_series(1, 3) as u where (i + u) % 3 = 0;
create schema bench;
create unlogged table bench.raw as
select md5('tenant ' || i)::uuid as tenant_id, 'user ' || u as user_id, current_date - d as day, 'f' || (i + u + d) %
    12 as feature
from generate_series(1, :tenants) as i cross join generate_series(1, 20) as u cross join generate_series(1, 60) as d
where hashint4(i * 7919 + u * 104729 + d * 1299709) % 5 in (0, 1);
create index on bench.raw (tenant_id, day, user_id, feature);
analyze;
