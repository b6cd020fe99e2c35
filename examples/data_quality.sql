-- What is wrong in the data, and what to do about it?
select code, severity, count, finding, remedy
from cs_health.data_quality()
where count > 0;
