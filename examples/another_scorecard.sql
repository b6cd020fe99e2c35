-- What would the scorecard for business software make of the last 30 days? (spec before, b2b after, in tenant-days)
select section, item, before, after
from cs_health.scorecard_preview(cs_health.scorecard_document('b2b'), current_date - 30, current_date - 1)
where section in ('category', 'score');
