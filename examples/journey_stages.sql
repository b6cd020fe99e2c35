-- Where do our customers stand, and who has been there for too long?
select stage, count(*) as customers, percentile_disc(0.5) within group (order by days) as median_days,
    count(*) filter (where stalled) as stalled
from cs_health_v1.journey_stages
group by stage
order by customers desc;
