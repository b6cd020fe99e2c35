/*
 * what_would_help.h
 *		The cheapest sets of changes that lift a score into the next category.
 */
#ifndef CSH_WHAT_WOULD_HELP_H
#define CSH_WHAT_WOULD_HELP_H

#include "score.h"

#define HELP_MAX_OPTIONS 20
#define HELP_MAX_CHANGES (COMPONENTS * SCORECARD_MAX_ITEMS)

/* What moving a measure takes, by its place in the vector; an effort of 0 = nobody can move it */
typedef struct MoveCost
{
	double step;
	double effort; /* of a step */
} MoveCost;

typedef struct HelpChange
{
	int index; /* of the measure in the vector */
	const char *code;
	double from;
	double to;
	int hundredths; /* points of the score that it brings */
} HelpChange;

typedef struct Help
{
	int overall; /* the score afterwards */
	double effort;
	int changes;
	HelpChange change[HELP_MAX_CHANGES];
} Help;

extern int csh_what_would_help(const Scorecard *card, const Vector *vector, const MoveCost *costs,
							   int options, Help *found);

#endif
