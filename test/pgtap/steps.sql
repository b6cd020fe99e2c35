-- Steps and params of playbooks: what is refused, with its path, and that the table refuses it whoever writes.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set client_min_messages = error;
begin;

-- Steps with one that is changed, or that lacks a key
create function pg_temp.mail(change jsonb default '{}', lacks text default '') returns jsonb
language sql immutable as $$
    select jsonb_build_array('{"day": 0, "action": "start", "channel": "webhook"}'::jsonb,
        ('{"day": 2, "action": "mail", "channel": "email", "to": "champion", "subject": "S", "template": "T"}'::jsonb
        || change) - lacks)
$$;
create function pg_temp.step(channel text, change jsonb) returns jsonb language sql immutable as $$
    select jsonb_build_array('{"day": 0, "action": "a", "subject": "S", "template": "T"}'::jsonb
        || jsonb_build_object('channel', channel) || change)
$$;
create temp table refused (nr integer generated always as identity, steps jsonb, message text);
insert into refused (steps, message) values
    ('null', 'steps: $ must be an array of 1 to 50 steps, not null'),
    ('"x"', 'steps: $ must be an array of 1 to 50 steps, not "x"'),
    ('{}', 'steps: $ must be an array of 1 to 50 steps, not {}'),
    ('[]', 'steps: $ must be an array of 1 to 50 steps, not []'),
    ('[[]]', 'steps: $[0] must be an object, not []'),
    (pg_temp.mail('{"day": -1}'), 'steps: $[1].day must be a whole number from 0 to 365, not -1'),
    (pg_temp.mail('{"day": 366}'), 'steps: $[1].day must be a whole number from 0 to 365, not 366'),
    (pg_temp.mail('{"day": 1.5}'), 'steps: $[1].day must be a whole number from 0 to 365, not 1.5'),
    (pg_temp.mail('{"day": "2"}'), 'steps: $[1].day must be a whole number from 0 to 365, not "2"'),
    (pg_temp.mail() || pg_temp.mail(), 'steps: $[2].day must be a whole number from 2 to 365, not 0'),
    (pg_temp.mail(lacks => 'day'), 'steps: $[1].day must be given for channel email'),
    (pg_temp.mail(lacks => 'action'), 'steps: $[1].action must be given for channel email'),
    (pg_temp.mail(lacks => 'to'), 'steps: $[1].to must be given for channel email'),
    (pg_temp.mail(lacks => 'subject'), 'steps: $[1].subject must be given for channel email'),
    (pg_temp.mail(lacks => 'template'), 'steps: $[1].template must be given for channel email'),
    (pg_temp.mail(lacks => 'channel'),
        'steps: $[1].channel must be one of slack, email, in_app, call, internal, automatic, webhook, not null'),
    (pg_temp.mail('{"channel": "sms"}'),
        'steps: $[1].channel must be one of slack, email, in_app, call, internal, automatic, webhook, not "sms"'),
    (pg_temp.mail('{"chanel": "email"}'), 'steps: unknown key "chanel" in $[1]'),
    (pg_temp.mail('{"action": "Check-in"}'),
        'steps: $[1].action must be 1 to 50 lower-case letters and underscores, not "Check-in"'),
    (pg_temp.mail('{"to": "user"}'), 'steps: $[1].to must be one of champion, executive_sponsor, admin, billing, '
        'primary, csm, manager, not "user"'),
    (pg_temp.mail('{"to": ["champion"]}'), 'steps: $[1].to must be one of champion, executive_sponsor, admin, billing, '
        'primary, csm, manager, not ["champion"]'),
    (pg_temp.mail('{"fallback": "email"}'), 'steps: $[1].fallback must be one of internal, not "email"'),
    (pg_temp.mail('{"approve": "yes"}'), 'steps: $[1].approve must be true or false, not "yes"'),
    (pg_temp.mail('{"due_days": 1}'), 'steps: $[1].due_days does not go with channel email'),
    (pg_temp.mail('{"link": "https://x.org"}'), 'steps: $[1].link does not go with channel email'),
    (pg_temp.mail('{"signal": "usage_limit"}'), 'steps: $[1].signal does not go with channel email'),
    (pg_temp.mail('{"subject": "a\nb"}'), 'steps: $[1].subject must be a text of 1 to 200 bytes on one line without '
        'control characters, not "a\nb"'),
    (pg_temp.mail('{"subject": {"en": "Hi", "es": ""}}'), 'steps: $[1].subject.es must be a text of 1 to 200 bytes on '
        'one line without control characters, not ""'),
    (pg_temp.mail('{"template": {"en": "a", "fr": "b"}}'),
        'steps: $[1].template must be a text or an object with the keys en and es, not {"en":"a","fr":"b"}'),
    (pg_temp.mail('{"template": {}}'),
        'steps: $[1].template must be a text or an object with the keys en and es, not {}'),
    (pg_temp.mail('{"template": 5}'),
        'steps: $[1].template must be a text or an object with the keys en and es, not 5'),
    (pg_temp.mail('{"template": " \n\t"}'),
        'steps: $[1].template must be a text of 1 to 65536 bytes without control characters, not " \n\t"'),
    (pg_temp.mail('{"template": "a\u001b[2J"}'),
        'steps: $[1].template must be a text of 1 to 65536 bytes without control characters, not "a\u001b[2J"'),
    (pg_temp.mail('{"template": {"en": "{{tenant.name}}", "es": "{{tenant.nombre}}"}}'),
        'steps: $[1].template.es: unknown field at "{{tenant.nombre}}"'),
    (pg_temp.mail('{"subject": "{{params.code}}"}'), 'steps: $[1].subject: params has no "code"'),
    (pg_temp.mail('{"template": "{{tenant.name"}'), 'steps: $[1].template: "{{" without "}}" at "{{tenant.name"'),
    (pg_temp.mail('{"if": true}'), 'condition: $[1].if must be an object, not true'),
    (pg_temp.mail('{"if": {"all": [{"fact": "mau", "op": "<", "value": 1}, {"fact": "x", "op": "<", "value": 1}]}}'),
        'condition: unknown fact "x" at $[1].if.all[1].fact'),
    (pg_temp.mail('{"if": {"fact": "overall_score", "op": "like", "value": 1}}'), 'condition: $[1].if.op%'),
    (pg_temp.step('in_app', '{"link": "http://x.org"}'), 'steps: $[0].link must be a link that begins with https://, '
        '{{csm.booking_url}}, {{link.tenant}} or {{params.KEY}}, not "http://x.org"'),
    (pg_temp.step('in_app', '{"link": "javascript:alert(1)"}'), 'steps: $[0].link must be a link that begins with '
        'https://, {{csm.booking_url}}, {{link.tenant}} or {{params.KEY}}, not "javascript:alert(1)"'),
    (pg_temp.step('in_app', '{"link": "https://x.org/\r\nX"}'), 'steps: $[0].link must be a text of 1 to 1000 bytes '
        'without blanks and control characters, not "https://x.org/\r\nX"'),
    (pg_temp.step('in_app', '{"to": "champion"}'), 'steps: $[0].to does not go with channel in_app'),
    (pg_temp.step('call', '{"to": "champion"}'), 'steps: $[0].to must be one of csm, manager, not "champion"'),
    (pg_temp.step('call', '{"due_days": 1e3}'),
        'steps: $[0].due_days must be a whole number from 0 to 365, not 1000'),
    (pg_temp.step('internal', '{"approve": true}'), 'steps: $[0].approve does not go with channel internal'),
    (pg_temp.step('automatic', '{"signal": "usage_limit"}'), 'steps: $[0].% does not go with channel automatic'),
    (pg_temp.step('automatic', '{}') #- '{0,subject}' #- '{0,template}',
        'steps: $[0].signal must be given for channel automatic'),
    (pg_temp.step('webhook', '{}') #- '{0,subject}', 'steps: $[0].template does not go with channel webhook'),
    (pg_temp.step('slack', '{"fallback": "email"}') #- '{0,subject}',
        'steps: $[0].subject must be given for the fallback'),
    (pg_temp.step('slack', '{"fallback": "internal", "to": "billing"}'),
        'steps: $[0].to must be one of csm, manager, not "billing"'),
    ((select jsonb_agg('{"day": 0, "action": "a", "channel": "webhook"}'::jsonb) from generate_series(1, 51)),
        'steps: $ must be an array of 1 to 50 steps, not [{"day":0,"action":"a"%'),
    ((repeat('[', 100) || repeat(']', 100))::jsonb, 'steps: the document is not usable JSON: nesting too deep');

create temp table accepted (nr integer generated always as identity, name text, steps jsonb);
insert into accepted (name, steps) values
    ('a mail', pg_temp.mail()),
    ('to a colleague, with a condition, a fallback, to be approved', pg_temp.mail('{"to": "manager", "approve": true,
        "fallback": "internal", "if": {"fact": "replied_since_start", "op": "=", "value": false}}')),
    ('in one language', pg_temp.mail('{"template": {"es": "{{tenant.name}}"}}')),
    ('with params', pg_temp.mail('{"subject": "{{params.offer}} {{params.days}}"}')),
    ('with a measure of one''s own', pg_temp.mail('{"template": "{{own.anything}}"}')),
    ('Slack without a subject', pg_temp.step('slack', '{"fallback": "internal"}')),
    ('a banner with a link', pg_temp.step('in_app', '{"link": "https://x.org/?plan={{next_plan.name}}"}')),
    ('a banner with a link of params', pg_temp.step('in_app', '{"link": "{{params.offer}}"}')),
    ('a task', pg_temp.step('internal', '{"to": "manager", "due_days": 0}')),
    ('a signal', '[{"day": 365, "action": "a", "channel": "automatic", "signal": "user_growth"}]'),
    ('fifty steps', (select jsonb_agg('{"day": 0, "action": "a", "channel": "webhook"}'::jsonb)
        from generate_series(1, 50)));
select plan((select 2 * count(*)::integer from refused) + (select count(*)::integer from accepted) + 24);

create function pg_temp.refusal(call text) returns text language plpgsql as $$
declare
    state text;
    message text;
    hint text;
begin
    execute call;
    return 'accepted';
exception when others then
    get stacked diagnostics state = returned_sqlstate, message = message_text, hint = pg_exception_hint;
    return concat_ws(' ', state, message, case when hint = '' then '(no hint)' end);
end
$$;
select alike(pg_temp.refusal(format('select cs_health.check_steps(%L, ''{"offer": 1, "days": null}'')', r.steps)),
    '22023 ' || replace(replace(r.message, '\', '\\'), '_', '\_'), r.message)
from refused as r order by r.nr;
select alike(pg_temp.refusal(format('insert into cs_health.cs_playbook (name, trigger_type, trigger_conditions, steps)
    values (''x'', ''expansion'', ''{"fact": "mau", "op": "<", "value": 1}'', %L)', r.steps)), '22023 %',
    'no row with it: ' || r.message)
from refused as r order by r.nr;
select ok(cs_health.check_steps(a.steps, '{"offer": 1, "days": null}'), a.name) from accepted as a order by a.nr;

select throws_ok($$select cs_health.check_steps(pg_temp.mail(jsonb_build_object('template', repeat('x', 70000))),
    '{}')$$, '54000', null, 'more than 64 KB');
select throws_ok($$select cs_health.check_steps(pg_temp.mail(jsonb_build_object('template', repeat('x', 1000000))),
    '{}')$$, '54000', null, 'a megabyte');
select ok(cs_health.check_steps(pg_temp.mail(jsonb_build_object('template', repeat('x', 65000))), '{}'),
    '65,000 bytes');
select is(cs_health.check_steps(null, '{}'), null, 'null steps');
select is(cs_health.check_steps('[]', null), null, 'null params');

-- Params
select ok(cs_health.check_params('{"a": "x", "b_c": 1.5, "d": true, "e": null}'), 'params of every kind');
select ok(cs_health.check_params('{}'), 'no params');
select throws_ok(format('select cs_health.check_params(%L)', c.params), '22023', c.message, c.message)
from (values
    ('[]', 'params: the document must be an object'),
    ('null', 'params: the document must be an object'),
    ('{"A": 1}', 'params: key "A" must be 1 to 50 lower-case letters and underscores'),
    ('{"a1": 1}', 'params: key "a1" must be 1 to 50 lower-case letters and underscores'),
    ('{"": 1}', 'params: key "" must be 1 to 50 lower-case letters and underscores'),
    ('{"ñ": 1}', 'params: key "??" must be 1 to 50 lower-case letters and underscores'),
    (jsonb_build_object(repeat('a', 51), 1)::text,
        format('params: key "%s" must be 1 to 50 lower-case letters and underscores', repeat('a', 51))),
    ('{"a": [1]}', 'params: "a" must be a text, number, true, false or null'),
    ('{"a": {"b": 1}}', 'params: "a" must be a text, number, true, false or null'),
    ('{"a": 1e400}', 'params: "a" must be a number from -1e15 to 1e15')) as c(params, message);
select throws_ok($$select cs_health.check_params(jsonb_build_object('a', repeat('x', 20000)))$$, '54000', null,
    'more than 16 KB');
select throws_ok($$select cs_health.check_steps(pg_temp.mail(), '{"A": 1}')$$, '22023',
    'params: key "A" must be 1 to 50 lower-case letters and underscores', 'steps beside unusable params');

-- The table
select lives_ok($$insert into cs_health.cs_playbook (code, name, trigger_type, trigger_conditions, steps, params)
    values ('mine', 'Mine', 'expansion', '{"fact": "usage_ratio", "op": ">", "value": 0.9}',
    pg_temp.mail('{"template": "{{params.offer}}"}'), '{"offer": null}')$$, 'a playbook of one''s own');
select throws_ok($$update cs_health.cs_playbook set params = '{}' where code = 'mine'$$, '22023',
    'steps: $[1].template: params has no "offer"', 'a param that a text names cannot go');
select throws_ok($$update cs_health.cs_playbook set params = '{"offer": []}' where code = 'mine'$$, '22023',
    'params: "offer" must be a text, number, true, false or null', 'nor become a list');
select throws_ok($$update cs_health.cs_playbook set steps = jsonb_set(steps, '{0,day}', '9') where code = 'mine'$$,
    '22023', 'steps: $[1].day must be a whole number from 9 to 365, not 2', 'nor may days be changed to descend');
select lives_ok($$update cs_health.cs_playbook set params = '{"offer": 20, "more": "x"}' where code = 'mine'$$,
    'params may be set');

select finish();
rollback;
