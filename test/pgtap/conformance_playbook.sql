-- The entities cs_playbook and expansion_signal of the specification (section 3), field by field; executions, tasks and
-- the endpoints of section 5; and the two predefined playbooks (section 4), step by step.
\set ECHO none
\pset format unaligned
\pset tuples_only true
\pset pager off
set client_min_messages = warning;

-- What the specification says. shown_as: the type in the API, where UUID is uuid, VARCHAR(n) character varying(n), ENUM
-- text, JSON and JSON array jsonb, BOOLEAN boolean, DECIMAL(10,2) numeric(10,2) and TIMESTAMP timestamp with time zone.
create temp table field (
    nr integer generated always as identity, entity text, name text, shown_as text, required boolean, words text[]);
insert into field (entity, name, shown_as, required, words) values
    ('playbooks', 'id', 'uuid', true, null),
    ('playbooks', 'name', 'character varying(255)', true, null),
    ('playbooks', 'trigger_type', 'text', true, '{health_drop,churn_risk,expansion,onboarding}'),
    ('playbooks', 'trigger_conditions', 'jsonb', true, null),
    ('playbooks', 'steps', 'jsonb', true, null),
    ('playbooks', 'auto_execute', 'boolean', true, null),
    ('playbooks', 'priority', 'text', true, '{low,medium,high,urgent}'),
    ('playbooks', 'status', 'text', true, '{active,paused,archived}'),
    ('expansion_signals', 'id', 'uuid', true, null),
    ('expansion_signals', 'tenant_id', 'uuid', true, null),
    ('expansion_signals', 'signal_type', 'text', true, '{usage_limit,feature_request,user_growth}'),
    ('expansion_signals', 'current_plan', 'character varying(50)', true, null),
    ('expansion_signals', 'recommended_plan', 'character varying(50)', false, null),
    ('expansion_signals', 'potential_arr', 'numeric(10,2)', false, null),
    ('expansion_signals', 'signal_details', 'jsonb', true, null),
    ('expansion_signals', 'status', 'text', true, '{new,contacted,won,lost,deferred}'),
    ('expansion_signals', 'detected_at', 'timestamp with time zone', true, null);
create temp table entity (name text, relation regclass);
insert into entity values ('playbooks', 'cs_health.cs_playbook'), ('expansion_signals', 'cs_health.expansion_signal');

-- What else the endpoints have to show
create temp table shown (endpoint text, columns text[]);
insert into shown values
    ('playbooks', '{params,audience,exit_conditions,cooldown_days,max_new_per_day,dry_run,candidates,baseline,waiting,'
        'running}'),
    ('playbook_executions', '{id,playbook_id,playbook_name,tenant_id,tenant_name,status,created_at,created_by,trigger,'
        'started_on,next_step_no,next_due_at,csm,approved_by,ended_at,outcome,why}'),
    ('playbook_steps', '{execution_id,step_no,day,action,channel,status,due_at,reason,recipient,subject,body,'
        'delivery_state}'),
    ('playbook_history', '{execution_id,at,actor,step_no,action,reason}'),
    ('playbook_queue', '{playbook_id,tenant_id,standing,since,reason,arr_at_risk}'),
    ('tasks', '{id,tenant_id,title,detail,due_on,overdue,assignee,status,outcome}'),
    ('in_app_messages', '{id,tenant_id,locale,title,body,link,live,shown_at,clicked_at,dismissed_at}'),
    ('churn_alerts', '{id,tenant_id,level_before,level,probability,started_on,ended_on}'),
    ('deliveries', '{id,channel,kind,state,attempt,next_attempt_at,last_status,last_error}');

-- The predefined playbooks: days, channels and what a step is about, in the specification's order
create temp table step (playbook text, nr integer, day integer, channel text, fallback text, says text);
insert into step values
    ('reactivation', 1, 0, 'slack', 'email', '\{\{tenant\.name\}\}'),
    ('reactivation', 2, 1, 'email', null, '^(Hola|Estimad)?[^.]*\s*Hemos notado menor actividad'),
    ('reactivation', 3, 3, 'email', null, '\{\{csm\.booking_url\}\}'),
    ('reactivation', 4, 7, 'email', null, 'formación|webinar|training'),
    ('reactivation', 5, 14, 'internal', null, 'respuesta|respond|contest'),
    ('reactivation', 6, 21, 'call', null, '\{\{params\.'),
    ('expansion', 1, 0, 'automatic', null, null),
    ('expansion', 2, 1, 'email', null, 'Estás aprovechando al máximo'),
    ('expansion', 3, 3, 'in_app', null, '\{\{next_plan\.name\}\}'),
    ('expansion', 4, 7, 'call', null, null),
    ('expansion', 5, 14, 'email', null, '\{\{params\.discount_percent\}\} ?%');

create function pg_temp.refusal(relation regclass, change jsonb) returns text language plpgsql as $$
declare
    base jsonb := case relation::text when 'cs_health.cs_playbook'
        then '{"name": "x", "trigger_type": "health_drop", "auto_execute": false, "priority": "low", "status": "paused",
            "trigger_conditions": {"fact": "overall_score", "op": "<", "value": 60},
            "steps": [{"day": 0, "action": "call", "channel": "call", "subject": "Call", "template": "Call."}],
            "params": {}, "cooldown_days": 1, "max_new_per_day": 1, "min_coverage": 0.5, "include_onboarding": false,
            "dry_run": false, "shipped": false, "created_at": "2026-01-01", "created_by": "x"}'::jsonb
        else '{"signal_type": "usage_limit", "current_plan": "basic", "signal_details": {}, "status": "new",
            "detected_at": "2026-01-01"}'::jsonb || jsonb_build_object('tenant_id', gen_random_uuid()) end
        || jsonb_build_object('id', gen_random_uuid());
begin
    if change @> '{"status": "deferred"}' then -- which needs a date
        base := base || '{"deferred_until": "2026-02-01"}';
    end if;
    execute format('insert into %s select (jsonb_populate_record(null::%1$s, $1)).*', relation) using base || change;
    raise sqlstate 'PT200';
exception
    when sqlstate 'PT200' then return null;
    when others then return sqlstate;
end
$$;

select cs_health._ship_playbooks() \g /dev/null

create temp table refused (relation regclass, field text, value jsonb, expected text);
insert into refused
select e.relation, f.name, v.value, v.expected
from field as f join entity as e on e.name = f.entity
cross join lateral (
    select 'null'::jsonb as value, case when f.required then '23502' end as expected
    union all select v.value, '23514' from (values ('"unknown"'::jsonb), ('""'), ('"Low"'), ('" new"')) as v(value)
    where f.words is not null
    union all select to_jsonb(w.word), null from unnest(f.words) as w(word)
    union all select to_jsonb(repeat('x', n.n)), case when n.n > l.l then '22001' end
    from substring(f.shown_as from 'varying\((\d+)\)') as s(s) cross join lateral (select s.s::integer as l) as l
    cross join lateral (values (l.l), (l.l + 1)) as n(n)
    where s.s is not null
) as v;
insert into refused values
    ('cs_health.expansion_signal', 'potential_arr', '-0.01', '23514'),
    ('cs_health.expansion_signal', 'potential_arr', '1e8', '22003'),
    ('cs_health.expansion_signal', 'potential_arr', '99999999.99', null),
    ('cs_health.cs_playbook', 'name', '""', '23514'),
    ('cs_health.cs_playbook', 'steps', '{}', '22023'),
    ('cs_health.cs_playbook', 'steps', '[]', '22023'),
    ('cs_health.cs_playbook', 'steps',
        '[{"day": -1, "action": "call", "channel": "call", "subject": "x", "template": "x"}]', '22023'),
    ('cs_health.cs_playbook', 'steps',
        '[{"day": 1, "action": "call", "channel": "fax", "subject": "x", "template": "x"}]', '22023'),
    ('cs_health.cs_playbook', 'trigger_conditions', '{"fact": "mood", "op": "=", "value": 1}', '22023'),
    ('cs_health.cs_playbook', 'trigger_conditions', '[]', '22023');

select plan((2 * (select count(*) from field) + (select count(*) from refused)
    + (select count(*) from shown cross join lateral unnest(columns)) + 3 * (select count(*) from step)
    + (select count(*) from step where says is not null))::integer + 18);

-- entities
select is(
    (select format_type(a.atttypid, a.atttypmod) from pg_attribute as a
     where a.attrelid = ('cs_health_v1.' || f.entity)::regclass and a.attname = f.name),
    f.shown_as, format('%s shows %s as %s', f.entity, f.name, f.shown_as))
from field as f order by f.nr;
select is(
    (select format_type(a.atttypid, a.atttypmod) || case when a.attnotnull then ' not null' else '' end
     from pg_attribute as a where a.attrelid = e.relation and a.attname = f.name),
    f.shown_as || case when f.required then ' not null' else '' end,
    format('%s of %s is %s', f.name, e.relation, case when f.required then 'required' else 'optional' end))
from field as f join entity as e on e.name = f.entity order by f.nr;
select is(pg_temp.refusal(r.relation, jsonb_build_object(r.field, r.value)), r.expected,
    format('%s.%s %s %s', r.relation, r.field, left(r.value::text, 50),
    case when r.expected is null then 'is stored' else 'is refused' end))
from refused as r order by r.relation::text, r.expected, r.field, r.value;
select is(
    (select array_agg(a.attname::text order by a.attnum) from pg_attribute as a
     where a.attrelid = ('cs_health_v1.' || e.name)::regclass and a.attnum between 1 and cardinality(n.names)),
    n.names, e.name || ': the fields of the specification come first, in its order')
from entity as e cross join lateral (
    select array_agg(f.name order by f.nr) as names from field as f where f.entity = e.name) as n order by e.name;

-- endpoints
select ok(exists (
    select from pg_attribute as a
    where a.attrelid = ('cs_health_v1.' || s.endpoint)::regclass and a.attname = c.name),
    s.endpoint || ' shows ' || c.name)
from shown as s cross join lateral unnest(s.columns) with ordinality as c(name, nr) order by s.endpoint, c.nr;
select is((p.pronargs - p.pronargdefaults)::integer, v.required, format('a function for %s takes %s', v.name, v.types))
from (values ('execute_playbook', 2, 'uuid, uuid, text'), ('set_signal_status', 2, 'uuid, text, text, date, numeric'))
    as v(name, required, types)
left join pg_proc as p on p.oid = to_regprocedure(format('cs_health_v1.%s(%s)', v.name, v.types));
select is(
    (select string_agg(a.attname, ', ') from pg_attribute as a
     where a.attrelid = 'cs_health_v1.playbooks'::regclass and a.attnum > 0
        and pg_column_is_updatable(a.attrelid, a.attnum, false) <> (a.attname not in (
            'candidates', 'baseline', 'waiting', 'running'))),
    null, 'a playbook is written through its view, the counts are not');
insert into cs_health_v1.playbooks (name, trigger_type, trigger_conditions, steps)
values ('Written through the view', 'health_drop', '{"fact": "overall_score", "op": "<", "value": 40}',
    '[{"day": 0, "action": "call", "channel": "call", "subject": "Call", "template": "Call."}]');
select results_eq(
    $$select status, auto_execute, priority, created_by = current_user, candidates + baseline + waiting + running
        from cs_health_v1.playbooks where name = 'Written through the view'$$,
    $$values ('paused', false, 'medium', true, 0::bigint)$$,
    'POST makes one that is paused and waits for a CSM');

-- the predefined playbooks
select is(p.status || ' ' || p.auto_execute, 'paused false', v.code || ' comes paused and waits for a CSM')
from (values ('reactivation'), ('expansion')) as v(code) left join cs_health.cs_playbook as p on p.code = v.code
order by v.code;
select is(p.trigger_type, v.type, format('%s starts on %s', v.code, v.type))
from (values ('reactivation', 'health_drop'), ('expansion', 'expansion')) as v(code, type)
left join cs_health.cs_playbook as p on p.code = v.code order by v.code;
select is(cs_health.condition_matches(v.facts, p.trigger_conditions), v.matches,
    format('%s with %s: %s', v.code, v.facts, v.matches))
from (values ('reactivation', '{"overall_score": 59}'::jsonb, true), ('reactivation', '{"overall_score": 60}', false),
    ('expansion', '{"open_signals": ["usage_limit"]}', true), ('expansion', '{"open_signals": ["user_growth"]}', false),
    ('expansion', '{}', null)) as v(code, facts, matches)
left join cs_health.cs_playbook as p on p.code = v.code order by v.code, v.facts;
select is(jsonb_array_length(p.steps), v.steps, format('%s has %s steps', v.code, v.steps))
from (values ('reactivation', 6), ('expansion', 5)) as v(code, steps)
left join cs_health.cs_playbook as p on p.code = v.code order by v.code;
select is((p.steps -> (s.nr - 1) ->> 'day')::integer, s.day, format('%s, step %s: D+%s', s.playbook, s.nr, s.day))
from step as s left join cs_health.cs_playbook as p on p.code = s.playbook order by s.playbook, s.nr;
select is(p.steps -> (s.nr - 1) ->> 'channel', s.channel, format('%s, D+%s: %s', s.playbook, s.day, s.channel))
from step as s left join cs_health.cs_playbook as p on p.code = s.playbook order by s.playbook, s.nr;
select is(p.steps -> (s.nr - 1) ->> 'fallback', s.fallback, format('%s, D+%s: %s', s.playbook, s.day,
    coalesce('else by ' || s.fallback, 'over no other channel')))
from step as s left join cs_health.cs_playbook as p on p.code = s.playbook order by s.playbook, s.nr;
select matches(cs_health._step_text(p.steps -> (s.nr - 1) -> 'template', 'es'), s.says,
    format('%s, D+%s says %s', s.playbook, s.day, s.says))
from step as s left join cs_health.cs_playbook as p on p.code = s.playbook where s.says is not null
order by s.playbook, s.nr;
select is(p.steps #>> '{0,signal}', 'usage_limit', 'expansion, D+0 notes a signal: usage near the limit of the plan')
from cs_health.cs_playbook as p where p.code = 'expansion';

select finish();
