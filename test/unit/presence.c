/*
 * presence.c
 *		Packs of activity against a plain table of who was active when.
 */
#include "presence.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define USERS 12
#define FEATURES 5
#define LAST_DAY 700

typedef struct Bytes
{
	size_t length;
	uint8_t *data;
} Bytes;

/* The plain truth that packs are compared with; index 0 of a day is unused, as in packs */
typedef struct Truth
{
	bool user[USERS][LAST_DAY + 1];
	bool feature[FEATURES][LAST_DAY + 1];
	double count[RINGS][LAST_DAY + 1];
} Truth;

/* Keys spread over the whole range, as hashes do */
static uint64_t
user_hash(int user)
{
	return (uint64_t) (user + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static Observation
seen(int user, int feature, int day, uint32_t logins, uint32_t minutes, uint32_t events)
{
	return (Observation){.user = user_hash(user),
						 .has_user = user >= 0,
						 .feature = (uint64_t) feature,
						 .has_feature = feature >= 0,
						 .day = (uint16_t) day,
						 .count = {logins, minutes, events}};
}

static Observation
random_seen(int first_day, int days)
{
	uint64_t r = tap_random();

	return seen((int) (r % (USERS + 1)) - 1, (int) (r >> 8 & 0xff) % (FEATURES + 1) - 1,
				first_day + (int) (r >> 16 & 0xffff) % days, r >> 32 & 1, r >> 34 & 1023,
				r >> 44 & 3);
}

static void
note(Truth *truth, const Observation *o)
{
	for (int u = 0; u < USERS && o->has_user; u++)
		if (user_hash(u) == o->user)
			truth->user[u][o->day] = true;
	if (o->has_feature)
		truth->feature[o->feature][o->day] = true;
	for (int r = 0; r < RINGS; r++)
		truth->count[r][o->day] += o->count[r];
}

static bool
any_day(const bool *active, int from, int to)
{
	for (int d = from < 1 ? 1 : from; d <= to && d <= LAST_DAY; d++)
		if (active[d])
			return true;
	return false;
}

/*
 * The statistics by their definitions: windows are (day - n, day]. Of the quarter those of the days that a pack with the
 * given newest day keeps, and whether anybody was active on its other days.
 */
static PresenceStats
plain_stats(const Truth *truth, int newest, int day)
{
	PresenceStats s = {0};
	int kept = newest - (PACK_DAYS - 1);
	int counted = newest - (RING_DAYS - 1);

	for (int u = 0; u < USERS; u++)
	{
		const bool *active = truth->user[u];
		bool month = any_day(active, day - 29, day);
		bool previous = any_day(active, day - 59, day - 30);

		s.dau += any_day(active, day, day);
		s.wau += any_day(active, day - 6, day);
		s.wau_previous += any_day(active, day - 13, day - 7);
		s.mau += month;
		s.mau_previous += previous;
		s.new_users += month && !any_day(active, 1, day - 30);
		s.lost_users += previous && !month;
		s.qau += any_day(active, kept > day - 89 ? kept : day - 89, day);
		s.users_ever += any_day(active, 1, day);
		s.users_cut = s.users_cut != 0 || any_day(active, day - 89, kept - 1);
		for (int age = 0; age < 30; age++)
			s.user_days += any_day(active, day - age, day - age);
		for (int d = 1; d <= day && d <= LAST_DAY; d++)
			if (active[d])
			{
				s.first_day = s.first_day == 0 || d < s.first_day ? d : s.first_day;
				s.last_day = d > s.last_day ? d : s.last_day;
			}
	}
	for (int age = 0; age < 90 && day - age >= kept; age++)
	{
		bool anybody = false;

		for (int u = 0; u < USERS; u++)
			anybody |= any_day(truth->user[u], day - age, day - age);
		s.active[age / 30] += anybody * (double) (1 << age % 30);
	}
	for (int f = 0; f < FEATURES; f++)
		s.features_used += any_day(truth->feature[f], day - 29, day);
	s.events_cut = day - 89 < counted;
	for (int d = day - 89; d <= day; d++)
	{
		if (d < 1 || d > LAST_DAY)
			continue;
		s.events_quarter += d >= counted ? truth->count[RING_EVENTS][d] : 0;
		s.events_previous += d > day - 60 && d <= day - 30 ? truth->count[RING_EVENTS][d] : 0;
		s.events += d > day - 30 ? truth->count[RING_EVENTS][d] : 0;
		s.logins += d > day - 30 ? truth->count[RING_LOGINS][d] : 0;
		s.minutes += d > day - 30 ? truth->count[RING_MINUTES][d] : 0;
	}
	s.minutes /= 10;
	return s;
}

static Bytes
build(const Observation *list, size_t n)
{
	Observation *copy = malloc(n * sizeof(Observation));
	Bytes out = {0, malloc(csh_pack_build_bound(n))};

	memcpy(copy, list, n * sizeof(Observation));
	out.length = csh_pack_build(copy, n, out.data);
	free(copy);
	return out;
}

static Pack
open_pack(Bytes bytes)
{
	CshError error;
	Pack pack = {0};

	if (!csh_pack_open(bytes.data, bytes.length, &pack, &error))
		ok(false, "a pack of our own is refused: %s", error.message);
	return pack;
}

static Bytes
merge(Bytes a, Bytes b)
{
	Pack pa = open_pack(a);
	Pack pb = open_pack(b);
	Bytes out = {0, malloc(csh_pack_merge_bound(&pa, &pb))};

	out.length = csh_pack_merge(&pa, &pb, out.data);
	return out;
}

static Bytes
slice(Bytes whole, uint32_t segment, uint32_t segments)
{
	Pack pack = open_pack(whole);
	Bytes out = {0, malloc(csh_pack_segment_bound(&pack, segment, segments))};

	out.length = csh_pack_segment(&pack, segment, segments, out.data);
	return out;
}

static bool
same(Bytes a, Bytes b)
{
	return a.length == b.length && memcmp(a.data, b.data, a.length) == 0;
}

static bool
same_stats(const PresenceStats *a, const PresenceStats *b)
{
	for (int i = 0; i < PRESENCE_STATS_FIELDS; i++)
	{
		double x = ((const double *) a)[i];
		double y = ((const double *) b)[i];

		if (x - y > 1e-6 || y - x > 1e-6)
		{
			printf("# field %d: %g, expected %g\n", i, x, y);
			return false;
		}
	}
	return true;
}

static bool
stats_of(Bytes bytes, int day, PresenceStats *stats)
{
	Pack pack = open_pack(bytes);
	CshError error;

	return csh_pack_stats(&pack, day, stats, &error);
}

/* How many days of reach, and of the future, differ from the truth */
static int
differing_days(Bytes bytes, const Truth *truth)
{
	Pack pack = open_pack(bytes);
	int wrong = 0;

	for (int day = pack.newest - PACK_REACH; day <= pack.newest + 200; day++)
	{
		PresenceStats expected = plain_stats(truth, pack.newest, day);
		PresenceStats got;

		if (day < 1)
			continue;
		if (!stats_of(bytes, day, &got) || !same_stats(&got, &expected))
		{
			printf("# day %d of a pack whose newest is %d\n", day, pack.newest);
			wrong++;
		}
	}
	return wrong;
}

static void
random_packs(void)
{
	int wrong = 0, order = 0, split = 0, commute = 0, associate = 0, idempotent = 0;

	for (int round = 0; round < 150; round++)
	{
		Observation list[240];
		Truth *truth = calloc(1, sizeof(Truth));
		size_t n = 1 + tap_random() % 240;
		size_t cut = tap_random() % n;
		int span = 1 + (int) (tap_random() % 600);
		Bytes whole, again, left, right, joined, third, other;

		for (size_t i = 0; i < n; i++)
		{
			list[i] = random_seen(1, span);
			note(truth, &list[i]);
		}
		whole = build(list, n);
		wrong += differing_days(whole, truth);

		for (size_t i = n - 1; i > 0; i--)
		{
			size_t j = tap_random() % (i + 1);
			Observation swapped = list[i];

			list[i] = list[j];
			list[j] = swapped;
		}
		again = build(list, n);
		order += !same(whole, again);
		if (cut > 0)
		{
			left = build(list, cut);
			right = build(list + cut, n - cut);
			joined = merge(left, right);
			split += !same(whole, joined);
			free(joined.data);
			joined = merge(right, left);
			commute += !same(whole, joined);
			free(joined.data);
			free(again.data);
			again = build(list, 1);
			third = merge(again, left);
			joined = merge(third, right);
			other = merge(left, right);
			free(third.data);
			third = merge(again, other);
			associate += !same(third, joined);
			free(joined.data);
			free(third.data);
			free(other.data);
			free(left.data);
			free(right.data);
		}
		joined = merge(whole, whole);
		{
			Pack p = open_pack(whole), q = open_pack(joined);

			idempotent +=
				p.users != q.users || p.features != q.features ||
				memcmp(p.user_keys, q.user_keys, (size_t) (p.users + p.features) * PACK_KEY) != 0;
		}
		free(joined.data);
		free(whole.data);
		free(again.data);
		free(truth);
	}
	ok(wrong == 0,
	   "random packs: every statistic of every day in reach is that of the plain table");
	ok(order == 0, "the order of observations does not matter");
	ok(split == 0, "two halves merged are the whole, byte by byte");
	ok(commute == 0, "merge(a, b) = merge(b, a)");
	ok(associate == 0, "merge(merge(a, b), c) = merge(a, merge(b, c))");
	ok(idempotent == 0, "a pack merged with itself has the same presence");
}

/* One user, then a pause, then another pack: the advance of keys across the words of the bitmap */
static void
pauses(void)
{
	static const int pause[] = {0,   1,   29,  30,  63,  64,  65,  126, 127,
								128, 129, 191, 192, 193, 255, 256, 500};

	for (size_t i = 0; i < sizeof(pause) / sizeof(pause[0]); i++)
	{
		Truth *truth = calloc(1, sizeof(Truth));
		Observation before[130];
		Observation after = seen(1, 1, 130 + pause[i], 1, 15, 1);
		Bytes a, b, ab, ba;

		for (int d = 0; d < 130; d++)
		{
			before[d] = seen(0, d % 3 == 0 ? 0 : -1, d + 1, 0, 10, 2);
			note(truth, &before[d]);
		}
		note(truth, &after);
		a = build(before, 130);
		b = build(&after, 1);
		ab = merge(a, b);
		ba = merge(b, a);
		ok(differing_days(ab, truth) == 0 && same(ab, ba),
		   "a pause of %d days after 130 days of activity", pause[i]);
		free(a.data);
		free(b.data);
		free(ab.data);
		free(ba.data);
		free(truth);
	}
}

/* A user comes back after a long silence: the day before it stays exact while it is within reach */
static void
long_silence(void)
{
	Observation list[] = {seen(0, -1, 10, 0, 0, 1), seen(0, -1, 40, 0, 0, 1),
						  seen(0, -1, 300, 0, 0, 1)};
	PresenceStats s;
	Bytes pack = build(list, 3);

	ok(stats_of(pack, 299, &s) && s.last_day == 40 && s.first_day == 10 && s.mau == 0,
	   "on the day before the return "
	   "the last one was 259 days ago");
	ok(stats_of(pack, 300, &s) && s.last_day == 300 && s.new_users == 0 && s.mau == 1,
	   "a user who returns is not new");
	ok(stats_of(pack, 233, &s) && s.last_day == 40, "67 days back is within reach");
	ok(!stats_of(pack, 232, &s), "68 days back is not");
	ok(stats_of(pack, 900, &s) && s.last_day == 300 && s.mau == 0 && s.lost_users == 0,
	   "long after the newest day");
	ok(stats_of(pack, 65535, &s) && s.last_day == 300, "on the last day there is");
	free(pack.data);
}

/* The quarter of a pack with one user's only visit on day 200 and another's on its newest day, as a text */
static const char *
quarter(int newest, int day)
{
	static char text[80];
	Observation list[] = {seen(0, -1, 200, 0, 0, 5), seen(1, -1, newest, 0, 0, 2)};
	PresenceStats s;
	Bytes pack = build(list, 2);
	int days = 0;

	if (!stats_of(pack, day, &s))
		return "refused";
	for (int i = 0; i < 3; i++)
		days += __builtin_popcount((uint32_t) s.active[i]);
	snprintf(text, sizeof(text), "users %g, days %d%s, events %g%s, ever %g", s.qau, days,
			 s.users_cut != 0 ? " (cut)" : "", s.events_quarter, s.events_cut != 0 ? " (cut)" : "",
			 s.users_ever);
	free(pack.data);
	return text;
}

static void
quarters(void)
{
	static const struct
	{
		const char *name;
		int newest;
		int day;
		const char *expected;
	} cases[] = {
		{"on the newest day, the 90th day before", 289, 289, "users 2, days 2, events 7, ever 2"},
		{"one day later", 290, 290, "users 1, days 1, events 2, ever 2"},
		{"after the newest day", 280, 289, "users 2, days 2, events 7, ever 2"},
		{"and one more", 280, 290, "users 1, days 1, events 2, ever 2"},
		{"37 days back, whole", 326, 289, "users 1, days 1, events 5, ever 1"},
		{"38 days back, the visit is lost, the ring still has its events", 327, 289,
		 "users 0, days 0 (cut), events 5, ever 1"},
		{"39 days back, neither", 328, 289, "users 0, days 0 (cut), events 0 (cut), ever 1"},
		{"38 days back, nobody on the day that is lost", 328, 290,
		 "users 0, days 0, events 0, ever 1"},
		{"67 days back, the older visit is in the quarter", 327, 260,
		 "users 0, days 0 (cut), events 5 (cut), ever 1"},
		{"67 days back, it is before it", 357, 290, "users 0, days 0, events 0 (cut), ever 1"},
		{"before any visit", 257, 199, "users 0, days 0, events 0 (cut), ever 0"},
		{"long after", 257, 900, "users 0, days 0, events 0, ever 2"},
	};
	Observation first = seen(0, -1, 3, 0, 0, 1);
	Bytes pack = build(&first, 1);
	PresenceStats s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
	{
		const char *got = quarter(cases[i].newest, cases[i].day);

		ok(strcmp(got, cases[i].expected) == 0, "quarter %s: %s", cases[i].name, got);
	}
	ok(stats_of(pack, 4, &s) && s.users_cut == 0 && s.events_cut == 0 && s.qau == 1,
	   "the first quarter of the year 2000 is whole");
	free(pack.data);
}

/* Each width of a ring holds its largest number, and sums stop at the largest of 32 bits */
static void
rings(void)
{
	int wrong = 0;
	Observation one;
	Bytes a, b, c;
	PresenceStats s;
	Pack pack;

	for (int width = 0; width <= 32; width++)
	{
		uint32_t largest = width == 0 ? 0 : UINT32_MAX >> (32 - width);
		Observation list[RING_DAYS];
		double sum = 0;

		for (int i = 0; i < RING_DAYS; i++)
			list[i] = seen(0, -1, 200 + i, i % 2 ? largest : largest / 3, 0,
						   largest - (uint32_t) i % (largest / 2 + 1));
		a = build(list, RING_DAYS);
		pack = open_pack(a);
		wrong += pack.width[RING_LOGINS] != width || pack.width[RING_MINUTES] != 0 ||
				 pack.width[RING_EVENTS] != width;
		for (int i = 98; i < RING_DAYS; i++)
			sum += list[i].count[RING_LOGINS];
		wrong += !stats_of(a, 327, &s) || s.logins != sum;
		sum = 0;
		for (int i = 8; i < 38; i++)
			sum += list[i].count[RING_EVENTS];
		wrong += !stats_of(a, 267, &s) || s.events_previous != sum;
		free(a.data);
	}
	ok(wrong == 0, "rings of 0 to 32 bits hold their numbers");

	one = seen(-1, -1, 5, UINT32_MAX, UINT32_MAX - 1, 1);
	a = build(&one, 1);
	b = merge(a, a);
	ok(stats_of(b, 5, &s) && s.logins == UINT32_MAX && s.minutes == UINT32_MAX / 10.0 &&
		   s.events == 2,
	   "sums stop at 32 bits");
	c = merge(b, b);
	ok(stats_of(c, 5, &s) && s.logins == UINT32_MAX && s.events == 4, "and stay there");
	pack = open_pack(a);
	ok(pack.users == 0 && pack.features == 0 && a.length > PACK_HEADER,
	   "counters without anybody are something");
	ok(s.mau == 0 && s.last_day == 0 && s.first_day == 0 && s.users_ever == 0 && s.active[0] == 0,
	   "but nobody was active");
	free(a.data);
	free(b.data);
	free(c.data);
	one = seen(-1, -1, 5, 0, 0, 0);
	a = build(&one, 1);
	ok(a.length == PACK_HEADER, "an empty pack is its header alone");
	free(a.data);
}

static void
many_keys(void)
{
	enum
	{
		N = 100000
	};
	Observation *list = malloc(N * sizeof(Observation));
	Bytes whole, part;
	Pack pack;
	PresenceStats expected, sum;
	int wrong = 0;
	const uint8_t *key;

	for (int i = 0; i < N; i++)
	{
		list[i] = seen(-1, -1, 100 + i % 60, 1, 1, 1);
		list[i].has_user = list[i].has_feature = true;
		list[i].user = tap_random();
		list[i].feature = i % 70000;
	}
	list[0].user = 0;
	list[1].user = UINT64_MAX;
	whole = build(list, N);
	pack = open_pack(whole);
	ok(pack.users == N, "100,000 users");
	ok(pack.features == PACK_MAX_FEATURES, "70,000 features are cut to 65,535");
	ok(whole.length <= csh_pack_build_bound(N), "the bound held");
	ok(stats_of(whole, 159, &expected) && expected.user_days == 49990, "49,990 within 30 days");
	for (uint32_t segments = 1; segments <= 1 << 18; segments *= 8)
	{
		size_t users = 0;

		memset(&sum, 0, sizeof(sum));
		for (uint32_t i = 0; i < segments; i++)
		{
			PresenceStats s;
			Pack piece;

			part = slice(whole, i, segments);
			piece = open_pack(part);
			users += piece.users;
			key = piece.user_keys;
			for (uint32_t k = 0; k < piece.users && segments > 1; k++, key += PACK_KEY)
				wrong += ((uint32_t) key[7] << 24 | (uint32_t) key[6] << 16 |
						  (uint32_t) key[5] << 8 | key[4]) >>
							 (32 - __builtin_ctz(segments)) !=
						 i;
			wrong += piece.features != (i == 0 ? pack.features : 0) ||
					 (i > 0 && piece.width[RING_EVENTS] != 0);
			wrong += part.length > csh_pack_segment_bound(&pack, i, segments);
			if (!stats_of(part, 159, &s))
				wrong++;
			csh_stats_add(&sum, &s);
			free(part.data);
		}
		wrong += users != N;
		users = 0;
		for (uint32_t i = 0, next = 0, more = 1; more; i = next)
		{
			Pack piece;

			part = slice(whole, i, segments);
			piece = open_pack(part);
			users += piece.users;
			wrong += i > 0 && piece.users == 0;
			free(part.data);
			more = csh_pack_next_segment(&pack, i, segments, &next);
		}
		wrong += users != N;
		ok(wrong == 0 && same_stats(&sum, &expected), "%u slices are the whole", segments);
	}
	part = slice(whole, 0, 1);
	ok(same(part, whole), "one slice is the pack itself");
	free(part.data);
	for (int i = 0; i < 3; i++)
	{
		uint64_t gone = list[i].user;
		Bytes less = {0, malloc(csh_pack_without_bound(&pack))};
		Pack left;

		less.length = csh_pack_without(&pack, gone, less.data);
		left = open_pack(less);
		ok(left.users == N - 1 && left.features == pack.features &&
			   less.length == whole.length - PACK_KEY,
		   "without user %d", i);
		free(less.data);
	}
	part = (Bytes){0, malloc(csh_pack_without_bound(&pack))};
	part.length = csh_pack_without(&pack, 1, part.data);
	ok(same(part, whole), "without a user it does not have, it is the same");
	free(part.data);
	free(whole.data);
	free(list);
}

/*
 * Segments that were folded on different days, each with a newest day of its own, still add up to the tenant. One that
 * was left alone keeps days that a single pack would have lost, so that they know of a quarter at least as much.
 */
static void
uneven_segments(void)
{
	int wrong = 0, cut = 0;

	for (int round = 0; round < 200; round++)
	{
		Observation list[10];
		Truth *truth = calloc(1, sizeof(Truth));
		Bytes whole = {0}, segment[4] = {{0}};
		Pack pack;

		for (int fold = 0; fold < 6; fold++)
		{
			size_t n = 1 + tap_random() % 10;
			Bytes delta, merged;

			for (size_t i = 0; i < n; i++)
			{
				list[i] = random_seen(1 + 60 * fold, 50 + (int) (tap_random() % 60));
				note(truth, &list[i]);
			}
			delta = build(list, n);
			for (uint32_t i = 0; i < 4; i++)
			{
				Bytes part = slice(delta, i, 4);

				if (i > 0 && open_pack(part).users == 0)
				{
					free(part.data);
					continue;
				}
				merged = segment[i].data == NULL ? part : merge(segment[i], part);
				if (segment[i].data != NULL)
					free(part.data);
				free(segment[i].data);
				segment[i] = merged;
			}
			merged = whole.data == NULL ? delta : merge(whole, delta);
			if (whole.data != NULL)
				free(delta.data);
			free(whole.data);
			whole = merged;
		}
		pack = open_pack(whole);
		for (int day = pack.newest - PACK_REACH; day <= pack.newest; day++)
		{
			PresenceStats expected = plain_stats(truth, day, day); /* nothing cut */
			PresenceStats single, part, sum = {0};

			wrong += !stats_of(whole, day, &single);
			for (int i = 0; i < 4; i++)
				if (segment[i].data != NULL && stats_of(segment[i], day, &part))
					csh_stats_add(&sum, &part);
			if (sum.users_cut != 0)
			{
				cut++;
				wrong += single.users_cut == 0;
				expected.qau = sum.qau;
				memcpy(expected.active, sum.active, sizeof(sum.active));
			}
			if (sum.events_cut != 0)
			{
				wrong += single.events_cut == 0;
				expected.events_quarter = sum.events_quarter;
			}
			expected.users_cut = sum.users_cut;
			expected.events_cut = sum.events_cut;
			wrong += !same_stats(&sum, &expected);
		}
		free(truth);
		for (int i = 0; i < 4; i++)
			free(segment[i].data);
		free(whole.data);
	}
	ok(wrong == 0 && cut > 1000,
	   "segments folded on different days add up, %d days with a quarter cut", cut);
}

/* Which bytes are refused, and with which words */
static void
refused(const char *name, Bytes good, size_t at, int value, const char *message)
{
	uint8_t *bytes = malloc(good.length);
	Pack pack;
	CshError error = {0};
	bool opened;

	memcpy(bytes, good.data, good.length);
	bytes[at] = (uint8_t) value;
	opened = csh_pack_open(bytes, good.length, &pack, &error);
	ok(!opened && strstr(error.message, message) != NULL && error.hint[0] != '\0', "%s: %s", name,
	   error.message);
	free(bytes);
}

static void
damage(void)
{
	Observation list[40];
	Bytes good, more;
	int wrong = 0, opened = 0;
	CshError error;
	Pack pack;
	size_t first;

	for (int i = 0; i < 40; i++)
		list[i] = seen(i % USERS, i % FEATURES, 300 + i, 1, 7, 1);
	good = build(list, 40);
	pack = open_pack(good);
	first = (size_t) (pack.user_keys - good.data);
	for (size_t n = 0; n < good.length; n++)
	{
		uint8_t *part = malloc(n + 1);

		memcpy(part, good.data, n);
		wrong += csh_pack_open(part, n, &pack, &error);
		free(part);
	}
	ok(wrong == 0, "every beginning of a pack is refused");
	more = (Bytes){good.length + 1, calloc(1, good.length + 1)};
	memcpy(more.data, good.data, good.length);
	ok(!csh_pack_open(more.data, more.length, &pack, &error), "a byte too many: %s", error.message);
	refused("a format of the future", good, 0, 3, "format 3");
	refused("the format before", good, 0, 1, "format 1");
	refused("format 0", good, 0, 0, "format 0");
	refused("a ring of 33 bits", good, 1, 33, "33 bits");
	refused("a ring of 255 bits", good, 3, 255, "255 bits");
	refused("a wider ring than there is", good, 2, 32, "its header describes");
	refused("more users than there are", good, 8, USERS + 1, "its header describes");
	refused("fewer users than there are", good, 8, USERS - 1, "its header describes");
	refused("four thousand million users", good, 11, 255, "its header describes");
	refused("another number of features", good, 6, FEATURES + 1, "its header describes");
	refused("a first day after the newest", good, 13, 255, "its first day is 65");
	refused("an older day after the newest", good, 15, 255, "its older day 65");
	refused("users out of order", good, first + 7, 255, "user key 1 is out of order");
	refused("features out of order", good, first + USERS * PACK_KEY + 7, 255,
			"feature key 1 is out of order");
	memcpy(more.data, good.data, good.length);
	memcpy(more.data + first + PACK_KEY, more.data + first, PACK_KEY);
	ok(!csh_pack_open(more.data, good.length, &pack, &error), "the same user twice: %s",
	   error.message);
	memcpy(more.data, good.data, good.length);
	more.data[4] = more.data[5] = 0;
	ok(!csh_pack_open(more.data, good.length, &pack, &error), "no newest day: %s", error.message);

	for (int i = 0; i < 20000; i++)
	{
		PresenceStats s;
		Bytes noise = {good.length, malloc(good.length)};

		memcpy(noise.data, good.data, good.length);
		for (uint64_t n = 1 + tap_random() % 4; n > 0; n--)
			noise.data[tap_random() % good.length] = (uint8_t) tap_random();
		if (csh_pack_open(noise.data, noise.length, &pack, &error))
		{
			Bytes merged = merge(noise, good);

			opened++;
			csh_pack_stats(&pack, 339, &s, &error);
			wrong += !csh_pack_open(merged.data, merged.length, &pack, &error);
			free(merged.data);
		}
		free(noise.data);
	}
	ok(wrong == 0 && opened > 1000 && opened < 20000,
	   "20,000 damaged packs: %d can be read, and merge to one that can", opened);
	free(good.data);
	free(more.data);
}

int
main(void)
{
	random_packs();
	pauses();
	long_silence();
	quarters();
	rings();
	many_keys();
	uneven_segments();
	damage();
	return tap_done();
}
