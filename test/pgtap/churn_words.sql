-- What drives the risk of leaving, in words: what must hold of any numbers, drawn at random; bounds; factors; actions.
-- The sentences themselves are in test/sql/churn_words.sql.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
\set SHOW_CONTEXT never
begin;
set local client_min_messages = warning;
select plan(55);

\ir include/random.sql

select setseed(0.61) is null;
create function pg_temp.drawn(low double precision, high double precision) returns numeric language sql volatile as $$
    select case when random() < 0.1 then 0
        else round((low + (high - low) * random() ^ 2)::numeric, (3 * random())::integer) end
$$;
create function pg_temp.numbers(sentence text) returns numeric[] language sql immutable as $$
    select array_agg(replace(n.found[1], ',', '.')::numeric order by n.nr)
    from regexp_matches(sentence, '-?\d+(?:[.,]\d+)?', 'g') with ordinality as n(found, nr)
$$;
-- Whether a number is shown as it should be: one decimal below 10, in per cent where it is a ratio
create function pg_temp.shows(shown numeric, actual numeric, unit text) returns boolean language sql immutable as $$
    select abs(shown - a.actual) <= case when abs(a.actual) < 10 then 0.05 else 0.5 end
    from (values (case unit when 'ratio' then 100 * actual else actual end)) as a(actual)
$$;

create temp table draw as
select d.*,
    cs_health._risk_factor_text(d.code, d.value, d.previous, d.baseline, 0.1, d.unit, d.window_days, 'en') as en,
    cs_health._risk_factor_text(d.code, d.value, d.previous, d.baseline, 0.1, d.unit, d.window_days, 'es') as es,
    case when d.code in ('mau_growth', 'usage_growth') then 'growth'
        when d.code in ('days_since_active', 'tenure_days', 'days_to_renewal') then 'countdown'
        when sign(d.value - d.previous) * sign(d.value - d.baseline) = 1
            and abs(d.value - d.previous) >= case
                when d.unit = 'ratio' then 0.05
                when d.code = 'nps' then 5
                when d.code in ('csat', 'review') then 0.5
                when d.code = 'open_tickets' then 1
                else 0.1 * abs(d.previous) end then 'change'
        else 'comparison' end as kind
from (
    select r.code, b.unit, b.window_days, pg_temp.drawn(r.low, r.high) as value,
        case when random() < 0.8 then pg_temp.drawn(r.low, r.high) end as previous,
        pg_temp.drawn(r.low, r.high) as baseline
    from range as r
    join cs_health.builtin_measures() as b on b.code = r.code
    cross join generate_series(1, 250)
) as d;

select is((select count(distinct d.code) from draw as d where d.en <> '' and d.es <> ''),
    (select count(*) from cs_health.measure as m where m.builtin),
    'every built-in measure has sentences');
select is((select count(*) from draw as d where d.en is null or d.es is null), 0::bigint, 'whatever its value');
select is((select min(d.en) from draw as d
    where (d.en || '|' || d.es) ~* '\mnull\M|nan|infin|  |\( *\)|^ | $| [,.;:)]|,,'),
    null, 'none has a null, a hole or double blanks');
select is((select min(d.en) from draw as d where (d.en || '|' || d.es) ~ '^[a-zí]|\|[a-zí]|_|%s'), null,
    'each begins with a capital or a number, and none has the code of a measure');
select is((select min(d.es) from draw as d where d.es ~ '\d\.\d' or d.en ~ '\d,\d'), null,
    'points in English, commas in Spanish');
select is((select min(d.es) from draw as d
    where d.es ~ 'typical| up | down |days|open' or d.en ~ 'habitual|más|menos|días|abierto'), null,
    'the languages do not mix');
select is((select min(d.en) from draw as d where (d.en || '|' || d.es)
        ~ '(^|[^\d.,])1 (days|open tickets|points|días|tickets|puntos)|([02-9]|\d\d|[.,]\d) (day|point|día|punto)\M'),
    null, 'one of a thing is singular, all else plural');
select is((select min(d.en || '|' || d.es) from draw as d where pg_temp.numbers(d.en) <> pg_temp.numbers(d.es)), null,
    'both languages tell the same numbers');

select cmp_ok((select min(k.draws) from (select count(*) as draws from draw as d group by d.kind) as k), '>',
    400::bigint, 'all kinds of sentences were drawn');
select is((select min(d.en) from draw as d where (d.kind = 'change') <> (d.en like '%→%')), null,
    'a change is told where it is notable and leads away from the typical value');
create temp table change as
select d.*, n.n, n.n[cardinality(n.n) - 1] as "from", n.n[cardinality(n.n)] as "to", cardinality(n.n) > 3 as has_amount
from draw as d cross join lateral (values (pg_temp.numbers(d.en))) as n(n)
where d.kind = 'change';
select is((select min(c.en) from change as c where not pg_temp.shows(c."from", c.previous, c.unit)
    or not pg_temp.shows(c."to", c.value, c.unit) or c."from" = c."to"), null, 'it is told from previous to value');
select is((select min(c.en) from change as c where c.n[case when c.has_amount then 2 else 1 end] <> 30
    or (c.en like '% up %') <> (c.value > c.previous) or (c.es ~ ' más | más que ') <> (c.value > c.previous)
    or (c.en like '% down %') <> (c.value < c.previous)), null, 'with the direction, in 30 days');
select is((select min(c.en) from change as c where c.unit in ('ratio', 'points') or c.code = 'open_tickets')
    is not null, true, 'some are told in units');
select is((select min(c.en) from change as c where (c.unit in ('ratio', 'points') or c.code = 'open_tickets')
    and (c.n[1] <> abs(c."to" - c."from") or not c.has_amount)), null, 'by the difference of the numbers shown');
select is((select min(c.en) from change as c where not (c.unit in ('ratio', 'points') or c.code = 'open_tickets')
    and c.has_amount <> (c.previous > 0 and c.value <= 11 * c.previous)), null,
    'others in per cent, unless it was nothing before, or is more than eleven times as much');
select is((select min(c.en) from change as c where not (c.unit in ('ratio', 'points') or c.code = 'open_tickets')
    and c.has_amount and (abs(c.n[1] - 100 * abs(c.value - c.previous) / c.previous) > 0.5
        and not (c.n[1] = 99 and c.value > 0 and c.value < c.previous / 100)
        or c.en !~ '\d % (up|down) in')), null, 'of the value before');

create temp table comparison as
select d.*, pg_temp.numbers(d.en) as n from draw as d where d.kind = 'comparison';
select is((select min(c.en) from comparison as c where not pg_temp.shows(c.n[1], c.value, c.unit)
    or not pg_temp.shows(c.n[2], c.baseline, c.unit) or (c.n[1] = c.n[2]) <> (c.value = c.baseline)
    or c.en !~ ', typical '), null, 'a comparison tells value and typical value, and apart if they are');
select is((select min(c.en) from comparison as c
    where c.en ~ '\(\d+ days?\)$' <> (c.window_days > 0) or c.window_days > 0 and c.n[3] <> c.window_days
        or cardinality(c.n) <> 2 + (c.window_days > 0)::integer), null, 'and the window where there is one');
select is((select min(c.en) from draw as c cross join lateral (values (pg_temp.numbers(c.en))) as n(n)
    where c.kind = 'countdown' and (not pg_temp.shows(n.n[1], abs(c.value), 'days') and c.en <> 'Renewal is due today'
        or c.code <> 'days_to_renewal' and not pg_temp.shows(n.n[2], c.baseline, 'days'))), null, 'so do countdowns');
select is((select min(c.en) from draw as c cross join lateral (values (pg_temp.numbers(c.en))) as n(n)
    where c.kind = 'growth' and (c.value <> 0 and not pg_temp.shows(n.n[1], abs(c.value), 'ratio')
        or c.en ~ ' down in ' <> (c.value < 0) or c.en ~ ' up in ' <> (c.value > 0)
        or c.en ~ ' down$' <> (c.baseline < 0) or c.en ~ ' up$' <> (c.baseline > 0)
        or c.baseline <> 0 and not pg_temp.shows(n.n[cardinality(n.n)], abs(c.baseline), 'ratio'))), null,
    'and growth, as a change');

-- Bounds
create function pg_temp.en(measure text, value float8, previous float8, baseline float8, unit text, days integer)
returns text language sql as $$
    select cs_health._risk_factor_text(measure, value, previous, baseline, 0.1, unit, days, 'en')
$$;
create function pg_temp.es(measure text, value float8, previous float8, baseline float8, unit text, days integer)
returns text language sql as $$
    select cs_health._risk_factor_text(measure, value, previous, baseline, 0.1, unit, days, 'es')
$$;
select results_eq(
    $$select v.nr, cs_health._is_notable(v.measure, v.value, v.previous, v.unit)
        from (values (1, 'logins', 90::float8, 100::float8, 'logins'), (2, 'logins', 91, 100, 'logins'),
            (3, 'stickiness', 0.25, 0.3, 'ratio'), (4, 'stickiness', 0.26, 0.3, 'ratio'), (5, 'nps', 40, 45, 'points'),
            (6, 'nps', 41, 45, 'points'), (7, 'csat', 3.5, 4, 'points'), (8, 'csat', 3.6, 4, 'points'),
            (9, 'delay', 6, 5, 'days'), (10, 'delay', 5.9, 5, 'days'), (11, 'logins', 0.001, 0, 'logins'),
            (12, 'logins', 0, 0, 'logins'), (13, 'tickets_per_user', 0.11, 0.1, 'tickets'), (14, 'own', 11, 10, null),
            (15, 'logins', 5, 'Infinity', 'logins'), (16, 'logins', 5, null, 'logins')
        ) as v(nr, measure, value, previous, unit)$$,
    $$values (1, true), (2, false), (3, true), (4, false), (5, true), (6, false), (7, true), (8, false), (9, true),
        (10, false), (11, true), (12, false), (13, true), (14, true), (15, false), (16, false)$$,
    'what is notable');
select is(pg_temp.en('logins', 302, 512, 450, 'logins', 30), 'Logins 41 % down in 30 days (512 → 302)', 'English');
select is(pg_temp.es('logins', 302, 512, 450, 'logins', 30), 'Inicios de sesión: 41 % menos en 30 días (512 → 302)',
    'Spanish');
select is(
    (select string_agg(pg_temp.en('days_since_active', v, null, v, 'days', 0) || '|' || pg_temp.es('days_since_active',
        v, null, v, 'days', 0), '|' order by v) from unnest(array[0, 1, 1.5, 2]) as v),
    '0 days since the last activity, typical 0|0 días desde la última actividad, cuando lo habitual es 0|'
    'Nobody has been active for 1 day, typical 1|Sin actividad desde hace 1 día, cuando lo habitual es 1|'
    'Nobody has been active for 1.5 days, typical 1.5|Sin actividad desde hace 1,5 días, cuando lo habitual es 1,5|'
    'Nobody has been active for 2 days, typical 2|Sin actividad desde hace 2 días, cuando lo habitual son 2',
    'plurals of days');
select is(
    (select string_agg(pg_temp.en('open_tickets', v, null, 9, 'tickets', 0) || '|' || pg_temp.es('open_tickets',
        v, null, 9, 'tickets', 0), '|' order by v) from unnest(array[0, 1, 1.5, 2]) as v),
    '0 open tickets, typical 9|0 tickets abiertos, cuando lo habitual son 9|'
    '1 open ticket, typical 9|1 ticket abierto, cuando lo habitual son 9|'
    '1.5 open tickets, typical 9|1,5 tickets abiertos, cuando lo habitual son 9|'
    '2 open tickets, typical 9|2 tickets abiertos, cuando lo habitual son 9', 'and of tickets');
select is(
    (select string_agg(pg_temp.en('own', v, 0, -9, 'points', 0) || '|' || pg_temp.es('own', v, 0, -9, 'points', 0),
        '|' order by v) from unnest(array[1, 1.5, 2]) as v),
    'Own up by 1 point in 30 days (0 → 1)|Own: 1 punto más en 30 días (0 → 1)|'
    'Own up by 1.5 points in 30 days (0 → 1.5)|Own: 1,5 puntos más en 30 días (0 → 1,5)|'
    'Own up by 2 points in 30 days (0 → 2)|Own: 2 puntos más en 30 días (0 → 2)', 'and of points');
select is(
    (select string_agg(pg_temp.en('own', 7, null, 2, 'own', d) || '|' || pg_temp.es('own', 7, null, 2, 'own', d), '|'
        order by d) from unnest(array[0, 1, 2, null]) as d),
    'Own 7, typical 2|Own: 7, cuando lo habitual son 2|Own 7, typical 2 (1 day)|'
    'Own: 7, cuando lo habitual son 2 (1 día)|Own 7, typical 2 (2 days)|Own: 7, cuando lo habitual son 2 (2 días)|'
    'Own 7, typical 2|Own: 7, cuando lo habitual son 2', 'windows');
select is(pg_temp.en('logins', 2, 1000, 500, 'logins', 30), 'Logins 99 % down in 30 days (1000 → 2)',
    'what is not gone altogether is not 100 % down');
select is(pg_temp.en('stickiness', 0.2104, null, 0.2101, 'ratio', 30), 'Stickiness 21.04 %, typical 21.01 % (30 days)',
    'what looks alike is given more decimals');
select is(pg_temp.en('logins', v.value, 512, v.baseline, 'logins', 30), null, format('no sentence of %s and %s',
    v.value, v.baseline))
from (values (null::float8, 450::float8), (302, null), ('NaN', 450), (302, 'Infinity')) as v(value, baseline);
select is(cs_health._risk_factor_text('logins', 302, null, 450, -0.1, 'logins', 30, null),
    'Logins 302, typical 450 (30 days)', 'English where no language is given');

-- Anything at all ends in a sentence, in null or in a plain error
create function pg_temp.outcome(call text) returns text language plpgsql as $$
begin
    execute 'select ' || call;
    return '00000';
exception when others then
    return sqlstate;
end
$$;
select is((select string_agg(distinct o.state, ', ') from (
        select pg_temp.outcome(format('cs_health._risk_factor_text(%L, %L, %L, %L, null, %L, %L, %L)', m, v, p, b, u, w,
            'es')) as state
        from unnest(array['logins', 'nps', 'days_to_renewal', 'mau_growth', 'own %s', null]) as m
        cross join unnest('{NULL,NaN,-Infinity,1e308,-1e308,5e-324,-0}'::float8[]) as v
        cross join unnest('{NULL,NaN,Infinity,1e308,-1e308,5e-324}'::float8[]) as p
        cross join unnest('{NULL,NaN,1e308,-1e308,0}'::float8[]) as b
        cross join unnest(array['ratio', 'points', null]) as u
        cross join unnest('{NULL,-2147483648}'::integer[]) as w) as o
    where o.state not in ('00000', '22003')), null, 'hostile numbers are no internal error');

-- Actions
create temp table action as
select b.code, cs_health._risk_action(b.code, 'en') as en, cs_health._risk_action(b.code, 'es') as es
from cs_health.builtin_measures() as b;
select is((select string_agg(a.code, ', ' order by a.code) from action as a where a.en is null or a.es is null),
    'arr, tenure_days, users_ever', 'every measure has an action, but those that nobody can change');
select bag_eq($$select distinct a.en ->> 'action' from action as a where a.en is not null$$,
    $$values ('re_engage_users'), ('win_back_lost_users'), ('train_on_features'), ('resolve_tickets'),
        ('follow_up_feedback'), ('review_plan_limits'), ('prepare_renewal')$$, 'seven of them');
select is((select count(*) from action as a where a.en - 'text' is distinct from a.es - 'text'), 0::bigint,
    'the same in both languages');
select is((select count(distinct a.en ->> 'text') + count(distinct a.es ->> 'text') from action as a), 14::bigint,
    'in words of their own');
select is((select string_agg(a.code, ', ') from action as a where a.en ->> 'playbook' <> 'reactivation'),
    'usage_ratio', 'only use of a limit can start the expansion playbook');
select is(cs_health._risk_action(null, 'en'), null, 'no measure, no action');
select register_measure > 0 from cs_health.register_measure('invoices_overdue', 'invoices', 'invoices past due');
select is(cs_health._risk_action('invoices_overdue', 'en'), '{"action": "review_measure", "playbook": "reactivation",
    "text": "Go through \"invoices past due\" with the customer and agree on who does what by when"}', 'one''s own');
select is(cs_health._risk_action('invoices_overdue', 'es') ->> 'text',
    'Revisar con el cliente la medida «invoices past due» y acordar quién hace qué y para cuándo', 'in Spanish');

-- Factors
create temp table prediction as
select i as nr, (random() * 12 - 8)::float8 as log_odds, p.parts, pg_temp.vector() as previous, i % 7 as top
from generate_series(1, 300) as i
cross join lateral (
    select jsonb_agg(jsonb_build_object('measure', b.code, 'position', b.position, 'baseline', i,
        'value', case when random() < 0.9 then pg_temp.drawn(1, 40) end, 'unit', b.unit, 'window_days', b.window_days,
        'contribution', case when random() < 0.2 then 0.005 else random() * 2 - 1.2 end)) as parts
    from cs_health.builtin_measures() as b
) as p;
create temp table factor as
select p.nr, p.log_odds, p.top, p.previous, f.factor, f.place
from prediction as p
cross join lateral jsonb_array_elements(cs_health._risk_factors(p.log_odds, p.parts, p.previous, 'es', p.top))
    with ordinality as f(factor, place);
create temp table wanted as
select p.nr, w.part, w.place
from prediction as p
cross join lateral (
    select e.part, row_number() over (order by (e.part -> 'contribution')::float8 desc) as place
    from jsonb_array_elements(p.parts) as e(part)
    where (e.part -> 'contribution')::float8 > 0.005 and e.part ->> 'value' is not null) as w
where w.place <= p.top;
select cmp_ok((select count(*) from wanted), '>', 500::bigint, 'factors were drawn');
select results_eq(
    $$select f.nr, f.place, f.factor ->> 'measure', (f.factor ->> 'rank')::bigint, f.factor -> 'value',
        f.factor -> 'baseline', f.factor -> 'unit', f.factor -> 'window_days', (f.factor ->> 'contribution')::numeric
        from factor as f order by f.nr, f.place$$,
    $$select w.nr, w.place, w.part ->> 'measure', w.place, w.part -> 'value', w.part -> 'baseline',
        w.part -> 'unit',
        w.part -> 'window_days', round((w.part ->> 'contribution')::numeric, 4)
        from wanted as w order by w.nr, w.place$$,
    'the largest of what raises the risk, with what they are made of');
select is((select count(*) from factor as f join wanted as w on w.nr = f.nr and w.place = f.place
    where abs((f.factor ->> 'percentage_points')::float8 - (100 / (1 + exp(-f.log_odds))
        - 100 / (1 + exp((w.part ->> 'contribution')::float8 - f.log_odds)))) > 0.0051), 0::bigint,
    'in percentage points too');
select is((select count(*) from factor as f join cs_health.builtin_measures() as b on b.code = f.factor ->> 'measure'
    where (f.factor ->> 'previous')::real is distinct from f.previous[b.position]), 0::bigint, 'the value before');
select is((select count(*) from factor as f where f.factor ->> 'text' is distinct from cs_health._risk_factor_text(
        f.factor ->> 'measure', (f.factor ->> 'value')::float8, (f.factor ->> 'previous')::float8,
        (f.factor ->> 'baseline')::float8, 0, f.factor ->> 'unit', (f.factor ->> 'window_days')::integer, 'es')),
    0::bigint, 'and the sentence');
select is(
    (select string_agg(cs_health._risk_factors(v.log_odds, v.parts::jsonb, v.previous, 'en')::text, '|' order by v.nr)
    from (values (1, 0::float8, '[]', null::real[]), (2, 0, null, '{}'),
        (3, 0, '[{"measure": "mau", "value": 1, "baseline": 2, "contribution": -1}]', null)
    ) as v(nr, log_odds, parts, previous)), '[]|[]|[]', 'nothing raises the risk');
select is(
    (select string_agg(coalesce(cs_health._risk_factors(v.log_odds, '[{"measure": "mau", "position": 3, "value": 1,
        "baseline": 2, "contribution": 700}]', v.previous, 'en') #>> '{0,percentage_points}', 'null'), '|'
        order by v.nr)
    from (values (1, 0::float8, '{NULL}'::real[]), (2, 800, '{1,2,NaN}'), (3, -800, '{{1},{2}}'), (4, 'Infinity', null),
        (5, null, null), (6, 'NaN', '[5:6]={1,2}')) as v(nr, log_odds, previous)), '50|0|0|0|null|null',
    'extreme log-odds, vectors of any shape');

-- What to do about them
create temp table answer as
select p.nr, f.factors, a.action, a.place
from prediction as p
cross join lateral cs_health._risk_factors(p.log_odds, p.parts, p.previous, 'en', 12) as f(factors)
cross join lateral jsonb_array_elements(cs_health._recommended_actions(f.factors, 'en', 4))
    with ordinality as a(action, place);
select is((select count(*) from (select a.nr from answer as a
        group by a.nr having count(distinct a.action ->> 'action') < count(*) or count(*) > 4
            or bool_or((a.action ->> 'rank')::integer <> a.place)) as r), 0::bigint,
    'no action comes twice, at most as many as asked for');
select is((select count(*) from answer as a
    where a.action ->> 'action' <> 'stay_in_touch' and (a.action ->> 'factor', a.action ->> 'reason') is distinct from (
        select (f.factor ->> 'measure', f.factor ->> 'text')
        from jsonb_array_elements(a.factors) with ordinality as f(factor, nr)
        where cs_health._risk_action(f.factor ->> 'measure', 'en') -> 'action' = a.action -> 'action'
        order by f.nr limit 1)), 0::bigint, 'each names the first factor that asks for it');
select results_eq(
    $$select v.usage, cs_health._recommended_actions(jsonb_build_array(jsonb_build_object('measure', 'usage_ratio',
        'value', v.usage, 'text', 'x')), 'en') #>> '{0,playbook}'
        from (values (0.8), (0.81), (null)) as v(usage)$$,
    $$values (0.8, 'reactivation'), (0.81, 'expansion'), (null, 'reactivation')$$, 'expansion above 80 % of the limit');
select is(
    (select string_agg(cs_health._recommended_actions(v.factors::jsonb, 'en', v.top) #>> '{0,action}', '|'
        order by v.nr)
    from (values (1, '[]', 3), (2, '[{"measure": "arr"}, {"measure": null}, {}]', 3), (3, '[{"measure": "mau"}]', 0)
    ) as v(nr, factors, top)), 'stay_in_touch|stay_in_touch|re_engage_users', 'never without anything to do');
select is(cs_health._recommended_actions(null, 'en'), null, 'null in, null out');

select * from finish();
rollback;
