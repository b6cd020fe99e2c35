/*
 * retry_after.c
 *		The header Retry-After (RFC 9110, section 10.2.3): seconds or a date.
 */
#include "retry_after.h"

#include <curl/curl.h>
#include <string.h>

/* How long a receiver asks to wait, at most a day; false when it says nothing that makes sense */
bool
csh_retry_after(const char *text, time_t now, int *seconds)
{
	char value[64];
	size_t length;
	time_t until;

	text += strspn(text, " \t");
	length = strcspn(text, "\r\n");
	while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
		length--;
	if (length == 0 || length >= sizeof(value))
		return false;
	memcpy(value, text, length);
	value[length] = '\0';
	if (strspn(value, "0123456789") == length)
	{
		*seconds = 0;
		for (size_t i = 0; i < length && *seconds < CSH_RETRY_AFTER_MAX; i++)
			*seconds = 10 * *seconds + (value[i] - '0');
	}
	else
	{
		/* curl reads more than dates with a weekday and GMT, some of it not as meant */
		if (strncmp(value + (length < 4 ? 0 : length - 4), " GMT", 4) != 0 ||
			strspn(value, "MTWFSonuedhriat") < 3)
			return false;
		until = curl_getdate(value, NULL);
		if (until < 0)
			return false;
		*seconds = until <= now                        ? 0
				   : until - now > CSH_RETRY_AFTER_MAX ? CSH_RETRY_AFTER_MAX
													   : (int) (until - now);
	}
	if (*seconds > CSH_RETRY_AFTER_MAX)
		*seconds = CSH_RETRY_AFTER_MAX;
	return true;
}
