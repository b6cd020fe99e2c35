/*
 * trend.c
 *		The slope of the last daily scores, with a noise band and hysteresis.
 */
#include "trend.h"

#include <string.h>

const char *const csh_trend_names[] = {"stable", "improving", "declining"};

/*
 * Fits a line by least squares to the scores seen so far, day by day, and lets the state change only
 * when the line's rise over those days leaves the band; it falls back to stable below half the band.
 * So one and the same series always gives the same trend, and a score that hovers does not flicker.
 *
 *		slope = (n Sxy - Sx Sy) / (n Sxx - Sx^2)        (ordinary least squares)
 *		rise  = slope * (last day - first day)
 *
 * Both sides of each comparison are multiplied by the denominator, so that all numbers are whole and exact.
 */
Trend
csh_trend(const uint8_t *scores, size_t n)
{
	size_t start = n > TREND_DAYS ? n - TREND_DAYS : 0;
	double count = 0;
	double sx = 0;
	double sy = 0;
	double sxx = 0;
	double sxy = 0;
	double first = 0;
	Trend state = TREND_STABLE;

	for (size_t i = start; i < n; i++)
	{
		double x = (double) (i - start);
		double span;
		double rise;

		if (scores[i] == TREND_MISSING)
			continue;
		if (count == 0)
			first = x;
		count++;
		sx += x;
		sy += scores[i];
		sxx += x * x;
		sxy += x * scores[i];
		if (count < TREND_MIN_SCORES)
			continue;
		span = count * sxx - sx * sx;
		rise = (count * sxy - sx * sy) * (x - first);
		if (rise > TREND_BAND * span)
			state = TREND_IMPROVING;
		else if (rise < -TREND_BAND * span)
			state = TREND_DECLINING;
		else if (2 * rise < TREND_BAND * span && 2 * rise > -TREND_BAND * span)
			state = TREND_STABLE;
		else if ((state == TREND_IMPROVING && rise < 0) || (state == TREND_DECLINING && rise > 0))
			state = TREND_STABLE;
	}
	return state;
}

/* Appends a day's score, after `gap` days without one, and keeps the last TREND_DAYS; returns the new length */
size_t
csh_trend_push(const uint8_t *ring, size_t n, size_t gap, uint8_t score, uint8_t *out)
{
	size_t keep;
	size_t length;

	if (gap > TREND_DAYS - 1)
		gap = TREND_DAYS - 1;
	keep = TREND_DAYS - 1 - gap;
	if (keep > n)
		keep = n;
	memcpy(out, ring + n - keep, keep);
	length = keep;
	if (keep > 0)
	{
		memset(out + length, TREND_MISSING, gap);
		length += gap;
	}
	out[length++] = score;
	return length;
}
