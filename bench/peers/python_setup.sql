-- Where the Python job writes: the columns of the specification with its JSON, key and one index; and measures to start
-- from when they are ready.
create table bench.python_result (
    tenant_id uuid not null, as_of date not null default current_date - 1, overall_score smallint not null,
    engagement_score smallint not null, adoption_score smallint not null, satisfaction_score smallint not null,
    support_score smallint not null, growth_score smallint not null, category text not null,
    score_breakdown jsonb not null, calculated_at timestamptz not null default now(), primary key (tenant_id, as_of));
create index on bench.python_result (as_of, category, overall_score);
create table bench.ready as
select tenant_id, round(30 * m.measures[6])::integer as user_days, m.measures[3] as mau, m.measures[4] as mau_previous,
    m.measures[13] as features_used, m.measures[14] as features_available, m.measures[22] as open_tickets,
    m.measures[19] as nps
from cs_health.customer_health as m where m.as_of = current_date - 1;
