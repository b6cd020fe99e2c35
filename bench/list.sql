-- :tenants tenants with scores of two days among the partitions of three years, overrides and provisional rows; three
-- CSMs have 2,000 tenants each, twenty have 20, the others 200. Rows lie as runs leave them, in the order of tenants.
\set ON_ERROR_STOP on
set client_min_messages = warning;
create extension cs_health;
call cs_health.install();
call cs_health.install_roles();
create schema bench;
create function bench.csm(i integer) returns text language sql immutable as $$
    select case when i <= 6000 then 'many' || i % 3 when i <= 6400 then 'few' || i % 20 else 'csm' || i / 200 end
        || '@example.com'
$$;
create function bench.noise(i integer, k integer) returns integer language sql immutable as $$
    select (hashint8(i::bigint * 7919 + k * 104729) & 2147483647) % 101
$$;
select cs_health._ensure_partition((date_trunc('month', now()) - make_interval(months => m))::date)
from generate_series(-1, 36) as m \g /dev/null
insert into cs_health.csm (email, name)
select bench.csm(i), bench.csm(i) from generate_series(1, :tenants) as i group by 1;
insert into cs_health.plan (code, name) values ('pro', 'Pro'), ('team', 'Team');
insert into cs_health.tenant (id, name, plan_code, segment, csm, signed_up_at, contract_ends_on, arr)
select md5('tenant ' || i)::uuid, 'Tenant ' || i, (array['pro', 'team'])[1 + i % 2],
    (array['smb', 'mid', 'large'])[1 + i % 3],
    bench.csm(i), current_date - 400, current_date + 1 + i % 365, 1200 + i % 50000
from generate_series(1, :tenants) as i order by 1;
insert into cs_health.customer_health
select t.id, current_date - d, s.score, bench.noise(n, 4), bench.noise(n, 5), bench.noise(n, 6), bench.noise(n, 7),
    bench.noise(n, 8), false, case when s.score >= 80 then 'healthy' when s.score >= 60 then 'neutral'
        when s.score >= 40 then 'at_risk' else 'critical' end,
    (array['improving', 'stable', 'declining'])[1 + n % 3], 1, 0.5 + n % 50 / 100.0, n % 1000 / 1000.0, 1, now(),
    array_fill((n % 1000)::real, array[40]), decode(repeat(to_hex(64 + n % 36), 30), 'hex')
from (select t.id, substr(t.name, 8)::integer as n from cs_health.tenant as t order by t.id) as t
cross join generate_series(2, 1, -1) as d
cross join lateral (
    select (bench.noise(n + d, 1) + bench.noise(n, 2) + bench.noise(n, 3)) / 3 as score
) as s
order by d desc, t.id;
insert into cs_health.run (as_of, scorecard_rules, batches, total, started_at, resumed_at, finished_at, phase, rescore)
select current_date - d, '[]', 0, 0, now(), now(), now(), 'finished', false from generate_series(1, 2) as d;
-- one of 200 has an override, one of 10,000 was scored again today, one of 100 had an override once
insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, expires_on, ended_at)
select md5('tenant ' || i)::uuid, (array['healthy', 'neutral', 'at_risk', 'critical'])[1 + i / 200 % 4], 'Said so',
    bench.csm(i), now() - interval '3 days', current_date + 30, case when i % 200 > 0 then now() end
from generate_series(1, :tenants) as i where i % 200 = 0 or i % 100 = 7;
insert into cs_health.customer_health
select h.tenant_id, current_date, h.overall_score, h.engagement_score, h.adoption_score, h.satisfaction_score,
    h.support_score, h.growth_score, true, h.category, h.trend, h.scorecard_id, h.coverage, h.churn_probability,
    h.churn_model_id, now(), h.measures, h.history
from generate_series(10000, :tenants, 10000) as i
join cs_health.customer_health as h on h.tenant_id = md5('tenant ' || i)::uuid and h.as_of = current_date - 1;
select cs_health._show_health() \g /dev/null
vacuum analyze;

-- The peer: what the list asks for, as the columns of a plain table in the order of its key
create table bench.page as
select h.tenant_id, h.tenant_name, h.tenant_status, h.plan_code, h.segment, h.csm, h.arr, h.contract_ends_on,
    h.overall_score, h.engagement_score, h.adoption_score, h.satisfaction_score, h.support_score, h.growth_score,
    h.category, h.computed_category, h.override_category, h.override_by, h.override_expires_on, h.trend, h.coverage,
    h.data_status, h.churn_probability, h.as_of, h.calculated_at, h.provisional
from cs_health_v1.health_scores as h order by h.tenant_id;
alter table bench.page add primary key (tenant_id);
grant usage on schema bench to cs_health_csm, cs_health_csm_all;
grant select on bench.page to cs_health_csm, cs_health_csm_all;
vacuum analyze bench.page;
checkpoint;
