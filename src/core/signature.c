/*
 * signature.c
 *		Signs webhooks: HMAC-SHA256 (RFC 2104, FIPS 180-4) of "time.body".
 */
#include "signature.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes the signature in hexadecimal; false when memory ran out */
bool
csh_sign(const char *key, const char *time, const char *body, char out[CSH_SIGNATURE_LENGTH + 1])
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	unsigned int length = 0;
	size_t before = strlen(time) + 1;
	char *text = malloc(before + strlen(body) + 1);
	bool good;

	if (text == NULL)
		return false;
	strcpy(text, time);
	text[before - 1] = '.';
	strcpy(text + before, body);
	good = HMAC(EVP_sha256(), key, (int) strlen(key), (unsigned char *) text, strlen(text), digest,
				&length) != NULL;
	free(text);
	for (unsigned int i = 0; good && i < length; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
	return good;
}
