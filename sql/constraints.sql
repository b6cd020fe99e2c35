-- Checks and a trigger that call functions of the extension. Every install() makes those that are missing, since
-- uninstall() takes them away.
call cs_health._ensure_check('scorecard', 'scorecard_document_is_usable', 'cs_health.check_scorecard(document)');
call cs_health._ensure_check('churn_model', 'churn_model_document_is_usable', 'cs_health.check_model(document)');
call cs_health._ensure_check('cs_playbook', 'cs_playbook_params_are_usable', 'cs_health.check_params(params)');
call cs_health._ensure_check('cs_playbook', 'cs_playbook_steps_are_usable', 'cs_health.check_steps(steps, params)');
call cs_health._ensure_check('cs_playbook', 'cs_playbook_trigger_conditions_are_usable',
    'cs_health.check_condition(trigger_conditions)');
call cs_health._ensure_check('cs_playbook', 'cs_playbook_audience_is_usable', 'cs_health.check_condition(audience)');
-- Runs ask for the opposite of both, which is one level deeper
call cs_health._ensure_check('cs_playbook', 'cs_playbook_trigger_conditions_leave_a_level',
    'cs_health.check_condition(pg_catalog.jsonb_build_object(''not'', trigger_conditions))');
call cs_health._ensure_check('cs_playbook', 'cs_playbook_audience_leaves_a_level',
    'audience is null or cs_health.check_condition(pg_catalog.jsonb_build_object(''not'', audience))');
call cs_health._ensure_check('cs_playbook', 'cs_playbook_exit_conditions_are_usable',
    'cs_health.check_condition(exit_conditions)');
call cs_health._ensure_check('contact', 'contact_email_is_usable', 'cs_health.check_email_address(email)');
call cs_health._ensure_check('csm', 'csm_email_is_usable', 'cs_health.check_email_address(email)');
call cs_health._ensure_check('csm', 'csm_manager_email_is_usable', 'cs_health.check_email_address(manager_email)');
call cs_health._ensure_check('channel', 'channel_from_address_is_usable',
    'cs_health.check_email_address(from_address)');
call cs_health._ensure_check('channel', 'channel_unsubscribe_is_usable', 'cs_health._check_unsubscribe(unsubscribe)');
call cs_health._ensure_check('settings', 'settings_fallback_assignee_is_usable',
    'cs_health.check_email_address(fallback_assignee)');
call cs_health._ensure_check('journey_stage', 'journey_stage_entry_conditions_are_usable',
    'cs_health.check_condition(entry_conditions, ''stage'')');
call cs_health._ensure_check('journey_stage', 'journey_stage_exit_conditions_are_usable',
    'cs_health.check_condition(exit_conditions, ''stage'')');
-- A run asks for the opposite, which is one level deeper
call cs_health._ensure_check('journey_stage', 'journey_stage_entry_conditions_leave_a_level',
    'entry_conditions is null or cs_health.check_condition(pg_catalog.jsonb_build_object(''not'', entry_conditions))');

call cs_health._ensure_trigger('run', 'run_scored_day', 'insert or delete or truncate or update of as_of, finished_at '
    'for each statement', 'cs_health._scored_day_changes()');
