/*
 * steps.c
 *		What a playbook's steps and params may say; every refusal names the path of the fault.
 */
#include "steps.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "condition.h"
#include "template.h"

#define HINT "doc/playbook-document.md describes steps, params and fields."
#define MAX_DEPTH 64
#define DAY_MAX 365
#define SUBJECT_MAX 200
#define LINK_MAX 1000
#define PARAM_MAX 1e15 /* json-c cuts whole numbers beyond 64 bits in silence */

/* The channels of a step, as bits, so that a table can say which keys go with which */
enum
{
	SLACK = 1,
	EMAIL = 2,
	IN_APP = 4,
	CALL = 8,
	INTERNAL = 16,
	AUTOMATIC = 32,
	WEBHOOK = 64,
	TASKS = CALL | INTERNAL,
	WITH_TEXT = SLACK | EMAIL | IN_APP | TASKS,
	ALL = WITH_TEXT | AUTOMATIC | WEBHOOK
};

typedef struct Word
{
	const char *word;
	int bits;
} Word;

static const Word channels[] = {
	{"slack", SLACK},       {"email", EMAIL},         {"in_app", IN_APP},   {"call", CALL},
	{"internal", INTERNAL}, {"automatic", AUTOMATIC}, {"webhook", WEBHOOK}, {NULL, 0}};

/* To whom, and over which channels that makes sense: colleagues get everything, people of the tenant mail */
static const Word recipients[] = {{"champion", EMAIL},
								  {"executive_sponsor", EMAIL},
								  {"admin", EMAIL},
								  {"billing", EMAIL},
								  {"primary", EMAIL},
								  {"csm", EMAIL | SLACK | TASKS},
								  {"manager", EMAIL | SLACK | TASKS},
								  {NULL, 0}};

/* What can stand in for a channel that is not set up */
static const Word fallbacks[] = {{"email", SLACK}, {"internal", SLACK | EMAIL}, {NULL, 0}};

static const Word signals[] = {{"usage_limit", AUTOMATIC},
							   {"feature_request", AUTOMATIC},
							   {"user_growth", AUTOMATIC},
							   {NULL, 0}};

/* The keys of a step: over which channels each may be given, and over which it must */
static const struct
{
	const char *key;
	int allowed;
	int required;
} keys[] = {{"day", ALL, ALL},
			{"action", ALL, ALL},
			{"channel", ALL, ALL},
			{"to", EMAIL | SLACK | TASKS, EMAIL},
			{"subject", WITH_TEXT, WITH_TEXT & ~SLACK},
			{"template", WITH_TEXT, WITH_TEXT},
			{"if", ALL, 0},
			{"fallback", SLACK | EMAIL, 0},
			{"link", IN_APP, 0},
			{"approve", EMAIL | SLACK | IN_APP | WEBHOOK, 0},
			{"due_days", TASKS, 0},
			{"signal", AUTOMATIC, AUTOMATIC}};

/* A text of a step: how long it may be, whether it is one line, whether it is an address */
typedef struct TextRule
{
	size_t max_bytes;
	bool one_line;
	bool is_link;
} TextRule;

static const TextRule subject_rule = {SUBJECT_MAX, true, false};
static const TextRule template_rule = {STEPS_MAX_BYTES, false, false};
static const TextRule link_rule = {LINK_MAX, true, true};

/* What a step is checked against */
typedef struct Document
{
	json_object *params;
	CshError *error;
} Document;

static bool
refuse(CshError *error, const char *path, const char *wanted, json_object *value)
{
	char shown[80];

	csh_excerpt(shown, sizeof(shown),
				json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
														  JSON_C_TO_STRING_NOSLASHESCAPE));
	return csh_fail(error, HINT, "steps: %s must be %s, not %s", path, wanted, shown);
}

/* One of the words that go with the channel */
static bool
read_word(json_object *value, const char *path, const Word *words, int channel, int *bits,
		  CshError *error)
{
	const char *given =
		json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
	char wanted[160] = "";

	for (const Word *w = words; w->word != NULL; w++)
	{
		if ((w->bits & channel) == 0)
			continue;
		if (given != NULL && strcmp(given, w->word) == 0)
		{
			*bits = w->bits;
			return true;
		}
		snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), "%s%s",
				 wanted[0] != '\0' ? ", " : "one of ", w->word);
	}
	return refuse(error, path, wanted, value);
}

/* A whole number from low to DAY_MAX */
static bool
read_days(json_object *value, const char *path, int low, int *out, CshError *error)
{
	char wanted[64];
	double number;

	if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double))
	{
		number = json_object_get_double(value);
		if (number >= low && number <= DAY_MAX && number == floor(number))
		{
			*out = (int) number;
			return true;
		}
	}
	snprintf(wanted, sizeof(wanted), "a whole number from %d to %d", low, DAY_MAX);
	return refuse(error, path, wanted, value);
}

/* Whether a field can be all of a link's beginning */
static bool
is_address_field(const TemplatePart *part)
{
	static const char *const names[] = {"csm.booking_url", "link.tenant", NULL};

	for (int i = 0; names[i] != NULL; i++)
		if (strlen(names[i]) == part->length && memcmp(names[i], part->text, part->length) == 0)
			return true;
	return part->length > 7 && memcmp(part->text, "params.", 7) == 0;
}

/* Whether a link begins with https:// or with a field whose value does */
static bool
begins_address(const TemplatePart *first)
{
	return first->is_field ? is_address_field(first)
						   : first->length > 8 && memcmp(first->text, "https://", 8) == 0;
}

/* Whether the host of a link, left open so far, still is what its author wrote: no field, no user before an @ */
static bool
keeps_host(const TemplatePart *part, bool first, bool *open)
{
	size_t start = first && !part->is_field ? strlen("https://") : 0;

	if (part->is_field)
		return first || !*open;
	for (size_t i = start; i < part->length && *open; i++)
	{
		if (part->text[i] == '@')
			return false;
		*open = strchr("/?#", part->text[i]) == NULL;
	}
	return true;
}

/* Checks the fields of a template, and that params has those it names */
static bool
check_fields(json_object *value, const char *path, bool is_link, const Document *document)
{
	const char *text = json_object_get_string(value);
	char where[96];
	TemplateReader reader = {text, text + json_object_get_string_len(value), where};
	TemplateResult result;
	TemplatePart part;
	bool open_host = is_link;
	char key[64];

	snprintf(where, sizeof(where), "steps: %s", path);
	for (bool first = true;
		 (result = csh_template_next(&reader, &part, document->error)) == TEMPLATE_PART;
		 first = false)
	{
		if (first && is_link && !begins_address(&part))
			return refuse(document->error, path,
						  "a link that begins with https://, {{csm.booking_url}}, {{link.tenant}} "
						  "or {{params.KEY}}",
						  value);
		if (!keeps_host(&part, first, &open_host))
			return refuse(document->error, path,
						  "a link that has neither a field nor an @ before the first / after its "
						  "beginning",
						  value);
		if (!part.is_field || part.length < 7 || memcmp(part.text, "params.", 7) != 0)
			continue;
		snprintf(key, sizeof(key), "%.*s", (int) part.length - 7, part.text + 7);
		if (!json_object_object_get_ex(document->params, key, NULL))
			return csh_fail(document->error,
							"Add it to params, with null while it is not decided; steps that need "
							"it are held until then.",
							"%s: params has no \"%s\"", where, key);
	}
	return result == TEMPLATE_END;
}

/* A text: not empty, not too long, without controls, with fields that exist */
static bool
check_text(json_object *value, const char *path, const TextRule *rule, const Document *document)
{
	const char *text =
		json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
	size_t length = json_object_is_type(value, json_type_string)
						? (size_t) json_object_get_string_len(value)
						: 0;
	char wanted[80];
	bool good = length <= rule->max_bytes && !csh_template_is_blank(text, length);

	for (size_t i = 0; i < length; i++)
	{
		bool breaks = text[i] == '\n' || text[i] == '\r' || text[i] == '\t';

		if (((unsigned char) text[i] < 0x20 && !(breaks && !rule->one_line)) || text[i] == 0x7f ||
			(rule->is_link && text[i] == ' '))
			good = false;
	}
	snprintf(wanted, sizeof(wanted), "a text of 1 to %zu bytes%s", rule->max_bytes,
			 rule->is_link    ? " without blanks and control characters"
			 : rule->one_line ? " on one line without control characters"
							  : " without control characters");
	if (!good)
		return refuse(document->error, path, wanted, value);
	return check_fields(value, path, rule->is_link, document);
}

/* A text, or one per language */
static bool
check_texts(json_object *value, const char *path, const TextRule *rule, const Document *document)
{
	char at[64];

	if (json_object_is_type(value, json_type_string))
		return check_text(value, path, rule, document);
	if (!json_object_is_type(value, json_type_object) || json_object_object_length(value) == 0)
		return refuse(document->error, path, "a text or an object with the keys en and es", value);
	json_object_object_foreach(value, key, text)
	{
		if (strcmp(key, "en") != 0 && strcmp(key, "es") != 0)
			return refuse(document->error, path, "a text or an object with the keys en and es",
						  value);
		snprintf(at, sizeof(at), "%s.%s", path, key);
		if (!check_text(text, at, rule, document))
			return false;
	}
	return true;
}

/* Refuses keys that do not exist or do not go with the channel, and names those that are missing */
static bool
check_keys(json_object *step, const char *path, int channel, CshError *error)
{
	const int n = sizeof(keys) / sizeof(keys[0]);
	const char *name = json_object_get_string(json_object_object_get(step, "channel"));
	char shown[64];

	json_object_object_foreach(step, key, value)
	{
		int k = 0;

		(void) value;
		while (k < n && strcmp(key, keys[k].key) != 0)
			k++;
		csh_excerpt(shown, sizeof(shown), key);
		if (k == n)
			return csh_fail(error, HINT, "steps: unknown key \"%s\" in %s", shown, path);
		if ((keys[k].allowed & channel) == 0)
			return csh_fail(error, HINT, "steps: %s.%s does not go with channel %s", path, shown,
							name);
	}
	for (int k = 0; k < n; k++)
		if ((keys[k].required & channel) != 0 &&
			!json_object_object_get_ex(step, keys[k].key, NULL))
			return csh_fail(error, HINT, "steps: %s.%s must be given for channel %s", path,
							keys[k].key, name);
	return true;
}

/* A condition, which may ask what happened since the execution began */
static bool
check_condition(json_object *value, const char *path, CshError *error)
{
	Condition condition;

	if (!csh_condition_parse(value, path, CONDITION_STEP, &condition, error))
		return false;
	csh_condition_free(&condition);
	return true;
}

/* Checks a key's value, which the channel may have */
static bool
check_value(const char *key, json_object *value, const char *at, int channel,
			const Document *document)
{
	CshError *error = document->error;
	int unused;

	if (strcmp(key, "to") == 0)
		return read_word(value, at, recipients, channel, &unused, error);
	if (strcmp(key, "fallback") == 0)
		return read_word(value, at, fallbacks, channel, &unused, error);
	if (strcmp(key, "signal") == 0)
		return read_word(value, at, signals, channel, &unused, error);
	if (strcmp(key, "due_days") == 0)
		return read_days(value, at, 0, &unused, error);
	if (strcmp(key, "subject") == 0)
		return check_texts(value, at, &subject_rule, document);
	if (strcmp(key, "template") == 0)
		return check_texts(value, at, &template_rule, document);
	if (strcmp(key, "link") == 0)
		return check_text(value, at, &link_rule, document);
	if (strcmp(key, "approve") == 0)
		return json_object_is_type(value, json_type_boolean) ||
			   refuse(error, at, "true or false", value);
	if (strcmp(key, "if") == 0)
		return check_condition(value, at, error);
	if (strcmp(key, "action") == 0)
		return (json_object_is_type(value, json_type_string) &&
				csh_template_is_key(json_object_get_string(value),
									(size_t) json_object_get_string_len(value))) ||
			   refuse(error, at, "1 to 50 lower-case letters and underscores", value);
	return true;
}

static bool
check_step(json_object *step, const char *path, int *day, const Document *document)
{
	json_object *value = NULL;
	CshError *error = document->error;
	int channel;
	char at[64];

	if (!json_object_is_type(step, json_type_object))
		return refuse(error, path, "an object", step);
	snprintf(at, sizeof(at), "%s.channel", path);
	json_object_object_get_ex(step, "channel", &value);
	if (!read_word(value, at, channels, ALL, &channel, error) ||
		!check_keys(step, path, channel, error))
		return false;
	snprintf(at, sizeof(at), "%s.day", path);
	if (!read_days(json_object_object_get(step, "day"), at, *day, day, error))
		return false;
	json_object_object_foreach(step, key, given)
	{
		snprintf(at, sizeof(at), "%s.%s", path, key);
		if (!check_value(key, given, at, channel, document))
			return false;
	}
	if (channel == SLACK && json_object_object_get_ex(step, "fallback", NULL) &&
		!json_object_object_get_ex(step, "subject", NULL))
		return csh_fail(error, HINT, "steps: %s.subject must be given for the fallback", path);
	return true;
}

/* Parses a document that has at most so many bytes */
static bool
parse(const char *text, size_t length, size_t max_bytes, const char *what, json_object **document,
	  CshError *error)
{
	struct json_tokener *tokener;
	enum json_tokener_error result;

	if (length > max_bytes)
		return csh_fail(error, HINT, "%s: the document has %zu bytes, at most %zu are read", what,
						length, max_bytes);
	tokener = json_tokener_new_ex(MAX_DEPTH);
	if (tokener == NULL)
		return csh_fail(error, NULL, "%s: out of memory", what);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	*document = json_tokener_parse_ex(tokener, text, (int) length + 1);
	result = json_tokener_get_error(tokener);
	json_tokener_free(tokener);
	return result == json_tokener_success ||
		   csh_fail(error, HINT, "%s: the document is not usable JSON: %s", what,
					json_tokener_error_desc(result));
}

/* Values by name: numbers, texts, true or false, and null for what is not decided yet */
static bool
check_params(json_object *params, CshError *error)
{
	char shown[64];

	if (!json_object_is_type(params, json_type_object))
		return csh_fail(error, HINT, "params: the document must be an object");
	json_object_object_foreach(params, key, value)
	{
		csh_excerpt(shown, sizeof(shown), key);
		if (!csh_template_is_key(key, strlen(key)))
			return csh_fail(error, HINT,
							"params: key \"%s\" must be 1 to 50 lower-case letters and underscores",
							shown);
		if (json_object_is_type(value, json_type_array) ||
			json_object_is_type(value, json_type_object))
			return csh_fail(error, HINT,
							"params: \"%s\" must be a text, number, true, false or null", shown);
		if ((json_object_is_type(value, json_type_int) ||
			 json_object_is_type(value, json_type_double)) &&
			!(fabs(json_object_get_double(value)) <= PARAM_MAX))
			return csh_fail(error, HINT, "params: \"%s\" must be a number from -1e15 to 1e15",
							shown);
	}
	return true;
}

static bool
check_steps(json_object *steps, const Document *document)
{
	size_t n = json_object_is_type(steps, json_type_array) ? json_object_array_length(steps) : 0;
	char path[32];
	int day = 0;

	if (n < 1 || n > STEPS_MAX)
		return refuse(document->error, "$", "an array of 1 to 50 steps", steps);
	for (size_t i = 0; i < n; i++)
	{
		snprintf(path, sizeof(path), "$[%zu]", i);
		if (!check_step(json_object_array_get_idx(steps, i), path, &day, document))
			return false;
	}
	return true;
}

/* Whether params are usable */
bool
csh_params_check(const char *params, size_t length, CshError *error)
{
	json_object *document = NULL;
	bool ok = parse(params, length, PARAMS_MAX_BYTES, "params", &document, error) &&
			  check_params(document, error);

	json_object_put(document);
	return ok;
}

/* Whether steps are usable, together with the params that their texts name */
bool
csh_steps_check(const char *steps, size_t length, const char *params, size_t params_length,
				CshError *error)
{
	Document document = {NULL, error};
	json_object *array = NULL;
	bool ok = parse(params, params_length, PARAMS_MAX_BYTES, "params", &document.params, error) &&
			  check_params(document.params, error) &&
			  parse(steps, length, STEPS_MAX_BYTES, "steps", &array, error) &&
			  check_steps(array, &document);

	json_object_put(array);
	json_object_put(document.params);
	return ok;
}
