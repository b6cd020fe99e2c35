# The README's first score gives what the README says, every example runs, and the reference is what the catalogue says.
use strict;
use warnings;
use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::Bin/../..";
my $node = PostgreSQL::Test::Cluster->new('docs');
$node->init;
$node->append_conf('postgresql.conf', "timezone = 'UTC'");
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
  'create table demo.event as table cs_health.event', 'call cs_health.replay(current_date - 35)';
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

$node->stop;
done_testing();
