-- Journeys: stages and their conditions, who enters which and when, one list of all that happened, funnel, stalled
-- customers, and the chart.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set time zone 'UTC';
set client_min_messages = error;
\ir include/playbook.sql
select plan(143);

create function pg_temp.refusal(call text) returns text language plpgsql as $$
begin
    execute 'select ' || call;
    return 'accepted';
exception when others then
    return sqlstate || ' ' || sqlerrm;
end
$$;
-- A journey in a line: 'onboarding 0-2 sign_up, activated 2- first_value'
create function pg_temp.journey(n integer) returns text language sql as $$
    select string_agg(format('%s %s-%s %s', e.stage, e.entered_on - pg_temp.day(0), e.left_on - pg_temp.day(0),
        e.reason), ', ' order by e.entered_on, e.left_on nulls last)
    from cs_health.journey_entry as e where e.tenant_id = pg_temp.uuid(n)
$$;

-- What is shipped
select is((select string_agg(s.code, ' ' order by s.place desc) from cs_health.journey_stage as s),
    'onboarding activated adopted renewing at_risk churned', 'the stages that are shipped, as a journey goes');
select is((select string_agg(s.code, ' ' order by s.place desc) from cs_health.journey_stage as s
    where s.entry_conditions is null), 'onboarding churned', 'two follow from no condition');
select is((select count(*) from cs_health.journey_stage as s
    where not (s.builtin and s.enabled)), 0::bigint, 'all are enabled');

-- save_stage() and remove_stage()
select is(pg_temp.refusal(format('cs_health.save_stage(%s)', call)), message, message)
from (values
    ('null, ''A'', ''A'', 5, ''{"fact": "mau", "op": ">", "value": 1}''',
        '22023 code must be a lower-case word of at most 50 characters, not null'),
    ('''A b'', ''A'', ''A'', 5, ''{"fact": "mau", "op": ">", "value": 1}''',
        '22023 code must be a lower-case word of at most 50 characters, not A b'),
    ('''pilot'', '''', ''A'', 5, ''{"fact": "mau", "op": ">", "value": 1}''',
        '22023 name_en must have 1 to 100 characters and no control characters, not '),
    ('''pilot'', ''A'', null, 5, ''{"fact": "mau", "op": ">", "value": 1}''',
        '22023 name_es must have 1 to 100 characters and no control characters, not null'),
    ('''pilot'', ''A'', E''a\nb'', 5, ''{"fact": "mau", "op": ">", "value": 1}''',
        '22023 name_es must have 1 to 100 characters and no control characters, not a?b'),
    ('''pilot'', ''A'', ''A'', 0, ''{"fact": "mau", "op": ">", "value": 1}''',
        '22023 place must be a free one from 1 to 10000, not 0'),
    ('''pilot'', ''A'', ''A'', null, ''{"fact": "mau", "op": ">", "value": 1}''',
        '22023 place must be a free one from 1 to 10000, not <NULL>'),
    ('''pilot'', ''A'', ''A'', 40, ''{"fact": "mau", "op": ">", "value": 1}''',
        '22023 place must be a free one from 1 to 10000, not 40'),
    ('''pilot'', ''A'', ''A'', 5, ''{"fact": "mau", "op": ">", "value": 1}'', 0',
        '22023 expected_days must be from 1 to 36500 or null, not 0'),
    ('''churned'', ''A'', ''A'', 5, ''{"fact": "mau", "op": ">", "value": 1}''',
        '22023 stage churned has no entry conditions'),
    ('''pilot'', ''A'', ''A'', 5, null', '22023 stage pilot needs entry conditions'),
    ('''onboarding'', ''A'', ''A'', 60, null, null, ''{"fact": "mau", "op": ">", "value": 1}''',
        '22023 stage onboarding needs entry conditions'),
    ('''pilot'', ''A'', ''A'', 5, ''{"fact": "stage", "op": "=", "value": "adopted"}''',
        '22023 condition: $.fact must not be the stage, which follows from this condition'),
    ('''pilot'', ''A'', ''A'', 5, ''{"fact": "mau", "op": ">", "value": 1}'', null,
        ''{"any": [{"fact": "stage", "op": "=", "value": "adopted"}]}''',
        '22023 condition: $.any[0].fact must not be the stage, which follows from this condition'),
    ('''pilot'', ''A'', ''A'', 5, ''{"fact": "replied_since_start", "op": "=", "value": true}''',
        '22023 condition: $.fact must be a fact of a day, not "replied_since_start"'),
    ('''pilot'', ''A'', ''A'', 5, ''[]''', '22023 condition: $ must be an object, not []')
) as c(call, message);
select is(pg_temp.refusal('cs_health.remove_stage(' || coalesce(quote_literal(code), 'null') || ')'), message, message)
from (values (null, '22023 stage null does not exist'), ('pilot', '22023 stage pilot does not exist'),
    ('churned', '22023 stage churned cannot be removed'), ('onboarding', '22023 stage onboarding cannot be removed'))
    as c(code, message);
select throws_ok($$update cs_health.journey_stage set entry_conditions = '{"fact": "stage", "op": "=", "value": "x"}'
    where code = 'adopted'$$, '22023', null, 'the check refuses what save_stage() does');
select throws_ok($$update cs_health.journey_stage set enabled = false where code = 'churned'$$, '23514', null,
    'churned is always there');
select cs_health.save_stage('pilot', 'Pilot', 'Piloto', 45, '{"fact": "own.s", "op": "=", "value": 1}', 30) \g /dev/null
select is(cs_health.remove_stage('pilot'), true, 'a stage that nobody was in goes');
select is(cs_health.remove_stage('adopted'), false, 'one that is shipped is disabled');
select cs_health.save_stage('adopted', 'Adopted', 'Adoptado', 40,
    '{"fact": "own.s", "op": ">=", "value": 70, "for_days": 2}', null,
    '{"fact": "own.s", "op": "<", "value": 60}') \g /dev/null
select is((select s.enabled from cs_health.journey_stage as s where s.code = 'adopted'), true, 'and enabled again');
select cs_health.save_stage('at_risk', 'At risk', 'En riesgo', 20, '{"fact": "own.s", "op": "<", "value": 40}', 10)
\g /dev/null
select cs_health.save_stage('activated', 'Activated', 'Activado', 50, null, 60) \g /dev/null
select cs_health.save_stage('pilot', 'Pilot', 'Piloto', 45, '{"fact": "segment", "op": "=", "value": "pilot"}', 5)
\g /dev/null

-- 1 goes all the way; 2 is old; 3 has no sign-up; 4 is not observed; 5 had its first value long ago; 6 leaves; 7 is
-- ours; 8 leaves and that is told late; 9 is a pilot
insert into cs_health.tenant (id, name, status, signed_up_at, segment, contract_ends_on)
select pg_temp.uuid(n), 'Tenant ' || n, case n when 7 then 'internal' else 'active' end,
    case n when 3 then null when 1 then pg_temp.day(0) + time '15:00' when 4 then pg_temp.day(0) + time '09:00'
        else timestamptz '2025-03-01 12:00' end, case n when 9 then 'pilot' end,
    case n when 2 then pg_temp.day(100) end
from generate_series(1, 9) as n;
insert into cs_health.touchpoint (tenant_id, kind, detail, at)
values (pg_temp.uuid(5), 'milestone', 'first_value', '2025-04-10 10:00');
select pg_temp.put(n, 's', 50, 0), pg_temp.put(n, 'g', 50, 0) from generate_series(1, 9) as n where n <> 4 \g /dev/null
select pg_temp.put(8, 's', 80, 0) \g /dev/null
call pg_temp.night(0);
select is(pg_temp.journey(1), 'onboarding 0- sign_up', 'a journey begins with the sign-up');
select is(pg_temp.journey(2), 'onboarding -366- sign_up', 'as long ago as it is');
select is(pg_temp.journey(3), 'onboarding 0- first_seen', 'without a known sign-up when it is first looked at');
select is(pg_temp.journey(4), 'onboarding 0- sign_up', 'of whom nothing is known, too');
select is(pg_temp.journey(5), 'onboarding -366--326 sign_up, activated -326- first_value',
    'a first value of the past has its day');
select is(pg_temp.journey(7), null, 'internal tenants are on no journey');
select is(pg_temp.journey(8), 'onboarding -366- sign_up', 'for two days means two');
select is(pg_temp.journey(9), 'onboarding -366-0 sign_up, pilot 0- first_seen', 'a stage of one''s own');

call pg_temp.night(1);
select is(pg_temp.journey(8), 'onboarding -366-1 sign_up, adopted 1- conditions', 'two days');
insert into cs_health.touchpoint (tenant_id, kind, detail, at) values
    (pg_temp.uuid(1), 'milestone', 'first_value', pg_temp.day(2) + time '10:00'),
    (pg_temp.uuid(3), 'milestone', 'kick_off', pg_temp.day(2) + time '10:00');
select pg_temp.put(1, 's', 75, 2), pg_temp.put(2, 's', 75, 2), pg_temp.put(9, 's', 75, 2) \g /dev/null
update cs_health.tenant set status = 'churned', churned_on = pg_temp.day(2) where id = pg_temp.uuid(6);
call pg_temp.night(2);
select is(pg_temp.journey(1), 'onboarding 0-2 sign_up, activated 2- first_value', 'the milestone activates');
select is(pg_temp.journey(3), 'onboarding 0- first_seen', 'another milestone does not');
select is(pg_temp.journey(6), 'onboarding -366-2 sign_up, churned 2- churned', 'who leaves is churned on that day');
call pg_temp.night(3);
select is(pg_temp.journey(1), 'onboarding 0-2 sign_up, activated 2-3 first_value, adopted 3- conditions',
    'then adopted');
select is(pg_temp.journey(2), 'onboarding -366-3 sign_up, adopted 3- conditions', 'or at once');
select is(pg_temp.journey(9), 'onboarding -366-0 sign_up, pilot 0-3 first_seen, adopted 3- conditions',
    'the stage with the lower place goes first');

-- What ends a stage: its exit, not that its entry fails; and nothing that is not known
select pg_temp.put(1, 's', 65, 4), pg_temp.put(2, 's', null, 4), pg_temp.put(2, 'g', null, 4) \g /dev/null
select pg_temp.put(8, 's', 80, 4) \g /dev/null
call pg_temp.night(4);
select is(pg_temp.journey(1) ~ 'adopted 3- conditions$', true, 'between exit and entry it stays');
select is(pg_temp.journey(2) ~ 'adopted 3- conditions$', true, 'where nothing is known it stays');
select pg_temp.put(1, 's', 39, 5) \g /dev/null
call pg_temp.night(5);
select is(pg_temp.journey(1) ~ 'adopted 3-5 conditions, at_risk 5- conditions$', true, 'a lower place ends it');
select pg_temp.put(1, 's', 55, 6) \g /dev/null
call pg_temp.night(6);
select is(pg_temp.journey(1) ~ 'at_risk 5-6 conditions, activated 6- otherwise$', true,
    'who has had its first value is activated again, not onboarding');
select pg_temp.put(8, 's', 55, 7) \g /dev/null
call pg_temp.night(7);
select is(pg_temp.journey(8) ~ 'adopted 1-7 conditions, activated 7- otherwise$', true,
    'so is who had adopted it without the milestone');

-- A renewal
update cs_health.tenant set contract_ends_on = pg_temp.day(60) where id = pg_temp.uuid(8);
call pg_temp.night(8);
select is(pg_temp.journey(8) ~ 'activated 7-8 otherwise, renewing 8- conditions$', true, 'before the contract ends');
update cs_health.tenant set contract_ends_on = pg_temp.day(425) where id = pg_temp.uuid(8);
call pg_temp.night(9);
select is(pg_temp.journey(8) ~ 'renewing 8-9 conditions, activated 9- otherwise$', true, 'until it is renewed');

-- A churn that is told late, and a customer that comes back
update cs_health.tenant set status = 'churned', churned_on = pg_temp.day(7) where id = pg_temp.uuid(8);
call pg_temp.night(10);
select is(pg_temp.journey(8), 'onboarding -366-1 sign_up, adopted 1-7 conditions, activated 7-7 otherwise, '
    'churned 7- churned', 'what came after it is undone');
update cs_health.tenant set status = 'active', churned_on = null where id = pg_temp.uuid(6);
call pg_temp.night(11);
select is(pg_temp.journey(6), 'onboarding -366-2 sign_up, churned 2-11 churned, onboarding 11- otherwise',
    'who comes back goes on');
update cs_health.tenant set status = 'churned', churned_on = pg_temp.day(2) where id = pg_temp.uuid(6);
call pg_temp.night(12);
select is(pg_temp.journey(6), 'onboarding -366-2 sign_up, churned 2- churned', 'unless that was a mistake');

-- Again: nothing changes; scored again with other numbers, the day is judged anew; older days change nothing
create temp table known as table cs_health.journey_entry;
call cs_health.recalculate(pg_temp.day(12));
call cs_health.recalculate(pg_temp.day(12), rescore => true);
call cs_health.recalculate(pg_temp.day(11), rescore => true);
select is((select count(*) from ((table known except table cs_health.journey_entry) union all
    (table cs_health.journey_entry except table known)) as d), 0::bigint, 'a second run changes nothing');
select pg_temp.put(5, 's', 30, 13) \g /dev/null
call pg_temp.night(13);
select is(pg_temp.journey(5) ~ 'activated -326-13 first_value, at_risk 13- conditions$', true, 'at risk');
select pg_temp.put(5, 's', 50, 13) \g /dev/null
call cs_health.recalculate(pg_temp.day(13), rescore => true);
select is(pg_temp.journey(5), 'onboarding -366--326 sign_up, activated -326- first_value',
    'a day that is scored again is judged again');

-- Stages that change count from the next run on; retracing walks the stored days again, and comes to the same
create temp table before as table cs_health.journey_entry;
call cs_health.retrace_journeys();
select is((select count(*) from (select tenant_id, stage, entered_on from cs_health.journey_entry
    where tenant_id in (pg_temp.uuid(1), pg_temp.uuid(3), pg_temp.uuid(5), pg_temp.uuid(7))
    except select tenant_id, stage, entered_on from before) as d), 0::bigint, 'retraced');
select is(pg_temp.journey(8), 'onboarding -366-1 sign_up, adopted 1-7 conditions, churned 7- churned',
    'with what is known now');
select cs_health.save_stage('adopted', 'Adopted', 'Adoptado', 40, '{"fact": "own.s", "op": ">=", "value": 75}')
\g /dev/null
call cs_health.retrace_journeys(pg_temp.day(1));
select is(pg_temp.journey(1), 'onboarding 0-2 sign_up, adopted 2-4 conditions, activated 4-5 otherwise, '
    'at_risk 5-6 conditions, activated 6- otherwise', 'with another condition');
select is(cs_health.remove_stage('pilot'), false, 'a stage that journeys tell of is disabled');
select throws_ok('call cs_health.retrace_journeys(''infinity'')', '22023', null, 'not from the end of time on');
update cs_health.run set phase = 'score' where as_of = pg_temp.day(13);
select throws_ok('call cs_health.retrace_journeys()', '55000', 'a run is not finished', 'nor during a run');
update cs_health.run set phase = 'finished' where as_of = pg_temp.day(13);

-- Where a day is
select is(cs_health._stage_on(pg_temp.uuid(1), pg_temp.day(n)), stage, format('stage on day %s', n))
from (values (-1, null), (0, 'onboarding'), (1, 'onboarding'), (2, 'adopted'), (5, 'at_risk'), (900, 'activated'))
    as c(n, stage);
select is(cs_health.facts(pg_temp.uuid(1), pg_temp.day(3)) ->> 'stage', 'adopted', 'the fact');
select is(cs_health.condition_text('{"fact": "stage", "op": "in", "value": ["at_risk", "pilot", "gone"]}', 'en'),
    'stage at risk or Pilot or gone', 'in words');
select is(cs_health.condition_text('{"fact": "stage", "op": "=", "value": "at_risk"}', 'es'), 'la etapa es «en riesgo»',
    'in Spanish');
select is(cs_health.condition_text('{"fact": "stage", "op": "=", "value": "pilot"}', 'es'), 'la etapa es «Piloto»',
    'of one''s own');
select pg_temp.playbook('risk', '{"fact": "stage", "op": "=", "value": "at_risk"}') \g /dev/null
call pg_temp.night(14);
select pg_temp.put(9, 's', 30, 15) \g /dev/null
call pg_temp.night(15);
select is(pg_temp.standings('risk'), 'enrolled 9', 'a playbook starts on the night a stage is entered');

-- Views: today is day 16 by the clock of the nights, but views go by now()
select is((select j.stage || ' ' || j.stage_name || ' ' || (j.days = (now() at time zone 'UTC')::date - pg_temp.day(6))
    from cs_health_v1.journey_stages as j where j.tenant_id = pg_temp.uuid(1)), 'activated Activated true',
    'where a customer is');
select is((select concat_ws(' ', j.signed_up_on, j.first_value_on, j.first_value_days)
    from cs_health_v1.journey_stages as j where j.tenant_id = pg_temp.uuid(5)), '2025-03-01 2025-04-10 40',
    'its first value');
select is((select concat_ws(' ', j.first_value_on, j.first_value_days)
    from cs_health_v1.journey_stages as j where j.tenant_id = pg_temp.uuid(9)), '', 'or none yet');
select is((select string_agg(right(s.tenant_id::text, 1) || ' ' || s.stage || ' ' || (s.days_over = s.days
    - s.expected_days), ', ' order by s.tenant_id)
    from cs_health_v1.stalled as s where s.stage <> 'onboarding'), '1 activated true, 5 activated true, 9 at_risk true',
    'stalled');
select is((select string_agg(right(s.tenant_id::text, 1), ' ' order by s.tenant_id) from cs_health_v1.stalled as s
    where s.stage = 'onboarding'), '3 4', 'or not begun');
update cs_health.journey_stage set expected_days = 36000;
select is((select count(*) from cs_health_v1.stalled), 0::bigint, 'nobody, where more is expected');
update cs_health.journey_stage set expected_days = null;
select is((select count(*) from cs_health_v1.stalled), 0::bigint, 'nor where nothing is');

-- Funnel and time to first value
select is((select string_agg(format('%s %s/%s %s %s %s', f.stage, f.reached, f.sign_ups, f.median_days, f.days_unknown,
        f.in_it_now), ', ' order by f.place desc)
    from cs_health.journey_funnel('2025-01-01', pg_temp.day(16)) as f),
    'onboarding 7/7 0 0 1, activated 2/7 22 0 2, pilot 1/7  1 0, adopted 4/7 367.5 0 1, renewing 0/7  0 0, '
    'at_risk 2/7 193 0 1, churned 2/7 370.5 0 2', 'the funnel');
select is((select string_agg(f.stage || f.reached || coalesce(f.share::text, ' none'), ', ' order by f.place desc)
    from cs_health.journey_funnel('2020-01-01', '2020-01-02') as f),
    'onboarding0 none, activated0 none, adopted0 none, renewing0 none, at_risk0 none, churned0 none',
    'without sign-ups there is no share');
select is((select f::text from cs_health.time_to_first_value('2025-01-01', pg_temp.day(16)) as f),
    '(7,2,' || 2 / 7::double precision || ',21,36.2,1)', 'time to first value');
select is((select f::text from cs_health.time_to_first_value('2020-01-01', '2020-01-02') as f), '(0,0,,,,0)',
    'of nobody');
select is(pg_temp.refusal('cs_health.journey_funnel(''2026-01-02'', ''2026-01-01'')'),
    '22023 no period from 2026-01-02 to 2026-01-01', 'no period');
select is(pg_temp.refusal('cs_health.time_to_first_value(''-infinity'')'),
    '22023 no period from -infinity to 2026-03-18',
    'nor an endless one');

-- Touchpoints
select is(pg_temp.refusal(format('cs_health.log_touchpoint(%s)', call)) like message, true, message)
from (values
    ('null, ''call'', ''x''', '22023 tenant <NULL> does not exist'),
    ('pg_temp.uuid(1), ''Call'', ''x''', '22023 kind must be a lower-case word%not Call'),
    ('pg_temp.uuid(1), null, ''x''', '22023 kind must be%not null'),
    ('pg_temp.uuid(1), ''call'', ''''', '22023 detail must have 1 to 10000 characters%'),
    ('pg_temp.uuid(1), ''call'', null', '22023 detail must have 1 to 10000 characters%'),
    ('pg_temp.uuid(1), ''call'', repeat(''x'', 10001)', '22023 detail must have 1 to 10000 characters%'),
    ('pg_temp.uuid(1), ''call'', ''x'', ''sideways''', '22023 direction must be inbound, outbound or internal%'),
    ('pg_temp.uuid(1), ''call'', ''x'', null, ''2036-01-01''', '22023 at must be between 2000 and now%'),
    ('pg_temp.uuid(1), ''call'', ''x'', null, ''-infinity''', '22023 at must be between 2000 and now%'),
    ('pg_temp.uuid(1), ''call'', ''x'', next_step_on => ''2026-05-01''', '22023 next_step_on must be the day of a%')
) as c(call, message);
select cs_health.log_touchpoint(pg_temp.uuid(2), k.kind, 'Said ' || k.kind, at => pg_temp.day(3) + time '08:00')
from unnest(array['call', 'reply', 'note', 'milestone', 'email', 'visit']) as k(kind) \g /dev/null
select is((select string_agg(p.kind || ' ' || p.direction, ', ' order by p.kind) from cs_health_v1.touchpoints as p
    where p.tenant_id = pg_temp.uuid(2)), 'call outbound, email outbound, milestone internal, note internal, reply '
    'inbound, visit internal', 'each has its direction');
select is((select count(*) from cs_health_v1.touchpoints as p where p.tenant_id = pg_temp.uuid(2)
    and p.actor = current_user and p.tenant_name = 'Tenant 2'), 6::bigint, 'under one''s own name');
select throws_ok($$select cs_health_v1.log_touchpoint(gen_random_uuid(), 'call', 'x')$$, 'PT404', 'unknown tenant',
    'of nobody');

-- One list: two of everything for tenant 1
insert into cs_health.feedback (tenant_id, kind, score, user_id, comment, answered_at) values
    (pg_temp.uuid(1), 'nps', 9, 'u1', 'Fine', pg_temp.day(3)), (pg_temp.uuid(1), 'csat', 2, 'u2', null, pg_temp.day(4));
insert into cs_health.ticket (tenant_id, id, opened_at, resolved_at, severity) values
    (pg_temp.uuid(1), 'T-1', pg_temp.day(1), pg_temp.day(5), 'high'),
    (pg_temp.uuid(1), 'T-2', pg_temp.day(6), null, 'low');
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change) values
    (pg_temp.uuid(1), pg_temp.day(0), 'new', 100), (pg_temp.uuid(1), pg_temp.day(5), 'expansion', 20.5);
insert into cs_health.churn_alert (tenant_id, started_on, last_high_on, ended_on, level, probability, churn_model_id,
    told)
select pg_temp.uuid(1), pg_temp.day(5), pg_temp.day(6), pg_temp.day(20), 'high', 0.123, m.id, 'message'
from cs_health.churn_model as m where m.status = 'active';
insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, expires_on, ended_at, ended_by)
values (pg_temp.uuid(1), 'critical', 'I know them', 'ana@example.com', pg_temp.day(8), pg_temp.day(20), pg_temp.day(9),
    'ana@example.com');
insert into cs_health.plan (code, name) values ('basic', 'Basic');
update cs_health.tenant set plan_code = 'basic' where id = pg_temp.uuid(1);
select cs_health._record_signal(pg_temp.uuid(1), 'user_growth', '{"a": 1}') as signal \gset
select cs_health.set_signal_status(:'signal', 'contacted', 'Called them'),
    cs_health.record_pulse(pg_temp.uuid(1), 2, 'Sounded tired'),
    cs_health.log_touchpoint(pg_temp.uuid(1), 'meeting_held', 'Review', at => pg_temp.day(9) + time '10:00',
        next_step => 'Send notes', next_step_on => pg_temp.day(12)) \g /dev/null
insert into cs_health.in_app_message (tenant_id, execution_id, step_no, locale, title, body, created_at, expires_at,
    shown_at, clicked_at)
values (pg_temp.uuid(1), gen_random_uuid(), 1, 'en', 'Look', 'Here', pg_temp.day(7), pg_temp.day(30), pg_temp.day(8),
    pg_temp.day(9));
create temp table item as
select row_number() over () as nr, j.* from cs_health.journey(pg_temp.uuid(1), "limit" => 1000) as j;
select is((select string_agg(s.source || ' ' || s.kinds, '; ' order by s.source collate "C") from (
        select i.source, string_agg(i.kind, ' ' order by i.at, i.kind) as kinds from item as i group by i.source) as s),
    'banner shown clicked; category neutral at_risk; churn_alert started started ended; feedback nps csat; override '
    'set ended; pulse pulse; revenue new expansion; signal contacted user_growth; stage onboarding adopted activated '
    'at_risk activated; ticket opened resolved opened; touchpoint milestone meeting_held', 'all sources in one list');
select is((select string_agg(distinct i.title || ' ' || i.detail, ', ') from item as i where i.source = 'category'
    and i.kind = 'neutral'), 'at_risk → neutral 50 → 73', 'a category with its score');
select is((select array_agg(i.nr order by i.at desc, i.id collate "C" desc) from item as i),
    (select array_agg(i.nr order by i.nr) from item as i), 'the newest first');
select is((select count(distinct i.id) from item as i), (select count(*) from item), 'every key is unique');
select is((select concat_ws('|', i.kind, i.direction, i.title, i.detail) from item as i
    where i.source = 'touchpoint' and i.kind = 'meeting_held'), 'meeting_held|outbound|Review|Send notes (2026-03-14)',
    'with the next step');
select is((select count(*) from item as i where i.links is null or i.direction is null or i.kind is null), 0::bigint,
    'nothing without a link, direction and kind');
begin;
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change) values
    (pg_temp.uuid(1), '294277-01-01', 'expansion', 1), (pg_temp.uuid(1), cs_health._today() + 1, 'expansion', 2),
    (pg_temp.uuid(1), cs_health._today(), 'expansion', 3);
select is((select string_agg(j.title, ' ') from cs_health.journey(pg_temp.uuid(1)) as j where j.source = 'revenue'),
    '3.00 20.50 100.00', 'revenue that is still to come has not happened, in whatever year');
rollback;
-- Page by page, of any size, the same
create function pg_temp.paged(size integer) returns text[] language plpgsql as $$
declare
    ids text[] := '{}';
    page text[];
    last_at timestamptz;
    last_id text;
begin
    loop
        page := array(select j.id from cs_health.journey(pg_temp.uuid(1), last_at, last_id, size) as j);
        exit when page = '{}' or cardinality(ids) > 1000;
        ids := ids || page;
        last_id := page[cardinality(page)];
        last_at := (select i.at from item as i where i.id = last_id);
    end loop;
    return ids;
end
$$;
select is(pg_temp.paged(n), (select array_agg(i.id order by i.nr) from item as i), format('pages of %s', n))
from unnest(array[1, 2, 3, 7, 1000]) as n;
select is(pg_temp.refusal(format('cs_health.journey(%s)', call)), message, message)
from (values ('null', '22023 tenant <NULL> does not exist'),
    ('pg_temp.uuid(1), "limit" => 0', '22023 limit must be from 1 to 1000, not 0'),
    ('pg_temp.uuid(1), "limit" => null', '22023 limit must be from 1 to 1000, not <NULL>')) as c(call, message);
select is((select count(*) from cs_health.journey(pg_temp.uuid(1), '-infinity')), 0::bigint, 'nothing before all time');
select throws_ok('select * from cs_health_v1.journey(gen_random_uuid())', 'PT404', 'unknown tenant', 'of nobody');
select throws_ok('select cs_health_v1.journey_chart(gen_random_uuid())', 'PT404', 'unknown tenant', 'no chart of it');

-- The chart
create temp table chart as
select cs_health.journey_chart(pg_temp.uuid(1), pg_temp.day(0), pg_temp.day(12)) as c;
select is((select string_agg(format('%s %s-%s', s ->> 'stage', s ->> 'from', s ->> 'to'), ', ')
    from chart, jsonb_array_elements(c -> 'stages') as s), 'onboarding 2026-03-02-2026-03-04, adopted '
    '2026-03-04-2026-03-06, activated 2026-03-06-2026-03-07, at_risk 2026-03-07-2026-03-08, activated '
    '2026-03-08-2026-03-15',
    'stages to draw');
select is((select count(*) || ' ' || min(s ->> 'score') from chart, jsonb_array_elements(c -> 'scores') as s), '13 40',
    'scores by day');
select is((select c -> 'marks' from chart), '[{"day": "2026-03-02", "kind": "churn_alert", "text": "high"},
    {"day": "2026-03-04", "kind": "milestone", "text": "first_value"},
    {"day": "2026-03-07", "kind": "churn_alert", "text": "high"},
    {"day": "2026-03-10", "kind": "override", "text": "critical"},
    {"day": "2026-03-11", "kind": "meeting", "text": "Review"}]', 'marks');
select is((select c -> 'touchpoints' from chart), '[{"week": "2026-03-02", "inbound": 0, "internal": 1, "outbound": 0},
    {"week": "2026-03-09", "inbound": 0, "internal": 0, "outbound": 1}]', 'touchpoints by week');
select is(pg_temp.refusal('cs_health.journey_chart(pg_temp.uuid(1), ''2026-01-02'', ''2026-01-01'')'),
    '22023 no period from 2026-01-02 to 2026-01-01', 'no period to draw');

-- What is known later: a day that is judged again tells the same of customers that were there before the first look
insert into cs_health.tenant (id, name, signed_up_at)
select pg_temp.uuid(n), 'Tenant ' || n, timestamptz '2025-03-01 12:00' from generate_series(21, 23) as n;
select pg_temp.put(n, 's', s, 16), pg_temp.put(n, 'g', 50, 16) from (values (21, 30), (22, 50), (23, 80)) as x(n, s)
\g /dev/null
call pg_temp.night(16);
select is(pg_temp.journey(21), 'onboarding -366-16 sign_up, at_risk 16- first_seen', 'first seen');
call cs_health.recalculate(pg_temp.day(16), rescore => true);
select is(pg_temp.journey(21), 'onboarding -366-16 sign_up, at_risk 16- first_seen', 'and again, when scored again');
select pg_temp.put(22, 's', 30, 17) \g /dev/null
call pg_temp.night(17);
call cs_health.recalculate(pg_temp.day(17), rescore => true);
select is(pg_temp.journey(22), 'onboarding -366-17 sign_up, at_risk 17- conditions', 'one that was looked at before');
call cs_health.retrace_journeys(pg_temp.day(16));
select is(pg_temp.journey(n), journey, format('retraced from the first look on: %s', n))
from (values (21, 'onboarding -366-16 sign_up, at_risk 16- first_seen'),
    (22, 'onboarding -366-17 sign_up, at_risk 17- conditions')) as x(n, journey);

-- A day of churn that is corrected
update cs_health.tenant set status = 'churned', churned_on = pg_temp.day(16) where id = pg_temp.uuid(23);
call pg_temp.night(18);
select is(pg_temp.journey(23), 'onboarding -366-16 sign_up, adopted 16-16 first_seen, churned 16- churned', 'churned');
update cs_health.tenant set churned_on = pg_temp.day(18) where id = pg_temp.uuid(23);
call pg_temp.night(19);
select is(pg_temp.journey(23), 'onboarding -366-16 sign_up, adopted 16-18 first_seen, churned 18- churned',
    'later than it was told');
update cs_health.tenant set churned_on = pg_temp.day(17) where id = pg_temp.uuid(23);
call cs_health.recalculate(pg_temp.day(19), rescore => true);
select is(pg_temp.journey(23), 'onboarding -366-16 sign_up, adopted 16-17 first_seen, churned 17- churned',
    'or earlier');
update cs_health.tenant set churned_on = pg_temp.day(21) where id = pg_temp.uuid(23);
call pg_temp.night(20);
select is(pg_temp.journey(23), 'onboarding -366-16 sign_up, adopted 16- first_seen', 'or not yet');
call pg_temp.night(21);
select is(pg_temp.journey(23), 'onboarding -366-16 sign_up, adopted 16-21 first_seen, churned 21- churned',
    'until it comes');
update cs_health.tenant set status = 'active', churned_on = null where id = pg_temp.uuid(23);
call pg_temp.night(22);
select is(pg_temp.journey(23), 'onboarding -366-16 sign_up, adopted 16-21 first_seen, churned 21-22 churned, '
    'adopted 22- conditions', 'one without a day has come back');
call cs_health.retrace_journeys(pg_temp.day(21));
select is(pg_temp.journey(23), 'onboarding -366-16 sign_up, adopted 16- first_seen',
    'and never left, when its journey is retraced');

-- What scores that are gone said stays
delete from cs_health.customer_health where as_of < pg_temp.day(18);
create temp table kept as table cs_health.journey_entry;
call cs_health.retrace_journeys();
select is((select count(*) from (table kept except table cs_health.journey_entry) as d), 0::bigint,
    'nothing is lost that no score tells any more');
select throws_ok(format('call cs_health.retrace_journeys(%L)', pg_temp.day(17)), '22023',
    'from must be 2026-03-20 or later, not 2026-03-19', 'nor asked for');

-- One day with two stages, a notice, and milestones that are still to come
insert into cs_health.tenant (id, name, signed_up_at, churn_notice_on)
select pg_temp.uuid(n), 'Tenant ' || n, pg_temp.day(23) + time '08:00', case n when 24 then pg_temp.day(22) end
from generate_series(24, 25) as n;
insert into cs_health.touchpoint (tenant_id, kind, detail, at) values
    (pg_temp.uuid(24), 'milestone', 'first_value', pg_temp.day(23) + time '10:00'),
    (pg_temp.uuid(25), 'milestone', 'first_value', '9999-12-30');
select pg_temp.put(n, 's', 50, 23), pg_temp.put(n, 'g', 50, 23) from generate_series(24, 25) as n \g /dev/null
call pg_temp.night(23);
select is((select string_agg(j.kind, ' ') from cs_health.journey(pg_temp.uuid(24)) as j where j.source = 'stage'),
    'activated onboarding', 'the later of two stages of a day stands first');
select is((select concat_ws('|', j.at::date, j.id, j.kind, j.direction, j.links)
    from cs_health.journey(pg_temp.uuid(24)) as j where j.source = 'churn_notice'),
    '2026-03-24|churn_notice:2026-03-24|given|inbound|{"churn_notice_on": "2026-03-24"}', 'a notice');
select is((select string_agg(concat_ws(' ', j.stage, j.first_value_days), ', ' order by j.tenant_id)
    from cs_health_v1.journey_stages as j where j.tenant_id in (pg_temp.uuid(24), pg_temp.uuid(25))),
    'activated 0, onboarding', 'a milestone to come is none');
select is((select concat_ws(' ', f.sign_ups, f.reached, f.waiting, f.slow_days)
    from cs_health.time_to_first_value(pg_temp.day(23), pg_temp.day(23)) as f), '2 1 1 0',
    'who has it still to come waits');

-- A sign-up that is corrected to a day after some that were scored
update cs_health.tenant set signed_up_at = pg_temp.day(24) + time '12:00' where id = pg_temp.uuid(25);
call cs_health.retrace_journeys();
select is(pg_temp.journey(25), null, 'days before the sign-up are none of the journey');

-- Forgotten
select cmp_ok(cs_health.forget_tenant(pg_temp.uuid(1)), '>', 0::bigint, 'a customer is forgotten');
select is((select count(*) from cs_health.journey_entry as e where e.tenant_id = pg_temp.uuid(1)), 0::bigint,
    'with its journey');
select finish();
