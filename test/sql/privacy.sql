-- forgetting people and customers
\set SHOW_CONTEXT never
insert into cs_health.feedback (tenant_id, kind, score, user_id) values ('00000000-0000-0000-0000-000000000003',
    'csat', 5, 'user 7');
select sum(cs_health.presence_size(pack)) as users from cs_health.activity where tenant_id =
    '00000000-0000-0000-0000-000000000003';
select cs_health.forget_user('00000000-0000-0000-0000-000000000003', 'user 7');
select sum(cs_health.presence_size(pack)) as users from cs_health.activity where tenant_id =
    '00000000-0000-0000-0000-000000000003';
select cs_health.forget_user('00000000-0000-0000-0000-000000000003', 'user 7');
select cs_health.forget_tenant('00000000-0000-0000-0000-000000000003') > 0 as forgotten;
select (select count(*) from cs_health.activity where tenant_id = '00000000-0000-0000-0000-000000000003')
    + (select count(*) from cs_health.customer_health where tenant_id = '00000000-0000-0000-0000-000000000003')
    + (select count(*) from cs_health.tenant where id = '00000000-0000-0000-0000-000000000003') as left_over;
select cs_health.forget_tenant('00000000-0000-0000-0000-000000000003');

-- who uses which feature is kept only on demand
select * from cs_health.feature_usage('00000000-0000-0000-0000-000000000002', '2026-07-01');
update cs_health.settings set feature_users = true;
insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature)
select '00000000-0000-0000-0000-000000000002', 'user ' || u, now() - interval '3 days', 'feature', 'chat' from
    generate_series(1, 3) as u;
call cs_health.fold_events();
select feature, users, events, timezone('UTC', now())::date - last_used_on as days from
    cs_health.feature_usage('00000000-0000-0000-0000-000000000002', current_date);
select cs_health.forget_user('00000000-0000-0000-0000-000000000002', 'user 1') > 0 as forgotten;
select feature, users from cs_health.feature_usage('00000000-0000-0000-0000-000000000002', current_date);
