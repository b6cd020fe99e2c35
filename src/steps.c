/*
 * steps.c
 *		SQL functions that check what a playbook's steps and params say.
 */
#include "cs_health.h"

#include "steps.h"

#include "access/detoast.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

PG_FUNCTION_INFO_V1(csh_check_steps);
PG_FUNCTION_INFO_V1(csh_check_params);

/* The text of a document, which is refused by its stored size before it is unpacked */
static char *
get_document(FunctionCallInfo fcinfo, int arg, const char *what, Size max_bytes)
{
	Size size = toast_raw_datum_size(PG_GETARG_DATUM(arg));
	Jsonb *document;
	char *text = NULL;

	if (size <= 2 * max_bytes)
	{
		document = PG_GETARG_JSONB_P(arg);
		text = JsonbToCString(NULL, &document->root, VARSIZE(document));
		size = strlen(text);
	}
	if (text == NULL || size > max_bytes)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("%s: the document has %zu bytes, at most %zu are read", what, size,
							   max_bytes),
						errhint("Shorten the texts; long documents are better linked to.")));
	return text;
}

/* True for usable steps, else an error that names the path of the fault; meant for CHECK constraints */
Datum
csh_check_steps(PG_FUNCTION_ARGS)
{
	char *steps = get_document(fcinfo, 0, "steps", STEPS_MAX_BYTES);
	char *params = get_document(fcinfo, 1, "params", PARAMS_MAX_BYTES);
	CshError error;

	if (!csh_steps_check(steps, strlen(steps), params, strlen(params), &error))
		csh_report(ERRCODE_INVALID_PARAMETER_VALUE, &error);
	PG_RETURN_BOOL(true);
}

/* True for usable params, else an error that names the fault; meant for CHECK constraints */
Datum
csh_check_params(PG_FUNCTION_ARGS)
{
	char *params = get_document(fcinfo, 0, "params", PARAMS_MAX_BYTES);
	CshError error;

	if (!csh_params_check(params, strlen(params), &error))
		csh_report(ERRCODE_INVALID_PARAMETER_VALUE, &error);
	PG_RETURN_BOOL(true);
}
