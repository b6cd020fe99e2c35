-- The catalogue of measures and the vectors that hold them.

create function cs_health.version() returns text
as 'MODULE_PATHNAME', 'csh_version' language c immutable parallel safe;
comment on function cs_health.version() is 'The version the loaded library was built as';

create function cs_health.builtin_measures()
returns table (
    code text, "position" integer, unit text, window_days integer, description text, higher_is_better boolean,
    step double precision, effort double precision, watched boolean)
as 'MODULE_PATHNAME', 'csh_builtin_measures' language c immutable parallel safe;
comment on function cs_health.builtin_measures() is
    'The measures that come with the extension; window_days 0 means as it stands on the day';

create function cs_health._join_measures(
    activity double precision[], nps double precision, csat double precision, review double precision,
    open_tickets double precision, mean_resolution_hours double precision, tickets_opened double precision,
    usage_ratio double precision, usage_growth double precision,
    tenure_days double precision, days_to_renewal double precision, arr double precision,
    own_positions integer[], own_values double precision[], recorded_days integer)
returns double precision[]
as 'MODULE_PATHNAME', 'csh_join_measures' language c immutable parallel safe;

create function cs_health._hide_measures(measures real[], positions integer[]) returns real[]
as 'MODULE_PATHNAME', 'csh_hide_measures' language c immutable strict parallel safe;

create function cs_health.to_vector(measures double precision[]) returns real[]
as 'MODULE_PATHNAME', 'csh_to_vector' language c immutable strict parallel safe;
comment on function cs_health.to_vector(double precision[]) is
    'Measures as customer_health stores them. A null element is not observed; NaN, infinities and values that four '
    'bytes cannot hold are refused (22003)';
