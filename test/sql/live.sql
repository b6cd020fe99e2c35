-- today: live scores equal what is stored, and the nightly run takes over
\set SHOW_CONTEXT never
set client_min_messages = warning;
insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature)
select '00000000-0000-0000-0000-000000000001', 'user ' || u, now() - d * interval '1 day', 'feature', 'board'
from generate_series(1, 5) as u cross join generate_series(0, 20) as d;
call cs_health.fold_events();
call cs_health.recalculate();
create temporary table live as select h.* from cs_health.health_now('00000000-0000-0000-0000-000000000001') as h;
select as_of = (now() at time zone 'UTC')::date as today, folded_at is not null as told from live;
select count(*) as stored_by_health_now from cs_health.customer_health where provisional;
create temporary table stored as select h.* from cs_health.recalculate_tenant('00000000-0000-0000-0000-000000000001')
    as h;
select (select l from live as l)::text = (select s from stored as s)::text as answers_equal;
select h.overall_score = l.overall_score and h.engagement_score = l.engagement_score and h.adoption_score =
    l.adoption_score
    and h.satisfaction_score = l.satisfaction_score and h.support_score = l.support_score and h.growth_score =
        l.growth_score
    and h.category = l.category and h.trend = l.trend and h.measures = l.measures and h.history = l.history
    and h.coverage = l.coverage as row_equals
from cs_health.customer_health as h join live as l using (tenant_id, as_of) where h.provisional;
select count(*) as rows_of_the_tenant, bool_and(provisional) as of_today
from cs_health_v1.health_scores where tenant_id = '00000000-0000-0000-0000-000000000001';
select count(*) as tenants, count(distinct id) as ids from cs_health_v1.health_scores;
select cs_health.recalculate_tenant('00000000-0000-0000-0000-000000000001') is not null as again;
select cs_health.health_now('77777777-0000-0000-0000-000000000001');
select cs_health.schedule();
select cs_health.unschedule();
insert into cs_health.feedback (tenant_id, kind, score) values ('00000000-0000-0000-0000-000000000002', 'csat', 5);
select item, status from cs_health.doctor() order by item, status;
