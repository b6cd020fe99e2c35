/*
 * interrupt.c
 *		The hook through which a long search can be broken off.
 */
#include "interrupt.h"

/* Outside of a server nobody breaks anything off */
static void
go_on(void)
{
}

void (*csh_interrupt)(void) = go_on;
