/*
 * score.c
 *		SQL functions that score: the formulas of the specification, scorecards, categories and trends.
 */
#include "cs_health.h"

#include <math.h>

#include "scoring.h"
#include "trend.h"

#include "access/detoast.h"
#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(csh_engagement_score);
PG_FUNCTION_INFO_V1(csh_adoption_score);
PG_FUNCTION_INFO_V1(csh_satisfaction_score);
PG_FUNCTION_INFO_V1(csh_support_score);
PG_FUNCTION_INFO_V1(csh_growth_score);
PG_FUNCTION_INFO_V1(csh_overall_score);
PG_FUNCTION_INFO_V1(csh_health_category);
PG_FUNCTION_INFO_V1(csh_health_trend);
PG_FUNCTION_INFO_V1(csh_history_push);
PG_FUNCTION_INFO_V1(csh_history_trend);
PG_FUNCTION_INFO_V1(csh_score_vector);
PG_FUNCTION_INFO_V1(csh_overall_of_vector);
PG_FUNCTION_INFO_V1(csh_costliest_component);
PG_FUNCTION_INFO_V1(csh_score_interval);
PG_FUNCTION_INFO_V1(csh_score_breakdown);
PG_FUNCTION_INFO_V1(csh_check_scorecard);

static const int spec_weights[COMPONENTS] = {30, 25, 20, 15, 10};

/*
 * Scorecards read once and used for every row, and every later statement of the session, that brings the same bytes. A
 * few of them, since the tenants of a run may have several; the oldest makes room.
 */
#define CACHED_SCORECARDS 16

typedef struct CachedScorecard
{
	Size size; /* 0 = nothing here */
	void *bytes;
	Scorecard card;
} CachedScorecard;

static CachedScorecard *cached_scorecards[CACHED_SCORECARDS];
static int next_cached_scorecard;

/* engagement = 100 x mean daily active users of 30 days / monthly active users */
Datum
csh_engagement_score(PG_FUNCTION_ARGS)
{
	double avg_dau = PG_GETARG_FLOAT8(0);
	double mau = PG_GETARG_FLOAT8(1);

	csh_check_range(avg_dau, 0, HUGE_VAL, "avg_dau");
	csh_check_range(mau, 0, HUGE_VAL, "mau");
	if (mau == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(csh_round_score(100 * (avg_dau / mau)));
}

/* adoption = 100 x features used / features available */
Datum
csh_adoption_score(PG_FUNCTION_ARGS)
{
	double used = PG_GETARG_INT32(0);
	double available = PG_GETARG_INT32(1);

	csh_check_range(used, 0, HUGE_VAL, "used");
	csh_check_range(available, 0, HUGE_VAL, "available");
	if (available == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(csh_round_score(100 * used / available));
}

/*
 * satisfaction = (50 x (nps + 100) / 2 + 30 x (csat - 1) / 4 x 100 + 20 x (review - 1) / 4 x 100) / 100, over the
 * answers that are there; the weights are design decisions of this project, the specification asks for a weighted mean.
 */
Datum
csh_satisfaction_score(PG_FUNCTION_ARGS)
{
	static const struct
	{
		const char *name;
		double low;
		double high;
		double weight;
	} parts[] = {{"nps", -100, 100, 50}, {"csat", 1, 5, 30}, {"review", 1, 5, 20}};
	double sum = 0;
	double weights = 0;

	for (int i = 0; i < (int) lengthof(parts); i++)
	{
		double value;

		if (PG_ARGISNULL(i))
			continue;
		value = PG_GETARG_FLOAT8(i);
		csh_check_range(value, parts[i].low, parts[i].high, parts[i].name);
		sum += parts[i].weight * 100 * (value - parts[i].low) / (parts[i].high - parts[i].low);
		weights += parts[i].weight;
	}
	if (weights == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(csh_round_score(sum / weights));
}

/* support = 100 - 10 x open tickets */
Datum
csh_support_score(PG_FUNCTION_ARGS)
{
	double open_tickets = PG_GETARG_INT32(0);

	csh_check_range(open_tickets, 0, HUGE_VAL, "open_tickets");
	PG_RETURN_INT32(csh_round_score(100 - 10 * open_tickets));
}

/* growth = 100 x (current - previous) / previous; from nobody to somebody is 100, nobody at all is not observed */
Datum
csh_growth_score(PG_FUNCTION_ARGS)
{
	double current = PG_GETARG_FLOAT8(0);
	double previous = PG_GETARG_FLOAT8(1);

	csh_check_range(current, 0, HUGE_VAL, "current");
	csh_check_range(previous, 0, HUGE_VAL, "previous");
	if (previous == 0 && current == 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(previous == 0 ? 100 : csh_round_score(100 * ((current - previous) / previous)));
}

/* overall = mean of the components by the specification's weights; the weight of a null one goes to the others */
Datum
csh_overall_score(PG_FUNCTION_ARGS)
{
	int score[COMPONENTS] = {0};
	bool observed[COMPONENTS];
	int overall;

	for (int c = 0; c < COMPONENTS; c++)
	{
		observed[c] = !PG_ARGISNULL(c);
		if (!observed[c])
			continue;
		score[c] = PG_GETARG_INT32(c);
		csh_check_range(score[c], 0, 100, csh_component_names[c]);
	}
	overall = csh_overall(score, observed, spec_weights);
	if (overall < 0)
		PG_RETURN_NULL();
	PG_RETURN_INT32(overall);
}

/* The category of an overall score */
Datum
csh_health_category(PG_FUNCTION_ARGS)
{
	int32 score = PG_GETARG_INT32(0);

	csh_check_range(score, 0, 100, "score");
	PG_RETURN_TEXT_P(cstring_to_text(csh_category(score)));
}

/* The trend of a list of daily scores, oldest first; a null is a day without one */
Datum
csh_health_trend(PG_FUNCTION_ARGS)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(0);
	uint8_t scores[MEASURE_POSITIONS];
	Datum *elements;
	bool *nulls;
	int n;

	csh_check_array(array, INT2OID, "scores", MEASURE_POSITIONS);
	deconstruct_array(array, INT2OID, sizeof(int16), true, TYPALIGN_SHORT, &elements, &nulls, &n);
	for (int i = 0; i < n; i++)
	{
		scores[i] = TREND_MISSING;
		if (nulls[i])
			continue;
		csh_check_range(DatumGetInt16(elements[i]), 0, 100, psprintf("scores[%d]", i + 1));
		scores[i] = (uint8_t) DatumGetInt16(elements[i]);
	}
	PG_RETURN_TEXT_P(cstring_to_text(csh_trend_names[csh_trend(scores, (size_t) n)]));
}

/* The ring of scores with one more day in it: (history, days not scored before it, score); a null score is no data */
Datum
csh_history_push(PG_FUNCTION_ARGS)
{
	bytea *ring = PG_ARGISNULL(0) ? NULL : PG_GETARG_BYTEA_PP(0);
	bytea *out = palloc(VARHDRSZ + TREND_DAYS);
	uint8_t score = TREND_MISSING;
	size_t length;

	if (PG_ARGISNULL(1))
		PG_RETURN_NULL();
	csh_check_range(PG_GETARG_INT32(1), 0, HUGE_VAL, "gap");
	if (!PG_ARGISNULL(2))
	{
		csh_check_range(PG_GETARG_INT32(2), 0, 100, "score");
		score = (uint8_t) PG_GETARG_INT32(2);
	}
	length = csh_trend_push(ring ? (uint8_t *) VARDATA_ANY(ring) : (uint8_t *) VARDATA(out),
							ring ? VARSIZE_ANY_EXHDR(ring) : 0, (size_t) PG_GETARG_INT32(1), score,
							(uint8_t *) VARDATA(out));
	SET_VARSIZE(out, VARHDRSZ + length);
	PG_RETURN_BYTEA_P(out);
}

/* The trend that a ring of scores shows */
Datum
csh_history_trend(PG_FUNCTION_ARGS)
{
	bytea *ring = PG_GETARG_BYTEA_PP(0);

	PG_RETURN_TEXT_P(cstring_to_text(
		csh_trend_names[csh_trend((uint8_t *) VARDATA_ANY(ring), VARSIZE_ANY_EXHDR(ring))]));
}

/* Reads a scorecard document or fails with the path of its fault */
static void
read_scorecard(Jsonb *document, Scorecard *card)
{
	char *text = JsonbToCString(NULL, &document->root, VARSIZE(document));
	size_t length = strlen(text);
	CshError error;

	if (!csh_scorecard_parse(text, length, card, &error))
		csh_report(length > SCORECARD_MAX_BYTES ? ERRCODE_PROGRAM_LIMIT_EXCEEDED
												: ERRCODE_INVALID_PARAMETER_VALUE,
				   &error);
	pfree(text);
}

/* Refuses a document by its stored size, before it is unpacked */
static void
check_document_size(Datum document)
{
	Size size = toast_raw_datum_size(document);

	if (size > 2 * SCORECARD_MAX_BYTES)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("scorecard: the document has %zu bytes, at most %d are read", size,
							   SCORECARD_MAX_BYTES),
						errhint("Shorten the document; descriptions need not live in it.")));
}

/*
 * The scorecard of the call's document argument. Bytes are compared, never pointers: the same call site may see another
 * document at any time. They are compared as they come, compressed or not, since unpacking them for every row would
 * take longer than scoring it. The scorecard of the call before stays in place.
 */
const Scorecard *
csh_get_scorecard(FunctionCallInfo fcinfo, int arg)
{
	struct varlena *document = (struct varlena *) DatumGetPointer(PG_GETARG_DATUM(arg));
	CachedScorecard *cached;
	Size size;

	check_document_size(PG_GETARG_DATUM(arg));
	if (VARATT_IS_EXTERNAL(document))
		document = detoast_external_attr(document);
	size = VARSIZE_ANY(document);
	for (int i = 0; i < CACHED_SCORECARDS; i++)
	{
		cached = cached_scorecards[i];
		if (cached == NULL || cached->size != size || memcmp(cached->bytes, document, size) != 0)
			continue;
		if (i == next_cached_scorecard)
			next_cached_scorecard = (i + 1) % CACHED_SCORECARDS;
		return &cached->card;
	}
	cached = cached_scorecards[next_cached_scorecard];
	if (cached == NULL)
		cached = cached_scorecards[next_cached_scorecard] =
			MemoryContextAllocZero(TopMemoryContext, sizeof(CachedScorecard));
	cached->size = 0; /* until it has been read to the end */
	read_scorecard(DatumGetJsonbP(PointerGetDatum(document)), &cached->card);
	if (cached->bytes != NULL)
		pfree(cached->bytes);
	cached->bytes = NULL;
	cached->bytes = MemoryContextAlloc(TopMemoryContext, size);
	memcpy(cached->bytes, document, size);
	cached->size = size;
	next_cached_scorecard = (next_cached_scorecard + 1) % CACHED_SCORECARDS;
	return &cached->card;
}

/* The row type of the call's result, looked up once per call site */
static TupleDesc
result_desc(FunctionCallInfo fcinfo, int columns)
{
	TupleDesc desc = fcinfo->flinfo->fn_extra;
	MemoryContext old;

	if (desc != NULL)
		return desc;
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE || desc->natts != columns)
		elog(ERROR, "score must return its own row type");
	old = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
	desc = BlessTupleDesc(CreateTupleDescCopy(desc));
	MemoryContextSwitchTo(old);
	fcinfo->flinfo->fn_extra = desc;
	return desc;
}

/* The vector of measures that is an argument, in room that the caller lends; what is not finite is refused */
Vector
csh_get_vector(FunctionCallInfo fcinfo, int arg, const char *name, double *values, bool *observed)
{
	int n = csh_read_measures(PG_GETARG_ARRAYTYPE_P(arg), name, values, observed);

	for (int i = 0; i < n; i++)
		if (unlikely(!isfinite(values[i])))
			csh_check_finite(values[i], psprintf("%s[%d]", name, i + 1));
	return (Vector){.length = n, .value = values, .observed = observed};
}

/*
 * Values by position, from an array of each: finite, without nulls, as many of one as of the other. Fills in the places
 * counted from 0 and returns how many there are.
 */
int
csh_get_placed(FunctionCallInfo fcinfo, int positions_arg, int values_arg, const char *name,
			   int *index, double *values)
{
	ArrayType *positions = PG_GETARG_ARRAYTYPE_P(positions_arg);
	bool observed[MEASURE_POSITIONS];
	const int32 *position = (const int32 *) ARR_DATA_PTR(positions);
	int n = csh_read_measures(PG_GETARG_ARRAYTYPE_P(values_arg), name, values, observed);

	csh_check_array(positions, INT4OID, "positions", MEASURE_POSITIONS);
	if (ARR_HASNULL(positions) || ArrayGetNItems(ARR_NDIM(positions), ARR_DIMS(positions)) != n)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("positions must have as many elements as %s", name),
						errhint("cs_health.measure lists the positions.")));
	for (int i = 0; i < n; i++)
	{
		if (!observed[i])
			ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
							errmsg("%s[%d] must not be null", name, i + 1),
							errhint("Leave out what is not to be set.")));
		if (!isfinite(values[i]))
			csh_check_finite(values[i], psprintf("%s[%d]", name, i + 1));
		if (position[i] < 1 || position[i] > MEASURE_POSITIONS)
			csh_check_range(position[i], 1, MEASURE_POSITIONS, psprintf("positions[%d]", i + 1));
		index[i] = position[i] - 1;
	}
	return n;
}

/* Scores a vector with a scorecard */
Datum
csh_score_vector(PG_FUNCTION_ARGS)
{
	const Scorecard *card = csh_get_scorecard(fcinfo, 1);
	double values_room[MEASURE_POSITIONS];
	bool observed_room[MEASURE_POSITIONS];
	Vector vector = csh_get_vector(fcinfo, 0, "measures", values_room, observed_room);
	Health health;
	Datum values[COMPONENTS + 3];
	bool nulls[COMPONENTS + 3] = {0};
	TupleDesc desc = result_desc(fcinfo, lengthof(values));

	csh_score(card, &vector, &health);
	values[0] = Int32GetDatum(health.overall);
	for (int c = 0; c < COMPONENTS; c++)
		values[1 + c] = Int32GetDatum(health.component[c]);
	values[COMPONENTS + 1] = CStringGetTextDatum(csh_category(health.overall));
	values[COMPONENTS + 2] = Float4GetDatum((float4) health.coverage);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(desc, values, nulls)));
}

/* The overall score of a vector, null where too little was observed; without a row around it much history goes by */
Datum
csh_overall_of_vector(PG_FUNCTION_ARGS)
{
	const Scorecard *card = csh_get_scorecard(fcinfo, 1);
	double values_room[MEASURE_POSITIONS];
	bool observed_room[MEASURE_POSITIONS];
	Vector vector = csh_get_vector(fcinfo, 0, "measures", values_room, observed_room);
	Health health;

	csh_score(card, &vector, &health);
	if (health.coverage < 0.5)
		PG_RETURN_NULL();
	PG_RETURN_INT32(health.overall);
}

/* The component that keeps a score lowest, null where nothing is lost */
Datum
csh_costliest_component(PG_FUNCTION_ARGS)
{
	const Scorecard *card = csh_get_scorecard(fcinfo, 1);
	double values_room[MEASURE_POSITIONS];
	bool observed_room[MEASURE_POSITIONS];
	Vector vector = csh_get_vector(fcinfo, 0, "measures", values_room, observed_room);
	Health health;
	int costliest;

	csh_score(card, &vector, &health);
	costliest = csh_costliest(card, &health);
	if (costliest < 0)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(csh_component_names[costliest]));
}

/* The lowest and the highest overall score that what was not observed leaves possible */
Datum
csh_score_interval(PG_FUNCTION_ARGS)
{
	const Scorecard *card = csh_get_scorecard(fcinfo, 1);
	double values_room[MEASURE_POSITIONS];
	bool observed_room[MEASURE_POSITIONS];
	Vector vector = csh_get_vector(fcinfo, 0, "measures", values_room, observed_room);
	Datum bounds[2];
	int low;
	int high;

	csh_interval(card, &vector, &low, &high);
	bounds[0] = Int32GetDatum(low);
	bounds[1] = Int32GetDatum(high);
	PG_RETURN_ARRAYTYPE_P(construct_array(bounds, 2, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

/* Explains a score: every signal with value, unit, window, weight and what it contributed */
Datum
csh_score_breakdown(PG_FUNCTION_ARGS)
{
	const Scorecard *card = csh_get_scorecard(fcinfo, 1);
	double values_room[MEASURE_POSITIONS];
	bool observed_room[MEASURE_POSITIONS];
	Vector vector = csh_get_vector(fcinfo, 0, "measures", values_room, observed_room);
	char *text = csh_breakdown(card, &vector);
	Datum result = 0;

	if (text == NULL)
		ereport(ERROR, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("out of memory")));
	PG_TRY();
	{
		result = DirectFunctionCall1(jsonb_in, CStringGetDatum(text));
	}
	PG_FINALLY();
	{
		free(text);
	}
	PG_END_TRY();
	PG_RETURN_DATUM(result);
}

/* True for a usable scorecard document, else an error that names the path of the fault; meant for CHECK constraints */
Datum
csh_check_scorecard(PG_FUNCTION_ARGS)
{
	Scorecard *card = palloc(sizeof(Scorecard));

	check_document_size(PG_GETARG_DATUM(0));
	read_scorecard(PG_GETARG_JSONB_P(0), card);
	pfree(card);
	PG_RETURN_BOOL(true);
}
