/*
 * delivery_mail.c
 *		Mails, by SMTP and never without TLS.
 */
#include "delivery.h"

#include <json-c/json.h>
#include <time.h>

#include "address.h"
#include "mail.h"

/* A text of the payload, null when it is missing; what is no text or holds a NUL is none either */
static const char *
text_of(json_object *payload, const char *name)
{
	json_object *value;

	if (!json_object_object_get_ex(payload, name, &value) ||
		!json_object_is_type(value, json_type_string) ||
		strlen(json_object_get_string(value)) != (size_t) json_object_get_string_len(value))
		return NULL;
	return json_object_get_string(value);
}

static bool
compose(Delivery *delivery, json_object *payload)
{
	json_object *unsubscribe;
	CshError error;
	CshMail mail = {
		.from = delivery->from_address,
		.from_name = text_of(payload, "from_name"),
		.to = text_of(payload, "to"),
		.to_name = text_of(payload, "to_name"),
		.reply_to = text_of(payload, "reply_to"),
		.subject = text_of(payload, "subject"),
		.text = text_of(payload, "text"),
		.id = delivery->id,
		.date = time(NULL),
	};

	if (mail.to == NULL || mail.subject == NULL || mail.text == NULL)
		return csh_fail_delivery(delivery, "dead", "the payload lacks to, subject or text");
	if (mail.from_name == NULL)
		mail.from_name = delivery->from_name;
	if (json_object_object_get_ex(payload, "unsubscribe", &unsubscribe) &&
		json_object_get_boolean(unsubscribe))
		mail.unsubscribe = delivery->unsubscribe;
	delivery->mail = csh_mail_compose(&mail, &delivery->body_length, &error);
	if (delivery->mail == NULL)
		return csh_fail_delivery(delivery, "dead", "%.200s", error.message);
	delivery->body = delivery->mail;
	delivery->recipients = curl_slist_append(NULL, mail.to);
	return delivery->recipients != NULL || csh_fail_delivery(delivery, "retry", "out of memory");
}

static bool
compose_from_payload(Delivery *delivery)
{
	json_tokener *tokener = json_tokener_new_ex(32);
	json_object *payload = NULL;
	bool good = false;

	if (tokener == NULL)
		return csh_fail_delivery(delivery, "retry", "out of memory");
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	payload =
		json_tokener_parse_ex(tokener, delivery->payload, (int) strlen(delivery->payload) + 1);
	if (json_tokener_get_error(tokener) == json_tokener_success &&
		json_object_is_type(payload, json_type_object))
		good = compose(delivery, payload);
	else
		csh_fail_delivery(delivery, "dead", "the payload is no JSON object");
	json_object_put(payload);
	json_tokener_free(tokener);
	return good;
}

/* Makes the mail and says where it goes; we introduce ourselves with the sender's domain */
bool
csh_prepare_mail(Delivery *delivery, const Secret *secret)
{
	bool tls = strcmp(delivery->tls, "tls") == 0;
	char url[2 * CSH_HOST_MAX + 300];
	char host[CSH_HOST_MAX];
	CURL *curl = delivery->curl;
	CURLcode bad = CURLE_OK;
	CshError error;

	if (!csh_address_check(delivery->from_address, &error))
		return csh_fail_delivery(delivery, "retry", "from_address: %.200s", error.message);
	snprintf(url, sizeof(url), "https://%s", delivery->host);
	if (!csh_url_check(url, false, host, &error) || strcmp(host, delivery->host) != 0)
		return csh_fail_delivery(delivery, "retry", "the host is not plainly written");
	if (!csh_host_is_allowed(delivery->host))
		return csh_fail_delivery(delivery, "retry", "the host is not in cs_health.allowed_hosts");
	if (!compose_from_payload(delivery))
		return false;
	snprintf(url, sizeof(url), "%s://%s:%d/%s", tls ? "smtps" : "smtp", delivery->host,
			 delivery->port ? delivery->port
			 : tls          ? 465
							: 587,
			 strchr(delivery->from_address, '@') + 1);
	bad |= curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
	bad |= curl_easy_setopt(curl, CURLOPT_DEFAULT_PROTOCOL, "smtps");
	bad |= curl_easy_setopt(curl, CURLOPT_URL, url);
	bad |= curl_easy_setopt(curl, CURLOPT_USE_SSL, (long) CURLUSESSL_ALL);
	bad |= curl_easy_setopt(curl, CURLOPT_MAIL_FROM, delivery->from_address);
	bad |= curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, delivery->recipients);
	bad |= curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
	bad |= curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t) delivery->body_length);
	bad |= curl_easy_setopt(curl, CURLOPT_FORBID_REUSE, 1L);
	bad |=
		curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long) delivery->timeout_seconds);
	if (secret->user[0] != '\0')
	{
		bad |= curl_easy_setopt(curl, CURLOPT_USERNAME, secret->user);
		bad |= curl_easy_setopt(curl, CURLOPT_PASSWORD, secret->password);
	}
	return bad == CURLE_OK || csh_fail_delivery(delivery, "retry", "libcurl lacks an option");
}
