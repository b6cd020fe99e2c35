# Who sees and may do what with playbooks, tasks, banners and deliveries: the rights of every role on every table, and
# attempts to see what is not one's own, to write in somebody else's name, and to have mail sent where none belongs.
use strict;
use warnings;
use CsHealth;
use Test::More;

my $node = new_server('playbook_roles');
my ($ana, $bob, $carla) = map { qq({"email": "$_\@example.com"}) } qw(ana bob carla);
my ($code, $out, $error);

# Ana has tenant 1, and 3 while Carla, whom she stands in for, is away; Bob has tenant 2
$node->safe_psql('postgres', q{create role owner login createrole; create database customers owner owner});
$node->safe_psql('customers', q{
    create extension cs_health;
    grant usage, create on schema cs_health to owner with grant option;
    grant execute on all routines in schema cs_health to owner with grant option});
owner('call cs_health.install(); call cs_health.install_roles()');
owner(q{
    insert into cs_health.csm (email, name, away_until, stands_in) values ('ana@example.com', 'Ana', null, null),
        ('bob@example.com', 'Bob', null, null), ('carla@example.com', 'Carla', current_date + 9, 'ana@example.com');
    insert into cs_health.tenant (id, name, csm) select md5('tenant ' || n)::uuid, 'tenant ' || n,
        (array['ana', 'bob', 'carla'])[n] || '@example.com' from generate_series(1, 3) as n;
    insert into cs_health.contact (tenant_id, name, email, is_primary)
    select id, 'Contact of ' || name, replace(name, ' ', '') || '@customer.example', true from cs_health.tenant;
    insert into cs_health.channel (code, kind, secret, host, from_address) values
        ('slack', 'slack', 'canary', null, null), ('email', 'email', 'canary', 'mail.example.com', 'us@example.com'),
        ('hook', 'webhook', 'canary', null, null);
    insert into cs_health.cs_playbook (id, code, name, trigger_type, trigger_conditions, steps)
    values (md5('playbook')::uuid, 'talk', 'Talk', 'health_drop', '{"fact": "overall_score", "op": "<", "value": 60}',
        '[{"day": 0, "action": "call", "channel": "call", "subject": "Call",
            "template": "Call {{tenant.name}}."},
          {"day": 1, "action": "mail", "channel": "email", "to": "champion", "subject": "Hello", "template": "Hello."}]');
    insert into cs_health.cs_playbook (id, code, name, trigger_type, trigger_conditions, steps)
    select md5('second playbook')::uuid, 'second', name, trigger_type, trigger_conditions,
        steps || '{"day": 2, "action": "tell", "channel": "slack", "subject": "<b> of *Talk*", "template": "Tell."}'
    from cs_health.cs_playbook where code = 'talk';
    insert into cs_health.playbook_execution (tenant_id, id, playbook_id, playbook_name, status, created_at, created_by,
        started_on, trigger, steps, params)
    select t.id, md5('execution of ' || t.name)::uuid, p.id, p.name, 'running', now(), 'engine', current_date,
        '[{"fact": "mau", "op": "<", "value": 5, "actual": 2, "for_days": 1}]',
        p.steps, p.params
    from cs_health.tenant as t, cs_health.cs_playbook as p where p.code = 'talk';
    insert into cs_health.playbook_step (tenant_id, execution_id, step_no, day, action, channel, status, due_at,
        planned_at, recipient, ended_at)
    select e.tenant_id, e.id, s.nr, s.nr - 1, s.action, s.channel, s.status, now(), now(), s.recipient, s.ended_at
    from cs_health.playbook_execution as e, (values (1, 'call', 'call', 'done', 'csm@example.com', now()),
        (2, 'mail', 'email', 'pending', null, null)) as s(nr, action, channel, status, recipient, ended_at);
    insert into cs_health.playbook_history (tenant_id, execution_id, at, actor, action)
    select tenant_id, id, now(), 'engine', 'started' from cs_health.playbook_execution;
    insert into cs_health.playbook_state (tenant_id, playbook_id, since, standing)
    select tenant_id, md5('other playbook')::uuid, current_date, 'candidate' from cs_health.playbook_execution;
    insert into cs_health.task (tenant_id, id, source_key, kind, title, due_on, created_at)
    select id, md5('task of ' || name)::uuid, 'task of ' || name, 'escalation', 'Secret of ' || name, current_date, now()
    from cs_health.tenant;
    insert into cs_health.in_app_message (tenant_id, id, execution_id, step_no, locale, title, body, created_at,
        expires_at)
    select id, md5('banner of ' || name)::uuid, gen_random_uuid(), 1, 'en', 'For ' || name, 'x', now(),
        now() + interval '9 days' from cs_health.tenant;
    insert into cs_health.churn_alert (tenant_id, started_on, last_high_on, level, probability, churn_model_id, told)
    select id, current_date, current_date, 'high', 0.5, 1, 'message' from cs_health.tenant;
    insert into cs_health.expansion_signal (tenant_id, id, signal_type, current_plan, detected_at)
    select id, md5('signal of ' || name)::uuid, 'usage_limit', 'basic', now() from cs_health.tenant;
    insert into cs_health.outbox (source_key, channel, kind, tenant_id, payload)
    select 'message to ' || name, 'email', 'message', id, '{"to": "secret@customer.example", "text": "secret"}'
    from cs_health.tenant;
    insert into cs_health.outbox (source_key, channel, kind, payload) values ('digest', 'slack', 'message', '{}');
    analyze});
$node->safe_psql('customers', q{
    create role authenticator login noinherit;
    grant cs_health_admin, cs_health_csm_all, cs_health_csm, cs_health_tenant, cs_health_ingest to authenticator});

# Every role on every table: r(ead), a(dd), w(rite), d(elete); a small letter where only some columns are meant
my @roles = qw(cs_health_admin cs_health_csm_all cs_health_csm cs_health_tenant cs_health_ingest cs_health_worker);
my %rights = (
    feature_demand => 'R--- R--- R--- ---- ---- ----', tenant_add_on => 'RAWD R--- R--- ---- ---- ----',
    channel => 'RAWD r--- r--- ---- ---- R-w-', churn_alert => 'R--- R--- R--- ---- ---- ----',
    cs_playbook => 'RawD R--- R--- ---- ---- ----', delivery_attempt => 'R--- ---- ---- ---- ---- RA--',
    delivery_worker => 'R--- ---- ---- ---- ---- RAW-', expansion_signal => 'RAW- R-w- R-w- ---- ---- ----',
    in_app_message => 'R-w- R-w- R-w- r-w- ---- ----', outbox => 'raw- r--- r--- ---- ---- R-w-',
    playbook_execution => 'RAW- Raw- Raw- ---- ---- ----', playbook_history => 'RA-- Ra-- Ra-- ---- ---- ----',
    playbook_state => 'RAWD R-w- R-w- ---- ---- ----', playbook_step => 'raw- Raw- Raw- ---- ---- ----',
    playbook_test => 'RA-- Ra-- Ra-- ---- ---- ----', playbook_missed => 'R--- R--- R--- ---- ---- ----', playbook_watch => 'RAWD ---- ---- ---- ---- ----',
    expansion_signal_change => 'RA-- Ra-- Ra-- ---- ---- ----', task => 'RAW- Raw- Raw- ---- ---- ----',
    journey_stage => 'RAWD R--- R--- ---- ---- ----', journey_entry => 'R--- R--- R--- ---- ---- ----', digest => 'R--- R--- R--- ---- ---- ----',
    saved_segment => 'RawD RawD RawD ---- ---- ----');
foreach my $table (sort keys %rights)
{
    is($node->safe_psql('customers', qq{
        select string_agg(r.rights, ' ' order by r.nr) from (
            select o.nr, string_agg(case when has_table_privilege(o.role, 'cs_health.$table', v.verb)
                    then upper(v.letter)
                when v.verb <> 'delete' and has_any_column_privilege(o.role, 'cs_health.$table', v.verb)
                    then v.letter else '-' end, '' order by v.nr) as rights
            from unnest('{@{[join ',', @roles]}}'::text[]) with ordinality as o(role, nr)
            cross join (values (1, 'select', 'r'), (2, 'insert', 'a'), (3, 'update', 'w'), (4, 'delete', 'd'))
                as v(nr, verb, letter)
            group by o.nr) as r}), $rights{$table}, "rights on $table");
}
is($node->safe_psql('customers', q{
    select string_agg(c.relname, ' ') from pg_class as c
    where c.relnamespace = 'cs_health'::regnamespace and c.relkind in ('r', 'p') and not exists (
        select from pg_policy as p where p.polrelid = c.oid and 0 = any (p.polroles))
    and not c.relrowsecurity}), '', 'no table is without row-level security');
is($node->safe_psql('customers', q{
    select concat_ws(' ', rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication,
        (select rolpassword from pg_authid as a where a.rolname = r.rolname))
    from pg_roles as r where rolname = 'cs_health_worker'}), 'f f f f f f', 'the worker\'s role may not even log in');

# Journeys: those of the own tenants, and contacts written down under the own name
$node->safe_psql('customers', q{
    insert into cs_health.journey_entry (tenant_id, entered_on, stage, reason)
    select id, current_date - 200, 'onboarding', 'sign_up' from cs_health.tenant});
foreach my $view (qw(journey_stages stalled))
{
    allowed('cs_health_csm', $ana, "select count(*) from cs_health_v1.$view", 2, "Ana sees $view of both");
    allowed('cs_health_csm', $bob, "select count(*) from cs_health_v1.$view", 1, "Bob sees $view of his own");
    allowed('cs_health_csm_all', $bob, "select count(*) from cs_health_v1.$view", 3, "csm_all sees every $view");
    denied($_, $ana, "select * from cs_health_v1.$view", '42501', "$_ sees no $view")
        foreach qw(cs_health_tenant cs_health_ingest);
}
my ($bobs) = map { $_->[0] } rows($node, 'customers', q{select id from cs_health.tenant where csm like 'bob%'});
my ($others) = map { $_->[0] } rows($node, 'customers', q{select min(id::text) from cs_health.tenant where csm not like 'bob%'});
allowed('cs_health_csm', $bob, "select count(*) > 3 from cs_health_v1.journey('$bobs')", 't', 'Bob reads a journey');
allowed('cs_health_csm_all', $bob, "select count(*) > 3 from cs_health_v1.journey('$others')", 't', 'csm_all reads any');
allowed('cs_health_admin', $bob, "select count(*) > 3 from cs_health_v1.journey('$others')", 't', 'so does an administrator');
allowed('cs_health_csm', $bob, "select cs_health_v1.journey_chart('$bobs') ->> 'tenant_id'", $bobs, 'and draws it');
allowed('cs_health_csm', $bob, "select sum(in_it_now) from cs_health_v1.journey_funnel('2000-01-01')", 0,
    'a funnel of his own');
allowed('cs_health_csm', $bob, 'select sign_ups from cs_health_v1.time_to_first_value()', 0, 'and the time to first value');
allowed('cs_health_csm', $bob, "select cs_health_v1.log_touchpoint('$bobs', 'call', 'Spoke') is not null", 't',
    'Bob notes a call');
allowed('cs_health_csm', $bob, "select actor from cs_health_v1.touchpoints where detail = 'Spoke'", 'bob@example.com',
    'under his name');
foreach my $call ("journey('$others')", "journey_chart('$others')", "log_touchpoint('$others', 'call', 'x')")
{
    denied('cs_health_csm', $bob, "select cs_health_v1.$call", 'PT404', "Bob may not $call");
    denied('cs_health_tenant', $bob, "select cs_health_v1.$call", '42501', "nor a customer");
}
denied('cs_health_csm', $bob, "select cs_health.remove_stage('adopted')", '42501', 'no stage is Bob\'s to remove');
denied('cs_health_csm_all', $bob, "update cs_health.journey_stage set expected_days = 1", '42501', 'nor to change');
denied('cs_health_admin', $bob, 'delete from cs_health.journey_entry', '42501', 'no journey is anybody\'s to write');
allowed('cs_health_admin', $bob, q{select cs_health.save_stage('pilot', 'Pilot', 'Piloto', 45,
    '{"fact": "segment", "op": "=", "value": "pilot"}')}, '', 'an administrator adds a stage');
allowed('cs_health_admin', $bob, q{select cs_health.remove_stage('pilot')}, 't', 'and removes it');

# Reading
foreach my $view (qw(playbook_executions playbook_steps playbook_history playbook_queue tasks in_app_messages churn_alerts
    expansion_signals))
{
    my $each = $view eq 'playbook_steps' ? 2 : $view eq 'playbook_queue' ? 0 : 1;

    allowed('cs_health_csm', $ana, "select count(*) from cs_health_v1.$view", 2 * $each, "Ana sees $view of both");
    allowed('cs_health_csm', $bob, "select count(*) from cs_health_v1.$view", $each, "Bob sees $view of his own");
    allowed('cs_health_csm_all', $bob, "select count(*) from cs_health_v1.$view", 3 * $each, "csm_all sees every $view");
    allowed('cs_health_csm', $_, "select count(*) from cs_health_v1.$view", 0, "claims $_ see no $view")
        foreach '', '{}', '{"email": "x@example.com"}', '{"email": null}', '{"email": ""}';
    denied($_, $ana, "select * from cs_health_v1.$view", '42501', "$_ sees no $view")
        foreach grep { $view ne 'in_app_messages' || $_ ne 'cs_health_tenant' } qw(cs_health_tenant cs_health_ingest);
}
allowed($_->[0], $_->[1], 'select sum(c.new) from cs_health_v1.signal_conversion as c', $_->[2],
    "$_->[0] sees what became of $_->[2] signals")
    foreach [ 'cs_health_csm', $ana, 2 ], [ 'cs_health_csm', $bob, 1 ], [ 'cs_health_csm_all', $bob, 3 ];
denied($_, $ana, 'select * from cs_health_v1.signal_conversion', '42501', "$_ does not")
    foreach qw(cs_health_tenant cs_health_ingest);
allowed('cs_health_csm', $bob, "select count(*) from cs_health.$_->[0]", $_->[1], "and in the table $_->[0]")
    foreach [ 'playbook_execution', 1 ], [ 'playbook_step', 2 ], [ 'playbook_history', 1 ], [ 'playbook_state', 1 ],
    [ 'task', 1 ], [ 'in_app_message', 1 ], [ 'churn_alert', 1 ], [ 'expansion_signal', 1 ], [ 'playbook_test', 0 ];
allowed('cs_health_csm', $carla, 'select string_agg(tenant_name, \', \') from cs_health_v1.tasks', 'tenant 3',
    'who is away still sees the own, not those of whoever stands in');
owner('update cs_health.csm set away_until = current_date - 1');
allowed('cs_health_csm', $ana, 'select string_agg(tenant_name, \', \') from cs_health_v1.tasks', 'tenant 1',
    'when Carla is back, Ana sees her own');
owner('update cs_health.csm set away_until = current_date where email <> \'ana@example.com\';
    update cs_health.csm set stands_in = \'bob@example.com\', away_until = current_date where email = \'ana@example.com\';
    update cs_health.csm set stands_in = \'carla@example.com\' where email = \'bob@example.com\'');
allowed('cs_health_csm', $ana, 'select count(*) from cs_health_v1.tasks', 3, 'who stand in in a circle see each other\'s');
owner('update cs_health.csm set stands_in = null, away_until = null where email <> \'carla@example.com\'');

allowed('cs_health_csm', $bob, 'select count(*), count(why) from cs_health_v1.playbook_executions', '1|1',
    'a CSM reads why a playbook began');

# What is said, to whom, with which secret
foreach my $role (qw(cs_health_csm cs_health_csm_all cs_health_tenant cs_health_ingest))
{
    denied($role, $ana, $_, '42501', "$role may not: $_")
        foreach 'select payload from cs_health.outbox', 'select * from cs_health.outbox',
        'select source_key from cs_health.outbox', 'copy cs_health.outbox to stdout',
        'select secret from cs_health.channel', 'select host from cs_health.channel', 'table cs_health.channel',
        'select * from cs_health.delivery_attempt', 'select * from cs_health_v1.deliveries',
        'select * from cs_health_v1.channel_status', 'select * from cs_health.delivery_status()',
        q{select cs_health._secret_problem('canary')}, q{select * from cs_health.claim_outbox('me')},
        q{select cs_health.complete_outbox(gen_random_uuid(), 1, 'sent')},
        q{insert into cs_health.outbox (source_key, channel, kind, payload)
            values ('x', 'email', 'message', '{"to": "me@evil.example", "text": "x"}')},
        q{update cs_health.outbox set payload = '{"to": "me@evil.example"}'}, 'delete from cs_health.outbox',
        q{update cs_health.channel set host = 'evil.example'}, q{select cs_health.requeue(gen_random_uuid())},
        q{select cs_health.test_channel('email', 'me@evil.example')}, 'call cs_health.run_playbooks()',
        'select cs_health.forget_tenant(' . tenant(1) . ')',
        'select cs_health.forget_contact(' . tenant(1) . q{, 'tenant1@customer.example')},
        q{select cs_health._enqueue('email', 'message', '{"to": "me@evil.example", "text": "x"}', 'x')},
        q{select cs_health._emit('churn.alert', null, '{}', 'x')};
}
denied('cs_health_admin', '', $_, '42501', "nor may an administrator: $_")
    foreach 'select payload from cs_health.outbox', 'copy cs_health.outbox to stdout', 'table cs_health.outbox',
    q{insert into cs_health.outbox (source_key, channel, kind, payload)
        values ('x', 'email', 'message', '{"to": "me@evil.example", "text": "x"}')},
    (map { "select $_ from cs_health.playbook_step" } 'recipient', 'subject', 'body', '*'),
    'select subject from cs_health_v1.playbook_steps', q{update cs_health.playbook_step set body = 'x'},
    (map { "select * from cs_health.preview_step(md5('execution of tenant 1')::uuid, $_)" } 1, 2),
    # a test of a channel says what tests say, to a colleague, and under no key of another message
    (map {
        my ($to, $text, $key, $subject) = @$_;
        qq{insert into cs_health.outbox (source_key, channel, kind, payload) values ('$key', 'email', 'channel.test',
            '{"to": "$to", "subject": "$subject", "text": "$text"}')}
    } [ 'ana@example.com', 'Pay me', 'test email 1', 'Test' ],
        [ 'ana@example.com', 'cs_health can write to this channel.', 'test email 1', 'Pay me' ],
        [ 'ana@example.com', 'cs_health can write to this channel.', 'digest 2026-11-25 x', 'Test' ],
        [ 'me@evil.example', 'cs_health can write to this channel.', 'test email 1', 'Test' ]),
    q{insert into cs_health.outbox (source_key, channel, kind, payload)
        values ('test hook 1', 'hook', 'channel.test', '{"kind": "channel.test", "data": {"text": "x"}}')},
    'select to_jsonb(o) from cs_health.outbox as o', q{update cs_health.outbox set payload = '{}'},
    'delete from cs_health.outbox', 'delete from cs_health.playbook_history',
    q{update cs_health.playbook_history set actor = 'x'}, 'select cs_health.forget_tenant(' . tenant(1) . ')';
allowed('cs_health_admin', '', 'select count(*) from cs_health_v1.deliveries', 4, 'but sees how deliveries are');
allowed('cs_health_admin', '', 'select count(*) from cs_health_v1.channel_status', 3, 'and channels');
foreach my $role (@roles)
{
    is($node->safe_psql('customers', qq{
        set role $role; select count(*) from pg_stats where schemaname = 'cs_health' and tablename = any (
            '{outbox,channel,task,playbook_step,playbook_execution,contact,in_app_message}')}), 0,
        "$role learns nothing from the planner's statistics");
}
allowed('cs_health_csm', $bob, q{
    create function pg_temp.peek(text) returns boolean language plpgsql cost 0.0000001 as 'begin raise notice ''%'', $1;
    return true; end';
    set client_min_messages = notice;
    select count(*) from cs_health.task where pg_temp.peek(title)},
    qr/^1psql:\S+ NOTICE:  00000: Secret of tenant 2\nLOCATION: [^\n]+\z/,
    'a leaky condition sees no hidden row');
($code, $out) = as('cs_health_csm', $bob, 'copy (select title from cs_health.task) to stdout');
is($out, 'Secret of tenant 2', 'nor does copy');

# In somebody else's name, or with somebody else's customer
my $execution = 'insert into cs_health.playbook_execution (tenant_id, playbook_id, playbook_name, status, created_at,
    created_by, started_on, trigger, steps, params, exit_conditions, dry_run)';
my $copied = q{'Talk', 'running', cs_health._now(), 'bob@example.com', cs_health._first_day('UTC'), '[]', p.steps,
    p.params, p.exit_conditions, p.dry_run from cs_health.cs_playbook as p where p.code = 'talk'};
owner('update cs_health.playbook_execution set status = \'cancelled\', ended_at = now() where tenant_id = ' . tenant(2)
    . '; insert into cs_health.playbook_execution (tenant_id, id, playbook_id, playbook_name, status, created_at,
    created_by, trigger, steps, params) select ' . tenant(2) . q{, md5('second')::uuid, id, name,
    'waiting', now(), 'engine', '[]', steps, params from cs_health.cs_playbook where code = 'second'});
foreach my $role (qw(cs_health_csm cs_health_csm_all))
{
    my $mine = 'tenant_id = ' . tenant(2);
    my $start = "update cs_health.playbook_execution set status = 'running', approved_by = 'bob\@example.com',
        approved_at = now(), started_on = cs_health._first_day('UTC') where status = 'waiting' and $mine";
    my $plan = 'insert into cs_health.playbook_step (tenant_id, execution_id, step_no, day, action, channel, due_at,
        planned_at) select ' . tenant(2) . ", md5('second')::uuid, s.*, p.at, p.at
        from cs_health._step_time('UTC', cs_health._first_day('UTC'), 0) as p(at), (values";
    my $paused = "select cs_health.approve_execution(md5('second')::uuid), cs_health.pause_execution(md5('second')::uuid)
        \\gset\n";
    my $moved = "where execution_id = md5('second')::uuid and step_no = 2";

    # As they may, so that what follows is refused for the one thing that is changed in it
    allowed($role, $bob, "begin; $_ returning 'done'; rollback", 'done', "$role may: $_")
        foreach "$execution select " . tenant(2) . ", p.id, $copied",
        $start, "update cs_health.playbook_execution set status = 'cancelled', ended_at = now()
            where status = 'waiting' and $mine",
        "$paused update cs_health.playbook_step set due_at = due_at + interval '1 day' $moved",
        "update cs_health.playbook_execution set steps = jsonb_set(steps, '{1,subject}', '\"Dear you\"')
            where status = 'waiting' and $mine",
        "update cs_health.playbook_step set status = 'skipped', ended_at = now() where status = 'pending' and $mine",
        "update cs_health.playbook_step set approved_by = 'bob\@example.com', edited_by = 'bob\@example.com'
            where status = 'pending' and $mine",
        'insert into cs_health.playbook_history (tenant_id, execution_id, at, actor, action) values (' . tenant(2)
            . ", md5('second')::uuid, cs_health._now(), 'bob\@example.com', 'approved')",
        'insert into cs_health.playbook_test (tenant_id, execution_id, step_no, recipient, asked_at) values (' . tenant(2)
            . ", md5('second')::uuid, 2, 'bob\@example.com', now())",
        'insert into cs_health.task (tenant_id, source_key, kind, title, due_on, created_at) values (' . tenant(2)
            . ", 'manual 1', 'manual', 'x', current_date, cs_health._now())",
        'insert into cs_health.task (tenant_id, source_key, kind, title, assignee, due_on, created_at) values ('
            . tenant(2) . ", 'manual 1', 'manual', 'x', 'carla\@example.com', current_date, cs_health._now())",
        "update cs_health.task set assignee = 'carla\@example.com' where $mine",
        "update cs_health.task set assignee = null where $mine",
        "update cs_health.playbook_execution set steps = jsonb_set(steps, '{2,template}', '\"&lt;!channel&gt; *x* &amp; y\"')
            where status = 'waiting' and $mine",
        "update cs_health.task set status = 'done', ended_at = now(), ended_by = 'bob\@example.com' where $mine";
    allowed($role, $bob, "begin; $start; $plan (1, 0, 'call', 'call')) as s returning 'done'; rollback", 'done',
        "$role may plan the steps that an execution has");
    denied($role, $bob, "begin; $start; $plan $_) as s; rollback", '42501', "$role may plan no step $_")
        foreach "(1, 0, 'call', 'webhook')", "(-1, 2, 'tell', 'slack')", "(0, 2, 'tell', 'slack')",
        "(4, 2, 'tell', 'slack')", "(3, 2, 'tell', 'slack')"; # the last one at the time of day 0
    foreach my $state ('holdout = true', q{status = 'paused'}, q{status = 'internal'},
        q{status = 'churned', churned_on = current_date})
    {
        owner("update cs_health.tenant set $state where id = " . tenant(2));
        denied($role, $bob, $_, '42501', "$role, of a tenant with $state, may not: $_")
            foreach "$execution select " . tenant(2) . ", p.id, $copied",
            $start;
        owner(q{update cs_health.tenant set holdout = false, status = 'active', churned_on = null where id = } . tenant(2));
    }
    owner(q{update cs_health.cs_playbook set status = 'archived' where code = 'second'});
    denied($role, $bob, $start, '42501', "$role starts nothing that is archived");
    owner(q{update cs_health.cs_playbook set status = 'paused' where code = 'second'});
    denied($role, $bob, "begin; $_; rollback", '23514', "$role may not write so much: " . substr $_, 0, 120)
        foreach "update cs_health.playbook_step set status = 'skipped', ended_at = now(), reason = repeat('x', 3000)
            where status = 'pending' and $mine",
        'insert into cs_health.playbook_history (tenant_id, execution_id, at, actor, action, reason) values (' . tenant(2)
            . ", md5('second')::uuid, cs_health._now(), 'bob\@example.com', 'x', repeat('x', 3000))",
        'insert into cs_health.task (tenant_id, source_key, kind, title, due_on, created_at) values (' . tenant(2)
            . ", 'manual 1', 'manual', repeat('x', 301), current_date, cs_health._now())",
        "update cs_health.task set note = repeat('x', 10001) where $mine",
        "update cs_health.task set outcome = repeat('x', 300) where $mine",
        "update cs_health.playbook_execution set outcome = repeat('x', 3000) where ended_at is null and $mine";
    denied($role, $bob, $_, '42501', "$role may not: $_")
        foreach "update cs_health.task set assignee = 'me\@evil.example' where $mine",
        'insert into cs_health.task (tenant_id, source_key, kind, title, assignee, due_on, created_at) values ('
            . tenant(2) . ", 'manual 1', 'manual', 'x', 'me\@evil.example', current_date, cs_health._now())",
        (map { 'insert into cs_health.task (tenant_id, source_key, kind, title, due_on, created_at) values (' . tenant(2)
            . ", 'manual 1', 'manual', 'x', $_, cs_health._now())" }
            "'-infinity'", "'infinity'", 'cs_health._today() - 1', 'cs_health._today() + 3651'),
        (map { "update cs_health.task set $_ where $mine" } q{status = 'done'}, 'ended_at = now()',
            q{status = 'done', ended_at = '-infinity', ended_by = 'bob@example.com'}),
        "update cs_health.playbook_execution set steps = jsonb_set(steps, '{2,template}', '\"<!channel> x\"')
            where status = 'waiting' and $mine",
        "update cs_health.playbook_execution set steps = jsonb_set(steps, '{2,subject}', '\"<https://evil.example|x>\"')
            where status = 'waiting' and $mine",
        "update cs_health.playbook_execution set steps = jsonb_set(steps, '{2,subject}', '[\"<!channel>\"]')
            where status = 'waiting' and $mine",
        "$execution select " . tenant(2) . ', p.id, ' . ($copied =~ s/bob@/ana@/r),
        "$execution select " . tenant(2) . ', p.id, ' . ($copied =~ s/'bob\@example.com'/'engine'/r),
        "$execution select " . tenant(2) . ', p.id, ' . ($copied =~ s/p\.steps/p.steps || p.steps/r),
        "$execution select " . tenant(2) . ', p.id, ' . ($copied =~ s/p\.params/'{"x": 1}'/r),
        "$execution select " . tenant(2) . ', p.id, ' . ($copied =~ s/cs_health\._now\(\)/now() - interval '1 day'/r),
        (map { "$execution select " . tenant(2) . ', p.id, ' . ($copied =~ s/running/$_/r) } qw(waiting paused)),
        (map { "$execution select " . tenant(2) . ', p.id, ' . ($copied =~ s/cs_health._first_day\('UTC'\)/$_/r) }
            "'infinity'", 'current_date - 9', 'current_date + 9', 'null'),
        (map { "$execution select " . tenant(2) . ', p.id, ' . ($copied =~ s/'\[\]'/$_/r) }
            q('{"a": 1}'), q('[{"fact": "overall_score", "op": "<", "value": 60, "actual": 1, "for_days": 1}]')),
        (map { $start =~ s/cs_health._first_day\('UTC'\)/$_/r } "'infinity'", "'-infinity'", 'current_date - 9', 'null'),
        $start =~ s/bob\@/ana@/r, $start =~ s/'bob\@example.com'/null/r,
        (map { $start =~ s/now\(\)/$_/r } 'null', "'infinity'", "now() - interval '1 day'"),
        (map { "update cs_health.playbook_execution set $_ where status = 'waiting' and $mine" } "started_on = 'infinity'",
            'started_on = current_date', 'approved_at = now()', q{approved_by = 'bob@example.com'},
            q{status = 'cancelled', ended_at = '-infinity'}, q{status = 'cancelled', ended_at = now() - interval '9 years'},
            q{status = 'paused', paused_at = now()}, q{status = 'finished', ended_at = now()}),
        (map { "begin; $paused update cs_health.playbook_execution set $_ where status = 'paused' and $mine; rollback" }
            "paused_at = '-infinity'", "paused_at = now() - interval '9 days'", 'approved_at = null',
            q{approved_at = now() - interval '9 days'}, 'started_on = started_on - 9',
            q{status = 'finished', paused_at = null, ended_at = now()}),
        "begin; $start; update cs_health.playbook_execution set status = 'paused', paused_at = now() - interval '9 days'
            where status = 'running' and $mine; rollback",
        "begin; select cs_health.approve_execution(md5('second')::uuid) \\gset
            update cs_health.playbook_execution set status = 'finished', ended_at = now() where status = 'running' and $mine",
        # a step out of its turn
        (map { "update cs_health.playbook_step set $_ where status = 'pending' and $mine" }
            'due_at = now()', 'planned_at = now()', 'due_at = now(), planned_at = now()', "due_at = 'infinity'",
            "due_at = due_at + interval '1 day'", q{reason = 'late'}, q{status = 'approval'}, q{status = 'held'},
            q{status = 'done', ended_at = now()}, q{status = 'skipped'},
            q{status = 'skipped', ended_at = '-infinity'}, q{status = 'skipped', ended_at = now() - interval '9 days'}),
        (map { "begin; $paused update cs_health.playbook_step set $_ $moved; rollback" }
            "due_at = due_at - interval '1 minute'", "planned_at = planned_at - interval '1 day'", "due_at = '-infinity'"),
        "update cs_health.playbook_execution set status = 'running', ended_at = null where ended_at is not null and $mine",
        "update cs_health.playbook_execution set steps = jsonb_set(steps, '{1,to}', '\"admin\"')
            where status = 'waiting' and $mine",
        "update cs_health.playbook_execution set steps = steps || steps where status = 'waiting' and $mine",
        "update cs_health.playbook_execution set steps = '[]' where status = 'waiting' and $mine",
        "update cs_health.playbook_execution set created_by = 'x' where $mine",
        "update cs_health.playbook_execution set tenant_id = " . tenant(1) . " where $mine",
        "update cs_health.playbook_step set recipient = 'me\@evil.example' where $mine",
        "update cs_health.playbook_step set contact_id = gen_random_uuid() where $mine",
        "update cs_health.playbook_step set outbox_id = gen_random_uuid() where $mine",
        "update cs_health.playbook_step set status = 'sent' where status = 'pending' and $mine",
        "update cs_health.playbook_step set status = 'queued' where status = 'pending' and $mine",
        "update cs_health.playbook_step set status = 'pending', ended_at = null where status = 'done' and $mine",
        "update cs_health.playbook_step set approved_by = 'ana\@example.com' where status = 'pending' and $mine",
        "update cs_health.playbook_step set told_at = now() where status = 'pending' and $mine",
        "update cs_health.playbook_step set edited_by = 'engine' where status = 'pending' and $mine",
        'insert into cs_health.playbook_step (tenant_id, execution_id, step_no, day, action, channel, due_at, planned_at)
            values (' . tenant(2) . ", md5('second')::uuid, 1, 0, 'mail', 'webhook', now(), now())",
        'insert into cs_health.playbook_history (tenant_id, execution_id, at, actor, action) values (' . tenant(2)
            . ", md5('second')::uuid, cs_health._now(), 'ana\@example.com', 'approved')",
        'insert into cs_health.playbook_history (tenant_id, execution_id, at, actor, action) values (' . tenant(2)
            . ", md5('second')::uuid, cs_health._now(), 'engine', 'finished')",
        'insert into cs_health.playbook_history (tenant_id, execution_id, at, actor, action) values (' . tenant(2)
            . ", md5('second')::uuid, cs_health._now() - interval '1 day', 'bob\@example.com', 'approved')",
        'update cs_health.playbook_history set reason = null', 'delete from cs_health.playbook_history',
        'insert into cs_health.playbook_test (tenant_id, execution_id, step_no, recipient, asked_at) values (' . tenant(2)
            . ", md5('second')::uuid, 2, 'me\@evil.example', now())",
        'insert into cs_health.playbook_test (tenant_id, execution_id, step_no, recipient, asked_at) values (' . tenant(2)
            . ", md5('second')::uuid, 2, 'bob\@example.com', 'infinity')",
        'insert into cs_health.task (tenant_id, source_key, kind, title, due_on, created_at) values (' . tenant(2)
            . ", 'manual 1', 'escalation', 'x', current_date, cs_health._now())",
        'insert into cs_health.task (tenant_id, source_key, kind, title, due_on, created_at) values (' . tenant(2)
            . ", 'step of the engine', 'manual', 'x', current_date, cs_health._now())",
        "update cs_health.task set status = 'done', ended_at = now(), ended_by = 'ana\@example.com' where $mine",
        "update cs_health.task set due_on = current_date - 1 where $mine",
        "update cs_health.task set due_on = current_date + 400 where $mine", 'delete from cs_health.task',
        "update cs_health.expansion_signal set status = 'lost', changed_at = cs_health._now(),
            changed_by = 'ana\@example.com' where $mine",
        "update cs_health.expansion_signal set status = 'won', changed_at = cs_health._now(),
            changed_by = cs_health._author() where $mine",
        "update cs_health.expansion_signal set held_reason = null where $mine",
        'insert into cs_health.expansion_signal_change (tenant_id, signal_id, before, after, changed_at, changed_by)
            values (' . tenant(2) . ", md5('signal of tenant 2')::uuid, 'new', 'won', cs_health._now(), 'x')",
        (map { "insert into cs_health.expansion_signal_change (tenant_id, signal_id, before, after, changed_at, changed_by,
            deferred_until) values (" . tenant(2) . ", md5('signal of tenant 2')::uuid, $_, cs_health._now(),
            cs_health._author(), null)" } "'new', 'won'", "'won', 'new'", "'new', '<b>'", "'contacted', 'new'"),
        'insert into cs_health.expansion_signal_change (tenant_id, signal_id, before, after, changed_at, changed_by,
            deferred_until) values (' . tenant(2) . ", md5('signal of tenant 2')::uuid, 'new', 'new', cs_health._now(),
            cs_health._author(), '2999-01-01')",
        (map { "update cs_health.expansion_signal set changed_at = cs_health._now(), changed_by = cs_health._author(), $_
            where $mine" } "status = 'deferred', deferred_until = '2020-01-01'", "note = 'x'"),
        "update cs_health.expansion_signal set potential_arr = 1e6 where $mine",
        "update cs_health.in_app_message set title = 'x'", "update cs_health.in_app_message set expires_at = 'infinity'",
        "update cs_health.churn_alert set level = 'high'", 'delete from cs_health.playbook_state',
        "update cs_health.playbook_state set standing = 'enrolled', reason = null where $mine",
        q{update cs_health.cs_playbook set status = 'active'}, 'delete from cs_health.cs_playbook',
        q{insert into cs_health_v1.playbooks (name, trigger_type, trigger_conditions, steps)
            select 'x', trigger_type, trigger_conditions, steps from cs_health.cs_playbook},
        q{update cs_health_v1.playbooks set steps = '[]'},
        q{select cs_health_v1.activate_playbook(md5('playbook')::uuid)},
        q{select cs_health_v1.archive_playbook(md5('playbook')::uuid)},
        q{select cs_health_v1.enrol_existing(md5('playbook')::uuid, 9)},
        q{select cs_health._now(); set cs_health.now = '2030-01-01'};
    # What is queued: a task may be done, a message is in the outbox until it was sent or taken back
    foreach my $message ('null', 'gen_random_uuid()')
    {
        owner("update cs_health.playbook_step set status = 'queued', outbox_id = $message where $mine and step_no = 2");
        foreach my $end (qw(done cancelled skipped))
        {
            my $sql = "begin; update cs_health.playbook_step set status = '$end', ended_at = now()
                where status = 'queued' and $mine returning 'done'; rollback";

            $message eq 'null' && $end ne 'skipped'
                ? allowed($role, $bob, $sql, 'done', "$role may say of a task: $end")
                : denied($role, $bob, $sql, '42501', "$role may not say of what is queued ($message): $end");
        }
    }
    owner("update cs_health.playbook_step set status = 'pending', outbox_id = null where $mine and step_no = 2");
    allowed($role, $bob, q{set client_min_messages = error; set cs_health.now = '2030-01-01';
        select cs_health._now() < '2029-01-01'}, 't', "$role does not set the clock before the library is loaded either");
}
denied('cs_health_csm', $bob, $_, '42501', "cs_health_csm may not: $_")
    foreach "$execution select " . tenant(1) . ", p.id, $copied",
    'insert into cs_health.playbook_history (tenant_id, execution_id, at, actor, action) values (' . tenant(1)
        . ", md5('execution of tenant 1')::uuid, cs_health._now(), 'bob\@example.com', 'approved')",
    'insert into cs_health.playbook_test (tenant_id, execution_id, step_no, recipient, asked_at) values (' . tenant(1)
        . ", md5('execution of tenant 1')::uuid, 2, 'bob\@example.com', now())",
    'insert into cs_health.task (tenant_id, source_key, kind, title, due_on, created_at) values (' . tenant(1)
        . ", 'manual 1', 'manual', 'x', current_date, cs_health._now())";
allowed('cs_health_csm', $bob, "update cs_health.$_ where tenant_id <> " . tenant(2) . ' returning 1', '',
    "an update finds nothing of a colleague: $_")
    foreach q{playbook_execution set status = 'cancelled', ended_at = now()}, q{task set assignee = 'bob@example.com'},
    q{playbook_step set status = 'skipped', ended_at = now()}, q{expansion_signal set note = 'x'},
    q{in_app_message set expires_at = now()};
my $of_ana = "md5('execution of tenant 1')::uuid";
denied('cs_health_csm', $bob, "select * from cs_health_v1.$_", 'PT404', "not found: $_")
    foreach "execute_playbook(md5('playbook')::uuid, " . tenant(1) . ')',
    "execute_playbook(gen_random_uuid(), " . tenant(2) . ')', "approve_execution($of_ana)", "pause_execution($of_ana)",
    "resume_execution($of_ana)", "cancel_execution($of_ana)", "resolve_execution($of_ana)", "preview_step($of_ana, 2)",
    "edit_step($of_ana, 2, 'x', 'x')", "send_test($of_ana, 2)", "approve_step($of_ana, 2)",
    "skip_step($of_ana, 2, 'x')", "reassign_task(md5('task of tenant 1')::uuid, 'bob\@example.com')",
    'create_task(' . tenant(1) . ", 'x')", "complete_task(md5('task of tenant 1')::uuid, 'done')",
    "set_signal_status(md5('signal of tenant 1')::uuid, 'won')";

# What they may do
allowed('cs_health_csm', $bob, 'select * from cs_health_v1.' . $_->[0], $_->[1], "a CSM calls $_->[0]")
    foreach [ q{approve_execution(md5('second')::uuid)}, '' ],
    [ q{preview_step(md5('second')::uuid, 2)}, qr/^email\|tenant2\@customer\.example\|Hello\|Hello\.\|\{\}\|/ ],
    [ q{edit_step(md5('second')::uuid, 2, 'Dear {{contact.name}}', 'How are you?')}, '' ],
    [ q{send_test(md5('second')::uuid, 2)}, '' ], [ q{approve_step(md5('second')::uuid, 2)}, '' ],
    [ q{skip_step(md5('second')::uuid, 1, 'called already')}, '' ], [ q{pause_execution(md5('second')::uuid, 'x')}, '' ],
    [ q{resume_execution(md5('second')::uuid)}, '' ], [ q{pause_execution(md5('second')::uuid)}, '' ];
owner(q{update cs_health.playbook_execution set paused_at = paused_at - interval '3 days' where id = md5('second')::uuid});
my $due = q{select due_at from cs_health.playbook_step where execution_id = md5('second')::uuid and step_no = 3};
my $later = $node->safe_psql('customers', "select due_at + interval '3 days' from ($due) as s");
allowed('cs_health_csm', $bob, q{select cs_health_v1.resume_execution(md5('second')::uuid)}, '',
    'a CSM lets it go on three days later');
is($node->safe_psql('customers', $due), $later, 'and so do its steps');
owner(q{update cs_health.playbook_step set status = 'held' where execution_id = md5('second')::uuid and step_no = 3});
allowed('cs_health_csm', $bob, q{select cs_health_v1.edit_step(md5('second')::uuid, 3, 'x', 'y')}, '',
    'a CSM edits what is held');
is($node->safe_psql('customers', "select s.due_at <= now() from ($due) as s"), 't', 'and it is tried at once');
allowed('cs_health_csm', $bob, 'select * from cs_health_v1.' . $_->[0], $_->[1], "a CSM calls $_->[0]")
    foreach [ q{resolve_execution(md5('second')::uuid, 'all is well')}, '' ],
    [ q{execute_playbook(md5('playbook')::uuid, } . tenant(2) . ')', qr/^[0-9a-f-]{36}$/ ],
    [ q{reassign_task(md5('task of tenant 2')::uuid, 'carla@example.com')}, '' ],
    [ q{complete_task(md5('task of tenant 2')::uuid, 'reached', 'x')}, '' ],
    [ 'create_task(' . tenant(2) . q{, 'Ask for a reference')}, qr/^[0-9a-f-]{36}$/ ],
    [ q{set_signal_status(md5('signal of tenant 2')::uuid, 'contacted', 'x')}, '' ],
    [ q{set_signal_status(md5('signal of tenant 2')::uuid, 'deferred', 'x', '2999-01-01')}, '' ],
    [ q{set_signal_status(md5('signal of tenant 2')::uuid, 'deferred', 'y', '2999-02-01')}, '' ],
    [ q{set_signal_status(md5('signal of tenant 2')::uuid, 'won', won_arr => 99)}, '' ],
    [ q{set_signal_status(md5('signal of tenant 2')::uuid, 'won', 'Signed')}, '' ];
is($node->safe_psql('customers', q{
    select string_agg(concat_ws(' ', c.before, c.after, c.note, c.deferred_until), ', ' order by c.id)
    from cs_health.expansion_signal_change as c}),
    'new contacted x, contacted deferred x 2999-01-01, deferred deferred y 2999-02-01, deferred won, won won Signed',
    'and its history says so');
denied('cs_health_csm', $bob, 'select * from cs_health_v1.' . $_->[0], $_->[1], "$_->[1]: $_->[0]")
    foreach [ q{approve_execution(md5('second')::uuid)}, 'PT409' ],
    [ q{skip_step(md5('second')::uuid, 2, 'x')}, 'PT409' ],
    [ q{complete_task(md5('task of tenant 2')::uuid, 'reached')}, 'PT409' ],
    [ q{set_signal_status(md5('signal of tenant 2')::uuid, 'new')}, 'PT409' ],
    [ q{set_signal_status(md5('signal of tenant 2')::uuid, 'won', won_arr => -1)}, '22023' ],
    [ q{set_signal_status(md5('signal of tenant 2')::uuid, 'deferred', 'x', '2999-01-01')}, 'PT409' ],
    [ q{set_signal_status(md5('signal of tenant 2')::uuid, 'sold')}, '22023' ],
    [ 'create_task(' . tenant(2) . q{, 'x', assignee => 'me@evil.example')}, '22023' ],
    [ q{execute_playbook(md5('playbook')::uuid, } . tenant(2) . ')', '23505' ];
is($node->safe_psql('customers', q{
    select string_agg(distinct h.actor, ' ') from cs_health.playbook_history as h
    where h.execution_id = md5('second')::uuid}), 'bob@example.com', 'all in the own name');
is($node->safe_psql('customers', 'select count(*) from cs_health.outbox'), 4, 'and nothing of it went to the outbox');
allowed('cs_health_admin', '', q{
    insert into cs_health_v1.playbooks (name, trigger_type, trigger_conditions, steps)
    select 'Another', trigger_type, trigger_conditions, steps from cs_health.cs_playbook where code = 'talk'
    returning status, created_by}, 'paused|cs_health_admin', 'an administrator makes a playbook');
allowed('cs_health_admin', '{"email": "root@example.com"}', q{
    insert into cs_health_v1.playbooks (name, trigger_type, trigger_conditions, steps)
    select 'One more', trigger_type, trigger_conditions, steps from cs_health.cs_playbook where code = 'talk'
    returning created_by}, 'root@example.com', 'under the own name');
denied('cs_health_admin', '', q{select cs_health.test_channel('email', 'me@evil.example')}, '22023',
    'an administrator tests with colleagues only');
denied('cs_health_admin', '', q{
    insert into cs_health.cs_playbook (name, trigger_type, trigger_conditions, steps, created_by)
    select 'x', trigger_type, trigger_conditions, steps, 'ana@example.com' from cs_health.cs_playbook
    where code = 'talk'}, '42501', 'not under another');
allowed('cs_health_admin', '', q{delete from cs_health_v1.playbooks where name in ('Another', 'Talk') returning name},
    'Another', 'and takes away what was never used');
allowed('cs_health_admin', '', q{select count(*) > 0 from (select cs_health.skip_step(s.execution_id, s.step_no, 'x')
    from cs_health.playbook_step as s join cs_health.playbook_execution as e on e.id = s.execution_id
    where s.status = 'pending' and e.status = 'running') as s}, 't', 'an administrator skips steps without reading them');
allowed('cs_health_admin', '', "select cs_health_v1.$_->[0](md5('playbook')::uuid) is not null", $_->[1],
    "an administrator calls $_->[0]")
    foreach [ 'activate_playbook', 'f' ], [ 'pause_playbook', 't' ], [ 'archive_playbook', 't' ];
allowed('cs_health_admin', '', $_->[0], $_->[1], "an administrator: $_->[0]")
    foreach [ q{select cs_health.test_channel('hook') is not null}, 't' ],
    [ q{select cs_health.test_channel('slack') is not null}, 't' ],
    [ q{select cs_health.test_channel('email', 'ana@example.com') is not null}, 't' ],
    [ q{select count(step_no) > 0 from cs_health.playbook_step}, 't' ],
    [ q{select cs_health.cancel_delivery(id) from cs_health.outbox where source_key = 'digest'}, 't' ],
    [ q{select cs_health.close_channel('hook')}, '' ], [ q{select cs_health.requeue_channel('hook')}, 0 ],
    [ q{insert into cs_health.channel (code, kind, secret) values ('h2', 'webhook', 'h2') returning code}, 'h2' ];

# A customer's own users
my $banners = 'select string_agg(title, \', \' order by title) from cs_health_v1.in_app_messages';
my $id = $node->safe_psql('customers', 'select ' . tenant(2));
foreach my $claims (qq({"tenant_id": "$id"}), qq({"tenant_id": "\U$id\E", "email": "ana\@example.com"}))
{
    allowed('cs_health_tenant', $claims, $banners, 'For tenant 2', "$claims: the own banners");
}
allowed('cs_health_tenant', $_, $banners, '', "$_: none")
    foreach '', '{}', '{"tenant_id": null}', '{"tenant_id": ""}', '{"tenant_id": "x"}', '{"tenant_id": "%"}',
    '{"tenant_id": 1}', '{"tenant_id": true}', '{"tenant_id": []}', qq({"tenant_id": ["$id"]}),
    qq({"tenant_id": {"id": "$id"}}), qq({"tenant_id": "{$id}"}), qq({"tenant_id": " $id"}),
    qq({"tenant_id": "$id\\\\n"}), qq({"tenant_id": "$id or true"}), qq({"tenant_id": "@{[$id =~ tr/-//dr]}"}),
    qq({"Tenant_id": "$id"}), qq({"tenants": ["$id"]}), '{"email": "bob@example.com"}',
    '{"tenant_id": "' . ('0' x 10000) . '"}', '{"tenant_id": "00000000-0000-0000-0000-000000000000"}';
my $user = qq({"tenant_id": "$id"});
allowed('cs_health_tenant', $user, "select cs_health_v1.in_app_$_(md5('banner of tenant 2')::uuid)", '',
    "a customer's user says: $_") foreach qw(shown clicked dismissed);
denied('cs_health_tenant', $user, "select cs_health_v1.in_app_$_(md5('banner of tenant 1')::uuid)", 'PT404',
    "not of another's banner: $_") foreach qw(shown clicked dismissed);
allowed('cs_health_tenant', $user, 'select id = md5(\'banner of tenant 2\')::uuid, live, shown_at is not null,
    clicked_at is not null, dismissed_at is not null from cs_health_v1.in_app_messages', 't|f|t|t|t', 'it is noted');
denied('cs_health_tenant', $user, $_, '42501', "a customer's user may not: $_")
    foreach 'select execution_id from cs_health.in_app_message', q{update cs_health.in_app_message set title = 'x'},
    q{update cs_health.in_app_message set expires_at = 'infinity'}, 'delete from cs_health.in_app_message',
    'select * from cs_health.playbook_execution', 'select * from cs_health.expansion_signal',
    'select * from cs_health.churn_alert', 'select * from cs_health.task', 'select * from cs_health.tenant',
    "select cs_health_v1.preview_step($of_ana, 1)", 'select cs_health_v1.complete_task(gen_random_uuid(), \'x\')';
allowed('cs_health_tenant', $user, 'update cs_health.in_app_message set shown_at = null where tenant_id <> '
    . tenant(2) . ' returning 1', '', 'another\'s is not found');

# The worker: the way out and nothing else
owner(q{select cs_health.open_channel('hook')});
$node->safe_psql('customers', q{grant cs_health_worker to authenticator});
allowed('cs_health_worker', '', q{
    select count(*) filter (where cs_health.complete_outbox(c.id, c.attempt, 'retry', 421, 'busy')) from cs_health.claim_outbox('me') as c},
    6, 'the worker\'s role claims and completes');
allowed('cs_health_worker', '', q{select cs_health._release_leases(), w.due is null
    from cs_health._worker_poll(1, now(), 1, 0) as w}, '0|f', 'and keeps its books');
denied('cs_health_worker', '', $_, '42501', "but may not: $_")
    foreach 'select * from cs_health.tenant', 'select * from cs_health.contact', 'select * from cs_health.playbook_step',
    q{update cs_health.outbox set payload = '{}'}, q{update cs_health.channel set secret = 'x'},
    q{update cs_health.channel set enabled = true}, 'delete from cs_health.outbox', 'delete from cs_health.delivery_attempt',
    q{update cs_health.delivery_attempt set outcome = 'sent'},
    q{insert into cs_health.outbox (source_key, channel, kind, payload) values ('x', 'email', 'message', '{}')},
    'select * from cs_health_v1.deliveries', 'call cs_health.run_due()', 'call cs_health.run_playbooks()',
    q{select cs_health.requeue(gen_random_uuid())};

# And the worker itself with that role: it finds that the secret is not there
$node->append_conf('postgresql.conf', q{
    shared_preload_libraries = 'cs_health'
    cs_health.databases = 'customers'
    cs_health.worker_role = 'cs_health_worker'});
$node->restart;
owner(q{select cs_health.test_channel('hook')});
ok($node->poll_query_until('customers', q{
    select exists (select from cs_health.delivery_attempt as a where a.outcome = 'retry' and a.error ~ 'secret')
        and exists (select from cs_health.delivery_worker)}), 'the worker works with its role');

# Once days are scored, a CSM starts with the reasons that hold
owner(q{
    update cs_health.tenant set signed_up_at = now() - interval '9 days';
    insert into cs_health.cs_playbook (id, name, trigger_type, trigger_conditions, steps)
    select md5('new')::uuid, 'New', 'onboarding', '{"fact": "stage", "op": "=", "value": "onboarding"}', steps
    from cs_health.cs_playbook where code = 'second'});
owner('call cs_health.recalculate(cs_health._today() - 1)');
allowed('cs_health_csm', $bob, q{select cs_health_v1.execute_playbook(md5('new')::uuid, } . tenant(2)
        . ') is not null', 't', 'a CSM starts a playbook for a scored customer');
allowed('cs_health_csm', $bob, q{select why from cs_health_v1.playbook_executions where playbook_id = md5('new')::uuid},
    'stage onboarding', 'and reads why');

# Functions: nobody's but those that are named
is($node->safe_psql('customers', qq{
    select string_agg(p.proname, ' ' order by p.proname) from pg_proc as p
    where p.pronamespace in ('cs_health'::regnamespace, 'cs_health_v1'::regnamespace)
        and has_function_privilege('$_->[0]', p.oid, 'execute')}), $_->[1], "functions of $_->[0]")
    foreach [ 'cs_health_tenant', '_asker_role _has_role _mark_in_app _now _require_listed check_request current_claim current_csm '
        . 'current_tenant in_app_clicked in_app_clicked in_app_dismissed in_app_dismissed in_app_shown in_app_shown whoami' ],
    [ 'cs_health_worker', '_check_unsubscribe _claim_outbox _count_failure _failures_that_close _is_hard_bounce '
        . '_is_rejected_sender _pace _release_leases _retry_delay _worker_name _worker_poll check_email_address claim_outbox complete_outbox' ],
    [ 'cs_health_ingest', '' ];
is($node->safe_psql('customers', q{
    select string_agg(p.oid::regprocedure::text, ' ') from pg_proc as p
    where p.pronamespace in ('cs_health'::regnamespace, 'cs_health_v1'::regnamespace) and p.prosecdef}), '',
    'nothing runs with the rights of its owner');

done_testing();

sub tenant
{
    return "md5('tenant $_[0]')::uuid";
}

sub owner
{
    my ($sql) = @_;

    $node->psql('customers', $sql, extra_params => [ '-U', 'owner' ], on_error_die => 1);
}

# What psql says as a role, reached as PostgREST does
sub as
{
    my ($role, $claims, $sql) = @_;

    return $node->psql('customers', "\\set VERBOSITY verbose\nset role $role;
        select set_config('request.jwt.claims', '$claims', false) \\gset\n$sql;",
        extra_params => [ '-U', 'authenticator' ]);
}

sub allowed
{
    my ($role, $claims, $sql, $want, $name) = @_;

    ($code, $out, $error) = as($role, $claims, $sql);
    ref $want ? like("$out$error", $want, $name) : is("$out$error", $want, $name);
}

sub denied
{
    my ($role, $claims, $sql, $state, $name) = @_;

    ($code, $out, $error) = as($role, $claims, $sql);
    like($error, qr/ERROR:  $state: /, $name);
}
