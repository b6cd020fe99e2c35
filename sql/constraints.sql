-- Checks that call functions of the extension. Every install() makes those that are missing, since uninstall() takes
-- them away.
call cs_health._ensure_check('scorecard', 'scorecard_document_is_usable', 'cs_health.check_scorecard(document)');
call cs_health._ensure_check('churn_model', 'churn_model_document_is_usable', 'cs_health.check_model(document)');
