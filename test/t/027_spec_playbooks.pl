# The two playbooks of the specification from the first day to the last: customers whose figures bring them to the
# trigger, nightly runs and steps on a simulated clock, and every message as real receivers got it, in both languages.
use strict;
use warnings;
use CsHealth;
use Encode qw(decode encode);
use FindBin;
use JSON::PP;
use MIME::QuotedPrint qw(decode_qp);
use PostgreSQL::Test::Utils;
use Receivers;
use Test::More;

my $json = JSON::PP->new->utf8;
my $receivers = Receivers->new;
my $node = new_server('story', $receivers->conf('app'));

install($node, 'app');
ok(wait_for(sub { worker_pid($node, 'app') }), 'the worker is there');

sub sql
{
    my ($query, $at) = @_;

    return $node->safe_psql('app', ($at ? "set cs_health.now = '$at';\n" : '') . $query);
}

# What a colleague does
sub as_csm
{
    my ($name, $query) = @_;

    return qq{set request.jwt.claims = '{"email": "ok+$name\@acme.test"}'; $query; reset request.jwt.claims;};
}

# A query of examples/story/ and how many rows it has
sub example
{
    my ($name, $rows) = @_;
    my $file = "$FindBin::Bin/../../examples/story/$name.sql";
    my ($out, $err) = ('', '');

    ok($node->psql('app', slurp_file($file), stdout => \$out, stderr => \$err) == 0, "examples/story/$name.sql runs")
      or diag($err);
    is(() = $out =~ /^/mg, $rows, 'with an answer');
    like(slurp_file($file), qr/^-- \S/, 'and says to what');
}

# A day: the night's run of the day before, then the playbooks now and then, until what they send is received and noted.
# DO: what else happens, SQL or code by hour
sub live
{
    my ($day, %do) = @_;

    sql("select public.live('$day'::date - 1); call cs_health.run_due()", "$day 03:00+00");
    foreach my $hour (qw(03 07 08 09 10 14 16))
    {
        my $at = "$day $hour:05+00";
        my $waits = q{select exists (select from cs_health.outbox where state in ('pending', 'claimed'))};

        ref $do{$hour} ? $do{$hour}->($at) : sql($do{$hour}, $at) if $do{$hour};
        next if sql("call cs_health.run_playbooks(); $waits", $at) eq 'f';
        wait_for(sub { sql($waits) eq 'f' }) or die sql('select channel, state, last_error from cs_health.outbox');
        sql('call cs_health.run_playbooks()', $at);
    }
}

# The company: nine customers, of whom eight users come every day until something happens. All have a story by days
sql(<<~'SQL' . $receivers->mailer('starttls', from_name => 'Acme', unsubscribe => 'https://acme.example/stop'));
    update cs_health.settings
    set company_name = 'Acme', dashboard_url = 'https://app.acme.example', digest_at = null, locale = 'en';
    insert into cs_health.holiday values ('2025-03-14', 'Spring break');
    insert into cs_health.plan (code, name, rank, monthly_price) values ('start', 'Start', 1, 250), ('team', 'Team', 2, 400);
    insert into cs_health.feature (code, name) values ('tasks', 'Tasks'), ('reports', 'Reports'), ('api', 'API');
    insert into cs_health.plan_feature values ('start', 'tasks'), ('start', 'reports'), ('team', 'tasks'),
        ('team', 'reports'), ('team', 'api');
    insert into cs_health.plan_limit values ('start', 'seats', 10), ('team', 'seats', 50);
    insert into cs_health.csm (email, name, manager_email, slack_member_id, booking_url, locale) values
        ('ok+marta@acme.test', 'Marta Ferrer', null, null, null, 'es'),
        ('ok+grace@acme.test', 'Grace Palmer', null, null, null, 'en'),
        ('ok+lucia@acme.test', 'Lucía Ramos', 'ok+marta@acme.test', 'U0LUCIA', 'https://meet.example/lucia', 'es'),
        ('ok+emma@acme.test', 'Emma Walsh', 'ok+grace@acme.test', 'U0EMMA', 'https://meet.example/emma', 'en'),
        ('ok+hugo@acme.test', 'Hugo Vega', 'ok+marta@acme.test', null, null, 'es');

    create function public.t(n integer) returns uuid language sql immutable as
        $$select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid$$;
    insert into cs_health.tenant (id, name, plan_code, csm, locale, time_zone, signed_up_at, arr)
    select public.t(c.n), c.name, 'start', c.csm, c.locale, c.zone, '2023-05-02', 3000
    from (values
        (1, 'Talleres Ebro S.L.', 'ok+lucia@acme.test', 'es', 'Europe/Madrid'),
        (2, 'Larkfield Foods', 'ok+emma@acme.test', 'en', 'America/Chicago'),
        (3, 'Bodegas Duero', 'ok+hugo@acme.test', 'es', 'Europe/Madrid'),
        (4, 'Ashford Freight', 'ok+emma@acme.test', 'en', 'Europe/London'),
        (5, 'Clínica Azahar', 'ok+lucia@acme.test', 'es', 'Europe/Madrid'),
        (6, 'Rowan Software', 'ok+emma@acme.test', 'en', 'Europe/London'),
        (7, 'Hoteles Jarama', 'ok+lucia@acme.test', 'es', 'Europe/Madrid'),
        (8, 'Conservas Navarrete', 'ok+lucia@acme.test', 'es', 'Europe/Madrid'),
        (9, 'Kestrel Hotels', 'ok+emma@acme.test', 'en', 'Europe/London')) as c(n, name, csm, locale, zone);
    insert into cs_health.revenue_event (tenant_id, occurred_on, kind, mrr_change)
    select t.id, '2023-05-02', 'new', 250 from cs_health.tenant as t;
    insert into cs_health.contact (tenant_id, name, email, role)
    select public.t(c.n), c.name, c.email, 'champion'
    from (values
        (1, 'Pilar Núñez', 'ok+pilar@ebro.test'), (2, 'Walsh, Dr. Megan', 'ok+megan@larkfield.test'),
        (3, 'Tomás Calvo', 'ok+tomas@duero.test'), (5, 'Inés Ortega', 'ok+ines@azahar.test'),
        (6, 'Noah Carter', 'ok+noah@rowan.test'), (7, 'Sara Vega', 'ok+sara@jarama.test'),
        (8, 'Raúl Prieto', 'ok+raul@navarrete.test'), (9, 'Isla Hughes', 'ok+isla@kestrel.test')) as c(n, name, email);

    -- How many of the eight users come a day, taking turns, from which day on
    create table public.story (n integer, day date, users integer, primary key (n, day));
    insert into public.story
    select n, date '2025-01-01', 8 from generate_series(1, 9) as n
    union all select n, date '2025-02-24', 2 from unnest(array[1, 2, 3, 4, 7]) as n
    union all select 8, date '2025-02-27', 2;
    create function public.live(day date) returns void language sql as $$
        insert into cs_health.event (tenant_id, user_id, occurred_at, kind, feature, minutes)
        select t.id, 'u' || u, timezone(t.time_zone, day + time '10:00'), k.kind, k.feature, 5
        from cs_health.tenant as t
        join lateral (
            select s.users from public.story as s where public.t(s.n) = t.id and s.day <= live.day
            order by s.day desc limit 1) as s on true
        join generate_series(1, 8) as u on (u + (live.day - date '2025-01-01')) % 8 < s.users
        cross join (values ('login', null), ('feature', 'tasks'), ('feature', 'reports')) as k(kind, feature);
        insert into cs_health.usage (tenant_id, metric, measured_at, used)
        select t.id, 'seats', timezone(t.time_zone, day + time '20:00'),
            case when t.id in (public.t(5), public.t(6), public.t(7)) and day >= '2025-03-09'
                or t.id = public.t(9) and day >= '2025-03-12' then 9 else 8 end
        from cs_health.tenant as t;
    $$;
    create function public.complain(n integer, at timestamptz) returns void language sql as $$
        insert into cs_health.feedback (tenant_id, kind, score, user_id, answered_at)
        select public.t(n), 'nps', 3, 'u' || u, at from generate_series(1, 2) as u;
        insert into cs_health.ticket (tenant_id, id, opened_at)
        select public.t(n), 'T' || i, at from generate_series(1, 3) as i
    $$;
    create function public.praise(n integer, at timestamptz) returns void language sql as $$
        insert into cs_health.feedback (tenant_id, kind, score, user_id, answered_at)
        select public.t(n), 'nps', 9, 'u' || u, at from generate_series(1, 2) as u;
        update cs_health.ticket set resolved_at = at where tenant_id = public.t(n) and resolved_at is null
    $$;
    insert into cs_health.ticket (tenant_id, id, opened_at)
    select t.id, 'T0', '2025-01-09 10:00+00' from cs_health.tenant as t;
    select public.praise(n, '2025-01-10 12:00+00') from generate_series(1, 9) as n;
    SQL
$receivers->secret('slack', { url => $receivers->url('200') });
sql(q{insert into cs_health.channel (code, kind, secret, per_second) values ('slack', 'slack', 'slack', 100)});
sql(q{select public.live(d::date) from generate_series(timestamp '2025-01-06', '2025-03-05', '1 day') as d;
    call cs_health.replay('2025-02-20', '2025-03-05')}, '2025-03-06 03:00+00');
sql(q{update cs_health.cs_playbook set params = params || '{"discount_percent": 15, "free_days": 30}'
    where code = 'reactivation';
    update cs_health.cs_playbook
    set auto_execute = true,
        params = params || '{"discount_percent": 12.5, "upgrade_url": "https://app.acme.example/upgrade"}'
    where code = 'expansion';
    select cs_health.activate_playbook(p.id) from cs_health.cs_playbook as p where p.code in ('reactivation', 'expansion')},
    '2025-03-06 04:00+00');

live("2025-03-0$_") foreach 7 .. 9;

# Bad answers and three tickets on Sunday; whoever uses more than 8 of 10 seats does so from Sunday on
sql(q{select public.complain(n, '2025-03-09 12:00+00') from unnest(array[1, 2, 3, 4, 7]) as n});
my $approve = join '', map {
    as_csm($_, "select cs_health.approve_execution(e.id) from cs_health.playbook_execution as e
        join cs_health.tenant as t on t.id = e.tenant_id where e.status = 'waiting' and t.csm = 'ok+$_\@acme.test'")
} qw(lucia emma hugo);
my %happens = (
    '10' => { '09' => sub { example('waiting', 5) }, 10 => $approve },
    # Offers of later executions are not decided yet
    '11' => { 16 => q{update cs_health.cs_playbook set params = params || '{"discount_percent": null}'} },
    '12' => { 16 => q{update cs_health.channel set enabled = false where code = 'slack';
        select public.complain(8, '2025-03-12 12:00+00')} },
    '13' => { 10 => $approve },
    '14' => { 10 => q{update cs_health.csm set booking_url = 'https://meet.example/hugo' where name = 'Hugo Vega'} },
    '15' => { 14 => q{insert into cs_health.touchpoint (tenant_id, kind, direction, at, channel, actor, detail)
        values (public.t(3), 'reply', 'inbound', '2025-03-15 11:00+00', 'email', 'ok+tomas@duero.test', 'Hablemos')} },
    '25' => { 16 => as_csm('marta', q{select cs_health.complete_task(k.id, 'reached', 'La dirección quiere seguir')
        from cs_health.task as k where k.tenant_id = public.t(1)}) . q{
        select public.praise(3, '2025-03-25 12:00+00')} },
    '28' => { 10 => q{update cs_health.cs_playbook set params = params || '{"discount_percent": 20}'
        where code = 'expansion'} });
live(sprintf('2025-03-%02d', $_), %{ $happens{$_} // {} }) foreach 10 .. 31;
live('2025-04-01', 16 => join '', as_csm('lucia', q{select cs_health.complete_task(k.id, 'reached', 'Aceptan la oferta')
    from cs_health.task as k where k.tenant_id in (public.t(1), public.t(5)) and k.status = 'open'}));
live('2025-04-02');
live('2025-04-03', 14 => q{update cs_health.cs_playbook set params = params || '{"discount_percent": 20}'
    where code = 'reactivation'});
live('2025-04-04');

my %mail = map { $_->{key} => $_ } $receivers->received('smtp');
my %hook = map { $_->{headers}{'idempotency-key'} => $_ } $receivers->received('http');

# A mail as people read it
sub letter
{
    my ($id) = @_;
    my ($head, $body) = split /\r\n\r\n/, $mail{"<$id\@sender.test>"}{body}, 2;
    my %field = map { /^([^:]+): (.*)$/ } split /\r\n/, $head =~ s/\r\n[ \t]+/ /gr;
    my @lines = map { exists $field{$_} ? "$_: " . encode('UTF-8', decode('MIME-Header', $field{$_})) . "\n" : () }
        qw(From Reply-To To Subject List-Unsubscribe List-Unsubscribe-Post);

    # The address to opt out at ends with the message's own id
    return join('', @lines) =~ s/\Q?id=$id\E/?id=ID/r . "\n" . decode_qp($body) =~ s/\r\n/\n/gr;
}

# What became of the steps of a customer, in order and as it was received: the local day, over what, and the whole of it
sub story
{
    my ($n, $playbook) = @_;
    my @steps = map { $json->decode($_) } split /\n/, sql(qq{
        select jsonb_build_object('day', timezone(t.time_zone, s.handed_at)::date, 'channel', s.channel, 'id', s.outbox_id,
            'task', format(E'for %s, until %s\\n%s\\n\\n%s', k.assignee, k.due_on, k.title, k.detail),
            'banner', concat_ws(E'\\n', m.title, m.body, m.link),
            'signal', concat_ws(' ', g.signal_type, g.status, g.current_plan, g.recommended_plan, g.potential_arr,
                g.signal_details - 'growth_per_day'))
        from cs_health.playbook_step as s
        join cs_health.playbook_execution as e on e.tenant_id = s.tenant_id and e.id = s.execution_id
        join cs_health.cs_playbook as p on p.id = e.playbook_id and p.code = '$playbook'
        join cs_health.tenant as t on t.id = s.tenant_id
        left join cs_health.task as k on k.execution_id = e.id and k.step_no = s.step_no
        left join cs_health.in_app_message as m on m.execution_id = e.id and m.step_no = s.step_no
        left join cs_health.expansion_signal as g on g.tenant_id = t.id
        where s.tenant_id = public.t($n) and s.handed_at is not null order by s.handed_at, s.step_no});
    my %what = (
        email => sub { letter($_->{id}) },
        slack => sub { encode('UTF-8', decode_json(encode('UTF-8', $hook{ $_->{id} }{body}))->{text}) },
        in_app => sub { encode('UTF-8', $_->{banner}) },
        automatic => sub { $_->{signal} },
        call => sub { encode('UTF-8', $_->{task}) });
    $what{internal} = $what{call};

    return map { "$_->{day} $_->{channel}\n" . ($what{ $_->{channel} }->() =~ s/\n*\z/\n/r) } @steps;
}

# The same in short, for those whose texts are held against others' above: "day channel: how it ended"
sub course
{
    my ($n, $playbook) = @_;

    return [ split /\n/, sql(qq{
        select format('D+%s %s %s: %s', s.day, coalesce(to_char(timezone(t.time_zone, s.handed_at), 'MM-DD'), '-'),
            s.channel, concat_ws(' ', s.status, s.reason, (select string_agg(format('(%s)', h.reason), ' ' order by h.id)
                from cs_health.playbook_history as h
                where h.execution_id = e.id and h.step_no = s.step_no and h.action in ('step moved', 'step held'))))
        from cs_health.playbook_step as s
        join cs_health.playbook_execution as e on e.tenant_id = s.tenant_id and e.id = s.execution_id
        join cs_health.cs_playbook as p on p.id = e.playbook_id and p.code = '$playbook'
        join cs_health.tenant as t on t.id = s.tenant_id
        where s.tenant_id = public.t($n) order by s.step_no}) ];
}

# The texts, whole
my %expected;
{
    local $/;
    my (undef, @parts) = split /^=== (.*)\n/m, <DATA>;
    while (my ($name, $texts) = splice @parts, 0, 2)
    {
        $expected{$name} = [ split /^---\n/m, $texts ];
    }
}
foreach my $name (sort keys %expected)
{
    my ($n, $playbook) = split / /, $name;
    my @got = story($n, $playbook);

    is(scalar @got, scalar @{ $expected{$name} }, "$name: as many as there should be");
    foreach my $i (0 .. $#got)
    {
        is($got[$i], $expected{$name}[$i], "$name: " . join ' ', (split /\n/, $got[$i])[0]);
    }
}

# The days: of those above, of whom somebody replied to, of whom nobody can be written to
my @whole = ('D+0 03-10 slack: sent', 'D+1 03-11 email: sent', 'D+3 03-13 email: sent', 'D+7 03-17 email: sent');
is_deeply(course(1, 'reactivation'), [ @whole, 'D+14 03-24 internal: done reached', 'D+21 03-31 call: done reached' ],
    'reactivation in Madrid, whose clocks change before its last day');
is_deeply(course(2, 'reactivation'), [ @whole, 'D+14 03-24 internal: queued', 'D+21 03-31 call: queued' ],
    'and in Chicago, with two tasks that nobody has done');
is_deeply(course(3, 'reactivation'), [ @whole[0, 1], 'D+3 03-17 email: sent (no_booking_url)',
    'D+7 03-18 email: sent (contact_budget)', 'D+14 - internal: skipped replied', 'D+21 - call: cancelled' ],
    'a booking address that comes late holds a mail, a reply skips D+14, recovery ends it');
is_deeply(course(4, 'reactivation'), [ $whole[0], (map { "D+$_ - email: done no_recipient" } 1, 3, 7),
    'D+14 03-24 internal: queued', 'D+21 03-31 call: queued' ], 'nobody to write to');
is(sql(q{select string_agg(concat_ws(', ', k.title, k.detail, k.assignee, k.due_on), E'\n' order by k.created_at)
    from cs_health.task as k where k.tenant_id = public.t(4) and k.kind = 'no_recipient'}),
    'Nobody to write to at Ashford Freight, Step 2 (check_in_email) of playbook "Reactivation". Add a contact who has '
        . 'not opted out, or mark one as primary., ok+emma@acme.test, 2025-03-11', 'is a task for the CSM instead');
is_deeply(course($_, 'expansion'), [ 'D+0 03-10 automatic: done', 'D+1 03-11 email: sent', 'D+3 03-13 in_app: done',
    'D+7 03-17 call: ' . ($_ == 5 ? 'done reached' : 'queued'), 'D+14 03-24 email: sent' ],
    'expansion in ' . ($_ == 5 ? 'Madrid' : 'London')) foreach 5, 6;

# One customer that falls on the day on which it comes near its limit: nobody sells to it
is_deeply(course(7, 'reactivation'), [ @whole, 'D+14 03-24 internal: queued', 'D+21 03-31 call: queued' ],
    'a customer at risk is looked after');
is_deeply(course(7, 'expansion'), [], 'and nothing is sold to it');
is(sql(q{select concat_ws(' ', s.signal_type, s.status, s.held_reason) from cs_health.expansion_signal as s
    where s.tenant_id = public.t(7)}), 'usage_limit new at_risk', 'its signal is held');

# From a Thursday on, before a holiday and a weekend, with offers that are decided late
is_deeply(course(8, 'reactivation'), [ 'D+0 03-13 email: sent', 'D+1 03-17 email: sent (closed)',
    'D+3 03-18 email: sent (closed) (contact_budget)', 'D+7 03-20 email: sent', 'D+14 03-27 internal: queued',
    'D+21 04-04 call: queued (no_offer)' ], 'what meets closed days moves, later steps keep their days');
is_deeply(course(9, 'expansion'), [ 'D+0 03-13 automatic: done', 'D+1 03-17 email: sent (closed)',
    'D+3 03-18 in_app: done (closed) (contact_budget)', 'D+7 03-20 call: queued', 'D+14 03-31 email: sent (no_offer)' ],
    'of expansion, too');
is((story(9, 'expansion'))[4] =~ /^Subject: (.*)/m ? $1 : '', '20 % off Team, for 7 days', 'with the offer that was made');

is(sql(q{select string_agg(format('%s %s %s', right(e.tenant_id::text, 1), e.status, e.outcome), ', '
    order by e.tenant_id, e.playbook_name) from cs_health.playbook_execution as e}),
    '1 finished all steps are over, 2 running , 3 exited goal reached, 4 running , 5 finished all steps are over, '
    . '6 running , 7 running , 8 running , 9 running ', 'how they ended, open tasks keep them running');
is(sql(q{select concat_ws(' ', to_char(h.at, 'MM-DD HH24:MI'), h.actor, h.step_no, h.action, h.reason)
    from cs_health.playbook_history as h where h.tenant_id = public.t(3) order by h.id}), <<~'END' =~ s/\n\z//r,
    03-10 03:00 engine waiting
    03-10 10:05 ok+hugo@acme.test approved
    03-10 10:05 engine 1 step queued
    03-10 10:05 engine 1 step sent
    03-11 08:05 engine 2 step queued
    03-11 08:05 engine 2 step sent
    03-13 08:05 engine 3 step held no_booking_url
    03-17 08:05 engine 3 step queued
    03-17 08:05 engine 4 step moved contact_budget
    03-17 08:05 engine 3 step sent
    03-18 08:05 engine 4 step queued
    03-18 08:05 engine 4 step sent
    03-24 08:05 engine 5 step skipped replied
    03-28 03:00 engine exited goal reached
    END
    'the history of one');

# Nothing else went out, and all of it once
is(sql('select count(*) from cs_health.outbox'), 27, '27 messages');
is(sql(q{select count(*) from cs_health.outbox where state = 'sent' and attempt = 1 and execution_id is not null}), 27,
    'all of playbooks, all sent');
is($receivers->arrived('smtp') . ' ' . keys(%mail) . ' ' . $receivers->arrived('http') . ' ' . keys(%hook), '22 22 5 5',
    'received: 22 mails and 5 Slack messages, none twice');
is(scalar(grep { !$_->{tls} || !$_->{user} } values %mail), 0, 'every mail over TLS, after AUTH');
ok(!(grep { letter($_) =~ /^List-Unsubscribe/m } split /\n/, sql(q{select o.id from cs_health.outbox as o
    join cs_health.csm as c on c.email = o.payload ->> 'to'})), 'colleagues are not offered to unsubscribe');

# The queries that the demo tells its story with
sql('create schema demo; create table demo.received (id uuid)');
sql("insert into demo.received values ('$_')") foreach map { /([0-9a-f-]{36})/ } keys %mail, keys %hook;
example(@$_) foreach [ 'scores', 11 ], [ 'history', 16 ], [ 'deliveries', 2 ];
is(sql(slurp_file("$FindBin::Bin/../../examples/story/deliveries.sql")), "email|22|22|22|0|0|0\nslack|5|5|5|0|0|0",
    'committed, sent and received are the same');

# Five thousand customers below 60 on the first day that is scored, with everything set to go ahead by itself
install($node, 'crowd');
sub crowd
{
    my ($day, $hour, $query) = @_;

    return $node->safe_psql('crowd', "set cs_health.now = '2025-03-$day $hour+00';\n$query");
}
my $night = 'call cs_health.run_due(); call cs_health.run_playbooks()';
my $entered = q{select count(*) || ' ' || count(*) filter (where e.created_by <> 'engine')
    from cs_health.playbook_execution as e};
crowd(10, '09:05', q{
    insert into cs_health.csm (email, name, booking_url) values
        ('emma@acme.test', 'Emma', 'https://meet.example/emma');
    insert into cs_health.tenant (id, name, csm, locale, signed_up_at, arr)
    select md5(i::text)::uuid, 'Customer ' || i, 'emma@acme.test', 'en', '2023-05-02', i
    from generate_series(1, 5030) as i;
    insert into cs_health.event (tenant_id, user_id, occurred_at, kind)
    select md5(i::text)::uuid, 'u1', d + interval '10 hours', 'login'
    from generate_series(1, 5030) as i
    cross join generate_series(timestamptz '2025-01-30 00:00+00', '2025-03-09',
        case when i <= 5000 then interval '20 days' else '1 day' end) as d;
    insert into cs_health.feedback (tenant_id, kind, score, user_id, answered_at)
    select md5(i::text)::uuid, 'nps', case when i <= 5000 then 2 else 10 end, 'u1', '2025-03-05'
    from generate_series(1, 5030) as i;
    update cs_health.cs_playbook
    set auto_execute = true, max_new_per_day = 20, params = params || '{"discount_percent": 15, "free_days": 30}'
    where code = 'reactivation';
    select cs_health.activate_playbook(cs_health.playbook_by_code('reactivation'));} . $night);
is(crowd(10, '10:00', q{select count(*) filter (where overall_score < 60) || ' of ' || count(*)
    from cs_health.customer_health}), '5000 of 5030', 'a company most of whose customers are below 60 on day one');
crowd(11, '09:05', $night);
is(crowd(11, '10:00', $entered), '0 0', 'nobody enters, not on the day after either');
is(crowd(11, '10:00', 'select (select count(*) from cs_health.outbox) + (select count(*) from cs_health.task)'), 0,
    'nothing is sent, no task made');
is(crowd(11, '10:00', q{select count(*) || ' ' || count(*) filter (where obstacle is null)
    from cs_health.baseline_tenants(cs_health.playbook_by_code('reactivation'))}), '5000 5000',
    'they are listed as the baseline');
is(crowd(11, '10:00', q{select cs_health.enrol_existing(cs_health.playbook_by_code('reactivation'), 7)}), 7,
    'as many enter as somebody says');
is(crowd(11, '10:00', $entered), '7 7', 'no more');
is(crowd(11, '10:00', q{select string_agg(t.name, ', ' order by t.arr desc) from cs_health.playbook_execution as e
    join cs_health.tenant as t on t.id = e.tenant_id}), join(', ', map { "Customer $_" } reverse 4994 .. 5000),
    'those with most revenue at risk');

# The other thirty fall a day later: twenty enter a day
crowd(12, '03:00', q{
    insert into cs_health.feedback (tenant_id, kind, score, user_id, answered_at)
    select md5(i::text)::uuid, 'nps', 0, 'u1', '2025-03-11 12:00+00' from generate_series(5001, 5030) as i;
    insert into cs_health.ticket (tenant_id, id, opened_at)
    select md5(i::text)::uuid, 'T' || k, '2025-03-11 13:00+00'
    from generate_series(5001, 5030) as i cross join generate_series(1, 9) as k;} . $night);
is(crowd(12, '10:00', $entered), '27 7', 'twenty of thirty on the first day');
is(crowd(12, '10:00', q{select string_agg(concat_ws(' ', s.standing, s.reason, n), ', ' order by s.standing, s.reason)
    from (select s.standing, s.reason, count(*) as n from cs_health.playbook_state as s group by 1, 2) as s}),
    'baseline 4993, candidate capacity 10, enrolled 27', 'the others wait, and it is said why');
crowd(13, '03:00', $night);
is(crowd(13, '10:00', $entered), '37 7', 'the rest on the second');

$node->stop;
done_testing();

__DATA__
=== 1 reactivation
2025-03-10 slack
<@U0LUCIA> *Talleres Ebro S.L.: salud en 55*
Salud de Talleres Ebro S.L.: 55 de 100, categoría «en riesgo», tendencia a la baja. Ingresos anuales: 3.000 EUR.

Lo que más le resta: NPS -100; en un día medio entran 5,2 de 8 usuarios mensuales; los usuarios mensuales variaron un 0 % en 30 días.

Qué hacer hoy: repasar lo que se sabe de la cuenta, como vacaciones, un proyecto que terminó o una incidencia abierta. Mañana sale un correo de seguimiento a su contacto; si no procede, cancelar antes este playbook.

https://app.acme.example/#/customer/00000000-0000-4000-8000-000000000001
---
2025-03-11 email
From: Lucía Ramos <success@sender.test>
Reply-To: <ok+lucia@acme.test>
To: Pilar Núñez <ok+pilar@ebro.test>
Subject: ¿Podemos ayudarle en algo?
List-Unsubscribe: <https://acme.example/stop?id=ID>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hemos notado menor actividad en la cuenta de Talleres Ebro S.L. durante las últimas semanas, Pilar, y me gustaría saber cómo les va.

A veces es solo una época tranquila; otras veces hay algo del producto que no encaja con lo que necesitan. Si es lo segundo, dígamelo y lo revisamos.

¿Podría responderme en un par de líneas qué les ayudaría más en este momento?

Un cordial saludo,

Lucía Ramos
---
2025-03-13 email
From: Lucía Ramos <success@sender.test>
Reply-To: <ok+lucia@acme.test>
To: Pilar Núñez <ok+pilar@ebro.test>
Subject: Media hora para sus dudas
List-Unsubscribe: <https://acme.example/stop?id=ID>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hola, Pilar:

Quisiera ofrecerle una sesión de soporte individual: media hora para lo que esté frenando a Talleres Ebro S.L., con sus dudas y sobre su propia cuenta.

Elija, por favor, la hora que mejor le venga: https://meet.example/lucia

Un cordial saludo,

Lucía Ramos
---
2025-03-17 email
From: Lucía Ramos <success@sender.test>
Reply-To: <ok+lucia@acme.test>
To: Pilar Núñez <ok+pilar@ebro.test>
Subject: Formación para su equipo
List-Unsubscribe: <https://acme.example/stop?id=ID>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hola, Pilar:

Una hora de formación suele ahorrarle muchas a un equipo. Hay dos opciones: nuestro próximo webinar, junto a otros clientes, o una sesión personal con Talleres Ebro S.L. sobre su trabajo diario.

Responda «webinar» o «personal» y yo me ocupo del resto.

Un cordial saludo,

Lucía Ramos
---
2025-03-24 internal
for ok+marta@acme.test, until 2025-03-25
Talleres Ebro S.L. no responde: decidir quién llama

Sin respuesta de Talleres Ebro S.L. en dos semanas. Salud: 45 (categoría «en riesgo»). Ingresos anuales: 3.000 EUR.

Lo que más le resta: en un día medio entran 2,4 de 8 usuarios mensuales; NPS -100; los usuarios mensuales variaron un 0 % en 30 días.

Qué hacer: acordar con el CSM quién llama a la dirección del cliente, con qué propuesta y cuándo.

https://app.acme.example/#/customer/00000000-0000-4000-8000-000000000001
---
2025-03-31 call
for ok+lucia@acme.test, until 2025-04-02
Llamar a Talleres Ebro S.L. con una oferta especial

Salud de Talleres Ebro S.L. tras tres semanas: 43 (categoría «en riesgo»). Lo que más le resta: en un día medio entran 2 de 8 usuarios mensuales; NPS -100; los usuarios mensuales variaron un 0 % en 30 días.

Qué ofrecer: un 15 % de descuento o 30 días más sin coste, lo que más les ayude. Preguntar antes qué tiene que cambiar; una oferta por sí sola no resuelve nada.

Después: anotar aquí el resultado y, si aceptan, fijar la fecha de la próxima revisión.

https://app.acme.example/#/customer/00000000-0000-4000-8000-000000000001
=== 2 reactivation
2025-03-10 slack
<@U0EMMA> *Larkfield Foods: health at 55*
Health of Larkfield Foods: 55 of 100, at risk, trend declining. Annual revenue: 3,000 EUR.

What costs it most: NPS -100; 5.2 of 8 monthly users come on an average day; monthly users changed by 0 % in 30 days.

What to do today: go over what you know of the account, such as holidays, a project that ended or an open incident. Tomorrow a check-in mail goes to its champion; if it would be out of place, cancel this playbook before.

https://app.acme.example/#/customer/00000000-0000-4000-8000-000000000002
---
2025-03-11 email
From: "Emma Walsh" <success@sender.test>
Reply-To: <ok+emma@acme.test>
To: "Walsh, Dr. Megan" <ok+megan@larkfield.test>
Subject: Can we help with anything?
List-Unsubscribe: <https://acme.example/stop?id=ID>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

We have noticed less activity in the account of Larkfield Foods over the last few weeks, Megan, and I would like to know how you are getting on.

Sometimes it is just a quiet season; at other times something in the product does not fit what you need. If it is the latter, tell me and we will look into it.

Would you reply with a line or two about what would help you most right now?

Kind regards,

Emma Walsh
---
2025-03-13 email
From: "Emma Walsh" <success@sender.test>
Reply-To: <ok+emma@acme.test>
To: "Walsh, Dr. Megan" <ok+megan@larkfield.test>
Subject: Half an hour for your questions
List-Unsubscribe: <https://acme.example/stop?id=ID>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hello Megan,

I would like to offer you a support session, one to one: half an hour for whatever is holding Larkfield Foods back. Bring your questions, and we will go through them on your own account.

Please pick the time that suits you: https://meet.example/emma

Kind regards,

Emma Walsh
---
2025-03-17 email
From: "Emma Walsh" <success@sender.test>
Reply-To: <ok+emma@acme.test>
To: "Walsh, Dr. Megan" <ok+megan@larkfield.test>
Subject: Training for your team
List-Unsubscribe: <https://acme.example/stop?id=ID>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hello Megan,

An hour of training often saves a team many. There are two ways: our next webinar, together with other customers, or a personal session with Larkfield Foods on your daily work.

Reply with "webinar" or "personal", and I will arrange the rest.

Kind regards,

Emma Walsh
---
2025-03-24 internal
for ok+grace@acme.test, until 2025-03-25
Larkfield Foods does not answer: decide who calls

No answer from Larkfield Foods in two weeks. Health: 45 (at risk). Annual revenue: 3,000 EUR.

What costs it most: 2.4 of 8 monthly users come on an average day; NPS -100; monthly users changed by 0 % in 30 days.

What to do: agree with the CSM who calls the customer's management, with which proposal and when.

https://app.acme.example/#/customer/00000000-0000-4000-8000-000000000002
---
2025-03-31 call
for ok+emma@acme.test, until 2025-04-02
Call Larkfield Foods with a special offer

Health of Larkfield Foods after three weeks: 43 (at risk). What costs it most: 2 of 8 monthly users come on an average day; NPS -100; monthly users changed by 0 % in 30 days.

What to offer: 15 % off, or 30 more days free of charge, whichever helps more. Ask first what has to change; an offer alone solves nothing.

Afterwards: note the outcome here and, if they accept, set the date of the next review.

https://app.acme.example/#/customer/00000000-0000-4000-8000-000000000002
=== 5 expansion
2025-03-10 automatic
usage_limit new start team 1800.00 {"used": 9, "as_of": "2025-04-03", "limit": 10, "hit_on": "2025-06-20", "metric": "seats", "hit_from": "2025-05-12", "hit_until": "2025-08-23", "usage_ratio": 0.9}
---
2025-03-11 email
From: Lucía Ramos <success@sender.test>
Reply-To: <ok+lucia@acme.test>
To: Inés Ortega <ok+ines@azahar.test>
Subject: Tu plan se está quedando pequeño
List-Unsubscribe: <https://acme.example/stop?id=ID>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Estás aprovechando al máximo tu plan, Inés: Clínica Azahar ya usa el 90 % de lo que incluye.

Te lo cuento con tiempo, para que nada tenga que pararse al llegar al límite.

¿Quieres ver qué opciones hay? Responde a este correo y te envío una comparación basada en tu uso real.

Un saludo,

Lucía Ramos
---
2025-03-13 in_app
Más espacio con Team
Usas el 90 % de tu plan. Con Team tendrás: seats: 50 en lugar de 10, API.
https://app.acme.example/upgrade
---
2025-03-17 call
for ok+lucia@acme.test, until 2025-03-19
Llamar a Clínica Azahar: crecimiento y opciones

Clínica Azahar usa el 90 % de su límite. Ingresos anuales: 3.000 EUR. Salud: 90 (categoría saludable).

Qué hacer: preguntar qué planes tienen para los próximos doce meses, compararlos con el plan siguiente y proponer la opción que mejor encaje, que puede ser no cambiar.

Después: anotar aquí el resultado y actualizar el estado de la señal.

https://app.acme.example/#/customer/00000000-0000-4000-8000-000000000005
---
2025-03-24 email
From: Lucía Ramos <success@sender.test>
Reply-To: <ok+lucia@acme.test>
To: Inés Ortega <ok+ines@azahar.test>
Subject: Un 12,5 % de descuento en Team, durante 7 días
List-Unsubscribe: <https://acme.example/stop?id=ID>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hola, Inés:

Si Clínica Azahar va a seguir creciendo, puede ser buen momento: durante los próximos 7 días puedes contratar Team con un 12,5 % de descuento. Incluye: seats: 50 en lugar de 10, API.

Para aprovecharlo, responde «sí» dentro de esos 7 días y yo me ocupo de lo demás.

Un saludo,

Lucía Ramos
=== 6 expansion
2025-03-10 automatic
usage_limit new start team 1800.00 {"used": 9, "as_of": "2025-04-03", "limit": 10, "hit_on": "2025-06-20", "metric": "seats", "hit_from": "2025-05-12", "hit_until": "2025-08-23", "usage_ratio": 0.9}
---
2025-03-11 email
From: "Emma Walsh" <success@sender.test>
Reply-To: <ok+emma@acme.test>
To: "Noah Carter" <ok+noah@rowan.test>
Subject: You are close to the limit of your plan
List-Unsubscribe: <https://acme.example/stop?id=ID>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

You are making the most of your plan, Noah: Rowan Software already uses 90 % of what it includes.

I am telling you in good time, so that nothing has to stop when you reach the limit.

Would you like to see your options? Reply to this mail, and I will send you a comparison based on what you really use.

Kind regards,

Emma Walsh
---
2025-03-13 in_app
More room with Team
You use 90 % of your plan. With Team you get: seats: 50 instead of 10, API.
https://app.acme.example/upgrade
---
2025-03-17 call
for ok+emma@acme.test, until 2025-03-19
Call Rowan Software: growth and options

Rowan Software uses 90 % of its limit. Annual revenue: 3,000 EUR. Health: 90 (healthy).

What to do: ask what they plan for the next twelve months, compare it with the next plan, and propose the option that fits, which may be to stay.

Afterwards: note the outcome here and set the status of the signal.

https://app.acme.example/#/customer/00000000-0000-4000-8000-000000000006
---
2025-03-24 email
From: "Emma Walsh" <success@sender.test>
Reply-To: <ok+emma@acme.test>
To: "Noah Carter" <ok+noah@rowan.test>
Subject: 12.5 % off Team, for 7 days
List-Unsubscribe: <https://acme.example/stop?id=ID>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hello Noah,

If Rowan Software is going to keep growing, this may be a good moment: for the next 7 days you can have Team with a discount of 12.5 %. It brings you: seats: 50 instead of 10, API.

To take it, reply "yes" within those 7 days, and I will see to everything else.

Kind regards,

Emma Walsh
=== 8 reactivation
2025-03-13 email
From: "Acme" <success@sender.test>
To: Lucía Ramos <ok+lucia@acme.test>
Subject: Conservas Navarrete: salud en 55

Salud de Conservas Navarrete: 55 de 100, categoría «en riesgo», tendencia a la baja. Ingresos anuales: 3.000 EUR.

Lo que más le resta: NPS -100; en un día medio entran 5,2 de 8 usuarios mensuales; los usuarios mensuales variaron un 0 % en 30 días.

Qué hacer hoy: repasar lo que se sabe de la cuenta, como vacaciones, un proyecto que terminó o una incidencia abierta. Mañana sale un correo de seguimiento a su contacto; si no procede, cancelar antes este playbook.

https://app.acme.example/#/customer/00000000-0000-4000-8000-000000000008
---
2025-03-17 email
From: Lucía Ramos <success@sender.test>
Reply-To: <ok+lucia@acme.test>
To: Raúl Prieto <ok+raul@navarrete.test>
Subject: ¿Podemos ayudarle en algo?
List-Unsubscribe: <https://acme.example/stop?id=ID>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hemos notado menor actividad en la cuenta de Conservas Navarrete durante las últimas semanas, Raúl, y me gustaría saber cómo les va.

A veces es solo una época tranquila; otras veces hay algo del producto que no encaja con lo que necesitan. Si es lo segundo, dígamelo y lo revisamos.

¿Podría responderme en un par de líneas qué les ayudaría más en este momento?

Un cordial saludo,

Lucía Ramos
---
2025-03-18 email
From: Lucía Ramos <success@sender.test>
Reply-To: <ok+lucia@acme.test>
To: Raúl Prieto <ok+raul@navarrete.test>
Subject: Media hora para sus dudas
List-Unsubscribe: <https://acme.example/stop?id=ID>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hola, Raúl:

Quisiera ofrecerle una sesión de soporte individual: media hora para lo que esté frenando a Conservas Navarrete, con sus dudas y sobre su propia cuenta.

Elija, por favor, la hora que mejor le venga: https://meet.example/lucia

Un cordial saludo,

Lucía Ramos
---
2025-03-20 email
From: Lucía Ramos <success@sender.test>
Reply-To: <ok+lucia@acme.test>
To: Raúl Prieto <ok+raul@navarrete.test>
Subject: Formación para su equipo
List-Unsubscribe: <https://acme.example/stop?id=ID>
List-Unsubscribe-Post: List-Unsubscribe=One-Click

Hola, Raúl:

Una hora de formación suele ahorrarle muchas a un equipo. Hay dos opciones: nuestro próximo webinar, junto a otros clientes, o una sesión personal con Conservas Navarrete sobre su trabajo diario.

Responda «webinar» o «personal» y yo me ocupo del resto.

Un cordial saludo,

Lucía Ramos
---
2025-03-27 internal
for ok+marta@acme.test, until 2025-03-28
Conservas Navarrete no responde: decidir quién llama

Sin respuesta de Conservas Navarrete en dos semanas. Salud: 45 (categoría «en riesgo»). Ingresos anuales: 3.000 EUR.

Lo que más le resta: en un día medio entran 2,4 de 8 usuarios mensuales; NPS -100; los usuarios mensuales variaron un 0 % en 30 días.

Qué hacer: acordar con el CSM quién llama a la dirección del cliente, con qué propuesta y cuándo.

https://app.acme.example/#/customer/00000000-0000-4000-8000-000000000008
---
2025-04-04 call
for ok+lucia@acme.test, until 2025-04-07
Llamar a Conservas Navarrete con una oferta especial

Salud de Conservas Navarrete tras tres semanas: 43 (categoría «en riesgo»). Lo que más le resta: en un día medio entran 2 de 8 usuarios mensuales; NPS -100; los usuarios mensuales variaron un 0 % en 30 días.

Qué ofrecer: un 20 % de descuento o 30 días más sin coste, lo que más les ayude. Preguntar antes qué tiene que cambiar; una oferta por sí sola no resuelve nada.

Después: anotar aquí el resultado y, si aceptan, fijar la fecha de la próxima revisión.

https://app.acme.example/#/customer/00000000-0000-4000-8000-000000000008
