-- events in, packs out, each once
\set SHOW_CONTEXT never
insert into cs_health.feature (code, name) values ('board', 'Board'), ('chat', 'Chat');
insert into cs_health.plan (code, name) values ('pro', 'Pro');
insert into cs_health.plan_feature (plan_code, feature) values ('pro', 'board'), ('pro', 'chat');
insert into cs_health.tenant (id, name, plan_code, signed_up_at)
select ('00000000-0000-0000-0000-00000000000' || i)::uuid, 'Tenant ' || i, 'pro', '2026-01-01' from generate_series(1,
    3) as i;
insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature, minutes)
select ('00000000-0000-0000-0000-00000000000' || t)::uuid, 'user ' || u, timestamptz '2026-06-30 10:00+00' - d *
    interval '1 day',
    'feature', case when t = 1 then 'board' else 'chat' end, 1.5
from generate_series(1, 2) as t cross join generate_series(1, 4) as u cross join generate_series(0, 44) as d where d %
    (u * t) = 0;
insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature, quantity) values
    ('00000000-0000-0000-0000-000000000001', 'user 1', '2026-06-30 11:00+00', 'login', null, 3),
    ('00000000-0000-0000-0000-000000000001', 'user 9', '2026-06-30 23:30+00', 'feature_denied', 'chat', 1),
    ('00000000-0000-0000-0000-000000000001', null, '2026-06-30 11:00+00', 'sync', null, 5),
    ('99999999-0000-0000-0000-000000000001', 'user 1', '2026-06-30 11:00+00', 'login', null, 1),
    ('00000000-0000-0000-0000-000000000001', 'user 1', '2999-06-30 11:00+00', 'login', null, 1),
    ('00000000-0000-0000-0000-000000000001', 'user 1', '1999-06-30 11:00+00', 'login', null, 1);
select cs_health.folded_at() is null as never_folded;
call cs_health.fold_events('2026-06-30');
select count(*) as still_in_the_inbox, cs_health.folded_at() is null as not_whole from cs_health.event;
call cs_health.fold_events();
select count(*) as still_in_the_inbox, cs_health.folded_at() is not null as whole from cs_health.event;
select reason, count(*) from cs_health.event_rejected group by reason order by reason;
select a.tenant_id, s.dau, s.mau, s.user_days, s.events, s.logins, s.minutes, s.features_used, s.last_active_on
from cs_health.activity as a cross join lateral cs_health.presence_stats(a.pack, '2026-06-30') as s order by 1;
select tenant_id, feature, requested, denied, first_on, last_on from cs_health.feature_demand;
select feed, sum(rows_received) from cs_health.feed_day group by feed;

-- a mended cause
insert into cs_health.tenant (id, name) values ('99999999-0000-0000-0000-000000000001', 'Late tenant');
select cs_health.release_rejected('unknown tenant');
call cs_health.fold_events();
select reason, count(*) from cs_health.event_rejected group by reason order by reason;

-- nothing left to fold, nothing changed
create temporary table before as table cs_health.activity;
call cs_health.fold_events();
select count(*) as changed from before join cs_health.activity as a using (tenant_id, segment) where a.pack <>
    before.pack;
begin;
call cs_health.fold_events();
rollback;

-- a large tenant is split into segments that add up, also with late events
insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature)
select '00000000-0000-0000-0000-000000000003', 'user ' || u, timestamptz '2026-06-30 10:00+00' - (u % 40) * interval
    '1 day', 'feature', 'f' || u % 3
from generate_series(1, 1000) as u;
call cs_health.fold_events();
select count(*) as segments, max(segments) as told, sum(cs_health.presence_size(pack)) as users
from cs_health.activity where tenant_id = '00000000-0000-0000-0000-000000000003';
insert into cs_health.event (tenant_id, user_id, occurred_at, kind) values
    ('00000000-0000-0000-0000-000000000003', 'user 1', '2026-06-15', 'login'),
    ('00000000-0000-0000-0000-000000000003', 'a new one', '2026-06-15', 'login');
call cs_health.fold_events();
select measure, value from cs_health.tenant_measures('00000000-0000-0000-0000-000000000003', '2026-06-30')
where measure in ('dau', 'mau', 'mau_previous', 'events', 'logins', 'features_used', 'new_users', 'active_days');
