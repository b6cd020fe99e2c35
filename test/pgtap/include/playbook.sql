-- Days whose scores a test decides on: two measures of one's own, `s` for four components and `g` for growth, whose
-- scores are the measures. Nights run on a clock of their own, day 0 is Monday 2026-03-02.
create function pg_temp.uuid(n integer) returns uuid language sql immutable return
    ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid;
create function pg_temp.day(n integer) returns date language sql immutable return date '2026-03-02' + n;
create function pg_temp.set_now(at timestamptz) returns void language sql as $$
    select set_config('cs_health.now', at::text, false)
$$;
-- What a tenant's measure is from a day on; null: it is not observed
create function pg_temp.put(n integer, measure text, value double precision, on_day integer) returns void
language sql as $$
    delete from cs_health.measure_value as v
    where v.tenant_id = pg_temp.uuid(n) and v.measure = put.measure
        and (v.as_of = pg_temp.day(on_day) or put.value is null);
    insert into cs_health.measure_value (tenant_id, measure, as_of, value)
    select pg_temp.uuid(n), put.measure, pg_temp.day(on_day), put.value where put.value is not null
$$;
-- The nightly run of a day, at 03:00 of the next
create procedure pg_temp.night(n integer) language plpgsql as $$
begin
    perform pg_temp.set_now(timezone('UTC', pg_temp.day(n + 1) + time '03:00'));
    call cs_health.recalculate(pg_temp.day(n));
end
$$;
create function pg_temp.playbook(code text, trigger text, more jsonb default '{}') returns uuid language sql as $$
    insert into cs_health.cs_playbook (
        code, name, trigger_type, trigger_conditions, steps, auto_execute, status, audience, exit_conditions,
        cooldown_days, max_new_per_day, include_onboarding, dry_run, min_coverage)
    values (code, code, 'health_drop', trigger::jsonb,
        '[{"day": 0, "action": "tell_csm", "channel": "internal", "to": "csm", "subject": "Look",
            "template": "Look", "due_days": 1},
          {"day": 3, "action": "write", "channel": "email", "to": "champion", "subject": "Hi", "template": "Hello"},
          {"day": 7, "action": "call", "channel": "call", "to": "csm", "subject": "Call", "template": "Call",
            "due_days": 2}]',
        coalesce((more ->> 'auto')::boolean, true), coalesce(more ->> 'status', 'active'), more -> 'audience',
        more -> 'exit', coalesce((more ->> 'cooldown')::integer, 90), coalesce((more ->> 'most')::integer, 20),
        coalesce((more ->> 'onboarding')::boolean, false), coalesce((more ->> 'dry_run')::boolean, false),
        coalesce((more ->> 'min_coverage')::real, 0.5))
    returning id
$$;
-- Who stands how with a playbook: 'candidate 1 2, enrolled 3'
create function pg_temp.standings(code text) returns text language sql as $$
    select string_agg(g.standing || ' ' || g.tenants, ', ' order by g.standing)
    from (
        select s.standing, string_agg(ltrim(split_part(s.tenant_id::text, '-', 5), '0'), ' ' order by s.tenant_id)
            as tenants
        from cs_health.playbook_state as s join cs_health.cs_playbook as p on p.id = s.playbook_id
        where p.code = standings.code group by s.standing
    ) as g
$$;
-- Its executions: 'running 3, exited 4'
create function pg_temp.executions(code text) returns text language sql as $$
    select string_agg(g.status || ' ' || g.tenants, ', ' order by g.status)
    from (
        select e.status, string_agg(ltrim(split_part(e.tenant_id::text, '-', 5), '0'), ' '
            order by e.tenant_id, e.created_at) as tenants
        from cs_health.playbook_execution as e join cs_health.cs_playbook as p on p.id = e.playbook_id
        where p.code = executions.code group by e.status
    ) as g
$$;

select cs_health.register_measure('s', 'points', 'Score of four components'),
    cs_health.register_measure('g', 'points', 'Score of growth') \g /dev/null
create function pg_temp.card(code text, measure text) returns jsonb language sql as $$
    select jsonb_set(jsonb_set(d.document, '{code}', to_jsonb(card.code)), '{components}', (
        select jsonb_object_agg(c.key, jsonb_build_object('weight', c.value -> 'weight', 'measures', jsonb_build_array(
            jsonb_build_object('measure', case c.key when 'growth' then 'g' else card.measure end, 'weight', 1,
                'curve', '[[0, 0], [100, 100]]'::jsonb))))
        from jsonb_each(d.document -> 'components') as c))
    from (select cs_health._spec_scorecard() as document) as d
$$;
select cs_health.save_scorecard(pg_temp.card('plain', 's')), cs_health.publish_scorecard('plain'),
    cs_health.use_scorecard('plain') \g /dev/null
