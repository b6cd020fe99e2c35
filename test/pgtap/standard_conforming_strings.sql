-- No text of ours reads a backslash differently where standard_conforming_strings is off.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set client_min_messages = error;
begin;
set standard_conforming_strings = off;
call cs_health.install();
set standard_conforming_strings = on;
select plan(9);

select is((
    select string_agg(p.oid::regprocedure::text, ', ' order by p.oid)
    from pg_proc as p join pg_language as l on l.oid = p.prolang
    where p.pronamespace in ('cs_health'::regnamespace, 'cs_health_v1'::regnamespace)
        and l.lanname in ('sql', 'plpgsql')
        and strpos(regexp_replace(regexp_replace(p.prosrc, '--[^\n]*', '', 'g'),
            $$\mE'([^'\\]|\\.|'')*'(\s*\n\s*'([^'\\]|\\.|'')*')*$$, '', 'g'), E'\\') > 0), null,
    'backslashes stand in E strings only');

set standard_conforming_strings = off;
select is(cs_health._first_name('Susana Torres'), 'Susana', 'first name');
select is(cs_health._first_name('Dra. Ana Gil'), 'Ana', 'first name behind a title');
select is(cs_health._one_line(E'tu\nuno 2028'), 'tu uno 2028', 'one line');
select is(cs_health._one_line(E'Ana\u202e Gil\u2066'), 'Ana Gil', 'without controls of direction');
select is(cs_health._slack_text(E'AT&T\u202e <x>'), 'AT&amp;T &lt;x&gt;', 'nor in Slack');
select throws_ok($q$select cs_health._require_text('note', 'SSS', 2)$q$, '22023', null, 'a text too long');
select lives_ok($q$select cs_health._require_text('note', 'SSS', 3)$q$, 'a text of the letter S');
select throws_ok($q$select cs_health._require_text('note', ' ', 3)$q$, '22023', null, 'a blank text');
set standard_conforming_strings = on;

select finish();
rollback;
