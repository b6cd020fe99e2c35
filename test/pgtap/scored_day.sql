-- Whoever plans a query with the scored day in it gets the day that its snapshot shows, and no plan outlives that day.
\set ON_ERROR_STOP on
\set ECHO none
\pset format unaligned
\pset tuples_only true
set client_min_messages = warning;
select plan(8);
begin;
call cs_health.install_roles();
create function public.finish_day(day date) returns void language sql as
    $$ insert into cs_health.run (
           as_of, phase, scorecard_rules, rescore, batches, total, started_at, resumed_at, finished_at)
       values (day, 'finished', '[]', false, 1, 1, now(), now(), now()) $$;
select public.finish_day(current_date - 2) \gset

create function public.day() returns date language sql stable as
    $$ select cs_health._latest_scored_day() $$;
create function public.planned_anew() returns date language plpgsql stable parallel safe as
    $$ declare day date; begin execute 'select public.day()' into day; return day; end $$;

-- plans that are kept
set local plan_cache_mode = force_generic_plan;
prepare kept as select public.day();
create function public.kept() returns date language plpgsql as $$ begin return (select public.day()); end $$;
select is(public.kept(), current_date - 2, 'a plan is made');
savepoint before;
select public.finish_day(current_date - 1) \gset
select is(public.kept(), current_date - 1, 'and is another when a day is finished');
create temporary table found as execute kept;
select is((table found), current_date - 1, 'also a prepared one');
rollback to before;
select is(public.kept(), current_date - 2, 'as before when that is taken back');
create temporary table found as execute kept;
select is((table found), current_date - 2, 'also a prepared one');
truncate cs_health.run cascade;
select is(public.kept(), '-infinity', 'no day where there is none any more');
rollback to before;

-- cursors show what they showed when they were opened
declare held scroll cursor for select public.day() from generate_series(1, 2);
select public.finish_day(current_date - 1) \gset
create temporary table fetched (day date);
do $$ declare d date; c refcursor := 'held'; begin fetch c into d; insert into fetched values (d); end $$;
select is((table fetched), current_date - 2, 'a cursor stays with its snapshot');

-- in a parallel worker
set local force_parallel_mode = on;
select public.planned_anew() as day \gset
set local force_parallel_mode = off;
select is(:'day', current_date - 1, 'a function that a parallel worker calls finds the day');
select * from finish();
rollback;
