# Every activity measure against values that pandas and plain Python sets agree on, with events that come late
# and twice.
use strict;
use warnings;
use CsHealth;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my $data = data_set('activity_reference');
my $ravenstack = data_set('ravenstack');
my $expected = decode_json(slurp_file("$data/expected.json"));

# Name there => measure here; the other names are read from presence_stats() and feature_usage()
my %measure = (
    dau => 'dau', wau7 => 'wau', mau30 => 'mau', prev_mau30 => 'mau_previous', mau_growth => 'mau_growth',
    avg_dau30 => 'avg_dau', avg_dau_mau => 'stickiness', active_days30 => 'active_days', events30 => 'events',
    prev_events30 => 'events_previous', features30 => 'features_used', new_users30 => 'new_users',
    lost_users30 => 'lost_users', days_since_active => 'days_since_active', qau90 => 'qau',
    active_days90 => 'active_days_90', events90 => 'events_90', users_ever => 'users_ever');
my %is_ratio = map { $_ => 1 } qw(mau_growth avg_dau30 avg_dau_mau point_dau_mau);

my $node = new_server('activity_reference');
my @activity;
install($node, 'postgres');
load_arrivals();
add_quarter($_) foreach @{ $expected->{activity} };

my %asked;
foreach my $batch (rows($node, 'postgres',
    'select batch, max(arrives) - 30 from arrival group by batch order by batch'))
{
    my ($arrived, $complete) = @$batch;
    $node->safe_psql('postgres', qq{
        insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature, quantity)
        select md5('tenant ' || tenant)::uuid, 'user ' || user_id, day + interval '1 hour' * hour, 'feature',
            feature, events
        from arrival where batch = $arrived order by place;
        call cs_health.fold_events();});
    foreach my $record (@{ $expected->{activity} })
    {
        # Nothing comes later than 30 days, so by then every row up to as_of is folded
        next if $asked{ id_of($record) } || $record->{as_of} gt $complete;
        $asked{ id_of($record) } = 1;
        compare($record);
    }
}
is(scalar keys %asked, 68, 'all 68 records were compared');
is($node->safe_psql('postgres', 'select count(*) from cs_health.event_rejected'), 0, 'no event was rejected');
is($node->safe_psql('postgres', 'select count(*) from cs_health.event'), 0, 'no event was left in the inbox');

foreach my $case (@{ $expected->{nps_edge_cases} })
{
    my $scores = join ',', @{ $case->{input} };
    my $nps = $node->safe_psql('postgres', "select cs_health.nps(score) from unnest(array[$scores]) as score");
    cmp_ok(abs($nps - $case->{nps}), '<=', 1e-12, 'NPS of ' . substr($scores, 0, 30));
}

$node->safe_psql('postgres', qq{
    create table tickets (ticket_id text, account_id text, submitted_at date, closed_at timestamptz, hours numeric,
        priority text, first_response_minutes integer, satisfaction_score integer, escalated boolean);
    \\copy tickets from '$ravenstack/ravenstack_support_tickets.csv' csv header
    insert into cs_health.tenant (id, name) values (md5('ravenstack')::uuid, 'RavenStack');
    insert into cs_health.feedback (tenant_id, kind, score, answered_at)
    select md5('ravenstack')::uuid, 'csat', satisfaction_score, '2024-12-31'
    from tickets where satisfaction_score is not null;});
my $csat = $expected->{csat_ravenstack_overall};
my ($answers, $mean) = @{ (rows($node, 'postgres', qq{
    select (select count(*) from cs_health.feedback), value
    from cs_health.tenant_measures(md5('ravenstack')::uuid, '2024-12-31') where measure = 'csat'}))[0] };
is($answers, $csat->{responses}, 'CSAT: answers');
cmp_ok(abs($mean - $csat->{mean}), '<=', 1e-12, 'CSAT: mean');

done_testing();

sub id_of
{
    my ($record) = @_;

    return "tenant $record->{tenant_id} on $record->{as_of}";
}

# Each row arrives up to 30 days late, in batches of three days without an order, some more than once: a repeat
# counts no event, only presence that is known already
sub load_arrivals
{
    my $file = PostgreSQL::Test::Utils::tempdir() . '/arrivals.csv';
    my $place = 0;

    srand(42);
    open my $in, '<', "$data/activity.csv" or die "$data/activity.csv: $!";
    open my $out, '>', $file or die "$file: $!";
    <$in>;
    while (my $row = <$in>)
    {
        chomp $row;
        my ($tenant, $user, $day, $feature, $events) = split /,/, $row;
        push @activity, [ $tenant, $user, $day, $events ];
        foreach my $quantity ($events, (0) x int rand 3)
        {
            print $out join(',', $tenant, $user, $day, int rand 24, $feature, $quantity, int rand 31, rand), "\n";
        }
    }
    close $out or die "$file: $!";
    $node->safe_psql('postgres', qq{
        create table arrival (tenant integer, user_id integer, day date, hour integer, feature text, events integer,
            late integer, place double precision, arrives date generated always as (day + late) stored,
            batch integer generated always as ((day + late - date '2015-11-01') / 3) stored);
        \\copy arrival (tenant, user_id, day, hour, feature, events, late, place) from '$file' csv
        insert into cs_health.tenant (id, name) select md5('tenant ' || tenant)::uuid, 'tenant ' || tenant
        from arrival group by tenant;
        update cs_health.settings set feature_users = true;});
}

# What the reference does not have, counted from the rows themselves
sub add_quarter
{
    my ($record) = @_;
    my $first = $node->safe_psql('postgres', "select date '$record->{as_of}' - 89");
    my (%recent, %days, %ever);
    my $events = 0;

    foreach my $row (grep { $_->[0] == $record->{tenant_id} && $_->[2] le $record->{as_of} } @activity)
    {
        my (undef, $user, $day, $n) = @$row;
        $ever{$user} = 1;
        next if $day lt $first;
        $recent{$user} = $days{$day} = 1;
        $events += $n;
    }
    @$record{qw(qau90 active_days90 events90 users_ever)} =
      (scalar keys %recent, scalar keys %days, $events, scalar keys %ever);
    # Before there are 90 days of events nothing can be said about 90 days, nor about `ever` in the first year
    my $recorded = $node->safe_psql('postgres', "select date '$record->{as_of}' - min(day) + 1 from arrival");
    @$record{qw(qau90 active_days90 events90)} = () if $recorded < 90;
    $record->{users_ever} = undef if $recorded < 365;
}

# All that is said about a tenant and day: name there => value here
sub computed
{
    my ($record) = @_;
    my $tenant = "md5('tenant $record->{tenant_id}')::uuid";
    my $as_of = "date '$record->{as_of}'";
    my %measured = map { @$_ } rows($node, 'postgres', "select * from cs_health.tenant_measures($tenant, $as_of)");
    my %value = map { $_ => $measured{ $measure{$_} } } keys %measure;

    # A tenant may have several packs; each user is in one of them
    @value{qw(prev_wau7 user_days30 last_active)} = @{ (rows($node, 'postgres', qq{
        select coalesce(sum((s.stats).wau_previous), 0), coalesce(sum((s.stats).user_days), 0),
            max((s.stats).last_active_on)
        from cs_health.activity as a cross join lateral (select cs_health.presence_stats(a.pack, $as_of) as stats) as s
        where a.tenant_id = $tenant}))[0] };
    $value{point_dau_mau} = $value{mau30} ? $value{dau} / $value{mau30} : undef;
    $value{feature_users30} = { map { @$_ } rows($node, 'postgres',
        "select feature, users from cs_health.feature_usage($tenant, $as_of) where users > 0") };
    return %value;
}

sub differs
{
    my ($name, $want, $got) = @_;

    return defined $want != defined $got unless defined $want && defined $got;
    return abs($want - $got) > 1e-12 if $is_ratio{$name};
    return JSON::PP->new->canonical->encode({ map { $_ => "$want->{$_}" } keys %$want })
      ne JSON::PP->new->canonical->encode({ map { $_ => "$got->{$_}" } keys %$got }) if ref $want;
    return $want ne $got;
}

sub compare
{
    my ($record) = @_;
    my %value = computed($record);
    my $json = JSON::PP->new->allow_nonref->canonical;
    my @wrong;

    foreach my $name (grep { !/^(as_of|tenant_id)$/ } sort keys %$record)
    {
        push @wrong, sprintf('%s is %s, not %s', $name, map { $json->encode($_) } $value{$name}, $record->{$name})
          if !exists $value{$name} || differs($name, $record->{$name}, $value{$name});
    }
    is(join("\n", @wrong), '', id_of($record));
}
