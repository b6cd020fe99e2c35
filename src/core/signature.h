/*
 * signature.h
 *		What proves that a webhook comes from us.
 */
#ifndef CSH_SIGNATURE_H
#define CSH_SIGNATURE_H

#include <stdbool.h>

#define CSH_SIGNATURE_LENGTH 64

extern bool csh_sign(const char *key, const char *time, const char *body,
					 char out[CSH_SIGNATURE_LENGTH + 1]);

#endif
