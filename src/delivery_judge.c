/*
 * delivery_judge.c
 *		What an answer, or none, means: sent, to be tried again, or never to be sent.
 */
#include "delivery.h"

/* Faults of the message or of the address, which no waiting mends; all else is tried again */
static const char *
judge_http(int status)
{
	if (status >= 200 && status < 300)
		return "sent";
	switch (status)
	{
		case 401: /* a wrong secret can be mended */
		case 407:
		case 408:
		case 425:
		case 429:
			return "retry";
	}
	return status >= 300 && status < 500 ? "dead" : "retry";
}

/* RFC 5321, section 4.2.1, and RFC 4954 for what AUTH answers */
static const char *
judge_smtp(int status)
{
	switch (status)
	{
		case 530:
		case 534:
		case 535:
		case 538:
			return "retry";
	}
	return status >= 500 && status < 600 ? "dead" : "retry";
}

/* Slack's answers are one word, such as no_service; anything else might repeat what nobody should read */
static bool
is_slack_word(const char *word)
{
	size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz_");

	return length > 0 && word[length] == '\0';
}

/* Says how a transfer ended */
void
csh_judge(Delivery *delivery, CURLcode code)
{
	bool mail = strcmp(delivery->channel_kind, "email") == 0;
	const char *protocol = mail ? "SMTP" : "HTTP";
	long status = 0;

	curl_easy_getinfo(delivery->curl, CURLINFO_RESPONSE_CODE, &status);
	delivery->status = status >= 100 && status < 600 ? (int) status : 0;
	if (mail && code == CURLE_OK)
		delivery->outcome = "sent";
	else if (!mail && delivery->answered && delivery->status >= 200)
		delivery->outcome = judge_http(delivery->status); /* whatever became of the body */
	else if (mail && delivery->status >= 400)
		delivery->outcome = judge_smtp(delivery->status);
	else
	{
		delivery->status = 0;
		csh_fail_delivery(delivery, "retry", "%s",
						  code == CURLE_COULDNT_CONNECT && !delivery->socket_opened
							  ? "the address is not public and not in cs_health.allowed_addresses"
							  : curl_easy_strerror(code));
		return;
	}
	if (strcmp(delivery->outcome, "sent") == 0)
		return;
	if (strcmp(delivery->channel_kind, "slack") == 0 && is_slack_word(delivery->word))
		snprintf(delivery->error, sizeof(delivery->error), "HTTP %d %s", delivery->status,
				 delivery->word);
	else
		snprintf(delivery->error, sizeof(delivery->error), "%s %d%s", protocol, delivery->status,
				 mail && strncmp(delivery->curl_error, "RCPT failed", 11) == 0 ? " to RCPT" : "");
}
