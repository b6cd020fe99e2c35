# Is it them or is it us? A tracking outage, a feed that breaks, real holidays, and rows that arrive late.
use strict;
use warnings;
use CsHealth;
use Test::More;

my $node = new_server('incidents');

sub incidents
{
    my ($database) = @_;

    return $node->safe_psql($database, q{
        select string_agg(format('%s %s %s %s', current_date - as_of, measure, kind, status), ', '
            order by as_of, measure)
        from cs_health.data_incident});
}

my $scores = q{select tenant_id, as_of, overall_score, category, trend, coverage, measures, history
    from cs_health.customer_health};

# Two companies alike; in one of them tracking fails for three days
foreach my $database ('sound', 'outage')
{
    install($node, $database);
    $node->safe_psql($database, 'call cs_health.make_demo(300, 130)');
}
$node->safe_psql('outage', q{
    create table late as select * from cs_health.event where occurred_at >= current_date - 3;
    delete from cs_health.event where occurred_at >= current_date - 3});
$node->safe_psql($_, 'call cs_health.replay(current_date - 60)') foreach 'sound', 'outage';

is(incidents('sound'), '', 'a sound company: no incident in 60 days');
is(incidents('outage'), '3 dau quiet open, 2 dau quiet open, 1 dau quiet open', 'an outage is seen on its first day');
is($node->safe_psql('outage', q{
    select count(*) from cs_health.customer_health as h
    where h.as_of >= current_date - 3 and h.measures[1] is not null}), 0, 'the measure is not observed meanwhile');
is($node->safe_psql('outage', q{
    select count(*) filter (where cs_health._triggers_held(r.as_of) ~ '^dau: 0 events arrived, against \d+ on the last ')
        || ' of ' || count(cs_health._triggers_held(r.as_of))
    from cs_health.run as r}), '3 of 3', 'nothing is triggered on its days, and the reason is a sentence');
like($node->safe_psql('outage', q{select detail from cs_health.doctor() where item = 'incident dau'}),
    qr/^3 days from .*: 0 events arrived/, 'doctor() tells');
like($node->safe_psql('outage', q{select detail from cs_health.doctor() where item = 'feed event'}),
    qr/; 0 rows on .*, usually \d+ on that weekday$/, 'and how fresh the feed is');
is($node->safe_psql('outage', q{
    select (cs_health.health_now(t.id)).measures[1] is null from cs_health.tenant as t where t.status = 'active' limit 1}),
    't', 'a live score leaves the measure out as well');
my $fall = $node->safe_psql('outage', q{
    select round(avg(h.overall_score) filter (where h.as_of = current_date - 4)
        - avg(h.overall_score) filter (where h.as_of = current_date - 1), 1) from cs_health.customer_health as h});
note("mean score lower by $fall after three days without events");
cmp_ok($fall, '<', 2, 'scores hardly move');

# The rows arrive
$node->safe_psql('outage', 'insert into cs_health.event select * from late');
$node->safe_psql('outage', 'call cs_health.run_due()');
is(incidents('outage'), '3 dau quiet closed, 2 dau quiet closed, 1 dau quiet closed', 'late rows close the incident');
is($node->safe_psql('outage', 'select count(cs_health._triggers_held(r.as_of)) from cs_health.run as r'), 0,
    'nothing is held any more');
is(digest($node, 'outage', $scores), digest($node, 'sound', $scores),
    'and every row is what it would have been without the outage');
is($node->safe_psql('outage', 'select count(*) from cs_health._days_to_rescore()'), 0, 'nothing is left to score again');

# A measure of one's own loses most of its values, and another falls; both in one company, on the same days
$node->safe_psql('sound', q{
    create table seat (tenant_id uuid, day date, seats integer);
    insert into seat select t.id, d, 20 + hashtext(t.id::text) % 10
    from cs_health.tenant as t, generate_series(current_date - 40, current_date - 1, '1 day') as d;
    select cs_health.register_measure('seats', 'seats', 'Seats in use',
        'select tenant_id, seats from public.seat where day = $1', higher_is_better => true);
    select cs_health.register_measure('spend', 'money', 'Spend of the day',
        'select tenant_id, 100 * seats from public.seat where day = $1', higher_is_better => true);
    select cs_health.save_scorecard(jsonb_set(jsonb_set(cs_health.scorecard_document('spec'), '{code}', '"seats"'),
        '{components,growth}', '{"weight": 10, "measures": [{"measure": "spend", "weight": 1, "curve": [[0, 0], [2000, 100]],
            "else": {"measure": "seats", "curve": [[0, 0], [20, 100]]}}]}'));
    select cs_health.publish_scorecard('seats');
    select cs_health.use_scorecard('seats')});
$node->safe_psql('sound', q{
    call cs_health.replay(current_date - 40, current_date - 3, rescore => true)});
is(incidents('sound'), '', 'no incident while they are whole');
$node->safe_psql('sound', q{
    create table kept as table seat;
    delete from seat where day = current_date - 2 and hashtext(tenant_id::text || 'x') % 10 <> 0;
    update seat set seats = 2 where day = current_date - 1});
$node->safe_psql('sound', 'call cs_health.replay(current_date - 2, current_date - 1, rescore => true)');
is(incidents('sound'), '2 seats lost open, 2 spend lost open, 1 seats fell open, 1 spend fell open',
    'lost by most tenants, then fallen by more than half');
is($node->safe_psql('sound', q{
    select count(*) from cs_health.customer_health as h
    where h.as_of >= current_date - 2 and (h.measures[100] is not null or h.growth_score <> 50)}), 0,
    'neither the measure nor the one that stands in for it counts');
my ($code, $out, $error) = $node->psql('sound', q{select cs_health.accept_incident('mau')});
like($error, qr/measure "mau" has no open incident/, 'only what is open can be accepted');
is($node->safe_psql('sound', q{select cs_health.accept_incident('spend', current_date - 1)}), 1, 'accepted: one day');
is($node->safe_psql('sound', q{
    select string_agg((current_date - d)::text, ',') from cs_health._days_to_rescore() as d}), '1', 'is scored again');
$node->safe_psql('sound', 'call cs_health.run_due()');
is($node->safe_psql('sound', q{
    select count(*) filter (where measures[101] = 200), count(*) filter (where measures[100] is not null)
    from cs_health.customer_health where as_of = current_date - 1 and growth_score = 10}),
    $node->safe_psql('sound', q{
    select count(*), 0 from cs_health.customer_health where as_of = current_date - 1}), 'with the accepted value');
$node->safe_psql('sound', q{
    delete from seat where day = current_date - 2;
    insert into seat select * from kept where day = current_date - 2});
$node->safe_psql('sound', 'call cs_health.run_due()');
is(incidents('sound'), '2 seats lost closed, 2 spend lost closed, 1 seats fell open, 1 spend fell accepted',
    'values that come late close theirs');
is($node->safe_psql('sound', q{
    select count(*) > 250 and bool_and(measures[100] between 10 and 30) from cs_health.customer_health
    where as_of = current_date - 2}), 't', 'and that day has them');

# What is hidden on one day and gone on the next is still missed, and its stand-in does not take its place
$node->safe_psql('sound', q{
    select cs_health.register_measure('depth', 'pages', 'Pages a visit',
        'select tenant_id, seats from public.kept where day = $1', higher_is_better => true);
    select cs_health.save_scorecard(jsonb_set(jsonb_set(cs_health.scorecard_document('spec'), '{code}', '"depth"'),
        '{components,growth}', '{"weight": 10, "measures": [{"measure": "depth", "weight": 1, "curve": [[0, 0], [20, 100]],
            "else": {"measure": "mau", "curve": [[0, 0]]}}]}'));
    select cs_health.publish_scorecard('depth');
    select cs_health.use_scorecard('depth')});
$node->safe_psql('sound', q{call cs_health.replay(current_date - 40, current_date - 4, rescore => true)});
$node->safe_psql('sound', q{
    create table whole as table kept;
    update kept set seats = 2 where day = current_date - 3;
    delete from kept where day >= current_date - 2});
$node->safe_psql('sound', q{call cs_health.replay(current_date - 3, current_date - 1, rescore => true)});
my $depth = q{
    select string_agg(format('%s %s %s', current_date - as_of, kind, status), ', ' order by as_of)
    from cs_health.data_incident where measure = 'depth'};
is($node->safe_psql('sound', $depth), '3 fell open, 2 lost open, 1 lost open', 'fallen, then lost');
is($node->safe_psql('sound', q{
    select count(*) from cs_health.customer_health as h
    where h.as_of >= current_date - 3 and (h.measures[102] is not null or h.growth_score <> 50)}), 0,
    'no zero takes its place');

# Half of the rows do not end it; neither does a run for a tenant that came late
$node->safe_psql('sound', q{
    delete from kept where day >= current_date - 3;
    insert into kept select * from whole where day >= current_date - 3 and hashtext(tenant_id::text || 'y') % 2 = 0;
    insert into cs_health.tenant (name, signed_up_at) values ('Late', current_date - 10)});
$node->safe_psql('sound', 'call cs_health.recalculate()');
is($node->safe_psql('sound', q{
    select hidden_positions @> '{102}' from cs_health.run where as_of = current_date - 1}), 't',
    'a run for those that came late leaves an incident alone');
$node->safe_psql('sound', 'call cs_health.run_due()');
is($node->safe_psql('sound', $depth), '3 fell closed, 2 lost open, 1 lost open', 'half of the values do not close what was lost');
$node->safe_psql('sound', q{
    delete from kept where day >= current_date - 3;
    insert into kept select * from whole where day >= current_date - 3});
$node->safe_psql('sound', q{select cs_health.use_scorecard('spec')});
$node->safe_psql('sound', 'call cs_health.run_due()');
is($node->safe_psql('sound', $depth), '3 fell closed, 2 lost closed, 1 lost closed', 'all of them do');
is($node->safe_psql('sound', q{
    select count(*) from cs_health.customer_health as h join cs_health.scorecard as c on c.id = h.scorecard_id
    where h.as_of >= current_date - 2 and c.code <> 'depth'}), 0, 'and the days keep the scorecard that they had');

# Real holidays: the year's ends in the data set, each row three events so that a weekday has enough of them
SKIP: {
    skip 'there is no data set git_openstack', 4
      unless $ENV{CS_HEALTH_DATA} && -d "$ENV{CS_HEALTH_DATA}/git_openstack";
    my $data = "$ENV{CS_HEALTH_DATA}/git_openstack";

    install($node, 'holidays');
    psql_in($data, $node, 'holidays', doc_sql('bring-your-own-data', 'From CSV files'));
    $node->safe_psql('holidays', q{
        insert into cs_health.event select e.* from cs_health.event as e, generate_series(1, 2)});
    foreach my $year (2013 .. 2016)
    {
        $node->safe_psql('holidays', sprintf q{call cs_health.replay('%d-11-10', '%d-01-12')}, $year, $year + 1);
        next unless $year == 2015;
        is($node->safe_psql('holidays', 'select string_agg(measure || as_of, $$, $$) from cs_health.data_incident'),
            'dau2016-01-01', 'a New Year without a single event is an incident');
        $node->safe_psql('holidays', q{
            insert into cs_health.holiday values ('2016-01-01', 'New Year');
            select cs_health._check_measures('2016-01-01')});
    }
    my ($deepest, $days) = @{ (rows($node, 'holidays', q{
        select round(min(u.received / u.usual)::numeric, 2), count(*) filter (where u.received < u.usual / 2)
        from cs_health.run as r cross join lateral cs_health._usual_rows(r.as_of) as u
        where u.usual >= 50 and to_char(r.as_of, 'MMDD') not between '0107' and '1219'}))[0] };
    note("on $days days of four holidays less than half of the usual rows came, on one no more than $deepest of them");
    cmp_ok($days, '>', 5, 'holidays halve what comes');
    like(incidents('holidays'), qr/^\d+ dau quiet closed$/,
        'and are none, that New Year neither once it is known as a holiday');
    is($node->safe_psql('holidays', 'select count(*) from cs_health.run'), 4 * 64, 'over 256 days');
}

done_testing();
