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

create function cs_health._forget_deliveries(tenant_id uuid, names text[]) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    forgotten bigint;
begin
    update cs_health.outbox as o
    set payload = '{}', state = case o.state when 'sent' then 'sent' else 'cancelled' end,
        ended_at = coalesce(o.ended_at, now()), last_error = null
    where o.id in (
        select l.id from cs_health.outbox as l
        where l.payload <> '{}' and (l.tenant_id = _forget_deliveries.tenant_id
                or _forget_deliveries.tenant_id is null and l.tenant_id is null and l.kind = 'message')
            and (names is null or exists (
                select from jsonb_path_query(l.payload, 'strict $.**') as v
                where jsonb_typeof(v) = 'string' and cs_health._mentions(v #>> '{}', names)))
        order by l.id
        for no key update);
    get diagnostics forgotten = row_count;
    return forgotten;
end
$$;
comment on function cs_health._forget_deliveries(uuid, text[]) is
    'Takes away what deliveries about a tenant say, or messages about several (tenant_id null: digests, summaries of '
    'alerts), all or those with one of these names in them, and cancels what was not sent; returns how many those were';

create function cs_health._forget_step_texts(tenant_id uuid, person text[]) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    execution uuid;
    steps_before jsonb;
    named integer[];
    forgotten bigint := 0;
begin
    for execution, steps_before, named in
        select e.id, e.steps, t.named
        from cs_health.playbook_execution as e
        cross join lateral (
            select array_agg(s.nr::integer) as named from jsonb_array_elements(e.steps) with ordinality as s(value, nr)
            where exists (
                select
                from jsonb_path_query(jsonb_build_array(s.value -> 'subject', s.value -> 'template'), '$.**') as v
                where jsonb_typeof(v) = 'string' and cs_health._mentions(v #>> '{}', person))
        ) as t
        where e.tenant_id = _forget_step_texts.tenant_id and t.named is not null
        for update of e
    loop
        update cs_health.playbook_execution as e
        set steps = (
            select jsonb_agg(case when s.nr = any (named) then s.value || (
                    select jsonb_object_agg(k.name, '…'::text)
                    from unnest('{subject,template}'::text[]) as k(name) where s.value ? k.name)
                    || case when s.value ->> 'channel' in ('call', 'internal') then '{}'::jsonb
                        else '{"approve": true}' end
                else s.value end order by s.nr)
            from jsonb_array_elements(steps_before) with ordinality as s(value, nr))
        where e.tenant_id = _forget_step_texts.tenant_id and e.id = execution;
        update cs_health.playbook_step as s set approved_by = null
        where s.tenant_id = _forget_step_texts.tenant_id and s.execution_id = execution and s.step_no = any (named)
            and s.status in ('pending', 'approval', 'held');
        forgotten := forgotten + 1;
    end loop;
    return forgotten;
end
$$;
comment on function cs_health._forget_step_texts(uuid, text[]) is
    'Takes away texts of executions that name a person, whoever wrote them in; such a message then waits for a CSM '
    'to write and approve it. Returns how many executions those were';

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
    perform from cs_health.contact as c -- before messages, as opt_out() does
    where c.tenant_id = forget_contact.tenant_id and lower(c.email) = lower(forget_contact.email)
    order by c.id
    for update;
    select array_agg(distinct c.name) || forget_contact.email into person from cs_health.contact as c
    where c.tenant_id = forget_contact.tenant_id and lower(c.email) = lower(forget_contact.email);
    person := coalesce(person, array[forget_contact.email]);
    forgotten := cs_health._forget_step_texts(forget_contact.tenant_id, person)
        + cs_health._forget_deliveries(forget_contact.tenant_id, person)
        + cs_health._forget_deliveries(null, person);
    update cs_health.playbook_execution as e set outcome = null
    where e.tenant_id = forget_contact.tenant_id and cs_health._mentions(e.outcome, person);
    get diagnostics part = row_count;
    forgotten := forgotten + part;
    update cs_health.playbook_step as s
    set recipient = null, subject = null, body = null,
        reason = case when not cs_health._mentions(s.reason, person) then s.reason end
    where s.tenant_id = forget_contact.tenant_id
        and cs_health._mentions(concat_ws(' | ', s.recipient, s.subject, s.body, s.reason), person);
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
    forgotten := forgotten + cs_health._forget_segments(person);
    delete from cs_health.contact as c
    where c.tenant_id = forget_contact.tenant_id and lower(c.email) = lower(forget_contact.email);
    get diagnostics part = row_count;
    return forgotten + part;
end
$$;
comment on function cs_health.forget_contact(uuid, text) is
    'Erases a person at a tenant: the contact, and every text of steps, tasks, touchpoints, banners, signals, '
    'deliveries and digests that has the address or the contact''s name in it, saved filters too; what was not sent '
    'yet is cancelled, a step whose text went waits for a CSM. That something happened, and when, stays. Returns how '
    'many rows it touched. Unknown tenants are refused (22023)';

create function cs_health.forget_tenant(tenant_id uuid) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    name text;
    names text[];
    forgotten bigint := 0;
    part bigint;
begin
    perform from cs_health.settings for update; -- no run ends, folds or scores a batch meanwhile
    perform from cs_health.fold as f order by f.partition for update;
    lock table cs_health.run_batch in exclusive mode;
    foreach name in array array['event', 'event_rejected', 'activity', 'feature_activity', 'feature_demand',
        'customer_health', 'playbook_state', 'playbook_missed', 'playbook_execution', 'task', 'in_app_message',
        'churn_alert', 'expansion_signal', 'journey_entry', 'idempotency_key'] loop
        execute format('delete from cs_health.%I where tenant_id = $1', name) using forget_tenant.tenant_id;
        get diagnostics part = row_count;
        forgotten := forgotten + part;
    end loop;
    select array_agg(n.name) into names from (
        select t.name from cs_health.tenant as t where t.id = forget_tenant.tenant_id
        union all
        select unnest(array[c.name, c.email]) from cs_health.contact as c where c.tenant_id = forget_tenant.tenant_id
    ) as n(name);
    forgotten := forgotten + cs_health._forget_deliveries(forget_tenant.tenant_id, null)
        + cs_health._forget_deliveries(null, coalesce(names, '{}'))
        + cs_health._forget_segments(coalesce(names, '{}'));
    update cs_health.task as k set title = k.kind, detail = null -- summaries of alerts about several tenants
    where k.source_key like 'churn alerts %' and cs_health._mentions(k.detail, names);
    get diagnostics part = row_count;
    forgotten := forgotten + part;
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
    'takes it. So do digests and summaries of alerts with its name, or a contact''s, in them, and saved filters go. '
    'Its movements of revenue go too: closed months, retention and churn are then told as if it had never paid';
