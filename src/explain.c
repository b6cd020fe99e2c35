/*
 * explain.c
 *		SQL function that says why a score changed.
 */
#include "cs_health.h"

#include "explain.h"
#include "scoring.h"

#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/numeric.h"

PG_FUNCTION_INFO_V1(csh_change_parts);

/* One row per part of the change: (measures_from, scorecard_from, measures_to, scorecard_to) */
Datum
csh_change_parts(PG_FUNCTION_ARGS)
{
	ReturnSetInfo *result = (ReturnSetInfo *) fcinfo->resultinfo;
	const Scorecard *card_from = csh_get_scorecard(fcinfo, 1);
	const Scorecard *card_to = csh_get_scorecard(fcinfo, 3);
	double values[2][MEASURE_POSITIONS];
	bool observed[2][MEASURE_POSITIONS];
	Vector from = csh_get_vector(fcinfo, 0, "measures_from", values[0], observed[0]);
	Vector to = csh_get_vector(fcinfo, 2, "measures_to", values[1], observed[1]);
	Part *parts = palloc(sizeof(Part) * EXPLAIN_MAX_PARTS);
	int n = csh_explain(card_from, &from, card_to, &to, parts);

	InitMaterializedSRF(fcinfo, 0);
	for (int i = 0; i < n; i++)
	{
		const Part *part = &parts[i];
		const char *component = part->component >= 0 ? csh_component_names[part->component] : NULL;
		Datum row[4] = {CStringGetTextDatum(csh_cause_names[part->cause]),
						component != NULL ? CStringGetTextDatum(component) : (Datum) 0,
						part->code != NULL ? CStringGetTextDatum(part->code) : (Datum) 0,
						NumericGetDatum(int64_div_fast_to_numeric(part->hundredths, 2))};
		bool nulls[4] = {false, component == NULL, part->code == NULL, false};

		tuplestore_putvalues(result->setResult, result->setDesc, row, nulls);
	}
	return (Datum) 0;
}
