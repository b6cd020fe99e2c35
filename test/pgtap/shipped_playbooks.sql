-- The playbooks that come with the extension: the two of the specification to the letter, and all of them, in both
-- languages, for a tenant of whom everything is known and for one of whom nothing is.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set time zone 'UTC';
set client_min_messages = error;

create function pg_temp.uuid(n integer) returns uuid language sql immutable return
    lpad(to_hex(n), 32, '0')::uuid;
create temp table expected (
    code text, nr bigint, day integer, action text, channel text, fallback text, recipient text);
-- Days, actions and channels of the specification; "email + Calendly" is a mail with the CSM's booking address.
insert into expected values
    ('reactivation', 1, 0, 'internal_alert', 'slack', 'email', 'csm'),
    ('reactivation', 2, 1, 'check_in_email', 'email', null, 'champion'),
    ('reactivation', 3, 3, 'schedule_call', 'email', null, 'champion'),
    ('reactivation', 4, 7, 'offer_training', 'email', null, 'champion'),
    ('reactivation', 5, 14, 'escalation', 'internal', null, 'manager'),
    ('reactivation', 6, 21, 'special_offer', 'call', null, 'csm'),
    ('expansion', 1, 0, 'detect_signal', 'automatic', null, null),
    ('expansion', 2, 1, 'informative_email', 'email', null, 'champion'),
    ('expansion', 3, 3, 'show_upgrade', 'in_app', null, null),
    ('expansion', 4, 7, 'csm_call', 'call', null, 'csm'),
    ('expansion', 5, 14, 'limited_offer', 'email', null, 'champion');
select cs_health._ship_playbooks() \g /dev/null
create temp table step as
select p.code, s.nr, s.step, p.params
from cs_health.cs_playbook as p cross join lateral jsonb_array_elements(p.steps) with ordinality as s(step, nr);
create function pg_temp.spanish(code text, day integer) returns text language sql stable as $$
    select s.step #>> '{template,es}' from step as s where s.code = spanish.code and (s.step ->> 'day')::integer = day
$$;
select plan(43);

-- The specification
select results_eq($$select s.code, s.nr, (s.step ->> 'day')::integer, s.step ->> 'action', s.step ->> 'channel',
    s.step ->> 'fallback', s.step ->> 'to' from step as s where s.code in ('reactivation', 'expansion') order by 1, 2$$,
    'select * from expected order by code, nr', 'days, actions and channels of reactivation and expansion');
select ok(starts_with(pg_temp.spanish('reactivation', 1), 'Hemos notado menor actividad'), 'the opening of D+1');
select ok(starts_with(pg_temp.spanish('expansion', 1), 'Estás aprovechando al máximo'), 'the other opening of D+1');
select is((select jsonb_agg(jsonb_build_array(p.code, p.trigger_type, p.trigger_conditions, p.exit_conditions)
        order by p.code desc) from cs_health.cs_playbook as p where p.code in ('reactivation', 'expansion')),
    '[["reactivation", "health_drop", {"fact": "overall_score", "op": "<", "value": 60, "for_days": 1},
        {"fact": "overall_score", "op": ">=", "value": 65, "for_days": 3}],
      ["expansion", "expansion", {"fact": "open_signals", "op": "contains", "value": "usage_limit"},
        {"any": [{"fact": "usage_ratio", "op": "<=", "value": 0.8, "for_days": 3},
            {"fact": "open_signals", "op": "not_contains", "value": "usage_limit"}]}]]'::jsonb,
    'health < 60 and the signal of usage > 80 % start them');
select is((select s.step -> 'if' from step as s where s.code = 'reactivation' and s.nr = 5),
    '{"fact": "replied_since_start", "op": "=", "value": false}', 'who answered is not escalated');
select is((select s.step ->> 'signal' from step as s where s.code = 'expansion' and s.nr = 1), 'usage_limit',
    'the signal of D+0');
select ok(pg_temp.spanish('reactivation', 3) like '%{{csm.booking\_url}}%', 'D+3 books a call');
select ok(pg_temp.spanish('reactivation', 7) like '%webinar%personal%', 'D+7 offers a webinar or personal training');
select ok(pg_temp.spanish('reactivation', 21) like '%descuento%sin coste%', 'D+21 offers a discount or free days');
select ok(pg_temp.spanish('expansion', 3) like '%{{next\_plan.benefits}}%', 'D+3 shows what the next plan brings');
select ok(pg_temp.spanish('expansion', 14) like '%7 días%{{params.discount\_percent}} \%%', 'X % off for 7 days');

-- How they arrive
select results_eq('select code, trigger_type, priority from cs_health.cs_playbook order by code', $$values
    ('churn_risk', 'churn_risk', 'urgent'), ('expansion', 'expansion', 'medium'), ('onboarding', 'onboarding',
    'medium'), ('reactivation', 'health_drop', 'high')$$, 'four playbooks');
select ok((select bool_and(p.status = 'paused' and not p.auto_execute and p.shipped and not p.dry_run)
    from cs_health.cs_playbook as p), 'all of them paused, and nothing runs without approval');
select is((select jsonb_object_agg(p.code, p.params) from cs_health.cs_playbook as p where p.params <> '{}'),
    '{"reactivation": {"discount_percent": null, "free_days": null},
      "expansion": {"discount_percent": null, "upgrade_url": null}}', 'no offer is made up');
select ok((select p.include_onboarding and p.min_coverage = 0 from cs_health.cs_playbook as p
    where p.code = 'onboarding'), 'onboarding is for new tenants, of whom little was observed');
select ok(bool_and(cs_health.check_condition(p.trigger_conditions) and cs_health.check_condition(p.exit_conditions)),
    'their conditions are usable') from cs_health.cs_playbook as p;
update cs_health.cs_playbook set name = 'Mine', params = params || '{"discount_percent": 15}', status = 'archived'
where code = 'expansion';
delete from cs_health.cs_playbook where code = 'onboarding';
select cs_health._ship_playbooks() \g /dev/null
select is((select string_agg(concat_ws(' ', p.code, p.name, p.status), ', ' order by p.code)
    from cs_health.cs_playbook as p), 'churn_risk Churn risk paused, expansion Mine archived, onboarding Onboarding '
    'paused, reactivation Reactivation paused', 'what is there is left alone, what is missing comes back');

-- Every text
create temp table written as
select s.code, s.nr, l.locale, t.part, cs_health._step_text(s.step -> t.part, l.locale) as template, s.step, s.params
from step as s cross join (values ('en'), ('es')) as l(locale) cross join (values ('subject'), ('template')) as t(part)
where s.step ? t.part;
select is((select count(*) from written as w where w.template is null or w.step #>> array[w.part, w.locale] is null),
    0::bigint, 'every text is there in both languages');
select is((select count(*) from written), 96::bigint, '24 steps with two texts in two languages');
select is((select string_agg(format('%s %s %s', w.code, w.nr, w.locale), ', ') from written as w
    where w.template ~ '  |\t|\n\n\n|^\s|\s$|[^\n]\n[^\n]'), null, 'no blank, line or indentation is left over');
select is((select count(distinct array(select f from unnest(cs_health.template_fields(w.template)) as f order by f))
    from written as w group by w.code, w.nr, w.part order by 1 desc limit 1), 1::bigint,
    'both languages name the same fields');
select is((select string_agg(format('%s %s', w.code, w.nr), ', ') from written as w
    where w.part = 'template' and w.step ->> 'channel' = 'email'
        and w.template !~ E'\n\n(Kind regards|Un cordial saludo|Un saludo),\n\n\\{\\{csm.name\\}\\}$'), null,
    'every mail is signed by the CSM');
select is((select string_agg(format('%s %s', w.code, w.nr), ', ') from written as w
    where w.part = 'template' and w.step ->> 'channel' = 'email' and w.template like '%{{health.%'), null,
    'no mail tells a customer its score');
select is((select string_agg(format('%s %s', w.code, w.nr), ', ') from written as w
    where w.part = 'template' and w.step ->> 'channel' = 'email' and (w.template like '%{{churn.%'
        or w.template like '%{{tenant.arr}}%' or w.template like '%{{link.%')), null, 'nor its risk or revenue');
select is((select string_agg(format('%s %s', w.code, w.nr), ', ') from written as w
    where w.part = 'template' and w.step ->> 'to' in ('csm', 'manager')
        and w.template !~ case w.locale when 'en' then '(What to do|What to offer|What to settle)'
            else '(Qué hacer|Qué ofrecer|Qué acordar)' end), null, 'every task says what to do');
select is((select string_agg(format('%s %s', w.code, w.nr), ', ') from written as w
    where w.part = 'template' and w.locale = 'es' and w.step ->> 'channel' in ('email', 'in_app')
        and (w.template ~* '\m(tu|tus|te|puedes|quieres|usas|responde)\M' and w.template ~* '\musted|\msu equipo'
            or w.code <> 'expansion' and w.template ~* '\m(tu|tus|quieres|puedes|tú)\M')), null,
    'tú and usted are not mixed, and only expansion says tú');
select cmp_ok((select max(length(w.template)) from written as w where w.step ->> 'channel' = 'email'), '<=', 700,
    'the mails are short');
select cmp_ok((select max(length(w.template)) from written as w where w.step ->> 'channel' = 'in_app'), '<=', 200,
    'banners are shorter');

-- A tenant of whom everything is known
insert into cs_health.plan (code, name, rank) values ('s', 'Start', 1), ('m', 'Team', 2);
insert into cs_health.plan_limit (plan_code, metric, limit_value)
values ('s', 'contacts', 2000), ('m', 'contacts', 10000);
insert into cs_health.feature (code, name) values ('a', 'A'), ('b', 'B');
insert into cs_health.plan_feature (plan_code, feature) values ('s', 'a'), ('s', 'b');
insert into cs_health.csm (email, name, manager_email, booking_url)
values ('ana@x.org', 'Ana Gil', 'jefa@x.org', 'https://cal.org/ana');
insert into cs_health.tenant (id, name, plan_code, csm, arr, signed_up_at) values
    (pg_temp.uuid(1), 'Acme', 's', 'ana@x.org', 12400, now() - interval '400 days'),
    (pg_temp.uuid(2), 'Sparse', null, null, null, null);
insert into cs_health.contact (tenant_id, id, name, email) values
    (pg_temp.uuid(1), pg_temp.uuid(7), 'Eva Mora', 'eva@acme.org'),
    (pg_temp.uuid(2), pg_temp.uuid(8), 'Max', 'max@sparse.org');
insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value)
values (pg_temp.uuid(1), 'contacts', now() - interval '1 hour', 1740, 2000);
insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature)
select pg_temp.uuid(1), 'u' || d % 4, now() - d * interval '1 day', 'feature', 'a' from generate_series(1, 60) as d;
call cs_health.fold_events();
select cs_health.recalculate_tenant(pg_temp.uuid(1)) \g /dev/null
create temp table value as
select n.tenant, l.locale, s.code, cs_health._template_values(pg_temp.uuid(n.tenant), pg_temp.uuid(n.tenant + 6),
    l.locale, case n.tenant when 1 then
        '{"discount_percent": 20, "free_days": 30, "upgrade_url": "https://x.org/up"}' else s.params end) as fields
from (select distinct code, params from step) as s cross join (values (1), (2)) as n(tenant)
cross join (values ('en'), ('es')) as l(locale);
select is((select string_agg(distinct m.field, ', ') from written as w
    join value as v on v.tenant = 1 and v.locale = w.locale and v.code = w.code
    cross join lateral unnest(cs_health._missing_fields(w.template, v.fields)) as m(field)), null,
    'a known tenant lacks no field of any text');
create temp table rendered as
select w.code, w.nr, w.locale, w.part, cs_health.render_template(w.template, v.fields,
    case when w.part = 'subject' then 'header' when w.step ->> 'channel' = 'slack' then 'slack' else 'text' end) as text
from written as w join value as v on v.tenant = 1 and v.locale = w.locale and v.code = w.code;
select is((select count(*) from rendered as r where r.text ~ '[{}]|unknown|sin datos' or r.text = ''), 0::bigint,
    'and every text reads through');
select is((select r.text from rendered as r where r.code = 'reactivation' and r.nr = 2 and r.locale = 'es'
    and r.part = 'template'), E'Hemos notado menor actividad en la cuenta de Acme durante las últimas semanas, Eva, y '
    'me gustaría saber cómo les va.\n\nA veces es solo una época tranquila; otras veces hay algo del producto que no '
    'encaja con lo que necesitan. Si es lo segundo, dígamelo y lo revisamos.\n\n¿Podría responderme en un par de '
    'líneas qué les ayudaría más en este momento?\n\nUn cordial saludo,\n\nAna Gil', 'the check-in mail, whole');
select is((select r.text from rendered as r where r.code = 'expansion' and r.nr = 2 and r.locale = 'es'
    and r.part = 'template'), E'Estás aprovechando al máximo tu plan, Eva: Acme ya usa el 87 % de lo que incluye.\n\n'
    'Te lo cuento con tiempo, para que nada tenga que pararse al llegar al límite.\n\n¿Quieres ver qué opciones hay? '
    'Responde a este correo y te envío una comparación basada en tu uso real.\n\nUn saludo,\n\nAna Gil',
    'the informative mail, whole');
select is((select r.text from rendered as r where r.code = 'expansion' and r.nr = 3 and r.locale = 'en'
    and r.part = 'template'), 'You use 87 % of your plan. With Team you get: contacts: 10,000 instead of 2,000.',
    'the banner, whole');
select is((select r.text from rendered as r where r.code = 'expansion' and r.nr = 5 and r.locale = 'es'
    and r.part = 'subject'), 'Un 20 % de descuento en Team, durante 7 días', 'the subject of the offer');
select matches((select r.text from rendered as r where r.code = 'reactivation' and r.nr = 1 and r.locale = 'en'
    and r.part = 'template'), E'^Health of Acme: [0-9]+ of 100, [a-z ]+, trend stable. Annual revenue: 12,400 EUR.\n\n'
    'What costs it most: 1 of 4 monthly users come on an average day; .*\.\n\nWhat to do today: .*'
    '\n\n00000000-0000-0000-0000-000000000001$', 'the alert, with its numbers');
select matches((select r.text from rendered as r where r.code = 'churn_risk' and r.nr = 1 and r.locale = 'es'
    and r.part = 'template'), '^Riesgo de baja de Acme: [0-9,]+ % \(estimación de expertos\), nivel [a-zí]+\. '
    'Ingresos anuales: 12\.400 EUR\. Salud: [0-9]+ \(categoría [^)]+\)\.\n\nLo que eleva el riesgo: .*\.\n\n'
    'Qué hacer: ', 'the churn task, with its numbers');

-- A tenant of whom nothing is known: what is addressed to colleagues still goes out
select results_eq($$select w.code, w.nr, string_agg(distinct m.field, ', ' order by m.field)
    from written as w
    join value as v on v.tenant = 2 and v.locale = w.locale and v.code = w.code
    cross join lateral unnest(cs_health._missing_fields(w.template, v.fields)) as m(field)
    group by w.code, w.nr order by w.code collate "C", w.nr$$, $$values
    ('churn_risk', 3::bigint, 'csm.booking_url, csm.name'),
    ('churn_risk', 5, 'csm.name'),
    ('expansion', 2, 'csm.name, measure.usage_ratio'),
    ('expansion', 3, 'measure.usage_ratio, next_plan.benefits, next_plan.name'),
    ('expansion', 4, 'measure.usage_ratio'),
    ('expansion', 5, 'csm.name, next_plan.benefits, next_plan.name, params.discount_percent'),
    ('onboarding', 2, 'csm.booking_url, csm.name'),
    ('onboarding', 4, 'csm.name'),
    ('onboarding', 5, 'measure.features_available, measure.features_used'),
    ('reactivation', 2, 'csm.name'),
    ('reactivation', 3, 'csm.booking_url, csm.name'),
    ('reactivation', 4, 'csm.name'),
    ('reactivation', 6, 'params.discount_percent, params.free_days')$$,
    'what the texts for a tenant without CSM, plan and score lack');
select is(cs_health.render_template(w.template, v.fields), case w.locale when 'en' then
    E'Churn risk of Sparse: unknown, level unknown. Annual revenue: unknown. Health: unknown (unknown).\n\nWhat raises '
    'the risk: unknown.\n\nWhat to do: check each of these with support and with the users you know, note what you '
    'already know about the renewal, and decide what you can offer. Tomorrow you call.\n\n'
    else E'Riesgo de baja de Sparse: sin datos, nivel sin datos. Ingresos anuales: sin datos. Salud: sin datos '
    '(categoría sin datos).\n\nLo que eleva el riesgo: sin datos.\n\nQué hacer: contrastar cada punto con soporte y '
    'con los usuarios conocidos, anotar lo que se sabe de la renovación y decidir qué se puede ofrecer. La llamada es '
    'mañana.\n\n' end || '00000000-0000-0000-0000-000000000002', 'a task about it in ' || w.locale)
from written as w join value as v on v.tenant = 2 and v.locale = w.locale and v.code = w.code
where w.code = 'churn_risk' and w.nr = 1 and w.part = 'template' order by w.locale;
update cs_health.settings set company_name = 'Us';
select is(cs_health._missing_fields(w.template, cs_health._template_values(pg_temp.uuid(2), pg_temp.uuid(8), 'en',
    '{}')), '{}', 'with a company name the mails go out: ' || w.code || ' ' || w.nr)
from written as w
where w.locale = 'en' and w.part = 'template' and (w.code, w.nr) in (('reactivation', 2), ('reactivation', 4),
    ('onboarding', 4), ('churn_risk', 5)) order by w.code, w.nr;

select finish();
