/*
 * newton.c
 *		The steps of logistic regression between its passes: where to start, where to go on, when there is no answer.
 */
#include "logit.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "interrupt.h"
#include "linear.h"

#define ALIASED 1e-10 /* the share of its variance that a column must have for itself */
#define LITTLE_EFFECT 0.01
#define LARGE_EFFECT 0.5
#define NOTHING_TO_GAIN 1e-8

/* What the functions below need of memory, in doubles: two square matrices and vectors */
size_t
csh_logit_scratch(int features)
{
	size_t n = (size_t) features + 1;

	return 2 * n * n + 4 * n;
}

/* The columns that are not aliased */
typedef struct Active
{
	int n;
	int column[LOGIT_FEATURES];
} Active;

static void
find_active(Active *active, const Fit *f)
{
	active->n = 0;
	for (int j = 0; j < f->features; j++)
		if (f->scale[j] > 0)
			active->column[active->n++] = j;
}

/* Lower triangle of the active columns' correlations times `factor`, plus a ridge */
static void
correlations(const Fit *f, const Moments *m, const Active *active, double factor, double ridge,
			 double *a)
{
	int n = active->n;

	for (int i = 0; i < n; i++)
	{
		int column = active->column[i];

		for (int j = 0; j <= i; j++)
		{
			int row = active->column[j];
			double mean = m->products[row * m->width + column] / m->head[LOGIT_ROWS];

			a[i * n + j] = mean * f->scale[row] * f->scale[column] * factor;
		}
		a[i * n + i] += ridge;
	}
}

/*
 * Puts out the columns that those before them explain, as R does: the factor of the correlations leaves of a column's
 * variance what is its own.
 */
static void
alias_columns(Fit *f, const Moments *m, Active *active, double *scratch)
{
	int n = active->n;

	correlations(f, m, active, 1, 0, scratch);
	csh_cholesky(scratch, n, ALIASED);
	for (int i = 0; i < n; i++)
		if (scratch[i * n + i] == 0)
			f->scale[active->column[i]] = 0;
	find_active(active, f);
}

/* sqrt(largest / smallest eigenvalue) of the correlations: how much the columns repeat each other; 1 = not at all */
static double
condition_number(const Fit *f, const Moments *m, const Active *active, double *scratch)
{
	int n = active->n;
	double lowest;
	double highest;

	if (n == 0)
		return 1;
	correlations(f, m, active, 1, 0, scratch);
	csh_eigen_range(scratch, n, scratch + n * n, &lowest, &highest);
	return lowest > n * DBL_EPSILON * highest ? sqrt(highest / lowest) : INFINITY;
}

/* The scale of every column that varies; refuses those whose squares are no numbers */
static LogitAnswer
standardise(Fit *f, const Moments *m, CshError *error)
{
	for (int j = 0; j < m->features; j++)
	{
		double sd = sqrt(m->products[j * m->width + j] / m->head[LOGIT_ROWS]);

		if (m->low[j] == m->high[j])
			continue;
		if (!(sd >= LOGIT_LEAST_SD && sd <= DBL_MAX))
		{
			csh_fail(error,
					 "Rescale the feature, for instance by dividing it by its standard deviation.",
					 "the spread of x[%d] is too %s to compute with: it goes from %g to %g", j + 1,
					 sd > 1 ? "large" : "small", m->low[j], m->high[j]);
			return LOGIT_OUT_OF_RANGE;
		}
		f->centre[j] = m->mean[j];
		f->scale[j] = 1 / sd;
		f->reach[j] = (m->high[j] - m->low[j]) / sd;
	}
	return LOGIT_FINE;
}

/* Brings the prior to standardised columns */
static bool
set_target(Fit *f, const LogitOptions *options, CshError *error)
{
	for (int j = 0; options->prior != NULL && j < f->features; j++)
	{
		if (f->scale[j] > 0)
			f->target[j] = options->prior[j] / f->scale[j];
		if (!(options->l2 * f->target[j] * f->target[j] <= DBL_MAX))
			return csh_fail(error, "Give it in the unit of the feature.",
							"prior[%d] = %g is too large for x[%d]", j + 1, options->prior[j],
							j + 1);
	}
	return true;
}

static double
penalty(const Fit *f)
{
	double sum = 0;

	for (int j = 0; j < f->features; j++)
		if (f->scale[j] > 0)
			sum += (f->slope[j] - f->target[j]) * (f->slope[j] - f->target[j]);
	return f->head[FIT_L2] / 2 * sum;
}

/* The labels must differ and the rows be enough for the columns, else there is nothing to fit */
static bool
check_rows(const Moments *m, int columns, double l2, CshError *error)
{
	double rows = m->head[LOGIT_ROWS];
	double events = m->head[LOGIT_EVENTS];

	if (rows < 2)
		return csh_fail(error, "Widen the query: it takes rows of both labels.",
						"the query returns %s", rows < 1 ? "no rows" : "one row only");
	if (events == 0 || events == rows)
		return csh_fail(error,
						"Widen the query until both labels are among its rows; no penalty stands "
						"in for them.",
						"all %.0f labels are %s", rows, events == 0 ? "false" : "true");
	if (l2 == 0 && rows < columns + 1)
		return csh_fail(error, "Pass l2, use fewer features or more rows.",
						"%.0f rows are too few for an intercept and %d features that vary", rows,
						columns);
	return true;
}

/*
 * The first step, from the rate r of events alone, where p = r for every row: (r (1 - r) n R + l2) step = gradient, with
 * the correlations R. It needs no pass of its own.
 */
static void
first_step(Fit *f, const Moments *m, const Active *active, double *scratch)
{
	int n = active->n;
	double rows = m->head[LOGIT_ROWS];
	double rate = m->head[LOGIT_EVENTS] / rows;
	double l2 = f->head[FIT_L2];
	double *step = scratch + n * n;

	f->head[FIT_BASE] = log(m->head[LOGIT_EVENTS]) - log(rows - m->head[LOGIT_EVENTS]);
	f->head[FIT_INTERCEPT] = f->head[FIT_BASE];
	f->head[FIT_OBJECTIVE] = rows * (rate * log(rate) + (1 - rate) * log1p(-rate)) - penalty(f);
	f->head[FIT_EXPECTED] = f->head[FIT_OBJECTIVE];
	correlations(f, m, active, rate * (1 - rate) * rows, l2, scratch);
	csh_cholesky(scratch, n, n * DBL_EPSILON);
	for (int i = 0; i < n; i++)
	{
		int j = active->column[i];

		step[i] = m->with_y[j] * f->scale[j] + l2 * f->target[j];
	}
	csh_solve_lower(scratch, step, n);
	csh_solve_upper(scratch, step, n);
	for (int i = 0; i < n; i++)
		f->direction[active->column[i]] = f->slope[active->column[i]] = step[i];
}

/* Makes a fit of the moments: checks, standardisation, aliased columns and the first step */
LogitAnswer
csh_logit_start(double *fit, const double *moments, const LogitOptions *options, double *scratch,
				CshError *error)
{
	Moments m = csh_moments(moments);
	LogitAnswer answer;
	Active active;
	Fit f;

	memset(fit, 0, csh_logit_length(LOGIT_FIT, m.features, false) * sizeof(double));
	fit[LOGIT_KIND] = LOGIT_FIT;
	fit[LOGIT_COLUMNS] = m.features;
	fit[LOGIT_ROWS] = m.head[LOGIT_ROWS];
	fit[LOGIT_EVENTS] = m.head[LOGIT_EVENTS];
	fit[FIT_L2] = options->l2;
	fit[FIT_TOLERANCE] = options->tolerance;
	fit[FIT_MAX_ITERATIONS] = options->max_iterations;
	f = csh_fit(fit);
	answer = standardise(&f, &m, error);
	if (answer != LOGIT_FINE)
		return answer;
	find_active(&active, &f);
	if (!check_rows(&m, active.n, options->l2, error) || !set_target(&f, options, error))
		return LOGIT_REFUSED;
	if (options->l2 == 0)
		alias_columns(&f, &m, &active, scratch);
	fit[FIT_CONDITION] = condition_number(&f, &m, &active, scratch);
	first_step(&f, &m, &active, scratch);
	return LOGIT_FINE;
}

/* Factor of the penalised Hessian of the intercept and the active columns; returns how many rows depend on others */
static int
factor_hessian(const Fit *f, const Sums *s, const Active *active, double *a)
{
	int n = active->n + 1;

	a[0] = s->head[SUMS_WEIGHT];
	for (int i = 1; i < n; i++)
	{
		int column = active->column[i - 1];

		a[i * n] = s->weighted[column];
		for (int j = 1; j <= i; j++)
			a[i * n + j] = s->products[active->column[j - 1] * s->width + column];
		a[i * n + i] += f->head[FIT_L2];
	}
	return csh_cholesky(a, n, 8 * n * DBL_EPSILON);
}

/* A Newton step and what it promises */
typedef struct Step
{
	int n;            /* intercept and active columns */
	double *value;    /* the intercept's, then those of the active columns */
	int dependent;    /* columns for which the Hessian says nothing */
	double decrement; /* gradient' step = the step's length in standard errors, squared */
	double gain;      /* of log likelihood without the penalty, to second order */
	double largest;   /* max |step| / (1 + |coefficient|) */
	double effect;    /* how far eta may move at most */
} Step;

static Step
newton_step(const Fit *f, const Sums *s, const Active *active, double *scratch)
{
	double l2 = f->head[FIT_L2];
	Step step = {.n = active->n + 1};
	double *gradient;

	step.dependent = factor_hessian(f, s, active, scratch);
	step.value = scratch + step.n * step.n;
	gradient = step.value + step.n;
	gradient[0] = s->head[SUMS_RESIDUAL];
	for (int i = 1; i < step.n; i++)
	{
		int j = active->column[i - 1];

		gradient[i] = s->gradient[j] - l2 * (f->slope[j] - f->target[j]);
	}
	memcpy(step.value, gradient, step.n * sizeof(double));
	csh_solve_lower(scratch, step.value, step.n);
	csh_solve_upper(scratch, step.value, step.n);

	step.decrement = csh_dot(gradient, step.value, step.n);
	step.gain = s->head[SUMS_RESIDUAL] * step.value[0] - step.decrement / 2;
	step.effect = fabs(step.value[0]);
	step.largest = step.effect / (1 + fabs(f->head[FIT_INTERCEPT]));
	for (int i = 1; i < step.n; i++)
	{
		int j = active->column[i - 1];
		double length = fabs(step.value[i]);

		step.gain += s->gradient[j] * step.value[i] + l2 / 2 * length * length;
		step.effect += length * f->reach[j];
		step.largest = fmax(step.largest, length / (1 + fabs(f->slope[j])));
	}
	return step;
}

/* To so much of the direction from the base */
static void
move(Fit *f, double length)
{
	f->head[FIT_INTERCEPT] = f->head[FIT_BASE] + length * f->head[FIT_DIRECTION];
	for (int j = 0; j < f->features; j++)
		f->slope[j] = f->base[j] + length * f->direction[j];
}

/* What sums over many rows may be off by */
static double
slack(double objective)
{
	return 1e-11 * (1 + fabs(objective));
}

/* The coefficients as they are become the base, and the step is made */
static void
make_step(Fit *f, const Step *step, const Active *active)
{
	f->head[FIT_BASE] = f->head[FIT_INTERCEPT];
	memcpy(f->base, f->slope, f->width * sizeof(double));
	f->head[FIT_DIRECTION] = step->value[0];
	for (int i = 1; i < step->n; i++)
		f->direction[active->column[i - 1]] = step->value[i];
	move(f, 1);
}

/*
 * Moves the centre of each column to its weighted mean. Where few rows still have weight they may lie far from the mean of
 * all, so that the column would look like another intercept.
 */
static void
move_centre(Fit *f, const Sums *s)
{
	for (int j = 0; j < f->features; j++)
	{
		double centre = f->centre[j];
		double shift;

		if (!(f->scale[j] > 0 && s->head[SUMS_WEIGHT] > 0))
			continue;
		f->centre[j] += s->weighted[j] / s->head[SUMS_WEIGHT] / f->scale[j];
		shift = (f->centre[j] - centre) * f->scale[j];
		f->head[FIT_INTERCEPT] += f->slope[j] * shift;
		f->head[FIT_BASE] += f->base[j] * shift;
		f->head[FIT_DIRECTION] += f->direction[j] * shift;
	}
}

/* Back to where the last step began, from where the next pass tries shorter ones */
static void
search(Fit *f)
{
	f->head[FIT_SEARCHING] = 1;
	f->head[FIT_INTERCEPT] = f->head[FIT_BASE];
	memcpy(f->slope, f->base, f->width * sizeof(double));
}

/* Makes the best of the shorter steps, or none when none is better */
static void
choose_step(Fit *f, const Sums *s)
{
	double best = f->head[FIT_OBJECTIVE];
	double length = 1;
	double chosen = 0;

	for (int k = 0; k < LOGIT_TRIALS; k++)
	{
		double objective;

		length /= 2;
		move(f, length);
		objective = s->head[SUMS_TRIAL + k] - penalty(f);
		if (objective > best)
		{
			best = objective;
			chosen = length;
		}
	}
	move(f, chosen);
	f->head[FIT_EXPECTED] = best - slack(best);
	f->head[FIT_SEARCHING] = 0;
}

/* Refuses separated labels and names the column that contributes most to the direction */
static LogitAnswer
refuse_separated(const Fit *f, const double *direction, const char *how, CshError *error)
{
	int most = 0;

	for (int j = 1; j < f->features; j++)
		if (fabs(direction[j]) * f->reach[j] > fabs(direction[most]) * f->reach[most])
			most = j;
	csh_fail(error,
			 "Pass l2 (1 is a good start), or leave out the feature that gives the answer away.",
			 "the labels are %s separated by the features, most of all by x[%d]: no finite "
			 "coefficients fit them best",
			 how, most + 1);
	return LOGIT_REFUSED;
}

/*
 * Without a finite optimum the likelihood goes on rising along a direction that moves no row away from its label
 * (Albert & Anderson 1984). Newton's steps then keep their length, as rows gain 1 in eta with each, while what there is to
 * gain falls by e each time instead of vanishing at once. The last step is that direction, up to rounding; a row that it
 * does move away, however little, may still stop the rise, as long as probabilities are told from 0 and 1 at all.
 */
static bool
is_separating(const Fit *f, const Sums *s, const Step *step)
{
	double rounding = step->decrement < DBL_EPSILON ? 1e-4 : 1e-13;

	return s->head[SUMS_WATCHED] != 0 && step->decrement < NOTHING_TO_GAIN &&
		   step->decrement > 0.1 * f->head[FIT_DECREMENT] &&
		   s->head[SUMS_MOST_CHANGE] > LARGE_EFFECT && s->head[SUMS_LEAST_MARGIN] >= -rounding;
}

static void
finish(Fit *f, const Sums *s, LogitStatus status, double gain)
{
	f->head[FIT_STATUS] = status;
	f->head[FIT_LOG_LIKELIHOOD] = s->head[SUMS_LOG_LIKELIHOOD] + gain;
	f->head[FIT_SEPARATED] = s->head[SUMS_LEAST_EVENT] > s->head[SUMS_MOST_OTHER];
}

/*
 * From the sums of a pass to the next coefficients, or to the end: converged when the step is short in itself or in
 * standard errors, and can move no row's eta by much, so that separated labels cannot pass for converged.
 */
LogitAnswer
csh_logit_next(double *fit, const double *sums, double *scratch, CshError *error)
{
	Fit f = csh_fit(fit);
	Sums s = csh_sums(sums);
	double objective = s.head[SUMS_LOG_LIKELIHOOD] - penalty(&f);
	double tolerance = f.head[FIT_TOLERANCE];
	bool last;
	Active active;
	Step step;

	if (s.head[LOGIT_ROWS] != f.head[LOGIT_ROWS] || s.head[LOGIT_EVENTS] != f.head[LOGIT_EVENTS])
	{
		csh_fail(error, "It is run once per iteration: keep its rows in a table and query that.",
				 "the query gives other rows each time: %.0f and then %.0f, with %.0f and %.0f "
				 "true labels",
				 f.head[LOGIT_ROWS], s.head[LOGIT_ROWS], f.head[LOGIT_EVENTS],
				 s.head[LOGIT_EVENTS]);
		return LOGIT_REFUSED;
	}
	if (f.head[FIT_SEARCHING] != 0)
	{
		choose_step(&f, &s);
		return LOGIT_FINE;
	}
	last = ++f.head[FIT_ITERATIONS] >= f.head[FIT_MAX_ITERATIONS];
	if (f.head[FIT_L2] == 0 && s.head[SUMS_LEAST_EVENT] > s.head[SUMS_MOST_OTHER])
		return refuse_separated(&f, f.slope, "completely", error);
	if (!(objective >= f.head[FIT_EXPECTED]) && !last)
	{
		search(&f);
		return LOGIT_FINE;
	}

	find_active(&active, &f);
	step = newton_step(&f, &s, &active, scratch);
	if (f.head[FIT_L2] > 0 && step.dependent > 0)
	{
		csh_fail(error, "Pass a larger l2, or leave out one of the features.",
				 "the features depend on each other, and l2 = %g is too small to decide between "
				 "them",
				 f.head[FIT_L2]);
		return LOGIT_REFUSED;
	}
	if (f.head[FIT_L2] == 0 && is_separating(&f, &s, &step))
		return refuse_separated(&f, f.direction, "quasi-completely", error);
	if (step.dependent == 0 && step.effect <= LITTLE_EFFECT &&
		(step.largest <= tolerance || step.decrement <= tolerance * tolerance))
	{
		make_step(&f, &step, &active);
		finish(&f, &s, LOGIT_CONVERGED, step.gain);
		return LOGIT_FINE;
	}
	if (last)
	{
		finish(&f, &s, LOGIT_STOPPED, 0);
		return LOGIT_FINE;
	}
	make_step(&f, &step, &active);
	move_centre(&f, &s);
	f.head[FIT_OBJECTIVE] = objective;
	f.head[FIT_EXPECTED] = objective + 0.05 * step.decrement - slack(objective);
	f.head[FIT_DECREMENT] = step.decrement;
	f.head[FIT_WATCHED] =
		f.head[FIT_L2] == 0 && step.effect > LARGE_EFFECT && step.decrement < 100 * NOTHING_TO_GAIN;
	return LOGIT_FINE;
}

/*
 * Coefficients, standard errors and covariances in the features' own units; what an aliased column has is 0, and NaN for
 * its standard error. With L L' = H, the covariance of T b is U U' where U' = L^-1 T', so that nothing cancels:
 * the rows of T are e_j / sd_j for a slope and e_0 - sum(e_j centre_j / sd_j) for the intercept.
 */
void
csh_logit_result(const double *fit, const double *sums, double *scratch, double *coefficients,
				 double *std_errors, double *covariance)
{
	Fit f = csh_fit(fit);
	Sums s = csh_sums(sums);
	int all = f.features + 1;
	Active active;
	double *u;
	int n;

	find_active(&active, &f);
	n = active.n + 1;
	u = scratch + n * n;
	factor_hessian(&f, &s, &active, scratch);
	memset(u, 0, n * n * sizeof(double));
	memset(covariance, 0, all * all * sizeof(double));
	for (int j = 0; j < all; j++)
	{
		coefficients[j] = 0;
		std_errors[j] = NAN;
	}
	coefficients[0] = f.head[FIT_INTERCEPT];
	u[0] = 1;
	for (int i = 1; i < n; i++)
	{
		int j = active.column[i - 1];

		coefficients[j + 1] = f.slope[j] * f.scale[j];
		coefficients[0] -= coefficients[j + 1] * f.centre[j];
		u[i] = -f.centre[j] * f.scale[j];
		u[i * n + i] = f.scale[j];
	}
	for (int i = 0; i < n; i++)
	{
		int row = i == 0 ? 0 : active.column[i - 1] + 1;

		csh_interrupt();
		csh_solve_lower(scratch, u + i * n, n);
		for (int j = 0; j <= i; j++)
		{
			int column = j == 0 ? 0 : active.column[j - 1] + 1;
			double product = csh_dot(u + i * n, u + j * n, n);

			covariance[row * all + column] = covariance[column * all + row] = product;
		}
		if (scratch[i * n + i] > 0)
			std_errors[row] = sqrt(covariance[row * all + row]);
	}
}
