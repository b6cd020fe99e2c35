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
    -- _describe_features() takes at most 50,000 rows
    trained_on double precision := least((model #>> '{training,rows}')::double precision, 50000);
begin
    return query
    with sample as materialized (
        select s.measures, cs_health._churn_inputs(s.measures, part) as inputs
        from cs_health._monitor_sample(day) as s(measures)
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
            b.inputs / t.rows as inputs, t.rows
        from features as f
        cross join lateral generate_series(0, cardinality(f.cuts) + 1) as n(bin)
        cross join (select count(*)::double precision as rows from sample) as t
        left join binned as b on b.measure = f.measure and b.bin = n.bin
        where t.rows > 0
    ), summed as (
        select c.measure, sum((p.now - p.before) * ln(p.now / p.before)) as psi,
            cs_health._psi_by_chance(count(*)::integer, min(c.rows), trained_on) as by_chance,
            min(c.coefficient) * sum(c.inputs) as log_odds, min(c.before) filter (where c.bin = 0) as before,
            min(c.now) filter (where c.bin = 0) as now
        from compared as c
        cross join lateral (select greatest(c.before, 1e-4) as before, greatest(c.now, 1e-4) as now) as p
        group by c.measure
    )
    select s.measure, s.psi, s.log_odds,
        case when s.psi <= s.by_chance then 'stable' when s.psi >= 0.25 then 'shifted' when s.psi >= 0.1 then 'moved'
            else 'stable' end, s.before, s.now
    from summed as s order by s.psi desc, s.measure;
end
$$;
comment on function cs_health.churn_drift(date) is
    'How far the inputs of the active churn model are in the week up to a day (default: the latest scored one) from '
    'those it was trained on. psi: the population stability index of each measure over its training deciles and a bin '
    'for "not observed", on a fixed sample of at most 5,000 tenants with data; below 0.1 stable, from 0.1 moved, from '
    '0.25 shifted (Siddiqi, Credit Risk Scorecards, 2006), and stable whatever it is when chance alone gives as much '
    'once in a thousand times. log_odds: by how much that moves the mean prediction. No row for a model that was not '
    'trained';

create function cs_health._psi_by_chance(bins integer, rows double precision, training_rows double precision)
returns double precision
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    -- (1 / rows + 1 / training rows) chi2, whose quantile is df (1 - 2 / (9 df) + z sqrt(2 / (9 df)))^3
    select (1 / rows + coalesce(1 / nullif(training_rows, 0), 0)) * d.df * (1 - d.spread + 3.0902 * sqrt(d.spread)) ^ 3
    from (select (bins - 1)::double precision as df, 2 / (9 * (bins - 1)::double precision) as spread) as d
$$;
comment on function cs_health._psi_by_chance(integer, double precision, double precision) is
    'What the population stability index exceeds once in a thousand times without any drift (Yurdakul and Naranjo, '
    'Journal of Risk Model Validation, 2020; quantile of chi2 by Wilson and Hilferty, PNAS 17, 1931). training_rows '
    'null: unknown, their chance is not counted';

create function cs_health._monitor_sample(day date) returns setof real[]
language sql stable
set search_path = pg_catalog, pg_temp as $$
    -- By hash, since ids may follow the time of sign-up: a sort of all tenants that keeps 5,000 is still cheap at a
    -- million. Each stands for a day of the week, since many measures follow the calendar.
    select h.measures
    from (
        select t.id from cs_health.tenant as t where t.status <> 'internal'
        order by uuid_hash_extended(t.id, 0), t.id limit 5000
    ) as t
    cross join lateral (
        select h.measures from cs_health.customer_health as h
        where h.tenant_id = t.id and h.as_of > day - 7 and h.as_of <= day and h.coverage >= 0.5
        order by h.as_of <= day - (uuid_hash(t.id) & 2147483647) % 7 desc, h.as_of desc limit 1
    ) as h
$$;
comment on function cs_health._monitor_sample(date) is
    'Measures of at most 5,000 tenants, the same ones week after week, each of a day of the week up to a day';

create function cs_health.churn_track(version text default null, days integer default 6)
returns table (
    as_of date, model_version text, tenants bigint, churned bigint, predicted double precision,
    observed double precision, auc double precision, lift_10 double precision, brier double precision,
    brier_base double precision, flagged bigint, flagged_churned bigint)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- as in _trial_days()
as $$
#variable_conflict use_column
declare
    past record;
    window_from timestamptz;
begin
    if days is null or days not between 1 and 100 then
        raise exception 'days must be from 1 to 100, not %', coalesce(days::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'Leave it out for 6.';
    end if;
    if version is not null
        and not exists (select from cs_health.churn_model as m where m.version = churn_track.version) then
        raise exception 'churn model "%" does not exist', left(churn_track.version, 60)
            using errcode = 'undefined_object', hint = 'Models are listed in cs_health.churn_model.';
    end if;
    -- One query a day, so that no more than its partition is read
    for past in
        select d.day, m.id, m.version, m.lead_days, m.horizon_days, m.high_from, m.base_rate
        from cs_health.churn_model as m
        cross join lateral (
            select d from cs_health._label_days(m.lead_days, m.horizon_days, m.horizon_days) as d
            order by d desc limit churn_track.days
        ) as d(day)
        where m.version = churn_track.version or churn_track.version is null and m.status <> 'candidate'
        order by d.day desc, m.version
    loop
        window_from := cs_health._end_of(past.day + past.lead_days);
        return query
        select past.day, past.version, count(*), count(*) filter (where j.churned), avg(j.probability),
            avg(j.churned::integer)::double precision, cs_health.roc_auc(j.churned, j.probability),
            cs_health.lift_at(j.churned, j.probability, 0.1), cs_health.brier_score(j.churned, j.probability),
            cs_health.brier_score(j.churned, past.base_rate), count(*) filter (where j.flagged),
            count(*) filter (where j.flagged and j.churned)
        from (
            select h.churn_probability::double precision as probability,
                h.churn_probability::double precision >= past.high_from as flagged,
                coalesce(t.churned_on <= past.day + past.lead_days + past.horizon_days, false) as churned
            from cs_health.customer_health as h
            join cs_health.tenant as t on t.id = h.tenant_id
            where h.as_of = past.day and h.churn_model_id = past.id and not h.provisional and h.coverage >= 0.5
                and t.status <> 'internal' and (t.churn_notice_on is null or t.churn_notice_on > past.day)
                and (t.churned_on is null or t.churned_on > past.day + past.lead_days)
                -- rows that were scored after their window began, by a replay, are no predictions
                and h.calculated_at < window_from
        ) as j
        having count(*) > 0;
    end loop;
end
$$;
comment on function cs_health.churn_track(text, integer) is
    'What became of past predictions of a model (default: of every one that is or was in use): for the last days (at '
    'most so many of each model, a horizon apart) whose window is over the mean probability beside the share that '
    'left, AUC, lift of the highest tenth, Brier score beside that of the base rate, and how many of those flagged '
    'high or critical left. Only what had been predicted before its window began counts: days that a replay scored '
    'later are left out. Unknown model: 42704';

create function cs_health._churns_to_learn_from(lead_days integer, horizon_days integer)
returns table (churns bigint, train_churns bigint, judge_churns bigint)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    -- the churns among churn_labels(), without reading all who stayed
    with d as (
        select d.day, count(h.found) as churns
        from cs_health._label_days(lead_days, horizon_days, horizon_days) as d(day)
        left join cs_health.tenant as t on t.churned_on > d.day + lead_days
            and t.churned_on <= d.day + lead_days + horizon_days and t.status <> 'internal'
            and (t.churn_notice_on is null or t.churn_notice_on > d.day)
        left join lateral (
            select true as found from cs_health.customer_health as h
            where h.tenant_id = t.id and h.as_of = d.day and not h.provisional and h.coverage >= 0.5 limit 1
        ) as h on true
        group by d.day
    ), a as (
        select coalesce(sum(d.churns), 0)::bigint as churns, array_agg(d.day) as days, array_agg(d.churns) as by_day
        from d
    )
    select a.churns, s.train_churns, s.judge_churns
    from a cross join lateral cs_health._split_days(a.days, a.by_day, lead_days + horizon_days) as s
$$;
comment on function cs_health._churns_to_learn_from(integer, integer) is
    'How many churns train_churn_model() would find in stored history, and how many of them to train on and to judge '
    'by';

create function cs_health._train_call(lead_days integer, horizon_days integer) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select format('CALL cs_health.train_churn_model(%s);', concat_ws(', ',
        'lead_days => ' || nullif(lead_days, 30), 'horizon_days => ' || nullif(horizon_days, 60)))
$$;
comment on function cs_health._train_call(integer, integer) is 'The call that trains with this window';

create function cs_health.churn_model_status()
returns table (model_version text, trained boolean, verdict text, reasons text[], remedy text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    model cs_health.churn_model;
    found_reasons text[];
    lead integer;
    horizon integer;
    history record;
    enough boolean;
    past record;
begin
    select m.* into model from cs_health.churn_model as m where m.status = 'active';
    lead := coalesce(model.lead_days, 30);
    if model.trained is not true then
        foreach horizon in array array[coalesce(model.horizon_days, 60), 30] loop
            select c.* into history from cs_health._churns_to_learn_from(lead, horizon) as c;
            enough := history.train_churns >= 20 and history.judge_churns >= 8;
            exit when enough;
        end loop;
        return query select model.version, false, case when enough then 'train' else 'wait' end,
            array[case when model.id is null then 'no churn model is in use' else 'it was not trained' end
                || format('; stored history has %s churns to learn from', history.churns)
                || case when enough then '' else format(': needed are 20 to train on and 8 of days that are at least '
                    '%s days later', lead + horizon) end],
            case when enough then cs_health._train_call(lead, horizon) end;
        return;
    end if;
    select array_agg(format('%s is no longer what it was in training (PSI %s), which moves the mean prediction by %s '
        'in log-odds', cs_health._measure_label(d.measure, 'en'), round(d.psi::numeric, 2),
        to_char(d.log_odds, 'FMSG990.00')) order by d.psi desc)
    into found_reasons from cs_health.churn_drift() as d where d.verdict = 'shifted' and abs(d.log_odds) >= 0.1;
    found_reasons := coalesce(found_reasons, '{}');
    select sum(t.churned) as events, sum(t.tenants * t.predicted) as expected, sum(r.churned)::bigint as ranked,
        sum(r.stayed)::bigint as others, sum(t.auc * r.churned) / sum(r.churned)::double precision as auc
    into past
    from cs_health.churn_track(model.version, 3) as t
    left join lateral (select t.churned, t.tenants - t.churned as stayed where t.auc is not null) as r on true;
    -- a Poisson count strays from what is expected by more than three standard errors
    if past.expected > 0 and abs(past.events - past.expected) > 3 * sqrt(greatest(past.expected, 1))
        and (past.events > 1.5 * past.expected or past.events < past.expected / 1.5) then
        found_reasons := found_reasons || format('it expected %s churns, %s came', round(past.expected::numeric),
            past.events);
    end if;
    -- a model whose AUC is 0.6 does as badly once in a hundred times
    if past.auc < 0.6 - 2.326 * cs_health._auc_std_error(0.6, past.ranked, past.others) then
        found_reasons := found_reasons || format('its past predictions hardly told who would leave (AUC %s on %s '
            'churns)', round(past.auc::numeric, 2), past.ranked);
    end if;
    if (model.document ->> 'trained_at')::timestamptz < now() - interval '365 days' then
        found_reasons := found_reasons || 'it was trained more than a year ago'::text;
    end if;
    return query select model.version, true, v.verdict, found_reasons,
        case v.verdict when 'retrain' then cs_health._train_call(lead, model.horizon_days) end
    from (select case when cardinality(found_reasons) > 0 then 'retrain' else 'ok' end as verdict) as v;
end
$$;
comment on function cs_health.churn_model_status() is
    'Whether the active churn model still holds: ok, retrain, train (it was not trained, but could be) or wait (it '
    'cannot yet), and why: inputs that shifted and move the mean prediction by 0.1 or more in log-odds, churns that '
    'came out otherwise than expected, past predictions (of at most three days) whose AUC is below 0.6 beyond chance, '
    'age. remedy: the call that trains, null for ok and wait';
