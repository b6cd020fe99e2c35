-- The digest as its reader asks for it: the same lines as in the message, and nobody else's.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
begin;
set local client_min_messages = warning;
select * from no_plan();
\ir include/scored_days.sql
\ir include/roles.sql

set local cs_health.now = '2026-03-10 12:00+00';
insert into cs_health.csm (email, name, locale, away_until, stands_in) values
    ('ana@us.test', 'Ana Gil', 'en', null, null),
    ('leo@us.test', 'Leo Paz', 'es', null, null), ('carla@us.test', 'Carla', 'en', '2026-03-20', 'leo@us.test');
insert into cs_health.tenant (id, name, csm, arr, contract_ends_on)
select public.t(i), 'Tenant ' || i, (array['ana', 'leo', 'carla'])[i % 3 + 1] || '@us.test', i * 1000,
    case when i <= 6 then '2026-04-01'::date end from generate_series(1, 30) as i;
insert into cs_health.task (tenant_id, source_key, kind, title, assignee, due_on, created_at)
select t.id, 'task ' || t.name, 'manual', 'Call', t.csm, '2026-03-09', now() from cs_health.tenant as t;
insert into cs_health.churn_alert (tenant_id, started_on, last_high_on, level, probability, churn_model_id, told)
select public.t(i), '2026-03-09', '2026-03-09', 'high', 0.5, 1, 'message' from generate_series(1, 3) as i;
insert into cs_health.playbook_execution (tenant_id, id, playbook_id, playbook_name, status, created_at, created_by,
    trigger, steps, params)
select public.t(i), public.t(100 + i), public.t(99), 'Care', 'waiting', now(), 'engine', '[]', '[]', '{}'
from generate_series(1, 3) as i;
select public.scored(public.t(i), '2026-03-09', case when i <= 15 then 40 else 90 end,
    history => case when i <= 15 then '\x5028'::bytea else '\x465a'::bytea end) from generate_series(1, 30) as i;
select public.ran('2026-03-09'), public.ran('2026-03-08');
insert into cs_health.digest values ('2026-03-09', 0, now());

-- The message as send_digests() would make it, from the lines that its reader is given
create function public.lines(role_name text, reader text) returns text language sql as $$
    select public.said(role_name, reader, 'select string_agg(s.part, E''\n\n'' order by s.nr) from (
        select min(d.nr) as nr, concat(d.section, E''\n- '', string_agg(d.line, E''\n- '' order by d.place),
            case when max(d.total) > count(*) then E''\n+'' || max(d.total) - count(*) end) as part
        from cs_health_v1.digest_today() with ordinality as d(section, line, place, total, nr)
        group by d.section) as s')
$$;
create function public.message(reader text) returns text language sql as $$
    select regexp_replace(d.body, '- … (?:and|y) (\d+) (?:more|más)', '+\1', 'g')
    from cs_health._digests('2026-03-10', '2026-03-09') as d where d.assignee = reader
$$;
select isnt(public.message('ana@us.test'), null, 'there is a message');
select matches(public.lines('cs_health_csm', 'ana@us.test'), E'^Due today\n- Tenant 30: Call \\(since 9 Mar 2026\\)\n',
    'in the words of the reader');
select matches(public.lines('cs_health_csm', 'leo@us.test'), E'^Tareas para hoy\n', 'and language');
select is(public.lines(r, who), public.message(who), r || ' ' || who)
from unnest(array['cs_health_csm', 'cs_health_csm_all', 'cs_health_admin']) as r,
    unnest(array['ana@us.test', 'leo@us.test']) as who;
select is(public.lines('cs_health_csm', 'carla@us.test'), public.message('carla@us.test'),
    'who is away has the tasks that are hers');
select is(public.lines('cs_health_csm', who), null, 'nobody''s: ' || coalesce(who, 'null'))
from unnest(array['eva@them.test', '', null]) as who;
select is(public.lines(r, 'ana@us.test'), '42501', r || ' has none')
from unnest(array['cs_health_tenant', 'cs_health_ingest', 'cs_health_worker']) as r;
select is((select count(*) from cs_health.digest_today()), 0::bigint, 'nor has the owner without a name');

select * from finish();
rollback;
