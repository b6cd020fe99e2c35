/*
 * logit.c
 *		Logistic regression: factors and eigenvalues, partial sums against whole ones, fits against the score equations,
 *		and arrays that are none of ours.
 */
#include "logit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define ROWS 1500

typedef struct Data
{
	int rows;
	int features;
	bool y[ROWS];
	double x[ROWS][24];
} Data;

typedef struct Answer
{
	LogitAnswer answer;
	LogitStatus status;
	int passes;
	double coefficients[25];
	double std_errors[25];
	double covariance[25 * 25];
	double log_likelihood;
	bool separated;
	CshError error;
} Answer;

static double
uniform(void)
{
	return (double) (tap_random() >> 11) / 9007199254740992.0;
}

static double
normal(void)
{
	return sqrt(-2 * log(1 - uniform())) * cos(6.283185307179586 * uniform());
}

static double *
new_array(LogitKind kind, int features, bool waiting)
{
	return calloc(csh_logit_length(kind, features, waiting), sizeof(double));
}

static bool
flush(double *state, LogitKind kind)
{
	LogitFault fault;

	return kind == LOGIT_MOMENTS ? csh_moments_flush(state, &fault) : csh_sums_flush(state);
}

/* The sums of a pass, cut into so many parts that are merged in a row */
static double *
pass(const Data *data, LogitKind kind, const double *fit, int parts)
{
	double *whole = NULL;

	for (int part = 0; part < parts; part++)
	{
		double *state = new_array(kind, data->features, true);

		if (kind == LOGIT_MOMENTS)
			csh_moments_begin(state, data->features);
		else
			csh_sums_begin(state, fit);
		for (int i = part; i < data->rows; i += parts)
			if (csh_logit_add(state, kind, data->features, data->y[i], data->x[i]))
				flush(state, kind);
		flush(state, kind);
		if (whole == NULL)
		{
			whole = state;
			continue;
		}
		if (kind == LOGIT_MOMENTS)
			csh_moments_merge(whole, state);
		else
			csh_sums_merge(whole, state);
		free(state);
	}
	return whole;
}

static void
fit(const Data *data, const LogitOptions *options, int parts, Answer *a)
{
	double *moments = pass(data, LOGIT_MOMENTS, NULL, parts);
	double *state = new_array(LOGIT_FIT, data->features, false);
	double *scratch = calloc(csh_logit_scratch(data->features), sizeof(double));
	double *sums = NULL;

	memset(a, 0, sizeof(*a));
	a->answer = csh_logit_start(state, moments, options, scratch, &a->error);
	while (a->answer == LOGIT_FINE && state[FIT_STATUS] == LOGIT_RUNNING)
	{
		free(sums);
		sums = pass(data, LOGIT_SUMS, state, parts);
		a->answer = csh_logit_next(state, sums, scratch, &a->error);
		a->passes++;
	}
	if (a->answer == LOGIT_FINE)
		csh_logit_result(state, sums, scratch, a->coefficients, a->std_errors, a->covariance);
	a->status = (LogitStatus) state[FIT_STATUS];
	a->log_likelihood = state[FIT_LOG_LIKELIHOOD];
	a->separated = state[FIT_SEPARATED] != 0;
	free(moments);
	free(state);
	free(scratch);
	free(sums);
}

static const LogitOptions plain = {.max_iterations = 50, .tolerance = 1e-10};

/* Rows whose labels follow a logistic model with the given slopes, the features with some common part */
static void
make_rows(Data *data, int rows, int features, double strength)
{
	data->rows = rows;
	data->features = features;
	for (int i = 0; i < rows; i++)
	{
		double common = normal();
		double eta = -1;

		for (int j = 0; j < features; j++)
		{
			data->x[i][j] = normal() + 0.5 * common;
			eta += strength * (j % 3 - 1) * data->x[i][j];
		}
		data->y[i] = uniform() < 1 / (1 + exp(-eta));
	}
}

static double
distance(const double *a, const double *b, int n)
{
	double worst = 0;

	for (int i = 0; i < n; i++)
		worst = fmax(worst, fabs(a[i] - b[i]) / fmax(1e-300, fabs(b[i])));
	return worst;
}

/* The largest component of the gradient at an answer, in long doubles */
static double
gradient(const Data *data, const Answer *a)
{
	long double sum[25] = {0};
	double worst = 0;

	for (int i = 0; i < data->rows; i++)
	{
		long double eta = a->coefficients[0];
		long double residual;

		for (int j = 0; j < data->features; j++)
			eta += (long double) a->coefficients[j + 1] * data->x[i][j];
		residual = data->y[i] - 1 / (1 + expl(-eta));
		sum[0] += residual;
		for (int j = 0; j < data->features; j++)
			sum[j + 1] += residual * data->x[i][j];
	}
	for (int j = 0; j <= data->features; j++)
		worst = fmax(worst, fabs((double) sum[j]));
	return worst;
}

static void
factors(void)
{
	double a[16] = {4, 0, 0, 0, 2, 5, 0, 0, 6, 7, 15, 0, 1, 2, 3, 9};
	double v[4] = {13, 16, 31, 15};
	double dependent[9] = {1, 0, 0, 2, 4, 0, 1, 0, 3};
	double scratch[12];
	double low;
	double high;
	double cyclic[36];

	/* A (1, 1, 1, 1)' */
	ok(csh_cholesky(a, 4, 1e-12) == 0, "a positive definite matrix has a factor");
	csh_solve_lower(a, v, 4);
	csh_solve_upper(a, v, 4);
	ok(fabs(v[0] - 1) < 1e-12 && fabs(v[1] - 1) < 1e-12 && fabs(v[2] - 1) < 1e-12 &&
		   fabs(v[3] - 1) < 1e-12,
	   "which solves A x = b: %g %g %g %g", v[0], v[1], v[2], v[3]);
	ok(csh_cholesky(dependent, 3, 1e-12) == 1 && dependent[4] == 0 && dependent[8] > 0,
	   "a row that repeats another is left out");

	/* Eigenvalues of the second differences of a path: 2 - 2 cos(k pi / 7) */
	memset(cyclic, 0, sizeof(cyclic));
	for (int i = 0; i < 6; i++)
		for (int j = 0; j <= i; j++)
			cyclic[i * 6 + j] = i == j ? 2 : i == j + 1 ? -1 : 0;
	csh_eigen_range(cyclic, 6, (double[18]){0}, &low, &high);
	ok(fabs(low - (2 - 2 * cos(M_PI / 7))) < 1e-14 &&
		   fabs(high - (2 - 2 * cos(6 * M_PI / 7))) < 1e-14,
	   "eigenvalues of three diagonals: %.15g %.15g", low, high);
	for (int i = 0; i < 6; i++)
		for (int j = 0; j <= i; j++)
			cyclic[i * 6 + j] = i == j ? 1 : 0.25;
	csh_eigen_range(cyclic, 6, (double[18]){0}, &low, &high);
	ok(fabs(low - 0.75) < 1e-14 && fabs(high - 2.25) < 1e-14,
	   "and of equal correlations: %.15g %.15g", low, high);
	a[0] = -3;
	csh_eigen_range(a, 1, scratch, &low, &high);
	ok(fabs(low + 3) < 1e-14 && fabs(high + 3) < 1e-14, "and of a single number");
}

static void
parts(void)
{
	static Data data;
	static const int cuts[] = {2, 3, 7, 64, 700};
	int features[] = {0, 1, 7, 8, 9, 24};
	double worst = 0;
	Answer whole;
	Answer cut;

	for (size_t f = 0; f < sizeof(features) / sizeof(features[0]); f++)
	{
		make_rows(&data, ROWS, features[f], 0.5);
		for (int i = 0; i < data.rows; i++)
			for (int j = 0; j < data.features; j++)
				data.x[i][j] = ldexp(rint(ldexp(data.x[i][j], 20)), -20) + (j % 2 ? 1e9 : 0);
		fit(&data, &plain, 1, &whole);
		ok(whole.status == LOGIT_CONVERGED && whole.passes < 8, "%d features: %d passes",
		   features[f], whole.passes);
		for (size_t c = 0; c < sizeof(cuts) / sizeof(cuts[0]); c++)
		{
			fit(&data, &plain, cuts[c], &cut);
			worst =
				fmax(worst, distance(cut.coefficients + 1, whole.coefficients + 1, features[f]));
			worst = fmax(worst, distance(cut.std_errors, whole.std_errors, features[f] + 1));
			worst = fmax(worst, distance(&cut.log_likelihood, &whole.log_likelihood, 1));
		}
	}
	ok(worst < 1e-12, "cut into parts the answer is the same within 1e-12: %g", worst);
}

static void
score_equations(void)
{
	static Data data;
	double worst = 0;
	int refused = 0;

	for (int round = 0; round < 300; round++)
	{
		Answer a;

		make_rows(&data, 60 + (int) (tap_random() % 200), 1 + (int) (tap_random() % 6), 1.2);
		fit(&data, &plain, 1 + round % 3, &a);
		refused += a.answer != LOGIT_FINE;
		if (a.answer == LOGIT_FINE)
			worst = fmax(worst, a.status == LOGIT_CONVERGED ? gradient(&data, &a) : INFINITY);
	}
	ok(worst < 1e-11, "at 300 answers the gradient is 0: at most %g", worst);
	ok(refused < 30, "few were separated: %d", refused);
}

/* (x, y) of a single feature */
static void
small(Data *data, int rows, const double *x, const char *labels)
{
	data->rows = rows;
	data->features = 1;
	for (int i = 0; i < rows; i++)
	{
		data->x[i][0] = x[i];
		data->y[i] = labels[i] == '1';
	}
}

static void
without_answer(void)
{
	static const double x[] = {1, 2, 3, 4, 5, 6, 7, 8};
	static const double one_value[] = {5, 5, 5, 5, 5, 5, 5, 5};
	static const double step[] = {1, 2, 3, 4, 4, 5, 6, 7};
	LogitOptions ridge = {.l2 = 1, .max_iterations = 50, .tolerance = 1e-10};
	static Data data;
	Answer a;

	small(&data, 8, x, "00001111");
	fit(&data, &plain, 1, &a);
	ok(a.answer == LOGIT_REFUSED && strstr(a.error.message, "are completely separated"), "%s",
	   a.error.message);
	fit(&data, &ridge, 1, &a);
	ok(a.status == LOGIT_CONVERGED && a.separated &&
		   fabs(a.coefficients[1] - 0.5829257061829105) < 1e-14,
	   "the ridge has an answer, and says that it is separated: %.15g", a.coefficients[1]);
	small(&data, 8, step, "00001111");
	fit(&data, &plain, 1, &a);
	ok(a.answer == LOGIT_REFUSED && strstr(a.error.message, "quasi-completely separated"), "%s",
	   a.error.message);
	small(&data, 8, x, "00010111");
	fit(&data, &plain, 1, &a);
	ok(a.answer == LOGIT_FINE && a.status == LOGIT_CONVERGED && gradient(&data, &a) < 1e-13,
	   "one exchange makes it finite");
	small(&data, 8, x, "11111111");
	fit(&data, &ridge, 1, &a);
	ok(a.answer == LOGIT_REFUSED && strstr(a.error.message, "all 8 labels are true"), "%s",
	   a.error.message);
	small(&data, 1, x, "1");
	fit(&data, &ridge, 1, &a);
	ok(a.answer == LOGIT_REFUSED, "%s", a.error.message);
	small(&data, 8, one_value, "00111111");
	fit(&data, &plain, 1, &a);
	ok(a.status == LOGIT_CONVERGED && a.coefficients[1] == 0 && isnan(a.std_errors[1]) &&
		   fabs(a.coefficients[0] - log(3)) < 1e-15,
	   "a constant feature is left out");
	for (int i = 0; i < 8; i++)
		data.x[i][0] = 1e-150 * i;
	fit(&data, &plain, 1, &a);
	ok(a.answer == LOGIT_OUT_OF_RANGE, "%s", a.error.message);
	data.features = 9;
	for (int i = 0; i < 8; i++)
		for (int j = 0; j < 9; j++)
			data.x[i][j] = normal();
	fit(&data, &plain, 1, &a);
	ok(a.answer == LOGIT_REFUSED && strstr(a.error.message, "too few"), "%s", a.error.message);
	fit(&data, &ridge, 1, &a);
	ok(a.answer == LOGIT_FINE, "but enough for a ridge");
}

/* A rare feature of great effect, which the first step overestimates hundreds of times */
static void
rare_feature(void)
{
	static Data data;
	Answer a;
	int events[2] = {0};

	data.rows = ROWS;
	data.features = 2;
	for (int i = 0; i < ROWS; i++)
	{
		data.x[i][0] = i < 8;
		data.x[i][1] = normal();
		data.y[i] = i < 8 ? i > 0 : i % 300 == 20;
		events[i < 8] += data.y[i];
	}
	fit(&data, &plain, 1, &a);
	ok(a.status == LOGIT_CONVERGED && a.passes < 15 && gradient(&data, &a) < 1e-12,
	   "a rare feature of great effect, %.3g, in %d passes", a.coefficients[1], a.passes);
	data.features = 1;
	fit(&data, &plain, 1, &a);
	ok(fabs(a.coefficients[1] - (log(7) - log((double) events[0] / (ROWS - 8 - events[0])))) <
		   1e-12,
	   "alone it is the difference of the log odds");
}

static void
prior(void)
{
	static Data data;
	double target[] = {0.25, -3};
	LogitOptions weak = {.l2 = 1e-9, .prior = target, .max_iterations = 50, .tolerance = 1e-10};
	LogitOptions strong = weak;
	Answer plainly;
	Answer a;

	strong.l2 = 1e9;
	make_rows(&data, 800, 2, 1);
	fit(&data, &plain, 1, &plainly);
	fit(&data, &weak, 1, &a);
	ok(distance(a.coefficients, plainly.coefficients, 3) < 1e-9, "a weak penalty leaves the data");
	fit(&data, &strong, 1, &a);
	ok(fabs(a.coefficients[1] - 0.25) < 1e-6 && fabs(a.coefficients[2] + 3) < 1e-6,
	   "a strong one the prior: %g %g", a.coefficients[1], a.coefficients[2]);
}

static void
arrays(void)
{
	double *state = new_array(LOGIT_SUMS, 3, true);
	double *fitted = new_array(LOGIT_FIT, 3, false);
	size_t length = csh_logit_length(LOGIT_SUMS, 3, true);

	fitted[LOGIT_COLUMNS] = 3;
	csh_sums_begin(state, fitted);
	ok(csh_logit_features(state, length, LOGIT_SUMS, true) == 3, "a state is known");
	ok(csh_logit_features(state, length, LOGIT_MOMENTS, true) < 0 &&
		   csh_logit_features(state, length - 1, LOGIT_SUMS, true) < 0 &&
		   csh_logit_features(state, length, LOGIT_SUMS, false) < 0 &&
		   csh_logit_features(state, 3, LOGIT_SUMS, true) < 0,
	   "by kind and length");
	state[LOGIT_WAITING] = LOGIT_BLOCK;
	ok(csh_logit_features(state, length, LOGIT_SUMS, true) < 0, "its block is not full");
	state[LOGIT_WAITING] = NAN;
	ok(csh_logit_features(state, length, LOGIT_SUMS, true) < 0, "nor NaN");
	state[LOGIT_WAITING] = 0;
	state[LOGIT_COLUMNS] = 1e300;
	ok(csh_logit_features(state, length, LOGIT_SUMS, true) < 0, "nor are there 1e300 features");
	state[LOGIT_COLUMNS] = 2.5;
	ok(csh_logit_features(state, length, LOGIT_SUMS, true) < 0, "nor two and a half");
	free(state);
	free(fitted);
}

static void
faults(void)
{
	static const double bad[] = {NAN, INFINITY, -INFINITY, 1e151};
	int found = 0;

	for (int i = 0; i < 4; i++)
	{
		double *state = new_array(LOGIT_MOMENTS, 9, true);
		double row[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
		LogitFault fault = {0};

		csh_moments_begin(state, 9);
		csh_logit_add(state, LOGIT_MOMENTS, 9, true, row);
		row[8] = bad[i];
		csh_logit_add(state, LOGIT_MOMENTS, 9, true, row);
		found += !csh_moments_flush(state, &fault) && fault.feature == 8 &&
				 memcmp(&fault.value, &bad[i], sizeof(double)) == 0;
		free(state);
	}
	ok(found == 4, "a number that cannot be computed with is named");
}

int
main(void)
{
	factors();
	parts();
	score_equations();
	without_answer();
	rare_feature();
	prior();
	arrays();
	faults();
	return tap_done();
}
