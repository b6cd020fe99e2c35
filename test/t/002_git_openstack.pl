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
foreach my $pair (
    [ mau => 'mau30' ], [ mau_previous => 'prev_mau30' ], [ avg_dau => 'avg_dau30' ], [ qau => 'qau90' ],
    [ active_days_90 => 'active_days90' ], [ events_90 => 'events90' ], [ users_ever => 'users_ever' ])
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

# What `b2b` would have made of the same days; who was silent for the last 180 days of the data has left
$node->safe_psql('postgres', q{
    update cs_health.tenant as t set status = 'churned', churned_on = l.day
    from (select p.tenant_id, max(p.as_of - p.recency_days) as day from panel as p group by p.tenant_id) as l
    where t.external_id = l.tenant_id::text and l.day < date '2026-07-31' - 180});
my %preview = map { ("$_->[0] $_->[1]" => [ $_->[2] // '-', $_->[3] // '-' ]) } rows($node, 'postgres', q{
    select section, item, before, after
    from cs_health.scorecard_preview(cs_health.scorecard_document('b2b'), '2012-06-30', '2026-06-30', 180)});
note(sprintf '%-35s %10s -> %s', $_, @{ $preview{$_} }) foreach sort keys %preview;
my ($panel_auc) = @{ (rows($node, 'postgres', q{
    select k.auc from (
        select array_agg(s.score) as scores, array_agg(s.left) as left, array_agg(s.stayed) as stayed
        from (
            select cs_health._overall(c.measures, cs_health.scorecard_document('b2b')) as score,
                count(*) filter (where churn = 1) as left, count(*) filter (where churn = 0) as stayed
            from compared as c group by 1
        ) as s
    ) as a cross join lateral cs_health._ranking_quality(a.scores, a.left, a.stayed) as k}))[0] };
note(sprintf 'AUC of 100 - score under b2b on the panel: %.3f', $panel_auc);
cmp_ok($panel_auc, '>=', 0.65, 'so does one under b2b');
foreach my $side (0, 1)
{
    my $days = 0;

    $days += $preview{"category $_"}[$side] foreach 'healthy', 'neutral', 'at_risk', 'critical', 'no data';
    is($days, $node->safe_psql('postgres', q{
            select count(*) from cs_health.customer_health where as_of between '2012-06-30' and '2026-06-30'}),
        'the preview has every stored day ' . ('before', 'after')[$side]);
}
# Most stored days are of companies silent for long, which the panel leaves out: there is less to tell apart
cmp_ok($preview{'churn auc'}[1], '>', 0.5, 'and its AUC is better than chance');

# From raw activity through our measures and training: what a churn model learns of the panel's labels, judged on later days
my ($said, $trouble) = ('', '');
$node->psql('postgres', q{
    call cs_health.train_churn_model(lead_days => 0, horizon_days => 180, labels => $$
        select t.id, p.as_of, p.churn = 1 from public.panel as p
        join cs_health.tenant as t on t.external_id = p.tenant_id::text$$);
    select cs_health.publish_model('churn-1')}, stdout => \$said, stderr => \$trouble);
note($trouble);
unlike($trouble, qr/ERROR|WARNING/, 'a model is trained');
is($said, 'churn-1', 'and published');
my ($model_auc) = @{ (rows($node, 'postgres', q{
    select document #>> '{metrics,auc}' from cs_health.churn_model where version = 'churn-1'}))[0] };
cmp_ok($model_auc, '>=', 0.76, 'its AUC on later days');
is($node->safe_psql('postgres', q{
    select round(cs_health.roc_auc(c.churn = 1, cs_health._churn_probability(c.measures, m.document))::numeric, 12)
        - round((m.document #> '{metrics,auc}')::numeric, 12)
    from compared as c, cs_health.churn_model as m
    where m.version = 'churn-1' and c.as_of >= (m.document #>> '{training,known_on}')::date group by m.document}) + 0, 0,
    'is what the published document gives');

done_testing();
