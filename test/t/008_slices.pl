# Many sessions at once: slices share a day, runs do each day once, and folding loses and repeats no event while
# others insert.
use strict;
use warnings;
use CsHealth;
use Test::More;

my $columns = join ', ', qw(
  tenant_id as_of overall_score engagement_score adoption_score satisfaction_score support_score growth_score
  category trend scorecard_id coverage measures history);
my $node = new_server('slices');

install($node, 'alone');
$node->safe_psql('alone', q{
    update cs_health.settings set batch_tenants = 10;
    insert into cs_health.tenant (id, name) select md5('tenant ' || n)::uuid, 'tenant ' || n
    from generate_series(1, 1000) as n;
    insert into cs_health.event (tenant_id, user_id, occurred_at, kind)
    select md5('tenant ' || 1 + n % 1000)::uuid, 'user ' || n % 7, current_date - n % 61 - interval '1 hour', 'login'
    from generate_series(1, 40000) as n;
    call cs_health.recalculate(current_date - 10);});
$node->safe_psql('postgres', "create database $_ template alone") foreach qw(slices runs);

my $day = $node->safe_psql('alone', 'select current_date - 9');
$node->safe_psql('alone', "call cs_health.recalculate('$day')");
# Both wait for the same moment, so that neither is done before the other begins
my $moment = $node->safe_psql('slices', "select clock_timestamp() + interval '1 second'");
my $wait = "select pg_sleep(extract(epoch from timestamptz '$moment' - clock_timestamp()))";
together(map { [ 'slices', $wait, "call cs_health.recalculate('$day', $_, 2)" ] } 0, 1);
my $scored = "select $columns from cs_health.customer_health";
is(digest($node, 'slices', $scored), digest($node, 'alone', $scored),
    'two slices at once give the rows of one session');
is($node->safe_psql('slices',
    "select done = total and total = 1000 from cs_health.run where as_of = '$day' and finished_at is not null"),
    't', 'and count every tenant once');
my @shares = map { scalar(() = said($_) =~ /tenants scored/g) } 0, 1;
cmp_ok($shares[$_], '>', 0, "slice $_ worked (@shares batches)") foreach 0, 1;
is($shares[0] + $shares[1], 100, 'on a hundred batches together');

$node->safe_psql('alone', 'call cs_health.run_due()');
together(map { [ 'runs', 'call cs_health.run_due()' ] } 1 .. 4);
is(digest($node, 'runs', $scored), digest($node, 'alone', $scored), 'four run_due() at once give the rows of one');
is($node->safe_psql('runs', q{
    select count(*) from cs_health.run where finished_at is not null and done = total and total = 1000}), 10,
        'and do every day once');
is($node->safe_psql('runs', 'select count(*) from cs_health.run_batch'), 0, 'no batch is left');

# Six sessions insert, some of them taking back a part, two fold, two read what others lock
my $before = counted();
my $received = $node->safe_psql('alone', 'select sum(rows_received) from cs_health.feed_day');
my $insert = q{
    insert into cs_health.event (tenant_id, user_id, occurred_at, kind, quantity)
    select md5('tenant ' || 1 + (random() * 999)::integer)::uuid, 'user ' || n % 9, now() - interval '1 minute',
        'feature', 1 + n % 3
    from generate_series(1, 300) as n};
my $insert_and_take_back = "do 'begin
    begin " . ($insert =~ s/'/''/gr) . "; raise division_by_zero; exception when division_by_zero then null; end;
    " . ($insert =~ s/'/''/gr) . "; end'";
my $read = q{
    set lock_timeout = '10ms';
    select count(*) from cs_health.activity;
    select count(*) from cs_health.customer_health;
    select count(*) from cs_health_v1.health_scores};
together(
    (map { [ 'alone', ($insert) x 30 ] } 1 .. 3),
    (map { [ 'alone', ($insert_and_take_back) x 30 ] } 1 .. 3),
    (map { [ 'alone', ('call cs_health.fold_events()') x 15 ] } 1 .. 2),
    (map { [ 'alone', ($read) x 15 ] } 1 .. 2));
$node->safe_psql('alone', 'call cs_health.fold_events()');
is(counted() - $before, 6 * 30 * 600, 'every event that was inserted counts once');
is($node->safe_psql('alone', 'select count(*) from cs_health.event'), 0, 'none is left in the inbox');
is($node->safe_psql('alone', 'select count(*) from cs_health.event_rejected'), 0, 'none was rejected');
is($node->safe_psql('alone', 'select sum(rows_received) from cs_health.feed_day') - $received, 6 * 30 * 300,
    'the feed counts the rows');

# Events deleted by hand while they are folded: the fold takes itself back instead of counting what is gone
$node->safe_psql('alone', 'call cs_health.fold_events()');
$before = counted();
$node->safe_psql('alone', $insert);
my $hand = begin_psql($node, 'alone', 'hand', 'begin; delete from cs_health.event where quantity = 1; select pg_sleep(2); commit');
$node->poll_query_until('alone',
    "select exists (select from pg_stat_activity where application_name = 'hand' and wait_event = 'PgSleep')");
my ($code, $out, $err) = $node->psql('alone', 'call cs_health.fold_events()', on_error_stop => 1);
like($err, qr/events were changed while they were folded.*left event_\d\d.*call fold_events\(\) again/s,
    'a fold does not count events that somebody deletes meanwhile');
ok($hand->finish, 'who deletes them is not disturbed');
$node->safe_psql('alone', 'call cs_health.fold_events()');
is(counted() - $before, 500, 'the next fold counts what is left');

# Readers do not wait for a run that has the rows of a day in hand
my $writer = $node->background_psql('alone');
$writer->query_safe("begin; select cs_health.recalculate_tenant(md5('tenant 1')::uuid)");
$writer->query_safe(q{select count(cs_health._fold_partition(p, null)) from generate_series(0, 15) as p});
is($node->safe_psql('alone', q{set statement_timeout = '10s'; set lock_timeout = '1s';
    select count(*) from cs_health_v1.health_scores}), 1000, 'readers see all scores while a writer has not committed');
is($node->safe_psql('alone', q{set statement_timeout = '10s'; set lock_timeout = '1s';
    insert into cs_health.event (tenant_id, kind) values (md5('tenant 1')::uuid, 'login') returning 'in'}), 'in',
        'events go in meanwhile');
$writer->query_safe('commit');
$writer->quit;

done_testing();

# Runs [database, statements] each in a session of its own, all at once; everyone must succeed
sub together
{
    my @work = @_;
    my @sessions = map { begin_psql($node, $work[$_][0], "session_$_",
        @{ $work[$_] }[ 1 .. $#{ $work[$_] } ]) } 0 .. $#work;
    my @failed = grep { !$_->finish } @sessions;

    is(join("\n", map { $_->err } @failed), '', scalar(@work) . ' sessions at once succeed');
}

sub said
{
    my ($session) = @_;

    return PostgreSQL::Test::Utils::slurp_file($node->basedir . "/psql_session_$session.err");
}

sub counted
{
    return $node->safe_psql('alone', q{
        select coalesce(sum((s.stats).events), 0) from cs_health.activity as a
        cross join lateral (select cs_health.presence_stats(a.pack, current_date) as stats) as s});
}
