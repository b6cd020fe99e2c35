/*
 * churn_model.c
 *		What a churn model's document is refused for, naming the place, and predictions worked out by hand.
 */
#include "churn_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define LENGTH(a) ((int) (sizeof(a) / sizeof((a)[0])))

#define START "{\"format\": 1, \"version\": \"test-1\", \"trained\": false, "
#define DAYS "\"lead_days\": 30, \"horizon_days\": 60, "
#define NUMBERS "\"base_rate\": 0.01, \"intercept\": -4.5, "
#define HEAD START DAYS NUMBERS
#define BANDS "\"risk_bands\": {\"medium\": 1, \"high\": 3, \"critical\": 8}}"
#define WITH_BANDS(bands) HEAD "\"features\": [], \"risk_bands\": " bands "}"
#define FEATURES(list) HEAD "\"features\": " list ", " BANDS
#define REST "\"transform\": \"none\", \"mean\": 10, \"sd\": 4, \"coefficient\": -0.5"
#define WITH(more) FEATURES("[{\"measure\": \"mine\", " more REST "}]")
#define PLAIN WITH("")
#define SCALE(numbers) FEATURES("[{\"measure\": \"mine\", \"transform\": \"none\", " numbers "}]")
#define LOGARITHM(numbers)                                                                         \
	FEATURES("[{\"measure\": \"mine\", \"transform\": \"log\", " numbers "}]")
#define PAIR(a, b) FEATURES("[{" a ", " REST "}, {" b ", " REST "}]")
#define COVARIANCE(rows)                                                                           \
	HEAD "\"features\": [{\"measure\": \"mine\", " REST "}], \"covariance\": " rows ", " BANDS
#define VERSION(v) "{\"format\": 1, \"version\": " v ", \"trained\": true, " DAYS NUMBERS

#define X63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz01234567890"

/* Two features: one as it is, one of logarithms, with bounds; and how sure the model is */
static const char worked[] = HEAD
	"\"features\": ["
	"{\"measure\": \"mau\", \"position\": 3, \"transform\": \"none\", \"low\": 0, \"high\": 30, "
	"\"mean\": 10, \"sd\": 4, \"coefficient\": -0.5}, "
	"{\"measure\": \"mine\", \"position\": 100, \"unit\": \"EUR\", \"window_days\": 7, "
	"\"transform\": \"log\", \"mean\": -2, \"sd\": 0.5, \"coefficient\": 0.25}], "
	"\"covariance\": [[0.04, 0.01, 0], [0.01, 0.09, -0.02], [0, -0.02, 0.25]], " BANDS;

static bool
reads(const char *text, size_t length, ChurnModel *model, CshError *error)
{
	/* a copy of just the bytes, so that the sanitizer sees any read beyond them */
	char *copy = malloc(length + 1);
	bool result;

	memcpy(copy, text, length);
	copy[length] = '\0';
	memset(error, 0, sizeof(*error));
	result = csh_model_parse(copy, length, model, error);
	free(copy);
	return result;
}

static bool
parses(const char *text, size_t length, CshError *error)
{
	ChurnModel model;
	bool result = reads(text, length, &model, error);

	csh_model_free(&model);
	return result;
}

static const struct
{
	const char *name;
	const char *document;
} usable[] = {
	{"a plain document", PLAIN},
	{"no feature at all", FEATURES("[]")},
	{"the worked example", worked},
	{"a built-in measure with its position",
	 FEATURES("[{\"measure\": \"dau\", \"position\": 1, " REST "}]")},
	{"a built-in measure without one", FEATURES("[{\"measure\": \"dau\", " REST "}]")},
	{"other keys", "{\"trained_at\": \"2024-03-01\", \"metrics\": {\"auc\": 0.7}, "
				   "\"format\": 1, \"version\": \"a.b_c-0\", \"trained\": true, " DAYS NUMBERS
				   "\"features\": [], " BANDS},
	{"other keys of a feature", WITH("\"bins\": [1, 2], ")},
	{"a lower bound alone", WITH("\"low\": -1e15, ")},
	{"an upper bound alone", WITH("\"high\": 0.5, ")},
	{"the smallest and largest numbers",
	 SCALE("\"mean\": -1e15, \"sd\": 1e-15, \"coefficient\": 1e6")},
	{"a logarithm's largest mean", LOGARITHM("\"mean\": -89, \"sd\": 1e15, \"coefficient\": -1e6")},
	{"a version of 20 characters", VERSION("\"abcdefghij0123456789\"") "\"features\": [], " BANDS},
	{"a covariance", COVARIANCE("[[1, -0.5], [-0.5, 0.25]]")},
	{"a covariance of nothing", COVARIANCE("[[0, 0], [0, 0]]")},
	{"a covariance that rounding has left askew",
	 COVARIANCE("[[1, 0.3], [0.30000000000000004, 1]]")},
	{"two measures without positions", PAIR("\"measure\": \"a\"", "\"measure\": \"b\"")},
};

static const struct
{
	const char *document;
	const char *message;
} faulty[] = {
	{"", "the document is not usable JSON"},
	{"{", "the document is not usable JSON"},
	{"{} {}", "the document is not usable JSON"},
	{"{\"format\": 1, \"version\": \"\xff\"}", "the document is not usable JSON"},
	{"[]", "the document must be an object, not []"},
	{"null", "the document must be an object, not null"},
	{"7", "the document must be an object, not 7"},
	{"{}", "format must be 1, not null"},
	{"{\"format\": 0}", "format must be 1, not 0"},
	{"{\"format\": 2}", "format must be 1, not 2"},
	{"{\"format\": 99999999999999999999}", "format must be 1, not "},
	{"{\"format\": 1.0}", "format must be 1, not 1.0"},
	{"{\"format\": \"1\"}", "format must be 1, not \"1\""},
	{"{\"format\": 1}", "version must be a text of 1 to 20 bytes, not null"},
	{VERSION("\"\"") BANDS, "version must be a text of 1 to 20 bytes, not \"\""},
	{VERSION("1") BANDS, "version must be a text of 1 to 20 bytes, not 1"},
	{VERSION("\"abcdefghij01234567890\"") BANDS, "version must be a text of 1 to 20 bytes, not \""},
	{VERSION("\"a\\u0000b\"") BANDS, "version must be a text of 1 to 20 bytes, not \""},
	{VERSION("\"Prior\"") BANDS,
	 "version must be made of a-z, 0-9, dots, hyphens and underscores, not \"Prior\""},
	{VERSION("\"a\\nb\\u00e9\"") BANDS,
	 "version must be made of a-z, 0-9, dots, hyphens and underscores, not \"a\\nb??\""},
	{"{\"format\": 1, \"version\": \"a\"}", "trained must be true or false, not null"},
	{"{\"format\": 1, \"version\": \"a\", \"trained\": 1}", "trained must be true or false, not 1"},
	{START "\"horizon_days\": 1}", "lead_days must be a number from 0 to 365, not null"},
	{START "\"lead_days\": -1}", "lead_days must be a number from 0 to 365, not -1"},
	{START "\"lead_days\": 366}", "lead_days must be a number from 0 to 365, not 366"},
	{START "\"lead_days\": 1.5}", "lead_days must be a whole number, not 1.5"},
	{START "\"lead_days\": \"30\"}", "lead_days must be a number from 0 to 365, not \"30\""},
	{START "\"lead_days\": 0}", "horizon_days must be a number from 1 to 730, not null"},
	{START "\"lead_days\": 0, \"horizon_days\": 0}",
	 "horizon_days must be a number from 1 to 730, not 0"},
	{START "\"lead_days\": 0, \"horizon_days\": 731}",
	 "horizon_days must be a number from 1 to 730, not 731"},
	{START DAYS "\"intercept\": 1}", "base_rate must be a number from 0 to 1, not null"},
	{START DAYS "\"base_rate\": 0}", "base_rate must be above 0 and below 1, not 0"},
	{START DAYS "\"base_rate\": 1}", "base_rate must be above 0 and below 1, not 1"},
	{START DAYS "\"base_rate\": 1e-400}", "base_rate must be above 0 and below 1, not 1e-400"},
	{START DAYS "\"base_rate\": NaN}", "base_rate must be a number from 0 to 1, not NaN"},
	{START DAYS "\"base_rate\": 0.5}", "intercept must be a number from -1e+06 to 1e+06, not null"},
	{START DAYS "\"base_rate\": 0.5, \"intercept\": -1000001}",
	 "intercept must be a number from -1e+06 to 1e+06, not -1000001"},
	{START DAYS "\"base_rate\": 0.5, \"intercept\": -1e400}",
	 "intercept must be a number from -1e+06 to 1e+06, not -1e400"},
	{HEAD BANDS, "features must be an array of 0 to 500 features, not null"},
	{FEATURES("{}"), "features must be an array of 0 to 500 features, not {}"},
	{FEATURES("[7]"), "features[0] must be an object, not 7"},
	{FEATURES("[null]"), "features[0] must be an object, not null"},
	{FEATURES("[{}]"), "features[0].measure must be a text of 1 to 63 bytes, not null"},
	{FEATURES("[{\"measure\": \"\"}]"),
	 "features[0].measure must be a text of 1 to 63 bytes, not \"\""},
	{FEATURES("[{\"measure\": \"" X63 "x\"}]"),
	 "features[0].measure must be a text of 1 to 63 bytes"},
	{FEATURES("[{\"measure\": \"a\\u0000\"}]"),
	 "features[0].measure must be a text of 1 to 63 bytes, not \"a"},
	{FEATURES("[{\"measure\": \"a\"}]"),
	 "features[0].transform must be \"none\" or \"log\", not null"},
	{FEATURES("[{\"measure\": \"a\", \"transform\": \"sqrt\"}]"),
	 "features[0].transform must be \"none\" or \"log\", not \"sqrt\""},
	{FEATURES("[{\"measure\": \"a\", \"transform\": [\"log\"]}]"),
	 "features[0].transform must be \"none\" or \"log\", not [\"log\"]"},
	{WITH("\"position\": 0, "), "features[0].position must be a number from 1 to 1000, not 0"},
	{WITH("\"position\": 1001, "),
	 "features[0].position must be a number from 1 to 1000, not 1001"},
	{WITH("\"position\": 1.5, "), "features[0].position must be a whole number, not 1.5"},
	{WITH("\"position\": null, "),
	 "features[0].position must be a number from 1 to 1000, not null"},
	{FEATURES("[{\"measure\": \"dau\", \"position\": 2}]"),
	 "features[0].position must be the position of the measure, not 2"},
	{WITH("\"unit\": 1, "), "features[0].unit must be a text of 1 to 31 bytes, not 1"},
	{WITH("\"window_days\": 3661, "),
	 "features[0].window_days must be a number from 0 to 3660, not 3661"},
	{WITH("\"window_days\": 0.5, "), "features[0].window_days must be a whole number, not 0.5"},
	{WITH("\"low\": null, "), "features[0].low must be a number from -1e+15 to 1e+15, not null"},
	{WITH("\"low\": 1e16, "), "features[0].low must be a number from -1e+15 to 1e+15, not 1e16"},
	{WITH("\"high\": 100000000000000000000, "),
	 "features[0].high must be a number from -1e+15 to 1e+15, not "},
	{WITH("\"low\": 5, \"high\": 5, "), "features[0].high must be greater than low, not 5"},
	{WITH("\"low\": 5, \"high\": 4, "), "features[0].high must be greater than low, not 4"},
	{SCALE("\"sd\": 1, \"coefficient\": 1"),
	 "features[0].mean must be a number from -1e+15 to 1e+15, not null"},
	{SCALE("\"mean\": 1e16"), "features[0].mean must be a number from -1e+15 to 1e+15, not 1e16"},
	{LOGARITHM("\"mean\": 89.5"), "features[0].mean must be a number from -89 to 89, not 89.5"},
	{SCALE("\"mean\": 1"), "features[0].sd must be a number from 1e-15 to 1e+15, not null"},
	{SCALE("\"mean\": 1, \"sd\": 0"), "features[0].sd must be a number from 1e-15 to 1e+15, not 0"},
	{SCALE("\"mean\": 1, \"sd\": -1"),
	 "features[0].sd must be a number from 1e-15 to 1e+15, not -1"},
	{SCALE("\"mean\": 1, \"sd\": 1"),
	 "features[0].coefficient must be a number from -1e+06 to 1e+06, not null"},
	{SCALE("\"mean\": 1, \"sd\": 1, \"coefficient\": 1e7"),
	 "features[0].coefficient must be a number from -1e+06 to 1e+06, not 1e7"},
	{PAIR("\"measure\": \"a\"", "\"measure\": \"a\""),
	 "features[1].measure must be one that no feature before has, not \"a\""},
	{PAIR("\"measure\": \"a\", \"position\": 100", "\"measure\": \"b\", \"position\": 100"),
	 "features[1].position must be one that no feature before has, not 100"},
	{COVARIANCE("null"), "covariance must be an array of 2, the intercept first, not null"},
	{COVARIANCE("[[1]]"), "covariance must be an array of 2, the intercept first, not [[1]]"},
	{COVARIANCE("[[1, 0], 5]"), "covariance[1] must be an array of 2, the intercept first, not 5"},
	{COVARIANCE("[[1], [0, 1]]"),
	 "covariance[0] must be an array of 2, the intercept first, not [1]"},
	{COVARIANCE("[[1, 0], [\"0\", 1]]"),
	 "covariance[1][0] must be a number from -1e+15 to 1e+15, not \"0\""},
	{COVARIANCE("[[1, 0], [0, -1]]"), "covariance[1][1] must be a number from 0 to 1e+15, not -1"},
	{COVARIANCE("[[1, 0.5], [0.25, 1]]"),
	 "covariance[1][0] must be the same as covariance[0][1], not 0.25"},
	{COVARIANCE("[[1, 0], [1e-8, 1]]"),
	 "covariance[1][0] must be the same as covariance[0][1], not 1e-8"},
	{COVARIANCE("[[0, 0], [1, 0]]"),
	 "covariance[1][0] must be the same as covariance[0][1], not 1"},
	{COVARIANCE("[[1, 1.5], [1.5, 2]]"),
	 "covariance[1][0] must be a covariance that its variances allow, not 1.5"},
	{HEAD "\"features\": []}", "risk_bands must be an object, not null"},
	{WITH_BANDS("[1, 3, 8]"), "risk_bands must be an object, not [1,3,8]"},
	{WITH_BANDS("{}"), "risk_bands.medium must be a number from 0 to 1e+15, not null"},
	{WITH_BANDS("{\"medium\": 0}"), "risk_bands.medium must be greater than 0, not 0"},
	{WITH_BANDS("{\"medium\": 1, \"high\": 1}"),
	 "risk_bands.high must be greater than that of the level before, not 1"},
	{WITH_BANDS("{\"medium\": 1, \"high\": 3}"),
	 "risk_bands.critical must be a number from 0 to 1e+15, not null"},
	{WITH_BANDS("{\"medium\": 1, \"high\": 3, \"critical\": 2}"),
	 "risk_bands.critical must be greater than that of the level before, not 2"},
};

static void
test_documents(void)
{
	CshError error;

	for (int i = 0; i < LENGTH(usable); i++)
	{
		bool fine = parses(usable[i].document, strlen(usable[i].document), &error);

		ok(fine, "usable: %s%s%s", usable[i].name, fine ? "" : ": ", error.message);
	}
	for (int i = 0; i < LENGTH(faulty); i++)
	{
		char expected[256];
		bool refused = !parses(faulty[i].document, strlen(faulty[i].document), &error);

		snprintf(expected, sizeof(expected), "churn model: %s", faulty[i].message);
		refused = refused && strncmp(error.message, expected, strlen(expected)) == 0;
		ok(refused && error.hint[0] != '\0', "%s", error.message);
		if (!refused)
			printf("# expected: %s\n", expected);
	}
	parses("{\"format\": 2}", 13, &error);
	ok(strstr(error.hint, "ALTER EXTENSION cs_health UPDATE") != NULL, "%s", error.hint);
	parses("{\"format\": 0}", 13, &error);
	ok(strstr(error.hint, "churn-model-document.md") != NULL, "%s", error.hint);
}

/* A document whose statistics nest so many arrays */
static bool
nested(int depth, CshError *error)
{
	static char text[200000];
	size_t n = (size_t) sprintf(text, "{\"metrics\": ");

	memset(text + n, '[', (size_t) depth);
	memset(text + n + depth, ']', (size_t) depth);
	strcpy(text + n + 2 * depth, "}");
	return parses(text, strlen(text), error);
}

static void
test_hostile_documents(void)
{
	static char large[MODEL_MAX_BYTES + 2];
	size_t length = sizeof(worked) - 1;
	CshError error;
	int wrong = 0;

	for (size_t n = 0; n < length; n++)
		wrong += parses(worked, n, &error) || error.message[0] == '\0';
	ok(wrong == 0, "every beginning of a good document is refused");
	wrong = 0;
	for (int i = 0; i < 20000; i++)
	{
		char broken[sizeof(worked)];

		memcpy(broken, worked, sizeof(worked));
		for (uint64_t n = 1 + tap_random() % 3; n > 0; n--)
			broken[tap_random() % length] = (char) tap_random();
		wrong += !parses(broken, length, &error) && error.message[0] == '\0';
	}
	ok(wrong == 0, "20,000 damaged documents: each is read or refused with a message");
	ok(!nested(10, &error) && strstr(error.message, "format") != NULL, "ten levels are read: %s",
	   error.message);
	ok(!nested(40, &error) && strstr(error.message, "not usable JSON") != NULL,
	   "40 levels are not: %s", error.message);
	ok(!nested(90000, &error) && strstr(error.message, "not usable JSON") != NULL,
	   "nor are 90,000: %s", error.message);
	memset(large, ' ', sizeof(large) - 1);
	ok(!parses(large, MODEL_MAX_BYTES + 1, &error) && strstr(error.message, "262145 bytes") != NULL,
	   "%s", error.message);
	memcpy(large, worked, length);
	ok(parses(large, MODEL_MAX_BYTES, &error), "a document of the largest size is read%s",
	   error.message);
}

/* Documents of many features; the last one's covariance fills what a document may have */
static void
test_many_features(void)
{
	static char text[2 * MODEL_MAX_BYTES];
	CshError error;

	for (int features = 500; features <= 501; features++)
	{
		char *end = text + sprintf(text, "%s\"features\": [", HEAD);
		bool fine;

		for (int f = 0; f < features; f++)
			end += sprintf(end, "%s{\"measure\": \"m%d\", \"position\": %d, " REST "}",
						   f > 0 ? "," : "", f, f + 100);
		strcpy(end, "], " BANDS);
		fine = parses(text, strlen(text), &error);
		ok(fine == (features == 500), "%d features%s%.80s", features, fine ? "" : ": ",
		   error.message);
	}
	for (int n = 251; n <= 351; n += 100)
	{
		char *end = text + sprintf(text, "%s\"features\": [", HEAD);
		bool fine;

		for (int f = 0; f + 1 < n; f++)
			end += sprintf(end, "%s{\"measure\":\"m%d\"," REST "}", f > 0 ? "," : "", f);
		end += sprintf(end, "],\"covariance\":[");
		for (int i = 0; i < n; i++)
		{
			end += sprintf(end, i > 0 ? ",[" : "[");
			for (int j = 0; j < n; j++)
				end += sprintf(end, j > 0 ? ",%d" : "%d", i == j);
			end += sprintf(end, "]");
		}
		strcpy(end, "]," BANDS);
		fine = parses(text, strlen(text), &error);
		ok(fine == (n == 251), "a covariance of %d x %d%s%.80s", n, n, fine ? "" : ": ",
		   error.message);
	}
}

static bool
close_to(double a, double b)
{
	return fabs(a - b) <= 1e-12 * fmax(1, fabs(b));
}

/* mau 18: (18 - 10) / 4 = 2 sd, -1; mine -(e^3 - 1): ln = -3, (-3 + 2) / 0.5 = -2 sd, -0.5 */
static void
test_worked_example(void)
{
	ModelValues values = {{18, -expm1(3)}, {true, true}};
	ChurnModel model;
	CshError error;

	if (!reads(worked, sizeof(worked) - 1, &model, &error))
		return ok(false, "%s", error.message);
	ok(close_to(csh_model_input(&model, &values, 0), 2) &&
		   close_to(csh_model_input(&model, &values, 1), -2),
	   "inputs are standard deviations from the mean");
	ok(close_to(csh_model_contribution(&model, &values, 0), -1) &&
		   close_to(csh_model_contribution(&model, &values, 1), -0.5),
	   "contributions are in log-odds");
	ok(close_to(csh_model_log_odds(&model, &values), -6), "they add up with the intercept");
	ok(csh_model_baseline(&model.feature[0]) == 10 &&
		   close_to(csh_model_baseline(&model.feature[1]), -expm1(2)),
	   "baselines are on the measure's scale");
	/* u = (1, 2, -2): 0.04 + 4 x 0.09 + 4 x 0.25 + 2 (2 x 0.01 + 0 - 4 x -0.02) = 1.6 */
	ok(close_to(csh_model_half_width(&model, &values), 1.6448536269514722 * sqrt(1.6)),
	   "half-width of the interval");
	values.value[0] = 1e6;
	ok(close_to(csh_model_contribution(&model, &values, 0), -2.5), "what is beyond high is high");
	values.value[0] = -1e6;
	ok(close_to(csh_model_contribution(&model, &values, 0), 1.25), "what is below low is low");
	values.value[0] = 10;
	ok(csh_model_contribution(&model, &values, 0) == 0 &&
		   !signbit(csh_model_contribution(&model, &values, 0)),
	   "the mean adds 0 and not -0");
	values.observed[0] = values.observed[1] = false;
	ok(csh_model_log_odds(&model, &values) == -4.5 && csh_model_input(&model, &values, 0) == 0,
	   "what was not observed adds nothing");
	ok(close_to(csh_model_half_width(&model, &values), 1.6448536269514722 * 0.2),
	   "and leaves the intercept's uncertainty");
	csh_model_free(&model);
}

static void
test_pick(void)
{
	double value[100] = {[2] = 18, [99] = 5};
	bool observed[100] = {[2] = true, [99] = true};
	Vector vector = {100, value, observed};
	ModelValues values;
	ChurnModel model;
	CshError error;

	reads(worked, sizeof(worked) - 1, &model, &error);
	ok(csh_model_pick(&model, &vector, &values) == -1 && values.value[0] == 18 &&
		   values.value[1] == 5 && values.observed[0] && values.observed[1],
	   "features are found by position");
	vector.length = 99;
	ok(csh_model_pick(&model, &vector, &values) == -1 && values.observed[0] && !values.observed[1],
	   "beyond the vector's end nothing was observed");
	csh_model_free(&model);
	reads(PLAIN, sizeof(PLAIN) - 1, &model, &error);
	ok(csh_model_pick(&model, &vector, &values) == 0, "a feature without position is told");
	csh_model_free(&model);
}

static void
test_probability(void)
{
	int wrong = 0;

	ok(csh_model_probability(0) == 0.5, "log-odds of 0 are even");
	ok(csh_model_probability(1e300) == 1 && csh_model_probability(-1e300) == 0 &&
		   csh_model_probability(HUGE_VAL) == 1 && csh_model_probability(-HUGE_VAL) == 0,
	   "far out it is certain, without overflow");
	ok(csh_model_probability(-700) == exp(-700), "and small ones stay exact");
	for (int i = 0; i < 100000; i++)
	{
		double x = ((double) (tap_random() >> 11) * 0x1p-53 - 0.5) * 60;
		double p = csh_model_probability(x);

		wrong += fabs(p - 1 / (1 + exp(-x))) > 1e-15 * p ||
				 fabs(p + csh_model_probability(-x) - 1) > 3e-16;
	}
	ok(wrong == 0, "100,000 times 1 / (1 + exp(-x)), and p(x) + p(-x) = 1");
}

static void
test_risk(void)
{
	static const char document[] =
		START DAYS "\"base_rate\": 0.0625, \"intercept\": 0, \"features\": [], " BANDS;
	static const struct
	{
		double probability;
		RiskLevel level;
	} cases[] = {{0, RISK_LOW},         {0.0624, RISK_LOW},  {0.0625, RISK_MEDIUM},
				 {0.1874, RISK_MEDIUM}, {0.1875, RISK_HIGH}, {0.4999, RISK_HIGH},
				 {0.5, RISK_CRITICAL},  {1, RISK_CRITICAL}};
	ChurnModel model;
	CshError error;

	reads(document, sizeof(document) - 1, &model, &error);
	for (int i = 0; i < LENGTH(cases); i++)
		ok(csh_model_risk(&model, cases[i].probability) == cases[i].level, "%g is %s",
		   cases[i].probability, csh_risk_names[cases[i].level]);
	csh_model_free(&model);
}

/* A number between -scale and scale */
static double
random_number(double scale)
{
	return ((double) (tap_random() >> 11) * 0x1p-53 * 2 - 1) * scale;
}

/* Random models: the parts add up, to 1e-12 of their size; nothing ends beyond the finite */
static void
test_random_models(void)
{
	static ModelFeature feature[MODEL_MAX_FEATURES];
	static ModelValues values;
	int wrong = 0;

	for (int round = 0; round < 20000; round++)
	{
		ChurnModel model = {.base_rate = 0.01, .intercept = random_number(1e6), .feature = feature};
		double sum = model.intercept;
		double size = fabs(model.intercept);
		bool extreme = round % 10 == 0;
		double log_odds;

		model.features = (int) (tap_random() % (extreme ? MODEL_MAX_FEATURES + 1 : 30));
		for (int f = 0; f < model.features; f++)
		{
			feature[f].log = tap_random() % 2 == 0;
			feature[f].low = tap_random() % 3 == 0 ? random_number(10) : -HUGE_VAL;
			feature[f].high = tap_random() % 3 == 0 ? 20 + random_number(9) : HUGE_VAL;
			feature[f].mean = random_number(extreme && !feature[f].log ? 1e15 : 50);
			feature[f].sd = extreme ? 1e-15 : 0.001 + fabs(random_number(50));
			feature[f].coefficient = random_number(extreme ? 1e6 : 3);
			values.observed[f] = tap_random() % 4 != 0;
			values.value[f] = random_number(extreme ? 3.4e38 : 100);
		}
		log_odds = csh_model_log_odds(&model, &values);
		for (int f = 0; f < model.features; f++)
		{
			sum += csh_model_contribution(&model, &values, f);
			size += fabs(csh_model_contribution(&model, &values, f));
		}
		wrong += !isfinite(log_odds) || fabs(sum - log_odds) > 1e-12 * size ||
				 !(csh_model_probability(log_odds) >= 0 && csh_model_probability(log_odds) <= 1);
	}
	ok(wrong == 0, "20,000 random models: intercept and contributions sum to the log-odds");
}

int
main(void)
{
	test_documents();
	test_hostile_documents();
	test_many_features();
	test_worked_example();
	test_pick();
	test_probability();
	test_risk();
	test_random_models();
	return tap_done();
}
