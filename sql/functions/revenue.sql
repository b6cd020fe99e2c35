-- Revenue by month: movements, retention and churn, each from one month's end to another; doc/revenue.md has the
-- formulas.

create function cs_health._mrr_step(state bytea, occurred_on date, mrr_change numeric) returns bytea
as 'MODULE_PATHNAME', 'csh_mrr_step' language c immutable parallel safe;
create function cs_health._mrr_combine(a bytea, b bytea) returns bytea
as 'MODULE_PATHNAME', 'csh_mrr_combine' language c immutable parallel safe;
create function cs_health._revenue_step(state bigint[], history bytea, first_month integer, months integer)
returns bigint[]
as 'MODULE_PATHNAME', 'csh_revenue_step' language c immutable parallel safe;
create function cs_health._revenue_combine(a bigint[], b bigint[]) returns bigint[]
as 'MODULE_PATHNAME', 'csh_revenue_combine' language c immutable parallel safe;

create aggregate cs_health._mrr_history(occurred_on date, mrr_change numeric)
(
    sfunc = cs_health._mrr_step,
    stype = bytea,
    sspace = 512,
    combinefunc = cs_health._mrr_combine,
    parallel = safe
);
comment on aggregate cs_health._mrr_history(date, numeric) is
    'What one customer''s MRR changed by in each month, in cents, for _revenue_sums()';

create aggregate cs_health._revenue_sums(history bytea, first_month integer, months integer)
(
    sfunc = cs_health._revenue_step,
    stype = bigint[],
    combinefunc = cs_health._revenue_combine,
    parallel = safe
);
comment on aggregate cs_health._revenue_sums(bytea, integer, integer) is
    'Adds customers up: {first month, months, 19 figures of the first month, 19 of the next, ...}, as '
    'src/core/revenue.h lists them. Months are counted as 12 x year + month - 1; money is in cents';

create function cs_health._month_number(day date) returns integer
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select (12 * extract(year from day) + extract(month from day) - 1)::integer
$$;
comment on function cs_health._month_number(date) is '12 x year + month - 1, as revenue is counted by';

create function cs_health.revenue_by_month("from" date default null, "to" date default null)
returns table (
    month date, mrr_start numeric, new numeric, reactivation numeric, expansion numeric, contraction numeric,
    churn numeric, mrr_end numeric, customers_start bigint, customers_new bigint, customers_reactivated bigint,
    customers_churned bigint, customers_end bigint, cohort_customers bigint, nrr_12m double precision,
    grr_12m double precision, logo_churn_12m double precision, revenue_churn_12m double precision,
    expansion_rate_12m double precision)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off
set enable_hashagg = off -- customer by customer along the index, where hashing keeps the histories of all
as $$
#variable_conflict use_variable
declare
    running date := date_trunc('month', cs_health._today()::timestamp);
    last_month date := case when "to" is null then running - interval '1 month'
        else date_trunc('month', least("to", running)::timestamp) end;
    first_month date := case when "from" is null then last_month - interval '23 months'
        else date_trunc('month', least("from", '9999-12-31')::timestamp) end;
    months integer;
begin
    if first_month > last_month or not first_month >= '0900-01-01' or "to" > '9999-12-31' then
        raise exception 'no period from % to %', coalesce("from", first_month), coalesce("to", last_month)
            using errcode = 'invalid_parameter_value', hint = 'Give a first month that is not after the last. The '
                'running month is shown when "to" lies in it.';
    end if;
    months := cs_health._month_number(last_month) - cs_health._month_number(first_month) + 1;
    if months > 1200 then
        raise exception 'a period of % months is too long', months
            using errcode = 'invalid_parameter_value', hint = 'Ask for at most 1200 months at a time.';
    end if;
    return query
    with summed as materialized (
        select cs_health._revenue_sums(c.history, cs_health._month_number(first_month), months) as figures
        from (
            select cs_health._mrr_history(r.occurred_on, r.mrr_change) as history
            from cs_health.revenue_event as r
            where r.occurred_on <= least((last_month + interval '1 month')::date - 1, cs_health._today())
            group by r.tenant_id
        ) as c
    )
    select (first_month + make_interval(months => m.nr))::date, 0.01 * m.figure[1], 0.01 * m.figure[2],
        0.01 * m.figure[3], 0.01 * m.figure[4], 0.01 * m.figure[5], 0.01 * m.figure[6], 0.01 * m.figure[7],
        m.figure[8], m.figure[9], m.figure[10], m.figure[11], m.figure[12], m.figure[13],
        m.figure[17]::double precision / nullif(m.figure[16], 0),
        m.figure[18]::double precision / nullif(m.figure[16], 0),
        m.figure[14]::double precision / nullif(m.figure[13], 0),
        m.figure[19]::double precision / nullif(m.figure[16], 0),
        m.figure[15]::double precision / nullif(m.figure[13], 0)
    from summed as s
    cross join lateral (
        select nr, coalesce(s.figures[3 + 19 * nr : 21 + 19 * nr], array_fill(0::bigint, array[19])) as figure
        from generate_series(0, months - 1) as nr
    ) as m
    order by m.nr;
end
$$;
comment on function cs_health.revenue_by_month(date, date) is
    'Monthly recurring revenue by month, in the currency of settings: what it was, what it changed by and what became '
    'of the customers of twelve months before

From the month of the first day to that of the last; without days the last 24 closed months. The running month '
    'is shown, up to today, when `to` lies in it or later. Losses are positive: mrr_start + new + reactivation + '
    'expansion - contraction - churn = mrr_end. Each customer is compared from month''s end to month''s end; one '
    'whose movements add up to less than nothing pays nothing. Rates are fractions, null where nobody paid twelve '
    'months before. A period that is none, or longer than 1200 months, is refused (22023)';

create function cs_health._movement_step(state bytea, occurred_on date, kind text, mrr_change numeric) returns bytea
as 'MODULE_PATHNAME', 'csh_movement_step' language c immutable parallel safe;
create function cs_health._movement_faults_of(state bytea) returns bigint[]
as 'MODULE_PATHNAME', 'csh_movement_faults' language c immutable parallel safe;

create aggregate cs_health._movement_faults(occurred_on date, kind text, mrr_change numeric)
(
    sfunc = cs_health._movement_step,
    stype = bytea,
    sspace = 512,
    finalfunc = cs_health._movement_faults_of,
    combinefunc = cs_health._mrr_combine,
    parallel = safe
);
comment on aggregate cs_health._movement_faults(date, text, numeric) is
    'The days on which one customer''s movements contradict themselves: {day counted from 2000-01-01, faults, MRR at '
    'its end in cents, 1 where there was any MRR before that day, ...}, null where there are none. faults adds up 1 '
    'negative_mrr, 2 churn_without_mrr, 4 churn_leaves_mrr, 8 reactivation_without_churn, 16 new_after_paying, 32 '
    'change_without_mrr';

create function cs_health._revenue_faults()
returns table (tenant_id uuid, fault text, occurred_on date, detail text)
language sql stable
set search_path = pg_catalog, pg_temp
set jit = off as $$
    select c.tenant_id, f.fault, date '2000-01-01' + c.days[n]::integer, f.detail
    from (
        select r.tenant_id, cs_health._movement_faults(r.occurred_on, r.kind, r.mrr_change) as days
        from cs_health.revenue_event as r
        group by r.tenant_id
    ) as c
    cross join lateral generate_series(1, cardinality(c.days), 4) as n
    cross join lateral (select 0.01 * c.days[n + 2] as mrr, c.days[n + 3] = 1 as has_paid) as m
    cross join lateral (values
        (1, 'negative_mrr', format('MRR falls to %s', m.mrr)),
        (2, 'churn_without_mrr', case when m.has_paid then 'churn of a customer that pays nothing'
            else 'churn of a customer that never paid' end),
        (4, 'churn_leaves_mrr', format('churn that leaves an MRR of %s', m.mrr)),
        (8, 'reactivation_without_churn', case when m.has_paid then 'reactivation of a customer that pays already'
            else 'reactivation of a customer that never paid' end),
        (16, 'new_after_paying', 'new, although the customer has paid before'),
        (32, 'change_without_mrr', 'change of an MRR that there is not')) as f(bit, fault, detail)
    where c.days[n + 1] & f.bit <> 0
    union all
    select distinct r.tenant_id, 'far_future', r.occurred_on, 'more than a year ahead'
    from cs_health.revenue_event as r
    where r.occurred_on > (select cs_health._today()) + 366
    union all
    select t.id, case t.status when 'churned' then 'churned_but_paying' else 'internal_but_paying' end,
        coalesce(t.churned_on, m.latest), format('status %s, yet an MRR of %s', t.status, m.mrr)
    from cs_health.tenant as t
    cross join lateral (
        select sum(r.mrr_change) as mrr, max(r.occurred_on) as latest from cs_health.revenue_event as r
        where r.tenant_id = t.id and r.occurred_on <= (select cs_health._today())
    ) as m
    where m.mrr > 0 and (t.status = 'internal'
        or t.status = 'churned' and t.churned_on < date_trunc('month', (select cs_health._today())::timestamp))
    order by 1, 3, 2
$$;
comment on function cs_health._revenue_faults() is
    'Movements that contradict each other or the tenant, each with the day on which that shows: negative_mrr, '
    'churn_without_mrr, churn_leaves_mrr, reactivation_without_churn, new_after_paying, change_without_mrr, far_future '
    '(more than a year ahead), churned_but_paying (past the month in which it left), internal_but_paying. All '
    'movements of a day are taken together';
