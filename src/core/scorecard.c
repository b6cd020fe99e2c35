/*
 * scorecard.c
 *		Reading a scorecard document; every refusal names the path of the fault.
 */
#include "score.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* Larger numbers in a document are refused: json-c cuts whole numbers beyond 64 bits in silence */
#define MEASURE_BOUND 1e15

#define HINT "doc/scorecard.md describes the format."

/* A value's JSON text, cut short for a message */
static void
show(json_object *value, char *out, size_t size)
{
	csh_excerpt(out, size, json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
}

static bool
refuse(CshError *error, const char *path, const char *wanted, json_object *value)
{
	char shown[80];

	show(value, shown, sizeof(shown));
	return csh_fail(error, HINT, "scorecard: %s must be %s, not %s", path, wanted, shown);
}

/* Refuses keys that the format does not know: a misspelt one would be ignored in silence */
static bool
only_keys(json_object *object, const char *path, const char *const *allowed, CshError *error)
{
	json_object_object_foreach(object, key, value)
	{
		bool known = false;
		char shown[64];

		(void) value;
		for (int i = 0; allowed[i] != NULL && !known; i++)
			known = strcmp(key, allowed[i]) == 0;
		if (known)
			continue;
		csh_excerpt(shown, sizeof(shown), key);
		return csh_fail(error, HINT, "scorecard: unknown key \"%s\" in %s", shown, path);
	}
	return true;
}

/* A finite number between bounds */
static bool
read_number(json_object *value, const char *path, double low, double high, double *out,
			CshError *error)
{
	char wanted[80];

	if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double))
	{
		*out = json_object_get_double(value);
		if (isfinite(*out) && *out >= low && *out <= high)
			return true;
	}
	snprintf(wanted, sizeof(wanted), "a number from %g to %g", low, high);
	return refuse(error, path, wanted, value);
}

/* A short text without surprises, such as a code or a unit */
static bool
read_text(json_object *value, const char *path, char *out, size_t size, CshError *error)
{
	char wanted[64];

	if (json_object_is_type(value, json_type_string) && json_object_get_string_len(value) > 0 &&
		(size_t) json_object_get_string_len(value) < size &&
		strlen(json_object_get_string(value)) == (size_t) json_object_get_string_len(value))
	{
		strcpy(out, json_object_get_string(value));
		return true;
	}
	snprintf(wanted, sizeof(wanted), "a text of 1 to %zu bytes", size - 1);
	return refuse(error, path, wanted, value);
}

/* Points [[measure, score], ...] with rising measures */
static bool
read_curve(json_object *value, const char *path, Curve *curve, CshError *error)
{
	size_t n = json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;

	if (n < 1 || n > CURVE_MAX_POINTS)
		return refuse(error, path, "an array of 1 to 16 points", value);
	for (size_t i = 0; i < n; i++)
	{
		json_object *point = json_object_array_get_idx(value, i);
		char at[256];
		double x;
		double y;

		snprintf(at, sizeof(at), "%s[%zu]", path, i);
		if (!json_object_is_type(point, json_type_array) || json_object_array_length(point) != 2)
			return refuse(error, at, "a pair [measure, score]", point);
		snprintf(at, sizeof(at), "%s[%zu][0]", path, i);
		if (!read_number(json_object_array_get_idx(point, 0), at, -MEASURE_BOUND, MEASURE_BOUND, &x,
						 error))
			return false;
		if (i > 0 && !(x > curve->point[i - 1].x))
			return refuse(error, at, "greater than the measure of the point before",
						  json_object_array_get_idx(point, 0));
		snprintf(at, sizeof(at), "%s[%zu][1]", path, i);
		if (!read_number(json_object_array_get_idx(point, 1), at, 0, 100, &y, error))
			return false;
		csh_curve_add(curve, x, y);
	}
	return true;
}

/*
 * The measure an object names: a built-in one by its code; another by the position, unit and window that compiling
 * the document has added.
 */
static bool
read_input(json_object *object, const char *path, ScoreInput *input, CshError *error)
{
	json_object *value = NULL;
	char at[256];
	double number;

	snprintf(at, sizeof(at), "%s.measure", path);
	json_object_object_get_ex(object, "measure", &value);
	if (!read_text(value, at, input->code, sizeof(input->code), error))
		return false;
	input->index = csh_measure_index(input->code);
	if (input->index >= 0)
	{
		snprintf(input->unit, sizeof(input->unit), "%s", csh_measures[input->index].unit);
		input->window = csh_measures[input->index].window;
	}
	if (json_object_object_get_ex(object, "position", &value))
	{
		snprintf(at, sizeof(at), "%s.position", path);
		if (!read_number(value, at, 1, MEASURE_POSITIONS, &number, error))
			return false;
		if (number != floor(number) || (input->index >= 0 && input->index != (int) number - 1))
			return refuse(error, at, "the position of the measure", value);
		input->index = (int) number - 1;
	}
	if (input->index < 0)
	{
		char shown[64];

		csh_excerpt(shown, sizeof(shown), input->code);
		return csh_fail(
			error,
			"Built-in measures are listed in cs_health.measure; a document that names a measure of "
			"your own must first go through cs_health.compile_scorecard().",
			"scorecard: unknown measure \"%s\" at %s.measure", shown, path);
	}
	if (json_object_object_get_ex(object, "unit", &value))
	{
		snprintf(at, sizeof(at), "%s.unit", path);
		if (!read_text(value, at, input->unit, sizeof(input->unit), error))
			return false;
	}
	if (json_object_object_get_ex(object, "window_days", &value))
	{
		snprintf(at, sizeof(at), "%s.window_days", path);
		if (!read_number(value, at, 0, 3660, &number, error))
			return false;
		if (number != floor(number))
			return refuse(error, at, "a whole number", value);
		input->window = (int) number;
	}
	if (json_object_object_get_ex(object, "curve", &value))
	{
		snprintf(at, sizeof(at), "%s.curve", path);
		return read_curve(value, at, &input->curve, error);
	}
	return true;
}

/* "only_if": the measure counts only while another one has at least a given value */
static bool
read_guard(json_object *object, const char *path, ScoreItem *item, CshError *error)
{
	static const char *const keys[] = {"measure",     "position", "unit",
									   "window_days", "at_least", NULL};
	json_object *value = NULL;
	char at[256];

	if (!json_object_is_type(object, json_type_object))
		return refuse(error, path, "an object", object);
	item->has_guard = true;
	if (!only_keys(object, path, keys, error) || !read_input(object, path, &item->guard, error))
		return false;
	snprintf(at, sizeof(at), "%s.at_least", path);
	json_object_object_get_ex(object, "at_least", &value);
	return read_number(value, at, -MEASURE_BOUND, MEASURE_BOUND, &item->guard_minimum, error);
}

/* "else": the measure that stands in while the first one is not observed */
static bool
read_fallback(json_object *object, const char *path, ScoreItem *item, CshError *error)
{
	static const char *const keys[] = {"measure", "position", "unit", "window_days", "curve", NULL};
	char at[256];

	if (!json_object_is_type(object, json_type_object))
		return refuse(error, path, "an object", object);
	item->has_fallback = true;
	if (!only_keys(object, path, keys, error) || !read_input(object, path, &item->fallback, error))
		return false;
	snprintf(at, sizeof(at), "%s.curve", path);
	if (item->fallback.curve.points == 0)
		return refuse(error, at, "given for a measure that stands in", NULL);
	return true;
}

static bool
read_item(json_object *object, const char *path, ScoreItem *item, CshError *error)
{
	static const char *const keys[] = {"measure", "position", "unit", "window_days", "weight",
									   "curve",   "only_if",  "else", NULL};
	json_object *value = NULL;
	char at[192];

	if (!json_object_is_type(object, json_type_object))
		return refuse(error, path, "an object", object);
	if (!only_keys(object, path, keys, error) || !read_input(object, path, &item->input, error))
		return false;
	snprintf(at, sizeof(at), "%s.weight", path);
	json_object_object_get_ex(object, "weight", &value);
	if (!read_number(value, at, 0, 1000, &item->weight, error))
		return false;
	snprintf(at, sizeof(at), "%s.curve", path);
	if (item->weight > 0 && item->input.curve.points == 0)
		return refuse(error, at, "given for a measure with a weight", NULL);
	snprintf(at, sizeof(at), "%s.only_if", path);
	if (json_object_object_get_ex(object, "only_if", &value) && !read_guard(value, at, item, error))
		return false;
	snprintf(at, sizeof(at), "%s.else", path);
	return !json_object_object_get_ex(object, "else", &value) ||
		   read_fallback(value, at, item, error);
}

static bool
read_component(json_object *object, int c, Scorecard *card, CshError *error)
{
	static const char *const keys[] = {"weight", "measures", NULL};
	json_object *value = NULL;
	json_object *measures = NULL;
	char path[64];
	char at[128];
	double weight;
	double sum = 0;
	size_t n;

	snprintf(path, sizeof(path), "components.%s", csh_component_names[c]);
	if (!json_object_is_type(object, json_type_object))
		return refuse(error, path, "an object", object);
	if (!only_keys(object, path, keys, error))
		return false;
	snprintf(at, sizeof(at), "%s.weight", path);
	json_object_object_get_ex(object, "weight", &value);
	if (!read_number(value, at, 0, 1000, &weight, error))
		return false;
	if (weight != floor(weight))
		return refuse(error, at, "a whole number", value);
	card->weight[c] = (int) weight;
	snprintf(at, sizeof(at), "%s.measures", path);
	json_object_object_get_ex(object, "measures", &measures);
	n = json_object_is_type(measures, json_type_array) ? json_object_array_length(measures) : 0;
	if (n < 1 || n > SCORECARD_MAX_ITEMS)
		return refuse(error, at, "an array of 1 to 32 measures", measures);
	card->items[c] = (int) n;
	for (size_t i = 0; i < n; i++)
	{
		json_object *item = json_object_array_get_idx(measures, i);

		snprintf(at, sizeof(at), "%s.measures[%zu]", path, i);
		if (!read_item(item, at, &card->item[c][i], error))
			return false;
		sum += card->item[c][i].weight;
		if (card->item[c][i].weight > 0)
			card->counted[c][card->counting[c]++] = (int) i;
	}
	if (card->weight[c] > 0 && !(sum > 0))
		return csh_fail(error, HINT, "scorecard: the weights of %s.measures sum to 0", path);
	return true;
}

/* Fills a scorecard from a document that has been parsed */
static bool
read_document(json_object *document, Scorecard *card, CshError *error)
{
	static const char *const keys[] = {"format",  "code",       "name", "description",
									   "missing", "components", NULL};
	json_object *value = NULL;
	json_object *components = NULL;
	int weights = 0;

	memset(card, 0, sizeof(*card));
	if (!json_object_is_type(document, json_type_object))
		return refuse(error, "the document", "an object", document);
	if (!only_keys(document, "the document", keys, error))
		return false;
	json_object_object_get_ex(document, "format", &value);
	if (!json_object_is_type(value, json_type_int) ||
		json_object_get_int64(value) != SCORECARD_FORMAT)
		return refuse(error, "format", "1", value);
	value = NULL;
	json_object_object_get_ex(document, "code", &value);
	if (!read_text(value, "code", card->code, sizeof(card->code), error))
		return false;
	if (json_object_object_get_ex(document, "missing", &value))
	{
		const char *policy =
			json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";

		card->missing_is_neutral = strcmp(policy, "neutral") == 0;
		if (!card->missing_is_neutral && strcmp(policy, "redistribute") != 0)
			return refuse(error, "missing", "\"redistribute\" or \"neutral\"", value);
	}
	json_object_object_get_ex(document, "components", &components);
	if (!json_object_is_type(components, json_type_object))
		return refuse(error, "components", "an object", components);
	json_object_object_foreach(components, key, unused)
	{
		bool known = false;
		char shown[64];

		(void) unused;
		for (int c = 0; c < COMPONENTS; c++)
			known = known || strcmp(key, csh_component_names[c]) == 0;
		if (known)
			continue;
		csh_excerpt(shown, sizeof(shown), key);
		return csh_fail(error,
						"A scorecard has the components engagement, adoption, satisfaction, "
						"support and growth.",
						"scorecard: unknown key \"%s\" in components", shown);
	}
	for (int c = 0; c < COMPONENTS; c++)
	{
		value = NULL;
		json_object_object_get_ex(components, csh_component_names[c], &value);
		if (!read_component(value, c, card, error))
			return false;
		weights += card->weight[c];
	}
	if (weights == 0)
		return csh_fail(error, HINT, "scorecard: the weights of components sum to 0");
	return true;
}

/* Parses and reads a document; sizes and depths that no honest scorecard has are refused before any work */
bool
csh_scorecard_parse(const char *text, size_t length, Scorecard *card, CshError *error)
{
	struct json_tokener *tokener;
	json_object *document;
	enum json_tokener_error result;
	bool ok;

	if (length > SCORECARD_MAX_BYTES)
		return csh_fail(error, "Shorten the document; descriptions need not live in it.",
						"scorecard: the document has %zu bytes, at most %d are read", length,
						SCORECARD_MAX_BYTES);
	tokener = json_tokener_new_ex(SCORECARD_MAX_DEPTH);
	if (tokener == NULL)
		return csh_fail(error, NULL, "scorecard: out of memory");
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	document = json_tokener_parse_ex(tokener, text, (int) length + 1);
	result = json_tokener_get_error(tokener);
	json_tokener_free(tokener);
	if (result != json_tokener_success)
	{
		json_object_put(document);
		return csh_fail(error, HINT, "scorecard: the document is not usable JSON: %s",
						json_tokener_error_desc(result));
	}
	ok = read_document(document, card, error);
	json_object_put(document);
	return ok;
}
