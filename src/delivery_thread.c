/*
 * delivery_thread.c
 *		A thread for each mail, since libcurl does not let go while it waits for the answer to a mail or to QUIT.
 *
 * A thread runs libcurl and our callbacks, which call nothing of PostgreSQL. All signals are blocked in it.
 */
#include "delivery.h"

#include <pthread.h>
#include <unistd.h>

#include "storage/ipc.h"

typedef struct MailThread
{
	pthread_t thread;
	Delivery *delivery;
	CURLM *to_wake;
	CURLcode code;
	struct MailThread *next;
} MailThread;

/* Those that have ended and wait to be collected */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static MailThread *ended;
static int running;

static void *
run(void *data)
{
	MailThread *self = data;

	self->code = curl_easy_perform(self->delivery->curl);
	pthread_mutex_lock(&lock);
	self->next = ended;
	ended = self;
	pthread_mutex_unlock(&lock);
	curl_multi_wakeup(self->to_wake);
	return NULL;
}

/* Sends a mail beside everything else; the caller has blocked all signals */
bool
csh_mail_thread_start(Delivery *delivery, CURLM *to_wake)
{
	MailThread *self = calloc(1, sizeof(MailThread));

	if (self == NULL)
		return false;
	self->delivery = delivery;
	self->to_wake = to_wake;
	if (pthread_create(&self->thread, NULL, run, self) != 0)
	{
		free(self);
		return false;
	}
	running++;
	return true;
}

/* A mail whose thread has ended, and how; null when there is none */
Delivery *
csh_mail_thread_ended(CURLcode *code)
{
	MailThread *one;
	Delivery *delivery;

	pthread_mutex_lock(&lock);
	one = ended;
	if (one != NULL)
		ended = one->next;
	pthread_mutex_unlock(&lock);
	if (one == NULL)
		return NULL;
	pthread_join(one->thread, NULL);
	running--;
	delivery = one->delivery;
	*code = one->code;
	free(one);
	return delivery;
}

/* What libraries do at exit would pull the ground away from under a thread that still runs */
static void
leave_at_once(int code, Datum unused)
{
	if (running > 0)
		_exit(code);
}

/* Once in the worker, before anything else is registered for its end */
void
csh_mail_threads_init(void)
{
	on_proc_exit(leave_at_once, (Datum) 0);
}
