-- The same without scoring anything again.
select count(*) from cs_health._trial_days(current_date - 10, current_date - 1, null, 90);
