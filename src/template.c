/*
 * template.c
 *		SQL functions on texts with {{fields}}.
 */
#include "cs_health.h"

#include "template.h"

#include "catalog/pg_type.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

PG_FUNCTION_INFO_V1(csh_template_fields);
PG_FUNCTION_INFO_V1(csh_missing_fields);
PG_FUNCTION_INFO_V1(csh_render_template);

/* What a rendered text may have; the outbox takes no more */
#define RENDERED_MAX_BYTES 262144

typedef struct Rendering
{
	JsonbContainer *fields;
	StringInfoData out;
} Rendering;

/* The text of a template argument */
static text *
get_template(FunctionCallInfo fcinfo, int arg)
{
	text *template = PG_GETARG_TEXT_PP(arg);

	if (VARSIZE_ANY_EXHDR(template) > TEMPLATE_MAX_BYTES)
		ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
						errmsg("template: the text has %d bytes, at most %d are read",
							   (int) VARSIZE_ANY_EXHDR(template), TEMPLATE_MAX_BYTES),
						errhint("Shorten the text; long documents are better linked to.")));
	return template;
}

/* The object with the fields' values */
static JsonbContainer *
get_fields(FunctionCallInfo fcinfo, int arg)
{
	Jsonb *fields = PG_GETARG_JSONB_P(arg);

	if (!JB_ROOT_IS_OBJECT(fields))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("fields must be an object, not another kind of JSON"),
						errhint("Pass names with values, such as {\"tenant.name\": \"Acme\"}.")));
	return &fields->root;
}

/* A field's value; false where it is absent, null or blank */
static bool
find_field(void *context, const char *name, size_t length, const char **value, size_t *size)
{
	Rendering *rendering = context;
	JsonbValue found;

	if (getKeyJsonValueFromContainer(rendering->fields, name, (int) length, &found) == NULL ||
		found.type == jbvNull)
		return false;
	if (found.type == jbvNumeric)
	{
		*value = numeric_normalize(found.val.numeric);
		*size = strlen(*value);
		return true;
	}
	if (found.type != jbvString)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("field \"%s\" must be a text or a number", pnstrdup(name, length)),
						errhint("Pass names with values, such as {\"tenant.name\": \"Acme\", "
								"\"measure.mau\": 12}.")));
	*value = found.val.string.val;
	*size = (size_t) found.val.string.len;
	return !csh_template_is_blank(*value, *size);
}

static void
append(void *context, const char *bytes, size_t length)
{
	Rendering *rendering = context;

	if ((size_t) rendering->out.len + length > RENDERED_MAX_BYTES)
		ereport(ERROR,
				(errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
				 errmsg("template: the rendered text has more than %d bytes", RENDERED_MAX_BYTES),
				 errhint("Name fewer fields with long values.")));
	appendBinaryStringInfo(&rendering->out, bytes, (int) length);
}

/* The fields that a template names, each once, in their order: all, or those without a value */
static ArrayType *
list_fields(text *template, Rendering *missing_in)
{
	const char *start = VARDATA_ANY(template);
	TemplateReader reader = {start, start + VARSIZE_ANY_EXHDR(template), "template"};
	TemplateResult result;
	TemplatePart part;
	CshError error;
	ArrayBuildState *names = initArrayResult(TEXTOID, CurrentMemoryContext, false);
	const char *value;
	size_t size;

	while ((result = csh_template_next(&reader, &part, &error)) == TEMPLATE_PART)
	{
		bool known = !part.is_field ||
					 (missing_in && find_field(missing_in, part.text, part.length, &value, &size));

		for (int i = 0; i < names->nelems && !known; i++)
		{
			text *name = DatumGetTextPP(names->dvalues[i]);

			known = VARSIZE_ANY_EXHDR(name) == part.length &&
					memcmp(VARDATA_ANY(name), part.text, part.length) == 0;
		}
		if (!known)
			names = accumArrayResult(
				names, PointerGetDatum(cstring_to_text_with_len(part.text, (int) part.length)),
				false, TEXTOID, CurrentMemoryContext);
	}
	if (result == TEMPLATE_FAULT)
		csh_report(ERRCODE_INVALID_PARAMETER_VALUE, &error);
	return DatumGetArrayTypeP(makeArrayResult(names, CurrentMemoryContext));
}

/* The fields that a template names */
Datum
csh_template_fields(PG_FUNCTION_ARGS)
{
	PG_RETURN_ARRAYTYPE_P(list_fields(get_template(fcinfo, 0), NULL));
}

/* The fields that a template names and that have no value */
Datum
csh_missing_fields(PG_FUNCTION_ARGS)
{
	Rendering rendering = {.fields = get_fields(fcinfo, 1)};

	PG_RETURN_ARRAYTYPE_P(list_fields(get_template(fcinfo, 0), &rendering));
}

/* The word of an escape */
static TemplateEscape
read_escape(const char *word)
{
	static const char *const words[] = {[TEMPLATE_TEXT] = "text",
										[TEMPLATE_SLACK] = "slack",
										[TEMPLATE_HTML] = "html",
										[TEMPLATE_URL] = "url",
										[TEMPLATE_HEADER] = "header"};
	char shown[40];

	for (int i = 0; i < (int) lengthof(words); i++)
		if (strcmp(word, words[i]) == 0)
			return (TemplateEscape) i;
	csh_excerpt(shown, sizeof(shown), word);
	ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					errmsg("escape must be text, slack, html, url or header, not \"%s\"", shown),
					errhint("It tells where the text goes; text is for mail and tasks.")));
}

/* Fills in a template */
Datum
csh_render_template(PG_FUNCTION_ARGS)
{
	text *template = get_template(fcinfo, 0);
	Rendering rendering = {.fields = get_fields(fcinfo, 1)};
	TemplateCaller caller = {&rendering, find_field, append};
	TemplateEscape escape = read_escape(text_to_cstring(PG_GETARG_TEXT_PP(2)));
	CshError error;

	initStringInfo(&rendering.out);
	if (!csh_template_render(VARDATA_ANY(template), VARSIZE_ANY_EXHDR(template), escape, &caller,
							 &error))
		csh_report(ERRCODE_INVALID_PARAMETER_VALUE, &error);
	PG_RETURN_TEXT_P(cstring_to_text_with_len(rendering.out.data, rendering.out.len));
}
