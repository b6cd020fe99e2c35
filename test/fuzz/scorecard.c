/*
 * scorecard.c
 *		Any text as a scorecard: refused with a message, or usable, and then every score lies in 0 to 100, and what changes
 *		between two vectors sums to the change, both ways.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "score.h"
#include "what_if.h"
#include "what_would_help.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Explains a change and the way back */
static void
explain(const Scorecard *card, const Vector *from, const Vector *to)
{
	static Part parts[EXPLAIN_MAX_PARTS];
	static Part back[EXPLAIN_MAX_PARTS];
	Health before;
	Health after;
	int n = csh_explain(card, from, card, to, parts);
	int sum = 0;

	assert(csh_explain(card, to, card, from, back) == n);
	for (int i = 0; i < n; i++)
	{
		assert(parts[i].hundredths != 0 && back[i].hundredths == -parts[i].hundredths);
		assert(parts[i].cause != CAUSE_ROUNDING || abs(parts[i].hundredths) <= 100);
		sum += parts[i].hundredths;
	}
	csh_score(card, from, &before);
	csh_score(card, to, &after);
	assert(sum == 100 * (after.overall - before.overall));
}

/* Tries out what is said to help */
static void
help(const Scorecard *card, const Vector *vector)
{
	static MoveCost costs[MEASURE_POSITIONS];
	static double value[MEASURE_POSITIONS];
	static bool observed[MEASURE_POSITIONS];
	static Help found[2];
	Vector after = {.value = value, .observed = observed};
	Health before;
	Health health;
	int n;

	for (int i = 0; i < MEASURE_POSITIONS; i++)
	{
		costs[i].step = 0.5;
		costs[i].effort = i < MEASURE_COUNT && csh_measures[i].effort == 0 ? 0 : 1 + i % 3;
	}
	csh_score(card, vector, &before);
	n = csh_what_would_help(card, vector, costs, 2, found);
	for (int o = 0; o < n; o++)
	{
		Change changes[HELP_MAX_CHANGES];

		for (int i = 0; i < found[o].changes; i++)
			changes[i] = (Change){found[o].change[i].index, found[o].change[i].to};
		after.length = csh_what_if(vector, changes, found[o].changes, value, observed);
		csh_score(card, &after, &health);
		assert(health.overall == found[o].overall);
		assert(strcmp(csh_category(health.overall), csh_category(before.overall)) != 0);
		assert(health.overall > before.overall);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static Scorecard card;
	static double value[3][MEASURE_COUNT];
	static bool observed[3][MEASURE_COUNT];
	Vector vector[3];
	CshError error = {"", ""};
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	if (!csh_scorecard_parse(text, strlen(text), &card, &error))
		assert(error.message[0] != '\0');
	else
		for (int round = 0; round < 3; round++)
		{
			Health health;
			char *breakdown;

			for (int i = 0; i < MEASURE_COUNT; i++)
			{
				observed[round][i] = (i + round) % 3 != 0;
				value[round][i] = (i * 37 + round * 11) % 100 - 20;
			}
			vector[round] = (Vector){MEASURE_COUNT, value[round], observed[round]};
			csh_score(&card, &vector[round], &health);
			assert(health.overall >= 0 && health.overall <= 100);
			for (int c = 0; c < COMPONENTS; c++)
				assert(health.component[c] >= 0 && health.component[c] <= 100);
			breakdown = csh_breakdown(&card, &vector[round]);
			assert(breakdown != NULL);
			free(breakdown);
			help(&card, &vector[round]);
			if (round > 0)
				explain(&card, &vector[round - 1], &vector[round]);
		}
	free(text);
	return 0;
}
