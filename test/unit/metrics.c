/*
 * metrics.c
 *		Rankings and calibrations against plain definitions, cut into parts, and with bytes that nobody wrote.
 */
#include "metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "interrupt.h"
#include "tap.h"

#define MOST 200

typedef struct Row
{
	bool event;
	double score;
} Row;

static int interrupts;

static void
count_interrupt(void)
{
	interrupts++;
}

static bool
near(double a, double b)
{
	return fabs(a - b) <= 1e-12;
}

/* A ranking with exactly as much room as asked for, so that the sanitizer sees a step beyond */
static Ranking
new_ranking(uint32_t capacity, double fraction)
{
	Ranking ranking;

	csh_ranking_init(malloc(csh_ranking_size(capacity)), capacity, fraction, &ranking);
	return ranking;
}

static Ranking
ranking_of(const Row *rows, size_t n, uint32_t capacity)
{
	Ranking ranking = new_ranking(capacity, 0);

	for (size_t i = 0; i < n; i++)
		csh_ranking_add(&ranking, rows[i].event, rows[i].score);
	return ranking;
}

/* The figures of a ranking; NAN stands for none */
typedef struct Figures
{
	double roc_auc;
	double pr_auc;
	double lift;
} Figures;

static Figures
figures_of(const Ranking *ranking, double fraction)
{
	size_t n = (size_t) ranking->events + ranking->others;
	double *scores = malloc((n + 1) * sizeof(double));
	double *scratch = malloc((n + 1) * sizeof(double));
	Figures figures = {NAN, NAN, NAN};
	Ranked ranked;
	CshError error;

	if (csh_ranking_sort(ranking, scores, scratch, &ranked, &error))
	{
		csh_roc_auc(&ranked, &figures.roc_auc);
		csh_pr_auc(&ranked, &figures.pr_auc);
		csh_lift(&ranked, fraction, &figures.lift);
	}
	free(scores);
	free(scratch);
	return figures;
}

/* The same by their definitions: every pair, every threshold, every row's share in the top */
static Figures
plain_figures(const Row *rows, size_t n, double fraction)
{
	double events = 0, pairs = 0, won = 0, precisions = 0, caught = 0;

	for (size_t i = 0; i < n; i++)
	{
		double above = 0, tied = 0, events_from_here = 0, share;

		events += rows[i].event;
		for (size_t j = 0; j < n; j++)
		{
			above += rows[j].score > rows[i].score;
			tied += rows[j].score == rows[i].score;
			events_from_here += rows[j].event && rows[j].score >= rows[i].score;
			if (!rows[i].event || rows[j].event)
				continue;
			pairs++;
			won += rows[i].score > rows[j].score ? 1 : rows[i].score == rows[j].score ? 0.5 : 0;
		}
		share = fmin(fmax((fraction * (double) n - above) / tied, 0), 1);
		if (!rows[i].event)
			continue;
		precisions += events_from_here / (above + tied);
		caught += share;
	}
	return (Figures){pairs > 0 ? won / pairs : NAN, events > 0 ? precisions / events : NAN,
					 events > 0 ? caught / (fraction * (double) n) / (events / (double) n) : NAN};
}

static bool
same(double a, double b)
{
	return isnan(a) ? isnan(b) : near(a, b);
}

static size_t
random_rows(Row *rows)
{
	size_t n = tap_random() % (MOST + 1);
	unsigned grid = 1 + tap_random() % 20;
	unsigned rate = tap_random() % 11;

	for (size_t i = 0; i < n; i++)
		rows[i] = (Row){tap_random() % 10 < rate, ((double) (tap_random() % grid) - grid / 2) *
													  (tap_random() % 2 ? 0.25 : -0.25)};
	return n;
}

static void
random_rankings(void)
{
	int wrong = 0;
	int wrong_parts = 0;

	for (int round = 0; round < 2000; round++)
	{
		Row rows[MOST];
		size_t n = random_rows(rows);
		size_t cut = tap_random() % (n + 1);
		double fraction = (1 + tap_random() % 100) / 100.0;
		Figures expected = plain_figures(rows, n, fraction);
		Ranking whole = ranking_of(rows, n, n);
		Ranking left = ranking_of(rows, cut, n + tap_random() % 3);
		Ranking right = ranking_of(rows + cut, n - cut, n - cut + tap_random() % 3);
		Figures figures = figures_of(&whole, fraction);

		wrong += !same(figures.roc_auc, expected.roc_auc) ||
				 !same(figures.pr_auc, expected.pr_auc) || !same(figures.lift, expected.lift);
		csh_ranking_append(&left, &right);
		expected = figures;
		figures = figures_of(&left, fraction);
		wrong_parts += memcmp(&figures.roc_auc, &expected.roc_auc, sizeof(double)) != 0 ||
					   memcmp(&figures.pr_auc, &expected.pr_auc, sizeof(double)) != 0 ||
					   memcmp(&figures.lift, &expected.lift, sizeof(double)) != 0;
		free(whole.bytes);
		free(left.bytes);
		free(right.bytes);
	}
	ok(wrong == 0, "2,000 rankings against the definitions: %d differ", wrong);
	ok(wrong_parts == 0, "and joined from two parts they are the same to the last bit: %d differ",
	   wrong_parts);
}

static void
is_figures(const char *name, const Row *rows, size_t n, double fraction, double roc_auc,
		   double pr_auc, double lift)
{
	Ranking ranking = ranking_of(rows, n, n);
	Figures figures = figures_of(&ranking, fraction);

	ok(same(figures.roc_auc, roc_auc) && same(figures.pr_auc, pr_auc) && same(figures.lift, lift),
	   "%s: %g, %g, %g", name, figures.roc_auc, figures.pr_auc, figures.lift);
	free(ranking.bytes);
}

#define IS_FIGURES(name, fraction, roc_auc, pr_auc, lift, ...)                                     \
	is_figures(name, (const Row[]){__VA_ARGS__}, sizeof((Row[]){__VA_ARGS__}) / sizeof(Row),       \
			   fraction, roc_auc, pr_auc, lift)

static void
by_hand(void)
{
	is_figures("nothing", NULL, 0, 0.5, NAN, NAN, NAN);
	IS_FIGURES("one event", 0.5, NAN, 1, 1, {true, 3});
	IS_FIGURES("one other", 0.5, NAN, NAN, NAN, {false, 3});
	IS_FIGURES("perfect", 0.5, 1, 1, 2, {true, 3}, {false, 1});
	IS_FIGURES("the wrong way round", 0.5, 0, 0.5, 0, {true, 1}, {false, 3});
	IS_FIGURES("tied", 0.3, 0.5, 0.5, 1, {true, 2}, {false, 2});
	IS_FIGURES("zeros of both signs", 0.5, 0.5, 0.5, 1, {true, 0.0}, {false, -0.0});
	IS_FIGURES("the largest and the smallest", 0.5, 1, 1, 2, {true, 1.7976931348623157e308},
			   {false, -1.7976931348623157e308});
	IS_FIGURES("the lowest event stands", 1, 0.5, 0.5, 1, {true, -1.7976931348623157e308},
			   {false, -1.7976931348623157e308});
	IS_FIGURES("the smallest fraction", 5e-324, 1, 1, 2, {true, 1}, {false, 0});
	/* above: 3 > 2 = 2 = 2 > 1, half of the rows is one and a half of the tied three */
	IS_FIGURES("a tie on the border", 0.5, (3 + 1 + 0.5 + 0.5) / 6, (1 + 0.5) / 2,
			   (1 + 0.5) / 2.5 / 0.4, {false, 1}, {true, 2}, {false, 2}, {true, 3}, {false, 2});
}

static bool
opens(uint8_t *bytes, size_t size)
{
	uint8_t *copy = malloc(size + !size); /* so that the sanitizer sees a byte too far */
	Ranking ranking;
	CshError error;
	bool good;

	memcpy(copy, bytes, size);
	good = csh_ranking_open(copy, size, &ranking, &error);
	free(copy);
	return good;
}

static void
with(const char *name, const Ranking *good, size_t at, const void *bytes, size_t n)
{
	size_t size = csh_ranking_size(good->capacity);
	uint8_t *copy = malloc(size);

	memcpy(copy, good->bytes, size);
	memcpy(copy + at, bytes, n);
	ok(!opens(copy, size), "refused: %s", name);
	free(copy);
}

static void
corrupt(void)
{
	Ranking good = ranking_of((Row[]){{true, 1}, {false, 2}, {false, 3}}, 3, 4);
	size_t size = csh_ranking_size(4);
	int opened = 0;

	ok(opens(good.bytes, size), "what was written opens");
	for (size_t n = 0; n < size; n++)
		opened += opens(good.bytes, n);
	ok(opened == 1, "cut short only where a place is free: %d", opened);
	with("another magic", &good, 0, "x", 1);
	with("five rows in four places", &good, 8, "\4\0\0\0", 4);
	with("counts whose sum overflows", &good, 4, "\xff\xff\xff\xff\1\0\0\0", 8);
	with("a fraction above 1", &good, 12, &(double){1.5}, 8);
	with("a negative fraction", &good, 12, &(double){-0.5}, 8);
	with("NaN for a fraction", &good, 12, &(double){NAN}, 8);
	memcpy(good.bytes + 20, &(double){INFINITY}, 8);
	ok(isnan(figures_of(&good, 0.5).roc_auc),
	   "an infinite score is refused when scores are sorted");
	free(good.bytes);
}

static void
capacities(void)
{
	Ranking ranking = {0};
	CshError error;
	uint32_t capacity = 0;

	ok(csh_ranking_capacity(&ranking, 1, &capacity, &error) && capacity == 16, "16 to begin with");
	ok(csh_ranking_capacity(&ranking, 1000, &capacity, &error) && capacity == 1000, "or as needed");
	ranking = (Ranking){.capacity = 1000, .events = 400, .others = 600};
	ok(csh_ranking_capacity(&ranking, 1, &capacity, &error) && capacity == 2000, "then doubled");
	ok(csh_ranking_capacity(&ranking, 1500, &capacity, &error) && capacity == 2500, "or more");
	ranking.others = 500;
	ok(csh_ranking_capacity(&ranking, 100, &capacity, &error) && capacity == 1000,
	   "or not at all while there is room");
	ranking = (Ranking){.capacity = 80000000, .events = 80000000};
	ok(csh_ranking_capacity(&ranking, 1, &capacity, &error) && capacity == RANKING_MAX_ROWS,
	   "up to the limit");
	ranking = (Ranking){.capacity = RANKING_MAX_ROWS, .events = 1, .others = RANKING_MAX_ROWS - 1};
	ok(!csh_ranking_capacity(&ranking, 1, &capacity, &error) &&
		   strstr(error.message, "at most 120000000 rows") && strstr(error.hint, "sample"),
	   "one more is refused: %s", error.message);
	ok(!csh_ranking_capacity(&ranking, UINT32_MAX, &capacity, &error), "so are many more");
	ok(csh_ranking_size(RANKING_MAX_ROWS) < 1000000000, "the largest stays below a gigabyte");
}

/* A million scores, in order, against it, and at random */
static void
many(void)
{
	const uint32_t n = 1000000;
	int wrong = 0;

	interrupts = 0;
	csh_interrupt = count_interrupt;
	for (int round = 0; round < 3; round++)
	{
		Ranking ranking = new_ranking(n, 0);
		double *scores = malloc(n * sizeof(double));
		double *scratch = malloc(n * sizeof(double));
		Ranked ranked;
		CshError error;

		for (uint32_t i = 0; i < n; i++)
			csh_ranking_add(&ranking, i % 5 == 0,
							round == 0   ? i
							: round == 1 ? -(double) i
										 : (double) (tap_random() % 100000));
		csh_ranking_sort(&ranking, scores, scratch, &ranked, &error);
		for (uint32_t i = 1; i < ranked.events; i++)
			wrong += ranked.event[i] > ranked.event[i - 1];
		for (uint32_t i = 1; i < ranked.others; i++)
			wrong += ranked.other[i] > ranked.other[i - 1];
		free(scores);
		free(scratch);
		free(ranking.bytes);
	}
	ok(wrong == 0, "a million scores are sorted: %d out of order", wrong);
	ok(interrupts > 300, "and could be broken off %d times", interrupts);
}

/* Sums that cancel nothing out, with parts joined in any order */
static void
calibrations(void)
{
	Calibration whole = {0};
	Calibration part[7] = {0};
	Calibration joined = {0};
	long double square = 0, loss = 0, error = 0;
	long double gap[CALIBRATION_BINS] = {0};
	CshError refused;
	const int n = 100000;
	int believed = 0;

	for (int i = 0; i < n; i++)
	{
		double p = (double) (tap_random() >> 11) * 0x1p-53;
		bool event = tap_random() % 3 == 0;

		if (i % 1000 == 0)
			p = i % 2000 == 0;
		csh_calibration_add(&whole, event, p);
		csh_calibration_add(&part[tap_random() % 7], event, p);
		square += ((long double) p - event) * ((long double) p - event);
		loss -= logl(fmaxl(event ? p : 1 - (long double) p, 0x1p-52L));
		gap[p == 0 ? 0 : (int) ceil(p * 10) - 1] += (long double) p - event;
	}
	for (int i = 6; i >= 0; i--)
		csh_calibration_append(&joined, &part[i]);
	for (int i = 0; i < CALIBRATION_BINS; i++)
		error += fabsl(gap[i]);
	ok(near(csh_brier_score(&whole), (double) (square / n)), "Brier score of 100,000 rows");
	ok(near(csh_log_loss(&whole), (double) (loss / n)), "log loss");
	ok(near(csh_calibration_error(&whole), (double) (error / n)), "calibration error");
	ok(fabs(csh_brier_score(&joined) - csh_brier_score(&whole)) <= 1e-16 &&
		   fabs(csh_log_loss(&joined) - csh_log_loss(&whole)) <= 1e-15 &&
		   fabs(csh_calibration_error(&joined) - csh_calibration_error(&whole)) <= 1e-16,
	   "seven parts come to the same");
	ok(csh_calibration_rows(&joined) == n, "all rows are there");
	ok(csh_calibration_check(&joined, &refused), "sums of rows are believed");
	for (int i = 0; i < CALIBRATION_LENGTH; i++)
	{
		Calibration wrong = whole;

		((double *) &wrong)[i] = i % 2 ? NAN : -1e6;
		believed += csh_calibration_check(&wrong, &refused);
	}
	ok(believed == 0, "each of the %d numbers is looked at: %d pass as anything",
	   CALIBRATION_LENGTH, believed);
}

/* Which bin a single row falls into */
static int
bin_of_row(double p)
{
	Calibration calibration = {0};
	int bin = 0;

	csh_calibration_add(&calibration, false, p);
	while (calibration.bin[bin].rows == 0)
		bin++;
	return bin;
}

static void
bins(void)
{
	int wrong = 0;

	ok(bin_of_row(0) == 0 && bin_of_row(-0.0) == 0 && bin_of_row(1) == 9, "0 and 1 have bins");
	for (int i = 1; i <= 9; i++)
		wrong += bin_of_row(i / 10.0) != i - 1 || bin_of_row(i * 0.1) != i - 1 ||
				 bin_of_row(nextafter(i * 0.1, 1)) != i ||
				 bin_of_row(nextafter(i / 10.0, 0)) != i - 1;
	ok(wrong == 0, "edges belong to the bin below: %d do not", wrong);
}

int
main(void)
{
	by_hand();
	random_rankings();
	corrupt();
	capacities();
	many();
	calibrations();
	bins();
	return tap_done();
}
