/*
 * trend.c
 *		Trends worked out by hand, and against an exact computation in whole numbers.
 */
#include "trend.h"

#include <string.h>

#include "tap.h"

#define NONE TREND_MISSING
#define LENGTH(a) (sizeof(a) / sizeof((a)[0]))

static void
is(const uint8_t *scores, size_t n, Trend expected, const char *name)
{
	Trend trend = csh_trend(scores, n);

	ok(trend == expected, "%s: %s", name, csh_trend_names[trend]);
}

#define IS(expected, name, ...)                                                                    \
	is((const uint8_t[]){__VA_ARGS__}, LENGTH(((uint8_t[]){__VA_ARGS__})), expected, name)

/* The rise times the denominator of the slope, and that denominator, as whole numbers */
static void
exact_rise(const uint8_t *scores, size_t n, int64_t *rise, int64_t *denominator, int *count)
{
	int64_t sx = 0, sy = 0, sxx = 0, sxy = 0, first = -1, last = 0;

	*count = 0;
	for (size_t i = 0; i < n; i++)
	{
		int64_t x = (int64_t) i;

		if (scores[i] == NONE)
			continue;
		if (first < 0)
			first = x;
		last = x;
		(*count)++;
		sx += x;
		sy += scores[i];
		sxx += x * x;
		sxy += x * scores[i];
	}
	*rise = (*count * sxy - sx * sy) * (last - first);
	*denominator = *count * sxx - sx * sx;
}

/* The rule without any fraction: enter beyond 5 points, leave below 2.5 or when the direction turns */
static Trend
exact_trend(const uint8_t *scores, size_t n)
{
	Trend state = TREND_STABLE;

	for (size_t i = 1; i <= n; i++)
	{
		int64_t rise, d;
		int count;

		if (scores[i - 1] == NONE)
			continue;
		exact_rise(scores, i, &rise, &d, &count);
		if (count < TREND_MIN_SCORES)
			continue;
		if (rise > 5 * d)
			state = TREND_IMPROVING;
		else if (rise < -5 * d)
			state = TREND_DECLINING;
		else if (2 * rise < 5 * d && -2 * rise < 5 * d)
			state = TREND_STABLE;
		else if ((state == TREND_IMPROVING && rise < 0) || (state == TREND_DECLINING && rise > 0))
			state = TREND_STABLE;
	}
	return state;
}

static void
random_series(void)
{
	int wrong = 0;
	int seen[3] = {0};

	for (int round = 0; round < 200000; round++)
	{
		uint8_t scores[TREND_DAYS];
		size_t n = tap_random() % (TREND_DAYS + 1);
		unsigned spread = 1 + tap_random() % 12;

		for (size_t i = 0; i < n; i++)
			scores[i] = tap_random() % 8 == 0 ? NONE : (uint8_t) (40 + tap_random() % spread);
		wrong += csh_trend(scores, n) != exact_trend(scores, n);
		seen[csh_trend(scores, n)]++;
	}
	ok(wrong == 0, "200,000 series against the exact computation: %d differ", wrong);
	ok(seen[0] > 1000 && seen[1] > 1000 && seen[2] > 1000, "each trend was among them: %d, %d, %d",
	   seen[0], seen[1], seen[2]);
}

static void
pushed(const char *name, const char *ring, size_t n, size_t gap, uint8_t score,
	   const char *expected, size_t length)
{
	uint8_t out[TREND_DAYS + 1];
	size_t got;

	memset(out, 0xee, sizeof(out));
	got = csh_trend_push((const uint8_t *) ring, n, gap, score, out);
	ok(got == length && memcmp(out, expected, length) == 0 && out[TREND_DAYS] == 0xee,
	   "push %s: %zu scores", name, got);
}

static void
push(void)
{
	char full[TREND_DAYS];
	char expected[TREND_DAYS];

	for (int i = 0; i < TREND_DAYS; i++)
		full[i] = (char) i;
	pushed("onto nothing", "", 0, 0, 70, "\x46", 1);
	pushed("onto nothing after a gap", "", 0, 5, 70, "\x46", 1);
	pushed("onto one", "\x32", 1, 0, 70, "\x32\x46", 2);
	pushed("after a gap", "\x32", 1, 2, 70, "\x32\xff\xff\x46", 4);
	memcpy(expected, full + 1, TREND_DAYS - 1);
	expected[TREND_DAYS - 1] = 70;
	pushed("onto a full ring", full, TREND_DAYS, 0, 70, expected, TREND_DAYS);
	memcpy(expected, full + 4, TREND_DAYS - 4);
	memset(expected + TREND_DAYS - 4, 0xff, 3);
	pushed("onto a full ring after three days", full, TREND_DAYS, 3, 70, expected, TREND_DAYS);
	expected[0] = full[TREND_DAYS - 1];
	memset(expected + 1, 0xff, 28);
	expected[29] = 70;
	pushed("after 28 days: one old score is left", full, TREND_DAYS, 28, 70, expected, TREND_DAYS);
	pushed("after 29 days: none is left", full, TREND_DAYS, 29, 70, "\x46", 1);
	pushed("after a lifetime", full, TREND_DAYS, SIZE_MAX, 70, "\x46", 1);
}

int
main(void)
{
	uint8_t scores[40];

	IS(TREND_STABLE, "flat", 50, 50, 50, 50, 50, 50, 50);
	IS(TREND_STABLE, "six scores are too few", 0, 20, 40, 60, 80, 100);
	IS(TREND_IMPROVING, "seven are enough", 0, 20, 40, 60, 80, 100, 100);
	IS(TREND_IMPROVING, "rises 6 points", 50, 51, 52, 53, 54, 55, 56);
	IS(TREND_DECLINING, "falls 6 points", 56, 55, 54, 53, 52, 51, 50);
	IS(TREND_STABLE, "rises 4.71 points", 50, 51, 52, 52, 53, 54, 55);
	IS(TREND_STABLE, "rises 5 points exactly", 50, 50, 50, 50, 52, 51, 54, 55);
	IS(TREND_STABLE, "falls 5 points exactly", 55, 55, 55, 55, 53, 54, 51, 50);
	IS(TREND_IMPROVING, "rises 5.58 points", 50, 50, 50, 50, 52, 51, 54, 56);
	IS(TREND_STABLE, "hovers within the band", 52, 48, 51, 49, 50, 52, 48, 50, 51, 49);
	/* 6 at the seventh score; the eighth brings the line to (7 x score - 315) / 12 */
	IS(TREND_IMPROVING, "4.67 does not end a trend", 50, 51, 52, 53, 54, 55, 56, 53);
	IS(TREND_STABLE, "2.33 does", 50, 51, 52, 53, 54, 55, 56, 49);
	IS(TREND_STABLE, "nor does 4.42 begin one", 50, 50, 50, 50, 52, 51, 54, 54);
	IS(TREND_STABLE, "-2.92 ends it, but turns nothing", 50, 51, 52, 53, 54, 55, 56, 40);
	IS(TREND_DECLINING, "-5.83 turns it", 50, 51, 52, 53, 54, 55, 56, 35);
	IS(TREND_IMPROVING, "gaps are days", 50, NONE, 51, NONE, 52, NONE, 53, NONE, 54, NONE, 55, NONE,
	   56);
	IS(TREND_STABLE, "gaps are no scores", 50, NONE, 52, NONE, 54, NONE, 56, NONE, 58, NONE, 60,
	   NONE);
	/* Over days 0 to 5 and 13, whose mean is 4, the line rises 13 x 180 / 112 = 20.9 points */
	IS(TREND_IMPROVING, "a gap, then a jump", 50, 50, 50, 50, 50, 50, NONE, NONE, NONE, NONE, NONE,
	   NONE, NONE, 70);

	is(NULL, 0, TREND_STABLE, "no day at all");
	memset(scores, NONE, sizeof(scores));
	is(scores, 30, TREND_STABLE, "30 days without a score");
	memset(scores, 80, sizeof(scores));
	memset(scores, 0, 10);
	is(scores, 40, TREND_STABLE, "what is older than 30 days does not count");
	is(scores + 1, 39, TREND_STABLE, "nor in a shorter list");
	is(scores + 9, 30, TREND_IMPROVING, "the 30th day does");
	random_series();
	push();
	return tap_done();
}
