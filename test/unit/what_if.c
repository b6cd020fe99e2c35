/*
 * what_if.c
 *		Measures set to other values, and what follows from them.
 */
#include "what_if.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "tap.h"

/* A tenant with 10 users a month of whom 4 come on a day, 8 a month before; 3 of 6 features; 2 tickets a month */
static double value[MEASURE_COUNT];
static bool observed[MEASURE_COUNT];
static double after[MEASURE_POSITIONS];
static bool seen[MEASURE_POSITIONS];

static void
reset(void)
{
	memset(value, 0, sizeof(value));
	memset(observed, 0, sizeof(observed));
	value[M_MAU] = 10;
	value[M_AVG_DAU] = 4;
	value[M_STICKINESS] = csh_stored(0.4);
	value[M_MAU_PREVIOUS] = 8;
	value[M_MAU_GROWTH] = 0.25;
	value[M_FEATURES_USED] = 3;
	value[M_FEATURES_AVAILABLE] = 6;
	value[M_ADOPTION] = 0.5;
	value[M_TICKETS_PER_USER] = csh_stored(0.2);
	value[M_OPEN_TICKETS] = 1;
	for (int i = 0; i < MEASURE_COUNT; i++)
		observed[i] = value[i] != 0;
}

static int
try(int n, const Change *changes)
{
	Vector vector = {MEASURE_COUNT, value, observed};

	return csh_what_if(&vector, changes, n, after, seen);
}

/* Whether a measure came to a value, give or take what four bytes lose; NAN = not observed */
static bool
is(int measure, double expected)
{
	if (isnan(expected)
			? !seen[measure]
			: seen[measure] && fabs(after[measure] - expected) <= fabs(expected) * FLT_EPSILON)
		return true;
	printf("# %s is %s%g\n", csh_measures[measure].code, seen[measure] ? "" : "not observed, ",
		   after[measure]);
	return false;
}

/* Whether nothing but some measures is other than before */
static bool
others_stay(int n, const int *changed)
{
	for (int i = 0; i < MEASURE_COUNT; i++)
	{
		bool listed = false;

		for (int j = 0; j < n; j++)
			listed = listed || changed[j] == i;
		if (!listed && (seen[i] != observed[i] || (seen[i] && after[i] != value[i])))
		{
			printf("# %s is another\n", csh_measures[i].code);
			return false;
		}
	}
	return true;
}

#define CHANGES(...)                                                                               \
	(int) (sizeof((Change[]){__VA_ARGS__}) / sizeof(Change)), (const Change[])                     \
	{                                                                                              \
		__VA_ARGS__                                                                                \
	}
#define OTHERS_STAY(...)                                                                           \
	others_stay((int) (sizeof((int[]){__VA_ARGS__}) / sizeof(int)), (const int[]){__VA_ARGS__})

int
main(void)
{
	reset();
	ok(try(0, NULL) == MEASURE_COUNT && others_stay(0, NULL), "no change changes nothing");
	try(CHANGES({M_OPEN_TICKETS, 0}));
	ok(is(M_OPEN_TICKETS, 0) && OTHERS_STAY(M_OPEN_TICKETS), "nothing follows from open tickets");
	try(CHANGES({M_FEATURES_USED, 5}));
	ok(is(M_ADOPTION, 5.0 / 6) && OTHERS_STAY(M_FEATURES_USED, M_ADOPTION), "adoption follows");
	try(CHANGES({M_FEATURES_USED, 5}, {M_ADOPTION, 0.9}));
	ok(is(M_ADOPTION, 0.9), "unless it is given itself");
	try(CHANGES({M_FEATURES_USED, 3}, {M_MAU, 10}));
	ok(others_stay(0, NULL), "the same value is no change");
	try(CHANGES({M_FEATURES_AVAILABLE, 0}));
	ok(is(M_ADOPTION, NAN), "no feature available, no adoption");
	try(CHANGES({M_AVG_DAU, 6}));
	ok(is(M_STICKINESS, 0.6) && OTHERS_STAY(M_AVG_DAU, M_STICKINESS), "stickiness follows");
	try(CHANGES({M_AVG_DAU, 12}));
	ok(is(M_MAU, 12) && is(M_STICKINESS, 1) && is(M_MAU_GROWTH, 0.5) &&
		   is(M_TICKETS_PER_USER, 2.0 / 12) &&
		   OTHERS_STAY(M_AVG_DAU, M_STICKINESS, M_MAU, M_MAU_GROWTH, M_TICKETS_PER_USER),
	   "a month has at least the users of a day");
	try(CHANGES({M_MAU, 20}));
	ok(is(M_AVG_DAU, 8) && after[M_STICKINESS] == value[M_STICKINESS] && is(M_MAU_GROWTH, 1.5) &&
		   is(M_TICKETS_PER_USER, 0.1) &&
		   OTHERS_STAY(M_MAU, M_AVG_DAU, M_MAU_GROWTH, M_TICKETS_PER_USER),
	   "with more users a month, those of a day follow in proportion");
	try(CHANGES({M_MAU, 20}, {M_AVG_DAU, 4}));
	ok(is(M_AVG_DAU, 4) && is(M_STICKINESS, 0.2), "unless they are given, the same as before, too");
	try(CHANGES({M_MAU, 20}, {M_AVG_DAU, 5}));
	ok(is(M_AVG_DAU, 5) && is(M_STICKINESS, 0.25), "or others");
	try(CHANGES({M_MAU, 5}, {M_AVG_DAU, 6}));
	ok(is(M_MAU, 6) && is(M_STICKINESS, 1), "and at odds with those of the month");
	try(CHANGES({M_MAU, 0}));
	ok(is(M_AVG_DAU, 0) && is(M_STICKINESS, NAN) && is(M_MAU_GROWTH, -1) &&
		   is(M_TICKETS_PER_USER, NAN),
	   "nobody");
	try(CHANGES({M_MAU_PREVIOUS, 5}));
	ok(is(M_MAU_GROWTH, 1) && OTHERS_STAY(M_MAU_PREVIOUS, M_MAU_GROWTH), "growth follows");
	try(CHANGES({M_MAU_PREVIOUS, 0}));
	ok(is(M_MAU_GROWTH, NAN), "from nobody there is none");
	try(CHANGES({M_STICKINESS, 0.7}));
	ok(is(M_STICKINESS, 0.7) && OTHERS_STAY(M_STICKINESS), "a ratio may be given alone");

	observed[M_FEATURES_AVAILABLE] = observed[M_ADOPTION] = false;
	try(CHANGES({M_FEATURES_USED, 5}));
	ok(is(M_ADOPTION, NAN), "adoption of unknown features is not observed");
	reset();
	value[M_MAU] = value[M_AVG_DAU] = 0;
	observed[M_AVG_DAU] = observed[M_MAU] = true;
	observed[M_STICKINESS] = observed[M_TICKETS_PER_USER] = false;
	try(CHANGES({M_MAU, 5}));
	ok(is(M_AVG_DAU, 0) && is(M_STICKINESS, 0) && is(M_TICKETS_PER_USER, NAN), "after silence");

	ok(try(CHANGES({149, 7})) == 150 && seen[149] && after[149] == 7 && !seen[148],
	   "a measure beyond the vector's end");
	{
		Vector brief = {2, value, observed};

		ok(csh_what_if(&brief, NULL, 0, after, seen) == 2, "a brief vector stays brief");
	}
	ok(csh_stored(0.1) == (float) 0.1 && csh_stored(1e-44) == 0 && csh_stored(-1e300) == -FLT_MAX,
	   "values are those that four bytes keep");
	return tap_done();
}
