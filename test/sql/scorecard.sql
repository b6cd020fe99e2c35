-- documents: compiled with positions, versioned, refused with the path of the fault
\set SHOW_CONTEXT never
select cs_health.compile_scorecard(cs_health._spec_scorecard()) #> '{components,growth,measures,0}';
select cs_health.save_scorecard(cs_health._spec_scorecard()) = (select scorecard_id from cs_health.scorecard_rule) as
    same_version;
select cs_health.check_scorecard('[]');
select cs_health.check_scorecard('{"format": 2, "code": "x"}');
select cs_health.check_scorecard(jsonb_set(cs_health._spec_scorecard(), '{colour}', '"red"'));
select cs_health.check_scorecard(jsonb_set(cs_health._spec_scorecard(), '{components,luck}', '{}'));
select cs_health.check_scorecard(cs_health._spec_scorecard() #- '{components,growth}');
select cs_health.check_scorecard(jsonb_set(cs_health._spec_scorecard(), '{components,growth,weight}', '1.5'));
select cs_health.check_scorecard(jsonb_set(cs_health._spec_scorecard(), '{components,support,measures,0,curve}',
    '[[0, 1], [0, 2]]'));
select cs_health.check_scorecard(jsonb_set(cs_health._spec_scorecard(), '{components,support,measures,0,curve}',
    '[[0, 101]]'));
select cs_health.check_scorecard(jsonb_set(cs_health._spec_scorecard(), '{components,support,measures,0,weight}', '0'));
select cs_health.compile_scorecard(jsonb_set(cs_health._spec_scorecard(), '{components,support,measures,0,measure}',
    '"tickets"'));
select cs_health.check_scorecard(jsonb_set(cs_health._spec_scorecard(), '{missing}', '"guess"'));
select cs_health.use_scorecard('none');

-- a draft of one's own: support weighs nothing, missing components count as 50
select cs_health.save_scorecard(jsonb_set(jsonb_set(jsonb_set(
    cs_health._spec_scorecard(), '{code}', '"mine"'), '{components,support,weight}', '0'), '{missing}', '"neutral"'))
        > 0 as saved;
select (cs_health.score(array[0, 0, 0]::real[], cs_health.scorecard_document('mine'))).*;
select cs_health.use_scorecard('mine');
select cs_health.publish_scorecard('mine') as version;
select cs_health.publish_scorecard('mine');
select cs_health.use_scorecard('mine', plan_code => 'none');
select cs_health.rollback_scorecard('mine');
select cs_health.stop_scorecard();
insert into cs_health.scorecard (code, version, document) values ('bad', 1, '{"code": "bad"}');
