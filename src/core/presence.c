/*
 * presence.c
 *		Building, merging, cutting and reading packs of activity.
 *
 * Every function writes into a buffer whose bound its caller asked for first, so that the core needs
 * no allocator and PostgreSQL's memory contexts stay in charge.
 */
#include "presence.h"

#include <stdlib.h>
#include <string.h>

/* Active days as a bitmap of 128 bits; bit i of lo is i days before the newest, of hi 64 + i */
typedef struct Days
{
	uint64_t lo;
	uint64_t hi;
} Days;

typedef struct Key
{
	uint64_t hash;
	Days days;
	uint16_t first_day;
	uint16_t older_day;
} Key;

#define MASK(n) ((UINT64_C(1) << (n)) - 1)

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t) (p[0] | p[1] << 8);
}

static uint64_t
get_le(const uint8_t *p, int bytes)
{
	uint64_t v = 0;

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	memcpy(&v, p, (size_t) bytes);
#else
	for (int i = bytes - 1; i >= 0; i--)
		v = (v << 8) | p[i];
#endif
	return v;
}

static void
put_le(uint8_t *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (uint8_t) (v >> (8 * i));
}

static Key
get_key(const uint8_t *p)
{
	Key key = {.hash = get_le(p, 8),
			   .days = {.lo = get_le(p + 8, 8), .hi = get_le(p + 16, 8)},
			   .first_day = get16(p + 24),
			   .older_day = get16(p + 26)};

	return key;
}

static void
put_key(uint8_t *p, const Key *key)
{
	put_le(p, key->hash, 8);
	put_le(p + 8, key->days.lo, 8);
	put_le(p + 16, key->days.hi, 8);
	put_le(p + 24, key->first_day, 2);
	put_le(p + 26, key->older_day, 2);
}

/* Makes every day n days older */
static Days
days_older(Days d, int n)
{
	if (n >= PACK_DAYS)
		return (Days){0, 0};
	if (n >= 64)
		return (Days){0, d.lo << (n - 64)};
	if (n > 0)
		return (Days){d.lo << n, (d.hi << n) | (d.lo >> (64 - n))};
	return d;
}

/* Makes every day n days younger and forgets those that would lie in the future */
static Days
days_younger(Days d, int n)
{
	if (n >= PACK_DAYS)
		return (Days){0, 0};
	if (n >= 64)
		return (Days){d.hi >> (n - 64), 0};
	if (n > 0)
		return (Days){(d.lo >> n) | (d.hi << (64 - n)), d.hi >> n};
	return d;
}

/* The age of the youngest day, or -1 when there is none */
static int
days_youngest(Days d)
{
	if (d.lo != 0)
		return __builtin_ctzll(d.lo);
	if (d.hi != 0)
		return 64 + __builtin_ctzll(d.hi);
	return -1;
}

/*
 * Moves a key from one newest day to a later one. Days that leave the bitmap are not forgotten: the
 * youngest of them becomes older_day.
 */
static void
key_advance(Key *key, uint16_t from, uint16_t to)
{
	int by = to - from;
	Days leaving;
	int age;

	if (by <= 0)
		return;
	leaving = by >= PACK_DAYS ? key->days : days_younger(key->days, PACK_DAYS - by);
	age = days_youngest(leaving);
	if (age >= 0)
		key->older_day = (uint16_t) (from - age - (by >= PACK_DAYS ? 0 : PACK_DAYS - by));
	key->days = days_older(key->days, by);
}

/* Joins what two packs know of the same key, both already at the same newest day */
static void
key_join(Key *key, const Key *other)
{
	key->days.lo |= other->days.lo;
	key->days.hi |= other->days.hi;
	if (other->first_day < key->first_day)
		key->first_day = other->first_day;
	if (other->older_day > key->older_day)
		key->older_day = other->older_day;
}

/* Marks a day on a key; a day that the bitmap no longer reaches only moves first and older day */
static void
key_mark(Key *key, uint16_t newest, uint16_t day)
{
	int age = newest - day;

	if (day < key->first_day)
		key->first_day = day;
	if (age < 64)
		key->days.lo |= UINT64_C(1) << age;
	else if (age < PACK_DAYS)
		key->days.hi |= UINT64_C(1) << (age - 64);
	else if (day > key->older_day)
		key->older_day = day;
}

static size_t
ring_bytes(int width)
{
	return (size_t) (PACK_DAYS / 8) * (size_t) width;
}

/* The ring's number for a day of the given age; bits are packed without gaps, low bit first */
static uint32_t
ring_get(const uint8_t *ring, int width, int age)
{
	size_t bit = (size_t) age * (size_t) width;
	uint64_t v = 0;
	int bytes = (int) ((bit % 8 + (size_t) width + 7) / 8);

	if (width == 0)
		return 0;
	v = get_le(ring + bit / 8, bytes);
	return (uint32_t) ((v >> (bit % 8)) & MASK(width));
}

/* Adds a ring to unpacked numbers, its days made older so that they fit a later newest day */
static void
ring_add(const uint8_t *ring, int width, int older, uint32_t sum[PACK_DAYS])
{
	if (width == 0)
		return;
	for (int age = 0; age + older < PACK_DAYS; age++)
	{
		uint64_t v = (uint64_t) sum[age + older] + ring_get(ring, width, age);

		sum[age + older] = v > UINT32_MAX ? UINT32_MAX : (uint32_t) v;
	}
}

/* Writes unpacked numbers in the fewest bits a day that hold the largest, returns that width */
static int
ring_put(const uint32_t sum[PACK_DAYS], uint8_t *out)
{
	uint32_t all = 0;
	int width = 0;
	uint64_t pending = 0;
	int bits = 0;

	for (int i = 0; i < PACK_DAYS; i++)
		all |= sum[i];
	while (width < 32 && (all >> width) != 0)
		width++;
	for (int i = 0; i < PACK_DAYS && width > 0; i++)
	{
		pending |= (uint64_t) sum[i] << bits;
		for (bits += width; bits >= 8; bits -= 8)
		{
			*out++ = (uint8_t) pending;
			pending >>= 8;
		}
	}
	return width;
}

static const char *const corrupt_hint =
	"Restore the row from a backup, or delete it and load the tenant's events again.";

/* Keys must ascend and their days lie between the first day there is and the pack's newest */
static bool
check_keys(const uint8_t *keys, uint32_t n, uint16_t newest, const char *kind, CshError *error)
{
	for (uint32_t i = 0; i < n; i++)
	{
		const uint8_t *key = keys + (size_t) i * PACK_KEY;
		uint16_t first_day = get16(key + 24);

		if (i > 0 && get_le(key - PACK_KEY, 8) >= get_le(key, 8))
			return csh_fail(error, corrupt_hint,
							"activity pack is corrupt: %s key %u is out of order", kind, i);
		if (first_day == 0 || first_day > newest || get16(key + 26) > newest)
			return csh_fail(error, corrupt_hint, "activity pack is corrupt: the days of %s key %u",
							kind, i);
	}
	return true;
}

/* Checks the bytes of a pack and takes a view on them; nothing is copied */
bool
csh_pack_open(const uint8_t *bytes, size_t length, Pack *pack, CshError *error)
{
	size_t expected = PACK_HEADER;

	if (length < PACK_HEADER)
		return csh_fail(error, corrupt_hint,
						"activity pack of %zu bytes is truncated: its header takes %d", length,
						PACK_HEADER);
	if (bytes[0] != PACK_FORMAT)
		return csh_fail(error, "Update the extension: the pack may come from a newer version.",
						"activity pack has format %d, this version reads format %d", bytes[0],
						PACK_FORMAT);
	pack->newest = get16(bytes + 4);
	pack->features = get16(bytes + 6);
	pack->users = (uint32_t) get_le(bytes + 8, 4);
	if (pack->newest == 0)
		return csh_fail(error, corrupt_hint, "activity pack is corrupt: its newest day is 0");
	for (int i = 0; i < RINGS; i++)
	{
		pack->width[i] = bytes[1 + i];
		if (pack->width[i] > 32)
			return csh_fail(error, corrupt_hint,
							"activity pack is corrupt: a ring of %d bits a day", pack->width[i]);
		pack->ring[i] = bytes + expected;
		expected += ring_bytes(pack->width[i]);
	}
	pack->user_keys = bytes + expected;
	expected += (size_t) pack->users * PACK_KEY;
	pack->feature_keys = bytes + expected;
	expected += (size_t) pack->features * PACK_KEY;
	if (length != expected)
		return csh_fail(error, corrupt_hint,
						"activity pack of %zu bytes is corrupt: its header describes %zu", length,
						expected);
	return check_keys(pack->user_keys, pack->users, pack->newest, "user", error) &&
		   check_keys(pack->feature_keys, pack->features, pack->newest, "feature", error);
}

/* Writes the header and the rings, returns where the keys begin */
static size_t
put_head(uint8_t *out, uint16_t newest, uint32_t rings[RINGS][PACK_DAYS])
{
	size_t length = PACK_HEADER;

	out[0] = PACK_FORMAT;
	put_le(out + 4, newest, 2);
	for (int i = 0; i < RINGS; i++)
	{
		out[1 + i] = (uint8_t) ring_put(rings[i], out + length);
		length += ring_bytes(out[1 + i]);
	}
	return length;
}

static void
put_counts(uint8_t *out, size_t users, size_t features)
{
	put_le(out + 6, features, 2);
	put_le(out + 8, users, 4);
}

/* The bytes that a pack of so many keys can take at the most */
static size_t
pack_bound(size_t keys)
{
	return PACK_HEADER + RINGS * ring_bytes(32) + keys * PACK_KEY;
}

static int
compare_user(const void *a, const void *b)
{
	const Observation *x = a;
	const Observation *y = b;

	if (x->has_user != y->has_user)
		return x->has_user ? -1 : 1;
	return (x->user > y->user) - (x->user < y->user);
}

static int
compare_feature(const void *a, const void *b)
{
	const Observation *x = a;
	const Observation *y = b;

	if (x->has_feature != y->has_feature)
		return x->has_feature ? -1 : 1;
	return (x->feature > y->feature) - (x->feature < y->feature);
}

/* Writes one key for every run of observations with the same hash, returns how many */
static size_t
put_runs(const Observation *seen, size_t n, bool of_users, uint16_t newest, size_t limit,
		 uint8_t *out)
{
	size_t keys = 0;
	Key key = {0};

	for (size_t i = 0; i < n && (of_users ? seen[i].has_user : seen[i].has_feature); i++)
	{
		uint64_t hash = of_users ? seen[i].user : seen[i].feature;

		if (keys == 0 || hash != key.hash)
		{
			if (keys == limit)
				break;
			key = (Key){.hash = hash, .first_day = UINT16_MAX};
			keys++;
		}
		key_mark(&key, newest, seen[i].day);
		put_key(out + (keys - 1) * PACK_KEY, &key);
	}
	return keys;
}

size_t
csh_pack_build_bound(size_t observations)
{
	return pack_bound(2 * observations);
}

/* Makes a pack of observations in any order (they are sorted in place); n must be at least 1 */
size_t
csh_pack_build(Observation *seen, size_t n, uint8_t *out)
{
	uint32_t rings[RINGS][PACK_DAYS] = {{0}};
	uint16_t newest = 0;
	size_t length;
	size_t users;
	size_t features;

	for (size_t i = 0; i < n; i++)
		if (seen[i].day > newest)
			newest = seen[i].day;
	for (size_t i = 0; i < n; i++)
	{
		int age = newest - seen[i].day;

		for (int r = 0; r < RINGS && age < PACK_DAYS; r++)
		{
			uint64_t v = (uint64_t) rings[r][age] + seen[i].count[r];

			rings[r][age] = v > UINT32_MAX ? UINT32_MAX : (uint32_t) v;
		}
	}
	length = put_head(out, newest, rings);
	qsort(seen, n, sizeof(Observation), compare_user);
	users = put_runs(seen, n, true, newest, UINT32_MAX, out + length);
	length += users * PACK_KEY;
	qsort(seen, n, sizeof(Observation), compare_feature);
	features = put_runs(seen, n, false, newest, PACK_MAX_FEATURES, out + length);
	put_counts(out, users, features);
	return length + features * PACK_KEY;
}

/* Merges two ascending lists of keys, each moved to the common newest day; returns how many came out */
static size_t
merge_keys(const uint8_t *a, size_t na, uint16_t newest_a, const uint8_t *b, size_t nb,
		   uint16_t newest_b, size_t limit, uint8_t *out)
{
	uint16_t newest = newest_a > newest_b ? newest_a : newest_b;
	size_t i = 0;
	size_t j = 0;
	size_t n = 0;

	while ((i < na || j < nb) && n < limit)
	{
		uint64_t hash_a = i < na ? get_le(a + i * PACK_KEY, 8) : 0;
		uint64_t hash_b = j < nb ? get_le(b + j * PACK_KEY, 8) : 0;
		bool from_a = i < na && (j == nb || hash_a <= hash_b);
		bool from_b = j < nb && (i == na || hash_b <= hash_a);
		Key key;
		Key other;

		if (from_a)
		{
			key = get_key(a + i++ * PACK_KEY);
			key_advance(&key, newest_a, newest);
		}
		if (from_b)
		{
			other = get_key(b + j++ * PACK_KEY);
			key_advance(&other, newest_b, newest);
			if (from_a)
				key_join(&key, &other);
			else
				key = other;
		}
		put_key(out + n++ * PACK_KEY, &key);
	}
	return n;
}

size_t
csh_pack_merge_bound(const Pack *a, const Pack *b)
{
	return pack_bound((size_t) a->users + b->users + a->features + b->features);
}

/* Joins two packs: presence is united, counters are added */
size_t
csh_pack_merge(const Pack *a, const Pack *b, uint8_t *out)
{
	uint16_t newest = a->newest > b->newest ? a->newest : b->newest;
	uint32_t rings[RINGS][PACK_DAYS] = {{0}};
	size_t length;
	size_t users;
	size_t features;

	for (int r = 0; r < RINGS; r++)
	{
		ring_add(a->ring[r], a->width[r], newest - a->newest, rings[r]);
		ring_add(b->ring[r], b->width[r], newest - b->newest, rings[r]);
	}
	length = put_head(out, newest, rings);
	users = merge_keys(a->user_keys, a->users, a->newest, b->user_keys, b->users, b->newest,
					   UINT32_MAX, out + length);
	length += users * PACK_KEY;
	features = merge_keys(a->feature_keys, a->features, a->newest, b->feature_keys, b->features,
						  b->newest, PACK_MAX_FEATURES, out + length);
	put_counts(out, users, features);
	return length + features * PACK_KEY;
}

/* The first user whose hash is not below the given one, by bisection */
static uint32_t
first_user(const Pack *pack, uint64_t hash)
{
	uint32_t low = 0;
	uint32_t high = pack->users;

	while (low < high)
	{
		uint32_t middle = low + (high - low) / 2;

		if (get_le(pack->user_keys + (size_t) middle * PACK_KEY, 8) < hash)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The users of a segment: those whose hash begins with its number */
static void
segment_users(const Pack *pack, uint32_t segment, uint32_t segments, uint32_t *from, uint32_t *to)
{
	int bits = __builtin_ctz(segments);

	*from = bits == 0 ? 0 : first_user(pack, (uint64_t) segment << (64 - bits));
	*to = segment + 1 == segments ? pack->users
								  : first_user(pack, (uint64_t) (segment + 1) << (64 - bits));
}

size_t
csh_pack_slice_bound(const Pack *pack, uint32_t segment, uint32_t segments)
{
	uint32_t from;
	uint32_t to;

	segment_users(pack, segment, segments, &from, &to);
	return pack_bound((size_t) (to - from) + (segment == 0 ? pack->features : 0));
}

/*
 * Cuts out one of a power of two of segments. Counters and features stay whole in segment 0, so that the
 * parts of a tenant add up to it.
 */
size_t
csh_pack_slice(const Pack *pack, uint32_t segment, uint32_t segments, uint8_t *out)
{
	uint32_t rings[RINGS][PACK_DAYS] = {{0}};
	uint32_t from;
	uint32_t to;
	size_t length;
	size_t features = segment == 0 ? pack->features : 0;

	for (int r = 0; r < RINGS && segment == 0; r++)
		ring_add(pack->ring[r], pack->width[r], 0, rings[r]);
	length = put_head(out, pack->newest, rings);
	segment_users(pack, segment, segments, &from, &to);
	memcpy(out + length, pack->user_keys + (size_t) from * PACK_KEY,
		   (size_t) (to - from) * PACK_KEY);
	length += (size_t) (to - from) * PACK_KEY;
	memcpy(out + length, pack->feature_keys, features * PACK_KEY);
	put_counts(out, to - from, features);
	return length + features * PACK_KEY;
}

size_t
csh_pack_without_bound(const Pack *pack)
{
	return pack_bound((size_t) pack->users + pack->features);
}

/* The same pack without one user; that user's part of the counters cannot be told apart and stays */
size_t
csh_pack_without(const Pack *pack, uint64_t user, uint8_t *out)
{
	const uint8_t *start = pack->ring[0] - PACK_HEADER;
	size_t length = (size_t) (pack->user_keys - start);
	size_t users = 0;

	memcpy(out, start, length);
	for (uint32_t i = 0; i < pack->users; i++)
	{
		const uint8_t *key = pack->user_keys + (size_t) i * PACK_KEY;

		if (get_le(key, 8) != user)
			memcpy(out + length + users++ * PACK_KEY, key, PACK_KEY);
	}
	length += users * PACK_KEY;
	memcpy(out + length, pack->feature_keys, (size_t) pack->features * PACK_KEY);
	put_counts(out, users, pack->features);
	return length + (size_t) pack->features * PACK_KEY;
}

bool
csh_pack_is_empty(const Pack *pack)
{
	return pack->users == 0 && pack->features == 0 && pack->width[0] == 0 && pack->width[1] == 0 &&
		   pack->width[2] == 0;
}

/* Sum of a ring over the n days that end `age` days before the newest */
static double
ring_sum(const Pack *pack, int ring, int age, int n)
{
	double sum = 0;

	for (int i = age < 0 ? 0 : age; i < age + n && i < PACK_DAYS; i++)
		sum += ring_get(pack->ring[ring], pack->width[ring], i);
	return sum;
}

/*
 * Everything that a pack says about a day. Windows are (day - n, day]. A day more than PACK_REACH before the
 * newest is refused, since its windows are no longer whole; a day after the newest is as good as any.
 */
bool
csh_pack_stats(const Pack *pack, int day, PresenceStats *stats, CshError *error)
{
	int age = pack->newest - day;
	uint64_t active = 0;

	if (age > PACK_REACH)
		return csh_fail(
			error, "Read the vector stored with customer_health for that day instead.",
			"the day lies %d days before the newest activity, out of reach: %d days are kept whole",
			age, PACK_REACH);
	memset(stats, 0, sizeof(*stats));
	for (uint32_t i = 0; i < pack->users; i++)
	{
		Key key = get_key(pack->user_keys + (size_t) i * PACK_KEY);
		Days days = age >= 0 ? days_younger(key.days, age) : days_older(key.days, -age);
		uint64_t month = days.lo & MASK(30);
		uint64_t previous = (days.lo >> 30) & MASK(30);
		int youngest = days_youngest(days);
		int last = youngest >= 0 ? day - youngest : key.older_day;

		/* With the day far after newest, the bitmap's tail was shifted out: look it up where it stands */
		if (youngest < 0 && age < 0 && days_youngest(key.days) >= 0)
			last = pack->newest - days_youngest(key.days);
		if (key.first_day > day)
			continue;
		stats->dau += days.lo & 1;
		stats->wau += (days.lo & MASK(7)) != 0;
		stats->wau_previous += (days.lo >> 7 & MASK(7)) != 0;
		stats->mau += month != 0;
		stats->mau_previous += previous != 0;
		stats->user_days += __builtin_popcountll(month);
		stats->new_users += month != 0 && key.first_day > day - 30;
		stats->lost_users += previous != 0 && month == 0;
		active |= month;
		if (stats->first_day == 0 || key.first_day < stats->first_day)
			stats->first_day = key.first_day;
		if (last > stats->last_day)
			stats->last_day = last;
	}
	stats->active_mask = (double) active;
	for (uint32_t i = 0; i < pack->features; i++)
	{
		Key key = get_key(pack->feature_keys + (size_t) i * PACK_KEY);
		Days days = age >= 0 ? days_younger(key.days, age) : days_older(key.days, -age);

		stats->features_used += (days.lo & MASK(30)) != 0;
	}
	stats->logins = ring_sum(pack, RING_LOGINS, age, 30);
	stats->minutes = ring_sum(pack, RING_MINUTES, age, 30) / 10;
	stats->events = ring_sum(pack, RING_EVENTS, age, 30);
	stats->events_previous = ring_sum(pack, RING_EVENTS, age + 30, 30);
	return true;
}

/* Adds the part that one segment has in a tenant's figures */
void
csh_stats_add(PresenceStats *sum, const PresenceStats *part)
{
	double first = sum->first_day;
	double last = sum->last_day;
	uint64_t active = (uint64_t) sum->active_mask | (uint64_t) part->active_mask;

	for (int i = 0; i < PRESENCE_STATS_FIELDS; i++)
		((double *) sum)[i] += ((const double *) part)[i];
	sum->active_mask = (double) active;
	sum->first_day =
		first == 0 || (part->first_day != 0 && part->first_day < first) ? part->first_day : first;
	sum->last_day = part->last_day > last ? part->last_day : last;
}
