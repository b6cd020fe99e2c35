/*
 * what_if.h
 *		A vector in which some measures have other values, and all that follows from them.
 */
#ifndef CSH_WHAT_IF_H
#define CSH_WHAT_IF_H

#include "score.h"

typedef struct Change
{
	int index; /* zero-based place in the vector */
	double value;
} Change;

extern double csh_stored(double value);
extern int csh_what_if(const Vector *vector, const Change *changes, int n, double *value,
					   bool *observed);

#endif
