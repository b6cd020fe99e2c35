/*
 * delivery_http.c
 *		Requests to Slack and to webhooks.
 */
#include "delivery.h"

#include <time.h>

#include "signature.h"

/* Adds a header; false when memory ran out */
static bool add_header(Delivery *delivery, const char *format, ...) pg_attribute_printf(2, 3);

static bool
add_header(Delivery *delivery, const char *format, ...)
{
	char line[512];
	va_list args;
	struct curl_slist *longer;

	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	longer = curl_slist_append(delivery->headers, line);
	if (longer == NULL)
		return csh_fail_delivery(delivery, "retry", "out of memory");
	delivery->headers = longer;
	return true;
}

/* What a webhook's receiver checks and sorts by */
static bool
add_webhook_headers(Delivery *delivery, const Secret *secret)
{
	char now[32];
	char signature[CSH_SIGNATURE_LENGTH + 1];

	if (secret->key[0] == '\0')
		return csh_fail_delivery(delivery, "retry", "secret \"%s\" has no key", delivery->secret);
	if (delivery->kind[strspn(delivery->kind, "abcdefghijklmnopqrstuvwxyz0123456789_.")] != '\0' ||
		strlen(delivery->kind) > 100)
		return csh_fail_delivery(delivery, "dead", "the kind of event is no name");
	snprintf(now, sizeof(now), INT64_FORMAT, (int64) time(NULL));
	if (!csh_sign(secret->key, now, delivery->payload, signature))
		return csh_fail_delivery(delivery, "retry", "the signature could not be made");
	return add_header(delivery, "X-Cs-Health-Event: %s", delivery->kind) &&
		   add_header(delivery, "X-Cs-Health-Signature: t=%s,v1=%s", now, signature);
}

/* Makes the request; the payload is the body as it stands */
bool
csh_prepare_http(Delivery *delivery, const Secret *secret)
{
	char host[CSH_HOST_MAX];
	CshError error;
	CURL *curl = delivery->curl;
	CURLcode bad = CURLE_OK;

	if (secret->url[0] == '\0')
		return csh_fail_delivery(delivery, "retry", "secret \"%s\" has no url",
								 delivery->secret ? delivery->secret : "");
	if (!csh_url_check(secret->url, csh_allow_http, host, &error))
		return csh_fail_delivery(delivery, "retry", "%s", error.message);
	if (!csh_host_is_allowed(host))
		return csh_fail_delivery(delivery, "retry", "the host is not in cs_health.allowed_hosts");
	if (!add_header(delivery, "Content-Type: application/json") ||
		!add_header(delivery, "Expect:") ||
		!add_header(delivery, "Idempotency-Key: %s", delivery->id) ||
		(strcmp(delivery->channel_kind, "webhook") == 0 && !add_webhook_headers(delivery, secret)))
		return false;
	delivery->body = delivery->payload;
	delivery->body_length = strlen(delivery->payload);
	bad |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, csh_allow_http ? "https,http" : "https");
	bad |= curl_easy_setopt(curl, CURLOPT_DEFAULT_PROTOCOL, "https");
	bad |= curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long) CURL_HTTP_VERSION_1_1);
	bad |= curl_easy_setopt(curl, CURLOPT_URL, secret->url);
	bad |= curl_easy_setopt(curl, CURLOPT_POST, 1L);
	bad |= curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t) delivery->body_length);
	bad |= curl_easy_setopt(curl, CURLOPT_HTTPHEADER, delivery->headers);
	bad |= curl_easy_setopt(curl, CURLOPT_USERAGENT, "cs_health/" CS_HEALTH_VERSION);
	return bad == CURLE_OK || csh_fail_delivery(delivery, "retry", "libcurl lacks an option");
}
