/*
 * channel.c
 *		SQL functions that check what a channel needs.
 */
#include "delivery.h"

#include "address.h"

#include "utils/builtins.h"

PG_FUNCTION_INFO_V1(csh_check_email_address);
PG_FUNCTION_INFO_V1(csh_check_unsubscribe);
PG_FUNCTION_INFO_V1(csh_secret_problem);

/* Refuses what mail cannot be sent to */
Datum
csh_check_email_address(PG_FUNCTION_ARGS)
{
	CshError error;

	if (!csh_address_check(text_to_cstring(PG_GETARG_TEXT_PP(0)), &error))
		csh_report(ERRCODE_INVALID_PARAMETER_VALUE, &error);
	PG_RETURN_BOOL(true);
}

/* Refuses what List-Unsubscribe cannot offer */
Datum
csh_check_unsubscribe(PG_FUNCTION_ARGS)
{
	CshError error;

	if (!csh_unsubscribe_check(text_to_cstring(PG_GETARG_TEXT_PP(0)), &error))
		csh_report(ERRCODE_INVALID_PARAMETER_VALUE, &error);
	PG_RETURN_BOOL(true);
}

/* Why a channel's secret cannot be used; null when it can, or when the channel has none */
Datum
csh_secret_problem(PG_FUNCTION_ARGS)
{
	Secret secret;
	CshError error;
	bool good;

	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	good = csh_secret_read(text_to_cstring(PG_GETARG_TEXT_PP(0)), &secret, &error);
	explicit_bzero(&secret, sizeof(secret));
	if (good)
		PG_RETURN_NULL();
	PG_RETURN_TEXT_P(cstring_to_text(error.message));
}
