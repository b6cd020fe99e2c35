/*
 * churn_model.c
 *		SQL functions of churn models: checking a document, predicting with it and explaining the prediction.
 */
#include "cs_health.h"

#include <float.h>
#include <math.h>

#include "churn_model.h"
#include "scoring.h"

#include "access/detoast.h"
#include "catalog/pg_type.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

PG_FUNCTION_INFO_V1(csh_check_model);
PG_FUNCTION_INFO_V1(csh_logit_probability);
PG_FUNCTION_INFO_V1(csh_logit_explain);
PG_FUNCTION_INFO_V1(csh_churn_log_odds);
PG_FUNCTION_INFO_V1(csh_churn_probability);
PG_FUNCTION_INFO_V1(csh_churn_inputs);
PG_FUNCTION_INFO_V1(csh_churn_parts);
PG_FUNCTION_INFO_V1(csh_churn_coverage);
PG_FUNCTION_INFO_V1(csh_churn_half_width);
PG_FUNCTION_INFO_V1(csh_risk_level);

/* Models read once and used for every row, and every later statement of the session, that brings the same bytes */
#define CACHED_MODELS 8

typedef struct CachedModel
{
	Size size; /* 0 = nothing here */
	void *bytes;
	ChurnModel model;
} CachedModel;

static CachedModel *cached_models[CACHED_MODELS];
static int next_cached_model;

/* Refuses a document by its stored size, before it is unpacked */
static void
check_document_size(Datum document)
{
	Size size = toast_raw_datum_size(document);

	if (size > 2 * MODEL_MAX_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("churn model: the document has %zu bytes, at most %d are read", size,
						MODEL_MAX_BYTES),
				 errhint("Leave out the covariance, or write its numbers with fewer digits.")));
}

/* Reads a model's document or fails with the path of its fault */
static void
read_model(Jsonb *document, ChurnModel *model)
{
	char *text = JsonbToCString(NULL, &document->root, VARSIZE(document));
	size_t length = strlen(text);
	CshError error;

	if (!csh_model_parse(text, length, model, &error))
		csh_report(length > MODEL_MAX_BYTES ? ERRCODE_PROGRAM_LIMIT_EXCEEDED
											: ERRCODE_INVALID_PARAMETER_VALUE,
				   &error);
	pfree(text);
}

/* Makes room for a document: the oldest one's, emptied */
static CachedModel *
oldest_model(void)
{
	CachedModel *oldest = cached_models[next_cached_model];

	if (oldest == NULL)
		oldest = cached_models[next_cached_model] =
			MemoryContextAllocZero(TopMemoryContext, sizeof(CachedModel));
	oldest->size = 0;
	csh_model_free(&oldest->model);
	if (oldest->bytes != NULL)
		pfree(oldest->bytes);
	oldest->bytes = NULL;
	return oldest;
}

/*
 * The model of the call's document argument. As with scorecards bytes are compared, as they come, and never pointers;
 * the model of the call before stays in place.
 */
static const ChurnModel *
get_model(FunctionCallInfo fcinfo, int arg)
{
	struct varlena *document = (struct varlena *) DatumGetPointer(PG_GETARG_DATUM(arg));
	CachedModel *cached;
	Size size;

	check_document_size(PG_GETARG_DATUM(arg));
	if (VARATT_IS_EXTERNAL(document))
		document = detoast_external_attr(document);
	size = VARSIZE_ANY(document);
	for (int i = 0; i < CACHED_MODELS; i++)
	{
		cached = cached_models[i];
		if (cached == NULL || cached->size != size || memcmp(cached->bytes, document, size) != 0)
			continue;
		if (i == next_cached_model)
			next_cached_model = (i + 1) % CACHED_MODELS;
		return &cached->model;
	}
	cached = oldest_model();
	cached->bytes = MemoryContextAlloc(TopMemoryContext, size);
	memcpy(cached->bytes, document, size);
	read_model(DatumGetJsonbP(PointerGetDatum(document)), &cached->model);
	cached->size = size; /* from now on it counts */
	next_cached_model = (next_cached_model + 1) % CACHED_MODELS;
	return &cached->model;
}

/* Values in the order of the model's features, as logit_probability() takes them */
static void
get_ordered(FunctionCallInfo fcinfo, int arg, const ChurnModel *model, ModelValues *values)
{
	double value[MEASURE_POSITIONS];
	bool observed[MEASURE_POSITIONS];
	int n = csh_read_measures(PG_GETARG_ARRAYTYPE_P(arg), "x", value, observed);

	if (n != model->features)
		ereport(ERROR, (errcode(ERRCODE_ARRAY_SUBSCRIPT_ERROR),
						errmsg("x has %d elements, the model has %d features", n, model->features),
						errhint("Pass one value per feature in the order of the document, null for "
								"what was not observed.")));
	for (int f = 0; f < n; f++)
	{
		if (unlikely(!(fabs(value[f]) <= FLT_MAX)))
			csh_check_range(value[f], -FLT_MAX, FLT_MAX, psprintf("x[%d]", f + 1));
		values->value[f] = value[f];
		values->observed[f] = observed[f];
	}
}

/* The values that a vector of measures has at the positions of the model's features */
static void
get_placed(FunctionCallInfo fcinfo, int arg, const ChurnModel *model, ModelValues *values)
{
	double value[MEASURE_POSITIONS];
	bool observed[MEASURE_POSITIONS];
	Vector vector = csh_get_vector(fcinfo, arg, "measures", value, observed);
	int unplaced = csh_model_pick(model, &vector, values);

	if (unplaced >= 0)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("churn model: features[%d] has no position", unplaced),
				 errhint("Compile the document: cs_health.compile_model() adds positions.")));
}

/* True for a usable document, else an error that names the path of the fault; meant for CHECK constraints */
Datum
csh_check_model(PG_FUNCTION_ARGS)
{
	ChurnModel model;

	check_document_size(PG_GETARG_DATUM(0));
	read_model(PG_GETARG_JSONB_P(0), &model);
	csh_model_free(&model);
	PG_RETURN_BOOL(true);
}

/* The probability for values in the order of the model's features */
Datum
csh_logit_probability(PG_FUNCTION_ARGS)
{
	const ChurnModel *model = get_model(fcinfo, 1);
	ModelValues values;

	get_ordered(fcinfo, 0, model, &values);
	PG_RETURN_FLOAT8(csh_model_probability(csh_model_log_odds(model, &values)));
}

/* One row per feature: (feature, [position,] value, baseline, contribution) */
static void
put_parts(FunctionCallInfo fcinfo, const ChurnModel *model, const ModelValues *values,
		  bool positions)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;

	InitMaterializedSRF(fcinfo, 0);
	for (int f = 0; f < model->features; f++)
	{
		const ModelFeature *feature = &model->feature[f];
		Datum row[5];
		bool nulls[5] = {false};
		int n = 0;

		row[n++] = CStringGetTextDatum(feature->measure);
		if (positions)
			row[n++] = Int32GetDatum(feature->index + 1);
		nulls[n] = !values->observed[f];
		row[n++] = Float8GetDatum(values->value[f]);
		row[n++] = Float8GetDatum(csh_model_baseline(feature));
		row[n++] = Float8GetDatum(csh_model_contribution(model, values, f));
		tuplestore_putvalues(result->setResult, result->setDesc, row, nulls);
	}
}

/* What each feature adds to the log-odds, for values in the order of the model's features */
Datum
csh_logit_explain(PG_FUNCTION_ARGS)
{
	const ChurnModel *model = get_model(fcinfo, 1);
	ModelValues values;

	get_ordered(fcinfo, 0, model, &values);
	put_parts(fcinfo, model, &values, false);
	return (Datum) 0;
}

/* The log-odds of a vector of measures */
Datum
csh_churn_log_odds(PG_FUNCTION_ARGS)
{
	const ChurnModel *model = get_model(fcinfo, 1);
	ModelValues values;

	get_placed(fcinfo, 0, model, &values);
	PG_RETURN_FLOAT8(csh_model_log_odds(model, &values));
}

/* The probability of a vector of measures, as it is stored */
Datum
csh_churn_probability(PG_FUNCTION_ARGS)
{
	const ChurnModel *model = get_model(fcinfo, 1);
	ModelValues values;

	get_placed(fcinfo, 0, model, &values);
	PG_RETURN_FLOAT4((float4) csh_model_probability(csh_model_log_odds(model, &values)));
}

/* The standardised inputs of a vector of measures, as a regression takes them */
Datum
csh_churn_inputs(PG_FUNCTION_ARGS)
{
	const ChurnModel *model = get_model(fcinfo, 1);
	ModelValues values;
	double input[MODEL_MAX_FEATURES];
	bool given[MODEL_MAX_FEATURES];

	get_placed(fcinfo, 0, model, &values);
	if (model->features == 0)
		PG_RETURN_ARRAYTYPE_P(construct_empty_array(FLOAT8OID));
	for (int f = 0; f < model->features; f++)
	{
		input[f] = csh_model_input(model, &values, f);
		given[f] = true;
	}
	PG_RETURN_ARRAYTYPE_P(csh_measure_array(input, given, model->features));
}

/* What each feature adds to the log-odds of a vector of measures */
Datum
csh_churn_parts(PG_FUNCTION_ARGS)
{
	const ChurnModel *model = get_model(fcinfo, 1);
	ModelValues values;

	get_placed(fcinfo, 0, model, &values);
	put_parts(fcinfo, model, &values, true);
	return (Datum) 0;
}

/* How much of a model a vector has */
Datum
csh_churn_coverage(PG_FUNCTION_ARGS)
{
	const ChurnModel *model = get_model(fcinfo, 1);
	ModelValues values;

	get_placed(fcinfo, 0, model, &values);
	PG_RETURN_FLOAT8(csh_model_coverage(model, &values));
}

/* Half the width of the 90 % interval of the log-odds; null for a model that does not know how sure it is */
Datum
csh_churn_half_width(PG_FUNCTION_ARGS)
{
	const ChurnModel *model = get_model(fcinfo, 1);
	ModelValues values;

	get_placed(fcinfo, 0, model, &values);
	if (model->covariance == NULL)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(csh_model_half_width(model, &values));
}

/* The level of a probability */
Datum
csh_risk_level(PG_FUNCTION_ARGS)
{
	const ChurnModel *model = get_model(fcinfo, 1);
	double probability = PG_GETARG_FLOAT8(0);

	csh_check_range(probability, 0, 1, "probability");
	PG_RETURN_TEXT_P(cstring_to_text(csh_risk_names[csh_model_risk(model, probability)]));
}
