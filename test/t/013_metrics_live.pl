# The stored values of test/reference/metrics.csv are what the scikit-learn of this machine says today.
use strict;
use warnings;
use FindBin;
use IPC::Run qw(run);
use PostgreSQL::Test::Utils;
use Test::More;

my $reference = "$FindBin::Bin/../reference";
my ($version, $out, $err);
my ($python) = grep { run [ $_, '-c', 'import sklearn; print(sklearn.__version__)' ], '>', \$version, '2>', \$err }
  'python3', '/usr/bin/python3';
plan skip_all => 'no Python here has scikit-learn' unless $python;
chomp $version;
note("scikit-learn $version");

ok(run([ $python, "$reference/metrics.py" ], '>', \$out, '2>', \$err), 'metrics.py runs') or diag($err);
my @live = split /\n/, $out;
my @stored = split /\n/, slurp_file("$reference/metrics.csv");
is(scalar @live, 1001, 'with 1,000 samples');
is(shift @live, shift @stored, 'and the stored columns');

my @differ;
for my $i (0 .. $#stored)
{
    push @differ, ($live[$i] // "") . "\n    stored $stored[$i]" unless same($live[$i], $stored[$i]);
}
is(scalar @differ, 0, 'the stored values are those of today') or diag(join "\n", @differ[ 0 .. ($#differ < 4 ? $#differ : 4) ]);

done_testing();

# Whole columns as they are written, figures to 1e-12, no figure in the same places
sub same
{
    my @a = split /,/, $_[0] // '', -1;
    my @b = split /,/, $_[1], -1;

    return 0 if @a != @b || "@a[0 .. 3]" ne "@b[0 .. 3]";
    return !grep { $a[$_] eq '' || $b[$_] eq '' ? $a[$_] ne $b[$_] : abs($a[$_] - $b[$_]) > 1e-12 } 4 .. $#a;
}
