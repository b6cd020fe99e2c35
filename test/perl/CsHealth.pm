# What the TAP tests share: servers with the extension installed, data sets, and answers of psql.
package CsHealth;

use strict;
use warnings;
use Cwd;
use Exporter 'import';
use FindBin;
use IPC::Run;
use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils ();
use Test::More;

our @EXPORT = qw(data_set new_server install rows digest doc_sql psql_in begin_psql wrong_figures);

# The folder of a data set; without it the whole test is skipped
sub data_set
{
    my ($name) = @_;
    my $folder = ($ENV{CS_HEALTH_DATA} // '') . "/$name";

    plan skip_all => 'CS_HEALTH_DATA does not say where the data sets are' unless $ENV{CS_HEALTH_DATA};
    plan skip_all => "there is no data set $name in CS_HEALTH_DATA" unless -d $folder;
    return $folder;
}

# A running server; LINEs go to postgresql.conf
sub new_server
{
    my ($name, @lines) = @_;
    my $node = PostgreSQL::Test::Cluster->new($name);

    $node->init;
    $node->append_conf('postgresql.conf', join("\n", "timezone = 'UTC'", 'jit = off', @lines, ''));
    $node->start;
    return $node;
}

# The extension and its tables in a database, which is made when it is not there
sub install
{
    my ($node, $database) = @_;

    $node->safe_psql('postgres', "create database $database")
      unless $node->safe_psql('postgres', "select 1 from pg_database where datname = '$database'");
    $node->safe_psql($database, 'create extension cs_health; call cs_health.install();');
}

# What a query returns: one array of values per row; null is undef
sub rows
{
    my ($node, $database, $query) = @_;
    my $answer = $node->safe_psql($database, "\\pset null <null>\n$query");

    return map { [ map { $_ eq '<null>' ? undef : $_ } split /\|/, $_, -1 ] } split /\n/, $answer;
}

# One number that stands for all rows of a query, in whatever order they come
sub digest
{
    my ($node, $database, $query) = @_;

    return $node->safe_psql($database,
        "select count(*) || ' rows, ' || coalesce(sum(hashtextextended(q::text, 0)::numeric), 0) from ($query) as q");
}

# The SQL that stands in a section of a page of doc/
sub doc_sql
{
    my ($page, $section) = @_;
    my $text = PostgreSQL::Test::Utils::slurp_file("$FindBin::Bin/../../doc/$page.md");
    my ($part) = $text =~ /^## \Q$section\E\n(.*?)(?=^## |\z)/ms or die "doc/$page.md has no section \"$section\"";

    return join "\n", $part =~ /^```sql\n(.*?)^```/msg;
}

# Runs SQL in a folder, where \copy finds its files; returns what it printed
sub psql_in
{
    my ($folder, $node, $database, $sql) = @_;
    my $here = getcwd;

    chdir $folder or die "$folder: $!";
    my $out = eval { $node->safe_psql($database, $sql) };
    chdir $here or die "$here: $!";
    die $@ if $@;
    return $out;
}

# Figures of revenue_by_month() that are not those of MONTHS, as revenue_expected.json of Ravenstack has them
sub wrong_figures
{
    my ($node, $database, $months) = @_;
    my @wrong;

    foreach my $month (@$months)
    {
        my $found = decode_json($node->safe_psql($database,
            "select to_jsonb(r) from cs_health.revenue_by_month('$month->{month}-01', '$month->{month}-01') as r"));

        delete $found->{month};
        foreach my $figure (grep { $_ ne 'month' } keys %$month)
        {
            push @wrong, "$month->{month} $figure: $found->{$figure}, not $month->{$figure}"
              unless defined $found->{$figure} && abs($found->{$figure} - $month->{$figure}) < 1e-11;
        }
        push @wrong, "$month->{month} nrr_12m: not expected" if defined $found->{nrr_12m} && !exists $month->{nrr_12m};
    }
    return join "\n", @wrong;
}

# Begins to run statements in a session of its own, known to pg_stat_activity as NAME. The handle's finish()
# waits and is true when all went well; out() and err() are what psql printed.
sub begin_psql
{
    my ($node, $database, $name, @statements) = @_;
    my $self = bless { log => $node->basedir . "/psql_$name" }, 'CsHealth::Session';

    # Files, since nobody may be there to empty a pipe
    $self->{run} = IPC::Run::start(
        [ 'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr($database) . " application_name='$name'",
            map { ('-c', $_) } @statements ],
        '<', '/dev/null', '>', "$self->{log}.out", '2>', "$self->{log}.err");
    return $self;
}

package CsHealth::Session;

sub finish
{
    my ($self) = @_;

    return $self->{run}->finish;
}

sub out
{
    my ($self) = @_;

    return PostgreSQL::Test::Utils::slurp_file("$self->{log}.out");
}

sub err
{
    my ($self) = @_;

    return PostgreSQL::Test::Utils::slurp_file("$self->{log}.err");
}

1;
