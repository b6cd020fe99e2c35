-- Do we reach our objectives?
select title, target_low as at_least, target_high as "to", today, last_month, trend, reached, sample, excluded as left_out
from cs_health_v1.objectives;
