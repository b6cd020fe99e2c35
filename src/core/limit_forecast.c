/*
 * limit_forecast.c
 *		When a metered quantity that grows along a line will reach its limit.
 */
#include "limit_forecast.h"

#include <math.h>

#include "student.h"

/* A limit counts as reached this close to it, in parts of it, since the values of a line are rounded */
#define REACHED 1e-9

/* A line by least squares, written around the means of its points, and the spread of what is measured around it */
typedef struct Line
{
	double mean_day;
	double mean_used;
	double slope;
	double width; /* t quantile x standard deviation of the residuals */
	double n;
	double sxx; /* sum of squared distances of the days from their mean */
} Line;

/*
 *		slope = sum (day - mean day) (used - mean used) / sum (day - mean day)^2
 *		s^2   = sum (used - line)^2 / (n - 2)                (Draper and Smith 1998, 1.2 and 1.4)
 */
static void
fit(const int *days, const double *used, int n, Line *line)
{
	double sxy = 0;
	double residuals = 0;

	*line = (Line){.n = n};
	for (int i = 0; i < n; i++)
	{
		line->mean_day += days[i];
		line->mean_used += used[i] / n;
	}
	line->mean_day /= n;
	for (int i = 0; i < n; i++)
	{
		double x = days[i] - line->mean_day;

		line->sxx += x * x;
		sxy += x * (used[i] - line->mean_used);
	}
	line->slope = sxy / line->sxx;
	for (int i = 0; i < n; i++)
	{
		double residual = used[i] - line->mean_used - line->slope * (days[i] - line->mean_day);

		residuals += residual * residual;
	}
	line->width = csh_student_bound(LIMIT_FORECAST_COVERAGE, n - 2) * sqrt(residuals / (n - 2));
}

/*
 * An end of the prediction interval of one measurement on a day: side -1 = the lower, 1 = the upper, 0 = the line itself
 *
 *		line +- t s sqrt(1 + 1/n + (day - mean day)^2 / sxx)   (Draper and Smith 1998, 3.1)
 */
static double
end_of(const Line *line, int side, int day)
{
	double x = day - line->mean_day;

	return line->mean_used + line->slope * x +
		   side * line->width * sqrt(1 + 1 / line->n + x * x / line->sxx);
}

/* Whether an end of the interval is at the limit on a day */
static bool
is_reached(const Line *line, int side, double limit, int day)
{
	return end_of(line, side, day) >= limit - REACHED * limit;
}

/*
 * The first day from today on that the line or the upper end reaches the limit. Both rise from day to day, the upper end
 * because the interval widens after the mean of days that are none after today.
 */
static int
rising_day(const Line *line, int side, double limit, int horizon)
{
	int low = 0;
	int high = horizon;

	if (!is_reached(line, side, limit, horizon))
		return LIMIT_FORECAST_NEVER;
	while (low < high)
	{
		int day = (low + high) / 2;

		if (is_reached(line, side, limit, day))
			high = day;
		else
			low = day + 1;
	}
	return low;
}

/*
 * The same of the lower end, not before the line. Day by day, since it may fall again where the interval widens faster
 * than the line rises.
 */
static int
lower_day(const Line *line, double limit, int line_day, int horizon)
{
	for (int day = line_day; day != LIMIT_FORECAST_NEVER && day <= horizon; day++)
		if (is_reached(line, -1, limit, day))
			return day;
	return LIMIT_FORECAST_NEVER;
}

/* The latest of the points; of several on that day, the last */
static int
latest(const int *days, int n)
{
	int best = 0;

	for (int i = 1; i < n; i++)
		if (days[i] >= days[best])
			best = i;
	return best;
}

/* Days between the first point and the last */
static int
days_between(const int *days, int n)
{
	int first = days[0];
	int last = days[0];

	for (int i = 1; i < n; i++)
	{
		first = days[i] < first ? days[i] : first;
		last = days[i] > last ? days[i] : last;
	}
	return last - first;
}

/*
 * Fits a line to what was used on days, which may come in any order, and follows it. What has reached its limit needs no
 * line; what is too short to have one, or does not grow, reaches none, and no limit can be reached that is 0.
 */
void
csh_limit_forecast(const int *days, const double *used, int n, double limit, int horizon,
				   LimitForecast *forecast)
{
	Line line;

	*forecast = (LimitForecast){.points = n,
								.days_to_limit = LIMIT_FORECAST_NEVER,
								.days_from = LIMIT_FORECAST_NEVER,
								.days_until = LIMIT_FORECAST_NEVER};
	if (n == 0)
		return;
	if (n >= LIMIT_FORECAST_MIN_POINTS && days_between(days, n) >= LIMIT_FORECAST_MIN_DAYS)
	{
		fit(days, used, n, &line);
		forecast->has_line = true;
		forecast->growth_per_day = line.slope;
		forecast->used_at_90 = fmax(0, end_of(&line, 0, 90));
	}
	if (limit <= 0)
		return;
	if (used[latest(days, n)] >= limit)
		forecast->days_to_limit = forecast->days_from = forecast->days_until = 0;
	else if (forecast->has_line && line.slope > 0)
	{
		forecast->days_to_limit = rising_day(&line, 0, limit, horizon);
		forecast->days_from = rising_day(&line, 1, limit, horizon);
		forecast->days_until = lower_day(&line, limit, forecast->days_to_limit, horizon);
	}
}
