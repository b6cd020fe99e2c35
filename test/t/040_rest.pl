# The ten paths of the API through nginx: every verb and every status, rights, pages and filters, what is hostile, and the
# headers of the dashboard, on the PostgREST of PATH. What functions raise is called in SQL as well. doc/rest-matrix.md is
# the list of it all, doc/rest.md is replayed.
use strict;
use warnings;
use CsHealth;
use Cwd qw(abs_path);
use HTTP::Tiny;
use IO::Socket::INET;
use JSON::PP;
use PostgreSQL::Test::Utils qw(slurp_file);
use Test::More;
use Time::HiRes qw(time sleep);

my $root = abs_path("$FindBin::Bin/../..");
chomp(my $server = `$root/tools/rest.sh server`);
plan skip_all => 'no postgrest on PATH' unless $server;
my $json = JSON::PP->new->canonical->allow_nonref;
my $node = new_server('rest', "shared_preload_libraries = 'cs_health'");
my $rest = PostgreSQL::Test::Utils::tempdir_short();

install($node, 'company');
$node->safe_psql('company', 'call cs_health.install_roles(); alter database company set cs_health.now = \'2026-03-02 09:00+00\'');
$node->safe_psql('company', slurp_file("$root/test/pgtap/include/scored_days.sql"));
$node->safe_psql('company', slurp_file("$root/test/rest/company.sql"));

$node->safe_psql('postgres', 'create database manual template company');
$node->safe_psql('postgres', "alter database manual set cs_health.now = '2026-03-02 09:00+00'");
@ENV{qw(REST PGHOST PGPORT)} = ($rest, $node->host, $node->port);
chomp(my $url = `$root/tools/rest.sh start company`);
$SIG{$_} = sub { exit 1 } foreach qw(INT TERM); # the servers go along
END { local $?; system("$root/tools/rest.sh", 'stop') if $rest && -d $rest }
like($url, qr{^http://127}, "nginx and PostgREST run: $server") or BAIL_OUT('no server');

my %token = (
    csm => token('cs_health_csm', 'email=ana@example.com'), bob => token('cs_health_csm', 'email=bob@example.com'),
    all => token('cs_health_csm_all', 'email=eva@example.com'), admin => token('cs_health_admin', 'email=eva@example.com'),
    tenant => token('cs_health_tenant', 'tenant_id=' . t(1)), expired => token('cs_health_csm', 'email=ana@example.com', 'exp=1000000000'),
    audience => token('cs_health_csm', 'email=ana@example.com', 'aud=another'), forged => token('cs_health_csm', 'email=ana@example.com') =~ s/\.(.)(?=[^.]*$)/'.' . ($1 eq 'A' ? 'B' : 'A')/er,
    stranger => token('cs_health_csm', 'email=mallory@example.com'), disabled => token('cs_health_csm_all', 'email=dan@example.com'),
    nowhere => token('cs_health_tenant'), superuser => token('postgres', 'email=ana@example.com'), worker => token('cs_health_worker'),
    none => 'eyJhbGciOiJub25lIn0.' . (split /\./, token('cs_health_admin'))[1] . '.');
my $http = HTTP::Tiny->new(max_redirect => 0, timeout => 30);
my ($playbook, $signal, $growth, $bobs) = map { $node->safe_psql('company', "select md5('$_')::uuid") }
  'playbook', 'signal 1usage_limit', 'signal 1user_growth', 'signal 5usage_limit';
my $nobody = '00000000-0000-4000-8000-00000000dead';

# The ten paths, what each allows, and what is asked of it where nothing else is said
my @paths = (
    [ '/health-scores', 'GET HEAD', 'health-scores' ],
    [ '/health-scores/{tenant_id}', 'GET HEAD', 'health-scores/' . t(1) ],
    [ '/health-scores/{tenant_id}/history', 'GET HEAD', 'health-scores/' . t(1) . '/history' ],
    [ '/churn-predictions', 'GET HEAD', 'churn-predictions' ],
    [ '/expansion-signals', 'GET HEAD', 'expansion-signals' ],
    [ '/expansion-signals/{id}', 'PUT', "expansion-signals/$signal" ],
    [ '/playbooks', 'GET HEAD POST', 'playbooks' ],
    [ '/playbooks/{id}/executions', 'GET HEAD', "playbooks/$playbook/executions" ],
    [ '/playbooks/{id}/execute', 'POST', "playbooks/$playbook/execute" ],
    [ '/{view}', 'GET HEAD', 'tasks' ],
    [ '/rpc/{function}', 'GET HEAD POST', 'rpc/churn_model_card' ]);
my %path = map { $_->[0] => $_ } @paths;
my %cell; # path, verb and status: who answered, and the SQLSTATE

my %document = (name => 'Win back', trigger_type => 'health_drop', code => 'win_back',
    trigger_conditions => { fact => 'overall_score', op => '<', value => 50 },
    steps => [ { day => 0, action => 'call', channel => 'call', subject => 'Call', template => 'Call them.' } ]);

# What is refused everywhere: verbs, tokens, sizes
foreach my $path (@paths)
{
    my ($name, $allowed, $example) = @$path;
    my ($first) = $allowed =~ /(\w+)$/;

    foreach my $verb (qw(GET HEAD POST PUT PATCH DELETE OPTIONS))
    {
        next if $allowed =~ /\b$verb\b/;
        my $answer = cell($name, $verb, 405, $example, 'csm', {});
        is($answer->{headers}{allow}, join(', ', split / /, $allowed), "$verb $name: Allow");
    }
    foreach my $verb (split / /, $allowed)
    {
        my $body = $verb =~ /P/ ? {} : undef;

        cell($name, $verb, 401, $example, $_, $body) foreach undef, qw(expired audience forged none);
        sql_cell('PT401', 'cs_health_csm', 'select cs_health.check_request()', [ $name, $verb, 401 ]);
        cell($name, $verb, 403, $example, $_, $body) foreach qw(stranger disabled nowhere);
        sql_cell('PT403', 'cs_health_csm', 'select cs_health.check_request()', [ $name, $verb, 403 ], { exp => 4e9, aud => 'cs_health', email => 'mallory@example.com' });
        cell($name, $verb, 413, $example, 'csm', { note => 'x' x 66000 });
        next if $example eq 'tasks' || $example =~ /^rpc/;
        cell($name, $verb, 403, $example, 'tenant', $verb eq 'PUT' ? { status => 'contacted' } : $verb eq 'POST' ? { tenant_id => t(1), %document } : undef)
          unless "$verb $name" eq 'POST /playbooks/{id}/execute';
    }
}
cell('/playbooks/{id}/execute', 'POST', 403, "playbooks/$playbook/execute", 'tenant', { tenant_id => t(1) });
cell('/playbooks', 'POST', 403, 'playbooks', 'csm', \%document);
cell('/{view}', $_, 403, 'tasks', 'tenant') foreach qw(GET HEAD);
cell('/rpc/{function}', $_, 403, 'rpc/churn_model_card', 'tenant', $_ eq 'POST' ? {} : undef) foreach qw(GET HEAD POST);
sql_cell('42501', 'cs_health_tenant', "select * from cs_health_v1.$_->[1]", [ "$_->[0]", 'GET', 403 ], [ "$_->[0]", 'HEAD', 403 ])
  foreach [ '/health-scores', 'health_scores' ], [ '/health-scores/{tenant_id}', 'health_scores' ],
  [ '/churn-predictions', 'churn_predictions' ], [ '/expansion-signals', 'expansion_signals' ], [ '/playbooks', 'playbooks' ],
  [ '/{view}', 'tasks' ];
sql_cell('42501', 'cs_health_tenant', "select cs_health_v1.health_score_history('${\t(1)}')",
    map { [ '/health-scores/{tenant_id}/history', $_, 403 ] } qw(GET HEAD));
sql_cell('42501', 'cs_health_tenant', "select cs_health_v1.update_expansion_signal('$signal', '{}')",
    [ '/expansion-signals/{id}', 'PUT', 403 ]);
sql_cell('42501', 'cs_health_csm', "select cs_health_v1.create_playbook('{}')", [ '/playbooks', 'POST', 403 ]);
sql_cell('42501', 'cs_health_tenant', 'select * from cs_health_v1.playbook_executions',
    map { [ '/playbooks/{id}/executions', $_, 403 ] } qw(GET HEAD));
sql_cell('42501', 'cs_health_tenant', "select cs_health_v1.start_playbook('$playbook', '{}')",
    [ '/playbooks/{id}/execute', 'POST', 403 ]);
sql_cell('42501', 'cs_health_tenant', 'select cs_health_v1.churn_model_card()',
    map { [ '/rpc/{function}', $_, 403 ] } qw(GET HEAD POST));

foreach my $who (qw(superuser worker))
{
    my $answer = ask('GET', 'health-scores', $who);
    like($answer->{status}, qr/^40[013]$/, "no token makes anybody a $who") or diag($answer->{content});
}

# Lists
foreach my $verb (qw(GET HEAD))
{
    foreach my $name (qw(/health-scores /churn-predictions /expansion-signals /playbooks /{view}))
    {
        cell($name, $verb, 200, $path{$name}[2], 'csm');
        cell($name, $verb, 400, "$path{$name}[2]?$_", 'csm') foreach 'id=eq.x', 'id=nosuch.x', 'nosuch=eq.x', 'limit=x', 'order=nosuch';
    }
    cell('/health-scores/{tenant_id}', $verb, 200, 'health-scores/' . t(1), 'csm');
    cell('/health-scores/{tenant_id}', $verb, 400, 'health-scores/17', 'csm');
    cell('/health-scores/{tenant_id}', $verb, 400, 'health-scores/' . t(1) . '?overall_score=eq.x', 'csm');
    cell('/health-scores/{tenant_id}', $verb, 404, "health-scores/$_", 'csm') foreach $nobody, t(4);
    cell('/health-scores/{tenant_id}/history', $verb, 200, 'health-scores/' . t(1) . '/history', 'csm');
    cell('/health-scores/{tenant_id}/history', $verb, 400, $_, 'csm') foreach 'health-scores/17/history',
      map { 'health-scores/' . t(1) . "/history?$_" } 'from=2026-03-02&to=2026-03-01', 'from=yesterdays', 'overall_score=eq.x', 'limit=-1';
    cell('/health-scores/{tenant_id}/history', $verb, 404, "health-scores/$_/history", 'csm') foreach $nobody, t(4);
    cell('/playbooks/{id}/executions', $verb, 200, "playbooks/$playbook/executions", 'csm');
    cell('/playbooks/{id}/executions', $verb, 400, $_, 'csm') foreach 'playbooks/17/executions', "playbooks/$playbook/executions?status=x.y";
    cell('/playbooks/{id}/executions', $verb, 404, "playbooks/$nobody/executions", 'csm');
    cell('/{view}', $verb, 404, 'no_such_view', 'csm');
    cell('/rpc/{function}', $verb, 200, 'rpc/churn_model_card', 'csm');
    cell('/rpc/{function}', $verb, 400, 'rpc/explain_change?tenant=x&from=2026-03-01&to=2026-03-02', 'csm');
    cell('/rpc/{function}', $verb, 404, $_, 'csm') foreach 'rpc/no_such_function', "rpc/explain_prediction?tenant=$nobody";
}
cell('/rpc/{function}', 'POST', 200, 'rpc/churn_model_card', 'csm', {});
cell('/rpc/{function}', 'POST', 400, 'rpc/explain_prediction', 'csm', $_) foreach { tenant => 'x' }, \'{"tenant":';
cell('/rpc/{function}', 'POST', 404, 'rpc/explain_prediction', 'csm', $_) foreach { tenant => $nobody }, { nosuch => 1 }, [];
my $by_get = ask('GET', "rpc/set_signal_status?signal=$signal&status=contacted", 'csm');
is("$by_get->{status} $by_get->{headers}{allow}", '405 POST', 'a function that changes something is not for GET');
sql_cell('PT404', 'cs_health_csm', "select cs_health_v1.health_score_history('$nobody')",
    map { [ '/health-scores/{tenant_id}/history', $_, 404 ] } qw(GET HEAD));
sql_cell('22023', 'cs_health_csm', "select cs_health_v1.health_score_history('${\t(1)}', '2026-03-02', '2026-03-01')",
    map { [ '/health-scores/{tenant_id}/history', $_, 400 ] } qw(GET HEAD));
sql_cell('PT404', 'cs_health_csm', qq(set request.headers = '{"cs-health-playbook": "$nobody"}'; select cs_health.check_request()),
    (map { [ '/playbooks/{id}/executions', $_, 404 ] } qw(GET HEAD)), { exp => 4e9, aud => 'cs_health', email => 'ana@example.com' });
sql_cell('PT404', 'cs_health_csm', "select cs_health_v1.explain_prediction('$nobody')",
    map { [ '/rpc/{function}', $_, 404 ] } qw(GET HEAD POST));
sql_cell('22P02', 'cs_health_csm', "select cs_health_v1.explain_prediction('x')",
    map { [ '/rpc/{function}', $_, 400 ] } qw(GET HEAD POST));
foreach my $view (map { my $name = $_; map { [ $name, $_ ] } qw(GET HEAD) } qw(/health-scores /churn-predictions /expansion-signals /playbooks /{view}))
{
    (my $relation = $path{ $view->[0] }[2]) =~ tr/-/_/;
    sql_cell('22P02', 'cs_health_csm', "select from cs_health_v1.$relation where id = 'x'", [ @$view, 400 ]);
}

# PUT of a signal
my $put = cell('/expansion-signals/{id}', 'PUT', 200, "expansion-signals/$signal", 'csm', { status => 'contacted', note => 'Called' });
is(join(' ', @{ $put->{json} }{qw(id status note changed_by)}), "$signal contacted Called ana\@example.com", 'the signal comes back');
foreach my $change ({ state => 'won' }, { status => 'gone' }, { status => 5 }, { status => 'deferred', deferred_until => 'soon' },
    { status => 'deferred', deferred_until => '2026-02-30' }, { status => 'deferred', deferred_until => '2026-03-02' },
    { status => 'deferred' }, { won_arr => '10', status => 'won' }, { won_arr => -1, status => 'won' }, { note => [1] },
    [], 'x', 7, \'{"status":', \'', \'null', \'{"status":"won"')
{
    cell('/expansion-signals/{id}', 'PUT', 400, "expansion-signals/$signal", 'csm', $change);
}
cell('/expansion-signals/{id}', 'PUT', 400, 'expansion-signals/17', 'csm', { status => 'won' });
cell('/expansion-signals/{id}', 'PUT', 404, "expansion-signals/$_", 'csm', { status => 'contacted' }) foreach $nobody, $bobs;
cell('/expansion-signals/{id}', 'PUT', 422, "expansion-signals/$_->[0]", 'csm', { status => $_->[1] })
  foreach [ $growth, 'won' ], [ $signal, 'new' ];
sql_cell('PT404', 'cs_health_csm', qq(select cs_health_v1.update_expansion_signal('$nobody', '{"status": "won"}')),
    [ '/expansion-signals/{id}', 'PUT', 404 ]);
sql_cell('22023', 'cs_health_csm', qq(select cs_health_v1.update_expansion_signal('$signal', '{"status": "gone"}')),
    [ '/expansion-signals/{id}', 'PUT', 400 ]);
sql_cell('PT422', 'cs_health_csm', qq(select cs_health_v1.update_expansion_signal('$growth', '{"status": "won"}')),
    [ '/expansion-signals/{id}', 'PUT', 422 ]);
# A body cannot bring another id
foreach my $hostile (qq({"status":"lost"},"signal":"$bobs"), qq({"status":"lost"},"signal":"$growth","change":{"note":"x"}),
    qq({"note":"}\\",\\"signal\\":\\"$growth"}), qq({"note":"x"}}{"signal":"$growth"))
{
    ask('PUT', "expansion-signals/$signal", 'csm', \$hostile);
    is($node->safe_psql('company', "select string_agg(status, ' ') from cs_health.expansion_signal where id in ('$growth', '$bobs')"),
        'new new', 'no other signal changes');
}
is(ask('PUT', "expansion-signals/$growth?columns=signal&id=eq.$bobs", 'csm', { status => 'contacted' })->{json}{id}, $growth,
    'nor does an address');

# POST of a playbook
my $post = cell('/playbooks', 'POST', 201, 'playbooks', 'admin', \%document);
my $id = $post->{json}{id} // '';
is($post->{headers}{location}, "/api/v1/playbooks?id=eq.$id", 'Location of the playbook');
is(ask('GET', substr($post->{headers}{location} // '', 8), 'admin')->{json}[0]{name}, 'Win back', 'where it is');
is(join(' ', @{ $post->{json} }{qw(status created_by)}), 'paused eva@example.com', 'paused, and whose it is');
cell('/playbooks', 'POST', 409, 'playbooks', 'admin', \%document);
my %fault = (name => [ undef, 'x' x 256, 5, '' ], trigger_type => ['rain'], priority => ['now'], status => ['on'], code => ['NO!'],
    cooldown_days => [ -1, 1.5e9, '7' ], min_coverage => [2], nosuch => [1], params => [ [], { a => [1] } ], audience => [ { fact => 'x' } ],
    trigger_conditions => [ {}, { fact => 'overall_score', op => '~', value => 1 } ], exit_conditions => [ { all => [] } ],
    steps => [ {}, [ { day => 0 } ], [ { day => -1, action => 'a', channel => 'call', subject => 's', template => 't' } ] ]);
foreach my $key (sort keys %fault)
{
    foreach my $value (@{ $fault{$key} })
    {
        my $answer = cell('/playbooks', 'POST', 400, 'playbooks', 'admin', { %document, code => 'other', $key => $value });
        like($answer->{json}{message}, qr/^playbook\.$key/, "the path of the fault: $key") unless $key eq 'name' && length($value // '') > 9;
    }
}
cell('/playbooks', 'POST', 400, 'playbooks', 'admin', $_) foreach \'[', [], \'';
sql_cell('22023', 'cs_health_admin', q{select cs_health_v1.create_playbook('{"name": 5}')}, [ '/playbooks', 'POST', 400 ]);
sql_cell('23505', 'cs_health_admin', q{select cs_health_v1.create_playbook('} . $json->encode(\%document) . q{')}, [ '/playbooks', 'POST', 409 ]);

# Starting one by hand
my $start = "playbooks/$playbook/execute";
my $started = cell('/playbooks/{id}/execute', 'POST', 202, $start, 'csm', { tenant_id => t(1) }, { 'Idempotency-Key' => 'key-1' });
my $execution = $started->{json}{execution_id} // '';
is($started->{headers}{location}, "/api/v1/playbook_executions?id=eq.$execution", 'Location of the execution');
is(ask('GET', substr($started->{headers}{location} // '', 8), 'csm')->{json}[0]{status}, 'running', 'which runs');
my $again = ask('POST', $start, 'csm', { tenant_id => t(1) }, { 'Idempotency-Key' => 'key-1' });
is("$again->{status} $again->{content} $again->{headers}{location}", "202 $started->{content} $started->{headers}{location}",
    'the same key repeats the answer');
my $open = cell('/playbooks/{id}/execute', 'POST', 409, $start, 'csm', { tenant_id => t(1) });
is("$open->{json}{details} $open->{headers}{location}", "$execution /api/v1/playbook_executions?id=eq.$execution",
    'an open execution: its id and its place');
cell('/playbooks/{id}/execute', 'POST', 422, $start, 'csm', { tenant_id => t(2) }, { 'Idempotency-Key' => 'key-1' });
is(ask('POST', $start, 'bob', { tenant_id => t(4) }, { 'Idempotency-Key' => 'key-1' })->{status}, 202, 'keys are each author\'s own');
cell('/playbooks/{id}/execute', 'POST', 400, $start, 'csm', $_) foreach {}, { tenant_id => 'x' }, { tenant_id => 5 }, { tenant => t(1) },
  [], \'{', \'', { tenant_id => t(2), idempotency_key => 'x' x 201 }, { tenant_id => t(2), idempotency_key => "x\ny" };
cell('/playbooks/{id}/execute', 'POST', 400, 'playbooks/17/execute', 'csm', { tenant_id => t(2) });
cell('/playbooks/{id}/execute', 'POST', 404, "playbooks/$_->[0]/execute", 'csm', { tenant_id => $_->[1] })
  foreach [ $nobody, t(1) ], [ $playbook, $nobody ], [ $playbook, t(5) ];
sql_cell('PT404', 'cs_health_csm', qq(select cs_health_v1.start_playbook('$nobody', '{"tenant_id": "${\t(2)}"}')), [ '/playbooks/{id}/execute', 'POST', 404 ]);
sql_cell('22023', 'cs_health_csm', qq(select cs_health_v1.start_playbook('$playbook', '{}')), [ '/playbooks/{id}/execute', 'POST', 400 ]);
sql_cell('PGRST', 'cs_health_csm', qq(select cs_health_v1.start_playbook('$playbook', '{"tenant_id": "${\t(1)}"}')), [ '/playbooks/{id}/execute', 'POST', 409 ]);
sql_cell('PT422', 'cs_health_csm', qq(select cs_health_v1.start_playbook('$playbook', '{"tenant_id": "${\t(2)}", "idempotency_key": "key-1"}')),
    [ '/playbooks/{id}/execute', 'POST', 422 ]);

# Twenty at once with one key start one
my @raced = map { my $pid = open(my $out, '-|') // die "fork: $!"; $pid || race(); $out } 1 .. 20;
my %answers = map { my $out = $_; local $/; (<$out> => 1) } @raced;
is(scalar(keys %answers), 1, 'twenty at once with one key get one answer') or diag(join "\n", keys %answers);
like((keys %answers)[0], qr/^202 .*execution_id/, 'that it is started');
is($node->safe_psql('company', "select count(*) from cs_health.playbook_execution where tenant_id = '${\t(3)}'"), 1, 'once');
like(raw("HEAD /api/v1/health-scores HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $token{csm}\r\nConnection: close\r\n\r\n"),
    qr{^HTTP/1\.1 200 .*\r\n\r\n\z}s, 'HEAD has no body');

# The generic part: filters, order, pages, counts, embedding; every view and function, and nothing else
is_deeply(names('health-scores?select=tenant_name&category=eq.at_risk&order=overall_score', 'all'),
    [ '<img src=x onerror=alert(1)>', 'Birch & Sons' ], 'filtered and sorted');
is_deeply(names('health-scores?select=tenant_name&or=(overall_score.gt.80,and(segment.eq.mid,arr.gte.48000))&order=tenant_name.desc', 'all'),
    [ 'Delta', 'Acme' ], 'with or and and');
is_deeply(names('health-scores?select=tenant_name&tenant_name=in.(%22Acme%22,%22Birch%20%26%20Sons%22)&order=tenant_name', 'all'),
    [ 'Acme', 'Birch & Sons' ], 'with in');
is_deeply(names('health-scores?select=tenant_name&tenant_name=ilike.*CH*&order=tenant_name&limit=1&offset=1', 'all'), ['Echo'], 'a page');
my $page = ask('GET', 'health-scores?order=overall_score&select=overall_score', 'all', undef, { Range => '0-1', Prefer => 'count=exact' });
is("$page->{status} $page->{headers}{'content-range'} " . $json->encode($page->{json}),
    '206 0-1/5 [{"overall_score":31},{"overall_score":45}]', 'a range, and how many there are');
$page = ask('GET', 'health-scores?limit=2&offset=7', 'all', undef, { Prefer => 'count=exact' });
is($page->{status}, 416, 'past the end');
my $many = join ',', map { t($_) } 1 .. 400;
is(@{ names("tenants?select=tenant_name:name&id=in.($many)", 'csm') }, 3, 'many at once');
is(ask('GET', 'tenants?name=eq.' . '%22%28' x 2500, 'csm')->{status}, 200, 'and the longest of names');
foreach my $count ('planned', 'estimated', 'planned, count=planned')
{
    $page = ask('GET', 'tenants?csm=neq.ana@example.com&limit=1', 'csm', undef, { Prefer => "count=$count" });
    is($page->{headers}{'content-range'}, '*/0', "count=$count counts nobody else's");
}
is_deeply(ask('GET', 'expansion-signals?select=ratio:signal_details->usage_ratio,status::text&limit=1&order=id', 'all')->{json}[0]{ratio}, 0.87,
    'into a document');
is(@{ names('health-scores?select=tenant_name', 'csm') }, 3, 'Ana sees three');
is(@{ names('health-scores?select=tenant_name', 'bob') }, 2, 'Bob two');
is(@{ names('health-scores?select=tenant_name', 'all') }, 5, 'Eva all');
my $embedded = ask('GET', 'health-scores?select=tenant_name,expansion_signals(signal_type),churn_predictions(risk_level),tasks(title)'
      . '&expansion_signals.signal_type=eq.usage_limit&tenant_name=eq.Acme', 'csm');
is($json->encode($embedded->{json}), '[{"churn_predictions":{"risk_level":"low"},"expansion_signals":[{"signal_type":"usage_limit"}],'
      . '"tasks":[],"tenant_name":"Acme"}]', 'what belongs to a customer, embedded') or diag($embedded->{content});
$embedded = ask('GET', 'playbook_executions?select=tenant_name,playbook_steps(step_no,channel)&tenant_name=eq.Acme', 'csm');
is($json->encode($embedded->{json}), '[{"playbook_steps":[{"channel":"call","step_no":1}],"tenant_name":"Acme"}]', 'by its key');
is(@{ names('health-scores?select=tenant_name,expansion_signals!inner(id)', 'csm') }, 1, 'only those that have one');
my $history = ask('GET', 'health-scores/' . t(1) . '/history?select=as_of,overall_score&from=2026-02-28&limit=1', 'csm');
is($history->{content} =~ s/\s//gr, '[{"as_of":"2026-03-01","overall_score":84}]', 'a history by days, as many as wanted');
foreach my $query ("tenant=${\t(4)}", "tenant=eq.${\t(4)}", "%74enant=${\t(4)}", "tenant=${\t(4)}&%74enant=eq.${\t(5)}", "select=*&tenant=${\t(4)}", "columns=tenant")
{
    my $answer = ask('GET', 'health-scores/' . t(1) . "/history?$query", 'all');
    ok($answer->{status} == 400 || $answer->{status} == 200 && !grep({ $_->{tenant_id} ne t(1) } @{ $answer->{json} }), "the customer of the path is the one: $query")
      or diag($answer->{content});
}
foreach my $query ("playbook_id=eq.$nobody", "playbook_id=neq.$playbook", "or=(playbook_id.neq.$playbook,id.not.is.null)")
{
    my $answer = ask('GET', "playbooks/$playbook/executions?$query", 'all');
    ok($answer->{status} == 200 && !grep({ $_->{playbook_id} ne $playbook } @{ $answer->{json} }), "as is the playbook: $query") or diag($answer->{content});
}
is(ask('GET', 'playbook_executions?limit=1', 'all', undef, { 'CS-Health-Playbook' => $nobody })->{status}, 200, 'a header that nginx sets cannot be sent');
my $ordered = ask('GET', "playbooks/$playbook/executions?select=tenant_name&status=eq.running&csm=eq.ana\@example.com&order=arr.desc", 'all');
is($ordered->{status} . $json->encode($ordered->{json}), '200[{"tenant_name":"<img src=x onerror=alert(1)>"},{"tenant_name":"Acme"}]', 'by what is not selected') or diag($ordered->{content});
is(ask('GET', 'health-scores/' . t(1) . "?tenant_id=eq.${\t(2)}", 'all')->{status}, 404, 'also of one score');
my @views = map { $_->[0] } rows($node, 'company', q{select relname from pg_class where relnamespace = 'cs_health_v1'::regnamespace and relkind = 'v' order by 1});
foreach my $view (@views)
{
    my $answer = ask('GET', "$view?limit=3", $view eq 'playbook_steps' ? 'all' : 'admin'); # what messages say is not for administrators
    is($answer->{status}, 200, "/$view") or diag($answer->{content});
}
foreach my $hidden (qw(tenant customer_health hash_secret outbox settings csm pg_authid), 'cs_health.tenant', 'pg_catalog.pg_authid')
{
    is(ask('GET', $hidden, 'admin', undef, $_)->{status}, 404, "$hidden is not there")
      foreach {}, { 'Accept-Profile' => 'cs_health' }, { 'Accept-Profile' => 'pg_catalog' };
}
is(ask('POST', "rpc/$_", 'admin', {})->{status}, 404, "function $_ is not there") foreach qw(version install forget_tenant pg_sleep pg_read_file);
is(ask('GET', '', 'csm')->{status}, 200, 'the list of paths');
my $listed = ask('GET', '', 'tenant')->{json};
ok($listed->{paths}{'/in_app_messages'} && !$listed->{paths}{'/health_scores'}, 'says what the token allows');
$listed = ask('GET', '', 'admin')->{json};
is_deeply([ grep { !$listed->{paths}{"/$_"} && $_ ne 'playbook_steps' } @views ], [], 'has all views');
is_deeply([ grep { !($listed->{definitions}{$_}{description} // '') } grep { $_ ne 'playbook_steps' } @views ], [], 'with what they are');
is_deeply([ map { my $view = $_; map { "$view.$_" } grep { !($listed->{definitions}{$view}{properties}{$_}{description} // '') } sort keys %{ $listed->{definitions}{$view}{properties} } }
      grep { $_ ne 'playbook_steps' } @views ], [], 'and each of their columns');
my @functions = map { $_->[0] } rows($node, 'company', q{select distinct p.proname from pg_proc as p where p.pronamespace = 'cs_health_v1'::regnamespace
    and p.proargtypes::oid[] && array(select c.reltype from pg_class as c where c.reltype <> 0) is false order by 1});
is_deeply([ grep { !($listed->{paths}{"/rpc/$_"}{post}{summary} // '') } @functions ], [], 'all functions, and what they do');
is($listed->{paths}{'/rpc/create_playbook'}{post}{description} =~ /\S/, 1, 'a comment beyond its first line describes');

# Hostile requests: none is 5xx, none adds a header
my @hostile = ("' or 1=1 --", '"', '\\', '%00', '%0d%0aX-Injected:%201', "\xc3\x28", '%c0%af', '%ff', '*', '((', 'eq.' x 50, '{}', '../../etc/passwd',
    '%2e%2e%2f', ';drop table cs_health.tenant', '${jndi:ldap://x}', '<script>alert(1)</script>', 'null', 'x' x 3000);
foreach my $value (@hostile)
{
    (my $encoded = $value) =~ s/([^\w.%~-])/sprintf '%%%02X', ord $1/ge;
    foreach my $path ("health-scores?tenant_id=eq.$encoded", "health-scores?select=$encoded", "health-scores?order=$encoded",
        "health-scores?or=($encoded)", "health-scores/$encoded", 'health-scores/' . t(1) . "/history?from=$encoded", "rpc/$encoded", "$encoded",
        "playbooks/$encoded/executions", "rpc/explain_prediction?tenant=$encoded", "tasks?$encoded=eq.1")
    {
        my $answer = ask('GET', $path, 'csm');
        my $what = substr($path, 0, 70);
        ok($answer->{status} < 500 && !exists $answer->{headers}{'x-injected'} && $answer->{reason} !~ /Injected/, "hostile $what") or diag("$answer->{status} $answer->{content}");
        ok(ref $answer->{json}, "JSON for $what") or diag("$answer->{status} $answer->{content}");
    }
}
foreach my $value ("x\r\nX-Injected: 1", "x\nX-Injected: 1", "\x{2028}x", "x\0")
{
    my $answer = ask('PUT', "expansion-signals/$signal", 'csm', { note => $value, status => $value });
    ok($answer->{status} == 400 && !exists $answer->{headers}{'x-injected'}, 'no line break of a value becomes a header');
    $answer = ask('POST', $start, 'csm', { tenant_id => t(2), idempotency_key => $value });
    ok($answer->{status} == 400 && !exists $answer->{headers}{'x-injected'}, 'nor that of a key');
}
like(raw("GET /api/v1/health-scores HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $token{csm}\r\nX: a\rX-Injected: 1\r\nConnection: close\r\n\r\n"),
    qr{^HTTP/1\.1 (200|400) }, 'a carriage return in a header');
foreach my $case ([ 'GET /' . 'x' x 70000 . " HTTP/1.1\r\nHost: x\r\n\r\n", 414 ], [ "GET / HTTP/1.1\r\nHost: x\r\nX: " . 'x' x 70000 . "\r\n\r\n", 431 ],
    [ "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400 ], [ "rubbish\r\n\r\n", 400 ], [ "TRACE / HTTP/1.1\r\nHost: x\r\n\r\n", 405 ],
    [ "POST /api/v1/playbooks HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400 ],
    [ "POST /api/v1/playbooks HTTP/1.1\r\nHost: x\r\nContent-Length: 99999\r\n\r\n", 413 ],
    [ "POST /api/v1/playbooks HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n11170\r\n" . 'x' x 70000 . "\r\n0\r\n\r\n", 413 ])
{
    my $answer = raw($case->[0]);
    like($answer, qr{^HTTP/1\.1 $case->[1] .*^Content-Type: application/json.*"code":"HTTP$case->[1]"}ms, "refused: " . substr($case->[0], 0, 40) =~ s/\s+/ /gr);
}
my $begun = time;
my $slow = raw("POST /api/v1/playbooks HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{");
cmp_ok(time - $begun, '<', 20, 'a slow body is not waited for');
is(scalar(() = glob "$rest/client_body/*"), 0, 'and no body was in a file');

foreach my $name (qw(Prefer Range Accept Accept-Language Idempotency-Key Authorization Cookie X-Anything))
{
    my $answer = raw("GET /api/v1/health-scores?limit=1 HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $token{csm}\r\n$name: \xff\xfe\r\nConnection: close\r\n\r\n");
    like($answer, $name =~ /[xX]|Cookie|Authorization/ ? qr{^HTTP/1\.1 (200|400) .*json}s : qr{^HTTP/1\.1 400 .*"code":"HTTP400"}s, "$name that is no text");
}

# The dashboard
my $index = $http->get("$url/");
is($index->{status}, 200, 'the dashboard');
my %header = (
    'content-security-policy' => "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    'x-content-type-options' => 'nosniff', 'referrer-policy' => 'no-referrer', 'cross-origin-opener-policy' => 'same-origin');
foreach my $path ('/', '/app.js', '/style.css', '/icon.svg', '/no-such-file', '/api/v1/health-scores', '/api/v1/nothing/at/all')
{
    my $answer = $http->get("$url$path");

    is($answer->{headers}{$_}, $header{$_}, "$path: $_") foreach sort keys %header;
    is($answer->{headers}{'cache-control'}, $path =~ m{^/api} ? 'no-store' : 'no-cache', "$path: caching");
    is($answer->{headers}{server}, 'nginx', "$path: no version");
}
is($index->{headers}{'content-type'}, 'text/html; charset=utf-8', 'HTML');
is($http->get("$url/app.js")->{headers}{'content-type'}, 'text/javascript; charset=utf-8', 'JavaScript');
is($http->get("$url/app.js", { headers => { 'If-None-Match' => $http->get("$url/app.js")->{headers}{etag} } })->{status}, 304, 'revalidated');
is($http->get("$url/style.css", { headers => { 'Accept-Encoding' => 'gzip' } })->{headers}{'content-encoding'}, 'gzip', 'packed');
is($http->request('POST', "$url/")->{status}, 405, 'nothing is posted to it');
foreach my $path ('/../rest/nginx.conf', '/%2e%2e/rest/nginx.conf', '/vendor/..%2f..%2frest/nginx.conf', '/..%5crest/nginx.conf', '/.git/config', '/.%67it/config',
    '//etc/passwd', '/api/v1/../../rest/nginx.conf', '/errors', '/api/v1/playbooks/new', '/api/v1/rpc/', '/api/v1/health-scores/', '/api/v2/tasks', '/api', '/api/v1')
{
    my $answer = raw("GET $path HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    like($answer, qr{^HTTP/1\.1 (400|404) .*"code":"HTTP(400|404)"}s, "nothing at $path");
}

# A new view, as an upgrade brings it: install() has PostgREST read the schema again
is(ask('GET', 'new_view', 'admin')->{status}, 404, 'a view that is not there yet');
$node->safe_psql('company', 'create view cs_health_v1.new_view with (security_invoker = true) as select 1 as n;
    grant select on cs_health_v1.new_view to cs_health_admin; call cs_health.install()');
my $tries = 0;
sleep 0.1 while ask('GET', 'new_view', 'admin')->{status} == 404 && $tries++ < 100;
is(ask('GET', 'new_view', 'admin')->{content}, '[{"n":1}]', 'is there after install()');
$node->safe_psql('company', 'drop view cs_health_v1.new_view');

# Without PostgREST
chomp(my $pid = slurp_file("$rest/server.pid"));
kill 'TERM', $pid;
sleep 0.1 while kill 0, $pid;
foreach my $path ('health-scores', 'health-scores/' . t(1), 'rpc/churn_model_card', '')
{
    my $answer = ask('GET', $path, 'csm');
    is("$answer->{status} $answer->{json}{code}", '502 HTTP502', "/$path without PostgREST");
}
is($http->get("$url/")->{status}, 200, 'the dashboard is there all the same');

system("$root/tools/rest.sh", 'stop');
# doc/rest.md, request by request
chomp($url = `$root/tools/rest.sh start manual`);
my $page_text = slurp_file("$root/doc/rest.md");
my $replayed = 0;
while ($page_text =~ /^```http\n((?:GET|POST|PUT) .*?)^```\n+```http\n(\d+) [^\n]*\n(.*?)^```/msg)
{
    my ($request, $status, $rest_of) = ($1, $2, $3);
    my ($head, $body) = split /\n\n/, $request, 2;
    my ($line, @headers) = split /\n/, $head;
    my ($verb, $target) = split / /, $line;
    my ($wanted_head, $wanted) = $rest_of =~ /^(.*?)(?:^|\n)\n?(?=[\[{])(.*)/s ? ($1, $2) : ($rest_of, '');
    my %given = map { /^([\w-]+): (.*)/ } @headers;
    my ($who) = ($given{Authorization} // '') =~ /Bearer <(\w+)>/;

    delete $given{Authorization};
    my $answer = ask($verb, $target =~ s{^/api/v1/}{}r, $who, $body ? \($body) : undef, \%given);
    is($answer->{status}, $status, "doc/rest.md: $verb $target") or diag($answer->{content});
    while ($wanted_head =~ /^([\w-]+): (.*)$/mg)
    {
        my ($name, $value) = (lc $1, $2);
        (my $pattern = quotemeta $value) =~ s/\Q\\\E?…|(?:\\\xe2\\\x80\\\xa6)/.*/g;
        like($answer->{headers}{$name} // '', qr/^$pattern$/, "doc/rest.md: $name");
    }
    same($answer->{json}, JSON::PP->new->utf8->decode($wanted), "doc/rest.md: body of $verb $target") if $wanted =~ /\S/;
    $replayed++;
}
cmp_ok($replayed, '>=', 12, 'doc/rest.md has a request and an answer for each path');
foreach my $path (@paths[ 0 .. 8 ])
{
    (my $pattern = quotemeta $path->[0]) =~ s/\\\{\w+\\\}/[^\/ ]+/g;
    like($page_text, qr{^[A-Z]+ /api/v1$pattern( |\?|$)}m, "doc/rest.md shows $path->[0]");
}

# doc/rest-matrix.md
my $matrix = '';
foreach my $path (@paths)
{
    foreach my $verb (qw(GET HEAD POST PUT PATCH DELETE OPTIONS))
    {
        foreach my $status (sort { $a <=> $b } keys %{ $cell{ $path->[0] }{$verb} })
        {
            my $cell = $cell{ $path->[0] }{$verb}{$status};
            ok($cell->{http} || $cell->{sql}, "$verb $path->[0] $status is proven");
            $matrix .= sprintf "| `%s` | %s | %d | %s | %s |\n", $path->[0], $verb, $status, join(', ', sort keys %{ $cell->{http} }) || '-',
              join(', ', sort keys %{ $cell->{sql} }) || '-';
        }
    }
}
my $shown = join '', slurp_file("$root/doc/rest-matrix.md") =~ /^(\| `.*\n)/mg;
is($matrix, $shown, 'doc/rest-matrix.md is what was seen');

done_testing();

sub t
{
    return sprintf '00000000-0000-4000-8000-%012d', shift;
}

sub token
{
    my ($role, @claims) = @_;

    open my $out, '-|', "$root/tools/rest.sh", 'token', $role, @claims or die "rest.sh: $!";
    chomp(my $token = <$out>);
    return $token;
}

# A request as somebody of %token; the body is encoded unless it is a reference to text
sub ask
{
    my ($verb, $path, $who, $body, $headers) = @_;
    my %headers = (%{ $headers // {} }, $who ? (Authorization => "Bearer $token{$who}") : ());
    my %options = (headers => \%headers);

    if (defined $body)
    {
        $options{content} = ref $body eq 'SCALAR' ? $$body : $json->encode($body);
        utf8::encode($options{content}) if utf8::is_utf8($options{content});
        $headers{'Content-Type'} //= 'application/json';
    }
    my $answer = $http->request($verb, "$url/api/v1/$path", \%options);
    $answer->{json} = eval { JSON::PP->new->utf8->allow_nonref->decode($answer->{content}) };
    return $answer;
}

# Asks, and notes who answered with the status
sub cell
{
    my ($name, $verb, $status, $path, $who, $body, $headers) = @_;
    my $answer = ask($verb, $path, $who, $body, $headers);
    my $code = ref $answer->{json} eq 'HASH' ? $answer->{json}{code} // '' : '';
    my $by = $code =~ /^HTTP/ ? 'nginx' : 'PostgREST';

    is($answer->{status}, $status, substr "$verb /$path as " . ($who // 'nobody') . ": $status", 0, 140) or diag($answer->{content});
    if ($verb eq 'HEAD')
    {
        $by = $answer->{headers}{'content-length'} && ($answer->{headers}{'content-type'} // '') =~ /json$/ && $status != 200 ? 'nginx' : 'PostgREST';
    }
    elsif ($status >= 400)
    {
        is(join(' ', sort keys %{ ref $answer->{json} eq 'HASH' ? $answer->{json} : {} }), 'code details hint message', 'as JSON') or diag($answer->{content});
    }
    $cell{$name}{$verb}{$status}{http}{$by} = 1;
    return $answer;
}

# What a function raises in SQL, for these cells
sub sql_cell
{
    my ($state, $role, $sql, @cells) = @_;
    my $claims = $json->encode(ref $cells[-1] eq 'HASH' ? pop @cells : { role => $role, email => 'ana@example.com' });
    my $error = '';

    $node->psql('company', qq(set role $role; set request.jwt.claims = '$claims'; $sql),
        stderr => \$error, extra_params => [ '-v', 'VERBOSITY=sqlstate', '-v', 'SHOW_CONTEXT=never' ]);
    like($error, qr/ERROR:\s+$state/, "$state in SQL: " . substr $sql, 0, 90);
    $cell{ $_->[0] }{ $_->[1] }{ $_->[2] }{sql}{$state} = 1 foreach @cells;
    return;
}

sub names
{
    my ($path, $who) = @_;
    my $answer = ask('GET', $path, $who);

    return [ map { $_->{tenant_name} } @{ ref $answer->{json} eq 'ARRAY' ? $answer->{json} : [] } ];
}

sub race
{
    my $answer = ask('POST', "playbooks/$playbook/execute", 'csm', { tenant_id => t(3) }, { 'Idempotency-Key' => 'race' });

    print "$answer->{status} $answer->{content}";
    close STDOUT;
    require POSIX;
    POSIX::_exit(0);
}

# What comes back for these bytes
sub raw
{
    my ($bytes) = @_;
    my ($port) = $url =~ /:(\d+)$/;
    my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1:$port", Timeout => 30) or die "connect: $@";
    my $answer = '';

    local $SIG{PIPE} = 'IGNORE';
    $socket->autoflush(1);
    print $socket $bytes;
    my $until = time + 20;
    while (time < $until)
    {
        my $ready = '';
        vec($ready, fileno($socket), 1) = 1;
        select($ready, undef, undef, 1) or next;
        sysread($socket, $answer, 65536, length $answer) or last;
        last if $answer =~ /\r\n\r\n.+\}$/s;
    }
    return $answer;
}

# JSON as in the page, where "…" stands for anything
sub same
{
    my ($got, $wanted, $what) = @_;

    is($json->encode(fill($got, $wanted)), $json->encode($wanted), $what);
    return;
}

sub fill
{
    my ($got, $wanted) = @_;

    return $wanted if defined $got && !ref $wanted && defined $wanted && $wanted eq "\x{2026}";
    return { map { $_ => fill($got->{$_}, $wanted->{$_}) } keys %$got } if ref $got eq 'HASH' && ref $wanted eq 'HASH';
    return [ map { fill($got->[$_], $wanted->[$_]) } 0 .. $#$got ] if ref $got eq 'ARRAY' && ref $wanted eq 'ARRAY';
    return $got;
}
