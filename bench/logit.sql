-- Rows to learn from: :rows labels, each with 32 features in units of their own that have something in common, of which
-- five matter; the same with the first twelve.
create schema bench;
create table bench.logit_32 as
select random() < 1 / (1 + exp(3 - f.x[1] / 10 + f.x[4] / 400 - f.x[5] / 1000 + f.x[9] / 9000 - f.x[12] / 72000)) as y,
    f.x
from generate_series(1, :rows) as n cross join lateral (
    select array_agg((random() + random() + c.common) * 10 * j ^ 2 order by j) as x
    from (select random() as common where n > 0) as c, generate_series(1, 32) as j) as f;
create table bench.logit_12 as select y, x[1:12] as x from bench.logit_32;
