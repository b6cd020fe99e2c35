/*
 * condition.c
 *		Any text as a condition and, behind a line break, facts: refused with a message, or judged; "not" turns the judgement
 *		round, and days before that are like today do not overturn it.
 */
#include <assert.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "condition.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define EVERYTHING (CONDITION_STEP | CONDITION_COMPILED)

/* A vector with something at every position but each third, for compiled documents */
static void
judge_today(const Condition *condition)
{
	static const FactText signal[] = {{"usage_limit", 11}, {"user_growth", 11}};
	static double value[MEASURE_POSITIONS];
	static bool observed[MEASURE_POSITIONS];
	DayFacts facts = {.measures = {100, value, observed}, .signals = -1};
	Verdict nothing;
	Verdict something;

	nothing = csh_condition_today(condition, &facts);
	assert(nothing.low <= nothing.high);
	for (int i = 0; i < 100; i++)
	{
		value[i] = i * 7 % 20;
		observed[i] = i % 3 != 0;
	}
	for (int i = 0; i < FACT_NUMBERS; i++)
	{
		facts.number[i] = i * 13 % 100 / (i < NUMBER_COVERAGE ? 1.0 : 100.0);
		facts.number_known[i] = i % 4 != 0;
	}
	facts.word[WORD_CATEGORY] = (FactText){"at_risk", 7};
	facts.word[WORD_PLAN] = (FactText){"", 0};
	facts.signals = 2;
	facts.signal = signal;
	something = csh_condition_today(condition, &facts);
	assert(something.low <= something.high);
}

/* The text within others, which the caller frees */
static char *
wrapped(const char *before, const char *text, int times, const char *after)
{
	size_t length = strlen(text) + 1;
	char *out = malloc(strlen(before) + (size_t) times * length + strlen(after) + 1);

	strcpy(out, before);
	for (int i = 0; i < times; i++)
		sprintf(out + strlen(out), "%s%s", i > 0 ? "," : "", text);
	strcat(out, after);
	return out;
}

static void
judge_facts(const Condition *condition, const char *document, const char *facts)
{
	char *many = wrapped("[", facts, CONDITION_MAX_DAYS, "]");
	char *other = wrapped("{\"not\": ", document, 1, "}");
	CshError error = {"", ""};
	Condition opposite;
	Truth truth = TRUTH_UNKNOWN;
	Truth found = TRUTH_UNKNOWN;
	char *reasons;

	if (!csh_condition_matches(condition, facts, &truth, &error))
		assert(error.message[0] != '\0');
	else
	{
		assert(truth >= TRUTH_NO && truth <= TRUTH_YES);
		if (csh_condition_parse_text(other, EVERYTHING, &opposite, &error))
		{
			assert(csh_condition_matches(&opposite, facts, &found, &error) && found == -truth);
			csh_condition_free(&opposite);
		}
		if (facts[strspn(facts, " \t\r\n")] == '{' && truth != TRUTH_UNKNOWN)
			assert(csh_condition_matches(condition, many, &found, &error) && found == truth);
		reasons = csh_condition_reasons(condition, facts, &error);
		assert(reasons == NULL ? error.message[0] != '\0' : reasons[0] == '[');
		free(reasons);
	}
	free(many);
	free(other);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Condition condition;
	CshError error = {"", ""};
	char *text = malloc(size + 1);
	char *facts;

	memcpy(text, data, size);
	text[size] = '\0';
	facts = strchr(text, '\n');
	if (facts != NULL)
		*facts++ = '\0';
	if (!csh_condition_parse_text(text, EVERYTHING, &condition, &error))
		assert(error.message[0] != '\0' && condition.node == NULL && condition.leaf == NULL &&
			   condition.document == NULL);
	else
	{
		judge_today(&condition);
		judge_facts(&condition, text, facts != NULL ? facts : "{\"mau\": 5, \"plan\": \"a\"}");
		csh_condition_free(&condition);
	}
	free(text);
	return 0;
}
