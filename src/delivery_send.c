/*
 * delivery_send.c
 *		Transfers with libcurl, many at a time. No callback raises an error, for it would jump through curl's frames.
 */
#include "delivery.h"

#include <netinet/in.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <unistd.h>

#include "net.h"
#include "retry_after.h"
#include "utils/memutils.h"

/* What is read of an answer */
#define ANSWER_HEADERS_MAX 16384
#define ANSWER_BODY_MAX 4096
/* A connection is not used longer, so that changed names and rules count */
#define CONNECTION_SECONDS 60L

static CURLM *transfers;
static dlist_head in_flight = DLIST_STATIC_INIT(in_flight);
static int in_flight_count;
static dlist_head failed_early = DLIST_STATIC_INIT(failed_early);

/* curl's threads that look up names inherit the mask, so that no handler of PostgreSQL ever runs in one of them */
static void
block_signals(sigset_t *before)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, before);
}

static void
restore_signals(const sigset_t *before)
{
	pthread_sigmask(SIG_SETMASK, before, NULL);
}

/* Once in the worker, never in the postmaster */
void
csh_send_init(void)
{
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK ||
		(transfers = curl_multi_init()) == NULL)
		ereport(FATAL, (errcode(ERRCODE_OUT_OF_MEMORY), errmsg("libcurl cannot start")));
	curl_multi_setopt(transfers, CURLMOPT_MAXCONNECTS, 64L);
	csh_mail_threads_init();
}

int
csh_in_flight(void)
{
	return in_flight_count;
}

/* Says how a delivery ended without having been sent, and returns false */
bool
csh_fail_delivery(Delivery *delivery, const char *outcome, const char *format, ...)
{
	va_list args;

	delivery->outcome = outcome;
	va_start(args, format);
	vsnprintf(delivery->error, sizeof(delivery->error), format, args);
	va_end(args);
	return false;
}

/*
 * Opens the socket, if the address that was found for the name is allowed: checked here, a name that changes its
 * address between check and use gains nothing.
 */
static curl_socket_t
open_socket(void *delivery, curlsocktype purpose, struct curl_sockaddr *address)
{
	uint8_t bytes[16];
	const struct sockaddr *to = &address->addr;

	if (to->sa_family == AF_INET)
		csh_ip4(&((const struct sockaddr_in *) to)->sin_addr, bytes);
	else if (to->sa_family == AF_INET6)
		memcpy(bytes, &((const struct sockaddr_in6 *) to)->sin6_addr, sizeof(bytes));
	else
		return CURL_SOCKET_BAD;
	if (!csh_address_is_allowed(((Delivery *) delivery)->allowed_addresses, bytes))
		return CURL_SOCKET_BAD;
	((Delivery *) delivery)->socket_opened = true;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

static size_t
give_body(char *buffer, size_t size, size_t count, void *data)
{
	Delivery *delivery = data;
	size_t length = Min(size * count, delivery->body_length - delivery->body_sent);

#ifdef CSH_TESTING
	if (csh_crash_point == 5)
	{
		if (delivery->body_sent > 0)
			csh_crash(5);
		length = Min(length, delivery->body_length / 2 + 1);
	}
#endif
	memcpy(buffer, delivery->body + delivery->body_sent, length);
	delivery->body_sent += length;
	return length;
}

/* A connection that was kept and turns out to be closed makes curl begin again */
static int
seek_body(void *data, curl_off_t offset, int origin)
{
	Delivery *delivery = data;

	if (origin != SEEK_SET || offset < 0 || (size_t) offset > delivery->body_length)
		return CURL_SEEKFUNC_FAIL;
	delivery->body_sent = (size_t) offset;
	return CURL_SEEKFUNC_OK;
}

/* Header lines of HTTP, answers of SMTP */
static size_t
take_header(char *line, size_t size, size_t count, void *data)
{
	static const char retry_after[] = "retry-after:";
	Delivery *delivery = data;
	size_t length = size * count;
	char value[80];

	delivery->answer_headers += length;
	if (delivery->answer_headers > ANSWER_HEADERS_MAX)
		return 0;
	if (delivery->mail != NULL)
		csh_smtp_refusal(line, length, delivery->refusal);
	else if (length >= 5 && strncmp(line, "HTTP/", 5) == 0)
		delivery->answered = false;
	else if (length <= 2 && strncmp(line, "\r\n", length) == 0)
		delivery->answered = true;
	else if (length >= sizeof(retry_after) - 1 && length < sizeof(value) &&
			 pg_strncasecmp(line, retry_after, sizeof(retry_after) - 1) == 0)
	{
		memcpy(value, line + sizeof(retry_after) - 1, length - sizeof(retry_after) + 1);
		value[length - sizeof(retry_after) + 1] = '\0';
		if (!csh_retry_after(value, time(NULL), &delivery->retry_after))
			delivery->retry_after = -1;
	}
	return length;
}

/* Of a body nothing is kept but the first word of Slack's */
static size_t
take_body(char *bytes, size_t size, size_t count, void *data)
{
	Delivery *delivery = data;
	size_t length = size * count;
	size_t start = delivery->answer_body;

	for (size_t i = 0; i < length && start + i < sizeof(delivery->word) - 1; i++)
		delivery->word[start + i] = bytes[i];
	delivery->answer_body += length;
	return delivery->answer_body > ANSWER_BODY_MAX ? 0 : length;
}

#ifdef CSH_TESTING
static int
watch_progress(void *data, curl_off_t down_total, curl_off_t down, curl_off_t up_total,
			   curl_off_t up)
{
	Delivery *delivery = data;

	if (up > 0 && (size_t) up >= delivery->body_length)
		csh_crash(6);
	return 0;
}

static int
before_request(void *data, char *to, char *from, int to_port, int from_port)
{
	csh_crash(4);
	return CURL_PREREQFUNC_OK;
}
#endif

static void
release(void *data)
{
	Delivery *delivery = data;

	curl_easy_cleanup(delivery->curl);
	curl_slist_free_all(delivery->headers);
	curl_slist_free_all(delivery->recipients);
	free(delivery->mail);
}

/* What holds for every transfer, whatever its protocol */
static bool
prepare(Delivery *delivery)
{
	CURL *curl = curl_easy_init();
	MemoryContextCallback *callback =
		MemoryContextAlloc(delivery->context, sizeof(MemoryContextCallback));
	CURLcode bad = CURLE_OK;

	if (curl == NULL)
		return csh_fail_delivery(delivery, "retry", "out of memory");
	delivery->curl = curl;
	callback->func = release;
	callback->arg = delivery;
	MemoryContextRegisterResetCallback(delivery->context, callback);

	delivery->allowed_addresses = MemoryContextStrdup(delivery->context, csh_allowed_addresses());
	bad |= curl_easy_setopt(curl, CURLOPT_PRIVATE, delivery);
	bad |= curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, delivery->curl_error);
	bad |= curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	bad |= curl_easy_setopt(curl, CURLOPT_QUICK_EXIT,
							1L); /* never waits for a name server that is silent */
	bad |= curl_easy_setopt(curl, CURLOPT_PROXY, "");
	bad |= curl_easy_setopt(curl, CURLOPT_NETRC, (long) CURL_NETRC_IGNORED);
	bad |= curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	bad |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	bad |= curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	bad |= curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long) CURL_SSLVERSION_TLSv1_2);
	if (csh_ca_file[0] != '\0')
		bad |= curl_easy_setopt(curl, CURLOPT_CAINFO, csh_ca_file);
	bad |= curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
							1000L * Min(10, delivery->timeout_seconds));
	bad |= curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 1000L * delivery->timeout_seconds);
	bad |= curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 16L);
	bad |= curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long) delivery->timeout_seconds);
	bad |= curl_easy_setopt(curl, CURLOPT_MAXLIFETIME_CONN, CONNECTION_SECONDS);
	bad |= curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	bad |= curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, delivery);
	bad |= curl_easy_setopt(curl, CURLOPT_READFUNCTION, give_body);
	bad |= curl_easy_setopt(curl, CURLOPT_READDATA, delivery);
	bad |= curl_easy_setopt(curl, CURLOPT_SEEKFUNCTION, seek_body);
	bad |= curl_easy_setopt(curl, CURLOPT_SEEKDATA, delivery);
	bad |= curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
	bad |= curl_easy_setopt(curl, CURLOPT_HEADERDATA, delivery);
	bad |= curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	bad |= curl_easy_setopt(curl, CURLOPT_WRITEDATA, delivery);
#ifdef CSH_TESTING
	bad |= curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	bad |= curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, watch_progress);
	bad |= curl_easy_setopt(curl, CURLOPT_XFERINFODATA, delivery);
	bad |= curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, before_request);
#endif
	return bad == CURLE_OK || csh_fail_delivery(delivery, "retry", "libcurl lacks an option");
}

/* Reads the secret and makes the request of it; what is left of the secret is curl's */
static bool
prepare_message(Delivery *delivery)
{
	Secret secret = {0};
	CshError error;
	bool good = true;

	if (delivery->secret != NULL && !csh_secret_read(delivery->secret, &secret, &error))
		return csh_fail_delivery(delivery, "retry", "%s", error.message);
	good = strcmp(delivery->channel_kind, "email") == 0 ? csh_prepare_mail(delivery, &secret)
														: csh_prepare_http(delivery, &secret);
	explicit_bzero(&secret, sizeof(secret));
	return good;
}

/*
 * Mails go their own way: libcurl waits for some of a mail server's answers without letting any other transfer go on.
 */
static bool
start(Delivery *delivery)
{
	sigset_t before;
	bool good;

	block_signals(&before);
	good = strcmp(delivery->channel_kind, "email") == 0
			   ? csh_mail_thread_start(delivery, transfers)
			   : curl_multi_add_handle(transfers, delivery->curl) == CURLM_OK;
	restore_signals(&before);
	return good || csh_fail_delivery(delivery, "retry", "the transfer could not be started");
}

/* Starts to send; what cannot even start is among the ended ones the next time */
void
csh_send_start(Delivery *delivery)
{
	if (prepare(delivery) && prepare_message(delivery) && start(delivery))
	{
		dlist_push_tail(&in_flight, &delivery->node);
		in_flight_count++;
	}
	else
		dlist_push_tail(&failed_early, &delivery->node);
}

static void
finish(Delivery *delivery, CURLcode code, dlist_head *ended)
{
	dlist_delete(&delivery->node);
	in_flight_count--;
	csh_judge(delivery, code);
	dlist_push_tail(ended, &delivery->node);
}

/* All that ended in the multi handle */
static void
finish_transfers(dlist_head *ended)
{
	CURLMsg *message;
	int left;

	while ((message = curl_multi_info_read(transfers, &left)) != NULL)
	{
		CURL *curl = message->easy_handle;
		CURLcode code = message->data.result;
		Delivery *delivery;

		if (message->msg != CURLMSG_DONE)
			continue;
		curl_easy_getinfo(curl, CURLINFO_PRIVATE, (char **) &delivery);
		curl_multi_remove_handle(transfers, curl);
		finish(delivery, code, ended);
	}
}

/* Moves all transfers on as far as they go without waiting; whether there are ended ones */
bool
csh_send_go_on(dlist_head *ended)
{
	sigset_t before;
	int running;
	Delivery *mail;
	CURLcode code;

	while (!dlist_is_empty(&failed_early))
		dlist_push_tail(ended, dlist_pop_head_node(&failed_early));
	block_signals(&before);
	curl_multi_perform(transfers, &running);
	finish_transfers(ended);
	while ((mail = csh_mail_thread_ended(&code)) != NULL)
		finish(mail, code, ended);
	restore_signals(&before);
	if (!dlist_is_empty(ended))
		csh_crash(7);
	return !dlist_is_empty(ended);
}

/* Waits until a transfer can go on, but not longer than that */
void
csh_send_wait(int milliseconds)
{
	sigset_t before;
	int ready;

	if (!dlist_is_empty(&failed_early))
		return;
	block_signals(&before);
	curl_multi_poll(transfers, NULL, 0, milliseconds, &ready);
	restore_signals(&before);
}

/* Frees all that belongs to a delivery, curl's parts too */
void
csh_delivery_free(Delivery *delivery)
{
	sigset_t before;

	block_signals(&before);
	MemoryContextDelete(delivery->context);
	restore_signals(&before);
}
