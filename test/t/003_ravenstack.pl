# A company brings its own tables: five hundred accounts with subscriptions, usage and tickets, all of it as documented.
use strict;
use warnings;
use CsHealth;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = data_set('ravenstack');
my $page = 'bring-your-own-data';
my $node = new_server('ravenstack');

install($node, 'postgres');
psql_in($data, $node, 'postgres', q{
    create schema crm;
    create table crm.accounts (account_id text, account_name text, industry text, country text, signup_date date,
        referral_source text, plan_tier text, seats integer, is_trial boolean, churn_flag boolean);
    create table crm.subscriptions (subscription_id text, account_id text, start_date date, end_date date,
        plan_tier text, seats integer, mrr_amount numeric, arr_amount numeric, is_trial boolean, upgrade_flag boolean,
        downgrade_flag boolean, churn_flag boolean, billing_frequency text, auto_renew_flag boolean);
    create table crm.feature_usage (usage_id text, subscription_id text, usage_date date, feature_name text,
        usage_count integer, usage_duration_secs integer, error_count integer, is_beta_feature boolean);
    create table crm.support_tickets (ticket_id text, account_id text, submitted_at timestamp, closed_at timestamp,
        resolution_time_hours numeric, priority text, first_response_time_minutes integer, satisfaction_score integer,
        escalation_flag boolean);
    \copy crm.accounts from 'ravenstack_accounts.csv' csv header
    \copy crm.subscriptions from 'ravenstack_subscriptions.csv' csv header
    \copy crm.feature_usage from 'ravenstack_feature_usage.csv' csv header
    \copy crm.support_tickets from 'ravenstack_support_tickets.csv' csv header
});
$node->safe_psql('postgres', doc_sql($page, 'From tables of the same database'));

is(value('select count(*) from cs_health.tenant'), 500, 'accounts');
is(value('select count(*) from cs_health.plan_feature'), 3 * 40, 'features of plans');
is(value('select count(*) from cs_health.event'), 25000, 'usage, with the rows whose usage_id is not unique');
is(value('select count(*) - count(distinct usage_id) from crm.feature_usage'), 21, 'which are 21');
is(value('select count(*) from cs_health.ticket'), 2000, 'tickets');
is(value('select count(*) from cs_health.feedback'), 1175, 'answers');
cmp_ok(abs(value('select avg(score) from cs_health.feedback') - 3.981276595744681), '<=', 1e-12, 'their mean');

# Every figure of every month against what pandas computed
my $months = decode_json(slurp_file("$data/revenue_expected.json"))->{months};
cmp_ok(scalar @$months, '>=', 19, 'months with expected revenue');
is(wrong_figures($node, 'postgres', $months), '', 'every one of their figures');

# In order of time; the last quarter day by day
$node->safe_psql('postgres', "call cs_health.replay('$_', '$_')") foreach qw(2023-12-31 2024-06-30);
$node->safe_psql('postgres', doc_sql($page, 'Score the history'));
is(value('select count(*) from cs_health.run where finished_at is not null'), 2 + 92, 'days scored');
is(value('select count(*) from cs_health.event'), 0, 'no event is left');
is(value('select count(*) from cs_health.event_rejected'), 0, 'none was rejected');
is(value('select sum(rows_received) from cs_health.feed_day'), 25000, 'all were received');
is(value(q{
    select count(*) from (
        select h.as_of, t.external_id
        from cs_health.customer_health as h join cs_health.tenant as t on t.id = h.tenant_id
        except
        select d.as_of, a.account_id
        from crm.accounts as a join cs_health.run as d on a.signup_date <= d.as_of) as q}),
    0, 'nobody is scored before signing up');
is(value('select count(*) from cs_health.customer_health'),
    value('select count(*) from crm.accounts as a join cs_health.run as d on a.signup_date <= d.as_of'),
    'and everybody from then on');

$node->safe_psql('postgres', q{
    create function measured(measures real[], code text) returns real language sql stable
    return measures[(select m.position from cs_health.measure as m where m.code = measured.code)];

    -- the components by hand, from the tables the data came from: null = not observed
    create view by_hand as
    with day as (
        select as_of, timezone('UTC', (as_of + 1)::timestamp) as day_end from cs_health.run
        where as_of in ('2023-12-31', '2024-06-30', '2024-10-31', '2024-12-31')
    ), used as (
        select d.as_of, s.account_id,
            count(distinct (u.usage_date, u.subscription_id))
                filter (where u.usage_date > d.as_of - 30) / 30.0 as avg_dau,
            count(distinct u.subscription_id) filter (where u.usage_date > d.as_of - 30) as mau,
            count(distinct u.subscription_id) filter (where u.usage_date <= d.as_of - 30) as mau_previous,
            count(distinct u.feature_name) filter (where u.usage_date > d.as_of - 30) as features,
            sum(u.usage_count) filter (where u.usage_date > d.as_of - 30) as events
        from day as d
        join crm.feature_usage as u on u.usage_date > d.as_of - 60 and u.usage_date <= d.as_of
        join crm.subscriptions as s on s.subscription_id = u.subscription_id
        group by d.as_of, s.account_id
    ), asked as (
        select d.as_of, k.account_id, avg(k.satisfaction_score) as csat
        from day as d join crm.support_tickets as k on k.closed_at <= d.as_of + 1 - interval '1 microsecond'
            and k.closed_at >= d.as_of - 180 + interval '1 day'
        group by d.as_of, k.account_id
    ), supported as (
        select d.as_of, k.account_id, count(*) as open_tickets
        from day as d join crm.support_tickets as k on k.submitted_at < d.as_of + 1 and k.closed_at >= d.as_of + 1
        group by d.as_of, k.account_id
    )
    select d.as_of, a.account_id,
        coalesce(round(100 * u.avg_dau / nullif(u.mau, 0)), 0) as engagement,
        coalesce(round(100 * u.features / 40.0), 0) as adoption,
        round((q.csat - 1) / 4 * 100) as satisfaction,
        greatest(100 - 10 * coalesce(k.open_tickets, 0), 0) as support,
        case
            when d.as_of - a.signup_date < 30 then null
            when coalesce(u.mau, 0) = 0 then 0
            when u.mau_previous = 0 then 100
            else least(greatest(round(100.0 * (u.mau - u.mau_previous) / u.mau_previous), 0), 100)
        end as growth,
        coalesce(u.mau, 0) as mau, coalesce(u.events, 0) as events, q.csat
    from day as d
    join crm.accounts as a on a.signup_date <= d.as_of
    left join used as u on u.as_of = d.as_of and u.account_id = a.account_id
    left join asked as q on q.as_of = d.as_of and q.account_id = a.account_id
    left join supported as k on k.as_of = d.as_of and k.account_id = a.account_id;

    create view overall_by_hand as
    select b.*,
        round(
            (30 * engagement + 25 * adoption + 20 * coalesce(satisfaction, 0) + 15 * support + 10 * coalesce(growth, 0))
            / (70 + case when satisfaction is null then 0 else 20 end + case when growth is null then 0 else 10 end)
        ) as overall
    from by_hand as b;});

# A component that is not observed stands at the neutral 50
my $stored = q{overall_by_hand as b join cs_health.tenant as t on t.external_id = b.account_id
    left join cs_health.customer_health as h on h.tenant_id = t.id and h.as_of = b.as_of};
foreach my $component (qw(engagement adoption satisfaction support growth overall))
{
    my $differs = "from $stored where h.$component\_score is distinct from coalesce(b.$component, 50)";

    is(value(qq{
        select (select count(*) $differs) || coalesce((
            select ', such as ' || string_agg(format('%s on %s: %s, by hand %s', account_id, as_of, score, hand), '; ')
            from (select b.account_id, b.as_of, h.$component\_score as score,
                b.$component as hand $differs limit 3) as q), '')}),
        0, "$component, by hand");
}
is(value("select count(*) from $stored where measured(measures, 'mau') <> mau"), 0, 'mau, by hand');
is(value("select count(*) from $stored where measured(measures, 'events') <> events"), 0, 'events, by hand');
is(value("select count(*) from $stored where measured(measures, 'csat') is distinct from csat::real"), 0,
    'csat, by hand');
is(value("select count(*) from $stored where b.as_of = '2024-12-31'"), 500, 'for every account');

# Annual recurring revenue of every account at three month ends
foreach my $month (grep { $_->{month} =~ /2023-12|2024-06|2024-12/ } @$months)
{
    my ($as_of) = map { value("select (date '$_-01' + interval '1 month - 1 day')::date") } $month->{month};
    my $arr = qq{cs_health.customer_health as h join cs_health.tenant as t on t.id = h.tenant_id left join (
            select account_id, sum(mrr_amount) as mrr from crm.subscriptions
            where not is_trial and start_date <= '$as_of'
                and (end_date is null or end_date > '$as_of') group by account_id
        ) as s on s.account_id = t.external_id where h.as_of = '$as_of'};

    is(value("select count(*) from $arr and coalesce(measured(h.measures, 'arr'), 0) <> coalesce(s.mrr, 0) * 12"), 0,
        "arr of every account on $as_of");
    is(value("select sum(measured(h.measures, 'arr')::double precision) from $arr") + 0, $month->{mrr_end} * 12,
        "arr of all on $as_of");
    is(value("select count(*) from $arr and measured(h.measures, 'arr') > 0"), $month->{customers_end},
        "who pay on $as_of");
}

# A negative control: the churn_flag of the accounts has nothing to do with what they did, so no model may claim that it has
my ($out, $err) = ('', '');
my $flags = q{select t.id, d.as_of, a.churn_flag from crm.accounts as a
    join cs_health.tenant as t on t.external_id = a.account_id
    cross join (values (date '2023-12-31'), ('2024-06-30'), ('2024-10-31'), ('2024-12-31')) as d(as_of)
    where a.signup_date <= d.as_of};
$node->psql('postgres', "call cs_health.train_churn_model(lead_days => 0, horizon_days => 30, labels => \$\$$flags\$\$)",
    stdout => \$out, stderr => \$err);
note($err);
$node->psql('postgres', q{select cs_health.publish_model('churn-1')}, stdout => \$out, stderr => \$err)
  unless $err =~ /ERROR/;
note($err);
like($err, qr/ERROR: .*(ranks no better than chance|no better than the base rate|no measure tells)/,
    'the gate refuses a model of a flag that follows from nothing');
is(value(q{select version from cs_health.churn_model where status = 'active'}), 'prior-1', 'the prior stays');

# From now on
$node->safe_psql('postgres', doc_sql($page, 'Keep it flowing'));
like($node->safe_psql('postgres', doc_sql($page, 'Check')), qr/^unknown tenant\|2\|1\|/m,
    'two events of an unknown customer are found');
is(value('select count(*) from cs_health.event_rejected'), 0, 'and released');
is(value(q{
    select m.value
    from cs_health.tenant as t cross join lateral cs_health.tenant_measures(t.id, current_date) as m
    where t.external_id = 'A-000001' and m.measure = 'logins'}), 0,
    'though they are too old to count today');
my %doctor = map { @$_ } rows($node, 'postgres', q{select item, status || ': ' || detail from cs_health.doctor()});
like($doctor{'feed event'}, qr/^ok: /, 'doctor: events flow again');
like($doctor{"feed $_"}, qr/^ok: latest row is of 2024-12-31/, "doctor: $_") foreach qw(ticket revenue);
like($doctor{"feed $_"}, qr/^warning: latest row is of 2024-12-31/,
    "doctor: $_ has gone quiet") foreach qw(feedback usage);
value("insert into cs_health.feedback (tenant_id, kind, score) select id, 'nps', 9 from cs_health.tenant limit 1");
is(value(q{select status from cs_health.doctor() where item = 'feed feedback'}), 'ok', 'doctor: until an answer comes');
is($doctor{'rejected events'}, undef, 'doctor: no event is rejected');

done_testing();

sub value
{
    return $node->safe_psql('postgres', $_[0]);
}
