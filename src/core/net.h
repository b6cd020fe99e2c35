/*
 * net.h
 *		Addresses and networks of IP.
 */
#ifndef CSH_NET_H
#define CSH_NET_H

#include <stdint.h>

#include "error.h"

/* Both families as 16 bytes, version 4 as ::ffff:a.b.c.d; bits counts within the 128 */
typedef struct CshNetwork
{
	uint8_t bytes[16];
	int bits;
} CshNetwork;

extern void csh_ip4(const void *bytes, uint8_t out[16]);
extern bool csh_network_parse(const char *text, CshNetwork *network);
extern bool csh_network_has(const CshNetwork *network, const uint8_t address[16]);
extern bool csh_address_is_public(const uint8_t address[16]);

#endif
