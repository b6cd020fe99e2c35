/*
 * limit_forecast.c
 *		Any points give days in order and within the horizon, whatever their values and their order.
 */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "limit_forecast.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A value from 0 to the largest allowed one, of any size */
static double
amount(const uint8_t *bytes)
{
	double value;

	memcpy(&value, bytes, sizeof(value));
	value = fabs(value);
	return value <= LIMIT_FORECAST_MAX_USED ? value : LIMIT_FORECAST_MAX_USED;
}

/* 2 bytes of horizon, 8 of limit, then 10 of each point: its day and what was used */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int n = size < 10 ? 0 : (int) ((size - 10) / 10);
	int *days = malloc((n + 1) * sizeof(int));
	double *used = malloc((n + 1) * sizeof(double));
	uint16_t number;
	int horizon;
	LimitForecast f;

	if (size >= 10 && n <= LIMIT_FORECAST_MAX_POINTS)
	{
		memcpy(&number, data, 2);
		horizon = 1 + number % LIMIT_FORECAST_HORIZON;
		for (int i = 0; i < n; i++)
		{
			memcpy(&number, data + 10 + 10 * i, 2);
			days[i] = -(number % (LIMIT_FORECAST_OLDEST + 1));
			used[i] = amount(data + 12 + 10 * i);
		}
		csh_limit_forecast(days, used, n, amount(data + 2), horizon, &f);
		assert(f.points == n);
		assert(f.days_to_limit >= LIMIT_FORECAST_NEVER && f.days_to_limit <= horizon);
		assert(f.days_until >= LIMIT_FORECAST_NEVER && f.days_until <= horizon);
		if (f.days_to_limit != LIMIT_FORECAST_NEVER)
			assert(f.days_from >= 0 && f.days_from <= f.days_to_limit);
		if (f.days_until != LIMIT_FORECAST_NEVER)
			assert(f.days_to_limit >= 0 && f.days_to_limit <= f.days_until);
		if (f.has_line)
			assert(isfinite(f.growth_per_day) && f.used_at_90 >= 0 && isfinite(f.used_at_90));
	}
	free(days);
	free(used);
	return 0;
}
