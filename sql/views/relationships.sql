-- What belongs to the row of another list, for PostgREST to embed: health_scores?select=*,tasks(title). It finds
-- these by foreign keys elsewhere, but what the engine writes has none. Without a search_path, so that they become part
-- of the query.

create or replace function cs_health_v1.churn_predictions(health_score cs_health_v1.health_scores)
returns setof cs_health_v1.churn_predictions
language sql stable rows 1 as $$
    select p.* from cs_health_v1.churn_predictions as p where p.tenant_id operator(pg_catalog.=) health_score.tenant_id
$$;
comment on function cs_health_v1.churn_predictions(cs_health_v1.health_scores) is
    'The churn prediction of a customer, embedded in its score';

create or replace function cs_health_v1.expansion_signals(health_score cs_health_v1.health_scores)
returns setof cs_health_v1.expansion_signals
language sql stable as $$
    select s.* from cs_health_v1.expansion_signals as s where s.tenant_id operator(pg_catalog.=) health_score.tenant_id
$$;
comment on function cs_health_v1.expansion_signals(cs_health_v1.health_scores) is
    'The expansion signals of a customer, embedded in its score';

create or replace function cs_health_v1.playbook_executions(health_score cs_health_v1.health_scores)
returns setof cs_health_v1.playbook_executions
language sql stable as $$
    select e.* from cs_health_v1.playbook_executions as e
    where e.tenant_id operator(pg_catalog.=) health_score.tenant_id
$$;
comment on function cs_health_v1.playbook_executions(cs_health_v1.health_scores) is
    'The playbooks that run, or ran, for a customer, embedded in its score';

create or replace function cs_health_v1.tasks(health_score cs_health_v1.health_scores) returns setof cs_health_v1.tasks
language sql stable as $$
    select k.* from cs_health_v1.tasks as k where k.tenant_id operator(pg_catalog.=) health_score.tenant_id
$$;
comment on function cs_health_v1.tasks(cs_health_v1.health_scores) is 'The tasks of a customer, embedded in its score';
