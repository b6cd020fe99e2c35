/*
 * scorecard.c
 *		What a scorecard document is refused for, and that the message names the place.
 */
#include "score.h"

#include <stdlib.h>
#include <string.h>

#include "tap.h"

#define LENGTH(a) ((int) (sizeof(a) / sizeof((a)[0])))

#define ITEM "{\"measure\": \"mau\", \"weight\": 1, \"curve\": [[0, 0], [1, 100]]}"
#define COMPONENT "{\"weight\": 20, \"measures\": [" ITEM "]}"
#define REST                                                                                       \
	", \"adoption\": " COMPONENT ", \"satisfaction\": " COMPONENT ", \"support\": " COMPONENT
#define HEAD "\"format\": 1, \"code\": \"test\""
#define CARD(engagement)                                                                           \
	"{" HEAD ", \"components\": {\"engagement\": " engagement REST ", \"growth\": " COMPONENT "}}"
#define MEASURES(list) CARD("{\"weight\": 20, \"measures\": " list "}")
#define CURVE(points) MEASURES("[{\"measure\": \"mau\", \"weight\": 1, \"curve\": " points "}]")
#define WITH(more)                                                                                 \
	MEASURES("[{\"measure\": \"mau\", \"weight\": 1, \"curve\": [[0, 0], [1, 100]], " more "}]")
#define WITHOUT_WEIGHT(weight)                                                                     \
	"{\"weight\": " weight                                                                         \
	", \"measures\": [{\"measure\": \"mau\", \"weight\": 0, \"curve\": [[0, 0]]}]}"
#define IDLE WITHOUT_WEIGHT("0")

#define E0 "components.engagement.measures[0]"
#define X63 "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz01234567890"

static bool
parses(const char *text, size_t length, CshError *error)
{
	/* a copy of just the bytes, so that the sanitizer sees any read beyond them */
	char *copy = malloc(length + 1);
	Scorecard *card = malloc(sizeof(Scorecard));
	bool result;

	memcpy(copy, text, length);
	copy[length] = '\0';
	memset(error, 0, sizeof(*error));
	result = csh_scorecard_parse(copy, length, card, error);
	free(card);
	free(copy);
	return result;
}

static const struct
{
	const char *name;
	const char *document;
} usable[] = {
	{"a plain document", CARD(COMPONENT)},
	{"a name and a description",
	 "{\"name\": \"N\", \"description\": \"D\", " HEAD
	 ", \"components\": {\"engagement\": " COMPONENT REST ", \"growth\": " COMPONENT "}}"},
	{"a component without weight", CARD(IDLE)},
	{"a measure that is shown only",
	 MEASURES("[" ITEM ", {\"measure\": \"logins\", \"weight\": 0}]")},
	{"a curve of 16 points",
	 CURVE("[[0,0],[1,1],[2,2],[3,3],[4,4],[5,5],[6,6],[7,7],[8,8],[9,9],[10,10],[11,11],[12,12],"
		   "[13,13],[14,14],[15,15]]")},
	{"a curve of one point", CURVE("[[0, 50]]")},
	{"a falling curve", CURVE("[[0, 100], [1, 0]]")},
	{"a fractional weight of a measure",
	 MEASURES("[{\"measure\": \"mau\", \"weight\": 0.5, \"curve\": [[0, 0]]}]")},
	{"a guard and a fallback",
	 WITH("\"only_if\": {\"measure\": \"tenure_days\", \"at_least\": 30}, "
		  "\"else\": {\"measure\": \"wau\", \"curve\": [[0, 0]]}")},
	{"a measure of its own with its position",
	 MEASURES("[{\"measure\": \"mine\", \"position\": 30, \"unit\": \"EUR\", "
			  "\"window_days\": 7, \"weight\": 1, \"curve\": [[0, 0]]}]")},
	{"a built-in measure with its position",
	 MEASURES("[{\"measure\": \"dau\", \"position\": 1, \"weight\": 1, "
			  "\"curve\": [[0, 0]]}]")},
	{"curves of large measures", CURVE("[[1e14, 0], [1e15, 100]]")},
	{"curves of large measures in full", CURVE("[[100000000000000, 0], [1000000000000000, 100]]")},
};

static const struct
{
	const char *document;
	const char *message;
} faulty[] = {
	{"", "scorecard: the document is not usable JSON"},
	{"{", "scorecard: the document is not usable JSON"},
	{CURVE("[[1000000000000000000000000, 0]]"),
	 "scorecard: components.engagement.measures[0].curve[0][0] must be a number from -1e+15 to "
	 "1e+15"},
	{"{} {}", "scorecard: the document is not usable JSON"},
	{"nan", "scorecard: the document is not usable JSON"},
	{"{\"format\": 1, \"code\": \"\xff\"}", "scorecard: the document is not usable JSON"},
	{"[]", "scorecard: the document must be an object, not []"},
	{"null", "scorecard: the document must be an object, not null"},
	{"7", "scorecard: the document must be an object, not 7"},
	{"{}", "scorecard: format must be 1, not null"},
	{"{\"format\": 2}", "scorecard: format must be 1, not 2"},
	{"{\"format\": \"1\"}", "scorecard: format must be 1, not \"1\""},
	{"{\"format\": 1.0}", "scorecard: format must be 1, not 1.0"},
	{"{\"format\": 1}", "scorecard: code must be a text of 1 to 63 bytes, not null"},
	{"{\"format\": 1, \"code\": \"\"}",
	 "scorecard: code must be a text of 1 to 63 bytes, not \"\""},
	{"{\"format\": 1, \"code\": 5}", "scorecard: code must be a text of 1 to 63 bytes, not 5"},
	{"{\"format\": 1, \"code\": \"" X63 "x\"}", "scorecard: code must be a text of 1 to 63 bytes"},
	{"{\"format\": 1, \"code\": \"a\\u0000b\"}", "scorecard: code must be a text of 1 to 63 bytes"},
	{"{" HEAD ", \"colour\": 1}", "scorecard: unknown key \"colour\" in the document"},
	{"{" HEAD ", \"\\n\": 1}", "scorecard: unknown key \"?\" in the document"},
	{"{" HEAD ", \"missing\": \"guess\"}",
	 "scorecard: missing must be \"redistribute\" or \"neutral\", not \"guess\""},
	{"{" HEAD ", \"missing\": null}",
	 "scorecard: missing must be \"redistribute\" or \"neutral\", not null"},
	{"{" HEAD "}", "scorecard: components must be an object, not null"},
	{"{" HEAD ", \"components\": []}", "scorecard: components must be an object, not []"},
	{"{" HEAD ", \"components\": {}}",
	 "scorecard: components.engagement must be an object, not null"},
	{"{" HEAD ", \"components\": {\"luck\": {}}}", "scorecard: unknown key \"luck\" in components"},
	{"{" HEAD ", \"components\": {\"engagement\": " COMPONENT REST "}}",
	 "scorecard: components.growth must be an object, not null"},
	{CARD("[]"), "scorecard: components.engagement must be an object, not []"},
	{CARD("{\"wait\": 1}"), "scorecard: unknown key \"wait\" in components.engagement"},
	{CARD("{}"),
	 "scorecard: components.engagement.weight must be a number from 0 to 1000, not null"},
	{CARD("{\"weight\": -1}"),
	 "scorecard: components.engagement.weight must be a number from 0 to 1000, not -1"},
	{CARD("{\"weight\": 1001}"),
	 "scorecard: components.engagement.weight must be a number from 0 to 1000, not 1001"},
	{CARD("{\"weight\": 1e9}"),
	 "scorecard: components.engagement.weight must be a number from 0 to 1000, not 1e9"},
	{CARD("{\"weight\": 2.5}"),
	 "scorecard: components.engagement.weight must be a whole number, not 2.5"},
	{CARD("{\"weight\": \"20\"}"),
	 "scorecard: components.engagement.weight must be a number from 0 to 1000, not \"20\""},
	{CARD("{\"weight\": 20}"),
	 "scorecard: components.engagement.measures must be an array of 1 to 32 measures, not null"},
	{MEASURES("[]"),
	 "scorecard: components.engagement.measures must be an array of 1 to 32 measures, not []"},
	{MEASURES("{}"),
	 "scorecard: components.engagement.measures must be an array of 1 to 32 measures, not {}"},
	{MEASURES("[1]"), "scorecard: " E0 " must be an object, not 1"},
	{MEASURES("[" ITEM ", null]"),
	 "scorecard: components.engagement.measures[1] must be an object, not null"},
	{MEASURES("[{}]"), "scorecard: " E0 ".measure must be a text of 1 to 63 bytes, not null"},
	{MEASURES("[{\"measure\": \"luck\"}]"),
	 "scorecard: unknown measure \"luck\" at " E0 ".measure"},
	{MEASURES("[{\"measure\": \"mau\"}]"),
	 "scorecard: " E0 ".weight must be a number from 0 to 1000, not null"},
	{MEASURES("[{\"measure\": \"mau\", \"weight\": -0.1}]"),
	 "scorecard: " E0 ".weight must be a number from 0 to 1000, "
	 "not -0.1"},
	{MEASURES("[{\"measure\": \"mau\", \"weight\": 1}]"),
	 "scorecard: " E0 ".curve must be given for a measure with a weight"},
	{WITH("\"curved\": 1"), "scorecard: unknown key \"curved\" in " E0},
	{WITH("\"position\": 4"),
	 "scorecard: " E0 ".position must be the position of the measure, not 4"},
	{WITH("\"position\": 3.5"),
	 "scorecard: " E0 ".position must be the position of the measure, not 3.5"},
	{WITH("\"position\": 0"), "scorecard: " E0 ".position must be a number from 1 to 1000, not 0"},
	{WITH("\"position\": 1001"),
	 "scorecard: " E0 ".position must be a number from 1 to 1000, not 1001"},
	{WITH("\"unit\": 1"), "scorecard: " E0 ".unit must be a text of 1 to 31 bytes, not 1"},
	{WITH("\"window_days\": 3661"),
	 "scorecard: " E0 ".window_days must be a number from 0 to 3660, not 3661"},
	{WITH("\"window_days\": 1.5"), "scorecard: " E0 ".window_days must be a whole number, not 1.5"},
	{WITH("\"only_if\": 1"), "scorecard: " E0 ".only_if must be an object, not 1"},
	{WITH("\"only_if\": {}"),
	 "scorecard: " E0 ".only_if.measure must be a text of 1 to 63 bytes, not null"},
	{WITH("\"only_if\": {\"measure\": \"mau\"}"),
	 "scorecard: " E0 ".only_if.at_least must be a number from -1e+15 to 1e+15, "
	 "not null"},
	{WITH("\"only_if\": {\"measure\": \"mau\", \"at_most\": 1}"),
	 "scorecard: unknown key \"at_most\" in " E0 ".only_if"},
	{WITH("\"only_if\": {\"measure\": \"luck\", \"at_least\": 1}"),
	 "scorecard: unknown measure \"luck\" at " E0 ".only_if"},
	{WITH("\"else\": []"), "scorecard: " E0 ".else must be an object, not []"},
	{WITH("\"else\": {\"measure\": \"mau\"}"),
	 "scorecard: " E0 ".else.curve must be given for a measure that stands in"},
	{WITH("\"else\": {\"measure\": \"luck\"}"),
	 "scorecard: unknown measure \"luck\" at " E0 ".else.measure"},
	{WITH("\"else\": {\"measure\": \"mau\", \"weight\": 1}"),
	 "scorecard: unknown key \"weight\" in " E0 ".else"},
	{CURVE("[]"), "scorecard: " E0 ".curve must be an array of 1 to 16 points, not []"},
	{CURVE("7"), "scorecard: " E0 ".curve must be an array of 1 to 16 points, not 7"},
	{CURVE("[[0,0],[1,1],[2,2],[3,3],[4,4],[5,5],[6,6],[7,7],[8,8],[9,9],[10,10],[11,11],[12,12],["
		   "13,13],[14,14],[15,15],"
		   "[16,16]]"),
	 "scorecard: " E0 ".curve must be an array of 1 to 16 points, not [[0,0],"},
	{CURVE("[0]"), "scorecard: " E0 ".curve[0] must be a pair [measure, score], not 0"},
	{CURVE("[[0, 0], [1]]"), "scorecard: " E0 ".curve[1] must be a pair [measure, score], not [1]"},
	{CURVE("[[0, 0, 0]]"),
	 "scorecard: " E0 ".curve[0] must be a pair [measure, score], not [0,0,0]"},
	{CURVE("[[\"a\", 0]]"),
	 "scorecard: " E0 ".curve[0][0] must be a number from -1e+15 to 1e+15, not \"a\""},
	{CURVE("[[1e16, 0]]"),
	 "scorecard: " E0 ".curve[0][0] must be a number from -1e+15 to 1e+15, not 1e16"},
	{CURVE("[[0, 101]]"), "scorecard: " E0 ".curve[0][1] must be a number from 0 to 100, not 101"},
	{CURVE("[[0, -1]]"), "scorecard: " E0 ".curve[0][1] must be a number from 0 to 100, not -1"},
	{CURVE("[[0, 0], [0, 1]]"),
	 "scorecard: " E0 ".curve[1][0] must be greater than the measure of the point before, not 0"},
	{CURVE("[[1, 0], [0, 1]]"),
	 "scorecard: " E0 ".curve[1][0] must be greater than the measure of the point before, not 0"},
	{CARD(WITHOUT_WEIGHT("1")),
	 "scorecard: the weights of components.engagement.measures sum to 0"},
	{"{" HEAD ", \"components\": {\"engagement\": " IDLE ", \"adoption\": " IDLE
	 ", \"satisfaction\": " IDLE ", \"support\": " IDLE ", \"growth\": " IDLE "}}",
	 "scorecard: the weights of components sum to 0"},
};

/* A document whose description nests so many arrays */
static bool
nested(int depth, CshError *error)
{
	static char text[200000];
	size_t n = (size_t) sprintf(text, "{\"description\": ");

	memset(text + n, '[', (size_t) depth);
	memset(text + n + depth, ']', (size_t) depth);
	strcpy(text + n + 2 * depth, "}");
	return parses(text, strlen(text), error);
}

int
main(void)
{
	static const char good[] = CARD(COMPONENT);
	static char large[SCORECARD_MAX_BYTES + 2];
	CshError error;
	int wrong = 0;

	for (int i = 0; i < LENGTH(usable); i++)
	{
		bool fine = parses(usable[i].document, strlen(usable[i].document), &error);

		ok(fine, "usable: %s%s%s", usable[i].name, fine ? "" : ": ", error.message);
	}
	for (int i = 0; i < LENGTH(faulty); i++)
	{
		bool refused = !parses(faulty[i].document, strlen(faulty[i].document), &error);

		ok(refused && strncmp(error.message, faulty[i].message, strlen(faulty[i].message)) == 0 &&
			   error.hint[0] != '\0',
		   "%s", error.message);
		if (strncmp(error.message, faulty[i].message, strlen(faulty[i].message)) != 0)
			printf("# expected: %s\n", faulty[i].message);
	}

	for (size_t n = 0; n < sizeof(good) - 1; n++)
		wrong += parses(good, n, &error) || error.message[0] == '\0';
	ok(wrong == 0, "every beginning of a good document is refused");
	wrong = 0;
	for (int i = 0; i < 20000; i++)
	{
		char broken[sizeof(good)];

		memcpy(broken, good, sizeof(good));
		for (uint64_t n = 1 + tap_random() % 3; n > 0; n--)
			broken[tap_random() % (sizeof(good) - 1)] = (char) tap_random();
		wrong += !parses(broken, sizeof(good) - 1, &error) && error.message[0] == '\0';
	}
	ok(wrong == 0, "20,000 damaged documents: each is read or refused with a message");
	ok(!parses(good, sizeof(good) - 2, &error) && parses(good, sizeof(good) - 1, &error),
	   "the last byte decides");

	ok(!nested(10, &error) && strstr(error.message, "format") != NULL, "ten levels are read: %s",
	   error.message);
	ok(!nested(40, &error) && strstr(error.message, "not usable JSON") != NULL,
	   "40 levels are not: %s", error.message);
	ok(!nested(90000, &error) && strstr(error.message, "not usable JSON") != NULL,
	   "nor are 90,000: %s", error.message);

	memset(large, ' ', sizeof(large) - 1);
	ok(!parses(large, SCORECARD_MAX_BYTES + 1, &error) &&
		   strstr(error.message, "262145 bytes") != NULL,
	   "%s", error.message);
	memcpy(large, good, sizeof(good) - 1);
	ok(parses(large, SCORECARD_MAX_BYTES, &error), "a document of the largest size is read%s",
	   error.message);
	return tap_done();
}
