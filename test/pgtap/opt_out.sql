-- Whoever opts out gets nothing that was not on its way by then, wherever it waits.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = error;
select * from no_plan();
set cs_health.now = '2026-11-23 10:00+00';      -- a Monday
\ir include/playbooks.sql
update cs_health.settings set contacts_per_day = 5, contacts_per_week = 20;
create temp table sent (i integer primary key, run uuid);
create view public.message as
select s.execution_id as run, o.* from cs_health.outbox as o join cs_health.playbook_step as s on s.outbox_id = o.id;
create procedure public.send(i integer, tenant integer) language sql as $$
    insert into sent values (i, public.start(tenant, jsonb_build_array(public.mail(0)))) $$;

-- While it is being sent
select public.customer(1) is not null;
call public.send(1, 1);
call cs_health.run_playbooks();
select is((select count(*) from cs_health.claim_outbox('test', array['mail'])), 1::bigint, 'a mail is being sent');
select is(cs_health.opt_out('eva1@them.test'), 1, 'the person opts out');
select is((select state from public.message join sent using (run) where i = 1), 'claimed', 'that cannot be stopped');
select is(cs_health.complete_outbox(m.id, m.attempt, 'retry', 451, 'SMTP 451'), true, 'it did not arrive')
from public.message as m join sent using (run) where i = 1;
update cs_health.outbox set next_attempt_at = now() where kind = 'message';
select is((select count(*) from cs_health.claim_outbox('test', array['mail'])), 0::bigint, 'it is not tried again');
call cs_health.run_playbooks();
select is((select state from public.step join sent on run = execution_id where i = 1), 'email skipped opted_out',
    'but withdrawn');

-- By the id of one message: all that waits for the person
select public.customer(2) is not null;
call public.send(2, 2);
call public.send(3, 2);
call cs_health.run_playbooks();
update cs_health.outbox as o set state = 'sent', ended_at = now() from public.message as m join sent using (run)
where o.id = m.id and i = 2;
select is(cs_health.opt_out_delivery(m.id), 1, 'List-Unsubscribe of the first')
from public.message as m join sent using (run) where i = 2;
select is((select concat_ws(' ', state, last_error) from public.message join sent using (run) where i = 3),
    'cancelled opted_out', 'withdraws the second at once');

-- By the address it goes to, also when the contact has another by now
select public.customer(3) is not null;
call public.send(4, 3);
call cs_health.run_playbooks();
update cs_health.contact set email = 'other@them.test' where tenant_id = public.t(3);
select is(cs_health.opt_out('EVA3@them.test'), 0, 'nobody has that address any more');
select is((select state from public.message join sent using (run) where i = 4), 'cancelled',
    'but a message to it waited');

-- Whatever was done to its step
select public.customer(4) is not null;
call public.send(5, 4);
call cs_health.run_playbooks();
update cs_health.playbook_step as s set status = 'skipped', reason = 'forged', ended_at = now()
from sent where run = s.execution_id and i = 5;
select is(cs_health.opt_out('eva4@them.test'), 1, 'somebody marked the step by hand');
select is((select state from public.message join sent using (run) where i = 5), 'cancelled',
    'its message is withdrawn');
select public.customer(5) is not null;
call public.send(6, 5);
call cs_health.run_playbooks();
update cs_health.playbook_step as s set status = 'skipped', reason = 'by hand', ended_at = now()
from sent where run = s.execution_id and i = 6;
call cs_health.run_playbooks();
select is((select concat_ws(' ', m.state, s.state) from public.message as m join sent using (run)
    join public.step as s on s.execution_id = run where i = 6), 'cancelled email skipped by hand',
    'a step that is over has no message that waits');

-- A mail whose row in the outbox is gone
call public.send(7, 5);
call cs_health.run_playbooks();
select id as old from public.message join sent using (run) where i = 7 \gset
delete from cs_health.outbox where id = :'old';
select is(cs_health.opt_out_delivery(:'old'), 1, 'its List-Unsubscribe is good for as long as its step');
select throws_ok(format('select cs_health.opt_out_delivery(%L)', public.t(99)), '22023',
    'unknown delivery ' || public.t(99), 'what nobody knows is refused');

-- Withdrawn messages leave room for others
update cs_health.settings set contacts_per_day = 1, contacts_per_week = 3;
select public.customer(8) is not null;
insert into cs_health.contact (tenant_id, name, email, role)
values (public.t(8), 'Second', 'second@them.test', 'executive_sponsor');
call public.send(8, 8);
call cs_health.run_playbooks();
select is(cs_health.opt_out('eva8@them.test'), 1, 'the only message of the day is withdrawn');
call cs_health.run_playbooks();
insert into sent values (9, public.start(8, jsonb_build_array(public.mail(0, '{"to": "executive_sponsor"}'))));
call cs_health.run_playbooks();
select is((select concat_ws(' ', state, recipient) from public.step join sent on run = execution_id where i = 9),
    'email queued second@them.test', 'so another may go');

-- A contact that was deleted and made anew
select public.customer(9) is not null;
call public.send(20, 9);
call cs_health.run_playbooks();
delete from cs_health.contact where tenant_id = public.t(9);
insert into cs_health.contact (tenant_id, name, email) values (public.t(9), 'Eva', 'Eva9@them.test');
select is(cs_health.opt_out_delivery(m.id), 1, 'is known by its address')
from public.message as m join sent using (run) where i = 20;

-- Administrators, who may not read to whom a step went
select public.customer(i) is not null from generate_series(10, 11) as i;
call public.send(10, 10);
call public.send(11, 11);
call cs_health.run_playbooks();
begin; -- roles belong to the cluster, where other tests run
call cs_health.install_roles();
create temp table ids as select i, m.id from public.message as m join sent using (run) where i in (10, 11);
grant select on ids to cs_health_admin;
set role cs_health_admin;
select is(cs_health.opt_out('eva10@them.test'), 1, 'an administrator notes an opt-out');
select is(cs_health.opt_out_delivery((select id from ids where i = 11)), 1, 'and one by List-Unsubscribe');
reset role;
select is((select array_agg(state) from cs_health.outbox join ids using (id)), array['cancelled', 'cancelled'],
    'both withdraw what waits');
select * from finish();
rollback;
