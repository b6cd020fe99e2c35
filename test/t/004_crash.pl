# Backends killed in the middle of a run and of a fold: nothing is lost, nothing counts twice, and the rest gets done.
use strict;
use warnings;
use CsHealth;
use Test::More;
use Time::HiRes qw(sleep time);

my $columns = join ', ', qw(
  tenant_id as_of overall_score engagement_score adoption_score satisfaction_score support_score growth_score
  provisional category trend scorecard_id coverage churn_probability measures history);
my $node = new_server('crash', 'fsync = on', 'restart_after_crash = on', 'recovery_init_sync_method = syncfs');

install($node, 'killed');
$node->safe_psql('killed', q{
    update cs_health.settings set batch_tenants = 3;
    insert into cs_health.plan (code, name) values ('base', 'Base');
    insert into cs_health.feature (code, name) select 'f' || n, 'Feature ' || n from generate_series(1, 5) as n;
    insert into cs_health.plan_feature (plan_code, feature) select 'base', code from cs_health.feature;
    insert into cs_health.tenant (id, name, plan_code)
    select md5('tenant ' || n)::uuid, 'tenant ' || n, 'base' from generate_series(1, 400) as n;
    insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature, minutes)
    select md5('tenant ' || 1 + n % 400)::uuid, 'user ' || n % 7, current_date - n % 61 - interval '1 hour',
        case n % 3 when 0 then 'login' else 'feature' end, case when n % 3 > 0 then 'f' || 1 + n % 5 end, n % 4
    from generate_series(1, 60000) as n;
    insert into cs_health.ticket (tenant_id, id, opened_at)
    select md5('tenant ' || n)::uuid, 'ticket ' || n, current_date - n % 50 - interval '1 day'
    from generate_series(1, 400, 4) as n;
    insert into cs_health.feedback (tenant_id, kind, score, answered_at)
    select md5('tenant ' || n)::uuid, 'nps', n % 11, current_date - n % 70 - interval '1 day'
    from generate_series(1, 400, 3) as n;
    -- one scored day in the past makes run_due() do all that follow
    call cs_health.recalculate(current_date - 45);
    insert into cs_health.event (tenant_id, user_id, occurred_at, kind)
    select md5('tenant ' || 1 + n % 400)::uuid, 'user ' || n % 9, current_date - n % 40 - interval '2 hours', 'login'
    from generate_series(1, 30000) as n;});
$node->safe_psql('postgres', 'create database undisturbed template killed');
$node->safe_psql('undisturbed', 'call cs_health.run_due()');
my $last_day = $node->safe_psql('undisturbed', 'select max(as_of) from cs_health.run where finished_at is not null');

srand(4);
my ($hits, $halfway) = kill_calls('call cs_health.run_due()', 30, 0.15);
is($hits, 30, 'kills that hit a running run_due()');
cmp_ok($halfway, '>=', 20, 'kills that left a day half done');
$node->safe_psql('killed', 'call cs_health.run_due()');
is($node->safe_psql('killed', 'select count(*) from cs_health.run where finished_at is null'), 0,
    'no run is unfinished');
is($node->safe_psql('killed', 'select count(*) from cs_health.run_batch'), 0, 'no batch is left');
is($node->safe_psql('killed', 'select count(*) from cs_health.event'), 0, 'no event is left');
is($node->safe_psql('killed', "select count(*) from cs_health.run where as_of <= '$last_day' and done = total"), 45,
    'every day is done');

my $scored = "select $columns from cs_health.customer_health where as_of <= '$last_day'";
is($node->safe_psql('undisturbed', 'select count(*) from cs_health.customer_health'), 45 * 400,
    'rows of the undisturbed run');
is(digest($node, 'killed', $scored), digest($node, 'undisturbed', $scored), 'all rows are those of an undisturbed run');
my $activity = 'select * from cs_health.activity';
is(digest($node, 'killed', $activity), digest($node, 'undisturbed', $activity), 'so is all activity');

my $stored = "select tableoid, ctid, xmin, * from cs_health.customer_health where as_of <= '$last_day'";
my $before = digest($node, 'killed', $stored);
$node->safe_psql('killed', "call cs_health.run_due(); call cs_health.recalculate('$last_day');");
is(digest($node, 'killed', $stored), $before, 'running again touches no row');

my $counted = q{
    select coalesce(sum((s.stats).events), 0) from cs_health.activity as a
    cross join lateral (select cs_health.presence_stats(a.pack, current_date) as stats) as s};
my $fed = 0;
my $fold_hits = 0;
my $until = time + 180;
my $known = $node->safe_psql('killed', $counted);
while ($fold_hits < 10 && time < $until)
{
    $node->safe_psql('killed', q{
        insert into cs_health.event (tenant_id, user_id, occurred_at, kind, quantity)
        select md5('tenant ' || 1 + n % 400)::uuid, 'user ' || n % 40, now() - interval '1 minute', 'feature', 1 + n % 3
        from generate_series(1, 30000) as n});
    $fed += 60000;
    $fold_hits += (kill_calls('call cs_health.fold_events()', 1, 0.1))[0];
}
is($fold_hits, 10, 'kills that hit a running fold_events()');
$node->safe_psql('killed', 'call cs_health.fold_events()');
is($node->safe_psql('killed', $counted) - $known, $fed, 'every event counts once');

done_testing();

# Kills the backend of a CALL some moment within so many seconds of its start, again and again. What the CALL
# did not live to tell of its end is a hit; also returned: how many left some batches of a day done and others
# not.
sub kill_calls
{
    my ($call, $wanted, $longest) = @_;
    my ($hit, $half) = (0, 0);

    foreach (1 .. $wanted)
    {
        my $session = begin_psql($node, 'killed', 'victim', $call);
        my $pid = pid_of('victim') or last;

        sleep(rand $longest);
        kill 'KILL', $pid;
        last if $session->finish || $session->err !~ /connection/;
        $hit++;
        # a psql that is refused before it has read its statement ends psql() with a broken pipe
        sleep 0.02 until eval { $node->psql('killed', 'select 1') == 0 };
        $half++ if $node->safe_psql('killed', q{
            select count(*) filter (where done_at is not null) between 1 and count(*) - 1
            from cs_health.run_batch}) eq 't';
    }
    return ($hit, $half);
}

# The backend of a session that runs a statement
sub pid_of
{
    my ($name) = @_;

    foreach (1 .. 1000)
    {
        my $pid = $node->safe_psql('postgres',
            "select pid from pg_stat_activity where application_name = '$name' and state = 'active'");
        return $pid if $pid;
    }
    return;
}
