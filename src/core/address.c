/*
 * address.c
 *		Which e-mail addresses mail can be sent to: a strict part of RFC 5321 without quotes, comments and literals.
 */
#include "address.h"

#include "url.h"

#include <string.h>
#include <strings.h>

#define LETTERS_AND_DIGITS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

/* A Dot-string of RFC 5321, section 4.1.2 */
static bool
is_local_part(const char *text, size_t length)
{
	bool after_dot = true;

	if (length < 1 || length > 64)
		return false;
	for (size_t i = 0; i < length; i++)
	{
		bool dot = text[i] == '.';

		if (dot ? after_dot : strchr(LETTERS_AND_DIGITS "!#$%&'*+-/=?^_`{|}~", text[i]) == NULL)
			return false;
		after_dot = dot;
	}
	return !after_dot;
}

/* Labels of 1 to 63 letters, digits and inner hyphens */
static bool
is_domain(const char *text)
{
	size_t length = strlen(text);

	if (length < 1 || length > 253)
		return false;
	for (;;)
	{
		size_t label = strspn(text, LETTERS_AND_DIGITS "-");

		if (label < 1 || label > 63 || text[0] == '-' || text[label - 1] == '-')
			return false;
		text += label;
		if (*text == '\0')
			return true;
		if (*text++ != '.')
			return false;
	}
}

/* Whether mail can be sent to an address; nothing that passes can end a header or an SMTP command */
bool
csh_address_check(const char *address, CshError *error)
{
	const char *at = strchr(address, '@');
	char shown[60];

	if (at != NULL && strlen(address) <= 254 && is_local_part(address, (size_t) (at - address)) &&
		is_domain(at + 1))
		return true;
	csh_excerpt(shown, sizeof(shown), address);
	return csh_fail(error, "Write NAME@DOMAIN in ASCII, other scripts in the domain as xn--.",
					"\"%s\" is no address that mail can be sent to", shown);
}

/* Whether a header may offer an address to unsubscribe at (RFC 2369) */
bool
csh_unsubscribe_check(const char *address, CshError *error)
{
	char host[CSH_HOST_MAX];

	if (strncmp(address, "mailto:", 7) == 0)
		return csh_address_check(address + 7, error);
	if (strlen(address) > 900)
		return csh_fail(error, "Shorten it.",
						"the address to unsubscribe at has more than 900 bytes");
	return csh_url_check(address, false, host, error);
}
