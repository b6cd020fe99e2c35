-- Escalations of what became critical, and advocacy of those who have long been healthy.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = warning;
select plan(21);
\ir include/scored_days.sql

insert into cs_health.csm (email, name, manager_email, locale) values
    ('boss@us.example', 'Bea Boss', null, 'es'), ('ana@us.example', 'Ana Gil', 'boss@us.example', 'en'),
    ('leo@us.example', 'Leo Paz', 'chief@us.example', 'es');
update cs_health.settings set dashboard_url = 'https://dash.example', fallback_assignee = 'all@us.example';
insert into cs_health.tenant (id, name, csm, arr, status) values
    (public.t(1), 'Acme', 'ana@us.example', 24000, 'active'), (public.t(2), 'Baños', 'leo@us.example', null, 'active'),
    (public.t(3), E'Nobody''s\u202e', null, 10, 'active'), (public.t(4), 'Trial', 'ana@us.example', 10, 'trial'),
    (public.t(5), 'Paused', 'ana@us.example', 10, 'paused'),
        (public.t(6), 'Internal', 'ana@us.example', 10, 'internal'),
    (public.t(7), 'Other scorecard', 'ana@us.example', 10, 'active'),
    (public.t(8), 'Less seen', 'ana@us.example', 10, 'active'),
    (public.t(9), 'Hardly seen', 'ana@us.example', 10, 'active'),
    (public.t(10), 'Was not seen', 'ana@us.example', 10, 'active'),
    (public.t(11), 'New', 'ana@us.example', 10, 'active'), (public.t(12), 'Steady', 'ana@us.example', 10, 'active'),
    (public.t(13), 'More seen', 'ana@us.example', 10, 'active');
insert into cs_health.contact (tenant_id, name, email, role, is_primary) values
    (public.t(1), 'Eva Ruiz', 'eva@acme.example', 'executive_sponsor', false),
    (public.t(1), 'Champ', 'champ@acme.example', 'champion', true),
    (public.t(2), 'Ben', 'ben@b.example', 'champion', false);
create view public.escalation as
select k.tenant_id, k.title, k.detail, k.assignee, k.due_on, k.status, k.source_key from cs_health.task as k
where k.kind = 'escalation' order by k.tenant_id, k.source_key;

select public.ran('2026-03-02');
select public.scored(public.t(i), '2026-03-02', case i when 12 then 20 else 45 end,
    coverage => case i when 10 then 0.4 when 13 then 0.8 else 0.9 end)
from generate_series(1, 13) as i where i <> 11;
select public.scored(public.t(i), '2026-03-03', 32, scorecard => case i when 7 then 2 else 1 end,
    coverage => case i when 8 then 0.8 when 9 then 0.49 else 0.9 end) from generate_series(1, 13) as i;
select public.night('2026-03-03');
select results_eq('select tenant_id, title, assignee, due_on, status from public.escalation', $$values
    (public.t(1), 'Acme está en estado crítico: 32 de 100', 'boss@us.example', '2026-03-04'::date, 'open'),
    (public.t(2), 'Baños is critical: 32 of 100', 'chief@us.example', '2026-03-04', 'open'),
    (public.t(3), 'Nobody''s is critical: 32 of 100', 'all@us.example', '2026-03-04', 'open'),
    (public.t(13), 'More seen está en estado crítico: 32 de 100', 'boss@us.example', '2026-03-04', 'open')$$,
    'a task of the same day for the manager, else the fallback; not for trials, paused and internal ones, another '
    'scorecard, less observed, hardly observed, not observed before, first scores, critical before');
select is((select e.detail from public.escalation as e where e.tenant_id = public.t(1)),
$$Salud 32, antes 45. ARR: 24.000 EUR. Responsable: Ana Gil.

Por qué:
1. NPS -100
2. 7 tickets abiertos

Hable hoy con el patrocinador ejecutivo: Eva Ruiz <eva@acme.example>.

https://dash.example/#/customer/00000000-0000-4000-8000-000000000001$$,
    'in the manager''s language: how it stands, why, whom to speak with, where');
select is((select e.detail from public.escalation as e where e.tenant_id = public.t(2)),
$$Health 32, before 45. ARR: ?. CSM: Leo Paz.

Why:
1. NPS -100
2. 7 open tickets

No executive sponsor is known: find out today who decides and speak with them.

https://dash.example/#/customer/00000000-0000-4000-8000-000000000002$$, 'a sponsor who is not known is asked for');
select matches((select e.detail from public.escalation as e where e.tenant_id = public.t(3)), 'CSM: -\.',
    'so is a CSM');
select is((select count(*) from cs_health.outbox where kind = 'message'), 0::bigint, 'nobody is written to at night');
create temp table first_ones as select * from public.escalation;
select cs_health._after_run('2026-03-03');
select cs_health._open_escalations('2026-03-03', '2026-03-02') is not null;
select results_eq('select * from public.escalation', 'select * from first_ones', 'once');

-- An episode lasts until it left critical for 14 days
do $$
begin
    perform public.scored(public.t(1), '2026-03-03'::date + i, 45) from generate_series(1, 13) as i;
    perform public.scored(public.t(2), '2026-03-03'::date + i, 45) from generate_series(1, 14) as i;
    perform public.scored(public.t(3), '2026-03-03'::date + i, case when i < 14 then 39 else 40 end)
    from generate_series(1, 14) as i;
    perform public.scored(public.t(1), '2026-03-17', 30);
    perform public.night('2026-03-03'::date + i) from generate_series(1, 14) as i;
end
$$;
select is((select count(*) from public.escalation as e where e.tenant_id <= public.t(3)), 3::bigint,
    'critical again after 13 days is the same episode');
select public.scored(public.t(i), '2026-03-18', 30) from generate_series(1, 3) as i;
insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, expires_on)
values (public.t(2), 'neutral', E'They\nare on holiday', 'ana@us.example', '2026-03-17 12:00+00', '2026-04-01');
select public.night('2026-03-18');
select is((select array_agg(e.source_key) from public.escalation as e where e.source_key ~ '2026-03-1'),
    array['escalation 00000000-0000-4000-8000-000000000002 2026-03-18'], 'after 14 it is a new one');
select matches((select e.detail from public.escalation as e where e.source_key ~ '2026-03-18'),
    E'\nana@us\\.example shows it as neutral: They are on holiday\n', 'an override is named, and hides nothing');
select public.scored(public.t(12), '2026-03-18', 60), public.scored(public.t(12), '2026-03-19', 20);
insert into cs_health.measure_check (as_of, measure, tenants, observed, positive, had, lost, incident, reason)
values ('2026-03-19', 'logins', 10, 0, 0, 10, 10, 'lost', '10 of 10 tenants');
select public.night('2026-03-19');
select is((select count(*) from public.escalation as e where e.tenant_id = public.t(12)), 0::bigint,
    'on the day of an incident nothing is escalated');
select public.scored(public.t(12), '2026-03-20', 20), public.night('2026-03-20');
select is((select count(*) from public.escalation as e where e.tenant_id = public.t(12)), 0::bigint,
    'what was critical during it is an episode already');
update cs_health.measure_check set accepted_at = now() where as_of = '2026-03-19';
delete from cs_health.run where as_of = '2026-03-20';
select cs_health._after_run('2026-03-19');
select is((select count(*) from public.escalation as e where e.tenant_id = public.t(12)), 1::bigint,
    'accepted, it is escalated');
update cs_health.settings set fallback_assignee = null;
delete from cs_health.csm where email <> 'ana@us.example';
update cs_health.csm set manager_email = null;
insert into cs_health.tenant (id, name, csm) values (public.t(14), 'Hers', 'ana@us.example'),
    (public.t(15), 'Of none', null);
select public.scored(public.t(i), '2026-03-19', 60), public.scored(public.t(i), '2026-03-20', 10)
from generate_series(14, 15) as i;
select public.night('2026-03-20');
select results_eq('select tenant_id, assignee from public.escalation where tenant_id >= public.t(14)',
    $$values (public.t(14), 'ana@us.example'), (public.t(15), null)$$,
        'without a manager the CSM gets it, else nobody');

-- Advocacy
delete from cs_health.task;
insert into cs_health.csm (email, name, locale, away_until, stands_in) values
    ('bob@us.example', 'Bob', 'en', '2026-06-01', 'ana@us.example'), ('leo@us.example', 'Leo', 'es', null, null);
insert into cs_health.tenant (id, name, csm, arr, status, churn_notice_on) values
    (public.t(21), 'Happy', 'leo@us.example', 100, 'active', null),
    (public.t(22), '29 days', 'leo@us.example', 200, 'active', null),
    (public.t(23), 'A dip', 'leo@us.example', 200, 'active', null),
    (public.t(24), 'A day without data', 'leo@us.example', 200, 'active', null),
    (public.t(25), 'Trial', 'leo@us.example', 200, 'trial', null),
    (public.t(26), 'Leaving', 'leo@us.example', 200, 'active', '2026-04-01'),
    (public.t(27), 'Hardly seen', 'leo@us.example', 200, 'active', null),
    (public.t(28), 'At risk of leaving', 'leo@us.example', 200, 'active', null),
    (public.t(29), 'Was asked', 'leo@us.example', 200, 'active', null),
    (public.t(30), 'Was asked a year ago', 'leo@us.example', 50, 'active', null);
insert into cs_health.contact (tenant_id, name, email, role, is_primary, opted_out_at) values
    (public.t(21), 'Prima', 'p@h.example', 'user', true, null),
        (public.t(21), 'Champ', 'c@h.example', 'champion', false, null),
    (public.t(30), 'Gone', 'g@h.example', 'champion', true, now());
insert into cs_health.task (tenant_id, source_key, kind, title, due_on, status, created_at, ended_at) values
    (public.t(29), 'a', 'advocacy', 'x', '2025-05-01', 'done', '2025-04-11 04:00+00', now()),
    (public.t(30), 'b', 'advocacy', 'x', '2025-05-01', 'done', '2025-04-11 02:00+00', now());
select public.scored(public.t(i), '2026-04-10', 91, coverage => case i when 27 then 0.4 else 1 end,
    level => case i when 28 then 'high' else 'low' end,
    history => case i when 22 then decode(repeat('5b', 29), 'hex') when 23 then decode('4f' || repeat('50', 29), 'hex')
        when 24 then decode('ff' || repeat('64', 29), 'hex') else decode(repeat('50', 29) || '64', 'hex') end)
from generate_series(21, 30) as i;
create view public.advocacy as
select k.tenant_id, k.title, k.detail, k.assignee, k.due_on from cs_health.task as k
where k.kind = 'advocacy' and k.status = 'open' order by 1;
select public.night('2026-04-10');
select results_eq('select tenant_id, title, assignee, due_on from public.advocacy', $$values
    (public.t(21), 'Pedir a Happy un testimonio o una recomendación', 'leo@us.example', '2026-04-25'::date),
    (public.t(30), 'Pedir a Was asked a year ago un testimonio o una recomendación', 'leo@us.example', '2026-04-25')$$,
    'thirty scores of 80 to 100; not after 29, a dip, a hole, for trials, leavers, hardly observed, at risk, asked '
    'this year');
select is((select a.detail from public.advocacy as a where a.tenant_id = public.t(21)),
$$Lleva 30 días seguidos en estado saludable; hoy tiene 91 de 100.

A quién preguntar: Champ.

https://dash.example/#/customer/00000000-0000-4000-8000-000000000021$$, 'it says since when, whom to ask');
select unalike((select a.detail from public.advocacy as a where a.tenant_id = public.t(30)), '%preguntar%',
    'not whoever wants no messages');
select cs_health._open_advocacy('2026-04-10') is not null;
select is((select count(*) from public.advocacy), 2::bigint, 'once in a year');
insert into cs_health.tenant (id, name, csm, arr)
select public.t(i), 'Fan ' || i, case i % 2 when 0 then 'bob@us.example' else 'ana@us.example' end, i
from generate_series(41, 50) as i;
select public.scored(public.t(i), '2026-04-11', 80, history => decode(repeat('50', 30), 'hex'))
from generate_series(41, 50) as i;
select public.night('2026-04-11');
select results_eq($$select tenant_id from public.advocacy where assignee = 'ana@us.example'$$,
    $$select public.t(i) from generate_series(46, 50) as i$$,
    'five open ones for a colleague, whoever stands in included, those with most ARR');
select public.scored(public.t(i), '2026-04-12', 80, history => decode(repeat('50', 30), 'hex'))
from generate_series(41, 50) as i;
select public.night('2026-04-12');
select is((select count(*) from public.advocacy as a where a.assignee = 'ana@us.example'), 5::bigint, 'and no more');
update cs_health.task set status = 'done', ended_at = now() where tenant_id in (public.t(50), public.t(49));
select public.scored(public.t(i), '2026-04-13', 80, history => decode(repeat('50', 30), 'hex'))
from generate_series(41, 50) as i;
select public.night('2026-04-13');
select results_eq($$select tenant_id from public.advocacy where assignee = 'ana@us.example'$$,
    $$select public.t(i) from generate_series(44, 48) as i$$, 'when two are done the next two come');
select is((select a.title from public.advocacy as a where a.tenant_id = public.t(44)),
    'Ask Fan 44 for a testimonial or a referral', 'in English too');

select * from finish();
