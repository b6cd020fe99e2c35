# Every role on every object of both schemas, compared with the tables that were reviewed in test/rights; and attacks, each
# of which would show another customer's data, or change it, if there were a hole.
use strict;
use warnings;
use CsHealth;
use FindBin;
use PostgreSQL::Test::Utils;
use Test::More;

my $rights = "$FindBin::Bin/../rights";
my $node = new_server('rights');
my $ana = '{"email": "ana@example.com"}';
my $bob = '{"email": "bob@example.com"}';
my $attacks = 0;

# Secure by default: nobody but the owner has any right before the roles exist
$node->safe_psql('postgres', 'create role owner login createrole; create role outsider login;
    create database bare owner owner; create database customers owner owner');
foreach my $database (qw(bare customers))
{
    $node->safe_psql($database, q{
        create extension cs_health;
        grant usage, create on schema cs_health to owner with grant option;
        grant execute on all routines in schema cs_health to owner with grant option});
    owner('call cs_health.install()', $database);
}
is($node->safe_psql('bare', q{
    select string_agg(distinct g.what || ' ' || g.grantee::regrole::text, ', ') from (
        select c.oid::regclass::text, a.grantee from pg_class as c cross join aclexplode(c.relacl) as a
        where c.relnamespace::regnamespace::text in ('cs_health', 'cs_health_v1')
        union all
        select p.oid::regprocedure::text, a.grantee from pg_proc as p
        cross join aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
        where p.pronamespace::regnamespace::text in ('cs_health', 'cs_health_v1')
        union all
        select n.nspname::text, a.grantee from pg_namespace as n cross join aclexplode(n.nspacl) as a
        where n.nspname in ('cs_health', 'cs_health_v1')) as g(what, grantee)
    where g.grantee not in ('owner'::regrole, 'postgres'::regrole)}), '', 'after install() nobody but the owner may anything');
is($node->safe_psql('bare', "select count(*) from pg_policy"), 0, 'and no policy lets anybody see a row');

owner('call cs_health.install_roles(); call cs_health.install_roles()');
owner(slurp_file("$rights/world.sql"));
$node->safe_psql('customers', slurp_file("$rights/probe.sql"));

# The tables: what changed since somebody read them. `tools/rights` writes them anew.
foreach my $table (qw(relations columns functions policies roles))
{
    my $found = '';

    run_log([ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('customers'), '-f', "$rights/$table.sql" ],
        '>', \$found);
    my %reviewed = map { $_ => 1 } my @reviewed = split /\n/, slurp_file("$rights/$table.tsv");
    my %found = map { $_ => 1 } split /\n/, $found;
    is(join("\n", grep { !$found{$_} } @reviewed), '', "$table: what was reviewed is so");
    is(join("\n", grep { !$reviewed{$_} } split /\n/, $found), '', "$table: nothing that was not reviewed");
}

# Every cell once more by trying it: EXPLAIN checks rights and changes nothing
my $prelude = slurp_file("$rights/prelude.sql");
my $tried = sql($prelude . q{
    create temporary table tried as
    select c.name, c.relispartition, c.asker, c.verb, c.letter, probe.attempt(c.asker, '', 'explain ' || case c.verb
        when 'select' then 'select from ' || c.name
        when 'insert' then format('insert into %s default values', c.name)
        when 'update' then format('update %s set %I = null', c.name, a.attname)
        else 'delete from ' || c.name end) as answer
    from cell as c
    cross join lateral (
        select a.attname from pg_attribute as a
        where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''
        order by not has_column_privilege(c.asker, c.oid, a.attnum, 'update'), a.attidentity, a.attnum limit 1) as a;
    select count(*), count(*) filter (where relispartition), 4 * count(distinct asker) * (
        select count(*) from pg_class as c
        where c.relnamespace = 'cs_health'::regnamespace and c.relkind = 'r' and c.relispartition) from tried;
    select string_agg(concat_ws(' ', asker, verb, name), ', ' order by asker, verb, name) from tried where letter = '-' and answer !~ '^error';
    select string_agg(concat_ws(' ', asker, verb, name), ', ' order by asker, verb, name) from tried where letter <> '-' and answer ~ '^error';
    select string_agg(concat_ws(' ', asker, verb, name), ', ' order by asker, verb, name) from tried where relispartition and answer !~ '^error'});
my ($counts, $too_much, $too_little, $open) = split /\n/, $tried, 4;
my ($cells, $of_partitions, $all_of_partitions) = split /\|/, $counts;
cmp_ok($cells, '>=', 4000, "cells of tables, views and partitions: $cells");
is($of_partitions, $all_of_partitions, "every partition by every verb and role: $of_partitions");
is($too_much, '', 'nothing is done without a right');
is($too_little, 'cs_health_admin select cs_health_v1.playbook_steps, cs_health_admin update cs_health_v1.playbooks',
    'all is done with one, but that an administrator reads no step and changes no id of a playbook');
is($open // '', '', 'a partition by its own name is nobody\'s');
my $calls = sql($prelude . 'select count(*) from routine cross join asker');
cmp_ok($calls, '>=', 4000, "cells of functions: $calls");

# Lints of the catalogue, each with a flaw that it must find
my $lints = slurp_file("$rights/lints.sql");
my $nr = 0;
while ($lints =~ /^-- lint: (\N+)\n-- flaw: (\N+)\n(.*?;)\n(?=\n|\z)/msg)
{
    my ($name, $flaw, $query) = ($1, $2, $3);

    is(sql("$prelude $query"), '', 'lint ' . ++$nr . ": $name");
    isnt(sql("begin; $flaw; $prelude $query rollback"), '', '  which is found');
}
cmp_ok($nr, '>=', 12, 'lints');
is($nr, scalar(() = $lints =~ /^-- lint/mg), 'all of them');

# The world has rows of both wherever there is something to see, or what follows would prove nothing
my $seen = q{select c.oid::regclass from pg_class as c join pg_attribute as a on a.attrelid = c.oid
    where c.relnamespace::regnamespace::text in ('cs_health', 'cs_health_v1') and c.relkind in ('r', 'p', 'v')
        and not c.relispartition and a.attname = 'tenant_id' and has_column_privilege('cs_health_csm', c.oid, a.attnum, 'select')
    order by 1};
my @seen = split /\n/, sql($seen);
cmp_ok(scalar @seen, '>=', 40, 'tables and views with customers that a CSM reads: ' . @seen);
my %empty_by_nature = map { $_ => 1 } qw(cs_health_v1.stalled);
foreach my $relation (@seen)
{
    my $both = sql("select count(distinct t.csm) from $relation as r join cs_health.tenant as t on t.id = r.tenant_id
        where t.csm in ('ana\@example.com', 'bob\@example.com')");
    ok($both == 2 || $empty_by_nature{$relation}, "$relation has rows of both");
}

# 1-4: reading, table by table and view by view
is_none(attempt_each($seen, 'cs_health_csm', $ana, q{select count(*) from %1$s where tenant_id not in (
    select id from cs_health.tenant where csm = 'ana@example.com')}, '^0 written: 0$'),
    'a CSM reads no row of another\'s customers, anywhere');
is_none(attempt_each($seen, 'cs_health_csm', $ana, q{select count(*) from %1$s where tenant_id in (md5('tenant of bob')::uuid,
    md5('second of bob')::uuid, md5('gone of bob')::uuid)}, '^0 written: 0$'), 'not even when asked for by id');
my $views = q{select c.oid::regclass from pg_class as c where c.relnamespace = 'cs_health_v1'::regnamespace and c.relkind = 'v'
    and has_any_column_privilege('cs_health_csm', c.oid, 'select') order by 1};
is(sql("select string_agg(v::text, ', ') from ($views) as q(v)
    where probe.attempt('cs_health_csm', '$ana', probe.all_of(v::text)) ~ 'canary'"), '', 'attack ' . ++$attacks
    . ': no view of the API has a word of another\'s customers in any column');
cmp_ok(sql("select count(*) from ($views) as q(v)
    where probe.attempt('cs_health_csm', '$bob', probe.all_of(v::text)) ~ 'canary'"), '>=', 15, 'which their own CSM reads there');

# 5-8: writing, table by table
my $may = q{select c.oid::regclass from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attname = 'tenant_id'
    where c.relnamespace = 'cs_health'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        and has_any_column_privilege('cs_health_csm', c.oid, '%s') order by 1};
my $own = q{probe.id('tenant', 'bob')};
my $bobs = sql("select $own");
my $nobodys = sql(q{select probe.id('tenant', 'nobody')});
is_none(attempt_each(sprintf($may, 'insert'), 'cs_health_csm', $ana, "insert into %1\$s (tenant_id) values ('$bobs')",
    '^error 42501: new row violates row-level security policy'), 'a CSM adds no row to another\'s customer, anywhere');
is(sql("select string_agg(r::text, ', ') from (@{[sprintf $may, 'insert']}) as q(r)
    where probe.attempt('cs_health_csm', '$ana', format('insert into %s (tenant_id) values (%L)', r, '$bobs'))
        is distinct from probe.attempt('cs_health_csm', '$ana', format('insert into %s (tenant_id) values (%L)', r, '$nobodys'))"),
    '', 'attack ' . ++$attacks . ': and is told the same of a customer that does not exist (foreign keys tell nothing)');
my $update = sprintf($may, 'update') =~ s/select c.oid::regclass/select c.oid::regclass, (select format('%I', u.attname) from pg_attribute as u
    where u.attrelid = c.oid and u.attnum > 0 and has_column_privilege('cs_health_csm', c.oid, u.attnum, 'update') limit 1)/r;
is_none(attempt_each($update, 'cs_health_csm', $ana, "with done as (update %1\$s set %2\$s = null
    where tenant_id = '$bobs' returning 1) select count(*) from done", '^0 written: 0$'), 'a CSM changes no row of another\'s');
is_none(attempt_each($update, 'cs_health_csm', $ana, "merge into %1\$s as t using (values ('$bobs'::uuid)) as v(id)
    on t.tenant_id = v.id when matched then update set %2\$s = null", '^0 written: $'), 'nor by merge');
is(sql("select string_agg(c.oid::regclass::text, ', ') from pg_class as c where c.relnamespace = 'cs_health'::regnamespace
    and c.relkind in ('r', 'p') and has_table_privilege('cs_health_csm', c.oid, 'delete, truncate')"), 'cs_health.saved_segment',
    'attack ' . ++$attacks . ': a CSM deletes nothing but filters of the own');

# 9-13: every function of the API with what is another's
my $functions = q{select p.oid, p.oid::regprocedure::text as name, p.provolatile = 'v' as writes from pg_proc as p
    where p.pronamespace = 'cs_health_v1'::regnamespace and has_function_privilege('%s', p.oid, 'execute')};
my %claims = (cs_health_csm => [ $ana, $bob ], cs_health_tenant => [
    map { qq({"tenant_id": "$_"}) } $node->safe_psql('customers', q{select probe.id('tenant', 'ana')}), $bobs ]);
foreach my $role (sort keys %claims)
{
    my ($mine, $theirs) = @{ $claims{$role} };
    my $list = sprintf $functions, $role;
    my $try = sub { "probe.attempt('$role', '$_[0]', probe.all_of(probe.call(f.oid, '$_[1]')))" };

    # With what is the own they go through, or at least as far as to say that the state is not the right one
    is(sql("select string_agg(f.name || ' ' || a, E'\\n') from ($list) as f cross join lateral (select ${\$try->($mine, 'ana')}) as t(a)
        where a !~ '^(\\d+ written|error PT409)'"), '', "$role calls every function of the API with what is the own");
    foreach my $call (split /\n/, sql("select f.name from ($list) as f
        where pg_get_function_arguments(f.oid) ~ '(uuid|csm text|health_scores)' order by 1"))
    {
        my ($answer, $other) = split /\x1e/, sql("select ${\$try->($mine, 'bob')} || E'\\x1e' || ${\$try->($mine, 'nobody')}
            from ($list) as f where f.name = '$call'");
        s/[0-9a-f]{8}-[0-9a-f-]{27}|\w+\@example\.com/…/g foreach $answer, $other;
        attack($answer =~ /^(0 written|error (PT4|22|42501))/ && $answer !~ /canary/ && $answer eq $other,
            "$role, with what is another's: $call", "$answer\nof nobody: $other");
    }
}

# A GET runs in a read-only transaction
is(sql("select string_agg(f.name || ' ' || a, E'\\n') from (@{[sprintf $functions, 'cs_health_csm']}) as f
    cross join lateral (select probe.attempt('cs_health_csm', '$ana', probe.all_of(probe.call(f.oid, 'ana')), true),
        probe.attempt('cs_health_csm', '$ana', probe.all_of(probe.call(f.oid, 'ana')))) as t(a, b)
    where f.writes and a !~ '^error (25006|PT409)' or not f.writes and a is distinct from b"), '',
    'attack ' . ++$attacks . ': what writes is refused to a GET (25006), and what says it only reads does');

# What becomes the reason phrase of HTTP is constant
is(sql("select string_agg(f.name || ' ' || a, E'\\n') from (@{[sprintf $functions, 'cs_health_csm']}) as f
    cross join lateral (values ('ana'), ('nobody')) as w(whose)
    cross join lateral (select probe.attempt('cs_health_csm', '$ana', probe.all_of(probe.call(f.oid, w.whose,
        E'x\\r\\nSet-Cookie: a=b')))) as t(a)
    where a ~ '^error PT' and split_part(a, '|', 1) !~ '^error PT\\d\\d\\d: [a-z -]+\$'"), '',
    'attack ' . ++$attacks . ': no argument gets into a header of HTTP');

# No caller's text is run as SQL
is(sql("select string_agg(p.oid::regprocedure::text, ', ') from pg_proc as p
    where p.pronamespace::regnamespace::text in ('cs_health', 'cs_health_v1') and p.prosrc ~* '\\mexecute\\M'
        and (has_function_privilege('cs_health_csm', p.oid, 'execute') or has_function_privilege('cs_health_tenant', p.oid, 'execute'))"),
    '', 'attack ' . ++$attacks . ': no function that a CSM or a customer may call runs text as SQL');

# Sums, counts, ranks: whatever happens to Bob's customers, Ana's answers stay the same
my ($changed, $moved, $asked) = split /\|/, sql(q{
    begin;
    create temporary table question as
    select c.oid::regclass::text as name, probe.all_of(c.oid::regclass::text) as command from pg_class as c
    where c.relnamespace = 'cs_health_v1'::regnamespace and c.relkind = 'v' and has_any_column_privilege('cs_health_csm', c.oid, 'select')
    union all
    select p.oid::regprocedure::text, probe.all_of(probe.call(p.oid, 'ana')) from pg_proc as p
    where p.pronamespace = 'cs_health_v1'::regnamespace and p.provolatile <> 'v' and has_function_privilege('cs_health_csm', p.oid, 'execute');
    create temporary table before as
    select name, probe.attempt('cs_health_csm', '{"email": "ana@example.com"}', command) as of_ana,
        probe.attempt('cs_health_csm_all', '{"email": "zoe@example.com"}', command) as of_all from question;
    set local session_replication_role = replica;
    do $$
    declare name text;
    begin
        for name in
            select c.oid::regclass from pg_class as c join pg_attribute as a on a.attrelid = c.oid and a.attname = 'tenant_id'
            where c.relnamespace = 'cs_health'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
        loop
            execute format('delete from %s where tenant_id in (select id from cs_health.tenant where csm = ''bob@example.com'')', name);
        end loop;
        delete from cs_health.tenant where csm = 'bob@example.com';
    end $$;
    set local session_replication_role = origin;
    select string_agg(q.name, ', ') filter (where b.of_ana is distinct from a.of_ana),
        count(*) filter (where b.of_all is distinct from a.of_all), count(*)
    from question as q join before as b on b.name = q.name cross join lateral (
        select probe.attempt('cs_health_csm', '{"email": "ana@example.com"}', q.command) as of_ana,
            probe.attempt('cs_health_csm_all', '{"email": "zoe@example.com"}', q.command) as of_all) as a;
    rollback});
attack($changed eq '', "none of $asked answers to a CSM depends on another's customers", $changed);
cmp_ok($moved, '>=', 20, "while $moved of them differ for who sees every customer");

# 30 hostile values of each claim that says who asks: nobody's customers, and no request
my $a = 'ana@example.com';
my $long = 'x' x 100_000;
my @hostile = ('', '{}', '[]', 'null', '"CLAIM"', '42', '{', '{"KEY": }', "{'KEY': 'CLAIM'}", '{"KEY": null}', '{"KEY": ""}',
    '{"KEY": " CLAIM"}', '{"KEY": "CLAIM "}', '{"KEY": "CLAIM\n"}', '{"KEY": "CLAIM\t"}', '{"KEY": "CLAIM\u0000"}',
    '{"KEY": "CLAIM\u200b"}', '{"KEY": "%"}', '{"KEY": "_________________"}', '{"KEY": ".*"}', '{"KEY": ["CLAIM"]}',
    '{"KEY": {"KEY": "CLAIM"}}', '{"KEY": "{CLAIM}"}', '{"KEY": "{\"CLAIM\",\"x\"}"}', '{"KEY": "CLAIM\' or \'1\'=\'1"}',
    '{"KEY": "CLAIM\'; drop table cs_health.tenant; --"}', '{"KEY": true}', '{"KEY": 1e308}', '{"KEY ": "CLAIM"}',
    '{"UPPER": "CLAIM"}', '{"claims": {"KEY": "CLAIM"}}', '{"KEY": "$(id)"}', '{"KEY": "\ud83d\ude00"}', '{"KEY": "\ud83d"}',
    qq({"KEY": "$long"}), '{"KEY": ' . '[' x 20000 . ']' x 20000 . '}', '{"KEY": "NULL"}', '{"KEY": "default"}',
    '{"KEY": "cs_health_admin"}', '{"KEY": "postgres"}', '{"role": "cs_health_admin"}', '{"sub": "CLAIM"}');
foreach my $case ([ 'cs_health_csm', 'email', $a, 'cs_health.tenant', '{"KEY": "ANA@EXAMPLE.COM"}', '{"KEY": "ana＠example.com"}' ],
    [ 'cs_health_tenant', 'tenant_id', $bobs, 'cs_health.in_app_message', '{"KEY": "urn:uuid:CLAIM"}', '{"KEY": "00000000-0000-0000-0000-000000000000"}' ])
{
    my ($role, $key, $value, $table, @more) = @$case;
    my $holds = qq({"$key": "$value", "exp": 9999999999, "aud": "cs_health"});

    like(as($role, $holds, "select count(*) > 0 from $table"), qr/^t$/, "$role sees something with the claim $key");
    like(as($role, $holds, 'select cs_health.check_request()'), qr/^$/, 'and is let through');
    foreach my $claims (@hostile, @more)
    {
        my $filled = $claims =~ s/KEY/$key/gr =~ s/UPPER/\U$key/gr =~ s/CLAIM/$value/gr
          =~ s/^\{(?=.*\})/{"exp": 9999999999, "aud": "cs_health", /r =~ s/, \}$/}/r;
        my $answer = sql("select probe.attempt('$role', \$claims\$$filled\$claims\$, 'select count(*) from $table')
            || E'\\x1e' || probe.attempt('$role', \$claims\$$filled\$claims\$, 'select cs_health.check_request()')");
        my ($rows, $request) = split /\x1e/, $answer;

        attack($rows =~ /^(0 written: 0$|error (22|54001))/ && $request =~ /^error (22|PT40[13]|54001)/, "$role with the claims "
            . (length $filled > 80 ? substr($filled, 0, 40) . '…' : $filled), "$rows\n$request");
    }
}

# The request itself
my $fit = '"exp": 9999999999, "aud": "cs_health"';
foreach my $case ([ 'cs_health_csm', qq({"email": "$a", $fit}), '' ], [ 'cs_health_csm_all', qq({"email": "$a", $fit}), '' ],
    [ 'cs_health_admin', "{$fit}", '' ], [ 'cs_health_admin', qq({"email": "root\@example.com", $fit}), '' ],
    [ 'cs_health_tenant', qq({"tenant_id": "$bobs", $fit}), '' ],
    [ 'cs_health_csm', qq({"email": "who\@example.com", $fit}), 'PT403' ], [ 'cs_health_csm_all', "{$fit}", 'PT403' ],
    [ 'cs_health_tenant', qq({"email": "$a", $fit}), 'PT403' ], [ 'cs_health_csm', qq({"email": "$a", "aud": "cs_health"}), 'PT401' ],
    [ 'cs_health_csm', qq({"email": "$a", "exp": 9999999999}), 'PT401' ], [ 'cs_health_admin', '', 'PT401' ],
    [ 'cs_health_csm', qq({"email": "$a", "exp": "never", "aud": "cs_health"}), 'PT401' ],
    [ 'cs_health_csm', qq({"email": "$a", "exp": null, "aud": "cs_health"}), 'PT401' ])
{
    my ($role, $claims, $state) = @$case;
    my $answer = as($role, $claims, 'select cs_health.check_request()');

    $state ? like($answer, qr/ERROR:  $state: [a-z_ ]+\n/, "check_request: $role $claims gives $state")
      : is($answer, '', "check_request: $role $claims goes through");
}

# Who is disabled is refused, and sees no customer where nobody asked check_request()
my $customers = 'select count(*) from cs_health.tenant';
owner(q{update cs_health.csm set stands_in = 'zoe@example.com' where email = 'bob@example.com'});
is(as('cs_health_csm', $bob, $customers), 3, 'Bob has customers');
is(as('cs_health_csm', '{"email": "zoe@example.com"}', $customers), 0, 'Zoe has none');
is(as('cs_health_admin', '', q{select cs_health.disable_colleague('bob@example.com')}), 't', 'an administrator disables him');
is(as('cs_health_admin', '', q{select cs_health.disable_colleague('bob@example.com')}), 'f', 'once');
like(as('cs_health_admin', '', q{select cs_health.disable_colleague('who@example.com')}), qr/ERROR:  22023: unknown colleague/,
    'an unknown one is refused');
like(as($_, $ana, q{select cs_health.disable_colleague('bob@example.com')}), qr/ERROR:  42501/, "$_ disables nobody")
    foreach qw(cs_health_csm cs_health_csm_all cs_health_tenant cs_health_ingest cs_health_worker);
like(as('cs_health_csm', $ana, q{update cs_health.csm set disabled_at = null}), qr/ERROR:  42501/, 'nor enables');
like(as($_, qq({"email": "bob\@example.com", $fit}), 'select cs_health.check_request()'),
    qr/ERROR:  PT403: colleague is disabled/, "$_: his requests are refused") foreach qw(cs_health_csm cs_health_csm_all cs_health_admin);
like(as('cs_health_admin', qq({"email": "BOB\@Example.com", $fit}), 'select cs_health.check_request()'),
    qr/ERROR:  PT403/, 'however an administrator\'s token writes him');
is_none(attempt_each($seen, $_, $bob, 'select count(*) from %1$s', '^0 written: 0$'), "a disabled $_ reads no customer, anywhere")
    foreach qw(cs_health_csm cs_health_csm_all);
is(sql("select string_agg(f.name || ' ' || a, E'\\n') from (@{[sprintf $functions, $_]}) as f
    cross join lateral (select probe.attempt('$_', '$bob', probe.all_of(probe.call(f.oid, 'bob')))) as t(a)
    where a ~ 'canary' or a ~ '^[1-9]\\d* written'"), '', 'attack ' . ++$attacks . ": and a disabled $_ writes nothing through the API")
    foreach qw(cs_health_csm cs_health_csm_all);
is(as('cs_health_csm', '{"email": "zoe@example.com"}', $customers), 3, 'who stands in sees his customers');
is(sql(q{select string_agg(distinct cs_health._assignee(id), ' ') from cs_health.tenant where csm = 'bob@example.com'}),
    'zoe@example.com', 'and gets his work');
is(sql(q{select string_agg(r.assignee, ' ') from cs_health._duty_roster() as r where r.csm = 'bob@example.com'}),
    'zoe@example.com', 'in lists too');
like(as('cs_health_csm', $ana, q{select cs_health_v1.reassign_task(md5('task of ana')::uuid, 'bob@example.com')}),
    qr/ERROR:  22023/, 'nothing is given to him');
is(as('cs_health_admin', '', q{select cs_health.enable_colleague('bob@example.com')}), 't', 'enabled again');
is(as('cs_health_csm', $bob, $customers), 3, 'he sees them as before');
owner(q{update cs_health.csm set stands_in = null});

# What a condition, an operator, an error or a plan tells of rows that are not shown
my $leak = q{create function pg_temp.peek(text) returns boolean language plpgsql cost 0.0000001 as
    'begin raise notice ''%'', $1; return true; end'; };
foreach my $where (qw(cs_health.task cs_health_v1.tasks), map { "cs_health_v1.$_" } qw(health_scores renewals touchpoints))
{
    my $column = $where =~ /task/ ? 'title' : $where =~ /touch/ ? 'detail' : 'tenant_name';
    my $answer = as('cs_health_csm', $ana, "$leak select count(*) > 0 from $where where pg_temp.peek($column)");

    attack($answer =~ /NOTICE:.*honest/ && $answer !~ /canary/, "a condition that tells what it sees, on $where", $answer);
}
no_canary($_->[1], $_->[0], $_->[2]) foreach
    [ 'an operator that tells what it sees', q{create function pg_temp.peek(text, text) returns boolean language plpgsql
            cost 0.0000001 as 'begin raise notice ''%'', $1; return true; end';
        create operator pg_temp.<<< (leftarg = text, rightarg = text, function = pg_temp.peek);
        select count(*) from cs_health.task where title operator(pg_temp.<<<) ''} ],
    [ 'an error of a cast', 'select count(*) from cs_health.task where title::integer > 0' ],
    [ 'an error of a pattern', q{select count(*) from cs_health.contact where 'x' ~ ('(' || name)}, qr/2201B/ ],
    [ 'an aggregate that tells what it sees', "$leak create function pg_temp.add(text, text) returns text language plpgsql as
        'begin raise notice ''%'', \$2; return \$2; end'; create aggregate pg_temp.tell(text) (sfunc = pg_temp.add, stype = text);
        select pg_temp.tell(title) from cs_health.task" ],
    [ 'a plan with its figures', 'explain (analyze, verbose, buffers) select * from cs_health.task order by title', qr/actual/ ],
    [ 'a plan of a view', 'explain (analyze, verbose) select * from cs_health_v1.health_scores', qr/actual/ ],
    [ 'the planner\'s statistics', q{select s::text from pg_stats as s where schemaname = 'cs_health'}, qr/^\z/ ],
    [ 'COPY', 'copy cs_health.task to stdout' ], [ 'COPY of a query', 'copy (table cs_health.contact) to stdout' ],
    [ 'a cursor', 'begin; declare c cursor for table cs_health.task; fetch all c; commit' ],
    [ 'XML of a table', q{select query_to_xml('table cs_health.contact', true, true, '')} ],
    [ 'a table of a schema as XML', q{select schema_to_xml('cs_health_v1', true, true, '')} ],
    [ 'a temporary table in place of ours', q{create temporary table tenant as select md5('tenant of bob')::uuid as id, 'ana@example.com' as csm;
        create temporary table csm as select 'bob@example.com' as email, 'ana@example.com' as stands_in, current_date + 9 as away_until;
        set search_path = pg_temp, cs_health, cs_health_v1, pg_catalog;
        select * from task; select * from health_scores; select cs_health.current_csms()} ],
    [ 'functions in place of PostgreSQL\'s', q{create function pg_temp.current_setting(text, boolean) returns text language sql as
            $$select '{"email": "bob@example.com"}'$$;
        create function pg_temp.array_agg(text) returns text[] language sql as $$select '{bob@example.com}'::text[]$$;
        set search_path = pg_temp, pg_catalog; select * from cs_health.task; select * from cs_health_v1.health_scores} ],
    [ 'a view of one\'s own', q{create temporary view mine as select * from cs_health.task; select * from mine} ],
    [ 'a prepared statement of before', q{prepare p as select title from cs_health.task; execute p;
        select set_config('request.jwt.claims', '{"email": "zoe@example.com"}', false); execute p; execute p} ];
denied('42501', $_->[1], $_->[0]) foreach
    [ 'row-level security switched off', 'set row_security = off; select * from cs_health.task' ],
    [ 'ON CONFLICT with another\'s row', q{insert into cs_health.task (tenant_id, source_key, kind, title, due_on, created_at)
        values (md5('tenant of bob')::uuid, 'canary 1', 'manual', 'x', current_date, now())
        on conflict (source_key) do update set note = 'x' returning title} ],
    [ 'a row moved to another\'s customer', q{update cs_health.task set tenant_id = md5('tenant of bob')::uuid} ],
    [ 'filters in another\'s name', q{insert into cs_health.saved_segment (owner, page, name, query, created_at)
        values ('bob@example.com', 'customers', 'x', '{}', now())} ],
    [ 'another\'s answer to a key', q{insert into cs_health.idempotency_key values ('bob@example.com', 'x',
        md5('playbook')::uuid, md5('tenant of ana')::uuid, '{}', now())} ],
    [ 'a touchpoint in another\'s name', q{insert into cs_health.touchpoint (tenant_id, kind, actor)
        values (md5('tenant of ana')::uuid, 'call', 'bob@example.com')} ],
    [ 'an override of a score that never was', q{insert into cs_health.health_override (tenant_id, category, reason, set_by,
        expires_on, computed_category, computed_score) values (md5('tenant of ana')::uuid, 'critical', 'x', 'ana@example.com',
        current_date, 'healthy', 99)} ],
    [ 'a partition', 'select * from cs_health.event_00' ],
    [ 'a partition of scores', 'table ' . sql(q{select min(inhrelid::regclass::text) from pg_inherits
        where inhparent = 'cs_health.customer_health'::regclass}) ],
    [ 'a column that is not shown', q{select id from cs_health.outbox where payload::text ~ 'x'} ],
    [ 'an order by it', 'select id from cs_health.outbox order by payload' ], [ 'a row with it', 'select o from cs_health.outbox as o' ],
    [ 'the secret of a channel', q{select code from cs_health.channel where secret > 'a'} ],
    [ 'the key of the pseudonyms', 'table cs_health.hash_secret' ], [ 'raw statistics', 'table pg_statistic' ],
    [ 'a lock on a table', 'begin; lock table cs_health.tenant in access exclusive mode' ],
    [ 'a lock on rows', 'select from cs_health.contact for update' ], [ 'TRUNCATE', 'truncate cs_health.task' ],
    [ 'a trigger', 'create trigger t before insert on cs_health.task for each row execute function suppress_redundant_updates_trigger()' ],
    [ 'a function in our schema', 'create function cs_health_v1.f() returns integer language sql return 1' ],
    [ 'a function in everybody\'s schema', 'create function public.f() returns integer language sql return 1' ],
    [ 'a file of the server', q{select pg_read_file('postgresql.conf')} ],
    [ 'a program of the server', q{copy (select 1) to program 'cat'} ],
    [ 'the worker\'s role', 'reset role; set role cs_health_worker' ], [ 'the ingest role', 'reset role; set role cs_health_ingest' ],
    [ 'the owner\'s role', 'reset role; set role owner' ], [ 'a superuser\'s role', 'reset role; set role postgres' ],
    [ 'the role of those who read everything', 'reset role; set role pg_read_all_data' ],
    [ 'another login', 'set session authorization postgres' ],
    [ 'no role at all', 'reset role; select * from cs_health_v1.tasks' ],
    [ 'a policy less', 'drop policy cs_health_csm_select on cs_health.task' =~ s/^/set client_min_messages = error; /r ],
    [ 'row-level security taken away', 'alter table cs_health.task disable row level security' ],
    [ 'a right more', 'grant select on cs_health.hash_secret to cs_health_csm' ];
foreach my $role (qw(cs_health_admin cs_health_csm cs_health_csm_all cs_health_tenant cs_health_ingest cs_health_worker
    cs_health_authenticator outsider))
{
    is_none([ split /\n/, sql(qq{select c.oid::regclass || ' ' || a from pg_class as c
        cross join unnest(array['select nextval(%L)', 'select currval(%L)', 'select setval(%L, 1)', 'select pg_sequence_last_value(%L)',
            'select last_value from %s']) as s(command)
        cross join lateral (select probe.attempt('$role', '$ana', format(s.command, c.oid::regclass))) as t(a)
        where c.relnamespace = 'cs_health'::regnamespace and c.relkind = 'S' and a !~ '^error 42501' and a <> '0 written: '}) ],
        "$role counts nothing by a sequence");
}
is(as('cs_health_csm', $ana, qq{select set_config('request.jwt.claims', '$bob', false) \\gset\nselect count(*) from cs_health.tenant}),
    3, 'a session that sends SQL may claim to be anybody');
attack(sql(q{select count(*) from pg_roles where rolname in ('cs_health_csm', 'cs_health_csm_all', 'cs_health_tenant') and rolcanlogin}) == 0,
    'so that no role whose claims count may log in', '');
like(answer_of('outsider', qq{select set_config('request.jwt.claims', '{"email": "bob\@example.com"}', false); table cs_health.tenant}),
    qr/ERROR:  42501/, 'attack ' . ++$attacks . ': claims without a role show nothing');
is(answer_of('cs_health_authenticator', qq{begin; set local role cs_health_csm;
    select set_config('request.jwt.claims', '$ana', true) \\gset\n select count(*) from cs_health.tenant; commit;
    set role cs_health_csm; select count(*) from cs_health.tenant; select current_setting('request.jwt.claims') = ''}),
    "3\n0\nt", 'attack ' . ++$attacks . ': claims of one request are not those of the next on its connection');
is(as('cs_health_csm', $ana, 'show statement_timeout'), '20s', 'attack ' . ++$attacks . ': a request that never ends');
is(as($_, $ana, q{with given as (update cs_health.tenant set csm = 'zoe@example.com' returning 1) select count(*) from given}), 0,
    'attack ' . ++$attacks . ": $_ gives no customer away without handing it over") foreach qw(cs_health_csm cs_health_csm_all);
my $watched = begin_psql($node, 'customers', 'watched', q{select pg_sleep(3) as canary});
no_canary(q{select pg_sleep(0.5); select query from pg_stat_activity}, 'what other sessions send', qr/insufficient privilege/);
ok($watched->finish, 'while one sends something');
is(as('cs_health_ingest', '', q{with n as (insert into cs_health.touchpoint (tenant_id, kind) values (md5('tenant of bob')::uuid, 'call')
    returning *) select * from n}) =~ /ERROR:  42501/ ? 1 : 0, 1, 'attack ' . ++$attacks . ': whoever adds signals does not read them back');
is_none([ map { split /\n/ } sql(q{select c.oid::regclass || ' ' || a from pg_class as c
    cross join lateral (select probe.attempt('cs_health_ingest', '', format('merge into %s as t using (values (1)) as v on true
        when matched then delete', c.oid::regclass))) as t(a)
    where c.relnamespace = 'cs_health'::regnamespace and c.relkind in ('r', 'p') and a !~ '^error 42501'}) ], 'nor changes any');

# Row-level security need not be forced upon the owner: nothing that others call runs with the owner's rights, and none
# of the roles that ask has the owner's
is(sql(q{select count(*) from pg_proc as p where p.prosecdef and p.pronamespace::regnamespace::text in ('cs_health', 'cs_health_v1')})
    . sql(q{select count(*) from pg_auth_members where roleid = 'owner'::regrole}), '00',
    'attack ' . ++$attacks . ': the owner\'s rights are reached by no function and no role');

# The attacks find a hole where there is one
foreach my $hole ('create policy hole on cs_health.task for select to cs_health_csm using (true)',
    'alter table cs_health.task disable row level security', 'alter view cs_health_v1.tasks reset (security_invoker)')
{
    like(sql(qq{begin; $hole; create policy hole2 on cs_health.tenant for select to cs_health_csm using (true);
        select probe.attempt('cs_health_csm', '$ana', probe.all_of('cs_health_v1.tasks')); rollback}), qr/canary/, "found: $hole");
}
cmp_ok($attacks, '>=', 100, "attacks: $attacks");
done_testing();

sub sql
{
    my ($sql) = @_;

    return $node->safe_psql('customers', $sql);
}

sub owner
{
    my ($sql, $database) = @_;

    $node->psql($database // 'customers', $sql, extra_params => [ '-U', 'owner' ], on_error_die => 1);
}

sub answer_of
{
    my ($login, $sql) = @_;
    my ($code, $out, $error) = $node->psql('customers', "\\set VERBOSITY verbose\n$sql;", extra_params => [ '-U', $login ]);

    return "$out$error";
}

# What psql says as a role, reached as PostgREST does
sub as
{
    my ($role, $claims, $sql) = @_;
    my $login = $role =~ /worker|ingest/ ? 'postgres' : 'cs_health_authenticator';

    return answer_of($login, "set role $role; select set_config('request.jwt.claims', '$claims', false) \\gset\n$sql");
}

sub attack
{
    my ($ok, $name, $answer) = @_;

    ok($ok, 'attack ' . ++$attacks . ": $name") or diag($answer);
}

sub is_none
{
    my ($found, $name) = @_;

    is(join("\n", @$found), '', 'attack ' . ++$attacks . ": $name");
}

sub no_canary
{
    my ($sql, $name, $found) = @_;
    my $answer = as('cs_health_csm', $ana, $sql);

    $found //= qr/honest/;
    attack($answer =~ $found && $answer !~ /canary/, $name, $answer);
}

sub denied
{
    my ($state, $sql, $name) = @_;
    my $answer = as('cs_health_csm', $ana, $sql);

    attack($answer =~ /ERROR:  $state: / && $answer !~ /canary/, $name, $answer);
}

# The relations of a query for which a command's answer is another than the pattern says; %1$s is the relation's name
sub attempt_each
{
    my ($query, $role, $claims, $command, $pattern) = @_;
    my $two = $query =~ /as u\s/ ? 'r, c' : 'r';
    my $args = $two eq 'r' ? 'q.r' : 'q.r, q.c';

    return [ map { split /\n/ } sql("select q.r || ' ' || a from ($query) as q($two)
        cross join lateral (select probe.attempt('$role', '$claims', format(\$c\$$command\$c\$, $args))) as t(a)
        where a !~ \$p\$$pattern\$p\$") ];
}
