-- All customers at a glance: how many are how well, and who moved.

create function cs_health._shown_category(tenant uuid, day date, computed text) returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select coalesce((
        select v.category from cs_health.health_override as v
        where v.tenant_id = tenant and v.expires_on >= day and v.set_at < cs_health._end_of(day)
            and (v.ended_at is null or v.ended_at >= cs_health._end_of(day))
        order by v.set_at desc limit 1), computed)
$$;
comment on function cs_health._shown_category(uuid, date, text) is
    'The category that people saw at the end of a day: that of an override that lived then, else the computed one';

create function cs_health._scored_by(day date) returns date
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select max(r.as_of) from cs_health.run as r where r.finished_at is not null and r.as_of <= day
$$;
comment on function cs_health._scored_by(date) is 'The latest scored day up to a day; null when there is none';

create function cs_health.portfolio(of_csm text default null, of_segment text default null)
returns table (category text, tenants bigint, arr numeric, arr_at_risk numeric, tenants_30_days_ago bigint)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off as $$
#variable_conflict use_column
declare
    today date := cs_health._today();
    earlier date := cs_health._scored_by(cs_health._latest_scored_day() - 30);
    earlier_end timestamptz := cs_health._end_of(earlier);
begin
    return query
    select k.category, coalesce(n.tenants, 0), coalesce(n.arr, 0), coalesce(n.arr_at_risk, 0)::numeric(16, 2),
        case when earlier is not null then coalesce(b.tenants, 0) end
    from unnest(array['healthy', 'neutral', 'at_risk', 'critical', 'no data']) with ordinality as k(category, place)
    left join (
        select c.category, count(*) as tenants, sum(c.arr) as arr, sum(c.arr * c.churn_probability) as arr_at_risk
        from (
            select coalesce(o.category, case when h.coverage >= 0.5 then h.category end, 'no data') as category, t.arr,
                h.churn_probability::numeric as churn_probability
            from cs_health.tenant as t
            left join cs_health.current_health as h on h.tenant_id = t.id
            left join cs_health.health_override as o
                on o.tenant_id = t.id and o.ended_at is null and o.expires_on >= today
            where t.status = 'active' and (of_csm is null or t.csm = of_csm)
                and (of_segment is null or t.segment = of_segment)
        ) as c
        group by c.category
    ) as n on n.category = k.category
    left join (
        select c.category, count(*) as tenants
        from (
            select coalesce(o.category, case when h.coverage >= 0.5 then h.category end, 'no data') as category
            from cs_health.tenant as t
            left join cs_health.customer_health as h
                on h.tenant_id = t.id and h.as_of = earlier and not h.provisional
            left join (
                select distinct on (v.tenant_id) v.tenant_id, v.category from cs_health.health_override as v
                where v.expires_on >= earlier and v.set_at < earlier_end
                    and (v.ended_at is null or v.ended_at >= earlier_end)
                order by v.tenant_id, v.set_at desc
            ) as o on o.tenant_id = t.id
            where (t.status = 'active' or t.status = 'churned' and t.churned_on > earlier)
                and (t.signed_up_at < earlier_end) is not false
                and (of_csm is null or t.csm = of_csm)
                and (of_segment is null or t.segment = of_segment)
        ) as c
        group by c.category
    ) as b on b.category = k.category
    order by k.place;
end
$$;
comment on function cs_health.portfolio(text, text) is
    'Active customers by category (no data where less than half was observed, an override''s while one lives), with '
    'their ARR, ARR x churn probability, and how many there were 30 days before the latest scored day, counted by the '
    'status of today; who left since was active then. null = nothing was scored then. Five rows, zeros included; both '
    'arguments narrow';

create function cs_health._change_reason(tenant uuid, "from" date, "to" date, change integer, language text)
returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    with parts as materialized (
        select e.rank, e.cause, e.points, e.reason from cs_health.explain_change(tenant, "from", "to", language) as e
    ), main as (
        select p.rank, p.reason from parts as p
        order by p.cause in ('rounding', 'override'), sign(p.points) <> sign(change), p.rank limit 1
    )
    select concat_ws('; ', m.reason, (
        select c.reason from parts as c where c.cause = 'configuration' and c.rank <> m.rank order by c.rank limit 1))
    from main as m
$$;
comment on function cs_health._change_reason(uuid, date, date, integer, text) is
    'What moved a score most in the direction in which it went, in a sentence; when the scorecard changed too, that as '
    'well';

create function cs_health.movers(
    days integer default 7, max_rows integer default 10, of_csm text default null, of_segment text default null)
returns table (
    tenant_id uuid, tenant_name text, csm text, arr numeric, score_from integer, score_to integer, change integer,
    category_from text, category_to text, reason text, day_from date, day_to date)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off as $$
#variable_conflict use_column
declare
    language text := cs_health._language(null, null);
    latest date := cs_health._latest_scored_day();
    earlier date;
begin
    if (days between 1 and 1000) is not true then
        raise exception 'days must be from 1 to 1000, not %', coalesce(days::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'Leave it out for a week.';
    end if;
    if (max_rows between 1 and 100) is not true then
        raise exception 'max_rows must be from 1 to 100, not %', coalesce(max_rows::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'Leave it out for ten.';
    end if;
    earlier := cs_health._scored_by(latest - movers.days);
    return query
    select m.tenant_id, m.tenant_name, m.csm, m.arr, m.score_from, m.score_to, m.change,
        cs_health._shown_category(m.tenant_id, earlier, m.category_from),
        cs_health._shown_category(m.tenant_id, cs_health._today(), m.category_to),
        cs_health._change_reason(m.tenant_id, earlier, latest, m.change, language), earlier, latest
    from (
        select r.*
        from (
            select c.*, row_number() over (partition by c.change > 0
                order by abs(c.change) desc, c.arr desc nulls last, c.tenant_id) as place
            from (
                select t.id as tenant_id, t.name as tenant_name, t.csm, t.arr, h.score_from, h.score_to,
                    h.score_to - h.score_from as change, h.category_from, h.category_to
                from (
                    -- both days in one pass: under row-level security a join of two would be a loop
                    select s.tenant_id,
                        max(s.overall_score) filter (where s.as_of = earlier)::integer as score_from,
                        max(s.overall_score) filter (where s.as_of = latest)::integer as score_to,
                        max(s.category) filter (where s.as_of = earlier) as category_from,
                        max(s.category) filter (where s.as_of = latest) as category_to
                    from cs_health.customer_health as s
                    where s.as_of in (earlier, latest) and not s.provisional and s.coverage >= 0.5
                    group by s.tenant_id
                    having count(*) = 2 and min(s.overall_score) <> max(s.overall_score)
                ) as h
                join cs_health.tenant as t on t.id = h.tenant_id
                where t.status = 'active' and (of_csm is null or t.csm = of_csm)
                    and (of_segment is null or t.segment = of_segment)
            ) as c
        ) as r
        order by r.place, r.change > 0
        limit max_rows
    ) as m
    order by m.change > 0, abs(m.change) desc, m.arr desc nulls last, m.tenant_id;
end
$$;
comment on function cs_health.movers(integer, integer, text, text) is
    'Active customers whose score changed most in so many days (1-1000) up to the latest scored one: falls first, the '
    'greatest on top, then rises; of max_rows (1-100) half are for each, and what one does not need the other gets. '
    'The reason is what moved the score most that way, in the language of whoever asks; a change of the scorecard is '
    'named too. Compared with the latest day scored by then, both with half of the weight observed. Anything else: '
    '22023';
