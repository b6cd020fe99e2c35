-- Expansion signals: noted once, with the plan to offer and what it brings, and what becomes of them.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = warning;
select * from no_plan();
\ir include/scored_days.sql

insert into cs_health.plan (code, name, kind, rank, monthly_price) values
    ('s', 'S', 'base', 1, 100), ('m', 'M', 'base', 2, 250.55), ('addon', 'A', 'add_on', 3, 10),
        ('l', 'L', 'base', 5, null),
    ('xl', 'XL', 'base', 7, 9e9), ('cheap', 'C', 'base', 8, 1);
insert into cs_health.tenant (id, name, plan_code)
select public.t(row_number() over ()::integer), 'T', p.code
from unnest(array['s', 'm', 'l', 'xl', 'cheap', null, 'addon']) as p(code);
create view public.signal as
select e.tenant_id, e.signal_type, e.current_plan::text as current_plan, e.recommended_plan::text as recommended_plan,
    e.potential_arr, e.signal_details, e.status, e.motion from cs_health.expansion_signal as e order by 1, 2;

set cs_health.now = '2026-03-04 10:00+00';
select cs_health._record_signal(public.t(1), 'usage_limit') as first \gset
select results_eq('select * from public.signal', $$values
    (public.t(1), 'usage_limit', 's', 'm', 1806.60, '{}'::jsonb, 'new', 'upsell')$$,
        'the next base plan and a year''s difference');
select is((select e.detected_at from cs_health.expansion_signal as e), '2026-03-04 10:00+00',
    'by the clock of playbooks');
select results_eq($$select channel, payload - 'id' from cs_health.outbox$$,
    format($$values ('all_events', jsonb_build_object('kind', 'signal.detected', 'version', 1,
        'occurred_at', '2026-03-04T10:00:00Z', 'tenant_id', public.t(1), 'data', jsonb_build_object('signal_id', %L,
        'signal_type', 'usage_limit', 'current_plan', 's', 'recommended_plan', 'm', 'motion', 'upsell',
        'potential_arr', 1806.60, 'currency', 'EUR', 'held_reason', null, 'details', '{}'::jsonb)))$$, :'first'),
    'which is told');
select is(cs_health._record_signal(public.t(1), 'usage_limit', '{"more": 1}'), :'first'::uuid,
    'one that is open is the one');
select is((select count(*) from cs_health.outbox), 1::bigint, 'and is not told again');
select isnt(cs_health._record_signal(public.t(1), 'user_growth', '{"users": 12}'), :'first'::uuid,
    'another type is another');
select is((select s.signal_details from public.signal as s where s.signal_type = 'user_growth'), '{"users": 12}',
    'details are kept');
select count(cs_health._record_signal(public.t(i), 'feature_request')) from unnest(array[2, 3, 4, 5, 7]) as i;
select results_eq($$select tenant_id, current_plan, recommended_plan, motion, potential_arr from public.signal
    where signal_type = 'feature_request'$$, $$values (public.t(2), 'm', 'xl', 'upsell', null::numeric),
        (public.t(3), 'l', 'xl', 'upsell', null), (public.t(4), 'xl', null, null, null),
        (public.t(5), 'cheap', null, null, null), (public.t(7), 'addon', 'xl', 'upsell', null)$$,
    'more than DECIMAL(10,2) holds, a price missing, only a cheaper plan, the largest: not known');
update cs_health.tenant set churn_notice_on = '2026-03-01' where id = public.t(7);
select is(e.held_reason, 'churn_notice', 'held from the start') from cs_health.expansion_signal as e
where e.id = cs_health._record_signal(public.t(7), 'user_growth');

-- What is seen on the current day
select public.ran('2026-03-03');
select public.scored(public.t(i), '2026-03-03') from generate_series(2, 4) as i;
insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value)
select public.t(i), 'seats', '2026-03-03 12:00+00', case i when 2 then 87 else 80 end, 100
from generate_series(2, 3) as i;
select count(cs_health._record_signal(public.t(i), 'usage_limit', '{}')) from generate_series(2, 5) as i;
select results_eq($$select tenant_id, signal_details -> 'usage_ratio', signal_details -> 'metric' from public.signal
    where signal_type = 'usage_limit' and tenant_id > public.t(1)$$, $$values
    (public.t(2), '0.87'::jsonb, '"seats"'::jsonb), (public.t(3), null, null), (public.t(4), null, null),
    (public.t(5), null, null)$$, 'more than 80 % of the limit; 80 %, not observed and not scored say nothing');

-- What becomes of them
select lives_ok(format($$select cs_health.set_signal_status(%L, 'contacted', 'Called')$$, :'first'), 'contacted');
select results_eq(format($$select status, note, changed_at, changed_by collate "default"
    from cs_health.expansion_signal where id = %L$$,
    :'first'), $$values ('contacted', 'Called', '2026-03-04 10:00+00'::timestamptz,
        current_user::text collate "default")$$,
    'status, note, when and who');
select results_eq('select before, after, note, changed_at, changed_by collate "default"
    from cs_health.expansion_signal_change',
    $$values ('new', 'contacted', 'Called', '2026-03-04 10:00+00'::timestamptz,
        current_user::text collate "default")$$, 'stay in its history');
select is((select count(*) from cs_health.outbox where kind = 'signal.status_changed'), 0::bigint,
    'who sets it needs no right on the outbox');
select is(cs_health._tell_signal_changes(), 1, 'the engine tells it');
select results_eq($$select channel, payload -> 'data' from cs_health.outbox where kind = 'signal.status_changed'$$,
    format($$values ('all_events', jsonb_build_object('signal_id', %L, 'signal_type', 'usage_limit', 'from', 'new',
        'to', 'contacted', 'potential_arr', 1806.60, 'won_arr', null, 'deferred_until', null, 'currency', 'EUR'))$$,
    :'first'), 'without the note');
select is(cs_health._tell_signal_changes(), 0, 'once');
select lives_ok(format($$select cs_health.set_signal_status(%L, 'contacted', '')$$, :'first'),
    'the same again is fine');
select results_eq(format($$select status, note from cs_health.expansion_signal where id = %L$$, :'first'),
    $$values ('contacted', 'Called')$$, 'an empty note leaves the one there is');
select is((select count(*) from cs_health.expansion_signal_change), 1::bigint, 'and is no change');
select lives_ok(format($$select cs_health.set_signal_status(%L, 'deferred', null, '2026-04-01')$$, :'first'),
    'to deferred');
select lives_ok(format($$select cs_health.set_signal_status(%L, 'deferred', 'In autumn', '2026-10-01')$$, :'first'),
    'and further');
select lives_ok(format($$select cs_health.set_signal_status(%L, 'deferred', 'Ask Eva')$$, :'first'), 'a note');
select results_eq(format('select status, deferred_until, note from cs_health.expansion_signal where id = %L', :'first'),
    $$values ('deferred', date '2026-10-01', 'Ask Eva')$$, 'leaves the date');
select lives_ok(format($$select cs_health.set_signal_status(%L, 'won', won_arr => 1500)$$, :'first'), 'to won');
select results_eq(format('select status, deferred_until, won_arr from cs_health.expansion_signal where id = %L',
    :'first'), $$values ('won', null::date, 1500.00)$$, 'with what it brings');
set cs_health.now = '2026-03-04 11:00+00';
select lives_ok(format($$select cs_health.set_signal_status(%L, 'won', won_arr => 1600.5)$$, :'first'),
    'which may be put right');
select lives_ok(format($$select cs_health.set_signal_status(%L, 'won', 'Signed')$$, :'first'), 'or annotated');
select results_eq(format('select won_arr, note from cs_health.expansion_signal where id = %L', :'first'),
    $$values (1600.50, 'Signed')$$, 'and nothing is lost');
select results_eq('select before, after from cs_health.expansion_signal_change order by id',
    $$values ('new', 'contacted'), ('contacted', 'deferred'), ('deferred', 'deferred'), ('deferred', 'deferred'),
        ('deferred', 'won'), ('won', 'won'), ('won', 'won')$$,
    'moves, new dates, notes and amounts stay in its history');
select results_eq(format('select changed_at from cs_health.expansion_signal where id = %L', :'first'),
    $$values (timestamptz '2026-03-04 10:00+00')$$, 'since when it is won');
select is(cs_health._tell_signal_changes(), 3, 'each is told');
select results_eq($$select o.data -> 'to', o.data -> 'deferred_until', o.data -> 'won_arr'
    from (select payload -> 'data' as data from cs_health.outbox where kind = 'signal.status_changed') as o
    order by o.data ->> 'to', o.data ->> 'deferred_until'$$, $$values
    ('"contacted"'::jsonb, 'null'::jsonb, 'null'::jsonb), ('"deferred"', '"2026-04-01"', 'null'),
    ('"deferred"', '"2026-10-01"', 'null'), ('"won"', 'null', '1600.50')$$, 'with date and amount');
select is((select count(distinct o.payload ->> 'id') from cs_health.outbox as o where o.kind = 'signal.status_changed'),
    4::bigint, 'under an id of its own');
select is(cs_health._record_signal(public.t(1), 'usage_limit'), :'first'::uuid,
    'once settled, it rests: no step notes another');
select is((select count(*) from cs_health.expansion_signal as e where e.tenant_id = public.t(1)
    and e.signal_type = 'usage_limit'), 1::bigint, 'there is still one');
begin;
update cs_health.tenant set plan_code = 'm' where id = public.t(1);
select isnt(cs_health._record_signal(public.t(1), 'usage_limit'), :'first'::uuid,
    'on another plan the next is another');
rollback;
set cs_health.now = '2026-06-02 09:59+00';
select is(cs_health._record_signal(public.t(1), 'usage_limit'), :'first'::uuid, 'for 90 days');
set cs_health.now = '2026-06-02 10:00+00';
select isnt(cs_health._record_signal(public.t(1), 'usage_limit'), :'first'::uuid, 'then the next is another');
set cs_health.now = '2026-03-04 11:00+00';

-- Refused
create function public.refusal(sql text) returns text language plpgsql as $$
declare
    hint text;
begin
    execute sql;
    return 'accepted';
exception when others then
    get stacked diagnostics hint = pg_exception_hint;
    return sqlstate || ' ' || sqlerrm || ' | ' || hint;
end
$$;
-- Every pair of states, with and without date and amount
create temp table move as
select b.status as before, a.status as after, v.deferred_until, v.won_arr
from unnest(array['new', 'contacted', 'won', 'lost', 'deferred']) as b(status)
cross join unnest(array['new', 'contacted', 'won', 'lost', 'deferred']) as a(status)
cross join (values (null::date, null::numeric), ('2026-03-05', null), (null, 0), ('2026-03-05', 10)) as v(
    deferred_until, won_arr);
create function public.tried(before text, after text, deferred_until date, won_arr numeric) returns text
language plpgsql as $$
declare
    signal uuid;
begin
    insert into cs_health.expansion_signal (tenant_id, signal_type, current_plan, status, deferred_until, detected_at)
    values (gen_random_uuid(), 'usage_limit', 's', before, case before when 'deferred' then date '2026-04-01' end,
        now())
    returning id into signal;
    perform cs_health.set_signal_status(signal, after, null, tried.deferred_until, tried.won_arr);
    return 'ok';
exception when others then
    return sqlstate;
end
$$;
select is(public.tried(m.before, m.after, m.deferred_until, m.won_arr), case
    when m.won_arr is not null and m.after <> 'won' or m.deferred_until is not null and m.after <> 'deferred'
        then '22023'
    when m.before <> m.after and not (m.before || ' ' || m.after) = any (array['new contacted', 'new deferred',
        'new lost', 'contacted won', 'contacted lost', 'contacted deferred', 'deferred contacted', 'deferred won',
        'deferred lost'])
        then '55000'
    when m.after = 'deferred' and m.before <> 'deferred' and m.deferred_until is null then '22023'
    else 'ok' end, concat_ws(' ', m.before, 'to', m.after, 'until ' || m.deferred_until, 'for ' || m.won_arr))
from move as m order by m.before, m.after, m.deferred_until, m.won_arr;
select is(public.tried('contacted', 'deferred', d, null), '22023', format('not until %s', d))
from unnest(array['2026-03-04', '2026-03-03', 'infinity', '-infinity']::date[]) as d;
select is(public.tried('deferred', 'deferred', '2026-03-04', null), '22023', 'nor further into the past');
select is(public.tried('contacted', 'won', null, a), '22023', format('not for %s', a))
from unnest(array['-0.01', 'NaN', 'Infinity', '-Infinity', '1e8']::numeric[]) as a;
select is(public.tried('contacted', 'won', null, 99999999.99), 'ok', 'the most that fits');
select is(public.refusal(format($$select cs_health.set_signal_status(%L, 'lost')$$, :'first')),
    '55000 a signal that is won cannot become lost | It is settled; the next sign of growth opens a new signal.',
    'won is won');
select e.id as other from cs_health.expansion_signal as e where e.tenant_id = public.t(2)
    and e.signal_type = 'usage_limit' \gset
select is(public.refusal(format($$select cs_health.set_signal_status(%L, 'won')$$, :'other')),
    '55000 a signal that is new cannot become won | Pass contacted, deferred or lost; what was won was contacted '
        'before.',
    'nothing is won unasked');
select is(public.refusal(format($$select cs_health.set_signal_status(%L, 'deferred')$$, :'other')),
    '22023 deferred_until is missing | Pass the day on which it shall come back.', 'deferred until when');
select lives_ok(format($$select cs_health.set_signal_status(%L, 'deferred', null, '2026-03-05')$$, :'other'),
    'until tomorrow');
select is(public.refusal(format($$select cs_health.set_signal_status(%L, 'new')$$, :'other')),
    '55000 a signal that is deferred cannot become new | Pass contacted, won or lost; it becomes new by itself on its '
        'date.',
    'nobody makes it new');
select is(public.refusal(format($$select cs_health.set_signal_status(%L, %L)$$, :'other', s.status)),
    format('22023 status must be new, contacted, won, lost or deferred, not %s | Pass one of these five.', s.shown),
    'not ' || s.shown)
from (values (null, 'null'), ('', ''), ('WON', 'WON'), (E'won\n', 'won?')) as s(status, shown);
select is(public.refusal($$select cs_health.set_signal_status(null, 'won')$$),
    '22023 expansion signal null does not exist | Signals are listed in cs_health.expansion_signal.', 'no signal');
select matches(public.refusal($$select cs_health.set_signal_status(public.t(1), 'won')$$),
    '^22023 expansion signal 0+-0000-4000-8000-0+1 does not exist', 'an unknown one');
select is(public.refusal(format($$select cs_health.set_signal_status(%L, 'won', repeat('x', 2001))$$, :'other')),
    '22023 note has 2001 characters, at most 2000 | Shorten it.', 'a long note');
select matches(public.refusal($$select cs_health._record_signal(public.t(99), 'usage_limit')$$), '^22023 tenant',
    'an unknown tenant');
select is(public.refusal(format($$select cs_health._record_signal(%L, 'usage_limit')$$, public.t(6))),
    format('22023 tenant %s has no plan | Set plan_code in cs_health.tenant.', public.t(6)), 'no plan');
select matches(public.refusal($$select cs_health._record_signal(null, 'usage_limit')$$), '^22023 tenant', 'no tenant');
select matches(public.refusal($$select cs_health._record_signal(public.t(1), 'other')$$), '^22023 signal_type must be',
    'an unknown type');
select matches(public.refusal($$select cs_health._record_signal(public.t(1), null)$$), '^22023 signal_type .* not null',
    'no type');
select matches(public.refusal(format($$select cs_health._record_signal(public.t(3), 'user_growth', %L)$$, d.details)),
    '^22023 details must be a JSON object', 'details that are ' || left(d.details, 4))
from unnest(array['[1]', '1', 'null', '"' || repeat('x', 70000) || '"', '{"a": "' || repeat('x', 70000)
    || '"}']) as d(details);

-- What became of all of them, by type
truncate cs_health.expansion_signal cascade;
insert into cs_health.expansion_signal (
    tenant_id, signal_type, current_plan, status, potential_arr, won_arr, held_reason, deferred_until, detected_at,
    changed_at)
values (public.t(1), 'usage_limit', 's', 'won', 100, 80, null, null, '2026-03-01 00:00+00', '2026-03-03 00:00+00'),
    (public.t(2), 'usage_limit', 's', 'won', 100, null, null, null, '2026-03-01 00:00+00', '2026-03-02 00:00+00'),
    (public.t(3), 'usage_limit', 's', 'lost', null, null, null, null, '2026-03-01 00:00+00', '2026-03-11 00:00+00'),
    (public.t(4), 'usage_limit', 's', 'new', 7, null, 'at_risk', null, '2026-03-01', null),
    (public.t(5), 'usage_limit', 's', 'contacted', null, null, null, null, '2026-03-01', null),
    (public.t(6), 'usage_limit', 's', 'deferred', 5.5, null, null, '2026-04-01', '2026-03-01', null),
    (public.t(4), 'user_growth', 's', 'new', null, null, null, null, '2026-03-01', null);
-- Nothing comes of these: the cause has ceased, the customer has left, the customer was deleted
insert into cs_health.tenant (id, name, plan_code, status, churned_on) values
    (public.t(8), 'T', 's', 'churned', '2026-03-02');
insert into cs_health.expansion_signal (
    tenant_id, signal_type, current_plan, potential_arr, held_reason, ceased_on, detected_at)
values (public.t(7), 'user_growth', 's', 1000, 'at_risk', '2026-03-02', '2026-03-01'),
    (public.t(8), 'user_growth', 's', 1000, 'churn_notice', null, '2026-03-01'),
    (public.t(99), 'user_growth', 's', 1000, 'at_risk', null, '2026-03-01');
insert into cs_health.expansion_signal (
    tenant_id, signal_type, current_plan, status, won_arr, detected_at, changed_at)
values (public.t(8), 'feature_request', 's', 'won', 50, '2026-03-01', '2026-03-02'),
    (public.t(99), 'feature_request', 's', 'won', 50, '2026-03-01', '2026-03-02');
insert into cs_health.expansion_signal_change (tenant_id, signal_id, before, after, changed_at, changed_by)
select e.tenant_id, e.id, 'contacted', 'lost', '2026-03-06 00:00+00', 'x' from cs_health.expansion_signal as e
where e.status = 'lost';
select results_eq('select * from cs_health_v1.signal_conversion', $$values
    ('usage_limit', 1::bigint, 1::bigint, 1::bigint, 1::bigint, 2::bigint, 1::bigint, 0.6667, 80.00, 12.50, 2.0),
    ('feature_request', 0, 0, 0, 0, 1, 0, 1.0000, 50, 0, 1.0), ('user_growth', 1, 0, 0, 0, 0, 0, null, 0, 0, null)$$,
    'conversion by type; a note that came later does not count as closing');

select * from finish();
