-- Texts with fields: which there are, how each place escapes what customers can write, and what the fields of a tenant
-- say in both languages. Folding commits, so this file is not one transaction.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set time zone 'UTC';
set client_min_messages = error;

create function pg_temp.uuid(n integer) returns uuid language sql immutable return
    lpad(to_hex(n), 32, '0')::uuid;
create function pg_temp.filled(value text, escape text) returns text language sql immutable as $$
    select cs_health.render_template('{{contact.name}}', jsonb_build_object('contact.name', value), escape)
$$;
create function pg_temp.fields(tenant integer, locale text, params jsonb default '{}', contact integer default null)
returns jsonb language sql stable as $$
    select cs_health._template_values(pg_temp.uuid(tenant), pg_temp.uuid(contact), locale, params)
$$;
select plan(112);

-- Fields of a text
select is(cs_health.template_fields('{{tenant.name}} {{ csm.name }}{{tenant.name}} {{params.x}}'),
    array['tenant.name', 'csm.name', 'params.x'], 'each field once, in order');
select is(cs_health.template_fields('none {here}'), '{}', 'a text without fields');
select is(cs_health.template_fields(''), '{}', 'an empty text');
select is(cs_health.template_fields(null), null, 'null in, null out');
select is((select count(*) from cs_health.builtin_measures() as m
    where cs_health.template_fields(format('{{measure.%s}}', m.code)) <> array['measure.' || m.code]), 0::bigint,
    'every built-in measure is a field');
select throws_ok(format('select cs_health.template_fields(%L)', c.text), '22023', c.message, c.message)
from (values
    ('{{tenant.nmae}}', 'template: unknown field at "{{tenant.nmae}}"'),
    ('{{measure.luck}}', 'template: unknown field at "{{measure.luck}}"'),
    ('{{own.Luck}}', 'template: unknown field at "{{own.Luck}}"'),
    ('{{params.X}}', 'template: unknown field at "{{params.X}}"'),
    ('{{if tenant.name}}', 'template: unknown field at "{{if tenant.name}}"'),
    ('{{}}', 'template: unknown field at "{{}}"'),
    ('a {{tenant.name', 'template: "{{" without "}}" at "{{tenant.name"'),
    ('a }} b', 'template: "}}" without "{{" before it at "}} b"'),
    (E'{{tenant\u202ename}}', 'template: unknown field at "{{tenant???name}}"'),
    (repeat('{{csm.name}}', 10) || '{{', 'template: "{{" without "}}" at "{{"')) as c(text, message);
select throws_ok(format('select cs_health.template_fields(repeat(''x'', %s))', 65537), '54000',
    'template: the text has 65537 bytes, at most 65536 are read', 'a text beyond 64 KB');
select is(cs_health.template_fields(repeat('x', 65536)), '{}', 'a text of 64 KB');

-- Missing fields
select is(cs_health._missing_fields('{{tenant.name}} {{csm.name}} {{csm.email}} {{tenant.plan}} {{tenant.name}}',
    '{"tenant.name": null, "csm.name": " \t ", "tenant.plan": 0}'), array['tenant.name', 'csm.name', 'csm.email'],
    'null, blank and absent are missing, 0 is not');
select is(cs_health._missing_fields('{{csm.name}}', jsonb_build_object('csm.name', E'\u202e\u200f\u0001')),
    array['csm.name'], 'what nobody can see is missing');
select is(cs_health._missing_fields('{{csm.name}}', '{"csm.name": "Ana"}'), '{}', 'nothing is missing');
select throws_ok($$select cs_health._missing_fields('a', '[]')$$, '22023',
    'fields must be an object, not another kind of JSON', 'an array of fields');
select throws_ok($$select cs_health._missing_fields('{{csm.name}}', '{"csm.name": ["x"]}')$$, '22023',
    'field "csm.name" must be a text or a number', 'an array as a value');

-- Filling in
select is(cs_health.render_template('Hi {{csm.name}}, {{measure.mau}}!', '{"csm.name": "Ana", "measure.mau": 12.50}'),
    'Hi Ana, 12.5!', 'texts and numbers');
select is(cs_health.render_template('{{csm.name}}', '{"csm.name": "{{tenant.name}}", "tenant.name": "x"}'),
    '{{tenant.name}}', 'a value is not a template');
select is(cs_health.render_template('x', '{}', null), null, 'null in, null out');
select throws_ok($$select cs_health.render_template('{{csm.name}}', '{}')$$, '22023',
    'template: field "csm.name" has no value', 'an absent field');
select throws_ok($$select cs_health.render_template('{{csm.name}}', '{"csm.name": null}')$$, '22023',
    'template: field "csm.name" has no value', 'a null field');
select throws_ok($$select cs_health.render_template('{{csm.name}}', '{"csm.name": true}')$$, '22023',
    'field "csm.name" must be a text or a number', 'a boolean');
select throws_ok($$select cs_health.render_template('{{csm.name}}', '"x"')$$, '22023',
    'fields must be an object, not another kind of JSON', 'a text in place of fields');
select throws_ok($$select cs_health.render_template('x', '{}', 'HTML')$$, '22023',
    'escape must be text, slack, html, url or header, not "HTML"', 'an unknown escape');
select throws_ok($$select cs_health.render_template('{{luck}}', '{"luck": 1}')$$, '22023',
    'template: unknown field at "{{luck}}"', 'fields bring no fields of their own');
select throws_ok($$select cs_health.render_template(repeat('{{csm.name}}', 200), jsonb_build_object('csm.name',
    repeat('x', 2000)))$$, '54000', 'template: the rendered text has more than 262144 bytes', 'a text beyond 256 KB');

-- What customers can write, in every place
select is(pg_temp.filled(c.value, c.escape), c.expected, format('%s: %s', c.escape, c.name))
from (values
    ('text', 'markup', '<b>&"''</b>', '<b>&"''</b>'),
    ('slack', 'a mention of all', '<!channel> <!here> <!everyone>',
        '&lt;!channel&gt; &lt;!here&gt; &lt;!everyone&gt;'),
    ('slack', 'a mention of one', '<@U1> & <#C1>', '&lt;@U1&gt; &amp; &lt;#C1&gt;'),
    ('slack', 'a link with another text', '<https://evil|bank.com>', '&lt;https://evil|bank.com&gt;'),
    ('slack', 'a mention in entities', '&lt;!channel&gt;', '&amp;lt;!channel&amp;gt;'),
    ('html', 'a script', '<script>alert("1")</script>',
        '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;'),
    ('html', 'an attribute', '" onload=''x''', '&quot; onload=&#39;x&#39;'),
    ('header', 'another header', E'Hi\r\nBcc: a@b', 'Hi Bcc: a@b'),
    ('header', 'an empty line', E'Hi\n\n<html>', 'Hi <html>'),
    ('text', 'lines', E'a\nb\r\nc\rd\u2028e\u0085f', 'a b c d e f'),
    ('text', 'a body of its own', E'x\n\nPlease pay to ES00', 'x Please pay to ES00'),
    ('text', 'controls', E'a\x01\x08\x0b\x1b[31mb\x7f', 'a [31mb'),
    ('text', 'marks of direction', E'a\u202eb\u200fc\u2067d\ufeffe', 'abcde'),
    ('text', 'letters of everywhere', 'Ñandú 東京 Zoë 😀', 'Ñandú 東京 Zoë 😀'),
    ('slack', 'lines', E'a\n> b', 'a &gt; b'),
    ('html', 'lines', E'a\r\n<b>', 'a &lt;b&gt;')) as c(escape, name, value, expected);
select is(cs_health.render_template('https://x.org/{{contact.name}}?a=1', jsonb_build_object('contact.name', c.value),
    'url'), 'https://x.org/' || c.expected || '?a=1', 'url: ' || c.name)
from (values
    ('another query', 'a?b=c&d=e#f', 'a%3Fb%3Dc%26d%3De%23f'),
    ('a way up', '../..', '..%2F..'),
    ('lines', E'a\r\nb', 'a%20b'),
    ('percent signs', '%0d%0a', '%250d%250a'),
    ('letters', 'é', '%C3%A9')) as c(name, value, expected);
select is(cs_health.render_template('{{params.url}}&from={{contact.name}}',
    '{"params.url": "https://x.org/up?a=b c\"<", "contact.name": "a b"}', 'url'),
    'https://x.org/up?a=b%20c%22%3C&from=a%20b', 'url: a whole address');
select throws_ok(format('select cs_health.render_template(''{{params.url}}'', %L, ''url'')',
    jsonb_build_object('params.url', c.url)), '22023',
    'template: field "params.url" must begin with https:// where a link begins', 'url: not ' || c.url)
from (values ('http://x.org'), ('javascript:alert(1)'), ('//x.org'), ('HTTPS://x.org')) as c(url);
select is(length(pg_temp.filled(repeat('é', 1000000), c.escape)), c.length, c.escape || ': a megabyte is cut')
from (values ('text', 2001), ('slack', 2001), ('html', 2001), ('header', 2001)) as c(escape, length);
select is(right(pg_temp.filled(repeat('é', 1000000), 'text'), 2), 'é…', 'with a mark');
select is(pg_temp.filled(repeat(E'\r\n\u202e', 300000) || 'x', 'text'), ' x', 'a megabyte of nothing is a blank');
select is((select count(*) from generate_series(1, 1114111) as n
    where (n < 55296 or n > 57343) and n % 97 = 1
        and pg_temp.filled('a' || chr(n) || 'b', 'header') ~ '[\u0001-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]'),
    0::bigint, 'no control survives, whatever the character');

-- Words
select is(cs_health._first_name(c.name), c.expected, format('the first name of "%s"', c.name))
from (values ('Ana Gil', 'Ana'), ('Dra. Ana Gil', 'Ana'), ('Gil Ruiz, Ana', 'Ana'), ('J. R. Smith', 'Smith'),
    ('O.', 'O.'), ('  Ana  ', 'Ana'), ('María José Gil', 'María'), ('', ''), (null, null)) as c(name, expected);
select is(cs_health._step_text(c.text, c.locale), c.expected, format('%s in %s', c.text, c.locale))
from (values ('"a"'::jsonb, 'es', 'a'), ('{"en": "a", "es": "b"}', 'es', 'b'), ('{"en": "a", "es": "b"}', 'en', 'a'),
    ('{"en": "a"}', 'es', 'a'), ('{"es": "b"}', 'en', 'b'), ('null', 'en', null), (null, 'en', null))
    as c(text, locale, expected);
select is(array[cs_health._amount_text(1234567, 'en'), cs_health._amount_text(1234567.5, 'es'),
    cs_health._amount_text(0, 'en'), cs_health._amount_text(-1200, 'es')],
    array['1,234,567', '1.234.567,50', '0', '-1.200'], 'amounts');

-- A tenant of whom all is known, and one of whom nothing is
insert into cs_health.plan (code, name, kind, rank, monthly_price) values
    ('s', 'Start', 'base', 1, 49), ('m', 'Team', 'base', 2, 149.5), ('l', 'Company', 'base', 3, null),
    ('x', 'Extra', 'add_on', 2, 5);
insert into cs_health.feature (code, name) values ('a', 'Reports'), ('b', 'Single sign-on'), ('c', 'API');
insert into cs_health.plan_feature (plan_code, feature) values ('s', 'a'), ('m', 'a'), ('m', 'b'), ('m', 'c');
insert into cs_health.plan_limit (plan_code, metric, limit_value) values
    ('s', 'contacts', 2000), ('m', 'contacts', 10000), ('s', 'seats', 5), ('m', 'seats', 5), ('m', 'sites', 3);
insert into cs_health.csm (email, name, manager_email, booking_url, locale, away_until, stands_in) values
    ('luz@x.org', 'Luz Vega', 'jefa@x.org', 'https://cal.org/luz', 'es', null, null),
    ('ana@x.org', 'Ana Gil', 'jefa@x.org', 'https://cal.org/ana', 'es', null, 'luz@x.org');
insert into cs_health.tenant (id, name, plan_code, csm, arr, locale, signed_up_at) values
    (pg_temp.uuid(1), 'Acme & Söhne', 's', 'ana@x.org', 12400, 'es', now() - interval '400 days');
insert into cs_health.tenant (id, name) values (pg_temp.uuid(2), 'Two');
insert into cs_health.contact (tenant_id, id, name, email) values
    (pg_temp.uuid(1), pg_temp.uuid(7), 'Dr. Eva Mora', 'eva@acme.org');
insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value)
values (pg_temp.uuid(1), 'contacts', now() - interval '1 hour', 1740, 2000);
insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature)
select pg_temp.uuid(1), 'u' || d % 4, now() - d * interval '1 day', 'feature', 'a' from generate_series(1, 60) as d;
insert into cs_health.ticket (tenant_id, id, opened_at)
select pg_temp.uuid(1), n::text, now() - interval '3 days' from generate_series(1, 2) as n;
insert into cs_health.feedback (tenant_id, kind, score, answered_at)
values (pg_temp.uuid(1), 'nps', 9, now() - interval '5 days');
select is(pg_temp.fields(2, 'en'), jsonb_build_object('tenant.name', 'Two', 'link.tenant', pg_temp.uuid(2),
    'tenant.arr', 'unknown', 'health.overall_score', 'unknown', 'health.category', 'unknown', 'health.trend', 'unknown',
    'health.reasons', 'unknown', 'churn.probability', 'unknown', 'churn.risk_level', 'unknown', 'churn.reasons',
    'unknown'), 'of a tenant without anything colleagues read that it is unknown');
select is(pg_temp.fields(2, 'es') ->> 'health.reasons', 'sin datos', 'in Spanish too');
call cs_health.fold_events();
select cs_health.recalculate_tenant(pg_temp.uuid(1)) \g /dev/null
select is(pg_temp.fields(1, 'es', contact => 7) - array(select k from jsonb_object_keys(pg_temp.fields(1, 'es')) as k
        where k ~ '^(measure|health|churn)\.'),
    jsonb_build_object('tenant.name', 'Acme & Söhne', 'tenant.plan', 'Start', 'tenant.arr', '12.400 EUR',
    'contact.name', 'Dr. Eva Mora', 'contact.first_name', 'Eva', 'csm.name', 'Ana Gil', 'csm.email', 'ana@x.org',
    'csm.booking_url', 'https://cal.org/ana', 'manager.email', 'jefa@x.org', 'next_plan.name', 'Team',
    'next_plan.monthly_price', '149,50 EUR', 'link.tenant', pg_temp.uuid(1), 'next_plan.benefits',
    'contacts: 10.000 en lugar de 2.000, sites: 3, API, Single sign-on'), 'a known tenant in Spanish');
select is(array[v.f ->> 'tenant.arr', v.f ->> 'next_plan.monthly_price', v.f ->> 'next_plan.benefits',
    v.f ->> 'measure.usage_ratio', v.f ->> 'measure.open_tickets', v.f ->> 'measure.arr'],
    array['12,400 EUR', '149.50 EUR', 'contacts: 10,000 instead of 2,000, sites: 3, API, Single sign-on', '87 %', '2',
    '12,400 EUR'], 'a known tenant in English')
from (select pg_temp.fields(1, 'en') as f) as v;
insert into cs_health.plan (code, name, kind, rank, monthly_price) values ('pack', 'Pack', 'add_on', 1, 10);
insert into cs_health.plan_limit (plan_code, metric, limit_value) values ('pack', 'contacts', 500);
insert into cs_health.expansion_signal (tenant_id, signal_type, current_plan, recommended_plan, detected_at)
select t.id, 'usage_limit', t.plan_code, 'pack', now() from cs_health.tenant as t where t.id = pg_temp.uuid(1);
select is(array[v.f ->> 'next_plan.name', v.f ->> 'next_plan.monthly_price', v.f ->> 'next_plan.benefits'], e.expected,
    'offered is what its signal recommends, ' || e.locale)
from (values ('en', array['Pack', '10 EUR', 'contacts: 500 more']),
    ('es', array['Pack', '10 EUR', 'contacts: 500 más'])) as e(locale, expected)
cross join lateral (select pg_temp.fields(1, e.locale) as f) as v;
insert into cs_health.tenant_add_on (tenant_id, plan_code) values (pg_temp.uuid(1), 'pack');
select is(pg_temp.fields(1, 'en') ->> 'next_plan.name', null, 'not what the customer has bought meanwhile');
delete from cs_health.tenant_add_on;
update cs_health.expansion_signal set recommended_plan = null;
select is(pg_temp.fields(1, 'en') ->> 'next_plan.name', null, 'nothing where it says that nothing fits');
update cs_health.expansion_signal set recommended_plan = current_plan;
select is(pg_temp.fields(1, 'en') ->> 'next_plan.name', null, 'nor the plan that the customer has');
update cs_health.expansion_signal set ceased_on = current_date;
select is(pg_temp.fields(1, 'en') ->> 'next_plan.name', 'Team', 'until its cause ceases');
select is(array[v.f ->> 'health.overall_score', v.f ->> 'health.category', v.f ->> 'health.trend'],
    array[h.overall_score::text, cs_health._category_label(h.category, 'es'), 'estable'], 'health is the current row')
from (select pg_temp.fields(1, 'es') as f) as v, cs_health.current_health as h where h.tenant_id = pg_temp.uuid(1);
select matches(pg_temp.fields(1, 'en') ->> 'health.reasons', '^1 of 4 monthly users .*; .*; .*[^;]$',
    'three reasons at most, in one line');
select unalike(pg_temp.fields(1, 'en') ->> 'health.reasons', '%;%;%;%', 'not four');
select matches(pg_temp.fields(1, 'es') ->> 'churn.probability', '^[0-9,]+ % \(estimación de expertos\)$',
    'a probability that was not trained says so');
select ok((pg_temp.fields(1, 'es') ->> 'churn.risk_level') in ('bajo', 'medio', 'alto', 'crítico'), 'a level in words');
select is(pg_temp.fields(1, null) ->> 'health.trend', 'estable', 'no language is that of the CSM');
select is(pg_temp.fields(1, 'en', contact => 8) ->> 'contact.name', null, 'an unknown contact has no name');
select is(cs_health._template_values(pg_temp.uuid(2), pg_temp.uuid(7), 'en', '{}') ->> 'contact.name', null,
    'nor has another tenant''s');
select is((select jsonb_object_agg(k, v) from jsonb_each(pg_temp.fields(2, 'es',
    '{"a": 12.5, "b": true, "c": null, "d": "x", "e": false}')) as p(k, v) where k like 'params.%'),
    '{"params.a": "12,5", "params.b": "sí", "params.d": "x", "params.e": "no"}', 'params in Spanish');
select is((select jsonb_object_agg(k, v) from jsonb_each(pg_temp.fields(2, 'en', '{"a": 20.0, "b": true}')) as p(k, v)
    where k like 'params.%'), '{"params.a": "20", "params.b": "yes"}', 'params in English');
insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, expires_on)
values (pg_temp.uuid(1), 'critical', 'x', 'x', now(), cs_health._today() + 1);
select is(pg_temp.fields(1, 'es') ->> 'health.category', 'crítico', 'an override''s category is shown');
update cs_health.settings set dashboard_url = 'https://d.org/', company_name = 'Us', fallback_assignee = 'luz@x.org';
select is(pg_temp.fields(1, 'es') ->> 'link.tenant', 'https://d.org/#/customer/' || pg_temp.uuid(1), 'a link');
select is(pg_temp.fields(2, 'es') ->> 'csm.name', 'Luz Vega', 'without a CSM the fallback signs');
update cs_health.settings set fallback_assignee = 'desk@x.org';
select is(array[v.f ->> 'csm.name', v.f ->> 'csm.email', v.f ->> 'manager.email', v.f ->> 'csm.booking_url'],
    array['Us', 'desk@x.org', 'desk@x.org', null], 'a fallback that is no CSM signs as the company')
from (select pg_temp.fields(2, 'es') as f) as v;
update cs_health.csm set away_until = cs_health._today() where email = 'ana@x.org';
select is(pg_temp.fields(1, 'es') ->> 'csm.name', 'Luz Vega', 'who stands in signs');
update cs_health.csm set away_until = cs_health._today(), stands_in = 'ana@x.org' where email = 'luz@x.org';
select is(pg_temp.fields(1, 'es') ->> 'csm.email', 'jefa@x.org', 'two away for each other leave it to the manager');
update cs_health.csm set away_until = cs_health._today() - 1;
select is(pg_temp.fields(1, 'es') ->> 'csm.name', 'Ana Gil', 'and is back the day after');
select throws_ok($$select cs_health._template_values('00000000-0000-0000-0000-00000000dead', null, 'es', '{}')$$,
    '22023', 'tenant 00000000-0000-0000-0000-00000000dead does not exist', 'an unknown tenant');
select throws_ok($$select cs_health._template_values('00000000-0000-0000-0000-000000000001', null, 'fr', '{}')$$,
    '22023', 'locale "fr" is not known', 'an unknown language');
select is(cs_health._template_values(pg_temp.uuid(2), null, 'en', null) ->> 'tenant.name', 'Two', 'no params at all');

select finish();
