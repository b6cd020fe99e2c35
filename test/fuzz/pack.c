/*
 * pack.c
 *		Any bytes as a pack of activity: refused, or read, merged and cut without a fault and without contradicting itself.
 */
#include <assert.h>
#include <stdlib.h>

#include "presence.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Every operation on a pack that opened must give a pack that opens and holds the same users */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	Pack pack;
	Pack result;
	PresenceStats stats;
	CshError error;
	uint8_t *out;
	uint64_t users = 0;

	if (!csh_pack_open(data, size, &pack, &error))
		return 0;
	for (int age = -200; age <= PACK_REACH + 1; age++)
	{
		int day = pack.newest - age;

		if (day >= 1 && csh_pack_stats(&pack, day, &stats, &error))
			assert(stats.users_ever <= pack.users && stats.qau <= stats.users_ever &&
				   stats.mau <= stats.qau && stats.wau <= stats.mau && stats.dau <= stats.wau &&
				   stats.events <= stats.events_quarter);
	}

	out = malloc(csh_pack_merge_bound(&pack, &pack));
	assert(csh_pack_open(out, csh_pack_merge(&pack, &pack, out), &result, &error));
	assert(result.users == pack.users && result.features == pack.features);
	free(out);

	for (uint32_t segment = 0; segment < 4; segment++)
	{
		out = malloc(csh_pack_segment_bound(&pack, segment, 4));
		assert(csh_pack_open(out, csh_pack_segment(&pack, segment, 4, out), &result, &error));
		users += result.users;
		free(out);
	}
	assert(users == pack.users);
	users = 0;
	for (uint32_t segment = 0, next = 0, more = 1; more; segment = next)
	{
		out = malloc(csh_pack_segment_bound(&pack, segment, 1 << 20));
		assert(csh_pack_open(out, csh_pack_segment(&pack, segment, 1 << 20, out), &result, &error));
		assert(segment == 0 || result.users > 0);
		users += result.users;
		free(out);
		more = csh_pack_next_segment(&pack, segment, 1 << 20, &next);
	}
	assert(users == pack.users);

	out = malloc(csh_pack_without_bound(&pack));
	assert(csh_pack_open(out, csh_pack_without(&pack, 0, out), &result, &error));
	free(out);
	return 0;
}
