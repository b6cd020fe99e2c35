-- Names that customers, or whoever writes into the database, might give: markup, code, other directions, formulas, sizes.
create temporary table hostile (n, name) as values
    (1, '<img src=x onerror="window.taken=1">'),
    (2, '"><script>window.taken=2</script>'),
    (3, U&'\202Egnp.exe \05E9\05DC\05D5\05DD \05E2\05D5\05DC\05DD'),
    (4, repeat('W', 255)),
    (5, U&'\+01F469\200D\+01F469\200D\+01F467\200D\+01F466 \+01F3F3\FE0F\200D\+01F308 Zo\0308e'),
    (6, '=1+1'),
    (7, '${window.taken=7}{{constructor.constructor("window.taken=7")()}}'),
    (8, 'javascript:window.taken=8'),
    (9, '''"`;</textarea></title><svg/onload=window.taken=9>'),
    (10, '@SUM(1,1)"');

update cs_health.tenant as t set name = h.name
from (
    select t.id, row_number() over (order by (
        select count(*) from cs_health.task as k where k.tenant_id = t.id and k.status = 'open') + (
        select count(*) from cs_health.playbook_execution as e where e.tenant_id = t.id and e.ended_at is null) + (
        select count(*) from cs_health.expansion_signal as s where s.tenant_id = t.id and s.status = 'new') desc, t.id) as n
    from cs_health.tenant as t where t.csm = :'csm' and t.status = 'active'
) as o
join hostile as h on h.n = o.n
where t.id = o.id;
update cs_health.contact as c set name = h.name, role = 'champion'
from cs_health.tenant as t join hostile as h on h.name = t.name where c.tenant_id = t.id and c.is_primary;
update cs_health.csm as c set name = h.name from hostile as h where h.n = 1 and c.email = :'csm';
update cs_health.cs_playbook as p set name = h.name from hostile as h where h.n = 2 and p.code = 'reactivation';
update cs_health.playbook_execution as e set playbook_name = h.name from hostile as h where h.n = 2;
update cs_health.task as k set title = h.name, detail = h.name || E'\n' || h.name
from hostile as h where h.n = 1 and k.status = 'open' and k.assignee = :'csm';
update cs_health.expansion_signal as s set note = h.name from hostile as h where h.n = 9;
insert into cs_health.touchpoint (tenant_id, kind, direction, channel, detail, at)
select t.id, 'reply', 'inbound', 'email', h.name, now() - interval '1 day'
from cs_health.tenant as t join hostile as h on true where t.csm = :'csm' and t.name in (select o.name from hostile as o);
update cs_health.settings as s set company_name = h.name from hostile as h where h.n = 1;
