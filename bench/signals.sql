-- What expansion signals follow from: limits, use and demand. Every tenant is metered; one of forty is above 80 % of
-- its limit and has been measured every week, one of forty asks for a feature that its plan lacks.
set client_min_messages = warning;
update cs_health.plan set rank = 1, monthly_price = 100 where code = 'pro';
insert into cs_health.plan (code, name, kind, rank, monthly_price)
values ('max', 'Max', 'base', 2, 250), ('huge', 'Huge', 'base', 3, 900), ('more', 'More', 'add_on', 4, 40);
insert into cs_health.feature (code, name) values ('sso', 'Single sign-on');
insert into cs_health.plan_feature (plan_code, feature)
select p.code, f.feature from (values ('max'), ('huge')) as p(code)
cross join (select o.feature from cs_health.plan_feature as o union all values ('sso')) as f(feature);
insert into cs_health.plan_limit (plan_code, metric, limit_value)
values ('pro', 'seats', 1000), ('max', 'seats', 5000), ('huge', 'seats', 50000), ('more', 'seats', 500);
insert into cs_health.usage (tenant_id, metric, measured_at, used)
select md5('tenant ' || i)::uuid, 'seats', current_date - 7 * w - interval '12 hours',
    case when i % 40 = 0 then 850 + i % 100 - 5 * w else 400 + i % 300 end
from generate_series(1, :tenants) as i
cross join lateral generate_series(0, case when i % 40 = 0 then 12 else 0 end) as w
order by 1, 3;
insert into cs_health.feature_demand (tenant_id, feature, requested, denied, first_on, last_on)
select md5('tenant ' || i)::uuid, 'sso', 1, i % 3, current_date - 40, current_date - 2
from generate_series(10, :tenants, 40) as i;
analyze;
