-- Tenants, scored days written by hand, and nights: what follows the run of a day, at three in the morning after it.

create function public.t(i integer) returns uuid language sql immutable as
    $$ select ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid $$;

-- A vector with a bad NPS, a fall in activity and everything else as it is with most
create function public.vector() returns real[] language sql stable as $$
    select array_agg(case m.code when 'nps' then -100 when 'days_since_active' then 6 when 'open_tickets'
        then 7 end::real
        order by i.position)
    from generate_series(1, 40) as i(position) left join cs_health.measure as m on m.position = i.position
$$;

-- score: overall score; level: of the model's risk levels; both with the values that most tests share
create function public.scored(
    tenant uuid, day date, score integer default 70, level text default 'low', coverage real default 1,
    model integer default 1, scorecard integer default 1, trend text default 'stable', history bytea default '\x46')
returns void
language plpgsql as $$
begin
    perform cs_health._ensure_partition(day);
    insert into cs_health.customer_health as h
    select tenant, day, score, score, score, score, score, score, false, cs_health.health_category(score), trend,
        scorecard, scored.coverage, case level when 'low' then m.medium_from / 2 when 'medium' then m.medium_from
            when 'high' then m.high_from else m.critical_from end + 0.001, m.id, cs_health._now(), public.vector(),
        scored.history
    from cs_health.churn_model as m where m.id = model
    on conflict on constraint customer_health_pkey do update
    set overall_score = excluded.overall_score, category = excluded.category, trend = excluded.trend,
        coverage = excluded.coverage, churn_probability = excluded.churn_probability,
        churn_model_id = excluded.churn_model_id, scorecard_id = excluded.scorecard_id, history = excluded.history;
end
$$;

create function public.ran(day date) returns void language sql as $$
    insert into cs_health.run (
        as_of, phase, scorecard_rules, rescore, batches, total, started_at, resumed_at, finished_at)
    values (day, 'finished', '[]', false, 0, 0, now(), now(), now())
    on conflict on constraint run_pkey do nothing
$$;

create function public.night(day date) returns void language plpgsql as $$
begin
    perform set_config('cs_health.now', (day + 1) || ' 03:00+00', false);
    perform public.ran(day);
    perform cs_health._after_run(day);
end
$$;

insert into cs_health.channel (code, kind, secret, event_kinds) values
    ('all_events', 'webhook', 'a.json', null), ('trends', 'webhook', 'b.json', '{health.trend_changed}');
