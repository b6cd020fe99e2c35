/*
 * url.h
 *		Addresses of receivers.
 */
#ifndef CSH_URL_H
#define CSH_URL_H

#include "error.h"

#define CSH_URL_MAX 2048
#define CSH_HOST_MAX 254

extern bool csh_url_check(const char *url, bool allow_http, char *host, CshError *error);

#endif
