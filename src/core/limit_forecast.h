/*
 * limit_forecast.h
 *		When a metered quantity that grows along a line will reach its limit.
 */
#ifndef CSH_LIMIT_FORECAST_H
#define CSH_LIMIT_FORECAST_H

#include <stdbool.h>

#define LIMIT_FORECAST_MAX_POINTS 1000
#define LIMIT_FORECAST_MIN_POINTS 5
#define LIMIT_FORECAST_MIN_DAYS 14   /* between the first point and the last */
#define LIMIT_FORECAST_OLDEST 36500  /* days before today */
#define LIMIT_FORECAST_HORIZON 3650  /* the longest; days from today */
#define LIMIT_FORECAST_MAX_USED 1e15 /* as the table of usage has it */
#define LIMIT_FORECAST_COVERAGE 0.8  /* of the prediction interval */
#define LIMIT_FORECAST_NEVER (-1)    /* not within the horizon */

typedef struct LimitForecast
{
	int points;
	bool has_line; /* growth_per_day and used_at_90 are known */
	double growth_per_day;
	double used_at_90;
	int days_to_limit; /* the day the line reaches the limit, 0 = today, or LIMIT_FORECAST_NEVER */
	int days_from;     /* the same for the upper and the lower end of the prediction interval */
	int days_until;
} LimitForecast;

extern void csh_limit_forecast(const int *days, const double *used, int n, double limit,
							   int horizon, LimitForecast *forecast);

#endif
