-- What doctor() says of playbooks and deliveries.

create function cs_health._playbook_findings()
returns table (item text, status text, detail text, remedy text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    active bigint;
    waiting bigint;
    late bigint;
    stalled bigint;
    nobodys bigint;
    held text;
begin
    select count(*) into active from cs_health.cs_playbook as p where p.status = 'active';
    select count(*), count(*) filter (where e.created_at < cs_health._now() - interval '7 days') into waiting, late
    from cs_health.playbook_execution as e where e.status = 'waiting';
    return query select 'playbooks', case when late = 0 then 'ok' else 'warning' end,
        format('%s active; %s executions wait for approval, %s of them for more than 7 days', active, waiting, late),
        case when late > 0 then 'SELECT cs_health.approve_execution(id) or cancel_execution(id); those that wait are '
            'listed in cs_health_v1.playbook_executions.' end;
    return query select 'playbook ' || p.name, 'warning', 'its texts name what is not set: ' || n.names,
        format('UPDATE cs_health.cs_playbook SET params = params || %L WHERE id = %L;', '{"...": ...}', p.id)
    from cs_health.cs_playbook as p
    cross join lateral (
        select string_agg(v.key, ', ' order by v.key) as names from jsonb_each(p.params) as v
        where v.value = 'null' and p.steps::text ~ format(E'\\{\\{\\s*params\\.%s\\s*\\}\\}', v.key)
    ) as n
    where p.status = 'active' and n.names is not null order by p.name;
    return query select 'playbook ' || p.name, 'warning', 'it names measures that nobody registered: ' || n.names,
        'SELECT cs_health.register_measure(...); or change the playbook. Until then they count as not observed.'
    from cs_health.cs_playbook as p
    cross join lateral (
        select string_agg(distinct 'own.' || m.found[2], ', ') as names
        from regexp_matches(concat(p.trigger_conditions, p.audience, p.exit_conditions, p.steps),
            E'("fact": "|\\{\\{ *)own\\.([a-z0-9_]+)', 'g') as m(found)
        where not exists (select from cs_health.measure as c where c.code = m.found[2] and not c.builtin)
    ) as n
    where p.status = 'active' and n.names is not null order by p.name;
    return query select 'playbook ' || p.name, 'warning', 'it names stages that there are not: ' || n.names,
        'SELECT cs_health.save_stage(...); or change the playbook. No customer is ever in them.'
    from cs_health.cs_playbook as p
    cross join lateral (
        select string_agg(distinct w.word #>> '{}', ', ') as names
        from jsonb_path_query(jsonb_build_array(p.trigger_conditions, p.audience, p.exit_conditions, p.steps),
            'strict $.** ? (@.fact == "stage").value') as v(value)
        cross join lateral jsonb_array_elements(case jsonb_typeof(v.value) when 'array' then v.value
            else jsonb_build_array(v.value) end) as w(word)
        where jsonb_typeof(w.word) = 'string' and not exists (
            select from cs_health.journey_stage as s where s.code = w.word #>> '{}' and s.enabled)
    ) as n
    where p.status = 'active' and n.names is not null order by p.name;
    select string_agg(format('%s (%s)', r.reason, r.steps), ', ' order by r.reason) into held
    from (
        select coalesce(s.reason, 'no reason') as reason, count(*) as steps
        from cs_health.playbook_step as s where s.status = 'held' group by 1
    ) as r;
    if held is not null then
        return query select 'held steps', 'warning', 'something is missing: ' || held,
            'They go on when it is there: a booking_url of the CSM, values in cs_playbook.params, a channel; '
            'cs_health_v1.playbook_steps lists them.';
    end if;
    select count(*) into late from cs_health.playbook_step as s
    where s.status = 'approval' and s.due_at < cs_health._now() - interval '1 day';
    if late > 0 then
        return query select 'approvals', 'warning', format('%s steps wait for approval for more than a day', late),
            'SELECT cs_health.approve_step(execution_id, step_no) or skip_step(); cs_health_v1.playbook_steps lists '
            'them.';
    end if;
    select count(*) into stalled
    from cs_health.playbook_step as s
    join cs_health.playbook_execution as e on e.tenant_id = s.tenant_id and e.id = s.execution_id
    where s.status = 'pending' and s.due_at < cs_health._now() - interval '1 hour' and e.status = 'running';
    return query select 'steps', case when stalled = 0 then 'ok' else 'warning' end,
        format('%s steps are due for more than an hour', stalled),
        case when stalled > 0 then 'CALL cs_health.run_playbooks(); every minute: SELECT cs_health.schedule(); or any '
            'scheduler.' end;
    select (
            select count(*) from cs_health.playbook_step as s
            where s.told_at is null and s.status in ('sent', 'done', 'skipped', 'failed')
                and s.ended_at < cs_health._now() - interval '1 hour'
        ) + (
            select count(*) from cs_health.playbook_execution as e
            where e.started_on is not null and (e.told is null or e.told = 'started' and e.ended_at is not null)
                and coalesce(e.ended_at, e.approved_at, e.created_at) < cs_health._now() - interval '1 hour'
        ) + (
            select count(*) from cs_health.playbook_step as s join cs_health.outbox as o on o.id = s.outbox_id
            where s.status = 'queued' and o.ended_at < now() - interval '1 hour'
        ) + (
            select count(*) from cs_health.playbook_test as t
            where t.asked_at < cs_health._now() - interval '1 hour'
                and cs_health._channel_of_kind('email') is not null
        ) into stalled;
    if stalled > 0 then
        return query select 'run_playbooks', 'warning',
            format('it fails, or nobody has called it for an hour: %s things wait to be told or sent', stalled),
            'CALL cs_health.run_playbooks(); shows what fails. Every minute: SELECT cs_health.schedule(); or any '
            'scheduler.';
    end if;
    select count(*) into nobodys
    from cs_health.tenant as t left join cs_health.csm as c on c.email = t.csm
    where t.status = 'active' and t.csm is null
        and exists (select from cs_health.settings as s where s.fallback_assignee is null);
    if active > 0 and nobodys > 0 then
        return query select 'assignee', 'warning',
            format('%s active tenants have no CSM, and settings.fallback_assignee is not set', nobodys),
            'UPDATE cs_health.settings SET fallback_assignee = ''...''; or give these tenants a CSM: their tasks have '
            'nobody to do them.';
    end if;
end
$$;
comment on function cs_health._playbook_findings() is
    'What doctor() says of playbooks: what is not set or missing, and what waits for too long';

create function cs_health._delivery_findings()
returns table (item text, status text, detail text, remedy text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    channels text;
    waiting bigint;
    oldest timestamptz;
    seen timestamptz;
    bounced bigint;
begin
    select string_agg(c.code, ', ' order by c.code) into channels from cs_health.channel as c where c.enabled;
    return query select 'channels', case when channels is null then 'info' else 'ok' end,
        coalesce(channels, 'none: nothing can be sent'),
        case when channels is null then 'Set up Slack, e-mail or webhooks: doc/delivery.md.' end;
    return query select 'channel ' || c.code, 'warning',
        format('nothing is sent before %s, after %s failures in a row', c.closed_until, c.failures),
        format('See last_error in cs_health_v1.deliveries, mend the cause, then SELECT cs_health.open_channel(%L);',
            c.code)
    from cs_health.channel as c where c.enabled and c.closed_until > now() order by c.code;
    return query select 'channel ' || c.code, 'error', 'its secret cannot be used: ' || s.problem,
        'doc/delivery.md says where the file belongs, who may read it, and what stands in it.'
    from cs_health.channel as c cross join lateral cs_health._secret_problem(c.secret) as s(problem)
    where c.enabled and s.problem is not null order by c.code;
    return query select 'channel ' || o.channel, 'warning', format('%s deliveries were given up', count(*)),
        format('See last_error in cs_health_v1.deliveries, mend the cause, then SELECT cs_health.requeue_channel(%L);',
            o.channel)
    from cs_health.outbox as o where o.state = 'dead' group by o.channel order by o.channel;
    return query select 'channel ' || c.code, 'warning',
        format('%s deliveries wait in it, and it is not enabled', count(*)),
        format('UPDATE cs_health.channel SET enabled = true WHERE code = %1$L; or SELECT cs_health.cancel_delivery(id) '
            'FROM cs_health.outbox WHERE channel = %1$L AND state = ''pending'';', c.code)
    from cs_health.channel as c
    join cs_health.outbox as o on o.channel = c.code and o.state = 'pending'
    where not c.enabled group by c.code order by c.code;
    select count(*) into bounced from cs_health.contact as c
    where c.bounced_at > cs_health._now() - interval '1 day';
    if bounced > 10 then
        return query select 'bounces', 'warning',
            format('%s contacts are not written to any more, since their mail came back within a day', bounced),
            'See last_error in cs_health_v1.deliveries. When it was the mail server''s fault: UPDATE '
            'cs_health.contact SET bounced_at = null WHERE bounced_at > ''...'';';
    end if;
    select count(*), min(o.next_attempt_at) into waiting, oldest
    from cs_health.outbox as o join cs_health.channel as c on c.code = o.channel
    where o.state = 'pending' and o.next_attempt_at < now() - interval '5 minutes' and c.enabled
        and (o.send_before is null or o.send_before > now()) and (c.closed_until is null or c.closed_until < now());
    select w.seen_at into seen from cs_health.delivery_worker as w;
    return query select 'deliveries', case when waiting = 0 then 'ok' else 'warning' end,
        case when waiting = 0 then 'none waits'
            else format('%s wait since %s; %s', waiting, oldest,
                coalesce('the worker was last seen at ' || seen, 'no worker was ever seen')) end,
        case when waiting > 0 then
            'Put cs_health into shared_preload_libraries and this database into cs_health.databases, and restart; or '
            'let a program of yours send: cs_health.claim_outbox(), complete_outbox().' end;
    if seen > now() - interval '10 minutes' and coalesce(current_setting('cs_health.worker_role', true), '') = '' then
        return query select 'worker', 'info', 'it has the rights of the owner of the tables',
            'It needs less: ALTER SYSTEM SET cs_health.worker_role = ''cs_health_worker''; and reload. '
            'install_roles() makes that role.';
    end if;
end
$$;
comment on function cs_health._delivery_findings() is
    'What doctor() says of deliveries: channels, those that were given up, and whether anybody sends';
