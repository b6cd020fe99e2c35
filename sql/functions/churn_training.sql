-- Training a churn model on stored vectors: labels, splitting by time, fitting, judging on later data.

create function cs_health._label_days(lead_days integer, horizon_days integer, every_days integer)
returns setof date
language sql stable
set search_path = pg_catalog, pg_temp as $$
    with recursive d as (
        select max(r.as_of) as day from cs_health.run as r
        where r.finished_at is not null and r.as_of + lead_days + horizon_days < (select cs_health._today())
        union all
        select (
            select max(r.as_of) from cs_health.run as r
            where r.finished_at is not null and r.as_of <= d.day - every_days)
        from d where d.day is not null
    )
    select d.day from d where d.day is not null
$$;
comment on function cs_health._label_days(integer, integer, integer) is
    'Scored days whose windows are over, so many days apart, the latest first';

create function cs_health._require_window(lead_days integer, horizon_days integer) returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp as $$
begin
    if lead_days is null or lead_days not between 0 and 365 then
        raise exception 'lead_days must be from 0 to 365, not %', coalesce(lead_days::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'Leave it out for 30 days.';
    end if;
    if horizon_days is null or horizon_days not between 1 and 730 then
        raise exception 'horizon_days must be from 1 to 730, not %', coalesce(horizon_days::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'Leave it out for 60 days.';
    end if;
end
$$;

create function cs_health.churn_labels(
    lead_days integer default 30, horizon_days integer default 60, every_days integer default null)
returns table (tenant_id uuid, as_of date, churned boolean)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- as in _trial_days()
as $$
begin
    perform cs_health._require_window(churn_labels.lead_days, churn_labels.horizon_days);
    if every_days not between 1 and 3660 then
        raise exception 'every_days must be from 1 to 3660, not %', every_days
            using errcode = 'invalid_parameter_value', hint = 'Leave it out for the horizon.';
    end if;
    return query
    select h.tenant_id, h.as_of,
        coalesce(t.churned_on <= h.as_of + churn_labels.lead_days + churn_labels.horizon_days, false)
    from cs_health.customer_health as h
    join cs_health.tenant as t on t.id = h.tenant_id
    where h.as_of = any (array(select d from cs_health._label_days(churn_labels.lead_days, churn_labels.horizon_days,
            coalesce(churn_labels.every_days, churn_labels.horizon_days)) as d))
        and not h.provisional and h.coverage >= 0.5 and t.status <> 'internal'
        and (t.churn_notice_on is null or t.churn_notice_on > h.as_of)
        and (t.churned_on is null or t.churned_on > h.as_of + churn_labels.lead_days);
end
$$;
comment on function cs_health.churn_labels(integer, integer, integer) is
    'What a churn model learns from: for each tenant and stored day whose window is over whether it left in (as_of + '
    'lead_days, as_of + lead_days + horizon_days]. Days are every_days apart, by default the horizon, so that windows '
    'do not overlap and each churn counts once. Left out: days without data or after a notice, tenants that left '
    'before the window began, internal tenants';

create function cs_health._training_rows(labels text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    message text;
    twice record;
    counted record;
begin
    if exists (
        select from pg_class as c where c.oid = to_regclass('pg_temp.cs_health_training') and c.relkind <> 'r') then
        raise exception 'a temporary object of yours is named cs_health_training'
            using errcode = 'duplicate_object', hint = 'Training needs a temporary table of that name: drop yours.';
    elsif to_regclass('pg_temp.cs_health_training') is not null then
        drop table pg_temp.cs_health_training;
    end if;
    create temp table cs_health_training (
        tenant_id uuid, as_of date, churned boolean, evaluation boolean not null default false, measures real[]
    ) on commit drop;
    begin
        execute format($sql$
            insert into pg_temp.cs_health_training (tenant_id, as_of, churned, measures)
            select l.tenant_id, l.as_of, l.churned, h.measures
            from (
                select l.tenant_id::uuid as tenant_id, l.as_of::date as as_of, l.churned::boolean as churned
                from (%s
                ) as l(tenant_id, as_of, churned)
            ) as l
            left join cs_health.customer_health as h
                on h.tenant_id = l.tenant_id and h.as_of = l.as_of and not h.provisional$sql$, labels);
    exception when others then
        get stacked diagnostics message = message_text;
        if sqlstate ~ '^(40|53|55|57|58)' then
            raise; -- not the query's fault: deadlock, resources, cancelled
        end if;
        raise exception 'the labels cannot be read: %', message
            using errcode = 'invalid_parameter_value',
                hint = 'The query must return (tenant_id uuid, as_of date, churned boolean). Names outside pg_catalog '
                    'need their schema.';
    end;
    analyze pg_temp.cs_health_training;
    select t.tenant_id, t.as_of into twice from pg_temp.cs_health_training as t
    group by t.tenant_id, t.as_of having count(*) > 1 limit 1;
    if found then
        raise exception 'the labels name tenant % on % more than once', twice.tenant_id, twice.as_of
            using errcode = 'invalid_parameter_value', hint = 'Return one row per tenant and day.';
    end if;
    select count(*) as rows, count(*) filter (where t.churned is null) as unlabelled,
        count(*) filter (where t.measures is null and t.churned is not null) as unscored
    into counted from pg_temp.cs_health_training as t;
    delete from pg_temp.cs_health_training as t where t.churned is null or t.measures is null;
    raise notice '% labels, % of them null and % of days without a score are left out', counted.rows,
        counted.unlabelled, counted.unscored;
end
$$;
comment on function cs_health._training_rows(text) is
    'Fills the temporary table of training rows from a query of labels and the stored vectors';

create function cs_health._split_days(days date[], churns bigint[], window_days integer)
returns table (judge_from date, train_churns bigint, judge_churns bigint)
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    with d as (
        select u.day, u.churns, sum(u.churns) over (order by u.day desc) as later, sum(u.churns) over () as all_churns
        from unnest(days, churns) as u(day, churns)
    ), cut as (
        select max(d.day) as day from d where d.later >= greatest(8, d.all_churns / 4)
    )
    select c.day, coalesce(sum(d.churns) filter (where d.day + window_days <= c.day), 0)::bigint,
        coalesce(sum(d.churns) filter (where d.day >= c.day), 0)::bigint
    from cut as c left join d on true
    group by c.day
$$;
comment on function cs_health._split_days(date[], bigint[], integer) is
    'Where to split days by time, from the churns of each: the latest days with a quarter of them, eight at least, '
    'judge (judge_from null: there are not as many); those train whose window of so many days was over when they begin';

create function cs_health._split_training(window_days integer) returns date
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    chosen date;
    counted record;
begin
    select s.judge_from into chosen
    from (
        select array_agg(d.as_of) as days, array_agg(d.churns) as churns
        from (
            select t.as_of, count(*) filter (where t.churned) as churns
            from pg_temp.cs_health_training as t group by t.as_of
        ) as d
    ) as d
    cross join lateral cs_health._split_days(d.days, d.churns, window_days) as s;
    delete from pg_temp.cs_health_training as t where t.as_of < chosen and t.as_of + window_days > chosen;
    update pg_temp.cs_health_training as t set evaluation = true where t.as_of >= chosen;
    -- tenants, not rows: labels of your own may count a churn on several days
    select count(distinct t.tenant_id) filter (where t.churned and not t.evaluation) as train,
        count(distinct t.tenant_id) filter (where t.churned and t.evaluation) as judge
    into counted from pg_temp.cs_health_training as t;
    if counted.train < 20 or counted.judge < 8 then
        raise exception 'insufficient history: % churns to train on and % later ones to judge by', counted.train,
            counted.judge
            using errcode = 'object_not_in_prerequisite_state',
                detail = format('Needed are 20 and 8, and between the two parts a gap of lead and horizon, %s days.',
                    window_days),
                hint = 'The active model stays. Score more history with replay(), take a shorter horizon_days, or '
                    'wait.';
    end if;
    return chosen;
end
$$;
comment on function cs_health._split_training(integer) is
    'Splits the training rows by time as _split_days() has it; days whose window was not over when the judging ones '
    'began are dropped, so that nothing is learned that was not known then. Returns the first judging day; 55000 when '
    'fewer than 20 tenants left in one part or 8 in the other';

create function cs_health._default_features() returns text[]
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select array_agg(m.code order by m.position)
    from cs_health.measure as m
    where m.code not in ('mau_previous', 'events_previous', 'features_available', 'days_to_renewal', 'arr')
$$;
comment on function cs_health._default_features() is
    'What a model is trained on unless features are named: every measure, your own too, but for those of the month '
    'before, which growth tells already, and for contract, plan and revenue, of which replayed days know today''s';

create function cs_health._transform(unit text, measure text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case when unit in ('points', 'ratio') and measure !~ 'growth' then 'none' else 'log' end
$$;
comment on function cs_health._transform(text, text) is
    'Counts, amounts, times and growth are skewed and enter as logarithms, scores and shares as they are';

create function cs_health._row_hash(tenant uuid, as_of date) returns bigint
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select uuid_hash_extended(tenant, (as_of - date '2000-01-01')::bigint)
$$;
comment on function cs_health._row_hash(uuid, date) is 'Decides which rows are in a sample, the same every time';

create function cs_health._describe_features(features text[]) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    described jsonb;
    unused text;
begin
    -- Quantiles of at most 50,000 rows; which ones, a hash of tenant and day says
    with sample as (
        select t.measures
        from pg_temp.cs_health_training as t where not t.evaluation
        order by cs_health._row_hash(t.tenant_id, t.as_of) limit 50000
    ), measured as (
        select m.code, m.position, m.unit, m.window_days, cs_health._transform(m.unit, m.code) as transform,
            q.quantiles, q.observed, q.quantiles[1] as low, q.quantiles[11] as high
        from cs_health.measure as m
        cross join lateral (
            select percentile_disc(array[0.01, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.99])
                    within group (order by s.measures[m.position]) as quantiles,
                count(s.measures[m.position]) / count(*)::double precision as observed
            from sample as s
        ) as q
        where m.code = any (features)
    ), moments as (
        select d.code, avg(x.value) as mean, stddev_pop(x.value) as sd
        from measured as d
        cross join sample as s
        cross join lateral (
            select least(greatest(s.measures[d.position]::double precision, d.low), d.high) as value
            where s.measures[d.position] is not null
        ) as c
        cross join lateral (
            select case d.transform when 'log' then sign(c.value) * ln(1 + abs(c.value)) else c.value end as value
        ) as x
        group by d.code
    ), binned as (
        select d.code, d.cuts, cs_health._bin(s.measures[d.position], d.cuts) as bin, count(*) as rows
        from (
            select d.code, d.position,
                (select array_agg(distinct q::double precision order by q::double precision)
                    from unnest(d.quantiles[2:10]) as q) as cuts
            from measured as d where d.observed > 0
        ) as d
        cross join sample as s
        group by d.code, d.cuts, bin
    ), shared as (
        select b.code, b.cuts, array_agg(coalesce(r.rows, 0) / b.all_rows order by n.bin) as shares
        from (
            select b.code, b.cuts, sum(b.rows)::double precision as all_rows from binned as b group by b.code, b.cuts
        ) as b
        cross join lateral generate_series(0, cardinality(b.cuts) + 1) as n(bin)
        left join binned as r on r.code = b.code and r.bin = n.bin
        group by b.code, b.cuts
    )
    select jsonb_agg(jsonb_build_object(
        'measure', d.code, 'position', d.position, 'unit', d.unit, 'window_days', d.window_days,
        'transform', d.transform, 'low', d.low, 'high', d.high, 'mean', m.mean, 'sd', m.sd, 'coefficient', 0,
        'cuts', to_jsonb(b.cuts), 'shares', to_jsonb(b.shares)) order by d.position)
    into described
    from measured as d
    join moments as m on m.code = d.code
    join shared as b on b.code = d.code
    where d.observed >= 0.05 and m.sd between 1e-15 and 1e15 and d.low between -1e15 and 1e15
        and d.high between -1e15 and 1e15;
    select string_agg(f, ', ') into unused from unnest(features) as f
    where not coalesce(described, '[]') @> jsonb_build_array(jsonb_build_object('measure', f));
    if unused is not null then
        raise notice 'left out, for they are hardly observed, do not vary or are beyond 1e15: %', unused;
    end if;
    return coalesce(described, '[]');
end
$$;
comment on function cs_health._describe_features(text[]) is
    'Features of a model document with the statistics of the training rows: bounds at the 1st and 99th percentile, '
    'mean and standard deviation of the transformed values, and the shares of the bins that drift is measured with. '
    'Measures observed in less than one row in twenty, or without any spread, are left out';

create function cs_health._bin(value double precision, cuts double precision[]) returns integer
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case when value is null then 0 else 1 + width_bucket(value, cuts) end
$$;
comment on function cs_health._bin(double precision, double precision[]) is
    'The bin of a value: 0 when not observed, 1 below the first cut, 2 from it to below the second, and so on';

create function cs_health._audit_features(document jsonb) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    -- The AUC does not depend on how many rows of each kind there are, so that 20,000 of either will do
    return (
        with sample as (
            select r.churned, r.measures
            from (
                select t.churned, t.measures,
                    row_number() over (partition by t.churned order by cs_health._row_hash(t.tenant_id, t.as_of))
                        as place
                from pg_temp.cs_health_training as t
            ) as r
            where r.place <= 20000
        )
        select jsonb_agg(jsonb_build_object('measure', a.measure, 'auc', round(
                greatest(a.auc, 1 - a.auc, a.presence, 1 - a.presence)::numeric, 4))
            order by greatest(a.auc, 1 - a.auc, a.presence, 1 - a.presence) desc, a.measure)
        from (
            select f.measure,
                cs_health.roc_auc(s.churned, coalesce(s.measures[f.position]::double precision, f.baseline)) as auc,
                cs_health.roc_auc(s.churned, (s.measures[f.position] is not null)::integer) as presence
            from cs_health._churn_parts('{}', document) as f(measure, position, value, baseline, contribution)
            cross join sample as s
            group by f.measure
        ) as a
    );
end
$$;
comment on function cs_health._audit_features(jsonb) is
    'How well each measure alone tells who leaves, whichever way round (AUC, 0.5 to 1), over rows of both parts: its '
    'value, typical where it is not observed, or whether it is observed. From 0.9 on it probably knows the outcome';

create function cs_health._fit_features(document jsonb, l2 double precision) returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    fitted record;
    prior double precision[];
    wrong integer;
    dropped jsonb := '[]';
    shown text;
begin
    loop
        select array_agg(coalesce(p.coefficient / p.sd * f.sd, 0) order by f.place) into prior
        from (
            select f.place, f.value ->> 'measure' as measure, f.value ->> 'transform' as transform,
                (f.value -> 'sd')::double precision as sd
            from jsonb_array_elements(document -> 'features') with ordinality as f(value, place)
        ) as f
        left join jsonb_to_recordset(cs_health._prior_model() -> 'features') as p(
            measure text, transform text, sd double precision, coefficient double precision)
            on p.measure = f.measure and p.transform = f.transform;
        select r.* into fitted from cs_health._logit_fit(format(
            'select t.churned, cs_health._churn_inputs(t.measures, %L::pg_catalog.jsonb) '
            'from pg_temp.cs_health_training as t where not t.evaluation', cs_health._prediction_part(document)),
            l2, prior, 100, 1e-10) as r;
        if not fitted.converged then
            raise exception 'the model did not converge in % steps', fitted.iterations
                using errcode = 'invalid_parameter_value', hint = 'Take a larger l2, or fewer features.';
        end if;
        select f.place, f.value ->> 'measure' into wrong, shown
        from jsonb_array_elements(document -> 'features') with ordinality as f(value, place)
        join cs_health.measure as m on m.code = f.value ->> 'measure'
        where case when m.higher_is_better then fitted.coefficients[f.place + 1] > 0
            when not m.higher_is_better then fitted.coefficients[f.place + 1] < 0 end
        order by abs(fitted.coefficients[f.place + 1]) desc limit 1;
        exit when wrong is null;
        dropped := dropped || jsonb_build_object('measure', shown,
            'coefficient', round(fitted.coefficients[wrong + 1]::numeric, 4));
        document := document #- array['features', (wrong - 1)::text];
        exit when jsonb_array_length(document -> 'features') = 0;
    end loop;
    if wrong is not null then
        raise exception 'no measure tells who leaves in the direction that it should'
            using errcode = 'object_not_in_prerequisite_state',
                detail = format('Left out, one after the other: %s.', (
                    select string_agg(d.value ->> 'measure', ', ') from jsonb_array_elements(dropped) as d)),
                hint = 'The active model stays. Look at the labels: does churned_on say who left and when?';
    end if;
    return document || jsonb_build_object(
        'intercept', fitted.coefficients[1],
        'covariance', to_jsonb(fitted.covariance::real[]),
        'features', (
            select jsonb_agg(f.value || jsonb_build_object('coefficient', fitted.coefficients[f.ordinality + 1],
                'std_error', fitted.std_errors[f.ordinality + 1]) order by f.ordinality)
            from jsonb_array_elements(document -> 'features') with ordinality as f),
        'left_out', dropped,
        'fit', jsonb_build_object('l2', l2, 'log_likelihood', fitted.log_likelihood, 'iterations', fitted.iterations,
            'condition_number', fitted.condition_number, 'intercept_std_error', fitted.std_errors[1]));
end
$$;
comment on function cs_health._fit_features(jsonb, double precision) is
    'Fits the features of a document on the training rows, the penalty pulling towards the expert prior. A coefficient '
    'that says the opposite of what its measure means ("more use, more risk") is an artefact of features that go '
    'together: the largest of them is left out and the rest fitted again, until none is left, so that every reason '
    'can be told to a customer';

create function cs_health._judge_model(document jsonb) returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    return (
        with judged as (
            select t.tenant_id, t.churned, cs_health._row_hash(t.tenant_id, t.as_of) as place,
                cs_health._churn_probability(t.measures, p.part)::double precision as probability,
                (document -> 'base_rate')::double precision as base_rate,
                (document -> 'base_rate')::double precision
                    * (document #> '{risk_bands,high}')::double precision as high_from
            from pg_temp.cs_health_training as t
            cross join (select cs_health._prediction_part(document) as part offset 0) as p
            where t.evaluation
        ), figures as (
            select count(*) as n, count(*) filter (where j.churned) as events,
                count(distinct j.tenant_id) filter (where j.churned) as leavers,
                count(distinct j.tenant_id) filter (where not j.churned) as stayers,
                cs_health.roc_auc(j.churned, j.probability) as auc,
                cs_health.pr_auc(j.churned, j.probability) as pr_auc,
                cs_health.brier_score(j.churned, j.probability) as brier,
                cs_health.brier_score(j.churned, j.base_rate) as brier_base,
                cs_health.log_loss(j.churned, j.probability) as log_loss,
                cs_health.log_loss(j.churned, j.base_rate) as log_loss_base,
                cs_health.calibration_error(j.churned, j.probability) as calibration_error,
                cs_health.lift_at(j.churned, j.probability, 0.1) as lift_10, avg(j.probability) as predicted,
                count(*) filter (where j.probability >= j.high_from) as flagged,
                count(*) filter (where j.probability >= j.high_from and j.churned) as flagged_left
            from judged as j
        ), bands as (
            select b.band, count(*) as n, count(*) filter (where b.churned) as events, avg(b.probability) as predicted,
                min(b.probability) as low, max(b.probability) as high
            from (select j.*, ntile(5) over (order by j.probability, j.place) as band from judged as j) as b
            group by b.band
        )
        select jsonb_build_object('metrics', jsonb_build_object(
                'rows', f.n, 'events', f.events, 'event_rate', f.events / f.n::double precision, 'auc', f.auc,
                'auc_low', f.auc - 2.326 * cs_health._auc_std_error(f.auc, f.leavers, f.stayers),
                'pr_auc', f.pr_auc, 'brier', f.brier, 'brier_base', f.brier_base, 'log_loss', f.log_loss,
                'log_loss_base', f.log_loss_base, 'calibration_error', f.calibration_error, 'lift_10', f.lift_10,
                'predicted', f.predicted, 'flagged', f.flagged, 'flagged_left', f.flagged_left),
            'calibration', (
                select jsonb_agg(jsonb_build_object('from', b.low, 'to', b.high, 'rows', b.n, 'churned', b.events,
                    'predicted', b.predicted, 'observed', b.events / b.n::double precision) order by b.band)
                from bands as b))
        from figures as f
    );
end
$$;
comment on function cs_health._judge_model(jsonb) is
    'Figures of a model on the later rows, beside those of the base rate for everybody, and predicted against observed '
    'churn in five groups of equal size';

create function cs_health._auc_std_error(auc double precision, events bigint, others bigint)
returns double precision
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    -- q1 = AUC / (2 - AUC), q2 = 2 AUC^2 / (1 + AUC)
    select sqrt((auc * (1 - auc) + (events - 1) * (auc / (2 - auc) - auc * auc)
        + (others - 1) * (2 * auc * auc / (1 + auc) - auc * auc)) / (events * others))
    where events > 0 and others > 0
$$;
comment on function cs_health._auc_std_error(double precision, bigint, bigint) is
    'Standard error of an AUC (Hanley and McNeil, Radiology 143, 1982)';

create function cs_health._risk_bands(base_rate double precision) returns jsonb
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    -- k times the odds o = r / (1 - r) is the probability k o / (1 + k o), as a multiple of r: k / (1 - r + k r)
    select jsonb_build_object('medium', 1,
        'high', case when 8 * base_rate <= 0.5 then 3 else 3 / (1 - base_rate + 3 * base_rate) end,
        'critical', case when 8 * base_rate <= 0.5 then 8 else 8 / (1 - base_rate + 8 * base_rate) end)
$$;
comment on function cs_health._risk_bands(double precision) is
    'From which multiple of the base rate each risk level begins: 1, 3 and 8; where 8 times the base rate is more than '
    '50 %, what 3 and 8 times its odds come to, so that every level can be reached';

create procedure cs_health.train_churn_model(
    lead_days integer default 30, horizon_days integer default 60, features text[] default null,
    labels text default null, l2 double precision default 1, version text default null)
language plpgsql
set search_path = pg_catalog, pg_temp
set extra_float_digits = 1 -- figures become JSON by way of text
as $$
declare
    chosen text[] := coalesce(train_churn_model.features, cs_health._default_features());
    new_version text := train_churn_model.version;
    cut date;
    document jsonb;
    figures record;
    unknown text;
    faults text;
begin
    perform cs_health._require_window(lead_days, horizon_days);
    if l2 is null or not (l2 >= 0 and l2 <= 1e9) then
        raise exception 'l2 must be from 0 to 1e9, not %', coalesce(l2::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'Leave it out for 1.';
    end if;
    select string_agg(format('"%s"', left(f, 60)), ', ') into unknown from unnest(chosen) as f
    where not exists (select from cs_health.measure as m where m.code = f);
    if unknown is not null or cardinality(chosen) = 0 then
        raise exception '%', coalesce('unknown measures: ' || unknown, 'features must name at least one measure')
            using errcode = 'invalid_parameter_value',
                hint = 'Known measures are listed in cs_health.measure; register_measure() adds your own.';
    end if;
    if cardinality(chosen) > 100 then
        raise exception '% features are too many, at most 100 are allowed', cardinality(chosen)
            using errcode = 'program_limit_exceeded', hint = 'Name those that matter: features => ''{mau,nps}''.';
    end if;
    if new_version !~ '^[a-z0-9._-]{1,20}$'
        or exists (select from cs_health.churn_model as m where m.version = new_version) then
        raise exception 'version "%" cannot be given to a new model', left(new_version, 60)
            using errcode = 'invalid_parameter_value',
                hint = 'Take 1 to 20 of the characters a-z, 0-9, point, dash and underscore that no other model has, '
                    'or leave it out.';
    end if;
    perform cs_health._training_rows(coalesce(labels, format('select * from cs_health.churn_labels(%s, %s)',
        lead_days, horizon_days)));
    cut := cs_health._split_training(lead_days + horizon_days);
    select count(*) as n, count(*) filter (where t.churned) as events, min(t.as_of) as first_day,
        max(t.as_of) as last_day
    into figures from pg_temp.cs_health_training as t where not t.evaluation;
    raise notice 'training on % rows with % churns, days % to %; judging by later ones from % on',
        figures.n, figures.events, figures.first_day, figures.last_day, cut;
    if figures.events = figures.n then
        raise exception 'every training row has left' using errcode = 'invalid_parameter_value',
            hint = 'The labels must also name tenants that stayed.';
    end if;
    document := jsonb_build_object(
        'format', 1, 'version', coalesce(new_version, '-'), 'trained', true,
        'lead_days', lead_days, 'horizon_days', horizon_days,
        'base_rate', figures.events / figures.n::double precision, 'intercept', 0,
        'risk_bands', cs_health._risk_bands(figures.events / figures.n::double precision),
        'features', cs_health._describe_features(chosen), 'trained_at', now(),
        'training', jsonb_build_object(
            'rows', figures.n, 'events', figures.events, 'first_day', figures.first_day, 'last_day', figures.last_day,
            'known_on', cut, 'labels', coalesce(labels, 'churn_labels()')));
    if document -> 'features' = '[]' then
        raise exception 'no measure varies among the training rows'
            using errcode = 'object_not_in_prerequisite_state',
                hint = 'The active model stays. doctor() tells which feeds never delivered a row.';
    end if;
    document := document || jsonb_build_object('audit', cs_health._audit_features(document));
    document := cs_health._fit_features(document, l2);
    document := document || cs_health._judge_model(document);
    perform from cs_health.settings for update; -- two trainings at once shall not give the same number
    if new_version is null then
        select 'churn-' || coalesce(max(substr(m.version, 7)::bigint), 0) + 1 into new_version
        from cs_health.churn_model as m where m.version ~ '^churn-[0-9]{1,12}$';
    elsif exists (select from cs_health.churn_model as m where m.version = new_version) then
        raise exception 'another training has meanwhile taken version "%"', new_version
            using errcode = 'invalid_parameter_value', hint = 'Leave the version out, or take another.';
    end if;
    insert into cs_health.churn_model (version, document)
    values (new_version, document || jsonb_build_object('version', new_version));
    drop table pg_temp.cs_health_training;
    select string_agg(f.fault, '; ') into faults from cs_health._model_faults(document) as f;
    raise notice 'candidate % on later days: AUC %, log loss % (base rate %), lift of the highest tenth %',
        new_version, round((document #> '{metrics,auc}')::numeric, 3),
        round((document #> '{metrics,log_loss}')::numeric, 4),
        round((document #> '{metrics,log_loss_base}')::numeric, 4),
        round((document #> '{metrics,lift_10}')::numeric, 2);
    if faults is not null then
        raise warning 'candidate % will not be published: %', new_version, faults
            using hint = format('SELECT * FROM cs_health.churn_model_card(%L); has all figures.', new_version);
    else
        raise notice 'SELECT cs_health.publish_model(''%''); puts it to use', new_version;
    end if;
end
$$;
comment on procedure cs_health.train_churn_model(
    integer, integer, text[], text, double precision, text) is
    'Trains a churn model on stored vectors and keeps it as a candidate; publish_model() puts it to use. The window: '
    'tenants that leave from lead_days (0-365) after a day on, for horizon_days (1-730). features: codes of measures, '
    'by default all that are dated. labels: a query of (tenant_id uuid, as_of date, churned boolean) of your own, by '
    'default churn_labels(). l2: the ridge penalty on standardised features, which pulls towards the expert prior. '
    'version: by default churn-1, churn-2, ... The latest days judge, the days before them train, with a gap of the '
    'whole window between. Fewer than 20 churns to train on or 8 to judge by: `insufficient history` (55000). One '
    'transaction: when it fails nothing has changed';
