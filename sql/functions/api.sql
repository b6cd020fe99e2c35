-- How functions of the API refuse: with a status of HTTP and a message that is constant ASCII, since it becomes the
-- reason phrase byte for byte.

create function cs_health._require_listed(known boolean, thing text, listed_at text) returns void
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
begin
    if known is not true then
        raise exception 'unknown %', thing
            using errcode = 'PT404', hint = format('Those that you see are listed at %s.', listed_at);
    end if;
end
$$;
comment on function cs_health._require_listed(boolean, text, text) is
    'Answers 404 unless something that was asked for is known to whoever asks';

create function cs_health._refuse_state(detail text, hint text) returns void
language plpgsql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    raise exception 'not possible in this state'
        using errcode = 'PT409', detail = detail, hint = coalesce(nullif(hint, ''), 'Look at its status first.');
end
$$;
comment on function cs_health._refuse_state(text, text) is
    'Answers 409 to what cannot be done in the state that something is in (SQLSTATE 55000), which would be 500';
