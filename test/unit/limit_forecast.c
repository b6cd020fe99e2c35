/*
 * limit_forecast.c
 *		When limits are reached: lines that can be followed by hand, and the edges. test/pgtap/limit_forecast.sql compares with
 *		statsmodels.
 */
#include "limit_forecast.h"

#include <math.h>
#include <string.h>

#include "tap.h"

#define NEVER LIMIT_FORECAST_NEVER
#define LENGTH(a) ((int) (sizeof(a) / sizeof((a)[0])))

static LimitForecast
forecast(const int *days, const double *used, int n, double limit, int horizon)
{
	LimitForecast f;

	csh_limit_forecast(days, used, n, limit, horizon, &f);
	return f;
}

static void
is(LimitForecast f, int to, int from, int until, const char *name)
{
	ok(f.days_to_limit == to && f.days_from == from && f.days_until == until, "%s: %d (%d to %d)",
	   name, f.days_to_limit, f.days_from, f.days_until);
}

/* 80 at day -20, one more a day, thus 100 today, without any spread */
static void
exact_line(void)
{
	int days[21];
	double used[21];
	LimitForecast f;

	for (int i = 0; i < 21; i++)
	{
		days[i] = i - 20;
		used[i] = 80 + i;
	}
	f = forecast(days, used, 21, 110, 365);
	is(f, 10, 10, 10, "a line without spread is sure of its day");
	ok(f.points == 21 && f.has_line && fabs(f.growth_per_day - 1) < 1e-12, "it grows by 1 a day");
	ok(fabs(f.used_at_90 - 190) < 1e-9, "to 190 in 90 days");
	is(forecast(days, used, 21, 110.5, 365), 11, 11, 11, "half a day more is the next day");
	is(forecast(days, used, 21, 100.5, 365), 1, 1, 1, "tomorrow");
	is(forecast(days, used, 21, 100, 365), 0, 0, 0, "at the limit is today");
	is(forecast(days, used, 21, 99, 365), 0, 0, 0, "above it, too");
	is(forecast(days, used, 21, 200, 99), NEVER, NEVER, NEVER, "beyond the horizon");
	is(forecast(days, used, 21, 200, 100), 100, 100, 100, "on its last day");
	is(forecast(days, used, 21, 0, 365), NEVER, NEVER, NEVER, "a limit of 0 is none");
	is(forecast(days + 16, used + 16, 5, 110, 365), NEVER, NEVER, NEVER,
	   "4 days between are too few");
	ok(!forecast(days + 16, used + 16, 5, 110, 365).has_line, "for a line");
	is(forecast(days + 6, used + 6, 15, 110, 365), 10, 10, 10, "14 days between are enough");
	is(forecast(days + 7, used + 7, 14, 110, 365), NEVER, NEVER, NEVER, "13 are not");
	is(forecast(days + 16, used + 16, 5, 100, 365), 0, 0, 0, "what is at its limit needs no line");
}

static void
edges(void)
{
	const int days[] = {-30, -20, -15, -10, 0};
	const double falling[] = {90, 80, 75, 70, 60};
	const double flat[] = {0.1, 0.1, 0.1, 0.1, 0.1};
	const double large[] = {1e14, 3e14, 4e14, 5e14, 7e14};
	const double full_once[] = {60, 100, 65, 70, 80};
	const int unordered[] = {0, -30, -10, -20, -15};
	const double unordered_used[] = {60, 30, 50, 40, 45};
	const int same_day[] = {-30, -20, -10, 0, 0};
	const double same_day_used[] = {30, 40, 50, 99, 60};
	LimitForecast f = forecast(days, falling, 5, 100, 365);

	is(f, NEVER, NEVER, NEVER, "what falls reaches nothing");
	ok(f.has_line && fabs(f.growth_per_day + 1) < 1e-12 && f.used_at_90 == 0, "nor falls below 0");
	is(forecast(days, flat, 5, 0.2, 3650), NEVER, NEVER, NEVER, "nor does what stays the same");
	is(forecast(days, large, 5, 8e14, 365), 5, 5, 5, "large numbers");
	is(forecast(days, falling, 4, 100, 365), NEVER, NEVER, NEVER, "four points are no line");
	ok(forecast(days, full_once, 5, 100, 365).days_to_limit != 0,
	   "only the latest point counts as now");
	is(forecast(unordered, unordered_used, 5, 70, 365), 10, 10, 10, "points may come in any order");
	ok(forecast(same_day, same_day_used, 5, 90, 365).days_to_limit != 0,
	   "of one day the last counts");
	f = forecast(days, falling, 0, 100, 365);
	is(f, NEVER, NEVER, NEVER, "nothing measured");
	ok(f.points == 0 && !f.has_line, "no point, no line");
}

/*
 * 10, 30, 20, 40 and 50 on days -28, -21, ... 0: mean day -14, mean 30, slope 630 / 490 = 9 / 7. Residuals -2, 9, -10, 1, 2
 * have squares of 190, so s = sqrt(190 / 3); t of 3 degrees of freedom is 1.6377, t s = 13.0335. The line is at 70 on day
 * (70 - 48) / (9 / 7) = 17.1; 48 + 9 x / 7 +- 13.0335 sqrt(1.2 + (x + 14)^2 / 490) is 70.92 and 69.29 on days 4 and 3
 * above the line, 70.51 and 69.78 on days 48 and 47 below it.
 */
static void
interval_by_hand(void)
{
	const int days[] = {-28, -21, -14, -7, 0};
	const double used[] = {10, 30, 20, 40, 50};

	is(forecast(days, used, LENGTH(days), 70, 365), 18, 4, 48, "an interval worked out by hand");
}

/* The lower end rises slower than it widens: there is a first day, or none, but never one before the line's */
static void
random_series(void)
{
	int wrong = 0;
	int found = 0;
	int open = 0;

	for (int round = 0; round < 20000; round++)
	{
		int days[40];
		double used[40];
		int n = (int) (tap_random() % 41);
		double limit = 1 + (double) (tap_random() % 400);
		LimitForecast f;

		for (int i = 0; i < n; i++)
		{
			days[i] = -(int) (tap_random() % 60);
			used[i] = (double) (tap_random() % 50) + (60 + days[i]) * (double) (round % 7) / 2;
		}
		f = forecast(days, used, n, limit, 365);
		found += f.days_to_limit > 0;
		open += f.days_to_limit > 0 && f.days_until == NEVER;
		wrong += f.points != n || f.days_to_limit < NEVER || f.days_to_limit > 365;
		if (f.days_to_limit != NEVER)
			wrong += f.days_from == NEVER || f.days_from > f.days_to_limit ||
					 (f.days_until != NEVER && f.days_until < f.days_to_limit);
		else
			wrong += f.days_until != NEVER;
	}
	ok(wrong == 0, "20,000 series: %d with days out of order", wrong);
	ok(found > 1000 && open > 100, "%d reach their limit, %d of them without a last day", found,
	   open);
}

int
main(void)
{
	exact_line();
	edges();
	interval_by_hand();
	random_series();
	return tap_done();
}
