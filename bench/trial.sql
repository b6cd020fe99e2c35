-- The part of a preview that goes through all of history: days by score before and after, and by who left.
select count(*) from cs_health._trial_days(current_date - 10, current_date - 1,
    (select c.document from cs_health.scorecard as c where c.code = 'b2b'), 90);
