/*
 * explain.c
 *		Splits the change of an overall score between two ends into what each cause contributed.
 *
 * The parts are Shapley values (L. S. Shapley, "A value for n-person games", 1953): the mean, over all orders in which
 * the causes could have come, of what the score moves when a cause comes. A coalition's score is the overall score before
 * its last rounding. Each item of a scorecard is taken whole from one end or the other, never from a vector mixed of both
 * ends, which would be a state that cannot be.
 */
#include "explain.h"

#include "interrupt.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

const char *const csh_cause_names[] = {"configuration", "missing_data", "measure", "rounding"};

/* Players: two causes of their own, then a measure each, by its place in the vector */
#define CONFIGURATION 0
#define MISSING_DATA 1
#define FIRST_MEASURE 2
#define PLAYERS (FIRST_MEASURE + MEASURE_POSITIONS)
#define NOBODY (-1)

/* The score is a sum over the components, and 50 where none counts; each term is split by itself */
#define TERMS (COMPONENTS + 1)
#define NEUTRAL_TERM COMPONENTS

/* Up to so many players of a term every coalition is tried, beyond that so many orders, each also backwards */
#define EXACT_PLAYERS 16
#define ORDERS 4096

/* Below any difference that a score can show, far above the error of the sums here */
#define TINY 1e-9

/* An item of a scorecard at both ends */
typedef struct EndItem
{
	int owner; /* the player that takes it from one end to the other */
	bool observed[2];
	double score[2];
} EndItem;

/* A scorecard, and what its components come to in the coalition at hand */
typedef struct Side
{
	const Scorecard *card;
	EndItem item[COMPONENTS][SCORECARD_MAX_ITEMS];
	bool counted[COMPONENTS];
	int score[COMPONENTS];
} Side;

typedef struct Game
{
	int sides; /* 1 while both ends have the same scorecard */
	Side side[2];
	bool in[PLAYERS];          /* the coalition */
	unsigned touches[PLAYERS]; /* a bit per side and component with an item of the player */
	bool shares[PLAYERS];      /* may change which components count, and so every term */
	const char *code[PLAYERS];
	double value[PLAYERS][TERMS];
} Game;

static unsigned
touch(int side, int c)
{
	return 1u << (side * COMPONENTS + c);
}

/* Who moves an item: see doc/explain.md; what is the same at both ends is moved by nobody */
static int
find_owner(const ScoreItem *item, const ItemScore end[2])
{
	if (end[0].observed == end[1].observed && (!end[0].observed || end[0].score == end[1].score))
		return NOBODY;
	if (end[0].guarded != end[1].guarded)
		return FIRST_MEASURE + item->guard.index;
	if (end[0].observed != end[1].observed)
		return MISSING_DATA;
	if (end[0].by_fallback && end[1].by_fallback)
		return FIRST_MEASURE + item->fallback.index;
	return FIRST_MEASURE + item->input.index;
}

static const char *
owner_code(const ScoreItem *item, int owner)
{
	if (item->has_guard && owner == FIRST_MEASURE + item->guard.index)
		return item->guard.code;
	if (item->has_fallback && owner == FIRST_MEASURE + item->fallback.index)
		return item->fallback.code;
	return item->input.code;
}

/* Looks at every weighted item of one scorecard at both ends and notes whose it is */
static void
set_side(Game *game, int s, const Scorecard *card, const Vector *const end[2])
{
	Side *side = &game->side[s];

	side->card = card;
	for (int c = 0; c < COMPONENTS; c++)
		for (int i = 0; i < card->items[c]; i++)
		{
			const ScoreItem *item = &card->item[c][i];
			EndItem *ends = &side->item[c][i];
			ItemScore scored[2];

			ends->owner = NOBODY;
			if (item->weight == 0 || card->weight[c] == 0)
				continue;
			for (int e = 0; e < 2; e++)
			{
				scored[e] = csh_score_item(item, end[e]);
				ends->observed[e] = scored[e].observed;
				ends->score[e] = scored[e].score;
			}
			ends->owner = find_owner(item, scored);
			if (ends->owner == NOBODY)
				continue;
			game->touches[ends->owner] |= touch(s, c);
			game->shares[ends->owner] |= scored[0].observed != scored[1].observed;
			if (ends->owner >= FIRST_MEASURE && game->code[ends->owner] == NULL)
				game->code[ends->owner] = owner_code(item, ends->owner);
		}
}

/* Scores a component as csh_score() does, each item at the end where the coalition has it */
static void
score_component(Game *game, int s, int c)
{
	Side *side = &game->side[s];
	double sum = 0;
	double weights = 0;

	for (int i = 0; i < side->card->items[c]; i++)
	{
		const EndItem *item = &side->item[c][i];
		double weight = side->card->item[c][i].weight;
		int end = item->owner != NOBODY && game->in[item->owner];

		if (weight == 0 || !item->observed[end])
			continue;
		sum += weight * item->score[end];
		weights += weight;
	}
	side->counted[c] = weights > 0 || side->card->missing_is_neutral;
	side->score[c] = csh_round_score(weights > 0 ? sum / weights : NEUTRAL_SCORE);
}

/* Makes the coalition empty, or whole */
static void
set_all(Game *game, bool in)
{
	memset(game->in, in, sizeof(game->in));
	for (int s = 0; s < game->sides; s++)
		for (int c = 0; c < COMPONENTS; c++)
			score_component(game, s, c);
}

/* Takes a player into the coalition, or out of it */
static void
flip(Game *game, int player)
{
	game->in[player] = !game->in[player];
	for (int s = 0; s < game->sides; s++)
		for (int c = 0; c < COMPONENTS; c++)
			if (game->touches[player] & touch(s, c))
				score_component(game, s, c);
}

/* What the coalition's score is the sum of */
static void
get_terms(const Game *game, double *term)
{
	const Side *side = &game->side[game->sides == 2 && game->in[CONFIGURATION]];
	int weights = 0;

	for (int c = 0; c < COMPONENTS; c++)
		weights += side->counted[c] ? side->card->weight[c] : 0;
	for (int c = 0; c < COMPONENTS; c++)
		term[c] = weights > 0 && side->counted[c]
					  ? (double) side->card->weight[c] * side->score[c] / weights
					  : 0;
	term[NEUTRAL_TERM] = weights > 0 ? 0 : NEUTRAL_SCORE;
}

static double
get_value(const Game *game)
{
	double term[TERMS];
	double sum = 0;

	get_terms(game, term);
	for (int t = 0; t < TERMS; t++)
		sum += term[t];
	return sum;
}

/*
 * Splits one term among its players by trying all coalitions, each differing from the one before by a single player
 * (Gray code). A player gains share(size - 1) x term from coalitions it is in and loses share(size) x term of the others.
 */
static void
split_exactly(Game *game, int t, const int *players, int n)
{
	double share[EXACT_PLAYERS];
	int size = 0;

	for (int k = 0; k < n; k++) /* k! (n - 1 - k)! / n! */
		share[k] = k == 0 ? 1.0 / n : share[k - 1] * k / (n - k);
	set_all(game, false);
	for (uint32_t nr = 1;; nr++)
	{
		double term[TERMS];
		int flipped = 0;

		get_terms(game, term);
		for (int i = 0; i < n; i++)
			if (game->in[players[i]])
				game->value[players[i]][t] += share[size > 0 ? size - 1 : 0] * term[t];
			else
				game->value[players[i]][t] -= share[size] * term[t];
		if (nr == UINT32_C(1) << n)
			return;
		while (!(nr >> flipped & 1))
			flipped++;
		flip(game, players[flipped]);
		size += game->in[players[flipped]] ? 1 : -1;
	}
}

/* Lets the players come in one order and notes what each moves */
static void
walk(Game *game, const int *order, int n, int step)
{
	double before[TERMS];
	double after[TERMS];

	set_all(game, false);
	get_terms(game, before);
	for (int i = 0; i < n; i++, order += step)
	{
		flip(game, *order);
		get_terms(game, after);
		for (int t = 0; t < TERMS; t++)
			game->value[*order][t] += (after[t] - before[t]) / (2 * ORDERS);
		memcpy(before, after, sizeof(before));
	}
}

/*
 * Estimates the split from orders drawn by a fixed generator, each walked both ways. Whatever the orders, the parts sum
 * to the whole change; walking both ways makes those of the way back their opposites.
 */
static void
split_by_sample(Game *game, const int *players, int n)
{
	int order[PLAYERS];
	uint64_t state = UINT64_C(0x9e3779b97f4a7c15);

	memcpy(order, players, sizeof(int) * (size_t) n);
	for (int round = 0; round < ORDERS; round++)
	{
		csh_interrupt();
		for (int i = n - 1; i > 0; i--)
		{
			int other;
			int swapped = order[i];

			state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
			other = (int) ((state >> 33) % (uint64_t) (i + 1));
			order[i] = order[other];
			order[other] = swapped;
		}
		walk(game, order, n, 1);
		walk(game, order + n - 1, n, -1);
	}
}

/* Those of the players who can change a term */
static int
find_term_players(const Game *game, int t, const int *players, int n, int *found)
{
	unsigned touched = t == NEUTRAL_TERM ? 0 : touch(0, t) | touch(1, t);
	int m = 0;

	for (int i = 0; i < n; i++)
		if (game->shares[players[i]] || (game->touches[players[i]] & touched))
			found[m++] = players[i];
	return m;
}

/* Splits the change among the players, term by term; where one has too many of them, all at once from a sample */
static void
split(Game *game, const int *players, int n)
{
	for (int t = 0; t < TERMS; t++)
	{
		int found[PLAYERS];
		int m = find_term_players(game, t, players, n, found);

		if (m > EXACT_PLAYERS)
		{
			memset(game->value, 0, sizeof(game->value));
			split_by_sample(game, players, n);
			return;
		}
		if (m > 0)
			split_exactly(game, t, found, m);
	}
}

/* Hundredths of a point; halves go away from 0, and so does what lies a rounding error below */
static int
to_hundredths(double points)
{
	int rounded = (int) floor(fabs(points) * 100 + 0.5 + 1e-7);

	return points < 0 ? -rounded : rounded;
}

/* The first of the greatest values; what differs by a rounding error alone is equal */
static int
find_greatest(const double *values, int n)
{
	int best = -1;

	for (int i = 0; i < n; i++)
		if (fabs(values[i]) > (best < 0 ? TINY : fabs(values[best]) + TINY))
			best = i;
	return best;
}

static int
compare_parts(const void *a, const void *b)
{
	const Part *left = a;
	const Part *right = b;
	int difference = abs(right->hundredths) - abs(left->hundredths);

	if (difference == 0)
		difference = (int) left->cause - (int) right->cause;
	return difference != 0 ? difference : left->index - right->index;
}

/* The component that a player moved most; the first of its own where all that moved is the neutral 50 */
static int
find_component(const Game *game, int player)
{
	int found = find_greatest(game->value[player], COMPONENTS);

	for (int c = 0; c < COMPONENTS && found < 0; c++)
		if (game->touches[player] & (touch(0, c) | touch(1, c)))
			found = c;
	return found;
}

/* Sets up what happens between two ends and collects who has a hand in it; returns how many */
static int
set_game(Game *game, const Scorecard *const card[2], const Vector *const end[2], int *players)
{
	int n = 0;

	memset(game, 0, sizeof(*game));
	game->sides = memcmp(card[0], card[1], sizeof(Scorecard)) == 0 ? 1 : 2;
	game->shares[CONFIGURATION] = game->sides == 2;
	for (int s = 0; s < game->sides; s++)
		set_side(game, s, card[s], end);
	for (int p = 0; p < PLAYERS; p++)
		if (game->shares[p] || game->touches[p] != 0)
			players[n++] = p;
	return n;
}

/*
 * Rounds the parts so that they sum to the rounded change: what is left over goes to the greatest. A cause that is left
 * alone takes the whole change of the overall score, since there is nothing to split.
 */
static void
round_parts(Part *parts, const double *points, int n, double change, int overall_change)
{
	int greatest = find_greatest(points, n);
	int rest = to_hundredths(change);
	int others = 0;

	if (greatest < 0)
		return;
	for (int i = 0; i < n; i++)
	{
		parts[i].hundredths = to_hundredths(points[i]);
		rest -= parts[i].hundredths;
		others += i != greatest && parts[i].hundredths != 0;
	}
	parts[greatest].hundredths += rest;
	if (others == 0)
		parts[greatest].hundredths = 100 * overall_change;
}

/*
 * The parts of the change from one end to the other that are not 0, the largest first and rounding last; returns how
 * many. In hundredths they sum to the change of the overall score exactly.
 */
int
csh_explain(const Scorecard *card_from, const Vector *from, const Scorecard *card_to,
			const Vector *to, Part *parts)
{
	const Scorecard *const card[2] = {card_from, card_to};
	const Vector *const end[2] = {from, to};
	Game game;
	Health health[2];
	int players[PLAYERS];
	double points[EXPLAIN_MAX_PARTS];
	int n = set_game(&game, card, end, players);
	int listed = 0;
	int rest;
	double change;

	set_all(&game, false);
	change = -get_value(&game);
	set_all(&game, true);
	change += get_value(&game);
	split(&game, players, n);
	for (int i = 0; i < n; i++)
	{
		const double *value = game.value[players[i]];

		parts[i] = (Part){.cause = players[i] == CONFIGURATION  ? CAUSE_CONFIGURATION
								   : players[i] == MISSING_DATA ? CAUSE_MISSING_DATA
																: CAUSE_MEASURE,
						  .component = find_component(&game, players[i]),
						  .index = players[i] >= FIRST_MEASURE ? players[i] - FIRST_MEASURE : -1,
						  .code = game.code[players[i]]};
		points[i] = 0;
		for (int t = 0; t < TERMS; t++)
			points[i] += value[t];
	}
	csh_score(card_from, from, &health[0]);
	csh_score(card_to, to, &health[1]);
	rest = 100 * (health[1].overall - health[0].overall);
	round_parts(parts, points, n, change, health[1].overall - health[0].overall);

	for (int i = 0; i < n; i++)
	{
		rest -= parts[i].hundredths;
		if (parts[i].hundredths != 0)
			parts[listed++] = parts[i];
	}
	qsort(parts, (size_t) listed, sizeof(Part), compare_parts);
	if (rest != 0)
		parts[listed++] =
			(Part){.cause = CAUSE_ROUNDING, .component = -1, .index = -1, .hundredths = rest};
	return listed;
}
