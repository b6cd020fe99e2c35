-- The small company of the tests of the API and of doc/rest.md: five customers, two CSMs, three scored days. After
-- test/pgtap/include/scored_days.sql, with cs_health.now at 2 March 2026.
insert into cs_health.csm (email, name) values
    ('ana@example.com', 'Ana'), ('bob@example.com', 'Bob'), ('eva@example.com', 'Eva'),
    ('dan@example.com', 'Dan');
select cs_health.disable_colleague('dan@example.com') \g /dev/null
insert into cs_health.plan (code, name, kind, rank, monthly_price) values
    ('start', 'Start', 'base', 1, 100), ('scale', 'Scale', 'base', 2, 250);
insert into cs_health.tenant (id, name, plan_code, segment, csm, arr, signed_up_at)
select public.t(c.nr), c.name, 'start', c.segment, c.csm || '@example.com', c.arr, '2025-01-01'
from (values (1, 'Acme', 'smb', 'ana', 1200), (2, 'Birch & Sons', 'smb', 'ana', 24000),
    (3, '<img src=x onerror=alert(1)>', 'mid', 'ana', 6000), (4, 'Delta', 'mid', 'bob', 48000),
    (5, 'Echo', 'smb', 'bob', 3600)) as c(nr, name, segment, csm, arr);
insert into cs_health.contact (tenant_id, name, email, is_primary)
select t.id, 'Contact of ' || t.id, 'contact@customer.example', true from cs_health.tenant as t;
select public.ran(day::date), public.scored(public.t(c.nr), day::date, c.score - (date '2026-03-01' - day::date))
from generate_series(date '2026-02-27', date '2026-03-01', '1 day') as day,
    (values (1, 84), (2, 52), (3, 45), (4, 31), (5, 66)) as c(nr, score) \g /dev/null
insert into cs_health.expansion_signal (tenant_id, id, signal_type, current_plan, recommended_plan, potential_arr,
    detected_at, signal_details)
select public.t(s.nr), md5('signal ' || s.nr || s.type)::uuid, s.type, 'start', 'scale', 1800, '2026-02-20 09:00+00',
    '{"usage_ratio": 0.87}'
from (values (1, 'usage_limit'), (1, 'user_growth'), (5, 'usage_limit')) as s(nr, type);
insert into cs_health.cs_playbook (id, code, name, trigger_type, trigger_conditions, steps)
values (md5('playbook')::uuid, 'talk', 'Talk', 'health_drop', '{"fact": "overall_score", "op": "<", "value": 60}',
    '[{"day": 0, "action": "call", "channel": "call", "subject": "Call", "template": "Call {{tenant.name}}."}]');
select cs_health._show_health() \g /dev/null
analyze;
