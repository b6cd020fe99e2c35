/*
 * what_if.c
 *		Sets measures of a vector to other values and computes again what follows from them.
 */
#include "what_if.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* A value as four bytes keep it; what is too small for them is 0, what is too large the largest */
double
csh_stored(double value)
{
	if (fabs(value) < FLT_MIN)
		return 0;
	if (fabs(value) > FLT_MAX)
		return value > 0 ? FLT_MAX : -FLT_MAX;
	return (float) value;
}

static bool
moved(const Vector *before, const double *value, const bool *observed, int measure)
{
	bool was = measure < before->length && before->observed[measure];

	return observed[measure] != was || (was && value[measure] != before->value[measure]);
}

/*
 * Users of a month and of an average day move together: a month has at least as many as a day, and when only the month
 * is given, the days follow in proportion. Returns whether they did, which leaves their ratio as it is.
 */
static bool
move_users(const Vector *before, const bool *given, double *value, bool *observed)
{
	if (!observed[M_MAU] || !observed[M_AVG_DAU])
		return false;
	if (given[M_AVG_DAU] && value[M_AVG_DAU] > value[M_MAU])
		value[M_MAU] = value[M_AVG_DAU];
	if (given[M_AVG_DAU] || !given[M_MAU] || before->length <= M_MAU || !before->observed[M_MAU] ||
		!(before->value[M_MAU] > 0))
		return false;
	value[M_AVG_DAU] = csh_stored(value[M_AVG_DAU] * (value[M_MAU] / before->value[M_MAU]));
	return value[M_MAU] > 0;
}

/* Computes a ratio again when something it is of has moved, unless it was given itself */
static void
follow(const Vector *before, const bool *given, int measure, double *value, bool *observed)
{
	const Ratio *ratio = csh_ratio(measure);

	if (given[measure] || !observed[ratio->part] || !observed[ratio->whole] ||
		!(moved(before, value, observed, ratio->part) ||
		  moved(before, value, observed, ratio->whole)))
		return;
	csh_derive(measure, value, observed);
	if (observed[measure])
		value[measure] = csh_stored(value[measure]);
}

/*
 * The vector with some measures at other values: its length, and values and what is observed in room for
 * MEASURE_POSITIONS of each. Values are those that four bytes keep, so that a stored vector says the same.
 */
int
csh_what_if(const Vector *vector, const Change *changes, int n, double *value, bool *observed)
{
	bool given[MEASURE_POSITIONS] = {false};
	int length = vector->length > MEASURE_COUNT ? vector->length : MEASURE_COUNT;
	bool in_proportion;

	memcpy(value, vector->value, sizeof(double) * (size_t) vector->length);
	memcpy(observed, vector->observed, sizeof(bool) * (size_t) vector->length);
	for (int i = 0; i < n; i++)
		if (changes[i].index >= length)
			length = changes[i].index + 1;
	for (int i = vector->length; i < length; i++)
	{
		observed[i] = false;
		value[i] = 0;
	}
	for (int i = 0; i < n; i++)
	{
		given[changes[i].index] = true;
		observed[changes[i].index] = true;
		value[changes[i].index] = csh_stored(changes[i].value);
	}

	in_proportion = move_users(vector, given, value, observed);
	follow(vector, given, M_ADOPTION, value, observed);
	follow(vector, given, M_MAU_GROWTH, value, observed);
	if (!in_proportion)
		follow(vector, given, M_STICKINESS, value, observed);
	if (!given[M_TICKETS_PER_USER] && observed[M_TICKETS_PER_USER] && vector->observed[M_MAU] &&
		moved(vector, value, observed, M_MAU))
	{
		double tickets = value[M_TICKETS_PER_USER] * vector->value[M_MAU];

		observed[M_TICKETS_PER_USER] = value[M_MAU] > 0;
		if (observed[M_TICKETS_PER_USER])
			value[M_TICKETS_PER_USER] = csh_stored(tickets / value[M_MAU]);
	}
	while (length > vector->length && !observed[length - 1])
		length--;
	return length;
}
