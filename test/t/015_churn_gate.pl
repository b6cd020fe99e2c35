# What a churn model must not get away with: labels without sense, a measure that knows the outcome, too little history;
# and what a crash or a second publisher must not do.
use strict;
use warnings;
use CsHealth;
use Test::More;

my $node = new_server('churn_gate', 'fsync = on');

install($node, 'postgres');
value('call cs_health.make_demo(tenants => 1000, days => 300)');
# A measure of one's own that looks ahead: almost always 1 where the customer leaves within 90 days
value(q{select cs_health.register_measure('offboarding', 'calls', 'Calls of the offboarding team', window_days => 30)});
value(q{
    insert into cs_health.measure_value (tenant_id, measure, as_of, value)
    select t.id, 'offboarding', current_date - d, case when t.churned_on <= current_date - d + 90
        and uuid_hash_extended(t.id, d) % 20 <> 0 then 1 else 0 end
    from cs_health.tenant as t cross join unnest(array[241, 211, 181, 151, 121, 91, 61]) as d});
foreach my $age (241, 211, 181, 151, 121, 91, 61, 1)
{
    value("call cs_health.replay(current_date - $age, current_date - $age)");
}

# Too little history
like(train('horizon_days => 90'), qr/insufficient history: \d+ churns to train on/, 'too little history is refused');
like(train('lead_days => 300'), qr/insufficient history: 0 churns to train on and 0 later ones/, 'so is none at all');
is(models(), 'prior-1 active', 'nothing has changed');

# A leak
unlike(train('horizon_days => 30'), qr/ERROR/, 'a model with a leak can be trained');
like(publish('churn-1'), qr/ERROR:.*measure "offboarding" alone predicts too well: AUC (0\.9|1\.0)/,
    'but is not published: the measure is named');
like(value(q{select value from cs_health.churn_model_card('churn-1') where section = 'each measure alone' limit 1}),
    qr/AUC (0\.9|1)/, 'and stands first on the card');
is(models(), 'churn-1 candidate, prior-1 active', 'the prior stays');

# Without it
my $honest = sprintf q{horizon_days => 30, features => '%s'}, value(q{select array_agg(code) from cs_health.measure
    where builtin and code not in ('days_to_renewal', 'arr', 'features_available')});
unlike(train($honest), qr/ERROR|WARNING/, 'without the measure the model has skill');
is(publish('churn-2'), 'churn-2', 'and is published');

# Labels without sense: the right ones, dealt out anew among the customers of each day
value(q{
    create table shuffled as
    with l as (
        select l.*, row_number() over (partition by l.as_of order by l.tenant_id) as nr,
            row_number() over (partition by l.as_of order by md5(l.tenant_id || 'shuffle')) as other
        from cs_health.churn_labels(30, 30) as l)
    select a.tenant_id, a.as_of, b.churned from l as a join l as b on b.as_of = a.as_of and b.other = a.nr});
like(train(q{horizon_days => 30, labels => 'select * from public.shuffled', version => 'shuffled'})
        . publish('shuffled'), qr/ERROR:.*(no better than|no measure tells)/, 'labels that were shuffled are refused');
is(value(q{select version from cs_health.churn_model where status = 'active'}), 'churn-2', 'the active model stays');

# Labels that are none
like(train(q{labels => 'select 1'}), qr/ERROR: +the labels cannot be read.*HINT: +The query must return \(tenant_id uuid/s,
    'a query of something else');
like(train(q{labels => 'select tenant_id, as_of, true from cs_health.customer_health', horizon_days => 30}),
    qr/ERROR: +every training row has left/, 'everybody left');
like(train(q{labels => 'select tenant_id, as_of, false from cs_health.customer_health'}),
    qr/insufficient history: 0 churns/, 'nobody left');
like(train(q{labels => 'select tenant_id, as_of, true from cs_health.churn_labels(30, 30) union all
    select tenant_id, as_of, false from cs_health.churn_labels(30, 30)'}), qr/more than once.*HINT/s,
    'two labels of one day');
like(train(q{labels => 'select tenant_id, as_of - 1, true from cs_health.churn_labels(30, 30) limit 7'}),
    qr/NOTICE: +7 labels, 0 of them null and 7 of days without a score/, 'what has no stored vector is said');
like(train(q{features => '{nonsense}'}), qr/ERROR: +unknown measures: "nonsense".*HINT/s, 'an unknown measure');
like(train(q{features => '{}'}), qr/ERROR: +features must name at least one measure/, 'no measure');
like(train($_), qr/ERROR: .*HINT: /s, "refused: $_")
  foreach 'lead_days => -1', 'lead_days => null', 'horizon_days => 0', 'horizon_days => 731', q{l2 => -1},
  q{l2 => 'NaN'}, q{version => 'prior-1'}, q{version => 'No Good'};

# A server that dies in the midst of training
my $before = models();
my $lock = begin_psql($node, 'postgres', 'lock', 'begin', 'lock table cs_health.churn_model in exclusive mode',
    'select pg_sleep(60)');
$node->poll_query_until('postgres', q{select exists (select from pg_locks where mode = 'ExclusiveLock' and granted
    and relation = 'cs_health.churn_model'::regclass)}) or die 'no lock';
my $training = begin_psql($node, 'postgres', 'training', "call cs_health.train_churn_model($honest)");
$node->poll_query_until('postgres', q{select exists (select from pg_stat_activity
    where application_name = 'training' and wait_event = 'relation')}) or die 'training does not wait';
$node->kill9;
$_->finish foreach $training, $lock;
for (1 .. 100)
{
    last if $node->start(fail_ok => 1);
    select undef, undef, undef, 0.1;
    $node->stop('fast', fail_ok => 1);
}
is(models(), $before, 'the models are as they were before the crash');
unlike(train("$honest, version => 'after'"), qr/ERROR/, 'training works again');
is(publish('after'), 'after', 'publishing too');

# Two publishers at once
my $first = begin_psql($node, 'postgres', 'first', 'begin', q{select cs_health.publish_model('churn-2')},
    'select pg_sleep(2)', 'commit');
$node->poll_query_until('postgres', q{select exists (select from pg_stat_activity
    where application_name = 'first' and wait_event = 'PgSleep')}) or die 'the first does not sleep';
my $second = begin_psql($node, 'postgres', 'second', q{select cs_health.publish_model('prior-1')});
ok($first->finish, 'the first of two publishers');
ok($second->finish, 'the second, who waited') or diag $second->err;
is(value(q{select string_agg(version, ', ') from cs_health.churn_model where status = 'active'}), 'prior-1',
    'one model is active');

done_testing();

sub value
{
    return $node->safe_psql('postgres', $_[0]);
}

# What psql says, errors and all
sub said
{
    my ($out, $err) = ('', '');

    $node->psql('postgres', $_[0], stdout => \$out, stderr => \$err);
    return $out . $err;
}

sub train
{
    return said("call cs_health.train_churn_model($_[0])");
}

sub publish
{
    return said("select cs_health.publish_model('$_[0]')");
}

sub models
{
    return value(q{select string_agg(version || ' ' || status, ', ' order by version) from cs_health.churn_model});
}
