/*
 * steps.c
 *		Any text as a playbook's steps and params: refused with a message, or every text in them renders.
 */
#include "steps.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <json-c/json.h>

#include "template.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool
find(void *context, const char *name, size_t length, const char **value, size_t *size)
{
	(void) context;
	*value = name;
	*size = length;
	return true;
}

static void
write_out(void *context, const char *bytes, size_t length)
{
	(void) bytes;
	*(size_t *) context += length;
}

static void
render(json_object *text)
{
	size_t written = 0;
	TemplateCaller caller = {&written, find, write_out};
	CshError error;

	if (json_object_is_type(text, json_type_object))
	{
		json_object_object_foreach(text, language, inner)
		{
			assert(strcmp(language, "en") == 0 || strcmp(language, "es") == 0);
			render(inner);
		}
	}
	else if (text != NULL)
		assert(csh_template_render(json_object_get_string(text),
								   (size_t) json_object_get_string_len(text), TEMPLATE_TEXT,
								   &caller, &error) &&
			   written > 0);
}

static void
render_all(const char *text)
{
	json_object *steps = json_tokener_parse(text);

	for (size_t i = 0; i < json_object_array_length(steps); i++)
	{
		json_object *step = json_object_array_get_idx(steps, i);

		render(json_object_object_get(step, "subject"));
		render(json_object_object_get(step, "template"));
	}
	json_object_put(steps);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line = memchr(data, '\n', size); /* params stand on the first line */
	size_t first = line != NULL ? (size_t) (line - data) : size;
	char *params = malloc(first + 1);
	char *steps = malloc(size - first + 1);
	CshError error = {"", ""};

	memcpy(params, data, first);
	params[first] = '\0';
	memcpy(steps, data + first, size - first);
	steps[size - first] = '\0';
	if (csh_steps_check(steps, strlen(steps), params, strlen(params), &error))
	{
		assert(csh_params_check(params, strlen(params), &error));
		render_all(steps);
	}
	else
		assert(error.message[0] != '\0' && error.hint[0] != '\0');
	free(steps);
	free(params);
	return 0;
}
