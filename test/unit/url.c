/*
 * url.c
 *		Tricks with URLs; each host stands for one that the settings allow.
 */
#include "url.h"

#include <string.h>

#include "tap.h"

static const char *const refused[] = {
	"",
	"https",
	"https:",
	"https:/",
	"https://",
	"https:///",
	"https:///etc/passwd",
	"https:/example.com/",
	"https:example.com/",
	"https:////example.com/",
	"//example.com/",
	"example.com",
	"http://example.com/",
	"HTTP://example.com/",
	"ftp://example.com/",
	"file:///etc/passwd",
	"file://example.com/etc/passwd",
	"gopher://example.com/",
	"smtp://example.com/",
	"dict://example.com/",
	"javascript:alert(1)",
	"unix:///tmp/socket",
	" https://example.com/",
	"https://example.com/ ",
	"https://exam ple.com/",
	"https://example.com/a b",
	"https://example.com/a\tb",
	"https://example.com/\r\nHost: other.example",
	"https://example.com\n/",
	"https://example.com/\x7f",
	"https://example.com/\x01",
	"https://ex\xc3\xa4mple.com/",
	"https://example.com/\xc3\xa4",
	"https://\xe2\x91\xa0.example.com/",
	"https://example\xe3\x80\x82org/",
	"https://user@example.com/",
	"https://user:password@example.com/",
	"https://@example.com/",
	"https://:@example.com/",
	"https://example.com@127.0.0.1/",
	"https://127.0.0.1#@example.com/",
	"https://example.com#fragment",
	"https://example.com/#",
	"https://example.com\\@127.0.0.1/",
	"https:\\\\example.com/",
	"https://example.com\\path",
	"https://1",
	"https://127.1/",
	"https://2130706433/",
	"https://0x7f.1/",
	"https://0x7f000001/",
	"https://0x7f.0.0.1/",
	"https://0177.0.0.1/",
	"https://127.0.0.01/",
	"https://127.0.0.1./",
	"https://1.2.3.4.5/",
	"https://256.1.1.1/",
	"https://%31%32%37.0.0.1/",
	"https://ex%61mple.com/",
	"https://example.com%00.other.example/",
	"https://example.com%2f@other.example/",
	"https://example.com./",
	"https://.example.com/",
	"https://example..com/",
	"https://-example.com/",
	"https://example.com:0/",
	"https://example.com:65536/",
	"https://example.com:-1/",
	"https://example.com:44a/",
	"https://example.com:99999999999999999999/",
	"https://[::1",
	"https://[::1]x/",
	"https://[fe80::1%25eth0]/",
	"https://[::ffff:127.0.0.1%1]/",
	"https://[v1.a]/",
	"https://[]/",
	"https://example.com[/",
	"https://exa_mple.com/",
	"https://example.c0m.0x7f/",
	"https://example.com/<script>",
	"https://example.com/\"",
	"https://example.com/`",
	"https://example.com/{x}",
	"https://example.com/|",
	"https://example.com/^",
};

static const struct
{
	const char *url;
	const char *host;
} taken[] = {
	{"https://example.com", "example.com"},
	{"https://example.com/", "example.com"},
	{"https://EXAMPLE.com/Path?q=1&r=%20;x", "EXAMPLE.com"},
	{"HTTPS://example.com/", "example.com"},
	{"https://hooks.slack.com/services/T000/B000/XXXX", "hooks.slack.com"},
	{"https://example.com:8443/a/../b", "example.com"},
	{"https://example.com?q=user@example.org", "example.com"},
	{"https://example.com/user@example.org", "example.com"},
	{"https://a-b.c1.example/", "a-b.c1.example"},
	{"https://xn--exmple-cua.example/", "xn--exmple-cua.example"},
	{"https://localhost:1/", "localhost"},
	{"https://127.0.0.1/", "127.0.0.1"},
	{"https://10.20.30.40:443/x", "10.20.30.40"},
	{"https://[::1]/", "[::1]"},
	{"https://[2001:db8::7]:8443/", "[2001:db8::7]"},
	{"https://example.com/~a/(b)!*'$,+;=:[c]", "example.com"},
};

int
main(void)
{
	CshError error;
	char host[CSH_HOST_MAX];
	char large[CSH_URL_MAX + 100];

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
	{
		bool passed;

		strcpy(error.message, "");
		passed = !csh_url_check(refused[i], false, host, &error);
		ok(passed && error.message[0] != '\0', "trick %zu is refused: %s", i, error.message);
		ok(strlen(refused[i]) < 9 || strstr(error.message, refused[i]) == NULL, "and not repeated");
	}
	for (size_t i = 0; i < sizeof(taken) / sizeof(taken[0]); i++)
	{
		strcpy(error.message, "");
		strcpy(host, "");
		ok(csh_url_check(taken[i].url, false, host, &error) && strcmp(host, taken[i].host) == 0,
		   "%s: %s %s", taken[i].url, host, error.message);
	}
	ok(csh_url_check("http://example.com/", true, host, &error), "http where it is allowed");
	ok(!csh_url_check("ftp://example.com/", true, host, &error), "but nothing else then");
	memset(large, 'a', sizeof(large));
	memcpy(large, "https://example.com/", 20);
	large[CSH_URL_MAX] = '\0';
	ok(csh_url_check(large, false, host, &error), "the longest URL");
	large[CSH_URL_MAX] = 'a';
	large[CSH_URL_MAX + 1] = '\0';
	ok(!csh_url_check(large, false, host, &error), "one byte more: %s", error.message);
	large[0] = '\0';
	strcat(large, "https://");
	for (int i = 0; i < 127; i++)
		strcat(large, "a.");
	strcat(large, "a/");
	ok(!csh_url_check(large, false, host, &error), "a host of 255 bytes");
	return tap_done();
}
