-- Filters that colleagues keep under a name: own ones, shared ones, and forgotten ones.
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
create function public.saved(role_name text, email text) returns text language sql as $$
    select public.said(role_name, email, 'select string_agg(concat_ws('' '', s.name, s.owner_name, s.query, s.shared, '
        's.mine), ''; '' order by s.name, s.owner) from cs_health_v1.saved_segments as s')
$$;
create function public.save(email text, args text, role_name text default 'cs_health_csm') returns text
language sql as $$
    select public.said(role_name, email, 'select cs_health_v1.save_segment(' || args || ')')
$$;
select matches(public.save('ana@us.test', $$'Worst', 'customers', '{"category": "critical"}'$$), '^[0-9a-f-]{36}$',
    'saved');
select matches(public.save('ana@us.test', $$'Mine', 'customers', '{"csm": "ana@us.test"}', true$$), '^[0-9a-f-]{36}$',
    'and shared');
select is(public.saved('cs_health_csm', 'ana@us.test'), 'Mine Ana Gil {"csm": "ana@us.test"} t t; '
    'Worst Ana Gil {"category": "critical"} f t', 'one sees both');
select is(public.saved('cs_health_csm', 'bob@us.test'), 'Mine Ana Gil {"csm": "ana@us.test"} t f',
    'a colleague those that are shared');
select is(public.saved('cs_health_csm_all', 'bob@us.test'), 'Mine Ana Gil {"csm": "ana@us.test"} t f',
    'also one who sees every customer');
select is(public.saved('cs_health_admin', 'root@us.test'), 'Mine Ana Gil {"csm": "ana@us.test"} t f; '
    'Worst Ana Gil {"category": "critical"} f f', 'an administrator all');
select is(public.saved(r, 'ana@us.test'), '42501', r || ' none')
from unnest(array['cs_health_tenant', 'cs_health_ingest', 'cs_health_worker']) as r;
select results_eq('select id::text, created_at, page from cs_health.saved_segment where name = ''Worst''', format(
    $$values (%L, '2026-03-10 12:00+00'::timestamptz, 'customers')$$,
    public.save('ana@us.test', $$'Worst', 'customers', '{}'$$)), 'the same name keeps its id');
select is((select s.query from cs_health.saved_segment as s where s.name = 'Worst'), '{}', 'and gets the new filters');
select matches(public.save('ana@us.test', $$'Worst', 'renewals', '{"a": 1}'$$), '-', 'another page, another one');
select matches(public.save('bob@us.test', $$'Worst', 'customers', '{"b": 1}', null$$), '-', 'another owner too');
select is((select count(*) from cs_health.saved_segment), 4::bigint, 'so there are four');

select is(public.save('ana@us.test', args), '22023', args)
from (values ('null, ''x'', ''{}'''), (''' '', ''x'', ''{}'''), ('repeat(''x'', 101), ''x'', ''{}'''),
    ('E''a\nb'', ''x'', ''{}'''), ('''a'', null, ''{}'''), ('''a'', ''X y'', ''{}'''), ('''a'', '''', ''{}'''),
    ('''a'', ''x'', null'), ('''a'', ''x'', ''[]'''), ('''a'', ''x'', ''"y"'''), ('''a'', ''x'', ''null'''),
    ('''a'', ''x'', jsonb_build_object(''a'', repeat(''x'', 8200))')) as c(args);
insert into cs_health.saved_segment (owner, page, name, query, created_at)
select 'many@us.test', 'customers', 'n' || i, '{}', now() from generate_series(1, 200) as i;
select is(public.save('many@us.test', $$'one more', 'customers', '{}'$$), '22023', '200 are enough');
select matches(public.save('many@us.test', $$'n7', 'customers', '{"a": 1}'$$), '-',
    'those that there are can be changed');
delete from cs_health.saved_segment where owner = 'many@us.test';

-- Deleting
create function public.segment(owner text, name text) returns uuid language sql as $$
    select s.id from cs_health.saved_segment as s where s.owner = segment.owner and s.name = segment.name limit 1
$$;
select is(public.said('cs_health_csm', 'bob@us.test', format('select cs_health_v1.delete_segment(%L)',
    public.segment('ana@us.test', n))), state, s) from (values ('Mine', '42501', 'not what a colleague shares'),
    ('Worst', 'PT404', 'nor what is not seen'), ('none', 'PT404', 'nor what there is not')) as v(n, state, s);
select is(public.said('cs_health_csm', 'bob@us.test', format('select cs_health_v1.delete_segment(%L)::text',
    public.segment('bob@us.test', 'Worst'))), '', 'one''s own');
select is(public.said('cs_health_admin', 'root@us.test', format('select cs_health_v1.delete_segment(%L)::text',
    public.segment('ana@us.test', 'Mine'))), '', 'an administrator any');
select is((select count(*) from cs_health.saved_segment), 2::bigint, 'two are left');
select throws_ok('select cs_health.delete_segment(null)', '22023', 'saved segment null does not exist');

-- Past the functions: in nobody else's name
select is(public.said('cs_health_csm', 'bob@us.test', 'with x as (' || c || ' returning 1) select count(*) from x'), s,
    c)
from (values
    ('insert into cs_health.saved_segment (owner, page, name, query, created_at) '
        'values (''ana@us.test'', ''x'', ''x'', ''{}'', now())', '42501'),
    ('update cs_health.saved_segment set shared = true', '0'), ('delete from cs_health.saved_segment', '0'),
    ('update cs_health.saved_segment set owner = ''bob@us.test''', '42501')) as v(c, s);

-- Disabled
select cs_health.disable_colleague('bob@us.test');
select is(public.saved(r, 'bob@us.test'), null, 'who is disabled sees none: ' || r)
from unnest(array['cs_health_csm', 'cs_health_csm_all']) as r;
select is(public.save('bob@us.test', $$'x', 'customers', '{}'$$, r), '42501', 'and saves none: ' || r)
from unnest(array['cs_health_csm', 'cs_health_csm_all']) as r;

-- Forgotten with the person or customer whose name somebody wrote into it
insert into cs_health.tenant (id, name) values (public.t(1), 'Acme'), (public.t(2), 'Active');
insert into cs_health.contact (tenant_id, name, email) values (public.t(1), 'Eva Sol', 'eva@them.test');
delete from cs_health.saved_segment;
insert into cs_health.saved_segment (owner, page, name, query, created_at)
select 'ana@us.test', 'customers', n, q::jsonb, now()
from (values ('Those of Eva Sol', '{}'), ('a', '{"name": "eva@them.test"}'), ('b', '{"status": "active"}'),
    ('ACME and others', '{}'), ('c', '{"name": "acme"}'), ('Evangelists', '{}')) as v(n, q);
select is((select cs_health.forget_contact(public.t(1), 'eva@them.test')), 3::bigint, 'the contact and two filters');
select is((select string_agg(s.name, ', ' order by s.name collate "C") from cs_health.saved_segment as s),
    'ACME and others, Evangelists, b, c', 'the others stay');
select cs_health.forget_tenant(public.t(i)) is not null from generate_series(1, 2) as i;
select is((select string_agg(s.name, ', ' order by s.name collate "C") from cs_health.saved_segment as s),
    'Evangelists, b', 'a customer takes those that name it along, and no other');

select * from finish();
rollback;
