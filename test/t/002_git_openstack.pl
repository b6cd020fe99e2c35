# Fifteen years of 203 real organisations: does the score fall before they leave?
use strict;
use warnings;
use CsHealth;
use Test::More;

my $data = data_set('git_openstack');
my $node = new_server('git_openstack');
install($node, 'postgres');

psql_in($data, $node, 'postgres', doc_sql('bring-your-own-data', 'From CSV files'));
is($node->safe_psql('postgres', 'select count(*) from cs_health.tenant'), 203, 'organisations');
is($node->safe_psql('postgres', 'select count(*) from cs_health.event'), 40607, 'rows of activity');

psql_in($data, $node, 'postgres', q{
    create table panel (
        tenant_id integer, as_of date, mau30 integer, prev_mau30 integer, qau90 integer, prev_qau90 integer,
        avg_dau30 double precision, active_days90 integer, events90 integer, prev_events90 integer, features90 integer,
        recency_days integer, tenure_days integer, users_ever integer, dau_mau double precision, churn integer);
    \copy panel from 'panel.csv' csv header
    create view compared as
    select p.*, h.overall_score, h.engagement_score, h.adoption_score, h.growth_score, h.coverage, h.measures
    from panel as p
    join cs_health.tenant as t on t.external_id = p.tenant_id::text
    left join cs_health.customer_health as h on h.tenant_id = t.id and h.as_of = p.as_of;
    create function vector(measures real[], code text) returns real language sql stable
    return measures[(select m.position from cs_health.measure as m where m.code = vector.code)];});
my @days = map { $_->[0] } rows($node, 'postgres', 'select distinct as_of from panel order by as_of');
is(scalar @days, 57, 'snapshots');
$node->safe_psql('postgres', join '', map { "call cs_health.replay('$_', '$_');" } @days);

is($node->safe_psql('postgres', 'select count(*) from compared'), 2484, 'rows of the panel');
is($node->safe_psql('postgres', 'select count(*) from compared where overall_score is null'), 0,
    'none of them without a score');
foreach my $pair ([ mau => 'mau30' ], [ mau_previous => 'prev_mau30' ], [ avg_dau => 'avg_dau30' ])
{
    my ($measure, $column) = @$pair;

    is($node->safe_psql('postgres', qq{
        select string_agg(format('%s on %s: %s, not %s', tenant_id, as_of, vector(measures, '$measure'), $column), '; ')
        from compared where vector(measures, '$measure') is distinct from $column\::real}), '',
        "$measure is the panel's $column");
}
is($node->safe_psql('postgres', q{
    select count(*) from compared where case when mau30 > 0 then abs(vector(measures, 'stickiness') - dau_mau) > 1e-6
        else vector(measures, 'stickiness') is not null end}), 0, 'stickiness is the panel\'s dau_mau');

# The share of pairs of one that left and one that stayed where the first had the lower score; ties count half
my ($auc, $churned, $stayed) = @{ (rows($node, 'postgres', q{
    with ranked as (
        select churn,
            rank() over (order by 100 - overall_score) + (count(*) over (partition by overall_score) - 1) / 2.0 as rank
        from compared where overall_score is not null
    ), counted as (
        select sum(rank) filter (where churn = 1) as ranks, count(*) filter (where churn = 1) as churned,
            count(*) filter (where churn = 0) as stayed
        from ranked
    )
    select (ranks - churned * (churned + 1) / 2.0) / (churned * stayed), churned, stayed from counted}))[0] };
note(sprintf 'AUC of 100 - score on git_openstack: %.3f (n = %d, churned = %d)', $auc, $churned + $stayed, $churned);
cmp_ok($auc, '>=', 0.65, 'a low score tells who leaves');

done_testing();
