/*
 * delivery_queue.c
 *		The worker's transactions: what has ended is written down, and what is due is claimed. No network in here.
 */
#include "delivery.h"

#include "access/htup_details.h"
#include "access/xact.h"
#include "catalog/namespace.h"
#include "catalog/pg_authid.h"
#include "catalog/pg_class.h"
#include "catalog/pg_type.h"
#include "commands/extension.h"
#include "executor/spi.h"
#include "mb/pg_wchar.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"
#include "utils/resowner.h"
#include "utils/snapmgr.h"
#include "utils/syscache.h"
#include "utils/timestamp.h"

/* The worker tells how it does when that is so long ago */
#define TELL_SECONDS 60
/* The whole outbox is looked at when that is so long ago */
#define WHOLE_MS 1000
/* What a lease lasts longer than the longest transfer */
#define MARGIN "15 s"

static int64 sent_since_start;
static int64 failed_since_start;
static TimestampTz started_at;
static TimestampTz told_at;

/* Nothing older was there when the whole outbox was last looked at */
static TimestampTz since;
static TimestampTz whole_at;

static Oid caller;
static int caller_context;

/* With whose rights the tables are used, or nobody's while they or the role are missing */
static Oid
worker_user(void)
{
	Oid schema = get_namespace_oid("cs_health", true);
	Oid table = OidIsValid(schema) ? get_relname_relid("outbox", schema) : InvalidOid;
	Oid owner = InvalidOid;
	HeapTuple tuple;

	if (!OidIsValid(table) || !OidIsValid(get_extension_oid("cs_health", true)))
		return InvalidOid;
	if (csh_worker_role[0] != '\0')
		return get_role_oid(csh_worker_role, true);
	tuple = SearchSysCache1(RELOID, ObjectIdGetDatum(table));
	if (HeapTupleIsValid(tuple))
	{
		owner = ((Form_pg_class) GETSTRUCT(tuple))->relowner;
		ReleaseSysCache(tuple);
	}
	return owner;
}

/*
 * Begins a transaction with the worker's rights only: triggers and functions that others put in the way can neither
 * get the server's own back nor leave something behind that runs with them.
 */
static bool
begin(const char *activity)
{
	Oid user;

	SetCurrentStatementStartTimestamp();
	StartTransactionCommand();
	PushActiveSnapshot(GetTransactionSnapshot());
	user = worker_user();
	if (!OidIsValid(user))
	{
		PopActiveSnapshot();
		CommitTransactionCommand();
		return false;
	}
	pgstat_report_activity(STATE_RUNNING, activity);
	GetUserIdAndSecContext(&caller, &caller_context);
	SetUserIdAndSecContext(user, caller_context | SECURITY_LOCAL_USERID_CHANGE |
									 SECURITY_RESTRICTED_OPERATION);
	SPI_connect();
	return true;
}

static void
commit(void)
{
	SPI_finish();
	SetUserIdAndSecContext(caller, caller_context);
	PopActiveSnapshot();
	CommitTransactionCommand();
	pgstat_report_stat(false);
	pgstat_report_activity(STATE_IDLE, NULL);
}

/* Runs one of our statements, planned once; it gives at least one row */
static void
run(SPIPlanPtr *plan, const char *statement, int count, Oid *types, Datum *values,
	const char *nulls, int wanted)
{
	int result;

	if (*plan == NULL)
	{
		*plan = SPI_prepare(statement, count, types);
		if (*plan == NULL)
			elog(ERROR, "cannot prepare \"%s\": %s", statement, SPI_result_code_string(SPI_result));
		SPI_keepplan(*plan);
	}
	result = SPI_execute_plan(*plan, values, nulls, false, 0);
	if (result != wanted)
		elog(ERROR, "\"%s\" gave %s", statement, SPI_result_code_string(result));
}

/* Writes down how a delivery ended */
static void
record(const Delivery *delivery)
{
	static SPIPlanPtr plan;
	Oid types[] = {TEXTOID, INT4OID, TEXTOID, INT4OID, TEXTOID, INT4OID};
	Datum values[6];
	char nulls[] = "      ";
	bool isnull;

	values[0] = CStringGetTextDatum(delivery->id);
	values[1] = Int32GetDatum(delivery->attempt);
	values[2] = CStringGetTextDatum(delivery->outcome);
	values[3] = Int32GetDatum(delivery->status);
	values[4] = CStringGetTextDatum(delivery->error);
	values[5] = Int32GetDatum(delivery->retry_after);
	nulls[3] = delivery->status == 0 ? 'n' : ' ';
	nulls[4] = delivery->error[0] == '\0' ? 'n' : ' ';
	nulls[5] = delivery->retry_after < 0 ? 'n' : ' ';
	run(&plan,
		"select cs_health.complete_outbox($1::uuid, $2, $3, $4, $5, pg_catalog.make_interval(secs "
		"=> "
		"$6))",
		6, types, values, nulls, SPI_OK_SELECT);
	if (!DatumGetBool(SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull)))
		ereport(LOG, (errmsg("delivery %s had been taken over by somebody else", delivery->id)));
}

/* As record(), but what cannot be recorded is told and left to its lease, so that it holds up nothing else */
static void
record_alone(const Delivery *delivery)
{
	MemoryContext context = CurrentMemoryContext;
	ResourceOwner owner = CurrentResourceOwner;

	BeginInternalSubTransaction(NULL);
	MemoryContextSwitchTo(context);
	PG_TRY();
	{
		record(delivery);
		ReleaseCurrentSubTransaction();
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(context);
		EmitErrorReport();
		FlushErrorState();
		RollbackAndReleaseCurrentSubTransaction();
	}
	PG_END_TRY();
	MemoryContextSwitchTo(context);
	CurrentResourceOwner = owner;
}

/* A column as UTF-8 in the delivery's own memory; null stays null */
static char *
column(Delivery *delivery, HeapTuple row, int number)
{
	char *value = SPI_getvalue(row, SPI_tuptable->tupdesc, number);

	return value ? MemoryContextStrdup(delivery->context,
									   pg_server_to_any(value, (int) strlen(value), PG_UTF8))
				 : NULL;
}

static int
number(HeapTuple row, int column, int otherwise)
{
	bool isnull;
	Datum value = SPI_getbinval(row, SPI_tuptable->tupdesc, column, &isnull);

	return isnull ? otherwise : DatumGetInt32(value);
}

static Delivery *
read_delivery(HeapTuple row, MemoryContext parent)
{
	MemoryContext context = AllocSetContextCreate(parent, "delivery", ALLOCSET_SMALL_SIZES);
	Delivery *delivery = MemoryContextAllocZero(context, sizeof(Delivery));

	delivery->context = context;
	delivery->retry_after = -1;
	delivery->id = column(delivery, row, 1);
	delivery->attempt = number(row, 2, 0);
	delivery->channel_kind = column(delivery, row, 3);
	delivery->kind = column(delivery, row, 4);
	delivery->payload = column(delivery, row, 5);
	delivery->secret = column(delivery, row, 6);
	delivery->host = column(delivery, row, 7);
	delivery->port = number(row, 8, 0);
	delivery->tls = column(delivery, row, 9);
	delivery->from_address = column(delivery, row, 10);
	delivery->from_name = column(delivery, row, 11);
	delivery->unsubscribe = column(delivery, row, 12);
	delivery->timeout_seconds = number(row, 13, 15);
	return delivery;
}

/* Claims up to room messages, in memory of parent */
static int
claim(dlist_head *claimed, int room, MemoryContext parent)
{
	static SPIPlanPtr plan;
	Oid types[] = {INT4OID, INT4OID, TIMESTAMPTZOID};
	Datum values[] = {Int32GetDatum(room), Int32GetDatum(csh_lease_seconds),
					  TimestampTzGetDatum(since)};

	run(&plan,
		"select id, attempt, channel_kind, kind, payload, secret, host, port, tls, from_address, "
		"from_name, unsubscribe, timeout_seconds from cs_health._claim_outbox("
		"cs_health._worker_name(), null, $1, pg_catalog.make_interval(secs => $2), '" MARGIN
		"', $3)",
		3, types, values, NULL, SPI_OK_SELECT);
	for (uint64 i = 0; i < SPI_processed; i++)
		dlist_push_tail(claimed, &read_delivery(SPI_tuptable->vals[i], parent)->node);
	return (int) SPI_processed;
}

/*
 * When the next message is due; every minute the worker tells how it does by the way. Of what was sent, versions stay in
 * the index until VACUUM may take them away, so that every look at it becomes dearer while some transaction stays open.
 * Therefore most of them begin where the oldest message was found; one whose transaction took long is older than that
 * and found by the next look at all of them.
 */
static TimestampTz
next_due(TimestampTz now, bool whole)
{
	static SPIPlanPtr plan;
	Oid types[] = {INT4OID, TIMESTAMPTZOID, INT8OID, INT8OID, TIMESTAMPTZOID};
	Datum values[] = {Int32GetDatum(MyProcPid), TimestampTzGetDatum(started_at),
					  Int64GetDatum(sent_since_start), Int64GetDatum(failed_since_start),
					  TimestampTzGetDatum(whole ? DT_NOBEGIN : since)};
	bool tell = TimestampDifferenceExceeds(told_at, now, TELL_SECONDS * 1000);
	bool isnull;
	Datum due;
	Datum oldest;

	run(&plan, "select * from cs_health._worker_poll($1, $2, $3, $4, $5)", 5, types, values,
		tell ? "     " : "n    ", SPI_OK_SELECT);
	if (tell)
		told_at = now;
	if (whole)
	{
		oldest = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 2, &isnull);
		since = isnull ? now : Min(now, DatumGetTimestampTz(oldest));
		whole_at = now;
	}
	due = SPI_getbinval(SPI_tuptable->vals[0], SPI_tuptable->tupdesc, 1, &isnull);
	return isnull ? DT_NOEND : DatumGetTimestampTz(due);
}

#ifdef CSH_TESTING
static bool has_results;

static void
crash_before_commit(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_PRE_COMMIT && has_results)
		csh_crash(8);
}

static void
crash_in_commit(bool results)
{
	static bool registered;

	if (!registered)
		RegisterXactCallback(crash_before_commit, NULL);
	registered = true;
	has_results = results;
}
#else
#define crash_in_commit(results) ((void) 0)
#endif

/*
 * Records, claims and asks when to come back. ask_first: the claim can be spared when nothing is due; carefully: the
 * turn before failed, so each result is recorded on its own
 */
Turn
csh_queue_turn(dlist_head *ended, dlist_head *claimed, int room, bool ask_first, bool carefully)
{
	Turn turn = {.due = DT_NOBEGIN};
	TimestampTz now = GetCurrentTimestamp();
	int sent = 0;
	int failed = 0;
	MemoryContext parent = CurrentMemoryContext;
	dlist_iter iter;

	if (!begin("delivers"))
		return turn;
	turn.installed = true;
	if (started_at == 0)
		started_at = now;
	dlist_foreach (iter, ended)
	{
		const Delivery *delivery = dlist_container(Delivery, node, iter.cur);

		if (carefully)
			record_alone(delivery);
		else
			record(delivery);
		if (strcmp(delivery->outcome, "sent") == 0)
			sent++;
		else
			failed++;
	}
	turn.whole = now < whole_at || TimestampDifferenceExceeds(whole_at, now, WHOLE_MS);
	if (ask_first || turn.whole)
		turn.due = next_due(now, turn.whole);
	if (room > 0 && turn.due <= now)
	{
		turn.claimed = claim(claimed, room, parent);
		if (turn.claimed == 0 && turn.due == DT_NOBEGIN)
			turn.due = next_due(now, false);
	}
	if (turn.claimed > 0)
		csh_crash(2);
	crash_in_commit(sent + failed > 0);
	commit();
	sent_since_start += sent;
	failed_since_start += failed;
	if (turn.claimed > 0)
		csh_crash(3);
	return turn;
}

/* Gives back what the worker before had claimed: there is only one for a database, and it is gone */
void
csh_release_leases(void)
{
	static SPIPlanPtr plan;

	if (!begin("takes up what was left"))
		return;
	run(&plan, "select cs_health._release_leases()", 0, NULL, NULL, NULL, SPI_OK_SELECT);
	commit();
}
