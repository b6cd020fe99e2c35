/*
 * mail.c
 *		Writes a message of RFC 5322: ASCII only, lines of at most 78 characters that end in CR LF.
 */
#include "mail.h"

#include "address.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* More of a name or a subject is cut off */
#define NAME_MAX_BYTES 300
#define SUBJECT_MAX_BYTES 1000

/* What is written so far; after running out of memory, text is null and nothing more happens */
typedef struct Draft
{
	char *text;
	size_t length;
	size_t room;
} Draft;

/* Leaves room for a NUL */
static void
put(Draft *draft, const char *text, size_t length)
{
	if (draft->text == NULL)
		return;
	if (draft->room - draft->length <= length)
	{
		size_t room = 2 * draft->room + length;
		char *larger = realloc(draft->text, room);

		if (larger == NULL)
		{
			free(draft->text);
			draft->text = NULL;
			return;
		}
		draft->text = larger;
		draft->room = room;
	}
	memcpy(draft->text + draft->length, text, length);
	draft->length += length;
}

static void
puts_to(Draft *draft, const char *text)
{
	put(draft, text, strlen(text));
}

/* Bytes of the character that begins here, 0 where no valid UTF-8 does (RFC 3629) */
static size_t
character(const uint8_t *text)
{
	static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t length = text[0] < 0x80             ? 1
					: (text[0] & 0xe0) == 0xc0 ? 2
					: (text[0] & 0xf0) == 0xe0 ? 3
					: (text[0] & 0xf8) == 0xf0 ? 4
											   : 0;
	uint32_t code = length < 2 ? 0x80 : text[0] & (0x7f >> length);

	for (size_t i = 1; i < length; i++)
	{
		if ((text[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (text[i] & 0x3f);
	}
	if (length > 1 &&
		(code < smallest[length] || code > 0x10ffff || (code >= 0xd800 && code < 0xe000)))
		return 0;
	return length;
}

/* Header values are one line of valid UTF-8 without control characters */
static bool
check_line(const char *text, const char *what, CshError *error)
{
	const uint8_t *next = (const uint8_t *) text;

	while (*next != '\0')
	{
		size_t length = character(next);

		if (length == 0 || *next < 0x20 || *next == 0x7f || (*next == 0xc2 && next[1] < 0xa0))
			return csh_fail(error, "Write one line of text.",
							"%s has a control character or is no UTF-8", what);
		next += length;
	}
	return true;
}

/* U+061C, U+200E, U+200F, U+202A to U+202E and U+2066 to U+2069 turn the direction of what follows */
static bool
turns_direction(const uint8_t *text)
{
	if (text[0] == 0xd8)
		return text[1] == 0x9c;
	if (text[0] != 0xe2)
		return false;
	return text[1] == 0x80
			   ? text[2] == 0x8e || text[2] == 0x8f || (text[2] >= 0xaa && text[2] <= 0xae)
			   : text[1] == 0x81 && text[2] >= 0xa6 && text[2] <= 0xa9;
}

/* What of a checked line stands in a header: at most so many bytes of whole characters that keep the direction */
static void
trim_line(char *line, size_t most, const char *text)
{
	size_t used = 0;

	while (*text != '\0')
	{
		size_t length = character((const uint8_t *) text);

		if (!turns_direction((const uint8_t *) text))
		{
			if (used + length > most)
				break;
			memcpy(line + used, text, length);
			used += length;
		}
		text += length;
	}
	line[used] = '\0';
}

/* RFC 4648 */
static void
put_base64(Draft *draft, const uint8_t *bytes, size_t length)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

	for (size_t i = 0; i < length; i += 3)
	{
		size_t left = length - i;
		uint32_t bits = (uint32_t) bytes[i] << 16 | (left > 1 ? (uint32_t) bytes[i + 1] << 8 : 0) |
						(left > 2 ? bytes[i + 2] : 0);
		char out[4] = {digits[bits >> 18], digits[bits >> 12 & 63],
					   left > 1 ? digits[bits >> 6 & 63] : '=', left > 2 ? digits[bits & 63] : '='};

		put(draft, out, sizeof(out));
	}
}

/* Whether text may stand in a header as it is: printable ASCII, short enough, nothing that looks encoded */
static bool
is_plain(const char *text, size_t most)
{
	size_t length = strlen(text);

	for (const char *c = text; *c != '\0'; c++)
		if (*c < 0x20 || *c > 0x7e)
			return false;
	return length <= most && strstr(text, "=?") == NULL &&
		   (length == 0 || (text[0] != ' ' && text[length - 1] != ' '));
}

/* Encoded words of RFC 2047, none of which parts a character; 42 bytes make 56 digits */
static void
put_encoded(Draft *draft, const char *text)
{
	const uint8_t *next = (const uint8_t *) text;

	for (const char *between = ""; *next != '\0'; between = "\r\n ")
	{
		size_t length = 0;

		while (next[length] != '\0' && length + character(next + length) <= 42)
			length += character(next + length);
		puts_to(draft, between);
		puts_to(draft, "=?UTF-8?B?");
		put_base64(draft, next, length);
		puts_to(draft, "?=");
		next += length;
	}
}

static void
put_mailbox(Draft *draft, const char *header, const char *whole_name, const char *address)
{
	char name[NAME_MAX_BYTES + 1];

	trim_line(name, NAME_MAX_BYTES, whole_name ? whole_name : "");
	puts_to(draft, header);
	if (name[0] != '\0')
	{
		if (is_plain(name, 30))
		{
			puts_to(draft, "\"");
			for (const char *c = name; *c != '\0'; c++)
			{
				if (*c == '"' || *c == '\\')
					puts_to(draft, "\\");
				put(draft, c, 1);
			}
			puts_to(draft, "\"");
		}
		else
			put_encoded(draft, name);
		puts_to(draft, "\r\n ");
	}
	puts_to(draft, "<");
	puts_to(draft, address);
	puts_to(draft, ">\r\n");
}

/* RFC 5322, section 3.3, in UTC; strftime() would speak the server's language */
static void
put_date(Draft *draft, time_t date)
{
	static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
									   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	struct tm parts;
	char line[80];

	gmtime_r(&date, &parts);
	snprintf(line, sizeof(line), "Date: %s, %d %s %d %02d:%02d:%02d +0000\r\n", days[parts.tm_wday],
			 parts.tm_mday, months[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min,
			 parts.tm_sec);
	puts_to(draft, line);
}

/*
 * Quoted-printable of RFC 2045, section 6.7. A dot or "From " at the start of a line is encoded too, so that no
 * server on the way changes it. Every kind of line end becomes CR LF.
 */
static void
put_quoted_printable(Draft *draft, const char *text)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t column = 0;

	for (const uint8_t *c = (const uint8_t *) text; *c != '\0'; c++)
	{
		char out[3] = {(char) *c, 0, 0};
		size_t length = 1;
		bool ends = c[1] == '\0' || c[1] == '\n' || c[1] == '\r';

		if (*c == '\n' || *c == '\r')
		{
			c += *c == '\r' && c[1] == '\n';
			puts_to(draft, "\r\n");
			column = 0;
			continue;
		}
		if (*c == '=' || *c > 0x7e || (*c < 0x20 && *c != '\t') ||
			((*c == ' ' || *c == '\t') && ends) ||
			(column == 0 && (*c == '.' || strncmp((const char *) c, "From ", 5) == 0)))
		{
			out[0] = '=';
			out[1] = digits[*c >> 4];
			out[2] = digits[*c & 15];
			length = 3;
		}
		if (column + length > 75)
		{
			puts_to(draft, "=\r\n");
			column = 0;
			if (*c == '.')
			{
				memcpy(out, "=2E", 3);
				length = 3;
			}
		}
		put(draft, out, length);
		column += length;
	}
	if (column > 0)
		puts_to(draft, "\r\n");
}

static bool
check_mail(const CshMail *mail, CshError *error)
{
	return csh_address_check(mail->from, error) && csh_address_check(mail->to, error) &&
		   (mail->reply_to == NULL || csh_address_check(mail->reply_to, error)) &&
		   (mail->unsubscribe == NULL || csh_unsubscribe_check(mail->unsubscribe, error)) &&
		   (mail->from_name == NULL || check_line(mail->from_name, "from_name", error)) &&
		   (mail->to_name == NULL || check_line(mail->to_name, "to_name", error)) &&
		   check_line(mail->id, "id", error) && check_line(mail->subject, "subject", error);
}

/* An https address gets the message's id, by which its receiver knows who unsubscribes with one click (RFC 8058) */
static void
put_unsubscribe(Draft *draft, const CshMail *mail)
{
	bool https = strncmp(mail->unsubscribe, "mailto:", 7) != 0;

	puts_to(draft, "List-Unsubscribe: <");
	puts_to(draft, mail->unsubscribe);
	if (https)
	{
		puts_to(draft, strchr(mail->unsubscribe, '?') == NULL ? "?id=" : "&id=");
		puts_to(draft, mail->id);
	}
	puts_to(draft, ">\r\n");
	if (https)
		puts_to(draft, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
}

static void
put_headers(Draft *draft, const CshMail *mail)
{
	char subject[SUBJECT_MAX_BYTES + 1];

	trim_line(subject, SUBJECT_MAX_BYTES, mail->subject);
	put_mailbox(draft, "From: ", mail->from_name, mail->from);
	put_mailbox(draft, "To: ", mail->to_name, mail->to);
	if (mail->reply_to != NULL)
		put_mailbox(draft, "Reply-To: ", NULL, mail->reply_to);
	puts_to(draft, "Subject: ");
	if (is_plain(subject, 65))
		puts_to(draft, subject);
	else
		put_encoded(draft, subject);
	puts_to(draft, "\r\n");
	put_date(draft, mail->date);
	puts_to(draft, "Message-ID: <");
	puts_to(draft, mail->id);
	puts_to(draft, strchr(mail->from, '@'));
	puts_to(draft, ">\r\n");
	if (mail->unsubscribe != NULL)
		put_unsubscribe(draft, mail);
	puts_to(draft, "MIME-Version: 1.0\r\n"
				   "Content-Type: text/plain; charset=utf-8\r\n"
				   "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
}

/* The whole message in memory of malloc(), ended by a NUL, or null and why it cannot be sent */
char *
csh_mail_compose(const CshMail *mail, size_t *length, CshError *error)
{
	Draft draft = {.room = 1024};

	if (!check_mail(mail, error))
		return NULL;
	draft.text = malloc(draft.room);
	put_headers(&draft, mail);
	put_quoted_printable(&draft, mail->text);
	if (draft.text == NULL)
	{
		csh_fail(error, NULL, "out of memory");
		return NULL;
	}
	draft.text[draft.length] = '\0';
	*length = draft.length;
	return draft.text;
}
