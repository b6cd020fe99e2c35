/*
 * cs_health.c
 *		The library's start, and the checks and reports that all modules share.
 */
#include "cs_health.h"

#include <math.h>

#include "interrupt.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/guc.h"

PG_MODULE_MAGIC;

PG_FUNCTION_INFO_V1(csh_version);
PG_FUNCTION_INFO_V1(csh_require_autocommit);

void _PG_init(void);

static void
check_interrupts(void)
{
	CHECK_FOR_INTERRUPTS();
}

/* Long searches of the core can be cancelled like any statement; settings exist once the library is loaded */
void
_PG_init(void)
{
	csh_interrupt = check_interrupts;
	csh_define_clock();
	csh_define_delivery_settings();
	csh_register_workers();
	MarkGUCPrefixReserved("cs_health");
}

/* The version this library was built as, so that a mismatch with the SQL side can be seen */
Datum
csh_version(PG_FUNCTION_ARGS)
{
	PG_RETURN_TEXT_P(cstring_to_text(CS_HEALTH_VERSION));
}

/*
 * Refuses to start inside a transaction block, where a procedure that commits would fail half way with a message
 * that does not say what to do.
 */
Datum
csh_require_autocommit(PG_FUNCTION_ARGS)
{
	if (IsTransactionBlock())
		ereport(ERROR, (errcode(ERRCODE_INVALID_TRANSACTION_TERMINATION),
						errmsg("%s commits as it goes and cannot run inside a transaction block",
							   text_to_cstring(PG_GETARG_TEXT_PP(0))),
						errhint("Call it outside BEGIN ... COMMIT, alone in its psql -c. For one "
								"tenant inside a transaction use "
								"cs_health.recalculate_tenant().")));
	PG_RETURN_VOID();
}

/* Turns a refusal of the core into an error */
void
csh_report(int sqlstate, const CshError *error)
{
	ereport(ERROR, (errcode(sqlstate), errmsg("%s", error->message),
					error->hint[0] != '\0' ? errhint("%s", error->hint) : 0));
}

/* Refuses arrays that are not a plain list: wrong type, several dimensions, other bounds, too long */
void
csh_check_array(ArrayType *array, Oid type, const char *name, int max_length)
{
	int length = ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array));

	if (ARR_ELEMTYPE(array) != type)
		ereport(ERROR, (errcode(ERRCODE_DATATYPE_MISMATCH),
						errmsg("%s must be an array of %s", name, format_type_be(type))));
	if (ARR_NDIM(array) > 1)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("%s must have one dimension, not %d", name, ARR_NDIM(array)),
						errhint("Pass a plain list such as ARRAY[1, 2, 3].")));
	if (ARR_NDIM(array) == 1 && ARR_LBOUND(array)[0] != 1)
		ereport(
			ERROR,
			(errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
			 errmsg("%s must start at subscript 1, not %d", name, ARR_LBOUND(array)[0]),
			 errhint(
				 "Positions are subscripts; an array read from a table starts at 1 by itself.")));
	if (length > max_length)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("%s has %d elements, at most %d are allowed", name, length, max_length)));
}

/* Refuses NaN and infinities, which would pass every comparison that follows */
void
csh_check_finite(double value, const char *name)
{
	if (!isfinite(value))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("%s must be finite, not %s", name,
							   isnan(value) ? "NaN"
							   : value > 0  ? "Infinity"
											: "-Infinity"),
						errhint("Pass null for a value that was not observed.")));
}

/* Refuses numbers outside the bounds that their meaning gives them */
void
csh_check_range(double value, double low, double high, const char *name)
{
	csh_check_finite(value, name);
	if (value >= low && value <= high)
		return;
	if (isinf(high))
		ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
						errmsg("%s must be at least %g, not %.10g", name, low, value),
						errhint("Pass null for a value that was not observed.")));
	ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
					errmsg("%s must be from %.10g to %.10g, not %.10g", name, low, high, value),
					errhint("Pass null for a value that was not observed.")));
}
