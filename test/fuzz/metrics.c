/*
 * metrics.c
 *		Any bytes as a state of a metric: refused, or joined, sorted and judged without a fault and within bounds.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "metrics.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A state that opened, joined with itself, must open, hold twice the rows and have the same figures */
static void
judge(const Ranking *ranking, double figures[3])
{
	size_t n = (size_t) ranking->events + ranking->others;
	double *scores = malloc((n + 1) * sizeof(double));
	double *scratch = malloc((n + 1) * sizeof(double));
	Ranked ranked;
	CshError error;

	figures[0] = figures[1] = figures[2] = 0;
	if (csh_ranking_sort(ranking, scores, scratch, &ranked, &error))
	{
		csh_roc_auc(&ranked, &figures[0]);
		csh_pr_auc(&ranked, &figures[1]);
		csh_lift(&ranked, 0.5, &figures[2]);
		assert(figures[0] >= 0 && figures[0] <= 1 && figures[1] >= 0 && figures[1] <= 1 + 1e-12);
		assert(figures[2] >= 0 && figures[2] <= 2 + 1e-12);
	}
	free(scores);
	free(scratch);
}

static void
fuzz_ranking(uint8_t *bytes, size_t size)
{
	Ranking ranking;
	Ranking joined;
	CshError error;
	uint32_t capacity = 0;
	double once[3];
	double twice[3];

	if (!csh_ranking_open(bytes, size, &ranking, &error))
		return;
	assert(csh_ranking_capacity(&ranking, ranking.events + ranking.others, &capacity, &error));
	csh_ranking_init(malloc(csh_ranking_size(capacity)), capacity, ranking.fraction, &joined);
	csh_ranking_append(&joined, &ranking);
	csh_ranking_append(&joined, &ranking);
	assert(csh_ranking_open(joined.bytes, csh_ranking_size(capacity), &joined, &error));
	assert(joined.events == 2 * ranking.events && joined.others == 2 * ranking.others);
	judge(&ranking, once);
	judge(&joined, twice);
	for (int i = 0; i < 3; i++)
		assert(once[i] - twice[i] < 1e-12 && twice[i] - once[i] < 1e-12);
	free(joined.bytes);
}

static void
fuzz_calibration(const uint8_t *bytes, size_t size)
{
	Calibration calibration;
	CshError error;

	if (size != sizeof(calibration))
		return;
	memcpy(&calibration, bytes, size);
	if (!csh_calibration_check(&calibration, &error) || csh_calibration_rows(&calibration) == 0)
		return;
	csh_calibration_append(&calibration, &calibration);
	csh_calibration_add(&calibration, true, 0.5);
	assert(csh_brier_score(&calibration) >= 0 && csh_brier_score(&calibration) <= 1 + 1e-6);
	assert(csh_log_loss(&calibration) >= 0 && csh_log_loss(&calibration) <= 37);
	assert(csh_calibration_error(&calibration) >= 0 &&
		   csh_calibration_error(&calibration) <= 1 + 1e-6);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *bytes = malloc(size + 1);

	memcpy(bytes, data, size);
	fuzz_ranking(bytes, size);
	fuzz_calibration(data, size);
	free(bytes);
	return 0;
}
