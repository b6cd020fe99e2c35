/*
 * what_would_help.c
 *		SQL function that finds the cheapest changes into the next category.
 */
#include "cs_health.h"

#include "scoring.h"
#include "what_would_help.h"

#include "common/shortest_dec.h"
#include "funcapi.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/json.h"
#include "utils/jsonb.h"

PG_FUNCTION_INFO_V1(csh_help_options);

/* Adds a value with the fewest digits that read back as the same four-byte float */
static void
append_value(StringInfo text, double value)
{
	char digits[FLOAT_SHORTEST_DECIMAL_LEN];

	float_to_shortest_decimal_buf((float) value, digits);
	appendStringInfoString(text, digits);
}

/* The changes of an option as a jsonb array */
static Datum
changes_json(const Help *help)
{
	StringInfoData text;

	initStringInfo(&text);
	appendStringInfoChar(&text, '[');
	for (int i = 0; i < help->changes; i++)
	{
		const HelpChange *change = &help->change[i];

		appendStringInfoString(&text, i > 0 ? ", {\"measure\": " : "{\"measure\": ");
		escape_json(&text, change->code);
		appendStringInfoString(&text, ", \"from\": ");
		append_value(&text, change->from);
		appendStringInfoString(&text, ", \"to\": ");
		append_value(&text, change->to);
		appendStringInfo(&text, ", \"points\": %s%d.%02d}", change->hundredths < 0 ? "-" : "",
						 abs(change->hundredths) / 100, abs(change->hundredths) % 100);
	}
	appendStringInfoChar(&text, ']');
	return DirectFunctionCall1(jsonb_in, CStringGetDatum(text.data));
}

/* One row per option: (measures, scorecard, options, positions, steps, efforts) */
Datum
csh_help_options(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const Scorecard *card = csh_get_scorecard(fcinfo, 1);
	double values[MEASURE_POSITIONS];
	bool observed[MEASURE_POSITIONS];
	Vector vector = csh_get_vector(fcinfo, 0, "measures", values, observed);
	int32 options = PG_GETARG_INT32(2);
	int index[MEASURE_POSITIONS];
	double number[MEASURE_POSITIONS];
	MoveCost *costs = palloc0(sizeof(MoveCost) * MEASURE_POSITIONS);
	Help *found = palloc(sizeof(Help) * HELP_MAX_OPTIONS);
	int n;

	csh_check_range(options, 1, HELP_MAX_OPTIONS, "options");
	n = csh_get_placed(fcinfo, 3, 4, "steps", index, number);
	for (int i = 0; i < n; i++)
		costs[index[i]].step = number[i];
	n = csh_get_placed(fcinfo, 3, 5, "efforts", index, number);
	for (int i = 0; i < n; i++)
	{
		costs[index[i]].effort = number[i];
		if (!(number[i] > 0 && costs[index[i]].step > 0))
			ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE),
							errmsg("step and effort of position %d must be above 0, not %g and %g",
								   index[i] + 1, costs[index[i]].step, number[i]),
							errhint("They are columns of cs_health.measure.")));
	}
	n = csh_what_would_help(card, &vector, costs, options, found);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
	{
		Datum row[5] = {Int32GetDatum(i + 1), Int32GetDatum(found[i].overall),
						CStringGetTextDatum(csh_category(found[i].overall)),
						Float4GetDatum((float4) found[i].effort), changes_json(&found[i])};
		bool nulls[5] = {false};

		tuplestore_putvalues(result->setResult, result->setDesc, row, nulls);
	}
	return (Datum) 0;
}
