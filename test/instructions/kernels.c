/*
 * kernels.c
 *		The hot kernels on fixed data, one at a time, so that callgrind can count what each takes per tenant.
 *
 * Usage: kernels NAME ROUNDS. Callgrind collects inside run() alone; setting up does not count.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "churn_model.h"
#include "presence.h"
#include "score.h"
#include "trend.h"

#define USERS 20
#define FEATURES 12
#define DAYS 127
#define TODAY 9000
#define MODEL_FEATURES 15

typedef struct Data
{
	size_t seen_length;
	Observation seen[USERS * DAYS];
	Observation day[USERS];
	size_t day_length;
	uint8_t *whole; /* a tenant of 20 users over 127 days */
	size_t whole_length;
	uint8_t *recent; /* its last day alone */
	size_t recent_length;
	uint8_t *out;
	Scorecard card;
	double value[MEASURE_COUNT];
	bool observed[MEASURE_COUNT];
	uint8_t ring[TREND_DAYS];
	ChurnModel model;
	double sum;
} Data;

/* A number that looks random and is the same everywhere */
static uint64_t
mix(uint64_t x)
{
	x = (x ^ (x >> 31)) * UINT64_C(0x7fb5d329728ea185);
	x = (x ^ (x >> 27)) * UINT64_C(0x81dadef4bc2dd44d);
	return x ^ (x >> 33);
}

static const char document[] =
	"{\"format\":1,\"code\":\"kernels\",\"components\":{"
	"\"engagement\":{\"weight\":30,\"measures\":[{\"measure\":\"stickiness\",\"weight\":1,"
	"\"curve\":[[0,0],[1,100]],\"else\":{\"measure\":\"mau\",\"curve\":[[0,0]]}}]},"
	"\"adoption\":{\"weight\":25,\"measures\":[{\"measure\":\"adoption\",\"weight\":1,\"curve\":[["
	"0,0],[1,100]]}]},"
	"\"satisfaction\":{\"weight\":20,\"measures\":[{\"measure\":\"nps\",\"weight\":50,\"curve\":[[-"
	"100,0],[100,100]]}]},"
	"\"support\":{\"weight\":15,\"measures\":[{\"measure\":\"open_tickets\",\"weight\":1,\"curve\":"
	"[[0,100],[10,0]]}]},"
	"\"growth\":{\"weight\":10,\"measures\":[{\"measure\":\"mau_growth\",\"weight\":1,\"curve\":[["
	"0,0],[1,100]]}]}}}";

/* A churn model of 15 features, every other one of logarithms and every third with bounds */
static void
prepare_model(ChurnModel *model)
{
	static char text[8192];
	char *end = text + sprintf(text, "{\"format\":1,\"version\":\"kernels\",\"trained\":true,"
									 "\"lead_days\":30,\"horizon_days\":60,\"base_rate\":0.01,"
									 "\"intercept\":-4.5,\"features\":[");
	CshError error;

	for (int f = 0; f < MODEL_FEATURES; f++)
		end += sprintf(end,
					   "%s{\"measure\":\"%s\",\"position\":%d,\"transform\":\"%s\",%s"
					   "\"mean\":0.5,\"sd\":0.25,\"coefficient\":%d}",
					   f > 0 ? "," : "", csh_measures[f].code, f + 1, f % 2 == 0 ? "none" : "log",
					   f % 3 == 0 ? "\"low\":0.1,\"high\":1.5," : "", f % 5 - 2);
	strcpy(end, "],\"risk_bands\":{\"medium\":1,\"high\":3,\"critical\":8}}");
	if (!csh_model_parse(text, strlen(text), model, &error))
	{
		fprintf(stderr, "%s\n", error.message);
		exit(1);
	}
}

static void
prepare(Data *data)
{
	CshError error;

	for (int u = 0; u < USERS; u++)
		for (int d = 0; d < DAYS; d++)
		{
			uint64_t r = mix((uint64_t) (u * 1000 + d));
			Observation o = {.user = mix((uint64_t) u + 77),
							 .has_user = true,
							 .feature = mix(r % FEATURES + 99),
							 .has_feature = true,
							 .day = (uint16_t) (TODAY - d),
							 .count = {r % 3 == 0, r % 600, 1}};

			if (r % 5 >= 2)
				continue;
			if (d == 0)
				data->day[data->day_length++] = o;
			else
				data->seen[data->seen_length++] = o;
		}
	data->whole = malloc(csh_pack_build_bound(data->seen_length));
	data->whole_length = csh_pack_build(data->seen, data->seen_length, data->whole);
	data->recent = malloc(csh_pack_build_bound(USERS));
	data->recent_length = csh_pack_build(data->day, data->day_length, data->recent);
	data->out = malloc(csh_pack_build_bound(data->seen_length + USERS));
	if (!csh_scorecard_parse(document, strlen(document), &data->card, &error))
	{
		fprintf(stderr, "%s\n", error.message);
		exit(1);
	}
	for (int i = 0; i < MEASURE_COUNT; i++)
	{
		data->value[i] = (double) (mix((uint64_t) i) % 100) / 50;
		data->observed[i] = true;
	}
	for (int i = 0; i < TREND_DAYS; i++)
		data->ring[i] = (uint8_t) (50 + mix((uint64_t) i) % 20);
	prepare_model(&data->model);
}

/* What the nightly run does with a pack: checks it and reads all of its figures */
static void
stats(Data *data)
{
	Pack pack;
	PresenceStats figures;
	CshError error;

	csh_pack_open(data->whole, data->whole_length, &pack, &error);
	csh_pack_stats(&pack, TODAY, &figures, &error);
	data->sum += figures.user_days;
}

/* What folding a day does: builds the day's pack ... */
static void
build(Data *data)
{
	Observation day[USERS];

	memcpy(day, data->day, sizeof(day));
	data->sum += (double) csh_pack_build(day, data->day_length, data->out);
}

/* ... and merges it into the tenant's */
static void
merge(Data *data)
{
	Pack whole;
	Pack recent;
	CshError error;

	csh_pack_open(data->whole, data->whole_length, &whole, &error);
	csh_pack_open(data->recent, data->recent_length, &recent, &error);
	data->sum += (double) csh_pack_merge(&whole, &recent, data->out);
}

static void
score(Data *data)
{
	Vector vector = {MEASURE_COUNT, data->value, data->observed};
	Health health;

	csh_score(&data->card, &vector, &health);
	data->sum += health.overall;
}

static void
trend(Data *data)
{
	data->sum += csh_trend(data->ring, TREND_DAYS);
}

static void
predict(Data *data)
{
	Vector vector = {MEASURE_COUNT, data->value, data->observed};
	ModelValues values;

	csh_model_pick(&data->model, &vector, &values);
	data->sum += csh_model_probability(csh_model_log_odds(&data->model, &values));
}

static const struct
{
	const char *name;
	void (*kernel)(Data *);
} kernels[] = {{"stats", stats}, {"build", build}, {"merge", merge},
			   {"score", score}, {"trend", trend}, {"predict", predict}};

extern void run(void (*kernel)(Data *), Data *data, int rounds);

/* Where callgrind looks */
__attribute__((noinline)) void
run(void (*kernel)(Data *), Data *data, int rounds)
{
	for (int i = 0; i < rounds; i++)
		kernel(data);
}

int
main(int argc, char **argv)
{
	Data *data = calloc(1, sizeof(Data));

	prepare(data);
	for (size_t i = 0; argc == 3 && i < sizeof(kernels) / sizeof(kernels[0]); i++)
	{
		if (strcmp(argv[1], kernels[i].name) != 0)
			continue;
		run(kernels[i].kernel, data, atoi(argv[2]));
		printf("%g\n", data->sum);
		return 0;
	}
	fprintf(stderr, "usage: kernels stats|build|merge|score|trend|predict ROUNDS\n");
	return 2;
}
