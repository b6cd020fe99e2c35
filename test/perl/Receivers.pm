# What the TAP tests of deliveries share: receivers on loopback, servers whose worker sends to them, and what arrived.
package Receivers;

use strict;
use warnings;
use CsHealth;
use Exporter 'import';
use FindBin;
use JSON::PP;
use PostgreSQL::Test::Utils ();
use Time::HiRes qw(sleep time);

our @EXPORT = qw(wait_for worker_pid);

my $programs = "$FindBin::Bin/../receivers";

# A test that is told to end takes its receivers along
$SIG{$_} = sub { exit 1 } foreach qw(INT TERM);

# Runs both receivers; their folder goes away with the test
sub new
{
    my ($class) = @_;
    my $self = bless { folder => PostgreSQL::Test::Utils::tempdir(), pid => {} }, $class;

    mkdir "$self->{folder}/secrets" or die "$self->{folder}/secrets: $!";
    system("$programs/certificates", $self->{folder}) == 0 or die 'no certificates';
    $self->start($_) foreach qw(http smtp);
    return $self;
}

# Starts the receiver NAME, http or smtp, and waits until it listens
sub start
{
    my ($self, $name, @options) = @_;
    my ($python) = $name eq 'smtp' ? '/usr/bin/python3' : 'python3';
    my $before = -e $self->_file("$name.ports") ? (stat _)[1] : 0;
    my $pid = fork // die "fork: $!";

    if (!$pid)
    {
        open STDIN, '<', '/dev/null';
        open STDOUT, '>>', $self->_file("$name.log");
        open STDERR, '>&', \*STDOUT;
        exec $python, '-B', "$programs/${name}_receiver.py", $self->{folder}, @options;
        exit 127;
    }
    $self->{pid}{$name} = $pid;
    wait_for(sub { -e $self->_file("$name.ports") && (stat _)[1] != $before }, 20)
      or die "$name receiver: " . PostgreSQL::Test::Utils::slurp_file($self->_file("$name.log"));
    $self->{ports}{$name} = decode_json(PostgreSQL::Test::Utils::slurp_file($self->_file("$name.ports")));
    return;
}

# Ends a receiver, with SIGKILL unless told otherwise
sub stop
{
    my ($self, $name, $signal) = @_;

    kill $signal // 'KILL', $self->{pid}{$name};
    waitpid delete $self->{pid}{$name}, 0;
    return;
}

sub DESTROY
{
    my ($self) = @_;

    local $?;
    $self->stop($_) foreach keys %{ $self->{pid} };
    return;
}

sub _file
{
    my ($self, $name) = @_;

    return "$self->{folder}/$name";
}

sub port
{
    my ($self, $receiver, $name) = @_;

    return $self->{ports}{$receiver}{$name} // die "no port $name";
}

# Where a webhook goes to meet BEHAVIOUR
sub url
{
    my ($self, $behaviour, %option) = @_;
    my $port = $option{port} // 'https';

    return sprintf '%s://%s:%d/%s/hook', $port eq 'http' ? 'http' : 'https', $option{host} // 'localhost',
      $self->port('http', $port), $behaviour;
}

# Lines of postgresql.conf for a server whose worker of these databases may send to the receivers
sub conf
{
    my ($self, @databases) = @_;

    return ("shared_preload_libraries = 'cs_health'", "cs_health.databases = '" . join(',', @databases) . "'",
        "cs_health.secret_dir = '$self->{folder}/secrets'", "cs_health.ca_file = '$self->{folder}/ca.crt'",
        "cs_health.allowed_hosts = 'localhost'", "cs_health.allowed_addresses = '127.0.0.1'");
}

# Writes a secret and returns its name
sub secret
{
    my ($self, $name, $content) = @_;
    my $path = "$self->{folder}/secrets/$name";

    open my $file, '>', $path or die "$path: $!";
    chmod 0600, $path;
    print $file encode_json($content);
    close $file or die "$path: $!";
    return $name;
}

# SQL that adds a webhook to a URL; SETTINGs are columns of cs_health.channel
sub webhook
{
    my ($self, $code, $url, %setting) = @_;

    return _channel(code => $code, kind => 'webhook', %setting,
        secret => $self->secret($code, { url => $url, key => "key of $code" }));
}

# SQL that adds the e-mail channel, to a port of the mail server
sub mailer
{
    my ($self, $port, %setting) = @_;

    return _channel(code => 'email', kind => 'email', host => 'localhost', port => $self->port('smtp', $port),
        from_address => 'success@sender.test', %setting,
        secret => $self->secret('email', { user => 'mailer', password => 'correct horse' }));
}

sub _channel
{
    my (%column) = @_;
    my @names = sort keys %column;

    return sprintf 'insert into cs_health.channel (%s) values (%s);', join(', ', @names),
      join ', ', map { "'$column{$_}'" } @names;
}

# What a receiver got, in order; a line that is still being written is not among it
sub received
{
    my ($self, $name) = @_;
    my $path = $self->_file("$name.jsonl");

    return unless -e $path;
    return grep { defined } map { eval { decode_json($_) } } split /\n/, PostgreSQL::Test::Utils::slurp_file($path);
}

# How many messages a receiver got
sub arrived
{
    my ($self, $name) = @_;
    my $path = $self->_file("$name.jsonl");

    return -e $path ? PostgreSQL::Test::Utils::slurp_file($path) =~ tr/\n// : 0;
}

# Waits until something is true; false when it took too long
sub wait_for
{
    my ($condition, $seconds) = @_;
    my $until = time + ($seconds // 30);

    while (time < $until)
    {
        return 1 if $condition->();
        sleep 0.02;
    }
    return 0;
}

# The process that delivers for a database, 0 when there is none
sub worker_pid
{
    my ($node, $database) = @_;
    my $pid = '';

    $node->psql('postgres', "select pid from pg_stat_activity where datname = '$database'
        and backend_type like 'cs\\_health delivery%'", stdout => \$pid);
    return $pid || 0;
}

1;
