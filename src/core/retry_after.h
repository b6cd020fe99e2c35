/*
 * retry_after.h
 *		The header by which a receiver asks to wait.
 */
#ifndef CSH_RETRY_AFTER_H
#define CSH_RETRY_AFTER_H

#include <stdbool.h>
#include <time.h>

#define CSH_RETRY_AFTER_MAX 86400

extern bool csh_retry_after(const char *text, time_t now, int *seconds);

#endif
