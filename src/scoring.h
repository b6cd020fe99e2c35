/*
 * scoring.h
 *		How functions of vectors and scorecards read their arguments.
 */
#ifndef CSH_SCORING_H
#define CSH_SCORING_H

#include "cs_health.h"

#include "score.h"

extern const Scorecard *csh_get_scorecard(FunctionCallInfo fcinfo, int arg);
extern Vector csh_get_vector(FunctionCallInfo fcinfo, int arg, const char *name, double *values,
							 bool *observed);
extern int csh_get_placed(FunctionCallInfo fcinfo, int positions_arg, int values_arg,
						  const char *name, int *index, double *values);

#endif
