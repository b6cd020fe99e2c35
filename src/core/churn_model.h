/*
 * churn_model.h
 *		Churn models: a logistic regression written down as a document, and what it says of a customer.
 */
#ifndef CSH_CHURN_MODEL_H
#define CSH_CHURN_MODEL_H

#include "error.h"
#include "measures.h"
#include "score.h"

#define MODEL_FORMAT 1
#define MODEL_MAX_BYTES (256 * 1024)
#define MODEL_MAX_DEPTH 32
#define MODEL_MAX_FEATURES 500
#define MODEL_VERSION_MAX 20

typedef enum RiskLevel
{
	RISK_LOW,
	RISK_MEDIUM,
	RISK_HIGH,
	RISK_CRITICAL,
	RISK_LEVELS
} RiskLevel;

extern const char *const csh_risk_names[RISK_LEVELS];

typedef struct ModelFeature
{
	int index; /* zero-based place in a vector of measures, -1 = the document was not compiled */
	bool log;  /* of sign(v) * ln(1 + |v|) instead of v */
	double low;
	double high;
	double mean; /* of the transformed values, as sd */
	double sd;
	double coefficient; /* log-odds per sd */
	char measure[MEASURE_CODE_MAX + 1];
} ModelFeature;

/* Owns its arrays: csh_model_free() */
typedef struct ChurnModel
{
	double base_rate;
	double intercept;
	double band[RISK_LEVELS]; /* the lift at which each level begins */
	int features;
	ModelFeature *feature;
	double *covariance; /* (features + 1) squared, the intercept first; NULL = not known */
} ChurnModel;

/* What is known of a customer, in the order of a model's features */
typedef struct ModelValues
{
	double value[MODEL_MAX_FEATURES];
	bool observed[MODEL_MAX_FEATURES];
} ModelValues;

extern bool csh_model_parse(const char *text, size_t length, ChurnModel *model, CshError *error);
extern void csh_model_free(ChurnModel *model);

extern int csh_model_pick(const ChurnModel *model, const Vector *vector, ModelValues *values);
extern double csh_model_input(const ChurnModel *model, const ModelValues *values, int f);
extern double csh_model_contribution(const ChurnModel *model, const ModelValues *values, int f);
extern double csh_model_baseline(const ModelFeature *feature);
extern double csh_model_log_odds(const ChurnModel *model, const ModelValues *values);
extern double csh_model_probability(double log_odds);
extern double csh_model_coverage(const ChurnModel *model, const ModelValues *values);
extern double csh_model_half_width(const ChurnModel *model, const ModelValues *values);
extern RiskLevel csh_model_risk(const ChurnModel *model, double probability);

#endif
