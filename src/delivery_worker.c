/*
 * delivery_worker.c
 *		The background worker that sends what is in the outbox: one for each database in cs_health.databases.
 */
#include "delivery.h"

#include "access/xact.h"
#include "commands/dbcommands.h"
#include "miscadmin.h"
#include "pgstat.h"
#include "postmaster/bgworker.h"
#include "postmaster/interrupt.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "tcop/tcopprot.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timestamp.h"
#include "utils/varlena.h"

/* Transfers at the same time, of all channels together */
#define CAPACITY 256
/* How soon a commit is noticed while others are in flight; an interrupt too */
#define SLICE_MS 25
/* Between two claims of which the first found nothing although something was due */
#define CONTENDED_MS 200
/* How often it is looked whether a database that was missing is there */
#define MISSING_MS 2000
/* Until the next look at the whole outbox */
#define LOOK_MS 1100
/* Before a database that is there and cannot be reached is tried again */
#define UNREACHABLE_MS 60000
#define ERROR_MS_MAX 60000
/* Between turns that found nothing, however many transactions commit meanwhile */
#define GAP_MS 5
/* 7.85.0, the first with CURLOPT_PROTOCOLS_STR; what runs may be older than what was built with */
#define LIBCURL_OLDEST 0x075500

PGDLLEXPORT void csh_delivery_main(Datum slot);

static MemoryContext deliveries;
static dlist_head ended = DLIST_STATIC_INIT(ended);

/* The names in cs_health.databases, each once */
static List *
database_names(void)
{
	List *names = NIL;
	List *unique = NIL;
	ListCell *cell;

	if (!SplitIdentifierString(pstrdup(csh_databases), ',', &names))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("invalid list syntax in parameter \"cs_health.databases\"")));
	foreach (cell, names)
	{
		ListCell *other;
		bool known = false;

		foreach (other, unique)
			known = known || strcmp(lfirst(other), lfirst(cell)) == 0;
		if (!known)
			unique = lappend(unique, lfirst(cell));
	}
	return unique;
}

/* In the postmaster: registers the workers. A worker that ends is started again after a second */
void
csh_register_workers(void)
{
	BackgroundWorker worker = {0};
	int count;

	if (!process_shared_preload_libraries_in_progress || IsBinaryUpgrade)
		return;
	count = list_length(database_names());
	if (count == 0)
		return;
	if (curl_version_info(CURLVERSION_NOW)->version_num < LIBCURL_OLDEST)
	{
		ereport(WARNING, (errmsg("cs_health delivers nothing: libcurl %s is too old",
								 curl_version_info(CURLVERSION_NOW)->version),
						  errhint("Install libcurl 7.85.0 or newer and restart, or empty "
								  "\"cs_health.databases\".")));
		return;
	}
	csh_request_wake_memory(count);
	worker.bgw_flags = BGWORKER_SHMEM_ACCESS | BGWORKER_BACKEND_DATABASE_CONNECTION;
	worker.bgw_start_time = BgWorkerStart_RecoveryFinished;
	worker.bgw_restart_time = 1;
	strlcpy(worker.bgw_library_name, "cs_health", BGW_MAXLEN);
	strlcpy(worker.bgw_function_name, "csh_delivery_main", BGW_MAXLEN);
	strlcpy(worker.bgw_type, "cs_health delivery", BGW_MAXLEN);
	for (int i = 0; i < count; i++)
	{
		snprintf(worker.bgw_name, BGW_MAXLEN, "cs_health delivery to %d", i + 1);
		worker.bgw_main_arg = Int32GetDatum(i);
		RegisterBackgroundWorker(&worker);
	}
}

/* Waits for the latch without anything in flight */
static void
rest(long milliseconds)
{
	(void) WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, milliseconds,
					 PG_WAIT_EXTENSION);
	CHECK_FOR_INTERRUPTS();
}

/* The whole time, however often the latch is set */
static void
sleep_for(long milliseconds)
{
	TimestampTz until = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), milliseconds);

	for (long left = milliseconds; left > 0;
		 left = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), until))
	{
		rest(left);
		ResetLatch(MyLatch);
	}
}

static void
reload_settings(void)
{
	if (!ConfigReloadPending)
		return;
	ConfigReloadPending = false;
	ProcessConfigFile(PGC_SIGHUP);
}

/* Waits until a database is there and ends, since who waits is in none and cannot enter one any more */
static void
wait_for_database(const char *name, int slot, int failures)
{
	bool found = false;

	if (failures > 1)
		sleep_for(UNREACHABLE_MS);
	BackgroundWorkerInitializeConnection(NULL, NULL, 0);
	while (!found)
	{
		sleep_for(MISSING_MS);
		StartTransactionCommand();
		found = OidIsValid(get_database_oid(name, true));
		CommitTransactionCommand();
	}
	csh_worker_found_database(slot);
	proc_exit(1);
}

/* Connects to the slot's database; a role may bring settings of its own, these are ours */
static void
connect_to_database(int slot)
{
	char *name = list_nth(database_names(), slot);
	int failures = csh_worker_enter(slot);

	pqsignal(SIGTERM, die);
	pqsignal(SIGHUP, SignalHandlerForConfigReload);
	BackgroundWorkerUnblockSignals();
	if (failures > 0)
		wait_for_database(name, slot, failures);
	BackgroundWorkerInitializeConnection(name, NULL, 0);
	csh_worker_connected(slot);
	pgstat_report_appname("cs_health delivery " CS_HEALTH_VERSION);
	SetConfigOption("lock_timeout", "2000", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_isolation", "read committed", PGC_SUSET, PGC_S_OVERRIDE);
	SetConfigOption("default_transaction_read_only", "off", PGC_SUSET, PGC_S_OVERRIDE);
}

/* What ends a transaction with an error is told, and the worker goes on */
static void
recover_from_error(MemoryContext context)
{
	MemoryContextSwitchTo(context);
	HOLD_INTERRUPTS();
	EmitErrorReport();
	AbortOutOfAnyTransaction();
	FlushErrorState();
	RESUME_INTERRUPTS();
	pgstat_report_activity(STATE_IDLE, NULL);
}

static void
start_all(dlist_head *claimed)
{
	while (!dlist_is_empty(claimed))
		csh_send_start(dlist_container(Delivery, node, dlist_pop_head_node(claimed)));
}

static void
free_all(dlist_head *list)
{
	while (!dlist_is_empty(list))
		csh_delivery_free(dlist_container(Delivery, node, dlist_pop_head_node(list)));
}

/* One transaction with the queue. After an error what has ended stays to be recorded, by itself the next time */
static bool
take_turn(Turn *turn)
{
	dlist_head claimed = DLIST_STATIC_INIT(claimed);
	static bool failed;
	volatile bool good = false;
	volatile bool carefully = failed && !dlist_is_empty(&ended);
	bool idle = dlist_is_empty(&ended) && csh_in_flight() == 0;
	int room = carefully ? 0 : CAPACITY - csh_in_flight();

	PG_TRY();
	{
		*turn = csh_queue_turn(&ended, &claimed, room, idle, carefully);
		good = true;
	}
	PG_CATCH();
	{
		recover_from_error(deliveries);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(deliveries);
	failed = !good;
	if (!good)
	{
		free_all(&claimed);
		return false;
	}
	free_all(&ended);
	start_all(&claimed);
	return true;
}

static void
release_leases(void)
{
	PG_TRY();
	{
		csh_release_leases();
	}
	PG_CATCH();
	{
		recover_from_error(deliveries);
	}
	PG_END_TRY();
	MemoryContextSwitchTo(deliveries);
}

/* Says once, not every few seconds, that there is nothing to do and why */
static void
tell_presence(bool installed)
{
	static bool absent;

	if (absent == installed)
		ereport(LOG,
				(installed
					 ? errmsg("cs_health delivers")
					 : errmsg("cs_health delivers nothing: its tables or cs_health.worker_role "
							  "are missing")));
	absent = !installed;
}

/* How long until the next turn; soon, when this one did not look at everything */
static long
pause_after(const Turn *turn, TimestampTz now)
{
	long longest = turn->installed && !turn->whole ? LOOK_MS : 1000L * csh_poll_seconds;

	if (!turn->installed)
		return longest;
	if (turn->claimed > 0)
		return 0;
	if (turn->due <= now)
		return CONTENDED_MS;
	return turn->due == DT_NOEND
			   ? longest
			   : Min(longest, TimestampDifferenceMilliseconds(now, turn->due) + 1);
}

/* Waits for a commit, the time, or the progress of what is in flight */
static void
wait_until(TimestampTz time)
{
	long milliseconds = TimestampDifferenceMilliseconds(GetCurrentTimestamp(), time);

	if (csh_in_flight() > 0)
		csh_send_wait((int) Min(SLICE_MS, milliseconds));
	else
		rest(milliseconds);
}

/* Whether a transaction has announced messages since the last time */
static bool
is_woken(void)
{
	int events =
		WaitLatch(MyLatch, WL_LATCH_SET | WL_TIMEOUT | WL_EXIT_ON_PM_DEATH, 0, PG_WAIT_EXTENSION);

	if (events & WL_LATCH_SET)
		ResetLatch(MyLatch);
	return (events & WL_LATCH_SET) != 0;
}

/* Sends for ever */
static void
deliver(void)
{
	TimestampTz next = 0;
	TimestampTz not_before = 0;
	long error_ms = 500;

	for (;;)
	{
		bool has_ended;
		TimestampTz now;
		TimestampTz wake;
		Turn turn;

		CHECK_FOR_INTERRUPTS();
		reload_settings();
		has_ended = csh_send_go_on(&ended);
		now = GetCurrentTimestamp();
		wake = has_ended ? not_before : Max(next, not_before);
		if (now < wake)
			wait_until(Min(wake, TimestampTzPlusMilliseconds(now, 1000L * csh_poll_seconds)));
		if (is_woken())
			next = now;
		now = GetCurrentTimestamp();
		/* the clock may have been set back */
		next = Min(next, TimestampTzPlusMilliseconds(now, 1000L * csh_poll_seconds));
		not_before = Min(not_before, TimestampTzPlusMilliseconds(now, ERROR_MS_MAX));
		if (now < not_before || (!has_ended && now < next))
		{
			next = Max(next, not_before);
			continue;
		}
		if (take_turn(&turn))
		{
			tell_presence(turn.installed);
			next = TimestampTzPlusMilliseconds(now, pause_after(&turn, now));
			not_before = turn.claimed > 0 ? 0 : TimestampTzPlusMilliseconds(now, GAP_MS);
			error_ms = 500;
		}
		else
		{
			error_ms = Min(2 * error_ms, ERROR_MS_MAX);
			next = not_before = TimestampTzPlusMilliseconds(GetCurrentTimestamp(), error_ms);
		}
	}
}

/* Where a worker begins */
void
csh_delivery_main(Datum slot)
{
	connect_to_database(DatumGetInt32(slot));
	deliveries =
		AllocSetContextCreate(TopMemoryContext, "cs_health deliveries", ALLOCSET_DEFAULT_SIZES);
	MemoryContextSwitchTo(deliveries);
	csh_send_init();
	release_leases();
	deliver();
}
