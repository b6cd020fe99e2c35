/*
 * linear.c
 *		Sums of products of rows, Cholesky factors and extreme eigenvalues of symmetric matrices.
 */
#include "linear.h"

#include <float.h>
#include <math.h>

#include "interrupt.h"

/* Adds the products of columns i to i+3 with columns j to j+7 of n rows; the sums stay in registers meanwhile */
static inline __attribute__((always_inline)) void
add_tile(double *gram, const double *rows, int n, int width, int i, int j)
{
	Lanes a0 = {0}, a1 = {0}, b0 = {0}, b1 = {0}, c0 = {0}, c1 = {0}, d0 = {0}, d1 = {0};
	Lanes *out = (Lanes *) (gram + (long) i * width + j);
	long next = width / LANES;

	for (int r = 0; r < n; r++)
	{
		const double *row = rows + (long) r * width;
		Lanes x = *(const Lanes *) (row + j);
		Lanes y = *(const Lanes *) (row + j + LANES);

		a0 += row[i] * x;
		a1 += row[i] * y;
		b0 += row[i + 1] * x;
		b1 += row[i + 1] * y;
		c0 += row[i + 2] * x;
		c1 += row[i + 2] * y;
		d0 += row[i + 3] * x;
		d1 += row[i + 3] * y;
	}
	out[0] += a0;
	out[1] += a1;
	out[next] += b0;
	out[next + 1] += b1;
	out[2 * next] += c0;
	out[2 * next + 1] += c1;
	out[3 * next] += d0;
	out[3 * next + 1] += d1;
}

static CSH_FAST void
add_tiles(double *gram, const double *rows, int n, int width)
{
	for (int i = 0; i < width; i += 4)
		for (int j = i & ~7; j < width; j += 8)
			add_tile(gram, rows, n, width, i, j);
}

/*
 * gram += rows' rows, for n rows of a width of whole registers: a square of that width, of which only the part from the
 * diagonal on, and a little to its left, is kept up.
 */
void
csh_gram_add(double *gram, const double *rows, int n, int width)
{
	add_tiles(gram, rows, n, width);
}

double
csh_dot(const double *a, const double *b, int n)
{
	double sum = 0;

	for (int i = 0; i < n; i++)
		sum += a[i] * b[i];
	return sum;
}

/*
 * The factor L of A = L L', row by row into the lower triangle of A's square (Golub & Van Loan, 4.2.5). A row of which
 * less than the given share is left after those before it depends on them: it is set to 0, which the solvers below
 * take for "leave out". Returns how many rows are.
 */
int
csh_cholesky(double *a, int n, double tolerance)
{
	int dependent = 0;

	for (int i = 0; i < n; i++)
	{
		double *row = a + (long) i * n;
		double left = row[i];

		csh_interrupt();
		for (int j = 0; j < i; j++)
		{
			const double *other = a + (long) j * n;

			row[j] = other[j] > 0 ? (row[j] - csh_dot(row, other, j)) / other[j] : 0;
			left -= row[j] * row[j];
		}
		if (left > tolerance * row[i])
		{
			row[i] = sqrt(left);
			continue;
		}
		for (int j = 0; j <= i; j++)
			row[j] = 0;
		dependent++;
	}
	return dependent;
}

/* v = L^-1 v */
void
csh_solve_lower(const double *l, double *v, int n)
{
	for (int i = 0; i < n; i++)
	{
		const double *row = l + (long) i * n;

		v[i] = row[i] > 0 ? (v[i] - csh_dot(row, v, i)) / row[i] : 0;
	}
}

/* v = L'^-1 v */
void
csh_solve_upper(const double *l, double *v, int n)
{
	for (int i = n - 1; i >= 0; i--)
	{
		const double *row = l + (long) i * n;

		v[i] = row[i] > 0 ? v[i] / row[i] : 0;
		for (int j = 0; j < i; j++)
			v[j] -= row[j] * v[i];
	}
}

/*
 * Brings a symmetric matrix, given by its lower triangle, to three diagonals by reflections (Golub & Van Loan, 8.3.1),
 * the last row first. d has the diagonal, e[i] what stands between i - 1 and i.
 */
static void
tridiagonal(double *a, int n, double *d, double *e, double *p)
{
	for (int i = n - 1; i > 0; i--)
	{
		double *v =
			a + (long) i * n; /* what is left of the row, which becomes the reflection's vector */
		double length = sqrt(csh_dot(v, v, i));
		double square;
		double k;

		csh_interrupt();
		d[i] = v[i];
		e[i] = v[i - 1] > 0 ? -length : length;
		square = length * (length + fabs(v[i - 1])); /* half of what v'v will be */
		v[i - 1] -= e[i];
		if (!(square > 0))
			continue;
		for (int j = 0; j < i; j++)
			p[j] = 0;
		for (int j = 0; j < i; j++)
		{
			const double *row = a + (long) j * n;

			p[j] += csh_dot(row, v, j + 1);
			for (int m = 0; m < j; m++)
				p[m] += row[m] * v[j];
		}
		k = csh_dot(v, p, i) / (2 * square);
		for (int j = 0; j < i; j++)
			p[j] = (p[j] - k * v[j]) / square;
		for (int j = 0; j < i; j++)
			for (int m = 0; m <= j; m++)
				a[(long) j * n + m] -= v[j] * p[m] + p[j] * v[m];
	}
	d[0] = a[0];
	e[0] = 0;
}

/* How many eigenvalues lie below x: the signs of the pivots of T - x (Sturm; Golub & Van Loan, 8.4.1) */
static int
eigenvalues_below(const double *d, const double *e, int n, double x)
{
	int count = 0;
	double pivot = 1;

	for (int i = 0; i < n; i++)
	{
		pivot = d[i] - x - e[i] * e[i] / pivot;
		if (fabs(pivot) < DBL_MIN)
			pivot = -DBL_MIN;
		count += pivot < 0;
	}
	return count;
}

/* The eigenvalue that has `rank` others below it, by halving an interval around all of them */
static double
eigenvalue(const double *d, const double *e, int n, int rank, double bound)
{
	double low = -bound;
	double high = bound;

	while (high - low > DBL_EPSILON * bound)
	{
		double middle = low + (high - low) / 2;

		if (eigenvalues_below(d, e, n, middle) > rank)
			high = middle;
		else
			low = middle;
	}
	return low + (high - low) / 2;
}

/* The lowest and the highest eigenvalue of a symmetric matrix, of which the lower triangle is given and lost; 3 n of scratch */
void
csh_eigen_range(double *a, int n, double *scratch, double *lowest, double *highest)
{
	double *d = scratch;
	double *e = scratch + n;
	double bound = 0;

	tridiagonal(a, n, d, e, scratch + 2 * (long) n);
	for (int i = 0; i < n; i++)
	{
		double reach = fabs(d[i]) + fabs(e[i]) + (i + 1 < n ? fabs(e[i + 1]) : 0);

		if (reach > bound)
			bound = reach;
	}
	*lowest = eigenvalue(d, e, n, 0, bound);
	*highest = eigenvalue(d, e, n, n - 1, bound);
}
