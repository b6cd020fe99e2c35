-- Movements of revenue from what customers pay at the end of a month.

create function cs_health.movements_from_mrr(day date, source text)
returns table (tenant_id uuid, occurred_on date, kind text, mrr_change numeric)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    moved record;
    message text;
    refused text;
begin
    if movements_from_mrr.day is null or source is null or not isfinite(movements_from_mrr.day) then
        raise exception 'day and source must be given'
            using errcode = 'invalid_parameter_value', hint = 'The day is that of which source says who pays what.';
    end if;
    begin
        for moved in execute format($sql$
            with given as (
                select q.tenant_id::uuid as tenant_id, sum(q.mrr::numeric) as mrr,
                    bool_and((q.tenant_id is not null and q.mrr::numeric >= 0) is true)
                        and round(sum(q.mrr::numeric), 2) < 1e11 as is_usable
                from (%s
                ) as q(tenant_id, mrr)
                group by q.tenant_id::uuid
            ), known as (
                select d.tenant_id, sum(d.change) filter (where d.occurred_on <= $1) as mrr,
                    bool_or(d.after > 0) filter (where d.occurred_on <= $1) as has_paid, max(d.occurred_on) as latest
                from (
                    select r.tenant_id, r.occurred_on, sum(r.mrr_change) as change,
                        sum(sum(r.mrr_change)) over (partition by r.tenant_id order by r.occurred_on) as after
                    from cs_health.revenue_event as r group by r.tenant_id, r.occurred_on
                ) as d
                group by d.tenant_id
            )
            select coalesce(g.tenant_id, k.tenant_id) as tenant_id, coalesce(g.is_usable, true) as is_usable,
                g.mrr as given, coalesce(round(g.mrr, 2), 0) as mrr, coalesce(k.mrr, 0) as before, k.latest,
                coalesce(k.has_paid, false) as has_paid
            from given as g full join known as k on k.tenant_id = g.tenant_id$sql$, source)
            using movements_from_mrr.day
        loop
            refused := case
                when not moved.is_usable then format('tenant %s pays %s', coalesce(moved.tenant_id::text, 'null'),
                    coalesce(moved.given::text, 'null'))
                when moved.mrr <> moved.before and moved.latest > movements_from_mrr.day then
                    format('tenant %s has movements after %s', moved.tenant_id, movements_from_mrr.day)
                end;
            exit when refused is not null;
            continue when moved.mrr = moved.before;
            tenant_id := moved.tenant_id;
            occurred_on := movements_from_mrr.day;
            mrr_change := moved.mrr - moved.before;
            kind := case
                when moved.before <= 0 then
                    case when moved.has_paid then 'reactivation' else 'new' end
                when mrr_change > 0 then 'expansion'
                when moved.mrr > 0 then 'contraction'
                else 'churn' end;
            return next;
        end loop;
    exception when others then
        get stacked diagnostics message = message_text;
        if sqlstate ~ '^(40|53|55|57|58)' then
            raise; -- not the query's fault: deadlock, resources, cancelled
        end if;
        raise exception 'the query cannot be read: %', message
            using errcode = 'invalid_parameter_value',
                hint = 'It must return (tenant_id uuid, mrr numeric), who pays what on that day. Names outside '
                    'pg_catalog need their schema.';
    end;
    if refused is not null then
        raise exception '%', refused
            using errcode = 'invalid_parameter_value',
                hint = 'What is paid must be from 0 to less than 1e11. Bring months in their order; to bring one anew, '
                    'delete its movements and those after it.';
    end if;
end
$$;
comment on function cs_health.movements_from_mrr(date, text) is
    'The movements that lead from what is recorded to what customers pay on a day, for insert into revenue_event. '
    'source: a query of (tenant_id uuid, mrr numeric), run with your rights; rows of one tenant are summed, a tenant '
    'that is not in it pays nothing. None for whoever pays what it paid: bringing a day twice adds nothing. A '
    'query that cannot be read, MRR that is null, below 0 or 1e11 and more, and a tenant with movements after that '
    'day that paid something else on it: 22023';
