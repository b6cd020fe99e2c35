# Kills servers, workers and receivers while notifications are written and delivered, and then compares what the writers were
# told with what the receiver has.
package CrashLedger;

use strict;
use warnings;
use CsHealth;
use Exporter 'import';
use FindBin;
use JSON::PP;
use PostgreSQL::Test::Utils ();
use Receivers;
use Time::HiRes qw(sleep time);

our @EXPORT = qw(crash_ledger testing_build);

use constant { WRITERS => 4, IN_FLIGHT => 8, POINTS => 8 };

# Runs one ledger; %how has the kills of postmaster, worker and receiver, how often a crash point is met (point3) or each of
# them (points), notifications and their rate, seed, install_path, and SQL that breaks the installation. Returns the figures.
sub crash_ledger
{
    my ($name, %how) = @_;
    my $self = bless { name => $name, how => \%how, receivers => Receivers->new, back => {}, kills => 0, offset => 0 };

    local $SIG{PIPE} = 'IGNORE'; # psql may be gone before it has read its statement
    srand($how{seed} // 1);
    $self->_server;
    $self->{writers} = [ map { $self->_writer($_) } 1 .. WRITERS ];
    foreach my $kind ($self->_faults)
    {
        my $fault = "_fault_$kind";

        $fault =~ s/\d+$//;
        sleep(0.1 + rand 0.5);
        my ($back, $recovery) = $self->$fault($kind =~ /(\d+)$/);

        push @{ $self->{back}{ $kind =~ s/\d+$//r } }, $back;
        push @{ $self->{recovery} }, $recovery if $recovery;
        printf "# %-12s recovered in %.2f s, messages arrive %.2f s later\n", $kind, $recovery, $back;
    }
    PostgreSQL::Test::Utils::append_to_file($self->{receivers}->_file("writer$_.jsonl.stop"), '') foreach 1 .. WRITERS;
    waitpid $_, 0 foreach @{ $self->{writers} };
    $self->{writers} = [];
    $self->_settle;
    return $self->_compare;
}

sub DESTROY
{
    my ($self) = @_;

    local $?;
    kill 'KILL', @{ $self->{writers} // [] };
    return;
}

# All kinds of faults, in an order of chance
sub _faults
{
    my ($self) = @_;
    my $how = $self->{how};
    my @points = map { "point$_" } 1 .. POINTS;
    my @faults = ((map { ($_) x ($how->{$_} // 0) } qw(postmaster worker receiver), @points),
        (@points) x ($how->{points} // 0));
    my %order = map { $_ => rand } 0 .. $#faults;
    return map { $faults[$_] } sort { $order{$a} <=> $order{$b} } keys %order;
}

sub _server
{
    my ($self) = @_;
    my $how = $self->{how};
    my $node = PostgreSQL::Test::Cluster->new($self->{name},
        $how->{install_path} ? (install_path => $how->{install_path}) : ());

    $self->{node} = $node;
    $node->init;
    $node->append_conf('postgresql.conf', join "\n", "timezone = 'UTC'", 'fsync = on', 'restart_after_crash = on',
        'log_statement = none', "log_line_prefix = '%n %p '", "recovery_init_sync_method = 'syncfs'",
        $self->{receivers}->conf('ledger'), "include_if_exists = 'crash_point.conf'", '');
    $node->start;
    install($node, 'ledger');
    $node->safe_psql('ledger', $self->{receivers}->webhook('ledger', $self->{receivers}->url('late'),
        max_inflight => IN_FLIGHT) . ($how->{break} // ''));
    wait_for(sub { worker_pid($node, 'ledger') }) or die 'no worker';
    return;
}

sub _writer
{
    my ($self, $number) = @_;
    my $how = $self->{how};
    my $pid = fork // die "fork: $!";

    return $pid if $pid;
    open STDOUT, '>', $self->{receivers}->_file("writer$number.log");
    open STDERR, '>&', \*STDOUT;
    exec 'python3', '-B', "$FindBin::Bin/../receivers/writer.py", $self->{node}->connstr('ledger'),
      $self->{receivers}->_file("writer$number.jsonl"), $number, int($how->{notifications} / WRITERS),
      $how->{per_second} / WRITERS;
}

# Each fault returns the seconds from when all that was killed is up again until messages arrive, and those that PostgreSQL
# took before, for its own recovery

sub _fault_postmaster
{
    my ($self) = @_;
    my $node = $self->{node};
    my ($log, $killed) = (-s $node->logfile, time);

    $self->{kills}++;
    $node->kill9;
    until (system($node->installed_command('pg_ctl'), '-s', '-w', '-D', $node->data_dir, '-l', $node->logfile, 'start') == 0)
    {
        die 'the server does not start again' if time > $killed + 60;
        sleep 0.1;
    }
    $node->_update_pid(1);
    return $self->_back($killed, $log);
}

sub _fault_worker
{
    my ($self) = @_;
    my $node = $self->{node};
    my $pid;

    wait_for(sub { $pid = worker_pid($node, 'ledger') }) or die 'no worker';
    my ($log, $killed) = (-s $node->logfile, time);
    $self->{kills}++;
    kill 'KILL', $pid;
    return $self->_back($killed, $log);
}

sub _fault_receiver
{
    my ($self) = @_;

    $self->{kills}++;
    $self->{receivers}->stop('http');
    sleep(rand 0.3);
    $self->{receivers}->start('http');
    my $listens = time;
    return ($self->_arrival($listens) - $listens, 0);
}

# The server re-reads its configuration on SIGHUP even while it recovers; until then more than one process may meet the point
sub _fault_point
{
    my ($self, $point) = @_;
    my $node = $self->{node};
    my $log = -s $node->logfile;
    my ($postmaster) = split /\n/, PostgreSQL::Test::Utils::slurp_file($node->data_dir . '/postmaster.pid');
    my $set = sub {
        PostgreSQL::Test::Utils::append_to_file($node->data_dir . '/crash_point.conf',
            "cs_health.debug_crash_point = $_[0]\n");
        kill 'HUP', $postmaster;
    };
    my $crashes = sub {
        my @lines = PostgreSQL::Test::Utils::slurp_file($node->logfile, $log) =~ /was terminated by signal 9/g;
        return scalar @lines;
    };

    $set->($point);
    my $crashed = wait_for($crashes, 20);
    my $killed = time;
    $set->(0);
    die "nothing crashed at point $point" unless $crashed;
    my @back = $self->_back($killed, $log);
    $self->{kills} += $crashes->();
    return @back;
}

# What a fault returns, once the server's log says that it accepts connections, and messages arrive again
sub _back
{
    my ($self, $killed, $log) = @_;
    my $ready;

    wait_for(sub {
        ($ready) = PostgreSQL::Test::Utils::slurp_file($self->{node}->logfile, $log) =~
          /.*^([\d.]+) [^\n]*ready to accept connections$/ms }, 60) or die 'the server is not back';
    return ($self->_arrival($ready) - $ready, $ready - $killed);
}

# When the first message after a moment arrived
sub _arrival
{
    my ($self, $after) = @_;
    my $path = $self->{receivers}->_file('http.jsonl');
    my $first;

    wait_for(sub {
        open my $file, '<', $path or die "$path: $!";
        seek $file, $self->{offset}, 0;
        while (defined(my $line = <$file>))
        {
            last unless $line =~ /\n\z/;
            $self->{offset} = tell $file;
            ($first) = $line =~ /"time": ([\d.]+)/;
            return 1 if $first && $first > $after;
        }
        return 0 }, 120) or die 'nothing arrives any more';
    return $first;
}

# Waits until nothing is on its way; messages that wait for their next attempt get it now
sub _settle
{
    my ($self) = @_;
    my ($left, $before, $since) = (-1, -1, time);

    while ($left)
    {
        ($before, $since) = ($left, time) if $left != $before;
        die "$left messages are left, and nothing happens any more" if time > $since + 60;
        sleep 0.5;
        $left = $self->{node}->safe_psql('ledger', q{
            update cs_health.outbox set next_attempt_at = clock_timestamp()
            where state = 'pending' and next_attempt_at > clock_timestamp();
            select count(*) from cs_health.outbox where state in ('pending', 'claimed')});
    }
    return;
}

sub _compare
{
    my ($self) = @_;
    my (%end, %id, %committed, %doubt, %keys, %bodies, %got);

    foreach my $number (1 .. WRITERS)
    {
        foreach (split /\n/, PostgreSQL::Test::Utils::slurp_file($self->{receivers}->_file("writer$number.jsonl")))
        {
            my $transaction = decode_json($_);

            $end{ $transaction->{end} } += @{ $transaction->{names} };
            $id{$_} = $transaction->{ids}{$_} foreach @{ $transaction->{names} };
            my $set = { 'committed' => \%committed, 'in doubt' => \%doubt }->{ $transaction->{end} } // next;
            $set->{$_} = 1 foreach @{ $transaction->{names} };
        }
    }
    foreach ($self->{receivers}->received('http'))
    {
        my $name = decode_json($_->{body})->{name};

        $got{$name}++;
        $keys{$name}{ $_->{key} } = 1;
        $bodies{ $_->{key} }{ $_->{sha256} } = 1;
    }
    my $receipts = 0;
    $receipts += $_ foreach values %got;
    my %state = map { $_->[0] => $_->[1] }
      rows($self->{node}, 'ledger', 'select state, count(*) from cs_health.outbox group by state');

    return {
        name => $self->{name}, kills => $self->{kills}, back => $self->{back}, recovery => $self->{recovery}, states => \%state, ends => \%end,
        allowed => $self->{kills} * IN_FLIGHT, receipts => $receipts,
        committed => scalar keys %committed, in_doubt => scalar keys %doubt,
        in_doubt_received => scalar(grep { $got{$_} } keys %doubt),
        lost => scalar(grep { !$got{$_} } keys %committed),
        never_committed => scalar(grep { !$committed{$_} && !$doubt{$_} } keys %got),
        duplicates => $receipts - keys %got,
        other_key => scalar(grep { keys %{ $keys{$_} } > 1 || !$keys{$_}{ $id{$_} // '' } } keys %got),
        other_body => scalar(grep { keys %$_ > 1 } values %bodies) };
}

# A copy of the PostgreSQL in use, with the extension as it is built for tests; the path of the installation
sub testing_build
{
    my $root = PostgreSQL::Test::Utils::tempdir();
    my $sources = "$FindBin::Bin/../..";
    my ($bin, $lib) = map { my $path = `pg_config $_`; chomp $path; $path } qw(--bindir --pkglibdir);
    my ($top, $below) = $bin =~ m{^(.*?)((?:/lib/postgresql/\d+)?)/bin$} or die "programs in $bin";

    mkdir "$root/$_" or die "$root/$_: $!" foreach qw(pg src);
    PostgreSQL::Test::Utils::system_or_bail('sh', '-c', $_) foreach (
        "cp -a '$top/.' '$root/pg'",
        "cd '$sources' && cp -a Makefile cs_health.control src sql '$root/src'",
        "cd '$root/src' && make -s clean && make -s -j2 cs_health.so COPT=-DCSH_TESTING PG_CONFIG='$bin/pg_config'",
        "rm '$root/pg" . substr($lib, length $top) . "/cs_health.so'",
        "cp '$root/src/cs_health.so' '$root/pg" . substr($lib, length $top) . "'");
    return "$root/pg$below";
}

1;
