/*
 * retry_after.c
 *		Any text as Retry-After gives nothing, or a wait of at most a day.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "retry_after.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	int seconds = -1;

	memcpy(text, data, size);
	text[size] = '\0';
	if (csh_retry_after(text, 1793954977, &seconds))
		assert(seconds >= 0 && seconds <= CSH_RETRY_AFTER_MAX);
	free(text);
	return 0;
}
