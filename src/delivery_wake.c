/*
 * delivery_wake.c
 *		How a transaction that wrote messages wakes the worker of its database.
 */
#include "delivery.h"

#include "access/xact.h"
#include "miscadmin.h"
#include "storage/ipc.h"
#include "storage/latch.h"
#include "storage/lwlock.h"
#include "storage/proc.h"
#include "storage/shmem.h"

PG_FUNCTION_INFO_V1(csh_wake_worker);

/* Shared memory: plain numbers only, each written by the slot's worker alone */
typedef struct WorkerSlot
{
	volatile Oid database; /* 0 = no worker */
	volatile int proc;     /* index into ProcGlobal->allProcs */
	volatile int failures; /* workers in a row that did not get as far as their database */
	volatile bool found;   /* since the last of them, somebody saw that it is there */
} WorkerSlot;

static WorkerSlot *slots; /* null when the library was not preloaded */
static int slot_count;
static bool wake_at_commit;
static shmem_request_hook_type previous_request;
static shmem_startup_hook_type previous_startup;

static void
request(void)
{
	if (previous_request)
		previous_request();
	RequestAddinShmemSpace(mul_size(sizeof(WorkerSlot), slot_count));
}

static void
startup(void)
{
	bool found;

	if (previous_startup)
		previous_startup();
	LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
	slots = ShmemInitStruct("cs_health workers", mul_size(sizeof(WorkerSlot), slot_count), &found);
	if (!found)
		memset(slots, 0, mul_size(sizeof(WorkerSlot), slot_count));
	LWLockRelease(AddinShmemInitLock);
}

/* In the postmaster: one slot for each database with a worker */
void
csh_request_wake_memory(int databases)
{
	slot_count = databases;
	previous_request = shmem_request_hook;
	shmem_request_hook = request;
	previous_startup = shmem_startup_hook;
	shmem_startup_hook = startup;
}

static void
leave(int code, Datum slot)
{
	slots[DatumGetInt32(slot)].database = InvalidOid;
}

/* The worker begins; how many before it could not reach the database, 0 when it had better try now */
int
csh_worker_enter(int slot)
{
	int failures = slots[slot].found ? 0 : slots[slot].failures;

	if (failures == 0)
		slots[slot].failures++;
	slots[slot].found = false;
	return failures;
}

/* The database has appeared: the next worker shall try */
void
csh_worker_found_database(int slot)
{
	slots[slot].found = true;
}

/* The worker is in its database and wants to be woken */
void
csh_worker_connected(int slot)
{
	slots[slot].failures = 0;
	slots[slot].proc = (int) (MyProc - ProcGlobal->allProcs);
	pg_write_barrier();
	slots[slot].database = MyDatabaseId;
	before_shmem_exit(leave, Int32GetDatum(slot));
}

/* A process that took over a dead worker's place is woken for nothing, which every process has to stand */
static void
wake(void)
{
	for (int i = 0; i < slot_count; i++)
		if (slots[i].database == MyDatabaseId)
		{
			pg_read_barrier();
			SetLatch(&ProcGlobal->allProcs[slots[i].proc].procLatch);
		}
}

static void
at_end_of_transaction(XactEvent event, void *arg)
{
	if (event == XACT_EVENT_COMMIT && wake_at_commit)
		wake();
	if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT || event == XACT_EVENT_PREPARE)
		wake_at_commit = false;
}

/* Wakes the worker of this database once the transaction commits; without a worker nothing happens */
Datum
csh_wake_worker(PG_FUNCTION_ARGS)
{
	static bool registered;

	csh_crash(1);
	if (slots == NULL)
		PG_RETURN_VOID();
	if (!registered)
		RegisterXactCallback(at_end_of_transaction, NULL);
	registered = true;
	wake_at_commit = true;
	PG_RETURN_VOID();
}
