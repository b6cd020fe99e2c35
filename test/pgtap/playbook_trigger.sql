-- Playbooks in the nightly run: who enters, who does not and why, what ends, and which days start nothing. Runs commit,
-- so this file is not one transaction.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set time zone 'UTC';
set client_min_messages = error;
\ir include/playbook.sql
select plan(80);

insert into cs_health.channel (code, kind, secret) values ('hook', 'webhook', 'hook');
insert into cs_health.tenant (id, name, signed_up_at, arr)
select pg_temp.uuid(n), 'Tenant ' || n, '2025-01-01', 1000 * n from generate_series(1, 30) as n;
select pg_temp.put(n, 's', 80, 0), pg_temp.put(n, 'g', 80, 0) from generate_series(1, 30) as n \g /dev/null
select pg_temp.put(1, 's', 40, 0) \g /dev/null
\set below_60 '{"fact": "overall_score", "op": "<", "value": 60}'
select pg_temp.playbook('low', :'below_60',
    '{"exit": {"fact": "overall_score", "op": ">=", "value": 65, "for_days": 3}}') as low \gset

-- Baseline, and who enters
call pg_temp.night(0);
select is(pg_temp.standings('low'), 'baseline 1', 'who matches when a playbook is first watched is its baseline');
select is(pg_temp.executions('low'), null, 'and does not enter');
select is((select (w.since, w.trigger_conditions)::text from cs_health.playbook_watch as w),
    (pg_temp.day(0), :'below_60'::jsonb)::text, 'what is watched for is noted');
select pg_temp.put(2, 's', 40, 1), pg_temp.put(3, 's', 40, 1) \g /dev/null
call pg_temp.night(1);
select is(pg_temp.standings('low'), 'baseline 1, enrolled 2 3', 'those that begin to match enter');
select is(pg_temp.executions('low'), 'running 2 3', 'and run at once when the playbook may');
select is((select array_agg((e.created_by, e.started_on, e.triggered_as_of, e.playbook_name)::text)
    from cs_health.playbook_execution as e where e.tenant_id = pg_temp.uuid(2)),
    array['(engine,2026-03-04,2026-03-03,low)'], 'day 0 is the day they enter, not the scored one');
select is((select e.trigger from cs_health.playbook_execution as e where e.tenant_id = pg_temp.uuid(2)),
    '[{"fact": "overall_score", "op": "<", "value": 60, "actual": 44, "for_days": 1}]', 'with what held');
select is((select string_agg(format('%s %s %s', s.step_no, s.action, s.due_at), ', ' order by s.step_no)
    from cs_health.playbook_step as s where s.tenant_id = pg_temp.uuid(2) and s.due_at = s.planned_at
        and s.status = 'pending'),
    '1 tell_csm 2026-03-04 09:00:00+00, 2 write 2026-03-07 09:00:00+00, 3 call 2026-03-11 09:00:00+00',
    'steps are due when the hours open on their day');
select is((select string_agg(h.actor || ' ' || h.action, ',') from cs_health.playbook_history as h
    where h.tenant_id = pg_temp.uuid(2)), 'engine started', 'and history says so');
select is((select jsonb_agg(o.payload -> 'data' -> 'playbook' order by o.tenant_id) from cs_health.outbox as o
    where o.kind = 'playbook.started'), '["low", "low"]', 'webhooks hear of it');

-- The same day again, late rows, one tenant alone
select pg_temp.put(4, 's', 40, 1) \g /dev/null
create temp table before as select * from cs_health.playbook_state;
call pg_temp.night(1);
call cs_health.recalculate(pg_temp.day(1), rescore => true);
select is((select h.overall_score from cs_health.customer_health as h
    where h.tenant_id = pg_temp.uuid(4) and h.as_of = pg_temp.day(1)), 44::smallint,
    'a day scored again has the score');
select set_eq('select * from cs_health.playbook_state', 'select * from before', 'and starts nothing');
select is((select (r.triggers, r.playbooks)::text from cs_health.run as r where r.as_of = pg_temp.day(1)), '(f,)',
    'its run says so');
select pg_temp.put(5, 's', 40, 2) \g /dev/null
select (cs_health.recalculate_tenant(pg_temp.uuid(5))).overall_score \g /dev/null
select set_eq('select * from cs_health.playbook_state', 'select * from before', 'nor does recalculate_tenant()');
call cs_health.recalculate(pg_temp.day(-1));
select is((select r.triggers from cs_health.run as r where r.as_of = pg_temp.day(-1)), false, 'nor an earlier day');
select pg_temp.put(5, 's', 80, 2) \g /dev/null
call pg_temp.night(2);
select is(pg_temp.standings('low'), 'baseline 1, enrolled 2 3 4', 'the next run finds it');

-- Missing data
select pg_temp.put(5, 's', 55, 3), pg_temp.put(5, 'g', null, 3), pg_temp.put(6, 's', null, 3),
    pg_temp.put(6, 'g', 9, 3), pg_temp.put(2, 's', null, 3) \g /dev/null
call pg_temp.night(3);
select is(pg_temp.standings('low'), 'baseline 1, enrolled 2 3 4, missing_data 5 6',
    'less observed than the day before, or too little, enters nothing; what is not known ends nothing');
select pg_temp.put(5, 's', 54, 4) \g /dev/null
call pg_temp.night(4);
select is(pg_temp.standings('low'), 'baseline 1, enrolled 2 3 4, missing_data 5 6', 'nor on the next day');
select pg_temp.put(5, 'g', 54, 5), pg_temp.put(6, 's', 80, 5), pg_temp.put(6, 'g', 80, 5), pg_temp.put(2, 's', 40, 5),
    pg_temp.put(7, 's', 62, 5), pg_temp.put(7, 'g', 62, 5), pg_temp.put(8, 's', 70, 5), pg_temp.put(8, 'g', 70, 5)
\g /dev/null
call pg_temp.night(5);
select is(pg_temp.standings('low'), 'baseline 1, enrolled 2 3 4 5',
    'when all is observed again those that match still enter, the others are let go');
select is((select s.since from cs_health.playbook_state as s where s.tenant_id = pg_temp.uuid(5)), pg_temp.day(5),
    'as of that day');

-- Another scorecard
select cs_health.save_scorecard(jsonb_set(pg_temp.card('plain', 's'), '{components,growth,measures,0,curve}',
    '[[0, 0], [100, 20]]')), cs_health.publish_scorecard('plain') \g /dev/null
call pg_temp.night(6);
select is(pg_temp.standings('low'), 'baseline 1, configuration 7, enrolled 2 3 4 5',
    'who matches because the scorecard changed does not enter');
select pg_temp.put(8, 's', 60, 7) \g /dev/null
call pg_temp.night(7);
select is(pg_temp.standings('low'), 'baseline 1, configuration 7, enrolled 2 3 4 5 8', 'those of the next day do');
select is((select string_agg(p.overall_score::text, ',' order by p.as_of) from cs_health.customer_health as p
    where p.tenant_id = pg_temp.uuid(7) and p.as_of >= pg_temp.day(5)), '62,57,57', 'it was the scorecard');

-- Hold-outs, newcomers, tenants that are not active
update cs_health.tenant set holdout = true where id = pg_temp.uuid(9);
update cs_health.tenant set signed_up_at = pg_temp.day(-10) where id in (pg_temp.uuid(10), pg_temp.uuid(11));
update cs_health.tenant set status = 'trial' where id = pg_temp.uuid(12);
update cs_health.tenant set status = 'internal' where id = pg_temp.uuid(13);
select pg_temp.put(n, 's', 40, 8) from generate_series(9, 13) as n \g /dev/null
call pg_temp.night(8);
select is(pg_temp.standings('low'), 'baseline 1, configuration 7, enrolled 2 3 4 5 8, holdout 9, onboarding 10 11',
    'hold-outs and newcomers are left alone, other than active tenants do not count');
select is(pg_temp.executions('low'), 'observed 9, running 2 3 4 5 8', 'a hold-out is recorded');
select is((select count(*) from cs_health.playbook_step as s where s.tenant_id = pg_temp.uuid(9)), 0::bigint,
    'without a step');
insert into cs_health.touchpoint (tenant_id, kind, detail, at)
values (pg_temp.uuid(10), 'milestone', 'first_value', pg_temp.day(9) + time '12:00');
call pg_temp.night(9);
select is(pg_temp.standings('low'), 'baseline 1, configuration 7, enrolled 2 3 4 5 8 10, holdout 9, onboarding 11',
    'one that has its first value and still matches enters');
select pg_temp.put(9, 's', 80, 10) \g /dev/null
call pg_temp.night(10);
select pg_temp.put(9, 's', 40, 11) \g /dev/null
call pg_temp.night(11);
select is(pg_temp.executions('low'), 'observed 9, running 2 3 4 5 8 10', 'the cooldown binds hold-outs too');

-- A data incident: the contracts of most tenants are gone
update cs_health.tenant set arr = null;
select pg_temp.put(14, 's', 40, 12), pg_temp.put(8, 's', 80, 12), pg_temp.put(8, 'g', 80, 12) \g /dev/null
drop table before;
create temp table before as select * from cs_health.playbook_state;
call pg_temp.night(12);
select isnt(cs_health._triggers_held(pg_temp.day(12)), null, 'the guard sees the incident');
select set_eq('select * from cs_health.playbook_state', 'select * from before', 'nothing begins or ends on that day');
update cs_health.tenant set arr = 1000 * right(id::text, 4)::integer;
select pg_temp.set_now(pg_temp.day(13) + time '05:00') \g /dev/null
call cs_health.run_due();
select is(cs_health._triggers_held(pg_temp.day(12)), null, 'the incident is over');
select set_eq('select * from cs_health.playbook_state', 'select * from before',
    'and the day scored again starts nothing');
call pg_temp.night(13);
select is(pg_temp.standings('low'), 'baseline 1, configuration 7, enrolled 2 3 4 5 10 14, holdout 9, onboarding 11',
    'the day after does');
select is((select s.since from cs_health.playbook_state as s where s.tenant_id = pg_temp.uuid(14)), pg_temp.day(13),
    'with that day');

-- Exit: 65 and more on three runs in a row
select pg_temp.put(3, 's', 80, 14) \g /dev/null
call pg_temp.night(14);
call pg_temp.night(15);
select is(pg_temp.executions('low'), 'exited 8, observed 9, running 2 3 4 5 10 14',
    'on the third day they exit; one that was scored again since counts');
call pg_temp.night(16);
select is(pg_temp.executions('low'), 'exited 3 8, observed 9, running 2 4 5 10 14', 'tenant 3 a day later');
select is((select (e.outcome, e.ended_at)::text from cs_health.playbook_execution as e
    where e.tenant_id = pg_temp.uuid(3)), '("goal reached","2026-03-19 03:00:00+00")', 'as one that reached its goal');
select is((select string_agg(distinct s.status, ',') from cs_health.playbook_step as s
    where s.tenant_id = pg_temp.uuid(3)), 'cancelled', 'and what was left of it is not done');
select is((select o.payload -> 'data' ->> 'outcome' from cs_health.outbox as o
    where o.kind = 'playbook.finished' and o.tenant_id = pg_temp.uuid(3)), 'goal reached', 'webhooks hear of that too');
select is(pg_temp.standings('low'), 'baseline 1, configuration 7, enrolled 2 4 5 10 14, holdout 9, onboarding 11',
    'the episode had ended on the first');

-- Days that nobody scored are caught up on, each with its own episodes, and who enters is decided on the last
select pg_temp.put(15, 's', 40, 17), pg_temp.put(15, 's', 80, 18), pg_temp.put(16, 's', 40, 17),
    pg_temp.put(17, 's', 40, 18) \g /dev/null
select pg_temp.set_now(pg_temp.day(20) + time '03:00') \g /dev/null
call cs_health.run_due();
select is((select string_agg(right(s.tenant_id::text, 2) || ' ' || s.since, ', ' order by s.tenant_id)
    from cs_health.playbook_state as s where s.since >= pg_temp.day(17)), '16 2026-03-19, 17 2026-03-20',
    'episodes have their days');
select is((select string_agg(right(e.tenant_id::text, 2) || ' ' || e.triggered_as_of || ' ' || e.started_on, ', '
    order by e.tenant_id) from cs_health.playbook_execution as e where e.triggered_as_of >= pg_temp.day(17)),
    '16 2026-03-21 2026-03-22, 17 2026-03-21 2026-03-22', 'one that recovered meanwhile never entered');

-- replay() starts nothing
select pg_temp.put(18, 's', 40, 20) \g /dev/null
drop table before;
create temp table before as select * from cs_health.playbook_state;
select pg_temp.set_now(pg_temp.day(21) + time '03:00') \g /dev/null
call cs_health.replay(pg_temp.day(18), pg_temp.day(20), true);
select set_eq('select * from cs_health.playbook_state', 'select * from before', 'replay() starts nothing');
call pg_temp.night(21);
select is(pg_temp.executions('low'), 'exited 3 8, observed 9, running 2 4 5 10 14 16 17 18',
    'the next run takes up what it left');

-- Rates: most ARR at risk first
select pg_temp.playbook('few', '{"fact": "growth_score", "op": "<", "value": 10}', '{"most": 2, "auto": false}') as few
\gset
call pg_temp.night(22);
select is(pg_temp.standings('few'), null, 'growth scores are 16');
select pg_temp.put(n, 'g', 0, 23) from generate_series(20, 24) as n \g /dev/null
call pg_temp.night(23);
select is(pg_temp.standings('few'), 'candidate 20 21 22, enrolled 23 24', 'at most two a day, those with most ARR');
select is(pg_temp.executions('few'), 'waiting 23 24', 'which wait for approval');
select is((select array_agg(distinct s.reason) from cs_health.playbook_state as s where s.standing = 'candidate'),
    array['capacity'], 'the others wait for their turn');
select cs_health._enrol(pg_temp.day(23)) \g /dev/null
select is(pg_temp.executions('few'), 'waiting 23 24', 'however often it is asked that day');
select pg_temp.put(24, 'g', 80, 24), pg_temp.put(20, 'g', 80, 24) \g /dev/null
call pg_temp.night(24);
select is(pg_temp.executions('few'), 'cancelled 24, waiting 21 22 23', 'the next two; one that matches no longer goes');
select is((select e.outcome from cs_health.playbook_execution as e where e.status = 'cancelled'), 'no longer matches',
    'and says why');
select is((select count(*) from cs_health.outbox as o where o.kind ~ '^playbook' and o.tenant_id = pg_temp.uuid(24)),
    0::bigint, 'nobody hears of what never started');
select is(pg_temp.standings('few'), 'enrolled 21 22 23', 'nobody is left');

-- Cooldown
update cs_health.cs_playbook set cooldown_days = 3 where code = 'low';
select cs_health.resolve_execution(e.id) from cs_health.playbook_execution as e where e.tenant_id = pg_temp.uuid(16)
\g /dev/null
select pg_temp.put(16, 's', 80, 25) \g /dev/null
call pg_temp.night(25);
select pg_temp.put(16, 's', 40, 26) \g /dev/null
call pg_temp.night(26);
select is((select s.standing || ' ' || s.reason from cs_health.playbook_state as s
    where s.tenant_id = pg_temp.uuid(16)), 'candidate cooldown', 'one that ended two days ago has to wait');
call pg_temp.night(27);
select is((select s.standing from cs_health.playbook_state as s where s.tenant_id = pg_temp.uuid(16)), 'enrolled',
    'until cooldown_days have passed');

-- Values of one's own count for 31 days
insert into cs_health.measure_value (tenant_id, measure, as_of, value)
select distinct on (v.tenant_id, v.measure) v.tenant_id, v.measure, pg_temp.day(28), v.value
from cs_health.measure_value as v order by v.tenant_id, v.measure, v.as_of desc;

-- for_days
select pg_temp.playbook('lasting', '{"fact": "growth_score", "op": ">", "value": 18, "for_days": 2}') as lasting \gset
call pg_temp.night(28);
select pg_temp.put(25, 'g', 100, 29) \g /dev/null
call pg_temp.night(29);
select is(pg_temp.standings('lasting'), null, 'one day is not enough');
call pg_temp.night(30);
select is(pg_temp.standings('lasting'), 'enrolled 25', 'two are');
select pg_temp.put(25, 'g', null, 31) \g /dev/null
call pg_temp.night(31);
select is(pg_temp.standings('lasting'), 'enrolled 25', 'not observed: it may hold still');
select pg_temp.put(25, 'g', 80, 32) \g /dev/null
call pg_temp.night(32);
select is(pg_temp.standings('lasting'), null, 'one day ends it');

-- Whoever changes the playbook, and however
update cs_health.cs_playbook set trigger_conditions = '{"fact": "overall_score", "op": "<", "value": 61}'
where code = 'low';
call pg_temp.night(33);
select is((select string_agg(distinct s.standing, ',') from cs_health.playbook_state as s
    where s.playbook_id = :'low'), 'baseline', 'other conditions, another baseline');
select is((select w.since from cs_health.playbook_watch as w where w.playbook_id = :'low'), pg_temp.day(33),
    'from that day on');
update cs_health.cs_playbook set audience = '{"fact": "segment", "op": "=", "value": "smb"}' where code = 'low';
update cs_health.tenant set segment = 'smb' where id = pg_temp.uuid(26);
call pg_temp.night(34);
select pg_temp.put(26, 's', 40, 35), pg_temp.put(27, 's', 40, 35) \g /dev/null
call pg_temp.night(35);
select is(pg_temp.standings('low'), 'enrolled 26', 'only the audience enters');
update cs_health.tenant set segment = 'smb' where id = pg_temp.uuid(27);
call pg_temp.night(36);
select is(pg_temp.standings('low'), 'enrolled 26 27', 'whoever is moved into it by hand does too');
update cs_health.tenant set status = 'paused' where id = pg_temp.uuid(26);
update cs_health.cs_playbook set status = 'paused' where code = 'lasting';
update cs_health.cs_playbook set status = 'archived' where code = 'few';
call pg_temp.night(37);
select is(pg_temp.standings('low'), 'enrolled 27', 'a paused tenant stands nowhere');
select is((select string_agg(e.outcome, ',') from cs_health.playbook_execution as e
    where e.tenant_id = pg_temp.uuid(26)), 'tenant is paused', 'and its execution ends');
select is(pg_temp.executions('few'), 'cancelled 21 22 23 24', 'as those of an archived playbook do');
select is(pg_temp.executions('lasting'), 'running 25', 'those of a paused one go on');
select set_eq('select playbook_id from cs_health.playbook_watch', array[:'low'::uuid], 'neither is watched any more');
delete from cs_health.cs_playbook where code = 'lasting';
call pg_temp.night(38);
select is((select e.outcome from cs_health.playbook_execution as e where e.playbook_id = :'lasting'),
    'playbook is gone', 'a deleted one ends too');

-- Another churn model
insert into cs_health.churn_model (version, status, document)
select v.version, 'candidate', jsonb_set(jsonb_set(m.document, '{version}', to_jsonb(v.version)), '{intercept}',
    to_jsonb(v.intercept))
from (values ('calm', -9), ('alarmed', 5)) as v(version, intercept)
join cs_health.churn_model as m on m.status = 'active';
update cs_health.churn_model set status = 'retired' where status = 'active';
update cs_health.churn_model set status = 'active' where version = 'calm';
call pg_temp.night(39);
select pg_temp.playbook('leaving', '{"fact": "churn_probability", "op": ">", "value": 0.5}') as leaving \gset
call pg_temp.night(40);
select is(pg_temp.standings('leaving'), null, 'a calm model');
update cs_health.churn_model set status = 'retired' where status = 'active';
update cs_health.churn_model set status = 'active' where version = 'alarmed';
call pg_temp.night(41);
select is((select string_agg(distinct s.standing, ',') from cs_health.playbook_state as s
    where s.playbook_id = :'leaving'), 'configuration,holdout,onboarding',
    'who matches because the model changed does not enter');
update cs_health.cs_playbook set status = 'paused' where code = 'leaving';

-- A run that is killed after its first batch and taken up again; two slices
update cs_health.settings set batch_tenants = 10;
update cs_health.cs_playbook set audience = null where code = 'low';
select pg_temp.put(n, 's', 90, 42), pg_temp.put(n, 'g', 90, 42) from generate_series(1, 30) as n \g /dev/null
update cs_health.tenant set status = 'active';
call pg_temp.night(42);
select pg_temp.put(n, 's', 30, 43) from generate_series(5, 30, 5) as n \g /dev/null
select pg_temp.set_now(pg_temp.day(44) + time '03:00') \g /dev/null
select cs_health._begin_run(pg_temp.day(43), false, true), cs_health._prepare_measures(pg_temp.day(43)),
    cs_health._score_batch(pg_temp.day(43), 0, 2) \g /dev/null
select is((select count(*) from cs_health.playbook_state as s where s.since = pg_temp.day(43)), 2::bigint,
    'a batch finds those of its own');
call cs_health.recalculate(pg_temp.day(43), 1, 2);
select is((select string_agg(right(e.tenant_id::text, 2), ' ' order by e.tenant_id)
    from cs_health.playbook_execution as e where e.triggered_as_of = pg_temp.day(43)), '15 20 25 30',
    'taken up, it lets each enter once');
select is((select string_agg(right(s.tenant_id::text, 2) || ' ' || s.standing || ' ' || s.reason, ', '
    order by s.tenant_id) from cs_health.playbook_state as s where s.reason is not null),
    '05 candidate running, 10 candidate running', 'but no second time those that run already');

-- Who leaves while it waits: what kept it out is not forgotten with the state
update cs_health.tenant set status = 'churned', churned_on = pg_temp.day(43)
where id in (pg_temp.uuid(5), pg_temp.uuid(15));
update cs_health.tenant set status = 'paused' where id = pg_temp.uuid(10);
call pg_temp.night(44);
select is((select string_agg(right(s.tenant_id::text, 2), ' ') from cs_health.playbook_state as s
    where s.tenant_id in (pg_temp.uuid(5), pg_temp.uuid(10), pg_temp.uuid(15))), null, 'the states go');
select results_eq('select right(tenant_id::text, 2), since, standing, reason, left_on from cs_health.playbook_missed',
    $$values ('05', pg_temp.day(43), 'candidate', 'running', pg_temp.day(43))$$,
    'that of one that left and was not in it is kept');
select is((select e ->> 'text' from cs_health.churn_postmortem(locale => 'en') as p
        cross join jsonb_array_elements(p.suppressed) as e
        where p.tenant_id = pg_temp.uuid(5) and e ->> 'what' = 'queue'), 'low, candidate, running',
    'churn_postmortem() tells of it');
-- An execution that cannot be judged keeps neither the others nor the run from their end
select pg_temp.playbook('goal', '{"fact": "overall_score", "op": "<", "value": 0}') as goal \gset
select cs_health.execute_playbook(:'goal', pg_temp.uuid(n)) from generate_series(1, 3) as n \g /dev/null
update cs_health.playbook_execution set exit_conditions = case tenant_id when pg_temp.uuid(2) then '"~"'
    else '{"fact": "overall_score", "op": ">=", "value": 0}'::jsonb end
where playbook_id = :'goal';
call pg_temp.night(45);
select is(pg_temp.executions('goal'), 'exited 1 3, running 2', 'the others reach their goal');
select is((select r.finished_at is not null from cs_health.run as r where r.as_of = pg_temp.day(45)), true,
    'the run is finished');
update cs_health.tenant set status = 'paused' where id = pg_temp.uuid(2);
call pg_temp.night(46);
select is(pg_temp.executions('goal'), 'cancelled 2, exited 1 3', 'it ends when its tenant is paused');

select finish();
