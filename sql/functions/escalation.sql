-- Tasks that follow from where a customer stands: escalate what became critical, ask those who are well to say so.

create function cs_health._open_escalations(day date, previous_day date) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off as $$
declare
    opened integer;
begin
    insert into cs_health.task (tenant_id, source_key, kind, title, detail, assignee, due_on, created_at)
    select n.tenant_id, format('escalation %s %s', n.tenant_id, day), 'escalation',
        cs_health._escalation_title(n.name, n.overall_score, n.locale),
        cs_health._escalation_text(n.tenant_id, day, n.score_before, n.locale), n.manager, cs_health._today(),
        cs_health._now()
    from (
        select h.tenant_id, t.name, h.overall_score, p.overall_score as score_before, r.manager,
            r.manager_locale as locale
        from cs_health.customer_health as h
        join cs_health.customer_health as p on p.tenant_id = h.tenant_id and p.as_of = previous_day
        join cs_health.tenant as t on t.id = h.tenant_id and t.status = 'active'
        join cs_health._duty_roster() as r on r.csm = coalesce(t.csm, '')
        where h.as_of = day and h.category = 'critical' and not h.provisional and h.coverage >= 0.5
            and p.category <> 'critical' and not p.provisional and p.coverage >= 0.5
            -- another scorecard, or something no longer observed, is no fault of the customer
            and h.scorecard_id = p.scorecard_id and h.coverage >= p.coverage
            and not exists (
                select from cs_health.customer_health as e
                where e.tenant_id = h.tenant_id and e.as_of >= day - 14 and e.as_of < day and e.category = 'critical'
                    and not e.provisional and e.coverage >= 0.5)
        offset 0
    ) as n
    on conflict on constraint task_source_key_key do nothing;
    get diagnostics opened = row_count;
    return opened;
end
$$;
comment on function cs_health._open_escalations(date, date) is
    'Opens a task of the same day for the manager of every active tenant that became critical since the previous day '
    'and was not within 14 days before; returns how many';

create function cs_health._escalation_title(tenant_name text, score integer, language text) returns text
language sql immutable
set search_path = pg_catalog, pg_temp as $$
    select format(case when language = 'es' then '%s está en estado crítico: %s de 100'
        else '%s is critical: %s of 100' end, cs_health._one_line(tenant_name), score)
$$;
comment on function cs_health._escalation_title(text, integer, text) is 'Title of an escalation';

create function cs_health._escalation_text(tenant_id uuid, day date, score_before integer, language text) returns text
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select concat_ws(E'\n\n',
        format(case when language = 'es' then 'Salud %s, antes %s. ARR: %s. Responsable: %s.'
            else 'Health %s, before %s. ARR: %s. CSM: %s.' end, h.overall_score, score_before,
            coalesce(cs_health._money_text(round(t.arr), language), '?'), coalesce(cs_health._one_line(c.name), '-')),
        case when language = 'es' then E'Por qué:\n' else E'Why:\n' end || (
            select string_agg(format('%s. %s', r.rank, cs_health._first_upper(r.reason)), E'\n' order by r.rank)
            from cs_health.score_reasons(cs_health.score_breakdown(h.measures, s.document), language) as r
            where r.rank <= 3),
        coalesce((
            select format(case when language = 'es' then 'Hable hoy con el patrocinador ejecutivo: %s <%s>.'
                else 'Speak today with the executive sponsor: %s <%s>.' end, cs_health._one_line(k.name), k.email)
            from cs_health.contact as k
            where k.tenant_id = h.tenant_id and k.role = 'executive_sponsor'
            order by k.is_primary desc, k.name, k.id limit 1),
            case when language = 'es' then 'No consta ningún patrocinador ejecutivo: averigüe hoy quién decide y hable '
                'con esa persona.'
                else 'No executive sponsor is known: find out today who decides and speak with them.' end),
        (
            select format(case when language = 'es' then '%s lo muestra como %s: %s' else '%s shows it as %s: %s' end,
                o.set_by, cs_health._category_label(o.category, language), cs_health._one_line(o.reason))
            from cs_health.health_override as o
            where o.tenant_id = h.tenant_id and o.ended_at is null and o.expires_on >= cs_health._today()),
        cs_health._tenant_link(h.tenant_id))
    from cs_health.customer_health as h
    join cs_health.scorecard as s on s.id = h.scorecard_id
    join cs_health.tenant as t on t.id = h.tenant_id
    left join cs_health.csm as c on c.email = t.csm
    where h.tenant_id = _escalation_text.tenant_id and h.as_of = day
$$;
comment on function cs_health._escalation_text(uuid, date, integer, text) is
    'What a manager reads of a tenant that became critical: how it stands, three reasons, whom to speak with';

create function cs_health._open_advocacy(day date) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- as in _score_batch()
set plan_cache_mode = force_custom_plan
set jit = off
set work_mem = '64MB' as $$
declare
    opened integer;
begin
    insert into cs_health.task (tenant_id, source_key, kind, title, detail, assignee, due_on, created_at)
    select n.tenant_id, format('advocacy %s %s', n.tenant_id, day), 'advocacy', x.title, x.detail, n.assignee,
        cs_health._today() + 14, cs_health._now()
    from (
        select h.tenant_id, t.name, h.overall_score, r.assignee, r.locale, r.room,
            row_number() over (partition by r.assignee order by t.arr desc nulls last, t.id) as place
        from (
            select r.csm, r.assignee, r.locale, 5 - coalesce(o.tasks, 0) as room
            from cs_health._duty_roster() as r
            left join (
                select coalesce(k.assignee, '') as assignee, count(*) as tasks from cs_health.task as k
                where k.kind = 'advocacy' and k.status = 'open' group by k.assignee
            ) as o on o.assignee = coalesce(r.assignee, '')
        ) as r
        join cs_health.tenant as t on coalesce(t.csm, '') = r.csm and t.status = 'active' and t.churn_notice_on is null
        join cs_health.customer_health as h on h.tenant_id = t.id
        where r.room > 0 and h.as_of = day and h.category = 'healthy' and not h.provisional and h.coverage >= 0.5
            -- thirty scores from 80 to 100, a byte each
            and encode(h.history, 'hex') ~ '^(5[0-9a-f]|6[0-4]){30}$'
            and not exists (
                select from cs_health.task as k
                where k.tenant_id = h.tenant_id and k.kind = 'advocacy'
                    and k.created_at > cs_health._now() - interval '365 days')
            and not exists (
                select from cs_health.churn_alert as a where a.tenant_id = h.tenant_id and a.ended_on is null)
    ) as n
    cross join lateral cs_health._advocacy_words(n.tenant_id, n.name, n.overall_score, n.locale) as x
    where n.place <= n.room
    on conflict on constraint task_source_key_key do nothing;
    get diagnostics opened = row_count;
    return opened;
end
$$;
comment on function cs_health._open_advocacy(date) is
    'Opens a task for the CSM of active tenants that were healthy on 30 days in a row, to ask for a testimonial or a '
    'referral: once in 365 days, not while the risk of leaving is high, and never more than five open ones for a '
    'colleague, those with most ARR first. Returns how many';

create function cs_health._advocacy_words(
    tenant_id uuid, tenant_name text, score integer, language text, out title text, out detail text)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select format(case when language = 'es' then 'Pedir a %s un testimonio o una recomendación'
            else 'Ask %s for a testimonial or a referral' end, cs_health._one_line(tenant_name)),
        concat_ws(E'\n\n',
            format(case when language = 'es' then 'Lleva 30 días seguidos en estado saludable; hoy tiene %s de 100.'
                else 'Healthy on 30 days in a row, %s of 100 today.' end, score),
            (
                select format(case when language = 'es' then 'A quién preguntar: %s.' else 'Whom to ask: %s.' end,
                    cs_health._one_line(k.name))
                from cs_health.contact as k
                where k.tenant_id = _advocacy_words.tenant_id and (k.role = 'champion' or k.is_primary)
                    and k.opted_out_at is null
                order by k.role <> 'champion', not k.is_primary, k.name, k.id limit 1),
            cs_health._tenant_link(tenant_id))
$$;
comment on function cs_health._advocacy_words(uuid, text, integer, text) is 'Title and detail of an advocacy task';
