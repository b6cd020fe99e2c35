/*
 * condition.c
 *		Judging conditions with three values: yes, no, and unknown where a fact was not observed.
 *
 * all is the least, any the greatest of its parts, not turns round (S. C. Kleene, "Introduction to Metamathematics",
 * 1952, section 64), with no < unknown < yes. All three keep order, so a leaf that only past days can settle is an
 * interval, and so is the whole.
 */
#include "condition.h"

#include <json-c/json.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef Verdict (*JudgeLeaf)(const ConditionLeaf *leaf, void *facts);

static inline Truth
of_bool(bool holds)
{
	return holds ? TRUTH_YES : TRUTH_NO;
}

static inline bool
same_text(const FactText *a, const FactText *b)
{
	return a->length == b->length && memcmp(a->text, b->text, a->length) == 0;
}

/* Whether any text of a fact is one of those that a leaf names */
static bool
is_among(const ConditionLeaf *leaf, const FactValue *value)
{
	for (int i = 0; i < leaf->texts; i++)
		for (int j = 0; j < value->texts; j++)
			if (same_text(&leaf->text[i], &value->text[j]))
				return true;
	return false;
}

/* Numbers are compared as they are stored, in four bytes: 0.8 is not above 0.8 */
static bool
compares(ConditionOp op, float a, float b)
{
	switch (op)
	{
		case OP_LESS:
			return a < b;
		case OP_AT_MOST:
			return a <= b;
		case OP_GREATER:
			return a > b;
		case OP_AT_LEAST:
			return a >= b;
		case OP_UNEQUAL:
			return a != b;
		default:
			return a == b;
	}
}

/* Whether a leaf holds for a value, however many days it asks for */
Truth
csh_leaf_truth(const ConditionLeaf *leaf, const FactValue *value)
{
	if (leaf->op == OP_KNOWN)
		return of_bool(value->known == leaf->flag);
	if (!value->known)
		return TRUTH_UNKNOWN;
	switch (leaf->kind)
	{
		case FACT_MEASURE:
		case FACT_NUMBER:
			return of_bool(compares(leaf->op, (float) value->number, leaf->number));
		case FACT_BOOLEAN:
			return of_bool((value->flag == leaf->flag) == (leaf->op == OP_EQUAL));
		default:
			return of_bool(is_among(leaf, value) ==
						   (leaf->op == OP_EQUAL || leaf->op == OP_IN || leaf->op == OP_CONTAINS));
	}
}

/* Judges a node and all below it; a part that decides the whole ends the search */
static Verdict
judge(const Condition *condition, int n, JudgeLeaf judge_leaf, void *facts)
{
	const ConditionNode *node = &condition->node[n];
	Truth decides = node->join == JOIN_ALL ? TRUTH_NO : TRUTH_YES;
	Verdict whole = {-decides, -decides};

	if (node->join == JOIN_NONE)
		return judge_leaf(&condition->leaf[node->leaf], facts);
	if (node->join == JOIN_NOT)
	{
		Verdict part = judge(condition, n + 1, judge_leaf, facts);

		return (Verdict){-part.high, -part.low};
	}
	for (int i = n + 1; i < node->end; i = condition->node[i].end)
	{
		Verdict part = judge(condition, i, judge_leaf, facts);

		if (node->join == JOIN_ALL ? part.low < whole.low : part.low > whole.low)
			whole.low = part.low;
		if (node->join == JOIN_ALL ? part.high < whole.high : part.high > whole.high)
			whole.high = part.high;
		if (whole.low == decides && whole.high == decides)
			break;
	}
	return whole;
}

/* A leaf that holds today, or may have to, can still fail on a day before */
static Verdict
judge_today(const ConditionLeaf *leaf, void *arg)
{
	const DayFacts *facts = arg;
	FactValue value = {0};
	Truth truth;

	switch (leaf->kind)
	{
		case FACT_MEASURE:
			value.known = leaf->index >= 0 && leaf->index < facts->measures.length &&
						  facts->measures.observed[leaf->index];
			value.number = value.known ? facts->measures.value[leaf->index] : 0;
			break;
		case FACT_NUMBER:
			value.known = facts->number_known[leaf->index];
			value.number = facts->number[leaf->index];
			break;
		case FACT_WORD:
			value.text = &facts->word[leaf->index];
			value.texts = 1;
			value.known = value.text->text != NULL;
			break;
		case FACT_SET:
			value.known = facts->signals >= 0;
			value.texts = facts->signals;
			value.text = facts->signal;
			break;
		case FACT_BOOLEAN:
			break; /* a day knows nothing of replies */
	}
	truth = csh_leaf_truth(leaf, &value);
	return (Verdict){leaf->days > 1 ? TRUTH_NO : truth, truth};
}

/* Between which truths a condition lies by what is known of today alone */
Verdict
csh_condition_today(const Condition *condition, const DayFacts *facts)
{
	return judge(condition, 0, judge_today, (void *) facts);
}

/* Facts as JSON: an object, or an array of such, the newest day first; and the first fault found in them */
typedef struct JsonFacts
{
	json_object *facts;
	CshError *error; /* NULL once it is filled */
} JsonFacts;

static Truth
refuse(JsonFacts *facts, int day, const char *fact, const char *wanted, json_object *value)
{
	char shown[80];
	char at[24] = "";

	if (facts->error == NULL)
		return TRUTH_UNKNOWN;
	if (json_object_is_type(facts->facts, json_type_array))
		snprintf(at, sizeof(at), "[%d]", day);
	csh_excerpt(shown, sizeof(shown),
				json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN));
	csh_fail(facts->error, "cs_health.facts() makes them as they are expected.",
			 "facts%s%s%s must be %s, not %s", at, fact[0] == '\0' ? "" : ".", fact, wanted, shown);
	facts->error = NULL;
	return TRUTH_UNKNOWN;
}

static bool
is_number(json_object *value)
{
	return (json_object_is_type(value, json_type_int) ||
			json_object_is_type(value, json_type_double)) &&
		   isfinite(json_object_get_double(value));
}

static FactText
text_of(json_object *value)
{
	return (FactText){json_object_get_string(value), (size_t) json_object_get_string_len(value)};
}

/* Whether a leaf holds on a day whose facts are JSON */
static Truth
judge_json_day(const ConditionLeaf *leaf, JsonFacts *facts, json_object *object, int day)
{
	FactText text[CONDITION_MAX_WORDS];
	json_object *value = NULL;
	FactValue found = {.text = text};

	if (object == NULL)
		return TRUTH_UNKNOWN;
	if (!json_object_is_type(object, json_type_object))
		return refuse(facts, day, "", "an object", object);
	found.known = json_object_object_get_ex(object, leaf->fact, &value) && value != NULL;
	if (!found.known)
		return csh_leaf_truth(leaf, &found);
	switch (leaf->kind)
	{
		case FACT_MEASURE:
		case FACT_NUMBER:
			if (!is_number(value))
				return refuse(facts, day, leaf->fact, "a number", value);
			found.number = json_object_get_double(value);
			break;
		case FACT_BOOLEAN:
			if (!json_object_is_type(value, json_type_boolean))
				return refuse(facts, day, leaf->fact, "true or false", value);
			found.flag = json_object_get_boolean(value);
			break;
		case FACT_WORD:
			if (!json_object_is_type(value, json_type_string))
				return refuse(facts, day, leaf->fact, "a text", value);
			text[0] = text_of(value);
			found.texts = 1;
			break;
		case FACT_SET:
			if (!json_object_is_type(value, json_type_array) ||
				json_object_array_length(value) > CONDITION_MAX_WORDS)
				return refuse(facts, day, leaf->fact, "an array of at most 100 texts", value);
			for (size_t i = 0; i < json_object_array_length(value); i++)
			{
				json_object *element = json_object_array_get_idx(value, i);

				if (!json_object_is_type(element, json_type_string))
					return refuse(facts, day, leaf->fact, "an array of at most 100 texts", value);
				text[found.texts++] = text_of(element);
			}
			break;
	}
	return csh_leaf_truth(leaf, &found);
}

/* A leaf over all of its days: the least of them. Days beyond an array are not known, those beside an object not yet */
static Verdict
judge_json(const ConditionLeaf *leaf, void *arg)
{
	JsonFacts *facts = arg;
	Truth least = TRUTH_YES;

	if (!json_object_is_type(facts->facts, json_type_array))
	{
		least = judge_json_day(leaf, facts, facts->facts, 0);
		return (Verdict){leaf->days > 1 ? TRUTH_NO : least, least};
	}
	for (int day = 0; day < leaf->days && least > TRUTH_NO; day++)
	{
		Truth truth =
			judge_json_day(leaf, facts, json_object_array_get_idx(facts->facts, (size_t) day), day);

		least = truth < least ? truth : least;
	}
	return (Verdict){least, least};
}

/* Parses facts, which end_json() gives back */
static bool
start_json(JsonFacts *facts, const char *text, CshError *error)
{
	*facts = (JsonFacts){NULL, error};
	if (!csh_condition_json(text, "facts", &facts->facts, error))
		facts->error = NULL;
	else if (!json_object_is_type(facts->facts, json_type_object) &&
			 !json_object_is_type(facts->facts, json_type_array))
		refuse(facts, 0, "", "an object or an array of objects", facts->facts);
	return facts->error != NULL;
}

/* Whether everything was usable */
static bool
end_json(JsonFacts *facts)
{
	json_object_put(facts->facts);
	return facts->error != NULL;
}

/* Whether a condition holds for facts as JSON */
bool
csh_condition_matches(const Condition *condition, const char *facts, Truth *truth, CshError *error)
{
	JsonFacts json;

	if (start_json(&json, facts, error))
	{
		Verdict verdict = judge(condition, 0, judge_json, &json);

		*truth = verdict.low == verdict.high ? verdict.low : TRUTH_UNKNOWN;
	}
	return end_json(&json);
}

/* What says the opposite of an operator for a fact that is known */
static ConditionOp
opposite(ConditionOp op)
{
	static const ConditionOp of[CONDITION_OPS] = {
		[OP_LESS] = OP_AT_LEAST,
		[OP_AT_MOST] = OP_GREATER,
		[OP_GREATER] = OP_AT_MOST,
		[OP_AT_LEAST] = OP_LESS,
		[OP_EQUAL] = OP_UNEQUAL,
		[OP_UNEQUAL] = OP_EQUAL,
		[OP_IN] = OP_NOT_IN,
		[OP_NOT_IN] = OP_IN,
		[OP_CONTAINS] = OP_NOT_CONTAINS,
		[OP_NOT_CONTAINS] = OP_CONTAINS,
		[OP_KNOWN] = OP_KNOWN,
	};

	return of[op];
}

/* One leaf in a list of reasons: what it says and the value it holds with */
static json_object *
reason(const ConditionLeaf *leaf, json_object *today)
{
	json_object *out = json_object_new_object();
	json_object *actual = NULL;

	json_object_object_get_ex(today, leaf->fact, &actual);
	json_object_object_add(out, "fact", json_object_new_string(leaf->fact));
	json_object_object_add(out, "op", json_object_new_string(csh_condition_ops[leaf->op]));
	json_object_object_add(out, "value",
						   leaf->op == OP_KNOWN ? json_object_new_boolean(leaf->flag)
												: json_object_get(leaf->value));
	json_object_object_add(out, "actual", json_object_get(actual));
	json_object_object_add(out, "for_days", json_object_new_int(leaf->days));
	return out;
}

/*
 * The leaf as it has to be read below an odd number of nots: the opposite, of today alone, since failing on one of
 * several days is no comparison.
 */
static ConditionLeaf
turned(const ConditionLeaf *leaf)
{
	ConditionLeaf other = *leaf;

	other.op = opposite(leaf->op);
	if (leaf->op == OP_KNOWN)
		other.flag = !leaf->flag;
	other.days = 1;
	return other;
}

static void
add_reasons(const Condition *condition, int n, bool turn, JsonFacts *facts, json_object *out)
{
	const ConditionNode *node = &condition->node[n];

	if (node->join == JOIN_NONE)
	{
		ConditionLeaf leaf = condition->leaf[node->leaf];

		if (turn)
			leaf = turned(&leaf);
		if (judge_json(&leaf, facts).low == TRUTH_YES)
			json_object_array_add(out,
								  reason(&leaf, json_object_is_type(facts->facts, json_type_array)
													? json_object_array_get_idx(facts->facts, 0)
													: facts->facts));
		return;
	}
	for (int i = n + 1; i < node->end; i = condition->node[i].end)
		add_reasons(condition, i, turn != (node->join == JOIN_NOT), facts, out);
}

/* The comparisons that hold and speak for a condition as JSON, which the caller frees; NULL when facts are unusable */
char *
csh_condition_reasons(const Condition *condition, const char *facts, CshError *error)
{
	json_object *out = json_object_new_array();
	JsonFacts json;
	char *text = NULL;

	if (start_json(&json, facts, error))
		add_reasons(condition, 0, false, &json, out);
	if (end_json(&json))
		text = strdup(json_object_to_json_string_ext(out, JSON_C_TO_STRING_PLAIN));
	json_object_put(out);
	return text;
}
