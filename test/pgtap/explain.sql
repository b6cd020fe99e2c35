-- Why a score changed: what must hold of any two vectors and scorecards, on 10,000 drawn at random; then the words.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
\set SHOW_CONTEXT never
begin;
set local client_min_messages = warning;
select plan(41);

\ir include/random.sql

select setseed(0.27) is null;
create temp table card as
select i as nr, pg_temp.scorecard('random ' || i) as document from generate_series(0, 199) as i;
insert into card values (200, cs_health._spec_scorecard());
create temp table pair as
select v.nr, v.a, a.document as card_a, pg_temp.changed(v.a, (v.nr % 10) / 10.0) as b, b.document as card_b
from (select i as nr, pg_temp.vector() as a from generate_series(1, 10000) as i offset 0) as v
join card as a on a.nr = v.nr / 50
join card as b on b.nr = case when v.nr % 3 = 0 then (a.nr * 7 + v.nr) % 201 else a.nr end;
create temp table part as
select p.nr, c.cause, c.component, c.measure, c.points, c.rank
from pair as p cross join lateral cs_health.change_parts(p.a, p.card_a, p.b, p.card_b)
    with ordinality as c(cause, component, measure, points, rank);
create temp table change as
select p.nr, (cs_health.score(p.b, p.card_b)).overall_score - (cs_health.score(p.a, p.card_a)).overall_score as points
from pair as p;

select cmp_ok((select count(*) from part where cause = 'measure'), '>', 30000::bigint, 'measures have parts');
select cmp_ok((select count(*) from part where cause = 'configuration'), '>', 2500::bigint, 'and configuration');
select cmp_ok((select count(*) from part where cause = 'missing_data'), '>', 5000::bigint, 'and missing data');
select is((select count(*)
    from change as c left join (select nr, sum(points) as points from part group by nr) as p using (nr)
    where c.points <> coalesce(p.points, 0)), 0::bigint, 'the parts of 10,000 pairs sum exactly to the change');
select is((select count(*) from part where cause = 'rounding' and abs(points) > 1), 0::bigint,
    'rounding is 1 at most');
select is((select count(*) from part where points = 0 or scale(points) <> 2), 0::bigint,
    'only what is not 0 is listed, in hundredths');
select is((select count(*) from part as p join part as q on q.nr = p.nr and q.rank = p.rank + 1
    where p.cause = 'rounding' or q.cause <> 'rounding' and abs(q.points) > abs(p.points)), 0::bigint,
    'the largest first, rounding last');
select is((select count(*) from part as p join pair as v on v.nr = p.nr join range as r on r.code = p.measure
    where v.a[r.position] is not distinct from v.b[r.position]), 0::bigint, 'no measure that has not changed');
select is((select count(*) from part where (measure is not null) <> (cause = 'measure')
    or cause in ('measure', 'missing_data') and component is null or cause = 'rounding' and component is not null),
    0::bigint,
    'measures are named, and the component that a part moved most');
select is((select count(*) from part as p join pair as v on v.nr = p.nr
    where p.cause = 'configuration' and v.card_a = v.card_b), 0::bigint, 'one scorecard is no change of scorecard');
select bag_eq(
    $$select p.nr, c.cause, c.component, c.measure, -c.points, c.rank
        from pair as p cross join lateral cs_health.change_parts(p.b, p.card_b, p.a, p.card_a)
            with ordinality as c(cause, component, measure, points, rank)$$,
    'select * from part', 'from the other end, every part is its opposite');

create temp table alone as
select p.nr, c.cause, c.points, (cs_health.score(p.a, b.document)).overall_score
    - (cs_health.score(p.a, p.card_a)).overall_score as change
from pair as p join card as b on b.nr = p.nr % 201
left join lateral cs_health.change_parts(p.a, p.card_a, p.a, b.document) as c on true;
select cmp_ok((select count(*) from alone where cause is not null), '>', 8000::bigint, 'scorecards differ');
select is((select count(*) from alone where coalesce(points, 0) <> change or cause <> 'configuration'), 0::bigint,
    'another scorecard alone takes the whole change');

create temp table single as
select p.nr, p.card_a, p.a, p.a[:p.nr % 33] || (case when random() < 0.9 then 10 * random() end)::real
    || p.a[p.nr % 33 + 2:] as b from pair as p;
create temp table single_part as
select s.nr, c.*, (cs_health.score(s.b, s.card_a)).overall_score - (cs_health.score(s.a, s.card_a)).overall_score
    as change
from single as s left join lateral cs_health.change_parts(s.a, s.card_a, s.b, s.card_a) as c on true;
select cmp_ok((select count(*) from single_part where cause = 'measure'), '>', 1000::bigint, 'single measures matter');
-- one that also decides whether something is observed has two effects
select is((select count(*) from (
        select nr from single_part group by nr having count(cause) = 1) as o
    join single_part as p using (nr) where p.points <> p.change or p.cause = 'rounding'), 0::bigint,
    'one cause takes the whole change');
select is((select count(*) from single_part where cause = 'configuration'), 0::bigint, 'and is not the scorecard');
select is((select count(*) from pair as p cross join lateral cs_health.change_parts(p.a, p.card_a, p.a, p.card_a)),
    0::bigint, 'no change, no part');
select is((select count(*) from cs_health.change_parts('{}', cs_health._spec_scorecard(), '{}',
    cs_health._spec_scorecard())), 0::bigint, 'nothing observed, no part');
select is((select count(*) from cs_health.change_parts(null, cs_health._spec_scorecard(), '{}',
    cs_health._spec_scorecard())), 0::bigint, 'null in, nothing out');

-- Four scorecards are kept for the session; two of a call never push each other out
select is((select count(*) from (
        select p.nr, sum(c.points) as points
        from (select * from pair order by md5(nr::text) limit 500) as p
        cross join lateral cs_health.change_parts(p.a, p.card_a, p.b, p.card_b) as c group by p.nr) as s
    join change as c using (nr) where c.points <> s.points), 0::bigint, 'whatever scorecards came before');

-- A tenant's days, in words
create function pg_temp.named(named jsonb) returns real[] language sql as $$
    select array_agg((named ->> m.code)::real order by p.position)
    from generate_series(1, 100) as p(position) left join cs_health.measure as m on m.position = p.position
$$;
create function pg_temp.store(tenant uuid, day date, card integer, named jsonb) returns void language sql as $$
    select cs_health._ensure_partition(day);
    insert into cs_health.customer_health (
        tenant_id, as_of, overall_score, engagement_score, adoption_score, satisfaction_score, support_score,
        growth_score, category, trend, scorecard_id, coverage, calculated_at, measures, history)
    select tenant, day, s.overall_score, s.engagement_score, s.adoption_score, s.satisfaction_score, s.support_score,
        s.growth_score, s.category, 'stable', c.id, s.coverage, now(), pg_temp.named(named), '\x'
    from cs_health.scorecard as c cross join lateral cs_health.score(pg_temp.named(named), c.document) as s
    where c.id = card
$$;
create function pg_temp.t(i integer) returns uuid language sql immutable as $$
    select ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid
$$;
insert into cs_health.csm (email, name, locale) values ('ana@example.com', 'Ana', 'es'),
    ('bob@example.com', 'Bob', 'en');
insert into cs_health.tenant (id, name, csm) values (pg_temp.t(1), 'Acme', 'ana@example.com'),
    (pg_temp.t(2), 'Bolt', null), (pg_temp.t(3), 'Core', 'bob@example.com');
select cs_health.register_measure('invoices_overdue', 'invoices', 'invoices past due', higher_is_better => false)
    is null;
select cs_health.save_scorecard(jsonb_set(jsonb_set(cs_health._spec_scorecard(), '{components,support,measures,0}',
    '{"measure": "invoices_overdue", "weight": 1, "curve": [[0, 100], [10, 0]]}'), '{code}', '"own"')) is null,
    cs_health.publish_scorecard('own') is null;
create temp table own as select max(id) as id from cs_health.scorecard where code = 'own';
create temp table spec as select max(id) as id from cs_health.scorecard where code = 'spec';

select pg_temp.store(pg_temp.t(1), '2026-01-10', s.id, '{"stickiness": 0.31, "adoption": 0.5, "nps": 50, "csat": 4.5,
    "open_tickets": 1, "mau": 12, "mau_growth": 0.125, "tenure_days": 100}') from spec as s;
select pg_temp.store(pg_temp.t(1), '2026-02-10', s.id, '{"stickiness": 0.22, "adoption": 0.5, "open_tickets": 4,
    "mau": 12, "mau_growth": 0.1, "review": 4.6, "tenure_days": 130}') from spec as s;
select results_eq(
    $$select rank, cause, component, measure, value_from, value_to, unit, window_days, points, reason
        from cs_health.explain_change(pg_temp.t(1), '2026-01-10', '2026-02-10', 'en')$$,
    $$values
        (1, 'measure', 'support', 'open_tickets', 1::float8, 4::float8, 'tickets', 0, -4.50,
            'Open tickets rose from 1 to 4'),
        (2, 'measure', 'engagement', 'stickiness', 0.31, 0.22, 'ratio', 30, -2.70,
            'Stickiness fell from 31 % to 22 % (30 days)'),
        (3, 'missing_data', 'satisfaction', null, null, null, null, null, 2.00,
            'Not observed any more: NPS, CSAT; Newly observed: mean review'),
        (4, 'measure', 'growth', 'mau_growth', 0.125, 0.1, 'ratio', 60, -0.30,
            'User growth fell from 13 % to 10 % (60 days)'),
        (5, 'rounding', null, null, null, null, null, null, -0.50, 'Rounding')$$, 'in English');
select results_eq(
    $$select reason from cs_health.explain_change(pg_temp.t(1), '2026-01-10', '2026-02-10')$$,
    $$values
        ('El número de tickets abiertos subió de 1 a 4'),
        ('La fidelidad de uso bajó del 31 % al 22 % (30 días)'),
        ('Ya no se observa: el NPS, el CSAT; Ahora se observa: la nota media de las reseñas'),
        ('El crecimiento de usuarios bajó del 13 % al 10 % (60 días)'),
        ('Redondeo')$$, 'in the language of the CSM');
select results_eq(
    $$select reason from cs_health.explain_change(pg_temp.t(1), '2026-02-10', '2026-01-10', 'es')$$,
    $$values
        ('El número de tickets abiertos bajó de 4 a 1'),
        ('La fidelidad de uso subió del 22 % al 31 % (30 días)'),
        ('Ya no se observa: la nota media de las reseñas; Ahora se observa: el NPS, el CSAT'),
        ('El crecimiento de usuarios subió del 10 % al 13 % (60 días)'),
        ('Redondeo')$$, 'backwards');
select is_empty($$select * from cs_health.explain_change(pg_temp.t(1), '2026-01-10', '2026-01-10')$$,
    'a day and itself');

select pg_temp.store(pg_temp.t(2), '2026-01-10', s.id, '{"stickiness": 0.301, "adoption": 0.5, "open_tickets": 4,
    "mau": 12, "mau_growth": 0.1, "tenure_days": 20}') from spec as s;
select pg_temp.store(pg_temp.t(2), '2026-01-24', s.id, '{"stickiness": 0.304, "adoption": 0.5, "open_tickets": 4,
    "mau": 12, "mau_growth": 0.1, "tenure_days": 34}') from spec as s;
select pg_temp.store(pg_temp.t(2), '2026-01-25', s.id, '{"adoption": 0.5, "open_tickets": 4, "mau": 0,
    "mau_growth": -1, "tenure_days": 34}') from spec as s;
select pg_temp.store(pg_temp.t(2), '2026-01-26', o.id, '{"adoption": 0.5, "open_tickets": 4, "mau": 0,
    "mau_growth": -1, "tenure_days": 34, "invoices_overdue": 3}') from own as o;
select pg_temp.store(pg_temp.t(2), '2026-01-27', s.id, '{"stickiness": 0.304, "adoption": 0.5, "open_tickets": 4,
    "mau": 12, "mau_growth": 0.1, "tenure_days": 34}') from spec as s;
select results_eq(
    $$select reason from cs_health.explain_change(pg_temp.t(2), '2026-01-10', '2026-01-24')$$,
    $$values ('Days as a customer rose from 20 to 34; the bound for user growth is 30')$$,
    'what begins to count with age');
select results_eq(
    $$select reason from cs_health.explain_change(pg_temp.t(2), '2026-01-10', '2026-01-24', 'es')$$,
    $$values ('La antigüedad en días subió de 20 a 34; el límite para el crecimiento de usuarios es 30')$$,
    'in Spanish, and the language of the settings where there is no CSM');
select results_eq(
    $$select measure, value_from, value_to, reason
        from cs_health.explain_change(pg_temp.t(2), '2026-01-24', '2026-01-25') where measure = 'stickiness'$$,
    $$values ('stickiness', 0.304::float8, null::float8, 'Stickiness went from 30 % to no value (30 days)')$$,
    'another measure stands in');
select is((select reason from cs_health.explain_change(pg_temp.t(2), '2026-01-25', '2026-01-24', 'es')
    where measure = 'stickiness'), 'La fidelidad de uso pasó de no tener valor al 30 % (30 días)', 'and gives way');
select is((select string_agg(reason, '|' order by rank)
    from cs_health.explain_change(pg_temp.t(2), '2026-01-25', '2026-01-26')),
    'Newly observed: invoices past due|Scorecard spec 1 was replaced by own 1|Rounding', 'another scorecard');
select is((select string_agg(reason, '|' order by rank)
    from cs_health.explain_change(pg_temp.t(2), '2026-01-25', '2026-01-26', 'es')),
    'Ahora se observa: la medida «invoices past due»|El modelo de puntuación spec 1 se sustituyó por own 1|Redondeo',
    'and in Spanish');
select is(cs_health._change_text('stickiness', 0.3041, 0.3043, 'ratio', 1, 'es'),
    'La fidelidad de uso subió del 30,41 % al 30,43 % (1 día)', 'what looks alike is given more decimals');

select is((select string_agg(b.code, ', ') from cs_health.builtin_measures() as b
    where cs_health._measure_label(b.code, 'en') in (b.code, b.description) and b.code not in ('stickiness', 'events',
        'logins') or cs_health._measure_label(b.code, 'es') like '%«%'), null, 'every built-in measure has a name');

-- What is refused
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
select is(pg_temp.refusal($$cs_health.explain_change(pg_temp.t(1), '2026-01-10', '2026-01-20')$$),
    '22023 | tenant 00000000-0000-4000-8000-000000000001 has no score of 2026-01-20 | '
    'The nearest scored days are 2026-01-10 and 2026-02-10.', 'a day without a score');
select is(pg_temp.refusal($$cs_health.explain_change(pg_temp.t(3), '2026-01-10', '2026-01-20')$$),
    '22023 | tenant 00000000-0000-4000-8000-000000000003 has no score of 2026-01-10 | '
    'It was never scored; CALL cs_health.recalculate() scores yesterday, replay() history.', 'a tenant without one');
select is(pg_temp.refusal($$cs_health_v1.explain_change(pg_temp.t(9), '2026-01-10', '2026-01-20')$$),
    'PT404 | unknown tenant | Tenants are listed at health-scores.', 'nobody, by way of the API');
select is(pg_temp.refusal($$cs_health_v1.explain_change(pg_temp.t(1), '2026-01-10', '2026-01-20')$$),
    'PT404 | no score on that day | The scored days are listed by health_score_history.', 'a day without a score');

-- By way of the API, with a CSM's rights
call cs_health.install_roles();
set local role cs_health_csm;
select set_config('request.jwt.claims', '{"email": "ana@example.com"}', true) is null;
select is((select string_agg(reason, '|' order by rank)
    from cs_health_v1.explain_change(pg_temp.t(1), '2026-01-10', '2026-02-10')),
    'El número de tickets abiertos subió de 1 a 4|La fidelidad de uso bajó del 31 % al 22 % (30 días)|'
    'Ya no se observa: el NPS, el CSAT; Ahora se observa: la nota media de las reseñas|'
    'El crecimiento de usuarios bajó del 13 % al 10 % (60 días)|Redondeo', 'a CSM asks');
select is(pg_temp.refusal($$cs_health_v1.explain_change(pg_temp.t(2), '2026-01-10', '2026-01-24')$$),
    'PT404 | unknown tenant | Tenants are listed at health-scores.', 'of a tenant that is not the CSM''s');
reset role;

-- An override changes what is shown, not the score
insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, expires_on)
values (pg_temp.t(1), 'critical', 'Champion left', 'ana@example.com', '2026-02-05', '2026-03-01');
select results_eq(
    $$select cause, points, reason from cs_health.explain_change(pg_temp.t(1), '2026-01-10', '2026-02-10', 'en')
        where cause in ('override', 'rounding')$$,
    $$values ('override', 0.00, 'Category set to critical by ana@example.com through 2026-03-01: Champion left'),
        ('rounding', -0.50, 'Rounding')$$, 'a row of its own, before rounding');
select is(
    (select reason from cs_health.explain_change(pg_temp.t(1), '2026-02-10', '2026-01-10', 'es')
        where cause = 'override'),
    'Ya no rige la categoría «crítico» que fijó ana@example.com', 'and backwards, in Spanish');
select is(
    (select sum(points) from cs_health.explain_change(pg_temp.t(1), '2026-01-10', '2026-02-10')),
    (select max(h.overall_score) filter (where h.as_of = '2026-02-10')
        - max(h.overall_score) filter (where h.as_of = '2026-01-10')
    from cs_health.customer_health as h where h.tenant_id = pg_temp.t(1))::numeric,
    'the sum is the change all the same');

select * from finish();
rollback;
