/*
 * what_would_help.c
 *		Searches the cheapest sets of changes that lift a score into the next category.
 *
 * Branch and bound over all sets of up to three levers, each walked in at most 20 strides towards its best; what has
 * been found is then taken back step by step as far as the category is still reached. Every judgement is csh_score() on
 * the vector that csh_what_if() gives, four-byte values included.
 */
#include "what_would_help.h"

#include "interrupt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "explain.h"
#include "what_if.h"

#define MAX_LEVERS HELP_MAX_CHANGES
#define SET_SIZE 3
#define STRIDES 20

/* So many levers are tried in sets, those that bring most for their effort; a scorecard rarely has half of them */
#define MAX_TRIED 24

/* A way of more steps than this is walked in longer ones */
#define MAX_STEPS 1e6

/* A measure that can be moved, from where it stands to where the scorecard likes it best */
typedef struct Lever
{
	int index;
	const char *code;
	double from;
	double best;
	double step; /* negative where less is better */
	double effort;
	bool by_ratio; /* its item counts it in proportion to another measure */
	double gain;   /* points that its best alone brings */
	double worth;  /* those per effort */
} Lever;

/* The places on a lever's way that are tried: nr strides from where it stands, the last one at the end */
typedef struct Way
{
	double end;
	double stride;
	int places;
} Way;

typedef struct Plan
{
	int changes;
	Change change[MAX_LEVERS]; /* in the order of the vector */
	double effort;
} Plan;

typedef struct Search
{
	const Scorecard *card;
	const Vector *vector;
	const MoveCost *costs;
	int threshold;
	double score; /* as it is, before it is rounded */
	int levers;
	/* in the order of the vector, so that users of a month come before those of a day */
	Lever lever[MAX_LEVERS];
	int wanted;
	int plans;
	Plan plan[HELP_MAX_OPTIONS + 1];
	double value[MEASURE_POSITIONS];
	bool observed[MEASURE_POSITIONS];
} Search;

/* The score after some changes */
static void
score_changes(Search *search, const Change *changes, int n, Health *health)
{
	Vector vector = {.value = search->value, .observed = search->observed};

	vector.length = csh_what_if(search->vector, changes, n, search->value, search->observed);
	csh_score(search->card, &vector, health);
}

static bool
reaches(Search *search, const Change *changes, int n)
{
	Health health;

	score_changes(search, changes, n, &health);
	return health.overall >= search->threshold;
}

/* The score before it is rounded */
static double
exact_score(const Scorecard *card, const Health *health)
{
	double sum = 0;
	int weights = 0;

	for (int c = 0; c < COMPONENTS; c++)
	{
		if (!health->observed[c] && !card->missing_is_neutral)
			continue;
		sum += (double) card->weight[c] * health->component[c];
		weights += card->weight[c];
	}
	return weights > 0 ? sum / weights : NEUTRAL_SCORE;
}

/* Where a curve is highest, the nearest such place; where a value already is as high, itself */
static double
best_place(const Curve *curve, double x)
{
	double highest = csh_curve(curve, x);
	double best = x;

	for (int i = 0; i < curve->points; i++)
		if (curve->point[i].y > highest || (curve->point[i].y == highest && best != x &&
											fabs(curve->point[i].x - x) < fabs(best - x)))
		{
			highest = curve->point[i].y;
			best = curve->point[i].x;
		}
	return best;
}

static bool
is_observed(const Vector *vector, int index)
{
	return index < vector->length && vector->observed[index];
}

/* Keeps a value within what a built-in measure can be */
static double
clamp(const Vector *vector, int index, double x)
{
	double low = 0;
	double high = HUGE_VAL;

	switch (index)
	{
		case M_NPS:
			low = -100;
			high = 100;
			break;
		case M_CSAT:
		case M_REVIEW:
			low = 1;
			high = 5;
			break;
		case M_ACTIVE_DAYS:
			high = 30;
			break;
		case M_ACTIVE_DAYS_90:
			high = 90;
			break;
		case M_FEATURES_USED:
			if (is_observed(vector, M_FEATURES_AVAILABLE))
				high = fmax(vector->value[M_FEATURES_AVAILABLE], vector->value[index]);
			break;
		case M_AVG_DAU:
			if (is_observed(vector, M_MAU))
				high = fmax(vector->value[M_MAU], vector->value[index]);
			break;
		default:
			if (index >= MEASURE_COUNT || csh_ratio(index) != NULL || index == M_USAGE_GROWTH ||
				index == M_DAYS_TO_RENEWAL)
				low = -HUGE_VAL;
	}
	return fmin(fmax(x, low), high);
}

/* How many steps a lever takes between two values, one that is begun included */
static double
count_steps(const Lever *lever, double from, double to)
{
	double steps = (to - from) / lever->step;

	return steps > 0 ? fmax(ceil(steps - 1e-3), 1) : 0;
}

static double
effort_of(const Lever *lever, double to)
{
	return count_steps(lever, lever->from, to) * lever->effort;
}

/* Adds the lever that moves an item; where several items have the same one, the best that brings most counts */
static void
add_lever(Search *search, const ScoreInput *input)
{
	const Vector *vector = search->vector;
	const Ratio *ratio = csh_ratio(input->index);
	Lever lever = {.index = input->index, .code = input->code, .from = vector->value[input->index]};
	Change change;
	Health health;
	int i;

	lever.best = best_place(&input->curve, lever.from);
	if (lever.best == lever.from)
		return;
	if (search->costs[input->index].effort == 0 && ratio != NULL)
	{
		double whole = is_observed(vector, ratio->whole) ? vector->value[ratio->whole] : 0;

		if (whole <= 0 || !is_observed(vector, ratio->part))
			return;
		lever.index = ratio->part;
		lever.code = csh_measures[ratio->part].code;
		lever.by_ratio = true;
		lever.from = vector->value[ratio->part];
		lever.best = (lever.best + (ratio->growth ? 1 : 0)) * whole;
		if (ratio->part != M_AVG_DAU) /* counts are whole */
			lever.best = ceil(lever.best - 1e-6);
	}
	lever.effort = search->costs[lever.index].effort;
	lever.best = csh_stored(clamp(vector, lever.index, lever.best));
	if (lever.effort == 0 || lever.best == lever.from)
		return;
	/* no finer than what four bytes tell apart */
	lever.step = fmax(search->costs[lever.index].step, fabs(lever.best - lever.from) / MAX_STEPS);
	lever.step = fmax(lever.step, fmax(fabs(lever.best), fabs(lever.from)) / (1 << 22));
	lever.step = copysign(lever.step, lever.best - lever.from);
	change = (Change){lever.index, lever.best};
	score_changes(search, &change, 1, &health);
	lever.gain = exact_score(search->card, &health) - search->score;
	lever.worth = lever.gain / effort_of(&lever, lever.best);

	for (i = search->levers; i > 0 && search->lever[i - 1].index >= lever.index; i--)
	{
		Lever *other = &search->lever[i - 1];

		if (other->index != lever.index)
			continue;
		if (lever.gain > other->gain ||
			(lever.gain == other->gain &&
			 fabs(lever.best - lever.from) > fabs(other->best - other->from)))
			*other = lever;
		return;
	}
	memmove(&search->lever[i + 1], &search->lever[i],
			sizeof(Lever) * (size_t) (search->levers - i));
	search->lever[i] = lever;
	search->levers++;
}

/* Collects what can be moved: the measures of weighted items that are observed and not at their best */
static void
find_levers(Search *search)
{
	const Scorecard *card = search->card;

	for (int c = 0; c < COMPONENTS; c++)
		for (int i = 0; i < card->items[c]; i++)
		{
			const ScoreItem *item = &card->item[c][i];
			ItemScore scored = csh_score_item(item, search->vector);

			if (item->weight > 0 && card->weight[c] > 0 && scored.observed)
				add_lever(search, scored.by_fallback ? &item->fallback : &item->input);
		}
}

static int
compare_worths(const void *a, const void *b)
{
	double left = *(const double *) a;
	double right = *(const double *) b;

	return left < right ? 1 : left > right ? -1 : 0;
}

/*
 * The way of a lever after the changes that come before it in the vector. With more users a month the same stickiness
 * takes more of them a day, though never more than a month has now.
 */
static Way
find_way(const Search *search, const Lever *lever, const Change *changes, int n)
{
	Way way = {.end = lever->best};
	const double *value = search->vector->value;

	for (int i = 0; i < n && lever->index == M_AVG_DAU && lever->by_ratio; i++)
		if (changes[i].index == M_MAU && changes[i].value > value[M_MAU])
			way.end = fmin(lever->best * changes[i].value / value[M_MAU], value[M_MAU]);
	if (count_steps(lever, lever->from, way.end) == 0)
		way.end = lever->best;
	way.stride = lever->step * ceil(count_steps(lever, lever->from, way.end) / STRIDES);
	way.places = (int) fmax(ceil((way.end - lever->from) / way.stride - 1e-3), 1);
	return way;
}

static Change
change_at(const Lever *lever, const Way *way, int place)
{
	return (Change){
		.index = lever->index,
		.value = csh_stored(place >= way->places ? way->end : lever->from + place * way->stride)};
}

static const Lever *
get_lever(const Search *search, int index)
{
	const Lever *lever = search->lever;

	while (lever->index != index)
		lever++;
	return lever;
}

/* Takes one change back by as many steps as leave the category reached; returns whether by any */
static bool
take_back(Search *search, Plan *plan, int nr)
{
	Change *change = &plan->change[nr];
	const Lever *lever = get_lever(search, change->index);
	double to = change->value;
	int reached = 0;
	int missed = (int) count_steps(lever, lever->from, to); /* back at its start */

	while (missed - reached > 1)
	{
		int middle = reached + (missed - reached) / 2;

		change->value = csh_stored(to - middle * lever->step);
		if (reaches(search, plan->change, plan->changes))
			reached = middle;
		else
			missed = middle;
	}
	change->value = csh_stored(to - reached * lever->step);
	return change->value != to;
}

/* Leaves one change out where the category is reached all the same */
static bool
leave_out(Search *search, Plan *plan, int nr)
{
	Change without[MAX_LEVERS];
	int n = 0;

	for (int i = 0; i < plan->changes; i++)
		if (i != nr)
			without[n++] = plan->change[i];
	if (!reaches(search, without, n))
		return false;
	memcpy(plan->change, without, sizeof(Change) * (size_t) n);
	plan->changes = n;
	return true;
}

/* Takes away what is not needed, until no change can be left out or be a step smaller */
static void
minimise(Search *search, Plan *plan)
{
	bool again = true;

	while (again)
	{
		again = false;
		for (int i = 0; i < plan->changes; i++)
			if (leave_out(search, plan, i))
			{
				again = true;
				i--;
			}
			else if (take_back(search, plan, i))
				again = true;
	}
	plan->effort = 0;
	for (int i = 0; i < plan->changes; i++)
		plan->effort += effort_of(get_lever(search, plan->change[i].index), plan->change[i].value);
}

static bool
same_measures(const Plan *a, const Plan *b)
{
	if (a->changes != b->changes)
		return false;
	for (int i = 0; i < a->changes; i++)
		if (a->change[i].index != b->change[i].index)
			return false;
	return true;
}

/* Whether a plan comes before another: less effort, then fewer changes */
static bool
is_better(const Plan *a, const Plan *b)
{
	return a->effort < b->effort || (a->effort == b->effort && a->changes < b->changes);
}

/* Keeps a plan among the best, one for each set of measures */
static void
keep(Search *search, const Plan *plan)
{
	int i;

	for (i = 0; i < search->plans && !same_measures(&search->plan[i], plan); i++)
		;
	if (i < search->plans)
	{
		if (!is_better(plan, &search->plan[i]))
			return;
		search->plans--;
		memmove(&search->plan[i], &search->plan[i + 1],
				sizeof(Plan) * (size_t) (search->plans - i));
	}
	for (i = search->plans; i > 0 && is_better(plan, &search->plan[i - 1]); i--)
		search->plan[i] = search->plan[i - 1];
	search->plan[i] = *plan;
	if (search->plans < search->wanted)
		search->plans++;
}

/* What a plan must cost less than to be kept */
static double
bound(const Search *search)
{
	return search->plans < search->wanted ? HUGE_VAL : search->plan[search->plans - 1].effort;
}

/* The last lever of a set: the first place on its way that reaches the category is found by halving */
static void
finish_set(Search *search, const Lever *lever, Change *changes, int n, double effort)
{
	Way way = find_way(search, lever, changes, n);
	int missed = 0;
	int reached = way.places;
	Plan plan;

	while (reached > 0 &&
		   effort + effort_of(lever, change_at(lever, &way, reached).value) >= bound(search))
		reached--;
	changes[n] = change_at(lever, &way, reached);
	if (reached == 0 || !reaches(search, changes, n + 1))
		return; /* too dear, or not enough */
	while (reached - missed > 1)
	{
		int middle = missed + (reached - missed) / 2;

		changes[n] = change_at(lever, &way, middle);
		if (reaches(search, changes, n + 1))
			reached = middle;
		else
			missed = middle;
	}
	changes[n] = change_at(lever, &way, reached);
	plan.changes = n + 1;
	memcpy(plan.change, changes, sizeof(Change) * (size_t) (n + 1));
	minimise(search, &plan);
	keep(search, &plan);
}

/* Sets levers to their best */
static void
set_best(const Search *search, const int *levers, int from, int to, Change *changes)
{
	for (int i = from; i < to; i++)
	{
		const Lever *lever = &search->lever[levers[i]];
		Way way = find_way(search, lever, changes, i);

		changes[i] = change_at(lever, &way, way.places);
	}
}

/* Walks the levers of a set from the nr-th on, those before it being set, unless those reach the category by themselves */
static void
walk_set(Search *search, const int *levers, int n, int nr, Change *changes, double effort)
{
	const Lever *lever = &search->lever[levers[nr]];
	Way way;

	if (reaches(search, changes, nr))
		return;
	if (nr == n - 1)
	{
		finish_set(search, lever, changes, nr, effort);
		return;
	}
	way = find_way(search, lever, changes, nr);
	for (int place = 1; place <= way.places; place++)
	{
		double dearer;

		csh_interrupt();
		changes[nr] = change_at(lever, &way, place);
		dearer = effort + effort_of(lever, changes[nr].value);
		if (dearer >= bound(search))
			return;
		set_best(search, levers, nr + 1, n, changes);
		if (reaches(search, changes, n))
			walk_set(search, levers, n, nr + 1, changes, dearer);
	}
}

/*
 * Whether a set holds users of a month and of a day: each takes room from the other, so that both at their best need not
 * be the most that they bring.
 */
static bool
compete(const Search *search, const int *levers, int n)
{
	int users = 0;

	for (int i = 0; i < n; i++)
		users +=
			search->lever[levers[i]].index == M_MAU || search->lever[levers[i]].index == M_AVG_DAU;
	return users == 2;
}

/* Tries every set of a size, but for those that do not reach the category with all levers at their best */
static void
try_sets(Search *search, const int *tried, int n, int size)
{
	int pick[SET_SIZE];
	int levers[SET_SIZE];
	Change changes[SET_SIZE];

	for (int i = 0; i < size; i++)
		pick[i] = i;
	while (size <= n)
	{
		int i = size - 1;

		for (int j = 0; j < size; j++)
			levers[j] = tried[pick[j]];
		csh_interrupt();
		set_best(search, levers, 0, size, changes);
		if (compete(search, levers, size) || reaches(search, changes, size))
			walk_set(search, levers, size, 0, changes, 0);
		while (i >= 0 && pick[i] == n - size + i)
			i--;
		if (i < 0)
			return;
		pick[i]++;
		for (int j = i + 1; j < size; j++)
			pick[j] = pick[j - 1] + 1;
	}
}

/* Chooses the levers that sets are made of, those that bring most for their effort where there are too many */
static int
choose_levers(const Search *search, int *tried)
{
	double worths[MAX_LEVERS] = {0};
	double least;
	int ties = MAX_TRIED;
	int n = 0;

	for (int i = 0; i < search->levers; i++)
		worths[i] = search->lever[i].worth;
	qsort(worths, (size_t) search->levers, sizeof(double), compare_worths);
	least = search->levers <= MAX_TRIED ? -HUGE_VAL : worths[MAX_TRIED - 1];
	for (int i = 0; i < search->levers; i++)
		ties -= search->lever[i].worth > least;
	for (int i = 0; i < search->levers; i++)
		if (search->lever[i].worth > least || (search->lever[i].worth == least && ties-- > 0))
			tried[n++] = i;
	return n;
}

/*
 * Where no small set will do: every lever but one that may be left out at its best, then all taken back that is not
 * needed, the least worth first
 */
static void
try_everything(Search *search, int left_out)
{
	int levers[MAX_LEVERS];
	double worths[MAX_LEVERS];
	Plan plan = {0};

	for (int i = 0; i < search->levers; i++)
	{
		if (search->lever[i].index == left_out)
			continue;
		worths[plan.changes] = search->lever[i].worth;
		levers[plan.changes++] = i;
	}
	set_best(search, levers, 0, plan.changes, plan.change);
	if (!reaches(search, plan.change, plan.changes))
		return;
	qsort(worths, (size_t) plan.changes, sizeof(double), compare_worths);
	for (int w = plan.changes - 1; w >= 0; w--)
		for (int i = 0; i < plan.changes; i++)
		{
			if (get_lever(search, plan.change[i].index)->worth != worths[w])
				continue;
			if (leave_out(search, &plan, i))
				break;
			take_back(search, &plan, i);
		}
	minimise(search, &plan);
	keep(search, &plan);
}

/* The change that moves a measure: its own, that of a part of it, or of what it follows; else the first */
static int
mover_of(const Plan *plan, int index)
{
	const Ratio *ratio = csh_ratio(index);
	const int candidates[] = {index, ratio != NULL ? ratio->part : M_MAU,
							  ratio != NULL ? ratio->whole : M_MAU, M_MAU, M_AVG_DAU};

	for (size_t k = 0; k < sizeof(candidates) / sizeof(candidates[0]); k++)
		for (int i = 0; i < plan->changes; i++)
			if (plan->change[i].index == candidates[k])
				return i;
	return 0;
}

/* What a plan comes to, and which of its changes brings how much of it */
static void
describe(Search *search, const Plan *plan, Help *help)
{
	Vector after = {.value = search->value, .observed = search->observed};
	Part parts[EXPLAIN_MAX_PARTS];
	Health before;
	Health health;
	int n;

	after.length =
		csh_what_if(search->vector, plan->change, plan->changes, search->value, search->observed);
	csh_score(search->card, search->vector, &before);
	csh_score(search->card, &after, &health);
	help->overall = health.overall;
	help->effort = plan->effort;
	help->changes = plan->changes;
	for (int i = 0; i < plan->changes; i++)
	{
		const Lever *lever = get_lever(search, plan->change[i].index);

		help->change[i] = (HelpChange){.index = lever->index,
									   .code = lever->code,
									   .from = lever->from,
									   .to = plan->change[i].value};
	}
	n = csh_explain(search->card, search->vector, search->card, &after, parts);
	for (int i = 0; i < n; i++)
		if (parts[i].cause != CAUSE_ROUNDING)
			help->change[mover_of(plan, parts[i].index)].hundredths += parts[i].hundredths;
	if (plan->changes == 1)
		help->change[0].hundredths = 100 * (health.overall - before.overall);
}

/*
 * The cheapest sets of changes that lift a score to the next category, each with other measures, as many as asked for and
 * at most HELP_MAX_OPTIONS. In each, no change can be left out or be a step smaller. Returns how many there are: none for
 * a healthy score, or when nothing reaches the category.
 */
int
csh_what_would_help(const Scorecard *card, const Vector *vector, const MoveCost *costs, int options,
					Help *found)
{
	Search search;
	Health health;
	int tried[MAX_LEVERS];
	int n;

	csh_score(card, vector, &health);
	if (health.overall >= 80)
		return 0;
	memset(&search, 0, sizeof(search));
	search.card = card;
	search.vector = vector;
	search.costs = costs;
	search.threshold = health.overall < 40 ? 40 : health.overall < 60 ? 60 : 80;
	search.score = exact_score(card, &health);
	search.wanted = options;
	find_levers(&search);
	n = choose_levers(&search, tried);
	for (int size = 1; size <= SET_SIZE; size++)
		try_sets(&search, tried, n, size);
	for (int i = 0; i < 3 && search.plans == 0; i++)
		try_everything(&search, (const int[]){-1, M_MAU, M_AVG_DAU}[i]);
	for (int i = 0; i < search.plans; i++)
		describe(&search, &search.plan[i], &found[i]);
	return search.plans;
}
