create or replace view cs_health_v1.segments with (security_invoker = true) as
select distinct p.segment from cs_health.peer_group as p where p.segment is not null;
comment on view cs_health_v1.segments is
    'The segments that there are, to choose one from

Those of active customers that had data on the latest scored day.';
comment on column cs_health_v1.segments.segment is 'The segment';
