-- Scorecards and vectors drawn at random, wilder than any that somebody would write: curves that rise and fall, guards and
-- measures that stand in anywhere.

create function pg_temp.curve(low double precision, high double precision) returns jsonb language sql volatile as $$
    select jsonb_agg(jsonb_build_array(x.x, round((random() * 100)::numeric, 1)) order by x.x)
    from (select distinct round((low + (high - low) * random())::numeric, 2) as x
        from generate_series(1, 1 + floor(random() * 4)::integer)) as x
$$;

-- Measures with a range that is plausible for each
create temp table range as
select row_number() over () as nr, b.code, b.position, case b.code when 'nps' then -100 when 'csat' then 1 when 'review'
        then 1 when 'mau_growth' then -1 when 'usage_growth' then -1 when 'days_to_renewal' then -60 else 0 end as low,
    case b.unit when 'ratio' then 1.2 when 'points' then case b.code when 'nps' then 100 else 5 end
        when 'days' then 60 when 'money' then 1000 else 20 end as high
from cs_health.builtin_measures() as b;

create function pg_temp.input(weighted boolean) returns jsonb language sql volatile as $$
    select jsonb_build_object('measure', r.code) || case when weighted
        then jsonb_build_object('curve', pg_temp.curve(r.low, r.high)) else '{}' end
    from range as r where r.nr = (select 1 + floor(random() * 33)::integer)
$$;

create function pg_temp.item() returns jsonb language sql volatile as $$
    select pg_temp.input(true)
        || jsonb_build_object('weight', case when random() < 0.15 then 0 else round((random() * 50)::numeric, 1) end)
        || case when random() < 0.25 then jsonb_build_object('else', pg_temp.input(true)) else '{}' end
        || case when random() < 0.25 then jsonb_build_object('only_if', pg_temp.input(false)
            || jsonb_build_object('at_least', round((random() * 30)::numeric, 1))) else '{}' end
$$;

create function pg_temp.component() returns jsonb language sql volatile as $$
    select jsonb_build_object('weight', 1 + floor(random() * 40)::integer, 'measures',
        jsonb_agg(pg_temp.item()) || '{"measure": "mau", "weight": 1, "curve": [[0, 0], [20, 100]]}')
    from generate_series(1, 1 + floor(random() * 4)::integer)
$$;

create function pg_temp.scorecard(code text) returns jsonb language sql volatile as $$
    select jsonb_build_object('format', 1, 'code', code,
        'missing', case when random() < 0.3 then 'neutral' else 'redistribute' end,
        'components', jsonb_object_agg(c.name, pg_temp.component()))
    from unnest(array['engagement', 'adoption', 'satisfaction', 'support', 'growth']) as c(name)
$$;

create function pg_temp.vector() returns real[] language sql volatile as $$
    select array_agg(case when random() < 0.85 then (r.low + (r.high - r.low) * random())::numeric(12, 2) end::real
        order by r.position) from range as r
$$;

-- Another vector, in which a share of the values is the same
create function pg_temp.changed(measures real[], share double precision) returns real[] language sql volatile as $$
    select array_agg(case when random() < share then o.value else n.value end order by o.nr)
    from unnest(measures) with ordinality as o(value, nr)
    join unnest(pg_temp.vector()) with ordinality as n(value, nr) on n.nr = o.nr
$$;
