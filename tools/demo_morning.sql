-- What waits for CSMs on the morning after the last scored day: playbooks to approve, mails to read before they go, calls to
-- make. What is decided for customers happens on the last working day at 10:05 UTC, when Europe's offices are open.
set client_min_messages = warning;
select set_config('cs_health.now', (max(d.day)::date + time '10:05')::text || '+00', false)
from generate_series(current_date - 7, current_date - 1, interval '1 day') as d(day) where extract(isodow from d.day) < 6;

-- Reactivation and churn risk for some of the customers that match already
select cs_health.activate_playbook(p.id) from cs_health.cs_playbook as p
where p.code in ('reactivation', 'churn_risk') and p.status = 'paused';
select cs_health.enrol_existing(cs_health.playbook_by_code(c.code), (select 2 * count(*)::integer from cs_health.csm))
from (values ('reactivation'), ('churn_risk')) as c(code);

-- Every other execution of churn_risk was approved: its tasks are there
select cs_health.approve_execution(e.id)
from (
    select e.id, row_number() over (partition by t.csm order by e.created_at, e.id) as place
    from cs_health.playbook_execution as e
    join cs_health.tenant as t on t.id = e.tenant_id
    where e.status = 'waiting' and e.playbook_id = cs_health.playbook_by_code('churn_risk')
) as e
where e.place % 2 = 1;

-- A mail that a colleague reads before it goes
insert into cs_health.cs_playbook (code, name, trigger_type, trigger_conditions, auto_execute, steps) values (
    'check_in', 'Personal check-in', 'health_drop', '{"fact": "trend", "op": "=", "value": "declining"}', true,
    '[{"day": 0, "action": "check_in_email", "channel": "email", "to": "champion", "approve": true,
       "subject": {"en": "How is it going, {{contact.first_name}}?", "es": "¿Qué tal va todo, {{contact.first_name}}?"},
       "template": {
         "en": "Hello {{contact.first_name}},\n\nI would like to hear how {{tenant.name}} is getting on this month. Is there anything that takes you longer than it should?\n\nA line is enough; I read every answer myself.\n\nKind regards,\n\n{{csm.name}}",
         "es": "Hola, {{contact.first_name}}:\n\nMe gustaría saber cómo le va a {{tenant.name}} este mes. ¿Hay algo que les lleve más tiempo del que debería?\n\nBasta con una línea; leo todas las respuestas.\n\nUn saludo,\n\n{{csm.name}}"}}]');
select cs_health.activate_playbook(cs_health.playbook_by_code('check_in'));
select cs_health.execute_playbook(cs_health.playbook_by_code('check_in'), t.id)
from (
    select t.id, row_number() over (partition by t.csm order by t.arr desc, t.id) as place
    from cs_health.tenant as t
    join cs_health.contact as c on c.tenant_id = t.id and c.role = 'champion' and c.opted_out_at is null and c.bounced_at is null
    where t.status = 'active' and not t.holdout and t.churn_notice_on is null and t.csm is not null and t.time_zone like 'Europe/%'
        and not exists (select from cs_health.playbook_execution as e where e.tenant_id = t.id)
) as t
where t.place <= 2;

-- Mails wait for approval only where there is a way to send them. What is approved waits in this one, which is closed: nobody
-- receives the mails of a demo.
insert into cs_health.channel (code, kind, host, port, from_address) select 'email', 'email', 'localhost', 25, 'success@acme.example'
where not exists (select from cs_health.channel as c where c.kind = 'email');
select cs_health.close_channel(c.code) from cs_health.channel as c where c.kind = 'email';
update cs_health.channel set enabled = true where kind = 'email';
call cs_health.run_playbooks();
reset cs_health.now;
