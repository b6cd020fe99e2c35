-- How well did the scores tell who would leave within 30 days?
select scorecard, version, judged_days as days, leaving_days, round(auc::numeric, 3) as auc,
    round(bottom_decile_lift::numeric, 2) as lift_of_lowest_tenth, left_tenants as left, left_while_healthy,
    median_lead_days as days_below_60
from cs_health.score_trial(horizon_days => 30);
