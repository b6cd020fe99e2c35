-- What a CSM can do about a step: read it, change it, test it, approve it, skip it.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = error;
select * from no_plan();
set cs_health.now = '2026-11-23 10:00+00';      -- a Monday
\ir include/playbooks.sql

select public.customer(1) is not null;
select public.start(1, jsonb_build_array(
    public.mail(1, '{"approve": true}'),
    public.mail(3, '{"subject": {"en": "Hello", "es": "Hola"}, "template": {"en": "Book {{csm.booking_url}}",
        "es": "Reserve {{csm.booking_url}} por {{params.price}}"}}'),
    '{"day": 4, "action": "a_b", "channel": "slack", "template": "{{tenant.name}} & {{tenant.plan}}"}'::jsonb,
    '{"day": 5, "action": "tell", "channel": "webhook"}'::jsonb), '{"price": null}') as run \gset

-- Reading
select results_eq(format('select * from cs_health.preview_step(%L, 1)', :'run'), $$values ('email', 'eva1@them.test',
    'Hello Tenant 1', 'Dear Eva, yours Ana Gil', '{}'::text[], '2026-11-24 08:00+00'::timestamptz)$$,
        'a preview is rendered');
select results_eq(format('select body, missing from cs_health.preview_step(%L, 2)', :'run'), $$values
    ('Reserve https://book.test/ana por [params.price]', '{params.price}'::text[])$$,
        'what is missing stands in brackets');
select results_eq(format('select channel, recipient, subject, body, missing from cs_health.preview_step(%L, 3)',
    :'run'),
    $$values ('slack', 'ana@us.test', null, 'Tenant 1 & [tenant.plan]', '{tenant.plan}'::text[])$$, 'a Slack message');
update cs_health.tenant set name = 'AT&T';
select is((select p.body from cs_health.preview_step(:'run', 3) as p), 'AT&T & [tenant.plan]',
    'as people read it, not as Slack wants it written');
update cs_health.tenant set name = 'Tenant 1';
select results_eq(format('select channel, subject, body, missing from cs_health.preview_step(%L, 4)', :'run'),
    $$values ('webhook', null::text, null::text, '{}'::text[])$$, 'a step without a text');
update cs_health.channel set enabled = false where kind = 'slack';
select is((select channel from cs_health.preview_step(:'run', 3)), 'internal', 'a fallback is shown');
update cs_health.channel set enabled = true;
update cs_health.contact set locale = 'en';
select is((select subject from cs_health.preview_step(:'run', 2)), 'Hello', 'in the language of the contact');
update cs_health.contact set locale = null;
select is((select subject from cs_health.preview_step(:'run', 2)), 'Hola', 'or of the tenant');
update cs_health.csm set away_until = '2026-12-01', stands_in = 'mia@us.test' where email = 'ana@us.test';
select is((select body from cs_health.preview_step(:'run', 1)), 'Dear Eva, yours Mia Roth', 'who stands in signs');
select is((select body from cs_health.preview_step(:'run', 2)), 'Reserve [csm.booking_url] por [params.price]',
    'and offers times of her own');
update cs_health.csm set away_until = null, stands_in = null;
update cs_health.tenant set csm = null;
select is((select body from cs_health.preview_step(:'run', 1)), 'Dear Eva, yours Acme',
    'without a CSM the company signs');
update cs_health.tenant set csm = 'ana@us.test';
select is((select count(*) from cs_health.playbook_step where status <> 'pending'), 0::bigint,
    'nothing came of all that');

update cs_health.csm set booking_url = null;
select public.customer(5) is not null;
select public.start(5, '[{"day": 1, "action": "b", "channel": "in_app", "subject": "S", "template": "T",
    "link": "{{csm.booking_url}}"}]') as banner \gset
select results_eq(format('select channel, subject, missing from cs_health.preview_step(%L, 1)', :'banner'),
    $$values ('in_app', 'S', '{csm.booking_url}'::text[])$$, 'a link may lack a value as well');
select cs_health.cancel_execution(:'banner')::text = 'x';
delete from cs_health.cs_playbook where id = (
    select playbook_id from cs_health.playbook_execution where id = :'banner');
delete from cs_health.playbook_execution where id = :'banner';
update cs_health.csm set booking_url = 'https://book.test/ana' where email = 'ana@us.test';

-- Changing
select lives_ok(format($$select cs_health.edit_step(%L, 1, body => 'Cara {{contact.first_name}}: hasta pronto')$$,
    :'run'), 'edited');
select results_eq(format('select subject, body from cs_health.preview_step(%L, 1)', :'run'),
    $$values ('Hello Tenant 1', 'Cara Eva: hasta pronto')$$, 'the text is another, the subject the same');
select cs_health.edit_step(:'run', 2, 'Sólo {{tenant.name}}', 'Ya {{params.price}}')::text = 'x';
select results_eq(format('select subject, body from cs_health.preview_step(%L, 2)', :'run'),
    $$values ('Sólo Tenant 1', 'Ya [params.price]')$$, 'one text for both languages');
select is((select steps -> 0 ->> 'template' from cs_health.cs_playbook),
    'Dear {{contact.first_name}}, yours {{csm.name}}',
    'the playbook itself stays as it is');
select is((select edited_by from cs_health.playbook_step where step_no = 1), public.me(), 'who did it is known');
select throws_ok(format('select cs_health.edit_step(%L, %L, %L, %L)', :'run', step, subject, body), state, null, what)
from (values
    ('22023', 1, null, '{{contact.phone}}', 'an unknown field'), ('22023', 1, null, '{{tenant.name', 'an open brace'),
    ('22023', 1, null, '{{params.nothing}}', 'a param that there is not'), ('22023', 1, null, '', 'an empty text'),
    ('22023', 1, E'a\nb', null, 'a subject of two lines'), ('22023', 1, repeat('x', 300), null, 'a long subject'),
    ('54000', 1, null, repeat('x', 70000), 'a long text'), ('22023', 4, null, 'x', 'a text for a step that has none'),
    ('22023', 0, null, 'x', 'step 0'), ('22023', 5, null, 'x', 'step 5'), ('22023', null, null, 'x', 'no step'))
    as c(state, step, subject, body, what);
select throws_ok(format('select cs_health.%s', call), '22023', null, call)
from (values ('edit_step(null, 1, ''x'', ''x'')'), ('preview_step(public.t(9), 1)'), ('preview_step(null, 1)'),
    ('approve_step(public.t(9), 1)'), ('approve_step(null, null)'), ('skip_step(public.t(9), 1, ''x'')'),
    ('send_test(public.t(9), 1, ''ana@us.test'')'), ('send_test(null, 1)')) as c(call);

-- Testing
select throws_ok(format('select cs_health.send_test(%L, 1, %L)', :'run', who), '22023',
    'recipient must be a CSM, not ' || said,
    'no test to ' || said)
from (values ('eva1@them.test', 'eva1@them.test'), (null, 'null'), (E'ana@us.test\r\n', 'ana@us.test??')) as c(who,
    said);
select throws_ok(format('select cs_health.send_test(%L, 4, %L)', :'run', 'ana@us.test'), '22023', 'step 4 has no text');
update cs_health.channel set enabled = false where kind = 'email';
select throws_ok(format('select cs_health.send_test(%L, 1, %L)', :'run', 'ana@us.test'), '55000',
    'no e-mail channel is enabled');
update cs_health.channel set enabled = true;
select cs_health.send_test(:'run', step, who)::text = 'x'
from (values (1, 'mia@us.test'), (1, 'mia@us.test'), (2, 'ana@us.test'), (3, 'ana@us.test')) as c(step, who);
select is((select count(*) from cs_health.outbox where kind = 'message'), 0::bigint, 'asking sends nothing');
call cs_health.run_playbooks();
call cs_health.run_playbooks();
select results_eq($$select payload from cs_health.outbox where kind = 'message' order by payload ->> 'subject'$$,
    $$values
    ('{"to": "mia@us.test", "to_name": "Mia Roth", "from_name": "Ana Gil", "subject": "[Test] Hello Tenant 1",
        "text": "Cara Eva: hasta pronto", "unsubscribe": false}'::jsonb),
    ('{"to": "ana@us.test", "to_name": "Ana Gil", "from_name": "Ana Gil", "subject": "[Test] Sólo Tenant 1",
        "text": "Ya [params.price]", "unsubscribe": false}'),
    ('{"to": "ana@us.test", "to_name": "Ana Gil", "from_name": "Ana Gil", "subject": "[Test] a b",
        "text": "Tenant 1 & [tenant.plan]", "unsubscribe": false}')$$, 'the next run mails each test once');
select is((select count(*) from cs_health.playbook_step where status <> 'pending'), 0::bigint,
    'and no step is further than before');
select is((select count(*) from cs_health.playbook_test), 0::bigint, 'no test is left');

-- Approving
set cs_health.now = '2026-11-24 08:00+00';
call cs_health.run_playbooks();
select is((select state from public.step where step_no = 1), 'email approval', 'due, it waits for approval');
set cs_health.now = '2026-11-25 20:00+00';
call cs_health.run_playbooks();
select is((select state from public.step where step_no = 1), 'email approval', 'for as long as it takes');
select cs_health.approve_step(:'run', 1)::text = 'x';
call cs_health.run_playbooks();
select results_eq('select state, due from public.step where step_no = 1', $$values ('email pending closed',
    '11-26 08:00')$$,
    'approved in the evening, it goes out in the morning');
set cs_health.now = '2026-11-26 08:00+00';
call cs_health.run_playbooks();
select results_eq('select state, body from public.step where step_no = 1', $$values
    ('email queued', 'Cara Eva: hasta pronto')$$, 'in the words of the CSM');
select throws_ok(format('select cs_health.%s', replace(call, 'RUN', :'run')), '55000', 'step 1 is queued', call)
from (values ('approve_step(''RUN'', 1)'), ('skip_step(''RUN'', 1, ''x'')'), ('edit_step(''RUN'', 1, ''x'')'))
    as c(call);
select results_eq(format('select subject, body, due_at from cs_health.preview_step(%L, 1)', :'run'), $$values
    ('Hello Tenant 1', 'Cara Eva: hasta pronto', '2026-11-26 08:00+00'::timestamptz)$$,
        'afterwards the preview says what it said');

-- Held, edited, at once
select is((select state from public.step where step_no = 2), 'email held no_offer', 'it was held');
select cs_health.edit_step(:'run', 2, body => 'Sin precio')::text = 'x';
call cs_health.run_playbooks();
select is((select state from public.step where step_no = 2), 'email pending contact_budget',
    'edited, it is tried at once');

-- Skipping
select throws_ok(format('select cs_health.skip_step(%L, 2, %L)', :'run', said), '22023', what, 'a reason is asked for')
from (values (null, 'reason is empty'), (E' \n', 'reason is empty'), (repeat('x', 2001),
    'reason has 2001 characters, at most 2000'))
    as c(said, what);
select cs_health.skip_step(:'run', 2, 'They renewed')::text = 'x';
select cs_health.skip_step(:'run', 3, 'They renewed')::text = 'x';
set cs_health.now = '2026-11-30 08:00+00';
call cs_health.run_playbooks();
select public.deliver() >= 0;
call cs_health.run_playbooks();
select results_eq('select step_no, state from public.step order by 1', $$values (1, 'email sent'),
    (2, 'email skipped They renewed'), (3, 'slack skipped They renewed'), (4, 'webhook done')$$, 'the others go on');
select is((select count(*) from cs_health.outbox where kind = 'step.done'
    and payload -> 'data' ->> 'status' = 'skipped'), 2::bigint,
    'a step that somebody skipped is told too');
select results_eq(format('select action, actor = public.me(),
    reason from cs_health.playbook_history where execution_id = %L
        and step_no = 2
            order by id', :'run'), $$values ('step edited', true, null), ('test asked for', true, 'ana@us.test'),
    ('step held', false, 'no_offer'), ('step edited', true, null), ('step moved', false, 'contact_budget'),
    ('step skipped', true, 'They renewed')$$, 'who did what');
select is((select status from cs_health.playbook_execution), 'finished', 'it is over');
select throws_ok(format('select cs_health.skip_step(%L, 1, %L)', :'run', 'x'), '55000',
    format('execution %s is finished already', :'run'));

-- An execution that waits for approval can be read, edited and tested, but no step of it is there to approve or skip
select public.customer(2) is not null;
insert into cs_health.playbook_execution (
    tenant_id, id, playbook_id, playbook_name, status, created_at, created_by, trigger, steps, params)
select public.t(2), public.t(77), id, name, 'waiting', now(), 'engine', '[]', steps, params from cs_health.cs_playbook;
select cs_health.edit_step(public.t(77), 1, 'Other')::text = 'x';
select results_eq('select subject, due_at from cs_health.preview_step(public.t(77), 1)', $$values ('Other',
    null::timestamptz)$$,
    'read and edited');
select cs_health.send_test(public.t(77), 1, 'ana@us.test')::text = 'x';
call cs_health.run_playbooks();
select is((select count(*) from cs_health.outbox where payload ->> 'subject' = '[Test] Other'), 1::bigint, 'tested');
select throws_ok('select cs_health.approve_step(public.t(77), 1)', '55000',
    'step 1 is part of an execution that waits for approval');
select throws_ok($$select cs_health.skip_step(public.t(77), 1, 'x')$$, '55000',
    'step 1 is part of an execution that waits for approval');
select cs_health.approve_execution(public.t(77))::text = 'x';
select is((select subject from cs_health.preview_step(public.t(77), 1)), 'Other', 'what was edited stays edited');
select cs_health.approve_step(public.t(77), 1)::text = 'x';
set cs_health.now = '2026-12-01 08:00+00';
call cs_health.run_playbooks();
select is((select state from public.step where execution_id = public.t(77) and step_no = 1), 'email queued',
    'a step approved beforehand goes out when it is due');

-- Nothing is approved of a playbook that is over
select public.customer(4) is not null;
insert into cs_health.playbook_execution (
    tenant_id, id, playbook_id, playbook_name, status, created_at, created_by, trigger, steps, params)
select public.t(4), public.t(78), id, name, 'waiting', now(), 'engine', '[]', steps, params from cs_health.cs_playbook
limit 1;
update cs_health.cs_playbook set status = 'archived';
select throws_ok('select cs_health.approve_execution(public.t(78))', '55000',
    format('the playbook of execution %s is archived', public.t(78)), 'archived');
update cs_health.playbook_execution set playbook_id = public.t(79) where id = public.t(78);
select throws_ok('select cs_health.approve_execution(public.t(78))', '55000',
    format('the playbook of execution %s is gone', public.t(78)), 'gone');
update cs_health.cs_playbook set status = 'paused';

-- What an editor says in Slack is text; what the author says may be more
select public.customer(3) is not null;
select public.start(3, '[
    {"day": 0, "action": "tell", "channel": "slack", "fallback": "email", "subject": "A &amp; B",
        "template": "<!here> {{tenant.name}}"},
    {"day": 0, "action": "tell", "channel": "slack", "subject": "x", "template": "x"}]') as run \gset
update cs_health.tenant set name = 'T <!channel>' where id = public.t(3);
select cs_health.edit_step(:'run', 2, '<!channel> & *you*',
    E'<https://evil.test|here> &lt;!here&gt; &amp;amp; {{tenant.name}}')::text = 'x';
select cs_health.edit_step(:'run', 2, (
    select steps -> 1 ->> 'subject' from cs_health.playbook_execution where id = :'run'))::text = 'x';
select results_eq(format('select n, p.subject, p.body from generate_series(1, 2) as n,
    cs_health.preview_step(%L, n) as p order by n', :'run'), $$values (1, 'A &amp; B', '<!here> T <!channel>'),
    (2, '&lt;!channel&gt; &amp; *you*',
        '&lt;https://evil.test|here&gt; &lt;!here&gt; &amp;amp; T <!channel>')$$,
    'an editor mentions nobody and hides no link, edited twice too');
update cs_health.channel set enabled = false where kind = 'slack';
select results_eq(format('select n, p.subject, p.body from generate_series(1, 2) as n,
    cs_health.preview_step(%L, n) as p order by n', :'run'), $$values (1, 'A & B', '<!here> T <!channel>'),
    (2, '<!channel> & *you*',
        '<https://evil.test|here> <!here> &amp; T <!channel>')$$, 'by mail and as a task it is the text itself');
select * from finish();
