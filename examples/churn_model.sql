-- Which churn model predicts, and how far can it be trusted?
select item, value from cs_health.churn_model_card() where section in ('model', 'training', 'judged on later days');
