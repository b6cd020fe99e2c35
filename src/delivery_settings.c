/*
 * delivery_settings.c
 *		Settings of deliveries; all stand in postgresql.conf, so nobody who is only in the database can widen them.
 */
#include "delivery.h"

#include <signal.h>
#include <strings.h>
#include <unistd.h>

#include "miscadmin.h"
#include "net.h"
#include "utils/guc.h"

char *csh_databases;
char *csh_worker_role;
char *csh_ca_file;
bool csh_allow_http;
int csh_poll_seconds;
int csh_lease_seconds;

static char *secret_dir;
static char *allowed_hosts;
static char *allowed_addresses;

#define SEPARATORS ", \t\r\n"

/* The next word of a list; *list moves behind it */
static bool
next_word(const char **list, char *word, size_t size)
{
	const char *start = *list + strspn(*list, SEPARATORS);
	size_t length = strcspn(start, SEPARATORS);

	*list = start + length;
	if (length == 0)
		return false;
	strlcpy(word, start, Min(size, length + 1));
	return true;
}

static bool
check_addresses(char **value, void **extra, GucSource source)
{
	const char *rest = *value;
	char word[64];
	CshNetwork network;

	while (next_word(&rest, word, sizeof(word)))
		if (!csh_network_parse(word, &network))
		{
			GUC_check_errdetail("\"%s\" is neither an address nor a network.", word);
			GUC_check_errhint(
				"Write addresses and networks such as 10.1.2.0/24, with commas between.");
			return false;
		}
	return true;
}

static bool
check_path(char **value, void **extra, GucSource source)
{
	if ((*value)[0] == '\0' || (*value)[0] == '/')
		return true;
	GUC_check_errdetail("The path does not begin with \"/\".");
	return false;
}

static void
define_text(const char *name, const char *description, const char *more, char **variable,
			const char *value, int flags, GucStringCheckHook check)
{
	DefineCustomStringVariable(name, description, more, variable, value, PGC_SIGHUP,
							   GUC_NOT_IN_SAMPLE | flags, check, NULL, NULL);
}

/* Defines all of them; cs_health.databases only where workers can be registered */
void
csh_define_delivery_settings(void)
{
	if (process_shared_preload_libraries_in_progress)
		DefineCustomStringVariable("cs_health.databases", "Databases whose messages are delivered.",
								   "Names with commas between; one worker each.", &csh_databases,
								   "", PGC_POSTMASTER, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
	define_text("cs_health.worker_role", "Role with whose rights the worker reads the outbox.",
				"Empty = the owner of the tables.", &csh_worker_role, "", 0, NULL);
	define_text("cs_health.secret_dir", "Folder with the secrets of channels.", NULL, &secret_dir,
				"", GUC_SUPERUSER_ONLY, check_path);
	define_text("cs_health.allowed_hosts", "Hosts that messages may be sent to.",
				"Names with commas between.", &allowed_hosts, "hooks.slack.com", GUC_SUPERUSER_ONLY,
				NULL);
	define_text("cs_health.allowed_addresses",
				"Addresses and networks that messages may be sent to although they are not public.",
				"With commas between, such as 10.1.2.0/24.", &allowed_addresses, "",
				GUC_SUPERUSER_ONLY, check_addresses);
	define_text("cs_health.ca_file", "Certificates to trust besides the system's.", NULL,
				&csh_ca_file, "", GUC_SUPERUSER_ONLY, check_path);
	DefineCustomBoolVariable("cs_health.allow_http",
							 "Sends to http as well, which anybody can read.", "For tests.",
							 &csh_allow_http, false, PGC_SIGHUP,
							 GUC_NOT_IN_SAMPLE | GUC_SUPERUSER_ONLY, NULL, NULL, NULL);
	DefineCustomIntVariable("cs_health.poll_seconds",
							"How often the worker looks for messages that nobody announced.", NULL,
							&csh_poll_seconds, 5, 1, 3600, PGC_SIGHUP,
							GUC_NOT_IN_SAMPLE | GUC_UNIT_S, NULL, NULL, NULL);
	DefineCustomIntVariable("cs_health.lease_seconds",
							"How long a message stays with a worker that says nothing.", NULL,
							&csh_lease_seconds, 60, 5, 86400, PGC_SIGHUP,
							GUC_NOT_IN_SAMPLE | GUC_UNIT_S, NULL, NULL, NULL);
#ifdef CSH_TESTING
	DefineCustomIntVariable("cs_health.debug_crash_point", "Where to die.", NULL, &csh_crash_point,
							0, 0, 8, PGC_SUSET, GUC_NOT_IN_SAMPLE, NULL, NULL, NULL);
#endif
}

/* The folder of secrets, empty when there is none */
const char *
csh_secret_dir(void)
{
	return secret_dir;
}

/* Whether messages may be sent to a host of that name */
bool
csh_host_is_allowed(const char *host)
{
	const char *rest = allowed_hosts;
	char word[CSH_HOST_MAX];

	while (next_word(&rest, word, sizeof(word)))
		if (strcasecmp(word, host) == 0)
			return true;
	return false;
}

/* Networks that may be connected to although they are not public */
const char *
csh_allowed_addresses(void)
{
	return allowed_addresses;
}

/* Whether a connection to an address may be opened; called within curl, so it raises no error */
bool
csh_address_is_allowed(const char *allowed, const uint8_t address[16])
{
	char word[64];
	CshNetwork network;

	if (csh_address_is_public(address))
		return true;
	while (next_word(&allowed, word, sizeof(word)))
		if (csh_network_parse(word, &network) && csh_network_has(&network, address))
			return true;
	return false;
}

#ifdef CSH_TESTING
int csh_crash_point;

/* Dies as if somebody pulled the plug */
void
csh_crash(int point)
{
	if (csh_crash_point == point)
		kill(getpid(), SIGKILL);
}
#endif
