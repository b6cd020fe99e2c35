-- The five objectives of customer success: where they stand, against what, and what they leave out.

create function cs_health._alerted_leavers("from" date, "to" date)
returns table (
    tenant_id uuid, churned_on date, alerted_on date, silently_on date, counts boolean)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select t.id, t.churned_on, min(a.started_on) filter (where a.told in ('message', 'summary')),
        min(a.started_on) filter (where a.told in ('baseline', 'model')),
        coalesce(t.churned_on >= (
            select min(r.as_of) from cs_health.run as r where r.told_at is not null) + 30, false)
    from cs_health.tenant as t
    left join (
        select e.*, m.lead_days + m.horizon_days as reach
        from cs_health.churn_alert as e join cs_health.churn_model as m on m.id = e.churn_model_id
    ) as a
        on a.tenant_id = t.id and a.started_on <= t.churned_on
        and coalesce(a.ended_on, 'infinity') > t.churned_on - a.reach
    where t.churned_on >= "from" and t.churned_on <= "to"
    group by t.id, t.churned_on
$$;
comment on function cs_health._alerted_leavers(date, date) is
    'Who left in a period, and the first day of an episode of churn risk that was told (alerted_on) or noted without '
    'telling (silently_on) and still open within the reach of its model (lead + horizon) before the departure; null = '
    'none. counts: alerts had been running for 30 days by then, so that one could have come in time';

create function cs_health._lead_time(day date, out median numeric, out alerted bigint, out in_time bigint,
    out missed bigint, out silent bigint, out early bigint)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select percentile_cont(0.5) within group (order by l.churned_on - l.alerted_on) filter (where l.counts)::numeric,
        count(l.alerted_on) filter (where l.counts),
        count(*) filter (where l.counts and l.churned_on - l.alerted_on >= 30),
        count(*) filter (where l.counts and l.alerted_on is null),
        count(l.silently_on) filter (where l.counts and l.alerted_on is null),
        count(*) filter (where not l.counts)
    from cs_health._alerted_leavers((day - interval '1 year')::date + 1, day) as l
$$;
comment on function cs_health._lead_time(date) is
    'How many days ahead those who left in the year up to a day had been told: the median of those who were; how '
    'many were alerted (in_time: of these, 30 days ahead or more), missed (silent: of these, seen at high risk without '
    'telling anybody), and left before alerts had run for 30 days (early)';

create function cs_health._healthy_share(day date, out healthy bigint, out counted bigint, out without_data bigint,
    out gone bigint, out others bigint)
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select count(*) filter (where s.is_active and s.coverage >= 0.5 and s.overall_score > 70),
        count(*) filter (where s.is_active and s.coverage >= 0.5),
        count(*) filter (where s.is_active and (s.coverage >= 0.5) is not true),
        count(*) filter (where s.status = 'churned' and not s.is_active and s.coverage is not null),
        count(*) filter (where s.status in ('trial', 'paused', 'internal'))
    from (
        select h.coverage, h.overall_score, t.status,
            t.status = 'active' or t.status = 'churned' and t.churned_on > day as is_active
        from cs_health.tenant as t
        left join cs_health.customer_health as h on h.tenant_id = t.id and h.as_of = day and not h.provisional
        where (t.signed_up_at < (select cs_health._end_of(day))) is not false
    ) as s
$$;
comment on function cs_health._healthy_share(date) is
    'How many active customers scored above 70 on a scored day, of how many with a coverage of 0.5 or more; beside '
    'them the active ones with less or without a score, those scored though they had left by the end of the day, and '
    'trials, paused and internal ones. Status as it is now; who left later was '
    'active then';

create function cs_health._objective_trend(change numeric, noise numeric) returns text
language sql immutable strict parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case when abs(change) < noise then 'stable' when change > 0 then 'improving' else 'worsening' end
$$;
comment on function cs_health._objective_trend(numeric, numeric) is
    'A change for the better (above 0) or worse in a word; below `noise` it is stable. Null when it is unknown';

create function cs_health._objective_words(language text)
returns table (objective text, title text, formula text, benchmark text)
language sql immutable
set search_path = pg_catalog, pg_temp as $$
    select w.objective, case language when 'es' then w.title_es else w.title_en end,
        case language when 'es' then w.formula_es else w.formula_en end,
        case language when 'es' then w.benchmark_es else w.benchmark_en end
    from (values
        ('nrr', 'Net revenue retention', 'Retención neta de ingresos (NRR)',
            'MRR now of the customers that paid twelve months before / their MRR then, at the end of the last closed '
            'month',
            'MRR actual de los clientes que pagaban doce meses antes / su MRR de entonces, al final del último mes '
            'cerrado',
            'best: 130 % and more', 'los mejores: 130 % o más'),
        ('churn_rate', 'Annual churn rate', 'Tasa anual de abandono',
            'customers that paid twelve months before and pay nothing now / customers that paid then, at the end of '
            'the last closed month',
            'clientes que pagaban doce meses antes y ya no pagan / clientes que pagaban entonces, al final del último '
            'mes cerrado',
            'best B2B: 3 to 5 %', 'los mejores B2B: del 3 al 5 %'),
        ('alert_lead_time', 'Time from churn alert to churn', 'Antelación de la alerta de abandono',
            'median of the days from the first churn alert to the last day as a customer, over those that left within '
            'a year and had one; reached when at least half of all that left were alerted 30 days before',
            'mediana de los días entre la primera alerta de abandono y el último día como cliente, de los que se '
            'marcharon en un año y tuvieron alguna; alcanzado si al menos la mitad de todos los que se marcharon tuvo '
            'la alerta 30 días antes',
            'industry: 14 to 30 days', 'sector: de 14 a 30 días'),
        ('expansion_rate', 'Expansion rate', 'Tasa de expansión',
            'customers that paid twelve months before and pay more now / customers that paid then, at the end of the '
            'last closed month',
            'clientes que pagaban doce meses antes y ahora pagan más / clientes que pagaban entonces, al final del '
            'último mes cerrado',
            'top: 30 % and more', 'los mejores: 30 % o más'),
        ('healthy_share', 'Customers with a health above 70', 'Clientes con una salud superior a 70',
            'active customers with an overall score above 70 / active customers, of those with a coverage of at least '
            '0.5',
            'clientes activos con una puntuación superior a 70 / clientes activos, de los que tienen una cobertura de '
            'al menos 0,5',
            'standard target', 'objetivo habitual')
    ) as w(objective, title_en, title_es, formula_en, formula_es, benchmark_en, benchmark_es)
$$;
comment on function cs_health._objective_words(text) is 'Title, formula and benchmark of every objective, en or es';

create function cs_health.objectives(locale text default null)
returns table (
    objective text, title text, unit text, target_low numeric, target_high numeric, benchmark text, today numeric,
    last_month numeric, trend text, reached boolean, formula text, excluded text, sample bigint, as_of date)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_column
declare
    language text := cs_health._language(null, objectives.locale);
    spanish boolean := language = 'es';
    yesterday date := cs_health._today() - 1;
    this_month date := date_trunc('month', cs_health._today()::timestamp)::date;
    scored date := (select max(r.as_of) from cs_health.run as r where r.finished_at is not null);
    scored_before date := (
        select max(r.as_of) from cs_health.run as r
        where r.finished_at is not null and r.as_of <= scored - interval '1 month'
            and r.as_of > scored - interval '1 month' - interval '7 days');
    months record;
    lead record;
    lead_before record;
    share record;
    share_before record;
    without_revenue bigint;
    excluded_money text;
begin
    with closed as materialized (
        select r.* from cs_health.revenue_by_month((this_month - interval '2 months')::date, this_month - 1) as r
    )
    select n.month, n.nrr_12m as nrr, n.logo_churn_12m as churn, n.expansion_rate_12m as expansion,
        coalesce(n.cohort_customers, 0)::bigint as cohort,
        n.customers_end - (coalesce(n.cohort_customers, 0) * (1 - coalesce(n.logo_churn_12m, 0))) as new_customers,
        b.nrr_12m as nrr_before, b.logo_churn_12m as churn_before, b.expansion_rate_12m as expansion_before
    into months
    from closed as n left join closed as b on b.month < n.month
    order by n.month desc limit 1;
    select count(*) into without_revenue from cs_health.tenant as t
    where t.status = 'active'
        and not exists (select from cs_health.revenue_event as r where r.tenant_id = t.id);
    excluded_money := format(case when spanish
        then '%s clientes que pagan y no pagaban hace doce meses; %s activos sin movimientos de MRR'
        else '%s paying customers that did not pay twelve months before; %s active ones without MRR movements' end,
        round(coalesce(months.new_customers, 0)), without_revenue);
    select l.* into lead from cs_health._lead_time(yesterday) as l;
    select l.* into lead_before from cs_health._lead_time((yesterday - interval '1 month')::date) as l;
    select s.* into share from cs_health._healthy_share(scored) as s;
    select s.* into share_before from cs_health._healthy_share(scored_before) as s;
    return query
    select w.objective, w.title, v.unit, v.target_low, v.target_high, w.benchmark, r.today, r.last_month,
        cs_health._objective_trend((r.today - r.last_month) * v.better, v.noise), case w.objective
            when 'churn_rate' then r.today < v.target_high
            when 'alert_lead_time' then 2 * lead.in_time >= nullif(lead.alerted + lead.missed, 0)
            else r.today >= v.target_low end,
        w.formula, v.excluded, v.sample, v.as_of
    from cs_health._objective_words(language) as w
    join (values
        ('nrr', 'ratio', 1.15, 1.20, 1, 0.005, months.nrr::numeric, months.nrr_before::numeric, excluded_money,
            coalesce(months.cohort, 0), this_month - 1),
        ('churn_rate', 'ratio', null, 0.05, -1, 0.005, months.churn::numeric, months.churn_before::numeric,
            excluded_money, coalesce(months.cohort, 0), this_month - 1),
        ('alert_lead_time', 'days', 30, null, 1, 1, lead.median, lead_before.median, format(case when spanish
            then '%s que se marcharon sin alerta (%s %%), %s de ellos vistos en riesgo sin avisar a nadie; %s que se '
                'marcharon antes de que las alertas llevaran 30 días en marcha'
            else '%s that left without an alert (%s %%), %s of them seen at high risk without telling anybody; %s that '
                'left before alerts had run for 30 days' end,
            lead.missed, coalesce(round(100.0 * lead.missed / nullif(lead.alerted + lead.missed, 0)), 0), lead.silent,
            lead.early),
            lead.alerted, yesterday),
        ('expansion_rate', 'ratio', 0.25, null, 1, 0.005, months.expansion::numeric, months.expansion_before::numeric,
            excluded_money, coalesce(months.cohort, 0), this_month - 1),
        ('healthy_share', 'ratio', 0.80, null, 1, 0.005, share.healthy::numeric / nullif(share.counted, 0),
            share_before.healthy::numeric / nullif(share_before.counted, 0), format(case when spanish
            then '%s activos sin datos suficientes; %s que ya se habían marchado; %s en prueba, en pausa o internos'
            else '%s active ones without enough data; %s that had left; %s on trial, paused or internal' end,
            share.without_data, share.gone, share.others), share.counted, scored)
    ) as v(objective, unit, target_low, target_high, better, noise, today, last_month, excluded, sample, as_of)
        on v.objective = w.objective
    cross join lateral (
        select round(v.today, case v.unit when 'days' then 1 else 4 end) as today,
            round(v.last_month, case v.unit when 'days' then 1 else 4 end) as last_month
    ) as r
    order by array_position(array['nrr', 'churn_rate', 'alert_lead_time', 'expansion_rate', 'healthy_share'],
        w.objective);
end
$$;
comment on function cs_health.objectives(text) is
    'The five objectives beside their targets: today (as of as_of, see formula), a month before, and the trend '
    '(improving, stable or worsening; null = one of the two is not known). Ratios are fractions, lead time is days. '
    'reached: whether today fulfils the target, null = today is not known; of the lead time whether at least half of '
    'all that left were alerted 30 days before, so false, without a today, where nobody was. sample: how many '
    'customers it rests on; '
    'excluded: how many it leaves out, and why. Texts in the language of whoever asks, or en or es; other languages '
    '22023';
