/*
 * delivery_secret.c
 *		Reads secrets from files; what they say is in no message, log or table.
 */
#include "delivery.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <sys/stat.h>
#include <unistd.h>

#define SECRET_MAX 8192

/* Letters, digits, dots, hyphens and underscores, not beginning with a dot: nothing that leads elsewhere */
static bool
is_name(const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < length; i++)
		if (!(isascii((unsigned char) name[i]) &&
			  (isalnum((unsigned char) name[i]) || strchr("._-", name[i]) != NULL)))
			return false;
	return length >= 1 && length <= 100 && name[0] != '.' && name[0] != '-';
}

/* Reads the file's bytes when nobody else can; O_NONBLOCK for a pipe that nobody writes to */
static bool
read_file(const char *name, char *text, size_t *length, CshError *error)
{
	char path[MAXPGPATH];
	struct stat about;
	ssize_t got;
	int file;
	bool good = false;

	snprintf(path, sizeof(path), "%s/%s", csh_secret_dir(), name);
	file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (file < 0)
		return csh_fail(error, NULL,
						errno == ENOENT ? "the file of secret \"%s\" is missing"
										: "the file of secret \"%s\" cannot be opened",
						name);
	if (fstat(file, &about) != 0 || !S_ISREG(about.st_mode))
		csh_fail(error, NULL, "secret \"%s\" is no ordinary file", name);
	else if (about.st_uid != geteuid())
		csh_fail(error, NULL, "the file of secret \"%s\" does not belong to the server's user",
				 name);
	else if (about.st_mode & 0177)
		csh_fail(error, NULL,
				 "the file of secret \"%s\" can be used by others: its mode must be 0600", name);
	else if (about.st_size > SECRET_MAX)
		csh_fail(error, NULL, "the file of secret \"%s\" is larger than %d bytes", name,
				 SECRET_MAX);
	else if ((got = read(file, text, SECRET_MAX)) < 0)
		csh_fail(error, NULL, "the file of secret \"%s\" cannot be read", name);
	else
	{
		*length = (size_t) got;
		good = true;
	}
	close(file);
	return good;
}

/* Copies a field that may be missing; one that is there has to be text without control characters */
static bool
read_field(json_object *document, const char *name, char *out, size_t size)
{
	json_object *field;
	const char *text;
	size_t length;

	out[0] = '\0';
	if (!json_object_object_get_ex(document, name, &field))
		return true;
	if (!json_object_is_type(field, json_type_string))
		return false;
	text = json_object_get_string(field);
	length = (size_t) json_object_get_string_len(field);
	if (length >= size || strlen(text) != length)
		return false;
	for (size_t i = 0; i < length; i++)
		if ((unsigned char) text[i] < 0x20 || text[i] == 0x7f)
			return false;
	memcpy(out, text, length + 1);
	return true;
}

static bool
parse(const char *text, size_t length, Secret *secret)
{
	json_tokener *tokener = json_tokener_new_ex(32);
	json_object *document;
	bool good;

	if (tokener == NULL)
		return false;
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	document = json_tokener_parse_ex(tokener, text, (int) length);
	good = json_tokener_get_error(tokener) == json_tokener_success &&
		   strspn(text + json_tokener_get_parse_end(tokener), " \t\r\n") ==
			   length - json_tokener_get_parse_end(tokener) &&
		   json_object_is_type(document, json_type_object) &&
		   read_field(document, "url", secret->url, sizeof(secret->url)) &&
		   read_field(document, "key", secret->key, sizeof(secret->key)) &&
		   read_field(document, "user", secret->user, sizeof(secret->user)) &&
		   read_field(document, "password", secret->password, sizeof(secret->password));
	json_object_put(document);
	json_tokener_free(tokener);
	return good;
}

/* Reads a secret; the caller wipes it with explicit_bzero(). What error says, anybody may read */
bool
csh_secret_read(const char *name, Secret *secret, CshError *error)
{
	char text[SECRET_MAX + 1];
	size_t length = 0;
	bool good = false;

	memset(secret, 0, sizeof(*secret));
	if (csh_secret_dir()[0] == '\0')
		return csh_fail(error, NULL, "cs_health.secret_dir is not set");
	if (!is_name(name))
		return csh_fail(error, NULL, "the secret's name is no name of a file");
	if (!read_file(name, text, &length, error))
		return false;
	text[length] = '\0';
	good = parse(text, length, secret);
	explicit_bzero(text, sizeof(text));
	if (!good)
	{
		explicit_bzero(secret, sizeof(*secret));
		csh_fail(error, NULL, "the file of secret \"%s\" is no JSON object of texts", name);
	}
	return good;
}
