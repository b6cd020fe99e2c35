-- What do the next renewals bring?
select due_within, forecast, customers, arr::bigint
from cs_health_v1.renewal_forecast
order by due_within, forecast;
