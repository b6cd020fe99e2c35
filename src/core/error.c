/*
 * error.c
 *		Building the messages that the core hands to its callers.
 */
#include "error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* Records why an input is refused and returns false, so that callers can write "return csh_fail(...)" */
bool
csh_fail(CshError *error, const char *hint, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(error->message, sizeof(error->message), format, args);
	va_end(args);
	snprintf(error->hint, sizeof(error->hint), "%s", hint ? hint : "");
	return false;
}

/*
 * Copies foreign text into a message: printable ASCII only and cut to size, because messages end
 * in logs and HTTP headers where a line break or half a character would do harm.
 */
void
csh_excerpt(char *out, size_t size, const char *text)
{
	size_t n = 0;

	while (text[n] != '\0' && n + 1 < size)
	{
		unsigned char c = (unsigned char) text[n];

		out[n] = (c >= 0x20 && c < 0x7f) ? (char) c : '?';
		n++;
	}
	out[n] = '\0';
	if (text[n] != '\0' && size > 4)
		memcpy(out + size - 4, "...", 4);
}
