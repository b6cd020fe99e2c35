-- Two CSMs whose customers are alike, but for the word canary wherever Bob's have a text of their own; and one customer
-- of nobody. Ids are probe.id(thing, whose). Run by the owner.
insert into cs_health.csm (email, name) values ('ana@example.com', 'Ana'), ('bob@example.com', 'Bob'),
    ('zoe@example.com', 'Zoe');
insert into cs_health.plan (code, name, kind, rank, monthly_price)
values ('small', 'Small', 'base', 1, 10), ('large', 'Large', 'base', 2, 30), ('extra', 'Extra', 'add_on', 1, 5);
insert into cs_health.plan_limit (plan_code, metric, limit_value) values ('small', 'seats', 6), ('extra', 'seats', 2);
insert into cs_health.feature (code, name) values ('api', 'API');
create temporary table thing as
select w.whose, w.word, t.nr, md5(t.thing || ' of ' || w.whose)::uuid as tenant_id, w.word || ' ' || t.nr as name
from (values ('ana', 'honest'), ('bob', 'canary'), ('nil', 'orphan')) as w(whose, word)
cross join (values (1, 'tenant'), (2, 'second'), (3, 'gone')) as t(nr, thing);
insert into cs_health.tenant (id, external_id, name, csm, plan_code, segment, arr, signed_up_at, contract_ends_on, status,
    churned_on)
select tenant_id, name, name, (select c.email from cs_health.csm as c where c.email = whose || '@example.com'), 'small',
    word, 12345, now() - interval '400 days', current_date + 20, case nr when 3 then 'churned' else 'active' end,
    case nr when 3 then current_date - 3 end
from thing;
insert into cs_health.contact (tenant_id, name, email, is_primary) select tenant_id, name, word || '@customer.example', true
from thing;
insert into cs_health.feedback (tenant_id, kind, score, comment) select tenant_id, 'nps', 9, name from thing;
insert into cs_health.ticket (tenant_id, id, opened_at) select tenant_id, name, now() - interval '9 days' from thing;
insert into cs_health.usage (tenant_id, metric, measured_at, used) select tenant_id, 'seats', now() - interval '2 days', 7
from thing;
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change) select tenant_id, current_date - 300, 'new', 100
from thing;
insert into cs_health.touchpoint (tenant_id, kind, detail, next_step) select tenant_id, 'note', name, name from thing;
insert into cs_health.tenant_add_on (tenant_id, plan_code) select tenant_id, 'extra' from thing;
insert into cs_health.event (tenant_id, user_id, kind, feature, occurred_at)
select tenant_id, name, kind, 'api', now() - interval '2 days' from thing, unnest('{feature_denied,login}'::text[]) as kind;
insert into cs_health.pulse (tenant_id, rating, comment, csm) select tenant_id, 5, name, word from thing;
insert into cs_health.health_override (tenant_id, category, reason, set_by, expires_on)
select tenant_id, 'healthy', name, word, current_date + 9 from thing where nr = 2;
call cs_health.run_due();
update cs_health.customer_health set coverage = 1, category = 'critical', churn_probability = 0.9;
select cs_health._show_health() \g /dev/null

insert into cs_health.channel (code, kind, secret, host, from_address) values
    ('slack', 'slack', 'secret_of_slack', null, null), ('email', 'email', 'secret_of_mail', 'mail.example.com', 'us@example.com');
insert into cs_health.cs_playbook (id, code, name, trigger_type, trigger_conditions, steps)
values (md5('playbook')::uuid, 'talk', 'Talk', 'health_drop', '{"fact": "overall_score", "op": "<", "value": 60}',
    '[{"day": 0, "action": "call", "channel": "call", "subject": "Call", "template": "Call {{tenant.name}}."},
      {"day": 1, "action": "mail", "channel": "email", "to": "champion", "subject": "Hello", "template": "Hello."}]');
insert into cs_health.cs_playbook (id, code, name, trigger_type, trigger_conditions, steps)
select md5('running playbook')::uuid, 'running', name, trigger_type, trigger_conditions, steps
from cs_health.cs_playbook where code = 'talk';
insert into cs_health.playbook_execution (tenant_id, id, playbook_id, playbook_name, status, created_at, created_by,
    started_on, trigger, steps, params, paused_at)
select t.tenant_id, md5(x.thing || ' of ' || t.whose)::uuid, p.id, p.name, x.status, now(), t.name,
    case x.status when 'waiting' then null else current_date end,
    '[{"fact": "mau", "op": "<", "value": 5, "actual": 2, "for_days": 1}]', p.steps, p.params,
    case x.status when 'paused' then now() end
from thing as t
join (values (1, 'execution', 'running'), (2, 'waiting', 'waiting')) as x(nr, thing, status) on x.nr = t.nr
join cs_health.cs_playbook as p on p.code = 'running';
insert into cs_health.playbook_step (tenant_id, execution_id, step_no, day, action, channel, status, due_at, planned_at,
    recipient, subject, body, ended_at)
select e.tenant_id, e.id, s.nr, s.nr - 1, s.action, s.channel, s.status, now(), now(), e.created_by, e.created_by,
    e.created_by, s.ended_at
from cs_health.playbook_execution as e, (values (1, 'call', 'call', 'done', now()), (2, 'mail', 'email', 'approval', null))
    as s(nr, action, channel, status, ended_at) where e.status = 'running';
insert into cs_health.playbook_history (tenant_id, execution_id, at, actor, action, reason)
select tenant_id, id, now(), created_by, 'started', created_by from cs_health.playbook_execution;
insert into cs_health.playbook_test (tenant_id, execution_id, step_no, recipient, asked_at)
select tenant_id, id, 2, created_by, now() from cs_health.playbook_execution;
insert into cs_health.playbook_state (tenant_id, playbook_id, since, standing, reason)
select tenant_id, md5('playbook')::uuid, current_date, 'candidate', name from thing;
insert into cs_health.playbook_missed (tenant_id, playbook_id, since, standing, reason, left_on)
select tenant_id, md5('playbook')::uuid, current_date - 9, 'candidate', name, current_date from thing;
insert into cs_health.task (tenant_id, id, source_key, kind, title, detail, assignee, due_on, created_at)
select tenant_id, md5('task of ' || whose)::uuid, name, 'manual', name, name, whose || '@example.com', current_date, now()
from thing where nr = 1;
insert into cs_health.saved_segment (id, owner, page, name, query, created_at)
select md5('segment of ' || whose)::uuid, whose || '@example.com', 'customers', name, jsonb_build_object('name', name), now()
from thing where nr = 1;
insert into cs_health.in_app_message (tenant_id, id, execution_id, step_no, locale, title, body, created_at, expires_at)
select tenant_id, md5('message of ' || whose)::uuid, gen_random_uuid(), 1, 'en', name, name, now(), now() + interval '9 days'
from thing where nr = 1;
insert into cs_health.churn_alert (tenant_id, started_on, last_high_on, level, probability, churn_model_id, told)
select tenant_id, current_date, current_date, 'high', 0.5, 1, 'message' from thing;
insert into cs_health.expansion_signal (tenant_id, id, signal_type, current_plan, detected_at, note)
select tenant_id, md5('signal of ' || whose)::uuid, 'user_growth', 'small', now(), name from thing where nr = 1;
insert into cs_health.expansion_signal_change (tenant_id, signal_id, before, after, note, changed_at, changed_by)
select tenant_id, id, 'new', 'new', note, now(), note from cs_health.expansion_signal where note is not null;
insert into cs_health.outbox (source_key, channel, kind, tenant_id, payload, last_error)
select 'message to ' || name, 'email', 'message', tenant_id, jsonb_build_object('to', 'x@customer.example', 'text', name),
    name from thing;
insert into cs_health.outbox (source_key, channel, kind, payload) values ('digest', 'slack', 'message', '{}');
insert into cs_health.idempotency_key (author, key, playbook_id, tenant_id, answer, created_at)
select whose || '@example.com', name, md5('playbook')::uuid, tenant_id, jsonb_build_object('execution_id', name), now()
from thing where nr = 1;
insert into cs_health.journey_entry (tenant_id, entered_on, stage, reason)
select tenant_id, current_date - 200, 'onboarding', 'sign_up' from thing
on conflict do nothing;
analyze;
