/*
 * scored_day.c
 *		Tells the planner which day is the scored one, so that it need not look at the partitions of all other months.
 */
#include "cs_health.h"

#include "access/xact.h"
#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "executor/spi.h"
#include "nodes/makefuncs.h"
#include "nodes/pathnodes.h"
#include "nodes/supportnodes.h"
#include "utils/date.h"
#include "utils/inval.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"

PG_FUNCTION_INFO_V1(csh_latest_scored_day_support);
PG_FUNCTION_INFO_V1(csh_scored_day_changes);

/* The newest finished day that a snapshot shows to whoever asks; -infinity where there is none */
static DateADT
scored_day(SPIPlanPtr plan, Snapshot snapshot, Oid *relation)
{
	bool isnull;

	if (SPI_execute_snapshot(plan, NULL, NULL, snapshot, InvalidSnapshot, true, false, 1) !=
			SPI_OK_SELECT ||
		SPI_processed != 1)
		elog(ERROR, "the scored day cannot be looked up");
	*relation =
		DatumGetObjectId(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull));
	return DatumGetDateADT(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull));
}

/*
 * The scored day for a plan that may be kept: false while it is changing under the statement, which sees an older one
 * than others do. Any change after that invalidates the plan, see csh_scored_day_changes().
 */
static bool
settled_day(DateADT *day, Oid *relation)
{
	static SPIPlanPtr plan;
	Snapshot latest;
	bool settled;

	SPI_connect();
	if (plan == NULL)
	{
		plan = SPI_prepare("select coalesce(pg_catalog.max(r.as_of), '-infinity'), "
						   "'cs_health.run'::pg_catalog.regclass::pg_catalog.oid "
						   "from cs_health.run as r where r.finished_at is not null",
						   0, NULL);
		if (plan == NULL)
			elog(ERROR, "the scored day cannot be looked up: %s",
				 SPI_result_code_string(SPI_result));
		SPI_keepplan(plan);
	}
	*day = scored_day(plan, GetActiveSnapshot(), relation);
	latest = RegisterSnapshot(GetLatestSnapshot());
	settled = *day == scored_day(plan, latest, relation);
	UnregisterSnapshot(latest);
	SPI_finish();
	return settled;
}

/* Puts the day in place of the call, which looks it up when the plan is run where that cannot be */
Datum
csh_latest_scored_day_support(PG_FUNCTION_ARGS)
{
	SupportRequestSimplify *call = (SupportRequestSimplify *) PG_GETARG_POINTER(0);
	DateADT day;
	Oid relation;

	/* A latest snapshot is not to be had while workers run */
	if (!IsA(call, SupportRequestSimplify) || call->root == NULL || !ActiveSnapshotSet() ||
		IsInParallelMode() || !settled_day(&day, &relation))
		PG_RETURN_POINTER(NULL);
	call->root->glob->relationOids =
		list_append_unique_oid(call->root->glob->relationOids, relation);
	PG_RETURN_POINTER(
		makeConst(DATEOID, -1, InvalidOid, sizeof(DateADT), DateADTGetDatum(day), false, true));
}

/* When the scored day may be another, no session keeps its plans */
Datum
csh_scored_day_changes(PG_FUNCTION_ARGS)
{
	if (!CALLED_AS_TRIGGER(fcinfo))
		ereport(ERROR, (errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
						errmsg("_scored_day_changes() is a trigger")));
	CacheInvalidateRelcache(((TriggerData *) fcinfo->context)->tg_relation);
	PG_RETURN_POINTER(NULL);
}
