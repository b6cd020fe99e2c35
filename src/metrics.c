/*
 * metrics.c
 *		The aggregates that judge a churn model.
 */
#include "cs_health.h"

#include "metrics.h"

#include "catalog/pg_type.h"

PG_FUNCTION_INFO_V1(csh_ranking_step);
PG_FUNCTION_INFO_V1(csh_lift_step);
PG_FUNCTION_INFO_V1(csh_ranking_combine);
PG_FUNCTION_INFO_V1(csh_roc_auc_final);
PG_FUNCTION_INFO_V1(csh_pr_auc_final);
PG_FUNCTION_INFO_V1(csh_lift_final);
PG_FUNCTION_INFO_V1(csh_calibration_step);
PG_FUNCTION_INFO_V1(csh_calibration_combine);
PG_FUNCTION_INFO_V1(csh_brier_score_final);
PG_FUNCTION_INFO_V1(csh_log_loss_final);
PG_FUNCTION_INFO_V1(csh_calibration_error_final);

/* The answer of a step that nothing is to be added by */
static Datum
state_as_it_is(FunctionCallInfo fcinfo)
{
	if (PG_ARGISNULL(0))
		PG_RETURN_NULL();
	PG_RETURN_DATUM(PG_GETARG_DATUM(0));
}

/* A state of a ranking as it came; its bytes are not to be written */
static Ranking
open_ranking(bytea *state)
{
	Ranking ranking;
	CshError error;

	if (!csh_ranking_open((uint8_t *) VARDATA_ANY(state), VARSIZE_ANY_EXHDR(state), &ranking,
						  &error))
		csh_report(ERRCODE_INVALID_BINARY_REPRESENTATION, &error);
	return ranking;
}

/* The value whose data a ranking is, when it is a plain one */
static bytea *
ranking_value(const Ranking *ranking)
{
	return (bytea *) (ranking->bytes - VARHDRSZ);
}

/* A new state that begins with the rows of `ranking` and has room for more */
static Ranking
copy_with_room(const Ranking *ranking, uint32 more)
{
	Ranking larger;
	CshError error;
	uint32 capacity;
	bytea *state;

	if (!csh_ranking_capacity(ranking, more, &capacity, &error))
		csh_report(ERRCODE_PROGRAM_LIMIT_EXCEEDED, &error);
	state = palloc(VARHDRSZ + csh_ranking_size(capacity));
	SET_VARSIZE(state, VARHDRSZ + csh_ranking_size(capacity));
	csh_ranking_init((uint8_t *) VARDATA(state), capacity, ranking->fraction, &larger);
	csh_ranking_append(&larger, ranking);
	return larger;
}

/* The first argument as a state that may be written and has room: the aggregate's own in place, any other as a copy */
static Ranking
roomy_ranking(FunctionCallInfo fcinfo, double fraction, uint32 more)
{
	Ranking ranking = {.fraction = fraction};

	if (!PG_ARGISNULL(0))
		ranking = open_ranking(PG_GETARG_BYTEA_P(0));
	if (ranking.fraction != fraction)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("fraction must be the same in all rows of a group, not %.10g and %.10g",
						ranking.fraction, fraction),
				 errhint("Group by what the fraction depends on.")));
	if (PG_ARGISNULL(0) || !AggCheckCallContext(fcinfo, NULL) ||
		more > ranking.capacity - ranking.events - ranking.others)
		ranking = copy_with_room(&ranking, more);
	return ranking;
}

/* Takes a row of (state, label, score, ...); rows without a label or score are left out */
static Datum
rank_row(FunctionCallInfo fcinfo, double fraction)
{
	Ranking ranking;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return state_as_it_is(fcinfo);
	csh_check_finite(PG_GETARG_FLOAT8(2), "score");
	ranking = roomy_ranking(fcinfo, fraction, 1);
	csh_ranking_add(&ranking, PG_GETARG_BOOL(1), PG_GETARG_FLOAT8(2));
	PG_RETURN_BYTEA_P(ranking_value(&ranking));
}

/* Takes a row of roc_auc() or pr_auc(), which share their state */
Datum
csh_ranking_step(PG_FUNCTION_ARGS)
{
	return rank_row(fcinfo, 0);
}

/* Takes a row of lift_at(); the state remembers the fraction */
Datum
csh_lift_step(PG_FUNCTION_ARGS)
{
	double fraction = PG_ARGISNULL(3) ? 0 : PG_GETARG_FLOAT8(3);

	if (!(fraction > 0 && fraction <= 1))
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						PG_ARGISNULL(3)
							? errmsg("fraction must not be null")
							: errmsg("fraction must be above 0 and at most 1, not %.10g", fraction),
						errhint("Pass the share of the rows to look at, 0.1 for a tenth.")));
	return rank_row(fcinfo, fraction);
}

/* Joins the rows of two rankings */
Datum
csh_ranking_combine(PG_FUNCTION_ARGS)
{
	Ranking into;
	Ranking added;

	if (PG_ARGISNULL(1))
		return state_as_it_is(fcinfo);
	added = open_ranking(PG_GETARG_BYTEA_PP(1));
	into = roomy_ranking(fcinfo, added.fraction, added.events + added.others);
	csh_ranking_append(&into, &added);
	PG_RETURN_BYTEA_P(ranking_value(&into));
}

/* A ranking's scores in order, in memory of their own */
static Ranked
ranked_scores(const Ranking *ranking)
{
	Ranked ranked;
	CshError error;
	double *scores = palloc(((Size) ranking->events + ranking->others) * sizeof(double));
	double *scratch = palloc((Size) Max(ranking->events, ranking->others) * sizeof(double));

	if (!csh_ranking_sort(ranking, scores, scratch, &ranked, &error))
		csh_report(ERRCODE_INVALID_BINARY_REPRESENTATION, &error);
	return ranked;
}

Datum
csh_roc_auc_final(PG_FUNCTION_ARGS)
{
	Ranking ranking = open_ranking(PG_GETARG_BYTEA_PP(0));
	Ranked ranked = ranked_scores(&ranking);
	double auc;

	if (!csh_roc_auc(&ranked, &auc))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(auc);
}

Datum
csh_pr_auc_final(PG_FUNCTION_ARGS)
{
	Ranking ranking = open_ranking(PG_GETARG_BYTEA_PP(0));
	Ranked ranked = ranked_scores(&ranking);
	double auc;

	if (!csh_pr_auc(&ranked, &auc))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(auc);
}

Datum
csh_lift_final(PG_FUNCTION_ARGS)
{
	Ranking ranking = open_ranking(PG_GETARG_BYTEA_PP(0));
	Ranked ranked;
	double lift;

	if (ranking.fraction == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("state of lift_at has no fraction"),
						errhint("Use the aggregate cs_health.lift_at().")));
	ranked = ranked_scores(&ranking);
	if (!csh_lift(&ranked, ranking.fraction, &lift))
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(lift);
}

/* An argument that is the sums of a calibration */
static Calibration *
open_calibration(ArrayType *state)
{
	CshError error;
	Calibration *calibration = (Calibration *) ARR_DATA_PTR(state);

	csh_check_array(state, FLOAT8OID, "state", CALIBRATION_LENGTH);
	if (ARR_HASNULL(state) ||
		ArrayGetNItems(ARR_NDIM(state), ARR_DIMS(state)) != CALIBRATION_LENGTH)
		ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION),
						errmsg("state of a calibration must have %d numbers", CALIBRATION_LENGTH),
						errhint("All nodes must run the same version of cs_health.")));
	if (!csh_calibration_check(calibration, &error))
		csh_report(ERRCODE_INVALID_BINARY_REPRESENTATION, &error);
	return calibration;
}

/* A state of our own that may be written: the aggregate's in place, anybody else's as a copy, zeros for none */
static ArrayType *
writable_calibration(FunctionCallInfo fcinfo)
{
	Size size = ARR_OVERHEAD_NONULLS(1) + sizeof(Calibration);
	ArrayType *state;

	if (!PG_ARGISNULL(0))
		return AggCheckCallContext(fcinfo, NULL) ? PG_GETARG_ARRAYTYPE_P(0)
												 : PG_GETARG_ARRAYTYPE_P_COPY(0);
	state = palloc0(size);
	SET_VARSIZE(state, size);
	state->ndim = 1;
	state->elemtype = FLOAT8OID;
	ARR_DIMS(state)[0] = CALIBRATION_LENGTH;
	ARR_LBOUND(state)[0] = 1;
	return state;
}

/* Takes a row of (state, label, probability); rows without a label or probability are left out */
Datum
csh_calibration_step(PG_FUNCTION_ARGS)
{
	ArrayType *state;

	if (PG_ARGISNULL(1) || PG_ARGISNULL(2))
		return state_as_it_is(fcinfo);
	csh_check_range(PG_GETARG_FLOAT8(2), 0, 1, "probability");
	state = writable_calibration(fcinfo);
	csh_calibration_add(open_calibration(state), PG_GETARG_BOOL(1), PG_GETARG_FLOAT8(2));
	PG_RETURN_ARRAYTYPE_P(state);
}

/* Adds up the sums of two calibrations */
Datum
csh_calibration_combine(PG_FUNCTION_ARGS)
{
	ArrayType *state;

	if (PG_ARGISNULL(1))
		return state_as_it_is(fcinfo);
	state = writable_calibration(fcinfo);
	csh_calibration_append(open_calibration(state), open_calibration(PG_GETARG_ARRAYTYPE_P(1)));
	PG_RETURN_ARRAYTYPE_P(state);
}

/* A figure of a calibration, null where there is no row */
static Datum
calibration_figure(FunctionCallInfo fcinfo, double (*figure)(const Calibration *))
{
	const Calibration *calibration = open_calibration(PG_GETARG_ARRAYTYPE_P(0));

	if (csh_calibration_rows(calibration) == 0)
		PG_RETURN_NULL();
	PG_RETURN_FLOAT8(figure(calibration));
}

Datum
csh_brier_score_final(PG_FUNCTION_ARGS)
{
	return calibration_figure(fcinfo, csh_brier_score);
}

Datum
csh_log_loss_final(PG_FUNCTION_ARGS)
{
	return calibration_figure(fcinfo, csh_log_loss);
}

Datum
csh_calibration_error_final(PG_FUNCTION_ARGS)
{
	return calibration_figure(fcinfo, csh_calibration_error);
}
