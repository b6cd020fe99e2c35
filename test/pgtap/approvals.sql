-- What waits for approval, in one list.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
begin;
set local client_min_messages = warning;
select * from no_plan();
\ir include/scored_days.sql
\ir include/roles.sql

insert into cs_health.csm (email, name, locale) values ('ana@us.test', 'Ana Gil', 'es'), ('bob@us.test', 'Bob', 'en');
insert into cs_health.tenant (id, name, csm, arr)
select public.t(i), 'Tenant ' || i, case when i <= 3 then 'ana@us.test' else 'bob@us.test' end, i * 1000
from generate_series(1, 6) as i;
insert into cs_health.cs_playbook (id, name, trigger_type, trigger_conditions, steps, priority) values (public.t(90),
    'Care', 'health_drop', '{"fact": "overall_score", "op": "<", "value": 60}',
    '[{"day": 0, "action": "talk", "channel": "call", "subject": "Call", "template": "Ask"}]', 'urgent');
insert into cs_health.playbook_execution (tenant_id, id, playbook_id, playbook_name, status, created_at, created_by,
    trigger, steps, params, paused_at, ended_at)
select public.t(i), public.t(10 + i), public.t(90), E'Ca\nre', s, '2026-03-08 10:00+00', 'engine',
    case i when 1 then '[{"fact": "overall_score", "op": "<", "value": 60, "actual": 45, "for_days": 1}]' else '[]' end
        ::jsonb,
    case i when 1 then '[1]' else '[1, 2]' end::jsonb, '{}',
    case when s = 'paused' then now() end, case when s = 'finished' then now() end
from (values (1, 'waiting'), (2, 'running'), (3, 'paused'), (4, 'running'), (5, 'finished'), (6, 'waiting')) as v(i, s);
insert into cs_health.playbook_step (
    tenant_id, execution_id, step_no, day, action, channel, status, due_at, planned_at)
select public.t(i), public.t(10 + i), n, 0, 'write', 'email', s, '2026-03-09 09:00+00', now()
from (values (2, 1, 'done'), (2, 2, 'approval'), (3, 1, 'approval'), (4, 1, 'approval'), (4, 2, 'held'),
    (5, 1, 'done')) as v(i, n, s);
select results_eq('select tenant_name, csm, arr, execution_id, step_no, playbook_name, priority, action, channel,
        due_at, what, why from cs_health_v1.approvals order by tenant_id, step_no',
    $$values ('Tenant 1', 'ana@us.test', 1000.00, public.t(11), null::integer, E'Ca\nre', 'urgent', null, null,
            '2026-03-08 10:00+00'::timestamptz, 'Start "Ca re" (1 step)',
            (select cs_health._reasons_text(e.trigger, 'en') from cs_health.playbook_execution as e
                where e.tenant_id = public.t(1))),
        ('Tenant 2', 'ana@us.test', 2000.00, public.t(12), 2, E'Ca\nre', 'urgent', 'write', 'email',
            '2026-03-09 09:00+00', 'Let step 2 of "Ca re" go out', null),
        ('Tenant 4', 'bob@us.test', 4000.00, public.t(14), 1, E'Ca\nre', 'urgent', 'write', 'email',
            '2026-03-09 09:00+00', 'Let step 1 of "Ca re" go out', null),
        ('Tenant 6', 'bob@us.test', 6000.00, public.t(16), null, E'Ca\nre', 'urgent', null, null,
            '2026-03-08 10:00+00', 'Start "Ca re" (2 steps)', null)$$,
    'executions that wait and steps of those that run; not paused ones, not what is held');
select is(public.said('cs_health_csm', 'ana@us.test', 'select string_agg(what, '', '' order by tenant_id) from
    cs_health_v1.approvals'), 'Empezar «Ca re» (1 paso), Dejar salir el paso 2 de «Ca re»',
    'a CSM the own ones, in the own language');
select isnt(public.said('cs_health_csm', 'ana@us.test', 'select why from cs_health_v1.approvals where step_no is null'),
    (select a.why from cs_health_v1.approvals as a where a.tenant_id = public.t(1)), 'and why, in that language too');
select is(public.said('cs_health_csm', 'bob@us.test', 'select count(*) from cs_health_v1.approvals'), '2',
    'another his');
select is(public.said(r, 'bob@us.test', 'select count(*) from cs_health_v1.approvals'), '4', r || ' all')
from unnest(array['cs_health_csm_all', 'cs_health_admin']) as r;
select is(public.said(r, 'bob@us.test', 'select count(*) from cs_health_v1.approvals'), '42501', r || ' none')
from unnest(array['cs_health_tenant', 'cs_health_ingest']) as r;
delete from cs_health.cs_playbook;
select is((select count(*) from cs_health_v1.approvals where priority is null), 4::bigint,
    'also of a playbook that is gone');

select * from finish();
rollback;
