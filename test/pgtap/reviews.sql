-- Disagreements of score, model and CSM; and what there was to see of customers that left.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set client_min_messages = warning;
set timezone = 'UTC';
\ir include/scored_days.sql

create function public.tenant(i integer, more jsonb default '{}') returns void language sql as $$
    insert into cs_health.tenant (id, name, status, churned_on, churn_notice_on, csm, arr, holdout)
    values (public.t(i), 'Tenant ' || i, coalesce(more ->> 'status', 'active'), (more ->> 'churned_on')::date,
        (more ->> 'notice')::date, more ->> 'csm', 1000 * i, coalesce((more ->> 'holdout')::boolean, false))
$$;
-- Who disagrees, of all tenants: '3 model > score; 4 ...' - optimists before pessimists
create function public.disagreements() returns text language sql as $$
    select string_agg(format('%s %s > %s', ltrim(split_part(d.tenant_id::text, '-', 5), '0'),
        array_to_string(d.optimists, '+'), array_to_string(d.pessimists, '+')), '; ' order by d.tenant_id)
    from cs_health_v1.disagreements as d
$$;
-- What fired for somebody, or was suppressed: 'alert 40, category 20', the days before in numbers
create function public.trace(i integer, which boolean default true) returns text language sql as $$
    select string_agg(concat_ws(' ', e ->> 'what', e ->> 'days_before'), ', ' order by e ->> 'on', e ->> 'what')
    from cs_health.churn_postmortem('2026-01-01', '2026-03-09', 'en') as p
    cross join jsonb_array_elements(case when which then p.fired else p.suppressed end) as e
    where p.tenant_id = public.t(i)
$$;
create function public.texts(i integer, what text, locale text default 'en') returns text language sql as $$
    select string_agg(e ->> 'text', '; ' order by e ->> 'on', e ->> 'text')
    from cs_health.churn_postmortem('2026-01-01', '2026-03-09', texts.locale) as p
    cross join jsonb_array_elements(p.fired || p.suppressed) as e
    where p.tenant_id = public.t(i) and e ->> 'what' = texts.what
$$;

select plan(64);

select set_config('cs_health.now', '2026-03-10 12:00+00', false) is not null;
insert into cs_health.csm (email, name, locale) values ('ana@us.test', 'Ana', 'es'), ('bob@us.test', 'Bob', 'en');
select public.ran(d::date) from generate_series('2026-03-05'::timestamp, '2026-03-09', '1 day') as d;

-- Every pair of what the score and the model say, on five days
select public.tenant(10 * s.nr + l.nr, jsonb_build_object('csm', case l.nr when 1 then 'bob@us.test' end))
from (values (1), (2), (3), (4)) as s(nr), (values (1), (2), (3), (4)) as l(nr);
select public.scored(public.t(10 * s.nr + l.nr), d::date, s.score, l.level)
from (values (1, 90), (2, 70), (3, 50), (4, 20)) as s(nr, score),
    (values (1, 'low'), (2, 'medium'), (3, 'high'), (4, 'critical')) as l(nr, level),
    generate_series('2026-03-05'::timestamp, '2026-03-09', '1 day') as d;
select is(public.disagreements(), '13 score > model; 14 score > model; 41 model > score',
    'healthy at high or critical risk, critical at low risk; what lies between contradicts nobody');

-- pulses
insert into cs_health.pulse (tenant_id, rating, csm, at) values
    (public.t(12), 2, 'ana@us.test', '2026-03-08'), (public.t(22), 2, 'ana@us.test', '2026-03-08'),
    (public.t(21), 1, 'ana@us.test', '2026-03-08'), (public.t(42), 4, 'ana@us.test', '2026-03-08'),
    (public.t(43), 5, 'ana@us.test', '2026-03-08'), (public.t(11), 3, 'ana@us.test', '2026-03-08'),
    (public.t(44), 1, 'ana@us.test', '2026-03-08'), (public.t(34), 5, 'ana@us.test', '2026-03-08');
select is(public.disagreements(), '12 score > pulse; 13 score > model; 14 score > model; 21 model > pulse; '
    '34 pulse > model; 41 model > score; 42 pulse > score; 43 pulse > score+model',
    'a pulse of 1 or 2 contradicts what is good, 4 or 5 what is bad');
insert into cs_health.pulse (tenant_id, rating, csm, at) values (public.t(12), 5, 'bob@us.test', '2026-03-09');
select is(public.disagreements() ~ '12 score', false, 'the latest pulse counts');
delete from cs_health.pulse where tenant_id in (public.t(12), public.t(42), public.t(34));
insert into cs_health.pulse (tenant_id, rating, csm, at) values
    (public.t(12), 2, 'bob@us.test', '2026-01-09 12:00+00'), (public.t(42), 4, 'bob@us.test', '2026-01-09 11:59+00');
select is(public.disagreements(), '12 score > pulse; 13 score > model; 14 score > model; 21 model > pulse; '
    '41 model > score; 43 pulse > score+model', 'for 60 days');
select results_eq('select since, pulse, pulse_by from cs_health_v1.disagreements where tenant_id = public.t(12)',
    $$values ('2026-03-05'::date, 2, 'bob@us.test')$$, 'a pulse from before the score said so');
select is((select d.since from cs_health_v1.disagreements as d where d.tenant_id = public.t(21)), '2026-03-08',
    'a pulse that came later');
begin;
insert into cs_health.pulse (tenant_id, rating, csm, at) values (public.t(21), 2, 'ana@us.test', '2026-03-06');
select is((select d.since from cs_health_v1.disagreements as d where d.tenant_id = public.t(21)), '2026-03-06',
    'the same said again does not begin anew');
insert into cs_health.pulse (tenant_id, rating, csm, at) values (public.t(21), 3, 'ana@us.test', '2026-03-07');
select is((select d.since from cs_health_v1.disagreements as d where d.tenant_id = public.t(21)), '2026-03-08',
    'after another pulse it does');
insert into cs_health.pulse (tenant_id, rating, csm, at) values (public.t(43), 4, 'ana@us.test', '2026-03-07'),
    (public.t(43), 3, 'ana@us.test', '2026-03-06'), (public.t(43), 5, 'ana@us.test', '2026-03-05');
select is((select d.since from cs_health_v1.disagreements as d where d.tenant_id = public.t(43)), '2026-03-07',
    'good ones as well');
rollback;

-- since when
select is((select d.since from cs_health_v1.disagreements as d where d.tenant_id = public.t(13)), '2026-03-05',
    'since the first day that is known');
select public.scored(public.t(13), '2026-03-06', 90, 'medium');
select is((select d.since from cs_health_v1.disagreements as d where d.tenant_id = public.t(13)), '2026-03-07',
    'since the risk has been high');
select public.scored(public.t(13), '2026-03-07', 79, 'critical');
select is((select d.since from cs_health_v1.disagreements as d where d.tenant_id = public.t(13)), '2026-03-08',
    'and the score healthy; high and critical are the same');
select public.scored(public.t(13), '2026-03-08', 90, 'high', 0.4);
select is((select d.since from cs_health_v1.disagreements as d where d.tenant_id = public.t(13)), '2026-03-09',
    'days without enough data say nothing');

-- who is not asked
select public.scored(public.t(41), '2026-03-09', 20, 'low', 0.49);
select is(public.disagreements() ~ '41', false, 'without enough data nobody disagrees');
update cs_health.tenant set churn_notice_on = '2026-03-01' where id = public.t(14);
select is(public.disagreements() ~ '14', false, 'nor when notice was given');
update cs_health.tenant set status = 'paused' where id = public.t(13);
select is(public.disagreements(), '12 score > pulse; 21 model > pulse; 43 pulse > score+model', 'active ones only');
update cs_health.tenant set status = 'active', churn_notice_on = null;
select public.scored(public.t(41), '2026-03-09', 20);

-- what to do, and the override beside it
select is((select string_agg(ltrim(split_part(d.tenant_id::text, '-', 5), '0') || ' ' || left(d.what_to_do, 15), ', '
    order by d.tenant_id) from cs_health_v1.disagreements as d),
    '12 Write down what, 13 Read why the mo, 14 Read why the mo, 21 Write down what, 41 Low, but like c, '
    '43 Check the pulse', 'whose words to check');
update cs_health.tenant set csm = 'ana@us.test';
select is((select count(distinct left(d.what_to_do, 5)) from cs_health_v1.disagreements as d
    where d.what_to_do ~ '^(Anotar|Leer|Baja,|Contra)'), 4::bigint, 'in the language of the CSM');
insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, expires_on)
values (public.t(13), 'at_risk', 'Their sponsor left', 'ana@us.test', '2026-03-01', '2026-03-10');
select results_eq('select category, override_category, override_reason from cs_health_v1.disagreements
    where tenant_id = public.t(13)', $$values ('healthy', 'at_risk', 'Their sponsor left')$$,
    'the computed category counts, the override stands beside it');
update cs_health.customer_health set churn_model_id = null, churn_probability = null;
select is(public.disagreements(), '12 score > pulse; 43 pulse > score', 'without a model the two others are left');

-- Post-mortem. 60 left on 9 March after all there can be
delete from cs_health.run;
select public.ran(d::date) from generate_series('2025-12-10'::timestamp, '2026-03-09', '1 day') as d;
update cs_health.run set told_at = now();
select public.tenant(60, '{"status": "churned", "churned_on": "2026-03-09", "notice": "2026-03-01",
    "csm": "ana@us.test"}');
select public.scored(public.t(60), d::date, case when d < '2026-02-07' then 90 when d < '2026-02-17' then 50
    when d < '2026-02-20' then 90 when d < '2026-02-27' then 20 else 50 end,
    case when d < '2026-01-28' then 'low' else 'high' end)
from generate_series('2025-12-09'::timestamp, '2026-03-08', '1 day') as d;
update cs_health.customer_health set calculated_at = as_of + 1;
insert into cs_health.churn_alert (tenant_id, started_on, last_high_on, ended_on, level, probability, churn_model_id,
    told)
values (public.t(60), '2026-01-28', '2026-03-01', '2026-03-01', 'high', 0.123, 1, 'message'),
    (public.t(60), '2025-11-01', '2025-11-05', '2025-11-20', 'high', 0.123, 1, 'message');
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change) values
    (public.t(60), '2024-01-01', 'new', 250), (public.t(60), '2026-02-28', 'churn', -250);
insert into cs_health.cs_playbook (id, name, trigger_type, trigger_conditions, steps)
values (public.t(1000), 'Save', 'health_drop', '{"fact": "overall_score", "op": "<", "value": 60}',
    '[{"day": 0, "action": "call", "channel": "call", "subject": "x", "template": "x"}]');
create function public.execution(i integer, tenant integer, status text, on_day date, started boolean default true)
returns void language sql as $$
    insert into cs_health.playbook_execution (tenant_id, id, playbook_id, playbook_name, status, created_at, created_by,
        started_on, trigger, steps, params, ended_at, outcome)
    select public.t(tenant), public.t(i), public.t(1000), 'Save', execution.status, on_day, 'engine',
        case when started then on_day end, '[]', p.steps, '{}',
        case when execution.status in ('cancelled', 'observed') then on_day + 1 end,
        case when execution.status = 'cancelled' then 'tenant is churned' end
    from cs_health.cs_playbook as p where p.id = public.t(1000)
$$;
select public.execution(2000, 60, 'cancelled', '2026-02-07');
insert into cs_health.playbook_step (tenant_id, execution_id, step_no, day, action, channel, status, due_at, planned_at,
    reason)
select public.t(60), public.t(2000), s.nr, s.nr, 'write', 'email', s.status, '2026-02-07', '2026-02-07'::date + s.nr,
    s.reason
from (values (1, 'sent', null), (2, 'held', 'no_booking_url'), (3, 'skipped', 'no_recipient'),
    (4, 'skipped', 'condition'), (5, 'skipped', 'replied'), (6, 'cancelled', 'tenant_churned'),
    (7, 'skipped', 'holdout'), (60, 'held', 'no_offer')) as s(nr, status, reason);
insert into cs_health.playbook_history (tenant_id, execution_id, at, actor, step_no, action, reason)
select public.t(60), public.t(2000), d, 'engine', 1, 'step moved', r
from (values (timestamptz '2026-02-08', 'contact_budget'), ('2026-02-09', 'contact_budget'), ('2026-02-10', 'closed'))
    as v(d, r);
insert into cs_health.task (tenant_id, source_key, kind, title, due_on, created_at) values
    (public.t(60), 'e', 'escalation', 'Tenant 60 is critical', '2026-02-20', '2026-02-20'),
    (public.t(60), 'm', 'manual', 'Call', '2026-02-20', '2026-02-20');
insert into cs_health.expansion_signal (tenant_id, signal_type, current_plan, detected_at)
values (public.t(60), 'usage_limit', 'pro', '2026-01-08');
insert into cs_health.pulse (tenant_id, rating, csm, at) values (public.t(60), 2, 'ana@us.test', '2026-02-22'),
    (public.t(60), 3, 'ana@us.test', '2026-02-21'), (public.t(60), 1, 'ana@us.test', '2025-11-22');
select is(public.trace(60), 'expansion_signal 60, alert 40, prediction 40, category 30, playbook 30, category 17, '
    'escalation 17, pulse 15, notice 8',
    'what fired in the 90 days before, in order: the first fall to each category, no rise, no older pulse');
select is(public.trace(60, false), 'contact_budget 29, step 28, step 27, step 23',
    'what was held back: not what a condition decided, nor what was due later');
select is(public.texts(60, 'step'),
    'Save, D+2 write: the CSM has no booking link; Save, D+3 write: nobody to write to; '
    'Save, D+7 write: the customer is a hold-out', 'steps in words');
select is(public.texts(60, 'category'), 'fell to at risk; fell to critical', 'categories in words');
select is(public.texts(60, 'alert'), 'risk high, 12.3 %', 'the alert in words');
select is(public.texts(60, 'playbook'), 'Save: tenant is churned', 'the playbook and how it ended');
select results_eq($$select verdict, alerted_on, lead_days, arr_lost, csm
    from cs_health.churn_postmortem('2026-03-09', '2026-03-09')$$,
    $$values ('flagged', '2026-01-28'::date, 40, 3000.00, 'ana@us.test')$$, 'verdict, lead time and what was lost');
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change) values
    (public.t(60), '2026-02-10', 'churn', -250), (public.t(60), '2026-02-10', 'reactivation', 250),
    (public.t(60), '2026-03-20', 'reactivation', 5), (public.t(60), '2026-03-20', 'churn', -4);
select is((select p.arr_lost from cs_health.churn_postmortem() as p where p.tenant_id = public.t(60)), 3000.00,
    'a change of plan is no loss: the last day that took more than it brought');
insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change)
values (public.t(60), '2026-03-09', 'contraction', -70), (public.t(60), '2026-03-09', 'churn', -30);
select is((select p.arr_lost from cs_health.churn_postmortem() as p where p.tenant_id = public.t(60)), 1200.00,
    'all that the last day took');
delete from cs_health.revenue_event where tenant_id = public.t(60) and occurred_on <> '2026-02-28';

-- 61 was seen and nobody was told; hold-out; overrides; no data
select public.tenant(61, '{"status": "churned", "churned_on": "2026-03-09", "holdout": true}');
insert into cs_health.churn_alert (tenant_id, started_on, last_high_on, level, probability, churn_model_id, told)
values (public.t(61), '2026-02-07', '2026-03-01', 'critical', 0.5, 1, 'baseline');
select public.execution(2001, 61, 'observed', '2026-02-17', false);
select public.execution(2002, 61, 'cancelled', '2026-02-18', false);
insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, expires_on, computed_category,
    ended_at)
values (public.t(61), 'healthy', 'x', 'ana', '2026-01-28', '2026-02-03', 'at_risk', '2026-02-04'),
    (public.t(61), 'critical', 'x', 'ana', '2026-02-27', '2026-03-08', 'at_risk', '2026-03-08'),
    (public.t(61), 'at_risk', 'x', 'ana', '2026-02-05', '2026-02-06', 'at_risk', '2026-02-06'),
    (public.t(61), 'critical', 'x', 'ana', '2025-11-05', '2025-11-09', 'at_risk', '2025-11-09');
select public.scored(public.t(61), d::date, 50, coverage => 0.4)
from generate_series('2026-02-27'::timestamp, '2026-03-02', '1 day') as d;
insert into cs_health.playbook_state (tenant_id, playbook_id, since, standing, reason)
values (public.t(61), public.t(1000), '2026-03-01', 'candidate', 'capacity');
update cs_health.run set told_at = null where as_of between '2026-03-04' and '2026-03-06';
insert into cs_health.measure_check (as_of, measure, tenants, observed, positive, had, lost, incident, accepted_at)
values ('2026-03-05', 'mau', 1, 1, 1, 1, 1, 'lost', null), ('2026-03-06', 'mau', 1, 1, 1, 1, 1, 'lost', null),
    ('2026-03-06', 'dau', 1, 1, 1, 1, 1, 'lost', now()), ('2026-03-06', 'wau', 1, 1, 1, 1, 1, null, null);
select is(public.trace(61), 'override 10', 'only a pessimistic override of the time fired');
select is(public.trace(61, false), 'override 40, alert_not_told 30, holdout 20, not_approved 19, no_data 10, queue 8, '
    'not_told 5, incident 4, holdout', 'everything else was held back');
select is(public.texts(61, 'alert_not_told'), 'risk critical, 50.0 %; it was so when first looked at, nobody was told',
    'why nobody was told');
select is(public.texts(61, 'override'), 'shown as healthy instead of at risk; shown as critical instead of at risk',
    'overrides in words');
select is(public.texts(61, 'no_data'), '4 days with less than half of the data', 'days without data');
select is(public.texts(61, 'not_told'), '3 days scored later or again, telling nobody', 'days that told nobody');
select is(public.texts(61, 'incident'), 'monthly users not counted on 2 days', 'incidents that nobody accepted');
select is(public.texts(61, 'queue'), 'Save, candidate, capacity', 'still in the queue');
select is(public.texts(61, 'queue', 'es'), 'Save, candidato, sin capacidad', 'the queue in Spanish');
select is(public.texts(60, 'expansion_signal', 'es'), 'límite de uso: nueva', 'a signal in Spanish');
select is((select string_agg(m.f[1], ', ' order by m.f[1])
    from pg_constraint as c cross join regexp_matches(pg_get_constraintdef(c.oid), '''([a-z_]+)''', 'g') as m(f)
    where c.conname in ('playbook_state_standing_is_known', 'expansion_signal_type_is_known',
            'expansion_signal_status_is_known', 'playbook_execution_status_is_known')
        and cs_health._trace_word(m.f[1], 'es') = replace(m.f[1], '_', ' ')), null, 'every word has its Spanish');
select is(public.texts(61, w, 'es') ~ 'of|the |with|shown|days', false, w || ' in Spanish')
from unnest(array['override', 'alert_not_told', 'no_data', 'not_told', 'incident', 'holdout']) as w;
select is(public.texts(60, w, 'es') ~ 'fell|the |pulse|gave|risk', false, w || ' in Spanish')
from unnest(array['category', 'alert', 'prediction', 'step', 'pulse', 'notice', 'contact_budget']) as w;

-- periods, languages, the view
select is((select count(*) from cs_health.churn_postmortem('2026-03-10', '2026-04-10')), 0::bigint, 'nobody left then');
select is((select count(*) from cs_health.churn_postmortem()), 2::bigint, 'the last year is the default');
select is((select string_agg(m.tenant_name || ': ' || m.verdict, ', ') from cs_health_v1.missed_churn as m),
    'Tenant 61: no data', 'missed_churn leaves out who was flagged in time');
update cs_health.churn_alert set told = 'baseline' where tenant_id = public.t(60);
select is((select string_agg(concat_ws(' ', m.verdict, m.alerted_on, m.reason), ', ')
    from cs_health_v1.missed_churn as m where m.tenant_id = public.t(60)), 'flagged Nobody was told',
    'nor who was flagged, but only in the tables');
select is((select p.reason from cs_health.churn_postmortem(locale => 'es') as p where p.tenant_id = public.t(60)),
    'No se avisó a nadie', 'in Spanish');
update cs_health.churn_alert set told = 'message' where tenant_id = public.t(60);
select is((select p.reason from cs_health.churn_postmortem(locale => 'en') as p where p.tenant_id = public.t(60)),
    null, 'who was flagged and told needs no reason');
select throws_ok($$select * from cs_health.churn_postmortem('2026-02-01', '2026-01-01')$$, '22023');
select throws_ok($$select * from cs_health.churn_postmortem('-infinity', 'infinity')$$, '22023');
select throws_ok($$select * from cs_health.churn_postmortem(locale => 'fr')$$, '22023');
delete from cs_health.cs_playbook where id = public.t(1000);
select is(public.trace(61, false) ~ 'queue', true, 'a playbook that was deleted since hides nothing');
select is((select count(*) from cs_health.churn_postmortem('2026-03-09', '2026-03-09') as p
    where p.fired @> '[{"what": "alert", "on": "2026-01-28", "days_before": 40, "text": "risk high, 12.3 %"}]'),
    1::bigint, 'entries are on, days_before, what and text');

select finish();
