-- What health_scores lists stands ready in a table of its own. It is written anew when a day has been finished, and
-- follows at once when a customer is scored again, and what changes of customers and overrides.

create function cs_health._show_health() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
set work_mem = '64MB' as $$
begin
    -- Whoever has changed a customer or an override, even of nobody listed, has ended before, or waits
    lock table cs_health.shown_health in share row exclusive mode;
    delete from cs_health.shown_health as s
    where not exists (select from cs_health.health_to_show as n where n.tenant_id = s.tenant_id);
    update cs_health.shown_health as s
    set as_of = n.as_of, overall_score = n.overall_score, engagement_score = n.engagement_score,
        adoption_score = n.adoption_score, satisfaction_score = n.satisfaction_score, support_score = n.support_score,
        growth_score = n.growth_score, provisional = n.provisional, computed_category = n.computed_category,
        trend = n.trend, scorecard_id = n.scorecard_id, coverage = n.coverage, churn_probability = n.churn_probability,
        calculated_at = n.calculated_at, override_category = n.override_category, override_reason = n.override_reason,
        override_by = n.override_by, override_expires_on = n.override_expires_on, tenant_name = n.tenant_name,
        tenant_status = n.tenant_status, plan_code = n.plan_code, segment = n.segment, csm = n.csm, arr = n.arr,
        contract_ends_on = n.contract_ends_on
    from cs_health.health_to_show as n
    where n.tenant_id = s.tenant_id;
    insert into cs_health.shown_health
    select n.* from cs_health.health_to_show as n
    where not exists (select from cs_health.shown_health as s where s.tenant_id = n.tenant_id);
    update cs_health.run as r set shown_at = clock_timestamp() where r.as_of = cs_health._latest_scored_day();
end
$$;
comment on function cs_health._show_health() is 'Makes shown_health what health_to_show is';

create function cs_health._has_news() returns boolean
language sql
set search_path = pg_catalog, pg_temp as $$
    select coalesce(max(r.finished_at) > coalesce(max(r.shown_at), '-infinity'), false) from cs_health.run as r
$$;
comment on function cs_health._has_news() is 'Whether a day was finished since the list was written';

create function cs_health._show_news() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '3s' as $$
begin
    if cs_health._has_news() then
        lock table cs_health.shown_health in share row exclusive mode;
        if cs_health._has_news() then -- nobody else has shown it meanwhile
            perform cs_health._show_health();
        end if;
    end if;
exception
    when lock_not_available or deadlock_detected then
        raise notice 'the list is in use; fold_events() shows what was scored';
end
$$;
comment on function cs_health._show_news() is
    'Shows what was scored since the list was written, in a transaction of its own. Does not wait long for whoever '
    'holds a row of the list, since others would wait behind it: fold_events() calls it every minute';

create function cs_health._end_shown_overrides() returns void
language sql
set search_path = pg_catalog, pg_temp as $$
    update cs_health.shown_health as s
    set override_category = null, override_reason = null, override_by = null, override_expires_on = null
    where s.override_category is not null and s.override_expires_on < (select cs_health._today())
$$;
comment on function cs_health._end_shown_overrides() is
    'Takes overrides whose last day is over from the list, since nobody writes when a day is over';

create function cs_health._show_customer(tenant uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- planning takes longer
as $$
begin
    perform from cs_health.tenant as t where t.id = tenant for share; -- whoever is changing it has ended
    insert into cs_health.shown_health as s
    select n.* from cs_health.health_to_show as n where n.tenant_id = tenant
    on conflict (tenant_id) do update
    set as_of = excluded.as_of, overall_score = excluded.overall_score, engagement_score = excluded.engagement_score,
        adoption_score = excluded.adoption_score, satisfaction_score = excluded.satisfaction_score,
        support_score = excluded.support_score, growth_score = excluded.growth_score,
        provisional = excluded.provisional, computed_category = excluded.computed_category, trend = excluded.trend,
        scorecard_id = excluded.scorecard_id, coverage = excluded.coverage,
        churn_probability = excluded.churn_probability, calculated_at = excluded.calculated_at;
    perform cs_health._show_change_of(tenant); -- the row is locked: nothing changes it any more
end
$$;
comment on function cs_health._show_customer(uuid) is 'Shows what health_to_show has of a customer';

create function cs_health._show_change_of(tenant uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    update cs_health.shown_health as s
    set (override_category, override_reason, override_by, override_expires_on, tenant_name, tenant_status, plan_code,
        segment, csm, arr, contract_ends_on) = (
        select o.category, o.reason, o.set_by, o.expires_on, t.name, t.status, t.plan_code, t.segment, t.csm, t.arr,
            t.contract_ends_on
        from cs_health.tenant as t
        left join cs_health.health_override as o
            on o.tenant_id = t.id and o.ended_at is null and o.expires_on >= (select cs_health._today())
        where t.id = s.tenant_id)
    where s.tenant_id = tenant;
end
$$;
comment on function cs_health._show_change_of(uuid) is
    'Shows the override of a customer that lives, and what the list says of the customer';

create function cs_health._show_change() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    if tg_table_name = 'tenant' then
        perform cs_health._show_change_of(new.id);
    elsif tg_op <> 'DELETE' then
        perform cs_health._show_change_of(new.tenant_id);
    elsif old.ended_at is null then
        perform cs_health._show_change_of(old.tenant_id);
    end if;
    return null;
end
$$;
comment on function cs_health._show_change() is 'Lets the list show what was changed of a customer or an override';

create function cs_health._is_shown_rightly(shown jsonb) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select exists (
        select from cs_health.tenant as t
        left join cs_health.health_override as o
            on o.tenant_id = t.id and o.ended_at is null and o.expires_on >= (select cs_health._today())
        where t.id = (shown ->> 'tenant_id')::uuid and shown @> jsonb_build_object(
            'override_category', o.category, 'override_reason', o.reason, 'override_by', o.set_by,
            'override_expires_on', o.expires_on, 'tenant_name', t.name, 'tenant_status', t.status,
            'plan_code', t.plan_code, 'segment', t.segment, 'csm', t.csm, 'arr', t.arr,
            'contract_ends_on', t.contract_ends_on))
$$;
comment on function cs_health._is_shown_rightly(jsonb) is
    'Whether a row of shown_health says of customer and override what stands in their tables; for its policies, under '
    'which nobody writes anything else';

create function cs_health._listed_csm() returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    csms text[];
begin
    if not row_security_active('cs_health.shown_health')
        or pg_has_role(to_regrole('cs_health_csm_all'), 'usage')
        or pg_has_role(to_regrole('cs_health_admin'), 'usage') then
        return '';
    end if;
    csms := cs_health.current_csms();
    return case when cardinality(csms) = 1 and csms[1] <> '' then csms[1] else '+' end;
end
$$;
comment on function cs_health._listed_csm() is
    'Along which index a list comes: that of the one CSM whose customers whoever asks may see, + for those of several, '
    'empty for all';
