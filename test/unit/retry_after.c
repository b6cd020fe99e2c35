/*
 * retry_after.c
 *		What receivers write into Retry-After.
 */
#include "retry_after.h"

#include "tap.h"

/* 2026-11-06 08:49:37 UTC */
#define NOW 1793954977

static void
gives(const char *text, int expected)
{
	int seconds = -1;
	bool said = csh_retry_after(text, NOW, &seconds);

	ok(said ? seconds == expected : expected < 0, "\"%s\": %d", text, said ? seconds : -1);
}

int
main(void)
{
	char large[5000];

	gives("0", 0);
	gives("1", 1);
	gives("120", 120);
	gives(" 120 \r\n", 120);
	gives("\t7\n", 7);
	gives("007", 7);
	gives("86399", 86399);
	gives("86400", 86400);
	gives("86401", 86400);
	gives("1000000000", 86400);
	gives("99999999999999999999999999999", 86400);
	gives("Fri, 06 Nov 2026 08:50:07 GMT", 30);
	gives("Fri, 06 Nov 2026 08:49:37 GMT", 0);
	gives("Fri, 06 Nov 2026 08:49:00 GMT", 0);
	gives("Sat, 07 Nov 2026 08:49:36 GMT", 86399);
	gives("Wed, 06 Nov 2126 08:49:37 GMT", 86400);
	gives("Sun, 06 Nov 1994 08:49:37 GMT", 0);
	gives("Friday, 06-Nov-26 08:50:07 GMT", 30);
	gives("", -1);
	gives(" ", -1);
	gives("\r\n", -1);
	gives("soon", -1);
	gives("-5", -1);
	gives("+5", -1);
	gives("1.5", -1);
	gives("5 s", -1);
	gives("0x10", -1);
	gives("1e9", -1);
	gives("5, 6", -1);
	gives("NaN", -1);
	gives("GMT", -1);
	gives(" GMT", -1);
	gives("Fri GMT", -1);
	gives("Fri, 32 Nov 2026 08:50:07 GMT", -1);
	gives("Fri, 06 Nov 2026 25:50:07 GMT", -1);
	gives("2026-11-06T08:50:07Z", -1);
	gives("20261106", 86400); /* a number is a number */
	gives("Fri, 06 Nov 2026 08:50:07 +0100", -1);
	gives("\xff\xfe", -1);
	for (size_t i = 0; i < sizeof(large) - 1; i++)
		large[i] = '9';
	large[sizeof(large) - 1] = '\0';
	gives(large, -1);
	return tap_done();
}
