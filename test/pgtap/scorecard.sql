-- Scorecards in use: rules, drafts, versions, rollback; what a preview and a trial say against brute force; intervals
-- and peers. The calls that score commit, so this file is not one transaction.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set time zone 'UTC';
set client_min_messages = error;

create function pg_temp.uuid(n integer) returns uuid language sql immutable return
    lpad(to_hex(n), 32, '0')::uuid;
-- `spec` with another code and all the weight on one component
create function pg_temp.card(code text, component text) returns jsonb language sql as $$
    select jsonb_set(jsonb_set(d.document, '{code}', to_jsonb(card.code)), '{components}', (
        select jsonb_object_agg(c.key, jsonb_set(c.value, '{weight}', to_jsonb((c.key = component)::integer)))
        from jsonb_each(d.document -> 'components') as c))
    from (select cs_health._spec_scorecard() as document) as d
$$;
create function pg_temp.cards(on_day date) returns text language sql as $$
    select string_agg(format('%s %s %s', right(h.tenant_id::text, 1), c.code, c.version), ', ' order by h.tenant_id)
    from cs_health.customer_health as h join cs_health.scorecard as c on c.id = h.scorecard_id
    where h.as_of = on_day and h.tenant_id <= pg_temp.uuid(6)
$$;
select plan(42);

-- Intervals
select is(cs_health.score_interval('{}', cs_health._spec_scorecard()), array[0, 100], 'nothing known, all possible');
with v as (
    select array[null, null, 10, null, null, null, .4, null, null, null, null, null, null, null, .5]::real[] as measures
)
select is(cs_health.score_text((cs_health.score(v.measures, cs_health._spec_scorecard())).overall_score,
    cs_health.score_interval(v.measures, cs_health._spec_scorecard())), '53 (35-70)',
    'engagement 40, adoption 50, growth 100 by mau: 3450 / 65; the rest at 0: 3450 / 100, at 100: 6950 / 100') from v;
select is((cs_health.score(array[0.7]::real[] || array_fill(null::real, array[5]) || array[0.5]::real[],
    jsonb_set(cs_health._spec_scorecard(), '{components,engagement,measures,0,only_if}',
        '{"measure": "dau", "at_least": 0.7}'))).engagement_score, 50, 'a bound is reached as the value is stored');
select is((cs_health.score(array[0.69]::real[] || array_fill(null::real, array[5]) || array[0.4]::real[],
    jsonb_set(cs_health._spec_scorecard(), '{components,engagement,measures,0,only_if}',
        '{"measure": "dau", "at_least": 0.7}'))).coverage, 0::real, 'and not below it');
select is(cs_health.score_text(71, array[71, 71]), '71', 'no interval when all is known');

-- Forty customers of thirty days, the n-th with n % 5 + 1 users of whom one comes each day
insert into cs_health.plan (code, name) values ('basic', 'Basic'), ('pro', 'Pro');
insert into cs_health.feature (code, name) values ('a', 'A'), ('b', 'B'), ('c', 'C');
insert into cs_health.plan_feature (plan_code, feature)
values ('basic', 'a'), ('basic', 'b'), ('pro', 'a'), ('pro', 'c');
insert into cs_health.tenant (id, name, plan_code, segment, signed_up_at, status, churned_on, churn_notice_on)
select pg_temp.uuid(n), 'Tenant ' || n, (array['basic', 'pro'])[1 + n % 2],
    case when n > 6 then 'many' else (array['small', 'large', null])[1 + n % 3] end, current_date - 400,
    case when n % 8 = 0 then 'churned' else 'active' end,
    case when n % 8 = 0 then current_date - 30 - n end, case when n = 16 then current_date - 60 end
from generate_series(1, 40) as n;
insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature)
select pg_temp.uuid(n), 'user ' || (d % (n % 5 + 1)), current_date - d, 'feature',
    (array['a', 'b', 'c'])[1 + d % (n % 3 + 1)]
from generate_series(1, 40) as n, generate_series(1, 90 - n / 2) as d
where n % 8 <> 0 or d >= 30 + n;
select is(cs_health._scorecard_rules(), '[{"segment": null, "plan_code": null, "id": 1}]', 'one rule for everybody');

select cs_health.save_scorecard(pg_temp.card(component, component)) > 0, cs_health.publish_scorecard(component)
from unnest(array['engagement', 'adoption', 'growth']) as c(component) \g /dev/null
select cs_health.use_scorecard('engagement', segment => 'small'),
    cs_health.use_scorecard('adoption', plan_code => 'pro'),
    cs_health.use_scorecard('growth', segment => 'large', plan_code => 'pro') \g /dev/null
call cs_health.replay(current_date - 85, current_date - 31);
-- tenants 1 to 6: (pro, large), (basic, -), (pro, small), (basic, large), (pro, -), (basic, small)
select is(pg_temp.cards(current_date - 31),
    '1 growth 1, 2 spec 1, 3 adoption 1, 4 spec 1, 5 adoption 1, 6 engagement 1',
    'segment and plan go before plan, plan before segment, segment before all others');
select is((select count(*) from cs_health.customer_health as h join cs_health.scorecard as c on c.id = h.scorecard_id
    cross join lateral cs_health.score(h.measures, c.document) as s
    where (h.overall_score, h.category, h.coverage) is distinct from (s.overall_score, s.category, s.coverage)),
    0::bigint, 'every row says which scorecard it is scored with');
select is((select string_agg(c.code, ',' order by t.id) from cs_health.tenant as t
    cross join lateral cs_health.health_now(t.id) as h join cs_health.scorecard as c on c.id = h.scorecard_id
    where t.id <= pg_temp.uuid(6)), 'growth,spec,adoption,spec,adoption,engagement',
    'live scores go by the same rules');

-- Drafts, versions, rollback
select isnt(cs_health.save_scorecard(pg_temp.card('adoption', 'engagement')), null, 'a draft');
select is(cs_health.scorecard_document('adoption') #>> '{components,adoption,weight}', '0', 'is looked at first');
call cs_health.recalculate(current_date - 30);
select matches(pg_temp.cards(current_date - 30), '3 adoption 1', 'nothing is scored with it');
select is(cs_health.save_scorecard(pg_temp.card('adoption', 'support')) > 0
    and (select count(*) = 1 from cs_health.scorecard where code = 'adoption' and version is null), true,
    'the next draft takes its place');
select is(cs_health.publish_scorecard('adoption'), 2, 'published as version 2');
select throws_ok($$select cs_health.publish_scorecard('adoption')$$, '42704', null, 'once');
call cs_health.recalculate(current_date - 29);
select is(pg_temp.cards(current_date - 29),
    '1 growth 1, 2 spec 1, 3 adoption 2, 4 spec 1, 5 adoption 2, 6 engagement 1', 'who used the code uses it');
select is((select count(*) from cs_health.customer_health as h
    cross join lateral (
        select string_agg(lpad(to_hex(
            case when (s.health).coverage < 0.5 then 255 else (s.health).overall_score end), 2, '0'),
            '' order by s.as_of) as ring
        from (select p.as_of, cs_health.score(p.measures, c.document) as health
            from cs_health.customer_health as p, cs_health.scorecard as c
            where p.tenant_id = h.tenant_id and p.as_of > h.as_of - 30 and p.as_of <= h.as_of and c.id = h.scorecard_id
            offset 0) as s) as expected
    where h.as_of = current_date - 29 and encode(h.history, 'hex') <> expected.ring), 0::bigint,
    'the change is no trend: every ring is scored again');
select is(cs_health.rollback_scorecard('adoption'), 1, 'rolled back');
call cs_health.recalculate(current_date - 28);
select matches(pg_temp.cards(current_date - 28), '3 adoption 1', 'version 1 scores again');
select throws_ok($$select cs_health.rollback_scorecard('adoption')$$, '42704',
    'scorecard "adoption" was not in use before version 1', 'there is nothing before it');
select is(cs_health.stop_scorecard('large', 'pro'), true, 'a rule is taken away');
select is(cs_health.stop_scorecard('large', 'pro'), false, 'once');
call cs_health.recalculate(current_date - 27);
select matches(pg_temp.cards(current_date - 27), '1 adoption 1', 'and the next wider one counts');
select is((select string_agg(concat_ws(' ', m.action, coalesce(m.segment, '-'), coalesce(m.plan_code, '-'),
        coalesce(m.scorecard, '-'), m.version, coalesce(m.previous_scorecard, '-'), m.previous_version), ', '
        order by m.id)
    from cs_health_v1.scorecard_marks as m),
    'use - - spec 1 -, use small - engagement 1 -, use - pro adoption 1 -, use large pro growth 1 -, '
    'publish - pro adoption 2 adoption 1, rollback - pro adoption 1 adoption 2, stop large pro - growth 1',
    'every change is marked');
select throws_ok($$update cs_health.scorecard set code = 'x'$$, '23514', null, 'a code is its document''s');
set client_min_messages = warning;
select lives_ok($$select cs_health.save_scorecard(jsonb_set(pg_temp.card('low', 'engagement'),
    '{components,engagement,measures,0,curve}', '[[0, 0]]')), cs_health.publish_scorecard('low')$$,
    'a scorecard of zeros');
set client_min_messages = error;
select is((select cs_health._share_below_60(cs_health.scorecard_document('low'))), 1::double precision,
    'under which everybody is below 60');

-- A preview over history against brute force
create temp table judged as
select h.scorecard_id, h.tenant_id, h.as_of, case when h.coverage >= 0.5 then h.overall_score end as before,
    case when (h.health).coverage >= 0.5 then (h.health).overall_score end as after,
    case when t.churn_notice_on <= h.as_of or t.churned_on <= h.as_of or h.as_of + 25 >= current_date then null
        else coalesce(t.churned_on <= h.as_of + 25, false) end as leaves
from (select h.*, cs_health.score(h.measures, cs_health._b2b_scorecard()) as health
    from cs_health.customer_health as h where h.as_of between current_date - 80 and current_date - 30 offset 0) as h
join cs_health.tenant as t on t.id = h.tenant_id;
create temp table preview as
select * from cs_health.scorecard_preview(cs_health._b2b_scorecard(), current_date - 80, current_date - 30, 25);
create function pg_temp.brute_auc(side text) returns double precision language sql as $$
    select avg(case when a.score < b.score then 1 when a.score = b.score then 0.5 else 0 end)::double precision
    from (select case side when 'before' then before else after end as score, leaves from judged) as a
    join (select case side when 'before' then before else after end as score, leaves from judged) as b
        on a.leaves and not b.leaves and a.score is not null and b.score is not null
$$;
select ok((select count(*) filter (where leaves) > 50 and count(*) filter (where not leaves) > 500
    and count(distinct before) > 10 and count(distinct after) > 10 from judged), 'there is something to judge');
select results_eq($$select item, before::bigint, after::bigint from preview where section = 'category' order by item$$,
    $$select c.category,
        (select count(*) from judged where coalesce(cs_health.health_category(before), 'no data') = c.category),
        (select count(*) from judged where coalesce(cs_health.health_category(after), 'no data') = c.category)
    from unnest(array['healthy', 'neutral', 'at_risk', 'critical', 'no data']) as c(category) order by 1$$,
    'categories before and after');
select results_eq($$select item, after::bigint from preview where section = 'migration' order by item$$,
    $$select format('%s to %s', coalesce(cs_health.health_category(before), 'no data'),
        coalesce(cs_health.health_category(after), 'no data')) as item, count(*)
    from judged
    where cs_health.health_category(before) is distinct from cs_health.health_category(after)
    group by 1 order by 1$$, 'who changes category');
select is((select array[before, after] from preview where item = 'auc'),
    array[round(pg_temp.brute_auc('before')::numeric, 3), round(pg_temp.brute_auc('after')::numeric, 3)],
    'AUC, pair by pair');
select is((select array[before, after] from preview where item = 'mean'),
    (select array[round(avg(before), 1), round(avg(after), 1)] from judged), 'mean');
select is((select array[before, after] from preview where item = 'median'),
    (select array[percentile_disc(0.5) within group (order by before)::numeric,
        percentile_disc(0.5) within group (order by after)::numeric] from judged), 'median');
select is((select array[before, after] from preview where item = 'left_tenants'),
    (select array[count(distinct tenant_id)::numeric, count(distinct tenant_id)]
    from judged join cs_health.tenant as t on t.id = tenant_id
    where t.churned_on between current_date - 80 and current_date - 30), 'who left');

-- Ten cases, two of them leave: the lowest tenth is one case, and it leaves: 1 of 1 against 2 of 10
select is((select k.bottom_decile_lift from cs_health._ranking_quality('{10, 20, 30}', '{1, 0, 1}', '{0, 4, 4}') as k),
    5::double precision, 'lift of the lowest tenth');
select is((select k.bottom_decile_lift from cs_health._ranking_quality('{10, 30}', '{1, 1}', '{3, 5}') as k),
    1.25::double precision,
    'a score on the border counts in proportion: 1/4 of a case of 1, against 1/5');
select is((select k.auc from cs_health._ranking_quality('{10, 20, 30}', '{1, 0, 1}', '{0, 4, 4}') as k),
    (8 + 0 + 2) / 16.0::double precision, 'AUC: the first beats all 8, the second ties with 4');
select is((select k.auc from cs_health._ranking_quality('{10, 20}', '{0, 0}', '{1, 4}') as k), null,
    'nobody left, no AUC');
select results_eq($$select s.scorecard, s.version, s.tenant_days, s.judged_days, s.leaving_days
    from cs_health.score_trial(current_date - 80, current_date - 30, 25) as s$$,
    $$select c.code, c.version, count(*) filter (where before is not null),
        count(leaves) filter (where before is not null), count(*) filter (where leaves and before is not null)
    from judged join cs_health.scorecard as c on c.id = scorecard_id group by 1, 2 order by 1, 2$$,
    'a trial, by scorecard');
-- The lead time of those that left, from the last day on which they were not below 60
select results_eq($$select l.tenant_id, l.last_score, l.lead_days
    from cs_health._trial_leavers(current_date - 80, current_date - 30, null) as l order by 1$$,
    $$select t.id, (select j.before::integer from judged as j
            where j.tenant_id = t.id and j.before is not null order by j.as_of desc limit 1),
        case when (select j.before from judged as j where j.tenant_id = t.id and j.before is not null
            order by j.as_of desc limit 1) < 60 then t.churned_on - 1 - coalesce(
                (select max(j.as_of) from judged as j where j.tenant_id = t.id and j.before >= 60),
                (select min(j.as_of) - 1 from judged as j where j.tenant_id = t.id and j.before is not null)) end
    from cs_health.tenant as t
    where t.churned_on between current_date - 80 and current_date - 30
        and exists (select from judged as j where j.tenant_id = t.id and j.before is not null) order by 1$$,
    'since when those that left had been low');

-- Peers
call cs_health.recalculate();
select results_eq($$select p.segment, p.plan_code, p.tenants from cs_health.peer_group as p order by 1, 2$$,
    $$select t.segment, t.plan_code, count(*)::integer from cs_health.tenant as t where t.status = 'active'
    group by 1, 2 having count(*) > 10 order by 1, 2$$, 'peers are the active tenants of a segment and plan');
select results_eq($$select right(h.tenant_id::text, 2),
        round(cs_health._peer_percentile(p.lower_than, h.overall_score::integer)::numeric, 6)
    from cs_health.customer_health as h join cs_health.tenant as t on t.id = h.tenant_id and t.status = 'active'
    left join cs_health.peer_group as p on p.segment is not distinct from t.segment and p.plan_code = t.plan_code
    where h.as_of = current_date - 1 order by h.tenant_id$$,
    $$select right(h.tenant_id::text, 2), (select round(100 * avg(case when o.overall_score < h.overall_score then 1
            when o.overall_score = h.overall_score then 0.5 else 0 end), 6)
        from cs_health.customer_health as o join cs_health.tenant as u on u.id = o.tenant_id and u.status = 'active'
        where o.as_of = h.as_of and o.tenant_id <> h.tenant_id and u.segment is not distinct from t.segment
            and u.plan_code = t.plan_code having count(*) >= 10)
    from cs_health.customer_health as h join cs_health.tenant as t on t.id = h.tenant_id and t.status = 'active'
    where h.as_of = current_date - 1 order by h.tenant_id$$, 'the percentile, peer by peer; fewer than ten: none');

select * from finish();
