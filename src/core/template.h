/*
 * template.h
 *		Texts with {{fields}}: read, checked, and filled in so that a value stays a value.
 */
#ifndef CSH_TEMPLATE_H
#define CSH_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#define TEMPLATE_MAX_BYTES 65536
#define TEMPLATE_VALUE_CHARACTERS 2000 /* what is longer is cut */

typedef enum TemplateEscape
{
	TEMPLATE_TEXT,
	TEMPLATE_SLACK,
	TEMPLATE_HTML,
	TEMPLATE_URL,
	TEMPLATE_HEADER
} TemplateEscape;

/* A stretch of text as it stands, or the name of a field */
typedef struct TemplatePart
{
	const char *text;
	size_t length;
	bool is_field;
} TemplatePart;

typedef struct TemplateReader
{
	const char *next;
	const char *end;
	const char *where; /* what messages begin with, such as "template" */
} TemplateReader;

typedef enum TemplateResult
{
	TEMPLATE_FAULT,
	TEMPLATE_PART,
	TEMPLATE_END
} TemplateResult;

/* Where a text goes; find() gives a field's value or returns false. Both may leave by longjmp */
typedef struct TemplateCaller
{
	void *context;
	bool (*find)(void *context, const char *name, size_t length, const char **value, size_t *size);
	void (*write)(void *context, const char *bytes, size_t length);
} TemplateCaller;

extern TemplateResult csh_template_next(TemplateReader *reader, TemplatePart *part,
										CshError *error);
extern bool csh_template_is_field(const char *name, size_t length);
extern bool csh_template_is_key(const char *name, size_t length);
extern bool csh_template_is_blank(const char *value, size_t length);
extern bool csh_template_render(const char *text, size_t length, TemplateEscape escape,
								const TemplateCaller *caller, CshError *error);

#endif
