/*
 * address.h
 *		E-mail addresses.
 */
#ifndef CSH_ADDRESS_H
#define CSH_ADDRESS_H

#include "error.h"

extern bool csh_address_check(const char *address, CshError *error);
extern bool csh_unsubscribe_check(const char *address, CshError *error);

#endif
