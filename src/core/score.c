/*
 * score.c
 *		From a vector of measures to component scores, the overall score and the breakdown that explains it.
 */
#include "score.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const csh_component_names[COMPONENTS] = {"engagement", "adoption", "satisfaction",
													 "support", "growth"};

/*
 * Clamps to 0-100 and rounds halves up. Vectors hold four-byte floats, whose error is below 1e-5 at this scale, so
 * a value that close below a half counts as the half that it stands for.
 */
int
csh_round_score(double x)
{
	if (!(x > 0))
		return 0;
	if (x >= 100)
		return 100;
	return (int) (x + 0.5 + 1e-5);
}

/* The category of an overall score, by the ranges of the specification */
const char *
csh_category(int score)
{
	if (score >= 80)
		return "healthy";
	if (score >= 60)
		return "neutral";
	return score >= 40 ? "at_risk" : "critical";
}

/*
 * overall = round(sum(weight * score) / sum(weight)) over the observed components, halves up, in whole
 * numbers so that no binary fraction can tip a half. -1 when nothing was observed.
 */
int
csh_overall(const int score[COMPONENTS], const bool observed[COMPONENTS],
			const int weight[COMPONENTS])
{
	int sum = 0;
	int weights = 0;

	for (int c = 0; c < COMPONENTS; c++)
	{
		if (!observed[c])
			continue;
		sum += weight[c] * score[c];
		weights += weight[c];
	}
	return weights == 0 ? -1 : (2 * sum + weights) / (2 * weights);
}

/* Adds a point to the right of a curve's others */
void
csh_curve_add(Curve *curve, double x, double y)
{
	int i = curve->points++;

	curve->point[i].x = x;
	curve->point[i].y = y;
	if (i > 0)
		curve->point[i].slope = (y - curve->point[i - 1].y) / (x - curve->point[i - 1].x);
}

/* The value of a piecewise-linear curve at x; flat before its first and after its last point */
double
csh_curve(const Curve *curve, double x)
{
	int i = 1;

	if (x <= curve->point[0].x || curve->points == 1)
		return curve->point[0].y;
	while (i < curve->points && x > curve->point[i].x)
		i++;
	if (i == curve->points)
		return curve->point[i - 1].y;
	return curve->point[i - 1].y + curve->point[i].slope * (x - curve->point[i - 1].x);
}

static inline bool
is_observed(const Vector *vector, const ScoreInput *input)
{
	return input->index < vector->length && vector->observed[input->index];
}

static inline bool
is_guarded(const ScoreItem *item, const Vector *vector)
{
	return item->has_guard && is_observed(vector, &item->guard) &&
		   (float) vector->value[item->guard.index] <
			   (float) item->guard_minimum; /* as it is stored */
}

/* What counts of an item: its guard comes first, then itself, then the measure that stands in for it; NULL = nothing */
static inline const ScoreInput *
used_input(const ScoreItem *item, const Vector *vector)
{
	if (is_guarded(item, vector))
		return NULL;
	if (is_observed(vector, &item->input))
		return &item->input;
	if (item->has_fallback && is_observed(vector, &item->fallback))
		return &item->fallback;
	return NULL;
}

/* All about what one measure came to, for explanations */
ItemScore
csh_score_item(const ScoreItem *item, const Vector *vector)
{
	const ScoreInput *used = used_input(item, vector);
	ItemScore result = {.observed = used != NULL, .guarded = is_guarded(item, vector)};

	if (used == NULL)
		return result;
	result.by_fallback = used == &item->fallback;
	result.value = vector->value[used->index];
	result.score = used->curve.points > 0 ? csh_curve(&used->curve, result.value) : 0;
	return result;
}

/* The weighted mean of the observed measures of a component; false when none counts */
static bool
score_component(const Scorecard *card, int c, const Vector *vector, double *score)
{
	double sum = 0;
	double weights = 0;

	for (int i = 0; i < card->counting[c]; i++)
	{
		const ScoreItem *item = &card->item[c][card->counted[c][i]];
		const ScoreInput *used = used_input(item, vector);

		if (used == NULL)
			continue;
		sum += item->weight * csh_curve(&used->curve, vector->value[used->index]);
		weights += item->weight;
	}
	*score = weights > 0 ? sum / weights : NEUTRAL_SCORE;
	return weights > 0;
}

/* Scores a vector: components, overall and the share of the weight that was observed */
void
csh_score(const Scorecard *card, const Vector *vector, Health *health)
{
	bool counted[COMPONENTS];
	int weights = 0;
	int observed = 0;

	for (int c = 0; c < COMPONENTS; c++)
	{
		double score;

		health->observed[c] = score_component(card, c, vector, &score);
		health->component[c] = csh_round_score(score);
		counted[c] = health->observed[c] || card->missing_is_neutral;
		weights += card->weight[c];
		observed += health->observed[c] ? card->weight[c] : 0;
	}
	health->coverage = (double) observed / weights;
	health->overall = csh_overall(health->component, counted, card->weight);
	if (health->overall < 0)
		health->overall = NEUTRAL_SCORE;
}

/* The observed component that costs most points, weight x (100 - score); of equals the first by name, -1 = none */
int
csh_costliest(const Scorecard *card, const Health *health)
{
	static const Component by_name[COMPONENTS] = {ADOPTION, ENGAGEMENT, GROWTH, SATISFACTION,
												  SUPPORT};
	int costliest = -1;
	int most = 0;

	for (int i = 0; i < COMPONENTS; i++)
	{
		int c = by_name[i];
		int lost = health->observed[c] ? card->weight[c] * (100 - health->component[c]) : 0;

		if (lost > most)
		{
			costliest = c;
			most = lost;
		}
	}
	return costliest;
}

/*
 * Between which overall scores the truth lies: every component that was not observed scores 0 at worst and 100 at best,
 * and with it known its weight would not be shared among the others.
 */
void
csh_interval(const Scorecard *card, const Vector *vector, int *low, int *high)
{
	Health health;
	bool known[COMPONENTS];
	int worst[COMPONENTS];
	int best[COMPONENTS];

	csh_score(card, vector, &health);
	for (int c = 0; c < COMPONENTS; c++)
	{
		known[c] = true;
		worst[c] = health.observed[c] ? health.component[c] : 0;
		best[c] = health.observed[c] ? health.component[c] : 100;
	}
	*low = csh_overall(worst, known, card->weight);
	*high = csh_overall(best, known, card->weight);
}

/* A JSON number with the fewest digits that still read back as the same four-byte float */
static json_object *
json_measure(double value)
{
	char text[32];

	for (int digits = 6; digits <= 9; digits++)
	{
		snprintf(text, sizeof(text), "%.*g", digits, value);
		if (strtof(text, NULL) == (float) value)
			break;
	}
	return json_object_new_double_s(value, text);
}

/* A JSON number rounded to four decimals, without trailing zeros */
static json_object *
json_rounded(double value)
{
	char text[32];
	char *end;

	snprintf(text, sizeof(text), "%.4f", value);
	end = text + strlen(text) - 1;
	while (*end == '0')
		*end-- = '\0';
	if (*end == '.')
		*end = '\0';
	return json_object_new_double_s(value, strcmp(text, "-0") == 0 ? "0" : text);
}

/* One measure in the breakdown: what was seen, over which window, with which weight, and what it scored */
static json_object *
breakdown_item(const ScoreItem *item, const Vector *vector)
{
	const ScoreInput *used = used_input(item, vector);
	const ScoreInput *shown = used != NULL ? used : &item->input;
	json_object *out = json_object_new_object();

	json_object_object_add(out, "measure", json_object_new_string(shown->code));
	json_object_object_add(out, "value",
						   used != NULL ? json_measure(vector->value[used->index]) : NULL);
	json_object_object_add(out, "observed", json_object_new_boolean(used != NULL));
	json_object_object_add(out, "unit", json_object_new_string(shown->unit));
	json_object_object_add(out, "window_days", json_object_new_int(shown->window));
	json_object_object_add(out, "weight", json_rounded(item->weight));
	if (used != NULL && item->weight > 0)
		json_object_object_add(out, "score",
							   json_rounded(csh_curve(&used->curve, vector->value[used->index])));
	if (used == &item->fallback)
		json_object_object_add(out, "stands_in_for", json_object_new_string(item->input.code));
	if (item->has_guard)
	{
		json_object *guard = json_object_new_object();

		json_object_object_add(guard, "measure", json_object_new_string(item->guard.code));
		json_object_object_add(guard, "at_least", json_rounded(item->guard_minimum));
		json_object_object_add(out, "only_if", guard);
	}
	return out;
}

/*
 * The whole reasoning behind a score as JSON. "points" of the components add up to the overall score before it
 * is rounded. The caller frees the text.
 */
char *
csh_breakdown(const Scorecard *card, const Vector *vector)
{
	json_object *out = json_object_new_object();
	json_object *components = json_object_new_object();
	Health health;
	char *text;
	int weights = 0;

	csh_score(card, vector, &health);
	for (int c = 0; c < COMPONENTS; c++)
		weights += health.observed[c] || card->missing_is_neutral ? card->weight[c] : 0;
	for (int c = 0; c < COMPONENTS; c++)
	{
		json_object *component = json_object_new_object();
		json_object *measures = json_object_new_array();
		double share = weights > 0 && (health.observed[c] || card->missing_is_neutral)
						   ? (double) card->weight[c] / weights
						   : 0;

		for (int i = 0; i < card->items[c]; i++)
			json_object_array_add(measures, breakdown_item(&card->item[c][i], vector));
		json_object_object_add(component, "score", json_object_new_int(health.component[c]));
		json_object_object_add(component, "observed", json_object_new_boolean(health.observed[c]));
		json_object_object_add(component, "weight", json_object_new_int(card->weight[c]));
		json_object_object_add(component, "share", json_rounded(share));
		json_object_object_add(component, "points", json_rounded(share * health.component[c]));
		json_object_object_add(component, "measures", measures);
		json_object_object_add(components, csh_component_names[c], component);
	}
	json_object_object_add(out, "scorecard", json_object_new_string(card->code));
	json_object_object_add(out, "overall_score", json_object_new_int(health.overall));
	json_object_object_add(out, "category", json_object_new_string(csh_category(health.overall)));
	json_object_object_add(out, "coverage", json_rounded(health.coverage));
	json_object_object_add(out, "components", components);
	text = json_object_to_json_string_ext(out, JSON_C_TO_STRING_PLAIN) != NULL
			   ? strdup(json_object_to_json_string_ext(out, JSON_C_TO_STRING_PLAIN))
			   : NULL;
	json_object_put(out);
	return text;
}
