/*
 * smtp_reply.c
 *		Refusals of mail servers.
 */
#include "smtp_reply.h"

#include <stdio.h>
#include <string.h>

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* How many digits there are from a place on, up to three */
static size_t
digits(const char *line, size_t length, size_t from)
{
	size_t count = 0;

	while (count < 3 && from + count < length && is_digit(line[from + count]))
		count++;
	return count;
}

/*
 * Takes status and enhanced status out of a line such as "550-5.1.1 no such user" and nothing else of what it says, for
 * that may repeat anything. False, and refusal as it was, for other lines. RFC 5321, section 4.2; RFC 2034 and 3463.
 */
bool
csh_smtp_refusal(const char *line, size_t length, char refusal[CSH_REFUSAL_SIZE])
{
	size_t subject;
	size_t detail;
	size_t end;

	if (digits(line, length, 0) != 3 || length < 7 || (line[0] != '4' && line[0] != '5') ||
		(line[3] != ' ' && line[3] != '-') || line[4] != line[0] || line[5] != '.')
		return false;
	subject = digits(line, length, 6);
	if (subject == 0 || 6 + subject >= length || line[6 + subject] != '.')
		return false;
	detail = digits(line, length, 7 + subject);
	end = 7 + subject + detail;
	if (detail == 0 || (end < length && strchr(" \r\n", line[end]) == NULL))
		return false;
	snprintf(refusal, CSH_REFUSAL_SIZE, "%.3s %.*s", line, (int) (end - 4), line + 4);
	return true;
}
