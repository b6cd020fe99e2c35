-- health_scores shows what its plain definition shows, whatever plan serves it, and pages of it come along an index.
-- What it shows stands in shown_health, which follows whatever changes.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = warning;
select plan(64);
begin;
call cs_health.install_roles();

-- As one would write it: the override beside the row of the day, and no care how it is found
create view public.plain with (security_invoker = true) as
select
    cs_health.health_id(h.tenant_id, h.as_of) as id,
    h.tenant_id,
    h.overall_score::integer as overall_score,
    h.engagement_score::integer as engagement_score,
    h.adoption_score::integer as adoption_score,
    h.satisfaction_score::integer as satisfaction_score,
    h.support_score::integer as support_score,
    h.growth_score::integer as growth_score,
    coalesce(o.category, h.category) as category,
    h.trend,
    cs_health.score_breakdown(h.measures, c.document) as score_breakdown,
    h.churn_probability::numeric(3, 2) as churn_probability,
    h.calculated_at,
    h.as_of,
    h.coverage,
    case when h.coverage < 0.5 then 'no data' else 'ok' end as data_status,
    h.churn_probability::double precision as churn_probability_exact,
    case when h.coverage >= 0.5 or o.category is not null
        then cs_health.recommended_action(coalesce(o.category, h.category), coalesce((
            select a.locale from cs_health.csm as a where a.email = cs_health.current_csm()), m.locale, g.locale))
        end as recommended_action,
    t.name as tenant_name,
    t.status as tenant_status,
    t.plan_code,
    t.segment,
    t.csm,
    t.arr,
    t.contract_ends_on,
    h.provisional,
    c.code as scorecard,
    c.version as scorecard_version,
    h.category as computed_category,
    o.category as override_category,
    o.reason as override_reason,
    o.set_by as override_by,
    o.expires_on as override_expires_on,
    p.rating::integer as pulse,
    p.comment as pulse_comment,
    p.csm as pulse_by,
    p.at as pulse_at,
    cs_health.score_text(h.overall_score::integer, cs_health.score_interval(h.measures, c.document)) as score_text,
    (cs_health.score_interval(h.measures, c.document))[1] as score_low,
    (cs_health.score_interval(h.measures, c.document))[2] as score_high,
    case when t.status = 'active' and h.coverage >= 0.5 and not h.provisional
        then round(cs_health._peer_percentile(k.lower_than, h.overall_score::integer)::numeric, 1)
        end as peer_percentile
from (
        select n.* from cs_health.customer_health as n
        where n.as_of = (select max(r.as_of) from cs_health.run as r where r.finished_at is not null)
            and not n.provisional
            and not exists (
                select from cs_health.customer_health as p
                where p.tenant_id = n.tenant_id and p.provisional
                    and p.as_of > (select max(r.as_of) from cs_health.run as r where r.finished_at is not null))
        union all
        select p.* from cs_health.customer_health as p
        where p.provisional and p.as_of > (
            select coalesce(max(r.as_of), '-infinity') from cs_health.run as r where r.finished_at is not null)
    ) as h
join cs_health.tenant as t on t.id = h.tenant_id
left join cs_health.scorecard as c on c.id = h.scorecard_id
left join cs_health.csm as m on m.email = t.csm
cross join cs_health.settings as g
left join cs_health.health_override as o
    on o.tenant_id = h.tenant_id and o.ended_at is null and o.expires_on >= timezone(g.time_zone, now())::date
left join lateral ( -- distinct on says that there is at most one, so that queries without a pulse leave it out
    select distinct on (q.tenant_id) q.tenant_id, q.rating, q.comment, q.csm, q.at
    from cs_health.pulse as q where q.tenant_id = h.tenant_id
    order by q.tenant_id, q.at desc limit 1
) as p on p.tenant_id = h.tenant_id
left join cs_health.peer_group as k
    on k.as_of = h.as_of
    and (k.segment is null) = (t.segment is null) and coalesce(k.segment, '') = coalesce(t.segment, '')
    and (k.plan_code is null) = (t.plan_code is null) and coalesce(k.plan_code, '') = coalesce(t.plan_code, '');

create function public.t(i integer) returns uuid language sql immutable as
    $$ select ('00000000-0000-1500-8000-' || lpad(i::text, 12, '0'))::uuid $$;
create function public.one_of(variadic text[]) returns text language sql volatile as
    $$ select $1[1 + floor(random() * cardinality($1))::integer] $$;

insert into cs_health.csm (email, name, locale, away_until, stands_in) values
    ('ana@example.com', 'Ana', 'en', null, null), ('bea@example.com', 'Bea', 'es', null, null),
    ('eva@example.com', 'Eva', 'en', current_date + 3, 'ana@example.com'),
    ('ida@example.com', 'Ida', 'en', current_date - 3, 'ana@example.com');
insert into cs_health.plan (code, name) values ('pro', 'Pro');
do $$ begin perform cs_health._ensure_partition((current_date - make_interval(months => m))::date)
from generate_series(-1, 3) as m; end $$;

-- 150 tenants: rows of five days and of the one that is being scored, provisional ones of any day, some of a scorecard
-- that is lost
create procedure public.draw() language plpgsql as $procedure$
begin
    delete from cs_health.pulse;
    delete from cs_health.health_override;
    delete from cs_health.tenant;
    delete from cs_health.peer_group;
    delete from cs_health.run;
    delete from cs_health.customer_health;
    insert into cs_health.tenant (id, name, status, plan_code, segment, csm)
    select public.t(i), 'Tenant ' || i, public.one_of('active', 'active', 'trial'), public.one_of('pro', null),
        public.one_of('smb', 'mid', null),
        public.one_of('ana@example.com', 'bea@example.com', 'eva@example.com', 'ida@example.com', null)
    from generate_series(1, 150) as i;
    insert into cs_health.customer_health
    select public.t(i), current_date + d, s.score, 50, 50, 50, 50, 50,
        case when d <= 0 then random() < 0.1 else random() < 0.7 end,
        public.one_of('healthy', 'neutral', 'at_risk', 'critical'), 'stable', public.one_of('1', '1', '99')::integer,
        random(), case when random() < 0.8 then random() end, null, now(),
        array_fill((100 * random())::real, array[20]), '\x'
    from generate_series(1, 160) as i cross join generate_series(-4, 1) as d
    cross join lateral (select floor(random() * 101 + i - i)::integer as score) as s
    where random() < case when d <= 0 then 0.9 else 0.2 end;
    delete from cs_health.customer_health as h where h.provisional and exists (
        select from cs_health.customer_health as l
        where l.tenant_id = h.tenant_id and l.provisional and l.as_of > h.as_of);
    insert into cs_health.run (
        as_of, phase, scorecard_rules, rescore, batches, total, started_at, resumed_at, finished_at)
    select current_date + d, 'finished', '[]', false, 0, 0, now(), now(), case when d <= -1 then now() end
    from generate_series(-4, 0) as d;
    insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, expires_on, ended_at)
    select public.t(i), public.one_of('healthy', 'neutral', 'at_risk', 'critical'), 'Said so', 'x', o.set_at,
        (o.set_at at time zone 'UTC')::date + floor(random() * 30)::integer, case when n > 1 then now() end
    from generate_series(1, 150) as i cross join generate_series(1, 2) as n
    cross join lateral (select now() - (i + n - i - n + 20 * random()) * interval '1 day' as set_at) as o
    where random() < 0.4;
    insert into cs_health.pulse (tenant_id, rating, csm, at)
    select public.t(1 + floor(random() * 150)::integer), 3, 'x', now() - n * interval '1 hour'
    from generate_series(1, 200) as n;
    insert into cs_health.peer_group
    select current_date + d, s.segment, p.plan_code, 20, array_fill(12, array[102])
    from generate_series(-2, 0) as d cross join (values ('smb'), (null)) as s(segment)
    cross join (values ('pro'), (null)) as p(plan_code);
    perform cs_health._show_health();
end
$procedure$;

-- How many rows one of the two has and the other has not, of each category, planned once for all and for each
create function public.differ() returns bigint language plpgsql as $$
declare
    wanted text;
    mode text;
    found bigint;
    total bigint := 0;
begin
    foreach mode in array '{force_custom_plan,force_generic_plan}'::text[] loop
        perform set_config('plan_cache_mode', mode, true);
        foreach wanted in array '{healthy,neutral,at_risk,critical}'::text[] loop
            select count(*) into found from (
                (select h::text from cs_health_v1.health_scores as h where h.category = wanted
                except all select p::text from public.plain as p where p.category = wanted)
                union all
                (select p::text from public.plain as p where p.category = wanted
                except all select h::text from cs_health_v1.health_scores as h where h.category = wanted)) as d;
            total := total + found;
        end loop;
    end loop;
    return total;
end
$$;
-- The same of pages: scores in their order, and every row of a page one that may be there
create function public.pages_differ() returns bigint language plpgsql as $$
declare
    wanted text;
    total bigint := 0;
begin
    foreach wanted in array '{healthy,neutral,at_risk,critical}'::text[] loop
        for skip in 0..60 by 20 loop
            if array(select h.overall_score from cs_health_v1.health_scores as h where h.category = wanted
                    order by h.overall_score limit 20 offset skip)
                <> array(select p.overall_score from public.plain as p where p.category = wanted
                    order by p.overall_score limit 20 offset skip)
                or array(select h.tenant_id from cs_health_v1.health_scores as h where h.category = wanted
                    order by h.overall_score desc, h.tenant_id limit 20 offset skip)
                <> array(select p.tenant_id from public.plain as p where p.category = wanted
                    order by p.overall_score desc, p.tenant_id limit 20 offset skip) then
                total := total + 1;
            end if;
        end loop;
    end loop;
    return total;
end
$$;
grant usage on schema public to cs_health_csm, cs_health_csm_all;
grant select on public.plain to cs_health_csm, cs_health_csm_all;
create function public.ask(role text, email text, call text) returns bigint language plpgsql as $$
declare
    answer bigint;
begin
    perform set_config('request.jwt.claims', jsonb_build_object('email', email)::text, true);
    execute format('set local role %I', role);
    execute 'select ' || call into answer;
    reset role;
    return answer;
end
$$;

select setseed(0.5);
call public.draw();
analyze;
select cmp_ok((select count(*) from public.plain as p where p.override_category is not null), '>=', 15::bigint,
    'there are overrides');
select cmp_ok((select count(*) from public.plain as p where p.provisional), '>=', 5::bigint, 'provisional rows');
select cmp_ok((select count(*) from public.plain as p where p.provisional and p.override_category is not null), '>=',
    1::bigint, 'both');
select cmp_ok((select count(*) from public.plain as p where p.scorecard is null), '>=', 10::bigint, 'lost scorecards');
select cmp_ok((select count(*) from public.plain as p where p.peer_percentile is not null), '>=', 10::bigint, 'peers');
select is(public.differ() + public.pages_differ(), 0::bigint,
    'for the owner the view has the rows of its plain definition');
select is(public.ask('cs_health_csm_all', 'ana@example.com', 'public.differ() + public.pages_differ()'), 0::bigint,
    'for one who sees all');
select is(public.ask('cs_health_csm', 'ana@example.com', 'public.differ() + public.pages_differ()'), 0::bigint,
    'for a CSM who stands in for another');
select cmp_ok(public.ask('cs_health_csm', 'ana@example.com', '(select count(*) from cs_health_v1.health_scores)'),
    '<', public.ask('cs_health_csm_all', 'ana@example.com', '(select count(*) from cs_health_v1.health_scores)'),
    'who does not see all');
select is(public.ask('cs_health_csm', 'nobody@example.com', '(select count(*) from cs_health_v1.health_scores)'),
    0::bigint, 'nobody sees nothing');
create procedure public.draw_often(out differences bigint) language plpgsql as $$
begin
    differences := 0;
    for i in 1..6 loop
        call public.draw();
        differences := differences + public.differ() + public.pages_differ()
            + public.ask('cs_health_csm', 'bea@example.com', 'public.differ()');
    end loop;
end
$$;
call public.draw_often(null) \gset
select is(:differences, 0, 'and in six more draws');

-- Where nothing was scored yet, and where the day that was is no longer finished
update cs_health.run set finished_at = null where as_of > current_date - 3;
select cs_health._show_health();
select is(public.differ(), 0::bigint, 'when the last two days are scored again');
delete from cs_health.run;
select cs_health._show_health();
select is(public.differ(), 0::bigint, 'before the first run');

-- Plans for the values of their parameters
call public.draw();
insert into cs_health.customer_health
select public.t(i), current_date - 1, i % 101, 50, 50, 50, 50, 50, false,
    (array['healthy', 'neutral', 'at_risk', 'critical'])[1 + i % 4], 'stable', 1, 1, null, null, now(), '{}', '\x'
from generate_series(1000, 20000) as i;
insert into cs_health.tenant (id, name, csm)
select public.t(i), 'Tenant ' || i, 'bea@example.com' from generate_series(1000, 20000) as i;
select cs_health._show_health();
analyze;
set local plan_cache_mode = force_custom_plan;
prepare page(text, bigint) as
select h.tenant_id, h.tenant_name, h.overall_score from cs_health_v1.health_scores as h where h.category = $1
order by h.overall_score limit $2;
create function public.plan_of(statement text) returns text language plpgsql as $$
declare
    line text;
    plan text := '';
begin
    for line in execute 'explain (costs off) ' || statement loop
        plan := plan || line || E'\n';
    end loop;
    return plan;
end
$$;
select matches(public.plan_of($$execute page('at_risk', 50)$$),
    'Merge Append.*Index Scan using shown_health_category_idx',
    'a page comes along the index of scores');
select is((select array_agg(m[1]) from regexp_matches(public.plan_of($$execute page('at_risk', 50)$$),
    ' on ((?:customer_health|tenant|pulse|health_override)\w*)', 'g') as m), null, 'and nothing else is looked at');
set local role cs_health_csm;
select set_config('request.jwt.claims', '{"email": "bea@example.com"}', true) is null \g /dev/null
select matches(public.plan_of($$execute page('at_risk', 50)$$),
    'Merge Append.*Index Scan using shown_health_csm_idx on [^\n]+\n +Index Cond: \(\(csm = \$\d\) AND ',
    'a CSM''s along that of the CSM');
reset role;

-- A plan that is kept is not kept beyond the day that it was made for
set local plan_cache_mode = force_generic_plan;
prepare kept(uuid) as select h.as_of from cs_health.current_health as h where h.tenant_id = $1 and not h.provisional;
delete from cs_health.customer_health where provisional;
select results_eq(format('execute kept(%L)', public.t(2000)), array[current_date - 1], 'the row of the scored day');
insert into cs_health.customer_health
select h.tenant_id, current_date, h.overall_score, 50, 50, 50, 50, 50, false, h.category, 'stable', 1, 1, null, null,
    now(), '{}', '\x'
from cs_health.customer_health as h where h.as_of = current_date - 1
on conflict do nothing;
select results_eq(format('execute kept(%L)', public.t(2000)), array[current_date - 1],
    'not that of a day that is not finished');
insert into cs_health.run (
    as_of, phase, scorecard_rules, rescore, batches, total, started_at, resumed_at, finished_at)
values (current_date, 'finished', '[]', false, 0, 0, now(), now(), now())
on conflict on constraint run_pkey do update set finished_at = now();
select results_eq(format('execute kept(%L)', public.t(2000)), array[current_date], 'but when it is');
update cs_health.run set finished_at = null where as_of = current_date;
select results_eq(format('execute kept(%L)', public.t(2000)), array[current_date - 1],
    'no more when it is scored again');
savepoint here;
update cs_health.run set finished_at = now() where as_of = current_date;
select results_eq(format('execute kept(%L)', public.t(2000)), array[current_date], 'what a savepoint takes back');
rollback to here;
select results_eq(format('execute kept(%L)', public.t(2000)), array[current_date - 1], 'is taken back');
truncate cs_health.run cascade;
select is_empty(format('execute kept(%L)', public.t(2000)), 'without a run there is no day');

-- Own tenants are looked up once for a statement, and anew when anything has changed
truncate cs_health.tenant cascade;
insert into cs_health.tenant (id, name, csm) values (public.t(1), 'One', 'ana@example.com'),
    (public.t(2), 'Two', 'bea@example.com'), (public.t(3), 'Three', 'eva@example.com');
create function public.own(role text, email text) returns text language plpgsql as $$
declare
    answer text;
begin
    perform set_config('request.jwt.claims', jsonb_build_object('email', email)::text, true);
    execute format('set local role %I', role);
    select string_agg(t.name, ' ' order by t.name) into answer
    from unnest(cs_health._own_tenants()) as o(id) join cs_health.tenant as t on t.id = o.id;
    reset role;
    return answer;
end
$$;
select is(public.own('cs_health_csm', 'ana@example.com'), 'One Three', 'a CSM''s own and those of whom is away');
select is(public.own('cs_health_csm', 'bea@example.com'), 'Two', 'another''s');
select is(public.own('cs_health_csm', null), null, 'nobody''s');
update cs_health.tenant set csm = 'bea@example.com' where id = public.t(3);
select is(public.own('cs_health_csm', 'bea@example.com'), 'Three Two', 'a customer that was given away');
savepoint here;
update cs_health.tenant set csm = 'ana@example.com' where id = public.t(2);
select is(public.own('cs_health_csm', 'bea@example.com'), 'Three', 'or taken');
rollback to here;
select is(public.own('cs_health_csm', 'bea@example.com'), 'Three Two', 'or not after all');
create function public.own_after_failure() returns text language plpgsql as $$
begin
    begin
        update cs_health.tenant set csm = 'ana@example.com';
        if public.own('cs_health_csm', 'bea@example.com') is not null then
            return 'still sees some';
        end if;
        raise exception 'back';
    exception when raise_exception then
        return public.own('cs_health_csm', 'bea@example.com');
    end;
end
$$;
select is(public.own_after_failure(), 'Three Two', 'nor within a function');
update cs_health.csm set away_until = current_date + 1, stands_in = 'bea@example.com' where email = 'ana@example.com';
select is(public.own('cs_health_csm', 'bea@example.com'), 'One Three Two', 'with a stand-in');
select set_config('cs_health.now', (now() + interval '10 days')::text, true) is null \g /dev/null
select is(public.own('cs_health_csm', 'bea@example.com'), 'Three Two', 'until the other is back');

-- What changes is shown at once, by whomever it was changed
select set_config('cs_health.now', '', true) is null \g /dev/null
update cs_health.csm set away_until = null, stands_in = null;
insert into cs_health.run (
    as_of, phase, scorecard_rules, rescore, batches, total, started_at, resumed_at, finished_at)
values (current_date - 1, 'finished', '[]', false, 0, 0, now(), now(), now());
delete from cs_health.customer_health;
insert into cs_health.customer_health
select public.t(i), current_date - 1, 50, 50, 50, 50, 50, 50, false, 'at_risk', 'stable', 1, 1, 0.125, null, now(),
    '{}', '\x'
from generate_series(1, 3) as i;
update cs_health.tenant set csm = null where id = public.t(3);
select cs_health._show_health();
create function public.shown(role text, email text) returns text language plpgsql as $$
declare
    answer text;
begin
    perform set_config('request.jwt.claims', jsonb_build_object('email', email)::text, true);
    execute format('set local role %I', role);
    select string_agg(concat_ws(' ', h.tenant_name, h.category, h.override_reason, h.csm), ', ' order by h.tenant_name)
    into answer from cs_health_v1.health_scores as h;
    reset role;
    return answer;
end
$$;
grant usage on schema cs_health to cs_health_csm;
select is(public.shown('postgres', null), 'One at_risk ana@example.com, Three at_risk, Two at_risk bea@example.com',
    'the list');
select is(public.shown('cs_health_csm', 'ana@example.com'), 'One at_risk ana@example.com', 'a CSM''s');
update cs_health.tenant set csm = 'ana@example.com' where id = public.t(3);
select is(public.shown('cs_health_csm', 'ana@example.com'),
    'One at_risk ana@example.com, Three at_risk ana@example.com',
    'a customer that nobody looked after and somebody does now');
update cs_health.tenant set csm = null where id = public.t(1);
select is(public.shown('cs_health_csm', 'ana@example.com'), 'Three at_risk ana@example.com', 'or no more');
update cs_health.csm set email = 'anne@example.com' where email = 'ana@example.com';
select is(public.shown('cs_health_csm', 'anne@example.com'), 'Three at_risk anne@example.com', 'a new address');
set local role cs_health_admin;
update cs_health.tenant set name = 'Tres', status = 'trial', plan_code = 'pro', segment = 'mid', arr = 5,
    contract_ends_on = current_date, csm = 'bea@example.com'
where id = public.t(3);
reset role;
select results_eq(format('select tenant_name, tenant_status, plan_code, segment, arr, contract_ends_on, csm
    from cs_health_v1.health_scores where tenant_id = %L', public.t(3)),
    $$values ('Tres', 'trial', 'pro', 'mid', 5.00, current_date, 'bea@example.com')$$, 'what an administrator changes');
update cs_health.plan set code = 'pro 2' where code = 'pro';
select is((select h.plan_code from cs_health_v1.health_scores as h where h.tenant_id = public.t(3)), 'pro 2',
    'another code of a plan');
set local role cs_health_csm;
select set_config('request.jwt.claims', '{"email": "bea@example.com"}', true) is null \g /dev/null
select cs_health.override_health(public.t(2), 'critical', 'They left', current_date + 1) is null \g /dev/null
reset role;
select is(public.shown('cs_health_csm', 'bea@example.com'), 'Tres at_risk bea@example.com, '
    'Two critical They left bea@example.com', 'an override that a CSM sets');
set local role cs_health_csm;
select throws_ok($$update cs_health.shown_health set override_reason = 'Another'$$, '42501', null,
    'no other than there is');
select throws_ok(format($$update cs_health.shown_health set override_category = 'healthy' where tenant_id = %L$$,
    public.t(3)), '42501', null, 'nor one where none is');
select throws_ok($$update cs_health.shown_health set override_category = null$$, '42501', null,
    'nor none where one is');
select throws_ok($$update cs_health.shown_health set overall_score = 100$$, '42501', null, 'nor another score');
set local role cs_health_admin;
select throws_ok($$update cs_health.shown_health set tenant_name = 'Another'$$, '42501', null, 'nor another name');
set local role cs_health_csm;
select cs_health.end_override(public.t(2)) is null \g /dev/null
reset role;
select is(public.shown('cs_health_csm', 'bea@example.com'), 'Tres at_risk bea@example.com, Two at_risk bea@example.com',
    'and ends');
insert into cs_health.tenant (id, name) values (public.t(4), 'Four');
insert into cs_health.customer_health
select public.t(4), current_date - 1, 50, 50, 50, 50, 50, 50, false, 'at_risk', 'stable', 1, 1, null, null, now(), '{}',
    '\x';
select cs_health._show_health();
select is(public.shown('cs_health_csm', null), null, 'who has no address sees nobody, not those without a CSM');
set local role cs_health_csm;
select is_empty('select tenant_name from cs_health.shown_health', 'nor past the view');
reset role;
delete from cs_health.tenant where id = public.t(4);
insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, expires_on)
values (public.t(2), 'healthy', 'Was here', 'x', now() - interval '3 days', current_date);
select is(public.shown('cs_health_csm', 'bea@example.com'), 'Tres at_risk bea@example.com, '
    'Two healthy Was here bea@example.com', 'one that lives today');
select set_config('cs_health.now', (now() + interval '1 day')::text, true) is null \g /dev/null
select cs_health._end_shown_overrides();
select is(public.shown('cs_health_csm', 'bea@example.com'), 'Tres at_risk bea@example.com, Two at_risk bea@example.com',
    'does not tomorrow');
update cs_health.health_override set expires_on = current_date + 2 where tenant_id = public.t(2) and ended_at is null;
set local role cs_health_admin;
update cs_health.tenant set arr = coalesce(arr, 0) + 1;
reset role;
select is(public.shown('cs_health_csm', 'bea@example.com'), 'Tres at_risk bea@example.com, '
    'Two healthy Was here bea@example.com', 'unless it is said to live on');
select set_config('cs_health.now', (now() + interval '5 days')::text, true) is null \g /dev/null
set local role cs_health_admin;
update cs_health.tenant set arr = arr + 1;
reset role;
select is(public.shown('cs_health_csm', 'bea@example.com'), 'Tres at_risk bea@example.com, Two at_risk bea@example.com',
    'an expired one keeps nobody from changing the customer');
select set_config('cs_health.now', '', true) is null \g /dev/null
select cs_health._show_health();
delete from cs_health.shown_health where tenant_id = public.t(2);
select cs_health._show_health();
select is(public.shown('cs_health_csm', 'bea@example.com'), 'Tres at_risk bea@example.com, '
    'Two healthy Was here bea@example.com', 'a customer that was not shown yet, with its override');
delete from cs_health.shown_health where tenant_id = public.t(2);
select cs_health.recalculate_tenant(public.t(2)) is null \g /dev/null
select results_eq(format('select provisional, as_of, calculated_at, override_reason from cs_health_v1.health_scores
    where tenant_id = %L', public.t(2)), format('select true, as_of, calculated_at, ''Was here'' from
    cs_health.customer_health where tenant_id = %L and provisional', public.t(2)), 'one that is scored now, too');
select is((select h.churn_probability::text || ' ' || h.churn_probability_exact from cs_health_v1.health_scores as h
    where h.tenant_id = public.t(3)), '0.13 0.125', 'probabilities are rounded, and exact beside');
delete from cs_health.customer_health where tenant_id = public.t(2);
select cs_health._show_health();
select is(public.shown('cs_health_csm', 'bea@example.com'), 'Tres at_risk bea@example.com', 'or is none any more');
set local role cs_health_csm;
select throws_ok($$update cs_health.shown_health set csm = 'anne@example.com'
    where row_security_active('cs_health.shown_health')$$, '42501', null, 'nobody gives a row of the list away');
select cs_health.reassign_tenants(array[public.t(3)], 'anne@example.com') is null \g /dev/null
reset role;
select is(public.shown('cs_health_csm', 'anne@example.com'), 'Tres at_risk anne@example.com',
    'but a customer, and it goes with it');
select is(public.shown('cs_health_csm', 'bea@example.com'), null, 'away');
delete from cs_health.tenant where id = public.t(3);
select is(public.shown('cs_health_csm', 'bea@example.com'), null, 'who is gone is gone');

-- What was scored and could not be shown at once is told of, and shown by the next fold_events()
select cs_health._show_health();
select is_empty($$select from cs_health.doctor() where item = 'list'$$, 'the list has what was scored');
update cs_health.run set finished_at = now() - interval '1 hour', shown_at = now() - interval '2 hours';
select is((select status from cs_health.doctor() where item = 'list'), 'warning', 'or not');
select cs_health._show_news();
select is_empty($$select from cs_health.doctor() where item = 'list'$$, 'then it has');
select results_eq(
    $$select to_jsonb(s) - 'category' - 'data_status' from cs_health.shown_health as s order by tenant_id$$,
    $$select to_jsonb(n) from cs_health.health_to_show as n order by tenant_id$$, 'it is what is to be shown');
select * from finish();
rollback;
