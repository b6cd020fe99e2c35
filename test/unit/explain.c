/*
 * explain.c
 *		Why a score changed: parts worked out by hand, and against plain enumeration on random scorecards.
 */
#include "explain.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tap.h"

/* Vectors at both ends; what is not set is not observed */
typedef struct Ends
{
	double value[2][MEASURE_COUNT];
	bool observed[2][MEASURE_COUNT];
} Ends;

static Part parts[EXPLAIN_MAX_PARTS];
static int count;

static void
set(Ends *ends, int measure, double from, double to)
{
	ends->value[0][measure] = from;
	ends->value[1][measure] = to;
	ends->observed[0][measure] = !isnan(from);
	ends->observed[1][measure] = !isnan(to);
}

/* A scorecard of five components, those that are null with no weight */
static Scorecard *
scorecard(const char *const components[COMPONENTS], const char *head)
{
	Scorecard *card = malloc(sizeof(Scorecard));
	CshError error;
	char text[65536];
	size_t length = (size_t) snprintf(text, sizeof(text),
									  "{\"format\":1,\"code\":\"t\",%s\"components\":{", head);

	for (int c = 0; c < COMPONENTS; c++)
		length += (size_t) snprintf(
			text + length, sizeof(text) - length, "%s\"%s\":{%s}", c > 0 ? "," : "",
			csh_component_names[c],
			components[c] != NULL
				? components[c]
				: "\"weight\":0,\"measures\":[{\"measure\":\"arr\",\"weight\":0}]");
	length += (size_t) snprintf(text + length, sizeof(text) - length, "}}");
	if (!csh_scorecard_parse(text, length, card, &error))
	{
		printf("Bail out! %s\n", error.message);
		exit(1);
	}
	return card;
}

static int
overall(const Scorecard *card, const Vector *vector)
{
	Health health;

	csh_score(card, vector, &health);
	return health.overall;
}

/* Explains, and checks what must hold of any explanation */
static bool
explain(const Scorecard *from, const Scorecard *to, const Ends *ends)
{
	static Part back[EXPLAIN_MAX_PARTS];
	Vector vector[2];
	int sum = 0;
	int returned;
	bool good = true;

	for (int e = 0; e < 2; e++)
		vector[e] = (Vector){MEASURE_COUNT, ends->value[e], ends->observed[e]};
	count = csh_explain(from, &vector[0], to, &vector[1], parts);
	returned = csh_explain(to, &vector[1], from, &vector[0], back);
	good = returned == count;
	for (int i = 0; i < count; i++)
	{
		sum += parts[i].hundredths;
		good = good && parts[i].hundredths != 0;
		good = good && (parts[i].cause != CAUSE_ROUNDING ||
						(i == count - 1 && abs(parts[i].hundredths) <= 100));
		good = good && (i == 0 || parts[i].cause == CAUSE_ROUNDING ||
						abs(parts[i].hundredths) <= abs(parts[i - 1].hundredths));
		good = good && (parts[i].code != NULL) == (parts[i].cause == CAUSE_MEASURE);
		good = good && i < returned && back[i].cause == parts[i].cause &&
			   back[i].index == parts[i].index && back[i].hundredths == -parts[i].hundredths;
		if (parts[i].cause == CAUSE_MEASURE)
			good =
				good && (ends->observed[0][parts[i].index] != ends->observed[1][parts[i].index] ||
						 ends->value[0][parts[i].index] != ends->value[1][parts[i].index]);
	}
	return good && sum == 100 * (overall(to, &vector[1]) - overall(from, &vector[0]));
}

/* One part as text, such as "measure stickiness -600 engagement" */
static bool
part_is(int i, const char *expected)
{
	char text[160] = "nothing";

	if (i < count)
		snprintf(text, sizeof(text), "%s%s%s %d %s", csh_cause_names[parts[i].cause],
				 parts[i].code != NULL ? " " : "", parts[i].code != NULL ? parts[i].code : "",
				 parts[i].hundredths,
				 parts[i].component >= 0 ? csh_component_names[parts[i].component] : "-");
	if (strcmp(text, expected) == 0)
		return true;
	printf("# part %d is \"%s\"\n", i, text);
	return false;
}

#define STICKINESS(weight)                                                                         \
	"\"weight\":" #weight ",\"measures\":[{\"measure\":\"stickiness\",\"weight\":1,"               \
	"\"curve\":[[0,0],[1,100]]}]"
#define ADOPTION(weight)                                                                           \
	"\"weight\":" #weight ",\"measures\":[{\"measure\":\"adoption\",\"weight\":1,"                 \
	"\"curve\":[[0,0],[1,100]]}]"
#define ANSWERS(weight)                                                                            \
	"\"weight\":" #weight ",\"measures\":[{\"measure\":\"nps\",\"weight\":50,"                     \
	"\"curve\":[[-100,0],[100,100]]},{\"measure\":\"csat\",\"weight\":30,"                         \
	"\"curve\":[[1,0],[5,100]]}]"
#define TICKETS(weight)                                                                            \
	"\"weight\":" #weight ",\"measures\":[{\"measure\":\"open_tickets\",\"weight\":1,"             \
	"\"curve\":[[0,100],[10,0]]}]"
#define GROWTH(weight)                                                                             \
	"\"weight\":" #weight ",\"measures\":[{\"measure\":\"mau_growth\",\"weight\":1,"               \
	"\"curve\":[[0,0],[1,100]],\"only_if\":{\"measure\":\"tenure_days\",\"at_least\":30}}]"

/* One cause: stickiness 50 -> 30 counts 30 %, so (30 x 50 + 70 x 60) / 100 = 57 becomes 51 */
static void
one_measure(void)
{
	Scorecard *card = scorecard((const char *const[COMPONENTS]){STICKINESS(30), ADOPTION(70)}, "");
	Ends ends = {0};

	set(&ends, M_ADOPTION, 0.6, 0.6);
	set(&ends, M_MAU, 10, 20); /* counts nowhere */
	set(&ends, M_STICKINESS, 0.5, 0.3);
	ok(explain(card, card, &ends) && count == 1 && part_is(0, "measure stickiness -600 engagement"),
	   "one measure takes the whole change");

	/* 57 -> (30 x 48 + 70 x 60) / 100 = 56.4, which is 56: the only cause takes the rounding too */
	set(&ends, M_STICKINESS, 0.5, 0.48);
	ok(explain(card, card, &ends) && count == 1 && part_is(0, "measure stickiness -100 engagement"),
	   "and the rounding with it");

	/* 57 -> (30 x 51 + 70 x 60) / 100 = 57.3, which is 57 still */
	set(&ends, M_STICKINESS, 0.5, 0.51);
	ok(explain(card, card, &ends) && count == 0, "a score that stays has no cause");
	free(card);
}

/*
 * NPS 60 -> 40 (weight 50) and CSAT 75 -> 50 (weight 30) in a component that counts half:
 * neither 65.625 = 66, NPS 53.125 = 53, CSAT 56.25 = 56, both 43.75 = 44.
 * NPS: ((53 - 66) + (44 - 56)) / 2 = -12.5, CSAT: ((56 - 66) + (44 - 53)) / 2 = -9.5; half of them: -6.25, -4.75.
 */
static void
two_measures(void)
{
	Scorecard *card =
		scorecard((const char *const[COMPONENTS]){NULL, NULL, ANSWERS(50), TICKETS(50)}, "");
	Ends ends = {0};

	set(&ends, M_OPEN_TICKETS, 2, 2);
	set(&ends, M_NPS, 20, -20);
	set(&ends, M_CSAT, 4, 3);
	ok(explain(card, card, &ends) && count == 2 && part_is(0, "measure nps -625 satisfaction") &&
		   part_is(1, "measure csat -475 satisfaction"),
	   "two measures of one component");
	free(card);
}

/*
 * Satisfaction 90 (weight 20) is observed no longer; engagement 20 (30), adoption 60 (50).
 * Alone: (600 + 3000 + 1800) / 100 = 54 becomes 3600 / 80 = 45.
 * With stickiness 20 -> 60 besides: neither 54, stickiness 66, missing 45, both 4800 / 80 = 60.
 * Stickiness: ((66 - 54) + (60 - 45)) / 2 = 13.5, missing: ((45 - 54) + (60 - 66)) / 2 = -7.5.
 */
static void
missing_data(void)
{
	const char *const components[COMPONENTS] = {STICKINESS(30), ADOPTION(50), ANSWERS(20)};
	Scorecard *card = scorecard(components, "");
	Scorecard *neutral = scorecard(components, "\"missing\":\"neutral\",");
	Ends ends = {0};

	set(&ends, M_STICKINESS, 0.2, 0.2);
	set(&ends, M_ADOPTION, 0.6, 0.6);
	set(&ends, M_NPS, 80, NAN);
	set(&ends, M_CSAT, 4.6, NAN);
	ok(explain(card, card, &ends) && count == 1 && part_is(0, "missing_data -900 satisfaction"),
	   "two measures observed no longer are one cause");
	/* 54 becomes (600 + 3000 + 20 x 50) / 100 = 46 where missing ones count as 50 */
	ok(explain(neutral, neutral, &ends) && count == 1 &&
		   part_is(0, "missing_data -800 satisfaction"),
	   "which the neutral 50 replaces where the scorecard says so");
	set(&ends, M_STICKINESS, 0.2, 0.6);
	ok(explain(card, card, &ends) && count == 2 &&
		   part_is(0, "measure stickiness 1350 engagement") &&
		   part_is(1, "missing_data -750 satisfaction"),
	   "missing data and a measure");

	/* Adoption 60 -> 70 and all else gone: neither 54, adoption 5900 / 100 = 59, missing 60, both 70.
	 * Adoption: ((59 - 54) + (70 - 60)) / 2 = 7.5, missing: ((60 - 54) + (70 - 59)) / 2 = 8.5. */
	set(&ends, M_STICKINESS, 0.2, NAN);
	set(&ends, M_ADOPTION, 0.6, 0.7);
	ok(explain(card, card, &ends) && count == 2 && part_is(0, "missing_data 850 adoption") &&
		   part_is(1, "measure adoption 750 adoption"),
	   "missing data move most the component that takes over");

	/* Everything gone: 54 becomes the neutral 50 */
	set(&ends, M_ADOPTION, 0.6, NAN);
	ok(explain(card, card, &ends) && count == 1 && part_is(0, "missing_data -400 adoption"),
	   "nothing observed is 50");
	free(card);
	free(neutral);
}

/*
 * Weights 30 and 70 become 60 and 40 while stickiness goes 20 -> 60; adoption stays 50.
 * Neither (600 + 3500) / 100 = 41, stickiness 53, scorecard (1200 + 2000) / 100 = 32, both 56.
 * Scorecard: ((32 - 41) + (56 - 53)) / 2 = -3, stickiness: ((53 - 41) + (56 - 32)) / 2 = 18.
 */
static void
configuration(void)
{
	Scorecard *card = scorecard((const char *const[COMPONENTS]){STICKINESS(30), ADOPTION(70)}, "");
	Scorecard *other = scorecard((const char *const[COMPONENTS]){STICKINESS(60), ADOPTION(40)}, "");
	Ends ends = {0};

	set(&ends, M_ADOPTION, 0.5, 0.5);
	set(&ends, M_STICKINESS, 0.2, 0.6);
	ok(explain(card, other, &ends) && count == 2 &&
		   part_is(0, "measure stickiness 1800 engagement") &&
		   part_is(1, "configuration -300 adoption"),
	   "another scorecard and a measure");
	set(&ends, M_STICKINESS, 0.2, 0.2);
	ok(explain(card, other, &ends) && count == 1 && part_is(0, "configuration -900 adoption"),
	   "another scorecard alone");
	free(card);
	free(other);
}

/*
 * Support 90 alone, until the tenant is 30 days old and growth counts for half: (20 + 90) / 2 = 55.
 * That growth went 10 -> 20 meanwhile is no cause, since the 10 never counted.
 */
static void
guards_and_fallbacks(void)
{
	Scorecard *guarded =
		scorecard((const char *const[COMPONENTS]){NULL, NULL, NULL, TICKETS(50), GROWTH(50)}, "");
	Scorecard *instead = scorecard(
		(const char *const[COMPONENTS]){
			"\"weight\":50,\"measures\":[{\"measure\":\"stickiness\",\"weight\":1,\"curve\":[[0,0],"
			"[1,100]],"
			"\"else\":{\"measure\":\"mau\",\"curve\":[[0,0],[10,100]]}}]",
			ADOPTION(50)},
		"");
	Ends ends = {0};

	set(&ends, M_OPEN_TICKETS, 1, 1);
	set(&ends, M_TENURE_DAYS, 20, 40);
	set(&ends, M_MAU_GROWTH, 0.1, 0.2);
	ok(explain(guarded, guarded, &ends) && count == 1 &&
		   part_is(0, "measure tenure_days -3500 support"),
	   "what a guard lets in is the guard's");
	set(&ends, M_TENURE_DAYS, 30, 40);
	ok(explain(guarded, guarded, &ends) && count == 1 &&
		   part_is(0, "measure mau_growth 500 growth"),
	   "while it is open it has no part");
	set(&ends, M_TENURE_DAYS, 30, NAN);
	ok(explain(guarded, guarded, &ends) && count == 1 &&
		   part_is(0, "measure mau_growth 500 growth"),
	   "nor when it is not observed");

	/* Both components count half: (40 + 60) / 2 = 50 becomes (20 + 60) / 2 = 40 */
	memset(&ends, 0, sizeof(ends));
	set(&ends, M_ADOPTION, 0.6, 0.6);
	set(&ends, M_MAU, 4, 2);
	ok(explain(instead, instead, &ends) && count == 1 && part_is(0, "measure mau -1000 engagement"),
	   "a measure that stands in at both ends is the cause");
	/* (50 + 60) / 2 = 55 becomes 40 */
	set(&ends, M_STICKINESS, 0.5, NAN);
	ok(explain(instead, instead, &ends) && count == 1 &&
		   part_is(0, "measure stickiness -1500 engagement"),
	   "where it stands in at one end, the measure it stands in for is");
	free(guarded);
	free(instead);
}

/* A scorecard of random measures, each at most once and without guards, so that mixed vectors are possible states */
static Scorecard *
random_scorecard(int items)
{
	char text[COMPONENTS][8192];
	const char *components[COMPONENTS];
	int measure = 0;

	for (int c = 0; c < COMPONENTS; c++)
	{
		size_t length = (size_t) snprintf(text[c], sizeof(text[c]), "\"weight\":%d,\"measures\":[",
										  1 + (int) (tap_random() % 50));

		for (int i = 0; i < items; i++)
			length += (size_t) snprintf(
				text[c] + length, sizeof(text[c]) - length,
				"%s{\"measure\":\"%s\",\"weight\":%d,\"curve\":[[0,%d],[5,%d],[10,%d]]}",
				i > 0 ? "," : "", csh_measures[measure++ % MEASURE_COUNT].code,
				1 + (int) (tap_random() % 9), (int) (tap_random() % 101),
				(int) (tap_random() % 101), (int) (tap_random() % 101));
		snprintf(text[c] + length, sizeof(text[c]) - length, "]");
		components[c] = text[c];
	}
	return scorecard(components, "");
}

/* The score of a coalition before its last rounding, from a mixed vector */
static double
mixed(const Scorecard *card, const Ends *ends, unsigned coalition)
{
	double value[MEASURE_COUNT];
	Vector vector = {MEASURE_COUNT, value, ends->observed[0]};
	Health health;
	double sum = 0;
	int weights = 0;

	for (int i = 0; i < MEASURE_COUNT; i++)
		value[i] = ends->value[i < 10 ? coalition >> i & 1 : 0][i];
	csh_score(card, &vector, &health);
	for (int c = 0; c < COMPONENTS; c++)
	{
		sum += card->weight[c] * health.component[c];
		weights += card->weight[c];
	}
	return sum / weights;
}

/* Against the definition, over all coalitions of ten measures at once */
static void
plain_enumeration(void)
{
	static const double share[] = {1.0 / 10,   1.0 / 90,  1.0 / 360, 1.0 / 840, 1.0 / 1260,
								   1.0 / 1260, 1.0 / 840, 1.0 / 360, 1.0 / 90,  1.0 / 10};
	int wrong = 0;

	for (int round = 0; round < 60; round++)
	{
		Scorecard *card = random_scorecard(2);
		Ends ends = {0};
		double expected[10] = {0};

		for (int i = 0; i < 10; i++)
			set(&ends, i, (double) (tap_random() % 11), (double) (tap_random() % 11));
		for (unsigned coalition = 0; coalition < 1024; coalition++)
			for (int i = 0; i < 10; i++)
				if (!(coalition >> i & 1))
					expected[i] +=
						share[__builtin_popcount(coalition)] *
						(mixed(card, &ends, coalition | 1u << i) - mixed(card, &ends, coalition));
		wrong += !explain(card, card, &ends);
		for (int i = 0, listed = 0; i < 10 && count > 1; i++)
		{
			double found = 0;

			for (int j = 0; j < count; j++)
				if (parts[j].index == i)
					found = parts[j].hundredths / 100.0;
			/* the greatest part takes what rounding the others leaves over */
			listed = count > 0 && parts[0].index == i;
			wrong += fabs(found - expected[i]) > (listed ? 0.051 : 0.00501);
		}
		free(card);
	}
	ok(wrong == 0, "60 random scorecards agree with all coalitions of ten measures");
}

/* More causes in one component than can be enumerated */
static void
samples(void)
{
	int wrong = 0;
	int many = 0;

	for (int round = 0; round < 5; round++)
	{
		Scorecard *card = random_scorecard(20);
		Ends ends = {0};

		for (int i = 0; i < MEASURE_COUNT; i++)
			set(&ends, i, (double) (tap_random() % 11), (double) (tap_random() % 11));
		wrong += !explain(card, card, &ends);
		many += count > 16;
		free(card);
	}
	ok(wrong == 0 && many == 5, "estimates sum and turn round exactly, too");
}

int
main(void)
{
	one_measure();
	two_measures();
	missing_data();
	configuration();
	guards_and_fallbacks();
	plain_enumeration();
	samples();
	return tap_done();
}
