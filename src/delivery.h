/*
 * delivery.h
 *		What the parts of the delivery worker share.
 */
#ifndef DELIVERY_H
#define DELIVERY_H

#include "cs_health.h"

#include <curl/curl.h>

#include "lib/ilist.h"
#include "datatype/timestamp.h"

#include "smtp_reply.h"
#include "url.h"

/* What a file in cs_health.secret_dir says; empty where it does not */
typedef struct Secret
{
	char url[CSH_URL_MAX + 1];
	char key[257];
	char user[257];
	char password[513];
} Secret;

/* A message on its way: what claim_outbox() said, the transfer, and how it ended */
typedef struct Delivery
{
	dlist_node node;
	MemoryContext context;
	char *id;
	int attempt;
	char *channel_kind;
	char *kind;
	char *payload;
	char *secret;
	char *host;
	int port;
	char *tls;
	char *from_address;
	char *from_name;
	char *unsubscribe;
	int timeout_seconds;

	CURL *curl;
	const char *allowed_addresses; /* a copy, which no reload takes away */
	struct curl_slist *headers;
	struct curl_slist *recipients;
	char *mail; /* malloc()ed */
	const char *body;
	size_t body_length;
	size_t body_sent;
	size_t answer_headers;
	size_t answer_body;
	bool answered;                    /* the headers of an answer are complete */
	bool socket_opened;               /* to an address that is allowed */
	char curl_error[CURL_ERROR_SIZE]; /* not told to anybody, for it has names and addresses */
	char word[41];                    /* the one word that Slack answers */
	char refusal[CSH_REFUSAL_SIZE];   /* the mail server's last one */

	const char *outcome; /* sent, retry or dead */
	int status;          /* 0 = none */
	char error[256];
	int retry_after; /* seconds, -1 = not said */
} Delivery;

/* settings */
extern char *csh_databases;
extern char *csh_worker_role;
extern char *csh_ca_file;
extern bool csh_allow_http;
extern int csh_poll_seconds;
extern int csh_lease_seconds;
extern const char *csh_secret_dir(void);
extern bool csh_host_is_allowed(const char *host);
extern const char *csh_allowed_addresses(void);
extern bool csh_address_is_allowed(const char *allowed, const uint8_t address[16]);

/* secrets */
extern bool csh_secret_read(const char *name, Secret *secret, CshError *error);

/* waking */
extern void csh_request_wake_memory(int databases);
extern int csh_worker_enter(int slot);
extern void csh_worker_found_database(int slot);
extern void csh_worker_connected(int slot);

/* the queue, one transaction each */
typedef struct Turn
{
	bool installed;  /* else nothing happened */
	int claimed;     /* deliveries added to the list */
	TimestampTz due; /* when to come back; DT_NOEND = nobody knows */
	bool whole;      /* due is of the whole outbox */
} Turn;

extern void csh_release_leases(void);
extern Turn csh_queue_turn(dlist_head *ended, dlist_head *claimed, int room, bool ask_first,
						   bool carefully);
extern void csh_delivery_free(Delivery *delivery);

/* a thread for each mail */
extern bool csh_mail_thread_start(Delivery *delivery, CURLM *to_wake);
extern Delivery *csh_mail_thread_ended(CURLcode *code);
extern void csh_mail_threads_init(void);

/* sending */
extern void csh_send_init(void);
extern void csh_send_start(Delivery *delivery);
extern bool csh_send_go_on(dlist_head *ended);
extern void csh_send_wait(int milliseconds);
extern int csh_in_flight(void);
extern bool csh_prepare_http(Delivery *delivery, const Secret *secret);
extern bool csh_prepare_mail(Delivery *delivery, const Secret *secret);
extern bool csh_fail_delivery(Delivery *delivery, const char *outcome, const char *format, ...)
	pg_attribute_printf(3, 4);
extern void csh_judge(Delivery *delivery, CURLcode code);

/* Builds for tests die where they are told to */
#ifdef CSH_TESTING
extern int csh_crash_point;
extern void csh_crash(int point);
#else
#define csh_crash(point) ((void) 0)
#endif

#endif
