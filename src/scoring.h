/*
 * scoring.h
 *		What score.c lends to other functions of vectors and scorecards: how such arguments are read.
 */
#ifndef CSH_SCORING_H
#define CSH_SCORING_H

#include "cs_health.h"

#include "score.h"

extern const Scorecard *csh_get_scorecard(FunctionCallInfo fcinfo, int arg);
extern Vector csh_get_vector(FunctionCallInfo fcinfo, int arg, const char *name, double *values,
							 bool *observed);

#endif
