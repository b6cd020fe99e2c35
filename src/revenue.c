/*
 * revenue.c
 *		Revenue by month: one aggregate collects what a customer's MRR changed by, another adds the customers up.
 */
#include "cs_health.h"

#include "revenue.h"

#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/datetime.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

PG_FUNCTION_INFO_V1(csh_mrr_step);
PG_FUNCTION_INFO_V1(csh_mrr_combine);
PG_FUNCTION_INFO_V1(csh_movement_step);
PG_FUNCTION_INFO_V1(csh_movement_faults);
PG_FUNCTION_INFO_V1(csh_revenue_step);
PG_FUNCTION_INFO_V1(csh_revenue_combine);

/* Months that a new history has room for; it grows twofold */
#define FIRST_ROOM 12

/* State of the sums: int8[] {first month, months, figures of the first month, of the next, ...} */
#define REVENUE_HEADER 2

static MrrHistory
open_history(bytea *value)
{
	MrrHistory history;
	CshError error;

	if (!csh_mrr_open((uint8_t *) VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value), &history, &error))
		csh_report(ERRCODE_INVALID_BINARY_REPRESENTATION, &error);
	return history;
}

/* The value whose data a history is, when it is a plain one */
static bytea *
history_value(const MrrHistory *history)
{
	return (bytea *) (history->bytes - VARHDRSZ);
}

/* The first argument as a history that may be written and has room: the aggregate's own in place, any other as a copy */
static MrrHistory
roomy_history(FunctionCallInfo fcinfo, uint32 more)
{
	MrrHistory history = {0};
	MrrHistory larger;
	uint64 capacity = Max(more, FIRST_ROOM);
	bytea *value;

	if (!PG_ARGISNULL(0))
	{
		history = open_history(PG_GETARG_BYTEA_P(0));
		if (AggCheckCallContext(fcinfo, NULL) && more <= history.capacity - history.count)
			return history;
		capacity = (uint64) history.count + Max(more, history.count);
	}
	if (VARHDRSZ + csh_mrr_size(0) + capacity * (csh_mrr_size(1) - csh_mrr_size(0)) > MaxAllocSize)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("a customer's revenue has changed in too many months")));
	value = palloc(VARHDRSZ + csh_mrr_size((uint32) capacity));
	SET_VARSIZE(value, VARHDRSZ + csh_mrr_size((uint32) capacity));
	csh_mrr_init((uint8_t *) VARDATA(value), (uint32) capacity, &larger);
	if (history.count > 0)
	{
		memcpy(larger.bytes, history.bytes, csh_mrr_size(history.count));
		larger.count = history.count;
	}
	return larger;
}

/* 12 x year + month - 1 of a day */
static int64
month_of(DateADT day)
{
	int year;
	int month;
	int of_month;

	if (DATE_NOT_FINITE(day))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("occurred_on must be a day, not infinity")));
	j2date(day + POSTGRES_EPOCH_JDATE, &year, &month, &of_month);
	return 12 * (int64) year + month - 1;
}

/* An amount in cents; halves of a cent are rounded away from 0 */
static int64
cents_of(Datum amount)
{
	struct varlena *numeric = PG_DETOAST_DATUM_PACKED(amount);
	int64 cents;

	if (csh_cents((uint8_t *) VARDATA_ANY(numeric), VARSIZE_ANY_EXHDR(numeric), &cents))
		return cents;
	amount = DirectFunctionCall2(numeric_mul, amount, NumericGetDatum(int64_to_numeric(100)));
	return DatumGetInt64(DirectFunctionCall1(numeric_int8, amount));
}

/* Takes a row of (state, occurred_on, mrr_change); rows without a day or an amount are left out */
Datum
csh_mrr_step(PG_FUNCTION_ARGS)
{
	MrrHistory history;
	CshError error;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	history = roomy_history(fcinfo, 1);
	if (!csh_mrr_add(&history, month_of(PG_GETARG_DATEADT(1)), cents_of(PG_GETARG_DATUM(2)),
					 &error))
		csh_report(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, &error);
	PG_RETURN_BYTEA_P(history_value(&history));
}

/* Takes a row of (state, occurred_on, kind, mrr_change); rows without one of them are left out */
Datum
csh_movement_step(PG_FUNCTION_ARGS)
{
	MrrHistory history;
	CshError error;
	MovementKind kind;
	text *name;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	name = PG_GETARG_TEXT_PP(2);
	if (!csh_movement_kind(VARDATA_ANY(name), VARSIZE_ANY_EXHDR(name), &kind))
	{
		char shown[40];

		csh_excerpt(shown, sizeof(shown), text_to_cstring(name));
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("no movement is of the kind \"%s\"", shown),
						errhint("Use new, reactivation, expansion, contraction or churn.")));
	}
	if (DATE_NOT_FINITE(PG_GETARG_DATEADT(1)))
		ereport(ERROR, (errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
						errmsg("occurred_on must be a day, not infinity"),
						errhint("Leave such rows out.")));
	history = roomy_history(fcinfo, 1);
	if (!csh_mrr_add(&history, csh_movement_key(PG_GETARG_DATEADT(1), kind),
					 cents_of(PG_GETARG_DATUM(3)), &error))
		csh_report(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, &error);
	PG_RETURN_BYTEA_P(history_value(&history));
}

/* The faulty days of a customer's movements as int8[] {day, faults, MRR, has paid, ...}; null where there are none */
Datum
csh_movement_faults(PG_FUNCTION_ARGS)
{
	MrrHistory history;
	CshError error;
	FaultyDay *days;
	Datum *values;
	uint32_t count;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	history = open_history(PG_GETARG_BYTEA_PP(0));
	days = palloc(sizeof(FaultyDay) * Max(history.count, 1));
	if (!csh_faulty_days(&history, days, &count, &error))
		csh_report(ERRCODE_INVALID_BINARY_REPRESENTATION, &error);
	if (count == 0)
		PG_RETURN_NULL();
	values = palloc(sizeof(Datum) * 4 * count);
	for (uint32_t i = 0; i < count; i++)
	{
		values[4 * i] = Int64GetDatum(days[i].day);
		values[4 * i + 1] = Int64GetDatum(days[i].faults);
		values[4 * i + 2] = Int64GetDatum(days[i].mrr);
		values[4 * i + 3] = Int64GetDatum(days[i].has_paid);
	}
	PG_RETURN_ARRAYTYPE_P(construct_array(values, 4 * (int) count, INT8OID, sizeof(int64),
										  FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* Joins two parts of a customer's history */
Datum
csh_mrr_combine(PG_FUNCTION_ARGS)
{
	MrrHistory into;
	MrrHistory added;
	CshError error;

	if (PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(0));
	}
	added = open_history(PG_GETARG_BYTEA_PP(1));
	into = roomy_history(fcinfo, added.count);
	if (!csh_mrr_append(&into, &added, &error))
		csh_report(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, &error);
	PG_RETURN_BYTEA_P(history_value(&into));
}

/* An argument that is sums, and of how many months */
static int64 *
open_sums(ArrayType *array, int *months)
{
	int64 *sums = (int64 *) ARR_DATA_PTR(array);
	int length;

	csh_check_array(array, INT8OID, "state", REVENUE_HEADER + REVENUE_MAX_MONTHS * REVENUE_FIGURES);
	length = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));
	if (ARR_HASNULL(array) || length < REVENUE_HEADER || sums[1] < 0 ||
		sums[1] > REVENUE_MAX_MONTHS || length != REVENUE_HEADER + sums[1] * REVENUE_FIGURES)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("state of revenue is corrupt"),
						errhint("Use cs_health.revenue_by_month().")));
	*months = (int) sums[1];
	return sums;
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

static ArrayType *
new_sums(int32 first_month, int32 months)
{
	int length = REVENUE_HEADER + months * REVENUE_FIGURES;
	Size size = ARR_OVERHEAD_NONULLS(1) + length * sizeof(int64);
	ArrayType *array = palloc0(size);

	SET_VARSIZE(array, size);
	array->ndim = 1;
	array->elemtype = INT8OID;
	ARR_DIMS(array)[0] = length;
	ARR_LBOUND(array)[0] = 1;
	((int64 *) ARR_DATA_PTR(array))[0] = first_month;
	((int64 *) ARR_DATA_PTR(array))[1] = months;
	return array;
}

/* Takes a row of (state, history, first month, months): one customer; one without a history has no revenue */
Datum
csh_revenue_step(PG_FUNCTION_ARGS)
{
	ArrayType *array;
	MrrHistory history = {0};
	CshError error;
	int64 *sums;
	int months;

	if (PG_ARGISNULL(2) || PG_ARGISNULL(3))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("first month and number of months must not be null")));
	csh_check_range(PG_GETARG_INT32(3), 0, REVENUE_MAX_MONTHS, "months");
	array = PG_ARGISNULL(0) ? new_sums(PG_GETARG_INT32(2), PG_GETARG_INT32(3))
							: writable(fcinfo, PG_GETARG_ARRAYTYPE_P(0));
	sums = open_sums(array, &months);
	if (sums[0] != PG_GETARG_INT32(2) || months != PG_GETARG_INT32(3))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("months must be the same in all rows of a group")));
	if (!PG_ARGISNULL(1))
		history = open_history(PG_GETARG_BYTEA_PP(1));
	if (!csh_revenue_add(sums + REVENUE_HEADER, sums[0], months, &history, &error))
		csh_report(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, &error);
	PG_RETURN_ARRAYTYPE_P(array);
}

/* Adds up two parts of the customers */
Datum
csh_revenue_combine(PG_FUNCTION_ARGS)
{
	ArrayType *array;
	CshError error;
	int64 *sums;
	int64 *added;
	int months;
	int added_months;

	if (PG_ARGISNULL(0) || PG_ARGISNULL(1))
	{
		if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
			PG_RETURN_NULL();
		PG_RETURN_DATUM(PG_GETARG_DATUM(PG_ARGISNULL(0) ? 1 : 0));
	}
	array = writable(fcinfo, PG_GETARG_ARRAYTYPE_P(0));
	sums = open_sums(array, &months);
	added = open_sums(PG_GETARG_ARRAYTYPE_P(1), &added_months);
	if (sums[0] != added[0] || months != added_months)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("months must be the same in all rows of a group")));
	if (!csh_revenue_append(sums + REVENUE_HEADER, added + REVENUE_HEADER, months, &error))
		csh_report(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE, &error);
	PG_RETURN_ARRAYTYPE_P(array);
}
