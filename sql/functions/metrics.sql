-- What judges a churn model; doc/metrics.md tells what each figure says. States are bytea or arrays, so that any node
-- can take part. No final function changes its state: aggregates with the same arguments share one, and windows work.

create function cs_health._ranking_step(state bytea, label boolean, score double precision) returns bytea
as 'MODULE_PATHNAME', 'csh_ranking_step' language c immutable parallel safe;
create function cs_health._lift_step(state bytea, label boolean, score double precision, fraction double precision)
returns bytea
as 'MODULE_PATHNAME', 'csh_lift_step' language c immutable parallel safe;
create function cs_health._ranking_combine(a bytea, b bytea) returns bytea
as 'MODULE_PATHNAME', 'csh_ranking_combine' language c immutable parallel safe;
create function cs_health._roc_auc_final(state bytea) returns double precision
as 'MODULE_PATHNAME', 'csh_roc_auc_final' language c immutable strict parallel safe;
create function cs_health._pr_auc_final(state bytea) returns double precision
as 'MODULE_PATHNAME', 'csh_pr_auc_final' language c immutable strict parallel safe;
create function cs_health._lift_final(state bytea) returns double precision
as 'MODULE_PATHNAME', 'csh_lift_final' language c immutable strict parallel safe;

create aggregate cs_health.roc_auc(label boolean, score double precision)
(
    sfunc = cs_health._ranking_step,
    stype = bytea,
    combinefunc = cs_health._ranking_combine,
    finalfunc = cs_health._roc_auc_final,
    parallel = safe
);
comment on aggregate cs_health.roc_auc(boolean, double precision) is
    'The share of pairs of an event (label true) and another row in which the event has the higher score, ties half '
    '(Mann and Whitney 1947): 0.5 = no skill, 1 = perfect. Rows without label or score are left out; null without '
    'events or without other rows. A score that is NaN or infinite is refused (22003), so are more than 120 million '
    'rows (54000)';

create aggregate cs_health.pr_auc(label boolean, score double precision)
(
    sfunc = cs_health._ranking_step,
    stype = bytea,
    combinefunc = cs_health._ranking_combine,
    finalfunc = cs_health._pr_auc_final,
    parallel = safe
);
comment on aggregate cs_health.pr_auc(boolean, double precision) is
    'Average precision, the area under the precision-recall curve in steps, as average_precision_score of '
    'scikit-learn: the event rate = no skill, 1 = perfect. Rows without label or score are left out; null without '
    'events. A score that is NaN or infinite is refused (22003), so are more than 120 million rows (54000)';

create aggregate cs_health.lift_at(label boolean, score double precision, fraction double precision)
(
    sfunc = cs_health._lift_step,
    stype = bytea,
    combinefunc = cs_health._ranking_combine,
    finalfunc = cs_health._lift_final,
    parallel = safe
);
comment on aggregate cs_health.lift_at(boolean, double precision, double precision) is
    'How many times as frequent events are among the fraction of rows with the highest scores as among all: 1 = no '
    'skill. fraction x rows is not rounded; rows tied on the border count in proportion. Rows without label or score '
    'are left out; null without events. The fraction must be above 0, at most 1 and the same in all rows of a group '
    '(22023). A score that is NaN or infinite is refused (22003), so are more than 120 million rows (54000)';

create function cs_health._calibration_step(state double precision[], label boolean, probability double precision)
returns double precision[]
as 'MODULE_PATHNAME', 'csh_calibration_step' language c immutable parallel safe;
create function cs_health._calibration_combine(a double precision[], b double precision[]) returns double precision[]
as 'MODULE_PATHNAME', 'csh_calibration_combine' language c immutable parallel safe;
create function cs_health._brier_score_final(state double precision[]) returns double precision
as 'MODULE_PATHNAME', 'csh_brier_score_final' language c immutable strict parallel safe;
create function cs_health._log_loss_final(state double precision[]) returns double precision
as 'MODULE_PATHNAME', 'csh_log_loss_final' language c immutable strict parallel safe;
create function cs_health._calibration_error_final(state double precision[]) returns double precision
as 'MODULE_PATHNAME', 'csh_calibration_error_final' language c immutable strict parallel safe;

create aggregate cs_health.brier_score(label boolean, probability double precision)
(
    sfunc = cs_health._calibration_step,
    stype = double precision[],
    combinefunc = cs_health._calibration_combine,
    finalfunc = cs_health._brier_score_final,
    parallel = safe
);
comment on aggregate cs_health.brier_score(boolean, double precision) is
    'The mean squared difference between the probability and what happened, 1 or 0 (Brier 1950): 0 = perfect. Rows '
    'without label or probability are left out; null without rows. A probability outside 0 to 1 is refused (22003)';

create aggregate cs_health.log_loss(label boolean, probability double precision)
(
    sfunc = cs_health._calibration_step,
    stype = double precision[],
    combinefunc = cs_health._calibration_combine,
    finalfunc = cs_health._log_loss_final,
    parallel = safe
);
comment on aggregate cs_health.log_loss(boolean, double precision) is
    'The mean of -ln(probability of what happened): 0 = perfect, ln 2 = a coin. Probabilities are clipped to 2^-52 '
    'from 0 and 1, as scikit-learn does. Rows without label or probability are left out; null without rows. A '
    'probability outside 0 to 1 is refused (22003)';

create aggregate cs_health.calibration_error(label boolean, probability double precision)
(
    sfunc = cs_health._calibration_step,
    stype = double precision[],
    combinefunc = cs_health._calibration_combine,
    finalfunc = cs_health._calibration_error_final,
    parallel = safe
);
comment on aggregate cs_health.calibration_error(boolean, double precision) is
    'Expected calibration error: the mean distance between probability and event rate over the ten bins [0, 0.1], '
    '(0.1, 0.2] ... (0.9, 1], each by its share of rows (Naeini et al. 2015): 0 = what was forecast happened as often. '
    'Rows without label or probability are left out; null without rows. A probability outside 0 to 1 is refused '
    '(22003)';
