-- The morning digest: one short message a day for each colleague, when there is anything to say. Every section is made
-- for all colleagues at once: who reads it, in which language, the lines that are shown, and how many there are.

create function cs_health._digest_tasks(today date)
returns table (assignee text, language text, place bigint, total bigint, line text)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select k.assignee, l.language, k.place, k.total, format('%s: %s%s', cs_health._one_line(k.name),
        cs_health._one_line(k.title), case when k.due_on < today then format(
            case when l.language = 'es' then ' (desde el %s)' else ' (since %s)' end,
            cs_health._date_text(k.due_on, l.language)) end)
    from (
        select w.assignee, n.name, k.title, k.due_on, count(*) over (partition by w.assignee) as total,
            row_number() over (partition by w.assignee
                order by k.kind <> 'escalation', k.due_on, n.arr desc nulls last, k.id) as place
        from cs_health.task as k
        join cs_health.tenant as n on n.id = k.tenant_id
        join cs_health._duty_roster() as r on r.csm = coalesce(n.csm, '')
        left join (
            select c.email from cs_health.csm as c
            union select c.manager_email from cs_health.csm as c
            union select s.fallback_assignee from cs_health.settings as s
            except select c.email from cs_health.csm as c where c.disabled_at is not null
        ) as p on p.email = k.assignee
        cross join lateral (select coalesce(p.email, r.assignee) as assignee) as w
        where k.status = 'open' and k.due_on <= today and k.assignee is not null
    ) as k
    cross join cs_health.settings as g
    left join cs_health.csm as c on c.email = k.assignee
    cross join lateral (select coalesce(c.locale, g.locale) as language) as l
    where k.place <= 10
$$;
comment on function cs_health._digest_tasks(date) is
    'Tasks that are due or overdue, escalations first. Those of former and disabled colleagues are for whoever looks '
    'after the tenant now';

create function cs_health._digest_waiting()
returns table (assignee text, language text, place bigint, total bigint, line text)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select w.assignee, w.locale, w.place, w.total, format('%s: %s', cs_health._one_line(w.name), format(case
        when w.nr = 1 and w.locale = 'es' then 'aprobar «%1$s»'
        when w.nr = 1 then 'approve "%1$s"'
        when w.nr = 2 and w.locale = 'es' then 'aprobar el paso %2$s de «%1$s»'
        when w.nr = 2 then 'approve step %2$s of "%1$s"'
        when w.locale = 'es' then 'paso %2$s de «%1$s» retenido: %3$s'
        else 'step %2$s of "%1$s" is held: %3$s' end, cs_health._one_line(w.playbook_name), w.step_no,
        cs_health._step_reason(w.reason, w.locale)))
    from (
        select r.assignee, r.locale, n.name, e.*, count(*) over (partition by r.assignee) as total,
            row_number() over (partition by r.assignee order by e.nr, n.arr desc nulls last, n.id, e.step_no) as place
        from (
            select e.tenant_id, e.playbook_name, 1 as nr, null as step_no, null as reason
            from cs_health.playbook_execution as e where e.status = 'waiting'
            union all
            select e.tenant_id, e.playbook_name, case s.status when 'approval' then 2 else 3 end, s.step_no, s.reason
            from cs_health.playbook_execution as e
            join cs_health.playbook_step as s on s.tenant_id = e.tenant_id and s.execution_id = e.id
            where e.status = 'running' and s.status in ('approval', 'held')
        ) as e
        join cs_health.tenant as n on n.id = e.tenant_id
        join cs_health._duty_roster() as r on r.csm = coalesce(n.csm, '')
    ) as w
    where w.place <= 10
$$;
comment on function cs_health._digest_waiting() is
    'Playbooks and steps that wait for approval, and steps that are held with the reason';

create function cs_health._digest_alerts(since date)
returns table (assignee text, language text, place bigint, total bigint, line text)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select a.assignee, a.locale, a.place, a.total, format('%s: %s, %s%s', cs_health._one_line(a.name),
        cs_health._risk_label(a.level, a.locale), cs_health._number(a.probability, 'ratio', a.locale),
        ', ' || cs_health._money_text(round(a.arr), a.locale))
    from (
        select r.assignee, r.locale, n.name, n.arr, a.level, a.probability,
            count(*) over (partition by r.assignee) as total,
            row_number() over (partition by r.assignee
                order by n.arr * a.probability::numeric desc nulls last, a.id) as place
        from cs_health.churn_alert as a
        join cs_health.tenant as n on n.id = a.tenant_id
        join cs_health._duty_roster() as r on r.csm = coalesce(n.csm, '')
        where a.started_on >= since and a.ended_on is null
    ) as a
    where a.place <= 5
$$;
comment on function cs_health._digest_alerts(date) is
    'Tenants whose risk of leaving is high or critical since a day, most ARR at risk first';

create function cs_health._score_before(history bytea, days integer) returns integer
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case when days between 0 and length(history) - 1
        then nullif(get_byte(history, length(history) - 1 - days), 255) end
$$;
comment on function cs_health._score_before(bytea, integer) is
    'The score so many days before the latest one of a ring of past scores; null when there is none';

create function cs_health._digest_movers(day date, days integer)
returns table (assignee text, language text, place bigint, total bigint, line text)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select m.assignee, m.locale, m.place, m.total,
        format('%s: %s → %s', cs_health._one_line(m.name), m.before, m.score)
    from (
        select p.*, count(*) over (partition by p.assignee) as total,
            row_number() over (partition by p.assignee order by p.before - p.score desc, p.arr desc nulls last, p.id)
                as place
        from (
            select r.assignee, r.locale, n.id, n.name, n.arr, h.overall_score as score,
                cs_health._score_before(h.history, days) as before
            from cs_health.customer_health as h
            join cs_health.tenant as n on n.id = h.tenant_id and n.status = 'active'
            join cs_health._duty_roster() as r on r.csm = coalesce(n.csm, '')
            where h.as_of = day and not h.provisional and h.coverage >= 0.5
        ) as p
        where p.before - p.score >= 5
    ) as m
    where m.place <= 3
$$;
comment on function cs_health._digest_movers(date, integer) is
    'Active tenants whose score fell most in so many days, by 5 points or more';

create function cs_health._digest_renewals(day date, today date)
returns table (assignee text, language text, place bigint, total bigint, line text)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select n.assignee, n.locale, n.place, n.total, format('%s: %s, %s%s%s', cs_health._one_line(n.name),
        cs_health._date_text(n.contract_ends_on, n.locale), n.overall_score,
        ', ' || cs_health._money_text(round(n.arr), n.locale),
        case when n.alerted then case when n.locale = 'es' then ', riesgo de abandono' else ', may leave' end end)
    from (
        select r.assignee, r.locale, n.name, n.contract_ends_on, n.arr, h.overall_score,
            a.tenant_id is not null as alerted, count(*) over (partition by r.assignee) as total,
            row_number() over (partition by r.assignee order by n.contract_ends_on, n.arr desc nulls last,
                n.id) as place
        from cs_health.tenant as n
        join cs_health.customer_health as h on h.tenant_id = n.id
        join cs_health._duty_roster() as r on r.csm = coalesce(n.csm, '')
        left join cs_health.churn_alert as a on a.tenant_id = n.id and a.ended_on is null
        where n.status = 'active' and n.churn_notice_on is null and n.contract_ends_on between today and today + 60
            and h.as_of = day and not h.provisional and h.coverage >= 0.5
            and (h.category in ('at_risk', 'critical') or a.tenant_id is not null)
    ) as n
    where n.place <= 5
$$;
comment on function cs_health._digest_renewals(date, date) is
    'Contracts that end within 60 days while the tenant is at risk, critical or likely to leave';

create function cs_health._digest_wins(day date, days integer, since timestamptz)
returns table (assignee text, language text, place bigint, total bigint, line text)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select w.assignee, w.locale, w.place, w.total, format('%s: %s', cs_health._one_line(w.name), format(case
        when w.nr = 1 and w.locale = 'es' then 'ampliación ganada%s'
        when w.nr = 1 then 'expansion won%s'
        when w.nr = 2 and w.locale = 'es' then 'objetivo alcanzado («%s»)'
        when w.nr = 2 then 'goal reached ("%s")'
        when w.locale = 'es' then 'vuelve a estar saludable (%s)'
        else 'healthy again (%s)' end, case when w.nr = 1
            then ', ' || cs_health._money_text(round(w.amount), w.locale) else cs_health._one_line(w.what) end))
    from (
        select r.assignee, r.locale, n.name, g.nr, g.what, g.amount, count(*) over (partition by r.assignee) as total,
            row_number() over (partition by r.assignee order by g.nr, n.arr desc nulls last, n.id) as place
        from (
            select 1 as nr, e.tenant_id, null as what, e.potential_arr as amount
            from cs_health.expansion_signal as e where e.status = 'won' and e.changed_at > since
            union all
            select 2, e.tenant_id, e.playbook_name, null from cs_health.playbook_execution as e
            where e.status = 'exited' and e.outcome = 'goal reached' and e.ended_at > since
            union all
            select 3, h.tenant_id, format('%s → %s', cs_health._score_before(h.history, days), h.overall_score), null
            from cs_health.customer_health as h
            where h.as_of = day and h.category = 'healthy' and not h.provisional and h.coverage >= 0.5
                and cs_health._score_before(h.history, days) < 80
        ) as g
        join cs_health.tenant as n on n.id = g.tenant_id and n.status = 'active'
        join cs_health._duty_roster() as r on r.csm = coalesce(n.csm, '')
    ) as w
    where w.place <= 5
$$;
comment on function cs_health._digest_wins(date, integer, timestamptz) is
    'What went well: expansions won, playbooks that reached their goal, customers healthy again';

create function cs_health._digest_items(today date, last_day date)
returns table (section integer, assignee text, language text, place bigint, total bigint, line text)
language sql stable
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- as in _score_batch()
set jit = off
set work_mem = '64MB' as $$
    select i.*
    from (
        -- the scores of a day with an open data incident say nothing
        select case when cs_health._triggers_held(today - 1) is null then today - 1 end as day
    ) as d
    cross join lateral (
        select 1 as section, t.* from cs_health._digest_tasks(today) as t
        union all
        select 2, w.* from cs_health._digest_waiting() as w
        union all
        select 3, a.* from cs_health._digest_alerts(last_day) as a
        union all
        select 4, m.* from cs_health._digest_movers(d.day, today - last_day) as m
        union all
        select 5, r.* from cs_health._digest_renewals(d.day, today) as r
        union all
        select 6, w.* from cs_health._digest_wins(d.day, today - last_day, (
            select timezone(s.time_zone, last_day + coalesce(s.digest_at, '00:00'))
            from cs_health.settings as s)) as w
    ) as i
    where i.assignee is not null
$$;
comment on function cs_health._digest_items(date, date) is
    'Every line of every digest of a day, section by section, about what changed since the digest of last_day';

create function cs_health._digest_heading(section integer, language text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case language
        when 'es' then (array['Tareas para hoy', 'Espera su visto bueno', 'Nuevos riesgos de abandono',
            'Mayores caídas', 'Renovaciones en peligro, próximos 60 días', 'Buenas noticias'])[section]
        else (array['Due today', 'Waits for you', 'New risks of leaving', 'Biggest falls',
            'Renewals at risk, next 60 days', 'Good news'])[section] end
$$;
comment on function cs_health._digest_heading(integer, text) is 'What stands above a section of the digest';

create function cs_health._digest_since(today date) returns date
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select greatest(coalesce((select max(d.day) from cs_health.digest as d where d.day < today), today - 1), today - 29)
$$;
comment on function cs_health._digest_since(date) is 'The day of the digest before that of a day, at most 29 days back';

create function cs_health.digest_today()
returns table (section text, line text, place bigint, total bigint)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select cs_health._digest_heading(i.section, i.language), i.line, i.place, i.total
    from cs_health._today() as n(today)
    cross join lateral cs_health._digest_items(n.today, cs_health._digest_since(n.today)) as i
    where i.assignee = (select cs_health.current_csm())
    order by i.section, i.place
$$;
comment on function cs_health.digest_today() is
    'The digest of whoever asks as it would go out now, a row for each line: the heading of its section, the line, its '
    'place in the section and how many there are in all, of which the first 3 to 10 are given';

create function cs_health._digests(today date, last_day date)
returns table (assignee text, language text, body text)
language sql stable
set search_path = pg_catalog, pg_temp
set jit = off
set work_mem = '64MB' as $$
    select s.assignee, s.language,
        string_agg(s.part, E'\n\n' order by s.section) || coalesce(E'\n\n' || g.dashboard_url, '')
    from (
        select i.assignee, i.language, i.section, concat(cs_health._digest_heading(i.section, i.language),
            E'\n- ', string_agg(i.line, E'\n- ' order by i.place),
            case when max(i.total) > count(*) then format(case i.language when 'es' then E'\n- … y %s más'
                else E'\n- … and %s more' end, max(i.total) - count(*)) end) as part
        from cs_health._digest_items(today, last_day) as i
        group by i.assignee, i.language, i.section
    ) as s
    cross join cs_health.settings as g
    group by s.assignee, s.language, g.dashboard_url
$$;
comment on function cs_health._digests(date, date) is
    'What colleagues read in the morning, about today and what changed since the digest of last_day; only those who '
    'have anything to read';

create function cs_health._digest_due() returns boolean
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select l.at::time >= s.digest_at and cs_health._is_working_day(l.at::date)
        and not exists (select from cs_health.digest as d where d.day = l.at::date)
        and exists (select from cs_health.run as r where r.as_of = l.at::date - 1 and r.finished_at is not null)
    from cs_health.settings as s
    cross join lateral (select timezone(s.time_zone, cs_health._now()) as at) as l
$$;
comment on function cs_health._digest_due() is
    'Whether the digests of today are to be made: digest_at has passed on a working day, yesterday is scored, and '
    'nobody has made them yet; those of days to come, made while the clock was ahead, do not count';

create function cs_health.send_digests() returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
declare
    today date := cs_health._today();
    last_day date := cs_health._digest_since(today);
    reader record;
    told integer := 0;
begin
    if cs_health._digest_due() is not true then
        return 0;
    end if;
    insert into cs_health.digest (day, sent, sent_at) values (today, 0, cs_health._now())
    on conflict on constraint digest_pkey do nothing;
    if not found then
        return 0;
    end if;
    for reader in select d.assignee, d.language, d.body from cs_health._digests(today, last_day) as d loop
        begin
            if cs_health._tell_colleague(reader.assignee,
                case when reader.language = 'es' then 'Sus clientes hoy, ' else 'Your customers today, ' end
                    || cs_health._date_text(today, reader.language), reader.body,
                format('digest %s %s', today, reader.assignee), null, true) is not null then
                told := told + 1;
            end if;
        exception
            when transaction_rollback then
                raise;
            when others then -- one digest that cannot be sent must not keep the others from it
                raise warning 'the digest of % is not sent: %', reader.assignee, left(sqlerrm, 300);
        end;
    end loop;
    update cs_health.digest as d set sent = told where d.day = today;
    delete from cs_health.digest as d where d.day < today - 400;
    return told;
end
$$;
comment on function cs_health.send_digests() is
    'Sends every colleague the digest of the day, by e-mail, else over Slack; returns how many. Does nothing before '
    'settings.digest_at, on days that are no working days, before yesterday is scored, and when today''s are made '
    'already; whoever has nothing to read gets none. Safe to call at any time and from several sessions';
