/*
 * measures.c
 *		The catalogue of built-in measures as rows, and vectors of measures as stored.
 */
#include "cs_health.h"

#include <float.h>
#include <math.h>

#include "measures.h"

#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(csh_builtin_measures);
PG_FUNCTION_INFO_V1(csh_to_vector);

/* One row per built-in measure, as install() puts them into the catalogue */
Datum
csh_builtin_measures(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < MEASURE_COUNT; i++)
	{
		const Measure *m = &csh_measures[i];
		Datum values[6] = {
			CStringGetTextDatum(m->code),        Int32GetDatum(i + 1),
			CStringGetTextDatum(m->unit),        Int32GetDatum(m->window),
			CStringGetTextDatum(m->description), BoolGetDatum(m->higher_is_better == 1)};
		bool nulls[6] = {false, false, false, false, false, m->higher_is_better < 0};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/*
 * Measures as they are stored: four-byte floats. What four bytes cannot hold is refused by name of its position
 * instead of failing somewhere in a cast; what is too small for them becomes 0.
 */
Datum
csh_to_vector(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);
	Datum *elements;
	bool *nulls;
	int n;
	int bound = 1;

	csh_check_array(array, FLOAT8OID, "measures", MEASURE_POSITIONS);
	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements,
					  &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		double value;

		if (nulls[i])
			continue;
		value = DatumGetFloat8(elements[i]);
		if (!isfinite(value) || fabs(value) > FLT_MAX)
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("measures[%d] must be a finite number that four bytes can hold, not %g",
							i + 1, value),
					 errhint("cs_health.measure tells which measure has this position; mend its "
							 "query or the input it comes from.")));
		elements[i] = Float4GetDatum(fabs(value) < FLT_MIN ? 0 : (float4) value);
	}
	PG_RETURN_ARRAYTYPE_P(construct_md_array(elements, nulls, n > 0 ? 1 : 0, &n, &bound, FLOAT4OID,
											 sizeof(float4), true, TYPALIGN_INT));
}
