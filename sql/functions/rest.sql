-- What the functions of the API share that take a document, answer with another status than 200, or refuse with more
-- than a status. PostgREST reads response.status and response.headers; outside of it they mean nothing.

create function cs_health._request_header(name text) returns text
language sql stable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select nullif(current_setting('request.headers', true), '')::json ->> name
$$;
comment on function cs_health._request_header(text) is
    'A header of the request, its name in lower case; null outside of one or without that header';

create function cs_health._respond(status integer, location text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    perform set_config('response.status', status::text, true),
        set_config('response.headers', jsonb_build_array(jsonb_build_object('Location', location))::text, true);
end
$$;
comment on function cs_health._respond(integer, text) is
    'Sets status and Location of an answer; the path is the API''s own, and nginx puts its prefix before it';

create function cs_health._refuse_existing(details text, hint text, location text) returns void
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
begin
    raise sqlstate 'PGRST' using
        message = json_build_object('code', 'PT409', 'message', 'it exists already', 'details', details, 'hint', hint),
        detail = json_build_object('status', 409, 'headers', json_build_object('Location', location));
end
$$;
comment on function cs_health._refuse_existing(text, text, text) is
    'Answers 409 with what there is already, its id as details and its place as Location';

create function cs_health._is_playbook(playbook_id uuid) returns boolean
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
begin
    perform cs_health._require_listed(
        exists (select from cs_health.cs_playbook as p where p.id = playbook_id), 'playbook', 'playbooks');
    return true;
end
$$;
comment on function cs_health._is_playbook(uuid) is
    'True for a playbook that there is; answers 404 to another, which a list of its executions cannot';

create function cs_health._check_document(name text, document jsonb, types jsonb, required text[] default '{}')
returns void
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    key text;
    value jsonb;
begin
    if (jsonb_typeof(document) = 'object') is not true then
        raise exception '% must be an object, not %', name, coalesce(jsonb_typeof(document), 'null')
            using errcode = 'invalid_parameter_value', hint = 'Send JSON: {…}.';
    end if;
    for key, value in select e.key, e.value from jsonb_each(document) as e loop
        if types ->> key is null then
            raise exception '%.% is not known', name, regexp_replace(left(key, 60), '[^ -~]', '?', 'g')
                using errcode = 'invalid_parameter_value', hint = format('Known are %s.', (
                    select string_agg(k.name, ', ' order by k.name) from jsonb_object_keys(types) as k(name)));
        end if;
        if jsonb_typeof(value) not in (types ->> key, 'null') then
            raise exception '%.% must be of type %, not %', name, key, types ->> key,
                regexp_replace(left(value::text, 60), '[^ -~]', '?', 'g')
                using errcode = 'invalid_parameter_value', hint = 'Send another value, or leave it out.';
        end if;
    end loop;
    foreach key in array required loop
        if document ->> key is null then
            raise exception '%.% is missing', name, key
                using errcode = 'invalid_parameter_value', hint = 'It has to be there.';
        end if;
    end loop;
end
$$;
comment on function cs_health._check_document(text, jsonb, jsonb, text[]) is
    'Refuses a document (22023) that is no object, has other keys than `types`, values of other JSON types than are '
    'given there, or lacks one that is required; null counts as left out. The message has the path of the fault';

create function cs_health._document_uuid(name text, value text) returns uuid
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
begin
    if value !~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' then
        raise exception '% must be a UUID, not "%"', name, regexp_replace(left(value, 60), '[^ -~]', '?', 'g')
            using errcode = 'invalid_parameter_value', hint = 'Take it from a list of the API.';
    end if;
    return value::uuid;
end
$$;
comment on function cs_health._document_uuid(text, text) is 'A UUID that stands in a document as text; others: 22023';

create function cs_health._document_day(name text, value text) returns date
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
begin
    if value !~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then
        raise exception '% must be a day like 2026-01-31, not "%"', name,
            regexp_replace(left(value, 60), '[^ -~]', '?', 'g')
            using errcode = 'invalid_parameter_value', hint = 'Write year, month and day.';
    end if;
    return make_date(left(value, 4)::integer, substr(value, 6, 2)::integer, right(value, 2)::integer);
end
$$;
comment on function cs_health._document_day(text, text) is
    'A day that stands in a document as text; others: 22023, days that do not exist: 22008';

create function cs_health.start_playbook(playbook_id uuid, tenant_id uuid, idempotency_key text default null)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    asker text := cs_health._author();
    known cs_health.idempotency_key;
    made uuid;
    answer jsonb;
begin
    if start_playbook.idempotency_key !~ '^[ -~]{1,200}$' then
        raise exception 'the idempotency key must have 1 to 200 printable ASCII characters'
            using errcode = 'invalid_parameter_value', hint = 'Make a UUID for each start, and repeat it with it.';
    end if;
    if start_playbook.idempotency_key is not null then
        -- Who repeats it at the same time waits for the answer
        perform pg_advisory_xact_lock(hashtextextended(format('cs_health key %s %s', asker,
            start_playbook.idempotency_key), 0));
        select k.* into known from cs_health.idempotency_key as k
        where k.author = asker and k.key = start_playbook.idempotency_key
            and k.created_at > cs_health._now() - interval '24 hours';
        if known.key is not null then
            if (known.playbook_id, known.tenant_id) <> (start_playbook.playbook_id, start_playbook.tenant_id) then
                raise exception 'the idempotency key belongs to another start'
                    using errcode = 'unique_violation', constraint = 'idempotency_key_pkey',
                        hint = 'Make a new key for a new start.';
            end if;
            return known.answer;
        end if;
    end if;
    made := cs_health.execute_playbook(start_playbook.playbook_id, start_playbook.tenant_id);
    select jsonb_build_object('execution_id', e.id, 'status', e.status, 'playbook_id', e.playbook_id,
        'tenant_id', e.tenant_id, 'started_on', e.started_on, 'dry_run', e.dry_run)
    into answer
    from cs_health.playbook_execution as e where e.tenant_id = start_playbook.tenant_id and e.id = made;
    if start_playbook.idempotency_key is not null then
        insert into cs_health.idempotency_key as k (author, key, playbook_id, tenant_id, answer, created_at)
        values (asker, start_playbook.idempotency_key, start_playbook.playbook_id, start_playbook.tenant_id, answer,
            cs_health._now())
        on conflict on constraint idempotency_key_pkey do update
        set playbook_id = excluded.playbook_id, tenant_id = excluded.tenant_id, answer = excluded.answer,
            created_at = excluded.created_at;
    end if;
    return answer;
end
$$;
comment on function cs_health.start_playbook(uuid, uuid, text) is
    'As execute_playbook(), for callers who may have to repeat the call: with the same idempotency_key the same author '
    'gets the first answer for 24 hours, and nothing is started again. Returns execution_id, status, playbook_id, '
    'tenant_id, started_on and dry_run. A key that belongs to another start is refused (23505), and what '
    'execute_playbook() refuses';
