-- Customers given to another colleague: what goes along, who may, and what is written down.
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
insert into cs_health.csm (email, name, manager_email, away_until, stands_in) values
    ('ana@us.test', 'Ana Gil', 'boss@us.test', null, null), ('bob@us.test', 'Bob Roe', null, null, null),
    ('carla@us.test', 'Carla', null, '2026-03-31', 'ana@us.test');
create function public.book() returns text language sql as $$
    select string_agg(b.line, ', ' order by b.csm) from (
        select t.csm, coalesce(split_part(t.csm, '@', 1), 'nobody') || ' ' || string_agg(right(t.id::text, 1), ''
            order by t.id) as line from cs_health.tenant as t group by t.csm) as b
$$;
create function public.assigned() returns text language sql as $$
    select string_agg(right(k.tenant_id::text, 1) || ' ' || split_part(k.assignee, '@', 1), ', '
        order by k.tenant_id, k.id)
    from cs_health.task as k
$$;
insert into cs_health.tenant (id, name, csm, segment)
select public.t(i), 'Tenant ' || i, (array['ana', 'ana', 'ana', 'bob', 'bob', 'carla'])[i] || '@us.test',
    case when i % 2 = 0 then 'smb' end from generate_series(1, 7) as i;
insert into cs_health.task (tenant_id, id, source_key, kind, title, assignee, due_on, status, created_at, ended_at)
select public.t(i), public.t(100 + nr), 'task ' || nr, 'manual', 'x', who || '@us.test', '2026-03-10', status, now(),
    case when status = 'done' then now() end
from (values (1, 1, 'ana', 'open'), (2, 1, 'bob', 'open'), (3, 1, 'ana', 'done'), (4, 2, 'ana', 'open'),
    (5, 4, 'ana', 'open'), (6, 6, 'carla', 'open')) as v(nr, i, who, status);
insert into cs_health.cs_playbook (id, name, trigger_type, trigger_conditions, steps) values (public.t(90), 'Care',
    'health_drop', '{"fact": "overall_score", "op": "<", "value": 60}',
    '[{"day": 0, "action": "talk", "channel": "call", "subject": "Call", "template": "Ask"}]');
insert into cs_health.playbook_execution (
    tenant_id, id, playbook_id, playbook_name, status, created_at, created_by, started_on, trigger, steps, params)
select public.t(2), public.t(91), p.id, p.name, 'running', now(), 'engine', '2026-03-10', '[]', p.steps, '{}'
from cs_health.cs_playbook as p where p.id = public.t(90);
update cs_health.task set execution_id = public.t(91), step_no = 1 where tenant_id = public.t(2);

-- A CSM gives one of her own
select is(public.said('cs_health_csm', 'ana@us.test',
    $$select cs_health_v1.reassign_tenants(array[public.t(2)], 'bob@us.test')$$), '1', 'a CSM gives one of the own');
select is(public.book(), 'ana 13, bob 245, carla 6, nobody 7', 'and that one only');
select is(public.assigned(), '1 ana, 1 bob, 1 ana, 2 bob, 4 ana, 6 carla', 'with its open tasks');
select results_eq('select tenant_id, kind, direction, at, actor, detail from cs_health.touchpoint',
    $$values (public.t(2), 'hand_over', 'internal', '2026-03-10 12:00+00'::timestamptz, 'ana@us.test',
        'ana@us.test → bob@us.test')$$,
    'who gave it to whom is written down');
select is((select string_agg(j.actor || ' ' || j.title, ', ') from cs_health.journey(public.t(2)) as j
    where j.kind = 'hand_over'), 'ana@us.test ana@us.test → bob@us.test', 'its journey has it');
select results_eq('select actor, step_no, action, reason from cs_health.playbook_history',
    $$values ('ana@us.test', 1, 'task reassigned', 'bob@us.test')$$, 'and the history of the playbook the task');
select is(public.said('cs_health_csm', 'ana@us.test',
    'select count(*) from cs_health_v1.tenants where id = public.t(2)'), '0', 'she does not see it any more');
select is(public.said('cs_health_csm', 'bob@us.test',
    'select count(*) from cs_health_v1.tenants where id = public.t(2)'), '1', 'he does');
select is(public.said('cs_health_csm', 'bob@us.test',
    $$select cs_health_v1.reassign_tenants(array[public.t(4), public.t(2), public.t(4)], 'bob@us.test')$$), '0',
    'what is his already stays');
select is((select count(*) from cs_health.touchpoint), 1::bigint, 'nothing is written of that');

-- What is not one's own
set local cs_health.now = '2026-03-10 12:01+00';
select is(public.said('cs_health_csm', 'ana@us.test', 'select cs_health_v1.reassign_tenants(' || args || ')'), state,
    name)
from (values
    ('array[public.t(4)], ''ana@us.test''', 'PT404', 'another''s is unknown'),
    ('array[public.t(1), public.t(4)], ''bob@us.test''', 'PT404', 'and so are all of a list with one'),
    ('array[public.t(1), null], ''bob@us.test''', 'PT404', 'null is unknown'),
    ('array[public.t(7)], ''ana@us.test''', 'PT404', 'nobody''s is not there for the taking'),
    ('array[public.t(6)], ''ana@us.test''', '42501', 'who stands in gives nothing away'),
    ('array[public.t(6)], ''bob@us.test''', '42501', 'to nobody'),
    ('array[public.t(1), public.t(6)], ''bob@us.test''', '42501', 'nor one of several'),
    ('array[public.t(1)], ''boss@us.test''', '22023', 'a manager who is no CSM has no customers'),
    ('array[public.t(1)], ''eva@them.test''', '22023', 'nor has a stranger'),
    ('array[public.t(1)], null', '22023', 'nor has nobody'),
    ('''{}''::uuid[], ''bob@us.test''', '22023', 'no customer at all'),
    ('null, ''bob@us.test''', '22023', 'not even a list'),
    ('array_fill(public.t(1), array[1001]), ''bob@us.test''', '22023', 'too many')) as c(args, state, name);
select is(public.book() || '; ' || public.assigned(),
    'ana 13, bob 245, carla 6, nobody 7; 1 ana, 1 bob, 1 ana, 2 bob, 4 ana, 6 carla',
    'all or nothing: nothing changed');
select throws_ok('select cs_health.reassign_tenants(' || args || ')', '22023', said, said)
from (values
    ('''{}'', ''bob@us.test''', 'tenants must name 1 to 1000 customers, not 0'),
    ('null, ''bob@us.test''', 'tenants must name 1 to 1000 customers, not null'),
    ('array_fill(public.t(1), array[1001]), ''bob@us.test''', 'tenants must name 1 to 1000 customers, not 1001'),
    ('array[public.t(1)], ''boss@us.test''', 'csm must be a CSM, not boss@us.test'),
    ('array[public.t(1)], null', 'csm must be a CSM, not null'),
    ('array[public.t(9)], ''bob@us.test''', 'tenant ' || public.t(9) || ' does not exist')) as c(args, said);

select is(public.said('cs_health_csm', 'ana@us.test',
    $$select cs_health_v1.log_touchpoint(public.t(1), 'hand_over', 'ana@us.test → bob@us.test')$$), '22023',
    'nor is a hand-over noted that was none');

-- By hand, past the functions: only what stands in a touchpoint of this moment, under the own name
create function public.tried(email text, said text, change text, role_name text default 'cs_health_csm') returns text
language plpgsql as $$
begin
    perform set_config('request.jwt.claims', jsonb_build_object('email', email)::text, true);
    execute format('set local role %I', role_name);
    if said <> '' then
        execute said;
    end if;
    execute change;
    reset role;
    return public.book();
exception when others then
    return sqlstate;
end
$$;
create function public.note(
    tenant integer, detail text, actor text default 'ana@us.test', at text default 'cs_health._now()')
returns text language sql as $$
    select format('insert into cs_health.touchpoint (tenant_id, kind, at, actor, detail) '
        'values (%L, ''hand_over'', %s, %L, %L)', public.t(tenant), at, actor, detail)
$$;
select is(public.tried('ana@us.test', note, change), 'ana 13, bob 245, carla 6, nobody 7', name)
from (values
    ('', 'update cs_health.tenant set csm = ''bob@us.test''', 'nothing without a touchpoint'),
    ('', 'update cs_health.tenant set csm = null', 'nor to nobody'),
    (public.note(1, 'ana@us.test → bob@us.test', at => '''2026-03-10 12:00+00'''),
        'update cs_health.tenant set csm = ''bob@us.test''', 'nor by one of earlier'),
    (public.note(1, 'bob@us.test → carla@us.test'), 'update cs_health.tenant set csm = ''carla@us.test''',
        'nor by one of a customer of another'),
    ('', 'select from cs_health.tenant for update', 'nor is anything locked')) as c(note, change, name);
select is(public.tried('ana@us.test', note, change), '42501', name)
from (values
    (public.note(1, 'ana@us.test → bob@us.test'), 'update cs_health.tenant set csm = null', 'to nobody with one'),
    (public.note(1, 'ana@us.test → carla@us.test'), 'update cs_health.tenant set csm = ''bob@us.test''',
        'not to another than it says'),
    (public.note(1, 'ana@us.test → bob@us.test', 'bob@us.test'), 'update cs_health.tenant set csm = ''bob@us.test''',
        'not in another''s name'),
    (public.note(4, 'bob@us.test → ana@us.test'), 'update cs_health.tenant set csm = ''ana@us.test''',
        'nor one that is another''s'),
    ('', 'update cs_health.tenant set arr = 0', 'nothing else of a customer may be changed'),
    ('', 'update cs_health.tenant set csm = ''bob@us.test'', name = ''x''', 'nor along with it'))
    as c(note, change, name);
select is(public.tried('ana@us.test', public.note(6, 'carla@us.test → ana@us.test'),
    'update cs_health.tenant set csm = ''ana@us.test'''), 'ana 13, bob 245, carla 6, nobody 7',
    'whoever stands in takes nothing');
delete from cs_health.touchpoint where at = cs_health._now();
select is(public.tried('ana@us.test', '', 'update cs_health.tenant set csm = ''bob@us.test''', 'cs_health_csm_all'),
    'ana 13, bob 245, carla 6, nobody 7', 'who sees all needs a touchpoint too');
select is(public.tried('ana@us.test', public.note(4, 'bob@us.test → ana@us.test'),
    'update cs_health.tenant set csm = ''carla@us.test''', 'cs_health_csm_all'), '42501', 'that says to whom');
select is(public.tried('ana@us.test', '', 'update cs_health.tenant set csm = ''bob@us.test''', r), '42501',
    r || ' changes no customer') from unnest(array['cs_health_tenant', 'cs_health_ingest', 'cs_health_worker']) as r;

-- Those who see all, and administrators
select is(public.said('cs_health_csm_all', 'boss@us.test',
    $$select cs_health_v1.reassign_tenants(array[public.t(6), public.t(7)], 'bob@us.test')$$), '2',
    'who sees all gives any');
select is(public.book(), 'ana 13, bob 24567', 'also nobody''s');
select is(public.assigned(), '1 ana, 1 bob, 1 ana, 2 bob, 4 ana, 6 bob', 'with their tasks');
select is((select string_agg(p.detail, ', ' order by p.detail) from cs_health.touchpoint as p
    where p.actor = 'boss@us.test'), 'carla@us.test → bob@us.test, – → bob@us.test', 'under the own name');
select is(public.said('cs_health_admin', 'root@us.test',
    $$select cs_health_v1.reassign_tenants(array[public.t(7)], 'carla@us.test')$$), '1', 'so does an administrator');
select is(public.said(r, 'ana@us.test', $$select cs_health_v1.reassign_tenants(array[public.t(1)], 'bob@us.test')$$),
    '42501', r || ' gives nothing') from unnest(array['cs_health_tenant', 'cs_health_ingest', 'cs_health_worker']) as r;
select is((select cs_health.reassign_tenants(array[public.t(7)], 'bob@us.test')), 1, 'and the owner');

-- A whole book of business
set local cs_health.now = '2026-03-10 12:02+00';
select is(public.said('cs_health_csm', 'ana@us.test',
    $$select h.tenants || ' ' || h.tasks from cs_health_v1.hand_over('ana@us.test', 'bob@us.test', 'smb') as h$$),
    'PT404', 'a segment of which there is none');
select is(public.said('cs_health_csm', 'ana@us.test', 'select cs_health_v1.hand_over(' || args || ')::text'), state,
    name)
from (values ('''bob@us.test'', ''ana@us.test''', 'PT404', 'another''s book is unknown'),
    ('''nobody'', ''ana@us.test''', 'PT404', 'and nobody''s'), ('null, ''ana@us.test''', 'PT404', 'and null'),
    ('''ana@us.test'', ''ana@us.test''', '22023', 'to oneself'),
    ('''ana@us.test'', ''boss@us.test''', '22023', 'no CSM'),
    ('''ana@us.test'', null', '22023', 'to nobody')) as c(args, state, name);
select is(public.said('cs_health_csm', 'ana@us.test',
    $$select h.tenants || ' ' || h.tasks from cs_health_v1.hand_over('ana@us.test', 'bob@us.test') as h$$), '2 1',
    'all that she has, and their open tasks');
select is(public.book(), 'bob 1234567', 'are his');
select is(public.assigned(), '1 bob, 1 bob, 1 ana, 2 bob, 4 ana, 6 bob',
    'tasks that are done stay with who did them, those at other customers with who has them');
select is(public.said('cs_health_csm_all', 'boss@us.test',
    $$select h.tenants || ' ' || h.tasks from cs_health_v1.hand_over('bob@us.test', 'ana@us.test', 'smb') as h$$),
    '3 2', 'a segment, by who sees all');
select is(public.book(), 'ana 246, bob 1357', 'only that segment');
select is((select h.tenants || ' ' || h.tasks from cs_health.hand_over('carla@us.test', 'ana@us.test') as h), '0 0',
    'inside the database an empty book is no error');
select is((select count(*) from cs_health.tenant as t where t.csm is null), 0::bigint, 'nobody was forgotten');

-- who stands in does not give away the book of whoever is away
update cs_health.tenant set csm = 'carla@us.test' where id = public.t(1);
select is(public.said('cs_health_csm', 'ana@us.test',
    $$select cs_health_v1.hand_over('carla@us.test', 'ana@us.test')::text$$), '42501', 'who stands in takes no book');
select is(public.book(), 'ana 246, bob 357, carla 1', 'nothing changed');


-- Disabled colleagues give nothing and are given nothing, but others give theirs
set local cs_health.now = '2026-03-10 12:03+00';
select cs_health.disable_colleague('bob@us.test');
select is(public.said('cs_health_csm', 'bob@us.test',
    $$select cs_health_v1.hand_over('bob@us.test', 'ana@us.test')::text$$), 'PT404', 'who is disabled sees no book');
select is(public.said('cs_health_csm', 'ana@us.test',
    $$select cs_health_v1.reassign_tenants(array[public.t(2)], 'bob@us.test')$$), '22023', 'and gets no customers');
select is(public.tried('bob@us.test', public.note(3, 'bob@us.test → ana@us.test', 'bob@us.test'),
    'update cs_health.tenant set csm = ''ana@us.test''', r), '42501', 'also past the functions: ' || r)
from unnest(array['cs_health_csm', 'cs_health_csm_all']) as r;
select is(public.said('cs_health_csm_all', 'boss@us.test',
    $$select h.tenants || ' ' || h.tasks from cs_health_v1.hand_over('bob@us.test', 'ana@us.test') as h$$), '3 0',
    'what is his can be given');
select is(public.book(), 'ana 234567, carla 1', 'to who is there');

select * from finish();
rollback;
