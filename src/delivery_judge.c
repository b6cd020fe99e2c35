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

/*
 * Only what MAIL, RCPT or DATA met, or the message itself, is about the message. A server may also refuse us by its
 * greeting, STARTTLS or AUTH, which somebody can mend. RFC 5321, section 4.2.1, and RFC 4954 for what asks for AUTH.
 */
static const char *
judge_smtp(const Delivery *delivery, CURLcode code)
{
	if (code != CURLE_SEND_ERROR && delivery->body_sent == 0)
		return "retry";
	switch (delivery->status)
	{
		case 530:
		case 534:
		case 535:
		case 538:
			return "retry";
	}
	return delivery->status >= 500 ? "dead" : "retry";
}

/* Slack's answers are one word, such as no_service; anything else might repeat what nobody should read */
static bool
is_slack_word(const char *word)
{
	size_t length = strspn(word, "abcdefghijklmnopqrstuvwxyz_");

	return length > 0 && word[length] == '\0';
}

/* "SMTP 550 5.1.1 to RCPT", as far as it is known; nothing else of what the server says is told */
static void
describe_refusal(Delivery *delivery)
{
	char status[4];

	snprintf(status, sizeof(status), "%d", delivery->status);
	snprintf(delivery->error, sizeof(delivery->error), "SMTP %s%s",
			 strncmp(delivery->refusal, status, 3) == 0 ? delivery->refusal : status,
			 strncmp(delivery->curl_error, "RCPT failed", 11) == 0 ? " to RCPT" : "");
}

/* Says how a transfer ended */
void
csh_judge(Delivery *delivery, CURLcode code)
{
	bool mail = strcmp(delivery->channel_kind, "email") == 0;
	long status = 0;

	curl_easy_getinfo(delivery->curl, CURLINFO_RESPONSE_CODE, &status);
	delivery->status = status >= 100 && status < 600 ? (int) status : 0;
	if (mail && code == CURLE_OK)
		delivery->outcome = "sent";
	else if (!mail && delivery->answered && delivery->status >= 200)
		delivery->outcome = judge_http(delivery->status); /* whatever became of the body */
	else if (mail && delivery->status >= 400)
		delivery->outcome = judge_smtp(delivery, code);
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
	if (mail)
		describe_refusal(delivery);
	else if (strcmp(delivery->channel_kind, "slack") == 0 && is_slack_word(delivery->word))
		snprintf(delivery->error, sizeof(delivery->error), "HTTP %d %s", delivery->status,
				 delivery->word);
	else
		snprintf(delivery->error, sizeof(delivery->error), "HTTP %d", delivery->status);
}
