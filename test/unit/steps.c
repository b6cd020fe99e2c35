/*
 * steps.c
 *		What steps and params are refused for, and that the message names the place.
 */
#include "steps.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define LENGTH(a) ((int) (sizeof(a) / sizeof((a)[0])))

#define MAIL(more)                                                                                 \
	"[{\"day\": 1, \"action\": \"mail\", \"channel\": \"email\", \"to\": \"champion\", "           \
	"\"subject\": \"S\", \"template\": \"T\"" more "}]"
#define STEP(channel, more)                                                                        \
	"[{\"day\": 0, \"action\": \"a\", \"channel\": \"" channel "\"" more "}]"
#define TASK ", \"subject\": \"S\", \"template\": \"T\""
#define BANNER(link) STEP("in_app", TASK ", \"link\": " link)
#define DAYS(a, b)                                                                                 \
	"[{\"day\": " a ", \"action\": \"a\", \"channel\": \"webhook\"}, {\"day\": " b                 \
	", \"action\": \"b\", \"channel\": \"webhook\"}]"
#define TEXT(template) STEP("slack", ", \"template\": " template)
#define X50 "abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvw"
#define X100 X50 X50
#define PARAMS "{\"offer\": null, \"url\": \"https://x\", \"_\": 1.5, \"yes\": true}"

static const struct
{
	const char *name;
	const char *steps;
} usable[] = {
	{"a mail", MAIL("")},
	{"a mail with everything",
	 MAIL(", \"if\": {\"fact\": \"mau\", \"op\": \"<\", \"value\": 5}, \"fallback\": \"internal\", "
		  "\"approve\": true")},
	{"both languages", TEXT("{\"en\": \"{{tenant.name}}\", \"es\": \"{{csm.name}}\"}")},
	{"one language", TEXT("{\"es\": \"{{tenant.name}}\"}")},
	{"params", TEXT("\"{{params.offer}} {{params._}} {{params.url}}\"")},
	{"a slack message that may become a mail",
	 STEP("slack", ", \"template\": \"T\", \"subject\": \"S\", \"fallback\": \"email\", \"to\": "
				   "\"manager\"")},
	{"a call", STEP("call", TASK ", \"to\": \"csm\", \"due_days\": 0")},
	{"an internal task", STEP("internal", TASK ", \"due_days\": 365")},
	{"a banner", BANNER("\"https://x.org/{{tenant.plan}}\"")},
	{"a banner with a link from params", BANNER("\"{{params.url}}?x\"")},
	{"a banner with fields behind the host",
	 BANNER("\"https://x.org?a=@{{tenant.name}}#{{tenant.plan}}\"")},
	{"a banner with fields behind an address", BANNER("\"{{csm.booking_url}}/{{tenant.name}}\"")},
	{"a banner that books", BANNER("\"{{csm.booking_url}}\"")},
	{"a banner without a link", STEP("in_app", TASK)},
	{"an automatic step", STEP("automatic", ", \"signal\": \"usage_limit\"")},
	{"a webhook", STEP("webhook", ", \"approve\": false")},
	{"the same day twice", DAYS("5", "5")},
	{"a whole number with a point", DAYS("1.0", "365")},
	{"lines and tabs in a text", TEXT("\"a\\r\\n\\tb\"")},
	{"the longest action", "[{\"day\": 0, \"channel\": \"webhook\", \"action\": \"" X50 "\"}]"},
};

static const struct
{
	const char *steps;
	const char *message;
} refused[] = {
	{"null", "steps: $ must be an array of 1 to 50 steps, not null"},
	{"{}", "steps: $ must be an array of 1 to 50 steps, not {}"},
	{"[]", "steps: $ must be an array of 1 to 50 steps, not []"},
	{"[1]", "steps: $[0] must be an object, not 1"},
	{"[null]", "steps: $[0] must be an object, not null"},
	{"[{}]", "steps: $[0].channel must be one of slack, email, in_app, call, internal, automatic, "
			 "webhook, not null"},
	{STEP("sms", ""), "steps: $[0].channel must be one of slack, email, in_app, call, internal, "
					  "automatic, webhook, not \"sms\""},
	{"[{\"channel\": 7}]", "steps: $[0].channel must be one of slack, email, in_app, call, "
						   "internal, automatic, webhook, not 7"},
	{MAIL(", \"colour\": 1"), "steps: unknown key \"colour\" in $[0]"},
	{MAIL(", \"Day\": 1"), "steps: unknown key \"Day\" in $[0]"},
	{"[{\"channel\": \"webhook\", \"action\": \"a\"}]",
	 "steps: $[0].day must be given for channel webhook"},
	{"[{\"channel\": \"webhook\", \"day\": 0}]",
	 "steps: $[0].action must be given for channel webhook"},
	{STEP("slack", ""), "steps: $[0].template must be given for channel slack"},
	{STEP("call", ", \"template\": \"T\""), "steps: $[0].subject must be given for channel call"},
	{STEP("email", TASK), "steps: $[0].to must be given for channel email"},
	{STEP("automatic", ""), "steps: $[0].signal must be given for channel automatic"},
	{STEP("slack", ", \"template\": \"T\", \"fallback\": \"email\""),
	 "steps: $[0].subject must be given for the fallback"},
	{STEP("webhook", ", \"template\": \"T\""),
	 "steps: $[0].template does not go with channel webhook"},
	{STEP("automatic", ", \"approve\": true"),
	 "steps: $[0].approve does not go with channel automatic"},
	{STEP("in_app", TASK ", \"to\": \"champion\""),
	 "steps: $[0].to does not go with channel in_app"},
	{MAIL(", \"link\": \"https://x\""), "steps: $[0].link does not go with channel email"},
	{MAIL(", \"due_days\": 1"), "steps: $[0].due_days does not go with channel email"},
	{MAIL(", \"signal\": \"usage_limit\""), "steps: $[0].signal does not go with channel email"},
	{STEP("call", TASK ", \"fallback\": \"email\""),
	 "steps: $[0].fallback does not go with channel call"},
	{DAYS("-1", "0"), "steps: $[0].day must be a whole number from 0 to 365, not -1"},
	{DAYS("0", "366"), "steps: $[1].day must be a whole number from 0 to 365, not 366"},
	{DAYS("0.5", "1"), "steps: $[0].day must be a whole number from 0 to 365, not 0.5"},
	{DAYS("\"1\"", "1"), "steps: $[0].day must be a whole number from 0 to 365, not \"1\""},
	{DAYS("null", "1"), "steps: $[0].day must be a whole number from 0 to 365, not null"},
	{DAYS("1e400", "1"), "steps: $[0].day must be a whole number from 0 to 365, not 1e400"},
	{DAYS("3", "1"), "steps: $[1].day must be a whole number from 3 to 365, not 1"},
	{"[{\"day\": 0, \"channel\": \"webhook\", \"action\": \"Call\"}]",
	 "steps: $[0].action must be 1 to 50 lower-case letters and underscores, not \"Call\""},
	{"[{\"day\": 0, \"channel\": \"webhook\", \"action\": \"\"}]",
	 "steps: $[0].action must be 1 to 50 lower-case letters and underscores, not \"\""},
	{"[{\"day\": 0, \"channel\": \"webhook\", \"action\": \"" X50 "x\"}]",
	 "steps: $[0].action must be 1 to 50 lower-case letters and underscores, not \"" X50 "x\""},
	{"[{\"day\": 0, \"channel\": \"webhook\", \"action\": 1}]",
	 "steps: $[0].action must be 1 to 50 lower-case letters and underscores, not 1"},
	{STEP("call", TASK ", \"to\": \"champion\""), "steps: $[0].to must be one of csm, manager, not "
												  "\"champion\""},
	{STEP("email", TASK ", \"to\": \"user\""),
	 "steps: $[0].to must be one of champion, executive_sponsor, admin, billing, primary, csm, "
	 "manager, not \"user\""},
	{MAIL(", \"fallback\": \"slack\""),
	 "steps: $[0].fallback must be one of internal, not \"slack\""},
	{STEP("slack", TASK ", \"fallback\": \"call\""),
	 "steps: $[0].fallback must be one of email, internal, not \"call\""},
	{STEP("automatic", ", \"signal\": \"luck\""),
	 "steps: $[0].signal must be one of usage_limit, feature_request, user_growth, not \"luck\""},
	{STEP("call", TASK ", \"due_days\": -1"),
	 "steps: $[0].due_days must be a whole number from 0 to 365, not -1"},
	{MAIL(", \"approve\": 1"), "steps: $[0].approve must be true or false, not 1"},
	{MAIL(", \"if\": []"), "condition: $[0].if must be an object, not []"},
	{MAIL(", \"if\": {\"any\": [{\"fact\": \"luck\", \"op\": \"<\", \"value\": 1}]}"),
	 "condition: unknown fact \"luck\" at $[0].if.any[0].fact"},
	{MAIL(", \"if\": {\"not\": {\"fact\": \"mau\", \"op\": \"contains\", \"value\": 1}}"),
	 "condition: $[0].if.not.op must be <, <=, >, >=, =, <> or known for mau, not \"contains\""},
	{TEXT("5"), "steps: $[0].template must be a text or an object with the keys en and es, not 5"},
	{TEXT("{}"),
	 "steps: $[0].template must be a text or an object with the keys en and es, not {}"},
	{TEXT("null"),
	 "steps: $[0].template must be a text or an object with the keys en and es, not null"},
	{TEXT("{\"en\": \"a\", \"fr\": \"b\"}"),
	 "steps: $[0].template must be a text or an object with "
	 "the keys en and es, not {\"en\":\"a\",\"fr\":\"b\"}"},
	{TEXT("{\"en\": 1}"), "steps: $[0].template.en must be a text of 1 to 65536 bytes without "
						  "control characters, not 1"},
	{TEXT("\" \\n\""), "steps: $[0].template must be a text of 1 to 65536 bytes without control "
					   "characters, not \" \\n\""},
	{TEXT("\"a\\u0000b\""), "steps: $[0].template must be a text of 1 to 65536 bytes without "
							"control characters, not \"a\\u0000b\""},
	{TEXT("\"a\\u001bb\""), "steps: $[0].template must be a text of 1 to 65536 bytes without "
							"control characters, not \"a\\u001bb\""},
	{BANNER("\"https://x\\ry\""),
	 "steps: $[0].link must be a text of 1 to 1000 bytes without blanks "
	 "and control characters, not \"https://x\\ry\""},
	{STEP("call", ", \"template\": \"T\", \"subject\": \"a\\nb\""),
	 "steps: $[0].subject must be a text of 1 to 200 bytes on one line without control characters, "
	 "not \"a\\nb\""},
	{STEP("call", ", \"template\": \"T\", \"subject\": \"" X100 X100 "x\""),
	 "steps: $[0].subject must be a text of 1 to 200 bytes on one line without control characters, "
	 "not \"abcdefghijklmnopqrstuvwxyz_abcdefghijklmnopqrstuvwabcdefghijklmnopqrstuvwxy..."},
	{TEXT("\"{{tenant.nmae}}\""), "steps: $[0].template: unknown field at \"{{tenant.nmae}}\""},
	{TEXT("{\"en\": \"a\", \"es\": \"{{csm.name\"}"),
	 "steps: $[0].template.es: \"{{\" without \"}}\" at \"{{csm.name\""},
	{TEXT("\"{{params.none}}\""), "steps: $[0].template: params has no \"none\""},
	{TEXT("\"{{measure.luck}}\""), "steps: $[0].template: unknown field at \"{{measure.luck}}\""},
	{BANNER("\"http://x.org\""), "steps: $[0].link must be a link that begins with https://, "
								 "{{csm.booking_url}}, {{link.tenant}} or {{params.KEY}}, not "
								 "\"http://x.org\""},
	{BANNER("\"https://\""), "steps: $[0].link must be a link that begins with https://, "
							 "{{csm.booking_url}}, {{link.tenant}} or {{params.KEY}}, not "
							 "\"https://\""},
	{BANNER("\"{{tenant.name}}\""), "steps: $[0].link must be a link that begins with https://, "
									"{{csm.booking_url}}, {{link.tenant}} or {{params.KEY}}, not "
									"\"{{tenant.name}}\""},
	{BANNER("\"https://ok.test@{{tenant.name}}/x\""),
	 "steps: $[0].link must be a link that has neither a field nor an @ before the first / after "
	 "its "
	 "beginning, not \"https://ok.test@{{tenant.name}}/x\""},
	{BANNER("\"https://sub.{{tenant.name}}/x\""),
	 "steps: $[0].link must be a link that has neither a field nor an @ before the first / after "
	 "its "
	 "beginning, not \"https://sub.{{tenant.name}}/x\""},
	{BANNER("\"https://a@b.test/\""), "steps: $[0].link must be a link that has neither a field "
									  "nor an @ before the first / after its "
									  "beginning, not \"https://a@b.test/\""},
	{BANNER("\"{{csm.booking_url}}{{tenant.name}}\""),
	 "steps: $[0].link must be a link that has neither a field nor an @ before the first / after "
	 "its "
	 "beginning, not \"{{csm.booking_url}}{{tenant.name}}\""},
	{BANNER("\"{{params.url}}.{{tenant.name}}/x\""),
	 "steps: $[0].link must be a link that has neither a field nor an @ before the first / after "
	 "its "
	 "beginning, not \"{{params.url}}.{{tenant.name}}/x\""},
	{BANNER("\"{{link.tenant}}@b.test\""), "steps: $[0].link must be a link that has neither a "
										   "field nor an @ before the first / after its "
										   "beginning, not \"{{link.tenant}}@b.test\""},
	{BANNER("\"https://x y\""), "steps: $[0].link must be a text of 1 to 1000 bytes without blanks "
								"and control characters, not \"https://x y\""},
	{BANNER("{\"en\": \"https://x\"}"),
	 "steps: $[0].link must be a text of 1 to 1000 bytes without "
	 "blanks and control characters, not {\"en\":\"https://x\"}"},
	{"[", "steps: the document is not usable JSON: unexpected end of data"},
	{"[] x", "steps: the document is not usable JSON: unexpected character"},
	{"", "steps: the document is not usable JSON: unexpected end of data"},
	{TEXT("\"\xff\""), "steps: the document is not usable JSON: invalid utf-8 string"},
};

static const struct
{
	const char *params;
	const char *message;
} refused_params[] = {
	{"null", "params: the document must be an object"},
	{"[]", "params: the document must be an object"},
	{"{\"A\": 1}", "params: key \"A\" must be 1 to 50 lower-case letters and underscores"},
	{"{\"\": 1}", "params: key \"\" must be 1 to 50 lower-case letters and underscores"},
	{"{\"a1\": 1}", "params: key \"a1\" must be 1 to 50 lower-case letters and underscores"},
	{"{\"" X50 "x\": 1}",
	 "params: key \"" X50 "x\" must be 1 to 50 lower-case letters and underscores"},
	{"{\"a\": []}", "params: \"a\" must be a text, number, true, false or null"},
	{"{\"a\": {\"b\": 1}}", "params: \"a\" must be a text, number, true, false or null"},
	{"{\"a\": 1e16}", "params: \"a\" must be a number from -1e15 to 1e15"},
	{"{\"a\": -1e300}", "params: \"a\" must be a number from -1e15 to 1e15"},
	{"{\"a\": 1e999}", "params: \"a\" must be a number from -1e15 to 1e15"},
	{"{", "params: the document is not usable JSON: unexpected end of data"},
};

/* A copy of just the bytes, so that the sanitizer sees any read beyond them */
static char *
copy_of(const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = malloc(size);

	memcpy(copy, text, size);
	return copy;
}

static bool
checks(const char *steps, const char *params, CshError *error)
{
	char *s = copy_of(steps);
	char *p = copy_of(params);
	bool result;

	memset(error, 0, sizeof(*error));
	result = csh_steps_check(s, strlen(s), p, strlen(p), error);
	free(s);
	free(p);
	return result;
}

/* Documents too long to be written down */
static void
test_sizes(void)
{
	static char text[70000];
	CshError error;

	strcpy(text, "[");
	for (int i = 0; i < 51; i++)
		strcat(text, "{\"day\": 0, \"action\": \"a\", \"channel\": \"webhook\"}, ");
	strcpy(text + strlen(text) - 2, "]");
	ok(!checks(text, "{}", &error) &&
		   strncmp(error.message, "steps: $ must be an array of 1 to 50 steps, not [{", 49) == 0,
	   "51 steps are too many");
	memset(text, ' ', sizeof(text));
	memcpy(text, MAIL(""), strlen(MAIL("")));
	text[STEPS_MAX_BYTES] = '\0';
	ok(checks(text, "{}", &error), "64 KB of steps: %s", error.message);
	text[STEPS_MAX_BYTES] = ' ';
	text[STEPS_MAX_BYTES + 1] = '\0';
	ok(!checks(text, "{}", &error) &&
		   strcmp(error.message, "steps: the document has 65537 bytes, at most 65536 are read") ==
			   0,
	   "and a byte more: %s", error.message);
	memset(text, ' ', sizeof(text));
	text[0] = '{';
	text[1] = '}';
	text[PARAMS_MAX_BYTES] = '\0';
	ok(csh_params_check(text, strlen(text), &error), "16 KB of params");
	text[PARAMS_MAX_BYTES] = ' ';
	text[PARAMS_MAX_BYTES + 1] = '\0';
	ok(!csh_params_check(text, strlen(text), &error) &&
		   strcmp(error.message, "params: the document has 16385 bytes, at most 16384 are read") ==
			   0,
	   "and a byte more: %s", error.message);
	memset(text, '[', 1000);
	text[1000] = '\0';
	ok(!checks(text, "{}", &error) && strstr(error.message, "too deep") != NULL,
	   "a thousand brackets: %s", error.message);
}

int
main(void)
{
	CshError error;

	for (int i = 0; i < LENGTH(usable); i++)
		ok(checks(usable[i].steps, PARAMS, &error), "%s: %s", usable[i].name, error.message);
	for (int i = 0; i < LENGTH(refused); i++)
	{
		bool accepted = checks(refused[i].steps, PARAMS, &error);

		ok(!accepted && strcmp(error.message, refused[i].message) == 0 && error.hint[0] != '\0',
		   "%s", error.message);
	}
	ok(csh_params_check(PARAMS, strlen(PARAMS), &error), "params");
	for (int i = 0; i < LENGTH(refused_params); i++)
	{
		const char *params = refused_params[i].params;

		ok(!csh_params_check(params, strlen(params), &error) &&
			   strcmp(error.message, refused_params[i].message) == 0,
		   "%s", error.message);
		ok(!checks(MAIL(""), params, &error) &&
			   strcmp(error.message, refused_params[i].message) == 0,
		   "the same beside steps");
	}
	test_sizes();
	return tap_done();
}
