-- What a CSM may do with the day of a task, past the function too.
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
insert into cs_health.csm (email, name) values ('ana@us.test', 'Ana Gil'), ('bob@us.test', 'Bob Roe');
insert into cs_health.tenant (id, name, csm) values (public.t(1), 'One', 'ana@us.test'),
    (public.t(2), 'Two', 'bob@us.test');
insert into cs_health.task (tenant_id, id, source_key, kind, title, assignee, due_on, status, created_at, ended_at)
select public.t(i), public.t(10 * i + nr), i || ' ' || nr, 'manual', 'x', 'ana@us.test', '2026-03-01', s, now(),
    case when s = 'done' then now() end
from generate_series(1, 2) as i, (values (1, 'open'), (2, 'done')) as v(nr, s);
create function public.put_off(role_name text, task integer, until text) returns text language sql as $$
    select coalesce(nullif(public.said(role_name, 'ana@us.test', format(
        'select cs_health_v1.snooze_task(%L, %L)', public.t(task), until)), ''), (
            select k.due_on::text from cs_health.task as k where k.id = public.t(task)))
$$;
create function public.written(role_name text, change text) returns text language sql as $$
    select public.said(role_name, 'ana@us.test', 'with x as (update cs_health.task set ' || change
        || ' returning 1) select count(*) from x')
$$;
select public.put_off('cs_health_csm', 11, '2026-03-11') is not null;
select is((select due_on from cs_health.task where id = public.t(11)), '2026-03-11', 'a CSM puts off one of the own');
select is(public.put_off('cs_health_csm', 21, '2026-03-11'), 'PT404', 'another''s is unknown');
select public.put_off('cs_health_csm_all', 21, '2026-03-12') is not null;
select is((select due_on from cs_health.task where id = public.t(21)), '2026-03-12', 'to who sees all it is not');
select is(public.put_off('cs_health_csm', 12, '2026-03-11'), 'PT409', 'what is done stays');
select is(public.put_off('cs_health_csm', 11, d), '22023', d) from unnest(array['2026-03-10', '2027-03-11']) as d;
select is(public.put_off(r, 11, '2026-03-11'), '42501', r) from unnest(array['cs_health_tenant', 'cs_health_ingest',
    'cs_health_worker']) as r;
select is(public.written(r, c || ' where id = public.t(11)'), s, r || ': ' || c)
from unnest(array['cs_health_csm', 'cs_health_csm_all']) as r,
    (values ('due_on = ''2026-03-20''', '1'), ('due_on = ''2027-03-10''', '1'), ('due_on = ''2026-03-10''', '42501'),
        ('due_on = ''2027-03-11''', '42501'), ('due_on = ''2020-01-01''', '42501'), ('created_at = now()', '42501'),
        ('overdue_at = now()', '42501'), ('title = ''y''', '42501'), ('due_on = null', '42501'),
        ('due_on = ''2026-03-20'', status = ''done'', ended_at = cs_health._now(), ended_by = ''ana@us.test''',
            '42501'),
        ('due_on = ''2026-03-20'', ended_by = ''bob@us.test''', '42501')) as v(c, s);
select is(public.written('cs_health_csm', 'due_on = ''2026-03-20'' where id = public.t(12)'), '42501',
    'nor the day of one that is done');
select is(public.written('cs_health_csm', 'due_on = ''2026-03-20'' where id = public.t(21)'), '0', 'nor of another''s');

select * from finish();
rollback;
