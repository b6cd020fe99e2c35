/*
 * revenue.c
 *		Any bytes as a history of MRR, and as a numeric: refused, or added up without a fault, and then the identity holds.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "revenue.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MONTHS 30

static void
fuzz_history(const uint8_t *data, size_t size, int64_t first_month)
{
	uint8_t *bytes = malloc(size + 1);
	int64_t *figures = calloc(MONTHS * REVENUE_FIGURES, sizeof(int64_t));
	MrrHistory history;
	MrrHistory copy;
	CshError error;

	memcpy(bytes, data, size);
	if (csh_mrr_open(bytes, size, &history, &error))
	{
		csh_mrr_init(malloc(csh_mrr_size(history.count + 1)), history.count + 1, &copy);
		if (csh_mrr_append(&copy, &history, &error) && csh_mrr_add(&copy, first_month, 1, &error))
			assert(copy.count <= history.count + 1);
		if (csh_revenue_add(figures, first_month, MONTHS, &history, &error))
			for (int64_t *f = figures; f < figures + MONTHS * REVENUE_FIGURES; f += REVENUE_FIGURES)
			{
				assert((uint64_t) f[MRR_START] + (uint64_t) f[MRR_NEW] +
						   (uint64_t) f[MRR_REACTIVATION] + (uint64_t) f[MRR_EXPANSION] -
						   (uint64_t) f[MRR_CONTRACTION] - (uint64_t) f[MRR_CHURN] ==
					   (uint64_t) f[MRR_END]);
				assert(f[MRR_END] >= 0 && f[COHORT_KEPT] <= f[COHORT_THEN] &&
					   f[COHORT_LEFT] <= f[COHORT_CUSTOMERS]);
			}
		free(copy.bytes);
	}
	free(figures);
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int64_t cents = 0;
	int64_t first_month;

	if (csh_cents(data, size, &cents))
		assert(cents > -INT64_C(1000000000000000000) && cents < INT64_C(1000000000000000000));
	if (size < 1)
		return 0;
	/* a first month at the beginning of the history, or far away */
	memcpy(&first_month, size >= 13 ? data + 4 : (const uint8_t *) "\0\0\0\0\0\0\0",
		   sizeof(first_month));
	if (first_month > INT32_MAX || first_month < INT32_MIN)
		first_month = 24000;
	fuzz_history(data, size, first_month);
	return 0;
}
