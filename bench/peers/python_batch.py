"""The nightly job as a team would write it outside the database: COPY out, pandas and numpy, COPY back.

python_batch.py raw     from raw rows of events
python_batch.py ready   from measures that somebody else has computed (table bench.ready)
"""
import io
import json
import sys

import numpy as np
import pandas as pd
import psycopg2

WEIGHTS = {"engagement": 30, "adoption": 25, "satisfaction": 20, "support": 15, "growth": 10}


def read(connection, query, **options):
    buffer = io.StringIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(f"COPY ({query}) TO STDOUT WITH (FORMAT csv, HEADER)", buffer)
    buffer.seek(0)
    return pd.read_csv(buffer, **options)


def measures_from_raw(connection):
    raw = read(
        connection,
        "SELECT tenant_id, user_id, current_date - day AS age, feature FROM bench.raw"
        " WHERE day >= current_date - 60 AND day < current_date",
        dtype={"tenant_id": "category", "user_id": "category", "feature": "category"},
    )
    month = raw[raw.age <= 30]
    by_tenant = {"observed": True}
    table = pd.DataFrame({
        "user_days": month.drop_duplicates(["tenant_id", "user_id", "age"]).groupby("tenant_id", **by_tenant).size(),
        "mau": month.groupby("tenant_id", **by_tenant)["user_id"].nunique(),
        "mau_previous": raw[raw.age > 30].groupby("tenant_id", **by_tenant)["user_id"].nunique(),
        "features_used": month.groupby("tenant_id", **by_tenant)["feature"].nunique(),
    }).reset_index()
    table["tenant_id"] = table["tenant_id"].astype(str)
    others = read(connection, "SELECT tenant_id, features_available, open_tickets, nps FROM bench.other")
    return others.merge(table, on="tenant_id", how="left").fillna(
        {"user_days": 0, "mau": 0, "mau_previous": 0, "features_used": 0})


def round_half_up(values):
    return np.floor(np.clip(values, 0, 100) + 0.5)


def score(table):
    with np.errstate(divide="ignore", invalid="ignore"):
        scores = pd.DataFrame({
            "engagement": np.where(table.mau > 0, round_half_up(100 * table.user_days / (30 * table.mau)), 0),
            "adoption": round_half_up(100 * table.features_used / table.features_available),
            "satisfaction": round_half_up((table.nps + 100) / 2),
            "support": round_half_up(100 - 10 * table.open_tickets),
            "growth": np.where(table.mau == 0, 0, np.where(
                table.mau_previous == 0, 100,
                round_half_up(100 * (table.mau - table.mau_previous) / table.mau_previous))),
        })
    weights = pd.Series(WEIGHTS)
    observed = scores.notna().mul(weights, axis=1)
    scores["overall"] = np.floor((scores.fillna(0) * observed).sum(axis=1) / observed.sum(axis=1) + 0.5)
    scores["category"] = np.select(
        [scores.overall >= 80, scores.overall >= 60, scores.overall >= 40], ["healthy", "neutral", "at_risk"], "critical")
    return scores


def write(connection, table, scores):
    columns = ["user_days", "mau", "mau_previous", "features_used", "features_available", "open_tickets", "nps"]
    out = pd.DataFrame({"tenant_id": table.tenant_id, "overall": scores.overall.astype(int)})
    for name in WEIGHTS:
        out[name] = scores[name].fillna(50).astype(int)
    out["category"] = scores.category
    out["breakdown"] = [json.dumps(dict(zip(columns, row))) for row in table[columns].fillna(0).values.tolist()]
    buffer = io.StringIO()
    out.to_csv(buffer, index=False, header=False)
    buffer.seek(0)
    with connection.cursor() as cursor:
        cursor.copy_expert(
            "COPY bench.python_result (tenant_id, overall_score, engagement_score, adoption_score, satisfaction_score,"
            " support_score, growth_score, category, score_breakdown) FROM STDIN WITH (FORMAT csv)", buffer)
    connection.commit()


def main():
    connection = psycopg2.connect("")
    if sys.argv[1] == "raw":
        table = measures_from_raw(connection)
    else:
        table = read(connection, "SELECT * FROM bench.ready")
    write(connection, table, score(table))


main()
