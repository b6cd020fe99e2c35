-- Checks that call functions of the extension. They are made anew at every install(), since uninstall() takes them
-- away.
alter table cs_health.scorecard drop constraint if exists scorecard_document_is_usable;
alter table cs_health.scorecard
    add constraint scorecard_document_is_usable check (cs_health.check_scorecard(document));
