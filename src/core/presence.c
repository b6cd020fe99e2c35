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

/* Active days: bit i of lo is i days before the newest, of hi 64 + i; the last bit is "seen before all of those" */
typedef struct Days
{
	uint64_t lo;
	uint64_t hi;
} Days;

typedef struct Key
{
	uint64_t hash;
	Days days;
} Key;

/* What the users of a pack that is being written have in common */
typedef struct Span
{
	uint16_t first;
	uint16_t older;
} Span;

#define MASK(n) ((UINT64_C(1) << (n)) - 1)
#define SEEN_BEFORE (UINT64_C(1) << 63)

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NATIVE_ORDER 1
#else
#define NATIVE_ORDER 0
#endif

/* Reads a number of up to eight bytes on any machine */
static uint64_t
get_le(const uint8_t *p, int bytes)
{
	uint64_t v = 0;

	for (int i = bytes - 1; i >= 0; i--)
		v = (v << 8) | p[i];
	return v;
}

/* Writes the low bytes of a number */
static void
put_le(uint8_t *p, uint64_t v, int bytes)
{
	for (int i = 0; i < bytes; i++)
		p[i] = (uint8_t) (v >> (8 * i));
}

static uint16_t
get16(const uint8_t *p)
{
	return (uint16_t) (p[0] | p[1] << 8);
}

/* Eight bytes at once, since keys and rings are read by the million */
static inline uint64_t
get64(const uint8_t *p)
{
	uint64_t v;

	if (!NATIVE_ORDER)
		return get_le(p, 8);
	memcpy(&v, p, 8);
	return v;
}

static inline void
put64(uint8_t *p, uint64_t v)
{
	if (NATIVE_ORDER)
		memcpy(p, &v, 8);
	else
		put_le(p, v, 8);
}

static inline uint32_t
get32(const uint8_t *p)
{
	return (uint32_t) (p[0] | p[1] << 8 | p[2] << 16) | (uint32_t) p[3] << 24;
}

static inline void
put32(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t) v;
	p[1] = (uint8_t) (v >> 8);
	p[2] = (uint8_t) (v >> 16);
	p[3] = (uint8_t) (v >> 24);
}

static inline Key
get_key(const uint8_t *p)
{
	return (Key){.hash = get64(p), .days = {.lo = get64(p + 8), .hi = get64(p + 16)}};
}

static inline void
put_key(uint8_t *p, const Key *key)
{
	put64(p, key->hash);
	put64(p + 8, key->days.lo);
	put64(p + 16, key->days.hi);
}

/* Makes every day n days older; what leaves the bitmap becomes "seen before" */
static inline Days
days_older(Days d, int n)
{
	uint64_t seen = d.hi & SEEN_BEFORE;
	uint64_t hi = d.hi & ~SEEN_BEFORE;

	if (n <= 0)
		return d;
	if (n >= PACK_DAYS)
		return (Days){0, (d.lo | d.hi) != 0 ? SEEN_BEFORE : 0};
	if (n >= 64)
	{
		if (hi != 0 || d.lo >> (PACK_DAYS - n) != 0)
			seen = SEEN_BEFORE;
		return (Days){0, (d.lo << (n - 64) & ~SEEN_BEFORE) | seen};
	}
	if (hi >> (63 - n) != 0)
		seen = SEEN_BEFORE;
	return (Days){d.lo << n, (((hi << n) | (d.lo >> (64 - n))) & ~SEEN_BEFORE) | seen};
}

/* Makes every day n days younger and forgets those that would lie in the future */
static inline Days
days_younger(Days d, int n)
{
	uint64_t seen = d.hi & SEEN_BEFORE;
	uint64_t hi = d.hi & ~SEEN_BEFORE;

	if (n <= 0)
		return d;
	if (n >= PACK_DAYS)
		return (Days){0, seen};
	if (n >= 64)
		return (Days){hi >> (n - 64), seen};
	return (Days){(d.lo >> n) | (hi << (64 - n)), (hi >> n) | seen};
}

/* The age of the youngest day, or -1 when there is none in the bitmap */
static int
days_youngest(Days d)
{
	if (d.lo != 0)
		return __builtin_ctzll(d.lo);
	if ((d.hi & ~SEEN_BEFORE) != 0)
		return 64 + __builtin_ctzll(d.hi);
	return -1;
}

/* The bitmap as it stands `age` days before the newest day, or after it where that is negative */
static inline Days
days_as_of(Days d, int age)
{
	return age > 0 ? days_younger(d, age) : days_older(d, -age);
}

/* How many of the 30 days of a month are set; by hand, since not every processor this is built for counts bits */
static inline uint32_t
count_days(uint32_t days)
{
	days -= days >> 1 & 0x55555555;
	days = (days & 0x33333333) + (days >> 2 & 0x33333333);
	days = (days + (days >> 4)) & 0x0f0f0f0f;
	return days * 0x01010101 >> 24;
}

/* Notes a day that bitmaps with this newest day no longer reach */
static void
span_older(Span *span, int newest, int age)
{
	if (newest - age > span->older)
		span->older = (uint16_t) (newest - age);
}

/* Moves a key from one newest day to a later one; the youngest day to leave the bitmap is noted in the span */
static void
key_advance(Key *key, uint16_t from, uint16_t to, Span *span)
{
	int by = to - from;
	int staying;
	int age;

	if (by <= 0)
		return;
	staying = by < PACK_DAYS ? PACK_DAYS - by : 0;
	age = days_youngest(days_younger(key->days, staying));
	if (age >= 0)
		span_older(span, from, age + staying);
	key->days = days_older(key->days, by);
}

/* Marks a day on a key; a day that the bitmap does not reach is "seen before" */
static void
key_mark(Key *key, int age)
{
	if (age < 64)
		key->days.lo |= UINT64_C(1) << age;
	else if (age < PACK_DAYS)
		key->days.hi |= UINT64_C(1) << (age - 64);
	else
		key->days.hi |= SEEN_BEFORE;
}

static size_t
ring_bytes(int width)
{
	return (size_t) (RING_DAYS / 8) * (size_t) width;
}

/* A ring taken apart: a number a day, and up to which age there are any but zeros */
typedef struct Ring
{
	uint32_t count[RING_DAYS];
	int used;
} Ring;

/* Adds to a day's number; sums stop at what 32 bits hold */
static inline void
ring_count(Ring *ring, int age, uint32_t count)
{
	uint32_t sum = ring->count[age] + count;

	ring->count[age] = sum < count ? UINT32_MAX : sum;
}

/*
 * Adds a ring of a pack, its days made older so that they fit a later newest day. A ring is whole words of 32 bits, and
 * that of a single day is all zeros but for the first.
 */
static void
ring_add(Ring *ring, const Pack *pack, int which, int older)
{
	int width = pack->width[which];
	const uint8_t *next = pack->ring[which];
	const uint8_t *last = next + ring_bytes(width);
	uint64_t pending = 0;
	int bits = 0;
	int days;

	while (last > next && get32(last - 4) == 0)
		last -= 4;
	if (last == next)
		return;
	days = (int) ((last - next) * 8 + width - 1) / width;
	if (days > RING_DAYS - older)
		days = RING_DAYS - older;
	for (int age = 0; age < days; age++)
	{
		if (bits < width)
		{
			if (next < last)
				pending |= (uint64_t) get32(next) << bits;
			next += 4;
			bits += 32;
		}
		ring_count(ring, age + older, (uint32_t) (pending & MASK(width)));
		pending >>= width;
		bits -= width;
	}
	if (days + older > ring->used)
		ring->used = days + older;
}

/* Writes a ring in the fewest bits a day that hold its largest number, returns that width */
static int
ring_put(const Ring *ring, uint8_t *out)
{
	uint8_t *end;
	uint32_t all = 0;
	uint64_t pending = 0;
	int width = 0;
	int bits = 0;

	for (int i = 0; i < ring->used; i++)
		all |= ring->count[i];
	while (width < 32 && (all >> width) != 0)
		width++;
	end = out + ring_bytes(width);
	for (int i = 0; i < ring->used && width > 0; i++)
	{
		pending |= (uint64_t) ring->count[i] << bits;
		bits += width;
		if (bits < 32)
			continue;
		put32(out, (uint32_t) pending);
		out += 4;
		pending >>= 32;
		bits -= 32;
	}
	if (out < end)
	{
		put32(out, (uint32_t) pending);
		memset(out + 4, 0, (size_t) (end - out - 4));
	}
	return width;
}

static const char *const corrupt_hint =
	"Restore the row from a backup, or delete it and load the tenant's events again.";

/* Keys must ascend, or merging would lose some */
static bool
check_keys(const uint8_t *keys, uint32_t n, const char *kind, CshError *error)
{
	for (uint32_t i = 1; i < n; i++)
	{
		const uint8_t *key = keys + (size_t) i * PACK_KEY;

		if (get64(key - PACK_KEY) >= get64(key))
			return csh_fail(error, corrupt_hint,
							"activity pack is corrupt: %s key %u is out of order", kind, i);
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
		return csh_fail(
			error,
			bytes[0] < PACK_FORMAT
				? "Delete the row and load the tenant's events again: the pack is of an "
				  "older version."
				: "Update the extension: the pack may come from a newer version.",
			"activity pack has format %d, this version reads format %d", bytes[0], PACK_FORMAT);
	pack->newest = get16(bytes + 4);
	pack->features = get16(bytes + 6);
	pack->users = (uint32_t) get_le(bytes + 8, 4);
	pack->first = get16(bytes + 12);
	pack->older = get16(bytes + 14);
	if (pack->newest == 0)
		return csh_fail(error, corrupt_hint, "activity pack is corrupt: its newest day is 0");
	if (pack->first > pack->newest || pack->older > pack->newest)
		return csh_fail(
			error, corrupt_hint,
			"activity pack is corrupt: its first day is %d and its older day %d, after its "
			"newest, %d",
			pack->first, pack->older, pack->newest);
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
	pack->end = bytes + length;
	return check_keys(pack->user_keys, pack->users, "user", error) &&
		   check_keys(pack->feature_keys, pack->features, "feature", error);
}

/* Writes the header and the rings, returns where the keys begin */
static size_t
put_head(uint8_t *out, uint16_t newest, const Ring rings[RINGS])
{
	size_t length = PACK_HEADER;

	out[0] = PACK_FORMAT;
	put_le(out + 4, newest, 2);
	for (int i = 0; i < RINGS; i++)
	{
		out[1 + i] = (uint8_t) ring_put(&rings[i], out + length);
		length += ring_bytes(out[1 + i]);
	}
	return length;
}

static void
put_counts(uint8_t *out, size_t users, size_t features, Span span)
{
	put_le(out + 6, features, 2);
	put_le(out + 8, users, 4);
	put_le(out + 12, span.first, 2);
	put_le(out + 14, span.older, 2);
}

/* The bytes that a pack of so many keys can take at the most */
static size_t
pack_bound(size_t keys)
{
	return PACK_HEADER + RINGS * ring_bytes(32) + keys * PACK_KEY;
}

/* Orders observations by user, those without one last, or likewise by feature */
static int
compare(const Observation *x, const Observation *y, bool of_users)
{
	bool has_x = of_users ? x->has_user : x->has_feature;
	bool has_y = of_users ? y->has_user : y->has_feature;
	uint64_t hash_x = of_users ? x->user : x->feature;
	uint64_t hash_y = of_users ? y->user : y->feature;

	if (has_x != has_y)
		return has_x ? -1 : 1;
	return (hash_x > hash_y) - (hash_x < hash_y);
}

static int
compare_user(const void *a, const void *b)
{
	return compare(a, b, true);
}

static int
compare_feature(const void *a, const void *b)
{
	return compare(a, b, false);
}

/* Sorts in place; a tenant's day is a handful, for which insertion is faster than the library's sort */
static void
sort_observations(Observation *seen, size_t n, bool of_users)
{
	if (n > 24)
	{
		qsort(seen, n, sizeof(Observation), of_users ? compare_user : compare_feature);
		return;
	}
	for (size_t i = 1; i < n; i++)
	{
		Observation o = seen[i];
		size_t j = i;

		for (; j > 0 && compare(&o, &seen[j - 1], of_users) < 0; j--)
			seen[j] = seen[j - 1];
		seen[j] = o;
	}
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
			key = (Key){.hash = hash};
			keys++;
		}
		key_mark(&key, newest - seen[i].day);
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
	Ring rings[RINGS] = {0};
	uint16_t newest = 0;
	Span span = {0};
	size_t length;
	size_t users;
	size_t features;

	for (size_t i = 0; i < n; i++)
		if (seen[i].day > newest)
			newest = seen[i].day;
	for (size_t i = 0; i < n; i++)
	{
		int age = newest - seen[i].day;

		if (seen[i].has_user && (span.first == 0 || seen[i].day < span.first))
			span.first = seen[i].day;
		if (seen[i].has_user && age >= PACK_DAYS)
			span_older(&span, newest, age);
		for (int r = 0; r < RINGS && age < RING_DAYS; r++)
		{
			ring_count(&rings[r], age, seen[i].count[r]);
			if (age >= rings[r].used)
				rings[r].used = age + 1;
		}
	}
	length = put_head(out, newest, rings);
	sort_observations(seen, n, true);
	users = put_runs(seen, n, true, newest, UINT32_MAX, out + length);
	length += users * PACK_KEY;
	sort_observations(seen, n, false);
	features = put_runs(seen, n, false, newest, PACK_MAX_FEATURES, out + length);
	put_counts(out, users, features, span);
	return length + features * PACK_KEY;
}

/* Merges two ascending lists of keys, each moved to the common newest day; returns how many came out */
static size_t
merge_keys(const uint8_t *a, size_t na, uint16_t newest_a, const uint8_t *b, size_t nb,
		   uint16_t newest_b, size_t limit, Span *span, uint8_t *out)
{
	uint16_t newest = newest_a > newest_b ? newest_a : newest_b;
	size_t i = 0;
	size_t j = 0;
	size_t n = 0;

	while ((i < na || j < nb) && n < limit)
	{
		uint64_t hash_a = i < na ? get64(a + i * PACK_KEY) : 0;
		uint64_t hash_b = j < nb ? get64(b + j * PACK_KEY) : 0;
		bool from_a = i < na && (j == nb || hash_a <= hash_b);
		bool from_b = j < nb && (i == na || hash_b <= hash_a);
		Key key;
		Key other;

		if (from_a)
		{
			key = get_key(a + i++ * PACK_KEY);
			key_advance(&key, newest_a, newest, span);
		}
		if (from_b)
		{
			other = get_key(b + j++ * PACK_KEY);
			key_advance(&other, newest_b, newest, span);
			if (from_a)
			{
				key.days.lo |= other.days.lo;
				key.days.hi |= other.days.hi;
			}
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
	Ring rings[RINGS] = {0};
	Span span = {.first = a->first, .older = a->older > b->older ? a->older : b->older};
	Span ignored = {0};
	size_t length;
	size_t users;
	size_t features;

	if (span.first == 0 || (b->first != 0 && b->first < span.first))
		span.first = b->first;
	for (int r = 0; r < RINGS; r++)
	{
		ring_add(&rings[r], a, r, newest - a->newest);
		ring_add(&rings[r], b, r, newest - b->newest);
	}
	length = put_head(out, newest, rings);
	users = merge_keys(a->user_keys, a->users, a->newest, b->user_keys, b->users, b->newest,
					   UINT32_MAX, &span, out + length);
	length += users * PACK_KEY;
	features = merge_keys(a->feature_keys, a->features, a->newest, b->feature_keys, b->features,
						  b->newest, PACK_MAX_FEATURES, &ignored, out + length);
	put_counts(out, users, features, span);
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

		if (get64(pack->user_keys + (size_t) middle * PACK_KEY) < hash)
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
csh_pack_segment_bound(const Pack *pack, uint32_t segment, uint32_t segments)
{
	uint32_t from;
	uint32_t to;

	segment_users(pack, segment, segments, &from, &to);
	return pack_bound((size_t) (to - from) + (segment == 0 ? pack->features : 0));
}

/*
 * Cuts out one of a power of two of segments. Counters and features stay whole in segment 0, so that the
 * parts of a tenant add up to it; first and older day are the tenant's in each of them.
 */
size_t
csh_pack_segment(const Pack *pack, uint32_t segment, uint32_t segments, uint8_t *out)
{
	const uint8_t *start = pack->ring[0] - PACK_HEADER;
	uint32_t from;
	uint32_t to;
	size_t length = segment == 0 ? (size_t) (pack->user_keys - start) : PACK_HEADER;
	size_t features = segment == 0 ? pack->features : 0;

	memcpy(out, start, length);
	if (segment > 0)
		memset(out + 1, 0, RINGS); /* no rings */
	segment_users(pack, segment, segments, &from, &to);
	memcpy(out + length, pack->user_keys + (size_t) from * PACK_KEY,
		   (size_t) (to - from) * PACK_KEY);
	length += (size_t) (to - from) * PACK_KEY;
	memcpy(out + length, pack->feature_keys, features * PACK_KEY);
	put_counts(out, to - from, features, (Span){pack->first, pack->older});
	return length + features * PACK_KEY;
}

/* The next segment after the given one that has a user */
bool
csh_pack_next_segment(const Pack *pack, uint32_t segment, uint32_t segments, uint32_t *next)
{
	uint32_t from;
	uint32_t to;

	segment_users(pack, segment, segments, &from, &to);
	if (to == pack->users)
		return false;
	*next = (uint32_t) (get64(pack->user_keys + (size_t) to * PACK_KEY) >>
						(64 - __builtin_ctz(segments)));
	return true;
}

size_t
csh_pack_without_bound(const Pack *pack)
{
	return pack_bound((size_t) pack->users + pack->features);
}

/*
 * The same pack without one user; that user's part of the counters and of the tenant's first and older day cannot be told
 * apart and stays.
 */
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

		if (get64(key) != user)
			memcpy(out + length + users++ * PACK_KEY, key, PACK_KEY);
	}
	length += users * PACK_KEY;
	memcpy(out + length, pack->feature_keys, (size_t) pack->features * PACK_KEY);
	put_counts(out, users, pack->features,
			   users == 0 && pack->users > 0 ? (Span){0, 0} : (Span){pack->first, pack->older});
	return length + (size_t) pack->features * PACK_KEY;
}

/* Sum of a ring over the n days that end `age` days before the newest */
static double
ring_sum(const Pack *pack, int ring, int age, int n)
{
	int width = pack->width[ring];
	int from = age < 0 ? 0 : age;
	int to = age + n < RING_DAYS ? age + n : RING_DAYS;
	int bit = from * width;
	const uint8_t *next = pack->ring[ring] + bit / 32 * 4;
	uint64_t sum = 0;
	uint64_t pending;
	int bits;

	if (width == 0 || from >= to)
		return 0;
	pending = get32(next) >> bit % 32;
	bits = 32 - bit % 32;
	for (int i = from; i < to; i++)
	{
		if (bits < width)
		{
			next += 4;
			pending |= (uint64_t) get32(next) << bits;
			bits += 32;
		}
		sum += pending & MASK(width);
		pending >>= width;
		bits -= width;
	}
	return (double) sum;
}

/* How users come and go in the windows that end on a day; whole numbers, since this loop runs for every user */
static void
user_stats(const Pack *pack, int day, PresenceStats *stats)
{
	int age = pack->newest - day;
	uint32_t dau = 0, wau = 0, wau_previous = 0, mau = 0, mau_previous = 0;
	uint32_t qau = 0, users_ever = 0, new_users = 0, lost_users = 0;
	uint64_t user_days = 0;
	Days any = {0, 0};
	Days active;

	for (uint32_t i = 0; i < pack->users; i++)
	{
		const uint8_t *key = pack->user_keys + (size_t) i * PACK_KEY;
		Days d = {get64(key + 8), get64(key + 16)};
		uint32_t month;
		uint32_t previous;

		any.lo |= d.lo;
		any.hi |= d.hi;
		d = days_as_of(d, age);
		month = (uint32_t) (d.lo & MASK(30));
		previous = (uint32_t) (d.lo >> 30 & MASK(30));
		dau += month & 1;
		wau += (month & MASK(7)) != 0;
		wau_previous += (month >> 7 & MASK(7)) != 0;
		mau += month != 0;
		mau_previous += previous != 0;
		qau += (d.lo | (d.hi & MASK(QUARTER - 64))) != 0;
		users_ever += (d.lo | d.hi) != 0;
		user_days += count_days(month);
		new_users += (month != 0) & ((d.lo >> 30 | d.hi) == 0);
		lost_users += (previous != 0) & (month == 0);
	}
	stats->dau = dau;
	stats->wau = wau;
	stats->wau_previous = wau_previous;
	stats->mau = mau;
	stats->mau_previous = mau_previous;
	stats->qau = qau;
	stats->users_ever = users_ever;
	stats->users_cut = pack->older != 0 && pack->older > day - QUARTER;
	stats->user_days = (double) user_days;
	stats->new_users = new_users;
	stats->lost_users = lost_users;
	active = days_as_of(any, age);
	stats->active[0] = (double) (active.lo & MASK(30));
	stats->active[1] = (double) (active.lo >> 30 & MASK(30));
	stats->active[2] = (double) ((active.lo >> 60 | active.hi << 4) & MASK(30));
	if (pack->first != 0 && pack->first <= day)
	{
		int youngest = days_youngest(age > 0 ? active : any);

		stats->first_day = pack->first;
		if (youngest < 0)
			stats->last_day = pack->older;
		else
			stats->last_day = (age > 0 ? day : pack->newest) - youngest;
	}
}

/* Distinct features used in the 30 days that end on a day */
static uint32_t
features_used(const Pack *pack, int day)
{
	int age = pack->newest - day;
	uint32_t used = 0;

	for (uint32_t i = 0; i < pack->features; i++)
	{
		const uint8_t *key = pack->feature_keys + (size_t) i * PACK_KEY;
		Days d = {get64(key + 8), get64(key + 16)};

		used += (days_as_of(d, age).lo & MASK(30)) != 0;
	}
	return used;
}

/*
 * Everything that a pack says about a day. Windows are (day - n, day]. A day more than PACK_REACH before the newest is
 * refused, since its windows of 30 days are no longer whole; a day after the newest is as good as any. The quarter may
 * reach beyond what is kept. Of its users some are missing when anybody was active on a day of it that no bitmap reaches;
 * the older day is the latest of those. Of its events some may be missing as soon as it is longer than the rings.
 */
bool
csh_pack_stats(const Pack *pack, int day, PresenceStats *stats, CshError *error)
{
	int age = pack->newest - day;

	if (age > PACK_REACH)
		return csh_fail(
			error, "Read the vector stored with customer_health for that day instead.",
			"the day lies %d days before the newest activity, out of reach: %d days are kept whole",
			age, PACK_REACH);
	memset(stats, 0, sizeof(*stats));
	user_stats(pack, day, stats);
	stats->features_used = features_used(pack, day);
	stats->logins = ring_sum(pack, RING_LOGINS, age, 30);
	stats->minutes = ring_sum(pack, RING_MINUTES, age, 30) / 10;
	stats->events = ring_sum(pack, RING_EVENTS, age, 30);
	stats->events_previous = ring_sum(pack, RING_EVENTS, age + 30, 30);
	stats->events_quarter =
		stats->events + stats->events_previous + ring_sum(pack, RING_EVENTS, age + 60, 30);
	stats->events_cut = age + QUARTER > RING_DAYS;
	return true;
}

/* Adds the part that one segment has in a tenant's figures */
void
csh_stats_add(PresenceStats *sum, const PresenceStats *part)
{
	double first = sum->first_day;
	double last = sum->last_day;
	double active[3];

	for (int i = 0; i < 3; i++)
		active[i] = (double) ((uint32_t) sum->active[i] | (uint32_t) part->active[i]);
	for (int i = 0; i < PRESENCE_STATS_FIELDS; i++)
		((double *) sum)[i] += ((const double *) part)[i];
	memcpy(sum->active, active, sizeof(active));
	sum->first_day =
		first == 0 || (part->first_day != 0 && part->first_day < first) ? part->first_day : first;
	sum->last_day = part->last_day > last ? part->last_day : last;
}
