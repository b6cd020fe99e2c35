create or replace function cs_health_v1.explain_change(tenant uuid, "from" date, "to" date)
returns table (
    rank integer, cause text, component text, measure text, value_from double precision, value_to double precision,
    unit text, window_days integer, points numeric, reason text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    if not exists (select from cs_health.tenant as t where t.id = tenant) then
        raise exception 'unknown tenant' using errcode = 'PT404', hint = 'Tenants are listed at health-scores.';
    end if;
    if exists (
        select from unnest(array["from", "to"]) as d(day)
        where d.day is not null and not exists (
            select from cs_health.customer_health as h where h.tenant_id = tenant and h.as_of = d.day)) then
        raise exception 'no score on that day'
            using errcode = 'PT404', hint = 'The scored days are listed by health_score_history.';
    end if;
    return query select e.* from cs_health.explain_change(tenant, "from", "to") as e;
end
$$;
comment on function cs_health_v1.explain_change(uuid, date, date) is
    'Why a tenant''s score changed between two scored days

Points by cause that sum exactly to the change, with the values behind them and a reason in your language. An unknown
tenant or a day without a score gives 404.';
