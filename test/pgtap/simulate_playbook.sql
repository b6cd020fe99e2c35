-- A simulation says of stored days what the nightly runs of those days did: random scores, four playbooks, 30 days.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set time zone 'UTC';
set client_min_messages = error;
\ir include/playbook.sql
select plan(20);
delete from cs_health.cs_playbook where shipped;

select setseed(0.7) \g /dev/null
insert into cs_health.tenant (id, name, signed_up_at, arr, holdout)
select pg_temp.uuid(n), 'Tenant ' || n, case when n % 10 = 3 then pg_temp.day(-70) else '2025-01-01' end,
    1000 * (n % 7), n % 10 = 5
from generate_series(1, 60) as n;
insert into cs_health.measure_value (tenant_id, measure, as_of, value)
select pg_temp.uuid(v.n), v.m, pg_temp.day(v.d), 30 + v.value
from (
    select n, d, m, floor(60 * random()) as value, random() as sparse
    from generate_series(1, 60) as n, generate_series(0, 30) as d, unnest(array['s', 'g']) as m
) as v
where v.sparse < 0.35;
\set steps '[{"day": 365, "action": "wait", "channel": "internal", "to": "csm", "subject": "x", "template": "x"}]'
select pg_temp.playbook('plain', '{"fact": "overall_score", "op": "<", "value": 50}', '{"most": 3, "cooldown": 5,
    "exit": {"fact": "overall_score", "op": ">=", "value": 60}}'),
    pg_temp.playbook('lasting', '{"fact": "overall_score", "op": "<", "value": 60, "for_days": 3}', '{"cooldown": 2,
    "exit": {"fact": "overall_score", "op": ">=", "value": 55, "for_days": 2}}'),
    pg_temp.playbook('both', '{"all": [{"fact": "growth_score", "op": ">", "value": 50},
        {"not": {"fact": "overall_score", "op": ">", "value": 55, "for_days": 2}}]}', '{"most": 2, "cooldown": 0,
    "exit": {"fact": "growth_score", "op": "<", "value": 45}, "onboarding": true}'),
    pg_temp.playbook('some', '{"any": [{"fact": "trend", "op": "=", "value": "declining"},
        {"fact": "own.g", "op": "<", "value": 40}]}', '{"audience": {"fact": "own.s", "op": ">", "value": 50},
    "exit": {"fact": "own.g", "op": ">=", "value": 70}, "min_coverage": 0}') \g /dev/null
update cs_health.cs_playbook set steps = :'steps';
create procedure pg_temp.nights("from" integer, "to" integer) language plpgsql as $$
begin
    for n in "from".."to" loop
        call pg_temp.night(n);
    end loop;
end
$$;
call pg_temp.nights(0, 30);

create function pg_temp.real(code text) returns table (day date, tenant uuid, outcome text) language sql as $$
    select e.triggered_as_of, e.tenant_id, 'enter' from cs_health.playbook_execution as e
    where e.playbook_name = code and e.status <> 'observed'
    union all
    select e.ended_at::date - 1, e.tenant_id, 'exit' from cs_health.playbook_execution as e
    where e.playbook_name = code and e.status = 'exited'
$$;
create function pg_temp.simulated(code text) returns table (day date, tenant uuid, outcome text) language sql as $$
    select s.day, s.tenant_id, s.outcome
    from cs_health.simulate_playbook(cs_health.playbook_by_code(code), pg_temp.day(0), pg_temp.day(30)) as s
    where s.outcome in ('enter', 'exit')
$$;
select cmp_ok((select count(*) from pg_temp.real(c)), '>=', 20::bigint, c || ': something happens')
from unnest(array['plain', 'lasting', 'both', 'some']) as c;
select set_eq(format('select * from pg_temp.simulated(%L)', c), format('select * from pg_temp.real(%L)', c),
    c || ': a simulation enters and exits whom the runs did, on the same days')
from unnest(array['plain', 'lasting', 'both', 'some']) as c;
select is((select string_agg(s.standing || ' ' || s.n, ', ' order by s.standing) from (
        select x.standing, count(*) as n from cs_health.playbook_state as x where x.playbook_id = p.id
        group by 1) as s),
    (select string_agg(f.standing || ' ' || f.n, ', ' order by f.standing) from (
        select case o.outcome when 'wait' then 'candidate' when 'enter' then 'enrolled' when 'baseline' then 'baseline'
            else o.reason end as standing, count(*) as n
        from (
            select distinct on (s.tenant_id) s.* from cs_health.simulate_playbook(p.id, pg_temp.day(0), pg_temp.day(30))
                as s where s.outcome in ('wait', 'enter', 'baseline', 'held')
            order by s.tenant_id, s.day desc) as o
        join cs_health.playbook_state as x on x.tenant_id = o.tenant_id and x.playbook_id = p.id group by 1) as f),
    p.code || ': and everybody stands alike at the end')
from cs_health.cs_playbook as p order by p.code;

select is((select (count(*), count(*) filter (where d.waiting > 0) > 0, max(d.entered))::text
    from cs_health.simulate_playbook_days(cs_health.playbook_by_code('plain'), pg_temp.day(0), pg_temp.day(30)) as d),
    '(31,t,3)', 'a row for each day, at most three enter');
select is((select sum(d.entered) from cs_health.simulate_playbook_days(cs_health.playbook_by_code('plain')) as d),
    (select count(*)::numeric from cs_health.simulate_playbook(cs_health.playbook_by_code('plain')) as s
    where s.outcome = 'enter'), 'by default both look at the last 31 days');
select is((select count(*) from (
        select s.outcome = 'wait' and s.reason = lag(s.reason) over w and lag(s.outcome) over w = 'wait' as again
        from cs_health.simulate_playbook(p.id, pg_temp.day(0), pg_temp.day(30)) as s
        window w as (partition by s.tenant_id order by s.day)) as w where w.again), 0::bigint,
    p.code || ': who waits is listed when the reason changes')
from cs_health.cs_playbook as p where p.code in ('plain', 'both') order by p.code;
select is((select d.waiting from cs_health.simulate_playbook_days(p.id, pg_temp.day(0), pg_temp.day(30)) as d
        order by d.day desc limit 1),
    (select count(*) from cs_health.playbook_state as s where s.playbook_id = p.id and s.standing = 'candidate'),
    p.code || ': and counted on every day')
from cs_health.cs_playbook as p where p.code in ('plain', 'both') order by p.code;
select throws_like($$select cs_health.simulate_playbook(pg_temp.uuid(1))$$, '%playbook % does not exist%');
select throws_ok(format($$select cs_health.simulate_playbook(%L, '2026-03-03', '2026-03-02')$$,
    cs_health.playbook_by_code('plain')), '22023', 'no period from 2026-03-03 to 2026-03-02');
select finish();
