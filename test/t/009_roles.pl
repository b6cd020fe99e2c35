# Who sees and may do what: the five roles, nobody without them, and an owner who is no superuser.
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

my @data = qw(tenant contact feedback ticket usage revenue_event touchpoint customer_health);
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

allowed('cs_health_csm_all', $ana, $scores, join(', ', map { "tenant $_" } 1 .. 7), 'csm_all sees every score');
allowed('cs_health_csm_all', '', "select count(*) from cs_health.$_", $_ eq 'touchpoint' ? 8 : 7,
    "csm_all sees every $_") foreach @data;

foreach my $role (qw(cs_health_csm cs_health_csm_all))
{
    denied($role, $ana, "update cs_health.tenant set csm = 'ana\@example.com'", '42501', "$role changes no tenant");
    denied($role, $ana, 'delete from cs_health.customer_health', '42501', "$role deletes no score");
    denied($role, $ana, 'call cs_health.run_due()', '42501', "$role starts no run");
    denied($role, $ana, "select * from cs_health.$_", '42501', "$role does not read $_")
        foreach qw(activity event event_rejected hash_secret installed_part);
}
is(join(' ', readable('cs_health_tenant')), '', 'a tenant reads no table');
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
foreach my $role (qw(cs_health_admin cs_health_csm cs_health_csm_all cs_health_tenant cs_health_ingest))
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
