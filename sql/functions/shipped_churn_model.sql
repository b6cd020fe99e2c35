-- The churn model that comes with the extension.

create function cs_health._prior_model() returns jsonb
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select $json${
        "format": 1,
        "version": "prior-1",
        "name": "Expert prior: not trained on your data",
        "trained": false,
        "lead_days": 30,
        "horizon_days": 60,
        "base_rate": 0.0084,
        "intercept": -4.95,
        "risk_bands": {"medium": 1, "high": 3, "critical": 8},
        "features": [
            {"measure": "stickiness", "transform": "none", "low": 0, "high": 1, "mean": 0.2, "sd": 0.15,
                "coefficient": -0.35},
            {"measure": "active_days", "transform": "log", "low": 0, "high": 30, "mean": 2.5, "sd": 0.8,
                "coefficient": -0.35},
            {"measure": "mau_growth", "transform": "log", "low": -1, "high": 3, "mean": 0, "sd": 0.3,
                "coefficient": -0.3},
            {"measure": "adoption", "transform": "none", "low": 0, "high": 1, "mean": 0.5, "sd": 0.25,
                "coefficient": -0.25},
            {"measure": "lost_users", "transform": "log", "low": 0, "high": 1000, "mean": 0.6, "sd": 0.7,
                "coefficient": 0.15},
            {"measure": "days_since_active", "transform": "log", "low": 0, "high": 90, "mean": 0.6, "sd": 0.8,
                "coefficient": 0.45},
            {"measure": "nps", "transform": "none", "low": -100, "high": 100, "mean": 30, "sd": 45,
                "coefficient": -0.3},
            {"measure": "csat", "transform": "none", "low": 1, "high": 5, "mean": 4, "sd": 0.7,
                "coefficient": -0.2},
            {"measure": "open_tickets", "transform": "log", "low": 0, "high": 50, "mean": 0.4, "sd": 0.6,
                "coefficient": 0.2},
            {"measure": "tenure_days", "transform": "log", "low": 0, "high": 4000, "mean": 6.2, "sd": 1,
                "coefficient": -0.3}
        ]
    }$json$::jsonb
$$;
comment on function cs_health._prior_model() is
    'The expert prior: directions and weights by judgement, the base rate that of 5 % churn a year '
    '(1 - 0.95 ^ (60 / 365)). In use until a model is trained, and what training shrinks towards';

create function cs_health._ship_churn_model(shipped jsonb) returns void
language plpgsql
set search_path = pg_catalog, pg_temp as $$
begin
    insert into cs_health.churn_model (version, document)
    select shipped ->> 'version', cs_health.compile_model(shipped)
    where not exists (select from cs_health.churn_model as m where m.version = shipped ->> 'version');
    if not exists (select from cs_health.churn_model as m where m.status <> 'candidate') then
        perform cs_health.publish_model(shipped ->> 'version');
    end if;
end
$$;
comment on function cs_health._ship_churn_model(jsonb) is
    'Adds a model that comes with the extension unless its version is there, and puts it to use where no model ever '
    'was';
