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
			if (round > 0)
				explain(&card, &vector[round - 1], &vector[round]);
		}
	free(text);
	return 0;
}
