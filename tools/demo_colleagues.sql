-- Two colleagues to look at the demo with: the CSM who has most of what waits for a decision, and a manager
select (
    select c.email from cs_health.csm as c
    cross join lateral (
        select (select count(*) from cs_health.playbook_step as s join cs_health.tenant as t on t.id = s.tenant_id
                where t.csm = c.email and s.status = 'approval') as mails,
            (select count(*) from cs_health.expansion_signal as g join cs_health.tenant as t on t.id = g.tenant_id
                where t.csm = c.email and g.status = 'new' and g.held_reason is null) as signals,
            (select count(*) from cs_health.task as k where k.assignee = c.email and k.status = 'open') as tasks
    ) as n
    order by c.away_until is null desc, least(n.mails, 1) + least(n.signals, 1) + least(n.tasks, 1) desc, n.tasks + n.mails desc, c.email
    limit 1
), (
    select c.email from cs_health.csm as c where c.manager_email is null order by c.email limit 1
);
