-- Who asks: part, language and what the installation goes by.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
begin;
set local client_min_messages = warning;
select * from no_plan();
\ir include/scored_days.sql
\ir include/roles.sql

insert into cs_health.csm (email, name, locale) values ('ana@us.test', 'Ana Gil', 'es');
update cs_health.settings set currency = 'USD', time_zone = 'America/Los_Angeles';
set local cs_health.now = '2026-03-10 03:00+00';
create function public.who(role_name text, email text) returns text language sql as $$
    select public.said(role_name, email, 'select concat_ws('' '', coalesce(w.email, ''-''), coalesce(w.name, ''-''), '
        'coalesce(w.role, ''-''), coalesce(w.locale, ''-''), coalesce(w.today::text, ''-''), '
        'coalesce(w.scored_through::text, ''-''), coalesce(w.currency, ''-''), coalesce(w.time_zone, ''-'')) '
        'from cs_health_v1.whoami() as w')
$$;
select is(public.who('cs_health_csm', 'ana@us.test'),
    'ana@us.test Ana Gil csm es 2026-03-09 - USD America/Los_Angeles', 'a CSM, before anything is scored');
select public.ran('2026-03-07'), public.ran('2026-03-08');
insert into cs_health.run (as_of, phase, scorecard_rules, rescore, batches, total, started_at, resumed_at)
values ('2026-03-09', 'score', '[]', false, 0, 0, now(), now());
select is(public.who('cs_health_csm', 'ana@us.test'),
    'ana@us.test Ana Gil csm es 2026-03-09 2026-03-08 USD America/Los_Angeles', 'through the last finished day');
select is(public.who('cs_health_csm_all', 'leo@us.test'),
    'leo@us.test - csm_all en 2026-03-09 2026-03-08 USD America/Los_Angeles', 'who is no colleague has no name');
select is(public.who('cs_health_csm_all', null),
    '- - csm_all en 2026-03-09 2026-03-08 USD America/Los_Angeles', 'nobody''s token');
select is(public.who('cs_health_csm_all', ''),
    '- - csm_all en 2026-03-09 2026-03-08 USD America/Los_Angeles', 'an empty one');
select is(public.who('cs_health_admin', 'ana@us.test'),
    'ana@us.test Ana Gil admin es 2026-03-09 2026-03-08 USD America/Los_Angeles', 'an administrator');
select is(public.who('cs_health_tenant', 'eva@them.test'), 'eva@them.test - tenant - - - - -',
    'a customer''s user learns nothing about the installation');
select is(public.who(current_user, 'ana@us.test'),
    'ana@us.test Ana Gil owner es 2026-03-09 2026-03-08 USD America/Los_Angeles', 'the owner');
select is(public.who('cs_health_ingest', null), '42501', 'what brings signals asks nothing');
select is(public.who('cs_health_worker', null), '42501', 'nor does the delivery worker');
create role many_parts in role cs_health_csm, cs_health_admin;
select is(split_part(public.who('many_parts', null), ' ', 3), 'admin', 'of several parts the one with most rights');
create role outsider;
select is(public.who('outsider', 'ana@us.test'), '42501', 'others may not ask');
select is((select count(*) from cs_health_v1.whoami()), 1::bigint, 'always one row');

select finish();
rollback;
