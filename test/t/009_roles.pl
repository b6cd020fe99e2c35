# Who sees and may do what: the roles, nobody without them, and an owner who is no superuser. Playbooks and deliveries:
# 026_playbook_roles.pl.
use strict;
use warnings;
use CsHealth;
use Test::More;

my $node = new_server('roles');
my $ana = '{"email": "ana@example.com"}';
my $bob = '{"email": "bob@example.com"}';
my $stranger = '{"email": "stranger@example.com"}';

# The extension is a superuser's, the tables are the owner's
$node->safe_psql('postgres', q{
    create role owner login createrole;
    create role outsider login;
    create database customers owner owner});
$node->safe_psql('customers', q{
    create extension cs_health;
    grant usage, create on schema cs_health to owner with grant option;
    grant execute on all routines in schema cs_health to owner with grant option});
my ($code, $out, $error) = as('owner', undef, 'call cs_health.install(); call cs_health.install();');
is($code, 0, 'an owner who is no superuser installs, twice') or diag($error);
unlike($error, qr/WARNING/, 'without a warning');
is($node->safe_psql('customers', q{
    select string_agg(distinct pg_get_userbyid(c.relowner), ' ') from pg_class as c
    where c.relnamespace in ('cs_health'::regnamespace, 'cs_health_v1'::regnamespace)
        and c.relkind in ('r', 'p', 'v')}), 'owner', 'and owns all tables and views');
($code, $out, $error) = as('owner', undef, q{
    insert into cs_health.csm (email, name) values ('ana@example.com', 'Ana'), ('bob@example.com', 'Bob');
    insert into cs_health.tenant (id, external_id, name, csm)
    select md5('tenant ' || n)::uuid, n, 'tenant ' || n,
        case when n <= 3 then 'ana@example.com' when n <= 5 then 'bob@example.com' end
    from generate_series(1, 7) as n;
    insert into cs_health.contact (tenant_id, name, email) select id, 'Contact', 'contact@example.com'
    from cs_health.tenant;
    insert into cs_health.feedback (tenant_id, kind, score) select id, 'nps', 9 from cs_health.tenant;
    insert into cs_health.ticket (tenant_id, id, opened_at) select id, 'T1', now() - interval '9 days'
    from cs_health.tenant;
    insert into cs_health.usage (tenant_id, metric, measured_at, used) select id, 'seats', now(), 7
    from cs_health.tenant;
    insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change)
    select id, current_date - 90, 'new', 100 from cs_health.tenant;
    insert into cs_health.touchpoint (tenant_id, kind) select id, 'note' from cs_health.tenant;
    insert into cs_health.plan (code, name, kind, rank, monthly_price)
    values ('small', 'Small', 'base', 1, 10), ('large', 'Large', 'base', 2, 30), ('extra', 'Extra', 'add_on', 1, 5);
    insert into cs_health.plan_limit (plan_code, metric, limit_value) values ('small', 'seats', 6), ('extra', 'seats', 2);
    update cs_health.tenant set plan_code = 'small';
    insert into cs_health.tenant_add_on (tenant_id, plan_code) select id, 'extra' from cs_health.tenant;
    insert into cs_health.event (tenant_id, user_id, kind, feature, occurred_at)
    select id, 'u', 'feature_denied', 'api', now() - interval '2 days' from cs_health.tenant;
    insert into cs_health.event (tenant_id, user_id, kind, occurred_at)
    select id, 'u', 'login', now() - interval '2 days' from cs_health.tenant;
    call cs_health.run_due();});
is($code, 0, 'loads data and scores it') or diag($error);

# Nobody but the owner, until the roles exist and after
my @tables = grep { $_ } split /\n/, $node->safe_psql('customers', q{
    select c.oid::regclass from pg_class as c
    where c.relnamespace = 'cs_health'::regnamespace and c.relkind in ('r', 'p') order by 1});
cmp_ok(scalar @tables, '>', 40, 'tables');
is(join(' ', readable('outsider')), '', 'without roles, nobody else reads a table');
is($node->safe_psql('customers', q{
    select string_agg(p.oid::regprocedure::text, ' ') from pg_proc as p
    where p.pronamespace in ('cs_health'::regnamespace, 'cs_health_v1'::regnamespace)
        and has_function_privilege('outsider', p.oid, 'execute')}), '', 'or calls a function');
is($node->safe_psql('customers', q{
    select string_agg(c.relname, ' ') from pg_class as c
    where c.relnamespace = 'cs_health'::regnamespace and c.relkind in ('r', 'p') and not c.relrowsecurity}), '',
        'rows are guarded on every table');
$node->safe_psql('customers',
    'grant usage on schema cs_health to outsider; grant select on all tables in schema cs_health to outsider');
is(join(' ', with_rows('outsider')), '', 'even a grant by mistake shows no row');
$node->safe_psql('customers',
    'revoke usage on schema cs_health from outsider; revoke select on all tables in schema cs_health from outsider');

($code, $out, $error) = as('owner', undef, 'call cs_health.install_roles()');
is($code, 0, 'the owner makes the roles') or diag($error);
unlike($error, qr/WARNING/, 'without a warning');
is(join(' ', readable('outsider')), '', 'which changes nothing for others');
$node->safe_psql('postgres', q{
    create role authenticator login noinherit;
    grant cs_health_admin, cs_health_csm_all, cs_health_csm, cs_health_tenant, cs_health_ingest to authenticator});

my @data = qw(tenant contact feedback ticket usage revenue_event touchpoint customer_health tenant_add_on feature_demand);
my $scores = 'select string_agg(tenant_name, \', \' order by tenant_name) from cs_health_v1.health_scores';
foreach my $case ([ $ana, 'tenant 1, tenant 2, tenant 3', 3 ], [ $bob, 'tenant 4, tenant 5', 2 ], [ $stranger, '', 0 ],
    [ '', '', 0 ], [ '{}', '', 0 ])
{
    my ($claims, $names, $count) = @$case;

    allowed('cs_health_csm', $claims, $scores, $names, "a CSM ($claims) sees the scores of the own tenants");
    allowed('cs_health_csm', $claims, "select count(*) from cs_health.$_", $count,
        "a CSM ($claims) sees the $_ of the own tenants") foreach @data;
}
allowed('cs_health_csm', $ana, 'select count(*) from cs_health_v1.health_score_history(' . tenant(1) . ')', 1,
    'and their history');
denied('cs_health_csm', $ana, 'select * from cs_health_v1.health_score_history(' . tenant(4) . ')', 'PT404',
    'the history of a colleague\'s tenant is not found');
denied('cs_health_csm', $ana, "select * from cs_health_v1.health_score_history('00000000-0000-0000-0000-000000000000')",
    'PT404', 'nor is one of nobody');
like($error, qr/unknown tenant/, 'and says so');
my $same_day = "(select max(as_of) from cs_health.customer_health)";
allowed('cs_health_csm', $ana,
    'select count(*) from cs_health_v1.explain_change(' . tenant(1) . ", $same_day, $same_day)", 0,
    'and why it has changed');
denied('cs_health_csm', $ana,
    'select * from cs_health_v1.explain_change(' . tenant(4) . ", $same_day, $same_day)", 'PT404',
    'but not of a colleague\'s tenant');
allowed('cs_health_csm', $ana, 'select count(*) > 0 from cs_health_v1.what_would_help(' . tenant(1) . ')', 't',
    'and what would help');
denied('cs_health_csm', $ana, 'select * from cs_health_v1.what_would_help(' . tenant(4) . ')', 'PT404',
    'but not a colleague\'s tenant');
allowed('cs_health_csm_all', '', 'select count(*) > 0 from cs_health_v1.what_would_help(' . tenant(4) . ')', 't',
    'csm_all asks what would help anybody');
allowed('cs_health_csm', $ana,
    "insert into cs_health.touchpoint (tenant_id, kind) values (" . tenant(1) . ", 'call') returning 'done'", 'done',
    'a CSM notes a contact');
denied('cs_health_csm', $ana, "insert into cs_health.touchpoint (tenant_id, kind) values (" . tenant(4) . ", 'call')",
    '42501', 'but not with a colleague\'s tenant');
denied($_, $ana, "insert into cs_health.touchpoint (tenant_id, kind, actor) values (" . tenant(1) . ", 'call', 'bob\@example.com')",
    '42501', "nor in a colleague's name: $_") foreach qw(cs_health_csm cs_health_csm_all);

# What the plan covers, of the own tenants
allowed('cs_health_csm', $ana, 'select metric, limit_value from cs_health.usage_forecast(' . tenant(1) . ')', 'seats|8',
    'a CSM asks when a limit will be reached');
allowed('cs_health_csm', $ana, 'select * from cs_health.recommended_plan(' . tenant(1) . ", 'seats', 9)",
    'upsell|large|20.00', 'and what to offer');
denied('cs_health_csm', $ana, 'select * from cs_health.usage_forecast(' . tenant(4) . ')', '22023',
    'but not of a colleague\'s tenant');
denied('cs_health_csm', $ana, 'select * from cs_health.recommended_plan(' . tenant(4) . ')', '22023',
    'nor what to offer it');
denied('cs_health_csm_all', '', $_, '42501', "csm_all may not: $_")
    foreach 'delete from cs_health.tenant_add_on', 'update cs_health.feature_demand set denied = 9';
allowed('cs_health_admin', '', q{update cs_health.tenant_add_on set since = '2026-01-01'}, '',
    'an administrator says since when');
denied('cs_health_admin', '', 'delete from cs_health.feature_demand', '42501', 'but counts no demand');

# Who stands in for a colleague who is away sees that one's tenants too
as('owner', undef, q{update cs_health.csm set stands_in = 'ana@example.com', away_until = current_date + 1
    where email = 'bob@example.com'});
allowed('cs_health_csm', $ana, $scores, join(', ', map { "tenant $_" } 1 .. 5), 'Ana stands in for Bob');
allowed('cs_health_csm', $ana, 'select count(*) from cs_health.contact', 5, 'in everything');
allowed('cs_health_csm', $bob, $scores, 'tenant 4, tenant 5', 'not the other way round');
as('owner', undef, q{update cs_health.csm set away_until = current_date - 1});
allowed('cs_health_csm', $ana, $scores, 'tenant 1, tenant 2, tenant 3', 'until he is back');

allowed('cs_health_csm_all', $ana, $scores, join(', ', map { "tenant $_" } 1 .. 7), 'csm_all sees every score');
allowed('cs_health_csm_all', '', "select count(*) from cs_health.$_", $_ eq 'touchpoint' ? 8 : 7,
    "csm_all sees every $_") foreach @data;

# Revenue and renewals: of the own tenants
as('owner', undef, q{update cs_health.tenant set contract_ends_on = current_date + 20});
my $customers = 'select customers_end from cs_health_v1.revenue order by month desc limit 1';
my $renewals = 'select string_agg(tenant_name, \', \' order by tenant_name) from cs_health_v1.renewals where reason <> \'\'';
my $due = 'select sum(customers) from cs_health_v1.renewal_forecast where due_within = 30';
my $value = 'select sum(customers) from cs_health_v1.value_at_risk';
foreach my $case ([ 'cs_health_csm', $ana, 'tenant 1, tenant 2, tenant 3', 3 ], [ 'cs_health_csm', $bob, 'tenant 4, tenant 5', 2 ],
    [ 'cs_health_csm', $stranger, '', 0 ], [ 'cs_health_csm_all', '', join(', ', map { "tenant $_" } 1 .. 7), 7 ],
    [ 'cs_health_admin', '', join(', ', map { "tenant $_" } 1 .. 7), 7 ])
{
    my ($role, $claims, $names, $count) = @$case;

    allowed($role, $claims, $renewals, $names, "$role ($claims) sees the renewals of the own tenants");
    allowed($role, $claims, $customers, $count, 'and their revenue');
    allowed($role, $claims, $due, $count, 'and their forecast');
    allowed($role, $claims, $value, $count || '', 'and their value');
}
denied('cs_health_tenant', '', "select * from cs_health_v1.$_", '42501', "a tenant's own user sees no $_")
  foreach qw(revenue renewals renewal_forecast value_at_risk);
denied('cs_health_csm', $ana, $_, '42501', "a CSM may not: $_")
  foreach q{select * from cs_health._revenue_faults()}, q{select * from cs_health.movements_from_mrr('2026-01-31', 'select 1')};

# Churn predictions: of the own tenants; the model belongs to nobody but those who see everybody
my $risks = 'select string_agg(tenant_name, \', \' order by tenant_name) from cs_health_v1.churn_predictions';
allowed('cs_health_csm', $ana, $risks, 'tenant 1, tenant 2, tenant 3', 'a CSM sees predictions of the own tenants');
allowed('cs_health_csm', $bob, $risks, 'tenant 4, tenant 5', 'so does another');
allowed('cs_health_csm', $stranger, $risks, '', 'a stranger sees none');
allowed('cs_health_csm_all', '', $risks, join(', ', map { "tenant $_" } 1 .. 7), 'csm_all sees every prediction');
allowed('cs_health_csm', $ana,
    q{select bool_and(jsonb_typeof(top_risk_factors) = 'array' and jsonb_array_length(recommended_actions) > 0)
    from cs_health_v1.churn_predictions}, 't', 'with reasons and actions');
allowed('cs_health_csm', $ana, 'select count(*) from cs_health.churn_prediction', 3, 'nor do stored ones show others');
allowed('cs_health_csm', $ana,
    'select count(*) > 1 from cs_health_v1.explain_prediction(' . tenant(1) . ')', 't', 'a CSM asks why');
denied('cs_health_csm', $ana, 'select * from cs_health_v1.explain_prediction(' . tenant(4) . ')', 'PT404',
    'but not about a colleague\'s tenant');
allowed('cs_health_csm', $ana, q{select count(*) > 5 from cs_health_v1.churn_model_card()}, 't', 'and reads the card');
allowed('cs_health_csm', $ana, q{select count(*) from cs_health_v1.churn_alert_review()}, 0, 'and the review');
denied('cs_health_csm', $ana, 'select * from cs_health_v1.churn_model_status', '42501',
    'whether a model holds cannot be told from a few tenants');
allowed('cs_health_csm_all', '', 'select verdict from cs_health_v1.churn_model_status', 'wait', 'csm_all reads it');
denied('cs_health_csm_all', '', $_, '42501', "csm_all may not: $_")
  foreach q{select cs_health.publish_model('prior-1')}, 'call cs_health.train_churn_model()',
  q{update cs_health.churn_model set status = 'retired'}, 'select * from cs_health.churn_model_change';
denied('cs_health_tenant', '', "select * from $_", '42501', "a tenant's own user sees no $_")
  foreach qw(cs_health_v1.churn_predictions cs_health.churn_prediction cs_health.churn_model);
allowed('cs_health_admin', '', q{select cs_health.publish_model('prior-1')}, 'prior-1', 'an administrator publishes');

# Overrides and pulses: of the own tenants, under the own name, at the time they are made
my $judge = "'critical', 'their sponsor left', current_date + 9)";
my $override = 'insert into cs_health.health_override (tenant_id, category, reason, set_by, expires_on) values (';
foreach my $case ([ 1, 'ana' ], [ 4, 'bob' ])
{
    my ($nr, $csm) = @$case;
    my $claims = qq({"email": "$csm\@example.com"});

    allowed('cs_health_csm', $claims, 'select cs_health_v1.override_health(' . tenant($nr) . ", $judge is not null",
        't', "$csm overrides a category");
    allowed('cs_health_csm', $claims, 'select cs_health_v1.record_pulse(' . tenant($nr) . ", 2, 'silent') is not null",
        't', "$csm records a pulse");
    allowed('cs_health_csm', $claims, 'select tenant_name, category, override_by, pulse_by
        from cs_health_v1.health_scores where override_by is not null or pulse is not null',
        "tenant $nr|critical|$csm\@example.com|$csm\@example.com", 'and sees them, but not those of a colleague');
    allowed('cs_health_csm', $claims, "select tenant_name from $_", "tenant $nr", "nor in $_")
        foreach qw(cs_health_v1.override_record cs_health.override_record cs_health_v1.pulses);
    allowed('cs_health_csm', $claims, 'select set_by, overrides, open from cs_health_v1.override_accuracy',
        "$csm\@example.com|1|1", 'nor in override_accuracy');
    allowed('cs_health_csm', $claims, "select count(*) from cs_health.$_", 1, "nor in the table $_")
        foreach qw(health_override pulse);
}
allowed('cs_health_csm', $ana, 'select category, computed_category from
    cs_health_v1.health_score_history(' . tenant(1) . ')', 'at_risk|at_risk', 'yesterday there was no override yet');
foreach my $schema (qw(cs_health_v1 cs_health))
{
    my $state = $schema eq 'cs_health' ? '22023' : 'PT404';

    denied('cs_health_csm', $ana, "select $schema.override_health(" . tenant(4) . ", $judge", $state,
        "$schema: a colleague's tenant is not there to be overridden");
    denied('cs_health_csm', $ana, "select $schema.end_override(" . tenant(4) . ')', $state, "$schema: nor to be ended");
    denied('cs_health_csm', $ana, "select $schema.record_pulse(" . tenant(4) . ', 1)', $state,
        "$schema: nor for a pulse");
    denied('cs_health_csm', $stranger, "select $schema.override_health(" . tenant(1) . ", $judge", $state,
        "$schema: a stranger has no tenant");
}
denied('cs_health_csm', $ana, $override . tenant(4) . ", 'critical', 'x', 'ana\@example.com', current_date)", '42501',
    'an insert is no way round');
denied('cs_health_csm', $ana, 'insert into cs_health.pulse (tenant_id, rating, csm) values (' . tenant(4)
    . ", 1, 'ana\@example.com')", '42501', 'nor is one of a pulse');
allowed('cs_health_csm', $ana, 'update cs_health.health_override set ended_at = now(), ended_by = \'ana@example.com\'
    where tenant_id = ' . tenant(4), '', 'an update finds no override of a colleague');
is($node->safe_psql('customers', 'select count(*) from cs_health.health_override where ended_at is null'), 2,
    'so both live');
foreach my $role (qw(cs_health_csm cs_health_csm_all))
{
    denied($role, $ana, $override . tenant(2) . ", 'critical', 'x', 'bob\@example.com', current_date)", '42501',
        "$role forges no author of an override");
    denied($role, $ana, $override . tenant(2) . ", 'critical', 'x', 'cs_health_csm', current_date)", '42501',
        "$role does not hide behind a role");
    denied($role, $ana, 'insert into cs_health.pulse (tenant_id, rating, csm) values (' . tenant(2)
        . ", 1, 'bob\@example.com')", '42501', "$role forges no author of a pulse");
    denied($role, $ana, 'insert into cs_health.health_override (tenant_id, category, reason, set_by, set_at, expires_on)
        values (' . tenant(2) . ", 'critical', 'x', 'ana\@example.com', now() - interval '9 days', current_date)",
        '42501', "$role forges no date of an override");
    denied($role, $ana, 'insert into cs_health.pulse (tenant_id, rating, csm, at)
        values (' . tenant(2) . ", 1, 'ana\@example.com', now())", '42501', "$role forges no date of a pulse");
    denied($role, $ana, "update cs_health.health_override set $_", '42501', "$role may not set $_")
        foreach q{ended_at = now(), ended_by = 'bob@example.com'},
            q{ended_at = now() - interval '1 ms', ended_by = 'ana@example.com'},
            q{ended_at = now() + interval '1 day', ended_by = 'ana@example.com'}, q{ended_at = now()},
            q{category = 'healthy'}, q{expires_on = current_date}, q{reason = 'x'}, q{set_by = 'ana@example.com'};
    denied($role, $ana, "$_", '42501', "$role may not: $_")
        foreach 'delete from cs_health.health_override', 'delete from cs_health.pulse', 'truncate cs_health.pulse',
            'update cs_health.pulse set rating = 5';
}
allowed('cs_health_csm', $ana, 'select cs_health_v1.end_override(' . tenant(1) . ')', 't',
    'a CSM ends the own override');
allowed('cs_health_csm', $ana, 'update cs_health.health_override set ended_at = now(), ended_by = \'ana@example.com\'',
    '', 'once ended');
is($node->safe_psql('customers', q{select ended_by from cs_health.health_override where ended_at is not null}),
    'ana@example.com', 'it stays so');
allowed('cs_health_csm_all', $ana, 'select cs_health_v1.override_health(' . tenant(4) . ", $judge is not null", 't',
    'csm_all overrides any category');
is($node->safe_psql('customers',
    q{select set_by, ended_by from cs_health.health_override order by set_at desc limit 2}),
    "ana\@example.com|\nbob\@example.com|ana\@example.com", 'under the own name');
allowed('cs_health_csm_all', '', 'select cs_health_v1.record_pulse(' . tenant(7) . ', 5) is not null', 't',
    'csm_all without a claim records a pulse');
allowed('cs_health_csm_all', '', 'select tenant_name, csm from cs_health_v1.pulses order by tenant_name',
    "tenant 1|ana\@example.com\ntenant 4|bob\@example.com\ntenant 7|cs_health_csm_all", 'under the name of the role');
allowed('cs_health_admin', '', 'select count(*) from cs_health_v1.override_record', 3,
    'an administrator sees them all');
allowed('cs_health_admin', '', 'delete from cs_health.pulse where tenant_id = ' . tenant(7), '', 'and deletes them');
foreach my $role (qw(cs_health_tenant cs_health_ingest))
{
    denied($role, $ana, "$_", '42501', "$role may not: $_")
        foreach 'select * from cs_health.health_override', 'select * from cs_health_v1.pulses',
            'select cs_health_v1.end_override(' . tenant(1) . ')',
            'select cs_health.record_pulse(' . tenant(1) . ', 1)';
}

# Objectives, reviews and the quality of data: over the own customers, the last for those who see all
$node->safe_psql('customers', q{
    insert into cs_health.tenant (id, name, csm, status, churned_on) select md5('gone ' || n)::uuid, 'gone ' || n,
        case n when 1 then 'ana@example.com' end, 'churned', current_date - 3 from generate_series(1, 2) as n;
    insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change)
    select md5('tenant ' || n)::uuid, current_date - 500, 'new', 100 from generate_series(1, 5) as n;
    insert into cs_health.event_rejected (tenant_id, occurred_at, kind, minutes, quantity, reason)
    select md5('nobody')::uuid, now(), 'login', 0, 1, 'unknown tenant';
    update cs_health.customer_health set coverage = 1, category = 'critical' where tenant_id in
        (md5('tenant 1')::uuid, md5('tenant 4')::uuid);
    select cs_health._show_health();
    insert into cs_health.pulse (tenant_id, rating, csm) select tenant_id, 5, 'x' from cs_health.customer_health
    where category = 'critical' and coverage = 1});
my $shares = q{select string_agg(sample::text, ' ' order by objective) from cs_health_v1.objectives
    where objective in ('nrr', 'healthy_share')};
allowed('cs_health_csm_all', '', $shares, '7 5', 'csm_all reads the objectives of all');
allowed('cs_health_csm', $ana, $shares, '3 3', 'a CSM those of the own customers');
allowed('cs_health_csm', $stranger, $shares, '0 0', 'a stranger none');
allowed('cs_health_admin', '', $shares, '7 5', 'an administrator those of all');
my $gone = 'select string_agg(tenant_name, \', \' order by tenant_name) from cs_health_v1.missed_churn';
allowed('cs_health_csm', $ana, $gone, 'gone 1', 'a CSM reads of the own customers that left');
allowed('cs_health_csm_all', '', $gone, 'gone 1, gone 2', 'csm_all of all');
allowed('cs_health_admin', '', $gone, 'gone 1, gone 2', 'and an administrator');
my $disputed = 'select string_agg(tenant_name, \', \' order by tenant_name) from cs_health_v1.disagreements';
allowed('cs_health_csm', $ana, $disputed, 'tenant 1', 'a CSM reads where opinions differ on the own customers');
allowed('cs_health_csm_all', '', $disputed, 'tenant 1, tenant 4', 'csm_all on all');
my $faults = q{select string_agg(examples[1], ', ') from cs_health_v1.data_quality where code = 'unknown_tenant'};
allowed($_, '', $faults, $node->safe_psql('customers', q{select md5('nobody')::uuid}), "$_ reads what is wrong in the data")
    foreach qw(cs_health_csm_all cs_health_admin);
denied('cs_health_csm', $ana, 'select * from cs_health_v1.data_quality', '42501', 'a CSM does not');
denied('cs_health_csm_all', '', "select $_", '42501', "csm_all does not read $_")
    foreach 'user_id from cs_health.event_rejected', 'pack from cs_health.activity';
foreach my $role (qw(cs_health_tenant cs_health_ingest))
{
    denied($role, $ana, "select * from cs_health_v1.$_", '42501', "$role sees no $_")
        foreach qw(objectives disagreements missed_churn data_quality);
}

foreach my $role (qw(cs_health_csm cs_health_csm_all))
{
    allowed($role, $ana, "with u as (update cs_health.tenant set csm = 'ana\@example.com' returning 1) select count(*) from u", 0,
        "$role changes no tenant without handing it over");
    denied($role, $ana, "update cs_health.tenant set arr = 0", '42501', 'nor anything else of it');
    denied($role, $ana, 'delete from cs_health.customer_health', '42501', "$role deletes no score");
    denied($role, $ana, 'call cs_health.run_due()', '42501', "$role starts no run");
    denied($role, $ana, "select * from cs_health.$_", '42501', "$role does not read $_")
        foreach qw(activity event event_rejected hash_secret installed_part);
}
is(join(' ', sort(readable('cs_health_tenant'))), 'cs_health.in_app_message cs_health_v1.in_app_messages',
    'a tenant reads its banners, no other table');
denied('cs_health_tenant', '', 'select * from cs_health_v1.health_scores', '42501', 'a tenant sees no score');

is(join(' ', readable('cs_health_ingest')), '', 'ingest reads no table');
my %signal = (
    event => "(tenant_id, user_id, kind) values (" . tenant(1) . ", 'u', 'login')",
    feedback => "(tenant_id, kind, score) values (" . tenant(1) . ", 'csat', 5)",
    ticket => "(tenant_id, id, opened_at) values (" . tenant(1) . ", 'T2', now())",
    usage => "(tenant_id, metric, measured_at, used) values (" . tenant(1) . ", 'storage', now(), 9)",
    revenue_event =>
        "(tenant_id, occurred_on, kind, mrr_change) values (" . tenant(1) . ", current_date, 'expansion', 9)",
    touchpoint => "(tenant_id, kind) values (" . tenant(1) . ", 'reply')");
foreach my $table (sort keys %signal)
{
    allowed('cs_health_ingest', '', "insert into cs_health.$table $signal{$table}", '', "ingest adds to $table");
    denied('cs_health_ingest', '', "$_", '42501', "ingest may not: $_")
        foreach "update cs_health.$table set tenant_id = tenant_id", "delete from cs_health.$table",
            "truncate cs_health.$table";
}
denied('cs_health_ingest', '', "insert into cs_health.tenant (name) values ('x')", '42501', 'ingest adds no tenant');

# Rights are those of the parent; a partition by its own name is nobody's
my @partitions = grep { $_ } split /\n/, $node->safe_psql('customers', q{
    select inhrelid::regclass from pg_inherits join pg_class as c on c.oid = inhparent
    where c.relnamespace = 'cs_health'::regnamespace and c.relkind = 'p'
        and inhrelid::regclass::text not like '%\_pkey' order by 1});
cmp_ok(scalar @partitions, '>=', 18, 'partitions');
foreach my $role (qw(cs_health_admin cs_health_csm cs_health_csm_all cs_health_tenant cs_health_ingest cs_health_worker))
{
    my %open = map { $_ => 1 } readable($role);

    is(join(' ', grep { $open{$_} } @partitions), '', "$role reads no partition by its own name");
}
denied('cs_health_ingest', '', "insert into cs_health.event_00 (tenant_id, kind) values (" . tenant(1) . ", 'login')",
    '42501', 'ingest adds to no partition by its own name');

allowed('cs_health_admin', '', "select count(*) from cs_health.$_",
    $node->safe_psql('customers', "select count(*) from cs_health.$_"),
    "an administrator sees every $_") foreach @data;
denied('cs_health_admin', '', 'select * from cs_health.hash_secret', '42501', 'but not the key of the pseudonyms');

done_testing();

sub tenant
{
    return "md5('tenant $_[0]')::uuid";
}

# What psql says as a role of ours, reached as PostgREST does, or as another that may log in
sub as
{
    my ($role, $claims, $sql) = @_;
    my $set = defined $claims
      ? "set role $role; select set_config('request.jwt.claims', '$claims', false) \\gset\n" : '';

    $sql =~ s/(?<!;)$/;/;
    return $node->psql('customers', "\\set VERBOSITY verbose\n$set$sql",
        extra_params => [ '-U', defined $claims ? 'authenticator' : $role ]);
}

sub allowed
{
    my ($role, $claims, $sql, $want, $name) = @_;

    ($code, $out, $error) = as($role, $claims, $sql);
    is("$out$error", $want, $name);
}

sub denied
{
    my ($role, $claims, $sql, $state, $name) = @_;

    ($code, $out, $error) = as($role, $claims, $sql);
    like($error, qr/ERROR:  $state: /, $name);
}

# Tables that a role may select from
sub readable
{
    my ($role) = @_;

    return grep { $_ } split /\n/, $node->safe_psql('customers', qq{
        select c.oid::regclass from pg_class as c
        where c.relnamespace in ('cs_health'::regnamespace, 'cs_health_v1'::regnamespace)
            and c.relkind in ('r', 'p', 'v')
            and (has_table_privilege('$role', c.oid, 'select') or has_any_column_privilege('$role', c.oid, 'select'))});
}

# Tables of which a role that may select gets a row
sub with_rows
{
    my ($role) = @_;

    return grep { (as($role, undef, "select count(*) from $_"))[1] ne '0' } @tables;
}
