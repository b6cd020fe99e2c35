/*
 * siphash.c
 *		The test vectors of SipHash-2-4's authors: key 00 01 .. 0f, input 00 01 .. of a length.
 */
#include "siphash.h"

#include <inttypes.h>

#include "tap.h"

int
main(void)
{
	static const struct
	{
		size_t length;
		uint64_t hash;
	} vectors[] = {
		{0, UINT64_C(0x726fdb47dd0e0e31)},  {1, UINT64_C(0x74f839c593dc67fd)},
		{2, UINT64_C(0x0d6c8009d9a94f5a)},  {7, UINT64_C(0xab0200f58b01d137)},
		{8, UINT64_C(0x93f5f5799a932462)},  {15, UINT64_C(0xa129ca6149be45e5)}, /* the paper's */
		{63, UINT64_C(0x958a324ceb064572)},
	};
	uint8_t bytes[65];
	uint8_t key[16];

	for (int i = 0; i < 65; i++)
		bytes[i] = (uint8_t) i;
	for (int i = 0; i < 16; i++)
		key[i] = (uint8_t) i;
	for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++)
	{
		uint64_t hash = csh_siphash(key, bytes, vectors[i].length);

		ok(hash == vectors[i].hash, "%zu bytes: %016" PRIx64, vectors[i].length, hash);
	}
	for (size_t i = 0; i < 64; i++)
		bytes[i] = bytes[i + 1];
	ok(csh_siphash(key, bytes, 15) != vectors[5].hash, "another input, another hash");
	for (int i = 0; i < 65; i++)
		bytes[i] = (uint8_t) (i - 1);
	ok(csh_siphash(key, bytes + 1, 15) == vectors[5].hash, "an odd address, the same hash");
	key[15] ^= 0x80;
	ok(csh_siphash(key, bytes + 1, 15) != vectors[5].hash, "another key, another hash");
	return tap_done();
}
