-- The functions behind the paths of the specification: what they take, answer and refuse. 040_rest.pl asks them over
-- HTTP, and as others than the owner.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set time zone 'UTC';
set client_min_messages = warning;
\ir include/scored_days.sql
set cs_health.now = '2026-03-02 09:00+00';
\ir ../rest/company.sql
select * from no_plan();

-- How a statement is refused: SQLSTATE and message
create function public.refusal(call text) returns text language plpgsql as $$
declare
    hint text;
begin
    execute call;
    return 'accepted';
exception when others then
    get stacked diagnostics hint = pg_exception_hint;
    return concat_ws(' ', sqlstate, sqlerrm,
        case when coalesce(hint, '') = '' and sqlstate <> 'PGRST' then 'WITHOUT HINT' end);
end
$$;
create function public.update_signal(change jsonb) returns text language sql as $$
    select public.refusal(format('select cs_health_v1.update_expansion_signal(md5(''signal 1usage_limit'')::uuid, %L)',
        change))
$$;
create function public.create_playbook(change jsonb) returns text language sql as $$
    select public.refusal(format('select cs_health_v1.create_playbook(%L)', '{"name": "New", "trigger_type":
        "health_drop", "trigger_conditions": {"fact": "overall_score", "op": "<", "value": 50}, "steps": []}'::jsonb
        || '{"steps": [{"day": 0, "action": "a", "channel": "call", "subject": "S", "template": "T"}]}' || change))
$$;
create function public.start(nr integer, change jsonb default '{}') returns text language sql as $$
    select public.refusal(format('select cs_health_v1.start_playbook(md5(''playbook'')::uuid, %L)',
        jsonb_build_object('tenant_id', public.t(nr)) || change))
$$;

-- History
select results_eq($$select as_of, overall_score from cs_health_v1.health_score_history(public.t(1))$$,
    $$values (date '2026-03-01', 84), ('2026-02-28', 83), ('2026-02-27', 82)$$, 'a history');
select results_eq($$select as_of from cs_health_v1.health_score_history(public.t(1), "from" => '2026-02-28',
    "to" => '2026-02-28')$$, $$values (date '2026-02-28')$$, 'of a day');
select results_eq($$select as_of from cs_health_v1.health_score_history(public.t(1), max_rows => 1)$$,
    $$values (date '2026-03-01')$$, 'the latest of it');
select is_empty($$select from cs_health_v1.health_score_history(public.t(1), "from" => '2027-01-01')$$, 'days to come');
select is(public.refusal($$select cs_health_v1.health_score_history(public.t(1), '2026-03-02', '2026-03-01')$$),
    '22023 no days from 2026-03-02 to 2026-03-01', 'the earlier day goes first');
select is(public.refusal($$select cs_health_v1.health_score_history(null)$$), 'PT404 unknown tenant', 'of nobody');

-- Signals
select s::text as changed
from cs_health_v1.update_expansion_signal(md5('signal 1usage_limit')::uuid, '{"status": "contacted"}') as s \gset
select is(e::text, :'changed', 'the row comes back') from cs_health_v1.expansion_signals as e
where e.id = md5('signal 1usage_limit')::uuid;
select is(s.note || ' ' || s.status, 'Called contacted', 'what is left out or null stays')
from cs_health_v1.update_expansion_signal(md5('signal 1usage_limit')::uuid, '{"note": "Called", "status": null}') as s;
select is(public.update_signal('{"status": "new"}'), 'PT422 no such move', 'a move that makes no sense');
select is(public.update_signal('{"state": "won"}'), '22023 change.state is not known', 'another key');
select is(public.update_signal('{"status": 5}'), '22023 change.status must be of type string, not 5', 'another type');
select is(public.update_signal('{"status": "deferred", "deferred_until": "tomorrow"}'),
    '22023 change.deferred_until must be a day like 2026-01-31, not "tomorrow"', 'no day');
select matches(public.update_signal('{"status": "deferred", "deferred_until": "2026-02-31"}'), '^22008 ',
    'no such day');
select is(public.update_signal('{"status": "deferred", "deferred_until": "2026-03-02"}'),
    '22023 deferred_until must be a day after today, not 2026-03-02', 'a day that is over');
select is(public.update_signal('{"status": "won", "won_arr": 1e1000}'), '22023 won_arr must be between 0 and '
    || '99999999.99, not ' || 1e1000::numeric, 'more than fits');
select is(public.update_signal('[]'), '22023 change must be an object, not array', 'no object');
select is(public.refusal('select cs_health_v1.update_expansion_signal(gen_random_uuid(), ''{"note": "x"}'')'),
    'PT404 unknown signal', 'an unknown one');
select is(public.refusal('select cs_health_v1.update_expansion_signal(null, null)'),
    '22023 change must be an object, not null', 'nothing at all');
select is(public.update_signal(jsonb_build_object(E'a\r\nX-Injected: 1', 1)),
    '22023 change.a??X-Injected: 1 is not known', 'no line break in a message');

-- Playbooks
select is(p.code || ' ' || p.status || ' ' || p.cooldown_days || ' ' || p.created_by, 'made paused 30 ' || current_user,
    'a playbook is created')
from cs_health_v1.create_playbook('{"name": "New", "code": "made", "cooldown_days": 30, "audience": null,
    "trigger_type": "expansion", "trigger_conditions": {"fact": "usage_ratio", "op": ">", "value": 0.8},
    "steps": [{"day": 0, "action": "a", "channel": "call", "subject": "S", "template": "T"}]}') as p;
begin;
select id as made from cs_health_v1.create_playbook('{"name": "Second", "trigger_type": "expansion",
    "trigger_conditions": {"fact": "usage_ratio", "op": ">", "value": 0.8}, "steps": [{"day": 0, "action": "a",
    "channel": "call", "subject": "S", "template": "T"}]}') \gset
select is(current_setting('response.status') || ' ' || current_setting('response.headers'),
    '201 [{"Location": "/playbooks?id=eq.' || :'made' || '"}]', 'with 201 and its place');
commit;
select is(current_setting('response.status', true), '', 'for that transaction only');
select is(public.create_playbook('{"code": "made"}'),
    '23505 duplicate key value violates unique constraint "cs_playbook_code_key" WITHOUT HINT', 'a code that is taken');
select is(public.create_playbook('{"name": null}'), '22023 playbook.name is missing', 'what is required');
select is(public.create_playbook('{"shipped": true}'), '22023 playbook.shipped is not known', 'what is not to be set');
select is(public.create_playbook('{"created_by": "bob"}'), '22023 playbook.created_by is not known', 'nor by whom');
select is(public.create_playbook('{"name": ""}'), '22023 playbook.name_is_given is out of range', 'an empty name');
select is(public.create_playbook('{"cooldown_days": -1}'),
    '22023 playbook.cooldown_days_in_range is out of range', 'a number out of range');
select matches(public.create_playbook('{"cooldown_days": 1e30}'), '^22023 playbook: ', 'far out of range');
select matches(public.create_playbook('{"cooldown_days": 1.5}'), '^22023 playbook: ', 'half a day');
select matches(public.create_playbook(jsonb_build_object('name', repeat('x', 256))), '^22023 playbook: ',
    'a long name');
select is(public.create_playbook('{"steps": [{"day": 0, "action": "a", "channel": "pigeon", "template": "T"}]}'),
    '22023 playbook.steps: $[0].channel must be one of slack, email, in_app, call, internal, automatic, webhook, not '
    '"pigeon"', 'a fault in the steps');
select is(public.create_playbook('{"params": {"a": [1]}}'),
    '22023 playbook.params: "a" must be a text, number, true, false or null', 'in the params');
select is(public.create_playbook('{"exit_conditions": {"all": []}}'),
    '22023 playbook.exit_conditions: $.all must be an array of 1 to 100 conditions, not []', 'in a condition');
select matches(public.create_playbook(jsonb_build_object('steps', (select jsonb_agg(jsonb_build_object('day', i,
    'action', 'a', 'channel', 'call', 'subject', 'S', 'template', repeat('T', 9000)))
    from generate_series(1, 60) as i))),
    '^22023 playbook.steps: ', 'too much of it');
select is(public.refusal('select cs_health_v1.create_playbook(''5'')'), '22023 playbook must be an object, not number',
    'no object');

-- Starts
begin;
select cs_health_v1.start_playbook(md5('playbook')::uuid, jsonb_build_object('tenant_id', public.t(1),
    'idempotency_key', 'one')) as answer \gset
select is(:'answer'::jsonb, (
    select jsonb_build_object('execution_id', e.id, 'status', 'running', 'playbook_id', md5('playbook')::uuid,
        'tenant_id', public.t(1), 'started_on', '2026-03-02', 'dry_run', false)
    from cs_health.playbook_execution as e), 'a playbook starts');
select is(current_setting('response.status') || ' ' || current_setting('response.headers'),
    '202 [{"Location": "/playbook_executions?id=eq.' || (:'answer'::jsonb ->> 'execution_id') || '"}]',
    'with 202 and its place');
commit;
select is(cs_health_v1.start_playbook(md5('playbook')::uuid, jsonb_build_object('tenant_id', public.t(1),
    'idempotency_key', 'one')), :'answer', 'the same key gets the same answer');
select set_config('request.headers', '{"idempotency-key": "one"}', false) \g /dev/null
select is(cs_health_v1.start_playbook(md5('playbook')::uuid, jsonb_build_object('tenant_id', public.t(1))),
    :'answer', 'also from the header');
select is(public.start(2), 'PT422 key of another request', 'for another customer it does not');
select set_config('request.headers', '', false) \g /dev/null
select is(public.start(1)::text like 'PGRST {%' and (substr(public.start(1), 7)::jsonb - 'hint') = jsonb_build_object(
    'code', 'PT409', 'message', 'it exists already', 'details', :'answer'::jsonb ->> 'execution_id'), true,
    'without it: the open one');
select is(public.refusal($$select cs_health.start_playbook(md5('playbook')::uuid, public.t(1))$$) like '23505 %', true,
    'in SQL too');
set cs_health.now = '2026-03-03 08:59+00';
select is(cs_health.start_playbook(md5('playbook')::uuid, public.t(1), 'one'), :'answer', 'after a day less a minute');
set cs_health.now = '2026-03-03 09:00+00';
select is(public.refusal($$select cs_health.start_playbook(md5('playbook')::uuid, public.t(1), 'one')$$) like '23505 %',
    true, 'after a day it is forgotten');
select is(cs_health.start_playbook(md5('playbook')::uuid, public.t(2), 'one') ->> 'status', 'running',
    'and free for another start');
select set_config('request.jwt.claims', '{"email": "ana@example.com"}', false) \g /dev/null
select is(cs_health.start_playbook(md5('playbook')::uuid, public.t(3), 'one') ->> 'status', 'running',
    'everybody has keys of their own');
select is((select array_agg(k.author order by k.author) from cs_health.idempotency_key as k),
    array['ana@example.com', current_user::text], 'two of them');
select is(public.start(4, '{"tenant_id": "x"}'), '22023 request.tenant_id must be a UUID, not "x"', 'no UUID');
select is(public.start(4, '{"tenant_id": null}'), '22023 request.tenant_id is missing', 'none');
select is(public.start(4, '{"idempotency_key": ""}'),
    '22023 the idempotency key must have 1 to 200 printable ASCII characters', 'an empty key');
select is(public.start(4, jsonb_build_object('idempotency_key', E'a\r\nb')),
    '22023 the idempotency key must have 1 to 200 printable ASCII characters', 'a key of two lines');
select is(public.start(99), 'PT404 unknown tenant', 'an unknown customer');
select is(public.refusal($$select cs_health_v1.start_playbook(gen_random_uuid(), jsonb_build_object('tenant_id',
    public.t(4)))$$), 'PT404 unknown playbook', 'an unknown playbook');
update cs_health.tenant set status = 'paused' where id = public.t(4);
select is(public.start(4), 'PT409 not possible in this state', 'a customer for whom no playbook may run');
-- What nginx says of a request for the executions of a playbook
create function public.asked_for(playbook uuid) returns text language plpgsql as $$
declare
    claims text := current_setting('request.jwt.claims', true);
    answer text;
begin
    perform set_config('request.jwt.claims', '{"exp": 4000000000, "aud": "cs_health"}', true),
        set_config('request.headers', json_build_object('cs-health-playbook', playbook)::text, true);
    answer := public.refusal('select cs_health.check_request()');
    perform set_config('request.jwt.claims', claims, true), set_config('request.headers', '', true);
    return answer;
end
$$;
select is(public.asked_for(gen_random_uuid()), 'PT404 unknown playbook', 'executions of an unknown playbook');
select is(public.asked_for(md5('playbook')::uuid), 'accepted', 'of one that there is');
select is(public.asked_for(null), 'accepted', 'of none');

-- How long, and forgetting
select is((select r.keep_days from cs_health.retention as r where r.table_name = 'idempotency_key'), 1,
    'kept for a day');
select cs_health.forget_tenant(public.t(3)) \g /dev/null
select is((select count(*) from cs_health.idempotency_key as k where k.tenant_id = public.t(3)), 0::bigint,
    'forgotten with its customer');
set cs_health.now = '2026-03-06 09:00+00';
call cs_health.apply_retention();
select is((select count(*) from cs_health.idempotency_key), 0::bigint, 'and after its day');

select * from finish();
