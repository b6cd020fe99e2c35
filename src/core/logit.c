/*
 * logit.c
 *		What logistic regression sums up over rows: moments first, then likelihood, gradient and Hessian of each step.
 */
#include "logit.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "linear.h"

#define MOMENTS_VECTORS 4
#define FIT_VECTORS 7
#define SUMS_VECTORS 6

size_t
csh_logit_length(LogitKind kind, int features, bool waiting)
{
	size_t width = CSH_WIDTH((size_t) features);

	if (kind == LOGIT_FIT)
		return FIT_HEAD + FIT_VECTORS * width;
	if (kind == LOGIT_MOMENTS)
		return MOMENTS_HEAD + (MOMENTS_VECTORS + width) * width +
			   (waiting ? LOGIT_BLOCK + (LOGIT_BLOCK + 1) * width : 0);
	return SUMS_HEAD + (SUMS_VECTORS + width) * width + (waiting ? LOGIT_BLOCK * width : 0);
}

/* How many features an array of a kind is about, or -1 when it is not of that kind */
int
csh_logit_features(const double *array, size_t length, LogitKind kind, bool waiting)
{
	int features;

	if (length < MOMENTS_HEAD || array[LOGIT_KIND] != kind ||
		!(array[LOGIT_COLUMNS] >= 0 && array[LOGIT_COLUMNS] <= LOGIT_FEATURES))
		return -1;
	features = (int) array[LOGIT_COLUMNS];
	if (features != array[LOGIT_COLUMNS] || length != csh_logit_length(kind, features, waiting))
		return -1;
	if (waiting && !(array[MOMENTS_WAITING] >= 0 && array[MOMENTS_WAITING] < LOGIT_BLOCK))
		return -1;
	return features;
}

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
	f.mean = f.head + FIT_HEAD;
	f.scale = f.mean + f.width;
	f.slope = f.scale + f.width;
	f.base = f.slope + f.width;
	f.direction = f.base + f.width;
	f.target = f.direction + f.width;
	f.reach = f.target + f.width;
	return f;
}

static inline Sums
sums_of(const double *array)
{
	Sums s = {.head = (double *) array, .features = (int) array[LOGIT_COLUMNS]};

	s.width = CSH_WIDTH((size_t) s.features);
	s.mean = s.head + SUMS_HEAD;
	s.scale = s.mean + s.width;
	s.slope = s.scale + s.width;
	s.direction = s.slope + s.width;
	s.gradient = s.direction + s.width;
	s.weighted = s.gradient + s.width;
	s.products = s.weighted + s.width;
	s.block = s.products + s.width * s.width;
	return s;
}

Sums
csh_sums(const double *array)
{
	return sums_of(array);
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

/* Takes up a row, whose features may lie anywhere in memory; returns the first that is no usable number, or -1 */
int
csh_moments_add(double *state, bool y, const void *x)
{
	Moments m = csh_moments(state);
	int waiting = (int) m.head[MOMENTS_WAITING];
	double *row = m.block + waiting * m.width;
	int unusable = 0;

	memcpy(row, x, m.features * sizeof(double));
	for (int j = 0; j < m.features; j++)
		unusable |= !(fabs(row[j]) <= LOGIT_LARGEST);
	if (unusable)
	{
		int j = 0;

		while (fabs(row[j]) <= LOGIT_LARGEST)
			j++;
		return j;
	}
	m.labels[waiting] = y;
	m.head[MOMENTS_WAITING] = waiting + 1;
	if (waiting + 1 == LOGIT_BLOCK)
		csh_moments_flush(state);
	return -1;
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

/* The moments of the block around its own means, which no offset can spoil, joined to those before */
CSH_FAST void
csh_moments_flush(double *state)
{
	Moments m = csh_moments(state);
	int n = (int) m.head[MOMENTS_WAITING];
	double *mean = m.block + n * m.width;
	double events = 0;

	if (n == 0)
		return;
	memset(mean, 0, m.width * sizeof(double));
	for (int i = 0; i < n; i++)
	{
		const double *row = m.block + i * m.width;

		events += m.labels[i];
		for (int j = 0; j < m.features; j++)
		{
			mean[j] += row[j] * (1.0 / n);
			m.low[j] = row[j] < m.low[j] ? row[j] : m.low[j];
			m.high[j] = row[j] > m.high[j] ? row[j] : m.high[j];
		}
	}
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
	m.head[MOMENTS_WAITING] = 0;
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
	state[SUMS_ODDS] = 1;
	state[SUMS_LEAST_EVENT] = INFINITY;
	state[SUMS_MOST_OTHER] = -INFINITY;
	state[SUMS_LEAST_MARGIN] = INFINITY;
	s = sums_of(state);
	memcpy(s.mean, f.mean, f.width * sizeof(double));
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

/*
 * Takes up a row. With eta = b0 + b'z, p = 1 / (1 + exp(-eta)) and e = exp(-|eta|), which never overflows:
 *
 *		log likelihood = min(eta, 0) - log(1 + e) for an event, min(-eta, 0) - log(1 + e) for another row
 *		|y - p|        = e / (1 + e) on the label's side of 0, 1 / (1 + e) on the other
 *		w = p (1 - p)  = e / (1 + e)^2
 *
 * The logarithm is taken of a block's product. False when eta is no number.
 */
CSH_FAST bool
csh_sums_add(double *state, bool y, const void *x)
{
	Sums s = sums_of(state);
	int waiting = (int) s.head[SUMS_WAITING];
	double *z = s.block + waiting * s.width;
	double eta;
	double towards;
	double root;
	double odds;
	double residual;
	double weight;

	memcpy(z, x, s.features * sizeof(double));
	for (size_t j = 0; j < s.width; j += LANES)
		*(Lanes *) (z + j) =
			(*(Lanes *) (z + j) - *(Lanes *) (s.mean + j)) * *(Lanes *) (s.scale + j);
	eta = s.head[SUMS_INTERCEPT] + wide_dot(z, s.slope, s.width);
	if (!(fabs(eta) <= DBL_MAX))
		return false;
	if (y && eta < s.head[SUMS_LEAST_EVENT])
		s.head[SUMS_LEAST_EVENT] = eta;
	if (!y && eta > s.head[SUMS_MOST_OTHER])
		s.head[SUMS_MOST_OTHER] = eta;
	if (s.head[SUMS_WATCHED] != 0)
		watch(&s, y, z);

	towards = y ? eta : -eta;
	root = exp(-0.5 * fabs(eta));
	odds = 1 + root * root;
	residual = (towards > 0 ? root * root : 1) / odds;
	residual = y ? residual : -residual;
	weight = root / odds;
	s.head[SUMS_LOG_LIKELIHOOD] += towards < 0 ? towards : 0;
	s.head[SUMS_ODDS] *= odds;
	s.head[SUMS_WEIGHT] += weight * weight;
	s.head[SUMS_RESIDUAL] += residual;
	for (size_t j = 0; j < s.width; j += LANES)
	{
		Lanes scaled = *(Lanes *) (z + j) * weight;

		*(Lanes *) (s.gradient + j) += *(Lanes *) (z + j) * residual;
		*(Lanes *) (s.weighted + j) += scaled * weight;
		*(Lanes *) (z + j) = scaled;
	}
	s.head[LOGIT_ROWS]++;
	s.head[LOGIT_EVENTS] += y;
	s.head[SUMS_WAITING] = waiting + 1;
	if (waiting + 1 == LOGIT_BLOCK)
		csh_sums_flush(state);
	return true;
}

void
csh_sums_flush(double *state)
{
	Sums s = sums_of(state);

	csh_gram_add(s.products, s.block, (int) s.head[SUMS_WAITING], (int) s.width);
	s.head[SUMS_LOG_LIKELIHOOD] -= log(s.head[SUMS_ODDS]);
	s.head[SUMS_ODDS] = 1;
	s.head[SUMS_WAITING] = 0;
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
	Sums s = sums_of(state);
	Sums o = sums_of(other);

	for (size_t i = 0; i < sizeof(added) / sizeof(added[0]); i++)
		s.head[added[i]] += o.head[added[i]];
	s.head[SUMS_LEAST_EVENT] = lesser(s.head[SUMS_LEAST_EVENT], o.head[SUMS_LEAST_EVENT]);
	s.head[SUMS_LEAST_MARGIN] = lesser(s.head[SUMS_LEAST_MARGIN], o.head[SUMS_LEAST_MARGIN]);
	s.head[SUMS_MOST_OTHER] = -lesser(-s.head[SUMS_MOST_OTHER], -o.head[SUMS_MOST_OTHER]);
	s.head[SUMS_MOST_CHANGE] = -lesser(-s.head[SUMS_MOST_CHANGE], -o.head[SUMS_MOST_CHANGE]);
	for (int j = 0; j < s.features; j++)
	{
		s.gradient[j] += o.gradient[j];
		s.weighted[j] += o.weighted[j];
	}
	for (size_t i = 0; i < s.width * s.width; i++)
		s.products[i] += o.products[i];
}
