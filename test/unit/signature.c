/*
 * signature.c
 *		Signatures against those of Python's hmac.
 */
#include "signature.h"

#include <string.h>

#include "tap.h"

static void
signs(const char *key, const char *time, const char *body, const char *expected)
{
	char out[CSH_SIGNATURE_LENGTH + 1] = "";

	ok(csh_sign(key, time, body, out) && strcmp(out, expected) == 0, "\"%.20s\": %s", body, out);
}

int
main(void)
{
	/* hmac.new(key, time + b"." + body, "sha256").hexdigest() */
	signs("k1", "1795633643", "{\"a\": 1}",
		  "562b1db4cdaa6e06cc3b175c587b9b41081f1dcce927aa63a43044161dfe6b65");
	signs("", "", "", "0d0ab78babcce47b6860946aad720dcc13630f70074364b65665c4caefb81ecf");
	signs("k\xc3\xa9y", "0", "\xc3\xa9",
		  "2ea4e8173fcc212ed5448eb84efaae3b1f6f63e2593b7d5f1efa5131835efad9");
	signs("0123456789012345678901234567890123456789012345678901234567890123456789", "1", "x",
		  "314c08343c42510f76ef9c2898b125bf953bf760b9087235aaa859473032daa3");
	signs("Jefe", "what do ya want for nothing?", "",
		  "38c6c848e5a2f57451f5095df6370d5c9b83175b99df46422b34960c28def6ae");
	return tap_done();
}
