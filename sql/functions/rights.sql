-- Who is asking, and how rights are given; the rights themselves stand in security.sql.

create function cs_health.current_claim(name text) returns text
language sql stable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select nullif(current_setting('request.jwt.claims', true), '')::json ->> name
$$;
comment on function cs_health.current_claim(text) is
    'A claim of the JSON web token that PostgREST verified; null outside a request or without that claim';

create function cs_health.current_csm() returns text
language sql stable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select cs_health.current_claim('email')
$$;
comment on function cs_health.current_csm() is 'E-mail of the CSM who asks, from the claim email';

-- In PL/pgSQL, which keeps its plan: policies ask once per table of each query.
create function cs_health._is_enabled() returns boolean
language plpgsql stable parallel safe
set search_path = pg_catalog, pg_temp as $$
begin
    return not exists (
        select from cs_health.csm as c
        where c.email = nullif(current_setting('request.jwt.claims', true), '')::json ->> 'email'
            and c.disabled_at is not null);
end
$$;
comment on function cs_health._is_enabled() is 'Whether whoever asks is no colleague who was disabled';

create function cs_health._current_csms() returns text[]
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
declare
    asker text := nullif(current_setting('request.jwt.claims', true), '')::json ->> 'email';
    disabled boolean;
    represents boolean;
begin
    select exists (select from cs_health.csm as c where c.email = asker and c.disabled_at is not null),
        exists (select from cs_health.csm as c where c.stands_in = asker)
    into disabled, represents;
    if disabled then
        return null;
    elsif not represents then
        return array[asker];
    end if;
    return (
        with recursive represented as (
            select asker as email
            union
            select c.email from represented as r
            join cs_health.csm as c on c.stands_in = r.email
                and (c.away_until >= (select cs_health._today()) or c.disabled_at is not null)
        )
        select array_agg(r.email) from represented as r);
end
$$;
comment on function cs_health._current_csms() is 'What current_csms() says, looked up anew';

create function cs_health.current_csms() returns text[]
as 'MODULE_PATHNAME', 'csh_own_csms' language c stable;
comment on function cs_health.current_csms() is
    'E-mails of the CSM who asks and of those who are away or disabled and whom that CSM stands in for: whose tenants '
    'are to be seen. Null for a colleague who is disabled';

create function cs_health._own_tenants() returns uuid[]
as 'MODULE_PATHNAME', 'csh_own_tenants' language c stable;
comment on function cs_health._own_tenants() is
    'Ids of the tenants that the CSM who asks looks after, as current_csms() says; looked up once for all policies of '
    'a statement';

create function cs_health.current_tenant() returns uuid
language sql stable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case when c.claim ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then c.claim::uuid end
    from cs_health.current_claim('tenant_id') as c(claim)
$$;
comment on function cs_health.current_tenant() is
    'The tenant whose user asks, from the claim tenant_id; null without that claim and where it is no uuid';

create function cs_health._author() returns text
language sql stable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case when cs_health._is_enabled() then coalesce(nullif(cs_health.current_csm(), ''), current_user) end
$$;
comment on function cs_health._author() is
    'Under which name something is written: the CSM''s, or the role''s; null for a colleague who is disabled';

create function cs_health._has_role(role_name text) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select coalesce(pg_has_role(current_user, to_regrole(role_name), 'usage'), false)
$$;
comment on function cs_health._has_role(text) is
    'Whether whoever asks has the rights of a role; false where it is missing';

create function cs_health.check_request() returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
-- The messages are constant: they become the reason phrase of HTTP.
declare
    listed text := nullif(current_setting('request.headers', true), '')::json ->> 'cs-health-playbook';
begin
    if (cs_health.current_claim('exp') ~ '^[0-9]+([.][0-9]+)?$') is not true
        or nullif(cs_health.current_claim('aud'), '') is null then
        raise exception 'token without expiry or audience'
            using errcode = 'PT401', hint = 'Issue tokens with the claims exp and aud.';
    end if;
    if cs_health._has_role('cs_health_admin') then
        if exists (
            select from cs_health.csm as c
            where lower(c.email) = lower(cs_health.current_csm()) and c.disabled_at is not null) then
            raise exception 'colleague is disabled'
                using errcode = 'PT403', hint = 'Another administrator can enable_colleague().';
        end if;
    elsif cs_health._has_role('cs_health_csm') or cs_health._has_role('cs_health_csm_all') then
        if not exists (select from cs_health.csm as c where c.email = cs_health.current_csm()) then
            raise exception 'no such colleague'
                using errcode = 'PT403', hint = 'The claim email must be one of cs_health.csm, letter by letter.';
        elsif not cs_health._is_enabled() then
            raise exception 'colleague is disabled'
                using errcode = 'PT403', hint = 'An administrator can enable_colleague().';
        end if;
    elsif cs_health._has_role('cs_health_tenant') and cs_health.current_tenant() is null then
        raise exception 'token without a customer'
            using errcode = 'PT403', hint = 'The claim tenant_id must be the id of a customer.';
    end if;
    if listed is not null then
        perform cs_health._is_playbook(listed::uuid);
    end if;
end
$$;
comment on function cs_health.check_request() is
    'What PostgREST calls before each request (db-pre-request). Refuses tokens without exp or aud (401), colleagues '
    'who are disabled, CSMs whose claim email is no colleague''s and customers'' users whose claim tenant_id is no '
    'uuid (403). Where nginx says whose executions are asked for, that must be a playbook (404). Changes nothing';

create function cs_health._set_disabled(email text, disabled_at timestamptz) returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    update cs_health.csm as c set disabled_at = disabled_at
    where c.email = email and (c.disabled_at is null) <> (disabled_at is null);
    if found then
        return true;
    end if;
    if not exists (select from cs_health.csm as c where c.email = email) then
        raise exception 'unknown colleague %', coalesce(regexp_replace(left(email, 50), '[^ -~]', '?', 'g'), 'null')
            using errcode = 'invalid_parameter_value', hint = 'cs_health.csm lists them.';
    end if;
    return false;
end
$$;
comment on function cs_health._set_disabled(text, timestamptz) is
    'Disables a colleague since a time, or enables where it is null; whether that changed anything';

create function cs_health.disable_colleague(email text) returns boolean
language sql
set search_path = pg_catalog, pg_temp as $$
    select cs_health._set_disabled(email, cs_health._now())
$$;
comment on function cs_health.disable_colleague(email text) is
    'From the next request on a colleague is refused and sees no customer, whatever the token says. Who stands in, '
    'else the manager, gets the work; customers stay in the colleague''s name until they are handed over. True when '
    'that is new; unknown e-mails are refused (22023)';

create function cs_health.enable_colleague(email text) returns boolean
language sql
set search_path = pg_catalog, pg_temp as $$
    select cs_health._set_disabled(email, null)
$$;
comment on function cs_health.enable_colleague(email text) is
    'The opposite of disable_colleague(). True when that is new; unknown e-mails are refused (22023)';

create function cs_health._before(relation text, tenant_id uuid, id uuid, step_no integer default null)
returns jsonb
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    found jsonb;
begin
    case relation
        when 'playbook_execution' then
            select to_jsonb(e) into found from cs_health.playbook_execution as e
            where e.tenant_id = tenant_id and e.id = id;
        when 'playbook_step' then
            select to_jsonb(s) into found from cs_health.playbook_step as s
            where s.tenant_id = tenant_id and s.execution_id = id and s.step_no = step_no;
        when 'task' then
            select to_jsonb(k) into found from cs_health.task as k where k.tenant_id = tenant_id and k.id = id;
        when 'expansion_signal' then
            select to_jsonb(s) into found from cs_health.expansion_signal as s
            where s.tenant_id = tenant_id and s.id = id;
    end case;
    return found;
end
$$;
comment on function cs_health._before(text, uuid, uuid, integer) is
    'A row as it was before the statement that asks, for policies, which see the new one only';

create function cs_health._may_become(before jsonb, after jsonb) returns boolean
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select before is not null
        -- what has ended stays as it is, what is open has not ended
        and before ->> 'ended_at' is null
        and (after ->> 'ended_at' is null) = (after ->> 'status' = any (
            '{waiting,running,paused,pending,approval,held,queued,open}'))
        -- executions, steps and tasks go from one state to the next as the functions let them: what was delivered is
        -- for others to say, and what is in the outbox is not out of it because a step says so
        and (after ->> 'status' = before ->> 'status' or (before ->> 'status') || ' ' || (after ->> 'status') = any (
            '{waiting running,running paused,paused running,running finished,waiting cancelled,running cancelled,'
            'paused cancelled,waiting exited,running exited,paused exited,approval pending,pending skipped,'
            'approval skipped,held skipped,pending cancelled,approval cancelled,held cancelled,queued done,'
            'queued cancelled,open done,open cancelled}')
            and (before ->> 'status' <> 'queued' or before ->> 'outbox_id' is null))
        and (after ->> 'status' = before ->> 'status' or after ->> 'status' <> 'finished' or not exists (
            select from cs_health.playbook_step as s
            where s.tenant_id = (after ->> 'tenant_id')::uuid and s.execution_id = (after ->> 'id')::uuid
                and s.status in ('pending', 'approval', 'held', 'queued')))
        and (after ->> 'status' <> before ->> 'status' or after ->> 'reason' is not distinct from before ->> 'reason')
        -- at the time at which they do
        and not exists (
            select from unnest('{paused_at,ended_at}'::text[]) as n(name)
            where after ->> n.name is distinct from before ->> n.name and after ->> n.name is not null
                and (after ->> 'status' = before ->> 'status' or after -> n.name <> to_jsonb(cs_health._now())))
        -- an execution starts today, when it is approved, by whoever does it
        and case
            when not after ? 'started_on' then true
            when before ->> 'status' = 'waiting' and after ->> 'status' = 'running' then
                coalesce(after ->> 'approved_by' = cs_health._author(), false)
                and after -> 'approved_at' = to_jsonb(cs_health._now())
            else (after -> 'started_on', after -> 'approved_at', after -> 'approved_by')
                is not distinct from (before -> 'started_on', before -> 'approved_at', before -> 'approved_by')
        end
        -- a step is tried when it is its turn: at once where it was held, later when its execution was paused
        and ((after -> 'due_at', after -> 'planned_at')
                is not distinct from (before -> 'due_at', before -> 'planned_at')
            or before ->> 'status' = 'held' and after -> 'planned_at' = before -> 'planned_at'
                and after -> 'due_at' = to_jsonb(cs_health._now())
            or before ->> 'status' in ('pending', 'approval', 'held')
                and (after ->> 'due_at')::timestamptz >= (before ->> 'due_at')::timestamptz
                and (after ->> 'planned_at')::timestamptz >= (before ->> 'planned_at')::timestamptz
                and exists (
                    select from cs_health.playbook_execution as e
                    where e.tenant_id = (after ->> 'tenant_id')::uuid and e.id = (after ->> 'execution_id')::uuid
                        and e.status = 'paused'))
        -- nobody signs for somebody else
        and not exists (
            select from jsonb_each_text(after) as a
            where a.key ~ '_by$' and a.value is distinct from before ->> a.key
                and a.value is distinct from cs_health._author())
        -- an open task is put off to a day after today, within a year
        and (after ->> 'due_on' is not distinct from before ->> 'due_on' or after ->> 'status' = 'open'
            and (after ->> 'due_on')::date > cs_health._today()
            and (after ->> 'due_on')::date <= cs_health._today() + interval '1 year')
        -- nothing goes to whoever is no colleague
        and (after ->> 'assignee' is not distinct from before ->> 'assignee'
            or coalesce(cs_health._is_colleague(after ->> 'assignee'), true))
        -- a playbook starts and goes on for customers only, and while it is not over
        and (after ->> 'status' is distinct from 'running' or before ->> 'status' = 'running' or exists (
            select from cs_health.tenant as t
            join cs_health.cs_playbook as p on p.id = (after ->> 'playbook_id')::uuid and p.status <> 'archived'
            where t.id = (after ->> 'tenant_id')::uuid and t.status in ('active', 'trial') and not t.holdout
                and (before ->> 'status' <> 'waiting'
                    or (after ->> 'started_on')::date = cs_health._first_day(t.time_zone))))
        -- what was told of it is for those to say who do that
        and (after ->> 'told_at' is null or after ->> 'told_at' = before ->> 'told_at')
        -- of an execution's steps only the texts may be changed
        and (after -> 'steps' is not distinct from before -> 'steps' or (
            select jsonb_agg(s.value - '{subject,template}'::text[] order by s.nr)
            from jsonb_array_elements(after -> 'steps') with ordinality as s(value, nr)
        ) = (
            select jsonb_agg(s.value - '{subject,template}'::text[] order by s.nr)
            from jsonb_array_elements(before -> 'steps') with ordinality as s(value, nr)))
        -- and in Slack nothing but text
        and not exists (
            select from jsonb_array_elements(after -> 'steps') with ordinality as s(value, nr)
            cross join unnest(array['subject', 'template']) as n(name)
            where s.value ->> 'channel' = 'slack'
                and s.value -> n.name is distinct from before -> 'steps' -> (s.nr - 1)::integer -> n.name
                and (jsonb_typeof(s.value -> n.name) <> 'string'
                    or s.value ->> n.name <> cs_health._slack_literal(s.value ->> n.name)))
$$;
comment on function cs_health._may_become(jsonb, jsonb) is
    'Whether a CSM may change an execution, step or task like that: start, approve, edit, move, stop';

create procedure cs_health._allow(
    role_name text, relations text, verbs text, rows text, written text default null)
language plpgsql
set search_path = pg_catalog, pg_temp
set client_min_messages = warning as $$
-- Rights and a policy of the same verb: grants say which tables, policies which rows. A verb may name columns, without
-- blanks between them: 'insert (a,b)'.
declare
    relation text;
    verb text;
    command text;
    name text;
    shown text;
    added text;
    condition text;
    present oid;
begin
    if not exists (select from pg_roles as r where r.rolname = role_name) then
        return;
    end if;
    for relation, verb in
        select r.relation, v.verb
        from string_to_table(relations, ', ') as r(relation) cross join string_to_table(verbs, ', ') as v(verb)
    loop
        execute format('grant %s on cs_health.%I to %I', verb, relation, role_name);
        command := split_part(verb, ' ', 1);
        name := role_name || '_' || command;
        shown := rows;
        added := coalesce(written, rows);
        -- The others' customers go through current_csms(), which is null for who is disabled
        if role_name = 'cs_health_csm_all' and exists (
            select from pg_attribute as a where a.attrelid = format('cs_health.%I', relation)::regclass
                and (a.attname = 'tenant_id' or relation = 'tenant')) then
            shown := concat_ws(' and ', '(select cs_health._is_enabled())', '(' || nullif(shown, 'true') || ')');
            added := concat_ws(' and ', '(select cs_health._is_enabled())', '(' || nullif(added, 'true') || ')');
        end if;
        condition := concat_ws(' -> ', shown, added);
        -- A policy that is there already is left alone: making it anew would lock out every reader and writer.
        select p.oid into present from pg_policy as p
        where p.polrelid = format('cs_health.%I', relation)::regclass and p.polname = name;
        continue when obj_description(present, 'pg_policy') = condition;
        execute format('drop policy if exists %I on cs_health.%I', name, relation);
        execute format('create policy %I on cs_health.%I for %s to %I %s', name, relation, command, role_name,
            case command when 'insert' then format('with check (%s)', added)
                when 'update' then format('using (%s) with check (%s)', shown, added)
                else format('using (%s)', shown) end);
        execute format('comment on policy %I on cs_health.%I is %L', name, relation, condition);
    end loop;
end
$$;
comment on procedure cs_health._allow(text, text, text, text, text) is
    'Lets a role do something with those rows of some tables that a condition names; rows that it writes must fulfil '
    'the second condition where there is one. What is a customer''s is hidden from those who see all while they are '
    'disabled. Does nothing while the role is missing';

create procedure cs_health._allow_api(role_names text, what text)
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    name text;
begin
    for name in
        select r.rolname from string_to_table(role_names, ', ') as n(name) join pg_roles as r on r.rolname = n.name
    loop
        execute format('grant %s to %I', what, name);
    end loop;
end
$$;
comment on procedure cs_health._allow_api(text, text) is
    'Gives roles a right on schemas, views or functions; those that are missing get nothing';

create procedure cs_health._allow_calls(role_names text, function_names text)
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    wanted text;
    signature regprocedure;
begin
    foreach wanted in array string_to_array(function_names, ' ') loop
        for signature in
            select p.oid from pg_proc as p
            where p.pronamespace in ('cs_health'::regnamespace, 'cs_health_v1'::regnamespace) and p.proname = wanted
        loop
            call cs_health._allow_api(role_names, format('execute on routine %s', signature));
        end loop;
        if signature is null then
            raise exception 'there is no function %', wanted using errcode = 'undefined_function';
        end if;
    end loop;
end
$$;
comment on procedure cs_health._allow_calls(text, text) is
    'Lets roles call the functions of these names, those of the API and those that they rest on';

create function cs_health._own_row() returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select 'exists (select from cs_health.tenant as t where t.id = tenant_id and t.csm = any ((select '
        'cs_health.current_csms())::text[]))'
$$;
comment on function cs_health._own_row() is
    'The condition of policies that a row is of a tenant that the CSM who asks looks after';

create function cs_health._own_rows() returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select 'tenant_id = any ((select cs_health._own_tenants())::uuid[])'
$$;
comment on function cs_health._own_rows() is 'The same for lists, which are looked up by these tenants';

create procedure cs_health._allow_csms(relations text, verbs text, rows text, written text default null)
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    call cs_health._allow('cs_health_csm_all', relations, verbs, rows, written);
    call cs_health._allow('cs_health_csm', relations, verbs, concat_ws(' and ', case when verbs like 'select%'
        then cs_health._own_rows() else cs_health._own_row() end, nullif(rows, 'true')),
        case when written is not null then concat_ws(' and ', cs_health._own_row(), written) end);
end
$$;
comment on procedure cs_health._allow_csms(text, text, text, text) is
    'As _allow(), for CSMs: those who see every tenant, and the others where the row is of a tenant of theirs';

create procedure cs_health._ensure_check(relation text, name text, condition text)
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (
        select from pg_constraint as c
        where c.conrelid = format('cs_health.%I', relation)::regclass and c.conname = name) then
        execute format('alter table cs_health.%I add constraint %I check (%s)', relation, name, condition);
    end if;
end
$$;
comment on procedure cs_health._ensure_check(text, text, text) is 'Adds a check to a table unless it is there';

create procedure cs_health._ensure_trigger(relation text, name text, events text, call text)
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (
        select from pg_trigger as t
        where t.tgrelid = format('cs_health.%I', relation)::regclass and t.tgname = name) then
        execute format('create trigger %I after %s execute function %s', name,
            replace(events, ' for each ', format(' on cs_health.%I for each ', relation)), call);
        execute format('alter table cs_health.%I enable always trigger %I', relation, name);
    end if;
end
$$;
comment on procedure cs_health._ensure_trigger(text, text, text, text) is
    'Adds a trigger to a table unless it is there; it fires whatever session_replication_role says';
