/*
 * linear.h
 *		The little linear algebra that fitting needs: sums of products of rows, triangular factors, eigenvalues.
 */
#ifndef CSH_LINEAR_H
#define CSH_LINEAR_H

/* Rows are as wide as whole vector registers: n doubles and zeros */
#define CSH_WIDTH(n) (((n) + 7) & ~7)

/*
 * For static functions: compiled for every processor and once more for those with fused multiply-add, where the C library
 * can choose between them at load time.
 */
#if defined(__x86_64__) && defined(__gnu_linux__)
#define CSH_FAST __attribute__((target_clones("fma", "default")))
#else
#define CSH_FAST
#endif

/* Four numbers of a row side by side */
typedef double Lanes __attribute__((vector_size(32), aligned(8)));
#define LANES 4

extern void csh_gram_add(double *gram, const double *rows, int n, int width);
extern double csh_dot(const double *a, const double *b, int n);
extern int csh_cholesky(double *a, int n, double tolerance);
extern void csh_solve_lower(const double *l, double *v, int n);
extern void csh_solve_upper(const double *l, double *v, int n);
extern void csh_eigen_range(double *a, int n, double *scratch, double *lowest, double *highest);

#endif
