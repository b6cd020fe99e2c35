# A standby sends nothing and can be read; once promoted it sends all that waits.
use strict;
use warnings;
use CsHealth;
use Receivers;
use Test::More;
use Time::HiRes qw(sleep time);

my $receivers = Receivers->new;
my $primary = PostgreSQL::Test::Cluster->new('primary');
$primary->init(allows_streaming => 1);
$primary->append_conf('postgresql.conf', join "\n", "timezone = 'UTC'", 'wal_keep_size = 128MB', $receivers->conf('outbox'), '');
$primary->start;
install($primary, 'outbox');
$primary->safe_psql('outbox', $receivers->webhook('hook', $receivers->url('200'), max_inflight => 50));
ok(wait_for(sub { worker_pid($primary, 'outbox') }), 'the primary has a worker');

$primary->backup('base');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'base', has_streaming => 1);
$standby->start;

enqueue('first', 50);
ok(wait_for(sub { sent($primary) == 50 }), 'the primary delivers');
$primary->wait_for_catchup($standby);
is(worker_pid($standby, 'outbox'), 0, 'the standby has no worker');
is(sent($standby), 50, 'the standby shows the outbox');
is($standby->safe_psql('outbox', 'select pending + in_flight + dead from cs_health.delivery_status()'), 0,
    'delivery_status() works on it');
is($standby->safe_psql('outbox', 'select count(*) from cs_health_v1.health_scores'), 0, 'so do the views');

# From now on nobody but the standby could send
$primary->append_conf('postgresql.conf', "cs_health.databases = ''");
$primary->restart;
enqueue('second', 1000);
$primary->wait_for_catchup($standby);
sleep 3;
is($receivers->arrived('http'), 50, 'the standby sends nothing while 1000 messages wait');
is(worker_pid($standby, 'outbox'), 0, 'and still has no worker');

$primary->stop('immediate');
my $promoted = time;
$standby->promote;
ok(wait_for(sub { $receivers->arrived('http') > 50 }), 'the promoted server sends');
ok(wait_for(sub { $receivers->arrived('http') == 1050 }, 60), 'all of the 1000 that waited');
my @second = grep { $_->{body} =~ /second/ } $receivers->received('http');
my %key = map { $_->{key} => 1 } @second;
is(scalar keys %key, 1000, 'each once');
my ($first, $last) = (sort { $a <=> $b } map { $_->{time} } @second)[ 0, -1 ];
diag(sprintf 'promotion: the first of 1000 arrives after %.2f s, the last after %.2f s', $first - $promoted,
    $last - $promoted);
cmp_ok($first - $promoted, '<=', 10, 'the first within 10 s');
ok(wait_for(sub { sent($standby) == 1050 }), 'all are marked as sent');

done_testing();

sub enqueue
{
    my ($name, $count) = @_;

    $primary->safe_psql('outbox', "select count(cs_health._enqueue('hook', 'test', jsonb_build_object('name', '$name ' || n),
        '$name ' || n)) from generate_series(1, $count) as n");
    return;
}

sub sent
{
    my ($node) = @_;

    return $node->safe_psql('outbox', q{select count(*) from cs_health.outbox where state = 'sent'});
}
