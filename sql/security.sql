-- Every role, grant and policy, nowhere else. Roles that are missing are skipped: install_roles() makes them and runs
-- this again. Without the roles there are no policies while row-level security is on, so nobody but the owner sees a
-- row.
revoke all on schema cs_health from public;
revoke all on schema cs_health_v1 from public;
revoke execute on all routines in schema cs_health_v1 from public;

-- administrators: the inputs and settings, but nothing that runs with the owner's rights
call cs_health._allow_api('cs_health_admin', 'usage on schema cs_health, cs_health_v1');
call cs_health._allow_api('cs_health_admin', 'execute on all routines in schema cs_health');
call cs_health._allow_api('cs_health_admin', 'execute on all routines in schema cs_health_v1');
call cs_health._allow_api('cs_health_admin', 'select on all tables in schema cs_health_v1');
call cs_health._allow_api('cs_health_admin', 'select on cs_health.data_incident, cs_health.override_record, '
    'cs_health.churn_prediction, cs_health.current_health, cs_health.current_stage');
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

-- the list: whoever changes a customer or an override changes what it shows of them, to nothing else
call cs_health._allow('cs_health_admin', 'shown_health', 'select', 'true');
call cs_health._allow('cs_health_admin', 'shown_health',
    'update (override_category,override_reason,override_by,override_expires_on,tenant_name,tenant_status,plan_code,'
    'segment,csm,arr,contract_ends_on)', 'true',
    'cs_health._is_shown_rightly(to_jsonb(shown_health))');

-- entitlement: what plans and add-ons cover, and what users ask for beyond that
call cs_health._allow('cs_health_admin', 'tenant_add_on', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'feature_demand', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'tenant_add_on, feature_demand', 'select', 'true');
call cs_health._allow('cs_health_csm', 'tenant_add_on, feature_demand', 'select', cs_health._own_rows());
call cs_health._allow_calls('cs_health_csm, cs_health_csm_all',
    'limit_forecast usage_forecast _usage_forecasts recommended_plan _recommended_plans _add_ons _metered '
    '_has_feature');

-- administrators: playbooks and channels, but never what a message says. What is sent, the owner's run_playbooks() and
-- the worker send.
call cs_health._allow('cs_health_admin', 'cs_playbook', 'select', 'true');
call cs_health._allow('cs_health_admin', 'cs_playbook',
    'insert (id,code,name,trigger_type,trigger_conditions,steps,auto_execute,priority,status,params,audience,'
    'exit_conditions,cooldown_days,max_new_per_day,min_coverage,include_onboarding,dry_run,created_by)',
    'created_by in (current_user, cs_health._author())');
call cs_health._allow('cs_health_admin', 'cs_playbook',
    'update (code,name,trigger_type,trigger_conditions,steps,auto_execute,priority,status,params,audience,'
    'exit_conditions,cooldown_days,max_new_per_day,min_coverage,include_onboarding,dry_run)', 'true');
call cs_health._allow('cs_health_admin', 'cs_playbook', 'delete',
    'not exists (select from cs_health.playbook_execution as e where e.playbook_id = cs_playbook.id)');
call cs_health._allow_api('cs_health_admin', 'insert, update, delete on cs_health_v1.playbooks');
call cs_health._allow('cs_health_admin', 'channel, playbook_watch, playbook_state',
    'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'playbook_execution, task, expansion_signal', 'select, insert, update',
    'true');
call cs_health._allow('cs_health_admin', 'churn_alert', 'select', 'true');
call cs_health._allow('cs_health_admin', 'in_app_message',
    'select, update (expires_at,shown_at,clicked_at,dismissed_at)', 'true');
call cs_health._allow('cs_health_admin', 'playbook_step',
    'select (tenant_id,execution_id,step_no,day,action,channel,status,due_at,planned_at,reason,edited_by,approved_by,'
    'contact_id,outbox_id,handed_at,ended_at,told_at)', 'true');
call cs_health._allow('cs_health_admin', 'playbook_step',
    'insert (tenant_id,execution_id,step_no,day,action,channel,due_at,planned_at)', 'true');
call cs_health._allow('cs_health_admin', 'playbook_step',
    'update (status,due_at,planned_at,reason,edited_by,approved_by,ended_at,told_at)', 'true');
call cs_health._allow('cs_health_admin', 'playbook_history, playbook_test, expansion_signal_change', 'select, insert',
    'true');
call cs_health._allow('cs_health_admin', 'outbox',
    'select (id,source_key,channel,kind,tenant_id,execution_id,step_no,state,attempt,requeued_at_attempt,'
    'next_attempt_at,send_before,lease_until,claimed_by,claimed_at,created_at,ended_at,last_status,'
    'last_error)', 'true');
call cs_health._allow('cs_health_admin', 'outbox',
    'insert (source_key,channel,kind,tenant_id,execution_id,step_no,payload)',
    'kind = ''channel.test'' and tenant_id is null and execution_id is null and step_no is null '
    'and payload = cs_health._channel_test(channel, payload ->> ''to'', source_key)');
call cs_health._allow('cs_health_admin', 'outbox',
    'update (state,requeued_at_attempt,next_attempt_at,send_before,lease_until,claimed_by,ended_at,last_error)',
    'true');
call cs_health._allow('cs_health_admin', 'delivery_attempt, delivery_worker, digest', 'select', 'true');

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
    'cs_health.current_claim(text), cs_health.current_csm(), cs_health.current_csms(), cs_health._current_csms(), '
    'cs_health._own_tenants(), cs_health._is_enabled(), cs_health._is_computed(uuid, text, smallint), '
    'cs_health._is_shown_rightly(jsonb), cs_health._show_change_of(uuid), cs_health._listed_csm(), '
    'cs_health._author(), '
    'cs_health._today(), cs_health._now(), cs_health._time_zone(), cs_health._require_tenant(uuid)');
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
call cs_health._allow('cs_health_csm_all', 'touchpoint', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'touchpoint',
    'insert (tenant_id,kind,direction,at,channel,actor,detail,next_step,next_step_on)',
    'actor is null or actor = cs_health._author()');
call cs_health._allow('cs_health_csm_all', 'health_override, pulse', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'health_override',
    'insert (tenant_id,category,reason,set_by,expires_on,computed_category,computed_score)',
    'set_by = cs_health._author() and cs_health._is_computed(tenant_id, computed_category, computed_score)');
call cs_health._allow('cs_health_csm_all', 'health_override', 'update (ended_at,ended_by)', 'ended_at is null',
    'ended_by = cs_health._author() and ended_at = greatest(now(), set_at)');
call cs_health._allow('cs_health_csm_all', 'pulse', 'insert (tenant_id,rating,comment,csm)',
    'csm = cs_health._author()');
call cs_health._allow('cs_health_csm_all', 'shown_health', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'shown_health',
    'update (override_category,override_reason,override_by,override_expires_on,tenant_name,tenant_status,plan_code,'
    'segment,csm,arr,contract_ends_on)', 'true',
    'cs_health._is_shown_rightly(to_jsonb(shown_health))');

-- those with their own tenants
call cs_health._allow('cs_health_csm',
    'settings, scorecard, scorecard_rule, scorecard_change, churn_model, measure, measure_check, peer_group, run, csm, '
    'plan, feature, plan_feature, plan_limit',
    'select', 'true');
call cs_health._allow('cs_health_csm', 'tenant', 'select', 'csm = any ((select cs_health.current_csms())::text[])');
call cs_health._allow('cs_health_csm', 'customer_health, contact, feedback, ticket, usage, revenue_event', 'select',
    cs_health._own_rows());
call cs_health._allow('cs_health_csm', 'touchpoint', 'select', cs_health._own_rows());
call cs_health._allow('cs_health_csm', 'touchpoint',
    'insert (tenant_id,kind,direction,at,channel,actor,detail,next_step,next_step_on)',
    cs_health._own_row() || ' and (actor is null or actor = cs_health._author())');
-- Pulses are looked up tenant by tenant for health_scores, and an array would be sorted anew for each of them.
call cs_health._allow('cs_health_csm', 'health_override, pulse', 'select', cs_health._own_row());
call cs_health._allow('cs_health_csm', 'health_override',
    'insert (tenant_id,category,reason,set_by,expires_on,computed_category,computed_score)',
    cs_health._own_row() || ' and set_by = cs_health._author() '
    'and cs_health._is_computed(tenant_id, computed_category, computed_score)');
call cs_health._allow('cs_health_csm', 'health_override', 'update (ended_at,ended_by)',
    cs_health._own_row() || ' and ended_at is null',
    cs_health._own_row() || ' and ended_by = cs_health._author() and ended_at = greatest(now(), set_at)');
call cs_health._allow('cs_health_csm', 'pulse', 'insert (tenant_id,rating,comment,csm)',
    cs_health._own_row() || ' and csm = cs_health._author()');
-- As csm = any (…), but so that the planner expects every row to pass: it would sort a CSM's customers for each page
call cs_health._allow('cs_health_csm', 'shown_health', 'select',
    'csm is not null and array_position((select cs_health.current_csms()), csm) is not null');

-- playbooks, for both: of tenants that they see, under the own name. They start, approve, edit and stop; what is sent
-- to whom, run_playbooks() decides.
call cs_health._allow('cs_health_csm_all', 'cs_playbook', 'select', 'true');
call cs_health._allow('cs_health_csm', 'cs_playbook', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'channel', 'select (code,kind,enabled,event_kinds)', 'true');
call cs_health._allow('cs_health_csm', 'channel', 'select (code,kind,enabled,event_kinds)', 'true');
call cs_health._allow_csms(
    'playbook_state, playbook_execution, playbook_step, playbook_history, playbook_test, task, in_app_message, '
    'churn_alert, expansion_signal, expansion_signal_change',
    'select', 'true');
call cs_health._allow_csms('outbox', 'select (id,tenant_id,state,attempt,next_attempt_at,last_status,last_error)',
    'true');
call cs_health._allow_csms('playbook_execution',
    'insert (tenant_id,playbook_id,playbook_name,status,created_at,created_by,started_on,triggered_as_of,trigger,steps,'
    'params,exit_conditions,dry_run,ended_at)',
    'status = ''running'' and created_at = cs_health._now() and created_by = cs_health._author() '
    'and triggered_as_of is null and ended_at is null and exists (select from cs_health.cs_playbook as p '
    'where p.id = playbook_execution.playbook_id and p.name = playbook_execution.playbook_name '
    'and p.steps = playbook_execution.steps and p.params = playbook_execution.params '
    'and (p.exit_conditions = playbook_execution.exit_conditions or playbook_execution.exit_conditions is null) '
    'and p.dry_run = playbook_execution.dry_run and p.status <> ''archived'') '
    'and exists (select from cs_health.tenant as t where t.id = playbook_execution.tenant_id '
    'and t.status in (''active'', ''trial'') and not t.holdout '
    'and playbook_execution.started_on = cs_health._first_day(t.time_zone)) '
    'and trigger = cs_health._trigger_reasons(playbook_id, tenant_id, cs_health._scored_day(tenant_id))');
call cs_health._allow_csms('playbook_execution',
    'update (status,steps,started_on,approved_at,approved_by,paused_at,ended_at,outcome)', 'true',
    'cs_health._may_become(cs_health._before(''playbook_execution'', tenant_id, id), to_jsonb(playbook_execution))');
call cs_health._allow_csms('playbook_step',
    'insert (tenant_id,execution_id,step_no,day,action,channel,due_at,planned_at)',
    -- a place below 1 would count from the end
    'step_no >= 1 and due_at = planned_at and exists (select from cs_health.playbook_execution as e '
    'join cs_health.tenant as t on t.id = e.tenant_id '
    'where e.tenant_id = playbook_step.tenant_id and e.id = playbook_step.execution_id and e.status = ''running'' '
    'and e.steps -> (playbook_step.step_no - 1) @> jsonb_build_object(''day'', playbook_step.day, '
    '''action'', playbook_step.action, ''channel'', playbook_step.channel) '
    'and playbook_step.planned_at = cs_health._step_time(t.time_zone, e.started_on, playbook_step.day))');
call cs_health._allow_csms('playbook_step',
    'update (status,due_at,planned_at,reason,edited_by,approved_by,ended_at,told_at)', 'true',
    'cs_health._may_become(cs_health._before(''playbook_step'', tenant_id, execution_id, step_no), '
    'to_jsonb(playbook_step))');
call cs_health._allow_csms('playbook_history', 'insert (tenant_id,execution_id,at,actor,step_no,action,reason)',
    'at = cs_health._now() and (actor = cs_health._author() or actor = ''engine'' and action = ''finished'' '
    'and exists (select from cs_health.playbook_execution as e where e.tenant_id = playbook_history.tenant_id '
    'and e.id = playbook_history.execution_id and e.status = ''finished''))');
call cs_health._allow_csms('playbook_state', 'update (standing,reason)', 'true',
    'standing = ''enrolled'' and reason is null and exists (select from cs_health.playbook_execution as e '
    'where e.tenant_id = playbook_state.tenant_id and e.playbook_id = playbook_state.playbook_id '
    'and e.ended_at is null)');
call cs_health._allow_csms('in_app_message', 'update (expires_at)', 'true', 'expires_at = cs_health._now()');
call cs_health._allow_csms('playbook_test', 'insert (tenant_id,execution_id,step_no,recipient,asked_at)',
    'asked_at = cs_health._now() '
    'and exists (select from cs_health.csm as c where c.email = recipient and c.disabled_at is null)');
call cs_health._allow_csms('task',
    'insert (tenant_id,source_key,kind,title,detail,assignee,due_on,execution_id,step_no,created_at)',
    'kind = ''manual'' and source_key ~ ''^manual '' and execution_id is null and created_at = cs_health._now() '
    'and due_on between cs_health._today() and cs_health._today() + 3650 '
    'and (assignee is null or cs_health._is_colleague(assignee))');
call cs_health._allow_csms('task', 'update (status,outcome,note,assignee,due_on,ended_at,ended_by)', 'true',
    'cs_health._may_become(cs_health._before(''task'', tenant_id, id), to_jsonb(task))');
call cs_health._allow_csms('expansion_signal',
    'update (status,note,changed_at,changed_by,deferred_until,won_arr)', 'true',
    'cs_health._may_move(cs_health._before(''expansion_signal'', tenant_id, id), to_jsonb(expansion_signal))');
call cs_health._allow_csms('expansion_signal_change',
    'insert (tenant_id,signal_id,before,after,note,changed_at,changed_by,deferred_until)',
    'changed_by = cs_health._author() and changed_at = cs_health._now() '
    'and before = cs_health._noted_status(tenant_id, signal_id) '
    'and exists (select from cs_health.expansion_signal as s where s.tenant_id = expansion_signal_change.tenant_id '
    'and s.id = expansion_signal_change.signal_id and s.status = after '
    'and (expansion_signal_change.deferred_until is null '
    'or expansion_signal_change.deferred_until = s.deferred_until))');

call cs_health._allow_api('cs_health_csm, cs_health_csm_all', 'select on cs_health_v1.playbooks, '
    'cs_health_v1.playbook_executions, cs_health_v1.playbook_steps, cs_health_v1.playbook_history, '
    'cs_health_v1.playbook_queue, cs_health_v1.tasks, cs_health_v1.in_app_messages, cs_health_v1.churn_alerts, '
    'cs_health_v1.expansion_signals, cs_health_v1.signal_conversion');
-- what they call, and what that calls in turn
call cs_health._allow_calls('cs_health_csm, cs_health_csm_all',
    'execute_playbook approve_execution pause_execution resume_execution cancel_execution resolve_execution '
    'baseline_tenants preview_step edit_step send_test approve_step skip_step complete_task create_task reassign_task '
    'set_signal_status');
call cs_health._allow_calls('cs_health_csm, cs_health_csm_all',
    '_require_listed _refuse_state _before _may_become _may_move _noted_status _is_signal_move _held_now '
    '_held_reason _require_playbook '
    '_require_customer _require_colleague _require_text _create_execution _lock_execution _end_execution '
    '_close_finished _first_day _step_time _scored_day _trigger_reasons _plan_steps _note _cools_down '
    '_waiting_tenants _lock_step _put_step _prepare_step _tenant_of_step _way _channel_of_kind _lock_task _open_task '
    '_next_plan _offered_plan _reasons_text _comparison_text _fact_label _fact_word');
call cs_health._allow_calls('cs_health_csm, cs_health_csm_all',
    '_assignee _present _is_colleague _recipient _slack_literal _slack_plain');
call cs_health._allow_calls('cs_health_csm, cs_health_csm_all',
    '_without_direction facts _fact_days _holds _stored_facts _tenant_facts _component_scores _stage_on '
    '_is_onboarding condition_matches _condition_days '
    '_condition_reasons');
call cs_health._allow_calls('cs_health_csm, cs_health_csm_all',
    'check_steps render_template template_fields _one_line _missing_fields _step_text _template_values _health_values '
    '_churn_values _param_values _first_name _amount_text _money_text _plan_benefits _risk_label _trend_label '
    '_tenant_link');

-- revenue and renewals, of tenants that they see
call cs_health._allow_api('cs_health_csm, cs_health_csm_all', 'select on cs_health_v1.revenue, '
    'cs_health_v1.value_at_risk, cs_health_v1.renewals, cs_health_v1.renewal_forecast');
call cs_health._allow_calls('cs_health_csm, cs_health_csm_all', 'revenue_by_month _month_number _mrr_history '
    '_revenue_sums _costliest_component _renewal_reason _date_text _category_label _risk_label _today _time_zone _now');
-- objectives and reviews, for both; the quality of data for those who see every tenant
call cs_health._allow_api('cs_health_csm, cs_health_csm_all',
    'select on cs_health_v1.objectives, cs_health_v1.disagreements, cs_health_v1.missed_churn');
call cs_health._allow_calls('cs_health_csm, cs_health_csm_all',
    'objectives churn_postmortem _objective_words _objective_trend _lead_time _alerted_leavers _healthy_share '
    '_churn_trace _trace_word _agreed_since _disagreement_action _step_reason');
call cs_health._allow_csms('playbook_missed', 'select', 'true');
call cs_health._allow('cs_health_admin', 'playbook_missed', 'select', 'true');
call cs_health._allow_api('cs_health_csm_all', 'select on cs_health_v1.data_quality');
call cs_health._allow_calls('cs_health_csm_all',
    'data_quality _quality_findings _quality_words _feed_state _revenue_faults _movement_faults');
call cs_health._allow('cs_health_csm_all', 'feed, feed_day', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'activity', 'select (tenant_id)', 'true');
call cs_health._allow('cs_health_csm_all', 'event_rejected', 'select (tenant_id,reason)', 'true');
-- journeys, for all colleagues; stages are an administrator's
call cs_health._allow('cs_health_admin', 'journey_stage', 'select, insert, update', 'true');
call cs_health._allow('cs_health_admin', 'journey_stage', 'delete', 'not builtin');
call cs_health._allow('cs_health_admin', 'journey_entry', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'journey_stage', 'select', 'true');
call cs_health._allow('cs_health_csm', 'journey_stage', 'select', 'true');
call cs_health._allow_csms('journey_entry', 'select', 'true');
call cs_health._allow_api('cs_health_csm, cs_health_csm_all', 'select on cs_health_v1.journey_stages, '
    'cs_health_v1.stalled, cs_health_v1.touchpoints, cs_health.current_stage');
call cs_health._allow_calls('cs_health_csm, cs_health_csm_all',
    'journey _journey_items _journey_events _category_changes journey_chart _chart_marks journey_funnel '
    'time_to_first_value _signed_up_between log_touchpoint _language');

-- what the dashboard's pages choose from
call cs_health._allow_api('cs_health_csm, cs_health_csm_all', 'select on cs_health_v1.segments');

-- playbooks and signals in figures; the runs
call cs_health._allow_api('cs_health_csm, cs_health_csm_all',
    'select on cs_health_v1.playbook_results, cs_health_v1.runs');
call cs_health._allow_calls('cs_health_csm, cs_health_csm_all', 'signal_pipeline _join_conditions');

-- the paths of the specification: a signal moves on, a playbook starts, once
call cs_health._allow('cs_health_admin', 'idempotency_key', 'select, insert, update', 'author = cs_health._author()');
call cs_health._allow_csms('idempotency_key', 'select', 'author = cs_health._author()');
call cs_health._allow_csms('idempotency_key', 'insert, update', 'author = cs_health._author()',
    'author = cs_health._author()');
call cs_health._allow_calls('cs_health_csm, cs_health_csm_all',
    'update_expansion_signal start_playbook _is_playbook _check_document _document_uuid _document_day _request_header '
    '_respond _refuse_existing churn_predictions expansion_signals playbook_executions tasks');

-- the dashboard: what its pages read
call cs_health._allow_api('cs_health_csm, cs_health_csm_all', 'select on cs_health_v1.tenants, cs_health_v1.contacts, '
    'cs_health_v1.colleagues, cs_health_v1.approvals, cs_health_v1.saved_segments');
call cs_health._allow_calls('cs_health_csm, cs_health_csm_all', 'whoami _asker_role _asker_language '
    '_accepted_language portfolio movers _scored_by _shown_category _change_reason _end_of _one_line _reasons_text');
call cs_health._allow('cs_health_csm_all', 'digest', 'select', 'true');
call cs_health._allow('cs_health_csm', 'digest', 'select', 'true');
call cs_health._allow_calls('cs_health_csm, cs_health_csm_all', 'digest_today _digest_items _digest_heading '
    '_digest_since _digest_tasks _digest_waiting _digest_alerts _digest_movers _digest_renewals _digest_wins '
    '_score_before _duty_roster _triggers_held');
call cs_health._allow_calls('cs_health_csm_all', 'feeds _usual_rows');
call cs_health._allow('cs_health_csm_all', 'holiday', 'select', 'true');
-- and what they change: the day of a task, filters of one's own, and whose a customer is. A CSM gives away the own
-- customers, not those of whoever is away, and only what a touchpoint of the same moment says.
call cs_health._allow_calls('cs_health_csm, cs_health_csm_all', 'snooze_task save_segment delete_segment '
    'reassign_tenants hand_over _give_tenants _hand_over_text _handing_over _require_csm');
call cs_health._allow('cs_health_admin', 'saved_segment', 'select, delete', 'true');
call cs_health._allow('cs_health_admin', 'saved_segment', 'insert (owner,page,name,query,shared,created_at), '
    'update (query,shared)', 'owner = cs_health._author()');
call cs_health._allow('cs_health_csm_all', 'saved_segment', 'select',
    '(owner = cs_health._author() or shared) and (select cs_health._is_enabled())');
call cs_health._allow('cs_health_csm', 'saved_segment', 'select',
    '(owner = cs_health._author() or shared) and (select cs_health._is_enabled())');
call cs_health._allow('cs_health_csm_all', 'saved_segment',
    'insert (owner,page,name,query,shared,created_at), update (query,shared), delete',
    'owner = cs_health._author() and (select cs_health._is_enabled())');
call cs_health._allow('cs_health_csm', 'saved_segment',
    'insert (owner,page,name,query,shared,created_at), update (query,shared), delete',
    'owner = cs_health._author() and (select cs_health._is_enabled())');
call cs_health._allow('cs_health_csm_all', 'tenant', 'update (csm)', '(select cs_health._handing_over()) ? id::text',
    '(select cs_health._handing_over()) ->> id::text = csm');
call cs_health._allow('cs_health_csm', 'tenant', 'update (csm)',
    'csm = (select cs_health.current_csm()) and csm = any ((select cs_health.current_csms())::text[]) '
    'and (select cs_health._handing_over()) ? id::text',
    '(select cs_health._handing_over()) ->> id::text = csm');
-- In the list a CSM gives away what is being handed over, before the customer is, and else changes what is shown of own
-- customers.
call cs_health._allow('cs_health_csm', 'shown_health',
    'update (override_category,override_reason,override_by,override_expires_on,tenant_name,tenant_status,plan_code,'
    'segment,csm,arr,contract_ends_on)',
    'csm is not null and array_position((select cs_health.current_csms()), csm) is not null '
    'and coalesce((select cs_health._handing_over()) ? tenant_id::text, true)',
    'case when (select cs_health._handing_over()) ->> tenant_id::text = csm then cs_health._is_shown_rightly('
    'to_jsonb(shown_health) || jsonb_build_object(''csm'', (select cs_health.current_csm()))) '
    'else csm is not null and array_position((select cs_health.current_csms()), csm) is not null '
    'and cs_health._is_shown_rightly(to_jsonb(shown_health)) end');

-- a customer's own users: the banners that are for them
call cs_health._allow_api('cs_health_tenant', 'usage on schema cs_health, cs_health_v1');
call cs_health._allow_api('cs_health_tenant', 'select on cs_health_v1.in_app_messages');
call cs_health._allow_calls('cs_health_tenant', 'in_app_shown in_app_clicked in_app_dismissed _mark_in_app '
    '_require_listed current_claim current_tenant _now whoami _asker_role current_csm');
call cs_health._allow('cs_health_tenant', 'in_app_message',
    'select (tenant_id,id,locale,title,body,link,created_at,expires_at,shown_at,clicked_at,dismissed_at)',
    'tenant_id = (select cs_health.current_tenant())');
call cs_health._allow('cs_health_tenant', 'in_app_message', 'update (shown_at,clicked_at,dismissed_at)',
    'tenant_id = (select cs_health.current_tenant())');

-- the delivery worker: the way out and nothing else
call cs_health._allow_api('cs_health_worker', 'usage on schema cs_health');
call cs_health._allow('cs_health_worker', 'channel', 'select, update (failures,closed_until,allowance_from)', 'true');
call cs_health._allow('cs_health_worker', 'outbox', 'select', 'true');
call cs_health._allow('cs_health_worker', 'outbox',
    'update (state,attempt,next_attempt_at,lease_until,claimed_by,claimed_at,ended_at,last_status,last_error)',
    'true');
call cs_health._allow('cs_health_worker', 'delivery_attempt', 'select, insert', 'true');
call cs_health._allow('cs_health_worker', 'delivery_worker', 'select, insert, update', 'true');
call cs_health._allow_calls('cs_health_worker', 'claim_outbox complete_outbox _claim_outbox _worker_poll '
    '_release_leases _worker_name _pace _failures_that_close _count_failure _retry_delay _is_hard_bounce '
    '_is_rejected_sender check_email_address _check_unsubscribe');

-- what PostgREST calls before each request
call cs_health._allow_calls('cs_health_csm, cs_health_csm_all, cs_health_tenant', 'check_request _has_role');

-- whatever brings signals: may add rows, may not read any; tickets are closed by an administrator
call cs_health._allow_api('cs_health_ingest', 'usage on schema cs_health');
call cs_health._allow('cs_health_ingest', 'event, feedback, ticket, usage, revenue_event, touchpoint', 'insert',
    'true');
