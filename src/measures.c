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
#include "port/pg_bitutils.h"
#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(csh_builtin_measures);
PG_FUNCTION_INFO_V1(csh_join_measures);
PG_FUNCTION_INFO_V1(csh_to_vector);
PG_FUNCTION_INFO_V1(csh_hide_measures);

/* One row per built-in measure, as install() puts them into the catalogue */
Datum
csh_builtin_measures(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < MEASURE_COUNT; i++)
	{
		const Measure *m = &csh_measures[i];
		Datum values[9] = {CStringGetTextDatum(m->code),
						   Int32GetDatum(i + 1),
						   CStringGetTextDatum(m->unit),
						   Int32GetDatum(m->window),
						   CStringGetTextDatum(m->description),
						   BoolGetDatum(m->higher_is_better == 1),
						   Float8GetDatum(m->step),
						   Float8GetDatum(m->effort),
						   BoolGetDatum(m->watched)};
		bool nulls[9] = {[5] = m->higher_is_better < 0, [6] = m->step == 0, [7] = m->effort == 0};

		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
	}
	return (Datum) 0;
}

/* An array of one dimension with room for n elements of the given size and, where asked for, their null bitmap */
static ArrayType *
new_array(int n, bool has_nulls, Oid type, Size element)
{
	Size header = has_nulls ? ARR_OVERHEAD_WITHNULLS(1, n) : ARR_OVERHEAD_NONULLS(1);
	Size size = header + (Size) n * element;
	ArrayType *array = palloc0(size);

	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->dataoffset = has_nulls ? (int32) header : 0;
	array->elemtype = type;
	ARR_DIMS(array)[0] = n;
	ARR_LBOUND(array)[0] = 1;
	return array;
}

/* Whether an array needs a null bitmap */
static bool
has_unobserved(const bool *observed, int n)
{
	for (int i = 0; i < n; i++)
		if (!observed[i])
			return true;
	return false;
}

/* Notes in the null bitmap, where there is one, that an element is there */
static void
set_observed(ArrayType *array, int i)
{
	if (ARR_HASNULL(array))
		ARR_NULLBITMAP(array)[i / 8] |= (bits8) (1 << i % 8);
}

/* Measures as a float8[]; written by hand, since this happens for every tenant and array functions take their time */
ArrayType *
csh_measure_array(const double *values, const bool *observed, int n)
{
	bool has_nulls = has_unobserved(observed, n);
	ArrayType *array = new_array(n, has_nulls, FLOAT8OID, sizeof(float8));
	double *next = (double *) ARR_DATA_PTR(array);

	for (int i = 0; i < n; i++)
	{
		if (!observed[i])
			continue;
		set_observed(array, i);
		*next++ = values[i];
	}
	SET_VARSIZE(array, (char *) next - (char *) array);
	return array;
}

/*
 * Reads float4[] or float8[] into values and what of them was observed; returns how many there are. Much history goes
 * through here, hence bit by bit without a branch for each.
 */
int
csh_read_measures(ArrayType *array, const char *name, double *values, bool *observed)
{
	bool wide = ARR_ELEMTYPE(array) == FLOAT8OID;
	const bits8 *bitmap = ARR_NULLBITMAP(array);
	const float8 *next8 = (const float8 *) ARR_DATA_PTR(array);
	const float4 *next4 = (const float4 *) ARR_DATA_PTR(array);
	int n;

	csh_check_array(array, wide ? FLOAT8OID : FLOAT4OID, name, MEASURE_POSITIONS);
	n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	memset(values, 0, n * sizeof(double));
	memset(observed, false, n);
	for (int i = 0; i < n; i += 8)
	{
		uint32 bits = bitmap == NULL ? 0xff : bitmap[i / 8];

		if (n - i < 8)
			bits &= (1u << (n - i)) - 1;
		for (; bits != 0; bits &= bits - 1)
		{
			int k = i + pg_rightmost_one_pos32(bits);

			observed[k] = true;
			values[k] = wide ? *next8++ : *next4++;
		}
	}
	return n;
}

/* Puts measures of a company's own at their positions behind the built-in ones; returns the new length */
static int
place_own(ArrayType *positions, ArrayType *own, double *values, bool *observed)
{
	double value[MEASURE_POSITIONS];
	bool given[MEASURE_POSITIONS];
	int n = csh_read_measures(own, "own_values", value, given);
	const int32 *position = (const int32 *) ARR_DATA_PTR(positions);
	int length = MEASURE_COUNT;

	csh_check_array(positions, INT4OID, "own_positions", MEASURE_POSITIONS);
	if (ARR_HASNULL(positions) || ArrayGetNItems(ARR_NDIM(positions), ARR_DIMS(positions)) != n)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("own_positions must have as many elements as own_values"),
						errhint("Read measures with tenant_measures().")));
	for (int i = 0; i < n; i++)
	{
		if (position[i] <= MEASURE_COUNT || position[i] > MEASURE_POSITIONS)
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("own position must be from %d to %d, not %d", MEASURE_COUNT + 1,
								   MEASURE_POSITIONS, position[i]),
							errhint("cs_health.measure lists the positions.")));
		values[position[i] - 1] = value[i];
		observed[position[i] - 1] = given[i];
		length = Max(length, position[i]);
	}
	return length;
}

/*
 * A tenant's measures by position, from the arrays and numbers that the sources came to:
 * (activity, nps, csat, review, open_tickets, mean_resolution_hours, tickets_opened, usage_ratio, usage_growth,
 * tenure_days, days_to_renewal, arr, own_positions, own_values). Nulls are not observed; activity has its measures at
 * their positions.
 */
Datum
csh_join_measures(PG_FUNCTION_ARGS)
{
	double values[MEASURE_POSITIONS];
	bool observed[MEASURE_POSITIONS];
	int length = MEASURE_COUNT;

	memset(observed, false, sizeof(observed));
	if (!PG_ARGISNULL(0) &&
		csh_read_measures(PG_GETARG_ARRAYTYPE_P(0), "activity", values, observed) != MEASURE_COUNT)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("activity must have %d elements", MEASURE_COUNT),
						errhint("Read measures with tenant_measures().")));
	for (int i = FIRST_BESIDE_ACTIVITY; i <= LAST_BESIDE_ACTIVITY; i++)
	{
		int arg = 1 + i - FIRST_BESIDE_ACTIVITY;

		observed[i] = !PG_ARGISNULL(arg);
		values[i] = observed[i] ? PG_GETARG_FLOAT8(arg) : 0;
	}
	observed[M_TICKETS_PER_USER] &= observed[M_MAU] && values[M_MAU] > 0;
	if (observed[M_TICKETS_PER_USER])
		values[M_TICKETS_PER_USER] /= values[M_MAU];
	for (int i = M_QAU; i <= M_USERS_EVER; i++)
		observed[i] &= !PG_ARGISNULL(14) && PG_GETARG_INT32(14) >= csh_recorded_days_needed(i);
	if (!PG_ARGISNULL(12) && !PG_ARGISNULL(13))
		length = place_own(PG_GETARG_ARRAYTYPE_P(12), PG_GETARG_ARRAYTYPE_P(13), values, observed);
	PG_RETURN_ARRAYTYPE_P(csh_measure_array(values, observed, length));
}

/*
 * Measures as they are stored: four-byte floats. What four bytes cannot hold is refused by name of its position
 * instead of failing somewhere in a cast; what is too small for them becomes 0.
 */
ArrayType *
csh_vector_array(const double *values, const bool *observed, int n)
{
	ArrayType *vector;
	float4 *next;

	if (n == 0)
		return construct_empty_array(FLOAT4OID);
	vector = new_array(n, has_unobserved(observed, n), FLOAT4OID, sizeof(float4));
	next = (float4 *) ARR_DATA_PTR(vector);
	for (int i = 0; i < n; i++)
	{
		if (!observed[i])
			continue;
		if (!isfinite(values[i]) || fabs(values[i]) > FLT_MAX)
			ereport(ERROR,
					(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					 errmsg("measures[%d] must be a finite number that four bytes can hold, not %g",
							i + 1, values[i]),
					 errhint("cs_health.measure tells which measure has this position; mend its "
							 "query or the input it comes from.")));
		set_observed(vector, i);
		*next++ = fabs(values[i]) < FLT_MIN ? 0 : (float4) values[i];
	}
	SET_VARSIZE(vector, (char *) next - (char *) vector);
	return vector;
}

/* Measures in the form that is stored */
Datum
csh_to_vector(PG_FUNCTION_ARGS)
{
	double values[MEASURE_POSITIONS];
	bool observed[MEASURE_POSITIONS];
	int n = csh_read_measures(PG_GETARG_ARRAYTYPE_P(0), "measures", values, observed);

	PG_RETURN_ARRAYTYPE_P(csh_vector_array(values, observed, n));
}

/* A vector in which the measures at some positions count as not observed; positions beyond its end are as they were */
Datum
csh_hide_measures(PG_FUNCTION_ARGS)
{
	double values[MEASURE_POSITIONS];
	bool observed[MEASURE_POSITIONS];
	int n = csh_read_measures(PG_GETARG_ARRAYTYPE_P(0), "measures", values, observed);
	ArrayType *positions = PG_GETARG_ARRAYTYPE_P(1);
	const int32 *position = (const int32 *) ARR_DATA_PTR(positions);
	int hidden;

	csh_check_array(positions, INT4OID, "positions", MEASURE_POSITIONS);
	hidden = ArrayGetNItems(ARR_NDIM(positions), ARR_DIMS(positions));
	if (ARR_HASNULL(positions))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("positions must not have null elements"),
						errhint("cs_health.measure lists the positions.")));
	for (int i = 0; i < hidden; i++)
		if (position[i] >= 1 && position[i] <= n)
			observed[position[i] - 1] = false;
	PG_RETURN_ARRAYTYPE_P(csh_vector_array(values, observed, n));
}
