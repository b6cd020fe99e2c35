-- Filters of lists that colleagues keep under a name.

create function cs_health.save_segment(name text, page text, query jsonb, shared boolean default false) returns uuid
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    made uuid;
begin
    perform cs_health._require_text('name', save_segment.name, 100);
    if save_segment.name ~ '[[:cntrl:]]' then
        raise exception 'name has control characters'
            using errcode = 'invalid_parameter_value', hint = 'Say it in one line.';
    end if;
    if (save_segment.page ~ '^[a-z][a-z0-9_]{0,49}$') is not true then
        raise exception 'page must be a lower-case word of at most 50 characters, not %',
            coalesce(regexp_replace(left(save_segment.page, 20), '[^ -~]', '?', 'g'), 'null')
            using errcode = 'invalid_parameter_value', hint = 'Pass the name of the page that the filters are of.';
    end if;
    if (jsonb_typeof(save_segment.query) = 'object' and octet_length(save_segment.query::text) <= 8192) is not true then
        raise exception 'query must be an object of at most 8192 bytes'
            using errcode = 'invalid_parameter_value', hint = 'Pass the filters by name, such as {"status": "active"}.';
    end if;
    if (select count(*) from cs_health.saved_segment as s
        where s.owner = cs_health._author() and (s.page, s.name) <> (save_segment.page, save_segment.name)) >= 200
    then
        raise exception 'there are 200 saved segments already'
            using errcode = 'invalid_parameter_value', hint = 'Delete one that is not used any more.';
    end if;
    insert into cs_health.saved_segment as s (owner, page, name, query, shared, created_at)
    values (cs_health._author(), save_segment.page, save_segment.name, save_segment.query,
        coalesce(save_segment.shared, false), cs_health._now())
    on conflict on constraint saved_segment_once do update set query = excluded.query, shared = excluded.shared
    returning s.id into made;
    return made;
end
$$;
comment on function cs_health.save_segment(text, text, jsonb, boolean) is
    'Keeps filters of a page under a name of at most 100 characters and returns the id; one of the same name and page '
    'is replaced. query: an object of at most 8192 bytes; shared: colleagues see it too. At most 200 per colleague. '
    'Anything else: 22023';

create function cs_health.delete_segment(id uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    if not exists (select from cs_health.saved_segment as s where s.id = delete_segment.id) then
        raise exception 'saved segment % does not exist', coalesce(delete_segment.id::text, 'null')
            using errcode = 'invalid_parameter_value', hint = 'cs_health.saved_segment lists them.';
    end if;
    delete from cs_health.saved_segment as s where s.id = delete_segment.id;
    if not found then
        raise exception 'not yours to delete'
            using errcode = 'insufficient_privilege', hint = 'Ask whoever saved it.';
    end if;
end
$$;
comment on function cs_health.delete_segment(uuid) is
    'Deletes saved filters of one''s own, an administrator any. Unknown ones are refused (22023), and those of others '
    '(42501)';

create function cs_health._forget_segments(names text[]) returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    forgotten bigint;
begin
    delete from cs_health.saved_segment as s
    where cs_health._mentions(concat_ws(' | ', s.name, s.query ->> 'name'), names);
    get diagnostics forgotten = row_count;
    return forgotten;
end
$$;
comment on function cs_health._forget_segments(text[]) is
    'Deletes saved filters that have one of these names in what somebody wrote: their name, and the part of a name '
    'that they look for; returns how many';
