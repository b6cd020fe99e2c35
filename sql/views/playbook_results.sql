create or replace view cs_health_v1.playbook_results with (security_invoker = true) as
select p.id as playbook_id,
    cs_health._join_conditions(p.trigger_conditions, l.language, null) as trigger_text,
    cs_health._join_conditions(p.audience, l.language, null) as audience_text,
    cs_health._join_conditions(p.exit_conditions, l.language, null) as exit_text,
    (select array_agg(cs_health._join_conditions(s.step -> 'if', l.language, null) order by s.nr)
     from jsonb_array_elements(p.steps) with ordinality as s(step, nr)) as step_texts,
    coalesce(e.waiting, 0) as waiting, coalesce(e.running, 0) as running, coalesce(e.paused, 0) as paused,
    coalesce(e.finished, 0) as finished, coalesce(e.reached, 0) as reached, coalesce(e.left_early, 0) as left_early,
    coalesce(e.cancelled, 0) as cancelled, coalesce(e.observed, 0) as observed,
    round(e.reached / nullif(e.finished + e.reached + e.left_early, 0)::numeric, 4) as reached_share
from cs_health.cs_playbook as p
cross join (select cs_health._language(null, null) as language offset 0) as l
left join (
    select x.playbook_id, count(*) filter (where x.status = 'waiting') as waiting,
        count(*) filter (where x.status = 'running') as running,
        count(*) filter (where x.status = 'paused') as paused,
        count(*) filter (where x.status = 'finished') as finished,
        count(*) filter (where x.status = 'exited'
            and x.outcome not in ('no longer called for', 'tenant is at risk')) as reached,
        count(*) filter (where x.status = 'exited'
            and x.outcome in ('no longer called for', 'tenant is at risk')) as left_early,
        count(*) filter (where x.status = 'cancelled') as cancelled,
        count(*) filter (where x.status = 'observed') as observed
    from cs_health.playbook_execution as x
    group by x.playbook_id
) as e on e.playbook_id = p.id;
comment on view cs_health_v1.playbook_results is
    'What playbooks wait for, in words, and what became of their executions

One row for each playbook, in the language of whoever asks. The counts are of the customers that you see; hold-outs are
observed and count in nothing else.';
comment on column cs_health_v1.playbook_results.playbook_id is 'The playbook';
comment on column cs_health_v1.playbook_results.trigger_text is 'What starts it';
comment on column cs_health_v1.playbook_results.audience_text is 'For whom it is; null = everybody';
comment on column cs_health_v1.playbook_results.exit_text is 'What ends an execution early; null = nothing';
comment on column cs_health_v1.playbook_results.step_texts is
    'The condition of each step, in their order; null = the step has none';
comment on column cs_health_v1.playbook_results.waiting is 'Executions that wait for approval';
comment on column cs_health_v1.playbook_results.running is 'Executions that run';
comment on column cs_health_v1.playbook_results.paused is 'Executions that are paused';
comment on column cs_health_v1.playbook_results.finished is 'Executions whose steps are all over';
comment on column cs_health_v1.playbook_results.reached is
    'Executions that ended early since the goal was reached, or somebody said that it is settled';
comment on column cs_health_v1.playbook_results.left_early is
    'Executions that ended early since they were no longer called for';
comment on column cs_health_v1.playbook_results.cancelled is 'Executions that were cancelled';
comment on column cs_health_v1.playbook_results.observed is 'Hold-outs that were only watched';
comment on column cs_health_v1.playbook_results.reached_share is
    'reached / (finished + reached + left_early); null while none has ended';

create or replace function cs_health_v1.preview_activation(playbook uuid)
returns table (as_of date, tenants bigint, arr numeric, arr_at_risk numeric, largest jsonb)
language plpgsql stable
set search_path = pg_catalog, pg_temp as $$
#variable_conflict use_variable
declare
    latest date := (
        select max(r.as_of) from cs_health.run as r where r.finished_at is not null and r.hidden_positions is null);
begin
    perform cs_health._require_listed(
        exists (select from cs_health.cs_playbook as p where p.id = playbook), 'playbook', 'playbooks');
    return query
    select latest, count(m.id), sum(m.arr), round(sum(m.arr_at_risk), 2),
        coalesce(jsonb_agg(jsonb_build_object('tenant_id', m.id, 'tenant_name', m.name, 'arr', m.arr,
            'churn_probability', m.churn_probability) order by m.place) filter (where m.place <= 10), '[]')
    from (
        select t.id, t.name, t.arr, h.churn_probability, t.arr * h.churn_probability::numeric as arr_at_risk,
            row_number() over (order by t.arr * h.churn_probability::numeric desc nulls last, t.arr desc nulls last,
                t.id) as place
        from cs_health.simulate_playbook(playbook, latest, latest) as s
        join cs_health.tenant as t on t.id = s.tenant_id
        left join cs_health.customer_health as h on h.tenant_id = t.id and h.as_of = latest and not h.provisional
        where latest is not null and s.outcome in ('baseline', 'held')
    ) as m;
end
$$;
comment on function cs_health_v1.preview_activation(uuid) is
    'Who activate_playbook() would find matching already, and so would leave alone

Before anything is changed: the scored day that it looks at (null: none is, the next run takes the baseline), how many
customers, their ARR, the part of it at risk, and the ten with the most of that. For administrators. An unknown playbook
gives 404.';
