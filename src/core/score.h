/*
 * score.h
 *		Scorecards and scores: from a vector of measures to the 0-100 numbers and their explanation.
 */
#ifndef CSH_SCORE_H
#define CSH_SCORE_H

#include "error.h"
#include "measures.h"

#define SCORECARD_FORMAT 1
#define SCORECARD_MAX_BYTES (256 * 1024)
#define SCORECARD_MAX_DEPTH 32
#define SCORECARD_MAX_ITEMS 32 /* measures in one component */
#define CURVE_MAX_POINTS 16
#define NEUTRAL_SCORE 50

typedef enum Component
{
	ENGAGEMENT,
	ADOPTION,
	SATISFACTION,
	SUPPORT,
	GROWTH,
	COMPONENTS
} Component;

extern const char *const csh_component_names[COMPONENTS];

/* Points of a piecewise-linear curve from a measure to 0-100; flat beyond its ends */
typedef struct Curve
{
	int points; /* 0 = the measure is shown only */
	struct
	{
		double x;
		double y;
		double slope; /* from the point before */
	} point[CURVE_MAX_POINTS];
} Curve;

typedef struct ScoreInput
{
	int index; /* zero-based place in the vector */
	Curve curve;
	int window;
	char code[MEASURE_CODE_MAX + 1];
	char unit[32];
} ScoreInput;

typedef struct ScoreItem
{
	ScoreInput input;
	double weight;
	bool has_guard; /* counted only while another measure has at least this value */
	ScoreInput guard;
	double guard_minimum;
	bool has_fallback; /* stands in when the measure is not observed */
	ScoreInput fallback;
} ScoreItem;

typedef struct Scorecard
{
	char code[MEASURE_CODE_MAX + 1];
	bool missing_is_neutral; /* else its weight is shared among the others */
	int weight[COMPONENTS];
	int items[COMPONENTS];
	ScoreItem item[COMPONENTS][SCORECARD_MAX_ITEMS];
	int counting[COMPONENTS]; /* how many of the items have a weight, and which */
	int counted[COMPONENTS][SCORECARD_MAX_ITEMS];
} Scorecard;

typedef struct Vector
{
	int length;
	const double *value;
	const bool *observed;
} Vector;

/* What one measure of a component came to */
typedef struct ItemScore
{
	bool observed;
	bool guarded;     /* kept out by its guard */
	bool by_fallback; /* another measure stands in */
	double value;
	double score;
} ItemScore;

typedef struct Health
{
	int overall;
	int component[COMPONENTS];
	bool observed[COMPONENTS];
	double coverage; /* share of the weight that was observed, 0 to 1 */
} Health;

extern int csh_round_score(double x);
extern const char *csh_category(int score);
extern int csh_overall(const int score[COMPONENTS], const bool observed[COMPONENTS],
					   const int weight[COMPONENTS]);
extern void csh_curve_add(Curve *curve, double x, double y);
extern double csh_curve(const Curve *curve, double x);

extern bool csh_scorecard_parse(const char *text, size_t length, Scorecard *card, CshError *error);
extern ItemScore csh_score_item(const ScoreItem *item, const Vector *vector);
extern void csh_score(const Scorecard *card, const Vector *vector, Health *health);
extern int csh_costliest(const Scorecard *card, const Health *health);
extern void csh_interval(const Scorecard *card, const Vector *vector, int *low, int *high);
extern char *csh_breakdown(const Scorecard *card, const Vector *vector);

#endif
