/*
 * presence.h
 *		A tenant's packed activity: who and which feature on which of the last 128 days, and daily counters.
 *
 * A pack is a byte string of format 1, all numbers little-endian:
 *
 *		 0	u8		format (1)
 *		 1	u8[3]	bits per day of the rings of logins, minutes (tenths) and events, each 0 to 32
 *		 4	u16		newest: the latest day with anything in it
 *		 6	u16		number of feature keys
 *		 8	u32		number of user keys
 *		12	rings	three times 128 numbers of the said widths, youngest day first
 *		..	users	28 bytes each, ascending by key
 *		..	features, likewise
 *
 * A key is: u64 hash, u128 bitmap (bit i = active i days before newest), u16 first day ever, u16 last
 * active day older than the bitmap reaches (0 = none). The last two keep "never seen before" and "days since
 * active" exact for every day within reach. Days count from 2000-01-01, which is day 1.
 */
#ifndef CSH_PRESENCE_H
#define CSH_PRESENCE_H

#include <stdint.h>

#include "error.h"

#define PACK_FORMAT 1
#define PACK_HEADER 12
#define PACK_KEY 28
#define PACK_DAYS 128
#define PACK_REACH 68 /* 128 days less the two 30-day windows of a measure */
#define PACK_MAX_FEATURES 65535

enum
{
	RING_LOGINS,
	RING_MINUTES,
	RING_EVENTS,
	RINGS
};

/* A checked view on the bytes of a pack */
typedef struct Pack
{
	uint16_t newest;
	uint8_t width[RINGS];
	uint32_t users;
	uint32_t features;
	const uint8_t *ring[RINGS];
	const uint8_t *user_keys;
	const uint8_t *feature_keys;
} Pack;

/* One thing that was seen: a user, a feature or neither (then only the counters count) on a day */
typedef struct Observation
{
	uint64_t user;
	uint64_t feature;
	uint32_t count[RINGS];
	uint16_t day;
	bool has_user;
	bool has_feature;
} Observation;

/* What the packs of a tenant say about a day; parts of one tenant add up */
typedef struct PresenceStats
{
	double dau;
	double wau;
	double wau_previous;
	double mau;
	double mau_previous;
	double user_days; /* sum of the daily active users of 30 days */
	double new_users;
	double lost_users;
	double features_used;
	double logins;
	double minutes;
	double events;
	double events_previous;
	double active_mask; /* bit i = somebody was active i days before the day; below 2^30 */
	double first_day;   /* 0 = nobody ever */
	double last_day;
} PresenceStats;

#define PRESENCE_STATS_FIELDS ((int) (sizeof(PresenceStats) / sizeof(double)))

extern bool csh_pack_open(const uint8_t *bytes, size_t length, Pack *pack, CshError *error);
extern size_t csh_pack_build_bound(size_t observations);
extern size_t csh_pack_build(Observation *observations, size_t n, uint8_t *out);
extern size_t csh_pack_merge_bound(const Pack *a, const Pack *b);
extern size_t csh_pack_merge(const Pack *a, const Pack *b, uint8_t *out);
extern size_t csh_pack_slice_bound(const Pack *pack, uint32_t segment, uint32_t segments);
extern size_t csh_pack_slice(const Pack *pack, uint32_t segment, uint32_t segments, uint8_t *out);
extern size_t csh_pack_without_bound(const Pack *pack);
extern size_t csh_pack_without(const Pack *pack, uint64_t user, uint8_t *out);
extern bool csh_pack_is_empty(const Pack *pack);
extern bool csh_pack_stats(const Pack *pack, int day, PresenceStats *stats, CshError *error);
extern void csh_stats_add(PresenceStats *sum, const PresenceStats *part);

#endif
