/*
 * measures.c
 *		The catalogue of the built-in measures, in the order of their positions.
 */
#include "measures.h"

#include <string.h>

const Measure csh_measures[MEASURE_COUNT] = {
	[M_DAU] = {"dau", "users", 1, 1, 1, 2, false, "Users active on the day"},
	[M_WAU] = {"wau", "users", 7, 1, 1, 2, false, "Users active in the last 7 days"},
	[M_MAU] = {"mau", "users", 30, 1, 1, 2, true, "Users active in the last 30 days"},
	[M_MAU_PREVIOUS] = {"mau_previous", "users", 60, 1, 0, 0, false,
						"Users active in the 30 days before the last 30"},
	[M_MAU_GROWTH] = {"mau_growth", "ratio", 60, 1, 0.05, 0, false,
					  "(mau - mau_previous) / mau_previous; not observed when mau_previous is 0"},
	[M_AVG_DAU] = {"avg_dau", "users", 30, 1, 1, 2, true,
				   "Mean of the daily active users of the last 30 days"},
	[M_STICKINESS] = {"stickiness", "ratio", 30, 1, 0.05, 0, true,
					  "avg_dau / mau; not observed when mau is 0"},
	[M_ACTIVE_DAYS] = {"active_days", "days", 30, 1, 1, 2, true,
					   "Days of the last 30 with at least one active user"},
	[M_EVENTS] = {"events", "events", 30, 1, 10, 2, true,
				  "Events of the last 30 days (sum of quantity)"},
	[M_EVENTS_PREVIOUS] = {"events_previous", "events", 60, 1, 0, 0, false,
						   "Events of the 30 days before the last 30"},
	[M_LOGINS] = {"logins", "logins", 30, 1, 10, 2, true, "Logins of the last 30 days"},
	[M_MINUTES] = {"minutes", "minutes", 30, 1, 60, 2, true,
				   "Minutes spent in the product in the last 30 days"},
	[M_FEATURES_USED] = {"features_used", "features", 30, 1, 1, 1, true,
						 "Distinct features used in the last 30 days"},
	[M_FEATURES_AVAILABLE] = {"features_available", "features", 0, -1, 0, 0, true,
							  "Features that the tenant's plan and add-ons entitle to"},
	[M_ADOPTION] = {"adoption", "ratio", 30, 1, 0.05, 0, true,
					"features_used / features_available"},
	[M_NEW_USERS] = {"new_users", "users", 30, 1, 1, 2, false,
					 "Users active in the last 30 days and never before"},
	[M_LOST_USERS] = {"lost_users", "users", 60, 0, 1, 2, false,
					  "Users active in the 30 days before the last 30, and not since"},
	[M_DAYS_SINCE_ACTIVE] = {"days_since_active", "days", 0, 0, 1, 1, false,
							 "Days since any user was last active"},
	[M_NPS] = {"nps", "points", 180, 1, 10, 2, false,
			   "Net promoter score, -100 to 100, of each respondent's latest answer"},
	[M_CSAT] = {"csat", "points", 180, 1, 0.5, 2, true,
				"Mean satisfaction, 1 to 5, of each respondent's latest answer"},
	[M_REVIEW] = {"review", "points", 180, 1, 0.5, 3, true,
				  "Mean review, 1 to 5, of each respondent's latest answer"},
	[M_OPEN_TICKETS] = {"open_tickets", "tickets", 0, 0, 1, 1, false,
						"Support tickets open at the end of the day"},
	[M_MEAN_RESOLUTION_HOURS] =
		{"mean_resolution_hours", "hours", 90, 0, 4, 1, false,
		 "Mean hours from opening to resolution of the tickets resolved in the last 90 days"},
	[M_TICKETS_PER_USER] = {"tickets_per_user", "tickets", 30, 0, 0.05, 2, false,
							"Tickets opened in the last 30 days / mau"},
	[M_USAGE_RATIO] = {"usage_ratio", "ratio", 35, -1, 0, 0, false,
					   "Used / limit of the metered quantity that is nearest to its limit"},
	[M_USAGE_GROWTH] = {"usage_growth", "ratio", 30, 1, 0, 0, false,
						"Growth over 30 days of the metered quantity that is nearest to its limit"},
	[M_TENURE_DAYS] = {"tenure_days", "days", 0, -1, 0, 0, false, "Days since sign-up"},
	[M_DAYS_TO_RENEWAL] = {"days_to_renewal", "days", 0, -1, 0, 0, false,
						   "Days until the contract ends; negative when it has ended"},
	[M_ARR] = {"arr", "money", 0, -1, 0, 0, true,
			   "Annual recurring revenue: month-end MRR x 12, or the figure kept with the tenant"},
	[M_QAU] = {"qau", "users", 90, 1, 0, 0, false,
			   "Users active in the last 90 days; the quarter needs 90 days of events"},
	[M_ACTIVE_DAYS_90] = {"active_days_90", "days", 90, 1, 0, 0, false,
						  "Days of the last 90 with at least one active user"},
	[M_EVENTS_90] = {"events_90", "events", 90, 1, 0, 0, false,
					 "Events of the last 90 days (sum of quantity)"},
	[M_USERS_EVER] = {"users_ever", "users", 0, 1, 0, 0, false,
					  "Users ever seen; not observed in the first year of events"},
};

/* The zero-based place of a built-in measure in the vector, or -1 */
int
csh_measure_index(const char *code)
{
	for (int i = 0; i < MEASURE_COUNT; i++)
		if (strcmp(csh_measures[i].code, code) == 0)
			return i;
	return -1;
}

/*
 * How many days of events there must be before a measure means what it says: its window where that is a quarter, and a
 * year for the users ever seen, who are few at first because nobody was looking. Others are told from the first day on.
 */
int
csh_recorded_days_needed(int measure)
{
	if (measure == M_USERS_EVER)
		return 365;
	return csh_measures[measure].window >= 90 ? csh_measures[measure].window : 0;
}

/* What a measure is the ratio of; null for a measure that is none */
const Ratio *
csh_ratio(int measure)
{
	static const Ratio ratios[] = {{M_MAU_GROWTH, M_MAU, M_MAU_PREVIOUS, true},
								   {M_STICKINESS, M_AVG_DAU, M_MAU, false},
								   {M_ADOPTION, M_FEATURES_USED, M_FEATURES_AVAILABLE, false}};

	for (size_t i = 0; i < sizeof(ratios) / sizeof(ratios[0]); i++)
		if (ratios[i].measure == measure)
			return &ratios[i];
	return NULL;
}

/* Computes a ratio from what it is of; it is not observed where one of them is not, or the whole is 0 */
void
csh_derive(int measure, double *value, bool *observed)
{
	const Ratio *ratio = csh_ratio(measure);
	double whole = value[ratio->whole];

	observed[measure] = observed[ratio->part] && observed[ratio->whole] && whole > 0;
	if (observed[measure])
		value[measure] = (value[ratio->part] - (ratio->growth ? whole : 0)) / whole;
}
