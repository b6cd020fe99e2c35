/*
 * logit.h
 *		Logistic regression by Newton's method, each step one pass over the rows.
 *
 * A pass is an aggregate, so all that lives between rows is an array of doubles. There are three kinds: moments, from the
 * first pass; the fit, which the next pass reads; and the sums of that pass. Each is a head, whose elements are named
 * below, then the vectors and matrices of its struct in that order. A vector has one element per feature and zeros up
 * to a width of whole registers, a matrix is width x width, of which the part right of the diagonal counts. Rows wait in
 * a block, so that their products are summed in registers; a finished aggregate has no block any more.
 *
 * Columns are standardised, z = (x - centre) / sd with the population's sd, wherever nothing else is said.
 */
#ifndef CSH_LOGIT_H
#define CSH_LOGIT_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "error.h"
#include "linear.h"

#define LOGIT_FEATURES 500
#define LOGIT_LARGEST 1e150   /* the largest feature, whose square can still be summed */
#define LOGIT_LEAST_SD 1e-140 /* the least spread, whose square and its inverse are numbers */
#define LOGIT_BLOCK 64
#define LOGIT_TRIALS 24

typedef enum LogitKind
{
	LOGIT_MOMENTS = 1,
	LOGIT_FIT,
	LOGIT_SUMS
} LogitKind;

enum
{
	/* every head */
	LOGIT_KIND,
	LOGIT_COLUMNS, /* number of features */
	LOGIT_ROWS,
	LOGIT_EVENTS, /* rows whose label is true */

	/* moments and sums */
	LOGIT_WAITING = 4, /* rows in the block, which nothing else counts yet */

	/* moments */
	MOMENTS_HEAD = 8,

	/* fit; intercept, base and direction belong to the vectors of these names */
	FIT_STATUS = 4,
	FIT_L2,
	FIT_TOLERANCE,
	FIT_MAX_ITERATIONS,
	FIT_ITERATIONS,
	FIT_INTERCEPT,
	FIT_BASE,
	FIT_DIRECTION,
	FIT_WATCHED,        /* 1: the next pass looks at what lies along the direction */
	FIT_OBJECTIVE,      /* penalised log likelihood at the base */
	FIT_EXPECTED,       /* what it must rise to for the step to be kept */
	FIT_DECREMENT,      /* gradient' step of the last step */
	FIT_SEARCHING,      /* 1: the next pass tries shorter steps from where the coefficients are */
	FIT_LOG_LIKELIHOOD, /* of the data alone, in the end */
	FIT_CONDITION,
	FIT_SEPARATED,
	FIT_HEAD = 24,

	/* sums */
	SUMS_INTERCEPT = 5,
	SUMS_DIRECTION,
	SUMS_WATCHED,
	SUMS_LOG_LIKELIHOOD,
	SUMS_WEIGHT,       /* sum of w = p (1 - p) */
	SUMS_RESIDUAL,     /* sum of y - p */
	SUMS_LEAST_EVENT,  /* least eta among the events */
	SUMS_MOST_OTHER,   /* greatest among the others */
	SUMS_LEAST_MARGIN, /* least change of eta towards the label along the direction */
	SUMS_MOST_CHANGE,  /* greatest change either way */
	SUMS_SEARCHING,
	SUMS_TRIAL =
		16, /* log likelihood after 1/2, 1/4, 1/8 ... of the direction; a search sums up nothing else */
	SUMS_HEAD = SUMS_TRIAL + LOGIT_TRIALS
};

typedef struct Moments
{
	double *head;
	int features;
	size_t width;
	double *mean;
	double *low;
	double *high;
	double *with_y;   /* sum of (y - mean of y) (x - mean) */
	double *products; /* sums of (x - mean) (x' - mean') */
	double *labels;   /* of the block */
	double *block;    /* rows of features, with room for one row more */
} Moments;

typedef struct Fit
{
	double *head;
	int features;
	size_t width;
	double *centre; /* at first the mean */
	double *scale;  /* 1 / sd; 0 = the column is aliased and stays out */
	double *slope;
	double *base;      /* the coefficients before the last step */
	double *direction; /* the last step */
	double *target;    /* where the penalty draws the slope to */
	double *reach;     /* from the least to the greatest z */
} Fit;

typedef struct Sums
{
	double *head;
	int features;
	size_t width;
	double *centre;
	double *scale;
	double *slope;
	double *direction;
	double *gradient; /* sum of (y - p) z */
	double *weighted; /* sum of w z */
	double *products; /* sums of w z z' */
	double *labels;   /* as in Moments */
	double *block;
} Sums;

typedef enum LogitStatus
{
	LOGIT_RUNNING,
	LOGIT_CONVERGED,
	LOGIT_STOPPED
} LogitStatus;

typedef enum LogitAnswer
{
	LOGIT_FINE,
	LOGIT_REFUSED,     /* there is no answer, or the arguments are impossible */
	LOGIT_OUT_OF_RANGE /* the numbers are too large or too small to compute with */
} LogitAnswer;

typedef struct LogitOptions
{
	double l2;
	const double *prior; /* per feature, in its own unit; NULL = 0 */
	int max_iterations;
	double tolerance;
} LogitOptions;

/* A feature that cannot be computed with, of a row that waited */
typedef struct LogitFault
{
	int feature;
	double value;
} LogitFault;

/* Without the block, of which `waiting` arrays have more */
static inline size_t
csh_logit_length(LogitKind kind, int features, bool waiting)
{
	size_t width = CSH_WIDTH((size_t) features);
	size_t block = waiting ? LOGIT_BLOCK + (LOGIT_BLOCK + 1) * width : 0;

	if (kind == LOGIT_FIT)
		return FIT_HEAD + 7 * width;
	return kind == LOGIT_MOMENTS ? MOMENTS_HEAD + (4 + width) * width + block
								 : SUMS_HEAD + (6 + width) * width + block;
}

/* How many features an array of a kind is about, or -1 when it is not of that kind */
static inline int
csh_logit_features(const double *array, size_t length, LogitKind kind, bool waiting)
{
	int features;

	if (length < MOMENTS_HEAD || array[LOGIT_KIND] != kind ||
		!(array[LOGIT_COLUMNS] >= 0 && array[LOGIT_COLUMNS] <= LOGIT_FEATURES))
		return -1;
	features = (int) array[LOGIT_COLUMNS];
	if (features != array[LOGIT_COLUMNS] || length != csh_logit_length(kind, features, waiting))
		return -1;
	if (waiting && !(array[LOGIT_WAITING] >= 0 && array[LOGIT_WAITING] < LOGIT_BLOCK))
		return -1;
	return features;
}

/* Puts a row, which may lie anywhere in memory, into the block; true when the block is full and must be flushed */
static inline bool
csh_logit_add(double *state, LogitKind kind, int features, bool y, const void *x)
{
	int waiting = (int) state[LOGIT_WAITING];
	double *labels = state + csh_logit_length(kind, features, false);

	labels[waiting] = y;
	memcpy(labels + LOGIT_BLOCK + waiting * CSH_WIDTH((size_t) features), x,
		   features * sizeof(double));
	state[LOGIT_WAITING] = waiting + 1;
	return waiting + 1 == LOGIT_BLOCK;
}

extern Moments csh_moments(const double *array);
extern Fit csh_fit(const double *array);
extern Sums csh_sums(const double *array);

extern void csh_moments_begin(double *state, int features);
extern bool csh_moments_flush(double *state, LogitFault *fault);
extern void csh_moments_merge(double *state, const double *other);

extern void csh_sums_begin(double *state, const double *fit);
extern bool csh_sums_flush(double *state);
extern void csh_sums_merge(double *state, const double *other);

extern size_t csh_logit_scratch(int features);
extern LogitAnswer csh_logit_start(double *fit, const double *moments, const LogitOptions *options,
								   double *scratch, CshError *error);
extern LogitAnswer csh_logit_next(double *fit, const double *sums, double *scratch,
								  CshError *error);
extern void csh_logit_result(const double *fit, const double *sums, double *scratch,
							 double *coefficients, double *std_errors, double *covariance);

#endif
