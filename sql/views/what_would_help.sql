create or replace function cs_health_v1.what_would_help(tenant uuid)
returns table (
    option integer, overall_score integer, category text, effort real, changes jsonb, sentence text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    if not exists (select from cs_health.tenant as t where t.id = tenant) then
        raise exception 'unknown tenant' using errcode = 'PT404', hint = 'Tenants are listed at health-scores.';
    end if;
    if not exists (select from cs_health.customer_health as h where h.tenant_id = tenant) then
        raise exception 'no score' using errcode = 'PT404', hint = 'It is scored in the next run.';
    end if;
    return query select w.* from cs_health.what_would_help(tenant) as w;
end
$$;
comment on function cs_health_v1.what_would_help(uuid) is
    'What would lift a tenant''s score to the next category

At most three sets of changes, the cheapest first, in your language; none for a healthy tenant, or where nothing
reaches the category. An unknown tenant or one without a score gives 404.';
