/*
 * address.c
 *		Any text as an address of mail, as a URL and as a network: what passes has nothing in it that could end a line.
 */
#include <assert.h>
#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "net.h"
#include "url.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
assert_plain(const char *text)
{
	for (; *text != '\0'; text++)
		assert(*text > 0x20 && *text < 0x7f && *text != '"' && *text != '<' && *text != '>' &&
			   *text != '\\');
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	char host[CSH_HOST_MAX];
	CshError error;
	CshNetwork network;
	uint8_t address[16] = {0};

	memcpy(text, data, size);
	text[size] = '\0';
	if (csh_address_check(text, &error))
	{
		assert_plain(text);
		assert(strchr(text, '@') == strrchr(text, '@') && strlen(text) <= 254);
	}
	if (csh_unsubscribe_check(text, &error))
		assert_plain(text);
	if (csh_url_check(text, true, host, &error))
	{
		assert_plain(text);
		assert_plain(host);
		assert(strchr(host, '@') == NULL && strstr(text, host) != NULL);
	}
	if (csh_network_parse(text, &network))
	{
		memcpy(address, network.bytes, sizeof(address));
		assert(csh_network_has(&network, address));
		csh_address_is_public(address);
	}
	free(text);
	return 0;
}
