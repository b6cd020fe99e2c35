/*
 * own_tenants.c
 *		The CSM who asks and that CSM's tenants, looked up once for all policies of a statement.
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

#if PG_VERSION_NUM >= 170000
#define CSH_LOCAL_TRANSACTION MyProc->vxid.lxid
#else
#define CSH_LOCAL_TRANSACTION MyProc->lxid
#endif

PG_FUNCTION_INFO_V1(csh_own_csms);
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

/* An answer that is kept as long as nothing it depends on has changed */
typedef struct Answer
{
	const char *query; /* of one row and column, run under the policies of whoever asks */
	SPIPlanPtr plan;
	MemoryContext memory;
	bool known;
	Asked asked;
	Datum value;
	bool isnull;
} Answer;

static void
look_up(Answer *answer)
{
	MemoryContext before;
	Datum value;

	SPI_connect();
	if (answer->plan == NULL)
	{
		SPIPlanPtr plan = SPI_prepare(answer->query, 0, NULL);

		if (plan == NULL)
			elog(ERROR, "own tenants cannot be looked up: %s", SPI_result_code_string(SPI_result));
		SPI_keepplan(plan);
		answer->plan = plan;
	}
	if (SPI_execute_plan(answer->plan, NULL, NULL, true, 1) != SPI_OK_SELECT || SPI_processed != 1)
		elog(ERROR, "own tenants cannot be looked up");
	value = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &answer->isnull);
	if (!answer->isnull)
	{
		before = MemoryContextSwitchTo(answer->memory);
		answer->value = datumCopy(value, false, -1);
		MemoryContextSwitchTo(before);
	}
	SPI_finish();
}

static Datum
ask(FunctionCallInfo fcinfo, Answer *answer)
{
	Snapshot snapshot = GetActiveSnapshot();
	Asked asked = {.transaction = CSH_LOCAL_TRANSACTION,
				   .subtransaction = GetCurrentSubTransactionId(),
				   .command = snapshot->curcid,
				   .xmin = snapshot->xmin,
				   .xmax = snapshot->xmax,
				   .running = snapshot->xcnt,
				   .running_parts = snapshot->subxcnt,
				   .role = GetUserId(),
				   .claims = setting("request.jwt.claims"),
				   .now = setting("cs_health.now")};

	if (answer->memory == NULL)
		answer->memory =
			AllocSetContextCreate(TopMemoryContext, "cs_health own tenants", ALLOCSET_SMALL_SIZES);
	if (!answer->known || !same(&answer->asked, &asked))
	{
		answer->known = false; /* until it is whole */
		MemoryContextReset(answer->memory);
		look_up(answer);
		asked.claims = MemoryContextStrdup(answer->memory, asked.claims);
		asked.now = MemoryContextStrdup(answer->memory, asked.now);
		answer->asked = asked;
		answer->known = true;
	}
	if (answer->isnull)
		PG_RETURN_NULL();
	PG_RETURN_DATUM(datumCopy(answer->value, false, -1));
}

/* What _current_csms() says */
Datum
csh_own_csms(PG_FUNCTION_ARGS)
{
	static Answer csms = {.query = "select cs_health._current_csms()"};

	return ask(fcinfo, &csms);
}

/* The ids of the tenants whose CSM is one of them, in their order */
Datum
csh_own_tenants(PG_FUNCTION_ARGS)
{
	static Answer tenants = {
		.query =
			"select array(select t.id from cs_health.tenant as t where t.csm "
			"operator(pg_catalog.=) any ((select cs_health.current_csms())::pg_catalog.text[]) "
			"order by t.id)"};

	return ask(fcinfo, &tenants);
}
