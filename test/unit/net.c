/*
 * net.c
 *		Which addresses are public, and how networks are written.
 */
#include "net.h"

#include <arpa/inet.h>
#include <string.h>

#include "tap.h"

static const char *const closed[] = {
	"0.0.0.0",
	"0.1.2.3",
	"10.0.0.1",
	"10.255.255.255",
	"100.64.0.1",
	"100.127.255.255",
	"127.0.0.1",
	"127.255.255.255",
	"169.254.169.254",
	"172.16.0.1",
	"172.31.255.255",
	"192.0.0.8",
	"192.0.2.1",
	"192.88.99.1",
	"192.168.0.1",
	"198.18.0.1",
	"198.19.255.255",
	"198.51.100.7",
	"203.0.113.9",
	"224.0.0.1",
	"239.255.255.255",
	"240.0.0.1",
	"255.255.255.255",
	"::",
	"::1",
	"::127.0.0.1",
	"::ffff:127.0.0.1",
	"::ffff:10.0.0.1",
	"::ffff:0:127.0.0.1",
	"64:ff9b::7f00:1",
	"64:ff9b:1::1",
	"100::1",
	"fc00::1",
	"fdff::1",
	"fe80::1",
	"fec0::1",
	"ff02::1",
	"2001::1",
	"2001:10::1",
	"2001:db8::1",
	"2002:7f00:1::",
	"3fff::1",
	"4000::1",
};

static const char *const open[] = {
	"1.1.1.1",         "9.255.255.255", "11.0.0.0",     "100.63.255.255", "100.128.0.0",
	"126.255.255.255", "128.0.0.0",     "169.253.0.1",  "172.15.255.255", "172.32.0.0",
	"192.0.1.1",       "192.167.1.1",   "198.17.0.1",   "198.20.0.1",     "223.255.255.255",
	"2600::1",         "2001:200::1",   "2a00:1450::1", "3ffe::1",
};

static void
read_address(const char *text, uint8_t out[16])
{
	uint8_t four[4];

	if (inet_pton(AF_INET, text, four) == 1)
		csh_ip4(four, out);
	else
		inet_pton(AF_INET6, text, out);
}

static void
has(const char *network, const char *address, bool expected)
{
	CshNetwork parsed;
	uint8_t bytes[16];

	read_address(address, bytes);
	ok(csh_network_parse(network, &parsed) && csh_network_has(&parsed, bytes) == expected,
	   "%s %s %s", network, expected ? "has" : "lacks", address);
}

int
main(void)
{
	static const char *const wrong[] = {
		"",
		"/",
		"/8",
		"10.0.0.0/",
		"10.0.0.0/33",
		"10.0.0.0/-1",
		"10.0.0.0/8x",
		"10.0.0.0/ 8",
		"10.0.0.0/0008",
		"10.0.0/8",
		"10.1.0.0/8",
		"::/129",
		"::1/64",
		"localhost",
		"1.2.3.4/99999999999",
		"fe80::1%1",
		"1111111111111111111111111111111111111111111111111111111111111111"};
	uint8_t bytes[16];
	CshNetwork network;

	for (size_t i = 0; i < sizeof(closed) / sizeof(closed[0]); i++)
	{
		read_address(closed[i], bytes);
		ok(!csh_address_is_public(bytes), "%s is not public", closed[i]);
	}
	for (size_t i = 0; i < sizeof(open) / sizeof(open[0]); i++)
	{
		read_address(open[i], bytes);
		ok(csh_address_is_public(bytes), "%s is public", open[i]);
	}
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		ok(!csh_network_parse(wrong[i], &network), "no network: \"%s\"", wrong[i]);
	has("10.0.0.0/8", "10.255.0.1", true);
	has("10.0.0.0/8", "11.0.0.1", false);
	has("10.1.2.128/25", "10.1.2.128", true);
	has("10.1.2.128/25", "10.1.2.127", false);
	has("10.1.2.3", "10.1.2.3", true);
	has("10.1.2.3", "10.1.2.2", false);
	has("10.1.2.3/32", "10.1.2.3", true);
	has("0.0.0.0/0", "255.1.2.3", true);
	has("0.0.0.0/0", "::1", false);
	has("::/0", "127.0.0.1", true);
	has("::1", "::1", true);
	has("::1", "127.0.0.1", false);
	has("::ffff:127.0.0.0/104", "127.0.0.1", true);
	has("127.0.0.0/8", "::ffff:127.0.0.1", true);
	has("fd00::/8", "fd12::1", true);
	has("2001:db8::/33", "2001:db8:8000::", false);
	return tap_done();
}
