-- A day of events into the presence tables
insert into bench.presence select distinct tenant_id, user_id, day from bench.raw where day = current_date - 1
on conflict do nothing;
insert into bench.feature_presence select distinct tenant_id, feature, day from bench.raw where day = current_date - 1
on conflict do nothing;
