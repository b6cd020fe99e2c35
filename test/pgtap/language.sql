-- The language of what somebody reads: that of the request, else the reader's, else that of the customer's CSM.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
begin;
set local client_min_messages = warning;
select * from no_plan();
\ir include/scored_days.sql
\ir include/roles.sql

-- Which language a header prefers
select is(cs_health._accepted_language(v.header), v.language, format('Accept-Language %L', v.header))
from (values ('es', 'es'), ('EN', 'en'), ('es-ES,es;q=0.9,en;q=0.8', 'es'), ('fr, en;q=0.2, es;q=0.3', 'es'),
    ('en;q=0.5,es;q=0.5', 'en'), ('en;q=0,es;q=0.1', 'es'), (' es ; q = 1.000 ', 'es'), ('es;q=lots', 'es'),
    ('fr', null), ('est', null), ('*', null), ('', null), (',,;;', null), ('es en', null), ('en;q=0', null),
    ('''; drop table x', null), (repeat('fr,', 10000) || 'en', 'en'), (null, null)) as v(header, language);
create function public.asked(headers text) returns text language plpgsql as $$
begin
    perform set_config('request.headers', headers, true);
    return cs_health._asker_language();
end
$$;
select is(public.asked(v.headers), v.language, format('headers %L', v.headers))
from (values ('{"accept-language": "es"}', 'es'), ('{"host":"x","accept-language":"en, es"}', 'en'),
    ('{"accept-language" : ""}', null), ('{}', null), ('', null), ('junk', null), ('[1', null),
    ('{"accept-language": null}', null), ('{"x-accept-language": "es"}', null),
    ('{"cookie": "\"accept-language\": \"es\""}', null)) as v(headers, language);

-- A customer of an English CSM, with something to read in every view
set local cs_health.now = '2026-03-10 12:00+00';
insert into cs_health.csm (email, name, locale, manager_email) values ('bob@us.test', 'Bob', 'en', null),
    ('leo@us.test', 'Leo Paz', 'es', null), ('kim@us.test', 'Kim', 'en', null);
insert into cs_health.tenant (id, name, csm, arr, signed_up_at, contract_ends_on)
select public.t(i), 'Tenant ' || i, 'bob@us.test', i * 1000, '2025-01-01', '2026-04-01' from generate_series(1, 2) as i;
update cs_health.tenant set status = 'churned', churned_on = '2026-02-20', contract_ends_on = null
where id = public.t(2);
select public.ran('2026-03-09'), public.ran('2026-03-02');
select public.scored(public.t(1), '2026-03-02', 45, 'low'), public.scored(public.t(1), '2026-03-09', 20, 'low');
update cs_health.customer_health set measures[(select position from cs_health.measure where code = 'nps')] = 50
where as_of = '2026-03-02';
select cs_health._show_health();
insert into cs_health.journey_entry (tenant_id, entered_on, stage, reason)
values (public.t(1), '2025-01-01', 'onboarding', 'sign_up');
insert into cs_health.cs_playbook (id, name, trigger_type, trigger_conditions, steps, priority) values (public.t(90),
    'Care', 'health_drop', '{"fact": "overall_score", "op": "<", "value": 60}',
    '[{"day": 0, "action": "talk", "channel": "call", "subject": "Call", "template": "Ask"}]', 'urgent');
insert into cs_health.playbook_execution (tenant_id, id, playbook_id, playbook_name, status, created_at, created_by,
    trigger, steps, params) values (public.t(1), public.t(11), public.t(90), 'Care', 'waiting', cs_health._now(),
    'engine', '[{"fact": "overall_score", "op": "<", "value": 60, "actual": 45, "for_days": 1}]', '[1]', '{}');
insert into cs_health.task (tenant_id, source_key, kind, title, assignee, due_on, created_at)
select public.t(1), 'task ' || c.email, 'manual', '-', c.email, '2026-03-09', now() from cs_health.csm as c;

-- Every text, as one
create table public.place (name text primary key, query text not null);
insert into public.place values
    ('health_scores', 'select recommended_action from cs_health_v1.health_scores'),
    ('churn_factors', 'select string_agg(f ->> ''text'', ''; '') from cs_health_v1.churn_predictions,
        jsonb_array_elements(top_risk_factors) as f'),
    ('churn_actions', 'select string_agg(f ->> ''text'', ''; '') from cs_health_v1.churn_predictions,
        jsonb_array_elements(recommended_actions) as f'),
    ('churn_notice', 'select notice from cs_health_v1.churn_predictions'),
    ('explain_prediction', 'select string_agg(reason, ''; '') from cs_health_v1.explain_prediction(public.t(1))'),
    ('explain_change', 'select string_agg(reason, ''; '')
        from cs_health_v1.explain_change(public.t(1), ''2026-03-02'', ''2026-03-09'')'),
    ('what_would_help', 'select string_agg(sentence, ''; '') from cs_health_v1.what_would_help(public.t(1))'),
    ('movers', 'select string_agg(reason, ''; '') from cs_health_v1.movers()'),
    ('renewals', 'select reason from cs_health_v1.renewals'),
    ('disagreements', 'select what_to_do from cs_health_v1.disagreements'),
    ('journey', 'select title from cs_health_v1.journey(public.t(1)) where source = ''stage'''),
    ('journey_chart', 'select cs_health_v1.journey_chart(public.t(1)) #>> ''{stages,0,name}'''),
    ('journey_stages', 'select stage_name from cs_health_v1.journey_stages where tenant_id = public.t(1)'),
    ('stalled', 'select stage_name from cs_health_v1.stalled where tenant_id = public.t(1)'),
    ('journey_funnel', 'select string_agg(name, '', '') from cs_health_v1.journey_funnel()'),
    ('tenants', 'select stage_name from cs_health_v1.tenants where id = public.t(1)'),
    ('objectives', 'select string_agg(title || formula || benchmark || excluded, ''; '')
        from cs_health_v1.objectives'),
    ('playbook_executions', 'select why from cs_health_v1.playbook_executions'),
    ('approvals', 'select what || why from cs_health_v1.approvals'),
    ('playbook_results', format('select trigger_text from cs_health_v1.playbook_results where playbook_id = %L',
        public.t(90))),
    ('missed_churn', 'select reason from cs_health_v1.missed_churn'),
    ('churn_alert_review', 'select reason from cs_health_v1.churn_alert_review()');
grant select on public.place to public;
create function public.read(place text, role_name text, email text, language text default null) returns text
language plpgsql as $$
begin
    perform set_config('request.headers', case when language is not null
        then jsonb_build_object('accept-language', language)::text else '' end, true);
    return public.said(role_name, email, (select p.query from public.place as p where p.name = place));
end
$$;
create table public.answer as
select p.name, public.read(p.name, 'cs_health_csm_all', 'leo@us.test', 'en') as en,
    public.read(p.name, 'cs_health_csm_all', 'leo@us.test', 'es') as es
from public.place as p;
select ok(a.en <> a.es and length(a.en) > 5 and length(a.es) > 5, format('%s: "%s" is "%s"', a.name, left(a.en, 60),
    left(a.es, 60))) from public.answer as a order by a.name;
select is((select row(a.en, a.es)::text from public.answer as a where a.name = 'health_scores'),
    (select row(cs_health.recommended_action('critical', 'en'), cs_health.recommended_action('critical', 'es'))::text),
    'one of them to the letter');
select is((select row(a.en, a.es)::text from public.answer as a where a.name = 'disagreements'),
    (select row(w.en, w.es)::text from (values ('Low, but like customers that stay: ask what they need and whether '
        'the plan fits; no escalation for this alone', 'Baja, pero como la de clientes que se quedan: preguntar qué '
        'necesitan y si el plan encaja; esto solo no justifica una escalada')) as w(en, es)), 'and another');

-- Whoever asks for nothing, or for a language that there is not, reads the own one, whosever the customer is
select is(public.read(a.name, 'cs_health_csm_all', 'leo@us.test', h), a.es, format('%s of a Spaniard, %L', a.name, h))
from public.answer as a, unnest(array[null, '', 'fr', '*']) as h;
select is(public.read(a.name, 'cs_health_csm_all', 'kim@us.test'), a.en, a.name || ' of an English colleague')
from public.answer as a;
select is(public.read(a.name, 'cs_health_csm', 'bob@us.test', l.code), case l.code when 'es' then a.es else a.en end,
    format('%s of the CSM, %L', a.name, l.code)) from public.answer as a, unnest(array[null, 'en', 'es']) as l(code);
-- An administrator who is no colleague reads as the customer's CSM does, and the installation's where there is none
select is(public.read(a.name, 'cs_health_admin', 'root@us.test'), a.en, a.name || ' of who has no language')
from public.answer as a;
select is(public.read(a.name, 'cs_health_admin', 'root@us.test', 'es'), a.es, a.name || ' of who asks for one')
from public.answer as a;
update cs_health.csm set locale = 'es' where email = 'bob@us.test';
update cs_health.settings set locale = 'es';
select is(public.read(a.name, 'cs_health_admin', 'root@us.test'), a.es, a.name || ' as the CSM reads it')
from public.answer as a;
update cs_health.csm set locale = 'en' where email = 'bob@us.test';
update cs_health.settings set locale = 'en';

-- An argument counts more than all of these
select set_config('request.headers', '{"accept-language": "es"}', true);
select is((select string_agg(e.reason, '; ') from cs_health.explain_change(public.t(1), '2026-03-02', '2026-03-09',
    'en') as e), a.en, 'explain_change() in the language given')
from public.answer as a where a.name = 'explain_change';
select is((select string_agg(w.sentence, '; ') from cs_health.what_would_help(public.t(1), 'en') as w), a.en,
    'so what_would_help()') from public.answer as a where a.name = 'what_would_help';
select is((select string_agg(o.title || o.formula || o.benchmark || o.excluded, '; ')
    from cs_health.objectives('en') as o), a.en, 'and objectives()')
from public.answer as a where a.name = 'objectives';

-- The digest as it is read is in the reader's language, the one that is sent in its recipient's
create function public.digest(email text, language text) returns text language plpgsql as $$
begin
    perform set_config('request.headers', case when language is not null
        then jsonb_build_object('accept-language', language)::text else '' end, true);
    return public.said('cs_health_csm_all', email,
        'select string_agg(d.section || '': '' || d.line, ''; '') from cs_health_v1.digest_today() as d');
end
$$;
select is(public.digest('kim@us.test', 'es'), 'Tareas para hoy: Tenant 1: - (desde el 9/3/2026)',
    'a digest in Spanish');
select is(public.digest('leo@us.test', 'en'), 'Due today: Tenant 1: - (since 9 Mar 2026)', 'in English');
select is(public.digest('leo@us.test', null), 'Tareas para hoy: Tenant 1: - (desde el 9/3/2026)', 'in one''s own');
select set_config('request.headers', '{"accept-language": "es"}', true);
select results_eq($$select d.assignee, d.language, split_part(d.body, E'\n', 1)
        from cs_health._digests('2026-03-10', '2026-03-09') as d where d.assignee <> 'bob@us.test' order by 1$$,
    $$values ('kim@us.test', 'en', 'Due today'), ('leo@us.test', 'es', 'Tareas para hoy')$$,
    'who makes the digests has no say in their language');
select is(cs_health._template_values(public.t(1), null, 'en', '{}') ->> 'churn.risk_level', 'low',
    'nor has who lets a message go');

-- Who a colleague is does not depend on what a browser asks for
select is(public.said('cs_health_csm', 'kim@us.test', 'select locale from cs_health_v1.whoami()'), 'en',
    'whoami() says what a colleague reads by default');

-- No view chooses a language in a way of its own
select is((select string_agg(c.relname, ', ') from pg_class as c
        where c.relnamespace = 'cs_health_v1'::regnamespace and c.relkind = 'v'
            and pg_get_viewdef(c.oid) ~ '\mlocale\M' and pg_get_viewdef(c.oid) !~ '_asker_language'
            and c.relname not in ('contacts', 'in_app_messages')), null, 'every view asks for the reader''s');
select is((select string_agg(c.relname, ', ') from pg_class as c
        where c.relnamespace in ('cs_health'::regnamespace, 'cs_health_v1'::regnamespace) and c.relkind = 'v'
            and regexp_replace(pg_get_viewdef(c.oid), 'SELECT cs_health[.](_asker)?_language[(]', '', 'g')
                ~ '_language[(]'), null, 'once for all rows');

select * from finish();
rollback;
