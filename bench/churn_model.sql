-- A model of every default feature, as large as training makes them, to predict with in the run
insert into cs_health.churn_model (version, document)
select 'bench', jsonb_build_object(
    'format', 1, 'version', 'bench', 'trained', true, 'lead_days', 30, 'horizon_days', 60, 'base_rate', 0.02,
    'intercept', -4, 'risk_bands', '{"medium": 1, "high": 3, "critical": 8}'::jsonb,
    'metrics', '{"auc": 0.8, "auc_low": 0.7, "log_loss": 0.05, "log_loss_base": 0.06}'::jsonb,
    'features', jsonb_agg(jsonb_build_object(
        'measure', m.code, 'position', m.position, 'unit', m.unit, 'window_days', m.window_days,
        'transform', cs_health._transform(m.unit, m.code), 'low', -1, 'high', 500,
        'mean', 1.234567890123, 'sd', 0.987654321098,
        'coefficient', -0.123456789012) order by m.position),
    'covariance', (
        select jsonb_agg(r.row order by r.i) from (
            select i, jsonb_agg(case when i = j then 0.0123456789 else 0.000123456789 end order by j) as row
            from generate_series(0, cardinality(cs_health._default_features())) as i,
                generate_series(0, cardinality(cs_health._default_features())) as j
            group by i) as r))
from cs_health.measure as m where m.code = any (cs_health._default_features());
select cs_health.publish_model('bench');
