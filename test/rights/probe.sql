-- What the attacks are made with: attempt() does something as somebody and undoes it, call() writes a call of a function
-- with what is somebody's.
create schema probe;

create function probe.writes() returns bigint language sql stable as $$
    select coalesce(sum(s.n_tup_ins + s.n_tup_upd + s.n_tup_del), 0)::bigint
    from pg_stat_xact_all_tables as s where s.schemaname in ('cs_health', 'cs_health_v1')
$$;

-- "0 written: ANSWER" or "error SQLSTATE: MESSAGE|DETAIL|HINT"
create function probe.attempt(asker text, claims text, command text, read_only boolean default false) returns text
language plpgsql as $$
declare
    answer text;
    before bigint := probe.writes();
    state text;
    message text;
    detail text;
    hint text;
begin
    perform set_config('request.jwt.claims', coalesce(claims, ''), true);
    if read_only then
        perform set_config('transaction_read_only', 'on', true);
    end if;
    perform set_config('role', asker, true);
    if command ~ '^merge ' then
        execute command;
    else
        execute command into answer;
    end if;
    perform set_config('role', 'none', true);
    answer := format('%s written: %s', probe.writes() - before, answer);
    raise sqlstate 'UNDO0';
exception
    when sqlstate 'UNDO0' then
        return answer;
    when others then
        get stacked diagnostics state = returned_sqlstate, message = message_text, detail = pg_exception_detail,
            hint = pg_exception_hint;
        return format('error %s: %s|%s|%s', state, message, detail, hint);
end
$$;

create function probe.all_of(what text) returns text language sql immutable as $$
    select format('select coalesce(string_agg(q::text, chr(10) order by q::text), '''') from (select * from %s) as q', what)
$$;

create function probe.id(thing text, whose text) returns uuid language sql immutable as $$
    select case when thing = 'playbook' then md5('playbook') else md5(thing || ' of ' || whose) end::uuid
$$;

-- Every argument that must be given, every id, every colleague's name; with a word also every text. What is new gets a
-- value here.
create function probe.call(routine oid, whose text, word text default null) returns text language plpgsql stable as $$
declare
    argument record;
    value text;
    list text[] := '{}';
begin
    for argument in
        select a.name, format_type(a.type, null) as type, a.nr > p.pronargs - p.pronargdefaults as optional
        from pg_proc as p
        cross join unnest(p.proargtypes::oid[], p.proargnames[1:p.pronargs]) with ordinality as a(type, name, nr)
        where p.oid = routine and a.type is not null order by a.nr
    loop
        -- the row that a relationship starts from, made up
        if argument.type like 'cs\_health%' then
            list := list || format('%I => jsonb_populate_record(null::%s, jsonb_build_object(''tenant_id'', %L::text))',
                argument.name, argument.type, probe.id('tenant', whose));
            continue;
        end if;
        value := case
            when argument.type in ('uuid', 'uuid[]') then
                probe.id(regexp_replace(argument.name, '(s|_id)$', ''), whose)::text
            when argument.name = 'to_csm' or argument.name = 'csm' and routine::regproc::text ~ 'reassign' then 'zoe@example.com'
            when argument.type = 'text' and argument.name ~ '(^|_)(csm|owner)$' then whose || '@example.com'
            when argument.name = 'request' then
                jsonb_build_object('tenant_id', probe.id('tenant', whose), 'idempotency_key', coalesce(word, 'x'))::text
            when argument.name = 'change' then
                case when word is null then '{"note": "x"}' else jsonb_build_object('status', word)::text end
            when argument.type = 'text' and word is not null then word
            when argument.optional then null
            when argument.type = 'text' then case argument.name when 'kind' then 'call' when 'category' then 'critical'
                when 'status' then 'contacted' when 'assignee' then whose || '@example.com' when 'page' then 'customers'
                else 'x' end
            when argument.type = 'integer' then case argument.name when 'step' then '2' else '3' end
            when argument.type = 'date' then
                case when argument.name in ('from', 'to') then current_date - 1 else current_date + 9 end::text
            when argument.type = 'jsonb' then case argument.name when 'playbook' then (
                    select jsonb_build_object('name', 'x', 'trigger_type', p.trigger_type, 'trigger_conditions',
                        p.trigger_conditions, 'steps', p.steps)::text
                    from cs_health.cs_playbook as p where p.id = md5('playbook')::uuid)
                else '{}' end
            when argument.type = 'boolean' then 'true'
            when argument.type like 'timestamp%' then now()::text
            else '1' end;
        if value is not null then
            list := list || format('%I => %L::%s', argument.name,
                case when argument.type = 'uuid[]' then format('{%s}', value) else value end, argument.type);
        end if;
    end loop;
    return (select format('%s(%s)', p.oid::regproc, array_to_string(list, ', ')) from pg_proc as p where p.oid = routine);
end
$$;
