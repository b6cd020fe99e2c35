-- Every stored tenant-day under another scorecard.
select sum(cs_health._overall(h.measures, (select c.document from cs_health.scorecard as c where c.code = 'b2b')))
from cs_health.customer_health as h;
