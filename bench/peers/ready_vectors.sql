-- Our scoring alone: vectors that are ready, scored and written.
insert into bench.floor (
    tenant_id, as_of, overall_score, engagement_score, adoption_score, satisfaction_score, support_score, growth_score,
    category, trend, scorecard_id, coverage, calculated_at, measures, history)
select s.tenant_id, s.as_of, (s.health).overall_score, (s.health).engagement_score, (s.health).adoption_score,
    (s.health).satisfaction_score, (s.health).support_score, (s.health).growth_score, (s.health).category,
    cs_health._history_trend(s.history), s.scorecard_id, (s.health).coverage, clock_timestamp(), s.measures, s.history
from (
    select v.tenant_id, v.as_of, v.scorecard_id, v.measures, v.health,
        cs_health._history_push(v.history, 0, (v.health).overall_score) as history
    from (
        select s.tenant_id, s.as_of, s.scorecard_id, s.measures, s.history, cs_health.score(s.measures, c.document) as
            health
        from bench.stage as s cross join (select document from cs_health.scorecard where id = 1 offset 0) as c
        offset 0
    ) as v
    offset 0
) as s;
