# Whatever an administrator does while receivers hang is done within 2 s, and the worker is back within 5. Where it has
# nothing to do it waits without filling the log.
use strict;
use warnings;
use CsHealth;
use Receivers;
use Test::More;
use Time::HiRes qw(sleep time);

my ($quick, $soon, $quiet) = (2, 5, 12);
my $receivers = Receivers->new;
my $node = new_server('administration', 'restart_after_crash = on', $receivers->conf(qw(app broken)));
my $version = $node->safe_psql('postgres', q{select default_version from pg_available_extensions where name = 'cs_health'});
my $crash = qr/terminated by signal|PANIC|reinitializing/;
my %seconds;

# Messages that hang, one webhook and one mail, and one that does not
sub hang
{
    install($node, 'app');
    $node->safe_psql('app', $receivers->webhook('hang', $receivers->url('hang'), timeout_seconds => 60)
        . $receivers->webhook('well', $receivers->url('200'))
        . $receivers->mailer('starttls', timeout_seconds => 60));
    return hang_again();
}

sub hang_again
{
    $node->safe_psql('app', q{
        select cs_health._enqueue('hang', 'test', '{}', gen_random_uuid()::text);
        select cs_health._enqueue('email', 'test', '{"to": "hang@receiver.test", "subject": "s", "text": "t"}',
            gen_random_uuid()::text);});
    return wait_for(sub {
        $node->safe_psql('app', q{
            select count(distinct channel) from cs_health.outbox where state = 'claimed' and channel <> 'well'}) == 2
        && grep({ $_->{behaviour} eq 'hang' } $receivers->received('smtp'))
        && grep({ $_->{behaviour} eq 'hang' } $receivers->received('http')) }, 20);
}

# Does something, which must not take long
sub quick
{
    my ($name, $action) = @_;
    my $start = time;

    $action->();
    $seconds{$name} = time - $start;
    cmp_ok($seconds{$name}, '<=', $quick, sprintf '%s, in %.2f s', $name, $seconds{$name});
    return;
}

# Waits until a message gets through
sub delivers
{
    my ($name) = @_;
    my ($start, $key) = (time, "$name " . rand);

    $node->safe_psql('app', "select cs_health._enqueue('well', 'test', '{\"key\": \"$key\"}', '$key')");
    wait_for(sub { grep { index($_->{body}, $key) >= 0 } $receivers->received('http') }, 90);
    cmp_ok(time - $start, '<=', $soon, sprintf 'then messages get through: %s, after %.2f s', $name, time - $start);
    return;
}

# How often the log mentions the extension in some seconds
sub lines
{
    my ($seconds) = @_;
    my $offset = -s $node->logfile;

    sleep $seconds;
    my @lines = PostgreSQL::Test::Utils::slurp_file($node->logfile, $offset) =~
      /^.*(?:LOG|ERROR|FATAL|WARNING):.*(?:cs_health|database "broken"|background worker).*$/mg;
    return grep { !/statement:/ } @lines;
}

ok(hang(), 'two messages hang');
my $worker = worker_pid($node, 'app');
is($node->safe_psql('postgres', "select backend_xmin is null and backend_xid is null and state = 'idle'
    from pg_stat_activity where pid = $worker"), 't', 'the worker holds no transaction meanwhile');
is($node->safe_psql('app', "select count(*) from pg_locks where pid = $worker and locktype <> 'virtualxid'"), 0,
    'and no lock');

$node->safe_psql('postgres', 'create database other');
quick('DROP DATABASE of another', sub { $node->safe_psql('postgres', 'drop database other') });
quick('VACUUM', sub { $node->safe_psql('app', 'vacuum (full) cs_health.outbox; vacuum cs_health.delivery_attempt') });
quick('TRUNCATE', sub { $node->safe_psql('app', 'truncate cs_health.outbox, cs_health.delivery_attempt') });
delivers('after TRUNCATE');

my $script = `pg_config --sharedir`;
chomp $script;
$script .= "/extension/cs_health--$version--$version.next.sql";
PostgreSQL::Test::Utils::append_to_file($script, "select 1;\n");
ok(hang_again(), 'messages hang again');
quick('ALTER EXTENSION UPDATE', sub {
    $node->safe_psql('app', "alter extension cs_health update to '$version.next'") });
unlink $script;
delivers('after ALTER EXTENSION UPDATE');

quick('reload', sub {
    $node->append_conf('postgresql.conf', 'cs_health.poll_seconds = 1');
    $node->reload });
delivers('after the reload');
is(worker_pid($node, 'app'), $worker, 'the worker is still the same');

quick('pg_terminate_backend()', sub {
    $node->safe_psql('postgres', "select pg_terminate_backend($worker, 5000)");
    wait_for(sub { worker_pid($node, 'app') != $worker }) });
ok(wait_for(sub { worker_pid($node, 'app') }, $soon), 'there is a new worker');
delivers('after the worker was ended');

ok(hang_again(), 'messages hang again');
quick('DROP EXTENSION', sub { $node->safe_psql('app', 'call cs_health.uninstall(); drop extension cs_health') });
cmp_ok(scalar(lines($quiet)), '<=', 1, 'without the extension the worker is quiet');
$node->safe_psql('app', 'create extension cs_health; call cs_health.install()');
delivers('after CREATE EXTENSION');

ok(hang_again(), 'messages hang again');
quick('DROP DATABASE of its own', sub { $node->safe_psql('postgres', 'drop database app with (force)') });
my @said = lines($quiet);
cmp_ok(scalar @said, '<=', 2, 'without its database the worker is quiet') or diag(join "\n", @said);
ok(hang(), 'a database of that name is served again');

# A schema that has our name and nothing else
$node->safe_psql('postgres', 'create database broken');
$node->safe_psql('broken', q{
    create schema cs_health;
    create table cs_health.outbox (a integer);
    create function cs_health._worker_poll(integer, timestamptz, bigint, bigint) returns timestamptz language plpgsql as
        $$ begin raise exception 'called'; end $$;});
ok(wait_for(sub { worker_pid($node, 'broken') }, 60), 'the other worker has found its database');
my @foreign = lines($quiet);
cmp_ok(scalar @foreign, '<=', 1, 'in a foreign schema of our name it is quiet') or diag(join "\n", @foreign);
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), qr/ERROR:  called/, 'and calls nothing');

# A role that is not there any more
$node->append_conf('postgresql.conf', "cs_health.worker_role = 'nobody_knows'");
$node->reload;
sleep 2;
cmp_ok(scalar(lines($quiet)), '<=', 1, 'without its role the worker is quiet');
$node->append_conf('postgresql.conf', "cs_health.worker_role = ''");
$node->reload;
delivers('after the role is there again');

ok(hang_again(), 'messages hang again');
quick('fast stop', sub { $node->stop('fast') });
$node->start;
delivers('after a fast stop and a start');
unlike(PostgreSQL::Test::Utils::slurp_file($node->logfile), $crash, 'nothing crashed');
diag('seconds: ' . join ', ', map { sprintf '%s %.2f', $_, $seconds{$_} } sort { $seconds{$b} <=> $seconds{$a} } keys %seconds);

done_testing();
