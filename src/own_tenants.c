/*
 * own_tenants.c
 *		The tenants of the CSM who asks, looked up once for all policies of a statement.
 */
#include "cs_health.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "executor/spi.h"
#include "miscadmin.h"
#include "storage/proc.h"
#include "utils/datum.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(csh_own_tenants);

/*
 * All that the answer depends on: what the snapshot shows, who asks, and the time that a superuser set. Of one
 * transaction, snapshots with the same bounds and as many transactions in progress between them show the same, for
 * none begins there.
 */
typedef struct Asked
{
	LocalTransactionId transaction;
	SubTransactionId subtransaction;
	CommandId command;
	TransactionId xmin;
	TransactionId xmax;
	uint32 running;
	int32 running_parts;
	Oid role;
	const char *claims;
	const char *now;
} Asked;

static const char *
setting(const char *name)
{
	const char *value = GetConfigOption(name, true, false);

	return value == NULL ? "" : value;
}

static bool
same(const Asked *a, const Asked *b)
{
	return a->transaction == b->transaction && a->subtransaction == b->subtransaction &&
		   a->command == b->command && a->xmin == b->xmin && a->xmax == b->xmax &&
		   a->running == b->running && a->running_parts == b->running_parts && a->role == b->role &&
		   strcmp(a->claims, b->claims) == 0 && strcmp(a->now, b->now) == 0;
}

/* Looks them up under the policies of whoever asks, in the order of their ids, in the caller's memory */
static Datum
look_up(MemoryContext memory)
{
	static SPIPlanPtr plan;
	MemoryContext before;
	Datum tenants;
	bool isnull;

	SPI_connect();
	if (plan == NULL)
	{
		plan = SPI_prepare(
			"select array(select t.id from cs_health.tenant as t where t.csm "
			"operator(pg_catalog.=) any ((select cs_health.current_csms())::pg_catalog.text[]) "
			"order by t.id)",
			0, NULL);
		if (plan == NULL)
			elog(ERROR, "tenants cannot be looked up: %s", SPI_result_code_string(SPI_result));
		SPI_keepplan(plan);
	}
	if (SPI_execute_plan(plan, NULL, NULL, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "tenants cannot be looked up");
	tenants = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	before = MemoryContextSwitchTo(memory);
	tenants = datumCopy(tenants, false, -1);
	MemoryContextSwitchTo(before);
	SPI_finish();
	return tenants;
}

/* The ids of the tenants whose CSM is one of current_csms() */
Datum
csh_own_tenants(PG_FUNCTION_ARGS)
{
	static MemoryContext memory;
	static Asked known;
	static Datum tenants;
	Snapshot snapshot = GetActiveSnapshot();
	Asked asked = {.transaction = MyProc->lxid,
				   .subtransaction = GetCurrentSubTransactionId(),
				   .command = snapshot->curcid,
				   .xmin = snapshot->xmin,
				   .xmax = snapshot->xmax,
				   .running = snapshot->xcnt,
				   .running_parts = snapshot->subxcnt,
				   .role = GetUserId(),
				   .claims = setting("request.jwt.claims"),
				   .now = setting("cs_health.now")};

	if (memory == NULL)
		memory = AllocSetContextCreate(TopMemoryContext, "cs_health own tenants",
									   ALLOCSET_DEFAULT_SIZES);
	if (known.claims == NULL || !same(&known, &asked))
	{
		known.claims = NULL; /* until it is whole */
		MemoryContextReset(memory);
		tenants = look_up(memory);
		asked.claims = MemoryContextStrdup(memory, asked.claims);
		asked.now = MemoryContextStrdup(memory, asked.now);
		known = asked;
	}
	PG_RETURN_DATUM(datumCopy(tenants, false, -1));
}
