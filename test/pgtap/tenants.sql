-- The list of customers, their contacts, and colleagues to choose from.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
begin;
set local client_min_messages = warning;
select * from no_plan();
\ir include/scored_days.sql
\ir include/roles.sql

set local cs_health.now = '2026-03-10 12:00+00';
insert into cs_health.csm (email, name, manager_email, locale, away_until, stands_in) values
    ('ana@us.test', 'Ana Gil', 'boss@us.test', 'es', null, null), ('bob@us.test', 'Bob Roe', null, 'en', null, null),
    ('idle@us.test', 'Ida', null, 'en', '2026-03-09', 'bob@us.test');
insert into cs_health.tenant (id, external_id, name, csm, arr, segment, signed_up_at, contract_ends_on, holdout)
select public.t(i), 'x' || i, 'Tenant ' || i, case when i <= 4 then 'ana@us.test' when i <= 6 then 'bob@us.test' end,
    i * 1000, case when i % 2 = 0 then 'smb' end, '2025-01-01', '2026-12-31', i = 2
from generate_series(1, 7) as i;
update cs_health.tenant set parent_id = public.t(1) where id = public.t(3);
update cs_health.tenant set status = 'churned', churned_on = '2026-02-01' where id = public.t(4);
select public.ran('2026-03-09');
select public.scored(public.t(1), '2026-03-09', 85, 'low');
select public.scored(public.t(2), '2026-03-09', 65, 'medium', trend => 'declining');
select public.scored(public.t(3), '2026-03-09', 45, 'high', coverage => 0.5);
select public.scored(public.t(5), '2026-03-09', 20, 'critical', coverage => 0.49);
select public.scored(public.t(6), '2026-03-09', 20, 'critical', coverage => 0.3);
insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, expires_on) values
    (public.t(1), 'critical', 'They said so', 'ana@us.test', '2026-03-01', '2026-03-10'),
    (public.t(2), 'critical', 'Long ago', 'ana@us.test', '2026-03-01', '2026-03-09'),
    (public.t(6), 'healthy', 'A call', 'bob@us.test', '2026-03-01', '2026-03-20');
insert into cs_health.journey_entry (tenant_id, entered_on, stage, reason, left_on) values
    (public.t(1), '2025-01-01', 'onboarding', 'sign_up', '2025-03-01'),
    (public.t(1), '2025-03-01', 'activated', 'first_value', null),
    (public.t(2), '2025-01-01', 'gone', 'first_seen', null);

select results_eq('select id, overall_score, category, coverage, trend from cs_health_v1.tenants order by id',
    $$values (public.t(1), 85, 'critical', 1::real, 'stable'), (public.t(2), 65, 'neutral', 1, 'declining'),
        (public.t(3), 45, 'at_risk', 0.5, 'stable'), (public.t(4), null, 'no data', null, null),
        (public.t(5), 20, 'no data', 0.49, 'stable'), (public.t(6), 20, 'healthy', 0.3, 'stable'),
        (public.t(7), null, 'no data', null, null)$$,
    'scores and categories: an override while it lives, no data below half');
select results_eq(
    $$select t.id, t.category from cs_health_v1.tenants as t
        where t.id in (select h.tenant_id from cs_health_v1.health_scores as h where h.data_status = 'ok')
        order by id$$,
    $$select h.tenant_id, case h.tenant_id when public.t(1) then 'critical' else h.category end
        from cs_health_v1.health_scores as h where h.data_status = 'ok' order by 1$$, 'as health_scores has them');
select results_eq('select risk_level from cs_health_v1.tenants order by id',
    $$values ('low'), ('medium'), ('high'), (null), ('critical'), ('critical'), (null)$$, 'levels of risk');
select is((select t.churn_probability from cs_health_v1.tenants as t where t.id = public.t(1)),
    (select h.churn_probability::double precision from cs_health.customer_health as h where h.tenant_id = public.t(1)),
    'the probability is not rounded');
select results_eq('select external_id, name, status, plan_code, segment, csm, csm_name, arr, signed_up_at,
        contract_ends_on, churn_notice_on, churned_on, holdout, parent_id from cs_health_v1.tenants
        where id in (public.t(2), public.t(3), public.t(4), public.t(7)) order by id',
    $$values ('x2', 'Tenant 2', 'active', null, 'smb', 'ana@us.test', 'Ana Gil', 2000.00, '2025-01-01'::timestamptz,
            '2026-12-31'::date, null::date, null::date, true, null::uuid),
        ('x3', 'Tenant 3', 'active', null, null, 'ana@us.test', 'Ana Gil', 3000.00, '2025-01-01', '2026-12-31', null,
            null, false, public.t(1)),
        ('x4', 'Tenant 4', 'churned', null, 'smb', 'ana@us.test', 'Ana Gil', 4000.00, '2025-01-01', '2026-12-31', null,
            '2026-02-01', false, null),
        ('x7', 'Tenant 7', 'active', null, null, null, null, 7000.00, '2025-01-01', '2026-12-31', null, null, false,
            null)$$, 'what stands in tenant');
select results_eq('select stage, stage_name from cs_health_v1.tenants where id <= public.t(3) order by id',
    $$values ('activated', 'Activated'), ('gone', 'gone'), (null, null)$$, 'the stage, also one that is not any more');
select is(public.said('cs_health_csm', 'ana@us.test',
    'select string_agg(name || coalesce('' '' || stage_name, ''''), '', '' order by id) from cs_health_v1.tenants'),
    'Tenant 1 Activado, Tenant 2 gone, Tenant 3, Tenant 4', 'a CSM sees the own ones, in the own language');
select is(public.said('cs_health_csm', 'bob@us.test', 'select string_agg(name, '', '' order by id) from
    cs_health_v1.tenants'), 'Tenant 5, Tenant 6', 'another those that are his');
select is(public.said(r, 'bob@us.test', 'select count(*) from cs_health_v1.tenants'), '7', r || ' sees all')
from unnest(array['cs_health_csm_all', 'cs_health_admin']) as r;
select is(public.said('cs_health_csm', e, 'select count(*) from cs_health_v1.tenants'), '0',
    'nobody''s token sees none: ' || coalesce(e, 'null')) from unnest(array[null, '', 'eva@them.test']) as e;
select is(public.said('cs_health_csm', 'bob@us.test', 'select string_agg(category, '' '' order by id) from
    cs_health_v1.tenants'), 'no data healthy', 'with its categories');

-- one of today stands in for that of the last day
select public.scored(public.t(3), '2026-03-10', 90, 'low');
update cs_health.customer_health set provisional = true where as_of = '2026-03-10';
select is((select t.overall_score from cs_health_v1.tenants as t where t.id = public.t(3)), 90,
    'recalculated today it is that of today');
select is((select count(*) from cs_health_v1.tenants), 7::bigint, 'and no row too many');

-- contacts
insert into cs_health.contact (tenant_id, id, name, email, role, locale, is_primary, opted_out_at, bounced_at) values
    (public.t(1), public.t(11), 'Eva Sol', 'eva@them.test', 'champion', 'es', true, null, '2026-01-01'),
    (public.t(5), public.t(51), 'Max', 'max@other.test', 'user', null, false, '2026-02-01', null);
select results_eq('select * from cs_health_v1.contacts order by tenant_id',
    $$values (public.t(1), public.t(11), 'Eva Sol', 'eva@them.test', 'champion', 'es', true, null::timestamptz,
            '2026-01-01'::timestamptz),
        (public.t(5), public.t(51), 'Max', 'max@other.test', 'user', null, false, '2026-02-01', null)$$, 'contacts');
select is(public.said('cs_health_csm', 'ana@us.test', 'select string_agg(name, '', '') from cs_health_v1.contacts'),
    'Eva Sol', 'a CSM sees those of the own customers');
select is(public.said('cs_health_csm_all', 'ana@us.test', 'select count(*) from cs_health_v1.contacts'), '2',
    'who sees all sees all');
select is(public.said('cs_health_csm', 'ana@us.test', 'update cs_health_v1.contacts set email = ''me@evil.test'''),
    '42501', 'and changes none');

-- colleagues
select cs_health.disable_colleague('idle@us.test');
select results_eq('select * from cs_health_v1.colleagues order by email',
    $$values ('ana@us.test', 'Ana Gil', 'boss@us.test', null::date, null, 4::bigint, null::timestamptz),
        ('bob@us.test', 'Bob Roe', null, null, null, 2, null),
        ('idle@us.test', 'Ida', null, '2026-03-09', 'bob@us.test', 0, '2026-03-10 12:00+00')$$,
    'colleagues, and who is none any more');
select is(public.said('cs_health_csm', 'bob@us.test',
    'select string_agg(name || '' '' || tenants, '', '' order by email) from cs_health_v1.colleagues'),
    'Ana Gil 0, Bob Roe 2, Ida 0', 'a CSM sees them all, and counts what he sees');

-- nobody else
select is(public.said(r, 'eva@them.test', 'select count(*) from cs_health_v1.' || v), '42501', r || ' reads no ' || v)
from unnest(array['cs_health_tenant', 'cs_health_ingest']) as r,
    unnest(array['tenants', 'contacts', 'colleagues']) as v;

select finish();
rollback;
