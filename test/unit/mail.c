/*
 * mail.c
 *		Mails to the letter, and that no text of a customer gets out of its place.
 */
#include "mail.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define HEAD "From: <cs@example.com>\r\nTo: <ana@example.org>\r\n"
#define MIDDLE "Date: Fri, 6 Nov 2026 08:49:37 +0000\r\nMessage-ID: <id-1@example.com>\r\n"
#define TAIL                                                                                       \
	"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"                             \
	"Content-Transfer-Encoding: quoted-printable\r\n\r\n"

static CshMail
plain_mail(void)
{
	CshMail mail = {.from = "cs@example.com",
					.to = "ana@example.org",
					.subject = "Hello",
					.text = "Hi",
					.id = "id-1",
					.date = 1793954977};

	return mail;
}

/* Seven-bit, every line ended by CR LF and at most 78 characters long, no bare CR or LF */
static bool
well_formed(const char *text, size_t length)
{
	size_t line = 0;

	for (size_t i = 0; i < length; i++)
	{
		if (text[i] == '\r' && i + 1 < length && text[i + 1] == '\n')
		{
			i++;
			line = 0;
		}
		else if (++line > 78 || text[i] < 0x20 || text[i] > 0x7e)
		{
			if (text[i] != '\t')
				return false;
		}
	}
	return length > 0 && text[length - 1] == '\n';
}

static void
writes(CshMail mail, const char *expected, const char *name)
{
	CshError error = {"", ""};
	size_t length = 0;
	char *text = csh_mail_compose(&mail, &length, &error);
	bool same = text != NULL && length == strlen(expected) && memcmp(text, expected, length) == 0;

	ok(same && well_formed(text, length), "%s", name);
	if (!same)
		printf("# %s\n# %.*s", error.message, (int) length, text ? text : "");
	free(text);
}

static void
refuses(CshMail mail, const char *name)
{
	CshError error = {"", ""};
	size_t length;
	char *text = csh_mail_compose(&mail, &length, &error);

	ok(text == NULL && error.message[0] != '\0' && strpbrk(error.message, "\r\n") == NULL, "%s: %s",
	   name, error.message);
	free(text);
}

static void
subject(const char *subject, const char *expected)
{
	CshMail mail = plain_mail();
	char whole[4000];

	mail.subject = subject;
	snprintf(whole, sizeof(whole), HEAD "Subject: %s\r\n" MIDDLE TAIL "Hi\r\n", expected);
	writes(mail, whole, expected);
}

static void
body(const char *text, const char *expected)
{
	CshMail mail = plain_mail();
	char whole[4000];

	mail.text = text;
	snprintf(whole, sizeof(whole), HEAD "Subject: Hello\r\n" MIDDLE TAIL "%s", expected);
	writes(mail, whole, "body");
}

static void
sender(const char *name, const char *expected)
{
	CshMail mail = plain_mail();
	char whole[4000];

	mail.from_name = name;
	snprintf(
		whole, sizeof(whole),
		"From: %s\r\n <cs@example.com>\r\nTo: <ana@example.org>\r\nSubject: Hello\r\n" MIDDLE TAIL
		"Hi\r\n",
		expected);
	writes(mail, whole, expected);
}

/* A subject and a name too long are sent as their first bytes */
static void
cuts(const char *text, int subject_bytes, int name_bytes)
{
	CshMail whole = plain_mail();
	CshMail cut = plain_mail();
	CshError error = {"", ""};
	char subject[1100];
	char name[400];
	size_t length;
	char *text_of_whole;
	char *text_of_cut;

	snprintf(subject, sizeof(subject), "%.*s", subject_bytes, text);
	snprintf(name, sizeof(name), "%.*s", name_bytes, text);
	whole.subject = whole.to_name = text;
	cut.subject = subject;
	cut.to_name = name;
	text_of_whole = csh_mail_compose(&whole, &length, &error);
	text_of_cut = csh_mail_compose(&cut, &length, &error);
	ok(text_of_whole && text_of_cut && strcmp(text_of_whole, text_of_cut) == 0 &&
		   well_formed(text_of_cut, length),
	   "cut to %d and %d bytes: %s", subject_bytes, name_bytes, error.message);
	free(text_of_whole);
	free(text_of_cut);
}

/* Control characters and broken UTF-8 in every place that ends up in a header */
static void
hostile_headers(void)
{
	static const char *const hostile[] = {
		"x\r\nBcc: evil@example.net",
		"x\nBcc: evil@example.net",
		"x\rBcc: evil@example.net",
		"x\r\n\r\nbody",
		"\r\n",
		"\n",
		"x\n",
		"x\x0b",
		"x\x0c",
		"x\x1b[31m",
		"x\x7f",
		"x\x01y",
		"x\ty",
		"x\xc2\x85 Bcc: a",
		"x\xc2\x80",
		"x\xff",
		"\xc0\x8a",
		"\xe0\x80\x8a",
		"\xf0\x80\x80\x8a",
		"\xed\xa0\x80",
		"\xf4\x90\x80\x80",
		"x\xc3",
		"x\xe2\x82",
		"x\xf0\x9f\x98",
		"\x80",
		"\xbf\xbf",
		"\xfe",
		"x\x08\x08",
		"=?UTF-8?B?DQo=?=\n",
	};

	for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++)
	{
		CshMail mail = plain_mail();

		mail.subject = hostile[i];
		refuses(mail, "subject");
		mail = plain_mail();
		mail.from_name = hostile[i];
		refuses(mail, "from_name");
		mail = plain_mail();
		mail.to_name = hostile[i];
		refuses(mail, "to_name");
		mail = plain_mail();
		mail.to = hostile[i];
		refuses(mail, "to");
		mail = plain_mail();
		mail.reply_to = hostile[i];
		refuses(mail, "reply_to");
		mail = plain_mail();
		mail.from = hostile[i];
		refuses(mail, "from");
		mail = plain_mail();
		mail.unsubscribe = hostile[i];
		refuses(mail, "unsubscribe");
	}
}

/* Any bytes as text give a well-formed mail whose headers are those of a plain one */
static void
random_bodies(void)
{
	const char *headers = HEAD "Subject: Hello\r\n" MIDDLE TAIL;
	int bad = 0;

	for (int round = 0; round < 2000; round++)
	{
		CshMail mail = plain_mail();
		CshError error;
		char text[300];
		size_t length = tap_random() % (sizeof(text) - 1);
		static const char common[] = "\r\n.= aF\t";
		char *whole;

		for (size_t i = 0; i < length; i++)
			text[i] = tap_random() % 2 ? common[tap_random() % 8] : (char) (1 + tap_random() % 255);
		text[length] = '\0';
		mail.text = text;
		whole = csh_mail_compose(&mail, &length, &error);
		bad += whole == NULL || strncmp(whole, headers, strlen(headers)) != 0 ||
			   !well_formed(whole, length) || strstr(whole + strlen(headers), "\n.") != NULL ||
			   strstr(whole + strlen(headers), "\nFrom ") != NULL;
		free(whole);
	}
	ok(bad == 0, "2,000 random bodies: %d bad", bad);
}

int
main(void)
{
	CshMail mail = plain_mail();
	char large[3000];

	writes(mail, HEAD "Subject: Hello\r\n" MIDDLE TAIL "Hi\r\n", "the least");
	mail.from_name = "Customer Success";
	mail.to_name = "Ana L\xc3\xb3pez";
	mail.reply_to = "eva@example.com";
	mail.unsubscribe = "mailto:stop@example.com";
	writes(
		mail,
		"From: \"Customer Success\"\r\n <cs@example.com>\r\nTo: =?UTF-8?B?QW5hIEzDs3Bleg==?=\r\n "
		"<ana@example.org>\r\nReply-To: <eva@example.com>\r\nSubject: Hello\r\n" MIDDLE
		"List-Unsubscribe: <mailto:stop@example.com>\r\n" TAIL "Hi\r\n",
		"all of it");
	mail = plain_mail();
	mail.unsubscribe = "https://example.com/stop";
	writes(mail,
		   HEAD "Subject: Hello\r\n" MIDDLE
				"List-Unsubscribe: <https://example.com/stop?id=id-1>\r\n"
				"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" TAIL "Hi\r\n",
		   "one click, and whose");
	mail.unsubscribe = "https://example.com/stop?list=7";
	writes(mail,
		   HEAD "Subject: Hello\r\n" MIDDLE
				"List-Unsubscribe: <https://example.com/stop?list=7&id=id-1>\r\n"
				"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" TAIL "Hi\r\n",
		   "beside what the address has already");

	subject("", "");
	subject("A: b, <c> \"d\"", "A: b, <c> \"d\"");
	subject("\xc2\xbfTodo bien?", "=?UTF-8?B?wr9Ub2RvIGJpZW4/?=");
	subject("=?UTF-8?Q?x?=", "=?UTF-8?B?PT9VVEYtOD9RP3g/PQ==?=");
	subject(" x", "=?UTF-8?B?IHg=?=");
	subject("12345678901234567890123456789012345678901234567890123456789012345",
			"12345678901234567890123456789012345678901234567890123456789012345");
	subject("123456789012345678901234567890123456789012345678901234567890123456",
			"=?UTF-8?B?MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEy?=\r\n "
			"=?UTF-8?B?MzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2?=");
	subject("x\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac"
			"\xe2\x82\xac\xe2\x82\xac"
			"\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac\xe2\x82\xac",
			"=?UTF-8?B?eOKCrOKCrOKCrOKCrOKCrOKCrOKCrOKCrOKCrOKCrOKCrOKCrOKCrA==?=\r\n "
			"=?UTF-8?B?4oKs?=");

	sender("Eva \"Chief\" \\ Ruiz", "\"Eva \\\"Chief\\\" \\\\ Ruiz\"");
	sender("evil@example.net", "\"evil@example.net\"");
	sender("a>, b <c@d", "\"a>, b <c@d\"");

	body("", "");
	body("a\nb\r\nc\rd", "a\r\nb\r\nc\r\nd\r\n");
	body("\n\n", "\r\n\r\n");
	body("x=y\t", "x=3Dy=09\r\n");
	body("end \nnext", "end=20\r\nnext\r\n");
	body(".\n..x\nFrom me\nfrom me", "=2E\r\n=2E.x\r\n=46rom me\r\nfrom me\r\n");
	body("Se\xc3\xb1or", "Se=C3=B1or\r\n");
	body("\x01\x7f", "=01=7F\r\n");
	body("123456789012345678901234567890123456789012345678901234567890123456789012345",
		 "123456789012345678901234567890123456789012345678901234567890123456789012345\r\n");
	body("1234567890123456789012345678901234567890123456789012345678901234567890123456",
		 "123456789012345678901234567890123456789012345678901234567890123456789012345=\r\n6\r\n");
	body("123456789012345678901234567890123456789012345678901234567890123456789012345.",
		 "123456789012345678901234567890123456789012345678901234567890123456789012345=\r\n=2E\r\n");

	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = '\0';
	cuts(large, 1000, 300);
	for (size_t i = 0; i + 1 < sizeof(large); i++)
		large[i] = i % 2 == 1 ? '\xb1' : '\xc3';
	large[sizeof(large) - 2] = '\0';
	cuts(large, 1000, 300);
	large[0] = 'x';
	for (size_t i = 1; i + 1 < sizeof(large); i++)
		large[i] = i % 2 == 0 ? '\xb1' : '\xc3';
	cuts(large, 999, 299);
	subject("a\xe2\x80\xae"
			"b\xe2\x81\xa6\xd8\x9c\xe2\x80\x8f",
			"ab");
	sender("Eva\xe2\x80\xae Ruiz", "\"Eva Ruiz\"");
	hostile_headers();
	random_bodies();
	return tap_done();
}
