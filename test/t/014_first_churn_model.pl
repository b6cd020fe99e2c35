# doc/first-churn-model.md, run as it stands: every command works and answers with the columns that the page shows.
use strict;
use warnings;
use CsHealth;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_server('first_churn_model');

install($node, 'postgres');
my $page = slurp_file("$FindBin::Bin/../../doc/first-churn-model.md");
my ($sql, %answer) = (undef, ());
while ($page =~ /^```(sql)?\n(.*?)^```/msg)
{
    my ($kind, $text) = ($1, $2);

    if ($kind)
    {
        my ($out, $err) = ('', '');

        $sql = $text;
        ok(run_log([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', '-' ],
                '<', \$sql, '>', \$out, '2>', \$err), 'runs: ' . (split /\n/, $sql)[0]) or diag $err;
        unlike($err, qr/WARNING/, 'without a warning');
        $answer{$sql} = $out;
        next;
    }
    is(columns($answer{$sql}), columns($text), 'and has the columns that the page shows');
    like($answer{$sql}, qr/^\([1-9]\d* rows?\)/m, 'and an answer');
}
my ($card) = grep { $_ =~ /judged on later days/ } keys %answer;
my ($auc) = $answer{$card} =~ /AUC\s*\|\s*([\d.]+)/;
note("the demo's AUC on later days: $auc");
my ($review) = grep { $_ =~ /churn_alert_review/ } keys %answer;
note($answer{$review});
like($answer{$review}, qr/flagged/, 'some of those that left were flagged');
is($node->safe_psql('postgres', q{select version from cs_health.churn_model where status = 'active'}), 'prior-1',
    'the last command goes back to the prior');

# What `make demo` shows besides
$node->safe_psql('postgres', q{select cs_health.publish_model('churn-1')});
foreach my $example (sort glob "$FindBin::Bin/../../examples/churn_*.sql")
{
    my ($name) = $example =~ m{([^/]+)$};
    my ($out, $err) = ('', '');

    ok(run_log([ 'psql', '-Xq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('postgres'), '-f', $example ], '>', \$out,
            '2>', \$err), "examples/$name runs") or diag $err;
    like($out, qr/^\([1-9]\d* rows?\)/m, "examples/$name has an answer");
    like(slurp_file($example), qr/^-- \S/, "examples/$name says what it answers");
}

done_testing();

# The names of the columns in what psql printed
sub columns
{
    my ($header) = split /\n/, $_[0] // '';

    return join ' ', map { s/^\s+|\s+$//gr } split /\|/, $header // '';
}
