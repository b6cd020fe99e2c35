-- What CSMs know better: an override of the category, and a pulse. Neither touches a score.

create function cs_health._is_computed(tenant_id uuid, category text, score smallint) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select (_is_computed.category, _is_computed.score) is not distinct from (c.category, c.score)
    from (select) as one
    left join (
        select case when h.coverage >= 0.5 then h.category end as category,
            case when h.coverage >= 0.5 then h.overall_score end as score
        from cs_health.customer_health as h
        where h.tenant_id = _is_computed.tenant_id
        order by h.as_of desc limit 1
    ) as c on true
$$;
comment on function cs_health._is_computed(uuid, text, smallint) is
    'Whether that is what the latest score says of a tenant, for the policy of overrides, which are measured '
    'by it later';

create function cs_health.override_health(tenant_id uuid, category text, reason text, expires_on date) returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    today date := cs_health._today();
    computed_category text;
    computed_score smallint;
    made uuid;
begin
    perform cs_health._require_tenant(override_health.tenant_id);
    if exists (select from cs_health.tenant as t where t.id = override_health.tenant_id and t.churned_on < today) then
        raise exception 'tenant % is no customer any more', override_health.tenant_id
            using errcode = 'invalid_parameter_value', hint = 'Only what is scored can be overridden.';
    end if;
    if (override_health.category in ('healthy', 'neutral', 'at_risk', 'critical')) is not true then
        raise exception 'category must be healthy, neutral, at_risk or critical, not %',
            regexp_replace(left(override_health.category, 20), '[^ -~]', '?', 'g')
            using errcode = 'invalid_parameter_value', hint = 'Pass one of these four.';
    end if;
    if (override_health.reason ~ '[^[:space:]]') is not true then
        raise exception 'reason is empty'
            using errcode = 'invalid_parameter_value', hint = 'Say why you know better than the score.';
    end if;
    if length(override_health.reason) > 2000 then
        raise exception 'reason has % characters, at most 2000', length(override_health.reason)
            using errcode = 'invalid_parameter_value', hint = 'Shorten it.';
    end if;
    if (override_health.expires_on between today and today + 90) is not true then
        raise exception 'expires_on must be from % to %, not %', today, today + 90, override_health.expires_on
            using errcode = 'invalid_parameter_value',
                hint = 'An override lives for at most 90 days; set it again when it still holds then.';
    end if;
    update cs_health.health_override as o
    set ended_at = greatest(now(), o.set_at), ended_by = cs_health._author()
    where o.tenant_id = override_health.tenant_id and o.ended_at is null;
    select case when h.coverage >= 0.5 then h.category end, case when h.coverage >= 0.5 then h.overall_score end
    into computed_category, computed_score
    from cs_health.customer_health as h
    where h.tenant_id = override_health.tenant_id
    order by h.as_of desc limit 1;
    insert into cs_health.health_override (
        tenant_id, category, reason, set_by, expires_on, computed_category, computed_score)
    values (override_health.tenant_id, override_health.category, override_health.reason, cs_health._author(),
        override_health.expires_on, computed_category, computed_score)
    on conflict (tenant_id) where ended_at is null do nothing
    returning id into made;
    if made is null then
        raise exception 'somebody else overrides tenant % at the same time', override_health.tenant_id
            using errcode = 'unique_violation', hint = 'Look at the override that is there now, then call again.';
    end if;
    return made;
end
$$;
comment on function cs_health.override_health(uuid, text, text, date) is
    'Shows a category of your own for a tenant through expires_on (at most 90 days ahead, in settings.time_zone), with '
    'a reason of at most 2000 characters; ends the override there was and returns the id of the new one. The computed '
    'category stands beside it, scores stay as they are. Unknown tenants, categories and other days are refused '
    '(22023), so is a second one at the same moment (23505)';

create function cs_health.end_override(tenant_id uuid) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    perform cs_health._require_tenant(end_override.tenant_id);
    update cs_health.health_override as o
    set ended_at = greatest(now(), o.set_at), ended_by = cs_health._author()
    where o.tenant_id = end_override.tenant_id and o.ended_at is null and o.expires_on >= cs_health._today();
    return found;
end
$$;
comment on function cs_health.end_override(uuid) is
    'Shows the computed category of a tenant again; false when no override lived. Unknown tenants are refused (22023)';

create function cs_health.record_pulse(tenant_id uuid, rating integer, comment text default null) returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    made uuid;
begin
    perform cs_health._require_tenant(record_pulse.tenant_id);
    if (record_pulse.rating between 1 and 5) is not true then
        raise exception 'rating must be from 1 to 5, not %', record_pulse.rating
            using errcode = 'invalid_parameter_value', hint = '1 is the worst, 5 the best.';
    end if;
    if length(record_pulse.comment) > 2000 then
        raise exception 'comment has % characters, at most 2000', length(record_pulse.comment)
            using errcode = 'invalid_parameter_value', hint = 'Shorten it.';
    end if;
    insert into cs_health.pulse (tenant_id, rating, comment, csm)
    values (record_pulse.tenant_id, record_pulse.rating, nullif(record_pulse.comment, ''), cs_health._author())
    returning id into made;
    return made;
end
$$;
comment on function cs_health.record_pulse(uuid, integer, text) is
    'Notes what you think of a customer, 1 (bad) to 5 (good), with a comment of at most 2000 characters; returns its '
    'id. No score follows from it. Unknown tenants and other ratings are refused (22023)';
