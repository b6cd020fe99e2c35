create or replace function cs_health_v1.portfolio(csm text default null, segment text default null)
returns table (category text, tenants bigint, arr numeric, arr_at_risk numeric, tenants_30_days_ago bigint)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select p.category, p.tenants, p.arr, p.arr_at_risk, p.tenants_30_days_ago
    from cs_health.portfolio(portfolio.csm, portfolio.segment) as p
$$;
comment on function cs_health_v1.portfolio(text, text) is
    'How many active customers are how well, and what they are worth

Five rows: healthy, neutral, at_risk, critical and no data, zeros included. arr_at_risk is ARR x churn probability;
tenants_30_days_ago counts those of that day, who left since included (null = nothing was scored then). Both arguments
narrow: e-mail of the CSM, segment.';

create or replace function cs_health_v1.movers(
    days integer default 7, max_rows integer default 10, csm text default null, segment text default null)
returns table (
    tenant_id uuid, tenant_name text, csm text, arr numeric, score_from integer, score_to integer, change integer,
    category_from text, category_to text, reason text, day_from date, day_to date)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select m.tenant_id, m.tenant_name, m.csm, m.arr, m.score_from, m.score_to, m.change, m.category_from, m.category_to,
        m.reason, m.day_from, m.day_to
    from cs_health.movers(movers.days, movers.max_rows, movers.csm, movers.segment) as m
$$;
comment on function cs_health_v1.movers(integer, integer, text, text) is
    'Whose score changed most in so many days, and why

The greatest fall first, then the rises, the greatest first; half of max_rows for each where there are enough. The
reason is a sentence in your language. days from 1 to 1000, max_rows from 1 to 100, anything else gives 400.';
