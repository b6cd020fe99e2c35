# A dump restored in a new cluster has every row and goes on computing; plain and custom format, other owners.
use strict;
use warnings;
use CsHealth;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $old = new_server('old');
my $new = new_server('new');
my $dump = PostgreSQL::Test::Utils::tempdir();

# Everything belongs to a role that is no superuser
feed($old, 'app');

# Roles belong to the cluster and come first: those of install_roles(), and whatever else owns something
$new->safe_psql('postgres', 'create role app login createrole');
is($new->psql('postgres', 'create extension cs_health; call cs_health.install_roles();'), 0,
    'install_roles() comes before install()')
    or $new->safe_psql('postgres', 'call cs_health.install(); call cs_health.install_roles();');

$old->command_ok([ 'pg_dump', '-d', $old->connstr('app'), '-f', "$dump/plain.sql" ], 'plain dump');
$old->command_ok([ 'pg_dump', '-d', $old->connstr('app'), '-Fc', '-f', "$dump/custom.dump" ], 'custom dump');
my $schema = schema_of($old, 'app');
my %stored = tables_of($old, 'app');
cmp_ok(scalar keys %stored, '>', 40, 'tables');
like($stored{'cs_health.customer_health'}, qr/^400 rows/, 'scores were dumped');
like($stored{"cs_health.$_"}, qr/^100 rows/, "$_ too") foreach qw(health_override pulse);

$new->safe_psql('postgres', "create database plain owner app");
$new->command_ok([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $new->connstr('plain'), '-f', "$dump/plain.sql" ],
    'plain restore');
$new->safe_psql('postgres', "create database custom owner app");
$new->command_ok([ 'pg_restore', '--exit-on-error', '-d', $new->connstr('custom'), "$dump/custom.dump" ],
    'custom restore');
# Everything to the role that restores, whose install() then gives the rights anew
$new->safe_psql('postgres', "create database other_owner");
$new->command_ok([ 'pg_restore', '--exit-on-error', '--no-owner', '--no-acl', '-d', $new->connstr('other_owner'),
    "$dump/custom.dump" ],
    'restore for another owner');
$new->safe_psql('other_owner', 'call cs_health.install()');

my $next_day = $old->safe_psql('app', 'select max(as_of) + 1 from cs_health.run');
my $tenant = $old->safe_psql('app', 'select min(id::text) from cs_health.tenant');
my $next = "select tenant_id, overall_score, trend, measures, history
    from cs_health.customer_health where as_of = '$next_day'";
my $now = "select overall_score, category, trend, measures, history from cs_health.health_now('$tenant')";
my $live = $old->safe_psql('app', $now);
$old->safe_psql('app', "call cs_health.recalculate('$next_day')");

foreach my $database (qw(plain custom other_owner))
{
    my %restored = tables_of($new, $database);
    my $psql = sub { return $new->safe_psql($database, $_[0]) };
    my ($code, $out, $error);

    is_deeply(\%restored, \%stored, "$database: every row of every table");
    is(difference($schema, schema_of($new, $database)), '', "$database: the same schema") if $database ne 'other_owner';
    is($psql->($now), $live, "$database: health_now()");

    my $before = schema_of($new, $database);
    $psql->(($database eq 'other_owner' ? '' : 'set role app; ') . 'call cs_health.install()');
    is(difference($before, schema_of($new, $database)), '', "$database: install() finds nothing to do");
    is_deeply({ tables_of($new, $database) }, \%restored, "$database: install() touches no row");

    $psql->("call cs_health.recalculate('$next_day')");
    is(digest($new, $database, $next), digest($old, 'app', $next), "$database: the next day is scored alike");
    my $latest = $psql->('select max(id) from cs_health.scorecard');
    my $next_id = $psql->(q{
        select cs_health.save_scorecard(document || '{"code": "mine"}') from cs_health.scorecard order by id limit 1});
    cmp_ok($next_id, '>', $latest, "$database: identities go on");

    ($code, $out, $error) = $new->psql($database, 'drop extension cs_health');
    isnt($code, 0, "$database: DROP EXTENSION refuses");
    like($error, qr/other objects depend on it/, "$database: and says why");
    is($psql->("select count(*) from cs_health.customer_health where as_of < '$next_day'"), 400,
        "$database: the scores are still there");
}

done_testing();

# A database of a role with four scored days of a hundred tenants
sub feed
{
    my ($node, $role) = @_;

    $node->safe_psql('postgres', "create role $role login createrole");
    $node->safe_psql('postgres', "create database $role owner $role");
    $node->safe_psql($role, "create schema cs_health authorization $role; create extension cs_health;
        grant execute on all routines in schema cs_health to $role with grant option;");
    $node->safe_psql($role, q{
        set role app;
        call cs_health.install();
        call cs_health.install_roles();
        insert into cs_health.plan (code, name) values ('base', 'Base');
        insert into cs_health.feature (code, name) values ('one', 'One'), ('two', 'Two');
        insert into cs_health.plan_feature (plan_code, feature) values ('base', 'one'), ('base', 'two');
        insert into cs_health.tenant (external_id, name, plan_code) select n, 'tenant ' || n, 'base'
        from generate_series(1, 100) as n;
        insert into cs_health.ticket (tenant_id, id, opened_at) select id, 'T1', current_date - 9 from cs_health.tenant;
        insert into cs_health.feedback (tenant_id, kind, score, answered_at)
        select id, 'nps', external_id::integer % 11, current_date - 5 from cs_health.tenant;
        insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature)
        select t.id, 'user ' || n % 5, current_date - n % 60 - interval '1 hour', 'feature',
            case n % 3 when 0 then 'one' else 'two' end
        from cs_health.tenant as t cross join generate_series(1, 200) as n where hashtext(t.id::text || n) % 3 <> 0;
        insert into cs_health.health_override (
            tenant_id, category, reason, set_by, set_at, expires_on, computed_category, computed_score, ended_at, ended_by)
        select id, 'critical', 'their sponsor left', 'ana@example.com', now() - interval '40 days', current_date - 1,
            'healthy', 90, case when external_id::integer % 2 = 0 then now() end, 'bob@example.com' from cs_health.tenant;
        insert into cs_health.pulse (tenant_id, rating, comment, csm) select id, 2, 'silent', 'ana@example.com'
        from cs_health.tenant;
        insert into cs_health.event (tenant_id, occurred_at, kind)
        values (gen_random_uuid(), current_date - 3, 'login');
        select cs_health.register_measure(
            'seats', 'users', 'Seats', 'select id, external_id::float8 from cs_health.tenant');
        reset role;});
    $node->safe_psql($role, 'call cs_health.replay(current_date - 6, current_date - 3)');
    $node->safe_psql($role, q{insert into cs_health.event (tenant_id, user_id, occurred_at, kind)
        select id, 'late', current_date - 3, 'login' from cs_health.tenant});
}

# Table => digest of its rows
sub tables_of
{
    my ($node, $database) = @_;

    return map { $_ => digest($node, $database, "select * from $_") } $node->safe_psql($database, q{
        select c.oid::regclass from pg_class as c
        where c.relnamespace = 'cs_health'::regnamespace and c.relkind in ('r', 'p')}) =~ /\S+/g;
}

# What pg_dump says of everything but rows, without the lines that differ from call to call
sub schema_of
{
    my ($node, $database) = @_;
    my ($schema) = run_command([ 'pg_dump', '--schema-only', '-d', $node->connstr($database) ]);

    $schema =~ s/^\\(un)?restrict .*\n//mg;
    return $schema;
}

# The lines that only one of two texts has
sub difference
{
    my ($a, $b) = map { { map { $_ => 1 } split /\n/ } } @_;

    my @lines = ((map { "- $_" } grep { !$b->{$_} } sort keys %$a), (map { "+ $_" } grep { !$a->{$_} } sort keys %$b));
    return join "\n", @lines > 10 ? (@lines[0 .. 9], '...') : @lines;
}
