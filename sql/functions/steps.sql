-- What a playbook's steps and params may say. doc/playbook-document.md has the format.

create function cs_health.check_steps(steps jsonb, params jsonb) returns boolean
as 'MODULE_PATHNAME', 'csh_check_steps' language c immutable strict parallel safe;
comment on function cs_health.check_steps(jsonb, jsonb) is
    'True for usable steps of a playbook; otherwise an error (22023, too large 54000) that names the path of the '
    'fault, such as $[2].template.es: an unknown key, channel, field or condition, a day that descends, a text that '
    'names a param which params lacks. Null in, null out';

create function cs_health.check_params(params jsonb) returns boolean
as 'MODULE_PATHNAME', 'csh_check_params' language c immutable strict parallel safe;
comment on function cs_health.check_params(jsonb) is
    'True for usable params of a playbook, an object of texts, numbers, true, false and nulls; otherwise an error '
    '(22023, too large 54000) that names the fault. Null in, null out';

create function cs_health._step_text(text jsonb, locale text) returns text
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select case jsonb_typeof(text)
        when 'string' then text #>> '{}'
        when 'object' then coalesce(text ->> locale, text ->> 'en', text ->> 'es') end
$$;
comment on function cs_health._step_text(jsonb, text) is
    'A text of a step in a language, or in the other one where it is written in one only; null for none';
