-- Customers given from one colleague to another. A touchpoint says who gave what to whom; only what stands in one of
-- the same moment, under the own name, can be given.

create function cs_health._hand_over_text(from_csm text, to_csm text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select coalesce(from_csm, '–') || ' → ' || to_csm
$$;
comment on function cs_health._hand_over_text(text, text) is 'What the touchpoint of a hand-over says';

create function cs_health._handing_over() returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select jsonb_object_agg(t.id, substr(p.detail, length(cs_health._hand_over_text(t.csm, '')) + 1))
    from cs_health.touchpoint as p
    join cs_health.tenant as t on t.id = p.tenant_id
    where p.at = cs_health._now() and p.kind = 'hand_over' and p.actor = cs_health._author()
        and starts_with(p.detail, cs_health._hand_over_text(t.csm, ''))
$$;
comment on function cs_health._handing_over() is
    'Customers that whoever asks is handing over at this moment, as touchpoints say, and to whom; null = none. For the '
    'policies of tenant, which may not look into their own table';

create function cs_health._require_csm(name text, email text) returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    if not exists (select from cs_health.csm as c where c.email = email and c.disabled_at is null) then
        raise exception '% must be a CSM, not %', name,
            coalesce(regexp_replace(left(email, 50), '[^ -~]', '?', 'g'), 'null')
            using errcode = 'invalid_parameter_value',
                hint = 'Pass the e-mail of somebody in cs_health.csm who is not disabled.';
    end if;
end
$$;
comment on function cs_health._require_csm(text, text) is
    'Refuses e-mails of which no colleague can look after customers (22023)';

create function cs_health._give_tenants(
    ids uuid[], to_csm text, from_csm text default null, out tenants bigint, out tasks bigint)
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    tenants := 0;
    tasks := 0;
    if ids = '{}' then
        return;
    end if;
    if cs_health._asker_role() = 'csm' and exists (
        select from cs_health.tenant as t
        where t.id = any (ids) and t.csm is distinct from cs_health.current_csm()) then
        raise exception 'not yours to hand over'
            using errcode = 'insufficient_privilege',
                hint = 'A customer is handed over by its CSM, or by somebody who sees all of them.';
    end if;
    -- executions, tasks, customers: in the order in which everybody locks
    perform from cs_health.playbook_execution as e
    where (e.tenant_id, e.id) in (
        select k.tenant_id, k.execution_id from cs_health.task as k
        join cs_health.tenant as t on t.id = k.tenant_id
        where k.tenant_id = any (ids) and k.status = 'open' and k.assignee = t.csm)
    order by e.tenant_id, e.id
    for update of e;
    perform from cs_health.task as k
    where k.tenant_id = any (ids) and k.status = 'open' and k.assignee is not null
    order by k.tenant_id, k.id
    for no key update of k;
    with moved as (
        update cs_health.task as k set assignee = to_csm
        from cs_health.tenant as t
        where t.id = k.tenant_id and k.tenant_id = any (ids) and k.status = 'open' and k.assignee = t.csm
        returning k.tenant_id, k.execution_id, k.step_no
    ), noted as (
        insert into cs_health.playbook_history (tenant_id, execution_id, at, actor, step_no, action, reason)
        select m.tenant_id, m.execution_id, cs_health._now(), cs_health._author(), m.step_no, 'task reassigned', to_csm
        from moved as m where m.execution_id is not null
    )
    select count(*) into tasks from moved;
    insert into cs_health.touchpoint (tenant_id, kind, direction, at, actor, detail)
    select t.id, 'hand_over', 'internal', cs_health._now(), cs_health._author(),
        cs_health._hand_over_text(t.csm, to_csm)
    from cs_health.tenant as t where t.id = any (ids) and (from_csm is null or t.csm = from_csm);
    perform from cs_health.tenant as t where t.id = any (ids) order by t.id for no key update;
    if cs_health._asker_role() = 'csm' then
        -- Whoever gives a customer away does not see it any more, and an UPDATE that reads a column must leave rows
        -- that its author sees. These read none: policies say which rows, those of the touchpoints just written.
        update cs_health.shown_health set csm = to_csm where row_security_active('cs_health.shown_health');
        update cs_health.tenant set csm = to_csm where row_security_active('cs_health.tenant');
    else
        update cs_health.tenant as t set csm = to_csm
        where t.id = any (ids) and (select cs_health._handing_over()) ? t.id::text;
    end if;
    get diagnostics tenants = row_count;
    if tenants <> cardinality(ids) then
        raise exception 'somebody else hands over some of these customers at the same time'
            using errcode = 'object_not_in_prerequisite_state',
                hint = 'Look at whose they are now, then call again.';
    end if;
end
$$;
comment on function cs_health._give_tenants(uuid[], text, text) is
    'Gives customers, each named once, all those of from_csm where it is not null, and the open tasks that their '
    'former CSM has with them to another, with a touchpoint; all or none (42501, or 55000 when somebody else gives one '
    'away at the same time)';

create function cs_health.reassign_tenants(tenants uuid[], csm text) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    ids uuid[] := array(select distinct i.id from unnest(tenants) as i(id) where i.id is not null);
    unknown uuid;
begin
    if (cardinality(tenants) between 1 and 1000) is not true then
        raise exception 'tenants must name 1 to 1000 customers, not %', coalesce(cardinality(tenants)::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'A whole book of business is for hand_over().';
    end if;
    perform cs_health._require_csm('csm', csm);
    select i.id into unknown from unnest(tenants) as i(id)
    where not exists (select from cs_health.tenant as t where t.id = i.id) limit 1;
    if found then
        perform cs_health._require_tenant(unknown);
    end if;
    ids := array(select t.id from cs_health.tenant as t where t.id = any (ids) and t.csm is distinct from csm);
    return (select g.tenants from cs_health._give_tenants(ids, csm) as g);
end
$$;
comment on function cs_health.reassign_tenants(uuid[], text) is
    'Gives customers (at most 1000), and their open tasks that the former CSM has, to a colleague in cs_health.csm; '
    'returns how many changed hands, those not counted that were the colleague''s already. CSMs give their own, who '
    'sees all and administrators any; all or none (42501, or 55000 when somebody else gives one away at the same '
    'moment). A touchpoint of the kind hand_over says from whom to whom. Unknown customers, people who are no CSM and '
    'other numbers of customers are refused (22023)';

create function cs_health.hand_over(from_csm text, to_csm text, segment text default null)
returns table (tenants bigint, tasks bigint)
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    ids uuid[];
begin
    perform cs_health._require_csm('to_csm', hand_over.to_csm);
    if (hand_over.from_csm <> hand_over.to_csm) is not true then
        raise exception 'from_csm and to_csm must be two colleagues'
            using errcode = 'invalid_parameter_value', hint = 'Name whose customers they are, and whose they become.';
    end if;
    ids := array(
        select t.id from cs_health.tenant as t
        where t.csm = hand_over.from_csm and (hand_over.segment is null or t.segment = hand_over.segment));
    return query
    select g.tenants, g.tasks from cs_health._give_tenants(ids, hand_over.to_csm, hand_over.from_csm) as g;
end
$$;
comment on function cs_health.hand_over(text, text, text) is
    'reassign_tenants() for all customers of a colleague, or those of a segment; returns how many customers and open '
    'tasks changed hands, 0 where whoever asks sees none. The rights are the same. People who are no CSM are refused, '
    'and twice the same one (22023)';
