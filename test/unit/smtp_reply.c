/*
 * smtp_reply.c
 *		What mail servers say when they refuse.
 */
#include "smtp_reply.h"

#include <string.h>

#include "tap.h"

/* expected is null where the line tells nothing */
static void
gives(const char *line, const char *expected)
{
	char refusal[CSH_REFUSAL_SIZE] = "as before";
	bool found = csh_smtp_refusal(line, strlen(line), refusal);

	ok(found == (expected != NULL) && strcmp(refusal, expected ? expected : "as before") == 0,
	   "\"%s\": %s", line, refusal);
}

int
main(void)
{
	char refusal[CSH_REFUSAL_SIZE] = "";

	gives("550 5.1.1 no such user\r\n", "550 5.1.1");
	gives("550-5.1.1 no such user\r\n", "550 5.1.1");
	gives("550 5.7.1\r\n", "550 5.7.1");
	gives("550 5.7.1", "550 5.7.1");
	gives("451 4.7.500 busy", "451 4.7.500");
	gives("550 5.123.456 x", "550 5.123.456");
	gives("250 2.1.5 OK\r\n", NULL);
	gives("550 no such user", NULL);
	gives("550 4.1.1 contradicts itself", NULL);
	gives("550 5.1.1.1 x", NULL);
	gives("550 5.1234.1 x", NULL);
	gives("550 5.1.1234 x", NULL);
	gives("550 5.1.x", NULL);
	gives("550 5.1.", NULL);
	gives("550 5..1 x", NULL);
	gives("550 5.1", NULL);
	gives("550 5", NULL);
	gives("550 ", NULL);
	gives("550", NULL);
	gives("5505.1.1 x", NULL);
	gives("5.1.1 x", NULL);
	gives("", NULL);
	ok(csh_smtp_refusal("550 5.1.10", 9, refusal) && strcmp(refusal, "550 5.1.1") == 0,
	   "nothing is read behind the end");
	return tap_done();
}
