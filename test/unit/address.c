/*
 * address.c
 *		E-mail addresses that can be written to, and many that are out for something else.
 */
#include "address.h"

#include <string.h>

#include "tap.h"

static const char *const taken[] = {
	"a@b",
	"a@example.com",
	"A.B-c_d+tag@example.com",
	"o'brien@example.ie",
	"!#$%&'*+-/=?^_`{|}~@example.com",
	"1@2.3",
	"a@xn--exmple-cua.example",
	"a@a-b.c",
	"1234567890123456789012345678901234567890123456789012345678901234@example.com",
	"a@123456789012345678901234567890123456789012345678901234567890123.com",
};

static const char *const refused[] = {
	"",
	"@",
	"a",
	"a@",
	"@b",
	"a@@b",
	"a@b@c",
	"a b@c",
	" a@b",
	"a@b ",
	"a@ b",
	".a@b",
	"a.@b",
	"a..b@c",
	"a@.b",
	"a@b.",
	"a@b..c",
	"a@-b",
	"a@b-",
	"a@b-.c",
	"a@b_c",
	"\"a\"@b",
	"\"a b\"@c",
	"a\"@b",
	"a\\@b",
	"(a)@b",
	"a(b)@c",
	"a@b(c)",
	"<a@b>",
	"a@b>",
	"a@b, c@d",
	"a@b;c@d",
	"a:b@c",
	"a@[127.0.0.1]",
	"a@[IPv6:::1]",
	"a@b:25",
	"a@b/c",
	"a@b?subject=x",
	"mailto:a@b",
	"Name <a@b>",
	"a@b\r\nRCPT TO:<c@d>",
	"a@b%0d%0aRCPT TO:<c@d>",
	"a@b\nBcc: c@d",
	"a\r\n@b",
	"a@b> SIZE=1",
	"a@b\t",
	"\xc3\xa4@b",
	"a@\xc3\xa4.example",
	"a@b\xe2\x80\xae",
	"a\xc0\x80@b",
	"a\xff@b",
	"12345678901234567890123456789012345678901234567890123456789012345@example.com",
	"a@1234567890123456789012345678901234567890123456789012345678901234.com",
};

static bool
passes(const char *address)
{
	CshError error;

	strcpy(error.message, "");
	return csh_address_check(address, &error) || error.message[0] == '\0';
}

/* Every byte that is not allowed, at the start, in the middle and at the end of both parts */
static void
hostile_bytes(void)
{
	static const char *const forms[] = {"%ca@b.c", "a%ca@b.c", "a%c@b.c",
										"a@%cb.c", "a@b%cb.c", "a@b.c%c"};

	for (int byte = 1; byte < 256; byte++)
	{
		const char *where = "nowhere";

		if (byte >= 0x80 || byte <= 0x20 || byte == 0x7f || strchr("\"(),:;<>@[\\]", byte) != NULL)
		{
			for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
			{
				char address[32];

				snprintf(address, sizeof(address), forms[i], byte);
				if (passes(address))
					where = forms[i];
			}
			ok(strcmp(where, "nowhere") == 0, "byte %d passes %s", byte, where);
		}
	}
}

int
main(void)
{
	CshError error;
	char large[400];

	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
		ok(csh_address_check(taken[i], &error), "taken: %s", taken[i]);
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
	{
		bool good = !csh_address_check(refused[i], &error);

		ok(good && strpbrk(error.message, "\r\n\t") == NULL, "refused: %s", error.message);
	}
	hostile_bytes();

	strcpy(large, "a@");
	for (int i = 0; i < 126; i++)
		strcat(large, "b.");
	ok(csh_address_check(strcat(large, ""), &error) == false, "a dot at the end of 254 bytes");
	large[strlen(large) - 1] = '\0';
	ok(csh_address_check(large, &error), "%zu bytes", strlen(large));
	strcat(large, ".cc");
	ok(!csh_address_check(large, &error), "%zu bytes", strlen(large));

	ok(csh_unsubscribe_check("mailto:stop@example.com", &error), "mailto");
	ok(csh_unsubscribe_check("https://example.com/stop?id=1", &error), "https");
	ok(!csh_unsubscribe_check("http://example.com/stop", &error), "not http: %s", error.message);
	ok(!csh_unsubscribe_check("mailto:stop@example.com?subject=x", &error), "no subject");
	ok(!csh_unsubscribe_check("mailto:", &error), "mailto without address");
	ok(!csh_unsubscribe_check("stop@example.com", &error), "no scheme");
	ok(!csh_unsubscribe_check("https://example.com/>\r\nBcc: a@b", &error), "no line break");
	ok(!csh_unsubscribe_check("", &error), "empty");
	return tap_done();
}
