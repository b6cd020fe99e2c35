# Logistic regression against values computed with fifty digits: coefficients, standard errors, log likelihood, aliased
# columns, the ridge, and a refusal where there is no answer.
use strict;
use warnings;
use CsHealth;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = data_set('logit_reference');
my $node = new_server('logit');
my %without_answer = (
    complete_separation => [ qr/completely separated by the features, most of all by x\[1\]/, qr/Pass l2/ ],
    quasi_separation => [ qr/quasi-completely separated by the features, most of all by x\[1\]/, qr/Pass l2/ ],
    all_one_y => [ qr/all 6 labels are true/, qr/no penalty stands in/ ]);
my $cases = 0;

$node->safe_psql('postgres', 'create extension cs_health');

# The greatest difference, relative except to 0
sub difference
{
    my ($got, $expected) = @_;
    my $worst = 0;

    return 'other length' if @$got != @$expected;
    foreach my $i (0 .. $#$got)
    {
        my $off = abs($got->[$i] - $expected->[$i]) / ($expected->[$i] ? abs($expected->[$i]) : 1);
        $worst = $off if $off > $worst;
    }
    return $worst;
}

sub fit
{
    my ($name, $l2) = @_;
    my ($code, $out, $err) = $node->psql('postgres',
        "select to_jsonb(f) from cs_health.logit_fit('select y, x from public.$name', $l2) as f");

    return ($code == 0 ? decode_json($out) : undef, $err);
}

sub refused
{
    my ($name, $l2) = @_;
    my ($answer, $err) = fit($name, $l2);

    ok(!$answer, "$name, l2 = $l2: refused");
    like($err, $_, "$name, l2 = $l2: $_") foreach @{ $without_answer{$name} };
}

foreach my $file (sort glob "$data/*.exact.json")
{
    my $exact = decode_json(slurp_file($file));
    my $name = $exact->{name};
    my ($head) = split /\n/, slurp_file("$data/$name.csv");
    my @columns = split /,/, $head;
    my %number = map { $columns[$_] => $_ + 1 } 0 .. $#columns;
    my $features = join ', ', map { qq("$_") } @columns[ 0 .. $#columns - 1 ];
    my @definitions = map { qq("$_" double precision) } @columns;

    $cases++;
    local $" = ', ';
    psql_in($data, $node, 'postgres', qq{
        create temp table raw (@definitions);
        \\copy raw from '$name.csv' csv header
        create table $name as select $columns[-1] = 1 as y, array[$features] as x from raw;
    });

    my $mle = $exact->{mle};
    if (!$mle->{finite})
    {
        refused($name, 0);
    }
    else
    {
        my ($got) = fit($name, 0);
        my @aliased = map { $number{$_} } @{ $mle->{aliased} };
        my %aliased = map { $_ => 1 } @aliased;
        my @kept = grep { !$aliased{$_} } 0 .. $#columns;

        is("@{ $got->{aliased} }", "@aliased", "$name: aliased columns");
        cmp_ok(difference([ @{ $got->{coefficients} }[@kept] ], $mle->{coefficients}), '<=', 1e-9, "$name: coefficients");
        cmp_ok(difference([ @{ $got->{std_errors} }[@kept] ], $mle->{std_errors}), '<=', 1e-8, "$name: standard errors");
        cmp_ok(difference([ $got->{log_likelihood} ], [ $mle->{log_likelihood} ]), '<=', 1e-12, "$name: log likelihood");
        is(join(' ', map { $got->{coefficients}[$_] . ($got->{std_errors}[$_] // ' null') } @aliased),
            join(' ', map { '0 null' } @aliased), "$name: an aliased column has coefficient 0 and no standard error");
        ok($got->{converged} && !$got->{separated} && $got->{iterations} <= 12, "$name: converged in $got->{iterations}");
        is("$got->{row_count} $got->{event_count}", "$exact->{n} $exact->{events}", "$name: rows and events");
    }

    my $ridge = $exact->{ridge_std};
    if (!$ridge->{finite})
    {
        refused($name, 1);
        next;
    }
    my ($got) = fit($name, 1);
    cmp_ok(difference($got->{coefficients}, $ridge->{coefficients_on_raw_scale}), '<=', 1e-9, "$name: ridge");
    cmp_ok(difference([ $got->{log_likelihood} ], [ $ridge->{log_likelihood} ]), '<=', 1e-12,
        "$name: log likelihood of the ridge");
    is(!!$got->{separated}, $name eq 'complete_separation', "$name: separated, as only the ridge may say");
}
is($cases, 11, 'cases');

done_testing();
