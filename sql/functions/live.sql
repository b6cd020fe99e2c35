-- One tenant, now: the same computation as the nightly run, today included.

create function cs_health.health_now(tenant_id uuid) returns cs_health.health_row
language plpgsql stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- planning for each tenant anew would take most of the time
as $$
declare
    g record;
    answer cs_health.health_row;
begin
    -- The same as _scorecard_rules(), _previous_day() and folded_at(), which would be planned anew for every answer
    select t.today, (select jsonb_agg(to_jsonb(l)) from (
            select l.segment, l.plan_code, l.scorecard_id as id from cs_health.scorecard_rule as l) as l) as rules,
        (select r.hidden_positions from cs_health.run as r where r.as_of = t.today - 1) as hidden,
        (select max(r.as_of) from cs_health.run as r
            where r.as_of < t.today and r.as_of > t.today - 30 and r.finished_at is not null) as previous_day,
        m.id as model, m.document as prediction,
        (select case when count(f.folded_at) = 16 then min(f.folded_at) end from cs_health.fold as f) as folded_at
    into g
    from cs_health.settings as s
    cross join lateral (select timezone(s.time_zone, cs_health._now())::date as today) as t
    left join cs_health.churn_model as m on m.status = 'active';
    select s.tenant_id, s.as_of, s.overall_score, s.engagement_score, s.adoption_score, s.satisfaction_score,
        s.support_score, s.growth_score, s.category, s.trend, s.coverage, s.scorecard_id, s.churn_probability,
        s.churn_model_id, s.measures, s.history, g.folded_at
    into answer
    from cs_health._scored(g.today, health_now.tenant_id, health_now.tenant_id, g.rules, g.hidden,
        g.previous_day, g.model, g.prediction) as s;
    if not found then
        perform cs_health._require_tenant(health_now.tenant_id);
        if (g.rules @> '[{"segment": null, "plan_code": null}]') is not true then
            raise exception 'no scorecard is in use for tenants that no rule names'
                using errcode = 'object_not_in_prerequisite_state', hint = 'SELECT cs_health.use_scorecard(''spec'');';
        end if;
        raise exception 'tenant % is not a customer today', health_now.tenant_id
            using errcode = 'invalid_parameter_value',
                hint = 'Its signed_up_at lies ahead or its churned_on has passed.';
    end if;
    return answer;
end
$$;
comment on function cs_health.health_now(uuid) is
    'Scores one tenant live, today included, and stores nothing. Events count up to folded_at. Unknown tenants are '
    'refused (22023)';

create function cs_health.recalculate_tenant(tenant_id uuid) returns cs_health.health_row
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    answer cs_health.health_row := cs_health.health_now(recalculate_tenant.tenant_id);
begin
    perform cs_health._ensure_partition(answer.as_of);
    delete from cs_health.customer_health as h
    where h.tenant_id = answer.tenant_id and h.provisional;
    insert into cs_health.customer_health (
        tenant_id, as_of, overall_score, engagement_score, adoption_score, satisfaction_score, support_score,
        growth_score, provisional, category, trend, scorecard_id, coverage, churn_probability, churn_model_id,
        calculated_at, measures, history)
    values (
        answer.tenant_id, answer.as_of, answer.overall_score, answer.engagement_score, answer.adoption_score,
        answer.satisfaction_score, answer.support_score, answer.growth_score, true, answer.category, answer.trend,
        answer.scorecard_id, answer.coverage, answer.churn_probability, answer.churn_model_id, clock_timestamp(),
        answer.measures, answer.history)
    on conflict on constraint customer_health_pkey do nothing; -- the row of a finished day stays
    perform cs_health._show_customer(answer.tenant_id);
    return answer;
end
$$;
comment on function cs_health.recalculate_tenant(uuid) is
    'Scores one tenant live as health_now() does and stores the row of today; the nightly run replaces it once the '
    'day is over';
