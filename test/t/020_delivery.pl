# What the worker sends is what receivers get: webhooks with a signature, Slack messages, mails; and its secrets stay where
# they are. 021 has receivers that behave badly, 022 crashes.
use strict;
use warnings;
use CsHealth;
use Digest::SHA qw(hmac_sha256_hex);
use Encode qw(decode encode);
use MIME::QuotedPrint qw(decode_qp);
use POSIX ();
use PostgreSQL::Test::Utils;
use Receivers;
use Test::More;
use Time::HiRes qw(time);

my $canary = 'canary7Xq';
my $receivers = Receivers->new;
my $node = new_server('delivery', $receivers->conf('app', 'app', 'absent'), 'cs_health.poll_seconds = 30',
    'log_min_messages = debug5', 'log_statement = all');

# A worker without its database, then without the extension, waits and says little
ok(wait_for(sub { log_lines('database "app" does not exist') >= 1 }), 'a database that is missing is told');
$node->safe_psql('postgres', 'create database app');
ok(wait_for(sub { worker_pid($node, 'app') }), 'and found once it is there');
ok(wait_for(sub { log_lines('cs_health delivers nothing') == 1 }), 'without the extension the worker waits');
is(log_lines('database "app" does not exist'), 1, 'all of that is one line each');
install($node, 'app');
my $worker = worker_pid($node, 'app');

# How often the server itself said something
sub log_lines
{
    my ($text) = @_;

    return scalar grep { index($_, $text) >= 0 && !/STATEMENT|statement:/ } split /\n/, slurp_file($node->logfile);
}

sub sql
{
    my ($query) = @_;

    return $node->safe_psql('app', $query);
}

# Waits until a message has the state; returns its state, status and error
sub ends
{
    my ($id, $state) = @_;

    wait_for(sub { sql("select state from cs_health.outbox where id = '$id'") eq $state }, 20);
    return sql("select concat_ws(' ', state, last_status, last_error) from cs_health.outbox where id = '$id'");
}

# The last message a receiver got
sub last_of
{
    my ($name) = @_;

    return ($receivers->received($name))[-1];
}

# Whom tests may be mailed to
sql(q{insert into cs_health.csm (email, name) select a || '@receiver.test', 'CSM'
    from unnest('{ok+tls,550,550-5-7-1,data554,ok,hang.ok}'::text[]) as a});

# Webhook
sql($receivers->webhook('crm', $receivers->url("200,$canary-path"), description => 'crm'));
$receivers->secret('crm', { url => $receivers->url("200,$canary-path"), key => "$canary-key" });
my $began = time;
my $id = sql(q{begin; select cs_health._emit('health.category_changed', null, '{"to": "at_risk", "ñ": "€\n"}', 'e1') \g /dev/null
    commit; select id from cs_health.outbox});
is(ends($id, 'sent'), 'sent 200', 'a webhook is delivered');
cmp_ok(time - $began, '<', 5, 'at once, though the worker polls every 30 s');
my $hook = last_of('http');
my %header = %{ $hook->{headers} };
is($header{'idempotency-key'}, $id, 'its key is the id in the outbox');
is($header{'x-cs-health-event'}, 'health.category_changed', 'the kind of event is in a header');
is($header{'content-type'}, 'application/json', 'the body is JSON');
is($hook->{body}, decode('UTF-8', sql("select payload from cs_health.outbox where id = '$id'")), 'the payload as it stands');
my ($time, $signature) = $header{'x-cs-health-signature'} =~ /^t=(\d+),v1=([0-9a-f]{64})$/;
is($signature, hmac_sha256_hex("$time." . encode('UTF-8', $hook->{body}), "$canary-key"), 'the signature is right');
cmp_ok(abs($time - time), '<', 60, 'and of now');

# Slack
$receivers->secret('slack', { url => $receivers->url("200,$canary-slack") });
sql(q{insert into cs_health.channel (code, kind, secret) values ('slack', 'slack', 'slack')});
is(ends(sql(q{select cs_health._enqueue('slack', 'message', '{"text": "*Ana* & <b>"}', 's1')}), 'sent'), 'sent 200',
    'a Slack message is delivered');
is(last_of('http')->{body}, '{"text": "*Ana* & <b>"}', 'as it stands');
ok(!exists last_of('http')->{headers}{'x-cs-health-signature'}, 'without a signature');

# Mail
sql($receivers->mailer('starttls', from_name => 'Atención', unsubscribe => 'https://sender.test/stop'));
my $mail = sql(q{select cs_health._enqueue('email', 'message', jsonb_build_object('to', 'ok@receiver.test',
    'to_name', 'José "Pepe" Núñez', 'from_name', null, 'reply_to', 'eva@sender.test', 'unsubscribe', true,
    'subject', '¿Todo bien, José? Un asunto que es tan largo que no cabe en una sola línea de la cabecera',
    'text', E'Hola José:\n\n.un punto\nFrom aquí\n' || repeat('línea larga ', 30) || E'\n€ 10\n'), 'm1')});
is(ends($mail, 'sent'), 'sent 250', 'a mail is delivered');
my $got = last_of('smtp');
is("$got->{tls} $got->{sender} @{$got->{recipients}}", '1 success@sender.test ok@receiver.test', 'with TLS, to the recipient');
ok($got->{user}, 'after AUTH');
my ($head, $body) = split /\r?\n\r?\n/, $got->{body}, 2;
$head =~ s/\r?\n[ \t]+/ /g;
# A field as people read it
my %field;
sub header
{
    my ($name) = @_;

    return encode('UTF-8', decode('MIME-Header', $field{$name}));
}
%field = map { /^([^:]+): (.*?)\r?$/ } split /\n/, $head;
is(header('From'), 'Atención <success@sender.test>', 'From');
is(header('To'), 'José "Pepe" Núñez <ok@receiver.test>', 'To');
is($field{'Reply-To'}, '<eva@sender.test>', 'Reply-To');
is(header('Subject'),
    '¿Todo bien, José? Un asunto que es tan largo que no cabe en una sola línea de la cabecera', 'Subject');
is($field{'Message-ID'}, "<$mail\@sender.test>", 'Message-ID is the id in the outbox');
like($field{Date}, qr/^\w{3}, \d+ \w{3} \d{4} \d\d:\d\d:\d\d \+0000$/, 'Date');
is($field{'List-Unsubscribe'}, "<https://sender.test/stop?id=$mail>", 'List-Unsubscribe says whose');
is($field{'List-Unsubscribe-Post'}, 'List-Unsubscribe=One-Click', 'List-Unsubscribe-Post');
(my $text = decode_qp($body)) =~ s/\r\n/\n/g;
is($text, "Hola José:\n\n.un punto\nFrom aquí\n" . 'línea larga ' x 30 . "\n€ 10\n", 'the text, whole');

sql("update cs_health.channel set tls = 'tls', port = " . $receivers->port('smtp', 'tls') . " where code = 'email'");
is(ends(sql(q{select cs_health.test_channel('email', 'ok+tls@receiver.test')}), 'sent'), 'sent 250', 'TLS from the first byte');
is(last_of('smtp')->{recipients}[0], 'ok+tls@receiver.test', 'and there it is');

is(ends(sql(q{select cs_health.test_channel('email', '550@receiver.test')}), 'dead'), 'dead 550 SMTP 550 5.1.1 to RCPT',
    'a recipient who is not there can be told');
is(ends(sql(q{select cs_health.test_channel('email', '550-5-7-1@receiver.test')}), 'dead'), 'dead 550 SMTP 550 5.7.1 to RCPT',
    'from a server that does not want our mail');
is(ends(sql(q{select cs_health.test_channel('email', 'data554@receiver.test')}), 'dead'), 'dead 554 SMTP 554',
    'from a mail that is refused');

# What cannot be a mail or a request ends, and the others go on
my @dead = map { [ $_->[0], sql("select cs_health._enqueue('email', 'message', '$_->[1]', 'bad $_->[0]')"), $_->[2] ] }
  [ 'a recipient with a line break', '{"to": "a@b\r\nRCPT TO:<c@d>", "subject": "x", "text": "x"}',
    'dead "a@b??RCPT TO:<c@d>" is no address that mail can be sent to' ],
  [ 'a subject with a line break', '{"to": "a@b", "subject": "x\r\nBcc: c@d", "text": "x"}',
    'dead subject has a control character or is no UTF-8' ],
  [ 'no text', '{"to": "a@b", "subject": "x"}', 'dead the payload lacks to, subject or text' ],
  [ 'a number as recipient', '{"to": 7, "subject": "x", "text": "x"}', 'dead the payload lacks to, subject or text' ],
  [ 'no object', '[1]', 'dead the payload is no JSON object' ],
  [ 'a deep one', '{"to": ' . '[' x 40 . ']' x 40 . '}', 'dead the payload is no JSON object' ];
is(ends($_->[1], 'dead'), $_->[2], $_->[0]) foreach @dead;
is(ends(sql(q{select cs_health._enqueue('crm', E'x\r\nX-Evil: 1', '{}', 'k1')}), 'dead'), 'dead the kind of event is no name',
    'a kind with a line break');
is(ends(sql(q{select cs_health._emit('x.y', null, '{}', 'e2') \g /dev/null
    select id from cs_health.outbox where source_key like 'event x.y%'}), 'sent'), 'sent 200', 'others are delivered');

# Secrets that cannot be used wait, and say why without saying what
my $secrets = "$receivers->{folder}/secrets";
my @fault = (
    [ 'missing', sub { unlink "$secrets/crm" }, 'the file of secret "crm" is missing' ],
    [ 'readable by others', sub { chmod 0640, "$secrets/crm" },
        'the file of secret "crm" can be used by others: its mode must be 0600' ],
    [ 'no JSON', sub { write_secret("{\"url\": \"$canary") }, 'the file of secret "crm" is no JSON object of texts' ],
    [ 'no text', sub { write_secret('{"url": 1}') }, 'the file of secret "crm" is no JSON object of texts' ],
    [ 'a line break', sub { write_secret('{"url": "a\nb"}') }, 'the file of secret "crm" is no JSON object of texts' ],
    [ 'more behind it', sub { write_secret('{} {}') }, 'the file of secret "crm" is no JSON object of texts' ],
    [ 'nothing', sub { write_secret('') }, 'the file of secret "crm" is no JSON object of texts' ],
    [ 'too large', sub { write_secret(' ' x 9000) }, 'the file of secret "crm" is larger than 8192 bytes' ],
    [ 'a folder', sub { unlink "$secrets/crm"; mkdir "$secrets/crm" }, 'secret "crm" is no ordinary file' ],
    [ 'a pipe', sub { rmdir "$secrets/crm"; system('mkfifo', '-m', '600', "$secrets/crm") },
        'secret "crm" is no ordinary file' ]);

sub write_secret
{
    my ($content) = @_;

    unlink "$secrets/crm";
    append_to_file("$secrets/crm", $content);
    chmod 0600, "$secrets/crm";
}

foreach (@fault)
{
    my ($name, $do, $said) = @$_;

    $receivers->secret('crm', { url => $receivers->url('200'), key => 'k' }) unless $name eq 'a pipe';
    $do->();
    is(sql("select problem from cs_health.delivery_status() where channel = 'crm'"), $said, "a secret: $name");
}
$id = sql(q{select cs_health.test_channel('crm')});
ok(wait_for(sub { sql("select last_error from cs_health.outbox where id = '$id'") ne '' }), 'a message waits');
is(sql("select state || ' ' || last_error from cs_health.outbox where id = '$id'"),
    'pending secret "crm" is no ordinary file', 'and says for what');
unlink "$secrets/crm";
$receivers->secret('crm', { url => $receivers->url('200'), key => 'k' });
sql("update cs_health.outbox set next_attempt_at = now() where id = '$id'; select cs_health._wake_worker()");
is(ends($id, 'sent'), 'sent 200', 'the mended secret counts at once');

# Where it may not go
foreach (
    [ 'another host', 'https://elsewhere.receiver.test/', 'the host is not in cs_health.allowed_hosts' ],
    [ 'a number', 'https://127.0.0.1/', 'the host is not in cs_health.allowed_hosts' ],
    [ 'plain http', $receivers->url('200', port => 'http'), 'the URL does not begin with https://' ],
    [ 'a user in the URL', "https://$canary\@localhost/", 'the URL has a user, password, zone or fragment' ])
{
    my ($name, $url, $said) = @$_;

    $receivers->secret('crm', { url => $url, key => 'k' });
    $id = sql(q{select cs_health.test_channel('crm')});
    ok(wait_for(sub { sql("select last_error from cs_health.outbox where id = '$id'") eq $said }), $name);
    sql("select cs_health.cancel_delivery('$id'), cs_health.open_channel('crm')");
}
my $before = () = $receivers->received('http');
$receivers->secret('crm', { url => $receivers->url('200'), key => 'k' });
$node->safe_psql('postgres', q{alter system set cs_health.allowed_addresses = '10.0.0.0/8'; select pg_reload_conf()});
sleep 1;
sql(q{insert into cs_health.channel (code, kind, secret) values ('fresh', 'webhook', 'fresh')});
$receivers->secret('fresh', { url => $receivers->url('200', port => 'wrongname'), key => 'k' });
$id = sql(q{select cs_health.test_channel('fresh')});
ok(wait_for(sub { sql("select last_error from cs_health.outbox where id = '$id'") ne '' }), 'loopback is no public address');
is(sql("select last_error from cs_health.outbox where id = '$id'"),
    'the address is not public and not in cs_health.allowed_addresses', 'and refused once it is not allowed');
is(scalar(() = $receivers->received('http')), $before, 'nobody got anything');
$node->safe_psql('postgres', q{alter system reset cs_health.allowed_addresses; select pg_reload_conf()});
sql(q{delete from cs_health.outbox where channel = 'fresh'; delete from cs_health.channel where code = 'fresh'});

# A wrong password and an address that is gone, for the log
sql(q{update cs_health.channel set failures = 0, closed_until = null});
$receivers->secret('email', { user => 'mailer', password => "$canary-password" });
$id = sql(q{select cs_health.test_channel('email', 'ok@receiver.test')});
ok(wait_for(sub { sql("select last_status from cs_health.outbox where id = '$id'") eq '535' }), 'a wrong password');
is(sql("select state from cs_health.outbox where id = '$id'"), 'pending', 'can be mended');
$receivers->secret('crm', { url => $receivers->url("404,$canary-gone"), key => "$canary-key" });
is(ends(sql(q{select cs_health.test_channel('crm')}), 'dead'), 'dead 404 HTTP 404', 'an address that is gone');

# A role with rights on the outbox alone
sql(q{
    create role deliverer nologin;
    grant usage on schema cs_health to deliverer;
    call cs_health._allow('deliverer', 'outbox', 'select, update', 'true');
    call cs_health._allow('deliverer', 'channel', 'select, update', 'true');
    call cs_health._allow('deliverer', 'delivery_attempt', 'insert', 'true');
    call cs_health._allow('deliverer', 'delivery_worker', 'select, insert, update', 'true');
    grant execute on function cs_health._worker_name(), cs_health._failures_that_close(), cs_health._release_leases(),
        cs_health._worker_poll(integer, timestamptz, bigint, bigint, timestamptz), cs_health._retry_delay(integer),
        cs_health._count_failure(text, interval), cs_health._is_hard_bounce(integer, text),
        cs_health._is_rejected_sender(integer, text), cs_health._pace(text, real),
        cs_health._claim_outbox(text, text[], integer, interval, interval, timestamptz),
        cs_health.complete_outbox(uuid, integer, text, integer, text, interval) to deliverer;
    create table public.who (name text);
    create function public.tell() returns trigger language plpgsql security invoker as
        $$begin insert into public.who values (current_user); return new; end$$;
    grant insert on public.who to public;
    create trigger tell after insert on cs_health.delivery_attempt for each row execute function public.tell();});
$receivers->secret('crm', { url => $receivers->url('200'), key => 'k' });
$node->safe_psql('postgres', q{alter system set cs_health.worker_role = 'nobody'; select pg_reload_conf()});
sleep 1;
$id = sql(q{select cs_health.test_channel('crm')});
ok(wait_for(sub { log_lines('cs_health delivers nothing') == 2 }), 'without its role the worker waits');
$node->safe_psql('postgres', q{alter system set cs_health.worker_role = 'deliverer'; select pg_reload_conf()});
sleep 1;
sql('select cs_health.open_channel(code) from cs_health.channel');
is(ends(sql(q{select cs_health.test_channel('crm')}), 'sent'), 'sent 200', 'a role with few rights delivers');
is(sql('select distinct name from public.who'), 'deliverer', 'and triggers run as that role');
sql('revoke update on cs_health.outbox from deliverer');
$id = sql(q{select cs_health.test_channel('crm')});
ok(wait_for(sub { log_lines('permission denied for table outbox') > 0 }), 'missing rights are told');
sql('grant update on cs_health.outbox to deliverer');
is(ends($id, 'sent'), 'sent 200', 'and the worker goes on once they are there');
is(worker_pid($node, 'app'), $worker, 'it is still the same process');

# A result that cannot be recorded holds up no other
sql(q{create function public.refuse() returns trigger language plpgsql as
        $$begin if new.kind = 'poison' and new.state = 'sent' then raise 'refused'; end if; return new; end$$;
    create trigger refuse before update on cs_health.outbox for each row execute function public.refuse();});
my $poison = sql(q{select cs_health._enqueue('crm', 'poison', '{}', 'poison')});
$id = sql(q{select cs_health.test_channel('crm')});
is(ends($id, 'sent'), 'sent 200', 'a result that cannot be recorded holds up no other');
is(sql("select state from cs_health.outbox where id = '$poison'"), 'claimed', 'and is left to its lease');
sql(qq{drop trigger refuse on cs_health.outbox; select cs_health.complete_outbox('$poison', attempt, 'dead') from cs_health.outbox
    where id = '$poison'});

# While results cannot be recorded the worker sleeps between its tries
sub cpu_seconds
{
    my @stat = split / /, slurp_file("/proc/$worker/stat") =~ s/.*\) //sr;

    return ($stat[11] + $stat[12]) / POSIX::sysconf(POSIX::_SC_CLK_TCK());
}
sql(q{update cs_health.channel set timeout_seconds = 2 where code = 'crm'; select cs_health.open_channel('crm')});
$receivers->secret('crm', { url => $receivers->url('hang'), key => 'k' });
$id = sql(q{select cs_health.test_channel('crm')});
ok(wait_for(sub { sql("select state from cs_health.outbox where id = '$id'") eq 'claimed' }), 'a receiver hangs');
my $told = log_lines('permission denied for table channel');
sql('revoke select on cs_health.channel from deliverer');
my $used = cpu_seconds();
sleep 7;
$used = cpu_seconds() - $used;
cmp_ok(log_lines('permission denied for table channel') - $told, '>=', 2, 'its result cannot be recorded');
cmp_ok($used, '<', 0.5, 'and the worker sleeps between its tries');
sql('grant select on cs_health.channel to deliverer');
like(sql("select state from cs_health.outbox where id = '$id'"), qr/^(claimed|pending)$/,
    'the message is still there for another try, when its lease has run out at the latest');
sql("select cs_health.complete_outbox('$id', attempt, 'dead') from cs_health.outbox where id = '$id'; update cs_health.channel set timeout_seconds = 15 where code = 'crm';
    select cs_health.open_channel('crm')");

# The end of a worker in the middle of a request, and what the next one does
$receivers->secret('crm', { url => $receivers->url('hang,200'), key => 'k' });
$id = sql(q{select cs_health.test_channel('crm')});
$receivers->secret('email', { user => 'mailer', password => 'correct horse' });
sql("select cs_health.open_channel('email')");
my $hanging = sql(q{select cs_health.test_channel('email', 'hang.ok@receiver.test')});
ok(wait_for(sub { sql("select count(*) from cs_health.outbox where id in ('$id', '$hanging') and state = 'claimed'") == 2 }),
    'a receiver and a mail server hang');
sleep 1;
$began = time;
$node->safe_psql('postgres', 'create database other');
$node->safe_psql('postgres', 'drop database other');
sql('vacuum full cs_health.outbox');
cmp_ok(time - $began, '<', 3, 'DROP DATABASE and VACUUM FULL do not wait for them');
$began = time;
$node->stop('fast');
cmp_ok(time - $began, '<', 3, 'the server stops at once all the same');
$node->start;
$began = time;
is(ends($id, 'sent'), 'sent 200', 'the next worker takes up what was left');
cmp_ok(time - $began, '<', 10, 'at once');
is(sql("select attempt from cs_health.outbox where id = '$id'"), 2, 'as a second attempt');
is(ends($hanging, 'sent'), 'sent 250', 'the mail too');

# The canary
my $dump = $node->basedir . '/dump.sql';
$node->command_ok([ 'pg_dump', '-f', $dump, $node->connstr('app') ], 'the database is dumped');
is(index(slurp_file($dump), $canary), -1, 'no secret is in a table');
my $log = slurp_file($node->logfile);
cmp_ok(length $log, '>', 1_000_000, 'the log is long');
is(index($log, $canary), -1, 'no secret is in the log');
like(join(' ', map { $_->{body} . join(' ', %{ $_->{headers} // {} }) . ($_->{path} // '') } $receivers->received('http')),
    qr/$canary/, 'it did go out to the receiver');

done_testing();
