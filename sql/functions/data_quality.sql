-- What is wrong in the rows that came in, and what to do about it.

create function cs_health._feed_state()
returns table (code text, window_days integer, latest date)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select f.code, f.window_days, case f.code
        when 'event' then (select max(d.day) from cs_health.feed_day as d where d.feed = 'event')
        when 'ticket' then (select timezone(s.time_zone, max(k.opened_at))::date from cs_health.ticket as k)
        when 'feedback' then (select timezone(s.time_zone, max(a.answered_at))::date from cs_health.feedback as a)
        when 'usage' then (select timezone(s.time_zone, max(u.measured_at))::date from cs_health.usage as u)
        when 'revenue' then (select max(r.occurred_on) from cs_health.revenue_event as r) end
    from cs_health.feed as f cross join cs_health.settings as s
$$;
comment on function cs_health._feed_state() is 'The day of the latest row of every feed; null = none ever came';

create function cs_health.feeds()
returns table (
    feed text, description text, state text, last_on date, window_days integer, rows bigint, usual double precision,
    tenants bigint)
language plpgsql stable
set search_path = pg_catalog, pg_temp
set jit = off as $$
#variable_conflict use_column
declare
    yesterday date := cs_health._today() - 1;
begin
    return query
    select f.code, n.description, case when f.latest is null then 'never'
            when f.latest <= yesterday - f.window_days then 'quiet' else 'live' end, f.latest, f.window_days,
        case when f.latest is not null then case f.code
            when 'event' then (
                select d.rows_received from cs_health.feed_day as d where d.feed = 'event' and d.day = f.latest)
            when 'ticket' then (
                select count(*) from cs_health.ticket as k where k.opened_at >= e.day_begin and k.opened_at < e.day_end)
            when 'feedback' then (
                select count(*) from cs_health.feedback as a
                where a.answered_at >= e.day_begin and a.answered_at < e.day_end)
            when 'usage' then (
                select count(*) from cs_health.usage as u
                where u.measured_at >= e.day_begin and u.measured_at < e.day_end)
            when 'revenue' then (select count(*) from cs_health.revenue_event as r where r.occurred_on = f.latest) end
            end,
        case when f.code = 'event' then (select w.usual from cs_health._usual_rows(f.latest) as w) end,
        case f.code
            when 'event' then (
                select count(*) from cs_health.tenant as t
                where exists (select from cs_health.activity as x where x.tenant_id = t.id))
            when 'ticket' then (
                select count(*) from cs_health.tenant as t
                where exists (select from cs_health.ticket as x where x.tenant_id = t.id))
            when 'feedback' then (
                select count(*) from cs_health.tenant as t
                where exists (select from cs_health.feedback as x where x.tenant_id = t.id))
            when 'usage' then (
                select count(*) from cs_health.tenant as t
                where exists (select from cs_health.usage as x where x.tenant_id = t.id))
            when 'revenue' then (
                select count(*) from cs_health.tenant as t
                where exists (select from cs_health.revenue_event as x where x.tenant_id = t.id)) end
    from cs_health._feed_state() as f
    join cs_health.feed as n on n.code = f.code
    cross join lateral (
        select cs_health._end_of(f.latest - 1) as day_begin, cs_health._end_of(f.latest) as day_end
        offset 0) as e -- once per feed, not per row that is compared with it
    order by f.code;
end
$$;
comment on function cs_health.feeds() is
    'What comes in: of each feed the state (live; quiet: nothing within its window, so its measures are not observed; '
    'never), the day of its latest row, how many rows are of that day, how many events are usual on such a weekday '
    '(null for other feeds, and before four of them), and of how many tenants there is any';

create function cs_health._quality_findings()
returns table (code text, severity text, example text, place bigint)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    today date := cs_health._today();
    new_from timestamptz := cs_health._end_of(cs_health._today() - 8);
begin
    return query
    with active as materialized (
        select t.* from cs_health.tenant as t where t.status = 'active'
    ), found as (
        select case r.reason when 'unknown tenant' then 'unknown_tenant' else 'rejected_events' end as code,
            case r.reason when 'unknown tenant' then r.tenant_id::text else r.reason end as example
        from cs_health.event_rejected as r
        group by 1, 2
        union all
        select 'never_seen', t.id::text
        from active as t
        where (t.signed_up_at < new_from) is not false
            and not exists (select from cs_health.activity as a where a.tenant_id = t.id)
            and exists (select from cs_health.feed_day as d where d.feed = 'event')
        union all
        select 'feed_quiet', f.code
        from cs_health._feed_state() as f where f.latest <= today - 1 - f.window_days
        union all
        select 'plan_without_price', p.code from cs_health.plan as p where p.monthly_price is null
        union all
        select 'limit_of_zero', l.plan_code || ' ' || l.metric
        from cs_health.plan_limit as l join cs_health.plan as p on p.code = l.plan_code and p.kind = 'base'
        where l.limit_value = 0
            and not exists ( -- what only an add-on includes has a limit of 0 in the base plan
                select from cs_health.plan_limit as a
                join cs_health.plan as n on n.code = a.plan_code and n.kind = 'add_on'
                where a.metric = l.metric and a.limit_value > 0)
        union all
        select 'usage_limit_of_zero', u.tenant_id || ' ' || u.metric
        from active as t join cs_health.usage as u on u.tenant_id = t.id
        where u.limit_value = 0 and not exists (
            select from cs_health.usage as n
            where n.tenant_id = u.tenant_id and n.metric = u.metric and n.measured_at > u.measured_at)
        group by u.tenant_id, u.metric
        union all
        select 'full_without_plan', u.tenant_id::text
        from (
            select distinct on (n.tenant_id, n.metric) n.tenant_id, n.used, n.limit_value
            from active as t join cs_health.usage as n on n.tenant_id = t.id
            where t.plan_code is null
            order by n.tenant_id, n.metric, n.measured_at desc
        ) as u
        where u.limit_value > 0 and u.used > 0.8 * u.limit_value
        group by u.tenant_id
        union all
        select 'without_plan', t.id::text from active as t
        where t.plan_code is null and exists (select from cs_health.plan)
        union all
        select 'add_on_as_plan', t.id::text
        from active as t join cs_health.plan as p on p.code = t.plan_code and p.kind = 'add_on'
        union all
        select 'plan_as_add_on', a.tenant_id || ' ' || a.plan_code
        from cs_health.tenant_add_on as a join cs_health.plan as p on p.code = a.plan_code and p.kind <> 'add_on'
        union all
        select 'without_csm', t.id::text from active as t where t.csm is null
        union all
        select 'without_contact', t.id::text
        from active as t
        where not exists (
            select from cs_health.contact as c
            where c.tenant_id = t.id and c.opted_out_at is null and c.bounced_at is null)
        union all
        select 'contact_bounced', c.tenant_id::text
        from active as t join cs_health.contact as c on c.tenant_id = t.id and c.bounced_at is not null
        union all
        select 'contract_is_over', t.id::text from active as t where t.contract_ends_on < today - 30
        union all
        select 'measure_fails', m.code from cs_health.measure as m where m.failed_at is not null
    )
    select f.code, w.severity, f.example, row_number() over (partition by f.code order by f.example)
    from found as f
    join cs_health._quality_words() as w on w.code = f.code;
end
$$;
comment on function cs_health._quality_findings() is
    'Every single fault of the data, with the code of its check and what it is about, but for those of revenue, which '
    'take longer to find';

create function cs_health._quality_words()
returns table (code text, place integer, severity text, finding text, remedy text)
language sql immutable
set search_path = pg_catalog, pg_temp
rows 30 as $$
    values
        ('unknown_tenant', 1, 'error', 'Events of tenants that are not in cs_health.tenant; they count for nobody',
            'Insert these tenants, or correct the ids where the events come from, then SELECT '
            'cs_health.release_rejected(''unknown tenant'');'),
        ('rejected_events', 2, 'warning', 'Other reasons for which events were rejected',
            'Look at cs_health.event_rejected, mend the cause, then SELECT cs_health.release_rejected(reason);'),
        ('feed_quiet', 3, 'error', 'Feeds that delivered rows and do not any more; their measures are not observed',
            'Mend what loads them. doctor() names the latest day of each feed.'),
        ('measure_fails', 4, 'error', 'Measures of your own whose query failed',
            'measure.failure says why; mend the query with cs_health.register_measure().'),
        ('never_seen', 5, 'warning', 'Active tenants older than 7 days without a single event ever',
            'Compare their ids with those in the events; if nobody really ever came, call them.'),
        ('negative_mrr', 10, 'error', 'Movements of revenue that add up to less than nothing',
            'Correct them in cs_health.revenue_event; until then such a customer counts as paying nothing.'),
        ('churn_without_mrr', 11, 'error', 'Revenue churn of customers that paid nothing',
            'Load the movement that is missing before it, or delete it.'),
        ('churn_leaves_mrr', 12, 'error', 'Revenue churn after which something is still paid',
            'Make it the whole MRR, or a contraction.'),
        ('reactivation_without_churn', 13, 'error', 'Reactivations of customers that had not left',
            'Load the churn that is missing before it; one that never paid is new, one that pays expands.'),
        ('new_after_paying', 14, 'warning', 'New revenue of customers that paid before',
            'Make it a reactivation, or an expansion where it pays already.'),
        ('change_without_mrr', 15, 'error', 'Expansions and contractions of customers that paid nothing',
            'Load the movement that is missing before it, or make it new.'),
        ('far_future', 16, 'warning', 'Movements of revenue more than a year ahead', 'Correct the day.'),
        ('churned_but_paying', 17, 'error', 'Tenants that left and have an MRR above nothing',
            'Load the churn movement, or take back the status: it counts in MRR, NRR and churn until then.'),
        ('internal_but_paying', 18, 'error', 'Internal tenants with an MRR',
            'Delete its movements, or make it active.'),
        ('full_without_plan', 20, 'warning', 'Tenants without a plan that use more than 80 % of a limit: no signal',
            'UPDATE cs_health.tenant SET plan_code = ...; what to offer follows from the plan.'),
        ('limit_of_zero', 21, 'warning', 'Limits of 0 in plans: how much of them is used cannot be said',
            'Put the real limit into cs_health.plan_limit, or delete the row where the plan does not limit it.'),
        ('usage_limit_of_zero', 22, 'warning', 'Limits of 0 in cs_health.usage: how much is used cannot be said',
            'Load usage with the real limit, or with null for that of the plan.'),
        ('add_on_as_plan', 23, 'warning', 'Tenants whose plan is an add-on',
            'Give them a base plan, and the add-on a row in cs_health.tenant_add_on.'),
        ('plan_as_add_on', 24, 'warning', 'Base plans in cs_health.tenant_add_on; they count for nothing',
            'Put the plan into tenant.plan_code, or name an add-on.'),
        ('plan_without_price', 25, 'info', 'Plans without a price: what a change to them is worth is not known',
            'UPDATE cs_health.plan SET monthly_price = ...; leave it null where the price is on request.'),
        ('without_plan', 26, 'info', 'Active tenants without a plan: no adoption, no expansion signals',
            'UPDATE cs_health.tenant SET plan_code = ...;'),
        ('without_contact', 30, 'warning', 'Active tenants with nobody who may be written to',
            'Insert a contact; until then messages of playbooks become tasks.'),
        ('contact_bounced', 31, 'warning', 'Contacts of active tenants whose address bounced',
            'Correct the address: UPDATE cs_health.contact SET email = ..., bounced_at = null;'),
        ('without_csm', 32, 'info', 'Active tenants without a CSM',
            'UPDATE cs_health.tenant SET csm = ...; until then settings.fallback_assignee gets their tasks.'),
        ('contract_is_over', 33, 'info', 'Active tenants whose contract ended more than 30 days ago',
            'Enter the new end, or null for an open-ended contract: UPDATE cs_health.tenant SET contract_ends_on = '
            '...;')
$$;
comment on function cs_health._quality_words() is
    'The checks of data_quality() in their order: how bad a finding is, what it is, what to do';

create function cs_health.data_quality()
returns table (code text, severity text, count bigint, examples text[], finding text, remedy text)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
begin
    return query
    with found as (
        select f.code, f.example, f.place from cs_health._quality_findings() as f
        union all
        select f.fault, concat_ws(' ', f.tenant_id, f.occurred_on) || coalesce(': ' || f.detail, ''),
            row_number() over (partition by f.fault order by f.occurred_on, f.tenant_id)
        from cs_health._revenue_faults() as f(tenant_id, fault, occurred_on, detail)
    ), counted as (
        select f.code, count(*) as count,
            array_agg(f.example order by f.place) filter (where f.place <= 5) as examples
        from found as f group by f.code
    )
    select coalesce(w.code, c.code), coalesce(w.severity, 'warning'), coalesce(c.count, 0),
        coalesce(c.examples, '{}'), coalesce(w.finding, replace(c.code, '_', ' ')),
        coalesce(w.remedy, 'Correct the rows in cs_health.revenue_event.')
    from cs_health._quality_words() as w
    full join counted as c on c.code = w.code
    order by coalesce(w.place, 19), coalesce(w.code, c.code);
end
$$;
comment on function cs_health.data_quality() is
    'Every check of the data, also those that found nothing: how bad a finding is (error, warning or info), how many '
    'there are, up to five of them (ids of tenants, codes, reasons), what it means and what to do. Looks at rows that '
    'came in; doctor() looks at the installation';
