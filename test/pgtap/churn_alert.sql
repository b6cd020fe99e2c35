-- Churn alerts: one message an episode, to whom, in which words, and what tells nobody.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = warning;
select plan(56);
\ir include/scored_days.sql

insert into cs_health.csm (email, name, manager_email, slack_member_id, locale) values
    ('boss@us.example', 'Bea Boss', null, null, 'en'),
    ('ana@us.example', 'Ana Gil', 'boss@us.example', 'U0ANA', 'en'),
    ('leo@us.example', 'Leo <b>', 'boss@us.example', null, 'es');
update cs_health.settings set dashboard_url = 'https://dash.example/', company_name = 'Us', locale = 'en',
    fallback_assignee = 'all@us.example';
insert into cs_health.channel (code, kind, secret) values ('team', 'slack', 'slack.json');
insert into cs_health.tenant (id, name, csm, arr) values
    (public.t(1), 'Acme & <!channel>', 'ana@us.example', 24000), (public.t(2), 'Baños', 'leo@us.example', 1234567),
    (public.t(3), 'Calm', 'ana@us.example', 100);

create view public.message as
select o.channel, o.tenant_id, o.payload ->> 'text' as text, o.payload, o.source_key from cs_health.outbox as o
where o.kind = 'message';
create view public.episode as
select a.tenant_id, a.started_on, a.last_high_on, a.ended_on, a.level_before, a.level, a.told
from cs_health.churn_alert as a order by a.tenant_id, a.started_on;

-- A rise
select public.scored(public.t(i), '2026-03-01', level => 'medium'), public.ran('2026-03-01')
from generate_series(1, 3) as i;
select public.scored(public.t(1), '2026-03-02', level => 'high');
select public.scored(public.t(2), '2026-03-02', level => 'critical');
select public.scored(public.t(3), '2026-03-02', level => 'medium');
select public.night('2026-03-02');
select results_eq('select * from public.episode', $$values
    (public.t(1), '2026-03-02'::date, '2026-03-02'::date, null::date, 'medium', 'high', 'message'),
    (public.t(2), '2026-03-02', '2026-03-02', null, 'medium', 'critical', 'message')$$,
    'whoever rises to high or critical begins an episode');
select is((select m.text from public.message as m where m.tenant_id = public.t(1)),
    $$<@U0ANA> *Acme &amp; &lt;!channel&gt;: risk of leaving high (was medium)*
ARR: 24,000 EUR. Probability that it leaves between 2 Apr 2026 and 31 May 2026: 2.6 %, 3.1 times the usual.

An expert's guess: this model was not trained on your data. It tells a direction, not a measured probability.

Why:
1. NPS -100, typical 30 (180 days)
2. Nobody has been active for 6 days, typical 0.8
3. 7 open tickets, typical 0.5

Next step: Call those who gave the lowest ratings and tell them what will change and when.

https://dash.example/#/customer/00000000-0000-4000-8000-000000000001$$,
    'the message in English: mention, from, to, ARR, reasons with numbers, one action, link; data is escaped');
select is((select m.text from public.message as m where m.tenant_id = public.t(2)),
    format($$Leo &lt;b&gt; *Baños: riesgo de abandono crítico (antes medio)*
ARR: 1.234.567 EUR. Probabilidad de que se marche entre el 2/4/2026 y el 31/5/2026: 6,8 %%, 8,1 veces lo habitual.

%s

Por qué:
1. NPS: -100, cuando lo habitual es 30 (180 días)
2. Sin actividad desde hace 6 días, cuando lo habitual es 0,8
3. 7 tickets abiertos, cuando lo habitual es 0,5

Siguiente paso: Llamar a quienes dieron las peores valoraciones y decirles qué va a cambiar y cuándo.

https://dash.example/#/customer/00000000-0000-4000-8000-000000000002$$, cs_health._model_notice('{}', 'es')),
    'the message in Spanish; what is no member id of Slack mentions nobody');
select results_eq(
    'select channel, count(*) from cs_health.outbox where kind = ''churn.alert'' group by channel',
    $$values ('all_events', 2::bigint)$$, 'an event for each, to the channels that want it');
select results_eq($$select payload #>> '{data,from}', payload #>> '{data,to}', payload #>> '{data,day}',
        (payload #>> '{data,probability}')::numeric, jsonb_array_length(payload #> '{data,reasons}'),
        payload #>> '{data,action,playbook}', (payload #>> '{data,arr}')::numeric
    from cs_health.outbox where kind = 'churn.alert' and tenant_id = public.t(1)$$,
    $$values ('medium', 'high', '2026-03-02', 0.0262, 3, 'reactivation', 24000.00)$$, 'that says the same');
select isnt((select r.told_at from cs_health.run as r where r.as_of = '2026-03-02'), null, 'the day is told');

-- Once
create temp table told as select * from public.message;
select cs_health._after_run('2026-03-02');
select results_eq('select * from public.message order by 2', 'select * from told order by 2',
    'a run taken up again tells nothing twice');
select public.scored(public.t(3), '2026-03-02', level => 'high');
select cs_health._after_run('2026-03-02');
select is((select count(*) from public.episode), 2::bigint, 'a day that is scored again tells nothing');
select public.scored(public.t(1), '2026-03-03', level => 'critical');
select public.scored(public.t(2), '2026-03-03', level => 'high');
select public.scored(public.t(3), '2026-03-03', level => 'medium');
select public.night('2026-03-03');
select results_eq('select * from public.episode', $$values
    (public.t(1), '2026-03-02'::date, '2026-03-03'::date, null::date, 'medium', 'critical', 'message'),
    (public.t(2), '2026-03-02', '2026-03-03', null, 'medium', 'critical', 'message')$$,
    'within an episode only the highest level moves');
select is((select count(*) from cs_health.outbox where kind in ('message', 'churn.alert')), 4::bigint,
    'and nobody is told again');
select is((select a.probability from cs_health.churn_alert as a where a.tenant_id = public.t(1)),
    (select (m.critical_from + 0.001)::real from cs_health.churn_model as m where m.id = 1),
    'the probability is that of the level');

-- 13 days below high, high again: the same episode; 14 days below: over
do $$
declare
    day date;
begin
    foreach day in array array(select '2026-03-04'::date + i from generate_series(0, 12) as i) loop
        perform public.scored(public.t(i), day, level => 'low') from generate_series(1, 3) as i;
        perform public.night(day);
    end loop;
    perform public.scored(public.t(1), '2026-03-17', level => 'high');
    perform public.scored(public.t(2), '2026-03-17', level => 'medium');
    perform public.scored(public.t(3), '2026-03-17', level => 'low');
end
$$;
select is((select count(*) from public.episode as e where e.ended_on is null), 2::bigint, 'after 13 days both go on');
select public.night('2026-03-17');
select results_eq('select * from public.episode', $$values
    (public.t(1), '2026-03-02'::date, '2026-03-17'::date, null::date, 'medium', 'critical', 'message'),
    (public.t(2), '2026-03-02', '2026-03-03', '2026-03-17', 'medium', 'critical', 'message')$$,
    'after 14 days below high it is over, high again on the fourteenth it goes on');
select public.scored(public.t(1), '2026-03-18', level => 'high'),
    public.scored(public.t(2), '2026-03-18', level => 'high'),
    public.scored(public.t(3), '2026-03-18', level => 'low'), public.night('2026-03-18');
select is((select count(*) from public.episode), 3::bigint, 'then a rise begins the next');
select is((select count(*) from public.message as m where m.tenant_id = public.t(2)), 2::bigint, 'which is told');
select is((select m.text ~ '^Leo &lt;b&gt; \*Baños: riesgo de abandono alto \(antes medio\)\*'
    from public.message as m where m.tenant_id = public.t(2) and m.source_key not in (select source_key from told)),
        true,
    'from the level of the day before');

-- What tells nobody
insert into cs_health.churn_model (version, status, document)
select 'other', 'candidate', m.document || '{"version": "other"}' from cs_health.churn_model as m where m.id = 1;
select m.id as other from cs_health.churn_model as m where m.version = 'other' \gset
insert into cs_health.tenant (id, name, csm, status, churned_on, churn_notice_on, holdout) values
    (public.t(11), 'New', 'ana@us.example', 'active', null, null, false),
    (public.t(12), 'Internal', 'ana@us.example', 'internal', null, null, false),
    (public.t(13), 'Gave notice', 'ana@us.example', 'active', null, '2026-03-10', false),
    (public.t(14), 'Gone', 'ana@us.example', 'churned', '2026-03-19', null, false),
    (public.t(15), 'Hardly seen', 'ana@us.example', 'active', null, null, false),
    (public.t(16), 'Other model', 'ana@us.example', 'active', null, null, false),
    (public.t(17), 'Hold-out', 'ana@us.example', 'active', null, null, true),
    (public.t(18), 'Seen again', 'ana@us.example', 'active', null, null, false);
select public.scored(public.t(i), '2026-03-18', level => 'low', coverage => case i when 18 then 0.3 else 1 end)
from generate_series(12, 18) as i;
select public.scored(public.t(i), '2026-03-19', level => 'high', coverage => case i when 15 then 0.49 else 1 end,
    model => case i when 16 then :other else 1 end) from generate_series(11, 18) as i;
select public.night('2026-03-19');
select results_eq($$select tenant_id, level_before, told from public.episode where started_on = '2026-03-19'$$, $$values
    (public.t(11), null, 'baseline'), (public.t(16), 'low', 'model'), (public.t(17), 'low', 'message'),
    (public.t(18), null, 'message')$$,
    'a first score is the baseline, another model''s view is noted; internal, notice, gone, hardly observed are not');
select results_eq($$select tenant_id from public.message where tenant_id > public.t(10) order by 1$$,
    'values (public.t(17)), (public.t(18))', 'told are hold-outs, and whoever was not known on the day before');
select matches((select m.text from public.message as m where m.tenant_id = public.t(17)),
    'This customer is a hold-out: no playbook runs for it\.', 'of a hold-out the message says so');
select matches((select m.text from public.message as m where m.tenant_id = public.t(18)),
    '^<@U0ANA> \*Seen again: risk of leaving high\*\nARR: \?\.', 'what is not known is not said');
select is((select count(*) from cs_health.outbox where kind = 'churn.alert' and tenant_id > public.t(10)), 2::bigint,
    'events are told of the same');
update cs_health.tenant set churn_notice_on = '2026-03-20' where id = public.t(17);
update cs_health.tenant set status = 'churned', churned_on = '2026-03-20' where id = public.t(18);
select public.scored(public.t(17), '2026-03-20', level => 'high'),
    public.scored(public.t(16), '2026-03-20', level => 'high'),
    public.scored(public.t(1), '2026-03-20', level => 'high'), public.night('2026-03-20');
select results_eq($$select tenant_id, ended_on from public.episode where tenant_id in (public.t(17), public.t(18))$$,
    $$values (public.t(17), '2026-03-20'::date), (public.t(18), '2026-03-20')$$,
    'notice and churn end an episode');
select is((select e.last_high_on from public.episode as e where e.tenant_id = public.t(16)), '2026-03-20',
    'one that told nobody goes on like the others');

-- A data incident holds everything back until it is over
insert into cs_health.measure_check (as_of, measure, tenants, observed, positive, had, lost, incident, reason)
values ('2026-03-21', 'logins', 10, 0, 0, 10, 10, 'lost', '10 of 10 tenants');
select public.scored(public.t(3), '2026-03-20', level => 'low'),
    public.scored(public.t(3), '2026-03-21', level => 'high'),
    public.night('2026-03-21');
select is((select count(*) from public.episode as e where e.tenant_id = public.t(3)), 0::bigint,
    'on the day of an incident nothing begins');
select is((select r.told_at from cs_health.run as r where r.as_of = '2026-03-21'), null, 'the day is not told');
update cs_health.measure_check set closed_at = now() where as_of = '2026-03-21';
select cs_health._after_run('2026-03-21');
select results_eq('select started_on, told from public.episode where tenant_id = public.t(3)',
    $$values ('2026-03-21'::date, 'message')$$, 'scored again without it, it is told');
select public.scored(public.t(3), '2026-03-22', level => 'high'), public.night('2026-03-22');
insert into cs_health.measure_check (as_of, measure, tenants, observed, positive, had, lost, incident, reason)
values ('2026-03-23', 'logins', 10, 0, 0, 10, 10, 'lost', '10 of 10 tenants');
select public.scored(public.t(11), '2026-03-22', level => 'low'), public.scored(public.t(12), '2026-03-22');
update cs_health.churn_alert set ended_on = '2026-03-20' where tenant_id = public.t(11);
select public.scored(public.t(11), '2026-03-23', level => 'high'), public.night('2026-03-23');
select public.scored(public.t(11), '2026-03-24', level => 'high'), public.night('2026-03-24');
select results_eq($$select started_on, level_before, told from public.episode where tenant_id = public.t(11)
    and started_on > '2026-03-20'$$, $$values ('2026-03-24'::date, 'low', 'message')$$,
    'after an incident days are compared with the last one before it: no rise is lost');

-- Days that are no news
insert into cs_health.tenant (id, name, csm) values (public.t(20), 'Old', 'ana@us.example');
select public.scored(public.t(20), '2026-03-24', level => 'low'),
    public.scored(public.t(20), '2026-03-25', level => 'high'),
    public.ran('2026-03-25');
set cs_health.now = '2026-03-28 00:00+00';
select cs_health._after_run('2026-03-25');
select is((select count(*) from public.episode as e where e.tenant_id = public.t(20)), 0::bigint,
    'a day three days back is history');
set cs_health.now = '2026-03-27 23:59+00';
insert into cs_health.replaying (pid, fold_until) values (pg_backend_pid(), now());
select cs_health._after_run('2026-03-25');
select is((select count(*) from public.episode as e where e.tenant_id = public.t(20)), 0::bigint, 'so is a replay');
delete from cs_health.replaying;
select cs_health._after_run('2026-03-24');
select is((select count(*) from public.episode as e where e.tenant_id = public.t(20)), 0::bigint, 'or an earlier day');
select cs_health._after_run('2026-04-30');
select is((select count(*) from public.episode as e where e.tenant_id = public.t(20)), 0::bigint,
    'or one never scored');
select cs_health._after_run('2026-03-25');
select is((select count(*) from public.episode as e where e.tenant_id = public.t(20)), 1::bigint,
    'the newest day is news until the day after the next');

-- Who gets it, and over what
select public.ran('2026-03-26');
insert into cs_health.csm (email, name, manager_email, away_until, stands_in) values
    ('away@us.example', 'Away', 'boss@us.example', '2026-04-30', 'ana@us.example'),
    ('lost@us.example', 'Lost', 'boss@us.example', '2026-04-30', null),
    ('back@us.example', 'Back', null, '2026-03-26', 'ana@us.example');
insert into cs_health.tenant (id, name, csm) values
    (public.t(30), 'Of one who is away', 'away@us.example'), (public.t(31), 'Of nobody', null),
    (public.t(32), 'Of one without stand-in', 'lost@us.example'),
        (public.t(33), 'Of one who is back', 'back@us.example');
update cs_health.channel set enabled = false where code = 'team';
insert into cs_health.channel (code, kind, host, from_address) values ('mail', 'email', 'mx.example', 'cs@us.example');
select public.scored(public.t(i), '2026-03-26', level => 'low'),
    public.scored(public.t(i), '2026-03-27', level => 'high')
from generate_series(30, 33) as i;
update cs_health.run set told_at = now() where as_of = '2026-03-26';
select public.night('2026-03-27');
select results_eq($$select tenant_id, payload ->> 'to', payload ->> 'to_name', channel from public.message
    where tenant_id between public.t(30) and public.t(33) order by 1$$, $$values
    (public.t(30), 'ana@us.example', 'Ana Gil', 'mail'), (public.t(31), 'all@us.example', null, 'mail'),
    (public.t(32), 'boss@us.example', 'Bea Boss', 'mail'), (public.t(33), 'back@us.example', 'Back', 'mail')$$,
    'who stands in, the fallback, the manager, whoever is back');
select results_eq($$select m.payload - 'text' from public.message as m where m.tenant_id = public.t(30)$$,
    $$values ('{"to": "ana@us.example", "to_name": "Ana Gil", "from_name": "Us", "unsubscribe": false,
        "subject": "Of one who is away: risk of leaving high (was low)"}'::jsonb)$$, 'a mail has all that it needs');
select matches((select m.text from public.message as m where m.tenant_id = public.t(30)), '^ARR: \?\. Probability',
    'and the text without the subject');
select set_eq($$select t.id, r.assignee, r.manager from cs_health.tenant as t
        join cs_health._duty_roster() as r on r.csm = coalesce(t.csm, '')$$,
    $$select t.id, cs_health._assignee(t.id) as a, cs_health._assignee(t.id, 'manager') as m
        from cs_health.tenant as t$$,
    'the roster says of every tenant what _assignee() says');
update cs_health.channel set enabled = false where code = 'mail';
insert into cs_health.tenant (id, name, csm, arr) values (public.t(40), E'Two\u202e lines\u2066', 'ana@us.example', 5);
select public.scored(public.t(40), '2026-03-27', level => 'low'),
    public.scored(public.t(40), '2026-03-28', level => 'high'),
    public.night('2026-03-28');
select results_eq($$select kind, title, assignee, due_on, status from cs_health.task where tenant_id = public.t(40)$$,
    $$values ('internal', 'Two lines: risk of leaving high (was low)', 'ana@us.example', '2026-03-29'::date, 'open')$$,
    'without a channel it is a task; a name is one line');
select matches((select k.detail from cs_health.task as k where k.tenant_id = public.t(40)), E'Why:\n1\\. NPS -100',
    'with the reasons');

-- Nobody is flooded
update cs_health.channel set enabled = true where code = 'team';
insert into cs_health.tenant (id, name, csm, arr)
select public.t(i), 'Many ' || i, case when i < 163 then 'ana@us.example' else 'leo@us.example' end,
    case when i = 100 then null else i * 100 end from generate_series(100, 164) as i;
select public.scored(public.t(i), '2026-03-28', level => 'low'),
    public.scored(public.t(i), '2026-03-29', level => 'high')
from generate_series(100, 164) as i;
select public.night('2026-03-29');
select results_eq($$select told, count(*), (min(tenant_id::text))::uuid from public.episode
    where started_on = '2026-03-29'
    group by told order by told$$, $$values ('message', 12::bigint, public.t(153)), ('summary', 53, public.t(100))$$,
    'ten messages for each colleague, of those with most ARR at risk');
select is((select count(*) from public.message as m where m.source_key like 'churn alert %'
    and m.tenant_id between public.t(100) and public.t(164)), 12::bigint, 'each of its own');
select is((select count(*) from public.message as m where m.source_key like 'churn alerts %'), 1::bigint,
    'and one for the rest');
select is((select left(m.text, 181) from public.message as m where m.source_key like 'churn alerts %'),
    $$<@U0ANA> *53 more customers at high or critical risk of leaving*
- Many 152: high, 2.6 %, 15,200 EUR
- Many 151: high, 2.6 %, 15,100 EUR
- Many 150: high, 2.6 %, 15,000 EUR
- Many 1$$, 'that names them');
select is((select array_length(string_to_array(m.text, E'\n'), 1) from public.message as m
    where m.source_key like 'churn alerts %'), 52, 'fifty at most');
select is((select count(*) from cs_health.outbox where kind = 'churn.alert'
    and tenant_id between public.t(100) and public.t(164)), 65::bigint, 'events are told of all');
select is(cs_health._report_dead_alerts(10), 0, 'what is on its way is not lost');
update cs_health.outbox as o set state = 'dead', ended_at = now()
where o.source_key like 'churn alerts %' or o.source_key like 'churn alert %' and o.tenant_id = public.t(164);
select is(cs_health._report_dead_alerts(1), 1, 'messages that could not be delivered');
select is(cs_health._report_dead_alerts(10), 1, 'become tasks');
select is(cs_health._report_dead_alerts(10), 0, 'once');
select results_eq($$select k.tenant_id, k.kind, k.assignee, k.title, split_part(k.detail, E'\n', 1)
    from cs_health.task as k join public.message as m on m.source_key = k.source_key
    where k.source_key like 'churn alert%' and (m.tenant_id is null or m.tenant_id = public.t(164))
    order by m.tenant_id$$, $$values
    (public.t(164), 'internal', 'leo@us.example', 'Many 164: riesgo de abandono alto (antes bajo)',
        'ARR: 16.400 EUR. Probabilidad de que se marche entre el 29/4/2026 y el 27/6/2026: 2,6 %, 3,1 veces lo '
        'habitual.'),
    (public.t(152), 'internal', 'ana@us.example', '53 more customers at high or critical risk of leaving',
        '- Many 152: high, 2.6 %, 15,200 EUR')$$, 'that say the same');
delete from cs_health.task;
update cs_health.channel set enabled = false where code = 'team';
update cs_health.churn_alert set ended_on = '2026-03-29' where started_on = '2026-03-29';
select public.scored(public.t(i), '2026-03-29', level => 'low'),
    public.scored(public.t(i), '2026-03-30', level => 'high')
from generate_series(100, 162) as i;
select public.night('2026-03-30');
select results_eq($$select count(*) from cs_health.task where source_key like 'churn alert%'
    and created_at > '2026-03-31'$$,
    'values (11::bigint)', 'without a channel ten tasks and one with the rest');
select results_eq($$select assignee, title from cs_health.task where source_key like 'churn alerts%'$$,
    $$values ('ana@us.example', '53 more customers at high or critical risk of leaving')$$,
        'which is its colleague''s');

-- Alone
delete from cs_health.run;
delete from cs_health.churn_alert;
delete from cs_health.outbox;
select public.scored(public.t(1), '2026-04-10', level => 'critical'), public.night('2026-04-10');
select results_eq('select level, told from public.episode', $$values ('critical', 'baseline')$$,
    'the first day of all is the baseline');
select is((select count(*) from cs_health.outbox), 0::bigint, 'and tells nobody');
select public.scored(public.t(1), '2026-04-11', level => 'critical'),
    public.scored(public.t(2), '2026-04-10', level => 'high'),
        public.scored(public.t(2), '2026-04-11', level => 'critical'),
    public.night('2026-04-11');
select results_eq('select tenant_id, told from public.episode', $$values (public.t(1), 'baseline'), (public.t(2),
    'baseline')$$, 'whoever was high before is no rise');
delete from cs_health.csm;
update cs_health.settings set fallback_assignee = null;
select public.scored(public.t(3), '2026-04-11', level => 'low'),
    public.scored(public.t(3), '2026-04-12', level => 'high'),
    public.night('2026-04-12');
select results_eq($$select title, assignee from cs_health.task where tenant_id = public.t(3) and kind = 'internal'$$,
    $$values ('Calm: risk of leaving high (was low)', null::text)$$, 'without any colleague it is a task of nobody');
update cs_health.channel set enabled = true where code = 'team';
update cs_health.churn_alert set ended_on = '2026-04-12' where tenant_id = public.t(3);
select public.scored(public.t(3), '2026-04-12', level => 'low'),
    public.scored(public.t(3), '2026-04-13', level => 'high'),
    public.night('2026-04-13');
select is((select left(m.text, 44) from public.message as m where m.tenant_id = public.t(3)),
    '*Calm: risk of leaving high (was low)*' || E'\nARR: ', 'over Slack it goes to all');

select * from finish();
