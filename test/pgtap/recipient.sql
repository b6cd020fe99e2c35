-- Who gets it: contacts by role, colleagues who are away, and people who want no more mail.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = warning;
select plan(44);
set cs_health.now = '2026-11-25 10:00+00';

create function public.t(i integer) returns uuid language sql immutable as
    $$ select ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid $$;
insert into cs_health.csm (email, name, manager_email) values
    ('ana@us.test', 'Ana', 'mia@us.test'), ('ben@us.test', 'Ben', null), ('cid@us.test', 'Cid', null),
    ('mia@us.test', 'Mia', null);
insert into cs_health.tenant (id, name, csm) values
    (public.t(1), 'One', 'ana@us.test'), (public.t(2), 'Two', null), (public.t(3), 'Three', 'ben@us.test');

select is(cs_health._assignee(public.t(1)), 'ana@us.test', 'the CSM');
select is(cs_health._assignee(public.t(1), 'manager'), 'mia@us.test', 'the manager');
select is(cs_health._assignee(public.t(2)), null, 'no CSM, no fallback: nobody');
select is(cs_health._assignee(public.t(3), 'manager'), 'ben@us.test', 'no manager, no fallback: the CSM');
update cs_health.settings set fallback_assignee = 'all@us.test';
select is(cs_health._assignee(public.t(2)), 'all@us.test', 'no CSM: the fallback');
select is(cs_health._assignee(public.t(3), 'manager'), 'all@us.test', 'no manager: the fallback');
select is(cs_health._assignee(public.t(9)), null, 'no tenant: nobody');

update cs_health.csm set away_until = '2026-11-25', stands_in = 'ben@us.test' where email = 'ana@us.test';
select is(cs_health._assignee(public.t(1)), 'ben@us.test', 'on the last day away Ben stands in');
set cs_health.now = '2026-11-26 00:00+00';
select is(cs_health._assignee(public.t(1)), 'ana@us.test', 'the day after she is back');
set cs_health.now = '2026-11-25 10:00+00';
update cs_health.csm set away_until = '2026-12-24', stands_in = 'cid@us.test' where email = 'ben@us.test';
select is(cs_health._assignee(public.t(1)), 'cid@us.test', 'Ben is away too: Cid stands in for him');
update cs_health.csm set away_until = '2026-12-24', stands_in = 'ana@us.test' where email = 'cid@us.test';
select is(cs_health._assignee(public.t(1)), 'mia@us.test', 'all three away, in a ring: the manager');
select is(cs_health._present('ana@us.test', '2026-11-25'), null, 'a ring ends');
update cs_health.csm set stands_in = 'mia@us.test' where email = 'cid@us.test';
select is(cs_health._assignee(public.t(1)), 'mia@us.test', 'the chain may lead there as well');
update cs_health.csm set stands_in = null;
select is(cs_health._assignee(public.t(1)), 'mia@us.test', 'away, and nobody stands in: the manager');
update cs_health.csm set away_until = '2026-11-30', stands_in = 'mia@us.test' where email = 'mia@us.test';
select is(cs_health._assignee(public.t(1)), 'all@us.test',
    'the manager, who stands in for herself, is away: the fallback');
select is(cs_health._assignee(public.t(1), 'manager'), 'all@us.test', 'for the manager too');
update cs_health.settings set fallback_assignee = null;
select is(cs_health._assignee(public.t(1)), 'ana@us.test', 'without a fallback it waits for the CSM');
select is(cs_health._assignee(public.t(1), 'manager'), 'mia@us.test', 'or for the manager');
update cs_health.csm set away_until = null, stands_in = null;
update cs_health.csm set manager_email = 'boss@us.test' where email = 'ana@us.test';
select is(cs_health._assignee(public.t(1), 'manager'), 'boss@us.test', 'a manager need not be a CSM');
select throws_ok(v.change, '22023', null, v.change) from (values
    ('update cs_health.settings set fallback_assignee = ''josé@x.org''')) as v(change);
select throws_ok(format('update cs_health.csm set slack_member_id = %L', v.id), '23514', null,
    format('"%s" is no Slack member ID', v.id)) from (values ('not an id'),
    ('u0ana'), ('U'), ('<!here>'), ('')) as v(id);
select is(cs_health._is_colleague('boss@us.test'), true, 'and is a colleague');
select is(cs_health._is_colleague('eve@them.test'), false, 'others are not');
select is(cs_health._is_colleague(null), false, 'nor is nobody');

-- Contacts
insert into cs_health.contact (tenant_id, id, name, email, role, is_primary) values
    (public.t(1), public.t(11), 'Zoe', 'zoe@them.test', 'champion', false),
    (public.t(1), public.t(12), 'Bob', 'bob@them.test', 'champion', false),
    (public.t(1), public.t(13), 'Pia', 'pia@them.test', 'user', true),
    (public.t(1), public.t(14), 'Una', 'una@them.test', 'user', false),
    (public.t(2), public.t(21), 'Bob', 'BOB@them.test', 'billing', false);
select is(cs_health._recipient(public.t(1), 'champion'), public.t(12), 'of two champions the same one every time');
select is(cs_health._recipient(public.t(1), 'executive_sponsor'), public.t(13), 'no sponsor: the primary contact');
select is(cs_health._recipient(public.t(1), 'primary'), public.t(13), 'the primary contact by name');
select is(cs_health._recipient(public.t(2), 'champion'), null, 'neither champion nor primary: nobody');
select is(cs_health._recipient(public.t(2), 'billing'), public.t(21), 'billing');
select is(cs_health._recipient(public.t(3), 'primary'), null, 'a tenant without contacts');
select is(cs_health.opt_out('Bob@Them.test'), 2, 'opting out counts the contacts of an address, in any spelling');
select is((select array_agg(c.name order by c.name) from cs_health.contact as c
    where c.opted_out_at = '2026-11-25 10:00+00'), array['Bob', 'Bob'], 'and notes when');
set cs_health.now = '2026-11-27 10:00+00';
select is(cs_health.opt_out('bob@them.test'), 2, 'a second time is no harm');
select is((select count(*) from cs_health.contact as c where c.opted_out_at = '2026-11-25 10:00+00'), 2::bigint,
    'and leaves the first date');
select is(cs_health.opt_out('nobody@them.test'), 0, 'nobody has that address');
select is(cs_health._recipient(public.t(1), 'champion'), public.t(11), 'the other champion is written to now');
update cs_health.contact set bounced_at = cs_health._now() where id = public.t(11);
select is(cs_health._recipient(public.t(1), 'champion'), public.t(13),
    'and after her mail came back, the primary contact');
select throws_ok($$select cs_health.opt_out('nobody')$$, '22023', 'email must be an address, not nobody');
select throws_ok($$select cs_health.opt_out(null)$$, '22023', 'email must be an address, not null');
select throws_ok($$select cs_health.opt_out(E'a@b.test\r\nBcc: c@d.test')$$, '22023',
    'email must be an address, not a@b.test??Bcc: c@d.test');
select * from finish();
