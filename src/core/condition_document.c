/*
 * condition_document.c
 *		Reading a condition's document; every refusal names the path of the fault.
 */
#include "condition.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* json-c cuts whole numbers beyond 64 bits in silence, which no comparison with a number within this bound can notice */
#define NUMBER_BOUND 1e15

#define PATH_SIZE 256

#define HINT "doc/conditions.md describes the format."

const char *const csh_condition_ops[CONDITION_OPS] = {
	[OP_LESS] = "<",
	[OP_AT_MOST] = "<=",
	[OP_GREATER] = ">",
	[OP_AT_LEAST] = ">=",
	[OP_EQUAL] = "=",
	[OP_UNEQUAL] = "<>",
	[OP_IN] = "in",
	[OP_NOT_IN] = "not_in",
	[OP_CONTAINS] = "contains",
	[OP_NOT_CONTAINS] = "not_contains",
	[OP_KNOWN] = "known",
};

#define EITHER (1u << OP_EQUAL | 1u << OP_UNEQUAL | 1u << OP_KNOWN)

static const unsigned ops_of[] = {
	[FACT_MEASURE] =
		EITHER | 1u << OP_LESS | 1u << OP_AT_MOST | 1u << OP_GREATER | 1u << OP_AT_LEAST,
	[FACT_NUMBER] =
		EITHER | 1u << OP_LESS | 1u << OP_AT_MOST | 1u << OP_GREATER | 1u << OP_AT_LEAST,
	[FACT_WORD] = EITHER | 1u << OP_IN | 1u << OP_NOT_IN,
	[FACT_SET] = 1u << OP_CONTAINS | 1u << OP_NOT_CONTAINS | 1u << OP_KNOWN,
	[FACT_BOOLEAN] = EITHER,
};

typedef struct Fact
{
	const char *name;
	FactKind kind;
	int index;
	bool daily;               /* stored of every day, so that for_days can look back */
	double high;              /* of a number, from 0 */
	const char *const *words; /* the only ones there are */
} Fact;

static const char *const categories[] = {"healthy", "neutral", "at_risk", "critical", NULL};
static const char *const trends[] = {"improving", "stable", "declining", NULL};
static const char *const risk_levels[] = {"low", "medium", "high", "critical", NULL};
static const char *const statuses[] = {"trial", "active", "paused", "churned", "internal", NULL};
static const char *const signals[] = {"usage_limit", "feature_request", "user_growth", NULL};

static const Fact facts[] = {
	{"overall_score", FACT_NUMBER, NUMBER_OVERALL, true, 100, NULL},
	{"engagement_score", FACT_NUMBER, NUMBER_ENGAGEMENT, true, 100, NULL},
	{"adoption_score", FACT_NUMBER, NUMBER_ADOPTION, true, 100, NULL},
	{"satisfaction_score", FACT_NUMBER, NUMBER_SATISFACTION, true, 100, NULL},
	{"support_score", FACT_NUMBER, NUMBER_SUPPORT, true, 100, NULL},
	{"growth_score", FACT_NUMBER, NUMBER_GROWTH, true, 100, NULL},
	{"coverage", FACT_NUMBER, NUMBER_COVERAGE, true, 1, NULL},
	{"churn_probability", FACT_NUMBER, NUMBER_CHURN_PROBABILITY, true, 1, NULL},
	{"category", FACT_WORD, WORD_CATEGORY, true, 0, categories},
	{"trend", FACT_WORD, WORD_TREND, true, 0, trends},
	{"risk_level", FACT_WORD, WORD_RISK_LEVEL, true, 0, risk_levels},
	{"plan", FACT_WORD, WORD_PLAN, false, 0, NULL},
	{"segment", FACT_WORD, WORD_SEGMENT, false, 0, NULL},
	{"stage", FACT_WORD, WORD_STAGE, false, 0, NULL},
	{"status", FACT_WORD, WORD_STATUS, false, 0, statuses},
	{"open_signals", FACT_SET, 0, false, 0, signals},
	{"replied_since_start", FACT_BOOLEAN, 0, false, 0, NULL},
};

#define LENGTH(a) ((int) (sizeof(a) / sizeof((a)[0])))

typedef struct Reader
{
	Condition *condition;
	int room; /* for nodes */
	int scope;
	CshError *error;
} Reader;

static bool
refuse(CshError *error, const char *path, const char *wanted, json_object *value)
{
	char shown[80];

	csh_excerpt(shown, sizeof(shown),
				json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
	return csh_fail(error, HINT, "condition: %s must be %s, not %s", path, wanted, shown);
}

static void
join(char *out, const char *path, const char *key)
{
	snprintf(out, PATH_SIZE, "%s.%s", path, key);
}

static bool
only_keys(json_object *object, const char *path, const char *const *allowed, CshError *error)
{
	json_object_object_foreach(object, key, value)
	{
		bool known = false;
		char shown[64];

		(void) value;
		for (int i = 0; allowed[i] != NULL && !known; i++)
			known = strcmp(key, allowed[i]) == 0;
		if (known)
			continue;
		csh_excerpt(shown, sizeof(shown), key);
		return csh_fail(error, HINT, "condition: unknown key \"%s\" in %s", shown, path);
	}
	return true;
}

/* Appends what stands for the i-th of n to a list in words */
static void
enlist(char *out, size_t size, int i, int n, const char *word)
{
	size_t used = strlen(out);

	snprintf(out + used, size - used, "%s%s", i == 0 ? "" : i == n - 1 ? " or " : ", ", word);
}

/* A text without surprises; NULL = it is none */
static const char *
plain_text(json_object *value, size_t longest)
{
	size_t length;

	if (!json_object_is_type(value, json_type_string))
		return NULL;
	length = (size_t) json_object_get_string_len(value);
	if (length == 0 || length > longest || strlen(json_object_get_string(value)) != length)
		return NULL;
	return json_object_get_string(value);
}

/* Whether a text, short enough, could be the code of a measure */
static bool
is_code(const char *text)
{
	size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_");

	return text[0] >= 'a' && text[0] <= 'z' && text[n] == '\0';
}

/* Which fact a leaf names; NULL in *fact = a measure */
static bool
read_fact(Reader *reader, json_object *object, const char *path, ConditionLeaf *leaf,
		  const Fact **fact)
{
	json_object *value = NULL;
	const char *name;
	char at[PATH_SIZE];
	char shown[64];

	join(at, path, "fact");
	json_object_object_get_ex(object, "fact", &value);
	name = plain_text(value, FACT_NAME_MAX);
	if (name == NULL)
		return refuse(reader->error, at, "the name of a fact", value);
	strcpy(leaf->fact, name);
	*fact = NULL;
	for (int i = 0; i < LENGTH(facts) && *fact == NULL; i++)
		if (strcmp(facts[i].name, name) == 0)
			*fact = &facts[i];
	leaf->kind = *fact != NULL ? (*fact)->kind : FACT_MEASURE;
	leaf->index = *fact != NULL ? (*fact)->index : csh_measure_index(name);
	if (leaf->kind == FACT_BOOLEAN && !(reader->scope & CONDITION_STEP))
		return csh_fail(reader->error,
						"Use it in the \"if\" of a step: only a playbook that runs has a start.",
						"condition: %s must be a fact of a day, not \"%s\"", at, name);
	if (leaf->kind == FACT_WORD && leaf->index == WORD_STAGE && reader->scope & CONDITION_STAGE)
		return csh_fail(reader->error, "Name what a customer in that stage is like instead.",
						"condition: %s must not be the stage, which follows from this condition",
						at);
	if (*fact != NULL || leaf->index >= 0 || (strncmp(name, "own.", 4) == 0 && is_code(name + 4)))
		return true;
	csh_excerpt(shown, sizeof(shown), name);
	return csh_fail(reader->error,
					"doc/conditions.md lists the facts; a measure of your own is called own.CODE.",
					"condition: unknown fact \"%s\" at %s", shown, at);
}

static bool
read_op(Reader *reader, json_object *object, const char *path, ConditionLeaf *leaf)
{
	json_object *value = NULL;
	const char *name;
	unsigned allowed = ops_of[leaf->kind];
	char at[PATH_SIZE];
	char wanted[200] = "";
	int n = __builtin_popcount(allowed);
	int i = 0;

	json_object_object_get_ex(object, "op", &value);
	name = plain_text(value, CONDITION_WORD_MAX);
	for (int op = 0; op < CONDITION_OPS; op++)
	{
		if (!(allowed & 1u << op))
			continue;
		leaf->op = (ConditionOp) op;
		if (name != NULL && strcmp(name, csh_condition_ops[op]) == 0)
			return true;
		enlist(wanted, sizeof(wanted), i++, n, csh_condition_ops[op]);
	}
	join(at, path, "op");
	snprintf(wanted + strlen(wanted), sizeof(wanted) - strlen(wanted), " for %s", leaf->fact);
	return refuse(reader->error, at, wanted, value);
}

/* One of the words a fact can have */
static bool
read_word(json_object *value, const char *path, const Fact *fact, FactText *out, CshError *error)
{
	const char *text = plain_text(value, CONDITION_WORD_MAX);
	char wanted[200] = "";
	int n = 0;

	if (fact->words == NULL)
	{
		if (text == NULL)
			return refuse(error, path, "a text of 1 to 255 bytes", value);
		*out = (FactText){text, strlen(text)};
		return true;
	}
	while (fact->words[n] != NULL)
		n++;
	for (int i = 0; i < n; i++)
	{
		if (text != NULL && strcmp(text, fact->words[i]) == 0)
		{
			*out = (FactText){fact->words[i], strlen(text)};
			return true;
		}
		enlist(wanted, sizeof(wanted), i, n, fact->words[i]);
	}
	return refuse(error, path, wanted, value);
}

static bool
read_words(json_object *value, const char *path, const Fact *fact, ConditionLeaf *leaf,
		   CshError *error)
{
	bool list = leaf->op == OP_IN || leaf->op == OP_NOT_IN;
	size_t n = 1;

	if (list)
	{
		n = json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
		if (n < 1 || n > CONDITION_MAX_WORDS)
			return refuse(error, path, "an array of 1 to 100 words", value);
	}
	leaf->text = calloc(n, sizeof(FactText));
	if (leaf->text == NULL)
		return csh_fail(error, NULL, "condition: out of memory");
	leaf->texts = (int) n;
	if (!list)
		return read_word(value, path, fact, leaf->text, error);
	for (size_t i = 0; i < n; i++)
	{
		char at[PATH_SIZE];

		snprintf(at, sizeof(at), "%.200s[%zu]", path, i);
		if (!read_word(json_object_array_get_idx(value, i), at, fact, &leaf->text[i], error))
			return false;
	}
	return true;
}

static bool
read_number(json_object *value, const char *path, double low, double high, double *out,
			CshError *error)
{
	char wanted[80];

	if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_double))
	{
		*out = json_object_get_double(value);
		if (*out >= low && *out <= high)
			return true;
	}
	snprintf(wanted, sizeof(wanted), "a number from %g to %g", low, high);
	return refuse(error, path, wanted, value);
}

static bool
read_value(Reader *reader, json_object *object, const char *path, const Fact *fact,
		   ConditionLeaf *leaf)
{
	json_object *value = NULL;
	double number = 0;
	char at[PATH_SIZE];

	join(at, path, "value");
	json_object_object_get_ex(object, "value", &value);
	leaf->value = value;
	if (leaf->op == OP_KNOWN || leaf->kind == FACT_BOOLEAN)
	{
		leaf->flag = json_object_get_boolean(value);
		return json_object_is_type(value, json_type_boolean) ||
			   refuse(reader->error, at, "true or false", value);
	}
	if (leaf->kind == FACT_WORD || leaf->kind == FACT_SET)
		return read_words(value, at, fact, leaf, reader->error);
	if (!read_number(value, at, fact != NULL ? 0 : -NUMBER_BOUND,
					 fact != NULL ? fact->high : NUMBER_BOUND, &number, reader->error))
		return false;
	leaf->number = (float) number;
	return true;
}

/* On how many days in a row a leaf has to hold */
static bool
read_days(Reader *reader, json_object *object, const char *path, const Fact *fact,
		  ConditionLeaf *leaf)
{
	json_object *value = NULL;
	double number;
	char at[PATH_SIZE];

	leaf->days = 1;
	if (!json_object_object_get_ex(object, "for_days", &value))
		return true;
	join(at, path, "for_days");
	if (fact != NULL && !fact->daily)
		return csh_fail(reader->error,
						"Only measures, scores, coverage, category, trend, churn_probability and "
						"risk_level are kept of every day.",
						"condition: %s must be left out for %s", at, leaf->fact);
	if (!read_number(value, at, 1, CONDITION_MAX_DAYS, &number, reader->error))
		return false;
	leaf->days = (int) number;
	return number == leaf->days || refuse(reader->error, at, "a whole number", value);
}

/* Where compiling has found a measure in the vector */
static bool
read_position(Reader *reader, json_object *object, const char *path, ConditionLeaf *leaf)
{
	json_object *value = NULL;
	double number;
	char at[PATH_SIZE];

	if (!json_object_object_get_ex(object, "position", &value))
		return true;
	join(at, path, "position");
	if (leaf->kind != FACT_MEASURE)
		return csh_fail(reader->error, HINT, "condition: %s must be left out for %s", at,
						leaf->fact);
	if (!read_number(value, at, 1, MEASURE_POSITIONS, &number, reader->error))
		return false;
	if (number != floor(number) || (leaf->index >= 0 && leaf->index != (int) number - 1))
		return refuse(reader->error, at, "the position of the measure", value);
	leaf->index = (int) number - 1;
	return true;
}

static bool
read_leaf(Reader *reader, json_object *object, const char *path)
{
	static const char *const keys[] = {"fact", "op", "value", "for_days", NULL};
	static const char *const compiled_keys[] = {"fact",     "op",       "value",
												"for_days", "position", NULL};
	Condition *condition = reader->condition;
	ConditionLeaf *leaf;
	const Fact *fact = NULL;

	if (!only_keys(object, path, reader->scope & CONDITION_COMPILED ? compiled_keys : keys,
				   reader->error))
		return false;
	if (condition->leaves == CONDITION_MAX_LEAVES)
		return csh_fail(reader->error, "Split it into several playbooks.",
						"condition: %s is one comparison too many, at most %d are read", path,
						CONDITION_MAX_LEAVES);
	leaf = &condition->leaf[condition->leaves++];
	return read_fact(reader, object, path, leaf, &fact) && read_op(reader, object, path, leaf) &&
		   read_value(reader, object, path, fact, leaf) &&
		   read_days(reader, object, path, fact, leaf) && read_position(reader, object, path, leaf);
}

/* Adds a node behind the others; -1 without memory */
static int
add_node(Reader *reader, ConditionJoin join)
{
	Condition *condition = reader->condition;

	if (condition->nodes == reader->room)
	{
		int room = 2 * reader->room + 8;
		ConditionNode *grown = realloc(condition->node, (size_t) room * sizeof(ConditionNode));

		if (grown == NULL)
		{
			csh_fail(reader->error, NULL, "condition: out of memory");
			return -1;
		}
		condition->node = grown;
		reader->room = room;
	}
	condition->node[condition->nodes] = (ConditionNode){.join = join, .leaf = condition->leaves};
	return condition->nodes++;
}

static bool read_node(Reader *reader, json_object *object, const char *path, int depth);

static bool
read_list(Reader *reader, json_object *list, const char *path, int depth)
{
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;

	if (n < 1 || n > CONDITION_MAX_LEAVES)
		return refuse(reader->error, path, "an array of 1 to 100 conditions", list);
	for (size_t i = 0; i < n; i++)
	{
		char at[PATH_SIZE];

		snprintf(at, sizeof(at), "%.240s[%zu]", path, i);
		if (!read_node(reader, json_object_array_get_idx(list, i), at, depth + 1))
			return false;
	}
	return true;
}

/* Reads a condition with all that is in it */
static bool
read_node(Reader *reader, json_object *object, const char *path, int depth)
{
	static const char *const joins[] = {"all", "any", "not"};
	json_object *inner = NULL;
	char at[PATH_SIZE];
	int kind = 0;
	int node;
	bool ok;

	if (!json_object_is_type(object, json_type_object))
		return refuse(reader->error, path, "an object", object);
	if (depth > CONDITION_MAX_DEPTH)
		return csh_fail(reader->error, HINT, "condition: %s is nested deeper than %d levels", path,
						CONDITION_MAX_DEPTH);
	while (kind < LENGTH(joins) && !json_object_object_get_ex(object, joins[kind], &inner))
		kind++;
	node = add_node(reader, (ConditionJoin) kind);
	if (node < 0)
		return false;
	if (kind == JOIN_NONE)
		ok = read_leaf(reader, object, path);
	else
	{
		const char *const keys[] = {joins[kind], NULL};

		join(at, path, joins[kind]);
		ok = only_keys(object, path, keys, reader->error) &&
			 (kind == JOIN_NOT ? read_node(reader, inner, at, depth + 1)
							   : read_list(reader, inner, at, depth));
	}
	reader->condition->node[node].end = reader->condition->nodes;
	return ok;
}

/*
 * Reads a condition that has been parsed as JSON; path is what messages call the place where it stands. One that was
 * refused owns nothing.
 */
bool
csh_condition_parse(json_object *document, const char *path, int scope, Condition *condition,
					CshError *error)
{
	Reader reader = {condition, 0, scope, error};
	ConditionLeaf *leaf;
	char start[64];

	memset(condition, 0, sizeof(*condition));
	condition->leaf = calloc(CONDITION_MAX_LEAVES, sizeof(ConditionLeaf));
	if (condition->leaf == NULL)
		return csh_fail(error, NULL, "condition: out of memory");
	snprintf(start, sizeof(start), "%s", path);
	if (!read_node(&reader, document, start, 1))
	{
		csh_condition_free(condition);
		return false;
	}
	condition->document = json_object_get(document);
	leaf = realloc(condition->leaf, (size_t) condition->leaves * sizeof(ConditionLeaf));
	if (leaf != NULL)
		condition->leaf = leaf;
	return true;
}

/* The JSON of a text, which the caller gives back */
bool
csh_condition_json(const char *text, const char *what, json_object **out, CshError *error)
{
	struct json_tokener *tokener = json_tokener_new_ex(CONDITION_JSON_DEPTH);
	enum json_tokener_error result;

	*out = NULL;
	if (tokener == NULL)
		return csh_fail(error, NULL, "%s: out of memory", what);
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	*out = json_tokener_parse_ex(tokener, text, (int) strlen(text) + 1);
	result = json_tokener_get_error(tokener);
	json_tokener_free(tokener);
	if (result == json_tokener_success)
		return true;
	json_object_put(*out);
	*out = NULL;
	return csh_fail(error, HINT, "%s: the document is not usable JSON: %s", what,
					json_tokener_error_desc(result));
}

/* Parses and reads a condition; sizes and depths that no honest one has are refused before any work */
bool
csh_condition_parse_text(const char *text, int scope, Condition *condition, CshError *error)
{
	json_object *document;
	bool ok;

	memset(condition, 0, sizeof(*condition));
	if (strlen(text) > CONDITION_MAX_BYTES)
		return csh_fail(error, "Split it into several playbooks.",
						"condition: the document has %zu bytes, at most %d are read", strlen(text),
						CONDITION_MAX_BYTES);
	if (!csh_condition_json(text, "condition", &document, error))
		return false;
	ok = csh_condition_parse(document, "$", scope, condition, error);
	json_object_put(document);
	return ok;
}

/* Reads an array of at most `room` conditions; returns how many there are, -1 when refused, which then own nothing */
int
csh_conditions_parse_text(const char *text, int scope, Condition *conditions, int room,
						  CshError *error)
{
	json_object *list;
	int n = 0;
	int length;

	if (!csh_condition_json(text, "conditions", &list, error))
		return -1;
	length = json_object_is_type(list, json_type_array) ? (int) json_object_array_length(list) : -1;
	if (length < 0 || length > room)
	{
		csh_fail(error, HINT, "conditions: the document must be an array of at most %d conditions",
				 room);
		json_object_put(list);
		return -1;
	}
	while (n < length)
	{
		char path[16];

		snprintf(path, sizeof(path), "$[%d]", n);
		if (!csh_condition_parse(json_object_array_get_idx(list, (size_t) n), path, scope,
								 &conditions[n], error))
			break;
		n++;
	}
	json_object_put(list);
	if (n == length)
		return n;
	while (n > 0)
		csh_condition_free(&conditions[--n]);
	return -1;
}

/* Gives back what a condition owns; one that owns nothing is left alone */
void
csh_condition_free(Condition *condition)
{
	for (int i = 0; i < condition->leaves; i++)
		free(condition->leaf[i].text);
	free(condition->leaf);
	free(condition->node);
	json_object_put(condition->document);
	memset(condition, 0, sizeof(*condition));
}
