# What doc/overrides.md says works, and two colleagues who override the same customer at the same time.
use strict;
use warnings;
use CsHealth;
use Test::More;

my $node = new_server('overrides');

install($node, 'app');
$node->safe_psql('app', q{
    insert into cs_health.tenant (id, name) values (md5('acme')::uuid, 'Acme'), (md5('other')::uuid, 'Other');
    insert into cs_health.event (tenant_id, user_id, occurred_at, kind)
    select id, 'u', now() - interval '2 days', 'login' from cs_health.tenant;
    call cs_health.recalculate();});

my $set = doc_sql('overrides', 'Set and end');
$set =~ s/^SELECT cs_health\.end_override.*//ms;
like($node->safe_psql('app', $set), qr/^[0-9a-f-]{36}$/, 'the page sets an override');
is($node->safe_psql('app', doc_sql('overrides', 'See')) =~ s/\d{4}-\d\d-\d\d$/DAY/r,
    'Acme|' . $node->safe_psql('app', q{select overall_score || '|critical|' || computed_category || '|' || current_user
        from cs_health_v1.health_scores where tenant_name = 'Acme'}) . '|Their sponsor has left|DAY', 'sees it');
like($node->safe_psql('app', doc_sql('overrides', 'Set and end')), qr/\nt$/, 'and ends it');
like($node->safe_psql('app', doc_sql('overrides', 'Who was right')), qr/^Acme\|.*\n\w+\|2\|0\|0\|2$/s,
    'the record has both, and nobody was right yet');
like($node->safe_psql('app', doc_sql('overrides', 'Pulse')), qr/\nAcme\|2\|Nobody answers\|/, 'a pulse is recorded');

# The second waits for the first and is told, whether there was an override before or not
my $override = "select cs_health.override_health(md5('acme')::uuid, '%s', 'x', current_date)";
foreach my $before ('none', 'one')
{
    my $first = begin_psql($node, 'app', 'first', 'begin', sprintf($override, 'critical'),
        'select pg_sleep(3)', 'commit');

    ok($node->poll_query_until('app',
        q{select count(*) = 1 from pg_stat_activity where application_name = 'first' and wait_event = 'PgSleep'}),
        "with $before before, a colleague overrides first");
    my ($code, $out, $error) = $node->psql('app', sprintf($override, 'healthy'));
    like($error, qr/somebody else overrides tenant .* at the same time\nHINT:  Look at the override/,
        'the second is refused');
    ok($first->finish, 'the first is not disturbed');
    is($node->safe_psql('app', 'select category from cs_health.health_override where ended_at is null'), 'critical',
        'and lives');
    like($node->safe_psql('app', sprintf($override, 'healthy')), qr/^[0-9a-f-]{36}$/, 'called again it is set');
}

$node->stop;
done_testing();
