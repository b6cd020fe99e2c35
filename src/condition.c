/*
 * condition.c
 *		SQL functions of conditions: checking a document, judging facts, and judging many conditions in a run.
 */
#include "cs_health.h"

#include <math.h>

#include "condition.h"
#include "scoring.h"

#include "access/detoast.h"
#include "catalog/pg_type.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(csh_check_condition);
PG_FUNCTION_INFO_V1(csh_match_condition);
PG_FUNCTION_INFO_V1(csh_condition_hits);
PG_FUNCTION_INFO_V1(csh_explain_condition);
PG_FUNCTION_INFO_V1(csh_component_scores);

#define DOCUMENTS_MAX 1000
#define DOCUMENTS_MAX_BYTES (4 * 1024 * 1024)
#define FACTS_MAX_BYTES (4 * 1024 * 1024)
#define SIGNALS_MAX CONDITION_MAX_WORDS

/* Conditions read once and used for every row, and every later statement of the session, that brings the same bytes */
#define CACHED_SETS 4

typedef struct ConditionSet
{
	Size size; /* 0 = nothing here */
	void *bytes;
	int length;
	Condition *condition;
} ConditionSet;

static ConditionSet *cached_sets[CACHED_SETS];
static int next_cached_set;

/* Refuses a document by its stored size, before it is unpacked */
static void
check_size(Datum document, Size largest, const char *what)
{
	Size size = toast_raw_datum_size(document);

	if (size > 2 * largest)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("%s has %zu bytes, at most %zu are read", what, size, largest),
						errhint("Split it into several calls.")));
}

static char *
to_text(Jsonb *document)
{
	return JsonbToCString(NULL, &document->root, VARSIZE(document));
}

/* Reads a condition or fails with the path of its fault */
static void
read_condition(FunctionCallInfo fcinfo, int arg, int scope, Condition *condition)
{
	char *text;
	CshError error;

	check_size(PG_GETARG_DATUM(arg), CONDITION_MAX_BYTES, "condition: the document");
	text = to_text(PG_GETARG_JSONB_P(arg));
	if (!csh_condition_parse_text(text, scope, condition, &error))
		csh_report(strlen(text) > CONDITION_MAX_BYTES ? ERRCODE_PROGRAM_LIMIT_EXCEEDED
													  : ERRCODE_INVALID_PARAMETER_VALUE,
				   &error);
	pfree(text);
}

/* What the name of a scope allows in a condition */
static int
scope_of(text *name)
{
	char *scope = text_to_cstring(name);
	char shown[40];

	if (strcmp(scope, "trigger") == 0)
		return 0;
	if (strcmp(scope, "step") == 0)
		return CONDITION_STEP;
	if (strcmp(scope, "stage") == 0)
		return CONDITION_STAGE;
	csh_excerpt(shown, sizeof(shown), scope);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("scope must be trigger, step or stage, not \"%s\"", shown),
					errhint("trigger is for what starts, limits and ends a playbook, step for the "
							"\"if\" of a step, stage for what a stage of the journey is.")));
}

/* True for a usable condition, else an error that names the path of the fault; meant for CHECK constraints */
Datum
csh_check_condition(PG_FUNCTION_ARGS)
{
	int scope = scope_of(PG_GETARG_TEXT_PP(1));
	Condition condition;

	read_condition(fcinfo, 0, scope, &condition);
	csh_condition_free(&condition);
	PG_RETURN_BOOL(true);
}

/* Facts as text; to be called before a condition is read, whose memory an error here would lose */
static char *
get_facts(FunctionCallInfo fcinfo, int arg)
{
	check_size(PG_GETARG_DATUM(arg), FACTS_MAX_BYTES, "facts: the document");
	return to_text(PG_GETARG_JSONB_P(arg));
}

/* Whether facts fulfil a condition; null where that is not known */
Datum
csh_match_condition(PG_FUNCTION_ARGS)
{
	char *facts = get_facts(fcinfo, 0);
	Condition condition;
	Truth truth;
	CshError error;
	bool usable;

	read_condition(fcinfo, 1, CONDITION_STEP | CONDITION_COMPILED, &condition);
	usable = csh_condition_matches(&condition, facts, &truth, &error);
	csh_condition_free(&condition);
	if (!usable)
		csh_report(ERRCODE_INVALID_PARAMETER_VALUE, &error);
	if (truth == TRUTH_UNKNOWN)
		PG_RETURN_NULL();
	PG_RETURN_BOOL(truth == TRUTH_YES);
}

/* The comparisons that hold and speak for a condition */
Datum
csh_explain_condition(PG_FUNCTION_ARGS)
{
	char *facts = get_facts(fcinfo, 0);
	Condition condition;
	char *reasons;
	CshError error;
	Datum result = (Datum) 0;

	read_condition(fcinfo, 1, CONDITION_STEP | CONDITION_COMPILED, &condition);
	reasons = csh_condition_reasons(&condition, facts, &error);
	csh_condition_free(&condition);
	if (reasons == NULL)
		csh_report(ERRCODE_INVALID_PARAMETER_VALUE, &error);
	PG_TRY();
	{
		result = DirectFunctionCall1(jsonb_in, CStringGetDatum(reasons));
	}
	PG_FINALLY();
	{
		free(reasons);
	}
	PG_END_TRY();
	PG_RETURN_DATUM(result);
}

/* Empties a set, so that its place can be taken */
static void
forget_set(ConditionSet *set)
{
	set->size = 0;
	for (int i = 0; i < set->length; i++)
		csh_condition_free(&set->condition[i]);
	set->length = 0;
	if (set->condition != NULL)
		pfree(set->condition);
	set->condition = NULL;
	if (set->bytes != NULL)
		pfree(set->bytes);
	set->bytes = NULL;
}

/* Reads an array of compiled conditions into an empty set */
static void
fill_set(Jsonb *documents, ConditionSet *set)
{
	bool is_array = JB_ROOT_IS_ARRAY(documents) && !JB_ROOT_IS_SCALAR(documents);
	int room = is_array ? Min(JB_ROOT_COUNT(documents), DOCUMENTS_MAX) : DOCUMENTS_MAX;
	CshError error;
	int length;

	set->condition = MemoryContextAllocZero(TopMemoryContext, (room + 1) * sizeof(Condition));
	length = csh_conditions_parse_text(to_text(documents), CONDITION_COMPILED, set->condition, room,
									   &error);
	if (length < 0)
		csh_report(ERRCODE_INVALID_PARAMETER_VALUE, &error);
	set->length = length;
}

/*
 * The conditions of the call's document argument. As with scorecards bytes are compared, as they come, and never
 * pointers.
 */
static const ConditionSet *
get_set(FunctionCallInfo fcinfo, int arg)
{
	struct varlena *document = (struct varlena *) DatumGetPointer(PG_GETARG_DATUM(arg));
	ConditionSet *set;
	Size size;

	check_size(PG_GETARG_DATUM(arg), DOCUMENTS_MAX_BYTES, "documents");
	if (VARATT_IS_EXTERNAL(document))
		document = detoast_external_attr(document);
	size = VARSIZE_ANY(document);
	for (int i = 0; i < CACHED_SETS; i++)
	{
		set = cached_sets[i];
		if (set == NULL || set->size != size || memcmp(set->bytes, document, size) != 0)
			continue;
		if (i == next_cached_set)
			next_cached_set = (i + 1) % CACHED_SETS;
		return set;
	}
	set = cached_sets[next_cached_set];
	if (set == NULL)
		set = cached_sets[next_cached_set] =
			MemoryContextAllocZero(TopMemoryContext, sizeof(ConditionSet));
	forget_set(set);
	set->bytes = MemoryContextAlloc(TopMemoryContext, size);
	memcpy(set->bytes, document, size);
	fill_set(DatumGetJsonbP(PointerGetDatum(document)), set);
	set->size = size; /* from now on it counts */
	next_cached_set = (next_cached_set + 1) % CACHED_SETS;
	return set;
}

/* The elements of a text array; a null one is not known */
static int
get_texts(FunctionCallInfo fcinfo, int arg, const char *name, int longest, FactText **out)
{
	ArrayType *array = PG_GETARG_ARRAYTYPE_P(arg);
	Datum *element;
	bool *null;
	int n;

	csh_check_array(array, TEXTOID, name, longest);
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &element, &null, &n);
	*out = palloc((n + 1) * sizeof(FactText));
	for (int i = 0; i < n; i++)
	{
		text *value = null[i] ? NULL : DatumGetTextPP(element[i]);

		(*out)[i] = null[i] ? (FactText){NULL, 0}
							: (FactText){VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
	}
	return n;
}

static void
check_length(const char *name, int length, int wanted)
{
	if (length != wanted)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("%s must have %d elements, not %d", name, wanted, length),
						errhint("The comment on cs_health._condition_hits() lists them.")));
}

static void
get_numbers(FunctionCallInfo fcinfo, int arg, DayFacts *facts)
{
	double value[MEASURE_POSITIONS];
	bool known[MEASURE_POSITIONS];
	Vector vector = csh_get_vector(fcinfo, arg, "numbers", value, known);

	check_length("numbers", vector.length, FACT_NUMBERS);
	memcpy(facts->number, value, sizeof(facts->number));
	memcpy(facts->number_known, known, sizeof(facts->number_known));
}

/* The places of those of many conditions that hold by the facts of one day, negative where days before must tell */
Datum
csh_condition_hits(PG_FUNCTION_ARGS)
{
	double values_room[MEASURE_POSITIONS];
	bool observed_room[MEASURE_POSITIONS];
	const ConditionSet *set;
	DayFacts facts = {.signals = -1};
	FactText *text;
	Datum *hit;
	int hits = 0;

	if (PG_ARGISNULL(4))
		PG_RETURN_NULL();
	if (!PG_ARGISNULL(0))
		facts.measures = csh_get_vector(fcinfo, 0, "measures", values_room, observed_room);
	if (!PG_ARGISNULL(1))
		get_numbers(fcinfo, 1, &facts);
	if (!PG_ARGISNULL(2))
	{
		check_length("words", get_texts(fcinfo, 2, "words", MEASURE_POSITIONS, &text), FACT_WORDS);
		memcpy(facts.word, text, sizeof(facts.word));
	}
	if (!PG_ARGISNULL(3))
	{
		facts.signals = get_texts(fcinfo, 3, "open_signals", SIGNALS_MAX, &text);
		facts.signal = text;
	}
	if (facts.number_known[NUMBER_COVERAGE] && facts.number[NUMBER_COVERAGE] <= 0)
	{
		facts.number_known[NUMBER_OVERALL] = false; /* a neutral 50 that nothing speaks for */
		facts.word[WORD_CATEGORY].text = NULL;
	}
	set = get_set(fcinfo, 4);
	hit = palloc((set->length + 1) * sizeof(Datum));
	for (int i = 0; i < set->length; i++)
	{
		Verdict found = csh_condition_today(&set->condition[i], &facts);

		if (found.high == TRUTH_YES)
			hit[hits++] = Int32GetDatum(found.low == TRUTH_YES ? i + 1 : -(i + 1));
	}
	if (hits == 0)
		PG_RETURN_NULL();
	PG_RETURN_ARRAYTYPE_P(construct_array(hit, hits, INT4OID, sizeof(int32), true, TYPALIGN_INT));
}

/* Scores of the five components; null for one of which nothing was observed, where the stored score is a neutral 50 */
Datum
csh_component_scores(PG_FUNCTION_ARGS)
{
	const Scorecard *card = csh_get_scorecard(fcinfo, 1);
	double values_room[MEASURE_POSITIONS];
	bool observed_room[MEASURE_POSITIONS];
	Vector vector = csh_get_vector(fcinfo, 0, "measures", values_room, observed_room);
	double score[COMPONENTS];
	Health health;

	csh_score(card, &vector, &health);
	for (int c = 0; c < COMPONENTS; c++)
		score[c] = health.component[c];
	PG_RETURN_ARRAYTYPE_P(csh_measure_array(score, health.observed, COMPONENTS));
}
