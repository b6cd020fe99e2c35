/*
 * url.c
 *		Which addresses of receivers are plain enough to be sent to. No message repeats one, for it may be a secret.
 */
#include "url.h"

#include "net.h"

#include <curl/curl.h>
#include <string.h>
#include <strings.h>

static const char *const hint = "Write https://HOST/PATH, with nothing but ASCII in it.";

/* RFC 3986 knows these and %; whatever else there is, parsers disagree about */
static bool
plain_characters(const char *url)
{
	static const char others[] = "-._~:/?[]@!$&'()*+,;=%";

	for (; *url != '\0'; url++)
		if (!((*url >= 'a' && *url <= 'z') || (*url >= 'A' && *url <= 'Z') ||
			  (*url >= '0' && *url <= '9') || strchr(others, *url) != NULL))
			return false;
	return true;
}

/* Names as DNS has them, or numbers as everybody reads them: no 0x7f.1, no 127.1, no dot at the end */
static bool
plain_host(const char *host)
{
	const char *last = strrchr(host, '.');
	CshNetwork address;
	size_t length = strlen(host);

	if (length == 0 || length >= CSH_HOST_MAX)
		return false;
	if (host[0] == '[')
		return strspn(host + 1, "0123456789abcdefABCDEF:.") == length - 2 &&
			   host[length - 1] == ']';
	if (strspn(host, "0123456789.") == length)
		return csh_network_parse(host, &address);
	last = last ? last + 1 : host;
	return strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") ==
			   length &&
		   strstr(host, "..") == NULL && host[0] != '.' && host[0] != '-' &&
		   ((*last >= 'a' && *last <= 'z') || (*last >= 'A' && *last <= 'Z')) &&
		   !(last[0] == '0' && (last[1] == 'x' || last[1] == 'X'));
}

/* The host as it is written, before anybody interprets it */
static bool
same_as_written(const char *url, const char *host)
{
	const char *written = strstr(url, "://") + 3;
	size_t length = strlen(host);

	return strncasecmp(written, host, length) == 0 &&
		   (written[length] == '\0' || strchr(":/?", written[length]) != NULL);
}

static bool
check_parts(CURLU *parts, const char *url, char *host, CshError *error)
{
	static const CURLUPart refused[] = {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_OPTIONS,
										CURLUPART_FRAGMENT, CURLUPART_ZONEID};
	char *part;
	bool good;

	if (curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK)
		return csh_fail(error, hint, "the URL cannot be read");
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++)
		if (curl_url_get(parts, refused[i], &part, 0) == CURLUE_OK)
		{
			curl_free(part);
			return csh_fail(error, hint, "the URL has a user, password, zone or fragment");
		}
	if (curl_url_get(parts, CURLUPART_PORT, &part, 0) == CURLUE_OK)
	{
		good = strcmp(part, "0") != 0;
		curl_free(part);
		if (!good)
			return csh_fail(error, hint, "the URL has port 0");
	}
	if (curl_url_get(parts, CURLUPART_HOST, &part, 0) != CURLUE_OK)
		return csh_fail(error, hint, "the URL has no host");
	good = plain_host(part) && same_as_written(url, part);
	if (good)
		strcpy(host, part);
	curl_free(part);
	return good || csh_fail(error, hint, "the URL's host is not plainly written");
}

/* Whether something may be sent to a URL; host gets CSH_HOST_MAX bytes at most */
bool
csh_url_check(const char *url, bool allow_http, char *host, CshError *error)
{
	size_t length = strlen(url);
	size_t scheme = 0;
	CURLU *parts;
	bool good;

	if (length > CSH_URL_MAX)
		return csh_fail(error, hint, "the URL has %zu bytes, at most %d are allowed", length,
						CSH_URL_MAX);
	if (strncasecmp(url, "https://", 8) == 0)
		scheme = 8;
	else if (allow_http && strncasecmp(url, "http://", 7) == 0)
		scheme = 7;
	if (scheme == 0 || url[scheme] == '/')
		return csh_fail(error, hint, "the URL does not begin with https://");
	if (!plain_characters(url))
		return csh_fail(error, hint, "the URL has characters that are not allowed in it");
	parts = curl_url();
	if (parts == NULL)
		return csh_fail(error, NULL, "out of memory");
	good = check_parts(parts, url, host, error);
	curl_url_cleanup(parts);
	return good;
}
