# Receivers that behave badly in every way we know of: each message ends, or waits, as doc/delivery.md says, and meanwhile
# nobody else has to wait. FAULT_ROUNDS says how often each is met.
use strict;
use warnings;
use CsHealth;
use Receivers;
use Test::More;
use Time::HiRes qw(sleep);

my $rounds = $ENV{FAULT_ROUNDS} // 3;
my $timeout = 2;
my $receivers = Receivers->new;
my $resolver = PostgreSQL::Test::Utils::tempdir() . '/resolver.so';
PostgreSQL::Test::Utils::system_or_bail('cc', '-shared', '-fPIC', '-o', $resolver,
    "$FindBin::Bin/../receivers/resolver.c");

my $node = new_server('faults', $receivers->conf('faults'),
    "cs_health.allowed_hosts = 'localhost, a.receiver.test, a.private.test, a.silent.test, a.nowhere.test'");
install($node, 'faults');
{
    local $ENV{LD_PRELOAD} = $resolver;
    $node->restart;
}
ok(wait_for(sub { worker_pid($node, 'faults') }), 'a worker delivers');
my $worker = worker_pid($node, 'faults');

# How it ends: state, status, seconds until the next attempt at least and at most. 10 s come with 10 % by chance.
my @soon = (9, 11);
my $private = 'the address is not public and not in cs_health.allowed_addresses';
my %http = (
    'status 200' => [ url('200'), 'sent', 200 ],
    'status 204' => [ url('204'), 'sent', 204 ],
    'one byte a second' => [ url('slow'), 'pending', undef, @soon ],
    'redirection to a private address' => [ url('301'), 'dead', 301 ],
    'redirection to itself' => [ url('302'), 'dead', 302 ],
    'status 400' => [ url('400'), 'dead', 400 ],
    'status 401' => [ url('401'), 'pending', 401, @soon ],
    'status 403' => [ url('403'), 'dead', 403 ],
    'status 404, no_service' => [ url('404'), 'dead', 404 ],
    'status 410' => [ url('410'), 'dead', 410 ],
    'status 429, Retry-After in seconds' => [ url('429_seconds'), 'pending', 429, 7, 7 ],
    'status 429, Retry-After as a date' => [ url('429_date'), 'pending', 429, 3595, 3600 ],
    'status 429, Retry-After is junk' => [ url('429_junk'), 'pending', 429, @soon ],
    'status 429, Retry-After is negative' => [ url('429_negative'), 'pending', 429, @soon ],
    'status 429, Retry-After is 1e9' => [ url('429_huge'), 'pending', 429, 86400, 86400 ],
    'status 500' => [ url('500'), 'pending', 500, @soon ],
    'status 502' => [ url('502'), 'pending', 502, @soon ],
    'status 503' => [ url('503'), 'pending', 503, @soon ],
    'status 503, Retry-After in seconds' => [ url('503_seconds'), 'pending', 503, 7, 7 ],
    '100 MB of body' => [ url('huge_body'), 'sent', 200 ],
    'headers without end' => [ url('endless_headers'), 'pending', undef, @soon ],
    'chunks without end' => [ url('endless_chunks'), 'sent', 200 ],
    'RST instead of headers' => [ url('reset'), 'pending', undef, @soon ],
    'RST within headers' => [ url('reset_in_headers'), 'pending', undef, @soon ],
    'RST after headers' => [ url('reset_after_headers'), 'sent', 200 ],
    'closed without an answer' => [ url('close'), 'pending', undef, @soon ],
    'no answer' => [ url('hang'), 'pending', undef, @soon ],
    'an answer that is not HTTP' => [ url('junk'), 'pending', undef, @soon ],
    'half open, not even TLS' => [ url('200', port => 'silent'), 'pending', undef, @soon ],
    'does not accept' => [ url('200', port => 'full'), 'pending', undef, @soon ],
    'certificate signed by itself' => [ url('200', port => 'selfsigned'), 'pending', undef, @soon ],
    'certificate that has expired' => [ url('200', port => 'expired'), 'pending', undef, @soon ],
    'certificate of another name' => [ url('200', port => 'wrongname'), 'pending', undef, @soon ],
    'name that is known' => [ url('200', host => 'a.receiver.test'), 'sent', 200 ],
    'name of a private address' => [ url('200', host => 'a.private.test'), 'pending', undef, @soon ],
    'name that does not exist' => [ url('200', host => 'a.nowhere.test'), 'pending', undef, @soon ],
    'name servers that are silent' => [ url('200', host => 'a.silent.test'), 'pending', undef, @soon ],
    'status 503, then 200' => [ url('503,200'), 'pending', 503, @soon ]);

$node->safe_psql('faults', q{
    create table attempt as
    select id, attempt, state, last_status, last_error, 0.0::float8 as wait from cs_health.outbox;
    create function note() returns trigger language plpgsql as $$
    begin
        insert into public.attempt values (new.id, new.attempt, new.state, new.last_status, new.last_error,
            extract(epoch from new.next_attempt_at - clock_timestamp()));
        return null;
    end $$;
    create table stop (name text);
    create trigger note after update on cs_health.outbox for each row
    when (old.state = 'claimed' and new.state <> 'claimed') execute function note();}
    . $receivers->webhook('well', url('200')));
p95('alone', sub { sleep 3; return 1 });

# One channel each, so that what one suffers closes no other
my @http = sort keys %http;
my $number = 0;
my %code = map { $_ => 'fault' . ++$number } @http;
$node->safe_psql('faults', join '', map {
    my $name = $_;
    map { $receivers->webhook("$code{$name}x$_", $http{$name}[0], timeout_seconds => $timeout) } 1 .. $rounds } @http);
my $beside = p95('beside bad receivers', sub {
    foreach my $round (1 .. $rounds)
    {
        $node->safe_psql('faults', "select cs_health._enqueue(code, 'test', jsonb_build_object('code', code), code)
            from cs_health.channel where code like 'fault%x$round'");
        wait_for(sub {
            $node->safe_psql('faults', "select count(*) from attempt join cs_health.outbox using (id)
                where attempt.attempt = 1 and channel like 'fault%'") == @http * $round }, 60) or return 0;
    }
    return 1 });
cmp_ok($beside, '<', $timeout, 'a channel that does well does not wait for those that do not');

judge($_, "$code{$_}x%", @{ $http{$_} }[ 1 .. 4 ]) foreach @http;

is($node->safe_psql('faults', "select string_agg(distinct a.last_error, ';') from attempt as a
    join cs_health.outbox as o using (id) where o.channel like '$code{'name of a private address'}x%'"), $private,
    'nobody is connected to where clouds keep their secrets');

# Another attempt comes under the same key
my $again = "$code{'status 503, then 200'}x%";
$node->safe_psql('faults', "update cs_health.outbox set next_attempt_at = now() where channel like '$again'");
ok(wait_for(sub {
    $node->safe_psql('faults', "select count(*) from cs_health.outbox where channel like '$again' and state = 'sent'
        and attempt = 2 and last_status = 200") == $rounds }, 20), 'the second attempt is taken');
my %tries;
push @{ $tries{ $_->{key} } }, $_->{sha256} foreach grep { $_->{path} =~ /^.503,200/ } $receivers->received('http');
is_deeply([ map { scalar @$_ . ' of ' . keys %{ { map { $_ => 1 } @$_ } } } values %tries ], [ ('2 of 1') x $rounds ],
    'both attempts have the same key and body');

# Together they could hold more than twice what the worker has room for
$node->safe_psql('faults', join '', map {
    $receivers->webhook("hanging$_", url('hang'), timeout_seconds => 2 * $timeout, max_inflight => 100) } 1 .. 6);
$beside = p95('beside six that hang', sub {
    $node->safe_psql('faults', "select cs_health._enqueue(code, 'test', jsonb_build_object('n', n), code || n)
        from cs_health.channel, generate_series(1, 200) as n where code like 'hanging%'");
    sleep 2 * $timeout;
    return 1 });
cmp_ok($beside, '<', $timeout, 'nor for channels that would take all there is');
$node->safe_psql('faults', "update cs_health.channel set enabled = false where code like 'hanging%'");

# Mail: by recipient, then by server
my $text = "Línea\nuno\r\ntwo \"" . ('ñandú ' x 500) . "\n.\n..dots\nFrom here";
$node->safe_psql('faults', $receivers->mailer('starttls', max_inflight => 20, timeout_seconds => $timeout));
my %mail = (
    'taken' => [ 'ok', 'sent', 250 ],
    'status 450' => [ '450', 'pending', 450, @soon ],
    'greylisted' => [ '451.ok', 'pending', 451, @soon ],
    'status 550' => [ '550', 'dead', 550 ],
    'status 552' => [ '552', 'dead', 552 ],
    'status 554 after the message' => [ 'data554', 'dead', 554 ],
    'status 451 after the message' => [ 'data451', 'pending', 451, @soon ],
    'closed after the final dot' => [ 'close', 'pending', undef, @soon ],
    'no answer after the final dot' => [ 'hang', 'pending', undef, @soon ],
    'one of three who is unknown' => [ '550', 'dead', 550 ],
    'address that needs SMTPUTF8' => [ 'ñandú', 'dead', undef ]);
my %server = (
    'TLS from the start' => [ 'tls', 'sent', 250 ],
    'STARTTLS refused' => [ 'refused', 'pending', 454, @soon ],
    'STARTTLS refused for good' => [ 'forbidden', 'pending', 502, @soon ],
    'AUTH refused for good' => [ 'noauth', 'pending', 554, @soon ],
    'STARTTLS not offered' => [ 'stripped', 'pending', undef, @soon ],
    'banner that comes late' => [ 'slow', 'sent', 250 ],
    'banner of many lines' => [ 'multiline', 'sent', 250 ],
    'status 421 as a banner' => [ 'busy', 'pending', 421, @soon ],
    'status 554 as a banner' => [ 'closed', 'pending', 554, @soon ],
    'no banner' => [ 'silent', 'pending', undef, @soon ],
    'message too big' => [ 'small', 'dead', 552 ],
    'certificate signed by itself' => [ 'selfsigned', 'pending', undef, @soon ],
    'certificate that has expired' => [ 'expired', 'pending', undef, @soon ],
    'certificate of another name' => [ 'wrongname', 'pending', undef, @soon ],
    'password that is wrong' => [ 'starttls', 'pending', 535, @soon ]);

$beside = p95('beside bad mail boxes', sub {
    mail($_, "$mail{$_}[0]\@receiver.test") foreach keys %mail;
    mail('one of three who is unknown: the others', "$_\@receiver.test") foreach qw(ok+2nd ok+3rd);
    return ended() });
cmp_ok($beside, '<', $timeout, 'nor for mail servers');
judge("mail: $_", "mail $_ %", @{ $mail{$_} }[ 1 .. 4 ]) foreach sort keys %mail;
judge('mail: one of three who is unknown: the others', 'mail one of three who is unknown: the others %', 'sent', 250,
    undef, undef, 2);
$node->safe_psql('faults', "select cs_health.open_channel('email');
    update cs_health.outbox set next_attempt_at = now() where source_key like 'mail greylisted %'");
ok(wait_for(sub {
    $node->safe_psql('faults', "select count(*) from cs_health.outbox where source_key like 'mail greylisted %'
        and state = 'sent' and attempt = 2") == $rounds }, 20), 'mail: greylisted at first, then taken');

foreach my $name (sort keys %server)
{
    my ($port, @how) = @{ $server{$name} };

    $receivers->secret('email', { user => 'mailer', password => 'wrong' }) if $name eq 'password that is wrong';
    $node->safe_psql('faults', sprintf q{
        update cs_health.channel set port = %d, tls = '%s', timeout_seconds = %d where code = 'email'},
        $receivers->port('smtp', $port), $port eq 'tls' ? 'tls' : 'starttls', $port eq 'slow' ? 10 : $timeout);
    mail($name, "ok+$port\@receiver.test");
    ok(ended(), "every message has been tried: $name");
    judge("mail: $name", "mail $name %", @how);
}

my @mails = $receivers->received('smtp');
is(scalar(grep { !$_->{tls} || $_->{user} ne 'mailer' } @mails), 0, 'no mail without TLS or without a user');
my %recipients;
$recipients{ $_->{key} }{ $_->{recipients}[0] } = 1 foreach @mails;
is(scalar(grep { keys %$_ > 1 } values %recipients), 0, 'a Message-ID belongs to one message');
is(worker_pid($node, 'faults'), $worker, 'the worker is still the same');
my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
unlike($log, qr/terminated by signal|PANIC|TRAP/, 'nothing crashed');
unlike($log . $node->safe_psql('faults', 'select * from cs_health.outbox, cs_health.delivery_attempt where outbox_id = id'),
    qr/correct horse|key of fault|\/hook\b/, 'no secret in a log line or a table');

done_testing();

sub url
{
    return $receivers->url(@_);
}

# The messages of a name, as many as there are rounds
sub mail
{
    my ($name, $address) = @_;

    foreach my $round (1 .. $rounds)
    {
        my $to = $address =~ s/@/+$round@/r;
        my $body = JSON::PP->new->encode({ to => $to, to_name => 'José', reply_to => 'csm@sender.test',
            subject => "¿Qué tal? $name", text => $text });

        $node->safe_psql('faults', "select cs_health._enqueue('email', 'test', \$body\$$body\$body\$, 'mail $name $to')");
    }
    return;
}

# Waits until no mail is left untried; the channel is opened all the time, since every failure counts against it
sub ended
{
    return wait_for(sub {
        # Opened by hand, since open_channel() would try at once what shall wait for its time
        $node->safe_psql('faults', "update cs_health.channel set failures = 0, closed_until = null where code = 'email';
            select count(*) from cs_health.outbox where channel = 'email'
                and (state = 'claimed' or state = 'pending' and attempt = 0)") =~ /^\s*0$/ }, 30);
}

# Whether the first attempt of all messages of a channel or a source_key ended with the state, the status and that many
# seconds until the next one
sub judge
{
    my ($name, $which, $state, $status, $least, $most, $times) = @_;
    my @all = rows($node, 'faults', "
        select a.state, a.last_status, a.wait, a.last_error
        from attempt as a join cs_health.outbox as o on o.id = a.id
        where a.attempt = 1 and (o.channel like '$which' or o.source_key like '$which')");
    my @wrong = grep {
        my ($is, $was, $seconds) = @$_;

        $is ne $state || ($was // '') ne ($status // '')
          || ($state eq 'pending' && ($seconds < $least - 0.1 || $seconds > $most));
    } @all;

    is(scalar @all, $rounds * ($times // 1), "$name: all have been tried");
    is(scalar @wrong, 0, "$name: $state" . ($state eq 'pending' ? ", again in $least to $most s" : ''))
      or diag(join ', ', map { $_ // 'null' } @{ $wrong[0] });
    return;
}

# What 95 % of the messages to the healthy channel, 20 a second, took at most while something else is done
sub p95
{
    my ($name, $meanwhile) = @_;
    my $session = begin_psql($node, 'faults', 'well', "
        do \$\$ begin
            for n in 1..10000 loop
                perform pg_sleep(0.05);
                perform cs_health._enqueue('well', 'test', jsonb_build_object('name', '$name', 'at',
                    extract(epoch from clock_timestamp())), '$name ' || n);
                commit;
                exit when exists (select from stop where name = '$name');
            end loop;
        end \$\$");
    my (@seconds, $written);

    ok($meanwhile->(), "$name: all was tried");
    $node->safe_psql('faults', "insert into stop values ('$name')");
    $session->finish or die $session->err;
    $written = $node->safe_psql('faults', "select count(*) from cs_health.outbox where source_key like '$name %'");
    wait_for(sub {
        @seconds = sort { $a <=> $b } map { $_->[0] } grep { ($_->[1]{name} // '') eq $name }
          map { my $body = JSON::PP::decode_json($_->{body}); [ $_->{time} - ($body->{at} // 0), $body ] }
          grep { $_->{path} =~ /^.200/ } $receivers->received('http');
        @seconds == $written }, 20);
    is(scalar @seconds, $written, "$name: all $written messages of the channel that does well have arrived");
    diag(sprintf '%s: a channel that does well takes p50 %.0f, p95 %.0f, max %.0f ms', $name,
        map { 1000 * $seconds[ int($_ * $#seconds + 0.5) ] } 0.5, 0.95, 1);
    return $seconds[ int(0.95 * $#seconds + 0.5) ];
}
