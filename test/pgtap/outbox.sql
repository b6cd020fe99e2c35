-- The outbox in one session: who gets what, how attempts end, when they are repeated, and when a channel closes.
-- test/specs/outbox_*.spec has what happens between sessions, test/t/020_delivery.pl the worker.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
\set SHOW_CONTEXT never
set client_min_messages = error;
create schema lab;

select no_plan();

insert into cs_health.channel (code, kind, secret, max_inflight, max_attempts) values
    ('a', 'webhook', 'a', 3, 4), ('b', 'webhook', 'b', 100, 12);
insert into cs_health.channel (code, kind, host, from_address) values
    ('mail', 'email', 'smtp.example.com', 'cs@example.com');

-- Puts messages into a channel, due in this order
create function lab.put(channel text, number integer) returns void language sql as $$
    select cs_health._enqueue(channel, 'test', jsonb_build_object('n', n),
        format('%s %s %s', channel, clock_timestamp(), n))
    from generate_series(1, number) as n
$$;
create function lab.claim(channel text, max_rows integer default 20, lease interval default '60 s')
returns setof uuid language sql as $$
    select c.id from cs_health.claim_outbox('lab', array[channel], max_rows, lease) as c
$$;
create function lab.end_all(channel text, outcome text, status integer default null, retry_after interval default null)
returns bigint language sql as $$
    select count(*) from (
        select cs_health.complete_outbox(o.id, o.attempt, outcome, status, 'why', retry_after)
        from cs_health.outbox as o where o.channel = end_all.channel and o.state = 'claimed') as done
$$;
create function lab.empty() returns void language sql as $$
    delete from cs_health.outbox;
    update cs_health.channel set failures = 0, closed_until = null, allowance_from = null, enabled = true;
$$;
create function lab.refusal(call text, out said text) language plpgsql as $$
begin
    execute call;
    said := 'nothing';
exception when others then
    said := sqlstate || ' ' || sqlerrm;
end
$$;

-- Writing
select is(cs_health._enqueue('a', 'test', '{}', 'once'), cs_health._enqueue('b', 'other', '{"x": 1}', 'once'),
    'a source_key that is there gives that row''s id');
select is((select count(*) from cs_health.outbox), 1::bigint, 'and no second row');
select is(lab.refusal($$select cs_health._enqueue('nowhere', 'test', '{}', 'x')$$),
    '23503 insert or update on table "outbox" violates foreign key constraint "outbox_channel_fkey"',
    'there is no message to a channel that is not there');
select matches(lab.refusal(
    $$select cs_health._enqueue('a', 'test', jsonb_build_object('x', repeat('x', 300000)), 'x')$$),
    '^23514 .*outbox_payload_fits', 'a payload has at most 256 KB');
select is(cs_health._emit('churn.alert', null, '{}', 'e1'), 2, 'an event goes to every webhook');
update cs_health.channel set event_kinds = '{task.overdue}' where code = 'a';
select is(cs_health._emit('churn.alert', null, '{}', 'e2'), 1, 'but for those that do not want its kind');
select is(cs_health._emit('churn.alert', null, '{}', 'e2'), 0, 'and once');
set client_min_messages = error;
select is(cs_health._emit('churn.alert', null, to_jsonb(repeat('x', 270000)), 'big'), 0,
    'one that is too large is left out');
set client_min_messages = warning;
update cs_health.channel set event_kinds = null, enabled = false where code = 'a';
select is(cs_health._emit('churn.alert', null, '{}', 'e3'), 1, 'nor to one that is not enabled');
select results_eq(
    $$select o.payload ->> 'kind', o.payload ->> 'version', o.payload -> 'data'
      from cs_health.outbox as o where o.channel = 'b' order by o.created_at limit 1$$,
    $$values ('churn.alert', '1', '{}'::jsonb)$$, 'what an event says');
select lab.empty();

-- Claiming
select lab.put('a', 5);
select is((select count(*) from lab.claim('b')), 0::bigint, 'nothing of other channels');
select is((select array_agg(o.payload ->> 'n') from lab.claim('a', 2) as id join cs_health.outbox as o using (id)),
    '{1,2}', 'the oldest first, as many as wanted');
select is((select count(*) from lab.claim('a')), 1::bigint, 'at most max_inflight altogether');
select is((select count(*) from lab.claim('a')), 0::bigint, 'so then nothing');
select results_eq(
    $$select count(*), min(o.attempt), max(o.claimed_by), min(o.lease_until) > clock_timestamp() + interval '58 s',
        bool_and(o.next_attempt_at = o.lease_until)
      from cs_health.outbox as o where o.state = 'claimed'$$,
    $$values (3::bigint, 1, 'lab', true, true)$$, 'what is claimed says so');
select is(lab.end_all('a', 'sent', 200), 3::bigint, 'all of it is completed');
select results_eq('select outcome, status, error, count(*) from cs_health.delivery_attempt group by 1, 2, 3',
    $$values ('sent', 200, 'why', 3::bigint)$$, 'every end is written down');
select results_eq(
    $$select state, last_status, last_error, lease_until, claimed_by, count(*), bool_and(ended_at is not null)
      from cs_health.outbox where attempt = 1 group by 1, 2, 3, 4, 5$$,
    $$values ('sent', 200, 'why', null::timestamptz, null::text, 3::bigint, true)$$, 'and stands in the outbox');
select is((select count(*) from lab.claim('a')), 2::bigint, 'then the others');
select lab.empty();

select lab.put('a', 1), lab.put('b', 1);
update cs_health.channel set enabled = false where code = 'a';
select results_eq($$select channel, channel_kind, kind, secret, timeout_seconds, payload
    from cs_health.claim_outbox('lab')$$, $$values ('b', 'webhook', 'test', 'b', 15, '{"n": 1}'::jsonb)$$,
    'all enabled channels by default, with what a sender needs');
select lab.empty();
select lab.put('a', 1);
update cs_health.outbox set next_attempt_at = clock_timestamp() + interval '1 min';
select is((select count(*) from lab.claim('a')), 0::bigint, 'nothing before it is due');
select is((select (cs_health._worker_poll(null, null, null, null)).due = next_attempt_at from cs_health.outbox), true,
    'the worker knows when that is');
select is((select count(*) from cs_health.delivery_worker), 0::bigint, 'a poll that tells nothing writes nothing');
select cs_health._worker_poll(1, now(), 2, 3) is not null;
select cs_health._worker_poll(4, now(), 5, 6) is not null;
select results_eq('select pid, sent, failed from cs_health.delivery_worker', 'values (4, 5::bigint, 6::bigint)',
    'one that tells keeps one row');
select lab.empty();

-- Leases and the number of the attempt
select lab.put('b', 1);
select count(*) = 1 as claimed from lab.claim('b', 20, '0 s') \gset
select is((select count(*) from lab.claim('b')), 1::bigint, 'after the lease somebody else may claim');
select id from cs_health.outbox \gset
select is(cs_health.complete_outbox(:'id', 1, 'sent', 200), false, 'who is late is told so');
select results_eq('select state, attempt from cs_health.outbox', $$values ('claimed', 2)$$, 'and changes nothing');
select is((select count(*) from cs_health.delivery_attempt), 0::bigint, 'nor is it written down');
select is(cs_health.complete_outbox(:'id', 3, 'sent', 200), false, 'an attempt that was not given out');
select is(cs_health.complete_outbox(gen_random_uuid(), 1, 'sent', 200), false, 'a message that is not there');
select is(cs_health.complete_outbox(null, 1, 'sent'), false, 'no message');
select is(cs_health.complete_outbox(:'id', 2, 'sent', 200), true, 'the right one');
select is(cs_health.complete_outbox(:'id', 2, 'retry', 500), false, 'but once');
select is((select state from cs_health.outbox), 'sent', 'what is sent stays sent');
select lab.empty();
select lab.put('b', 1);
select count(*) = 1 as claimed from lab.claim('b', 20, '0 s') \gset
select id from cs_health.outbox \gset
select is(cs_health.complete_outbox(:'id', 1, 'sent', 200), true,
    'who is late is still right as long as nobody else has claimed');
select lab.empty();

-- A sender that never says how it ended
select lab.put('a', 1);
select count(*) from generate_series(1, 4) as n cross join lateral lab.claim('a', 20 + 0 * n, '0 s') \g /dev/null
select results_eq('select state, attempt from cs_health.outbox', $$values ('claimed', 4)$$, 'claimed again and again');
select is((select count(*) from lab.claim('a')), 0::bigint, 'but not more often than max_attempts');
select results_eq('select state, attempt, last_error from cs_health.outbox',
    $$values ('dead', 4, 'none of its attempts came to an end')$$, 'then it is dead');
select lab.empty();

-- What the worker left behind
select lab.put('a', 2), lab.put('b', 1);
select count(*) from cs_health._claim_outbox(cs_health._worker_name(), '{a}', 20, '1 h') \g /dev/null
select count(*) from lab.claim('b', 20, '1 h') \g /dev/null
update cs_health.outbox set attempt = 4 where payload ->> 'n' = '2';
select is(cs_health._release_leases(), 1, 'its leases are released');
select results_eq('select channel, state, claimed_by from cs_health.outbox order by 1, 2',
    $$values ('a', 'claimed', 'cs_health delivery'), ('a', 'pending', null), ('b', 'claimed', 'lab')$$,
    'those of others are not');
select is((select count(*) from lab.claim('a')), 1::bigint, 'and given out anew');
select is((select state from cs_health.outbox where attempt = 4), 'dead',
    'what killed its sender max_attempts times is dead');
select lab.empty();

-- When it is tried again
select results_eq(
    $$select tries, least(14400, 10 * 3 ^ (tries - 1)) * 0.9 <= min(seconds)
          and least(14400, 10 * 3 ^ (tries - 1)) * 1.1 >= max(seconds), count(distinct seconds) > 150
      from generate_series(1, 12) as tries cross join generate_series(1, 200) as n
      cross join lateral (select extract(epoch from cs_health._retry_delay(tries + 0 * n))) as d(seconds)
      group by tries order by tries$$,
    'select tries, true, true from generate_series(1, 12) as tries', '10 s, 30 s, 90 s … 4 hours, by chance 10 % off');
select is(cs_health._retry_delay(2147483647) between interval '3 h' and interval '5 h', true, 'and never more');
select lab.put('b', 1);
create function lab.wait(asked interval) returns interval language plpgsql as $$
declare
    wait interval;
begin
    update cs_health.outbox set next_attempt_at = clock_timestamp(), attempt = 0;
    delete from cs_health.delivery_attempt;
    update cs_health.channel set closed_until = null, failures = 0;
    perform lab.claim('b');
    perform lab.end_all('b', 'retry', 503, asked);
    select next_attempt_at - clock_timestamp() into wait from cs_health.outbox where state = 'pending';
    return date_trunc('second', wait + interval '0.9 s');
end
$$;
select is(lab.wait(null) between interval '9 s' and interval '11 s', true, 'the first time after 10 s');
select is(lab.wait('0 s'), interval '1 s', 'Retry-After 0 is a second');
select is(lab.wait('-1 day'), interval '1 s', 'a negative one too');
select is(lab.wait('7 s'), interval '7 s', 'Retry-After 7');
select is(lab.wait('2 h'), interval '2 h', 'Retry-After of 2 hours');
select is(lab.wait('10 years'), interval '1 day', 'at most a day');
select results_eq('select state, last_status, last_error, ended_at from cs_health.outbox',
    $$values ('pending', 503, 'why', null::timestamptz)$$, 'it waits and says why');
select is((select count(*) from lab.claim('b')), 0::bigint, 'it is not given out before');
select is((select round(extract(epoch from closed_until - clock_timestamp())) from cs_health.channel where code = 'b'),
    300::numeric, 'the channel waits with it, 5 minutes at most');
select lab.empty();

-- The last attempt
select lab.put('a', 1);
do $$
begin
    for i in 1..4 loop
        update cs_health.outbox set next_attempt_at = clock_timestamp();
        update cs_health.channel set closed_until = null, failures = 0;
        perform lab.claim('a');
        perform lab.end_all('a', 'retry', 500);
    end loop;
end
$$;
select results_eq('select state, attempt, last_status from cs_health.outbox', $$values ('dead', 4, 500)$$,
    'dead after max_attempts');
select results_eq('select attempt, outcome from cs_health.delivery_attempt order by attempt',
    $$values (1, 'retry'), (2, 'retry'), (3, 'retry'), (4, 'dead')$$, 'each attempt has its row');
select id from cs_health.outbox \gset
select is(cs_health.cancel_delivery(:'id'), false, 'what is dead cannot be cancelled');
select is(cs_health.requeue(:'id'), true, 'but tried again');
select is(cs_health.requeue(:'id'), false, 'once');
select is((select count(*) from lab.claim('a')), 1::bigint, 'it is given out');
select is(lab.end_all('a', 'retry', 500), 1::bigint, 'fails');
select results_eq('select state, attempt from cs_health.outbox', $$values ('pending', 5)$$,
    'and has all its attempts again');
select is((select next_attempt_at - clock_timestamp() < interval '12 s' from cs_health.outbox), true,
    'from the shortest delay on');
select is(cs_health.cancel_delivery(:'id'), true, 'what waits can be cancelled');
select is(cs_health.cancel_delivery(:'id'), false, 'once');
select is(cs_health.requeue(:'id'), false, 'what is cancelled is not tried again');
select is((select count(*) from lab.claim('a')), 0::bigint, 'nor given out');
select lab.empty();

select lab.put('a', 3);
select count(*) from lab.claim('a', 2) \g /dev/null
select is((select array_agg(cs_health.cancel_delivery(id) order by payload ->> 'n') from cs_health.outbox),
    '{f,f,t}', 'what is being sent cannot be cancelled');
select lab.end_all('a', 'dead', 400);
select is((select failures from cs_health.channel where code = 'a'), 0,
    'a message''s own fault is no failure of its channel');
select is(cs_health.requeue_channel('a'), 2, 'all dead ones of a channel');
select is(cs_health.requeue_channel('a'), 0, 'once');
select is(cs_health.requeue_channel('b'), 0, 'none of others');
select lab.empty();

-- The breaker
select lab.put('b', 12);
select count(*) from lab.claim('b', 4) \g /dev/null
select lab.end_all('b', 'retry', 500);
select results_eq($$select failures, closed_until from cs_health.channel where code = 'b'$$,
    'values (4, null::timestamptz)', 'four failures in a row close nothing');
select count(*) from lab.claim('b', 3) \g /dev/null
select lab.end_all('b', 'retry', 500);
select results_eq(
    $$select failures, round(extract(epoch from closed_until - clock_timestamp()))
      from cs_health.channel where code = 'b'$$,
    'values (5, 2::numeric)', 'the fifth closes for 2 s, and what was in flight then does not count');
select is((select count(*) from lab.claim('b')), 0::bigint, 'a closed channel gives nothing out');
select is((select round(extract(epoch from (cs_health._worker_poll(null, null, null, null)).due - clock_timestamp()))),
    2::numeric, 'and the worker knows until when');
update cs_health.channel set closed_until = clock_timestamp() where code = 'b';
select is((select count(*) from lab.claim('b')), 1::bigint, 'then one message tries');
select is((select count(*) from lab.claim('b')), 0::bigint, 'and no other');
select lab.end_all('b', 'retry', 500);
select results_eq(
    $$select failures, round(extract(epoch from closed_until - clock_timestamp()))
      from cs_health.channel where code = 'b'$$,
    'values (6, 4::numeric)', 'twice as long');
update cs_health.channel set closed_until = clock_timestamp(), failures = 30 where code = 'b';
select count(*) from lab.claim('b') \g /dev/null
select lab.end_all('b', 'retry', 500);
select is((select round(extract(epoch from closed_until - clock_timestamp())) from cs_health.channel where code = 'b'),
    300::numeric, 'at most 5 minutes');
update cs_health.channel set closed_until = clock_timestamp() where code = 'b';
select count(*) from lab.claim('b') \g /dev/null
select lab.end_all('b', 'sent', 200);
select is((select failures from cs_health.channel where code = 'b'), 0, 'a success opens it');
select is((select count(*) from lab.claim('b')) > 1, true, 'altogether');
select lab.end_all('b', 'dead', 404);
select is((select failures from cs_health.channel where code = 'b'), 2, 'an address that is gone counts');
select lab.empty();
update cs_health.channel set failures = 0 where code = 'b';
select lab.put('b', 3);
select count(*) from lab.claim('b', 3) \g /dev/null
select is((select array_agg(cs_health.complete_outbox(o.id, o.attempt, 'dead', r.status, r.error)) from (
        select id, attempt, row_number() over (order by id) as n from cs_health.outbox where state = 'claimed') as o
    join (values (1, 550, 'SMTP 550 5.1.1 to RCPT'), (2, 550, 'SMTP 550 5.7.1 to RCPT'), (3, 554, 'SMTP 554 5.6.3'))
        as r(n, status, error) on r.n = o.n), '{t,t,t}', 'mails that were refused');
select is((select failures from cs_health.channel where code = 'b'), 1,
    'a recipient who is refused for another reason than the address counts, others do not');
select is((select string_agg(r.error, ', ') from (values (550, 'SMTP 550 5.1.1 to RCPT'),
    (551, 'SMTP 551 5.1.6 to RCPT'),
    (550, 'SMTP 550 5.1.10 to RCPT'), (550, 'SMTP 550 5.1.8 to RCPT'), (550, 'SMTP 550 5.1.11 to RCPT'),
    (550, 'SMTP 550 5.2.1 to RCPT'), (550, 'SMTP 550 to RCPT'), (550, 'SMTP 550 5.1.1'),
    (554, 'SMTP 554 5.1.1 to RCPT'),
    (null, 'SMTP 550 5.1.1 to RCPT'), (550, null)) as r(status, error)
    where cs_health._is_hard_bounce(r.status, r.error)),
    'SMTP 550 5.1.1 to RCPT, SMTP 551 5.1.6 to RCPT, SMTP 550 5.1.10 to RCPT', 'what says that an address is no good');
select lab.empty();

select lab.put('b', 1);
select cs_health.close_channel('b');
select is((select count(*) from lab.claim('b')), 0::bigint, 'close_channel()');
select is((cs_health._worker_poll(null, null, null, null)).due, 'infinity'::timestamptz, 'nothing is due for ever');
select cs_health.open_channel('b');
select is((select count(*) from lab.claim('b')), 1::bigint, 'open_channel()');
select cs_health.close_channel('b');
select lab.end_all('b', 'retry', 500);
select is((select closed_until from cs_health.channel where code = 'b'), 'infinity'::timestamptz,
    'a failure does not open what was closed by hand');
select lab.empty();

-- How fast
insert into cs_health.channel (code, kind, secret) values ('slack', 'slack', 's');
select lab.put('slack', 5);
select is((select count(*) from lab.claim('slack')), 1::bigint, 'Slack gets one');
select is((select count(*) from lab.claim('slack')), 0::bigint, 'a second');
select is((select extract(epoch from (cs_health._worker_poll(null, null, null, null)).due - clock_timestamp())
    between 0.5 and 1), true, 'and the worker knows');
update cs_health.channel set allowance_from = allowance_from - interval '1 s' where code = 'slack';
select is((select count(*) from lab.claim('slack')), 1::bigint, 'after a second the next');
update cs_health.channel set allowance_from = allowance_from - interval '1 h' where code = 'slack';
select is((select count(*) from lab.claim('slack')), 1::bigint, 'nothing is saved up beyond a second');
update cs_health.channel set per_second = 0.1, allowance_from = clock_timestamp() - interval '9 s' where code = 'slack';
select is((select count(*) from lab.claim('slack')), 0::bigint, 'one in ten seconds is not one in nine');
update cs_health.channel set per_second = 2, allowance_from = null where code = 'slack';
select is((select count(*) from lab.claim('slack')), 2::bigint, 'two a second');
select lab.put('slack', 1);
update cs_health.channel set allowance_from = clock_timestamp() + interval '1 year' where code = 'slack';
select is((cs_health._worker_poll(null, null, null, null)).due <= clock_timestamp(), true,
    'an allowance from when the clock was ahead makes nobody wait');
select is((select count(*) from lab.claim('slack')), 1::bigint, 'and does not count');
select cmp_ok((select allowance_from from cs_health.channel where code = 'slack'), '<=', clock_timestamp(),
    'the next begins now');
select lab.empty();

-- What the worker has room for: no channel holds more than what stays free for others
select lab.put('b', 100);
select is((select count(*) from cs_health._claim_outbox('x', array['b'], 40, '60 s', '15 s')), 20::bigint,
    'half of the room');
select is((select count(*) from cs_health._claim_outbox('x', array['b'], 20, '60 s', '15 s')), 0::bigint,
    'and no more while it holds as much as is free');
select lab.put('a', 1);
select is((select count(*) from cs_health._claim_outbox('x', array['a'], 1, '60 s', '15 s')), 1::bigint,
    'the last place is for one that holds nothing');
select lab.empty();

-- What people see
select lab.put('a', 3), lab.put('b', 2);
select count(*) from lab.claim('a', 1) \g /dev/null
select lab.end_all('a', 'sent', 200);
select count(*) from lab.claim('a', 1) \g /dev/null
select count(*) from lab.claim('b', 1) \g /dev/null
select lab.end_all('b', 'dead', 400);
select results_eq(
    $$select channel, kind, enabled, pending, in_flight, dead, oldest is not null, p95_seconds >= 0, failures,
        closed_until
      from cs_health.delivery_status() where channel in ('a', 'b') order by 1$$,
    $$values ('a', 'webhook', true, 1::bigint, 1::bigint, 0::bigint, true, true, 0, null::timestamptz),
        ('b', 'webhook', true, 1, 0, 1, true, null, 0, null)$$, 'delivery_status()');
select is((select problem from cs_health.delivery_status() where channel = 'a'), 'cs_health.secret_dir is not set',
    'and what is wrong with a secret');
select is((select problem from cs_health.delivery_status() where channel = 'mail'), null, 'none is no problem');
select lab.empty();

-- Tests of channels
select isnt(cs_health.test_channel('a'), cs_health.test_channel('a'), 'a test is sent each time');
insert into cs_health.csm (email, name) values ('ana@example.org', 'Ana');
select is((select payload - '{id,occurred_at}'::text[] from cs_health.outbox where kind = 'channel.test' limit 1),
    '{"kind": "channel.test", "version": 1, "tenant_id": null,
        "data": {"text": "cs_health can write to this channel."}}',
    'a webhook gets it as an event');
select isnt(cs_health.test_channel('mail', 'ana@example.org'), null, 'a mail to somebody');
select results_eq($$select payload ->> 'to', payload ->> 'subject' from cs_health.outbox where channel = 'mail'$$,
    $$values ('ana@example.org', 'Test')$$, 'to that address');

-- Refusals
select is(lab.refusal(r.call), r.said, r.call) from (values
    ('select cs_health.claim_outbox(null)',
        '22023 consumer must be a name of your own with at most 100 characters, not "<NULL>"'),
    ('select cs_health.claim_outbox('''')',
        '22023 consumer must be a name of your own with at most 100 characters, not ""'),
    ('select cs_health.claim_outbox(''cs_health delivery'')',
        '22023 consumer must be a name of your own with at most 100 characters, not "cs_health delivery"'),
    ('select cs_health.claim_outbox(''x'', null, 0)', '22023 max_rows must be from 1 to 1000, not 0'),
    ('select cs_health.claim_outbox(''x'', null, null)', '22023 max_rows must be from 1 to 1000, not null'),
    ('select cs_health.claim_outbox(''x'', null, 1001)', '22023 max_rows must be from 1 to 1000, not 1001'),
    ('select cs_health.claim_outbox(''x'', null, 1, ''-1 s'')', '22023 lease must be from 0 to 1 day, not -00:00:01'),
    ('select cs_health.claim_outbox(''x'', null, 1, ''2 days'')', '22023 lease must be from 0 to 1 day, not 2 days'),
    ('select cs_health.claim_outbox(''x'', null, 1, null)', '22023 lease must be from 0 to 1 day, not null'),
    ('select cs_health.complete_outbox(gen_random_uuid(), 1, ''done'')',
        '22023 outcome must be sent, retry or dead, not "done"'),
    ('select cs_health.complete_outbox(gen_random_uuid(), 1, null)',
        '22023 outcome must be sent, retry or dead, not null'),
    ('select cs_health.close_channel(''nowhere'')', '22023 unknown channel "nowhere"'),
    ('select cs_health.open_channel(''nowhere'')', '22023 unknown channel "nowhere"'),
    ('select cs_health.requeue_channel(''nowhere'')', '22023 unknown channel "nowhere"'),
    ('select cs_health.test_channel(''nowhere'')', '22023 unknown channel "nowhere"'),
    ('select cs_health.test_channel(null)', '22023 unknown channel "<NULL>"'),
    ('select cs_health.test_channel(''a'', ''a@b'')',
        '22023 recipient of a test must be given for e-mail, and only there'),
    ('select cs_health.test_channel(''mail'')', '22023 recipient of a test must be given for e-mail, and only there'),
    ('select cs_health.test_channel(''mail'', E''a@b\r\nx'')', '22023 "a@b??x" is no address that mail can be sent to'),
    ('select cs_health.test_channel(''mail'', ''eve@example.org'')',
        '22023 recipient must be a colleague, not eve@example.org'),
    ('update cs_health.channel set from_address = E''a@b\r\nx'' where code = ''mail''',
        '22023 "a@b??x" is no address that mail can be sent to'),
    ('update cs_health.channel set unsubscribe = ''http://x'' where code = ''mail''',
        '22023 the URL does not begin with https://'),
    ('update cs_health.channel set unsubscribe = ''mailto:x'' where code = ''mail''',
        '22023 "x" is no address that mail can be sent to'),
    ('insert into cs_health.csm (email, name) values (''"a"@b'', ''A'')',
        '22023 ""a"@b" is no address that mail can be sent to'),
    ('insert into cs_health.csm (email, name, manager_email) values (''a@b'', ''A'', ''a@b,c@d'')',
        '23514 new row for relation "csm" violates check constraint "csm_manager_email_has_an_at"')
) as r(call, said);
select is(cs_health.requeue(null), null, 'no message either');
select lab.empty();
select lab.put('b', 1);
select count(*) from lab.claim('b') \g /dev/null
select cs_health.complete_outbox(id, 1, 'retry', -5, E'one\r\ntwo\x01' || repeat('x', 1000), '1 s')
from cs_health.outbox;
select is((select last_error from cs_health.outbox), 'one two ' || repeat('x', 492),
    'an error is one line of at most 500 characters');

-- Addresses and secrets
select is(cs_health.check_email_address('A.b+c@example.com'), true, 'an address');
select is(cs_health.check_email_address(null), null, 'none');
select is(cs_health._check_unsubscribe('https://example.com/stop'), true, 'an address to unsubscribe at');
select is(cs_health._secret_problem(null), null, 'no secret');
select is(cs_health._secret_problem('../../etc/passwd'), 'cs_health.secret_dir is not set', 'no folder of secrets');

select finish();
