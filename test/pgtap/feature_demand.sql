-- What users ask for and are denied, folded per tenant and feature. Folding commits, so this is not one transaction.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set time zone 'UTC';
set client_min_messages = warning;

create function public.t(n integer) returns uuid language sql immutable return lpad(to_hex(n), 32, '0')::uuid;
create function public.demand() returns text language sql as $$
    select string_agg(format('%s %s %s+%s %s..%s', right(d.tenant_id::text, 1), d.feature, d.requested, d.denied,
        to_char(d.first_on, 'MMDD'), to_char(d.last_on, 'MMDD')), ', ' order by d.tenant_id, d.feature)
    from cs_health.feature_demand as d
$$;
select plan(11);

update cs_health.settings set time_zone = 'America/Bogota'; -- five hours behind
insert into cs_health.tenant (id, name) select public.t(n), 'Tenant ' || n from generate_series(1, 3) as n;
insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature, quantity)
select public.t(e.tenant), e.who, e.at::timestamptz, e.kind, e.feature, e.quantity
from (values
    (1, 'user 1', '2026-06-01 10:00+00', 'feature_denied', 'chat', 4),
    (1, null, '2026-06-30 10:00+00', 'feature_request', 'chat', 2),
    (1, 'user 2', '2026-06-02 04:59+00', 'feature_request', 'chat', 1),
    (1, 'user 2', '2026-06-02 10:00+00', 'feature_request', 'telepathy', 1),
    (1, 'user 2', '2026-06-02 10:00+00', 'feature', 'used', 1),
    (1, 'user 2', '2026-06-02 10:00+00', 'feature_request', null, 1),
    (1, 'user 2', '2026-06-02 10:00+00', 'feature_request', 'presence only', 0),
    (1, 'user 2', '1999-06-02 10:00+00', 'feature_request', 'long ago', 1),
    (8, 'user 2', '2026-06-02 10:00+00', 'feature_denied', 'of nobody', 1),
    (2, 'user 1', '2026-06-29 10:00+00', 'feature_denied', 'chat', 1)) as e(tenant, who, at, kind, feature, quantity);

call cs_health.fold_events('2026-06-02 05:00+00');
select is(public.demand(), '1 chat 1+4 0601..0601', 'events before a day, dated in the zone of settings');
call cs_health.fold_events();
select is(public.demand(), '1 chat 3+4 0601..0630, 1 telepathy 1+0 0602..0602, 2 chat 0+1 0629..0629',
    'the others are added; without feature, of no quantity, of nobody or unusable they are no demand');
call cs_health.fold_events();
select is(public.demand(), '1 chat 3+4 0601..0630, 1 telepathy 1+0 0602..0602, 2 chat 0+1 0629..0629', 'each once');
insert into cs_health.event (tenant_id, kind, feature, occurred_at)
values (public.t(1), 'feature_denied', 'telepathy', '2026-05-01 12:00+00');
call cs_health.fold_events();
select is((select concat_ws(' ', d.requested, d.denied, d.first_on, d.last_on) from cs_health.feature_demand as d
    where d.feature = 'telepathy'), '1 1 2026-05-01 2026-06-02', 'a late event moves the first day only');
insert into cs_health.tenant (id, name) values (public.t(8), 'Somebody now');
select is(cs_health.release_rejected('unknown tenant'), 1::bigint, 'an event that was rejected');
call cs_health.fold_events();
select is((select d.denied from cs_health.feature_demand as d where d.tenant_id = public.t(8)), 1::bigint,
    'counts once its cause is mended');

-- A fold that is taken back counts nothing
insert into cs_health.event (tenant_id, kind, feature, quantity)
select public.t(2), 'feature_request', 'chat', 5 from generate_series(1, 3);
begin;
select cs_health._fold_partition(p, null) from generate_series(0, 15) as p \g /dev/null
select is((select d.requested from cs_health.feature_demand as d where d.tenant_id = public.t(2)), 15::bigint,
    'a fold under way');
rollback;
select is((select d.requested from cs_health.feature_demand as d where d.tenant_id = public.t(2)), 0::bigint,
    'is taken back as a whole');
call cs_health.fold_events();
select is((select d.requested from cs_health.feature_demand as d where d.tenant_id = public.t(2)), 15::bigint,
    'and done again');

-- Kept for 400 days after the last time, without any name
select is((select count(*) from cs_health.feature_demand as d where d::text like '%user%'), 0::bigint,
    'nobody is named');
update cs_health.feature_demand as d set first_on = current_date - 900,
    last_on = current_date - case d.feature when 'chat' then 402 else 398 end
where d.tenant_id = public.t(1);
call cs_health.apply_retention();
select is((select string_agg(d.feature, ' ' order by d.feature) from cs_health.feature_demand as d
    where d.tenant_id = public.t(1)), 'telepathy', 'what nobody asks for any more is forgotten');

select * from finish();
