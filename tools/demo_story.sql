-- The customer of the demo's story: who it is and what happens to it from 24 days before to 17 days after day 0. Its
-- own past is rewritten a little, so that the same happens on whatever day the demo runs: it liked the product and used it
-- every day; then fewer and fewer came, and at last it said why.
create table demo.customer as
select t.id, t.name, t.csm
from cs_health.tenant as t
join cs_health.customer_health as h on h.tenant_id = t.id and h.as_of = (select max(r.as_of) from cs_health.run as r)
join cs_health.csm as m on m.email = t.csm and m.away_until is null and m.locale = 'es'
join cs_health.contact as c on c.tenant_id = t.id and c.role = 'champion' and c.opted_out_at is null
    and c.bounced_at is null
where t.locale = 'es' and t.time_zone = 'Europe/Madrid' and t.status = 'active' and not t.holdout and t.parent_id is null
    and t.plan_code <> 'starter' and t.churn_notice_on is null and t.signed_up_at < cs_health._now() - interval '500 days'
order by t.plan_code = 'enterprise' desc, h.engagement_score + h.adoption_score desc, t.id
limit 1;

delete from cs_health.feedback as f using demo.customer as c
where f.tenant_id = c.id and f.answered_at >= (select s.day - 200 from demo.story as s);
delete from cs_health.ticket as k using demo.customer as c
where k.tenant_id = c.id and (k.resolved_at is null or k.resolved_at >= (select s.day - 30 from demo.story as s));
insert into cs_health.feedback (tenant_id, kind, score, user_id, answered_at, comment)
select c.id, a.kind, a.score, a.user_id, timezone('UTC', s.day + a.later + time '11:00'), a.comment
from demo.customer as c cross join demo.story as s
cross join (values
    (-90, 'review', 5, 'u1-0', null), (-60, 'nps', 9, 'u1-0', 'Nos ahorra mucho tiempo'), (-58, 'nps', 10, 'u2-0', null),
    (-50, 'csat', 5, 'u1-0', null),
    (-1, 'nps', 3, 'u1-0', 'La importación falla desde hace semanas'), (-1, 'nps', 2, 'u2-0', null),
    (-1, 'csat', 1, 'u1-0', null),
    (12, 'nps', 9, 'u1-0', 'Resuelto, gracias'), (12, 'nps', 9, 'u2-0', null), (12, 'csat', 5, 'u1-0', null)
) as a(later, kind, score, user_id, comment);
insert into cs_health.ticket (tenant_id, id, opened_at, resolved_at, severity)
select c.id, 'import-' || n, timezone('UTC', s.day - 1 + time '09:00' + n * interval '40 minutes'),
    timezone('UTC', s.day + 8 + time '16:00'), 'high'
from demo.customer as c cross join demo.story as s cross join generate_series(1, 4) as n;

-- One user in six came from day -24 on, nobody from day -6 to day 4; then who came on a day came on the next as well
delete from demo.later as e using demo.customer as c, demo.story as s
where e.tenant_id = c.id and e.occurred_at >= s.day - 24 and e.occurred_at < s.day + 5
    and (e.occurred_at >= s.day - 6 or hashtext(e.user_id) % 6 <> 0);
insert into demo.later (tenant_id, user_id, occurred_at, kind, feature, minutes, quantity)
select e.tenant_id, e.user_id, e.occurred_at + interval '1 day', e.kind, e.feature, e.minutes, e.quantity
from demo.later as e
join demo.customer as c on c.id = e.tenant_id
join demo.story as s on e.occurred_at >= s.day + 5 and e.occurred_at < s.day + 17;

-- What later proves the numbers has to know of it
delete from demo.event as e using demo.customer as c, demo.story as s
where e.tenant_id = c.id and e.occurred_at >= s.day - 24;
insert into demo.event select e.* from demo.later as e join demo.customer as c on c.id = e.tenant_id;

insert into cs_health.event select e.* from demo.later as e join demo.story as s on e.occurred_at < s.day - 3;
