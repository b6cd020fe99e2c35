/*
 * steps.h
 *		What a playbook's steps and params may say.
 */
#ifndef CSH_STEPS_H
#define CSH_STEPS_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#define STEPS_MAX 50
#define STEPS_MAX_BYTES 65536
#define PARAMS_MAX_BYTES 16384

extern bool csh_steps_check(const char *steps, size_t length, const char *params,
							size_t params_length, CshError *error);
extern bool csh_params_check(const char *params, size_t length, CshError *error);

#endif
