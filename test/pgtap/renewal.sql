-- Renewals and what to expect of them, and contract value by category and component.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = warning;
select plan(36);
\ir include/scored_days.sql

create function public.overridden(tenant uuid, category text, reason text) returns void language sql as $$
    insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, expires_on, computed_category,
        computed_score)
    values (tenant, category, reason, 'ana@us.example', '2026-03-02 12:00+00', '2026-03-30', 'healthy', 85)
$$;
select set_config('cs_health.now', '2026-03-02 12:00+00', false);
update cs_health.settings set locale = 'en';
insert into cs_health.csm (email, name, locale) values ('ana@us.example', 'Ana', 'en'), ('leo@us.example', 'Leo', 'es');
insert into cs_health.tenant (id, name, csm, arr, contract_ends_on)
select public.t(i), 'Tenant ' || i, case when i % 2 = 0 then 'leo@us.example' else 'ana@us.example' end, 1000 * i, d
from (values
    (1, date '2026-03-02'), (2, '2026-04-01'), (3, '2026-04-02'), (4, '2026-05-01'), (5, '2026-05-02'),
    (6, '2026-05-31'), (7, '2026-06-01'), (8, '2026-08-29'),
    (9, '2026-08-30'), (10, '2026-03-01'), (11, null), (12, '2026-04-01'), (13, '2026-04-01'), (14, '2026-04-01'),
    (15, '2026-04-01'), (16, '2026-04-01')) as c(i, d);
update cs_health.tenant set arr = null where id = public.t(3);
update cs_health.tenant set status = 'trial' where id = public.t(12);
update cs_health.tenant set status = 'internal' where id = public.t(13);
update cs_health.tenant set status = 'churned', churned_on = '2026-02-20', churn_notice_on = '2026-02-01'
where id = public.t(14);
update cs_health.tenant set status = 'paused' where id = public.t(15);
update cs_health.tenant set churn_notice_on = '2026-02-01' where id in (public.t(2), public.t(16));
select public.scored(public.t(i), '2026-03-01', score => s, level => l, coverage => c)
from (values (1, 85, 'low', 1.0), (2, 85, 'low', 1), (3, 65, 'medium', 1), (4, 59, 'low', 1), (5, 30, 'medium', 1),
    (6, 85, 'high', 1), (7, 85, 'critical', 1), (8, 85, 'low', 0.4), (9, 85, 'low', 1), (10, 85, 'low', 1),
    (11, 85, 'low', 1), (12, 85, 'low', 1), (13, 85, 'low', 1), (14, 10, 'high', 1), (16, 10, 'high', 0.2))
    as v(i, s, l, c);
select public.ran('2026-03-01');

select results_eq(
    'select tenant_name, days_to_renewal, due_within, arr, forecast, reason from cs_health_v1.renewals
        order by contract_ends_on, length(tenant_name), tenant_name',
    $$values ('Tenant 1', 0, 30, 1000.00, 'commit', 'Health 85 (healthy), low risk of leaving'),
        ('Tenant 2', 30, 30, 2000.00, 'lost', 'Avisó de su baja el 1/2/2026'),
        ('Tenant 14', 30, 30, 14000.00, 'lost', 'Se marchó el 20/2/2026'),
        ('Tenant 15', 30, 30, 15000.00, 'at_risk', 'No data'),
        ('Tenant 16', 30, 30, 16000.00, 'lost', 'Avisó de su baja el 1/2/2026'),
        ('Tenant 3', 31, 60, null, 'commit', 'Health 65 (neutral), medium risk of leaving'),
        ('Tenant 4', 60, 60, 4000.00, 'at_risk', 'Salud 59 (categoría en riesgo), riesgo de abandono bajo'),
        ('Tenant 5', 61, 90, 5000.00, 'at_risk', 'Health 30 (critical), medium risk of leaving'),
        ('Tenant 6', 90, 90, 6000.00, 'at_risk', 'Salud 85 (categoría saludable), riesgo de abandono alto'),
        ('Tenant 7', 91, 180, 7000.00, 'at_risk', 'Health 85 (healthy), critical risk of leaving'),
        ('Tenant 8', 180, 180, 8000.00, 'at_risk', 'Sin datos')$$,
    'who renews when, what to expect and why, in the language of the CSM');
select results_eq(
    'select tenant_name, overall_score, category, trend, data_status, churn_probability is null, risk_level
        from cs_health_v1.renewals where tenant_name in (''Tenant 1'', ''Tenant 8'', ''Tenant 15'') order by arr',
    $$values ('Tenant 1', 85, 'healthy', 'stable', 'ok', false, 'low'),
        ('Tenant 8', 85, 'healthy', 'stable', 'no data', false, 'low'),
        ('Tenant 15', null, null, null, 'no data', true, null)$$, 'with health and risk');
select results_eq(
    'select * from cs_health_v1.renewal_forecast order by due_within, forecast',
    $$values (30, 'at_risk', 1::bigint, 15000.00, 0::bigint),
        (30, 'commit', 1, 1000.00, 0), (30, 'lost', 3, 32000.00, 0),
        (60, 'at_risk', 2, 19000.00, 0), (60, 'commit', 2, 1000.00, 1), (60, 'lost', 3, 32000.00, 0),
        (90, 'at_risk', 4, 30000.00, 0), (90, 'commit', 2, 1000.00, 1), (90, 'lost', 3, 32000.00, 0),
        (180, 'at_risk', 6, 45000.00, 0), (180, 'commit', 2, 1000.00, 1), (180, 'lost', 3, 32000.00, 0)$$,
    'periods contain the shorter ones; who has no known value is counted');

-- What people see is what counts: an override turns the forecast, and is data where there was none
select public.overridden(public.t(4), 'healthy', 'Signed already');
select public.overridden(public.t(1), 'critical', 'They told us');
select public.overridden(public.t(8), 'healthy', 'A call went well');
select results_eq(
    'select tenant_name, arr_at_risk, churn_probability_exact::real = (select h.churn_probability
            from cs_health.customer_health as h where h.tenant_id = r.tenant_id) from cs_health_v1.renewals as r
        where tenant_name in (''Tenant 1'', ''Tenant 3'', ''Tenant 15'', ''Tenant 16'') order by arr nulls first',
    $$select v.name, v.arr_at_risk, v.exact from (values ('Tenant 3', null, true),
        ('Tenant 1', (select round(1000 * h.churn_probability::double precision::numeric, 2)
            from cs_health.customer_health as h where h.tenant_id = public.t(1)), true),
        ('Tenant 15', null, null), ('Tenant 16', 16000.00, true)) as v(name, arr_at_risk, exact)$$,
    'what is at risk: by probability, all of it where they have given notice, unknown where a part is');
insert into cs_health.peer_group (as_of, segment, plan_code, tenants, lower_than)
select '2026-03-01', v.segment, v.plan, 1, array_fill(0, array[102])
from (values ('small', 'pro'), ('large', 'pro'), ('small', null), (null, 'pro')) as v(segment, plan);
select results_eq('select segment from cs_health_v1.segments order by segment', $$values ('large'), ('small')$$,
    'segments to choose from, each once');
delete from cs_health.peer_group;
select results_eq(
    'select tenant_name, forecast, category, data_status, reason from cs_health_v1.renewals
        where tenant_name in (''Tenant 1'', ''Tenant 4'', ''Tenant 8'') order by arr',
    $$values ('Tenant 1', 'at_risk', 'critical', 'ok', 'Health 85 (critical), low risk of leaving'),
        ('Tenant 4', 'commit', 'healthy', 'ok', 'Salud 59 (categoría saludable), riesgo de abandono bajo'),
        ('Tenant 8', 'commit', 'healthy', 'ok', 'Salud 85 (categoría saludable), riesgo de abandono bajo')$$,
    'an override is what counts while it lives');
select set_config('cs_health.now', '2026-03-31 00:00+00', false);
select is((select r.forecast from cs_health_v1.renewals as r where r.tenant_name = 'Tenant 4'), 'at_risk',
    'and no longer afterwards');
select is((select count(*) from cs_health_v1.renewals as r where r.tenant_name in ('Tenant 1', 'Tenant 9', 'Tenant 2')),
    2::bigint, 'days go by: one is over, one has come');
update cs_health.settings set time_zone = 'America/Los_Angeles';
select is((select r.days_to_renewal from cs_health_v1.renewals as r where r.tenant_name = 'Tenant 2'), 2,
    'days are those of the business');
update cs_health.settings set time_zone = 'UTC';
select is(cs_health._renewal_reason(null, null, true, null, 'healthy', null, 'en'), 'Health unknown (healthy)',
    'a customer that was never scored, by its override');
select is(cs_health._renewal_reason(null, null, true, null, 'at_risk', null, 'es'),
    'Salud desconocida (categoría en riesgo)', 'the same in Spanish');
select is(cs_health._renewal_reason(null, null, true, 37, 'critical', null, 'es'), 'Salud 37 (categoría crítica)',
    'a category is feminine');
select is(cs_health._renewal_reason('2026-01-05', null, true, 1, 'critical', 'low', 'en'), 'Left on 5 Jan 2026',
    'who left, in English');
select is(cs_health._renewal_reason(null, '2026-01-05', false, 1, 'critical', 'low', 'en'), 'Gave notice on 5 Jan 2026',
    'who gave notice, in English');
select throws_ok(format('update cs_health.tenant set %1$s = date %2$L where id = public.t(2)', c, '294277-01-01'),
    '23514', null, c || ': one day that nobody can write must not take the view from everybody')
from unnest(array['contract_ends_on', 'churn_notice_on']) as c;
select throws_ok($$update cs_health.tenant set status = 'churned', churned_on = '0999-12-31' where id = public.t(2)$$,
    '23514', null, 'nor a day too early');
delete from cs_health.customer_health;
select is((select count(*) from cs_health_v1.renewals as r where r.forecast = 'commit'), 0::bigint,
    'before anything is scored nothing is certain');
delete from cs_health.tenant where contract_ends_on is not null;
select is((select count(*) from cs_health_v1.renewal_forecast as r where r.customers = 0 and r.arr = 0), 12::bigint,
    'without contracts the forecast has all of its rows');

-- The costliest component is the first of score_reasons(), on any vector
select setseed(0.3);
create temp table vector as
select i, (select array_agg(case when random() < 0.2 then null else case m.code when 'csat' then 1 + 4 * r.high
        when 'review' then 1 + 4 * r.high when 'nps' then -100 + 200 * r.high when 'open_tickets' then floor(12 * r.low)
        else case m.unit when 'ratio' then r.high else floor(40 * r.high) end end end::real order by m.position)
    from cs_health.measure as m
    cross join lateral (
        select random() ^ (0.1 + 0 * (i + m.position)) as high, random() ^ (4 + 0 * (i + m.position)) as low
    ) as r) as measures
from generate_series(1, 2000) as i;
create temp table costly as
select v.i, c.code, cs_health._costliest_component(v.measures, c.document) as component,
    (select r.component from cs_health.score_reasons(cs_health.score_breakdown(v.measures, c.document)) as r
        where r.rank = 1) as expected,
    (select max(r.points_lost) = min(r.points_lost) filter (where r.rank = 2)
        from cs_health.score_reasons(cs_health.score_breakdown(v.measures, c.document)) as r where r.rank <= 2) as tied
from vector as v cross join cs_health.scorecard as c where c.version is not null;
select cmp_ok((select count(*) from costly), '>=', 2000::bigint, 'vectors and scorecards');
select is((select count(*) from costly as c where c.component is distinct from c.expected and c.tied is not true),
    0::bigint, 'the costliest component is what score_reasons() names first');
select cmp_ok((select count(distinct c.component) from costly as c), '=', 5::bigint, 'each component is it for some');
select cmp_ok((select count(*) from costly as c where c.tied), '<', (select count(*) / 10 from costly),
    'ties are rare');
select is(cs_health._costliest_component('{}', (select c.document from cs_health.scorecard as c where c.id = 1)), null,
    'nothing observed, nothing lost');
select is(cs_health._costliest_component(null, '{}'), null, 'null in, null out');
select throws_ok($$select cs_health._costliest_component('{NaN}',
    (select c.document from cs_health.scorecard as c where c.id = 1))$$, '22003', null, 'NaN is refused');
select throws_ok($$select cs_health._costliest_component('{1}', '{}')$$, '22023', null, 'no scorecard is refused');

-- Contract value
select set_config('cs_health.now', '2026-03-02 12:00+00', false);
delete from cs_health.tenant;
insert into cs_health.tenant (id, name, arr)
select public.t(i), 'Tenant ' || i, 1000 * i from generate_series(1, 9) as i;
update cs_health.tenant set arr = null where id = public.t(2);
update cs_health.tenant set status = 'paused' where id = public.t(3);
update cs_health.tenant set status = 'trial' where id = public.t(8);
update cs_health.tenant set status = 'churned', churned_on = '2026-02-20' where id = public.t(9);
select public.scored(public.t(i), '2026-03-01', score => s, coverage => c)
from (values (1, 30, 1.0), (2, 30, 1), (3, 30, 1), (4, 50, 1), (5, 85, 1), (6, 85, 0.4), (8, 30, 1), (9, 30, 1))
    as v(i, s, c);
select set_config('value.card', (select c.document::text from cs_health.scorecard as c where c.id = 1), false) is null;
select is(cs_health._costliest_component(public.vector(), current_setting('value.card')::jsonb), 'satisfaction',
    'a bad NPS costs most');
update cs_health.customer_health set measures = array_fill(null::real, array[40]) where tenant_id = public.t(5);
select results_eq('select * from cs_health_v1.value_at_risk order by category, component',
    $$values ('at_risk', 'satisfaction', 1::bigint, 4000.00, 0::bigint),
        ('critical', 'satisfaction', 3, 4000.00, 1), ('healthy', null, 1, 5000.00, 0),
        ('no data', null, 2, 13000.00, 0)$$,
    'value by category and costliest component; trials and who left do not count');
select public.overridden(public.t(4), 'healthy', 'Signed already');
select public.overridden(public.t(6), 'critical', 'They are about to leave');
select results_eq('select category, component, arr from cs_health_v1.value_at_risk order by category, component',
    $$values ('critical', 'satisfaction', 4000.00), ('critical', null, 6000.00), ('healthy', 'satisfaction', 4000.00),
        ('healthy', null, 5000.00), ('no data', null, 7000.00)$$, 'by the category that people see');
select is((select sum(v.arr) from cs_health_v1.value_at_risk as v),
    (select sum(t.arr) from cs_health.tenant as t where t.status in ('active', 'paused')), 'rows add up to all');

-- A customer with revenue: ARR is what the nightly run makes of it
delete from cs_health.customer_health;
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change)
values (public.t(1), '2026-01-10', 'new', 50);
update cs_health.tenant set contract_ends_on = '2026-03-20' where id = public.t(1);
select set_config('cs_health.now', '2026-03-02 12:00+00', false);
delete from cs_health.run;
call cs_health.recalculate();
select is((select r.arr from cs_health_v1.renewals as r), 600.00, 'the ARR of movements');
select cmp_ok((select count(*) from cs_health_v1.value_at_risk), '>', 0::bigint, 'after a real run, too');

-- Movements that cannot be must not stop the night: less than nothing is nothing, what does not fit is left alone
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change) values
    (public.t(1), '2026-02-10', 'churn', -80), (public.t(4), '2026-01-10', 'new', 9e10),
    (public.t(5), '2026-01-10', 'new', 9e10), (public.t(5), '2026-01-11', 'expansion', 9e10);
update cs_health.tenant set arr = case id when public.t(4) then 4 end where id in (public.t(4), public.t(5));
select set_config('cs_health.now', '2026-03-03 12:00+00', false);
call cs_health.recalculate();
select is((select r.phase from cs_health.run as r where r.as_of = '2026-03-02'), 'finished', 'the night ends');
select is((select string_agg(concat_ws(' ', right(t.id::text, 1), t.arr), ', ' order by t.id)
    from cs_health.tenant as t where t.id in (public.t(1), public.t(4), public.t(5))), '1 0.00, 4 4.00, 5',
    'with an ARR where there can be one');
select is((select h.measures[m.position] from cs_health.customer_health as h
    join cs_health.measure as m on m.code = 'arr' where h.tenant_id = public.t(1) and h.as_of = '2026-03-02'), 0::real,
    'as it is measured');
select * from finish();
