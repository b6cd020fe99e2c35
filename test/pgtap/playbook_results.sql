-- Playbooks and signals in figures, and who is found before a playbook is activated.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set time zone 'UTC';
set client_min_messages = error;
\ir include/playbook.sql
select plan(24);
delete from cs_health.cs_playbook where shipped;

insert into cs_health.csm (email, name, locale) values ('ana@us.test', 'Ana', 'es'), ('bob@us.test', 'Bob', 'en');
insert into cs_health.tenant (id, name, signed_up_at, arr, csm, holdout)
select pg_temp.uuid(n), 'Tenant ' || n, '2025-01-01', 1000 * n,
    case when n % 2 = 0 then 'ana@us.test' else 'bob@us.test' end, n = 12
from generate_series(1, 12) as n;
select pg_temp.put(n, m, case when n <= 6 or n = 12 then 30 else 80 end, d)
from generate_series(1, 12) as n, unnest(array['s', 'g']) as m, generate_series(0, 3) as d \g /dev/null
select pg_temp.playbook('low', '{"fact": "overall_score", "op": "<", "value": 50}', '{"status": "paused",
    "exit": {"fact": "overall_score", "op": ">=", "value": 60, "for_days": 3}}') as low \gset
select is(r.as_of, null, 'before any day is scored nobody can be found: the next run takes the baseline')
from cs_health_v1.preview_activation(:'low') as r;
select is(r.tenants, 0::bigint, 'which is told with no customer') from cs_health_v1.preview_activation(:'low') as r;
call pg_temp.night(0);
call pg_temp.night(1);

-- What a preview says is what activation does
select is(r.as_of, pg_temp.day(1), 'the latest scored day') from cs_health_v1.preview_activation(:'low') as r;
select is(r.tenants, 7::bigint, 'all that match, a hold-out too') from cs_health_v1.preview_activation(:'low') as r;
select is(r.arr, 33000.00, 'with their revenue') from cs_health_v1.preview_activation(:'low') as r;
select is(jsonb_array_length(r.largest), 7, 'and who they are') from cs_health_v1.preview_activation(:'low') as r;
select is(array(
        select e ->> 'tenant_name' from jsonb_array_elements(r.largest) with ordinality as e(e, nr) order by nr),
    array(
        select t.name from cs_health.tenant as t join cs_health.customer_health as h on h.tenant_id = t.id
        where h.as_of = pg_temp.day(1) and h.overall_score < 50
        order by t.arr * h.churn_probability::numeric desc nulls last, t.arr desc, t.id)::text[],
    'most revenue at risk first') from cs_health_v1.preview_activation(:'low') as r;
select is(pg_temp.standings('low'), null, 'to look changes nothing');
select is((select p.status from cs_health.cs_playbook as p where p.id = :'low'), 'paused', 'nor does it activate');
create temp table seen as select * from cs_health_v1.preview_activation(:'low');
create temp table done as select * from cs_health_v1.activate_playbook(:'low');
select is((select row(d.as_of, d.tenants, d.arr, d.arr_at_risk)::text from done as d),
    (select row(s.as_of, s.tenants, s.arr, s.arr_at_risk)::text from seen as s), 'activate_playbook() finds the same');
select throws_ok('select * from cs_health_v1.preview_activation(gen_random_uuid())', 'PT404', 'unknown playbook',
    'of no playbook nothing');

-- What became of executions
select is((select r.reached_share from cs_health_v1.playbook_results as r where r.playbook_id = :'low'), null,
    'no share while nothing has ended');
select cs_health.execute_playbook(:'low', pg_temp.uuid(n)) from generate_series(1, 9) as n \g /dev/null
create function pg_temp.of(i integer) returns uuid language sql stable as
    $$ select e.id from cs_health.playbook_execution as e where e.tenant_id = pg_temp.uuid(i) $$;
update cs_health.playbook_execution set status = 'finished', outcome = 'all steps are over', ended_at = cs_health._now()
where tenant_id in (pg_temp.uuid(1), pg_temp.uuid(2));
update cs_health.playbook_execution set status = 'exited', outcome = 'goal reached', ended_at = cs_health._now()
where tenant_id = pg_temp.uuid(3);
update cs_health.playbook_execution
set status = 'exited', outcome = 'no longer called for', ended_at = cs_health._now()
where tenant_id = pg_temp.uuid(4);
select cs_health.resolve_execution(pg_temp.of(5), 'they signed'), cs_health.cancel_execution(pg_temp.of(6)),
    cs_health.pause_execution(pg_temp.of(7)) \g /dev/null
select is((select row(r.waiting, r.running, r.paused, r.finished, r.reached, r.left_early, r.cancelled,
    r.observed)::text from cs_health_v1.playbook_results as r where r.playbook_id = :'low'),
    '(0,2,1,2,2,1,1,0)',
    'each execution counts once; settled by hand counts as reached');
select is((select r.reached_share from cs_health_v1.playbook_results as r where r.playbook_id = :'low'), 0.4000,
    'two of the five that ended by themselves or were settled');
select is((select r.trigger_text from cs_health_v1.playbook_results as r where r.playbook_id = :'low'),
    'overall score below 50', 'the trigger in words');
select is((select r.exit_text from cs_health_v1.playbook_results as r where r.playbook_id = :'low'),
    'overall score at least 60 for 3 days', 'and its end');
select is((select r.audience_text from cs_health_v1.playbook_results as r where r.playbook_id = :'low'), null,
    'nothing where it is for everybody');
select is((select r.step_texts from cs_health_v1.playbook_results as r where r.playbook_id = :'low'),
    array[null, null, null]::text[], 'steps without a condition');
select set_config('request.jwt.claims', '{"email": "ana@us.test"}', false) \g /dev/null
select is((select r.trigger_text from cs_health_v1.playbook_results as r where r.playbook_id = :'low'),
    'la puntuación global es inferior a 50', 'in the language of whoever asks');
select set_config('request.jwt.claims', '', false) \g /dev/null

-- The pipeline
insert into cs_health.plan (code, name, rank) values ('start', 'Start', 1), ('team', 'Team', 2);
update cs_health.tenant set plan_code = 'start';
insert into cs_health.expansion_signal (tenant_id, signal_type, current_plan, recommended_plan, motion, potential_arr,
    signal_details, held_reason, detected_at, status, ceased_on, won_arr, deferred_until)
values
    (pg_temp.uuid(1), 'usage_limit', 'start', 'team', 'upsell', 500, '{}', null, now(), 'new', null, null, null),
    (pg_temp.uuid(2), 'usage_limit', 'start', 'team', 'upsell', 700, '{}', 'at_risk', now(), 'new', null, null, null),
    (pg_temp.uuid(3), 'user_growth', 'start', null, null, null, '{}', null, now(), 'contacted', null, null, null),
    (pg_temp.uuid(4), 'usage_limit', 'start', 'team', 'upsell', 900, '{}', null, now(), 'new', '2026-03-01', null,
        null),
    (pg_temp.uuid(5), 'usage_limit', 'start', 'team', 'upsell', 100, '{}', null, now(), 'won', null, 120, null);
create function pg_temp.pipeline(variadic text[] default '{null,null,null}') returns text language sql stable as $$
    select string_agg(concat_ws(' ', s.status, s.signals, s.held, s.potential_arr, s.won_arr), ', ')
    from cs_health_v1.signal_pipeline($1[1], $1[2], $1[3]) as s
$$;
select is(pg_temp.pipeline(null, null, null), 'new 2 1 1200.00 0, contacted 1 0 0 0, deferred 0 0 0 0, '
    'won 1 0 100.00 120.00, lost 0 0 0 0', 'a row for each status; one whose cause has ceased is left out');
select is(pg_temp.pipeline('user_growth', null, null), 'new 0 0 0 0, contacted 1 0 0 0, deferred 0 0 0 0, won 0 0 0 0, '
    'lost 0 0 0 0', 'one type');
select is(pg_temp.pipeline(null, 'upsell', null), 'new 2 1 1200.00 0, contacted 0 0 0 0, deferred 0 0 0 0, '
    'won 1 0 100.00 120.00, lost 0 0 0 0', 'one motion');
select is(pg_temp.pipeline(null, null, 'ana@us.test'), 'new 1 1 700.00 0, contacted 0 0 0 0, deferred 0 0 0 0, '
    'won 0 0 0 0, lost 0 0 0 0', 'the customers of one colleague');
select is((select sum(s.signals) from cs_health_v1.signal_pipeline('nothing') as s), 0::numeric,
    'of a type that there is not, zeros');

select * from finish();
