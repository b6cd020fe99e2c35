# A tenant whose users all stop sinks to critical and never rises on the way.
use strict;
use warnings;
use CsHealth;
use Test::More;

my $silent_days = 60;
my $last_day = 1;
my $first_day = $last_day + $silent_days;
my $node = new_server('silence');

install($node, 'postgres');
my $today = $node->safe_psql('postgres', 'select current_date');
# Eight users who come equally often: DAU / MAU by itself rises while occasional users leave its window before
# daily ones. `lively` goes on and keeps the feed alive.
$node->safe_psql('postgres', qq{
    insert into cs_health.plan (code, name) values ('base', 'Base');
    insert into cs_health.feature (code, name) select 'f' || n, 'Feature ' || n from generate_series(1, 5) as n;
    insert into cs_health.plan_feature (plan_code, feature) select 'base', code from cs_health.feature;
    insert into cs_health.tenant (external_id, name, plan_code, signed_up_at)
    select name, name, 'base', date '$today' - 400
    from unnest(array['lively', 'silent', 'silent content', 'silent bare']) as name;
    update cs_health.tenant set plan_code = null where name = 'silent bare';

    insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature)
    select t.id, 'user ' || u, day + interval '10 hours', 'feature', 'f' || 1 + (u + extract(doy from day)::integer) % 5
    from cs_health.tenant as t
    cross join generate_series(1, 8) as u
    cross join generate_series(date '$today' - $first_day - 70, date '$today' - $last_day, interval '1 day') as day
    where (extract(doy from day)::integer * 7 + u * 3) % 5 < 2
        and (t.name = 'lively' or day < date '$today' - $first_day);

    -- satisfied, and no open ticket, all the way
    insert into cs_health.ticket (tenant_id, id, opened_at, resolved_at)
    select id, 'T1', date '$today' - 300, date '$today' - 299 from cs_health.tenant;
    insert into cs_health.feedback (tenant_id, kind, score, user_id, answered_at)
    select t.id, 'nps', score, 'user ' || u, date '$today' - 90
    from cs_health.tenant as t
    cross join unnest(array[10, 10, 9, 9, 9, 9, 8]) with ordinality as a(score, u)
    where t.name = 'silent content';});
$node->safe_psql('postgres', "call cs_health.replay(date '$today' - $first_day - 5, date '$today' - $last_day)");

foreach my $name ('silent', 'silent content', 'silent bare')
{
    my @days = rows($node, 'postgres', qq{
        select h.as_of - (date '$today' - $first_day) as quiet_days, h.overall_score, h.category, h.trend,
            h.engagement_score, h.adoption_score, h.satisfaction_score, h.support_score, h.growth_score, h.coverage
        from cs_health.customer_health as h join cs_health.tenant as t on t.id = h.tenant_id
        where t.name = '$name' and h.as_of >= date '$today' - $first_day - 1
        order by h.as_of});
    my @scores = map { $_->[1] } @days;
    my @rises = grep { $scores[$_] > $scores[ $_ - 1 ] } 1 .. $#scores;
    my ($quiet, $score, $category, $trend, @components) = @{ $days[-1] };

    note("$name: @scores");
    is(scalar @days, $silent_days + 2, "$name: a score for every day");
    is(join(', ', map { "day $days[$_][0]: $scores[$_ - 1] to $scores[$_]" } @rises), '',
        "$name: no day is better than the one before");
    cmp_ok($scores[ 7 * ($_ - 1) ], '>=', $scores[ 7 * $_ ],
        "$name: week $_ is not better than the one before") for 1 .. 8;
    cmp_ok($scores[0], '>=', $scores[-1] + 20, "$name: it fell ($scores[0] to $scores[-1])");
    is($category, 'critical', "$name: critical in the end (score $score: @components)");
    ok((grep { $_->[3] eq 'declining' } @days), "$name: the trend said so");
    is(join(' ', @components[ 0, 1, 4 ]), $name eq 'silent bare' ? '0 50 0' : '0 0 0',
        "$name: engagement, adoption, growth are gone");
}
is($node->safe_psql('postgres', q{
    select min(h.overall_score) >= 40
    from cs_health.customer_health as h join cs_health.tenant as t on t.id = h.tenant_id
    where t.name = 'lively'}), 't', 'who goes on never becomes critical');

done_testing();
