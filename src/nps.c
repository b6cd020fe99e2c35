/*
 * nps.c
 *		The net promoter score as an aggregate.
 */
#include "cs_health.h"

#include "catalog/pg_type.h"

PG_FUNCTION_INFO_V1(csh_nps_step);
PG_FUNCTION_INFO_V1(csh_nps_combine);
PG_FUNCTION_INFO_V1(csh_nps_final);

/* State: float8[] {promoters, detractors, answers} */
#define NPS_LENGTH 3

static double *
nps_state(FunctionCallInfo fcinfo, int arg, ArrayType **array)
{
	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("state of nps must not be null")));
	*array = PG_GETARG_ARRAYTYPE_P(arg);
	csh_check_array(*array, FLOAT8OID, "state", NPS_LENGTH);
	if (ARR_HASNULL(*array) || ArrayGetNItems(ARR_NDIM(*array), ARR_DIMS(*array)) != NPS_LENGTH)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("state of nps is corrupt")));
	return (double *) ARR_DATA_PTR(*array);
}

/* A state of our own that may be changed: the aggregate's in place, anybody else's as a copy */
static ArrayType *
writable(FunctionCallInfo fcinfo, ArrayType *array)
{
	ArrayType *copy;

	if (AggCheckCallContext(fcinfo, NULL))
		return array;
	copy = palloc(VARSIZE(array));
	memcpy(copy, array, VARSIZE(array));
	return copy;
}

/* Counts one answer; nulls are no answers */
Datum
csh_nps_step(PG_FUNCTION_ARGS)
{
	ArrayType *array;
	double *state;
	int32 score;

	nps_state(fcinfo, 0, &array);
	if (PG_ARGISNULL(1))
		PG_RETURN_ARRAYTYPE_P(array);
	score = PG_GETARG_INT32(1);
	csh_check_range(score, 0, 10, "score");
	array = writable(fcinfo, array);
	state = (double *) ARR_DATA_PTR(array);
	state[0] += score >= 9;
	state[1] += score <= 6;
	state[2] += 1;
	PG_RETURN_ARRAYTYPE_P(array);
}

/* Adds up two partial counts */
Datum
csh_nps_combine(PG_FUNCTION_ARGS)
{
	ArrayType *a;
	ArrayType *b;
	double *other = nps_state(fcinfo, 1, &b);
	double *state;

	nps_state(fcinfo, 0, &a);
	a = writable(fcinfo, a);
	state = (double *) ARR_DATA_PTR(a);
	for (int i = 0; i < NPS_LENGTH; i++)
		state[i] += other[i];
	PG_RETURN_ARRAYTYPE_P(a);
}

/* nps = 100 x (promoters - detractors) / answers, promoters 9-10, detractors 0-6 (Reichheld 2003); null without answers */
Datum
csh_nps_final(PG_FUNCTION_ARGS)
{
	ArrayType *array;
	double *state = nps_state(fcinfo, 0, &array);

	if (state[2] == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(100 * (state[0] - state[1]) / state[2]);
}
