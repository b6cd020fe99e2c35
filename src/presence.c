/*
 * presence.c
 *		SQL functions and aggregates over packs of activity.
 */
#include "cs_health.h"

#include <math.h>

#include "measures.h"
#include "presence.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/date.h"

PG_FUNCTION_INFO_V1(csh_presence_add);
PG_FUNCTION_INFO_V1(csh_presence_agg_step);
PG_FUNCTION_INFO_V1(csh_presence_agg_combine);
PG_FUNCTION_INFO_V1(csh_presence_agg_final);
PG_FUNCTION_INFO_V1(csh_presence_merge);
PG_FUNCTION_INFO_V1(csh_presence_segments);
PG_FUNCTION_INFO_V1(csh_presence_forget);
PG_FUNCTION_INFO_V1(csh_presence_size);
PG_FUNCTION_INFO_V1(csh_presence_stats);
PG_FUNCTION_INFO_V1(csh_presence_measures);
PG_FUNCTION_INFO_V1(csh_presence_measures_step);
PG_FUNCTION_INFO_V1(csh_presence_measures_combine);
PG_FUNCTION_INFO_V1(csh_presence_measures_final);

/*
 * State of presence_agg: observations that wait, then the pack made of earlier ones. It is a bytea, so that
 * Citus can ship it between nodes, and it is changed in place while it belongs to the aggregate.
 */
typedef struct BuildState
{
	int32 vl_len_;
	uint32 magic;
	uint32 capacity; /* observations there is room for */
	uint32 used;
	uint32 base_length; /* bytes of the pack that follows them */
	uint32 unused;
	Observation waiting[FLEXIBLE_ARRAY_MEMBER];
} BuildState;

#define BUILD_MAGIC 0x43534831
#define FIRST_CAPACITY 16
#define LARGE_CAPACITY                                                                             \
	64 /* from here on, waiting rows are packed, which takes a tenth of their room */

/* State of presence_measures_agg: the statistics of the segments so far, the day and the plan's features */
#define STATS_DAY PRESENCE_STATS_FIELDS
#define STATS_AVAILABLE (PRESENCE_STATS_FIELDS + 1)
#define STATS_LENGTH (PRESENCE_STATS_FIELDS + 2)

static void
open_pack(bytea *bytes, Pack *pack)
{
	CshError error;

	if (!csh_pack_open((const uint8_t *) VARDATA_ANY(bytes), VARSIZE_ANY_EXHDR(bytes), pack,
					   &error))
		csh_report(ERRCODE_INVALID_BINARY_REPRESENTATION, &error);
}

/* A buffer for a pack of so many bytes */
static bytea *
new_pack(size_t bound)
{
	if (!AllocSizeIsValid(VARHDRSZ + bound))
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("activity pack of %zu bytes does not fit into a value", bound),
						errhint("Cut it with presence_segments(), as folding does.")));
	return palloc(VARHDRSZ + bound);
}

static uint8_t *
pack_bytes(bytea *pack)
{
	return (uint8_t *) VARDATA(pack);
}

/* A date as the pack counts days, refused where two bytes do not reach */
static int
pack_day(DateADT day, const char *name)
{
	if (DATE_NOT_FINITE(day) || day < 0 || day >= PG_UINT16_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_DATETIME_VALUE_OUT_OF_RANGE),
				 errmsg("%s must be from 2000-01-01 to 2179-06-05, not %s", name,
						DatumGetCString(DirectFunctionCall1(date_out, DateADTGetDatum(day))))));
	return day + 1;
}

/* A counter in the units of its ring, `units` of which make one: not negative, at most what four bytes hold */
static uint32_t
counter(double value, int units, const char *name)
{
	csh_check_range(value, 0, PG_UINT32_MAX / units, name);
	return (uint32_t) rint(value * units);
}

/* Reads (user_key, feature_key, day, logins, minutes, events) from the arguments that begin at `first` */
static Observation
observation_args(FunctionCallInfo fcinfo, int first)
{
	Observation seen = {0};

	if (PG_ARGISNULL(first + 2))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("day must not be null"),
						errhint("Pass the day on which it was seen.")));
	seen.day = (uint16_t) pack_day(PG_GETARG_DATEADT(first + 2), "day");
	seen.has_user = !PG_ARGISNULL(first);
	seen.has_feature = !PG_ARGISNULL(first + 1);
	if (seen.has_user)
		seen.user = (uint64_t) PG_GETARG_INT64(first);
	if (seen.has_feature)
		seen.feature = (uint64_t) PG_GETARG_INT64(first + 1);
	if (!PG_ARGISNULL(first + 3))
		seen.count[RING_LOGINS] = counter(PG_GETARG_INT32(first + 3), 1, "logins");
	if (!PG_ARGISNULL(first + 4))
		seen.count[RING_MINUTES] = counter(PG_GETARG_FLOAT8(first + 4), 10, "minutes");
	if (!PG_ARGISNULL(first + 5))
		seen.count[RING_EVENTS] = counter(PG_GETARG_INT32(first + 5), 1, "events");
	return seen;
}

/* Joins two packs into a new value */
static bytea *
merge_packs(bytea *a, bytea *b)
{
	Pack pack_a;
	Pack pack_b;
	bytea *out;

	open_pack(a, &pack_a);
	open_pack(b, &pack_b);
	out = new_pack(csh_pack_merge_bound(&pack_a, &pack_b));
	SET_VARSIZE(out, VARHDRSZ + csh_pack_merge(&pack_a, &pack_b, pack_bytes(out)));
	return out;
}

static bytea *
build_pack(Observation *seen, size_t n)
{
	bytea *out = new_pack(csh_pack_build_bound(n));

	SET_VARSIZE(out, VARHDRSZ + csh_pack_build(seen, n, pack_bytes(out)));
	return out;
}

/* Adds one observation to a pack; a null pack is an empty one */
Datum
csh_presence_add(PG_FUNCTION_ARGS)
{
	Observation seen = observation_args(fcinfo, 1);
	bytea *one = build_pack(&seen, 1);

	PG_RETURN_BYTEA_P(PG_ARGISNULL(0) ? one : merge_packs(PG_GETARG_BYTEA_PP(0), one));
}

static void
require_aggregate(FunctionCallInfo fcinfo)
{
	if (!AggCheckCallContext(fcinfo, NULL))
		ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
						errmsg("this function works only inside its aggregate"),
						errhint("Call the aggregate instead.")));
}

static Size
build_state_size(uint32 capacity, uint32 base_length)
{
	return offsetof(BuildState, waiting) + capacity * sizeof(Observation) + base_length;
}

static uint8_t *
build_state_base(BuildState *state)
{
	return (uint8_t *) &state->waiting[state->capacity];
}

/* A state of the given capacity around an optional pack */
static BuildState *
new_build_state(uint32 capacity, bytea *base)
{
	uint32 base_length = base != NULL ? VARSIZE_ANY_EXHDR(base) : 0;
	Size size = build_state_size(capacity, base_length);
	BuildState *state;

	if (!AllocSizeIsValid(size))
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("state of presence_agg of %zu bytes does not fit into a value", size),
				 errhint("Aggregate fewer users at a time.")));
	state = palloc(size);

	memset(state, 0, offsetof(BuildState, waiting));
	SET_VARSIZE(state, size);
	state->magic = BUILD_MAGIC;
	state->capacity = capacity;
	state->base_length = base_length;
	if (base != NULL)
		memcpy(build_state_base(state), VARDATA_ANY(base), base_length);
	return state;
}

/* A state that may have come from another process or node is checked before any of it is believed */
static BuildState *
check_build_state(BuildState *state)
{
	if (VARSIZE(state) < offsetof(BuildState, waiting) || state->magic != BUILD_MAGIC ||
		state->used > state->capacity || state->capacity > MaxAllocSize / sizeof(Observation) ||
		VARSIZE(state) != build_state_size(state->capacity, state->base_length))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
				 errmsg("state of presence_agg is corrupt"),
				 errhint("All nodes must run the same version on the same kind of machine.")));
	return state;
}

/* The aggregate's own state, which may be changed in place */
static BuildState *
own_build_state(FunctionCallInfo fcinfo)
{
	return check_build_state((BuildState *) PG_GETARG_BYTEA_P(0));
}

/* A copy of a state: packing sorts it, and inside a tuple it would not be aligned for its numbers */
static BuildState *
copy_build_state(FunctionCallInfo fcinfo, int arg)
{
	return check_build_state((BuildState *) PG_GETARG_BYTEA_P_COPY(arg));
}

/* The pack of everything a state has seen, or null */
static bytea *
build_state_pack(BuildState *state)
{
	bytea *base = NULL;
	bytea *recent;

	if (state->base_length > 0)
	{
		base = new_pack(state->base_length);
		SET_VARSIZE(base, VARHDRSZ + state->base_length);
		memcpy(VARDATA(base), build_state_base(state), state->base_length);
	}
	if (state->used == 0)
		return base;
	recent = build_pack(state->waiting, state->used);
	return base == NULL ? recent : merge_packs(base, recent);
}

/* A state with room for one more: doubled while small, packed and given a fresh list when large */
static BuildState *
make_room(BuildState *state)
{
	BuildState *larger;
	bytea *base;

	if (state->capacity < LARGE_CAPACITY && state->base_length == 0)
	{
		larger = new_build_state(Max(2 * state->capacity, FIRST_CAPACITY), NULL);
		larger->used = state->used;
		memcpy(larger->waiting, state->waiting, state->used * sizeof(Observation));
		return larger;
	}
	base = build_state_pack(state);
	return new_build_state(Max(VARSIZE(base) / (2 * sizeof(Observation)), LARGE_CAPACITY), base);
}

/* Takes one row into the state of presence_agg */
Datum
csh_presence_agg_step(PG_FUNCTION_ARGS)
{
	BuildState *state;
	Observation seen = observation_args(fcinfo, 1);

	require_aggregate(fcinfo);
	state = PG_ARGISNULL(0) ? new_build_state(FIRST_CAPACITY, NULL) : own_build_state(fcinfo);
	if (state->used == state->capacity)
		state = make_room(state);
	state->waiting[state->used++] = seen;
	PG_RETURN_POINTER(state);
}

/* Joins two partial states of presence_agg */
Datum
csh_presence_agg_combine(PG_FUNCTION_ARGS)
{
	bytea *a;
	bytea *b;

	require_aggregate(fcinfo);
	if (PG_ARGISNULL(0) && PG_ARGISNULL(1))
		PG_RETURN_NULL();
	a = PG_ARGISNULL(0) ? NULL : build_state_pack(copy_build_state(fcinfo, 0));
	b = PG_ARGISNULL(1) ? NULL : build_state_pack(copy_build_state(fcinfo, 1));
	if (a == NULL || b == NULL)
		PG_RETURN_POINTER(new_build_state(0, a == NULL ? b : a));
	PG_RETURN_POINTER(new_build_state(0, merge_packs(a, b)));
}

/* The pack of all rows; null for none */
Datum
csh_presence_agg_final(PG_FUNCTION_ARGS)
{
	bytea *pack;

	require_aggregate(fcinfo);
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	pack = build_state_pack(copy_build_state(fcinfo, 0));
	if (pack == NULL)
		PG_RETURN_NULL();
	PG_RETURN_BYTEA_P(pack);
}

/* Presence of both packs united, counters added */
Datum
csh_presence_merge(PG_FUNCTION_ARGS)
{
	PG_RETURN_BYTEA_P(merge_packs(PG_GETARG_BYTEA_PP(0), PG_GETARG_BYTEA_PP(1)));
}

/* Into how many parts a pack can be cut */
static uint32
check_segments(int32 segments)
{
	if (segments < 1 || (segments & (segments - 1)) != 0 || segments > (1 << 24))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("segments must be a power of two up to %d, not %d", 1 << 24, segments),
				 errhint("activity.segments says into how many a tenant is cut.")));
	return (uint32) segments;
}

/* A pack cut into segments: one row for segment 0 and one for each other that has a user */
Datum
csh_presence_segments(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	uint32 segments = check_segments(PG_GETARG_INT32(1));
	Pack pack;
	uint32 segment = 0;

	open_pack(PG_GETARG_BYTEA_PP(0), &pack);
	InitMaterializedSRF(fcinfo, 0);
	for (;;)
	{
		uint32 next;
		bytea *part = new_pack(csh_pack_segment_bound(&pack, segment, segments));
		Datum values[2] = {Int32GetDatum((int32) segment), PointerGetDatum(part)};
		bool nulls[2] = {false, false};

		CHECK_FOR_INTERRUPTS();
		SET_VARSIZE(part, VARHDRSZ + csh_pack_segment(&pack, segment, segments, pack_bytes(part)));
		tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
		pfree(part);
		if (!csh_pack_next_segment(&pack, segment, segments, &next))
			break;
		segment = next;
	}
	return (Datum) 0;
}

/* The pack without one user */
Datum
csh_presence_forget(PG_FUNCTION_ARGS)
{
	Pack pack;
	bytea *out;

	open_pack(PG_GETARG_BYTEA_PP(0), &pack);
	out = new_pack(csh_pack_without_bound(&pack));
	SET_VARSIZE(out,
				VARHDRSZ + csh_pack_without(&pack, (uint64_t) PG_GETARG_INT64(1), pack_bytes(out)));
	PG_RETURN_BYTEA_P(out);
}

/* How many users a pack holds */
Datum
csh_presence_size(PG_FUNCTION_ARGS)
{
	Pack pack;

	open_pack(PG_GETARG_BYTEA_PP(0), &pack);
	PG_RETURN_INT64(pack.users);
}

static PresenceStats
pack_stats(bytea *bytes, DateADT as_of)
{
	Pack pack;
	PresenceStats stats;
	CshError error;

	open_pack(bytes, &pack);
	if (!csh_pack_stats(&pack, pack_day(as_of, "as_of"), &stats, &error))
		csh_report(ERRCODE_INVALID_PARAMETER_VALUE, &error);
	return stats;
}

/* Days with anybody active of the last 30, or of so many times 30 */
static int
days_active(const PresenceStats *stats, int months)
{
	int days = 0;

	for (int i = 0; i < months; i++)
		days += __builtin_popcount((uint32) stats->active[i]);
	return days;
}

/* Everything a pack says about a day, as a row */
Datum
csh_presence_stats(PG_FUNCTION_ARGS)
{
	PresenceStats stats = pack_stats(PG_GETARG_BYTEA_PP(0), PG_GETARG_DATEADT(1));
	TupleDesc desc;
	double counts[] = {stats.dau,
					   stats.wau,
					   stats.wau_previous,
					   stats.mau,
					   stats.mau_previous,
					   stats.user_days,
					   days_active(&stats, 1),
					   stats.events,
					   stats.events_previous,
					   stats.logins,
					   stats.minutes,
					   stats.features_used,
					   stats.new_users,
					   stats.lost_users};
	Datum values[lengthof(counts) + 2];
	bool nulls[lengthof(counts) + 2] = {0};

	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE ||
		desc->natts != lengthof(values))
		elog(ERROR, "presence_stats must return its own row type");
	for (int i = 0; i < (int) lengthof(counts); i++)
		values[i] = Float8GetDatum(counts[i]);
	values[lengthof(counts)] = DateADTGetDatum((DateADT) stats.first_day - 1);
	nulls[lengthof(counts)] = stats.first_day == 0;
	values[lengthof(counts) + 1] = DateADTGetDatum((DateADT) stats.last_day - 1);
	nulls[lengthof(counts) + 1] = stats.last_day == 0;
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/*
 * The activity measures of a tenant at their positions. Ratios whose denominator is 0 are not observed, adoption is not
 * while no plan says what is available, nor are those of a quarter that the packs have not whole.
 */
static Datum
activity_measures(const PresenceStats *stats, int day, bool has_available, double available)
{
	double measure[MEASURE_COUNT] = {[M_DAU] = stats->dau,
									 [M_WAU] = stats->wau,
									 [M_MAU] = stats->mau,
									 [M_MAU_PREVIOUS] = stats->mau_previous,
									 [M_AVG_DAU] = stats->user_days / 30,
									 [M_ACTIVE_DAYS] = days_active(stats, 1),
									 [M_EVENTS] = stats->events,
									 [M_EVENTS_PREVIOUS] = stats->events_previous,
									 [M_LOGINS] = stats->logins,
									 [M_MINUTES] = stats->minutes,
									 [M_FEATURES_USED] = stats->features_used,
									 [M_FEATURES_AVAILABLE] = available,
									 [M_NEW_USERS] = stats->new_users,
									 [M_LOST_USERS] = stats->lost_users,
									 [M_DAYS_SINCE_ACTIVE] = day - stats->last_day,
									 [M_QAU] = stats->qau,
									 [M_ACTIVE_DAYS_90] = days_active(stats, 3),
									 [M_EVENTS_90] = stats->events_quarter,
									 [M_USERS_EVER] = stats->users_ever};
	bool observed[MEASURE_COUNT];

	for (int i = 0; i < MEASURE_COUNT; i++)
		observed[i] = i < FIRST_BESIDE_ACTIVITY || i > LAST_BESIDE_ACTIVITY;
	observed[M_FEATURES_AVAILABLE] = has_available;
	observed[M_DAYS_SINCE_ACTIVE] = stats->last_day != 0;
	observed[M_QAU] = observed[M_ACTIVE_DAYS_90] = stats->users_cut == 0;
	observed[M_EVENTS_90] = stats->events_cut == 0;
	csh_derive(M_MAU_GROWTH, measure, observed);
	csh_derive(M_STICKINESS, measure, observed);
	csh_derive(M_ADOPTION, measure, observed);
	return PointerGetDatum(csh_measure_array(measure, observed, MEASURE_COUNT));
}

/* Activity measures of a tenant with one segment; a null pack is a tenant whom nobody has ever seen */
Datum
csh_presence_measures(PG_FUNCTION_ARGS)
{
	PresenceStats stats = {0};

	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	if (!PG_ARGISNULL(0))
		stats = pack_stats(PG_GETARG_BYTEA_PP(0), PG_GETARG_DATEADT(1));
	PG_RETURN_DATUM(activity_measures(&stats, pack_day(PG_GETARG_DATEADT(1), "as_of"),
									  !PG_ARGISNULL(2), PG_ARGISNULL(2) ? 0 : PG_GETARG_INT32(2)));
}

static Datum
stats_state(const double *numbers)
{
	Datum values[STATS_LENGTH];

	for (int i = 0; i < STATS_LENGTH; i++)
		values[i] = Float8GetDatum(numbers[i]);
	return PointerGetDatum(construct_array(values, STATS_LENGTH, FLOAT8OID, sizeof(float8),
										   FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/* The numbers in a state of presence_measures_agg */
static double *
get_stats_state(FunctionCallInfo fcinfo, int arg)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(arg);

	csh_check_array(array, FLOAT8OID, "state", STATS_LENGTH);
	if (ARR_HASNULL(array) || ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)) != STATS_LENGTH)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("state of presence_measures_agg is corrupt")));
	return (double *) ARR_DATA_PTR(array);
}

/* Adds one segment of a tenant to the state of presence_measures_agg */
Datum
csh_presence_measures_step(PG_FUNCTION_ARGS)
{
	double numbers[STATS_LENGTH] = {0};
	PresenceStats part;

	require_aggregate(fcinfo);
	if (!PG_ARGISNULL(0))
		memcpy(numbers, get_stats_state(fcinfo, 0), sizeof(numbers));
	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
						errmsg("pack and as_of must not be null")));
	part = pack_stats(PG_GETARG_BYTEA_PP(1), PG_GETARG_DATEADT(2));
	csh_stats_add((PresenceStats *) numbers, &part);
	numbers[STATS_DAY] = pack_day(PG_GETARG_DATEADT(2), "as_of");
	numbers[STATS_AVAILABLE] = PG_ARGISNULL(3) ? -1 : PG_GETARG_INT32(3);
	return stats_state(numbers);
}

/* Joins two partial states of presence_measures_agg */
Datum
csh_presence_measures_combine(PG_FUNCTION_ARGS)
{
	double numbers[STATS_LENGTH];
	double *other;

	require_aggregate(fcinfo);
	memcpy(numbers, get_stats_state(fcinfo, 0), sizeof(numbers));
	other = get_stats_state(fcinfo, 1);
	csh_stats_add((PresenceStats *) numbers, (PresenceStats *) other);
	return stats_state(numbers);
}

/* Activity measures of a tenant of many segments */
Datum
csh_presence_measures_final(PG_FUNCTION_ARGS)
{
	double *numbers;

	require_aggregate(fcinfo);
	numbers = get_stats_state(fcinfo, 0);
	return activity_measures((PresenceStats *) numbers, (int) numbers[STATS_DAY],
							 numbers[STATS_AVAILABLE] >= 0, numbers[STATS_AVAILABLE]);
}
