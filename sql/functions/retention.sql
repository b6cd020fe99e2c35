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

create function cs_health._apply_retention(rule cs_health.retention_rule) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '5s'
as $$
declare
    old record;
begin
    if rule.table_name = 'playbook_step' then -- steps stay with their execution, what they said goes
        update cs_health.playbook_step as s set recipient = null, subject = null, body = null
        where s.ended_at < cs_health._today() - rule.keep_days
            and (s.recipient is not null or s.subject is not null or s.body is not null);
        return;
    end if;
    if rule.table_name = 'outbox' then -- digests name many people and say nothing after their day
        delete from cs_health.outbox as o
        where o.source_key like 'digest %' and o.created_at < cs_health._today() - 7 and o.state <> 'claimed';
    end if;
    if rule.table_name <> 'customer_health' then
        execute format('delete from cs_health.%I where %I < $1', rule.table_name, rule.column_name)
        using cs_health._today() - rule.keep_days;
        return;
    end if;
    -- Whole months only: dropping a partition costs nothing, deleting from it would bloat it.
    for old in
        select c.relname as name from pg_inherits as i join pg_class as c on c.oid = i.inhrelid
        where i.inhparent = 'cs_health.customer_health'::regclass
            and c.relname ~ '^customer_health_[0-9]{4}_[0-9]{2}$'
            and (to_date(right(c.relname, 7), 'YYYY_MM') + interval '1 month')::date
                <= cs_health._today() - rule.keep_days
    loop
        execute format('drop table cs_health.%I', old.name);
    end loop;
exception when lock_not_available then
    raise notice '% is in use; its old rows will go with the next run', rule.table_name;
end
$$;
comment on function cs_health._apply_retention(cs_health.retention_rule) is
    'Deletes what one table keeps for longer than its rule says';

create function cs_health._retention_rules() returns setof cs_health.retention_rule
language sql stable
set search_path = pg_catalog, pg_temp as $$
    select r.table_name, r.column_name, r.keep_days from cs_health.retention as r
    where r.keep_days is not null
        and not exists (select from cs_health.replaying as p where not cs_health._is_gone(p.pid)) -- it needs the old
    order by r.table_name
$$;

create procedure cs_health.apply_retention()
language plpgsql as $$
declare
    rule cs_health.retention_rule;
begin
    perform cs_health._require_autocommit('apply_retention()');
    for rule in select r.table_name, r.column_name, r.keep_days from cs_health._retention_rules() as r loop
        perform cs_health._apply_retention(rule);
        commit;
    end loop;
end
$$;
comment on procedure cs_health.apply_retention() is
    'Deletes what is older than cs_health.retention says, one commit per table, whole monthly partitions of '
    'customer_health at a time; run_due() calls it';
