-- How long what is kept.

create function cs_health.set_retention(table_name text, keep_days integer) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    update cs_health.retention as r set keep_days = set_retention.keep_days
    where r.table_name = set_retention.table_name;
    if not found then
        raise exception 'table "%" has no retention', set_retention.table_name
            using errcode = 'invalid_parameter_value',
                hint = 'Tables with a retention are listed in cs_health.retention.';
    end if;
end
$$;
comment on function cs_health.set_retention(text, integer) is 'Keeps rows of a table for so many days; null = for ever';

create function cs_health._apply_retention() returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $$
declare
    rule record;
    old record;
begin
    for rule in select r.* from cs_health.retention as r where r.keep_days is not null order by r.table_name loop
        if rule.table_name <> 'customer_health' then
            execute format('delete from cs_health.%I where %I < $1', rule.table_name, rule.column_name)
            using cs_health._today() - rule.keep_days;
            continue;
        end if;
        -- Whole months only: dropping a partition costs nothing, deleting from it would bloat it.
        for old in
            select c.relname as name from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
            where i.inhparent = 'cs_health.customer_health'::regclass
                and c.relname ~ '^customer_health_[0-9]{4}_[0-9]{2}$'
                and (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month')::date
                    <= cs_health._today() - rule.keep_days
        loop
            begin
                execute format('drop table cs_health.%I', old.name);
            exception when lock_not_available then
                raise notice '% is in use and will be dropped by the next run', old.name;
            end;
        end loop;
    end loop;
end
$$;
comment on function cs_health._apply_retention() is 'Deletes what is older than cs_health.retention says';

create procedure cs_health.apply_retention()
language plpgsql as $$
begin
    perform cs_health._require_autocommit('apply_retention()');
    perform cs_health._apply_retention();
    commit;
end
$$;
comment on procedure cs_health.apply_retention() is
    'Deletes what is older than cs_health.retention says, whole monthly partitions at a time; run_due() calls it';
