/*
 * key.c
 *		Keyed hashes: pseudonyms for users, keys for features, ids derived from a row's key.
 */
#include "cs_health.h"

#include "siphash.h"

#include "utils/builtins.h"
#include "utils/date.h"
#include "utils/uuid.h"

PG_FUNCTION_INFO_V1(csh_user_key);
PG_FUNCTION_INFO_V1(csh_feature_key);
PG_FUNCTION_INFO_V1(csh_health_id);

/* The secret of an installation; exactly the 16 bytes that SipHash takes */
static const uint8_t *
secret_bytes(bytea *secret)
{
	if (VARSIZE_ANY_EXHDR(secret) != 16)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("secret must have 16 bytes, not %d", (int) VARSIZE_ANY_EXHDR(secret)),
				 errhint("install() draws one and keeps it in cs_health.hash_secret.")));
	return (const uint8_t *) VARDATA_ANY(secret);
}

/* A user's key within a tenant: the same id at two tenants gives two keys that nobody can link */
Datum
csh_user_key(PG_FUNCTION_ARGS)
{
	const uint8_t *secret = secret_bytes(PG_GETARG_BYTEA_PP(0));
	pg_uuid_t *tenant = PG_GETARG_UUID_P(1);
	text *user = PG_GETARG_TEXT_PP(2);
	int length = VARSIZE_ANY_EXHDR(user);
	char small[256];
	char *buffer =
		UUID_LEN + length <= (int) sizeof(small) ? small : palloc((Size) UUID_LEN + length);

	memcpy(buffer, tenant->data, UUID_LEN);
	memcpy(buffer + UUID_LEN, VARDATA_ANY(user), length);
	PG_RETURN_INT64((int64) csh_siphash(secret, buffer, (size_t) UUID_LEN + length));
}

/* A feature's key; the same for every tenant, so that the catalogue can be matched against packs */
Datum
csh_feature_key(PG_FUNCTION_ARGS)
{
	const uint8_t *secret = secret_bytes(PG_GETARG_BYTEA_PP(0));
	text *feature = PG_GETARG_TEXT_PP(1);

	PG_RETURN_INT64((int64) csh_siphash(secret, VARDATA_ANY(feature), VARSIZE_ANY_EXHDR(feature)));
}

/*
 * The id of a tenant's row of a day, derived so that it need not be stored. Two hashes under fixed keys fill
 * the 122 free bits of a version 8 uuid (RFC 9562, section 5.8).
 */
Datum
csh_health_id(PG_FUNCTION_ARGS)
{
	static const uint8_t key[2][16] = {"cs_health id (1)", "cs_health id (2)"};
	pg_uuid_t *tenant = PG_GETARG_UUID_P(0);
	DateADT as_of = PG_GETARG_DATEADT(1);
	uint8_t input[UUID_LEN + 4];
	pg_uuid_t *id = palloc(sizeof(pg_uuid_t));

	memcpy(input, tenant->data, UUID_LEN);
	for (int i = 0; i < 4; i++)
		input[UUID_LEN + i] = (uint8_t) ((uint32) as_of >> (8 * i));
	for (int half = 0; half < 2; half++)
	{
		uint64_t hash = csh_siphash(key[half], input, sizeof(input));

		for (int i = 0; i < 8; i++)
			id->data[8 * half + i] = (uint8_t) (hash >> (8 * i));
	}
	id->data[6] = (id->data[6] & 0x0f) | 0x80;
	id->data[8] = (id->data[8] & 0x3f) | 0x80;
	PG_RETURN_UUID_P(id);
}
