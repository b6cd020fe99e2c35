/*
 * mail.h
 *		Messages as mail carries them.
 */
#ifndef CSH_MAIL_H
#define CSH_MAIL_H

#include <time.h>

#include "error.h"

/* Text is UTF-8; names, reply_to and unsubscribe may be null */
typedef struct CshMail
{
	const char *from;
	const char *from_name;
	const char *to;
	const char *to_name;
	const char *reply_to;
	const char *subject;
	const char *text;
	const char *unsubscribe;
	const char *id; /* of the outbox, the part of Message-ID before the @ */
	time_t date;
} CshMail;

extern char *csh_mail_compose(const CshMail *mail, size_t *length, CshError *error);

#endif
