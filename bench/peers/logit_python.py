"""Logistic regression as it is done outside the database: COPY out, pandas, and scikit-learn as it comes.

logit_python.py TABLE   a table of (y boolean, x float8[])

Prints the seconds to export, to parse and to fit, then, as an array, intercept and coefficients of the same model fitted
to the last digit, which takes no part in the times.
"""
import io
import sys
import time

import numpy as np
import pandas as pd
import psycopg2
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def export(table):
    buffer = io.BytesIO()
    with psycopg2.connect("") as connection, connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY (SELECT y::integer || ',' || array_to_string(x, ',') FROM {table}) TO STDOUT", buffer)
    buffer.seek(0)
    return buffer


def parse(buffer):
    rows = pd.read_csv(buffer, header=None).to_numpy()
    return rows[:, 0] == 1, np.ascontiguousarray(rows[:, 1:])


def fit(labels, features, **options):
    return make_pipeline(StandardScaler(), LogisticRegression(**options)).fit(features, labels)


def in_units(model):
    scaler, regression = model[0], model[1]
    slopes = regression.coef_[0] / scaler.scale_
    return [regression.intercept_[0] - slopes @ scaler.mean_, *slopes]


def main():
    times = [time.perf_counter()]
    buffer = export(sys.argv[1])
    times.append(time.perf_counter())
    labels, features = parse(buffer)
    times.append(time.perf_counter())
    fit(labels, features)
    times.append(time.perf_counter())
    exact = fit(labels, features, solver="newton-cholesky", tol=1e-12)
    print(*np.diff(times), "{" + ",".join(repr(float(c)) for c in in_units(exact)) + "}")


main()
