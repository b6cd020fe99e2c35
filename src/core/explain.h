/*
 * explain.h
 *		Why a score changed: the parts of the change from one vector and scorecard to another.
 */
#ifndef CSH_EXPLAIN_H
#define CSH_EXPLAIN_H

#include "score.h"

typedef enum Cause
{
	CAUSE_CONFIGURATION, /* another scorecard */
	CAUSE_MISSING_DATA,  /* something is observed no longer, or for the first time */
	CAUSE_MEASURE,
	CAUSE_ROUNDING
} Cause;

extern const char *const csh_cause_names[];

typedef struct Part
{
	Cause cause;
	int component;    /* the one it moved most; -1 = none */
	int index;        /* of the measure in the vector; -1 for the other causes */
	const char *code; /* of the measure, as a scorecard has it; null for the other causes */
	int hundredths;   /* of a point */
} Part;

/* Every weighted measure of both scorecards, and the three other causes */
#define EXPLAIN_MAX_PARTS (2 * COMPONENTS * SCORECARD_MAX_ITEMS + 3)

extern int csh_explain(const Scorecard *card_from, const Vector *from, const Scorecard *card_to,
					   const Vector *to, Part *parts);

#endif
