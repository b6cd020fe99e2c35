/*
 * score.c
 *		Rounding, categories, curves, the overall score, and whole scorecards.
 */
#include "score.h"

#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define LENGTH(a) ((int) (sizeof(a) / sizeof((a)[0])))

static void
rounding(void)
{
	static const struct
	{
		double x;
		int score;
	} cases[] = {
		{-INFINITY, 0}, {-1, 0},
		{-0.0, 0},      {0, 0},
		{0.4, 0},       {0.5, 1},
		{0.6, 1},       {38.5, 39},
		{39.4, 39},     {39.5, 40},
		{59.4, 59},     {59.5, 60},
		{79.4, 79},     {79.5, 80},
		{99.4, 99},     {99.5, 100},
		{100, 100},     {100.4, 100},
		{1e308, 100},   {INFINITY, 100},
		{NAN, 0},       {5e-324, 0},
		{50.49, 50},    {50.51, 51},
		{12.5, 13},     {(float) 0.395 * 100, 40}, /* what a stored vector makes of 39.5 */
	};

	for (int i = 0; i < LENGTH(cases); i++)
		ok(csh_round_score(cases[i].x) == cases[i].score, "round %g", cases[i].x);
}

static void
categories(void)
{
	int wrong = 0;

	for (int score = 0; score <= 100; score++)
	{
		const char *expected = score >= 80   ? "healthy"
							   : score >= 60 ? "neutral"
							   : score >= 40 ? "at_risk"
											 : "critical";

		wrong += strcmp(csh_category(score), expected) != 0;
	}
	ok(wrong == 0, "the category of every score");
	ok(strcmp(csh_category(39), "critical") == 0 && strcmp(csh_category(40), "at_risk") == 0,
	   "39 and 40");
	ok(strcmp(csh_category(59), "at_risk") == 0 && strcmp(csh_category(60), "neutral") == 0,
	   "59 and 60");
	ok(strcmp(csh_category(79), "neutral") == 0 && strcmp(csh_category(80), "healthy") == 0,
	   "79 and 80");
}

static void
curves(void)
{
	Curve line = {0};
	Curve bent = {0};
	Curve flat = {0};
	const struct
	{
		const Curve *curve;
		double x;
		double y;
	} cases[] = {
		{&line, -1, 0},     {&line, 0, 0},      {&line, 2.5, 25},  {&line, 10, 100},
		{&line, 11, 100},   {&line, 1e30, 100}, {&bent, -11, 100}, {&bent, -10, 100},
		{&bent, -5, 60},    {&bent, 0, 20},     {&bent, 4, 20},    {&bent, 5, 20},
		{&bent, 502.5, 10}, {&bent, 1000, 0},   {&bent, 2000, 0},  {&flat, 2, 42},
		{&flat, 3, 42},     {&flat, 4, 42},
	};

	csh_curve_add(&line, 0, 0);
	csh_curve_add(&line, 10, 100);
	csh_curve_add(&bent, -10, 100);
	csh_curve_add(&bent, 0, 20);
	csh_curve_add(&bent, 5, 20);
	csh_curve_add(&bent, 1000, 0);
	csh_curve_add(&flat, 3, 42);
	for (int i = 0; i < LENGTH(cases); i++)
		ok(csh_curve(cases[i].curve, cases[i].x) == cases[i].y, "curve of %d points at %g",
		   cases[i].curve->points, cases[i].x);
}

/* Whether `got` is sum / weights rounded to the nearest, halves up, decided without any division */
static bool
is_rounded_mean(const int score[COMPONENTS], const bool observed[COMPONENTS],
				const int weight[COMPONENTS], int got)
{
	long sum = 0;
	long weights = 0;

	for (int c = 0; c < COMPONENTS; c++)
		if (observed[c])
		{
			sum += (long) weight[c] * score[c];
			weights += weight[c];
		}
	if (weights == 0)
		return got == -1;
	return (2 * (long) got - 1) * weights <= 2 * sum && 2 * sum < (2 * (long) got + 1) * weights;
}

static void
overall(void)
{
	static const int weight[COMPONENTS] = {30, 25, 20, 15, 10};
	static const int some[] = {0, 1, 2, 19, 33, 39, 40, 50, 59, 60, 67, 79, 80, 98, 99, 100};
	int score[COMPONENTS] = {0};
	bool observed[COMPONENTS];
	long wrong = 0;
	long tried = 0;

	for (int mask = 0; mask < 32; mask++)
	{
		for (int c = 0; c < COMPONENTS; c++)
			observed[c] = mask >> c & 1;
		for (long i = 0; i < 16L * 16 * 16 * 16 * 16; i++)
		{
			for (int c = 0; c < COMPONENTS; c++)
				score[c] = some[i >> 4 * c & 15];
			wrong +=
				!is_rounded_mean(score, observed, weight, csh_overall(score, observed, weight));
			tried++;
		}
	}
	ok(wrong == 0, "overall: %ld of %ld combinations around the boundaries are wrong", wrong,
	   tried);
	wrong = 0;
	memset(observed, true, sizeof(observed));
	for (int a = 0; a < COMPONENTS; a++)
		for (int b = 0; b < a; b++)
			for (int i = 0; i <= 100; i++)
				for (int j = 0; j <= 100; j++)
				{
					for (int c = 0; c < COMPONENTS; c++)
						score[c] = 50;
					score[a] = i;
					score[b] = j;
					wrong += !is_rounded_mean(score, observed, weight,
											  csh_overall(score, observed, weight));
				}
	ok(wrong == 0, "overall: every pair of scores of two components beside 50s");
	wrong = 0;
	for (int i = 0; i < 1000000; i++)
	{
		int any[COMPONENTS];

		for (int c = 0; c < COMPONENTS; c++)
		{
			score[c] = (int) (tap_random() % 101);
			observed[c] = tap_random() % 4 != 0;
			any[c] = (int) (tap_random() % 3 == 0 ? tap_random() % 4 : tap_random() % 1001);
		}
		wrong += !is_rounded_mean(score, observed, any, csh_overall(score, observed, any));
	}
	ok(wrong == 0, "overall: a million random scores and weights");
}

#define PLAIN(measure)                                                                             \
	"{\"weight\": 20, \"measures\": [{\"measure\": \"" measure                                     \
	"\", \"weight\": 1, \"curve\": [[0, 0], [100, 100]]}]}"
#define CARD(missing, engagement)                                                                  \
	"{\"format\": 1, \"code\": \"test\", \"missing\": \"" missing                                  \
	"\", \"components\": {\"engagement\": " engagement                                             \
	", \"adoption\": " PLAIN("dau") ", \"satisfaction\": " PLAIN("wau") ", \"support\": " PLAIN(   \
		"mau") ", \"growth\": " PLAIN("logins") "}}"

/* One component under test among four that score their measure as it is */
#define TESTED                                                                                     \
	"{\"weight\": 20, \"measures\": ["                                                             \
	"{\"measure\": \"nps\", \"weight\": 1, \"curve\": [[0, 0], [100, 100]], "                      \
	"\"only_if\": {\"measure\": \"tenure_days\", \"at_least\": 30}, "                              \
	"\"else\": {\"measure\": \"csat\", \"curve\": [[1, 10], [5, 90]]}}, "                          \
	"{\"measure\": \"review\", \"weight\": 3, \"curve\": [[1, 0], [5, 100]]}, "                    \
	"{\"measure\": \"minutes\", \"weight\": 0}]}"

static const double unseen = -1e9;

static void
scored(const char *name, const char *document, double nps, double csat, double review,
	   double tenure, double others, int overall, int engagement, double coverage)
{
	Scorecard card;
	CshError error;
	double value[MEASURE_COUNT];
	bool observed[MEASURE_COUNT];
	Vector vector = {MEASURE_COUNT, value, observed};
	Health health = {0};
	char *text;
	json_object *breakdown;
	json_object *components;
	double points = 0;

	if (!csh_scorecard_parse(document, strlen(document), &card, &error))
	{
		ok(false, "%s: %s", name, error.message);
		return;
	}
	for (int i = 0; i < MEASURE_COUNT; i++)
		value[i] = unseen;
	value[M_NPS] = nps;
	value[M_CSAT] = csat;
	value[M_REVIEW] = review;
	value[M_TENURE_DAYS] = tenure;
	value[M_DAU] = value[M_WAU] = value[M_MAU] = value[M_LOGINS] = others;
	for (int i = 0; i < MEASURE_COUNT; i++)
		observed[i] = value[i] != unseen;
	csh_score(&card, &vector, &health);
	ok(health.overall == overall && health.component[ENGAGEMENT] == engagement &&
		   fabs(health.coverage - coverage) < 1e-12,
	   "%s: overall %d, engagement %d, coverage %g", name, health.overall,
	   health.component[ENGAGEMENT], health.coverage);

	text = csh_breakdown(&card, &vector);
	breakdown = json_tokener_parse(text);
	components = json_object_object_get(breakdown, "components");
	for (int c = 0; c < COMPONENTS; c++)
		points += json_object_get_double(json_object_object_get(
			json_object_object_get(components, csh_component_names[c]), "points"));
	ok((health.coverage == 0 && !card.missing_is_neutral) || fabs(points - overall) <= 0.5 + 1e-3,
	   "%s: the points add up to %g", name, points);
	ok(json_object_get_int(json_object_object_get(breakdown, "overall_score")) == overall,
	   "%s: the breakdown has the same score", name);
	json_object_put(breakdown);
	free(text);
}

static void
scorecards(void)
{
	static const char shared[] = CARD("redistribute", TESTED);
	static const char neutral[] = CARD("neutral", TESTED);

	/* engagement is (1 x nps part + 3 x review part) / 4; the others are as given */
	scored("all observed", shared, 80, 3, 2, 90, 40, 40, 39,
		   1); /* (80 + 3 x 25) / 4 = 38.75; 198.75 / 5 */
	scored("the guard's bound", shared, 80, 3, 2, 30, 40, 40, 39, 1);
	scored("below the guard not even the fallback counts", shared, 80, 3, 2, 29, 40, 37, 25,
		   1); /* 185 / 5 */
	scored("an unobserved guard stops nothing", shared, 80, 3, 2, unseen, 40, 40, 39, 1);
	scored("the fallback stands in", shared, unseen, 5, 2, 90, 40, 40, 41,
		   1); /* (90 + 75) / 4 = 41.25 */
	scored("a measure without its fallback is left out", shared, unseen, unseen, 2, 90, 40, 37, 25,
		   1);
	scored("a component that is not observed", shared, unseen, unseen, unseen, 90, 40, 40, 50, 0.8);
	scored("the same under the neutral policy", neutral, unseen, unseen, unseen, 90, 40, 42, 50,
		   0.8);
	scored("one component alone", shared, 80, unseen, 2, 90, unseen, 39, 39, 0.2);
	scored("one alone under the neutral policy", neutral, 80, unseen, 2, 90, unseen, 48, 39,
		   0.2); /* 239 / 5 */
	scored("nothing observed", shared, unseen, unseen, unseen, unseen, unseen, 50, 50, 0);
	scored("nothing, neutrally", neutral, unseen, unseen, unseen, unseen, unseen, 50, 50, 0);
	scored("beyond the curves", shared, 1e9, 1e9, 1e9, 1e9, 1e9, 100, 100, 1);
	scored("below the curves", shared, -1e8, -1e8, -1e8, 1e9, -1e8, 0, 0, 1);
}

int
main(void)
{
	rounding();
	categories();
	curves();
	overall();
	scorecards();
	return tap_done();
}
