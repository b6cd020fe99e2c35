# The ledger of crashes: servers, workers and receivers are killed while notifications are written and delivered, and at each
# of the points where it hurts. What was committed arrives, what was not does not, and what arrives twice has its first key.
# Installations that are broken on purpose fail the same test. make crash-test runs it at full length.
use strict;
use warnings;
use CrashLedger;
use Test::More;

my %how = (
    postmaster => $ENV{CRASH_POSTMASTER} // 2, worker => $ENV{CRASH_WORKER} // 2, receiver => $ENV{CRASH_RECEIVER} // 2,
    points => $ENV{CRASH_POINTS} // 1, notifications => $ENV{CRASH_NOTIFICATIONS} // 1000,
    per_second => $ENV{CRASH_PER_SECOND} // 40, seed => $ENV{CRASH_SEED} // 8);
my %breaks = (
    'an unlogged outbox' => q{
        alter table cs_health.delivery_attempt set unlogged;
        alter table cs_health.outbox set unlogged;},
    'a message is complete before it is sent' => q{
        do $$
        declare
            source text := pg_get_functiondef('cs_health._claim_outbox'::regproc);
            broken text := replace(source, $c$set state = 'claimed',$c$, $c$set state = 'sent', ended_at = started,$c$);
        begin
            assert broken <> source;
            execute broken;
        end $$;});

my $build = testing_build();
my $ledger = crash_ledger('ledger', %how, install_path => $build);
show($ledger);
is($ledger->{lost}, 0, 'committed but not delivered');
is($ledger->{never_committed}, 0, 'delivered but never committed');
cmp_ok($ledger->{duplicates}, '<=', $ledger->{allowed}, 'no more duplicates than kills times messages in flight');
is($ledger->{other_key}, 0, 'all have the key that _enqueue() returned');
is($ledger->{other_body}, 0, 'a key has one body');
is_deeply([ keys %{ $ledger->{states} } ], ['sent'], 'every message in the outbox has been sent');
cmp_ok($ledger->{ends}{'taken back'}, '>', 0, 'some transactions were taken back');
cmp_ok($ledger->{kills}, '>=', $how{postmaster} + $how{worker} + $how{receiver} + 8 * $how{points}, 'all kills hit');
cmp_ok(share(0.99, map { @$_ } values %{ $ledger->{back} }), '<=', 5, 'back at work within 5 s');

foreach my $name (sort keys %breaks)
{
    my $broken = crash_ledger('broken' . length $name, install_path => $build, break => $breaks{$name},
        worker => 2, point3 => 2, notifications => 100, per_second => 40, seed => 1);

    show($broken, $name);
    cmp_ok($broken->{lost}, '>', 0, "this test notices $name");
}

done_testing();

# The ledger as a table
sub show
{
    my ($is, $title) = @_;
    my %seconds = ('recovery of PostgreSQL itself' => $is->{recovery});
    $seconds{"back at work after $_"} = $is->{back}{$_} foreach keys %{ $is->{back} };
    my @back = map {
        my @seconds = @{ $seconds{$_} };

        sprintf '%-32s %3d times, p50 %.2f, p99 %.2f, max %.2f s', $_, scalar @seconds,
          map { share($_, @seconds) } 0.5, 0.99, 1;
    } sort keys %seconds;

    diag(join "\n", $title ? "ledger with $title" : 'ledger', (map { sprintf '  %-32s %6d', @$_ }
        [ 'notifications committed', $is->{committed} ], [ 'in doubt', $is->{in_doubt} ],
        [ 'of these delivered', $is->{in_doubt_received} ], [ 'taken back', $is->{ends}{'taken back'} // 0 ],
        [ 'failed before COMMIT', $is->{ends}{failed} // 0 ], [ 'processes killed', $is->{kills} ],
        [ 'committed but not delivered', $is->{lost} ], [ 'delivered but never committed', $is->{never_committed} ],
        [ 'duplicates', $is->{duplicates} ], [ 'allowed: kills x in flight', $is->{allowed} ],
        [ 'under another key', $is->{other_key} ], [ 'a key with another body', $is->{other_body} ]),
        map { "  $_" } @back);
    return;
}

# The value that such a share of all does not exceed
sub share
{
    my ($share, @values) = @_;

    @values = sort { $a <=> $b } @values;
    return $values[ int($share * $#values + 0.5) ] // 0;
}
