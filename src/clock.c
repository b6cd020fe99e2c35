/*
 * clock.c
 *		The time by which playbooks run: the transaction's, or one that a superuser set.
 */
#include "cs_health.h"

#include "access/xact.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/timestamp.h"

PG_FUNCTION_INFO_V1(csh_now);

static char *simulated_now;

/* Defines the setting; only superusers may change it, for it decides what is due */
void
csh_define_clock(void)
{
	DefineCustomStringVariable("cs_health.now", "Time by which cs_health runs; empty = now().",
							   "For tests and demonstrations.", &simulated_now, "", PGC_SUSET,
							   GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
}

/* The time of the transaction or the one that was set; deliveries keep to the real time */
Datum
csh_now(PG_FUNCTION_ARGS)
{
	if (simulated_now == NULL || simulated_now[0] == '\0')
		PG_RETURN_TIMESTAMPTZ(GetCurrentTransactionStartTimestamp());
	return DirectFunctionCall3(timestamptz_in, CStringGetDatum(simulated_now),
							   ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
}
