create or replace function cs_health_v1.signal_pipeline(
    signal_type text default null, motion text default null, csm text default null)
returns table (status text, signals bigint, held bigint, potential_arr numeric, won_arr numeric)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select k.status, count(s.id), count(s.held_reason) filter (where s.status in ('new', 'contacted', 'deferred')),
        coalesce(sum(s.potential_arr), 0), coalesce(sum(s.won_arr), 0)
    from unnest(array['new', 'contacted', 'deferred', 'won', 'lost']) with ordinality as k(status, place)
    left join (
        select e.* from cs_health.expansion_signal as e
        join cs_health.tenant as t on t.id = e.tenant_id
        where (e.status in ('won', 'lost') or e.ceased_on is null)
            and e.signal_type = coalesce(signal_pipeline.signal_type, e.signal_type)
            and (signal_pipeline.motion is null or e.motion = signal_pipeline.motion)
            and (signal_pipeline.csm is null or t.csm = signal_pipeline.csm)
    ) as s on s.status = k.status
    group by k.status, k.place
    order by k.place
$$;
comment on function cs_health_v1.signal_pipeline(text, text, text) is
    'The pipeline of expansion in figures: a row for each status

How many signals, how many of the open ones are held, what they could bring and what was won, in the currency of
settings; open ones whose cause has ceased are left out. Each argument narrows it: type, motion, the customer''s CSM.';
