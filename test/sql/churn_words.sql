-- reasons in words: the arguments, then the sentence in English and in Spanish
\set SHOW_CONTEXT never
begin;
select cs_health.register_measure('invoices_overdue', 'invoices', 'invoices past due') > 0,
    cs_health.register_measure('payment_delay', 'days', 'payment delay', window_days => 30) > 0,
    cs_health.register_measure('margin', 'ratio', 'gross margin', window_days => 90) > 0,
    cs_health.register_measure('balance', 'money', 'account balance') > 0;
\pset format unaligned
\pset tuples_only on
\pset fieldsep '\n    '
create function pg_temp.words(
    measure text, value double precision, previous double precision, baseline double precision)
returns table (arguments text, en text, es text) language sql as $$
    select concat_ws(', ', measure || ' ' || coalesce(value::text, 'null'), 'before ' || previous,
            'typical ' || baseline),
        coalesce(cs_health._risk_factor_text(measure, value, previous, baseline, 0.1, m.unit, m.window_days, 'en'),
            'no sentence'),
        coalesce(cs_health._risk_factor_text(measure, value, previous, baseline, 0.1, m.unit, m.window_days, 'es'),
            'no sentence')
    from (values (measure)) as c(code)
    left join cs_health.measure as m on m.code = c.code
$$;
-- usage
select w.* from (values
    ('dau', 3, null::float8, 12), ('wau', 15, 25, 22), ('mau', 1, null, 30), ('mau_previous', 9, 20, 14),
    ('mau_growth', -0.25, 0.12, 0.03), ('mau_growth', 0, null, -0.018), ('avg_dau', 0.06, 0.14, 2.5),
    ('stickiness', 0.08, 0.1, 0.21), ('stickiness', 0.08, 0.21, 0.25), ('stickiness', 0.3, 0.2, 0.21),
    ('active_days', 12, 21, 19), ('events', 500, 2, 300), ('events_previous', 40, 38, 900), ('logins', 302, 512, 450),
    ('logins', 512, 302, 600), ('logins', 12, 0, 10), ('logins', 0, 0, 450), ('logins', 2, 512, 450),
    ('minutes', 95, 310, 280), ('minutes', 1.5, null, 0), ('features_used', 3, 3, 7), ('features_available', 8, 8, 12),
    ('adoption', 0.375, 0.5, 0.61), ('new_users', 0, null, 1.5), ('lost_users', 2, 1, 0.6),
    ('qau', 14, 22, 30), ('active_days_90', 9, 20, 31), ('events_90', 40, null, 210), ('users_ever', 3, 3, 10),
    ('days_since_active', 23, 2, 2), ('days_since_active', 1, null, 2.4), ('days_since_active', 0, null, 1)
) as c(measure, value, previous, baseline) cross join lateral pg_temp.words(c.measure, c.value,
    c.previous, c.baseline) as w;

-- opinions and tickets
select w.* from (values
    ('nps', -20, null::float8, 35), ('nps', -20, 12, 35), ('nps', 30, 32, 35), ('csat', 3.1, 4.3, 4.2),
    ('csat', 3.1, 4.1, 4.2), ('review', 2.5, 2.4, 4.1), ('open_tickets', 4, null, 0.6), ('open_tickets', 1, null, 0),
    ('open_tickets', 4, 1, 0.6), ('open_tickets', 0, 0, 1.5), ('mean_resolution_hours', 48, 30, 12),
    ('mean_resolution_hours', 26.5, null, 1), ('tickets_per_user', 0.4, null, 0.1), ('tickets_per_user', 0.4, 0.25, 0.1)
) as c(measure, value, previous, baseline) cross join lateral pg_temp.words(c.measure, c.value,
    c.previous, c.baseline) as w;

-- limits, contract and money
select w.* from (values
    ('usage_ratio', 0.95, 0.94, 0.4), ('usage_ratio', 0.05, 0.3, 0.4), ('usage_growth', -0.12, null::float8, 0.05),
    ('usage_growth', 0.4, null, 0), ('tenure_days', 45, 15, 400), ('tenure_days', 1, null, 400),
    ('days_to_renewal', 14, 44, 180), ('days_to_renewal', 1, null, 180), ('days_to_renewal', 0, null, 180),
    ('days_to_renewal', -3, 27, 180), ('arr', 12000, 12000, 48000), ('arr', 12000, 18000, 48000)
) as c(measure, value, previous, baseline) cross join lateral pg_temp.words(c.measure, c.value,
    c.previous, c.baseline) as w;

-- measures of one's own, one that is unknown, and what has no sentence
select w.* from (values
    ('invoices_overdue', 3, 3::float8, 0.2), ('invoices_overdue', 5, 2, 0.2), ('payment_delay', 1, null, 0.5),
    ('payment_delay', 12, 11, 5), ('margin', -0.05, null, 0.3), ('balance', -40, 20, 500), ('balance', 0, null, 1),
    ('no_such', 7, null, 2), ('logins', null, 512, 450), ('logins', 302, 512, null), ('logins', 'NaN', 512, 450),
    ('logins', 302, 'NaN', 450)
) as c(measure, value, previous, baseline) cross join lateral pg_temp.words(c.measure, c.value,
    c.previous, c.baseline) as w;

-- factors, in English and Spanish, and what to do about them
create function pg_temp.listed(log_odds double precision, found jsonb, before jsonb, locale text)
returns text language sql as $$
    select concat_ws(E'\n', string_agg(f.line, E'\n' order by f.nr), max(a.lines))
    from (
        select cs_health._risk_factors(log_odds, (
                select jsonb_agg(jsonb_build_object('measure', m.code, 'position', m.position, 'value', p.value -> 1,
                    'baseline', p.value -> 2, 'contribution', p.value -> 3, 'unit', m.unit,
                    'window_days', m.window_days))
                from jsonb_array_elements(found) as p join cs_health.measure as m on m.code = p.value ->> 0),
            (select array_agg((before ->> m.code)::real order by p.position)
                from generate_series(1, 1000) as p(position)
                left join cs_health.measure as m on m.position = p.position), locale)
    ) as d(factors)
    cross join lateral (
        select string_agg(format('    -> %s. %s%s [%s%s]', a ->> 'rank', a ->> 'text',
            ' (' || (a ->> 'factor') || ': ' || (a ->> 'reason') || ')', a ->> 'action', ', ' || (a ->> 'playbook')),
            E'\n' order by (a ->> 'rank')::integer)
        from jsonb_array_elements(cs_health._recommended_actions(d.factors, locale)) as a
    ) as a(lines)
    left join lateral (
        select f.nr, format('    %s. %s [%s, %s points]', f.value ->> 'rank', f.value ->> 'text',
            f.value ->> 'contribution', f.value ->> 'percentage_points')
        from jsonb_array_elements(d.factors) with ordinality as f(value, nr)
    ) as f(nr, line) on true
$$;
\pset fieldsep '\n'
select c.title, pg_temp.listed(c.log_odds, c.found::jsonb, c.before::jsonb, 'en'),
    pg_temp.listed(c.log_odds, c.found::jsonb, c.before::jsonb, 'es')
from (values
    ('use falls', -1, '[["stickiness", 0.08, 0.21, 0.2], ["logins", 302, 450, 0.42], ["days_since_active", 1, 2, -0.05],
        ["lost_users", 3, 0.6, 0.11]]', '{"logins": 512, "stickiness": 0.1, "lost_users": 1}'),
    ('support fails', -2.2, '[["open_tickets", 4, 0.6, 0.7], ["mean_resolution_hours", 48, 12, 0.3],
        ["nps", -20, 35, 0.65]]', '{"open_tickets": 1}'),
    ('near the limit', -3, '[["usage_ratio", 0.95, 0.4, 0.5], ["days_to_renewal", 14, 180, 0.25],
        ["tenure_days", 45, 400, 0.9]]', '{}'),
    ('far below the limit', -3, '[["usage_ratio", 0.05, 0.4, 0.5], ["features_available", 8, 12, 0.25]]',
        '{"usage_ratio": 0.3}'),
    ('nothing that one could act on', -2, '[["arr", 12000, 48000, 0.3], ["tenure_days", 45, 400, 0.9]]',
        '{"arr": 18000}'),
    ('nothing', -4, '[["logins", 600, 450, -0.4], ["mau", 29, 30, 0.005], ["csat", null, 4.2, 0.3]]', '{}'),
    ('measures of one''s own', 0.4, '[["invoices_overdue", 5, 0.2, 0.8], ["margin", -0.05, 0.3, 0.6],
        ["adoption", 0.38, 0.61, 0.6]]', '{"invoices_overdue": 2}'),
    ('more than is listed', 2, '[["mau", 1, 30, 0.1], ["csat", 3.1, 4.2, 0.9], ["wau", 1, 22, 0.2],
        ["active_days", 12, 19, 0.3], ["mau_growth", -0.25, 0.03, 0.8], ["features_used", 3, 7, 0.7],
        ["usage_growth", -0.12, 0.05, 0.4]]', '{"csat": 4.3, "features_used": 6}')
) as c(title, log_odds, found, before);
rollback;
