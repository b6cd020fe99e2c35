-- What would be if some measures had other values.

create function cs_health._what_if(measures real[], positions integer[], "values" double precision[]) returns real[]
as 'MODULE_PATHNAME', 'csh_what_if_vector' language c immutable strict parallel safe;

create function cs_health.what_if(measures real[], changes jsonb) returns real[]
language plpgsql stable strict
set search_path = pg_catalog, pg_temp as $$
declare
    change record;
    positions integer[] := '{}';
    numbers double precision[] := '{}';
begin
    if jsonb_typeof(changes) <> 'object' then
        raise exception 'changes must be an object, not %', regexp_replace(left(changes::text, 60), '[^ -~]', '?', 'g')
            using errcode = 'invalid_parameter_value', hint = 'Pass measures with their values: {"open_tickets": 1}.';
    end if;
    for change in
        select regexp_replace(left(c.key, 60), '[^ -~]', '?', 'g') as measure, c.value, m.position,
            case jsonb_typeof(c.value) when 'number' then c.value::numeric end as number
        from jsonb_each(changes) as c left join cs_health.measure as m on m.code = c.key
    loop
        if change.position is null then
            raise exception 'unknown measure "%"', change.measure
                using errcode = 'invalid_parameter_value', hint = 'Known measures are listed in cs_health.measure.';
        end if;
        if change.number is null or abs(change.number) > 3.4e38 then
            raise exception 'changes.% must be a number that four bytes can hold, not %', change.measure,
                regexp_replace(left(change.value::text, 60), '[^ -~]', '?', 'g')
                using errcode = 'invalid_parameter_value', hint = 'Leave out the measures that stay as they are.';
        end if;
        positions := positions || change.position;
        numbers := numbers || change.number::double precision;
    end loop;
    return cs_health._what_if(measures, positions, numbers);
end
$$;
comment on function cs_health.what_if(real[], jsonb) is
    'The vector if some measures had other values: {"features_used": 7, "open_tickets": 1}. What follows from them is '
    'computed anew unless it is given itself: adoption, stickiness, mau_growth, tickets_per_user. mau is at least '
    'avg_dau; when mau changes alone, avg_dau changes in proportion. All others, those of a quarter among them, stay. '
    'Unknown measures and what is no number of four bytes are refused (22023). Null in, null out';
