/*
 * tap.h
 *		What a unit test needs to speak TAP.
 */
#ifndef TAP_H
#define TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

static int tap_tests = 0;
static int tap_failures = 0;

__attribute__((format(printf, 2, 3))) static void
ok(bool passed, const char *format, ...)
{
	va_list args;

	tap_tests++;
	tap_failures += !passed;
	printf("%sok %d - ", passed ? "" : "not ", tap_tests);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	fflush(stdout);
}

/* The plan, and the exit status of main() */
static int
tap_done(void)
{
	printf("1..%d\n", tap_tests);
	return tap_failures != 0;
}

/* The same numbers on every machine and in every run (xorshift64*, Vigna 2016) */
static inline uint64_t
tap_random(void)
{
	static uint64_t state = UINT64_C(88172645463325252);

	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * UINT64_C(2685821657736338717);
}

#endif
