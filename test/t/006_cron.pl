# pg_cron really calls us: events are folded every minute and days are scored, without anybody else doing it.
use strict;
use warnings;
use CsHealth;
use PostgreSQL::Test::Utils;
use Test::More;

my ($library) = run_command([ 'pg_config', '--pkglibdir' ]);
plan skip_all => 'pg_cron is not installed' unless -e "$library/pg_cron.so";

# pg_cron connects by libpq; a socket's folder will do as its host
my $node = new_server('cron', "shared_preload_libraries = 'pg_cron'", "cron.database_name = 'customers'");
$node->append_conf('postgresql.conf', "cron.host = '" . $node->host . "'");
$node->restart;
install($node, 'customers');

my $fold_job = 'cs_health fold_events: * * * * *: CALL cs_health.fold_events()';
my $playbook_job = 'cs_health run_playbooks: * * * * *: CALL cs_health.run_playbooks()';
my ($code, $out, $error) = $node->psql('customers', 'select cs_health.schedule()');
isnt($code, 0, 'without the extension pg_cron, schedule() refuses');
like($error, qr/HINT: .*CREATE EXTENSION pg_cron/, 'and says what to do');
is($node->safe_psql('customers', 'select cs_health.unschedule()'), 0, 'then there is nothing to unschedule');

$node->safe_psql('customers', q{
    create extension pg_cron;
    insert into cs_health.tenant (name) select 'tenant ' || n from generate_series(1, 20) as n;
    insert into cs_health.event (tenant_id, user_id, occurred_at, kind)
    select id, 'somebody', current_date - 2, 'login' from cs_health.tenant;
    select cs_health.schedule();});
is(jobs(), "$fold_job\ncs_health run_due: 0 3 * * *: CALL cs_health.run_due()\n$playbook_job",
    'three jobs, one call each');
like($node->safe_psql('customers', "select detail from cs_health.doctor() where item = 'schedule' and status = 'ok'"),
    qr/3 jobs/, 'doctor() sees them');

$node->safe_psql('customers', q{select cs_health.schedule('* * * * *')});
is(jobs(), "$fold_job\ncs_health run_due: * * * * *: CALL cs_health.run_due()\n$playbook_job",
    'calling it again changes the time and repeats nothing');

# Both begin within a minute
foreach my $job (qw(fold_events run_due run_playbooks))
{
    $node->poll_query_until('customers', qq{
        select exists (
            select from cron.job_run_details as d join cron.job as j on j.jobid = d.jobid
            where j.jobname = 'cs_health $job' and d.status = 'succeeded')});
    is($node->safe_psql('customers', qq{
        select string_agg(distinct d.status || ' ' || coalesce(d.return_message, ''), '; ')
        from cron.job_run_details as d join cron.job as j on j.jobid = d.jobid
        where j.jobname = 'cs_health $job' and d.status <> 'running'}), 'succeeded CALL', "$job ran by itself");
}
is($node->safe_psql('customers', 'select count(*) from cs_health.event'), 0, 'the inbox is empty');
is($node->safe_psql('customers', 'select count(*) from cs_health.activity'), 20, 'its events are folded');
is($node->safe_psql('customers', 'select count(*) from cs_health.run where finished_at is not null and done = 20'), 1,
    'a day is scored');
is($node->safe_psql('customers', 'select count(*) from cs_health.customer_health'), 20, 'for every tenant');

is($node->safe_psql('customers', 'select cs_health.unschedule()'), 3, 'unschedule() takes them away');
is(jobs(), '', 'no job is left');
is($node->safe_psql('customers', 'select cs_health.unschedule()'), 0, 'and there is no fourth');

done_testing();

sub jobs
{
    return $node->safe_psql('customers', q{
        select jobname || ': ' || schedule || ': ' || command
        from cron.job where database = current_database()
        order by jobname});
}
