/*
 * revenue.h
 *		Monthly recurring revenue: a customer's changes by month, and what the months of all customers come to.
 */
#ifndef CSH_REVENUE_H
#define CSH_REVENUE_H

#include <stdint.h>

#include "error.h"

#define REVENUE_MAX_MONTHS 1200
#define COHORT_MONTHS 12 /* a cohort is who paid that many months before */

/*
 * What one customer's MRR changed by, month by month, in cents. Bytes: count as uint32, then room for pairs of int64:
 * month (12 x year + month - 1) and cents, in the order of months, each month once. To look for faults it is kept by
 * days and kinds instead (csh_movement_key).
 */
typedef struct MrrHistory
{
	uint8_t *bytes;
	uint32_t count;
	uint32_t capacity;
} MrrHistory;

/* Sums over customers, money in cents; all but mrr and customers at the two ends of a month are of its movements */
typedef enum RevenueFigure
{
	MRR_START,
	MRR_NEW,
	MRR_REACTIVATION,
	MRR_EXPANSION,
	MRR_CONTRACTION,
	MRR_CHURN,
	MRR_END,
	CUSTOMERS_START,
	CUSTOMERS_NEW,
	CUSTOMERS_REACTIVATED,
	CUSTOMERS_CHURNED,
	CUSTOMERS_END,
	COHORT_CUSTOMERS, /* who paid twelve months before */
	COHORT_LEFT,      /* of them, who pays nothing now */
	COHORT_EXPANDED,  /* of them, who pays more now */
	COHORT_THEN,
	COHORT_NOW,
	COHORT_KEPT, /* sum of the lower of then and now */
	COHORT_LOST, /* what those paid then who left */
	REVENUE_FIGURES
} RevenueFigure;

/* Kinds of movements, and those of a day in one number: keys of a history that is kept by day instead of by month */
typedef enum MovementKind
{
	MOVEMENT_NEW,
	MOVEMENT_REACTIVATION,
	MOVEMENT_EXPANSION,
	MOVEMENT_CONTRACTION,
	MOVEMENT_CHURN,
	MOVEMENT_KINDS
} MovementKind;

/* What contradicts itself in the movements of a day, all of them taken together */
typedef enum MovementFault
{
	FAULT_NEGATIVE_MRR = 1,
	FAULT_CHURN_WITHOUT_MRR = 2,
	FAULT_CHURN_LEAVES_MRR = 4,
	FAULT_REACTIVATION_WITHOUT_CHURN = 8,
	FAULT_NEW_AFTER_PAYING = 16,
	FAULT_CHANGE_WITHOUT_MRR = 32
} MovementFault;

typedef struct FaultyDay
{
	int64_t day;
	int64_t faults;
	int64_t mrr;      /* at its end, in cents, maybe below 0 */
	int64_t has_paid; /* whether there was any MRR at the end of a day before it */
} FaultyDay;

extern bool csh_cents(const uint8_t *numeric, size_t size, int64_t *cents);

extern size_t csh_mrr_size(uint32_t capacity);
extern void csh_mrr_init(uint8_t *bytes, uint32_t capacity, MrrHistory *history);
extern bool csh_mrr_open(uint8_t *bytes, size_t size, MrrHistory *history, CshError *error);
extern bool csh_mrr_add(MrrHistory *history, int64_t month, int64_t cents, CshError *error);
extern bool csh_mrr_append(MrrHistory *into, const MrrHistory *added, CshError *error);

extern bool csh_movement_kind(const char *name, size_t length, MovementKind *kind);
extern int64_t csh_movement_key(int64_t day, MovementKind kind);
extern bool csh_faulty_days(const MrrHistory *history, FaultyDay *days, uint32_t *count,
							CshError *error);

extern bool csh_revenue_add(int64_t *figures, int64_t first_month, int months,
							const MrrHistory *history, CshError *error);
extern bool csh_revenue_append(int64_t *figures, const int64_t *added, int months, CshError *error);

#endif
