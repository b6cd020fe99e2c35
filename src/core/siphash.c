/*
 * siphash.c
 *		SipHash-2-4 as published by Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012).
 *
 * A keyed hash is what makes a user key a pseudonym: without the key nobody can try out user ids.
 */
#include "siphash.h"

#define ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

/* Reads eight bytes as a little-endian number, on any machine */
static uint64_t
load64(const uint8_t *p)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = (v << 8) | p[i];
	return v;
}

/* One SipRound: the paper's add-rotate-xor network over the four state words */
static inline void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = ROTL(v[1], 13);
	v[1] ^= v[0];
	v[0] = ROTL(v[0], 32);
	v[2] += v[3];
	v[3] = ROTL(v[3], 16);
	v[3] ^= v[2];
	v[0] += v[3];
	v[3] = ROTL(v[3], 21);
	v[3] ^= v[0];
	v[2] += v[1];
	v[1] = ROTL(v[1], 17);
	v[1] ^= v[2];
	v[2] = ROTL(v[2], 32);
}

/* SipHash-2-4 of data under a 128-bit key */
uint64_t
csh_siphash(const uint8_t key[16], const void *data, size_t length)
{
	const uint8_t *p = data;
	uint64_t k0 = load64(key);
	uint64_t k1 = load64(key + 8);
	uint64_t v[4] = {k0 ^ UINT64_C(0x736f6d6570736575), k1 ^ UINT64_C(0x646f72616e646f6d),
					 k0 ^ UINT64_C(0x6c7967656e657261), k1 ^ UINT64_C(0x7465646279746573)};
	uint64_t last = (uint64_t) length << 56;
	size_t whole = length / 8;

	for (size_t i = 0; i < whole; i++)
	{
		uint64_t m = load64(p + 8 * i);

		v[3] ^= m;
		sip_round(v);
		sip_round(v);
		v[0] ^= m;
	}
	for (size_t i = 0; i < length % 8; i++)
		last |= (uint64_t) p[8 * whole + i] << (8 * i);
	v[3] ^= last;
	sip_round(v);
	sip_round(v);
	v[0] ^= last;
	v[2] ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}
