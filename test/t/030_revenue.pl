# What accounts pay at each month's end becomes movements as documented, and these give every figure that is expected.
use strict;
use warnings;
use CsHealth;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = data_set('ravenstack');
my $node = new_server('revenue');

install($node, 'postgres');
psql_in($data, $node, 'postgres', q{
    create schema crm;
    create table crm.accounts (account_id text, account_name text, industry text, country text, signup_date date,
        referral_source text, plan_tier text, seats integer, is_trial boolean, churn_flag boolean);
    create table crm.subscriptions (subscription_id text, account_id text, start_date date, end_date date,
        plan_tier text, seats integer, mrr_amount numeric, arr_amount numeric, is_trial boolean, upgrade_flag boolean,
        downgrade_flag boolean, churn_flag boolean, billing_frequency text, auto_renew_flag boolean);
    \copy crm.accounts from 'ravenstack_accounts.csv' csv header
    \copy crm.subscriptions from 'ravenstack_subscriptions.csv' csv header
    insert into cs_health.tenant (external_id, name) select account_id, account_name from crm.accounts;
});

# The statement of doc/revenue.md, with the day and the table of the reader
my ($statement) = doc_sql('revenue', 'Bring it') =~ /(insert into cs_health\.revenue_event.*?;)/s;
like($statement, qr/movements_from_mrr/, 'the page says how');
my @month_ends = map { $_->[0] } rows($node, 'postgres', q{
    select (m + interval '1 month - 1 day')::date from generate_series(timestamp '2023-01-01', '2024-12-01', '1 month') as m});
is(scalar @month_ends, 24, 'two years');
foreach my $day (@month_ends)
{
    my $sql = $statement =~ s/current_date/'$day'/r;

    $sql =~ s/paying/crm.paying/;
    $node->safe_psql('postgres', qq{
        create or replace view crm.paying as
        select s.account_id as customer, s.mrr_amount as mrr from crm.subscriptions as s
        where not s.is_trial and s.start_date <= '$day' and (s.end_date is null or s.end_date > '$day');
        $sql});
}
is($node->safe_psql('postgres', 'select count(*) from cs_health._revenue_faults()'), 0, 'no contradiction in it');
my $before = digest($node, 'postgres', 'select * from cs_health.revenue_event');
my $again = $statement =~ s/current_date/'$month_ends[-1]'/r =~ s/paying/crm.paying/r;
$node->safe_psql('postgres', $again);
is(digest($node, 'postgres', 'select * from cs_health.revenue_event'), $before, 'a month brought twice adds nothing');

my $expected = decode_json(slurp_file("$data/revenue_expected.json"))->{months};
cmp_ok(scalar @$expected, '>=', 19, 'months with expected figures');
is(wrong_figures($node, 'postgres', $expected), '', 'every figure of them');
is(join(' ', map { @$_ } rows($node, 'postgres', q{
    select count(*), bool_and(mrr_start + new + reactivation + expansion - contraction - churn = mrr_end)
    from cs_health.revenue_by_month('2023-01-01', '2024-12-31')})), '24 t', 'and all 24 months add up');
is($node->safe_psql('postgres', q{
    select string_agg(mrr_end::text, ' ' order by month) from cs_health.revenue_by_month('2023-06-01', '2024-12-31')
    where to_char(month, 'YYYY-MM') in ('2023-06', '2024-02', '2024-05', '2024-08', '2024-11')}),
    join(' ', map { $node->safe_psql('postgres', qq{
        select sum(mrr_amount)::numeric(14, 2) from crm.subscriptions
        where not is_trial and start_date <= '$_' and (end_date is null or end_date > '$_')}) }
        qw(2023-06-30 2024-02-29 2024-05-31 2024-08-31 2024-11-30)),
    'so do those that are not among the expected');

done_testing();
