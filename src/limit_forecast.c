/*
 * limit_forecast.c
 *		SQL function that tells when a limit will be reached.
 */
#include "cs_health.h"

#include "limit_forecast.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(csh_limit_forecast_of);

/* Reads the points: a day without a value was not measured and is left out; returns how many remain */
static int
get_points(FunctionCallInfo fcinfo, int *days, double *used)
{
	ArrayType *day_array = PG_GETARG_ARRAYTYPE_P(0);
	ArrayType *used_array = PG_GETARG_ARRAYTYPE_P(1);
	const int32 *day = (const int32 *) ARR_DATA_PTR(day_array);
	Datum *values;
	bool *nulls;
	int n;
	int points = 0;

	csh_check_array(day_array, INT4OID, "days", LIMIT_FORECAST_MAX_POINTS);
	csh_check_array(used_array, FLOAT8OID, "used", LIMIT_FORECAST_MAX_POINTS);
	deconstruct_array(used_array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
					  &values, &nulls, &n);
	if (array_contains_nulls(day_array))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("days must not have nulls"),
						errhint("Leave out what has no day.")));
	if (ArrayGetNItems(ARR_NDIM(day_array), ARR_DIMS(day_array)) != n)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("used has %d elements, days has %d", n,
							   ArrayGetNItems(ARR_NDIM(day_array), ARR_DIMS(day_array))),
						errhint("Pass one value for each day, null for a day without one.")));
	for (int i = 0; i < n; i++)
	{
		if (day[i] < -LIMIT_FORECAST_OLDEST || day[i] > 0)
			csh_check_range(day[i], -LIMIT_FORECAST_OLDEST, 0, psprintf("days[%d]", i + 1));
		if (nulls[i])
			continue;
		used[points] = DatumGetFloat8(values[i]);
		if (!(used[points] >= 0 && used[points] <= LIMIT_FORECAST_MAX_USED))
			csh_check_range(used[points], 0, LIMIT_FORECAST_MAX_USED, psprintf("used[%d]", i + 1));
		days[points++] = day[i];
	}
	return points;
}

/* When what was used will reach its limit: (days, used, limit_value, horizon_days) */
Datum
csh_limit_forecast_of(PG_FUNCTION_ARGS)
{
	int days[LIMIT_FORECAST_MAX_POINTS];
	double used[LIMIT_FORECAST_MAX_POINTS];
	double limit = PG_GETARG_FLOAT8(2);
	int32 horizon = PG_GETARG_INT32(3);
	int n = get_points(fcinfo, days, used);
	LimitForecast forecast;
	Datum values[6];
	bool nulls[6] = {0};
	TupleDesc desc;

	csh_check_range(limit, 0, LIMIT_FORECAST_MAX_USED, "limit_value");
	csh_check_range(horizon, 1, LIMIT_FORECAST_HORIZON, "horizon_days");
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "limit_forecast must return a row");
	csh_limit_forecast(days, used, n, limit, horizon, &forecast);
	values[0] = Float8GetDatum(forecast.growth_per_day);
	values[1] = Int32GetDatum(forecast.days_to_limit);
	values[2] = Int32GetDatum(forecast.days_from);
	values[3] = Int32GetDatum(forecast.days_until);
	values[4] = Int32GetDatum(forecast.points);
	values[5] = Float8GetDatum(forecast.used_at_90);
	nulls[0] = nulls[5] = !forecast.has_line;
	for (int i = 1; i <= 3; i++)
		nulls[i] = DatumGetInt32(values[i]) == LIMIT_FORECAST_NEVER;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
