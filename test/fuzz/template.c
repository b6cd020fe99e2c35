/*
 * template.c
 *		Any text as a template with any values: refused with a message, or its parts are the text, and what is written has
 *		nothing in it that its place could take for more than text.
 */
#include "template.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The value of every field, and what was written */
typedef struct Page
{
	const char *value;
	size_t size;
	char *out;
	size_t length;
	size_t room;
} Page;

static bool
find(void *context, const char *name, size_t length, const char **value, size_t *size)
{
	Page *page = context;

	assert(csh_template_is_field(name, length));
	*value = page->value;
	*size = page->size;
	return !csh_template_is_blank(page->value, page->size);
}

static void
write_out(void *context, const char *bytes, size_t length)
{
	Page *page = context;

	if (page->length + length > page->room)
	{
		page->room = 2 * (page->length + length);
		page->out = realloc(page->out, page->room);
	}
	memcpy(page->out + page->length, bytes, length);
	page->length += length;
}

/* Without fields of its own, whatever is written came from the value */
static void
check(const Page *page, TemplateEscape escape, bool only_value)
{
	for (size_t i = 0; i < page->length; i++)
	{
		unsigned char c = (unsigned char) page->out[i];

		assert(c >= 0x20 || ((c == '\n' || c == '\t') && escape != TEMPLATE_HEADER &&
							 escape != TEMPLATE_URL && !only_value));
		assert(c != 0x7f);
		assert(escape != TEMPLATE_URL || (c > 0x20 && c < 0x7f && c != '<' && c != '"'));
		if (only_value && (escape == TEMPLATE_SLACK || escape == TEMPLATE_HTML))
			assert(c != '<' && c != '>');
		if (only_value && escape == TEMPLATE_HTML)
			assert(c != '"' && c != '\'');
	}
}

static void
render(const char *text, size_t length, Page *page, bool only_value)
{
	TemplateCaller caller = {page, find, write_out};
	CshError error = {"", ""};

	for (int escape = TEMPLATE_TEXT; escape <= TEMPLATE_HEADER; escape++)
	{
		page->length = 0;
		if (csh_template_render(text, length, (TemplateEscape) escape, &caller, &error))
			check(page, (TemplateEscape) escape, only_value);
		else
			assert(error.message[0] != '\0');
	}
}

/* The parts of a template are the text without the braces of its fields */
static void
read_parts(const char *text, size_t length)
{
	TemplateReader reader = {text, text + length, "template"};
	TemplatePart part;
	CshError error = {"", ""};
	TemplateResult result;
	size_t plain = 0;

	while ((result = csh_template_next(&reader, &part, &error)) == TEMPLATE_PART)
	{
		assert(part.text >= text && part.text + part.length <= text + length);
		assert(part.is_field || part.length > 0);
		assert(!part.is_field || csh_template_is_field(part.text, part.length));
		plain += part.is_field ? 0 : part.length;
	}
	assert(plain <= length);
	assert(result != TEMPLATE_FAULT || error.message[0] != '\0');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char field[] = "{{tenant.name}}";
	size_t half =
		size > 0 ? data[0] * size / 256 : 0; /* where the template ends and the value begins */
	char *text = malloc(half + 1);
	char *value = malloc(size - half + 1);
	Page page = {value, size - half, NULL, 0, 0};

	memcpy(text, data, half);
	memcpy(value, data + half, size - half);
	read_parts(text, half);
	render(text, half, &page, false);
	render(field, sizeof(field) - 1, &page, true);
	free(page.out);
	free(value);
	free(text);
	return 0;
}
