-- Whether a churn model still holds: drift of its inputs, and its predictions once outcomes are in.

create function cs_health.churn_drift(as_of date default null)
returns table (
    measure text, psi double precision, log_odds double precision, verdict text,
    not_observed_then double precision, not_observed_now double precision)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    day date := coalesce(churn_drift.as_of,
        (select max(r.as_of) from cs_health.run as r where r.finished_at is not null));
    model jsonb := (select m.document from cs_health.churn_model as m where m.status = 'active');
    part jsonb := cs_health._prediction_part(model);
begin
    return query
    with sample as materialized (
        select h.measures, cs_health._churn_inputs(h.measures, part) as inputs
        from cs_health._monitor_sample(day) as s
        join cs_health.customer_health as h on h.tenant_id = s.tenant_id and h.as_of = s.as_of
    ), features as (
        select f.value ->> 'measure' as measure, f.place, (f.value -> 'position')::integer as position,
            (f.value -> 'coefficient')::double precision as coefficient, a.cuts, a.shares
        from jsonb_array_elements(model -> 'features') with ordinality as f(value, place)
        cross join lateral jsonb_to_record(f.value) as a(cuts double precision[], shares double precision[])
        where a.cuts is not null
    ), binned as (
        select f.measure, cs_health._bin(s.measures[f.position], f.cuts) as bin, count(*) as rows,
            sum(s.inputs[f.place]) as inputs
        from features as f cross join sample as s
        group by f.measure, bin
    ), compared as (
        select f.measure, f.coefficient, n.bin, f.shares[n.bin + 1] as before, coalesce(b.rows, 0) / t.rows as now,
            b.inputs / t.rows as inputs
        from features as f
        cross join lateral generate_series(0, cardinality(f.cuts) + 1) as n(bin)
        cross join (select count(*)::double precision as rows from sample) as t
        left join binned as b on b.measure = f.measure and b.bin = n.bin
        where t.rows > 0
    ), summed as (
        select c.measure, sum((greatest(c.now, 1e-4) - greatest(c.before, 1e-4))
                * ln(greatest(c.now, 1e-4) / greatest(c.before, 1e-4))) as psi,
            min(c.coefficient) * sum(c.inputs) as log_odds, min(c.before) filter (where c.bin = 0) as before,
            min(c.now) filter (where c.bin = 0) as now
        from compared as c group by c.measure
    )
    select s.measure, s.psi, s.log_odds,
        case when s.psi >= 0.25 then 'shifted' when s.psi >= 0.1 then 'moved' else 'stable' end, s.before, s.now
    from summed as s order by s.psi desc, s.measure;
end
$$;
comment on function cs_health.churn_drift(date) is
    'How far the inputs of the active churn model are in the week up to a day (default: the latest scored one) from '
    'those it was trained on. psi: the population stability index of each measure over its training deciles and a bin '
    'for "not observed", on a fixed sample of at most 5,000 tenants with data; below 0.1 stable, from 0.1 moved, from '
    '0.25 shifted (Siddiqi, Credit Risk Scorecards, 2006). log_odds: by how much that moves the mean prediction. No row '
    'for a model that was not trained';

create function cs_health._monitor_sample(day date) returns table (tenant_id uuid, as_of date)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    -- Ids from a point on, once round: uuids that are drawn at random make this a random sample that stays the same.
    -- Each stands for a day of the week, since many measures follow the calendar.
    select t.id, h.as_of
    from (
        (select t.id from cs_health.tenant as t
            where t.id >= '5a000000-0000-0000-0000-000000000000' and t.status <> 'internal' order by t.id limit 5000)
        union all
        (select t.id from cs_health.tenant as t
            where t.id < '5a000000-0000-0000-0000-000000000000' and t.status <> 'internal' order by t.id limit 5000)
        limit 5000
    ) as t
    cross join lateral (
        select h.as_of from cs_health.customer_health as h
        where h.tenant_id = t.id and h.as_of > day - 7 and h.as_of <= day and h.coverage >= 0.5
        order by h.as_of <= day - (uuid_hash(t.id) & 2147483647) % 7 desc, h.as_of desc limit 1
    ) as h
$$;
comment on function cs_health._monitor_sample(date) is
    'At most 5,000 tenants, the same ones week after week, each with a day of the week up to a day';

create function cs_health.churn_track(days integer default 6)
returns table (
    as_of date, model_version text, tenants bigint, churned bigint, predicted double precision,
    observed double precision, auc double precision, lift_10 double precision, brier double precision,
    brier_base double precision, flagged bigint, flagged_churned bigint)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- as in _trial_days()
as $$
#variable_conflict use_column
begin
    if days is null or days not between 1 and 100 then
        raise exception 'days must be from 1 to 100, not %', coalesce(days::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'Leave it out for 6.';
    end if;
    return query
    with judged as (
        select h.as_of, m.version, m.high_from, m.base_rate, h.churn_probability::double precision as probability,
            coalesce(t.churned_on <= h.as_of + m.lead_days + m.horizon_days, false) as churned
        from cs_health.churn_model as m
        join lateral (
            select d from cs_health._label_days(m.lead_days, m.horizon_days, m.horizon_days) as d
            -- rows that were scored after their window began, by a replay, are no predictions
            where not exists (select from cs_health.run as r where r.as_of = d
                and r.finished_at > timezone('UTC', (d + m.lead_days + 1)::timestamp))
            order by d desc limit churn_track.days
        ) as d(day) on true
        join cs_health.customer_health as h on h.as_of = d.day and h.churn_model_id = m.id
        join cs_health.tenant as t on t.id = h.tenant_id
        where not h.provisional and h.coverage >= 0.5 and t.status <> 'internal'
            and (t.churn_notice_on is null or t.churn_notice_on > h.as_of)
            and (t.churned_on is null or t.churned_on > h.as_of + m.lead_days)
    )
    select j.as_of, j.version, count(*), count(*) filter (where j.churned), avg(j.probability),
        count(*) filter (where j.churned) / count(*)::double precision, cs_health.roc_auc(j.churned, j.probability),
        cs_health.lift_at(j.churned, j.probability, 0.1), cs_health.brier_score(j.churned, j.probability),
        cs_health.brier_score(j.churned, j.base_rate), count(*) filter (where j.probability >= j.high_from),
        count(*) filter (where j.probability >= j.high_from and j.churned)
    from judged as j
    group by j.as_of, j.version
    order by j.as_of desc, j.version;
end
$$;
comment on function cs_health.churn_track(integer) is
    'What became of past predictions: for the last days (at most so many of each model, a horizon apart) whose window '
    'is over the mean probability beside the share that left, AUC, lift of the highest tenth, Brier score beside that '
    'of the base rate, and how many of those flagged high or critical left. Only what had been predicted before its '
    'window began counts: days that a replay scored later are left out';

create function cs_health.churn_model_status()
returns table (model_version text, trained boolean, verdict text, reasons text[])
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    model cs_health.churn_model;
    found_reasons text[] := '{}';
    possible bigint;
    past record;
begin
    select m.* into model from cs_health.churn_model as m where m.status = 'active';
    if model.id is null then
        return query select null::text, false, 'train', array['no churn model is in use'];
        return;
    end if;
    if not model.trained then
        -- the churns among churn_labels(), without reading all who stayed
        select count(*) into possible
        from cs_health._label_days(model.lead_days, model.horizon_days, model.horizon_days) as d(day)
        join cs_health.tenant as t on t.churned_on > d.day + model.lead_days
            and t.churned_on <= d.day + model.lead_days + model.horizon_days and t.status <> 'internal'
            and (t.churn_notice_on is null or t.churn_notice_on > d.day)
        where exists (
            select from cs_health.customer_health as h
            where h.tenant_id = t.id and h.as_of = d.day and not h.provisional and h.coverage >= 0.5);
        return query select model.version, false, case when possible >= 28 then 'train' else 'wait' end,
            array[case when possible >= 28
                then format('it was not trained; stored history has %s churns to learn from', possible)
                else format('it was not trained, and stored history has only %s churns to learn from: 28 at least are '
                    'needed', possible) end];
        return;
    end if;
    select array_agg(format('%s is no longer what it was in training (PSI %s), which moves the mean prediction by %s in '
        'log-odds', cs_health._measure_label(d.measure, 'en'), round(d.psi::numeric, 2),
        to_char(d.log_odds, 'FMSG990.00')) order by d.psi desc)
    into found_reasons from cs_health.churn_drift() as d where d.verdict = 'shifted' and abs(d.log_odds) >= 0.1;
    found_reasons := coalesce(found_reasons, '{}');
    select sum(t.tenants) as n, sum(t.churned) as events, sum(t.tenants * t.predicted) as expected,
        sum(t.tenants * t.brier) as brier, sum(t.tenants * t.brier_base) as brier_base,
        avg(t.lift_10) as lift_10
    into past from cs_health.churn_track(3) as t where t.model_version = model.version;
    -- a Poisson count strays from what is expected by more than three standard errors
    if past.expected > 0 and abs(past.events - past.expected) > 3 * sqrt(greatest(past.expected, 1))
        and (past.events > 1.5 * past.expected or past.events < past.expected / 1.5) then
        found_reasons := found_reasons || format('it expected %s churns, %s came', round(past.expected::numeric),
            past.events);
    end if;
    if past.events >= 8 and past.brier >= past.brier_base then
        found_reasons := found_reasons || 'its past predictions were no better than the base rate'::text;
    end if;
    if past.events >= 8 and past.lift_10 < 1.2 then
        found_reasons := found_reasons || format('the tenth with the highest risk left hardly more often than all '
            '(lift '
            '%s)', round(past.lift_10::numeric, 2));
    end if;
    if (model.document ->> 'trained_at')::timestamptz < now() - interval '365 days' then
        found_reasons := found_reasons || 'it was trained more than a year ago'::text;
    end if;
    return query select model.version, true,
        case when cardinality(found_reasons) > 0 then 'retrain' else 'ok' end, found_reasons;
end
$$;
comment on function cs_health.churn_model_status() is
    'Whether the active churn model still holds: ok, retrain, train (it was not trained, but could be) or wait (it '
    'cannot yet), and why: inputs that shifted and move the mean prediction by 0.1 or more in log-odds, churns that came out otherwise than expected, no skill or no lift in '
    'past predictions, age';
