/*
 * logit.c
 *		Logistic regression: the aggregates over rows, and the functions between its passes.
 */
#include "cs_health.h"

#include <math.h>

#include "logit.h"

#include "catalog/pg_type.h"
#include "funcapi.h"

PG_FUNCTION_INFO_V1(csh_logit_moments_row);
PG_FUNCTION_INFO_V1(csh_logit_moments_combine);
PG_FUNCTION_INFO_V1(csh_logit_moments_final);
PG_FUNCTION_INFO_V1(csh_logit_step_row);
PG_FUNCTION_INFO_V1(csh_logit_step_combine);
PG_FUNCTION_INFO_V1(csh_logit_step_final);
PG_FUNCTION_INFO_V1(csh_logit_fit_start);
PG_FUNCTION_INFO_V1(csh_logit_fit_next);
PG_FUNCTION_INFO_V1(csh_logit_fit_result);

#define RESULT_COLUMNS 11

static void
require_aggregate(FunctionCallInfo fcinfo)
{
	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("this function works only inside its aggregate"),
						errhint("Call the aggregate instead.")));
}

/* An array of doubles whose elements are still to be set */
static ArrayType *
new_array(int ndim, int length, int dim)
{
	Size size = ARR_OVERHEAD_NONULLS(ndim) + (Size) length * sizeof(float8);
	ArrayType *array = palloc(size);

	SET_VARSIZE(array, size);
	array->ndim = ndim;
	array->dataoffset = 0;
	array->elemtype = FLOAT8OID;
	for (int i = 0; i < ndim; i++)
	{
		ARR_DIMS(array)[i] = dim;
		ARR_LBOUND(array)[i] = 1;
	}
	return array;
}

static ArrayType *
new_state(LogitKind kind, int features, bool waiting)
{
	int length = (int) csh_logit_length(kind, features, waiting);

	return new_array(1, length, length);
}

static inline double *
doubles(ArrayType *array)
{
	return (double *) ARR_DATA_PTR(array);
}

/* An argument that must be one of our own arrays; fails when it has been tampered with */
static inline ArrayType *
get_state(FunctionCallInfo fcinfo, int arg, LogitKind kind, bool waiting)
{
	ArrayType *array;

	if (PG_ARGISNULL(arg))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("state of a logistic regression must not be null")));
	array = PG_GETARG_ARRAYTYPE_P(arg);
	if (ARR_NDIM(array) != 1 || ARR_HASNULL(array) || ARR_ELEMTYPE(array) != FLOAT8OID ||
		csh_logit_features(doubles(array), ARR_DIMS(array)[0], kind, waiting) < 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("state of a logistic regression is corrupt")));
	return array;
}

/* What is read of an array's header behind its length, which may lie anywhere in memory */
typedef struct ArrayHead
{
	int ndim;
	int32 dataoffset;
	Oid elemtype;
	int dim;
	int lbound;
} ArrayHead;

/* The features of a row that are no plain list of doubles, or a message that says what they are */
static const char *
read_unusual_features(ArrayType *array, int *n)
{
	csh_check_array(array, FLOAT8OID, "x", LOGIT_FEATURES);
	if (array_contains_nulls(array))
	{
		const bits8 *bitmap = ARR_NULLBITMAP(array);
		int i = 0;

		while (bitmap[i / 8] & (1 << (i % 8)))
			i++;
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("x[%d] must not be null", i + 1),
				 errhint("Leave out rows that lack a feature, or put a number in its place "
						 "with coalesce().")));
	}
	*n = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	return ARR_DATA_PTR(array);
}

/*
 * The features of a row, wherever they lie: short arrays stay where they are in the page, without a copy. Those in need of
 * unpacking get one, which goes with the row.
 */
static const char *
read_features(Datum datum, int *n)
{
	struct varlena *value = (struct varlena *) DatumGetPointer(datum);
	ArrayHead head;

	if (VARATT_IS_EXTERNAL(value) || VARATT_IS_COMPRESSED(value))
		value = pg_detoast_datum(value);
	if (VARSIZE_ANY_EXHDR(value) >= sizeof(head))
	{
		memcpy(&head, VARDATA_ANY(value), sizeof(head));
		if (likely(head.ndim == 1 && head.dataoffset == 0 && head.elemtype == FLOAT8OID &&
				   head.lbound == 1 && head.dim <= LOGIT_FEATURES))
		{
			*n = head.dim;
			return VARDATA_ANY(value) + ARR_OVERHEAD_NONULLS(1) - VARHDRSZ;
		}
	}
	return read_unusual_features(DatumGetArrayTypeP(PointerGetDatum(value)), n);
}

/* The row that an aggregate is given: label and features are never null */
static const char *
get_row(FunctionCallInfo fcinfo, bool *y, int *n)
{
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("%s must not be null", PG_ARGISNULL(1) ? "y" : "x"),
						errhint("Leave out rows without a label or without features.")));
	*y = PG_GETARG_BOOL(1);
	return read_features(PG_GETARG_DATUM(2), n);
}

static void
check_features(int features, double expected)
{
	if (features != expected)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("x must have as many elements in every row, not %.0f in one and %d in "
						"another",
						expected, features),
				 errhint("Give every row the same features in the same order.")));
}

/* The state that a group begins with */
static ArrayType *
first_state(FunctionCallInfo fcinfo, LogitKind kind, int features)
{
	ArrayType *array;
	double *fit;

	if (kind == LOGIT_MOMENTS)
	{
		array = new_state(kind, features, true);
		csh_moments_begin(doubles(array), features);
		return array;
	}
	fit = doubles(get_state(fcinfo, 3, LOGIT_FIT, false));
	array = new_state(kind, (int) fit[LOGIT_COLUMNS], true);
	csh_sums_begin(doubles(array), fit);
	return array;
}

/* Takes the block's rows into the sums, or says which number stands in the way */
static void
flush(double *state, LogitKind kind)
{
	LogitFault fault;
	bool finite;

	if (kind == LOGIT_SUMS)
	{
		if (!csh_sums_flush(state))
			ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
							errmsg("the query gives other rows each time: the features of one are "
								   "out of the range seen before"),
							errhint("It is run once per iteration: keep its rows in a table and "
									"query that.")));
		return;
	}
	if (csh_moments_flush(state, &fault))
		return;
	finite = isfinite(fault.value);
	ereport(
		ERROR,
		(errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
		 finite ? errmsg("x[%d] must be from %g to %g, not %g", fault.feature + 1, -LOGIT_LARGEST,
						 LOGIT_LARGEST, fault.value)
				: errmsg("x[%d] must be finite, not %s", fault.feature + 1,
						 isnan(fault.value) ? "NaN"
						 : fault.value > 0  ? "Infinity"
											: "-Infinity"),
		 finite ? errhint(
					  "Rescale the feature, for instance by dividing it by its standard deviation.")
				: errhint("Leave out such rows, or put a number in its place.")));
}

/* Adds a row to the moments, or to the sums of a step, which read the fit at the first row only */
static Datum
add_row(FunctionCallInfo fcinfo, LogitKind kind)
{
	ArrayType *array;
	double *state;
	const char *x;
	int features;
	bool y;

	require_aggregate(fcinfo);
	x = get_row(fcinfo, &y, &features);
	array =
		PG_ARGISNULL(0) ? first_state(fcinfo, kind, features) : get_state(fcinfo, 0, kind, true);
	state = doubles(array);
	check_features(features, state[LOGIT_COLUMNS]);
	if (csh_logit_add(state, kind, features, y, x))
		flush(state, kind);
	PG_RETURN_ARRAYTYPE_P(array);
}

Datum
csh_logit_moments_row(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, LOGIT_MOMENTS);
}

Datum
csh_logit_step_row(PG_FUNCTION_ARGS)
{
	return add_row(fcinfo, LOGIT_SUMS);
}

/* A copy of a partial state, of the given length and with an empty block */
static ArrayType *
flushed(ArrayType *array, LogitKind kind, bool waiting)
{
	int features = (int) doubles(array)[LOGIT_COLUMNS];
	ArrayType *copy = new_state(kind, features, true);
	ArrayType *result;

	memcpy(doubles(copy), doubles(array), ARR_DIMS(array)[0] * sizeof(double));
	flush(doubles(copy), kind);
	if (waiting)
		return copy;
	result = new_state(kind, features, false);
	memcpy(doubles(result), doubles(copy), ARR_DIMS(result)[0] * sizeof(double));
	pfree(copy);
	return result;
}

/* Joins two partial states, either of which may have seen no row */
static Datum
combine(FunctionCallInfo fcinfo, LogitKind kind)
{
	ArrayType *a;
	ArrayType *b;

	require_aggregate(fcinfo);
	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
		PG_RETURN_ARRAYTYPE_P(get_state(fcinfo, PG_ARGISNULL(0) ? 1 : 0, kind, true));
	a = get_state(fcinfo, 0, kind, true);
	b = get_state(fcinfo, 1, kind, true);
	check_features((int) doubles(a)[LOGIT_COLUMNS], doubles(b)[LOGIT_COLUMNS]);
	b = flushed(b, kind, true);
	flush(doubles(a), kind);
	if (kind == LOGIT_MOMENTS)
		csh_moments_merge(doubles(a), doubles(b));
	else
		csh_sums_merge(doubles(a), doubles(b));
	pfree(b);
	PG_RETURN_ARRAYTYPE_P(a);
}

/* The state without its block, for the functions below; null without rows */
static Datum
final(FunctionCallInfo fcinfo, LogitKind kind)
{
	require_aggregate(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_ARRAYTYPE_P(flushed(get_state(fcinfo, 0, kind, true), kind, false));
}

Datum
csh_logit_moments_combine(PG_FUNCTION_ARGS)
{
	return combine(fcinfo, LOGIT_MOMENTS);
}

Datum
csh_logit_moments_final(PG_FUNCTION_ARGS)
{
	return final(fcinfo, LOGIT_MOMENTS);
}

Datum
csh_logit_step_combine(PG_FUNCTION_ARGS)
{
	return combine(fcinfo, LOGIT_SUMS);
}

Datum
csh_logit_step_final(PG_FUNCTION_ARGS)
{
	return final(fcinfo, LOGIT_SUMS);
}

static double *
new_scratch(int features)
{
	return palloc(csh_logit_scratch(features) * sizeof(double));
}

/* Turns a refusal of the core into an error */
static void
check_answer(LogitAnswer answer, const CshError *error)
{
	if (answer != LOGIT_FINE)
		csh_report(answer == LOGIT_OUT_OF_RANGE ? ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE
												: ERRCODE_INVALID_PARAMETER_VALUE,
				   error);
}

/* An option that must be a number between two others */
static double
get_option(FunctionCallInfo fcinfo, int arg, const char *name, double low, double high)
{
	double value;

	if (PG_ARGISNULL(arg))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name),
				 errhint("Leave it out for the default.")));
	value = get_fn_expr_argtype(fcinfo->flinfo, arg) == INT4OID ? PG_GETARG_INT32(arg)
																: PG_GETARG_FLOAT8(arg);
	if (!(value >= low && value <= high))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("%s must be from %g to %g, not %.10g", name, low, high, value),
						errhint("Leave it out for the default.")));
	return value;
}

/* What the penalty draws each feature's coefficient to: null as a whole or for one is 0 */
static const double *
get_prior(FunctionCallInfo fcinfo, int arg, int features)
{
	double *prior;
	ArrayType *array;
	Datum *elements;
	bool *nulls;
	int n;

	if (PG_ARGISNULL(arg))
		return NULL;
	array = PG_GETARG_ARRAYTYPE_P(arg);
	csh_check_array(array, FLOAT8OID, "prior", LOGIT_FEATURES);
	deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements,
					  &nulls, &n);
	if (n != features)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("prior must have an element per feature: %d, not %d", features, n),
						errhint("Leave the intercept out; it is not penalised.")));
	prior = palloc0(Max(n, 1) * sizeof(double));
	for (int i = 0; i < n; i++)
	{
		if (nulls[i])
			continue;
		prior[i] = DatumGetFloat8(elements[i]);
		csh_check_finite(prior[i], psprintf("prior[%d]", i + 1));
	}
	return prior;
}

/* From the moments to the fit that the first step is made with */
Datum
csh_logit_fit_start(PG_FUNCTION_ARGS)
{
	LogitOptions options;
	ArrayType *moments;
	ArrayType *fit;
	CshError error;
	int features;

	options.l2 = get_option(fcinfo, 1, "l2", 0, 1e100);
	options.max_iterations = (int) get_option(fcinfo, 3, "max_iterations", 1, 10000);
	options.tolerance = get_option(fcinfo, 4, "tolerance", 1e-15, 0.01);
	if (PG_ARGISNULL(0)) /* no row, no moments: no features are known either */
	{
		moments = new_state(LOGIT_MOMENTS, 0, true);
		csh_moments_begin(doubles(moments), 0);
		moments = flushed(moments, LOGIT_MOMENTS, false);
	}
	else
		moments = get_state(fcinfo, 0, LOGIT_MOMENTS, false);
	features = (int) doubles(moments)[LOGIT_COLUMNS];
	options.prior = PG_ARGISNULL(0) ? NULL : get_prior(fcinfo, 2, features);
	fit = new_state(LOGIT_FIT, features, false);
	check_answer(
		csh_logit_start(doubles(fit), doubles(moments), &options, new_scratch(features), &error),
		&error);
	PG_RETURN_ARRAYTYPE_P(fit);
}

/* The sums that belong to a fit */
static double *
get_sums(FunctionCallInfo fcinfo, int arg, const double *fit)
{
	double *sums = doubles(get_state(fcinfo, arg, LOGIT_SUMS, false));

	check_features((int) sums[LOGIT_COLUMNS], fit[LOGIT_COLUMNS]);
	return sums;
}

/* From the sums of a pass to the fit of the next one, or to the last */
Datum
csh_logit_fit_next(PG_FUNCTION_ARGS)
{
	double *old = doubles(get_state(fcinfo, 0, LOGIT_FIT, false));
	double *sums;
	int features = (int) old[LOGIT_COLUMNS];
	ArrayType *fit = new_state(LOGIT_FIT, features, false);
	CshError error;

	sums = get_sums(fcinfo, 1, old);
	memcpy(doubles(fit), old, ARR_DIMS(fit)[0] * sizeof(double));
	check_answer(csh_logit_next(doubles(fit), sums, new_scratch(features), &error), &error);
	PG_RETURN_ARRAYTYPE_P(fit);
}

/* Standard errors as an array, null where there is none */
static Datum
std_error_array(const double *std_errors, int n)
{
	Datum *elements = palloc(n * sizeof(Datum));
	bool *nulls = palloc(n * sizeof(bool));
	int lower = 1;

	for (int i = 0; i < n; i++)
	{
		nulls[i] = isnan(std_errors[i]);
		elements[i] = Float8GetDatum(std_errors[i]);
	}
	return PointerGetDatum(construct_md_array(elements, nulls, 1, &n, &lower, FLOAT8OID,
											  sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* The columns that were left out, counted from 1 */
static Datum
aliased_array(const double *array)
{
	Fit fit = csh_fit(array);
	Datum *columns = palloc(Max(fit.features, 1) * sizeof(Datum));
	int n = 0;

	for (int j = 0; j < fit.features; j++)
		if (!(fit.scale[j] > 0))
			columns[n++] = Int32GetDatum(j + 1);
	return PointerGetDatum(construct_array(columns, n, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

/* What a fit that is over says, with the sums of its last pass */
Datum
csh_logit_fit_result(PG_FUNCTION_ARGS)
{
	double *fit = doubles(get_state(fcinfo, 0, LOGIT_FIT, false));
	double *sums = get_sums(fcinfo, 1, fit);
	int n = (int) fit[LOGIT_COLUMNS] + 1;
	ArrayType *coefficients = new_array(1, n, n);
	ArrayType *covariance = new_array(2, n * n, n);
	double *std_errors = palloc(n * sizeof(double));
	Datum values[RESULT_COLUMNS];
	bool nulls[RESULT_COLUMNS] = {0};
	TupleDesc desc;

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != RESULT_COLUMNS)
		elog(ERROR, "a logistic regression must return its own row type");
	csh_logit_result(fit, sums, new_scratch(n - 1), doubles(coefficients), std_errors,
					 doubles(covariance));
	values[0] = PointerGetDatum(coefficients);
	values[1] = std_error_array(std_errors, n);
	values[2] = Float8GetDatum(fit[FIT_LOG_LIKELIHOOD]);
	values[3] = Int32GetDatum(isfinite(fit[FIT_ITERATIONS]) ? (int32) fit[FIT_ITERATIONS] : 0);
	values[4] = BoolGetDatum(fit[FIT_STATUS] == LOGIT_CONVERGED);
	values[5] = BoolGetDatum(fit[FIT_SEPARATED] != 0);
	values[6] = aliased_array(fit);
	values[7] = Float8GetDatum(fit[FIT_CONDITION]);
	values[8] = Int64GetDatum((int64) fit[LOGIT_ROWS]);
	values[9] = Int64GetDatum((int64) fit[LOGIT_EVENTS]);
	values[10] = PointerGetDatum(covariance);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}
