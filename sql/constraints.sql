-- Checks that call functions of the extension. Every install() makes those that are missing, since uninstall() takes
-- them away.
call cs_health._ensure_check('scorecard', 'scorecard_document_is_usable', 'cs_health.check_scorecard(document)');
call cs_health._ensure_check('churn_model', 'churn_model_document_is_usable', 'cs_health.check_model(document)');
call cs_health._ensure_check('contact', 'contact_email_is_usable', 'cs_health.check_email_address(email)');
call cs_health._ensure_check('csm', 'csm_email_is_usable', 'cs_health.check_email_address(email)');
call cs_health._ensure_check('csm', 'csm_manager_email_is_usable', 'cs_health.check_email_address(manager_email)');
call cs_health._ensure_check('channel', 'channel_from_address_is_usable',
    'cs_health.check_email_address(from_address)');
call cs_health._ensure_check('channel', 'channel_unsubscribe_is_usable', 'cs_health._check_unsubscribe(unsubscribe)');
