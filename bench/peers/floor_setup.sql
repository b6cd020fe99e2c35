-- The rows of a run that has just ended, and a table like the one they came from: same columns, checks, key, indexes
-- and partitioning.
create table bench.stage as
select * from cs_health.customer_health as h where h.as_of = current_date - 1 order by h.tenant_id;
create table bench.floor (like cs_health.customer_health including all) partition by range (as_of);
do $$ begin
    execute format('create table bench.floor_leaf partition of bench.floor for values from (%L) to (%L)',
        date_trunc('month', current_date - 1)::date - 31, date_trunc('month', current_date - 1)::date + 31);
end $$;
analyze bench.stage;
