/*
 * smtp_reply.h
 *		Refusals of mail servers.
 */
#ifndef CSH_SMTP_REPLY_H
#define CSH_SMTP_REPLY_H

#include <stdbool.h>
#include <stddef.h>

/* "550 5.7.1", with up to three digits for each of the last two */
#define CSH_REFUSAL_SIZE 14

extern bool csh_smtp_refusal(const char *line, size_t length, char refusal[CSH_REFUSAL_SIZE]);

#endif
