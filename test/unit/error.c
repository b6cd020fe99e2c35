/*
 * error.c
 *		Messages of the core: cut to size, printable ASCII only.
 */
#include "error.h"

#include <string.h>

#include "tap.h"

static void
excerpt(const char *text, size_t size, const char *expected, const char *name)
{
	char out[32];

	memset(out, 'x', sizeof(out));
	csh_excerpt(out, size, text);
	ok(strcmp(out, expected) == 0, "%s: \"%s\"", name, out);
	ok(out[size] == 'x', "%s: nothing is written beyond the buffer", name);
}

int
main(void)
{
	CshError error;
	char large[2000];

	excerpt("", 8, "", "empty");
	excerpt("abc", 8, "abc", "short");
	excerpt("abcdefg", 8, "abcdefg", "fits exactly");
	excerpt("abcdefgh", 8, "abcd...", "one byte too long");
	excerpt("abcdefgh", 5, "a...", "the smallest buffer with dots");
	excerpt("abcdefgh", 4, "abc", "too small for dots");
	excerpt("abcdefgh", 1, "", "room for the terminator only");
	excerpt("a\nb\r\tc", 16, "a?b??c", "line breaks and tabs");
	excerpt("\x01\x1f\x7f\x1b[31m", 16, "????[31m", "control characters");
	excerpt("\xc3\xa9t\xc3\xa9", 16, "??t??", "bytes beyond ASCII");
	excerpt(" ~", 16, " ~", "the first and the last printable character");

	ok(!csh_fail(&error, "do this", "bad %s %d", "thing", 7), "csh_fail() is false");
	ok(strcmp(error.message, "bad thing 7") == 0, "message: %s", error.message);
	ok(strcmp(error.hint, "do this") == 0, "hint: %s", error.hint);
	csh_fail(&error, NULL, "no hint");
	ok(strcmp(error.hint, "") == 0, "a null hint is an empty one");
	memset(large, 'y', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	csh_fail(&error, large, "%s", large);
	ok(strlen(error.message) == sizeof(error.message) - 1, "a long message is cut");
	ok(strlen(error.hint) == sizeof(error.hint) - 1, "a long hint is cut");
	return tap_done();
}
