-- What is refused, side by side: the call, its SQLSTATE, and what message and hint must say. A message names the value
-- or its place, a hint the way out. Then thousands of hostile arguments, none of which may end in an internal error.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
\set SHOW_CONTEXT never
set client_min_messages = warning;

-- What the calls below are made of
create function public.spec(path text, value jsonb) returns jsonb language sql immutable as $$
    select jsonb_set(cs_health._spec_scorecard(), path::text[], value)
$$;
create function public.item(value jsonb) returns jsonb language sql immutable as $$
    select public.spec('{components,engagement,measures,0}', value)
$$;
create function public.curve(value jsonb) returns jsonb language sql immutable as $$
    select public.spec('{components,engagement,measures,0,curve}', value)
$$;
create function public.t1() returns uuid language sql immutable as $$
    select '00000000-0000-4000-8000-000000000001'::uuid
$$;
create function public.nobody() returns uuid language sql immutable as $$
    select '00000000-0000-4000-8000-00000000dead'::uuid
$$;
-- Users 1 and 2, feature 1; rings of 2, 5 and 2 bits, so that keys begin at byte 12 + 16 x 9 = 156
create function public.pack() returns bytea language sql immutable as $$
    select cs_health.presence_add(cs_health.presence_add(null, 1, 1, '2024-03-01', 1, 1, 1),
        2, null, '2024-03-01', 1, 1, 1)
$$;
insert into cs_health.tenant (id, name, signed_up_at) values (public.t1(), 'One', '2020-01-01');

-- Runs a statement, or an expression as a query, and says how it is refused
create function public.refusal(call text, out state text, out message text, out hint text)
language plpgsql set search_path = cs_health, public as $$
begin
    execute case when call ~ '^(call|insert|update|delete) ' then call else 'select ' || call end;
    raise sqlstate 'PT200' using message = 'accepted';      -- and undone
exception when others then
    get stacked diagnostics state = returned_sqlstate, message = message_text, hint = pg_exception_hint;
end
$$;

create temp table cases (
    nr integer generated always as identity, call text, state text, message text, hint text default '');

-- revenue
insert into cases (call, state, message, hint) values
    ('revenue_by_month(''2025-03-01'', ''2025-02-28'')', '22023', 'no period from 2025-03-01 to 2025-02-28',
        'Give a first month'),
    ('revenue_by_month(''infinity'')', '22023', 'no period from infinity', 'Give a first month'),
    ('revenue_by_month(null, ''5874897-12-31'')', '22023', 'no period from', 'Give a first month'),
    ('revenue_by_month(''5874897-12-31'')', '22023', 'no period from 5874897-12-31', 'Give a first month'),
    ('revenue_by_month(''1000-01-01'', ''2025-02-28'')', '22023', 'a period of 12302 months is too long',
        'at most 1200'),
    ('movements_from_mrr(null, ''select 1'')', '22023', 'day and source must be given', 'The day is'),
    ('movements_from_mrr(''2026-01-31'', null)', '22023', 'day and source must be given', 'The day is'),
    ('movements_from_mrr(''infinity'', ''select 1'')', '22023', 'day and source must be given', 'The day is'),
    ('movements_from_mrr(''2026-01-31'', ''select 1'')', '22023', 'the query cannot be read: ', 'tenant_id uuid, mrr'),
    ('movements_from_mrr(''2026-01-31'', ''drop table x'')', '22023', 'the query cannot be read: ', 'tenant_id uuid'),
    ('movements_from_mrr(''2026-01-31'', ''select t1(), 1, 2'')', '22023', 'the query cannot be read: ', 'uuid'),
    ('movements_from_mrr(''2026-01-31'', ''select public.t1(), -1'')', '22023', 'pays -1', 'from 0 to less than 1e11'),
    ('movements_from_mrr(''2026-01-31'', ''select public.t1(), null::numeric'')', '22023', 'pays null', 'from 0'),
    ('movements_from_mrr(''2026-01-31'', ''select null::uuid, 1'')', '22023', 'tenant null pays 1', 'from 0'),
    ('movements_from_mrr(''2026-01-31'', ''select public.t1(), ''''NaN''''::numeric'')', '22023', 'pays NaN', 'from 0'),
    ('movements_from_mrr(''2026-01-31'', ''select public.t1(), 1e11'')', '22023', 'pays 1', 'from 0 to less');

-- the dashboard
insert into cases (call, state, message, hint) values
    ('movers(0)', '22023', 'days must be from 1 to 1000, not 0', 'for a week'),
    ('movers(2147483647)', '22023', 'days must be from 1 to 1000, not 2147483647', 'for a week'),
    ('movers(null)', '22023', 'days must be from 1 to 1000, not null', 'for a week'),
    ('movers(7, -1)', '22023', 'max_rows must be from 1 to 100, not -1', 'for ten'),
    ('cs_health_v1.movers(7, null)', '22023', 'max_rows must be from 1 to 100, not null', 'for ten'),
    ('snooze_task(nobody(), ''2030-01-01'')', '22023', 'task 0.*dead does not exist', 'cs_health.task'),
    ('snooze_task(null, null)', '22023', 'task null does not exist', 'cs_health.task'),
    ('cs_health_v1.snooze_task(null, ''infinity'')', 'PT404', 'unknown task', 'listed at tasks'),
    ('reassign_tenants(null, null)', '22023', 'tenants must name 1 to 1000 customers, not null', 'hand_over'),
    ('reassign_tenants(''{}'', ''x@y'')', '22023', 'tenants must name 1 to 1000 customers, not 0', 'hand_over'),
    ('reassign_tenants(array_fill(t1(), array[40, 40]), ''x@y'')',
        '22023', 'tenants must name 1 to 1000 customers, not 1600', 'hand_over'),
    ('reassign_tenants(array[t1()], E''\x01é'')', '22023', 'csm must be a CSM, not \?\?', 'cs_health.csm'),
    ('reassign_tenants(array[nobody()], repeat(''x'', 100000))',
        '22023', 'csm must be a CSM, not x{50}', 'cs_health.csm'),
    ('cs_health_v1.reassign_tenants(array[nobody()], ''x@y'')', 'PT404', 'unknown tenant', 'listed at tenants'),
    ('cs_health_v1.reassign_tenants(array[null::uuid], ''x@y'')', 'PT404', 'unknown tenant', 'listed at tenants'),
    ('hand_over(null, null)', '22023', 'to_csm must be a CSM, not null', 'cs_health.csm'),
    ('cs_health_v1.hand_over(null, null)', 'PT404', 'unknown book of business', 'listed at colleagues'),
    ('save_segment(null, ''x'', ''{}'')', '22023', 'name is empty', 'in a few words'),
    ('save_segment(E''a\u2028\x01'', ''x'', ''{}'')', '22023', 'name has control characters', 'in one line'),
    ('save_segment(repeat(''x'', 101), ''x'', ''{}'')', '22023', 'name has 101 characters, at most 100', 'Shorten'),
    ('save_segment(''a'', E''X\n'', ''{}'')', '22023', 'page must be a lower-case word .* not X\?', 'name of the page'),
    ('save_segment(''a'', null, ''{}'')', '22023', 'page must be .* not null', 'name of the page'),
    ('save_segment(''a'', ''x'', null)', '22023', 'query must be an object of at most 8192 bytes', 'by name'),
    ('save_segment(''a'', ''x'', ''[1]'')', '22023', 'query must be an object of at most 8192 bytes', 'by name'),
    ('save_segment(''a'', ''x'', jsonb_build_object(''a'', repeat(''x'', 1000000)))',
        '22023', 'query must be an object of at most 8192 bytes', 'by name'),
    ('delete_segment(nobody())', '22023', 'saved segment 0.*dead does not exist', 'saved_segment'),
    ('cs_health_v1.delete_segment(null)', 'PT404', 'unknown segment', 'listed at saved_segments');

-- numbers
insert into cases (call, state, message, hint) values
    ('engagement_score(''NaN'', 1)', '22003', 'avg_dau must be finite, not NaN', 'Pass null'),
    ('engagement_score(1, ''Infinity'')', '22003', 'mau must be finite, not Infinity', 'Pass null'),
    ('engagement_score(''-Infinity'', 1)', '22003', 'avg_dau must be finite, not -Infinity', 'Pass null'),
    ('engagement_score(-1, 1)', '22003', 'avg_dau must be at least 0, not -1', 'Pass null'),
    ('engagement_score(1, -0.5)', '22003', 'mau must be at least 0, not -0.5', 'Pass null'),
    ('engagement_score(-1e-300, 1)', '22003', 'avg_dau must be at least 0, not -1e-300', 'Pass null'),
    ('adoption_score(-1, 1)', '22003', 'used must be at least 0, not -1', 'Pass null'),
    ('adoption_score(1, -2147483648)', '22003', 'available must be at least 0, not -2147483648', 'Pass null'),
    ('satisfaction_score(101, null, null)', '22003', 'nps must be from -100 to 100, not 101', 'Pass null'),
    ('satisfaction_score(-100.5, null, null)', '22003', 'nps must be from -100 to 100, not -100.5', 'Pass null'),
    ('satisfaction_score(null, 0.99, null)', '22003', 'csat must be from 1 to 5, not 0.99', 'Pass null'),
    ('satisfaction_score(null, 5.01, null)', '22003', 'csat must be from 1 to 5, not 5.01', 'Pass null'),
    ('satisfaction_score(null, null, 6)', '22003', 'review must be from 1 to 5, not 6', 'Pass null'),
    ('satisfaction_score(''NaN'', 5, 5)', '22003', 'nps must be finite, not NaN', 'Pass null'),
    ('satisfaction_score(null, null, ''-Infinity'')', '22003', 'review must be finite, not -Infinity', 'Pass null'),
    ('support_score(-1)', '22003', 'open_tickets must be at least 0, not -1', 'Pass null'),
    ('growth_score(''NaN'', 1)', '22003', 'current must be finite, not NaN', 'Pass null'),
    ('growth_score(-1, 1)', '22003', 'current must be at least 0, not -1', 'Pass null'),
    ('growth_score(1, -1)', '22003', 'previous must be at least 0, not -1', 'Pass null'),
    ('overall_score(101, 0, 0, 0, 0)', '22003', 'engagement must be from 0 to 100, not 101', 'Pass null'),
    ('overall_score(0, -1, 0, 0, 0)', '22003', 'adoption must be from 0 to 100, not -1', 'Pass null'),
    ('overall_score(0, 0, 101, 0, 0)', '22003', 'satisfaction must be from 0 to 100, not 101', 'Pass null'),
    ('overall_score(0, 0, 0, -1, 0)', '22003', 'support must be from 0 to 100, not -1', 'Pass null'),
    ('overall_score(0, 0, 0, 0, 2147483647)', '22003', 'growth must be from 0 to 100, not 2147483647', 'Pass null'),
    ('health_category(-1)', '22003', 'score must be from 0 to 100, not -1', 'Pass null'),
    ('health_category(101)', '22003', 'score must be from 0 to 100, not 101', 'Pass null'),
    ('nps(11)', '22003', 'score must be from 0 to 10, not 11', 'Pass null'),
    ('nps(-1)', '22003', 'score must be from 0 to 10, not -1', 'Pass null');

-- arrays
insert into cases (call, state, message, hint) values
    ('health_trend(''{50,101}'')', '22003', 'scores\[2\] must be from 0 to 100, not 101', 'Pass null'),
    ('health_trend(''{-1}'')', '22003', 'scores\[1\] must be from 0 to 100, not -1', 'Pass null'),
    ('health_trend(''{{1},{2}}'')', '2202E', 'scores must have one dimension, not 2', 'plain list'),
    ('health_trend(''[0:1]={1,2}'')', '2202E', 'scores must start at subscript 1, not 0', 'subscript'),
    ('health_trend(array_fill(1::smallint, array[1001]))', '54000', 'scores has 1001 elements, at most 1000', ''),
    ('score(''{1,NaN}'', _spec_scorecard())', '22003', 'measures\[2\] must be finite, not NaN', 'Pass null'),
    ('score(''{Infinity}'', _spec_scorecard())', '22003', 'measures\[1\] must be finite, not Infinity', 'Pass null'),
    ('score(''{NULL,-Infinity}'', _spec_scorecard())', '22003', 'measures\[2\] must be finite, not -Infinity', 'null'),
    ('score(''{{1,2}}'', _spec_scorecard())', '2202E', 'measures must have one dimension, not 2', 'plain list'),
    ('score(''{{{1}}}'', _spec_scorecard())', '2202E', 'measures must have one dimension, not 3', 'plain list'),
    ('score(''[2:3]={1,2}'', _spec_scorecard())', '2202E', 'measures must start at subscript 1, not 2', 'subscript'),
    ('score(''[-1:0]={1,2}'', _spec_scorecard())', '2202E', 'measures must start at subscript 1, not -1', 'subscript'),
    ('score(array_fill(1::real, array[1001]), _spec_scorecard())', '54000', 'measures has 1001 elements', ''),
    ('score_breakdown(''{NaN}'', _spec_scorecard())', '22003', 'measures\[1\] must be finite, not NaN', 'Pass null'),
    ('score_breakdown(''{{1}}'', _spec_scorecard())', '2202E', 'measures must have one dimension, not 2', 'plain list'),
    ('to_vector(''{1,NaN}'')', '22003', 'measures\[2\] must be a finite number .* not NaN', 'cs_health.measure'),
    ('to_vector(''{1e39}'')', '22003', 'measures\[1\] must be a finite number .* not 1e\+39', 'cs_health.measure'),
    ('to_vector(''{-Infinity}'')', '22003', 'measures\[1\] .* not -Infinity', 'cs_health.measure'),
    ('to_vector(''{{1}}'')', '2202E', 'measures must have one dimension, not 2', 'plain list'),
    ('to_vector(''[3:3]={1}'')', '2202E', 'measures must start at subscript 1, not 3', 'subscript'),
    ('to_vector(array_fill(1::float8, array[100000]))', '54000', 'measures has 100000 elements', '');

-- explanations
insert into cases (call, state, message, hint) values
    ('change_parts(''{NaN}'', _spec_scorecard(), ''{}'', _spec_scorecard())',
        '22003', 'measures_from\[1\] must be finite, not NaN', 'Pass null'),
    ('change_parts(''{}'', _spec_scorecard(), ''{1,-Infinity}'', _spec_scorecard())',
        '22003', 'measures_to\[2\] must be finite, not -Infinity', 'Pass null'),
    ('change_parts(''{{1}}'', _spec_scorecard(), ''{}'', _spec_scorecard())',
        '2202E', 'measures_from must have one dimension, not 2', 'plain list'),
    ('change_parts(''{}'', _spec_scorecard(), array_fill(1::real, array[1001]), _spec_scorecard())',
        '54000', 'measures_to has 1001 elements, at most 1000', ''),
    ('change_parts(''{}'', ''{}'', ''{}'', _spec_scorecard())', '22023', 'format must be 1, not null', 'scorecard'),
    ('change_parts(''{}'', _spec_scorecard(), ''{}'', ''[]'')', '22023', 'must be an object, not \[\]', 'scorecard'),
    ('explain_change(null, ''2024-03-01'', ''2024-03-02'')', '22004', 'must not be null', 'Name a tenant'),
    ('explain_change(t1(), null, ''2024-03-02'')', '22004', 'must not be null', 'two days'),
    ('explain_change(t1(), ''2024-03-01'', null)', '22004', 'must not be null', 'two days'),
    ('explain_change(nobody(), ''2024-03-01'', ''2024-03-02'')',
        '22023', 'tenant 0.*dead does not exist', 'cs_health.tenant'),
    ('explain_change(t1(), ''2024-03-01'', ''2024-03-02'')',
        '22023', 'tenant 0.*1 has no score of 2024-03-01', 'never scored'),
    ('explain_change(t1(), ''infinity'', ''-infinity'')', '22023', 'has no score of infinity', 'never scored'),
    ('explain_change(t1(), ''2024-03-01'', ''2024-03-02'', ''fr'')', '22023', 'locale "fr" is not known', 'en or es'),
    ('explain_change(t1(), ''2024-03-01'', ''2024-03-02'', E''\x01é%'')',
        '22023', 'locale "\?\?%" is not known', 'en or es'),
    ('cs_health_v1.explain_change(t1(), null, ''2024-03-02'')', 'PT404', 'no score on that day', 'history'),
    ('cs_health_v1.explain_change(null, ''2024-03-01'', ''2024-03-02'')', 'PT404', 'unknown tenant', 'health-scores');

-- what if, and what would help
insert into cases (call, state, message, hint) values
    ('what_if(''{}'', ''[]'')', '22023', 'changes must be an object, not \[\]', 'open_tickets'),
    ('what_if(''{}'', ''null'')', '22023', 'changes must be an object, not null', 'open_tickets'),
    ('what_if(''{}'', ''{"luck": 1}'')', '22023', 'unknown measure "luck"', 'cs_health.measure'),
    ('what_if(''{}'', ''{"Glück%n": 1}'')', '22023', 'unknown measure "Gl\?ck%n"', 'cs_health.measure'),
    ('what_if(''{}'', ''{"mau": null}'')', '22023', 'changes.mau must be a number .* not null', 'Leave out'),
    ('what_if(''{}'', ''{"mau": "5"}'')', '22023', 'changes.mau must be a number .* not "5"', 'Leave out'),
    ('what_if(''{}'', ''{"mau": [5]}'')', '22023', 'changes.mau must be a number .* not \[5\]', 'Leave out'),
    ('what_if(''{}'', ''{"mau": 1e39}'')', '22023', 'changes.mau must be a number that four bytes', 'Leave out'),
    ('what_if(''{}'', ''{"mau": -1e400}'')', '22023', 'changes.mau must be a number that four bytes', 'Leave out'),
    ('what_if(''{NaN}'', ''{}'')', '22003', 'measures\[1\] must be finite, not NaN', 'Pass null'),
    ('what_if(''{{1}}'', ''{}'')', '2202E', 'measures must have one dimension, not 2', 'plain list'),
    ('what_would_help(''{NaN}'', _spec_scorecard())', '22003', 'measures\[1\] must be finite, not NaN', 'Pass null'),
    ('what_would_help(''{}'', ''{}''::jsonb)', '22023', 'format must be 1, not null', 'scorecard'),
    ('what_would_help(''{}'', _spec_scorecard(), 0)', '22003', 'options must be from 1 to 20, not 0', 'Pass null'),
    ('what_would_help(''{}'', _spec_scorecard(), 21)', '22003', 'options must be from 1 to 20, not 21', 'Pass null'),
    ('what_would_help(null::uuid)', '22004', 'tenant_id must not be null', 'Name a tenant'),
    ('what_would_help(nobody())', '22023', 'tenant 0.*dead does not exist', 'cs_health.tenant'),
    ('what_would_help(t1())', '22023', 'tenant 0.*1 has no score', 'never scored'),
    ('what_would_help(t1(), ''fr'')', '22023', 'locale "fr" is not known', 'en or es'),
    ('cs_health_v1.what_would_help(null)', 'PT404', 'unknown tenant', 'health-scores'),
    ('_what_if(''{}'', ''{1,2}'', ''{1}'')', '2202E', 'positions must have as many elements as values',
        'cs_health.measure'),
    ('_what_if(''{}'', ''{1}'', ''{NULL}'')', '22004', 'values\[1\] must not be null', 'Leave out'),
    ('_what_if(''{}'', ''{0}'', ''{1}'')', '22003', 'positions\[1\] must be from 1 to 1000, not 0', 'Pass null'),
    ('_help_options(''{}'', _spec_scorecard(), 3, ''{1}'', ''{0}'', ''{1}'')',
        '22003', 'step and effort of position 1 must be above 0, not 0 and 1', 'cs_health.measure');

-- objectives and reviews
insert into cases (call, state, message, hint) values
    ('objectives(''fr'')', '22023', 'locale "fr" is not known', 'Pass en or es'),
    ('objectives('''')', '22023', 'locale "" is not known', 'Pass en or es'),
    ('objectives(repeat(''x'', 100000))', '22023', 'locale "x{20}" is not known', 'Pass en or es'),
    ('churn_postmortem(''2024-03-02'', ''2024-03-01'')', '22023', 'no period from 2024-03-02 to 2024-03-01',
        'first day'),
    ('churn_postmortem(''-infinity'', ''2024-03-01'')', '22023', 'no period from -infinity', 'first day'),
    ('churn_postmortem(null, ''infinity'')', '22023', 'no period from infinity to infinity', 'first day'),
    ('churn_postmortem(null, null, ''fr'')', '22023', 'locale "fr" is not known', 'Pass en or es');

-- packs of activity
insert into cases (call, state, message, hint) values
    ('presence_stats(''\x'', ''2024-03-01'')', '22P03', 'activity pack of 0 bytes is truncated', 'Restore'),
    ('presence_stats(set_byte(pack(), 0, 9), ''2024-03-01'')', '22P03', 'activity pack has format 9', 'Update'),
    ('presence_stats(set_byte(pack(), 1, 33), ''2024-03-01'')', '22P03', 'a ring of 33 bits', 'Restore'),
    ('presence_stats(set_byte(pack(), 3, 255), ''2024-03-01'')', '22P03', 'a ring of 255 bits', 'Restore'),
    ('presence_stats(set_byte(set_byte(pack(), 4, 0), 5, 0), ''2024-03-01'')', '22P03', 'newest day is 0', 'Restore'),
    ('presence_stats(set_byte(pack(), 8, 3), ''2024-03-01'')', '22P03', 'activity pack of 232 bytes .* 256', 'Restore'),
    ('presence_stats(set_byte(pack(), 8, 1), ''2024-03-01'')', '22P03', 'activity pack of 232 bytes .* 208', 'Restore'),
    ('presence_stats(set_byte(pack(), 11, 255), ''2024-03-01'')', '22P03', 'activity pack of 232 bytes', 'Restore'),
    ('presence_stats(set_byte(pack(), 7, 255), ''2024-03-01'')', '22P03', 'activity pack of 232 bytes', 'Restore'),
    ('presence_stats(set_byte(pack(), 160, 2), ''2024-03-01'')', '22P03', 'user key 1 is out of order', 'Restore'),
    ('presence_stats(set_byte(pack(), 160, 3), ''2024-03-01'')', '22P03', 'user key 1 is out of order', 'Restore'),
    ('presence_stats(set_byte(pack(), 13, 255), ''2024-03-01'')', '22P03', 'corrupt: its first day is', 'Restore'),
    ('presence_stats(set_byte(pack(), 15, 255), ''2024-03-01'')', '22P03', 'its older day 6', 'Restore'),
    ('presence_stats(set_byte(pack(), 0, 1), ''2024-03-01'')', '22P03', 'activity pack has format 1',
        'load the tenant''s events'),
    ('presence_stats(pack() || ''\x00'', ''2024-03-01'')', '22P03', 'activity pack of 233 bytes', 'Restore'),
    ('presence_add(''\x01'', 1, 1, ''2024-03-01'')', '22P03', 'activity pack of 1 bytes is truncated', 'Restore'),
    ('presence_merge(pack(), ''\x01'')', '22P03', 'activity pack of 1 bytes is truncated', 'Restore'),
    ('presence_merge(''\x02'', pack())', '22P03', 'activity pack of 1 bytes is truncated', 'Restore'),
    ('presence_segments(''\x01'', 1)', '22P03', 'activity pack of 1 bytes is truncated', 'Restore'),
    ('presence_forget(''\x01'', 1)', '22P03', 'activity pack of 1 bytes is truncated', 'Restore'),
    ('presence_size(''\x01'')', '22P03', 'activity pack of 1 bytes is truncated', 'Restore'),
    ('presence_stats(pack(), ''2023-12-24'')',
        '22023', '68 days before the newest activity, out of reach', 'customer_health'),
    ('presence_stats(pack(), ''1999-12-31'')', '22008', 'as_of must be from 2000-01-01 .* not 1999-12-31', ''),
    ('presence_stats(pack(), ''infinity'')', '22008', 'as_of must be from 2000-01-01 .* not infinity', ''),
    ('presence_stats(pack(), ''-infinity'')', '22008', 'as_of must be from 2000-01-01 .* not -infinity', ''),
    ('presence_stats(pack(), ''2179-06-06'')', '22008', 'as_of must be .* to 2179-06-05, not 2179-06-06', ''),
    ('presence_add(null, 1, 1, null)', '22004', 'day must not be null', 'Pass the day'),
    ('presence_add(null, 1, 1, ''1999-12-31'')', '22008', 'day must be from 2000-01-01 .* not 1999-12-31', ''),
    ('presence_add(null, 1, 1, ''infinity'')', '22008', 'day must be from 2000-01-01 .* not infinity', ''),
    ('presence_add(null, 1, 1, ''2024-03-01'', -1)', '22003', 'logins must be from 0 to 4294967295, not -1',
        'Pass null'),
    ('presence_add(null, 1, 1, ''2024-03-01'', 0, -0.1)', '22003', 'minutes must be from 0 to 429496729, not -0.1',
        'Pass null'),
    ('presence_add(null, 1, 1, ''2024-03-01'', 0, ''NaN'')', '22003', 'minutes .*must be finite, not NaN', 'Pass null'),
    ('presence_add(null, 1, 1, ''2024-03-01'', 0, 1e308)', '22003', 'minutes must be from 0 .* not 1e\+308',
        'Pass null'),
    ('presence_add(null, 1, 1, ''2024-03-01'', 0, 1e9)', '22003', 'minutes must be from 0 .* not 1000000000',
        'Pass null'),
    ('presence_add(null, 1, 1, ''2024-03-01'', 0, 0, -1)', '22003', 'events must be from 0 to 4294967295, not -1',
        'Pass null'),
    ('presence_agg(1, 1, null, 0, 0, 0)', '22004', 'day must not be null', 'Pass the day'),
    ('presence_agg(1, 1, ''infinity'', 0, 0, 0)', '22008', 'day must be from 2000-01-01', ''),
    ('presence_agg(1, 1, ''2024-03-01'', 0, ''Infinity'', 0)',
        '22003', 'minutes .*must be finite, not Infinity', 'null'),
    ('presence_segments(pack(), 3)', '22023', 'segments must be a power of two up to 16777216, not 3',
        'activity.segments'),
    ('presence_segments(pack(), 0)', '22023', 'segments must be a power of two .* not 0', 'activity.segments'),
    ('presence_segments(pack(), -1)', '22023', 'segments must be a power of two .* not -1', 'activity.segments'),
    ('presence_segments(pack(), -2147483648)', '22023', 'segments must be a power of two .* not -2147483648',
        'activity.segments'),
    ('presence_segments(pack(), 33554432)', '22023', 'segments must be a power of two .* not 33554432',
        'activity.segments'),
    ('user_key(''\x00'', t1(), ''u'')', '22023', 'secret must have 16 bytes, not 1', 'hash_secret'),
    ('user_key(''\x'', t1(), ''u'')', '22023', 'secret must have 16 bytes, not 0', 'hash_secret'),
    ('feature_key(''\x0011223344556677889900112233445566'', ''f'')',
        '22023', 'must have 16 bytes, not 17', 'hash_secret'),
    ('_presence_agg_final(''\x'')', '0A000', 'only inside its aggregate', 'Call the aggregate'),
    ('_presence_agg_step(null, 1, 1, ''2024-03-01'', 0, 0, 0)', '0A000', 'only inside its aggregate', 'aggregate'),
    ('_presence_agg_combine(pack(), pack())', '0A000', 'only inside its aggregate', 'Call the aggregate'),
    ('_presence_measures_final(''{1}'')', '0A000', 'only inside its aggregate', 'Call the aggregate'),
    ('_nps_final(''{1}'')', '22P03', 'state of nps is corrupt', ''),
    ('_nps_step(''{1,NULL,3}'', 5)', '22P03', 'state of nps is corrupt', '');

-- scorecards; the order is that of the document
insert into cases (call, state, message, hint) values
    ('check_scorecard(''[]'')', '22023', 'the document must be an object, not \[\]', 'scorecard'),
    ('check_scorecard(''null'')', '22023', 'the document must be an object, not null', 'scorecard'),
    ('check_scorecard(''"x"'')', '22023', 'the document must be an object, not "x"', 'scorecard'),
    ('check_scorecard(''{}'')', '22023', 'format must be 1, not null', 'scorecard'),
    ('check_scorecard(spec(''{format}'', ''2''))', '22023', 'format must be 1, not 2', 'scorecard'),
    ('check_scorecard(spec(''{format}'', ''1.5''))', '22023', 'format must be 1, not 1.5', 'scorecard'),
    ('check_scorecard(spec(''{code}'', ''""''))', '22023', 'code must be a text of 1 to 63 bytes, not ""', 'scorecard'),
    ('check_scorecard(spec(''{code}'', ''5''))', '22023', 'code must be a text of 1 to 63 bytes, not 5', 'scorecard'),
    ('check_scorecard(spec(''{colour}'', ''1''))', '22023', 'unknown key "colour" in the document', 'scorecard'),
    ('check_scorecard(spec(''{missing}'', ''"guess"''))', '22023', 'missing must be .* not "guess"', 'scorecard'),
    ('check_scorecard(spec(''{components}'', ''[]''))', '22023', 'components must be an object, not \[\]', 'scorecard'),
    ('check_scorecard(spec(''{components,luck}'', ''{}''))',
        '22023', 'unknown key "luck" in components', 'has the components'),
    ('check_scorecard(_spec_scorecard() #- ''{components,growth}'')',
        '22023', 'components.growth must be an object, not null', 'scorecard'),
    ('check_scorecard(spec(''{components,support}'', ''[]''))',
        '22023', 'components.support must be an object, not \[\]', 'scorecard'),
    ('check_scorecard(spec(''{components,support,wait}'', ''1''))',
        '22023', 'unknown key "wait" in components.support', 'scorecard'),
    ('check_scorecard(spec(''{components,growth,weight}'', ''1e9''))',
        '22023', 'components.growth.weight must be a number from 0 to 1000, not 1000000000', 'scorecard'),
    ('check_scorecard(spec(''{components,growth,weight}'', ''-1''))',
        '22023', 'components.growth.weight must be .* not -1', 'scorecard'),
    ('check_scorecard(spec(''{components,growth,weight}'', ''2.5''))',
        '22023', 'components.growth.weight must be a whole number, not 2.5', 'scorecard'),
    ('check_scorecard(spec(''{components,growth,weight}'', ''"10"''))',
        '22023', 'components.growth.weight must be .* not "10"', 'scorecard'),
    ('check_scorecard(spec(''{components,growth,weight}'', ''1e400''))',
        '22023', 'components.growth.weight must be a number', 'scorecard'),
    ('check_scorecard(spec(''{components,growth,measures}'', ''[]''))',
        '22023', 'components.growth.measures must be an array of 1 to 32 measures, not \[\]', 'scorecard'),
    ('check_scorecard(spec(''{components,growth,measures}'', ''{}''))',
        '22023', 'components.growth.measures must be an array', 'scorecard'),
    ('check_scorecard(spec(''{components,growth,measures}'', (select jsonb_agg(1) from generate_series(1, 33))))',
        '22023', 'components.growth.measures must be an array of 1 to 32', 'scorecard'),
    ('check_scorecard(item(''7''))',
        '22023', 'components.engagement.measures\[0\] must be an object, not 7', 'scorecard'),
    ('check_scorecard(item(''{}''))',
        '22023', 'components.engagement.measures\[0\].measure must be a text', 'scorecard'),
    ('check_scorecard(item(''{"measure": "luck"}''))',
        '22023', 'unknown measure "luck" at components.engagement.measures\[0\].measure', 'compile_scorecard'),
    ('check_scorecard(item(''{"measure": "luck", "weight": 1, "curve": [[0, 0]]}''))',
        '22023', 'unknown measure "luck" at components.engagement.measures\[0\]', 'compile_scorecard'),
    ('check_scorecard(item(''{"measure": "mau"}''))',
        '22023', 'measures\[0\].weight must be a number from 0 to 1000, not null', 'scorecard'),
    ('check_scorecard(item(''{"measure": "mau", "weight": 1}''))',
        '22023', 'measures\[0\].curve must be given', 'scorecard'),
    ('check_scorecard(item(''{"measure": "mau", "wait": 1}''))',
        '22023', 'unknown key "wait" in components.engagement.measures\[0\]', 'scorecard'),
    ('check_scorecard(item(''{"measure": "mau", "position": 1, "weight": 0}''))',
        '22023', 'measures\[0\].position must be the position of the measure, not 1', 'scorecard'),
    ('check_scorecard(item(''{"measure": "mine", "position": 1001, "weight": 0}''))',
        '22023', 'measures\[0\].position must be a number from 1 to 1000, not 1001', 'scorecard'),
    ('check_scorecard(item(''{"measure": "mau", "weight": 1, "curve": [[0, 0]], "only_if": 1}''))',
        '22023', 'measures\[0\].only_if must be an object, not 1', 'scorecard'),
    ('check_scorecard(item(''{"measure": "mau", "weight": 1, "curve": [[0, 0]], "only_if": {"measure": "dau"}}''))',
        '22023', 'measures\[0\].only_if.at_least must be a number', 'scorecard'),
    ('check_scorecard(item(''{"measure": "mau", "weight": 1, "curve": [[0, 0]], "else": {"measure": "dau"}}''))',
        '22023', 'measures\[0\].else.curve must be given', 'scorecard'),
    ('check_scorecard(curve(''[]''))',
        '22023', 'measures\[0\].curve must be an array of 1 to 16 points, not \[\]', 'scorecard'),
    ('check_scorecard(curve(''7''))',
        '22023', 'measures\[0\].curve must be an array of 1 to 16 points, not 7', 'scorecard'),
    ('check_scorecard(curve((select jsonb_agg(jsonb_build_array(i, i)) from generate_series(1, 17) as i)))',
        '22023', 'measures\[0\].curve must be an array of 1 to 16 points', 'scorecard'),
    ('check_scorecard(curve(''[[1, 0], [0, 100]]''))',
        '22023', 'measures\[0\].curve\[1\]\[0\] must be greater .* not 0', 'scorecard'),
    ('check_scorecard(curve(''[[0, 0], [0, 100]]''))',
        '22023', 'measures\[0\].curve\[1\]\[0\] must be greater .* not 0', 'scorecard'),
    ('check_scorecard(curve(''[[0, 101]]''))',
        '22023', 'measures\[0\].curve\[0\]\[1\] must be a number from 0 to 100, not 101', 'scorecard'),
    ('check_scorecard(curve(''[[0]]''))', '22023', 'measures\[0\].curve\[0\] must be a pair', 'scorecard'),
    ('check_scorecard(curve(''[["0", 1]]''))',
        '22023', 'measures\[0\].curve\[0\]\[0\] must be a number .* not "0"', 'scorecard'),
    ('check_scorecard(spec(''{components,support,measures}'', ''[{"measure": "mau", "weight": 0}]''))',
        '22023', 'the weights of components.support.measures sum to 0', 'scorecard'),
    ('check_scorecard(jsonb_set(_spec_scorecard(), ''{components}'', (select jsonb_object_agg(c.key, c.value || '
    '''{"weight": 0}'') from jsonb_each(_spec_scorecard() -> ''components'') as c)))',
        '22023', 'the weights of components sum to 0', 'scorecard'),
    ('check_scorecard(spec(''{description}'', to_jsonb(repeat(''x'', 10000000))))',
        '54000', 'the document has 10[0-9]{6} bytes', 'Shorten'),
    ('check_scorecard(spec(''{description}'', to_jsonb(repeat(''x'', 300000))))',
        '54000', 'the document has 30[0-9]{4} bytes', 'Shorten'),
    ('check_scorecard((repeat(''['', 2000) || repeat('']'', 2000))::jsonb)',
        '22023', 'not usable JSON: .*deep', 'scorecard'),
    ('check_scorecard(spec(''{description}'', (repeat(''['', 2000) || repeat('']'', 2000))::jsonb))',
        '22023', 'not usable JSON: .*deep', 'scorecard'),
    ('score(''{1}'', ''{}'')', '22023', 'format must be 1, not null', 'scorecard'),
    ('score_breakdown(''{1}'', spec(''{format}'', ''2''))', '22023', 'format must be 1, not 2', 'scorecard'),
    ('compile_scorecard(item(''{"measure": "luck", "weight": 0}''))',
        '22023', 'unknown measure "luck" at components.engagement.measures\[0\].measure', 'cs_health.measure'),
    ('compile_scorecard(spec(''{components,growth,measures,0,else,measure}'', ''"luck"''))',
        '22023', 'unknown measure "luck" at components.growth.measures\[0\].else.measure', 'cs_health.measure'),
    ('compile_scorecard(spec(''{components,growth,measures,0,only_if,measure}'', ''"luck"''))',
        '22023', 'unknown measure "luck" at components.growth.measures\[0\].only_if.measure', 'cs_health.measure'),
    ('compile_scorecard(''7'')', '22023', 'the document must be an object, not 7', 'scorecard'),
    ('compile_scorecard(spec(''{components}'', ''5''))', '22023', 'components must be an object, not 5', 'scorecard'),
    ('compile_scorecard(spec(''{components,growth,weight}'', ''1e9''))',
        '22023', 'components.growth.weight must be .* not 1000000000', 'scorecard'),
    ('save_scorecard(''{}'')', '22023', 'format must be 1, not null', 'scorecard'),
    ('scorecard_preview(''[]'')', '22023', 'the document must be an object, not \[\]', 'scorecard'),
    ('insert into scorecard (code, version, document) values (''x'', 1, ''{"code": "x"}'')',
        '22023', 'format must be 1, not null', 'scorecard'),
    ('insert into scorecard (code, version, document) values (''x'', 1, _spec_scorecard())',
        '23514', 'scorecard_code_is_the_documents', ''),
    ('use_scorecard(null)', '42704', 'scorecard .* does not exist', 'cs_health.scorecard'),
    ('use_scorecard(''unknown'')', '42704', 'scorecard "unknown" does not exist', 'cs_health.scorecard'),
    ('use_scorecard(''spec'', 99)', '42704', 'scorecard "spec version 99" does not exist', 'cs_health.scorecard'),
    ('use_scorecard(''spec'', null, null, ''no such plan'')', '42704', 'plan "no such plan" does not exist', 'plan'),
    ('test_measure(null)', '22004', 'query must not be null', 'tenant_id uuid'),
    ('test_measure(''select 1'')', '22023', 'the query cannot be run', 'one row per tenant'),
    ('test_measure(''select 1; select 2'')', '22023', 'the query cannot be run', 'one row per tenant'),
    ('test_measure('''')', '22023', 'the query cannot be run', 'one row per tenant'),
    ('test_measure(''select id, name from cs_health.tenant'')', '22023', 'the query cannot be run',
        'one row per tenant'),
    ('accept_incident(null)', '22023', 'has no open incident$', 'data_incident'),
    ('accept_incident(''mau'', ''2020-01-01'')', '22023', 'measure "mau" has no open incident on 2020-01-01',
        'data_incident'),
    ('publish_scorecard(null)', '42704', 'scorecard .* has no draft', 'save_scorecard'),
    ('publish_scorecard(''spec'')', '42704', 'scorecard "spec" has no draft', 'save_scorecard'),
    ('rollback_scorecard(null)', '42704', 'scorecard .* was not in use before', 'use_scorecard'),
    ('rollback_scorecard(''spec'')', '42704', 'scorecard "spec" was not in use before version 1', 'use_scorecard'),
    ('stop_scorecard()', '22023', 'cannot be stopped', 'segment or a plan'),
    ('scorecard_document(''none'')', '42704', 'scorecard "none" does not exist', 'cs_health.scorecard'),
    ('score_trial(''2026-02-01'', ''2026-01-01'')', '22023', 'no period from 2026-02-01 to 2026-01-01', 'first day'),
    ('score_trial(''-infinity'', ''2026-01-01'')', '22023', 'no period from', 'first day'),
    ('score_trial(null, null, 0)', '22023', 'horizon_days must be from 1 to 730, not 0', '90 days'),
    ('scorecard_preview(cs_health._spec_scorecard(), ''infinity'')', '22023', 'no period from', 'first day'),
    ('scorecard_preview(cs_health._spec_scorecard(), null, null, null)', '22023', 'not null', '90 days'),
    ('score_interval(array[''nan'']::real[], cs_health._spec_scorecard())', '22003', 'measures\[1\]', 'null'),
    ('_overall(array[''infinity'']::real[], cs_health._spec_scorecard())', '22003', 'measures\[1\]', 'null'),
    ('_hide_measures(array[1]::real[], array[null]::integer[])', '22004', 'null elements', 'cs_health.measure'),
    ('_hide_measures(array[1]::real[], array[[1], [2]])', '2202E', 'one dimension', 'plain list');

-- input tables; a constraint's name says what is wrong
insert into cases (call, state, message) values
    ('insert into feedback (tenant_id, kind, score) values (t1(), ''nps'', 11)', '23514', 'feedback_score_is_in_range'),
    ('insert into feedback (tenant_id, kind, score) values (t1(), ''nps'', -1)', '23514', 'feedback_score_is_in_range'),
    ('insert into feedback (tenant_id, kind, score) values (t1(), ''csat'', 0)', '23514', 'feedback_score_is_in_range'),
    ('insert into feedback (tenant_id, kind, score) values (t1(), ''review'', 6)',
        '23514', 'feedback_score_is_in_range'),
    ('insert into feedback (tenant_id, kind, score) values (t1(), ''stars'', 3)', '23514', 'feedback_kind_is_known'),
    ('insert into feedback (tenant_id, kind, score) values (nobody(), ''nps'', 3)', '23503', 'feedback_tenant_id_fkey'),
    ('insert into feedback (tenant_id, kind, score, answered_at) values (t1(), ''nps'', 3, ''infinity'')',
        '23514', 'in_range'),
    ('insert into ticket (tenant_id, id, opened_at, resolved_at) values (t1(), ''1'', ''2024-03-02'', ''2024-03-01'')',
        '23514', 'ticket_resolved_not_before_opened'),
    ('insert into ticket (tenant_id, id, opened_at, severity) values (t1(), ''1'', now(), ''dire'')',
        '23514', 'ticket_severity_is_known'),
    ('insert into ticket (tenant_id, id, opened_at) values (nobody(), ''1'', now())', '23503', 'ticket_tenant_id_fkey'),
    ('insert into ticket (tenant_id, id, opened_at) values (t1(), ''1'', ''-infinity'')', '23514', 'in_range'),
    ('insert into usage (tenant_id, metric, measured_at, used) values (t1(), ''seats'', now(), -1)',
        '23514', 'usage_in_range'),
    ('insert into usage (tenant_id, metric, measured_at, used) values (t1(), ''seats'', now(), ''NaN'')',
        '23514', 'usage_in_range'),
    ('insert into usage (tenant_id, metric, measured_at, used) values (t1(), ''seats'', now(), ''Infinity'')',
        '23514', 'usage_in_range'),
    ('insert into usage (tenant_id, metric, measured_at, used, limit_value) values (t1(), ''seats'', now(), 1, -1)',
        '23514', 'usage_limit_in_range'),
    ('insert into usage (tenant_id, metric, measured_at, used) values (nobody(), ''seats'', now(), 1)',
        '23503', 'usage_tenant_id_fkey'),
    ('insert into usage (tenant_id, metric, measured_at, used) values (t1(), ''seats'', ''infinity'', 1)',
        '23514', 'in_range'),
    ('insert into revenue_event (tenant_id, occurred_on, kind, mrr_change) values (nobody(), now(), ''new'', 1)',
        '23503', 'revenue_event_tenant_id_fkey'),
    ('insert into revenue_event (tenant_id, occurred_on, kind, mrr_change) values (t1(), now(), ''new'', -1)',
        '23514', 'revenue_event_sign_fits_its_kind'),
    ('insert into revenue_event (tenant_id, occurred_on, kind, mrr_change) values (t1(), now(), ''churn'', 1)',
        '23514', 'revenue_event_sign_fits_its_kind'),
    ('insert into revenue_event (tenant_id, occurred_on, kind, mrr_change) values (t1(), ''infinity'', ''new'', 1)',
        '23514', 'revenue_event_day_is_finite'),
    ('insert into revenue_event (tenant_id, occurred_on, kind, mrr_change) values (t1(), now(), ''new'', ''NaN'')',
        '23514', 'revenue_event'),
    ('insert into revenue_event (tenant_id, occurred_on, kind, mrr_change) values (t1(), now(), ''churn'', null)',
        '23502', 'mrr_change'),
    ('insert into revenue_event (tenant_id, occurred_on, kind, mrr_change) values (t1(), now(), ''new'', 2e11)',
        '23514', 'revenue_event_in_range'),
    ('insert into event (tenant_id, user_id, kind, minutes) values (t1(), ''u'', ''login'', ''NaN'')',
        '23514', 'event_minutes_in_range'),
    ('insert into event (tenant_id, user_id, kind, minutes) values (t1(), ''u'', ''login'', -1)',
        '23514', 'event_minutes_in_range'),
    ('insert into event (tenant_id, user_id, kind, quantity) values (t1(), ''u'', ''login'', -1)',
        '23514', 'event_quantity_in_range'),
    ('insert into event (tenant_id, user_id, kind, occurred_at) values (t1(), ''u'', ''login'', ''infinity'')',
        '23514', 'event_time_in_range'),
    ('insert into event (tenant_id, user_id, kind, occurred_at) values (t1(), ''u'', ''login'', ''-infinity'')',
        '23514', 'event_time_in_range'),
    ('insert into event (tenant_id, user_id, kind) values (t1(), ''u'', '''')', '23514', 'event_kind_fits'),
    ('insert into event (tenant_id, user_id, kind) values (t1(), repeat(''u'', 1001), ''login'')',
        '23514', 'event_user_id_fits'),
    ('insert into event (tenant_id, user_id, kind, feature) values (t1(), ''u'', ''feature'', '''')',
        '23514', 'event_feature_fits'),
    ('insert into contact (tenant_id, name, email) values (t1(), ''A'', ''a.example.org'')',
        '23514', 'contact_email_has_an_at'),
    ('insert into contact (tenant_id, name, email) values (t1(), ''A'', ''a@b c'')',
        '23514', 'contact_email_has_an_at'),
    ('insert into contact (tenant_id, name, email) values (nobody(), ''A'', ''a@example.org'')',
        '23503', 'contact_tenant_id_fkey'),
    ('insert into contact (tenant_id, name, email, role) values (t1(), ''A'', ''a@example.org'', ''boss'')',
        '23514', 'contact_role_is_known'),
    ('insert into csm (email, name, booking_url) values (''a@b'', ''A'', ''http://a'')',
        '23514', 'csm_booking_url_is_https'),
    ('insert into tenant (name, status) values (''T'', ''churned'')', '23514', 'tenant_status_fits_churned_on'),
    ('insert into tenant (name, churned_on) values (''T'', ''2024-01-01'')', '23514', 'tenant_status_fits_churned_on'),
    ('insert into tenant (name, status) values (''T'', ''asleep'')', '23514', 'tenant_status_is_known'),
    ('insert into tenant (name, status, signed_up_at, churned_on) values (''T'', ''churned'', ''2024-03-01'', '
    '''2024-01-01'')',
        '23514', 'tenant_churned_after_sign_up'),
    ('insert into tenant (name, time_zone) values (''T'', ''Mars/Olympus'')',
        '22023', 'time zone "Mars/Olympus" not recognized'),
    ('insert into tenant (name, plan_code) values (''T'', ''unknown'')', '23503', 'tenant_plan_code_fkey'),
    ('insert into tenant (name, csm) values (''T'', ''nobody@example.org'')', '23503', 'tenant_csm_fkey'),
    ('insert into tenant (name, locale) values (''T'', ''tlh'')', '23514', 'tenant_locale_is_known'),
    ('insert into tenant (name) values ('''')', '23514', 'tenant_name_fits'),
    ('insert into tenant (name) values (E''a\nb'')', '23514', 'tenant_name_fits'),
    ('insert into csm (email, name) values (''a@b'', E''a\x1b'')', '23514', 'csm_name_is_a_name'),
    ('insert into csm (email, name) values (''a@b'', '''')', '23514', 'csm_name_is_a_name'),
    ('insert into contact (tenant_id, email, name) values (gen_random_uuid(), ''a@b'', repeat(''x'', 256))', '23514',
        'contact_name_is_a_name'),
    ('update settings set company_name = E''a\r\nb''', '23514', 'settings_company_name_is_a_name'),
    ('update settings set company_name = repeat(''x'', 256)', '23514', 'settings_company_name_is_a_name'),
    ('insert into channel (code, kind, secret, from_name) values (''x'', ''webhook'', ''x'', E''a\nb'')', '23514',
        'channel_from_name_is_a_name'),
    ('insert into tenant (name, arr) values (''T'', -1)', '23514', 'tenant_arr_in_range'),
    ('insert into tenant (name, arr) values (''T'', ''NaN'')', '23514', 'tenant_arr'),
    ('insert into tenant (name, signed_up_at) values (''T'', ''-infinity'')', '23514', 'in_range'),
    ('insert into tenant (name, contract_ends_on) values (''T'', ''infinity'')', '23514', 'in_range'),
    ('insert into tenant (id, name) values (''ffffffff-ffff-ffff-ffff-ffffffffffff'', ''T'')',
        '23514', 'tenant_id_is_not_the_max_uuid'),
    ('insert into tenant (id, name, parent_id) values (nobody(), ''T'', nobody())',
        '23514', 'tenant_is_not_its_own_parent'),
    ('insert into plan_limit (plan_code, metric, limit_value) values (''p'', ''seats'', ''NaN'')',
        '23514', 'plan_limit'),
    ('update settings set time_zone = ''Mars/Olympus''', '22023', 'time zone "Mars/Olympus" not recognized'),
    ('update settings set currency = ''euro''', '23514', 'settings_currency_is_iso_4217'),
    ('update settings set batch_tenants = 0', '23514', 'settings_batch_tenants_in_range'),
    ('insert into settings default values', '23505', 'settings_pkey'),
    ('insert into measure_value (tenant_id, measure, as_of, value) values (t1(), ''mau'', now(), ''NaN'')',
        '23514', 'measure_value_is_finite'),
    ('insert into measure_value (tenant_id, measure, as_of, value) values (t1(), ''luck'', now(), 1)',
        '23503', 'measure_value_measure_fkey');

-- the engine
insert into cases (call, state, message, hint) values
    ('health_now(nobody())', '22023', 'tenant 0.*dead does not exist', 'cs_health.tenant'),
    ('health_now(null)', '22023', 'tenant .* does not exist', 'cs_health.tenant'),
    ('recalculate_tenant(nobody())', '22023', 'tenant 0.*dead does not exist', 'cs_health.tenant'),
    ('tenant_measures(nobody(), current_date)', '22023', 'tenant 0.*dead does not exist', 'cs_health.tenant'),
    ('tenant_measures(t1(), null)', '22004', 'must not be null', 'Name a tenant'),
    ('forget_user(nobody(), ''u'')', '22023', 'tenant 0.*dead does not exist', 'cs_health.tenant'),
    ('set_retention(''unknown'', 5)', '22023', 'table "unknown" has no retention', 'cs_health.retention'),
    ('set_retention(''usage'', 0)', '23514', 'retention_keep_days_is_positive', ''),
    ('schedule()', '55000', 'extension pg_cron is not installed', 'shared_preload_libraries.*run_due'),
    ('register_measure(''mau'', ''users'', ''mine'')',
        '42710', 'measure "mau" comes with the extension', 'another code'),
    ('register_measure(''Bad Code'', ''users'', ''mine'')', '23514', 'measure_code_is_a_name', ''),
    ('register_measure(''m'', '''', ''mine'')', '23514', 'measure_unit_fits', ''),
    ('register_measure(''m'', ''x'', ''mine'', null, -1)', '23514', 'measure_window_in_range', ''),
    ('register_measure(''m'', ''x'', ''mine'', ''select 1 / 0'')',
        '22023', 'measure "m" cannot be computed: ', 'tenant_id uuid'),
    ('register_measure(''m'', ''x'', ''mine'', ''select t1(), 1 / 0'')',
        '22023', 'measure "m" cannot be computed: ', 'tenant_id uuid'),
    ('register_measure(''m'', ''x'', ''mine'', ''selec'')',
        '22023', 'measure "m" cannot be computed: ', 'tenant_id uuid'),
    ('register_measure(''m'', ''x'', ''mine'', ''select public.t1(), 1 from generate_series(1, 2)'')',
        '22023', 'measure "m" cannot be computed: .*duplicate', 'one finite value per tenant'),
    ('register_measure(''m'', ''x'', ''mine'', ''select public.t1(), float8 ''''NaN'''''')',
        '22023', 'measure "m" cannot be computed: .*measure_value_is_finite', 'one finite value per tenant'),
    ('register_measure(''m'', ''x'', ''mine'', ''select public.t1(), float8 ''''Infinity'''''')',
        '22023', 'measure "m" cannot be computed: .*measure_value_is_finite', 'one finite value per tenant'),
    ('_day_to_score(null, 3, 2)', '22023', 'slice 3 of 2 does not exist', 'count from 0'),
    ('_day_to_score(null, -1, 2)', '22023', 'slice -1 of 2 does not exist', 'count from 0'),
    ('_day_to_score(null, 0, 0)', '22023', 'slice 0 of 0 does not exist', 'count from 0'),
    ('_day_to_score(null, null, 1)', '22023', 'slice .* does not exist', 'count from 0'),
    ('_day_to_score(''infinity'', 0, 1)', '22023', 'as_of must be a day, not infinity', 'yesterday'),
    ('_begin_run((now() at time zone ''UTC'')::date, false)', '22023', 'day [0-9-]+ is not over yet', 'health_now'),
    ('_replay_days(''2024-03-02'', ''2024-03-01'')',
        '22023', 'cannot replay from 2024-03-02 to 2024-03-01', 'first day'),
    ('_replay_days(null, null)', '22023', 'cannot replay from', 'first day'),
    ('_replay_days(''-infinity'', ''2024-03-01'')', '22023', 'cannot replay from -infinity to 2024-03-01', 'first day'),
    ('call recalculate()',
        '2D000', 'recalculate\(\) commits .* transaction block', 'outside BEGIN .*recalculate_tenant'),
    ('call run_due()', '2D000', 'run_due\(\) commits .* transaction block', 'outside BEGIN'),
    ('call replay(''2024-03-01'', ''2024-03-02'')',
        '2D000', 'replay\(\) commits .* transaction block', 'outside BEGIN'),
    ('call fold_events()', '2D000', 'fold_events\(\) commits .* transaction block', 'outside BEGIN'),
    ('call apply_retention()', '2D000', 'apply_retention\(\) commits .* transaction block', 'outside BEGIN');

-- what CSMs know better
insert into cases (call, state, message, hint) values
    ('override_health(nobody(), ''healthy'', ''x'', current_date)', '22023', 'tenant 0.* does not exist', 'tenant'),
    ('override_health(null, ''healthy'', ''x'', current_date)', '22023', 'tenant <NULL> does not exist', 'tenant'),
    ('override_health(t1(), ''Healthy'', ''x'', current_date)', '22023', 'category must be .* not Healthy', 'four'),
    ('override_health(t1(), '''', ''x'', current_date)', '22023', 'category must be healthy, .* not $', 'four'),
    ('override_health(t1(), null, ''x'', current_date)', '22023', 'category must be .* not <NULL>', 'four'),
    ('override_health(t1(), ''healthy'', null, current_date)', '22023', 'reason is empty', 'Say why'),
    ('override_health(t1(), ''healthy'', '''', current_date)', '22023', 'reason is empty', 'Say why'),
    ('override_health(t1(), ''healthy'', E'' \t\n'', current_date)', '22023', 'reason is empty', 'Say why'),
    ('override_health(t1(), ''healthy'', repeat(''x'', 2001), current_date)',
        '22023', 'reason has 2001 characters, at most 2000', 'Shorten'),
    ('override_health(t1(), ''healthy'', ''x'', null)', '22023', 'expires_on must be .* not <NULL>', '90 days'),
    ('override_health(t1(), ''healthy'', ''x'', current_date - 1)', '22023', 'expires_on must be from', '90 days'),
    ('override_health(t1(), ''healthy'', ''x'', current_date + 91)', '22023', 'expires_on must be from', '90 days'),
    ('override_health(t1(), ''healthy'', ''x'', ''infinity'')', '22023', 'expires_on .* not infinity', '90 days'),
    ('override_health(t1(), ''healthy'', ''x'', ''-infinity'')', '22023', 'expires_on .* not -infinity', '90 days'),
    ('end_override(nobody())', '22023', 'tenant 0.* does not exist', 'tenant'),
    ('end_override(null)', '22023', 'tenant <NULL> does not exist', 'tenant'),
    ('record_pulse(nobody(), 3)', '22023', 'tenant 0.* does not exist', 'tenant'),
    ('record_pulse(null, 3)', '22023', 'tenant <NULL> does not exist', 'tenant'),
    ('record_pulse(t1(), 0)', '22023', 'rating must be from 1 to 5, not 0', '5 the best'),
    ('record_pulse(t1(), 6)', '22023', 'rating must be from 1 to 5, not 6', '5 the best'),
    ('record_pulse(t1(), null)', '22023', 'rating must be from 1 to 5, not <NULL>', '5 the best'),
    ('record_pulse(t1(), 2147483647)', '22023', 'rating must be from 1 to 5, not 2147483647', '5 the best'),
    ('record_pulse(t1(), 3, repeat(''x'', 2001))', '22023', 'comment has 2001 characters, at most 2000', 'Shorten'),
    ('cs_health_v1.override_health(nobody(), ''healthy'', ''x'', current_date)', 'PT404', '^unknown tenant$', 'listed'),
    ('cs_health_v1.override_health(null, null, null, null)', 'PT404', '^unknown tenant$', 'listed'),
    ('cs_health_v1.override_health(t1(), ''good'', ''x'', current_date)', '22023', 'category must be', 'four'),
    ('cs_health_v1.end_override(nobody())', 'PT404', '^unknown tenant$', 'listed'),
    ('cs_health_v1.record_pulse(nobody(), 3)', 'PT404', '^unknown tenant$', 'listed'),
    ('cs_health_v1.record_pulse(t1(), -1)', '22023', 'rating must be from 1 to 5, not -1', '5 the best');
insert into cases (call, state, message)
select format('insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, expires_on, '
    'ended_at) values (t1(), %s)', row), '23514', 'violates check constraint "' || name || '"'
from (values
    ('''good'', ''x'', ''x'', now(), current_date, null', 'health_override_category_is_known'),
    ('''healthy'', '' '', ''x'', now(), current_date, null', 'health_override_reason_fits'),
    ('''healthy'', repeat(''x'', 2001), ''x'', now(), current_date, null', 'health_override_reason_fits'),
    ('''healthy'', ''x'', '''', now(), current_date, null', 'health_override_has_an_author'),
    ('''healthy'', ''x'', ''x'', now(), current_date + 92, null', 'health_override_lives_at_most_90_days'),
    ('''healthy'', ''x'', ''x'', now(), current_date - 2, null', 'health_override_lives_at_most_90_days'),
    ('''healthy'', ''x'', ''x'', now(), ''infinity'', null', 'health_override_lives_at_most_90_days'),
    ('''healthy'', ''x'', ''x'', ''infinity'', ''infinity'', null', 'health_override_set_at_in_range'),
    ('''healthy'', ''x'', ''x'', now(), current_date, now() - interval ''1 s''',
        'health_override_ended_after_it_was_set'),
    ('''healthy'', ''x'', ''x'', now(), current_date, ''infinity''', 'health_override_ended_after_it_was_set')
) as c(row, name);

-- What looks odd and is allowed
create temp table allowed (nr integer generated always as identity, call text, expected text);
insert into allowed (call, expected) values
    ('score(''{}'', _spec_scorecard())', '(50,50,50,50,50,50,at_risk,0)'),
    ('score(''{NULL,NULL}'', _spec_scorecard())', '(50,50,50,50,50,50,at_risk,0)'),
    ('score(array_fill(null::real, array[1000]), _spec_scorecard())', '(50,50,50,50,50,50,at_risk,0)'),
    ('health_trend(''{}'')', 'stable'),
    ('health_trend(''{NULL}'')', 'stable'),
    ('to_vector(''{}'')', '{}'),
    ('to_vector(''{NULL,1,1e-300}'')', '{NULL,1,0}'),
    ('nps(null)', null),
    ('presence_agg(null, null, ''2024-03-01'', null, null, null) is not null', 'true'),
    ('presence_size(pack())', '2'),
    ('(select array_agg(segment) from cs_health.presence_segments(pack(), 2))', '{0}'),
    ('(presence_stats(pack(), ''2023-12-25'')).mau', '0'),
    ('(presence_stats(pack(), ''2179-06-05'')).last_active_on', '2024-03-01'),
    ('(presence_stats(presence_add(null, 1, 1, ''2024-03-01'', 0, 214748364), ''2024-03-01'')).minutes', '214748364'),
    ('check_scorecard(_spec_scorecard())', 'true'),
    ('check_scorecard(spec(''{description}'', to_jsonb(repeat(''x'', 200000))))', 'true'),
    ('check_scorecard((''{"format": 2, '' || substr(_spec_scorecard()::text, 2))::jsonb)',
        'true'),  -- the last one counts
    ('check_scorecard(item(''{"measure": "mine", "position": 30, "weight": 1, "curve": [[0, 0]]}''))', 'true'),
    ('health_category(null)', null),
    ('what_if(null, ''{}'')', null),
    ('what_if(''{}'', null)', null),
    ('what_if(''{NULL,3}'', ''{}'')', '{NULL,3}'),
    ('(select count(*) from what_would_help(''{}'', _spec_scorecard()))', '0'),
    ('(select count(*) from what_would_help(null, _spec_scorecard()))', '0'),
    ('(select count(*) from what_would_help(''{}'', _spec_scorecard(), null))', '0');

select plan((select count(*)::integer from cases) + (select count(*)::integer from allowed) + 16);

-- A difference shows the text that should have matched and did not
select is(
    concat_ws(' | ', r.state, case when r.message ~ c.message then c.message else r.message end,
        case when r.hint ~ c.hint and (c.hint <> '' or r.hint = '') then c.hint else r.hint end),
    concat_ws(' | ', c.state, c.message, c.hint), left(c.call, 150))
from cases as c cross join lateral public.refusal(c.call) as r order by c.nr;

create function public.answer(call text) returns text language plpgsql set search_path = cs_health, public as $$
declare
    answer text;
begin
    execute 'select (' || call || ')::text' into answer;
    return answer;
exception when others then
    return sqlstate || ' ' || sqlerrm;
end
$$;
select is(public.answer(a.call), a.expected, left(a.call, 150)) from allowed as a order by a.nr;

select is(
    (select count(*) from generate_series(0, octet_length(public.pack()) - 1) as n
     where (public.refusal(format('presence_stats(substr(pack(), 1, %s), ''2024-03-01'')', n))).state <> '22P03'),
    0::bigint, 'every beginning of a pack is refused');

-- Procedures that commit, as a client calls them
create temp table called (nr integer generated always as identity, state text, message text);
\set ON_ERROR_STOP off
\o /dev/null
call cs_health.recalculate(slice => 3, slices => 2);
insert into called (state, message) values (:'LAST_ERROR_SQLSTATE', :'LAST_ERROR_MESSAGE');
call cs_health.recalculate('infinity');
insert into called (state, message) values (:'LAST_ERROR_SQLSTATE', :'LAST_ERROR_MESSAGE');
call cs_health.recalculate((now() at time zone 'UTC')::date);
insert into called (state, message) values (:'LAST_ERROR_SQLSTATE', :'LAST_ERROR_MESSAGE');
call cs_health.replay('2024-03-02', '2024-03-01');
insert into called (state, message) values (:'LAST_ERROR_SQLSTATE', :'LAST_ERROR_MESSAGE');
begin;
call cs_health.run_due();
rollback;
insert into called (state, message) values (:'LAST_ERROR_SQLSTATE', :'LAST_ERROR_MESSAGE');
\o
\set ON_ERROR_STOP on
select is(c.state, e.state, 'called: ' || e.message) from (values
    (1, '22023', 'slice 3 of 2 does not exist'),
    (2, '22023', 'as_of must be a day, not infinity'),
    (3, '22023', format('day %s is not over yet', (now() at time zone 'UTC')::date)),
    (4, '22023', 'cannot replay from 2024-03-02 to 2024-03-01'),
    (5, '2D000', 'run_due() commits as it goes and cannot run inside a transaction block')) as e(nr, state, message)
left join called as c on c.nr = e.nr and c.message = e.message order by e.nr;

-- Events that cannot be used are kept apart, each with its reason, and do not stop the others
insert into cs_health.event (tenant_id, user_id, occurred_at, kind) values
    (public.nobody(), 'u', now(), 'login'), (public.t1(), 'u', now() + interval '2 days', 'login'),
    (public.t1(), 'u', '1999-12-31', 'login'), (public.t1(), 'u', now(), 'login');
call cs_health.fold_events();
select results_eq('select reason, count(*) from cs_health.event_rejected group by reason order by reason',
    $$values ('before the year 2000', 1::bigint), ('in the future', 1), ('unknown tenant', 1)$$,
    'unusable events end in event_rejected');
select is((select count(*) from cs_health.event), 0::bigint, 'and leave the inbox');
select is((select sum(cs_health.presence_size(a.pack)) from cs_health.activity as a), 1::numeric,
    'good ones are folded');

-- Whatever the tables accept, the run of a day gets through: one tenant's numbers may not stop the others.
insert into cs_health.plan (code, name) values ('p', 'P');
insert into cs_health.plan_limit (plan_code, metric, limit_value) values ('p', 'tiny', 1e-20);
insert into cs_health.tenant (id, name, plan_code) values ('00000000-0000-4000-8000-000000000002', 'Two', 'p');
insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value) values
    ('00000000-0000-4000-8000-000000000002', 'tiny', now() - interval '2 days', 1e15, null);
\set ON_ERROR_STOP off
call cs_health.recalculate();
\set ON_ERROR_STOP on
select is((select count(*) from cs_health.customer_health), 2::bigint,
    'usage of 1e15 with a limit of 1e-20 stops nobody');
delete from cs_health.usage;
insert into cs_health.usage (tenant_id, metric, measured_at, used, limit_value) values
    (public.t1(), 'grown', now() - interval '40 days', 1e-20, 5),
    (public.t1(), 'grown', now() - interval '2 days', 1e15, 5);
\set ON_ERROR_STOP off
call cs_health.recalculate(rescore => true);
\set ON_ERROR_STOP on
select is((select count(*) from cs_health.customer_health), 2::bigint, 'nor does growth from 1e-20 to 1e15');
delete from cs_health.usage;
\set ON_ERROR_STOP off
call cs_health.recalculate(rescore => true);
\set ON_ERROR_STOP on

-- Hostile arguments for every immutable function and aggregate
create temp table hostile (type regtype, value text);
insert into hostile (type, value) values
    ('float8', null), ('float8', 'NaN'), ('float8', 'Infinity'), ('float8', '-Infinity'), ('float8', '-0'),
    ('float8', '5e-324'), ('float8', '1e308'), ('float8', '-1e308'), ('float8', '0'), ('float8', '1'),
    ('float8', '99.5'),
    ('real', null), ('real', 'NaN'), ('real', 'Infinity'), ('real', '-Infinity'), ('real', '-0'), ('real', '1e-45'),
    ('real', '3e38'), ('real', '0.5'),
    ('int4', null), ('int4', '0'), ('int4', '1'), ('int4', '-1'), ('int4', '-2147483648'), ('int4', '2147483647'),
    ('int4', '100'), ('int4', '16777216'),
    ('int8', null), ('int8', '0'), ('int8', '-1'), ('int8', '-9223372036854775808'), ('int8', '9223372036854775807'),
    ('date', null), ('date', 'infinity'), ('date', '-infinity'), ('date', '2000-01-01'), ('date', '1999-12-31'),
    ('date', '2179-06-05'), ('date', '2179-06-06'), ('date', '5874897-12-31'), ('date', '4713-01-01 BC'),
    ('date', '2024-03-01'),
    ('timestamptz', null), ('timestamptz', 'infinity'), ('timestamptz', '-infinity'), ('timestamptz', '4713-01-01 BC'),
    ('timestamptz', '2024-03-01'), ('timestamptz', '294276-12-31'),
    ('numeric', null), ('numeric', 'NaN'), ('numeric', '-Infinity'), ('numeric', '1e1000'), ('numeric', '-0.5'),
    ('int2', null), ('int2', '-32768'), ('int2', '32767'), ('int2', '0'),
    ('bool', null), ('bool', 'true'), ('bool', 'false'),
    ('text', null), ('text', ''), ('text', 'healthy'), ('text', 'es'), ('text', '%s%n'), ('text', E'\x01\n\x7f'),
    ('text', 'Zürich'), ('text', repeat('x', 100000)), ('text', '{"a": 1}'), ('text', 'UTC'),
    ('uuid', null), ('uuid', '00000000-0000-0000-0000-000000000000'), ('uuid', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
    ('bytea', null), ('bytea', '\x'), ('bytea', '\x00'), ('bytea', '\x000102030405060708090a0b0c0d0e0f'),
    ('bytea', '\x' || repeat('ff', 64)), ('bytea', '\x01' || repeat('00', 11)),
    ('bytea', '\x' || repeat('01', 1000000)),
    ('bytea', '\x01000000ffff000000000000'), ('bytea', '\x010000000100ffffffffffff'), ('bytea', public.pack()::text),
    ('bytea', set_byte(public.pack(), 180, 255)::text), ('bytea', set_byte(set_byte(public.pack(), 4, 1), 5, 0)::text),
    ('date[]', null), ('date[]', '{}'), ('date[]', '{infinity,-infinity}'), ('date[]', '{5874897-12-31,4713-01-01 BC}'),
    ('date[]', '{2026-01-01,2026-03-01}'),
    ('jsonb', null), ('jsonb', 'null'), ('jsonb', '[]'), ('jsonb', '{}'), ('jsonb', '"x"'), ('jsonb', '1e400'),
    ('jsonb', 'true'), ('jsonb', '{"": {"": [null]}}'), ('jsonb', '[[[[[[]]]]]]'),
    ('jsonb', cs_health._spec_scorecard()::text), ('jsonb', public.spec('{components}', 'null')::text),
    ('jsonb', public.curve('[[-1e30, 0], [1e30, 100]]')::text), ('jsonb', public.curve('[[1e-300, 100]]')::text),
    ('jsonb', public.item('{"measure": "x", "position": 1000, "weight": 1000, "curve": [[0, 0]]}')::text),
    ('jsonb', repeat('[', 3000) || repeat(']', 3000)), ('jsonb', to_jsonb(repeat('x', 1000000))::text),
    ('jsonb', (select jsonb_object_agg(i::text, i) from generate_series(1, 5000) as i)::text);
insert into hostile (type, value)
select t.type, v.value
from (values ('real[]'::regtype), ('float8[]'), ('smallint[]'), ('integer[]'), ('bigint[]'), ('text[]')) as t(type)
cross join (values (null), ('{}'), ('{NULL}'), ('{{1},{2}}'), ('[5:6]={1,2}'), ('[-1:0]={1,2}'), ('{0,1,2,3}'),
    (array_fill(1, array[1000])::text), (array_fill(1, array[1001])::text), (array_fill(7, array[200000])::text),
    (array_fill(null::integer, array[33])::text)) as v(value);
insert into hostile (type, value)
select t.type, v.value
from (values ('real[]'::regtype), ('float8[]')) as t(type)
cross join (values ('{NaN}'), ('{1,-Infinity}'), ('{-0,1e-44}'), ('{3e38,-3e38,3e38,3e38,-3e38,3e38,3e38}'),
    (array_fill(3e38, array[33])::text), (array_fill(-3e38, array[33])::text)) as v(value);
insert into hostile (type, value)
select t.type, v.value
from (values ('smallint[]'::regtype), ('integer[]'), ('bigint[]')) as t(type)
cross join (values ('{-32768}'), ('{32767}'), ('{101,-1}'), (array_fill(100, array[40])::text)) as v(value);

create temp table target as
select p.oid, p.proname, p.proargtypes::oid[] as types
from pg_proc as p
where p.pronamespace = 'cs_health'::regnamespace and p.provolatile = 'i' and p.prokind in ('f', 'a') and p.pronargs > 0
    and 'internal'::regtype <> all (p.proargtypes); -- no statement can call those
select is(
    (select string_agg(distinct format('%s of %s', u.type::regtype, t.proname), ', ') from target as t
     cross join lateral unnest(t.types) as u(type)
     where not exists (select from hostile as h where h.type = u.type)),
    null, 'there are hostile values for every argument type');

-- Every value of every argument at least once, then calls drawn at random, the same in each run
create temp table fuzz_result (proname text, call text, state text);
do $$
declare
    target record;
    arguments text;
    call text;
    result text;
    rounds integer;
begin
    for target in select t.* from target as t order by t.proname, t.types::text loop
        perform setseed(0.42); -- each anew, so that a new function changes nothing for the others
        rounds := 20 + 40 * cardinality(target.types);
        for i in 1..rounds loop
            select string_agg(format('%L::%s', v.value, u.type::regtype), ', ' order by u.nr) into arguments
            from unnest(target.types) with ordinality as u(type, nr)
            cross join lateral (
                select h.value from hostile as h where h.type = u.type and u.nr is not null
                order by random() limit 1) as v;
            call := format('select cs_health.%I(%s)', target.proname, arguments);
            begin
                execute call;
                result := '00000';
            exception when others then
                result := sqlstate;
            end;
            insert into fuzz_result values (target.proname, left(call, 200), result);
        end loop;
    end loop;
end
$$;
select cmp_ok((select count(*) from fuzz_result), '>=', 2000::bigint, 'at least 2,000 hostile calls were made');
select is(
    (select string_agg(distinct f.state || ' ' || f.call, E'\n') from fuzz_result as f
     where f.state ~ '^(XX|58|57|53)'), null, 'none ended in an internal error');
select is(
    (select string_agg(t.proname, ', ') from target as t
     where not exists (select from fuzz_result as f where f.proname = t.proname and f.state = '00000')
        and t.proname !~ '^_'), null, 'every function answered at least once');
select is((select count(*) from cs_health.tenant), 2::bigint, 'and the server still answers');

select finish();
