-- What an administrator looks after, and does, without a session in the database.
create or replace view cs_health_v1.runs with (security_invoker = true) as
select r.as_of, r.phase, r.done, r.total, r.rate, r.eta, r.started_at, r.finished_at,
    coalesce(cardinality(r.hidden_positions), 0) as measures_held, r.triggers
from cs_health.run as r;
comment on view cs_health_v1.runs is 'The scored days, and how far each run has got';
comment on column cs_health_v1.runs.as_of is 'The day';
comment on column cs_health_v1.runs.phase is 'measures, score or finished';
comment on column cs_health_v1.runs.done is 'Customers scored so far';
comment on column cs_health_v1.runs.total is 'Customers to score';
comment on column cs_health_v1.runs.rate is 'Customers per second';
comment on column cs_health_v1.runs.eta is 'When it will be finished at that rate';
comment on column cs_health_v1.runs.started_at is 'When it was started';
comment on column cs_health_v1.runs.finished_at is 'When it was finished; null = not yet';
comment on column cs_health_v1.runs.measures_held is 'Measures that a data incident held back';
comment on column cs_health_v1.runs.triggers is 'Whether it may start playbooks';

create or replace view cs_health_v1.delivery_workers with (security_invoker = true) as
select w.started_at, w.seen_at, w.sent, w.failed, w.seen_at > now() - interval '10 minutes' as running
from cs_health.delivery_worker as w;
comment on view cs_health_v1.delivery_workers is 'The background worker that delivers; no row = none was ever seen';
comment on column cs_health_v1.delivery_workers.started_at is 'When it started';
comment on column cs_health_v1.delivery_workers.seen_at is 'When it last said that it is there';
comment on column cs_health_v1.delivery_workers.sent is 'Deliveries since it started';
comment on column cs_health_v1.delivery_workers.failed is 'Attempts that failed since it started';
comment on column cs_health_v1.delivery_workers.running is 'Seen within ten minutes';

create or replace function cs_health_v1.requeue_delivery(delivery uuid) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    perform cs_health._require_listed(
        exists (select from cs_health.outbox as o where o.id = delivery), 'delivery', 'deliveries');
    if not cs_health.requeue(delivery) then
        perform cs_health._refuse_state('It is not dead.', 'Only what was given up can be tried again.');
    end if;
end
$$;
comment on function cs_health_v1.requeue_delivery(uuid) is
    'Tries a message again that was given up

Under the same key, so that a receiver that had it already sees that. For administrators. An unknown one gives 404, one
that is not dead 409.';

create or replace function cs_health_v1.requeue_channel(channel text) returns integer
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    perform cs_health._require_listed(
        exists (select from cs_health.channel as c where c.code = channel), 'channel', 'channel_status');
    return cs_health.requeue_channel(channel);
end
$$;
comment on function cs_health_v1.requeue_channel(text) is
    'Tries all messages of a channel again that were given up

Once what was wrong with it is mended; returns how many. For administrators. An unknown channel gives 404.';

create or replace function cs_health_v1.accept_incident(measure text, day date) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
begin
    perform cs_health._require_listed(
        exists (select from cs_health.data_incident as i where i.measure = measure and i.as_of = day),
        'incident', 'data_incidents');
    if not exists (
        select from cs_health.data_incident as i
        where i.measure = measure and i.as_of = day and i.status = 'open') then
        perform cs_health._refuse_state('It is not open.', 'Only an open incident can be accepted.');
    end if;
    perform cs_health.accept_incident(measure, day);
end
$$;
comment on function cs_health_v1.accept_incident(text, date) is
    'Says that the numbers of a measure are right although the guard suspects them

The next run scores that day again with them. For administrators. An unknown incident gives 404, one that is not open
409.';
