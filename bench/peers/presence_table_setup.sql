-- Everything up to the day before yesterday; yesterday comes by presence_table_ingest.sql
create table bench.presence (tenant_id uuid, user_id text, day date, primary key (tenant_id, user_id, day));
create table bench.feature_presence (tenant_id uuid, feature text, day date, primary key (tenant_id, feature, day));
insert into bench.presence
select distinct tenant_id, user_id, day from bench.raw where day < current_date - 1 order by 1, 2, 3;
insert into bench.feature_presence
select distinct tenant_id, feature, day from bench.raw where day < current_date - 1 order by 1, 2, 3;
vacuum analyze bench.presence, bench.feature_presence;
