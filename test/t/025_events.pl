# Every kind of event that doc/events.md names: told by what really happens, read from the outbox, and held against its schema.
use strict;
use warnings;
use CsHealth;
use FindBin;
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Utils;
use Test::More;

my $root = "$FindBin::Bin/../..";
my $page = slurp_file("$root/doc/events.md");
my @kinds = sort $page =~ /^## ([a-z_]+\.[a-z_]+)$/mg;
my $json = JSON::PP->new->canonical->utf8;

# What the schemas say of events: one answer for each
sub verdicts
{
    my $in = join '', map { $json->encode($_) . "\n" } @_;
    my ($out, $err) = ('', '');

    IPC::Run::run([ '/usr/bin/python3', "$root/test/perl/validate_events.py", "$root/doc/events" ], '<', \$in, '>', \$out,
        '2>', \$err) or die "validate_events.py: $err";
    return split /\n/, $out;
}

is_deeply([ map { s{.*/(.*)\.json}{$1}r } sort glob "$root/doc/events/*.json" ], \@kinds,
    'a schema for every kind that the page names, and no other');
my @examples = map { $json->decode($_) } $page =~ /^```json\n(.*?)^```/msg;
is_deeply([ sort map { $_->{kind} } @examples ], \@kinds, 'the page has an example of each');
is_deeply([ verdicts(@examples) ], [ map { "$_->{kind} ok" } @examples ], 'which are valid');

my $node = new_server('events');
install($node, 'app');

# Two days of a company: 1 falls, 2 rises, 3 is at risk of leaving, 4 uses what its plan has. The contacts are canaries
$node->safe_psql('app', q{
    insert into cs_health.channel (code, kind, secret) values ('eca', 'webhook', 'eca.json');
    insert into cs_health.csm (email, name) values ('ana@us.example', 'Ana');
    insert into cs_health.plan (code, name, rank, monthly_price) values ('s', 'S', 1, 100), ('m', 'M', 2, 250);
    insert into cs_health.tenant (id, name, csm, plan_code, arr)
    select md5(i::text)::uuid, 'Tenant ' || i, 'ana@us.example', 's', 1000 * i from generate_series(1, 4) as i;
    insert into cs_health.contact (tenant_id, name, email, role, is_primary)
    select t.id, 'CanaryName', 'canary@customer.example', 'executive_sponsor', true from cs_health.tenant as t;
    select cs_health._ensure_partition(d::date) from generate_series(date '2026-03-02', '2026-03-03', '1 day') as d;
    insert into cs_health.customer_health
    select t.id, d.day, s.score, s.score, s.score, s.score, s.score, s.score, false, cs_health.health_category(s.score),
        case when d.nr = 2 and t.i = 2 then 'improving' else 'stable' end, 1, 1,
        case when d.nr = 2 and t.i = 3 then m.high_from else m.base_rate / 2 end + 0.001, 1, now(),
        (select array_agg(case c.code when 'nps' then -100 when 'usage_ratio' then 0.91 end::real order by n)
            from generate_series(1, 40) as n left join cs_health.measure as c on c.position = n), '\x46'
    from cs_health.churn_model as m
    cross join (values (date '2026-03-02', 1), ('2026-03-03', 2)) as d(day, nr)
    cross join (select t.id, row_number() over (order by t.name) as i from cs_health.tenant as t) as t
    cross join lateral (select case when d.nr = 2 and t.i = 1 then 20 else 70 end as score) as s
    where m.id = 1;
    insert into cs_health.run (as_of, phase, scorecard_rules, rescore, batches, total, started_at, resumed_at, finished_at)
    select d::date, 'finished', '[]', false, 0, 0, now(), now(), now()
    from generate_series(date '2026-03-02', '2026-03-04', '1 day') as d;
    set cs_health.now = '2026-03-04 03:00+00';
    delete from cs_health.run where as_of = '2026-03-04';
    select cs_health._after_run('2026-03-03');
});

# A data incident of the next day, accepted on the day after
$node->safe_psql('app', q{
    insert into cs_health.run (as_of, phase, scorecard_rules, rescore, batches, total, started_at, resumed_at, finished_at)
    values ('2026-03-04', 'finished', '[]', false, 0, 0, now(), now(), now());
    insert into cs_health.measure_check (as_of, measure, tenants, observed, positive, had, lost, incident, reason)
    values ('2026-03-04', 'logins', 4, 0, 0, 40, 40, 'lost', '40 of 40 tenants that had it have it no more');
    set cs_health.now = '2026-03-05 03:00+00';
    select cs_health._after_run('2026-03-04');
    select cs_health.accept_incident('logins', '2026-03-04');
    select cs_health._after_run('2026-03-04');
});

# A playbook: a signal, a task and a mail without a channel; the signal is won, a task of 5 March is forgotten
$node->safe_psql('app', q{
    insert into cs_health.cs_playbook (code, name, trigger_type, trigger_conditions, steps) values ('grow', 'Grow',
        'expansion', '{"fact": "usage_ratio", "op": ">", "value": 0.8}',
        '[{"day": 0, "action": "note", "channel": "automatic", "signal": "usage_limit"},
          {"day": 0, "action": "talk", "channel": "internal", "subject": "Talk to {{contact.name}}", "template": "Soon"}]');
    set cs_health.now = '2026-03-05 10:00+00';
    select cs_health.execute_playbook(p.id, md5('4')::uuid) from cs_health.cs_playbook as p where p.code = 'grow';
    call cs_health.run_playbooks();
    select cs_health.complete_task(k.id, 'reached') from cs_health.task as k where k.kind = 'internal';
    select cs_health.set_signal_status(s.id, 'contacted', 'CanaryName said yes') from cs_health.expansion_signal as s;
    select cs_health.set_signal_status(s.id, 'won', won_arr => 1750) from cs_health.expansion_signal as s;
    select cs_health.create_task(md5('1')::uuid, 'Call', due_on => '2026-03-05');
    set cs_health.now = '2026-03-06 10:00+00';
    call cs_health.run_playbooks();
    select cs_health._tell_executions();
    select cs_health._tell_signal_changes();
    select cs_health.test_channel('eca');
});

my @events = map { $json->decode($_) } split /\n/,
    $node->safe_psql('app', q{select payload from cs_health.outbox where channel = 'eca' order by created_at, id});
my %seen;
push @{ $seen{ $_->{kind} } }, $_ foreach @events;
is_deeply([ sort keys %seen ], \@kinds, 'every kind was told, and no other');
is_deeply([ grep { !/ ok$/ } verdicts(@events) ], [], 'all of ' . @events . ' events are valid');
is(scalar(grep { $json->encode($_) =~ /canary/i } @events), 0, 'none names a person of a customer');
is(scalar(keys %{ { map { $_->{id} => 1 } @events } }), scalar @events, 'each has an id of its own');
is_deeply([ sort map { $_->{data}{status} } @{ $seen{'data.incident'} } ], [ 'accepted', 'open' ], 'an incident, and its end');
is_deeply([ sort map { $_->{data}{status} } @{ $seen{'step.done'} } ], [ 'done', 'done' ], 'two steps, and their ends');

# The schemas are worth something: what lacks a field, has one too many, or says something else is refused
foreach my $kind (@kinds)
{
    my $event = $seen{$kind}[0] or next;
    my @wrong = map { my $copy = $json->decode($json->encode($event)); $_->($copy); $copy }
        ((map { my $name = $_; sub { delete $_[0]{data}{$name} } } sort keys %{ $event->{data} }),
        (map { my $name = $_; sub { $_[0]{data}{$name} = { x => 1 } } }
            grep { $kind ne 'signal.detected' || $_ ne 'details' } sort keys %{ $event->{data} }),
        (map { my $name = $_; sub { delete $_[0]{$name} } } grep { $_ ne 'kind' } sort keys %$event),
        sub { $_[0]{data}{email} = 'x' }, sub { $_[0]{version} = 2 }, sub { $_[0]{tenant_id} = 'x' }, sub { $_[0]{id} = 1 });

    is(scalar(grep { / ok$/ } verdicts(@wrong)), 0, "$kind: " . @wrong . ' others are refused');
}

$node->stop;
done_testing();
