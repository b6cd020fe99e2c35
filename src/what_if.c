/*
 * what_if.c
 *		SQL function that sets measures of a vector to other values.
 */
#include "cs_health.h"

#include "scoring.h"
#include "what_if.h"

PG_FUNCTION_INFO_V1(csh_what_if_vector);

/* The vector with other values at some positions, and all that follows: (measures, positions, values) */
Datum
csh_what_if_vector(PG_FUNCTION_ARGS)
{
	double values[2][MEASURE_POSITIONS];
	bool observed[2][MEASURE_POSITIONS];
	Vector vector = csh_get_vector(fcinfo, 0, "measures", values[0], observed[0]);
	int index[MEASURE_POSITIONS];
	double value[MEASURE_POSITIONS];
	int n = csh_get_placed(fcinfo, 1, 2, "values", index, value);
	Change changes[MEASURE_POSITIONS];
	int length;

	for (int i = 0; i < n; i++)
		changes[i] = (Change){index[i], value[i]};
	length = csh_what_if(&vector, changes, n, values[1], observed[1]);
	PG_RETURN_ARRAYTYPE_P(csh_vector_array(values[1], observed[1], length));
}
