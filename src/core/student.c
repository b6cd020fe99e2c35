/*
 * student.c
 *		Student's t distribution for a whole number of degrees of freedom, where it is a finite sum.
 */
#include "student.h"

#include <math.h>

/*
 * How likely |T| < t is, with t = sqrt(df) tan(angle). With c = cos(angle), s = sin(angle) it is
 *
 *		df even:  s (1 + 1/2 c^2 + (1 3)/(2 4) c^4 + ... up to c^(df - 2))
 *		df odd:   2/pi (angle + s (c + 2/3 c^3 + (2 4)/(3 5) c^5 + ... up to c^(df - 2)))
 *
 * (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4)
 */
double
csh_student_coverage(double angle, int df)
{
	double c = cos(angle);
	double term = df % 2 == 0 ? 1 : c;
	double sum = 0;

	for (int power = df % 2; power <= df - 2; power += 2)
	{
		sum += term;
		term *= c * c * (power + 1) / (power + 2);
	}
	sum *= sin(angle);
	return df % 2 == 0 ? sum : 2 / M_PI * (angle + sum);
}

/*
 * The t that |T| stays below with the given probability, above 0 and below 1: the interval -t to t covers that much. Newton's
 * method in the angle, whose derivative is that of the coverage,
 *
 *		2 gamma((df + 1) / 2) / (sqrt(pi) gamma(df / 2)) cos(angle)^(df - 1)
 *
 * From 0 on the coverage is concave, so that steps from below never go too far.
 */
double
csh_student_bound(double coverage, int df)
{
	double scale = 2 / sqrt(M_PI) * exp(lgamma(0.5 * (df + 1)) - lgamma(0.5 * df));
	double angle = 0;

	for (int i = 0; i < 100; i++)
	{
		double step =
			(coverage - csh_student_coverage(angle, df)) / (scale * pow(cos(angle), df - 1));

		angle += step;
		if (fabs(step) <= 1e-10 * angle) /* and the next one would be its square */
			break;
	}
	return sqrt(df) * tan(angle);
}
