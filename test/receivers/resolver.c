/*
 * resolver.c
 *		Names that end in .test for a server that has this preloaded: *.receiver.test is loopback, *.private.test the
 *		address where clouds keep their secrets, the name servers of *.silent.test never answer, and *.nowhere.test does
 *		not exist.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

static int
ends(const char *name, const char *end)
{
	size_t length = strlen(name);
	size_t size = strlen(end);

	return length >= size && strcmp(name + length - size, end) == 0;
}

int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
			struct addrinfo **result)
{
	int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
		dlsym(RTLD_NEXT, "getaddrinfo");

	if (name && ends(name, ".silent.test"))
	{
		sleep(60);
		return EAI_AGAIN;
	}
	if (name && ends(name, ".nowhere.test"))
		return EAI_NONAME;
	if (name && ends(name, ".private.test"))
		name = "169.254.169.254";
	else if (name && ends(name, ".receiver.test"))
		name = "127.0.0.1";
	return next(name, service, hints, result);
}
