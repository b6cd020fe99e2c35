/*
 * scorecard.c
 *		Any text as a scorecard: refused with a message, or usable, and then every score lies in 0 to 100.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "score.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static Scorecard card;
	static double value[MEASURE_COUNT];
	static bool observed[MEASURE_COUNT];
	Vector vector = {.length = MEASURE_COUNT, .value = value, .observed = observed};
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
				observed[i] = (i + round) % 3 != 0;
				value[i] = (i * 37 + round * 11) % 100 - 20;
			}
			csh_score(&card, &vector, &health);
			assert(health.overall >= 0 && health.overall <= 100);
			for (int c = 0; c < COMPONENTS; c++)
				assert(health.component[c] >= 0 && health.component[c] <= 100);
			breakdown = csh_breakdown(&card, &vector);
			assert(breakdown != NULL);
			free(breakdown);
		}
	free(text);
	return 0;
}
