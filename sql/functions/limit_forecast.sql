-- When a metered quantity will reach its limit.

create function cs_health.limit_forecast(
    days integer[], used double precision[], limit_value double precision, horizon_days integer default 365,
    out growth_per_day double precision, out days_to_limit integer, out days_from integer, out days_until integer,
    out points integer, out used_at_90 double precision)
as 'MODULE_PATHNAME', 'csh_limit_forecast_of' language c immutable strict parallel safe cost 100;
comment on function cs_health.limit_forecast(integer[], double precision[], double precision, integer) is
    'Follows a least-squares line through what was used on days (0 = today, negative = before; in any order) until it '
    'reaches the limit. growth_per_day: its slope; used_at_90: its value in 90 days, at least 0; both null with fewer '
    'than 5 points or less than 14 days between the first and the last. days_to_limit: the first day from today that '
    'the line is at the limit; days_from, days_until: the same for the upper and the lower end of the 80 % prediction '
    'interval; null = not within horizon_days (1 to 3650), without growth, or with a limit of 0. All three are 0 when '
    'the latest point is at the limit or above. A null in used is a day without a measurement; any other null gives '
    'null or, in days, is refused (22004). Days outside -36500..0 and values outside 0..1e15, NaN among them, are '
    'refused (22003), so are arrays of different lengths (2202E) and of more than 1000 elements (54000)';
