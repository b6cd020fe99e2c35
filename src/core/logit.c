/*
 * logit.c
 *		What logistic regression sums up over rows: moments first, then likelihood, gradient and Hessian of each step.
 */
#include "logit.h"

#include <float.h>
#include <math.h>

Moments
csh_moments(const double *array)
{
	Moments m = {.head = (double *) array, .features = (int) array[LOGIT_COLUMNS]};

	m.width = CSH_WIDTH((size_t) m.features);
	m.mean = m.head + MOMENTS_HEAD;
	m.low = m.mean + m.width;
	m.high = m.low + m.width;
	m.with_y = m.high + m.width;
	m.products = m.with_y + m.width;
	m.labels = m.products + m.width * m.width;
	m.block = m.labels + LOGIT_BLOCK;
	return m;
}

Fit
csh_fit(const double *array)
{
	Fit f = {.head = (double *) array, .features = (int) array[LOGIT_COLUMNS]};

	f.width = CSH_WIDTH((size_t) f.features);
	f.centre = f.head + FIT_HEAD;
	f.scale = f.centre + f.width;
	f.slope = f.scale + f.width;
	f.base = f.slope + f.width;
	f.direction = f.base + f.width;
	f.target = f.direction + f.width;
	f.reach = f.target + f.width;
	return f;
}

Sums
csh_sums(const double *array)
{
	Sums s = {.head = (double *) array, .features = (int) array[LOGIT_COLUMNS]};

	s.width = CSH_WIDTH((size_t) s.features);
	s.centre = s.head + SUMS_HEAD;
	s.scale = s.centre + s.width;
	s.slope = s.scale + s.width;
	s.direction = s.slope + s.width;
	s.gradient = s.direction + s.width;
	s.weighted = s.gradient + s.width;
	s.products = s.weighted + s.width;
	s.labels = s.products + s.width * s.width;
	s.block = s.labels + LOGIT_BLOCK;
	return s;
}

void
csh_moments_begin(double *state, int features)
{
	Moments m;

	memset(state, 0, csh_logit_length(LOGIT_MOMENTS, features, true) * sizeof(double));
	state[LOGIT_KIND] = LOGIT_MOMENTS;
	state[LOGIT_COLUMNS] = features;
	m = csh_moments(state);
	for (int j = 0; j < features; j++)
	{
		m.low[j] = INFINITY;
		m.high[j] = -INFINITY;
	}
}

/*
 * Joins the moments of n rows to those before them (Chan, Golub & LeVeque 1983, formula 2.1): with
 * d = the difference of the means,
 *
 *		products += products of the rows + d d' rows n / (rows + n)
 *
 * The products of the rows themselves are up to the caller; `row` is lent room for d. with_y alike.
 */
static void
join(Moments *m, double n, double events, const double *mean, double *row)
{
	double rows = m->head[LOGIT_ROWS];
	double share = n / (rows + n);
	double root = sqrt(rows * share);
	double y = rows > 0 ? events / n - m->head[LOGIT_EVENTS] / rows : 0;

	for (int j = 0; j < m->features; j++)
	{
		double d = mean[j] - m->mean[j];

		m->with_y[j] += d * y * rows * share;
		m->mean[j] += d * share;
		row[j] = d * root;
	}
	m->head[LOGIT_ROWS] += n;
	m->head[LOGIT_EVENTS] += events;
}

/* The first feature of the block that is no usable number */
static bool
find_fault(const double *block, int n, int features, size_t width, LogitFault *fault)
{
	for (int i = 0; i < n; i++)
		for (int j = 0; j < features; j++)
			if (!(fabs(block[i * width + j]) <= LOGIT_LARGEST))
			{
				fault->feature = j;
				fault->value = block[i * width + j];
				return false;
			}
	return true;
}

/* Means and ranges of the block's n rows; false when a number among them is unusable */
static inline __attribute__((always_inline)) bool
add_ranges(const Moments *m, int n, double *mean)
{
	int unusable = 0;

	memset(mean, 0, m->width * sizeof(double));
	for (int i = 0; i < n; i++)
	{
		const double *row = m->block + i * m->width;

		for (int j = 0; j < m->features; j++)
		{
			unusable |= !(fabs(row[j]) <= LOGIT_LARGEST);
			mean[j] += row[j] * (1.0 / n);
			m->low[j] = row[j] < m->low[j] ? row[j] : m->low[j];
			m->high[j] = row[j] > m->high[j] ? row[j] : m->high[j];
		}
	}
	return unusable == 0;
}

static CSH_FAST bool
flush_moments(double *state, LogitFault *fault)
{
	Moments m = csh_moments(state);
	int n = (int) m.head[LOGIT_WAITING];
	double *mean = m.block + n * m.width;
	double events = 0;

	if (n == 0)
		return true;
	if (!add_ranges(&m, n, mean))
		return find_fault(m.block, n, m.features, m.width, fault);
	for (int i = 0; i < n; i++)
		events += m.labels[i];
	for (int i = 0; i < n; i++)
	{
		double *row = m.block + i * m.width;
		double y = m.labels[i] - events / n;

		for (int j = 0; j < m.features; j++)
		{
			row[j] -= mean[j];
			m.with_y[j] += y * row[j];
		}
	}
	join(&m, n, events, mean, mean);
	csh_gram_add(m.products, m.block, n + 1, (int) m.width);
	m.head[LOGIT_WAITING] = 0;
	return true;
}

/* The moments of the block around its own means, which no offset can spoil, joined to those before */
bool
csh_moments_flush(double *state, LogitFault *fault)
{
	return flush_moments(state, fault);
}

/* Adds a partial result without a block to one whose block is empty */
void
csh_moments_merge(double *state, const double *other)
{
	Moments m = csh_moments(state);
	Moments o = csh_moments(other);

	if (o.head[LOGIT_ROWS] == 0)
		return;
	for (int j = 0; j < m.features; j++)
	{
		m.low[j] = o.low[j] < m.low[j] ? o.low[j] : m.low[j];
		m.high[j] = o.high[j] > m.high[j] ? o.high[j] : m.high[j];
		m.with_y[j] += o.with_y[j];
	}
	for (size_t i = 0; i < m.width * m.width; i++)
		m.products[i] += o.products[i];
	memset(m.block, 0, m.width * sizeof(double));
	join(&m, o.head[LOGIT_ROWS], o.head[LOGIT_EVENTS], o.mean, m.block);
	csh_gram_add(m.products, m.block, 1, (int) m.width);
}

void
csh_sums_begin(double *state, const double *fit)
{
	Fit f = csh_fit(fit);
	Sums s;

	memset(state, 0, csh_logit_length(LOGIT_SUMS, f.features, true) * sizeof(double));
	state[LOGIT_KIND] = LOGIT_SUMS;
	state[LOGIT_COLUMNS] = f.features;
	state[SUMS_INTERCEPT] = f.head[FIT_INTERCEPT];
	state[SUMS_DIRECTION] = f.head[FIT_DIRECTION];
	state[SUMS_WATCHED] = f.head[FIT_WATCHED];
	state[SUMS_SEARCHING] = f.head[FIT_SEARCHING];
	state[SUMS_LEAST_EVENT] = INFINITY;
	state[SUMS_MOST_OTHER] = -INFINITY;
	state[SUMS_LEAST_MARGIN] = INFINITY;
	s = csh_sums(state);
	memcpy(s.centre, f.centre, f.width * sizeof(double));
	memcpy(s.scale, f.scale, f.width * sizeof(double));
	memcpy(s.slope, f.slope, f.width * sizeof(double));
	memcpy(s.direction, f.direction, f.width * sizeof(double));
}

/* a'b over whole registers */
static inline __attribute__((always_inline)) double
wide_dot(const double *a, const double *b, size_t width)
{
	Lanes even = {0};
	Lanes odd = {0};

	for (size_t j = 0; j < width; j += 2 * LANES)
	{
		even += *(const Lanes *) (a + j) * *(const Lanes *) (b + j);
		odd += *(const Lanes *) (a + j + LANES) * *(const Lanes *) (b + j + LANES);
	}
	even += odd;
	return (even[0] + even[1]) + (even[2] + even[3]);
}

/* Turns a row of the block into z and returns eta */
static inline __attribute__((always_inline)) double
standardise(const Sums *s, double *z)
{
	for (size_t j = 0; j < s->width; j += LANES)
		*(Lanes *) (z + j) =
			(*(Lanes *) (z + j) - *(Lanes *) (s->centre + j)) * *(Lanes *) (s->scale + j);
	return s->head[SUMS_INTERCEPT] + wide_dot(z, s->slope, s->width);
}

/* How far a step along the direction moves eta towards the row's label, and how far at all */
static inline __attribute__((always_inline)) void
watch(const Sums *s, bool y, const double *z)
{
	double change = s->head[SUMS_DIRECTION] + wide_dot(z, s->direction, s->width);
	double margin = y ? change : -change;

	if (margin < s->head[SUMS_LEAST_MARGIN])
		s->head[SUMS_LEAST_MARGIN] = margin;
	if (fabs(change) > s->head[SUMS_MOST_CHANGE])
		s->head[SUMS_MOST_CHANGE] = fabs(change);
}

/* What the block's rows weigh in the sums below */
typedef struct Weights
{
	double root[LOGIT_BLOCK];     /* sqrt(w) */
	double residual[LOGIT_BLOCK]; /* y - p */
} Weights;

/*
 * Standardises a row and adds to the sums what is a number each. With eta = b0 + b'z, p = 1 / (1 + exp(-eta)) and
 * e = exp(-|eta|), which never overflows:
 *
 *		log likelihood = min(eta, 0) - log(1 + e) for an event, min(-eta, 0) - log(1 + e) for another row
 *		|y - p|        = e / (1 + e) on the label's side of 0, 1 / (1 + e) on the other
 *		w = p (1 - p)  = e / (1 + e)^2
 *
 * Returns 1 + e, whose logarithm is taken of the whole block's product; NaN when eta is no number.
 */
static inline __attribute__((always_inline)) double
add_row(const Sums *s, int i, Weights *weights)
{
	double *z = s->block + i * s->width;
	bool y = s->labels[i] != 0;
	double eta;
	double towards;
	double root;
	double odds;

	eta = standardise(s, z);
	if (!(fabs(eta) <= DBL_MAX))
		return NAN;
	if (y && eta < s->head[SUMS_LEAST_EVENT])
		s->head[SUMS_LEAST_EVENT] = eta;
	if (!y && eta > s->head[SUMS_MOST_OTHER])
		s->head[SUMS_MOST_OTHER] = eta;
	if (s->head[SUMS_WATCHED] != 0)
		watch(s, y, z);

	towards = y ? eta : -eta;
	root = exp(-0.5 * fabs(eta));
	odds = 1 + root * root;
	weights->root[i] = root / odds;
	weights->residual[i] = (towards > 0 ? root * root : 1) / odds;
	if (!y)
		weights->residual[i] = -weights->residual[i];
	s->head[SUMS_LOG_LIKELIHOOD] += towards < 0 ? towards : 0;
	s->head[SUMS_WEIGHT] += weights->root[i] * weights->root[i];
	s->head[SUMS_RESIDUAL] += weights->residual[i];
	s->head[LOGIT_EVENTS] += y;
	return odds;
}

/* Gradient and sum of w z, a register at a time, and z becomes sqrt(w) z */
static inline __attribute__((always_inline)) void
weigh_rows(const Sums *s, int n, const Weights *weights)
{
	for (size_t j = 0; j < s->width; j += LANES)
	{
		Lanes gradient = *(Lanes *) (s->gradient + j);
		Lanes weighted = *(Lanes *) (s->weighted + j);

		for (int i = 0; i < n; i++)
		{
			Lanes *z = (Lanes *) (s->block + i * s->width + j);

			gradient += *z * weights->residual[i];
			*z *= weights->root[i];
			weighted += *z * weights->root[i];
		}
		*(Lanes *) (s->gradient + j) = gradient;
		*(Lanes *) (s->weighted + j) = weighted;
	}
}

/* The log likelihood of the block's rows after shorter and shorter steps along the direction */
static inline __attribute__((always_inline)) bool
try_steps(const Sums *s, int n)
{
	double odds[LOGIT_TRIALS];

	for (int k = 0; k < LOGIT_TRIALS; k++)
		odds[k] = 1;
	for (int i = 0; i < n; i++)
	{
		double *z = s->block + i * s->width;
		double sign = s->labels[i] != 0 ? 1 : -1;
		double eta = sign * standardise(s, z);
		double change = sign * (s->head[SUMS_DIRECTION] + wide_dot(z, s->direction, s->width));

		if (!(fabs(eta) + fabs(change) <= DBL_MAX))
			return false;
		for (int k = 0; k < LOGIT_TRIALS; k++)
		{
			double towards = eta + (change /= 2);

			s->head[SUMS_TRIAL + k] += towards < 0 ? towards : 0;
			odds[k] *= 1 + exp(-fabs(towards));
		}
		s->head[LOGIT_EVENTS] += s->labels[i];
	}
	for (int k = 0; k < LOGIT_TRIALS; k++)
		s->head[SUMS_TRIAL + k] -= log(odds[k]);
	return true;
}

/* Adds the block's rows to the sums of a step; false when eta is no number */
static inline __attribute__((always_inline)) bool
sum_up(const Sums *s, int n)
{
	double odds = 1;
	Weights weights;

	for (int i = 0; i < n; i++)
		odds *= add_row(s, i, &weights);
	if (isnan(odds))
		return false;
	weigh_rows(s, n, &weights);
	csh_gram_add(s->products, s->block, n, (int) s->width);
	s->head[SUMS_LOG_LIKELIHOOD] -= log(odds);
	return true;
}

static CSH_FAST bool
flush_sums(double *state)
{
	Sums s = csh_sums(state);
	int n = (int) s.head[LOGIT_WAITING];

	if (!(s.head[SUMS_SEARCHING] != 0 ? try_steps(&s, n) : sum_up(&s, n)))
		return false;
	s.head[LOGIT_ROWS] += n;
	s.head[LOGIT_WAITING] = 0;
	return true;
}

/* Adds the block's rows to the sums; false when eta is no number, which cannot be when the moments were of the same rows */
bool
csh_sums_flush(double *state)
{
	return flush_sums(state);
}

static inline double
lesser(double a, double b)
{
	return a < b ? a : b;
}

/* Adds a partial result without a block to one whose block is empty */
void
csh_sums_merge(double *state, const double *other)
{
	static const int added[] = {LOGIT_ROWS, LOGIT_EVENTS, SUMS_LOG_LIKELIHOOD, SUMS_WEIGHT,
								SUMS_RESIDUAL};
	Sums s = csh_sums(state);
	Sums o = csh_sums(other);

	for (size_t i = 0; i < sizeof(added) / sizeof(added[0]); i++)
		s.head[added[i]] += o.head[added[i]];
	s.head[SUMS_LEAST_EVENT] = lesser(s.head[SUMS_LEAST_EVENT], o.head[SUMS_LEAST_EVENT]);
	s.head[SUMS_LEAST_MARGIN] = lesser(s.head[SUMS_LEAST_MARGIN], o.head[SUMS_LEAST_MARGIN]);
	s.head[SUMS_MOST_OTHER] = -lesser(-s.head[SUMS_MOST_OTHER], -o.head[SUMS_MOST_OTHER]);
	s.head[SUMS_MOST_CHANGE] = -lesser(-s.head[SUMS_MOST_CHANGE], -o.head[SUMS_MOST_CHANGE]);
	for (int k = 0; k < LOGIT_TRIALS; k++)
		s.head[SUMS_TRIAL + k] += o.head[SUMS_TRIAL + k];
	for (int j = 0; j < s.features; j++)
	{
		s.gradient[j] += o.gradient[j];
		s.weighted[j] += o.weighted[j];
	}
	for (size_t i = 0; i < s.width * s.width; i++)
		s.products[i] += o.products[i];
}
