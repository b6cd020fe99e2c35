/*
 * trend.h
 *		Where a score is heading, read off the ring of the last daily scores.
 */
#ifndef CSH_TREND_H
#define CSH_TREND_H

#include <stddef.h>
#include <stdint.h>

#define TREND_DAYS 30
#define TREND_MIN_SCORES 7
#define TREND_BAND 5.0    /* points over the window that count as noise */
#define TREND_MISSING 255 /* a day without a score */

typedef enum Trend
{
	TREND_STABLE,
	TREND_IMPROVING,
	TREND_DECLINING
} Trend;

extern const char *const csh_trend_names[];
extern Trend csh_trend(const uint8_t *scores, size_t n);
extern size_t csh_trend_push(const uint8_t *ring, size_t n, size_t gap, uint8_t score,
							 uint8_t *out);

#endif
