create or replace function cs_health_v1.reassign_tenants(tenants uuid[], csm text) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    perform cs_health._require_listed(
        not exists (
            select from unnest(tenants) as i(id)
            where not exists (select from cs_health.tenant as t where t.id = i.id)), 'tenant', 'tenants');
    return cs_health.reassign_tenants(tenants, csm);
end
$$;
comment on function cs_health_v1.reassign_tenants(uuid[], text) is
    'Gives customers to a colleague

With their open tasks that the former CSM has; returns how many changed hands. At most 1000 at once, all or none. You
give your own; who sees every customer gives any. One that you do not see gives 404, one that you only stand in for 403,
somebody who is no CSM 400. The journey of each has from whom to whom.';

create or replace function cs_health_v1.hand_over(from_csm text, to_csm text, segment text default null)
returns table (tenants bigint, tasks bigint)
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    perform cs_health._require_listed(
        exists (
            select from cs_health.tenant as t
            where t.csm = hand_over.from_csm and (hand_over.segment is null or t.segment = hand_over.segment)),
        'book of business', 'colleagues');
    return query
    select h.tenants, h.tasks from cs_health.hand_over(hand_over.from_csm, hand_over.to_csm, hand_over.segment) as h;
end
$$;
comment on function cs_health_v1.hand_over(text, text, text) is
    'Gives all customers of a colleague to another

Or those of a segment, with their open tasks; returns how many customers and tasks changed hands. You hand over your
own; who sees every customer hands over anybody''s. Where you see none of them 404, where you only stand in 403, for
somebody who is no CSM 400.';
