/*
 * siphash.h
 *		Keyed hash for pseudonymous user keys and for derived ids.
 */
#ifndef CSH_SIPHASH_H
#define CSH_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

extern uint64_t csh_siphash(const uint8_t key[16], const void *data, size_t length);

#endif
