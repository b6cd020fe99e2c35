-- Forgetting people and customers.

create function cs_health.forget_user(tenant_id uuid, user_id text) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    user_key bigint;
    forgotten bigint := 0;
    part bigint;
begin
    perform cs_health._require_tenant(forget_user.tenant_id);
    perform from cs_health.fold as f order by f.partition for update; -- no fold meanwhile
    select cs_health.user_key(s.secret, forget_user.tenant_id, forget_user.user_id) into user_key
    from cs_health.hash_secret as s;
    delete from cs_health.event as e where e.tenant_id = forget_user.tenant_id and e.user_id = forget_user.user_id;
    get diagnostics part = row_count;
    forgotten := forgotten + part;
    delete from cs_health.event_rejected as e where e.tenant_id = forget_user.tenant_id
        and e.user_id = forget_user.user_id;
    get diagnostics part = row_count;
    forgotten := forgotten + part;
    delete from cs_health.feedback as f where f.tenant_id = forget_user.tenant_id and f.user_id = forget_user.user_id;
    get diagnostics part = row_count;
    forgotten := forgotten + part;
    update cs_health.activity as a set pack = cs_health.presence_forget(a.pack, user_key)
    where a.tenant_id = forget_user.tenant_id and cs_health.presence_forget(a.pack, user_key) <> a.pack;
    get diagnostics part = row_count;
    forgotten := forgotten + part;
    update cs_health.feature_activity as a set pack = cs_health.presence_forget(a.pack, user_key)
    where a.tenant_id = forget_user.tenant_id and cs_health.presence_forget(a.pack, user_key) <> a.pack;
    get diagnostics part = row_count;
    return forgotten + part;
end
$$;
comment on function cs_health.forget_user(uuid, text) is
    'Erases a user of a tenant: events, answers and presence; returns how many rows it touched. Counters, the first '
    'day and scores of past days are the tenant''s and stay. Contacts are addressed by e-mail: delete them from '
    'contact';

create function cs_health.forget_tenant(tenant_id uuid) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    name text;
    forgotten bigint := 0;
    part bigint;
begin
    perform from cs_health.fold as f order by f.partition for update; -- no fold and no batch meanwhile
    lock table cs_health.run_batch in exclusive mode;
    foreach name in array array['event', 'event_rejected', 'activity', 'feature_activity', 'customer_health'] loop
        execute format('delete from cs_health.%I where tenant_id = $1', name) using forget_tenant.tenant_id;
        get diagnostics part = row_count;
        forgotten := forgotten + part;
    end loop;
    update cs_health.tenant as t set parent_id = null where t.parent_id = forget_tenant.tenant_id;
    delete from cs_health.tenant as t where t.id = forget_tenant.tenant_id;
    get diagnostics part = row_count;
    return forgotten + part;
end
$$;
comment on function cs_health.forget_tenant(uuid) is
    'Erases a tenant with everything kept about it; returns how many rows went, not counting those deleted along with '
    'it';
