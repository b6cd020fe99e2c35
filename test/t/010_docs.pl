# The README's first score gives what the README says, every example runs, the reference is what the catalogue says,
# and the how-tos name what exists.
use strict;
use warnings;
use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::Bin/../..";
my $node = PostgreSQL::Test::Cluster->new('docs');
$node->init;
$node->append_conf('postgresql.conf', "timezone = 'UTC'\nshared_preload_libraries = 'cs_health'");
$node->start;
$node->safe_psql('postgres', 'create extension cs_health; call cs_health.install();');

# Blank space at the end of a line and the row count tell nothing
sub tidy
{
	my @lines = map { s/\s+$//r } split /\n/, shift;
	return join "\n", grep { $_ ne '' && !/^\(\d+ rows?\)$/ } @lines;
}

my ($section) = slurp_file("$root/README.md") =~ /^## A first score\n(.*?)^## /ms;
my @blocks = $section =~ /^```(sql)?\n(.*?)^```/msg;
my ($sql, $shown) = ('', '');
while (my ($kind, $text) = splice @blocks, 0, 2)
{
	$kind ? ($sql .= $text) : ($shown .= $text);
}
my ($code, $out, $err) = (0, '', '');
run_log([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', '-' ], '<', \$sql, '>', \$out, '2>', \$err);
is(tidy($out), tidy($shown), 'the first score of the README');
is($err, '', 'without a message');
ok((() = $out =~ /Acme/g) >= 1, 'with a customer in it');

my ($readme_line) = grep { (split /\n/, slurp_file("$root/README.md"))[$_] =~ /^ Acme/ } 0 .. 200;
cmp_ok($readme_line, '<', 80, "the first result stands before line 80");

my $reference = '';
run_log([ 'psql', '-XAtq', '-d', $node->connstr('postgres'), '-f', "$root/tools/reference.sql" ], '>', \$reference);
is(tidy($reference), tidy(slurp_file("$root/doc/reference.md")), 'doc/reference.md is what `make reference` writes');

# A small company of the demo, for the examples to have something to say
$node->safe_psql('postgres', 'create database company');
$node->safe_psql('company', $_) for 'create extension cs_health', 'call cs_health.install()',
  'call cs_health.make_demo(tenants => 200, days => 100)', 'create schema demo',
  'create table demo.event as table cs_health.event', 'call cs_health.replay(current_date - 35, current_date - 2)',
  'call cs_health.run_due()';
for my $example (sort glob "$root/examples/*.sql")
{
	my ($name) = $example =~ m{([^/]+)$};
	next if $name =~ /^churn_/; # 014_first_churn_model.pl has a model for them
	ok(run_log([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('company'), '-f', $example ], '>', \$out, '2>', \$err),
		"examples/$name runs");
	like($out, qr/\([1-9]\d* rows?\)/, "examples/$name has an answer");
	like(slurp_file($example), qr/^-- \S/, "examples/$name says what it answers");
}


my $proof = $node->safe_psql('company', slurp_file("$root/examples/proof.sql"));
is(scalar(() = $proof =~ /\|t$/mg), 10, 'plain SQL on the raw events gives the same ten scores');
is(scalar(() = $proof =~ /\|f$/mg), 0, 'and none that differs');

# Every block of SQL of these pages runs, in an order in which each finds what it needs. '…execution…' and its like are
# the reader's own; an ERROR in the block below one is what it is refused with.
my %mine = (
	'journey customer' => q{select min(t.id::text) from cs_health.tenant as t},
	'expansion signal' => q{select cs_health._record_signal((select min(t.id::text)::uuid from cs_health.tenant as t
	    where t.status = 'active' and t.plan_code is not null), 'user_growth')},
	'delivery message' => q{select min(o.id::text) from cs_health.outbox as o},
	'dashboard-api customer' => q{select min(t.id::text) from cs_health.tenant as t where t.csm is not null},
	'dashboard-api task' => q{select cs_health.create_task((select min(t.id::text)::uuid from cs_health.tenant as t), 'Call')},
	'delivery customer' => q{select min(t.id::text) from cs_health.tenant as t},
	'playbook-steps execution' => q{select cs_health.execute_playbook(cs_health.playbook_by_code('reactivation'),
	    (select t.id from cs_health.tenant as t where t.status = 'active' and not exists (
	        select from cs_health.playbook_execution as e where e.tenant_id = t.id) order by t.id limit 1))},
	'playbook-steps task' => q{select cs_health.create_task((select min(t.id::text)::uuid from cs_health.tenant as t), 'Call')},
	'playbooks execution' => q{select min(e.id::text) from cs_health_v1.playbook_executions as e where e.status = 'waiting'},
	'rest signal' => q{select e.id from cs_health.expansion_signal as e where e.status = 'new' limit 1},
	'rest customer' => q{select t.id from cs_health.tenant as t where t.status = 'active' and not t.holdout and not exists (
	    select from cs_health.playbook_execution as e where e.tenant_id = t.id) order by t.id limit 1},
	'identity-provider colleague' => q{select min(c.email) from cs_health.csm as c},
	'playbooks task' => q{select min(t.id::text) from cs_health_v1.tasks as t where t.status = 'open'});
foreach my $page (qw(conditions delivery events drupal-eca playbook-document alerts playbooks playbook-steps plans revenue objectives journey expansion
	rights postgrest-behind-nginx rest dashboard-api identity-provider))
{
	my $doc = slurp_file("$root/doc/$page.md");
	my $nr = 0;
	while ($doc =~ /^```sql\n(.*?)^```\n(?:\n```\nERROR: +(\N+))?/msg)
	{
		my ($block, $refused) = ($1, $2 // '');
		foreach my $what (qw(execution task message customer signal colleague))
		{
			next unless $block =~ /…$what…/;
			my $id = $node->safe_psql('company', $mine{"$page $what"});
			$block =~ s/…$what…/$id/g;
		}
		run_log([ 'psql', '-XAtq', '-d', $node->connstr('company'), '-f', '-' ], '<', \$block, '>', \$out, '2>', \$err);
		is(join("\n", $err =~ /ERROR: +(\N+)/g), $refused, "doc/$page.md: block " . ++$nr . ' of SQL runs');
	}
	cmp_ok($nr, '>', 0, "doc/$page.md has SQL");
	$node->safe_psql('company', 'update cs_health.channel set enabled = true'); # what a copy of production does not do
}

# What is named in `backticks` exists: functions by their brackets, relations and settings by cs_health. before them,
# columns by their table; kinds of events look alike
my %is = map { $_ => 1 } 'settings.php', map({ m{([^/]+)\.json$} } glob "$root/doc/events/*.json"), split /\n/, $node->safe_psql('company', q{
	select cs_health.version();
	select p.proname || '()' from pg_proc as p;
	select p.pronamespace::regnamespace || '.' || p.proname from pg_proc as p;
	select c.oid::regclass::text from pg_class as c;
	select s.name from pg_settings as s where s.name like 'cs_health.%';
	select n || '.' || a.attname from pg_attribute as a, unnest(array[a.attrelid::regclass::text,
	    (select c.relname from pg_class as c where c.oid = a.attrelid and c.relnamespace in ('cs_health'::regnamespace,
	        'cs_health_v1'::regnamespace))]) as n;
	select distinct c.relname from pg_class as c where c.relnamespace in ('cs_health'::regnamespace,
	    'cs_health_v1'::regnamespace)});
foreach my $page (glob("$root/doc/*.md"), "$root/README.md")
{
	my ($name) = $page =~ m{([^/]+)$};
	my @unknown;
	foreach my $code (slurp_file($page) =~ s/^```.*?^```//msgr =~ /`([^`\n]+)`/g)
	{
		push @unknown, grep { !$is{$_} } map { "$_()" } $code =~ /\b([a-z_][a-z_0-9]*)\(/g;
		push @unknown, grep { !$is{$_} } $code =~ /(?<![\w.])(cs_health(?:_v1)?\.[a-z_0-9]+)(?![\w.(])/g;
		push @unknown, grep { !$is{$_} } $code =~ /^([a-z_]+)\.(?!csv$)[a-z_0-9]+$/ && $is{$1} ? $code : ();
	}
	is("@unknown", '', "$name names nothing that does not exist");
}

my ($worker) = slurp_file("$root/doc/delivery.md") =~ /^cs_health\.worker_role = '(\w+)'/m;
$node->safe_psql('company', 'call cs_health.install_roles()');
is($node->safe_psql('company', "select count(*) from pg_roles where rolname = '$worker'"), 1,
	'the role that doc/delivery.md gives the worker is one of install_roles()');

# The receiver for Drupal, with a store in a file and a model that fails or takes PHP down with it
SKIP:
{
	skip 'without php', 7 if system('php -v >/dev/null 2>&1') != 0;
	my @php = slurp_file("$root/doc/drupal-eca.md") =~ /^```php\n(.*?)^```/msg;
	my $dir = PostgreSQL::Test::Utils::tempdir();
	append_to_file("$dir/Signature.php", $php[0]);
	append_to_file("$dir/Receiver.php", $php[1]);
	foreach ([ 'die', 'dead' ], [ 'run', 503 ], [ 'later run', 'ran 204' ], [ 'run', 204 ], [ 'later run', 204 ],
		[ 'other throw', 'failed' ], [ 'other run', 'ran 204' ])
	{
		my ($what, $answer) = @$_;
		run_log([ 'php', "$root/test/t/drupal.php", $dir, split / /, $what ], '>', \$out, '2>', \$err);
		is("$out$err", $answer, "the receiver for Drupal: $what gives $answer");
	}
}

$node->stop;
done_testing();
