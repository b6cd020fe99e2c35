-- Expansion playbooks and signals: the one that comes with cs_health starts from the open signal of the night and ends
-- with it; none is for customers at risk. Nights run, so this file is not one transaction.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = error;
select * from no_plan();
create function public.t(i integer) returns uuid language sql immutable as
    $$ select ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid $$;
-- Eight users of each customer log in
create function public.work("from" date, "to" date) returns void language sql as $$
    insert into cs_health.event (tenant_id, user_id, occurred_at, kind)
    select t.id, 'u' || u, d, 'login' from cs_health.tenant as t, generate_series(1, 8) as u,
        generate_series("from" + time '10:00', "to" + time '10:00', '1 day') as d
$$;
create procedure public.night(day date) language plpgsql as $$
begin
    perform set_config('cs_health.now', (day + 1) || ' 03:00+00', false);
    perform public.work(day, day);
    call cs_health.recalculate(day);
end
$$;
create function public.executions(code text) returns text language sql as $$
    select string_agg(concat_ws(' ', split_part(ltrim(split_part(e.tenant_id::text, '-', 5), '0'), '-', 1), e.status,
        e.outcome), ', ' order by e.tenant_id, e.created_at)
    from cs_health.playbook_execution as e join cs_health.cs_playbook as p on p.id = e.playbook_id
    where p.code = executions.code
$$;
create function public.use_seats(low integer, high integer, used numeric, at timestamptz) returns void
language sql as $$
    insert into cs_health.usage (tenant_id, metric, measured_at, used)
    select public.t(i), 'seats', at, used from generate_series(low, high) as i
$$;

-- Seven customers who come every day and use 80 of 100 seats; 6 complains a lot
update cs_health.settings set company_name = 'Us', digest_at = null;
insert into cs_health.csm (email, name) values ('ana@us.test', 'Ana');
insert into cs_health.plan (code, name, rank, monthly_price) values ('s', 'S', 1, 100), ('m', 'M', 2, 250);
insert into cs_health.plan_limit (plan_code, metric, limit_value) values ('s', 'seats', 100), ('m', 'seats', 500);
insert into cs_health.tenant (id, name, plan_code, csm, signed_up_at)
select public.t(i), 'T' || i, 's', 'ana@us.test', '2024-01-01' from generate_series(1, 7) as i;
select public.work('2026-01-01', '2026-02-28') \g /dev/null
insert into cs_health.feedback (tenant_id, kind, score, user_id, answered_at)
select public.t(i), 'nps', case i when 6 then 0 else 10 end, 'u' || u, '2026-02-20'
from generate_series(1, 7) as i, generate_series(1, 5) as u;
insert into cs_health.ticket (tenant_id, id, opened_at)
select public.t(6), 'k' || k, '2026-02-20' from generate_series(1, 9) as k;
insert into cs_health.ticket (tenant_id, id, opened_at, resolved_at)
values (public.t(1), 'k', '2026-01-01', '2026-01-02');
select public.use_seats(1, 7, 80, '2026-03-01 12:00+00') \g /dev/null
update cs_health.cs_playbook set auto_execute = true where code = 'expansion';
insert into cs_health.cs_playbook (code, name, trigger_type, trigger_conditions, steps, auto_execute)
select 'own', 'Own', 'expansion', '{"fact": "usage_ratio", "op": ">", "value": 0.85}',
    '[{"day": 0, "action": "talk", "channel": "call", "to": "csm", "subject": "Call", "template": "Call"}]', true;
call public.night('2026-03-01');
select cs_health.activate_playbook(p.id) is null from cs_health.cs_playbook as p where p.code in ('expansion', 'own')
\g /dev/null
call public.night('2026-03-02');
select is((select count(*) from cs_health.expansion_signal), 0::bigint, 'nobody is above 80 %');

-- All but 7 above it
select public.use_seats(1, 6, 90, '2026-03-03 12:00+00') \g /dev/null
update cs_health.tenant set churn_notice_on = '2026-03-03' where id = public.t(5);
call public.night('2026-03-03');
select is((select string_agg(concat_ws(' ', right(e.tenant_id::text, 1), e.held_reason), ', ' order by e.tenant_id)
    from cs_health.expansion_signal as e), '1, 2, 3, 4, 5 churn_notice, 6 at_risk', 'six signals, two held');
select is(public.executions('expansion'), '1 running, 2 running, 3 running, 4 running', 'open ones start the playbook');
select is(public.executions('own'), '1 running, 2 running, 3 running, 4 running',
    'one of your own, with another trigger, is not for customers at risk either');
select is((select string_agg(concat_ws(' ', right(s.tenant_id::text, 1), s.standing, s.reason), ', '
        order by s.tenant_id)
    from cs_health.playbook_state as s join cs_health.cs_playbook as p on p.id = s.playbook_id and p.code = 'own'
    where s.standing <> 'enrolled'), '5 candidate at_risk, 6 candidate at_risk', 'who wait, and it is said why');
set cs_health.now = '2026-03-04 09:00+00';
call cs_health.run_playbooks();
select is((select count(*) from cs_health.expansion_signal), 6::bigint, 'D+0 finds the signals of the night');
select is((select string_agg(distinct s.status, ', ') from cs_health.playbook_step as s
    where s.action = 'detect_signal'),
    'done', 'and is done');
select is(cs_health._forbidden(public.t(i), p.id, c.customer), case when i = 6 and c.customer then 'at_risk' end,
    format('%s, %s', i, case when c.customer then 'to the customer' else 'to a colleague' end))
from cs_health.cs_playbook as p, unnest(array[1, 6]) as i, (values (true), (false)) as c(customer)
where p.code = 'own';

-- 1 is won, 2 lost, 3 shown as critical from now on, 4 below 80 % again
select cs_health.set_signal_status(e.id, 'contacted') from cs_health.expansion_signal as e
where e.tenant_id in (public.t(1), public.t(2)) \g /dev/null
select cs_health.set_signal_status(e.id, case e.tenant_id when public.t(1) then 'won' else 'lost' end)
from cs_health.expansion_signal as e where e.tenant_id in (public.t(1), public.t(2)) \g /dev/null
insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, expires_on)
values (public.t(3), 'critical', 'They quarrel', 'ana@us.test', '2026-03-04 10:00+00', '2026-04-01');
select public.use_seats(4, 4, 70, '2026-03-04 12:00+00'), public.use_seats(1, 2, 50, '2026-03-04 12:00+00') \g /dev/null
select is(cs_health._forbidden(public.t(3), p.id, true), 'at_risk', 'an override counts at once')
from cs_health.cs_playbook as p where p.code = 'expansion';
call public.night('2026-03-04');
select is(public.executions('expansion'), '1 exited goal reached, 2 exited no longer called for, '
    '3 exited tenant is at risk, 4 exited no longer called for', 'executions end with their signals');

-- 7 was put off; when its signal is back, its cause has long ceased
insert into cs_health.expansion_signal (
    tenant_id, signal_type, current_plan, status, deferred_until, ceased_on, detected_at)
values (public.t(7), 'usage_limit', 's', 'deferred', '2026-03-06', '2026-03-04', '2026-02-01');
call public.night('2026-03-05');
call public.night('2026-03-06');
select is(public.executions('expansion'), '1 exited goal reached, 2 exited no longer called for, '
    '3 exited tenant is at risk, 4 exited no longer called for', 'and none begins for a cause that has ceased');
select is((select concat_ws(' ', e.status, e.ceased_on) from cs_health.expansion_signal as e
    where e.tenant_id = public.t(7)), 'new 2026-03-04', 'of a signal that is back');
select is((select string_agg(concat_ws(' ', right(e.tenant_id::text, 1), e.status, e.held_reason, e.ceased_on), ', '
    order by e.tenant_id) from cs_health.expansion_signal as e where e.tenant_id in (public.t(3), public.t(4))),
    '3 new at_risk, 4 new 2026-03-04', 'the signals stay, for a colleague to decide');

-- Nobody without a plan or a signal is kept from a playbook by hand
select cs_health.execute_playbook(p.id, public.t(7)) is not null from cs_health.cs_playbook as p
where p.code = 'expansion' \g /dev/null
call public.night('2026-03-07');
select matches(public.executions('expansion'), ', 7 running$', 'by hand it runs without an exit that holds already');
select * from finish();
