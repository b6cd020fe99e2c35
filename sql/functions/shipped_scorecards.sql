-- The scorecards that come with the extension.

create function cs_health._spec_scorecard() returns jsonb
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select $json${
        "format": 1,
        "code": "spec",
        "name": "The specification's formulas",
        "missing": "redistribute",
        "components": {
            "engagement": {"weight": 30, "measures": [
                {"measure": "stickiness", "weight": 1, "curve": [[0, 0], [1, 100]],
                    "else": {"measure": "mau", "curve": [[0, 0]]}},
                {"measure": "avg_dau", "weight": 0},
                {"measure": "mau", "weight": 0},
                {"measure": "logins", "weight": 0},
                {"measure": "minutes", "weight": 0},
                {"measure": "features_used", "weight": 0}]},
            "adoption": {"weight": 25, "measures": [
                {"measure": "adoption", "weight": 1, "curve": [[0, 0], [1, 100]]},
                {"measure": "features_used", "weight": 0},
                {"measure": "features_available", "weight": 0}]},
            "satisfaction": {"weight": 20, "measures": [
                {"measure": "nps", "weight": 50, "curve": [[-100, 0], [100, 100]]},
                {"measure": "csat", "weight": 30, "curve": [[1, 0], [5, 100]]},
                {"measure": "review", "weight": 20, "curve": [[1, 0], [5, 100]]}]},
            "support": {"weight": 15, "measures": [
                {"measure": "open_tickets", "weight": 1, "curve": [[0, 100], [10, 0]]},
                {"measure": "mean_resolution_hours", "weight": 0}]},
            "growth": {"weight": 10, "measures": [
                {"measure": "mau_growth", "weight": 1, "curve": [[0, 0], [1, 100]],
                    "only_if": {"measure": "tenure_days", "at_least": 30},
                    "else": {"measure": "mau", "curve": [[0, 0], [1, 100]]}},
                {"measure": "new_users", "weight": 0}]}
        }
    }$json$::jsonb
$$;
comment on function cs_health._spec_scorecard() is 'The formulas of the specification; install() puts them to use';

create function cs_health._b2b_scorecard() returns jsonb
language sql immutable parallel safe
set search_path = pg_catalog, pg_temp as $$
    select $json${
        "format": 1,
        "code": "b2b",
        "name": "Business software: use against a target, growth centred at 50",
        "description": "Compared with spec in doc/b2b-scorecard.md, which also tells where the curves come from",
        "missing": "redistribute",
        "components": {
            "engagement": {"weight": 30, "measures": [
                {"measure": "stickiness", "weight": 60, "curve": [[0, 0], [0.15, 60], [0.2, 80], [0.3, 100]],
                    "else": {"measure": "mau", "curve": [[0, 0]]}},
                {"measure": "active_days", "weight": 40, "curve": [[0, 0], [8, 50], [20, 100]]},
                {"measure": "avg_dau", "weight": 0},
                {"measure": "mau", "weight": 0},
                {"measure": "logins", "weight": 0},
                {"measure": "minutes", "weight": 0}]},
            "adoption": {"weight": 25, "measures": [
                {"measure": "adoption", "weight": 1, "curve": [[0, 0], [0.3, 50], [0.6, 80], [0.9, 100]]},
                {"measure": "features_used", "weight": 0},
                {"measure": "features_available", "weight": 0}]},
            "satisfaction": {"weight": 20, "measures": [
                {"measure": "nps", "weight": 50, "curve": [[-100, 0], [0, 50], [50, 85], [100, 100]]},
                {"measure": "csat", "weight": 30, "curve": [[1, 0], [5, 100]]},
                {"measure": "review", "weight": 20, "curve": [[1, 0], [5, 100]]}]},
            "support": {"weight": 15, "measures": [
                {"measure": "tickets_per_user", "weight": 50, "curve": [[0, 100], [0.25, 70], [1, 0]],
                    "only_if": {"measure": "mau", "at_least": 1}},
                {"measure": "open_tickets", "weight": 30, "curve": [[0, 100], [3, 60], [10, 0]],
                    "only_if": {"measure": "mau", "at_least": 1}},
                {"measure": "mean_resolution_hours", "weight": 20,
                    "curve": [[8, 100], [24, 85], [72, 50], [168, 0]],
                    "only_if": {"measure": "mau", "at_least": 1}}]},
            "growth": {"weight": 10, "measures": [
                {"measure": "mau_growth", "weight": 1, "curve": [[-0.5, 0], [0, 50], [0.5, 100]],
                    "only_if": {"measure": "tenure_days", "at_least": 30},
                    "else": {"measure": "mau", "curve": [[0, 0], [1, 100]]}},
                {"measure": "new_users", "weight": 0},
                {"measure": "lost_users", "weight": 0}]}
        }
    }$json$::jsonb
$$;
comment on function cs_health._b2b_scorecard() is
    'A scorecard for business software, compared with that of the specification in doc/b2b-scorecard.md';
