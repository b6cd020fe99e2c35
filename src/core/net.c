/*
 * net.c
 *		Which addresses belong to the public internet, and which to networks that were named.
 */
#include "net.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* IANA's special-purpose registries (RFC 6890 and later), as far as no receiver of ours is there */
static const char *const special[] = {
	"0.0.0.0/8",     "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
	"172.16.0.0/12", "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
	"198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4",    "240.0.0.0/4",
	"2001::/23",     "2001:db8::/32",   "2002::/16",      "3fff::/20"};

/* A version 4 address of four bytes in the form that all functions here take */
void
csh_ip4(const void *bytes, uint8_t out[16])
{
	memset(out, 0, 10);
	memset(out + 10, 0xff, 2);
	memcpy(out + 12, bytes, 4);
}

/* Reads ADDRESS or ADDRESS/BITS; bits beyond the prefix have to be zero, as they would be a mistake */
bool
csh_network_parse(const char *text, CshNetwork *network)
{
	char address[64];
	uint8_t four[4];
	const char *slash = strchr(text, '/');
	size_t length = slash ? (size_t) (slash - text) : strlen(text);
	int bits = 128;
	int offset = 0;

	if (length >= sizeof(address))
		return false;
	memcpy(address, text, length);
	address[length] = '\0';
	if (inet_pton(AF_INET, address, four) == 1)
	{
		csh_ip4(four, network->bytes);
		offset = 96;
	}
	else if (inet_pton(AF_INET6, address, network->bytes) != 1)
		return false;
	if (slash)
	{
		size_t digits = strspn(slash + 1, "0123456789");

		if (digits < 1 || digits > 3 || slash[1 + digits] != '\0')
			return false;
		bits = offset + atoi(slash + 1);
	}
	if (bits > 128)
		return false;
	network->bits = bits;
	for (int i = bits; i < 128; i++)
		if (network->bytes[i / 8] & (0x80 >> i % 8))
			return false;
	return true;
}

/* Whether an address lies in a network */
bool
csh_network_has(const CshNetwork *network, const uint8_t address[16])
{
	int whole = network->bits / 8;
	int rest = network->bits % 8;

	return memcmp(network->bytes, address, (size_t) whole) == 0 &&
		   (rest == 0 || (network->bytes[whole] ^ address[whole]) >> (8 - rest) == 0);
}

/*
 * Whether an address is one of the public internet: of version 6 only global unicast, 2000::/3, so neither
 * loopback nor link-local nor unique local nor NAT64 addresses.
 */
bool
csh_address_is_public(const uint8_t address[16])
{
	static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
	CshNetwork network;

	if (memcmp(address, mapped, sizeof(mapped)) != 0 && address[0] >> 5 != 1)
		return false;
	for (size_t i = 0; i < sizeof(special) / sizeof(special[0]); i++)
		if (!csh_network_parse(special[i], &network) || csh_network_has(&network, address))
			return false;
	return true;
}
