-- The morning digest: when, to whom, and every section in both languages.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = warning;
select plan(56);
\ir include/scored_days.sql

delete from cs_health.channel;
insert into cs_health.csm (email, name, manager_email, slack_member_id, locale) values
    ('ana@us.example', 'Ana Gil', 'boss@us.example', 'U0ANA', 'en'),
    ('leo@us.example', 'Leo Paz', 'boss@us.example', null, 'es'),
    ('idle@us.example', 'Ida', 'boss@us.example', null, 'en');
update cs_health.settings set dashboard_url = 'https://dash.example', company_name = 'Us', time_zone = 'Europe/Madrid',
    locale = 'en', fallback_assignee = null;
insert into cs_health.channel (code, kind, host, from_address) values ('mail', 'email', 'mx.example', 'cs@us.example');
insert into cs_health.channel (code, kind, secret) values ('team', 'slack', 'slack.json');
insert into cs_health.tenant (id, name, csm, arr)
select public.t(i), case i when 8 then E'Ei\u202e ght' else 'Tenant ' || i end,
    case when i % 2 = 1 then 'ana@us.example' else 'leo@us.example' end, i * 1000 from generate_series(1, 30) as i;
create view public.digest as
select o.payload ->> 'to' as reader, o.channel, o.payload ->> 'subject' as subject, o.payload ->> 'text' as text,
    o.source_key from cs_health.outbox as o order by o.source_key;
create function public.at(moment text) returns integer language plpgsql as $$
begin
    perform set_config('cs_health.now', moment, false);
    return cs_health.send_digests();
end
$$;

-- When. 2 March 2026 is a Monday; Madrid is an hour ahead of UTC
insert into cs_health.task (tenant_id, source_key, kind, title, assignee, due_on, created_at)
values (public.t(1), 'first', 'manual', 'Call them', 'ana@us.example', '2026-03-02', now());
insert into cs_health.holiday values ('2026-03-03', 'Holiday');
select public.ran('2026-03-01'), public.ran('2026-03-02'), public.ran('2026-03-07');
select is(public.at('2026-03-02 06:59:59+00'), 0, 'not before digest_at, in settings.time_zone');
select is(public.at('2026-03-02 07:00:00+00'), 1, 'from then on');
select is(public.at('2026-03-02 07:01:00+00'), 0, 'once');
select results_eq('select day, sent, sent_at from cs_health.digest',
    $$values ('2026-03-02'::date, 1, '2026-03-02 07:00+00'::timestamptz)$$, 'a row says so');
select is(public.at('2026-03-03 12:00+00'), 0, 'not on a holiday');
select is(public.at('2026-03-08 12:00+00'), 0, 'not on Sundays');
select is(public.at('2026-03-09 12:00+00'), 0, 'not before yesterday is scored');
select public.ran('2026-03-08');
update cs_health.settings set digest_at = null;
select is(public.at('2026-03-09 12:00+00'), 0, 'never without digest_at');
update cs_health.settings set digest_at = '08:00';
select is(public.at('2026-03-09 12:00+00'), 1, 'later in the day when the run was late');
update cs_health.task set status = 'done';
select public.ran('2026-03-09');
select is(public.at('2026-03-10 12:00+00'), 0, 'whoever has nothing to read gets none');
select is((select d.sent from cs_health.digest as d where d.day = '2026-03-10'), 0, 'and nobody looks again that day');
select is(public.at('2026-03-02 12:00+00'), 0, 'a clock that goes back sends nothing twice');
select is((select count(*) from public.digest), 2::bigint, 'so two went out');

-- One made while the clock was ahead
insert into cs_health.digest (day, sent, sent_at) values ('2027-01-01', 0, '2027-01-01 08:00+00');

-- What. Monday 16 March: last digest on Tuesday the 10th
delete from cs_health.outbox;
select public.ran('2026-03-10'::date + i) from generate_series(0, 5) as i;
insert into cs_health.task (tenant_id, source_key, kind, title, assignee, due_on, status, created_at) values
    (public.t(1), 't1', 'call', 'Ring', 'ana@us.example', '2026-03-16', 'open', now()),
    (public.t(3), 't2', 'internal', 'Overdue', 'ana@us.example', '2026-03-12', 'open', now()),
    (public.t(5), 't3', 'escalation', 'Escalate', 'ana@us.example', '2026-03-16', 'open', now()),
    (public.t(7), 't4', 'call', 'Tomorrow', 'ana@us.example', '2026-03-17', 'open', now()),
    (public.t(9), 't5', 'call', 'Done', 'ana@us.example', '2026-03-16', 'done', now()),
    (public.t(2), 't6', 'call', E'Llamar\nya', 'leo@us.example', '2026-03-13', 'open', now()),
    (public.t(2), 't7', 'escalation', 'For the boss', 'boss@us.example', '2026-03-16', 'open', now()),
    (public.t(2), 't8', 'call', 'For nobody', null, '2026-03-16', 'open', now());
insert into cs_health.playbook_execution (
    tenant_id, id, playbook_id, playbook_name, status, created_at, created_by, trigger, steps, params, paused_at,
        ended_at, outcome)
select public.t(i), public.t(i), public.t(99), 'Reactivation', s.status, '2026-03-12 10:00+00', 'engine', '[]', '[]',
    '{}',
    case when s.status = 'paused' then '2026-03-13 10:00+00'::timestamptz end,
    case when s.status = 'exited' then '2026-03-13 10:00+00'::timestamptz end,
    case when s.status = 'exited' then case when i = 23 then 'resolved' else 'goal reached' end end
from (values (1, 'waiting'), (2, 'waiting'), (3, 'running'), (4, 'running'), (5, 'paused'), (21, 'exited'),
    (22, 'exited'),
    (23, 'exited')) as s(i, status);
insert into cs_health.playbook_step (
    tenant_id, execution_id, step_no, day, action, channel, status, due_at, planned_at, reason)
select public.t(i), public.t(i), n, 0, 'a', 'email', s.status, now(), now(), s.reason
from (values (3, 1, 'approval', null), (3, 2, 'held', 'no_offer'), (3, 3, 'pending', null), (4, 1, 'approval', null),
    (4, 2, 'held', 'no_booking_url'), (5, 1, 'held', 'x')) as s(i, n, status, reason);
insert into cs_health.churn_alert (tenant_id, started_on, last_high_on, ended_on, level, probability, churn_model_id,
    told)
select public.t(i), a.day::date, '2026-03-15', a.ended::date, a.level, a.probability, 1, 'message'
from (values (1, '2026-03-10', null, 'high', 0.1), (3, '2026-03-15', null, 'critical', 0.3),
    (2, '2026-03-12', null, 'high', 0.1),
    (5, '2026-03-09', null, 'high', 0.1), (7, '2026-03-12', '2026-03-15', 'high', 0.1)) as a(i, day, ended, level,
        probability);
-- falls of the six days since: 10 points, 6, 5, 4, unknown; 17 hardly observed, 19 not active
update cs_health.tenant set status = 'paused' where id = public.t(19);
select public.scored(public.t(i), '2026-03-15', s.score, coverage => s.coverage, history => decode(repeat('ff', 23)
    || lpad(to_hex(s.before), 2, '0') || repeat('32', 5) || lpad(to_hex(s.score), 2, '0'), 'hex'))
from (values (11, 60, 70, 1), (13, 70, 76, 1), (15, 70, 75, 1), (16, 70, 74, 1), (8, 50, 90, 1), (17, 20, 90, 0.4),
    (19, 20, 90, 1), (20, 30, 255, 1), (12, 80, 79, 1), (21, 90, 70, 1), (29, 85, 80, 1), (25, 30, 65, 1),
        (14, 45, 45, 1), (26, 39, 39, 1),
    (27, 90, 90, 1), (5, 70, 70, 1)) as s(i, score, before, coverage);
update cs_health.tenant set contract_ends_on = '2026-05-15' where id in (public.t(14), public.t(27), public.t(25));
update cs_health.tenant set contract_ends_on = '2026-05-16' where id = public.t(26);
update cs_health.tenant set contract_ends_on = '2026-03-16' where id = public.t(5);
insert into cs_health.expansion_signal (tenant_id, signal_type, current_plan, potential_arr, status, detected_at,
    changed_at)
values (public.t(3), 'usage_limit', 's', 12000.4, 'won', now(), '2026-03-10 07:00:01+00'),
    (public.t(3), 'user_growth', 's', 5, 'won', now(), '2026-03-10 06:59+00'),
    (public.t(4), 'user_growth', 's', null, 'won', now(), '2026-03-12 06:59+00'),
    (public.t(4), 'usage_limit', 's', 7, 'lost', now(), '2026-03-12 06:59+00');
select is(public.at('2026-03-16 08:00+00'), 3, 'a digest for each who has anything to read, managers included');
select is((select d.text from public.digest as d where d.reader = 'ana@us.example'), $$Due today
- Tenant 5: Escalate
- Tenant 3: Overdue (since 12 Mar 2026)
- Tenant 1: Ring

Waits for you
- Tenant 1: approve "Reactivation"
- Tenant 3: approve step 1 of "Reactivation"
- Tenant 3: step 2 of "Reactivation" is held: the offer is not decided

New risks of leaving
- Tenant 3: critical, 30 %, 3,000 EUR
- Tenant 1: high, 10 %, 1,000 EUR

Biggest falls
- Tenant 25: 65 → 30
- Tenant 11: 70 → 60
- Tenant 13: 76 → 70
- … and 1 more

Renewals at risk, next 60 days
- Tenant 5: 16 Mar 2026, 70, 5,000 EUR, may leave
- Tenant 25: 15 May 2026, 30, 25,000 EUR

Good news
- Tenant 3: expansion won, 12,000 EUR
- Tenant 21: goal reached ("Reactivation")
- Tenant 21: healthy again (70 → 90)

https://dash.example$$, 'tasks, what waits, alerts, falls, renewals, wins');
select is((select d.text from public.digest as d where d.reader = 'leo@us.example'), $$Tareas para hoy
- Tenant 2: Llamar ya (desde el 13/3/2026)

Espera su visto bueno
- Tenant 2: aprobar «Reactivation»
- Tenant 4: aprobar el paso 1 de «Reactivation»
- Tenant 4: paso 2 de «Reactivation» retenido: el CSM no tiene enlace de reserva

Nuevos riesgos de abandono
- Tenant 2: alto, 10 %, 2.000 EUR

Mayores caídas
- Ei ght: 90 → 50

Renovaciones en peligro, próximos 60 días
- Tenant 14: 15/5/2026, 45, 14.000 EUR

Buenas noticias
- Tenant 4: ampliación ganada
- Tenant 22: objetivo alcanzado («Reactivation»)
- Tenant 12: vuelve a estar saludable (79 → 80)

https://dash.example$$, 'in Spanish');
select is((select d.text from public.digest as d where d.reader = 'boss@us.example'), $$Due today
- Tenant 2: For the boss

https://dash.example$$, 'a manager who looks after no tenants reads of the tasks');
select results_eq('select reader, channel, subject from public.digest', $$values
    ('ana@us.example', 'mail', 'Your customers today, 16 Mar 2026'),
    ('boss@us.example', 'mail', 'Your customers today, 16 Mar 2026'),
    ('leo@us.example', 'mail', 'Sus clientes hoy, 16/3/2026')$$, 'by mail, though there is a Slack channel');
select results_eq($$select o.payload ->> 'to_name', o.payload ->> 'from_name', o.payload -> 'unsubscribe', o.tenant_id
    from cs_health.outbox as o order by o.source_key$$, $$values ('Ana Gil', 'Us', 'false'::jsonb, null::uuid),
    (null, 'Us', 'false', null), ('Leo Paz', 'Us', 'false', null)$$, 'a mail to a colleague, of no tenant');
select is((select d.sent from cs_health.digest as d where d.day = '2026-03-16'), 3, 'three are counted');
select is((select count(*) from cs_health.digest as d where d.day > '2026-03-16'), 1::bigint,
    'that of a day to come holds nothing up');

-- Only what is new since
delete from cs_health.outbox;
update cs_health.task set status = 'done';
update cs_health.playbook_execution set status = 'cancelled', paused_at = null, ended_at = '2026-03-16 08:00+00'
where ended_at is null;
update cs_health.tenant set contract_ends_on = null;
select public.ran('2026-03-16');
select is(public.at('2026-03-17 07:00+00'), 0, 'the next day there is nothing new');
-- A fall on the day of a data incident is none
insert into cs_health.measure_check (as_of, measure, tenants, observed, positive, had, lost, incident, reason)
values ('2026-03-16', 'logins', 10, 0, 0, 10, 10, 'lost', 'x');
select public.scored(public.t(11), '2026-03-16', 20, history => '\x5014');
delete from cs_health.digest where day = '2026-03-17';
select is(public.at('2026-03-17 07:01+00'), 0, 'scores of a data incident are not told');
update cs_health.measure_check set closed_at = now();
select is((select array_agg(d.body) from cs_health._digests('2026-03-17', '2026-03-16') as d),
    array[E'Biggest falls\n- Tenant 11: 80 → 20\n\nhttps://dash.example'], 'when it is over they would be');
-- Away: who stands in reads it
update cs_health.csm set away_until = '2026-03-20', stands_in = 'idle@us.example' where email = 'ana@us.example';
insert into cs_health.churn_alert (tenant_id, started_on, last_high_on, level, probability, churn_model_id, told)
select public.t(i), '2026-03-17', '2026-03-17', 'high', 0.5, 1, 'baseline' from generate_series(9, 27, 2) as i;
select public.ran('2026-03-17');
select is(public.at('2026-03-18 07:00+00'), 1, 'one digest');
select is((select d.text from public.digest as d where d.reader = 'idle@us.example'), $$New risks of leaving
- Tenant 27: high, 50 %, 27,000 EUR
- Tenant 25: high, 50 %, 25,000 EUR
- Tenant 23: high, 50 %, 23,000 EUR
- Tenant 21: high, 50 %, 21,000 EUR
- Tenant 19: high, 50 %, 19,000 EUR
- … and 5 more

https://dash.example$$, 'goes to who stands in; five are named; those of the baseline stand in it too');
-- Slack, when there is no mail; nothing, when there is neither
delete from cs_health.outbox;
update cs_health.channel set enabled = false where code = 'mail';
update cs_health.csm set away_until = null;
update cs_health.churn_alert set started_on = '2026-03-18' where told = 'baseline' and tenant_id = public.t(9);
update cs_health.settings set dashboard_url = null;
select public.ran('2026-03-18');
select is(public.at('2026-03-19 07:00+00'), 1, 'over Slack');
select is((select d.text from public.digest as d), $$<@U0ANA> *Your customers today, 19 Mar 2026*
New risks of leaving
- Tenant 9: high, 50 %, 9,000 EUR$$, 'with a mention');
update cs_health.channel set enabled = false;
update cs_health.churn_alert set started_on = '2026-03-19' where told = 'baseline' and tenant_id = public.t(9);
select public.ran('2026-03-19');
select is(public.at('2026-03-20 07:00+00'), 0, 'without a channel nothing goes out');
-- Tenants of nobody are the fallback's
update cs_health.channel set enabled = true where code = 'mail';
update cs_health.settings set fallback_assignee = 'all@us.example', locale = 'es';
update cs_health.tenant set csm = null where id = public.t(9);
update cs_health.churn_alert set started_on = '2026-03-20' where told = 'baseline' and tenant_id = public.t(9);
select public.ran('2026-03-22');
select is(public.at('2026-03-23 07:00+00'), 1, 'the fallback gets one');
select is((select d.text from public.digest as d where d.reader = 'all@us.example'),
    E'Nuevos riesgos de abandono\n- Tenant 9: alto, 50 %, 9.000 EUR', 'in the language of settings');
select is((select count(*) from cs_health.outbox as o where o.tenant_id is not null), 0::bigint, 'never of one tenant');
-- A former colleague gets nothing; the tasks are for whoever looks after the tenant now
delete from cs_health.outbox;
insert into cs_health.task (tenant_id, source_key, kind, title, assignee, due_on, created_at)
values (public.t(2), 'left', 'call', 'Of Max', 'max@us.example', '2026-03-23', now());
insert into cs_health.csm (email, name) values ('max@us.example', 'Max');
select public.ran('2026-03-23'), public.ran('2026-03-24');
select is(public.at('2026-03-24 07:00+00'), 1, 'a colleague reads of a task');
select is((select d.reader from public.digest as d), 'max@us.example', 'that is his');
delete from cs_health.outbox;
delete from cs_health.csm where email = 'max@us.example';
select is(public.at('2026-03-25 07:00+00'), 1, 'when he has left, one digest');
select results_eq('select d.reader, d.text from public.digest as d',
    $$values ('leo@us.example', E'Tareas para hoy\n- Tenant 2: Of Max (desde el 23/3/2026)')$$,
    'goes to who looks after the tenant');
select is(cs_health._tell_colleague('max@us.example', 'x', 'x', 'x'), null, 'nobody writes to him');
select isnt(cs_health._tell_colleague(c, 'x', 'x', c), null, 'but to ' || c)
from unnest(array['leo@us.example', 'boss@us.example', 'all@us.example']) as c;
-- One that cannot be sent keeps nobody from theirs
insert into cs_health.task (tenant_id, source_key, kind, title, assignee, due_on, created_at)
values (public.t(1), 'other', 'call', 'Of Ana', 'ana@us.example', '2026-03-23', now());
alter table cs_health.outbox add constraint no_mail_to_leo check (payload ->> 'to' <> 'leo@us.example') not valid;
set client_min_messages = error;
select public.ran('2026-03-25');
select is(public.at('2026-03-26 07:00+00'), 1, 'one of two digests');
set client_min_messages = warning;
select is((select d.reader from public.digest as d where d.source_key ~ '2026-03-26'), 'ana@us.example', 'is sent');

select is(cs_health._score_before('\x0a14ff1e', d), s, 'the ring ' || d || ' days back')
from (values (0, 30), (1, null), (2, 20), (3, 10), (4, null), (-1, null)) as r(d, s);

select is(cs_health._step_reason(v.reason, v.language), v.said, coalesce(v.reason, 'no reason') || ' in words')
from (values ('missing_field: contact.name, own.x', 'es', 'falta el valor de: contact.name, own.x'),
    ('missing_field: contact.name', 'en', 'no value for: contact.name'), ('condition_unknown', 'en',
        'whether its condition holds is unknown'), ('delivery: 550 RCPT: no', 'en',
        'the message could not be delivered: 550 RCPT: no'), ('error 22012: division by zero', 'es',
        'error 22012: division by zero'), ('They are on holiday', 'en', 'They are on holiday'), (null, 'es', null),
    ('', 'en', '')) as v(reason, language, said);

select * from finish();
