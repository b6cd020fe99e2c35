/*
 * measures.h
 *		The built-in measures: one place for their codes, positions, units and windows.
 *
 * A measure's position in the vector is append-only: a stored vector never changes its meaning.
 */
#ifndef CSH_MEASURES_H
#define CSH_MEASURES_H

#include <stdbool.h>

#define MEASURE_CODE_MAX 63    /* bytes of a code, without the terminator */
#define MEASURE_POSITIONS 1000 /* positions a vector may have */

typedef struct Measure
{
	const char *code;
	const char *unit;     /* users, ratio, days, ... */
	int window;           /* days looked back on; 0 = as it stands on the day */
	int higher_is_better; /* 1 yes, 0 no, -1 neither */
	double step;          /* how much one step of improvement is; 0 = cannot be moved */
	double effort;        /* what a step costs; 0 = nobody can take one directly */
	bool watched;         /* whether the guard against data incidents watches its median */
	const char *description;
} Measure;

enum
{
	M_DAU,
	M_WAU,
	M_MAU,
	M_MAU_PREVIOUS,
	M_MAU_GROWTH,
	M_AVG_DAU,
	M_STICKINESS,
	M_ACTIVE_DAYS,
	M_EVENTS,
	M_EVENTS_PREVIOUS,
	M_LOGINS,
	M_MINUTES,
	M_FEATURES_USED,
	M_FEATURES_AVAILABLE,
	M_ADOPTION,
	M_NEW_USERS,
	M_LOST_USERS,
	M_DAYS_SINCE_ACTIVE,
	M_NPS,
	M_CSAT,
	M_REVIEW,
	M_OPEN_TICKETS,
	M_MEAN_RESOLUTION_HOURS,
	M_TICKETS_PER_USER,
	M_USAGE_RATIO,
	M_USAGE_GROWTH,
	M_TENURE_DAYS,
	M_DAYS_TO_RENEWAL,
	M_ARR,
	M_QAU,
	M_ACTIVE_DAYS_90,
	M_EVENTS_90,
	M_USERS_EVER,
	MEASURE_COUNT
};

/* These have sources of their own; all others follow from the activity pack */
#define FIRST_BESIDE_ACTIVITY M_NPS
#define LAST_BESIDE_ACTIVITY M_ARR

/* A measure that is part / whole, or (part - whole) / whole, of two others */
typedef struct Ratio
{
	int measure;
	int part;
	int whole;
	bool growth;
} Ratio;

extern const Measure csh_measures[MEASURE_COUNT];
extern int csh_measure_index(const char *code);
extern int csh_recorded_days_needed(int measure);
extern const Ratio *csh_ratio(int measure);
extern void csh_derive(int measure, double *value, bool *observed);

#endif
