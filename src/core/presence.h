/*
 * presence.h
 *		A tenant's packed activity: who and which feature on which of the last 127 days, and 128 days of counters.
 *
 * A pack is a byte string of format 2, all numbers little-endian:
 *
 *		 0	u8		format (2)
 *		 1	u8[3]	bits per day of the rings of logins, minutes (tenths) and events, each 0 to 32
 *		 4	u16		newest: the latest day with anything in it
 *		 6	u16		number of feature keys
 *		 8	u32		number of user keys
 *		12	u16		first: the day on which the first user ever was seen, 0 = nobody yet
 *		14	u16		older: the latest day on which a user was active that no bitmap reaches, 0 = none
 *		16	rings	three times 128 numbers of the said widths, youngest day first
 *		..	users	24 bytes each, ascending by key
 *		..	features, likewise
 *
 * A key is a u64 hash and a u128 bitmap: bit i = active i days before newest, for i below 127; bit 127 = seen on some day
 * before those. That bit keeps "never seen before" exact for every day within reach, `first` and `older` do the same for
 * the first day and the days since anybody was active. Days count from 2000-01-01, which is day 1.
 */
#ifndef CSH_PRESENCE_H
#define CSH_PRESENCE_H

#include <stdint.h>

#include "error.h"

#define PACK_FORMAT 2
#define PACK_HEADER 16
#define PACK_KEY 24
#define PACK_DAYS 127 /* days in a bitmap */
#define RING_DAYS 128
#define PACK_REACH (PACK_DAYS - 60) /* most measures look back two windows of 30 days at most */
#define QUARTER 90                  /* days of the longest window, which is not always whole */
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
	uint16_t first;
	uint16_t older;
	uint8_t width[RINGS];
	uint32_t users;
	uint32_t features;
	const uint8_t *ring[RINGS];
	const uint8_t *user_keys;
	const uint8_t *feature_keys;
	const uint8_t *end;
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
	double qau;
	double users_ever;
	double user_days; /* sum of the daily active users of 30 days */
	double new_users;
	double lost_users;
	double features_used;
	double logins;
	double minutes;
	double events;
	double events_previous;
	double events_quarter;
	double active[3];  /* masks of 30 days: bit i of m = somebody was active 30 m + i days before */
	double users_cut;  /* packs in which users of the quarter are missing */
	double events_cut; /* packs in which events of the quarter may be missing */
	double first_day;  /* 0 = nobody ever */
	double last_day;
} PresenceStats;

#define PRESENCE_STATS_FIELDS ((int) (sizeof(PresenceStats) / sizeof(double)))

extern bool csh_pack_open(const uint8_t *bytes, size_t length, Pack *pack, CshError *error);
extern size_t csh_pack_build_bound(size_t observations);
extern size_t csh_pack_build(Observation *observations, size_t n, uint8_t *out);
extern size_t csh_pack_merge_bound(const Pack *a, const Pack *b);
extern size_t csh_pack_merge(const Pack *a, const Pack *b, uint8_t *out);
extern size_t csh_pack_segment_bound(const Pack *pack, uint32_t segment, uint32_t segments);
extern size_t csh_pack_segment(const Pack *pack, uint32_t segment, uint32_t segments, uint8_t *out);
extern bool csh_pack_next_segment(const Pack *pack, uint32_t segment, uint32_t segments,
								  uint32_t *next);
extern size_t csh_pack_without_bound(const Pack *pack);
extern size_t csh_pack_without(const Pack *pack, uint64_t user, uint8_t *out);
extern bool csh_pack_stats(const Pack *pack, int day, PresenceStats *stats, CshError *error);
extern void csh_stats_add(PresenceStats *sum, const PresenceStats *part);

#endif
