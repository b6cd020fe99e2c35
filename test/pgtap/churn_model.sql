-- The registry of churn models: what may be published, one active model at most, going back.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set client_min_messages = warning;
begin;

create function pg_temp.model(version text, figures jsonb default '{}', extra jsonb default '{}') returns jsonb
language sql as $$
    select cs_health.compile_model(jsonb_build_object(
        'format', 1, 'version', version, 'trained', true, 'lead_days', 30, 'horizon_days', 60, 'base_rate', 0.02,
        'intercept', -4, 'risk_bands', '{"medium": 1, "high": 3, "critical": 8}'::jsonb,
        'features', '[{"measure": "stickiness", "transform": "none", "mean": 0.2, "sd": 0.1, "coefficient": -0.5}]'
            ::jsonb,
        'metrics', '{"auc": 0.78, "auc_low": 0.7, "log_loss": 0.08, "log_loss_base": 0.09}'::jsonb || figures) || extra)
$$;
create function pg_temp.keep(document jsonb) returns text language sql as $$
    insert into cs_health.churn_model (version, document) values (document ->> 'version', document) returning version
$$;
create function pg_temp.active() returns text language sql as $$
    select string_agg(m.version, ', ') from cs_health.churn_model as m where m.status = 'active'
$$;

select plan(63);

-- what ships
select is(pg_temp.active(), 'prior-1', 'the expert prior is in use from the start');
select is((select m.trained from cs_health.churn_model as m where m.version = 'prior-1'), false,
    'and says that it was not trained');
select is((select count(*) from cs_health._model_faults(cs_health._prior_model())), 0::bigint,
    'what claims no skill is not judged');
select matches(c.value, 'was not trained on your data', 'its card says so')
from cs_health.churn_model_card() as c where c.item = 'notice';
select throws_ok('select cs_health.rollback_model()', '42704', 'no churn model was in use before the active one');

-- publishing
select pg_temp.keep(pg_temp.model('good-1'));
select is(pg_temp.active(), 'prior-1', 'a candidate is not in use');
select is(cs_health.publish_model('good-1'), 'good-1', 'a model with skill is published');
select is(pg_temp.active(), 'good-1', 'and the only one in use');
select is(m.status || ', ' || (m.retired_at is not null), 'retired, true', 'the prior is retired')
from cs_health.churn_model as m where m.version = 'prior-1';
select is(cs_health.publish_model('good-1'), 'good-1', 'publishing it again changes nothing');
select is((select count(*) from cs_health.churn_model_change), 2::bigint, 'not even the record');
select throws_ok('select cs_health.publish_model(''nobody'')', '42704', 'churn model "nobody" does not exist');
select throws_ok('select cs_health.publish_model(null)', '42704');

-- the gate
create temp table refused (nr integer generated always as identity, figures jsonb, extra jsonb, forceable boolean,
    fault text);
insert into refused (figures, extra, forceable, fault) values
    ('{"auc": 0.55, "auc_low": 0.47}', '{}', false, 'no better than chance'),
    ('{"auc_low": 0.5}', '{}', false, 'no better than chance'),
    ('{"log_loss": 0.09}', '{}', false, 'no better than the base rate'),
    ('{"log_loss": 0.1}', '{}', false, 'no better than the base rate'),
    ('{}', '{"metrics": null}', false, 'never judged'),
    ('{}', '{"metrics": {}}', false, 'never judged'),
    ('{"auc": null}', '{}', false, 'never judged'),
    ('{"auc": 0.94}', '{}', true, 'suspiciously perfect'),
    ('{"auc": 1}', '{}', true, 'suspiciously perfect'),
    ('{}', '{"audit": [{"measure": "csat", "auc": 0.9}, {"measure": "nps", "auc": 0.6}]}', true,
        'measure "csat" alone predicts too well');
select pg_temp.keep(pg_temp.model('bad-' || r.nr, r.figures, r.extra)) from refused as r;
select throws_matching(format('select cs_health.publish_model(%L)', 'bad-' || r.nr), r.fault)
from refused as r order by r.nr;
select is(pg_temp.active(), 'good-1', 'the active model stays');
select throws_matching(format('select cs_health.publish_model(%L, force => true)', 'bad-' || r.nr), r.fault)
from refused as r where not r.forceable order by r.nr;
select is(pg_temp.active(), 'good-1', 'force makes no skill');
select is(cs_health.publish_model('bad-10', force => true), 'bad-10', 'a suspicion can be passed over');
select matches(c.forced[1], 'csat', 'which is noted')
from cs_health.churn_model_change as c order by c.id desc limit 1;

-- going back
select is(cs_health.rollback_model(), 'good-1', 'back to the one before');
select is(pg_temp.active(), 'good-1', 'which is in use again');
select is(cs_health.rollback_model(), 'prior-1', 'and back to the one before that');
select is(pg_temp.active(), 'prior-1', 'the prior');

-- whoever writes
select throws_ok($$update cs_health.churn_model set status = 'active' where version = 'good-1'$$, '23505', null,
    'two active models cannot be');
select throws_ok($$insert into cs_health.churn_model (version, document) values ('x', '{"version": "x"}')$$, '22023',
    null, 'a document that is none is refused by the table');
select throws_ok($$insert into cs_health.churn_model (version, document)
    select 'other', m.document from cs_health.churn_model as m where m.version = 'good-1'$$, '23514', null,
    'a version is the document''s');
select throws_ok($$select cs_health.compile_model(cs_health._prior_model()
    #- '{features,0,measure}' || '{"features": [{"measure": "nonsense"}]}')$$, '22023', null,
    'a model that names unknown measures is refused');
select throws_ok($$select cs_health.check_model(cs_health.compile_model(cs_health._prior_model()) || '{"format": 2}')$$,
    '22023', null, 'so is a document of a newer version');

-- Documents that would stop a run are refused before they can be published
select throws_ok(format('insert into cs_health.churn_model (version, document) values (%L, %L)', 'odd', d.document),
    '23514',
    null, 'refused: ' || d.what)
from (values
    ('without positions', pg_temp.model('odd') #- '{features,0,position}'),
    ('figures that are none', pg_temp.model('odd', extra => '{"training": "x"}')),
    ('a calibration that is none', pg_temp.model('odd', extra => '{"calibration": 5}')),
    ('a date that is none', pg_temp.model('odd', extra => '{"trained_at": "garbage"}'))) as d(what, document);
select pg_temp.keep(pg_temp.model('empty', extra => '{"features": []}'));
select is(cs_health.publish_model('empty'), 'empty', 'a model without features predicts its intercept');
select is(round(cs_health._churn_probability('{1,2}', cs_health._prediction_part(m.document))::numeric, 6),
    round((1 / (1 + exp(4)))::numeric, 6), 'for everybody')
from cs_health.churn_model as m where m.version = 'empty';
select is((select count(*) from cs_health.churn_alert_review(version => 'empty')), 0::bigint, 'and can be reviewed');

-- Figures of the card
select is(cs_health._p_value(c, e), p, format('p-value of %s / %s', c, e))
from (values (1.959964, 1.0, '0.0500'), (-2.575829, 1, '0.0100'), (0, 1, '1.0000'), (4, 1, '< 0.0001'), (1, null, null),
    (0, 0, null)) as v(c, e, p);
-- Hanley and McNeil 1982: AUC 0.8, 50 events and 100 others
select is(round(cs_health._auc_std_error(0.8, 50, 100)::numeric, 6), round(sqrt((0.16 + 49 * (0.8 / 1.2 - 0.64)
    + 99 * (2 * 0.64 / 1.8 - 0.64)) / 5000)::numeric, 6), 'the standard error of an AUC');
select is(cs_health._bin(v, '{1,2}'), b, format('bin of %s', coalesce(v::text, 'null')))
from (values (null::float8, 0), (0.5, 1), (1, 2), (1.5, 2), (2, 3), (9, 3)) as v(v, b);

select * from finish();
rollback;
