/*
 * metrics.c
 *		Areas under the ROC and precision-recall curves, lift, Brier score, log loss and calibration error.
 */
#include "metrics.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "interrupt.h"

#define RANKING_MAGIC 0x43535231
#define RANKING_FIRST_CAPACITY 16
#define INTERRUPT_ROWS 0x10000 /* a power of two */

/* Where the fields stand; bytes have no alignment, so they are copied in and out */
#define AT_MAGIC 0
#define AT_EVENTS 4
#define AT_OTHERS 8
#define AT_FRACTION 12
#define AT_SCORES 20

static const char *const corrupt_hint =
	"All nodes must run the same version on the same kind of machine.";

static uint8_t *
score_at(const Ranking *ranking, uint32_t place)
{
	return ranking->bytes + AT_SCORES + (size_t) place * sizeof(double);
}

/* The bytes that a ranking of so many rows takes */
size_t
csh_ranking_size(uint32_t capacity)
{
	return AT_SCORES + (size_t) capacity * sizeof(double);
}

/* How large a ranking that takes more rows must be: when it grows then twofold at least, so that copying stays cheap */
bool
csh_ranking_capacity(const Ranking *ranking, uint32_t more, uint32_t *capacity, CshError *error)
{
	uint64_t rows = (uint64_t) ranking->events + ranking->others + more;
	uint64_t wanted = ranking->capacity;

	if (rows > RANKING_MAX_ROWS)
		return csh_fail(error, "Judge a sample of the rows, such as WHERE random() < 0.1.",
						"a group must have at most %d rows to be ranked", RANKING_MAX_ROWS);
	if (rows > wanted)
		wanted *= 2;
	if (wanted < rows)
		wanted = rows;
	if (wanted < RANKING_FIRST_CAPACITY)
		wanted = RANKING_FIRST_CAPACITY;
	*capacity = wanted > RANKING_MAX_ROWS ? RANKING_MAX_ROWS : (uint32_t) wanted;
	return true;
}

static void
write_counts(const Ranking *ranking)
{
	memcpy(ranking->bytes + AT_EVENTS, &ranking->events, sizeof(uint32_t));
	memcpy(ranking->bytes + AT_OTHERS, &ranking->others, sizeof(uint32_t));
}

/* An empty ranking in csh_ranking_size(capacity) bytes */
void
csh_ranking_init(uint8_t *bytes, uint32_t capacity, double fraction, Ranking *ranking)
{
	const uint32_t magic = RANKING_MAGIC;

	*ranking = (Ranking){.bytes = bytes, .capacity = capacity, .fraction = fraction};
	memset(bytes, 0, csh_ranking_size(capacity));
	memcpy(bytes + AT_MAGIC, &magic, sizeof(magic));
	memcpy(bytes + AT_FRACTION, &fraction, sizeof(fraction));
}

/* Looks at bytes that may have come from anywhere; the scores themselves are looked at when they are sorted */
bool
csh_ranking_open(uint8_t *bytes, size_t size, Ranking *ranking, CshError *error)
{
	uint32_t magic = 0;

	*ranking = (Ranking){.bytes = bytes};
	if (size >= AT_SCORES)
	{
		memcpy(&magic, bytes + AT_MAGIC, sizeof(magic));
		memcpy(&ranking->events, bytes + AT_EVENTS, sizeof(uint32_t));
		memcpy(&ranking->others, bytes + AT_OTHERS, sizeof(uint32_t));
		memcpy(&ranking->fraction, bytes + AT_FRACTION, sizeof(double));
	}
	if (magic != RANKING_MAGIC || (size - AT_SCORES) % sizeof(double) != 0 ||
		(size - AT_SCORES) / sizeof(double) > RANKING_MAX_ROWS ||
		(uint64_t) ranking->events + ranking->others > (size - AT_SCORES) / sizeof(double) ||
		!(ranking->fraction >= 0 && ranking->fraction <= 1))
		return csh_fail(error, corrupt_hint, "state of a ranking is corrupt");
	ranking->capacity = (uint32_t) ((size - AT_SCORES) / sizeof(double));
	return true;
}

/* Takes one more row, for which there must be room */
void
csh_ranking_add(Ranking *ranking, bool event, double score)
{
	uint32_t place = event ? ranking->events++ : ranking->capacity - ++ranking->others;

	memcpy(score_at(ranking, place), &score, sizeof(score));
	write_counts(ranking);
}

/* Takes all rows of another ranking, for which there must be room */
void
csh_ranking_append(Ranking *into, const Ranking *added)
{
	memcpy(score_at(into, into->events), score_at(added, 0), added->events * sizeof(double));
	into->events += added->events;
	into->others += added->others;
	memcpy(score_at(into, into->capacity - into->others),
		   score_at(added, added->capacity - added->others), added->others * sizeof(double));
	write_counts(into);
}

/* Merges two sorted runs that lie side by side */
static void
merge_runs(const double *from, double *to, size_t start, size_t middle, size_t end)
{
	size_t left = start;
	size_t right = middle;

	for (size_t i = start; i < end; i++)
	{
		if (i % INTERRUPT_ROWS == 0)
			csh_interrupt();
		if (left < middle && (right == end || from[left] >= from[right]))
			to[i] = from[left++];
		else
			to[i] = from[right++];
	}
}

/* Sorts from the highest down by merging runs of 1, 2, 4 ... scores; qsort() may hold memory while it is broken off */
static void
sort_scores(double *scores, double *scratch, size_t n)
{
	double *from = scores;
	double *to = scratch;

	for (size_t width = 1; width < n; width *= 2)
	{
		double *merged = to;

		for (size_t start = 0; start < n; start += 2 * width)
		{
			size_t middle = n - start < width ? n : start + width;
			size_t end = n - start < 2 * width ? n : start + 2 * width;

			merge_runs(from, to, start, middle, end);
		}
		to = from;
		from = merged;
	}
	if (from != scores)
		memcpy(scores, from, n * sizeof(double));
}

/* Copies the scores out and sorts them; `scores` and `scratch` have room for all rows. The ranking stays as it is. */
bool
csh_ranking_sort(const Ranking *ranking, double *scores, double *scratch, Ranked *ranked,
				 CshError *error)
{
	double *others = scores + ranking->events;
	size_t rows = (size_t) ranking->events + ranking->others;

	memcpy(scores, score_at(ranking, 0), ranking->events * sizeof(double));
	memcpy(others, score_at(ranking, ranking->capacity - ranking->others),
		   ranking->others * sizeof(double));
	for (size_t i = 0; i < rows; i++)
		if (!isfinite(scores[i]))
			return csh_fail(error, corrupt_hint, "state of a ranking is corrupt");
	sort_scores(scores, scratch, ranking->events);
	sort_scores(others, scratch, ranking->others);
	*ranked = (Ranked){
		.event = scores, .other = others, .events = ranking->events, .others = ranking->others};
	return true;
}

/* Adds to a sum and keeps what rounding takes (Neumaier 1974), so that the order of rows does not matter */
static void
sum_add(Sum *sum, double x)
{
	double total = sum->high + x;

	sum->low += fabs(sum->high) >= fabs(x) ? (sum->high - total) + x : (x - total) + sum->high;
	sum->high = total;
}

static double
sum_of(const Sum *sum)
{
	return sum->high + sum->low;
}

/* How many rows have at least a score, and how many of them have just this one */
typedef struct Threshold
{
	uint32_t events;
	uint32_t others;
	uint32_t tied_events;
	uint32_t tied_others;
} Threshold;

/* Goes down to the next score that occurs; false when there is none. -0 and 0 are the same. */
static bool
next_threshold(const Ranked *ranked, Threshold *at)
{
	uint32_t events = at->events;
	uint32_t others = at->others;
	double score;

	if (events == ranked->events && others == ranked->others)
		return false;
	score = events < ranked->events ? ranked->event[events] : -DBL_MAX;
	if (others < ranked->others && ranked->other[others] > score)
		score = ranked->other[others];
	while (at->events < ranked->events && ranked->event[at->events] == score)
		at->events++;
	while (at->others < ranked->others && ranked->other[at->others] == score)
		at->others++;
	at->tied_events = at->events - events;
	at->tied_others = at->others - others;
	return true;
}

/*
 * The share of pairs of an event and another row in which the event has the higher score, ties half (Mann and Whitney
 * 1947), counted in whole numbers; false without a pair.
 *
 *		AUC = sum over events (others below + others tied / 2) / (events * others)
 */
bool
csh_roc_auc(const Ranked *ranked, double *auc)
{
	Threshold at = {0};
	uint64_t halves = 0;

	if (ranked->events == 0 || ranked->others == 0)
		return false;
	while (next_threshold(ranked, &at))
		halves += (uint64_t) at.tied_events *
				  (2 * (uint64_t) (ranked->others - at.others) + at.tied_others);
	*auc = (double) halves / (2.0 * ranked->events * ranked->others);
	return true;
}

/*
 * Average precision, the area under the steps of the precision-recall curve with a step per score that occurs; false
 * without an event.
 *
 *		AP = sum over scores (recall - recall before) * precision         (scikit-learn, average_precision_score)
 */
bool
csh_pr_auc(const Ranked *ranked, double *auc)
{
	Threshold at = {0};
	Sum sum = {0};

	if (ranked->events == 0)
		return false;
	while (next_threshold(ranked, &at))
		sum_add(&sum, at.tied_events * (at.events / ((double) at.events + at.others)));
	*auc = sum_of(&sum) / ranked->events;
	return true;
}

/*
 * How many times as frequent events are among the highest `fraction` of the rows as among all; false without an event.
 * Of rows tied on the border as many as fit count, with the event rate of all that are tied.
 *
 *		lift = event rate of the first fraction * n rows / event rate of all n rows
 */
bool
csh_lift(const Ranked *ranked, double fraction, double *lift)
{
	double rows = (double) ranked->events + ranked->others;
	double wanted = fraction * rows;
	double above = 0;
	double rate = 0;
	uint32_t caught = 0;
	Threshold at = {0};

	if (ranked->events == 0)
		return false;
	while (above < wanted && next_threshold(ranked, &at))
	{
		double tied = (double) at.tied_events + at.tied_others;

		if (above + tied > wanted)
			rate = at.tied_events / tied * ((wanted - above) / wanted);
		else
			caught = at.events;
		above += tied;
	}
	*lift = (caught / wanted + rate) / (ranked->events / rows);
	return true;
}

static bool
is_count(double x)
{
	return x >= 0 && x <= 0x1p53 && x == floor(x);
}

/* Whether a sum can be that of so many numbers from 0 to `most` */
static bool
is_sum(const Sum *sum, double rows, double most)
{
	return sum->high >= 0 && sum->high <= rows * most * (1 + 1e-9) && fabs(sum->low) <= sum->high;
}

/* Whether sums that may have come from anywhere can be those of rows */
bool
csh_calibration_check(const Calibration *calibration, CshError *error)
{
	double rows = csh_calibration_rows(calibration);
	bool good = is_sum(&calibration->square, rows, 1) &&
				is_sum(&calibration->loss, rows, -log(DBL_EPSILON));

	for (int i = 0; i < CALIBRATION_BINS; i++)
		good = good && is_count(calibration->bin[i].rows) && is_count(calibration->bin[i].events) &&
			   calibration->bin[i].events <= calibration->bin[i].rows &&
			   is_sum(&calibration->bin[i].probability, calibration->bin[i].rows, 1);
	return good || csh_fail(error, corrupt_hint, "state of a calibration is corrupt");
}

/* The bins are [0, 0.1], (0.1, 0.2] ... (0.9, 1] (Guo et al. 2017), their edges i * 0.1 as scikit-learn has them */
static int
bin_of(double probability)
{
	int bin = CALIBRATION_BINS - 1;

	while (bin > 0 && probability <= bin * 0.1)
		bin--;
	return bin;
}

/* Takes one row; logarithms are of a probability clipped to [eps, 1 - eps], eps = 2^-52, as scikit-learn 1.2 does */
void
csh_calibration_add(Calibration *calibration, bool event, double probability)
{
	int bin = bin_of(probability);
	double miss = probability - event;
	double clipped = fmin(fmax(probability, DBL_EPSILON), 1 - DBL_EPSILON);

	sum_add(&calibration->square, miss * miss);
	sum_add(&calibration->loss, event ? -log(clipped) : -log1p(-clipped));
	calibration->bin[bin].rows += 1;
	calibration->bin[bin].events += event;
	sum_add(&calibration->bin[bin].probability, probability);
}

static void
sum_append(Sum *into, const Sum *added)
{
	sum_add(into, added->high);
	sum_add(into, added->low);
}

/* Takes the sums of other rows */
void
csh_calibration_append(Calibration *into, const Calibration *added)
{
	sum_append(&into->square, &added->square);
	sum_append(&into->loss, &added->loss);
	for (int i = 0; i < CALIBRATION_BINS; i++)
	{
		into->bin[i].rows += added->bin[i].rows;
		into->bin[i].events += added->bin[i].events;
		sum_append(&into->bin[i].probability, &added->bin[i].probability);
	}
}

double
csh_calibration_rows(const Calibration *calibration)
{
	double rows = 0;

	for (int i = 0; i < CALIBRATION_BINS; i++)
		rows += calibration->bin[i].rows;
	return rows;
}

/* The mean squared difference of the probability and what happened, 1 or 0 (Brier 1950) */
double
csh_brier_score(const Calibration *calibration)
{
	return sum_of(&calibration->square) / csh_calibration_rows(calibration);
}

/* The mean of -ln(probability of what happened) */
double
csh_log_loss(const Calibration *calibration)
{
	return sum_of(&calibration->loss) / csh_calibration_rows(calibration);
}

/*
 * Expected calibration error (Naeini et al. 2015):
 *
 *		ECE = sum over bins rows / n * |mean probability - event rate| = sum over bins |sum of probabilities - events| / n
 */
double
csh_calibration_error(const Calibration *calibration)
{
	double sum = 0;

	for (int i = 0; i < CALIBRATION_BINS; i++)
		sum += fabs(sum_of(&calibration->bin[i].probability) - calibration->bin[i].events);
	return sum / csh_calibration_rows(calibration);
}
