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
    'day and scores of past days are the tenant''s and stay. Contacts are addressed by e-mail: forget_contact()';

create function cs_health._mentions(content text, person text[]) returns boolean
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    with said as materialized (
        select lower(regexp_replace(' ' || content || ' ', '[^[:alnum:]]+', ' ', 'g')) as words
    )
    select exists (
        select from said as s, (
            select distinct lower(regexp_replace(' ' || p.name || ' ', '[^[:alnum:]]+', ' ', 'g')) as words
            from unnest(person) as p(name) where p.name ~ '[[:alnum:]]') as w
        where position(w.words in s.words) > 0)
$$;
comment on function cs_health._mentions(text, text[]) is
    'Whether a text has one of several names or addresses in it as whole words, whatever stands between these';

create function cs_health._forget_deliveries(tenant_id uuid, person text[] default null) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    forgotten bigint;
begin
    update cs_health.outbox as o
    set payload = '{}', state = case o.state when 'sent' then 'sent' else 'cancelled' end,
        ended_at = coalesce(o.ended_at, now()), last_error = null
    where o.tenant_id = _forget_deliveries.tenant_id and o.payload <> '{}'
        and (person is null or exists (
            select from jsonb_path_query(o.payload, 'strict $.**') as v
            where jsonb_typeof(v) = 'string' and cs_health._mentions(v #>> '{}', person)));
    get diagnostics forgotten = row_count;
    return forgotten;
end
$$;
comment on function cs_health._forget_deliveries(uuid, text[]) is
    'Takes away what deliveries about a tenant say, all or those that name a person, and cancels what was not sent; '
    'returns how many those were';

create function cs_health.forget_contact(tenant_id uuid, email text) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    person text[];
    forgotten bigint;
    part bigint;
begin
    perform cs_health._require_tenant(forget_contact.tenant_id);
    if (forget_contact.email ~ '[[:alnum:]]') is not true then
        raise exception 'email is empty'
            using errcode = 'invalid_parameter_value', hint = 'Pass the address as it stands in cs_health.contact.';
    end if;
    select array_agg(distinct c.name) || forget_contact.email into person from cs_health.contact as c
    where c.tenant_id = forget_contact.tenant_id and lower(c.email) = lower(forget_contact.email);
    person := coalesce(person, array[forget_contact.email]);
    forgotten := cs_health._forget_deliveries(forget_contact.tenant_id, person);
    update cs_health.playbook_step as s set recipient = null, subject = null, body = null
    where s.tenant_id = forget_contact.tenant_id
        and cs_health._mentions(concat_ws(' | ', s.recipient, s.subject, s.body), person);
    get diagnostics part = row_count;
    forgotten := forgotten + part;
    update cs_health.playbook_history as h set reason = null
    where h.tenant_id = forget_contact.tenant_id and cs_health._mentions(h.reason, person);
    get diagnostics part = row_count;
    forgotten := forgotten + part;
    update cs_health.task as k set title = k.kind, detail = null, note = null
    where k.tenant_id = forget_contact.tenant_id
        and cs_health._mentions(concat_ws(' | ', k.title, k.detail, k.note), person);
    get diagnostics part = row_count;
    forgotten := forgotten + part;
    update cs_health.expansion_signal_change as c set note = null
    where c.tenant_id = forget_contact.tenant_id and cs_health._mentions(c.note, person);
    get diagnostics part = row_count;
    forgotten := forgotten + part;
    update cs_health.expansion_signal as s set note = null
    where s.tenant_id = forget_contact.tenant_id and cs_health._mentions(s.note, person);
    get diagnostics part = row_count;
    forgotten := forgotten + part;
    update cs_health.touchpoint as p set actor = null, detail = null, next_step = null
    where p.tenant_id = forget_contact.tenant_id
        and cs_health._mentions(concat_ws(' | ', p.actor, p.detail, p.next_step), person);
    get diagnostics part = row_count;
    forgotten := forgotten + part;
    delete from cs_health.in_app_message as m
    where m.tenant_id = forget_contact.tenant_id
        and cs_health._mentions(concat_ws(' | ', m.title, m.body, m.link), person);
    get diagnostics part = row_count;
    forgotten := forgotten + part;
    delete from cs_health.contact as c
    where c.tenant_id = forget_contact.tenant_id and lower(c.email) = lower(forget_contact.email);
    get diagnostics part = row_count;
    return forgotten + part;
end
$$;
comment on function cs_health.forget_contact(uuid, text) is
    'Erases a person at a tenant: the contact, and every text of steps, tasks, touchpoints, banners and deliveries '
    'that has the address or the contact''s name in it; what was not sent yet is cancelled. That something happened, '
    'and when, stays. Returns how many rows it touched. Unknown tenants are refused (22023)';

create function cs_health.forget_tenant(tenant_id uuid) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    name text;
    forgotten bigint := 0;
    part bigint;
begin
    perform from cs_health.settings for update; -- no run ends, folds or scores a batch meanwhile
    perform from cs_health.fold as f order by f.partition for update;
    lock table cs_health.run_batch in exclusive mode;
    foreach name in array array['event', 'event_rejected', 'activity', 'feature_activity', 'customer_health',
        'playbook_state', 'playbook_execution', 'task', 'in_app_message', 'churn_alert', 'expansion_signal'] loop
        execute format('delete from cs_health.%I where tenant_id = $1', name) using forget_tenant.tenant_id;
        get diagnostics part = row_count;
        forgotten := forgotten + part;
    end loop;
    forgotten := forgotten + cs_health._forget_deliveries(forget_tenant.tenant_id);
    update cs_health.outbox as o
    set source_key = 'forgotten ' || o.id, tenant_id = null, execution_id = null, step_no = null
    where o.tenant_id = forget_tenant.tenant_id;
    update cs_health.tenant as t set parent_id = null where t.parent_id = forget_tenant.tenant_id;
    delete from cs_health.tenant as t where t.id = forget_tenant.tenant_id;
    get diagnostics part = row_count;
    return forgotten + part;
end
$$;
comment on function cs_health.forget_tenant(uuid) is
    'Erases a tenant with everything kept about it; returns how many rows went, not counting those deleted along with '
    'it. Deliveries are cancelled and lose what they say and about whom; that there was one stays until retention '
    'takes it';
