# Fifteen years of 203 real organisations as journeys: against plain SQL on the raw activity, and one of them drawn.
use strict;
use warnings;
use CsHealth;
use FindBin;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = data_set('git_openstack');
my $node = new_server('journey');
install($node, 'postgres');

psql_in($data, $node, 'postgres', doc_sql('bring-your-own-data', 'From CSV files'));
# Who was silent for the last 180 days of the data has left. Scored four times a year, so that no stage asks for days in
# a row.
$node->safe_psql('postgres', q{
    update cs_health.tenant as t set status = 'churned', churned_on = l.last_day
    from (select a.tenant_id, max(a.day) as last_day from staged_activity as a group by a.tenant_id) as l
    where t.external_id = l.tenant_id::text and l.last_day < date '2026-07-31' - 180;
    select cs_health.use_scorecard('b2b');
    select cs_health.save_stage('at_risk', 'At risk', 'En riesgo', 20, '{"all": [
            {"fact": "tenure_days", "op": ">=", "value": 90}, {"fact": "days_since_active", "op": ">", "value": 60}]}',
            30, '{"fact": "active_days", "op": ">=", "value": 2}'),
        cs_health.save_stage('adopted', 'Adopted', 'Adoptado', 40,
            '{"fact": "features_used", "op": ">=", "value": 2}', null,
            '{"fact": "features_used", "op": "<", "value": 1}'),
        cs_health.save_stage('activated', 'Activated', 'Activado', 50,
            '{"fact": "active_days", "op": ">=", "value": 3}', 180);
    update cs_health.tenant as t set locale = 'en';});
my @days = map { $_->[0] } rows($node, 'postgres', q{
    select (d - interval '1 day')::date from generate_series(timestamp '2012-01-01', '2026-01-01', '3 months') as d});
is(scalar @days, 57, 'days');
$node->safe_psql('postgres', join '', map { "call cs_health.replay('$_', '$_');" } @days);
is($node->safe_psql('postgres', 'select count(distinct tenant_id) from cs_health.journey_entry'), 203,
    'every organisation is on a journey');

# The same from the raw rows: what each was like on each day, and then one day after the other
$node->safe_psql('postgres', q{
    create table seen as
    select t.id as tenant_id, r.as_of, row_number() over (partition by t.id order by r.as_of) as nr,
        s.first_day, c.churned_on, r.as_of - s.first_day as tenure, r.as_of - max(a.day) as silent,
        count(distinct a.day) filter (where a.day > r.as_of - 30) as active_days,
        count(distinct a.feature) filter (where a.day > r.as_of - 30) as features
    from staged_tenant as s
    join cs_health.tenant as t on t.external_id = s.tenant_id::text
    cross join cs_health.run as r
    left join staged_activity as a on a.tenant_id = s.tenant_id and a.day <= r.as_of
    cross join lateral (select case when t.churned_on <= r.as_of then t.churned_on end as churned_on) as c
    where s.first_day <= r.as_of
    group by t.id, r.as_of, s.first_day, c.churned_on;
    create table walked as
    with recursive walk as (
        select s.tenant_id, s.as_of, s.nr, 'onboarding' as stage, s.first_day as entered_on, false as ever
        from (select distinct on (tenant_id) tenant_id, first_day, first_day as as_of, 0::bigint as nr from seen) as s
        union all
        select n.tenant_id, n.as_of, n.nr, n.stage,
            case when n.stage = w.stage then w.entered_on when n.stage = 'churned' then n.churned_on else n.as_of end,
            w.ever or n.stage in ('activated', 'adopted')
        from walk as w
        join lateral (
            select s.*, case
                when s.churned_on is not null or w.stage = 'churned' then 'churned'
                when s.tenure >= 90 and s.silent > 60 or w.stage = 'at_risk' and s.active_days < 2 then 'at_risk'
                when s.features >= 2 or w.stage = 'adopted' and s.features >= 1 then 'adopted'
                when s.active_days >= 3 or w.ever then 'activated'
                else 'onboarding' end as stage
            from seen as s where s.tenant_id = w.tenant_id and s.nr = w.nr + 1
        ) as n on true
    )
    select tenant_id, stage, entered_on, min(nr) as nr from walk group by tenant_id, stage, entered_on});
is($node->safe_psql('postgres', q{
    select count(*) from (
        (select tenant_id, stage, entered_on from walked
        except select tenant_id, stage, entered_on from cs_health.journey_entry)
        union all
        (select tenant_id, stage, entered_on from cs_health.journey_entry
        except select tenant_id, stage, entered_on from walked)) as d}), 0, 'every stage of every journey, and its first day');
cmp_ok($node->safe_psql('postgres', 'select count(*) from walked'), '>', 900, 'of many stages');
is($node->safe_psql('postgres', q{
    select count(*) from cs_health.journey_entry as e
    left join lateral (
        select w.entered_on from walked as w where w.tenant_id = e.tenant_id and w.nr > (
            select v.nr from walked as v
            where v.tenant_id = e.tenant_id and v.stage = e.stage and v.entered_on = e.entered_on)
        order by w.nr limit 1) as n on true
    where e.left_on is distinct from n.entered_on}), 0, 'and its last');
is($node->safe_psql('postgres', q{
    select count(*) from cs_health.journey_entry as e join walked as w using (tenant_id, stage, entered_on)
    where e.reason is distinct from case when w.nr = 0 then 'sign_up' when e.stage = 'churned' then 'churned'
        else e.reason end or e.reason = 'first_value'}), 0, 'with the reason');

# Retraced over what is stored it is the same
$node->safe_psql('postgres', 'create table known as table cs_health.journey_entry; call cs_health.retrace_journeys()');
is($node->safe_psql('postgres', q{
    select count(*) from ((table known except table cs_health.journey_entry)
        union all (table cs_health.journey_entry except table known)) as d}), 0, 'retraced');

# The funnel and the stalled, likewise
is(join("\n", map { join ' ', @$_ } rows($node, 'postgres', q{
    select f.stage, f.sign_ups, f.reached, f.in_it_now from cs_health.journey_funnel('2000-01-01', '2026-07-31') as f
    where f.stage <> 'renewing' order by 1})), join("\n", map { join ' ', @$_ } rows($node, 'postgres', q{
    select w.stage, 203, count(distinct w.tenant_id), count(distinct w.tenant_id) filter (where w.nr = l.nr)
    from walked as w join (select tenant_id, max(nr) as nr from walked group by tenant_id) as l using (tenant_id)
    group by w.stage order by 1})), 'the funnel');
is($node->safe_psql('postgres', q{select count(*) from cs_health_v1.stalled}), $node->safe_psql('postgres', q{
    select count(*) from (select distinct on (tenant_id) * from walked order by tenant_id, nr desc) as w
    where (w.stage, 1) in (('at_risk', 1), ('activated', 1), ('onboarding', 1))
        and current_date - w.entered_on > case w.stage when 'at_risk' then 30 when 'activated' then 180 else 90 end}),
    'the stalled');

# One of them, drawn
my ($chart, $drawn, $trouble) = ($node->safe_psql('postgres', q{
    select cs_health.journey_chart((
        select e.tenant_id from cs_health.journey_entry as e join cs_health.tenant as t on t.id = e.tenant_id
        where t.churned_on is not null group by e.tenant_id, t.name, t.external_id
        having count(distinct e.stage) = 5 order by count(*) desc, t.external_id::integer limit 1), null, '2026-06-30')}), '', '');
ok(run_log([ "$FindBin::Bin/../../tools/draw_journey" ], '<', \$chart, '>', \$drawn, '2>', \$trouble), 'a journey is drawn');
is($trouble, '', 'without a complaint');
if ($ENV{DRAW_JOURNEY})
{
    open my $out, '>', $ENV{DRAW_JOURNEY} or die "$ENV{DRAW_JOURNEY}: $!";
    print $out $drawn;
    close $out;
}
is($drawn, slurp_file("$FindBin::Bin/../../doc/journey.svg"), 'doc/journey.svg is that');

done_testing();
