-- Ten active playbooks over scores, measures, churn and words, of which each tenant matches one or two
insert into cs_health.cs_playbook (code, name, trigger_type, trigger_conditions, steps, status, audience)
select 'bench_' || n, 'Bench ' || n, 'health_drop', c.condition,
    '[{"day": 0, "action": "tell", "channel": "internal", "to": "csm", "subject": "Look", "template": "Look"}]',
    'active', c.audience
from (values
    (1, '{"fact": "overall_score", "op": "<", "value": 60}'::jsonb, null::jsonb),
    (2, '{"fact": "usage_ratio", "op": ">", "value": 0.8}', null),
    (3, '{"fact": "stage", "op": "=", "value": "onboarding"}', null),
    (4, '{"fact": "risk_level", "op": "in", "value": ["high", "critical"]}', null),
    (5, '{"all": [{"fact": "trend", "op": "=", "value": "declining"},
            {"fact": "category", "op": "in", "value": ["at_risk", "neutral"]}]}',
        '{"fact": "plan", "op": "=", "value": "pro"}'),
    (6, '{"fact": "open_tickets", "op": ">=", "value": 2}', null),
    (7, '{"all": [{"fact": "nps", "op": "<", "value": 0}, {"fact": "open_tickets", "op": ">", "value": 0}]}', null),
    (8, '{"fact": "engagement_score", "op": "<", "value": 35, "for_days": 2}', null),
    (9, '{"all": [{"fact": "days_to_renewal", "op": "<", "value": 30},
            {"fact": "overall_score", "op": "<", "value": 70}]}', null),
    (10, '{"any": [{"fact": "mau_growth", "op": "<", "value": -0.3},
            {"not": {"fact": "mau", "op": ">", "value": 5}}]}', null)
) as c(n, condition, audience);
select count(*) from cs_health.cs_playbook as p cross join lateral cs_health.activate_playbook(p.id) as a
where p.code ~ '^bench_';
