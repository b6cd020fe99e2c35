/*
 * template.c
 *		Which fields there are, how a template falls into parts, and that a value stays a value wherever the text goes.
 */
#include "template.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define LENGTH(a) ((int) (sizeof(a) / sizeof((a)[0])))

/* The values of this test, and what was written */
typedef struct Page
{
	const char *name;
	const char *value;
	size_t size;
	char out[20000];
	size_t length;
} Page;

static bool
find(void *context, const char *name, size_t length, const char **value, size_t *size)
{
	Page *page = context;

	*value = page->value;
	*size = page->size;
	return strlen(page->name) == length && memcmp(page->name, name, length) == 0;
}

static void
write_out(void *context, const char *bytes, size_t length)
{
	Page *page = context;

	if (page->length + length < sizeof(page->out))
		memcpy(page->out + page->length, bytes, length);
	page->length += length;
	page->out[page->length < sizeof(page->out) ? page->length : 0] = '\0';
}

static bool
render(Page *page, const char *text, TemplateEscape escape, CshError *error)
{
	TemplateCaller caller = {page, find, write_out};
	size_t length = strlen(text);
	char *copy = malloc(length + 1); /* so that the sanitizer sees a read beyond it */
	bool result;

	memcpy(copy, text, length);
	page->length = 0;
	page->out[0] = '\0';
	memset(error, 0, sizeof(*error));
	result = csh_template_render(copy, length, escape, &caller, error);
	free(copy);
	return result;
}

static const char *const usable_fields[] = {
	"tenant.name",
	"next_plan.benefits",
	"churn.reasons",
	"measure.mau",
	"measure.users_ever",
	"own.x",
	"own.abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz01234567890",
	"params.discount_percent",
	"params._",
};

static const char *const unusable_fields[] = {
	"",
	"tenant",
	"tenant.",
	"tenant.name ",
	"tenant.names",
	"tenant.nam",
	"Tenant.name",
	"measure.",
	"measure.luck",
	"measure.mau2",
	"own.",
	"own.1x",
	"own._x",
	"own.X",
	"own.abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz012345678901",
	"params.",
	"params.X",
	"params.x1",
	"params.abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz",
	"params",
};

static const struct
{
	const char *text;
	const char *message;
} faults[] = {
	{"{{tenant.name", "template: \"{{\" without \"}}\" at \"{{tenant.name\""},
	{"a {{", "template: \"{{\" without \"}}\" at \"{{\""},
	{"a }} b", "template: \"}}\" without \"{{\" before it at \"}} b\""},
	{"{{tenant.name}} }}", "template: \"}}\" without \"{{\" before it at \"}}\""},
	{"a {{luck}} b", "template: unknown field at \"{{luck}} b\""},
	{"{{}}", "template: unknown field at \"{{}}\""},
	{"{{{tenant.name}}}", "template: unknown field at \"{{{tenant.name}}}\""},
	{"{{tenant.name {{x}}", "template: unknown field at \"{{tenant.name {{x}}\""},
	{"{{tenant\n.name}}", "template: unknown field at \"{{tenant?.name}}\""},
	{"{{contact.name}}", "template: field \"contact.name\" has no value"},
};

static const struct
{
	const char *name;
	TemplateEscape escape;
	const char *text;
	const char *value;
	const char *expected;
} renderings[] = {
	{"no field", TEMPLATE_TEXT, "plain", "", "plain"},
	{"an empty text", TEMPLATE_TEXT, "", "", ""},
	{"only a field", TEMPLATE_TEXT, "{{tenant.name}}", "Acme", "Acme"},
	{"blanks within braces", TEMPLATE_TEXT, "a{{ tenant.name  }}b", "X", "aXb"},
	{"twice, side by side", TEMPLATE_TEXT, "{{tenant.name}}{{tenant.name}}", "X", "XX"},
	{"single braces", TEMPLATE_TEXT, "{a} } {", "", "{a} } {"},
	{"a third brace after a field", TEMPLATE_TEXT, "{{tenant.name}}}", "X", "X}"},
	{"a value is not read as a template", TEMPLATE_TEXT, "{{tenant.name}}", "{{csm.name}}",
	 "{{csm.name}}"},
	{"the text's own lines and tabs", TEMPLATE_TEXT, "a\n\tb", "", "a\n\tb"},
	{"a carriage return in the text", TEMPLATE_TEXT, "a\r\nb", "", "a\nb"},
	{"a value's lines", TEMPLATE_TEXT, "<{{tenant.name}}>", "a\nb\r\nc\td", "<a b c d>"},
	{"a value's controls", TEMPLATE_TEXT, "<{{tenant.name}}>", "a\x01\x1b[31m\x7f\x62", "<a[31mb>"},
	{"controls of C1", TEMPLATE_TEXT, "<{{tenant.name}}>", "a\xc2\x80\xc2\x9f\xc2\x85z", "<a z>"},
	{"a no-break space stays", TEMPLATE_TEXT, "{{tenant.name}}", "a\xc2\xa0z", "a\xc2\xa0z"},
	{"line and paragraph separators", TEMPLATE_TEXT, "{{tenant.name}}",
	 "a\xe2\x80\xa8\xe2\x80\xa9z", "a z"},
	{"overrides of direction", TEMPLATE_TEXT, "{{tenant.name}}",
	 "a\xe2\x80\xae\xe2\x80\xaa\xe2\x81\xa6\xe2\x81\xa9\xe2\x80\x8f\xd8\x9c\xef\xbb\xbfz", "az"},
	{"dashes, quotes and dots of the same block stay", TEMPLATE_TEXT, "{{tenant.name}}",
	 "\xe2\x80\x93\xe2\x80\x99\xe2\x80\xa6", "\xe2\x80\x93\xe2\x80\x99\xe2\x80\xa6"},
	{"four bytes", TEMPLATE_TEXT, "{{tenant.name}}", "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80"},
	{"a character cut off", TEMPLATE_TEXT, "{{tenant.name}}", "a\xe2\x80", "a\xe2\x80"},
	{"bytes that are no character", TEMPLATE_TEXT, "{{tenant.name}}", "\xff\xc0\x80z",
	 "\xff\xc0\x80z"},
	{"letters with accents", TEMPLATE_TEXT, "\xc2\xa1{{tenant.name}}!", "Ni\xc3\xb1o",
	 "\xc2\xa1Ni\xc3\xb1o!"},
	{"a mention in Slack", TEMPLATE_SLACK, "{{tenant.name}}", "<!channel> <@U1> & <https://x|y>",
	 "&lt;!channel&gt; &lt;@U1&gt; &amp; &lt;https://x|y&gt;"},
	{"an entity in Slack", TEMPLATE_SLACK, "{{tenant.name}}", "&lt;!here&gt;",
	 "&amp;lt;!here&amp;gt;"},
	{"the text's own marks in Slack", TEMPLATE_SLACK, "*a* <https://x|{{tenant.name}}>", "b",
	 "*a* <https://x|b>"},
	{"quotes in Slack stay", TEMPLATE_SLACK, "{{tenant.name}}", "\"'", "\"'"},
	{"a script in HTML", TEMPLATE_HTML, "<b>{{tenant.name}}</b>", "<script>'\"&",
	 "<b>&lt;script&gt;&#39;&quot;&amp;</b>"},
	{"a header", TEMPLATE_HEADER, "Re: {{tenant.name}}", "a\r\nBcc: b@c", "Re: a Bcc: b@c"},
	{"a header's own lines", TEMPLATE_HEADER, "a\r\n\r\nb {{tenant.name}}", "c", "a b c"},
	{"part of a link", TEMPLATE_URL, "https://x.org/?q={{tenant.name}}", "a/b?c&d=e f#\xc3\xa9%",
	 "https://x.org/?q=a%2Fb%3Fc%26d%3De%20f%23%C3%A9%25"},
	{"unreserved characters", TEMPLATE_URL, "https://x.org/{{tenant.name}}", "AZaz09-._~",
	 "https://x.org/AZaz09-._~"},
	{"a whole link", TEMPLATE_URL, "{{tenant.name}}&b=1", "https://x.org/a?b=c&d=%20#e<\"\xc3\xa9",
	 "https://x.org/a?b=c&d=%20#e%3C%22%C3%A9&b=1"},
	{"lines in a link", TEMPLATE_URL, "{{tenant.name}}", "https://x.org/a\r\nb",
	 "https://x.org/a%20b"},
	{"blanks in the text of a link", TEMPLATE_URL, "https://x.org/a b", "", "https://x.org/a%20b"},
};

static const char *const no_links[] = {
	"", "http://x.org", "javascript:alert(1)", "HTTPS://x.org", " https://x.org", "https:/"};

static void
test_long_values(void)
{
	static char value[1000000];
	static Page page;
	CshError error;

	page = (Page){.name = "tenant.name", .value = value, .size = sizeof(value)};
	memset(value, 'x', sizeof(value));
	ok(render(&page, "{{tenant.name}}!", TEMPLATE_TEXT, &error) &&
		   page.length == TEMPLATE_VALUE_CHARACTERS + 4 &&
		   strcmp(page.out + TEMPLATE_VALUE_CHARACTERS, "\xe2\x80\xa6!") == 0,
	   "a value of a megabyte is cut");
	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = "\n\x01"[i % 2];
	value[0] = 'x';
	ok(render(&page, "{{tenant.name}}", TEMPLATE_TEXT, &error) && strcmp(page.out, "x ") == 0,
	   "a megabyte of line breaks and controls is one blank");
	for (size_t i = 0; i < sizeof(value); i++)
		value[i] = "\xc3\xa9"[i % 2];
	ok(render(&page, "{{tenant.name}}", TEMPLATE_TEXT, &error) &&
		   page.length == 2 * TEMPLATE_VALUE_CHARACTERS + 3 &&
		   memcmp(page.out + page.length - 5, "\xc3\xa9\xe2\x80\xa6", 5) == 0,
	   "it is cut between characters");
	page.size = 2 * TEMPLATE_VALUE_CHARACTERS;
	ok(render(&page, "{{tenant.name}}", TEMPLATE_TEXT, &error) &&
		   page.length == 2 * TEMPLATE_VALUE_CHARACTERS,
	   "what just fits is not cut");
	page.size = sizeof(value);
	ok(render(&page, "https://x/{{tenant.name}}", TEMPLATE_URL, &error) &&
		   strcmp(page.out + page.length - 9, "%E2%80%A6") == 0,
	   "the mark of a cut is escaped too");
}

int
main(void)
{
	static Page page;
	CshError error;

	for (int i = 0; i < LENGTH(usable_fields); i++)
		ok(csh_template_is_field(usable_fields[i], strlen(usable_fields[i])), "field %s",
		   usable_fields[i]);
	for (int i = 0; i < LENGTH(unusable_fields); i++)
		ok(!csh_template_is_field(unusable_fields[i], strlen(unusable_fields[i])), "no field %s",
		   unusable_fields[i]);
	for (int i = 0; i < LENGTH(faults); i++)
	{
		page = (Page){.name = "tenant.name", .value = "X", .size = 1};
		ok(!render(&page, faults[i].text, TEMPLATE_TEXT, &error) &&
			   strcmp(error.message, faults[i].message) == 0,
		   "\"%s\" is refused: %s", i == LENGTH(faults) - 2 ? "a line break" : faults[i].text,
		   error.message);
	}
	for (int i = 0; i < LENGTH(renderings); i++)
	{
		page = (Page){.name = "tenant.name",
					  .value = renderings[i].value,
					  .size = strlen(renderings[i].value)};
		ok(render(&page, renderings[i].text, renderings[i].escape, &error) &&
			   page.length == strlen(renderings[i].expected) &&
			   strcmp(page.out, renderings[i].expected) == 0,
		   "%s", renderings[i].name);
	}
	page = (Page){.name = "tenant.name", .value = "a\0b", .size = 3};
	ok(render(&page, "{{tenant.name}}", TEMPLATE_TEXT, &error) && strcmp(page.out, "ab") == 0,
	   "a zero byte is a control");
	ok(render(&page, "https://x/{{tenant.name}}", TEMPLATE_URL, &error) &&
		   strcmp(page.out, "https://x/ab") == 0,
	   "in a link too");
	for (int i = 0; i < LENGTH(no_links); i++)
	{
		page = (Page){.name = "params.url", .value = no_links[i], .size = strlen(no_links[i])};
		ok(!render(&page, "{{params.url}}", TEMPLATE_URL, &error) &&
			   strcmp(error.message, "template: field \"params.url\" must begin with https:// "
									 "where a link begins") == 0,
		   "\"%s\" is no link", no_links[i]);
	}
	ok(csh_template_is_blank(" \n\t\x01\xe2\x80\xae", 7), "blanks, controls and marks are nothing");
	ok(!csh_template_is_blank(" .", 2) && !csh_template_is_blank("\xc2\xa1", 2), "a dot is not");
	ok(csh_template_is_blank("", 0), "an empty text is");
	test_long_values();
	return tap_done();
}
