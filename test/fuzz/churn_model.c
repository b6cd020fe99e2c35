/*
 * churn_model.c
 *		Any text as a churn model: refused with a message, or usable, and then every prediction is a probability, explained
 *		to 1e-12.
 */
#include <assert.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "churn_model.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Values of the kind that a round is about: some not observed, ordinary ones, the largest that four bytes hold */
static void
fill(ModelValues *values, int features, int round)
{
	for (int f = 0; f < features; f++)
	{
		values->observed[f] = (f + round) % 3 != 0;
		values->value[f] = round == 2 ? (f % 2 == 0 ? FLT_MAX : -FLT_MAX) : (f * 37) % 100 - 20;
	}
}

static void
predict(const ChurnModel *model, const ModelValues *values)
{
	double log_odds = csh_model_log_odds(model, values);
	double probability = csh_model_probability(log_odds);
	double sum = model->intercept;
	double size = fabs(model->intercept);

	for (int f = 0; f < model->features; f++)
	{
		assert(isfinite(csh_model_baseline(&model->feature[f])));
		sum += csh_model_contribution(model, values, f);
		size += fabs(csh_model_contribution(model, values, f));
	}
	assert(isfinite(log_odds) && fabs(sum - log_odds) <= 1e-12 * size);
	assert(probability >= 0 && probability <= 1);
	assert(csh_model_risk(model, 0) == RISK_LOW);
	assert(csh_model_risk(model, probability) <= RISK_CRITICAL);
	if (model->covariance != NULL)
	{
		double half_width = csh_model_half_width(model, values);

		assert(isfinite(half_width) && half_width >= 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static ModelValues values;
	static double measure[MEASURE_POSITIONS];
	static bool observed[MEASURE_POSITIONS];
	Vector vector = {MEASURE_COUNT, measure, observed};
	ChurnModel model;
	CshError error = {"", ""};
	char *text = malloc(size + 1);

	memcpy(text, data, size);
	text[size] = '\0';
	if (!csh_model_parse(text, strlen(text), &model, &error))
		assert(error.message[0] != '\0' && model.feature == NULL && model.covariance == NULL);
	else
	{
		int unplaced = csh_model_pick(&model, &vector, &values);

		assert(unplaced < model.features && (unplaced < 0 || model.feature[unplaced].index < 0));
		for (int round = 0; round < 3; round++)
		{
			fill(&values, model.features, round);
			predict(&model, &values);
		}
		csh_model_free(&model);
	}
	free(text);
	return 0;
}
