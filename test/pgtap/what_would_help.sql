-- What would help: every answer for 10,000 tenants drawn at random, tried out by score(what_if()); then the words.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
\set SHOW_CONTEXT never
begin;
set local client_min_messages = warning;
select plan(37);
\ir include/random.sql
select setseed(0.31) is null;

-- Tenants as they may be: what is a ratio follows from the rest, and some signals are missing
create function pg_temp.tenant() returns real[] language sql volatile as $$
    select cs_health.what_if('{}', jsonb_strip_nulls(jsonb_build_object(
        'mau', b.mau, 'mau_previous', floor(b.mau * (0.5 + random())), 'avg_dau', round((b.mau * b.daily)::numeric, 2),
        'features_used', floor(b.available * random()), 'features_available', case when random() < 0.9 then b.available
            end,
        'nps', case when random() < 0.6 then floor(random() * 201) - 100 end,
        'csat', case when random() < 0.5 then round((1 + 4 * random())::numeric, 1) end,
        'review', case when random() < 0.4 then round((1 + 4 * random())::numeric, 1) end,
        'open_tickets', case when random() < 0.95 then floor(8 * random() * random()) end,
        'mean_resolution_hours', case when random() < 0.7 then round((70 * random())::numeric, 1) end,
        'tickets_per_user', round((0.8 * random() * random())::numeric, 2), 'active_days', floor(31 * random()),
        'logins', floor(200 * random()), 'minutes', floor(3000 * random()), 'tenure_days', floor(400 * random()))))
    from (select floor(40 * random() * random()) as mau, random() * random() as daily,
        3 + floor(12 * random()) as available) as b
$$;

-- A scorecard that somebody might write: curves rise where more is better and fall where less is
create function pg_temp.sensible_item() returns jsonb language sql volatile as $$
    select jsonb_build_object('measure', m.code, 'weight', 1 + floor(random() * 9),
        'curve', (
            select jsonb_agg(jsonb_build_array(x.x, y.y) order by x.nr)
            from (select row_number() over (order by r.x) as nr, r.x from (
                select distinct round((m.low + (m.high - m.low) * random())::numeric, 2) as x
                from generate_series(1, 3 + 0 * m.nr) as i) as r) as x
            join (select row_number() over (order by case when m.rises then r.y else -r.y end) as nr, r.y from (
                select round((100 * random())::numeric, 1) as y from generate_series(1, 3 + 0 * m.nr) as i) as r) as y
            using (nr)))
        || case m.code when 'mau_growth'
            then '{"only_if": {"measure": "tenure_days", "at_least": 30}}' else '{}' end::jsonb
    from (values (1, 'stickiness', 0, 1, true), (2, 'adoption', 0, 1, true), (3, 'nps', -100, 100, true),
        (4, 'csat', 1, 5, true), (5, 'review', 1, 5, true), (6, 'open_tickets', 0, 10, false),
        (7, 'mau_growth', -0.5, 1, true), (8, 'mean_resolution_hours', 0, 72, false),
        (9, 'tickets_per_user', 0, 1, false), (10, 'active_days', 0, 30, true), (11, 'logins', 0, 300, true),
        (12, 'features_used', 0, 12, true)) as m(nr, code, low, high, rises)
    where m.nr = (select 1 + floor(random() * 12)::integer)
$$;
create function pg_temp.sensible_component() returns jsonb language sql volatile as $$
    select jsonb_build_object('weight', 1 + floor(random() * 40), 'measures', jsonb_agg(pg_temp.sensible_item()))
    from generate_series(1, 1 + floor(random() * 3)::integer)
$$;
create function pg_temp.sensible_scorecard(code text) returns jsonb language sql volatile as $$
    select jsonb_build_object('format', 1, 'code', code,
        'components', jsonb_object_agg(c.name, pg_temp.sensible_component()))
    from unnest(array['engagement', 'adoption', 'satisfaction', 'support', 'growth']) as c(name)
$$;

create temp table card as
select 0 as nr, 'spec' as kind, cs_health._spec_scorecard() as document
union all select i, 'sensible', pg_temp.sensible_scorecard('sensible ' || i) from generate_series(1, 200) as i
union all select i, 'wild', pg_temp.scorecard('wild ' || i) from generate_series(201, 300) as i;
create temp table tenant as
select i as nr, pg_temp.tenant() as measures from generate_series(1, 10000) as i;
create temp table question as
select row_number() over () as nr, t.measures, c.kind, c.document, s.overall_score as score,
    case when s.overall_score < 40 then 40 when s.overall_score < 60 then 60 else 80 end as threshold
from tenant as t
join card as c on c.nr = 0 or c.nr = 1 + t.nr / 50 or t.nr % 5 = 0 and c.nr = 201 + t.nr / 101
cross join lateral cs_health.score(t.measures, c.document) as s
order by c.nr, t.nr;

select clock_timestamp() as started \gset
create temp table option as
select q.nr, o.option, o.overall_score, o.category, o.effort, o.changes
from question as q cross join lateral cs_health.what_would_help(q.measures, q.document) as o;
select diag(format('%s calls, %s options, %s microseconds a call', q.calls, (select count(*) from option),
    round(extract(epoch from clock_timestamp() - :'started') * 1e6 / q.calls)))
from (select count(*) as calls from question) as q;
select diag(format('%s: %s to lift, nothing lifts %s', q.kind, count(*), count(*) filter (where o.nr is null)))
from question as q left join (select distinct nr from option) as o using (nr)
where q.score < 80 group by q.kind order by q.kind;

create temp table change as
select o.nr, o.option, c.measure, c."from", c."to", c.points, m.step, m.effort, m.position,
    case when abs(c."to" - c."from") > 1.001 * m.step -- a single step, as four bytes have it, leaves nothing
        then c."to" + sign(c."from" - c."to") * m.step end as smaller
from option as o
cross join lateral jsonb_to_recordset(o.changes) as c(
    measure text, "from" double precision, "to" double precision, points numeric)
left join cs_health.measure as m on m.code = c.measure;
create temp table whole as
select c.nr, c.option, jsonb_object_agg(c.measure, c."to") as changes, sum(c.points) as points, count(*) as changed,
    sum(greatest(ceil(abs(c."to" - c."from") / c.step - 1e-3), 1) * c.effort) as effort,
    string_agg(c.measure, ' ' order by c.measure) as measures
from change as c group by c.nr, c.option;

analyze question, option, change, whole;
select cmp_ok((select count(*) from option), '>', 30000::bigint, 'there are options');
select is((select count(*) from question as q join option as o using (nr) where q.score >= 80), 0::bigint,
    'none for the healthy');
select is((select count(*) from whole as w join option as o using (nr, option) join question as q using (nr)
    cross join lateral cs_health.score(cs_health.what_if(q.measures, w.changes), q.document) as s
    where s.overall_score <> o.overall_score or s.category <> o.category or s.overall_score < q.threshold), 0::bigint,
    'every option reaches the category, and has the score that it says');
select is((select count(*) from change as c join whole as w using (nr, option) join question as q using (nr)
    cross join lateral cs_health.score(cs_health.what_if(q.measures, w.changes - c.measure), q.document) as s
    where s.overall_score >= q.threshold), 0::bigint, 'with any change left out it does not');
select is((select count(*) from change as c join whole as w using (nr, option) join question as q using (nr)
    cross join lateral cs_health.score(cs_health.what_if(
        q.measures, jsonb_strip_nulls(w.changes || jsonb_build_object(c.measure, c.smaller))), q.document) as s
    where s.overall_score >= q.threshold), 0::bigint, 'nor with any change a step smaller');
select is((select count(*) from change as c join question as q using (nr)
    where c."from"::real is distinct from q.measures[c.position] or c.effort is null), 0::bigint,
    'changes begin at what was observed, of measures that can be moved');
select is((select count(*) from whole as w join option as o using (nr, option) where abs(w.effort - o.effort) > 1e-3),
    0::bigint, 'the effort is steps x effort of a step');
select is((select count(*) from option as o join option as p on p.nr = o.nr and p.option = o.option + 1
    where p.effort < o.effort), 0::bigint, 'the cheapest first');
select is((select count(*) from (select from whole group by nr, measures having count(*) > 1) as twice), 0::bigint,
    'each with other measures');
select is((select count(*) from whole as w join option as o using (nr, option) join question as q using (nr)
    where abs(o.overall_score - q.score - w.points) > case w.changed when 1 then 0 else 1 end), 0::bigint,
    'the points sum to the gain but for rounding, and exactly where there is one change');
select is((select count(*) from option as o join (select nr, count(*) as options, max(option) as highest from option
    group by nr) as n using (nr) where n.options > 3 or n.highest <> n.options), 0::bigint, 'three options at most');

-- Where nothing was found nothing could be: with all at their best, or all but the users of a month or of a day
create temp table best as
select q.nr, q.threshold, max(s.overall_score) as score
from question as q
cross join lateral (values ('{}'::text[]), ('{mau}'), ('{avg_dau}')) as v(left_out)
cross join lateral (
    select jsonb_object_agg(b.measure, b.value) as changes
    from (values ('nps', 100), ('csat', 5), ('review', 5), ('open_tickets', 0), ('mean_resolution_hours', 0),
        ('active_days', 30), ('logins', 1000), ('tickets_per_user', 0),
        ('features_used', greatest(q.measures[13], q.measures[14])),
        ('avg_dau', greatest(q.measures[3], q.measures[6])),
        ('mau', case when q.measures[5] is not null then greatest(q.measures[3], 2 * q.measures[4])
            when q.kind = 'spec' then greatest(q.measures[3], 1) end)) as b(measure, value) -- which stands in there
    join cs_health.measure as m on m.code = b.measure
    where q.measures[m.position] is not null and b.value is not null and b.measure <> all (v.left_out)) as b
cross join lateral cs_health.score(cs_health.what_if(q.measures, b.changes), q.document) as s
where q.kind <> 'wild' and q.score < 80 and not exists (select from option as o where o.nr = q.nr)
group by q.nr, q.threshold;
select cmp_ok((select count(*) from best), '>', 20::bigint, 'for some nothing was found');
select is((select count(*) from best where score >= threshold), 0::bigint,
    'but only where everything at its best does not reach the category');

-- What an effort is, is the owner's to say
create function pg_temp.named(named jsonb) returns real[] language sql as $$
    select cs_health.what_if('{}', named)
$$;
create function pg_temp.answers(named jsonb, options integer default 3) returns text language sql as $$
    select string_agg(format('%s %s %s: %s', o.overall_score, o.category, o.effort, (
        select string_agg(format('%s %s-%s (%s)', c ->> 'measure', c ->> 'from', c ->> 'to', c ->> 'points'), ', ')
        from jsonb_array_elements(o.changes) as c)), '; ' order by o.option)
    from cs_health.what_would_help(pg_temp.named(named), cs_health._spec_scorecard(), options) as o
$$;
-- adoption 50 (weight 25) and support 70 (15): (25 x 50 + 15 x 70) / 40 = 57.5; a feature is worth 6.25, a ticket 3.75
select is(pg_temp.answers('{"features_used": 5, "features_available": 10, "open_tickets": 4, "adoption": 0.5}'),
    '60 neutral 1: features_used 5-6 (6.00); 61 neutral 2: open_tickets 4-2 (7.00)', 'a feature or two tickets');
select is(pg_temp.answers('{"features_used": 5, "features_available": 10, "open_tickets": 4, "adoption": 0.5}', 1),
    '60 neutral 1: features_used 5-6 (6.00)', 'one option');
update cs_health.measure set effort = 5 where code = 'features_used';
update cs_health.measure set step = 4 where code = 'open_tickets';
select is(pg_temp.answers('{"features_used": 5, "features_available": 10, "open_tickets": 4, "adoption": 0.5}'),
    '69 neutral 1: open_tickets 4-0 (15.00); 60 neutral 5: features_used 5-6 (6.00)', 'other steps and efforts');
update cs_health.measure set effort = null where code in ('features_used', 'open_tickets');
select is(pg_temp.answers('{"features_used": 5, "features_available": 10, "open_tickets": 4, "adoption": 0.5}'), null,
    'what nobody can move is not moved');
update cs_health.measure set effort = 1, step = 1 where code in ('features_used', 'open_tickets');
select is(pg_temp.answers('{"features_used": 9, "features_available": 10, "open_tickets": 1}'), null,
    'nothing for the healthy');
select is(pg_temp.answers('{"mau": 0, "mau_previous": 0, "avg_dau": 0, "tenure_days": 100}'), null,
    'nor where one user more is not enough');
select is(pg_temp.answers('{"mau": 0, "mau_previous": 0, "avg_dau": 0, "open_tickets": 5}'),
    '40 at_risk 5: mau 0-1 (18.18), open_tickets 5-2 (8.18)', 'silence ends with one'); -- (15 x 80 + 10 x 100) / 55

-- what_if(): what follows from what
create function pg_temp.what_if(changes jsonb) returns text language sql as $$
    select string_agg(m.code || ' ' || b.value, ', ' order by m.position)
    from unnest(
        pg_temp.named('{"mau": 10, "avg_dau": 4, "mau_previous": 8, "features_used": 3, "features_available": 6,
            "tickets_per_user": 0.2, "open_tickets": 1}'),
        cs_health.what_if(pg_temp.named('{"mau": 10, "avg_dau": 4, "mau_previous": 8, "features_used": 3,
            "features_available": 6, "tickets_per_user": 0.2, "open_tickets": 1}'), changes))
        with ordinality as b(before, value, position)
    join cs_health.measure as m on m.position = b.position
    where b.before is distinct from b.value
$$;
select is(pg_temp.what_if('{}'), null, 'nothing changes nothing');
select is(pg_temp.what_if('{"features_used": 6}'), 'features_used 6, adoption 1', 'adoption follows');
select is(pg_temp.what_if('{"features_used": 6, "adoption": 0.9}'), 'features_used 6, adoption 0.9',
    'unless it is given');
select is(pg_temp.what_if('{"mau": 20}'), 'mau 20, mau_growth 1.5, avg_dau 8, tickets_per_user 0.1',
    'daily users follow in proportion');
select is(pg_temp.what_if('{"avg_dau": 16}'),
    'mau 16, mau_growth 1, avg_dau 16, stickiness 1, tickets_per_user 0.125',
    'monthly users are no fewer than daily ones');
select is(pg_temp.what_if('{"mau": 0}'), 'mau 0, mau_growth -1, avg_dau 0', 'nobody');
select is((cs_health.what_if('{1}', '{"nps": -100}'))::text, '{1,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,'
    'NULL,NULL,NULL,NULL,NULL,NULL,NULL,-100}', 'as far as need be');

-- In words
insert into cs_health.csm (email, name, locale) values ('ana@example.com', 'Ana', 'es');
insert into cs_health.tenant (id, name, csm) values
    ('00000000-0000-4000-8000-000000000001', 'Acme', 'ana@example.com'),
    ('00000000-0000-4000-8000-000000000002', 'Bolt', null), ('00000000-0000-4000-8000-000000000003', 'New', null);
create function pg_temp.t(i integer) returns uuid language sql immutable as $$
    select ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid
$$;
create function pg_temp.store(tenant uuid, day date, named jsonb, provisional boolean default false) returns void
language sql as $$
    select cs_health._ensure_partition(day);
    insert into cs_health.customer_health (
        tenant_id, as_of, overall_score, engagement_score, adoption_score, satisfaction_score, support_score,
        growth_score, category, trend, scorecard_id, coverage, calculated_at, measures, history, provisional)
    select tenant, day, s.overall_score, s.engagement_score, s.adoption_score, s.satisfaction_score, s.support_score,
        s.growth_score, s.category, 'stable', c.id, s.coverage, now(), pg_temp.named(named), '\x', provisional
    from (select max(id) as id from cs_health.scorecard where code = 'spec') as c
    cross join lateral cs_health.score(pg_temp.named(named), cs_health._spec_scorecard()) as s
$$;
select pg_temp.store(pg_temp.t(1), '2026-01-09', '{"features_used": 10, "features_available": 10}');
select pg_temp.store(pg_temp.t(1), '2026-01-10', '{"features_used": 5, "features_available": 10, "open_tickets": 4,
    "nps": 10, "mau": 10, "avg_dau": 4.5, "tenure_days": 9}', true);
select results_eq($$select option, overall_score, category, effort, sentence
        from cs_health.what_would_help(pg_temp.t(1), 'en')$$,
    $$values
        (1, 62, 'neutral', 4::real, '4 more features (+11) lift Acme to neutral'),
        (2, 60, 'neutral', 4, '1 more daily user (+3.3) and 2 more features (+5.6) lift Acme to neutral'),
        (3, 60, 'neutral', 4, '2 more features (+5.6) and 2 fewer open tickets (+3.3) lift Acme to neutral')$$,
    'in English, of the latest day, provisional or not');
select results_eq($$select sentence from cs_health.what_would_help(pg_temp.t(1))$$,
    $$values ('4 funciones más (+11) llevan a Acme a neutral'),
        ('1 usuario diario más (+3,3) y 2 funciones más (+5,6) llevan a Acme a neutral'),
        ('2 funciones más (+5,6) y 2 tickets abiertos menos (+3,3) llevan a Acme a neutral')$$,
    'in the language of the CSM');
select is((select changes from cs_health.what_would_help(pg_temp.t(1), 'en') where option = 2),
    '[{"measure": "avg_dau", "from": 4.5, "to": 5.5, "points": 3.33, "text": "1 more daily user"},
    {"measure": "features_used", "from": 5, "to": 7, "points": 5.56, "text": "2 more features"}]',
    'and as changes');
select pg_temp.store(pg_temp.t(2), '2026-01-10', '{"features_used": 3, "features_available": 10}');
select is((select string_agg(concat_ws(' ', t.words, t.is_plural), '|' order by v.nr)
    from (values (1, 'open_tickets', 3, 2, 'tickets', 'en'), (2, 'open_tickets', 3, 1, 'tickets', 'en'),
        (3, 'open_tickets', 3, 2, 'tickets', 'es'), (4, 'mean_resolution_hours', 30, 12.5, 'hours', 'en'),
        (5, 'mean_resolution_hours', 30, 12.5, 'hours', 'es'), (6, 'usage_ratio', 0.3, 0.45, 'ratio', 'es'),
        (7, 'avg_dau', 2.25, 4, 'users', 'es')) as v(nr, code, value_from, value_to, unit, locale)
    cross join lateral cs_health._move_text(v.code, v.value_from, v.value_to, v.unit, v.locale) as t),
    '1 fewer open ticket f|2 fewer open tickets t|1 ticket abierto menos f|'
    'mean time to resolution from 30 h to 13 h f|el tiempo medio de resolución de 30 h a 13 h f|'
    'el uso del límite contratado del 30 % al 45 % f|1,8 usuarios diarios más t', 'changes in words');
select is((select string_agg(t.sentence, '|' order by v.nr)
    from (values (1, '[{"measure": "nps", "from": 1, "to": 11, "points": 4}]', 'healthy', 'en'),
        (2, '[{"measure": "nps", "from": 1, "to": 11, "points": 4.26}]', 'at_risk', 'es'),
        (3, '[{"measure": "nps", "from": 1, "to": 11, "points": 4}, {"measure": "csat", "from": 1, "to": 4.5, "points":
            4.5}, {"measure": "logins", "from": 10, "to": 20, "points": 0.04}]', 'at_risk', 'en')) as v(
            nr, changes, category, locale)
    cross join lateral cs_health._help_text(v.changes::jsonb, 'Acme', v.category, v.locale) as t),
    'NPS from 1 to 11 (+4) lifts Acme to healthy|El NPS de 1 a 11 (+4,3) lleva a Acme a «en riesgo»|'
    'NPS from 1 to 11 (+4), CSAT from 1 to 4.5 (+4.5) and 10 more logins (+0) lift Acme to at risk', 'and sentences');

-- By way of the API, with a CSM's rights
create function pg_temp.refusal(call text) returns text language plpgsql as $$
declare
    hint text;
begin
    execute 'select * from ' || call;
    return 'accepted';
exception when others then
    get stacked diagnostics hint = pg_exception_hint;
    return concat_ws(' | ', sqlstate, sqlerrm, hint);
end
$$;
select is(pg_temp.refusal('cs_health.what_would_help(pg_temp.t(3))'),
    '22023 | tenant 00000000-0000-4000-8000-000000000003 has no score | '
    'It was never scored; CALL cs_health.recalculate() scores yesterday.', 'a tenant without a score');
select is(pg_temp.refusal('cs_health_v1.what_would_help(pg_temp.t(3))'),
    'PT404 | no score | It is scored in the next run.', 'by way of the API');
select is(pg_temp.refusal('cs_health_v1.what_would_help(pg_temp.t(4))'),
    'PT404 | unknown tenant | Tenants are listed at health-scores.', 'nobody');
call cs_health.install_roles();
set local role cs_health_csm;
select set_config('request.jwt.claims', '{"email": "ana@example.com"}', true) is null;
select is((select string_agg(sentence, '|' order by option) from cs_health_v1.what_would_help(pg_temp.t(1))),
    '4 funciones más (+11) llevan a Acme a neutral|'
    '1 usuario diario más (+3,3) y 2 funciones más (+5,6) llevan a Acme a neutral|'
    '2 funciones más (+5,6) y 2 tickets abiertos menos (+3,3) llevan a Acme a neutral', 'a CSM asks');
select is(pg_temp.refusal('cs_health_v1.what_would_help(pg_temp.t(2))'),
    'PT404 | unknown tenant | Tenants are listed at health-scores.', 'of a tenant that is not the CSM''s');
reset role;

select * from finish();
rollback;
