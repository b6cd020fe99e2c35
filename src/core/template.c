/*
 * template.c
 *		Texts with {{fields}}: read, checked, and filled in so that a value stays a value.
 *
 * There is no logic in a template: a field stands for a value, everything else for itself.
 */
#include "template.h"

#include <stdio.h>
#include <string.h>

#include "measures.h"

#define HINT "doc/playbook-document.md lists the fields."
#define HTTPS "https://"
#define PARAM_KEY_MAX 50

/* All fields but measure.CODE, own.CODE and params.KEY */
static const char *const fields[] = {
	"tenant.name",       "tenant.plan",        "tenant.arr",
	"contact.name",      "contact.first_name", "csm.name",
	"csm.email",         "csm.booking_url",    "manager.email",
	"next_plan.name",    "next_plan.benefits", "next_plan.monthly_price",
	"company.name",      "link.tenant",        "health.overall_score",
	"health.category",   "health.trend",       "health.reasons",
	"churn.probability", "churn.risk_level",   "churn.reasons",
};

static bool
is_lower(char c)
{
	return (c >= 'a' && c <= 'z') || c == '_';
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Whether a text can be a key of params or an action: lower-case letters and underscores, 1 to 50 */
bool
csh_template_is_key(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!is_lower(name[i]))
			return false;
	return length >= 1 && length <= PARAM_KEY_MAX;
}

/* Whether a text can be the code of a measure of one's own; whether there is one is a matter of the day */
static bool
is_own_code(const char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (!is_lower(name[i]) && !is_digit(name[i]))
			return false;
	return length >= 1 && length <= MEASURE_CODE_MAX && name[0] >= 'a' && name[0] <= 'z';
}

/* The length of a prefix that a name begins with, or 0 */
static size_t
begins(const char *name, size_t length, const char *prefix)
{
	size_t n = strlen(prefix);

	return length >= n && memcmp(name, prefix, n) == 0 ? n : 0;
}

/* Whether a field of this name exists */
bool
csh_template_is_field(const char *name, size_t length)
{
	char code[MEASURE_CODE_MAX + 1];
	size_t n;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (strlen(fields[i]) == length && memcmp(fields[i], name, length) == 0)
			return true;
	if ((n = begins(name, length, "params.")) > 0)
		return csh_template_is_key(name + n, length - n);
	if ((n = begins(name, length, "own.")) > 0)
		return is_own_code(name + n, length - n);
	if ((n = begins(name, length, "measure.")) == 0 || !is_own_code(name + n, length - n))
		return false;
	memcpy(code, name + n, length - n);
	code[length - n] = '\0';
	return csh_measure_index(code) >= 0;
}

/* The place of two bytes in a row, or the end */
static const char *
find_pair(const char *from, const char *end, char c)
{
	for (const char *p = from; end - p >= 2; p++)
		if (p[0] == c && p[1] == c)
			return p;
	return end;
}

/* Names a fault with the text it is at */
static TemplateResult
fault(const TemplateReader *reader, const char *at, const char *what, CshError *error)
{
	char copy[48];
	char shown[40];

	snprintf(copy, sizeof(copy), "%.*s", (int) (reader->end - at < 44 ? reader->end - at : 44), at);
	csh_excerpt(shown, sizeof(shown), copy);
	csh_fail(error, HINT, "%s: %s at \"%s\"", reader->where, what, shown);
	return TEMPLATE_FAULT;
}

/* The next part of a template; faults are braces that do not match and fields that do not exist */
TemplateResult
csh_template_next(TemplateReader *reader, TemplatePart *part, CshError *error)
{
	const char *open = find_pair(reader->next, reader->end, '{');
	const char *close;
	const char *start = reader->next;

	if (start == reader->end)
		return TEMPLATE_END;
	if (open != start)
	{
		close = find_pair(start, open, '}');
		if (close != open)
			return fault(reader, close, "\"}}\" without \"{{\" before it", error);
		*part = (TemplatePart){start, (size_t) (open - start), false};
		reader->next = open;
		return TEMPLATE_PART;
	}
	close = find_pair(open + 2, reader->end, '}');
	if (close == reader->end)
		return fault(reader, open, "\"{{\" without \"}}\"", error);
	reader->next = close + 2;
	open += 2;
	while (open < close && *open == ' ')
		open++;
	while (close > open && close[-1] == ' ')
		close--;
	*part = (TemplatePart){open, (size_t) (close - open), true};
	if (!csh_template_is_field(part->text, part->length))
		return fault(reader, start, "unknown field", error);
	return TEMPLATE_PART;
}

/* What becomes of a character before it is escaped */
typedef enum Kind
{
	KEPT,
	BREAK, /* ends a line or is a tab */
	DROPPED
} Kind;

/*
 * The kind and length of the character that a text begins with. Controls of C0 and C1, marks that turn the direction of
 * writing (Unicode UAX 9) and the byte order mark can make a text look like another and are dropped. Bytes that are not
 * UTF-8 are kept one by one.
 */
static Kind
classify(const unsigned char *p, size_t left, size_t *length)
{
	unsigned code;

	*length = 1;
	if (p[0] < 0x80)
		return p[0] == '\n' || p[0] == '\r' || p[0] == '\t' || p[0] == '\v' || p[0] == '\f' ? BREAK
			   : p[0] < 0x20 || p[0] == 0x7f ? DROPPED
											 : KEPT;
	*length = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : p[0] >= 0xc2 ? 2 : 1;
	if (*length > left)
		*length = 1;
	for (size_t i = 1; i < *length; i++)
		if ((p[i] & 0xc0) != 0x80)
			*length = 1;
	if (*length == 2)
	{
		code = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu);
		return code == 0x85 ? BREAK : code < 0xa0 || code == 0x61c ? DROPPED : KEPT;
	}
	if (*length != 3)
		return KEPT;
	code = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
	if (code == 0x2028 || code == 0x2029)
		return BREAK;
	return code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
				   (code >= 0x2066 && code <= 0x2069) || code == 0xfeff
			   ? DROPPED
			   : KEPT;
}

/* Whether nothing of a text would be seen */
bool
csh_template_is_blank(const char *value, size_t length)
{
	size_t step;

	for (size_t i = 0; i < length; i += step)
		if (classify((const unsigned char *) value + i, length - i, &step) == KEPT &&
			value[i] != ' ')
			return false;
	return true;
}

/* How the bytes of a stretch are written */
typedef enum Writing
{
	AS_IT_STANDS, /* lines and tabs too: the template's own text */
	ON_ONE_LINE,  /* line breaks and tabs become blanks */
	FOR_SLACK,    /* the same, and & < > as entities, which takes away mentions and links */
	FOR_HTML,     /* the same, and quotes */
	URL_COMPONENT, /* the same, and percent-encoding of all but unreserved characters (RFC 3986, 2.3) */
	URL_ADDRESS /* percent-encoding of what an address cannot have */
} Writing;

static const Writing values_writing[] = {[TEMPLATE_TEXT] = ON_ONE_LINE,
										 [TEMPLATE_SLACK] = FOR_SLACK,
										 [TEMPLATE_HTML] = FOR_HTML,
										 [TEMPLATE_URL] = URL_COMPONENT,
										 [TEMPLATE_HEADER] = ON_ONE_LINE};
static const Writing texts_writing[] = {[TEMPLATE_TEXT] = AS_IT_STANDS,
										[TEMPLATE_SLACK] = AS_IT_STANDS,
										[TEMPLATE_HTML] = AS_IT_STANDS,
										[TEMPLATE_URL] = URL_ADDRESS,
										[TEMPLATE_HEADER] = ON_ONE_LINE};

/* What stands for a byte that has a meaning in HTML or Slack; null for all others */
static const char *
entity(char c, Writing writing)
{
	if (c == '&')
		return "&amp;";
	if (c == '<')
		return "&lt;";
	if (c == '>')
		return "&gt;";
	if (writing == FOR_HTML && c == '"')
		return "&quot;";
	return writing == FOR_HTML && c == '\'' ? "&#39;" : NULL;
}

/* Whether a byte stands for itself in an address */
static bool
is_plain_in_url(char c, Writing writing)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || is_digit(c))
		return true;
	return c != '\0' && strchr(writing == URL_ADDRESS ? "-._~:/?#[]@!$&'()*+,;=%" : "-._~", c);
}

/* Writes one character that is kept */
static void
write_character(const char *p, size_t length, Writing writing, const TemplateCaller *caller)
{
	char encoded[4];

	if (writing == FOR_SLACK || writing == FOR_HTML)
	{
		const char *instead = entity(*p, writing);

		if (instead != NULL)
			caller->write(caller->context, instead, strlen(instead));
		else
			caller->write(caller->context, p, length);
	}
	else if (writing == URL_COMPONENT || writing == URL_ADDRESS)
		for (size_t i = 0; i < length; i++)
		{
			snprintf(encoded, sizeof(encoded), "%%%02X", (unsigned char) p[i]);
			if (is_plain_in_url(p[i], writing))
				caller->write(caller->context, p + i, 1);
			else
				caller->write(caller->context, encoded, 3);
		}
	else
		caller->write(caller->context, p, length);
}

/* Writes a stretch of text, at most so many characters of it */
static void
write_text(const char *text, size_t length, Writing writing, size_t characters,
		   const TemplateCaller *caller)
{
	size_t step;
	bool after_blank = false;

	for (size_t i = 0; i < length; i += step)
	{
		Kind kind = classify((const unsigned char *) text + i, length - i, &step);
		bool own_line = writing == AS_IT_STANDS && (text[i] == '\n' || text[i] == '\t');

		if (kind == DROPPED ||
			(kind == BREAK && !own_line && (after_blank || writing == AS_IT_STANDS)))
			continue;
		if (characters-- == 0)
		{
			write_character("\xe2\x80\xa6", 3, writing, caller);
			return;
		}
		after_blank = kind == BREAK && !own_line;
		write_character(after_blank ? " " : text + i, after_blank ? 1 : step, writing, caller);
	}
}

/* Writes a field's value */
static bool
write_value(const TemplatePart *part, TemplateEscape escape, bool first,
			const TemplateCaller *caller, CshError *error)
{
	Writing writing = values_writing[escape];
	const char *value;
	size_t size;
	char name[80];

	snprintf(name, sizeof(name), "%.*s", (int) part->length, part->text);
	if (!caller->find(caller->context, part->text, part->length, &value, &size))
		return csh_fail(error, "cs_health._missing_fields() lists what a text lacks.",
						"template: field \"%s\" has no value", name);
	if (escape == TEMPLATE_URL && first)
	{
		if (begins(value, size, HTTPS) == 0)
			return csh_fail(error,
							"A field at the beginning of a link is the address itself, such as "
							"https://example.org/upgrade.",
							"template: field \"%s\" must begin with https:// where a link begins",
							name);
		writing = URL_ADDRESS;
	}
	write_text(value, size, writing, TEMPLATE_VALUE_CHARACTERS, caller);
	return true;
}

/* Fills in a template; values are made harmless for where the text goes */
bool
csh_template_render(const char *text, size_t length, TemplateEscape escape,
					const TemplateCaller *caller, CshError *error)
{
	TemplateReader reader = {text, text + length, "template"};
	TemplateResult result;
	TemplatePart part;

	for (bool first = true; (result = csh_template_next(&reader, &part, error)) == TEMPLATE_PART;
		 first = false)
	{
		if (!part.is_field)
			write_text(part.text, part.length, texts_writing[escape], part.length, caller);
		else if (!write_value(&part, escape, first, caller, error))
			return false;
	}
	return result == TEMPLATE_END;
}
