-- Overrides and pulses: what they show, what they leave alone, and which overrides were right.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = warning;
select plan(91);

create function public.t(i integer) returns uuid language sql immutable as
    $$ select ('00000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid $$;
create function public.me() returns text language sql stable as 'select current_user';
create function public.scored(tenant uuid, day date, category text, provisional boolean default false) returns void
language plpgsql as $$
begin
    perform cs_health._ensure_partition(day);
    insert into cs_health.customer_health
    select tenant, day, s.score, s.score, s.score, s.score, s.score, s.score, provisional, category, 'stable',
        1, 1, null, null, now(), '{}', '\x'
    from (
        select case category when 'healthy' then 90 when 'neutral' then 70 when 'at_risk' then 50 else 20 end as score
    ) as s;
    perform cs_health._show_health();
end
$$;

insert into cs_health.tenant (id, name) select public.t(i), 'Tenant ' || i from generate_series(1, 3) as i;
select public.scored(public.t(i), current_date - d, 'healthy') is not null
from generate_series(1, 2) as i, generate_series(1, 3) as d;
insert into cs_health.run (as_of, phase, scorecard_rules, rescore, batches, total, started_at, resumed_at, finished_at)
select current_date - d, 'finished', '[]', false, 0, 0, now(), now(), now() from generate_series(1, 3) as d;
select cs_health._show_health();
create temp table stored as select h::text as row from cs_health.customer_health as h;
create temp table shown as select * from cs_health_v1.health_scores;

-- Set, replaced, ended
create view public.seen as
select h.category, h.computed_category, h.override_category, h.override_reason, h.override_by, h.override_expires_on,
    h.recommended_action
from cs_health_v1.health_scores as h where h.tenant_id = public.t(1);
select results_eq('select * from public.seen', $$values ('healthy', 'healthy', null::text, null::text, null::text,
    null::date, 'Look for expansion, testimonials and referrals')$$,
    'without an override the computed category is shown');
set timezone = 'Pacific/Auckland';      -- of the session, which must not matter
select cs_health.override_health(public.t(1), 'critical', 'Their sponsor has left', (now() at time zone 'UTC')::date)
    as first \gset
select results_eq('select * from public.seen', $$values ('critical', 'healthy', 'critical', 'Their sponsor has left',
    public.me(), (now() at time zone 'UTC')::date, 'Escalate at once, involve the executive sponsor')$$,
    'an override is shown, the computed category stands beside it');
reset timezone;
select results_eq('select computed_category, computed_score::integer, set_by, ended_at, ended_by
    from cs_health.health_override', $$values ('healthy', 90, public.me(), null::timestamptz, null::text)$$,
    'what was computed is kept with it');
select is((select count(*) from cs_health_v1.health_scores as h where h.category = 'critical'), 1::bigint,
    'whoever filters by category finds the shown one');
select is((select array_agg(h.tenant_id) from cs_health_v1.health_scores as h where h.category = 'healthy'),
    array[public.t(2)], 'and not the computed one');
select results_eq(
    'select tenant_id, overall_score, trend, score_breakdown::text from cs_health_v1.health_scores order by tenant_id',
    'select tenant_id, overall_score, trend, score_breakdown::text from shown order by tenant_id',
    'scores stay as they are');
select cs_health.override_health(public.t(1), 'neutral', 'A new one came', current_date + 90) as second \gset
select results_eq('select id, ended_at is null, ended_by from cs_health.health_override order by set_at',
    format('values (%L::uuid, false, %L), (%L, true, null)', :'first', public.me(), :'second'),
    'the next one ends it');
select is((select category from public.seen), 'neutral', 'and is shown');
select is((select status || ': ' || detail from cs_health.doctor() where item = 'overrides'),
    'info: 1 categories are overridden, 0 of these only for the next 7 days', 'doctor() counts those that live');
select cs_health.override_health(public.t(2), 'at_risk', 'x', current_date + 7) is not null;
select is((select detail from cs_health.doctor() where item = 'overrides'),
    '2 categories are overridden, 1 of these only for the next 7 days', 'and those that expire soon');
select is((select remedy ~ 'override_health' from cs_health.doctor() where item = 'overrides'), true,
    'and says what to do about these');
select is(cs_health.end_override(public.t(2)), true, 'an override is ended');
select is(cs_health.end_override(public.t(2)), false, 'only once');
select is(cs_health.end_override(public.t(3)), false, 'there need not be one');
select is((select category from cs_health_v1.health_scores where tenant_id = public.t(2)), 'healthy',
    'then the computed category is shown');
select is((select ended_by from cs_health.health_override where tenant_id = public.t(2)), public.me(),
    'who ended it is kept');
select cs_health.override_health(public.t(3), 'healthy', 'x', current_date) is not null;
select results_eq(
    'select computed_category, computed_score from cs_health.health_override where tenant_id = public.t(3)',
    'values (null::text, null::smallint)', 'before anything was scored nothing is kept with it');
select throws_ok($$insert into cs_health.health_override (tenant_id, category, reason, set_by, expires_on)
    values (public.t(3), 'neutral', 'x', 'x', current_date)$$, '23505', null, 'one at a time, whoever inserts');

-- Expired: its last day is over
update cs_health.health_override set set_at = now() - interval '5 days', expires_on = current_date - 1
where tenant_id = public.t(1) and ended_at is null;
select is((select category from public.seen), 'healthy', 'an expired one is not shown');
select is((select override_category from public.seen), null, 'nor named');
select is(cs_health.end_override(public.t(1)), false, 'and cannot be ended');
select cs_health.override_health(public.t(1), 'at_risk', 'x', current_date) is not null;
select is((select last_day from cs_health.override_record where id = :'second'), current_date - 1,
    'it lived through its last day, though another was set later');
select cs_health.end_override(public.t(1)) is not null, cs_health.end_override(public.t(3)) is not null;
select is((select count(*) from cs_health.doctor() where item = 'overrides'), 0::bigint,
    'doctor() is silent where none lives');

-- Days are those of settings.time_zone; these two never have the same
create function public.today() returns date language sql as
    $$ select timezone(g.time_zone, now())::date from cs_health.settings as g $$;
create table public.zone (name text, step text, accepted boolean);
create procedure public.try(step text, day date) language plpgsql as $$
begin
    perform cs_health.override_health(public.t(2), 'critical', 'x', day);
    insert into public.zone select g.time_zone, step, true from cs_health.settings as g;
exception when invalid_parameter_value then
    insert into public.zone select g.time_zone, step, false from cs_health.settings as g;
end
$$;
update cs_health.settings set time_zone = 'Pacific/Kiritimati';
call public.try('yesterday', public.today() - 1);
call public.try('in 91 days', public.today() + 91);
call public.try('in 90 days', public.today() + 90);
call public.try('today', public.today());
update cs_health.settings set time_zone = 'Pacific/Pago_Pago';
call public.try('in 91 days', public.today() + 91);
select is((select category from cs_health_v1.health_scores where tenant_id = public.t(2)), 'critical',
    'one that lives is still shown in the west');
call public.try('in 90 days', public.today() + 90);
call public.try('yesterday', public.today() - 1);
call public.try('today', public.today());
select is((select string_agg(distinct z.step, ', ' order by z.step) filter (where z.accepted) || '; '
    || string_agg(distinct z.step, ', ' order by z.step) filter (where not z.accepted)
    || '; ' || count(*) from public.zone as z),
    'in 90 days, today; in 91 days, yesterday; 8', 'from today to 90 days ahead, in the east and in the west');
update cs_health.settings set time_zone = 'Pacific/Kiritimati';
call cs_health.fold_events();
select is((select category from cs_health_v1.health_scores where tenant_id = public.t(2)), 'healthy',
    'the last day in the west is over in the east');
update cs_health.settings set time_zone = 'UTC';

-- Without data the action is that of the override
update cs_health.customer_health set coverage = 0.4 where tenant_id = public.t(2);
select cs_health._show_health();
select cs_health.end_override(public.t(2)) is not null;
select results_eq('select category, data_status, recommended_action from cs_health_v1.health_scores
    where tenant_id = public.t(2)', $$values ('healthy', 'no data', null::text)$$, 'no data, no action');
select cs_health.override_health(public.t(2), 'at_risk', 'x', current_date) is not null;
select results_eq('select category, data_status, recommended_action from cs_health_v1.health_scores
    where tenant_id = public.t(2)',
    $$values ('at_risk', 'no data', 'Start the reactivation playbook, CSM call')$$, 'unless somebody knows better');
update cs_health.customer_health set coverage = 1 where tenant_id = public.t(2);
select cs_health._show_health();

-- History: what was shown at the end of each day
delete from cs_health.health_override;
select public.scored(public.t(3), current_date - d, 'neutral') is not null from generate_series(1, 40) as d;
select public.scored(public.t(3), current_date, 'neutral', true) is not null;
insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, expires_on, ended_at) values
    (public.t(3), 'critical', 'ended', 'x', current_date - 20 + time '12:00', current_date - 5,
        current_date - 10 + time '12:00'),
    (public.t(3), 'healthy', 'expired, ended when the next was set', 'x', current_date - 40 + time '12:00',
        current_date - 30, current_date - 20 + time '12:00'),
    (public.t(3), 'at_risk', 'for an hour', 'x', current_date - 15 + time '02:00', current_date + 5,
        current_date - 15 + time '03:00'),
    (public.t(3), 'at_risk', 'lives', 'x', current_date - 3 + time '12:00', current_date + 5, null);
select results_eq($$select h.category, count(*), min(current_date - h.as_of), max(current_date - h.as_of)
    from cs_health_v1.health_score_history(public.t(3)) as h group by h.category order by 3$$,
    $$values ('at_risk', 4::bigint, 0, 3), ('neutral', 16, 4, 29), ('critical', 10, 11, 20), ('healthy', 11, 30, 40)$$,
    'history shows the category as it was at the end of each day');
select is((select array_agg(distinct h.computed_category) from cs_health_v1.health_score_history(public.t(3)) as h),
    array['neutral'], 'and the computed one beside it');
update cs_health.settings set time_zone = 'Pacific/Auckland';   -- noon UTC is after midnight there
select results_eq($$select h.category, count(*), min(current_date - h.as_of), max(current_date - h.as_of)
    from cs_health_v1.health_score_history(public.t(3), current_date - 25, current_date - 5) as h
    where h.category = 'critical' group by h.category$$, $$values ('critical', 10::bigint, 10, 19)$$,
    'in the time zone of the settings');
update cs_health.settings set time_zone = 'UTC';
delete from cs_health.customer_health where tenant_id = public.t(3);
select cs_health._show_health();
delete from cs_health.health_override;
select results_eq('select row from stored order by row',
    'select h::text from cs_health.customer_health as h order by 1', 'no stored row was changed by all this');

-- Verdicts. Days count back from today; scores are {day: category}
create temp table verdict (
    nr integer generated always as identity, what text, computed text, category text, set_on integer, last integer,
    scores jsonb, verdict text, churned integer, ended integer);
insert into verdict (what, computed, category, set_on, last, scores, verdict, churned, ended) values
    ('pessimistic, lives', 'healthy', 'at_risk', 5, -5, '{"1": "critical"}', 'open', null, null),
    ('pessimistic, in its last day', 'healthy', 'at_risk', 5, 0, '{"1": "critical"}', 'open', null, null),
    ('pessimistic, the customer left after it', 'healthy', 'at_risk', 30, 20, '{"19": "healthy"}', 'right', 10, null),
    ('pessimistic, the customer left while it lived', 'healthy', 'at_risk', 30, 20, '{}', 'right', 25, null),
    ('pessimistic, the customer left 90 days after', 'healthy', 'at_risk', 110, 100, '{}', 'right', 10, null),
    ('pessimistic, the customer left 91 days after', 'healthy', 'at_risk', 110, 100, '{}', 'wrong', 9, null),
    ('pessimistic, the customer will leave', 'healthy', 'at_risk', 30, 20, '{"19": "healthy"}', 'open', -5, null),
    ('pessimistic, reached on the first day', 'healthy', 'at_risk', 30, 20, '{"19": "at_risk"}', 'right', null, null),
    ('pessimistic, worse on the first day', 'healthy', 'at_risk', 30, 20, '{"19": "critical"}', 'right', null, null),
    ('pessimistic, first scored days later', 'healthy', 'at_risk', 30, 20, '{"5": "critical"}', 'right', null, null),
    ('pessimistic, reached while it lived', 'healthy', 'at_risk', 30, 20, '{"25": "at_risk", "19": "healthy"}',
        'right', null, null),
    ('pessimistic, reached on the day it was set', 'healthy', 'at_risk', 30, 20, '{"30": "at_risk", "19": "healthy"}',
        'right', null, null),
    ('pessimistic, reached before it was set', 'healthy', 'at_risk', 30, 20, '{"31": "critical", "19": "healthy"}',
        'open', null, null),
    ('pessimistic, reached half way', 'healthy', 'critical', 30, 20, '{"19": "at_risk"}', 'open', null, null),
    ('pessimistic, reached on the second day', 'healthy', 'at_risk', 30, 20, '{"19": "healthy", "18": "critical"}',
        'open', null, null),
    ('pessimistic, reached in a provisional row', 'healthy', 'at_risk', 30, 20, '{"19": "provisional"}', 'open',
        null, null),
    ('pessimistic, not reached, on day 90', 'healthy', 'at_risk', 100, 90, '{"89": "healthy"}', 'open', null, null),
    ('pessimistic, not reached, on day 91', 'healthy', 'at_risk', 101, 91, '{"90": "healthy"}', 'wrong', null, null),
    ('pessimistic, ended early, reached', 'healthy', 'at_risk', 30, -5, '{"24": "at_risk"}', 'right', null, 25),
    ('pessimistic, ended early, not reached', 'healthy', 'at_risk', 30, -5, '{"24": "healthy", "10": "critical"}',
        'open', null, 25),
    ('optimistic, lives', 'critical', 'neutral', 30, -5, '{"20": "healthy"}', 'open', null, null),
    ('optimistic, reached while it lived', 'critical', 'neutral', 30, 20, '{"25": "neutral", "19": "critical"}',
        'right', null, null),
    ('optimistic, reached while it lived, not scored since', 'critical', 'neutral', 30, 20, '{"25": "neutral"}',
        'right', null, null),
    ('optimistic, better on the first day', 'critical', 'neutral', 30, 20, '{"19": "healthy"}', 'right', null, null),
    ('optimistic, reached half way', 'critical', 'neutral', 30, 20, '{"19": "at_risk"}', 'wrong', null, null),
    ('optimistic, not reached on its last day', 'critical', 'neutral', 30, 20, '{"20": "critical", "19": "healthy"}',
        'wrong', null, null),
    ('optimistic, reached before it was set', 'critical', 'neutral', 30, 20, '{"31": "healthy", "19": "critical"}',
        'wrong', null, null),
    ('optimistic, ended and not scored yet', 'critical', 'neutral', 30, 1, '{"2": "critical"}', 'open', null, null),
    ('optimistic, never scored within 90 days', 'critical', 'neutral', 110, 100, '{"9": "healthy"}', 'open', null,
        null),
    ('optimistic, reached, but the customer left', 'critical', 'neutral', 30, 20, '{"25": "healthy"}', 'wrong', 10,
        null),
    ('optimistic, reached, the customer left 91 days after', 'critical', 'neutral', 110, 100, '{"99": "healthy"}',
        'right', 9, null),
    ('affirmed, lives', 'at_risk', 'at_risk', 30, -1, '{"5": "at_risk"}', 'open', null, null),
    ('affirmed, the same', 'at_risk', 'at_risk', 30, 20, '{"25": "critical", "19": "at_risk"}', 'right', null, null),
    ('affirmed, better', 'at_risk', 'at_risk', 30, 20, '{"19": "neutral"}', 'wrong', null, null),
    ('affirmed, worse', 'at_risk', 'at_risk', 30, 20, '{"19": "critical"}', 'wrong', null, null),
    ('affirmed, the same, but the customer left', 'at_risk', 'at_risk', 30, 20, '{"19": "at_risk"}', 'wrong', 10, null),
    ('affirmed, not scored yet', 'at_risk', 'at_risk', 30, 20, '{"21": "at_risk"}', 'open', null, null),
    ('nothing computed, the customer left', null, 'critical', 30, 20, '{"19": "critical"}', 'open', 10, null),
    ('nothing computed, scored since', null, 'healthy', 110, 100, '{"99": "healthy"}', 'open', null, null);
insert into cs_health.tenant (id, name, status, churned_on)
select public.t(100 + v.nr), v.what, case when v.churned is null then 'active' else 'churned' end,
    current_date - v.churned
from verdict as v;
insert into cs_health.health_override (
    tenant_id, category, reason, set_by, set_at, expires_on, computed_category, ended_at)
select public.t(100 + v.nr), v.category, v.what, case when v.nr % 2 = 0 then 'ana' else 'bob' end,
    current_date - v.set_on + time '12:00', current_date - v.last, v.computed, current_date - v.ended + time '12:00'
from verdict as v;
select public.scored(public.t(100 + v.nr), current_date - s.key::integer,
    case s.value when 'provisional' then 'critical' else s.value end, s.value = 'provisional') is not null
from verdict as v cross join lateral jsonb_each_text(v.scores) as s;
select is(r.verdict, v.verdict, v.what)
from verdict as v left join cs_health.override_record as r on r.tenant_name = v.what order by v.nr;
select results_eq($$select r.last_day, r.computed_category_after from cs_health.override_record as r
    where r.tenant_name in ('pessimistic, lives', 'pessimistic, ended early, reached',
        'pessimistic, first scored days later', 'optimistic, not reached on its last day') order by r.tenant_name$$,
    $$values (current_date - 20, 'critical'), (current_date - 25, 'at_risk'), (current_date - 20, 'critical'),
        (null::date, null::text)$$, 'the record tells the last day and what was computed then');
select results_eq('select * from cs_health_v1.override_record order by tenant_id',
    'select * from cs_health.override_record order by tenant_id', 'the API shows the same record');
select results_eq('select * from cs_health_v1.override_accuracy order by set_by', $$
    select case when v.nr % 2 = 0 then 'ana' else 'bob' end, count(*), count(*) filter (where v.verdict = 'right'),
        count(*) filter (where v.verdict = 'wrong'), count(*) filter (where v.verdict = 'open')
    from verdict as v group by 1 order by 1$$, 'and how often each was right');

-- Pulses
select cs_health.record_pulse(public.t(1), 2, 'Nobody answers') is not null;
select cs_health.record_pulse(public.t(1), 4, 'They do now') is not null;
select cs_health.record_pulse(public.t(2), 3) is not null;
select cs_health.record_pulse(public.t(2), 5, '') is not null;
select results_eq($$select tenant_name, rating, comment, csm from cs_health_v1.pulses order by at$$,
    $$values ('Tenant 1', 2, 'Nobody answers', public.me()), ('Tenant 1', 4, 'They do now', public.me()),
        ('Tenant 2', 3, null, public.me()), ('Tenant 2', 5, null, public.me())$$, 'pulses are kept');
select results_eq($$select tenant_id, pulse, pulse_comment, pulse_by, pulse_at from cs_health_v1.health_scores
    where tenant_id in (public.t(1), public.t(2)) order by 1$$,
    $$select distinct on (p.tenant_id) p.tenant_id, p.rating::integer, p.comment, p.csm, p.at
    from cs_health.pulse as p order by p.tenant_id, p.at desc$$, 'the latest stands beside the score');
select is((select count(*) from cs_health_v1.health_scores), 4::bigint, 'one row per tenant, whatever the pulses');
select is((select count(*) from cs_health_v1.health_scores where pulse >= 4), 2::bigint, 'and can be asked for');
select results_eq('select row from stored order by row', $$select h::text from cs_health.customer_health as h
    where h.tenant_id in (public.t(1), public.t(2)) order by 1$$, 'no score follows from it');

-- A page costs what is on it
create function public.plan(query text, out line text) returns setof text language plpgsql as $$
begin
    for line in execute 'explain (verbose, costs off) ' || query loop
        return next;
    end loop;
end
$$;
select is((select bool_or(e.line ~ 'score_breakdown\(') from (
        select p.line, lag(p.line) over () as node
        from public.plan('select * from cs_health_v1.health_scores order by overall_score limit 5') as p) as e
    where e.node ~ '->  Sort'), false, 'the rows of a page are explained after they were sorted');
select is((select string_agg(p.line, E'\n') from public.plan('select category, count(*) from cs_health_v1.health_scores
    group by category') as p where p.line ~ 'pulse'), null, 'pulses are not looked up unless asked for');

-- Under the name of the token
select set_config('request.jwt.claims', '{"email": "ana@example.com"}', false) is not null;
select cs_health_v1.record_pulse(public.t(1), 1, 'x') is not null;
select cs_health_v1.override_health(public.t(1), 'neutral', 'x', current_date) is not null;
select results_eq('select override_by, pulse_by from cs_health_v1.health_scores where tenant_id = public.t(1)',
    $$values ('ana@example.com', 'ana@example.com')$$, 'who asked is kept');
select set_config('request.jwt.claims', '{"email": "bob@example.com"}', false) is not null;
select is(cs_health_v1.end_override(public.t(1)), true, 'a colleague may end it');
select is((select ended_by from cs_health.health_override where tenant_id = public.t(1)), 'bob@example.com',
    'under the own name');
select set_config('request.jwt.claims', '{"email": ""}', false) is not null;
select cs_health.record_pulse(public.t(1), 1) is not null;
select is((select pulse_by from cs_health_v1.health_scores where tenant_id = public.t(1)), public.me(),
    'without an e-mail it is the role');
select set_config('request.jwt.claims', '', false) is not null;

-- Kept, and forgotten
select is((select count(*) from cs_health.retention where table_name in ('health_override', 'pulse') and keep_days is
    null), 2::bigint, 'overrides and pulses are kept for ever');
select cs_health.set_retention('health_override', 50), cs_health.set_retention('pulse', 50);
update cs_health.pulse set at = now() - interval '60 days' where tenant_id = public.t(2) and rating = 3;
call cs_health.apply_retention();
select is((select max(current_date - o.expires_on) from cs_health.health_override as o), 20,
    'unless somebody sets less');
select is((select count(*) from cs_health.pulse where tenant_id = public.t(2)), 1::bigint, 'for pulses too');
select cs_health.override_health(public.t(2), 'neutral', 'x', current_date) is not null;
select cs_health.forget_tenant(public.t(2)) is not null;
select is((select count(*) from cs_health.health_override where tenant_id = public.t(2))
    + (select count(*) from cs_health.pulse where tenant_id = public.t(2)), 0::bigint,
    'forget_tenant() takes them along');
-- Without data nothing was computed, and who has left is not overridden
insert into cs_health.tenant (id, name) values (public.t(900), 'Blank');
select public.scored(public.t(900), current_date - 1, 'at_risk') is not null;
update cs_health.customer_health set coverage = 0 where tenant_id = public.t(900);
select cs_health.override_health(public.t(900), 'critical', 'x', current_date) is not null;
select is((select o.computed_category from cs_health.health_override as o where o.tenant_id = public.t(900)), null,
    'a row without data is no computed category');
update cs_health.tenant set status = 'churned', churned_on = current_date - 2 where id = public.t(900);
select throws_ok($$select cs_health.override_health(public.t(900), 'healthy', 'x', current_date)$$, '22023',
    format('tenant %s is no customer any more', public.t(900)), 'who has left cannot be overridden');
select * from finish();
