/*
 * condition.c
 *		What a condition is refused for, naming the place, and what conditions come to, with three values.
 */
#include "condition.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define LENGTH(a) ((int) (sizeof(a) / sizeof((a)[0])))

#define LEAF(fact, op, value) "{\"fact\": \"" fact "\", \"op\": \"" op "\", \"value\": " value "}"
#define MORE(fact, op, value, more)                                                                \
	"{\"fact\": \"" fact "\", \"op\": \"" op "\", \"value\": " value ", " more "}"
#define NUMBER(value) LEAF("mau", "<", value)
#define WORD(value) LEAF("category", "=", value)
#define DAYS(days) MORE("mau", "<", "1", "\"for_days\": " days)
#define PLACE(position) MORE("own.mine", "<", "1", "\"position\": " position)

#define X63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz01234567890"

static bool
reads(const char *text, int scope, CshError *error)
{
	/* a copy of just the bytes, so that the sanitizer sees any read beyond them */
	char *copy = strdup(text);
	Condition condition;
	bool result;

	memset(error, 0, sizeof(*error));
	result = csh_condition_parse_text(copy, scope, &condition, error);
	free(copy);
	csh_condition_free(&condition);
	return result;
}

static const struct
{
	const char *document;
	int scope;
} usable[] = {
	{NUMBER("60"), 0},
	{NUMBER("-1e15"), 0},
	{NUMBER("1000000000000000"), 0},
	{LEAF("overall_score", "<=", "100"), 0},
	{LEAF("overall_score", ">=", "0"), 0},
	{LEAF("churn_probability", ">", "0.25"), 0},
	{LEAF("coverage", "=", "1"), 0},
	{LEAF("own.mine", "<>", "-3.5"), 0},
	{LEAF("own." X63, "<", "0"), 0},
	{LEAF("own.mau", "<", "0"), 0},
	{LEAF("nps", "known", "false"), 0},
	{LEAF("plan", "known", "true"), 0},
	{LEAF("open_signals", "known", "true"), 0},
	{WORD("\"at_risk\""), 0},
	{LEAF("trend", "<>", "\"stable\""), 0},
	{LEAF("risk_level", "in", "[\"high\", \"critical\"]"), 0},
	{LEAF("stage", "not_in", "[\"onboarding\"]"), 0},
	{LEAF("stage", "=", "\"pilot\""), 0},
	{LEAF("status", "=", "\"trial\""), CONDITION_STAGE},
	{LEAF("plan", "=", "\"Ger\u00e4t \\\"1\\\"\""), 0},
	{LEAF("segment", "in", "[\"a\", \"a\", \"b\"]"), 0},
	{LEAF("open_signals", "contains", "\"usage_limit\""), 0},
	{LEAF("open_signals", "not_contains", "\"user_growth\""), 0},
	{LEAF("replied_since_start", "=", "false"), CONDITION_STEP},
	{LEAF("replied_since_start", "known", "true"), CONDITION_STEP},
	{NUMBER("1"), CONDITION_STEP},
	{DAYS("1"), 0},
	{DAYS("90"), 0},
	{DAYS("7.0"), 0},
	{MORE("risk_level", "=", "\"high\"", "\"for_days\": 3"), 0},
	{PLACE("1000"), CONDITION_COMPILED},
	{MORE("mau", "<", "1", "\"position\": 3"), CONDITION_COMPILED},
	{"{\"all\": [" NUMBER("1") "]}", 0},
	{"{\"any\": [" NUMBER("1") ", {\"not\": " NUMBER("2") "}]}", 0},
	{"{\"not\": {\"not\": {\"all\": [{\"any\": [" NUMBER("1") "]}]}}}", 0},
};

static const struct
{
	const char *document;
	int scope;
	const char *message;
} faulty[] = {
	{"", 0, "the document is not usable JSON"},
	{"{", 0, "the document is not usable JSON"},
	{"{} {}", 0, "the document is not usable JSON"},
	{"{\"fact\": \"\xff\"}", 0, "the document is not usable JSON"},
	{"null", 0, "$ must be an object, not null"},
	{"[]", 0, "$ must be an object, not []"},
	{"7", 0, "$ must be an object, not 7"},
	{"true", 0, "$ must be an object, not true"},
	{"{}", 0, "$.fact must be the name of a fact, not null"},
	{"{\"fakt\": 1}", 0, "unknown key \"fakt\" in $"},
	{"{\"all\": [], \"any\": []}", 0, "unknown key \"any\" in $"},
	{"{\"not\": {}, \"fact\": 1}", 0, "unknown key \"fact\" in $"},
	{"{\"all\": {}}", 0, "$.all must be an array of 1 to 100 conditions, not {}"},
	{"{\"all\": []}", 0, "$.all must be an array of 1 to 100 conditions, not []"},
	{"{\"any\": null}", 0, "$.any must be an array of 1 to 100 conditions, not null"},
	{"{\"any\": [7]}", 0, "$.any[0] must be an object, not 7"},
	{"{\"not\": []}", 0, "$.not must be an object, not []"},
	{"{\"not\": {\"all\": [" NUMBER("1") ", {\"any\": [{}]}]}}", 0,
	 "$.not.all[1].any[0].fact must be the name of a fact, not null"},
	{"{\"fact\": 1}", 0, "$.fact must be the name of a fact, not 1"},
	{LEAF("", "<", "1"), 0, "$.fact must be the name of a fact, not \"\""},
	{LEAF("mau\\u0000", "<", "1"), 0, "$.fact must be the name of a fact, not \"mau"},
	{LEAF("own." X63 "x", "<", "1"), 0, "$.fact must be the name of a fact, not \"own."},
	{LEAF("luck", "<", "1"), 0, "unknown fact \"luck\" at $.fact"},
	{LEAF("Mau", "<", "1"), 0, "unknown fact \"Mau\" at $.fact"},
	{LEAF("own.", "<", "1"), 0, "unknown fact \"own.\" at $.fact"},
	{LEAF("own.1a", "<", "1"), 0, "unknown fact \"own.1a\" at $.fact"},
	{LEAF("own.a-b", "<", "1"), 0, "unknown fact \"own.a-b\" at $.fact"},
	{LEAF("own.\xc3\xa4", "<", "1"), 0, "unknown fact \"own.\?\?\" at $.fact"},
	{LEAF("replied_since_start", "=", "true"), 0,
	 "$.fact must be a fact of a day, not \"replied_since_start\""},
	{"{\"fact\": \"mau\"}", 0, "$.op must be <, <=, >, >=, =, <> or known for mau, not null"},
	{LEAF("mau", "in", "[1]"), 0, "$.op must be <, <=, >, >=, =, <> or known for mau, not \"in\""},
	{LEAF("mau", "!=", "1"), 0, "$.op must be <, <=, >, >=, =, <> or known for mau, not \"!=\""},
	{LEAF("growth_score", "contains", "1"), 0,
	 "$.op must be <, <=, >, >=, =, <> or known for growth_score, not \"contains\""},
	{LEAF("category", "<", "\"healthy\""), 0,
	 "$.op must be =, <>, in, not_in or known for category, not \"<\""},
	{LEAF("plan", "contains", "\"a\""), 0,
	 "$.op must be =, <>, in, not_in or known for plan, not \"contains\""},
	{LEAF("open_signals", "=", "\"a\""), 0,
	 "$.op must be contains, not_contains or known for open_signals, not \"=\""},
	{LEAF("replied_since_start", "<", "true"), CONDITION_STEP,
	 "$.op must be =, <> or known for replied_since_start, not \"<\""},
	{"{\"fact\": \"mau\", \"op\": \"<\"}", 0,
	 "$.value must be a number from -1e+15 to 1e+15, not null"},
	{NUMBER("\"60\""), 0, "$.value must be a number from -1e+15 to 1e+15, not \"60\""},
	{NUMBER("[60]"), 0, "$.value must be a number from -1e+15 to 1e+15, not [60]"},
	{NUMBER("true"), 0, "$.value must be a number from -1e+15 to 1e+15, not true"},
	{NUMBER("1e16"), 0, "$.value must be a number from -1e+15 to 1e+15, not 1e16"},
	{NUMBER("-99999999999999999999"), 0, "$.value must be a number from -1e+15 to 1e+15, not -"},
	{NUMBER("1e400"), 0, "$.value must be a number from -1e+15 to 1e+15, not 1e400"},
	{NUMBER("NaN"), 0, "$.value must be a number from -1e+15 to 1e+15, not NaN"},
	{LEAF("overall_score", "<", "101"), 0, "$.value must be a number from 0 to 100, not 101"},
	{LEAF("overall_score", "<", "-1"), 0, "$.value must be a number from 0 to 100, not -1"},
	{LEAF("churn_probability", ">", "25"), 0, "$.value must be a number from 0 to 1, not 25"},
	{LEAF("coverage", ">", "50"), 0, "$.value must be a number from 0 to 1, not 50"},
	{LEAF("nps", "known", "1"), 0, "$.value must be true or false, not 1"},
	{LEAF("nps", "known", "null"), 0, "$.value must be true or false, not null"},
	{LEAF("replied_since_start", "=", "\"no\""), CONDITION_STEP,
	 "$.value must be true or false, not \"no\""},
	{WORD("\"sick\""), 0, "$.value must be healthy, neutral, at_risk or critical, not \"sick\""},
	{WORD("\"at risk\""), 0,
	 "$.value must be healthy, neutral, at_risk or critical, not \"at risk\""},
	{WORD("1"), 0, "$.value must be healthy, neutral, at_risk or critical, not 1"},
	{WORD("null"), 0, "$.value must be healthy, neutral, at_risk or critical, not null"},
	{LEAF("trend", "=", "\"up\""), 0, "$.value must be improving, stable or declining, not \"up\""},
	{LEAF("risk_level", "in", "[\"low\", \"at_risk\"]"), 0,
	 "$.value[1] must be low, medium, high or critical, not \"at_risk\""},
	{LEAF("stage", "=", "\"\""), 0, "$.value must be a text of 1 to 255 bytes, not \"\""},
	{LEAF("stage", "known", "true"), CONDITION_STAGE,
	 "$.fact must not be the stage, which follows from this condition"},
	{"{\"not\": {\"any\": [" LEAF("stage", "in", "[\"adopted\"]") "]}}", CONDITION_STAGE,
	 "$.not.any[0].fact must not be the stage"},
	{LEAF("replied_since_start", "=", "false"), CONDITION_STAGE, "$.fact must be a fact of a day"},
	{LEAF("status", "=", "\"gone\""), 0,
	 "$.value must be trial, active, paused, churned or internal, not \"gone\""},
	{LEAF("open_signals", "contains", "\"limit\""), 0,
	 "$.value must be usage_limit, feature_request or user_growth, not \"limit\""},
	{LEAF("plan", "=", "\"\""), 0, "$.value must be a text of 1 to 255 bytes, not \"\""},
	{LEAF("plan", "=", "7"), 0, "$.value must be a text of 1 to 255 bytes, not 7"},
	{LEAF("plan", "=", "\"a\\u0000b\""), 0, "$.value must be a text of 1 to 255 bytes, not \"a"},
	{LEAF("plan", "=", "[\"a\"]"), 0, "$.value must be a text of 1 to 255 bytes, not [\"a\"]"},
	{LEAF("plan", "in", "\"a\""), 0, "$.value must be an array of 1 to 100 words, not \"a\""},
	{LEAF("plan", "in", "[]"), 0, "$.value must be an array of 1 to 100 words, not []"},
	{LEAF("plan", "not_in", "[\"a\", null]"), 0,
	 "$.value[1] must be a text of 1 to 255 bytes, not null"},
	{DAYS("0"), 0, "$.for_days must be a number from 1 to 90, not 0"},
	{DAYS("91"), 0, "$.for_days must be a number from 1 to 90, not 91"},
	{DAYS("1.5"), 0, "$.for_days must be a whole number, not 1.5"},
	{DAYS("\"3\""), 0, "$.for_days must be a number from 1 to 90, not \"3\""},
	{DAYS("null"), 0, "$.for_days must be a number from 1 to 90, not null"},
	{MORE("plan", "=", "\"a\"", "\"for_days\": 1"), 0, "$.for_days must be left out for plan"},
	{MORE("stage", "=", "\"onboarding\"", "\"for_days\": 2"), 0,
	 "$.for_days must be left out for stage"},
	{MORE("open_signals", "known", "true", "\"for_days\": 2"), 0,
	 "$.for_days must be left out for open_signals"},
	{PLACE("100"), 0, "unknown key \"position\" in $"},
	{PLACE("100"), CONDITION_STEP, "unknown key \"position\" in $"},
	{PLACE("0"), CONDITION_COMPILED, "$.position must be a number from 1 to 1000, not 0"},
	{PLACE("1001"), CONDITION_COMPILED, "$.position must be a number from 1 to 1000, not 1001"},
	{PLACE("1.5"), CONDITION_COMPILED, "$.position must be the position of the measure, not 1.5"},
	{MORE("mau", "<", "1", "\"position\": 4"), CONDITION_COMPILED,
	 "$.position must be the position of the measure, not 4"},
	{MORE("coverage", "<", "1", "\"position\": 4"), CONDITION_COMPILED,
	 "$.position must be left out for coverage"},
	{MORE("mau", "<", "1", "\"since\": 4"), 0, "unknown key \"since\" in $"},
};

static void
test_documents(void)
{
	CshError error;

	for (int i = 0; i < LENGTH(usable); i++)
	{
		bool fine = reads(usable[i].document, usable[i].scope, &error);

		ok(fine, "usable: %s %s", usable[i].document, error.message);
	}
	for (int i = 0; i < LENGTH(faulty); i++)
	{
		char expected[256];
		bool refused = !reads(faulty[i].document, faulty[i].scope, &error);

		snprintf(expected, sizeof(expected), "condition: %s", faulty[i].message);
		refused = refused && strncmp(error.message, expected, strlen(expected)) == 0;
		ok(refused && error.hint[0] != '\0', "%s", error.message);
		if (!refused)
			printf("# expected: %s\n", expected);
	}
}

/* A document of so many leaves, each below so many nots */
static bool
grown(int leaves, int nots, CshError *error)
{
	static char text[400000];
	size_t n = 0;

	n += (size_t) sprintf(text, "{\"all\": [");
	for (int i = 0; i < leaves; i++)
	{
		n += (size_t) sprintf(text + n, "%s", i > 0 ? ", " : "");
		for (int j = 0; j < nots; j++)
			n += (size_t) sprintf(text + n, "{\"not\": ");
		n += (size_t) sprintf(text + n, "%s", NUMBER("1"));
		memset(text + n, '}', (size_t) nots);
		n += (size_t) nots;
		text[n] = '\0';
	}
	sprintf(text + n, "]}");
	return reads(text, 0, error);
}

static bool
says(const CshError *error, const char *message)
{
	return strstr(error->message, message) != NULL;
}

static void
test_bounds(void)
{
	static char large[CONDITION_MAX_BYTES + 100];
	static const char worked[] =
		"{\"all\": [" NUMBER("60") ", {\"not\": " WORD("\"at_risk\"") "}]}";
	CshError error;
	int wrong = 0;

	ok(grown(100, 0, &error), "100 comparisons");
	ok(!grown(101, 0, &error) && says(&error, "$.all must be an array of 1 to 100 conditions"),
	   "not 101: %s", error.message);
	ok(grown(100, 14, &error), "16 levels, many of them");
	ok(!grown(1, 15, &error) && says(&error, "not is nested deeper than 16 levels"), "not 17: %s",
	   error.message);
	sprintf(large, "{\"any\": [{\"all\": [");
	for (int i = 0; i < 51; i++)
		sprintf(large + strlen(large), "%s" NUMBER("1"), i > 0 ? "," : "");
	strcat(large, "]}, {\"all\": [");
	for (int i = 0; i < 51; i++)
		sprintf(large + strlen(large), "%s" NUMBER("1"), i > 0 ? "," : "");
	strcat(large, "]}]}");
	ok(!reads(large, 0, &error) && says(&error, "$.any[1].all[49] is one comparison too many"),
	   "102 in two lists: %s", error.message);
	strcpy(large, worked);
	memset(large + strlen(worked), ' ', CONDITION_MAX_BYTES - strlen(worked));
	large[CONDITION_MAX_BYTES] = '\0';
	ok(reads(large, 0, &error), "the largest document: %s", error.message);
	strcat(large, " ");
	ok(!reads(large, 0, &error) && says(&error, "has 65537 bytes, at most 65536"), "%s",
	   error.message);
	memset(large, '[', 2000);
	large[2000] = '\0';
	ok(!reads(large, 0, &error) && says(&error, "nesting too deep"), "%s", error.message);
	for (size_t n = 0; n < sizeof(worked) - 1; n++)
	{
		strcpy(large, worked);
		large[n] = '\0';
		wrong += reads(large, 0, &error) || error.message[0] == '\0';
	}
	ok(wrong == 0, "every beginning of a good document is refused");
	wrong = 0;
	for (int i = 0; i < 20000; i++)
	{
		strcpy(large, worked);
		for (uint64_t changes = 1 + tap_random() % 3; changes > 0; changes--)
			large[tap_random() % (sizeof(worked) - 1)] = "{}[]\",:0a<"[tap_random() % 10];
		wrong += !reads(large, 0, &error) && error.message[0] == '\0';
	}
	ok(wrong == 0, "20,000 changed documents are read or refused with a message");
}

static void
test_lists(void)
{
	Condition some[3];
	CshError error;
	int n =
		csh_conditions_parse_text("[" NUMBER("1") ", " WORD("\"neutral\"") "]", 0, some, 3, &error);

	ok(n == 2 && some[0].leaves == 1 && some[1].leaf[0].kind == FACT_WORD, "two conditions");
	for (int i = 0; i < n; i++)
		csh_condition_free(&some[i]);
	ok(csh_conditions_parse_text("[]", 0, some, 0, &error) == 0, "none");
	ok(csh_conditions_parse_text("[" NUMBER("1") ", {\"not\": 1}]", 0, some, 3, &error) == -1 &&
		   says(&error, "condition: $[1].not must be an object, not 1"),
	   "%s", error.message);
	ok(csh_conditions_parse_text("[1, 2, 3, 4]", 0, some, 3, &error) == -1 &&
		   says(&error, "an array of at most 3 conditions"),
	   "%s", error.message);
	ok(csh_conditions_parse_text(NUMBER("1"), 0, some, 3, &error) == -1, "%s", error.message);
	ok(csh_conditions_parse_text("null", 0, some, 3, &error) == -1, "%s", error.message);
	ok(csh_conditions_parse_text("[", 0, some, 3, &error) == -1, "%s", error.message);
}

/* The truth of a condition by facts: -1, 0 or 1; 9 when either is refused */
static int
truth_of(const char *document, const char *facts, CshError *error)
{
	Condition condition;
	Truth truth = TRUTH_UNKNOWN;
	bool usable;

	if (!csh_condition_parse_text(document, CONDITION_STEP | CONDITION_COMPILED, &condition, error))
		return 9;
	usable = csh_condition_matches(&condition, facts, &truth, error);
	csh_condition_free(&condition);
	return usable ? (int) truth : 9;
}

/* S. C. Kleene's strong tables: a, b, a and b, a or b */
static void
test_three_values(void)
{
	static const char *const leaf[] = {NUMBER("0"), LEAF("nps", "<", "0"), NUMBER("9")};
	CshError error;

	for (int a = -1; a <= 1; a++)
	{
		char text[400];

		snprintf(text, sizeof(text), "{\"not\": %s}", leaf[a + 1]);
		ok(truth_of(text, "{\"mau\": 5}", &error) == -a, "not %d is %d", a, -a);
		for (int b = -1; b <= 1; b++)
		{
			int both = a < b ? a : b;
			int either = a > b ? a : b;

			snprintf(text, sizeof(text), "{\"all\": [%s, %s]}", leaf[a + 1], leaf[b + 1]);
			ok(truth_of(text, "{\"mau\": 5}", &error) == both, "%d and %d is %d", a, b, both);
			snprintf(text, sizeof(text), "{\"any\": [%s, %s]}", leaf[a + 1], leaf[b + 1]);
			ok(truth_of(text, "{\"mau\": 5}", &error) == either, "%d or %d is %d", a, b, either);
		}
	}
}

#define D3(op, value) MORE("mau", op, value, "\"for_days\": 3")
#define REPLIED(op, value) LEAF("replied_since_start", op, value)
#define SIGNAL(op) LEAF("open_signals", op, "\"user_growth\"")

static const struct
{
	const char *document;
	const char *facts;
	int truth;
} matches[] = {
	/* every operator on both of its sides */
	{LEAF("mau", "<", "5"), "{\"mau\": 4.5}", 1},
	{LEAF("mau", "<", "5"), "{\"mau\": 5}", -1},
	{LEAF("mau", "<=", "5"), "{\"mau\": 5}", 1},
	{LEAF("mau", "<=", "5"), "{\"mau\": 5.5}", -1},
	{LEAF("mau", ">", "5"), "{\"mau\": 5}", -1},
	{LEAF("mau", ">", "5"), "{\"mau\": 6}", 1},
	{LEAF("mau", ">=", "5"), "{\"mau\": 5}", 1},
	{LEAF("mau", ">=", "5"), "{\"mau\": 4}", -1},
	{LEAF("mau", "=", "5"), "{\"mau\": 5}", 1},
	{LEAF("mau", "=", "5"), "{\"mau\": 4}", -1},
	{LEAF("mau", "<>", "5"), "{\"mau\": 4}", 1},
	{LEAF("mau", "<>", "5"), "{\"mau\": 5}", -1},
	{LEAF("mau", "known", "true"), "{\"mau\": 5}", 1},
	{LEAF("mau", "known", "false"), "{\"mau\": 5}", -1},
	{LEAF("mau", "known", "true"), "{\"mau\": null}", -1},
	{LEAF("mau", "known", "false"), "{}", 1},
	{LEAF("plan", "=", "\"a\""), "{\"plan\": \"a\"}", 1},
	{LEAF("plan", "=", "\"a\""), "{\"plan\": \"A\"}", -1},
	{LEAF("plan", "=", "\"a\""), "{\"plan\": \"ab\"}", -1},
	{LEAF("plan", "<>", "\"a\""), "{\"plan\": \"\"}", 1},
	{LEAF("plan", "<>", "\"a\""), "{\"plan\": \"a\"}", -1},
	{LEAF("plan", "in", "[\"a\", \"b\"]"), "{\"plan\": \"b\"}", 1},
	{LEAF("plan", "in", "[\"a\", \"b\"]"), "{\"plan\": \"c\"}", -1},
	{LEAF("plan", "not_in", "[\"a\", \"b\"]"), "{\"plan\": \"c\"}", 1},
	{LEAF("plan", "not_in", "[\"a\", \"b\"]"), "{\"plan\": \"a\"}", -1},
	{SIGNAL("contains"), "{\"open_signals\": [\"usage_limit\", \"user_growth\"]}", 1},
	{SIGNAL("contains"), "{\"open_signals\": []}", -1},
	{SIGNAL("not_contains"), "{\"open_signals\": []}", 1},
	{SIGNAL("not_contains"), "{\"open_signals\": [\"user_growth\"]}", -1},
	{REPLIED("=", "false"), "{\"replied_since_start\": false}", 1},
	{REPLIED("=", "false"), "{\"replied_since_start\": true}", -1},
	{REPLIED("<>", "false"), "{\"replied_since_start\": true}", 1},
	{REPLIED("<>", "true"), "{\"replied_since_start\": true}", -1},
	/* unknown whatever is asked of it */
	{LEAF("mau", "<>", "5"), "{}", 0},
	{LEAF("plan", "not_in", "[\"a\"]"), "{\"plan\": null}", 0},
	{SIGNAL("not_contains"), "{}", 0},
	{REPLIED("=", "false"), "{\"mau\": 1}", 0},
	{LEAF("own.mine", "<", "1"), "{\"mine\": 0}", 0},
	{LEAF("own.mine", "<", "1"), "{\"own.mine\": 0}", 1},
	/* in four bytes */
	{LEAF("usage_ratio", ">", "0.8"), "{\"usage_ratio\": 0.800000012}", -1},
	{LEAF("usage_ratio", ">=", "0.8"), "{\"usage_ratio\": 0.8}", 1},
	{LEAF("usage_ratio", "=", "0.8"), "{\"usage_ratio\": 0.80000001192092896}", 1},
	{LEAF("usage_ratio", ">", "0.8"), "{\"usage_ratio\": 0.8000001}", 1},
	{LEAF("churn_probability", "=", "0.3"), "{\"churn_probability\": 0.30000001192092896}", 1},
	{LEAF("arr", "<", "1e15"), "{\"arr\": 300000000000000000000000000000}", -1},
	{LEAF("arr", ">", "-1e15"), "{\"arr\": -300000000000000000000000000000}", -1},
	{LEAF("arr", ">", "0"), "{\"arr\": 1e300}", 1},
	/* days */
	{D3("<", "5"), "[{\"mau\": 1}, {\"mau\": 1}, {\"mau\": 1}]", 1},
	{D3("<", "5"), "[{\"mau\": 1}, {\"mau\": 1}, {\"mau\": 1}, {\"mau\": 9}]", 1},
	{D3("<", "5"), "[{\"mau\": 1}, {\"mau\": 1}, {\"mau\": 9}]", -1},
	{D3("<", "5"), "[{\"mau\": 9}, {\"mau\": 1}, {\"mau\": 1}]", -1},
	{D3("<", "5"), "[{\"mau\": 1}, {}, {\"mau\": 1}]", 0},
	{D3("<", "5"), "[{\"mau\": 1}, null, {\"mau\": 1}]", 0},
	{D3("<", "5"), "[{\"mau\": 1}, {\"mau\": 1}]", 0},
	{D3("<", "5"), "[{\"mau\": 1}, null, {\"mau\": 9}]", -1},
	{D3("<", "5"), "[]", 0},
	{D3("<", "5"), "{\"mau\": 1}", 0},
	{D3("<", "5"), "{\"mau\": 9}", -1},
	{D3("<", "5"), "{}", 0},
	{D3("known", "false"), "[{}, {}, {}]", 1},
	{D3("known", "false"), "[{}, {\"mau\": 1}, {}]", -1},
	{D3("known", "false"), "[{}, null, {}]", 0},
	{NUMBER("5"), "[{\"mau\": 1}, {\"mau\": 9}]", 1},
	{NUMBER("5"), "[null, {\"mau\": 1}]", 0},
	{"{\"not\": " D3("<", "5") "}", "{\"mau\": 1}", 0},
	{"{\"not\": " D3("<", "5") "}", "{\"mau\": 9}", 1},
	{"{\"not\": " D3("<", "5") "}", "[{\"mau\": 1}, {\"mau\": 9}]", 1},
	{"{\"any\": [" D3("<", "5") ", " NUMBER("5") "]}", "{\"mau\": 1}", 1},
};

static const struct
{
	const char *document;
	const char *facts;
	const char *message;
} unusable[] = {
	{NUMBER("1"), "", "facts: the document is not usable JSON"},
	{NUMBER("1"), "7", "facts must be an object or an array of objects, not 7"},
	{NUMBER("1"), "null", "facts must be an object or an array of objects, not null"},
	{NUMBER("1"), "[7]", "facts[0] must be an object, not 7"},
	{NUMBER("1"), "{\"mau\": \"5\"}", "facts.mau must be a number, not \"5\""},
	{NUMBER("1"), "{\"mau\": 1e999}", "facts.mau must be a number, not "},
	{NUMBER("1"), "{\"mau\": NaN}", "facts.mau must be a number, not NaN"},
	{D3("<", "1"), "[{\"mau\": 0}, {\"mau\": []}]", "facts[1].mau must be a number, not []"},
	{LEAF("plan", "=", "\"a\""), "{\"plan\": 1}", "facts.plan must be a text, not 1"},
	{REPLIED("=", "true"), "{\"replied_since_start\": 1}",
	 "facts.replied_since_start must be true or false, not 1"},
	{SIGNAL("contains"), "{\"open_signals\": \"a\"}",
	 "facts.open_signals must be an array of at most 100 texts, not \"a\""},
	{SIGNAL("contains"), "{\"open_signals\": [\"a\", null]}",
	 "facts.open_signals must be an array of at most 100 texts, not [\"a\",null]"},
};

static void
test_matches(void)
{
	CshError error;

	for (int i = 0; i < LENGTH(matches); i++)
		ok(truth_of(matches[i].document, matches[i].facts, &error) == matches[i].truth, "%s of %s",
		   matches[i].document, matches[i].facts);
	for (int i = 0; i < LENGTH(unusable); i++)
		ok(truth_of(unusable[i].document, unusable[i].facts, &error) == 9 &&
			   strncmp(error.message, unusable[i].message, strlen(unusable[i].message)) == 0,
		   "%s", error.message);
}

static const struct
{
	const char *document;
	int low;
	int high;
} today[] = {
	{LEAF("mau", "=", "7"), 1, 1},
	{LEAF("mau", "<>", "7"), -1, -1},
	{LEAF("nps", "=", "7"), 0, 0},
	{LEAF("users_ever", "=", "7"), 0, 0}, /* beyond the vector's end */
	{LEAF("own.mine", "=", "7"), 0, 0},
	{MORE("own.mine", "=", "7", "\"position\": 4"), 1, 1},
	{MORE("own.mine", "=", "7", "\"position\": 5"), 0, 0},
	{LEAF("overall_score", "=", "50"), 1, 1},
	{LEAF("growth_score", "<", "100"), 0, 0},
	{LEAF("growth_score", "known", "false"), 1, 1},
	{LEAF("category", "=", "\"at_risk\""), 1, 1},
	{LEAF("category", "in", "[\"healthy\", \"critical\"]"), -1, -1},
	{LEAF("plan", "known", "false"), 1, 1},
	{LEAF("open_signals", "contains", "\"usage_limit\""), 1, 1},
	{LEAF("open_signals", "contains", "\"user_growth\""), -1, -1},
	{D3("=", "7"), -1, 1},
	{D3("<>", "7"), -1, -1},
	{MORE("nps", "=", "7", "\"for_days\": 3"), -1, 0},
	{"{\"not\": " D3("=", "7") "}", -1, 1},
	{"{\"not\": " MORE("nps", "=", "7", "\"for_days\": 3") "}", 0, 1},
	{"{\"all\": [" D3("=", "7") ", " NUMBER("0") "]}", -1, -1},
	{"{\"any\": [" D3("=", "7") ", " NUMBER("9") "]}", 1, 1},
	{"{\"any\": [" D3("=", "7") ", " LEAF("nps", "<", "9") "]}", 0, 1},
};

static void
test_today(void)
{
	static const double value[] = {0, 0, 7, 7};
	static const bool observed[] = {false, false, true, true};
	static const FactText signal[] = {{"usage_limit and more", 11}};
	DayFacts facts = {.measures = {4, value, observed}, .signals = 1, .signal = signal};
	CshError error;

	facts.number[NUMBER_OVERALL] = 50;
	facts.number_known[NUMBER_OVERALL] = true;
	facts.word[WORD_CATEGORY] = (FactText){"at_risk", 7};
	for (int i = 0; i < LENGTH(today); i++)
	{
		Condition condition;
		Verdict found;

		csh_condition_parse_text(today[i].document, CONDITION_COMPILED, &condition, &error);
		found = csh_condition_today(&condition, &facts);
		ok((int) found.low == today[i].low && (int) found.high == today[i].high, "%s: %d to %d",
		   today[i].document, found.low, found.high);
		csh_condition_free(&condition);
	}
}

static void
is_reason(const char *document, const char *facts, const char *expected)
{
	Condition condition;
	CshError error = {"", ""};
	char *found;

	csh_condition_parse_text(document, CONDITION_STEP, &condition, &error);
	found = csh_condition_reasons(&condition, facts, &error);
	ok(strcmp(found != NULL ? found : error.message, expected) == 0, "reasons: %s", expected);
	if (found == NULL || strcmp(found, expected) != 0)
		printf("# found: %s\n", found != NULL ? found : error.message);
	free(found);
	csh_condition_free(&condition);
}

static void
test_reasons(void)
{
	is_reason(NUMBER("9"), "{\"mau\": 5}",
			  "[{\"fact\":\"mau\",\"op\":\"<\",\"value\":9,\"actual\":5,\"for_days\":1}]");
	is_reason(NUMBER("1"), "{\"mau\": 5}", "[]");
	is_reason(NUMBER("1"), "{}", "[]");
	is_reason(
		LEAF("nps", "known", "false"), "{}",
		"[{\"fact\":\"nps\",\"op\":\"known\",\"value\":false,\"actual\":null,\"for_days\":1}]");
	is_reason(
		"{\"not\": " LEAF("nps", "known", "true") "}", "{}",
		"[{\"fact\":\"nps\",\"op\":\"known\",\"value\":false,\"actual\":null,\"for_days\":1}]");
	is_reason("{\"any\": [" LEAF("plan", "in", "[\"a\"]") ", {\"not\": {\"not\": " NUMBER(
				  "9") "}}, {\"not\": " LEAF("mau", ">", "8") "}]}",
			  "{\"plan\": \"b\", \"mau\": 5}",
			  "[{\"fact\":\"mau\",\"op\":\"<\",\"value\":9,\"actual\":5,\"for_days\":1},"
			  "{\"fact\":\"mau\",\"op\":\"<=\",\"value\":8,\"actual\":5,\"for_days\":1}]");
	is_reason(D3("<", "5"), "[{\"mau\": 1}, {\"mau\": 2}, {\"mau\": 3}]",
			  "[{\"fact\":\"mau\",\"op\":\"<\",\"value\":5,\"actual\":1,\"for_days\":3}]");
	is_reason(D3("<", "5"), "[{\"mau\": 1}, {\"mau\": 2}]", "[]");
	is_reason("{\"not\": " D3("<", "5") "}", "[{\"mau\": 9}, {\"mau\": 2}]",
			  "[{\"fact\":\"mau\",\"op\":\">=\",\"value\":5,\"actual\":9,\"for_days\":1}]");
	is_reason(NUMBER("1"), "{\"mau\": true}", "facts.mau must be a number, not true");
}

int
main(void)
{
	test_documents();
	test_bounds();
	test_lists();
	test_three_values();
	test_matches();
	test_today();
	test_reasons();
	return tap_done();
}
