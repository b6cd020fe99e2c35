/*
 * condition.h
 *		Conditions on the facts of a customer: a document of all, any, not and leaves, read once and judged with three values.
 */
#ifndef CSH_CONDITION_H
#define CSH_CONDITION_H

#include "error.h"
#include "measures.h"
#include "score.h"

#define CONDITION_MAX_BYTES (64 * 1024)
#define CONDITION_MAX_DEPTH 16
#define CONDITION_MAX_LEAVES 100
#define CONDITION_MAX_DAYS 90   /* of for_days */
#define CONDITION_MAX_WORDS 100 /* in one list */
#define CONDITION_WORD_MAX 255
#define CONDITION_JSON_DEPTH 64 /* of a document; deeper ones are no condition anyway */
#define FACT_NAME_MAX (MEASURE_CODE_MAX + 4)

struct json_object; /* of json-c, whose header does not go together with PostgreSQL's */

typedef enum Truth
{
	TRUTH_NO = -1,
	TRUTH_UNKNOWN = 0,
	TRUTH_YES = 1
} Truth;

/* Between which truths one lies while not everything was looked at */
typedef struct Verdict
{
	Truth low;
	Truth high;
} Verdict;

typedef enum FactKind
{
	FACT_MEASURE,
	FACT_NUMBER,
	FACT_WORD,
	FACT_SET,
	FACT_BOOLEAN
} FactKind;

/* Facts that are no measures, in the order in which a run passes them */
enum
{
	NUMBER_OVERALL,
	NUMBER_ENGAGEMENT,
	NUMBER_ADOPTION,
	NUMBER_SATISFACTION,
	NUMBER_SUPPORT,
	NUMBER_GROWTH,
	NUMBER_COVERAGE,
	NUMBER_CHURN_PROBABILITY,
	FACT_NUMBERS
};

enum
{
	WORD_CATEGORY,
	WORD_TREND,
	WORD_RISK_LEVEL,
	WORD_PLAN,
	WORD_SEGMENT,
	WORD_STAGE,
	WORD_STATUS,
	FACT_WORDS
};

typedef enum ConditionOp
{
	OP_LESS,
	OP_AT_MOST,
	OP_GREATER,
	OP_AT_LEAST,
	OP_EQUAL,
	OP_UNEQUAL,
	OP_IN,
	OP_NOT_IN,
	OP_CONTAINS,
	OP_NOT_CONTAINS,
	OP_KNOWN,
	CONDITION_OPS
} ConditionOp;

/* What a document may hold beyond facts of a day, or may not */
enum
{
	CONDITION_STEP = 1,     /* facts of a running playbook */
	CONDITION_COMPILED = 2, /* positions of measures */
	CONDITION_STAGE = 4     /* not the stage, which it decides on */
};

/* Not terminated */
typedef struct FactText
{
	const char *text; /* NULL = not known */
	size_t length;
} FactText;

typedef struct ConditionLeaf
{
	char fact[FACT_NAME_MAX + 1];
	FactKind kind;
	int index; /* of a measure its zero-based place in the vector, -1 = none; else of its kind */
	ConditionOp op;
	int days;
	float number; /* as scores and measures are stored */
	bool flag;
	int texts;
	FactText *text;
	struct json_object *value; /* as written */
} ConditionLeaf;

typedef enum ConditionJoin
{
	JOIN_ALL,
	JOIN_ANY,
	JOIN_NOT,
	JOIN_NONE /* a leaf */
} ConditionJoin;

typedef struct ConditionNode
{
	ConditionJoin join;
	int leaf;
	int end; /* the node behind its subtree; its children begin at the next one */
} ConditionNode;

/* Nodes in the order of the document. Owns its arrays and a reference to the document: csh_condition_free() */
typedef struct Condition
{
	int nodes;
	int leaves;
	ConditionNode *node;
	ConditionLeaf *leaf;
	struct json_object *document;
} Condition;

/* What is known of the value of a fact */
typedef struct FactValue
{
	bool known;
	bool flag;
	double number;
	int texts;
	const FactText *text;
} FactValue;

/* The facts of a customer on one day, as a run has them */
typedef struct DayFacts
{
	Vector measures;
	bool number_known[FACT_NUMBERS];
	double number[FACT_NUMBERS];
	FactText word[FACT_WORDS];
	int signals; /* -1 = not known */
	const FactText *signal;
} DayFacts;

extern const char *const csh_condition_ops[CONDITION_OPS];

extern bool csh_condition_parse(struct json_object *document, const char *path, int scope,
								Condition *condition, CshError *error);
extern bool csh_condition_parse_text(const char *text, int scope, Condition *condition,
									 CshError *error);
extern int csh_conditions_parse_text(const char *text, int scope, Condition *conditions, int room,
									 CshError *error);
extern void csh_condition_free(Condition *condition);

extern Truth csh_leaf_truth(const ConditionLeaf *leaf, const FactValue *value);
extern Verdict csh_condition_today(const Condition *condition, const DayFacts *facts);
extern bool csh_condition_matches(const Condition *condition, const char *facts, Truth *truth,
								  CshError *error);
extern char *csh_condition_reasons(const Condition *condition, const char *facts, CshError *error);

extern bool csh_condition_json(const char *text, const char *what, struct json_object **out,
							   CshError *error);

#endif
