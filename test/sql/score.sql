-- the specification's formulas
\set SHOW_CONTEXT never
select cs_health.engagement_score(2, 10), cs_health.engagement_score(1.45, 10), cs_health.engagement_score(0, 0),
    cs_health.engagement_score(null, 10), cs_health.engagement_score(11, 10);
select cs_health.engagement_score('NaN', 10);
select cs_health.engagement_score(-1, 10);
select cs_health.engagement_score(1, 'Infinity');
select cs_health.adoption_score(3, 8), cs_health.adoption_score(1, 8), cs_health.adoption_score(9, 8),
    cs_health.adoption_score(0, 0);
select cs_health.adoption_score(-1, 8);
select cs_health.satisfaction_score(50, 4, 4), cs_health.satisfaction_score(null, 4.3, null),
    cs_health.satisfaction_score(-100, 1, 1), cs_health.satisfaction_score(null, null, null);
select cs_health.satisfaction_score(101, 4, 4);
select cs_health.satisfaction_score(50, 0.9, 4);
select cs_health.support_score(0), cs_health.support_score(3), cs_health.support_score(10),
    cs_health.support_score(2147483647);
select cs_health.support_score(-1);
select cs_health.growth_score(12, 10), cs_health.growth_score(8, 10), cs_health.growth_score(30, 10),
    cs_health.growth_score(5, 0), cs_health.growth_score(0, 0);
select cs_health.overall_score(80, 70, 60, 50, 40), cs_health.overall_score(80, null, null, null, null),
    cs_health.overall_score(null, null, null, null, null);
select cs_health.overall_score(101, 70, 60, 50, 40);
select s, cs_health.health_category(s) from unnest(array[0, 39, 40, 59, 60, 79, 80, 100]) as s;
select cs_health.health_category(-1);

-- trends: rising, falling, noise, too few, with holes
select cs_health.health_trend(array(select (50 + i)::smallint from generate_series(1, 30) as i)),
    cs_health.health_trend(array(select (80 - i)::smallint from generate_series(1, 30) as i)),
    cs_health.health_trend(array(select (60 + i % 3)::smallint from generate_series(1, 30) as i)),
    cs_health.health_trend(array[10, 90]::smallint[]), cs_health.health_trend('{}'),
    cs_health.health_trend(array[10, null, 20, null, 30, null, 40, 50, 60, 70, 80]::smallint[]);
select cs_health.health_trend(array[50, 101]::smallint[]);
select cs_health.health_trend(array[[1, 2], [3, 4]]::smallint[]);

-- vectors
select (cs_health.score('{}', cs_health._spec_scorecard())).*;
select (cs_health.score(array[1, 3, 10, 8, 0.25, 2, 0.2, 20, 300, 280, 50, 400, 4, 8, 0.5]::real[],
    cs_health._spec_scorecard())).*;
select (cs_health.score(array[0, 0, 0, 0, null, 0, null]::real[], cs_health._spec_scorecard())).*;
select cs_health.score(array['NaN']::real[], cs_health._spec_scorecard());
select cs_health.score(array[[1], [2]]::real[], cs_health._spec_scorecard());
select cs_health.score('[0:1]={1,2}'::real[], cs_health._spec_scorecard());
select cs_health.to_vector(array[1, null, 1e-50]), cs_health.to_vector('{}');
select cs_health.to_vector(array[1, 1e39]);
select cs_health.score_breakdown(array[1, 3, 10, 8, 0.25, 2, 0.2]::real[], cs_health._spec_scorecard())
    #> '{components,engagement}';
select r.rank, r.component, r.score, r.points_lost, r.reason from cs_health.score_reasons(
    cs_health.score_breakdown(array[1, 3, 10, 8, 0.25, 2, 0.2, 20, 300, 280, 50, 400, 4, 8, 0.5, 2, 1, 0, 10, 4.2,
        null, 3]::real[],
        cs_health._spec_scorecard()), 'es') as r;

-- the points of the components add up to the score before it is rounded
select round(sum((c.value ->> 'points')::numeric)) = (b.breakdown ->> 'overall_score')::numeric as adds_up
from cs_health.score_breakdown(array[1, 3, 10, 8, 0.25, 2, 0.2, 20, 300, 280, 50, 400, 4, 8, 0.5, 2, 1, 0, 10, 4.2,
    null, 3]::real[],
    cs_health._spec_scorecard()) as b(breakdown)
cross join lateral jsonb_each(b.breakdown -> 'components') as c
group by b.breakdown;
select cs_health.recommended_action('critical'), cs_health.recommended_action('at_risk', 'es'),
    cs_health.recommended_action('no such');
