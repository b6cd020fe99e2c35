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
 * Columns are standardised, z = (x - mean) / sd with the population's sd, wherever nothing else is said.
 */
#ifndef CSH_LOGIT_H
#define CSH_LOGIT_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#define LOGIT_FEATURES 500
#define LOGIT_LARGEST 1e150   /* the largest feature, whose square can still be summed */
#define LOGIT_LEAST_SD 1e-140 /* the least spread, whose square and its inverse are numbers */
#define LOGIT_BLOCK 64

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

	/* moments */
	MOMENTS_WAITING = 4, /* rows in the block, which nothing else counts yet */
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
	FIT_LOG_LIKELIHOOD, /* of the data alone, in the end */
	FIT_CONDITION,
	FIT_SEPARATED,
	FIT_HEAD = 24,

	/* sums */
	SUMS_WAITING = 4,
	SUMS_INTERCEPT,
	SUMS_DIRECTION,
	SUMS_WATCHED,
	SUMS_LOG_LIKELIHOOD,
	SUMS_ODDS,         /* product of 1 + exp(-|eta|) over the rows that wait */
	SUMS_WEIGHT,       /* sum of w = p (1 - p) */
	SUMS_RESIDUAL,     /* sum of y - p */
	SUMS_LEAST_EVENT,  /* least eta among the events */
	SUMS_MOST_OTHER,   /* greatest among the others */
	SUMS_LEAST_MARGIN, /* least change of eta towards the label along the direction */
	SUMS_MOST_CHANGE,  /* greatest change either way */
	SUMS_HEAD = 24
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
	double *block;    /* with room for one row more */
} Moments;

typedef struct Fit
{
	double *head;
	int features;
	size_t width;
	double *mean;
	double *scale; /* 1 / sd; 0 = the column is aliased and stays out */
	double *slope;
	double *base;      /* the coefficients before the last step */
	double *direction; /* the last step */
	double *target;    /* where the penalty draws the slope to */
	double *reach;     /* the greatest |z| */
} Fit;

typedef struct Sums
{
	double *head;
	int features;
	size_t width;
	double *mean;
	double *scale;
	double *slope;
	double *direction;
	double *gradient; /* sum of (y - p) z */
	double *weighted; /* sum of w z */
	double *products; /* sums of w z z' */
	double *block;    /* sqrt(w) z */
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

extern size_t csh_logit_length(LogitKind kind, int features, bool waiting);
extern int csh_logit_features(const double *array, size_t length, LogitKind kind, bool waiting);
extern Moments csh_moments(const double *array);
extern Fit csh_fit(const double *array);
extern Sums csh_sums(const double *array);

extern void csh_moments_begin(double *state, int features);
extern int csh_moments_add(double *state, bool y, const void *x);
extern void csh_moments_flush(double *state);
extern void csh_moments_merge(double *state, const double *other);

extern void csh_sums_begin(double *state, const double *fit);
extern bool csh_sums_add(double *state, bool y, const void *x);
extern void csh_sums_flush(double *state);
extern void csh_sums_merge(double *state, const double *other);

extern size_t csh_logit_scratch(int features);
extern LogitAnswer csh_logit_start(double *fit, const double *moments, const LogitOptions *options,
								   double *scratch, CshError *error);
extern LogitAnswer csh_logit_next(double *fit, const double *sums, double *scratch,
								  CshError *error);
extern void csh_logit_result(const double *fit, const double *sums, double *scratch,
							 double *coefficients, double *std_errors, double *covariance);

#endif
