-- Events that follow a run: categories, trends and data incidents.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = warning;
select plan(22);
\ir include/scored_days.sql

create view public.told as
select o.channel, o.kind, o.tenant_id, o.payload #>> '{data,from}' as before, o.payload #>> '{data,to}' as after,
    o.payload #>> '{data,cause}' as cause
from cs_health.outbox as o order by o.kind, o.tenant_id, o.channel;
insert into cs_health.tenant (id, name, status) select public.t(i), 'T', case i when 9 then 'internal' else 'active' end
from generate_series(1, 12) as i;

-- 1 and 2 change, 3 by another scorecard, 4 by what is observed; 5 stays, 6 is new, 7 and 8 are hardly observed on one
-- of the days, 9 is internal, 10 changes its trend, 11 both
select public.ran('2026-03-02');
select public.scored(public.t(i), '2026-03-02', case i when 2 then 20 else 65 end,
    coverage => case i when 7 then 0.49 when 4 then 0.9 else 1 end) from generate_series(1, 11) as i where i <> 6;
select public.scored(public.t(i), '2026-03-03', case when i in (5, 10) then 79 when i = 11 then 80 else 45 end,
    coverage => case i when 8 then 0.49 else 1 end, scorecard => case i when 3 then 2 else 1 end,
    trend => case i when 10 then 'declining' when 11 then 'improving' else 'stable' end)
from generate_series(1, 11) as i;
select public.night('2026-03-03');
select results_eq('select * from public.told', $$values
    ('all_events', 'health.category_changed', public.t(1), 'neutral', 'at_risk', 'customer'),
    ('all_events', 'health.category_changed', public.t(2), 'critical', 'at_risk', 'customer'),
    ('all_events', 'health.category_changed', public.t(3), 'neutral', 'at_risk', 'scorecard'),
    ('all_events', 'health.category_changed', public.t(4), 'neutral', 'at_risk', 'data'),
    ('all_events', 'health.category_changed', public.t(11), 'neutral', 'healthy', 'customer'),
    ('all_events', 'health.trend_changed', public.t(10), 'stable', 'declining', 'customer'),
    ('trends', 'health.trend_changed', public.t(10), 'stable', 'declining', 'customer'),
    ('all_events', 'health.trend_changed', public.t(11), 'stable', 'improving', 'customer'),
    ('trends', 'health.trend_changed', public.t(11), 'stable', 'improving', 'customer')$$,
    'changes, their cause, and who wants to know; not first scores, days hardly observed, internal tenants');
select is((select o.payload from cs_health.outbox as o where o.tenant_id = public.t(2)), jsonb_build_object(
    'id', md5('health.category_changed ' || public.t(2) || ' 2026-03-03')::uuid, 'kind', 'health.category_changed',
    'version', 1, 'occurred_at', '2026-03-04T03:00:00Z', 'tenant_id', public.t(2), 'data', jsonb_build_object(
        'day', '2026-03-03', 'from', 'critical', 'to', 'at_risk', 'overall_score_from', 20, 'overall_score_to', 45,
        'cause', 'customer')), 'the document');
insert into cs_health.channel (code, kind, secret) values ('later', 'webhook', 'c.json');
select cs_health._emit('health.category_changed', public.t(2),
    (select o.payload -> 'data' from cs_health.outbox as o where o.tenant_id = public.t(2)), public.t(2)
        || ' 2026-03-03');
select is((select o.payload from cs_health.outbox as o where o.channel = 'later'),
    (select o.payload from cs_health.outbox as o where o.tenant_id = public.t(2) and o.channel = 'all_events'),
    'is the one that _emit() makes');
select is((select count(*) from cs_health.outbox as o where o.tenant_id = public.t(2)), 2::bigint,
    'under the same key');
delete from cs_health.outbox where channel = 'later';
delete from cs_health.channel where code = 'later';
select is((select count(distinct o.payload ->> 'id') from cs_health.outbox as o), 7::bigint,
    'an event has one id whatever the channel');

-- Once, and only of the newest day
create temp table before as select * from public.told;
select public.scored(public.t(5), '2026-03-03', 10);
select cs_health._after_run('2026-03-03');
select results_eq('select * from public.told', 'select * from before', 'a day scored again tells nothing');
select is(cs_health._tell_health_changes('2026-03-03', '2026-03-02'), 1, 'what would be told is told once');
delete from cs_health.outbox where tenant_id = public.t(5);
select public.scored(public.t(1), '2026-03-04', 10), public.scored(public.t(1), '2026-03-05', 45);
select public.ran('2026-03-05');
select public.night('2026-03-04');
select results_eq('select * from public.told', 'select * from before', 'an earlier day tells nothing');
select public.night('2026-03-05');
select is((select count(*) from public.told), 9::bigint,
    'what went and came back between two days that are told is no change');
select public.scored(public.t(1), '2026-03-06', 90), public.scored(public.t(1), '2026-03-10', 90),
    public.ran('2026-03-06');
select public.night('2026-03-10');
select is((select count(*) from public.told as t where t.after = 'healthy' and t.tenant_id = public.t(1)), 1::bigint,
    'days that were skipped lose nothing');

-- Channels
update cs_health.channel set enabled = false;
select public.scored(public.t(1), '2026-03-11', 10, trend => 'declining'), public.night('2026-03-11');
select is((select count(*) from cs_health.outbox as o where o.tenant_id = public.t(1) and o.kind like 'health.%'),
    2::bigint,
    'a channel that is not enabled gets nothing');
update cs_health.channel set enabled = true where code = 'trends';
select public.scored(public.t(1), '2026-03-12', 90, trend => 'improving'), public.night('2026-03-12');
select results_eq($$select channel, kind, before, after from public.told where tenant_id = public.t(1)
    and channel = 'trends'$$, $$values ('trends', 'health.trend_changed', 'declining', 'improving')$$,
    'one that wants some kinds gets those');

-- Data incidents
update cs_health.channel set enabled = true;
delete from cs_health.outbox;
create view public.incident as
select o.channel, o.tenant_id, o.payload -> 'data' as data from cs_health.outbox as o where o.kind = 'data.incident';
insert into cs_health.measure_check (as_of, measure, tenants, observed, positive, had, lost, incident, reason) values
    ('2026-03-13', 'logins', 10, 0, 0, 10, 10, 'lost', '10 of 10 tenants that had it have it no more'),
    ('2026-03-13', 'mau', 10, 0, 0, 10, 0, null, null),
    ('2026-03-12', 'minutes', 10, 0, 0, 10, 10, 'fell', 'not told, and closed');
update cs_health.measure_check set closed_at = now() where measure = 'minutes';
select public.scored(public.t(1), '2026-03-13', 10), public.night('2026-03-13');
select results_eq('select * from public.incident', $$values ('all_events', null::uuid, jsonb_build_object(
    'day', '2026-03-13', 'measure', 'logins', 'kind', 'lost', 'reason', '10 of 10 tenants that had it have it no more',
    'status', 'open'))$$, 'an incident is told, of no tenant; one that nobody was told of does not end for them');
select is((select count(*) from public.told as t where t.kind like 'health.%'), 0::bigint,
    'while it is open nothing changes with customers');
select cs_health._after_run('2026-03-13');
select is((select count(*) from public.incident), 1::bigint, 'once');
update cs_health.measure_check set closed_at = now() where measure = 'logins';
select cs_health._after_run('2026-03-13');
select is((select array_agg(i.data ->> 'status' order by i.data ->> 'status') from public.incident as i),
    '{closed,open}', 'so is its end');
select is((select count(*) from public.told as t where t.kind = 'health.category_changed'), 1::bigint,
    'then the day itself');
insert into cs_health.measure_check (as_of, measure, tenants, observed, positive, had, lost, incident, reason)
values ('2026-03-14', 'nps', 10, 0, 0, 10, 10, 'lost', 'x');
select public.night('2026-03-14');
update cs_health.measure_check set accepted_at = now() where measure = 'nps';
select public.night('2026-03-15');
select is((select array_agg(i.data ->> 'status' order by i.data ->> 'status') from public.incident as i
    where i.data ->> 'measure' = 'nps'), '{accepted,open}', 'accepted is told the next night');
select public.night('2026-03-16');
select is((select count(*) from public.incident), 4::bigint, 'and not again');
update cs_health.channel set event_kinds = '{churn.alert}';
insert into cs_health.measure_check (as_of, measure, tenants, observed, positive, had, lost, incident, reason)
values ('2026-03-17', 'nps', 10, 0, 0, 10, 10, 'lost', 'x');
select public.night('2026-03-17');
select is((select count(*) from public.incident), 4::bigint, 'whoever does not want them gets none');

-- Taken back with the run
update cs_health.channel set event_kinds = null;
update cs_health.measure_check set accepted_at = now() where measure = 'nps';
select public.scored(public.t(1), '2026-03-17', 10), public.scored(public.t(1), '2026-03-18', 90);
update cs_health.run set told_at = now() where as_of = '2026-03-17';
create temp table so_far as select o.id from cs_health.outbox as o;
begin;
select public.night('2026-03-18');
select isnt((select count(*) from cs_health.outbox), (select count(*) from so_far), 'what a run tells');
rollback;
select is((select count(*) from cs_health.outbox), (select count(*) from so_far), 'is gone with it when it is killed');

select * from finish();
