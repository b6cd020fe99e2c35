-- whole months go, the rest stays
\set SHOW_CONTEXT never
set client_min_messages = warning;
select cs_health.set_retention('customer_health', 1000000);
select cs_health._ensure_partition('2001-02-03'), cs_health._ensure_partition('2001-02-03');
select to_regclass('cs_health.customer_health_2001_02') is not null as there;
select relrowsecurity from pg_class where relname = 'customer_health_2001_02';
call cs_health.apply_retention();
select to_regclass('cs_health.customer_health_2001_02') is not null as there;
select cs_health.set_retention('customer_health', 36500 / 10);
call cs_health.apply_retention();
select to_regclass('cs_health.customer_health_2001_02') is not null as there;
select cs_health.set_retention('customer_health', 0);
select cs_health.set_retention('no_such_table', 10);
select cs_health.set_retention('event_rejected', 1);
update cs_health.event_rejected set rejected_at = now() - interval '3 days' where reason = 'in the future';
call cs_health.apply_retention();
select reason from cs_health.event_rejected order by reason;
