-- Forgetting a person and a customer in what playbooks wrote and sent, and how long that is kept.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set client_min_messages = warning;

create function pg_temp.tenant(nr integer) returns uuid language sql immutable as $$
    select ('00000000-0000-4000-8000-' || lpad(nr::text, 12, '0'))::uuid
$$;
create function pg_temp.execution(nr integer) returns uuid language sql immutable as $$
    select ('00000000-0000-4000-9000-' || lpad(nr::text, 12, '0'))::uuid
$$;

-- Two customers; Ana Díaz works at the first, and somebody with her name at the second
insert into cs_health.tenant (id, name) select pg_temp.tenant(n), 'Tenant ' || n from generate_series(1, 2) as n;
insert into cs_health.contact (tenant_id, name, email) values
    (pg_temp.tenant(1), 'Ana Díaz', 'Ana.Diaz@example.com'), (pg_temp.tenant(1), 'Bo Li', 'bo@example.com'),
    (pg_temp.tenant(2), 'Ana Díaz', 'ana.diaz@example.com');
insert into cs_health.channel (code, kind, secret, host, from_address) values
    ('email', 'email', null, 'mail.example.com', 'us@example.com'), ('slack', 'slack', 'slack', null, null);
insert into cs_health.playbook_execution (tenant_id, id, playbook_id, playbook_name, status, created_at, created_by,
    started_on, trigger, steps, params, outcome)
select pg_temp.tenant(n), pg_temp.execution(n), gen_random_uuid(), 'Reactivation', 'running', now(), 'engine',
    current_date, '[]',
    '[{"day": 0, "action": "mail", "channel": "email", "subject": "Hello", "template": "Dear all"},
        {"day": 1, "action": "mail", "channel": "email", "subject": "Hello",
        "template": {"es": "x", "en": "Dear\nAna Díaz,"}}]', '{}', 'Ana Díaz called' from generate_series(1, 2) as n;
insert into cs_health.playbook_step (tenant_id, execution_id, step_no, day, action, channel, status, due_at, planned_at,
    recipient, subject, body, reason, approved_by, ended_at)
select pg_temp.tenant(t.n), pg_temp.execution(t.n), s.nr, s.nr, 'mail', 'email',
    case s.nr when 2 then 'pending' else 'sent' end, now(), now(), s.recipient, s.subject, s.body,
    case s.nr when 4 then 'Ana Díaz asked' end, 'csm@example.com', now()
from generate_series(1, 2) as t(n) cross join (values
    (1, 'ana.diaz@example.com', 'Hello', 'Dear customer'), (2, 'bo@example.com', 'Hello', 'Thank ana díaz for it.'),
    (3, 'bo@example.com', 'Hello', 'Banana, Susana Díazgranados'), (4, null, null, null)) as s(nr,
    recipient, subject, body);
insert into cs_health.playbook_history (tenant_id, execution_id, at, actor, action, reason)
select pg_temp.tenant(n), pg_temp.execution(n), now(), 'engine', 'step failed', r.reason
from generate_series(1, 2) as n cross join (values ('ana.diaz@example.com: unknown'), ('closed')) as r(reason);
insert into cs_health.task (tenant_id, source_key, kind, title, detail, due_on, created_at)
select pg_temp.tenant(n), gen_random_uuid(), 'call', t.title, t.detail, current_date, now()
from generate_series(1, 2) as n cross join (values
    ('Call Ana Díaz', 'Soon'), ('Call', 'Ask for Ana  DÍAZ!'), ('Call Bo', 'Not Ana')) as t(title, detail);
insert into cs_health.touchpoint (tenant_id, kind, actor, detail)
select pg_temp.tenant(n), 'reply', 'ana.diaz@example.com', 'Thank you' from generate_series(1, 2) as n;
insert into cs_health.in_app_message (tenant_id, execution_id, step_no, locale, title, body, created_at, expires_at)
select pg_temp.tenant(n), pg_temp.execution(n), s.nr, 'en', 'Welcome', s.body, now(), now() + interval '1 day'
from generate_series(1, 2) as n cross join (values (1, 'Ana Díaz'), (2, 'everybody')) as s(nr, body);
insert into cs_health.expansion_signal (tenant_id, signal_type, current_plan, detected_at, note)
select pg_temp.tenant(n), 'usage_limit', 'basic', now(), 'Ana Díaz wants it' from generate_series(1, 2) as n;
insert into cs_health.expansion_signal_change (tenant_id, signal_id, before, after, note, changed_at, changed_by)
select s.tenant_id, s.id, 'new', 'contacted', 'Ana Díaz wants it', now(), 'csm@example.com'
from cs_health.expansion_signal as s;
insert into cs_health.playbook_state (tenant_id, playbook_id, since, standing)
select pg_temp.tenant(n), gen_random_uuid(), current_date, 'candidate' from generate_series(1, 2) as n;
insert into cs_health.playbook_missed (tenant_id, playbook_id, since, standing, left_on)
select pg_temp.tenant(n), gen_random_uuid(), current_date, 'candidate', current_date from generate_series(1, 2) as n;
insert into cs_health.churn_alert (tenant_id, started_on, last_high_on, level, probability, churn_model_id, told)
select pg_temp.tenant(n), current_date, current_date, 'high', 0.5, 1, 'message' from generate_series(1, 2) as n;
insert into cs_health.outbox (source_key, channel, kind, tenant_id, execution_id, step_no, payload, state, attempt,
    lease_until, ended_at)
select format('%s %s', t.n, o.nr), o.channel, 'message', pg_temp.tenant(t.n), pg_temp.execution(t.n), o.nr, o.payload,
    o.state, 1, case o.state when 'claimed' then now() end, case when o.state in ('sent', 'dead') then now() end
from generate_series(1, 2) as t(n) cross join (values
    (1, 'email', '{"to": "ANA.DIAZ@example.com", "text": "x"}'::jsonb, 'pending'),
    (2, 'email', '{"to": "bo@example.com", "to_name": "Bo", "text": "Dear Bo,\nAna Díaz said"}', 'claimed'),
    (3, 'slack', '{"text": "Ask Ana Díaz"}', 'sent'), (4, 'slack', '{"text": "Ask Ana"}', 'pending'),
    (5, 'email', '{"to": "ana.diaz@example.com"}', 'dead')) as o(nr, channel, payload, state);
insert into cs_health.outbox (source_key, channel, kind, payload)
values ('digest', 'email', 'message', '{"to": "csm@example.com", "text": "nothing"}'),
    ('digest 1', 'email', 'message', '{"to": "csm@example.com", "text": "- Call Ana Díaz\n- x"}'),
    ('digest 2', 'email', 'message', '{"to": "csm@example.com", "text": "- Tenant 2: 50 → 40\n- Tenant 1: 9"}'),
    ('churn alerts 1', 'slack', 'message', '{"text": "- Tenant 2: high"}'),
    ('digest 3', 'email', 'message', '{"to": "csm@example.com", "text": "- Tenant 22: 50 → 40"}');
insert into cs_health.task (tenant_id, source_key, kind, title, detail, due_on, created_at)
values (pg_temp.tenant(1), 'churn alerts 2', 'internal', '2 more customers', 'Tenant 2: high', current_date, now());

-- Every text of a customer that names somebody
create function pg_temp.mentions(nr integer) returns bigint language sql as $$
    select count(*) from (
        select to_jsonb(c) as r from cs_health.contact as c where c.tenant_id = pg_temp.tenant(nr)
        union all select to_jsonb(e) from cs_health.playbook_execution as e where e.tenant_id = pg_temp.tenant(nr)
        union all select to_jsonb(s) from cs_health.playbook_step as s where s.tenant_id = pg_temp.tenant(nr)
        union all select to_jsonb(s) from cs_health.playbook_history as s where s.tenant_id = pg_temp.tenant(nr)
        union all select to_jsonb(s) from cs_health.task as s where s.tenant_id = pg_temp.tenant(nr)
        union all select to_jsonb(s) from cs_health.touchpoint as s where s.tenant_id = pg_temp.tenant(nr)
        union all select to_jsonb(s) from cs_health.in_app_message as s where s.tenant_id = pg_temp.tenant(nr)
        union all select to_jsonb(s) from cs_health.expansion_signal as s where s.tenant_id = pg_temp.tenant(nr)
        union all select to_jsonb(s) from cs_health.expansion_signal_change as s where s.tenant_id = pg_temp.tenant(nr)
        union all select to_jsonb(s) from cs_health.outbox as s where s.tenant_id = pg_temp.tenant(nr)
    ) as t where t.r::text ~* 'ana\.diaz@|(\m|\\n)ana *d(í|Í)az\M'
$$;

select plan(47);

-- a person
select is(pg_temp.mentions(1), 16::bigint, 'before: rows that name Ana Díaz');
select is(cs_health.forget_contact(pg_temp.tenant(1), 'ana.diaz@EXAMPLE.com'), 18::bigint,
    'they are all touched, an execution for its steps and for its outcome, and a digest');
select is(pg_temp.mentions(1), 0::bigint, 'none names her any more');
select is(pg_temp.mentions(2), 16::bigint, 'her namesake at the other customer stays');
select is(cs_health.forget_contact(pg_temp.tenant(1), 'ana.diaz@example.com'), 0::bigint, 'nothing is left to forget');
select is((select string_agg(c.name, ', ') from cs_health.contact as c where c.tenant_id = pg_temp.tenant(1)), 'Bo Li',
    'others stay');
select results_eq(
    $$select s.step_no, s.status, s.recipient, s.subject, s.body from cs_health.playbook_step as s
        where s.tenant_id = pg_temp.tenant(1) order by s.step_no$$,
    $$values (1, 'sent', null, null, null), (2, 'pending', null, null, null),
        (3, 'sent', 'bo@example.com', 'Hello', 'Banana, Susana Díazgranados'), (4, 'sent', null, null, null)$$,
    'steps stay, their texts go, and like names are left alone');
select is(e.outcome, null, 'so do outcomes')
from cs_health.playbook_execution as e where e.tenant_id = pg_temp.tenant(1);
select is(e.steps, '[{"day": 0, "action": "mail", "channel": "email", "subject": "Hello", "template": "Dear all"},
        {"day": 1, "action": "mail", "channel": "email", "subject": "…", "template": "…", "approve": true}]',
    'a text that a colleague wrote into a step goes, and the step waits')
from cs_health.playbook_execution as e where e.tenant_id = pg_temp.tenant(1);
select results_eq(
    $$select s.step_no, s.approved_by from cs_health.playbook_step as s
        where s.tenant_id = pg_temp.tenant(1) order by s.step_no$$,
    $$values (1, 'csm@example.com'), (2, null), (3, 'csm@example.com'), (4, 'csm@example.com')$$,
    'whatever somebody had approved before');
select set_eq(
    $$select k.title, k.detail from cs_health.task as k
        where k.tenant_id = pg_temp.tenant(1) and k.source_key <> 'churn alerts 2'$$,
    $$values ('call', null), ('call', null), ('Call Bo', 'Not Ana')$$, 'tasks stay without their text');
select set_eq(
    $$select o.step_no, o.state, o.payload, o.ended_at is not null from cs_health.outbox as o
        where o.tenant_id = pg_temp.tenant(1)$$,
    $$values (1, 'cancelled', '{}'::jsonb, true), (2, 'cancelled', '{}', true), (3, 'sent', '{}', true),
        (4, 'pending', '{"text": "Ask Ana"}', false), (5, 'cancelled', '{}', true)$$,
    'what was not sent is cancelled, what was is emptied');
select is((select count(*) from cs_health.in_app_message as m where m.tenant_id = pg_temp.tenant(1)), 1::bigint,
    'a banner with the name goes');
select throws_ok($$select cs_health.forget_contact(gen_random_uuid(), 'a@example.com')$$, '22023');
select throws_ok(format($$select cs_health.forget_contact(%L, %s)$$, pg_temp.tenant(1), v.email), '22023',
    'email is empty', 'email ' || v.email)
from (values ('null'), (''''''), (''' .@ ''')) as v(email);
select is(cs_health._mentions(v.content, v.person), v.expected, format('%s in %s', v.person, v.content))
from (values ('Call Ana Díaz.', '{Ana Díaz}'::text[], true), ('(ana díaz)', '{ANA  DÍAZ}', true),
    ('Ana Díazgranados', '{Ana Díaz}', false), ('x <a.b@c.d>', '{a.b@c.d}', true), ('xa.b@c.d', '{a.b@c.d}', false),
    (null, '{Ana}', false), ('Ana', null, false), ('. .', '{"."}', false), ('', '{""}', false),
    ('$1 (.*) \m', '{"(.*)"}', false)) as v(content, person, expected);

-- a customer
select cmp_ok(cs_health.forget_tenant(pg_temp.tenant(2)), '>', 10::bigint, 'a customer is forgotten');
select is(
    (with about as materialized (
        select c.relname from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attname = 'tenant_id'
        where c.relnamespace = 'cs_health'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition)
     select string_agg(c.relname, ', ') from about as c
     where (xpath('/row/n/text()', query_to_xml(format('select count(*) as n from cs_health.%I where tenant_id = %L',
            c.relname, pg_temp.tenant(2)), false, true, '')))[1]::text <> '0'),
    null, 'no table has a row of it');
select results_eq(
    $$select o.state, count(*), bool_and(o.payload = '{}' and o.execution_id is null and o.ended_at is not null
            and o.source_key = 'forgotten ' || o.id)
        from cs_health.outbox as o where o.tenant_id is null and o.source_key !~ '^(digest|churn)' group by o.state
        order by o.state$$,
    $$values ('cancelled', 4::bigint, true), ('sent', 1, true)$$,
    'that there were deliveries is all that is left');
select is((select o.payload ->> 'text' from cs_health.outbox as o where o.source_key = 'digest'), 'nothing',
    'deliveries about nobody are left alone');
select set_eq(
    $$select o.source_key, o.state, o.payload = '{}' from cs_health.outbox as o
        where o.source_key ~ '^(digest|churn)'$$,
    $$values ('digest', 'pending', false), ('digest 1', 'cancelled', true), ('digest 2', 'cancelled', true),
        ('churn alerts 1', 'cancelled', true), ('digest 3', 'pending', false)$$,
    'digests and summaries that name the person or the customer go');
select is((select concat_ws(' ', k.title, k.detail) from cs_health.task as k where k.source_key = 'churn alerts 2'),
    'internal', 'so does a task about several');

-- retention
select is((select r.keep_days from cs_health.retention as r where r.table_name = v.name), v.days, v.name || ' is kept')
from (values ('outbox', 90), ('playbook_step', 400), ('playbook_execution', 1100), ('task', 400),
    ('in_app_message', 400), ('churn_alert', 1100), ('playbook_missed', 1100)) as v(name, days);
update cs_health.playbook_step as s set ended_at = now() - interval '402 days'
where s.step_no = 3 and s.tenant_id = pg_temp.tenant(1);
update cs_health.outbox as o set state = 'sent', ended_at = now() - interval '92 days' where o.step_no = 4;
update cs_health.task as k set status = 'done', ended_at = now() - interval '402 days' where k.title = 'Call Bo';
update cs_health.churn_alert as a set ended_on = current_date - 1102;
update cs_health.playbook_missed as m set left_on = current_date - 1102;
update cs_health.outbox as o set created_at = now() - interval '9 days' where o.source_key ~ '^(digest |churn alerts)';
call cs_health.apply_retention();
select set_eq($$select o.source_key from cs_health.outbox as o where o.source_key ~ '^(digest|churn)'$$,
    $$values ('digest'), ('churn alerts 1')$$, 'a digest is gone after a week, sent or not');
select is((select concat_ws(' ', s.status, s.recipient, s.subject, s.body) from cs_health.playbook_step as s
    where s.step_no = 3), 'sent', 'of an old step stays what became of it');
select is((select count(*) from cs_health.outbox as o where o.step_no = 4), 0::bigint, 'old deliveries go');
select is((select count(*) from cs_health.task as k), 3::bigint, 'so do old tasks');
select is((select count(*) from cs_health.churn_alert as a), 0::bigint, 'and old episodes of risk');
select is((select count(*) from cs_health.playbook_missed as m), 0::bigint, 'and what kept leavers out of playbooks');
update cs_health.playbook_execution as e set status = 'finished', ended_at = now() - interval '1102 days';
call cs_health.apply_retention();
select is((select count(*) from cs_health.playbook_step) + (select count(*) from cs_health.playbook_history), 0::bigint,
    'an execution goes with its steps and history');

select finish();
