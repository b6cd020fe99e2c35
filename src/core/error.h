/*
 * error.h
 *		How the core reports a refusal: a message and a hint, no PostgreSQL types.
 */
#ifndef CSH_ERROR_H
#define CSH_ERROR_H

#include <stdbool.h>
#include <stddef.h>

/* Filled by a core function that returns false; the caller turns it into an ereport. */
typedef struct CshError
{
	char message[512];
	char hint[256];
} CshError;

extern bool csh_fail(CshError *error, const char *hint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
extern void csh_excerpt(char *out, size_t size, const char *text);

#endif
