/*
 * churn_model.c
 *		Reading a churn model's document, every refusal naming the path of the fault, and predicting with it.
 */
#include "churn_model.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * Bounds of the numbers in a document. json-c cuts whole numbers beyond 64 bits in silence; and between these bounds no
 * vector of four-byte floats makes a log-odds that is not finite.
 */
#define NUMBER_BOUND 1e15
#define SMALLEST_SD 1e-15
#define COEFFICIENT_BOUND 1e6
#define LOG_BOUND 89 /* ln(1 + the largest four-byte float) is 88.7 */

/* How far rounding may have taken a covariance from symmetry, as a share of the two standard errors */
#define COVARIANCE_TOLERANCE 1e-9

#define PATH_SIZE 64

#define HINT "doc/churn-model-document.md describes the format."

const char *const csh_risk_names[RISK_LEVELS] = {"low", "medium", "high", "critical"};

static bool
refuse(CshError *error, const char *path, const char *wanted, json_object *value)
{
	char shown[80];

	csh_excerpt(shown, sizeof(shown),
				json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
	return csh_fail(error, HINT, "churn model: %s must be %s, not %s", path, wanted, shown);
}

/* The path of a key; that of the document itself is empty */
static void
join(char *out, const char *path, const char *key)
{
	snprintf(out, PATH_SIZE, "%s%s%s", path, path[0] != '\0' ? "." : "", key);
}

/* A value between bounds, which are finite */
static bool
read_number(json_object *value, const char *path, double low, double high, double *out,
			CshError *error)
{
	char wanted[80];

	if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double))
	{
		*out = json_object_get_double(value);
		if (*out >= low && *out <= high)
			return true;
	}
	snprintf(wanted, sizeof(wanted), "a number from %g to %g", low, high);
	return refuse(error, path, wanted, value);
}

static bool
get_number(json_object *object, const char *path, const char *key, double low, double high,
		   double *out, CshError *error)
{
	json_object *value = NULL;
	char at[PATH_SIZE];

	join(at, path, key);
	json_object_object_get_ex(object, key, &value);
	return read_number(value, at, low, high, out, error);
}

static bool
get_whole(json_object *object, const char *path, const char *key, int low, int high, int *out,
		  CshError *error)
{
	char at[PATH_SIZE];
	double number;

	if (!get_number(object, path, key, low, high, &number, error))
		return false;
	*out = (int) number;
	if (number == floor(number))
		return true;
	join(at, path, key);
	return refuse(error, at, "a whole number", json_object_object_get(object, key));
}

/* A text without surprises; NULL when refused */
static const char *
get_text(json_object *object, const char *path, const char *key, size_t longest, CshError *error)
{
	json_object *value = NULL;
	char at[PATH_SIZE];
	char wanted[64];

	join(at, path, key);
	json_object_object_get_ex(object, key, &value);
	if (json_object_is_type(value, json_type_string))
	{
		size_t length = (size_t) json_object_get_string_len(value);

		if (length > 0 && length <= longest && strlen(json_object_get_string(value)) == length)
			return json_object_get_string(value);
	}
	snprintf(wanted, sizeof(wanted), "a text of 1 to %zu bytes", longest);
	refuse(error, at, wanted, value);
	return NULL;
}

/* Where a feature stands in the vector, when the document was compiled, and what else compiling adds */
static bool
read_place(json_object *object, const char *path, ModelFeature *feature, CshError *error)
{
	int builtin = csh_measure_index(feature->measure);
	int number;

	feature->index = -1;
	if (json_object_object_get_ex(object, "position", NULL))
	{
		char at[PATH_SIZE];

		if (!get_whole(object, path, "position", 1, MEASURE_POSITIONS, &number, error))
			return false;
		feature->index = number - 1;
		join(at, path, "position");
		if (builtin >= 0 && builtin != feature->index)
			return refuse(error, at, "the position of the measure",
						  json_object_object_get(object, "position"));
	}
	if (json_object_object_get_ex(object, "unit", NULL) &&
		get_text(object, path, "unit", 31, error) == NULL)
		return false;
	return !json_object_object_get_ex(object, "window_days", NULL) ||
		   get_whole(object, path, "window_days", 0, 3660, &number, error);
}

/* Between which values a feature counts as it is; without a bound there is none */
static bool
read_bounds(json_object *object, const char *path, ModelFeature *feature, CshError *error)
{
	char at[PATH_SIZE];

	feature->low = -HUGE_VAL;
	feature->high = HUGE_VAL;
	if (json_object_object_get_ex(object, "low", NULL) &&
		!get_number(object, path, "low", -NUMBER_BOUND, NUMBER_BOUND, &feature->low, error))
		return false;
	if (json_object_object_get_ex(object, "high", NULL) &&
		!get_number(object, path, "high", -NUMBER_BOUND, NUMBER_BOUND, &feature->high, error))
		return false;
	join(at, path, "high");
	return feature->high > feature->low ||
		   refuse(error, at, "greater than low", json_object_object_get(object, "high"));
}

static bool
read_transform(json_object *object, const char *path, ModelFeature *feature, CshError *error)
{
	json_object *value = NULL;
	const char *name = "";
	char at[PATH_SIZE];

	if (json_object_object_get_ex(object, "transform", &value) &&
		json_object_is_type(value, json_type_string))
		name = json_object_get_string(value);
	feature->log = strcmp(name, "log") == 0;
	join(at, path, "transform");
	return feature->log || strcmp(name, "none") == 0 ||
		   refuse(error, at, "\"none\" or \"log\"", value);
}

static bool
read_feature(json_object *object, const char *path, ModelFeature *feature, CshError *error)
{
	const char *measure;
	double largest;

	if (!json_object_is_type(object, json_type_object))
		return refuse(error, path, "an object", object);
	measure = get_text(object, path, "measure", MEASURE_CODE_MAX, error);
	if (measure == NULL)
		return false;
	strcpy(feature->measure, measure);
	if (!read_place(object, path, feature, error) ||
		!read_transform(object, path, feature, error) || !read_bounds(object, path, feature, error))
		return false;
	largest = feature->log ? LOG_BOUND : NUMBER_BOUND;
	return get_number(object, path, "mean", -largest, largest, &feature->mean, error) &&
		   get_number(object, path, "sd", SMALLEST_SD, NUMBER_BOUND, &feature->sd, error) &&
		   get_number(object, path, "coefficient", -COEFFICIENT_BOUND, COEFFICIENT_BOUND,
					  &feature->coefficient, error);
}

/* A measure that counted twice would be explained twice */
static bool
is_repeated(const ChurnModel *model, int f, const char *path, json_object *object, CshError *error)
{
	char at[PATH_SIZE];

	for (int i = 0; i < f; i++)
	{
		const char *key = NULL;

		if (strcmp(model->feature[i].measure, model->feature[f].measure) == 0)
			key = "measure";
		else if (model->feature[f].index >= 0 && model->feature[i].index == model->feature[f].index)
			key = "position";
		if (key == NULL)
			continue;
		join(at, path, key);
		refuse(error, at, "one that no feature before has", json_object_object_get(object, key));
		return true;
	}
	return false;
}

static bool
read_features(json_object *list, ChurnModel *model, CshError *error)
{
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	if (!json_object_is_type(list, json_type_array) || n > MODEL_MAX_FEATURES)
		return refuse(error, "features", "an array of 0 to 500 features", list);
	model->features = (int) n;
	model->feature = calloc(n + 1, sizeof(ModelFeature));
	if (model->feature == NULL)
		return csh_fail(error, NULL, "churn model: out of memory");
	for (int f = 0; f < model->features; f++)
	{
		json_object *object = json_object_array_get_idx(list, (size_t) f);
		char path[PATH_SIZE / 2];

		snprintf(path, sizeof(path), "features[%d]", f);
		if (!read_feature(object, path, &model->feature[f], error) ||
			is_repeated(model, f, path, object, error))
			return false;
	}
	return true;
}

/* Whether two places of the covariance fit each other: symmetric, and no correlation beyond 1 */
static bool
check_pair(json_object *rows, const ChurnModel *model, int i, int j, CshError *error)
{
	int n = model->features + 1;
	double ij = model->covariance[i * n + j];
	double ji = model->covariance[j * n + i];
	double largest = sqrt(model->covariance[i * n + i]) * sqrt(model->covariance[j * n + j]);
	json_object *value =
		json_object_array_get_idx(json_object_array_get_idx(rows, (size_t) i), (size_t) j);
	char at[PATH_SIZE];
	char wanted[80];

	snprintf(at, sizeof(at), "covariance[%d][%d]", i, j);
	snprintf(wanted, sizeof(wanted), "the same as covariance[%d][%d]", j, i);
	if (fabs(ij - ji) > COVARIANCE_TOLERANCE * largest && ij != ji)
		return refuse(error, at, wanted, value);
	if (fabs(ij) > largest * (1 + COVARIANCE_TOLERANCE))
		return refuse(error, at, "a covariance that its variances allow", value);
	return true;
}

static bool
read_covariance(json_object *rows, ChurnModel *model, CshError *error)
{
	int n = model->features + 1;
	char at[PATH_SIZE];
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "an array of %d, the intercept first", n);
	if (!json_object_is_type(rows, json_type_array) || json_object_array_length(rows) != (size_t) n)
		return refuse(error, "covariance", wanted, rows);
	model->covariance = malloc((size_t) n * (size_t) n * sizeof(double));
	if (model->covariance == NULL)
		return csh_fail(error, NULL, "churn model: out of memory");
	for (int i = 0; i < n; i++)
	{
		json_object *row = json_object_array_get_idx(rows, (size_t) i);

		snprintf(at, sizeof(at), "covariance[%d]", i);
		if (!json_object_is_type(row, json_type_array) ||
			json_object_array_length(row) != (size_t) n)
			return refuse(error, at, wanted, row);
		for (int j = 0; j < n; j++)
		{
			snprintf(at, sizeof(at), "covariance[%d][%d]", i, j);
			if (!read_number(json_object_array_get_idx(row, (size_t) j), at,
							 i == j ? 0 : -NUMBER_BOUND, NUMBER_BOUND,
							 &model->covariance[i * n + j], error))
				return false;
		}
	}
	for (int i = 0; i < n; i++)
		for (int j = 0; j < i; j++)
			if (!check_pair(rows, model, i, j, error))
				return false;
	return true;
}

static bool
read_bands(json_object *object, ChurnModel *model, CshError *error)
{
	char at[PATH_SIZE];

	if (!json_object_is_type(object, json_type_object))
		return refuse(error, "risk_bands", "an object", object);
	model->band[RISK_LOW] = 0;
	for (int level = RISK_MEDIUM; level < RISK_LEVELS; level++)
	{
		const char *name = csh_risk_names[level];

		if (!get_number(object, "risk_bands", name, 0, NUMBER_BOUND, &model->band[level], error))
			return false;
		join(at, "risk_bands", name);
		if (!(model->band[level] > model->band[level - 1]))
			return refuse(error, at,
						  level == RISK_MEDIUM ? "greater than 0"
											   : "greater than that of the level before",
						  json_object_object_get(object, name));
	}
	return true;
}

static bool
read_version(json_object *document, CshError *error)
{
	const char *version = get_text(document, "", "version", MODEL_VERSION_MAX, error);

	if (version == NULL)
		return false;
	return version[strspn(version, "abcdefghijklmnopqrstuvwxyz0123456789._-")] == '\0' ||
		   refuse(error, "version", "made of a-z, 0-9, dots, hyphens and underscores",
				  json_object_object_get(document, "version"));
}

static bool
read_format(json_object *document, CshError *error)
{
	json_object *value = NULL;
	int64_t format = 0;

	if (json_object_object_get_ex(document, "format", &value) &&
		json_object_is_type(value, json_type_int))
		format = json_object_get_int64(value);
	if (format == MODEL_FORMAT)
		return true;
	refuse(error, "format", "1", value);
	if (format > MODEL_FORMAT)
		snprintf(error->hint, sizeof(error->hint),
				 "A newer cs_health wrote this document: install that version and run ALTER "
				 "EXTENSION cs_health UPDATE.");
	return false;
}

/* Fills a model from a document that has been parsed */
static bool
read_document(json_object *document, ChurnModel *model, CshError *error)
{
	json_object *value = NULL;
	int days;

	if (!json_object_is_type(document, json_type_object))
		return refuse(error, "the document", "an object", document);
	if (!read_format(document, error) || !read_version(document, error))
		return false;
	json_object_object_get_ex(document, "trained", &value);
	if (!json_object_is_type(value, json_type_boolean))
		return refuse(error, "trained", "true or false", value);
	if (!get_whole(document, "", "lead_days", 0, 365, &days, error) ||
		!get_whole(document, "", "horizon_days", 1, 730, &days, error) ||
		!get_number(document, "", "base_rate", 0, 1, &model->base_rate, error))
		return false;
	if (model->base_rate <= 0 || model->base_rate >= 1)
		return refuse(error, "base_rate", "above 0 and below 1",
					  json_object_object_get(document, "base_rate"));
	return get_number(document, "", "intercept", -COEFFICIENT_BOUND, COEFFICIENT_BOUND,
					  &model->intercept, error) &&
		   read_features(json_object_object_get(document, "features"), model, error) &&
		   (!json_object_object_get_ex(document, "covariance", &value) ||
			read_covariance(value, model, error)) &&
		   read_bands(json_object_object_get(document, "risk_bands"), model, error);
}

/*
 * Parses and reads a document; sizes and depths that no honest model has are refused before any work. A model that was
 * refused owns nothing.
 */
bool
csh_model_parse(const char *text, size_t length, ChurnModel *model, CshError *error)
{
	struct json_tokener *tokener;
	json_object *document;
	enum json_tokener_error result;
	bool ok;

	memset(model, 0, sizeof(*model));
	if (length > MODEL_MAX_BYTES)
		return csh_fail(error, "Leave out the covariance, or write its numbers with fewer digits.",
						"churn model: the document has %zu bytes, at most %d are read", length,
						MODEL_MAX_BYTES);
	tokener = json_tokener_new_ex(MODEL_MAX_DEPTH);
	if (tokener == NULL)
		return csh_fail(error, NULL, "churn model: out of memory");
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	document = json_tokener_parse_ex(tokener, text, (int) length + 1);
	result = json_tokener_get_error(tokener);
	json_tokener_free(tokener);
	if (result != json_tokener_success)
	{
		json_object_put(document);
		return csh_fail(error, HINT, "churn model: the document is not usable JSON: %s",
						json_tokener_error_desc(result));
	}
	ok = read_document(document, model, error);
	json_object_put(document);
	if (!ok)
		csh_model_free(model);
	return ok;
}

/* Gives back what a model owns; one that owns nothing may come again */
void
csh_model_free(ChurnModel *model)
{
	free(model->feature);
	free(model->covariance);
	memset(model, 0, sizeof(*model));
}

/* Picks a model's features from a vector of measures; returns the first that has no position, -1 when all have */
int
csh_model_pick(const ChurnModel *model, const Vector *vector, ModelValues *values)
{
	for (int f = 0; f < model->features; f++)
	{
		int index = model->feature[f].index;

		if (index < 0)
			return f;
		values->observed[f] = index < vector->length && vector->observed[index];
		values->value[f] = values->observed[f] ? vector->value[index] : 0;
	}
	return -1;
}

/* z = (T(clip(v)) - mean) / sd with T(v) = v or sign(v) ln(1 + |v|) */
static inline double
standardise(const ModelFeature *feature, double v)
{
	if (v < feature->low)
		v = feature->low;
	else if (v > feature->high)
		v = feature->high;
	if (feature->log)
		v = copysign(log1p(fabs(v)), v);
	return (v - feature->mean) / feature->sd;
}

/* The input of a regression: 0, the mean, when not observed */
double
csh_model_input(const ChurnModel *model, const ModelValues *values, int f)
{
	return values->observed[f] ? standardise(&model->feature[f], values->value[f]) : 0;
}

/* What a feature adds to the log-odds; adding 0 leaves no -0 for people to wonder at */
double
csh_model_contribution(const ChurnModel *model, const ModelValues *values, int f)
{
	return model->feature[f].coefficient * csh_model_input(model, values, f) + 0.0;
}

/* The value at which a feature adds nothing, on the scale of its measure */
double
csh_model_baseline(const ModelFeature *feature)
{
	return feature->log ? copysign(expm1(fabs(feature->mean)), feature->mean) : feature->mean;
}

/* eta = intercept + sum(coefficient z) */
double
csh_model_log_odds(const ChurnModel *model, const ModelValues *values)
{
	double sum = model->intercept;

	for (int f = 0; f < model->features; f++)
		if (values->observed[f])
			sum +=
				model->feature[f].coefficient * standardise(&model->feature[f], values->value[f]);
	return sum;
}

/* p = 1 / (1 + exp(-eta)), by way of an exponential that cannot overflow */
double
csh_model_probability(double log_odds)
{
	double e = exp(-fabs(log_odds));

	return (log_odds < 0 ? e : 1) / (1 + e);
}

/* How much of the model was observed: the share of its absolute coefficients, 1 for a model without any */
double
csh_model_coverage(const ChurnModel *model, const ModelValues *values)
{
	double all = 0;
	double seen = 0;

	for (int f = 0; f < model->features; f++)
	{
		all += fabs(model->feature[f].coefficient);
		if (values->observed[f])
			seen += fabs(model->feature[f].coefficient);
	}
	return all > 0 ? seen / all : 1;
}

/*
 * Half the width of the 90 % Wald interval of the log-odds (D. W. Hosmer, S. Lemeshow, "Applied Logistic Regression",
 * 2000, section 2.5): z_0.95 sqrt(u' C u) with u = (1, z_1 .. z_p) and the covariance C of the coefficients.
 */
double
csh_model_half_width(const ChurnModel *model, const ModelValues *values)
{
	double u[MODEL_MAX_FEATURES + 1] = {1};
	int n = model->features + 1;
	double variance = 0;

	for (int f = 0; f < model->features; f++)
		u[f + 1] = csh_model_input(model, values, f);
	for (int i = 0; i < n; i++)
	{
		const double *row = &model->covariance[i * n];
		double sum = row[i] * u[i];

		if (u[i] == 0)
			continue;
		for (int j = 0; j < i; j++)
			sum += 2 * row[j] * u[j];
		variance += sum * u[i];
	}
	return variance > 0 ? 1.6448536269514722 * sqrt(variance) : 0;
}

/* The level at which a probability lies, by its lift over the base rate */
RiskLevel
csh_model_risk(const ChurnModel *model, double probability)
{
	double lift = probability / model->base_rate;
	int level = RISK_CRITICAL;

	while (level > RISK_LOW && !(lift >= model->band[level]))
		level--;
	return (RiskLevel) level;
}
