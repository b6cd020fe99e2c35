-- Did as many leave as the model said? Customers of later days, from the lowest to the highest risk
select c.item as predicted_between, c.value as "predicted and left"
from cs_health.churn_model_card() as c where c.section = 'calibration';
