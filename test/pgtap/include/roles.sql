-- What the roles are answered, reached as PostgREST does: SET ROLE and claims. Roles are the whole cluster's, so a file
-- that includes this is one transaction that is rolled back.
call cs_health.install_roles();

-- The one value of a query, or the SQLSTATE with which it is refused
create function public.said(role_name text, email text, query text) returns text language plpgsql as $$
declare
    answer text;
    me text := current_user;
begin
    perform set_config('request.jwt.claims', coalesce(jsonb_build_object('email', email)::text, ''), true);
    execute format('set local role %I', role_name);
    execute query into answer;
    execute format('set local role %I', me);
    perform set_config('request.jwt.claims', '', true);
    return answer;
exception when others then
    return sqlstate;
end
$$;
