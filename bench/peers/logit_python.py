"""Logistic regression as a data scientist would do it outside the database: COPY out, numpy, scikit-learn.

logit_python.py TABLE   a table of (y boolean, x float8[])

Prints one line: seconds to export, to parse and to fit, then intercept and coefficients.
"""
import io
import sys
import time

import numpy as np
import pandas as pd
import psycopg2
from sklearn.linear_model import LogisticRegression


def export(connection, table):
    buffer = io.BytesIO()
    with connection.cursor() as cursor:
        cursor.copy_expert(
            f"COPY (SELECT y::integer || ',' || array_to_string(x, ',') FROM {table}) TO STDOUT", buffer)
    buffer.seek(0)
    return buffer


def main():
    started = time.perf_counter()
    buffer = export(psycopg2.connect(""), sys.argv[1])
    exported = time.perf_counter()
    rows = pd.read_csv(buffer, header=None).to_numpy()
    labels, features = rows[:, 0] > 0, np.ascontiguousarray(rows[:, 1:])
    parsed = time.perf_counter()
    model = LogisticRegression(penalty=None, max_iter=1000).fit(features, labels)
    fitted = time.perf_counter()
    print(exported - started, parsed - exported, fitted - parsed, model.intercept_[0], *model.coef_[0])


main()
