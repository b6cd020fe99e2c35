-- Messages to customers that wait: withdrawn when they must not go any more, let go in order when they are late.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = error;
select * from no_plan();
set cs_health.now = '2026-11-23 10:00+00';      -- a Monday
\ir include/playbooks.sql
update cs_health.settings set contacts_per_day = 1, contacts_per_week = 5;
create function public.claimed() returns bigint language sql as
    $$ select count(*) from cs_health.claim_outbox('test', array['mail'], 100) $$;
create procedure public.pass_the_limit() language sql as
    $$ update cs_health.outbox set send_before = clock_timestamp() - interval '1 s' where send_before is not null $$;
create temp table sent (i integer primary key, run uuid);

-- What waited too long is let go again one by one
select public.customer(1) is not null;
insert into sent select 1, public.start(1, jsonb_build_array(public.mail(0)));
call cs_health.run_playbooks();
select cmp_ok((select send_before - clock_timestamp() from cs_health.outbox where kind = 'message'), '>',
    interval '1 hour', 'a mail to a customer has until the end of the open hours');
select is((select count(*) from cs_health.outbox where kind <> 'message' and send_before is not null), 0::bigint,
    'other messages have all the time');
set cs_health.now = '2026-11-24 10:00+00';
update cs_health.settings set contacts_per_day = 2;
insert into sent select 2, public.start(1, jsonb_build_array(public.mail(0)));
insert into sent select 3, public.start(1, jsonb_build_array(public.mail(0)));
call cs_health.run_playbooks();
update cs_health.settings set contacts_per_day = 1;
set cs_health.now = '2026-11-24 22:00+00';
call public.pass_the_limit();
select is(public.claimed(), 0::bigint, 'what is late is not sent');
create temp table before as select id, payload from cs_health.outbox where kind = 'message';
call cs_health.run_playbooks();
select results_eq('select i, state, due, handed from public.step join sent on run = execution_id order by i', $$values
    (1, 'email queued late', '11-25 08:00', null::text), (2, 'email queued late', '11-25 08:00', null),
    (3, 'email queued late', '11-25 08:00', null)$$, 'at night it waits for the morning');
select is(public.claimed(), 0::bigint, 'and is still not sent');
set cs_health.now = '2026-11-25 08:00+00';
call cs_health.run_playbooks();
select results_eq('select i, state, due, handed from public.step join sent on run = execution_id order by i', $$values
    (1, 'email queued', '11-25 08:00', '11-25 08:00'), (2, 'email queued late', '11-26 08:00', null),
    (3, 'email queued late', '11-26 08:00', null)$$, 'one goes, the others keep to the budget');
select is(public.claimed(), 1::bigint, 'which can be sent');
select results_eq('select id, payload from cs_health.outbox where kind = ''message'' order by id',
    'select id, payload from before order by id', 'under the same keys, in the same words');
insert into cs_health.touchpoint (tenant_id, kind, direction, at, channel)
    values (public.t(1), 'email', 'inbound', '2026-11-25 09:00+00', 'email');
update cs_health.contact set opted_out_at = cs_health._now() where tenant_id = public.t(1);
call cs_health.run_playbooks();
select results_eq('select i, state from public.step join sent on run = execution_id where i > 1 order by i', $$values
    (2, 'email skipped opted_out'), (3, 'email skipped opted_out')$$, 'who opts out meanwhile gets nothing');
select is((select array_agg(distinct concat_ws(' ', state, last_error)) from cs_health.outbox as o
    join sent on run = execution_id where i > 1 and kind = 'message'), array['cancelled opted_out'],
    'the outbox says why');

-- Whatever speaks against a message that waits
set cs_health.now = '2026-11-26 10:00+00';
select count(public.customer(i)) from generate_series(10, 21) as i;
insert into sent select i, public.start(i, jsonb_build_array(public.mail(0,
    '{"if": {"fact": "replied_since_start", "op": "=", "value": false}}'))) from generate_series(10, 21) as i;
call cs_health.run_playbooks();
insert into cs_health.touchpoint (tenant_id, kind, direction, at, channel)
    values (public.t(10), 'email', 'inbound', cs_health._now(), 'email');
update cs_health.contact set bounced_at = cs_health._now() where tenant_id = public.t(11);
delete from cs_health.contact where tenant_id = public.t(12);
update cs_health.tenant set status = 'churned', churned_on = '2026-11-26' where id = public.t(13);
update cs_health.tenant set holdout = true where id = public.t(14);
update cs_health.tenant set churn_notice_on = '2026-11-26' where id in (public.t(15), public.t(16));
update cs_health.cs_playbook set trigger_type = 'churn_risk' where id = (
    select e.playbook_id from cs_health.playbook_execution as e join sent on run = e.id where i = 16);
update cs_health.cs_playbook set status = 'archived' where id = (
    select e.playbook_id from cs_health.playbook_execution as e join sent on run = e.id where i = 17);
update cs_health.cs_playbook set dry_run = true where id = (
    select e.playbook_id from cs_health.playbook_execution as e join sent on run = e.id where i = 18);
delete from cs_health.cs_playbook where id = (
    select e.playbook_id from cs_health.playbook_execution as e join sent on run = e.id where i = 19);
select cs_health.cancel_execution(run)::text = 'x' from sent where i = 20;
select is(cs_health.opt_out('EVA21@them.test'), 1, 'an address opts out');
select is((select state from cs_health.outbox join sent on run = execution_id where i = 21 and kind = 'message'),
    'cancelled', 'its mail is withdrawn at once');
call cs_health.run_playbooks();
select results_eq('select i, state from public.step join sent on run = execution_id where i >= 10 order by i', $$values
    (10, 'email skipped replied'), (11, 'email skipped bounced'), (12, 'email skipped contact_deleted'),
    (13, 'email skipped tenant_churned'), (14, 'email skipped holdout'), (15, 'email skipped notice'),
    (16, 'email queued'), (17, 'email skipped archived'), (18, 'email skipped dry_run'),
    (19, 'email skipped playbook_deleted'), (20, 'email skipped cancelled'), (21, 'email skipped opted_out')$$,
    'what must not go is withdrawn, with the reason');

-- Dead messages that are tried again go through the same gate
set cs_health.now = '2026-12-01 10:00+00';
select count(public.customer(i)) from generate_series(30, 32) as i;
insert into sent select i, public.start(i, jsonb_build_array(public.mail(0))) from generate_series(30, 32) as i;
call cs_health.run_playbooks();
select public.deliver('dead', 535, 'AUTH: no');
call cs_health.run_playbooks();
update cs_health.contact set opted_out_at = cs_health._now() where tenant_id = public.t(30);
select cs_health.cancel_execution(run) is null from sent where false;
update cs_health.tenant set status = 'paused' where id = public.t(31);
select is(cs_health.requeue_channel('mail') >= 3, true, 'dead mails are requeued');
select is(public.claimed(), 0::bigint, 'none of them goes before it was looked at');
call cs_health.run_playbooks();
select results_eq('select i, state from public.step join sent on run = execution_id where i >= 30 order by i', $$values
    (30, 'email skipped opted_out'), (31, 'email skipped tenant_paused'), (32, 'email queued')$$,
    'only what still may go is queued');
select cmp_ok(public.claimed(), '>=', 1::bigint, 'and goes');
select isnt((select claimed_at from cs_health.outbox join sent on run = execution_id where i = 32
    and kind = 'message'), null, 'to the one who may get it');

-- A paused execution keeps what is late until it goes on
select public.customer(40) is not null;
insert into sent select 40, public.start(40, jsonb_build_array(public.mail(0)));
call cs_health.run_playbooks();
select cs_health.pause_execution(run)::text = 'x' from sent where i = 40;
call public.pass_the_limit();
call cs_health.run_playbooks();
select is((select send_before < clock_timestamp() from cs_health.outbox join sent on run = execution_id where i = 40
    and kind = 'message'), true, 'what is late waits while the execution is paused');
select cs_health.resume_execution(run)::text = 'x' from sent where i = 40;
call cs_health.run_playbooks();
select is((select send_before > clock_timestamp() from cs_health.outbox join sent on run = execution_id where i = 40
    and kind = 'message'), true, 'and goes once it runs again');
update cs_health.outbox set claimed_at = '2026-12-01 10:05+00' where state = 'pending';
select public.deliver();
update cs_health.contact set bounced_at = '2026-12-01 10:06+00' where tenant_id = public.t(40);
update cs_health.contact set bounced_at = '2026-12-01 10:04+00' where tenant_id = public.t(32);
update cs_health.outbox set state = 'sent', ended_at = now(), claimed_at = '2026-12-01 10:05+00'
where state = 'claimed';
call cs_health.run_playbooks();
select isnt((select bounced_at from cs_health.contact where tenant_id = public.t(40)), null,
    'a mail that comes back after it was accepted leaves its mark');
select is((select bounced_at from cs_health.contact where tenant_id = public.t(32)), null,
    'an address that took a mail since it bounced is good');

-- Before a step is handed out
set cs_health.now = '2026-12-07 10:00+00';
select count(public.customer(i)) from generate_series(50, 55) as i;
create function public.task(day integer) returns jsonb language sql immutable as
    $$ select jsonb_build_object('day', day, 'action', 'call', 'channel', 'call', 'subject', 'S', 'template', 'T') $$;
insert into sent
    select i, public.start(i, jsonb_build_array(public.task(1), public.mail(1))) from generate_series(50, 55) as i;
update cs_health.tenant set holdout = true where id = public.t(50);
update cs_health.tenant set churn_notice_on = '2026-12-07' where id = public.t(51);
update cs_health.cs_playbook set dry_run = true where id = (
    select e.playbook_id from cs_health.playbook_execution as e join sent on run = e.id where i = 52);
update cs_health.cs_playbook set status = 'archived' where id = (
    select e.playbook_id from cs_health.playbook_execution as e join sent on run = e.id where i = 53);
delete from cs_health.cs_playbook where id = (
    select e.playbook_id from cs_health.playbook_execution as e join sent on run = e.id where i = 54);
update cs_health.playbook_step set due_at = '2026-11-23 10:00+00' from sent where run = execution_id and i = 55;
set cs_health.now = '2026-12-08 12:00+00';
call cs_health.run_playbooks();
select results_eq('select i, array_agg(state order by step_no) from public.step join sent on run = execution_id
    where i >= 50 group by i order by i', $$values
    (50, '{call queued,email skipped holdout}'::text[]), (51, '{call queued,email skipped notice}'),
    (52, '{call skipped dry_run,email skipped dry_run}'), (53, '{call skipped archived,email skipped archived}'),
    (54, '{call skipped playbook_deleted,email skipped playbook_deleted}'),
    (55, '{call skipped too_late,email skipped too_late}')$$,
    'a hold-out and a notice end mails, a playbook that is gone ends all; two weeks late is too late');

-- A lock that is not to be had soon is no reason to wait a day
select public.customer(60) is not null;
create function public.refuse() returns trigger language plpgsql as
    $$ begin raise exception 'locked' using errcode = '55P03'; end $$;
create trigger refuse before insert on cs_health.outbox for each row when (new.kind = 'message')
    execute function public.refuse();
insert into sent select 60, public.start(60, jsonb_build_array(public.mail(0)));
call cs_health.run_playbooks();
drop trigger refuse on cs_health.outbox;
select is((select concat_ws(' ', status, due_at - cs_health._now()) from cs_health.playbook_step
    join sent on run = execution_id where i = 60), 'held 00:05:00', 'it is tried again in five minutes');

-- open_channel() tries at once
update cs_health.outbox set state = 'pending', send_before = null, next_attempt_at = now() + interval '4 hours'
from sent where run = execution_id and i = 32 and kind = 'message';
select cs_health.open_channel('mail')::text = 'x';
select cmp_ok((select next_attempt_at from cs_health.outbox join sent on run = execution_id where i = 32
    and kind = 'message'), '<=', clock_timestamp(), 'open_channel() brings the next attempts forward');

-- Asked again when it is let go: what speaks against it by then, and what cannot be told
set cs_health.now = '2026-12-14 10:00+00';
select public.customer(i) is not null from generate_series(70, 73) as i;
insert into sent select i, public.start(i, jsonb_build_array(public.mail(0,
    '{"if": {"fact": "replied_since_start", "op": "=", "value": false}}'))) from generate_series(70, 73) as i;
call cs_health.run_playbooks();
call public.pass_the_limit();
update cs_health.contact set opted_out_at = cs_health._now() where tenant_id = public.t(70);
insert into cs_health.touchpoint (tenant_id, kind, direction, at, channel)
    select public.t(i), 'email', 'inbound', cs_health._now(), 'email' from generate_series(71, 72) as i;
update cs_health.playbook_execution as e set steps = jsonb_set(e.steps, '{0,if,op}', '"~"')
from sent where run = e.id and i = 72;
select cs_health._release_messages(20) > 0;
select results_eq('select i, split_part(state, '':'', 1), due from public.step join sent on run = execution_id
    where i between 70 and 73 order by i', $$values
    (70, 'email skipped opted_out', '12-14 10:00'), (71, 'email skipped replied', '12-14 10:00'),
    (72, 'email queued error 22023', '12-15 10:00'), (73, 'email queued', '12-14 10:00')$$,
    'what must not go is withdrawn even then, what cannot be judged waits for a day, the others go');
select is((select send_before < clock_timestamp() from cs_health.outbox join sent on run = execution_id where i = 72
    and kind = 'message'), true, 'and is not sent until then');
update cs_health.playbook_execution as e set steps = jsonb_set(e.steps, '{0,if,op}', '"="')
from sent where run = e.id and i = 72;
set cs_health.now = '2026-12-15 10:00+00';
call cs_health.run_playbooks();
select is((select state from public.step join sent on run = execution_id where i = 72), 'email skipped replied',
    'when it can be judged it is');

-- What is late is too late after 14 days, and once a step of a later day was handed out
set cs_health.now = '2027-01-11 10:00+00';
select public.customer(i) is not null from generate_series(80, 82) as i;
insert into sent values
    (80, public.start(80, jsonb_build_array(public.mail(0)))),
    (81, public.start(81, jsonb_build_array(public.mail(0), public.task(1)))),
    (82, public.start(82, jsonb_build_array(public.mail(0))));
call cs_health.run_playbooks();
set cs_health.now = '2027-01-12 10:00+00';
update cs_health.outbox set state = 'dead' from sent where run = execution_id and i = 82 and kind = 'message';
call public.pass_the_limit();
call cs_health.run_playbooks();
select results_eq('select i, state from public.step join sent on run = execution_id
    where i in (80, 81) order by i, step_no', $$values (80, 'email queued'), (81, 'email queued'),
    (81, 'call queued')$$, 'a day later it goes');
call cs_health.run_playbooks();
select is((select state from public.step join sent on run = execution_id where i = 81 and step_no = 1),
    'email queued', 'and until the end of that day');
call public.pass_the_limit();
call cs_health.run_playbooks();
select results_eq('select i, state from public.step join sent on run = execution_id
    where i in (80, 81) and step_no = 1 order by i', $$values (80, 'email queued'), (81, 'email skipped too_late')$$,
    'then the next step has overtaken it');
set cs_health.now = '2027-01-25 11:00+00';
call public.pass_the_limit();
select is(cs_health.requeue(o.id), true, 'a dead message is tried again after two weeks')
from cs_health.outbox as o join sent on run = o.execution_id where i = 82 and kind = 'message';
call cs_health.run_playbooks();
select results_eq('select i, state from public.step join sent on run = execution_id
    where i in (80, 82) order by i', $$values (80, 'email skipped too_late'), (82, 'email skipped too_late')$$,
    'two weeks are too late');

-- A channel that is not used
set cs_health.now = '2027-02-01 10:00+00';
select public.customer(i) is not null from generate_series(90, 91) as i;
insert into sent select i, public.start(i, jsonb_build_array(public.mail(0))) from generate_series(90, 91) as i;
call cs_health.run_playbooks();
update cs_health.channel set enabled = false where code = 'mail';
insert into cs_health.channel (code, kind, host, from_address)
values ('other', 'email', 'smtp2.test', 'no-reply@us.test');
set cs_health.now = '2027-02-02 10:00+00';
call public.pass_the_limit();
insert into sent values (92, public.start(90, jsonb_build_array(public.mail(0))));
call cs_health.run_playbooks();
select results_eq('select i, state, due, handed from public.step join sent on run = execution_id
    where i between 90 and 92 order by i', $$values (90, 'email queued no_channel', '02-03 10:00', null),
    (91, 'email queued no_channel', '02-03 10:00', null), (92, 'email queued', '02-02 10:00', '02-02 10:00')$$,
    'takes nothing, and what waits in it no room in the budget');
update cs_health.channel set enabled = false where code = 'other';
update cs_health.channel set enabled = true where code = 'mail';
select cs_health.close_channel('mail')::text = 'x';
set cs_health.now = '2027-02-03 10:00+00';
call cs_health.run_playbooks();
select is((select state from public.step join sent on run = execution_id where i = 91), 'email queued no_channel',
    'nor does one that is closed');
select cs_health.open_channel('mail')::text = 'x';
set cs_health.now = '2027-02-04 10:00+00';
call cs_health.run_playbooks();
select is((select state from public.step join sent on run = execution_id where i = 91), 'email queued',
    'it goes once that is used again');

-- An address that was corrected
set cs_health.now = '2027-02-08 10:00+00';
select public.customer(i) is not null from generate_series(95, 96) as i;
insert into sent select i, public.start(i, jsonb_build_array(public.mail(0))) from generate_series(95, 96) as i;
call cs_health.run_playbooks();
update cs_health.contact set email = 'right@them.test' where tenant_id = public.t(95);
update cs_health.contact set email = upper(email) where tenant_id = public.t(96);
call cs_health.run_playbooks();
select results_eq('select i, state from public.step join sent on run = execution_id where i in (95, 96) order by i',
    $$values (95, 'email skipped address_changed'), (96, 'email queued')$$, 'gets no mail for the old one');
update cs_health.playbook_step as s set status = 'queued' from sent where run = s.execution_id and i = 95;
update cs_health.outbox set state = 'dead', last_status = 550, last_error = 'SMTP 550 5.1.1 to RCPT'
from sent where run = execution_id and i = 95 and kind = 'message';
call cs_health.run_playbooks();
select is((select bounced_at from cs_health.contact where tenant_id = public.t(95)), null,
    'what came back from the old one says nothing of it');

-- Banners end with the right to show them
set cs_health.now = '2027-02-15 10:00+00';
select public.customer(i) is not null from generate_series(100, 103) as i;
insert into sent select i, public.start(i,
    '[{"day": 0, "action": "banner", "channel": "in_app", "subject": "B", "template": "C"}]')
from generate_series(100, 103) as i;
call cs_health.run_playbooks();
update cs_health.tenant set holdout = true where id = public.t(100);
update cs_health.tenant set churn_notice_on = '2027-02-15' where id = public.t(101);
update cs_health.cs_playbook set status = 'archived' where id = (
    select e.playbook_id from cs_health.playbook_execution as e join sent on run = e.id where i = 102);
call cs_health.run_playbooks();
select results_eq('select i, (select count(*) from cs_health.in_app_messages(public.t(i)))
    from generate_series(100, 103) as i', $$values (100, 0::bigint), (101, 0), (102, 0), (103, 1)$$,
    'hold-outs, those who leave and archived playbooks have none that are shown');
select * from finish();
