-- The interface, pinned: who changes it changes this list, and thinks of those who use it. Then the rules that every
-- object has to keep.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
begin;
set local client_min_messages = warning;
set local search_path = public, pg_catalog;

select plan(24);

-- Functions without a leading underscore: name, behaviour, arguments, result
create temp table engine (name text, behaviour text, arguments text, result text);
insert into engine values
    ('accept_incident', 'function volatile', 'measure text, day date DEFAULT NULL::date', 'integer'),
    ('activate_playbook', 'function volatile',
        'playbook_id uuid', 'TABLE(as_of date, tenants bigint, ready bigint, arr numeric, arr_at_risk numeric)'),
    ('adoption_score', 'function immutable parallel safe strict', 'used integer, available integer', 'integer'),
    ('apply_retention', 'procedure volatile', '', ''),
    ('approve_execution', 'function volatile', 'execution_id uuid', 'void'),
    ('approve_step', 'function volatile', 'execution_id uuid, step_no integer', 'void'),
    ('archive_playbook', 'function volatile', 'playbook_id uuid', 'integer'),
    ('baseline_tenants', 'function stable',
        'playbook_id uuid',
        'TABLE(tenant_id uuid, tenant text, since date, overall_score integer, category text, churn_probability real,'
        ' arr numeric, arr_at_risk numeric, obstacle text)'),
    ('brier_score', 'aggregate immutable parallel safe',
        'label boolean, probability double precision',
        'double precision'),
    ('builtin_measures', 'function immutable parallel safe',
        '',
        'TABLE(code text, "position" integer, unit text, window_days integer, description text, higher_is_better '
        'boolean, step double precision, effort double precision, watched boolean)'),
    ('calibration_error', 'aggregate immutable parallel safe',
        'label boolean, probability double precision',
        'double precision'),
    ('cancel_delivery', 'function volatile strict', 'id uuid', 'boolean'),
    ('cancel_execution', 'function volatile', 'execution_id uuid, reason text DEFAULT NULL::text', 'void'),
    ('change_parts', 'function immutable parallel safe strict',
        'measures_from real[], scorecard_from jsonb, measures_to real[], scorecard_to jsonb',
        'TABLE(cause text, component text, measure text, points numeric)'),
    ('check_condition', 'function immutable parallel safe strict',
        'condition jsonb, scope text DEFAULT ''trigger''::text', 'boolean'),
    ('check_email_address', 'function immutable parallel safe strict', 'address text', 'boolean'),
    ('check_model', 'function immutable parallel safe strict', 'model jsonb', 'boolean'),
    ('check_params', 'function immutable parallel safe strict', 'params jsonb', 'boolean'),
    ('check_request', 'function stable', '', 'void'),
    ('check_scorecard', 'function immutable parallel safe strict', 'document jsonb', 'boolean'),
    ('check_steps', 'function immutable parallel safe strict', 'steps jsonb, params jsonb', 'boolean'),
    ('churn_actions', 'function stable',
        'factors jsonb, locale text DEFAULT ''en''::text, top integer DEFAULT 3',
        'jsonb'),
    ('churn_alert_review', 'function stable',
        '"from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date, version text DEFAULT NULL::text, locale text '
        'DEFAULT NULL::text',
        'TABLE(tenant_id uuid, tenant_name text, churned_on date, outcome text, flagged_on date, days_ahead integer, '
        'highest_level text, highest_probability double precision, reason text)'),
    ('churn_drift', 'function stable',
        'as_of date DEFAULT NULL::date',
        'TABLE(measure text, psi double precision, log_odds double precision, verdict text, not_observed_then double '
        'precision, not_observed_now double precision)'),
    ('churn_factors', 'function stable',
        'measures real[], model jsonb, previous real[] DEFAULT NULL::real[], locale text DEFAULT ''en''::text, top '
        'integer DEFAULT 5',
        'jsonb'),
    ('churn_labels', 'function stable',
        'lead_days integer DEFAULT 30, horizon_days integer DEFAULT 60, every_days integer DEFAULT NULL::integer',
        'TABLE(tenant_id uuid, as_of date, churned boolean)'),
    ('churn_model_card', 'function stable',
        'version text DEFAULT NULL::text',
        'TABLE(section text, item text, value text)'),
    ('churn_model_status', 'function stable',
        '',
        'TABLE(model_version text, trained boolean, verdict text, reasons text[], remedy text)'),
    ('churn_postmortem', 'function stable',
        '"from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date, locale text DEFAULT NULL::text',
        'TABLE(tenant_id uuid, tenant_name text, csm text, churned_on date, arr_lost numeric, verdict text, '
        'reason text, alerted_on date, lead_days integer, fired jsonb, suppressed jsonb)'),
    ('churn_track', 'function stable',
        'version text DEFAULT NULL::text, days integer DEFAULT 6',
        'TABLE(as_of date, model_version text, tenants bigint, churned bigint, predicted double precision, observed '
        'double precision, auc double precision, lift_10 double precision, brier double precision, brier_base double '
        'precision, flagged bigint, flagged_churned bigint)'),
    ('claim_outbox', 'function volatile',
        'consumer text, channels text[] DEFAULT NULL::text[], max_rows integer DEFAULT 20, lease interval DEFAULT '
        '''00:01:00''::interval',
        'TABLE(id uuid, attempt integer, channel text, channel_kind text, kind text, tenant_id uuid, payload jsonb, '
        'created_at timestamp with time zone, lease_until timestamp with time zone, secret text, host text, port '
        'integer, tls text, from_address text, from_name text, unsubscribe text, timeout_seconds integer)'),
    ('close_channel', 'function volatile strict', 'code text', 'void'),
    ('compile_model', 'function stable', 'document jsonb', 'jsonb'),
    ('compile_scorecard', 'function stable', 'document jsonb', 'jsonb'),
    ('complete_outbox', 'function volatile',
        'id uuid, attempt integer, outcome text, status integer DEFAULT NULL::integer, error text DEFAULT NULL::text,'
        ' retry_after interval DEFAULT NULL::interval',
        'boolean'),
    ('complete_task', 'function volatile', 'id uuid, outcome text, note text DEFAULT NULL::text', 'void'),
    ('condition_matches', 'function immutable parallel safe strict', 'facts jsonb, condition jsonb', 'boolean'),
    ('condition_text', 'function stable strict', 'condition jsonb, locale text DEFAULT ''en''::text', 'text'),
    ('create_task', 'function volatile',
        'tenant_id uuid, title text, detail text DEFAULT NULL::text, due_on date DEFAULT NULL::date, assignee text '
        'DEFAULT NULL::text',
        'uuid'),
    ('current_claim', 'function stable parallel safe', 'name text', 'text'),
    ('current_csm', 'function stable parallel safe', '', 'text'),
    ('current_csms', 'function stable', '', 'text[]'),
    ('current_tenant', 'function stable parallel safe', '', 'uuid'),
    ('data_quality', 'function stable',
        '',
        'TABLE(code text, severity text, count bigint, examples text[], finding text, remedy text)'),
    ('delete_segment', 'function volatile', 'id uuid', 'void'),
    ('delivery_status', 'function volatile',
        '',
        'TABLE(channel text, kind text, enabled boolean, pending bigint, in_flight bigint, dead bigint, oldest '
        'timestamp with time zone, p95_seconds double precision, failures integer, closed_until timestamp with time '
        'zone, problem text)'),
    ('digest_today', 'function stable', '', 'TABLE(section text, line text, place bigint, total bigint)'),
    ('disable_colleague', 'function volatile', 'email text', 'boolean'),
    ('doctor', 'function stable', '', 'TABLE(item text, status text, detail text, remedy text)'),
    ('edit_step', 'function volatile',
        'execution_id uuid, step_no integer, subject text DEFAULT NULL::text, body text DEFAULT NULL::text', 'void'),
    ('enable_colleague', 'function volatile', 'email text', 'boolean'),
    ('end_override', 'function volatile', 'tenant_id uuid', 'boolean'),
    ('engagement_score', 'function immutable parallel safe strict',
        'avg_dau double precision, mau double precision',
        'integer'),
    ('enrol_existing', 'function volatile', 'playbook_id uuid, max_tenants integer', 'integer'),
    ('execute_playbook', 'function volatile', 'playbook_id uuid, tenant_id uuid, note text DEFAULT NULL::text', 'uuid'),
    ('explain_change', 'function stable',
        'tenant_id uuid, "from" date, "to" date, locale text DEFAULT NULL::text',
        'TABLE(rank integer, cause text, component text, measure text, value_from double precision, value_to double '
        'precision, unit text, window_days integer, points numeric, reason text)'),
    ('explain_prediction', 'function stable',
        'tenant_id uuid, as_of date DEFAULT NULL::date',
        'TABLE(feature text, value double precision, baseline double precision, contribution double precision, '
        'reason text)'),
    ('facts', 'function stable', 'tenant_id uuid, as_of date DEFAULT NULL::date', 'jsonb'),
    ('feature_key', 'function immutable parallel safe strict', 'secret bytea, feature text', 'bigint'),
    ('feature_usage', 'function stable',
        'tenant_id uuid, as_of date',
        'TABLE(feature text, users bigint, events bigint, last_used_on date)'),
    ('feeds', 'function stable',
        '',
        'TABLE(feed text, description text, state text, last_on date, window_days integer, rows bigint, usual'
        ' double precision, tenants bigint)'),
    ('fold_events', 'procedure volatile',
        'IN until timestamp with time zone DEFAULT NULL::timestamp with time zone',
        ''),
    ('folded_at', 'function stable', '', 'timestamp with time zone'),
    ('forget_contact', 'function volatile', 'tenant_id uuid, email text', 'bigint'),
    ('forget_tenant', 'function volatile', 'tenant_id uuid', 'bigint'),
    ('forget_user', 'function volatile', 'tenant_id uuid, user_id text', 'bigint'),
    ('growth_score', 'function immutable parallel safe strict',
        'current double precision, previous double precision',
        'integer'),
    ('hand_over', 'function volatile',
        'from_csm text, to_csm text, segment text DEFAULT NULL::text',
        'TABLE(tenants bigint, tasks bigint)'),
    ('health_category', 'function immutable parallel safe strict', 'score integer', 'text'),
    ('health_id', 'function immutable parallel safe strict', 'tenant_id uuid, as_of date', 'uuid'),
    ('health_now', 'function stable', 'tenant_id uuid', 'cs_health.health_row'),
    ('health_trend', 'function immutable parallel safe strict', 'scores smallint[]', 'text'),
    ('in_app_clicked', 'function volatile', 'id uuid', 'void'),
    ('in_app_dismissed', 'function volatile', 'id uuid', 'void'),
    ('in_app_messages', 'function stable',
        'tenant_id uuid',
        'TABLE(id uuid, locale text, title text, body text, link text, created_at timestamp with time zone, '
        'expires_at timestamp with time zone, shown_at timestamp with time zone)'),
    ('in_app_shown', 'function volatile', 'id uuid', 'void'),
    ('install', 'procedure volatile', '', ''),
    ('install_roles', 'procedure volatile', '', ''),
    ('journey', 'function stable',
        'tenant_id uuid, before timestamp with time zone DEFAULT NULL::timestamp with time zone, before_id '
        'text DEFAULT NULL::text, "limit" integer DEFAULT 50',
        'SETOF cs_health.journey_item'),
    ('journey_chart', 'function stable',
        'tenant_id uuid, "from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date',
        'jsonb'),
    ('journey_funnel', 'function stable',
        '"from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date',
        'TABLE(stage text, name text, place integer, sign_ups bigint, reached bigint, share double precision,'
        ' median_days double precision, days_unknown bigint, in_it_now bigint)'),
    ('lift_at', 'aggregate immutable parallel safe',
        'label boolean, score double precision, fraction double precision',
        'double precision'),
    ('limit_forecast', 'function immutable parallel safe strict',
        'days integer[], used double precision[], limit_value double precision, horizon_days integer DEFAULT '
        '365, OUT growth_per_day double precision, OUT days_to_limit integer, OUT days_from integer, OUT '
        'days_until integer, OUT points integer, OUT used_at_90 double precision',
        'record'),
    ('log_loss', 'aggregate immutable parallel safe',
        'label boolean, probability double precision',
        'double precision'),
    ('log_touchpoint', 'function volatile',
        'tenant_id uuid, kind text, detail text, direction text DEFAULT NULL::text, at timestamp with time '
        'zone DEFAULT NULL::timestamp with time zone, channel text DEFAULT NULL::text, next_step text DEFAULT'
        ' NULL::text, next_step_on date DEFAULT NULL::date',
        'uuid'),
    ('logit_explain', 'function immutable parallel safe strict',
        'x double precision[], model jsonb', 'SETOF cs_health.logit_part'),
    ('logit_fit', 'function stable',
        'source text, l2 double precision DEFAULT 0, max_iterations integer DEFAULT 50, tolerance double precision '
        'DEFAULT 0.0000000001',
        'cs_health.logit_result'),
    ('logit_probability', 'function immutable parallel safe strict',
        'x double precision[], model jsonb', 'double precision'),
    ('make_demo', 'procedure volatile',
        'IN tenants integer DEFAULT 2000, IN days integer DEFAULT 180, IN seed bigint DEFAULT 1',
        ''),
    ('movements_from_mrr', 'function stable',
        'day date, source text',
        'TABLE(tenant_id uuid, occurred_on date, kind text, mrr_change numeric)'),
    ('movers', 'function stable',
        'days integer DEFAULT 7, max_rows integer DEFAULT 10, of_csm text DEFAULT NULL::text, of_segment text'
        ' DEFAULT NULL::text',
        'TABLE(tenant_id uuid, tenant_name text, csm text, arr numeric, score_from integer, score_to integer,'
        ' change integer, category_from text, category_to text, reason text, day_from date, day_to date)'),
    ('nps', 'aggregate immutable parallel safe', 'score integer', 'double precision'),
    ('objectives', 'function stable',
        'locale text DEFAULT NULL::text',
        'TABLE(objective text, title text, unit text, target_low numeric, target_high numeric, benchmark '
        'text, today numeric, last_month numeric, trend text, reached boolean, formula text, excluded text, '
        'sample bigint, as_of date)'),
    ('open_channel', 'function volatile strict', 'code text', 'void'),
    ('opt_out', 'function volatile', 'email text', 'integer'),
    ('opt_out_delivery', 'function volatile', 'id uuid', 'integer'),
    ('overall_score', 'function immutable parallel safe',
        'engagement integer, adoption integer, satisfaction integer, support integer, growth integer',
        'integer'),
    ('override_health', 'function volatile', 'tenant_id uuid, category text, reason text, expires_on date', 'uuid'),
    ('pause_execution', 'function volatile', 'execution_id uuid, reason text DEFAULT NULL::text', 'void'),
    ('pause_playbook', 'function volatile', 'playbook_id uuid', 'void'),
    ('playbook_by_code', 'function stable', 'code text', 'uuid'),
    ('portfolio', 'function stable',
        'of_csm text DEFAULT NULL::text, of_segment text DEFAULT NULL::text',
        'TABLE(category text, tenants bigint, arr numeric, arr_at_risk numeric, tenants_30_days_ago bigint)'),
    ('pr_auc', 'aggregate immutable parallel safe', 'label boolean, score double precision', 'double precision'),
    ('presence_add', 'function immutable parallel safe',
        'pack bytea, user_key bigint, feature_key bigint, day date, logins integer DEFAULT 0, minutes double '
        'precision DEFAULT 0, events integer DEFAULT 1',
        'bytea'),
    ('presence_agg', 'aggregate immutable parallel safe',
        'user_key bigint, feature_key bigint, day date, logins integer, minutes double precision, events integer',
        'bytea'),
    ('presence_forget', 'function immutable parallel safe strict', 'pack bytea, user_key bigint', 'bytea'),
    ('presence_merge', 'function immutable parallel safe strict', 'a bytea, b bytea', 'bytea'),
    ('presence_segments', 'function immutable parallel safe strict',
        'pack bytea, segments integer',
        'TABLE(segment integer, segment_pack bytea)'),
    ('presence_size', 'function immutable parallel safe strict', 'pack bytea', 'bigint'),
    ('presence_stats', 'function immutable parallel safe strict',
        'pack bytea, as_of date',
        'cs_health.presence_stats'),
    ('preview_step', 'function stable',
        'execution_id uuid, step_no integer',
        'TABLE(channel text, recipient text, subject text, body text, missing text[], due_at timestamp with time '
        'zone)'),
    ('publish_model', 'function volatile',
        'version text, force boolean DEFAULT false',
        'text'),
    ('publish_scorecard', 'function volatile', 'code text', 'integer'),
    ('reassign_task', 'function volatile', 'id uuid, assignee text', 'void'),
    ('reassign_tenants', 'function volatile', 'tenants uuid[], csm text', 'integer'),
    ('recalculate', 'procedure volatile',
        'IN as_of date DEFAULT NULL::date, IN slice integer DEFAULT 0, IN slices integer DEFAULT 1, IN rescore '
        'boolean DEFAULT false',
        ''),
    ('recalculate_tenant', 'function volatile', 'tenant_id uuid', 'cs_health.health_row'),
    ('recommended_action', 'function immutable parallel safe strict',
        'category text, locale text DEFAULT ''en''::text',
        'text'),
    ('recommended_plan', 'function stable',
        'tenant_id uuid, metric text DEFAULT NULL::text, need numeric DEFAULT NULL::numeric, feature text '
        'DEFAULT NULL::text',
        'TABLE(motion text, plan_code text, monthly_gain numeric)'),
    ('record_pulse', 'function volatile', 'tenant_id uuid, rating integer, comment text DEFAULT NULL::text', 'uuid'),
    ('register_measure', 'function volatile',
        'code text, unit text, description text, query text DEFAULT NULL::text, window_days integer DEFAULT 0, '
        'higher_is_better boolean DEFAULT NULL::boolean',
        'integer'),
    ('release_rejected', 'function volatile', 'only_reason text DEFAULT NULL::text', 'bigint'),
    ('remove_stage', 'function volatile', 'code text', 'boolean'),
    ('render_template', 'function immutable parallel safe strict',
        'template text, fields jsonb, escape text DEFAULT ''text''::text', 'text'),
    ('replay', 'procedure volatile',
        'IN "from" date, IN "to" date DEFAULT NULL::date, IN rescore boolean DEFAULT false',
        ''),
    ('requeue', 'function volatile strict', 'id uuid', 'boolean'),
    ('requeue_channel', 'function volatile strict', 'code text', 'integer'),
    ('resolve_execution', 'function volatile', 'execution_id uuid, outcome text DEFAULT ''resolved''::text', 'void'),
    ('resume_execution', 'function volatile', 'execution_id uuid', 'void'),
    ('retrace_journeys', 'procedure volatile', 'IN "from" date DEFAULT NULL::date', ''),
    ('revenue_by_month', 'function stable',
        '"from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date',
        'TABLE(month date, mrr_start numeric, new numeric, reactivation numeric, expansion numeric, '
        'contraction numeric, churn numeric, mrr_end numeric, customers_start bigint, customers_new bigint, '
        'customers_reactivated bigint, customers_churned bigint, customers_end bigint, cohort_customers '
        'bigint, nrr_12m double precision, grr_12m double precision, logo_churn_12m double precision, '
        'revenue_churn_12m double precision, expansion_rate_12m double precision)'),
    ('risk_level', 'function immutable parallel safe strict', 'probability double precision, model jsonb', 'text'),
    ('roc_auc', 'aggregate immutable parallel safe', 'label boolean, score double precision', 'double precision'),
    ('rollback_model', 'function volatile',
        '',
        'text'),
    ('rollback_scorecard', 'function volatile', 'code text', 'integer'),
    ('run_due', 'procedure volatile', '', ''),
    ('run_playbooks', 'procedure volatile', '', ''),
    ('satisfaction_score', 'function immutable parallel safe',
        'nps double precision, csat double precision, review double precision',
        'integer'),
    ('save_scorecard', 'function volatile', 'document jsonb', 'integer'),
    ('save_segment', 'function volatile', 'name text, page text, query jsonb, shared boolean DEFAULT false', 'uuid'),
    ('save_stage', 'function volatile',
        'code text, name_en text, name_es text, place integer, entry_conditions jsonb, expected_days integer '
        'DEFAULT NULL::integer, exit_conditions jsonb DEFAULT NULL::jsonb',
        'void'),
    ('schedule', 'function volatile', 'cron text DEFAULT ''0 3 * * *''::text', 'void'),
    ('score', 'function immutable parallel safe strict',
        'measures real[], scorecard jsonb',
        'cs_health.health_result'),
    ('score_breakdown', 'function immutable parallel safe strict', 'measures real[], scorecard jsonb', 'jsonb'),
    ('score_interval', 'function immutable parallel safe strict', 'measures real[], scorecard jsonb', 'integer[]'),
    ('score_reasons', 'function immutable parallel safe',
        'score_breakdown jsonb, locale text DEFAULT ''en''::text',
        'TABLE(rank integer, component text, score integer, points_lost numeric, reason text)'),
    ('score_text', 'function immutable parallel safe strict', 'score integer, score_interval integer[]', 'text'),
    ('score_trial', 'function stable',
        '"from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date, horizon_days integer DEFAULT 90',
        'TABLE(scorecard text, version integer, tenant_days bigint, judged_days bigint, leaving_days bigint, auc '
        'double precision, bottom_decile_lift double precision, left_tenants bigint, left_while_healthy bigint, '
        'median_lead_days double precision)'),
    ('scorecard_document', 'function stable', 'code text, version integer DEFAULT NULL::integer', 'jsonb'),
    ('scorecard_preview', 'function stable',
        'document jsonb, "from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date, horizon_days integer DEFAULT 90',
        'TABLE(section text, item text, before numeric, after numeric)'),
    ('send_digests', 'function volatile', '', 'integer'),
    ('send_test', 'function volatile', 'execution_id uuid, step_no integer, recipient text DEFAULT NULL::text', 'void'),
    ('set_retention', 'function volatile', 'table_name text, keep_days integer', 'void'),
    ('set_signal_status', 'function volatile',
        'id uuid, status text, note text DEFAULT NULL::text, deferred_until date DEFAULT NULL::date, won_arr '
        'numeric DEFAULT NULL::numeric',
        'void'),
    ('simulate_playbook', 'function stable',
        'playbook_id uuid, "from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date',
        'TABLE(day date, tenant_id uuid, tenant text, outcome text, reason text)'),
    ('simulate_playbook_days', 'function stable',
        'playbook_id uuid, "from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date',
        'TABLE(day date, baseline bigint, entered bigint, waiting bigint, held bigint, "left" bigint, exited bigint, '
        'finished bigint)'),
    ('skip_step', 'function volatile', 'execution_id uuid, step_no integer, reason text', 'void'),
    ('snooze_task', 'function volatile', 'id uuid, until date, reason text DEFAULT NULL::text', 'void'),
    ('start_playbook', 'function volatile',
        'playbook_id uuid, tenant_id uuid, idempotency_key text DEFAULT NULL::text',
        'jsonb'),
    ('stop_scorecard', 'function volatile',
        'segment text DEFAULT NULL::text, plan_code text DEFAULT NULL::text',
        'boolean'),
    ('support_score', 'function immutable parallel safe strict', 'open_tickets integer', 'integer'),
    ('template_fields', 'function immutable parallel safe strict', 'template text', 'text[]'),
    ('tenant_measures', 'function stable',
        'tenant_id uuid, as_of date',
        'TABLE(measure text, value double precision)'),
    ('test_channel', 'function volatile', 'code text, recipient text DEFAULT NULL::text', 'uuid'),
    ('test_measure', 'function volatile', 'query text, as_of date DEFAULT NULL::date',
        'TABLE(tenants bigint, unknown_tenants bigint, empty_rows bigint, repeated_tenants bigint, impossible_values '
        'bigint, minimum double precision, median double precision, maximum double precision, problem text)'),
    ('time_to_first_value', 'function stable',
        '"from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date',
        'TABLE(sign_ups bigint, reached bigint, share double precision, median_days double precision, '
        'slow_days double precision, waiting bigint)'),
    ('to_vector', 'function immutable parallel safe strict', 'measures double precision[]', 'real[]'),
    ('train_churn_model', 'procedure volatile',
        'IN lead_days integer DEFAULT 30, IN horizon_days integer DEFAULT 60, IN features text[] DEFAULT '
        'NULL::text[], IN labels text DEFAULT NULL::text, IN l2 double precision DEFAULT 1, IN version text DEFAULT '
        'NULL::text',
        ''),
    ('uninstall', 'procedure volatile', 'IN drop_data boolean DEFAULT false', ''),
    ('unschedule', 'function volatile', '', 'integer'),
    ('usage_forecast', 'function stable',
        'tenant_id uuid, as_of date DEFAULT NULL::date',
        'TABLE(metric text, used numeric, limit_value numeric, usage_ratio numeric, measured_at timestamp '
        'with time zone, growth_per_day double precision, hit_on date, hit_from date, hit_until date, '
        'used_at_90 double precision, points integer)'),
    ('use_scorecard', 'function volatile',
        'code text, version integer DEFAULT NULL::integer, segment text DEFAULT NULL::text, plan_code text DEFAULT '
        'NULL::text',
        'integer'),
    ('user_key', 'function immutable parallel safe strict', 'secret bytea, tenant_id uuid, user_id text', 'bigint'),
    ('version', 'function immutable parallel safe', '', 'text'),
    ('what_if', 'function stable strict', 'measures real[], changes jsonb', 'real[]'),
    ('what_would_help', 'function stable',
        'measures real[], scorecard jsonb, options integer DEFAULT 3',
        'TABLE(option integer, overall_score integer, category text, effort real, changes jsonb)'),
    ('what_would_help', 'function stable',
        'tenant_id uuid, locale text DEFAULT NULL::text',
        'TABLE(option integer, overall_score integer, category text, effort real, changes jsonb, sentence text)');

create temp table api (name text, behaviour text, arguments text, result text);
insert into api values
    ('accept_incident', 'function volatile', 'measure text, day date', 'void'),
    ('activate_playbook', 'function volatile',
        'playbook uuid', 'TABLE(as_of date, tenants bigint, ready bigint, arr numeric, arr_at_risk numeric)'),
    ('approve_execution', 'function volatile', 'execution uuid', 'void'),
    ('approve_step', 'function volatile', 'execution uuid, step integer', 'void'),
    ('archive_playbook', 'function volatile', 'playbook uuid', 'integer'),
    ('baseline_tenants', 'function stable',
        'playbook uuid',
        'TABLE(tenant_id uuid, tenant text, since date, overall_score integer, category text, churn_probability real,'
        ' arr numeric, arr_at_risk numeric, obstacle text)'),
    ('cancel_execution', 'function volatile', 'execution uuid, reason text DEFAULT NULL::text', 'void'),
    ('churn_alert_review', 'function stable',
        '"from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date',
        'TABLE(tenant_id uuid, tenant_name text, churned_on date, outcome text, flagged_on date, days_ahead integer, '
        'highest_level text, highest_probability double precision, reason text)'),
    ('churn_model_card', 'function stable',
        '',
        'TABLE(section text, item text, value text)'),
    ('churn_predictions', 'function stable',
        'health_score cs_health_v1.health_scores',
        'SETOF cs_health_v1.churn_predictions'),
    ('complete_task', 'function volatile', 'task uuid, outcome text, note text DEFAULT NULL::text', 'void'),
    ('create_playbook', 'function volatile', 'playbook jsonb', 'cs_health_v1.playbooks'),
    ('create_task', 'function volatile',
        'tenant uuid, title text, detail text DEFAULT NULL::text, due_on date DEFAULT NULL::date, assignee text '
        'DEFAULT NULL::text',
        'uuid'),
    ('delete_segment', 'function volatile', 'segment uuid', 'void'),
    ('digest_today', 'function stable', '', 'TABLE(section text, line text, place bigint, total bigint)'),
    ('edit_step', 'function volatile',
        'execution uuid, step integer, subject text DEFAULT NULL::text, body text DEFAULT NULL::text', 'void'),
    ('end_override', 'function volatile', 'tenant uuid', 'boolean'),
    ('enrol_existing', 'function volatile', 'playbook uuid, max_tenants integer', 'integer'),
    ('execute_playbook', 'function volatile', 'playbook uuid, tenant uuid, note text DEFAULT NULL::text', 'uuid'),
    ('expansion_signals', 'function stable',
        'health_score cs_health_v1.health_scores',
        'SETOF cs_health_v1.expansion_signals'),
    ('explain_change', 'function stable',
        'tenant uuid, "from" date, "to" date',
        'TABLE(rank integer, cause text, component text, measure text, value_from double precision, value_to double '
        'precision, unit text, window_days integer, points numeric, reason text)'),
    ('explain_prediction', 'function stable',
        'tenant uuid, as_of date DEFAULT NULL::date',
        'TABLE(feature text, value double precision, baseline double precision, contribution double precision, '
        'reason text)'),
    ('feeds', 'function stable',
        '',
        'TABLE(feed text, description text, state text, last_on date, window_days integer, rows bigint, usual'
        ' double precision, tenants bigint)'),
    ('hand_over', 'function volatile',
        'from_csm text, to_csm text, segment text DEFAULT NULL::text',
        'TABLE(tenants bigint, tasks bigint)'),
    ('health_score_history', 'function stable',
        'tenant uuid, "from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date, max_rows integer DEFAULT 400',
        'TABLE(as_of date, overall_score integer, engagement_score integer, adoption_score integer, '
        'satisfaction_score integer, support_score integer, growth_score integer, category text, trend text, '
        'coverage real, score_breakdown jsonb, churn_probability numeric, calculated_at timestamp with time '
        'zone, provisional boolean, scorecard text, scorecard_version integer, computed_category text)'),
    ('in_app_clicked', 'function volatile', 'message uuid', 'void'),
    ('in_app_dismissed', 'function volatile', 'message uuid', 'void'),
    ('in_app_shown', 'function volatile', 'message uuid', 'void'),
    ('journey', 'function stable',
        'tenant uuid, before timestamp with time zone DEFAULT NULL::timestamp with time zone, before_id text '
        'DEFAULT NULL::text, "limit" integer DEFAULT 50',
        'TABLE(at timestamp with time zone, id text, source text, kind text, direction text, channel text, '
        'actor text, title text, detail text, links jsonb)'),
    ('journey_chart', 'function stable',
        'tenant uuid, "from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date',
        'jsonb'),
    ('journey_funnel', 'function stable',
        '"from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date',
        'TABLE(stage text, name text, place integer, sign_ups bigint, reached bigint, share double precision,'
        ' median_days double precision, days_unknown bigint, in_it_now bigint)'),
    ('log_touchpoint', 'function volatile',
        'tenant uuid, kind text, detail text, direction text DEFAULT NULL::text, at timestamp with time zone '
        'DEFAULT NULL::timestamp with time zone, channel text DEFAULT NULL::text, next_step text DEFAULT '
        'NULL::text, next_step_on date DEFAULT NULL::date',
        'uuid'),
    ('movers', 'function stable',
        'days integer DEFAULT 7, max_rows integer DEFAULT 10, csm text DEFAULT NULL::text, segment text '
        'DEFAULT NULL::text',
        'TABLE(tenant_id uuid, tenant_name text, csm text, arr numeric, score_from integer, score_to integer,'
        ' change integer, category_from text, category_to text, reason text, day_from date, day_to date)'),
    ('override_health', 'function volatile', 'tenant uuid, category text, reason text, expires_on date', 'uuid'),
    ('pause_execution', 'function volatile', 'execution uuid, reason text DEFAULT NULL::text', 'void'),
    ('pause_playbook', 'function volatile', 'playbook uuid', 'void'),
    ('playbook_executions', 'function stable',
        'health_score cs_health_v1.health_scores',
        'SETOF cs_health_v1.playbook_executions'),
    ('portfolio', 'function stable',
        'csm text DEFAULT NULL::text, segment text DEFAULT NULL::text',
        'TABLE(category text, tenants bigint, arr numeric, arr_at_risk numeric, tenants_30_days_ago bigint)'),
    ('preview_activation', 'function stable',
        'playbook uuid',
        'TABLE(as_of date, tenants bigint, arr numeric, arr_at_risk numeric, largest jsonb)'),
    ('preview_step', 'function stable',
        'execution uuid, step integer',
        'TABLE(channel text, recipient text, subject text, body text, missing text[], due_at timestamp with time '
        'zone)'),
    ('reassign_task', 'function volatile', 'task uuid, assignee text', 'void'),
    ('reassign_tenants', 'function volatile', 'tenants uuid[], csm text', 'integer'),
    ('record_pulse', 'function volatile', 'tenant uuid, rating integer, comment text DEFAULT NULL::text', 'uuid'),
    ('requeue_channel', 'function volatile', 'channel text', 'integer'),
    ('requeue_delivery', 'function volatile', 'delivery uuid', 'void'),
    ('resolve_execution', 'function volatile', 'execution uuid, outcome text DEFAULT ''resolved''::text', 'void'),
    ('resume_execution', 'function volatile', 'execution uuid', 'void'),
    ('save_segment', 'function volatile', 'name text, page text, query jsonb, shared boolean DEFAULT false', 'uuid'),
    ('send_test', 'function volatile', 'execution uuid, step integer', 'void'),
    ('set_signal_status', 'function volatile',
        'signal uuid, status text, note text DEFAULT NULL::text, deferred_until date DEFAULT NULL::date, '
        'won_arr numeric DEFAULT NULL::numeric',
        'void'),
    ('signal_pipeline', 'function stable',
        'signal_type text DEFAULT NULL::text, motion text DEFAULT NULL::text, csm text DEFAULT NULL::text',
        'TABLE(status text, signals bigint, held bigint, potential_arr numeric, won_arr numeric)'),
    ('simulate_playbook', 'function stable',
        'playbook uuid, "from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date',
        'TABLE(day date, tenant_id uuid, tenant text, outcome text, reason text)'),
    ('simulate_playbook_days', 'function stable',
        'playbook uuid, "from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date',
        'TABLE(day date, baseline bigint, entered bigint, waiting bigint, held bigint, "left" bigint, exited bigint, '
        'finished bigint)'),
    ('skip_step', 'function volatile', 'execution uuid, step integer, reason text', 'void'),
    ('snooze_task', 'function volatile', 'task uuid, until date, reason text DEFAULT NULL::text', 'void'),
    ('start_playbook', 'function volatile', 'playbook uuid, request jsonb', 'jsonb'),
    ('tasks', 'function stable', 'health_score cs_health_v1.health_scores', 'SETOF cs_health_v1.tasks'),
    ('time_to_first_value', 'function stable',
        '"from" date DEFAULT NULL::date, "to" date DEFAULT NULL::date',
        'TABLE(sign_ups bigint, reached bigint, share double precision, median_days double precision, '
        'slow_days double precision, waiting bigint)'),
    ('update_expansion_signal', 'function volatile', 'signal uuid, change jsonb', 'cs_health_v1.expansion_signals'),
    ('what_would_help', 'function stable',
        'tenant uuid',
        'TABLE(option integer, overall_score integer, category text, effort real, changes jsonb, sentence text)'),
    ('whoami', 'function stable',
        '',
        'TABLE(email text, name text, role text, locale text, today date, scored_through date, currency text,'
        ' time_zone text)');

create function pg_temp.functions(of_schema text)
returns table (name text, behaviour text, arguments text, result text) language sql as $$
    select p.proname::text, concat_ws(' ', case p.prokind when 'f' then 'function' when 'a' then 'aggregate'
            when 'p' then 'procedure' else 'window' end,
        case p.provolatile when 'i' then 'immutable' when 's' then 'stable' else 'volatile' end,
        case p.proparallel when 's' then 'parallel safe' end, case when p.proisstrict then 'strict' end),
        pg_get_function_arguments(p.oid), coalesce(pg_get_function_result(p.oid), '')
    from pg_proc as p where p.pronamespace = of_schema::regnamespace and p.proname !~ '^_'
$$;
select bag_eq($$select * from pg_temp.functions('cs_health')$$, 'select * from engine', 'functions of cs_health');
select bag_eq($$select * from pg_temp.functions('cs_health_v1')$$, 'select * from api', 'functions of cs_health_v1');
select bag_eq(
    $$select c.relname::text from pg_class as c
        where c.relnamespace = 'cs_health_v1'::regnamespace and c.relkind <> 'c'$$,
    $$values ('approvals'), ('channel_status'), ('churn_alerts'), ('churn_model_status'), ('churn_predictions'),
        ('colleagues'), ('contacts'), ('data_incidents'), ('data_quality'), ('deliveries'), ('delivery_workers'),
        ('disagreements'), ('expansion_signals'), ('health_scores'), ('in_app_messages'), ('journey_stages'),
        ('missed_churn'), ('objectives'), ('override_accuracy'), ('override_record'), ('playbook_executions'),
        ('playbook_history'), ('playbook_queue'), ('playbook_results'), ('playbook_steps'), ('playbooks'),
        ('pulses'), ('renewal_forecast'), ('renewals'), ('revenue'), ('runs'), ('saved_segments'),
        ('scorecard_marks'), ('segments'), ('signal_conversion'), ('stalled'), ('tasks'), ('tenants'),
        ('touchpoints'), ('value_at_risk')$$,
    'views of cs_health_v1');
select bag_eq(
    $$select c.relname::text from pg_class as c
        where c.relnamespace = 'cs_health'::regnamespace and c.relkind in ('v', 'm')$$,
    $$values ('churn_prediction'), ('current_health'), ('current_stage'), ('data_incident'), ('health_to_show'),
        ('override_record')$$,
    'views of cs_health');
select bag_eq(
    $$select c.relname::text from pg_class as c where c.relnamespace = 'cs_health'::regnamespace
        and c.relkind in ('r', 'p') and not c.relispartition$$,
    $$values ('activity'), ('channel'), ('churn_alert'), ('churn_model'), ('churn_model_change'), ('contact'),
        ('cs_playbook'), ('csm'), ('customer_health'), ('delivery_attempt'), ('delivery_worker'), ('digest'),
        ('event'), ('event_rejected'), ('expansion_signal'), ('expansion_signal_change'), ('feature'),
        ('feature_activity'), ('feature_demand'), ('feed'), ('feed_day'), ('feedback'), ('fold'), ('hash_secret'),
        ('health_override'), ('holiday'), ('idempotency_key'), ('in_app_message'), ('installed_part'),
        ('journey_entry'), ('journey_stage'), ('measure'), ('measure_check'), ('measure_value'), ('outbox'),
        ('peer_group'), ('plan'), ('plan_feature'), ('plan_limit'), ('playbook_execution'), ('playbook_history'),
        ('playbook_missed'), ('playbook_state'), ('playbook_step'), ('playbook_test'), ('playbook_watch'),
        ('pulse'), ('replaying'), ('retention'), ('revenue_event'), ('run'), ('run_batch'), ('saved_segment'),
        ('scorecard'), ('scorecard_change'), ('scorecard_rule'), ('settings'), ('shown_health'), ('task'), ('tenant'),
        ('tenant_add_on'), ('ticket'), ('touchpoint'), ('usage')$$,
    'tables of cs_health');
select bag_eq(
    $$select t.typname::text from pg_type as t join pg_class as c on c.oid = t.typrelid
        where t.typnamespace = 'cs_health'::regnamespace and c.relkind = 'c'$$,
    $$values ('_prepared_step'), ('health_result'), ('health_row'), ('journey_item'), ('logit_part'),
        ('logit_result'), ('presence_stats'), ('retention_rule')$$,
    'row types of cs_health');

create temp table routine as
select p.oid, p.proname, p.oid::regprocedure::text as name, l.lanname, p.prosecdef, p.proacl, p.proconfig, p.prosrc
from pg_proc as p join pg_language as l on l.oid = p.prolang
where p.pronamespace in ('cs_health'::regnamespace, 'cs_health_v1'::regnamespace);

create temp table relation as
select c.oid, c.relname, c.oid::regclass::text as name, c.relkind, c.relispartition, c.relrowsecurity, c.reloptions
from pg_class as c
where c.relnamespace in ('cs_health'::regnamespace, 'cs_health_v1'::regnamespace)
    and c.relkind in ('r', 'p', 'v', 'm', 'f');

-- Everything says what it is for
select is((select string_agg(r.name, ', ') from routine as r
        where r.proname !~ '^_' and obj_description(r.oid, 'pg_proc') is null), null,
    'every public function has a comment');
select is((select string_agg(r.name, ', ') from relation as r
        where not r.relispartition and obj_description(r.oid, 'pg_class') is null), null,
    'every table and view has a comment');
select is((select string_agg(format('%s.%s', r.name, a.attname), ', ' order by r.name, a.attnum) from relation as r
        join pg_attribute as a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
        where r.relkind = 'v' and col_description(r.oid, a.attnum) is null), null,
    'every column of the API has a comment');
select is((select string_agg(t.typname, ', ') from pg_type as t join pg_class as c on c.oid = t.typrelid
        where t.typnamespace = 'cs_health'::regnamespace and c.relkind = 'c'
            and obj_description(t.oid, 'pg_type') is null), null, 'every type has a comment');
select isnt(obj_description('cs_health_v1'::regnamespace, 'pg_namespace'), null, 'the API''s schema has a comment');
select is((select string_agg(c.conname, ', ') from pg_constraint as c join relation as r on r.oid = c.conrelid
        where c.contype = 'c' and c.conname ~ '_check\d*$'), null, 'every check has a name that says what it checks');

-- Rights
select is((select string_agg(r.name, ', ') from routine as r
        where r.proacl is null or exists (select from aclexplode(r.proacl) as a where a.grantee = 0)), null,
    'nobody but the owner may execute anything');
select is((select string_agg(r.name, ', ') from relation as r join pg_class as c on c.oid = r.oid
        cross join lateral aclexplode(c.relacl) as a where a.grantee = 0), null, 'and everybody may read nothing');
select is((select string_agg(n.nspname, ', ') from pg_namespace as n
        where n.nspname ~ '^cs_health' and (has_schema_privilege('public', n.oid, 'usage')
            or has_schema_privilege('public', n.oid, 'create'))), null, 'the schemas are closed to everybody');
select is((select string_agg(r.name, ', ') from routine as r where r.prosecdef), null, 'nothing is SECURITY DEFINER');
select is((select string_agg(r.name, ', ') from relation as r where r.relkind in ('r', 'p') and not r.relrowsecurity),
    null, 'every table has row-level security on');
select is((select string_agg(r.name, ', ') from relation as r
        where r.relkind = 'v' and 'security_invoker=true' <> all (coalesce(r.reloptions, '{}'))), null,
    'every view reads with the rights of whoever asks');

-- A procedure that commits cannot set anything, and a function that does cannot become part of its caller's statement,
-- so these name everything in full; they are all there is of that kind.
select bag_eq(
    $$select r.proname::text from routine as r where r.lanname in ('sql', 'plpgsql')
        and not exists (select from unnest(r.proconfig) as c where c = 'search_path=pg_catalog, pg_temp')$$,
    $$values ('_score_day'), ('apply_retention'), ('fold_events'), ('recalculate'), ('replay'), ('run_due'),
        ('run_playbooks'),
        ('_scored'), ('_risk_level'), ('_add_ons'), ('_has_feature'), ('_held_reason'), ('_grows'), ('_metered'),
        ('churn_predictions'), ('expansion_signals'), ('playbook_executions'), ('tasks')$$,
    'all but the committing procedures and what becomes part of a statement have a search_path of their own');
select is((select string_agg(r.name, ', ') from routine as r
        where r.lanname not in ('sql', 'plpgsql', 'c', 'internal')), null, 'only SQL, PL/pgSQL and C');

-- The extension owns code, install() the data
select bag_eq(
    $$select d.classid::regclass::text from pg_depend as d join pg_extension as e on e.oid = d.refobjid
        where d.refclassid = 'pg_extension'::regclass and d.deptype = 'e' and e.extname = 'cs_health'
            and not (d.classid = 'pg_proc'::regclass)
            and not (d.classid = 'pg_type'::regclass)
            and not (d.classid = 'pg_class'::regclass
                and (select c.relkind from pg_class as c where c.oid = d.objid) = 'c')$$,
    'select null::text where false', 'the extension has functions and row types for members, no table and no view');
select is((select string_agg(format('%s.%s', r.name, a.attname), ', ') from relation as r
        join pg_attribute as a on a.attrelid = r.oid and a.attnum > 0 and not a.attisdropped
        join pg_type as t on t.oid = a.atttypid
        left join pg_type as b on b.oid = t.typelem
        where t.typnamespace <> 'pg_catalog'::regnamespace or b.typnamespace <> 'pg_catalog'::regnamespace), null,
    'every column has a type that comes with PostgreSQL');
select results_eq(
    'select code, position, unit, window_days, description, higher_is_better, step, effort, watched '
    'from cs_health.measure order by position',
    'select * from cs_health.builtin_measures() order by position', 'the catalogue of measures is that of the library');
select is(cs_health.version(), (select e.extversion from pg_extension as e where e.extname = 'cs_health'),
    'library and extension have the same version');

select finish();
rollback;
