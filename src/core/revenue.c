/*
 * revenue.c
 *		Monthly recurring revenue: a customer's changes by month, and what the months of all customers come to.
 */
#include "revenue.h"

#include <string.h>

#define HEADER sizeof(uint32_t)
#define PAIR (2 * sizeof(int64_t))

static bool
fail_sum(CshError *error)
{
	return csh_fail(error, "Look for amounts that cannot be meant.",
					"revenue adds up to more than can be counted in cents");
}

/*
 * The cents of a numeric as PostgreSQL stores it since 9.1 (utils/adt/numeric.c, "NumericShort"): sixteen bits, of them
 * one that says so, the sign, and the weight of the first digit; then digits of base 10000, highest first. False where
 * it takes more than that to tell: other forms, more than sixteen digits before the point, parts of a cent.
 */
bool
csh_cents(const uint8_t *numeric, size_t size, int64_t *cents)
{
	uint16_t header;
	int weight;
	int64_t value = 0;

	if (size < sizeof(header) || size % sizeof(header) != 0)
		return false;
	memcpy(&header, numeric, sizeof(header));
	weight = (header & 0x3F) - (header & 0x40);
	if ((header & 0xC000) != 0x8000 || weight < -1 || weight > 3 || size / sizeof(header) > 6)
		return false;
	for (int place = weight; place >= -1; place--)
	{
		size_t at = sizeof(header) * (size_t) (1 + weight - place);
		uint16_t digit = 0; /* zeros at the end are not stored */

		if (at < size)
			memcpy(&digit, numeric + at, sizeof(digit));
		if (digit > 9999 || (place < 0 && digit % 100 != 0))
			return false;
		value = place < 0 ? value * 100 + digit / 100 : value * 10000 + digit;
	}
	if (size / sizeof(header) > (size_t) (weight + 3))
		return false;
	*cents = header & 0x2000 ? -value : value;
	return true;
}

/* Bytes may lie at any address */
static int64_t
pair_month(const MrrHistory *history, uint32_t i)
{
	int64_t month;

	memcpy(&month, history->bytes + HEADER + i * PAIR, sizeof(month));
	return month;
}

static int64_t
pair_cents(const MrrHistory *history, uint32_t i)
{
	int64_t cents;

	memcpy(&cents, history->bytes + HEADER + i * PAIR + sizeof(int64_t), sizeof(cents));
	return cents;
}

static void
set_pair(MrrHistory *history, uint32_t i, int64_t month, int64_t cents)
{
	memcpy(history->bytes + HEADER + i * PAIR, &month, sizeof(month));
	memcpy(history->bytes + HEADER + i * PAIR + sizeof(month), &cents, sizeof(cents));
}

static void
set_count(MrrHistory *history, uint32_t count)
{
	history->count = count;
	memcpy(history->bytes, &count, sizeof(count));
}

size_t
csh_mrr_size(uint32_t capacity)
{
	return HEADER + capacity * PAIR;
}

/* Makes csh_mrr_size(capacity) bytes an empty history */
void
csh_mrr_init(uint8_t *bytes, uint32_t capacity, MrrHistory *history)
{
	memset(bytes, 0, csh_mrr_size(capacity));
	history->bytes = bytes;
	history->capacity = capacity;
	history->count = 0;
}

/* Takes bytes as a history; whether its months are in order is seen when they are read */
bool
csh_mrr_open(uint8_t *bytes, size_t size, MrrHistory *history, CshError *error)
{
	history->bytes = bytes;
	if (size >= HEADER && (size - HEADER) % PAIR == 0 && (size - HEADER) / PAIR <= UINT32_MAX)
	{
		history->capacity = (uint32_t) ((size - HEADER) / PAIR);
		memcpy(&history->count, bytes, sizeof(history->count));
		if (history->count <= history->capacity)
			return true;
	}
	return csh_fail(error, "Use the aggregate that makes it.", "history of revenue is corrupt");
}

/* The place of a month: that of the first pair that is not before it */
static uint32_t
find_month(const MrrHistory *history, int64_t month)
{
	uint32_t low = 0;
	uint32_t high = history->count;

	/* rows mostly come in order */
	if (high == 0 || pair_month(history, high - 1) < month)
		return high;
	while (low < high)
	{
		uint32_t middle = low + (high - low) / 2;

		if (pair_month(history, middle) < month)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Adds a change of a month; a history that may lack the month must have room for a pair more */
bool
csh_mrr_add(MrrHistory *history, int64_t month, int64_t cents, CshError *error)
{
	uint32_t place = find_month(history, month);

	if (place < history->count && pair_month(history, place) == month)
	{
		if (__builtin_add_overflow(pair_cents(history, place), cents, &cents))
			return fail_sum(error);
	}
	else
	{
		uint8_t *at = history->bytes + HEADER + place * PAIR;

		if (history->count == history->capacity)
			return csh_fail(error, NULL, "history of revenue has no room");
		memmove(at + PAIR, at, (history->count - place) * PAIR);
		set_count(history, history->count + 1);
	}
	set_pair(history, place, month, cents);
	return true;
}

/* Adds the changes of another history, for as many pairs of which there must be room */
bool
csh_mrr_append(MrrHistory *into, const MrrHistory *added, CshError *error)
{
	for (uint32_t i = 0; i < added->count; i++)
		if (!csh_mrr_add(into, pair_month(added, i), pair_cents(added, i), error))
			return false;
	return true;
}

/* What is walked along a history from month to month: the MRR at its end, never below 0, and whether there ever was any */
typedef struct Walk
{
	const MrrHistory *history;
	uint32_t next;
	int64_t sum;
	int64_t last_month;
	bool has_paid;
} Walk;

static int64_t
walk_mrr(const Walk *walk)
{
	return walk->sum > 0 ? walk->sum : 0;
}

/* Goes on to the end of a month */
static bool
walk_to(Walk *walk, int64_t month, CshError *error)
{
	while (walk->next < walk->history->count)
	{
		int64_t of = pair_month(walk->history, walk->next);

		if (walk->next > 0 && of <= walk->last_month)
			return csh_fail(error, "Use the aggregate that makes it.",
							"history of revenue is corrupt");
		if (of > month)
			break;
		if (walk->sum > 0)
			walk->has_paid = true;
		if (__builtin_add_overflow(walk->sum, pair_cents(walk->history, walk->next), &walk->sum))
			return fail_sum(error);
		walk->last_month = of;
		walk->next++;
	}
	return true;
}

/* Sums that are checked once, when all have been added */
typedef struct Sums
{
	int64_t *figures; /* of one month */
	bool overflow;
} Sums;

static void
add(Sums *sums, RevenueFigure figure, int64_t value)
{
	sums->overflow |= __builtin_add_overflow(sums->figures[figure], value, &sums->figures[figure]);
}

/* MRR(end) = MRR(start) + new + reactivation + expansion - contraction - churn, each from one month's end to the next */
static void
add_movement(Sums *sums, int64_t before, int64_t now, bool has_paid)
{
	if (before > 0)
	{
		add(sums, CUSTOMERS_START, 1);
		add(sums, MRR_START, before);
	}
	if (now > 0)
	{
		add(sums, CUSTOMERS_END, 1);
		add(sums, MRR_END, now);
	}
	if (before == now)
		return;
	if (before == 0)
	{
		add(sums, has_paid ? CUSTOMERS_REACTIVATED : CUSTOMERS_NEW, 1);
		add(sums, has_paid ? MRR_REACTIVATION : MRR_NEW, now);
	}
	else if (now == 0)
	{
		add(sums, CUSTOMERS_CHURNED, 1);
		add(sums, MRR_CHURN, before);
	}
	else if (now > before)
		add(sums, MRR_EXPANSION, now - before);
	else
		add(sums, MRR_CONTRACTION, before - now);
}

/* A customer of the cohort: what it paid then and what it pays now */
static void
add_to_cohort(Sums *sums, int64_t then, int64_t now)
{
	add(sums, COHORT_CUSTOMERS, 1);
	add(sums, COHORT_THEN, then);
	add(sums, COHORT_NOW, now);
	add(sums, COHORT_KEPT, now < then ? now : then);
	if (now == 0)
	{
		add(sums, COHORT_LEFT, 1);
		add(sums, COHORT_LOST, then);
	}
	if (now > then)
		add(sums, COHORT_EXPANDED, 1);
}

/* Adds one customer to the figures of `months` months from the first on */
bool
csh_revenue_add(int64_t *figures, int64_t first_month, int months, const MrrHistory *history,
				CshError *error)
{
	int64_t ring[COHORT_MONTHS]; /* MRR of the last twelve months' ends */
	Walk walk = {.history = history};
	Sums sums = {.figures = figures};

	for (int i = 0; i < COHORT_MONTHS; i++)
	{
		if (!walk_to(&walk, first_month - COHORT_MONTHS + i, error))
			return false;
		ring[i] = walk_mrr(&walk);
	}
	for (int i = 0; i < months; i++, sums.figures += REVENUE_FIGURES)
	{
		int64_t then = ring[i % COHORT_MONTHS];
		int64_t before = walk_mrr(&walk);
		int64_t now;
		bool has_paid = walk.has_paid || before > 0;

		if (!walk_to(&walk, first_month + i, error))
			return false;
		now = walk_mrr(&walk);
		add_movement(&sums, before, now, has_paid);
		if (then > 0)
			add_to_cohort(&sums, then, now);
		ring[i % COHORT_MONTHS] = now;
	}
	return sums.overflow ? fail_sum(error) : true;
}

/* Adds the figures of other customers */
bool
csh_revenue_append(int64_t *figures, const int64_t *added, int months, CshError *error)
{
	bool overflow = false;

	for (int i = 0; i < months * REVENUE_FIGURES; i++)
		overflow |= __builtin_add_overflow(figures[i], added[i], &figures[i]);
	return overflow ? fail_sum(error) : true;
}

#define KEYS_PER_DAY 8

bool
csh_movement_kind(const char *name, size_t length, MovementKind *kind)
{
	static const char *const names[MOVEMENT_KINDS] = {
		[MOVEMENT_NEW] = "new",
		[MOVEMENT_REACTIVATION] = "reactivation",
		[MOVEMENT_EXPANSION] = "expansion",
		[MOVEMENT_CONTRACTION] = "contraction",
		[MOVEMENT_CHURN] = "churn",
	};

	for (int i = 0; i < MOVEMENT_KINDS; i++)
	{
		if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
		{
			*kind = (MovementKind) i;
			return true;
		}
	}
	return false;
}

/* What a movement is kept under: in the order of days, each kind of a day once */
int64_t
csh_movement_key(int64_t day, MovementKind kind)
{
	return day * KEYS_PER_DAY + kind;
}

/* The faults of a day of those kinds that took the MRR from before to after */
static int64_t
faults_of(unsigned kinds, int64_t before, int64_t after, bool has_paid)
{
	bool is_new = kinds & 1U << MOVEMENT_NEW;
	bool returns = kinds & 1U << MOVEMENT_REACTIVATION;
	bool leaves = kinds & 1U << MOVEMENT_CHURN;
	bool changes = kinds & (1U << MOVEMENT_EXPANSION | 1U << MOVEMENT_CONTRACTION);
	bool gains = is_new || returns || kinds & 1U << MOVEMENT_EXPANSION;
	int64_t faults = 0;

	if (after < 0 && before >= 0)
		faults |= FAULT_NEGATIVE_MRR;
	if (leaves && before <= 0 && !gains)
		faults |= FAULT_CHURN_WITHOUT_MRR;
	if (leaves && after > 0 && !gains)
		faults |= FAULT_CHURN_LEAVES_MRR;
	if (returns && (!has_paid || (before > 0 && !leaves)))
		faults |= FAULT_REACTIVATION_WITHOUT_CHURN;
	if (is_new && has_paid)
		faults |= FAULT_NEW_AFTER_PAYING;
	if (changes && before <= 0 && !is_new && !returns)
		faults |= FAULT_CHANGE_WITHOUT_MRR;
	return faults;
}

/* The days of a history by movement keys that contradict themselves; there is room for as many as it has pairs */
bool
csh_faulty_days(const MrrHistory *history, FaultyDay *days, uint32_t *count, CshError *error)
{
	int64_t after = 0;
	bool has_paid = false;

	*count = 0;
	for (uint32_t i = 0; i < history->count;)
	{
		int64_t first = pair_month(history, i) & ~(int64_t) (KEYS_PER_DAY - 1);
		int64_t before = after;
		unsigned kinds = 0;
		int64_t faults;

		for (; i < history->count && pair_month(history, i) - first < KEYS_PER_DAY; i++)
		{
			int64_t kind = pair_month(history, i) - first;

			if (kind < 0 || kind >= MOVEMENT_KINDS ||
				(i > 0 && pair_month(history, i) <= pair_month(history, i - 1)))
				return csh_fail(error, "Use the aggregate that makes it.",
								"history of revenue is corrupt");
			kinds |= 1U << kind;
			if (__builtin_add_overflow(after, pair_cents(history, i), &after))
				return fail_sum(error);
		}
		faults = faults_of(kinds, before, after, has_paid);
		if (faults != 0)
			days[(*count)++] = (FaultyDay){first / KEYS_PER_DAY, faults, after, has_paid};
		has_paid = has_paid || after > 0;
	}
	return true;
}
