-- Expansion signals: noted once, with the next plan and what it brings, and what becomes of them.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = warning;
select plan(51);
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
    e.potential_arr, e.signal_details, e.status from cs_health.expansion_signal as e order by 1, 2;

set cs_health.now = '2026-03-04 10:00+00';
select cs_health._record_signal(public.t(1), 'usage_limit') as first \gset
select results_eq('select * from public.signal', $$values
    (public.t(1), 'usage_limit', 's', 'm', 1806.60, '{}'::jsonb, 'new')$$,
        'the next base plan and a year''s difference');
select is((select e.detected_at from cs_health.expansion_signal as e), '2026-03-04 10:00+00',
    'by the clock of playbooks');
select results_eq($$select channel, payload - 'id' from cs_health.outbox$$,
    format($$values ('all_events', jsonb_build_object('kind', 'signal.detected', 'version', 1,
        'occurred_at', '2026-03-04T10:00:00Z', 'tenant_id', public.t(1), 'data', jsonb_build_object('signal_id', %L,
        'signal_type', 'usage_limit', 'current_plan', 's', 'recommended_plan', 'm', 'potential_arr', 1806.60,
        'currency', 'EUR', 'details', '{}'::jsonb)))$$, :'first'), 'which is told');
select is(cs_health._record_signal(public.t(1), 'usage_limit', '{"more": 1}'), :'first'::uuid,
    'one that is open is the one');
select is((select count(*) from cs_health.outbox), 1::bigint, 'and is not told again');
select isnt(cs_health._record_signal(public.t(1), 'user_growth', '{"users": 12}'), :'first'::uuid,
    'another type is another');
select is((select s.signal_details from public.signal as s where s.signal_type = 'user_growth'), '{"users": 12}',
    'details are kept');
select count(cs_health._record_signal(public.t(i), 'feature_request')) from generate_series(2, 7) as i;
select results_eq($$select tenant_id, current_plan, recommended_plan, potential_arr from public.signal
    where signal_type = 'feature_request'$$, $$values (public.t(2), 'm', 'l', null::numeric),
        (public.t(3), 'l', 'xl', null),
    (public.t(4), 'xl', 'cheap', null), (public.t(5), 'cheap', null, null), (public.t(6), '', null, null),
    (public.t(7), 'addon', 'l', null)$$,
    'a price missing, a smaller price, the largest plan, no plan: not known');
update cs_health.plan set monthly_price = 9e6 where code = 'l';
insert into cs_health.tenant (id, name, plan_code) values (public.t(8), 'Much', 'm');
select isnt(cs_health._record_signal(public.t(8), 'user_growth'), null, 'more than DECIMAL(10,2) holds');
select is((select s.potential_arr from public.signal as s where s.tenant_id = public.t(8)), null,
    'is not known either');

-- What the measures say
select public.ran('2026-03-03');
select public.scored(public.t(i), '2026-03-03') from generate_series(2, 4) as i;
update cs_health.customer_health as h
set measures[m.position] = case h.tenant_id when public.t(2) then 0.87 when public.t(3) then 0.8 end
from cs_health.measure as m where m.code = 'usage_ratio';
select count(cs_health._record_signal(public.t(i), 'usage_limit', '{}')) from generate_series(2, 5) as i;
select results_eq($$select tenant_id, signal_details from public.signal where signal_type = 'usage_limit'
    and tenant_id > public.t(1)$$, $$values (public.t(2), '{"usage_ratio": 0.87, "as_of": "2026-03-03"}'::jsonb),
    (public.t(3), '{}'), (public.t(4), '{}'), (public.t(5), '{}')$$,
    'more than 80 % of the limit; 80 %, not observed and not scored say nothing');

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
        'to', 'contacted', 'potential_arr', 1806.60, 'currency', 'EUR'))$$, :'first'), 'without the note');
select is(cs_health._tell_signal_changes(), 0, 'once');
select lives_ok(format($$select cs_health.set_signal_status(%L, 'contacted', '')$$, :'first'),
    'the same again is fine');
select results_eq(format($$select status, note from cs_health.expansion_signal where id = %L$$, :'first'),
    $$values ('contacted', 'Called')$$, 'an empty note leaves the one there is');
select is((select count(*) from cs_health.expansion_signal_change), 1::bigint, 'and is no change');
select lives_ok(format($$select cs_health.set_signal_status(%L, '%s')$$, :'first', s.status), 'to ' || s.status)
from unnest(array['deferred', 'contacted', 'deferred', 'won']) with ordinality as s(status, nr) order by s.nr;
select is(cs_health._tell_signal_changes(), 4, 'each change is told');
select is((select count(distinct o.payload ->> 'id') from cs_health.outbox as o where o.kind = 'signal.status_changed'),
    5::bigint, 'under an id of its own');
select isnt(cs_health._record_signal(public.t(1), 'usage_limit'), :'first'::uuid, 'once settled, the next is another');

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
select is(public.refusal(format($$select cs_health.set_signal_status(%L, '%s')$$, :'first', s.status)),
    format('55000 a signal that is won cannot become %s | It is settled; the next sign of growth opens a new signal.',
    s.status), 'won is won, not ' || s.status) from unnest(array['new', 'contacted', 'deferred', 'lost']) as s(status);
select lives_ok(format($$select cs_health.set_signal_status(%L, 'won')$$, :'first'), 'but won');
select e.id as other from cs_health.expansion_signal as e where e.tenant_id = public.t(2)
    and e.signal_type = 'usage_limit' \gset
select lives_ok(format($$select cs_health.set_signal_status(%L, 'deferred')$$, :'other'), 'new may be deferred');
select is(public.refusal(format($$select cs_health.set_signal_status(%L, 'new')$$, :'other')),
    '55000 a signal that is deferred cannot become new | Pass contacted, won, lost or deferred.',
        'nothing becomes new');
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
select matches(public.refusal($$select cs_health._record_signal(null, 'usage_limit')$$), '^22023 tenant', 'no tenant');
select matches(public.refusal($$select cs_health._record_signal(public.t(1), 'other')$$), '^22023 signal_type must be',
    'an unknown type');
select matches(public.refusal($$select cs_health._record_signal(public.t(1), null)$$), '^22023 signal_type .* not null',
    'no type');
select matches(public.refusal(format($$select cs_health._record_signal(public.t(3), 'user_growth', %L)$$, d.details)),
    '^22023 details must be a JSON object', 'details that are ' || left(d.details, 4))
from unnest(array['[1]', '1', 'null', '"' || repeat('x', 70000) || '"', '{"a": "' || repeat('x', 70000)
    || '"}']) as d(details);

select * from finish();
