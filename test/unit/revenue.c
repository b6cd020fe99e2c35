/*
 * revenue.c
 *		Histories of MRR and their sums against a plain table of months, in any order, and bytes that nobody wrote.
 */
#include "revenue.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define MOST 60
#define FIRST 24000

static int
dice(int sides)
{
	return (int) (tap_random() % (uint64_t) sides);
}

/* A history with exactly as much room as asked for, so that the sanitizer sees a step beyond */
static MrrHistory
new_history(uint32_t capacity)
{
	MrrHistory history;

	csh_mrr_init(malloc(csh_mrr_size(capacity)), capacity, &history);
	return history;
}

static bool
opens(const void *bytes, size_t size)
{
	MrrHistory history;
	CshError error;
	uint8_t *copy = malloc(size + 1);
	bool opened;

	memcpy(copy, bytes, size);
	opened = csh_mrr_open(copy, size, &history, &error);
	free(copy);
	return opened;
}

/* The figures of a table of month-end MRR, by their definitions */
static void
expect(const int64_t *mrr, int first, int months, int64_t *figures)
{
	memset(figures, 0, sizeof(int64_t) * (size_t) months * REVENUE_FIGURES);
	for (int m = first; m < first + months; m++, figures += REVENUE_FIGURES)
	{
		int64_t now = mrr[m];
		int64_t before = m > 0 ? mrr[m - 1] : 0;
		int64_t then = m >= COHORT_MONTHS ? mrr[m - COHORT_MONTHS] : 0;
		bool paid = false;

		for (int k = 0; k < m; k++)
			paid = paid || mrr[k] > 0;
		figures[MRR_START] = before;
		figures[MRR_END] = now;
		figures[MRR_NEW] = before == 0 && !paid ? now : 0;
		figures[MRR_REACTIVATION] = before == 0 && paid ? now : 0;
		figures[MRR_EXPANSION] = before > 0 && now > before ? now - before : 0;
		figures[MRR_CONTRACTION] = now > 0 && now < before ? before - now : 0;
		figures[MRR_CHURN] = now == 0 ? before : 0;
		figures[CUSTOMERS_START] = before > 0;
		figures[CUSTOMERS_END] = now > 0;
		figures[CUSTOMERS_NEW] = before == 0 && now > 0 && !paid;
		figures[CUSTOMERS_REACTIVATED] = before == 0 && now > 0 && paid;
		figures[CUSTOMERS_CHURNED] = before > 0 && now == 0;
		figures[COHORT_CUSTOMERS] = then > 0;
		figures[COHORT_LEFT] = then > 0 && now == 0;
		figures[COHORT_EXPANDED] = then > 0 && now > then;
		figures[COHORT_THEN] = then;
		figures[COHORT_NOW] = then > 0 ? now : 0;
		figures[COHORT_KEPT] = now < then ? now : then;
		figures[COHORT_LOST] = now == 0 ? then : 0;
	}
}

/* Random changes in random order, added one by one and in two parts, against the table */
static bool
histories_agree(int rounds)
{
	for (int round = 0; round < rounds; round++)
	{
		int64_t changes[MOST] = {0};
		int64_t mrr[MOST];
		int64_t sum = 0;
		int64_t expected[MOST * REVENUE_FIGURES];
		int64_t found[MOST * REVENUE_FIGURES] = {0};
		int n = dice(80);
		int first = dice(MOST);
		int months = dice(MOST - first) + 1;
		MrrHistory whole = new_history((uint32_t) n);
		MrrHistory part = new_history((uint32_t) n);
		CshError error;
		bool same;

		for (int i = 0; i < n; i++)
		{
			int month = dice(3) == 0 ? dice(MOST) : dice(20);
			int64_t cents = dice(1000) - 400;

			changes[month] += cents;
			same = csh_mrr_add(dice(2) ? &whole : &part, FIRST + month, cents, &error);
			if (!same)
				return false;
		}
		if (whole.count + part.count > (uint32_t) n || !csh_mrr_append(&whole, &part, &error))
			return false;
		for (int m = 0; m < MOST; m++)
		{
			sum += changes[m];
			mrr[m] = sum > 0 ? sum : 0;
		}
		expect(mrr, first, months, expected);
		same = csh_revenue_add(found, FIRST + first, months, &whole, &error) &&
			   memcmp(found, expected, sizeof(int64_t) * (size_t) months * REVENUE_FIGURES) == 0;
		/* and once more, as a part of the customers */
		same = same && csh_revenue_append(found, expected, months, &error) &&
			   found[MRR_END] == 2 * expected[MRR_END];
		free(whole.bytes);
		free(part.bytes);
		if (!same)
			return false;
	}
	return true;
}

static void
test_room(void)
{
	MrrHistory history = new_history(1);
	CshError error;

	ok(csh_mrr_add(&history, 5, 1, &error) && csh_mrr_add(&history, 5, 2, &error),
	   "a month takes one place");
	ok(!csh_mrr_add(&history, 6, 1, &error) && !csh_mrr_add(&history, 4, 1, &error),
	   "another finds no room");
	ok(history.count == 1, "and adds nothing");
	ok(!csh_mrr_add(&history, 5, INT64_MAX, &error), "a month that overflows is refused");
	free(history.bytes);
}

static void
test_overflow(void)
{
	MrrHistory history = new_history(2);
	int64_t figures[2 * REVENUE_FIGURES] = {0};
	int64_t more[REVENUE_FIGURES] = {0};
	CshError error;

	csh_mrr_add(&history, FIRST, INT64_MAX, &error);
	ok(csh_revenue_add(figures, FIRST, 1, &history, &error), "as much as there is room for");
	ok(!csh_revenue_add(figures, FIRST, 1, &history, &error), "but not twice");
	figures[MRR_NEW] = INT64_MAX;
	more[MRR_NEW] = 1;
	ok(!csh_revenue_append(figures, more, 1, &error), "nor a cent more from another part");
	csh_mrr_add(&history, FIRST + 1, 1, &error);
	ok(!csh_revenue_add(figures, FIRST, 2, &history, &error), "nor of one customer in two months");
	ok(strstr(error.message, "more than can be counted") != NULL, "and says so");
	free(history.bytes);
}

static void
test_bytes(void)
{
	uint8_t bytes[4 + 3 * 16] = {0};
	uint32_t count = 3;
	int64_t months[] = {5, 7, 6};
	int64_t figures[REVENUE_FIGURES] = {0};
	MrrHistory history;
	CshError error;

	ok(opens(bytes, 4) && opens(bytes, 4 + 16) && opens(bytes, sizeof(bytes)),
	   "whole pairs are a history");
	ok(!opens(bytes, 0) && !opens(bytes, 3) && !opens(bytes, 5) && !opens(bytes, 4 + 15),
	   "parts of pairs are none");
	memcpy(bytes, &count, sizeof(count));
	ok(opens(bytes, sizeof(bytes)) && !opens(bytes, 4 + 2 * 16),
	   "nor are more pairs than there is room for");
	count = UINT32_MAX;
	memcpy(bytes, &count, sizeof(count));
	ok(!opens(bytes, sizeof(bytes)), "nor very many");
	count = 3;
	memcpy(bytes, &count, sizeof(count));
	for (int i = 0; i < 3; i++)
		memcpy(bytes + 4 + i * 16, &months[i], sizeof(int64_t));
	csh_mrr_open(bytes, sizeof(bytes), &history, &error);
	ok(!csh_revenue_add(figures, 20, 1, &history, &error),
	   "months out of order are refused when they are read");
	ok(csh_revenue_add(figures, 4, 1, &history, &error),
	   "but nobody reads beyond the last month asked for");
}

/* Numerics as the server writes them: 16 bits of form, sign, scale and weight, then digits of base 10000 */
static void
test_cents(void)
{
	static const struct
	{
		const char *what;
		uint16_t words[7];
		int length;
		bool readable;
		int64_t cents;
	} cases[] = {{"0", {0x8000}, 1, true, 0},
				 {"0.00", {0x8100}, 1, true, 0},
				 {"1", {0x8000, 1}, 2, true, 100},
				 {"-1", {0xA000, 1}, 2, true, -100},
				 {"0.01", {0x817F, 100}, 2, true, 1},
				 {"-0.99", {0xA17F, 9900}, 2, true, -99},
				 {"12345.67", {0x8101, 1, 2345, 6700}, 4, true, 1234567},
				 {"10000", {0x8001, 1}, 2, true, 1000000},
				 {"10000.50", {0x8101, 1, 0, 5000}, 4, true, 1000050},
				 {"9999999999999999.99",
				  {0x8103, 9999, 9999, 9999, 9999, 9900},
				  6,
				  true,
				  999999999999999999},
				 {"0.005", {0x81FF, 50}, 2, false, 0},
				 {"0.00005", {0x82FE, 5000}, 2, false, 0},
				 {"1.00005", {0x8280, 1, 0, 5000}, 4, false, 0},
				 {"1e16", {0x8004, 1}, 2, false, 0},
				 {"NaN", {0xC000}, 1, false, 0},
				 {"Infinity", {0xD000}, 1, false, 0},
				 {"the long form of 1", {0x0000, 0x0000, 1}, 3, false, 0},
				 {"a digit that is none", {0x8000, 10000}, 2, false, 0},
				 {"nothing", {0}, 0, false, 0}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		int64_t cents = 0;
		bool readable =
			csh_cents((const uint8_t *) cases[i].words, 2 * (size_t) cases[i].length, &cents);

		ok(readable == cases[i].readable && (!readable || cents == cases[i].cents), "cents of %s",
		   cases[i].what);
	}
	ok(!csh_cents((const uint8_t *) cases[2].words, 3, &(int64_t){0}), "half a digit is none");
}

/* A day's movements by kind, and what the definitions in doc/revenue.md say of them */
static bool
faults_agree(int rounds)
{
	for (int round = 0; round < rounds; round++)
	{
		int64_t cents[MOST][MOVEMENT_KINDS] = {{0}};
		bool kinds[MOST][MOVEMENT_KINDS] = {{false}};
		int n = dice(40);
		MrrHistory whole = new_history((uint32_t) n);
		MrrHistory part = new_history((uint32_t) n);
		FaultyDay *days = malloc(sizeof(FaultyDay) * (size_t) (n + 1));
		uint32_t count = 0;
		uint32_t expected = 0;
		int64_t mrr = 0;
		int64_t highest = 0;
		bool same = true;
		CshError error;

		for (int i = 0; i < n; i++)
		{
			int day = dice(MOST);
			int kind = dice(MOVEMENT_KINDS);
			int64_t amount = (dice(3) + 1) * (kind >= MOVEMENT_CONTRACTION ? -10 : 10);

			cents[day][kind] += amount;
			kinds[day][kind] = true;
			if (!csh_mrr_add(dice(2) ? &whole : &part,
							 csh_movement_key(day - MOST / 2, (MovementKind) kind), amount, &error))
				return false;
		}
		if (!csh_mrr_append(&whole, &part, &error) ||
			!csh_faulty_days(&whole, days, &count, &error))
			return false;
		for (int day = 0; day < MOST; day++)
		{
			const bool *of = kinds[day];
			int64_t before = mrr;
			int64_t faults = 0;
			bool gain = of[MOVEMENT_NEW] || of[MOVEMENT_REACTIVATION] || of[MOVEMENT_EXPANSION];

			for (int kind = 0; kind < MOVEMENT_KINDS; kind++)
				mrr += cents[day][kind];
			if (mrr < 0 && before >= 0)
				faults += 1;
			if (of[MOVEMENT_CHURN] && !gain)
				faults += (before <= 0 ? 2 : 0) + (mrr > 0 ? 4 : 0);
			if (of[MOVEMENT_REACTIVATION] && (highest == 0 || (before > 0 && !of[MOVEMENT_CHURN])))
				faults += 8;
			if (of[MOVEMENT_NEW] && highest > 0)
				faults += 16;
			if ((of[MOVEMENT_EXPANSION] || of[MOVEMENT_CONTRACTION]) && before <= 0 &&
				!of[MOVEMENT_NEW] && !of[MOVEMENT_REACTIVATION])
				faults += 32;
			if (faults != 0)
			{
				same = same && expected < count && days[expected].day == day - MOST / 2 &&
					   days[expected].faults == faults && days[expected].mrr == mrr &&
					   days[expected].has_paid == (highest > 0);
				expected++;
			}
			if (mrr > highest)
				highest = mrr;
		}
		free(whole.bytes);
		free(part.bytes);
		free(days);
		if (!same || expected != count)
			return false;
	}
	return true;
}

static void
test_movements(void)
{
	MrrHistory history = new_history(3);
	FaultyDay days[3];
	uint32_t count;
	MovementKind kind;
	CshError error;

	ok(csh_movement_kind("churn", 5, &kind) && kind == MOVEMENT_CHURN, "a kind by its name");
	ok(!csh_movement_kind("churned", 7, &kind) && !csh_movement_kind("chur", 4, &kind) &&
		   !csh_movement_kind("", 0, &kind),
	   "not by part of it, nor by more");
	ok(csh_faulty_days(&history, days, &count, &error) && count == 0, "nothing has no faults");
	csh_mrr_add(&history, csh_movement_key(-3, MOVEMENT_CHURN) + 1, 1, &error);
	ok(!csh_faulty_days(&history, days, &count, &error), "a kind that there is not is refused");
	free(history.bytes);
	history = new_history(2);
	csh_mrr_add(&history, csh_movement_key(1, MOVEMENT_NEW), INT64_MAX, &error);
	csh_mrr_add(&history, csh_movement_key(2, MOVEMENT_EXPANSION), 1, &error);
	ok(!csh_faulty_days(&history, days, &count, &error), "as are sums that overflow");
	free(history.bytes);
}

int
main(void)
{
	ok(histories_agree(20000), "any history gives the figures that a table of months gives");
	ok(faults_agree(20000), "and what contradicts itself is what the definitions say");
	test_room();
	test_overflow();
	test_bytes();
	test_cents();
	test_movements();
	return tap_done();
}
