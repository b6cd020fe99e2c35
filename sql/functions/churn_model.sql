-- The registry of churn models: what may be published, publishing, going back.

create function cs_health._model_faults(document jsonb)
returns table (fault text, forceable boolean)
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    with judged as (
        select m.auc, m.auc_low, m.log_loss, m.log_loss_base
        from jsonb_to_record(case jsonb_typeof(document -> 'metrics') when 'object' then document -> 'metrics'
            else '{}' end) as m(
            auc double precision, auc_low double precision, log_loss double precision, log_loss_base double precision)
    )
    select f.fault, f.forceable
    from (
        select 1 as place, 'it was never judged on later data' as fault, false as forceable
        where not exists (
            select from judged as j where (j.auc + j.auc_low + j.log_loss + j.log_loss_base) is not null)
        union all
        select 2, format('on later data it ranks no better than chance: AUC %s, which at a confidence of 99 %% may be '
            'as low as %s', round(j.auc::numeric, 3), round(j.auc_low::numeric, 3)), false
        from judged as j where j.auc_low <= 0.5
        union all
        select 3, format('on later data it is no better than the base rate for everybody: log loss %s against %s',
            round(j.log_loss::numeric, 5), round(j.log_loss_base::numeric, 5)), false
        from judged as j where j.log_loss >= j.log_loss_base
        union all
        select 4, format('it is suspiciously perfect on later data: AUC %s, from 0.94 on a leak is likelier than skill',
            round(j.auc::numeric, 3)), true
        from judged as j where j.auc >= 0.94
        union all
        select 5, format('measure "%s" alone predicts too well: AUC %s, it may know the outcome', s.measure,
            round(s.auc::numeric, 3)), true
        from jsonb_to_recordset(case jsonb_typeof(document -> 'audit') when 'array' then document -> 'audit' end)
            as s(measure text, auc double precision)
        where s.auc >= 0.9
    ) as f
    where document -> 'trained' = 'true'
    order by f.place, f.fault
$$;
comment on function cs_health._model_faults(jsonb) is
    'What speaks against publishing a trained model, and whether force passes over it. A model that was not trained '
    'claims no skill and is not judged';

create function cs_health.publish_model(version text, force boolean default false) returns text
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    chosen cs_health.churn_model;
    refusals text;
    suspicions text[];
begin
    perform from cs_health.settings for update; -- one change at a time
    select m.* into chosen from cs_health.churn_model as m where m.version = publish_model.version;
    if chosen.id is null then
        raise exception 'churn model "%" does not exist', publish_model.version
            using errcode = 'undefined_object',
                hint = 'Models are listed in cs_health.churn_model; train_churn_model() makes one.';
    end if;
    if chosen.status = 'active' then
        return chosen.version;
    end if;
    perform cs_health.compile_model(chosen.document); -- its measures are there
    select string_agg(f.fault, '; ') filter (where not f.forceable),
        array_agg(f.fault) filter (where f.forceable)
    into refusals, suspicions from cs_health._model_faults(chosen.document) as f;
    if refusals is not null then
        raise exception 'churn model "%" is not published: %', chosen.version, refusals
            using errcode = 'object_not_in_prerequisite_state',
                hint = 'The active model stays. cs_health.churn_model_card() has all figures; more history or other '
                    'measures may help.';
    end if;
    if suspicions is not null and force is not true then
        raise exception 'churn model "%" is not published: %', chosen.version, array_to_string(suspicions, '; ')
            using errcode = 'object_not_in_prerequisite_state',
                hint = 'Train without what knows the outcome: train_churn_model(features => ...). If you are sure that '
                    'it was known on the day: publish_model(version, force => true).';
    end if;
    perform cs_health._activate_model(chosen.id, 'publish', suspicions);
    return chosen.version;
end
$$;
comment on function cs_health.publish_model(text, boolean) is
    'Puts a churn model to use from the next run on; the one before is retired. Refused (55000), and the active model '
    'stays, when the model is not better than the base rate on later data; when it looks too good (AUC of 0.94 or '
    'more, or a single measure with 0.9 or more) unless force is true. Returns the version. Unknown: 42704';

create function cs_health._activate_model(model integer, action text, forced text[]) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    previous integer;
begin
    update cs_health.churn_model as m set status = 'retired', retired_at = now() where m.status = 'active'
    returning m.id into previous;
    update cs_health.churn_model as m set status = 'active', published_at = now(), retired_at = null
    where m.id = model;
    insert into cs_health.churn_model_change (action, model_id, previous_id, forced)
    values (action, model, previous, forced);
end
$$;
comment on function cs_health._activate_model(integer, text, text[]) is
    'Makes a model the active one and notes the change';

create function cs_health.rollback_model() returns text
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    earlier record;
begin
    perform from cs_health.settings for update;
    select p.id, p.version into earlier
    from cs_health.churn_model as m
    join cs_health.churn_model_change as c on c.model_id = m.id and c.action = 'publish'
    join cs_health.churn_model as p on p.id = c.previous_id
    where m.status = 'active'
    order by c.id desc limit 1;
    if earlier.id is null then
        raise exception 'no churn model was in use before the active one'
            using errcode = 'undefined_object',
                hint = 'publish_model(version) puts any other to use; cs_health.churn_model lists them.';
    end if;
    perform cs_health._activate_model(earlier.id, 'rollback', null);
    return earlier.version;
end
$$;
comment on function cs_health.rollback_model() is
    'Goes back to the churn model that was active before the present one, from the next run on. Returns its version; '
    '42704 when there is none';

-- Without a search_path of its own, so that it becomes part of a query on a million predictions; hence the operators by
-- their full names.
create function cs_health._risk_level(
    probability double precision, medium_from double precision, high_from double precision,
    critical_from double precision)
returns text
language sql immutable parallel safe as $$
    select case
        when probability operator(pg_catalog.>=) critical_from then 'critical'
        when probability operator(pg_catalog.>=) high_from then 'high'
        when probability operator(pg_catalog.>=) medium_from then 'medium'
        when probability is not null then 'low' end
$$;
comment on function cs_health._risk_level(double precision, double precision, double precision, double precision) is
    'The risk level of a probability, from where each begins';

create function cs_health._prediction_part(document jsonb) returns jsonb
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select jsonb_object_agg(d.key, case d.key when 'features' then (
            select coalesce(jsonb_agg(f.value - '{cuts,shares,std_error}'::text[] order by f.ordinality), '[]')
            from jsonb_array_elements(d.value) with ordinality as f) else d.value end)
    from jsonb_each(document) as d
    where d.key in ('format', 'version', 'trained', 'lead_days', 'horizon_days', 'base_rate', 'intercept', 'risk_bands',
        'features')
$$;
comment on function cs_health._prediction_part(jsonb) is
    'What of a model document predicts; a run passes it on for every tenant, so it is kept short';

create function cs_health._predicted_churn_date(
    as_of date, lead_days integer, horizon_days integer, probability double precision, contract_ends_on date)
returns date
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case when d.day <= as_of + 365 then d.day end
    from (
        select greatest(as_of + lead_days + case when probability >= 1 then 1
            else least(ceil(horizon_days * ln(0.5::double precision) / nullif(ln(1 - probability), 0)), 1e6)
            end::integer, contract_ends_on) as day
        where probability > 0
    ) as d
$$;
comment on function cs_health._predicted_churn_date(date, integer, integer, double precision, date) is
    'The day on which the probability of having left passes 50 % at a constant hazard from the beginning of the window '
    'on: horizon x ln 0.5 / ln (1 - probability) days into it; with a contract the end of it when that comes later. '
    'Null beyond 365 days after as_of';

create function cs_health._prediction_confidence(
    coverage double precision, model_coverage double precision, half_width double precision, trained boolean)
returns double precision
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select coverage * model_coverage * case when trained then exp(-coalesce(half_width, 'infinity')) else 0.3 end
$$;
comment on function cs_health._prediction_confidence(
    double precision, double precision, double precision, boolean) is
    'confidence = coverage x coverage of the model x exp(-half-width of the 90 % interval of the log-odds); of a model '
    'that was not trained coverage x coverage of the model x 0.30. What is not observed counts as typical, which makes '
    'the interval narrower: hence the second factor';
