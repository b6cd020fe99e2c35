/*
 * mail.c
 *		Any text as subject, names and body: refused, or a mail of short ASCII lines with the headers it should have.
 */
#include <assert.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "mail.h"

extern int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
assert_well_formed(const char *text, size_t length)
{
	size_t line = 0;
	int fields = 0;
	bool head = true;

	for (size_t i = 0; i < length; i++)
	{
		if (text[i] == '\n')
		{
			assert(text[i - 1] == '\r');
			head = head && line > 1;
			line = 0;
			continue;
		}
		assert(text[i] != '\r' || text[i + 1] == '\n');
		assert(text[i] == '\t' || text[i] == '\r' || (text[i] >= 0x20 && text[i] < 0x7f));
		fields += head && line == 0 && text[i] != ' ' && text[i] != '\r';
		line++;
		assert(line <= 79);
	}
	assert(fields == 8);
}

/* The input's lines, parted by NUL, are subject, from_name, to_name and text */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 4);
	char *parts[4];
	char *next = copy;
	size_t length;
	CshError error;
	CshMail mail = {.from = "a@b.example", .to = "c@d.example", .id = "x", .date = 1793954977};
	char *text;

	memcpy(copy, data, size);
	memset(copy + size, 0, 4);
	for (int i = 0; i < 4; i++)
	{
		parts[i] = next;
		next += strlen(next) + 1;
		if (next > copy + size + 3)
			next = copy + size + 3;
	}
	mail.subject = parts[0];
	mail.from_name = parts[1];
	mail.to_name = parts[2];
	mail.text = parts[3];
	text = csh_mail_compose(&mail, &length, &error);
	if (text != NULL)
		assert_well_formed(text, length);
	free(text);
	free(copy);
	return 0;
}
