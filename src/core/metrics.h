/*
 * metrics.h
 *		What judges a churn model: how well its scores rank and how far its probabilities can be believed.
 */
#ifndef CSH_METRICS_H
#define CSH_METRICS_H

#include <stdint.h>

#include "error.h"

/* So that a state of eight bytes a row stays below one gigabyte, with room beside it in a tuple */
#define RANKING_MAX_ROWS 120000000

/*
 * Every score of a group, in bytes that start with a header: those of events from the front, the others from the back,
 * free room between them. `fraction` is that of lift_at(), else 0.
 */
typedef struct Ranking
{
	uint8_t *bytes;
	uint32_t capacity;
	uint32_t events;
	uint32_t others;
	double fraction;
} Ranking;

/* The scores of a ranking, the highest first */
typedef struct Ranked
{
	const double *event;
	const double *other;
	uint32_t events;
	uint32_t others;
} Ranked;

/* A sum and what rounding took from it */
typedef struct Sum
{
	double high;
	double low;
} Sum;

#define CALIBRATION_BINS 10

/* The sums over rows with probabilities; doubles only, so that it can be kept as an array of them */
typedef struct Calibration
{
	Sum square; /* squared differences */
	Sum loss;   /* logarithms */
	struct
	{
		double rows;
		double events;
		Sum probability;
	} bin[CALIBRATION_BINS];
} Calibration;

#define CALIBRATION_LENGTH ((int) (sizeof(Calibration) / sizeof(double)))

extern size_t csh_ranking_size(uint32_t capacity);
extern bool csh_ranking_capacity(const Ranking *ranking, uint32_t more, uint32_t *capacity,
								 CshError *error);
extern void csh_ranking_init(uint8_t *bytes, uint32_t capacity, double fraction, Ranking *ranking);
extern bool csh_ranking_open(uint8_t *bytes, size_t size, Ranking *ranking, CshError *error);
extern void csh_ranking_add(Ranking *ranking, bool event, double score);
extern void csh_ranking_append(Ranking *into, const Ranking *added);
extern bool csh_ranking_sort(const Ranking *ranking, double *scores, double *scratch,
							 Ranked *ranked, CshError *error);
extern bool csh_roc_auc(const Ranked *ranked, double *auc);
extern bool csh_pr_auc(const Ranked *ranked, double *auc);
extern bool csh_lift(const Ranked *ranked, double fraction, double *lift);

extern bool csh_calibration_check(const Calibration *calibration, CshError *error);
extern void csh_calibration_add(Calibration *calibration, bool event, double probability);
extern void csh_calibration_append(Calibration *into, const Calibration *added);
extern double csh_calibration_rows(const Calibration *calibration);
extern double csh_brier_score(const Calibration *calibration);
extern double csh_log_loss(const Calibration *calibration);
extern double csh_calibration_error(const Calibration *calibration);

#endif
