-- The entity churn_prediction of the specification (section 3), field by field: as the API shows it, and in rows that
-- runs have made with a model that was not trained and with one that was.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set client_min_messages = warning;

-- What the specification says. shown_as: the type in the API, where UUID is uuid, DECIMAL(3,2) numeric(3,2), ENUM text,
-- DATE date, JSON array and JSON jsonb, VARCHAR(20) character varying(20) and TIMESTAMP timestamp with time zone.
create temp table field (
    nr integer generated always as identity, name text, shown_as text, required boolean, low numeric, high numeric,
    words text[]);
insert into field (name, shown_as, required, low, high, words) values
    ('id', 'uuid', true, null, null, null),
    ('tenant_id', 'uuid', true, null, null, null),
    ('probability', 'numeric(3,2)', true, 0, 1, null),
    ('risk_level', 'text', true, null, null, '{low,medium,high,critical}'),
    ('predicted_churn_date', 'date', false, null, null, null),
    ('top_risk_factors', 'jsonb', true, null, null, null),
    ('recommended_actions', 'jsonb', true, null, null, null),
    ('model_version', 'character varying(20)', true, null, null, null),
    ('confidence', 'numeric(3,2)', true, 0, 1, null),
    ('created_at', 'timestamp with time zone', true, null, null, null);

create function pg_temp.tenant(nr integer) returns uuid language sql immutable as $$
    select ('00000000-0000-4000-8000-' || lpad(nr::text, 12, '0'))::uuid
$$;

-- A busy tenant, a silent one with a contract, one that signed up yesterday and one without a plan; the second's CSM
-- reads Spanish
insert into cs_health.csm (email, name, locale) values ('ana@example.com', 'Ana', 'es');
insert into cs_health.plan (code, name) values ('basic', 'Basic');
insert into cs_health.feature (code, name) select 'f' || f, 'Feature ' || f from generate_series(1, 5) as f;
insert into cs_health.plan_feature (plan_code, feature) select 'basic', 'f' || f from generate_series(1, 5) as f;
insert into cs_health.tenant (id, name, plan_code, signed_up_at, contract_ends_on, csm, arr) values
    (pg_temp.tenant(1), 'Busy', 'basic', now() - interval '300 days', null, null, 12000),
    (pg_temp.tenant(2), 'Silent', 'basic', now() - interval '300 days', current_date + 300, 'ana@example.com', 24000),
    (pg_temp.tenant(3), 'New', 'basic', now() - interval '1 day', null, null, null),
    (pg_temp.tenant(4), 'Planless', null, null, null, null, null);
insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature, minutes)
select pg_temp.tenant(1), 'u' || d % 7, now() - d * interval '1 day', case d % 2 when 0 then 'login' else 'feature' end,
    case d % 2 when 1 then 'f' || d % 5 + 1 end, 7
from generate_series(1, 60) as d;
insert into cs_health.event (tenant_id, user_id, occurred_at, kind)
select pg_temp.tenant(2), 'u1', now() - interval '50 days', 'login';
call cs_health.replay((now() at time zone 'UTC')::date - 33);

-- A trained model: the prior's features, with a covariance
insert into cs_health.churn_model (version, document)
select 'trained', d.document from (
    select m.document || jsonb_build_object('version', 'trained', 'trained', true,
        'metrics', '{"auc": 0.8, "auc_low": 0.7, "log_loss": 0.05, "log_loss_base": 0.06}'::jsonb,
        'covariance', (
            select jsonb_agg(r.row order by r.i) from (
                select i, jsonb_agg(case when i = j then 0.01 else 0 end order by j) as row
                from generate_series(0, 10) as i, generate_series(0, 10) as j group by i) as r)) as document
    from cs_health.churn_model as m where m.version = 'prior-1') as d;

create temp table shown as select 'prior-1' as used, to_jsonb(p) as row from cs_health_v1.churn_predictions as p;
select cs_health.publish_model('trained') \g /dev/null
call cs_health.recalculate((now() at time zone 'UTC')::date - 1, rescore => true);
insert into shown select 'trained', to_jsonb(p) from cs_health_v1.churn_predictions as p;
create function pg_temp.shown(model text, nr integer, name text) returns text language sql as $$
    select s.row ->> name from shown as s where s.used = model and (s.row ->> 'tenant_id')::uuid = pg_temp.tenant(nr)
$$;

select plan((2 * (select count(*) from field) + 2 * (select count(*) from field where required)
    + 2 * (select count(*) from field where words is not null or low is not null))::integer + 48);

-- the API
select is(
    (select format_type(a.atttypid, a.atttypmod) from pg_attribute as a
     where a.attrelid = 'cs_health_v1.churn_predictions'::regclass and a.attname = f.name),
    f.shown_as, 'the API shows ' || f.name || ' as ' || f.shown_as)
from field as f order by f.nr;
select isnt(col_description('cs_health_v1.churn_predictions'::regclass, (
        select a.attnum from pg_attribute as a
        where a.attrelid = 'cs_health_v1.churn_predictions'::regclass and a.attname = f.name)), null,
    f.name || ' is described')
from field as f order by f.nr;

-- rows
select is(count(*), 4::bigint, 'every tenant has a prediction by ' || m.version)
from cs_health.churn_model as m left join shown as s on s.used = m.version group by m.version order by m.version;
select is(
    (select count(*) from shown as s where s.used = m.version and (s.row ->> f.name) is null), 0::bigint,
    format('by %s no row lacks %s', m.version, f.name))
from field as f cross join cs_health.churn_model as m where f.required order by m.version, f.nr;
select is(
    (select count(*) from shown as s where s.used = m.version and not case
        when f.words is not null then (s.row ->> f.name) = any (f.words)
        else (s.row ->> f.name)::numeric between f.low and f.high end), 0::bigint,
    format('by %s every %s is one of those that the specification names', m.version, f.name))
from field as f cross join cs_health.churn_model as m
where f.words is not null or f.low is not null order by m.version, f.nr;
select is((select count(distinct p.id) from cs_health.churn_prediction as p),
    (select count(*) from cs_health.customer_health), 'every stored day has a prediction with an id of its own');
select is(pg_temp.shown('trained', t, 'id'), pg_temp.shown('prior-1', t, 'id'),
    'an id stays when the day is scored again') from generate_series(1, 4) as t;

-- values
select is(pg_temp.shown(m.version, 1, 'model_version'), m.version, 'model_version is ' || m.version)
from cs_health.churn_model as m order by m.version;
select cmp_ok(pg_temp.shown('prior-1', t, 'confidence')::numeric, '<=', 0.30,
    'an untrained prior has a confidence of at most 0.30') from generate_series(1, 4) as t;
select is(cs_health._churn_coverage('{}', m.document), 0::float8, 'nothing observed: no confidence')
from cs_health.churn_model as m where m.version = 'trained';
select is(round(cs_health._churn_coverage(cs_health._hide_measures(h.measures, array[7]), m.document)::numeric, 6),
    round((cs_health._churn_coverage(h.measures, m.document) - 0.35 / 2.85)::numeric, 6),
    'a measure that is missing takes its weight along')
from cs_health.customer_health as h, cs_health.churn_model as m
where h.tenant_id = pg_temp.tenant(1) and h.as_of = (now() at time zone 'UTC')::date - 1 and m.version = 'trained';
select is((cs_health.recalculate_tenant(pg_temp.tenant(1))).churn_probability,
    cs_health._churn_probability((cs_health.health_now(pg_temp.tenant(1))).measures, m.document),
    'a live score has the same prediction') from cs_health.churn_model as m where m.version = 'trained';
select isnt(pg_temp.shown('prior-1', 1, 'notice'), null, 'and says that it was not trained');
select is(pg_temp.shown('trained', 1, 'notice'), null, 'a trained model has no such notice');
select cmp_ok(pg_temp.shown('trained', 2, 'probability_exact')::float8, '>',
    5 * pg_temp.shown('trained', 1, 'probability_exact')::float8, 'the silent tenant is likelier to leave');
select is(pg_temp.shown('trained', t, 'risk_level'),
    cs_health.risk_level(pg_temp.shown('trained', t, 'probability_exact')::float8, m.document),
    'the risk level is that of the model''s document')
from generate_series(1, 4) as t, cs_health.churn_model as m where m.version = 'trained';
select is(round(pg_temp.shown('trained', 2, 'confidence')::numeric, 2), round((h.coverage
        * cs_health._churn_coverage(h.measures, m.document)
        * exp(-cs_health._churn_half_width(h.measures, m.document)))::numeric, 2),
    'confidence = coverage x coverage of the model x exp(-half-width)')
from cs_health.customer_health as h, cs_health.churn_model as m
where h.tenant_id = pg_temp.tenant(2) and h.as_of = (now() at time zone 'UTC')::date - 1 and m.version = 'trained';

-- the date, of a window that begins on the 31st day: 31 January
create function pg_temp.left_by(p double precision, contract date default null) returns date language sql as $$
    select cs_health._predicted_churn_date('2026-01-01', 30, 60, p, contract)
$$;
select is(pg_temp.left_by(0.5), '2026-04-01', 'p 0.5: the last day of the window');
select is(pg_temp.left_by(0.75), '2026-03-02', 'p 0.75: half way through it');
select is(pg_temp.left_by(0.5, '2026-06-30'), '2026-06-30', 'the end of the contract');
select is(pg_temp.left_by(0.5, '2026-01-15'), '2026-04-01', 'unless it is before');
select is(pg_temp.left_by(0.117), '2027-01-01', 'within 365 days');
select is(pg_temp.left_by(0.11), null, 'null beyond 365 days');
select is(pg_temp.left_by(0.5, '2027-01-02'), null, 'so with a contract');
select is(pg_temp.left_by(p), null, 'hardly likely: ' || p) from unnest(array[0, 1e-300, 1e-17]) as p;
select is(pg_temp.left_by(1), '2026-02-01', 'certain: the first day of the window');
select is((select count(*) from shown as s where (s.row ->> 'predicted_churn_date')::date
    < (s.row ->> 'window_from')::date), 0::bigint, 'never before the window');
select is(cs_health._risk_bands(0.02), '{"medium": 1, "high": 3, "critical": 8}', 'levels by lift');
select ok((b ->> 'critical')::float8 * r < 1 and b ->> 'high' < b ->> 'critical',
    'every level can be reached with a base rate of ' || r)
from unnest(array[0.0625, 0.07, 0.2, 0.5, 0.99]) as r, cs_health._risk_bands(r) as b;
select is(round((r * (cs_health._risk_bands(r) ->> 'high')::float8)::numeric, 9), 0.6,
    '3 times the odds of 1 to 2 is 60 %')
from (select 1 / 3.0::float8 as r) as r;

-- the documents
select ok(bool_and(f ?& '{rank,measure,value,baseline,contribution,percentage_points,text}'), 'what a factor tells')
from shown as s, jsonb_array_elements(s.row -> 'top_risk_factors') as f where s.used = 'trained';
select ok(bool_and(a ?& '{rank,action,text,playbook,factor}'), 'what an action tells')
from shown as s, jsonb_array_elements(s.row -> 'recommended_actions') as a where s.used = 'trained';
select is((select count(*) from shown as s, jsonb_array_elements(s.row -> 'recommended_actions') as a
        where a ->> 'factor' is not null and not exists (
            select from jsonb_array_elements(s.row -> 'top_risk_factors') as f
            where f ->> 'measure' = a ->> 'factor')), 0::bigint, 'every action answers one of the factors');
select matches(pg_temp.shown('trained', 2, 'top_risk_factors'), 'Sin actividad', 'in the language of the CSM');
select is(round(sum(e.contribution)::numeric, 5), round(ln(p.p / (1 - p.p))::numeric, 5),
    'contributions and intercept add up to the log-odds')
from cs_health.explain_prediction(pg_temp.tenant(2)) as e,
    (select pg_temp.shown('trained', 2, 'probability_exact')::float8 as p) as p group by p.p;

select finish();
