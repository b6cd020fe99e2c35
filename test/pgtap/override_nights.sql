-- An override through thirty nightly runs: it stays, whatever is computed, and nothing that is stored knows of it.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = warning;
select plan(14);

create function public.t(i integer) returns uuid language sql immutable as
    $$ select ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid $$;

-- Three customers, and each a twin that does exactly the same: 1 fades away, 2 comes up, 3 is steady
insert into cs_health.plan (code, name) values ('pro', 'Pro');
insert into cs_health.feature (code, name) select 'f' || n, 'F' || n from generate_series(1, 4) as n;
insert into cs_health.plan_feature (plan_code, feature) select 'pro', code from cs_health.feature;
insert into cs_health.tenant (id, name, plan_code) select public.t(n), 'Tenant ' || n, 'pro'
from unnest(array[1, 2, 3, 11, 12, 13]) as n;
create function public.events_of(day date) returns void language sql as $$
    insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature)
    select t.id, 'user ' || u, day + time '12:00', 'feature', 'f' || 1 + (u + (current_date - day)) % 4
    from cs_health.tenant as t cross join generate_series(1, 20) as u
    where u <= case right(t.name, 1) when '1' then least(20, (current_date - day) / 2 - 4)
        when '2' then greatest(0, 22 - (current_date - day)) else 10 end
$$;
do $$
begin
    perform public.events_of(current_date - d) from generate_series(31, 100) as d;
end
$$;
call cs_health.replay(current_date - 40, current_date - 31);
select is((select count(*) from cs_health.customer_health), 60::bigint, 'ten days are scored before');

select cs_health.override_health(public.t(1), 'healthy', 'They are on holiday', current_date + 30) is not null;
select cs_health.override_health(public.t(2), 'critical', 'They are about to leave', current_date + 30) is not null;
create temp table before as select o::text as row from cs_health.health_override as o;

create temp table night (
    day date, tenant_id uuid, category text, computed_category text, override_category text, score integer,
    found text[]);
select format('select public.events_of(%L)', day),
    format('call cs_health.recalculate(%L)', day),
    format($$insert into night
        select h.as_of, h.tenant_id, h.category, h.computed_category, h.override_category, h.overall_score,
            array(select c.category from unnest(array['healthy', 'neutral', 'at_risk', 'critical']) as c(category)
                where exists (select from cs_health_v1.health_scores as f
                    where f.tenant_id = h.tenant_id and f.category = c.category))
        from cs_health_v1.health_scores as h where h.as_of = %L$$, day)
from (select current_date - d as day from generate_series(1, 30) as d) as d order by day \gexec

select is((select count(*) from night), 180::bigint, 'thirty runs, six customers each');
select is((select count(*) from night as n where n.tenant_id = public.t(1)
    and n.category = 'healthy' and n.override_category = 'healthy'), 30::bigint,
    'the override is shown after each run');
select is((select count(*) from night as n where n.tenant_id = public.t(2)
    and n.category = 'critical' and n.override_category = 'critical'), 30::bigint, 'the other one too');
select is((select count(*) from night as n where n.tenant_id not in (public.t(1), public.t(2))
    and (n.category <> n.computed_category or n.override_category is not null)), 0::bigint, 'and nobody else has one');
select is((select count(*) from night as n where n.computed_category <> cs_health.health_category(n.score)), 0::bigint,
    'the computed category beside it is that of the score');
select cmp_ok((select count(distinct n.computed_category) from night as n where n.tenant_id = public.t(1)), '>=',
    2::bigint, 'which went down meanwhile');
select cmp_ok((select count(distinct n.computed_category) from night as n where n.tenant_id = public.t(2)), '>=',
    2::bigint, 'or up');
select is((select count(*) from night as n where n.found is distinct from array[n.category]), 0::bigint,
    'filtering by category finds each customer under the shown one and under no other');
select results_eq(
    $$select to_jsonb(h) - 'tenant_id' - 'calculated_at' from cs_health.customer_health as h
        where h.tenant_id in (public.t(1), public.t(2), public.t(3)) order by h.tenant_id, h.as_of$$,
    $$select to_jsonb(h) - 'tenant_id' - 'calculated_at' from cs_health.customer_health as h
        where h.tenant_id in (public.t(11), public.t(12), public.t(13)) order by h.tenant_id, h.as_of$$,
    'stored rows are those of a twin without an override');
select results_eq('select o::text from cs_health.health_override as o order by 1',
    'select row from before order by row',
    'and no run has touched an override');

-- It expires, and the computed category is shown again
update cs_health.health_override set set_at = now() - interval '30 days', expires_on = current_date - 1
where tenant_id = public.t(1);
select results_eq('select category, computed_category, override_category, override_reason
    from cs_health_v1.health_scores where tenant_id = public.t(1)',
    'select h.category, h.category, null::text, null::text
    from cs_health.customer_health as h where h.tenant_id = public.t(1) and h.as_of = current_date - 1',
    'when it has expired the computed category is shown again');
select results_eq('select as_of, category, computed_category from cs_health_v1.health_score_history(public.t(1))
    where as_of > current_date - 31 order by as_of',
    $$select day, 'healthy', computed_category from night where tenant_id = public.t(1) order by day$$,
    'and history tells what was shown');
select results_eq('select category, computed_category, last_day, computed_category_after, verdict
    from cs_health.override_record order by tenant_id',
    $$values ('healthy', 'neutral', current_date - 1, 'at_risk', 'wrong'),
        ('critical', 'critical', null, null, 'open')$$,
    'the record says that it was wrong');
select * from finish();
