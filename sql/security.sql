-- Every role, grant and policy, nowhere else. Roles that are missing are skipped: install_roles() makes them and runs
-- this again. Without the roles there are no policies while row-level security is on, so nobody but the owner sees a
-- row.
revoke all on schema cs_health from public;
revoke all on schema cs_health_v1 from public;
revoke execute on all functions in schema cs_health_v1 from public;

-- administrators
call cs_health._allow_api('cs_health_admin', 'usage on schema cs_health, cs_health_v1');
call cs_health._allow_api('cs_health_admin', 'execute on all routines in schema cs_health');
call cs_health._allow_api('cs_health_admin', 'execute on all routines in schema cs_health_v1');
call cs_health._allow_api('cs_health_admin', 'select on all tables in schema cs_health_v1');
call cs_health._allow('cs_health_admin', 'settings', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'feed', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'feed_day', 'select', 'true');
call cs_health._allow('cs_health_admin', 'plan', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'feature', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'plan_feature', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'plan_limit', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'csm', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'tenant', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'contact', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'measure', 'select', 'true'); -- its queries run with the owner's rights
call cs_health._allow('cs_health_admin', 'measure_value', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'event', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'event_rejected', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'feedback', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'ticket', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'usage', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'revenue_event', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'touchpoint', 'select, insert, update, delete', 'true');
call cs_health._allow('cs_health_admin', 'activity', 'select', 'true');
call cs_health._allow('cs_health_admin', 'feature_activity', 'select', 'true');
call cs_health._allow('cs_health_admin', 'fold', 'select', 'true');
call cs_health._allow('cs_health_admin', 'scorecard', 'select, insert', 'true');
call cs_health._allow('cs_health_admin', 'run', 'select', 'true');
call cs_health._allow('cs_health_admin', 'run_batch', 'select', 'true');
call cs_health._allow('cs_health_admin', 'retention', 'select', 'true');
call cs_health._allow('cs_health_admin', 'customer_health', 'select', 'true');

-- customer success managers who see every tenant
call cs_health._allow_api('cs_health_csm_all', 'usage on schema cs_health, cs_health_v1');
call cs_health._allow_api('cs_health_csm_all', 'select on cs_health_v1.health_scores');
call cs_health._allow_api('cs_health_csm_all',
    'execute on function cs_health_v1.health_score_history(uuid, date, date, integer)');
call cs_health._allow_api('cs_health_csm_all', 'execute on function cs_health.health_id(uuid, date)');
call cs_health._allow_api('cs_health_csm_all', 'execute on function cs_health.score_breakdown(real[], jsonb)');
call cs_health._allow_api('cs_health_csm_all', 'execute on function cs_health.recommended_action(text, text)');
call cs_health._allow_api('cs_health_csm_all', 'execute on function cs_health.score_reasons(jsonb, text)');
call cs_health._allow_api('cs_health_csm_all', 'execute on function cs_health._reason(text, jsonb, text)');
call cs_health._allow_api('cs_health_csm_all', 'execute on function cs_health._signal(jsonb, text, text)');
call cs_health._allow_api('cs_health_csm_all', 'execute on function cs_health._plain(numeric, integer)');
call cs_health._allow_api('cs_health_csm_all', 'execute on function cs_health._generic_reason(jsonb)');
call cs_health._allow_api('cs_health_csm_all', 'execute on function cs_health._signed(numeric)');
call cs_health._allow_api('cs_health_csm_all', 'execute on function cs_health.current_claim(text)');
call cs_health._allow_api('cs_health_csm_all', 'execute on function cs_health.current_csm()');
call cs_health._allow('cs_health_csm_all', 'settings', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'scorecard', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'measure', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'run', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'csm', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'plan', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'feature', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'plan_feature', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'plan_limit', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'tenant', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'customer_health', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'contact', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'feedback', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'ticket', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'usage', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'revenue_event', 'select', 'true');
call cs_health._allow('cs_health_csm_all', 'touchpoint', 'select, insert', 'true');

-- customer success managers with their own tenants
call cs_health._allow_api('cs_health_csm', 'usage on schema cs_health, cs_health_v1');
call cs_health._allow_api('cs_health_csm', 'select on cs_health_v1.health_scores');
call cs_health._allow_api('cs_health_csm',
    'execute on function cs_health_v1.health_score_history(uuid, date, date, integer)');
call cs_health._allow_api('cs_health_csm', 'execute on function cs_health.health_id(uuid, date)');
call cs_health._allow_api('cs_health_csm', 'execute on function cs_health.score_breakdown(real[], jsonb)');
call cs_health._allow_api('cs_health_csm', 'execute on function cs_health.recommended_action(text, text)');
call cs_health._allow_api('cs_health_csm', 'execute on function cs_health.score_reasons(jsonb, text)');
call cs_health._allow_api('cs_health_csm', 'execute on function cs_health._reason(text, jsonb, text)');
call cs_health._allow_api('cs_health_csm', 'execute on function cs_health._signal(jsonb, text, text)');
call cs_health._allow_api('cs_health_csm', 'execute on function cs_health._plain(numeric, integer)');
call cs_health._allow_api('cs_health_csm', 'execute on function cs_health._generic_reason(jsonb)');
call cs_health._allow_api('cs_health_csm', 'execute on function cs_health._signed(numeric)');
call cs_health._allow_api('cs_health_csm', 'execute on function cs_health.current_claim(text)');
call cs_health._allow_api('cs_health_csm', 'execute on function cs_health.current_csm()');
call cs_health._allow('cs_health_csm', 'settings', 'select', 'true');
call cs_health._allow('cs_health_csm', 'scorecard', 'select', 'true');
call cs_health._allow('cs_health_csm', 'measure', 'select', 'true');
call cs_health._allow('cs_health_csm', 'run', 'select', 'true');
call cs_health._allow('cs_health_csm', 'csm', 'select', 'true');
call cs_health._allow('cs_health_csm', 'plan', 'select', 'true');
call cs_health._allow('cs_health_csm', 'feature', 'select', 'true');
call cs_health._allow('cs_health_csm', 'plan_feature', 'select', 'true');
call cs_health._allow('cs_health_csm', 'plan_limit', 'select', 'true');
call cs_health._allow('cs_health_csm', 'tenant', 'select', 'csm = (select cs_health.current_csm())');
call cs_health._allow('cs_health_csm', 'customer_health', 'select',
    'tenant_id = any (array(select t.id from cs_health.tenant as t where t.csm = cs_health.current_csm()))');
call cs_health._allow('cs_health_csm', 'contact', 'select',
    'tenant_id = any (array(select t.id from cs_health.tenant as t where t.csm = cs_health.current_csm()))');
call cs_health._allow('cs_health_csm', 'feedback', 'select',
    'tenant_id = any (array(select t.id from cs_health.tenant as t where t.csm = cs_health.current_csm()))');
call cs_health._allow('cs_health_csm', 'ticket', 'select',
    'tenant_id = any (array(select t.id from cs_health.tenant as t where t.csm = cs_health.current_csm()))');
call cs_health._allow('cs_health_csm', 'usage', 'select',
    'tenant_id = any (array(select t.id from cs_health.tenant as t where t.csm = cs_health.current_csm()))');
call cs_health._allow('cs_health_csm', 'revenue_event', 'select',
    'tenant_id = any (array(select t.id from cs_health.tenant as t where t.csm = cs_health.current_csm()))');
call cs_health._allow('cs_health_csm', 'touchpoint', 'select, insert',
    'tenant_id = any (array(select t.id from cs_health.tenant as t where t.csm = cs_health.current_csm()))');

-- whatever brings signals: may add rows, may not read any; who closes tickets by loading them again is an administrator
call cs_health._allow_api('cs_health_ingest', 'usage on schema cs_health');
call cs_health._allow('cs_health_ingest', 'event', 'insert', 'true');
call cs_health._allow('cs_health_ingest', 'feedback', 'insert', 'true');
call cs_health._allow('cs_health_ingest', 'ticket', 'insert', 'true');
call cs_health._allow('cs_health_ingest', 'usage', 'insert', 'true');
call cs_health._allow('cs_health_ingest', 'revenue_event', 'insert', 'true');
call cs_health._allow('cs_health_ingest', 'touchpoint', 'insert', 'true');
