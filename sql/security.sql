-- Every role, grant and policy, nowhere else. Roles that are missing are skipped: install_roles() makes them and runs
-- this again. Without the roles there are no policies while row-level security is on, so nobody but the owner sees a
-- row.
revoke all on schema cs_health from public;
revoke all on schema cs_health_v1 from public;
revoke execute on all functions in schema cs_health_v1 from public;

-- administrators: the inputs and settings, but nothing that runs with the owner's rights
call cs_health._allow_api('cs_health_admin', 'usage on schema cs_health, cs_health_v1');
call cs_health._allow_api('cs_health_admin', 'execute on all routines in schema cs_health');
call cs_health._allow_api('cs_health_admin', 'execute on all routines in schema cs_health_v1');
call cs_health._allow_api('cs_health_admin', 'select on all tables in schema cs_health_v1');
call cs_health._allow_api('cs_health_admin', 'select on cs_health.data_incident, cs_health.override_record, '
    'cs_health.churn_prediction, cs_health.current_health');
call cs_health._allow('cs_health_admin', 'settings', 'select, update', 'true');
call cs_health._allow('cs_health_admin', 'measure', 'update (step,effort,watched)', 'true');
call cs_health._allow('cs_health_admin', 'scorecard, scorecard_change', 'select, insert', 'true');
call cs_health._allow('cs_health_admin', 'scorecard', 'delete', 'version is null');
call cs_health._allow('cs_health_admin', 'scorecard_rule', 'select', 'true');
call cs_health._allow('cs_health_admin', 'scorecard_rule', 'insert, update', 'true',
    'exists (select from cs_health.scorecard as s where s.id = scorecard_id and s.version is not null)');
call cs_health._allow('cs_health_admin', 'scorecard_rule', 'delete', 'segment is not null or plan_code is not null');
call cs_health._allow('cs_health_admin', 'churn_model, churn_model_change', 'select, insert', 'true');
call cs_health._allow('cs_health_admin', 'churn_model', 'update (status,published_at,retired_at)', 'true');
call cs_health._allow('cs_health_admin', 'measure_check', 'update (accepted_at,accepted_by)', 'true');
call cs_health._allow('cs_health_admin',
    'feed, holiday, plan, feature, plan_feature, plan_limit, csm, tenant, contact, measure_value, event, '
    'event_rejected, feedback, ticket, usage, revenue_event, touchpoint, health_override, pulse',
    'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin',
    'feed_day, measure, measure_check, peer_group, activity, feature_activity, fold, run, run_batch, retention, '
    'customer_health',
    'select', 'true');

-- customer success managers: the API and what it calls
call cs_health._allow_api('cs_health_csm, cs_health_csm_all', 'usage on schema cs_health, cs_health_v1');
call cs_health._allow_api('cs_health_csm, cs_health_csm_all', 'select on cs_health_v1.health_scores, '
    'cs_health_v1.scorecard_marks, cs_health_v1.data_incidents, cs_health.data_incident, cs_health_v1.pulses, '
    'cs_health_v1.override_record, cs_health_v1.override_accuracy, cs_health.override_record');
call cs_health._allow_api('cs_health_csm, cs_health_csm_all', 'execute on function '
    'cs_health_v1.health_score_history(uuid, date, date, integer), cs_health.health_id(uuid, date), '
    'cs_health.score_breakdown(real[], jsonb), cs_health.score_interval(real[], jsonb), '
    'cs_health.score_text(integer, integer[]), cs_health._peer_percentile(integer[], integer), '
    'cs_health.recommended_action(text, text), '
    'cs_health.score_reasons(jsonb, text), cs_health._reason(text, jsonb, text), cs_health._generic_reason(jsonb), '
    'cs_health._signal(jsonb, text, text), cs_health._plain(numeric, integer), cs_health._signed(numeric), '
    'cs_health.current_claim(text), cs_health.current_csm(), cs_health.current_csms(), cs_health._author(), cs_health._today(), '
    'cs_health._time_zone(), cs_health._require_tenant(uuid)');
call cs_health._allow_api('cs_health_csm, cs_health_csm_all', 'execute on function '
    'cs_health_v1.explain_change(uuid, date, date), cs_health.explain_change(uuid, date, date, text), '
    'cs_health.change_parts(real[], jsonb, real[], jsonb), '
    'cs_health._override_text(uuid, date, date, text), cs_health._category_label(text, text), '
    'cs_health._language(uuid, text), cs_health._stored_day(uuid, date), cs_health._weighted_items(real[], jsonb), '
    'cs_health._guarded_text(text, double precision, double precision, jsonb[], text), '
    'cs_health._missing_text(real[], real[], jsonb[], text), cs_health._measure_label(text, text), '
    'cs_health._first_upper(text), cs_health._number(double precision, text, text, integer), '
    'cs_health._change_text(text, double precision, double precision, text, integer, text)');
call cs_health._allow_api('cs_health_csm, cs_health_csm_all', 'execute on function '
    'cs_health_v1.what_would_help(uuid), cs_health.what_would_help(uuid, text), '
    'cs_health.what_would_help(real[], jsonb, integer), cs_health.what_if(real[], jsonb), '
    'cs_health._what_if(real[], integer[], double precision[]), '
    'cs_health._help_options(real[], jsonb, integer, integer[], double precision[], double precision[]), '
    'cs_health._move_text(text, double precision, double precision, text, text), '
    'cs_health._help_text(jsonb, text, text, text)');
call cs_health._allow_api('cs_health_csm, cs_health_csm_all', 'execute on function '
    'cs_health_v1.override_health(uuid, text, text, date), cs_health.override_health(uuid, text, text, date), '
    'cs_health_v1.end_override(uuid), cs_health.end_override(uuid), '
    'cs_health_v1.record_pulse(uuid, integer, text), cs_health.record_pulse(uuid, integer, text)');
call cs_health._allow_api('cs_health_csm, cs_health_csm_all',
    'select on cs_health_v1.churn_predictions, cs_health.churn_prediction, cs_health.current_health');
call cs_health._allow_api('cs_health_csm, cs_health_csm_all', 'execute on function '
    'cs_health_v1.explain_prediction(uuid, date), cs_health.explain_prediction(uuid, date), '
    'cs_health_v1.churn_model_card(), cs_health.churn_model_card(text), cs_health._model_faults(jsonb), '
    'cs_health._card_number(jsonb, integer), cs_health._card_percent(jsonb), '
    'cs_health._p_value(double precision, double precision), '
    'cs_health_v1.churn_alert_review(date, date), cs_health.churn_alert_review(date, date, text, text), '
    'cs_health._review_reason(text, text, double precision, real[], jsonb, text), cs_health._end_of(date), '
    'cs_health._model_notice(jsonb, text), '
    'cs_health._risk_level(double precision, double precision, double precision, double precision), '
    'cs_health._predicted_churn_date(date, integer, integer, double precision, date), '
    'cs_health._prediction_confidence(double precision, double precision, double precision, boolean), '
    'cs_health._churn_coverage(real[], jsonb), '
    'cs_health._prediction_part(jsonb), cs_health._churn_half_width(real[], jsonb), '
    'cs_health._churn_probability(real[], jsonb), cs_health._churn_log_odds(real[], jsonb), '
    'cs_health._churn_parts(real[], jsonb), cs_health._churn_parts_json(real[], jsonb), '
    'cs_health.churn_factors(real[], jsonb, real[], text, integer), cs_health.churn_actions(jsonb, text, integer), '
    'cs_health._risk_factors(double precision, jsonb, real[], text, integer), '
    'cs_health._recommended_actions(jsonb, text, integer), cs_health._risk_factor_text(text, double precision, '
    'double precision, double precision, double precision, text, integer, text), cs_health._risk_action(text, text), '
    'cs_health._factor_label(text, text), '
    'cs_health._numbers_apart(double precision, double precision, text, text, integer), '
    'cs_health._days_text(text, text), cs_health._typical_text(text, double precision, text, text), '
    'cs_health._growth_text(text, double precision, double precision, text), '
    'cs_health._state_text(text, text, text, text), cs_health._is_told_in_units(text, text), '
    'cs_health._is_notable(text, double precision, double precision, text), '
    'cs_health._factor_change_text(text, double precision, double precision, text, text), '
    'cs_health._action_text(text, text, text)');

-- those of them who see every tenant
call cs_health._allow('cs_health_csm_all',
    'settings, scorecard, scorecard_rule, scorecard_change, churn_model, measure, measure_check, peer_group, run, csm, '
    'plan, feature, plan_feature, plan_limit',
    'select', 'true');
call cs_health._allow('cs_health_csm_all', 'tenant, customer_health, contact, feedback, ticket, usage, revenue_event',
    'select', 'true');
call cs_health._allow_api('cs_health_csm_all', 'select on cs_health_v1.churn_model_status');
call cs_health._allow_api('cs_health_csm_all', 'execute on function cs_health.churn_model_status(), '
    'cs_health.churn_drift(date), cs_health.churn_track(text, integer), '
    'cs_health.churn_labels(integer, integer, integer), '
    'cs_health.roc_auc(boolean, double precision), cs_health.brier_score(boolean, double precision), '
    'cs_health.lift_at(boolean, double precision, double precision), cs_health._monitor_sample(date), '
    'cs_health._churn_inputs(real[], jsonb), '
    'cs_health._psi_by_chance(integer, double precision, double precision), cs_health._end_of(date), '
    'cs_health._churns_to_learn_from(integer, integer), cs_health._split_days(date[], bigint[], integer), '
    'cs_health._train_call(integer, integer), cs_health._auc_std_error(double precision, bigint, bigint), '
    'cs_health._label_days(integer, integer, integer), '
    'cs_health._require_window(integer, integer), cs_health._bin(double precision, double precision[])');
call cs_health._allow('cs_health_csm_all', 'touchpoint', 'select, insert', 'true');
call cs_health._allow('cs_health_csm_all', 'health_override, pulse', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'health_override',
    'insert (tenant_id,category,reason,set_by,expires_on,computed_category,computed_score)',
    'set_by = cs_health._author()');
call cs_health._allow('cs_health_csm_all', 'health_override', 'update (ended_at,ended_by)', 'ended_at is null',
    'ended_by = cs_health._author() and ended_at = greatest(now(), set_at)');
call cs_health._allow('cs_health_csm_all', 'pulse', 'insert (tenant_id,rating,comment,csm)',
    'csm = cs_health._author()');

-- those with their own tenants
call cs_health._allow('cs_health_csm',
    'settings, scorecard, scorecard_rule, scorecard_change, churn_model, measure, measure_check, peer_group, run, csm, '
    'plan, feature, plan_feature, plan_limit',
    'select', 'true');
call cs_health._allow('cs_health_csm', 'tenant', 'select', 'csm = any ((select cs_health.current_csms())::text[])');
call cs_health._allow('cs_health_csm', 'customer_health, contact, feedback, ticket, usage, revenue_event', 'select',
    'tenant_id = any (array(select t.id from cs_health.tenant as t where t.csm = any (cs_health.current_csms())))');
call cs_health._allow('cs_health_csm', 'touchpoint', 'select, insert',
    'tenant_id = any (array(select t.id from cs_health.tenant as t where t.csm = any (cs_health.current_csms())))');
-- These are looked up tenant by tenant for health_scores, and an array would be sorted anew for each of them.
call cs_health._allow('cs_health_csm', 'health_override, pulse', 'select',
    'exists (select from cs_health.tenant as t where t.id = tenant_id and t.csm = any ((select cs_health.current_csms())::text[]))');
call cs_health._allow('cs_health_csm', 'health_override',
    'insert (tenant_id,category,reason,set_by,expires_on,computed_category,computed_score)',
    'exists (select from cs_health.tenant as t where t.id = tenant_id and t.csm = any ((select cs_health.current_csms())::text[])) '
    'and set_by = cs_health._author()');
call cs_health._allow('cs_health_csm', 'health_override', 'update (ended_at,ended_by)',
    'exists (select from cs_health.tenant as t where t.id = tenant_id and t.csm = any ((select cs_health.current_csms())::text[])) '
    'and ended_at is null',
    'exists (select from cs_health.tenant as t where t.id = tenant_id and t.csm = any ((select cs_health.current_csms())::text[])) '
    'and ended_by = cs_health._author() and ended_at = greatest(now(), set_at)');
call cs_health._allow('cs_health_csm', 'pulse', 'insert (tenant_id,rating,comment,csm)',
    'exists (select from cs_health.tenant as t where t.id = tenant_id and t.csm = any ((select cs_health.current_csms())::text[])) '
    'and csm = cs_health._author()');

-- whatever brings signals: may add rows, may not read any; tickets are closed by an administrator
call cs_health._allow_api('cs_health_ingest', 'usage on schema cs_health');
call cs_health._allow('cs_health_ingest', 'event, feedback, ticket, usage, revenue_event, touchpoint', 'insert',
    'true');
